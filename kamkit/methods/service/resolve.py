"""How long a case takes to be solved, and how many come back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.funnel.survival import kaplan_meier, log_rank, survival_quantiles
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.portfolio.inputs import one_of, within
from kamkit.methods.service.inputs import (
    ALL,
    Day,
    KnownCases,
    days_between,
    group_names,
    in_order,
    known_cases,
)
from kamkit.methods.shares import same_groups, wilson

_KM = "field:Kaplan & Meier 1958"
_ENDS = {"resolve": "closed_on", "respond": "responded_on"}
_REPEATS = [
    *("group", "cases", "repeats", "followed", "rate", "low", "high", "counted_rate", "cluster"),
    *("variant", "origin"),
]


@dataclass(frozen=True)
class TimeToResolve:
    """The parts of :func:`time_to_resolve`."""

    curve: pd.DataFrame
    quantiles: pd.DataFrame
    test: pd.DataFrame
    measures: pd.DataFrame


def time_to_resolve(
    cases: pd.DataFrame,
    *,
    as_of: Day,
    by: str | pd.Series | None = None,
    until: str = "resolve",
    level: float = 0.95,
) -> TimeToResolve:
    """Days until a case is solved (or answered); open cases count as long as they have lasted.

    Needs columns: opened_on, closed_on (or responded_on for ``until="respond"``); ``by`` is a
    column (category, severity …) or names by account_id. A case closed without the day of its
    answer counts as not answered until it was closed.
    Returns ``curve`` (group, days, at_risk, events, censored, survival = share still open, se,
    low, high); ``quantiles`` (group, share 25, 50, 80, 90 %, days by which so many are done,
    low, high, n, events); ``test`` (log_rank_chi2, log_rank_p: whether groups differ at all);
    ``measures`` (days_median – all cases –, days_closed_only: the median of closed cases alone,
    which looks better than it is, cases_unsolved, oldest_open_days, cases_undated,
    cases_impossible).
    Source: S122; Kaplan & Meier 1958; Mantel 1966.

    >>> rows = pd.DataFrame({"opened_on": ["2026-01-01"] * 3,
    ...                      "closed_on": ["2026-01-07", "2026-01-11", None]})
    >>> found = time_to_resolve(rows, as_of="2026-01-31")
    >>> found.curve[["days", "survival"]].round(3).values.tolist()
    [[0.0, 1.0], [6.0, 0.667], [10.0, 0.333], [30.0, 0.333]]
    """
    one_of(until, "until", tuple(_ENDS))
    known = known_cases(cases, as_of)
    table = known.table
    end = table[_ENDS[until]]
    last = end.fillna(table["closed_on"]).fillna(known.day)
    days, done = days_between(table["opened_on"], last), end.notna().to_numpy()
    groups = group_names(table, "service_cases", by).to_numpy()
    named = None if by is None else groups
    curve = kaplan_meier(days, done, group=named, level=level)
    quantiles = survival_quantiles(curve, (0.25, 0.5, 0.8, 0.9))
    test = log_rank(days, done, groups)
    whole = kaplan_meier(days, done, level=level)
    return TimeToResolve(curve, quantiles, test, _measures(whole, days, done, end, known, until))


def _measures(
    whole: pd.DataFrame, days: Any, done: Any, end: pd.Series, known: KnownCases, until: str
) -> pd.DataFrame:
    n = len(days)
    origin = f"S122; {_KM}"
    how = f"kaplan_meier_{until}" if n else "too_little_data"
    middle = survival_quantiles(whole, [0.5])
    ends = {c: float(middle[c].iloc[0]) if n else np.nan for c in ("days", "low", "high")}
    waiting = days[~done & known.table["closed_on"].isna().to_numpy()] if n else days
    closed = days[done] if n else days
    return measure_table(
        [
            measure_row("days_median", ends["days"], n, low=ends["low"], high=ends["high"],
                        variant=how, origin=origin),
            measure_row("days_closed_only", np.median(closed) if len(closed) else np.nan,
                        len(closed), variant="closed_only", origin="house"),
            measure_row("cases_unsolved", len(waiting), n, variant="count", origin="house"),
            measure_row("oldest_open_days", waiting.max() if len(waiting) else np.nan,
                        len(waiting), variant="count", origin="house"),
            measure_row("cases_undated", known.undated, n, variant="count", origin="house"),
            measure_row("cases_impossible", known.impossible, n, variant="count", origin="house"),
        ]
    )  # fmt: skip


def repeat_rate(
    cases: pd.DataFrame,
    *,
    as_of: Day,
    window_days: int = 90,
    rule: str = "recorded",
    by: str | pd.Series | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Share of solved cases whose problem came back within ``window_days``.

    Needs columns: case_id, account_id, opened_on, closed_on; for ``rule="recorded"``
    repeat_of, for "same_kind" category: then the next case of the same account and category,
    opened on or after the day the first was closed, counts as its return. Cases closed less
    than the window ago count as long as they have been watched (Kaplan–Meier): taking them as
    solved for good would flatter us.
    Returns columns: group ("all" first), cases (closed), repeats (within the window), followed
    (watched over the whole window or come back), rate = 1 − Kaplan–Meier at the window, low,
    high, counted_rate = repeats ÷ cases (too low while the last ones are young), cluster,
    variant, origin. Too little data: rate NaN.
    Source: S122; Kaplan & Meier 1958; window house.

    >>> rows = pd.DataFrame({"case_id": ["S1", "S2"], "account_id": "A",
    ...     "opened_on": ["2026-01-01", "2026-02-01"], "closed_on": ["2026-01-10", "2026-02-10"],
    ...     "repeat_of": [None, "S1"]})
    >>> repeat_rate(rows, as_of="2026-12-31")[["cases", "repeats", "rate"]].values.tolist()
    [[2.0, 1.0, 0.5]]
    """
    one_of(rule, "rule", ("recorded", "same_kind"))
    within(window_days, "window_days", 1, 3650)
    named = ["repeat_of"] if rule == "recorded" else ["category"]
    need_columns(cases, "service_cases", ["case_id", "account_id", "closed_on", *named])
    known = known_cases(cases, as_of)
    table = known.table.assign(
        group=group_names(known.table, "service_cases", by).to_numpy(),
        back_on=_returns(known.table, rule),
    )
    closed = table[table["closed_on"].notna()].copy()
    came = closed["back_on"].notna()
    until = closed["back_on"].where(came, known.day)
    # A return that was written down before the case was closed came at once.
    closed["days"] = np.maximum(days_between(closed["closed_on"], until), 0.0)
    closed["came"] = came
    names = in_order(list(closed["group"])) if by is not None else []
    rows = [
        _repeat(n, closed if n == ALL else closed[closed["group"] == n], window_days, level)
        for n in [ALL, *names]
    ]
    out = pd.DataFrame(rows)
    out["cluster"] = 0
    part = (out["group"] != ALL).to_numpy()
    ends = [out.loc[part, c].to_numpy(float) for c in ("rate", "low", "high")]
    out.loc[part, "cluster"] = same_groups(*ends)
    how = f"kaplan_meier; repeat_{rule}; within_{window_days}_days"
    out["variant"] = np.where(out["rate"].notna(), how, "too_little_data")
    return out.assign(origin=f"S122; {_KM}; house")[_REPEATS]


def _returns(table: pd.DataFrame, rule: str) -> pd.Series:
    """The day on which each case's problem came back; NaT where it didn't."""
    if rule == "recorded":
        again = table[table["repeat_of"].notna()]
        first = again.groupby(again["repeat_of"].astype(str))["opened_on"].min()
        dates = pd.to_datetime(first).reindex(table["case_id"].astype(str))
        return dates.set_axis(table.index)
    out = pd.Series(pd.NaT, table.index, dtype="datetime64[us]")
    keys = table["account_id"].notna() & table["category"].notna()
    for _, rows in table[keys].groupby(["account_id", "category"]):
        opened = np.sort(rows["opened_on"].to_numpy())
        closed = rows["closed_on"].dropna()
        at = np.searchsorted(opened, closed.to_numpy(), side="left")
        # A case closed on the day it was opened must not be taken as its own return.
        same = rows.loc[closed.index, "opened_on"].to_numpy() == closed.to_numpy()
        at = np.where(same, np.searchsorted(opened, closed.to_numpy(), side="right"), at)
        found = at < len(opened)
        out.loc[closed.index[found]] = opened[at[found]]
    return out


def _repeat(name: str, rows: pd.DataFrame, window: int, level: float) -> dict[str, Any]:
    came = (rows["came"] & (rows["days"] <= window)).to_numpy()
    line: dict[str, Any] = {
        "group": name, "cases": len(rows), "repeats": int(came.sum()),
        "followed": int((came | (rows["days"] >= window)).sum()),
        "rate": np.nan, "low": np.nan, "high": np.nan,
        "counted_rate": came.mean() if len(rows) else np.nan,
    }  # fmt: skip
    if not len(rows):
        return line
    if line["followed"] == line["repeats"] and not came.all():
        # Nobody who stayed solved has been watched for so long: the window isn't known yet.
        return line
    curve = kaplan_meier(np.minimum(rows["days"], window), came, level=level)
    end = curve.iloc[-1]
    line |= {"rate": 1 - end["survival"], "low": 1 - end["high"], "high": 1 - end["low"]}
    if not came.any():
        # No return at all: Greenwood gives no width; the cases watched to the end do.
        low, high = wilson([0], [line["followed"]], level)
        line |= {"low": float(low[0]), "high": float(high[0])}
    return line
