"""Basis fields in years and projects: contracts, age of the account, what followed a project."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.fiscal import fiscal_bounds
from kamkit.methods.selection.basis_money import clean_orders

_COMPONENTS = ("standard_product", "customised_product", "implementation", "services")
_PROJECT_FIELDS = [
    "project_value",
    "project_components",
    "orders_after_project",
    "years_after_project",
]
_DAYS_A_YEAR = 365.25


def contract_years(
    contracts: pd.DataFrame | None,
    index: pd.Index,
    year: int,
    as_of: pd.Timestamp,
    fiscal_year_start: int = 1,
) -> pd.DataFrame:
    """Length of the longest contract that runs in the year; none running is 0."""
    if contracts is None:
        return pd.DataFrame({"contract_years": np.nan}, index=index)
    need_columns(contracts, "contracts", ["account_id", "start"])
    start = pd.to_datetime(contracts["start"])
    open_ended = pd.Series(pd.NaT, index=contracts.index)
    end = pd.to_datetime(contracts["end"] if "end" in contracts.columns else open_ended)
    until = end.where(end.notna(), as_of)
    begins = fiscal_bounds(year, fiscal_year_start)[0]
    # A contract that runs from 1 January to 31 December is a year long: both days count.
    length = ((until - start).dt.days + 1) / _DAYS_A_YEAR
    whole = length.round().where((length - length.round()).abs() < 2 / _DAYS_A_YEAR, length)
    runs = (start <= as_of) & (until >= begins)
    longest = whole[runs].groupby(contracts.loc[runs, "account_id"]).max()
    return pd.DataFrame({"contract_years": longest.reindex(index, fill_value=0.0).astype(float)})


def customer_years(accounts: pd.DataFrame, index: pd.Index, as_of: pd.Timestamp) -> pd.DataFrame:
    """Years since the account became a customer; of a group, since the first of its parts."""
    if "since" not in accounts.columns:
        return pd.DataFrame({"customer_years": np.nan}, index=index)
    since = pd.to_datetime(accounts["since"]).groupby(accounts["account_id"].astype("str")).min()
    years = (as_of - since.reindex(index)).dt.days / _DAYS_A_YEAR
    return pd.DataFrame({"customer_years": years.astype(float)})


def project_fields(
    projects: pd.DataFrame | None,
    orders: pd.DataFrame | None,
    index: pd.Index,
    as_of: pd.Timestamp,
    fiscal_year_start: int = 1,
) -> pd.DataFrame:
    """Largest project of each account and the orders that came after it (S025, S026)."""
    if projects is None:
        return pd.DataFrame(np.nan, index=index, columns=_PROJECT_FIELDS)
    need_columns(projects, "projects", ["account_id", "project_id", "value", "started_on"])
    table = projects.assign(
        value=pd.to_numeric(projects["value"], errors="coerce").astype(float),
        components=_components(projects),
        done=_done(projects),
    )
    table = table.sort_values(["value", "project_id"], ascending=[False, True])
    largest = table.drop_duplicates("account_id").set_index("account_id").reindex(index)
    found = pd.DataFrame(index=index)
    found["project_value"] = largest["value"].astype(float)
    without = ~index.isin(table["account_id"])
    found["project_components"] = largest["components"].where(~without, 0.0).astype(float)
    lines = None if orders is None else clean_orders(orders, fiscal_year_start)
    if lines is not None and orders is not None and "project_id" in orders.columns:
        lines["project_id"] = orders["project_id"]
    after = _after(largest, lines, index, as_of)
    found["orders_after_project"] = after["orders"].where(~without, 0.0)
    found["years_after_project"] = after["years"].where(~without, 0.0)
    return found[_PROJECT_FIELDS]


def _components(projects: pd.DataFrame) -> pd.Series:
    """How many of the four components a project has; unknown while one is not recorded."""
    flags = pd.DataFrame(index=projects.index)
    for column in _COMPONENTS:
        given = projects[column] if column in projects.columns else None
        flags[column] = np.nan if given is None else given.astype("boolean").astype("Float64")
    return flags.astype("Float64").sum(axis=1, skipna=False).astype("Float64")


def _done(projects: pd.DataFrame) -> pd.Series:
    started = pd.to_datetime(projects["started_on"])
    if "delivered_on" not in projects.columns:
        return started
    delivered = pd.to_datetime(projects["delivered_on"])
    return delivered.where(delivered.notna(), started)


def _after(
    largest: pd.DataFrame, lines: pd.DataFrame | None, index: pd.Index, as_of: pd.Timestamp
) -> pd.DataFrame:
    if lines is None:
        return pd.DataFrame(np.nan, index=index, columns=["orders", "years"])
    if "project_id" in lines.columns:
        own = largest["project_id"].reindex(lines["account_id"]).to_numpy()
        lines = lines[~(lines["project_id"].to_numpy() == own)]
    done = largest["done"].reindex(lines["account_id"]).to_numpy()
    later = lines[(lines["day"].to_numpy() > done) & (lines["day"] <= as_of).to_numpy()]
    keys = ["account_id", "order_id"]
    whole = later.groupby(keys).agg(amount=("amount", "sum"), year=("year", "min")).reset_index()
    bought = whole[whole["amount"] > 0].groupby("account_id")
    return pd.DataFrame(
        {
            "orders": bought.size().reindex(index, fill_value=0).astype(float),
            "years": bought["year"].nunique().reindex(index, fill_value=0).astype(float),
        }
    )
