"""Scores of forecasts: how far off, in which direction, and how honest the stated range was."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr
from scipy.stats import rankdata

NAN = float("nan")


def _pair(actual: ArrayLike, forecast: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Both as numbers, without pairs of which one is missing."""
    a, f = np.broadcast_arrays(np.asarray(actual, float), np.asarray(forecast, float))
    known = ~(np.isnan(a) | np.isnan(f))
    return a[known], f[known]


def wape(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Sum of absolute errors over the sum of actuals; NaN where that sum is 0.

    >>> round(wape([120, 95, 0, 140, 180, 60], [100, 110, 10, 150, 150, 75]), 6)
    0.168067
    """
    a, f = _pair(actual, forecast)
    whole = np.abs(a).sum()
    return float(np.abs(f - a).sum() / whole) if whole else NAN


def bias(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Sum of forecasts minus actuals over the sum of actuals: above 0 is too hopeful.

    >>> bias([100, 100], [110, 130])
    0.2
    """
    a, f = _pair(actual, forecast)
    whole = np.abs(a).sum()
    return float((f - a).sum() / whole) if whole else NAN


def mae(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Mean absolute error; NaN without a pair.

    >>> mae([1, 2], [2, 4])
    1.5
    """
    a, f = _pair(actual, forecast)
    return float(np.abs(f - a).mean()) if len(a) else NAN


def rmse(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Root of the mean squared error; NaN without a pair.

    >>> rmse([0, 0], [3, 3])
    3.0
    """
    a, f = _pair(actual, forecast)
    return float(np.sqrt(np.mean((f - a) ** 2))) if len(a) else NAN


def mape(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Mean absolute error in shares of each actual; NaN as soon as one actual is 0.

    It also favours forecasts that are too low; WAPE and bias say more.

    >>> round(mape([3, -0.5, 2, 7], [2.5, 0, 2, 8]), 6), mape([0, 1], [1, 1])
    (0.327381, nan)
    """
    a, f = _pair(actual, forecast)
    if not len(a) or not a.all():
        return NAN
    return float(np.mean(np.abs((f - a) / a)))


def mase(actual: ArrayLike, forecast: ArrayLike, history: ArrayLike, *, season: int = 1) -> float:
    """Mean absolute error against that of "same as ``season`` periods ago" in the history.

    NaN where the history is shorter than one step or never changes (Hyndman & Koehler 2006).

    >>> mase([3, 5], [4, 4], [1, 3, 5])
    0.5
    """
    past = np.asarray(history, float)
    steps = np.abs(past[season:] - past[:-season]) if len(past) > season else np.array([])
    steps = steps[~np.isnan(steps)]
    scale = float(steps.mean()) if len(steps) else 0.0
    return mae(actual, forecast) / scale if scale else NAN


def pinball(actual: ArrayLike, quantile: ArrayLike, tau: float) -> float:
    """Mean pinball loss of the forecast of one quantile; the true quantile has the least.

    >>> round(pinball([1, 2, 3], [0, 2, 3], 0.1), 6)
    0.033333
    """
    a, q = _pair(actual, quantile)
    return float(np.mean(np.maximum(tau * (a - q), (tau - 1) * (a - q)))) if len(a) else NAN


def winkler(actual: ArrayLike, low: ArrayLike, high: ArrayLike, *, level: float = 0.8) -> float:
    """Mean width of an interval plus its penalty for actuals outside (Winkler 1972).

    >>> winkler([5, 12], [0, 0], [10, 10], level=0.8)
    20.0
    """
    a, lo, hi = (np.asarray(v, float) for v in (actual, low, high))
    known = ~(np.isnan(a) | np.isnan(lo) | np.isnan(hi))
    a, lo, hi = a[known], lo[known], hi[known]
    outside = np.maximum(lo - a, 0) + np.maximum(a - hi, 0)
    return float(np.mean(hi - lo + 2 / (1 - level) * outside)) if len(a) else NAN


def coverage(actual: ArrayLike, low: ArrayLike, high: ArrayLike) -> tuple[float, int, int]:
    """Share of actuals inside the interval (its ends count), how many, and of how many.

    >>> coverage([1, 5], [0, 0], [2, 2])
    (0.5, 1, 2)
    """
    a, lo, hi = (np.asarray(v, float) for v in (actual, low, high))
    known = ~(np.isnan(a) | np.isnan(lo) | np.isnan(hi))
    inside = int(((a >= lo) & (a <= hi))[known].sum())
    n = int(known.sum())
    return (inside / n if n else NAN), inside, n


def brier(p: ArrayLike, happened: ArrayLike) -> float:
    """Mean squared distance of stated chances from what happened (1 or 0).

    >>> round(brier([0.1, 0.9, 0.8, 0.3], [0, 1, 1, 0]), 6)
    0.0375
    """
    y, chance = _pair(happened, p)
    return float(np.mean((chance - y) ** 2)) if len(y) else NAN


def brier_parts(p: ArrayLike, happened: ArrayLike, *, bins: int = 10) -> dict[str, float]:
    """The Brier score in parts: brier = reliability - resolution + uncertainty + within_bins.

    Bins of equal width. ``within_bins`` holds what Murphy's three parts leave where chances
    within one bin differ (0 where they don't), so that the parts always add up.
    Source: Murphy 1973; Stephenson et al. 2008 for the remainder.

    >>> parts = brier_parts([0.2, 0.2, 0.8, 0.8], [0, 0, 1, 0])
    >>> {k: round(v, 4) for k, v in parts.items() if k != "within_bins"}
    {'brier': 0.19, 'reliability': 0.065, 'resolution': 0.0625, 'uncertainty': 0.1875}
    """
    y, chance = _pair(happened, p)
    names = ("brier", "reliability", "resolution", "uncertainty", "within_bins")
    if not len(y):
        return dict.fromkeys(names, NAN)
    place = np.clip((chance * bins).astype(int), 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    used = count > 0
    mean_p = np.bincount(place, chance, bins)[used] / count[used]
    mean_y = np.bincount(place, y, bins)[used] / count[used]
    weight, base = count[used] / len(y), y.mean()
    score = brier(chance, y)
    reliability = float(weight @ (mean_p - mean_y) ** 2)
    resolution = float(weight @ (mean_y - base) ** 2)
    uncertainty = float(base * (1 - base))
    rest = score - (reliability - resolution + uncertainty)
    return dict(zip(names, (score, reliability, resolution, uncertainty, rest), strict=True))


def auc(p: ArrayLike, happened: ArrayLike) -> float:
    """Chance that a deal that was won had the higher figure of a won and another one.

    Ties count half; NaN where all or none happened.

    >>> auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    0.75
    """
    y, score = _pair(happened, p)
    wins = int(y.sum())
    others = len(y) - wins
    if not wins or not others:
        return NAN
    ranks = rankdata(score)[y > 0].sum()
    return float((ranks - wins * (wins + 1) / 2) / (wins * others))


def crps_normal(mean: ArrayLike, sd: ArrayLike, actual: ArrayLike) -> np.ndarray:
    """CRPS of normal forecasts, closed form (Gneiting & Raftery 2007).

    >>> crps_normal(0, 1, [0, 1]).round(6).tolist()
    [0.233695, 0.602441]
    """
    spread = np.asarray(sd, float)
    z = (np.asarray(actual, float) - np.asarray(mean, float)) / spread
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    scores: np.ndarray = spread * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / np.sqrt(np.pi))
    return scores


def crps_sample(draws: ArrayLike, actual: float) -> float:
    """CRPS of a forecast given by draws: mean distance to the actual less half their own.

    >>> crps_sample([1.0, 3.0], 2.0)
    0.5
    """
    x = np.sort(np.asarray(draws, float))
    n = len(x)
    if not n or np.isnan(actual):
        return NAN
    # Mean distance between all pairs of draws, from their ranks.
    own = 2 * ((2 * np.arange(1, n + 1) - n - 1) @ x) / (n * n)
    return float(np.abs(x - actual).mean() - own / 2)


def crps_quantiles(levels: ArrayLike, quantiles: ArrayLike, actual: float) -> float:
    """CRPS approximated from a grid of quantiles: twice the mean pinball loss over the grid.

    >>> levels = (np.arange(999) + 0.5) / 999
    >>> draws = np.random.default_rng(0).normal(size=200_000)
    >>> abs(crps_quantiles(levels, np.quantile(draws, levels), 1.0) - 0.602441) < 0.01
    True
    """
    tau, q = np.asarray(levels, float), np.asarray(quantiles, float)
    loss = np.maximum(tau * (actual - q), (tau - 1) * (actual - q))
    weight = np.gradient(tau) if len(tau) > 1 else np.ones(1)
    return float(2 * (loss @ weight) / weight.sum())
