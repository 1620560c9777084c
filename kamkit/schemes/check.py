"""Checks a scheme file before it becomes an object: every fault at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kamkit.errors import Problem
from kamkit.schemes.criteria import criteria, fields, selections
from kamkit.schemes.model import COMPARISONS, CUT_RULES, DERIVATIONS, MODES
from kamkit.schemes.shape import Notes, check_shape

FORMAT = 1
CONDITION_KINDS = ("field", "known", "missing", "all", "any", "not", "count")
_CURRENCY = re.compile("[A-Z]{3}")
_ORIGINS = ("S", "X", "O", "field:", "house")

Raw = Mapping[str, Any]


def known_field(name: Any, raw: Raw) -> bool:
    """Whether a condition may refer to this field: basis, rating, derived, bound or own (x_)."""
    if not isinstance(name, str):
        return False
    if name.startswith("rating:"):
        return name.removeprefix("rating:") in criteria()
    own = {*raw.get("derived", {}), *raw.get("bindings", {})}
    return name in fields() or name in own or name.startswith("x_")


def _field(notes: Notes, raw: Raw, name: Any, where: str) -> None:
    if not known_field(name, raw):
        known = [*fields(), *raw.get("derived", {}), *raw.get("bindings", {}), "rating:…", "x_…"]
        notes.add("scheme_unknown_reference", where, name, known)


def _condition(notes: Notes, raw: Raw, key: str, entry: Raw) -> None:
    where = f"conditions.{key}"
    kinds = [k for k in CONDITION_KINDS if k in entry]
    if len(kinds) != 1:
        notes.add("scheme_bad_value", where, ", ".join(kinds) or None, CONDITION_KINDS)
        return
    kind, names, cuts = kinds[0], raw.get("conditions", {}), raw.get("cutoffs", {})
    if kind in ("field", "known", "missing"):
        _field(notes, raw, entry[kind], f"{where}.{kind}")
    else:
        for part in _listed(entry[kind]):
            if part not in names:
                notes.add("scheme_unknown_reference", f"{where}.{kind}", part, names)
    tests = [c for c in COMPARISONS if c in entry]
    if (kind == "field") != (len(tests) == 1):
        notes.add("scheme_bad_value", where, ", ".join(tests) or None, COMPARISONS)
    wanted = {t: entry[t] for t in tests if t != "equals"}
    if kind == "count":
        wanted["needed"] = entry.get("needed")
    elif "needed" in entry:
        notes.add("scheme_bad_value", f"{where}.needed", entry["needed"], ["count"])
    for test, cut in wanted.items():
        if cut not in cuts:
            notes.add("scheme_unknown_reference", f"{where}.{test}", cut, cuts)


def _listed(value: Any) -> Sequence[str]:
    return value if isinstance(value, list) else [value]


def _cycles(notes: Notes, parts_of: Mapping[str, Sequence[str]], section: str) -> None:
    done: set[str] = set()

    def visit(key: str, path: tuple[str, ...]) -> None:
        if key in path:
            notes.add("scheme_cycle", f"{section}.{key}", " → ".join((*path, key)))
            done.update(path)
        elif key in parts_of and key not in done:
            for part in parts_of[key]:
                visit(part, (*path, key))
            done.add(key)

    for key in parts_of:
        visit(key, ())


def _cutoff(notes: Notes, raw: Raw, key: str, entry: Raw) -> None:
    where, rule = f"cutoffs.{key}", entry.get("rule", "fixed")
    notes.one_of(rule, CUT_RULES, f"{where}.rule")
    value = entry.get("value")
    if rule == "fixed" and value is None:
        notes.add("scheme_missing_key", f"{where}.value")
    if rule == "quantile" and not (value is not None and 0 <= value <= 1):
        notes.add("scheme_bad_value", f"{where}.value", value, ["0 … 1"])
    if rule != "fixed":
        _field(notes, raw, entry.get("of"), f"{where}.of")
    parts = [p.strip() for p in str(entry.get("origin", "")).split(";")]
    if not all(part.startswith(_ORIGINS) for part in parts):
        notes.add("scheme_bad_value", f"{where}.origin", entry.get("origin"), _ORIGINS)


def _derived(notes: Notes, raw: Raw, key: str, entry: Raw) -> None:
    where, how = f"derived.{key}", entry.get("how")
    notes.one_of(how, DERIVATIONS, f"{where}.how")
    if how == "weighted":
        if "selection" in entry:
            notes.one_of(entry["selection"], selections(), f"{where}.selection")
        elif "items" not in entry:
            notes.add("scheme_missing_key", f"{where}.items")
        _items(notes, entry.get("items", []), where)
    for name in _sources(entry) or ([None] if how != "weighted" else []):
        _field(notes, raw, name, f"{where}.of")
    if "group" in entry:
        _field(notes, raw, entry["group"], f"{where}.group")


def _items(notes: Notes, items: Sequence[Raw], where: str) -> None:
    for i, item in enumerate(items, 1):
        if not item.get("high", 5) > item.get("low", 1):
            notes.add("scheme_bad_value", f"{where}.items[{i}].high", item.get("high"), ["> low"])
        if item.get("weight", 1) < 0:
            notes.add("scheme_bad_value", f"{where}.items[{i}].weight", item["weight"], [">= 0"])
        notes.one_of(
            item.get("direction", "benefit"), ("benefit", "cost"), f"{where}.items[{i}].direction"
        )
    if items and not sum(item.get("weight", 0) for item in items) > 0:
        notes.add("scheme_bad_value", f"{where}.items", "0", ["> 0"])


def _sources(entry: Raw) -> list[Any]:
    named = _listed(entry["of"]) if "of" in entry else []
    return [*named, *(item.get("field") for item in entry.get("items", []))]


def _members(notes: Notes, raw: Raw) -> None:
    conditions, manual = raw.get("conditions", {}), raw.get("mode") == "manual"
    ids = [row.get("id") for row in raw["members"]]
    for member_id in sorted({str(i) for i in ids if ids.count(i) > 1}):
        notes.add("scheme_duplicate", "members.id", member_id)
    otherwise = raw.get("otherwise")
    if not manual:
        notes.one_of(otherwise, [str(i) for i in ids], "otherwise")
    for row in raw["members"]:
        where = f"members.{row.get('id')}"
        if "when" in row and row["when"] not in conditions:
            notes.add("scheme_unknown_reference", f"{where}.when", row["when"], conditions)
        if "when" not in row and row.get("id") != otherwise and not manual:
            notes.add("scheme_missing_key", f"{where}.when")
        notes.one_of(row.get("if_unknown", "unknown"), ("unknown", "no"), f"{where}.if_unknown")
    for row in raw.get("open", []):
        for key in ("when", "unless"):
            if key in row and row[key] not in conditions:
                notes.add("scheme_unknown_reference", f"open.{key}", row[key], conditions)
        for member_id in row.get("between", []):
            notes.one_of(member_id, [str(i) for i in ids], "open.between")


def problems(raw: Raw, name: str) -> list[Problem]:
    """Every fault of a scheme file; references are followed once all types are right.

    >>> [p.code for p in problems({"format": 9}, "own.toml")][:1]
    ['scheme_format']
    """
    notes = Notes(name)
    if raw.get("format") != FORMAT or isinstance(raw.get("format"), bool):
        notes.add("scheme_format", "format", raw.get("format"), [str(FORMAT)])
        return notes.found
    check_shape(notes, raw)
    if not notes.sound or "members" not in raw:
        return notes.found
    notes.one_of(raw.get("mode"), MODES, "mode")
    conditions, derived = raw.get("conditions", {}), raw.get("derived", {})
    for key, entry in conditions.items():
        _condition(notes, raw, key, entry)
    if "currency" in raw and not _CURRENCY.fullmatch(raw["currency"]):
        notes.add("scheme_bad_value", "currency", raw["currency"], ["CNY", "USD", "EUR …"])
    for key, entry in raw.get("cutoffs", {}).items():
        _cutoff(notes, raw, key, entry)
    for key, entry in derived.items():
        _derived(notes, raw, key, entry)
    for key, entry in raw.get("bindings", {}).items():
        notes.one_of(entry.get("chosen"), entry.get("choices", []), f"bindings.{key}.chosen")
        for choice in entry.get("choices", []):
            _field(notes, raw, choice, f"bindings.{key}.choices")
    _members(notes, raw)
    kinds = ("all", "any", "not", "count")
    trees = {k: [p for t in kinds if t in e for p in _listed(e[t])] for k, e in conditions.items()}
    _cycles(notes, trees, "conditions")
    _cycles(notes, {k: _sources(e) for k, e in derived.items()}, "derived")
    return notes.found
