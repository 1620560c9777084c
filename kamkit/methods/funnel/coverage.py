"""How much open pipeline a target needs, from what earlier periods made of theirs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.methods.funnel.days import day_number
from kamkit.methods.funnel.intervals import ratio_interval
from kamkit.methods.funnel.ledger import MISSING, Ledger, exact_sum
from kamkit.methods.funnel.outcomes import bookings, dated_from, parts_at
from kamkit.methods.measures import measure_row

PAST_COLUMNS = [
    *("start", "end", "deals", "opening_amount", "booked_from_opening", "bookings"),
    *("conversion", "conversion_with_new"),
]
MOST_PERIODS, FEWEST_PERIODS = 8, 3


def past_periods(ledger: Ledger, start: pd.Timestamp, end: pd.Timestamp) -> list[dict[str, object]]:
    """Up to eight earlier periods of the same length, the last one ending on ``start``."""
    rows: list[dict[str, object]] = []
    for k in range(1, MOST_PERIODS + 1):
        first, last = step_back(start, end, k), step_back(start, end, k - 1)
        a, b = day_number(first), day_number(last)
        if not dated_from(ledger, a) or not len(ledger.book_on):
            break
        opening = ledger.picture(a)
        inside = parts_at(opening.close, opening.standing, a, b) == 0
        known = opening.cents != MISSING
        total = exact_sum(opening.cents[inside & known]) / 100
        _, booked = bookings(ledger, opening.standing, b)
        won = booked != MISSING
        mine = exact_sum(booked[won & inside]) / 100
        everything = exact_sum(booked[won]) / 100
        rows.append(
            {
                "start": first, "end": last, "deals": int((inside & known).sum()),
                "opening_amount": total, "booked_from_opening": mine, "bookings": everything,
                "conversion": mine / total if total > 0 else np.nan,
                "conversion_with_new": everything / total if total > 0 else np.nan,
            }
        )  # fmt: skip
    return rows[::-1]


def step_back(start: pd.Timestamp, end: pd.Timestamp, times: int) -> pd.Timestamp:
    """The start of the period so many periods before: by months where both days allow it.

    >>> str(step_back(pd.Timestamp("2025-03-31"), pd.Timestamp("2025-06-30"), 1))[:10]
    '2024-12-31'
    >>> str(step_back(pd.Timestamp("2025-01-01"), pd.Timestamp("2025-01-11"), 2))[:10]
    '2024-12-12'
    """
    months = (end.year - start.year) * 12 + end.month - start.month
    ends = start.is_month_end and end.is_month_end
    if months > 0 and (ends or start.day == end.day):
        moved = start - pd.DateOffset(months=months * times)
        return moved + pd.offsets.MonthEnd(0) if ends else moved
    return start - times * (end - start)


def coverage_rows(past: list[dict[str, object]]) -> list[dict[str, object]]:
    """Coverage that is needed, with and without what comes in during a period."""
    used = [row for row in past if float(str(row["opening_amount"])) > 0]
    opening = np.array([row["opening_amount"] for row in used], dtype=float)
    rows = []
    for key, column in (
        ("coverage_needed", "booked_from_opening"), ("coverage_needed_with_new", "bookings"),
    ):  # fmt: skip
        value = low = high = float("nan")
        variant = "too_little_history"
        if len(used) >= FEWEST_PERIODS:
            top = np.array([row[column] for row in used], dtype=float)
            rate, rate_low, rate_high = ratio_interval(top, opening)
            variant = "past_periods" if rate > 0 else "nothing_booked"
            value = 1 / rate if rate > 0 else float("nan")
            low = 1 / rate_high if rate_high > 0 else float("nan")
            # A conversion that may be nil sets no upper limit to the coverage.
            high = 1 / rate_low if rate_low > 0 else float("inf")
            high = high if rate > 0 else float("nan")
        rows.append(
            measure_row(
                key, value, len(used), low=low, high=high, variant=variant,
                origin="house; field:Cochran 1977",
            )
        )  # fmt: skip
    return rows
