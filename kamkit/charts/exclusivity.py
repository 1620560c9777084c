"""How much of each dealer's range is ours, and where that is going."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamkit.charts.sources import blank
from kamkit.charts.theme import Figure


def plot_exclusivity(
    years: pd.DataFrame, *, lang: str, trends: pd.DataFrame | None = None, overall: pd.DataFrame | None = None, names: Mapping[str, str] | None = None, limit: int = 20,
) -> Figure:
    """Being drawn."""
    return blank("plot_exclusivity", lang)
