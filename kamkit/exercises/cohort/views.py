"""What a trainer looks at: how far everyone is, which mistakes the room makes, all attempts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from kamkit.errors import KamkitError
from kamkit.exercises.bank import load_exercise
from kamkit.exercises.behaviours import stand
from kamkit.exercises.cohort import CohortStore
from kamkit.exercises.forms import read_outcome
from kamkit.exercises.journal.records import json_text
from kamkit.exercises.progress import Event, Progress, progress

if TYPE_CHECKING:
    import pandas as pd

TRIES_TO_STUCK = 3
_STANDING = [
    "cohort", "trainee", "alias", "last_seen", "tried", "correct", "scored", "mean_score",
    "hints", "stuck",
]  # fmt: skip
_MISTAKES = ["exercise", "mistake", "trainees", "tried", "share", "still", "names"]
_ATTEMPTS = [
    "cohort", "trainee", "alias", "exercise", "version", "attempt", "own", "phase", "at",
    "status", "score", "mistakes", "reason", "answer",
]  # fmt: skip


def _by_trainee(events: list[Event]) -> Iterator[tuple[tuple[str, str], list[Event]]]:
    for who, own in groupby(events, key=lambda e: (e.cohort, e.trainee)):
        yield who, list(own)


def stuck(found: Progress) -> bool:
    """Whether three tries or more failed and none was right."""
    failed = [a.outcome.status in ("incorrect", "partial") for a in found.attempts]
    return sum(failed) >= TRIES_TO_STUCK and not any(
        a.outcome.status in ("correct", "needs_review") for a in found.attempts
    )


def shown(found: Progress) -> tuple[str, float]:
    """Status and score of an exercise as its trainee sees them once results are open.

    What hints and tries cost is taken off, and free text scores by its marks. An exercise
    that this bank doesn't have shows what its last answer gave. A poll has no score: its
    status is "needs_review".
    """
    last = found.attempts[-1].outcome
    try:
        exercise = load_exercise(found.exercise)
        stood = stand(exercise, replace(found, released=True))
    except KamkitError:
        return last.status, last.score
    if stood.behaviour == "poll":
        return "needs_review", 0.0
    return ("correct" if stood.solved else stood.status), stood.score


def standing(store: CohortStore, cohort: str = "") -> pd.DataFrame:
    """How far everyone is.

    Returns columns: cohort, trainee, alias, last_seen (UTC), tried (exercises answered),
    correct (exercises, in any try), scored (exercises with a score: polls and unmarked free
    text have none), mean_score (0–1 over ``scored``, NaN where none, see :func:`shown`),
    hints (used), stuck (ids of exercises with three failed tries or more and no right one).
    """
    import pandas as pd

    aliases = store.aliases(cohort)
    rows = []
    for who, events in _by_trainee(store.events(cohort)):
        done = [p for p in progress(events).values() if p.attempts]
        results = [shown(p) for p in done]
        scores = [score for status, score in results if status != "needs_review"]
        rows.append(
            {
                "cohort": who[0],
                "trainee": who[1],
                "alias": aliases.get(who, who[1]),
                "last_seen": events[-1].at,
                "tried": len(done),
                "correct": sum(status == "correct" for status, _ in results),
                "scored": len(scores),
                "mean_score": sum(scores) / len(scores) if scores else float("nan"),
                "hints": sum(p.hints for p in done),
                "stuck": "; ".join(sorted(p.exercise for p in done if stuck(p))),
            }
        )
    return pd.DataFrame(rows, columns=_STANDING)


def mistakes(store: CohortStore, cohort: str, *, names: bool = False) -> pd.DataFrame:
    """Which named mistakes the room made, the commonest first.

    Returns columns: exercise, mistake, trainees (who made it in any try), tried (who answered
    the exercise), share (trainees / tried, 0–1; a count of all who handed in, not a sample,
    so it has no interval), still (who made it in the last try), names (trainees, only with
    ``names``).
    """
    import pandas as pd

    tried: dict[str, set[str]] = defaultdict(set)
    made: dict[tuple[str, str], set[str]] = defaultdict(set)
    last: dict[tuple[str, str], list[str]] = {}
    for event in store.events(cohort, types=["answered"]):
        found = [str(m) for m in event.data["outcome"]["mistakes"]]
        tried[event.exercise].add(event.trainee)
        last[event.exercise, event.trainee] = found
        for mistake in found:
            made[event.exercise, mistake].add(event.trainee)
    still = Counter((exercise, m) for (exercise, _), found in last.items() for m in set(found))
    rows = [
        {
            "exercise": exercise,
            "mistake": mistake,
            "trainees": len(who),
            "tried": len(tried[exercise]),
            "share": len(who) / len(tried[exercise]),
            "still": still[exercise, mistake],
            "names": "; ".join(sorted(who)) if names else "",
        }
        for (exercise, mistake), who in made.items()
    ]
    table = pd.DataFrame(rows, columns=_MISTAKES)
    order = ["exercise", "trainees", "mistake"]
    table = table.sort_values(order, ascending=[True, False, True], ignore_index=True)
    return table if names else table.drop(columns="names")


def attempts(store: CohortStore, cohort: str = "") -> pd.DataFrame:
    """Every submitted answer, also of rounds that were begun anew.

    Returns columns: cohort, trainee, alias, exercise, version, attempt (from 1), own (on the
    trainee's own accounts), phase, at (UTC), status, score (0–1, before what hints and
    further tries cost), mistakes (ids), reason (as typed), answer (JSON of the parts).
    """
    import pandas as pd

    aliases = store.aliases(cohort)
    rows = [
        {"cohort": who[0], "trainee": who[1], "alias": aliases.get(who, who[1]), **row}
        for who, events in _by_trainee(store.events(cohort, types=["opened", "answered"]))
        for row in _attempt_rows(events)
    ]
    return pd.DataFrame(rows, columns=_ATTEMPTS)


def _attempt_rows(events: list[Event]) -> Iterator[dict[str, Any]]:
    count: Counter[str] = Counter()
    own: dict[str, bool] = {}
    for event in events:
        if event.type == "opened":
            own[event.exercise] = bool(event.data.get("own"))
            continue
        count[event.exercise] += 1
        outcome, answer = read_outcome(event.data["outcome"]), event.data["answer"]
        yield {
            "exercise": event.exercise,
            "version": event.version,
            "attempt": count[event.exercise],
            "own": own.get(event.exercise, False),
            "phase": str(event.data.get("phase", "")),
            "at": event.at,
            "status": outcome.status,
            "score": outcome.score,
            "mistakes": "; ".join(outcome.mistakes),
            "reason": str(answer.get("reason") or ""),
            "answer": json_text(answer.get("parts") or {}),
        }
