"""Variants and outcomes as plain data: what the journal and the hand-in file hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from kamkit.exercises.model import (
    FORMAT,
    Accept,
    Column,
    Field,
    Item,
    Outcome,
    Place,
    Sheet,
    Text,
    Variant,
)


def plain(value: Any) -> Any:
    """JSON data of tuples, mappings and scalars, numpy's among them.

    >>> plain({"a": (1, 2.5)})
    {'a': [1, 2.5]}
    """
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value.item() if hasattr(value, "item") else value


def variant_data(variant: Variant) -> dict[str, Any]:
    """A variant as JSON data; :func:`read_variant` reads it back."""
    data = plain(asdict(variant))
    for field in data["fields"]:
        if not field["items"]:  # written only where it says something, as before there was any
            del field["items"]
    return {"format": FORMAT, **data}


def outcome_data(outcome: Outcome) -> dict[str, Any]:
    """An outcome as JSON data; :func:`read_outcome` reads it back."""
    data: dict[str, Any] = plain(asdict(outcome))
    return data


def read_outcome(data: Mapping[str, Any]) -> Outcome:
    """The outcome that :func:`outcome_data` wrote.

    >>> read_outcome(outcome_data(Outcome("partial", 0.5, {"a": 1.0}, ("m",)))).score
    0.5
    """
    return Outcome(
        status=str(data["status"]),
        score=float(data["score"]),
        right={str(k): float(v) for k, v in data["right"].items()},
        mistakes=tuple(str(m) for m in data["mistakes"]),
        reasons=tuple((str(key), dict(numbers)) for key, numbers in data["reasons"]),
        format=int(data["format"]),
    )


def read_text(data: Mapping[str, Any]) -> Text:
    """A text of both languages."""
    return Text(str(data["zh"]), str(data["en"]))


def read_item(data: Mapping[str, Any]) -> Item:
    """A thing to judge."""
    detail = data.get("detail")
    return Item(str(data["id"]), read_text(data["text"]), read_text(detail) if detail else None)


def read_place(data: Mapping[str, Any]) -> Place:
    """A place, class, stage or option."""
    row, col = int(data.get("row", 0)), int(data.get("col", 0))
    return Place(str(data["id"]), read_text(data["text"]), row, col)


def read_field(data: Mapping[str, Any]) -> Field:
    """What is filled in."""
    return Field(
        id=str(data["id"]),
        text=read_text(data["text"]),
        type=str(data.get("type", "number")),
        unit=str(data.get("unit", "")),
        units=tuple(read_place(p) for p in data.get("units", ())),
        options=tuple(read_place(p) for p in data.get("options", ())),
        items=tuple(str(i) for i in data.get("items", ())),
    )


def read_sheet(data: Mapping[str, Any]) -> Sheet:
    """A table that the task shows."""
    columns = tuple(
        Column(str(c["id"]), read_text(c["text"]), str(c.get("kind", "text")), c.get("digits"))
        for c in data["columns"]
    )
    rows = tuple(tuple(row) for row in data["rows"])
    return Sheet(read_text(data["title"]), columns, rows, str(data.get("currency", "")))


def read_accept(data: Any) -> Accept:
    """What counts as right: a value, a list of values, or a table of bounds.

    >>> read_accept(["a", "b"]).any
    ('a', 'b')
    >>> read_accept({"low": 1, "high": 2}).high
    2.0
    """
    if isinstance(data, list | tuple):
        return Accept(any=tuple(data))
    if not isinstance(data, Mapping):
        return Accept(any=(data,))
    low, high = (None if data.get(k) is None else float(data[k]) for k in ("low", "high"))
    return Accept(
        any=tuple(data.get("any", ())),
        low=low,
        high=high,
        like=tuple(data.get("like", ())),
        unlike=tuple(data.get("unlike", ())),
        order=tuple(tuple(group) for group in data.get("order", ())),
        best=data.get("best"),
        weight=float(data.get("weight", 1.0)),
    )


def read_variant(data: Mapping[str, Any]) -> Variant:
    """The variant that :func:`variant_data` wrote, or that an exercise file holds."""
    panel = {k: dict(v) for k, v in data.get("panel", {}).items() if isinstance(v, Mapping)}
    return Variant(
        key={str(k): read_accept(v) for k, v in data.get("key", {}).items()},
        words=dict(data.get("words", {})),
        items=tuple(read_item(i) for i in data.get("items", ())),
        places=tuple(read_place(p) for p in data.get("places", ())),
        fields=tuple(read_field(f) for f in data.get("fields", ())),
        sheets=tuple(read_sheet(s) for s in data.get("sheets", ())),
        traps={str(k): dict(v) for k, v in data.get("traps", {}).items()},
        panel=panel,
    )
