"""The form of every figure: measure, value, interval, n, variant and origin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

MEASURE_COLUMNS = ["measure", "value", "low", "high", "n", "variant", "origin"]


def measure_row(
    measure: str,
    value: float,
    n: int,
    *,
    low: float = np.nan,
    high: float = np.nan,
    variant: str = "",
    origin: str = "",
) -> dict[str, Any]:
    """One row of a measure table.

    >>> measure_row("gini", 0.46, 10)["n"]
    10
    """
    return {
        "measure": measure,
        "value": float(value),
        "low": float(low),
        "high": float(high),
        "n": int(n),
        "variant": variant,
        "origin": origin,
    }


def measure_table(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """A measure table, with its columns even where it has no row.

    >>> measure_table([]).columns.tolist()
    ['measure', 'value', 'low', 'high', 'n', 'variant', 'origin']
    """
    return pd.DataFrame(list(rows), columns=MEASURE_COLUMNS)
