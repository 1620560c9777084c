"""Simple rules that a forecast has to beat: pipeline by CRM probability, the past, the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.funnel.history import DealHistory

NAN = float("nan")
COMMIT = ("commit", "committed", "承诺")
CALL = "sales_call"

Rule = Callable[[DealHistory, pd.Timestamp, pd.Timestamp], float]


def bookings(history: DealHistory, start: pd.Timestamp, end: pd.Timestamp) -> float:
    """Amounts of the deals won from ``start`` to ``end``, both days counted."""
    deals = history.deals
    here = (deals["status"] == "won") & deals["closed_on"].between(start, end)
    return float(deals.loc[here, "amount"].sum())


def open_pipeline(known: DealHistory) -> pd.DataFrame:
    """Open deals whose figures were noted on or before the day: no later edit is among them.

    Returns the columns of ``deals``; the index is the deal's number.
    """
    deals = known.deals
    noted = deals.index.isin(known.book["deal"].unique())
    return deals[(deals["status"] == "open") & noted]


def weighted_pipeline(known: DealHistory, start: pd.Timestamp, end: pd.Timestamp) -> float:
    """Sum of amount times CRM probability over open deals that are due in the period.

    NaN where nobody kept dated figures, or no probability.
    """
    pipeline = open_pipeline(known)
    due = pipeline[pipeline["close_date"].between(start, end)]
    if not len(pipeline) or pipeline["probability"].isna().all():
        return NAN
    return float((due["amount"] * due["probability"]).sum())


def last_period(known: DealHistory, start: pd.Timestamp, end: pd.Timestamp) -> float:
    """Bookings of the last span of the same length that was over on the day."""
    return _earlier(known, start, end, _months(start, end))


def same_period_last_year(known: DealHistory, start: pd.Timestamp, end: pd.Timestamp) -> float:
    """Bookings of the same span a year earlier; NaN where records don't reach that far."""
    return _earlier(known, start, end, 12)


def trailing_mean(known: DealHistory, start: pd.Timestamp, end: pd.Timestamp) -> float:
    """Mean bookings of the last four spans of the same length; NaN with fewer than four."""
    step = _months(start, end)
    return float(np.mean([_earlier(known, start, end, k * step) for k in range(1, 5)]))


def _months(start: pd.Timestamp, end: pd.Timestamp) -> int:
    after = end + pd.Timedelta(days=1)
    return max(1, (after.year - start.year) * 12 + after.month - start.month)


def _earlier(known: DealHistory, start: pd.Timestamp, end: pd.Timestamp, months: int) -> float:
    step = _months(start, end)
    while end - pd.DateOffset(months=months) > known.as_of:
        months += step
    first = start - pd.DateOffset(months=months)
    begun = known.deals["created_on"].min()
    if pd.isna(begun) or first < begun:
        return NAN
    last = end + pd.Timedelta(days=1) - pd.DateOffset(months=months) - pd.Timedelta(days=1)
    return bookings(known, first, last)


def committed(known: DealHistory, start: pd.Timestamp, end: pd.Timestamp) -> float:
    """Sum of open deals due in the period that are marked as committed; NaN without marks."""
    pipeline = open_pipeline(known)
    if "forecast_category" not in pipeline or pipeline["forecast_category"].isna().all():
        return NAN
    firm = pipeline["forecast_category"].astype(str).str.strip().str.lower().isin(COMMIT)
    due = pipeline["close_date"].between(start, end)
    return float(pipeline.loc[firm & due, "amount"].sum())


def manager_call(calls: pd.DataFrame) -> Rule:
    """The manager's call from a targets table, as a rule.

    Needs columns: period (as in 2025Q3, 2025-07 or 2025), kpi (sales_call), value; where there
    is a scope, the company's row counts, else the sum over its teams, else over its members.
    A call counts for the period that it names; it is taken to have been made before that began.

    >>> calls = pd.DataFrame({"period": ["2025Q3"], "kpi": ["sales_call"], "value": [7.0]})
    >>> manager_call(calls)(None, pd.Timestamp("2025-07-01"), pd.Timestamp("2025-09-30"))
    7.0
    """
    need_columns(calls, "targets", ["period", "kpi", "value"])
    table = calls[calls["kpi"] == CALL].dropna(subset=["value"])
    spans = [_span(str(text)) for text in table["period"]]

    def rule(known: DealHistory, start: pd.Timestamp, end: pd.Timestamp) -> float:
        here = table[[span == (start, end) for span in spans]]
        if "scope" in here:
            levels = [s for s in ("company", "team", "member") if (here["scope"] == s).any()]
            here = here[here["scope"] == levels[0]] if levels else here
        return float(here["value"].sum()) if len(here) else NAN

    return rule


def _span(text: str) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    try:
        period = pd.Period(text.replace("-Q", "Q"))
    except ValueError:
        return None
    return period.start_time.normalize(), period.end_time.normalize()


RULES: Mapping[str, Rule] = {
    "weighted_pipeline": weighted_pipeline,
    "last_period": last_period,
    "same_period_last_year": same_period_last_year,
    "trailing_mean": trailing_mean,
    "committed": committed,
}
