"""Order priority under limited effort."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.projects import order_priority, resource_shares
from kamkit.methods.projects.knapsack import Limits, best_set, greedy_set, quick_set


def orders(n: int = 12, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.05, 0.95, n).round(2)
    return pd.DataFrame(
        {
            "opportunity_id": [f"O{i:02d}" for i in range(n)],
            "amount": rng.lognormal(12, 1, n).round(),
            "p": p,
            "p_without": (p * rng.uniform(0.2, 1, n)).round(3),
            "effort_hours": rng.integers(8, 80, n).astype(float),
            "currency": "CNY",
            "owner_id": rng.choice(["M1", "M2"], n),
        }
    )


def test_published_knapsack(published: dict[str, dict[str, Any]]) -> None:
    case = published["P-KNAP"]
    table = pd.DataFrame(
        {
            "opportunity_id": [f"{i + 1:02d}" for i in range(len(case["w"]))],
            "amount": case["v"],
            "p": 1.0,
            "effort_hours": case["w"],
        }
    )
    found = order_priority(table, capacity=case["cap"], value="expected", draws=20)
    total = found.measures.set_index("measure").loc["total_exact"]
    assert total["value"] == case["exp"]["best"]
    chosen = sorted(int(i) for i in found.deals.query("chosen")["opportunity_id"])
    assert chosen == case["exp"]["items_1based"]


def test_greedy_is_not_optimal() -> None:
    value, effort = np.array([30.0, 28.0, 28.0]), np.array([25.0, 24.0, 24.0])
    exact = best_set(value, effort, 48, Limits())
    greedy = greedy_set(value, effort, 48, Limits())
    assert exact is not None and value[exact].sum() == 56 and value[greedy].sum() == 30


@pytest.mark.parametrize("seed", range(6))
def test_exact_against_every_set(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 9
    value, effort = rng.normal(20, 20, n).round(2), rng.integers(4, 60, n).astype(float)
    limits = Limits(needs=[(0, 3), (4, 5)], exclusive=[[1, 2, 6]], must=frozenset({7}))
    room = 120.0
    best = -np.inf
    for size in range(n + 1):
        for jobs in combinations(range(n), size):
            taken = set(jobs)
            if effort[list(jobs)].sum() > room or 7 not in taken:
                continue
            if (0 in taken) > (3 in taken) or (4 in taken) > (5 in taken):
                continue
            if len(taken & {1, 2, 6}) > 1:
                continue
            best = max(best, value[list(jobs)].sum())
    found = best_set(value, effort, room, limits)
    assert found is not None and value[found].sum() == pytest.approx(best)
    greedy = greedy_set(value, effort, room, limits)
    assert effort[greedy].sum() <= room and value[greedy].sum() <= best + 1e-9
    assert not greedy[0] or greedy[3]


@pytest.mark.parametrize("seed", range(12))
def test_two_exact_solvers_agree(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 25
    value, effort = rng.normal(15, 12, n), rng.integers(1, 300, n) / 4
    limits = Limits(must=frozenset({2}), never=frozenset({5}))
    one, other = (f(value, effort, 150.0, limits) for f in (best_set, quick_set))
    assert one is not None and other is not None
    assert value[one].sum() == pytest.approx(value[other].sum())
    assert effort[other].sum() <= 150 and other[2] and not other[5]


def test_uplift_beats_the_surest() -> None:
    table = pd.DataFrame(
        {
            "opportunity_id": ["comes_anyway", "needs_us"],
            "amount": [100.0, 100.0],
            "p": [0.95, 0.5],
            "p_without": [0.93, 0.1],
            "effort_hours": [40.0, 40.0],
        }
    )
    found = order_priority(table, capacity=40)
    assert found.deals.query("chosen")["opportunity_id"].tolist() == ["needs_us"]
    plain = order_priority(table, capacity=40, value="expected")
    assert plain.deals.query("chosen")["opportunity_id"].tolist() == ["comes_anyway"]
    m = found.measures.set_index("measure")["value"]
    assert m["total_exact"] == pytest.approx(40) and m["total_by_chance"] == pytest.approx(2)


def test_switch_change_turns_the_choice() -> None:
    table = orders()
    found = order_priority(table, capacity=150, draws=20).deals
    for row in found.to_dict("records"):
        if not 0 < row["switch_change"] < np.inf:
            continue
        sign = -1 if row["chosen"] else 1
        for push, flipped in ((1.001, True), (0.999, False)):
            gain = row["value"] + sign * push * row["switch_change"]
            moved = table.copy()
            at = moved["opportunity_id"] == row["opportunity_id"]
            moved.loc[at, "weight"] = gain / row["value"]
            moved["weight"] = moved["weight"].fillna(1.0) if "weight" in moved else 1.0
            again = order_priority(moved, capacity=150, draws=1).deals.set_index("opportunity_id")
            assert (again.loc[row["opportunity_id"], "chosen"] != row["chosen"]) == flipped


def test_limits() -> None:
    table = orders()
    found = order_priority(
        table, capacity=160, must=["O03"], exclusions=[["O00", "O01", "O02"]],
        dependencies=[("O05", "O06")], draws=30,
    )  # fmt: skip
    chosen = set(found.deals.query("chosen")["opportunity_id"])
    assert "O03" in chosen and len(chosen & {"O00", "O01", "O02"}) <= 1
    assert "O05" not in chosen or "O06" in chosen
    with pytest.raises(KamkitError) as caught:
        order_priority(table, capacity=10, must=["O00", "O01", "O02", "O03"])
    assert caught.value.problems[0].code == "limits_not_kept"
    with pytest.raises(KamkitError):
        order_priority(table, capacity=10, must=["nobody"], dependencies=[("x", "y")])


def test_order_of_rows_does_not_matter_and_input_stays() -> None:
    table = orders()
    before = table.copy()
    one = order_priority(table, capacity=200, draws=40).deals
    other = order_priority(table.sample(frac=1, random_state=3), capacity=200, draws=40).deals
    pd.testing.assert_frame_equal(one, other)
    pd.testing.assert_frame_equal(table, before)
    assert one["chosen_share"].between(0, 1).all()
    assert one.loc[one["chosen"], "effort_hours"].sum() <= 200


def test_more_hours_never_gain_less() -> None:
    table = orders()
    totals = [
        order_priority(table, capacity=h, draws=1).measures.set_index("measure")["value"]
        for h in (0, 40, 90, 200, 1e5)
    ]
    exact = [t["total_exact"] for t in totals]
    assert exact == sorted(exact) and exact[0] == 0
    assert all(t["greedy_gap"] >= -1e-9 for t in totals)


def test_missing_figures_and_dirty_input() -> None:
    table = orders(5)
    table.loc[0, "p_without"] = np.nan
    table.loc[1, "effort_hours"] = 1e4
    table.loc[2, "p_without"] = table.loc[2, "p"] + 0.01
    found = order_priority(table, capacity=500, draws=20).deals.set_index("opportunity_id")
    assert found.loc["O00", "status"] == "no_figures" and not found.loc["O00", "chosen"]
    assert found.loc["O01", "status"] == "too_large"
    assert found.loc["O02", "status"] == "no_gain"
    with pytest.raises(KamkitError) as caught:
        order_priority(table.assign(p=[2.0, -1, 0.5, 0.5, 0.5]), capacity=10)
    assert [p.code for p in caught.value.problems] == ["not_a_share"] * 2
    with pytest.raises(KamkitError):
        order_priority(table.drop(columns="p_without"), capacity=10)
    with pytest.raises(KamkitError):
        order_priority(table.assign(currency=["CNY", "EUR", "CNY", "CNY", "CNY"]), capacity=10)


def test_urgency_and_weight() -> None:
    table = pd.DataFrame(
        {"opportunity_id": ["now", "later"], "amount": [100.0, 150.0], "p": 0.6,
         "p_without": 0.2, "effort_hours": 10.0, "urgency": [1.0, 0.3]}
    )  # fmt: skip
    assert order_priority(table, capacity=10).deals.query("chosen").opportunity_id.item() == "now"
    table["weight"] = [1.0, 4.0]
    assert order_priority(table, capacity=10).deals.query("chosen").opportunity_id.item() == "later"


def test_empty_and_one() -> None:
    found = order_priority(orders().iloc[:0], capacity=10)
    assert found.deals.empty and "chosen_share" in found.deals.columns
    assert set(found.measures["variant"]) <= {"too_little_data", "linear_relaxation",
                                              "chances_and_efforts_drawn"}  # fmt: skip
    one = order_priority(orders(1), capacity=1000, draws=10).deals
    assert one["status"].tolist() == ["chosen"]


def test_resource_shares_add_up() -> None:
    table = orders()
    found = order_priority(table, capacity=150, draws=5)
    shares = resource_shares(found.deals, table.iloc[1:])
    assert shares["hours_given"].sum() == found.deals.query("chosen")["effort_hours"].sum()
    assert shares["hours_share"].sum() == pytest.approx(1)
    assert "unknown" in shares["group"].tolist()
    assert resource_shares(found.deals.iloc[:0], table).empty
