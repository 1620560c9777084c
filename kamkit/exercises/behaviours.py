"""How an exercise may be tried: what is allowed now, what it costs, what is shown."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kamkit.errors import KamkitError, Problem
from kamkit.exercises.grade import FULL
from kamkit.exercises.model import BEHAVIOURS, Exercise
from kamkit.exercises.progress import Attempt, Progress

HINT_COST, TRY_COST = 0.15, 0.1
SOLUTION_AFTER = 2  # tries
FAILED = ("partial", "incorrect")
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0, O, 1 and I
CODE_LENGTH = 6


@dataclass(frozen=True)
class Stand:
    """Where an exercise stands and what may be done next.

    ``status`` is that of the last answer (needs_review while feedback is held back, and of
    free text until it is marked); ``score`` is 0-1 after what hints and tries cost; ``solved``
    says that some answer was fully right. ``tries_left`` is None where tries are unlimited.
    ``phase`` of a poll is "before" or "after" the discussion. ``rule`` is a key of the
    catalogs with its numbers, in points of 100, to be said on screen.
    """

    behaviour: str
    status: str
    score: float
    solved: bool
    tries_left: int | None
    hints_left: int
    can_submit: bool
    can_hint: bool
    can_solution: bool
    can_mark: bool
    can_revote: bool
    shows_feedback: bool
    locked: bool
    phase: str
    rule: tuple[str, Mapping[str, Any]]


@dataclass(frozen=True)
class _Met:
    """What the rules look at."""

    exercise: Exercise
    progress: Progress

    @property
    def tried(self) -> int:
        return len(self.progress.attempts)

    @property
    def failed(self) -> int:
        return sum(a.outcome.status in FAILED for a in self.progress.attempts)

    @property
    def solved(self) -> bool:
        return any(a.outcome.status == "correct" for a in self.progress.attempts)

    @property
    def hints_left(self) -> int:
        return max(0, len(self.exercise.hints) - self.progress.hints)

    @property
    def second_vote(self) -> bool:
        return any(a.phase == "after" for a in self.progress.attempts)


def _base(met: _Met, name: str, numbers: Mapping[str, Any]) -> Stand:
    """The stand of an exercise without any limit."""
    opens = met.solved or met.tried >= SOLUTION_AFTER
    return Stand(
        behaviour=name,
        status="not_attempted",
        score=0.0,
        solved=met.solved,
        tries_left=None,
        hints_left=met.hints_left,
        can_submit=True,
        can_hint=met.hints_left > 0,
        can_solution=opens,
        can_mark=met.exercise.kind == "essay" and met.tried > 0,
        can_revote=False,
        shows_feedback=met.tried > 0,
        locked=False,
        phase="",
        rule=(f"behaviour.{name}", numbers),
    )


def _practice(met: _Met) -> Stand:
    base = _base(met, "practice", {"after": SOLUTION_AFTER})
    return replace(base, can_solution=base.can_solution or met.hints_left == 0)


def _tries(met: _Met) -> Stand:
    tries = len(met.exercise.hints) + 1
    left = max(0, tries - met.tried)
    locked = left == 0 or met.solved
    costs = {"hint_cost": round(100 * HINT_COST), "try_cost": round(100 * TRY_COST)}
    return replace(
        _base(met, "tries", {"tries": tries, **costs}),
        tries_left=0 if locked else left,
        can_submit=not locked,
        can_hint=met.hints_left > 0 and not locked,
        can_solution=locked,
        locked=locked,
    )


def _assess(met: _Met) -> Stand:
    base, out = _base(met, "assess", {}), met.progress.released
    return replace(
        base,
        can_submit=not out,
        can_hint=False,
        can_solution=out,
        can_mark=base.can_mark and out,
        shows_feedback=out and met.tried > 0,
        locked=out,
    )


def _poll(met: _Met) -> Stand:
    base, closed = _base(met, "poll", {}), met.second_vote
    return replace(
        base,
        can_submit=not closed,
        can_hint=base.can_hint and met.tried > 0,
        can_solution=closed,
        can_mark=base.can_mark and closed,
        can_revote=met.tried > 0 and met.progress.phase != "after",
        shows_feedback=closed and _has_key(met),
        locked=closed,
        phase="after" if met.progress.phase == "after" else "before",
    )


def _team(met: _Met) -> Stand:
    base = _base(met, "team", {"after": SOLUTION_AFTER})
    there = met.progress.team is not None
    return replace(base, can_submit=there, can_hint=base.can_hint and there)


_RULES: dict[str, Callable[[_Met], Stand]] = {
    "practice": _practice,
    "tries": _tries,
    "assess": _assess,
    "poll": _poll,
    "team": _team,
}


def _has_key(met: _Met) -> bool:
    """Whether some answer is right: known from the variant as met, else from the file."""
    if met.progress.variant is not None:
        return bool(met.progress.variant.get("key"))
    return bool(met.exercise.fixed and met.exercise.fixed.key)


def _marked(exercise: Exercise, progress: Progress) -> float | None:
    """Share of the rubric's points, by the trainer's marks before one's own.

    Marks count for the answer that they were given to, not for a later one.
    """
    total = sum(criterion.points for criterion in exercise.rubric)
    for by in ("trainer", "self"):
        mark = progress.marks.get(by)
        if not mark or not total:
            continue
        if int(mark.get("attempt", len(progress.attempts))) != len(progress.attempts):
            continue
        ticks = mark.get("ticks", {})
        return sum(c.points for c in exercise.rubric if ticks.get(c.id) is True) / total
    return None


def _status(score: float) -> str:
    return "correct" if score >= FULL else "partial" if score > 0 else "incorrect"


def _best(attempts: tuple[Attempt, ...]) -> float:
    """The best try; every failed one up to it costs, the first excepted."""
    best, failed = 0.0, 0
    for attempt in attempts:
        failed += attempt.outcome.status in FAILED
        best = max(best, attempt.outcome.score - TRY_COST * max(0, failed - 1))
    return best


def _judged(met: _Met, stand: Stand) -> tuple[str, float]:
    """Status and score as they may be shown."""
    last = met.progress.last
    if last is None:
        return "not_attempted", 0.0
    if not stand.shows_feedback:
        return "needs_review", 0.0
    status, score = last.outcome.status, last.outcome.score
    if stand.behaviour == "tries":
        score = _best(met.progress.attempts)
    if met.exercise.kind == "essay":
        marked = _marked(met.exercise, met.progress)
        if marked is None:
            return status, 0.0
        status, score = _status(marked), marked
    if stand.behaviour == "tries":
        score -= HINT_COST * met.progress.hints
    return status, min(1.0, max(0.0, score))


def stand(exercise: Exercise, progress: Progress, behaviour: str = "") -> Stand:
    """Where an exercise stands under one behaviour, and what may be done next.

    ``behaviour`` is what the lesson asks for; without it that of the first opening counts,
    then the file's own. Practice: any number of tries. Tries: one more than there are hints;
    a hint costs 0.15 of the score, each failed try after the first 0.1. Assess: nothing shows
    until the release. Poll: two votes. Team: members first, every decision kept.

    Raises KamkitError ``unknown_behaviour``. Source: docs/exercises.md (house).
    """
    name = behaviour or progress.behaviour or exercise.behaviour
    if name not in _RULES:
        allowed = {"allowed": ", ".join(BEHAVIOURS)}
        raise KamkitError(Problem("unknown_behaviour", value=name, details=allowed))
    met = _Met(exercise, progress)
    found = _RULES[name](met)
    status, score = _judged(met, found)
    hidden = not found.shows_feedback
    return replace(found, status=status, score=score, solved=found.solved and not hidden)


def release_code(cohort: str, exercise_id: str) -> str:
    """The six signs with which a trainer releases the results of an assessment.

    The same for all trainees of a cohort; 0, O, 1 and I don't occur.

    >>> release_code("2026-09", "m01_pareto")
    'CGSTP7'
    """
    joined = "\x1f".join(unicodedata.normalize("NFC", t) for t in (cohort, exercise_id))
    number = int.from_bytes(hashlib.sha256(joined.encode("utf-8")).digest()[:8], "big")
    signs = []
    for _ in range(CODE_LENGTH):
        number, at = divmod(number, len(ALPHABET))
        signs.append(ALPHABET[at])
    return "".join(signs)


def same_code(typed: str, code: str) -> bool:
    """Whether a typed code is meant: width, case, blanks and dashes don't count.

    >>> same_code("６nf-g5k ", "6NFG5K")
    True
    """
    folded = unicodedata.normalize("NFKC", typed).upper()
    return "".join(sign for sign in folded if sign.isalnum()) == code
