"""At which weight do two accounts swap, and when does the cut line move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.selection.figures import Flags, Floats
from kamkit.methods.selection.weights import Weights, weight_table

SWITCH_COLUMNS = [
    "criterion", "weight", "direction", "switch_weight", "change", "first", "second", "nearest",
    "variant", "origin",
]  # fmt: skip
_EDGE = 1e-9


@dataclass(frozen=True)
class Decision:
    """Arrays of one decision: ids, criteria, values (0–100, NaN = not rated), weights."""

    ids: list[str]
    criteria: list[str]
    values: Floats
    weights: Floats

    @property
    def known(self) -> Flags:
        return ~np.isnan(self.values)

    @property
    def filled(self) -> Floats:
        return np.where(self.known, self.values, 0.0)

    def scores(self) -> Floats:
        share: Floats = (self.filled @ self.weights) / (self.known @ self.weights)
        return share


def decision(values: pd.DataFrame, weights: Weights) -> Decision:
    """Check a table of values and its weights; accounts without any rating are left out.

    >>> table = pd.DataFrame({"account_id": ["a"], "growth": [50.0]})
    >>> decision(table, {"growth": 2}).weights.tolist()
    [1.0]
    """
    need_columns(values, "values", ["account_id"])
    names = [str(c) for c in values.columns if c != "account_id"]
    table = weight_table(weights, criteria=names)
    figures = values[names].astype(float).to_numpy(float)
    w = table["weight"].to_numpy(float)
    ids = values["account_id"].astype(str)
    doubles = ids[ids.duplicated()].unique()
    KamkitError.collect(Problem("duplicate_row", "values", "account_id", value=i) for i in doubles)
    rated = (~np.isnan(figures)) @ w > 0
    return Decision(ids[rated].tolist(), names, figures[rated], w)


@dataclass(frozen=True)
class Ray:
    """Scores as one criterion's weight t goes 0 → 1, the others keeping their proportions.

    score(t) = (a + t p) / (b + t q); b and q carry the weight that is rated at all.
    """

    a: Floats
    p: Floats
    b: Floats
    q: Floats

    def at(self, t: float) -> Floats:
        """Scores at weight ``t``; missing where nothing that is rated carries weight."""
        below = self.b + t * self.q
        safe = np.where(below > _EDGE, below, 1.0)
        share: Floats = np.where(below > _EDGE, (self.a + t * self.p) / safe, np.nan)
        return share


def ray(task: Decision, j: int) -> Ray:
    """The ray of criterion number ``j``.

    >>> task = Decision(["a"], ["x", "y"], np.array([[80.0, 40.0]]), np.array([0.5, 0.5]))
    >>> ray(task, 0).at(1.0).tolist()
    [80.0]
    """
    others = np.delete(task.weights, j)
    rest = (
        others / others.sum() if others.sum() > 0 else np.full(len(others), 1 / max(len(others), 1))
    )
    a = np.delete(task.filled, j, axis=1) @ rest
    b = np.delete(task.known, j, axis=1) @ rest
    return Ray(a, task.filled[:, j] - a, b, task.known[:, j] - b)


def crossings(line: Ray, first: Sequence[int], second: Sequence[int]) -> Floats:
    """Weights in 0–1 at which two accounts have one score: shape (2, first, second), NaN = none.

    >>> task = Decision(["a", "b"], ["x", "y"], np.array([[8.0, 3], [5, 7]]), np.ones(2) / 2)
    >>> crossings(ray(task, 0), [0], [1])[0].round(6).tolist()
    [[0.571429]]
    """
    a, p, b, q = ((x[list(first)][:, None], x[list(second)][None, :]) for x in
                  (line.a, line.p, line.b, line.q))  # fmt: skip
    c0 = a[0] * b[1] - a[1] * b[0]
    c1 = a[0] * q[1] + p[0] * b[1] - a[1] * q[0] - p[1] * b[0]
    c2 = p[0] * q[1] - p[1] * q[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        flat = np.abs(c2) < _EDGE
        straight = np.where(np.abs(c1) > _EDGE, -c0 / c1, np.nan)
        inside = c1**2 - 4 * c2 * c0
        root = np.sqrt(np.where(inside > 0, inside, np.nan))
        # The stable form of the quadratic formula: no difference of near-equal numbers.
        pivot = -0.5 * (c1 + np.where(c1 >= 0, root, -root))
        one = np.where(flat, straight, pivot / c2)
        two = np.where(flat, np.nan, c0 / pivot)
    both = np.clip(np.stack([one, two]), -1.0, 2.0)
    inside_scale = (both >= -_EDGE) & (both <= 1 + _EDGE)
    # Where an account carries no rated weight at all, it has no score to cross.
    rated = np.minimum(b[0] + both * q[0], b[1] + both * q[1]) > 1e-6
    return np.where(inside_scale & rated, np.clip(both, 0.0, 1.0), np.nan)


def _nearest(found: Floats, weight: float, direction: str) -> tuple[float, tuple[int, ...]]:
    side = found > weight + _EDGE if direction == "raise" else found < weight - _EDGE
    distance = np.where(side, np.abs(found - weight), np.inf)
    at = np.unravel_index(int(np.argmin(distance)), distance.shape)
    if not np.isfinite(distance[at]):
        return float("nan"), ()
    return float(found[at]), tuple(int(i) for i in at[1:])


def switch_points(
    values: pd.DataFrame,
    weights: Weights,
    *,
    pair: tuple[str, str] | None = None,
    k: int | None = None,
) -> pd.DataFrame:
    """The weight at which two accounts swap, or at which the first ``k`` change.

    One criterion's weight moves, the others keep their proportions.
    Needs ``values`` (account_id and one column per criterion, 0–100; not rated = missing, the
    rated criteria share the weight) and ``weights``; exactly one of ``pair`` and ``k``.
    With ``k`` every account inside is held against every one outside, and the pair that swaps
    first is named.

    Returns columns: criterion, weight, direction (raise, lower), switch_weight (NaN: no weight
    in that direction swaps them), change (switch_weight less weight), first, second (the swap:
    first leads now), nearest (the smallest change of all), variant ("tied_now" where the two have
    one score already), origin; two rows a criterion.
    Source: Triantaphyllou & Sanchez 1997.

    >>> table = pd.DataFrame({"account_id": ["A", "B"], "x": [8.0, 5.0], "y": [3.0, 7.0]})
    >>> found = switch_points(table, {"x": 0.5, "y": 0.5}, pair=("A", "B"))
    >>> found.loc[found["nearest"], ["criterion", "direction"]].values.tolist()
    [['x', 'raise'], ['y', 'lower']]
    >>> found.loc[found["nearest"], "switch_weight"].round(4).tolist()
    [0.5714, 0.4286]
    """
    task = decision(values, weights)
    first, second = _sides(task, pair, k)
    rows = []
    for j, (name, weight) in enumerate(zip(task.criteria, task.weights, strict=True)):
        found = (
            crossings(ray(task, j), first, second)
            if first and second
            else np.full((2, 1, 1), np.nan)
        )
        for direction in ("raise", "lower"):
            at, where = _nearest(found, float(weight), direction)
            names = (task.ids[first[where[0]]], task.ids[second[where[1]]]) if where else ("", "")
            if pair is not None:
                names = (task.ids[first[0]], task.ids[second[0]])
            rows.append((name, float(weight), direction, at, at - weight, *names))
    table = pd.DataFrame(rows, columns=SWITCH_COLUMNS[:7])
    change = table["change"].abs()
    table["nearest"] = change <= change.min() + _EDGE
    scores = task.scores()
    tied = bool(first and second) and abs(scores[first].min() - scores[second].max()) < 1e-6
    table["variant"] = "tied_now" if tied else "others_proportional"
    table["origin"] = "field:Triantaphyllou & Sanchez 1997"
    return table[SWITCH_COLUMNS]


def _sides(
    task: Decision, pair: tuple[str, str] | None, k: int | None
) -> tuple[list[int], list[int]]:
    if (pair is None) == (k is None):
        raise KamkitError(Problem("pair_or_k", column="pair, k"))
    scores = task.scores() if task.ids else np.empty(0)
    if pair is not None:
        KamkitError.collect(
            Problem("unknown_account", "values", "account_id", value=a)
            for a in pair
            if a not in task.ids
        )
        sides = sorted((task.ids.index(a) for a in pair), key=lambda i: -scores[i])
        return sides[:1], sides[1:]
    if k is None or k < 1:
        raise KamkitError(Problem("k_too_small", column="k", value=k))
    order = [int(i) for i in np.argsort(-scores, kind="stable")]
    return order[:k], order[k:]


def weight_lines(
    values: pd.DataFrame, weights: Weights, criterion: str, *, points: int = 101
) -> pd.DataFrame:
    """Every account's score as one criterion's weight goes from 0 to 1.

    Needs ``values`` and ``weights`` as :func:`switch_points`.
    Returns columns: account_id, criterion, weight (0–1), score (0–100), weight_now, variant.

    >>> table = pd.DataFrame({"account_id": ["A"], "x": [80.0], "y": [40.0]})
    >>> weight_lines(table, {"x": 1, "y": 1}, "x", points=3)["score"].tolist()
    [40.0, 60.0, 80.0]
    """
    task = decision(values, weights)
    if criterion not in task.criteria:
        raise KamkitError(Problem("unknown_criterion", "values", "criterion", value=criterion))
    j = task.criteria.index(criterion)
    line, grid = ray(task, j), np.linspace(0.0, 1.0, points)
    parts = [
        pd.DataFrame({"account_id": task.ids, "weight": t, "score": line.at(float(t))})
        for t in grid
    ]
    columns = ["account_id", "weight", "score"]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    table = table.sort_values(["account_id", "weight"], ignore_index=True)
    return table.assign(
        criterion=criterion, weight_now=float(task.weights[j]), variant="others_proportional"
    )
