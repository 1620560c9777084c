"""Every deal over one period: where it stood at the start, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.funnel.days import NO_DAY, Ints
from kamkit.methods.funnel.ledger import (
    MISSING,
    NOT_YET,
    OPEN,
    WON,
    Bools,
    Floats,
    Ledger,
    exact_sum,
)
from kamkit.methods.funnel.ledger import cents as hundredths

# Where a deal stood at the start; each part's bookings have a name of their own.
PARTS = ("in_period", "overdue", "undated", "later", "created", "closed_before")
BOOKED = {
    "in_period": "from_opening_pipeline",
    "overdue": "from_overdue",
    "undated": "from_undated",
    "later": "pulled_in",
    "created": "created_and_won",
    "closed_before": "reopened_and_won",
}


@dataclass(frozen=True)
class PeriodState:
    """One row a deal. ``part`` is a position in ``PARTS``; money in its unit, NaN unknown."""

    part: Ints
    standing_end: Ints
    amount: Floats
    close: Ints
    booked: Floats
    won: Bools
    shown: Bools
    stage: pd.Series
    probability: Floats
    dated: bool


def money(values: Floats) -> float:
    """Sum of what is known, exact to the hundredth.

    >>> money(np.array([0.1, 0.2, float("nan")]))
    0.3
    """
    whole = hundredths(values)
    return exact_sum(whole[whole != MISSING]) / 100


def known_money(values: Floats) -> float:
    """Sum of what is known; NaN where there is something, and none of it known.

    >>> known_money(np.array([float("nan")])), known_money(np.array([]))
    (nan, 0.0)
    """
    return float("nan") if len(values) and np.isnan(values).all() else money(values)


def parts_at(close: Ints, standing: Ints, start: int, end: int) -> Ints:
    """Where each deal stood at the start: a position in ``PARTS``.

    >>> parts_at(np.array([5]), np.array([0]), 3, 6).tolist()
    [0]
    """
    return np.select(
        [standing == NOT_YET, standing != OPEN, close == NO_DAY, close <= start, close > end],
        [4, 5, 2, 1, 3],
        0,
    )


def dated_from(ledger: Ledger, day: int) -> bool:
    """Whether figures were kept on or before a day, or the deals table itself is of that day."""
    return bool((ledger.book_on <= day).any()) or day >= ledger.as_of


def bookings(ledger: Ledger, start: Ints, end_day: int) -> tuple[Ints, Ints]:
    """Standing of each deal on the last day, and cents of those newly won (else MISSING)."""
    picture = ledger.picture(end_day)
    new = (picture.standing == WON) & (start != WON)
    final = np.where(ledger.closed <= end_day, ledger.cents, picture.cents)
    return picture.standing, np.where(new, final, MISSING)


def as_money(values: Ints) -> Floats:
    """Hundredths as money, NaN where missing."""
    return np.where(values == MISSING, np.nan, values / 100)


def period_state(ledger: Ledger, start: int, end: int) -> PeriodState:
    """Every deal at the end of ``start`` and what became of it by the end of ``end``."""
    opening = ledger.picture(start)
    part = parts_at(opening.close, opening.standing, start, end)
    standing, booked = bookings(ledger, opening.standing, end)
    won = (standing == WON) & (opening.standing != WON)
    return PeriodState(
        part,
        standing,
        as_money(opening.cents),
        opening.close,
        as_money(booked),
        won,
        opening.open | won,
        ledger.figure("stage", opening.row),
        ledger.figure("probability", opening.row).to_numpy(float),
        dated_from(ledger, start),
    )
