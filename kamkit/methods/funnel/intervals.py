"""Intervals of ratios, for whole columns at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

Floats = npt.NDArray[np.float64]


def ratio_interval(
    top: npt.ArrayLike,
    bottom: npt.ArrayLike,
    *,
    level: float = 0.95,
    share: bool = False,
) -> tuple[float, float, float]:
    """Σ top / Σ bottom over units that stand for more of their kind, with its interval.

    Linearised variance of a ratio and Student's t with n − 1 degrees; NaN ends below two units.
    ``share``: the top is part of the bottom: ends are kept within 0–1, and where a unit is below
    zero there is no share (NaN). Source: Cochran 1977, Sampling Techniques §2.11.

    >>> ratio_interval([1, 0, 1, 0], [1, 1, 1, 1])[0]
    0.5
    """
    y, x = np.asarray(top, float), np.asarray(bottom, float)
    total = float(x.sum())
    if not len(x) or not total > 0 or (share and bool((x < 0).any())):
        return float("nan"), float("nan"), float("nan")
    value = float(y.sum()) / total
    n = len(x)
    if n < 2:
        return value, float("nan"), float("nan")
    spread = np.sqrt(float(((y - value * x) ** 2).sum()) * n / (n - 1)) / total
    half = float(stdtrit(n - 1, 0.5 + level / 2)) * float(spread)
    low, high = value - half, value + half
    return value, max(low, 0.0) if share else low, min(high, 1.0) if share else high
