"""Loss share by number of signs beside the base rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamkit.charts.sources import blank
from kamkit.charts.theme import Figure


def plot_risk_bands(
    steps: pd.DataFrame, *, lang: str, measures: pd.DataFrame | None = None, accounts: pd.DataFrame | None = None, horizon_days: int = 180,
) -> Figure:
    """Being drawn."""
    return blank("plot_risk_bands", lang)
