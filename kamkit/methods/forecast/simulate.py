"""The sum of deals that may or may not be won: exact where possible, else by draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.measures import measure_row, measure_table

_EXACT_DEALS, _EXACT_SUMS = 400, 200_000
_CHUNK = 4_000_000
ORIGIN = "field:weighted pipeline and Monte Carlo; house"


def portfolio_sum(
    values: np.ndarray | pd.Series,
    probabilities: np.ndarray | pd.Series,
    *,
    target: float | None = None,
    draws: int = 10_000,
    seed: int = 0,
) -> pd.DataFrame:
    """What independent deals with known probabilities add up to.

    Exact while the number of possible sums stays below 200,000, else by ``draws`` draws. Returns
    a measure table: mean, sd, p10, p50, p80, p90 (the smallest sum that is reached with at least
    that probability), prob_zero, and with a target prob_ge_target; low and high are the error of
    drawing (95 %), NaN where exact. Probabilities are taken as certain and deals as
    independent: the real spread is wider (see :func:`forecast_period`). Raises KamkitError for
    probabilities outside 0 to 1, values that are missing, or lengths that differ.

    >>> table = portfolio_sum(np.array([500.0, 300.0]), np.array([0.9, 0.5]), target=600)
    >>> dict(zip(table["measure"], table["value"].round(3)))["prob_ge_target"]
    0.45
    """
    value, p = np.asarray(values, dtype=float), np.asarray(probabilities, dtype=float)
    _check(value, p)
    sums, weight = _exact(value, p)
    variant, n = "exact_enumeration", len(value)
    size = 0
    if not len(sums):
        variant, size = "monte_carlo", draws
        rng = np.random.default_rng(seed)
        sums = np.zeros(draws)
        for k in range(n):
            sums += np.where(rng.random(draws) < p[k], value[k], 0.0)
        sums, weight = np.sort(sums), np.full(draws, 1.0 / draws)
    mean = float(p @ value)
    sd = float(np.sqrt((p * (1 - p)) @ value**2))
    error = 1.96 * sd / np.sqrt(size) if size else np.nan
    rows = [("mean", mean, mean - error, mean + error), ("sd", sd, np.nan, np.nan)]
    for share in (10, 50, 80, 90):
        rows.append((f"p{share}", *_quantile_row(sums, weight, share / 100, size)))
    rows.append(("prob_zero", *_share_row(min(1.0, float(weight[sums == 0].sum())), size)))
    if target is not None:
        reached = float(weight[sums >= target - 1e-9 * max(1.0, abs(target))].sum())
        rows.append(("prob_ge_target", *_share_row(min(1.0, reached), size)))
    return measure_table(
        measure_row(name, v, n, low=low, high=high, variant=variant, origin=ORIGIN)
        for name, v, low, high in rows
    )


def _check(value: np.ndarray, p: np.ndarray) -> None:
    problems = []
    if value.shape != p.shape:
        details = {"low": str(len(value)), "high": str(len(value))}
        problems.append(
            Problem("option_out_of_range", column="probabilities", value=len(p), details=details)
        )
    for k in np.flatnonzero(~((p >= 0) & (p <= 1))):
        row, found = int(k) + 1, float(p[k])
        problems.append(Problem("not_a_share", column="probabilities", row=row, value=found))
    for k in np.flatnonzero(~np.isfinite(value)):
        row, found = int(k) + 1, float(value[k])
        problems.append(Problem("not_a_number", column="values", row=row, value=found))
    KamkitError.collect(problems)


def _exact(value: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All possible sums and their probabilities; empty where there would be too many."""
    sums, weight = np.zeros(1), np.ones(1)
    if len(value) > _EXACT_DEALS:
        return np.zeros(0), np.zeros(0)
    for v, chance in zip(value, p, strict=True):
        both = np.round(np.r_[sums, sums + v], 6)
        sums, where = np.unique(both, return_inverse=True)
        parts = np.r_[weight * (1 - chance), weight * chance]
        weight = np.bincount(where, parts).astype(float)
        if len(sums) > _EXACT_SUMS:
            return np.zeros(0), np.zeros(0)
    return sums, weight


def _quantile_row(
    sums: np.ndarray, weight: np.ndarray, share: float, size: int
) -> tuple[float, float, float]:
    reach = np.cumsum(weight)
    at = [share]
    if size:
        half = 1.96 * np.sqrt(share * (1 - share) / size)
        at += [share - half, share + half]
    found = [float(sums[min(int(np.searchsorted(reach, a - 1e-12)), len(sums) - 1)]) for a in at]
    return (found[0], found[1], found[2]) if size else (found[0], np.nan, np.nan)


def _share_row(share: float, size: int) -> tuple[float, float, float]:
    half = 1.96 * np.sqrt(share * (1 - share) / size) if size else np.nan
    return share, max(share - half, 0.0), min(share + half, 1.0)


@dataclass(frozen=True)
class DrawnSums:
    """Draws of what open deals bring: total, without the largest deal, and number won."""

    total: np.ndarray
    without_largest: np.ndarray
    won: np.ndarray


def draw_sums(
    odds: np.ndarray,
    lift: np.ndarray,
    market: np.ndarray,
    amount: np.ndarray,
    levels: np.ndarray,
    luck: np.ndarray,
    rng: np.random.Generator,
    *,
    largest: int = -1,
) -> DrawnSums:
    """Draw which deals are won and for how much, chunk by chunk.

    ``odds[belief, deal]`` are log-odds under each parameter draw, ``lift[deal]`` what one unit
    of ``market[draw]`` adds, ``levels[belief, deal]`` booked on quoted amount and ``luck`` the
    logs of its residuals. Draw d uses belief d mod their number.
    """
    draws, n = len(market), len(amount)
    total, spared, number = np.zeros(draws), np.zeros(draws), np.zeros(draws)
    beliefs = len(odds)
    chunk = max(1, _CHUNK // max(n, 1))
    odds, lift = odds.astype(np.float32), lift.astype(np.float32)
    shift = market.astype(np.float32)
    for begin in range(0, draws, chunk):
        rows = np.arange(begin, min(begin + chunk, draws))
        eta = odds[rows % beliefs] + shift[rows, None] * lift
        np.exp(-eta, out=eta)
        # u < 1 / (1 + exp(-eta)), without the division.
        u = rng.random(eta.shape, dtype=np.float32)
        eta += 1.0
        eta *= u
        row, deal = np.nonzero(eta < 1.0)
        extra = np.exp(luck[rng.integers(0, len(luck), len(row))])
        money = amount[deal] * levels[rows[row] % len(levels), deal] * extra
        size = len(rows)
        total[rows] = np.bincount(row, money, minlength=size)
        number[rows] = np.bincount(row, minlength=size)
        rest = np.where(deal == largest, 0.0, money)
        spared[rows] = np.bincount(row, rest, minlength=size)
    return DrawnSums(total, spared, number)
