"""What is sold jointly with partners (S243), and regions that no partner covers (S244)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns, one_currency
from kamkit.methods.contacts.known import Day, as_day, dates, texts
from kamkit.methods.relationship.partners import SELLING
from kamkit.methods.shares import WILSON, share_of, wilson

PIPELINE = [
    *("dealer_id", "role", "deals", "open", "won", "lost", "open_amount", "partner_amount"),
    *("win_rate", "low", "high", "currency", "variant", "origin"),
]
COVERAGE = [
    *("region", "accounts", "value", "partners", "partner_ids", "value_per_partner", "white"),
    *("currency", "origin"),
]


def joint_pipeline(joint_deals: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Deals sold together with partners, by partner and the part it plays.

    ``joint_deals``: dealer_id, opportunity_id, status (open, won, lost); role, share (the
    partner's part, 0–1), amount, currency where known. A deal of two partners counts for each.

    Returns columns dealer_id, role, deals, open, won, lost, open_amount, partner_amount (its part
    of the open amount; NaN where no share is known), win_rate (won of closed, 0–1), low, high
    (Wilson), currency, variant, origin. Raises KamkitError missing_column, mixed_currency.
    Source: S243 (partner, role, deal, share); Wilson 1927.

    >>> deals = pd.DataFrame({"dealer_id": ["D1", "D1"], "opportunity_id": ["O1", "O2"],
    ...     "status": ["won", "open"], "amount": [100.0, 50.0], "share": [None, 0.4]})
    >>> joint_pipeline(deals)[["open_amount", "partner_amount", "win_rate"]].values.tolist()
    [[50.0, 20.0, 1.0]]
    """
    need_columns(joint_deals, "joint_deals", ["dealer_id", "opportunity_id", "status"])
    currency = one_currency(joint_deals, "joint_deals") or ""
    keys = ["dealer_id", "role"]
    rows = pd.DataFrame(
        {
            "dealer_id": joint_deals["dealer_id"].astype("str"),
            "opportunity_id": joint_deals["opportunity_id"].astype("str"),
            "role": texts(joint_deals, "role").fillna(""),
            "amount": _numbers(joint_deals, "amount"),
            "share": _numbers(joint_deals, "share"),
            **{s: joint_deals["status"].eq(s) for s in ("open", "won", "lost")},
        }
    ).drop_duplicates([*keys, "opportunity_id"])
    rows["open_amount"] = rows["amount"].where(rows["open"], 0.0)
    rows["partner_amount"] = rows["amount"].where(rows["open"]) * rows["share"]
    held = rows.groupby(keys)
    table = held[["open", "won", "lost"]].sum().astype(int)
    table["deals"] = held.size()
    table["open_amount"] = held["open_amount"].sum()
    table["partner_amount"] = held["partner_amount"].sum(min_count=1)
    closed = table["won"] + table["lost"]
    table["win_rate"] = share_of(table["won"], closed)
    table["low"], table["high"] = wilson(table["won"], closed, level)
    table["variant"] = np.where(closed > 0, "wilson", "too_little_data")
    table = table.assign(currency=currency, origin=f"S243; {WILSON}").reset_index()
    return table.astype({"variant": "str"})[PIPELINE]


def channel_coverage(
    dealers: pd.DataFrame, accounts: pd.DataFrame, *, as_of: Day, value: pd.Series | None = None
) -> pd.DataFrame:
    """Regions with customers, and who sells for us there: the white spots stand first.

    ``dealers``: dealer_id, partner_type, region; ended_on where known. ``accounts``: account_id,
    region; currency where value is money. ``value``: sales or potential by account_id.

    Returns one row a region: region, accounts, value (NaN without ``value``), partners (agents,
    distributors, integrators still active), partner_ids (";"), value_per_partner, white (no
    partner), currency, origin. Raises KamkitError missing_column, mixed_currency, bad_date.
    Source: S244 (channel, coverage, sales).

    >>> dealers = pd.DataFrame({"dealer_id": ["D1"], "partner_type": ["agent"], "region": ["N"]})
    >>> accounts = pd.DataFrame({"account_id": ["A1", "A2"], "region": ["N", "S"]})
    >>> found = channel_coverage(dealers, accounts, as_of="2026-06-30")
    >>> found[["region", "white"]].values.tolist()
    [['S', True], ['N', False]]
    """
    need_columns(dealers, "dealers", ["dealer_id", "partner_type", "region"])
    need_columns(accounts, "accounts", ["account_id", "region"])
    currency = one_currency(accounts, "accounts") or "" if value is not None else ""
    there = dealers["partner_type"].isin(SELLING) & ~(dates(dealers, "ended_on") <= as_day(as_of))
    sellers = dealers[there & dealers["region"].notna()].sort_values("dealer_id")
    given = pd.Series(dtype=float) if value is None else value
    worth = accounts["account_id"].map(given).astype(float)
    held = accounts.assign(worth=worth).groupby("region")
    table = pd.DataFrame({"accounts": held.size(), "value": held["worth"].sum(min_count=1)})
    group = sellers.groupby("region")["dealer_id"]
    table = table.join(group.size().rename("partners"), how="outer")
    table = table.join(group.agg(lambda ids: ";".join(ids)).rename("partner_ids"), how="left")
    table = table.fillna({"accounts": 0, "partners": 0, "partner_ids": ""})
    table = table.astype({"accounts": int, "partners": int, "partner_ids": "str"})
    table["white"] = table["partners"] == 0
    table["value_per_partner"] = table["value"] / table["partners"].where(~table["white"])
    table = table.assign(currency=currency, origin="S244").rename_axis("region").reset_index()
    order = ["white", "value", "accounts", "region"]
    table = table.sort_values(order, ascending=[False, False, False, True])
    return table[COVERAGE].reset_index(drop=True)


def _numbers(table: pd.DataFrame, column: str) -> pd.Series:
    if column not in table.columns:
        return pd.Series(np.nan, index=table.index, dtype=float)
    return pd.to_numeric(table[column], errors="coerce").astype(float)
