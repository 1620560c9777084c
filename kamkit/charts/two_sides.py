"""How we see a relationship beside how the customer sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamkit.charts.sources import blank
from kamkit.charts.theme import Figure
from kamkit.schemes.surveys import Survey


def plot_two_sides(
    accounts: pd.DataFrame, *, lang: str, overall: pd.DataFrame | None = None, dimension: str = "total", wave: str | None = None, names: Mapping[str, str] | None = None, survey: Survey | None = None, limit: int = 24,
) -> Figure:
    """Being drawn."""
    return blank("plot_two_sides", lang)
