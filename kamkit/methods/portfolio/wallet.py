"""Share of wallet an account, with the market share beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import one_currency
from kamkit.methods.portfolio.inputs import figures, measure, measure_table, ratio
from kamkit.methods.portfolio.whitespace import LEVELS, add_shares, range_problems

_SPEND = ("spend_low", "spend_base", "spend_high")


@dataclass(frozen=True)
class ShareOfWallet:
    """The parts of :func:`share_of_wallet`."""

    accounts: pd.DataFrame
    summary: pd.DataFrame


def share_of_wallet(
    account_years: pd.DataFrame,
    *,
    year: int,
    market: tuple[float, float, float] | None = None,
) -> ShareOfWallet:
    """Our part of each account's spend, low/base/high, and the market share beside it.

    Needs columns: account_id, year, revenue, category_spend; category_spend_low and
    category_spend_high where estimated (money). ``market`` is the market's size (low, base,
    high) in the same money and year.

    Returns ``accounts`` (account_id, year, sales, spend_low, spend_base, spend_high in money,
    share_low, share_base, share_high 0–1, headroom_low, headroom_base, headroom_high in money,
    status known/over_spend/no_spend/no_sales) and ``summary`` (measure table: customer_share
    over the accounts with known spend, customer_share_mean as the plain mean, market_share,
    accounts_without_spend). An unknown spend stays unknown; sales above the spend estimate give
    a share above 1 and the status over_spend, never a clipped 100 %.
    Raises KamkitError for missing columns, text in a figure, reversed ranges, several currencies.
    Source: S013, X24 (both shares shown together); ranges house.

    >>> years = pd.DataFrame({"account_id": ["A", "B"], "year": 2026, "revenue": [30.0, 5.0],
    ...                       "category_spend": [100.0, None]})
    >>> share_of_wallet(years, year=2026).accounts.status.tolist()
    ['known', 'no_spend']
    """
    table = figures(
        account_years,
        "account_years",
        ["revenue"],
        keys=["account_id", "year"],
        optional=["category_spend", "category_spend_low", "category_spend_high"],
    )
    one_currency(account_years, "account_years")
    names = ("category_spend_low", "category_spend", "category_spend_high")
    KamkitError.collect(range_problems(table, "account_years", names))
    table = table.rename(columns=dict(zip(names, _SPEND, strict=True)))
    table = table.rename(columns={"revenue": "sales"})
    accounts = _accounts(table[table["year"] == year])
    return ShareOfWallet(accounts, _summary(accounts, market))


def _accounts(table: pd.DataFrame) -> pd.DataFrame:
    out = add_shares(table, "sales", _SPEND)
    out["status"] = np.select(
        [out["spend_base"].isna(), out["sales"].isna(), out["sales"] > out["spend_base"]],
        ["no_spend", "no_sales", "over_spend"],
        "known",
    )
    shares = [f"{part}_{level}" for part in ("share", "headroom") for level in LEVELS]
    out = out[["account_id", "year", "sales", *_SPEND, *shares, "status"]]
    return out.sort_values("account_id", ignore_index=True)


def _summary(accounts: pd.DataFrame, market: tuple[float, float, float] | None) -> pd.DataFrame:
    known = accounts[accounts["status"].isin(["known", "over_spend"])]
    n = len(known)
    base = known["spend_base"]
    ends = {
        "low": known["spend_high"].fillna(base),
        "base": base,
        "high": known["spend_low"].fillna(base),
    }
    weighted = {k: ratio(float(known["sales"].sum()), float(v.sum())) for k, v in ends.items()}
    plain = {k: float((known["sales"] / v.where(v > 0)).mean()) if n else np.nan
             for k, v in ends.items()}  # fmt: skip

    def row(key: str, of: dict[str, float], variant: str, count: int) -> dict[str, object]:
        return measure(
            key, of["base"], low=of["low"], high=of["high"], n=count,
            variant=variant if count else "too_little_data", origin="S013; X24",
        )  # fmt: skip

    rows = [
        row("customer_share", weighted, "weighted_by_spend", n),
        row("customer_share_mean", plain, "plain_mean", n),
        _market_row(accounts, market),
        measure(
            "accounts_without_spend", (accounts["status"] == "no_spend").sum(), n=len(accounts),
            variant="count", origin="house",
        ),
    ]  # fmt: skip
    return measure_table(rows)


def _market_row(
    accounts: pd.DataFrame, market: tuple[float, float, float] | None
) -> dict[str, object]:
    n = int(accounts["sales"].notna().sum())
    if market is None:
        return measure("market_share", np.nan, n=n, variant="market_unknown", origin="X24")
    low, base, high = market
    if not 0 < low <= base <= high:
        raise KamkitError(Problem("range_reversed", column="market", value=market))
    sales = float(accounts["sales"].sum())
    return measure(
        "market_share", sales / base, low=sales / high, high=sales / low, n=n,
        variant="market_given", origin="X24",
    )  # fmt: skip
