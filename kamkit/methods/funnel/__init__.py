"""How deals move: conversion, win rates, time, coverage and what changed between two days."""

from kamkit.methods.funnel.ageing import stage_ageing, stage_days
from kamkit.methods.funnel.beta_binomial import BetaPrior, beta_mle, beta_moments, shrunk
from kamkit.methods.funnel.build import deal_history
from kamkit.methods.funnel.cases import (
    ConversionCase,
    StageRuleCase,
    conversion_case,
    cycle_case,
    merged_ladder,
    stage_rule_case,
)
from kamkit.methods.funnel.conversion import exit_days, funnel_path, stage_conversion
from kamkit.methods.funnel.cox import cox
from kamkit.methods.funnel.cycle import CycleTime, cycle_time, outcome_curves
from kamkit.methods.funnel.findings import funnel_findings, funnel_thresholds
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.hygiene import hygiene, hygiene_checks
from kamkit.methods.funnel.hygiene_rules import HygieneLimits
from kamkit.methods.funnel.known import as_known_on
from kamkit.methods.funnel.leads import lead_sources
from kamkit.methods.funnel.markov import (
    AbsorbingChain,
    absorbing_chain,
    customer_chain,
    stage_chain,
)
from kamkit.methods.funnel.move import (
    MovedDeal,
    MoveDesk,
    move_deal,
    move_desk,
    won_from_stage,
)
from kamkit.methods.funnel.needed import DealsNeeded, deals_needed
from kamkit.methods.funnel.period import PeriodReview, period_review
from kamkit.methods.funnel.pipeline_concentration import (
    PipelineConcentration,
    pipeline_concentration,
)
from kamkit.methods.funnel.pipeline_now import PipelineNow, pipeline_now
from kamkit.methods.funnel.reasons import close_reasons, criteria_that_decide
from kamkit.methods.funnel.review import DealReview, deal_review
from kamkit.methods.funnel.review_days import ReviewDays, review_days
from kamkit.methods.funnel.review_inputs import coming_target, deal_work, hours_at_hand
from kamkit.methods.funnel.spells import deal_spells
from kamkit.methods.funnel.survival import (
    cumulative_incidence,
    kaplan_meier,
    log_rank,
    survival_quantiles,
)
from kamkit.methods.funnel.velocity import Velocity, sales_velocity, velocity
from kamkit.methods.funnel.waterfall import Waterfall, waterfall
from kamkit.methods.funnel.win_rate import WinRate, win_rate
from kamkit.methods.funnel.win_rate_kinds import win_rate_kinds

__all__ = [
    "AbsorbingChain",
    "BetaPrior",
    "ConversionCase",
    "CycleTime",
    "DealHistory",
    "DealReview",
    "DealsNeeded",
    "HygieneLimits",
    "MoveDesk",
    "MovedDeal",
    "PeriodReview",
    "PipelineConcentration",
    "PipelineNow",
    "ReviewDays",
    "StageRuleCase",
    "Velocity",
    "Waterfall",
    "WinRate",
    "absorbing_chain",
    "as_known_on",
    "beta_mle",
    "beta_moments",
    "close_reasons",
    "coming_target",
    "conversion_case",
    "cox",
    "criteria_that_decide",
    "cumulative_incidence",
    "customer_chain",
    "cycle_case",
    "cycle_time",
    "deal_history",
    "deal_review",
    "deal_spells",
    "deal_work",
    "deals_needed",
    "exit_days",
    "funnel_findings",
    "funnel_path",
    "funnel_thresholds",
    "hours_at_hand",
    "hygiene",
    "hygiene_checks",
    "kaplan_meier",
    "lead_sources",
    "log_rank",
    "merged_ladder",
    "move_deal",
    "move_desk",
    "outcome_curves",
    "period_review",
    "pipeline_concentration",
    "pipeline_now",
    "review_days",
    "sales_velocity",
    "shrunk",
    "stage_ageing",
    "stage_chain",
    "stage_conversion",
    "stage_days",
    "stage_rule_case",
    "survival_quantiles",
    "velocity",
    "waterfall",
    "win_rate",
    "win_rate_kinds",
    "won_from_stage",
]
