"""From tests to verdicts: which class, which open case, what could change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kamkit.methods.selection.figures import Floats
from kamkit.methods.selection.rules import Ground, distances, field_of, truths, with_derived
from kamkit.schemes import Scheme

OPEN, UNKNOWN = -1, -2
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Verdicts:
    """Per account: place of the member (or OPEN, UNKNOWN), open cases, members possible.

    ``open_cases`` and ``possible`` hold one flag an account for every case and member.
    """

    code: Codes
    open_cases: Mapping[str, Flags]
    possible: Mapping[str, Flags]


def member_truths(
    scheme: Scheme, found: Mapping[str, Floats], n: int, *, raw: bool = False
) -> list[Floats]:
    """The test of every member; a member without one holds only as the remainder.

    A member that must be shown (``if_unknown = "no"``) counts as not met while unknown, unless
    ``raw``.
    """
    tests = []
    for member in scheme.members:
        if not member.when:
            tests.append(np.ones(n) if member.id == scheme.otherwise else np.zeros(n))
            continue
        test = found[member.when]
        shown = member.if_unknown == "no" and not raw
        tests.append(np.nan_to_num(test, nan=0.0) if shown else test)
    return tests


def _first(
    scheme: Scheme, tests: list[Floats], raw: list[Floats]
) -> tuple[Codes, dict[str, Flags]]:
    """Place of the first member that holds; UNKNOWN where an earlier one can't be told."""
    n = len(tests[0])
    code = np.full(n, scheme.member_ids.index(scheme.otherwise), dtype=np.int64)
    decided, doubt = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    possible = {member.id: np.zeros(n, dtype=bool) for member in scheme.members}
    for place, test in enumerate(tests):
        holds = ~decided & (test == 1)
        code[holds] = place
        possible[scheme.members[place].id] |= holds | (~decided & np.isnan(raw[place]))
        doubt |= ~decided & np.isnan(test)
        decided |= holds
    possible[scheme.otherwise] |= ~decided
    code[doubt] = UNKNOWN
    return code, possible


def _open_cases(scheme: Scheme, found: Mapping[str, Floats], code: Codes) -> dict[str, Flags]:
    """Open cases that apply: only where the class that would come out is one in question."""
    cases = {}
    for case in scheme.open:
        applies = found[case.when] == 1
        if case.unless:
            applies &= found[case.unless] != 1
        places = [scheme.member_ids.index(m) for m in case.between]
        cases[case.when] = applies & np.isin(code, [*places, UNKNOWN])
    return cases


def decide(scheme: Scheme, found: Mapping[str, Floats], n: int) -> Verdicts:
    """Verdicts of an ordered scheme: the first member whose test holds, unless the case is open."""
    raw = member_truths(scheme, found, n, raw=True)
    code, possible = _first(scheme, member_truths(scheme, found, n), raw)
    cases = _open_cases(scheme, found, code)
    for case in scheme.open:
        for member_id in case.between:
            possible[member_id] |= cases[case.when]
    for applies in cases.values():
        code[applies] = OPEN
    return Verdicts(code, cases, possible)


def signature(scheme: Scheme, found: Mapping[str, Floats], n: int) -> Codes:
    """One number an account that changes whenever its verdict does."""
    if scheme.multi:
        tests = member_truths(scheme, found, n)
        total = np.zeros(n, dtype=np.int64)
        for test in tests:
            total = total * 3 + np.where(np.isnan(test), 2, test).astype(np.int64)
        return total
    return decide(scheme, found, n).code


def _flipped(scheme: Scheme, found: Mapping[str, Floats]) -> Iterator[tuple[str, Floats]]:
    for key, condition in scheme.conditions.items():
        if condition.kind == "field":
            yield key, found[key]


def deciding(scheme: Scheme, base: Ground) -> tuple[NDArray[np.object_], Floats]:
    """Per account: the condition nearest to its cut-off among those that alone would change the
    verdict, and its distance from it (share of the cut-off, negative below)."""
    found = truths(scheme, base)
    now = signature(scheme, found, base.n)
    gaps = distances(scheme, base)
    nearest = np.full(base.n, "", dtype=object)
    distance = np.full(base.n, np.nan)
    for key, test in _flipped(scheme, found):
        if key not in gaps:
            continue
        forced = truths(scheme, base, {key: 1.0 - test})
        nearer = (signature(scheme, forced, base.n) != now) & ~np.isnan(gaps[key])
        nearer &= np.isnan(distance) | (np.abs(gaps[key]) < np.abs(distance))
        nearest[nearer], distance[nearer] = key, gaps[key][nearer]
    return nearest, distance


def leaves_below(scheme: Scheme, key: str) -> list[str]:
    """Tests of single fields that a condition rests on."""
    condition = scheme.conditions[key]
    if condition.kind == "field":
        return [key]
    return [leaf for part in condition.parts for leaf in leaves_below(scheme, part)]


def _inputs(scheme: Scheme, name: str) -> list[str]:
    """Basis fields behind a figure: itself, or what it is derived from."""
    if name not in scheme.derived:
        return [name]
    entry = scheme.derived[name]
    parts = [*entry.of, *(i.field for i in entry.items)]
    return [field for part in parts for field in _inputs(scheme, part)]


def lacking(scheme: Scheme, base: Ground) -> list[str]:
    """Per account: fields without a value that keep a class from being told or ruled out."""
    found = truths(scheme, base)
    missing: dict[str, Flags] = {}
    for member, test in zip(
        scheme.members, member_truths(scheme, found, base.n, raw=True), strict=True
    ):
        for leaf in dict.fromkeys(leaves_below(scheme, member.when) if member.when else []):
            unclear = np.isnan(test) & np.isnan(found[leaf])
            for name in _inputs(scheme, scheme.conditions[leaf].field):
                values = base.figures.get(name)
                lacks = unclear if values is None else unclear & np.isnan(values)
                name = field_of(scheme, name)
                missing[name] = missing.get(name, np.zeros(base.n, dtype=bool)) | lacks
    return named_flags(missing, base.n)


def named_flags(flags: Mapping[str, Flags], n: int) -> list[str]:
    """Names whose flag is up, joined, per account; each pattern of flags is joined once.

    >>> named_flags({"a": np.array([True, False]), "b": np.array([True, True])}, 2)
    ['a; b', 'b']
    """
    if not flags or not n:
        return [""] * n
    names = np.array(list(flags), dtype=object)
    patterns, place = np.unique(np.column_stack(list(flags.values())), axis=0, return_inverse=True)
    words = ["; ".join(names[pattern]) for pattern in patterns]
    return [words[i] for i in place.ravel()]


def wobbled(scheme: Scheme, base: Ground, share: float) -> list[str]:
    """Per account: fields that, changed alone by ``share`` up or down, change the verdict.

    Cut-offs and the other accounts stay as they are.
    """
    now = signature(scheme, truths(scheme, base), base.n)
    turning: dict[str, Flags] = {}
    for name in base.figures:
        if name in scheme.derived:
            continue
        changed = np.zeros(base.n, dtype=bool)
        for factor in (1 - share, 1 + share):
            figures = {**base.figures, name: base.figures[name] * factor}
            other = with_derived(replace(base, figures=figures), scheme)
            changed |= signature(scheme, truths(scheme, other), base.n) != now
        turning[field_of(scheme, name)] = changed
    return named_flags(turning, base.n)
