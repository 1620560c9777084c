"""Loyalty: what dealers or accounts say beside what they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamkit.charts.sources import blank
from kamkit.charts.theme import Figure


def plot_loyalty(
    gaps: pd.DataFrame, *, lang: str, scores: pd.DataFrame | None = None, wave: str | None = None, names: Mapping[str, str] | None = None,
) -> Figure:
    """Being drawn."""
    return blank("plot_loyalty", lang)
