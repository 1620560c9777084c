"""Recipes of accounts that lose money: cause, break-even, proposal, debate, memo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kamkit.exercises.model import Accept, Sheet, Text, Variant
from kamkit.exercises.recipes.m05_base import (
    WAN,
    columns,
    field,
    figure,
    items,
    money,
    names,
    places,
    sheet,
    within_sentence,
)
from kamkit.exercises.recipes.parts import cell, one_of, share, until
from kamkit.methods.portfolio import disposition_policy

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw

DRIVERS = ("rush", "return", "site", "credit")
_DRIVER_WORDS = {
    "rush": Text("加急订单", "Rush orders"),
    "return": Text("退货", "Returns"),
    "site": Text("工程师驻场", "Engineers on site"),
    "credit": Text("账期占款", "Credit days"),
}
_SAID_AS = {
    "rush": ["加急", "急单", "插单", "rush", "rush order", "expedite", "expediting"],
    "return": ["退货", "退换", "退换货", "return", "returned goods"],
    "site": ["驻场", "工程师", "on site", "onsite", "engineer", "engineering"],
    "credit": ["账期", "占款", "垫款", "赊账", "回款", "拖款", "credit", "payment terms",
               "slow payment", "late payment"],
}  # fmt: skip
# Naming one of these as well is no decision. First words only: "not engineers on site" is fine.
_ALSO = {
    "rush": ["加急", "急单", "插单", "rush", "expedite", "expediting"],
    "return": ["退货", "退换", "return"],
    "site": ["工程师", "和驻场", "与驻场", "及驻场", "驻场和", "驻场与", "engineer"],
    "credit": ["账期", "赊账", "和占款", "占款和", "credit", "payment terms", "slow payment"],
}
# What the other accounts spend on each driver, in per cent of sales.
_NORM = {"rush": 2.0, "return": 1.5, "site": 4.0, "credit": 2.0}


def _loser(draw: Draw, kind: str) -> tuple[float, ...]:
    """Revenue (万), gross margin and the four driver costs of a loss-making account."""
    cause = draw.choice(["rush", "return", "credit"])
    # Points of sales above the others: on site, for the cause, for the rest. On site costs most.
    extra = {"convert": (1.5, 3.0, 0.0), "reprice": (1.0, 2.5, 1.0), "minimise": (5.0, 6.8, 5.5),
             "exit": (1.0, 2.5, 0.0), "priced_out": (0.0, 0.5, 0.0)}[kind]  # fmt: skip
    cost = {d: _NORM[d] + extra[2] for d in DRIVERS}
    cost["site"], cost[cause] = _NORM["site"] + extra[0], _NORM[cause] + extra[1]
    loss = {"convert": (3, 5), "reprice": (7, 9), "minimise": (16, 18), "exit": (12, 16),
            "priced_out": (20, 26)}[kind]  # fmt: skip
    revenue = 200.0 * draw.integer(1, 5)
    gross = sum(cost.values()) - draw.integer(*loss) / 2
    return (revenue, revenue * gross / 100, *(revenue * cost[d] / 100 for d in DRIVERS))


def _losers(draw: Draw, kinds: list[str]) -> np.ndarray:
    """One row an account in yuan: loss-makers first, all the other accounts together last."""
    rest = 500.0 * draw.integer(18, 30)
    norm = [rest * _NORM[d] / 100 for d in DRIVERS]
    rows = [_loser(draw, kind) for kind in kinds]
    rows.append((rest, round(rest * draw.integer(20, 26) / 100), *norm))
    return np.round(np.array(rows), 1) * WAN


def _facts(rows: np.ndarray) -> dict[str, np.ndarray]:
    """Loss, excess over the portfolio's level and cost to serve of the loss-makers."""
    cost = rows[:, 2:]
    level = cost.sum(axis=0) / rows[:, 0].sum()
    lost = rows[:-1]
    return {
        "loss": lost[:, 2:].sum(axis=1) - lost[:, 1],
        "excess": lost[:, 2:] - np.outer(lost[:, 0], level),
        "served": lost[:, 2:].sum(axis=1),
        "level": level,
    }


def _losers_good(rows: np.ndarray, kinds: list[str]) -> bool:
    """Causes stand out, limits are not grazed, and each account is what it was meant to be."""
    found = _facts(rows)
    for k, kind in enumerate(kinds):
        loss, excess = found["loss"][k], np.sort(found["excess"][k])[::-1]
        rise, cut = loss / rows[k, 0], loss / found["served"][k]
        if kind == "priced_out":
            continue
        if excess[0] - excess[1] < 0.003 * rows[k, 0] or abs(excess[0] - loss) < 0.05 * loss:
            return False
        meant = {
            "convert": loss < excess[0],
            "reprice": loss > excess[0] and rise < 0.049,
            "minimise": loss > excess[0] and rise > 0.051 and cut < 0.295,
            "exit": loss > excess[0] and rise > 0.051 and cut > 0.305,
        }
        if not meant[kind]:
            return False
    return True


def plans(rows: np.ndarray) -> list[dict[str, Any]]:
    """Cause, break-even and proposal of each loss-maker, most of the time of the two methods saved.

    The arithmetic of :func:`kamkit.methods.portfolio.cost_to_serve` and
    :func:`kamkit.methods.portfolio.dispositions`; a test holds both equal.
    """
    limits = {name: float(limit["value"]) for name, limit in disposition_policy()["limits"].items()}
    found, out = _facts(rows), []
    for k, (revenue, gross) in enumerate(rows[:-1, :2].tolist()):
        loss, excess = float(found["loss"][k]), found["excess"][k]
        gone = gross <= 0
        rise, cut = loss / revenue, loss / float(found["served"][k])
        normal = float("nan") if gone else max(0.0, float(excess.max())) - loss
        if normal >= 0:
            proposal = "convert"
        elif rise <= limits["max_price_rise"] or gone:
            proposal = "reprice"
        else:
            proposal = "minimise" if cut <= limits["max_cost_cut"] else "exit"
        cause = "direct_cost" if gone else DRIVERS[int(excess.argmax())]
        out.append({"cause": cause, "proposal": proposal, "price_rise_needed": rise,
                    "cost_cut_needed": cut, "income_if_normal": normal})  # fmt: skip
    return out


def _cost_sheets(rows: np.ndarray, called: list[Text], order: list[int]) -> tuple[Sheet, Sheet]:
    heads = [(d, w.zh, w.en, "money") for d, w in _DRIVER_WORDS.items()]
    cols = columns(("name", "客户", "Account", "text"), ("revenue", "销售额", "Revenue", "money"),
                   ("gross", "毛利", "Gross margin", "money"), *heads)  # fmt: skip
    shown = [(called[k], *rows[k].tolist()) for k in order]
    level = _facts(rows)["level"]
    shares = columns(("what", "项目", "Item", "text"), *((*h[:3], "share") for h in heads))
    normal = Text("占销售额", "Of sales")
    return (
        sheet(
            Text("今年：毛利与服务成本", "This year: gross margin and cost to serve"), cols, shown
        ),
        sheet(Text("全部客户的平均水平", "Level of all accounts"), shares, [(normal, *level)]),
    )


def _choices() -> tuple[Any, ...]:
    causes = [(d, w.zh, w.en) for d, w in _DRIVER_WORDS.items()]
    causes.append(
        ("direct_cost", "毛利本身没了（价格或直接成本）", "Gross margin gone (price, direct cost)")
    )
    proposals = [(m["id"], m["zh"], m["en"]) for m in disposition_policy()["members"]]
    return places(*causes), places(*proposals)


def propose(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Three loss-makers: rise that breaks even, cause, and the proposal by the policy's order.

    Source: S038, X08; order and limits house (by cost_to_serve and dispositions).
    """
    others = [draw.choice(["reprice", "priced_out"]), "minimise", "exit"]
    kinds = ["convert", *draw.sample(others, 2)]
    rows = until(lambda: _losers(draw, kinds), lambda r: _losers_good(r, kinds), 200)
    found, facts = plans(rows), _facts(rows)
    ids, called = ["a", "b", "c"], names(draw, 3)
    order = draw.shuffled(range(3))
    key = {}
    for i, plan in zip(ids, found, strict=True):
        key[f"{i}.rise"] = figure(plan["price_rise_needed"], 0.0015)
        key[f"{i}.cause"] = one_of(str(plan["cause"]))
        key[f"{i}.proposal"] = one_of(str(plan["proposal"]))
    best = {name: accept.best for name, accept in key.items()}
    causes, proposals = _choices()
    words: dict[str, Any] = {"n": 3}
    for place, k in enumerate(order, 1):
        words |= {f"name{place}": cell(called[k]), f"loss{place}": money(facts["loss"][k]),
                  f"rise{place}": share(best[f"{ids[k]}.rise"]),
                  f"cause{place}": _said_place(causes, best[f"{ids[k]}.cause"]),
                  f"do{place}": _said_place(proposals, best[f"{ids[k]}.proposal"])}  # fmt: skip
    return Variant(
        key=key,
        words=words,
        items=items([ids[k] for k in order], [called[k] for k in order]),
        fields=(
            field("rise", "保本要涨价（占销售额）", "Break-even price rise (on revenue)", "share"),
            field("cause", "亏损主因", "Cause of the loss", type="choice", options=causes),
            field("proposal", "建议", "Proposal", type="choice", options=proposals),
        ),
        sheets=_cost_sheets(rows, called, order),
        traps=_loss_traps(rows, best, facts),
    )  # fmt: skip


def _said_place(options: tuple[Any, ...], name: str) -> dict[str, str]:
    return within_sentence(next(place.text for place in options if place.id == name))


def _loss_traps(
    rows: np.ndarray, best: dict[str, Any], facts: dict[str, np.ndarray]
) -> dict[str, dict[str, Any]]:
    ids = ["a", "b", "c"]
    largest = {f"{i}.cause": DRIVERS[int(rows[k, 2:].argmax())] for k, i in enumerate(ids)}
    rises = facts["loss"] / rows[:3, 0]
    price_first = {
        f"{i}.proposal": "reprice" if rises[k] <= 0.05 else best[f"{i}.proposal"]
        for k, i in enumerate(ids)
    }
    on_cost = {f"{i}.rise": round(float(facts["loss"][k] / facts["served"][k]), 6)
               for k, i in enumerate(ids)}  # fmt: skip
    cost_share = {f"{i}.rise": round(float(facts["served"][k] / rows[k, 0]), 6)
                  for k, i in enumerate(ids)}  # fmt: skip
    return {
        "largest": {**best, **largest},
        "price_first": {**best, **price_first},
        "exit_all": {**best, **{f"{i}.proposal": "exit" for i in ids}},
        "reprice_all": {**best, **{f"{i}.proposal": "reprice" for i in ids}},
        "on_cost": {**best, **on_cost},
        "cost_share": {**best, **cost_share},
    }


def name_the_cause(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """One loss-maker: the activity furthest above its share of sales, not the dearest one.

    Source: Cooper & Kaplan 1991; X08 (by cost_to_serve, cause).
    """
    kinds = [draw.choice(["convert", "reprice", "exit"])]
    rows = until(lambda: _losers(draw, kinds), lambda r: _hidden(r, kinds), 200)
    plan, facts = plans(rows)[0], _facts(rows)
    called = names(draw, 1)
    cause, largest = str(plan["cause"]), DRIVERS[int(rows[0, 2:].argmax())]
    place = DRIVERS.index(cause)
    others = [w for d in DRIVERS if d not in (cause, largest) for w in _SAID_AS[d]]
    also = tuple(w for d in DRIVERS if d != cause for w in _ALSO[d])
    return Variant(
        key={"text": Accept(like=tuple(_SAID_AS[cause]), unlike=also,
                            best=_SAID_AS[cause][0])},
        words={"name": cell(called[0]), "loss": money(facts["loss"][0]),
               "cause": within_sentence(_DRIVER_WORDS[cause]),
               "largest": within_sentence(_DRIVER_WORDS[largest]),
               "spent": money(rows[0, 2 + place]),
               "normal": money(facts["level"][place] * rows[0, 0]),
               "excess": money(facts["excess"][0, place]),
               "level": share(facts["level"][place])},
        sheets=_cost_sheets(rows, called, [0]),
        traps={"largest": {"text": _SAID_AS[largest]}, "others": {"text": others}},
    )  # fmt: skip


def _hidden(rows: np.ndarray, kinds: list[str]) -> bool:
    """The cause isn't what costs most."""
    dearest = int(rows[0, 2:].argmax())
    return _losers_good(rows, kinds) and int(_facts(rows)["excess"][0].argmax()) != dearest


def _one_case(draw: Draw, kinds: list[str]) -> tuple[dict[str, Any], tuple[Sheet, Sheet]]:
    """One loss-maker in words and sheets, for a debate or a memo."""
    rows = until(lambda: _losers(draw, kinds), lambda r: _losers_good(r, kinds), 200)
    plan, facts, called = plans(rows)[0], _facts(rows), names(draw, 1)
    causes, proposals = _choices()
    words = {
        "name": cell(called[0]), "sales": money(rows[0, 0]), "gross": money(rows[0, 1]),
        "served": money(facts["served"][0]), "loss": money(facts["loss"][0]),
        "cause": _said_place(causes, str(plan["cause"])),
        "proposal": _said_place(proposals, str(plan["proposal"])),
        "rise": share(plan["price_rise_needed"]), "cut": share(plan["cost_cut_needed"]),
        "normal": money(plan["income_if_normal"]), "months": draw.integer(4, 11),
    }  # fmt: skip
    return words, _cost_sheets(rows, called, [0])


def debate(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """One loss-maker with its figures, to vote on before and after the talk; nobody is right.

    Source: S038, S014, X08 (figures by cost_to_serve and dispositions).
    """
    words, sheets = _one_case(draw, [draw.choice(["minimise", "exit", "reprice"])])
    return Variant(key={}, words=words, sheets=(*sheets, _bank()))


def _bank() -> Sheet:
    """What the source tells of Citibank's branch in Puxi, Shanghai, 2002 (S014)."""
    cols = columns(("who", "客户", "Customers", "text"), ("what", "做法", "What they got", "text"))
    rows = [
        (Text("总存款不足 5,000 美元", "Total deposits below USD 5,000"),
         Text("每月收费 6 美元", "A fee of USD 6 a month")),
        (Text("底楼", "Ground floor"),
         Text("一对一理财、贵宾服务", "Personal advice and VIP service")),
        (Text("二楼", "Upstairs"), Text("现金柜台", "Cash counters")),
    ]  # fmt: skip
    return sheet(
        Text("花旗银行上海浦西支行，2002 年", "Citibank, Puxi branch, Shanghai, 2002"), cols, rows
    )


def memo(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """One loss-maker with its figures, to write a decision on.

    Source: X08, S038 (figures by cost_to_serve and dispositions).
    """
    words, sheets = _one_case(draw, [draw.choice(["convert", "reprice", "minimise", "exit"])])
    return Variant(key={}, words=words, sheets=sheets)
