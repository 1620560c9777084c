"""Service-level matrix: what each tier gets within the limits, and what has to give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.portfolio.inputs import one_of, within
from kamkit.methods.service.inputs import read_tiers, service_or_house
from kamkit.methods.service.plan import (
    Cells,
    build_cells,
    floor_levels,
    solve_plan,
    wanted_levels,
)
from kamkit.methods.shares import Floats, Ints
from kamkit.schemes import ServiceScheme

RULES = ("top_first", "weighted")
_ORIGIN = "S118; S119; X25; house"
_STEPS = 12


@dataclass(frozen=True)
class ServiceMatrix:
    """The parts of :func:`service_matrix`."""

    matrix: pd.DataFrame
    tiers: pd.DataFrame
    gives: pd.DataFrame
    curve: pd.DataFrame
    measures: pd.DataFrame


def service_matrix(
    tiers: pd.DataFrame,
    service: ServiceScheme | None = None,
    *,
    budget: float | None = None,
    hours: float | None = None,
    rule: str = "top_first",
    spread: float = 0.2,
    draws: int = 40,
    steps: int = _STEPS,
    seed: int = 0,
) -> ServiceMatrix:
    """Levels for every dimension and tier within a limit of money, hours or both; exact.

    Needs columns: account_id, tier (see :func:`account_tiers`). Levels run from the floor that
    everybody gets (X25) to what the scheme wants for the tier; a higher tier never gets less
    than a lower one. ``budget`` is money a year in the scheme's currency, ``hours`` a year.
    ``rule``: "top_first" keeps the highest tier as whole as can be, then the next; "weighted"
    makes the sum of weight of tier × weight of dimension × accounts × lost worth as small as
    can be. Among equal plans the cheapest is taken.
    Returns ``matrix`` (dimension, tier, accounts, floor, wanted, allowed: level ids; given_up:
    levels, cost_wanted, cost_allowed: money a year over the tier; hours_wanted, hours_allowed;
    kept_share: share of ``draws`` in which the wanted level stays when every level's cost and
    hours are off by up to ± ``spread``; origin); ``tiers`` (tier, accounts, cost_floor,
    cost_wanted, cost_allowed, hours_floor, hours_wanted, hours_allowed, given_up); ``gives``
    (dimension, tier, wanted, allowed, saved_cost, saved_hours), the dearest first; ``curve``
    (budget, cost_allowed, given_up, worth_kept 0–1, each account alike: under "top_first" more
    money can keep less of it): what ``steps`` other budgets would keep, none for 0;
    ``measures`` (plan_feasible 1/0, service_accounts, cost_floor, cost_wanted, cost_allowed,
    hours_floor, hours_wanted, hours_allowed, levels_given_up, budget_short, hours_short,
    over_budget_share: share of draws in which the plan costs more than the limit).
    Where not even the floors fit, the floors are shown and budget_short / hours_short say by
    how much. Raises KamkitError for unknown tiers, accounts twice, bad limits.
    Source: S117–S119, X25 (floor for all, more for higher tiers); figures and rules house.

    >>> one = pd.DataFrame({"account_id": ["A"], "tier": ["tier_1"]})
    >>> found = service_matrix(one, budget=100_000.0, draws=2)
    >>> found.gives[["dimension", "wanted", "allowed"]].values.tolist()
    [['product', 'joint_development', 'adapted']]
    """
    one_of(rule, "rule", RULES)
    within(spread, "spread", 0.0, 0.9)
    scheme = service_or_house(service)
    rows = read_tiers(tiers, scheme)
    counts = {t: int((rows["tier"] == t).sum()) for t in scheme.tier_ids}
    limits: dict[str, float] = {}
    for name, limit in (("cost", budget), ("hours", hours)):
        if limit is not None:
            within(limit, "budget" if name == "cost" else name, 0.0, 1e15)
            limits[name] = float(limit)
    cells = build_cells(scheme, counts)
    weights = _weights(cells, scheme, rule)
    found = solve_plan(cells, limits, weights)
    plan = floor_levels(scheme) if found is None else found
    kept, over = _robust(cells, limits, weights, plan, wanted_levels(scheme), spread, draws, seed)
    matrix = _matrix(scheme, cells, counts, plan, kept)
    return ServiceMatrix(
        matrix,
        _tiers(scheme, cells, counts, plan, matrix),
        _gives(matrix),
        _curve(scheme, cells, limits, weights, steps),
        _measures(scheme, cells, limits, plan, matrix, found is not None, over, rule, draws),
    )


def _weights(cells: Cells, scheme: ServiceScheme, rule: str) -> Floats:
    by_dimension = np.asarray([d.weight for d in scheme.dimensions])[cells.dimension]
    if rule == "weighted":
        by_tier = np.asarray([t.weight for t in scheme.tiers])[cells.tier]
        return np.asarray(by_dimension * by_tier)
    rounds = [np.where(cells.tier == t, by_dimension, 0.0) for t in range(len(scheme.tiers))]
    return np.asarray(rounds)


def _robust(
    cells: Cells,
    limits: Mapping[str, float],
    weights: Floats,
    plan: Ints,
    wanted: Ints,
    spread: float,
    draws: int,
    seed: int,
) -> tuple[Floats, float]:
    """How often each wanted level stays, and how often the plan breaks a limit."""
    if not limits or not draws:
        return np.where(plan == wanted, 1.0, 0.0), float("nan")
    rng = np.random.default_rng(seed)
    shape = (cells.shape[0], int(cells.level.max(initial=0)) + 1)
    kept, over = np.zeros(cells.shape), 0
    for _ in range(draws):
        factor = rng.uniform(1 - spread, 1 + spread, (2, *shape))
        at = (cells.dimension, cells.level)
        moved = Cells(
            cells.dimension, cells.tier, cells.level, cells.cost * factor[0][at],
            cells.hours * factor[1][at], cells.shortfall, cells.shape,
        )  # fmt: skip
        found = solve_plan(moved, limits, weights)
        kept += 0 if found is None else found == wanted
        over += any(moved.used(plan, name) > limit for name, limit in limits.items())
    return kept / draws, over / draws


def _matrix(
    scheme: ServiceScheme, cells: Cells, counts: Mapping[str, int], plan: Ints, kept: Floats
) -> pd.DataFrame:
    wanted = wanted_levels(scheme)
    rows = []
    for d, dimension in enumerate(scheme.dimensions):
        for t, tier in enumerate(scheme.tier_ids):
            n, take, want = counts[tier], dimension.levels[plan[d, t]], wanted[d, t]
            meant = dimension.levels[want]
            rows.append({
                "dimension": dimension.id, "tier": tier, "accounts": n, "floor": dimension.floor,
                "wanted": meant.id, "allowed": take.id,
                "given_up": int(want - plan[d, t]) if n else 0,
                "cost_wanted": n * meant.cost, "cost_allowed": n * take.cost,
                "hours_wanted": n * meant.hours, "hours_allowed": n * take.hours,
                "kept_share": float(kept[d, t]), "origin": dimension.origin,
            })  # fmt: skip
    return pd.DataFrame(rows)


def _tiers(
    scheme: ServiceScheme, cells: Cells, counts: Mapping[str, int], plan: Ints, matrix: pd.DataFrame
) -> pd.DataFrame:
    floors = floor_levels(scheme)
    rows = []
    for t, tier in enumerate(scheme.tier_ids):
        mine = matrix[matrix["tier"] == tier]
        line: dict[str, Any] = {"tier": tier, "accounts": counts[tier]}
        for what in ("cost", "hours"):
            values = getattr(cells, what)
            line[f"{what}_floor"] = float(values[cells.mask(floors) & (cells.tier == t)].sum())
            line[f"{what}_wanted"] = float(mine[f"{what}_wanted"].sum())
            line[f"{what}_allowed"] = float(mine[f"{what}_allowed"].sum())
        rows.append(line | {"given_up": int((mine["given_up"] > 0).sum())})
    return pd.DataFrame(rows)


def _gives(matrix: pd.DataFrame) -> pd.DataFrame:
    lost = matrix[(matrix["given_up"] > 0) & (matrix["accounts"] > 0)].copy()
    lost["saved_cost"] = lost["cost_wanted"] - lost["cost_allowed"]
    lost["saved_hours"] = lost["hours_wanted"] - lost["hours_allowed"]
    columns = ["dimension", "tier", "accounts", "wanted", "allowed", "saved_cost", "saved_hours"]
    order = ["saved_cost", "saved_hours"]
    return lost.sort_values(order, ascending=False, kind="stable", ignore_index=True)[columns]


def _curve(
    scheme: ServiceScheme,
    cells: Cells,
    limits: Mapping[str, float],
    weights: Floats,
    steps: int,
) -> pd.DataFrame:
    """What other budgets would keep; hours stay as they are."""
    wanted = wanted_levels(scheme)
    low, high = cells.used(floor_levels(scheme), "cost"), cells.used(wanted, "cost")
    rows = []
    everything = float(cells.shortfall[cells.mask(floor_levels(scheme))].sum())
    for budget in np.linspace(low, high, steps if high > low else min(steps, 1)):
        found = solve_plan(cells, {**limits, "cost": float(budget)}, weights)
        if found is None:
            continue
        lost = float(cells.shortfall[cells.mask(found)].sum())
        rows.append({
            "budget": float(budget), "cost_allowed": cells.used(found, "cost"),
            "given_up": int((found < wanted).sum()),
            "worth_kept": 1 - lost / everything if everything > 0 else 1.0,
        })  # fmt: skip
    return pd.DataFrame(rows, columns=["budget", "cost_allowed", "given_up", "worth_kept"])


def _measures(
    scheme: ServiceScheme,
    cells: Cells,
    limits: Mapping[str, float],
    plan: Ints,
    matrix: pd.DataFrame,
    feasible: bool,
    over: float,
    rule: str,
    draws: int,
) -> pd.DataFrame:
    n = int(matrix.drop_duplicates("tier")["accounts"].sum())
    how = f"service_{rule}" if n else "too_little_data"
    choices = {
        "floor": floor_levels(scheme), "wanted": wanted_levels(scheme), "allowed": plan,
    }  # fmt: skip

    def row(key: str, value: float, variant: str = how, size: int = n) -> dict[str, Any]:
        return measure_row(key, value, size, variant=variant, origin=_ORIGIN)

    rows = [row("plan_feasible", float(feasible)), row("service_accounts", n)]
    for what in ("cost", "hours"):
        rows += [row(f"{what}_{k}", cells.used(v, what)) for k, v in choices.items()]
    rows.append(row("levels_given_up", int((matrix["given_up"] > 0).sum())))
    for what, key in (("cost", "budget_short"), ("hours", "hours_short")):
        least = cells.used(choices["floor"], what)
        short = max(0.0, least - limits[what]) if what in limits else np.nan
        rows.append(row(key, short, how if what in limits else "no_limit"))
    rows.append(row("over_budget_share", over, "costs_drawn" if limits else "no_limit", draws))
    return measure_table(rows)
