"""A goal from the company to its teams and persons: every level adds up to the one above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.goals.cascade import cascade
from kamkit.methods.goals.exact import exact
from kamkit.methods.goals.tables import (
    day,
    days,
    figures,
    repeated,
    strict_figures,
    texts,
    with_columns,
)

TREE_COLUMNS = [
    "goal_id", "parent_id", "scope", "scope_id", "kpi", "level", "weight", "target", "proposed",
    "change", "floor", "cap", "bound", "changed_by_rounding",
]  # fmt: skip
SUM_COLUMNS = [
    "goal_id", "scope_id", "kpi", "children", "target", "children_sum", "difference", "proposed",
    "proposed_sum", "adds_up",
]  # fmt: skip
DRAFT_COLUMNS = [
    "goal_id", "parent_id", "scope", "scope_id", "kpi", "target", "floor", "cap", "unit", "due",
    "owner_id",
]  # fmt: skip


@dataclass(frozen=True)
class CascadeTree:
    """What :func:`cascade_tree` found.

    Attributes
    ----------
    goals
        One row a goal of the tree: goal_id, parent_id, scope, scope_id, kpi, level (0 the top),
        weight, target (as set; NaN where none was), proposed, change (proposed less target),
        floor, cap (its own and what its children's bounds leave), bound, changed_by_rounding.
    sums
        One row a goal with children: goal_id, scope_id, kpi, children, target, children_sum (as
        set), difference (target less children_sum), proposed, proposed_sum, adds_up.
    basis
        Where the weights come from: given, as_set.
    """

    goals: pd.DataFrame
    sums: pd.DataFrame
    basis: str


def cascade_tree(
    goals: pd.DataFrame,
    weights: Mapping[str, Any] | pd.Series | None = None,
    *,
    kpi: str | None = None,
    unit: Any = 1,
) -> CascadeTree:
    """Propose targets for every goal below the top ones, so that each level adds up exactly.

    Needs goals: goal_id, parent_id, scope, scope_id, kpi, target; optional floor, cap. Goals at
    the top keep their target; children of the same KPI share it by :func:`cascade`, then theirs
    in turn. ``weights`` by scope_id (a team without one: the sum of its children); without
    ``weights`` the targets as set are the weights, so proportions stay and sums are mended.
    A team's bounds are its own and what its members' bounds add up to, so a total that fits at
    the top fits everywhere below. Trees without children are left out.

    Returns CascadeTree. Raises KamkitError: missing_column, not_a_number, duplicate_key,
    unknown_reference, goal_circle, part_without_weight, and those of cascade. Source: S171.

    >>> goals = pd.DataFrame({"goal_id": ["G", "A", "B"], "parent_id": [None, "G", "G"],
    ...     "scope": ["company", "team", "team"], "scope_id": ["us", "a", "b"], "kpi": "sales",
    ...     "target": [100, None, None]})
    >>> cascade_tree(goals, {"a": 2, "b": 1}).goals["proposed"].tolist()
    [100.0, 67.0, 33.0]
    """
    need = ["goal_id", "parent_id", "scope", "scope_id", "kpi", "target"]
    table = with_columns(goals, "goals", need, ["floor", "cap"])
    KamkitError.collect(_problems(table))
    nodes = _Nodes(table, weights, exact(unit) or Fraction(1))
    roots = [g for g in nodes.order if not nodes.parent[g] and nodes.children[g]]
    roots = [g for g in roots if kpi is None or nodes.kpi[g] == kpi]
    KamkitError.collect(
        Problem("empty_cell", "goals", "target", nodes.row[g] + 1)
        for g in roots
        if np.isnan(nodes.target[g])
    )
    rows: list[dict[str, Any]] = []
    for root in roots:
        nodes.settle(root)
        whole = {"proposed": nodes.target[root], "bound": "none", "changed_by_rounding": 0.0}
        rows.append(nodes.as_row(root, 0, whole))
        _share(nodes, root, nodes.given_target(root), 1, unit, rows)
    KamkitError.collect(nodes.problems)
    tree = pd.DataFrame(rows, columns=TREE_COLUMNS)
    return CascadeTree(tree, _sums(tree, nodes), "as_set" if weights is None else "given")


def _problems(table: pd.DataFrame) -> list[Problem]:
    known = dict(zip(texts(table["goal_id"]), texts(table["parent_id"]), strict=True))
    found = repeated(table, "goals", ["goal_id"])
    found += strict_figures(table, "goals", ["target", "floor", "cap"])
    for row, (goal, parent) in enumerate(known.items(), 1):
        if parent and parent not in known:
            found.append(Problem("unknown_reference", "goals", "parent_id", row, parent))
        seen, at = {goal}, parent
        while at in known and at not in seen:
            seen.add(at)
            at = known[at]
        if at == goal:
            found.append(Problem("goal_circle", "goals", "parent_id", row, goal))
    return found


class _Nodes:
    """The goals by id, with the weights and bounds that their children leave them."""

    def __init__(self, table: pd.DataFrame, weights: Any, step: Fraction) -> None:
        self.order = texts(table["goal_id"])
        self.row = {g: i for i, g in enumerate(self.order)}
        self.kpi = dict(zip(self.order, texts(table["kpi"]), strict=True))
        self.scope = dict(zip(self.order, texts(table["scope"]), strict=True))
        self.scope_id = dict(zip(self.order, texts(table["scope_id"]), strict=True))
        self.target = dict(zip(self.order, figures(table["target"]), strict=True))
        self._raw = {c: dict(zip(self.order, table[c], strict=True))
                     for c in ("target", "floor", "cap")}  # fmt: skip
        parents = dict(zip(self.order, texts(table["parent_id"]), strict=True))
        # A child with another KPI can't be a part of its parent's figure: it is a top of its own.
        self.parent = {
            g: p if p in self.kpi and self.kpi[p] == self.kpi[g] else "" for g, p in parents.items()
        }
        self.children: dict[str, list[str]] = {g: [] for g in self.order}
        for g in sorted(self.order):
            if self.parent[g]:
                self.children[self.parent[g]].append(g)
        named = None if weights is None else {str(k): v for k, v in weights.items()}
        self.weights, self.step = named, step
        self.weight: dict[str, Any] = {}
        self.floor: dict[str, Fraction] = {}
        self.cap: dict[str, Fraction | None] = {}
        self.problems: list[Problem] = []

    def given_target(self, goal: str) -> Any:
        """The target as it was written."""
        return self._raw["target"][goal]

    def settle(self, goal: str) -> None:
        """Weight, floor and cap of a goal and all below it, from the leaves upwards."""
        below = self.children[goal]
        for child in below:
            self.settle(child)
        self.weight[goal] = self._weight(goal, below)
        low, high = exact(self._raw["floor"][goal]), exact(self._raw["cap"][goal])
        least = -(-(low or Fraction(0)) // self.step) * self.step
        most = None if high is None else high // self.step * self.step
        least = max(least, sum((self.floor[c] for c in below), Fraction(0)))
        highs = [self.floor[c] if not exact(self.weight[c]) else self.cap[c] for c in below]
        if below and all(h is not None for h in highs):
            together = sum((h for h in highs if h is not None), Fraction(0))
            most = together if most is None else min(most, together)
        self.floor[goal], self.cap[goal] = least, most

    def _weight(self, goal: str, below: Sequence[str]) -> Any:
        if self.weights is not None and self.scope_id[goal] in self.weights:
            return self.weights[self.scope_id[goal]]
        if self.weights is None and not np.isnan(self.target[goal]):
            return self.given_target(goal)
        read = [exact(self.weight[c]) for c in below]
        if below:
            return float(sum((r for r in read if r is not None), Fraction(0)))
        self.problems.append(
            Problem("part_without_weight", "goals", "weight", self.row[goal] + 1,
                    self.scope_id[goal])
        )  # fmt: skip
        return 1

    def as_row(self, goal: str, level: int, found: Mapping[Any, Any]) -> dict[str, Any]:
        """One row of the tree."""
        high = self.cap[goal]
        return {
            "goal_id": goal, "parent_id": self.parent[goal], "scope": self.scope[goal],
            "scope_id": self.scope_id[goal], "kpi": self.kpi[goal], "level": level,
            "weight": float(self.weight[goal]), "target": self.target[goal],
            "proposed": found["proposed"], "change": found["proposed"] - self.target[goal],
            "floor": float(self.floor[goal]), "cap": np.nan if high is None else float(high),
            "bound": found["bound"], "changed_by_rounding": found["changed_by_rounding"],
        }  # fmt: skip


def _share(
    nodes: _Nodes, goal: str, total: Any, level: int, unit: Any, rows: list[dict[str, Any]]
) -> None:
    below = nodes.children[goal]
    if not below or nodes.problems:
        return
    shared = cascade(
        total,
        {c: nodes.weight[c] for c in below},
        floors={c: float(nodes.floor[c]) for c in below},
        caps={c: nodes.cap[c] if (h := nodes.cap[c]) is None else float(h) for c in below},
        unit=unit,
    ).parts.rename(columns={"target": "proposed"})
    for found in shared.to_dict("records"):
        child = str(found["id"])
        rows.append(nodes.as_row(child, level, found))
        _share(nodes, child, found["proposed"], level + 1, unit, rows)


def _sums(tree: pd.DataFrame, nodes: _Nodes) -> pd.DataFrame:
    """As set and as proposed: do the children add up to their parent, in written digits?"""
    proposed = {g: exact(p) or Fraction(0)
                for g, p in zip(tree["goal_id"], tree["proposed"], strict=True)}  # fmt: skip
    rows = []
    for goal in tree["goal_id"]:
        below = nodes.children[goal]
        if not below:
            continue
        set_ones = [exact(nodes.given_target(c)) for c in below]
        known = [s for s in set_ones if s is not None]
        as_set = float(sum(known, Fraction(0))) if len(known) == len(below) else np.nan
        together = sum((proposed[c] for c in below), Fraction(0))
        rows.append(
            (goal, nodes.scope_id[goal], nodes.kpi[goal], len(below), nodes.target[goal], as_set,
             nodes.target[goal] - as_set, float(proposed[goal]), float(together),
             together == proposed[goal])
        )  # fmt: skip
    return pd.DataFrame(rows, columns=SUM_COLUMNS)


def draft_goals(
    total: float,
    members: pd.DataFrame,
    *,
    company: str,
    as_of: str | pd.Timestamp,
    kpi: str = "sales",
    unit: str = "CNY",
    due: str | pd.Timestamp | None = None,
    roles: Sequence[str] = ("key_account_manager",),
    floors: Mapping[str, Any] | None = None,
    caps: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """An empty goal tree: the company's total, its teams and the persons in them.

    Needs members: member_id, team, role; optional manager_id, left_on. Those gone by ``as_of``
    get no goal. ``floors`` and ``caps`` by member_id. A team's goal is owned by the manager of
    most of its persons.
    Returns columns of the table ``goals``; hand them to :func:`cascade_tree`. Raises
    KamkitError missing_column, not_a_date. Source: S171; S177 (an owner each).

    >>> team = pd.DataFrame({"member_id": ["M1", "M2"], "team": ["t", "t"],
    ...                      "role": "key_account_manager", "manager_id": "M9"})
    >>> drawn = draft_goals(90, team, company="us", as_of="2026-01-01")
    >>> drawn[["goal_id", "scope_id", "owner_id"]].values.tolist()
    [['G001', 'us', ''], ['G002', 't', 'M9'], ['G003', 'M1', 'M1'], ['G004', 'M2', 'M2']]
    """
    need = ["member_id", "team", "role"]
    table = with_columns(members, "members", need, ["manager_id", "left_on"])
    KamkitError.collect(repeated(table, "members", ["member_id"]))
    here = ~(days(table["left_on"]) <= day(as_of))
    table = table[here & table["role"].isin(list(roles))].sort_values(["team", "member_id"])
    rows: list[list[Any]] = [["G001", None, "company", company, total, None, None, ""]]
    for team, mine in table.groupby("team", sort=True):
        bosses = pd.Series([m for m in texts(mine["manager_id"]) if m]).mode()
        parent = f"G{len(rows) + 1:03d}"
        boss = bosses.iloc[0] if len(bosses) else ""
        rows.append([parent, "G001", "team", team, None, None, None, boss])
        for member in texts(mine["member_id"]):
            low, high = ((given or {}).get(member) for given in (floors, caps))
            goal = f"G{len(rows) + 1:03d}"
            rows.append([goal, parent, "member", member, None, low, high, member])
    columns = ["goal_id", "parent_id", "scope", "scope_id", "target", "floor", "cap", "owner_id"]
    out = pd.DataFrame(rows, columns=columns)
    return out.assign(kpi=kpi, unit=unit, due=due)[DRAFT_COLUMNS]
