"""Complaints by kind, largest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamkit.charts.sources import blank
from kamkit.charts.theme import Figure


def plot_complaint_pareto(
    groups: pd.DataFrame, *, lang: str, measures: pd.DataFrame | None = None, currency: str = "", names: Mapping[str, str] | None = None, limit: int = 12,
) -> Figure:
    """Being drawn."""
    return blank("plot_complaint_pareto", lang)
