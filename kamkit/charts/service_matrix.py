"""Which service every tier gets within the limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamkit.charts.sources import blank
from kamkit.charts.theme import Figure
from kamkit.schemes.service import ServiceScheme


def plot_service_matrix(
    matrix: pd.DataFrame, *, lang: str, tiers: pd.DataFrame | None = None, measures: pd.DataFrame | None = None, service: ServiceScheme | None = None, currency: str = "",
) -> Figure:
    """Being drawn."""
    return blank("plot_service_matrix", lang)
