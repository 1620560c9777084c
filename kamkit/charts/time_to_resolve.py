"""Days until cases are solved, open ones included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamkit.charts.sources import blank
from kamkit.charts.theme import Figure


def plot_time_to_resolve(
    curve: pd.DataFrame, *, lang: str, quantiles: pd.DataFrame | None = None, measures: pd.DataFrame | None = None, test: pd.DataFrame | None = None, promised_days: float | None = None, names: Mapping[str, str] | None = None,
) -> Figure:
    """Being drawn."""
    return blank("plot_time_to_resolve", lang)
