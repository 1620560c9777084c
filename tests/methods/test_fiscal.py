"""Years are fiscal years wherever orders are cut by year, named after the year they end in."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.fiscal import fiscal_bounds, fiscal_years
from kamkit.methods.portfolio import (
    allocate_indirect,
    high_margin_share,
    hours_spent,
    lifetime_outlook,
    white_space,
    white_space_tested,
    yearly_opportunities,
)
from kamkit.methods.selection import account_basis, account_values, concentration_case
from kamkit.tables import Config
from kamkit.tables.period import fiscal_days

APRIL = {"fiscal_year_start": 4}


def orders() -> pd.DataFrame:
    """Fiscal 2025 (April on) holds 20 + 30, calendar 2025 holds 30 + 40."""
    days = ["2024-03-31", "2024-04-01", "2025-03-31", "2025-04-01"]
    return pd.DataFrame(
        {
            "order_id": list("abcd"),
            "account_id": "A",
            "date": days,
            "product_line": "doors",
            "amount": [10.0, 20.0, 30.0, 40.0],
            "direct_cost": [5.0, 8.0, 12.0, 20.0],
        }
    )


ACCOUNTS = pd.DataFrame({"account_id": ["A", "B"], "parent_id": None})


@pytest.mark.parametrize("start", [1, 2, 4, 7, 12])
@pytest.mark.parametrize("day", ["2024-02-29", "2024-03-31", "2024-04-01", "2024-12-31"])
def test_one_rule_in_tables_and_methods(start: int, day: str) -> None:
    config = Config("a", "CNY", dt.date(2026, 6, 30), fiscal_year_start=start)
    date = dt.date.fromisoformat(day)
    year = fiscal_years(pd.Series([pd.Timestamp(day)]), start).iloc[0]
    assert year == config.fiscal_year(date)
    begins, ends = fiscal_bounds(int(year), start)
    assert (begins.date(), ends.date()) == fiscal_days(int(year), start)
    assert begins <= pd.Timestamp(day) <= ends


def test_a_month_that_is_none_is_refused() -> None:
    with pytest.raises(KamkitError) as error:
        account_basis(ACCOUNTS, orders=orders(), year=2025, fiscal_year_start=13)
    assert error.value.problems[0].code == "option_out_of_range"


def test_basis_takes_the_orders_of_the_fiscal_year() -> None:
    basis = account_basis(ACCOUNTS, orders=orders(), year=2025, **APRIL).set_index("account_id")
    a = basis.loc["A"]
    assert (a["sales"], a["sales_before"], a["orders_per_year"]) == (50.0, 10.0, 2.0)
    assert (a["gross_profit"], a["largest_order"], a["order_years"]) == (30.0, 30.0, 2.0)
    assert a["days_since_order"] == 0.0  # the year ends on 31 March
    assert basis.loc["B", "sales"] == 0.0
    calendar = account_basis(ACCOUNTS, orders=orders(), year=2025).set_index("account_id")
    assert calendar.loc["A", ["sales", "sales_before"]].tolist() == [70.0, 30.0]


def test_sales_before_the_records_begin_are_unknown_not_nil() -> None:
    basis = account_basis(ACCOUNTS, orders=orders(), year=2023, **APRIL)
    assert basis[["sales", "sales_before"]].isna().all(axis=None)


def test_orders_after_the_day_that_counts_do_not_count() -> None:
    basis = account_basis(ACCOUNTS, orders=orders(), year=2025, as_of="2025-03-30", **APRIL)
    a = basis.set_index("account_id").loc["A"]
    assert (a["sales"], a["orders_per_year"]) == (20.0, 1.0)


def test_an_hour_on_the_last_day_still_counts() -> None:
    late = orders().assign(date=pd.to_datetime(orders()["date"]) + pd.Timedelta(hours=15))
    basis = account_basis(ACCOUNTS, orders=late, year=2025, **APRIL).set_index("account_id")
    assert basis.loc["A", ["sales", "days_since_order"]].tolist() == [50.0, 0.0]


def test_a_contract_runs_in_the_fiscal_year() -> None:
    contracts = pd.DataFrame({"account_id": ["A"], "start": ["2023-02-01"], "end": ["2024-02-29"]})
    lengths = [
        account_basis(ACCOUNTS, contracts=contracts, year=year, **APRIL)["contract_years"].iloc[0]
        for year in (2024, 2025)
    ]
    assert lengths[0] > 1 and lengths[1] == 0


def test_years_after_a_project_are_fiscal_years() -> None:
    projects = pd.DataFrame(
        {"account_id": ["A"], "project_id": ["p"], "value": [9.0], "started_on": ["2024-01-01"]}
    )
    given = {"orders": orders(), "projects": projects, "as_of": "2025-12-31", "year": 2025}
    april = account_basis(ACCOUNTS, **given, **APRIL)["years_after_project"].iloc[0]
    july = account_basis(ACCOUNTS, **given, fiscal_year_start=7)["years_after_project"].iloc[0]
    assert (april, july) == (3, 2)


def test_account_values_by_fiscal_year() -> None:
    assert account_values(orders(), year=2025, **APRIL)["revenue"].tolist() == [50.0]
    curve = concentration_case(orders(), ACCOUNTS, year=2025, draws=0, **APRIL).curve
    assert curve["value"].tolist() == [50.0]


def test_a_period_of_days_picks_whole_fiscal_years_of_account_years() -> None:
    years = pd.DataFrame({"account_id": "A", "year": [2024, 2025, 2026], "revenue": [1.0, 2.0, 4]})
    period = {"start": dt.date(2024, 4, 1), "end": dt.date(2025, 3, 31)}
    assert account_values(years, **period, **APRIL)["revenue"].tolist() == [2.0]
    assert account_values(years, start=2024, end=2025)["revenue"].tolist() == [3.0]


def test_white_space_meets_the_spend_of_the_same_year() -> None:
    spend = pd.DataFrame(
        {"account_id": ["A"], "product_line": ["doors"], "year": [2025], "spend_base": [100.0]}
    )
    found = white_space(orders(), spend, **APRIL)
    assert found.cells["sales"].tolist() == [50.0]
    assert found.notes.empty  # fiscal 2025 is full: orders follow it
    half = white_space_tested(orders(), spend, spend_factor=0.5, **APRIL)
    assert half.cells["headroom_base"].tolist() == [0.0]


def test_white_space_says_that_the_fiscal_year_may_be_running() -> None:
    spend = pd.DataFrame(
        {"account_id": ["A"], "product_line": ["doors"], "year": [2026], "spend_base": [100.0]}
    )
    notes = white_space(orders(), spend, **APRIL).notes
    assert notes[["code", "detail"]].values.tolist() == [["year_may_be_open", "2025-04-01"]]


def test_margin_share_hours_and_order_counts() -> None:
    shares = high_margin_share(orders(), **APRIL)
    assert dict(zip(shares["year"], shares["sales"], strict=True)) == {
        2024: 10.0, 2025: 50.0, 2026: 40.0,
    }  # fmt: skip
    talks = orders().assign(minutes=60)
    assert hours_spent(talks, year=2025, **APRIL)["hours"].tolist() == [2.0]
    years = pd.DataFrame(
        {"account_id": ["A", "B"], "year": 2024, "revenue": [9.0, 9.0], "direct_cost": 1.0,
         "indirect_cost": 1.0}
    )  # fmt: skip
    both = pd.concat([orders(), orders().assign(account_id="B", date="2024-01-05")])
    shared = allocate_indirect(years, year=2024, rules=["orders"], orders=both, **APRIL)
    assert shared.amounts["share"].tolist() == [0.2, 0.8]


def test_retention_counts_fiscal_years() -> None:
    periods = yearly_opportunities(orders(), as_of="2025-03-31", data_from="2023-04-01", **APRIL)
    assert periods[["x", "n"]].values.tolist() == [[1, 1]]
    years = pd.DataFrame(
        {"account_id": ["A"], "year": [2025], "status": ["actual"], "revenue": [5.0],
         "direct_cost": [3.0], "indirect_cost": [1.0]}
    )  # fmt: skip
    longer = pd.concat([orders(), orders().assign(date="2023-04-03")])
    seen = lifetime_outlook(longer, years, as_of="2025-03-31", **APRIL).retention
    assert {f"{day:%m-%d}" for day in seen["period_start"]} == {"04-01"}
