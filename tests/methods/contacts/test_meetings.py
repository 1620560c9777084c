"""The next meeting, the map at two dates, and competitors' ties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from methods.contacts.networks import frames, network_of, random_network, random_tables

from kamkit.methods.contacts import (
    compare_networks,
    contact_network,
    coverage,
    coverage_after,
    next_meetings,
    rival_ties,
)


def test_the_largest_gain_comes_first_and_says_what_else_it_brings():
    roles = {
        "C1": {"influence": 5, "buyer_types": "economic", "phases": "choose"},
        "C2": {"influence": 5, "buyer_types": "user", "phases": "choose"},
        "C3": {"influence": 1},
    }
    ties = [("M1", "C1", 1), ("M1", "C2", 3), ("M2", "C2", 1), ("M1", "C3", 4), ("C2", "C1", 4)]
    found = next_meetings(network_of(roles, ties))
    assert found[["contact_id", "member_id", "rank"]].iloc[0].tolist() == ["C1", "M1", 1]
    assert found["adds"].iloc[0] == "covers;economic_buyer"
    # M2 with C2 gains no coverage, but a second thread: last, yet on the list.
    last = found.set_index(["contact_id", "member_id"]).loc[("C2", "M2")]
    assert last["coverage_gain"] == 0 and last["adds"] == "second_thread"
    assert "C3" not in set(found["contact_id"])


def test_a_meeting_covers_a_phase_and_a_function():
    roles = {"C1": {"influence": 3, "phases": "choose;compare", "function": "finance"}}
    found = next_meetings(network_of(roles, [("M1", "C1", 1)]))
    assert found["adds"].iloc[0] == "covers;function;phase_compare;phase_choose"


def test_unknown_influence_has_no_gain_but_a_range():
    found = next_meetings(network_of({"C1": {}, "C2": {"influence": 1}}, [("M1", "C2", 3)]))
    row = found.set_index("contact_id").loc["C1"]
    assert np.isnan(row["coverage_gain"]) and row["variant"] == "influence_unknown"
    assert row["high"] > row["low"] > 0 and found["contact_id"].iloc[-1] == "C1"


def test_hosts_come_from_the_members_too():
    roles = {"C1": {"influence": 5, "level": 5, "function": "finance"}}
    members = pd.DataFrame(
        {"member_id": ["M1", "M2", "M3", "M4"], "function": ["sales", "finance", "sales", "it"],
         "level": [3, 2, 5, 1], "left_on": [None, None, None, "2020-01-01"]}
    )  # fmt: skip
    network = network_of(roles, [], members=members)
    found = next_meetings(network, members).set_index("member_id")["why"]
    assert found.to_dict() == {"M2": "mirror", "M3": "executive"}
    assert next_meetings(network).empty


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000))
def test_the_gain_is_what_a_meeting_adds(seed):
    network = random_network(seed)
    members = random_tables(seed)["members"]
    found = next_meetings(network, members, draws=20)
    before = coverage(network, draws=1)["value"].iloc[0]
    known = found[found["coverage_gain"].notna()]
    for i in known.index[:6]:
        after = coverage_after(network, known.loc[[i]])
        assert after - before == pytest.approx(known.at[i, "coverage_gain"])
    assert known["coverage_gain"].is_monotonic_decreasing
    assert (known["low"] <= known["coverage_gain"]).all()
    assert (known["coverage_gain"] <= known["high"]).all()
    assert found["top_share"].between(0, 1).all()


def maps(roles, ties, later_roles, later_ties):
    """The same account on two days, from rows of both."""
    first, second = "2025-01-01", "2026-01-01"
    contacts, parts, links = frames(roles, ties)
    more, more_parts, more_links = frames(later_roles, later_ties)
    contacts = pd.concat([more, contacts]).drop_duplicates("contact_id")
    parts = pd.concat([parts.assign(as_of=first), more_parts.assign(as_of=second)])
    links = pd.concat([links.assign(as_of=first), more_links.assign(as_of=second)])
    return [
        contact_network(contacts, parts, links, account_id="A1", as_of=day)
        for day in ("2025-06-30", "2026-06-30")
    ]


def test_what_changed_between_two_days():
    before, after = maps(
        {"C1": {"influence": 5, "support": 1}, "C2": {"influence": 3}, "C3": {"influence": 2}},
        [("M1", "C1", 4), ("M1", "C2", 1), ("M1", "C3", 2)],
        {"C1": {"influence": 5, "support": -1}, "C3": {"influence": 2, "left_on": "2026-02-01"}},
        [("M1", "C1", 2), ("M1", "C2", 3), ("M2", "C1", 2)],
    )
    change = compare_networks(before, after)
    people = change.people.set_index("person_id")
    assert people["change"].to_dict() == {
        "C1": "stayed", "C2": "stayed", "C3": "left", "M1": "stayed", "M2": "joined"
    }  # fmt: skip
    assert people.loc["C1", "stance"] == "down" and people.loc["C2", "stance"] == "unknown"
    links = change.links.set_index(["from_id", "to_id"])["change"].to_dict()
    assert links == {
        ("M1", "C1"): "down", ("M1", "C2"): "up", ("M1", "C3"): "person_left", ("M2", "C1"): "new"
    }  # fmt: skip
    measures = change.measures.set_index("measure")
    row = measures.loc["our_people_linked"]
    assert (row["before"], row["after"], row["difference"]) == (1, 2, 1)
    assert not measures.loc["weighted_coverage", "separated"]


def test_a_large_change_is_told_from_another_judge():
    roles = {f"C{i}": {"influence": 4} for i in range(10)}
    before, after = maps(roles, [("M1", c, 1) for c in roles], roles, [("M1", c, 4) for c in roles])
    row = compare_networks(before, after).measures.iloc[0]
    assert row["separated"] and 0 < row["low"] <= row["difference"] <= row["high"]


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10_000))
def test_a_map_does_not_differ_from_itself(seed):
    network = random_network(seed)
    change = compare_networks(network, network, draws=30)
    assert set(change.people["change"]) <= {"stayed"}
    assert set(change.links["change"]) <= {"same"}
    assert change.measures["difference"].dropna().eq(0).all()
    assert not change.measures["separated"].any()


def test_comparing_nothing():
    empty, one = network_of({}), network_of({"C1": {}})
    assert compare_networks(empty, empty).measures.empty
    assert compare_networks(empty, one).people["change"].tolist() == ["joined"]


def test_rivals_where_they_are_known():
    roles = {"C1": {"influence": 5}, "C2": {"influence": 3}, "C3": {}}
    ties = [("M1", "C1", 1), ("R1", "C1", 4, "personal"), ("R1", "C1", 2), ("R2", "C2", 1),
            ("M1", "C2", 3)]  # fmt: skip
    found = rival_ties(network_of(roles, ties))
    assert found.contacts[["contact_id", "competitor_id", "tie_gap"]].values.tolist() == [
        ["C1", "R1", -3], ["C2", "R2", 2]
    ]  # fmt: skip
    assert found.contacts["bond"].iloc[0] == "personal"
    shares = found.coverage.set_index("competitor_id")["value"]
    assert shares.to_dict()["R1"] == pytest.approx(20 / 32)
    assert shares.iloc[0] == pytest.approx(14 / 32) and len(shares) == 3
    none = rival_ties(network_of(roles))
    assert none.contacts.empty and none.coverage["measure"].tolist() == ["our_coverage"]
    assert rival_ties(network_of({})).coverage["variant"].tolist() == ["too_little_data"]
