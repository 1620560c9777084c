"""Return on customer investment, both ways: ours on the account, the account's on us."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import one_currency
from kamkit.methods.portfolio.inputs import figures, ratio, within

SIDES = ("us", "customer")


@dataclass(frozen=True)
class CustomerReturns:
    """The parts of :func:`customer_returns`."""

    accounts: pd.DataFrame
    years: pd.DataFrame
    both: pd.DataFrame


def customer_returns(
    investments: pd.DataFrame,
    *,
    rate: float,
    benefit_error: float = 0.20,
) -> CustomerReturns:
    """ROI, payback and net present value per account and side.

    Needs columns: account_id, year, side (us/customer), item; cost, benefit (money, either may
    be empty in a row: a cost-only or a benefit-only item). ``rate`` is the yearly discount rate;
    the first year of an account's side is year 0 and not discounted. ``benefit_error`` (house
    20 %) is how far all benefits may be off, and gives the low and high ends.

    Returns ``accounts`` (account_id, side, first_year, last_year, cost, benefit, net in money,
    roi = net on cost, roi_low, roi_high, payback_years, npv, npv_low, npv_high in money,
    benefit_needed = share of the stated benefit at which the net present value is nil, items,
    rate, benefit_error, status), ``years`` (account_id, side, year, cost, benefit, net,
    cumulative, factor, discounted, discounted_cumulative in money) and ``both``
    (account_id, npv_us, npv_customer, verdict both_gain/only_us/only_customer/neither/unknown,
    sure).
    ``payback_years`` counts from the start of year 0, evenly within a year, undiscounted; NaN
    where the cumulative sum is not back at nil by the last year (status not_paid_back). A side
    without any benefit or cost figure is unknown (no_benefit, no_cost), not a loss.
    Raises KamkitError for missing columns, an unknown side, text in a figure, negative costs,
    several currencies. Source: S087, S151; timing convention and error house.

    >>> table = pd.DataFrame({"account_id": "A", "year": [2025, 2026], "side": "us",
    ...     "item": ["team", "team"], "cost": [100.0, None], "benefit": [None, 150.0]})
    >>> customer_returns(table, rate=0.10).accounts[["roi", "payback_years", "npv"]].round(2)
       roi  payback_years    npv
    0  0.5           1.67  36.36
    """
    within(rate, "rate", -0.5, 5.0)
    within(benefit_error, "benefit_error", 0.0, 1.0)
    table = _checked(investments)
    years = _years(table, rate)
    accounts = _accounts(table, years, rate, benefit_error)
    return CustomerReturns(accounts, years, _both(accounts))


def _checked(investments: pd.DataFrame) -> pd.DataFrame:
    table = figures(
        investments, "investments", [], keys=["account_id", "year", "side", "item"],
        optional=["cost", "benefit"], unique=False,
    )  # fmt: skip
    one_currency(investments, "investments")
    wrong = ~table["side"].isin(SIDES)
    problems = [
        Problem(
            "unknown_choice", "investments", "side", int(i) + 1, table["side"][i],
            details={"allowed": ", ".join(SIDES)},
        )
        for i in np.flatnonzero(wrong)
    ]  # fmt: skip
    problems += [
        Problem("negative_cost", "investments", "cost", int(i) + 1, table["cost"][i])
        for i in np.flatnonzero(table["cost"] < 0)
    ]
    KamkitError.collect(problems)
    table["year"] = table["year"].astype("int64")
    return table


def _years(table: pd.DataFrame, rate: float) -> pd.DataFrame:
    """One row for every year from an account's first to its last, per side."""
    keys = ["account_id", "side"]
    sums = table.groupby([*keys, "year"])[["cost", "benefit"]].sum().reset_index()
    spans = sums.groupby(keys)["year"].agg(["min", "max"]).reset_index()
    ends = zip(spans["min"], spans["max"], strict=True)
    spans["year"] = pd.Series([list(range(a, b + 1)) for a, b in ends], spans.index, dtype=object)
    full = spans.explode("year").astype({"year": "int64"}).merge(sums, how="left")
    # A year between the first and the last without a row had no cash, in or out.
    full[["cost", "benefit"]] = full[["cost", "benefit"]].fillna(0.0)
    full["net"] = full["benefit"] - full["cost"]
    full["cumulative"] = full.groupby(keys)["net"].cumsum()
    full["factor"] = (1.0 + rate) ** -(full["year"] - full["min"]).astype(float)
    full["discounted"] = full["net"] * full["factor"]
    full["discounted_cumulative"] = full.groupby(keys)["discounted"].cumsum()
    columns = ["cost", "benefit", "net", "cumulative", "factor", "discounted"]
    return full[[*keys, "year", *columns, "discounted_cumulative"]].reset_index(drop=True)


def _accounts(table: pd.DataFrame, years: pd.DataFrame, rate: float, error: float) -> pd.DataFrame:
    keys = ["account_id", "side"]
    work = years.assign(
        cost_now=years["cost"] * years["factor"], benefit_now=years["benefit"] * years["factor"]
    )
    grouped = work.groupby(keys)
    out = grouped.agg(
        first_year=("year", "min"),
        last_year=("year", "max"),
        cost=("cost", "sum"),
        benefit=("benefit", "sum"),
        cost_now=("cost_now", "sum"),
        benefit_now=("benefit_now", "sum"),
    )
    given = table.groupby(keys)[["cost", "benefit"]].count()
    out["net"] = out["benefit"] - out["cost"]
    for end, size in (("", 1.0), ("_low", 1.0 - error), ("_high", 1.0 + error)):
        out[f"roi{end}"] = ratio(size * out["benefit"] - out["cost"], out["cost"])
        out[f"npv{end}"] = size * out["benefit_now"] - out["cost_now"]
    out["payback_years"] = _payback(years)
    out["benefit_needed"] = ratio(out["cost_now"], out["benefit_now"])
    out["items"] = table.groupby(keys)["item"].nunique()
    out["rate"], out["benefit_error"] = rate, error
    out["status"] = np.select(
        [given["benefit"] == 0, given["cost"] == 0, out["payback_years"].isna()],
        ["no_benefit", "no_cost", "not_paid_back"],
        "paid_back",
    )
    unknown = out["status"].isin(["no_benefit", "no_cost"])
    figures_ = ["net", "roi", "roi_low", "roi_high", "npv", "npv_low", "npv_high", "payback_years",
                "benefit_needed"]  # fmt: skip
    out.loc[unknown, figures_] = np.nan
    out.loc[out["status"] == "no_benefit", "benefit"] = np.nan
    out.loc[out["status"] == "no_cost", "cost"] = np.nan
    columns = ["first_year", "last_year", "cost", "benefit", "net", "roi", "roi_low", "roi_high",
               "payback_years", "npv", "npv_low", "npv_high", "benefit_needed", "items", "rate",
               "benefit_error", "status"]  # fmt: skip
    return out[columns].reset_index()


def _payback(years: pd.DataFrame) -> pd.Series:
    """Years until the cumulative net is back at nil for good."""
    keys = ["account_id", "side"]
    work = years.copy()
    work["place"] = work.groupby(keys).cumcount()
    below = work["cumulative"] < 0
    last_below = work["place"].where(below).groupby([work["account_id"], work["side"]]).max()
    last = work.groupby(keys)["place"].max()
    # Paid back in the year after the last one that still ended below nil.
    turn = (last_below + 1).fillna(0.0)
    before = work.set_index([*keys, "place"])[["cumulative", "net"]]
    after = pd.MultiIndex.from_arrays(
        [turn.index.get_level_values(0), turn.index.get_level_values(1), turn.astype(int)]
    )
    net = before["net"].reindex(after).to_numpy()
    end = before["cumulative"].reindex(after).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(net > 0, 1.0 - end / net, 0.0)
    value = turn.to_numpy() + np.clip(part, 0.0, 1.0)
    return pd.Series(np.where(turn <= last, value, np.nan), turn.index)


def _both(accounts: pd.DataFrame) -> pd.DataFrame:
    wide = {
        side: accounts[accounts["side"] == side].set_index("account_id")[
            ["npv", "npv_low", "npv_high"]
        ]
        for side in SIDES
    }
    ids = pd.Index(sorted(accounts["account_id"].unique()), name="account_id")
    us, them = (wide[side].reindex(ids) for side in SIDES)
    out = pd.DataFrame({"npv_us": us["npv"], "npv_customer": them["npv"]}, index=ids)
    ours, theirs = out["npv_us"] >= 0, out["npv_customer"] >= 0
    out["verdict"] = np.select(
        [out.isna().any(axis=1), ours & theirs, ours, theirs],
        ["unknown", "both_gain", "only_us", "only_customer"],
        "neither",
    )
    steady = [(side["npv_low"] >= 0) == (side["npv_high"] >= 0) for side in (us, them)]
    out["sure"] = steady[0] & steady[1] & (out["verdict"] != "unknown")
    return out.reset_index()
