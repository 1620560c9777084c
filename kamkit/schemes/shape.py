"""The shape of a scheme file: which keys stand where, of what type, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from kamkit.errors import Problem
from kamkit.schemes.model import COMPARISONS


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_text(v) for v in value)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def _numbers(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_number(v) for v in value)


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _labels(value: Any) -> bool:
    return isinstance(value, Mapping)


def _sentences(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_labels(v) for v in value)


# kind -> (is it one, how a message names it)
KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "text": (_text, '"…"'),
    "texts": (_texts, '["…", "…"]'),
    "list": (lambda v: isinstance(v, list) and all(_text(i) for i in v), '[], ["…"]'),
    "text(s)": (lambda v: _text(v) or _texts(v), '"…", ["…", "…"]'),
    "number": (_number, "1, 0.5"),
    "numbers": (_numbers, "[30, 60]"),
    "share": (lambda v: _number(v) and 0 < v <= 1, "0.1 … 1"),
    "count": (_count, "1, 2, 3 …"),
    "bool": (lambda v: isinstance(v, bool), "true, false"),
    "literal": (lambda v: _text(v) or isinstance(v, bool), '"…", true, false'),
    "labels": (_labels, '{ zh = "…", en = "…" }'),
    "sentences": (_sentences, '[{ zh = "…", en = "…" }]'),
    "probability": (lambda v: _number(v) and 0 <= v <= 1, "0 … 1"),
    "positive": (lambda v: _number(v) and v > 0, "> 0"),
    "sections": (lambda v: isinstance(v, Mapping), "[…]"),
    "rows": (lambda v: isinstance(v, list) and bool(v), "[[…]]"),
}
# section -> key -> kind; "!" marks what must be there
SECTIONS: dict[str, dict[str, str]] = {
    "scheme": {
        "format": "count!",
        "id": "text!",
        "kind": "text!",
        "version": "text!",
        "label": "labels!",
        "mode": "text!",
        "members": "rows!",
        "sources": "texts!",
        "note": "labels",
        "multi": "bool",
        "otherwise": "text",
        "valid_from": "text",
        "currency": "text",
        "approver": "labels",
        "cutoffs": "sections",
        "conditions": "sections",
        "derived": "sections",
        "bindings": "sections",
        "open": "rows",
    },
    "members": {
        "id": "text!",
        "label": "labels!",
        "action": "labels!",
        "when": "text",
        "key": "bool",
        "if_unknown": "text",
        "most": "count",
    },
    "cutoffs": {
        "label": "labels!",
        "unit": "text!",
        "origin": "text!",
        "value": "number",
        "rule": "text",
        "of": "text",
    },
    "conditions": {
        "label": "labels!",
        "field": "text",
        "known": "text",
        "missing": "text",
        "all": "texts",
        "any": "texts",
        "not": "text",
        "count": "texts",
        "needed": "text",
        **dict.fromkeys(COMPARISONS, "text"),
        "equals": "literal",
    },
    "derived": {
        "label": "labels!",
        "how": "text!",
        "of": "text(s)",
        "group": "text",
        "selection": "text",
        "items": "rows",
        "coverage": "share",
        "origin": "text",
    },
    "items": {
        "field": "text!",
        "weight": "number!",
        "low": "number",
        "high": "number",
        "direction": "text",
    },
    "bindings": {"label": "labels!", "choices": "texts!", "chosen": "text!"},
    "open": {"when": "text!", "between": "texts!", "unless": "text"},
}


class Notes:
    """Collects the problems of one scheme file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.found: list[Problem] = []
        self.sound = True

    def add(self, code: str, where: str, value: Any = None, allowed: Iterable[str] = ()) -> None:
        """Note one problem; ``allowed`` lists what would be right."""
        details = {"allowed": ", ".join(sorted(allowed))}
        self.found.append(Problem(code, self.name, where, value=value, details=details))

    def one_of(self, value: Any, allowed: Iterable[str], where: str) -> None:
        """Note a value that is not among those allowed."""
        choices = tuple(allowed)
        if value not in choices:
            self.add("scheme_bad_value", where, value, choices)


def check_entry(notes: Notes, keys: Mapping[str, str], entry: Any, where: str) -> None:
    """Note what is missing, unknown or misshapen in one entry.

    ``keys`` names the kind of each key (see ``KINDS``); "!" marks what must be there.
    """
    if not isinstance(entry, Mapping):
        notes.add("scheme_bad_value", where, entry, [KINDS["sections"][1]])
        notes.sound = False
        return
    for key, kind in keys.items():
        place = f"{where}.{key}".lstrip(".")
        if key not in entry:
            if kind.endswith("!"):
                notes.add("scheme_missing_key", place)
            continue
        fits, shown = KINDS[kind.rstrip("!")]
        if not fits(entry[key]):
            notes.add("scheme_bad_value", place, entry[key], [shown])
            notes.sound = False
        elif kind.startswith("labels"):
            _both_languages(notes, entry[key], place)
        elif kind.startswith("sentences"):
            for i, words in enumerate(entry[key], 1):
                _both_languages(notes, words, f"{place}[{i}]")
    for key in sorted(set(entry) - set(keys)):
        notes.add("scheme_unknown_key", f"{where}.{key}".lstrip("."), allowed=keys)


def entries_of(raw: Any, section: str) -> Iterator[tuple[str, Any]]:
    """Each entry of a list of tables with its place; "outer.inner" goes one list deeper.

    What is no list has no entries: its shape is noted where the list itself is checked.

    >>> list(entries_of({"steps": [{"tasks": ["a", "b"]}]}, "steps.tasks"))
    [('steps[1].tasks[1]', 'a'), ('steps[1].tasks[2]', 'b')]
    """
    outer, _, inner = section.partition(".")
    rows = raw.get(outer) if isinstance(raw, Mapping) else None
    for i, row in enumerate(rows if isinstance(rows, list) else [], 1):
        if not inner:
            yield f"{outer}[{i}]", row
            continue
        for where, entry in entries_of(row, inner):
            yield f"{outer}[{i}].{where}", entry


def check_sections(notes: Notes, raw: Any, kinds: Mapping[str, Mapping[str, str]]) -> None:
    """Check every entry of every list of tables; ``kinds`` names the keys by section."""
    for section, keys in kinds.items():
        for where, entry in entries_of(raw, section):
            check_entry(notes, keys, entry, where)


def _both_languages(notes: Notes, labels: Mapping[str, Any], where: str) -> None:
    for lang in ("zh", "en"):
        if not _text(labels.get(lang)):
            notes.add("scheme_no_label", f"{where}.{lang}")


def check_shape(notes: Notes, raw: Mapping[str, Any]) -> None:
    """Note missing, unknown and misshapen entries; ``notes.sound`` falls if types are wrong."""
    check_entry(notes, SECTIONS["scheme"], raw, "")
    for section in ("cutoffs", "conditions", "derived", "bindings"):
        parts = raw.get(section, {})
        for key, entry in parts.items() if isinstance(parts, Mapping) else ():
            check_entry(notes, SECTIONS[section], entry, f"{section}.{key}")
            items = entry.get("items", []) if isinstance(entry, Mapping) else []
            if section == "derived" and isinstance(items, list):
                for i, item in enumerate(items, 1):
                    check_entry(notes, SECTIONS["items"], item, f"derived.{key}.items[{i}]")
    check_sections(notes, raw, {section: SECTIONS[section] for section in ("members", "open")})
