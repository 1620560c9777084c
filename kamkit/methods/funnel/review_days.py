"""The days of a funnel review: the period looked back on, and the one that comes next."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from kamkit.errors import KamkitError, Problem

_ONE = pd.Timedelta(days=1)


@dataclass(frozen=True)
class ReviewDays:
    """Days that a review compares, all counted.

    ``start`` to ``end`` is the period looked back on and ``opening`` the day before it, at whose
    end its opening picture is taken. ``year_start`` is a year before ``end``. ``next_start`` to
    ``next_end`` is the quarter that is running on the day after the data end.
    """

    opening: pd.Timestamp
    start: pd.Timestamp
    end: pd.Timestamp
    year_start: pd.Timestamp
    next_start: pd.Timestamp
    next_end: pd.Timestamp


def review_days(
    as_of: pd.Timestamp | dt.date | str,
    *,
    start: str = "",
    end: str = "",
    fiscal_year_start: int = 1,
    known_from: pd.Timestamp | None = None,
) -> ReviewDays:
    """The days of a review made on ``as_of``; empty texts: the last full fiscal quarter.

    Of a period given by one end only, the other is the data's last day, or the first day of the
    quarter of ``end``. Days after the data's last day are cut off. ``known_from``: the first day
    on which anybody looked; unless ``start`` is given, the period begins after it at the
    earliest, since before it the pipeline only seems to be empty.
    Raises KamkitError bad_day, period_reversed. Source: house.

    >>> days = review_days("2026-05-15")
    >>> f"{days.start:%m-%d} {days.end:%m-%d} {days.next_start:%m-%d} {days.next_end:%m-%d}"
    '01-01 03-31 04-01 06-30'
    """
    day = pd.Timestamp(as_of).normalize()
    tomorrow = day + pd.Timedelta(days=1)
    running = _quarter_start(tomorrow, fiscal_year_start)
    last = min(_day("end", end), day) if end else (day if start else running - _ONE)
    first = _day("start", start) if start else _quarter_start(last, fiscal_year_start)
    if known_from is not None and not start and known_from < last:
        first = max(first, pd.Timestamp(known_from).normalize() + _ONE)
    if first > last:
        raise KamkitError(Problem("period_reversed", value=f"{first:%Y-%m-%d} > {last:%Y-%m-%d}"))
    return ReviewDays(
        opening=first - _ONE,
        start=first,
        end=last,
        year_start=last + _ONE - pd.DateOffset(years=1),
        next_start=running,
        next_end=running + pd.DateOffset(months=3) - _ONE,
    )


def _quarter_start(day: pd.Timestamp, fiscal_year_start: int) -> pd.Timestamp:
    back = (day.month - fiscal_year_start) % 3
    return pd.Timestamp(day.year, day.month, 1) - pd.DateOffset(months=back)


def _day(name: str, text: str) -> pd.Timestamp:
    try:
        return pd.Timestamp(dt.date.fromisoformat(text))
    except ValueError:
        raise KamkitError(Problem("bad_day", value=text, details={"parameter": name})) from None
