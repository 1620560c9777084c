"""The check: an answer in, an outcome out, and nothing else happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kamkit.errors import Problem
from kamkit.exercises.answers import read_answer
from kamkit.exercises.follow import followed
from kamkit.exercises.grade import FULL, NEIGHBOUR, best_value, grade, pairs_right, wanted
from kamkit.exercises.kinds import KINDS, Part
from kamkit.exercises.mistakes import Case, mistakes, side
from kamkit.exercises.model import Accept, Exercise, Outcome, Variant

Reason = tuple[str, Mapping[str, Any]]
BLANK = Outcome("not_attempted", 0.0, reasons=(("blank", {}),))


def understand(exercise: Exercise, variant: Variant, answer: Any) -> list[Problem]:
    """What must be asked back before an answer is checked; asking back costs no try.

    Problems of level "error" stand until the answer changes. One of level "warning" (parts
    left out) is asked once: an answer with ``confirmed = true`` goes through. ``column`` names
    the part. Never raises, whatever the answer holds.
    """
    given = read_answer(exercise, variant, answer)
    confirmed = isinstance(answer, Mapping) and answer.get("confirmed") is True
    return [p for p in given.problems if p.level == "error" or not confirmed]


def check(exercise: Exercise, variant: Variant, answer: Any) -> Outcome:
    """What comes of an answer: score, status, how far each part is right, mistakes, reasons.

    Parts that were left out or can't be read count as wrong. Source: docs/exercises.md (house).
    """
    given = read_answer(exercise, variant, answer)
    if not given.attempted:
        return BLANK
    variant = followed(exercise, variant, given.values)
    grades = grade(exercise, variant, given)
    case = Case(exercise, variant, given, grades)
    if not KINDS[exercise.kind].scored:
        return _unscored(case)
    full = grades.score >= FULL
    status = "correct" if full else "partial" if grades.score > 0 else "incorrect"
    return Outcome(
        status=status,
        score=1.0 if full else grades.score,
        right=_shown(case),
        mistakes=() if full else mistakes(case),
        reasons=(*_reasons(case, full), *_panel(case)),
    )


def _unscored(case: Case) -> Outcome:
    """Free text waits for its marks; a vote is noted (its key, if any, shows in ``right``)."""
    if case.exercise.kind == "poll":
        named = mistakes(case) if case.wrong() else ()
        reasons = (("noted", {}), *_panel(case))
        return Outcome("needs_review", 0.0, case.grades.right, named, reasons)
    return Outcome("needs_review", 0.0, {}, mistakes(case), (("review", {}),))


def _shown(case: Case) -> dict[str, float]:
    """Right parts as shown: of ticks only those set, so that missed ones are still to be found."""
    right = dict(case.grades.right)
    if case.exercise.kind != "many":
        return right
    return {name: value for name, value in right.items() if name in case.given.values}


def _reasons(case: Case, full: bool) -> list[Reason]:
    if full:
        return _reasons_right(case)
    by_kind = {"many": _of_ticks, "rank": _of_pairs, "number": _of_figure}
    found = by_kind.get(case.exercise.kind, _of_parts)(case)
    unread = [
        n for n in case.given.parts if n not in case.given.values and n not in case.given.blank
    ]
    if unread:
        found.append(("unread", {"n": len(unread)}))
    return found


def _reasons_right(case: Case) -> list[Reason]:
    found: list[Reason] = [("right", {})]
    for name in case.grades.right:
        accept, part = case.variant.key.get(name), case.part(name)
        if accept is None or part.takes not in ("figure", "place"):
            continue
        best, value = best_value(accept, part), case.given.values.get(name)
        if _is_defensible(best, value):
            found.append(_defensible(part, accept, best))
    return found if len(found) <= 2 else [found[0], ("defensible_parts", {"n": len(found) - 1})]


def _defensible(part: Part, accept: Accept, best: Any) -> Reason:
    """The method's own answer beside a right one; the names of figures say how they read."""
    name = {"share": "share", "money": "amount"}.get(part.unit, "best")
    if part.takes != "figure" or accept.low is None or accept.high is None:
        key = "defensible" if name == "best" else f"defensible_{name}"
        return key, {name: best}
    ends = {"low": accept.low, "high": accept.high}
    suffix = "" if name == "best" else f"_{name}"
    return f"defensible_range{suffix}", {name: best} | {f"{k}{suffix}": v for k, v in ends.items()}


def _is_defensible(best: Any, value: Any) -> bool:
    """Whether a right value is another one than the method's own."""
    if isinstance(best, int | float) and isinstance(value, float):
        return abs(value - best) > 0.005 * abs(best)
    return bool(best != value)


def _of_ticks(case: Case) -> list[Reason]:
    key, ticked = case.variant.key, case.given.values
    right = sum(wanted(key.get(name)) is True for name in ticked)
    wrong = sum(wanted(key.get(name)) is False for name in ticked)
    all_wanted = sum(wanted(accept) is True for accept in key.values())
    return [("ticks", {"right": right, "wrong": wrong, "missed": all_wanted - right})]


def _of_pairs(case: Case) -> list[Reason]:
    order = case.given.values.get("order")
    if order is None:
        return []
    return [("pairs", {"share": pairs_right(order, case.variant.key["order"].order)})]


def _of_figure(case: Case) -> list[Reason]:
    found: list[Reason] = []
    where = side(case, "value") if case.grades.right.get("value", 1.0) < FULL else ""
    if where:
        found.append((f"too_{where}", {}))
    if case.grades.right.get("unit", 1.0) < FULL:
        found.append(("wrong_unit", {}))
    return found or _of_parts(case)


def _of_parts(case: Case) -> list[Reason]:
    right = case.grades.right
    found: list[Reason] = []
    if len(right) > 1:
        found.append(("parts", {"right": sum(r >= FULL for r in right.values()), "of": len(right)}))
    else:
        found.append(("wrong", {}))
    near = sum(r == NEIGHBOUR for r in right.values())
    if near:
        found.append(("near", {"n": near}))
    left_out = sum(name in case.given.blank for name in right)
    if left_out:
        found.append(("left_out", {"n": left_out}))
    return found


def _panel(case: Case) -> list[Reason]:
    """How much of the panel chose the same; a panel is simulated unless the file says real."""
    shares = [
        case.variant.panel[name].get(str(value), 0.0)
        for name, value in case.given.values.items()
        if name in case.variant.panel
    ]
    if not shares:
        return []
    key = "panel_real" if case.exercise.panel_origin == "real" else "panel"
    return [(key, {"share": sum(shares) / len(shares)})]
