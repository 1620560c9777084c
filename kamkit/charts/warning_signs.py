"""Warning signs by account: there, absent, or unknown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamkit.charts.sources import blank
from kamkit.charts.theme import Figure
from kamkit.schemes.retention import RetentionPolicy


def plot_warning_signs(
    accounts: pd.DataFrame, *, lang: str, bands: pd.DataFrame | None = None, base_rate: pd.DataFrame | None = None, names: Mapping[str, str] | None = None, policy: RetentionPolicy | None = None, limit: int = 25,
) -> Figure:
    """Being drawn."""
    return blank("plot_warning_signs", lang)
