"""What items did to a score, and how well they measure one thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamkit.charts.sources import blank
from kamkit.charts.theme import Figure
from kamkit.schemes.surveys import Survey


def plot_what_moved(
    effects: pd.DataFrame, *, lang: str, totals: pd.DataFrame | None = None, account_id: str | None = None, side: str = "customer", names: Mapping[str, str] | None = None, survey: Survey | None = None,
) -> Figure:
    """Being drawn."""
    return blank("plot_what_moved", lang)


def plot_item_reliability(
    items: pd.DataFrame, *, lang: str, measures: pd.DataFrame | None = None, warnings: pd.DataFrame | None = None, survey: Survey | None = None,
) -> Figure:
    """Being drawn."""
    return blank("plot_item_reliability", lang)
