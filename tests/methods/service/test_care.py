"""Rhythm of visits, feedback loops, maintenance tactics and the audit of attributes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.service import (
    TACTICS,
    closed_loop,
    maintenance_scorecard,
    practice_profile,
    process_due,
    service_audit,
    visit_cadence,
)

DAY = "2026-06-30"
TIERS = pd.DataFrame({"account_id": list("ABCDE"),
                      "tier": ["tier_1", "tier_1", "tier_4", "tier_4", "tier_2"]})  # fmt: skip


def seen() -> pd.DataFrame:
    rows = [
        ("A", "A1", "2026-06-20", "human", "visit"), ("A", "A1", "2026-06-29", "system", "visit"),
        ("B", "B1", "2026-05-01", "human", "visit"), ("B", "B2", "2026-06-29", "human", "phone"),
        ("C", "C1", "2026-05-01", "human", "visit"), ("C", "C1", "2026-07-15", "human", "visit"),
        ("E", "E1", "2026-05-25", "human", "visit"), ("E", "E2", "2026-05-25", "human", "visit"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["account_id", "contact_id", "date", "made_by", "channel"])


def people() -> pd.DataFrame:
    return pd.DataFrame({
        "contact_id": ["A1", "B1", "B2", "C1", "D1"], "account_id": ["A", "B", "B", "C", "D"],
        "wished_contact_days": [14, 30, 30, None, 30],
        "left_on": [None, None, None, None, "2026-01-01"],
    })  # fmt: skip


def test_cadence_by_hand() -> None:
    found = visit_cadence(seen(), TIERS, as_of=DAY, contacts=people())
    a = found.accounts.set_index("account_id")
    assert a["cadence_state"].to_dict() == {
        "A": "on_time", "B": "overdue", "C": "on_time", "D": "never", "E": "due_soon",
    }  # fmt: skip
    # A telephone call is no visit, a system mail no contact, a visit still to come unknown.
    assert a.loc["B", "overdue_days"] == 60 - 31 and a.loc["C", "days_since"] == 60
    assert a.loc["E", "per_year"] == 1 and a.loc["A", "due_on"] == pd.Timestamp("2026-07-21")
    assert found.accounts["account_id"].iloc[0] == "B"
    c = found.contacts.set_index("contact_id")["cadence_state"].to_dict()
    assert c == {"A1": "due_soon", "B1": "overdue", "B2": "on_time", "C1": "no_rhythm"}
    t = found.tiers.set_index("tier")
    assert t.loc["tier_4", "never"] == 1 and t.loc["tier_1", "share"] == 0.5
    assert found.measures.set_index("measure").loc["visits_to_catch_up", "value"] == 2


def test_other_processes_and_their_channels() -> None:
    touch = visit_cadence(seen(), TIERS, as_of=DAY, process="touch").accounts
    assert touch.set_index("account_id").loc["B", "days_since"] == 1
    plan = visit_cadence(seen(), TIERS, as_of=DAY, process="joint_plan").accounts
    assert plan.set_index("account_id").loc["C", "cadence_state"] == "no_rhythm"
    with pytest.raises(KamkitError):
        visit_cadence(seen(), TIERS, as_of=DAY, process="dinner")


def test_anything_that_recurs() -> None:
    days = ["2024-03-01", "2026-03-01", "2025-01-01", "2026-08-01"]
    sent = pd.DataFrame({"account_id": ["A", "A", "C", "B"], "as_of": days})
    found = process_due(sent, TIERS, process="class_review", as_of=DAY, date="as_of")
    state = found.set_index("account_id")["cadence_state"].to_dict()
    assert state == {"A": "on_time", "B": "never", "C": "overdue", "D": "never", "E": "never"}
    with pytest.raises(KamkitError):
        process_due(sent, TIERS, process="class_review", as_of=DAY, date="when")


def test_gap_that_still_runs_counts() -> None:
    rows = pd.DataFrame({"account_id": "A", "made_by": "human", "channel": "visit",
                         "date": ["2026-01-01", "2026-01-11", "2026-01-21"]})  # fmt: skip
    t = visit_cadence(rows, TIERS, as_of=DAY).tiers.set_index("tier")
    assert t.loc["tier_1", "gaps"] == 3 and t.loc["tier_1", "gap_median"] == 10
    late = visit_cadence(rows.iloc[:2], TIERS, as_of=DAY).tiers.set_index("tier")
    assert late.loc["tier_1", "gap_median"] == 10 and np.isnan(late.loc["tier_1", "gap_high"])


def test_cadence_empty_and_order() -> None:
    none = visit_cadence(seen().iloc[:0], TIERS, as_of=DAY, contacts=people())
    assert set(none.accounts["cadence_state"]) == {"never"}
    assert none.measures.set_index("measure").loc["accounts_on_time", "value"] == 0
    nobody = visit_cadence(seen(), TIERS.iloc[:0], as_of=DAY)
    assert nobody.accounts.empty and nobody.measures["variant"].iloc[0] == "too_little_data"
    one, two = (visit_cadence(r, TIERS, as_of=DAY, contacts=people())
                for r in (seen(), seen().sample(frac=1, random_state=3)))  # fmt: skip
    for name in ("accounts", "contacts", "tiers", "measures"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))


def loops() -> pd.DataFrame:
    rows = [
        ("F1", "2026-01-01", "2026-01-05", "2026-01-07", "2026-01-20", "2026-02-01"),
        ("F2", None, "2026-03-01", "2026-03-20", None, None),
        ("F3", "2026-05-01", None, None, None, None),
        ("F4", None, "2026-06-29", None, None, None),
        ("F5", "2026-02-01", "2026-02-10", "2026-02-05", None, None),  # answered before it came
        ("F6", None, "2026-07-10", None, None, None),  # not known yet
    ]
    columns = ["feedback_id", "asked_on", "received_on", "answered_on", "acted_on", "told_on"]
    return pd.DataFrame(rows, columns=columns)


def test_closed_loop_by_hand() -> None:
    found = closed_loop(loops(), as_of=DAY)
    by = found.steps.set_index("loop_step")
    assert (by.loc["received", "cases"], by.loc["received", "done"]) == (3, 2)
    assert (by.loc["answered", "cases"], by.loc["answered", "done"]) == (3, 2)
    assert by.loc["answered", "impossible"] == 1
    assert (by.loc["answered", "judged"], by.loc["answered", "in_time"]) == (2, 1)
    assert (by.loc["told", "cases"], by.loc["told", "done"]) == (4, 1)
    assert np.isnan(by.loc["received", "limit_days"]) and by.loc["told", "limit_days"] == 45
    waiting = found.open.set_index("feedback_id")
    assert waiting["loop_step"].to_dict() == {"F2": "acted", "F5": "acted", "F4": "answered"}
    assert (
        waiting.loc["F5", "overdue_days"] == 140 - 30 and found.open["feedback_id"].iloc[0] == "F5"
    )
    m = found.measures.set_index("measure")["value"]
    assert m["closed_loop_rate"] == 0.25 and m["feedback_unasked"] == 2 and m["loops_open"] == 3
    mixed = closed_loop(loops().sample(frac=1, random_state=1), as_of=DAY)
    pd.testing.assert_frame_equal(found.steps, mixed.steps)
    pd.testing.assert_frame_equal(found.open, mixed.open)


def test_closed_loop_empty_and_dirty() -> None:
    none = closed_loop(loops().iloc[:0], as_of=DAY)
    assert none.open.empty and none.measures["variant"].iloc[0] == "too_little_data"
    assert none.steps["share"].isna().all()
    with pytest.raises(KamkitError):
        closed_loop(loops().drop(columns="received_on"), as_of=DAY)
    bare = closed_loop(loops()[["feedback_id", "received_on"]], as_of=DAY)
    assert bare.measures["value"].iloc[0] == 0


def test_scorecard_by_hand() -> None:
    plan = pd.DataFrame([
        ("A", "regular_contact", "Q1", 4, 4, 5), ("A", "regular_contact", "Q2", 4, 2, 3),
        ("A", "added_value", "Q1", 1, 3, None), ("A", "seek_feedback", "Q1", 2, None, None),
        ("B", "long_term", "Q1", 0, 1, 4),
    ], columns=["account_id", "tactic", "period", "planned", "done", "quality"])  # fmt: skip
    found = maintenance_scorecard(plan, accounts=["C"])
    lines = found.lines.set_index(["account_id", "tactic"])
    assert len(found.lines) == 3 * len(TACTICS)
    assert lines.loc[("A", "regular_contact"), "share"] == 0.75
    # Three done of one planned: one kept, two extra, and no gap elsewhere is filled with them.
    assert lines.loc[("A", "added_value"), ["done", "extra"]].tolist() == [1, 2]
    assert lines.loc[("A", "seek_feedback"), "care_state"] == "unknown"
    assert lines.loc[("B", "long_term"), "care_state"] == "not_planned"
    a = found.accounts.set_index("account_id")
    assert a.loc["A", "weakest"] == "regular_contact" and a.loc["A", "quality"] == 4
    assert a.loc["A", "least_share"] == pytest.approx(7 / 11)
    assert a.loc["A", "most_share"] == pytest.approx(9 / 11)
    assert a.loc["B", "tactics_done"] == 1 and np.isnan(a.loc["B", "share"])
    assert a.loc["C", "variant"] == "too_little_data"
    t = found.tactics.set_index("tactic")
    assert t.loc["regular_contact", "variant"] == "too_little_data"
    only = maintenance_scorecard(plan, periods=["Q2"]).lines
    assert only["planned"].sum() == 4


def test_scorecard_dirty_and_empty() -> None:
    plan = pd.DataFrame({"account_id": ["A", "A"], "tactic": ["dinner", "long_term"],
                         "period": "Q1", "planned": [-1, 1], "done": [0, 1],
                         "quality": [1, 9]})  # fmt: skip
    with pytest.raises(KamkitError) as caught:
        maintenance_scorecard(plan)
    assert len(caught.value.problems) == 3
    empty = maintenance_scorecard(plan.iloc[:0])
    assert empty.lines.empty and empty.accounts.empty and len(empty.tactics) == len(TACTICS)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 60), st.integers(0, 99))
def test_scorecard_shares_whatever_the_order(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    plan = pd.DataFrame({
        "account_id": rng.choice(list("ABC"), n), "tactic": rng.choice(TACTICS, n),
        "period": [f"P{i}" for i in range(n)], "planned": rng.integers(0, 5, n),
        "done": rng.integers(0, 6, n), "quality": rng.integers(1, 6, n),
    })  # fmt: skip
    one, two = (maintenance_scorecard(p) for p in (plan, plan.sample(frac=1, random_state=seed)))
    for name in ("lines", "accounts", "tactics"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))
    known = one.accounts[["share", "low", "high"]].dropna()
    assert (
        (known["low"] <= known["share"] + 1e-12) & (known["share"] <= known["high"] + 1e-12)
    ).all()


def test_practices_are_deeds() -> None:
    talks = pd.DataFrame({"account_id": "A", "made_by": ["human", "human", "system"],
                          "date": ["2026-06-01", "2026-01-10", "2026-05-01"]})  # fmt: skip
    used = pd.DataFrame({"account_id": ["A", "A"], "service": "training", "year": [2026, 2020],
                         "uses": [3, 9]})  # fmt: skip
    built = pd.DataFrame({"account_id": ["A"], "started_on": ["2026-02-01"],
                          "customised_product": [False]})  # fmt: skip
    found = practice_profile(
        ["A", "B"], as_of=DAY, interactions=talks, uptake=used, projects=built
    ).set_index(["account_id", "care_method"])
    row = found.loc[("A", "regular_communication")]
    assert row["events"] == 2 and row["regularity"] == pytest.approx(2 / 12)
    assert found.loc[("A", "added_value"), "events"] == 3
    assert found.loc[("A", "mutual_trust"), "care_method_state"] == "no_data"
    assert found.loc[("A", "customised_solutions"), "care_method_state"] == "not_seen"
    assert found.loc[("B", "added_value"), "care_method_state"] == "not_seen"


def test_audit_of_five_attributes() -> None:
    said = pd.DataFrame({
        "account_id": ["A"] * 4, "question": ["names_known", "one_entry", "times_promised",
                                              "escalation_known"],
        "answer": ["yes", "yes", "no", "no"], "evidence": ["us"] * 4,
    })  # fmt: skip
    found = service_audit(said).set_index(["account_id", "group"])
    assert len(found) == 10 and found.loc[("A", "process"), "share"] == pytest.approx(1 / 3)
    assert found.loc[("A", "channels"), "high"] == 1
    assert service_audit(said.iloc[:0]).empty
