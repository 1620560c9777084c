"""Shares with their intervals, and which of several cannot be separated."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.special import ndtri

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WILSON = "field:Wilson 1927"


def normal_point(level: float) -> float:
    """How many standard errors a two-sided interval of this level reaches.

    >>> round(normal_point(0.95), 2)
    1.96
    """
    return float(ndtri(0.5 + level / 2))


def wilson(hits: Any, n: Any, level: float = 0.95) -> tuple[Floats, Floats]:
    """Interval of shares: inside 0–1, and of some width at 0 and at n hits. NaN where n is 0.

    Source: Wilson 1927; Newcombe 1998.

    >>> low, high = wilson([81, 15], [263, 148])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.2553, 0.0624], [0.3662, 0.1605])
    """
    z = normal_point(level)
    hits, n = np.asarray(hits, dtype=float), np.asarray(n, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = hits / n
        middle = (hits + z * z / 2) / (n + z * z)
        half = z * np.sqrt(p * (1 - p) * n + z * z / 4) / (n + z * z)
    low, high = np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)
    low, high = np.where(hits == 0, 0.0, low), np.where(hits == n, 1.0, high)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def wilson_ends(hits: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """:func:`wilson` of one share, as two numbers.

    >>> [round(end, 4) for end in wilson_ends(81, 263)]
    [0.2553, 0.3662]
    """
    low, high = wilson(hits, n, level)
    return float(low), float(high)


def share_of(hits: Any, n: Any) -> Floats:
    """Shares, NaN where n is 0.

    >>> share_of([1, 0], [4, 0]).tolist()
    [0.25, nan]
    """
    hits, n = np.asarray(hits, dtype=float), np.asarray(n, dtype=float)
    shares: Floats = np.full(np.broadcast(hits, n).shape, np.nan)
    np.divide(hits, n, out=shares, where=n > 0)
    return shares


def chained(tied: npt.NDArray[np.bool_], values: Floats) -> Ints:
    """Group numbers of items that are tied, directly or in a chain; 1 holds the highest value.

    >>> chained(np.array([[1, 0], [0, 1]], bool), np.array([1.0, 2.0])).tolist()
    [2, 1]
    """
    if not len(values):
        return np.zeros(0, dtype=np.int64)
    parts = connected_components(coo_array(tied), directed=False)[1]
    best = np.full(parts.max() + 1, -np.inf)
    np.maximum.at(best, parts, values)
    place = np.empty(len(best), dtype=np.int64)
    place[np.argsort(-best, kind="stable")] = np.arange(1, len(best) + 1)
    return np.asarray(place[parts])


def same_groups(rate: Floats, low: Floats, high: Floats) -> Ints:
    """Numbers of groups that cannot be separated: 1 for those with the highest rates; 0 unknown.

    Two items are separated where the interval of their difference, put together from both
    intervals (Newcombe 1998, method 10), leaves 0 out. Items that are not, directly or in a
    chain, share a number: items of different numbers are all separated.

    >>> rate = np.array([0.8, 0.5, 0.52])
    >>> same_groups(rate, rate - 0.05, rate + 0.05).tolist()
    [1, 2, 2]
    """
    numbers = np.zeros(len(rate), dtype=np.int64)
    known = np.flatnonzero(~np.isnan(rate))
    if not len(known):
        return numbers
    p, below, above = rate[known], (rate - low)[known], (high - rate)[known]
    gap = p[:, None] - p[None, :]
    reach = np.hypot(below[:, None], above[None, :])
    tied = (gap >= 0) & (gap - reach <= 0)
    numbers[known] = chained(tied, p)
    return numbers
