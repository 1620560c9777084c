"""Decision mode, the way in, and the check of a planned one."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from methods.contacts.networks import DAY, network_of, random_network, random_tables

from kamkit.errors import KamkitError
from kamkit.methods.contacts import call_plan, decision, entry_check, entry_plan, warm_paths
from kamkit.schemes.contacts import contact_scheme

ROLES = {
    "boss": {"influence": 5, "buyer_types": "economic", "support": 0, "level": 5},
    "tech": {"influence": 3, "buyer_types": "technical", "support": -1},
    "user": {"influence": 4, "buyer_types": "user", "support": 2},
    "clerk": {"influence": 1, "phases": "recognise"},
}
TIES = [("M1", "user", 3), ("user", "boss", 4), ("M1", "tech", 1)]


def profile(**cells):
    return pd.DataFrame([{"account_id": "A1", "mode": "authority", "as_of": "2026-01-01", **cells}])


def order(plan):
    return plan.steps["contact_id"].tolist()


def test_roles_stand_in_where_no_record_says_and_it_is_named():
    found = decision(network_of(ROLES, TIES))
    assert found.deciders == ("boss",) and found.approvers == ("tech",) and found.mode == ""
    assert found.assumed == ("mode", "decider", "approvers", "criteria")


def test_the_last_record_up_to_the_day_counts():
    rows = pd.concat(
        [
            profile(mode="authority", as_of="2025-01-01", decider_id="tech"),
            profile(mode="consensus", approvers="tech; left;user", criteria="price;service"),
            profile(mode="consultative", as_of="2027-01-01"),
            profile(mode="consultative", as_of="2024-01-01", opportunity_id="O1"),
        ]
    )
    network = network_of(ROLES, TIES)
    found = decision(network, rows)
    assert found.mode == "consensus" and found.approvers == ("tech", "user")
    assert found.criteria == ("price", "service") and found.gone == ("left",)
    assert found.assumed == ("decider",)
    assert decision(network, rows, opportunity_id="O1").mode == "consultative"
    assert decision(network, rows, opportunity_id="O2").mode == "consensus"
    with pytest.raises(KamkitError):
        decision(network, rows.drop(columns="mode"))


def test_order_follows_the_mode_and_introductions_come_first():
    network = network_of(ROLES, TIES)
    assert order(entry_plan(network, profile(mode="authority"))) == [
        "user",
        "boss",
        "tech",
        "clerk",
    ]
    assert order(entry_plan(network, profile(mode="consensus"))) == [
        "tech",
        "user",
        "boss",
        "clerk",
    ]
    assumed = entry_plan(network)
    assert order(assumed) == ["user", "tech", "boss", "clerk"]
    assert assumed.steps["variant"].eq("mode_assumed").all()
    steps = assumed.steps.set_index("contact_id")
    assert steps.loc["user", "secured"] and steps.loc["user", "role"] == "adviser"
    assert steps.loc["user", "reasons"] == "opens:boss"
    assert steps.loc["boss", "introducer_id"] == "user" and steps.loc["boss", "member_id"] == "M1"
    assert steps.loc["tech", "reasons"] == "against;uncovered"
    assert steps.loc["clerk", "reasons"] == "uncovered;uncovered_phase;no_way"
    assert steps.loc["clerk", "role"] == "phase_only"


def test_steps_that_only_the_id_orders_say_so():
    roles = {c: {"influence": 4} for c in ("C1", "C2")} | {"C3": {"influence": 5}}
    steps = entry_plan(network_of(roles, [("M1", "C1", 1)])).steps
    assert steps["contact_id"].tolist() == ["C3", "C1", "C2"]
    assert steps["same_claim"].tolist() == [False, False, True]
    # The introduced one follows the introducer for a reason.
    ties = [("M1", "C1", 2), ("C1", "C2", 2), ("C2", "C3", 2)]
    assert not entry_plan(network_of(roles, ties)).steps["same_claim"].any()


def test_somebody_of_equal_level_is_sent_where_nobody_knows_the_contact():
    members = pd.DataFrame(
        {"member_id": ["M1", "M9"], "role": ["key_account_manager", "general_manager"]}
    )
    steps = entry_plan(network_of(ROLES, TIES, members=members), members=members).steps
    assert steps.set_index("contact_id").loc["boss", "member_id"] == "M9"


def test_nobody_and_nobody_known_to_us():
    empty = entry_plan(network_of({}))
    assert empty.steps.empty and empty.decision.deciders == ()
    lonely = entry_plan(network_of(ROLES)).steps
    assert lonely["member_id"].isna().all() and lonely["reasons"].str.contains("no_way").all()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["authority", "consultative", "consensus", "x"]))
def test_every_introducer_comes_before_whom_they_introduce(seed, mode):
    network = random_network(seed)
    members = random_tables(seed)["members"]
    steps = entry_plan(network, profile(mode=mode), members).steps
    assert steps["step"].tolist() == list(range(1, len(steps) + 1))
    assert steps["contact_id"].is_unique
    place = steps.set_index("contact_id")["step"].to_dict()
    for row in warm_paths(network, draws=0).itertuples():
        if row.to_id in place and row.reached:
            way = row.path.split(";")[1:]
            assert [place[p] for p in way] == sorted(place[p] for p in way)


def check(rows, **more):
    network = network_of(ROLES, TIES)
    steps = pd.DataFrame(rows).assign(account_id="A1")
    return entry_check(network, entry_plan(network, profile(**more)), steps)


def test_a_plan_is_held_against_the_map():
    found = check(
        [
            {"step": 1, "contact_id": "boss", "member_id": "M1", "message": "m", "goal": "g",
             "due": "2026-01-01"},
            {"step": 2, "contact_id": "tech", "message": "m", "due": "2026-09-01"},
            {"step": 3, "contact_id": "user", "member_id": "M1", "done_on": "2026-01-01"},
            {"step": 4, "contact_id": "left", "member_id": "M1"},
        ],
        mode="consensus", decider_id="boss", approvers="tech", criteria="price",
    )  # fmt: skip
    states = found.steps.set_index("contact_id")["state"].to_dict()
    assert states == {"boss": "overdue", "tech": "no_message", "user": "done", "left": "gone",
                      "clerk": "missing"}  # fmt: skip
    items = found.items.set_index("item")
    assert items["state"].to_dict() == {
        "decider_named": "yes", "approvers_named": "yes", "mode_known": "yes",
        "criteria_known": "yes", "everybody_planned": "no", "order_fits": "no",
        "message_set": "no", "nothing_overdue": "no",
    }  # fmt: skip
    assert items.loc["everybody_planned", "people"] == "clerk;tech"
    assert items.loc["order_fits", "people"] == "tech"
    assert items.loc["nothing_overdue", "people"] == "boss"


def test_no_plan_and_no_account():
    network = network_of(ROLES, TIES)
    items = entry_check(network, entry_plan(network)).items.set_index("item")["state"].to_dict()
    assert items["everybody_planned"] == "no" and items["order_fits"] == "unknown"
    empty = network_of({})
    states = entry_check(empty, entry_plan(empty)).items.set_index("item")["state"]
    assert states["everybody_planned"] == "unknown" and states["decider_named"] == "no"
    with pytest.raises(KamkitError):
        entry_check(network, entry_plan(network), pd.DataFrame({"step": [1]}))


def test_call_plan_is_filled_with_what_is_known():
    network = network_of({**ROLES, "boss": {**ROLES["boss"], "as_of": "2026-06-01"}}, TIES)
    contacts = pd.DataFrame(
        {"contact_id": ["boss"], "account_id": "A1", "motivation": ["risk"], "needs": ["a;b"]}
    )
    found = call_plan(network, "boss", contacts).set_index("line")
    assert found.index.tolist() == [line.id for line in contact_scheme().call_plan]
    assert found.loc["known_needs", "known"] == "risk; a;b"
    assert found.loc["stance", "known"] == "0; 2026-06-01"
    assert found.loc["introduction", "known"] == "user"
    assert found["known"].isna().sum() == 7
    assert call_plan(network, "user").set_index("line").loc["who_joins", "known"] == "M1"
    with pytest.raises(KamkitError):
        call_plan(network, "nobody")
    assert DAY == "2026-06-30"
