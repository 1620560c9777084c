"""Cost to serve from activities, and the accounts that lose money by it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.checks import one_currency
from kamkit.methods.portfolio.inputs import (
    figures,
    known_sum,
    measure,
    measure_table,
    ratio,
    table_of,
    within,
)
from kamkit.methods.portfolio.pnl import pnl_figures

_ORIGIN = "field:Cooper & Kaplan 1991; field:Horngren"


@dataclass(frozen=True)
class CostToServe:
    """The parts of :func:`cost_to_serve`."""

    accounts: pd.DataFrame
    drivers: pd.DataFrame
    rates: pd.DataFrame
    summary: pd.DataFrame
    notes: pd.DataFrame


def cost_to_serve(
    account_years: pd.DataFrame,
    cost_drivers: pd.DataFrame,
    *,
    year: int,
    rate_error: float = 0.10,
) -> CostToServe:
    """Operating income per account after what the account itself causes: quantity × rate.

    Needs account_years (account_id, year, revenue, direct_cost) and cost_drivers (account_id,
    year, driver, quantity, rate; unit where there is one). ``rate_error`` is how far all rates
    may be off (house 10 %): it gives income_low and income_high.

    Returns ``accounts`` (account_id, revenue, direct_cost, gross_margin, cost_to_serve,
    operating_income, income_low, income_high in money, margin, served_share = cost to serve on
    gross margin, sign profit/loss/cannot_tell/unknown, top_driver, top_share, cause,
    cause_money, status), ``drivers`` (account_id, driver, unit, quantity, rate, cost, share,
    expected, excess in money), ``rates`` (driver, unit, rate_low, rate_high, quantity, cost, n),
    ``summary`` (measure table) and ``notes`` (code, name, n).

    ``cause`` is, for an account with a loss, "no_sales" without revenue above zero, "direct_cost"
    where the gross margin is already gone, else the driver that costs most beyond the account's
    share of sales (``expected``).
    An account without driver rows, revenue or direct cost is unknown, not free of cost.
    Rates are taken as standard rates; whether they rest on practical capacity can't be seen from
    the table (note capacity_not_stated). Raises KamkitError for missing columns, text in a
    figure, repeated rows, several currencies.
    Source: Cooper & Kaplan 1991; Kaplan & Narayanan 2001; Horngren. The seeds hold no rule.

    >>> years = pd.DataFrame({"account_id": ["A"], "year": 2026, "revenue": [100.0],
    ...                       "direct_cost": [80.0]})
    >>> drivers = pd.DataFrame({"account_id": ["A"], "year": 2026, "driver": ["visit"],
    ...                         "quantity": [3], "rate": [9.0]})
    >>> cost_to_serve(years, drivers, year=2026).accounts.operating_income.tolist()
    [-7.0]
    """
    within(rate_error, "rate_error", 0.0, 1.0)
    base = pnl_figures(account_years)
    base = base[base["year"] == year].sort_values("account_id", ignore_index=True)
    lines = _driver_lines(cost_drivers, year)
    lines = _expected(lines, base)
    accounts = _accounts(base, lines, rate_error)
    known = lines["account_id"].isin(base["account_id"])
    rates = _rates(lines[known])
    return CostToServe(
        accounts,
        lines[known].reset_index(drop=True),
        rates,
        _summary(accounts, rate_error),
        _notes(accounts, lines, base, rates),
    )


def _driver_lines(cost_drivers: pd.DataFrame, year: int) -> pd.DataFrame:
    lines = figures(
        cost_drivers, "cost_drivers", ["quantity", "rate"], keys=["account_id", "year", "driver"]
    )
    one_currency(cost_drivers, "cost_drivers")
    if "unit" in cost_drivers.columns:
        unit = cost_drivers["unit"].reset_index(drop=True)
        lines["unit"] = unit.astype("str").where(unit.notna(), "")
    else:
        lines["unit"] = ""
    lines = lines[lines["year"] == year].sort_values(["account_id", "driver"], ignore_index=True)
    lines["cost"] = lines["quantity"] * lines["rate"]
    lines["share"] = ratio(lines["cost"], lines.groupby("account_id")["cost"].transform("sum"))
    return lines[["account_id", "driver", "unit", "quantity", "rate", "cost", "share"]]


def _expected(lines: pd.DataFrame, base: pd.DataFrame) -> pd.DataFrame:
    """Each driver's cost if it followed sales, over the accounts where both are known."""
    revenue = base.set_index("account_id")["revenue"].clip(lower=0)
    out = lines.copy()
    sales = out["account_id"].map(revenue)
    served = revenue[revenue.index.isin(out["account_id"].unique())].sum()
    cost = out["cost"].where(sales.notna()).groupby(out["driver"]).transform("sum")
    out["expected"] = cost * ratio(sales, served)
    out["excess"] = out["cost"] - out["expected"]
    return out


def _accounts(base: pd.DataFrame, lines: pd.DataFrame, error: float) -> pd.DataFrame:
    ids = base["account_id"]
    # One empty quantity or rate makes the whole cost unknown: a part of it isn't the cost.
    grouped = lines.groupby("account_id")["cost"]
    total = grouped.sum().where(grouped.count() == grouped.size())
    out = base[["account_id", "revenue", "direct_cost"]].copy()
    out["gross_margin"] = out["revenue"] - out["direct_cost"]
    out["cost_to_serve"] = ids.map(total).astype(float)
    out["operating_income"] = out["gross_margin"] - out["cost_to_serve"]
    out["income_low"] = out["operating_income"] - error * out["cost_to_serve"]
    out["income_high"] = out["operating_income"] + error * out["cost_to_serve"]
    out["margin"] = ratio(out["operating_income"], out["revenue"])
    out["served_share"] = ratio(out["cost_to_serve"], out["gross_margin"])
    out["sign"] = np.select(
        [out["operating_income"].isna(), out["income_high"] < 0, out["income_low"] > 0],
        ["unknown", "loss", "profit"],
        "cannot_tell",
    )
    top = _largest(lines, "cost")
    out["top_driver"] = _text(ids.map(top["driver"]))
    out["top_share"] = ids.map(top["share"]).astype(float)
    return _causes(out, lines)


def _largest(lines: pd.DataFrame, column: str) -> pd.DataFrame:
    ranked = lines.dropna(subset=[column]).sort_values(
        ["account_id", column, "driver"], ascending=[True, False, True]
    )
    return ranked.drop_duplicates("account_id").set_index("account_id")


def _text(values: pd.Series) -> pd.Series:
    return values.where(values.notna(), "").astype("str")


def _causes(accounts: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    out = accounts.copy()
    worst = _largest(lines, "excess")
    loss = out["operating_income"] < 0
    price = loss & (out["gross_margin"] <= 0) & (out["revenue"] > 0)
    unsold = loss & (out["revenue"] <= 0)
    driver = _text(out["account_id"].map(worst["driver"]))
    out["cause"] = driver.where(loss, "").mask(price, "direct_cost").mask(unsold, "no_sales")
    excess = out["account_id"].map(worst["excess"]).astype(float)
    out["cause_money"] = excess.where(loss & ~unsold).mask(price, -out["gross_margin"])
    out["status"] = np.select(
        [out["revenue"].isna(), out["direct_cost"].isna(), out["cost_to_serve"].isna()],
        ["no_revenue", "no_direct_cost", "no_drivers"],
        "known",
    )
    return out


def _rates(lines: pd.DataFrame) -> pd.DataFrame:
    grouped = lines.groupby(["driver", "unit"], sort=True)
    out = grouped.agg(
        rate_low=("rate", "min"),
        rate_high=("rate", "max"),
        quantity=("quantity", "sum"),
        cost=("cost", "sum"),
        n=("account_id", "nunique"),
    )
    return out.reset_index()


def _summary(accounts: pd.DataFrame, error: float) -> pd.DataFrame:
    known = accounts[accounts["status"] == "known"]
    n, variant = len(known), "driver_rates" if len(known) else "too_little_data"
    rows = [
        measure(f"total_{name}", known_sum(known[name]), n=n, variant=variant, origin=_ORIGIN)
        for name in ("revenue", "gross_margin", "cost_to_serve")
    ]
    income = known["operating_income"]
    rows.append(
        measure(
            "total_operating_income", known_sum(income), n=n, variant=variant,
            low=known_sum(known["income_low"]), high=known_sum(known["income_high"]),
            origin=f"{_ORIGIN}; house",
        )
    )  # fmt: skip
    rows += [
        measure(
            "loss_makers", (income < 0).sum() if n else np.nan, n=n, variant=variant,
            low=(known["income_high"] < 0).sum() if n else np.nan,
            high=(known["income_low"] < 0).sum() if n else np.nan, origin="house",
        ),
        measure(
            "loss_money", income[income < 0].sum() if n else np.nan, n=n, variant=variant,
            low=known.loc[known["income_low"] < 0, "income_low"].sum() if n else np.nan,
            high=known.loc[known["income_high"] < 0, "income_high"].sum() if n else np.nan,
            origin="house",
        ),
        measure(
            "largest_is_most_profitable", _largest_is_best(known), n=n,
            variant="yes_is_1" if n else "too_little_data", origin="house",
        ),
    ]  # fmt: skip
    return measure_table(rows)


def _largest_is_best(known: pd.DataFrame) -> float:
    if known.empty:
        return float("nan")
    largest = known["revenue"] == known["revenue"].max()
    best = known["operating_income"] == known["operating_income"].max()
    return float((largest & best).any())


def _notes(
    accounts: pd.DataFrame, lines: pd.DataFrame, base: pd.DataFrame, rates: pd.DataFrame
) -> pd.DataFrame:
    rows: list[dict[str, object]] = [{"code": "capacity_not_stated", "name": "", "n": len(rates)}]
    for status in ("no_revenue", "no_direct_cost", "no_drivers"):
        count = int((accounts["status"] == status).sum())
        if count:
            rows.append({"code": status, "name": "", "n": count})
    stray = lines.loc[~lines["account_id"].isin(base["account_id"]), "account_id"].nunique()
    if stray:
        rows.append({"code": "drivers_without_account_year", "name": "", "n": int(stray)})
    for row in rates[rates["rate_low"] != rates["rate_high"]].to_dict("records"):
        rows.append({"code": "rate_differs", "name": row["driver"], "n": int(row["n"])})
    return table_of(rows, ["code", "name", "n"])
