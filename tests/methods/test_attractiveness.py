"""Attractiveness, relative strength and the matrix of both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.portfolio import (
    FactorScores,
    attractiveness,
    attractiveness_strength,
    relative_strength,
)


def rated(
    pairs: list[list[float]], prefix: str, account: str = "pumps"
) -> tuple[pd.DataFrame, Any]:
    names = [f"{prefix}{i}" for i in range(len(pairs))]
    table = pd.DataFrame(
        {"account_id": account, "criterion": names, "score": [float(s) for _, s in pairs]}
    )
    return table, {name: w for name, (w, _) in zip(names, pairs, strict=True)}


def test_published_case(published: dict[str, dict[str, Any]]) -> None:
    case = published["P-GE"]
    y = attractiveness(*rated(case["attractiveness"], "a"))
    x = attractiveness(*rated(case["strength"], "s"))
    exp, tol = case["exp"], case["tol"]
    assert y.accounts["total"].tolist() == pytest.approx([exp["attractiveness"]], abs=tol)
    assert x.accounts["total"].tolist() == pytest.approx([exp["strength"]], abs=tol)
    assert y.factors["contribution"].sum() == pytest.approx(exp["attractiveness"], abs=tol)
    found = attractiveness_strength(y, x, cells=3)
    assert found.accounts["box"].tolist() == ["high:medium"]
    assert found.accounts["zone"].tolist() == ["invest"]
    # 3.70 stands 0.03 above the line: the ratings can't carry that.
    assert not found.accounts["separable"][0] and 0.3 < found.accounts["p_box"][0] < 0.8


def test_gate_excludes_and_never_ranks_last(published: dict[str, dict[str, Any]]) -> None:
    table, weights = rated(published["P-GE"]["attractiveness"], "a")
    gate = pd.DataFrame({"account_id": ["pumps"], "criterion": ["legal"], "score": [1.0]})
    other, _ = rated([[w, 1.0] for w, _ in published["P-GE"]["attractiveness"]], "a", "valves")
    legal = gate.assign(account_id="valves", score=4.0)
    ratings = pd.concat([table, gate, other, legal], ignore_index=True)
    found = attractiveness(ratings, weights, gates={"legal": 2.0})
    pumps = found.accounts.set_index("account_id").loc["pumps"]
    assert pumps["excluded"] and pumps["failed_gates"] == "legal" and pumps["gate"] == "failed"
    assert np.isnan(pumps["total"]) and pd.isna(pumps["rank"])
    assert found.accounts.set_index("account_id").loc["valves", "rank"] == 1
    placed = attractiveness_strength(found, found).accounts.set_index("account_id")
    assert placed.loc["pumps", "status"] == "gate_failed"
    assert placed.loc["pumps", "box"] == "unknown"


def test_average_line_and_missing_rules() -> None:
    ratings = pd.DataFrame(
        {
            "account_id": ["A", "A", "B", "B", "C"],
            "criterion": ["size", "growth", "size", "growth", "size"],
            "score": [5.0, 3.0, 1.0, 3.0, 4.0],
        }
    )
    weights = {"size": 2.0, "growth": 2.0}
    found = attractiveness(ratings, weights)
    assert found.accounts["total"].tolist() == [4.0, 2.0, 4.0]
    assert found.accounts["coverage"].tolist() == [1.0, 1.0, 0.5]
    assert found.accounts["variant"].tolist() == ["complete", "complete", "reweighted"]
    assert found.accounts["rank"].tolist() == [1, 3, 1]
    line = found.summary.set_index("measure").loc["average_line"]
    assert line["value"] == pytest.approx(10 / 3) and line["low"] < line["value"] < line["high"]
    strict = attractiveness(ratings, weights, missing="exclude")
    assert strict.accounts["total"].isna().tolist() == [False, False, True]
    sums = found.factors.groupby("account_id")["contribution"].sum()
    assert sums.tolist() == found.accounts["total"].tolist()


def test_raters_who_disagree_widen_the_interval() -> None:
    def of(scores: list[float]) -> float:
        ratings = pd.DataFrame({"account_id": "A", "criterion": "size", "score": scores})
        return float(attractiveness(ratings, {"size": 1}).accounts["se"][0])

    assert of([3.0]) == pytest.approx(1 / np.sqrt(12))
    assert of([3.0, 3.0]) < of([3.0]) < of([1.0, 5.0])


def suppliers() -> pd.DataFrame:
    rows = [
        ("A", "price", "us", True, 6, 3), ("A", "service", "us", True, 9, 1),
        ("A", "price", "north", False, 8, 3), ("A", "service", "north", False, 6, 1),
        ("A", "price", "south", False, 5, 3), ("A", "service", "south", False, 5, 1),
        ("B", "price", "us", True, 8, None), ("B", "service", "us", True, 8, None),
    ]  # fmt: skip
    columns = ["account_id", "factor", "supplier", "is_us", "score", "weight"]
    return pd.DataFrame(rows, columns=columns).astype({"score": float, "weight": float})


def test_strength_against_the_best_rival() -> None:
    found = relative_strength(suppliers())
    a, b = (found.accounts.set_index("account_id").loc[i] for i in "AB")
    assert (a["our_total"], a["best_total"], a["best_rival"]) == (6.75, 7.5, "north")
    assert a["index"] == pytest.approx(0.9) and a["index_low"] < 0.9 < a["index_high"]
    assert np.isnan(b["index"]) and b["variant"] == "no_rival" and b["weights"] == "equal"
    mean = relative_strength(suppliers(), rival="average").accounts.set_index("account_id")
    assert mean.loc["A", "index"] == pytest.approx(6.75 / 6.25)
    gaps = found.factors.set_index(["account_id", "factor"])["gap"]
    assert gaps[("A", "price")] == -2 and gaps[("A", "service")] == 3


def test_strength_uses_the_latest_year() -> None:
    both = pd.concat([suppliers().assign(year=2024), suppliers().assign(year=2025, score=7.0)])
    assert relative_strength(both).year == 2025
    assert relative_strength(both).accounts["index"][0] == pytest.approx(1.0)
    assert relative_strength(both, year=2024).accounts["index"][0] == pytest.approx(0.9)


def matrix_inputs(n: int = 12, seed: int = 4) -> tuple[FactorScores, Any]:
    rng = np.random.default_rng(seed)
    ids = [f"A{i:02d}" for i in range(n)]
    grid = [(i, f) for i in ids for f in ("size", "growth", "fit")]
    ratings = pd.DataFrame(grid, columns=["account_id", "criterion"])
    ratings["score"] = rng.integers(1, 6, len(ratings)).astype(float)
    rival = [(i, f, s) for i in ids for f in ("price", "service") for s in ("us", "x", "y")]
    table = pd.DataFrame(rival, columns=["account_id", "factor", "supplier"])
    table["is_us"] = table["supplier"] == "us"
    table["score"] = rng.integers(2, 10, len(table)).astype(float)
    weights = {"size": 2, "growth": 1, "fit": 1}
    return attractiveness(ratings, weights), relative_strength(table)


def test_probabilities_add_up_and_repeat() -> None:
    y, x = matrix_inputs()
    found = attractiveness_strength(y, x)
    chances = found.accounts.filter(regex="^p_(key|maint|opp)")
    assert np.allclose(chances.sum(axis=1), 1.0)
    assert found.accounts["time_share"].sum() == pytest.approx(1.0)
    again = attractiveness_strength(y, x)
    pd.testing.assert_frame_equal(found.accounts, again.accounts)
    high = found.accounts["y"] >= found.summary.set_index("measure").loc["y_cut", "value"]
    assert found.accounts["box"].isin(["key", "key_development"]).tolist() == high.tolist()
    counts = found.summary[found.summary["measure"].str.startswith("box_")]
    assert counts["value"].sum() == 12


def test_exact_normal_probability() -> None:
    y = attractiveness(
        pd.DataFrame({"account_id": ["A"], "criterion": ["f"], "score": [3.0]}), {"f": 1}
    )
    found = attractiveness_strength(y, y, x_cut=0.0, y_cut=3.0 - 1 / np.sqrt(12), draws=20_000)
    assert found.accounts["p_box"][0] == pytest.approx(0.8413, abs=0.01)


def test_movement_and_shared_factors() -> None:
    y, x = matrix_inputs()
    before = attractiveness_strength(*matrix_inputs(seed=5))
    now = attractiveness_strength(y, x, previous=before)
    assert len(now.moves) == 12 and now.moves["moved"].any()
    assert now.problems == ()
    shared = attractiveness_strength(y, y)
    assert [p.code for p in shared.problems] == ["shared_factor"] * 3
    assert {p.level for p in shared.problems} == {"warning"}


def test_empty_and_dirty() -> None:
    none = pd.DataFrame({"account_id": [], "criterion": [], "score": []})
    y = attractiveness(none, {"size": 1})
    assert y.accounts.empty and y.summary["variant"].iloc[0] == "too_little_data"
    x = relative_strength(suppliers().iloc[:0])
    assert x.accounts.empty
    assert attractiveness_strength(y, x).accounts.empty
    for weights in ({}, {"size": -1.0}, {"size": 0.0}, {"size": np.nan}):
        with pytest.raises(KamkitError):
            attractiveness(none, weights)
    with pytest.raises(KamkitError) as error:
        relative_strength(suppliers().assign(score="strong", weight=-1.0))
    assert {p.code for p in error.value.problems} == {"not_a_number"}
