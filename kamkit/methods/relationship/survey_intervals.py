"""Intervals of scores from few respondents: moderated variances, else a bootstrap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, ndtr, stdtrit

from kamkit.methods.shares import Floats, Ints

HOUSE_SD = 100 / 6  # one step of a seven-step scale, where nothing is known of how people differ
HOUSE_DF = 3.0  # how many respondents' worth that guess counts
ENOUGH_DF = 20  # from here the pool of accounts speaks for itself
BOOTSTRAP_FROM = 20  # respondents of one account from which resampling them is trusted
_CHUNK = 4_000_000  # figures held at once while resampling
_GRID = (2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 40.0, 80.0, 1e6)


@dataclass(frozen=True)
class Spread:
    """How much respondents of an account differ: s² and the degrees of freedom behind it."""

    variance: float
    df: float
    pooled_df: float
    kind: str


def moderated(own: Floats, df: Floats) -> tuple[float, float]:
    """Common variance and its weight in degrees of freedom, by maximum likelihood.

    Each account's own variance (``own`` with ``df``) is taken to vary around a common one as
    s² ~ σ₀² F(df, df₀): df₀ is large where accounts differ by chance only. Zero variances
    count: the factor of the likelihood that they would send to infinity is free of σ₀ and df₀.
    Source: Smyth 2004.

    >>> rng = np.random.default_rng(1)
    >>> own = 4.0 * rng.chisquare(3, 400) / 3
    >>> variance, weight = moderated(own, np.full(400, 3.0))
    >>> round(variance, 1), weight > 20
    (3.8, True)
    """
    seen = df > 0
    own, df = own[seen], df[seen]
    pooled = float((own * df).sum() / df.sum())
    if pooled <= 0:
        return 0.0, _GRID[-1]
    prior = np.array(_GRID)[:, None]
    common = np.full((len(_GRID), 1), pooled)
    for _ in range(60):
        share = (df + prior) * own * df / (prior * common + df * own)
        common = common * share.sum(axis=1, keepdims=True) / df.sum()
    fit = (
        gammaln((df + prior) / 2) - gammaln(prior / 2) - df / 2 * np.log(prior * common)
        - (df + prior) / 2 * np.log1p(df * own / (prior * common))
    ).sum(axis=1)  # fmt: skip
    best = int(fit.argmax())
    return float(common[best, 0]), _GRID[best]


def spread_of(own: Floats, df: Floats, other: Spread | None = None) -> Spread:
    """What a pool of accounts tells about respondents; thin pools lean on a guess.

    ``other``: the spread on the other side of the relationship, used as the guess where there
    is one; else one step of the scale (house), counted as three respondents.

    >>> spread_of(np.array([]), np.array([])).kind
    'house_spread'
    """
    total = float(df.sum())
    if total >= ENOUGH_DF:
        variance, weight = moderated(own, df)
        return Spread(variance, weight, total, "pooled_t")
    known = other is not None and other.pooled_df >= ENOUGH_DF
    guess = other.variance if known and other is not None else HOUSE_SD**2
    variance = (guess * HOUSE_DF + float((own * df).sum())) / (HOUSE_DF + total)
    kind = "other_side_spread" if known else "house_spread"
    return Spread(variance, HOUSE_DF + total, 0.0, kind)


def standard_errors(
    own: Floats, df: Floats, factor: Floats, spread: Spread, floor: float
) -> tuple[Floats, Floats]:
    """Standard error and degrees of freedom of each account's weighted mean.

    ``factor``: Σw²/(Σw)² of its weights. ``floor``: the least variance, from rounding to whole
    steps: people who tick the same box need not feel the same.
    """
    df = np.maximum(df, 0.0)
    if spread.pooled_df >= ENOUGH_DF:
        variance = (spread.variance * spread.df + own * df) / (spread.df + df)
        freedom = np.minimum(spread.df + df, spread.pooled_df)
    else:
        variance = np.full(len(own), spread.variance)
        freedom = np.full(len(own), spread.df)
    return np.sqrt(np.maximum(variance, floor) * factor), freedom


def t_point(df: Floats, level: float) -> Floats:
    """How many standard errors a two-sided interval reaches; NaN where df is 0.

    >>> t_point(np.array([3.0]), 0.95).round(2).tolist()
    [3.18]
    """
    with np.errstate(invalid="ignore"):
        return np.asarray(stdtrit(np.where(df > 0, df, np.nan), 0.5 + level / 2), dtype=float)


def cut_off(distance: Floats, sd: Floats) -> Floats:
    """How far the end of a scale pulls a mean in, at a ``distance`` of the mean from that end.

    Ticks that would lie beyond the end are made at it: E max(0, sd·Z − distance).

    >>> cut_off(np.array([0.0, 50.0]), np.array([15.0])).round(2).tolist()
    [5.98, 0.0]
    """
    a = distance / sd
    lost: Floats = sd * (np.exp(-a * a / 2) / np.sqrt(2 * np.pi) - a * ndtr(-a))
    return lost


def beyond_scale(low: Floats, high: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """Interval ends moved out by what the ends of the scale (0, 100) cut off; within 0–100.

    ``sd``: of single ticks within an account. In mid-scale nothing changes; close to an end
    people cannot say more, so their mean understates what they mean.

    >>> low, high = beyond_scale(np.array([80.0]), np.array([90.0]), np.array([15.0]))
    >>> low.round(1).tolist(), high.round(1).tolist()
    ([80.0], [93.2])
    """
    low, high = np.clip(low, 0, 100), np.clip(high, 0, 100)
    down, up = low, high
    for _ in range(30):
        up = np.minimum(high + cut_off(100 - up, sd), 100)
        down = np.maximum(low - cut_off(down, sd), 0)
    return down, up


def expanded_level(n: int, level: float) -> float:
    """Level at which percentiles of a bootstrap of n respondents reach as far as t does.

    Source: Hesterberg 2015 (expanded percentile interval).

    >>> round(expanded_level(20, 0.95), 3)
    0.968
    """
    reach = np.sqrt(n / (n - 1)) * float(stdtrit(n - 1, 0.5 + level / 2))
    return float(2 * ndtr(reach) - 1)


def bootstrap_means(
    values: Floats, weights: Floats, cell: Ints, chosen: Ints, draws: int, seed: int
) -> Iterator[tuple[int, Ints, Floats]]:
    """Resampled weighted means of the chosen cells: (respondents, cells, draws × cells × columns).

    ``values``: respondents × columns (NaN left out), ``cell``: place of each respondent.
    Accounts with the same number of respondents share one matrix of multinomial counts, so
    there is no loop over accounts.
    """
    order = np.argsort(cell, kind="stable")
    sizes = np.bincount(cell)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    step = max(1, _CHUNK // (draws * values.shape[1]))
    for n in np.unique(sizes[chosen]).tolist():
        rng = np.random.default_rng([seed, n])
        counts = rng.multinomial(n, np.full(n, 1 / n), draws).astype(float)
        alike = chosen[sizes[chosen] == n]
        for at in range(0, len(alike), step):
            cells = alike[at : at + step]
            rows = order[starts[cells] + np.arange(n)[:, None]]
            known = ~np.isnan(values[rows])
            w = weights[rows][:, :, None] * known
            top = w * np.where(known, values[rows], 0.0)
            shape = (draws, len(cells), values.shape[1])
            sums = (counts @ top.reshape(n, -1)).reshape(shape)
            mass = (counts @ w.reshape(n, -1)).reshape(shape)
            means = np.full(shape, np.nan)
            np.divide(sums, mass, out=means, where=mass > 0)
            yield n, cells, means
