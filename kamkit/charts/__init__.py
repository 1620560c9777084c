"""Pictures of the kit's tables, in one house style: ``plot_<noun>`` draws the table ``<noun>``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "audit": ("plot_audit_points", "plot_self_audit"),
    "bubbles": ("plot_portfolio_bubbles",),
    "capacity": ("plot_capacity",),
    "concentration": ("plot_abc", "plot_basis_change", "plot_concentration"),
    "criteria": (
        "plot_ahp",
        "plot_contributions",
        "plot_rank_acceptability",
        "plot_switch_points",
    ),
    "effort": ("plot_priority", "plot_returns"),
    "lifetime": (
        "plot_alive_matrix",
        "plot_lifetime_value",
        "plot_repeat_check",
        "plot_retention",
        "plot_retention_curve",
    ),
    "matrices": ("plot_attractiveness_strength", "plot_four_box"),
    "moves": ("plot_reclassification",),
    "portfolio": ("plot_number_quality", "plot_pnl", "plot_whale_curve"),
    "ranking": ("plot_rfm", "plot_topsis"),
    "schemes": ("plot_class_counts", "plot_crosswalk", "plot_screening"),
    "scoring": ("plot_attractiveness", "plot_relative_strength"),
    "serving": ("plot_allocation", "plot_cost_to_serve", "plot_premium_income"),
    "wallet": ("plot_share_of_wallet", "plot_white_space"),
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
