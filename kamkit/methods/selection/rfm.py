"""Recency, frequency, monetary value: three scores side by side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns, one_currency
from kamkit.methods.selection.figures import Floats, Ints, joined

Breaks = Sequence[tuple[str, float]]
_TESTS = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
_DAYS_PER_MONTH = 365.25 / 12
RFM_COLUMNS = [
    "account_id", "last_order", "recency_days", "recency_months", "frequency", "monetary",
    "r", "f", "m", "rfm", "credit_notes", "variant", "origin",
]  # fmt: skip


def break_scores(values: Floats, breaks: Breaks) -> Ints:
    """Score 5, 4, … of the first condition that holds, else 1; missing gets 0.

    >>> break_scores(np.array([0.5, 3.0, 12.0]), [("<", 1), ("<=", 3), ("<=", 6), ("<=", 9)])
    array([5, 4, 1])
    """
    KamkitError.collect(
        Problem("unknown_option", column="breaks", value=sign, details={"allowed": "< <= > >="})
        for sign, _ in breaks
        if sign not in _TESTS
    )
    top = len(breaks) + 1
    scores = np.ones(len(values), dtype=np.int64)
    for step, (sign, edge) in reversed(list(enumerate(breaks))):
        scores[_TESTS[sign](values, edge)] = top - step
    scores[np.isnan(values)] = 0
    return scores


def quantile_scores(values: Floats, classes: int = 5, *, low_is_good: bool = False) -> Ints:
    """Score by the place among all accounts; equal values always get one score.

    An account's place is its mid-rank, so that ties stand in the middle of their range and a
    constant column scores 3 of 5 throughout. Missing gets 0.

    >>> quantile_scores(np.array([1.0, 1.0, 5.0, 9.0, 20.0]))
    array([2, 2, 3, 4, 5])
    """
    scores = np.zeros(len(values), dtype=np.int64)
    known = ~np.isnan(values)
    if known.any():
        ranks = pd.Series(-values[known] if low_is_good else values[known]).rank(method="average")
        place = (ranks.to_numpy() - 0.5) / known.sum()
        scores[known] = np.minimum(np.floor(place * classes + 1e-9), classes - 1) + 1
    return scores


def rfm_codes(
    table: pd.DataFrame,
    *,
    recency: Breaks | None = None,
    frequency: Breaks | None = None,
    monetary: Breaks | None = None,
    recency_column: str = "recency_months",
) -> pd.DataFrame:
    """R, F and M scores for figures that are already there.

    Needs columns: account_id, ``recency_column``, frequency, monetary.
    Breaks are read from score 5 down: ``[("<", 1), ("<=", 3), ("<=", 6), ("<=", 9)]`` means
    5 below 1, 4 up to 3, 3 up to 6, 2 up to 9, else 1. None scores by quantile.
    Returns the table with r, f, m (1–5, missing where the figure is), rfm (text: a label, not a
    number to average), variant, origin.
    Source: S022; Hughes 1994; Bult & Wansbeek 1995.

    >>> row = pd.DataFrame({"account_id": ["A"], "recency_months": [2.0], "frequency": [12],
    ...                     "monetary": [6.0]})
    >>> rfm_codes(row, recency=[("<", 1), ("<=", 3)], frequency=[(">=", 10)],
    ...           monetary=[(">", 5)])["rfm"].tolist()
    ['222']
    """
    need_columns(table, "rfm", ["account_id", recency_column, "frequency", "monetary"])
    result = table.copy()
    kinds = []
    for letter, column, breaks in (
        ("r", recency_column, recency),
        ("f", "frequency", frequency),
        ("m", "monetary", monetary),
    ):
        figures = pd.to_numeric(table[column], errors="coerce").to_numpy(float)
        if breaks is None:
            scores = quantile_scores(figures, low_is_good=letter == "r")
        else:
            scores = break_scores(figures, breaks)
        kinds.append(f"rfm_{letter}_{'quantile' if breaks is None else 'fixed'}")
        result[letter] = pd.Series(scores, index=table.index, dtype="Int64").where(scores > 0)
    parts = result[["r", "f", "m"]]
    text = parts.astype("str").agg("".join, axis=1) if len(parts) else pd.Series(dtype="str")
    result["rfm"] = text.where(parts.notna().all(axis=1))
    result["variant"] = joined(*kinds)
    result["origin"] = "S022; field:Hughes 1994"
    return result


def rfm_scores(
    orders: pd.DataFrame,
    *,
    as_of: str | dt.date,
    start: str | dt.date | None = None,
    recency: Breaks | None = None,
    frequency: Breaks | None = None,
    monetary: Breaks | None = None,
) -> pd.DataFrame:
    """RFM scores from orders up to an analysis date.

    Needs columns: account_id, date, amount; order_id if orders have several lines.
    Recency counts from the last order with a positive amount, in months of 30.44 days;
    frequency counts distinct orders with a positive amount; money is net of credit notes.
    Orders after ``as_of`` or before ``start`` are not looked at.
    Returns columns: account_id, last_order, recency_days, recency_months, frequency, monetary
    (money), r, f, m, rfm, credit_notes (rows below zero), variant, origin; one row per account
    with a positive order in the period.
    Fits many small orders; a few framework contracts a year say little here.
    Source: S022; Hughes 1994; Bult & Wansbeek 1995.

    >>> orders = pd.DataFrame({"account_id": ["a", "a", "b"], "amount": [10.0, 20.0, 5.0],
    ...                        "date": ["2026-01-10", "2026-03-01", "2025-06-01"]})
    >>> rfm_scores(orders, as_of="2026-03-31")[["account_id", "frequency", "rfm"]].values.tolist()
    [['a', 2, '444'], ['b', 1, '222']]
    """
    need_columns(orders, "orders", ["account_id", "date", "amount"])
    one_currency(orders, "orders")
    dates = pd.to_datetime(orders["date"], errors="coerce", format="ISO8601")
    KamkitError.collect(
        Problem("undated_row", table="orders", column="date", row=int(i) + 1)
        for i in np.flatnonzero(dates.isna())
    )
    end = pd.Timestamp(str(as_of))
    keep = dates.lt(end + pd.Timedelta(days=1))
    if start is not None:
        keep &= dates >= pd.Timestamp(str(start))
    order = orders["order_id"] if "order_id" in orders.columns else pd.Series(orders.index)
    rows = pd.DataFrame(
        {
            "account_id": orders["account_id"].astype(str),
            "order": order.to_numpy(),
            "date": dates.dt.normalize(),
            "amount": pd.to_numeric(orders["amount"], errors="coerce"),
        }
    ).loc[keep]
    bought = rows[rows["amount"] > 0].groupby("account_id")
    table = pd.DataFrame(
        {"last_order": bought["date"].max(), "frequency": bought["order"].nunique()}
    )
    grouped = rows.groupby("account_id")["amount"]
    table["monetary"] = grouped.sum(min_count=1)
    table["credit_notes"] = rows["amount"].lt(0).groupby(rows["account_id"]).sum()
    table["recency_days"] = (end.normalize() - table["last_order"]).dt.days
    table["recency_months"] = table["recency_days"] / _DAYS_PER_MONTH
    result = rfm_codes(table.reset_index(), recency=recency, frequency=frequency, monetary=monetary)
    return result[RFM_COLUMNS]
