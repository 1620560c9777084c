"""Pictures of the kit's tables, in one house style: ``plot_<noun>`` draws the table ``<noun>``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "ageing": ("plot_ageing",),
    "audit": ("plot_audit_points", "plot_self_audit"),
    "backtest": ("plot_backtest", "plot_calibration"),
    "bids": ("plot_bid_economics", "plot_value_of_information"),
    "bubbles": ("plot_portfolio_bubbles",),
    "capacity": ("plot_capacity",),
    "concentration": ("plot_abc", "plot_basis_change", "plot_concentration"),
    "conversion": ("plot_stage_conversion",),
    "criteria": (
        "plot_ahp",
        "plot_contributions",
        "plot_rank_acceptability",
        "plot_switch_points",
    ),
    "deal_chances": ("plot_deal_probabilities",),
    "effort": ("plot_priority", "plot_returns"),
    "forecast": ("plot_forecast_distribution", "plot_forecast_fan"),
    "gates": ("plot_gate_review", "plot_qualification"),
    "lifetime": (
        "plot_alive_matrix",
        "plot_lifetime_value",
        "plot_repeat_check",
        "plot_retention",
        "plot_retention_curve",
    ),
    "matrices": ("plot_attractiveness_strength", "plot_four_box"),
    "moves": ("plot_reclassification",),
    "outcome_curves": ("plot_cycle_time", "plot_outcome_curves"),
    "pipeline": ("plot_coverage", "plot_pipeline", "plot_pipeline_concentration"),
    "portfolio": ("plot_number_quality", "plot_pnl", "plot_whale_curve"),
    "priority": ("plot_delivery", "plot_late_change", "plot_order_priority"),
    "ranking": ("plot_rfm", "plot_topsis"),
    "schemes": ("plot_class_counts", "plot_crosswalk", "plot_screening"),
    "scoring": ("plot_attractiveness", "plot_relative_strength"),
    "serving": ("plot_allocation", "plot_cost_to_serve", "plot_premium_income"),
    "stage_ladder": ("plot_stage_crosswalk",),
    "wallet": ("plot_share_of_wallet", "plot_white_space"),
    "waterfall": ("plot_waterfall",),
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
