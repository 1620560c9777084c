"""The twelve kinds of exercise: which parts an answer has and what each part takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kamkit.exercises.model import Exercise, Variant

TOTAL = 100.0  # points of an allocation
CURRENCY = "CNY"  # of amounts where no sheet names another
_MAY_BE_MONEY = ("money", "")


@dataclass(frozen=True)
class Part:
    """One thing that an answer fills in.

    ``takes`` is "place", "tick", "figure", "text" or "order"; ``options`` are the ids that a
    place or an order is made of, in their order; ``group`` joins parts of one column.
    ``currency`` is that of an amount, as the sheets have it.
    """

    id: str
    takes: str
    options: tuple[str, ...] = ()
    unit: str = ""
    group: str = ""
    currency: str = ""


Parts = dict[str, Part]


@dataclass(frozen=True)
class Kind:
    """What a kind of exercise needs in its file and which parts its answers have.

    ``scored`` is False where nothing is right or wrong by itself; ``total`` is what figures
    must add up to; ``asks_blanks`` says that parts left out are asked back once.
    """

    name: str
    needs: tuple[str, ...]
    make: Callable[[Variant], Parts]
    scored: bool = True
    total: float | None = None
    asks_blanks: bool = False


def _ids(things: Any) -> tuple[str, ...]:
    return tuple(thing.id for thing in things)


def _currency(variant: Variant, unit: str) -> str:
    """The currency of a field: that of the task's sheets."""
    if unit not in _MAY_BE_MONEY:
        return ""
    return next((sheet.currency for sheet in variant.sheets if sheet.currency), CURRENCY)


def _single(variant: Variant) -> Parts:
    return {"choice": Part("choice", "place", _ids(variant.places))}


def _many(variant: Variant) -> Parts:
    return {place.id: Part(place.id, "tick") for place in variant.places}


def _number(variant: Variant) -> Parts:
    if not variant.fields:
        return {}
    field = variant.fields[0]
    currency = _currency(variant, field.unit)
    found = {"value": Part("value", "figure", unit=field.unit, currency=currency)}
    if field.units:
        found["unit"] = Part("unit", "place", _ids(field.units))
    return found


def _text(variant: Variant) -> Parts:
    return {"text": Part("text", "text")}


def _rank(variant: Variant) -> Parts:
    return {"order": Part("order", "order", _ids(variant.items))}


def _placed(variant: Variant) -> Parts:
    places = _ids(variant.places)
    return {item.id: Part(item.id, "place", places) for item in variant.items}


def _allocate(variant: Variant) -> Parts:
    return {item.id: Part(item.id, "figure", unit="score") for item in variant.items}


def _table(variant: Variant) -> Parts:
    takes = {"number": "figure", "choice": "place", "text": "text"}
    found = {}
    for item in variant.items:
        for field in variant.fields:
            if field.items and item.id not in field.items:
                continue
            name = f"{item.id}.{field.id}"
            options = _ids(field.options or variant.places) if field.type == "choice" else ()
            found[name] = Part(
                name,
                takes.get(field.type, "text"),
                options,
                field.unit,
                field.id,
                _currency(variant, field.unit) if field.type == "number" else "",
            )
    return found


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("single", ("places",), _single),
        Kind("many", ("places",), _many),
        Kind("number", ("fields",), _number, asks_blanks=True),
        Kind("text", (), _text),
        Kind("rank", ("items",), _rank),
        Kind("match", ("items", "places"), _placed, asks_blanks=True),
        Kind("matrix", ("items", "places"), _placed, asks_blanks=True),
        Kind("stages", ("items", "places"), _placed, asks_blanks=True),
        Kind("allocate", ("items",), _allocate, total=TOTAL),
        Kind("table", ("items", "fields"), _table, asks_blanks=True),
        Kind("essay", (), _text, scored=False),
        Kind("poll", ("places",), _single, scored=False),
    )
}


def parts(exercise: Exercise, variant: Variant) -> Parts:
    """The parts of an answer by id, in the order in which the screen shows them.

    >>> from kamkit.exercises.model import Place, Text
    >>> yes = Place("yes", Text("是", "yes"))
    >>> KINDS["single"].make(Variant(key={}, places=(yes,)))["choice"].options
    ('yes',)
    """
    return KINDS[exercise.kind].make(variant)
