"""TOPSIS: a second opinion by distance to the best and the worst of this list."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.selection.figures import (
    Flags,
    Floats,
    joined,
    need_choice,
    rank_column,
    tie_groups,
    tie_ranks,
)
from kamkit.methods.selection.normalise import NORMALISATIONS, minmax, share_of_sum, vector
from kamkit.methods.selection.weights import Weights, weight_table

TOPSIS_COLUMNS = [
    "account_id", "closeness", "distance_best", "distance_worst", "rank", "tie_group", "n",
    "variant", "origin",
]  # fmt: skip


def closeness(
    matrix: Floats, weights: Floats, cost: Flags, normalisation: str
) -> tuple[Floats, Floats, Floats]:
    """Closeness 0–1 and the distances to the best and worst point of this list.

    Where all accounts are alike there is no distance, and closeness is missing.

    >>> c, _, _ = closeness(np.array([[3.0], [4.0]]), np.ones(1), np.zeros(1, bool), "vector")
    >>> c.tolist()
    [0.0, 1.0]
    """
    turned = cost
    if normalisation == "minmax":
        scaled = minmax(matrix, np.where(cost, 1.0, 0.0))
        turned = np.zeros(len(cost), dtype=bool)
    else:
        scaled = vector(matrix) if normalisation == "vector" else share_of_sum(matrix)
    weighted = scaled * weights
    top, bottom = weighted.max(axis=0), weighted.min(axis=0)
    best, worst = np.where(turned, bottom, top), np.where(turned, top, bottom)
    to_best = np.sqrt(((weighted - best) ** 2).sum(axis=1))
    to_worst = np.sqrt(((weighted - worst) ** 2).sum(axis=1))
    both = to_best + to_worst
    share = np.where(both > 1e-15, to_worst / np.where(both > 1e-15, both, 1.0), np.nan)
    return share, to_best, to_worst


def topsis(
    matrix: pd.DataFrame,
    weights: Weights,
    *,
    cost: Sequence[str] = (),
    normalisation: str = "vector",
    tie_tolerance: float = 1e-9,
) -> pd.DataFrame:
    """Closeness of every account to the best point of the list.

    Needs columns: account_id and one per criterion (raw figures, or ``CriteriaScores.values``).
    ``cost`` names criteria where less is better (not for values that are turned already).
    ``normalisation``: "vector" (Hwang & Yoon), "minmax" or "sum"; the choice can change the
    winner, so it is named. Accounts with a missing figure get no closeness.
    Returns columns: account_id, closeness (0–1), distance_best, distance_worst, rank (ties share
    the best), tie_group, n (accounts compared), variant, origin; in the order of the input.
    Closeness speaks of this list only: one more account can reverse two others.
    Source: Hwang & Yoon 1981.

    >>> table = pd.DataFrame({"account_id": ["a", "b", "c"], "growth": [9.0, 5, 1],
    ...                       "price_pressure": [2.0, 2, 4]})
    >>> weights = {"growth": 0.5, "price_pressure": 0.5}
    >>> topsis(table, weights, cost=["price_pressure"])["rank"].tolist()
    [1, 2, 3]
    """
    need_choice(normalisation, "normalisation", NORMALISATIONS)
    need_columns(matrix, "matrix", ["account_id"])
    names = [str(c) for c in matrix.columns if c != "account_id"]
    w = weight_table(weights, criteria=names)["weight"].to_numpy(float)
    figures = matrix[names].astype(float).to_numpy(float)
    known = ~np.isnan(figures).any(axis=1)
    blank = np.full(len(matrix), np.nan)
    near, best, worst = blank.copy(), blank.copy(), blank.copy()
    if known.any():
        turned = np.array([c in set(cost) for c in names])
        near[known], best[known], worst[known] = closeness(figures[known], w, turned, normalisation)
    ranks = tie_ranks(near, tie_tolerance)
    enough = known.sum() >= 2
    return pd.DataFrame(
        {
            "account_id": matrix["account_id"].astype(str).to_numpy(),
            "closeness": near,
            "distance_best": best,
            "distance_worst": worst,
            "rank": rank_column(ranks),
            "tie_group": tie_groups(ranks),
            "n": int(known.sum()),
            "variant": joined("topsis", f"norm_{normalisation}") if enough else "too_little_data",
            "origin": "field:Hwang & Yoon 1981",
        },
        columns=TOPSIS_COLUMNS,
    )
