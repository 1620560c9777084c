"""Named mistakes: each condition of the file format is one small function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kamkit.exercises.answers import Given, read_value
from kamkit.exercises.grade import FULL, Grades, best_value, bounds, close, pairs_right, wanted
from kamkit.exercises.kinds import Part
from kamkit.exercises.matching import holds_any, length, normal
from kamkit.exercises.model import Exercise, Variant

MOST = 3
EVERY = "*"
AGREES, REVERSED = 0.9, 0.2  # shares of pairs on which two rankings agree
ALIKE = 0.02  # three equal parts of 100 are 33, 33 and 34


@dataclass(frozen=True)
class Case:
    """An answer with all that a condition may look at."""

    exercise: Exercise
    variant: Variant
    given: Given
    grades: Grades

    @property
    def text(self) -> str:
        """What was written in words, reason excepted."""
        found = [v for name, v in self.given.values.items() if self.part(name).takes == "text"]
        return "\n".join(found)

    def part(self, name: str) -> Part:
        """The part of that name."""
        return self.given.parts[name]

    def wrong(self, names: Iterable[str] = (EVERY,)) -> list[str]:
        """Graded parts, among ``names``, that are not fully right."""
        chosen = set(names)
        every = EVERY in chosen
        found = self.grades.right.items()
        return [name for name, right in found if right < FULL and (every or name in chosen)]


def _same_value(case: Case, name: str, value: Any) -> bool:
    """Whether the answer gives that value (as the file writes it) for one part."""
    part = case.given.parts.get(name)
    if part is None:
        return False
    have = case.given.values.get(name)
    if part.takes == "tick":
        return (have is True) == bool(value)
    if have is None:
        return False
    if part.takes == "text":
        words = value if isinstance(value, list | tuple) else [value]
        return holds_any(have, (str(word) for word in words)) or normal(have) == normal(str(value))
    if isinstance(value, list | tuple) and part.takes != "order":
        return any(_same_value(case, name, one) for one in value)
    meant, _ = read_value(part, value)
    if meant is None:
        return False
    return close(have, meant, part.unit) if part.takes == "figure" else bool(have == meant)


def _order_like(case: Case, order: Iterable[str]) -> bool:
    """Whether a ranking follows another one, and follows it more closely than the key."""
    have, accept = case.given.values.get("order"), case.variant.key.get("order")
    if have is None or accept is None:
        return False
    agreed = pairs_right(have, [[item] for item in order])
    return agreed >= AGREES and agreed > pairs_right(have, accept.order)


def _ticked_like(case: Case, trap: Mapping[str, Any], least: int) -> bool:
    """Whether the ticks, taken as a whole, follow a trap's more closely than the key's.

    A trap that says false of some part names its parts one by one and is not taken as a whole.
    """
    if not all(value is True for value in trap.values()):
        return False
    ticked = {name: name in case.given.values for name in case.grades.right}
    alike = [name for name, on in ticked.items() if on == (name in trap)]
    right = [name for name, share in case.grades.right.items() if share >= FULL]
    return len(alike) > len(right) and len(set(alike) - set(right)) >= least


def _trap(case: Case, name: Any, rule: Mapping[str, Any]) -> bool:
    trap = case.variant.traps.get(str(name), {})
    if case.exercise.kind == "rank":
        return "order" in trap and bool(case.wrong()) and _order_like(case, trap["order"])
    least = int(rule.get("least", 1))
    wrong = case.wrong()
    hits = [name for name in wrong if name in trap and _same_value(case, name, trap[name])]
    figures = {n for n in wrong if n in trap and case.part(n).takes == "figure"}
    if figures and not figures.intersection(hits):
        return False  # a choice that would follow from the trap's figures proves nothing alone
    return len(hits) >= least or (case.exercise.kind == "many" and _ticked_like(case, trap, least))


def _no_trap(case: Case, name: Any, rule: Mapping[str, Any]) -> bool:
    return not _trap(case, name, rule)


def _parts(case: Case, values: Any, _rule: Mapping[str, Any]) -> bool:
    return all(_same_value(case, name, value) for name, value in values.items())


def _any_parts(case: Case, values: Any, _rule: Mapping[str, Any]) -> bool:
    return any(_same_value(case, name, value) for name, value in values.items())


def _wrong(case: Case, names: Any, rule: Mapping[str, Any]) -> bool:
    return len(case.wrong(names)) >= int(rule.get("least", 1))


def _left_out(case: Case) -> frozenset[str]:
    """Blank parts; of ticks, those that were wanted."""
    if case.exercise.kind != "many":
        return case.given.blank
    key = case.variant.key
    return frozenset(name for name in case.given.blank if wanted(key.get(name)))


def _blank(case: Case, names: Any, _rule: Mapping[str, Any]) -> bool:
    if EVERY in names:
        return bool(_left_out(case))
    return all(name in case.given.blank for name in names)


def _wrong_figures(case: Case, rule: Mapping[str, Any]) -> list[str]:
    names = rule.get("parts_of", (EVERY,))
    values = case.given.values
    return [n for n in case.wrong(names) if n in values and case.part(n).takes == "figure"]


def _off_by(case: Case, name: str, factor: float) -> bool:
    value, unit = case.given.values[name], case.part(name).unit
    best = best_value(case.variant.key[name], case.part(name))
    ends = bounds(case.variant.key[name], unit)
    if not value or ends is None:
        return False
    inside = any(ends[0] <= value * f <= ends[1] for f in (factor, 1 / factor))
    if inside or not isinstance(best, int | float) or not best:
        return inside
    return any(close(value / best, f) for f in (factor, 1 / factor))


def _scaled(case: Case, factors: Any, rule: Mapping[str, Any]) -> bool:
    return any(
        _off_by(case, name, float(f)) for name in _wrong_figures(case, rule) for f in factors
    )


def side(case: Case, name: str) -> str:
    """On which side of what is accepted a wrong value lies: high, low or neither."""
    part, accept = case.part(name), case.variant.key.get(name)
    value = case.given.values.get(name)
    if value is None or accept is None:
        return ""
    if part.takes == "figure":
        ends = bounds(accept, part.unit)
        at = float(value)
    elif part.takes == "place" and (case.exercise.scale or case.exercise.kind == "stages"):
        accepted = [part.options.index(a) for a in accept.any if a in part.options]
        ends = (min(accepted), max(accepted)) if accepted else None
        at = part.options.index(value)
    else:
        return ""
    if ends is None:
        return ""
    return "high" if at > ends[1] else "low" if at < ends[0] else ""


def _direction(case: Case, towards: Any, rule: Mapping[str, Any]) -> bool:
    sides = [side(case, name) for name in case.wrong(rule.get("parts_of", (EVERY,)))]
    return sides.count(towards) >= int(rule.get("least", 1))


def _alike(values: list[Any]) -> bool:
    if len(values) < 2:
        return False
    if all(isinstance(v, float) for v in values):
        return bool(max(values) - min(values) <= ALIKE * max(abs(v) for v in values))
    return len(set(values)) == 1


def _same(case: Case, _value: Any, _rule: Mapping[str, Any]) -> bool:
    """All graded parts have one value; of a table, those of some column that should differ."""
    groups: dict[str, list[Any]] = {}
    for name in case.grades.right:
        groups.setdefault(case.part(name).group, []).append(case.given.values.get(name))
    full = [values for values in groups.values() if None not in values]
    return any(_alike(values) for values in full)


def _ends(case: Case, item: Any, *, first: bool) -> bool:
    items = item if isinstance(item, list | tuple) else [item]
    values = case.given.values
    if "order" in values:
        return bool(values["order"][0 if first else -1] in items)
    points = {name: v for name, v in values.items() if isinstance(v, float)}
    if len(points) < 2 or _alike(list(points.values())):
        return False
    end = max(points.values()) if first else min(points.values())
    return any(points.get(name) == end for name in items)


def _top(case: Case, item: Any, _rule: Mapping[str, Any]) -> bool:
    return _ends(case, item, first=True)


def _bottom(case: Case, item: Any, _rule: Mapping[str, Any]) -> bool:
    return _ends(case, item, first=False)


def _reversed(case: Case, _value: Any, _rule: Mapping[str, Any]) -> bool:
    have, accept = case.given.values.get("order"), case.variant.key.get("order")
    if have is None or accept is None:
        return False
    return pairs_right(have, accept.order) <= REVERSED


def _words_any(case: Case, words: Any, _rule: Mapping[str, Any]) -> bool:
    return bool(case.text) and holds_any(case.text, words)


def _words_none(case: Case, words: Any, _rule: Mapping[str, Any]) -> bool:
    return bool(case.text) and not holds_any(case.text, words)


def _shorter(case: Case, characters: Any, _rule: Mapping[str, Any]) -> bool:
    return bool(case.text) and length(case.text) < float(characters)


Condition = Callable[[Case, Any, Mapping[str, Any]], bool]
CONDITIONS: dict[str, Condition] = {
    "trap": _trap,
    "no_trap": _no_trap,
    "parts": _parts,
    "any_parts": _any_parts,
    "wrong": _wrong,
    "blank": _blank,
    "scaled": _scaled,
    "direction": _direction,
    "same": _same,
    "top": _top,
    "bottom": _bottom,
    "reversed": _reversed,
    "words_any": _words_any,
    "words_none": _words_none,
    "shorter": _shorter,
}
MODIFIERS = ("least", "parts_of")


def _holds(case: Case, alternative: Mapping[str, Any]) -> bool:
    found = [name for name in alternative if name in CONDITIONS]
    return bool(found) and all(
        CONDITIONS[name](case, alternative[name], alternative) for name in found
    )


def mistakes(case: Case) -> tuple[str, ...]:
    """Ids of the named mistakes that an answer shows: at most three, in the file's order."""
    found = [
        mistake.id
        for mistake in case.exercise.mistakes
        if any(_holds(case, alternative) for alternative in mistake.when)
    ]
    return tuple(found[:MOST])
