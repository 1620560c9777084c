"""Delivery: milestones against the plan, where a project will land, and earned value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.portfolio.inputs import ratio, within
from kamkit.methods.projects.beliefs import Floats
from kamkit.methods.shares import wilson_ends

_ORIGIN = "S155; S156; house"
_EARNED = "field:PMI 2019 (ANSI/EIA-748); field:Lipke 2003"
# Below so many finished steps the spread of slips says nothing (house).
FEWEST_STEPS = 12


@dataclass(frozen=True)
class DeliveryStatus:
    """The parts of :func:`delivery_status`."""

    milestones: pd.DataFrame
    projects: pd.DataFrame
    measures: pd.DataFrame


def delivery_status(
    milestones: pd.DataFrame,
    *,
    as_of: pd.Timestamp | str,
    tolerance_days: float = 7.0,
    alarm: float = 0.90,
    draws: int = 4000,
    seed: int = 0,
) -> DeliveryStatus:
    """Where every project stands against its milestones, and when it is likely to be done.

    Needs columns: project_id, milestone, planned_on, actual_on (empty or after ``as_of`` = not
    done yet); optional: planned_value (money or hours that the milestone stands for),
    actual_cost. Slip is actual minus planned, in days; more than ``tolerance_days`` is late.
    Open milestones are forecast as the slip so far plus the further slip that steps between two
    milestones have brought in this table, drawn step by step, all milestones in one pool, with
    open, overdue steps counted as "at least so much" (Kaplan–Meier); never before ``as_of``.
    Below 12 finished steps there is no forecast (project status too_little_history).
    Returns ``milestones`` (project_id, milestone, step, planned_on, actual_on, slip_days – for
    an open one the days over plan so far –, status: on_time, late, due, overdue; forecast_on,
    forecast_low, forecast_high: 80 %; limit_days = ``alarm`` quantile of the slips done at this
    milestone in other projects, alarm: above that limit, n);
    ``projects`` (project_id, milestones, done, late, overdue, next_milestone, slip_days = slip
    of the last milestone done, planned_end, forecast_end, forecast_low, forecast_high,
    planned_value, earned_value, actual_cost, schedule_index = earned ÷ planned, cost_index =
    earned ÷ cost, time_index = earned schedule ÷ time gone since the first milestone was due,
    cost_at_end, status: done, overdue, likely_late (even the early end of the forecast is after
    the plan), on_plan, too_little_history, variant, origin);
    ``measures`` (milestones_done, on_time_share with Wilson, slip_median with quartiles,
    slip_per_step, overdue, alarms). Earned value appears only where planned_value is given.
    Raises KamkitError for missing columns and a milestone twice in a project.
    Source: S155, S156; earned value PMI, earned schedule Lipke 2003; limits house.

    >>> plan = pd.DataFrame({"project_id": ["P1", "P1"], "milestone": ["start", "end"],
    ...     "planned_on": ["2026-01-10", "2026-03-10"], "actual_on": ["2026-01-20", None]})
    >>> found = delivery_status(plan, as_of="2026-02-01")
    >>> found.milestones[["slip_days", "status"]].values.tolist()
    [[10.0, 'late'], [nan, 'due']]
    """
    within(tolerance_days, "tolerance_days", 0.0, 3650.0)
    within(alarm, "alarm", 0.5, 1.0)
    day = pd.Timestamp(as_of)
    table = _checked(milestones, day)
    table["slip_days"] = _slips(table, day)
    late = table["slip_days"] > tolerance_days
    done = table["actual_on"].notna()
    table["status"] = np.select(
        [done & late, done, table["planned_on"] < day], ["late", "on_time", "overdue"], "due"
    )
    table = _limits(table, alarm)
    steps = slip_steps(table)
    table = _forecast(table, steps, day, draws, seed)
    projects = [_project(str(k), g, day, len(steps)) for k, g in table.groupby("project_id")]
    return DeliveryStatus(
        table[_COLUMNS],
        pd.DataFrame(projects, columns=_PROJECT_COLUMNS),
        _measures(table, steps),
    )


def _checked(milestones: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    need_columns(milestones, "milestones", ["project_id", "milestone", "planned_on", "actual_on"])
    table = milestones.reset_index(drop=True).copy()
    table["project_id"] = table["project_id"].astype(str)
    for column in ("planned_on", "actual_on"):
        table[column] = pd.to_datetime(table[column])
    for column in ("planned_value", "actual_cost"):
        given = table[column] if column in table else pd.Series(np.nan, table.index)
        table[column] = pd.to_numeric(given, errors="coerce").astype(float)
    problems = [
        Problem("empty_cell", "milestones", "planned_on", int(i) + 1)
        for i in np.flatnonzero(table["planned_on"].isna())
    ]
    twice = table.duplicated(["project_id", "milestone"])
    problems += [
        Problem("duplicate_key", "milestones", "project_id, milestone", int(i) + 1,
                f"{table['project_id'].iloc[i]} / {table['milestone'].iloc[i]}")
        for i in np.flatnonzero(twice)
    ]  # fmt: skip
    KamkitError.collect(problems)
    # What is dated after the review isn't known at the review.
    table["actual_on"] = table["actual_on"].where(table["actual_on"] <= day)
    table = table.sort_values(["project_id", "planned_on"], kind="stable", ignore_index=True)
    table["step"] = table.groupby("project_id").cumcount() + 1
    return table


def _slips(table: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    done = (table["actual_on"] - table["planned_on"]).dt.days.astype(float)
    over = (day - table["planned_on"]).dt.days.astype(float)
    return done.where(table["actual_on"].notna(), over.where(over > 0))


def _limits(table: pd.DataFrame, alarm: float) -> pd.DataFrame:
    """The slip that is unusual at a milestone, judged by the other projects."""
    done = table[table["actual_on"].notna()]
    groups = {str(k): g for k, g in done.groupby("milestone")}
    limits, sizes = [], []
    for project, milestone in zip(table["project_id"], table["milestone"], strict=True):
        group = groups.get(str(milestone))
        slips = group.loc[group["project_id"] != project, "slip_days"] if group is not None else []
        sizes.append(len(slips))
        limits.append(float(np.quantile(slips, alarm)) if len(slips) >= 5 else np.nan)
    return table.assign(
        limit_days=limits, n=sizes, alarm=table["slip_days"].to_numpy(float) > np.asarray(limits)
    )


def slip_steps(table: pd.DataFrame) -> pd.DataFrame:
    """Further slip from one milestone to the next; open, overdue ones are lower bounds.

    Needs columns: project_id, step, slip_days, actual_on. Returns columns: project_id, step,
    days, done (False: at least so many days).

    >>> rows = pd.DataFrame({"project_id": ["P", "P"], "step": [1, 2], "slip_days": [2.0, 7.0],
    ...                      "actual_on": ["2026-01-01", "2026-02-01"]})
    >>> slip_steps(rows).days.tolist()
    [2.0, 5.0]
    """
    before = table.groupby("project_id")["slip_days"].shift()
    known = table.groupby("project_id")["actual_on"].shift().notna() | (table["step"] == 1)
    days = table["slip_days"] - before.where(table["step"] > 1, 0.0)
    out = table[["project_id", "step"]].assign(days=days, done=table["actual_on"].notna())
    return out[known & days.notna()].reset_index(drop=True)


def step_chances(days: Floats, done: Any) -> tuple[Floats, Floats]:
    """Kaplan–Meier weights of the finished steps; what is left over goes to the longest.

    >>> step_chances(np.array([1.0, 2.0]), np.array([True, True]))[1].tolist()
    [0.5, 0.5]
    """
    order = np.lexsort((~np.asarray(done, bool), days))
    values, finished = days[order], np.asarray(done, bool)[order]
    n = len(values)
    at_risk = n - np.arange(n)
    keep = np.where(finished, 1 - 1 / at_risk, 1.0)
    before = np.concatenate([[1.0], np.cumprod(keep)[:-1]]) if n else np.zeros(0)
    weights = np.where(finished, before / at_risk, 0.0)
    if n and weights.sum() < 1:
        weights[-1] += 1 - weights.sum()
    return values, np.asarray(weights)


def _forecast(
    table: pd.DataFrame, steps: pd.DataFrame, day: pd.Timestamp, draws: int, seed: int
) -> pd.DataFrame:
    for column in _FORECASTS:
        table[column] = table["actual_on"]
    if int(steps["done"].sum()) < FEWEST_STEPS:
        for column in _FORECASTS:
            table[column] = pd.Series(pd.NaT, table.index, dtype="datetime64[us]")
        return table
    values, weights = step_chances(steps["days"].to_numpy(float), steps["done"].to_numpy(bool))
    rng = np.random.default_rng(seed)
    for _, group in table.groupby("project_id"):
        done = group["actual_on"].notna()
        slip = np.full(draws, float(group.loc[done, "slip_days"].iloc[-1]) if done.any() else 0.0)
        earliest = np.zeros(draws)
        for i in group.index[~done]:
            ahead = (table["planned_on"] - day).dt.days.astype(float).loc[i]
            step = _steps_left(values, weights, -ahead - slip[0], rng, draws)
            # Not before today, and not before the milestone before it.
            landing = np.maximum(np.maximum(ahead + slip + step, 0.0), earliest)
            slip, earliest = landing - ahead, landing
            ends = np.quantile(landing, [0.5, 0.1, 0.9])
            for column, days in zip(_FORECASTS, ends, strict=True):
                table.loc[i, column] = day + pd.Timedelta(days=round(float(days)))
    return table


def _steps_left(
    values: Floats, weights: Floats, least: float, rng: np.random.Generator, draws: int
) -> Floats:
    """Steps that are still possible: an overdue milestone has used up the short ones."""
    possible = np.where(values >= least, weights, 0.0)
    if possible.sum() <= 0:
        return np.full(draws, max(least, float(values[-1])))
    return rng.choice(values, size=draws, p=possible / possible.sum())


_FORECASTS = ("forecast_on", "forecast_low", "forecast_high")
_COLUMNS = [
    *("project_id", "milestone", "step", "planned_on", "actual_on", "slip_days", "status"),
    *("forecast_on", "forecast_low", "forecast_high", "limit_days", "alarm", "n"),
]
_PROJECT_COLUMNS = [
    *("project_id", "milestones", "done", "late", "overdue", "next_milestone", "slip_days"),
    *("planned_end", "forecast_end", "forecast_low", "forecast_high", "planned_value"),
    *("earned_value", "actual_cost", "schedule_index", "cost_index", "time_index", "cost_at_end"),
    *("status", "variant", "origin"),
]


def _project(key: str, group: pd.DataFrame, day: pd.Timestamp, steps: int) -> dict[str, Any]:
    done = group["actual_on"].notna()
    last, waiting = group.iloc[-1], group[~done]
    slip = float(group.loc[done, "slip_days"].iloc[-1]) if done.any() else np.nan
    if done.all():
        status = "done"
    elif (group["status"] == "overdue").any():
        status = "overdue"
    elif pd.isna(last["forecast_on"]):
        status = "too_little_history"
    else:
        status = "likely_late" if last["forecast_low"] > last["planned_on"] else "on_plan"
    return {
        "project_id": key, "milestones": len(group), "done": int(done.sum()),
        "late": int((group["status"] == "late").sum()),
        "overdue": int((group["status"] == "overdue").sum()),
        "next_milestone": str(waiting["milestone"].iloc[0]) if len(waiting) else "",
        "slip_days": slip, "planned_end": last["planned_on"],
        "forecast_end": last["forecast_on"] if not done.all() else last["actual_on"],
        "forecast_low": last["forecast_low"], "forecast_high": last["forecast_high"],
        **_earned(group, done, day), "status": status,
        "variant": "slips_drawn_step_by_step", "origin": _ORIGIN,
    }  # fmt: skip


def _earned(group: pd.DataFrame, done: pd.Series, day: pd.Timestamp) -> dict[str, float]:
    """Earned value by milestones: a milestone's value counts when it is done, not before."""
    worth = group["planned_value"]
    if worth.isna().any():
        names = ("planned_value", "earned_value", "actual_cost", "schedule_index", "cost_index",
                 "time_index", "cost_at_end")  # fmt: skip
        return dict.fromkeys(names, float("nan"))
    planned = float(worth[group["planned_on"] <= day].sum())
    earned = float(worth[done].sum())
    costs = group["actual_cost"]
    cost = float(costs.sum()) if costs.notna().any() else float("nan")
    reached = worth.cumsum() <= earned + 1e-9
    start = group["planned_on"].iloc[0]
    then = group.loc[reached, "planned_on"].iloc[-1] if reached.any() else start
    end = day if not done.all() else group["actual_on"].max()
    return {
        "planned_value": planned, "earned_value": earned, "actual_cost": cost,
        "schedule_index": float(ratio(earned, planned)), "cost_index": float(ratio(earned, cost)),
        "time_index": float(ratio((then - start).days, (end - start).days)),
        "cost_at_end": float(ratio(float(worth.sum()), ratio(earned, cost))),
    }  # fmt: skip


def _measures(table: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    done = table[table["actual_on"].notna()]
    n = len(done)
    slips = done["slip_days"].to_numpy(float)
    good = int((done["status"] == "on_time").sum())
    low, middle, high = np.quantile(slips, [0.25, 0.5, 0.75]) if n else (np.nan,) * 3
    wilson_low, wilson_high = wilson_ends(good, n)
    moved = steps.loc[steps["done"], "days"].to_numpy(float)

    def row(key: str, value: float, size: int, how: str, **ends: float) -> dict[str, Any]:
        variant = how if size else "too_little_data"
        return measure_row(key, value if size else np.nan, size, variant=variant,
                           origin=_ORIGIN, **ends)  # fmt: skip

    return measure_table(
        [
            row("milestones_done", n, len(table), "count"),
            row("on_time_share", float(ratio(good, n)), n, "wilson", low=wilson_low,
                high=wilson_high),
            row("slip_median", middle, n, "quartiles", low=low, high=high),
            row("slip_per_step", float(np.mean(moved)) if len(moved) else np.nan, len(moved),
                "mean"),
            row("overdue", int((table["status"] == "overdue").sum()), len(table), "count"),
            row("alarms", int(table["alarm"].sum()), len(table), "against_other_projects"),
        ]
    )  # fmt: skip
