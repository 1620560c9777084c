"""Goals from the company down to persons, and what quotas are based on."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.goals import (
    basis_figures,
    cascade_tree,
    compare_bases,
    draft_goals,
    weights_from,
)


def company(sizes, total=1000.0, weights=None):
    rows = [
        (f"M{t}{i}", f"team{t}", "key_account_manager", f"B{t}")
        for t, size in enumerate(sizes)
        for i in range(size)
    ]
    people = pd.DataFrame(rows, columns=["member_id", "team", "role", "manager_id"])
    return people, draft_goals(total, people, company="us", as_of="2026-01-01", due="2026-12-31")


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_every_level_adds_up(data):
    sizes = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    people, goals = company(sizes, data.draw(st.integers(0, 10**9)) / 100)
    weights = {m: data.draw(st.floats(0.01, 1e5)) for m in people["member_id"]}
    found = cascade_tree(goals, weights, unit=0.01)
    assert found.sums["adds_up"].all() and len(found.sums) == len(sizes) + 1
    mine = found.goals[found.goals["scope"] == "member"]
    total = sum(Decimal(repr(v)) for v in mine["proposed"])
    assert total == Decimal(repr(float(goals["target"].iloc[0])))


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_bounds_below_are_kept_from_above(data):
    """What fits at the top fits everywhere: team bounds come from the members'."""
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    people, goals = company(sizes, 1000)
    person = goals["scope"] == "member"
    n = int(person.sum())
    goals.loc[person, "floor"] = [data.draw(st.integers(0, 1000 // n)) for _ in range(n)]
    goals.loc[person, "cap"] = [data.draw(st.integers(1000 // n + 1, 1500)) for _ in range(n)]
    weights = {m: data.draw(st.integers(1, 100)) for m in people["member_id"]}
    found = cascade_tree(goals, weights)
    mine = found.goals.merge(goals[["goal_id", "floor", "cap"]], on="goal_id")
    mine = mine[mine["scope"] == "member"]
    assert (mine["proposed"] >= mine["floor_y"].astype(float)).all()
    assert (mine["proposed"] <= mine["cap_y"].astype(float)).all()
    assert found.sums["adds_up"].all()


def test_mends_sums_and_keeps_proportions():
    goals = pd.DataFrame(
        [("G", None, "company", "us", "sales", 120), ("A", "G", "team", "a", "sales", 60),
         ("B", "G", "team", "b", "sales", 40), ("C", "G", "team", "b", "visits", 7),
         ("D", None, "company", "us", "satisfaction", 0.9)],
        columns=["goal_id", "parent_id", "scope", "scope_id", "kpi", "target"],
    )  # fmt: skip
    found = cascade_tree(goals)
    assert found.basis == "as_set"
    assert found.goals["proposed"].tolist() == [120, 72, 48]
    assert found.sums[["children_sum", "difference", "adds_up"]].values.tolist() == [
        [100, 20, True]
    ]
    shuffled = cascade_tree(goals.iloc[::-1])
    pd.testing.assert_frame_equal(found.goals, shuffled.goals)
    assert cascade_tree(goals.head(0)).goals.empty
    assert cascade_tree(goals, kpi="visits").goals.empty


def test_tree_refusals():
    _, goals = company([2])
    with pytest.raises(KamkitError) as caught:
        cascade_tree(goals, {"M00": 1})
    assert [(p.code, p.value) for p in caught.value.problems] == [("part_without_weight", "M01")]
    wrong = goals.assign(parent_id=["G002", "G001", "G9", "G002"], target="x")
    with pytest.raises(KamkitError) as caught:
        cascade_tree(wrong)
    codes = {p.code for p in caught.value.problems}
    assert codes == {"goal_circle", "unknown_reference", "not_a_number"}
    tight = goals.assign(floor=[None, None, 700, 600])
    with pytest.raises(KamkitError) as caught:
        cascade_tree(tight, {"M00": 1, "M01": 1})
    assert caught.value.problems[0].code.startswith("floors_exceed_total")


def test_draft_leaves_out_who_is_gone():
    people, _ = company([2, 1])
    gone = people.assign(left_on=["2025-06-30", None, None])
    goals = draft_goals(10, gone, company="us", as_of="2026-01-01", floors={"M01": 3})
    assert goals["scope_id"].tolist() == ["us", "team0", "M01", "team1", "M10"]
    assert goals["owner_id"].tolist() == ["", "B0", "M01", "B1", "M10"]
    assert goals.set_index("scope_id").loc["M01", "floor"] == 3


@pytest.fixture
def four():
    return pd.DataFrame(
        {"member_id": list("abcd"), "history": [40.0, 30.0, 20.0, 10.0],
         "potential": [100.0, 200.0, 100.0, 400.0]}
    )  # fmt: skip


def test_bases(four):
    shares = {b: weights_from(four, b)["share"].tolist() for b in ("history", "potential", "equal")}
    assert shares == {"history": [0.4, 0.3, 0.2, 0.1], "potential": [0.125, 0.25, 0.125, 0.5],
                      "equal": [0.25] * 4}  # fmt: skip
    assert weights_from(four, "mix", mix=1)["share"].tolist() == pytest.approx(shares["history"])
    holes = four.assign(history=[40.0, None, -5.0, 20.0])
    found = weights_from(holes, "history")
    assert found["note"].tolist() == ["", "no_history", "below_zero", ""]
    assert found["weight"].tolist() == [40.0, 20.0, 0.0, 20.0]
    assert weights_from(four.head(0), "history").empty
    with pytest.raises(KamkitError) as caught:
        weights_from(four.assign(potential="much"), "best", mix=2)
    assert {p.code for p in caught.value.problems} == {
        "not_a_number", "unknown_option", "out_of_range"}  # fmt: skip


def test_ratchet_is_what_a_second_year_shows(four):
    """taken_back against the brute way: sell more, share next year's total again."""
    found = compare_bases(110, four, unit=0.01)
    for basis in ("history", "potential", "equal", "mix"):
        for i, member in enumerate(four["member_id"]):
            more = four["history"][i] * 0.1
            richer = four.assign(history=four["history"] + more * (four["member_id"] == member))
            before, after = (weights_from(t, basis)["share"][i] * 110 for t in (four, richer))
            mine = found.ratchet.query("basis == @basis and id == @member").iloc[0]
            assert mine["target_more"] == pytest.approx(after - before, abs=1e-9)
    measures = found.measures[found.measures["measure"] == "quota_taken_back"]["value"].tolist()
    assert measures[1:3] == [0.0, 0.0]
    assert measures[0] > measures[3] > 0


def test_comparison_adds_up_on_each_basis_in_any_order(four):
    found = compare_bases(997, four, unit=1, caps={"a": 300})
    for basis in ("history", "potential", "equal", "mix"):
        assert found.targets[basis].sum() == 997
    other = compare_bases(997, four.iloc[[2, 0, 3, 1]], unit=1, caps={"a": 300})
    pd.testing.assert_frame_equal(found.targets, other.targets)
    pd.testing.assert_frame_equal(found.ratchet, other.ratchet)
    zero = four.assign(history=[0.0, 30, 20, 10])
    grown = compare_bases(100, zero).growth
    assert grown["growth"].isna().sum() == 4 and not np.isinf(grown["growth"]).any()


def test_figures_from_tables():
    people = pd.DataFrame({"member_id": ["b", "a", "g"], "role": "rep",
                           "territory_id": ["T2", "T9", ""],
                           "left_on": [None, None, "2025-01-01"]})  # fmt: skip
    values = pd.DataFrame(
        [("member", "a", "2025", "sales", 5.0), ("member", "a", "2025Q1", "sales", 1.0),
         ("team", "a", "2025", "sales", 50.0), ("member", "b", "2025", "visits", 3.0)],
        columns=["scope", "scope_id", "period", "kpi", "value"],
    )  # fmt: skip
    land = pd.DataFrame({"territory_id": ["T2"], "potential": [70.0]})
    found = basis_figures(people, values, land, period="2025", roles=["rep"], as_of="2026-01-01")
    assert found["member_id"].tolist() == ["a", "b"]
    assert found["history"].fillna(-1).tolist() == [5.0, -1]
    assert found["potential"].fillna(-1).tolist() == [-1, 70.0]
    twice = pd.concat([values, values])
    with pytest.raises(KamkitError):
        basis_figures(people, twice, land, period="2025")
