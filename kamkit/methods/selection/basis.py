"""One row per account with every basis field that a scheme may test."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns, one_currency
from kamkit.methods.fiscal import fiscal_bounds
from kamkit.methods.selection.basis_money import order_fields, year_fields
from kamkit.methods.selection.basis_time import contract_years, customer_years, project_fields
from kamkit.methods.selection.values import roll_up_map
from kamkit.schemes import criteria, fields

NOTE_COLUMNS = ["field", "n", "known", "reason", "needs"]
_COMPUTED_ELSEWHERE = ("decision", "attractiveness", "relative_strength")
_OWN = ("turnover", "industry_rank", "industry", "region", "relation", "lifecycle")


def account_basis(
    accounts: pd.DataFrame,
    account_years: pd.DataFrame | None = None,
    orders: pd.DataFrame | None = None,
    ratings: pd.DataFrame | None = None,
    contracts: pd.DataFrame | None = None,
    cost_drivers: pd.DataFrame | None = None,
    projects: pd.DataFrame | None = None,
    extra: pd.DataFrame | None = None,
    *,
    year: int,
    as_of: dt.date | str | None = None,
    roll_up: bool = False,
    fiscal_year_start: int = 1,
) -> pd.DataFrame:
    """Basis fields of every account for one year, ready for :func:`classify`.

    Needs the table accounts (account_id); every other table may be None, and then the fields
    that need it are missing (:func:`basis_notes` says which and why). ``ratings`` is the table
    criterion_ratings; ``extra`` joins further columns by account_id, such as the two axes of
    the attractiveness grid. ``year`` is the fiscal year, which begins in month
    ``fiscal_year_start`` and bears the calendar year in which it ends; the years of the tables
    account_years and cost_drivers are fiscal years already. ``as_of`` is the last day on which
    an order counts (the last day of ``year``). With
    ``roll_up`` accounts of one group are one account under the id of its topmost parent.
    Returns columns: account_id, the basis fields of the field list (money in the company's
    currency, shares 0–1, fiscal years, days), ``rating:<criterion>`` (mean over raters) for every
    criterion rated, and the columns of ``extra``.
    Sales are account_years.revenue, else the sum of the year's orders; an account without
    orders has sales of 0 where the orders are there and reach back to that year. Projects and
    contracts likewise: a table that is there and has no row for an account means none.
    Everything else that is not recorded stays missing.
    Source: fields of S015, S021, S022, S025, S026, S035-S038; arithmetic house.

    >>> accounts = pd.DataFrame({"account_id": ["A", "B"]})
    >>> years = pd.DataFrame({"account_id": ["A"], "year": [2025], "status": ["actual"],
    ...                       "revenue": [5.0]})
    >>> account_basis(accounts, years, year=2025)["sales"].tolist()
    [5.0, nan]
    """
    need_columns(accounts, "accounts", ["account_id"])
    for table, name in (
        (account_years, "account_years"),
        (orders, "orders"),
        (contracts, "contracts"),
        (cost_drivers, "cost_drivers"),
        (projects, "projects"),
    ):
        if table is not None:
            one_currency(table, name)
    first_month = fiscal_year_start
    last_day = fiscal_bounds(year, first_month)[1]
    end = pd.Timestamp(as_of) if as_of is not None else last_day
    top = roll_up_map(accounts) if roll_up and "parent_id" in accounts.columns else {}
    bought = _grouped(_until(orders, end), top)
    listed = [top.get(str(a), str(a)) for a in accounts["account_id"]]
    index = pd.Index(list(dict.fromkeys(listed)), name="account_id", dtype="str")
    parts = [
        _own_fields(accounts, index),
        year_fields(_grouped(account_years, top), bought, index, year, first_month),
        order_fields(bought, index, year, end, first_month),
        _cost_to_serve(_grouped(cost_drivers, top), index, year),
        project_fields(_grouped(projects, top), bought, index, end, first_month),
        contract_years(_grouped(contracts, top), index, year, end, first_month),
        customer_years(accounts.assign(account_id=listed), index, end),
        _rating_columns(ratings, index, top),
    ]
    basis = pd.concat(parts, axis=1)
    if extra is not None:
        need_columns(extra, "extra", ["account_id"])
        own = extra.assign(account_id=extra["account_id"].astype("str")).set_index("account_id")
        basis = basis.drop(columns=[c for c in own.columns if c in basis.columns]).join(own)
    return basis.reset_index()


def _until(orders: pd.DataFrame | None, end: pd.Timestamp) -> pd.DataFrame | None:
    if orders is None:
        return None
    need_columns(orders, "orders", ["account_id", "order_id", "date", "amount"])
    return orders[(pd.to_datetime(orders["date"]).dt.normalize() <= end).to_numpy()]


def _grouped(table: pd.DataFrame | None, top: dict[str, str]) -> pd.DataFrame | None:
    if table is None:
        return None
    ids = [top.get(str(a), str(a)) for a in table["account_id"]]
    return table.assign(account_id=pd.Series(ids, index=table.index, dtype="str"))


def _own_fields(accounts: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    """Fields of the accounts table; of a group, those of its topmost parent."""
    own = accounts.assign(account_id=accounts["account_id"].astype("str"))
    own = own.drop_duplicates("account_id").set_index("account_id").reindex(index)
    found = pd.DataFrame(index=index)
    for column in (*_OWN, "competes_with_us"):
        given = own[column] if column in own.columns else pd.Series(np.nan, index=index)
        number = column in ("turnover", "industry_rank")
        found[column] = pd.to_numeric(given, errors="coerce").astype(float) if number else given
    return found


def _cost_to_serve(drivers: pd.DataFrame | None, index: pd.Index, year: int) -> pd.DataFrame:
    found = pd.DataFrame({"cost_to_serve": np.nan}, index=index)
    if drivers is None:
        return found
    need_columns(drivers, "cost_drivers", ["account_id", "year", "quantity", "rate"])
    rows = drivers[pd.to_numeric(drivers["year"]) == year]
    cost = pd.to_numeric(rows["quantity"]) * pd.to_numeric(rows["rate"])
    sums = cost.groupby(rows["account_id"]).sum(min_count=1)
    found["cost_to_serve"] = sums.reindex(index).astype(float).round(2)
    return found


def mean_ratings(ratings: pd.DataFrame) -> pd.DataFrame:
    """Mean, number of raters and spread of every account and criterion.

    Needs columns: account_id, criterion, score.
    Returns columns: account_id, criterion, rating (mean), n_raters, spread (standard deviation
    between raters, NaN below two).

    >>> table = pd.DataFrame({"account_id": "A", "criterion": "size", "score": [3, 5]})
    >>> mean_ratings(table)[["rating", "n_raters"]].values.tolist()
    [[4.0, 2.0]]
    """
    need_columns(ratings, "criterion_ratings", ["account_id", "criterion", "score"])
    table = pd.DataFrame(
        {
            "account_id": ratings["account_id"].astype("str"),
            "criterion": ratings["criterion"].astype("str"),
            "score": pd.to_numeric(ratings["score"], errors="coerce").astype(float),
        }
    ).dropna(subset=["score"])
    grouped = table.groupby(["account_id", "criterion"], sort=True)["score"]
    return grouped.agg(rating="mean", n_raters="size", spread="std").reset_index()


def _rating_columns(
    ratings: pd.DataFrame | None, index: pd.Index, top: dict[str, str]
) -> pd.DataFrame:
    """Mean rating per criterion; of a group the parent's own, else the mean of its parts."""
    if ratings is None:
        return pd.DataFrame(index=index)
    cells = mean_ratings(ratings)
    wide = cells.pivot(index="account_id", columns="criterion", values="rating")
    if top:
        groups = pd.Series([top.get(str(a), str(a)) for a in wide.index], index=wide.index)
        merged = wide.groupby(groups.to_numpy()).mean()
        wide = wide.reindex(merged.index).where(wide.reindex(merged.index).notna(), merged)
    order = [c for c in criteria() if c in wide.columns]
    order += [c for c in wide.columns if c not in order]
    wide = wide.reindex(index=index, columns=order).astype(float)
    return wide.rename(columns=lambda c: f"rating:{c}")


def basis_notes(basis: pd.DataFrame, *, present: Iterable[str]) -> pd.DataFrame:
    """Which basis fields are known, and why others are not.

    Needs the output of :func:`account_basis`; ``present`` names the tables that were given.
    Returns columns: field, n (accounts), known (accounts with a value), reason (complete,
    table_absent, value_missing, computed_elsewhere), needs (tables, any of which gives it).

    >>> basis = pd.DataFrame({"account_id": ["A"], "sales": [np.nan]})
    >>> notes = basis_notes(basis, present=["accounts"]).set_index("field")
    >>> notes.loc["sales", "reason"]
    'table_absent'
    """
    given = set(present)
    rows = []
    for key, entry in fields().items():
        known = int(basis[key].notna().sum()) if key in basis.columns else 0
        if known == len(basis) and known:
            reason = "complete"
        elif key in _COMPUTED_ELSEWHERE and key not in basis.columns:
            reason = "computed_elsewhere"
        elif not given & set(entry.tables):
            reason = "table_absent"
        else:
            reason = "value_missing"
        rows.append([key, len(basis), known, reason, "; ".join(entry.tables)])
    return pd.DataFrame(rows, columns=NOTE_COLUMNS)
