"""The goals of a company's tables as programme goals: reached so far, due by now, projected."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.fiscal import period_kind
from kamkit.methods.goals.programme import GOAL_COLUMNS, programme_goals
from kamkit.methods.goals.tables import day, days, figures

FINEST = ("month", "quarter", "half")
ADDING = ("sales", "gross_profit")  # KPIs whose periods add up to the year (money)


def goals_on_pace(
    goals: pd.DataFrame, values: pd.DataFrame, *, as_of: str | pd.Timestamp, level: float = 0.9
) -> pd.DataFrame:
    """Pace and chance of every goal of the running year whose KPI adds up over its periods.

    Needs goals: goal_id, scope, scope_id, kpi, target, due, unit; values (kpi_values): scope,
    scope_id, period, kpi, value. Money goals (sales, gross profit) are followed by the finest
    kind of period on record, with last year's same periods as their season; a goal in counts by
    what was counted in the year so far. Levels (satisfaction) need their number of answers,
    which kpi_values doesn't hold: they are left out. A goal runs for the year before its due day.

    Returns the columns of ``programme_goals``, goal being goal_id; goals that can't be followed
    have no row. Raises KamkitError as ``programme_goals``. Source: S169, S171; house.

    >>> goals = pd.DataFrame({"goal_id": ["G"], "scope": "member", "scope_id": "M", "kpi": "sales",
    ...     "target": 100.0, "due": "2026-12-31", "unit": "CNY"})
    >>> known = {f"2025Q{q}": 20.0 for q in range(1, 5)} | {"2026Q1": 25.0, "2026Q2": 25.0}
    >>> values = pd.DataFrame({"scope": "member", "scope_id": "M", "kpi": "sales",
    ...     "period": list(known), "value": list(known.values())})
    >>> goals_on_pace(goals, values, as_of="2026-06-30")[["goal", "actual", "pace"]].values.tolist()
    [['G', 50.0, 1.0]]
    """
    need_columns(goals, "goals", ["goal_id", "scope", "scope_id", "kpi", "target", "due", "unit"])
    need_columns(values, "kpi_values", ["scope", "scope_id", "period", "kpi", "value"])
    today = day(as_of)
    rows: list[dict[str, Any]] = []
    sums: list[pd.DataFrame] = []
    read = goals.assign(target=figures(goals["target"]), due=days(goals["due"]))
    read = read[read["target"].notna() & read["due"].notna()]
    for goal in read.to_dict("records"):
        start = goal["due"] - pd.DateOffset(years=1) + pd.Timedelta(days=1)
        if not start <= today <= goal["due"]:
            continue
        mine = values[(values["scope"] == goal["scope"]) & (values["kpi"] == goal["kpi"])]
        mine = mine[mine["scope_id"].astype("str") == str(goal["scope_id"])]
        row = {"goal": str(goal["goal_id"]), "target": goal["target"], "start": start,
            "due": goal["due"], "actual": None}  # fmt: skip
        if goal["kpi"] in ADDING:
            periods = _periods(mine, start.year)
            if len(periods):
                rows.append(row | {"kind": "sum"})
                sums.append(periods.assign(goal=row["goal"]))
        elif goal["unit"] == "count":
            done = _counted(mine, start.year)
            if done is not None:
                rows.append(row | {"kind": "count", "actual": done})
    if not rows:
        return pd.DataFrame(columns=GOAL_COLUMNS)
    together = pd.concat(sums, ignore_index=True) if sums else None
    return programme_goals(pd.DataFrame(rows), together, as_of=today, level=level)


def _periods(values: pd.DataFrame, year: int) -> pd.DataFrame:
    """The year's periods of the finest kind on record, last year's beside; empty without both."""
    kinds = values["period"].map(period_kind)
    for kind in FINEST:
        own = values[kinds == kind].assign(
            year=lambda t: t["period"].astype("str").str[:4],
            part=lambda t: t["period"].astype("str").str[4:],
        )
        now = own[own["year"] == str(year)].set_index("part")["value"]
        base = own[own["year"] == str(year - 1)].set_index("part")["value"]
        if len(now) and len(base):
            parts = sorted(set(base.index) | set(now.index))
            return pd.DataFrame(
                {
                    "period": [f"{year}{part}" for part in parts],
                    "value": now.reindex(parts).to_numpy(),
                    "base": base.reindex(parts).to_numpy(),
                }
            )
    return pd.DataFrame(columns=["period", "value", "base"])


def _counted(values: pd.DataFrame, year: int) -> float | None:
    """What was counted in the year so far, by one kind of period."""
    mine = values[values["period"].astype("str").str[:4] == str(year)]
    for kind in ("year", "half", "quarter", "month"):
        rows = mine[mine["period"].map(period_kind) == kind]
        if rows["value"].notna().any():
            return float(rows["value"].sum())
    return None
