"""Four schemes on the same accounts, and why they disagree (S035, S036, S038, S080)."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pandas as pd

from kamkit.exercises.model import Sheet, Text, Variant
from kamkit.exercises.recipes.m01_common import (
    LETTERS,
    Ruling,
    column,
    company_names,
    listed,
    named_items,
    ruled,
)
from kamkit.exercises.recipes.parts import cell, money, one_of, share
from kamkit.exercises.variants import Draw
from kamkit.methods.shares import wilson_ends
from kamkit.schemes import load_scheme

ALL = 40
SCHEMES = ("guide", "value_tiers", "account_types", "attractiveness_strength")
REASONS = ("future", "loss", "today", "local", "agree")
_RATED = ("potential_need", "industry_leadership", "product_dependence", "regional_share",
          "local_need", "growth_prospect")  # fmt: skip
# Ratings (in the order above), attractiveness and relative strength of each kind of account.
_KINDS: dict[str, tuple[tuple[int, ...], tuple[float, float], tuple[float, float]]] = {
    "future": ((5, 2, 3, 2, 2, 5), (3.7, 4.6), (0.6, 0.9)),
    "loss": ((2, 5, 4, 2, 3, 2), (3.8, 4.7), (1.05, 1.4)),
    "today": ((2, 3, 3, 2, 2, 2), (1.6, 2.4), (1.1, 1.5)),
    "local": ((3, 2, 3, 5, 4, 3), (1.7, 2.5), (0.6, 0.9)),
    "agree": ((4, 5, 4, 3, 3, 3), (3.8, 4.7), (0.6, 1.4)),
}
# Sales and profit in 10,000 yuan; today and agree hold the first places by profit.
_MONEY = {
    "future": ((120, 380), (8, 45)),
    "loss": ((1_900, 3_800), (-160, -20)),
    "today": ((1_500, 3_000), (620, 900)),
    "local": ((650, 1_300), (40, 110)),
    "agree": ((1_800, 3_600), (420, 580)),
}


def _typed(draw: Draw, kind: str) -> dict[str, float]:
    """Basis fields of an account on which the schemes fall out in a known way."""
    ratings, attractive, strong = _KINDS[kind]
    sales, profit = _MONEY[kind]
    return {
        "sales": draw.integer(*sales) * 10_000.0,
        "profit": draw.integer(*profit) * 10_000.0,
        "attractiveness": draw.real(*attractive, 1),
        "relative_strength": draw.real(*strong, 2),
        **{f"rating:{c}": float(v) for c, v in zip(_RATED, ratings, strict=True)},
    }


def _any(draw: Draw) -> dict[str, float]:
    """One of the many that nobody argues about."""
    sales = draw.integer(200, 1_400)
    return {
        "sales": sales * 10_000.0,
        "profit": draw.integer(10, 300) * 10_000.0,
        "attractiveness": draw.real(1.5, 4.2, 1),
        "relative_strength": draw.real(0.6, 1.4, 2),
        **{f"rating:{c}": float(draw.integer(1, 4)) for c in _RATED},
    }


def _said(rules: dict[str, Ruling], i: int) -> list[dict[str, str]]:
    """The verdict of every scheme in its own words."""
    found = []
    for rule in rules.values():
        names = rule.labels[i] if rule.scheme.multi else [rule.classes[i]]
        labels = [rule.scheme.member(n).labels for n in names]
        found.append({lang: " + ".join(str(w[lang]) for w in labels) for lang in ("zh", "en")})
    return found


def _readings() -> Sheet:
    """Which verdicts read as key, as not key, or take no side, as the schemes declare it."""
    names = {
        True: Text("算大客户", "Key account"),
        None: Text("不表态", "Takes no side"),
        False: Text("不算大客户", "Not a key account"),
    }
    members = [m for s in SCHEMES for m in load_scheme(s).members]
    rows = tuple(
        (cell(name), listed(Text(m.labels["zh"], m.labels["en"]) for m in members if m.key is key))
        for key, name in names.items()
    )
    return Sheet(
        Text("这些说法怎么读", "How to read the verdicts"),
        (column("reads", "读作", "Reads as"), column("verdicts", "方案里的说法", "Verdicts")),
        rows,
    )


def _agreement(rules: dict[str, Ruling]) -> list[tuple[str, str, float, int, float, float]]:
    """Share of accounts that two schemes read alike, with n and the Wilson interval."""
    reads = {name: rule.readings for name, rule in rules.items()}
    found = []
    for a, b in combinations(reads, 2):
        pairs = [(x, y) for x, y in zip(reads[a], reads[b], strict=True)
                 if "undecided" not in (x, y)]  # fmt: skip
        same = sum(x == y for x, y in pairs)
        if pairs:
            low, high = wilson_ends(same, len(pairs))
            found.append((a, b, same / len(pairs), len(pairs), low, high))
    return found


def _trap(kinds: list[str], wrong: dict[str, str]) -> dict[str, str]:
    return {LETTERS[k]: wrong.get(kind, kind) for k, kind in enumerate(kinds)}


def disagreements(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Six accounts out of forty on which four schemes fall out, and the reason of each dispute.

    The verdicts are computed on all forty; the reason is the one that the figures show.
    Source: S035, S036, S038, S080, X01; Wilson 1927 for the agreement.
    """
    kinds = draw.shuffled([*REASONS, draw.choice(REASONS)])
    rows = [_typed(draw, k) for k in kinds] + [_any(draw) for _ in range(ALL - len(kinds))]
    basis = pd.DataFrame(rows).assign(account_id=[f"{k:02d}" for k in range(ALL)])
    rules = {s: ruled(basis, load_scheme(s)) for s in SCHEMES}
    names = company_names(draw, len(kinds))
    table: list[tuple[Any, ...]] = [
        (cell(names[k]), rows[k]["sales"], rows[k]["profit"], *_said(rules, k))
        for k in range(len(kinds))
    ]
    sheet = Sheet(
        Text("六家客户，四套方案的结论", "Six accounts and the verdicts of four schemes"),
        (
            column("name", "客户", "Account"),
            column("sales", "销售额", "Sales", "money"),
            column("profit", "扣除服务成本后的利润", "Profit after cost to serve", "money"),
            column("guide", "按利润分级", "Grades by profit"),
            column("tiers", "价值与成长", "Value and growth"),
            column("types", "行业/区域/潜力", "Industry, region, potential"),
            column("grid", "吸引力×相对强度", "Attractiveness × strength"),
        ),
        tuple(table),
        "CNY",
    )
    least = min(_agreement(rules), key=lambda p: p[2])
    first = {kind: k for k, kind in reversed(list(enumerate(kinds)))}
    labels = {s: dict(load_scheme(s).labels) for s in SCHEMES}
    return Variant(
        key={LETTERS[k]: one_of(kind) for k, kind in enumerate(kinds)},
        words={
            "all": ALL, "n": least[3], "agreement": share(round(least[2], 3)),
            "low": share(round(least[4], 3)), "high": share(round(least[5], 3)),
            "scheme_a": labels[least[0]], "scheme_b": labels[least[1]],
            **{kind: cell(names[k]) for kind, k in first.items()},
            "loss_money": money(rows[first["loss"]]["profit"]),
        },
        items=named_items(names),
        sheets=(sheet, _readings()),
        traps={
            "profit_only": _trap(kinds, {"future": "loss", "local": "loss", "agree": "today"}),
            "called_loss": _trap(kinds, dict.fromkeys(REASONS, "loss")),
            "local_as_today": _trap(kinds, {"local": "today"}),
            "class_names": _trap(kinds, {"agree": "future"}),
            "class_names_today": _trap(kinds, {"agree": "today"}),
            "class_names_other": _trap(kinds, {"agree": "local"}),
            "big_is_fine": _trap(kinds, {"loss": "agree", "today": "agree"}),
            "small_is_small": _trap(kinds, {"future": "local", "local": "future"}),
            "loss_as_future": _trap(kinds, {"loss": "future"}),
            "today_as_future": _trap(kinds, {"today": "future", "future": "today"}),
        },
    )  # fmt: skip
