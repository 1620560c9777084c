"""Placing at least cost, what to do when there is too little, and accounts that change hands."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.goals import reassign_accounts, transport, transport_ways


def value(found, measure):
    return found.measures.set_index("measure").loc[measure, "value"]


def test_transport_as_published(published):
    case = published["P-LP"]
    names, sinks = ["seattle", "san_diego"], ["new_york", "chicago", "topeka"]
    cost = pd.DataFrame(case["distance"], index=names, columns=sinks) * 90 / 1000
    supply, demand = (dict(zip(n, case[k], strict=True))
                      for n, k in ((names, "supply"), (sinks, "demand")))  # fmt: skip
    found = transport(supply, demand, cost)
    assert value(found, "transport_cost") == pytest.approx(case["exp"]["cost"], abs=case["tol"])
    sent = found.flows.groupby("sink")["amount"].sum()
    assert sent.to_dict() == pytest.approx(demand)
    prices = found.prices.set_index("id")["price"]
    more = transport(supply, {**demand, "topeka": demand["topeka"] + 1}, cost)
    rise = value(more, "transport_cost") - value(found, "transport_cost")
    assert prices["topeka"] == pytest.approx(rise)
    again = transport(supply, demand, cost.iloc[::-1, ::-1])
    pd.testing.assert_frame_equal(found.flows, again.flows)


@st.composite
def shortages(draw):
    m, n = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    supply = {f"s{i}": draw(st.integers(0, 20)) for i in range(m)}
    demand = {f"d{j}": draw(st.integers(0, 20)) for j in range(n)}
    cells = [[draw(st.one_of(st.none(), st.integers(0, 9))) for _ in range(n)] for _ in range(m)]
    cost = pd.DataFrame(cells, index=list(supply), columns=list(demand), dtype=float)
    return supply, demand, cost


@settings(max_examples=40, deadline=None)
@given(shortages())
def test_every_way_out_works(case):
    supply, demand, cost = case
    ways = transport_ways(supply, demand, cost)
    try:
        transport(supply, demand, cost)
        assert ways.empty
        return
    except KamkitError as error:
        assert {p.code for p in error.problems} <= {"supply_short", "no_way_there"}
    assert not ways.empty
    for way, option in ways.groupby("way"):
        changed = dict(zip(option["id"], option["then"].round(6), strict=True))
        given = {"supply": supply, "demand": demand}
        side = "demand" if way == "lower_demand" else "supply"
        transport(**{**given, side: {**given[side], **changed}}, cost=cost)


def test_transport_refusals_and_little():
    cost = pd.DataFrame({"x": [1.0]}, index=["a"])
    with pytest.raises(KamkitError) as caught:
        transport({"a": -1, "b": "?"}, {"x": 1, "y": 1}, cost)
    codes = sorted(p.code for p in caught.value.problems)
    assert codes == ["missing_cost", "missing_cost", "not_a_number", "out_of_range"]
    assert transport({"a": 3}, {}, cost).flows.empty
    assert transport({"a": 3}, {"x": 2}, cost).flows["cost"].tolist() == [2.0]
    with pytest.raises(KamkitError) as caught:
        transport({"a": 1}, {"x": 2}, cost)
    assert caught.value.problems[0].details["short"] == "1"


def book(hours, owners, **more):
    ids = [f"A{i}" for i in range(len(hours))]
    return pd.DataFrame({"account_id": ids, "hours": hours, "owner_id": owners, **more})


def team(**hours):
    return pd.DataFrame({"member_id": list(hours), "hours": list(hours.values())}, dtype=object)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_best_of_all_placements(data):
    """Against every placement there is: least highest load, then least cost of moving."""
    n = data.draw(st.integers(1, 5))
    hours = [data.draw(st.integers(1, 9)) for _ in range(n)]
    owners = [data.draw(st.sampled_from(["a", "b", "", "gone"])) for _ in range(n)]
    cost = [data.draw(st.integers(1, 5)) for _ in range(n)]
    room = {"a": data.draw(st.integers(1, 20)), "b": data.draw(st.integers(1, 20))}
    found = reassign_accounts(book(hours, owners, move_cost=cost), team(**room))

    def worth(place):
        load = {m: sum(h for h, p in zip(hours, place, strict=True) if p == m) for m in room}
        highest = max([1.0, *(load[m] / room[m] for m in room)])
        moved = sum(c for c, p, o in zip(cost, place, owners, strict=True) if p != o)
        return round(highest, 6), moved

    best = min(worth(p) for p in itertools.product(room, repeat=n))
    mine = max(1.0, value(found, "load_highest_after")), found.accounts["cost"].sum()
    assert mine == pytest.approx(best, abs=1e-4)
    assert (found.measures["variant"] == "proved_best").all()


def test_who_leaves_and_who_may_not():
    owners = ["a", "a", "b", "gone"]
    people = team(a=100.0, b=100.0)
    costs = pd.DataFrame(0.0, index=["A0", "A1", "A2", "A3"], columns=["a", "b"])
    costs.loc["A3", "b"] = np.nan
    accounts = book([60.0, 30, 50, 40], owners)
    found = reassign_accounts(accounts, people, costs=costs)
    after = found.accounts.set_index("account_id")["owner_after"]
    assert after["A3"] == "a" and value(found, "accounts_moved") == 2
    shuffled = reassign_accounts(accounts[::-1], people[::-1], costs=costs)
    pd.testing.assert_frame_equal(found.accounts, shuffled.accounts)
    kept = reassign_accounts(accounts.head(1), people)
    assert not kept.accounts["moved"].any()
    assert reassign_accounts(accounts.head(0), people).members["load_after"].tolist() == [0, 0]
    full = reassign_accounts(accounts, people, most_load=0.5)
    assert full.members["hours_after"].tolist() == [90, 90]
    with pytest.raises(KamkitError) as caught:
        reassign_accounts(accounts, team(a=0, b=0))
    assert caught.value.problems[0].code == "no_hours_for_accounts"


def test_reassign_refusals():
    accounts, people = book([1.0, None], ["a", "a"]), team(a=-5, b="x")
    with pytest.raises(KamkitError) as caught:
        reassign_accounts(accounts, people, most_load=0)
    assert {p.code for p in caught.value.problems} == {
        "empty_cell", "out_of_range", "not_a_number"}  # fmt: skip
    with pytest.raises(KamkitError):
        reassign_accounts(book([1.0], ["a"]), team())
    with pytest.raises(KamkitError) as caught:
        reassign_accounts(
            book([1.0], ["a"]), team(a=9), costs=pd.DataFrame({"b": [1]}, index=["A0"])
        )
    assert caught.value.problems[0].code == "no_place_for_account"
