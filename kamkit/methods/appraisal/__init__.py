"""Appraisal of people: results, competence, fairness, and how far they can be told apart."""

from kamkit.methods.appraisal.attainment import attainment
from kamkit.methods.appraisal.calibration import CalibrationEffect, apply_changes, check_change
from kamkit.methods.appraisal.calibration_view import CalibrationView, calibration_view
from kamkit.methods.appraisal.cases_team import (
    GapCase,
    GapViews,
    MixCase,
    PlanCase,
    PulseCase,
    duty_case,
    gap_case,
    gap_counts,
    gap_kinds,
    gap_views,
    load_case,
    mix_case,
    plan_case,
    pulse_case,
    retranslation_case,
)
from kamkit.methods.appraisal.combined import Combined, combined_result
from kamkit.methods.appraisal.combined_parts import combined_parts
from kamkit.methods.appraisal.conversation import ConversationSheet, conversation_sheet
from kamkit.methods.appraisal.desk import (
    AppraisalDesk,
    appraisal_desk,
    levelled,
)
from kamkit.methods.appraisal.desk_views import (
    grade_decisions,
    manager_halo,
    nine_axes,
    pay_assumptions,
)
from kamkit.methods.appraisal.development import (
    development_plan,
    development_progress,
    training_effect,
)
from kamkit.methods.appraisal.diagnostic import Climate, PitfallProfile, climate, pitfall_profile
from kamkit.methods.appraisal.distribution import grade_distribution
from kamkit.methods.appraisal.duties import duty_coverage, duty_profile
from kamkit.methods.appraisal.effects import Effects, shrunken_effects
from kamkit.methods.appraisal.efficacy import EfficacyProfile, efficacy_profile
from kamkit.methods.appraisal.fairness import four_fifths
from kamkit.methods.appraisal.findings import (
    TeamFindings,
    judged_with_potential,
    team_coverage,
    team_findings,
    team_thresholds,
)
from kamkit.methods.appraisal.gaps import competence_gaps
from kamkit.methods.appraisal.goal_communication import Alignment, alignment, goal_communication
from kamkit.methods.appraisal.judgement import Judgement, judge_performance
from kamkit.methods.appraisal.load import KamLoad, kam_load
from kamkit.methods.appraisal.mix import MixAdjusted, mix_adjusted
from kamkit.methods.appraisal.own_findings import own_findings
from kamkit.methods.appraisal.ranks import rank_intervals
from kamkit.methods.appraisal.scorecard import Scorecard, scorecard
from kamkit.methods.appraisal.team_mix import TeamMix, team_mix
from kamkit.methods.appraisal.territory import Adjusted, territory_adjusted

__all__ = [
    "Adjusted",
    "Alignment",
    "AppraisalDesk",
    "CalibrationEffect",
    "CalibrationView",
    "Climate",
    "Combined",
    "ConversationSheet",
    "Effects",
    "EfficacyProfile",
    "GapCase",
    "GapViews",
    "Judgement",
    "KamLoad",
    "MixAdjusted",
    "MixCase",
    "PitfallProfile",
    "PlanCase",
    "PulseCase",
    "Scorecard",
    "TeamMix",
    "TeamFindings",
    "alignment",
    "apply_changes",
    "appraisal_desk",
    "attainment",
    "calibration_view",
    "check_change",
    "climate",
    "combined_parts",
    "combined_result",
    "competence_gaps",
    "conversation_sheet",
    "development_plan",
    "development_progress",
    "duty_case",
    "duty_coverage",
    "duty_profile",
    "efficacy_profile",
    "four_fifths",
    "gap_case",
    "gap_counts",
    "gap_kinds",
    "gap_views",
    "goal_communication",
    "grade_decisions",
    "grade_distribution",
    "judged_with_potential",
    "judge_performance",
    "kam_load",
    "levelled",
    "load_case",
    "manager_halo",
    "mix_adjusted",
    "mix_case",
    "nine_axes",
    "own_findings",
    "pay_assumptions",
    "pitfall_profile",
    "plan_case",
    "pulse_case",
    "rank_intervals",
    "retranslation_case",
    "scorecard",
    "shrunken_effects",
    "team_mix",
    "team_thresholds",
    "team_coverage",
    "team_findings",
    "territory_adjusted",
    "training_effect",
]
