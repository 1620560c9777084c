"""Programme goals: so many new key accounts, so much growth, so much satisfaction, by a date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.goals.chance import Chance, attainment_chance, unknown
from kamkit.methods.goals.tables import (
    day,
    days,
    figures,
    repeated,
    strict_figures,
    texts,
    with_columns,
)
from kamkit.methods.measures import measure_row, measure_table

KINDS = ("count", "sum", "level")
LIKELY, UNLIKELY = 0.8, 0.2  # from which chance a goal is called on pace, or behind (house)
MONTH = 365.25 / 12
GOAL_COLUMNS = [
    "goal", "kind", "target", "actual", "attainment", "expected_by_now", "pace", "gap",
    "needed_per_month", "per_month", "projected", "projected_low", "projected_high", "chance",
    "chance_low", "chance_high", "status", "n", "variant", "origin",
]  # fmt: skip
ORIGIN = "S169; house"


def programme_goals(
    goals: pd.DataFrame,
    values: pd.DataFrame | None = None,
    *,
    as_of: str | pd.Timestamp,
    level: float = 0.9,
) -> pd.DataFrame:
    """Attainment, pace, gap and chance of each programme goal on a day.

    The worked example of S169: ten key accounts more a year (count), sales to key accounts up
    20 % (sum), satisfaction of 90 % or more (level). Needs goals: goal, kind (count, sum,
    level), target, start, due; actual for count and level; for level n (answers; the level then
    is a share) or se (of a mean). ``values`` for sums: goal, period (sorted as text), value
    (blank: still to come), base (same period last year; optional).

    Returns columns: goal, kind, target, actual, attainment (actual / target), expected_by_now
    (target × the share of time, or of last year's base, that is over; a level: the target), pace
    (actual / expected_by_now), gap (target less actual, never below 0), needed_per_month,
    per_month (so far), projected, projected_low, projected_high, chance (0–1), chance_low,
    chance_high (at the ends of the pace's interval), status (reached, missed, on_pace, open,
    behind, cannot_tell), n, variant, origin.

    A level is called reached only where its interval lies at or above the target. The
    measure behind "satisfaction ≥ 90 %" is open in S169 (X27): say which index was taken.
    Raises KamkitError: missing_column, not_a_number, not_a_date, not_allowed, empty_cell,
    ends_before_start, duplicate_key. Source: S169; chances see attainment_chance.

    >>> goals = pd.DataFrame({"goal": ["new_accounts", "satisfaction"], "kind": ["count", "level"],
    ...     "target": [10, 0.9], "actual": [4, 0.92], "n": [None, 50],
    ...     "start": "2026-01-01", "due": "2026-12-31"})
    >>> found = programme_goals(goals, as_of="2026-06-30")
    >>> found[["goal", "chance", "status"]].round(2).values.tolist()
    [['new_accounts', 0.32, 'open'], ['satisfaction', 0.66, 'open']]
    """
    need = ["goal", "kind", "target", "start", "due"]
    table = with_columns(goals, "programme", need, ["actual", "n", "se"])
    series = None
    if values is not None:
        series = with_columns(values, "values", ["goal", "period", "value"], ["base"])
        KamkitError.collect(
            repeated(series, "values", ["goal", "period"])
            + strict_figures(series, "values", ["value", "base"])
        )
    KamkitError.collect(_problems(table, series))
    today = day(as_of)
    rows = [_row(goal, series, today, level) for goal in _typed(table)]
    return pd.DataFrame(rows, columns=GOAL_COLUMNS)


def _typed(table: pd.DataFrame) -> list[Any]:
    out = pd.DataFrame({"goal": texts(table["goal"]), "kind": texts(table["kind"])})
    for column in ("target", "actual", "n", "se"):
        out[column] = figures(table[column])
    out = out.assign(start=days(table["start"]), due=days(table["due"]))
    return list(out.itertuples(index=False))


def _problems(table: pd.DataFrame, series: pd.DataFrame | None) -> list[Problem]:
    found = strict_figures(table, "programme", ["target", "actual", "n", "se"])
    found += repeated(table, "programme", ["goal"])
    known = set() if series is None else set(texts(series["goal"]))
    for row, g in enumerate(_typed(table), 1):
        at = ("programme",)
        if g.kind not in KINDS:
            allowed = {"allowed": ", ".join(KINDS)}
            found.append(Problem("not_allowed", *at, "kind", row, g.kind, details=allowed))
        if pd.isna(g.target) or not g.target > 0:
            raw = table["target"].iloc[row - 1]
            found.append(Problem("out_of_range", *at, "target", row, raw,
                                 details={"allowed": "> 0"}))  # fmt: skip
        lacking = g.kind in ("count", "level") and pd.isna(g.actual)
        if lacking or (g.kind == "sum" and g.goal not in known and pd.isna(g.actual)):
            found.append(Problem("empty_cell", *at, "actual", row))
        for column, value in (("start", g.start), ("due", g.due)):
            if pd.isna(value):
                found.append(Problem("not_a_date", *at, column, row, table[column].iloc[row - 1]))
        if g.due < g.start:
            found.append(Problem("ends_before_start", *at, "due", row, f"{g.due:%Y-%m-%d}",
                                 details={"other": "start"}))  # fmt: skip
    return found


def _row(
    goal: Any, series: pd.DataFrame | None, today: pd.Timestamp, level: float
) -> dict[str, Any]:
    length = (goal.due - goal.start).days + 1
    gone = min(max((today - goal.start).days + 1, 0), length)
    elapsed, actual = gone / length, float(goal.actual)
    if goal.kind == "sum":
        chance, actual, elapsed = _of_sum(goal, series, elapsed, level)
    elif goal.kind == "level":
        se, n = (None if np.isnan(v) else float(v) for v in (goal.se, goal.n))
        chance = attainment_chance(
            "level", target=goal.target, actual=actual, n=n, se=se, level=level
        )
    else:
        chance = attainment_chance("count", target=goal.target, actual=actual, elapsed=elapsed,
                                   level=level)  # fmt: skip
    expected = goal.target if goal.kind == "level" else goal.target * elapsed
    left, gap = (length - gone) / MONTH, max(goal.target - actual, 0.0)
    steady = goal.kind != "level"
    return {
        "goal": goal.goal, "kind": goal.kind, "target": goal.target, "actual": actual,
        "attainment": actual / goal.target, "expected_by_now": expected,
        "pace": actual / expected if expected > 0 else np.nan, "gap": gap,
        "needed_per_month": gap / left if steady and left > 0 else np.nan,
        "per_month": actual / (gone / MONTH) if steady and gone else np.nan,
        "projected": chance.projected, "projected_low": chance.projected_low,
        "projected_high": chance.projected_high, "chance": chance.chance,
        "chance_low": chance.low, "chance_high": chance.high,
        "status": _status(goal, actual, chance, over=gone >= length), "n": chance.n,
        "variant": chance.variant, "origin": ORIGIN,
    }  # fmt: skip


def _of_sum(
    goal: Any, series: pd.DataFrame | None, elapsed: float, level: float
) -> tuple[Chance, float, float]:
    """Chance, sum so far, and the share of the year that is over (by last year's base)."""
    mine = None if series is None else series[series["goal"].astype(str) == goal.goal]
    if mine is None or mine.empty:
        return unknown(0, "too_little_data"), float(goal.actual), elapsed
    mine = mine.assign(period=mine["period"].astype(str)).sort_values("period")
    value, base = figures(mine["value"]), figures(mine["base"])
    known = None if np.isnan(base).any() else base
    chance = attainment_chance("sum", target=goal.target, values=value, base=known, level=level)
    done = ~np.isnan(value)
    if known is not None and known.sum() > 0:
        elapsed = float(known[done].sum() / known.sum())
    else:
        elapsed = float(done.mean())
    return chance, float(np.nansum(value)), elapsed


def _status(goal: Any, actual: float, chance: Chance, *, over: bool) -> str:
    if goal.kind == "level":
        if chance.projected_low >= goal.target:
            return "reached"
    elif actual >= goal.target:
        return "reached"
    elif over:
        return "missed"
    if np.isnan(chance.chance):
        return "cannot_tell"
    return "on_pace" if chance.chance >= LIKELY else (
        "behind" if chance.chance <= UNLIKELY else "open")  # fmt: skip


@dataclass(frozen=True)
class ProgrammeLimits:
    """What :func:`programme_limits` found: ``classes`` one row a class, and ``measures``."""

    classes: pd.DataFrame
    measures: pd.DataFrame


def programme_limits(
    accounts: pd.DataFrame, limits: pd.DataFrame, *, hours: float
) -> ProgrammeLimits:
    """Does the team have room for the accounts that a count goal adds, and are they worth it?

    Needs accounts: account_id, member (class), added (yes or no, True or False), value (money);
    limits: member, hours_per_account; optional most (accounts a class may hold). ``hours``: what
    the team has in the year.
    Returns ``classes``: member, present, added, after, most, over (accounts above most), hours,
    value_present, value_added (means), value_ratio; and ``measures``: hours_needed, hours_free,
    accounts_over, value_ratio. Raises KamkitError missing_column, not_a_number,
    unknown_reference, duplicate_key, out_of_range. Source: X32 (ten more a year; only 3–5
    strategic ones; quality before count), S037, S169; arithmetic house.

    >>> accounts = pd.DataFrame({"account_id": ["A", "B"], "member": "key", "value": [80.0, 20.0],
    ...                          "added": ["no", "yes"]})
    >>> limits = pd.DataFrame({"member": ["key"], "hours_per_account": [100.0], "most": [1]})
    >>> found = programme_limits(accounts, limits, hours=150)
    >>> found.classes[["over", "value_ratio"]].values.tolist()
    [[1.0, 0.25]]
    """
    table = with_columns(accounts, "accounts", ["account_id", "member", "added", "value"])
    rule = with_columns(limits, "limits", ["member", "hours_per_account"], ["most"])
    found = strict_figures(table, "accounts", ["value"])
    found += strict_figures(rule, "limits", ["hours_per_account", "most"])
    found += repeated(table, "accounts", ["account_id"]) + repeated(rule, "limits", ["member"])
    if not hours >= 0:
        found.append(Problem("out_of_range", "limits", "hours", value=hours,
                             details={"allowed": ">= 0"}))  # fmt: skip
    classes, known = texts(table["member"]), texts(rule["member"])
    found += [Problem("unknown_reference", "accounts", "member", i + 1, c)
              for i, c in enumerate(classes) if c not in known]  # fmt: skip
    KamkitError.collect(found)
    new = np.array([t.lower() in ("yes", "true", "1") for t in texts(table["added"])], dtype=bool)
    value, member = figures(table["value"]), np.array(classes, dtype=object)
    rows = []
    for name, each, most in zip(
        known, figures(rule["hours_per_account"]), figures(rule["most"]), strict=True
    ):
        mine = member == name
        count, more = int((mine & ~new).sum()), int((mine & new).sum())
        old_value, new_value = _mean(value[mine & ~new]), _mean(value[mine & new])
        rows.append(
            (name, count, more, count + more, most, max(count + more - most, 0.0)
             if not np.isnan(most) else 0.0, each * (count + more), old_value, new_value,
             new_value / old_value if old_value > 0 else np.nan)
        )  # fmt: skip
    columns = ["member", "present", "added", "after", "most", "over", "hours", "value_present",
               "value_added", "value_ratio"]  # fmt: skip
    out = pd.DataFrame(rows, columns=columns)
    needed, old = float(out["hours"].sum()), _mean(value[~new])
    worth = _mean(value[new]) / old if old > 0 else np.nan
    n = len(table)
    return ProgrammeLimits(out, measure_table([
        measure_row("hours_needed", needed, n, variant="sum", origin="X32; S203"),
        measure_row("hours_free", float(hours) - needed, n, variant="sum", origin="X32; S203"),
        measure_row("accounts_over", float(out["over"].sum()), n, variant="sum",
                    origin="X32; S037"),
        measure_row("value_ratio", worth, int(new.sum()), variant="ratio_of_means",
                    origin="X32"),
    ]))  # fmt: skip


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan
