"""Survey instruments as data: items for both sides in zh and en, scale, keying, dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kamkit.errors import KamkitError
from kamkit.schemes.criteria import DATA
from kamkit.schemes.files import (
    check_origin,
    read_toml,
    shipped_ids,
    shipped_toml,
    unknown,
    wrong_format,
)
from kamkit.schemes.model import NO_LABELS, Labels
from kamkit.schemes.shape import Notes, check_entry, check_sections

FOLDER = DATA.joinpath("surveys")
SIDES = ("customer", "us")
EXPECTED = "_e"  # a response to the expectation half of an item bears this ending

_SURVEY_KEYS = {
    "format": "count!",
    "id": "text!",
    "version": "text!",
    "label": "labels!",
    "origin": "text!",
    "note": "labels",
    "low": "number!",
    "high": "number!",
    "low_word": "labels!",
    "high_word": "labels!",
    "total": "bool",
    "dimensions": "rows!",
    "items": "rows!",
}
_DIMENSION_KEYS = {
    "id": "text!",
    "label": "labels!",
    "weight": "positive",
    "minimum": "number",
    "origin": "text",
}
_ITEM_KEYS = {
    "id": "text!",
    "dimension": "text!",
    "reverse": "bool",
    "low": "number",
    "high": "number",
    "low_word": "labels",
    "high_word": "labels",
    "origin": "text",
    "customer": "labels",
    "us": "labels",
    "expectation": "labels",
}


@dataclass(frozen=True)
class SurveyItem:
    """One item: its words by side, its scale, and whether agreeing is bad (``reverse``).

    ``words`` holds "customer" and "us" as far as a side is asked; ``expectation`` the words of
    its expectation half (empty where there is none), answered under ``<id>_e``.
    """

    id: str
    dimension: str
    words: Mapping[str, Labels]
    low: float
    high: float
    low_word: Labels
    high_word: Labels
    reverse: bool = False
    expectation: Labels = field(default_factory=lambda: NO_LABELS)
    origin: str = "house"


@dataclass(frozen=True)
class SurveyDimension:
    """A dimension, its weight in the total and the score (0–100) below which its gate fails."""

    id: str
    label: Labels
    weight: float = 1.0
    minimum: float | None = None
    origin: str = "house"


@dataclass(frozen=True)
class Survey:
    """An instrument: dimensions and items in order; ``total``: whether they add up to one score."""

    id: str
    version: str
    label: Labels
    origin: str
    dimensions: tuple[SurveyDimension, ...]
    items: tuple[SurveyItem, ...]
    note: Labels = field(default_factory=lambda: NO_LABELS)
    total: bool = True

    @property
    def item_ids(self) -> tuple[str, ...]:
        """Ids of the items in order."""
        return tuple(item.id for item in self.items)

    @property
    def dimension_ids(self) -> tuple[str, ...]:
        """Ids of the dimensions in order."""
        return tuple(d.id for d in self.dimensions)

    @property
    def reverse_ids(self) -> tuple[str, ...]:
        """Items that are worded in reverse.

        >>> read_survey("relationship_quality").reverse_ids
        ('trust_4', 'commitment_4')
        """
        return tuple(item.id for item in self.items if item.reverse)

    @property
    def expected_ids(self) -> tuple[str, ...]:
        """Ids under which expectations are answered."""
        return tuple(item.id + EXPECTED for item in self.items if item.expectation["en"])

    @property
    def weights(self) -> Mapping[str, float]:
        """Weight by dimension; they add up to 1."""
        total = sum(d.weight for d in self.dimensions)
        return {d.id: d.weight / total for d in self.dimensions}

    def items_of(self, dimension: str) -> tuple[SurveyItem, ...]:
        """The items of one dimension, in order."""
        return tuple(item for item in self.items if item.dimension == dimension)

    def asked(self, side: str) -> tuple[SurveyItem, ...]:
        """The items that one side is asked.

        >>> len(read_survey("relationship_quality").asked("us"))
        11
        """
        return tuple(item for item in self.items if side in item.words)


def _problems(raw: Mapping[str, Any], name: str) -> list[Any]:
    notes = Notes(name)
    if wrong_format(notes, raw):
        return notes.found
    check_entry(notes, _SURVEY_KEYS, raw, "")
    check_sections(notes, raw, {"dimensions": _DIMENSION_KEYS, "items": _ITEM_KEYS})
    if notes.sound and all(key in raw for key in ("dimensions", "items", "low", "high")):
        _follow(notes, raw)
    return notes.found


def _follow(notes: Notes, raw: Mapping[str, Any]) -> None:
    for section in ("dimensions", "items"):
        ids = [row.get("id") for row in raw[section]]
        for repeated in sorted({str(i) for i in ids if ids.count(i) > 1}):
            notes.add("scheme_duplicate", f"{section}.id", repeated)
        for row in raw[section]:
            if "origin" in row:
                check_origin(notes, row["origin"], f"{section}.{row.get('id')}.origin")
    check_origin(notes, raw.get("origin", "house"), "origin")
    known = [row.get("id") for row in raw["dimensions"]]
    used = {row.get("dimension") for row in raw["items"]}
    for empty in (d for d in known if d not in used):
        notes.add("scheme_missing_key", f"items.dimension = {empty}")
    for row in raw["items"]:
        where = f"items.{row.get('id')}"
        if row.get("dimension") not in known:
            notes.add("scheme_unknown_reference", f"{where}.dimension", row.get("dimension"), known)
        if not any(side in row for side in SIDES):
            notes.add("scheme_missing_key", f"{where}.customer")
        low, high = row.get("low", raw["low"]), row.get("high", raw["high"])
        if not low < high:
            notes.add("scheme_bad_value", f"{where}.high", high, [f"> {low}"])


def _item(raw: Mapping[str, Any], survey: Mapping[str, Any]) -> SurveyItem:
    return SurveyItem(
        id=raw["id"],
        dimension=raw["dimension"],
        words=MappingProxyType({side: raw[side] for side in SIDES if side in raw}),
        low=float(raw.get("low", survey["low"])),
        high=float(raw.get("high", survey["high"])),
        low_word=raw.get("low_word", survey["low_word"]),
        high_word=raw.get("high_word", survey["high_word"]),
        reverse=bool(raw.get("reverse", False)),
        expectation=raw.get("expectation", NO_LABELS),
        origin=raw.get("origin", survey["origin"]),
    )


def build_survey(raw: Mapping[str, Any], name: str) -> Survey:
    """A checked mapping as a :class:`Survey`; KamkitError with every fault found."""
    KamkitError.collect(_problems(raw, name))
    return Survey(
        id=raw["id"],
        version=raw["version"],
        label=raw["label"],
        origin=raw["origin"],
        dimensions=tuple(
            SurveyDimension(
                d["id"],
                d["label"],
                float(d.get("weight", 1)),
                float(d["minimum"]) if "minimum" in d else None,
                d.get("origin", "house"),
            )
            for d in raw["dimensions"]
        ),
        items=tuple(_item(row, raw) for row in raw["items"]),
        note=raw.get("note", NO_LABELS),
        total=bool(raw.get("total", True)),
    )


def survey_ids() -> tuple[str, ...]:
    """Ids of the shipped instruments.

    >>> survey_ids()
    ('account_loyalty', 'dealer_loyalty', 'quick', 'relationship_quality', 'service_quality')
    """
    return shipped_ids(FOLDER)


@cache
def _shipped(survey_id: str) -> Survey:
    return build_survey(shipped_toml(FOLDER, survey_id), f"{survey_id}.toml")


def read_survey(survey: str | Path) -> Survey:
    """A shipped instrument by its id, or a company's own from a TOML file.

    KamkitError: ``unknown_survey`` names those there are; a faulty file with every fault found.

    >>> [d.id for d in read_survey("relationship_quality").dimensions]
    ['trust', 'satisfaction', 'commitment']
    """
    if isinstance(survey, Path) or survey.endswith(".toml"):
        return build_survey(*read_toml(survey))
    if survey not in survey_ids():
        raise unknown("unknown_survey", "surveys", survey, survey_ids())
    return _shipped(survey)


def survey_item(item_id: str) -> SurveyItem | None:
    """The item of a shipped instrument; None where none has it.

    >>> survey_item("nps").dimension, survey_item("visits") is None
    ('nps', True)
    """
    plain = item_id.removesuffix(EXPECTED)
    for survey_id in survey_ids():
        for item in _shipped(survey_id).items:
            if item.id == item_id or (item.id == plain and item.expectation["en"]):
                return item
    return None
