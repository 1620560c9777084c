"""Contract check and contract list."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.projects import contract_check, contract_findings
from kamkit.schemes.question_sets import load_question_set

STEPS = load_question_set("contract_three_steps")


def full() -> pd.DataFrame:
    return pd.DataFrame({"question": STEPS.question_ids, "answer": "yes", "evidence": "document"})


def test_complete_contract_has_no_risk() -> None:
    found = contract_check(full(), STEPS)
    assert found.risks.empty and found.steps["share"].eq(1).all()
    m = found.measures.set_index("measure")["value"]
    assert m["completeness"] == 1 and m["ready"] == 1 and np.isnan(m["expected_loss"])


def test_gaps_become_register_lines() -> None:
    answers = full()
    answers.loc[0, "answer"] = "no"
    answers.loc[1, "evidence"] = "client"
    answers = answers.drop(index=3)
    answers["chance"], answers["exposure"] = np.nan, np.nan
    answers.loc[0, ["chance", "exposure"]] = [0.2, 50_000.0]
    found = contract_check(answers, STEPS, contract_id="K1")
    causes = found.risks.set_index("question")["contract_gap"]
    ids = STEPS.question_ids
    assert causes[ids[0]] == "missing" and causes[ids[1]] == "by_word_only"
    assert causes[ids[3]] == "not_checked"
    assert found.risks["question"].iloc[0] == ids[0] and found.risks["must"].iloc[0]
    assert found.risks["expected_loss"].iloc[0] == 10_000
    m = found.measures.set_index("measure")
    assert m.loc["ready", "value"] == 0 and m.loc["expected_loss", "value"] == 10_000
    assert m.loc["completeness", "low"] < m.loc["completeness", "high"]
    by_mouth = contract_check(full().assign(evidence="us"), STEPS)
    assert len(by_mouth.risks) == len(ids)


def test_nothing_answered() -> None:
    found = contract_check(pd.DataFrame({"question": [], "answer": []}), STEPS)
    assert set(found.risks["contract_gap"]) == {"not_checked"}
    assert np.isnan(found.measures["value"].iloc[0])


def contracts() -> pd.DataFrame:
    rows = [
        ("K1", "A", "framework", "2024-01-01", "2024-12-31", 100.0, 30),
        ("K2", "A", "framework", "2025-01-01", "2025-12-31", 110.0, 30),
        ("K3", "B", "framework", "2025-01-01", "2025-12-31", 90.0, 30),
        ("K4", "B", "framework", "2025-10-01", "2026-02-10", 80.0, 30),
        ("K5", "C", "single", "2025-01-01", None, 70.0, 30),
        ("K6", "D", "single", "2025-06-01", "2025-01-01", None, 30),
        ("K7", "E", "service", "2025-01-01", "2026-12-31", 60.0, 180),
        ("K8", "F", "service", "2025-01-01", "2026-12-31", 50.0, 30),
    ]
    columns = ["contract_id", "account_id", "kind", "start", "end", "value", "payment_days"]
    return pd.DataFrame(rows, columns=columns)


def test_findings() -> None:
    found = contract_findings(contracts(), as_of="2026-01-15")
    by = found.groupby("contract_id")["contract_issue"].apply(set).to_dict()
    assert by == {
        "K2": {"ended"}, "K4": {"ends_soon", "overlapping"}, "K5": {"no_end"},
        "K6": {"ended", "end_before_start", "no_value"}, "K7": {"long_payment"},
    }  # fmt: skip
    days = found.set_index(["contract_id", "contract_issue"])["days"]
    assert days["K2", "ended"] == -15 and days["K4", "ends_soon"] == 26
    assert days["K4", "overlapping"] == 92
    assert found["value"].dropna().is_monotonic_decreasing
    few = contract_findings(contracts().iloc[:7], as_of="2026-01-15")
    assert "long_payment" not in set(few["contract_issue"])


def test_delivery_after_the_contract() -> None:
    plan = pd.DataFrame({"project_id": ["P", "Q"], "planned_on": ["2026-03-01", "2026-03-01"],
                         "actual_on": [None, "2026-01-01"]})  # fmt: skip
    who = pd.DataFrame({"project_id": ["P", "Q"], "account_id": ["B", "A"]})
    found = contract_findings(contracts(), as_of="2026-01-15", milestones=plan, projects=who)
    late = found[found["contract_issue"] == "delivers_after_end"]
    assert late[["contract_id", "days"]].values.tolist() == [["K4", 19.0]]


def test_dirty_and_empty() -> None:
    with pytest.raises(KamkitError):
        contract_findings(contracts().drop(columns="end"), as_of="2026-01-15")
    empty = contract_findings(contracts().iloc[:0], as_of="2026-01-15")
    assert empty.empty and "contract_issue" in empty.columns
    shuffled = contract_findings(contracts().sample(frac=1, random_state=2), as_of="2026-01-15")
    pd.testing.assert_frame_equal(shuffled, contract_findings(contracts(), as_of="2026-01-15"))
