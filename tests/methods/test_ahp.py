"""AHP: published matrices, judges, contradictions, refusals."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.selection.hierarchy import RANDOM_INDEX, ahp


def square(case) -> pd.DataFrame:
    rows = [[float(Fraction(str(x))) for x in row] for row in case["A"]]
    names = [f"c{i}" for i in range(len(rows))]
    return pd.DataFrame(rows, index=names, columns=names)


@pytest.mark.parametrize(("key", "ratio"), [("P-AHP1", "CR_RI1.32"), ("P-AHP2", "CR_RI1.41")])
def test_published(published, key, ratio):
    case = published[key]
    found = ahp(square(case))
    expected, tol = case["exp"], case["tol"]
    assert found.weights["weight"].tolist() == pytest.approx(expected["priority"], abs=tol)
    figures = found.summary.set_index("measure")["value"]
    assert figures["lambda_max"] == pytest.approx(expected["lambda_max"], rel=tol)
    assert figures["consistency_index"] == pytest.approx(expected["CI"], abs=tol)
    assert figures["consistency_ratio"] == pytest.approx(expected[ratio], abs=tol)
    assert bool(figures["consistency_accepted"]) is expected["accept"]


def test_methods_part_where_judgements_clash(published):
    weights = ahp(square(published["P-AHP2"])).weights.set_index("criterion")
    assert weights.loc["c2", "eigenvector"] == pytest.approx(0.188, abs=6e-4)
    assert weights.loc["c2", "geometric_mean"] == pytest.approx(0.149, abs=6e-4)


def test_the_random_index_table_changes_cr(published):
    table = square(published["P-AHP1"])
    found = {}
    for name in RANDOM_INDEX:
        summary = ahp(table, random_index=name).summary.set_index("measure")
        found[name] = summary.loc["consistency_ratio", "value"]
        assert summary.loc["consistency_ratio", "variant"] == f"ri_{name}"
    assert found["saaty_1980"] == pytest.approx(0.0223, abs=1e-4)
    assert found["saaty_2005"] == pytest.approx(0.0218, abs=1e-4)
    assert found["donegan_dodd_1991"] == pytest.approx(0.0235, abs=1e-4)


def test_worst_triad_and_repair_point_at_the_same_judgement(published):
    found = ahp(square(published["P-AHP2"]))
    worst = found.triads.iloc[0]
    best = found.repairs.iloc[0]
    assert {best["first"], best["second"]} <= set(worst[["first", "second", "third"]])
    assert best["cr_after"] < 0.1
    assert (found.triads["factor"] >= 1 - 1e-9).all()


def test_judges_are_joined_by_the_geometric_mean():
    pairs = pd.DataFrame({"judge": ["p", "q"], "first": "a", "second": "b", "value": [4.0, 0.25]})
    found = ahp(pairs)
    assert found.weights["weight"].tolist() == pytest.approx([0.5, 0.5])
    assert found.weights.loc[0, ["low", "high"]].tolist() == pytest.approx([0.2, 0.8])
    assert found.judges["cr"].tolist() == [0, 0]
    assert "judges_geometric_mean" in found.weights["variant"].iloc[0]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.1, 10), min_size=2, max_size=7))
def test_consistent_judgements_give_back_the_weights(raw):
    w = np.array(raw) / sum(raw)
    names = [f"c{i}" for i in range(len(w))]
    table = pd.DataFrame(w[:, None] / w[None, :], index=names, columns=names)
    for method in ("eigenvector", "geometric_mean"):
        found = ahp(table, method=method)
        assert found.weights["weight"].to_numpy() == pytest.approx(w, rel=1e-6)
        ratio = found.summary.set_index("measure").loc["consistency_ratio", "value"]
        assert ratio == pytest.approx(0, abs=1e-6)


def test_dirty_judgements_are_all_named():
    pairs = pd.DataFrame(
        {"first": ["a", "a", "a"], "second": ["b", "b", "c"], "value": [2.0, 3.0, 2.0]}
    )
    with pytest.raises(KamkitError, match="a / b"):
        ahp(pairs)
    with pytest.raises(KamkitError) as caught:
        ahp(pairs.drop(index=1).assign(value=[0.0, 2.0]))
    assert [p.value for p in caught.value.problems] == ["a / b", "b / c"]
    bad = pd.DataFrame([[1, 3], [3, 1]], index=["a", "b"], columns=["a", "b"])
    with pytest.raises(KamkitError) as caught:
        ahp(bad)
    assert caught.value.problems[0].code == "not_reciprocal"
    with pytest.raises(KamkitError):
        ahp(pairs.head(0))


def test_one_and_two_criteria_cannot_clash():
    one = pd.DataFrame([[1.0]], index=["a"], columns=["a"])
    found = ahp(one)
    assert found.weights["weight"].tolist() == [1.0]
    assert found.triads.empty
    assert found.repairs.empty
    assert found.summary.set_index("measure").loc["consistency_ratio", "value"] == 0


def test_an_order_outside_the_table_has_no_cr():
    rng = np.random.default_rng(1)
    raw = np.exp(rng.normal(0, 1, (12, 12)))
    names = [f"c{i}" for i in range(12)]
    table = pd.DataFrame(np.sqrt(raw / raw.T), index=names, columns=names)
    summary = ahp(table).summary.set_index("measure")["value"]
    assert np.isnan(summary["consistency_ratio"])
    assert np.isnan(summary["consistency_accepted"])
    assert not np.isnan(
        ahp(table, random_index="saaty_2005").summary.set_index("measure")["value"][
            "consistency_ratio"
        ]
    )
