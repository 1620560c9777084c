"""Recipes on what arrives of a message: read-back, the missing point, signs of the body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from kamkit.exercises.model import Accept, Column, Item, Place, Sheet, Text, Variant
from kamkit.exercises.recipes.m15_common import (
    day_of_month,
    letters,
    listed,
    names,
    plain,
    said,
    told,
)
from kamkit.exercises.recipes.parts import share
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw

if TYPE_CHECKING:
    import pandas as pd

SAME, BENT, MISSING = "same", "bent", "missing"
SEEN_TWICE = 2  # times out of three that a sign must be seen to count (house)
NOT_SAID = "(no question asks this)"


def _form(fact: Mapping[str, Any], form: str, words: Mapping[str, Any]) -> Text:
    return said({"zh": fact[f"{form}_zh"], "en": fact[f"{form}_en"]}, words)


def readback(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Seven points that were said, and what the other side gives back of them.

    Each point arrived (same), arrived changed (bent) or not at all (missing); the read-back is
    shuffled and worded differently, so meanings have to be compared, not words.
    Source: S191, S217; the three states are of the house.
    """
    (a,) = names(draw, 1)
    values = {"n": draw.integer(3, 20) * 4, "p": draw.choice([20, 30])}
    words = {"a": a, **{k: plain(v) for k, v in values.items()}}
    words["d"] = day_of_month(draw.integer(5, 25))
    facts = draw.shuffled(list(pool("m15_readback")["facts"]))
    bent = draw.integer(2, 3)
    states = draw.shuffled([BENT] * bent + [MISSING] * (4 - bent) + [SAME] * (len(facts) - 4))
    ids = letters(len(facts))
    items = tuple(Item(i, said(fact, words)) for i, fact in zip(ids, facts, strict=True))
    state = dict(zip(ids, states, strict=True))
    arrived = [
        _form(fact, state[i], words)
        for i, fact in zip(ids, facts, strict=True)
        if state[i] != MISSING
    ]
    sheet = Sheet(
        Text("对方写回来的", "What came back"),
        (Column("line", Text("复述", "Read-back")),),
        tuple(({"zh": line.zh, "en": line.en},) for line in draw.shuffled(arrived)),
    )
    return Variant(
        key={f"{i}.state": Accept(any=(s,), best=s) for i, s in state.items()},
        items=items,
        sheets=(sheet,),
        traps={name: _misread(state, *pair) for name, pair in _MISREADINGS.items()},
        words={
            **told(items),
            "points": len(ids),
            "same": states.count(SAME),
            "bent": bent,
            "missing": 4 - bent,
            "share": share(round(states.count(SAME) / len(ids), 3)),
            "account": draw.choice(list(pool("m15_people")["accounts"])),
        },
    )


# trap -> (what it takes, for what)
_MISREADINGS = {
    "nodded": (BENT, SAME),
    "assumed": (MISSING, SAME),
    "wording": (SAME, BENT),
    "overlooked": (SAME, MISSING),
    "lost": (BENT, MISSING),
    "invented": (MISSING, BENT),
}


def _misread(state: Mapping[str, str], true: str, taken: str) -> dict[str, str]:
    return {f"{i}.state": taken if s == true else s for i, s in state.items()}


def missing_point(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """A hand-over message from which one of five points is absent: which question fills it?

    Source: S217 (an agreement needs all its parts), S193 (make sure it is understood); the list
    of five points is of the house.
    """
    data = pool("m15_missing")
    (a,) = names(draw, 1)
    words = {"a": a, "n": plain(draw.integer(3, 12)), "d": day_of_month(draw.integer(3, 27))}
    absent = draw.choice(list(data["points"]))
    case = draw.choice(list(data["cases"]))
    rows = [
        {lang: said(case[point["id"]], words).said(lang) for lang in ("zh", "en")}
        for point in draw.shuffled(list(data["points"]))
        if point["id"] != absent["id"]
    ]
    sheet = Sheet(
        Text("转来的消息", "The message"),
        (Column("line", Text("内容", "What it says")),),
        tuple((row,) for row in rows),
    )
    points = list(data["points"])
    right = Accept(
        any=tuple(absent.get("exactly", ())),
        like=tuple(absent["like"]),
        unlike=tuple(_others_asked(points, absent)),
    )
    return Variant(
        key={"text": right},
        sheets=(sheet,),
        traps={f"asked_{p['id']}": _asked(p, absent) for p in points}
        | {"beside": {"text": list(absent["about"])}, "several": {"text": list(absent["like"])}},
        words={
            "account": draw.choice(list(pool("m15_people")["accounts"])),
            "topic": dict(case["topic"]),
            "absent": dict(absent["text"]),
            "question": dict(absent["question"]),
        },
    )


def _asked(point: Mapping[str, Any], absent: Mapping[str, Any]) -> dict[str, list[str]]:
    """Words that ask for a point which the message gives; of the absent one there are none."""
    return {"text": [NOT_SAID] if point["id"] == absent["id"] else list(point["about"])}


def _others_asked(points: Iterable[Mapping[str, Any]], absent: Mapping[str, Any]) -> list[str]:
    """Words that ask for another point too; none that the right question itself may need.

    "Who signs for it to count as done?" and "how many tests count?" ask what counts as done.
    """
    needed = {"done": ("who", "howmany")}.get(str(absent["id"]), ())
    others = [p for p in points if p["id"] != absent["id"] and p["id"] not in needed]
    return [word for point in others for word in point["asks"]]


def cues(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Signs seen in three talks beside what is usual for that person: which justify a question?

    A sign counts if it differs from the person's own habit and was seen at least twice.
    Source: S218 names body language and keeps its contents to itself; the rule is of the house,
    in the spirit of DePaulo et al. 2003 (single signs say little).
    """
    (a,) = names(draw, 1)
    data = list(pool("m15_cues")["cues"])
    makes = ["real"] * draw.integer(2, 3) + ["habit"] * 2 + ["once"] * 2
    chosen = draw.sample(data, len(makes))
    ids = letters(len(makes))
    kinds = dict(zip(ids, draw.shuffled(makes), strict=True))
    second = [i for i, kind in kinds.items() if kind == "real"][1]
    rows, places = [], []
    for i, cue in zip(ids, chosen, strict=True):
        habit = kinds[i] == "habit"
        seen = 1 if kinds[i] == "once" else SEEN_TWICE if i == second else 3
        usual = cue["sign"] if habit else cue["usual"]
        rows.append((dict(cue["sign"]), dict(usual), seen))
        places.append(Place(i, said(cue["sign"])))
    sheet = Sheet(
        Text("最近三次谈话", "The last three talks"),
        (
            Column("sign", Text("看到的", "What was seen")),
            Column("usual", Text("本人平时", "Usual for this person")),
            Column("seen", Text("三次中几次", "Times out of 3"), "number", 0),
        ),
        tuple(rows),
    )
    right = {i: True for i, kind in kinds.items() if kind == "real"}
    return Variant(
        key={i: Accept(any=(True,)) for i in right},
        places=tuple(places),
        sheets=(sheet,),
        traps={
            "textbook": right | {i: True for i, kind in kinds.items() if kind == "habit"},
            "once": right | {i: True for i, kind in kinds.items() if kind == "once"},
            "only_always": {i: i != second for i in right},
        },
        words={"a": a, "n": len(right), "of": len(ids), "right": listed(places, right)},
    )
