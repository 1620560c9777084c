"""How the amount that is booked differs from the amount that was quoted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.forecast.deal_months import Lookup, month_marks, size_of
from kamkit.methods.funnel.days import day_numbers
from kamkit.methods.funnel.history import DealHistory

LEAST_PAIRS = 8
_TRIM = 2.0
ORIGIN = "house; methods: amounts from dated exports"


@dataclass(frozen=True)
class AmountChange:
    """Log of booked on quoted amount: level, slope on size, covariance of both, residuals.

    ``n`` counts deals won of which an earlier amount is on record; below 8 (house) nothing is
    assumed and amounts stay as quoted.
    """

    coef: np.ndarray
    cov: np.ndarray
    residuals: np.ndarray
    n: int

    @property
    def known(self) -> bool:
        return self.n >= LEAST_PAIRS


def amount_change(history: DealHistory, lookup: Lookup) -> AmountChange:
    """Booked on quoted amount of deals won, quoted as in the book some months earlier.

    One pair a deal and quarter in which it stood open; large deals may lose more than small
    ones (slope on size, pulled towards none). Ratios beyond e² are typing errors (house) and
    are cut there.
    """
    size, change, deal = _pairs(history, lookup)
    number = len(np.unique(deal))
    nothing = AmountChange(np.zeros(2), np.zeros((2, 2)), np.zeros(1), number)
    if number < LEAST_PAIRS:
        return nothing
    share = 1.0 / np.bincount(np.unique(deal, return_inverse=True)[1])
    weight = share[np.unique(deal, return_inverse=True)[1]]
    design = np.column_stack([np.ones(len(size)), size])
    square = (design * weight[:, None]).T @ design
    spread = float(np.sqrt(np.average((change - change.mean()) ** 2, weights=weight)))
    square[1, 1] += max(spread, 0.01) ** 2 / 0.05**2
    coef = np.linalg.solve(square, design.T @ (weight * change))
    residuals = change - design @ coef
    variance = float(weight @ residuals**2) / max(number - 2, 1)
    return AmountChange(coef, variance * np.linalg.inv(square), residuals, number)


def _pairs(history: DealHistory, lookup: Lookup) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    deals, marks = history.deals, month_marks(history)[::-3][::-1]
    nothing = np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64)
    if not len(lookup.book_key) or len(marks) < 2:
        return nothing
    won = np.flatnonzero((deals["status"] == "won").to_numpy(bool) & (lookup.final > 0))
    won = won[np.argsort(deals["opportunity_id"].to_numpy(str)[won], kind="stable")]
    first_row = np.searchsorted(lookup.book_key, won * (1 << 20), side="left")
    noted = np.minimum(first_row, len(lookup.book_key) - 1)
    on_record = (first_row < len(lookup.book_key)) & (lookup.book_key[noted] >> 20 == won)
    won = won[on_record]
    since = lookup.book_key[noted[on_record]] & ((1 << 20) - 1)
    closed = day_numbers(deals["closed_on"])[won]
    first = np.searchsorted(marks, since, side="left")
    number = np.maximum(np.searchsorted(marks, closed, side="left") - first, 0)
    deal = np.repeat(won, number)
    at = np.arange(len(deal)) - np.repeat(np.cumsum(number) - number - first, number)
    quoted = lookup.amount_at(deal, marks[at]) if len(deal) else np.zeros(0)
    good = np.isfinite(quoted) & (quoted > 0)
    deal, quoted = deal[good], quoted[good]
    change = np.clip(np.log(lookup.final[deal] / quoted), -_TRIM, _TRIM)
    return size_of(quoted, lookup.scale)[0], change, deal


def change_factors(
    change: AmountChange, size: np.ndarray, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Draws of each deal's level of booked on quoted amount, without its own luck: draw × deal."""
    if not change.known:
        return np.ones((1, len(size)))
    root = np.linalg.cholesky(change.cov + 1e-12 * np.eye(2))
    coef = change.coef + rng.standard_normal((draws, 2)) @ root.T
    return np.asarray(np.exp(coef[:, :1] + coef[:, 1:] * size))


def known_amounts(deals: pd.DataFrame) -> np.ndarray:
    """Amounts above zero, NaN elsewhere."""
    amount = deals["amount"].to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(amount) & (amount > 0), amount, np.nan)
