"""Development: what comes first, which training, whether it helped."""

from __future__ import annotations

import pandas as pd
import pytest
from methods.appraisal.people import codes, staff

from kamkit.errors import KamkitError
from kamkit.methods.appraisal import development_plan, development_progress, training_effect
from kamkit.schemes import trainings

AS_OF = "2026-06-30"


def gaps(rows: list[tuple[str, str, float, float, float]]) -> pd.DataFrame:
    """person, competency, gap, se, weight"""
    table = pd.DataFrame(rows, columns=["member_id", "competency", "gap", "se", "weight"])
    rated = 4.0 - table["gap"]
    return table.assign(required=4.0, rated=rated, low=rated - 1, high=rated + 1)


PLAN = gaps(
    [
        ("P00", "sales_skill", 1.0, 0.3, 3),
        ("P00", "communication", 1.2, 2.0, 3),
        ("P00", "efficiency", 0.5, 0.3, 5),
        ("P00", "coordination", 0.4, 0.3, 1),
        ("P00", "need_insight", -1.0, 0.3, 5),
        ("P01", "sales_skill", -0.5, 0.3, 5),
    ]
)


def test_sure_gaps_come_before_large_unsure_ones():
    found = development_plan(PLAN, as_of=AS_OF, members=staff(2))
    assert found["competency"].tolist() == ["sales_skill", "communication", "efficiency"]
    assert found["step"].tolist() == ["act", "look_again", "act"]
    assert found["evidence"].tolist() == ["rerating", "second_rater", "rerating"]
    assert found["place"].tolist() == [1, 2, 3] and set(found["owner_id"]) == {"M1"}
    assert found["due"].dt.strftime("%Y-%m-%d").tolist() == [
        "2026-09-30", "2026-12-30", "2027-03-30",
    ]  # fmt: skip
    assert len(development_plan(PLAN, as_of=AS_OF, most=1)) == 1


def test_trainings_fit_the_competence_and_are_not_repeated():
    by = {t.id: t.competencies for t in trainings()}
    first = development_plan(PLAN, as_of=AS_OF).iloc[0]
    assert first["competency"] in by[first["training"]]
    assert first["owner_id"] == "P00"
    done = pd.DataFrame({"member_id": ["P00"], "course": [first["training"]]})
    again = development_plan(PLAN, done=done, as_of=AS_OF).iloc[0]
    assert again["training"] != first["training"] and again["done_before"] == first["training"]
    every = pd.DataFrame({"member_id": "P00", "course": list(by)})
    assert development_plan(PLAN, done=every, as_of=AS_OF)["training"].eq("").all()


def test_unknown_error_is_an_even_chance():
    found = development_plan(PLAN.assign(se=float("nan")), as_of=AS_OF)
    assert set(found["sureness"]) == {0.5} and set(found["step"]) == {"look_again"}


def test_nothing_to_plan_and_bad_input():
    assert development_plan(PLAN.iloc[:0], as_of=AS_OF).empty
    assert development_plan(PLAN[PLAN["gap"] < 0], as_of=AS_OF).empty
    with pytest.raises(KamkitError) as error:
        development_plan(PLAN, as_of="soon")
    assert codes(error) == {"bad_date"}
    with pytest.raises(KamkitError) as error:
        development_plan(PLAN.drop(columns="se"), as_of=AS_OF)
    assert codes(error) == {"missing_column"}
    turned = development_plan(PLAN[::-1], as_of=AS_OF)
    pd.testing.assert_frame_equal(turned, development_plan(PLAN, as_of=AS_OF))


def test_effect_of_a_course():
    done = pd.DataFrame(
        {
            "member_id": list("abcdefgh"),
            "course": ["x"] * 6 + ["y"] * 2,
            "score_before": [50.0, 60, 40, 55, 45, 96, 50, 50],
            "score_after": [70.0, 72, 65, 70, 68, 97, 70, None],
        }
    )
    found = training_effect(done).set_index("course")
    assert found.loc["x", ["n", "n_gain", "reading"]].tolist() == [6, 5, "up"]
    assert found.loc["x", "low"] < found.loc["x", "change"] < found.loc["x", "high"]
    assert found.loc["y", ["n", "reading"]].tolist() == [1, "too_little_data"]
    assert training_effect(done.iloc[:0]).empty


def test_progress_needs_more_than_raters_vary():
    actions = pd.DataFrame(
        {
            "action_id": ["D1", "D2", "D3", "D4"],
            "member_id": ["a", "a", "b", "b"],
            "competency": ["x", "y", "x", "z"],
            "due": ["2026-03-31", "2026-09-30", "2026-03-31", "2026-03-31"],
            "done_on": ["2026-04-15", None, "2026-03-01", None],
            "status": ["done", "doing", "done", "dropped"],
        }
    )
    before = pd.DataFrame(
        {"member_id": ["a", "a", "b"], "competency": ["x", "y", "x"], "gap": 1.0, "se": 0.3}
    )
    after = before.assign(gap=[0.0, 0.8, 2.0])
    found = development_progress(actions, before, after, as_of=AS_OF).set_index("action_id")
    assert found["timing"].tolist() == ["late", "due", "on_time", "dropped"]
    assert found["progress"].tolist() == ["better", "cannot_tell", "worse", "not_rated"]
