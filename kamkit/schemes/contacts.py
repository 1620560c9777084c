"""What the kit knows of contacts: buyer types, phases, questions, wheel, mirror, forms."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kamkit.errors import KamkitError, Problem
from kamkit.schemes.criteria import DATA
from kamkit.schemes.files import check_origin, read_toml, unknown, wrong_format
from kamkit.schemes.model import NO_LABELS, Labels
from kamkit.schemes.shape import Notes, check_entry, check_sections

_HEAD = {"format": "count!", "id": "text!", "version": "text!", "label": "labels!"}
_LIMIT = {"value": "number!", "unit": "text!", "origin": "text!", "label": "labels!"}
_POINT = {"id": "text!", "origin": "text!", "label": "labels!", "note": "labels"}
LISTS: Mapping[str, Mapping[str, str]] = {
    "buyer_types": _POINT,
    "phases": {**_POINT, "action": "labels!"},
    "questions": _POINT,
    "spokes": {**_POINT, "functions": "texts!", "unless_title": "texts"},
    "pairs": {**_POINT, "customer": "texts!", "us": "texts!"},
    "member_roles": {
        "id": "text!",
        "origin": "text!",
        "function": "text!",
        "level": "count!",
    },
    "modes": {**_POINT, "action": "labels!"},
    "entry_checklist": _POINT,
    "call_plan": _POINT,
    "person_fields": {**_POINT, "private": "bool!"},
}
LIMITS = (
    *("covered_strength", "role_stale_days", "senior_level", "sponsor_days"),
    *("default_cadence_days", "urgent_needs", "meeting_gain", "introduction_support"),
)


@dataclass(frozen=True)
class Limit:
    """One number that a company may change, with its unit and origin."""

    id: str
    value: float
    unit: str
    origin: str
    label: Labels


@dataclass(frozen=True)
class ContactPoint:
    """One entry of a list: a buyer type, a phase, a question, a line of a form.

    ``note`` explains it; ``action`` is what to do about it (phases, decision modes).
    """

    id: str
    label: Labels
    origin: str
    note: Labels = field(default_factory=lambda: NO_LABELS)
    action: Labels = field(default_factory=lambda: NO_LABELS)
    private: bool = False


@dataclass(frozen=True)
class Spoke:
    """One spoke of the influencers wheel: whose functions stand on it."""

    id: str
    label: Labels
    origin: str
    functions: tuple[str, ...]
    unless_title: tuple[str, ...] = ()


@dataclass(frozen=True)
class FunctionPair:
    """One pair of the mirror: the customer's functions facing ours."""

    id: str
    label: Labels
    origin: str
    customer: tuple[str, ...]
    us: tuple[str, ...]


@dataclass(frozen=True)
class MemberRole:
    """The function and level (1–5) that a role of ours stands for."""

    id: str
    function: str
    level: int
    origin: str


@dataclass(frozen=True)
class ContactScheme:
    """Lists and limits of one file; every entry carries its origin."""

    id: str
    version: str
    label: Labels
    limits: Mapping[str, Limit]
    buyer_types: tuple[ContactPoint, ...]
    phases: tuple[ContactPoint, ...]
    questions: tuple[ContactPoint, ...]
    spokes: tuple[Spoke, ...]
    pairs: tuple[FunctionPair, ...]
    member_roles: Mapping[str, MemberRole]
    modes: tuple[ContactPoint, ...]
    entry_checklist: tuple[ContactPoint, ...]
    call_plan: tuple[ContactPoint, ...]
    person_fields: tuple[ContactPoint, ...]

    def limit(self, key: str) -> float:
        """The value of one limit; KamkitError ``unknown_limit`` names those there are."""
        if key not in self.limits:
            raise unknown("unknown_limit", self.id, key, tuple(self.limits))
        return self.limits[key].value

    @property
    def phase_ids(self) -> tuple[str, ...]:
        """Ids of the phases in order."""
        return tuple(p.id for p in self.phases)

    @property
    def buyer_type_ids(self) -> tuple[str, ...]:
        """Ids of the buyer types in order."""
        return tuple(t.id for t in self.buyer_types)


def _problems(raw: Mapping[str, Any], name: str) -> list[Problem]:
    notes = Notes(name)
    if wrong_format(notes, raw):
        return notes.found
    keys = {**_HEAD, "limits": "sections!", **dict.fromkeys(LISTS, "rows!")}
    check_entry(notes, keys, raw, "")
    limits = raw.get("limits", {})
    if isinstance(limits, Mapping):
        for key in LIMITS:
            if key not in limits:
                notes.add("scheme_missing_key", f"limits.{key}")
        for key in limits:
            check_entry(notes, _LIMIT, limits[key], f"limits.{key}")
    check_sections(notes, raw, LISTS)
    if notes.sound:
        _follow(notes, raw)
    return notes.found


def _follow(notes: Notes, raw: Mapping[str, Any]) -> None:
    for key, limit in raw.get("limits", {}).items():
        if "origin" in limit:
            check_origin(notes, limit["origin"], f"limits.{key}.origin")
    for section in LISTS:
        ids = [row["id"] for row in raw.get(section, []) if "id" in row]
        for repeated in sorted({i for i in ids if ids.count(i) > 1}):
            notes.add("scheme_duplicate", f"{section}.id", repeated)
        for row in raw.get(section, []):
            if "origin" in row:
                check_origin(notes, row["origin"], f"{section}.{row.get('id')}.origin")


def _points(raw: Mapping[str, Any], section: str) -> tuple[ContactPoint, ...]:
    return tuple(
        ContactPoint(
            row["id"], row["label"], row["origin"],
            row.get("note", NO_LABELS), row.get("action", NO_LABELS), row.get("private", False),
        )
        for row in raw[section]
    )  # fmt: skip


def build_contact_scheme(raw: Mapping[str, Any], name: str) -> ContactScheme:
    """A checked mapping as a :class:`ContactScheme`; KamkitError with every fault found."""
    KamkitError.collect(_problems(raw, name))
    points = ("buyer_types", "phases", "questions", "modes", "entry_checklist")
    return ContactScheme(
        id=raw["id"],
        version=raw["version"],
        label=raw["label"],
        limits=MappingProxyType(
            {
                key: Limit(key, float(x["value"]), x["unit"], x["origin"], x["label"])
                for key, x in raw["limits"].items()
            }
        ),
        spokes=tuple(
            Spoke(
                s["id"], s["label"], s["origin"],
                tuple(s["functions"]), tuple(s.get("unless_title", ())),
            )
            for s in raw["spokes"]
        ),
        pairs=tuple(
            FunctionPair(p["id"], p["label"], p["origin"], tuple(p["customer"]), tuple(p["us"]))
            for p in raw["pairs"]
        ),
        member_roles=MappingProxyType(
            {
                r["id"]: MemberRole(r["id"], r["function"], int(r["level"]), r["origin"])
                for r in raw["member_roles"]
            }
        ),
        call_plan=_points(raw, "call_plan"),
        person_fields=_points(raw, "person_fields"),
        **{section: _points(raw, section) for section in points},
    )  # fmt: skip


@cache
def contact_scheme() -> ContactScheme:
    """The shipped lists and limits on contacts.

    >>> contact_scheme().phase_ids
    ('recognise', 'compare', 'choose', 'after_sale')
    >>> contact_scheme().limit("covered_strength")
    2.0
    """
    text = DATA.joinpath("contacts.toml").read_text(encoding="utf-8")
    return build_contact_scheme(tomllib.loads(text), "contacts.toml")


def read_contact_scheme(path: str | Path) -> ContactScheme:
    """A company's own file; KamkitError with every fault found."""
    return build_contact_scheme(*read_toml(path))
