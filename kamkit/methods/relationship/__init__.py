"""Relationship quality: survey scores, reliability, stage, bonds and loyalty."""

from kamkit.methods.relationship.bonds import Bonds, bonds, bonds_of
from kamkit.methods.relationship.exclusivity import Exclusivity, exclusivity, exclusivity_loop
from kamkit.methods.relationship.indices import ces, csat, satisfaction_indices
from kamkit.methods.relationship.indices_nps import adjusted_wald, nps, nps_by_account
from kamkit.methods.relationship.indices_servqual import ServqualGaps, mean_gap, servqual_gaps
from kamkit.methods.relationship.loyalty import Loyalty, loyalty
from kamkit.methods.relationship.loyalty_beside import loyalty_beside
from kamkit.methods.relationship.partners import PartnerRegister, agent_scorecard, partner_register
from kamkit.methods.relationship.partners_channel import channel_coverage, joint_pipeline
from kamkit.methods.relationship.partners_history import (
    common_needs,
    partner_history,
    partner_suggestions,
)
from kamkit.methods.relationship.reliability import Reliability, cronbach_alpha, feldt_interval
from kamkit.methods.relationship.reliability_factor import (
    ave,
    composite_reliability,
    convergent_validity,
    omega_total,
    one_factor,
)
from kamkit.methods.relationship.stage import (
    RelationshipStage,
    Stages,
    relationship_stage,
    stages_of,
)
from kamkit.methods.relationship.stage_indicators import StageIndicators, stage_indicators
from kamkit.methods.relationship.stage_views import stage_views_gap
from kamkit.methods.relationship.stage_worksheet import StageWorksheet, stage_worksheet
from kamkit.methods.relationship.survey_answers import long_answers, read_answers
from kamkit.methods.relationship.survey_gap import TwoSidedGap, two_sided_gap
from kamkit.methods.relationship.survey_moves import WhatMoved, what_moved
from kamkit.methods.relationship.survey_rates import response_rates
from kamkit.methods.relationship.survey_reliability import survey_reliability
from kamkit.methods.relationship.survey_score import SurveyScore, survey_score
from kamkit.methods.relationship.survey_trend import survey_trend

__all__ = [
    "Bonds",
    "Exclusivity",
    "Loyalty",
    "PartnerRegister",
    "RelationshipStage",
    "Reliability",
    "ServqualGaps",
    "StageIndicators",
    "StageWorksheet",
    "Stages",
    "SurveyScore",
    "TwoSidedGap",
    "WhatMoved",
    "adjusted_wald",
    "agent_scorecard",
    "ave",
    "bonds",
    "bonds_of",
    "ces",
    "channel_coverage",
    "common_needs",
    "composite_reliability",
    "convergent_validity",
    "cronbach_alpha",
    "csat",
    "exclusivity",
    "exclusivity_loop",
    "feldt_interval",
    "joint_pipeline",
    "long_answers",
    "loyalty",
    "loyalty_beside",
    "mean_gap",
    "nps",
    "nps_by_account",
    "omega_total",
    "one_factor",
    "partner_history",
    "partner_register",
    "partner_suggestions",
    "read_answers",
    "relationship_stage",
    "response_rates",
    "satisfaction_indices",
    "servqual_gaps",
    "stage_indicators",
    "stage_views_gap",
    "stage_worksheet",
    "stages_of",
    "survey_reliability",
    "survey_score",
    "survey_trend",
    "two_sided_gap",
    "what_moved",
]
