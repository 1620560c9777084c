"""Files on people: roles, competencies, KPIs, trainings, diagnostics, appraisal policy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from kamkit.errors import KamkitError, Problem
from kamkit.schemes.criteria import DATA
from kamkit.schemes.files import check_origin, read_toml, shipped_toml, wrong_format
from kamkit.schemes.shape import Notes, check_entry, check_sections, entries_of

FOLDER = DATA.joinpath("team")
LEVELS = 5
DIRECTIONS = ("up", "down", "range")
CONTROL = ("yes", "partly", "no")
ZERO_RULES = ("neutral", "met_if_zero", "refuse")
KPI_KINDS = ("result", "activity")
FREQUENCIES = ("month", "quarter", "half", "year")
UNITS = ("money", "count", "share", "days", "score")
SCALES = ("pitfall", "climate", "support")

_HEAD = {
    "format": "count!",
    "id": "text!",
    "version": "text!",
    "origin": "text!",
    "label": "labels!",
    "note": "labels!",
}
_ENTRY = {"id": "text!", "label": "labels!", "origin": "text"}
_ANCHORED = {**_ENTRY, "levels": "sentences!"}
_KPI = {
    **_ENTRY,
    "formula": "labels!",
    "unit": "text!",
    "direction": "text!",
    "low": "number",
    "high": "number",
    "owner": "text!",
    "frequency": "text!",
    "tables": "list!",
    "cap": "positive",
    "zero_rule": "text!",
    "control": "text!",
    "kind": "text",
    "gaming": "labels!",
}
_ROLE = {
    **_ENTRY,
    "level": "text!",
    "duties": "texts!",
    "span": "labels!",
    "authority": "sentences!",
    "handover": "sentences!",
}
_FACTOR = {**_ENTRY, "allowed": "bool!", "aliases": "texts", "reason": "labels!"}
_TRAINING = {
    **_ENTRY,
    "competencies": "texts!",
    "form": "text!",
    "hours": "positive!",
    "evidence": "labels!",
}
_ITEM = {"id": "text!", "origin": "text", "scale": "text!", "reverse": "bool", "text": "labels!"}
_ATTRIBUTE = {
    **_ENTRY,
    "kind": "text!",
    "column": "text!",
    "asked": "bool!",
    "what": "labels!",
}
_LOAD = {
    "hours_per_year": "positive!",
    "account_share": "share!",
    "relaxed": "positive!",
    "full": "positive!",
    "overload": "positive!",
    "origin": "text!",
}
# kind of file -> list of tables -> key -> kind of value
LISTS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "competencies": {"entries": {**_ANCHORED, "what": "labels!"}},
    "duties": {"entries": {**_ANCHORED, "detail": "labels!", "kpis": "texts!"}},
    "kpis": {"entries": _KPI},
    "controllability": {"entries": _FACTOR},
    "trainings": {"entries": _TRAINING},
    "roles": {"levels": {**_ENTRY, "what": "labels!"}, "entries": _ROLE},
    "diagnostics": {
        "attributes": _ATTRIBUTE,
        "pitfalls": {**_ENTRY, "detail": "labels!", "remedies": "texts!"},
        "remedies": {**_ENTRY, "steps": "sentences!"},
        "rules": {**_ENTRY, "test": "labels!"},
        "items": _ITEM,
    },
    "policy": {
        "parts": {**_ENTRY, "weight": "positive!"},
        "grades": {**_ENTRY, "low": "number!"},
        "fairness": {"id": "text!", "text": "labels!"},
        "pay": {**_ENTRY, "group": "text!", "what": "labels!"},
        "tasks": {**_ENTRY, "text": "labels!", "kpi": "text"},
        "tiers": {**_ENTRY, "hours": "positive!", "accounts": "count!"},
        "examples": {**_ENTRY, "text": "labels!"},
    },
}
_CHOICES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "kpis.entries": {
        "unit": UNITS,
        "direction": DIRECTIONS,
        "frequency": FREQUENCIES,
        "zero_rule": ZERO_RULES,
        "control": CONTROL,
        "kind": KPI_KINDS,
    },
    "diagnostics.items": {"scale": SCALES},
    "diagnostics.attributes": {"kind": ("tags", "number")},
    "policy.pay": {"group": ("pay", "reward")},
}


def team_problems(raw: Mapping[str, Any], name: str, kind: str) -> list[Problem]:
    """Every problem of a file of one kind (see ``LISTS``).

    >>> [p.code for p in team_problems({"format": 2}, "own.toml", "kpis")]
    ['scheme_format']
    """
    notes = Notes(name)
    if wrong_format(notes, raw):
        return notes.found
    lists = LISTS[kind]
    loads = {"load": "sections!"} if kind == "policy" else {}
    check_entry(notes, {**_HEAD, **dict.fromkeys(lists, "rows!"), **loads}, raw, "")
    check_sections(notes, raw, lists)
    if loads and isinstance(raw.get("load"), Mapping):
        check_entry(notes, _LOAD, raw["load"], "load")
    if not notes.found:
        _follow(notes, raw, kind)
    return notes.found


def _follow(notes: Notes, raw: Mapping[str, Any], kind: str) -> None:
    """What no key can say by itself: ids once, origins, choices, references, order."""
    check_origin(notes, raw["origin"], "origin")
    for section in LISTS[kind]:
        ids = [row["id"] for row in raw[section]]
        for repeated in sorted({i for i in ids if ids.count(i) > 1}):
            notes.add("scheme_duplicate", f"{section}.id", repeated)
        for row in raw[section]:
            where = f"{section}.{row['id']}"
            check_origin(notes, row.get("origin", "house"), f"{where}.origin")
            for key, allowed in _CHOICES.get(f"{kind}.{section}", {}).items():
                notes.one_of(row.get(key, allowed[0]), allowed, f"{where}.{key}")
    for where, row in entries_of(raw, "entries"):
        if "levels" in row and len(row["levels"]) != LEVELS:
            notes.add("scheme_bad_value", f"{where}.levels", len(row["levels"]), [str(LEVELS)])
        if row.get("direction") == "range" and not row.get("low", 1) < row.get("high", 0):
            notes.add("scheme_bad_value", f"{where}.high", row.get("high"), ["> low"])
    _references(notes, raw, kind)


def _references(notes: Notes, raw: Mapping[str, Any], kind: str) -> None:
    if kind == "roles":
        known = [row["id"] for row in raw["levels"]]
        for row in (r for r in raw["entries"] if r["level"] not in known):
            notes.add("scheme_unknown_reference", f"entries.{row['id']}.level", row["level"], known)
    elif kind == "diagnostics":
        known = [row["id"] for row in raw["remedies"]]
        for row in raw["pitfalls"]:
            for missing in (r for r in row["remedies"] if r not in known):
                where = f"pitfalls.{row['id']}.remedies"
                notes.add("scheme_unknown_reference", where, missing, known)
    elif kind == "policy":
        lows = [row["low"] for row in raw["grades"]]
        if lows != sorted(set(lows), reverse=True):
            notes.add("scheme_bad_value", "grades.low", str(lows), ["highest first"])
        bands = [raw["load"][key] for key in ("relaxed", "full", "overload")]
        if bands != sorted(bands):
            notes.add("scheme_bad_value", "load", str(bands), ["relaxed <= full <= overload"])


@cache
def _shipped(kind: str) -> dict[str, Any]:
    raw = shipped_toml(FOLDER, kind)
    KamkitError.collect(team_problems(raw, f"{kind}.toml", kind))
    return raw


def team_file(kind: str, own: str | Path | None = None) -> dict[str, Any]:
    """A checked file: the kit's, or a company's own that stands in its place.

    Raises KamkitError with every fault found.

    >>> team_file("duties")["origin"]
    'S200; house'
    """
    if own is None:
        return _shipped(kind)
    raw, name = read_toml(own)
    KamkitError.collect(team_problems(raw, name, kind))
    return raw
