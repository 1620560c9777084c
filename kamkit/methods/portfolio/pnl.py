"""Account portfolio P&L: four rows by five years, per account, for a set, in total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.checks import one_currency
from kamkit.methods.portfolio.growth import growth_lines
from kamkit.methods.portfolio.inputs import figures, ratio

ITEMS = ("revenue", "direct_cost", "indirect_cost", "net_income")
_PERIODS = {
    -2: "two_years_ago",
    -1: "last_year",
    0: "this_year",
    1: "next_year",
    2: "year_after",
}


@dataclass(frozen=True)
class AccountPnl:
    """The parts of :func:`account_pnl`."""

    lines: pd.DataFrame
    margins: pd.DataFrame
    growth: pd.DataFrame
    gaps: pd.DataFrame
    this_year: int
    members: tuple[str, ...]

    def grid(self, account_id: str = "", *, scope: str | None = None) -> pd.DataFrame:
        """The drawn table: four rows, one column a year.

        ``account_id`` chooses an account; without it the total (or ``scope="set"``).
        Returns columns: item, then one a year (money).

        >>> years = pd.DataFrame({"account_id": ["A"], "year": [2026], "revenue": [9.0],
        ...     "direct_cost": [4.0], "indirect_cost": [2.0], "status": ["estimate"]})
        >>> account_pnl(years, past=0, future=0).grid("A")[2026].tolist()
        [9.0, 4.0, 2.0, 3.0]
        """
        scope = scope or ("account" if account_id else "total")
        part = self.lines[(self.lines["scope"] == scope) & (self.lines["account_id"] == account_id)]
        wide = part.pivot(index="item", columns="year", values="amount")
        return wide.reindex(list(ITEMS)).rename_axis(columns=None).reset_index()


def default_year(account_years: pd.DataFrame) -> int:
    """The year that counts as this year: the latest estimate, else the latest actual one.

    >>> default_year(pd.DataFrame({"year": [2025, 2026, 2027],
    ...                            "status": ["actual", "estimate", "forecast"]}))
    2026
    """
    years = account_years["year"]
    for status in ("estimate", "actual"):
        if "status" in account_years.columns and (account_years["status"] == status).any():
            return int(years[account_years["status"] == status].max())
    return int(years.max()) if len(years) else 0


def account_pnl(
    account_years: pd.DataFrame,
    *,
    this_year: int | None = None,
    past: int = 2,
    future: int = 2,
    members: Sequence[str] | None = None,
    flat: float = 0.03,
) -> AccountPnl:
    """Revenue, costs and net income for two past years, this year and two coming ones.

    Needs columns: account_id, year, revenue; direct_cost, indirect_cost, status where there are
    any. ``members`` names a set that gets its own total; ``past`` and ``future`` set the horizon.
    ``flat`` is the yearly change, as a share of the mean size, that still counts as flat (house).

    Returns ``lines`` (scope account/set/total, account_id, item, year, period, status, amount in
    money, n, missing, adds_up), ``margins`` (scope, account_id, year, period, status, revenue,
    contribution, net_income in money, contribution_margin, margin 0–1, n, missing), ``growth``
    (scope, account_id, item, span past/outlook, from_year, to_year, first, last in money, cagr as
    a share a year, variant, trend, n) and ``gaps`` (account_id, year, column).

    A sum takes what is known: ``n`` accounts, ``missing`` ones left out; net income and margins
    rest on the accounts whose three lines are all known, ``adds_up`` is false where that differs.
    Raises KamkitError for missing columns, text in a figure, repeated account-years and more than
    one currency. Source: S077, X22; horizon and trend rule house.

    >>> years = pd.DataFrame({"account_id": ["A", "A"], "year": [2025, 2026], "revenue": [8.0, 9],
    ...     "direct_cost": [4.0, 4], "indirect_cost": [2.0, 2], "status": ["actual", "estimate"]})
    >>> account_pnl(years, past=1, future=0).grid()
                item  2025  2026
    0        revenue   8.0   9.0
    1    direct_cost   4.0   4.0
    2  indirect_cost   2.0   2.0
    3     net_income   2.0   3.0
    """
    table = pnl_figures(account_years)
    now = default_year(table) if this_year is None else this_year
    years = list(range(now - past, now + future + 1))
    full = _full_grid(table, years)
    ids = full["account_id"].to_numpy(dtype=object)[:: len(years)]
    chosen = [("total", np.full(len(ids), True))]
    if members is not None:
        chosen.insert(0, ("set", np.isin(ids, np.array(list(members), dtype=object))))
    sums = [_sums(full[mask.repeat(len(years))], scope, years) for scope, mask in chosen]
    lines = pd.concat([_account_lines(full), *[_sum_lines(s) for s in sums]], ignore_index=True)
    margins = pd.concat([_margins(_as_sums(full)), *[_margins(s) for s in sums]], ignore_index=True)
    for part in (lines, margins):
        part.insert(
            3, "period", [_PERIODS.get(y - now, f"year_{y - now:+d}") for y in part["year"]]
        )
    lines = lines[
        ["scope", "account_id", "item", "year", "period", "status", "amount", "n", "missing",
         "adds_up"]
    ]  # fmt: skip
    growth = growth_lines(full, chosen, years, now, ITEMS, flat=flat)
    return AccountPnl(lines, margins, growth, _gaps(full), now, tuple(members or ()))


def pnl_figures(account_years: pd.DataFrame) -> pd.DataFrame:
    """The P&L columns of account_years as checked numbers in one currency, with a status.

    >>> pnl_figures(pd.DataFrame({"account_id": ["A"], "year": [2026], "revenue": [1.0]})).status[0]
    'unknown'
    """
    table = figures(
        account_years,
        "account_years",
        ["revenue"],
        keys=["account_id", "year"],
        optional=["direct_cost", "indirect_cost"],
    )
    one_currency(account_years, "account_years")
    table["year"] = table["year"].astype("int64")
    if "status" in account_years.columns:
        status = account_years["status"].reset_index(drop=True)
        table["status"] = status.astype("str").where(status.notna(), "unknown")
    else:
        table["status"] = "unknown"
    return table


def _full_grid(table: pd.DataFrame, years: list[int]) -> pd.DataFrame:
    """One row for every account and year, empty where the table has none."""
    accounts = table["account_id"].drop_duplicates().sort_values()
    index = pd.MultiIndex.from_product([accounts, years], names=["account_id", "year"])
    full = table.set_index(["account_id", "year"]).reindex(index).reset_index()
    full["status"] = full["status"].astype("str").where(full["status"].notna(), "missing")
    full["contribution"] = full["revenue"] - full["direct_cost"]
    full["net_income"] = full["contribution"] - full["indirect_cost"]
    return full


def _account_lines(full: pd.DataFrame) -> pd.DataFrame:
    # The full grid stands in the order account, year; lines stand in account, item, year.
    shape = (full["account_id"].nunique(), full["year"].nunique())
    place = np.arange(len(full)).reshape(shape)[:, None, :].repeat(len(ITEMS), axis=1)
    out = full[["account_id", "year", "status"]].take(place.ravel()).reset_index(drop=True)
    amounts = full[list(ITEMS)].to_numpy(dtype=float).reshape(*shape, len(ITEMS))
    out["scope"] = "account"
    out["item"] = np.tile(np.repeat(np.array(ITEMS), shape[1]), shape[0])
    out["amount"] = amounts.transpose(0, 2, 1).ravel()
    out["n"] = out["amount"].notna().astype(int)
    out["missing"] = 1 - out["n"]
    out["adds_up"] = True
    return out


def _as_sums(full: pd.DataFrame) -> pd.DataFrame:
    """Accounts in the shape of :func:`_sums`."""
    out = full.rename(columns={"revenue": "revenue_net"}).copy()
    out["scope"] = "account"
    out["n_net_income"] = out["net_income"].notna().astype(int)
    out["accounts"] = 1
    return out


def _sums(part: pd.DataFrame, scope: str, years: list[int]) -> pd.DataFrame:
    """One row a year: sums of what is known, with the number of accounts in each."""
    shape = (len(part) // len(years), len(years))
    grid = {item: part[item].to_numpy(dtype=float).reshape(shape) for item in ITEMS}
    complete = ~np.isnan(grid["net_income"])
    out: dict[str, Any] = {"year": years, "scope": scope, "account_id": ""}
    out |= {item: _known_sum(values, ~np.isnan(values)) for item, values in grid.items()}
    out |= {f"n_{item}": (~np.isnan(values)).sum(axis=0) for item, values in grid.items()}
    out["revenue_net"] = _known_sum(grid["revenue"], complete)
    out["contribution"] = out["net_income"] + _known_sum(grid["indirect_cost"], complete)
    states = part["status"].to_numpy(dtype=object).reshape(shape).T
    out["status"] = [_common_status(set(column)) for column in states]
    out["accounts"] = len(complete)
    return pd.DataFrame(out)


def _known_sum(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Sum a year over the accounts that are known; NaN where none is."""
    return np.where(known.any(axis=0), np.where(known, values, 0.0).sum(axis=0), np.nan)


def _common_status(states: set[str]) -> str:
    seen = states - {"missing"}
    return "mixed" if len(seen) > 1 else next(iter(seen), "missing")


def _sum_lines(sums: pd.DataFrame) -> pd.DataFrame:
    amounts = sums[list(ITEMS)].to_numpy(dtype=float).T
    counts = sums[[f"n_{item}" for item in ITEMS]].to_numpy().T
    out = pd.concat([sums[["scope", "account_id", "year", "status"]]] * len(ITEMS))
    out["item"] = np.repeat(np.array(ITEMS), len(sums))
    out["amount"], out["n"] = amounts.ravel(), counts.ravel()
    out["missing"] = np.tile(sums["accounts"].to_numpy(), len(ITEMS)) - out["n"]
    out["adds_up"] = np.tile((counts == counts[0]).all(axis=0), len(ITEMS))
    return out


def _margins(sums: pd.DataFrame) -> pd.DataFrame:
    out = sums[["scope", "account_id", "year", "status"]].copy()
    out["revenue"] = sums["revenue_net"]
    out["contribution"], out["net_income"] = sums["contribution"], sums["net_income"]
    out["contribution_margin"] = ratio(out["contribution"], out["revenue"])
    out["margin"] = ratio(out["net_income"], out["revenue"])
    out["n"] = sums["n_net_income"].astype(int)
    out["missing"] = sums["accounts"].astype(int) - out["n"]
    return out


def _gaps(full: pd.DataFrame) -> pd.DataFrame:
    long = full.melt(["account_id", "year"], list(ITEMS[:3]), var_name="column", value_name="v")
    out = long.loc[long["v"].isna(), ["account_id", "year", "column"]]
    return out.sort_values(["account_id", "year", "column"], ignore_index=True)
