"""Indirect cost shared out by several rules side by side: who turns negative under which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.fiscal import fiscal_years
from kamkit.methods.portfolio.inputs import (
    figures,
    known_sum,
    measure,
    measure_table,
    one_of,
    ratio,
    table_of,
)
from kamkit.methods.portfolio.pnl import pnl_figures

RULES = ("recorded", "revenue", "orders", "drivers", "equal")
_NEEDS = {"orders": "orders", "drivers": "cost_drivers"}


@dataclass(frozen=True)
class Allocation:
    """The parts of :func:`allocate_indirect`."""

    amounts: pd.DataFrame
    comparison: pd.DataFrame
    summary: pd.DataFrame
    notes: pd.DataFrame


def allocate_indirect(
    account_years: pd.DataFrame,
    *,
    year: int,
    rules: Sequence[str] = ("recorded", "revenue"),
    pool: float | None = None,
    orders: pd.DataFrame | None = None,
    cost_drivers: pd.DataFrame | None = None,
    fiscal_year_start: int = 1,
) -> Allocation:
    """One year's indirect cost shared out by each rule, and what it does to net income.

    Needs columns: account_id, year, revenue, direct_cost; indirect_cost for "recorded" and for
    the pool unless ``pool`` (money) is given. ``orders`` (order_id, account_id, date) is needed
    by "orders", ``cost_drivers`` (account_id, year, driver, quantity, rate) by "drivers".
    ``year`` is a fiscal year, which begins in month ``fiscal_year_start``.

    Rules: recorded (as in the books), revenue (by revenue; a negative one counts as 0), orders
    (by number of orders), drivers (by the cost of the activities that the account causes),
    equal. All but recorded share out the same pool, among the accounts whose basis is known.

    Returns ``amounts`` (account_id, rule, share 0–1, revenue, contribution, indirect_cost,
    net_income in money, margin, negative), ``comparison`` (account_id, revenue, contribution,
    net_low, net_high in money, negative_under, rules, sign_depends), ``summary`` (measure table)
    and ``notes`` (code, rule, n, money).
    Raises KamkitError for an unknown rule, a rule without its table, text in a figure, several
    currencies. Source: S077 (the table); rules field: Horngren, Cooper & Kaplan 1991.

    >>> years = pd.DataFrame({"account_id": ["A", "B"], "year": 2026, "revenue": [90.0, 10.0],
    ...     "direct_cost": [60.0, 4.0], "indirect_cost": [10.0, 10.0]})
    >>> allocate_indirect(years, year=2026).comparison.sign_depends.tolist()
    [False, True]
    """
    sources = _check(rules, {"orders": orders, "cost_drivers": cost_drivers})
    table = pnl_figures(account_years)
    table = table[table["year"] == year].sort_values("account_id", ignore_index=True)
    table["contribution"] = table["revenue"] - table["direct_cost"]
    total = known_sum(table["indirect_cost"]) if pool is None else float(pool)
    parts, notes = [], _pool_notes(table, pool)
    for rule in rules:
        share, cost, found = _shares(rule, table, total, (year, fiscal_year_start), sources)
        parts.append(_amounts(table, rule, share, cost))
        notes += found
    amounts = pd.concat(parts, ignore_index=True)
    return Allocation(
        amounts,
        _comparison(amounts),
        _summary(amounts, total, pool is not None),
        table_of(notes, ["code", "rule", "n", "money"]),
    )


def _check(
    rules: Sequence[str], given: Mapping[str, pd.DataFrame | None]
) -> dict[str, pd.DataFrame]:
    """The tables that are there; an error where a rule lacks its own."""
    for rule in rules:
        one_of(rule, "rules", RULES)
    there = {name: table for name, table in given.items() if table is not None}
    KamkitError.collect(
        Problem("table_needed", table=_NEEDS[rule], value=rule)
        for rule in rules
        if rule in _NEEDS and _NEEDS[rule] not in there
    )
    return there


def _pool_notes(table: pd.DataFrame, pool: float | None) -> list[dict[str, object]]:
    empty = int(table["indirect_cost"].isna().sum())
    if pool is not None or not empty:
        return []
    return [{"code": "pool_incomplete", "rule": "", "n": empty, "money": np.nan}]


def _shares(
    rule: str,
    table: pd.DataFrame,
    total: float,
    when: tuple[int, int],
    sources: Mapping[str, pd.DataFrame],
) -> tuple[pd.Series, pd.Series, list[dict[str, object]]]:
    """Share and cost of each account under one rule, and notes."""
    if rule == "recorded":
        cost = table["indirect_cost"]
        return pd.Series(ratio(cost, known_sum(cost)), table.index), cost, []
    notes: list[dict[str, object]] = []
    if rule == "revenue":
        basis = table["revenue"].clip(lower=0)
        below = table.loc[table["revenue"] < 0, "revenue"]
        if len(below):
            notes.append(_note("negative_basis_as_zero", rule, len(below), below.sum()))
    elif rule == "orders":
        basis = _order_counts(sources["orders"], table, *when)
    elif rule == "drivers":
        basis = _driver_cost(sources["cost_drivers"], table, when[0])
        notes.append(_note("pool_not_explained", rule, len(table), total - known_sum(basis)))
    else:
        basis = pd.Series(1.0, table.index)
    unknown = int(basis.isna().sum())
    if unknown:
        notes.append(_note("basis_unknown", rule, unknown, np.nan))
    if not known_sum(basis) > 0:
        notes.append(_note("basis_is_zero", rule, len(table), np.nan))
    share = pd.Series(ratio(basis, known_sum(basis)), table.index)
    return share, share * total, notes


def _note(code: str, rule: str, n: int, money: float) -> dict[str, object]:
    return {"code": code, "rule": rule, "n": int(n), "money": float(money)}


def _order_counts(
    orders: pd.DataFrame, table: pd.DataFrame, year: int, fiscal_year_start: int
) -> pd.Series:
    need_columns(orders, "orders", ["order_id", "account_id", "date"])
    dates = pd.to_datetime(orders["date"], errors="coerce")
    inside = orders[fiscal_years(dates, fiscal_year_start) == year]
    counts = inside.groupby("account_id")["order_id"].nunique()
    return table["account_id"].map(counts).fillna(0.0).astype(float)


def _driver_cost(drivers: pd.DataFrame, table: pd.DataFrame, year: int) -> pd.Series:
    work = figures(
        drivers, "cost_drivers", ["quantity", "rate"], keys=["account_id", "year", "driver"]
    )
    work = work[work["year"] == year]
    cost = (work["quantity"] * work["rate"]).groupby(work["account_id"]).sum(min_count=1)
    return table["account_id"].map(cost).astype(float)


def _amounts(table: pd.DataFrame, rule: str, share: pd.Series, cost: pd.Series) -> pd.DataFrame:
    net = table["contribution"] - cost
    return pd.DataFrame(
        {
            "account_id": table["account_id"],
            "rule": rule,
            "share": share,
            "revenue": table["revenue"],
            "contribution": table["contribution"],
            "indirect_cost": cost,
            "net_income": net,
            "margin": ratio(net, table["revenue"]),
            "negative": net < 0,
        }
    )


def _comparison(amounts: pd.DataFrame) -> pd.DataFrame:
    first = amounts.drop_duplicates("account_id").set_index("account_id")
    known = amounts[amounts["net_income"].notna()]
    grouped = known.groupby("account_id")
    below = known[known["negative"]].groupby("account_id")["rule"]
    out = first[["revenue", "contribution"]].copy()
    out["net_low"] = grouped["net_income"].min()
    out["net_high"] = grouped["net_income"].max()
    under = below.agg("; ".join).reindex(out.index)
    out["negative_under"] = under.where(under.notna(), "").astype("str")
    out["rules"] = grouped["rule"].count().reindex(out.index, fill_value=0)
    times = below.count().reindex(out.index, fill_value=0)
    out["sign_depends"] = (times > 0) & (times < out["rules"])
    return out.reset_index()


def _summary(amounts: pd.DataFrame, total: float, given: bool) -> pd.DataFrame:
    variant = "pool_given" if given else "pool_recorded"
    accounts = amounts["account_id"].nunique()
    rows = [measure("indirect_pool", total, n=accounts, variant=variant, origin="S077")]
    origin = "S077; field:Horngren; house"
    for rule, part in amounts.groupby("rule", sort=False):
        known = part[part["net_income"].notna()]
        lost = known.loc[known["negative"], "net_income"]
        n, name = len(known), f"by_{rule}"
        count = len(lost) if n else np.nan
        rows += [
            measure("loss_makers", count, n=n, variant=name, origin=origin),
            measure("loss_money", lost.sum() if n else np.nan, n=n, variant=name, origin=origin),
        ]
    depends = int(_comparison(amounts)["sign_depends"].sum())
    rows.append(measure("sign_depends", depends, n=accounts, variant="all_rules", origin="house"))
    return measure_table(rows)
