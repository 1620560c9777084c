"""Question sets as data: qualification cards, bid check, project gates, contract checklist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kamkit.errors import KamkitError, Problem
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
from kamkit.schemes.shape import Notes, check_entry, check_sections, entries_of

FOLDER = DATA.joinpath("question_sets")
GATE_DETAILS = ("goal", "key_task", "deliverable", "owner", "review", "tool")

_SET_KEYS = {
    "format": "count!",
    "id": "text!",
    "version": "text!",
    "label": "labels!",
    "origin": "text!",
    "note": "labels",
    "groups": "rows",
    "questions": "rows!",
}
_GROUP_KEYS = {"id": "text!", "label": "labels!", "origin": "text", "details": "sections"}
_QUESTION_KEYS = {
    "id": "text!",
    "label": "labels!",
    "group": "text",
    "weight": "number",
    "gate": "bool",
    "origin": "text",
    "proof": "labels",
}


@dataclass(frozen=True)
class Question:
    """One question; ``proof`` says what counts as proof, ``gate`` that a no stops everything."""

    id: str
    label: Labels
    group: str = ""
    weight: float = 1.0
    gate: bool = False
    origin: str = "house"
    proof: Labels = field(default_factory=lambda: NO_LABELS)


@dataclass(frozen=True)
class QuestionGroup:
    """A heading over questions; a project phase carries ``GATE_DETAILS`` as details."""

    id: str
    label: Labels
    origin: str = "house"
    details: Mapping[str, Labels] = field(default_factory=dict)


@dataclass(frozen=True)
class QuestionSet:
    """Questions in order with their groups; weights are house unless the origin says more."""

    id: str
    label: Labels
    origin: str
    questions: tuple[Question, ...]
    groups: tuple[QuestionGroup, ...] = ()
    version: str = ""
    note: Labels = field(default_factory=lambda: NO_LABELS)

    @property
    def question_ids(self) -> tuple[str, ...]:
        """Ids of the questions in order."""
        return tuple(q.id for q in self.questions)

    @property
    def weights(self) -> Mapping[str, float]:
        """Weight by question id; they add up to 1.

        >>> round(load_question_set("viability_four").weights["worth_winning"], 2)
        0.25
        """
        total = sum(q.weight for q in self.questions)
        return {q.id: q.weight / total for q in self.questions}

    def in_group(self, group_id: str) -> tuple[Question, ...]:
        """The questions of one group, in order."""
        return tuple(q for q in self.questions if q.group == group_id)


def _problems(raw: Mapping[str, Any], name: str) -> list[Problem]:
    notes = Notes(name)
    if wrong_format(notes, raw):
        return notes.found
    check_entry(notes, _SET_KEYS, raw, "")
    check_sections(notes, raw, {"groups": _GROUP_KEYS, "questions": _QUESTION_KEYS})
    for where, group in entries_of(raw, "groups"):
        details = group.get("details", {}) if isinstance(group, Mapping) else {}
        if isinstance(details, Mapping):
            check_entry(notes, dict.fromkeys(details, "labels"), details, f"{where}.details")
    if notes.sound:
        _follow(notes, raw)
    return notes.found


def _follow(notes: Notes, raw: Mapping[str, Any]) -> None:
    rows = raw.get("questions", [])
    groups = [row["id"] for row in raw.get("groups", []) if "id" in row]
    asked = [row["id"] for row in rows if "id" in row]
    for section, ids in (("groups", groups), ("questions", asked)):
        for repeated in sorted({i for i in ids if ids.count(i) > 1}):
            notes.add("scheme_duplicate", f"{section}.id", repeated)
    for section in ("groups", "questions"):
        for row in raw.get(section, []):
            if "origin" in row:
                check_origin(notes, row["origin"], f"{section}.{row.get('id')}.origin")
    if "origin" in raw:
        check_origin(notes, raw["origin"], "origin")
    for row in rows:
        where = f"questions.{row.get('id')}"
        if row.get("group", "") not in groups and (groups or row.get("group")):
            notes.add("scheme_unknown_reference", f"{where}.group", row.get("group"), groups)
        if row.get("weight", 1) < 0:
            notes.add("scheme_bad_value", f"{where}.weight", row["weight"], [">= 0"])
    if rows and not sum(row.get("weight", 1) for row in rows) > 0:
        notes.add("scheme_bad_value", "questions.weight", "0", ["> 0"])


def _question(raw: Mapping[str, Any], origin: str) -> Question:
    return Question(
        id=raw["id"],
        label=raw["label"],
        group=raw.get("group", ""),
        weight=float(raw.get("weight", 1)),
        gate=bool(raw.get("gate", False)),
        origin=raw.get("origin", origin),
        proof=raw.get("proof", NO_LABELS),
    )


def build_question_set(raw: Mapping[str, Any], name: str) -> QuestionSet:
    """A checked mapping as a :class:`QuestionSet`; KamkitError with every fault found."""
    KamkitError.collect(_problems(raw, name))
    origin = raw["origin"]
    return QuestionSet(
        id=raw["id"],
        label=raw["label"],
        origin=origin,
        questions=tuple(_question(q, origin) for q in raw["questions"]),
        groups=tuple(
            QuestionGroup(
                g["id"],
                g["label"],
                g.get("origin", origin),
                MappingProxyType(dict(g.get("details", {}))),
            )
            for g in raw.get("groups", [])
        ),
        version=raw["version"],
        note=raw.get("note", NO_LABELS),
    )


def question_set_ids() -> tuple[str, ...]:
    """Ids of the shipped question sets.

    >>> "bid_check" in question_set_ids()
    True
    """
    return shipped_ids(FOLDER)


@cache
def load_question_set(set_id: str) -> QuestionSet:
    """A shipped question set; KamkitError ``unknown_question_set`` names those there are.

    >>> load_question_set("viability_four").question_ids
    ('opportunity', 'compete', 'win', 'worth_winning')
    """
    known = question_set_ids()
    if set_id not in known:
        raise unknown("unknown_question_set", "question_sets", set_id, known)
    return build_question_set(shipped_toml(FOLDER, set_id), f"{set_id}.toml")


def read_question_set(path: str | Path) -> QuestionSet:
    """A company's own question set from a TOML file; KamkitError with every fault found."""
    return build_question_set(*read_toml(path))
