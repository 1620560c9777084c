"""Looking after accounts: tactics planned and done, visits due."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamkit.charts.sources import blank
from kamkit.charts.theme import Figure
from kamkit.schemes.service import ServiceScheme


def plot_maintenance(
    lines: pd.DataFrame, *, lang: str, accounts: pd.DataFrame | None = None, tactics: pd.DataFrame | None = None, names: Mapping[str, str] | None = None, limit: int = 16,
) -> Figure:
    """Being drawn."""
    return blank("plot_maintenance", lang)


def plot_visits_due(
    accounts: pd.DataFrame, *, lang: str, tiers: pd.DataFrame | None = None, service: ServiceScheme | None = None, names: Mapping[str, str] | None = None, limit: int = 20,
) -> Figure:
    """Being drawn."""
    return blank("plot_visits_due", lang)
