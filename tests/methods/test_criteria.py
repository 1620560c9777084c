"""Multi-criteria scores: published cases, gates, missing ratings, ties, properties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.selection.criteria import criteria_scores
from kamkit.methods.selection.ratings import (
    criteria_spec,
    rating_cells,
    rating_errors,
    selection_criteria,
)


def ratings_of(matrix, names=None, criteria=None) -> pd.DataFrame:
    rows = [
        (names[i] if names else f"A{i + 1}", criteria[j] if criteria else f"c{j + 1}", value)
        for i, row in enumerate(matrix)
        for j, value in enumerate(row)
        if value is not None
    ]
    return pd.DataFrame(rows, columns=["account_id", "criterion", "score"])


def spec_of(weights, low=0.0, high=100.0) -> pd.DataFrame:
    names = [f"c{j + 1}" for j in range(len(weights))]
    return pd.DataFrame({"criterion": names, "weight": weights, "low": low, "high": high})


def test_published_weighted_sum_shows_the_tie(published):
    case = published["P-WSM"]
    found = criteria_scores(ratings_of(case["X"]), spec_of(case["w"])).scores
    by_id = found.set_index("account_id").sort_index()
    assert by_id["score"].tolist() == pytest.approx(case["exp"]["wsm"], rel=case["tol"])
    assert by_id["rank"].tolist() == [3, 1, 1]
    assert by_id["tie_group"].isna().tolist() == [True, False, False]


def test_published_weighted_product_names_the_opposite_winner(published):
    case = published["P-WSM"]
    found = criteria_scores(ratings_of(case["X"]), spec_of(case["w"]), aggregate="product").scores
    s = found.set_index("account_id")["score"]
    ratios = [s["A1"] / s["A2"], s["A1"] / s["A3"], s["A2"] / s["A3"]]
    assert ratios == pytest.approx(case["exp"]["wpm_ratios_12_13_23"], rel=case["tol"])
    assert found["account_id"].tolist() == ["A1", "A2", "A3"]
    assert found["variant"].iloc[0].startswith("weighted_product")


@pytest.mark.parametrize("axis", ["attractiveness", "strength"])
def test_published_ge_scores(published, axis):
    case = published["P-GE"]
    weights, values = zip(*case[axis], strict=True)
    raw = criteria_scores(ratings_of([values]), spec_of(weights)).scores
    assert raw["score"].item() == pytest.approx(case["exp"][axis], abs=case["tol"])
    scaled = criteria_scores(ratings_of([values]), spec_of(weights, 1.0, 5.0)).scores
    assert scaled["score"].item() == pytest.approx((case["exp"][axis] - 1) * 25)


def test_published_ge_gate_excludes_instead_of_ranking_last(published):
    weights, values = zip(*published["P-GE"]["attractiveness"], strict=True)
    spec = pd.concat(
        [spec_of(weights), pd.DataFrame({"criterion": ["legal"], "gate": True, "minimum": 3})]
    )
    ratings = pd.concat(
        [
            ratings_of([values, values, values]),
            pd.DataFrame({"account_id": ["A1", "A2"], "criterion": "legal", "score": [2, 3]}),
        ]
    )
    found = criteria_scores(ratings, spec)
    by_id = found.scores.set_index("account_id")
    assert by_id["status"].to_dict() == {
        "A1": "gate_failed",
        "A2": "ranked",
        "A3": "gate_unknown",
    }
    assert by_id["rank"].isna().to_dict() == {"A1": True, "A2": False, "A3": True}
    assert np.isnan(by_id.loc["A1", "score"])
    assert found.excluded["criterion"].tolist() == ["legal", "legal"]
    assert found.values["account_id"].tolist() == ["A2"]


def test_contributions_add_up_to_the_total():
    rng = np.random.default_rng(1)
    matrix = rng.integers(1, 6, (8, 5)).astype(float).tolist()
    matrix[0][2] = None
    matrix[1][0] = matrix[1][4] = None
    found = criteria_scores(ratings_of(matrix), spec_of([5, 4, 3, 2, 1], 1, 5))
    sums = found.contributions.groupby("account_id")["contribution"].sum()
    scores = found.scores.set_index("account_id")["score"]
    pd.testing.assert_series_equal(sums, scores.sort_index(), check_names=False)
    used = found.contributions.groupby("account_id")["weight"].sum()
    assert used.tolist() == pytest.approx([1.0] * 8)


MISSING = [[5, 5, None], [4, 4, 4], [1, None, None]]


def test_missing_reweights_with_coverage_shown():
    found = criteria_scores(ratings_of(MISSING), spec_of([2, 1, 1], 1, 5))
    by_id = found.scores.set_index("account_id")
    assert by_id.loc["A1", ["score", "coverage", "low", "high"]].tolist() == [100, 0.75, 75, 100]
    assert by_id.loc["A1", "group"] == by_id.loc["A2", "group"]
    assert by_id.loc["A1", ["best_rank", "worst_rank"]].tolist() == [1, 2]
    assert by_id.loc["A3", "status"] == "ranked"
    strict = criteria_scores(ratings_of(MISSING), spec_of([2, 1, 1], 1, 5), min_coverage=0.6)
    assert strict.scores.set_index("account_id").loc["A3", "status"] == "not_rated"


def test_missing_excludes_or_bounds():
    spec = spec_of([2, 1, 1], 1, 5)
    strict = criteria_scores(ratings_of(MISSING), spec, missing="exclude")
    assert strict.scores["status"].tolist() == ["ranked", "not_rated", "not_rated"]
    assert set(strict.excluded["criterion"]) == {"c2", "c3"}
    open_ends = criteria_scores(ratings_of(MISSING), spec, missing="bounds")
    by_id = open_ends.scores.set_index("account_id")
    assert np.isnan(by_id.loc["A1", "score"])
    assert by_id.loc["A1", ["low", "high"]].tolist() == [75, 100]
    assert by_id.loc["A3", ["low", "high"]].tolist() == [0, 50]
    assert by_id["rank"].isna().to_dict() == {"A2": False, "A1": True, "A3": True}


def test_one_more_account_never_moves_the_others():
    matrix = [[5, 2, 3], [3, 4, 4], [2, 5, 1]]
    spec = spec_of([3, 2, 1], 1, 5)
    before = criteria_scores(ratings_of(matrix), spec).scores.set_index("account_id")["score"]
    after = criteria_scores(ratings_of([*matrix, [1, 5, 5]]), spec).scores
    pd.testing.assert_series_equal(before, after.set_index("account_id")["score"][before.index])


def test_cost_direction_turns_the_value_round():
    spec = spec_of([1.0], 1, 5).assign(direction="cost")
    found = criteria_scores(ratings_of([[5], [2]]), spec).scores
    assert found[["account_id", "score"]].values.tolist() == [["A2", 75.0], ["A1", 0.0]]
    gate = spec.assign(gate=True, minimum=3)
    assert criteria_scores(ratings_of([[5], [2]]), gate).scores["status"].tolist() == [
        "ranked",
        "gate_failed",
    ]


def test_several_raters_give_mean_number_and_spread():
    ratings = pd.DataFrame(
        {
            "account_id": "a",
            "criterion": ["x", "x", "x", "y"],
            "score": [2, 4, 3, 5],
            "rater_id": ["r1", "r2", "r3", "r1"],
        }
    )
    spec = pd.DataFrame({"criterion": ["x", "y"], "weight": [1, 1]})
    cell = rating_cells(ratings, spec).set_index("criterion").loc["x"]
    assert cell[["rating", "n_raters", "spread"]].tolist() == [3, 3, 1]
    errors = rating_errors(ratings, spec)
    assert errors[["x", "y"]].values.tolist() == [[pytest.approx(25 / 3**0.5), 25.0]]
    found = criteria_scores(ratings, spec).scores
    assert found["rater_error"].item() == pytest.approx((0.25 * 625 / 3 + 0.25 * 625) ** 0.5)


def test_ratings_outside_the_scale_are_clipped_and_noted():
    found = criteria_scores(ratings_of([[9, 3]]), spec_of([1, 1], 1, 5))
    assert found.scores["score"].item() == 75
    assert found.notes.loc[found.notes["note"] == "outside_scale", "value"].tolist() == [9]


def test_library_selection_has_the_solvency_gate():
    spec = selection_criteria("list_1_2")
    ratings = ratings_of([[4] * 22, [4] * 22], criteria=spec["criterion"].tolist())
    hit = (ratings["account_id"] == "A2") & (ratings["criterion"] == "solvency")
    ratings.loc[hit, "score"] = 2
    found = criteria_scores(ratings, spec)
    assert found.scores["status"].tolist() == ["ranked", "gate_failed"]
    with pytest.raises(KamkitError) as caught:
        selection_criteria("no_such_list")
    assert "list_1_2" in caught.value.problems[0].details["allowed"]


def test_empty_ratings_have_the_right_columns():
    found = criteria_scores(ratings_of([]), spec_of([1, 1]))
    assert found.scores.empty
    assert "tie_group" in found.scores.columns
    assert found.summary.set_index("measure").loc["accounts_ranked", "value"] == 0
    unrated = criteria_scores(ratings_of([[np.nan, np.nan]]), spec_of([1, 1]))
    assert unrated.scores["status"].tolist() == ["not_rated"]


def test_all_problems_of_a_bad_spec_are_named_at_once():
    spec = pd.DataFrame(
        {
            "criterion": ["a", "a", "b"],
            "low": [1, 1, 5],
            "high": [5, 5, 1],
            "direction": ["benefit", "more", "cost"],
            "gate": [True, False, False],
        }
    )
    with pytest.raises(KamkitError) as caught:
        criteria_spec(spec)
    codes = sorted(p.code for p in caught.value.problems)
    assert codes == ["duplicate_row", "gate_level", "scale_ends", "unknown_option"]


def test_doubled_ratings_and_unknown_weights_are_refused():
    ratings = ratings_of([[3, 4]])
    with pytest.raises(KamkitError, match="A1 / c1"):
        criteria_scores(pd.concat([ratings, ratings.head(1)]), spec_of([1, 1]))
    with pytest.raises(KamkitError) as caught:
        criteria_scores(ratings, spec_of([1, 1]), weights={"c1": 1, "x": 1})
    assert [p.code for p in caught.value.problems] == ["unknown_criterion", "weight_missing"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 5), min_size=3, max_size=3), min_size=1, max_size=6),
    st.integers(0, 2),
)
def test_a_better_rating_never_lowers_a_score(matrix, j):
    spec = spec_of([3, 2, 1], 1, 5)
    better = [list(row) for row in matrix]
    better[0][j] = min(5, better[0][j] + 1)
    for aggregate in ("sum", "product"):
        one, two = (
            criteria_scores(ratings_of(m), spec, aggregate=aggregate)
            .scores.set_index("account_id")
            .loc["A1"]
            for m in (matrix, better)
        )
        assert two["score"] >= one["score"] - 1e-9
        assert two["rank"] <= one["rank"]
