"""Contractual lifetime value: activity, retention, multiple, value per account."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.portfolio.inputs import measure_table
from kamkit.methods.portfolio.lifetime import (
    account_margins,
    discount_per_period,
    lifetime_value,
    margin_multiple,
    multiple,
)
from kamkit.methods.portfolio.lifetime_measures import measure_row
from kamkit.methods.portfolio.lifetime_retention import (
    account_periods,
    account_tenure,
    cohort_survivors,
    retention_by_period,
    retention_rate,
)


def _orders(history: dict[str, list[int]], **more: Any) -> pd.DataFrame:
    rows = [(a, f"{year}-02-01", 10.0) for a, years in history.items() for year in years]
    return pd.DataFrame(rows, columns=["account_id", "date", "amount"]).assign(**more)


def _rate(value: float, low: float, high: float, n: int = 60) -> pd.DataFrame:
    return measure_table([measure_row("retention_rate", value, low=low, high=high, n=n)])


HISTORY = {"A": [2021, 2022, 2023, 2024], "B": [2021, 2022], "C": [2021, 2023], "D": [2022, 2025]}


def test_published_multiples(published: dict[str, dict[str, Any]]) -> None:
    case = published["P-CLV-MM"]
    for key, expected in case["exp"].items():
        r, i = (float(part[1:]) for part in key.split("_"))
        assert multiple(r, i) == pytest.approx(expected, abs=case["tol"])
        table = margin_multiple(_rate(r, r, r), discount=i)
        assert table["value"].iloc[0] == pytest.approx(expected, abs=case["tol"])


def test_first_payment_convention_is_named_and_worth_one_margin() -> None:
    later, now = (margin_multiple(_rate(0.8, 0.7, 0.9), first_payment=k) for k in (1, 0))
    assert later["variant"].iloc[0] == "first_payment_t1"
    assert now["variant"].iloc[0] == "first_payment_t0"
    for column in ("value", "low", "high"):
        assert now[column].iloc[0] - later[column].iloc[0] == pytest.approx(1.0)
    series = sum(0.8**t / 1.1**t for t in range(1, 400))
    assert later["value"].iloc[0] == pytest.approx(series)


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 0.98), st.floats(0.0, 0.02), st.floats(0.001, 1))
def test_multiple_grows_with_retention(r: float, step: float, discount: float) -> None:
    assert multiple(r + step, discount) >= multiple(r, discount)


def test_open_period_and_partial_first_period_are_left_out() -> None:
    late = account_periods(_orders(HISTORY), as_of="2025-06-30", data_from="2021-02-02")
    assert sorted(late["period_start"].dt.year.unique()) == [2022, 2023, 2024]
    edge = account_periods(_orders(HISTORY), as_of="2025-06-30")
    assert sorted(edge["period_start"].dt.year.unique()) == [2021, 2022, 2023, 2024]
    full = account_periods(_orders(HISTORY), as_of="2025-06-30", data_from="2021-01-01")
    assert sorted(full["period_start"].dt.year.unique()) == [2021, 2022, 2023, 2024]
    ended = account_periods(_orders(HISTORY), as_of="2025-12-31", data_from="2021-01-01")
    assert ended["period_start"].dt.year.max() == 2025


def test_fiscal_year_and_quarters() -> None:
    orders = _orders({"A": [2022, 2023]})
    fiscal = account_periods(
        orders, as_of="2024-03-31", data_from="2021-04-01", fiscal_year_start=4
    )
    assert fiscal["period_start"].dt.strftime("%Y-%m-%d").unique().tolist() == [
        "2021-04-01",
        "2022-04-01",
        "2023-04-01",
    ]
    assert fiscal["active"].tolist() == [True, True, False]
    quarters = account_periods(orders, as_of="2022-12-31", data_from="2022-01-01", period="quarter")
    assert quarters["active"].tolist() == [True, False, False, False]
    assert quarters["period_end"].iloc[-1] == pd.Timestamp("2022-12-31")


def test_framework_contract_keeps_an_account_that_did_not_order() -> None:
    contracts = pd.DataFrame(
        {
            "account_id": ["B", "C"],
            "kind": ["framework", "single"],
            "start": ["2021-06-01", "2021-01-01"],
            "end": ["2023-12-31", "2024-12-31"],
        }
    )
    options: dict[str, Any] = {"as_of": "2025-06-30", "data_from": "2021-01-01"}
    plain = account_periods(_orders(HISTORY), **options).set_index("account_id")
    held = account_periods(_orders(HISTORY), contracts=contracts, **options)
    held = held.set_index("account_id")
    assert plain.loc["B", "active"].tolist() == [True, True, False, False]
    assert held.loc["B", "active"].tolist() == [True, True, True, False]
    assert held.loc["C", "active"].tolist() == plain.loc["C", "active"].tolist()


def test_retention_by_period_counts_returns() -> None:
    periods = account_periods(_orders(HISTORY), as_of="2025-12-31", data_from="2021-01-01")
    table = retention_by_period(periods)
    assert table["at_start"].tolist() == [3, 3, 2, 1]
    assert table["retained"].tolist() == [2, 1, 1, 0]
    assert table["returned"].tolist() == [0, 1, 0, 1]
    assert table["new"].tolist() == [1, 0, 0, 0]
    assert (table["retained"] + table["lost"]).tolist() == table["at_start"].tolist()
    assert ((table["low"] <= table["rate"]) & (table["rate"] <= table["high"])).all()


def test_pooled_rate_counts_accounts_not_account_years() -> None:
    # Half of the accounts order every year, half in the first year only.
    history = {f"S{i}": list(range(2015, 2025)) for i in range(20)}
    history |= {f"L{i}": [2015, 2017, 2019, 2021, 2023] for i in range(20)}
    periods = account_periods(_orders(history), as_of="2024-12-31", data_from="2015-01-01")
    row = retention_rate(periods).iloc[0]
    assert row["value"] == pytest.approx(180 / 280)
    assert row["n"] == 40 and row["variant"] == "pooled_wilson_clustered"
    from kamkit.methods.shares import wilson_ends

    naive = wilson_ends(180, 280)
    assert row["high"] - row["low"] > 1.3 * (naive[1] - naive[0])


def test_too_few_accounts_or_periods_is_a_result() -> None:
    one_year = _orders({f"A{i}": [2024] for i in range(50)})
    row = retention_rate(account_periods(one_year, as_of="2024-12-31", data_from="2024-01-01"))
    assert row["variant"].tolist() == ["too_little_history"] * 2
    assert margin_multiple(row)["value"].isna().all()
    assert margin_multiple(row)["variant"].eq("too_little_history").all()
    history = {f"A{i}": [2023, 2024] for i in range(20)}
    options: dict[str, Any] = {"as_of": "2024-12-31", "data_from": "2023-01-01"}
    enough = account_periods(_orders(history), **options)
    assert retention_rate(enough)["value"].iloc[0] == 1.0
    few = account_periods(_orders(dict(list(history.items())[:19])), **options)
    assert retention_rate(few)["value"].isna().all()
    all_kept = margin_multiple(retention_rate(enough), discount=0.10)
    assert all_kept["value"].iloc[0] == pytest.approx(10.0)
    assert np.isnan(all_kept["value"].iloc[1])


def test_losses_that_come_back_are_counted_and_carried_on() -> None:
    history = {f"A{i}": [2021, 2022, 2023, 2024] for i in range(20)}
    history |= {f"B{i}": [2021, 2023, 2024] for i in range(3)}
    history |= {f"C{i}": [2021] for i in range(7)} | {f"D{i}": [2021, 2022, 2023] for i in range(5)}
    options: dict[str, Any] = {"as_of": "2024-12-31", "data_from": "2021-01-01"}
    rate = retention_rate(account_periods(_orders(history), **options))
    row = rate.set_index("measure").loc["return_share"]
    assert row["value"] == pytest.approx(0.3) and row["n"] == 10
    assert row["variant"] == "many_return"
    assert margin_multiple(rate)["variant"].iloc[0] == "first_payment_t1; many_return"
    calm = retention_rate(account_periods(_orders(history), **options), return_limit=0.3)
    assert calm["variant"].iloc[1] == "few_return"
    assert margin_multiple(calm)["variant"].iloc[0] == "first_payment_t1"


def test_cohorts_need_a_known_start() -> None:
    periods = account_periods(_orders(HISTORY), as_of="2025-06-30", data_from="2021-01-01")
    table = cohort_survivors(periods)
    assert table["survivors"].tolist() == [1, 0, 0]
    since = pd.DataFrame({"account_id": list("ABCD"), "since": ["2021-01-15", "2015-01-01"] * 2})
    known = cohort_survivors(periods, accounts=since)
    first = known[known["cohort"] == pd.Timestamp("2021-01-01")]
    assert first["survivors"].tolist() == [2, 1, 1, 1]


def test_tenure_counts_the_unbroken_run() -> None:
    periods = account_periods(_orders(HISTORY), as_of="2024-12-31", data_from="2021-01-01")
    table = account_tenure(periods).set_index("account_id")
    assert table.loc["A", "tenure"] == 3 and table.loc["A", "at_least"]
    assert table.loc[["B", "C", "D"], "tenure"].isna().all()


def _years(**more: Any) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "account_id": ["A", "A", "A", "B", "C", "C", "D", "D"],
            "year": [2024, 2025, 2026, 2025, 2024, 2025, 2024, 2025],
            "status": ["actual", "actual", "estimate"] + ["actual"] * 5,
            "revenue": [100.0, 120.0, 900.0, 50.0, 80.0, 80.0, 60.0, 60.0],
            "direct_cost": [60.0, 60.0, 0.0, 20.0, 70.0, 70.0, 30.0, 30.0],
            "indirect_cost": [10.0, 10.0, 0.0, 5.0, 30.0, 10.0, np.nan, np.nan],
        }
    )
    return frame.assign(**more)


def test_margins_use_actual_years_and_missing_cost_is_not_zero() -> None:
    table = account_margins(_years()).set_index("account_id")
    assert table.loc["A", ["margin", "margin_low", "margin_high"]].tolist() == [40.0, 30.0, 50.0]
    assert table["status"].to_dict() == {
        "A": "ok",
        "B": "too_little_history",
        "C": "ok",
        "D": "cost_missing",
    }
    gross = account_margins(_years(), basis="gross").set_index("account_id")
    assert gross.loc["D", "margin"] == 30.0 and gross.loc["D", "status"] == "ok"


def test_value_carries_both_uncertainties_and_orders_them() -> None:
    table = lifetime_value(account_margins(_years()), margin_multiple(_rate(0.8, 0.7, 0.9)))
    assert table["account_id"].tolist() == ["A", "C", "B", "D"]
    first = table.iloc[0]
    assert first["value"] == pytest.approx(40 * 0.8 / 0.3)
    assert first["low"] == pytest.approx(30 * 0.7 / 0.4)
    assert first["high"] == pytest.approx(50 * 0.9 / 0.2)
    loss = table.iloc[1]
    assert loss["low"] == pytest.approx(-20 * 0.9 / 0.2) and loss["high"] == 0.0
    assert table["status"].tolist() == ["ok", "ok", "too_little_history", "cost_missing"]
    assert table["value"].isna().tolist() == [False, False, True, True]
    assert table["group"].iloc[:2].tolist() == [1, 2]


def test_overlapping_margins_share_a_group() -> None:
    margins = pd.DataFrame(
        {
            "account_id": list("ABC"),
            "margin": [50.0, 45.0, 10.0],
            "margin_low": [40.0, 42.0, 9.0],
            "margin_high": [60.0, 48.0, 11.0],
            "years": 2,
            "status": "ok",
        }
    )
    table = lifetime_value(margins, margin_multiple(_rate(0.8, 0.5, 0.95)))
    assert table["group"].tolist() == [1, 1, 2]


def test_multiples_per_account_and_unknown_accounts() -> None:
    multiples = pd.DataFrame(
        {
            "account_id": ["A"],
            "multiple": [3.0],
            "low": [2.0],
            "high": [4.0],
            "n": [90],
            "variant": ["sbg_first_payment_t1"],
            "origin": ["S088"],
        }
    )
    table = lifetime_value(account_margins(_years()), multiples).set_index("account_id")
    assert table.loc["A", "value"] == pytest.approx(120.0)
    assert table.loc["C", "status"] == "not_active" and np.isnan(table.loc["C", "value"])


def test_no_retention_means_no_value_and_says_why() -> None:
    short = measure_table([measure_row("retention_rate", np.nan, n=3)])
    table = lifetime_value(account_margins(_years()), margin_multiple(short))
    assert table["value"].isna().all()
    assert table.set_index("account_id").loc["A", "status"] == "too_little_history"


def test_empty_tables_have_the_same_columns() -> None:
    full = lifetime_value(account_margins(_years()), margin_multiple(_rate(0.8, 0.7, 0.9)))
    empty = lifetime_value(
        account_margins(_years().iloc[:0]), margin_multiple(_rate(0.8, 0.7, 0.9))
    )
    assert empty.empty and empty.columns.tolist() == full.columns.tolist()
    none = account_periods(_orders({}), as_of="2025-12-31")
    assert none.empty and retention_by_period(none).empty and cohort_survivors(none).empty
    assert account_tenure(none).empty


def test_dirty_input_is_named() -> None:
    with pytest.raises(KamkitError) as caught:
        account_margins(_years().drop(columns=["indirect_cost", "year"]))
    assert {p.column for p in caught.value.problems} == {"year", "indirect_cost"}
    with pytest.raises(KamkitError):
        account_margins(_years(currency=["CNY"] * 7 + ["USD"]))
    with pytest.raises(KamkitError):
        account_margins(pd.concat([_years(), _years()]))
    with pytest.raises(KamkitError):
        account_margins(_years(), basis="ebit")
    with pytest.raises(KamkitError):
        margin_multiple(_rate(0.8, 0.7, 0.9), discount=0.0)
    with pytest.raises(KamkitError):
        margin_multiple(_rate(0.8, 0.7, 0.9), first_payment=2)
    with pytest.raises(KamkitError):
        account_periods(_orders(HISTORY), as_of="2025-12-31", period="month")


def test_callers_frames_stay_as_they_were() -> None:
    orders, years = _orders(HISTORY), _years()
    kept = orders.copy(), years.copy()
    account_periods(orders, as_of="2025-12-31")
    account_margins(years)
    pd.testing.assert_frame_equal(orders, kept[0])
    pd.testing.assert_frame_equal(years, kept[1])


def test_discount_compounds() -> None:
    assert (1 + discount_per_period(0.1, period="half")) ** 2 == pytest.approx(1.1)
