"""Pay plans: what an attainment pays, by threshold, accelerator and cap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.goals.tables import figures, repeated, strict_figures, texts, with_columns
from kamkit.methods.shares import Floats

CapOn = Literal["attainment", "payout"]
PLAN_NEED = ["plan_id", "kpi", "base", "variable_target", "weight"]
PLAN_ALSO = ["role", "threshold", "cap", "accelerator", "currency"]
PART_COLUMNS = ["member_id", "plan_id", "kpi", "attainment", "factor", "amount", "zone"]
TOTAL_COLUMNS = [
    "member_id", "plan_id", "base", "variable_target", "variable", "total", "of_target",
    "currency", "note",
]  # fmt: skip
CURVE_COLUMNS = ["plan_id", "kpi", "attainment", "factor", "amount", "per_point", "zone"]
KINK_COLUMNS = ["plan_id", "kpi", "kind", "attainment", "factor_below", "factor", "jump"]


@dataclass(frozen=True)
class Plan:
    """One pay plan as arrays, one place a KPI."""

    plan_id: str
    kpis: tuple[str, ...]
    role: str
    base: float
    variable: float
    weight: Floats
    threshold: Floats
    cap: Floats
    accelerator: Floats
    currency: str


def read_plans(table: pd.DataFrame) -> list[Plan]:
    """Plans by id, checked: one base and variable a plan, weights that add up to 1.

    Needs columns: plan_id, kpi, base, variable_target, weight; optional role, threshold (none:
    0), cap (none: no end), accelerator (none: 1), currency. Raises KamkitError: missing_column,
    not_a_number, empty_cell, out_of_range, duplicate_key, pay_plan_mixed, pay_weights_not_one.

    >>> plans = pd.DataFrame({"plan_id": ["P"], "kpi": "sales", "base": 100.0,
    ...                       "variable_target": 50.0, "weight": 1.0})
    >>> read_plans(plans)[0].cap.tolist()
    [inf]
    """
    data = with_columns(table, "pay_plans", PLAN_NEED, PLAN_ALSO)
    numbers = ["base", "variable_target", "weight", "threshold", "cap", "accelerator"]
    found = strict_figures(data, "pay_plans", numbers)
    found += repeated(data, "pay_plans", ["plan_id", "kpi"])
    for column in numbers:
        values = figures(data[column])
        found += [
            Problem("out_of_range", "pay_plans", column, int(i) + 1, data[column].iloc[int(i)],
                    details={"allowed": ">= 0"})
            for i in np.flatnonzero(values < 0)
        ]  # fmt: skip
        if column in PLAN_NEED:
            found += [Problem("empty_cell", "pay_plans", column, int(i) + 1)
                      for i in np.flatnonzero(data[column].isna())]  # fmt: skip
    for name, mine in data.groupby("plan_id", sort=True):
        found += _one_plan(str(name), mine)
    KamkitError.collect(found)
    return [_plan(str(name), mine) for name, mine in data.groupby("plan_id", sort=True)]


def _one_plan(name: str, mine: pd.DataFrame) -> list[Problem]:
    found = [
        Problem("pay_plan_mixed", "pay_plans", column, value=name)
        for column in ("base", "variable_target", "currency", "role")
        if mine[column].nunique() > 1
    ]
    weights = float(np.nansum(figures(mine["weight"])))
    if abs(weights - 1) > 1e-9:
        details = {"sum": f"{weights:.6g}"}
        found.append(Problem("pay_weights_not_one", "pay_plans", "weight", value=name,
                             details=details))  # fmt: skip
    low, high = figures(mine["threshold"]), figures(mine["cap"])
    if (high < low).any():
        found.append(Problem("pay_cap_below_threshold", "pay_plans", "cap", value=name))
    return found


def _plan(name: str, mine: pd.DataFrame) -> Plan:
    mine = mine.sort_values("kpi")

    def filled(column: str, empty: float) -> Floats:
        values = figures(mine[column])
        return np.where(np.isnan(values), empty, values)

    return Plan(
        name, tuple(texts(mine["kpi"])), texts(mine["role"])[0], float(mine["base"].iloc[0]),
        float(mine["variable_target"].iloc[0]), figures(mine["weight"]), filled("threshold", 0.0),
        filled("cap", np.inf), filled("accelerator", 1.0), texts(mine["currency"])[0],
    )  # fmt: skip


def pay_factor(
    attainment: Any, threshold: Any, cap: Any, accelerator: Any, *, cap_on: CapOn = "attainment"
) -> Floats:
    """Share of the target pay for an attainment (1.0 = target met).

    Nothing below the threshold; from it on the attainment itself up to 1; beyond, each point
    counts ``accelerator`` times. The cap ends what counts: of the attainment, or (``cap_on``
    payout) of the factor. Source: S211 (bonus, commission); shape house.

    >>> pay_factor([0.69, 0.7, 1.0, 1.2, 2.0], 0.7, 1.5, 1.5).round(2).tolist()
    [0.0, 0.7, 1.0, 1.3, 1.75]
    """
    a = np.asarray(attainment, float)
    counted = np.minimum(a, cap) if cap_on == "attainment" else a
    factor = np.minimum(counted, 1.0) + accelerator * np.maximum(counted - 1.0, 0.0)
    # The last digits of a ratio must not decide who gets nothing.
    factor = np.where(a < np.asarray(threshold) - 1e-9, 0.0, factor)
    paid: Floats = np.minimum(factor, cap) if cap_on == "payout" else factor
    return np.where(np.isnan(a), np.nan, paid)


def zone_of(
    attainment: Any, threshold: Any, cap: Any, accelerator: Any = 1.0, *,
    cap_on: CapOn = "attainment",
) -> np.ndarray:  # fmt: skip
    """Where an attainment lies: none, below_threshold, below_target, above_target, capped.

    >>> zone_of([0.5, 0.9, 1.2, 1.6], 0.7, 1.5).tolist()
    ['below_threshold', 'below_target', 'above_target', 'capped']
    """
    a = np.asarray(attainment, float)
    free = pay_factor(a, 0.0, np.inf, accelerator)
    at_cap = (a if cap_on == "attainment" else free) >= np.asarray(cap) - 1e-9
    cases = [np.isnan(a), a < np.asarray(threshold) - 1e-9, at_cap, a < 1]
    return np.select(
        cases, ["unknown", "below_threshold", "capped", "below_target"], "above_target"
    )


@dataclass(frozen=True)
class Payout:
    """What :func:`pay_plan` found.

    Attributes
    ----------
    parts
        One row a member, plan and KPI: member_id, plan_id, kpi, attainment, factor (share of
        the target pay), amount (money), zone (below_threshold, below_target, above_target,
        capped, unknown).
    totals
        One row a member and plan: member_id, plan_id, base, variable_target, variable, total
        (money; NaN where a KPI is unknown), of_target (variable / variable_target), currency,
        note (kpi_missing with the KPIs).
    """

    parts: pd.DataFrame
    totals: pd.DataFrame


def pay_plan(
    plans: pd.DataFrame,
    attainment: pd.DataFrame,
    *,
    members: pd.DataFrame | None = None,
    cap_on: CapOn = "attainment",
) -> Payout:
    """Pay of each member under each plan.

    Needs plans as :func:`read_plans` does; attainment: member_id, kpi, attainment (1.0 = target
    met). With ``members`` (member_id, role) a plan pays only those of its role. A KPI without
    attainment is never counted as 0 or left out silently: the total then is unknown.
    Returns Payout. Raises KamkitError: see read_plans; missing_column, duplicate_key,
    not_a_number, unknown_option. Source: S211 (base salary, bonus, commission).

    >>> plans = pd.DataFrame({"plan_id": ["P"], "kpi": "sales", "base": 100.0, "weight": 1.0,
    ...     "variable_target": 50.0, "threshold": 0.7, "cap": 1.5, "accelerator": 2.0})
    >>> done = pd.DataFrame({"member_id": ["a", "b"], "kpi": "sales", "attainment": [1.1, 0.6]})
    >>> pay_plan(plans, done).totals["total"].tolist()
    [160.0, 100.0]
    """
    read = read_plans(plans)
    done = with_columns(attainment, "attainment", ["member_id", "kpi", "attainment"])
    found = strict_figures(done, "attainment", ["attainment"])
    found += repeated(done, "attainment", ["member_id", "kpi"]) + check_cap_on(cap_on)
    KamkitError.collect(found)
    people, wide = attainment_table(done)
    role = None
    if members is not None:
        who = with_columns(members, "members", ["member_id", "role"])
        role = dict(zip(texts(who["member_id"]), texts(who["role"]), strict=True))
    parts, totals = [], []
    for plan in read:
        mine = [p for p in people if role is None or not plan.role or role.get(p) == plan.role]
        a = np.array([[wide.get((p, k), np.nan) for k in plan.kpis] for p in mine])
        a = a.reshape(len(mine), len(plan.kpis))
        factor = pay_factor(a, plan.threshold, plan.cap, plan.accelerator, cap_on=cap_on)
        amount = factor * plan.weight * plan.variable
        zone = zone_of(a, plan.threshold, plan.cap, plan.accelerator, cap_on=cap_on)
        parts += [(p, plan.plan_id, k, a[i, j], factor[i, j], amount[i, j], zone[i, j])
                  for i, p in enumerate(mine) for j, k in enumerate(plan.kpis)]  # fmt: skip
        totals += [_total(p, plan, a[i], float(amount[i].sum())) for i, p in enumerate(mine)]
    return Payout(
        pd.DataFrame(parts, columns=PART_COLUMNS), pd.DataFrame(totals, columns=TOTAL_COLUMNS)
    )


def attainment_table(done: pd.DataFrame) -> tuple[list[str], dict[tuple[str, str], float]]:
    """Members in order, and attainment by member and KPI.

    >>> attainment_table(pd.DataFrame({"member_id": ["a"], "kpi": "s", "attainment": [1]}))
    (['a'], {('a', 's'): 1.0})
    """
    ids, kpis = texts(done["member_id"]), texts(done["kpi"])
    values = figures(done["attainment"]).tolist()
    return sorted(set(ids)), dict(zip(zip(ids, kpis, strict=True), values, strict=True))


def check_cap_on(cap_on: str) -> list[Problem]:
    """A problem unless the cap is on attainment or payout.

    >>> check_cap_on("payout")
    []
    """
    known = ("attainment", "payout")
    details = {"allowed": ", ".join(known)}
    wrong = Problem("unknown_option", "pay_plans", "cap_on", None, cap_on, details=details)
    return [] if cap_on in known else [wrong]


def _total(member: str, plan: Plan, attainment: Floats, variable: float) -> tuple[Any, ...]:
    missing = [k for k, a in zip(plan.kpis, attainment, strict=True) if np.isnan(a)]
    note = f"kpi_missing: {', '.join(missing)}" if missing else ""
    of_target = variable / plan.variable if plan.variable else np.nan
    return (member, plan.plan_id, plan.base, plan.variable, variable, plan.base + variable,
            of_target, plan.currency, note)  # fmt: skip


@dataclass(frozen=True)
class PayoutCurve:
    """What :func:`payout_curve` found.

    Attributes
    ----------
    points
        plan_id, kpi, attainment, factor, amount (money), per_point (money for one point of
        attainment more, 0.01), zone.
    kinks
        plan_id, kpi, kind (threshold, target, cap), attainment, factor_below (just before),
        factor, jump (money gained by crossing; 0 where the curve only bends).
    """

    points: pd.DataFrame
    kinks: pd.DataFrame


def payout_curve(
    plans: pd.DataFrame,
    attainments: Sequence[float] | None = None,
    *,
    cap_on: CapOn = "attainment",
) -> PayoutCurve:
    """What each plan pays along the attainment of each KPI, and where it jumps or bends.

    Needs plans as :func:`read_plans` does. ``attainments``: default 0 to 2 in steps of 0.01.
    A jump is what a deal moved from one period into another can gain; beyond the cap it gains
    nothing. Returns PayoutCurve. Raises KamkitError: see read_plans; unknown_option.
    Source: S211; house.

    >>> plans = pd.DataFrame({"plan_id": ["P"], "kpi": "sales", "base": 0.0, "weight": 1.0,
    ...     "variable_target": 100.0, "threshold": 0.7, "cap": 1.5, "accelerator": 2.0})
    >>> payout_curve(plans).kinks[["kind", "factor", "jump"]].values.tolist()
    [['threshold', 0.7, 70.0], ['target', 1.0, 0.0], ['cap', 2.0, 0.0]]
    """
    read = read_plans(plans)
    KamkitError.collect(check_cap_on(cap_on))
    grid = np.arange(201) / 100 if attainments is None else np.asarray(attainments, float)
    points, kinks = [], []
    for plan in read:
        for j, kpi in enumerate(plan.kpis):
            rule = (plan.threshold[j], plan.cap[j], plan.accelerator[j])
            money = plan.weight[j] * plan.variable
            factor = pay_factor(grid, *rule, cap_on=cap_on)
            more = pay_factor(grid + 0.01, *rule, cap_on=cap_on) - factor
            zone = zone_of(grid, *rule, cap_on=cap_on)
            columns = zip(grid, factor, factor * money, more * money, zone, strict=True)
            points += [(plan.plan_id, kpi, *row) for row in columns]
            kinks += [(plan.plan_id, kpi, *row) for row in _kinks(rule, float(money), cap_on)]
    return PayoutCurve(
        pd.DataFrame(points, columns=CURVE_COLUMNS), pd.DataFrame(kinks, columns=KINK_COLUMNS)
    )


def _kinks(rule: tuple[float, float, float], money: float, cap_on: CapOn) -> list[tuple[Any, ...]]:
    threshold, cap, accelerator = rule
    at_cap = cap
    if cap_on == "payout" and cap > 1:
        at_cap = 1 + (cap - 1) / accelerator if accelerator > 0 else np.inf
    places = [("threshold", threshold), ("target", 1.0), ("cap", at_cap)]
    rows = []
    for kind, at in places:
        if not np.isfinite(at) or (kind == "threshold" and at <= 0):
            continue
        # 1e-7 below: further than the slack of the threshold, nearer than anyone can see.
        below, here = (float(pay_factor(x, *rule, cap_on=cap_on)) for x in (at - 1e-7, at))
        # A bend changes by the slope times that step, a jump by far more.
        jump = round((here - below) * money, 2) if here - below > 1e-5 else 0.0
        rows.append((kind, at, round(below, 6), round(here, 6), jump))
    return rows
