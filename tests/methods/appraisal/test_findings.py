"""Findings of a team review: each rule fires where it should, and only there."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.appraisal import (
    appraisal_desk,
    grade_decisions,
    judged_with_potential,
    levelled,
    own_findings,
    pay_assumptions,
    team_coverage,
    team_findings,
    team_thresholds,
)
from kamkit.methods.appraisal.combined import combined_result
from kamkit.methods.appraisal.finding_rules import NO_DATA, NOTHING, RULES
from kamkit.tables.sample import simulate_team


def raters(severity: float = 0.1, flagged: bool = False) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rater_id": ["m1", "m2"],
            "severity": [severity, 0.0],
            "low": [severity - 0.2, -0.2],
            "high": [severity + 0.2, 0.2],
            "n": [40, 40],
            "flagged": [flagged, False],
        }
    )


def judged(verdicts: str = "nnnnnnnn", *, rankable: bool = True) -> pd.DataFrame:
    kinds = {"n": "not_separable", "w": "weak", "s": "strong"}
    n = len(verdicts)
    return pd.DataFrame(
        {
            "member_id": [f"p{i}" for i in range(n)],
            "actual": [10.0 + i for i in range(n)],
            "potential": [100.0 + 10 * i for i in range(n)],
            "raw_rank": list(range(n, 0, -1)),
            "effect": [-0.3 if v == "w" else 0.0 for v in verdicts],
            "low": [-0.5 if v == "w" else -0.2 for v in verdicts],
            "high": [-0.1 if v == "w" else 0.2 for v in verdicts],
            "verdict": [kinds[v] for v in verdicts],
            "rankable": rankable,
        }
    )


def screen(ratio: Fraction, p: float, note: str = "") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "decision": "bonus",
            "group": ["a", "b"],
            "total": [20, 20],
            "ratio": [Fraction(1), ratio],
            "ratio_low": [None, 0.2],
            "ratio_high": [None, 1.9],
            "flagged": [False, ratio < Fraction(4, 5)],
            "fisher_p": [float("nan"), p],
            "more_needed": [0, 1],
            "note": ["reference", note],
        }
    )


def fired(**tables: pd.DataFrame) -> dict[str, str]:
    found = team_findings(**tables).found
    return dict(zip(found["finding"], found["sure"], strict=True))


def test_rules_and_thresholds_match():
    assert len({rule.finding for rule in RULES}) == len(RULES) == 13
    assert set(team_thresholds()) == {rule.finding for rule in RULES}


def test_nothing_given_and_nothing_found():
    assert list(fired()) == [NO_DATA]
    assert list(fired(raters=raters())) == [NOTHING]


def test_severe_and_lenient_raters():
    assert fired(raters=raters(0.9, True)) == {"team_severe_rater": "clear"}
    found = team_findings(raters=raters(-0.9, True), names={"m1": "Ann"}).found
    assert found["values"].iloc[0]["leaning"] == "lenient"
    assert found["values"].iloc[0]["who"] == ["Ann"]


def test_halo_only_where_flagged():
    rows = pd.DataFrame({"rater_id": ["m1", "m2"], "spread": [0.2, 0.6], "low": [0.1, 0.8],
        "spread_others": [0.6, 0.5], "spread_ratio": [0.33, 1.2], "high": [0.5, 1.5],
        "flagged": [True, False]})  # fmt: skip
    assert fired(halo=rows) == {"team_halo": "clear"}
    assert list(fired(halo=rows.assign(flagged=False))) == [NOTHING]


def test_poor_territory_is_not_called_weak():
    told = fired(judged=judged("nnnnnnnn"))
    assert told == {"team_poor_territory": "clear"}
    told = fired(judged=judged("wwnnnnnn"))
    assert told == {"team_weak": "clear"}
    rich = judged("nnnnnnnn").assign(potential=range(8, 0, -1))
    assert list(fired(judged=rich)) == [NOTHING]


def test_nobody_ranked_is_said():
    told = team_findings(judged=judged(rankable=False).assign(potential=range(8, 0, -1)))
    assert told.found["finding"].tolist() == ["team_not_rankable"]
    assert told.members.empty  # it speaks of the team, not of persons


def test_four_fifths_with_what_fisher_says():
    assert fired(fairness=screen(Fraction(4, 5), 0.01)) == {NOTHING: "clear"}
    assert fired(fairness=screen(Fraction(3, 5), 0.4)) == {"team_fairness": "likely"}
    assert fired(fairness=screen(Fraction(1, 5), 0.01)) == {"team_fairness": "clear"}
    assert fired(fairness=screen(Fraction(1, 5), 0.01, "too_few")) == {NOTHING: "clear"}


def test_grades_near_a_line():
    rows = pd.DataFrame({"member_id": ["a", "b", "c"], "grade_p": [0.79, 0.8, float("nan")]})
    found = team_findings(combined=rows)
    assert found.hits["member_id"].tolist() == ["a"] and found.found["n"].iloc[0] == 2
    assert list(fired(combined=rows.iloc[1:])) == [NOTHING]


def test_sure_gaps_without_a_live_action():
    gaps = pd.DataFrame({"member_id": ["a", "b"], "competency": "x", "rated": 2.0, "sure": True})
    actions = pd.DataFrame({"member_id": ["a"], "competency": ["x"], "status": ["doing"]})
    found = team_findings(gaps=gaps, actions=actions)
    assert found.hits["member_id"].tolist() == ["b"]
    dropped = actions.assign(status="dropped")
    assert team_findings(gaps=gaps, actions=dropped).hits["member_id"].tolist() == ["a", "b"]
    assert "team_gap_untrained" in set(team_findings(gaps=gaps).not_assessed["finding"])


def test_goals_that_do_not_add_up():
    rows = pd.DataFrame({"goal_id": ["G", "H"], "rule": ["sums_differ", "no_actions"],
        "severity": ["error", "warning"], "amount": [10.0, None]})  # fmt: skip
    found = team_findings(lint=rows).found
    assert found["finding"].tolist() == ["team_goals_off"]
    assert found["values"].iloc[0]["most_off"] == 10.0
    assert list(fired(lint=rows.iloc[1:])) == [NOTHING]
    assert list(fired(lint=rows.iloc[:0])) == [NOTHING]  # no problems is an answer


def test_pitfall_coverage_load_and_size():
    falls = pd.DataFrame({"team": "t", "wave": ["1", "2"], "item": "pitfall_chaos", "mean": 4.5,
        "low": 3.5, "high": 5.0, "n": 6, "status": ["present", "absent"]})  # fmt: skip
    assert list(fired(pitfalls=falls)) == [NOTHING]  # an earlier wave doesn't count
    assert list(fired(pitfalls=falls.assign(wave="2"))) == ["team_pitfall"]
    cover = pd.DataFrame({"team": "t", "item": ["x", "y"], "status": ["single_point", "covered"]})
    assert fired(coverage=cover) == {"team_uncovered": "likely"}
    load = pd.DataFrame({"member_id": ["a", ""], "load": [1.2, 9.0], "low": [0.9, 8.0],
        "high": [1.5, 9.5]})  # fmt: skip
    assert fired(load=load) == {"team_overloaded": "likely"}
    nine = pd.DataFrame({"member_id": [f"p{i}" for i in range(9)]})
    assert list(fired(members=nine)) == ["team_small"]
    assert list(fired(members=pd.concat([nine, nine + "x"]))) == [NOTHING]


def test_order_clear_first_routine_last():
    nine = pd.DataFrame({"member_id": ["a"]})
    told = list(fired(fairness=screen(Fraction(3, 5), 0.4), raters=raters(0.9, True), members=nine,
        judged=judged("wwnnnnnn")))  # fmt: skip
    assert told == ["team_severe_rater", "team_weak", "team_fairness", "team_small"]


def test_unknown_tables_thresholds_and_columns_are_refused():
    for bad in ({"salary": raters()}, {"thresholds": {"x": 1.0}}, {"raters": raters()[["low"]]}):
        with pytest.raises(KamkitError):
            team_findings(**bad)


def test_names_stop_at_four():
    rows = pd.DataFrame({"member_id": list("abcdef"), "grade_p": 0.5})
    assert team_findings(combined=rows).found["values"].iloc[0]["who"] == [*"abcd", "…"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_truths_are_found(seed):
    team = simulate_team(seed)
    desk = appraisal_desk(team.tables, as_of="2026-06-30")
    ground = judged_with_potential(
        desk.judgement.members, team.tables["members"], team.tables["territories"],
        rankable=desk.judgement.rankable,
    )  # fmt: skip
    hits = team_findings(raters=desk.severity.raters, judged=ground).hits
    kinds = team.truth.set_index("kind")["member_id"]
    poor = hits[hits["finding"] == "team_poor_territory"]["member_id"]
    assert kinds["poor_territory"] in set(poor)
    assert kinds["poor_territory"] not in set(hits.loc[hits["finding"] == "team_weak", "member_id"])
    assert (hits["finding"] == "team_severe_rater").sum() == 1


def test_competences_count_as_covered_by_level():
    gaps = pd.DataFrame({"member_id": ["a", "b"], "competency": "x", "required": 3.0,
        "rated": [3.0, 2.0], "low": [2.0, 1.0]})  # fmt: skip
    people = pd.DataFrame({"member_id": ["a", "b"], "team": "n"})
    found = team_coverage(None, gaps, people)
    assert found[["n_rated", "n_able", "n_sure"]].values.tolist() == [[2, 1, 0]]
    assert team_coverage(None, None, people).empty


def test_levelled_moves_managers_only_and_stays_on_the_scale():
    rows = pd.DataFrame({"rater_id": ["m1", "m1", "m1"], "source": ["manager", "peer", "manager"],
        "score": [3.0, 3.0, 5.0]})  # fmt: skip
    severity = appraisal_desk(simulate_team(1).tables, as_of="2026-06-30").severity
    strict = severity.raters.sort_values("severity").iloc[-1]
    moved = levelled(rows.assign(rater_id=strict["rater_id"]), severity)
    assert moved["score"].tolist()[1:] == [3.0, 5.0]
    assert moved["score"].iloc[0] == pytest.approx(3.0 + strict["severity"])


def test_grades_as_decisions_and_pay_without_spread():
    parts = pd.DataFrame({"member_id": ["a", "b"], "part": "kpi", "value": [95.0, 50.0], "se": 1.0})
    decided = grade_decisions(combined_result(parts), "2025")
    assert decided["selected"].tolist() == ["yes", "no"]
    assert pay_assumptions(None, "quarter") == {}
    assumed = pay_assumptions(appraisal_desk(simulate_team(1).tables, as_of="2026-06-30").effects,
        "quarter")  # fmt: skip
    assert 0 <= assumed["lasting"] <= 1 and assumed["sd"] > 0


def test_own_findings_speak_of_one_person():
    assert own_findings(None)["finding"].tolist() == ["own_nothing"]
