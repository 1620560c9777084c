"""What stays the same while an exercise is worked on: texts, sheets, things to judge, words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from kamkit.exercises.model import Exercise, Field, Item, Place, Text, Variant
from kamkit.i18n import catalog, label, listed, t
from kamkit.widgets.exercise.written import Words, block, line, plain, sheet_data

_SOURCE = re.compile(r"^S\d{3}$")
_HOUSE = re.compile(r"\bhouse\b")
_ENDS = re.compile(r"^(?P<name>.+?)\s*[（(](?P<start>[^→]+?)\s*→\s*(?P<end>[^→]+?)[)）]$")
_OWN_WORDS = "exercise."


@cache
def ui_words(lang: str) -> dict[str, str]:
    """The words on buttons and lines, without the section's name."""
    return {
        key.removeprefix(_OWN_WORDS): text
        for key, text in catalog(lang).items()
        if key.startswith(_OWN_WORDS)
    }


def _worded(text: Text | None, words: Words, lang: str) -> dict[str, str]:
    html = "" if text is None else line(text, words, lang)
    return {"html": html, "plain": plain(html)}


def _item(item: Item, words: Words, lang: str) -> dict[str, Any]:
    detail = None if item.detail is None else _worded(item.detail, words, lang)
    return {"id": item.id, "text": _worded(item.text, words, lang), "detail": detail}


def _place(place: Place, words: Words, lang: str) -> dict[str, Any]:
    text = _worded(place.text, words, lang)
    return {"id": place.id, "text": text, "row": place.row, "col": place.col}


def _places(places: Iterable[Place], words: Words, lang: str) -> list[dict[str, Any]]:
    return [_place(p, words, lang) for p in places]


def _field(field: Field, words: Words, lang: str) -> dict[str, Any]:
    return {
        "id": field.id,
        "text": _worded(field.text, words, lang),
        "type": field.type,
        "unit": label(f"exercise.unit_{field.unit}", lang, "") if field.unit else "",
        "units": _places(field.units, words, lang),
        "options": _places(field.options, words, lang),
        "items": list(field.items),
    }


def axis_data(text: str) -> dict[str, Any]:
    """An axis: its name, and its two ends where the text ends on them.

    Ends are read from left to right on the x axis, from top to bottom on the y axis.

    >>> axis_data("Sales (high → low)")
    {'text': 'Sales (high → low)', 'name': 'Sales', 'ends': ['high', 'low']}
    """
    found = _ENDS.match(text)
    if found is None:
        return {"text": text, "name": text, "ends": []}
    return {"text": text, "name": found["name"], "ends": [found["start"], found["end"]]}


def source_line(exercise: Exercise, lang: str) -> str:
    """Where the rule comes from, in words.

    S-numbers stand as they are, other origins by their name in the catalogs or as written.
    """
    parts = [p.strip() for p in exercise.origin.split(";") if p.strip()]
    numbered = [*exercise.s_numbers, *(p for p in parts if _SOURCE.match(p))]
    named = ("house" if _HOUSE.search(p) else p for p in parts if not _SOURCE.match(p))
    others = [label(f"origin.{p}", lang, p.removeprefix("field:")) for p in named]
    return t("exercise.source", lang, origin=listed(dict.fromkeys([*numbered, *others]), lang))


def page_data(exercise: Exercise, variant: Variant, *, lang: str, key: str) -> dict[str, Any]:
    """Everything the browser needs to draw an exercise, in one language.

    ``key`` names the trainee's answer in the browser's own store.
    """
    words = variant.words
    meta = [
        exercise.module,
        label(f"kind.{exercise.kind}", lang, ""),
        t("exercise.minutes", lang, minutes=exercise.minutes),
    ]
    return {
        "key": key,
        "id": exercise.id,
        "version": exercise.version,
        "lang": lang,
        "kind": exercise.kind,
        "title": plain(line(exercise.title, words, lang)),
        "meta": [m for m in meta if m],
        "source": source_line(exercise, lang),
        "task": block(exercise.task, words, lang),
        "sheets": [sheet_data(s, words, lang) for s in variant.sheets],
        "items": [_item(i, words, lang) for i in variant.items],
        "places": _places(variant.places, words, lang),
        "fields": [_field(f, words, lang) for f in variant.fields],
        "axes": [axis_data(plain(line(a, words, lang))) for a in exercise.axes],
        "rubric": [
            {"id": c.id, "text": _worded(c.text, words, lang), "points": c.points}
            for c in exercise.rubric
        ],
        "reason": exercise.reason,
        "words": ui_words(lang),
    }


def part_names(exercise: Exercise, variant: Variant, lang: str) -> dict[str, str]:
    """What each part of an answer is called, for questions and the history."""
    words = variant.words
    names = {i.id: plain(line(i.text, words, lang)) for i in variant.items}
    if exercise.kind in ("single", "many", "poll"):
        names |= {p.id: plain(line(p.text, words, lang)) for p in variant.places}
    fields = {f.id: plain(line(f.text, words, lang)) for f in variant.fields}
    if exercise.kind == "table":
        dash = " – "
        pairs = ((i.id, f) for i in variant.items for f in variant.fields)
        return {f"{i}.{f.id}": f"{names[i]}{dash}{fields[f.id]}" for i, f in pairs}
    return names | fields


def value_words(part: str, value: Any, variant: Variant, lang: str) -> str:
    """A part's value as its reader says it: a place's name, a ranking, or what was typed."""
    words = variant.words
    if isinstance(value, list | tuple):
        names = {i.id: plain(line(i.text, words, lang)) for i in variant.items}
        return " › ".join(names.get(str(v), str(v)) for v in value)
    if isinstance(value, bool):
        return label("word.yes" if value else "word.no", lang)
    return places_of(part, variant, lang).get(str(value), str(value))


def places_of(part: str, variant: Variant, lang: str) -> Mapping[str, str]:
    """Names of the places, options and units that a part may take."""
    words = variant.words
    found = list(variant.places)
    for field in variant.fields:
        if part in (field.id, "unit") or part.endswith(f".{field.id}"):
            found += [*field.options, *field.units]
    return {p.id: plain(line(p.text, words, lang)) for p in found}
