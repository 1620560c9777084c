"""Portfolio P&L, growth, allocation rules, the five questions, plan against actual."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.portfolio import (
    account_pnl,
    allocate_indirect,
    plan_from_targets,
    plan_variance,
    portfolio_questions,
)

STATUS = {2024: "actual", 2025: "actual", 2026: "estimate", 2027: "forecast", 2028: "forecast"}


def years(**changes: list[float | None]) -> pd.DataFrame:
    """Two accounts over five years; A grows, B is steady."""
    columns = {
        "revenue": [100, 110, 121, 130, 140, 50, 50, 50, 50, 50],
        "direct_cost": [60, 65, 70, 75, 80, 30, 30, 30, 30, 30],
        "indirect_cost": [20, 20, 20, 20, 20, 25, 25, 25, 25, 25],
    }
    table = pd.DataFrame({"account_id": list("AAAAABBBBB"), "year": list(STATUS) * 2})
    table["status"] = table["year"].map(STATUS)
    return table.assign(**{**columns, **changes}).astype({c: float for c in columns})


def test_the_drawn_table_is_four_by_five() -> None:
    pnl = account_pnl(years())
    grid = pnl.grid()
    assert grid["item"].tolist() == ["revenue", "direct_cost", "indirect_cost", "net_income"]
    assert grid.columns.tolist() == ["item", *STATUS]
    assert pnl.grid("B").iloc[3, 1:].tolist() == [-5.0] * 5
    assert pnl.lines[pnl.lines["scope"] == "total"]["status"].unique().tolist() == [
        "actual", "estimate", "forecast",
    ]  # fmt: skip


def test_rows_and_totals_add_up() -> None:
    pnl = account_pnl(years(), members=["A"])
    wide = pnl.lines.pivot(index=["scope", "account_id", "year"], columns="item", values="amount")
    net = wide["revenue"] - wide["direct_cost"] - wide["indirect_cost"]
    assert np.allclose(net, wide["net_income"])
    own = wide.loc["account"].groupby("year").sum()
    assert np.allclose(own["net_income"], wide.loc["total"]["net_income"])
    assert np.allclose(wide.loc[("set", ""), "revenue"], wide.loc[("account", "A"), "revenue"])


def test_missing_is_not_nil() -> None:
    gaps = years()
    gaps.loc[2, "indirect_cost"] = np.nan
    pnl = account_pnl(gaps)
    total = pnl.lines[(pnl.lines["scope"] == "total") & (pnl.lines["year"] == 2026)]
    net = total.set_index("item").loc["net_income"]
    assert (net["amount"], net["n"], net["missing"], net["adds_up"]) == (-5.0, 1, 1, False)
    assert np.isnan(pnl.grid("A")[2026].iloc[3])
    margin = pnl.margins.set_index(["scope", "account_id", "year"]).loc[("total", "", 2026)]
    assert margin["margin"] == pytest.approx(-0.1) and margin["contribution"] == 20.0
    assert pnl.gaps.values.tolist() == [["A", 2026, "indirect_cost"]]


def test_growth_needs_positive_ends() -> None:
    pnl = account_pnl(years())
    growth = pnl.growth.set_index(["scope", "account_id", "item", "span"])
    a = growth.loc[("account", "A", "revenue", "past")]
    assert a["cagr"] == pytest.approx(0.10) and a["trend"] == "up"
    b = growth.loc[("account", "B", "net_income", "past")]
    assert np.isnan(b["cagr"]) and b["variant"] == "end_not_positive" and b["trend"] == "flat"


def test_an_account_that_appears_is_not_growth() -> None:
    table = years()
    table = table[~((table["account_id"] == "B") & (table["year"] == 2024))]
    total = account_pnl(table).growth.set_index(["scope", "item", "span"])
    past = total.loc[("total", "revenue", "past")]
    assert past["n"] == 1 and past["cagr"] == pytest.approx(0.10)


def test_horizon_is_open() -> None:
    pnl = account_pnl(years(), past=1, future=0, this_year=2025)
    assert pnl.grid().columns.tolist() == ["item", 2024, 2025]
    assert pnl.lines["period"].unique().tolist() == ["last_year", "this_year"]


def test_empty_and_dirty() -> None:
    empty = account_pnl(years().iloc[:0])
    assert empty.lines.query("scope == 'account'").empty
    assert empty.lines["amount"].isna().all()
    dirty = years().assign(revenue="n/a").astype({"revenue": "str"})
    with pytest.raises(KamkitError) as error:
        account_pnl(pd.concat([dirty, dirty.iloc[:1]]))
    assert {p.code for p in error.value.problems} == {"not_a_number", "duplicate_key"}
    with pytest.raises(KamkitError):
        account_pnl(years().assign(currency=["CNY", "EUR"] * 5))


def test_frame_of_the_caller_is_left_alone() -> None:
    table = years()
    before = table.copy()
    account_pnl(table)
    allocate_indirect(table, year=2026)
    pd.testing.assert_frame_equal(table, before)


def orders() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "order_id": ["1", "2", "2", "3", "4"],
            "account_id": ["A", "A", "A", "B", "B"],
            "date": ["2026-01-02", "2026-02-02", "2026-02-02", "2026-03-02", "2025-03-02"],
        }
    )


def drivers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": ["A", "B"],
            "year": 2026,
            "driver": "visit",
            "quantity": [30.0, 10.0],
            "rate": [1.0, 1.0],
        }
    )


def test_allocation_rules_side_by_side() -> None:
    found = allocate_indirect(
        years(),
        year=2026,
        rules=["recorded", "revenue", "orders", "drivers", "equal"],
        orders=orders(),
        cost_drivers=drivers(),
    )
    cost = found.amounts.pivot(index="rule", columns="account_id", values="indirect_cost")
    assert np.allclose(cost.sum(axis=1), 45.0)
    assert cost.loc["orders"].tolist() == [30.0, 15.0]
    assert cost.loc["drivers"].tolist() == [33.75, 11.25]
    assert cost.loc["equal"].tolist() == [22.5, 22.5]
    both = found.comparison.set_index("account_id")
    assert both.loc["B", "negative_under"] == "recorded; equal" and both.loc["B", "sign_depends"]
    assert not both.loc["A", "sign_depends"]
    assert found.notes.set_index("code").loc["pool_not_explained", "money"] == 5.0


def test_allocation_says_what_it_lacks() -> None:
    with pytest.raises(KamkitError) as error:
        allocate_indirect(years(), year=2026, rules=["orders", "drivers"])
    assert [p.code for p in error.value.problems] == ["table_needed"] * 2
    with pytest.raises(KamkitError):
        allocate_indirect(years(), year=2026, rules=["by_feel"])
    part = allocate_indirect(years(), year=2026, rules=["drivers"], cost_drivers=drivers().iloc[:1])
    unknown = part.amounts.set_index("account_id")["net_income"]
    assert np.isnan(unknown["B"]) and part.amounts["negative"].tolist() == [False, False]
    empty = allocate_indirect(years(), year=1999)
    assert empty.comparison.empty and empty.summary["value"].isna().any()


def test_credit_notes_earn_no_share() -> None:
    table = years()
    table.loc[table["account_id"] == "B", "revenue"] = -10.0
    found = allocate_indirect(table, year=2026, rules=["revenue"])
    assert found.amounts["share"].tolist() == [1.0, 0.0]
    assert found.notes["code"].tolist() == ["negative_basis_as_zero"]


def test_questions_name_what_is_missing() -> None:
    gaps = years()
    gaps.loc[2, "indirect_cost"] = np.nan
    outlook = pd.DataFrame(
        {
            "account_id": ["A"],
            "growth_potential": [40.0],
            "years_to_realise": [3.0],
            "orientation": ["strategic"],
        }
    )
    table = portfolio_questions(account_pnl(gaps), outlook=outlook)
    now = table[table["year"] == 2026].set_index("question")
    assert now.loc["estimated_profit", "missing_accounts"] == "A"
    other = table[table["year"] == 0].set_index("part")
    assert other.loc["growth_potential", ["value", "missing"]].tolist() == [40.0, 1]
    assert other.loc["strategic", "value"] == 1.0 and other.loc["transactional", "value"] == 0.0
    none = portfolio_questions(account_pnl(gaps))
    assert none[none["year"] == 0]["value"].isna().all()
    wrong = outlook.assign(orientation="friendly")
    with pytest.raises(KamkitError):
        portfolio_questions(account_pnl(gaps), outlook=wrong)


def test_questions_for_a_set_and_driver_costs() -> None:
    served = pd.DataFrame({"account_id": ["B"], "year": [2026], "cost_to_serve": [7.0]})
    pnl = account_pnl(years(), members=["B"])
    table = portfolio_questions(pnl, scope="set", served=served)
    row = table[(table["question"] == "cost_to_serve") & (table["year"] == 2026)].iloc[0]
    assert (row["value"], row["n"], row["variant"]) == (7.0, 1, "driver_rates")
    income = table[(table["question"] == "total_income") & (table["year"] == 2026)].iloc[0]
    assert (income["value"], income["n"]) == (50.0, 1)


def test_variance_effects_add_up() -> None:
    rng = np.random.default_rng(3)
    shape = {"account_id": [f"A{i}" for i in range(20)], "year": 2025}
    actual = pd.DataFrame(shape | {c: rng.uniform(10, 90, 20) for c in
                                   ("revenue", "direct_cost", "indirect_cost")})  # fmt: skip
    plan = pd.DataFrame(shape | {c: rng.uniform(10, 90, 20) for c in
                                 ("revenue", "direct_cost", "indirect_cost")})  # fmt: skip
    found = plan_variance(actual, plan, year=2025)
    effects = found.accounts.filter(like="_effect").drop(columns="largest_effect")
    assert np.allclose(effects.sum(axis=1), found.accounts["variance"])
    total = found.summary.set_index("measure")["value"]
    assert total["plan_variance"] == pytest.approx(found.accounts["variance"].sum())


def test_variance_reasons_and_targets() -> None:
    targets = pd.DataFrame(
        {
            "scope": "account",
            "scope_id": "A",
            "period": ["2025"] * 3,
            "kpi": ["revenue", "direct_cost", "indirect_cost"],
            "value": [100.0, 60.0, 20.0],
        }
    )
    reasons = pd.DataFrame({"account_id": ["A"], "item": ["revenue"], "reason": ["price rise"]})
    found = plan_variance(
        years(), plan_from_targets(targets, year=2025), year=2025, reasons=reasons
    )
    a = found.lines[found.lines["account_id"] == "A"].set_index("item")
    assert a.loc["revenue", "effect"] == "favourable" and not a.loc["revenue", "needs_reason"]
    assert a.loc["direct_cost", "effect"] == "adverse" and a.loc["direct_cost", "needs_reason"]
    status = found.accounts.set_index("account_id")["status"]
    assert status.tolist() == ["known", "plan_incomplete"]
