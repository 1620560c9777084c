"""One value per account: the base of every concentration figure."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns, one_currency
from kamkit.methods.fiscal import fiscal_years
from kamkit.methods.selection.figures import need_choice

_COSTS = {"revenue": [], "margin": ["direct_cost"], "profit": ["direct_cost", "indirect_cost"]}


def roll_up_map(accounts: pd.DataFrame) -> dict[str, str]:
    """The topmost parent of every account.

    Needs columns: account_id, parent_id. A parent that has no row of its own still counts as
    the top. A circle of parents raises.

    >>> tree = pd.DataFrame({"account_id": ["a", "b", "c"], "parent_id": ["b", "g", None]})
    >>> roll_up_map(tree)
    {'a': 'g', 'b': 'g', 'c': 'c'}
    """
    need_columns(accounts, "accounts", ["account_id", "parent_id"])
    known = accounts.dropna(subset=["account_id"])
    parent = {
        str(a): (str(p) if pd.notna(p) and str(p) != "" else None)
        for a, p in zip(known["account_id"], known["parent_id"], strict=True)
    }
    top: dict[str, str] = {}
    problems: list[Problem] = []
    for account in parent:
        seen, here = {account}, account
        while (above := parent.get(here)) is not None:
            if above in seen:
                problems.append(
                    Problem("parent_circle", table="accounts", column="parent_id", value=account)
                )
                break
            seen.add(above)
            here = above
        top[account] = here
    KamkitError.collect(problems)
    return top


def _row_values(rows: pd.DataFrame, name: str, value: str) -> pd.Series:
    base = "amount" if name == "orders" else "revenue"
    costs = _COSTS.get(value)
    if costs is None:
        need_columns(rows, name, [value])
        return pd.to_numeric(rows[value], errors="coerce").astype(float)
    if name == "orders" and value == "profit":
        raise KamkitError(
            Problem("profit_needs_account_years", table="orders", column="indirect_cost")
        )
    need_columns(rows, name, [base, *costs])
    amount = pd.to_numeric(rows[base], errors="coerce").astype(float)
    for cost in costs:
        amount = amount - pd.to_numeric(rows[cost], errors="coerce").astype(float)
    return amount


def _year_of(day: str | dt.date | int, fiscal_year_start: int) -> int:
    """The fiscal year of a day; a bare year is one already."""
    text = str(day)
    if len(text) <= 4:
        return int(text)
    return int(fiscal_years(pd.Series([pd.Timestamp(text)]), fiscal_year_start).iloc[0])


def _in_period(
    rows: pd.DataFrame,
    name: str,
    year: int | None,
    start: str | dt.date | int | None,
    end: str | dt.date | int | None,
    fiscal_year_start: int,
) -> pd.Series:
    keep = pd.Series(True, index=rows.index)
    if name == "account_years":
        years = pd.to_numeric(rows["year"], errors="coerce")
        if year is not None:
            keep &= years == year
        if start is not None:
            keep &= years >= _year_of(start, fiscal_year_start)
        if end is not None:
            keep &= years <= _year_of(end, fiscal_year_start)
        return keep
    if year is None and start is None and end is None:
        return keep
    dates = pd.to_datetime(rows["date"], errors="coerce", format="ISO8601")
    KamkitError.collect(
        Problem("undated_row", table="orders", column="date", row=int(i) + 1)
        for i in np.flatnonzero(dates.isna())
    )
    if year is not None:
        keep &= fiscal_years(dates, fiscal_year_start) == year
    if start is not None:
        keep &= dates >= pd.Timestamp(str(start))
    if end is not None:
        keep &= dates < pd.Timestamp(str(end)) + pd.Timedelta(days=1)
    return keep


def account_values(
    source: pd.DataFrame,
    accounts: pd.DataFrame | None = None,
    *,
    value: str = "revenue",
    year: int | None = None,
    start: str | dt.date | int | None = None,
    end: str | dt.date | int | None = None,
    roll_up: bool = False,
    missing: str = "exclude",
    fiscal_year_start: int = 1,
) -> pd.DataFrame:
    """One value per account from an orders or an account_years table.

    Parameters
    ----------
    source : orders (account_id, date, amount) or account_years (account_id, year, revenue).
    accounts : needed for ``roll_up`` only (account_id, parent_id).
    value : "revenue"; "margin" (less direct cost); "profit" (less direct and indirect cost,
        account_years only); or the name of a money column.
    year, start, end : the period, both ends included; dates for orders, years otherwise. A
        year is a fiscal year; of account_years, a day stands for the fiscal year it lies in.
    roll_up : sum subsidiaries into their topmost parent.
    fiscal_year_start : its first month; it bears the calendar year in which it ends.
    missing : an account with a missing figure is left without a value ("exclude"), or its
        known rows are summed ("known"). A missing figure is never read as 0.

    Returns
    -------
    Columns: account_id, <value> (money of the input's currency), rows, rows_missing,
    rows_estimated (rows that are not actual), and currency where the source names one.
    Accounts without a row in the period are not in the table.

    Raises
    ------
    KamkitError : missing columns, two currencies, undated orders, a circle of parents.

    Source: S032, S033; X09.

    >>> orders = pd.DataFrame({"account_id": ["a", "b", "a"], "date": "2026-01-05",
    ...                        "amount": [3.0, 2.0, 1.0]})
    >>> account_values(orders)[["account_id", "revenue"]].values.tolist()
    [['a', 4.0], ['b', 2.0]]
    """
    need_choice(missing, "missing", ("exclude", "known"))
    name = "orders" if "amount" in source.columns else "account_years"
    need_columns(source, name, ["account_id", "date" if name == "orders" else "year"])
    rows = source.loc[_in_period(source, name, year, start, end, fiscal_year_start)]
    currency = one_currency(rows, name)
    ids = rows["account_id"].astype(str)
    if roll_up:
        if accounts is None:
            raise KamkitError(Problem("table_needed", table="accounts", column="parent_id"))
        top = roll_up_map(accounts)
        ids = ids.map(lambda a: top.get(a, a))
    estimated = (
        rows["status"].ne("actual") if "status" in rows.columns else pd.Series(False, rows.index)
    )
    amounts = _row_values(rows, name, value)
    work = pd.DataFrame(
        {
            "account_id": ids.astype(str),
            value: amounts,
            "rows_missing": amounts.isna().astype(int),
            "rows_estimated": estimated.astype(int),
        }
    )
    grouped = work.groupby("account_id", sort=True)
    table = grouped[value].sum(min_count=1).to_frame()
    table["rows"] = grouped.size()
    table["rows_missing"] = grouped["rows_missing"].sum()
    table["rows_estimated"] = grouped["rows_estimated"].sum()
    if missing == "exclude":
        table[value] = table[value].where(table["rows_missing"] == 0)
    if currency is not None:
        table["currency"] = currency
    return table.reset_index()
