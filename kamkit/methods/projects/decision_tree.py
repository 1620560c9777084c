"""Expected monetary value: probability × impact and decision trees, rolled back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.portfolio.inputs import figures
from kamkit.methods.projects.beliefs import STRENGTH, Floats, spread

_KINDS = ("decision", "chance", "end")
_ORIGIN = "field:Raiffa 1968; field:PMBOK"


@dataclass(frozen=True)
class DecisionTree:
    """The parts of :func:`decision_tree`."""

    nodes: pd.DataFrame
    outcomes: pd.DataFrame
    measures: pd.DataFrame


def probability_impact(chances: Sequence[float], impacts: Sequence[float]) -> pd.DataFrame:
    """Exposure of every cell of a probability × impact grid.

    Returns columns: p (0–1), impact (as given), exposure (p × impact).
    Both scales must be numbers with a meaning: the product of two ordinal grades 1–5 orders
    risks wrongly (Cox 2008). Source: PMBOK; S246.

    >>> probability_impact([0.5], [0.4]).exposure.tolist()
    [0.2]
    """
    p, impact = np.meshgrid(np.asarray(chances, float), np.asarray(impacts, float), indexing="ij")
    KamkitError.collect(
        Problem("not_a_share", "chances", "p", i + 1, float(v))
        for i, v in enumerate(np.asarray(chances, float))
        if not 0 <= v <= 1
    )
    return pd.DataFrame(
        {"p": p.ravel(), "impact": impact.ravel(), "exposure": (p * impact).ravel()}
    )


def decision_tree(
    nodes: pd.DataFrame, *, strength: float = STRENGTH, draws: int = 4000, seed: int = 0
) -> DecisionTree:
    """Roll a decision tree back to its expected value, with the risk behind the best choice.

    Needs columns: node, parent (empty for the root), kind (decision, chance, end); optional p
    (of a branch below a chance node), cost (paid on entering the node), value (of an end node),
    cases (how many cases the chances below this node rest on, default ``strength``).
    Returns ``nodes`` (node, parent, kind, p, cost, value, emv = expected value from entering
    the node on, its cost taken off; low, high: 95 % over the uncertainty of the chances;
    chosen; p_best share of draws in which this branch is the best of its decision; reach: the
    chance to get there when choosing well); ``outcomes`` (value, p: what can come out of the
    best choice); ``measures`` (emv, emv_second, p_loss, worst_outcome,
    best_outcome).
    Chances are drawn from a Dirichlet around those given. Chances that don't add to 1, unknown
    parents, loops and two roots are refused. An empty tree gives empty tables.
    Source: Raiffa 1968; PMBOK; strength house.

    >>> tree = pd.DataFrame([("root", None, "decision", None, 0, 0),
    ...     ("go", "root", "chance", None, 40, 0), ("stay", "root", "end", None, 0, 10),
    ...     ("win", "go", "end", 0.5, 0, 200), ("lose", "go", "end", 0.5, 0, 0)],
    ...     columns=["node", "parent", "kind", "p", "cost", "value"])
    >>> decision_tree(tree).nodes.set_index("node").emv[["go", "stay"]].tolist()
    [60.0, 10.0]
    """
    table = _checked(nodes)
    if table.empty:
        empty = table.assign(emv=[], low=[], high=[], chosen=[], p_best=[], reach=[])
        return DecisionTree(
            empty.drop(columns="cases"),
            pd.DataFrame({"value": [], "p": []}),
            measure_table([measure_row("emv", np.nan, 0, variant="too_little_data")]),
        )
    children = _children(table)
    order = _downwards(table, children)
    chances = table["p"].fillna(1.0).to_numpy(float)
    emv, best = _roll(table, children, order, chances[None, :])
    rng = np.random.default_rng(seed)
    drawn = _drawn_chances(table, children, strength, rng, draws)
    values, picks = _roll(table, children, order, drawn)
    out = table.drop(columns="cases")
    out["emv"] = emv[0]
    out["low"], out["high"] = spread(values)
    out["chosen"], out["p_best"], out["reach"] = _choices(children, order, best[0], picks, chances)
    outcomes = _profile(table, out)
    return DecisionTree(out, outcomes, _measures(out, children, outcomes, order[0]))


def _checked(nodes: pd.DataFrame) -> pd.DataFrame:
    table = nodes.copy()
    for column in ("parent", "kind"):
        if column not in table:
            KamkitError.collect([Problem("missing_column", "nodes", column)])
    numbers = figures(table, "nodes", [], keys=("node",), optional=("p", "cost", "value", "cases"))
    numbers.insert(1, "parent", table["parent"].astype("object").to_numpy())
    numbers.insert(2, "kind", table["kind"].astype(str).to_numpy())
    numbers[["cost", "value"]] = numbers[["cost", "value"]].fillna(0.0)
    numbers["node"] = numbers["node"].astype(str)
    blank = numbers["parent"].isna() | (numbers["parent"].astype(str).str.strip() == "")
    numbers["parent"] = numbers["parent"].astype(str).where(~blank, "")
    problems = [
        Problem("not_allowed", "nodes", "kind", i + 1, k, details={"allowed": ", ".join(_KINDS)})
        for i, k in enumerate(numbers["kind"])
        if k not in _KINDS
    ]
    known = set(numbers["node"])
    problems += [
        Problem("unknown_reference", "nodes", "parent", i + 1, v, details={"allowed": "node"})
        for i, v in enumerate(numbers["parent"])
        if v and v not in known
    ]
    if len(numbers) and int(blank.sum()) != 1:
        problems.append(Problem("tree_roots", "nodes", "parent", value=int(blank.sum())))
    kinds = dict(zip(numbers["node"], numbers["kind"], strict=True))
    for i, (parent, p) in enumerate(zip(numbers["parent"], numbers["p"], strict=True)):
        if kinds.get(parent) == "chance" and not (np.isfinite(p) and 0 <= p <= 1):
            problems.append(Problem("not_a_share", "nodes", "p", i + 1, p))
    for parent, group in numbers.groupby("parent"):
        if kinds.get(str(parent)) == "chance" and abs(group["p"].sum() - 1) > 1e-6:
            total = f"{group['p'].sum():g}"
            problems.append(Problem("chances_not_one", "nodes", "p", value=total,
                                    details={"node": parent}))  # fmt: skip
    KamkitError.collect(problems)
    numbers["p"] = numbers["p"].where(numbers["parent"].map(kinds) == "chance")
    return numbers


def _children(table: pd.DataFrame) -> dict[int, list[int]]:
    at = {node: i for i, node in enumerate(table["node"])}
    out: dict[int, list[int]] = {i: [] for i in range(len(table))}
    for i, parent in enumerate(table["parent"]):
        if parent:
            out[at[parent]].append(i)
    return out


def _downwards(table: pd.DataFrame, children: dict[int, list[int]]) -> list[int]:
    root = int(np.flatnonzero((table["parent"] == "").to_numpy())[0])
    order = [root]
    for i in order:
        order += children[i]
    if len(order) != len(table):
        left = sorted(set(range(len(table))) - set(order))
        KamkitError.collect(
            Problem("tree_loop", "nodes", "parent", i + 1, table["node"].iloc[i]) for i in left
        )
    KamkitError.collect(
        Problem("tree_dead_end", "nodes", "kind", i + 1, table["node"].iloc[i])
        for i in order
        if table["kind"].iloc[i] != "end" and not children[i]
    )
    return order


def _roll(
    table: pd.DataFrame, children: dict[int, list[int]], order: list[int], chances: Floats
) -> tuple[Floats, Floats]:
    """Expected value of every node and the branch taken at every decision, per row of chances."""
    m, n = chances.shape
    emv, pick = np.zeros((m, n)), np.full((m, n), -1.0)
    kinds, cost, value = (table[c].to_numpy() for c in ("kind", "cost", "value"))
    for i in reversed(order):
        below = children[i]
        if kinds[i] == "end":
            worth = np.full(m, float(value[i]))
        elif kinds[i] == "chance":
            worth = (chances[:, below] * emv[:, below]).sum(axis=1) + float(value[i])
        else:
            at = np.argmax(emv[:, below], axis=1)
            pick[:, i] = np.asarray(below)[at]
            worth = emv[:, below].max(axis=1) + float(value[i])
        emv[:, i] = worth - float(cost[i])
    return emv, pick


def _drawn_chances(
    table: pd.DataFrame,
    children: dict[int, list[int]],
    strength: float,
    rng: np.random.Generator,
    draws: int,
) -> Floats:
    p = table["p"].fillna(1.0).to_numpy(float)
    out = np.tile(p, (draws, 1))
    cases = table["cases"].fillna(strength).to_numpy(float)
    for i, below in children.items():
        if table["kind"].iloc[i] != "chance":
            continue
        open_ = [j for j in below if 0 < p[j] < 1]
        if len(open_) > 1:
            out[:, open_] = rng.dirichlet(np.maximum(p[open_] * cases[i], 1e-6), size=draws)
    return out


def _choices(
    children: dict[int, list[int]], order: list[int], best: Floats, picks: Floats, chances: Floats
) -> tuple[list[bool], Floats, Floats]:
    n = len(best)
    chosen, p_best, reach = [False] * n, np.full(n, np.nan), np.zeros(n)
    reach[order[0]] = 1.0
    chosen[order[0]] = True
    for i in order:
        for j in children[i]:
            if best[i] >= 0:
                chosen[j] = chosen[i] and int(best[i]) == j
                p_best[j] = float(np.mean(picks[:, i] == j))
                reach[j] = reach[i] if int(best[i]) == j else 0.0
            else:
                chosen[j] = chosen[i]
                reach[j] = reach[i] * chances[j]
    return chosen, p_best, reach


def _profile(table: pd.DataFrame, out: pd.DataFrame) -> pd.DataFrame:
    """What the best choice can end in: net of every cost on the way."""
    parent = dict(zip(out["node"], out["parent"], strict=True))
    own = dict(zip(out["node"], out["value"] - out["cost"], strict=True))
    rows = []
    for row in out[(out["kind"] == "end") & (out["reach"] > 0)].to_dict("records"):
        total, node = 0.0, str(row["node"])
        while node:
            total += float(own[node])
            node = parent[node]
        rows.append({"value": total, "p": float(row["reach"])})
    profile = pd.DataFrame(rows, columns=["value", "p"])
    return profile.groupby("value")["p"].sum().reset_index()


def _measures(
    out: pd.DataFrame, children: dict[int, list[int]], outcomes: pd.DataFrame, root: int
) -> pd.DataFrame:
    first = out.iloc[root]
    branches = out.iloc[children[root]]["emv"].sort_values(ascending=False).to_list()
    second = branches[1] if first["kind"] == "decision" and len(branches) > 1 else np.nan
    n = len(out)
    losses = float(outcomes.loc[outcomes["value"] < 0, "p"].sum())

    def row(key: str, value: float, low: float = np.nan, high: float = np.nan) -> dict[str, Any]:
        return measure_row(
            key, value, n, low=low, high=high, variant="expected_value", origin=_ORIGIN
        )

    return measure_table(
        [
            row("emv", first["emv"], first["low"], first["high"]),
            row("emv_second", second),
            row("p_loss", losses),
            row("worst_outcome", float(outcomes["value"].min())),
            row("best_outcome", float(outcomes["value"].max())),
        ]
    )
