"""Bid calendar: scheduled backwards from the day of submission, with float and what is late."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.portfolio.inputs import within
from kamkit.methods.projects.beliefs import amount_draws
from kamkit.methods.projects.working_days import WorkingDays
from kamkit.methods.shares import Floats
from kamkit.schemes import BidSteps

_ORIGIN = "S146; field:Kelley & Walker 1959; house"
_STEPS = [
    *("step_id", "owner_id", "work_days", "after", "latest_start", "latest_end", "earliest_start"),
    *("earliest_end", "float_days", "critical", "critical_share", "done_on", "step_status"),
    *("late_days", "variant", "origin"),
]


@dataclass(frozen=True)
class BidCalendar:
    """The parts of :func:`bid_calendar`."""

    steps: pd.DataFrame
    measures: pd.DataFrame


def bid_calendar(
    steps: pd.DataFrame,
    *,
    submit_on: pd.Timestamp | str,
    as_of: pd.Timestamp | str,
    holidays: Iterable[pd.Timestamp | str] = (),
    extra_days: Iterable[pd.Timestamp | str] = (),
    reserve_days: int = 1,
    draws: int = 2000,
    seed: int = 0,
) -> BidCalendar:
    """When each step of a bid must start and end at the latest, and whether it still can.

    Needs columns: step_id, work_days (working days that it takes, 0 = a point in time); where
    known after (step_ids that must be done first, joined by ";"), work_days_low,
    work_days_high, owner_id, done_on. Working days are Monday to Friday less ``holidays`` plus
    ``extra_days`` (make-up days). The last steps end ``reserve_days`` before the day of
    submission. Backwards gives the latest days, forwards from ``as_of`` – what is done counts
    as done – the earliest ones; their difference is the float.
    Returns ``steps`` in the order of their latest start (step_id, owner_id, work_days, after,
    latest_start, latest_end, earliest_start, earliest_end, float_days: working days to spare,
    below 0: that much too late; critical: no step has less float, critical_share: share of draws
    in which that is so – with ranges of days only –, done_on, step_status: done, done_late,
    late – it can't end in time any more –, start_now – at most 1 day to spare –, on_plan,
    late_days: working days that it was or will be late, variant, origin); ``measures``
    (bid_steps, bid_steps_done, bid_float: least float of what is open, bid_days_left,
    bid_in_time: share of draws in which everything ends in time, bid_steps_late,
    bid_no_owner).
    Raises KamkitError for missing columns, steps twice, unknown or circular predecessors.
    Source: S146 (name only); critical path Kelley & Walker 1959; reserve house.

    >>> plan = pd.DataFrame({"step_id": ["write", "print"], "work_days": [5, 2],
    ...                      "after": ["", "write"]})
    >>> found = bid_calendar(plan, submit_on="2026-03-20", as_of="2026-03-09")
    >>> found.steps[["step_id", "latest_end", "float_days"]].astype(str).values.tolist()
    [['write', '2026-03-17', '2'], ['print', '2026-03-19', '2']]
    """
    within(reserve_days, "reserve_days", 0, 250)
    table, before = _checked(steps)
    calendar = WorkingDays(submit_on, holidays=holidays, extra=extra_days)
    deadline = calendar.number(submit_on, end=True) - reserve_days
    now = calendar.number(as_of)
    done = _done(table, calendar, pd.Timestamp(as_of))
    order = _order(before)
    most = table["work_days"].to_numpy(float)[None, :]
    latest, earliest = _passes(most, before, order, deadline, now, done)
    rng = np.random.default_rng(seed)
    drawn = _ranges(table, rng, draws)
    if drawn is None:
        share, in_time = None, float(_ends_in_time(earliest, deadline, done)[0])
    else:
        drawn_latest, drawn_earliest = _passes(drawn, before, order, deadline, now, done)
        share = _critical(drawn_latest - drawn_earliest, done).mean(axis=0)
        in_time = float(_ends_in_time(drawn_earliest, deadline, done).mean())
    out = _steps(table, calendar, latest[0], earliest[0], done, share)
    position = np.lexsort((out["step_id"], latest[0], latest[0] - most[0]))
    out = out.iloc[position].reset_index(drop=True)
    left = max(0, deadline - now + 1)
    return BidCalendar(out[_STEPS], _measures(out, left, in_time, drawn is not None, draws))


def step_table(plan: BidSteps) -> pd.DataFrame:
    """The steps of a plan as the input of :func:`bid_calendar`.

    Returns columns: step_id, work_days, work_days_low, work_days_high, after.

    >>> from kamkit.schemes import load_bid_steps
    >>> step_table(load_bid_steps()).after.tolist()[:2]
    ['', 'decide']
    """
    rows = [(s.id, s.work_days, s.low, s.high, ";".join(s.after)) for s in plan.steps]
    columns = ["step_id", "work_days", "work_days_low", "work_days_high", "after"]
    return pd.DataFrame(rows, columns=columns)


def _checked(steps: pd.DataFrame) -> tuple[pd.DataFrame, list[list[int]]]:
    need_columns(steps, "steps", ["step_id", "work_days"])
    table = steps.reset_index(drop=True).copy()
    table["step_id"] = table["step_id"].astype(str)
    problems = [
        Problem("duplicate_key", "steps", "step_id", int(i) + 1, table["step_id"].iloc[i])
        for i in np.flatnonzero(table.duplicated("step_id"))
    ]
    for column in ("work_days", "work_days_low", "work_days_high"):
        given = table[column] if column in table else pd.Series(np.nan, table.index)
        numbers = pd.to_numeric(given, errors="coerce").astype(float)
        wrong = ~(numbers >= 0) if column == "work_days" else given.notna() & ~(numbers >= 0)
        problems += [
            Problem("out_of_range", "steps", column, int(i) + 1, given.iloc[i],
                    details={"allowed": "≥ 0"})
            for i in np.flatnonzero(wrong)
        ]  # fmt: skip
        table[column] = numbers
    for column in ("after", "owner_id"):
        given = table[column] if column in table else pd.Series("", table.index)
        table[column] = given.astype("object").where(given.notna(), "").astype("str")
    place = {k: i for i, k in enumerate(table["step_id"])}
    before: list[list[int]] = []
    for i, words in enumerate(table["after"]):
        names = [w.strip() for w in words.split(";") if w.strip()]
        problems += [
            Problem("not_allowed", "steps", "after", i + 1, name,
                    details={"allowed": ", ".join(place)})
            for name in names
            if name not in place
        ]  # fmt: skip
        before.append([place[n] for n in names if n in place])
    if not problems and len(_order(before)) < len(before):
        problems.append(Problem("circular_steps", "steps", "after"))
    KamkitError.collect(problems)
    return table, before


def _order(before: list[list[int]]) -> list[int]:
    """Steps so that each follows its predecessors; shorter than the list where that can't be."""
    waiting = [set(b) for b in before]
    out: list[int] = []
    ready = [i for i, b in enumerate(waiting) if not b]
    while ready:
        first = ready.pop(0)
        out.append(first)
        for i, b in enumerate(waiting):
            if first in b:
                b.discard(first)
                if not b:
                    ready.append(i)
    return out


def _done(table: pd.DataFrame, calendar: WorkingDays, day: pd.Timestamp) -> Floats:
    """Place of the day on which each step was done; NaN where it isn't."""
    given = table["done_on"] if "done_on" in table else pd.Series(pd.NaT, table.index)
    dates = pd.to_datetime(given)
    return np.asarray(
        [calendar.number(d, end=True) if pd.notna(d) and d <= day else np.nan for d in dates],
        dtype=np.float64,
    )


def _passes(
    days: Floats, before: list[list[int]], order: list[int], deadline: int, now: int, done: Floats
) -> tuple[Floats, Floats]:
    """Latest and earliest ends (draws × steps), as places in the calendar.

    A step of k days that starts on place p ends on p + k − 1; one of 0 days ends where its
    predecessors do.
    """
    k = days.shape[1]
    latest = np.full(days.shape, float(deadline))
    for i in reversed(order):
        for j in before[i]:
            latest[:, j] = np.minimum(latest[:, j], latest[:, i] - days[:, i])
    earliest = np.empty(days.shape)
    for i in order if k else []:
        start = np.full(len(days), now - 1.0)
        for j in before[i]:
            start = np.maximum(start, earliest[:, j])
        earliest[:, i] = done[i] if done[i] == done[i] else start + days[:, i]
    return latest, earliest


def _ranges(table: pd.DataFrame, rng: np.random.Generator, draws: int) -> Floats | None:
    names = ("work_days", "work_days_low", "work_days_high")
    base, low, high = (table[c].to_numpy(float) for c in names)
    if not len(table) or not draws or (np.isnan(low) & np.isnan(high)).all():
        return None
    drawn = amount_draws(base, low, high, rng=rng, draws=draws)
    return np.asarray(np.ceil(np.maximum(drawn, 0.0) - 1e-9))


def _critical(spare: Floats, done: Floats) -> np.ndarray:
    """Open steps with the least float of their draw."""
    open_ = np.isnan(done)
    if not open_.any():
        return np.zeros(spare.shape, dtype=bool)
    least = spare[:, open_].min(axis=1, keepdims=True)
    return np.asarray((spare <= least + 1e-9) & open_)


def _ends_in_time(earliest: Floats, deadline: int, done: Floats) -> np.ndarray:
    open_ = np.isnan(done)
    return np.asarray((earliest[:, open_] <= deadline).all(axis=1))


def _steps(
    table: pd.DataFrame,
    calendar: WorkingDays,
    latest: Floats,
    earliest: Floats,
    done: Floats,
    share: Floats | None,
) -> pd.DataFrame:
    days = table["work_days"].to_numpy(float)
    whole = np.ceil(days - 1e-9)
    spare = latest - earliest
    finished = ~np.isnan(done)

    def dates(places: Floats) -> list[Any]:
        return [calendar.day(int(p)) for p in places]

    first = np.minimum(1, whole)
    out = table[["step_id", "owner_id", "work_days", "after"]].copy()
    out["latest_start"], out["latest_end"] = dates(latest - whole + first), dates(latest)
    out["earliest_start"] = dates(np.where(finished, earliest, earliest - whole + first))
    out["earliest_end"] = dates(earliest)
    out["float_days"] = np.floor(spare + 1e-9).astype(int)
    out["critical"] = _critical(spare[None, :], done)[0] if len(out) else False
    out["critical_share"] = np.nan if share is None else share
    given = table["done_on"] if "done_on" in table else pd.Series(pd.NaT, table.index)
    out["done_on"] = pd.to_datetime(given).where(finished)
    out["step_status"] = np.select(
        [finished & (spare < 0), finished, spare < 0, spare <= 1],
        ["done_late", "done", "late", "start_now"],
        "on_plan",
    )
    out["late_days"] = np.maximum(-out["float_days"], 0)
    out["variant"] = "critical_path" if share is None else "critical_path; days_drawn"
    return out.assign(origin=_ORIGIN)


def _measures(
    out: pd.DataFrame, left: int, in_time: float, drawn: bool, draws: int
) -> pd.DataFrame:
    n = len(out)
    open_ = out[~out["step_status"].isin(("done", "done_late"))]
    how = "critical_path" if n else "too_little_data"

    def row(key: str, value: float, variant: str = how, size: int = n) -> dict[str, Any]:
        return measure_row(key, value, size, variant=variant, origin=_ORIGIN)

    least = float(open_["float_days"].min()) if len(open_) else np.nan
    return measure_table(
        [
            row("bid_steps", n),
            row("bid_steps_done", n - len(open_)),
            row("bid_float", least, size=len(open_)),
            row("bid_days_left", left),
            row("bid_in_time", in_time if n else np.nan, "days_drawn" if drawn else how,
                draws if drawn else n),
            row("bid_steps_late", int((open_["step_status"] == "late").sum())),
            row("bid_no_owner", int((open_["owner_id"] == "").sum())),
        ]
    )  # fmt: skip
