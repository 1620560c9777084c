"""Confidence by task beside results: for development, and never a part of an appraisal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.shares import normal_point

CLOSE = 10.0  # points within which confidence and result count as close (house)
FEWEST = 8  # people below whom no correlation is shown (house)
PROFILE_COLUMNS = [
    *("member_id", "n_tasks", "confidence", "lowest_task", "lowest", "change", "result", "gap"),
    *("reading", "use", "origin"),
]


@dataclass(frozen=True)
class EfficacyProfile:
    """What :func:`efficacy_profile` found.

    Attributes
    ----------
    members
        One row a person: member_id, n_tasks, confidence (mean of tasks, 0–100), lowest_task,
        lowest (its confidence), change (points since the first time each task was asked, NaN
        where asked once), result (0–100), gap (confidence − result, over the tasks that have a
        result), reading (over, under, close, no_result), use (development_only), origin.
    tasks
        One row a person and task: member_id, task, asked_on (last), n_asked, confidence, change,
        result, gap.
    team
        Measure table: confidence_result_r (Fisher interval; NaN below eight people).
    """

    members: pd.DataFrame
    tasks: pd.DataFrame
    team: pd.DataFrame


def efficacy_profile(
    efficacy: pd.DataFrame, results: pd.DataFrame | None = None, *, level: float = 0.95
) -> EfficacyProfile:
    """How sure people are of each task, and how that compares with what came of it.

    Needs efficacy: member_id, task, asked_on, confidence (0–100; the last answer counts).
    ``results``: member_id, value (0–100, e.g. share of a target reached × 100, cut at 100), and
    task where results are by task. ``combined_parts`` and ``combined_result`` refuse these
    figures: people would answer what pays. A gap within 10 points is close (house); being too
    sure and not sure enough call for different talks, neither is a fault.

    Returns EfficacyProfile. Raises KamkitError missing_column, not_a_number, survey_off_scale,
    bad_date. Source: S206; field:Bandura 1997 (task-specific, 0–100).

    >>> asked = pd.DataFrame({"member_id": ["a", "a"], "task": ["sales_talk", "tender"],
    ...     "asked_on": ["2026-01-10", "2026-01-10"], "confidence": [80, 60]})
    >>> done = pd.DataFrame({"member_id": ["a"], "value": [55.0]})
    >>> found = efficacy_profile(asked, done).members
    >>> found[["confidence", "lowest_task", "gap", "reading"]].values.tolist()
    [[70.0, 'tender', 15.0, 'over']]
    """
    tasks = _tasks(_checked(efficacy))
    if results is not None:
        need_columns(results, "results", ["member_id", "value"])
        by = ["member_id", "task"] if "task" in results else ["member_id"]
        have = results.dropna(subset=[*by, "value"]).astype(dict.fromkeys(by, "str"))
        value = have.groupby(by)["value"].mean().clip(0, 100).rename("result").reset_index()
        tasks = tasks.merge(value, "left", on=by)
    else:
        tasks["result"] = np.nan
    tasks["gap"] = tasks["confidence"] - tasks["result"]
    members = _members(tasks)
    return EfficacyProfile(members, tasks, _team(members, level))


def _checked(efficacy: pd.DataFrame) -> pd.DataFrame:
    columns = ["member_id", "task", "asked_on", "confidence"]
    need_columns(efficacy, "efficacy", columns)
    value = pd.to_numeric(efficacy["confidence"], errors="coerce").astype(float)
    day = pd.to_datetime(efficacy["asked_on"], errors="coerce", format="ISO8601")
    checks = [
        ("not_a_number", "confidence", efficacy["confidence"].notna() & value.isna(), {}),
        ("survey_off_scale", "confidence", (value < 0) | (value > 100), {"allowed": "0–100"}),
        ("bad_date", "asked_on", efficacy["asked_on"].notna() & day.isna(), {}),
    ]
    KamkitError.collect(
        Problem(code, "efficacy", c, int(i) + 1, efficacy[c].iloc[int(i)], details=details)
        for code, c, rows, details in checks
        for i in np.flatnonzero(rows.to_numpy())
    )
    table = efficacy[columns].assign(confidence=value, asked_on=day).dropna()
    return table.astype({"member_id": "str", "task": "str"})


def _tasks(table: pd.DataFrame) -> pd.DataFrame:
    order = table.sort_values(["member_id", "task", "asked_on", "confidence"])
    grouped = order.groupby(["member_id", "task"])
    out = grouped.agg(
        asked_on=("asked_on", "last"), n_asked=("asked_on", "nunique"),
        confidence=("confidence", "last"), first=("confidence", "first"),
    ).reset_index()  # fmt: skip
    first = out.pop("first")
    out["change"] = (out["confidence"] - first).where(out["n_asked"] > 1)
    return out


def _members(tasks: pd.DataFrame) -> pd.DataFrame:
    if tasks.empty:
        return pd.DataFrame(columns=PROFILE_COLUMNS)
    grouped = tasks.groupby("member_id")
    out = grouped[["confidence", "change", "result", "gap"]].mean()
    out["n_tasks"] = grouped.size()
    lowest = tasks.sort_values(["confidence", "task"]).drop_duplicates("member_id")
    lowest = lowest.set_index("member_id")
    out["lowest_task"], out["lowest"] = lowest["task"], lowest["confidence"]
    out["reading"] = np.select(
        [out["gap"].isna(), out["gap"] > CLOSE, out["gap"] < -CLOSE],
        ["no_result", "over", "under"],
        "close",
    )
    out["use"], out["origin"] = "development_only", "S206; field:Bandura 1997; house"
    return out.reset_index()[PROFILE_COLUMNS]


def _team(members: pd.DataFrame, level: float) -> pd.DataFrame:
    pairs = members.dropna(subset=["confidence", "result"])
    x, y = pairs["confidence"].to_numpy(float), pairs["result"].to_numpy(float)
    n, origin = len(pairs), "S206; field:Fisher 1921"
    if n < FEWEST or np.ptp(x) == 0 or np.ptp(y) == 0:
        row = measure_row(
            "confidence_result_r", np.nan, n, variant="too_little_data", origin=origin
        )
        return measure_table([row])
    r = float(np.clip(np.corrcoef(x, y)[0, 1], -0.999999, 0.999999))
    reach = normal_point(level) / np.sqrt(n - 3)
    low, high = np.tanh(np.arctanh(r) - reach), np.tanh(np.arctanh(r) + reach)
    return measure_table(
        [measure_row("confidence_result_r", r, n, low=low, high=high, variant="fisher_z",
                     origin=origin)]
    )  # fmt: skip
