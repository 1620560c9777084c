"""Chances of the open deals under every belief about the parameters."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import expit

from kamkit.methods.forecast.deal_months import Factors
from kamkit.methods.forecast.probability import CAUSES, DealModel, draw_rates
from kamkit.methods.forecast.timing import (
    Rates,
    Step,
    chance_by,
    chance_in_the_end,
    steps_ahead,
)

_BUDGET, _END_BUDGET = 1_200_000, 500_000
_CHUNK, _END_CHUNK = 400_000, 40_000
# Three-point Gauss-Hermite rule for a standard normal market.
_NODES = ((-np.sqrt(3.0), 1 / 6), (0.0, 2 / 3), (np.sqrt(3.0), 1 / 6))


@dataclass(frozen=True)
class DealChances:
    """Per belief (row) and deal: chance in the period with its log-odds, and in the end.

    ``lift`` is what one unit of the market adds to the log-odds of a deal. ``in_period`` is
    averaged over the market; ``odds`` are those of an average market.
    """

    odds: np.ndarray
    lift: np.ndarray
    in_period: np.ndarray
    in_the_end: np.ndarray


def deal_chances(
    model: DealModel,
    factors: Factors,
    *,
    as_of: pd.Timestamp,
    start: pd.Timestamp,
    end: pd.Timestamp,
    rng: np.random.Generator,
) -> DealChances:
    """Chances of deals with these factors; NaN for all where the model has too little history.

    The more deals there are, the fewer parameter draws: with many deals parameters are known
    well and the sum averages them.
    """
    n = len(factors.stage)
    if not model.usable:
        nothing = np.full((1, n), np.nan)
        return DealChances(nothing, nothing[0], nothing, nothing)
    steps = steps_ahead(as_of, start, end)
    beliefs = int(np.clip(_BUDGET // max(n, 1), 50, 400))
    rates = draw_rates(model, factors, beliefs, rng)
    odds = _logit(_by(rates, factors, steps))
    lift = market_lift(model, factors, steps)
    mean = np.zeros_like(odds)
    for node, weight in _NODES:
        mean += weight * expit(odds + node * lift)
    few = int(np.clip(_END_BUDGET // max(n, 1), 20, 200))
    return DealChances(odds, lift, mean, _end(rates, factors, few))


def market_lift(model: DealModel, factors: Factors, steps: list[Step]) -> np.ndarray:
    """What one unit of the market adds to a deal's log-odds in the period, at the estimate."""
    rates = draw_rates(model, factors, 1, None)
    spread = np.array([model.market.get(cause, 0.0) for cause in CAUSES])
    up = _by(rates.shifted(np.exp(spread)), factors, steps)
    down = _by(rates.shifted(np.exp(-spread)), factors, steps)
    return np.asarray((_logit(up) - _logit(down))[0] / 2)


def _logit(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(p) - np.log1p(-p))


def _by(rates: Rates, factors: Factors, steps: list[Step]) -> np.ndarray:
    n, beliefs = rates.deal.shape[2], rates.deal.shape[1]
    size = max(1, _CHUNK // beliefs)
    parts = [chance_by(part, factors.take(rows), steps) for part, rows in _slices(rates, n, size)]
    return np.concatenate(parts, axis=1) if parts else np.zeros((beliefs, 0))


def _end(rates: Rates, factors: Factors, beliefs: int) -> np.ndarray:
    n = rates.deal.shape[2]
    fewer = replace(
        rates,
        base=rates.base[:, :beliefs],
        deal=rates.deal[:, :beliefs],
        ends=rates.ends[:, :beliefs],
    )
    size = max(1, _END_CHUNK // fewer.deal.shape[1])
    parts = [chance_in_the_end(part, factors.take(rows)) for part, rows in _slices(fewer, n, size)]
    return np.concatenate(parts, axis=1) if parts else np.zeros((beliefs, 0))


def _slices(rates: Rates, n: int, size: int) -> list[tuple[Rates, np.ndarray]]:
    found = []
    for begin in range(0, n, size):
        rows = np.arange(begin, min(begin + size, n))
        part = replace(rates, deal=rates.deal[:, :, begin : begin + size])
        found.append((part, rows))
    return found
