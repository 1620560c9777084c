"""Recipes on the workshop itself: are its objectives covered, does the day fit, own goals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kamkit.exercises.model import Accept, Column, Item, Place, Sheet, Text, Variant
from kamkit.exercises.recipes.m15_common import (
    day_of_month,
    letters,
    listed,
    names,
    plain,
    said,
)
from kamkit.exercises.recipes.parts import until
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw

if TYPE_CHECKING:
    import pandas as pd

OBJECTIVES = ("team", "dealers", "accounts", "talk")
BREAK, RESERVE = 15, 0.1


def _line(text: Any, session: Mapping[str, Any], minutes: int, *, checked: bool) -> tuple[Any, ...]:
    """A row of the agenda; what is not checked ends in talk."""
    end = session["check"] if checked else pool("m16_event")["talk_only"][session["end"]]
    return (text, minutes, dict(end))


def coverage(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """An agenda against the four objectives: minutes of each, and whether it ends in a check.

    One objective has no session, one has sessions without anything that could be checked;
    extras serve no objective.
    Source: S273 (the four objectives), S274 (outline), S278 (every session leaves something
    behind); what counts as a check is of the house.
    """
    data = pool("m16_event")
    empty, unchecked, *rest = draw.shuffled(OBJECTIVES)
    rows: list[tuple[Any, ...]] = []
    held_for: dict[str, list[int]] = {o: [] for o in OBJECTIVES}
    checked_for = dict.fromkeys(OBJECTIVES, 0)
    for name, many in ((unchecked, 2), (rest[0], 3), (rest[1], 2)):
        held = [s for s in data["sessions"] if s["objective"] == name]
        for k, session in enumerate(draw.sample(held, many)):
            length = draw.integer(4, 15) * 5
            held_for[name].append(length)
            checked = name != unchecked and k == 0
            checked_for[name] += length * checked
            rows.append(_line(dict(session["title"]), session, length, checked=checked))
    extra = dict.fromkeys(OBJECTIVES, 0)
    for other in draw.sample(list(data["extras"]), 2):
        length = draw.integer(2, 6) * 5
        extra[str(other["tempts"])] += length
        rows.append((dict(other["title"]), length, dict(other["end"])))
    columns = (
        Column("session", Text("内容", "Content")),
        Column("minutes", Text("分钟", "Minutes"), "number", 0),
        Column("end", Text("结束时做什么", "How it ends")),
    )
    minutes = {o: sum(lengths) for o, lengths in held_for.items()}
    right: dict[str, Any] = {f"{o}.minutes": minutes[o] for o in OBJECTIVES}
    right |= {f"{o}.check": "yes" if o in rest else "no" for o in OBJECTIVES}
    told = {o: dict(data["objectives"][o]) for o in OBJECTIVES}
    return Variant(
        key={name: Accept(any=(value,), best=value) for name, value in right.items()},
        items=tuple(Item(o, said(told[o])) for o in OBJECTIVES),
        sheets=(Sheet(Text("议程草案", "Draft agenda"), columns, tuple(draw.shuffled(rows))),),
        traps={
            **_minute_traps(right, held_for, extra),
            "only_checked": right | {f"{o}.minutes": checked_for[o] for o in OBJECTIVES},
            "talk_is_check": right | {f"{unchecked}.check": "yes"},
            "all_checked": right | {f"{o}.check": "yes" for o in OBJECTIVES},
            "none_checked": right | {f"{o}.check": "no" for o in OBJECTIVES},
            "filled": right | {f"{empty}.minutes": min(minutes[o] for o in rest)},
        },
        words={
            "empty": told[empty],
            "unchecked": told[unchecked],
            "extra": sum(extra.values()),
            "total": sum(minutes.values()) + sum(extra.values()),
        },
    )


def _minute_traps(
    right: Mapping[str, Any], held: Mapping[str, list[int]], extra: Mapping[str, int]
) -> dict[str, dict[str, Any]]:
    """Minutes of those who put, leave out, add or count sessions wrongly."""
    minutes = {o: sum(lengths) for o, lengths in held.items()}
    total = sum(minutes.values()) + sum(extra.values())
    elsewhere = {o: [n for p in held if p != o for n in held[p]] for o in held}
    out = {o: [minutes[o] - n for n in held[o]] for o in held if held[o]}
    first, second = [o for o in held if held[o]][:2]
    one, added = held[first][0], [n for n in extra.values() if n]

    def with_minutes(values: Mapping[str, Any]) -> dict[str, Any]:
        return {**right, **{f"{o}.minutes": value for o, value in values.items()}}

    return {
        "extras": with_minutes({o: minutes[o] + extra[o] for o in held}),
        "one_extra": {f"{o}.minutes": [minutes[o] + n for n in (*added, sum(added))] for o in held},
        "counted": with_minutes({o: len(held[o]) for o in held}),
        "hours": with_minutes({o: round(minutes[o] / 60, 2) for o in held}),
        "rounded_hours": {
            f"{o}.minutes": [round(n / 60, digits) for digits in (1, 2)]
            for o, n in minutes.items()
            if n
        },
        "even_split": with_minutes(dict.fromkeys(held, total / len(held))),
        "moved": {
            f"{o}.minutes": out.get(o, []) + [minutes[o] + n for n in elsewhere[o]] for o in held
        },
        "moved_one": with_minutes({first: minutes[first] - one, second: minutes[second] + one}),
        "left_out": {f"{o}.minutes": values for o, values in out.items()},
        "left_out_one": with_minutes({first: minutes[first] - one}),
    }


def whole(value: float) -> float | int:
    """A figure without a decimal point where it has no decimals.

    >>> whole(57.0), whole(0.95)
    (57, 0.95)
    """
    return int(value) if float(value).is_integer() else value


def minutes_to_cut(sessions: int, frame: int, lunch: int, breaks: int) -> float:
    """Minutes by which sessions exceed what is left of the day, a tenth kept in reserve.

    >>> minutes_to_cut(300, 360, 60, 2)
    57
    """
    return whole(round(sessions - (1 - RESERVE) * (frame - lunch - breaks * BREAK), 6))


def plan(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """A day of under six hours: by how many minutes must the sessions be cut?

    Source: S274 gives an outline without a timetable; breaks and the reserve are of the house.
    """
    data = pool("m16_event")

    def make() -> dict[str, Any]:
        start, end = 9 * 60 + draw.choice([0, 30]), 15 * 60 + draw.choice([0, 10, 20])
        return {
            "start": start,
            "frame": end - start,
            "lunch": draw.choice([40, 50, 60]),
            "breaks": 2,
            "sessions": [draw.integer(6, 14) * 5 for _ in range(6)],
        }

    def cut(day: Mapping[str, Any]) -> float:
        return minutes_to_cut(sum(day["sessions"]), day["frame"], day["lunch"], day["breaks"])

    day = until(make, lambda d: 20 <= cut(d) <= 130)
    frame, lunch, total = day["frame"], day["lunch"], sum(day["sessions"])
    left = frame - lunch - day["breaks"] * BREAK
    rows = tuple(
        (dict(s["title"]), length)
        for s, length in zip(draw.sample(list(data["sessions"]), 6), day["sessions"], strict=True)
    )
    columns = (
        Column("session", Text("内容", "Content")),
        Column("minutes", Text("分钟", "Minutes"), "number", 0),
    )

    def clock(minute: int) -> str:
        return f"{minute // 60}:{minute % 60:02d}"

    return Variant(
        key={"value": Accept(any=(cut(day),), best=cut(day))},
        sheets=(Sheet(Text("想讲的内容", "What is planned"), columns, rows),),
        traps={
            "no_reserve": {"value": total - left},
            "no_breaks": {"value": round(total - (1 - RESERVE) * (frame - lunch), 6)},
            "no_lunch": {"value": round(total - (1 - RESERVE) * (left + lunch), 6)},
            "whole_day": {"value": total - frame},
            "reserve_on_top": {"value": round(total * (1 + RESERVE) - left, 6)},
            "what_fits": {"value": round((1 - RESERVE) * left, 6)},
            "total": {"value": total},
            "tenth_of_all": {"value": round(total - left + RESERVE * frame, 6)},
            "one_break": {"value": round(total - (1 - RESERVE) * (left + BREAK), 6)},
            "reserve_from_sessions": {"value": round((1 - RESERVE) * total - left, 6)},
            "only_reserve": {"value": round(RESERVE * left, 6)},
            "hours": {"value": round(cut(day) / 60, 4)},
        },
        words={
            "start": plain(clock(day["start"])),
            "end": plain(clock(day["start"] + frame)),
            "lunch": lunch,
            "breaks": day["breaks"],
            "frame": frame,
            "left": left,
            "fits": whole(round((1 - RESERVE) * left, 6)),
            "sum": total,
        },
    )


def goals(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Six learning goals: which of them can be seen to be met a month after the workshop?

    A goal passes if it names own behaviour, a date and something that shows it.
    Source: S273, S212; the three marks are of the house (after Mager 1962).
    """
    data = list(pool("m16_event")["goals"])
    wanted = ["good", "good", "topic", "result", "undated", draw.choice(["topic", "result"])]
    if draw.integer(0, 1):
        wanted[-1] = "good"
    chosen: list[Mapping[str, Any]] = []
    for kind in wanted:
        chosen.append(draw.choice([g for g in data if g["kind"] == kind and g not in chosen]))
    chosen = draw.shuffled(chosen)
    (account,) = draw.sample(list(pool("m15_people")["accounts"]), 1)
    (a,) = names(draw, 1)
    words = {
        "a": a,
        "account": account,
        "n": plain(draw.integer(3, 6)),
        "d": day_of_month(draw.integer(10, 28)),
    }
    ids = letters(len(chosen))
    kinds = dict(zip(ids, (str(g["kind"]) for g in chosen), strict=True))
    right = {i: True for i, kind in kinds.items() if kind == "good"}

    def also(kind: str) -> dict[str, bool]:
        return right | {i: True for i, k in kinds.items() if k == kind}

    places = tuple(Place(i, said(g, words)) for i, g in zip(ids, chosen, strict=True))
    return Variant(
        key={i: Accept(any=(True,)) for i in right},
        places=places,
        traps={
            "topic": also("topic"),
            "result": also("result"),
            "undated": also("undated"),
            "first_only": {i: k == 0 for k, i in enumerate(right)},
        },
        words={"n": len(right), "of": len(ids), "right": listed(places, right)},
    )
