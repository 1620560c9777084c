"""Shipped schemes by id, a company's own from a file, and changed copies of either."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kamkit.errors import KamkitError, Problem, cause
from kamkit.schemes.check import problems
from kamkit.schemes.criteria import DATA, criteria, fields, selections
from kamkit.schemes.model import (
    COMPARISONS,
    NO_LABELS,
    Binding,
    Condition,
    Cutoff,
    Derived,
    Item,
    Member,
    OpenCase,
    Scheme,
)

FOLDER = DATA.joinpath("classification")


def _listed(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


def _condition(key: str, raw: Mapping[str, Any]) -> Condition:
    kind = next(k for k in ("field", "known", "missing", "all", "any", "not", "count") if k in raw)
    if kind in ("all", "any", "not", "count"):
        return Condition(
            key, raw["label"], kind, cut=raw.get("needed", ""), parts=_listed(raw[kind])
        )
    test = next((c for c in COMPARISONS if c in raw), "")
    literal = test == "equals"
    return Condition(
        key,
        raw["label"],
        kind,
        field=raw[kind],
        comparison=test,
        cut="" if literal or not test else raw[test],
        value=raw[test] if literal else None,
    )


def _items(raw: Mapping[str, Any]) -> tuple[Item, ...]:
    library = criteria()
    if "selection" in raw:
        chosen = selections()[raw["selection"]]
        return tuple(
            Item(
                f"rating:{c}",
                chosen.weights[c],
                library[c].low,
                library[c].high,
                chosen.directions[c],
            )
            for c in chosen.criteria
        )
    return tuple(
        Item(
            i["field"],
            float(i["weight"]),
            float(i.get("low", 1)),
            float(i.get("high", 5)),
            i.get("direction", "benefit"),
        )
        for i in raw.get("items", [])
    )


def _derived(key: str, raw: Mapping[str, Any]) -> Derived:
    return Derived(
        key,
        raw["label"],
        raw["how"],
        of=_listed(raw["of"]) if "of" in raw else (),
        group=raw.get("group", ""),
        items=_items(raw),
        coverage=float(raw.get("coverage", 1.0)),
        origin=raw.get("origin", "house"),
    )


def _member(raw: Mapping[str, Any]) -> Member:
    return Member(
        raw["id"],
        raw["label"],
        raw["action"],
        when=raw.get("when", ""),
        key=raw.get("key"),
        if_unknown=raw.get("if_unknown", "unknown"),
        most=raw.get("most"),
    )


def _cutoff(key: str, raw: Mapping[str, Any], currency: str) -> Cutoff:
    value = raw.get("value")
    return Cutoff(
        key,
        raw["label"],
        raw["unit"],
        raw["origin"],
        value=None if value is None else float(value),
        rule=raw.get("rule", "fixed"),
        of=raw.get("of", ""),
        currency=currency if raw["unit"] == "money" else "",
    )


def _used(scheme_parts: Mapping[str, Condition], derived: Mapping[str, Derived]) -> list[str]:
    names: list[str] = []
    for condition in scheme_parts.values():
        names += [condition.field] if condition.field else []
    for entry in derived.values():
        names += [*entry.of, *(i.field for i in entry.items)]
        names += [entry.group] if entry.group else []
    return [n for n in dict.fromkeys(names) if n not in derived]


def _resolved_names(names: list[str], bindings: Mapping[str, Binding]) -> tuple[str, ...]:
    bound = [bindings[n].chosen if n in bindings else n for n in names]
    return tuple(dict.fromkeys(bound))


def build(raw: Mapping[str, Any], name: str) -> Scheme:
    """A checked mapping as a :class:`Scheme`; KamkitError with every fault found."""
    KamkitError.collect(problems(raw, name))
    currency = raw.get("currency", "")
    conditions = {k: _condition(k, v) for k, v in raw.get("conditions", {}).items()}
    derived = {k: _derived(k, v) for k, v in raw.get("derived", {}).items()}
    bindings = {
        k: Binding(k, v["label"], tuple(v["choices"]), v["chosen"])
        for k, v in raw.get("bindings", {}).items()
    }
    return Scheme(
        id=raw["id"],
        kind=raw["kind"],
        version=str(raw["version"]),
        labels=raw["label"],
        note=raw.get("note", NO_LABELS),
        mode=raw["mode"],
        multi=bool(raw.get("multi", False)),
        basis=_resolved_names(_used(conditions, derived), bindings),
        members=tuple(_member(m) for m in raw["members"]),
        otherwise=raw.get("otherwise", ""),
        sources=tuple(raw["sources"]),
        valid_from=str(raw.get("valid_from", "")),
        approver=raw.get("approver", NO_LABELS),
        currency=currency,
        cutoffs=MappingProxyType(
            {k: _cutoff(k, v, currency) for k, v in raw.get("cutoffs", {}).items()}
        ),
        conditions=MappingProxyType(conditions),
        derived=MappingProxyType(derived),
        bindings=MappingProxyType(bindings),
        open=tuple(
            OpenCase(o["when"], tuple(o["between"]), o.get("unless", ""))
            for o in raw.get("open", [])
        ),
    )


@cache
def _shipped() -> Mapping[str, Scheme]:
    found = {}
    for entry in sorted(FOLDER.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".toml"):
            scheme = build(tomllib.loads(entry.read_text(encoding="utf-8")), entry.name)
            found[scheme.id] = scheme
    return MappingProxyType(found)


def scheme_ids(kind: str | None = None) -> tuple[str, ...]:
    """Ids of the shipped schemes, all or of one kind.

    >>> "elevator" in scheme_ids("classification")
    True
    """
    return tuple(k for k, s in _shipped().items() if kind is None or s.kind == kind)


def load_scheme(scheme_id: str) -> Scheme:
    """A shipped scheme; KamkitError ``unknown_scheme`` names those there are.

    >>> load_scheme("elevator").member_ids
    ('strategic', 'key', 'main', 'general')
    """
    if scheme_id not in _shipped():
        allowed = ", ".join(_shipped())
        raise KamkitError(
            Problem("unknown_scheme", "schemes", value=scheme_id, details={"allowed": allowed})
        )
    return _shipped()[scheme_id]


def read_scheme(path: str | Path) -> Scheme:
    """A company's own scheme from a TOML file; KamkitError with every fault found."""
    file = Path(path)
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise KamkitError(Problem("scheme_unreadable", file.name, details=cause(error))) from error
    return build(raw, file.name)


def _changed(scheme: Scheme, words: list[str]) -> str:
    return scheme.version + ("," if "+" in scheme.version else "+") + ",".join(words)


def with_cutoffs(scheme: Scheme, **cutoffs: float) -> Scheme:
    """A copy with other cut-offs; its version names them, their origin becomes ``house``.

    Money given here is the company's own, whatever currency the file names.

    A cut-off that a rule took from the accounts (median, mean) becomes fixed; for a quantile
    the number given is the new quantile.

    >>> with_cutoffs(load_scheme("elevator"), key_sales=15_000_000).version
    '1+key_sales=15000000'
    """
    unknown = sorted(set(cutoffs) - set(scheme.cutoffs))
    KamkitError.collect(
        Problem(
            "unknown_cutoff",
            scheme.id,
            name,
            value=cutoffs[name],
            details={"allowed": ", ".join(scheme.cutoffs)},
        )
        for name in unknown
    )
    changed = dict(scheme.cutoffs)
    for name, value in cutoffs.items():
        rule = "quantile" if changed[name].rule == "quantile" else "fixed"
        changed[name] = replace(
            changed[name], value=float(value), rule=rule, origin="house", currency=""
        )
    words = [f"{name}={value:.12g}" for name, value in sorted(cutoffs.items())]
    if not words:
        return scheme
    return replace(scheme, cutoffs=MappingProxyType(changed), version=_changed(scheme, words))


def with_binding(scheme: Scheme, **chosen: str) -> Scheme:
    """A copy in which an ambiguous field means the basis field chosen.

    >>> with_binding(load_scheme("numeric_examples"), annual_sales="turnover").version
    '1+annual_sales=turnover'
    """
    wrong = [
        (k, v)
        for k, v in chosen.items()
        if k not in scheme.bindings or v not in (*scheme.bindings[k].choices, *fields())
    ]
    KamkitError.collect(
        Problem("unknown_binding", scheme.id, k, value=v, details={"allowed": _choices(scheme)})
        for k, v in wrong
    )
    bindings = dict(scheme.bindings)
    for key, value in chosen.items():
        bindings[key] = replace(bindings[key], chosen=value)
    words = [f"{k}={v}" for k, v in sorted(chosen.items())]
    if not words:
        return scheme
    names = _used(scheme.conditions, scheme.derived)
    return replace(
        scheme,
        bindings=MappingProxyType(bindings),
        basis=_resolved_names(names, bindings),
        version=_changed(scheme, words),
    )


def _choices(scheme: Scheme) -> str:
    return "; ".join(f"{b.id}: {', '.join(b.choices)}" for b in scheme.bindings.values())
