"""Recipe on rules of a team: which breaches were not answered in time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kamkit.exercises.model import Accept, Column, Place, Sheet, Text, Variant
from kamkit.exercises.recipes.m15_common import (
    letters,
    listed,
    names,
    plain,
    said,
)
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw

if TYPE_CHECKING:
    import pandas as pd

WORK_WEEK, WEEK = 5, 7
LIMIT = 2  # working days
DAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Days = Mapping[str, tuple[int, int | None]]


def working_days(start: int, end: int) -> int:
    """Working days after the start up to the end; days are counted from a Monday, 0.

    >>> working_days(4, 7), working_days(0, 2)
    (1, 2)
    """
    return sum(day % WEEK < WORK_WEEK for day in range(start + 1, end + 1))


def _day(day: int | None) -> dict[str, str]:
    if day is None:
        return {"zh": "还没有", "en": "not yet"}
    week = day // WEEK + 1
    return {
        "zh": f"第{'一二三'[week - 1]}周{DAYS_ZH[day % WEEK]}",
        "en": f"{DAYS_EN[day % WEEK]}, week {week}",
    }


def _drawn_days(draw: Draw, today: int) -> Days:
    """Days on which each of six breaches was noticed and answered (None: still open)."""
    slow, quick = draw.integer(0, 1), draw.integer(0, 2)
    return {
        "weekend": (4, draw.choice([7, 8])),
        "fresh": (today - draw.integer(0, 1), None),
        "open": (draw.integer(0, 3), None),
        "late": (slow, slow + draw.integer(LIMIT + 1, 4 - slow)),
        "excused": (draw.integer(1, 3), None),
        "quick": (quick, quick + draw.integer(0, LIMIT)),
    }


def _overdue(days: Days, today: int) -> list[str]:
    ends = {role: today if end is None else end for role, (_, end) in days.items()}
    return [
        role for role, (noticed, _) in days.items() if working_days(noticed, ends[role]) > LIMIT
    ]


def _traps(ids: Mapping[str, str], days: Days, late: list[str]) -> dict[str, dict[str, bool]]:
    right = {ids[role]: True for role in late}
    missed = {"excused": "excused", "repaired": "late", "no_open": "open"}
    added = {"calendar": "weekend", "fresh_too": "fresh", "quick_too": "quick"}
    return {
        **{name: right | {ids[role]: True} for name, role in added.items()},
        **{name: right | {ids[role]: False} for name, role in missed.items()},
        "forgot_open": {ids[role]: role == "late" for role in late},
        "all_open": {ids[role]: days[role][1] is None for role in (*late, "fresh")},
    }


def breaches(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """A log of six broken rules: which were not answered within two working days?

    Every log holds one over a weekend that is in time, one open that is in time, one open and
    one answered too late, one excused; the kinds are those of S185.
    Source: S187 (act at once), S185; the limit of two working days is of the house.
    """
    today = WEEK + draw.choice([2, 3])
    days = _drawn_days(draw, today)
    late = _overdue(days, today)
    data, (a, b) = pool("m15_breaches"), names(draw, 2)
    ordinary = draw.sample(list(data["breaches"]), len(days) - 1)
    entries = dict(zip((role for role in days if role != "excused"), ordinary, strict=True))
    entries["excused"] = draw.choice(list(data["excused"]))
    words = {"a": a, "b": b, "n": plain(draw.integer(2, 9))}
    roles = draw.shuffled(list(days))
    ids = dict(zip(roles, letters(len(roles)), strict=True))
    places = tuple(Place(ids[role], said(entries[role], words)) for role in roles)
    rows = tuple(
        (
            {"zh": place.text.zh, "en": place.text.en},
            dict(entries[role]["kind"]),
            _day(days[role][0]),
            _day(days[role][1]),
        )
        for role, place in zip(roles, places, strict=True)
    )
    columns = (
        Column("what", Text("违规", "Breach")),
        Column("kind", Text("属于哪类制度", "Kind of rule")),
        Column("noticed", Text("发现", "Noticed")),
        Column("answered", Text("处理", "Acted on")),
    )
    right = [ids[role] for role in late]
    return Variant(
        key={i: Accept(any=(True,)) for i in right},
        places=places,
        sheets=(Sheet(Text("违规登记", "Breach log"), columns, rows),),
        traps=_traps(ids, days, late),
        words={
            "today": _day(today),
            "limit": LIMIT,
            "late": len(right),
            "of": len(days),
            "right": listed(places, right),
        },
    )
