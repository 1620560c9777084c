"""Fiscal years: which one a day belongs to, where it begins and ends; kinds of period."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem


def check_start(start_month: int) -> int:
    """The first month of a fiscal year, refused unless it is 1 to 12.

    >>> check_start(4)
    4
    """
    if not 1 <= start_month <= 12:
        raise KamkitError(
            Problem(
                "option_out_of_range",
                column="fiscal_year_start",
                value=start_month,
                details={"low": "1", "high": "12"},
            )
        )
    return int(start_month)


def fiscal_years(dates: pd.Series, start_month: int = 1) -> pd.Series:
    """Fiscal year of each day, named after the calendar year in which it ends (house).

    Undated rows have none (NaN). KamkitError for a month outside 1 to 12.

    >>> fiscal_years(pd.Series(pd.to_datetime(["2025-03-31", "2025-04-01"])), 4).tolist()
    [2025.0, 2026.0]
    """
    later = check_start(start_month) > 1
    after = (dates.dt.month >= start_month) & later
    return pd.Series(dates.dt.year + np.where(after, 1, 0), dates.index, dtype=float)


def fiscal_bounds(year: int, start_month: int = 1) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day of a fiscal year.

    >>> [f"{day:%Y-%m-%d}" for day in fiscal_bounds(2026, 4)]
    ['2025-04-01', '2026-03-31']
    """
    begins = pd.Timestamp(year - (check_start(start_month) > 1), start_month, 1)
    return begins, begins + pd.DateOffset(years=1) - pd.Timedelta(days=1)


_KINDS = {
    "year": re.compile(r"\d{4}"),
    "half": re.compile(r"\d{4}H[12]"),
    "quarter": re.compile(r"\d{4}Q[1-4]"),
    "month": re.compile(r"\d{4}-(0[1-9]|1[0-2])"),
}


def period_kind(period: object) -> str:
    """What a period's name stands for: year, half, quarter or month; "" for any other name.

    >>> [period_kind(p) for p in ("2026", "2026H1", "2026Q2", "2026-06", "June", 2026)]
    ['year', 'half', 'quarter', 'month', '', 'year']
    """
    name = str(period)
    return next((kind for kind, form in _KINDS.items() if form.fullmatch(name)), "")
