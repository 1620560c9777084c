"""Relationship-quality scores of accounts, and which of them can be told apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamkit.charts.sources import blank
from kamkit.charts.theme import Figure
from kamkit.schemes.surveys import Survey


def plot_relationship_scores(
    accounts: pd.DataFrame, *, lang: str, weakest: pd.DataFrame | None = None, names: Mapping[str, str] | None = None, dimension: str = "total", side: str = "customer", wave: str | None = None, survey: Survey | None = None, limit: int = 24,
) -> Figure:
    """Being drawn."""
    return blank("plot_relationship_scores", lang)
