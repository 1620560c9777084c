"""Which days a report looks at, and who chose them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.tables import Company, Config, reporting_period
from kamkit.tables.period import fiscal_days

DAY = dt.date


def company(first: str, last: str, **settings) -> Company:
    config = Config("a", "CNY", settings.pop("as_of", DAY(2026, 6, 30)), **settings)
    orders = pd.DataFrame({"date": pd.to_datetime([first, last])})
    return Company(Path(), config, {"orders": orders})


def test_last_full_fiscal_year_by_default():
    found = reporting_period(company("2024-01-05", "2026-06-28"))
    assert (found.start, found.end, found.rule) == (DAY(2025, 1, 1), DAY(2025, 12, 31), "full_year")


def test_fiscal_year_bears_the_year_in_which_it_ends():
    found = reporting_period(company("2024-01-05", "2026-06-28", fiscal_year_start=4))
    assert (found.start, found.end, found.year) == (DAY(2025, 4, 1), DAY(2026, 3, 31), 2026)


def test_a_year_that_began_before_the_records_is_not_full():
    found = reporting_period(company("2025-07-01", "2026-06-28"))
    assert (found.rule, found.start, found.end) == ("all_orders", DAY(2025, 7, 1), DAY(2026, 6, 28))


def test_configured_span_and_the_full_year_within():
    span = (DAY(1996, 7, 4), DAY(1998, 5, 6))
    made = company("1996-07-04", "1998-05-06", as_of=DAY(1998, 5, 6), period=span)
    found = reporting_period(made)
    assert (found.start, found.end, found.rule) == (*span, "configured")
    assert (found.year, found.year_end) == (1997, DAY(1997, 12, 31))


def test_given_days_win():
    found = reporting_period(company("2024-01-05", "2026-06-28"), start="2025-07-01")
    assert (found.start, found.end, found.rule) == (DAY(2025, 7, 1), DAY(2026, 6, 30), "given")


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [("yesterday", "", "bad_day"), ("2026-01-01", "2025-01-01", "period_reversed")],
)
def test_bad_days_are_one_clear_error(start, end, code):
    with pytest.raises(KamkitError) as caught:
        reporting_period(company("2024-01-05", "2026-06-28"), start=start, end=end)
    assert caught.value.problems[0].code == code


@pytest.mark.parametrize("month", range(1, 13))
def test_fiscal_years_meet_without_gap(month):
    before, after = fiscal_days(2026, month), fiscal_days(2027, month)
    assert after[0] - before[1] == dt.timedelta(days=1)
    assert after[1].year == 2027
