"""The loop from asking to telling the customer what became of it (S124)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.funnel.survival import kaplan_meier, survival_quantiles
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.service.inputs import Day, days_between, service_or_house
from kamkit.methods.shares import WILSON, share_of, wilson
from kamkit.schemes import ServiceScheme

# step -> (from, until, limit in the service scheme)
STEPS = {
    "received": ("asked_on", "received_on", ""),
    "answered": ("received_on", "answered_on", "answer_days"),
    "acted": ("received_on", "acted_on", "act_days"),
    "told": ("received_on", "told_on", "tell_days"),
}
_ORIGIN = f"S124; {WILSON}; field:Kaplan & Meier 1958; house"
_STEPS = [
    *("loop_step", "cases", "done", "share", "low", "high", "days_median", "days_low", "days_high"),
    *("limit_days", "in_time", "judged", "in_time_share", "in_time_low", "in_time_high"),
    *("impossible", "variant", "origin"),
]
_OPEN = [
    *("feedback_id", "account_id", "dealer_id", "contact_id", "topic", "received_on", "loop_step"),
    *("days", "limit_days", "overdue_days", "origin"),
]


@dataclass(frozen=True)
class ClosedLoop:
    """The parts of :func:`closed_loop`."""

    steps: pd.DataFrame
    curve: pd.DataFrame
    open: pd.DataFrame
    measures: pd.DataFrame


def closed_loop(
    feedback: pd.DataFrame,
    service: ServiceScheme | None = None,
    *,
    as_of: Day,
    level: float = 0.95,
) -> ClosedLoop:
    """How much feedback is asked for, received, answered, acted on and reported back, and when.

    Needs columns: feedback_id, received_on; where known asked_on, answered_on, acted_on,
    told_on, account_id, dealer_id, contact_id, topic. Feedback that came unasked counts in all
    steps but the first. A loop is closed when the giver was told what became of it. A step
    dated before the one it follows is impossible: it is left out of that step and counted.
    Returns ``steps`` (loop_step: received of those asked, answered, acted, told of those
    received; cases, done, share, low, high: Wilson, as of today, days_median, days_low,
    days_high: Kaplan–Meier, open ones as long as they have waited; limit_days: the service
    scheme's, in_time of judged: those whose limit has passed, in_time_share with
    Wilson in_time_low, in_time_high; impossible, variant,
    origin); ``curve`` (group = step, days, at_risk, events, censored, survival, se, low, high);
    ``open`` (feedback_id, account_id, dealer_id, contact_id, topic, received_on, loop_step: the
    next one that is missing, days waited, limit_days, overdue_days, origin), longest overdue
    first; ``measures`` (closed_loop_rate, response_rate, feedback_counted, feedback_unasked,
    loops_open, loops_overdue).
    Raises KamkitError missing_column. Source: S124; limits house.

    >>> rows = pd.DataFrame({"feedback_id": ["F1", "F2"],
    ...     "received_on": ["2026-01-01", "2026-01-01"], "told_on": ["2026-01-20", None]})
    >>> found = closed_loop(rows, as_of="2026-06-30")
    >>> float(found.measures.value.iloc[0]), found.open.loop_step.tolist()
    (0.5, ['answered'])
    """
    need_columns(feedback, "feedback", ["feedback_id", "received_on"])
    scheme = service_or_house(service)
    day = pd.Timestamp(as_of)
    table = _known(feedback, day)
    rows, curves = [], []
    for step, (start, end, limit) in STEPS.items():
        allowed = scheme.feedback.get(limit, np.nan) if limit else np.nan
        line, curve = _step(table, step, start, end, allowed, day, level)
        rows.append(line)
        curves.append(curve)
    steps = pd.DataFrame(rows)
    steps["share"] = share_of(steps["done"], steps["cases"])
    steps["low"], steps["high"] = wilson(steps["done"], steps["cases"], level)
    steps["in_time_share"] = share_of(steps["in_time"], steps["judged"])
    steps["in_time_low"], steps["in_time_high"] = wilson(steps["in_time"], steps["judged"], level)
    steps["variant"] = np.where(steps["cases"] > 0, "wilson; kaplan_meier", "too_little_data")
    steps["origin"] = _ORIGIN
    waiting = _open(table, scheme, day)
    curve = pd.concat(curves, ignore_index=True)
    return ClosedLoop(steps[_STEPS], curve, waiting, _measures(steps, table, waiting))


def _known(feedback: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Feedback as known on the day: steps dated later haven't happened yet."""
    table = feedback.reset_index(drop=True).copy()
    for column in ("asked_on", "received_on", "answered_on", "acted_on", "told_on"):
        given = table[column] if column in table else pd.Series(pd.NaT, table.index)
        dates = pd.to_datetime(given)
        table[column] = dates.where(dates <= day)
    for column in ("account_id", "dealer_id", "contact_id", "topic"):
        if column not in table:
            table[column] = pd.Series(None, table.index, dtype=object)
    return table[table["asked_on"].notna() | table["received_on"].notna()].reset_index(drop=True)


def _step(
    table: pd.DataFrame,
    step: str,
    start: str,
    end: str,
    allowed: float,
    day: pd.Timestamp,
    level: float,
) -> tuple[dict[str, object], pd.DataFrame]:
    entered = table[table[start].notna()]
    wrong = entered[end] < entered[start]
    rows = entered[~wrong]
    done = rows[end].notna().to_numpy()
    days = days_between(rows[start], rows[end].fillna(day))
    curve = kaplan_meier(days, done, level=level).assign(group=step)
    middle = survival_quantiles(curve, [0.5]).iloc[0] if len(rows) else None
    # Only cases whose limit has passed: quick ones must not count before slow ones can.
    passed = days_between(rows[start], pd.Series(day, rows.index)) >= allowed
    line: dict[str, object] = {
        "loop_step": step, "cases": len(rows), "done": int(done.sum()),
        "days_median": np.nan if middle is None else middle["days"],
        "days_low": np.nan if middle is None else middle["low"],
        "days_high": np.nan if middle is None else middle["high"],
        "limit_days": allowed, "in_time": int((done & (days <= allowed) & passed).sum()),
        "judged": int(passed.sum()), "impossible": int(wrong.sum()),
    }  # fmt: skip
    return line, curve


def _open(table: pd.DataFrame, scheme: ServiceScheme, day: pd.Timestamp) -> pd.DataFrame:
    rows = table[table["received_on"].notna() & table["told_on"].isna()].copy()
    rows["loop_step"] = np.select(
        [rows["answered_on"].isna(), rows["acted_on"].isna()], ["answered", "acted"], "told"
    )
    rows["days"] = days_between(rows["received_on"], pd.Series(day, rows.index))
    limits = {step: scheme.feedback.get(key, np.nan) for step, (_, _, key) in STEPS.items()}
    rows["limit_days"] = rows["loop_step"].map(limits).astype(float)
    rows["overdue_days"] = (rows["days"] - rows["limit_days"]).clip(lower=0)
    rows["origin"] = scheme.feedback_origin
    order = np.lexsort((rows["feedback_id"].astype(str), -rows["days"], -rows["overdue_days"]))
    return rows.iloc[order].reset_index(drop=True)[_OPEN]


def _measures(steps: pd.DataFrame, table: pd.DataFrame, waiting: pd.DataFrame) -> pd.DataFrame:
    by = steps.set_index("loop_step").to_dict("index")
    n = int(table["received_on"].notna().sum())
    rows = [
        measure_row(
            key, by[step]["share"], by[step]["cases"], low=by[step]["low"],
            high=by[step]["high"],
            variant="wilson" if by[step]["cases"] else "too_little_data", origin=_ORIGIN,
        )
        for key, step in (("closed_loop_rate", "told"), ("response_rate", "received"))
    ]  # fmt: skip
    unasked = int((table["received_on"].notna() & table["asked_on"].isna()).sum())
    for key, value in (
        ("feedback_counted", n), ("feedback_unasked", unasked), ("loops_open", len(waiting)),
        ("loops_overdue", int((waiting["overdue_days"] > 0).sum())),
    ):  # fmt: skip
        rows.append(measure_row(key, value, n, variant="count", origin="S124; house"))
    return measure_table(rows)
