"""Wins of the period from deals that don't exist yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import gammaln

from kamkit.methods.funnel.days import day_number, day_numbers
from kamkit.methods.funnel.history import DealHistory

LEAST_WINDOWS = 3
MOST_WINDOWS = 20
FEW_AMOUNTS = 10
_MANY = 300
_MOST_AMOUNTS = 5000
_DISCOUNTS = np.array([0.6, 0.7, 0.8, 0.9, 1.0])
_PRIOR = np.log(np.array([0.05, 0.15, 0.3, 0.35, 0.15]))
_WINDOW = ["window_start", "window_end", "known_on", "won", "amount"]
ORIGIN = "house; field:Harvey & Fernandes 1989"


@dataclass(frozen=True)
class NewBusiness:
    """What new deals bring within a period that lies as far ahead as the one asked for.

    ``windows``: window_start, window_end, known_on (the day from which it would have been
    forecast), won (deals created after known_on and won in the window), amount (money).
    ``shape`` and ``rate`` of the gamma belief about the next count, by ``discount`` per window
    (1 = all windows count alike); ``amounts`` of such deals, ``sparse`` where amounts of other
    deals had to help. ``usable`` needs 3 windows (house).
    """

    windows: pd.DataFrame
    shape: float
    rate: float
    discount: float
    amounts: np.ndarray
    sparse: bool

    @property
    def usable(self) -> bool:
        return len(self.windows) >= LEAST_WINDOWS


def expected_new_business(
    history: DealHistory, *, start: pd.Timestamp, end: pd.Timestamp
) -> NewBusiness:
    """Belief about deals that are created after ``as_of`` and won from ``start`` to ``end``.

    Past windows of the same length, seen from as far ahead, one after the other up to
    ``as_of``; their counts feed a gamma belief whose memory fades (the fading is chosen by
    likelihood among 0.6 … 1, house prior around 0.9), so successive periods may differ and
    drift. Windows before the first closed deal on record are left out.
    Source: Harvey & Fernandes 1989 (count series with a moving level).
    """
    deals, as_of = history.deals, pd.Timestamp(history.as_of)
    start = max(start, as_of + pd.Timedelta(days=1))
    length, ahead = (end - start).days + 1, (end - as_of).days
    won = (deals["status"] == "won").to_numpy(dtype=bool)
    created, closed = day_numbers(deals["created_on"]), day_numbers(deals["closed_on"])
    ended = deals["status"].isin(["won", "lost"]).to_numpy(dtype=bool) & (closed >= 0)
    today = day_number(as_of)
    first = int(closed[ended].min()) - 1 if ended.any() else today
    number = 0 if ahead <= 0 else min(max((today - first - ahead) // length + 1, 0), MOST_WINDOWS)
    until = today - length * np.arange(number)[::-1]
    won = won & (created >= 0) & (closed >= 0)
    money = deals["amount"].to_numpy(dtype=float, na_value=np.nan)
    counts, sums = np.zeros(number), np.zeros(number)
    for k, day in enumerate(until):
        here = won & (created > day - ahead) & (closed > day - length) & (closed <= day)
        counts[k], sums[k] = here.sum(), np.sort(money[here & (money > 0)]).sum()
    windows = pd.DataFrame(
        {
            "window_start": _days(until - length + 1),
            "window_end": _days(until),
            "known_on": _days(until - ahead),
            "won": counts.astype(int),
            "amount": sums,
        },
        columns=_WINDOW,
    )
    shape, rate, discount = moving_level(counts)
    quick = won & (money > 0) & (closed - created <= ahead) & (closed > today - 365 * 4)
    amounts, sparse = _amounts(money, quick, won & (money > 0))
    return NewBusiness(windows, shape, rate, discount, amounts, sparse)


def _days(numbers: np.ndarray) -> np.ndarray:
    return np.asarray(numbers.astype("datetime64[D]").astype("datetime64[us]"))


def _amounts(money: np.ndarray, quick: np.ndarray, won: np.ndarray) -> tuple[np.ndarray, bool]:
    sparse = bool(quick.sum() < FEW_AMOUNTS)
    amounts = np.sort(np.r_[money[quick], money[won]] if sparse else money[quick])
    if len(amounts) > _MOST_AMOUNTS:
        amounts = np.quantile(amounts, (np.arange(_MOST_AMOUNTS) + 0.5) / _MOST_AMOUNTS)
    return amounts, sparse


def moving_level(counts: np.ndarray) -> tuple[float, float, float]:
    """Gamma shape and rate of the next count's level, and the discount per period.

    >>> shape, rate, _ = moving_level(np.array([4.0, 6.0, 5.0, 5.0]))
    >>> 4 < shape / rate < 6
    True
    """
    if not len(counts):
        return np.nan, np.nan, np.nan
    best, found = -np.inf, (np.nan, np.nan, np.nan)
    for discount, prior in zip(_DISCOUNTS, _PRIOR, strict=True):
        shape, rate, score = 0.5, 0.1, float(prior)
        for k, count in enumerate(counts):
            shape, rate = discount * shape, discount * rate
            if k:
                score += float(
                    gammaln(shape + count)
                    - gammaln(shape)
                    - gammaln(count + 1)
                    + shape * np.log(rate / (1 + rate))
                    - count * np.log1p(rate)
                )
            shape, rate = shape + count, rate + 1.0
        if score > best:
            best = score
            found = float(discount * shape), float(discount * rate), float(discount)
    return found


def draw_new_business(
    new: NewBusiness, market: np.ndarray, rng: np.random.Generator, *, share: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    """Money and number of such wins, one draw an entry of ``market`` (standard normal).

    ``share`` of the level's uncertainty moves with the market that open deals meet (house: a
    correlation of 0.5). Amounts: Bayesian bootstrap with a smoothing kernel on the log scale.
    """
    draws = len(market)
    if not len(new.amounts):
        return np.zeros(draws), np.zeros(draws)
    own = rng.standard_normal(draws)
    place = stats.norm.cdf(share * market + np.sqrt(1 - share**2) * own)
    level = stats.gamma.ppf(place, new.shape) / new.rate
    count = rng.poisson(level)
    belief = np.arange(draws) % min(draws, 200)
    gamma = rng.standard_exponential((belief.max() + 1, len(new.amounts)))
    logs = np.log(new.amounts)
    width = 0.9 * min(float(logs.std()), 1.0) * len(logs) ** -0.2
    many = count > _MANY
    money = _one_by_one(new.amounts, gamma, np.where(many, 0, count), belief, width, rng)
    # Sums of very many amounts are normal, whatever their distribution.
    share = gamma / gamma.sum(axis=1, keepdims=True)
    mean, square = share @ new.amounts, share @ new.amounts**2 * np.exp(width**2)
    spread = np.sqrt(np.maximum(square - mean**2, 0.0))[belief]
    luck = rng.standard_normal(draws)
    large = count * mean[belief] + np.sqrt(count) * spread * luck
    return np.where(many, large, money), count.astype(float)


def _one_by_one(
    amounts: np.ndarray,
    gamma: np.ndarray,
    count: np.ndarray,
    belief: np.ndarray,
    width: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Sum of ``count`` amounts per draw, under each draw's belief about their frequencies."""
    row = np.repeat(np.arange(len(count)), count)
    edges = np.cumsum(gamma, axis=1)
    edges /= edges[:, -1:]
    # One search for all beliefs: each has its own unit interval.
    place = np.searchsorted(
        (edges + np.arange(len(edges))[:, None]).ravel(), rng.random(len(row)) + belief[row]
    )
    pick = np.minimum(place - belief[row] * len(amounts), len(amounts) - 1)
    noise = np.exp(width * rng.standard_normal(len(row)) - width**2 / 2)
    return np.bincount(row, weights=amounts[pick] * noise, minlength=len(count))
