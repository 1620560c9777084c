"""What the appraisal lesson recomputes."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.appraisal import attainment, cases_appraisal, combined_result, judge_performance
from kamkit.methods.appraisal.calibration_view import calibration_view
from kamkit.methods.raters import multisource, rating_variance, self_other_gap
from kamkit.schemes import appraisal_parts
from kamkit.tables.sample import simulate_team

JUDGES = pd.DataFrame({"A": [9.0, 6, 8, 7, 10, 6], "B": [2.0, 1, 4, 1, 5, 2]})
JUDGES = JUDGES.assign(C=[5.0, 3, 6, 2, 6, 4], D=[8.0, 2, 8, 6, 9, 7])


@pytest.fixture(scope="module")
def team():
    return simulate_team(3, reps=14, quarters=12).tables


def test_luck_case_takes_the_last_quarters_and_leaves_one_out(team):
    attained = attainment(team["kpi_values"], team["targets"], "sales")
    found = cases_appraisal.luck_case(attained, quarters=4, without="M005")
    assert set(found.effects.members["n"]) == {4}
    assert "M005" not in set(found.effects.members["member_id"])
    assert len(found.ranks) == len(found.effects.members)
    empty = cases_appraisal.luck_case(attained.iloc[:0], quarters=4)
    assert not empty.effects.rankable and empty.ranks.empty


def test_judged_case_knows_more_with_more_quarters(team):
    teams = {"own": team}
    few, many = (
        cases_appraisal.judged_case(teams, company="own", quarters=q).effects for q in (2, 12)
    )
    assert set(few.members["verdict"]) == {"not_separable"}
    assert "weak" in set(many.members["verdict"])
    with pytest.raises(KamkitError) as caught:
        cases_appraisal.judged_case(teams, company="other", quarters=2)
    assert caught.value.problems[0].code == "not_allowed"


def test_territory_case_is_the_method_whatever_its_factors_are_called(team):
    values, members = team["kpi_values"], team["members"]
    last = sorted(values["period"].unique())[-1]
    results = values[(values["period"] == last) & (values["kpi"] == "sales")]
    results = results.rename(columns={"scope_id": "member_id", "value": "actual"})
    places = members[["member_id", "territory_id"]].merge(team["territories"], on="territory_id")
    growth = pd.Series(range(len(places)), places.index) / 100
    places = places[["member_id", "potential"]].assign(market_growth=growth)
    case = partial(cases_appraisal.territory_case, results[["member_id", "actual"]], places)
    wanted = "potential market_growth"
    plain, called = case(factors=wanted), case(factors=wanted, labels={"market_growth": "Markt"})
    assert called.members["expected"].to_numpy() == pytest.approx(plain.members["expected"])
    assert called.factors == ["potential", "Markt"]


def test_a_stricter_judge_moves_agreement_and_not_the_order():
    calm, harsh = (cases_appraisal.agreement_case(JUDGES, stricter=s) for s in (0.0, 3.0))
    w = [c.order.set_index("measure")["value"]["kendall_w"] for c in (calm, harsh)]
    assert w[0] == pytest.approx(w[1])
    agreement = [c.forms.set_index("form")["value"] for c in (calm, harsh)]
    assert agreement[0]["2,1"] != pytest.approx(agreement[1]["2,1"], abs=1e-3)
    assert agreement[0]["3,1"] == pytest.approx(agreement[1]["3,1"])
    assert calm.choice.form == "2,1" and calm.reason["reason"].tolist() == ["level_sampled"]


def test_severity_case_refuses_what_is_not_linked(team):
    ratings = team["ratings"]
    first = ratings.drop_duplicates("ratee_id").set_index("ratee_id")["rater_id"]
    line = ratings[ratings["rater_id"] == ratings["ratee_id"].map(first)]
    tables = {"all": ratings, "line": line}
    assert cases_appraisal.severity_case(tables, whose="all").raters["flagged"].sum() == 1
    with pytest.raises(KamkitError):
        cases_appraisal.severity_case(tables, whose="line")
    assert len(cases_appraisal.own_severity(line).raters) == line["rater_id"].nunique()


def test_reliability_case_needs_more_raters_for_more(team):
    variances = {"manager": rating_variance(team["ratings"], draws=200)}
    low, high = (
        cases_appraisal.reliability_case(variances, target=t)["needed"][0] for t in (0.6, 0.9)
    )
    assert low < high
    empty = {"peer": rating_variance(team["ratings"].iloc[:0])}
    assert np.isnan(cases_appraisal.reliability_case(empty, target=0.8)["needed"][0])


def test_sources_case_shows_one_person():
    rows = pd.DataFrame({"ratee_id": ["p"] * 4 + ["q"], "rater_id": ["p", "a", "b", "c", "a"]})
    rows = rows.assign(source=["self", *["peer"] * 4], competency="x", score=[5, 3, 4, 3, 2])
    views = {n: (multisource(rows, min_n=n), self_other_gap(rows, min_n=n)) for n in (2, 4)}
    seen, hidden = (
        cases_appraisal.sources_case(views, member_id="p", min_n=n).cells for n in (2, 4)
    )
    assert set(seen["ratee_id"]) == {"p"}
    assert not seen.loc[seen["source"] == "peer", "hidden"].any()
    assert hidden.loc[hidden["source"] == "peer", "hidden"].all()
    with pytest.raises(KamkitError):
        cases_appraisal.sources_case(views, member_id="p", min_n=9)


def test_nine_case_loses_certainty_with_larger_errors(team):
    strict = cases_appraisal.own_severity(team["ratings"])
    boxes = cases_appraisal.box_scores(strict, strict)
    near, far = (
        cases_appraisal.nine_case(boxes, error=e, lines="thirds")["probability"] for e in (1, 4)
    )
    assert near.mean() > far.mean()
    assert cases_appraisal.nine_case(boxes.iloc[:0], lines="thirds").empty
    with pytest.raises(KamkitError):
        cases_appraisal.nine_case(boxes, lines="halves")


def test_the_poor_territory_stands_as_agreed_against_its_expectation(team):
    truth = simulate_team(3, reps=14, quarters=12).truth
    poor = truth.loc[truth["kind"] == "poor_territory", "member_id"].item()
    values, targets = team["kpi_values"], team["targets"]
    last = sorted(values["period"].unique())[-4:]
    attained = attainment(values, targets, "sales")
    totals = attained.rename(columns={"member_id": "scope_id"})
    totals = totals.groupby("scope_id", as_index=False).agg(score=("attainment", "mean"))
    judged = judge_performance(
        values[values["period"].isin(last)], targets, team["territories"], team["members"]
    )
    figures = cases_appraisal.kpi_views(totals, judged)
    none = pd.DataFrame(columns=["member_id", "required", "rated", "se"])
    parts = cases_appraisal.part_views(figures, {True: (none, none), False: (none, none)})
    weights = appraisal_parts().weights
    total = {
        way: cases_appraisal.combined_case(parts, weights=weights, figures=way)
        .members.set_index("member_id")["total"]
        for way in figures
    }  # fmt: skip
    assert total["counted"][poor] < total["territory"][poor]
    counted = cases_appraisal.combined_case(parts, weights=weights, figures="counted")
    lucky = cases_appraisal.combined_case(parts, weights=weights, figures="luck")
    assert (counted.members["se"] == 0).all() and (lucky.members["se"] > 0).all()
    with pytest.raises(KamkitError):
        cases_appraisal.combined_case(parts, weights=weights, figures="guess")


def test_a_curve_has_whole_people_and_its_shares_fit():
    parts = pd.DataFrame({"member_id": list("abcdefghij"), "part": "kpi", "se": 6.0})
    combined = combined_result(parts.assign(value=np.linspace(60.0, 74.0, 10)))
    found = cases_appraisal.curve_case(combined, top=0.2, bottom=0.1)
    assert found["curve_n"].sum() == 10
    assert found["curve_n"].iloc[[0, -1]].tolist() == [2, 1]
    with pytest.raises(KamkitError):
        cases_appraisal.curve_case(combined, top=0.8, bottom=0.3)


def test_fairness_keeps_the_ratio_and_gains_certainty_with_size():
    counts = pd.DataFrame({"group": ["A", "B"], "selected": [5, 2], "total": [12, 8]})
    small, large = (
        cases_appraisal.fairness_case(counts, selected=2, times=n).set_index("group")
        for n in (1, 20)
    )
    assert small.loc["B", "ratio"] == large.loc["B", "ratio"]
    assert small.loc["B", "fisher_p"] > 0.5 > 0.05 > large.loc["B", "fisher_p"]
    assert not cases_appraisal.fairness_case(counts, selected=99).set_index("group").flagged["B"]


def test_a_view_of_raters_whose_people_have_no_total():
    ratings = pd.DataFrame({"ratee_id": ["a"], "rater_id": ["m"], "source": ["manager"]})
    ratings = ratings.assign(competency="x", period="2025", score=[3.0])
    blank = pd.DataFrame({c: pd.Series(dtype="str") for c in ("member_id", "part")})
    nothing = combined_result(blank.assign(value=pd.Series(dtype=float), se=pd.Series(dtype=float)))
    view = calibration_view(nothing, ratings, min_n=1)
    assert np.isnan(view.spreads["ratee_total"][0])
