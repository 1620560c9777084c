"""TOPSIS: published closeness under two normalisations, degenerate lists."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.selection.ideal_point import topsis


@pytest.fixture
def aircraft(published):
    case = published["P-TOPSIS"]
    names = [f"c{j}" for j in range(6)]
    table = pd.DataFrame(case["X"], columns=names)
    table.insert(0, "account_id", ["A1", "A2", "A3", "A4"])
    weights = dict(zip(names, case["w"], strict=True))
    return case, table, weights, [names[j] for j in case["cost"]]


def test_published_vector(aircraft):
    case, table, weights, cost = aircraft
    found = topsis(table, weights, cost=cost)
    assert found["closeness"].tolist() == pytest.approx(case["exp"]["closeness"], abs=case["tol"])
    by_rank = found.sort_values("rank")["account_id"].tolist()
    assert by_rank == [f"A{i}" for i in case["exp"]["order"]]
    assert found["variant"].iloc[0] == "topsis; norm_vector"


def test_published_minmax(aircraft):
    case, table, weights, cost = aircraft
    found = topsis(table, weights, cost=cost, normalisation="minmax")
    expected = case["exp"]["minmax_normalised_instead"]
    assert found["closeness"].tolist() == pytest.approx(expected, abs=case["tol"])


def test_missing_alike_and_empty():
    alike = pd.DataFrame({"account_id": ["a", "b"], "x": [3.0, 3.0]})
    assert topsis(alike, {"x": 1})["closeness"].isna().all()
    gap = pd.DataFrame({"account_id": ["a", "b", "c"], "x": [1.0, np.nan, 3.0]})
    found = topsis(gap, {"x": 1})
    assert found["rank"].isna().tolist() == [False, True, False]
    assert (found["n"] == 2).all()
    assert topsis(gap.head(0), {"x": 1}).empty
    one = topsis(gap.head(1), {"x": 1})
    assert one["variant"].tolist() == ["too_little_data"]
    with pytest.raises(KamkitError):
        topsis(gap, {"x": 1}, normalisation="zscore")


def test_dominating_account_wins_under_every_normalisation():
    rng = np.random.default_rng(4)
    table = pd.DataFrame(rng.uniform(1, 9, (6, 4)), columns=list("wxyz"))
    table.loc[6] = 10.0
    table.insert(0, "account_id", [f"a{i}" for i in range(7)])
    weights = dict.fromkeys("wxyz", 1.0)
    for how in ("vector", "minmax", "sum"):
        found = topsis(table, weights, normalisation=how).set_index("account_id")
        assert found.loc["a6", "rank"] == 1
        assert found.loc["a6", "closeness"] == pytest.approx(1)
