"""An answer read: what was given for each part, what was left out, what is asked back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kamkit.errors import Problem
from kamkit.exercises.figures import read_figure
from kamkit.exercises.kinds import KINDS, Part, Parts, parts
from kamkit.exercises.model import Exercise, Variant

MOST_CHARACTERS = 10_000
MOST_PARTS = 500
TOTAL_TOLERANCE = 0.5  # three times 33.3 is meant to be 100
_LINES = ("reason", "by")


@dataclass(frozen=True)
class Given:
    """An answer part by part.

    ``values`` holds what could be read (an id, True, a figure, a text, a tuple of ids);
    ``blank`` the parts left out; a part in neither was given but can't be read.
    """

    parts: Parts
    values: Mapping[str, Any]
    blank: frozenset[str]
    problems: tuple[Problem, ...] = ()

    @property
    def attempted(self) -> bool:
        """Whether any part was filled in."""
        return len(self.blank) < len(self.parts)


def is_blank(value: Any) -> bool:
    """Whether a value stands for nothing given.

    >>> is_blank("  "), is_blank([]), is_blank(0)
    (True, True, False)
    """
    if value is None or value is False:
        return True
    if isinstance(value, str):
        return not value.strip()
    return isinstance(value, list | tuple | Mapping) and not value


def _short(value: Any) -> str:
    """A value for a sentence; junk may be of any size and depth."""
    if isinstance(value, str | int | float | bool):
        return str(value)[:60] if not isinstance(value, int) or abs(value) < 10**15 else "…"
    return type(value).__name__


def _asked(code: str, part: Part, value: Any, **details: Any) -> Problem:
    return Problem(code, column=part.id, value=_short(value), details=details)


def _place(part: Part, value: Any) -> tuple[Any, Problem | None]:
    text = value.strip() if isinstance(value, str) else value
    if isinstance(text, str) and text in part.options:
        return text, None
    return None, _asked("answer_unknown_choice", part, value)


def _tick(part: Part, value: Any) -> tuple[Any, Problem | None]:
    return (True, None) if value is True else (None, _asked("answer_no_tick", part, value))


def _text(part: Part, value: Any) -> tuple[Any, Problem | None]:
    if not isinstance(value, str):
        return None, _asked("answer_no_text", part, value)
    if len(value) > MOST_CHARACTERS:
        return None, _asked("answer_too_long", part, value, most=MOST_CHARACTERS)
    return value.strip(), None


def _figure(part: Part, value: Any) -> tuple[Any, Problem | None]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        figure = float(value) if abs(value) < 1e300 else math.inf
        if math.isfinite(figure):
            return figure, None
        return None, _asked("answer_no_figure", part, value)
    if not isinstance(value, str):
        return None, _asked("answer_no_figure", part, value)
    if len(value) > MOST_CHARACTERS:
        return None, _asked("answer_too_long", part, value, most=MOST_CHARACTERS)
    reading = read_figure(value, part.unit, currency=part.currency)
    if reading.problem:
        details: dict[str, Any] = {"alternatives": reading.alternatives}
        if reading.currency:
            details |= {"typed": reading.currency, "currency": part.currency}
        return None, _asked(reading.problem, part, value, **details)
    return reading.value, None


def _order(part: Part, value: Any) -> tuple[Any, Problem | None]:
    if not isinstance(value, list | tuple) or len(value) > MOST_PARTS:
        return None, _asked("answer_no_order", part, value)
    ids = tuple(v for v in value if isinstance(v, str))
    if len(ids) != len(value) or sorted(ids) != sorted(part.options):
        return None, _asked("answer_no_order", part, value)
    return ids, None


_READERS = {"place": _place, "tick": _tick, "text": _text, "figure": _figure, "order": _order}


def read_value(part: Part, value: Any) -> tuple[Any, Problem | None]:
    """One value as the check uses it (None where blank or unreadable), and what is asked back.

    >>> read_value(Part("choice", "place", ("a", "b")), "b")
    ('b', None)
    """
    if is_blank(value):
        return None, None
    return _READERS[part.takes](part, value)


def read_parts(known: Parts, raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Values of the parts that could be read, and problems of the others."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, part in known.items():
        value, problem = read_value(part, raw.get(name))
        if problem is not None:
            problems.append(problem)
        elif value is not None:
            values[name] = value
    return values, problems


def _shape(answer: Any, known: Parts) -> tuple[Mapping[str, Any], list[Problem]]:
    """The parts of an answer and what is wrong with its frame."""
    if not isinstance(answer, Mapping):
        return {}, [Problem("answer_no_answer", value=_short(answer))]
    problems = []
    for name in _LINES:
        line = answer.get(name, "")
        if line is not None and (not isinstance(line, str) or len(line) > MOST_CHARACTERS):
            problems.append(Problem("answer_bad_line", column=name, value=_short(line)))
    raw = answer.get("parts", {})
    if not isinstance(raw, Mapping) or len(raw) > MOST_PARTS:
        return {}, [*problems, Problem("answer_no_answer", value=_short(raw))]
    strange = [name for name in raw if name not in known]
    problems += [Problem("answer_unknown_part", value=_short(name)) for name in strange[:3]]
    return {str(name): value for name, value in raw.items() if name in known}, problems


def _asked_sum(total: float | None, values: Mapping[str, Any]) -> list[Problem]:
    if total is None or not values:
        return []
    given = sum(values.values())
    below = [name for name, value in values.items() if value < 0]
    found = [Problem("answer_negative", column=n, value=f"{values[n]:g}") for n in below]
    if abs(given - total) > TOTAL_TOLERANCE:
        code, gap = ("answer_sum", "left") if given < total else ("answer_sum_over", "over")
        details = {"total": f"{total:g}", gap: f"{abs(total - given):g}"}
        found.append(Problem(code, value=f"{given:g}", details=details))
    return found


def read_answer(exercise: Exercise, variant: Variant, answer: Any) -> Given:
    """An answer read; never raises, whatever it holds."""
    kind, known = KINDS[exercise.kind], parts(exercise, variant)
    raw, problems = _shape(answer, known)
    values, unread = read_parts(known, raw)
    problems += unread
    blank = frozenset(name for name in known if is_blank(raw.get(name)))
    if not unread:
        problems += _asked_sum(kind.total, values)
    if kind.total is not None and values:
        values.update({name: 0.0 for name in blank})
    if kind.asks_blanks and 0 < len(blank) < len(known):
        problems.append(_asked_blanks(blank, known))
    return Given(known, values, blank, tuple(problems))


def _asked_blanks(blank: frozenset[str], known: Parts) -> Problem:
    first = next(name for name in known if name in blank)
    return Problem(
        "answer_blank", column=first, level="warning", details={"n": len(blank), "of": len(known)}
    )
