"""Rater severity: the closed case, an independent least squares, refusals, false alarms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from methods.raters.tables import long_of, simulated

from kamkit.errors import KamkitError
from kamkit.methods.raters import additive, rater_severity

COLUMNS = ["ratee_id", "rater_id", "score"]


@pytest.fixture
def small(published):
    rows = [
        (ratee, rater, score)
        for rater, marks in published["P-SEVERITY"]["ratings"].items()
        for ratee, score in marks.items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_as_published(published, small):
    expected = published["P-SEVERITY"]["exp"]
    found = rater_severity(small)
    effect = found.raters.set_index("rater_id")["effect"].to_dict()
    assert effect == pytest.approx(expected["severity"], abs=1e-9)
    severity = found.raters.set_index("rater_id")["severity"].to_dict()
    assert severity == pytest.approx({k: -v for k, v in expected["severity"].items()})
    ratees = found.ratees.set_index("ratee_id")
    assert ratees["adjusted"].to_dict() == pytest.approx(expected["adjusted"], abs=1e-9)
    assert ratees["raw_mean"].to_dict() == pytest.approx(expected["raw_mean"], abs=1e-9)
    assert ratees.loc[["p1", "p4"], "rank_raw"].tolist() == [3, 4]
    assert ratees.loc[["p1", "p4"], "rank_adjusted"].tolist() == [4, 3]
    # Six marks and six parameters: nothing is left to tell the error from.
    assert found.raters["status"].tolist() == ["error_unknown"] * 2
    assert found.ratees["low"].isna().all() and not found.raters["flagged"].any()


def ordinary_least_squares(table: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series, int]:
    """Rater effects, their errors and fitted ratee means, by dummies on the dyad means."""
    means = table.groupby(["ratee_id", "rater_id"])["score"].mean().reset_index()
    x = pd.get_dummies(means["ratee_id"], dtype=float)
    z = pd.get_dummies(means["rater_id"], dtype=float)
    contrast = z.iloc[:, :-1].sub(z.iloc[:, -1], axis=0)  # effects add up to zero
    design = np.hstack([x.to_numpy(), contrast.to_numpy()])
    beta, *_ = np.linalg.lstsq(design, means["score"].to_numpy(), rcond=None)
    rest = means["score"].to_numpy() - design @ beta
    df = len(means) - design.shape[1]
    covariance = np.linalg.inv(design.T @ design) * (rest @ rest) / df
    k = len(x.columns)
    free = np.vstack([np.eye(z.shape[1] - 1), -np.ones(z.shape[1] - 1)])
    effect = free @ beta[k:]
    error = np.sqrt(np.diag(free @ covariance[k:, k:] @ free.T))
    people = pd.Series(beta[:k], x.columns)
    return pd.Series(effect, z.columns), pd.Series(error, z.columns), people, df


def test_agrees_with_least_squares_on_dyad_means():
    table = simulated(np.random.default_rng(3), severity=(0.8,))
    effect, error, people, df = ordinary_least_squares(table)
    found = rater_severity(table)
    raters = found.raters.set_index("rater_id")
    assert raters["effect"].to_numpy() == pytest.approx(effect.to_numpy())
    assert found.ratees["adjusted"].to_numpy() == pytest.approx(people.to_numpy())
    fit = additive.fit_additive(additive.rating_design(
        table.assign(period="", source="").astype({"competency": "str"})
    ))  # fmt: skip
    assert fit.df == df
    assert np.sqrt(fit.variance) == pytest.approx(error.to_numpy())


def test_counting_the_same_opinion_often_makes_nobody_surer():
    """Ten marks that only repeat one impression of a person are one opinion, not ten."""
    rng = np.random.default_rng(4)
    one = simulated(rng, competencies=1, noise=0.0)
    ten = pd.concat([one.assign(competency=f"c{k}") for k in range(10)])
    a, b = rater_severity(one).raters, rater_severity(ten).raters
    for column in ("severity", "low", "high"):
        assert a[column].to_numpy() == pytest.approx(b[column].to_numpy())


def test_one_harsh_rater_makes_nobody_lenient():
    table = simulated(np.random.default_rng(5), raters=3, each=2, severity=(1.5,), dyad=0.1)
    raters = rater_severity(table).raters
    assert raters["status"].tolist() == ["severe", "in_line", "in_line"]
    assert raters["effect"].sum() == pytest.approx(0)
    assert raters.loc[0, "severity"] == pytest.approx(1.5, abs=0.25)


def test_of_two_raters_nobody_knows_which():
    table = simulated(np.random.default_rng(6), raters=2, each=2, severity=(2.0,), dyad=0.1)
    raters = rater_severity(table).raters
    assert raters["status"].tolist() == ["two_raters_differ"] * 2
    assert not raters["flagged"].any()


def test_unlinked_raters_are_refused_with_the_ratings_that_help():
    rows = [("p1", "A", 3), ("p2", "A", 4), ("p1", "B", 4), ("p3", "C", 2), ("p4", "C", 3),
            ("p5", "D", 5)]  # fmt: skip
    table = pd.DataFrame(rows, columns=COLUMNS)
    with pytest.raises(KamkitError) as error:
        rater_severity(table)
    (problem,) = error.value.problems
    assert problem.code == "raters_not_linked"
    assert problem.details["groups"] == "A, B | C | D"
    assert problem.details["count"] == 3 and problem.details["needed"] == 2
    added = [tuple(part.split(" → ")) for part in problem.details["links"].split(", ")]
    more = pd.DataFrame([(p, r, 3) for r, p in added], columns=COLUMNS)
    linked = rater_severity(pd.concat([table, more]))
    assert linked.linked["component"].unique().tolist() == [1]


def test_within_components_everybody_is_compared_with_their_own():
    rng = np.random.default_rng(7)
    one = simulated(rng, severity=(1.5,), dyad=0.1)
    two = simulated(rng, dyad=0.1)
    two[["ratee_id", "rater_id"]] = "x" + two[["ratee_id", "rater_id"]]
    alone = pd.DataFrame({"ratee_id": ["z"], "rater_id": ["Z"], "competency": "c0", "score": 3.0})
    found = rater_severity(pd.concat([one, two, alone]), unlinked="within")
    raters = found.raters.set_index("rater_id")
    assert raters.loc[raters["flagged"]].index.tolist() == ["r00"]
    assert raters.loc["Z", "status"] == "not_linked" and np.isnan(raters.loc["Z", "severity"])
    assert raters["component"].nunique() == 3
    assert raters.groupby("component")["effect"].sum().to_numpy() == pytest.approx(0)
    ranks = found.ratees.groupby("component")["rank_adjusted"].min()
    assert (ranks == 1).all()


def test_empty_one_row_and_dirty():
    empty = rater_severity(pd.DataFrame(columns=COLUMNS))
    assert empty.raters.empty and empty.ratees.empty and empty.linked.empty
    assert empty.measures["value"].isna().all()
    one = rater_severity(pd.DataFrame([("p", "A", 3)], columns=COLUMNS))
    assert one.raters["status"].tolist() == ["not_linked"]
    assert one.ratees["adjusted"].tolist() == [3]
    dirty = pd.DataFrame([("p", "A", 3), ("p", "B", None), ("q", None, None), ("p", "p", 5)],
                         columns=COLUMNS)  # fmt: skip
    assert rater_severity(dirty).raters["rater_id"].tolist() == ["A"]
    bad = pd.DataFrame([("p", "A", "good"), (None, "B", 3)], columns=COLUMNS)
    with pytest.raises(KamkitError) as error:
        rater_severity(bad)
    assert [p.code for p in error.value.problems] == ["not_a_number"]
    for option in ({"level": 95}, {"tolerance": -1}, {"unlinked": "maybe"}):
        with pytest.raises(KamkitError):
            rater_severity(pd.DataFrame(columns=COLUMNS), **option)


def test_callers_frame_is_kept(small):
    before = small.copy()
    rater_severity(small)
    pd.testing.assert_frame_equal(small, before)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(-3, 3))
def test_rows_in_any_order_and_a_shift_of_all(seed, shift):
    rng = np.random.default_rng(seed)
    table = simulated(rng, ratees=6, raters=4, each=2, competencies=2)
    other = table.sample(frac=1, random_state=seed).assign(score=lambda t: t["score"] + shift)
    one, two = rater_severity(table), rater_severity(other)
    pd.testing.assert_frame_equal(one.raters, two.raters, check_exact=False, atol=1e-8)
    moved = two.ratees.assign(**{
        c: two.ratees[c] - shift for c in ("raw_mean", "adjusted", "low", "high")
    })  # fmt: skip
    pd.testing.assert_frame_equal(one.ratees, moved, check_exact=False, atol=1e-8)


def test_complete_designs_leave_the_order_alone():
    wide = pd.DataFrame({"A": [1, 2, 3, 4.0], "B": [2, 4, 3, 5.0], "C": [1, 1, 2, 5.0]},
                        index=list("pqrs"))  # fmt: skip
    ratees = rater_severity(long_of(wide)).ratees
    assert ratees["adjusted"].to_numpy() == pytest.approx(ratees["raw_mean"].to_numpy())
    assert ratees["rank_raw"].tolist() == ratees["rank_adjusted"].tolist()


def test_many_raters_need_no_dense_matrix(monkeypatch):
    table = simulated(np.random.default_rng(8), ratees=60, raters=20, each=10, severity=(1.2,))
    exact = rater_severity(table)
    monkeypatch.setattr(additive, "DENSE", 5)
    found = rater_severity(table)
    assert found.raters["effect"].to_numpy() == pytest.approx(
        exact.raters["effect"].to_numpy(), abs=1e-6
    )
    width = (found.raters["high"] - found.raters["low"]).to_numpy()
    wanted = (exact.raters["high"] - exact.raters["low"]).to_numpy()
    assert width == pytest.approx(wanted, rel=0.1)
    assert found.raters["variant"].iloc[0] == "additive; approximate_error; typical_rater"


def false_alarms(runs: int, tolerance: float, **world) -> tuple[int, int, int]:
    """Runs in which an innocent rater is flagged; ratings hang together by rater and person."""
    alarms = covered = raters = 0
    for seed in range(runs):
        table = simulated(np.random.default_rng(seed), dyad=0.4, **world)
        found = rater_severity(table, tolerance=tolerance).raters
        alarms += bool(found["flagged"].any())
        covered += int(((found["low"] <= 0) & (found["high"] >= 0)).sum())
        raters += len(found)
    return alarms, covered, raters


def test_alike_raters_are_rarely_accused_even_without_tolerance():
    alarms, *_ = false_alarms(30, 0.0)
    assert alarms <= 5  # 5 % of 30 is 1.5; more than 5 has a chance below 1 %
    assert false_alarms(10, 0.5)[0] == 0


@pytest.mark.evidence
def test_false_alarms_keep_their_promise(record_property):
    alarms, covered, raters = false_alarms(500, 0.0)
    record_property("family_alarms", alarms / 500)
    record_property("coverage", covered / raters)
    assert alarms <= 37  # 5 % of 500 is 25; more than 37 has a chance below 1 %
    assert covered / raters == pytest.approx(0.95, abs=0.02)
