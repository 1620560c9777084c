"""Order priority under limited effort: what to work on, what is left, how firm the line is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns, one_currency
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.portfolio.inputs import one_of, ratio, within
from kamkit.methods.projects.beliefs import SURE, Floats, beliefs_table, chance_draws, spread
from kamkit.methods.projects.knapsack import (
    Chosen,
    Limits,
    best_set,
    greedy_set,
    quick_set,
    shadow_price,
)

_ORIGIN = "S176; field:Martello & Toth 1990; house"
_DAY = 8.0
# Longer lists aren't solved once more for every order.
_MOST_SOLVED = 1000


@dataclass(frozen=True)
class OrderPriority:
    """The parts of :func:`order_priority`."""

    deals: pd.DataFrame
    measures: pd.DataFrame


def order_priority(
    deals: pd.DataFrame,
    *,
    capacity: float,
    value: str = "uplift",
    dependencies: Iterable[tuple[str, str]] = (),
    exclusions: Iterable[Collection[str]] = (),
    must: Collection[str] = (),
    strength: float = 10.0,
    effort_error: float = 0.25,
    draws: int = 200,
    seed: int = 0,
) -> OrderPriority:
    """Choose the set of orders that gains most within the hours there are.

    Needs columns: opportunity_id, amount, p (chance with our effort), effort_hours; for
    ``value="uplift"`` also p_without (chance if we leave it alone). Optional: p_low, p_high,
    p_without_low, p_without_high (95 %), weight (strategic, 1 = plain money), urgency (share of
    the gain that is lost if the order waits for the next period, 1 = all), and currency.
    The gain of working on an order is amount × (p − p_without) × weight × urgency;
    ``value="expected"`` takes amount × p, which favours orders that come anyway.
    ``dependencies``: pairs (order, order it needs); ``exclusions``: groups of which at most one
    is worked on; ``must``: orders that are taken in any case.
    Returns ``deals`` in order of gain per hour: opportunity_id, amount, p, p_without, uplift,
    weight, urgency, value (gain, money), effort_hours, per_hour, rank (ties share one),
    chosen, greedy, cut (the first order that no longer fits going down the list),
    switch_change (money by which the gain must rise, or fall for a chosen one, before the
    choice turns; beyond 1000 orders from the linear relaxation), chosen_share (share of draws
    in which it is chosen), separable (that share is at least 80 % for its side), status
    (chosen, left, no_gain, too_large, no_figures);
    and ``measures``: total_exact (with the 95 % of what the chosen set gains over the draws),
    total_greedy, greedy_gap, total_by_chance and total_by_amount (what the lists "surest first"
    and "largest first" would gain), one_more_day (gain of 8 hours more), shadow_price (gain per
    hour at the margin), cut_per_hour, hours_used, hours_free, orders_chosen, orders_contested.
    Orders without figures are listed and never chosen. Chances are drawn from a beta of
    ``strength`` cases or of the given interval, efforts with ``effort_error`` (log-normal).
    Raises KamkitError for chances outside 0–1, unknown ids, limits that can't be kept.
    Source: S176; Martello & Toth 1990; urgency, strength and errors house.

    >>> orders = pd.DataFrame({"opportunity_id": ["a", "b", "c"], "amount": [100.0, 90, 90],
    ...     "p": [0.9, 0.6, 0.6], "p_without": [0.8, 0.1, 0.1], "effort_hours": [10, 20, 20]})
    >>> order_priority(orders, capacity=40).deals.query("chosen").opportunity_id.tolist()
    ['b', 'c']
    """
    one_of(value, "value", ["uplift", "expected"])
    within(capacity, "capacity", 0.0, 1e9)
    within(effort_error, "effort_error", 0.0, 2.0)
    table = _orders(deals, value)
    known = table["status"].eq("").to_numpy()
    gain = table["value"].fillna(0.0).to_numpy(float)
    effort = table["effort_hours"].fillna(0.0).to_numpy(float)
    limits = _limits(table, known, dependencies, exclusions, must)
    exact = best_set(gain, effort, capacity, limits)
    if exact is None:
        raise KamkitError(Problem("limits_not_kept", column="capacity", value=f"{capacity:g}"))
    problem = _Task(table, gain, effort, capacity, limits, value, strength, effort_error)
    out = table.copy()
    out["chosen"], out["greedy"] = exact, greedy_set(gain, effort, capacity, limits)
    out["switch_change"] = _switches(problem, exact, known)
    share, totals = _stability(problem, exact, draws, seed)
    out["chosen_share"] = np.where(known, share, np.nan)
    out["separable"] = np.where(exact, share, 1 - share) >= SURE
    return _answer(problem, out, exact, totals)


@dataclass(frozen=True)
class _Task:
    table: pd.DataFrame
    gain: Floats
    effort: Floats
    capacity: float
    limits: Limits
    value: str
    strength: float
    effort_error: float


def _orders(deals: pd.DataFrame, value: str) -> pd.DataFrame:
    one_currency(deals, "deals")
    chances = ("p", "p_without") if value == "uplift" else ("p",)
    extra = ("p_without", "weight", "urgency")
    table = beliefs_table(
        deals, "deals", "opportunity_id", chances=chances, amounts=("amount", "effort_hours"),
        optional=tuple(c for c in extra if c not in chances),
    )  # fmt: skip
    table[["weight", "urgency"]] = table[["weight", "urgency"]].fillna(1.0)
    KamkitError.collect(
        Problem("not_a_share", "deals", "urgency", int(i) + 1, table["urgency"].iloc[i])
        for i in np.flatnonzero(~table["urgency"].between(0, 1))
    )
    KamkitError.collect(
        Problem("negative_cost", "deals", "effort_hours", int(i) + 1, table["effort_hours"].iloc[i])
        for i in np.flatnonzero(table["effort_hours"] < 0)
    )
    table["uplift"] = table["p"] - table["p_without"]
    counted = table["uplift"] if value == "uplift" else table["p"]
    table["value"] = table["amount"] * counted * table["weight"] * table["urgency"]
    missing = table["value"].isna() | table["effort_hours"].isna()
    table["status"] = np.where(missing, "no_figures", "")
    table["per_hour"] = ratio(table["value"], table["effort_hours"])
    free = (table["effort_hours"] == 0) & (table["value"] > 0)
    table.loc[free, "per_hour"] = np.inf
    table["rank"] = table["per_hour"].round(9).rank(method="min", ascending=False).astype("Int64")
    return table.sort_values(
        ["per_hour", "opportunity_id"], ascending=[False, True], ignore_index=True
    )


def _limits(
    table: pd.DataFrame,
    known: Chosen,
    dependencies: Iterable[tuple[str, str]],
    exclusions: Iterable[Collection[str]],
    must: Collection[str],
) -> Limits:
    at = {key: i for i, key in enumerate(table["opportunity_id"])}
    pairs = [(str(a), str(b)) for a, b in dependencies]
    groups = [[str(one) for one in group] for group in exclusions]
    named = {
        "dependencies": [one for pair in pairs for one in pair],
        "exclusions": [one for group in groups for one in group],
        "must": [str(one) for one in must],
    }
    KamkitError.collect(
        Problem("unknown_reference", option, "opportunity_id", value=one,
                details={"allowed": "deals"})
        for option, ids in named.items()
        for one in ids
        if one not in at
    )  # fmt: skip
    return Limits(
        [(at[a], at[b]) for a, b in pairs],
        [[at[one] for one in group] for group in groups],
        frozenset(at[one] for one in named["must"]),
        frozenset(np.flatnonzero(~known).tolist()),
    )


def _switches(task: _Task, exact: Chosen, known: Chosen) -> Floats:
    """How far a gain must move before its order changes sides: the cost of the other choice."""
    out = np.full(len(exact), np.nan)
    total = float(task.gain[exact].sum())
    if len(exact) > _MOST_SOLVED:
        price = shadow_price(task.gain, task.effort, task.capacity, task.limits)
        return np.where(known, np.abs(task.gain - price * task.effort), np.nan)
    for i in np.flatnonzero(known):
        if int(i) in task.limits.must:
            continue
        other = quick_set(
            task.gain, task.effort, task.capacity, task.limits.fixed(int(i), not exact[i])
        )
        if other is not None:
            out[i] = max(0.0, total - float(task.gain[other].sum()))
    return out


def _stability(task: _Task, exact: Chosen, draws: int, seed: int) -> tuple[Floats, Floats]:
    n = len(exact)
    rng = np.random.default_rng(seed)
    if n == 0 or draws < 1:
        return np.full(n, np.nan), np.array([])
    table = task.table
    chance = _chance_gains(task, rng, draws)
    factor = (table["amount"] * table["weight"] * table["urgency"]).fillna(0.0).to_numpy(float)
    gains = chance * factor
    efforts = task.effort * np.exp(task.effort_error * rng.standard_normal((draws, n)))
    hits, done = np.zeros(n), 0
    for value, effort in zip(gains, efforts, strict=True):
        found = quick_set(value, effort, task.capacity, task.limits)
        if found is not None:
            hits, done = hits + found, done + 1
    share = hits / done if done else np.full(n, np.nan)
    return share, gains[:, exact].sum(axis=1)


def _chance_gains(task: _Task, rng: np.random.Generator, draws: int) -> Floats:
    """Draws of what our effort adds to the chance.

    The chance without us is drawn as a share of the chance with us: the two rest on the same
    knowledge of the deal, and drawn apart they would often say that work does harm.
    """
    table, cases = task.table, np.full(len(task.table), task.strength)

    def parts(column: str) -> list[Floats]:
        return [table[f"{column}{end}"].to_numpy(float) for end in ("", "_low", "_high")]

    p, low, high = parts("p")
    drawn = chance_draws(np.nan_to_num(p), low, high, cases, rng=rng, draws=draws)
    if task.value == "expected":
        return drawn
    kept, kept_low, kept_high = (np.asarray(ratio(part, p)) for part in parts("p_without"))
    harm = kept > 1
    inside = np.where(harm, 1.0, np.nan_to_num(kept))
    share = chance_draws(inside, kept_low, kept_high, cases, rng=rng, draws=draws)
    gained: Floats = drawn * (1 - np.where(harm, np.nan_to_num(kept), share))
    return gained


_COLUMNS = [
    *("opportunity_id", "amount", "p", "p_without", "uplift", "weight", "urgency", "value"),
    *("effort_hours", "per_hour", "rank", "chosen", "greedy", "cut", "switch_change"),
    *("chosen_share", "separable", "status"),
]


def _answer(task: _Task, out: pd.DataFrame, exact: Chosen, totals: Floats) -> OrderPriority:
    out["status"] = np.select(
        [
            out["status"].ne(""),
            exact,
            task.gain <= 0,
            task.effort > task.capacity,
        ],
        ["no_figures", "chosen", "no_gain", "too_large"],
        "left",
    )
    running = np.cumsum(np.where(out["status"] == "no_figures", 0.0, task.effort))
    over = (running > task.capacity + 1e-9) & (task.gain > 0)
    line = int(np.argmax(over)) if over.any() else -1
    out["cut"] = np.arange(len(out)) == line
    return OrderPriority(out[_COLUMNS], _measures(task, out, exact, totals, line))


def _measures(
    task: _Task, out: pd.DataFrame, exact: Chosen, totals: Floats, line: int
) -> pd.DataFrame:
    gain, effort, capacity, limits = task.gain, task.effort, task.capacity, task.limits
    n = int((out["status"] != "no_figures").sum())
    how = f"{task.value}_gain" if n else "too_little_data"
    total = float(gain[exact].sum())
    by_greedy = float(gain[out["greedy"].to_numpy(bool)].sum())
    lists = {
        "total_by_chance": out["p"].fillna(-1.0).to_numpy(float),
        "total_by_amount": out["amount"].fillna(-1.0).to_numpy(float),
    }
    more = best_set(gain, effort, capacity + _DAY, limits)
    low, high = spread(totals[:, None]) if len(totals) else (np.array([np.nan]),) * 2

    def row(key: str, value: float, variant: str = how, **more: Any) -> dict[str, Any]:
        return measure_row(key, value if n else np.nan, n, variant=variant, origin=_ORIGIN, **more)

    rows = [
        row("total_exact", total, low=low[0], high=high[0]),
        row("total_greedy", by_greedy),
        row("greedy_gap", total - by_greedy),
    ]
    for key, order in lists.items():
        taken = greedy_set(np.where(gain > 0, gain, 1e-12), effort, capacity, limits, order=order)
        rows.append(row(key, float(gain[taken].sum())))
    rows += [
        row("one_more_day", float("nan") if more is None else float(gain[more].sum()) - total),
        row("shadow_price", shadow_price(gain, effort, capacity, limits), "linear_relaxation"),
        row("cut_per_hour", float(out["per_hour"].iloc[line]) if line >= 0 else np.nan),
        row("hours_used", float(effort[exact].sum())),
        row("hours_free", capacity - float(effort[exact].sum())),
        row("orders_chosen", int(exact.sum())),
        row("orders_contested", int((~out["separable"] & (out["status"] != "no_figures")).sum()),
            "chances_and_efforts_drawn"),
    ]  # fmt: skip
    return measure_table(rows)


def resource_shares(
    deals: pd.DataFrame, groups: pd.DataFrame, *, by: str = "owner_id"
) -> pd.DataFrame:
    """Who gets how much of the effort, and what it gains there.

    Needs columns: those of ``OrderPriority.deals``; ``groups``: opportunity_id and ``by``.
    Returns columns: group, orders, orders_chosen, hours_asked, hours_given, hours_share (of all
    hours given), value_asked, value_chosen (money), value_share (of all value chosen),
    per_hour (gain per hour given), origin. An order without a group is "unknown".
    Raises KamkitError for missing columns. Source: S176; S064.

    >>> chosen = pd.DataFrame({"opportunity_id": ["a", "b"], "effort_hours": [5.0, 5],
    ...                        "value": [10.0, 4], "chosen": [True, False]})
    >>> who = pd.DataFrame({"opportunity_id": ["a", "b"], "owner_id": ["m", "m"]})
    >>> resource_shares(chosen, who)[["group", "hours_asked", "hours_given"]].values.tolist()
    [['m', 10.0, 5.0]]
    """
    need_columns(deals, "deals", ["opportunity_id", "effort_hours", "value", "chosen"])
    need_columns(groups, "groups", ["opportunity_id", by])
    names = groups.drop_duplicates("opportunity_id").set_index("opportunity_id")[by]
    table = deals[["opportunity_id", "effort_hours", "value"]].copy()
    taken = deals["chosen"].astype(bool)
    table["group"] = table["opportunity_id"].map(names).astype("object").fillna("unknown")
    table = table.assign(
        orders_chosen=taken.astype(int), hours_given=table["effort_hours"].where(taken, 0.0),
        value_chosen=table["value"].where(taken, 0.0),
    )  # fmt: skip
    found = table.groupby("group", sort=True).agg(
        orders=("opportunity_id", "size"), orders_chosen=("orders_chosen", "sum"),
        hours_asked=("effort_hours", "sum"), hours_given=("hours_given", "sum"),
        value_asked=("value", "sum"), value_chosen=("value_chosen", "sum"),
    ).reset_index()  # fmt: skip
    found.insert(5, "hours_share", ratio(found["hours_given"], found["hours_given"].sum()))
    found["value_share"] = ratio(found["value_chosen"], found["value_chosen"].sum())
    found["per_hour"] = ratio(found["value_chosen"], found["hours_given"])
    return found.assign(origin="S176; S064")
