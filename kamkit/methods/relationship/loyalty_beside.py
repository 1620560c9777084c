"""What accounts say in the loyalty scale beside what they do with their money (S112)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.relationship.exclusivity import exclusivity
from kamkit.methods.relationship.loyalty import Loyalty

COLUMNS = [
    *("account_id", "wave", "loyalty", "loyalty_low", "loyalty_high", "raters", "years_bought"),
    *("share_first", "share_last", "share_slope", "low", "high", "trend_verdict", "standing"),
    "origin",
]
ORIGIN = "S112; X34; house"
MIDDLE = 50.0


def loyalty_beside(found: Loyalty, account_years: pd.DataFrame) -> pd.DataFrame:
    """Each account's last loyalty score beside its buying: years and share of wallet, never mixed.

    ``found``: ``loyalty(..., kind="account")``. ``account_years``: account_id, year, revenue;
    category_spend where known (share = revenue / category_spend; above 1 the estimate of spend
    is wrong and the share unknown); with a status only actual years count.

    Returns columns account_id, wave, loyalty (0–100), loyalty_low, loyalty_high, raters,
    years_bought (years with revenue), share_first, share_last (0–1), share_slope (a year) with
    low, high, trend_verdict, standing (both_up: loyalty surely above the middle of the scale and
    share rising; words_only: above it and falling; deeds_only: surely below it and rising;
    both_down; cannot_be_separated), origin. Raises KamkitError missing_column, duplicate_row.
    Source: S112 (loyalty by scale and by behaviour); reading house.

    >>> items = [f"account_attitude_{i}" for i in range(1, 5)]
    >>> items += [f"account_behaviour_{i}" for i in range(1, 11)]
    >>> from kamkit.methods.relationship.loyalty import loyalty
    >>> ratings = pd.DataFrame({"item": items, "score": 6}).assign(
    ...     account_id="A1", rater_id="C1", rated_on="2026-06-01")
    >>> years = pd.DataFrame({"account_id": "A1", "year": [2024, 2025], "revenue": [10.0, 0.0]})
    >>> found = loyalty_beside(loyalty(ratings, "account"), years)
    >>> found[["years_bought", "standing"]].values.tolist()
    [[1, 'cannot_be_separated']]
    """
    need_columns(account_years, "account_years", ["account_id", "year", "revenue"])
    if "status" in account_years.columns:
        account_years = account_years[account_years["status"] == "actual"]
    scores = found.scores[found.scores["dimension"] == "loyalty"].sort_values("wave")
    last = scores.drop_duplicates("account_id", keep="last")
    table = last.rename(
        columns={"score": "loyalty", "low": "loyalty_low", "high": "loyalty_high", "n": "raters"}
    )[["account_id", "wave", "loyalty", "loyalty_low", "loyalty_high", "raters"]]
    bought = account_years[account_years["revenue"] > 0].groupby("account_id")["year"].nunique()
    table["years_bought"] = table["account_id"].map(bought).fillna(0).astype(int)
    table = table.merge(_wallet(account_years), on="account_id", how="left")
    table["trend_verdict"] = table["trend_verdict"].fillna("too_little_data")
    table["standing"] = pd.Series(_standing(table), index=table.index, dtype="str")
    table = table.assign(origin=ORIGIN).sort_values("account_id")
    return table[COLUMNS].reset_index(drop=True)


def _wallet(years: pd.DataFrame) -> pd.DataFrame:
    """Trend of the share of wallet, by the same line as a dealer's share of range."""
    spend = years.get("category_spend", pd.Series(np.nan, index=years.index))
    share = years["revenue"] / spend.where(spend > 0)
    rows = pd.DataFrame(
        {"dealer_id": years["account_id"], "year": years["year"],
         "our_share": share.where(share.between(0, 1))}
    )  # fmt: skip
    names = {"dealer_id": "account_id", "slope": "share_slope", "verdict": "trend_verdict"}
    trend = exclusivity(rows).trends.rename(columns=names)
    columns = ["account_id", "share_first", "share_last", "share_slope", "low", "high"]
    return trend[[*columns, "trend_verdict"]]


def _standing(table: pd.DataFrame) -> np.ndarray:
    """Words and deeds together, only where both intervals speak."""
    says, shuns = table["loyalty_low"] > MIDDLE, table["loyalty_high"] < MIDDLE
    rises, falls = table["trend_verdict"] == "rising", table["trend_verdict"] == "falling"
    return np.select(
        [says & rises, says & falls, shuns & rises, shuns & falls],
        ["both_up", "words_only", "deeds_only", "both_down"],
        default="cannot_be_separated",
    )
