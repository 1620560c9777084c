"""Lost accounts: what winning them back is worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamkit.charts.sources import blank
from kamkit.charts.theme import Figure


def plot_win_back(
    cases: pd.DataFrame, *, lang: str, reasons: pd.DataFrame | None = None, measures: pd.DataFrame | None = None, currency: str = "", names: Mapping[str, str] | None = None, limit: int = 16,
) -> Figure:
    """Being drawn."""
    return blank("plot_win_back", lang)
