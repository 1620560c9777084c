"""Basis fields in money: sales, profit, potential, and what the orders say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.fiscal import fiscal_years

_YEAR_FIELDS = [
    "sales",
    "sales_before",
    "sales_growth",
    "forecast_growth",
    "sales_share",
    "gross_profit",
    "profit",
    "profit_margin",
    "potential",
    "headroom",
    "share_of_wallet",
]
_ORDER_FIELDS = [
    "orders_per_year",
    "order_years",
    "largest_order",
    "days_since_order",
    "directed_share",
]


def _numbers(table: pd.DataFrame, column: str) -> pd.Series:
    if column not in table.columns:
        return pd.Series(np.nan, index=table.index, dtype=float)
    return pd.to_numeric(table[column], errors="coerce").astype(float)


def clean_orders(orders: pd.DataFrame, fiscal_year_start: int = 1) -> pd.DataFrame:
    """Orders with the columns used here typed: account_id, order_id, day, year, amount.

    ``year`` is the fiscal year.
    """
    need_columns(orders, "orders", ["account_id", "order_id", "date", "amount"])
    day = pd.to_datetime(orders["date"]).dt.normalize()
    return pd.DataFrame(
        {
            "account_id": orders["account_id"],
            "order_id": orders["order_id"].astype("str"),
            "day": day,
            "year": fiscal_years(day, fiscal_year_start),
            "amount": _numbers(orders, "amount"),
            "direct_cost": _numbers(orders, "direct_cost"),
        }
    )


def _sums(values: pd.Series, accounts: pd.Series, index: pd.Index) -> pd.Series:
    """Sum per account, missing where any part is: cents only, so that limits are met exactly."""
    total = values.groupby(accounts).agg(lambda v: v.sum(skipna=False))
    return total.reindex(index).astype(float).round(2)


def _year_figure(years: pd.DataFrame | None, column: str, year: int, index: pd.Index) -> pd.Series:
    if years is None:
        return pd.Series(np.nan, index=index, dtype=float)
    rows = years[pd.to_numeric(years["year"]) == year]
    return _sums(_numbers(rows, column), rows["account_id"], index)


def _ordered(lines: pd.DataFrame | None, column: str, year: int, index: pd.Index) -> pd.Series:
    """The year's orders per account; none is 0, as the table of orders is complete.

    Unknown for a year before the first order on file: nobody knows what was bought then.
    """
    if lines is None or not (lines["year"] <= year).any():
        return pd.Series(np.nan, index=index, dtype=float)
    rows = lines[lines["year"] == year]
    found = _sums(rows[column], rows["account_id"], index)
    return found.where(index.isin(rows["account_id"]), 0.0)


def _ratio(top: pd.Series, bottom: pd.Series) -> pd.Series:
    return (top / bottom.where(bottom > 0)).astype(float)


def year_fields(
    years: pd.DataFrame | None,
    orders: pd.DataFrame | None,
    index: pd.Index,
    year: int,
    fiscal_year_start: int = 1,
) -> pd.DataFrame:
    """Sales, profit and potential of one year per account."""
    found = pd.DataFrame(index=index)
    lines = None if orders is None else clean_orders(orders, fiscal_year_start)
    if years is not None:
        need_columns(years, "account_years", ["account_id", "year", "revenue"])
    recorded = _year_figure(years, "revenue", year, index)
    found["sales"] = recorded.where(recorded.notna(), _ordered(lines, "amount", year, index))
    before = _year_figure(years, "revenue", year - 1, index)
    found["sales_before"] = before.where(before.notna(), _ordered(lines, "amount", year - 1, index))
    found["sales_growth"] = _ratio(found["sales"], found["sales_before"]) - 1
    found["forecast_growth"] = _forecast_growth(years, found["sales"], index, year)
    total = found["sales"].clip(lower=0).sum()
    found["sales_share"] = found["sales"] / total if total > 0 else np.nan
    direct = _year_figure(years, "direct_cost", year, index)
    direct = direct.where(direct.notna(), _ordered(lines, "direct_cost", year, index))
    found["gross_profit"] = (found["sales"] - direct).round(2)
    indirect = _year_figure(years, "indirect_cost", year, index)
    found["profit"] = (found["gross_profit"] - indirect).round(2)
    found["profit_margin"] = _ratio(found["profit"], found["sales"])
    found["potential"] = _year_figure(years, "category_spend", year, index)
    found["headroom"] = (found["potential"] - found["sales"]).round(2)
    found["share_of_wallet"] = _ratio(found["sales"], found["potential"])
    return found[_YEAR_FIELDS]


def _forecast_growth(
    years: pd.DataFrame | None, sales: pd.Series, index: pd.Index, year: int
) -> pd.Series:
    """Growth a year to the furthest forecast; defined for positive ends only."""
    if years is None or "status" not in years.columns:
        return pd.Series(np.nan, index=index, dtype=float)
    ahead = years[(years["status"] == "forecast") & (pd.to_numeric(years["year"]) > year)]
    if ahead.empty:
        return pd.Series(np.nan, index=index, dtype=float)
    furthest = int(pd.to_numeric(ahead["year"]).max())
    target = _year_figure(years, "revenue", furthest, index)
    ratio = _ratio(target.where(target > 0), sales)
    return (ratio ** (1 / (furthest - year)) - 1).astype(float)


def order_fields(
    orders: pd.DataFrame | None,
    index: pd.Index,
    year: int,
    as_of: pd.Timestamp,
    fiscal_year_start: int = 1,
) -> pd.DataFrame:
    """Number, size, recency and directedness of orders per account.

    An order counts if its lines add up to more than nothing: credit notes are no purchases.
    """
    if orders is None:
        return pd.DataFrame(np.nan, index=index, columns=_ORDER_FIELDS)
    lines = clean_orders(orders, fiscal_year_start)
    lines = lines[lines["day"] <= as_of]
    keys = ["account_id", "order_id"]
    whole = lines.groupby(keys).agg(amount=("amount", "sum"), day=("day", "min")).reset_index()
    whole = whole[whole["amount"] > 0]
    whole["year"] = fiscal_years(whole["day"], fiscal_year_start)
    current = whole[whole["year"] == year].groupby("account_id")
    everything = whole.groupby("account_id")
    found = pd.DataFrame(index=index)
    found["orders_per_year"] = current.size().reindex(index, fill_value=0).astype(float)
    found["order_years"] = everything["year"].nunique().reindex(index, fill_value=0).astype(float)
    found["largest_order"] = current["amount"].max().reindex(index).astype(float).round(2)
    last = everything["day"].max().reindex(index)
    found["days_since_order"] = (as_of - last).dt.days.astype(float) if len(whole) else np.nan
    found["directed_share"] = _directed(orders, lines, index)
    return found[_ORDER_FIELDS]


def _directed(orders: pd.DataFrame, lines: pd.DataFrame, index: pd.Index) -> pd.Series:
    """Share of purchases made without rivals, among purchases where that is recorded."""
    if "sole_source" not in orders.columns:
        return pd.Series(np.nan, index=index, dtype=float)
    flag = orders.loc[lines.index, "sole_source"]
    told = lines[flag.notna() & (lines["amount"] > 0)]
    sole = told["amount"].where(flag.loc[told.index].astype(bool), 0.0)
    by = told["account_id"]
    return _ratio(sole.groupby(by).sum(), told["amount"].groupby(by).sum()).reindex(index)
