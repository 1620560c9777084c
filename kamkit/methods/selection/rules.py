"""The rule engine: three-valued tests of a scheme over all accounts at once.

A test is 1 (holds), 0 (doesn't) or NaN (not known), combined by Kleene's logic (1952): a
missing figure makes a verdict unknown only where it could change it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.selection.derive import Objects, derive
from kamkit.methods.selection.figures import Floats
from kamkit.schemes import Condition, Cutoff, Scheme, fields

# Wide enough for sums of shares and scores, narrower than a cent in any limit in money.
_NEAR, _NEAR_SHARE = 1e-9, 1e-12


@dataclass(frozen=True)
class Ground:
    """The basis of one scheme as arrays: figures, texts, and the cut-offs resolved on them."""

    n: int
    figures: Mapping[str, Floats]
    texts: Mapping[str, Objects]
    cuts: Mapping[str, float] = field(default_factory=dict)
    reference: Mapping[str, Floats] | None = None


def and_(parts: list[Floats]) -> Floats:
    """Kleene's "and": false wins over unknown.

    >>> and_([np.array([1.0, 0.0]), np.array([np.nan, np.nan])]).tolist()
    [nan, 0.0]
    """
    table = np.stack(parts)
    no, unknown = (table == 0).any(axis=0), np.isnan(table).any(axis=0)
    return np.where(no, 0.0, np.where(unknown, np.nan, 1.0))


def or_(parts: list[Floats]) -> Floats:
    """Kleene's "or": true wins over unknown.

    >>> or_([np.array([1.0, 0.0]), np.array([np.nan, np.nan])]).tolist()
    [1.0, nan]
    """
    return 1.0 - and_([1.0 - p for p in parts])


def at_least(parts: list[Floats], needed: float) -> Floats:
    """Whether at least ``needed`` parts hold; unknown while the missing ones could decide.

    >>> at_least([np.array([1.0, 0.0]), np.array([np.nan, np.nan])], 1).tolist()
    [1.0, nan]
    """
    table = np.stack(parts)
    sure = (table == 1).sum(axis=0)
    possible = sure + np.isnan(table).sum(axis=0)
    return np.where(sure >= needed, 1.0, np.where(possible < needed, 0.0, np.nan))


def field_of(scheme: Scheme, name: str) -> str:
    """The basis field that a name in a condition means."""
    return scheme.bindings[name].chosen if name in scheme.bindings else name


def _is_text(scheme: Scheme, name: str) -> bool:
    known = fields().get(field_of(scheme, name))
    literal = [
        c.value for c in scheme.conditions.values() if c.field == name and c.comparison == "equals"
    ]
    grouping = any(d.group == name for d in scheme.derived.values())
    return bool(literal) or grouping or (known is not None and known.unit == "text")


def _names(scheme: Scheme) -> list[str]:
    found = [c.field for c in scheme.conditions.values() if c.field]
    for entry in scheme.derived.values():
        found += [*entry.of, *(i.field for i in entry.items)]
        found += [entry.group] if entry.group else []
    found += [c.of for c in scheme.cutoffs.values() if c.of]
    return [n for n in dict.fromkeys(found) if n not in scheme.derived]


def _figures(basis: pd.DataFrame, column: str, problems: list[Problem]) -> Floats:
    if column not in basis.columns:
        return np.full(len(basis), np.nan)
    given = basis[column]
    numbers = pd.to_numeric(given, errors="coerce").astype("Float64").fillna(np.nan)
    found = np.asarray(numbers, dtype=float)
    wrong = np.flatnonzero(np.isnan(found) & given.notna().to_numpy())
    problems += [
        Problem("not_a_number", "basis", column, int(i) + 1, given.iloc[int(i)]) for i in wrong
    ]
    return np.where(np.isfinite(found), found, np.nan)


def ground(basis: pd.DataFrame, scheme: Scheme) -> Ground:
    """The basis as arrays, with derived figures and cut-offs; absent fields are unknown."""
    figures: dict[str, Floats] = {}
    texts: dict[str, Objects] = {}
    problems: list[Problem] = []
    for name in _names(scheme):
        column = field_of(scheme, name)
        if _is_text(scheme, name):
            given = basis[column] if column in basis.columns else pd.Series([None] * len(basis))
            texts[name] = np.asarray(given.astype(object), dtype=object)
        else:
            figures[name] = _figures(basis, column, problems)
    KamkitError.collect(problems)
    derived = with_derived(Ground(len(basis), figures, texts), scheme)
    cuts = {k: _cut(c, derived.figures) for k, c in scheme.cutoffs.items()}
    return Ground(len(basis), derived.figures, texts, cuts, derived.figures)


def with_derived(base: Ground, scheme: Scheme) -> Ground:
    """The same ground with derived figures computed afresh against its reference."""
    figures = dict(base.figures)

    def visit(key: str) -> None:
        entry = scheme.derived[key]
        for name in (*entry.of, *(i.field for i in entry.items)):
            if name in scheme.derived:
                visit(name)
        groups = base.texts.get(entry.group) if entry.group else None
        figures[key] = derive(entry, figures, base.reference, groups)

    for key in scheme.derived:
        visit(key)
    return Ground(base.n, figures, base.texts, base.cuts, base.reference)


def _cut(cut: Cutoff, figures: Mapping[str, Floats]) -> float:
    if cut.rule == "fixed":
        return float(cut.value) if cut.value is not None else np.nan
    known = figures[cut.of][~np.isnan(figures[cut.of])]
    if not len(known):
        return float("nan")
    if cut.rule == "median":
        return float(np.median(known))
    if cut.rule == "mean":
        return float(np.mean(known))
    return float(np.quantile(known, cut.value if cut.value is not None else 0.5))


def _compare(values: Floats, comparison: str, cut: float) -> Floats:
    slack = max(_NEAR, _NEAR_SHARE * abs(cut))
    if comparison == "at_least":
        holds = values >= cut - slack
    elif comparison == "above":
        holds = values > cut + slack
    elif comparison == "at_most":
        holds = values <= cut + slack
    else:
        holds = values < cut - slack
    return np.where(np.isnan(values) | np.isnan(cut), np.nan, holds.astype(float))


def _text_equals(values: Objects, literal: object) -> Floats:
    wanted = str(literal)
    return np.array(
        [np.nan if pd.isna(v) or v == "" else float(str(v) == wanted) for v in values], dtype=float
    )


def _leaf(condition: Condition, base: Ground) -> Floats:
    name = condition.field
    if condition.kind in ("known", "missing"):
        absent = (
            np.array([pd.isna(v) or v == "" for v in base.texts[name]], dtype=bool)
            if name in base.texts
            else np.isnan(base.figures[name])
        )
        return (absent if condition.kind == "missing" else ~absent).astype(float)
    if condition.comparison == "equals":
        return _text_equals(base.texts[name], condition.value)
    return _compare(base.figures[name], condition.comparison, base.cuts[condition.cut])


def truths(
    scheme: Scheme, base: Ground, forced: Mapping[str, Floats] | None = None
) -> dict[str, Floats]:
    """Every condition over all accounts; ``forced`` replaces single conditions."""
    found: dict[str, Floats] = dict(forced or {})

    def visit(key: str) -> Floats:
        if key not in found:
            condition = scheme.conditions[key]
            if condition.kind in ("field", "known", "missing"):
                found[key] = _leaf(condition, base)
            else:
                parts = [visit(part) for part in condition.parts]
                found[key] = _combined(condition, parts, base)
        return found[key]

    for key in scheme.conditions:
        visit(key)
    return found


def _combined(condition: Condition, parts: list[Floats], base: Ground) -> Floats:
    if condition.kind == "all":
        return and_(parts)
    if condition.kind == "any":
        return or_(parts)
    if condition.kind == "not":
        return 1.0 - parts[0]
    return at_least(parts, base.cuts[condition.cut])


def distances(scheme: Scheme, base: Ground) -> dict[str, Floats]:
    """How far each tested figure is from its cut-off, as a share of the cut-off.

    A cut-off of zero has no such share: NaN.
    """
    found = {}
    for key, condition in scheme.conditions.items():
        if condition.kind != "field" or condition.comparison == "equals":
            continue
        cut = base.cuts[condition.cut]
        gap = base.figures[condition.field] - cut
        found[key] = gap / abs(cut) if cut and not np.isnan(cut) else np.full(base.n, np.nan)
    return found
