"""Matrix, profiles, cadence, wheel, mirror and sponsors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from methods.contacts.networks import DAY, network_of, random_network

import kamkit
from kamkit.errors import KamkitError
from kamkit.methods.contacts import (
    buyer_type_coverage,
    cadence,
    cadence_measures,
    contact_matrix,
    function_mirror,
    phase_coverage,
    profiles,
    sponsor_pairs,
    wheel,
)
from kamkit.schemes.contacts import contact_scheme

TALKS = pd.DataFrame(
    {"contact_id": ["C1", "C1", "C1", "C1", "C2", None],
     "date": ["2024-01-01", "2026-05-01", "2026-06-10", "2026-06-10", "2026-07-01", "2026-06-01"],
     "channel": ["visit", "phone", "visit", "visit", "phone", "visit"],
     "made_by": ["human", "human", "human", "system", "human", "human"]}
)  # fmt: skip


def test_matrix_holds_what_the_source_draws():
    roles = {
        "C1": {"influence": 5, "support": -1, "buyer_types": "economic; user", "phases": "choose"},
        "C2": {"influence": 3, "support": 2, "as_of": "2025-01-01"},
        "C3": {},
    }
    ties = [("M1", "C1", 2, "personal"), ("M1", "C1", 3), ("M2", "C1", 2), ("M1", "C2", 4)]
    found = contact_matrix(network_of(roles, ties))
    rows = found.contacts.set_index("person_id")
    assert rows.index.tolist() == ["C1", "C2", "C3"]
    first = rows.loc["C1"]
    assert first["type_economic"] and first["type_user"] and not first["type_technical"]
    assert first["phase_choose"] and not first["phase_compare"]
    assert (first["personal_tie"], first["value_tie"], first["threads"]) == (2, 3, 2)
    assert first["weighted_support"] == -5 and first["flags"] == "blocker"
    assert rows.loc["C2", "flags"] == "single_thread;role_stale"
    assert rows.loc["C3", "flags"] == "uncovered;influence_unknown"
    assert np.isnan(rows.loc["C3", "weighted_support"])
    assert len(found.threads) == 3 and found.threads["strength"].tolist() == [3, 2, 4]


def test_phases_and_types():
    roles = {
        "C1": {"influence": 5, "phases": "choose", "buyer_types": "economic", "support": -2},
        "C2": {"influence": 2, "phases": "choose;compare", "buyer_types": "user"},
        "C3": {"phases": "after_sale"},
    }
    found = phase_coverage(network_of(roles, [("M1", "C2", 2)])).set_index("phase")
    assert found["state"].tolist() == ["nobody_known", "covered", "half_known", "uncovered"]
    choose = found.loc["choose"]
    assert (choose["people"], choose["covered"], choose["against"]) == (2, 1, 1)
    assert choose["influence_share"] == pytest.approx(2 / 7) and choose["single_thread_people"] == 1
    assert found.loc["after_sale", "unknown_influence"] == 1
    types = buyer_type_coverage(network_of(roles)).set_index("buyer_type")
    assert types["people"].to_dict()["economic"] == 1 and types.loc["coach", "people"] == 0
    assert (phase_coverage(network_of({}))["state"] == "nobody_known").all()


def test_profiles_ask_for_five_answers():
    contacts = pd.DataFrame(
        {"contact_id": ["C1", "C2", "C3"], "account_id": "A1", "motivation": ["risk", None, None],
         "needs": ["a;b;c", "a;b", None], "preferred_channel": ["phone", "phone", None],
         "wished_contact_days": [30, 0, 30], "deepen": ["visit", None, None],
         "left_on": [None, None, "2026-01-01"]}
    )  # fmt: skip
    found = profiles(contacts, TALKS, as_of=DAY)
    rows = found.contacts.set_index("contact_id")
    assert rows.index.tolist() == ["C1", "C2"] and rows["known"].tolist() == [5, 1]
    assert rows.loc["C1", "missing"] == ""
    assert rows.loc["C2", "missing"] == "motivation;needs;wished_contact_days;deepen"
    # One visit and one call by people within the year: the tie goes by name.
    assert rows.loc["C1", "channel_used"] == "phone" and rows.loc["C1", "channel_fits"] == 1
    assert np.isnan(rows.loc["C2", "channel_fits"])
    shares = found.questions.set_index("question")
    assert shares.loc["needs", "value"] == 0.5 and shares["n"].eq(2).all()
    none = profiles(contacts.iloc[:0], as_of=DAY)
    assert none.contacts.empty and none.questions["variant"].eq("too_little_data").all()


def test_cadence_counts_people_only_and_nothing_later():
    contacts = pd.DataFrame(
        {
            "contact_id": ["C1", "C2", "C3"],
            "account_id": "A1",
            "wished_contact_days": [100, 7, None],
        }
    )
    found = cadence(contacts, TALKS, as_of=DAY).set_index("contact_id")
    first = found.loc["C1"]
    assert (first["human"], first["system"], first["actual_days"]) == (2, 1, 40)
    assert (first["days_since"], first["gap_days"]) == (20, -80)
    assert not first["overdue"] and first["too_often"]
    assert found.loc["C2", "human"] == 0 and found.loc["C2", "overdue"]
    assert found.loc["C3", "variant"] == "wish_unknown" and found.loc["C3", "wished_days"] == 90
    shares = cadence_measures(found.reset_index()).set_index("measure")["value"]
    assert shares.to_dict() == pytest.approx(
        {"cadence_overdue": 2 / 3, "cadence_never": 2 / 3, "cadence_too_often": 1 / 3,
         "cadence_wish_known": 2 / 3}
    )  # fmt: skip
    empty = cadence(contacts.iloc[:0], TALKS, as_of=DAY)
    assert empty.empty and cadence_measures(empty)["value"].isna().all()
    with pytest.raises(KamkitError):
        cadence(contacts, TALKS.drop(columns="date"), as_of=DAY)


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 10_000))
def test_lists_do_not_depend_on_the_order_of_rows(seed):
    company = kamkit.load("elevator")
    contacts = company.contacts.head(60)
    mixed = contacts.sample(frac=1, random_state=seed)
    talks = company.interactions
    talks = talks[talks["contact_id"].isin(contacts["contact_id"])]
    again = talks.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(
        cadence(contacts, talks, as_of=DAY), cadence(mixed, again, as_of=DAY)
    )
    found, other = profiles(contacts, talks, as_of=DAY), profiles(mixed, again, as_of=DAY)
    pd.testing.assert_frame_equal(found.contacts, other.contacts)


def test_wheel_takes_both_figures_from_the_same_person():
    roles = {
        "C1": {"function": "engineering", "influence": 5},
        "C2": {"function": "quality", "influence": 5},
        "C3": {"function": "operations", "influence": 1},
        "C4": {"function": "finance"},
        "C5": {"function": "logistics", "influence": 3, "title": "出货物流经理"},
    }
    ties = [("M1", "C1", 4), ("M1", "C3", 4), ("R1", "C1", 2)]
    found = wheel(network_of(roles, ties)).set_index("spoke")
    # C2 has the same influence and no tie: the spoke is as strong as where we are weakest.
    assert found.loc["vp_rd", ["person_id", "influence", "our_strength"]].tolist() == ["C2", 10, 0]
    assert found.loc["vp_rd", "state"] == "gap" and found.loc["vp_rd", "people"] == 2
    assert found.loc["plant_manager", "gap"] == -8
    assert found.loc["plant_manager", "state"] == "matched"
    assert found.loc["finance", "state"] == "influence_unknown"
    assert found.loc["outbound_logistics", "person_id"] == "C5"
    assert found.loc["inbound_logistics", "state"] == "nobody_known"
    assert np.isnan(found.loc["ceo", "gap"])
    known = found.dropna(subset=["gap"])
    assert (known["gap_low"] <= known["gap"]).all() and (known["gap"] <= known["gap_high"]).all()
    assert found.index.tolist() == [s.id for s in contact_scheme().spokes]
    assert wheel(network_of({}))["state"].eq("nobody_known").all()
    one = contact_scheme().spokes[:1]
    assert wheel(network_of({}), one)["spoke"].tolist() == ["ceo"]


def test_wheel_names_the_rival_where_known():
    roles = {
        "C1": {"function": "finance", "influence": 4},
        "C2": {"function": "sales", "influence": 4},
    }
    found = wheel(network_of(roles, [("R1", "C1", 2)])).set_index("spoke")
    assert found.loc["finance", "rival_strength"] == 5
    assert np.isnan(found.loc["vp_sales", "rival_strength"])


def mirrored():
    roles = {
        "C1": {"function": "finance", "level": 3}, "C2": {"function": "engineering", "level": 5},
        "C3": {"function": "purchasing", "level": 2}, "C4": {"function": "logistics"},
    }  # fmt: skip
    members = pd.DataFrame(
        {"member_id": ["M1", "M2", "M3"], "function": ["finance", "sales", "engineering"],
         "level": [3, 2, 2]}
    )  # fmt: skip
    ties = [("M1", "C1", 3), ("M2", "C2", 4), ("M2", "C3", 1)]
    return network_of(roles, ties, members=members), members


def test_mirror_of_functions_and_levels():
    found = function_mirror(*mirrored())
    states = found.pairs.set_index("pair")["state"].to_dict()
    assert states["finance"] == "linked" and states["sales"] == "weak"
    assert states["r_and_d"] == "not_linked" and states["logistics"] == "nobody_ours"
    assert states["board"] == "nobody_there"
    levels = found.levels.set_index("level")["state"].to_dict()
    assert levels == {5: "from_elsewhere", 4: "nobody_there", 3: "linked", 2: "not_linked",
                      1: "nobody_there"}  # fmt: skip
    measures = found.measures.set_index("measure")
    assert measures.loc["pairs_linked", ["value", "low", "high", "n"]].tolist() == [
        0.25, 0.25, 0.5, 4
    ]  # fmt: skip
    assert measures.loc["levels_linked_equal", "value"] == pytest.approx(1 / 3)
    assert measures.loc["ties_off_mirror", "value"] == 0.5
    assert function_mirror(mirrored()[0]).pairs["available"].isna().all()


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000))
def test_mirror_and_matrix_speak_of_the_same_ties(seed):
    network = random_network(seed)
    found, matrix = function_mirror(network), contact_matrix(network)
    assert len(found.ties) == (matrix.threads["strength"] >= 1).sum()
    assert found.pairs["links"].sum() == found.ties["pair"].notna().sum()
    known = found.measures.dropna(subset=["value"])
    assert (known["low"] <= known["value"]).all() and (known["value"] <= known["high"]).all()


def test_sponsors_by_what_needs_doing():
    sponsors = pd.DataFrame(
        {"account_id": ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8"],
         "member_id": ["M1", "M1", "M1", "M1", "M2", "M1", "M1", "M1"],
         "contact_id": ["C1", "C1", "C1", None, "C1", "C2", "C9", "C1"],
         "since": ["2025-01-01"] * 7 + ["2026-07-01"],
         "last_meeting": ["2026-06-01", "2025-06-01", "2026-07-02"] + ["2026-06-01"] * 5}
    )  # fmt: skip
    members = pd.DataFrame(
        {"member_id": ["M1", "M2"], "role": "general_manager", "left_on": [None, "2026-01-01"]}
    )
    contacts = pd.DataFrame(
        {"contact_id": ["C1", "C2"], "level": [4, 3], "left_on": [None, "2026-01-01"]}
    )
    found = sponsor_pairs(sponsors, members, contacts, as_of=DAY, accounts=["A1", "A5", "A9"])
    rows = found.pairs.set_index("account_id")
    assert rows["state"].to_dict() == {
        "A5": "member_left", "A6": "contact_left", "A7": "contact_unknown", "A4": "no_contact",
        "A3": "never_met", "A2": "overdue", "A1": "in_touch",
    }  # fmt: skip
    assert rows.index[0] == "A5" and rows.loc["A1", "level_gap"] == 1
    measures = found.measures.set_index("measure")
    assert measures.loc["accounts_with_sponsor", "value"] == pytest.approx(1 / 3)
    assert measures.loc["pairs_alive", "value"] == pytest.approx(1 / 7)
    empty = sponsor_pairs(sponsors.iloc[:0], as_of=DAY)
    assert empty.pairs.empty and empty.measures["variant"].tolist() == ["too_little_data"]
    mixed = sponsor_pairs(sponsors[::-1], members, contacts, as_of=DAY, accounts=["A1", "A5", "A9"])
    pd.testing.assert_frame_equal(found.pairs, mixed.pairs)
