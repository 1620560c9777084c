"""What the recipes of the communication clinic share: pools of wordings, names, leaning traps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kamkit.exercises.model import Accept, Item, Place, Text, Variant
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw


def said(entry: Mapping[str, Any], words: Mapping[str, Mapping[str, Any]] | None = None) -> Text:
    """A pool entry as a text, its placeholders filled in each language.

    >>> said({"zh": "{a}迟到", "en": "{a} is late"}, {"a": {"zh": "小周", "en": "Zhou"}}).zh
    '小周迟到'
    """
    filled = {
        lang: str(entry[lang]).format(**{k: v[lang] for k, v in (words or {}).items()})
        for lang in ("zh", "en")
    }
    return Text(**filled)


def plain(value: Any) -> dict[str, str]:
    """A figure as words that read the same in both languages."""
    return {"zh": str(value), "en": str(value)}


def day_of_month(day: int) -> dict[str, str]:
    """A day of the month in words of each language.

    >>> day_of_month(22)
    {'zh': '22', 'en': '22nd'}
    """
    ending = "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return {"zh": str(day), "en": f"{day}{ending}"}


def names(draw: Draw, many: int) -> list[dict[str, str]]:
    """Different colleagues; the names are invented."""
    return draw.sample([dict(n) for n in pool("m15_people")["people"]], many)


def told(things: Iterable[Item | Place]) -> dict[str, dict[str, str]]:
    """Words ``text_<id>`` for a solution that goes through the things one by one."""
    return {f"text_{t.id}": {"zh": t.text.zh, "en": t.text.en} for t in things}


def listed(places: Iterable[Place], ids: Iterable[str]) -> dict[str, str]:
    """The wording of some places in one line, for the solution of a list with ticks."""
    chosen = set(ids)
    texts = [place.text for place in places if place.id in chosen]
    return {
        "zh": "；".join(t.zh.rstrip("。") for t in texts),
        "en": "; ".join(t.en.rstrip(".") for t in texts),
    }


def letters(many: int) -> list[str]:
    """Ids a, b, c … of the things to judge."""
    return [chr(ord("a") + k) for k in range(many)]


def leaning(ids: Iterable[str], places: Iterable[str]) -> dict[str, dict[str, str]]:
    """For each place the trap of putting everything there.

    >>> leaning(["a", "b"], ["now"])
    {'to_now': {'a': 'now', 'b': 'now'}}
    """
    parts = list(ids)
    return {f"to_{place}": dict.fromkeys(parts, place) for place in places}


def one_each(draw: Draw, entries: Sequence[Mapping[str, Any]], by: str) -> list[Mapping[str, Any]]:
    """One entry of every group, in the order in which the groups first occur."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for entry in entries:
        groups.setdefault(str(entry[by]), []).append(entry)
    return [draw.choice(group) for group in groups.values()]


def scenes(draw: Draw, chosen: Sequence[Mapping[str, Any]]) -> Variant:
    """Scenes to put under one of several heads, with the traps that a hurried reader meets.

    Each scene names its ``place``, the places that are defensible too (``also``) and the one
    that its surface suggests (``tempts``).
    """
    a, b = names(draw, 2)
    order = draw.shuffled(list(chosen))
    ids = letters(len(order))
    items = tuple(
        Item(i, said(entry, {"a": a, "b": b})) for i, entry in zip(ids, order, strict=True)
    )
    key = {
        i: Accept(any=(e["place"], *e.get("also", ())), best=e["place"])
        for i, e in zip(ids, order, strict=True)
    }
    surface = {i: e.get("tempts", e["place"]) for i, e in zip(ids, order, strict=True)}
    return Variant(key=key, items=items, traps={"surface": surface}, words=told(items))


def place_of(entry: Mapping[str, Any]) -> Place:
    """A pool entry as a place."""
    return Place(str(entry["id"]), said(entry))
