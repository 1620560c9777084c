"""Team mix: coverage, single points, balance, what nobody asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from methods.appraisal.people import codes

from kamkit.errors import KamkitError
from kamkit.methods.appraisal import team_mix

PEOPLE = pd.DataFrame(
    {
        "member_id": list("abcdef"),
        "team": ["north"] * 3 + ["south"] * 3,
        "knowledge": ["lifts; law", "lifts", None, "finance", "finance;lifts", "finance"],
        "skills": [["costing", "bidding"], ["bidding"], [], ["bidding"], None, ["bidding"]],
        "experience_years": [1.0, 5, 12, 2, 2, np.nan],
        "x_age": [30, 40, 50, 30, 40, 50],
    }
)


def test_gaps_and_single_points():
    found = team_mix(PEOPLE).coverage.set_index(["team", "attribute", "tag"])
    assert found.loc[("north", "knowledge", "finance"), ["status", "elsewhere"]].tolist() == [
        "gap", 3,
    ]  # fmt: skip
    assert found.loc[("north", "knowledge", "law"), ["status", "who"]].tolist() == [
        "single_point", "a",
    ]  # fmt: skip
    assert found.loc[("south", "knowledge", "finance"), "status"] == "covered"
    assert found.loc[("north", "experience_years", "8+"), "who"] == "c"


def test_balance_and_who_would_be_missed():
    found = team_mix(PEOPLE).balance.set_index(["team", "attribute"])
    assert found.loc[("north", "experience_years"), "balance"] == pytest.approx(1.0)
    assert found.loc[("south", "experience_years"), "balance"] == 0.0
    north = found.loc[("north", "skills")]
    assert north[["unknown", "worst_leaver", "coverage_if_left"]].tolist() == [1, "a", 0.5]
    assert found.loc[("south", "knowledge"), "unknown"] == 0


def test_age_and_sex_are_never_looked_at():
    assert set(team_mix(PEOPLE).coverage["attribute"]) == {
        "knowledge", "skills", "experience_years",
    }  # fmt: skip
    assert set(team_mix(PEOPLE, ["x_age"]).coverage["attribute"]) == {"x_age"}


def test_wanted_tags_and_leavers():
    found = team_mix(PEOPLE, ["skills"], wanted={"skills": ["drawing"]}).coverage
    assert found["status"].tolist() == ["gap", "gap"]
    gone = PEOPLE.assign(left_on=[pd.Timestamp("2026-01-01")] + [pd.NaT] * 5)
    kept = team_mix(gone, ["skills"]).coverage
    assert set(kept["tag"]) == {"bidding"}


def test_empty_unknown_and_missing():
    assert team_mix(PEOPLE.iloc[:0]).coverage.empty
    blank = team_mix(PEOPLE.assign(skills=None), ["skills"]).balance
    assert blank["coverage"].isna().all() and set(blank["note"]) == {"mostly_unknown"}
    with pytest.raises(KamkitError) as error:
        team_mix(PEOPLE, ["languages"])
    assert codes(error) == {"missing_column"}
    one = team_mix(PEOPLE.iloc[:1], ["skills"]).balance
    assert one["balance"].isna().all() and one["note"].tolist() == ["few_members"]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(st.sampled_from("xyz"), max_size=3), min_size=1, max_size=8))
def test_balance_lies_between_0_and_1_in_any_order(tags):
    people = pd.DataFrame(
        {"member_id": [f"p{i}" for i in range(len(tags))], "team": "t", "skills": tags}
    )
    found, turned = team_mix(people), team_mix(people[::-1])
    balance = found.balance["balance"].dropna()
    assert balance.between(-1e-9, 1 + 1e-9).all()
    pd.testing.assert_frame_equal(found.coverage, turned.coverage)
    pd.testing.assert_frame_equal(found.balance, turned.balance)
