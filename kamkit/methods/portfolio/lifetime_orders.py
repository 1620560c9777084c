"""Order histories as the buy-till-you-die models read them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.portfolio.inputs import measure_table, one_of
from kamkit.methods.portfolio.lifetime_measures import NAN, measure_row, order_lines
from kamkit.methods.portfolio.lifetime_retention import account_periods

DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12}
_COLUMNS = ["account_id", "x", "t_x", "T", "mean_spend", "gap_cv"]
_COLUMNS += ["credited", "cancelled_orders", "unmatched_credit"]


def order_days(orders: pd.DataFrame, *, as_of: dt.date | str) -> pd.DataFrame:
    """Orders as the models count them: one per account and day, credit notes taken off.

    All lines of a day are one order. A day that nets below zero is a credit note and reduces
    the account's order before it; an order credited in full no longer counts as one. A credit
    before the first order has nothing to reduce and is reported. Later days than ``as_of`` are
    not looked at.

    Needs columns: account_id, date, amount.
    Returns columns: account_id, date, amount (money, after credits), credited (money taken
    off), cancelled (credited in full), unmatched (a credit without an order before it).
    Errors: missing columns; several currencies.
    Source: house.

    >>> orders = pd.DataFrame({"account_id": "A", "amount": [10.0, 5.0, -4.0],
    ...     "date": pd.to_datetime(["2025-01-02", "2025-01-02", "2025-01-20"])})
    >>> order_days(orders, as_of="2025-12-31")[["amount", "credited"]].values.tolist()
    [[11.0, 4.0]]
    """
    lines = order_lines(orders)
    lines = lines[lines["date"] <= pd.Timestamp(as_of)]
    if lines.empty:
        columns = ["account_id", "date", "amount", "credited", "cancelled", "unmatched"]
        return pd.DataFrame(columns=columns).astype({"cancelled": bool, "unmatched": bool})
    days = lines.groupby(["account_id", "date"], as_index=False)["amount"].sum()
    days = days[days["amount"] != 0]
    days["credited"] = days["amount"].clip(upper=0).abs()
    days["order"] = (days["amount"] > 0).groupby(days["account_id"]).cumsum()
    merged = days.groupby(["account_id", "order"], as_index=False).agg(
        date=("date", "min"), amount=("amount", "sum"), credited=("credited", "sum")
    )
    merged["unmatched"] = merged["order"] == 0
    # Half a cent: full credits must not survive as orders of 1e-12.
    merged["cancelled"] = ~merged["unmatched"] & (merged["amount"] <= 0.005)
    columns = ["account_id", "date", "amount", "credited", "cancelled", "unmatched"]
    return pd.DataFrame(merged[columns])


def _gap_cv(dates: pd.Series) -> float:
    gaps = dates.diff().dt.days.dropna()
    return float(gaps.std(ddof=1) / gaps.mean()) if len(gaps) >= 3 else NAN


def repeat_summary(
    orders: pd.DataFrame, as_of: dt.date | str, *, unit: str = "week"
) -> pd.DataFrame:
    """Repeat orders, their last date and the time watched, per account.

    Needs columns: account_id, date, amount (see :func:`order_days` for what is one order).
    Returns columns: account_id, x (repeat orders: the first is not one of them), t_x (time of
    the last repeat order since the first, 0 where x is 0), T (time watched since the first
    order), both in ``unit``; mean_spend (money per repeat order, NaN where x is 0), gap_cv
    (coefficient of variation of the gaps in days, NaN below 3 gaps), credited,
    unmatched_credit (money), cancelled_orders (count). Accounts whose orders were all
    cancelled are left out.
    Errors: missing columns; several currencies; a ``unit`` other than day, week, month.
    Source: Fader, Hardie & Lee 2005.

    >>> orders = pd.DataFrame({"account_id": "A", "amount": [10.0, 5.0],
    ...     "date": pd.to_datetime(["2025-01-01", "2025-01-15"])})
    >>> repeat_summary(orders, "2025-01-29")[["x", "t_x", "T", "mean_spend"]].values.tolist()
    [[1.0, 2.0, 4.0, 5.0]]
    """
    one_of(unit, "unit", list(DAYS))
    days = order_days(orders, as_of=as_of)
    kept = days[~days["cancelled"] & ~days["unmatched"]]
    if kept.empty:
        return pd.DataFrame(columns=_COLUMNS).astype(
            dict.fromkeys(_COLUMNS[2:], float) | {"x": "int64"}
        )
    grouped = kept.groupby("account_id")
    table = grouped.agg(x=("date", "size"), first=("date", "min"), last=("date", "max"))
    table["x"] = table["x"] - 1
    watched = pd.Timestamp(as_of).normalize() - table["first"]
    table["t_x"] = (table["last"] - table["first"]).dt.days / DAYS[unit]
    table["T"] = watched.dt.days / DAYS[unit]
    repeats = kept[grouped.cumcount() > 0]
    table["mean_spend"] = repeats.groupby("account_id")["amount"].mean()
    table["gap_cv"] = grouped["date"].apply(_gap_cv)
    by_account = days.groupby("account_id")
    table["credited"] = by_account["credited"].sum()
    table["cancelled_orders"] = by_account["cancelled"].sum()
    unmatched = days["credited"].where(days["unmatched"], 0.0)
    table["unmatched_credit"] = unmatched.groupby(days["account_id"]).sum()
    return table.reset_index()[_COLUMNS]


def model_scope(
    summary: pd.DataFrame,
    *,
    min_customers: int = 100,
    min_repeaters: int = 30,
    min_gap_cv: float = 0.5,
) -> pd.DataFrame:
    """Whether the order histories suit the buy-till-you-die models at all.

    The models describe hundreds of customers who order when they please. Twenty framework
    contracts with monthly call-offs are not that: the first two rows say whether there are
    enough customers, the third whether the gaps between orders are irregular.

    Needs columns: x, gap_cv.
    Returns: measure table with ``model_customers``, ``model_repeaters`` (value; low = house
    minimum; variant ``enough`` or ``below_minimum``) and ``gap_variation`` (median coefficient
    of variation, low and high = quartiles; variant ``irregular``, ``too_regular`` or
    ``too_little_data``).
    Errors: missing columns.
    Source: Fader, Hardie & Lee 2005 (Poisson purchasing); limits are house rules.

    >>> table = pd.DataFrame({"x": [0, 4], "gap_cv": [float("nan"), 0.1]})
    >>> model_scope(table).variant.tolist()
    ['below_minimum', 'below_minimum', 'too_regular']
    """
    need_columns(summary, "summary", ["x", "gap_cv"])
    rows = []
    counts = {
        "model_customers": (len(summary), min_customers),
        "model_repeaters": (int((summary["x"] > 0).sum()), min_repeaters),
    }
    for key, (count, floor) in counts.items():
        variant = "enough" if count >= floor else "below_minimum"
        rows.append(measure_row(key, count, low=floor, n=len(summary), variant=variant))
    spread = summary["gap_cv"].dropna().to_numpy(dtype=float)
    if not len(spread):
        rows.append(measure_row("gap_variation", NAN, variant="too_little_data"))
        return measure_table(rows)
    low, middle, high = np.quantile(spread, [0.25, 0.5, 0.75])
    variant = "irregular" if middle >= min_gap_cv else "too_regular"
    row = measure_row("gap_variation", middle, low=low, high=high, n=len(spread), variant=variant)
    return measure_table([*rows, row])


def yearly_opportunities(
    orders: pd.DataFrame,
    *,
    as_of: dt.date | str,
    period: str = "year",
    data_from: dt.date | str | None = None,
    fiscal_year_start: int = 1,
) -> pd.DataFrame:
    """Periods with and without orders after the first, per account, for the BG/BB model.

    Needs columns: account_id, date, amount.
    Returns columns: account_id, x (periods with orders after the first), t_x (the last of
    them, 0 where none), n (finished periods after the first); accounts with n = 0 left out.
    Errors: missing columns; a period other than year, half, quarter.
    Source: Fader, Hardie & Shang 2010.

    >>> orders = pd.DataFrame({"account_id": "A", "amount": 5.0,
    ...     "date": pd.to_datetime(["2022-01-05", "2024-03-01"])})
    >>> yearly_opportunities(orders, as_of="2025-12-31")[["x", "t_x", "n"]].values.tolist()
    [[1, 2, 3]]
    """
    periods = account_periods(
        orders,
        as_of=as_of,
        period=period,
        data_from=data_from,
        fiscal_year_start=fiscal_year_start,
    )
    if periods.empty:
        return pd.DataFrame(columns=["account_id", "x", "t_x", "n"])
    wide = periods.pivot(index="account_id", columns="period_start", values="active")
    active = wide.to_numpy(dtype=bool)
    first = active.argmax(axis=1)
    last = active.shape[1] - 1 - active[:, ::-1].argmax(axis=1)
    table = pd.DataFrame({"account_id": wide.index.to_numpy(), "x": active.sum(axis=1) - 1})
    table["t_x"] = last - first
    table["n"] = active.shape[1] - 1 - first
    return table[table["n"] > 0].reset_index(drop=True)
