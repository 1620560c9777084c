"""The combined result: sums, missing parts, grades and their chances, curves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from methods.appraisal.people import codes, parts

from kamkit.errors import KamkitError
from kamkit.methods.appraisal import combined_parts, combined_result, grade_distribution
from kamkit.methods.appraisal.separate import chain_groups
from kamkit.methods.shares import chained

WEIGHTS = {"kpi": 0.5, "competence": 0.3, "duty": 0.2}
ALL = pd.concat(
    [
        parts({"a": 80.0, "b": 62.0}, 0.0, "kpi"),
        parts({"a": 70.0, "b": 58.0}, 6.0, "competence"),
        parts({"a": 60.0, "b": 50.0}, 9.0, "duty"),
    ]
)


def test_total_is_the_weighted_sum_of_its_parts():
    found = combined_result(ALL, WEIGHTS)
    total = found.members.set_index("member_id")
    assert total.loc["a", "total"] == pytest.approx(73.0)
    summed = found.parts.groupby("member_id")["points"].sum()
    assert summed.to_dict() == pytest.approx(total["total"].to_dict())
    assert total.loc["a", "se"] == pytest.approx(0.3 * 6 + 0.2 * 9)  # the same raters
    assert set(total["variant"]) == {"weighted_sum; errors_of_raters_added; kpi_as_counted"}


def test_missing_part_is_weighted_up_and_said():
    found = combined_result(ALL[(ALL["part"] != "duty") | (ALL["member_id"] == "a")], WEIGHTS)
    row = found.members.set_index("member_id").loc["b"]
    assert row["total"] == pytest.approx((0.5 * 62 + 0.3 * 58) / 0.8)
    assert row[["n_parts", "note"]].tolist() == [2, "part_missing"]
    assert row["weight_used"] == pytest.approx(0.8)


def test_grades_and_their_chances():
    found = combined_result(parts({"a": 60.0, "b": 59.9, "c": 97.0}), {"kpi": 1})
    rows = found.members.set_index("member_id")
    assert rows["grade"].to_dict() == {"a": "meets", "b": "partly", "c": "outstanding"}
    assert rows["settled"].to_dict() == {"a": False, "b": False, "c": True}
    summed = found.probabilities.groupby("member_id")["probability"].sum()
    assert summed.tolist() == pytest.approx([1.0] * 3)
    assert rows.loc["a", "group"] == rows.loc["b", "group"] != rows.loc["c", "group"]


def test_unknown_error_is_unknown_chance():
    found = combined_result(parts({"a": 70.0}, np.nan), {"kpi": 1}).members.iloc[0]
    assert found["note"] == "error_unknown" and found["grade"] == "meets"
    assert np.isnan(found["grade_p"]) and not found["settled"] and found["group"] == 0


def test_what_would_change_the_grade():
    found = combined_result(ALL, WEIGHTS)
    change = found.changes.set_index(["member_id", "part"])
    for member, part in change.index:
        up = change.loc[(member, part), "up"]
        moved = ALL.copy()
        row = (moved["member_id"] == member) & (moved["part"] == part)
        moved.loc[row, "value"] += up
        if not change.loc[(member, part), "possible"]:
            continue
        after = combined_result(moved, WEIGHTS).members.set_index("member_id")["grade"]
        before = found.members.set_index("member_id")["grade"]
        assert after[member] != before[member]


def test_weights_that_decide_are_told():
    close = pd.concat([parts({"a": 90.0}, 0.0), parts({"a": 62.0}, 0.0, "competence")])
    found = combined_result(close, {"kpi": 0.5, "competence": 0.5})
    assert found.members["grade"].tolist() == ["good"]
    assert not found.members["weights_settled"].iloc[0]
    assert combined_result(close.assign(value=70.0), WEIGHTS).members["weights_settled"].iloc[0]


def test_parts_share_one_scale():
    kpi = pd.DataFrame({"scope_id": ["a", "b"], "score": [1.0, 1.3], "n_kpis": [4, 4]})
    gaps = pd.DataFrame({"member_id": ["a"], "required": 4.0, "rated": [4.0], "se": [0.4],
                         "weight": [2.0]})  # fmt: skip
    duty = pd.DataFrame({"member_id": ["a"], "rated": [3.0], "se": [0.2]})
    found = combined_parts(kpi=kpi, competence=gaps, duty=duty, kpi_se=0.02)
    mine = found[found["member_id"] == "a"].set_index("part")
    assert mine["value"].tolist() == [67.5] * 3
    assert mine["se"].tolist() == pytest.approx([3.0, 6.0, 3.0])
    assert found.loc[found["member_id"] == "b", "value"].tolist() == [100.0]
    assert combined_parts().empty
    assert combined_result(combined_parts()).members.empty


def test_confidence_never_enters():
    asked = pd.DataFrame({"member_id": ["a"], "confidence": [80.0], "score": [0.8]})
    for call in (
        lambda: combined_parts(kpi=asked),
        lambda: combined_result(parts({"a": 80.0}, part="efficacy")),
        lambda: combined_result(parts({"a": 80.0}), {"kpi": 0.5, "efficacy": 0.5}),
    ):
        with pytest.raises(KamkitError) as error:
            call()
        assert codes(error) == {"efficacy_not_for_appraisal"}


def test_all_problems_at_once():
    bad = pd.concat([ALL, ALL.iloc[:1], parts({"c": 130.0}), parts({"c": 50.0}, part="looks")])
    with pytest.raises(KamkitError) as error:
        combined_result(bad, {**WEIGHTS, "kpi": -1})
    assert codes(error) == {
        "weight_invalid",
        "duplicate_row",
        "option_out_of_range",
        "unknown_choice",
    }
    with pytest.raises(KamkitError) as error:
        combined_result(ALL, WEIGHTS, grades=[("A", 50), ("A", 60)])
    assert codes(error) == {"bad_grades"}


def test_order_of_rows_does_not_matter():
    first, turned = combined_result(ALL), combined_result(ALL[::-1])
    pd.testing.assert_frame_equal(first.members, turned.members)
    pd.testing.assert_frame_equal(first.changes, turned.changes)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 20)), min_size=1, max_size=12))
def test_groups_as_by_all_pairs(rows):
    value, reach = (np.array(c) for c in zip(*rows, strict=True))
    tied = np.abs(value[:, None] - value[None, :]) <= np.hypot(reach[:, None], reach) + 1e-9
    assert chain_groups(value, reach).tolist() == chained(tied, value).tolist()


@settings(deadline=None, max_examples=30)
@given(st.floats(0, 100), st.floats(0, 15))
def test_more_is_never_a_lower_grade(value, more):
    both = combined_result(parts({"a": value, "b": min(100.0, value + more)})).members
    low = dict(zip(("outstanding", "good", "meets", "partly", "below"), range(5), strict=True))
    assert low[both["grade"][1]] <= low[both["grade"][0]]


def test_forced_curve_splits_people_who_cannot_be_told_apart():
    equal = combined_result(parts({f"p{i}": 68.0 + i / 10 for i in range(10)}), {"kpi": 1})
    curve = {"outstanding": 0.2, "meets": 0.7, "below": 0.1}
    found = grade_distribution(equal, curve).set_index("grade")
    assert found.loc["meets", ["n", "share", "curve_n"]].tolist() == [10, 1.0, 7]
    assert found.loc["outstanding", ["moved", "doubtful"]].tolist() == [2, 2]
    assert found.loc["below", "note"] == "curve_splits_equals"
    assert found["curve_n"].sum() == 10 and found["expected"].sum() == pytest.approx(10)


def test_distribution_without_curve_or_people():
    found = grade_distribution(combined_result(ALL))
    assert set(found["note"]) == {"no_curve"} and found["n"].sum() == 2
    empty = grade_distribution(combined_result(ALL.iloc[:0]), {"good": 1})
    assert empty["n"].sum() == 0 and empty["share"].isna().all()
    with pytest.raises(KamkitError) as error:
        grade_distribution(combined_result(ALL), {"super": 1.0, "good": -1})
    assert codes(error) == {"unknown_choice", "weight_invalid"}


def test_chances_of_grades_are_right_when_repeated():
    """A total whose grade has chance p keeps that grade in about p of repeats."""
    rng = np.random.default_rng(5)
    true = rng.uniform(20, 95, 4000)
    seen = np.clip(true + rng.normal(0, 4, 4000), 0, 100)
    ids = [f"p{i:04d}" for i in range(4000)]
    found = combined_result(parts(dict(zip(ids, seen, strict=True))), {"kpi": 1}).members
    exact = combined_result(parts(dict(zip(ids, true, strict=True)), 0.0), {"kpi": 1}).members
    right = (found["grade"] == exact["grade"]).to_numpy()
    for low in (0.4, 0.6, 0.8):
        rows = found["grade_p"].between(low, low + 0.2).to_numpy()
        assert right[rows].mean() == pytest.approx(found["grade_p"][rows].mean(), abs=0.04)
