"""Promoters, passives and detractors, and the score they make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamkit.charts.sources import blank
from kamkit.charts.theme import Figure


def plot_net_promoter(
    accounts: pd.DataFrame, *, lang: str, overall: pd.DataFrame | None = None, wave: str | None = None, names: Mapping[str, str] | None = None, limit: int = 20,
) -> Figure:
    """Being drawn."""
    return blank("plot_net_promoter", lang)
