"""A written rule applied: its classes, the cases it leaves open, the yearly review (S037, S041)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from kamkit.exercises.model import Accept, Place, Sheet, Text, Variant
from kamkit.exercises.recipes.m01_common import (
    LETTERS,
    column,
    company_names,
    listed,
    named_items,
    ruled,
)
from kamkit.exercises.recipes.parts import cell, money, one_of
from kamkit.exercises.variants import Draw
from kamkit.schemes import load_scheme

ALL = 30
GATES = ("famous_brand", "strategic_cooperation", "supply_leap", "global_sourcing_entry",
         "no_component_competition")  # fmt: skip
WOBBLE = 0.10
_OPEN = ("big_not_leading", "leading_mid_sales", "leading_small", "big_level_missing",
         "gates_partly_met")  # fmt: skip


@dataclass(frozen=True)
class _Row:
    """An account as the rule sees it: sales (10,000 yuan), industry level, gates met."""

    sales: int
    level: float | None
    gates: int


def _row(draw: Draw, kind: str) -> _Row:
    """An account that the rule puts into a class, or that it leaves open."""
    low, middle, high = draw.real(1.3, 2.4, 1), draw.real(2.6, 3.4, 1), draw.real(3.6, 4.8, 1)
    few = draw.integer(0, 2)
    rows = {
        "strategic": (draw.integer(300, 6_000), draw.choice((middle, high)), 5),
        "key": (draw.integer(2_030, 4_800), high, few),
        "main": (draw.integer(520, 1_970), middle, few),
        "general": (draw.integer(30, 480), draw.choice((low, middle)), few),
        "big_not_leading": (draw.integer(2_050, 4_200), draw.choice((low, middle)), few),
        "leading_mid_sales": (draw.integer(560, 1_960), high, few),
        "leading_small": (draw.integer(60, 470), high, few),
        "big_level_missing": (draw.integer(600, 3_500), None, few),
        "gates_partly_met": (draw.integer(200, 4_500), middle, draw.integer(3, 4)),
    }
    sales, level, gates = rows[kind]
    if kind == "gates_partly_met" and sales >= 2_000:
        level = high  # sales and level agree, so that only the gates leave it open
    return _Row(sales, level, gates)


def _basis(rows: list[_Row]) -> pd.DataFrame:
    table = [
        {
            "account_id": f"{k:02d}", "sales": r.sales * 10_000.0,
            "rating:industry_level": float("nan") if r.level is None else r.level,
            **{f"rating:{g}": 5.0 if i < r.gates else 2.0 for i, g in enumerate(GATES)},
        }
        for k, r in enumerate(rows)
    ]  # fmt: skip
    return pd.DataFrame(table)


def _places(*, with_open: bool) -> tuple[Place, ...]:
    members = load_scheme("elevator").members
    found = [Place(m.id, Text(m.labels["zh"], m.labels["en"])) for m in members]
    if with_open:
        found.append(Place("open", Text("规则没有写明", "The rule doesn't say")))
    return tuple(found)


def _cells(names: list[Text], rows: list[_Row]) -> tuple[tuple[Any, ...], ...]:
    blank = Text("没有评分", "not rated")
    return tuple(
        (cell(n), r.sales * 10_000.0, cell(blank) if r.level is None else r.level, r.gates)
        for n, r in zip(names, rows, strict=True)
    )


_COLUMNS = (
    column("name", "客户", "Account"),
    column("sales", "年合作销售额", "Sales a year", "money"),
    column("level", "行业层级（1–5）", "Level in its industry (1–5)", "number", 1),
    column("gates", "五项条件满足几项", "Gates met (of 5)", "number", 0),
)


@cache
def rule_sheet() -> Sheet:
    """The rule in a table with both ends of every band, so that the key follows from it.

    The source says nothing of the level of a general account: low and middle ones fit, as nothing
    else could be meant, while a leading one is disputed (general to the letter, or left open).
    """
    any_sales, any_level = Text("不限", "any"), Text("不限", "any")
    rows = (
        (any_sales, any_level, Text("五项全满足", "all five met")),
        (
            Text("2,000 万元及以上", "CNY 20 million or more"),
            Text("领先：3.5 分及以上", "leading: 3.5 or more"),
            None,
        ),
        (
            Text("500 万元以上，不到 2,000 万元", "CNY 5 million or more, below 20 million"),
            Text("中等：2.5 到 3.4 分", "middle: 2.5 to 3.4"),
            None,
        ),
        (
            Text("不到 500 万元", "below CNY 5 million"),
            Text(
                "没有写：3.4 分及以下归这里，领先的有争议",
                "not stated: 3.4 or less fits, leading is disputed",
            ),
            None,
        ),
    )
    few = Text("满足 0–2 项", "0–2 met")
    members = load_scheme("elevator").members
    table = tuple(
        (dict(m.labels), cell(sales), cell(level), cell(gates or few))
        for m, (sales, level, gates) in zip(members, rows, strict=True)
    )
    return Sheet(
        Text("成文规则，整理成表", "The written rule as a table"),
        (
            column("class", "类别", "Class"),
            column("sales", "年合作销售额", "Sales a year"),
            column("level", "行业层级", "Level in its industry"),
            column("gates", "五项条件", "Five gates"),
        ),
        table,
    )


def _by_sales(row: _Row) -> str:
    return "key" if row.sales >= 2_000 else "main" if row.sales >= 500 else "general"


def _by_words(row: _Row, true: str) -> str:
    """The class of someone who puts whatever fits no line into the last class."""
    return "general" if true == "open" else true


def _accepted(row: _Row, true: str) -> Accept:
    """A leading firm below the main limit is open to the scheme, general to the letter.

    S037 puts whatever is below the main limit into the last class and is silent on its level.
    """
    small = true == "open" and row.sales < 500 and (row.level or 0) >= 3.5 and row.gates < 3
    return one_of(true, "general") if small else one_of(true)


def elevator(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Thirty accounts under the four-class rule; ten are shown, four of them left open by it.

    Source: S037; the limits that turn ratings into leading and middle are house (the scheme's).
    """
    opened = [*draw.sample(_OPEN[:3], 2), *_OPEN[3:]]
    classed = ["strategic", "key", "key", "main", "main", "general"]
    shown_kinds = draw.shuffled([*opened, *classed])
    weights = ("key", "main", "main", "main", *(["general"] * 7), *_OPEN[:3])
    rest = [draw.choice(weights) for _ in range(ALL - len(shown_kinds))]
    rows = [_row(draw, k) for k in (*shown_kinds, *rest)]
    found = ruled(_basis(rows), load_scheme("elevator")).classes
    shown = len(shown_kinds)
    names = company_names(draw, shown)
    pairs = list(zip(LETTERS, rows[:shown], found[:shown], strict=False))
    scheme = load_scheme("elevator")
    case_names = [scheme.conditions[k].labels for k in opened]
    table = _cells(names, rows[:shown])
    sheet = Sheet(Text("十家客户", "Ten accounts"), _COLUMNS, table, "CNY")
    return Variant(
        key={i: _accepted(r, c) for i, r, c in pairs},
        words={
            "all": ALL, "shown": shown, "open_all": found.count("open"),
            "open_here": found[:shown].count("open"),
            "open_names": listed(n for n, c in zip(names, found, strict=False) if c == "open"),
            "cases": {
                "zh": "；".join(c["zh"] for c in case_names),
                "en": "; ".join(c["en"] for c in case_names),
            },
            "n_strategic": found.count("strategic"), "n_key": found.count("key"),
            "n_main": found.count("main"), "n_general": found.count("general"),
        },
        items=named_items(names),
        places=_places(with_open=True),
        sheets=(sheet, rule_sheet()),
        traps={
            "sales_only": {i: _by_sales(r) for i, r, _ in pairs},
            "leftovers": {i: _by_words(r, c) for i, r, c in pairs},
            "nearly_strategic": {
                i: "strategic" if r.gates >= 3 else c for i, r, c in pairs
            },
            "leading_is_key": {
                i: "key" if (r.level or 0) >= 3.5 and r.gates < 3 else c for i, r, c in pairs
            },
            "near_is_over": {i: "key" if c == "main" else c for i, _, c in pairs},
            "strategic_doubted": {i: "open" if c == "strategic" else c for i, _, c in pairs},
            "missing_filled": {i: _by_sales(r) if r.level is None else c for i, r, c in pairs},
            "strategic_needs_sales": {
                i: _by_sales(r) if c == "strategic" else c for i, r, c in pairs
            },
            "all_open": {i: "open" if c != "strategic" else c for i, _, c in pairs},
        },
    )  # fmt: skip


def open_cases(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Two open cases, two accounts each, that supplementary rules are to settle (S037, S041)."""
    kinds = draw.sample(_OPEN[:3], 2)
    rows = [_row(draw, k) for k in kinds for _ in range(2)]
    names = company_names(draw, len(rows))
    scheme = load_scheme("elevator")
    labels = [scheme.conditions[k].labels for k in kinds]
    table = tuple((*row, dict(labels[i // 2])) for i, row in enumerate(_cells(names, rows)))
    columns = (*_COLUMNS, column("case", "规则没写的情形", "Case the rule doesn't cover"))
    one, two = (dict(label) for label in labels)
    return Variant(
        key={},
        words={"case_1": one, "case_2": two, "sales": money(sum(r.sales for r in rows) * 10_000.0)},
        sheets=(
            Sheet(Text("四家待定客户", "Four accounts in question"), columns, table, "CNY"),
            rule_sheet(),
        ),
    )


def _met(rows: list[_Row], factor: float) -> list[str]:
    moved = [_Row(round(r.sales * factor), r.level, r.gates) for r in rows]
    return ruled(_basis(moved), load_scheme("elevator")).classes


def _reviewed(draw: Draw, kind: str) -> tuple[_Row, str]:
    """An account this year, and its class last year: a firm move, one on the edge, or none."""
    middle, high = draw.real(2.6, 3.4, 1), draw.real(3.6, 4.8, 1)
    few = draw.integer(0, 2)
    cases: dict[str, tuple[_Row, str]] = {
        "up_firm": (_Row(draw.integer(640, 1_750), middle, few), "general"),
        "up_two": (_Row(draw.integer(2_300, 3_900), high, few), "general"),
        "down_firm": (_Row(draw.integer(120, 430), middle, few), "main"),
        "down_far": (_Row(draw.integer(640, 1_700), middle, few), "key"),
        "up_edge": (_Row(draw.integer(505, 545), middle, few), "general"),
        "down_edge": (_Row(draw.integer(462, 496), middle, few), "main"),
        "up_edge_key": (_Row(draw.integer(2_020, 2_180), high, few), "main"),
        "same": (_Row(draw.integer(2_300, 4_200), high, few), "key"),
        "new_strategic": (_Row(draw.integer(700, 3_000), high, 5), "key"),
    }
    return cases[kind]


def annual_review(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Last year's class, this year's figures: a move counts only if 10 % of sales can't undo it.

    The new class is the rule's; where the rule gives another verdict on 10 % more or less sales,
    last year's class stays until the next review. Source: S037, S040, S041; the margin of 10 %
    is house, the same as the wobble of :func:`classify`.
    """
    edges = draw.sample(("up_edge", "down_edge", "up_edge_key"), 2)
    firm = ["up_firm", "up_two", "down_firm", "down_far", "same", "new_strategic"]
    drawn = [_reviewed(draw, k) for k in draw.shuffled([*firm, *edges])]
    rows, before = [d[0] for d in drawn], [d[1] for d in drawn]
    now, less, more = (_met(rows, f) for f in (1.0, 1 - WOBBLE, 1 + WOBBLE))
    settled = [
        n if n == a == b else last for n, a, b, last in zip(now, less, more, before, strict=True)
    ]
    names = company_names(draw, len(rows))
    order = load_scheme("elevator").member_ids
    labels = {m.id: dict(m.labels) for m in load_scheme("elevator").members}
    ids = LETTERS[: len(rows)]
    step = [_one_step(order, b, s) for b, s in zip(before, settled, strict=True)]
    no_drop = [
        b if order.index(s) > order.index(b) else s for b, s in zip(before, settled, strict=True)
    ]
    table = tuple(
        (row[0], labels[b], *row[1:]) for row, b in zip(_cells(names, rows), before, strict=True)
    )
    edge = [n for n, a, b in zip(names, now, settled, strict=True) if a != b]
    return Variant(
        key={i: one_of(s) for i, s in zip(ids, settled, strict=True)},
        words={
            "n": len(rows), "moved": sum(a != b for a, b in zip(before, settled, strict=True)),
            "up": sum(order.index(s) < order.index(b)
                      for b, s in zip(before, settled, strict=True)),
            "down": sum(order.index(s) > order.index(b)
                        for b, s in zip(before, settled, strict=True)),
            "edge": listed(edge), "n_edge": len(edge),
        },
        items=named_items(names),
        places=_places(with_open=False),
        sheets=(
            Sheet(
                Text("八家客户的年审资料", "Eight accounts up for review"),
                (_COLUMNS[0], column("before", "去年类别", "Class last year"), *_COLUMNS[1:]),
                table,
                "CNY",
            ),
            rule_sheet(),
        ),
        traps={
            "at_once": dict(zip(ids, now, strict=True)),
            "nothing_moves": dict(zip(ids, before, strict=True)),
            "no_demotion": dict(zip(ids, no_drop, strict=True)),
            "one_step": dict(zip(ids, step, strict=True)),
            "sales_only": {i: _by_sales(r) for i, r in zip(ids, rows, strict=True)},
            "gates_missed": {
                i: b if s == "strategic" else s
                for i, b, s in zip(ids, before, settled, strict=True)
            },
        },
    )  # fmt: skip


def _one_step(order: tuple[str, ...], before: str, now: str) -> str:
    """The class of someone who lets an account move one class a year at most."""
    a, b = order.index(before), order.index(now)
    return order[a + max(-1, min(1, b - a))]
