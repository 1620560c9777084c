"""Gaps against the role profile: signs, sureness, hidden sources, dirty input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from methods.appraisal.people import COMPETENCIES, codes, profile, ratings, staff

from kamkit.errors import KamkitError
from kamkit.methods.appraisal import competence_gaps
from kamkit.methods.raters.severity import rater_severity

TRUE = {"P00": 2.0, "P01": 3.0, "P02": 4.0, "P03": 3.5}


def test_gap_is_what_is_required_less_what_is_rated():
    found = competence_gaps(ratings(TRUE, {"A": 0.0, "B": 0.0}), profile(), staff())
    gap = found.groupby("member_id")["gap"].first()
    assert gap.to_dict() == {"P00": 1.0, "P01": 0.0, "P02": -1.0, "P03": -0.5}
    assert len(found) == 4 * len(COMPETENCIES)
    assert found["n"].eq(2).all()


def test_sure_only_where_the_interval_lies_below():
    rated = ratings(TRUE, {"A": 0.0, "B": 0.0, "C": 0.0}, noise=0.4, seed=2)
    found = competence_gaps(rated, profile(), staff())
    assert (found["sure"] == (found["high"] < found["required"])).all()
    assert set(found.loc[found["sure"], "status"]) == {"short"}
    assert set(found.loc[found["member_id"] == "P01", "status"]) <= {"maybe_short", "maybe_met"}
    assert set(found["variant"]) == {"manager; pooled_raters"}


def test_one_rater_each_is_taken_as_unsure():
    rated = ratings({p: t for p, t in TRUE.items()}, {"A": 0.0})
    found = competence_gaps(rated, profile(), staff())
    assert set(found["variant"]) == {"manager; sem_single_rater"}
    assert (found["high"] - found["low"]).min() > 1.0
    alone = competence_gaps(rated[rated["ratee_id"] == "P00"], profile(), staff(1))
    assert alone["se"].isna().all() and not alone["sure"].any()
    assert set(alone["status"]) == {"maybe_short"}


def test_severe_rater_no_longer_makes_gaps():
    """Half of the team is rated by the severe one: raw gaps follow the rater, adjusted don't."""
    true = {f"P{i:02d}": 3.0 + 0.3 * (i % 3) for i in range(12)}
    severe = ratings({p: t for p, t in true.items() if p < "P08"}, {"A": -1.0}, noise=0.2)
    fair = ratings({p: t for p, t in true.items() if p > "P03"}, {"B": 0.0}, noise=0.2, seed=1)
    other = ratings(true, {"C": 0.0}, noise=0.2, seed=3)
    rated = pd.concat([severe, fair, other])
    raters = pd.DataFrame({"rater_id": list("ABC"), "severity": [1.0, 0.0, 0.0]})
    raw = competence_gaps(rated, profile(), staff(12))
    adjusted = competence_gaps(rated, profile(), staff(12), severity=raters)
    level = adjusted["member_id"].map(true)
    assert (adjusted["rated"] - level).abs().mean() < 0.25
    assert (raw["rated"] - level).abs().mean() > 0.25
    assert adjusted["se"].mean() < raw["se"].mean()
    assert set(adjusted["variant"]) == {"manager; additive"}


def test_sources_are_not_mixed_and_few_are_hidden():
    peers = ratings(TRUE, {"X": 0.0, "Y": 0.0}, source="peer")
    own = ratings({"P00": 5.0}, {"P00": 0.0}, source="self")
    rated = pd.concat([ratings(TRUE, {"A": 0.0, "B": 0.0}), peers, own])
    by_peers = competence_gaps(rated, profile(), staff(), source="peer")
    assert set(by_peers["status"]) == {"hidden"} and by_peers["rated"].isna().all()
    by_managers = competence_gaps(rated, profile(), staff())
    mine = by_managers[by_managers["member_id"] == "P00"]
    assert mine["self_gap"].tolist() == [3.0] * 3
    assert by_managers.loc[by_managers["member_id"] != "P00", "self"].isna().all()


def test_last_period_counts():
    both = pd.concat([ratings(TRUE, {"A": 1.0}, period="2025H2"), ratings(TRUE, {"A": 0.0})])
    assert set(competence_gaps(both, profile(), staff())["period"]) == {"2026H1"}
    before = competence_gaps(both, profile(), staff(), period="2025H2")
    assert before.loc[before["member_id"] == "P00", "rated"].tolist() == [3.0] * 3


def test_order_of_rows_does_not_matter():
    rated = ratings(TRUE, {"A": 0.0, "B": 0.3, "C": -0.2}, noise=0.3)
    first = competence_gaps(rated, profile(), staff())
    turned = competence_gaps(rated.sample(frac=1, random_state=3), profile(), staff()[::-1])
    pd.testing.assert_frame_equal(first, turned)


def test_empty_and_missing():
    none = ratings({}, {})
    found = competence_gaps(none, profile(), staff())
    assert set(found["status"]) == {"not_rated"} and found["n"].eq(0).all()
    assert competence_gaps(none, profile(), staff().iloc[:0]).empty
    blank = ratings(TRUE, {"A": 0.0}).assign(score=np.nan)
    assert set(competence_gaps(blank, profile(), staff())["status"]) == {"not_rated"}


def test_all_problems_at_once():
    bad = ratings({"P00": 3.0}, {"A": 0.0}).astype({"score": object})
    bad["score"] = ["x", 7, 3]
    bad.loc[2, "source"] = "boss"
    with pytest.raises(KamkitError) as error:
        competence_gaps(bad, profile(), staff())
    assert codes(error) == {"not_a_number", "survey_off_scale", "unknown_option"}
    with pytest.raises(KamkitError) as error:
        competence_gaps(bad.drop(columns="score"), profile(), staff())
    assert codes(error) == {"missing_column"}


@pytest.mark.parametrize("lenient", [0.0, 0.5])
def test_intervals_hold_the_true_level(lenient):
    """Coverage of 95 % intervals over many teams, with raters who differ."""
    inside = total = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        true = dict(zip((f"P{i:02d}" for i in range(12)), rng.uniform(2.3, 3.7, 12), strict=True))
        effects = rng.normal(0, lenient, 6) if lenient else np.zeros(6)
        rows = []
        for i, (person, level) in enumerate(true.items()):
            two = {f"R{r}": effects[r] for r in (i % 6, (i + 1 + i // 6) % 6)}
            rows.append(ratings({person: level}, two, noise=0.4, seed=1000 * seed + i))
        found = competence_gaps(pd.concat(rows), profile(), staff(12))
        level = found["member_id"].map(true)
        inside += int(((found["low"] <= level) & (level <= found["high"])).sum())
        total += len(found)
    assert 0.92 <= inside / total <= 0.995


def test_severity_as_published(published):
    """The case's scores, one point lower so that they lie on the scale of 1 to 5."""
    case = published["P-SEVERITY"]
    rows = [(p, r, s - 1) for r, marks in case["ratings"].items() for p, s in marks.items()]
    rated = pd.DataFrame(rows, columns=["ratee_id", "rater_id", "score"]).assign(
        source="manager", competency="sales_skill", period="2026H1"
    )
    people = pd.DataFrame({"member_id": list(case["exp"]["adjusted"]), "role": "kam"})
    found = competence_gaps(rated.sample(frac=1, random_state=2), profile(), people,
                            severity=rater_severity(rated))  # fmt: skip
    seen = found[found["competency"] == "sales_skill"].set_index("member_id")["rated"]
    assert seen.to_dict() == pytest.approx({p: s - 1 for p, s in case["exp"]["adjusted"].items()})
