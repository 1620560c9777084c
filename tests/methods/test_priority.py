"""Priority ranking and hours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.portfolio import (
    allot_hours,
    hours_spent,
    largest_remainder,
    priority_ranking,
    priority_scores,
)
from kamkit.methods.portfolio.hours import share_out


def scores(n: int = 25, seed: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"account_id": [f"A{i:02d}" for i in range(n)]})
    for name in ("value", "potential", "size", "importance"):
        table[name] = rng.uniform(0, 100, n).round()
    return table


def test_published_rounding(published: dict[str, dict[str, Any]]) -> None:
    case = published["P-LRM"]
    votes = np.array(case["votes"], float)
    assert (
        largest_remainder(votes / votes.sum() * case["seats"], case["seats"]).tolist()
        == (case["exp"]["hare"])
    )
    case = published["P-ALLOC"]
    caps = np.array([np.inf if c is None else c for c in case["hi"]], float)
    found = share_out(np.array(case["w"], float), case["total"], np.array(case["lo"], float), caps)
    assert found.tolist() == pytest.approx(case["exp"]["alloc"], abs=case["tol"])


@pytest.mark.parametrize("seed", range(8))
def test_hours_add_up_within_bounds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.pareto(1.2, 40) * (rng.uniform(size=40) > 0.1)
    hours = int(rng.integers(400, 2000))
    found = allot_hours(weights, hours, floor=8, cap=120)
    assert found.sum() == hours and found.min() >= 8 and found.max() <= 120
    order = np.argsort(-weights)
    assert (np.diff(found[order]) <= 1).all()


def test_bounds_that_can_not_hold() -> None:
    with pytest.raises(KamkitError):
        allot_hours(np.ones(10), 50, floor=6)
    with pytest.raises(KamkitError):
        allot_hours(np.ones(10), 50, cap=4)
    assert allot_hours(np.zeros(4), 10).sum() == 10
    assert allot_hours(np.zeros(0), 10).tolist() == []


def test_ranking_by_hand() -> None:
    table = scores(10)
    found = priority_ranking(table, hours=200, floor=5, weights={"value": 3, "size": 1})
    expected = (0.75 * table["value"] + 0.25 * table["size"]).sort_values(ascending=False)
    assert np.allclose(found.accounts["score"], expected)
    assert found.accounts["tier"].tolist() == ["A"] * 2 + ["B"] * 3 + ["C"] * 5
    assert found.accounts["hours"].sum() == 200 and found.accounts["hours"].min() >= 5
    sums = found.parts.groupby("account_id")["contribution"].sum()
    assert np.allclose(sums[found.accounts["account_id"]], found.accounts["score"])


def test_ties_at_the_line_go_up_together() -> None:
    table = scores(10).assign(value=50.0, potential=50.0, size=50.0, importance=50.0)
    found = priority_ranking(table, hours=101)
    assert found.accounts["tier"].tolist() == ["A"] * 10
    assert sorted(found.accounts["hours"].unique().tolist()) == [10, 11]
    assert found.accounts["tie_group"].nunique() == 1


def test_cut_line_stability() -> None:
    table = scores(20)
    for name in ("value", "potential", "size", "importance"):
        table[name] = [90.0] * 4 + [10.0] * 16
    sure = priority_ranking(table, hours=100)
    assert sure.accounts["separable"].all()
    assert sure.summary.set_index("measure").loc["first_tier_contested", "value"] == 0
    near = table.assign(value=50.0, potential=50.0, size=50.0,
                        importance=np.linspace(52, 48, 20))  # fmt: skip
    shaky = priority_ranking(near, hours=100)
    assert not shaky.accounts["separable"].all()
    again = priority_ranking(near, hours=100)
    pd.testing.assert_frame_equal(shaky.accounts, again.accounts)
    assert shaky.accounts["p_first_tier"].sum() == pytest.approx(4.0)


def test_order_of_rows_does_not_matter() -> None:
    one = priority_ranking(scores(), hours=777).accounts
    other = priority_ranking(scores().sample(frac=1, random_state=2), hours=777).accounts
    columns = ["account_id", "score", "rank", "tier", "hours"]
    pd.testing.assert_frame_equal(one[columns], other[columns])


def test_over_and_under_served() -> None:
    spent = pd.DataFrame({"account_id": ["A00", "A01"], "hours": [500.0, 1.0]})
    found = priority_ranking(scores(), hours=1000, spent=spent).accounts.set_index("account_id")
    assert found.loc["A00", "served"] == "over" and found.loc["A01", "served"] == "under"
    assert found.loc["A02", "served"] == "unknown" and np.isnan(found.loc["A02", "gap_hours"])
    none = priority_ranking(scores(), hours=1000)
    row = none.summary.set_index("measure").loc["over_served"]
    assert row["variant"] == "no_hours_recorded"


def test_missing_scores() -> None:
    table = scores()
    table.loc[0, "value"] = np.nan
    table.loc[1, ["value", "potential", "size", "importance"]] = np.nan
    found = priority_ranking(table, hours=500, floor=3).accounts.set_index("account_id")
    assert found.loc["A00", "coverage"] == pytest.approx(0.75)
    assert found.loc["A01", "tier"] == "unknown" and found.loc["A01", "hours"] == 3
    assert np.isnan(found.loc["A01", "p_first_tier"])


def test_recorded_hours() -> None:
    table = pd.DataFrame(
        {
            "account_id": ["A", "A", "A", "B"],
            "date": ["2025-01-01", "2025-02-01", "2024-02-01", "2025-03-01"],
            "minutes": [60.0, None, 600.0, None],
            "made_by": ["human", "human", "human", "human"],
        }
    )
    found = hours_spent(table, year=2025).set_index("account_id")
    assert found.loc["A", ["hours", "without_minutes"]].tolist() == [1.0, 1]
    assert np.isnan(found.loc["B", "hours"])
    assert hours_spent(table.assign(made_by="system")).empty


def test_scales() -> None:
    table = pd.DataFrame({"account_id": list("AB"), "value": [0.0, 50.0], "risk": [5.0, 1.0]})
    fixed = priority_scores(table, ends={"value": (0, 100), "risk": (5, 1)})
    assert fixed["value"].tolist() == [0.0, 50.0] and fixed["risk"].tolist() == [0.0, 100.0]
    assert priority_scores(table)["value"].tolist() == [25.0, 75.0]


def test_empty() -> None:
    found = priority_ranking(scores().iloc[:0], hours=10)
    assert found.accounts.empty and found.parts.empty
    assert "too_little_data" in found.summary["variant"].tolist()
