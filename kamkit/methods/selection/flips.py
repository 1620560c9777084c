"""What would move an account across the cut line: one rating or one weight."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.methods.selection.figures import Floats, tie_ranks
from kamkit.methods.selection.switches import Decision, Ray, crossings, decision, ray
from kamkit.methods.selection.weights import Weights

FLIP_COLUMNS = [
    "account_id", "score", "in_top_k", "gap", "rating_criterion", "rating_change",
    "weight_criterion", "weight_from", "weight_to", "weight_change", "variant", "origin",
]  # fmt: skip
NUMBERS = ("score", "gap", "rating_change", "weight_from", "weight_to", "weight_change")


def _rating_flip(task: Decision, i: int, gap: float) -> tuple[int, float]:
    """Smallest change of one value (points) that closes ``gap``; -1 where none is enough."""
    known = task.known[i]
    share = np.where(known, task.weights, 0.0) / (known @ task.weights)
    value = task.filled[i]
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.where(share > 0, gap / share, np.nan)
        target = value + change
    fits = known & (target >= -1e-9) & (target <= 100 + 1e-9)
    if not fits.any():
        return -1, float("nan")
    at = int(np.argmin(np.where(fits, np.abs(change), np.inf)))
    return at, float(change[at])


def _weight_flip(line: Ray, i: int, weight: float, k: int, scores: Floats) -> float:
    """Nearest weight of this criterion at which account ``i`` crosses the cut, NaN if none.

    Every crossing with another account moves ``i`` one rank up or down, so the walk outward
    from today's weight counts how many stand above it.
    """
    others = np.array([o for o in range(len(scores)) if o != i])
    found = crossings(line, [i], list(others))[:, 0, :]
    above = scores[others] > scores[i] + 1e-9
    inside = above.sum() < k
    best = float("nan")
    for side in (1.0, -1.0):
        distance = np.where((found - weight) * side > 1e-9, np.abs(found - weight), np.inf)
        distance.sort(axis=0)
        sign = np.where(above, -1, 1)
        when = np.concatenate([distance[0], distance[1]])
        step = np.concatenate([sign, -sign])
        order = np.argsort(when, kind="stable")
        reach = np.isfinite(when[order])
        count = above.sum() + np.cumsum(np.where(reach, step[order], 0))
        crossed = np.flatnonzero(reach & ((count < k) != inside))
        if len(crossed):
            at = weight + side * float(when[order][crossed[0]])
            if np.isnan(best) or abs(at - weight) < abs(best - weight):
                best = at
    return best


def account_flips(
    values: pd.DataFrame, weights: Weights, *, k: int, limit: int = 40
) -> pd.DataFrame:
    """The smallest single change that moves an account across the cut line.

    Needs ``values`` (account_id and one column per criterion, 0–100) and ``weights``. The
    ``limit`` accounts nearest to the cut are examined.
    Returns columns: account_id, score, in_top_k, gap (points to the cut; negative = must fall),
    rating_criterion and rating_change (value points on one criterion, within its scale; missing
    where no single rating is enough), weight_criterion, weight_from, weight_to, weight_change
    (one weight moves, the others keep their proportions; missing where none is enough),
    variant, origin; nearest to the cut first.
    Source: Triantaphyllou & Sanchez 1997; the search over single ratings is `house`.

    >>> table = pd.DataFrame({"account_id": ["A", "B"], "x": [80.0, 50.0], "y": [30.0, 70.0]})
    >>> found = account_flips(table, {"x": 0.5, "y": 0.5}, k=1)
    >>> found.loc[found["account_id"] == "A", ["gap", "rating_change"]].values.tolist()
    [[5.0, 10.0]]
    """
    task = decision(values, weights)
    n = len(task.ids)
    scores = task.scores() if n else np.empty(0)
    order = np.argsort(-scores, kind="stable")
    rows = []
    if 1 <= k < n:
        ranks = tie_ranks(scores, 1e-6)
        place = np.empty(n, dtype=np.int64)
        place[order] = np.arange(n)
        near = np.argsort(np.abs(place - k + 0.5), kind="stable")[:limit]
        rays = [ray(task, j) for j in range(len(task.criteria))]
        for i in near:
            others = np.sort(np.delete(scores, i))[::-1]
            gap = float(others[k - 1] - scores[i])
            rows.append(_row(task, rays, int(i), gap, bool(ranks[i] <= k), k, scores))
    table = pd.DataFrame(rows, columns=FLIP_COLUMNS[:10])
    table = table.astype(dict.fromkeys(NUMBERS, "float64"))
    table["variant"], table["origin"] = "one_change", "field:Triantaphyllou & Sanchez 1997; house"
    return table


def _row(
    task: Decision, rays: list[Ray], i: int, gap: float, inside: bool, k: int, scores: Floats
) -> tuple[object, ...]:
    rating, change = _rating_flip(task, i, gap)
    live = [j for j, w in enumerate(task.weights) if w < 1.0]
    to = {j: _weight_flip(rays[j], i, float(task.weights[j]), k, scores) for j in live}
    moves = {j: abs(t - task.weights[j]) for j, t in to.items() if not np.isnan(t)}
    j = min(moves, key=lambda c: moves[c]) if moves else -1
    start = float(task.weights[j]) if moves else float("nan")
    end = to[j] if moves else float("nan")
    return (
        task.ids[i], float(scores[i]), inside, gap,
        task.criteria[rating] if rating >= 0 else "", change,
        task.criteria[j] if moves else "", start, end, end - start,
    )  # fmt: skip
