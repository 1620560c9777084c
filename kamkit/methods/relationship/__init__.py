"""Relationship quality: survey scores, reliability, stage, bonds and loyalty."""

from kamkit.methods.relationship.bonds import Bonds, bonds, bonds_of
from kamkit.methods.relationship.cases import (
    RelationshipDesk,
    StageCase,
    bond_case,
    relationship_desk,
    stage_case,
    stage_counts,
    worksheet_case,
)
from kamkit.methods.relationship.exclusivity import Exclusivity, exclusivity, exclusivity_loop
from kamkit.methods.relationship.findings import (
    RelationshipFindings,
    coverage_shares,
    relationship_findings,
    relationship_thresholds,
)
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
from kamkit.methods.relationship.survey_cases import (
    MoveCase,
    PromoterCase,
    ScoreCase,
    answer_sheet,
    both_sides,
    mixed_in,
    move_case,
    promoter_case,
    reliability_case,
    score_case,
    scored_accounts,
)
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
    "MoveCase",
    "PartnerRegister",
    "PromoterCase",
    "RelationshipDesk",
    "RelationshipFindings",
    "RelationshipStage",
    "Reliability",
    "ScoreCase",
    "ServqualGaps",
    "StageCase",
    "StageIndicators",
    "StageWorksheet",
    "Stages",
    "SurveyScore",
    "TwoSidedGap",
    "WhatMoved",
    "adjusted_wald",
    "agent_scorecard",
    "answer_sheet",
    "ave",
    "bond_case",
    "bonds",
    "bonds_of",
    "both_sides",
    "ces",
    "channel_coverage",
    "common_needs",
    "composite_reliability",
    "convergent_validity",
    "coverage_shares",
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
    "mixed_in",
    "move_case",
    "nps",
    "nps_by_account",
    "omega_total",
    "one_factor",
    "partner_history",
    "partner_register",
    "partner_suggestions",
    "promoter_case",
    "read_answers",
    "relationship_desk",
    "relationship_findings",
    "relationship_stage",
    "relationship_thresholds",
    "reliability_case",
    "response_rates",
    "satisfaction_indices",
    "score_case",
    "scored_accounts",
    "servqual_gaps",
    "stage_case",
    "stage_counts",
    "stage_indicators",
    "stage_views_gap",
    "stage_worksheet",
    "stages_of",
    "survey_reliability",
    "survey_score",
    "survey_trend",
    "two_sided_gap",
    "what_moved",
    "worksheet_case",
]
