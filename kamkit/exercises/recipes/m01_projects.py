"""A large project or a key account: order histories sorted, next steps named (S025, S026)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamkit.exercises.forms import read_text
from kamkit.exercises.model import Field, Place, Sheet, Text, Variant
from kamkit.exercises.recipes.m01_common import (
    LETTERS,
    column,
    company_names,
    listed,
    named_items,
    ruled,
)
from kamkit.exercises.recipes.parts import cell, money, one_of
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw
from kamkit.schemes import load_scheme

BACKGROUND = 8
_PARTS = (
    Text("标准品", "standard"), Text("定制", "customised"), Text("实施", "implementation"),
    Text("服务", "services"),
)  # fmt: skip
_EXTRA = (
    Place("grant", Text("先给年度折扣，把关系稳住", "Grant a yearly discount to hold on to it")),
    Place("close", Text("项目已结，转入休眠名单", "The project is over: put it to sleep")),
)


def _history(draw: Draw, kind: str) -> dict[str, float]:
    """Facts of one customer: project, orders after it, years, share bought without a tender."""
    none = float("nan")
    # Steps of 20, so that the median of an even number of projects is round in both languages.
    big, small = (round(draw.integer(*b) / 20) * 20 for b in ((1_600, 4_200), (120, 420)))
    high, low = draw.integer(60, 95) / 100, draw.integer(5, 35) / 100
    many, few = draw.integer(5, 14), draw.integer(1, 2)
    cases: dict[str, tuple[float, int, int, int, int, float]] = {
        "converted": (big, 4, many, draw.integer(2, 3), draw.integer(3, 4), high),
        "one_shot": (big, 4, 0, 0, 1, high),
        "soon_over": (big, 4, few, 1, 2, high),
        "always_tender": (big, 4, many, draw.integer(2, 3), draw.integer(3, 4), low),
        "recurring": (none, 0, 0, 0, draw.integer(3, 4), high),
        "goods_only": (big, 1, many, draw.integer(2, 3), draw.integer(3, 4), high),
        "shopper": (none, 0, 0, 0, draw.integer(3, 4), low),
        "small_project": (small, 4, few, 1, 2, low),
    }
    value, parts, after, after_years, years, directed = cases[kind]
    return {
        "project_value": value * 10_000.0, "project_components": float(parts),
        "orders_after_project": float(after), "years_after_project": float(after_years),
        "order_years": float(years), "directed_share": directed,
        "orders": float(after or draw.integer(4, 16)),
    }  # fmt: skip


def _line(name: Text, row: dict[str, float]) -> tuple[Any, ...]:
    parts = int(row["project_components"])
    project = cell(Text("—", "–"))
    if parts:
        zh = "＋".join(t.zh for t in _PARTS[:parts])
        en = " + ".join(t.en for t in _PARTS[:parts])
        amount = row["project_value"] / 10_000
        project = {
            "zh": f"{amount:,.0f} 万元（{zh}）",
            "en": f"CNY {amount / 100:g} million ({en})",
        }
    after, years = int(row["orders_after_project"]), int(row["years_after_project"])
    how = "plain" if not parts else "none" if not after else "after_one" if years == 1 else "after"
    said = pool("m01_projects")["orders"][how]
    filled = {"orders": after if parts else int(row["orders"]), "years": years}
    orders = {lang: str(text).format(**filled) for lang, text in said.items()}
    # A share of no orders is no share: the project itself is not among the other orders.
    directed = cell(Text("—", "–")) if parts and not after else row["directed_share"]
    return (cell(name), project, orders, int(row["order_years"]), directed)


def _place(member: str, words: Mapping[str, str], table: str) -> Place:
    """A class or step in the scheme's words, or in those that this exercise has for it."""
    return Place(member, read_text(pool("m01_projects")[table].get(member, words)))


def _rules(median: float) -> Sheet:
    amount = {"amount_zh": f"{median / 10_000:,.0f}", "amount_en": f"{median / 1e6:g}"}
    rows = [
        tuple({lang: str(text).format(**amount) for lang, text in line[c].items()} for c in line)
        for line in pool("m01_projects")["rules"]
    ]
    return Sheet(
        Text("公司的判断规则", "The company's rule"),
        (column("what", "类别", "Class"), column("rule", "条件", "Conditions")),
        tuple(rows),
    )


_COLUMNS = (
    column("name", "客户", "Customer"),
    column("project", "最大的项目", "Largest project"),
    column("orders", "其他订单", "Other orders"),
    column("years", "有订单的年数", "Years with orders", "number", 0),
    column(
        "directed",
        "其他订单不经比价的占比（按金额）",
        "Other orders: bought without a tender (by amount)",
        "share",
        0,
    ),
)


def _answers(classed: list[str], acted: list[str] | None = None) -> dict[str, str]:
    """Class and step of every customer; the step is the class's own unless told."""
    both = zip(classed, acted or classed, strict=True)
    return {
        f"{LETTERS[k]}.{field}": value
        for k, pair in enumerate(both)
        for field, value in zip(("class", "action"), pair, strict=True)
    }


def _traps(
    found: list[str], rows: list[dict[str, float]], median: float
) -> dict[str, dict[str, str]]:
    """What comes of looking at size, at orders, at money alone, or of the wrong next step."""
    after = [r["orders_after_project"] >= 3 for r in rows]
    big = [r["project_value"] >= median for r in rows]
    sized = ["converted" if big[k] else c for k, c in enumerate(found)]
    blind = [_blind(c, rows[k], bool(big[k]), after[k]) for k, c in enumerate(found)]
    loose = ["converted" if big[k] and after[k] else c for k, c in enumerate(found)]
    never = ["project_only" if big[k] else c for k, c in enumerate(found)]
    big_only = [c == "project_only" and r["directed_share"] >= 0.5
                for c, r in zip(found, rows, strict=False)]  # fmt: skip
    dropped = ["close" if c == "project_only" else c for c in found]
    bought = ["grant" if c in ("project_only", "one_off") else c for c in found]
    return {
        "by_size": _answers(sized),
        "tender_blind": _answers(blind),
        "parts_blind": _answers(loose),
        "all_alike": _answers(["converted"] * len(found)),
        "dropped": _answers(found, dropped),
        "bought": _answers(found, bought),
        "project_is_never": _answers(never),
        "nearly_three": _answers(
            ["converted" if b else c for b, c in zip(big_only, found, strict=True)]
        ),
    }


def histories(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Six order histories: class by the rule, and the step that belongs to it.

    Source: S025, S026; numbers of orders, years and the directed share are house
    (scheme project_or_key, whose median of projects is taken over all fourteen customers).
    """
    kinds = ["converted", "always_tender", draw.choice(("one_shot", "soon_over")), "recurring",
             "goods_only", draw.choice(("shopper", "small_project"))]  # fmt: skip
    kinds = draw.shuffled(kinds)
    others = ["small_project"] * (BACKGROUND - 2) + ["one_shot", "converted"]
    rows = [_history(draw, k) for k in (*kinds, *others)]
    basis = pd.DataFrame(rows).assign(account_id=[f"{k:02d}" for k in range(len(rows))])
    scheme = load_scheme("project_or_key")
    rule = ruled(basis, scheme)
    found = rule.classes[: len(kinds)]
    median = rule.base.cuts["large_value"]
    names = company_names(draw, len(kinds))
    classes = tuple(_place(m.id, m.labels, "labels") for m in scheme.members)
    actions = tuple(_place(m.id, m.action, "actions") for m in scheme.members)
    return Variant(
        key={k: one_of(v) for k, v in _answers(found).items()},
        words={
            "n": len(kinds), "median": money(median), "projects": len(rows) - sum(
                r["project_components"] == 0 for r in rows),
            **{f"n_{m}": found.count(m) for m in scheme.member_ids},
            "only": listed(n for n, c in zip(names, found, strict=True) if c == "project_only"),
            "won": listed(n for n, c in zip(names, found, strict=True) if c == "converted"),
            "large": sum(c in ("converted", "project_only") for c in found),
        },
        items=named_items(names),
        fields=(
            Field("class", Text("是哪一类", "Class"), "choice", options=classes),
            Field("action", Text("下一步", "Next step"), "choice", options=(*actions, *_EXTRA)),
        ),
        sheets=(
            Sheet(
                Text("六家客户近四年的往来", "Six customers over four years"),
                _COLUMNS,
                tuple(_line(n, r) for n, r in zip(names, rows, strict=False)),
            ),
            _rules(median),
        ),
        traps=_traps(found, rows, median),
    )  # fmt: skip


def _blind(true: str, row: dict[str, float], big: bool, follows: bool) -> str:
    """The class of someone who counts orders and never asks whether they were tendered."""
    if row["directed_share"] >= 0.5:
        return true
    if true == "project_only" and big and follows:
        return "converted"
    return "recurring" if true == "one_off" and row["order_years"] >= 2 else true
