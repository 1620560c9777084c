"""Where the goals stand on a day: what is done, late and left, goal by goal and owner by owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
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
from kamkit.methods.shares import WILSON, wilson_ends

GOAL_COLUMNS = [
    "goal_id", "scope", "scope_id", "kpi", "owner_id", "due", "target", "actual", "attainment",
    "period_target", "period_attainment", "actions", "done", "late_done", "overdue", "open",
    "undated", "dropped", "next_due", "days_left", "status",
]  # fmt: skip
OWNER_COLUMNS = [
    "owner_id", "goals", "actions", "done", "done_in_time", "overdue", "open", "in_time_share",
    "low", "high",
]  # fmt: skip
BURN_COLUMNS = ["on", "planned_left", "left", "known"]
STATES = ("done", "late_done", "overdue", "open", "undated", "dropped")


@dataclass(frozen=True)
class MboStatus:
    """What :func:`mbo_status` found.

    Attributes
    ----------
    goals
        One row a goal: goal_id, scope, scope_id, kpi, owner_id, due, target, actual and
        attainment (of the whole goal, by the values of ``period``), period_target and
        period_attainment (of that period alone, where targets have it), actions (not dropped),
        done, late_done (done after their due day), overdue, open, undated (open, without a day),
        dropped, next_due, days_left (to the goal's day), status (reached, missed, no_actions,
        overdue, all_done, running).
    actions
        The actions: action_id, goal_id, owner_id, what, due, done_on, state (done, late_done,
        overdue, open, undated, dropped), days_late, note (done_without_day, done_in_future).
    owners
        One row an owner: owner_id, goals, actions, done, done_in_time, overdue, open,
        in_time_share (done in time among all that were due), low, high (Wilson).
    burn_down
        One row a month end: on, planned_left (actions due later), left (not done by then; NaN
        for days to come), known (False for days to come).
    measures
        Measure table: actions_in_time (share, Wilson), actions_overdue, goals_reached (share).
    """

    goals: pd.DataFrame
    actions: pd.DataFrame
    owners: pd.DataFrame
    burn_down: pd.DataFrame
    measures: pd.DataFrame


def mbo_status(
    goals: pd.DataFrame,
    actions: pd.DataFrame,
    values: pd.DataFrame | None = None,
    *,
    as_of: str | pd.Timestamp,
    period: str | None = None,
    targets: pd.DataFrame | None = None,
) -> MboStatus:
    """Goals with their actions and results on a day: the page of a goal-management plan.

    Needs goals: goal_id, scope, scope_id, kpi, target; optional due, owner_id. Actions:
    action_id, goal_id, status; optional owner_id, what, due, done_on. ``values`` and
    ``targets`` (scope, scope_id, period, kpi, value) are read for ``period`` (mid-year: 2026H1;
    year-end: 2026). An action counts as done by its status; one that is done without a day
    counts as in time and carries a note.

    Returns MboStatus. Raises KamkitError: missing_column, not_a_number, not_a_date,
    duplicate_key, unknown_reference, period_needed. Source: S172 (goals, actions, dates,
    owners), S178 (burn-down), S179 (mid-year and year-end attainment).

    >>> goals = pd.DataFrame({"goal_id": ["G"], "scope": "member", "scope_id": "M", "kpi": "sales",
    ...     "target": 100.0, "due": "2026-12-31", "owner_id": "M"})
    >>> todo = pd.DataFrame({"action_id": ["1", "2"], "goal_id": "G", "status": ["done", "doing"],
    ...     "due": ["2026-03-01", "2026-05-01"], "done_on": ["2026-02-28", None]})
    >>> found = mbo_status(goals, todo, as_of="2026-06-30")
    >>> found.goals[["done", "overdue", "status"]].values.tolist()
    [[1, 1, 'overdue']]
    """
    today = day(as_of)
    table = with_columns(goals, "goals", ["goal_id", "scope", "scope_id", "kpi", "target"],
                         ["due", "owner_id"])  # fmt: skip
    todo = with_columns(actions, "actions", ["action_id", "goal_id", "status"],
                        ["owner_id", "what", "due", "done_on"])  # fmt: skip
    series = [_series(t, n, period) for t, n in ((values, "kpi_values"), (targets, "targets"))]
    known = set(texts(table["goal_id"]))
    KamkitError.collect(
        repeated(table, "goals", ["goal_id"])
        + repeated(todo, "actions", ["action_id"])
        + strict_figures(table, "goals", ["target"])
        + _bad_days(table, "goals", ["due"]) + _bad_days(todo, "actions", ["due", "done_on"])
        + [Problem("unknown_reference", "actions", "goal_id", i + 1, g)
           for i, g in enumerate(texts(todo["goal_id"])) if g and g not in known]
    )  # fmt: skip
    acts = _actions(todo, today)
    rows = _goals(table, acts, series, today)
    return MboStatus(
        rows, acts, _owners(table, acts), _burn_down(acts, today), _measures(rows, acts)
    )


def _series(table: pd.DataFrame | None, name: str, period: str | None) -> dict[Any, float]:
    """Values of one period by scope, id and KPI."""
    if table is None:
        return {}
    if period is None:
        raise KamkitError(Problem("period_needed", name, "period"))
    data = with_columns(table, name, ["scope", "scope_id", "period", "kpi", "value"])
    data = data[data["period"].astype(str) == str(period)].reset_index(drop=True)
    KamkitError.collect(strict_figures(data, name, ["value"])
                        + repeated(data, name, ["scope", "scope_id", "kpi"]))  # fmt: skip
    keys = zip(*(texts(data[c]) for c in ("scope", "scope_id", "kpi")), strict=True)
    return dict(zip(keys, figures(data["value"]).tolist(), strict=True))


def _bad_days(table: pd.DataFrame, name: str, columns: list[str]) -> list[Problem]:
    found = []
    for column in columns:
        said = np.array([bool(t) for t in texts(table[column])], dtype=bool)
        bad = np.flatnonzero(said & days(table[column]).isna().to_numpy())
        found += [Problem("not_a_date", name, column, int(i) + 1, table[column].iloc[int(i)])
                  for i in bad]  # fmt: skip
    return found


def _actions(todo: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    out = pd.DataFrame({c: texts(todo[c]) for c in ("action_id", "goal_id", "owner_id", "what")})
    out["due"], out["done_on"] = days(todo["due"]), days(todo["done_on"])
    status = np.array(texts(todo["status"]), dtype=object)
    done, dropped = status == "done", status == "dropped"
    late = (out["done_on"] > out["due"]).to_numpy()
    past, undated = (out["due"] < today).to_numpy(), out["due"].isna().to_numpy()
    cases = [dropped, done & late, done, undated, past]
    names = ["dropped", "late_done", "done", "undated", "overdue"]
    out["state"] = np.select(cases, names, "open") if len(out) else pd.Series(dtype=str)
    end = out["done_on"].where(done & out["done_on"].notna().to_numpy(), today)
    days_late = (end - out["due"]).dt.days.to_numpy(dtype=float)
    out["days_late"] = np.where(out["state"].isin(["late_done", "overdue"]), days_late, np.nan)
    future = (out["done_on"] > today).to_numpy()
    out["note"] = (np.select([done & out["done_on"].isna().to_numpy(), done & future],
                             ["done_without_day", "done_in_future"], "")
                   if len(out) else pd.Series(dtype=str))  # fmt: skip
    return out.sort_values("action_id", ignore_index=True)


def _goals(
    table: pd.DataFrame, acts: pd.DataFrame, series: list[dict[Any, float]], today: pd.Timestamp
) -> pd.DataFrame:
    out = pd.DataFrame({c: texts(table[c]) for c in GOAL_COLUMNS[:5]})
    out["due"], out["target"] = days(table["due"]), figures(table["target"])
    keys = list(zip(out["scope"], out["scope_id"], out["kpi"], strict=True))
    out["actual"] = [series[0].get(k, np.nan) for k in keys]
    out["period_target"] = [series[1].get(k, np.nan) for k in keys]
    for share, whole in (("attainment", "target"), ("period_attainment", "period_target")):
        out[share] = out["actual"] / out[whole].where(out[whole] > 0)
    counts = acts.groupby(["goal_id", "state"]).size()
    for state in STATES:
        out[state] = [int(counts.get((g, state), 0)) for g in out["goal_id"]]
    # Whatever is done counts as done; what was late among it stands beside.
    out["done"] += out["late_done"]
    out["open"] += out["undated"]
    out["actions"] = out["done"] + out["overdue"] + out["open"]
    first = acts[acts["state"] == "open"].groupby("goal_id")["due"].min()
    out["next_due"] = days(pd.Series([first.get(g) for g in out["goal_id"]], dtype=object))
    out["days_left"] = (out["due"] - today).dt.days
    cases = [
        out["actual"] >= out["target"], out["due"] < today, out["actions"] == 0,
        out["overdue"] > 0, out["done"] == out["actions"],
    ]  # fmt: skip
    names = ["reached", "missed", "no_actions", "overdue", "all_done"]
    out["status"] = np.select(cases, names, "running") if len(out) else pd.Series(dtype=str)
    return out[GOAL_COLUMNS].sort_values("goal_id", ignore_index=True)


def _owners(table: pd.DataFrame, acts: pd.DataFrame) -> pd.DataFrame:
    goals = pd.Series([o for o in texts(table["owner_id"]) if o]).value_counts()
    counts = acts.groupby(["owner_id", "state"]).size()
    rows = []
    for owner in sorted({*goals.index, *acts["owner_id"]} - {""}):
        n = {s: int(counts.get((owner, s), 0)) for s in STATES}
        in_time, was_due = n["done"], n["done"] + n["late_done"] + n["overdue"]
        low, high = wilson_ends(in_time, was_due) if was_due else (np.nan, np.nan)
        done, left = n["done"] + n["late_done"], n["open"] + n["undated"]
        share = in_time / was_due if was_due else np.nan
        count, late = done + n["overdue"] + left, n["overdue"]
        rows.append(
            (owner, int(goals.get(owner, 0)), count, done, in_time, late, left, share, low, high)
        )
    return pd.DataFrame(rows, columns=OWNER_COLUMNS)


def _burn_down(acts: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    live = acts[(acts["state"] != "dropped") & acts["due"].notna()]
    if live.empty:
        return pd.DataFrame(columns=BURN_COLUMNS)
    # Done without a day: as if on the due day, which flatters; the note on the action says so.
    ended = live["done_on"].where(live["done_on"].notna(), live["due"])
    ended = ended.where(live["state"].isin(["done", "late_done"]))
    last = max(live["due"].max(), today)
    months = pd.date_range(
        live["due"].min().replace(day=1), last + pd.offsets.MonthEnd(0), freq="ME"
    )
    dates = sorted({*months, today})
    rows = [
        (d, int((live["due"] > d).sum()),
         float((~(ended <= d)).sum()) if d <= today else np.nan, d <= today)
        for d in dates
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=BURN_COLUMNS)


def _measures(goals: pd.DataFrame, acts: pd.DataFrame) -> pd.DataFrame:
    state = acts["state"]
    in_time = int((state == "done").sum())
    was_due = int(state.isin(["done", "late_done", "overdue"]).sum())
    low, high = wilson_ends(in_time, was_due) if was_due else (np.nan, np.nan)
    known = goals["actual"].notna()
    reached = float((goals["status"][known] == "reached").mean()) if known.any() else np.nan
    blank = "too_little_data"
    return measure_table([
        measure_row("actions_in_time", in_time / was_due if was_due else np.nan, was_due, low=low,
                    high=high, variant="wilson" if was_due else blank, origin=f"S178; {WILSON}"),
        measure_row("actions_overdue", float((state == "overdue").sum()), len(acts),
                    variant="count", origin="S178"),
        measure_row("goals_reached", reached, int(known.sum()),
                    variant="count" if known.any() else blank, origin="S179"),
    ])  # fmt: skip
