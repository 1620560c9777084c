"""Weights: published figures and refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.selection.weights import (
    critic_array,
    data_weights,
    direct_weights,
    entropy_array,
    equal_weights,
    roc_weights,
    swing_weights,
    weight_table,
)


def test_published_roc(published):
    case = published["P-ROC"]
    for n in (3, 4):
        found = roc_weights([f"c{i}" for i in range(n)])["weight"].tolist()
        assert found == pytest.approx(case["exp"][f"n{n}"], abs=case["tol"])


def test_roc_ties_share_their_places():
    found = roc_weights({"a": 1, "b": 2, "c": 2, "d": 4}).set_index("criterion")["weight"]
    assert found["b"] == found["c"]
    assert found.sum() == pytest.approx(1)
    assert found["a"] > found["b"] > found["d"]


def test_published_entropy(published):
    matrix = np.array(published["P-TOPSIS"]["X"], dtype=float)
    case = published["P-ENTROPY"]
    assert entropy_array(matrix).tolist() == pytest.approx(case["exp"]["weights"], abs=case["tol"])


def test_published_critic(published):
    case = published["P-CRITIC"]
    found = critic_array(np.array(case["X"], dtype=float))
    assert found.tolist() == pytest.approx(case["exp"]["weights"], abs=case["tol"])


def test_constant_columns_separate_nobody():
    matrix = np.array([[3.0, 1.0], [3.0, 2.0], [3.0, 5.0]])
    assert entropy_array(matrix)[0] == pytest.approx(0, abs=1e-12)
    assert critic_array(matrix)[0] == 0
    assert critic_array(np.full((4, 2), 3.0)).tolist() == [0.5, 0.5]
    assert entropy_array(np.full((4, 2), 3.0)).tolist() == [0.5, 0.5]


def test_data_weights_stand_beside_the_judged_ones():
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"account_id": list("abcdef")})
    table[["x", "y", "z"]] = rng.random((6, 3)) * 100
    table.loc[0, "x"] = np.nan
    found = data_weights(table, {"x": 5, "y": 3, "z": 2})
    assert found[["judged", "entropy", "critic"]].sum().tolist() == pytest.approx([1, 1, 1])
    assert (found["n"] == 5).all()
    few = data_weights(table.tail(2), {"x": 5, "y": 3, "z": 2})
    assert few["entropy"].isna().all()
    assert (few["variant"] == "too_little_data").all()


def test_swing_direct_equal():
    assert swing_weights({"a": 100, "b": 100})["weight"].tolist() == [0.5, 0.5]
    assert direct_weights({"a": 60, "b": 40})["variant"].iloc[0] == "weights_points"
    assert equal_weights([])["weight"].tolist() == []
    with pytest.raises(KamkitError, match="90"):
        direct_weights({"a": 60, "b": 30})


@pytest.mark.parametrize("weights", [{"a": -1, "b": 2}, {"a": np.nan}, {"a": 0, "b": 0}])
def test_unusable_weights_are_refused(weights):
    with pytest.raises(KamkitError):
        weight_table(weights)


def test_missing_weight_names_the_criterion():
    with pytest.raises(KamkitError) as caught:
        weight_table({"a": 1}, criteria=["a", "b", "c"])
    assert [p.value for p in caught.value.problems] == ["b", "c"]
