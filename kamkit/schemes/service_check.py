"""What can be wrong in a service scheme file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kamkit.errors import Problem
from kamkit.schemes.files import check_origin, wrong_format
from kamkit.schemes.shape import Notes, check_entry, check_sections

_SCHEME = {
    "format": "count!",
    "id": "text!",
    "version": "text!",
    "label": "labels!",
    "origin": "text!",
    "currency": "text!",
    "note": "labels",
    "tiers": "rows!",
    "dimensions": "rows!",
    "cadence": "rows",
    "services": "rows",
    "feedback": "sections",
}
_TIER = {"id": "text!", "label": "labels!", "weight": "positive", "members": "texts"}
_DIMENSION = {
    "id": "text!",
    "label": "labels!",
    "origin": "text",
    "weight": "positive",
    "floor": "text!",
    "wanted": "texts!",
    "levels": "rows!",
}
_LEVEL = {
    "id": "text!",
    "label": "labels!",
    "hours": "number!",
    "cost": "number!",
    "worth": "probability",
    "days": "positive",
    "respond_days": "numbers",
    "resolve_days": "numbers",
}
_CADENCE = {
    "id": "text!",
    "label": "labels!",
    "origin": "text",
    "days": "numbers",
    "dimension": "text",
    "channels": "texts",
}
_SERVICE = {"id": "text!", "label": "labels!", "dimension": "text!", "aliases": "texts"}
_FEEDBACK = {
    "answer_days": "positive",
    "act_days": "positive",
    "tell_days": "positive",
    "origin": "text",
}
_LISTS = {
    "tiers": _TIER,
    "dimensions": _DIMENSION,
    "dimensions.levels": _LEVEL,
    "cadence": _CADENCE,
    "services": _SERVICE,
}
SEVERITIES = 4


def service_problems(raw: Mapping[str, Any], name: str) -> list[Problem]:
    """Every problem of a service scheme file.

    >>> [p.code for p in service_problems({"format": 2}, "own.toml")]
    ['scheme_format']
    """
    notes = Notes(name)
    if wrong_format(notes, raw):
        return notes.found
    check_entry(notes, _SCHEME, raw, "")
    check_sections(notes, raw, _LISTS)
    if isinstance(raw.get("feedback"), Mapping):
        check_entry(notes, _FEEDBACK, raw["feedback"], "feedback")
    if not notes.found:
        _follow(notes, raw)
    return notes.found


def _follow(notes: Notes, raw: Mapping[str, Any]) -> None:
    """What no key can say by itself: references, order, sense."""
    tiers = [t["id"] for t in raw["tiers"]]
    members = [m for t in raw["tiers"] for m in t.get("members", ())]
    dimensions = {d["id"]: d for d in raw["dimensions"]}
    ids = {
        "tiers": tiers,
        "tiers.members": members,
        "services": [s["id"] for s in raw.get("services", [])],
        "dimensions": [d["id"] for d in raw["dimensions"]],
        "cadence": [c["id"] for c in raw.get("cadence", [])],
    }
    for section, found in ids.items():
        for repeated in sorted({i for i in found if found.count(i) > 1}):
            notes.add("scheme_duplicate", f"{section}.id", repeated)
    origins = [("origin", raw["origin"])]
    for section in ("dimensions", "cadence"):
        origins += [
            (f"{section}.{r['id']}.origin", r["origin"])
            for r in raw.get(section, [])
            if "origin" in r
        ]
    if "origin" in raw.get("feedback", {}):
        origins.append(("feedback.origin", raw["feedback"]["origin"]))
    for where, value in origins:
        check_origin(notes, value, where)
    for dimension in raw["dimensions"]:
        _dimension(notes, dimension, tiers)
    for row in raw.get("services", []):
        if row["dimension"] not in dimensions:
            where = f"services.{row['id']}"
            notes.add("scheme_unknown_reference", where, row["dimension"], dimensions)
    for row in raw.get("cadence", []):
        _cadence(notes, row, tiers, dimensions)


def _dimension(notes: Notes, raw: Mapping[str, Any], tiers: list[str]) -> None:
    where = f"dimensions.{raw['id']}"
    levels = [level["id"] for level in raw["levels"]]
    for repeated in sorted({i for i in levels if levels.count(i) > 1}):
        notes.add("scheme_duplicate", f"{where}.levels.id", repeated)
    if len(raw["wanted"]) != len(tiers):
        notes.add("scheme_bad_value", f"{where}.wanted", len(raw["wanted"]), [str(len(tiers))])
    named = [*raw["wanted"], raw["floor"]]
    for missing in sorted({n for n in named if n not in levels}):
        notes.add("scheme_unknown_reference", f"{where}.wanted", missing, levels)
    if all(n in levels for n in named):
        places = [levels.index(n) for n in named]
        # A higher tier never gets less than a lower one, and nobody less than the floor (X25).
        if places != sorted(places, reverse=True):
            notes.add("service_order", f"{where}.wanted", ", ".join(named))
    for level in raw["levels"]:
        at = f"{where}.levels.{level['id']}"
        for key in ("hours", "cost"):
            if level[key] < 0:
                notes.add("scheme_bad_value", f"{at}.{key}", level[key], [">= 0"])
        for key in ("respond_days", "resolve_days"):
            days = level.get(key, [])
            if days and (len(days) != SEVERITIES or min(days) < 0):
                notes.add("scheme_bad_value", f"{at}.{key}", str(days), [f"{SEVERITIES} × >= 0"])
    for key in ("hours", "cost", "worth"):
        values = [level.get(key, 0) for level in raw["levels"]]
        if values != sorted(values):
            notes.add("service_order", f"{where}.levels.{key}", str(values))


def _cadence(
    notes: Notes, raw: Mapping[str, Any], tiers: list[str], dimensions: Mapping[str, Any]
) -> None:
    where = f"cadence.{raw['id']}"
    if ("days" in raw) == ("dimension" in raw):
        notes.add("scheme_bad_value", where, None, ["days", "dimension"])
        return
    if "dimension" in raw:
        if raw["dimension"] not in dimensions:
            notes.add("scheme_unknown_reference", where, raw["dimension"], dimensions)
        return
    days = raw["days"]
    if len(days) > len(tiers) or min(days) <= 0:
        notes.add("scheme_bad_value", f"{where}.days", str(days), [f"1–{len(tiers)} × > 0"])
