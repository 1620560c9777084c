"""Cost to serve, whale curve, what to do with accounts that lose money."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.portfolio import CostToServe, cost_to_serve, dispositions, whale_curve

IDS = list("PQRST")


def spring(case: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """P-CPA as canonical tables."""
    cases = np.array(case["cases"], float)
    accounts = pd.DataFrame(
        {
            "account_id": IDS,
            "year": 2026,
            "revenue": cases * case["price"],
            "direct_cost": cases * case["cogs"],
        }
    )
    quantities = {
        "order": case["orders"],
        "visit": case["visits"],
        "mile": np.array(case["deliveries"]) * case["miles_each"],
        "case": cases,
        "expedited": case["expedited"],
    }
    drivers = pd.concat(
        pd.DataFrame(
            {
                "account_id": IDS,
                "year": 2026,
                "driver": name,
                "quantity": np.asarray(values, float),
                "rate": case["rates"][name],
            }
        )
        for name, values in quantities.items()
    )
    return accounts, drivers


def result(case: dict[str, Any]) -> CostToServe:
    accounts, drivers = spring(case)
    return cost_to_serve(accounts, drivers, year=2026)


def test_published_case(published: dict[str, dict[str, Any]]) -> None:
    case = published["P-CPA"]
    found, exp, tol = result(case).accounts, case["exp"], case["tol"]
    for column in ("gross_margin", "cost_to_serve", "operating_income"):
        assert found[column].tolist() == pytest.approx(exp[column], abs=tol)
    whale = whale_curve(found)
    assert (100 * whale.curve["cumulative_share"]).tolist() == pytest.approx(
        exp["whale_cumulative_pct"], abs=tol
    )
    total = whale.summary.set_index("measure")["value"]
    assert total["profit_total"] == pytest.approx(exp["total"], abs=tol)
    assert total["profit_peak_share"] == pytest.approx(1.036855, abs=1e-5)
    assert total["loss_makers"] == 1 and total["loss_money"] == pytest.approx(-3346)
    summary = result(case).summary.set_index("measure")["value"]
    assert summary["largest_is_most_profitable"] == 0.0


def test_cause_of_the_loss(published: dict[str, dict[str, Any]]) -> None:
    found = result(published["P-CPA"])
    t = found.accounts.set_index("account_id").loc["T"]
    assert t["cause"] == "order" and t["sign"] == "loss"
    costs = found.drivers[found.drivers["account_id"] == "T"].set_index("driver")
    assert costs["excess"].idxmax() == "order"
    assert found.drivers.groupby("driver")["excess"].sum().abs().max() < 1e-6
    assert "capacity_not_stated" in found.notes["code"].tolist()


def test_a_lost_margin_is_its_own_cause(published: dict[str, dict[str, Any]]) -> None:
    accounts, drivers = spring(published["P-CPA"])
    accounts.loc[0, "direct_cost"] = accounts.loc[0, "revenue"] + 10
    found = cost_to_serve(accounts, drivers, year=2026)
    p = found.accounts.set_index("account_id").loc["P"]
    assert p["cause"] == "direct_cost" and p["cause_money"] == pytest.approx(10)
    proposal = dispositions(found).set_index("account_id").loc["P", "proposal"]
    assert proposal == "reprice"


def test_without_sales_there_is_no_price_to_raise(published: dict[str, dict[str, Any]]) -> None:
    accounts, drivers = spring(published["P-CPA"])
    accounts.loc[0, ["revenue", "direct_cost"]] = 0.0
    found = cost_to_serve(accounts, drivers, year=2026)
    assert found.accounts.set_index("account_id").loc["P", "cause"] == "no_sales"
    assert dispositions(found).set_index("account_id").loc["P", "proposal"] == "exit"


def test_unknown_is_not_free(published: dict[str, dict[str, Any]]) -> None:
    accounts, drivers = spring(published["P-CPA"])
    accounts.loc[1, "direct_cost"] = np.nan
    drivers = drivers[drivers["account_id"] != "P"].reset_index(drop=True)
    drivers.loc[drivers["account_id"].eq("R").idxmax(), "quantity"] = np.nan
    found = cost_to_serve(accounts, drivers, year=2026)
    status = found.accounts.set_index("account_id")["status"]
    assert status[["P", "Q", "R"]].tolist() == ["no_drivers", "no_direct_cost", "no_drivers"]
    assert found.accounts.set_index("account_id")["operating_income"].isna().sum() == 3
    assert set(found.notes["code"]) >= {"no_drivers", "no_direct_cost"}
    assert found.summary.set_index("measure").loc["loss_makers", "n"] == 2


def test_rate_error_makes_signs_unsure() -> None:
    years = pd.DataFrame(
        {"account_id": ["A"], "year": 2026, "revenue": [100.0], "direct_cost": [80.0]}
    )
    drivers = pd.DataFrame(
        {"account_id": ["A"], "year": 2026, "driver": "visit", "quantity": [21.0], "rate": 1.0}
    )
    found = cost_to_serve(years, drivers, year=2026)
    assert found.accounts["sign"].tolist() == ["cannot_tell"]
    row = found.summary.set_index("measure").loc["loss_makers"]
    assert (row["low"], row["value"], row["high"]) == (0.0, 1.0, 1.0)
    sure = cost_to_serve(years, drivers, year=2026, rate_error=0.0)
    assert sure.accounts["sign"].tolist() == ["loss"]


def test_empty_and_dirty() -> None:
    years = pd.DataFrame(
        {"account_id": ["A"], "year": 2026, "revenue": [1.0], "direct_cost": [0.5]}
    )
    none = pd.DataFrame({c: [] for c in ("account_id", "year", "driver", "quantity", "rate")})
    found = cost_to_serve(years, none, year=2026)
    assert found.accounts["status"].tolist() == ["no_drivers"] and found.drivers.empty
    assert found.summary.set_index("measure").loc["loss_makers", "variant"] == "too_little_data"
    assert cost_to_serve(years.iloc[:0], none, year=2026).accounts.empty
    with pytest.raises(KamkitError) as error:
        cost_to_serve(years, none.drop(columns=["rate", "driver"]), year=2026)
    assert len(error.value.problems) == 2
    stray = pd.DataFrame(
        {"account_id": ["Z"], "year": 2026, "driver": "visit", "quantity": [1], "rate": [1]}
    )
    notes = cost_to_serve(years, stray, year=2026).notes["code"].tolist()
    assert "drivers_without_account_year" in notes


def test_whale_near_nil_gives_money_only() -> None:
    table = pd.DataFrame({"account_id": list("ABC"), "operating_income": [100.0, 2.0, -101.0]})
    whale = whale_curve(table)
    assert whale.curve["cumulative_share"].isna().all()
    row = whale.summary.set_index("measure").loc["profit_peak_share"]
    assert np.isnan(row["value"]) and row["variant"] == "money_only"
    assert whale.summary.set_index("measure").loc["profit_peak", "value"] == 102.0
    forced = whale_curve(table, near_zero=0.0)
    assert forced.curve["cumulative_share"].max() == 102.0


@pytest.mark.parametrize("seed", range(5))
def test_whale_properties(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {"account_id": [f"A{i}" for i in range(30)], "operating_income": rng.normal(5, 10, 30)}
    )
    whale = whale_curve(table)
    mixed = whale_curve(table.sample(frac=1, random_state=seed))
    pd.testing.assert_frame_equal(whale.curve, mixed.curve)
    profit = table["operating_income"]
    assert whale.curve["cumulative"].max() == pytest.approx(profit[profit > 0].sum())
    assert whale.curve["cumulative"].iloc[-1] == pytest.approx(profit.sum())
    assert whale.curve["profit"].is_monotonic_decreasing


def test_whale_degenerate() -> None:
    empty = whale_curve(pd.DataFrame({"account_id": [], "operating_income": []}))
    assert empty.curve.empty and set(empty.summary["variant"]) == {"too_little_data", "left_out"}
    one = whale_curve(pd.DataFrame({"account_id": ["A", "B"], "operating_income": [4.0, np.nan]}))
    assert one.summary.set_index("measure").loc["accounts_unknown", "value"] == 1
    ties = whale_curve(pd.DataFrame({"account_id": ["B", "A"], "operating_income": [1.0, 1.0]}))
    assert ties.curve["rank"].tolist() == [1, 1] and ties.curve["account_id"].tolist() == ["A", "B"]


def test_disposition_needs_a_reason(published: dict[str, dict[str, Any]]) -> None:
    found = result(published["P-CPA"])
    open_ = dispositions(found)
    assert open_["account_id"].tolist() == ["T"] and open_["status"].tolist() == ["needs_reason"]
    row = open_.iloc[0]
    assert row["price_rise_needed"] == pytest.approx(3346 / (3900 * 12.96))
    decided = pd.DataFrame({"account_id": ["T"], "disposition": ["exit"], "reason": ["no fit"]})
    assert dispositions(found, decisions=decided)["status"].tolist() == ["decided"]
    bad = pd.DataFrame(
        {"account_id": ["T", "P"], "disposition": ["drop", "exit"], "reason": ["x", " "]}
    )
    with pytest.raises(KamkitError) as error:
        dispositions(found, decisions=bad)
    assert [p.code for p in error.value.problems] == ["unknown_choice", "reason_needed"]
