"""Which keys an exercise file may hold, of which type, and what is wrong where it differs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kamkit.errors import Problem
from kamkit.exercises.figures import UNITS
from kamkit.exercises.kinds import KINDS
from kamkit.exercises.mistakes import CONDITIONS, MODIFIERS
from kamkit.exercises.model import BEHAVIOURS, FORMAT

LANGUAGES = ("zh", "en")
MODULES = tuple(f"M{n}" for n in range(1, 17))
FIELD_TYPES = ("number", "choice", "text")
COLUMN_KINDS = ("text", "number", "money", "share", "score")
ORIGINS = ("simulated", "real")
ACCEPT = ("any", "low", "high", "like", "unlike", "order", "best", "weight")
FEWEST_HINTS, FEWEST_MISTAKES, FEWEST_WRONG = 2, 3, 2
FORMS = {
    "id": r"[a-z][a-z0-9_]{0,59}",
    "s_number": r"[SX][0-9]{2,3}",
    "lesson": r"[a-z0-9_]*",
    "recipe": r"([a-z0-9_]+\.[a-z][a-z0-9_]*)?",
}
_HAN = re.compile("[一-鿿]")


@dataclass(frozen=True)
class Rule:
    """What one key holds: type, allowed values, form or range, and whether it must be there."""

    type: str
    must: bool = False
    allowed: tuple[Any, ...] = ()
    form: str = ""
    low: float = float("-inf")
    high: float = float("inf")
    inner: Mapping[str, Rule] = field(default_factory=dict)


TEXT = Rule("text", must=True)
PROSE = Rule("prose", must=True)
ID = Rule("string", must=True, form="id")
PLACE = {"id": ID, "text": TEXT, "row": Rule("int", low=0), "col": Rule("int", low=0)}
WORDS = {"zh": Rule("string", must=True), "en": Rule("string", must=True)}
SAMPLE = {
    "name": Rule("string", must=True),
    "right": Rule("bool"),
    "parts": Rule("table"),
    "use": Rule("string"),
    "expects": Rule("string"),
    "seed": Rule("int", low=0),
    "reason": Rule("string"),
}
FILE: dict[str, Rule] = {
    "format": Rule("int", must=True, allowed=(FORMAT,)),
    "id": ID,
    "version": Rule("int", must=True, low=1),
    "module": Rule("string", must=True, allowed=MODULES),
    "kind": Rule("string", must=True, allowed=tuple(KINDS)),
    "behaviour": Rule("string", must=True, allowed=BEHAVIOURS),
    "minutes": Rule("int", must=True, low=1, high=60),
    "s_numbers": Rule("strings", must=True, form="s_number"),
    "origin": Rule("string"),
    "lesson": Rule("string", form="lesson"),
    "recipe": Rule("string", form="recipe"),
    "follow": Rule("string", form="recipe"),
    **{name: Rule("bool") for name in ("variants", "own_accounts", "reason", "scale")},
    "title": PROSE,
    "task": PROSE,
    "axes": Rule("texts"),
    "items": Rule("tables", inner={"id": ID, "text": TEXT, "detail": Rule("text")}),
    "places": Rule("tables", inner=PLACE),
    "fields": Rule(
        "tables",
        inner={
            "id": ID,
            "text": TEXT,
            "type": Rule("string", allowed=FIELD_TYPES),
            "unit": Rule("string", allowed=UNITS),
            "units": Rule("tables", inner=PLACE),
            "options": Rule("tables", inner=PLACE),
            "items": Rule("strings", form="id"),
        },
    ),
    "sheets": Rule(
        "tables",
        inner={
            "title": TEXT,
            "currency": Rule("string"),
            "columns": Rule(
                "tables",
                must=True,
                inner={
                    "id": ID,
                    "text": TEXT,
                    "kind": Rule("string", allowed=COLUMN_KINDS),
                    "digits": Rule("int", low=0, high=6),
                },
            ),
            "rows": Rule("list", must=True),
        },
    ),
    "words": Rule("table"),
    "key": Rule("table"),
    "traps": Rule("table"),
    "hints": Rule("prose_list", must=True),
    "mistakes": Rule("tables", inner={"id": ID, **WORDS, "when": Rule("list", must=True)}),
    "solution": PROSE,
    "rubric": Rule("tables", inner={"id": ID, "text": TEXT, "points": Rule("float", low=0.01)}),
    "panel": Rule("table"),
    "samples": Rule("tables", inner=SAMPLE),
    "blind": Rule("tables", inner=SAMPLE),
}
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "table": (dict,),
    "list": (list,),
    "tables": (list,),
    "strings": (list,),
    "texts": (list,),
    "prose_list": (list,),
    "text": (dict,),
    "prose": (dict,),
}
Found = Iterator[Problem]


def _wrong_type(where: str, value: Any, kind: str) -> Problem:
    details = {"reason_key": f"toml_{kind}"}
    return Problem("exercise_type", column=where, value=type(value).__name__, details=details)


def _said(where: str, value: Mapping[str, Any], prose: bool) -> Found:
    """Problems of a text in both languages."""
    for lang in LANGUAGES:
        words = value.get(lang)
        if not isinstance(words, str) or not words.strip():
            yield Problem("exercise_language", column=where, value=lang)
        elif prose and bool(_HAN.search(words)) != (lang == "zh"):
            yield Problem("exercise_other_language", column=f"{where}.{lang}", value=words)
    for name in value:
        if name not in LANGUAGES:
            yield _unknown(f"{where}.{name}", LANGUAGES)


def _unknown(where: str, allowed: Any) -> Problem:
    details = {"allowed": ", ".join(map(str, allowed))}
    return Problem("exercise_unknown_key", column=where, value=where, details=details)


def _one(where: str, value: Any, rule: Rule) -> Found:
    """Problems of one value."""
    fits = isinstance(value, _TYPES[rule.type])
    if not fits or (isinstance(value, bool) and rule.type != "bool"):
        yield _wrong_type(where, value, rule.type)
        return
    if rule.type in ("text", "prose"):
        yield from _said(where, value, rule.type == "prose")
    elif rule.type in ("tables", "texts", "strings", "prose_list"):
        yield from _each(where, value, rule)
    elif rule.allowed and value not in rule.allowed:
        details = {"allowed": ", ".join(map(str, rule.allowed))}
        yield Problem("not_allowed", column=where, value=value, details=details)
    elif rule.form and not re.fullmatch(FORMS[rule.form], str(value)):
        yield Problem(
            "exercise_form", column=where, value=value, details={"reason_key": f"form_{rule.form}"}
        )
    elif rule.type in ("int", "float") and not rule.low <= value <= rule.high:
        details = {"low": f"{rule.low:g}", "high": f"{rule.high:g}"}
        yield Problem("option_out_of_range", column=where, value=value, details=details)


def _each(where: str, values: list[Any], rule: Rule) -> Found:
    """Problems of the entries of a list; entries with an id are all different."""
    inner = {"strings": "string", "texts": "text", "prose_list": "prose"}.get(rule.type)
    seen: set[str] = set()
    for n, value in enumerate(values, 1):
        at = f"{where}[{n}]"
        if inner:
            yield from _one(at, value, Rule(inner, form=rule.form))
        elif not isinstance(value, dict):
            yield _wrong_type(at, value, "table")
        else:
            yield from _table(f"{at}.", value, rule.inner)
            name = value.get("id")
            if isinstance(name, str) and name in seen:
                yield Problem("exercise_twice", column=at, value=name)
            seen.add(str(name))


def _table(prefix: str, data: Mapping[str, Any], rules: Mapping[str, Rule]) -> Found:
    for name, rule in rules.items():
        if name in data:
            yield from _one(f"{prefix}{name}", data[name], rule)
        elif rule.must:
            yield Problem("exercise_missing_key", column=f"{prefix}{name}", value=name)
    for name in data:
        if name not in rules:
            yield _unknown(f"{prefix}{name}", rules)


def _when(data: Mapping[str, Any]) -> Found:
    known = (*CONDITIONS, *MODIFIERS)
    for n, mistake in enumerate(data.get("mistakes", []), 1):
        for m, rule in enumerate(mistake["when"], 1):
            at = f"mistakes[{n}].when[{m}]"
            if not isinstance(rule, dict):
                yield _wrong_type(at, rule, "table")
                continue
            yield from (_unknown(f"{at}.{name}", known) for name in rule if name not in known)
            if not any(name in CONDITIONS for name in rule):
                yield Problem("exercise_missing_key", column=at, value="when")
        if not mistake["when"]:
            yield Problem("exercise_missing_key", column=f"mistakes[{n}].when", value="when")
        yield from _said(f"mistakes[{n}]", {k: mistake[k] for k in LANGUAGES}, True)


def _enough(data: Mapping[str, Any]) -> Found:
    """Problems of hints, mistakes, samples and rubric that are too few."""
    poll = data["kind"] == "poll"
    samples = data.get("samples", [])
    right = sum(bool(s.get("right", False)) for s in samples)
    counts = {
        "hints": (len(data["hints"]), FEWEST_HINTS),
        "mistakes": (len(data.get("mistakes", [])), 0 if poll else FEWEST_MISTAKES),
        "samples.right": (right, 0 if poll else 1),
        "samples.wrong": (len(samples) - right, 0 if poll else FEWEST_WRONG),
        "rubric": (len(data.get("rubric", [])), int(data["kind"] == "essay")),
    }
    for where, (found, fewest) in counts.items():
        if found < fewest:
            details = {"fewest": fewest}
            yield Problem("exercise_too_few", column=where, value=found, details=details)


def shape_problems(data: Mapping[str, Any]) -> list[Problem]:
    """All problems of an exercise file that show without looking at what refers to what."""
    found = list(_table("", data, FILE))
    if found:
        return found
    return [*_when(data), *_enough(data)]
