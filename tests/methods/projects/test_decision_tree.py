"""Expected monetary value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.projects import decision_tree, probability_impact

COLUMNS = ["node", "parent", "kind", "p", "cost", "value"]


def build_or_upgrade(case: dict[str, Any]) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = [("root", None, "decision", None, 0, 0)]
    for name, option in case["tree"].items():
        rows.append((name, "root", "chance", None, option["cost"], 0))
        for i, (p, value) in enumerate(option["outcomes"]):
            rows.append((f"{name}{i}", name, "end", p, 0, value))
    return pd.DataFrame(rows, columns=COLUMNS)


def test_published(published: dict[str, dict[str, Any]]) -> None:
    case = published["P-RISK"]
    grid = probability_impact(case["P"], case["I"]).set_index(["p", "impact"])["exposure"]
    expected = case["exp"]
    assert grid[0.9, 0.8] == pytest.approx(expected["corner"], abs=case["tol"])
    assert grid[0.5, 0.4] == pytest.approx(expected["p.5_i.4"], abs=case["tol"])
    assert grid[0.9, 0.05] == pytest.approx(expected["p.9_i.05"], abs=case["tol"])
    found = decision_tree(build_or_upgrade(case))
    nodes = found.nodes.set_index("node")
    for name, emv in case["emv"].items():
        assert nodes.loc[name, "emv"] == pytest.approx(emv, abs=case["tol"])
    assert nodes.loc["upgrade", "chosen"] and not nodes.loc["build", "chosen"]
    assert nodes.loc["root", "emv"] == pytest.approx(46)


def test_how_sure(published: dict[str, dict[str, Any]]) -> None:
    found = decision_tree(build_or_upgrade(published["P-RISK"]))
    nodes = found.nodes.set_index("node")
    assert nodes.loc[["build", "upgrade"], "p_best"].sum() == pytest.approx(1)
    assert 0.5 < nodes.loc["upgrade", "p_best"] < 0.95
    assert nodes.loc["build", "low"] < 36 < nodes.loc["build", "high"]
    assert found.outcomes["p"].sum() == pytest.approx(1)
    assert sorted(found.outcomes["value"]) == [10, 70]


def test_nested_and_sunk_branch() -> None:
    rows = [
        ("start", None, "decision", None, 0, 0), ("study", "start", "chance", None, 5, 0),
        ("good", "study", "decision", 0.5, 0, 0), ("go", "good", "end", None, 0, 60),
        ("quit", "good", "end", None, 0, 0), ("bad", "study", "decision", 0.5, 0, 0),
        ("go2", "bad", "end", None, 0, -40), ("quit2", "bad", "end", None, 0, 0),
        ("blind", "start", "chance", None, 0, 0), ("b1", "blind", "end", 0.5, 0, 60),
        ("b2", "blind", "end", 0.5, 0, -40),
    ]  # fmt: skip
    found = decision_tree(pd.DataFrame(rows, columns=COLUMNS))
    nodes = found.nodes.set_index("node")
    assert nodes.loc["study", "emv"] == pytest.approx(25)
    assert nodes.loc["blind", "emv"] == pytest.approx(10)
    assert nodes.loc["go2", "reach"] == 0 and nodes.loc["quit2", "reach"] == pytest.approx(0.5)
    m = found.measures.set_index("measure")["value"]
    assert (
        m["p_loss"] == pytest.approx(0.5) and m["worst_outcome"] == -5 and m["best_outcome"] == 55
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"p": [None, None, 0.5, 0.6]}, "chances_not_one"),
        ({"parent": [None, "root", "go", "gone"]}, "unknown_reference"),
        ({"parent": [None, None, "go", "go"]}, "tree_roots"),
        ({"kind": ["decision", "odd", "end", "end"]}, "not_allowed"),
        ({"kind": ["decision", "chance", "chance", "end"]}, "tree_dead_end"),
    ],
)
def test_dirty(change: dict[str, list[Any]], code: str) -> None:
    tree = pd.DataFrame(
        [("root", None, "decision", None, 0, 0), ("go", "root", "chance", None, 1, 0),
         ("a", "go", "end", 0.5, 0, 9), ("b", "go", "end", 0.5, 0, 0)],
        columns=COLUMNS,
    )  # fmt: skip
    with pytest.raises(KamkitError) as caught:
        decision_tree(tree.assign(**change))
    assert code in [p.code for p in caught.value.problems]
    loop = tree.assign(parent=["", "b", "go", "go"], kind=["end", "chance", "end", "chance"])
    with pytest.raises(KamkitError):
        decision_tree(loop)


def test_empty() -> None:
    found = decision_tree(pd.DataFrame(columns=COLUMNS))
    assert found.nodes.empty and found.measures["variant"].tolist() == ["too_little_data"]
    with pytest.raises(KamkitError):
        probability_impact([1.2], [0.5])
    assert np.isnan(found.measures["value"].iloc[0])
