"""What the team lesson recomputes: as the methods behind it, with refusals and empty tables."""

from __future__ import annotations

import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods import appraisal
from kamkit.schemes import load_rules

PEOPLE = pd.DataFrame(
    {
        "member_id": ["a", "b", "c", "d"],
        "role": "kam",
        "team": ["n", "n", "n", "s"],
        "skills": ["bid;plan", "bid", "draw", "plan"],
    }
)
PROFILE = pd.DataFrame({"role": "kam", "competency": ["x", "y"], "target_level": [5, 3]})


def ratings(raters: dict[str, int], ratees: str = "abc") -> pd.DataFrame:
    rows = [
        (ratee, rater, "manager", item, "2025", min(max(4 - shift, 1), 5))
        for rater, shift in raters.items()
        for ratee in ratees
        for item in ("x", "y")
    ]
    columns = ["ratee_id", "rater_id", "source", "competency", "period", "score"]
    return pd.DataFrame(rows, columns=columns)


def test_gap_views_hold_what_the_method_finds():
    table = ratings({"m": 0, "k": 2})
    views = appraisal.gap_views(table, PROFILE, PEOPLE)
    plain = appraisal.competence_gaps(table, PROFILE, PEOPLE[PEOPLE["member_id"] != "d"])
    pd.testing.assert_frame_equal(views.tables["manager", False], plain)
    assert views.severity is not None
    assert views.tables["peer", True] is views.tables["peer", False]
    assert set(views.tables["manager", True]["member_id"]) == {"a", "b", "c"}


def test_one_rater_or_unlinked_raters_are_not_adjusted():
    alone = appraisal.gap_views(ratings({"m": 0}), PROFILE, PEOPLE)
    apart = pd.concat([ratings({"m": 0}, "ab"), ratings({"k": 1}, "c")])
    for views in (alone, appraisal.gap_views(apart, PROFILE, PEOPLE)):
        assert views.severity is None
        same = [views.tables["manager", adjusted] for adjusted in (False, True)]
        pd.testing.assert_frame_equal(*same)


def test_gap_case_looks_at_one_person_and_refuses_unknown_sources():
    views = appraisal.gap_views(ratings({"m": 0, "k": 1}), PROFILE, PEOPLE)
    assert appraisal.gap_case(views).member_id is None
    assert appraisal.gap_case(views, member_id="b").member_id == "b"
    with pytest.raises(KamkitError) as caught:
        appraisal.gap_case(views, source="self")
    assert [p.code for p in caught.value.problems] == ["not_allowed"]


def test_counts_and_kinds_add_up():
    views = appraisal.gap_views(ratings({"m": 0, "k": 1}), PROFILE, PEOPLE)
    counts = appraisal.gap_counts(views).set_index("view")
    assert counts.loc["manager"].sum() == 6  # three people, two competences
    assert counts.loc["peer"].sum() == 0  # nobody was rated by peers
    kinds = appraisal.gap_kinds(appraisal.gap_case(views).gaps)
    assert kinds["n"].tolist() == [3, 3]
    assert kinds.set_index("competency")["required"].to_dict() == {"x": 5.0, "y": 3.0}


def test_empty_tables_give_empty_views():
    views = appraisal.gap_views(ratings({}), PROFILE.iloc[:0], PEOPLE)
    assert all(table.empty for table in views.tables.values())
    assert appraisal.gap_kinds(appraisal.gap_case(views).gaps).empty
    assert (appraisal.gap_counts(views).drop(columns="view") == 0).all(axis=None)


def test_a_leaver_takes_along_what_nobody_else_in_the_team_can_do():
    today = appraisal.team_mix(PEOPLE, ["skills"])
    found = appraisal.mix_case(PEOPLE, today, leaver="a")
    assert found.lost[["tag", "elsewhere"]].values.tolist() == [["plan", 1]]
    left = found.mix.coverage.set_index("tag")
    assert set(left["team"]) == {"n"}
    assert left["status"].to_dict() == {
        "bid": "single_point",
        "draw": "single_point",
        "plan": "gap",
    }
    assert left["elsewhere"].to_dict() == {"bid": 0, "draw": 0, "plan": 1}
    nobody = appraisal.mix_case(PEOPLE, today)
    pd.testing.assert_frame_equal(nobody.mix.coverage, today.coverage)
    assert nobody.lost.empty
    turned = appraisal.mix_case(PEOPLE.iloc[::-1], today).mix
    assert list(dict.fromkeys(turned.coverage["team"])) == ["s", "n"]
    assert appraisal.mix_case(PEOPLE, today, leaver="d").mix.coverage.empty  # alone in the team


def pulse(n: int) -> pd.DataFrame:
    people = [f"p{i}" for i in range(n)]
    return pd.DataFrame(
        {"team": "n", "wave": "1", "respondent_id": people, "item": "pitfall_chaos", "score": 5}
    )


def test_pulse_is_hidden_below_the_smallest_number():
    assert not appraisal.pulse_case(pulse(4)).items["hidden"].any()
    hidden = appraisal.pulse_case(pulse(4), team="n", min_n=5)
    assert hidden.items["mean"].isna().all() and hidden.remedies.empty
    assert appraisal.pulse_case(pulse(4), team="no such").items.empty
    assert appraisal.pulse_case(pulse(0)).items.empty


ACCOUNTS = pd.DataFrame({"account_id": ["x", "y"], "owner_id": ["a", "b"]})
TIERS = {"x": "tier_1", "y": "tier_2"}


def test_load_case_without_changes_is_the_rule():
    plain = appraisal.kam_load(ACCOUNTS, PEOPLE, tiers=TIERS)
    same = appraisal.load_case(ACCOUNTS, PEOPLE, tiers=TIERS)
    pd.testing.assert_frame_equal(plain.members, same.members)


def test_load_case_takes_hours_share_and_travel():
    rule = load_rules()
    there = PEOPLE.assign(territory_id="t")
    roads = pd.DataFrame({"territory_id": ["t"], "travel_hours": [100.0]})
    more = {"tiers": TIERS, "territories": roads, "account_share": 0.5}
    found = appraisal.load_case(ACCOUNTS, there, tier_1=440.0, **more).members.set_index(
        "member_id"
    )
    assert found.loc["a", "hours_needed"] == 540
    assert found.loc["a", "hours_available"] == rule.hours_per_year / 2
    assert found.loc["a", "accounts_load"] == pytest.approx(1 / 2)  # 880 hours hold two of 440
    short = appraisal.load_case(ACCOUNTS, there, travel=False, **more).members
    assert short.set_index("member_id").loc["a", "hours_needed"] == rule.tiers["tier_1"].hours


def test_load_case_refuses_all_at_once():
    with pytest.raises(KamkitError) as caught:
        appraisal.load_case(ACCOUNTS, PEOPLE, tiers=TIERS, tier_9=5.0, account_share=0.0)
    assert [p.code for p in caught.value.problems] == ["not_allowed", "out_of_range"]


def test_plan_case_counts_the_team_and_shows_one_person():
    views = appraisal.gap_views(ratings({"m": 0, "k": 0}), PROFILE, PEOPLE)
    gaps = appraisal.gap_case(views).gaps
    found = appraisal.plan_case(gaps, as_of="2026-06-30", member_id="b")
    assert set(found.plan["member_id"]) == {"b"}
    figures = found.measures.set_index("measure")["value"]
    assert figures["plan_people"] == 3
    sure = appraisal.plan_case(gaps[~gaps["sure"].astype(bool)], as_of="2026-06-30", sure_only=True)
    assert sure.plan.empty and sure.measures.set_index("measure")["value"]["plan_hours"] == 0


@pytest.mark.parametrize(
    ("managers", "agreed", "verdict"),
    [(5, 0.8, "cannot_tell"), (100, 0.85, "keep"), (20, 0.4, "rewrite"), (5, 1.0, "cannot_tell")],
)
def test_retranslation_needs_more_than_a_handful(managers, agreed, verdict):
    assert (
        appraisal.retranslation_case(managers=managers, agreed=agreed)["verdict"].item() == verdict
    )


def test_retranslation_refuses_what_cannot_be():
    for wrong in ({"managers": 0, "agreed": 0.5}, {"managers": 5, "agreed": 1.2}):
        with pytest.raises(KamkitError):
            appraisal.retranslation_case(**wrong)
