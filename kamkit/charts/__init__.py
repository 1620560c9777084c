"""Pictures of the kit's tables, in one house style: ``plot_<noun>`` draws the table ``<noun>``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "action_threshold": ("plot_action_threshold",),
    "ageing": ("plot_ageing",),
    "audit": ("plot_audit_points", "plot_self_audit"),
    "backtest": ("plot_backtest", "plot_calibration"),
    "bids": ("plot_bid_economics", "plot_value_of_information"),
    "bonds": ("plot_bonds",),
    "bubbles": ("plot_portfolio_bubbles",),
    "calibration_effect": ("plot_calibration_effect",),
    "calibration_spread": ("plot_calibration_spread",),
    "capacity": ("plot_capacity",),
    "combined_result": ("plot_combined", "plot_combined_parts"),
    "competence_gaps": ("plot_competence_gaps",),
    "complaints": ("plot_complaint_pareto",),
    "concentration": ("plot_abc", "plot_basis_change", "plot_concentration"),
    "contact_matrix": ("plot_contact_matrix",),
    "control_chart": ("plot_control_chart",),
    "conversion": ("plot_stage_conversion",),
    "criteria": ("plot_ahp", "plot_contributions", "plot_rank_acceptability", "plot_switch_points"),
    "deal_chances": ("plot_deal_probabilities",),
    "development_plan": ("plot_development",),
    "effort": ("plot_priority", "plot_returns"),
    "exclusivity": ("plot_exclusivity",),
    "fairness": ("plot_fairness",),
    "forecast": ("plot_forecast_distribution", "plot_forecast_fan"),
    "function_mirror": ("plot_function_mirror",),
    "gates": ("plot_gate_review", "plot_qualification"),
    "goal_cascade": ("plot_cascade",),
    "goal_pace": ("plot_goal_pace",),
    "influence_change": ("plot_map_change",),
    "influence_map": ("plot_influence_map",),
    "item_reliability": ("plot_item_reliability",),
    "lifetime": (
        "plot_alive_matrix",
        "plot_fitted_retention",
        "plot_lifetime_value",
        "plot_repeat_check",
        "plot_retention",
    ),
    "loyalty": ("plot_loyalty",),
    "maintenance": ("plot_maintenance",),
    "matrices": ("plot_attractiveness_strength", "plot_four_box"),
    "moves": ("plot_reclassification",),
    "multisource": ("plot_multisource",),
    "net_promoter": ("plot_net_promoter",),
    "nine_box": ("plot_nine_box",),
    "outcome_curves": ("plot_cycle_time", "plot_outcome_curves"),
    "pay_plans": ("plot_pay_simulation", "plot_payout"),
    "person_effects": ("plot_person_effects", "plot_rank_intervals"),
    "pipeline": ("plot_coverage", "plot_pipeline", "plot_pipeline_concentration"),
    "pitfalls": ("plot_pitfalls",),
    "portfolio": ("plot_number_quality", "plot_pnl", "plot_whale_curve"),
    "priority": ("plot_delivery", "plot_late_change", "plot_order_priority"),
    "ranking": ("plot_rfm", "plot_topsis"),
    "rater_agreement": ("plot_agreement", "plot_rated_vs_achieved"),
    "rater_severity": ("plot_adjusted_scores", "plot_rater_severity", "plot_rating_spread"),
    "relationship_scores": ("plot_relationship_scores",),
    "relationship_stages": ("plot_relationship_stages",),
    "retention_curve": ("plot_retention_curve",),
    "risk_bands": ("plot_risk_bands",),
    "schemes": ("plot_class_counts", "plot_crosswalk", "plot_screening"),
    "score_backtest": ("plot_score_backtest",),
    "scorecard": ("plot_scorecard",),
    "scoring": ("plot_attractiveness", "plot_relative_strength"),
    "service_matrix": ("plot_service_matrix",),
    "serving": ("plot_allocation", "plot_cost_to_serve", "plot_premium_income"),
    "stage_evidence": ("plot_stage_evidence",),
    "stage_ladder": ("plot_stage_crosswalk",),
    "stage_worksheet": ("plot_stage_worksheet",),
    "survey_items": ("plot_what_moved",),
    "survey_trend": ("plot_survey_trend",),
    "team_mix": ("plot_load", "plot_team_mix"),
    "territory": ("plot_territory",),
    "time_to_resolve": ("plot_time_to_resolve",),
    "two_sides": ("plot_two_sides",),
    "visits_due": ("plot_visits_due",),
    "wallet": ("plot_share_of_wallet", "plot_white_space"),
    "warning_signs": ("plot_warning_signs",),
    "waterfall": ("plot_waterfall",),
    "wheel": ("plot_wheel",),
    "win_back": ("plot_win_back",),
    "win_rates": ("plot_win_rates",),
}
_PLOTS = {plot: home for home, plots in _HOME.items() for plot in plots}

__all__ = sorted(_PLOTS)


def __getattr__(name: str) -> Any:
    if name in _PLOTS:
        home = import_module(f"kamkit.charts.{_PLOTS[name]}")
        # One entry into the house style for the whole chart: each costs a millisecond.
        globals()[name] = import_module("kamkit.charts.house").in_theme(getattr(home, name))
        return globals()[name]
    raise AttributeError(f"module 'kamkit.charts' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
