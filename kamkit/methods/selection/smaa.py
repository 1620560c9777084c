"""Arithmetic of rank acceptability: many weight draws in blocks that stay in cache."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kamkit.methods.selection.draws import weight_draws
from kamkit.methods.selection.figures import Floats, Ints

Singles = NDArray[np.float32]
# Score points within which two accounts count as equal; also covers single-precision rounding.
TIE_POINTS = 2e-4
_CELLS = 1_000_000


@dataclass(frozen=True)
class Model:
    """What varies: the weights (model, concentration) and, if given, the ratings (errors)."""

    weights: Floats
    kind: str
    concentration: float
    errors: Floats | None = None


@dataclass(frozen=True)
class Counts:
    """How often each account was among the first k, held each rank, and the base set stayed."""

    member: Ints
    ranks: Ints
    same_set: int
    sample: Singles


class _Scorer:
    """Scores of a block of weight draws, in single precision."""

    def __init__(self, values: Floats, model: Model, seed: int) -> None:
        known = ~np.isnan(values)
        self.model = model
        self.filled = np.ascontiguousarray(np.where(known, values, 0.0).T, dtype=np.float32)
        self.known = None if known.all() else np.ascontiguousarray(known.T, dtype=np.float32)
        self.variance: Singles | None = None
        if model.errors is not None:
            squares = np.where(known, np.nan_to_num(model.errors), 0.0) ** 2
            self.variance = np.ascontiguousarray(squares.T, dtype=np.float32)
        self.rng, self.noise = (
            np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2)
        )

    def block(self, draws: int) -> Singles:
        m = self.model
        full = weight_draws(m.weights, draws, self.rng, model=m.kind, concentration=m.concentration)
        w = full.astype(np.float32)
        scores: Singles = w @ self.filled
        if self.variance is not None:
            spread = np.sqrt((w * w) @ self.variance)
            scores += spread * self.noise.standard_normal(scores.shape, dtype=np.float32)
        if self.known is not None:
            scores /= np.maximum(w @ self.known, np.float32(1e-6))
        return scores


def _rank_counts(scores: Singles, first: int) -> Ints:
    """How often each account held rank 1 … ``first``; equal scores share the best rank."""
    n = scores.shape[1]
    take = min(first, n)
    top = np.argpartition(scores, n - take, axis=1)[:, n - take :] if take < n else None
    values = scores if top is None else np.take_along_axis(scores, top, axis=1)
    order = np.argsort(-values, axis=1)
    falling = np.take_along_axis(values, order, axis=1)
    who = order if top is None else np.take_along_axis(top, order, axis=1)
    place = np.broadcast_to(np.arange(take), falling.shape).copy()
    place[:, 1:][falling[:, :-1] - falling[:, 1:] <= TIE_POINTS] = 0
    place = np.maximum.accumulate(place, axis=1)
    return np.bincount((who * take + place).ravel(), minlength=n * take).reshape(n, take)


def acceptability_counts(
    values: Floats, model: Model, *, k: int, draws: int, seed: int, ranks: int = 0, sample: int = 0
) -> Counts:
    """Count memberships of the first ``k`` (and of the first ``ranks``) over weight draws.

    Values are 0–100; missing ones let the rated criteria share the weight. Accounts within
    0.0002 points of the k-th are members too. ``sample`` keeps the scores of the first draws.
    Source: Lahdelma, Hokkanen & Salminen 1998.

    >>> task = Model(np.array([0.5, 0.5]), "uniform", 1.0)
    >>> table = np.array([[100.0, 20.0], [50.0, 50.0]])
    >>> acceptability_counts(table, task, k=1, draws=1000, seed=1).member.sum().item()
    1000
    """
    n = len(values)
    scorer = _Scorer(values, model, seed)
    base = np.where(np.isnan(values), 0.0, values) @ model.weights
    base = base / ((~np.isnan(values)) @ model.weights)
    chosen = np.argsort(-base, kind="stable")[:k]
    member, counts = np.zeros(n, np.int64), np.zeros((n, min(ranks, n)), np.int64)
    same, kept = 0, []
    rows = max(64, _CELLS // max(n, 1))
    for first in range(0, draws, rows):
        scores = scorer.block(min(rows, draws - first))
        edge = np.partition(scores, n - k, axis=1)[:, n - k, None] - np.float32(TIE_POINTS)
        inside = scores >= edge
        member += np.add.reduce(inside, axis=0, dtype=np.int64)
        same += int(inside[:, chosen].all(axis=1).sum())
        if ranks:
            counts += _rank_counts(scores, ranks)
        if first < sample:
            kept.append(scores[: sample - first].copy())
    empty = np.empty((0, n), np.float32)
    return Counts(member, counts, same, np.concatenate(kept) if kept else empty)
