"""Figures that a scheme derives from basis fields over all accounts: places, fifths, scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kamkit.methods.selection.figures import Floats
from kamkit.schemes import Derived

Objects = NDArray[np.object_]
Values = Mapping[str, Floats]


def ahead(
    values: Floats, reference: Floats, groups: Objects | None = None
) -> tuple[Floats, Floats]:
    """How many other accounts are strictly larger, and how many are counted.

    ``reference`` holds the accounts as they are, so that a changed value can be placed among
    unchanged others. With ``groups`` only accounts of the same group are compared. Ties share
    the better place.

    >>> ahead(np.array([5.0, 9.0, 9.0]), np.array([5.0, 9.0, 9.0]))[0].tolist()
    [2.0, 0.0, 0.0]
    """
    if groups is not None:
        larger, counted = np.full(len(values), np.nan), np.full(len(values), np.nan)
        for name in sorted({str(g) for g in groups if not pd.isna(g)}):
            rows = np.array([not pd.isna(g) and str(g) == name for g in groups])
            larger[rows], counted[rows] = ahead(values[rows], reference[rows])
        return larger, counted
    ordered = np.sort(reference[~np.isnan(reference)])
    above = len(ordered) - np.searchsorted(ordered, values, side="right")
    own = np.where(np.isnan(reference), 0, reference > values)
    larger = np.where(np.isnan(values), np.nan, above - own)
    return larger, np.full(len(values), float(max(len(ordered), 1)))


def share_before(values: Floats, reference: Floats) -> Floats:
    """Share of the positive total that strictly larger accounts hold.

    >>> v = np.array([60.0, 30.0, 10.0])
    >>> share_before(v, v).tolist()
    [0.0, 0.6, 0.9]
    """
    positive = np.where(reference > 0, reference, 0.0)
    total = positive.sum()
    ordered = np.sort(positive)
    from_top = np.append(np.cumsum(ordered[::-1])[::-1], 0.0)
    above = from_top[np.searchsorted(ordered, values, side="right")]
    own = np.where(positive > values, positive, 0.0)
    share = (above - own) / total if total > 0 else np.zeros(len(values))
    return np.where(np.isnan(values), np.nan, share)


def weighted_total(parts: Sequence[Floats], entry: Derived) -> Floats:
    """Weighted total from 0 to 100 on scales whose ends policy fixes.

    A missing part is never 0: the weights of the known parts are scaled up as long as they make
    up at least ``entry.coverage``, else there is no total.

    >>> from kamkit.schemes import Item
    >>> entry = Derived("score", {}, "weighted", items=(Item("a", 1, 1, 5), Item("b", 1, 1, 5)))
    >>> weighted_total([np.array([5.0, 5.0]), np.array([3.0, np.nan])], entry).tolist()
    [75.0, nan]
    """
    scaled = []
    for part, item in zip(parts, entry.items, strict=True):
        share = np.clip((part - item.low) / (item.high - item.low), 0.0, 1.0)
        scaled.append(1.0 - share if item.direction == "cost" else share)
    table = np.stack(scaled)
    weights = np.array([[item.weight] for item in entry.items], dtype=float)
    known = np.where(np.isnan(table), 0.0, weights).sum(axis=0)
    total = np.where(np.isnan(table), 0.0, table * weights).sum(axis=0)
    enough = (known > 0) & (known >= entry.coverage * weights.sum() - 1e-9)
    return np.where(enough, 100.0 * total / np.where(known > 0, known, 1.0), np.nan)


def derive(
    entry: Derived,
    values: Values,
    reference: Values | None,
    groups: Objects | None = None,
) -> Floats:
    """One derived figure; ``reference`` holds the unchanged accounts (None: ``values`` do)."""
    if entry.how == "weighted":
        return weighted_total([values[item.field] for item in entry.items], entry)
    if entry.how == "highest":
        table = np.stack([values[name] for name in entry.of])
        best = np.where(np.isnan(table), -np.inf, table).max(axis=0)
        return np.where(np.isinf(best), np.nan, best)
    name = entry.of[0]
    given, base = values[name], (reference or values)[name]
    if entry.how == "cumulative_share":
        return share_before(given, base)
    larger, counted = ahead(given, base, groups)
    if entry.how == "rank":
        return larger + 1
    if entry.how == "top_share":
        return larger / counted
    return 5.0 - np.floor(5.0 * larger / counted)
