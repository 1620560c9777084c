"""The conditions behind the one-page summary: one small rule per finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.portfolio.lifetime_measures import NAN, measure_value

Inputs = Mapping[str, pd.DataFrame]
DISTORTING = (
    "orders_without_account",
    "stand_in_account",
    "look_alike_names",
    "repeated_lines",
    "after_as_of",
)


@dataclass(frozen=True)
class Signal:
    """What a rule measured: the figure that meets the threshold, its interval, its words.

    ``applies`` is false where the figure is known and the rule has nothing to say about it.
    """

    value: float
    n: int
    values: dict[str, Any]
    low: float = NAN
    high: float = NAN
    applies: bool = True


@dataclass(frozen=True)
class Rule:
    """One finding: what it needs, from which figure on it speaks, and where that comes from.

    ``needs`` are "input:measure" for measure tables and "input:column" for others. A falling
    rule speaks at or below its limit, the others at or above.
    """

    finding: str
    limit: float
    needs: tuple[str, ...]
    measure: Callable[[Inputs, Mapping[str, float]], Signal]
    origin: str = "house"
    falling: bool = False
    side_limits: Mapping[str, float] = field(default_factory=dict)


def _of(table: pd.DataFrame, key: str) -> tuple[float, float, float, int]:
    ends = (measure_value(table, key, end) for end in ("value", "low", "high"))
    value, low, high = ends
    return value, low, high, int(measure_value(table, key, "n"))


def _named(accounts: pd.DataFrame) -> pd.Series:
    names = accounts["name"] if "name" in accounts.columns else accounts["account_id"]
    return names.fillna(accounts["account_id"]).astype("str")


def _sales(accounts: pd.DataFrame) -> float:
    return float(accounts["revenue"].sum())


def _part(part: float, whole: float) -> float:
    return part / whole if whole > 0 else NAN


def _by_sales(accounts: pd.DataFrame) -> pd.DataFrame:
    known = accounts[accounts["revenue"].notna()].assign(label=_named(accounts))
    return known.sort_values(["revenue", "account_id"], ascending=[False, True])


def bad_data(inputs: Inputs, _: Mapping[str, float]) -> Signal:
    """Share of sales that errors and mix-ups of accounts touch: at least, at most."""
    quality, total = inputs["quality"], _sales(inputs["accounts"])
    wrong = (quality["level"] == "error") | quality["code"].isin(DISTORTING)
    hit = quality[wrong]
    money = hit["money"].abs().dropna()
    # The same line may suffer from two problems: the largest is the least that is touched.
    least = _part(float(money.max()), total) if len(money) else 0.0
    most = min(1.0, _part(float(money.sum()), total)) if len(money) else 0.0
    words = {"least_share": least, "most_share": most, "kinds": len(hit)}
    return Signal(least, len(inputs["accounts"]), words, least, most)


def one_account(inputs: Inputs, _: Mapping[str, float]) -> Signal:
    """Share of the largest account."""
    value, low, high, n = _of(inputs["concentration"], "top_1")
    largest = _by_sales(inputs["accounts"]).iloc[0]
    words = {"name": largest["label"], "top_share": value, "revenue": largest["revenue"]}
    return Signal(value, n, words, low, high)


def losses(inputs: Inputs, _: Mapping[str, float]) -> Signal:
    """What loss makers take away, as a share of what the others earn."""
    count, low_count, _high, n = _of(inputs["whale"], "loss_makers")
    lost = -measure_value(inputs["whale"], "loss_money")
    peak = measure_value(inputs["whale"], "profit_peak")
    share = _part(lost, peak) if peak > 0 else (1.0 if lost > 0 else 0.0)
    # Where at the best incomes nobody loses money, the finding is not certain.
    low = 0.0 if low_count == 0 and count > 0 else NAN
    words = {"loss_makers": int(count), "loss_money": lost, "lost_share": share}
    return Signal(share, n, words, low, NAN if np.isnan(low) else share)


def largest_not_best(inputs: Inputs, limits: Mapping[str, float]) -> Signal:
    """Rank by profit of the account that is largest by sales."""
    table = _by_sales(inputs["accounts"]).dropna(subset=["profit"])
    largest = table.iloc[0]
    best = table.sort_values(["profit", "account_id"], ascending=[False, True]).iloc[0]
    own = float(largest["profit"])
    lead = limits["largest_not_best_lead"] * abs(own)
    rank = 1 + int((table["profit"] > own).sum())
    clear = 1 + int((table["profit"] > own + lead).sum())
    words = {"name": largest["label"], "best_name": best["label"], "rank": rank}
    words |= {"profit": own, "best_profit": float(best["profit"])}
    return Signal(rank, len(table), words, clear, rank)


def lumpy_portfolio(inputs: Inputs, _: Mapping[str, float]) -> Signal:
    """Herfindahl-Hirschman index of sales by account."""
    value, low, high, n = _of(inputs["concentration"], "hhi")
    words = {"hhi": value, "equal_accounts": round(1 / value) if value > 0 else NAN}
    return Signal(value, n, {**words, "accounts": n}, low, high)


def few_carry_most(inputs: Inputs, _: Mapping[str, float]) -> Signal:
    """Share of sales of the largest 20 % of accounts."""
    value, low, high, n = _of(inputs["concentration"], "share_top_20")
    heads = measure_value(inputs["concentration"], "heads_for_80")
    words = {"top_share": value, "low_share": low, "high_share": high}
    return Signal(value, n, {**words, "heads": heads, "accounts": n}, low, high)


def one_contact(inputs: Inputs, _: Mapping[str, float]) -> Signal:
    """Share of sales that hangs on accounts with a single known contact still in place.

    A list that holds one person for every account says how it was kept, not who knows whom:
    nothing is concluded from it.
    """
    contacts, accounts = inputs["contacts"], inputs["accounts"]
    if contacts["account_id"].is_unique:
        return Signal(NAN, 0, {})
    left = contacts["left_on"] if "left_on" in contacts.columns else None
    active = contacts if left is None else contacts[left.isna()]
    counts = active.groupby("account_id")["contact_id"].nunique()
    single = accounts[accounts["account_id"].isin(counts.index[counts == 1])]
    share = _part(_sales(single), _sales(accounts))
    names = _by_sales(single)["label"].tolist()
    words = {"accounts": len(single), "sales_share": share, "name": names[0] if names else ""}
    return Signal(share, len(counts), {**words, "known": len(counts)})


def over_capacity(inputs: Inputs, _: Mapping[str, float]) -> Signal:
    """Accounts listed that the team's hours can't serve, under the first order."""
    table = inputs["capacity"]
    first = table[table["order"] == table["order"].iloc[0]]
    listed, served = int(first["listed"].sum()), int(first["served"].sum())
    words = {"listed": listed, "served": served, "over": listed - served}
    return Signal(listed - served, listed, words)


def shaky_list(inputs: Inputs, limits: Mapping[str, float]) -> Signal:
    """Share of the key accounts that drop out when the weights change a little."""
    table = inputs["stability"]
    chosen = table[table["in_top_k"].astype(bool)]
    cut = limits["shaky_list_member_share"]
    shaky = int((chosen["member_share"] < cut).sum())
    words = {"shaky": shaky, "chosen": len(chosen), "cut_share": cut}
    return Signal(_part(shaky, len(chosen)), len(chosen), words)


def disputed(inputs: Inputs, _: Mapping[str, float]) -> Signal:
    """Share of accounts that one scheme calls key and another doesn't."""
    table = inputs["crosswalk"]
    votes = table["key_votes"] + table["not_key_votes"]
    judged = table[votes >= 2]
    split = judged[(judged["key_votes"] > 0) & (judged["not_key_votes"] > 0)]
    share = _part(len(split), len(judged))
    words = {"disputed": len(split), "judged": len(judged), "disputed_share": share}
    return Signal(share, len(judged), words)


def open_cases(inputs: Inputs, _: Mapping[str, float]) -> Signal:
    """Accounts that the written rule leaves open."""
    table = inputs["classes"]
    accounts = int(table["account_id"].nunique())
    left_open = int(table.loc[table["status"] == "open", "account_id"].nunique())
    return Signal(left_open, accounts, {"open": left_open, "accounts": accounts})


def white_space(inputs: Inputs, _: Mapping[str, float]) -> Signal:
    """What known accounts buy elsewhere, as a share of our sales."""
    value, low, high, n = _of(inputs["white_space"], "headroom")
    total = _sales(inputs["accounts"])
    known = measure_value(inputs["white_space"], "sales_with_known_spend")
    words = {"headroom_money": value, "low_money": low, "high_money": high, "known_share": known}
    return Signal(_part(value, total), n, words, _part(low, total), _part(high, total))


def costs_unknown(inputs: Inputs, _: Mapping[str, float]) -> Signal:
    """Share of sales of accounts whose profit isn't known."""
    accounts = inputs["accounts"]
    profit = accounts["profit"] if "profit" in accounts.columns else pd.Series(NAN, accounts.index)
    dark = accounts[profit.isna()]
    share = _part(_sales(dark), _sales(accounts))
    return Signal(share, len(accounts), {"accounts": len(dark), "unknown_share": share})


RULES = (
    Rule("bad_data", 0.05, ("quality:code", "accounts:revenue"), bad_data),
    Rule(
        "one_account",
        0.25,
        ("concentration:top_1", "accounts:revenue"),
        one_account,
        origin="S256; house",
    ),
    Rule("losses", 0.05, ("whale:loss_makers", "whale:loss_money", "whale:profit_peak"), losses),
    Rule(
        "largest_not_best",
        2,
        ("accounts:revenue", "accounts:profit"),
        largest_not_best,
        origin="S079; house",
        side_limits={"largest_not_best_lead": 0.05},
    ),
    Rule(
        "lumpy_portfolio",
        0.18,
        ("concentration:hhi",),
        lumpy_portfolio,
        origin="field:US merger guidelines 2023; S256",
    ),
    Rule("one_contact", 0.10, ("contacts:contact_id", "accounts:revenue"), one_contact),
    Rule("over_capacity", 1, ("capacity:listed",), over_capacity, origin="X32; house"),
    Rule(
        "shaky_list",
        0.20,
        ("stability:member_share",),
        shaky_list,
        side_limits={"shaky_list_member_share": 0.80},
    ),
    Rule(
        "few_carry_most",
        0.80,
        ("concentration:share_top_20", "concentration:heads_for_80"),
        few_carry_most,
        origin="S033; house",
    ),
    Rule("white_space", 0.10, ("white_space:headroom", "accounts:revenue"), white_space),
    Rule("disputed", 0.10, ("crosswalk:key_votes",), disputed, origin="X01; house"),
    Rule("open_cases", 3, ("classes:status",), open_cases, origin="S037; house"),
    Rule("costs_unknown", 0.20, ("accounts:revenue", "accounts:profit"), costs_unknown),
    Rule(
        "broad_base",
        0.65,
        ("concentration:share_top_20", "concentration:heads_for_80"),
        few_carry_most,
        origin="S033; house",
        falling=True,
    ),
)
NOTHING = "nothing_stands_out"
NO_DATA = "nothing_assessed"
