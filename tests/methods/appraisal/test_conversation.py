"""The conversation sheet: both sides' evidence, and nobody else's figures."""

from __future__ import annotations

from dataclasses import fields

import pandas as pd
import pytest
from methods.appraisal.people import codes, parts, profile, ratings, staff

from kamkit.errors import KamkitError
from kamkit.methods.appraisal import (
    combined_result,
    competence_gaps,
    conversation_sheet,
    development_plan,
)

TRUE = {"P00": 2.0, "P01": 4.5, "P02": 3.0}
RATED = pd.concat(
    [
        ratings(TRUE, {"M1": 0.0, "M2": 0.0, "M3": 0.0}),
        ratings({"P00": 4.0, "P01": 4.0}, {"self": 0.0}, source="self"),
    ]
).assign(evidence=lambda t: "said of " + t["ratee_id"] + " by " + t["source"])
GAPS = competence_gaps(RATED, profile(), staff(3))
RESULT = combined_result(parts({"P00": 40.0, "P01": 80.0, "P02": 60.1}), {"kpi": 1})
CARD = pd.DataFrame(
    {"scope_id": ["P00", "P00", "P01"], "kpi": ["sales", "visits", "sales"],
     "attainment": [1.05, None, 0.7]}
)  # fmt: skip


def sheet(person: str = "P00"):
    people = staff(3, name=["Ada", "Bo", "Cy"])
    return conversation_sheet(
        person, RESULT, kpi_parts=CARD, gaps=GAPS, ratings=RATED, members=people,
        plan=development_plan(GAPS, as_of="2026-06-30"),
    )  # fmt: skip


def test_evidence_on_both_sides():
    found = sheet()
    sides = found.evidence.groupby("side")["item"].agg(list)
    assert sides["for"] == ["sales"]
    assert len(sides["against"]) == 3
    assert found.open_points["reason"].tolist() == ["no_target"]
    assert found.differences["sure"].all() and (found.differences["gap"] == 2.0).all()


def test_what_cannot_be_told_is_an_open_point():
    found = sheet("P02")
    assert found.evidence.empty
    assert "cannot_tell" in set(found.open_points["reason"])
    assert "grade_not_settled" in set(found.open_points["reason"])


def test_nobody_elses_data():
    for person, others in (("P00", ("P01", "P02", "Bo", "Cy")), ("P01", ("P00", "P02", "Ada"))):
        found = sheet(person)
        for field in fields(found):
            said = str(getattr(found, field.name).to_dict()) if field.name != "member_id" else ""
            assert not any(other in said for other in others), field.name
        assert "group" not in found.result


def test_only_managers_are_quoted():
    found = sheet()
    said = set(found.evidence.loc[found.evidence["kind"] == "competence", "text"])
    assert said == {"said of P00 by manager"}


def test_evidence_of_other_periods_is_left_out():
    old = RATED.assign(period="2025H2", evidence="long ago")
    found = conversation_sheet("P00", RESULT, gaps=GAPS, ratings=pd.concat([old, RATED]))
    assert not found.evidence["text"].str.contains("long ago").any()


def test_signatures_and_agreement_are_blank():
    found = sheet()
    assert found.signatures["role"].tolist() == ["member", "manager", "next_manager"]
    assert found.signatures["member_id"].tolist() == ["P00", "M1", ""]
    assert found.signatures["name"].tolist() == ["Ada", "", ""]
    assert found.signatures["signed_on"].isna().all()
    assert found.agreement[["member_view", "manager_view", "agreed"]].eq("").all().all()


def test_result_alone_and_unknown_person():
    found = conversation_sheet("P01", RESULT)
    assert found.evidence.empty and found.plan.empty and len(found.result) == 1
    with pytest.raises(KamkitError) as error:
        conversation_sheet("P99", RESULT)
    assert codes(error) == {"unknown_person"}
