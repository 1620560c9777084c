"""Recipes of what is written in the communication clinic: a clause, a brief to the director."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kamkit.exercises.model import Column, Sheet, Text, Variant
from kamkit.exercises.recipes.parts import money
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw

if TYPE_CHECKING:
    import pandas as pd


def clause(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """A breach that spreads from week to week and needs a clause.

    Source: S187 (broken windows), S185 (five kinds of rule; a good one is felt and does not
    constrain; the leader keeps it first).
    """
    case = draw.choice(list(pool("m15_writing")["clauses"]))
    size = draw.integer(9, 16)
    counts = [1]
    for _ in range(4):
        counts.append(min(size - 2, counts[-1] + draw.integer(1, 2)))
    columns = (
        Column("week", Text("周", "Week"), "number", 0),
        Column("people", Text("违反的人数", "People who did it"), "number", 0),
        Column("answered", Text("处理了几人", "Acted on"), "number", 0),
    )
    rows = tuple((week + 1, count, 0) for week, count in enumerate(counts))
    return Variant(
        key={},
        sheets=(Sheet(Text("五周记录", "Five weeks"), columns, rows),),
        words={
            "breach": dict(case["breach"]),
            "kind": dict(case["kind"]),
            "example": dict(case["example"]),
            "size": size,
            "first": counts[0],
            "last": counts[-1],
        },
    )


def brief(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """A late delivery with two ways out, for half a page to the director.

    Source: S219 (communication with superiors; contents of the brief are of the house).
    """
    late = draw.integer(8, 16)
    daily = draw.integer(3, 9) * 5_000
    saved = draw.integer(4, late - 2)
    faster = saved * daily * draw.choice([40, 55, 70]) // 100
    orders = draw.integer(12, 40) * 100_000
    columns = (
        Column("fact", Text("事实", "Fact")),
        Column("figure", Text("金额", "Amount"), "money"),
        Column("days", Text("天数", "Days"), "number", 0),
    )
    rows = (
        ({"zh": "违约金，每晚一天", "en": "Penalty per day of delay"}, daily, 1),
        (
            {
                "zh": "照现在的安排：违约金合计，晚的天数",
                "en": "As things stand: penalty in all, days late",
            },
            late * daily,
            late,
        ),
        (
            {
                "zh": "改空运：多花的运费，少晚的天数",
                "en": "Air freight: extra cost, days won back",
            },
            faster,
            saved,
        ),
    )
    account = draw.choice(list(pool("m15_people")["accounts"]))
    return Variant(
        key={},
        sheets=(Sheet(Text("手头的事实", "The facts"), columns, rows, "CNY"),),
        words={
            "account": dict(account),
            "orders": money(orders),
            "late": late,
            "saved": saved,
            "cost": money(faster),
            "avoided": money(saved * daily),
            "net": money(saved * daily - faster),
            "penalty": money(late * daily),
            "rest": money((late - saved) * daily),
            "left": late - saved,
            "even": round(faster / daily, 1),
            "hour": draw.choice([15, 16, 17]),
        },
    )
