"""Checks a stage file before it becomes a ladder: every fault at once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from kamkit.errors import Problem
from kamkit.schemes.files import check_origin, wrong_format
from kamkit.schemes.shape import Notes, check_entry, check_sections, entries_of

CANONICAL = (
    "lead",
    "prepared",
    "qualified",
    "solution",
    "presented",
    "bid",
    "negotiation",
    "won",
    "lost",
    "delivery",
    "accepted",
    "repeat",
)
CARD_FIELDS = (
    "features",
    "techniques",
    "sales_laws",
    "management_goal",
    "key_tasks",
    "customer_skills",
    "tools",
)
OUTCOMES = ("open", "won", "lost")
KINDS = ("deals", "plan")

LADDER_KEYS = {
    "format": "count!",
    "id": "text!",
    "kind": "text",
    "version": "text!",
    "label": "labels!",
    "origin": "text!",
    "note": "labels",
    "stages": "rows!",
}
STAGE_KEYS = {
    "id": "text!",
    "label": "labels!",
    "canonical": "text!",
    "covers": "texts",
    "outcome": "text",
    "probability": "probability",
    "dwell_limit_days": "positive",
    "origin": "text",
    "aliases": "texts",
    "entry": "sentences",
    "exit": "sentences",
    "card": "sections",
}
_CARD_KEYS = dict.fromkeys(CARD_FIELDS, "sentences")
_NUMBERING = re.compile(r"^\W*\d{1,2}\s*[-–—_.:、)\]】]+\s*(?=\S)")
_SHARE = re.compile(r"[(\[]?\s*\d{1,3}(?:\.\d+)?\s*%\s*[)\]]?")


def plain_name(name: object) -> str:
    """A stage name without what exports add: case, spaces, numbering, a percentage.

    >>> plain_name("3 - Propose (75%)"), plain_name("proposal / price  quote")
    ('propose', 'proposalpricequote')
    """
    words = unicodedata.normalize("NFKC", str(name)).casefold().strip()
    words = _SHARE.sub("", _NUMBERING.sub("", words))
    return "".join(c for c in words if c.isalnum()) or str(name).strip()


def names_of(raw: Mapping[str, Any]) -> list[str]:
    """Everything a stage may be called in an export: id, both labels, other spellings."""
    named = [raw.get("id"), *raw.get("label", {}).values(), *raw.get("aliases", [])]
    return [name for name in named if isinstance(name, str) and name.strip()]


def _stage(notes: Notes, raw: Mapping[str, Any], where: str) -> None:
    canonical, covers = raw.get("canonical"), raw.get("covers")
    notes.one_of(canonical, CANONICAL, f"{where}.canonical")
    for name in covers or ():
        notes.one_of(name, CANONICAL, f"{where}.covers")
    if covers and canonical not in covers:
        notes.add("scheme_bad_value", f"{where}.covers", ", ".join(covers), [str(canonical)])
    notes.one_of(raw.get("outcome", "open"), OUTCOMES, f"{where}.outcome")
    if "origin" in raw:
        check_origin(notes, raw["origin"], f"{where}.origin")


def _unique(notes: Notes, stages: list[Mapping[str, Any]]) -> None:
    taken: dict[str, Any] = {}
    for row in stages:
        for name in dict.fromkeys(map(plain_name, names_of(row))):
            if name in taken:
                notes.add("scheme_duplicate", f"stages.{row.get('id')}", name)
            taken[name] = row.get("id")


def ladder_problems(raw: Mapping[str, Any], name: str) -> list[Problem]:
    """Every fault of a stage file.

    >>> [p.code for p in ladder_problems({"format": 1, "stages": 3}, "own.toml")][-1]
    'scheme_bad_value'
    """
    notes = Notes(name)
    if wrong_format(notes, raw):
        return notes.found
    check_entry(notes, LADDER_KEYS, raw, "")
    check_sections(notes, raw, {"stages": STAGE_KEYS})
    for where, row in entries_of(raw, "stages"):
        if isinstance(row, Mapping) and "card" in row:
            check_entry(notes, _CARD_KEYS, row["card"], f"{where}.card")
    if not notes.sound:
        return notes.found
    rows = raw.get("stages", [])
    notes.one_of(raw.get("kind", "deals"), KINDS, "kind")
    if "origin" in raw:
        check_origin(notes, raw["origin"], "origin")
    for row in rows:
        _stage(notes, row, f"stages.{row.get('id')}")
    _unique(notes, rows)
    if rows and all(row.get("outcome", "open") != "open" for row in rows):
        notes.add("scheme_missing_key", 'stages.outcome = "open"')
    return notes.found
