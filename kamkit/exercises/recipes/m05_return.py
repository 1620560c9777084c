"""Recipes of returns on both sides, and of number and quality of customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kamkit.exercises.model import Accept, Text, Variant
from kamkit.exercises.recipes.m05_base import (
    WAN,
    YEAR,
    columns,
    field,
    figure,
    items,
    money,
    names,
    places,
    score,
    sheet,
    ticked,
    ticks,
)
from kamkit.exercises.recipes.parts import cell, one_of, pair, share, until

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw

SIDES = ("us", "customer")
_RATE = 0.12


def _flows(draw: Draw) -> np.ndarray:
    """Outlay and three years' benefit of both sides (万); one pays early, the other late."""
    rows = []
    early = draw.integer(0, 1)
    for side in range(2):
        outlay = 10.0 * draw.integer(12, 30)
        parts = ((50, 42, 34), (4, 16, 26)) if side == early else ((8, 30, 78), (0, 10, 24))
        benefit = [round(outlay * (p + draw.integer(0, s)) / 100) for p, s in
                   zip(parts[0], (*parts[1][1:], 10), strict=True)]  # fmt: skip
        rows.append((outlay, *benefit))
    return np.array(rows, dtype=float)


def _payback(row: np.ndarray) -> float:
    """Years until the outlay is back, evenly within a year; NaN beyond the third."""
    left = row[0]
    for year, benefit in enumerate(row[1:], 1):
        if benefit >= left:
            return float(year - 1 + left / benefit)
        left -= benefit
    return float("nan")


def returns(row: np.ndarray, error: float = 0.20) -> dict[str, float]:
    """Return, present value with its ends, and the share of benefit that breaks even.

    The arithmetic of :func:`kamkit.methods.portfolio.customer_returns`; a test holds both equal.
    The method counts the outlay's own year as year 0, here it is a moment without length.
    """
    outlay, benefit = float(row[0]), row[1:]
    now = float((benefit / (1 + _RATE) ** np.arange(1, len(row))).sum())
    return {
        "roi": float(benefit.sum()) / outlay - 1,
        "npv": now - outlay,
        "npv_low": (1 - error) * now - outlay,
        "npv_high": (1 + error) * now - outlay,
        "benefit_needed": outlay / now,
    }


def _flows_good(rows: np.ndarray) -> bool:
    """Both get their money back; one side's present value is above nil and the other's below."""
    worth = [returns(r)["npv"] / r[0] for r in rows]
    back = [_payback(r) for r in rows]
    simple = [r[0] / r[1:].mean() for r in rows]
    total = [r[1:].sum() / r[0] - 1 for r in rows]
    return (
        not np.isnan(back).any()
        and min(abs(w) for w in worth) > 0.02
        and (worth[0] > 0) != (worth[1] > 0)
        and min(total) > 0.05
        and min(abs(b - s) for b, s in zip(back, simple, strict=True)) > 0.12
        and min(abs(b - np.ceil(b)) for b in back) > 0.12
    )


def both_sides(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Return, payback and worth in today's money, for us and for the customer.

    The outlay falls at the start of the first year, benefits in the years after it. Source: S087,
    S151 (see :func:`returns`); timing house.
    """
    rows = until(lambda: _flows(draw), _flows_good, 600)
    called = names(draw, 1)[0]
    key: dict[str, Accept] = {}
    words: dict[str, Any] = {"name": cell(called), "rate": share(_RATE)}
    for side, row in zip(SIDES, rows, strict=True):
        one, back = returns(row * WAN), _payback(row)
        pays = "pays" if one["npv"] >= 0 else "does_not"
        key[f"{side}.roi"] = figure(one["roi"], 0.006)
        key[f"{side}.payback"] = figure(back, 0.06)
        key[f"{side}.verdict"] = one_of(pays)
        words |= {f"{side}_outlay": money(row[0] * WAN), f"{side}_roi": share(one["roi"]),
                  f"{side}_back": score(back, 1), f"{side}_npv": money(one["npv"]),
                  f"{side}_low": money(one["npv_low"]), f"{side}_high": money(one["npv_high"]),
                  f"{side}_need": share(one["benefit_needed"])}  # fmt: skip
    yes = "us" if key["us.verdict"].best == "pays" else "customer"
    us, them = Text("我们", "We"), Text("客户", "The customer")
    both = (pair("我们", "us"), pair("客户", "the customer"))
    words["gains"], words["loses"] = both if yes == "us" else both[::-1]
    return Variant(
        key=key,
        words=words,
        items=items(SIDES, [us, them]),
        fields=_return_fields(),
        sheets=(_flow_sheet(rows),),
        traps=_return_traps(rows, {name: a.best for name, a in key.items()}),
    )  # fmt: skip


def _return_fields() -> tuple[Any, ...]:
    options = places(("pays", "划算", "Yes"), ("does_not", "不划算", "No"))
    return (
        field("roi", "三年回报率（不折现）", "Return over three years (undiscounted)", "share"),
        field("payback", "几年回本（一位小数）", "Payback in years (one decimal)"),
        field("verdict", "折成今天的钱，划不划算", "Worth it in today's money?", type="choice",
              options=options),
    )  # fmt: skip


def _flow_sheet(rows: np.ndarray) -> Any:
    cols = columns(("year", "时间", "When", "text"), ("us", "我们", "We", "money"),
                   ("customer", "客户", "The customer", "money"),
                   ("factor", "折现系数", "Discount factor", "score"))  # fmt: skip
    shown = [(Text("年初投入", "Outlay at the start"), -rows[0, 0] * WAN, -rows[1, 0] * WAN, 1.0)]
    for year in (1, 2, 3):
        said_ = Text(f"第 {year} 年收益", f"Benefit, year {year}")
        factor = round((1 + _RATE) ** -year, 3)
        shown.append((said_, rows[0, year] * WAN, rows[1, year] * WAN, factor))
    return sheet(
        Text("联合项目：双方的投入与收益", "Joint project: what each side puts in and gets"),
        cols,
        shown,
    )


def _return_traps(rows: np.ndarray, best: dict[str, Any]) -> dict[str, dict[str, Any]]:
    def changed(part: str, value: Any) -> dict[str, Any]:
        return {**best, **{f"{s}.{part}": value(r) for s, r in zip(SIDES, rows, strict=True)}}

    return {
        "gross_return": changed("roi", lambda r: round(float(r[1:].sum() / r[0]), 6)),
        "on_benefit": changed("roi", lambda r: round(float(1 - r[0] / r[1:].sum()), 6)),
        "a_year": changed("roi", lambda r: round(float((r[1:].sum() / r[0] - 1) / 3), 6)),
        "by_average": changed("payback", lambda r: round(float(r[0] / r[1:].mean()), 6)),
        "whole_years": changed("payback", lambda r: float(np.ceil(_payback(r)))),
        "undiscounted": changed("verdict", lambda r: "pays"),
    }


def _three_years(draw: Draw) -> dict[str, np.ndarray]:
    """Customers, newcomers, net income, revenue and cost of winning customers in three years."""
    count = np.array([draw.integer(24, 40), 0, 0], dtype=float)
    new, lost = [0, 0], [0, 0]
    for k in range(2):
        new[k], lost[k] = draw.integer(4, 14), draw.integer(1, 11)
        count[k + 1] = count[k] + new[k] - lost[k]
    average = 10.0 * draw.integer(3, 7)
    income, revenue = [round(count[0] * average)], [round(count[0] * average * 9)]
    for k in range(2):
        income.append(round(income[k] * draw.integer(88, 138) / 100))
        revenue.append(round(revenue[k] * draw.integer(98, 135) / 100))
    each = [draw.integer(6, 16), draw.integer(6, 16)]
    spent = np.array([np.nan, new[0] * each[0], new[1] * each[1]], dtype=float)
    return {"count": count, "new": np.array([np.nan, *new]), "lost": np.array([np.nan, *lost]),
            "income": np.array(income, float), "revenue": np.array(revenue, float),
            "spent": spent}  # fmt: skip


def alarms_that_ring(found: dict[str, np.ndarray]) -> dict[str, set[str]]:
    """Boxes to tick, as reckoned rightly and wrongly: t1–t2 thinner, p1–p2 profit, d2 dearer.

    The alarm rules of :func:`kamkit.methods.portfolio.number_quality`; a test holds both equal.
    """
    count, income = found["count"], found["income"]
    each, sold = income / count, found["revenue"] / count
    won, spent = found["spent"] / found["new"], found["spent"]
    right: set[str] = set()
    sales, total = set(), set()
    for k in (1, 2):
        more = count[k] > count[k - 1]
        right |= {f"t{k}"} if more and each[k] < each[k - 1] else set()
        right |= {f"p{k}"} if more and income[k] < income[k - 1] else set()
        sales |= {f"t{k}"} if more and sold[k] < sold[k - 1] else set()
        total |= {f"t{k}", f"p{k}"} if more and income[k] < income[k - 1] else set()
    dear = {"d2"} if won[2] > won[1] else set()
    gross = {"d2"} if spent[2] > spent[1] else set()
    profit = {b for b in right if b[0] == "p"}
    thinner = {b for b in right if b[0] == "t"}
    grown = {f"{b}{k}" for k in (1, 2) for b in "tp" if count[k] > count[k - 1]}
    return {"key": right | dear, "by_revenue": sales | profit | dear, "all_growth": grown,
            "total_spend": thinner | profit | gross, "totals_only": total | dear}  # fmt: skip


def _alarms_good(found: dict[str, np.ndarray]) -> bool:
    ways = alarms_that_ring(found)
    each = found["income"] / found["count"]
    won = found["spent"][1:] / found["new"][1:]
    clear = min(abs(each[1] / each[0] - 1), abs(each[2] / each[1] - 1), abs(won[1] / won[0] - 1))
    grown = (np.diff(found["count"]) != 0).all() and (np.diff(found["income"]) != 0).all()
    traps = [ways[w] - ways["key"] or ways["key"] - ways[w] for w in ways if w != "key"]
    usable = grown and all(traps) and all(ways.values())
    return bool(2 <= len(ways["key"]) <= 4 and clear > 0.03 and usable)


def alarms(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Three years of customers and money: which alarms ring, and in which year.

    Source: S071, S089 (see :func:`alarms_that_ring`); rules house.
    """
    found = until(lambda: _three_years(draw), _alarms_good, 2000)
    rung = alarms_that_ring(found)["key"]
    boxes = _boxes_of_alarms()
    counts = sheet(Text("客户（家）", "Customers"), _headed(), [
        (Text("年内有交易的客户", "Customers of the year"), *found["count"]),
        (Text("其中新客户", "Of these new"), *found["new"]),
        (Text("年内流失", "Lost"), *found["lost"]),
    ])  # fmt: skip
    moneys = sheet(Text("金额", "Money"), _headed("money"), [
        (Text("销售额", "Revenue"), *(found["revenue"] * WAN)),
        (Text("净利合计", "Net income, total"), *(found["income"] * WAN)),
        (Text("获客费用", "Cost of winning customers"), *(found["spent"] * WAN)),
    ])  # fmt: skip
    each = found["income"] / found["count"] * WAN
    won = found["spent"] / found["new"] * WAN
    words: dict[str, Any] = {f"average{k}": money(v) for k, v in enumerate(each)}
    words |= {f"won{k}": money(won[k]) for k in (1, 2)}
    words |= {f"year{k}": str(YEAR - 2 + k) for k in range(3)}
    words |= {f"count{k}": int(found["count"][k]) for k in range(3)}
    return Variant(
        key=ticks(sorted(rung)),
        words={**words, "n_alarms": len(rung),
               "rung": pair("；".join(zh for i, zh, _ in boxes if i in rung),
                            "; ".join(en for i, _, en in boxes if i in rung))},
        places=places(*boxes),
        sheets=(counts, moneys),
        traps={w: ticked(v, [b[0] for b in boxes]) for w, v in alarms_that_ring(found).items()
               if w != "key"},
    )  # fmt: skip


def _headed(kind: str = "number") -> tuple[Any, ...]:
    years = range(YEAR - 2, YEAR + 1)
    heads = ((f"y{k}", f"{year} 年", str(year), kind) for k, year in enumerate(years))
    return columns(("what", "项目", "Item", "text"), *heads)


def _boxes_of_alarms() -> list[tuple[str, str, str]]:
    found = []
    for k in (1, 2):
        year = YEAR - 2 + k
        found.append((f"t{k}", f"{year}：家数多了，平均每家净利薄了",
                      f"{year}: more customers, less net income each"))  # fmt: skip
        found.append((f"p{k}", f"{year}：家数多了，总净利反而少了",
                      f"{year}: more customers, less net income in total"))  # fmt: skip
        found.append((f"d{k}", f"{year}：赢得一家新客户更贵了",
                      f"{year}: a new customer costs more to win"))  # fmt: skip
    return found
