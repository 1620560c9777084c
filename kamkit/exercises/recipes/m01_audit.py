"""Self-audit: thirteen functions and 31 points, rated by two groups (S005)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pandas as pd

from kamkit.exercises.model import Accept, Place, Sheet, Text, Variant
from kamkit.exercises.recipes.m01_common import column, listed
from kamkit.exercises.recipes.parts import cell
from kamkit.exercises.variants import Draw
from kamkit.schemes import KamFunction, kam_functions

WEAKEST = 3
_TRIES = 400
Ratings = Mapping[str, list[int]]


def _group(draw: Draw, levels: Mapping[str, int]) -> dict[str, list[int]]:
    """Ratings 0–4 of every point, around a level for each function."""
    return {
        f.id: [min(4, max(0, levels[f.id] + draw.integer(-1, 1))) for _ in f.points]
        for f in kam_functions()
    }


def _lowest(scores: Mapping[str, float], count: int = WEAKEST) -> list[str]:
    """The lowest functions, ties with the last included."""
    cut = sorted(scores.values())[count - 1]
    return [name for name, score in scores.items() if score <= cut + 1e-9]


def _mean(values: list[int]) -> float:
    return sum(values) / len(values)


def _readings(one: Ratings, two: Ratings) -> dict[str, list[str]]:
    """Who is weakest, read rightly (merged means) and in the ways in which people misread it."""
    names = list(one)
    merged = {f: (_mean(one[f]) + _mean(two[f])) / 2 for f in names}
    return {
        "merged": _lowest(merged),
        "sums": _lowest({f: float(sum(one[f]) + sum(two[f])) for f in names}),
        "single": _lowest({f: float(min(one[f] + two[f])) for f in names}),
        "one": _lowest({f: _mean(one[f]) for f in names}),
        "two": _lowest({f: _mean(two[f]) for f in names}),
        "strongest": _lowest({f: -merged[f] for f in names}),
    }


def _clear(found: Mapping[str, list[str]]) -> bool:
    """Whether three functions are weakest for certain, and each misreading gives others."""
    right = found["merged"]
    if len(right) != WEAKEST or not {"know_customer", "know_competitors"} & set(right):
        return False
    others = [found[k] for k in ("sums", "one", "two")]
    differ = all(len(set(v) ^ set(right)) >= 2 and len(v) <= WEAKEST + 2 for v in others)
    return differ and found["single"] != right


def _levels(draw: Draw) -> tuple[dict[str, int], dict[str, int]]:
    """Levels as sales and as service see them: three are weak to both, two to one group only.

    One of the three is among the functions with many points, whose sum hides it.
    """
    ids = [f.id for f in kam_functions()]
    many = draw.choice(["know_customer", "know_competitors"])
    first, second, sales_only, service_only = draw.sample(
        [i for i in ids if not i.startswith("know_")], 4
    )
    one = {i: draw.integer(2, 3) for i in ids} | {many: 1, first: 1, second: 2, sales_only: 1}
    two = {i: draw.integer(2, 3) for i in ids} | {many: 1, first: 2, second: 1, service_only: 1}
    return one | {service_only: 3}, two | {sales_only: 3}


def _name(function: KamFunction) -> Text:
    return Text(function.labels["zh"], function.labels["en"])


@cache
def _places() -> tuple[Place, ...]:
    return tuple(Place(f.id, _name(f)) for f in kam_functions())


def _sheet(one: Ratings, two: Ratings) -> Sheet:
    rows = []
    for n, f in enumerate(kam_functions(), 1):
        zh = "；".join(p.labels["zh"] for p in f.points)
        en = "; ".join(p.labels["en"] for p in f.points)
        shown = ["·".join(str(v) for v in ratings[f.id]) for ratings in (one, two)]
        rows.append((n, cell(_name(f)), {"zh": zh, "en": en}, *shown))
    return Sheet(
        Text("13 项功能、31 个要点，两个组的自评（0–4）",
             "13 functions, 31 points, rated by two groups (0–4)"),
        (
            column("n", "序号", "No.", "number", 0),
            column("function", "功能", "Function"),
            column("points", "要点（依次）", "Points, in order"),
            column("sales", "销售组", "Sales"),
            column("service", "服务组", "Service"),
        ),
        tuple(rows),
    )  # fmt: skip


def _ticks(names: list[str]) -> dict[str, bool]:
    return {f.id: True for f in kam_functions() if f.id in names}


def weakest(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Two groups rate 31 points; the three functions that are weakest when both are merged.

    A function's score is the mean of the groups' means over its points, so that a function with
    five points and one with two can be compared. Source: S005; the arithmetic of
    :func:`kamkit.methods.selection.self_audit`, without its intervals, which two groups don't have
    anyway.
    """
    for _ in range(_TRIES):
        one, two = (_group(draw, levels) for levels in _levels(draw))
        found = _readings(one, two)
        if _clear(found):
            break
    right = found["merged"]
    scores = {f: 25 * (_mean(one[f]) + _mean(two[f])) / 2 for f in one}
    module = {f.id: f.module for f in kam_functions()}
    by_id = {f.id: _name(f) for f in kam_functions()}
    gaps = {f: abs(_mean(one[f]) - _mean(two[f])) * 25 for f in by_id}
    widest = max(gaps, key=lambda f: gaps[f])
    next_up = min(v for f, v in scores.items() if f not in right)
    return Variant(
        key={f: Accept(any=(True,), best=True) for f in right},
        words={
            "functions": len(by_id), "points": sum(len(f.points) for f in kam_functions()),
            "weakest": listed(by_id[f] for f in right),
            "scores": listed(Text(v, v) for v in (f"{scores[f]:.1f}" for f in right)),
            "next": round(next_up, 1), "cut": round(max(scores[f] for f in right), 1),
            "modules": listed(Text(m, m) for m in dict.fromkeys(module[f] for f in right)),
            "disputed": cell(by_id[widest]), "gap": round(gaps[widest]),
        },
        places=_places(),
        sheets=(_sheet(one, two),),
        traps={
            "sums": _ticks(found["sums"]),
            "single": _ticks(found["single"]),
            "sales_only": _ticks(found["one"]),
            "service_only": _ticks(found["two"]),
            "strongest": _ticks(found["strongest"]),
        },
    )  # fmt: skip
