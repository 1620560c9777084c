"""Recipes of bids and changes: does a bid pay, and what to do about a late change request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kamkit.exercises.forms import read_text
from kamkit.exercises.model import Accept, Field, Item, Place, Text, Variant
from kamkit.exercises.recipes.m05_base import (
    WAN,
    columns,
    figure,
    listed,
    money,
    names,
    places,
    score,
    sheet,
)
from kamkit.exercises.recipes.parts import cell, one_of, share, until
from kamkit.exercises.recipes.wordings import pool
from kamkit.methods.projects import LateChange, bid_economics, late_change

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw

_DECISIONS = places(
    ("bid", "投", "Bid"),
    ("no_bid", "不投", "No bid"),
    ("cannot_tell", "还说不准，先把可能性问实", "Can't tell yet: firm up the chance first"),
)
_CLEAR = 0.02  # how far the break-even chance keeps from the ends of the range
Figures = dict[str, float]


def _bid(draw: Draw) -> Figures:
    """A tender: value, margin, what bidding still costs, what it has cost, chance and range."""
    margin = 10.0 * WAN * draw.integer(18, 60)
    p, half = draw.integer(20, 45) / 100, draw.integer(8, 14) / 100
    factor = draw.choice([0.35, 0.45, 0.5, 0.9, 1.05, 1.15, 1.7, 1.9])
    cost = round(p * factor * margin / WAN) * WAN
    return {
        "value": round(margin * draw.integer(42, 60) / 10 / 1e5) * 1e5, "margin": margin,
        "cost": float(cost), "spent": float(round(cost * draw.integer(40, 110) / 100 / WAN) * WAN),
        "p": p, "low": p - half, "high": p + half,
    }  # fmt: skip


def _simple(f: Figures) -> str:
    """The rule that the task gives: the whole range above or below the break-even chance."""
    line = f["cost"] / f["margin"]
    return "bid" if f["low"] > line else "no_bid" if f["high"] < line else "cannot_tell"


def _judged(f: Figures) -> dict[str, Any]:
    row = pd.DataFrame({
        "bid_id": ["bid"], "p": f["p"], "p_low": f["low"], "p_high": f["high"],
        "margin_amount": f["margin"], "pursuit_cost": f["cost"], "spent": f["spent"],
    })  # fmt: skip
    return dict(bid_economics(row, draws=1000).bids.iloc[0])


def _bid_good(f: Figures) -> bool:
    """Ends of the range off the line; where they enclose it, both answers stay possible."""
    line = f["cost"] / f["margin"]
    off = min(abs(f["low"] - line), abs(f["high"] - line)) > _CLEAR
    middle = abs(f["p"] - line) < 0.27 * (f["high"] - f["p"]) and abs(f["p"] - line) > 0.005
    open_ = _simple(f) == "cannot_tell"
    gain = f["p"] * f["margin"] - f["cost"]
    return bool(off and (middle or not open_) and abs(gain) > WAN and line < 0.8)


def bid(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Break-even chance, expected gain and the decision for one bid.

    Source: S146 (name only); Friedman 1956 (bid_economics); the range rule is the method's
    80 % rule on a clear case.
    """
    f = until(lambda: _bid(draw), _bid_good)
    found = _judged(f)
    decision = str(found["decision"])
    line, gain = float(found["break_even"]), float(found["gain"])
    sunk = (f["cost"] + f["spent"]) / f["margin"]
    called = names(draw, 1)[0]
    cols = columns(("what", "项目", "Item", "text"), ("money", "金额", "Amount", "money"),
                   ("p", "可能性", "Chance", "share"))  # fmt: skip
    none = float("nan")
    rows = [
        (Text("合同额", "Contract value"), f["value"], none),
        (Text("中标后毛利（未扣投标费用）", "Margin if won, before bid cost"), f["margin"], none),
        (Text("已经花掉的投标费用", "Spent on the bid so far"), f["spent"], none),
        (Text("投到底还要花", "Still to be spent on the bid"), f["cost"], none),
        (Text("中标可能性", "Chance to win"), none, f["p"]),
        (Text("可能性：范围下限", "Chance, low end"), none, f["low"]),
        (Text("可能性：范围上限", "Chance, high end"), none, f["high"]),
    ]
    by_point = "bid" if gain > 0 else "no_bid"
    return Variant(
        key={
            "line.chance": figure(line, 0.003),
            "gain.amount": figure(gain, max(0.01 * abs(gain), 1000.0)),
            "decision.verdict": one_of(decision),
        },
        words={
            "name": cell(called), "line": share(line), "gain": money(gain), "p": share(f["p"]),
            "low": share(f["low"]), "high": share(f["high"]), "margin": money(f["margin"]),
            "cost": money(f["cost"]), "spent": money(f["spent"]), "sunk": share(sunk),
            "decision": cell(next(p.text for p in _DECISIONS if p.id == decision)),
            "gain_low": money(f["low"] * f["margin"] - f["cost"]),
            "gain_high": money(f["high"] * f["margin"] - f["cost"]),
            "above": share(min(max(round(float(found["above"]), 2), 0.01), 0.99)),
        },
        items=(
            Item("line", Text("保本胜率", "Break-even chance")),
            Item("gain", Text("投的预期得失", "Expected gain of bidding")),
            Item("decision", Text("投不投", "Bid or not")),
        ),
        fields=(
            Field("chance", Text("可能性", "Chance"), unit="share", items=("line",)),
            Field("amount", Text("金额", "Amount"), unit="money", items=("gain",)),
            Field("verdict", Text("决定", "Decision"), "choice", options=_DECISIONS,
                  items=("decision",)),
        ),
        sheets=(sheet(called, cols, rows),),
        traps={
            "sunk": {"line.chance": sunk, "gain.amount": gain - f["spent"]},
            "on_value": {"line.chance": f["cost"] / f["value"],
                         "gain.amount": f["p"] * f["value"] - f["cost"]},
            "no_chance": {"gain.amount": f["margin"] - f["cost"]},
            "cost_at_risk": {"gain.amount": f["p"] * (f["margin"] - f["cost"])},
            "no_cost": {"gain.amount": f["p"] * f["margin"]},
            "by_point": {"decision.verdict": by_point if decision == "cannot_tell"
                         else "cannot_tell"},
            "turned": {"decision.verdict": "no_bid" if decision == "bid" else "bid"},
        },
    )  # fmt: skip


# -- a late change ----------------------------------------------------------------------------
_OPTIONS = ("refuse", "follow", "second", "swap", "wait")
_CRITERIA = {
    "value": Text("对客户和我们的价值", "Value to both"),
    "cost": Text("多花的成本", "Extra cost"),
    "time": Text("延期（天）", "Delay (days)"),
    "relationship": Text("关系", "Relationship"),
}
_WEIGHTS = ((40, 20, 15, 25), (20, 45, 25, 10), (20, 20, 45, 15), (30, 10, 10, 50),
            (45, 25, 10, 20), (55, 10, 10, 25), (15, 40, 40, 5), (25, 30, 20, 25))  # fmt: skip
_DEFENSIBLE = 0.20  # share of draws around the weights in which an option comes first (house)


def _ways(draw: Draw) -> dict[str, Any]:
    swap = [draw.integer(80, 125), draw.integer(18, 45), draw.integer(8, 24), 1.0]
    rows = {
        "refuse": [draw.integer(15, 50), draw.integer(0, 6), 0, -2.0],
        "follow": [draw.integer(130, 185), draw.integer(70, 110), draw.integer(40, 70), 2.0],
        "second": [draw.integer(90, 145), draw.integer(30, 60), draw.integer(4, 14), 1.0],
        "swap": swap,
        "wait": [draw.integer(10, 40), swap[1] + draw.integer(2, 14),
                 swap[2] + draw.integer(8, 26), -1.0],
    }  # fmt: skip
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(_CRITERIA), dtype=float)
    table[["value", "cost"]] *= WAN
    table = table.rename_axis("option").reset_index()
    weights = dict(zip(_CRITERIA, draw.choice(_WEIGHTS), strict=True))
    found = late_change(table, weights=weights, draws=400)
    return {"table": table, "weights": weights, "found": found}


def defensible(found: LateChange) -> list[str]:
    """Options that come first in a fifth of the draws at least, the method's own first ahead."""
    rows = found.options.sort_values(["rank", "first_share"], ascending=[True, False])
    good = rows[((rows["first_share"] >= _DEFENSIBLE) & (rows["dominated_by"] == ""))
                | (rows["rank"] == 1)]  # fmt: skip
    return [str(o) for o in good["option"]]


def _ways_good(f: dict[str, Any]) -> bool:
    rows = f["found"].options.set_index("option")
    scores = rows["score"].sort_values(ascending=False)
    clear = scores.iloc[0] - scores.iloc[1] > 1.0
    return bool(clear and rows.loc["wait", "dominated_by"] and len(defensible(f["found"])) <= 2)


def change(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Five ways to deal with a late change, points on four criteria, weights that were agreed.

    Source: S166 (the dilemma), S164; swing weights Edwards & Barron 1994 (late_change).
    """
    f = until(lambda: _ways(draw), _ways_good, 40)
    found: LateChange = f["found"]
    accepted = defensible(found)
    first = accepted[0]
    texts = {o: read_text(pool("m09_facts")["late"][o]) for o in _OPTIONS}
    rows = {str(r["option"]): r for r in found.options.to_dict("records")}
    out = [o for o in _OPTIONS if rows[o]["dominated_by"]]
    order = draw.shuffled(_OPTIONS)
    turns = found.switches.dropna(subset=["weight_switch"]).to_dict("records")
    turn = min(turns, key=lambda t: abs(t["weight_switch"] - t["weight_now"]), default=None)
    words: dict[str, Any] = {
        "first": cell(texts[first]), "first_score": score(rows[first]["score"]),
        "others": listed([texts[o] for o in accepted[1:]]),
        "out": listed([texts[o] for o in out]),
        "share": share(float(rows[first]["first_share"])),
        "wait_by": cell(texts[str(rows["wait"]["dominated_by"])]),
        "n": len(_OPTIONS),
        **{f"score_{o}": score(rows[o]["score"]) for o in _OPTIONS},
        "criterion": cell(_CRITERIA[str(turn["criterion"])] if turn is not None
                          else Text("没有一项", "none of them")),
        "at": share(float(turn["weight_switch"])) if turn is not None else share(1.0),
        "now": share(float(turn["weight_now"])) if turn is not None else share(1.0),
        "other": cell(texts[str(turn["other"])] if turn is not None else texts[first]),
    }  # fmt: skip
    return Variant(
        key={"choice": Accept(any=tuple(accepted), best=first)},
        words=words,
        places=tuple(Place(o, texts[o]) for o in order),
        sheets=(_raw_sheet(f, texts, order), _points_sheet(found, texts, order, f["weights"])),
        traps={"dominated": {"choice": "wait"}},
    )


def _raw_sheet(f: dict[str, Any], texts: dict[str, Text], order: list[str]) -> Any:
    table = f["table"].set_index("option")
    kinds = {"value": "money", "cost": "money"}
    cols = columns(("option", "做法", "Option", "text"),
                   *((c, t.zh, t.en, kinds.get(c, "number"))
                     for c, t in _CRITERIA.items()))  # fmt: skip
    rows = [
        (texts[o], *(float(table.loc[o, c]) for c in ("value", "cost")),
         int(table.loc[o, "time"]), int(table.loc[o, "relationship"]))
        for o in order
    ]  # fmt: skip
    title = Text("五种做法的后果（关系从 −2 到 2）", "What follows (relationship from −2 to 2)")
    return sheet(title, cols, rows)


def _points_sheet(
    found: LateChange, texts: dict[str, Text], order: list[str], weights: dict[str, int]
) -> Any:
    points = {(r["option"], r["criterion"]): r["points"] for r in found.parts.to_dict("records")}
    cols = columns(("option", "做法", "Option", "text"),
                   *((c, t.zh, t.en, "number") for c, t in _CRITERIA.items()))  # fmt: skip
    rows: list[Any] = [(Text("权重（%）", "Weight (%)"), *(weights[c] for c in _CRITERIA))]
    rows += [(texts[o], *(round(float(points[o, c])) for c in _CRITERIA)) for o in order]
    title = Text("换成 0–100 分：越高越好", "As points 0–100: more is better")
    return sheet(title, cols, rows)
