"""Facts on one account: key figures, pauses, change, group, contacts, service cases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.portfolio import (
    account_family,
    account_figures,
    account_people,
    order_pauses,
    sales_change,
    service_record,
)
from kamkit.methods.portfolio.account_orders import pause_share

ORDERS = ["account_id", "date", "amount"]


def _orders(dates: list[str], amounts: list[float] | None = None) -> pd.DataFrame:
    money = amounts or [1.0] * len(dates)
    return pd.DataFrame({"account_id": "A", "date": pd.to_datetime(dates), "amount": money})


@pytest.mark.parametrize("seed", range(5))
def test_pause_share_counts_days(seed: int) -> None:
    """The formula equals walking through every past day."""
    rng = np.random.default_rng(seed)
    gaps = rng.integers(1, 60, 20).astype(float)
    ages = np.concatenate([np.arange(gap) for gap in gaps])
    shares = [pause_share(gaps, pause) for pause in range(70)]
    assert shares == pytest.approx([float((ages >= pause).mean()) for pause in range(70)])
    assert shares == sorted(shares, reverse=True) and shares[0] == 1.0 and shares[-1] == 0.0


def test_pauses_ignore_credit_notes_repeats_and_the_future() -> None:
    days = [f"2025-{m:02d}-01" for m in range(1, 11)]
    plain = order_pauses(_orders(days), as_of="2025-11-15")
    more = [*days, "2025-10-01", "2025-11-10", "2026-01-01"]
    money = [1.0] * 11 + [-5.0, 1.0]
    noisy = order_pauses(_orders(more, money), as_of="2025-11-15")
    pd.testing.assert_frame_equal(plain, noisy)
    assert plain.loc[0, ["order_days", "gaps", "pause_days"]].tolist() == [10, 9, 45.0]
    assert plain.loc[0, "low"] <= plain.loc[0, "pause_share"] <= plain.loc[0, "high"]


def test_few_orders_and_none_have_defined_answers() -> None:
    table = order_pauses(_orders(["2025-01-01", "2025-02-01"]), as_of="2025-03-01", accounts="AB")
    assert table["status"].tolist() == ["too_few", "never"]
    assert table["pause_share"].isna().all() and table["order_days"].tolist() == [2, 0]
    assert order_pauses(pd.DataFrame(columns=ORDERS), as_of="2025-03-01").empty


def test_change_needs_the_earlier_period_covered() -> None:
    orders = _orders(["2024-01-09", "2025-03-01"], [10.0, 8.0])
    whole = sales_change(orders, start="2025-01-01", end="2025-12-31").iloc[0]
    assert (whole["change_share"], whole["status"]) == (pytest.approx(-0.2), "ok")
    early = sales_change(orders, start="2024-01-01", end="2024-12-31").iloc[0]
    assert early["status"] == "not_covered" and np.isnan(early["change_share"])
    extra = pd.concat([orders, _orders(["2025-05-05"]).assign(account_id="B")])
    new = sales_change(extra, start="2025-01-01", end="2025-12-31").set_index("account_id")
    assert new.loc["B", "status"] == "new" and np.isnan(new.loc["B", "change_share"])
    assert sales_change(pd.DataFrame(columns=ORDERS), start="2025-01-01", end="2025-12-31").empty


def test_figures_of_an_unknown_account_are_empty_with_a_reason() -> None:
    values = pd.DataFrame({"account_id": ["A", "B", "C"], "revenue": [5.0, 5.0, 1.0]})
    table = account_figures("X", values=values).set_index("measure")
    assert table["value"].isna().all() and set(table["variant"]) == {"not_recorded"}
    tied = account_figures("B", values=values).set_index("measure").loc["account_sales_rank"]
    assert tied[["value", "low", "high"]].tolist() == [1.0, 1.0, 2.0]
    lone = account_figures("C", values=values).set_index("measure")
    assert lone.loc["account_sales_rank", "value"] == 3
    assert lone.loc["account_sales_share", "value"] == pytest.approx(1 / 11)


def test_figures_say_what_kept_an_account_off_the_list() -> None:
    values = pd.DataFrame({"account_id": ["A"], "revenue": [5.0]})
    out = pd.DataFrame({"account_id": ["A"], "status": ["gate_failed"]})
    row = account_figures("A", values=values, excluded=out).iloc[-1]
    assert (row["measure"], row["variant"]) == ("account_list_share", "gate_failed")


def test_family_survives_a_circle_of_parents() -> None:
    tree = pd.DataFrame({"account_id": ["a", "b", "c"], "parent_id": ["b", "a", "b"]})
    sales = pd.DataFrame({"account_id": ["a", "c"], "revenue": [1.0, 3.0]})
    table = account_family(tree, sales, "a")
    assert sorted(table["account_id"]) == ["a", "b", "c"]
    assert table["share"].sum() == pytest.approx(1.0)
    alone = account_family(pd.DataFrame({"account_id": ["z"]}), sales, "z")
    assert alone["relation"].tolist() == ["own"] and alone["revenue"].isna().all()


def test_only_people_make_contact_and_only_until_today() -> None:
    people = pd.DataFrame({"contact_id": ["p", "q"], "account_id": "A", "level": [2, 5],
                           "left_on": [pd.NaT, pd.Timestamp("2026-01-01")],
                           "wished_contact_days": [30, 30]})  # fmt: skip
    talks = pd.DataFrame({"contact_id": ["p", "p", "p"], "made_by": ["human", "system", "human"],
                          "date": ["2026-04-01", "2026-06-01", "2026-07-09"]})  # fmt: skip
    table = account_people(people, account_id="A", as_of="2026-06-30", interactions=talks)
    assert table["contact_id"].tolist() == ["p", "q"]
    assert table.loc[0, "days_since"] == 90 and table.loc[0, "overdue"]
    assert pd.isna(table.loc[1, "overdue"]) and table["in_place"].tolist() == [True, False]
    assert "name" not in table and "motivation" not in table
    assert account_people(people, account_id="Z", as_of="2026-06-30").empty


def test_service_record_of_nothing_and_without_optional_columns() -> None:
    cases = pd.DataFrame({"account_id": ["A"], "opened_on": ["2025-05-01"]})
    kept = service_record(cases, account_id="B", start="2025-01-01", end="2025-12-31")
    assert kept["value"].iloc[0] == 0 and kept["value"].iloc[2:].isna().all()
    bare = service_record(cases, start="2025-01-01", end="2025-12-31").set_index("measure")
    assert np.isnan(bare.loc["cases_open", "value"])


@pytest.mark.parametrize("call", [
    lambda t: order_pauses(t, as_of="2025-01-01"),
    lambda t: sales_change(t, start="2025-01-01", end="2025-12-31"),
    lambda t: account_people(t, account_id="A", as_of="2025-01-01"),
    lambda t: service_record(t, start="2025-01-01", end="2025-12-31"),
    lambda t: account_family(t, t, "A"),
    lambda t: account_figures("A", values=t),
])  # fmt: skip
def test_missing_columns_are_named(call) -> None:
    with pytest.raises(KamkitError):
        call(pd.DataFrame({"x": [1]}))
