"""The span of days that a report looks at."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

from kamkit.errors import KamkitError, Problem
from kamkit.tables.company import Company


@dataclass(frozen=True)
class Period:
    """First and last day, both counted; ``rule`` says who chose them.

    ``rule`` is given (by the caller), configured (kamkit.toml), full_year (the last full
    fiscal year with orders) or all_orders (there is no such year). ``year`` is the last fiscal
    year that is full by the end of the period, else the one in which it ends; ``year_end`` is
    its last day, or the period's.
    """

    start: dt.date
    end: dt.date
    rule: str
    year: int
    year_end: dt.date


def reporting_period(company: Company, *, start: str = "", end: str = "") -> Period:
    """The period that a report looks at: as given, as configured, else the last full year.

    A fiscal year is full if it ended by ``as_of`` and the records began in its first month.
    Raises KamkitError for days that are none, or out of order.
    """
    config = company.config
    first, last = _extent(company)
    if start or end:
        span = (_day("start", start) if start else first, _day("end", end) if end else config.as_of)
        if span[0] > span[1]:
            raise KamkitError(Problem("period_reversed", value=f"{span[0]} > {span[1]}"))
        return _with_year(company, *span, "given")
    if config.period:
        return _with_year(company, *config.period, "configured")
    year = last_full_year(company, config.as_of)
    if year is None:
        return _with_year(company, first, last, "all_orders")
    begins, ends = fiscal_days(year, config.fiscal_year_start)
    return Period(begins, ends, "full_year", year, ends)


def _with_year(company: Company, start: dt.date, end: dt.date, rule: str) -> Period:
    year = last_full_year(company, end)
    if year is None:
        return Period(start, end, rule, company.config.fiscal_year(end), end)
    year_end = fiscal_days(year, company.config.fiscal_year_start)[1]
    return Period(start, end, rule, year, year_end)


def last_full_year(company: Company, by: dt.date) -> int | None:
    """The last fiscal year that ended by a day and whose first month is on record."""
    month = company.config.fiscal_year_start
    first = _extent(company)[0]
    for year in range(company.config.fiscal_year(by), company.config.fiscal_year(first) - 1, -1):
        begins, ends = fiscal_days(year, month)
        if ends <= by and first < begins + dt.timedelta(days=31):
            return year
    return None


def fiscal_days(year: int, start_month: int) -> tuple[dt.date, dt.date]:
    """First and last day of a fiscal year, which bears the year in which it ends.

    >>> fiscal_days(2026, 4)
    (datetime.date(2025, 4, 1), datetime.date(2026, 3, 31))
    """
    last_month = (start_month - 2) % 12 + 1
    ends = dt.date(year, last_month, calendar.monthrange(year, last_month)[1])
    begins = dt.date(year if start_month == 1 else year - 1, start_month, 1)
    return begins, ends


def _day(name: str, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        details = {"parameter": name}
        raise KamkitError(Problem("bad_day", value=text, details=details)) from None


def _extent(company: Company) -> tuple[dt.date, dt.date]:
    if company.has("orders") and len(company.orders):
        dates = company.orders["date"]
        return dates.min().date(), dates.max().date()
    if company.has("account_years") and len(company.account_years):
        years = company.account_years
        actual = years.loc[years["status"] == "actual", "year"]
        if len(actual):
            month = company.config.fiscal_year_start
            return fiscal_days(int(actual.min()), month)[0], fiscal_days(int(actual.max()), month)[
                1
            ]
    return company.config.as_of, company.config.as_of
