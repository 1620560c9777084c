"""How an account orders: pauses against its own rhythm, sales against the period before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.portfolio.inputs import ratio, table_of
from kamkit.methods.portfolio.lifetime_measures import NAN, order_lines
from kamkit.methods.shares import wilson_ends

FEWEST_GAPS = 8
PAUSE_COLUMNS = ["account_id", "first_on", "last_on", "order_days", "gaps", "pause_days"]
PAUSE_COLUMNS += ["usual_days", "longest_days", "pause_share", "low", "high", "status"]
PAUSE_COLUMNS += ["variant", "origin"]
CHANGE_COLUMNS = ["account_id", "revenue_now", "revenue_before", "change_share", "status", "origin"]
Day = dt.date | str


def order_pauses(
    orders: pd.DataFrame, *, as_of: Day, accounts: Iterable[str] | None = None
) -> pd.DataFrame:
    """How long ago each account last ordered, held against its own rhythm.

    ``pause_share`` is the share of past days on which its last order was already as old as it is
    now: 0.02 says that so long a pause stood on one day in fifty. It needs no model, and it isn't
    misled by accounts that order in bursts. Days with several orders count once; credit notes and
    days after ``as_of`` don't count. ``accounts`` adds accounts that never ordered.

    Needs columns: account_id, date, amount.
    Returns columns: account_id, first_on, last_on, order_days (different days with an order),
    gaps (between them), pause_days, usual_days (median gap), longest_days, pause_share (0–1), low,
    high (Wilson on the number of gaps), status (ok, too_few: below 8 gaps there is no share,
    never), variant, origin.
    Errors: missing columns, bad cells, several currencies.
    Source: Cox 1962 (age of a renewal process); the least number of gaps is a house rule.

    >>> days = pd.date_range("2025-01-01", periods=10, freq="10D")
    >>> orders = pd.DataFrame({"account_id": "A", "date": days, "amount": 1.0})
    >>> order_pauses(orders, as_of="2025-05-01")[["pause_days", "pause_share"]].values.tolist()
    [[30.0, 0.0]]
    """
    end = pd.Timestamp(as_of)
    lines = order_lines(orders)
    lines = lines[(lines["amount"] > 0) & (lines["date"] <= end)]
    rows = [_pause(str(key), part, end) for key, part in lines.groupby("account_id")["date"]]
    known = {row["account_id"] for row in rows}
    rows += [_never(key) for key in dict.fromkeys(accounts or ()) if key not in known]
    table = table_of(rows, PAUSE_COLUMNS)
    return table.assign(origin="field:Cox 1962; house")


def pause_share(gaps: np.ndarray, pause: float) -> float:
    """Share of past days on which the last order was at least ``pause`` days old.

    >>> pause_share(np.array([10.0, 30.0]), 20)
    0.25
    """
    return float(ratio(np.clip(gaps - pause, 0, None).sum(), gaps.sum()))


def _pause(account: str, dates: pd.Series, end: pd.Timestamp) -> dict[str, Any]:
    days = pd.DatetimeIndex(np.sort(dates.unique()))
    gaps = np.diff(days.to_numpy()).astype("timedelta64[D]").astype(float)
    pause = float((end - days[-1]).days)
    enough = len(gaps) >= FEWEST_GAPS
    share = pause_share(gaps, pause) if enough else NAN
    low, high = wilson_ends(share * len(gaps), len(gaps)) if enough else (NAN, NAN)
    return {
        "account_id": account,
        "first_on": days[0],
        "last_on": days[-1],
        "order_days": len(days),
        "gaps": len(gaps),
        "pause_days": pause,
        "usual_days": float(np.median(gaps)) if len(gaps) else NAN,
        "longest_days": float(gaps.max()) if len(gaps) else NAN,
        "pause_share": share,
        "low": low,
        "high": high,
        "status": "ok" if enough else "too_few",
        "variant": "own_pauses" if enough else "too_little_data",
    }


def _never(account: str) -> dict[str, Any]:
    empty = dict.fromkeys(PAUSE_COLUMNS, NAN)
    dates = {"first_on": pd.NaT, "last_on": pd.NaT}
    words = {"account_id": account, "status": "never", "variant": "too_little_data"}
    return empty | dates | words | {"order_days": 0, "gaps": 0}


def sales_change(orders: pd.DataFrame, *, start: Day, end: Day) -> pd.DataFrame:
    """Sales of each account in a period against the period of equal length before it.

    Needs columns: account_id, date, amount.
    Returns columns: account_id, revenue_now, revenue_before (money), change_share (of the period
    before; NaN where that is not above zero), status (ok, new: nothing before, not_covered: the
    records begin more than 31 days after the earlier period does, so nothing can be said), origin.
    Errors: missing columns, bad cells, several currencies.
    Source: house.

    >>> orders = pd.DataFrame({"account_id": "A", "date": ["2024-01-09", "2025-03-01"],
    ...                        "amount": [10.0, 8.0]})
    >>> sales_change(orders, start="2025-01-01", end="2025-12-31").change_share.tolist()
    [-0.2]
    """
    lines = order_lines(orders)
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    earlier = _before(first, last)
    covered = len(lines) > 0 and lines["date"].min() <= earlier + pd.Timedelta(days=31)
    now = lines[lines["date"].between(first, last)].groupby("account_id")["amount"].sum()
    before = lines[(lines["date"] >= earlier) & (lines["date"] < first)]
    sums = before.groupby("account_id")["amount"].sum()
    table = pd.DataFrame({"revenue_now": now, "revenue_before": sums}).fillna(0.0)
    if not covered:
        table["revenue_before"] = NAN
    change = table["revenue_now"] - table["revenue_before"]
    table["change_share"] = ratio(change, table["revenue_before"])
    table["status"] = np.select(
        [table["revenue_before"].isna(), ~(table["revenue_before"] > 0)],
        ["not_covered", "new"],
        "ok",
    )
    return table.rename_axis("account_id").reset_index().assign(origin="house")[CHANGE_COLUMNS]


def _before(first: pd.Timestamp, last: pd.Timestamp) -> pd.Timestamp:
    """First day of the period before: whole years where the period is whole years."""
    years = (last + pd.Timedelta(days=1)).year - first.year
    after = last + pd.Timedelta(days=1)
    if years > 0 and (after.month, after.day) == (first.month, first.day):
        return first - pd.DateOffset(years=years)
    return first - (after - first)
