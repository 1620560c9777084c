"""Reading what was said: a prospect's interview, and the state of a programme."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamkit.exercises.forms import read_text
from kamkit.exercises.model import Item, Place, Sheet, Text, Variant
from kamkit.exercises.recipes.m01_common import column, company_names, ruled
from kamkit.exercises.recipes.parts import cell, one_of
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw
from kamkit.schemes import load_scheme

_STATES = (
    Place("shows", Text("谈话支持", "The talk shows it")),
    Place("against", Text("谈话相反", "The talk speaks against it")),
    Place("unsaid", Text("没有谈到", "Not touched on")),
)
_BEHAVIOUR = ("staged", "sourcing", "project", "buying")
_RATING = {"shows": 5.0, "against": 2.0}
_STAGES = (
    Place("none", Text("没有开始", "Not begun")),
    Place("begun", Text("做了一部分", "Partly there")),
    Place("done", Text("已落实，有凭据", "In force, with proof")),
)


def _filled(draw: Draw, entry: Mapping[str, str]) -> Text:
    m = draw.choice((400, 600, 900, 1200, 1800, 2600))
    values = {"k": draw.integer(3, 9), "m": m, "mm": f"{m / 100:g}"}
    text = read_text(entry)
    return Text(text.zh.format(**values), text.en.format(**values))


def _states(draw: Draw, lines: list[str]) -> dict[str, str]:
    """A state for every line: some shown, some contradicted, some never touched on."""
    against, unsaid = draw.integer(2, 3), draw.integer(2, 4)
    given = ["against"] * against + ["unsaid"] * unsaid
    given += ["shows"] * (len(lines) - len(given))
    return dict(zip(lines, draw.shuffled(given), strict=True))


def _profile(states: Mapping[str, str], lines: Mapping[str, Any], scheme: str) -> str:
    """The verdict of a scheme on what the talk lets us rate; the rest stays unknown."""
    row = {
        f"rating:{lines[k]['rating']}": _RATING.get(state)
        for k, state in states.items()
        if "rating" in lines[k]
    }
    basis = pd.DataFrame([{"account_id": "A", **row}]).astype(dict.fromkeys(row, "float64"))
    return ruled(basis, load_scheme(scheme)).classes[0]


def _verdict(scheme: str, member: str) -> dict[str, str]:
    if member == "unknown":
        return cell(Text("还判断不了", "can't be told yet"))
    return dict(load_scheme(scheme).member(member).labels)


def interview(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """A talk at a prospect: which of ten lines does it show, contradict, or leave open.

    The profile follows from the behaviour scheme, in which a line nobody spoke of stays
    unknown. Source: S016, S017, S027; Kleene 1952 for the unknown.
    """
    data = pool("m01_interview")
    lines: Mapping[str, Any] = data["lines"]
    states = _states(draw, list(lines))
    said = [
        _filled(draw, draw.choice(lines[k][state]))
        for k, state in states.items()
        if state != "unsaid"
    ]
    said += [read_text(entry) for entry in draw.sample(data["chatter"], 2)]
    speakers = [cell(read_text(s)) for s in data["speakers"]]
    rows = [(n, draw.choice(speakers), cell(text)) for n, text in enumerate(draw.shuffled(said), 1)]
    name = company_names(draw, 1)[0]
    own = [states[k] for k in _BEHAVIOUR]
    return Variant(
        key={k: one_of(state) for k, state in states.items()},
        words={
            "name": cell(name), "lines": len(lines), "met": own.count("shows"),
            "refuted": own.count("against"), "silent": own.count("unsaid"),
            "silent_all": list(states.values()).count("unsaid"),
            "profile": _verdict("behaviour", _profile(states, lines, "behaviour")),
            "features": _verdict("characteristics", _profile(states, lines, "characteristics")),
        },
        items=tuple(
            Item(k, read_text(line["text"]), read_text(line["detail"]))
            for k, line in lines.items()
        ),
        places=_STATES,
        sheets=(
            Sheet(
                Text("谈话记录（摘要）", "Notes of the talk"),
                (
                    column("n", "序号", "No.", "number", 0),
                    column("who", "谁", "Who"),
                    column("said", "说了什么", "What was said"),
                ),
                tuple(rows),
            ),
        ),
        traps={
            "silence_no": {k: "against" if s == "unsaid" else s for k, s in states.items()},
            "silence_yes": {k: "shows" if s == "unsaid" else s for k, s in states.items()},
            "all_shown": dict.fromkeys(states, "shows"),
            "shrugged": {k: "unsaid" if s == "against" else s for k, s in states.items()},
            "wished": {k: "shows" if s == "against" else s for k, s in states.items()},
            "flipped": {k: "against" if s == "shows" else s for k, s in states.items()},
            "missed": {k: "unsaid" if s == "shows" else s for k, s in states.items()},
        },
    )  # fmt: skip


def programme(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """The eight work items of a programme, each with what people report of it.

    A plan on paper is begun, not done; a habit is not begun. Source: S008; the three steps and
    the completion figure are house.
    """
    entries: Mapping[str, Any] = pool("m01_programme")["items"]
    given = ["done"] * draw.integer(2, 3) + ["none"] * draw.integer(2, 3)
    given += ["begun"] * (len(entries) - len(given))
    states = dict(zip(entries, draw.shuffled(given), strict=True))
    order = draw.shuffled(list(entries))
    done = given.count("done")
    return Variant(
        key={k: one_of(states[k]) for k in order},
        words={
            "n": len(entries), "done": done, "begun": given.count("begun"),
            "none": given.count("none"), "completion": {"kind": "share", "value": done / 8},
            "claimed": {"kind": "share", "value": (done + given.count("begun")) / 8},
        },
        items=tuple(
            Item(k, read_text(entries[k]["text"]), _filled(draw, entries[k][states[k]]))
            for k in order
        ),
        places=_STAGES,
        traps={
            "plan_counts": {k: "done" if s == "begun" else s for k, s in states.items()},
            "habit_counts": {k: "begun" if s == "none" else s for k, s in states.items()},
            "habit_is_done": {k: "done" if s == "none" else s for k, s in states.items()},
            "all_or_nothing": {k: "none" if s == "begun" else s for k, s in states.items()},
            "humble": {k: "begun" if s == "done" else s for k, s in states.items()},
            "all_begun": dict.fromkeys(states, "begun"),
        },
    )  # fmt: skip
