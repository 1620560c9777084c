"""What the lesson on contacts recomputes, and all accounts side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from methods.contacts.networks import DAY, frames, network_of

from kamkit.errors import KamkitError
from kamkit.methods.contacts import (
    cadence,
    cadence_case,
    call_plan,
    change_case,
    contact_book,
    coverage,
    coverage_moves,
    coverage_of_all,
    entry_case,
    focus_account,
    head_counts,
    if_leaves,
    map_case,
    meeting_plans,
    next_meetings,
    path_case,
    thread_risks,
    warm_paths,
    without,
)

ROLES = {
    "boss": {"influence": 5, "buyer_types": "economic", "phases": "choose", "level": 5},
    "tech": {"influence": 3, "buyer_types": "technical", "phases": "compare", "support": 1},
    "user": {"influence": 2, "buyer_types": "user", "phases": "recognise"},
}
TIES = [("M1", "tech", 4), ("M2", "tech", 1), ("M1", "user", 3), ("tech", "boss", 2)]


def figure(table: pd.DataFrame, measure: str, column: str = "after") -> float:
    return float(table.set_index("measure").loc[measure, column])


@pytest.mark.parametrize("who", ["M1", "M2", "tech", "user", "boss"])
def test_leaving_on_the_map_costs_what_if_leaves_says(who):
    network = network_of(ROLES, TIES)
    case = map_case(network, leaves=who)
    wanted = if_leaves(network, who).iloc[0]
    assert figure(case.figures, "weighted_coverage", "before") == wanted["coverage_before"]
    assert figure(case.figures, "weighted_coverage") == pytest.approx(wanted["coverage_after"])
    assert len(case.without_tie) == wanted["without_tie"]
    assert who not in set(case.people["person_id"])
    assert who not in {*case.links["from_id"], *case.links["to_id"]}


def test_a_contact_who_leaves_stays_on_the_map_in_grey():
    case = map_case(network_of(ROLES, TIES), leaves="tech")
    (ghost,) = case.gone.to_dict("records")
    assert (ghost["person_id"], ghost["strongest"], ghost["known_by"]) == ("tech", 4, "M1;M2;boss")
    assert map_case(network_of(ROLES, TIES), leaves="M1").gone.empty


def test_a_tie_takes_another_strength_and_nothing_else_changes():
    network = network_of(ROLES, TIES)
    assert map_case(network).figures.eval("before == after or before != before").all()
    weaker = map_case(network, tie="M1|tech", strength=2)
    assert figure(weaker.figures, "weighted_coverage") == (3 * 2 + 2 * 3) / (4 * 10)
    dropped = map_case(network, tie="M1|tech", strength=0)
    assert figure(dropped.figures, "weighted_coverage") == (3 * 1 + 2 * 3) / (4 * 10)
    assert dropped.without_tie.empty
    with pytest.raises(KamkitError, match="M9"):
        map_case(network, leaves="M9")


def test_a_way_goes_round_whoever_is_away():
    network = network_of(ROLES, [*TIES, ("user", "boss", 1)])
    steps = path_case(network, to_id="boss").steps
    first = steps[steps["route"] == "first"]
    assert first["from_id"].tolist() == ["M1", "tech"]
    assert first["effort"].sum() == warm_paths(network, "boss")["effort"].iloc[0]
    round_it = path_case(network, to_id="boss", away="tech").steps
    assert round_it["to_id"].tolist() == ["user", "boss"]
    assert path_case(without(network, "user"), to_id="boss", away="tech").steps.empty
    assert path_case(network, to_id="").steps.empty


def test_a_plan_of_meetings_begins_with_the_best_one_and_adds_up():
    network = network_of(ROLES, TIES)
    plans = meeting_plans(network, most=4)
    four = plans.plan(count=4)
    best = next_meetings(network).iloc[0]
    assert four.meetings["contact_id"].iloc[0] == best["contact_id"]
    after = four.meetings["coverage_after"]
    assert after.is_monotonic_increasing
    assert figure(four.figures, "weighted_coverage") == pytest.approx(after.iloc[-1])
    assert len(plans.plan(count=1).meetings) == 1
    assert after.iloc[0] - figure(four.figures, "weighted_coverage", "before") == pytest.approx(
        best["coverage_gain"]
    )


def test_a_plan_ends_where_no_meeting_adds_anything():
    full = network_of({"C1": {"influence": 5}}, [("M1", "C1", 3)])
    plans = meeting_plans(full, most=6)
    assert len(plans.meetings["all"]) == 1
    assert figure(plans.plan(count=6).figures, "weighted_coverage") == 1.0
    assert meeting_plans(network_of({})).plan(count=3, hosts="here").meetings.empty


def test_somebody_new_can_be_sent():
    network = network_of({"C1": {"influence": 5, "level": 5, "function": "general_management"}})
    members = pd.DataFrame({"member_id": ["M9"], "role": ["general_manager"]})
    two = meeting_plans(network, members).plan(count=2)
    assert two.meetings["member_id"].tolist() == ["M9", "M9"]
    assert figure(two.figures, "weighted_coverage") == 0.5
    assert meeting_plans(network, members).plan(count=2, hosts="here").meetings.empty


def test_heads_and_influence_of_every_account():
    contacts, roles, links = frames(ROLES, TIES)
    book = contact_book(contacts, roles, links, as_of=DAY)
    (row,) = head_counts(book).accounts.to_dict("records")
    assert (row["contacts"], row["contacts_covered"], row["our_people"]) == (3, 2, 1)
    assert row["influence_share"] == 0.5 and row["economic_buyer"] == "uncovered"
    assert head_counts(book, least=4).accounts["contacts_covered"].tolist() == [1]
    figures = coverage(network_of(ROLES, TIES)).set_index("measure")["value"]
    assert row["covered_share"] == figures["count_coverage_ge2"]
    assert focus_account(head_counts(book)) == "A1" == focus_account(head_counts(book), "A1")


def test_nobody_known_has_defined_answers():
    none = pd.DataFrame({"contact_id": [], "account_id": []})
    book = contact_book(none, as_of=DAY)
    assert head_counts(book).accounts.empty
    assert focus_account(head_counts(book), "A1") == ""
    assert thread_risks({"contacts": none}, DAY).empty
    network = network_of({})
    assert map_case(network).without_tie.empty
    assert entry_case(network).plan.steps.empty
    assert call_plan(network, "")["known"].isna().all()
    assert change_case(book, book, account_id="A1").everybody.empty


def test_contacts_without_roles_have_an_empty_plan_and_no_talks_are_never():
    bare = network_of({"C1": {}})
    assert entry_case(bare).plan.steps.empty
    contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1"})
    none = pd.DataFrame(columns=["contact_id", "date", "made_by"])
    found = cadence(contacts, none, as_of=DAY).iloc[0]
    assert found["overdue"] and pd.isna(found["last_contact"])


def test_mailings_do_not_count_unless_asked():
    contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1"})
    talks = pd.DataFrame({"contact_id": "C1", "date": ["2026-06-01"], "made_by": ["system"]})
    options = {"as_of": DAY, "account_id": "A1"}
    assert cadence_case(contacts, talks, **options).table["overdue"].tolist() == [True]
    counted = cadence_case(contacts, talks, **options, count_system=True)
    assert counted.table["overdue"].tolist() == [False]
    assert counted.measures["value"].iloc[0] == 0


def test_another_mode_changes_the_order_and_keeps_the_people():
    network = network_of(ROLES, [*TIES, ("M1", "boss", 2)])
    found = {mode: entry_case(network, mode=mode).plan for mode in ("authority", "consensus")}
    orders = {mode: plan.steps["contact_id"].tolist() for mode, plan in found.items()}
    assert orders["authority"][0] == "boss" and orders["consensus"][-1] == "boss"
    assert sorted(orders["authority"]) == sorted(orders["consensus"])
    assert {plan.decision.mode for plan in found.values()} == {"authority", "consensus"}


def test_accounts_on_one_thread_come_by_money():
    contacts = pd.DataFrame({"contact_id": ["C1", "C2", "C3"], "account_id": ["A", "B", "C"]})
    ties = pd.DataFrame({"account_id": ["A", "B"], "from_id": "M1", "to_id": ["C1", "C2"],
                         "from_side": "us", "strength": 3})  # fmt: skip
    values = pd.DataFrame({"account_id": ["A", "B"], "revenue": [1.0, 2.0]})
    found = thread_risks({"contacts": contacts, "ties": ties}, DAY, values)
    assert found["account_id"].tolist() == ["B", "A", "C"]
    assert found["cut_person"].tolist()[:2] == ["M1", "M1"] and np.isnan(found["revenue"].iloc[2])


def test_moves_leave_out_small_accounts():
    contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1"})
    roles = pd.DataFrame({"contact_id": ["C1"], "influence": [5]})
    ties = pd.DataFrame({"account_id": "A1", "from_id": "M1", "to_id": "C1", "from_side": "us",
                         "strength": [1, 4], "as_of": ["2025-01-01", "2026-01-01"]})  # fmt: skip
    tables = {"contacts": contacts, "contact_roles": roles, "ties": ties}
    days = [coverage_of_all(tables, day) for day in ("2025-06-30", DAY)]
    (row,) = coverage_moves(*days, least=1).to_dict("records")
    assert (row["weighted_before"], row["weighted_change"]) == (0.25, 0.75)
    assert row["separated"]
    assert coverage_moves(*days).empty
