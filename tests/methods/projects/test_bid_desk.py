"""Compliance matrix, bid calendar, and gate reviews of many projects."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.projects import (
    WorkingDays,
    bid_calendar,
    compliance_matrix,
    gate_inputs,
    gate_review,
    gate_reviews,
    step_table,
)
from kamkit.schemes import load_bid_steps, read_bid_steps
from kamkit.schemes.criteria import DATA

ROWS = pd.DataFrame({
    "requirement_id": ["R1", "R2", "R3", "R4", "R5"],
    "section": ["tech", "tech", "deal", "deal", "deal"],
    "must": [True, True, True, False, False], "weight": [1, 1, 1, 3, 2],
    "complies": ["complies", "complies", "complies", "partly", None],
    "evidence": ["document", "document", "us", "us", None],
    "owner_id": ["M1", "", "M2", None, "M3"],
    "due": ["2026-03-01", "2026-03-01", "2026-03-01", "2026-04-01", "2026-03-08"],
})  # fmt: skip


def test_compliance_by_hand() -> None:
    found = compliance_matrix(ROWS, as_of="2026-03-10")
    assert found.decision.iloc[0].tolist() == ["hold", 0, 1, "R3"]
    by = found.sections.set_index("section")
    assert by.loc["tech", "decision"] == "go" and by.loc["deal", "decision"] == "hold"
    assert (by.loc["deal", "thin"], by.loc["deal", "unknown"]) == (1, 1)
    # Known of "deal": half of 3 points; thin and unknown stand open.
    assert by.loc["deal", ["low", "share", "high"]].tolist() == [1.5 / 6, 0.5, 4.5 / 6]
    assert found.open["requirement_id"].tolist() == ["R3", "R4", "R5"]
    m = found.measures.set_index("measure")["value"]
    assert m["requirements_overdue"] == 2 and m["requirements_no_owner"] == 1
    assert m["musts_met"] == 2 and m["share_answered"] == 6 / 8


def test_a_must_that_fails_ends_it_and_unknown_does_not() -> None:
    failed = ROWS.assign(complies=["no", *ROWS["complies"][1:]])
    assert compliance_matrix(failed).decision["decision"].item() == "stop"
    blank = compliance_matrix(ROWS.assign(complies=None))
    assert blank.decision["decision"].item() == "hold"
    assert (blank.sections["low"] == 0).all() and (blank.sections["high"] == 1).all()
    met = compliance_matrix(ROWS.assign(complies="complies", evidence="document"))
    assert met.decision["decision"].item() == "go" and met.open.empty


def test_compliance_dirty_and_empty() -> None:
    with pytest.raises(KamkitError) as caught:
        compliance_matrix(pd.DataFrame({"requirement_id": ["a", "a"], "complies": ["so", "no"],
                                        "weight": [-1, 1]}))  # fmt: skip
    assert {p.code for p in caught.value.problems} == {"not_allowed", "bad_weight", "duplicate_key"}
    none = compliance_matrix(ROWS.iloc[:0])
    assert none.decision.empty and none.measures["variant"].iloc[0] == "too_little_data"
    mixed = compliance_matrix(ROWS.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(mixed.open, compliance_matrix(ROWS).open)


STEPS = pd.DataFrame({
    "step_id": ["go", "matrix", "tech", "price", "review", "print"],
    "work_days": [1, 3, 8, 5, 2, 1],
    "after": ["", "go", "matrix", "matrix", "tech; price", "review"],
    "done_on": ["2026-03-03", None, None, None, None, None],
})  # fmt: skip


def test_working_days_with_holidays_and_make_up_days() -> None:
    week = WorkingDays("2026-02-16", holidays=["2026-02-17"], extra=["2026-02-14"])
    start = week.number("2026-02-13")
    assert [week.day(start + i).day for i in range(4)] == [13, 14, 16, 18]
    assert week.number("2026-02-17", end=True) + 1 == week.number("2026-02-17")
    with pytest.raises(KamkitError):
        week.number("1990-01-01")


def test_calendar_by_hand() -> None:
    found = bid_calendar(STEPS, submit_on="2026-03-27", as_of="2026-03-05")
    by = found.steps.set_index("step_id")
    # 27 March is a Friday; one day of reserve: everything ends on Thursday, 26 March.
    assert by.loc["print", "latest_end"] == pd.Timestamp("2026-03-26")
    assert by.loc["review", "latest_start"] == pd.Timestamp("2026-03-24")
    assert by.loc["tech", "latest_start"] == pd.Timestamp("2026-03-12")
    assert by.loc["matrix", "earliest_end"] == pd.Timestamp("2026-03-09")
    assert by["float_days"].to_dict() == {
        "go": 3, "matrix": 2, "tech": 2, "price": 5, "review": 2, "print": 2,
    }  # fmt: skip
    assert by.loc["go", "step_status"] == "done" and not by.loc["price", "critical"]
    assert found.measures.set_index("measure").loc["bid_in_time", "value"] == 1


def test_what_cannot_be_in_time_any_more() -> None:
    late = bid_calendar(STEPS, submit_on="2026-03-20", as_of="2026-03-10")
    by = late.steps.set_index("step_id")
    assert by.loc["print", "step_status"] == "late" and by.loc["print", "late_days"] == 6
    m = late.measures.set_index("measure")["value"]
    assert m["bid_in_time"] == 0 and m["bid_float"] == -6
    done = STEPS.assign(done_on="2026-03-10")
    past = bid_calendar(done, submit_on="2026-03-20", as_of="2026-03-12")
    assert set(past.steps["step_status"]) == {"done", "done_late"}


def test_ranges_of_days_give_a_chance() -> None:
    ranged = STEPS.assign(work_days_low=[1, 2, 5, 4, 1, 1], work_days_high=[1, 5, 14, 8, 4, 2])
    found = bid_calendar(ranged, submit_on="2026-03-27", as_of="2026-03-05")
    chance = found.measures.set_index("measure").loc["bid_in_time", "value"]
    assert 0 < chance < 1
    share = found.steps.set_index("step_id")["critical_share"]
    assert share["tech"] > share["price"] and share["go"] == 0
    again = bid_calendar(ranged, submit_on="2026-03-27", as_of="2026-03-05")
    pd.testing.assert_frame_equal(found.steps, again.steps)


def test_shipped_steps_and_a_companys_own(tmp_path: Path) -> None:
    plan = load_bid_steps()
    found = bid_calendar(step_table(plan), submit_on="2026-06-30", as_of="2026-05-20", draws=200)
    assert found.steps["step_id"].iloc[-1] == "deliver" and "house" in plan.origin
    assert all(plan.names("zh").values()) and len(plan.names("en")) == len(found.steps)
    own = tmp_path / "steps.toml"
    text = DATA.joinpath("bid_steps.toml").read_text(encoding="utf-8")
    own.write_text(text.replace("work_days = 8", "work_days = 10"), encoding="utf-8")
    assert read_bid_steps(own).steps[5].work_days == 10
    for old, new in (('after = ["decide"]', 'after = ["seal"]'), ("low = 6", "low = 9"),
                     ('id = "seal"', 'id = "write"'), ("format = 1", "format = 2")):  # fmt: skip
        own.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(KamkitError):
            read_bid_steps(own)


def test_calendar_dirty_and_empty() -> None:
    circle = STEPS.assign(after=["print", "go", "matrix", "matrix", "tech; price", "review"])
    with pytest.raises(KamkitError) as caught:
        bid_calendar(circle, submit_on="2026-03-27", as_of="2026-03-05")
    assert caught.value.problems[0].code == "circular_steps"
    with pytest.raises(KamkitError):
        bid_calendar(STEPS.assign(after="nobody"), submit_on="2026-03-27", as_of="2026-03-05")
    with pytest.raises(KamkitError):
        bid_calendar(STEPS.assign(work_days=-1), submit_on="2026-03-27", as_of="2026-03-05")
    none = bid_calendar(STEPS.iloc[:0], submit_on="2026-03-27", as_of="2026-03-05")
    assert none.steps.empty and none.measures["variant"].iloc[0] == "too_little_data"
    one = bid_calendar(STEPS.iloc[1:2].assign(after=""), submit_on="2026-03-27", as_of="2026-03-05")
    assert one.steps["critical"].item()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=8), st.integers(0, 99))
def test_no_step_ends_after_the_next_must_start(days: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = len(days)
    after = [";".join(f"s{j}" for j in range(i) if rng.random() < 0.4) for i in range(n)]
    plan = pd.DataFrame({"step_id": [f"s{i}" for i in range(n)], "work_days": days, "after": after})
    found = bid_calendar(plan, submit_on="2026-06-30", as_of="2026-04-01")
    by = found.steps.set_index("step_id")
    for i, words in enumerate(after):
        for before in filter(None, words.split(";")):
            if days[i]:
                assert by.loc[before, "latest_end"] < by.loc[f"s{i}", "latest_start"]
            assert by.loc[before, "earliest_end"] <= by.loc[f"s{i}", "earliest_end"]
    assert by["critical"].any()
    mixed = bid_calendar(plan.sample(frac=1, random_state=seed), submit_on="2026-06-30",
                         as_of="2026-04-01")  # fmt: skip
    pd.testing.assert_frame_equal(found.steps, mixed.steps)


GATES = SimpleNamespace(
    id="own", origin="house",
    questions=tuple(
        SimpleNamespace(id=k, group=g, weight=1.0, gate=gate, origin="house")
        for k, g, gate in (
            ("budget", "start", True), ("team", "start", False), ("price", "bid", True),
        )
    ),
)  # fmt: skip


def answers() -> pd.DataFrame:
    rows = [
        ("P1", None, "budget", "yes", "client", "2026-01-01", "M1", "own"),
        ("P1", None, "team", "yes", "us", "2026-01-01", "M1", "own"),
        ("P1", None, "price", "yes", "client", "2026-05-01", "M1", "own"),
        ("P2", None, "budget", "no", "client", "2026-01-01", "M1", None),
        ("P2", None, "elsewhere", "no", "client", "2026-01-01", "M1", None),
        (None, "O1", "budget", "unknown", None, None, "M2", "own"),
        ("P3", None, "budget", "yes", "client", "2026-01-01", "M1", "other_set"),
    ]
    columns = ["project_id", "opportunity_id", "question", "answer", "evidence", "answered_on",
               "by", "question_set"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def test_gate_answers_of_each_project() -> None:
    inputs = gate_inputs(answers(), GATES)
    assert list(inputs) == ["P1", "P2"] and len(inputs["P2"]) == 1
    found = gate_reviews(answers(), GATES)
    assert found.decisions[["project_id", "decision"]].values.tolist() == [
        ["P2", "stop"],
        ["P1", "go"],
    ]
    alone = gate_review(inputs["P1"], GATES)
    mine = found.questions[found.questions["project_id"] == "P1"].drop(columns="project_id")
    pd.testing.assert_frame_equal(mine.reset_index(drop=True), alone.questions)
    deals = gate_reviews(answers(), GATES, by="opportunity_id")
    assert deals.decisions[["opportunity_id", "decision"]].values.tolist() == [["O1", "hold"]]
    early = gate_reviews(answers(), GATES, as_of="2026-03-01").decisions.set_index("project_id")
    assert early.loc["P1", "decision"] == "hold" and early.loc["P1", "first_missing"] == "price"
    staged = gate_reviews(answers(), GATES, phases={"P1": "start"}, as_of="2026-03-01").decisions
    assert staged.set_index("project_id").loc["P1", "decision"] == "go"


def test_gate_answers_empty_and_dirty() -> None:
    none = gate_reviews(answers().iloc[:0], GATES)
    assert none.decisions.empty and "share_met" in none.decisions and none.phases.empty
    wrong = answers().assign(question=["budgit", *answers()["question"][1:]])
    with pytest.raises(KamkitError):
        gate_reviews(wrong, GATES)
    with pytest.raises(KamkitError):
        gate_reviews(answers(), GATES, by="account_id")
