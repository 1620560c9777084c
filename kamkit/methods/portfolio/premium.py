"""Premium income, high-margin share and referral value: what an account is worth beyond sales."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns, one_currency
from kamkit.methods.fiscal import fiscal_years
from kamkit.methods.portfolio.inputs import figures, one_of, ratio


def premium_income(
    profits: pd.DataFrame,
    *,
    profit: str = "net_income",
    revenue: str = "revenue",
    average: str = "weighted",
) -> pd.DataFrame:
    """What each account earns above (or below) the average margin, in points and in money.

    Needs columns: account_id, the revenue and the profit column (money). ``average`` names which
    one: weighted (profit of all on sales of all) or simple (mean of the accounts' margins).

    Returns columns: account_id, revenue, profit (money), margin, average_margin, premium (margin
    less average), premium_money, other_premium (against the other average), sign_depends (the two
    averages disagree on above or below), n, variant, origin. Accounts without positive sales or
    without a known profit have no margin and no premium. Against the weighted average the
    premium money of all accounts adds up to nil.
    Raises KamkitError for an unknown average, missing columns, text in a figure.
    Source: S088 (premium against average profit); both averages house.

    >>> table = pd.DataFrame({"account_id": ["A", "B"], "revenue": [300.0, 100],
    ...                       "net_income": [30.0, 30]})
    >>> premium_income(table).premium_money.round(6).tolist()
    [-15.0, 15.0]
    """
    one_of(average, "average", ["weighted", "simple"])
    table = figures(profits, "profits", [revenue, profit])
    table = table.rename(columns={revenue: "revenue", profit: "profit"})
    table["margin"] = ratio(table["profit"], table["revenue"])
    known = table[table["margin"].notna()]
    n = len(known)
    averages = {
        "weighted": ratio(float(known["profit"].sum()), float(known["revenue"].sum())),
        "simple": float(known["margin"].mean()) if n else float("nan"),
    }
    other = "simple" if average == "weighted" else "weighted"
    out = table[["account_id", "revenue", "profit", "margin"]].copy()
    out["average_margin"] = averages[average]
    out["premium"] = out["margin"] - averages[average]
    out["premium_money"] = out["premium"] * out["revenue"]
    out["other_premium"] = out["margin"] - averages[other]
    out["sign_depends"] = (np.sign(out["premium"]) != np.sign(out["other_premium"])) & out[
        "premium"
    ].notna()
    out["n"] = n
    out["variant"] = f"average_{average}" if n else "too_little_data"
    out["origin"] = "S088; house"
    return out


def high_margin_share(
    orders: pd.DataFrame,
    *,
    cut: float | None = None,
    accounts: Sequence[str] | None = None,
    fiscal_year_start: int = 1,
) -> pd.DataFrame:
    """Share of each account's sales in product lines with a high margin, by fiscal year.

    Needs orders: account_id, date, product_line, amount, direct_cost (money). A line is high
    where its contribution margin over all accounts and years reaches ``cut`` (share of sales;
    default the margin of all lines together). ``accounts`` limits the rows, not the line margins.

    Returns columns: account_id, year, sales, known_sales, high_sales (money), high_share,
    change (to the year before), lines, cut, variant, origin. Sales without a product line or in
    a line without any cost figure are not known; the share is of the known sales.
    Raises KamkitError for missing columns, text in a figure, several currencies.
    Source: S090 (sell more high-added-value products); line margin and cut house.

    >>> orders = pd.DataFrame({"account_id": "A", "date": "2025-05-01",
    ...     "product_line": ["doors", "service"], "amount": [60.0, 40], "direct_cost": [50.0, 10]})
    >>> high_margin_share(orders).high_share.tolist()
    [0.4]
    """
    need_columns(orders, "orders", ["account_id", "date", "product_line", "amount"])
    one_currency(orders, "orders")
    table = figures(orders, "orders", ["amount", "direct_cost"], unique=False)
    table["line"] = orders["product_line"].reset_index(drop=True)
    dates = pd.to_datetime(orders["date"], errors="coerce")
    table["year"] = fiscal_years(dates, fiscal_year_start).to_numpy()
    costed = table[table["direct_cost"].notna()]
    lines = costed.groupby("line")[["amount", "direct_cost"]].sum()
    margins = pd.Series(ratio(lines["amount"] - lines["direct_cost"], lines["amount"]), lines.index)
    total = lines.sum()
    limit = ratio(total["amount"] - total["direct_cost"], total["amount"]) if cut is None else cut
    margin = table["line"].map(margins).astype(float)
    table["known"] = table["amount"].where(margin.notna(), 0.0)
    table["high"] = table["amount"].where(margin >= limit, 0.0)
    if accounts is not None:
        table = table[table["account_id"].isin(list(accounts))]
    grouped = table.dropna(subset=["year"]).groupby(["account_id", "year"])
    out = grouped[["amount", "known", "high"]].sum()
    out.columns = pd.Index(["sales", "known_sales", "high_sales"])
    out["high_share"] = ratio(out["high_sales"], out["known_sales"])
    out["change"] = out.groupby("account_id")["high_share"].diff()
    out["lines"] = grouped["line"].nunique()
    out["cut"] = limit
    out["variant"] = "all_lines_margin" if cut is None else "cut_fixed"
    out["origin"] = "S090; house"
    return out.reset_index().astype({"year": "int64"})


def referral_value(referrals: pd.DataFrame | None) -> pd.DataFrame:
    """Contribution from customers who came through an account, by its stated influence.

    Needs columns (one row a follower): account_id, follower_id, contribution (money a year),
    influence 0–1; influence_low, influence_high where estimated. No table, no value: the result
    is empty rather than guessed.

    Returns columns: account_id, followers, value, value_low, value_high (money a year), unknown
    (followers without contribution or influence), variant, origin. Without estimated ends the
    low end is nil and the high end the full contribution.
    Raises KamkitError for missing columns, text in a figure, influence outside 0–1.
    Source: S030 (leaders move followers); arithmetic house.

    >>> table = pd.DataFrame({"account_id": ["A"], "follower_id": ["B"], "contribution": [50.0],
    ...                       "influence": [0.4]})
    >>> referral_value(table)[["value", "value_high"]].values.tolist()
    [[20.0, 50.0]]
    """
    columns = ["account_id", "followers", "value", "value_low", "value_high", "unknown",
               "variant", "origin"]  # fmt: skip
    if referrals is None:
        return pd.DataFrame(columns=columns)
    ends = ["influence_low", "influence_high"]
    table = figures(
        referrals, "referrals", ["contribution", "influence"], keys=["account_id", "follower_id"],
        optional=ends,
    )  # fmt: skip
    KamkitError.collect(
        Problem("not_a_share", "referrals", column, int(i) + 1, table[column][i])
        for column in ("influence", *ends)
        for i in np.flatnonzero((table[column] < 0) | (table[column] > 1))
    )
    worth = table["contribution"]
    table["value"] = worth * table["influence"]
    table["value_low"] = worth * table["influence_low"].fillna(0.0)
    table["value_high"] = worth * table["influence_high"].fillna(1.0)
    table["unknown"] = table["value"].isna()
    table.loc[table["unknown"], ["value_low", "value_high"]] = np.nan
    grouped = table.groupby("account_id", sort=True)
    out = grouped[["value", "value_low", "value_high"]].sum(min_count=1)
    out.insert(0, "followers", grouped["follower_id"].nunique())
    out["unknown"] = grouped["unknown"].sum().astype(int)
    out["variant"], out["origin"] = "stated_influence", "S030; house"
    return out.reset_index()[columns]
