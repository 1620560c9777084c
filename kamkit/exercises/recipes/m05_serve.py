"""Recipes of profit after cost to serve: who is worth most, how sure the sign is, which class."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kamkit.exercises.model import Accept, Text, Variant
from kamkit.exercises.recipes.m05_base import (
    WAN,
    columns,
    items,
    listed,
    money,
    names,
    own,
    own_names,
    sheet,
    slips,
)
from kamkit.exercises.recipes.parts import cell, one_of, pair, until
from kamkit.methods.selection import classify
from kamkit.schemes import load_scheme

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw

RATES = {"rush": 1000.0, "return": 1500.0, "site": 300.0}
Figures = dict[str, np.ndarray]
_RATE_ERROR = 0.10


def served(found: Figures) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Income after cost to serve, how far it may be off, and what can be said of its sign.

    The arithmetic of :func:`kamkit.methods.portfolio.cost_to_serve`; a test holds both equal.
    """
    income, slack = found["gross"] - found["cost"], _RATE_ERROR * found["cost"]
    signs = np.select([income + slack < 0, income - slack > 0], ["loss", "profit"], "cannot_tell")
    return income, slack, [str(sign) for sign in signs]


def _own_figures(accounts: pd.DataFrame | None) -> tuple[Figures, list[Text]]:
    mine = own(accounts, ["revenue", "margin", "cost_to_serve"], most=7)
    if mine is None:
        return {}, []
    found = {"revenue": mine["revenue"], "gross": mine["margin"], "cost": mine["cost_to_serve"]}
    return {k: v.to_numpy(float) for k, v in found.items()}, own_names(mine)


def _signs(draw: Draw) -> Figures:
    """Six accounts by how cost to serve compares with gross margin, well off the limits."""
    bands = [(120, 150), (94, 107), (93, 108), (55, 82), (60, 85)]
    bands.append(draw.choice([(118, 140), (95, 106), (50, 80)]))
    rows = []
    for band in bands:
        gross = 10.0 * draw.integer(6, 42)
        rows.append((100.0 * draw.integer(4, 30), gross, round(gross * draw.integer(*band) / 100)))
    revenue, gross_, cost = WAN * np.array(rows).T
    return {"revenue": revenue, "gross": gross_, "cost": cost}


def sign_sure(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Profit, loss, or can't tell, where cost to serve may be a tenth off either way.

    Source: Cooper & Kaplan 1991; a tenth is house (by cost_to_serve, sign).
    """
    found, called = _own_figures(accounts)
    if not called:
        found, called = _signs(draw), names(draw, 6)
    ids = [chr(ord("a") + k) for k in range(len(called))]
    income, slack, sure = served(found)
    signs = dict(zip(ids, sure, strict=True))
    order = draw.shuffled(range(len(ids)))
    cols = columns(("name", "客户", "Account", "text"), ("gross", "毛利", "Gross margin", "money"),
                   ("cost", "服务成本", "Cost to serve", "money"))  # fmt: skip
    rows = [(called[k], found["gross"][k], found["cost"][k]) for k in order]
    groups = {s: [called[k] for k in order if signs[ids[k]] == s]
              for s in ("loss", "cannot_tell", "profit")}  # fmt: skip
    shown = sure.index("cannot_tell") if "cannot_tell" in sure else 0
    return Variant(
        key={i: one_of(signs[i]) for i in ids},
        words={"n": len(ids), "n_unsure": len(groups["cannot_tell"]),
               "example": cell(called[shown]), "low": money(income[shown] - slack[shown]),
               "high": money(income[shown] + slack[shown]),
               **{f"in_{s}": listed(inside) for s, inside in groups.items()}},
        items=items([ids[k] for k in order], [called[k] for k in order]),
        sheets=(sheet(Text("今年", "This year"), cols, rows),),
        traps={"no_error": {i: "profit" if income[k] >= 0 else "loss" for k, i in enumerate(ids)},
               "gross": {i: "profit" if found["gross"][k] > 0 else "loss"
                         for k, i in enumerate(ids)},
               "careful": dict.fromkeys(ids, "cannot_tell")},
    )  # fmt: skip


def _counts(draw: Draw) -> Figures:
    """Six accounts with counts of three services; the large ones call for more of them."""
    rows = []
    for heavy in (3, 2, 2, 1, 1, 0):
        sales = 100.0 * (draw.integer(14, 32) if heavy > 1 else draw.integer(3, 12))
        gross = round(sales * draw.integer(16, 28) / 100)
        load = (0.2 + 0.28 * heavy + 0.01 * draw.integer(-6, 6)) * gross * WAN
        rush, back = draw.integer(15, 45) / 100, draw.integer(15, 30) / 100
        counts_ = (load * rush / 1000, load * back / 1500, load * (1 - rush - back) / 300)
        steps = [round(n / step) * step for n, step in zip(counts_, (5, 2, 10), strict=True)]
        rows.append((sales, gross, *steps))
    revenue, gross_, *counts = np.array(rows, dtype=float).T
    cost = sum(n * rate for n, rate in zip(counts, RATES.values(), strict=True))
    return {"revenue": revenue * WAN, "gross": gross_ * WAN, "cost": np.asarray(cost),
            **dict(zip(RATES, counts, strict=True))}  # fmt: skip


def groups(income: np.ndarray, slack: np.ndarray) -> list[list[int]]:
    """Places from the highest income down; those whose range reaches the first's stand together.

    >>> groups(np.array([5.0, 9.0, 8.5]), np.array([0.1, 0.3, 0.3]))
    [[1, 2], [0]]
    """
    order = [int(k) for k in np.argsort(-income, kind="stable")]
    found = [[order[0]]]
    for k in order[1:]:
        leader = found[-1][0]
        if income[k] + slack[k] >= income[leader] - slack[leader]:
            found[-1].append(k)
        else:
            found.append([k])
    return found


def _agreement(order: np.ndarray, grouped: list[list[int]]) -> float:
    """Share of separable pairs that an order (best first) puts as the groups do."""
    level = {k: g for g, inside in enumerate(grouped) for k in inside}
    pairs = [(a, b) for a, b in combinations(order.tolist(), 2) if level[a] != level[b]]
    return sum(level[a] < level[b] for a, b in pairs) / max(1, len(pairs))


def _counts_good(found: Figures) -> bool:
    """At least four groups; sales, gross margin and thrift give clearly other orders."""
    income, slack, _ = served(found)
    grouped = groups(income, slack)
    wrong = [_agreement(np.argsort(-v), grouped) for v in
             (found["revenue"], found["gross"], -found["cost"])]  # fmt: skip
    # The point is lost where the largest account happens to earn most.
    behind = int((income > income[int(np.argmax(found["revenue"]))]).sum()) >= 2
    once = len(set(found["revenue"])) == 6 and (
        max(
            _agreement(np.argsort(-v / found["revenue"], kind="stable"), grouped)
            for v in (income, found["gross"])
        )
        < 1
    )
    return 4 <= len(grouped) <= 5 and max(wrong) < 0.8 and behind and once


def rank_by_profit(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Rank accounts by profit after cost to serve; those within the error may stand either way.

    Source: Cooper & Kaplan 1991; Kaplan & Narayanan 2001; error of a tenth house (by
    cost_to_serve).
    """
    found, called = _own_figures(accounts)
    mine = bool(called)
    if not mine:
        found, called = until(lambda: _counts(draw), _counts_good, 400), names(draw, 6)
    ids = [chr(ord("a") + k) for k in range(len(called))]
    income, slack, _ = served(found)
    grouped = groups(income, slack)
    order = draw.shuffled(range(len(ids)))
    top, sales = int(np.argmax(income)), int(np.argmax(found["revenue"]))
    place = int(np.argsort(-income, kind="stable").tolist().index(sales)) + 1
    tied = [g for g in grouped if len(g) > 1]

    def ranked(values: np.ndarray) -> dict[str, list[str]]:
        return {"order": [ids[int(k)] for k in np.argsort(-values, kind="stable")]}

    return Variant(
        key={"order": Accept(order=tuple(tuple(ids[k] for k in g) for g in grouped))},
        words={"n": len(ids), "first": cell(called[top]), "first_income": money(income[top]),
               "largest": cell(called[sales]), "largest_income": money(income[sales]),
               "largest_place": place, "n_groups": len(grouped),
               "tied": listed([called[k] for k in tied[0]] if tied else []),
               "given": pair("（表里已列服务成本的，直接用）",
                             " (your own accounts come with their cost to serve: use that)")
               if mine else pair("", ""),
               **{f"rate_{d}": money(r) for d, r in RATES.items()}},
        items=items([ids[k] for k in order], [called[k] for k in order]),
        sheets=(_count_sheet(found, called, order, mine),),
        traps={"by_sales": ranked(found["revenue"]), "by_gross": ranked(found["gross"]),
               "by_gross_rate": ranked(found["gross"] / found["revenue"]),
               "by_thrift": ranked(-found["cost"]), "by_rate": ranked(income / found["revenue"]),
               **slips([i for g in grouped for i in (ids[k] for k in g)])},
    )  # fmt: skip


def _count_sheet(found: Figures, called: list[Text], order: list[int], mine: bool) -> Any:
    cols = columns(("name", "客户", "Account", "text"), ("sales", "销售额", "Sales", "money"),
                   ("gross", "毛利", "Gross margin", "money"))  # fmt: skip
    if mine:
        cols += columns(("cost", "服务成本", "Cost to serve", "money"))
        rows = [(called[k], *(found[c][k] for c in ("revenue", "gross", "cost"))) for k in order]
        return sheet(Text("您的客户", "Your accounts"), cols, rows)
    cols += columns(("rush", "加急（次）", "Rush orders", "number"),
                    ("return", "退货（次）", "Returns", "number"),
                    ("site", "驻场（小时）", "Hours on site", "number"))  # fmt: skip
    rows = [(called[k], found["revenue"][k], found["gross"][k], *(int(found[d][k]) for d in RATES))
            for k in order]  # fmt: skip
    return sheet(Text("今年六家客户", "Six accounts this year"), cols, rows)


_ROLES = ("top1", "top2", "grow1", "grow2", "plain", "minus1", "minus2", "swing")


def _tiers(draw: Draw) -> Figures:
    """Eight accounts: two earn most, two can grow, three lose, of which one could grow."""
    income = [draw.integer(180, 320), draw.integer(130, 175), draw.integer(20, 70),
              draw.integer(20, 90), draw.integer(30, 110), -draw.integer(15, 60),
              -draw.integer(10, 40), -draw.integer(5, 35)]  # fmt: skip
    cost = [draw.integer(30, 90), draw.integer(20, 80), draw.integer(10, 40), draw.integer(10, 40),
            draw.integer(40, 90), draw.integer(160, 300), draw.integer(60, 120),
            draw.integer(40, 90)]  # fmt: skip
    sales = [draw.integer(80, 170), draw.integer(60, 140), draw.integer(15, 50),
             draw.integer(20, 60), draw.integer(90, 200), draw.integer(200, 320),
             draw.integer(40, 120), draw.integer(30, 80)]  # fmt: skip
    need = [draw.integer(4, 5), draw.integer(1, 3), 5, 4, draw.integer(1, 3), draw.integer(1, 3),
            draw.integer(1, 3), draw.choice([4, 5])]  # fmt: skip
    cost_, income_ = np.array(cost, float) * WAN, np.array(income, float) * WAN
    return {"revenue": np.array(sales, float) * 10 * WAN, "gross": income_ + cost_, "cost": cost_,
            "need": np.array(need, float)}  # fmt: skip


def _tier(profit: np.ndarray, need: np.ndarray) -> list[str]:
    """Class by the scheme's rule, for the traps: two of eight are the first fifth."""
    top = set(np.argsort(-profit)[:2].tolist())
    return [
        "mvc" if k in top and p > 0 else "bz" if p < 0 else "mgc" if n >= 4 else "others"
        for k, (p, n) in enumerate(zip(profit, need, strict=True))
    ]


def classify_value(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Most valuable, most growable, below zero, others: eight accounts by the written scheme.

    An account below zero with high potential is left open by the scheme: both classes are
    accepted. Source: S038, X10; cut-offs house (scheme value_tiers, by classify).
    """
    found, called = _tiers(draw), names(draw, 8)
    profit = found["gross"] - found["cost"]
    basis = pd.DataFrame({"account_id": _ROLES, "profit": profit,
                          "rating:potential_need": found["need"]})  # fmt: skip
    done = classify(basis, load_scheme("value_tiers")).set_index("account_id")
    classes = {i: str(done["possible"][i]).split("; ") for i in _ROLES}
    order = draw.shuffled(range(8))
    cols = columns(("name", "客户", "Account", "text"), ("sales", "销售额", "Sales", "money"),
                   ("gross", "毛利", "Gross margin", "money"),
                   ("cost", "服务成本", "Cost to serve", "money"),
                   ("need", "成长潜力（1–5）", "Growth potential (1–5)", "score"))  # fmt: skip
    rows = [
        (called[k], *(found[c][k] for c in ("revenue", "gross", "cost", "need"))) for k in order
    ]
    by_size = ["mvc" if k in np.argsort(-found["revenue"])[:2] else t
               for k, t in enumerate(_tier(profit, found["need"]))]  # fmt: skip
    potential = ["mgc" if n >= 4 else t for n, t in
                 zip(found["need"], _tier(profit, found["need"]), strict=True)]  # fmt: skip
    every = ["mvc" if p > 0 else "bz" for p in profit]
    traps = {"gross": _tier(found["gross"], found["need"]), "by_size": by_size,
             "potential_first": potential, "profit_is_enough": every}  # fmt: skip
    words = {f"in_{c}": listed([called[k] for k in order if classes[_ROLES[k]] == [c]])
             for c in ("mvc", "mgc", "bz", "others")}  # fmt: skip
    return Variant(
        key={i: one_of(*classes[i]) for i in _ROLES},
        words={**words, "swing": cell(called[7]), "large_minus": cell(called[5]),
               "large_sales": money(found["revenue"][5]), "large_loss": money(-profit[5]), "n": 8},
        items=items([_ROLES[k] for k in order], [called[k] for k in order]),
        sheets=(sheet(Text("今年八家客户", "Eight accounts this year"), cols, rows),),
        traps={t: dict(zip(_ROLES, found_, strict=True)) for t, found_ in traps.items()},
    )  # fmt: skip
