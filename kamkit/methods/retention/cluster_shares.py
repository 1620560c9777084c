"""Figures over account-days: one account seen on ten days is not ten accounts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

from kamkit.methods.shares import wilson

Floats = NDArray[np.float64]
NAN = float("nan")


def sums_by(codes: NDArray[np.int64], values: ArrayLike, size: int) -> Floats:
    """Sum of the values of each code.

    >>> sums_by(np.array([0, 1, 0]), [1.0, 2.0, 4.0], 2).tolist()
    [5.0, 2.0]
    """
    sums: Floats = np.bincount(codes, np.asarray(values, float), size).astype(float)
    return sums


def clustered_share(
    hits: ArrayLike, weight: ArrayLike, cluster: Any, level: float = 0.95
) -> tuple[float, float, float]:
    """Share of hits with Wilson's interval on the effective number of observations.

    ``hits`` and ``weight`` per row (weight 1 for a whole one), ``cluster`` an integer code. The
    design effect (Kish 1965) shrinks the number where rows of one cluster go together; where
    every row or none is a hit, the number of clusters takes its place.
    Returns share, low, high; NaN without any row.

    >>> share, low, high = clustered_share([1, 1, 0, 0], [1, 1, 1, 1], np.array([0, 0, 1, 1]))
    >>> share, round(low, 2), round(high, 2)
    (0.5, 0.05, 0.95)
    """
    h, w = np.asarray(hits, float), np.asarray(weight, float)
    total = float(w.sum())
    if total <= 0:
        return NAN, NAN, NAN
    codes = np.unique(np.asarray(cluster), return_inverse=True)[1]
    size = int(codes.max()) + 1
    by_hits, by_weight = sums_by(codes, h, size), sums_by(codes, w, size)
    share = float(h.sum() / total)
    used = int((by_weight > 0).sum())
    plain = share * (1 - share) * total
    if plain > 1e-12:
        # One lone cluster can't show how much clusters differ: it counts as one observation.
        factor = used / (used - 1) if used > 1 else total
        spread = float(((by_hits - share * by_weight) ** 2).sum()) * factor
        effective = total / max(1.0, spread / plain) if used > 1 else 1.0
    else:
        effective = float(min(used, total))
    low, high = wilson(share * effective, effective, level)
    return share, float(low), float(high)


def auc_by_day(
    score: ArrayLike, lost: ArrayLike, day: Any, cluster: Any, *, events: int, level: float = 0.95
) -> tuple[float, float, float, int]:
    """Chance that an account about to be lost stands above another one on the same day.

    Ties count half. Pairs are formed within days, so that a bad season proves nothing. Interval:
    each account's influence on the figure (DeLong et al. 1988 by clusters, Obuchowski 1997), on
    the logit scale, with Student's t on ``events`` − 1: the losses, not the account-days, are
    what the figure rests on. Where all pairs fall the same way, Wilson's on the events.
    Returns AUC, low, high, number of pairs; NaN where no day has both kinds.

    >>> auc, low, high, pairs = auc_by_day([1, 2, 3, 9], [0, 0, 1, 1], [1, 1, 1, 1],
    ...                                    [0, 1, 2, 3], events=2)
    >>> auc, high, pairs
    (1.0, 1.0, 4)
    """
    s, y = np.asarray(score, float), np.asarray(lost, bool)
    codes = np.unique(np.asarray(cluster), return_inverse=True)[1]
    days = np.unique(np.asarray(day), return_inverse=True)[1]
    size = int(codes.max()) + 1 if len(codes) else 0
    wins, pairs = np.zeros(size), np.zeros(size)
    total_wins = total_pairs = 0.0
    order = np.argsort(days, kind="stable")
    ends = np.searchsorted(days[order], np.arange(int(days.max()) + 2 if len(days) else 1))
    for first, last in zip(ends[:-1], ends[1:], strict=True):
        rows = order[first:last]
        up, down = rows[y[rows]], rows[~y[rows]]
        if not len(up) or not len(down):
            continue
        above = _beaten(s[up], np.sort(s[down]))
        below = len(up) - _beaten(s[down], np.sort(s[up]))
        wins += sums_by(codes[up], above, size) + sums_by(codes[down], below, size)
        pairs += sums_by(codes[up], np.full(len(up), float(len(down))), size)
        pairs += sums_by(codes[down], np.full(len(down), float(len(up))), size)
        total_wins += float(above.sum())
        total_pairs += float(len(up) * len(down))
    if not total_pairs:
        return NAN, NAN, NAN, 0
    value = total_wins / total_pairs
    low, high = _auc_ends(value, wins, pairs, total_pairs, events, level)
    return value, low, high, int(total_pairs)


def _beaten(values: Floats, others: Floats) -> Floats:
    """How many of the sorted others lie below each value; ties count half."""
    left = np.searchsorted(others, values, side="left")
    right = np.searchsorted(others, values, side="right")
    beaten: Floats = (left + right) / 2.0
    return beaten


def _auc_ends(
    value: float, wins: Floats, pairs: Floats, total: float, events: int, level: float
) -> tuple[float, float]:
    if events < 2:
        return NAN, NAN
    influence = (wins - value * pairs) / total
    n = int((pairs > 0).sum())
    error = float(np.sqrt((influence**2).sum() * n / max(n - 1, 1)))
    if value <= 0 or value >= 1 or error <= 0:
        low, high = wilson(value * events, events, level)
        return float(low), float(high)
    reach = float(student.ppf(0.5 + level / 2, events - 1)) * error / (value * (1 - value))
    middle = np.log(value / (1 - value))
    low, high = 1 / (1 + np.exp(-(middle - reach))), 1 / (1 + np.exp(-(middle + reach)))
    return float(low), float(high)


def bootstrap_sums(
    columns: list[Floats], cluster: NDArray[np.int64], *, draws: int, seed: int
) -> list[Floats]:
    """Column sums over clusters drawn anew, the same draw for all columns (Efron 1979).

    >>> top, below = bootstrap_sums([np.ones(2), np.full(2, 2.0)], np.array([0, 1]),
    ...                             draws=2, seed=0)
    >>> (top / below).tolist()
    [0.5, 0.5]
    """
    size = int(cluster.max()) + 1 if len(cluster) else 0
    if not size:
        return [np.full(draws, np.nan) for _ in columns]
    table = np.column_stack([sums_by(cluster, column, size) for column in columns])
    rng = np.random.Generator(np.random.PCG64(seed))
    counts = rng.multinomial(size, np.full(size, 1 / size), size=draws)
    return list((counts @ table).T)
