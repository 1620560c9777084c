"""Account value and portfolio: P&L, cost to serve, matrices, wallet, returns, lifetime."""

from __future__ import annotations

from kamkit.methods.portfolio.account_facts import (
    account_family,
    account_figures,
    account_people,
    service_record,
)
from kamkit.methods.portfolio.account_findings import account_findings, account_thresholds
from kamkit.methods.portfolio.account_orders import order_pauses, sales_change
from kamkit.methods.portfolio.allocation import Allocation, allocate_indirect
from kamkit.methods.portfolio.balance import NumberQuality, number_quality
from kamkit.methods.portfolio.bgbb import BgBbFit, bgbb_fit, bgbb_forecast
from kamkit.methods.portfolio.bgnbd import (
    BgNbdFit,
    alive_matrix,
    bgnbd_check,
    bgnbd_fit,
    bgnbd_forecast,
)
from kamkit.methods.portfolio.bubbles import portfolio_bubbles, portfolio_outlook
from kamkit.methods.portfolio.disposition import disposition_policy, dispositions
from kamkit.methods.portfolio.factors import FactorScores, attractiveness
from kamkit.methods.portfolio.findings import Findings, finding_thresholds, key_account_findings
from kamkit.methods.portfolio.fourbox import FourBox, four_box
from kamkit.methods.portfolio.gamma_gamma import GammaGammaFit, expected_spend, gamma_gamma_fit
from kamkit.methods.portfolio.hours import allot_hours, hours_spent, largest_remainder
from kamkit.methods.portfolio.lifetime import (
    account_margins,
    discount_per_period,
    lifetime_value,
    margin_multiple,
)
from kamkit.methods.portfolio.lifetime_orders import (
    model_scope,
    repeat_summary,
    yearly_opportunities,
)
from kamkit.methods.portfolio.lifetime_retention import (
    account_periods,
    account_tenure,
    cohort_survivors,
    retention_by_period,
    retention_rate,
)
from kamkit.methods.portfolio.matrix import AttractivenessStrength, attractiveness_strength
from kamkit.methods.portfolio.pnl import AccountPnl, account_pnl
from kamkit.methods.portfolio.premium import high_margin_share, premium_income, referral_value
from kamkit.methods.portfolio.priority import Priority, priority_ranking, priority_scores
from kamkit.methods.portfolio.questions import portfolio_questions
from kamkit.methods.portfolio.returns import CustomerReturns, customer_returns
from kamkit.methods.portfolio.sbg import SbgFit, sbg_fit, sbg_forecast, sbg_multiples
from kamkit.methods.portfolio.serving import CostToServe, cost_to_serve
from kamkit.methods.portfolio.strength import RelativeStrength, relative_strength
from kamkit.methods.portfolio.variance import PlanVariance, plan_from_targets, plan_variance
from kamkit.methods.portfolio.wallet import ShareOfWallet, share_of_wallet
from kamkit.methods.portfolio.wallet_rule import wallet_allocation
from kamkit.methods.portfolio.whale import WhaleCurve, whale_curve
from kamkit.methods.portfolio.whatif import (
    LifetimeOutlook,
    attractiveness_map,
    lifetime_outlook,
    white_space_tested,
)
from kamkit.methods.portfolio.whitespace import WhiteSpace, white_space

__all__ = [
    "AccountPnl",
    "Allocation",
    "AttractivenessStrength",
    "BgBbFit",
    "BgNbdFit",
    "CostToServe",
    "CustomerReturns",
    "FactorScores",
    "Findings",
    "FourBox",
    "GammaGammaFit",
    "LifetimeOutlook",
    "NumberQuality",
    "PlanVariance",
    "Priority",
    "RelativeStrength",
    "SbgFit",
    "ShareOfWallet",
    "WhaleCurve",
    "WhiteSpace",
    "account_family",
    "account_figures",
    "account_findings",
    "account_margins",
    "account_people",
    "account_periods",
    "account_pnl",
    "account_tenure",
    "account_thresholds",
    "alive_matrix",
    "allocate_indirect",
    "allot_hours",
    "attractiveness",
    "attractiveness_map",
    "attractiveness_strength",
    "bgbb_fit",
    "bgbb_forecast",
    "bgnbd_check",
    "bgnbd_fit",
    "bgnbd_forecast",
    "cohort_survivors",
    "cost_to_serve",
    "customer_returns",
    "finding_thresholds",
    "discount_per_period",
    "disposition_policy",
    "dispositions",
    "expected_spend",
    "four_box",
    "gamma_gamma_fit",
    "high_margin_share",
    "hours_spent",
    "key_account_findings",
    "largest_remainder",
    "lifetime_outlook",
    "lifetime_value",
    "margin_multiple",
    "model_scope",
    "number_quality",
    "order_pauses",
    "plan_from_targets",
    "plan_variance",
    "portfolio_bubbles",
    "portfolio_outlook",
    "portfolio_questions",
    "premium_income",
    "priority_ranking",
    "priority_scores",
    "referral_value",
    "relative_strength",
    "repeat_summary",
    "retention_by_period",
    "retention_rate",
    "sales_change",
    "sbg_fit",
    "sbg_forecast",
    "sbg_multiples",
    "service_record",
    "share_of_wallet",
    "wallet_allocation",
    "whale_curve",
    "white_space",
    "white_space_tested",
    "yearly_opportunities",
]
