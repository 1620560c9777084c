"""The days on which a backtest stands, and the periods that it forecasts from there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.fiscal import check_start
from kamkit.methods.funnel.history import DealHistory

Day = pd.Timestamp | dt.date | str
MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
LEAST_CLOSED = 20  # house: deals closed before the first origin
LEAST_DAYS = 360  # house: a year of records before the first origin


@dataclass(frozen=True)
class Trial:
    """One forecast of a backtest: what is known on ``origin`` about ``start`` to ``end``."""

    origin: pd.Timestamp
    start: pd.Timestamp
    end: pd.Timestamp


def period_start(day: Day, *, period: str = "quarter", year_start: int = 1) -> pd.Timestamp:
    """First day of the period that holds a day; ``year_start`` is the fiscal year's month.

    Raises KamkitError for a period other than month, quarter, half_year or year.

    >>> f"{period_start('2025-08-15'):%Y-%m-%d}"
    '2025-07-01'
    """
    if period not in MONTHS:
        allowed = {"allowed": ", ".join(MONTHS)}
        raise KamkitError(Problem("not_allowed", column="period", value=period, details=allowed))
    moment = pd.Timestamp(day)
    back = (moment.month - check_start(year_start)) % MONTHS[period]
    return moment.normalize().replace(day=1) - pd.DateOffset(months=back)


def trials(
    history: DealHistory,
    *,
    origins: Iterable[Day] | None = None,
    period: str = "quarter",
    year_start: int = 1,
    last: int | None = None,
) -> list[Trial]:
    """The forecasts that a history can be tested on, oldest first.

    By default one on the eve of every full period that ended by ``as_of``, from the first on
    by which a year of records and 20 closed deals were there and, where people kept dated
    figures, the first of these. Given ``origins`` stand for the first full period after each.
    ``last`` keeps that many.
    """
    step = pd.DateOffset(months=MONTHS.get(period, 1))
    day = pd.Timedelta(days=1)
    if origins is None:
        eves = _eves(history, period, year_start)
    else:
        eves = sorted({pd.Timestamp(o).normalize() for o in origins})
    found = []
    for eve in eves:
        start = period_start(eve + day, period=period, year_start=year_start)
        start = start if start > eve else start + step
        end = start + step - day
        if end <= history.as_of:
            found.append(Trial(eve, start, end))
    return found[-last:] if last else found


def _eves(history: DealHistory, period: str, year_start: int) -> list[pd.Timestamp]:
    deals, book = history.deals, history.book
    closed = deals["closed_on"].dropna().sort_values()
    if len(closed) < LEAST_CLOSED:
        return []
    enough = [closed.iloc[LEAST_CLOSED - 1]]
    enough.append(deals["created_on"].min() + pd.Timedelta(days=LEAST_DAYS))
    if len(book):
        enough.append(book["on"].min())
    start = period_start(max(enough), period=period, year_start=year_start)
    found, step = [], pd.DateOffset(months=MONTHS[period])
    while start <= history.as_of:
        eve = start - pd.Timedelta(days=1)
        if eve >= max(enough):
            found.append(eve)
        start = start + step
    return found
