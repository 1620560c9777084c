"""Change of scores from wave to wave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamkit.charts.sources import blank
from kamkit.charts.theme import Figure
from kamkit.schemes.surveys import Survey


def plot_survey_trend(
    trend: pd.DataFrame, *, lang: str, scores: pd.DataFrame | None = None, account_id: str | None = None, dimension: str = "total", side: str = "customer", to_wave: str | None = None, names: Mapping[str, str] | None = None, survey: Survey | None = None, limit: int = 24,
) -> Figure:
    """Being drawn."""
    return blank("plot_survey_trend", lang)
