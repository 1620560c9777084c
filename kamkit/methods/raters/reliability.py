"""From one rater to several: Spearman-Brown, raters needed, standard error of measurement."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.shares import Floats

SPEARMAN_BROWN = "field:Spearman 1910; field:Brown 1910"
_NEAR = 1e-9


def spearman_brown(reliability: Any, k: Any) -> Any:
    """Reliability of the mean of ``k`` raters, each with this reliability; k may be a fraction.

    Source: Spearman 1910; Brown 1910.

    >>> round(spearman_brown(0.7148, 4), 4)
    0.9093
    """
    r, times = np.asarray(reliability, dtype=float), np.asarray(k, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        out: Floats = times * r / (1 + (times - 1) * r)
    return float(out) if out.ndim == 0 else out


def standard_error_of_measurement(sd: float, reliability: float) -> float:
    """How far a score is off by its raters alone, in points: SD · √(1 − reliability).

    Raises KamkitError option_out_of_range for a reliability outside 0–1 or a negative SD.

    >>> round(standard_error_of_measurement(10, 0.52), 3)
    6.928
    """
    _inside("reliability", reliability, 0, 1, ends=True)
    _inside("sd", sd, 0, np.inf, ends=True)
    return float(sd * np.sqrt(1 - reliability))


def raters_needed(
    reliability: float,
    *,
    target: float = 0.8,
    low: float = np.nan,
    high: float = np.nan,
    n: int = 0,
) -> pd.DataFrame:
    """How many raters like these the mean needs to reach a target reliability.

    ``reliability``: of one rater, with its interval ``low``, ``high`` and the ratees ``n`` that
    it rests on. Returns a measure table: raters_needed_exact, raters_needed (whole raters); the
    interval turns round, and ends without limit (∞) where the reliability may be zero.
    Raises KamkitError option_out_of_range. Source: Spearman 1910; Brown 1910.

    >>> raters_needed(0.52)["value"].round(3).tolist()
    [3.692, 4.0]
    """
    _inside("target", target, 0, 1)
    exact = _needed(reliability, target)
    ends = _needed(high, target), _needed(low, target)
    variant = "spearman_brown" if np.isfinite(exact) else "no_reliability"
    return measure_table(
        measure_row(name, whole(exact), n, low=whole(ends[0]), high=whole(ends[1]),
                    variant=variant, origin=SPEARMAN_BROWN)
        for name, whole in (("raters_needed_exact", float), ("raters_needed", _ceiling))
    )  # fmt: skip


def _needed(r: float, target: float) -> float:
    if np.isnan(r):
        return np.nan
    if r <= 0:
        return np.inf
    return target * (1 - r) / (r * (1 - target)) if r < 1 else 0.0


def _ceiling(value: float) -> float:
    """Whole raters, at least one; a figure that is whole but for the last digits stays."""
    return float(max(np.ceil(value - _NEAR), 1.0))


def _inside(name: str, value: float, low: float, high: float, *, ends: bool = False) -> None:
    inside = low <= value <= high if ends else low < value < high
    if not inside:
        shown = {"low": f"{low:g}", "high": "∞" if np.isinf(high) else f"{high:g}"}
        raise KamkitError(Problem("option_out_of_range", column=name, value=value, details=shown))
