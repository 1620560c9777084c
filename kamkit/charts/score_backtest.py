"""How a score of churn did on past days, and from where acting pays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamkit.charts.sources import blank
from kamkit.charts.theme import Figure

ScoreVerdictLike = Any


def plot_score_backtest(
    scores: pd.DataFrame, *, lang: str, cases: pd.DataFrame | None = None, calibration: pd.DataFrame | None = None, lead_times: pd.DataFrame | None = None, verdict: ScoreVerdictLike | None = None, horizon_days: int = 180, name: str = "",
) -> Figure:
    """Being drawn."""
    return blank("plot_score_backtest", lang)


def plot_action_threshold(
    action: pd.DataFrame, *, lang: str, gains: pd.DataFrame | None = None, currency: str = "", names: Mapping[str, str] | None = None, limit: int = 20,
) -> Figure:
    """Being drawn."""
    return blank("plot_action_threshold", lang)
