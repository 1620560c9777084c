"""The conditions behind the headline of an account's page: one small rule per finding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.portfolio.finding_rules import Inputs, Rule, Signal
from kamkit.methods.portfolio.inputs import ratio
from kamkit.methods.portfolio.lifetime_measures import NAN

LARGE_SHARE = 0.2
Limits = Mapping[str, float]


def _one(inputs: Inputs, name: str) -> dict[str, Any]:
    table = inputs.get(name)
    if table is None or table.empty:
        return {}
    return {str(key): value for key, value in table.iloc[0].items()}


def _name(inputs: Inputs) -> str:
    return str(_one(inputs, "own")["name"])


def _words(inputs: Inputs, **values: Any) -> dict[str, Any]:
    return {"name": _name(inputs), **values}


def _number(row: Mapping[str, Any], key: str) -> float:
    value = row.get(key, NAN)
    return NAN if value is None or value != value else float(value)


def _sales(inputs: Inputs) -> float:
    return _number(_one(inputs, "own"), "revenue")


def _standing(inputs: Inputs, column: str = "revenue") -> tuple[int, int]:
    """Rank of the account by a column, and among how many; 0 where it has no figure."""
    table, own = inputs["accounts"], _number(_one(inputs, "own"), column)
    known = table[column].dropna() if column in table.columns else pd.Series(dtype=float)
    return (0 if np.isnan(own) else 1 + int((known > own).sum())), len(known)


def _large(inputs: Inputs) -> bool:
    rank, n = _standing(inputs)
    return 0 < rank <= max(1, round(LARGE_SHARE * n))


def _is_key(inputs: Inputs) -> bool:
    flag = _one(inputs, "classes").get("key")
    return flag is not None and not pd.isna(flag) and bool(flag)


def group(inputs: Inputs, _: Limits) -> Signal:
    """Number of subsidiaries below the account."""
    family = inputs["family"]
    below = family[family["relation"] == "subsidiary"]
    inside = family[family["relation"] != "parent"]
    total = float(inside["revenue"].sum())
    rank = 1 + int((inputs["accounts"]["revenue"].dropna() > total).sum())
    own = inside["account_id"].isin(inputs["own"]["account_id"])
    words = _words(
        inputs,
        subsidiaries=len(below),
        group_revenue=total,
        rank=rank,
        own_revenue=float(inside.loc[own, "revenue"].sum()),
    )
    return Signal(len(below), len(inside), words)


def not_yet(inputs: Inputs, _: Limits) -> Signal:
    """Days on which the account has ordered so far."""
    row = _one(inputs, "pauses")
    family = inputs.get("family")
    head = family is not None and bool((family["relation"] == "subsidiary").any())
    return Signal(_number(row, "order_days"), 1, _words(inputs), applies=not head)


def gone(inputs: Inputs, _: Limits) -> Signal:
    """Days since the last order."""
    row = _one(inputs, "pauses")
    words = _words(inputs, last_on=row["last_on"], pause_days=_number(row, "pause_days"))
    return Signal(_number(row, "pause_days"), int(_number(row, "order_days")), words)


def order_gap(inputs: Inputs, limits: Limits) -> Signal:
    """Share of past days on which the last order was as old as it is now."""
    row = _one(inputs, "pauses")
    words = _words(
        inputs,
        pause_days=_number(row, "pause_days"),
        gaps=int(row["gaps"]),
        usual_days=round(_number(row, "usual_days")),
        pause_share=_number(row, "pause_share"),
    )
    open_still = _number(row, "pause_days") < limits["account_gone"]
    ends = _number(row, "low"), _number(row, "high")
    return Signal(_number(row, "pause_share"), int(row["gaps"]), words, *ends, applies=open_still)


def falling(inputs: Inputs, limits: Limits) -> Signal:
    """Drop of sales against the period before, where the account still buys."""
    row = _one(inputs, "change")
    drop = -_number(row, "change_share")
    words = _words(
        inputs,
        drop_share=drop,
        revenue_now=row["revenue_now"],
        revenue_before=row["revenue_before"],
    )
    buys = not _number(_one(inputs, "pauses"), "pause_days") >= limits["account_gone"]
    return Signal(drop, 1, words, applies=buys)


def _loss(inputs: Inputs, causes: str) -> Signal:
    row = _one(inputs, "served")
    income, low, high = (_number(row, k) for k in ("operating_income", "income_low", "income_high"))
    cause = str(row.get("cause") or "")
    kind = cause if cause in ("no_sales", "direct_cost") else "driver"
    words = _words(
        inputs,
        loss_money=-income,
        low_money=-high,
        high_money=-low,
        driver=cause,
        serve_cost=_number(row, "cost_to_serve"),
        gross_income=_number(row, "gross_margin"),
        excess_money=_number(row, "cause_money"),
    )
    sure = income < 0 and (np.isnan(high) or high < 0)
    return Signal(-income, 1, words, -high, -low, applies=sure and kind == causes)


def loss_serving(inputs: Inputs, _: Limits) -> Signal:
    """Loss after cost to serve, caused by a driver beyond the account's share of sales."""
    return _loss(inputs, "driver")


def loss_price(inputs: Inputs, _: Limits) -> Signal:
    """Loss of an account whose gross margin is already gone."""
    return _loss(inputs, "direct_cost")


def loss_no_sales(inputs: Inputs, _: Limits) -> Signal:
    """What an account costs without buying."""
    return _loss(inputs, "no_sales")


def loss_maybe(inputs: Inputs, _: Limits) -> Signal:
    """Possible loss of an account whose range of income holds zero."""
    row = _one(inputs, "served")
    low, high = _number(row, "income_low"), _number(row, "income_high")
    words = _words(
        inputs,
        loss_money=-low,
        gain_money=high,
        driver=str(row.get("top_driver") or ""),
        serve_cost=_number(row, "cost_to_serve"),
    )
    return Signal(-low, 1, words, applies=low < 0 <= high)


def one_contact(inputs: Inputs, _: Limits) -> Signal:
    """Contact persons still in place at an account that is key or among the largest fifth."""
    contacts = inputs["contacts"]
    left = (
        contacts["left_on"] if "left_on" in contacts.columns else pd.Series(pd.NaT, contacts.index)
    )
    count = int(contacts.loc[left.isna(), "contact_id"].nunique())
    words = _words(inputs, contacts=count, on_record=int(contacts["contact_id"].nunique()))
    return Signal(count, 1, words, applies=_is_key(inputs) or _large(inputs))


def thin(inputs: Inputs, _: Limits) -> Signal:
    """Margin of a large account after cost to serve, as a multiple of the portfolio's."""
    row, table = _one(inputs, "served"), inputs["accounts"].dropna(subset=["revenue", "profit"])
    base = ratio(table["profit"].sum(), table["revenue"].sum())
    sales, rank = _number(row, "revenue"), _standing(inputs)[0]
    ends = [
        ratio(_number(row, k), sales) for k in ("operating_income", "income_low", "income_high")
    ]
    value, low, high = (ratio(end, base) for end in ends)
    words = _words(inputs, own_margin=ends[0], all_margin=base, rank=rank)
    makes_money = _number(row, "income_low") >= 0
    return Signal(value, len(table), words, low, high, applies=_large(inputs) and makes_money)


def _wallet(inputs: Inputs, column: str) -> tuple[float, float, float]:
    row = _one(inputs, "wallet")
    low, base, high = (_number(row, f"{column}_{end}") for end in ("low", "base", "high"))
    return base, low, high


def wallet_high(inputs: Inputs, limits: Limits) -> Signal:
    """Our share of what the account spends, where the estimate of its spend is plausible."""
    base, low, high = _wallet(inputs, "share")
    words = _words(inputs, wallet_share=base, low_share=low, high_share=high)
    known = base < limits["account_spend_wrong"]
    return Signal(base, 1, words, low, high, applies=known)


def white_space(inputs: Inputs, limits: Limits) -> Signal:
    """What the account buys elsewhere, as a share of our sales to all accounts."""
    base, low, high = _wallet(inputs, "headroom")
    sales = _number(_one(inputs, "wallet"), "sales")
    share = _wallet(inputs, "share")[0]
    total = float(inputs["accounts"]["revenue"].sum())
    words = _words(
        inputs,
        headroom_money=base,
        low_money=low,
        high_money=high,
        wallet_share=share,
    )
    matters = base >= limits["account_white_space_floor"] * sales
    ends = (ratio(low, total), ratio(high, total))
    return Signal(ratio(base, total), 1, words, *ends, applies=bool(matters))


def pillar(inputs: Inputs, _: Limits) -> Signal:
    """The account's share of the income of all accounts that earn money."""
    own = _number(_one(inputs, "own"), "profit")
    table = inputs["accounts"]
    earned = float(table["profit"].clip(lower=0).sum())
    row = _one(inputs, "served")
    ends = [ratio(_number(row, key), earned) for key in ("income_low", "income_high")]
    words = _words(
        inputs,
        income_share=ratio(own, earned),
        profit=own,
        rank=_standing(inputs, "profit")[0],
        accounts=_standing(inputs, "profit")[1],
    )
    return Signal(ratio(own, earned), int(table["profit"].notna().sum()), words, *ends)


def disputed(inputs: Inputs, _: Limits) -> Signal:
    """Schemes in the minority on whether the account is key."""
    row = _one(inputs, "crosswalk")
    yes, no = int(row["key_votes"]), int(row["not_key_votes"])
    return Signal(min(yes, no), yes + no, _words(inputs, yes=yes, no=no))


def left_open(inputs: Inputs, _: Limits) -> Signal:
    """Whether the written rule leaves the account open (1) or not (0)."""
    is_open = _one(inputs, "classes")["status"] == "open"
    return Signal(float(is_open), 1, _words(inputs))


def unclassified(inputs: Inputs, _: Limits) -> Signal:
    """Whether data are missing for a class (1) or not (0)."""
    row = _one(inputs, "classes")
    fields = [part for part in str(row.get("missing") or "").split("; ") if part]
    unknown = row["status"] == "unknown"
    return Signal(float(unknown), 1, _words(inputs, fields=len(fields)))


def near_line(inputs: Inputs, _: Limits) -> Signal:
    """Distance to the nearest limit, where a small change alone gives another class."""
    row = _one(inputs, "classes")
    gap = abs(_number(row, "distance"))
    turns = bool(str(row.get("flips") or "").strip()) and str(row.get("flips")) != "nan"
    return Signal(gap, 1, _words(inputs, distance_share=gap), applies=turns)


def shaky(inputs: Inputs, _: Limits) -> Signal:
    """How far the account's place on the list is a matter of weights: 0 settled, 0.5 a coin."""
    row = _one(inputs, "place")
    share = _number(row, "member_share")
    words = _words(inputs, member_share=share, draws=int(_number(row, "draws")))
    return Signal(min(share, 1 - share), int(_number(row, "draws")), words)


def spend_wrong(inputs: Inputs, _: Limits) -> Signal:
    """Our sales as a share of the estimated spend: above 1 the estimate is wrong."""
    base, low, high = _wallet(inputs, "share")
    words = _words(inputs, over_share=base, sales_money=_number(_one(inputs, "wallet"), "sales"))
    return Signal(base, 1, words, low, high)


SALES = "own:revenue"
INCOME = "served:operating_income"
RULES = (
    Rule("account_not_yet", 0, ("pauses:order_days",), not_yet, falling=True),
    Rule("account_gone", 365, ("pauses:pause_days",), gone),
    Rule("account_loss_serving", 0, (INCOME,), loss_serving, origin="X08; house"),
    Rule("account_loss_price", 0, (INCOME,), loss_price, origin="X08; house"),
    Rule("account_loss_no_sales", 0, (INCOME,), loss_no_sales, origin="X08; house"),
    Rule("account_loss_maybe", 0, (INCOME, "served:income_low"), loss_maybe, origin="X08; house"),
    Rule("account_order_gap", 0.05, ("pauses:pause_share",), order_gap, falling=True,
         origin="field:Cox 1962; house"),
    Rule("account_falling", 0.2, ("change:change_share",), falling),
    Rule("account_group", 1, ("family:relation", "accounts:revenue"), group, origin="X09; house"),
    Rule("account_one_contact", 1, ("contacts:contact_id", SALES), one_contact, falling=True),
    Rule("account_thin", 0.5, (INCOME, SALES, "accounts:profit"), thin, falling=True,
         origin="S079; house"),
    Rule("account_wallet_high", 0.6, ("wallet:share_base",), wallet_high, origin="S013; house"),
    Rule("account_white_space", 0.01, ("wallet:headroom_base", "accounts:revenue"), white_space,
         origin="S013; house", side_limits={"account_white_space_floor": 0.25}),
    Rule("account_pillar", 0.05, ("own:profit",), pillar),
    Rule("account_disputed", 1, ("crosswalk:key_votes",), disputed, origin="X01; house"),
    Rule("account_open", 1, ("classes:status",), left_open, origin="S037; house"),
    Rule("account_unclassified", 1, ("classes:status",), unclassified),
    Rule("account_near_line", 0.10, ("classes:distance",), near_line, falling=True),
    Rule("account_shaky", 0.2, ("place:member_share",), shaky),
    Rule("account_spend_wrong", 1, ("wallet:share_base",), spend_wrong),
)  # fmt: skip
URGENT = tuple(rule.finding for rule in RULES[: [r.finding for r in RULES].index("account_thin")])
NOTHING = "account_nothing_stands_out"
NO_DATA = "account_nothing_assessed"
