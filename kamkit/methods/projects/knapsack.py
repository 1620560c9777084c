"""Which set of jobs is worth most within an effort limit: exact, and greedy beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from kamkit.methods.projects.beliefs import Floats

Chosen = NDArray[np.bool_]
_CELLS = 60_000_000
# Effort is counted in quarters of an hour where many problems are solved in a row.
_GRID = 4.0


@dataclass(frozen=True)
class Limits:
    """What a choice must keep to besides the effort: positions, not ids.

    ``needs`` holds pairs (job, job it needs); of each group in ``exclusive`` at most one is
    taken; jobs in ``must`` are taken, jobs in ``never`` aren't.
    """

    needs: Sequence[tuple[int, int]] = ()
    exclusive: Sequence[Sequence[int]] = ()
    must: frozenset[int] = field(default_factory=frozenset)
    never: frozenset[int] = field(default_factory=frozenset)

    def fixed(self, job: int, taken: bool) -> Limits:
        """These limits and one job more that is taken, or isn't."""
        must = self.must | {job} if taken else self.must - {job}
        never = self.never - {job} if taken else self.never | {job}
        return Limits(self.needs, self.exclusive, frozenset(must), frozenset(never))

    @property
    def free(self) -> bool:
        """Whether no job depends on another."""
        return not self.needs and not self.exclusive


def best_set(value: Floats, effort: Floats, capacity: float, limits: Limits) -> Chosen | None:
    """The exact best set, by mixed-integer programming where efforts are no quarter hours.

    None where the limits can't be kept.

    >>> best_set(np.array([3.0, 2.0, 2.0]), np.array([3.0, 2.0, 2.0]), 4, Limits()).tolist()
    [False, True, True]
    """
    n = len(value)
    if n == 0:
        return np.zeros(0, dtype=bool)
    limits = core(value, effort, capacity, limits)
    scale = float(np.abs(value).max()) or 1.0
    rows, upper = _rows(effort, capacity, limits, n)
    lower_x, upper_x = _bounds(n, limits)
    if (lower_x > upper_x).any():
        return None
    undecided = int((lower_x < upper_x).sum())
    if limits.free and _on_grid(effort, capacity, undecided):
        return quick_set(value, effort, capacity, limits)
    found = milp(
        -value / scale,
        constraints=LinearConstraint(rows, -np.inf, upper),
        integrality=np.ones(n, dtype=np.int64),
        bounds=Bounds(lower_x, upper_x),
        # The solver's own tolerance would stop 0.01 % short of the optimum.
        options={"mip_rel_gap": 0.0, "presolve": False},
    )
    return None if found.x is None else np.asarray(found.x > 0.5)


def _on_grid(effort: Floats, capacity: float, jobs: int) -> bool:
    """Whether dynamic programming on quarter hours is exact here, and small enough."""
    units = effort * _GRID
    whole = bool(np.abs(units - np.rint(units)).max(initial=0.0) < 1e-6)
    return whole and jobs * (capacity * _GRID + 2) <= _CELLS


def core(value: Floats, effort: Floats, capacity: float, limits: Limits) -> Limits:
    """Limits that also fix every job whose side is already certain: the rest is the core.

    A job is fixed only if the other choice, even with jobs done in part, stays below what going
    down the list reaches; so no best set is lost. Source: Martello & Toth 1990, ch. 2.

    >>> found = core(np.array([90.0, 20.0, 1.0]), np.array([1.0, 2.0, 9.0]), 3, Limits())
    >>> sorted(found.must), sorted(found.never)
    ([0, 1], [2])
    """
    if not limits.free or limits.must & limits.never:
        return limits
    fixed = np.zeros(len(value), dtype=bool)
    fixed[list(limits.must | limits.never)] = True
    must = sorted(limits.must)
    room = capacity - float(effort[must].sum())
    jobs = np.flatnonzero(~fixed & (value > 0) & (effort <= room + 1e-9))
    nothing = set(np.flatnonzero(~fixed).tolist()) - set(jobs.tolist())
    never = limits.never | nothing
    if room < 0 or not len(jobs):
        return Limits(must=limits.must, never=frozenset(never))
    v, w = value[jobs], effort[jobs]
    order = np.argsort(-v / np.where(w > 0, w, 1e-12), kind="stable")
    used = np.cumsum(w[order])
    full = int(np.searchsorted(used, room + 1e-9, side="right"))
    if full == len(jobs):
        return Limits(must=limits.must | set(jobs.tolist()), never=frozenset(never))
    left = room - (used[full - 1] if full else 0.0)
    price = v[order[full]] / w[order[full]]
    bound = float(v[order[:full]].sum()) + price * left
    reached = float(v[order[:full]].sum())
    for i in order[full:]:
        if w[i] <= left + 1e-9:
            reached, left = reached + float(v[i]), left - w[i]
    gap = v - price * w
    sure = np.abs(gap) > bound - reached + 1e-9 * max(1.0, bound)
    taken = set(jobs[sure & (gap > 0)].tolist())
    never = never | set(jobs[sure & (gap < 0)].tolist())
    return Limits(must=limits.must | taken, never=frozenset(never))


def _rows(
    effort: Floats, capacity: float, limits: Limits, n: int
) -> tuple[Floats, NDArray[np.float64]]:
    rows = [effort / max(capacity, 1e-9) if capacity > 0 else effort]
    upper = [1.0 if capacity > 0 else 0.0]
    for job, needed in limits.needs:
        row = np.zeros(n)
        row[job], row[needed] = 1.0, -1.0
        rows.append(row)
        upper.append(0.0)
    for group in limits.exclusive:
        row = np.zeros(n)
        row[list(group)] = 1.0
        rows.append(row)
        upper.append(1.0)
    return np.vstack(rows), np.asarray(upper)


def _bounds(n: int, limits: Limits) -> tuple[Floats, Floats]:
    low, high = np.zeros(n), np.ones(n)
    low[list(limits.must)] = 1.0
    high[list(limits.never)] = 0.0
    return low, high


def shadow_price(value: Floats, effort: Floats, capacity: float, limits: Limits) -> float:
    """What one more unit of effort would add if jobs could be done in part (linear dual).

    >>> round(shadow_price(np.array([30.0, 10.0]), np.array([3.0, 2.0]), 4, Limits()), 6)
    5.0
    """
    n = len(value)
    if n == 0 or capacity <= 0:
        return float("nan")
    scale = float(np.abs(value).max()) or 1.0
    rows, upper = _rows(effort, capacity, limits, n)
    low, high = _bounds(n, limits)
    bounds = list(zip(low.tolist(), high.tolist(), strict=True))
    found = linprog(-value / scale, A_ub=rows, b_ub=upper, bounds=bounds)
    if found.x is None:
        return float("nan")
    return float(-found.ineqlin.marginals[0] * scale / capacity)


def greedy_set(
    value: Floats, effort: Floats, capacity: float, limits: Limits, *, order: Floats | None = None
) -> Chosen:
    """Go down a list (default: value per effort) and take what still fits.

    A job is taken together with the jobs it needs; one that is worth nothing is left.

    >>> greedy_set(np.array([3.0, 2.0, 2.0]), np.array([2.9, 2.0, 2.0]), 4, Limits()).tolist()
    [True, False, False]
    """
    n = len(value)
    taken = np.zeros(n, dtype=bool)
    taken[sorted(limits.must)] = True
    keys = value / np.where(effort > 0, effort, 1e-12) if order is None else order
    for i in np.argsort(-keys, kind="stable"):
        if taken[i] or int(i) in limits.never or value[i] <= 0:
            continue
        bundle = _bundle(int(i), limits) - set(np.flatnonzero(taken).tolist())
        if bundle & limits.never or any(
            len((bundle | set(np.flatnonzero(taken).tolist())) & set(group)) > 1
            for group in limits.exclusive
        ):
            continue
        jobs = sorted(bundle)
        if effort[taken].sum() + effort[jobs].sum() <= capacity + 1e-9 and value[jobs].sum() > 0:
            taken[jobs] = True
    return taken


def _bundle(job: int, limits: Limits) -> set[int]:
    found, new = {job}, {job}
    while new:
        new = {needed for one, needed in limits.needs if one in new} - found
        found |= new
    return found


def quick_set(value: Floats, effort: Floats, capacity: float, limits: Limits) -> Chosen | None:
    """The best set for problems solved many times: dynamic programming on quarter hours.

    Efforts are rounded up to the grid. Jobs that depend on each other, and very long lists, go
    to :func:`best_set`. Source: Martello & Toth 1990.

    >>> quick_set(np.array([3.0, 2.0, 2.0]), np.array([3.0, 2.0, 2.0]), 4, Limits()).tolist()
    [False, True, True]
    """
    n = len(value)
    units = np.ceil(effort * _GRID - 1e-6).astype(np.int64)
    room = int(np.floor(capacity * _GRID + 1e-6))
    if not limits.free:
        return best_set(value, effort, capacity, limits)
    limits = core(value, units / _GRID, room / _GRID, limits)
    taken = np.zeros(n, dtype=bool)
    taken[sorted(limits.must)] = True
    room -= int(units[taken].sum())
    if room < 0 or limits.must & limits.never:
        return None
    out = set(limits.must) | set(limits.never)
    jobs = [i for i in range(n) if i not in out and value[i] > 0 and units[i] <= room]
    if len(jobs) * (room + 1) > _CELLS:
        return best_set(value, units / _GRID, capacity, limits)
    best = np.zeros(room + 1)
    used = np.zeros((len(jobs), room + 1), dtype=bool)
    for row, i in enumerate(jobs):
        u = int(units[i])
        if u == 0:
            best = best + value[i]
            used[row] = True
            continue
        with_it = best[:-u] + value[i]
        better = with_it > best[u:]
        used[row, u:] = better
        best[u:] = np.where(better, with_it, best[u:])
    for row in range(len(jobs) - 1, -1, -1):
        if used[row, room]:
            taken[jobs[row]] = True
            room -= int(units[jobs[row]])
    return taken
