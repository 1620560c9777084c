"""How far each part of an answer is right, and the score of the whole."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from kamkit.exercises.answers import Given
from kamkit.exercises.kinds import Part
from kamkit.exercises.matching import holds_any, normal
from kamkit.exercises.model import Accept, Exercise, Place, Variant

TOLERANCE = 0.005
SHARE_TOLERANCE = 0.0005  # a share typed as "3.3%" is the 3.33 % that it was rounded from
NEIGHBOUR = 0.5
FULL = 0.999


def close(a: float, b: float, unit: str = "") -> bool:
    """Whether two figures count as the same: within 0.5 %, shares within 0.05 points.

    >>> close(100.4, 100), close(101, 100), close(0.033, 0.0333, "share")
    (True, False, True)
    """
    least = SHARE_TOLERANCE if unit == "share" else 1e-9
    return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=least)


def bounds(accept: Accept, unit: str = "") -> tuple[float, float] | None:
    """Lowest and highest accepted figure, or None where no figure is expected."""
    low, high = accept.low, accept.high
    if low is not None or high is not None:
        return (-math.inf if low is None else low, math.inf if high is None else high)
    figures = [float(v) for v in (*accept.any, accept.best) if _is_figure(v)]
    return (min(figures), max(figures)) if figures else None


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _figure_right(accept: Accept, value: float, unit: str) -> bool:
    if any(_is_figure(v) and close(value, float(v), unit) for v in (*accept.any, accept.best)):
        return True
    if accept.low is None and accept.high is None:
        return False
    low, high = bounds(accept) or (math.inf, -math.inf)
    edge = 1e-9 * max(1.0, abs(value))
    return low - edge <= value <= high + edge


def pairs_right(order: Sequence[str], groups: Sequence[Sequence[str]]) -> float:
    """Share of pairs that a ranking puts as the groups do; pairs within a group don't count.

    >>> pairs_right(["a", "c", "b"], [["a"], ["b", "c"]]), pairs_right(["b", "a"], [["a"], ["b"]])
    (1.0, 0.0)
    """
    level = {item: i for i, group in enumerate(groups) for item in group}
    known = [item for item in order if item in level]
    pairs = [(a, b) for a, b in combinations(known, 2) if level[a] != level[b]]
    if not pairs:
        return 1.0
    return sum(level[a] < level[b] for a, b in pairs) / len(pairs)


def _neighbours(a: Place, b: Place, grid: bool) -> bool:
    return grid and abs(a.row - b.row) + abs(a.col - b.col) == 1


def _near(exercise: Exercise, variant: Variant, part: Part, value: str, accept: Accept) -> bool:
    """Whether a place stands next to an accepted one."""
    places = {place.id: place for place in variant.places}
    if exercise.kind == "matrix" and any(p.row or p.col for p in variant.places):
        return any(_neighbours(places[value], places[a], True) for a in accept.any if a in places)
    at = {option: i for i, option in enumerate(part.options)}
    return any(abs(at[value] - at[a]) == 1 for a in accept.any if a in at)


def part_right(
    exercise: Exercise, variant: Variant, part: Part, value: Any, accept: Accept
) -> float:
    """How far one value is right, 0-1."""
    if part.takes == "figure":
        return float(_figure_right(accept, value, part.unit))
    if part.takes == "text":
        exact = any(normal(str(a)) == normal(value) for a in accept.any)
        named = holds_any(value, accept.like) and not holds_any(value, accept.unlike)
        return float(exact or named)
    if part.takes == "order":
        return max(0.0, 2 * pairs_right(value, accept.order) - 1)
    if value in accept.any or value == accept.best:
        return 1.0
    near = exercise.scale and _near(exercise, variant, part, value, accept)
    return NEIGHBOUR if near else 0.0


def wanted(accept: Accept | None) -> bool | None:
    """Whether a tick is wanted: None where it may stand or not.

    >>> wanted(Accept(any=(True,))), wanted(None), wanted(Accept(any=(True, False)))
    (True, False, None)
    """
    if accept is None:
        return False
    if True in accept.any and False in accept.any:
        return None
    return True in accept.any or accept.best is True


@dataclass(frozen=True)
class Grades:
    """Score 0-1 and, for each graded part, how far it is right (blank and unread ones 0)."""

    score: float
    right: Mapping[str, float]


def _grade_ticks(variant: Variant, given: Given) -> Grades:
    right: dict[str, float] = {}
    gained = lost = total = 0.0
    for name in given.parts:
        accept, ticked = variant.key.get(name), name in given.values
        want, weight = wanted(accept), accept.weight if accept else 1.0
        if want is None:
            continue
        right[name] = float(ticked == want)
        total += weight * want
        gained += weight * (want and ticked)
        lost += weight * (ticked and not want)
    score = (gained - lost) / total if total else 0.0
    return Grades(min(1.0, max(0.0, score)), right)


def grade(exercise: Exercise, variant: Variant, given: Given) -> Grades:
    """The score of an answer: the weighted share of its right parts."""
    if exercise.kind == "many":
        return _grade_ticks(variant, given)
    right = {}
    for name, accept in variant.key.items():
        part = given.parts.get(name)
        if part is None:
            continue
        value = given.values.get(name)
        right[name] = 0.0 if value is None else part_right(exercise, variant, part, value, accept)
    total = sum(variant.key[name].weight for name in right)
    score = sum(variant.key[name].weight * r for name, r in right.items())
    return Grades(min(1.0, score / total) if total else 0.0, right)


def best_value(accept: Accept, part: Part) -> Any:
    """The answer that the method itself gives for one part.

    >>> best_value(Accept(low=0.5, high=0.7), Part("value", "figure"))
    0.6
    """
    if part.takes == "tick":
        return wanted(accept) is True
    if part.takes == "order":
        return list(accept.best or (item for group in accept.order for item in group))
    if accept.best is not None:
        return accept.best
    if accept.any:
        return accept.any[0]
    if accept.like:
        return accept.like[0]
    ends = [end for end in (accept.low, accept.high) if end is not None]
    return round(sum(ends) / len(ends), 10) if ends else None


def best_parts(variant: Variant, known: Mapping[str, Part]) -> dict[str, Any]:
    """The key's best answer, part by part, in the form in which answers are given."""
    found = {
        name: best_value(variant.key[name], known[name]) for name in variant.key if name in known
    }
    return {name: value for name, value in found.items() if value is not False}
