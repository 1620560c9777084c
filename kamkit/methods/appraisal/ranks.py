"""Which ranks are possible: simulated from each person's effect and its error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.shares import Floats, Ints, normal_point, same_groups

COLUMNS = [
    *("member_id", "rank", "rank_low", "rank_high", "p_first", "p_last", "group"),
    *("variant", "origin"),
]
ORIGIN = "field:Goldstein & Spiegelhalter 1996; house"
AT_ONCE = 1_000  # people up to whom all pairs are compared in one matrix


def rank_intervals(
    effects: Any, draws: int = 4000, seed: int = 0, *, level: float = 0.95
) -> pd.DataFrame:
    """Rank of each person with the ranks that are as well possible, and groups without a border.

    ``effects``: Effects, Judgement, or a table member_id, effect, se (low, high if known).
    Returns member_id, rank (1 = highest effect; missing where people can't be ranked at
    all), rank_low, rank_high (central ``level`` of the simulated ranks), p_first, p_last (0–1),
    group (people who share a number can't be separated, directly or in a chain), variant, origin.
    Where ``effects.rankable`` is False nobody has a rank and all are one group.
    Raises KamkitError missing_column, too_few_draws.
    Source: Goldstein & Spiegelhalter 1996; Newcombe 1998 (groups); house.

    >>> effects = pd.DataFrame({"member_id": list("abc"), "effect": [0.3, 0.0, 0.01],
    ...                         "se": [0.02, 0.02, 0.02]})
    >>> rank_intervals(effects)[["rank", "rank_low", "rank_high", "group"]].values.tolist()
    [[1, 1, 1, 1], [3, 2, 3, 2], [2, 2, 3, 2]]
    """
    if draws < 1:
        raise KamkitError(Problem("too_few_draws", column="draws", value=draws))
    table = getattr(effects, "members", effects)
    need_columns(table, "effects", ["member_id", "effect", "se"])
    known = table.dropna(subset=["effect", "se"]).sort_values("member_id", ignore_index=True)
    effect, se = known["effect"].to_numpy(float), known["se"].to_numpy(float)
    if not getattr(effects, "rankable", True):
        return _unranked(table)
    low, high, first, last = _simulated(effect, se, draws, seed, level)
    rank = pd.Series(effect).round(12).rank(ascending=False, method="min")
    reach = normal_point(level) * se
    out = pd.DataFrame({"member_id": known["member_id"].astype("str")})
    out["rank"] = rank.astype("Int64")
    out["rank_low"], out["rank_high"] = low, high
    out["p_first"], out["p_last"] = first, last
    out["group"] = groups_of(effect, effect - reach, effect + reach)
    out["variant"], out["origin"] = "simulated", ORIGIN
    return out[COLUMNS]


def _unranked(table: pd.DataFrame) -> pd.DataFrame:
    ids = table["member_id"].astype("str").sort_values(ignore_index=True)
    out = pd.DataFrame({"member_id": ids})
    out["rank"] = pd.array([pd.NA] * len(out), dtype="Int64")
    out["rank_low"], out["rank_high"] = 1, len(out)
    out["p_first"], out["p_last"], out["group"] = np.nan, np.nan, 1
    out["variant"], out["origin"] = "not_rankable", ORIGIN
    return out[COLUMNS]


def _simulated(
    effect: Floats, se: Floats, draws: int, seed: int, level: float
) -> tuple[Ints, Ints, Floats, Floats]:
    """Central ranks and shares of draws at either end; draws in portions, to spare memory."""
    m = len(effect)
    rng = np.random.default_rng(seed)
    seen = np.empty((draws, m), dtype=np.int32)
    step = max(1, 2_000_000 // max(m, 1))
    for at in range(0, draws, step):
        size = min(step, draws - at)
        drawn = effect + se * rng.standard_normal((size, m))
        order = np.argsort(-drawn, axis=1)
        rows = np.arange(size)[:, None]
        seen[at + rows, order] = np.arange(1, m + 1, dtype=np.int32)
    tail = (1 - level) / 2
    places = np.floor(tail * draws).astype(int), np.ceil((1 - tail) * draws).astype(int) - 1
    first, last = (seen == 1).mean(axis=0), (seen == m).mean(axis=0)
    seen.partition(places, axis=0)
    return (
        seen[places[0]].astype(np.int64), seen[places[1]].astype(np.int64), first, last,
    )  # fmt: skip


def groups_of(value: Floats, low: Floats, high: Floats) -> Ints:
    """:func:`same_groups` for any number of people: above 1,000 without a matrix of all pairs.

    >>> value = np.array([0.8, 0.5, 0.52])
    >>> groups_of(value, value - 0.05, value + 0.05).tolist()
    [1, 2, 2]
    """
    m = len(value)
    if m <= AT_ONCE:
        return same_groups(value, low, high)
    order = np.argsort(-value, kind="stable")
    v, below, above = value[order], (value - low)[order], (high - value)[order]
    # Neighbours that are tied make runs; after that only ties between two runs matter.
    run = np.r_[0, np.cumsum(v[:-1] - v[1:] > np.hypot(below[:-1], above[1:]))]
    runs = int(run[-1]) + 1
    links = [(np.arange(runs), np.arange(runs))]
    for at in range(0, m if runs > 1 else 0, 500):
        part = slice(at, min(at + 500, m))
        gap = v[part, None] - v[None, :]
        tied = (gap >= 0) & (gap <= np.hypot(below[part, None], above[None, :]))
        i, j = np.nonzero(tied & (run[part, None] != run[None, :]))
        links.append((run[i + at], run[j]))
    i, j = (np.concatenate(side) for side in zip(*links, strict=True))
    linked = coo_array((np.ones(len(i), bool), (i, j)), (runs, runs))
    parts = connected_components(linked, directed=False)[1][run]
    _, first, back = np.unique(parts, return_index=True, return_inverse=True)
    number = np.empty(m, dtype=np.int64)
    number[order] = np.argsort(np.argsort(first))[back] + 1
    return number
