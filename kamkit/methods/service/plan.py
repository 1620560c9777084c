"""The exact choice of service levels under limits: a small integer programme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from kamkit.methods.shares import Floats, Ints
from kamkit.schemes import ServiceScheme


@dataclass(frozen=True)
class Cells:
    """Every allowed level of each dimension and tier, as the variables of the choice."""

    dimension: Ints
    tier: Ints
    level: Ints
    cost: Floats
    hours: Floats
    shortfall: Floats
    shape: tuple[int, int]

    def used(self, levels: Ints, what: str) -> float:
        """Cost or hours of a choice (dimensions × tiers)."""
        return float(getattr(self, what)[self.mask(levels)].sum())

    def mask(self, levels: Ints) -> np.ndarray:
        """Which variables a choice takes."""
        return np.asarray(levels[self.dimension, self.tier] == self.level)


def build_cells(service: ServiceScheme, counts: Mapping[str, int]) -> Cells:
    """Variables of a scheme for so many accounts a tier; levels run from the floor to the wanted.

    >>> from kamkit.schemes import load_service_scheme
    >>> build_cells(load_service_scheme(), {"tier_1": 1}).shape
    (8, 4)
    """
    rows = []
    for d, dimension in enumerate(service.dimensions):
        ids = dimension.level_ids
        floor = ids.index(dimension.floor)
        for t, tier in enumerate(service.tiers):
            n = counts.get(tier.id, 0)
            top = ids.index(dimension.wanted[tier.id])
            span = dimension.levels[top].worth - dimension.levels[floor].worth
            for k in range(floor, top + 1):
                level = dimension.levels[k]
                lost = (dimension.levels[top].worth - level.worth) / span if span > 0 else 0.0
                # A tier without accounts costs nothing and keeps what it was meant to get.
                rows.append((d, t, k, n * level.cost, n * level.hours, (n or 0.01) * lost))
    table = np.asarray(rows, dtype=np.float64).reshape(-1, 6)
    places = table[:, :3].astype(np.int64)
    return Cells(
        places[:, 0], places[:, 1], places[:, 2], table[:, 3], table[:, 4], table[:, 5],
        (len(service.dimensions), len(service.tiers)),
    )  # fmt: skip


def floor_levels(service: ServiceScheme) -> Ints:
    """The floor of each dimension, for every tier (dimensions × tiers).

    >>> from kamkit.schemes import load_service_scheme
    >>> floor_levels(load_service_scheme())[1].tolist()
    [1, 1, 1, 1]
    """
    column = [d.level_ids.index(d.floor) for d in service.dimensions]
    return np.repeat(np.asarray(column, dtype=np.int64)[:, None], len(service.tiers), axis=1)


def wanted_levels(service: ServiceScheme) -> Ints:
    """The wanted level of each dimension and tier."""
    rows = [[d.level_ids.index(d.wanted[t]) for t in service.tier_ids] for d in service.dimensions]
    return np.asarray(rows, dtype=np.int64).reshape(len(service.dimensions), len(service.tiers))


def _constraints(cells: Cells, limits: Mapping[str, float]) -> list[LinearConstraint]:
    """One level a cell; a higher tier never below a lower one; the limits."""
    size = len(cells.level)
    cell = cells.dimension * cells.shape[1] + cells.tier
    ones = np.ones(size)
    column = np.arange(size)
    number = cells.shape[0] * cells.shape[1]
    out = [LinearConstraint(coo_array((ones, (cell, column)), shape=(number, size)), 1, 1)]
    height = cells.level.astype(float)
    for t in range(cells.shape[1] - 1):
        upper, lower = cells.tier == t, cells.tier == t + 1
        signed = np.where(upper, height, np.where(lower, -height, 0.0))
        rows = coo_array((signed, (cells.dimension, column)), shape=(cells.shape[0], size))
        out.append(LinearConstraint(rows, 0, np.inf))
    for name, limit in limits.items():
        # Relative slack: a budget that equals the cost to the cent must not fail by rounding.
        top = limit + 1e-9 * max(1.0, abs(limit))
        out.append(LinearConstraint(getattr(cells, name)[None, :], -np.inf, top))
    return out


def solve_plan(
    cells: Cells, limits: Mapping[str, float], weights: Floats, rounds: int = 1
) -> Ints | None:
    """Levels with the least weighted shortfall within the limits, then the cheapest such.

    ``weights`` are one a variable, or one row a round: each round's shortfall is made as small
    as it can be without giving up anything won in the rounds before. None: not even the floors
    fit. Source: integer linear programme, HiGHS branch and bound.

    >>> from kamkit.schemes import load_service_scheme
    >>> cells = build_cells(load_service_scheme(), {"tier_1": 1})
    >>> plan = solve_plan(cells, {"cost": 1e9}, np.ones(len(cells.level)))
    >>> bool((plan == wanted_levels(load_service_scheme())).all())
    True
    """
    constraints = _constraints(cells, limits)
    objectives = [row * cells.shortfall for row in np.atleast_2d(weights)]
    scale = max(float(cells.cost.max(initial=0)), 1.0)
    # The last round decides among equals: less money, less time, the higher level.
    objectives.append(cells.cost / scale + cells.hours / scale - 1e-9 * cells.level)
    taken = None
    for goal in objectives:
        answer = milp(
            goal,
            constraints=constraints,
            bounds=Bounds(0, 1),
            integrality=np.ones(len(goal), dtype=np.int64),
        )
        if not answer.success:
            return taken
        chosen = answer.x > 0.5
        taken = np.zeros(cells.shape, dtype=np.int64)
        taken[cells.dimension[chosen], cells.tier[chosen]] = cells.level[chosen]
        best = float(goal[chosen].sum())
        constraints.append(
            LinearConstraint(goal[None, :], -np.inf, best + 1e-7 * max(1, abs(best)))
        )
    return taken
