"""Where a trainee stands in the whole course: one line an exercise, from the journal alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kamkit.exercises.behaviours import Stand, stand
from kamkit.exercises.model import Exercise
from kamkit.exercises.progress import Event, Progress, progress


@dataclass(frozen=True)
class Line:
    """One exercise of one trainee.

    ``begun``: there is an answer or a draft. ``done``: nothing is left to do, because the
    answer is right, the tries are used up, or it is kept until somebody marks or releases it.
    ``score`` is 0-1, or None where none is given (not tried, held back, not scored).
    ``mistakes`` are ids with the number of tries in which each was made, commonest first; none
    while feedback is held back.
    """

    exercise: Exercise
    progress: Progress
    stand: Stand
    begun: bool
    done: bool
    score: float | None
    tries: int
    mistakes: tuple[tuple[str, int], ...]

    @property
    def marked_by(self) -> str:
        """Who marked free text: "trainer", "self", or "" where nobody did."""
        return next((by for by in ("trainer", "self") if by in self.progress.marks), "")


def _score(now: Stand, known: Progress) -> float | None:
    scored = now.shows_feedback and now.status in ("correct", "partial", "incorrect")
    return now.score if scored and known.attempts else None


def _mistakes(exercise: Exercise, now: Stand, known: Progress) -> tuple[tuple[str, int], ...]:
    if not now.shows_feedback:
        return ()
    ids = {mistake.id for mistake in exercise.mistakes}
    made = Counter(m for a in known.attempts for m in dict.fromkeys(a.outcome.mistakes) if m in ids)
    return tuple(made.most_common())


def _counted(known: Progress) -> Progress:
    """The round that counts: one just opened on other accounts doesn't hide an answered one."""
    other = known.other
    return other if other is not None and other.attempts and not known.attempts else known


def line(exercise: Exercise, known: Progress | None = None) -> Line:
    """How one exercise stands."""
    known = _counted(known or Progress(exercise.id))
    now = stand(exercise, known)
    kept = now.status == "needs_review" and bool(known.attempts)
    waits = kept and not now.can_revote
    return Line(
        exercise=exercise,
        progress=known,
        stand=now,
        begun=bool(known.attempts or known.draft),
        done=now.solved or now.locked or waits or now.status == "correct",
        score=_score(now, known),
        tries=len(known.attempts),
        mistakes=_mistakes(exercise, now, known),
    )


def lines(bank: Mapping[str, Exercise], events: Iterable[Event]) -> dict[str, Line]:
    """All exercises of the bank with where they stand."""
    known = progress(events)
    return {name: line(exercise, known.get(name)) for name, exercise in bank.items()}


def mean_score(found: Iterable[Line]) -> float | None:
    """Mean score of the exercises that have one, None where none has.

    >>> mean_score([]) is None
    True
    """
    scores = [one.score for one in found if one.score is not None]
    return sum(scores) / len(scores) if scores else None


def where_left(order: Sequence[str], found: Mapping[str, Line], events: Sequence[Event]) -> str:
    """The exercise to go on with: the last one touched unless done, else the next not done.

    "" where nothing was begun, or nothing is left.
    """
    touched = [e.exercise for e in events if e.exercise in found]
    if not touched:
        return ""
    last = touched[-1]
    if not found[last].done:
        return last
    at = order.index(last) if last in order else -1
    after = [*order[at + 1 :], *order[: at + 1]]
    return next((name for name in after if not found[name].done), "")
