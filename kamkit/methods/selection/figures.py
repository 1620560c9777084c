"""Small shared pieces: measure tables, ties, groups that cannot be separated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kamkit.errors import KamkitError, Problem
from kamkit.methods.measures import measure_row as measure_row
from kamkit.methods.measures import measure_table as measure_table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def joined(*keys: str) -> str:
    """Keys of one cell, joined as the agreements ask.

    >>> joined("S033", "", "house")
    'S033; house'
    """
    return "; ".join(k for k in keys if k)


def need_choice(value: str, name: str, allowed: Sequence[str]) -> None:
    """Refuse an option that a method doesn't know.

    >>> need_choice("ceil", "head_rule", ("ceil", "floor"))
    """
    if value not in allowed:
        raise KamkitError(
            Problem(
                "unknown_option", column=name, value=value, details={"allowed": ", ".join(allowed)}
            )
        )


def tie_ranks(scores: Floats, tolerance: float = 0.0) -> Ints:
    """Ranks from the highest score down; scores within ``tolerance`` of a neighbour share one.

    The shared rank is the best of the tie ("1, 1, 3"). Scores that are missing get rank 0.

    >>> tie_ranks(np.array([21.5, 22.0, 22.0, np.nan])).tolist()
    [3, 1, 1, 0]
    """
    ranks = np.zeros(len(scores), dtype=np.int64)
    known = np.flatnonzero(~np.isnan(scores))
    order = known[np.argsort(-scores[known], kind="stable")]
    falling = scores[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = falling[:-1] - falling[1:] > tolerance
    start = np.maximum.accumulate(np.where(new, np.arange(1, len(order) + 1), 0))
    ranks[order] = start
    return ranks


def rank_column(ranks: Ints) -> pd.Series:
    """Ranks as a nullable column: 0 becomes missing.

    >>> rank_column(np.array([2, 0])).tolist()
    [2, <NA>]
    """
    return pd.Series(ranks, dtype="Int64").where(pd.Series(ranks) > 0)


def tie_groups(ranks: Ints) -> pd.Series:
    """Number of the tie that an item is part of; missing where its rank is its own.

    >>> tie_groups(np.array([3, 1, 1, 0])).tolist()
    [<NA>, 1, 1, <NA>]
    """
    shared = [r for r in np.unique(ranks[ranks > 0]) if (ranks == r).sum() > 1]
    number = {int(r): i + 1 for i, r in enumerate(shared)}
    return pd.Series([number.get(int(r), pd.NA) for r in ranks], dtype="Int64")


def interval_groups(score: Floats, low: Floats, high: Floats) -> pd.Series:
    """Groups that cannot be separated: items whose intervals overlap, directly or in a chain.

    Items of different groups are separated for certain; inside a group no order is claimed.

    >>> s = np.array([80.0, 78.0, 60.0])
    >>> interval_groups(s, s - 3, s + 3).tolist()
    [1, 1, 2]
    """
    groups = pd.Series([pd.NA] * len(score), dtype="Int64")
    known = np.flatnonzero(~np.isnan(score))
    current, floor = 0, np.inf
    for i in known[np.argsort(-high[known], kind="stable")]:
        current += int(high[i] < floor)
        floor = low[i] if high[i] < floor else min(floor, low[i])
        groups.iloc[int(i)] = current
    return groups
