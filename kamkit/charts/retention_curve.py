"""How long accounts stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamkit.charts.sources import blank
from kamkit.charts.theme import Figure


def plot_retention_curve(
    curve: pd.DataFrame, *, lang: str, measures: pd.DataFrame | None = None, quality: pd.DataFrame | None = None, names: Mapping[str, str] | None = None,
) -> Figure:
    """Being drawn."""
    return blank("plot_retention_curve", lang)
