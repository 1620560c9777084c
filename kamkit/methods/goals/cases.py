"""What a lesson's controls recompute: faults planted in goals, a reserve, a review rhythm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.goals.chance import sum_chance
from kamkit.methods.goals.lint import GoalLint, lint_goals
from kamkit.methods.goals.programme import LIKELY, UNLIKELY
from kamkit.methods.goals.tables import day, figures, with_columns
from kamkit.methods.goals.tree import CascadeTree, cascade_tree
from kamkit.methods.measures import measure_row, measure_table

FAULTS = ("none", "padded", "no_owner", "no_date", "wish", "twice")
FINDING_COLUMNS = [
    "goal_id", "goal_of", "goal_kpi", "goal_rule", "goal_severity", "off_amount", "goal_advice",
]  # fmt: skip
SUM_COLUMNS = ["goal_of", "goals_below", "own_amount", "below_amount", "off_amount",
               "proposed_amount"]  # fmt: skip
PACE_COLUMNS = [
    "month", "so_far_amount", "likely_amount", "likely_low_amount", "likely_high_amount", "chance",
    "chance_low", "chance_high", "goal_status", "needed_amount", "brought_amount",
]  # fmt: skip


def year_months(
    orders: pd.DataFrame, *, due: str | pd.Timestamp, as_of: str | pd.Timestamp
) -> pd.DataFrame:
    """Sales of the twelve months up to ``due``, each with the same month a year before.

    Needs orders: date, amount. A month that was not over on ``as_of`` has no value yet.
    Returns columns: period (2026-01), value, base (money); no rows without orders. Raises
    KamkitError missing_column, not_a_date. Source: house.

    >>> orders = pd.DataFrame({"date": ["2025-01-09", "2026-01-05"], "amount": [5.0, 7.0]})
    >>> year_months(orders, due="2026-12-31", as_of="2026-02-10").head(2).values.tolist()
    [['2026-01', 7.0, 5.0], ['2026-02', nan, 0.0]]
    """
    rows = with_columns(orders, "orders", ["date", "amount"])
    if rows.empty:
        return pd.DataFrame(columns=["period", "value", "base"])
    when = pd.to_datetime(rows["date"]).dt.to_period("M")
    sums = pd.Series(figures(rows["amount"]), index=rows.index).groupby(when).sum()
    last, today = day(due, "due").to_period("M"), day(as_of)
    months = pd.period_range(last - 11, last, freq="M")
    value = sums.reindex(months).fillna(0.0).to_numpy(float)
    open_yet = np.array([m.end_time.normalize() > today for m in months])
    base = sums.reindex(months - 12).fillna(0.0).to_numpy(float)
    return pd.DataFrame(
        {"period": [str(m) for m in months], "value": np.where(open_yet, np.nan, value),
         "base": base}
    )  # fmt: skip


@dataclass(frozen=True)
class PaceCase:
    """``months``, one row a review: month, so_far_amount, likely_amount (end figure),
    likely_low_amount, likely_high_amount (90 %), chance, chance_low, chance_high, goal_status,
    needed_amount (a month from now on), brought_amount (a month so far). ``measures``: reviews,
    first_alarm (month), months_left, catch_up (needed over brought), status_changes."""

    months: pd.DataFrame
    measures: pd.DataFrame


def pace_case(
    months: pd.DataFrame,
    *,
    target: float | None = None,
    growth: float = 0.0,
    every: int = 1,
    sure: bool = False,
) -> PaceCase:
    """What the chance of a yearly sum said at each review of a year, with a review rhythm.

    Needs columns of :func:`year_months`. ``target`` (money), or ``growth`` on the year before.
    ``every``: months between reviews (1, 3, 6, 12). At each
    review only what was known then counts. An alarm is a review at which the chance is 20 % or
    less; ``sure``: only where even the upper end of its interval is.
    Returns :class:`PaceCase`. Raises KamkitError missing_column, out_of_range.
    Source: S174, X28 (a cadence for each process); chance as attainment_chance; limits house.

    >>> year = pd.DataFrame({"period": [f"2025-{m:02d}" for m in range(1, 13)],
    ...     "value": [9.0, 8, 9, 10, 8, 9, 9, 8, 9, 10, 9, 9], "base": 10.0})
    >>> found = pace_case(year, target=130, every=3)
    >>> found.months["goal_status"].tolist()
    ['behind', 'behind', 'behind', 'missed']
    """
    data = with_columns(months, "months", ["period", "value", "base"])
    if not (isinstance(every, int) and 1 <= every <= 12):
        raise KamkitError(Problem("out_of_range", "months", "every", value=every,
                                  details={"allowed": "1–12"}))  # fmt: skip
    value, base = figures(data["value"]), figures(data["base"])
    goal = float(base.sum()) * (1 + growth) if target is None else target
    known = int((~np.isnan(value)).sum())
    rows = [_review(data["period"].iloc[k - 1], value, base, goal, k, sure)
            for k in range(every, known + 1, every)]  # fmt: skip
    table = pd.DataFrame(rows, columns=PACE_COLUMNS)
    return PaceCase(table, _pace_measures(table, len(value), every))


def _review(
    period: str, value: Any, base: Any, target: float, k: int, sure: bool
) -> tuple[Any, ...]:
    seen = np.where(np.arange(len(value)) < k, value, np.nan)
    found = sum_chance(target, seen, base if (base > 0).all() else None)
    so_far, left = float(np.nansum(seen)), len(value) - k
    gap = max(target - so_far, 0.0)
    status = "cannot_tell" if np.isnan(found.chance) else "open"
    if so_far >= target:
        status = "reached"
    elif not left:
        status = "missed"
    elif found.chance >= LIKELY:
        status = "on_pace"
    elif (found.high if sure else found.chance) <= UNLIKELY:
        status = "behind"
    return (period, so_far, found.projected, found.projected_low, found.projected_high,
            found.chance, found.low, found.high, status, gap / left if left else np.nan,
            so_far / k)  # fmt: skip


def _pace_measures(table: pd.DataFrame, length: int, every: int) -> pd.DataFrame:
    n = len(table)
    alarms = np.flatnonzero(table["goal_status"].isin(["behind"]))
    nan = float("nan")
    first = (int(alarms[0]) + 1) * every if len(alarms) else nan
    row = table.iloc[int(alarms[0])] if len(alarms) else None
    brought = nan if row is None or not row["brought_amount"] > 0 else row["brought_amount"]
    told = table.loc[table["goal_status"] != "cannot_tell", "goal_status"]
    changes = int((told != told.shift()).sum()) - 1 if len(told) else nan
    found = {
        "reviews": n, "first_alarm": first, "months_left": length - first,
        "catch_up": nan if row is None else row["needed_amount"] / brought,
        "status_changes": changes,
    }  # fmt: skip
    return measure_table(
        measure_row(k, float(v), n, variant="replayed", origin="S174; X28; house")
        for k, v in found.items()
    )


@dataclass(frozen=True)
class LintCase:
    """``lint``: as lint_goals; ``table``: goal_id, goal_of (whose), goal_kpi, goal_rule,
    goal_severity, off_amount (goals in money only), goal_advice (the rule again, for the words of
    what to do)."""

    lint: GoalLint
    table: pd.DataFrame


def lint_case(goals: pd.DataFrame, *, fault: str = "none", **given: Any) -> LintCase:
    """The goals checked once one fault is planted in them.

    ``fault``: none; padded (every goal below the top 5 % higher); no_owner, no_date, wish (no
    figure) of the first personal goal; twice (that goal stands under a second team too). ``given``
    goes to :func:`lint_goals`. Returns :class:`LintCase`. Raises KamkitError not_allowed.
    Source: as there.

    >>> goals = pd.DataFrame({"goal_id": ["G", "A"], "parent_id": [None, "G"],
    ...     "scope": ["company", "team"], "scope_id": ["us", "a"], "kpi": "sales",
    ...     "target": [100.0, 100.0], "unit": "CNY", "due": "2026-12-31", "owner_id": "M1"})
    >>> lint_case(goals, fault="padded", as_of="2026-01-01").table["off_amount"].iloc[0]
    np.float64(-5.0)
    """
    if fault not in FAULTS:
        raise KamkitError(Problem("not_allowed", "goals", "fault", value=fault,
                                  details={"allowed": ", ".join(FAULTS)}))  # fmt: skip
    planted = with_columns(_planted(goals, fault), "goals", ["goal_id"], ["unit"])
    lint = lint_goals(planted, **given)
    columns = {"scope_id": "goal_of", "kpi": "goal_kpi", "rule": "goal_rule",
               "severity": "goal_severity", "amount": "off_amount"}  # fmt: skip
    table = lint.problems.rename(columns=columns)
    # Counts and shares are no money: what is off is told in money only.
    units = dict(zip(planted["goal_id"], planted["unit"], strict=True))
    in_money = table["goal_id"].map(units).astype(str).str.fullmatch("[A-Z]{3}")
    table["off_amount"] = table["off_amount"].where(in_money)
    return LintCase(lint, table.assign(goal_advice=table["goal_rule"])[FINDING_COLUMNS])


def _planted(goals: pd.DataFrame, fault: str) -> pd.DataFrame:
    table = goals.reset_index(drop=True).copy()
    own = np.flatnonzero((table["scope"] == "member").to_numpy())
    if fault == "none" or table.empty:
        return table
    if fault == "padded":
        return padded(table, 0.05)
    place = int(own[0]) if len(own) else 0
    blank = {"no_owner": "owner_id", "no_date": "due", "wish": "target"}
    if fault in blank:
        table[blank[fault]] = table[blank[fault]].where(table.index != place)
        return table
    parent = table["parent_id"].iloc[place]
    others = table[(table["scope"] == "team") & (table["goal_id"] != parent)]
    again = table.iloc[[place]].assign(goal_id=f"{table['goal_id'].iloc[place]}-2")
    again["parent_id"] = others["goal_id"].iloc[0] if len(others) else parent
    return pd.concat([table, again], ignore_index=True)


def padded(goals: pd.DataFrame, reserve: float, *, unit: float = 1.0) -> pd.DataFrame:
    """The goals if everybody who hands one down adds a reserve for safety.

    Needs goals: parent_id, scope, target. Each level below the top gets ``reserve`` (share) once
    more than the one above. Returns the same columns. Source: house.

    >>> rows = pd.DataFrame({"parent_id": [None, "G"], "scope": ["company", "team"],
    ...                      "target": [100.0, 100.0]})
    >>> padded(rows, 0.05)["target"].tolist()
    [100.0, 105.0]
    """
    levels = {"company": 0, "team": 1, "member": 2, "account": 3}
    depth = goals["scope"].map(levels).fillna(0) * goals["parent_id"].notna()
    target = pd.Series(figures(goals["target"]), index=goals.index)
    return goals.assign(target=(target * (1 + reserve) ** depth / unit).round(0) * unit)


@dataclass(frozen=True)
class SumsCase:
    """``tree``: as cascade_tree; ``table``: goal_of, goals_below, own_amount, below_amount (as
    set), off_amount (own less below), proposed_amount (what adds up)."""

    tree: CascadeTree
    table: pd.DataFrame


def adds_up_case(goals: pd.DataFrame, *, reserve: float = 0.0, unit: float = 1.0) -> SumsCase:
    """The goal tree if everybody added a reserve: what no longer adds up, and what would.

    Needs goals as ``cascade_tree``; targets rounded to ``unit``. Returns :class:`SumsCase`.
    Source: S171.

    >>> rows = pd.DataFrame({"goal_id": ["G", "A"], "parent_id": [None, "G"],
    ...     "scope": ["company", "team"], "scope_id": ["us", "a"], "kpi": "sales",
    ...     "target": [100.0, 100.0]})
    >>> adds_up_case(rows, reserve=0.1).table["off_amount"].tolist()
    [-10.0]
    """
    table = padded(goals.assign(floor=None, cap=None), reserve, unit=unit) if reserve else goals
    tree = cascade_tree(table, unit=unit)
    columns = {"scope_id": "goal_of", "children": "goals_below", "target": "own_amount",
               "children_sum": "below_amount", "difference": "off_amount",
               "proposed": "proposed_amount"}  # fmt: skip
    return SumsCase(tree, tree.sums.rename(columns=columns)[SUM_COLUMNS])
