"""The stage ladder of a relationship: indicators, needs per stage, the other scheme, actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kamkit.errors import KamkitError, Problem
from kamkit.schemes.criteria import read_data
from kamkit.schemes.files import check_origin, read_toml, wrong_format
from kamkit.schemes.model import NO_LABELS, Labels
from kamkit.schemes.shape import Notes, check_entry, check_sections

FILE = "relationship.toml"
HOUSE = "house"
DECAY = "disintegrating"
ANY = "any"

_TOP = {
    "format": "count!",
    "id": "text!",
    "version": "text!",
    "label": "labels!",
    "origin": "text!",
    "note": "labels",
    "limits": "sections!",
    "indicators": "rows!",
    "stages": "rows!",
    "decay": "sections!",
    "types": "rows",
    "suggestions": "rows",
    "methods": "rows",
    "drawing": "sections",
}
_LIMITS = {
    **dict.fromkeys(("live_strength", "stale_days", "look_back_days", "signs_needed"), "count!"),
    **dict.fromkeys(("cooled_share", "left_share", "team_share"), "share!"),
    "top_level": "count!",
    "high_bond": "positive!",
    "low_bond": "positive!",
    "origin": "text!",
}
_ROWS = {
    "indicators": {"id": "text!", "label": "labels!", "sides": "text!", "unit": "text!"},
    "stages": {
        "id": "text!",
        "label": "labels!",
        "picture": "labels!",
        "origin": "text!",
        "target_threads": "count!",
        "needs": "rows!",
    },
    "types": {
        "id": "text!",
        "label": "labels!",
        "stages": "texts!",
        "origin": "text!",
        "needs": "rows!",
    },
    "suggestions": {"id": "text!", "to": "text!", "indicator": "text", "text": "labels!"},
    "methods": {"id": "text!", "label": "labels!", "shows_in": "texts!", "origin": "text!"},
}
_DECAY = {"id": "text!", "label": "labels!", "picture": "labels!", "origin": "text!"}
_NEED = {"indicator": "text!", "at_least": "number", "at_most": "number", "origin": "text"}
_DRAWING = {"functions": "texts!", "teams": "texts!", "origin": "text!"}


@dataclass(frozen=True)
class Indicator:
    """Something counted on the ties: ``sides`` us, customer or both; ``unit`` as in the file."""

    id: str
    label: Labels
    sides: str
    unit: str


@dataclass(frozen=True)
class Need:
    """One threshold of a stage or type: ``relation`` is at_least or at_most."""

    indicator: str
    relation: str
    value: float
    origin: str = HOUSE

    def met(self, value: float) -> bool:
        """Whether a known figure meets the need.

        >>> Need("broker_share", "at_most", 0.5).met(0.5)
        True
        """
        return value >= self.value if self.relation == "at_least" else value <= self.value


@dataclass(frozen=True)
class RelationStep:
    """A stage of S103 (``target_threads``: X15, how many threads it takes) or a type of S105."""

    id: str
    label: Labels
    origin: str
    needs: tuple[Need, ...]
    picture: Labels = field(default_factory=lambda: NO_LABELS)
    target_threads: int = 0
    stages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suggestion:
    """An action towards a stage; ``indicator`` names the need that it works on."""

    id: str
    to: str
    text: Labels
    indicator: str = ""


@dataclass(frozen=True)
class BuildingMethod:
    """One of the four ways to a solid relationship (S127), and the tables where it shows."""

    id: str
    label: Labels
    shows_in: tuple[str, ...]
    origin: str


@dataclass(frozen=True)
class RelationshipScheme:
    """The ladder as data. ``limits`` are the house figures that the counting needs."""

    id: str
    version: str
    label: Labels
    origin: str
    note: Labels
    limits: Mapping[str, float]
    indicators: tuple[Indicator, ...]
    stages: tuple[RelationStep, ...]
    decay: RelationStep
    types: tuple[RelationStep, ...]
    suggestions: tuple[Suggestion, ...]
    methods: tuple[BuildingMethod, ...]
    drawing: Mapping[str, tuple[str, ...]]

    @property
    def stage_ids(self) -> tuple[str, ...]:
        """Stages from the first to the fullest, without disintegration.

        >>> relationship_scheme().stage_ids
        ('pre', 'early', 'mid', 'partnership', 'synergistic')
        """
        return tuple(s.id for s in self.stages)

    def place(self, stage: str) -> int:
        """Where a stage stands on the ladder, from 0; -1 for none and for disintegration.

        >>> relationship_scheme().place("mid"), relationship_scheme().place("disintegrating")
        (2, -1)
        """
        return self.stage_ids.index(stage) if stage in self.stage_ids else -1

    def type_of(self, stage: str) -> str:
        """The type of S105 that the crosswalk puts beside a stage; "" for none.

        >>> relationship_scheme().type_of("partnership")
        'partner'
        """
        return next((t.id for t in self.types if stage in t.stages), "")


def _follow(notes: Notes, raw: Mapping[str, Any]) -> None:
    """References, repeated ids, thresholds and origins, once all types are right."""
    known = [row["id"] for row in raw["indicators"]]
    stages = [row["id"] for row in raw["stages"]]
    for section in _ROWS:
        ids = [row["id"] for row in raw.get(section, [])]
        for repeated in sorted({i for i in ids if ids.count(i) > 1}):
            notes.add("scheme_duplicate", f"{section}.id", repeated)
        for row in raw.get(section, []):
            where = f"{section}.{row['id']}"
            if "origin" in row:
                check_origin(notes, row["origin"], f"{where}.origin")
            for need in row.get("needs", []):
                _check_need(notes, need, where, known)
            for stage in row.get("stages", []):
                notes.one_of(stage, stages, f"{where}.stages")
    allowed = [*stages, raw["decay"]["id"], ANY]
    for row in raw.get("suggestions", []):
        notes.one_of(row["to"], allowed, f"suggestions.{row['id']}.to")
        if "indicator" in row:
            notes.one_of(row["indicator"], known, f"suggestions.{row['id']}.indicator")
    for where, value in (("origin", raw["origin"]), ("limits.origin", raw["limits"]["origin"])):
        check_origin(notes, value, where)


def _check_need(notes: Notes, need: Mapping[str, Any], where: str, known: list[str]) -> None:
    check_entry(notes, _NEED, need, f"{where}.needs")
    if not isinstance(need, Mapping) or "indicator" not in need:
        return
    notes.one_of(need["indicator"], known, f"{where}.needs.indicator")
    if ("at_least" in need) == ("at_most" in need):
        notes.add("scheme_bad_value", f"{where}.needs.{need['indicator']}", None, _NEED)


def _problems(raw: Mapping[str, Any], name: str) -> list[Problem]:
    notes = Notes(name)
    if wrong_format(notes, raw):
        return notes.found
    check_entry(notes, _TOP, raw, "")
    for section, keys in (("limits", _LIMITS), ("decay", _DECAY), ("drawing", _DRAWING)):
        if isinstance(raw.get(section), Mapping):
            check_entry(notes, keys, raw[section], section)
    check_sections(notes, raw, _ROWS)
    if notes.sound and not notes.found:
        _follow(notes, raw)
    return notes.found


def _needs(raw: Mapping[str, Any]) -> tuple[Need, ...]:
    found = []
    for need in raw.get("needs", []):
        relation = "at_least" if "at_least" in need else "at_most"
        value, origin = float(need[relation]), need.get("origin", HOUSE)
        found.append(Need(need["indicator"], relation, value, origin))
    return tuple(found)


def _step(raw: Mapping[str, Any]) -> RelationStep:
    return RelationStep(
        raw["id"],
        raw["label"],
        raw["origin"],
        _needs(raw),
        raw.get("picture", NO_LABELS),
        raw.get("target_threads", 0),
        tuple(raw.get("stages", ())),
    )


def build_relationship_scheme(raw: Mapping[str, Any], name: str) -> RelationshipScheme:
    """A checked mapping as a :class:`RelationshipScheme`; KamkitError with every fault found."""
    KamkitError.collect(_problems(raw, name))
    drawing = raw.get("drawing", {})
    return RelationshipScheme(
        id=raw["id"],
        version=raw["version"],
        label=raw["label"],
        origin=raw["origin"],
        note=raw.get("note", NO_LABELS),
        limits=MappingProxyType({k: v for k, v in raw["limits"].items() if k != "origin"}),
        indicators=tuple(Indicator(**row) for row in raw["indicators"]),
        stages=tuple(_step(row) for row in raw["stages"]),
        decay=_step(raw["decay"]),
        types=tuple(_step(row) for row in raw.get("types", [])),
        suggestions=tuple(Suggestion(**row) for row in raw.get("suggestions", [])),
        methods=tuple(
            BuildingMethod(row["id"], row["label"], tuple(row["shows_in"]), row["origin"])
            for row in raw.get("methods", [])
        ),
        drawing=MappingProxyType({k: tuple(drawing.get(k, ())) for k in ("functions", "teams")}),
    )


@cache
def relationship_scheme() -> RelationshipScheme:
    """The kit's own ladder: pre, early, mid, partnership, synergistic (S103).

    >>> [t.id for t in relationship_scheme().types], len(relationship_scheme().methods)
    (['ordinary', 'partner', 'strategic'], 4)
    """
    return build_relationship_scheme(read_data(FILE), FILE)


def read_relationship_scheme(path: str | Path) -> RelationshipScheme:
    """A company's own ladder from a TOML file of the same form; KamkitError with every fault."""
    return build_relationship_scheme(*read_toml(path))
