"""Arithmetic of concentration on sorted values, for one sample or many resamples at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from kamkit.methods.selection.figures import Floats, Ints

HEAD_RULES = ("ceil", "floor", "nearest", "interpolate")
_EDGE = 1e-9


def head_size(n: Floats, share: float, rule: str) -> Floats:
    """How many items the largest ``share`` of ``n`` items are.

    >>> [head_size(np.array([89.0]), 0.2, r)[0].item() for r in HEAD_RULES]
    [18.0, 17.0, 18.0, 17.8]
    """
    exact = n * share
    if rule == "ceil":
        return np.ceil(exact - _EDGE)
    if rule == "floor":
        return np.floor(exact + _EDGE)
    if rule == "nearest":
        return np.floor(exact + 0.5 + _EDGE)
    return exact


class Weighted:
    """Running sums of values in falling order, where row d holds ``counts[d]`` of each.

    A bootstrap sample is a row of counts, so nothing is sorted again.
    """

    def __init__(self, falling: Floats, counts: Ints) -> None:
        self.falling = falling
        self.counts = counts
        self.heads = np.cumsum(counts, axis=1).astype(float)
        self.sums = np.cumsum(counts * falling, axis=1)
        self.n = self.heads[:, -1]
        total = self.sums[:, -1]
        # The rounding error of a sum that should be zero must not pass as a total.
        size = np.abs(falling).sum() * 1e-12
        self.total = np.where(total > size, total, np.nan)
        self._row = np.arange(len(counts))

    def _before(self, table: Floats, at: Ints) -> Floats:
        return np.where(at > 0, table[self._row, np.maximum(at - 1, 0)], 0.0)

    def head_share(self, heads: Floats) -> Floats:
        """Share of the total that the largest ``heads`` items hold."""
        at = np.minimum((self.heads < heads[:, None]).sum(axis=1), len(self.falling) - 1)
        rest = heads - self._before(self.heads, at)
        share: Floats = (self._before(self.sums, at) + rest * self.falling[at]) / self.total
        return share

    def heads_for(self, share: float) -> Floats:
        """Smallest number of items, largest first, that hold ``share`` of the total."""
        goal = share * self.total
        peak = np.maximum.accumulate(self.sums, axis=1)
        short = peak < (goal - np.abs(goal) * _EDGE)[:, None]
        at = np.minimum(short.sum(axis=1), len(self.falling) - 1)
        step = self.falling[at]
        need = goal - self._before(self.sums, at)
        with np.errstate(divide="ignore", invalid="ignore"):
            count = self._before(self.heads, at) + np.ceil(need / step - _EDGE)
        return np.where(np.isnan(self.total), np.nan, count)

    def gini(self) -> Floats:
        """Gini coefficient, population form; the values must not be negative."""
        previous = np.concatenate([np.zeros((len(self.sums), 1)), self.sums[:, :-1]], axis=1)
        area: Floats = (self.counts * (self.sums + previous)).sum(axis=1)
        result: Floats = area / (self.n * self.total) - 1.0
        return result

    def hhi(self) -> Floats:
        """Herfindahl-Hirschman index: the sum of squared shares, 0–1."""
        squares: Floats = (self.counts * self.falling**2).sum(axis=1)
        result: Floats = squares / self.total**2
        return result


def once(falling: Floats) -> Weighted:
    """The sample itself: every value counts once.

    >>> round(once(np.array([30.0, 30, 20, 20])).hhi()[0].item(), 3)
    0.26
    """
    return Weighted(falling, np.ones((1, len(falling)), dtype=np.int64))


def resamples(n: int, draws: int, seed: int, cells: int = 2_000_000) -> Iterator[Ints]:
    """Bootstrap counts in blocks that stay small in memory: how often each item was drawn.

    >>> sum(block.sum().item() for block in resamples(5, 4, 1))
    20
    """
    rng = np.random.default_rng(seed)
    block = max(1, cells // max(n, 1))
    for first in range(0, draws, block):
        size = min(block, draws - first)
        yield rng.multinomial(n, np.full(n, 1.0 / n), size=size)


def percentiles(samples: Floats, level: float) -> tuple[float, float]:
    """Both ends of a percentile interval; NaN where a resample had no defined value.

    >>> percentiles(np.arange(101.0), 0.5)
    (25.0, 75.0)
    """
    known = samples[~np.isnan(samples)]
    if len(known) < 0.9 * len(samples) or len(known) == 0:
        return float("nan"), float("nan")
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(known, [tail, 1.0 - tail])
    return float(low), float(high)


def curve_band(
    falling: Floats, draws: int, seed: int, level: float, points: int = 201
) -> tuple[Floats, Floats]:
    """Percentile band of the cumulative share at every share of accounts 1/n … 1.

    >>> low, high = curve_band(np.array([5.0, 3, 1, 1]), 50, 1, 0.95)
    >>> (low <= high).all().item()
    True
    """
    n = len(falling)
    grid = np.linspace(0.0, 1.0, min(points, n + 1))
    curves: list[Floats] = []
    for counts in resamples(n, draws, seed):
        work = Weighted(falling, counts)
        share = work.sums / work.total[:, None]
        for heads, sums in zip(work.heads, share, strict=True):
            curves.append(
                np.interp(grid, np.concatenate([[0.0], heads / n]), np.concatenate([[0.0], sums]))
            )
    stack = np.asarray(curves)
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(stack, [tail, 1.0 - tail], axis=0)
    at = np.arange(1, n + 1) / n
    return np.interp(at, grid, low), np.interp(at, grid, high)


def point_shares(falling: Floats, tops: Sequence[int]) -> list[float]:
    """Shares of the total held by the first 1, 3, … items; NaN where there are fewer.

    >>> point_shares(np.array([6.0, 3.0, 1.0]), (1, 2, 5))
    [0.6, 0.9, nan]
    """
    work = once(falling)
    return [
        float(work.head_share(np.array([float(k)]))[0]) if k <= len(falling) else float("nan")
        for k in tops
    ]
