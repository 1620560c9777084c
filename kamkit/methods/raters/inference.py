"""Small statistics that several methods share: t points, Holm's correction, groups."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtr, stdtrit

from kamkit.methods.shares import Floats, Ints

HOLM = "field:Holm 1979"


def t_reach(df: float, level: float) -> float:
    """How many standard errors a two-sided t interval reaches; NaN where df is 0.

    >>> round(t_reach(10, 0.95), 3)
    2.228
    """
    return float(stdtrit(df, 0.5 + level / 2)) if df > 0 else np.nan


def beyond_p(estimate: Floats, error: Floats, df: Floats | float, margin: float = 0.0) -> Floats:
    """p of an estimate as far off zero where the truth is up to ``margin`` off it.

    With margin 0 this is the two-sided t test. NaN where the error is unknown or zero.
    Source: Hodges & Lehmann 1954 (minimum-effect test).

    >>> beyond_p(np.array([2.228]), np.array([1.0]), 10).round(3).tolist()
    [0.05]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        near = (np.abs(estimate) - margin) / error
        far = (np.abs(estimate) + margin) / error
        p = np.asarray(stdtr(df, -near) + stdtr(df, -far), dtype=float)
    return np.where(error > 0, np.minimum(p, 1.0), np.nan)


def holm(p: Floats) -> Floats:
    """p values corrected for looking at all of them at once; NaN stays out.

    Source: Holm 1979.

    >>> holm(np.array([0.01, 0.04, np.nan])).tolist()
    [0.02, 0.04, nan]
    """
    out = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    out[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return out


def tied_groups(value: Floats, reach: Floats) -> Ints:
    """Numbers of groups that cannot be separated, 1 the highest; 0 where nothing is known.

    As ``shares.same_groups`` for symmetric intervals, in blocks so that thousands fit. (Two
    tied items tie everything between them to one of the two, so that groups are stretches of
    the order.)

    >>> tied_groups(np.array([3.0, 1.0, 1.2]), np.array([0.5, 0.5, 0.5])).tolist()
    [1, 2, 2]
    """
    numbers = np.zeros(len(value), dtype=np.int64)
    known = np.flatnonzero(np.isfinite(value) & np.isfinite(reach))
    order = known[np.argsort(-value[known], kind="stable")]
    v, r2 = value[order], reach[order] ** 2
    last = np.arange(len(order))
    for at in range(0, len(order), 512):
        gap = v[at : at + 512, None] - v[None, at:]
        tied = gap**2 <= r2[at : at + 512, None] + r2[None, at:]
        place = np.arange(at, len(order))
        last[at : at + 512] = np.where(tied, place, 0).max(axis=1)
    ends = np.maximum.accumulate(last)
    numbers[order] = (
        1 + np.concatenate([[0], np.cumsum(ends[:-1] < np.arange(1, len(order)))])[: len(order)]
    )
    return numbers
