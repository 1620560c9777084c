"""Where a trainee stands: one fold of the journal, read by the screen, by resume and by hand-in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from kamkit.exercises.forms import read_outcome
from kamkit.exercises.model import FORMAT, Answer, Outcome


@dataclass(frozen=True)
class Event:
    """One thing that happened; never changed afterwards. ``at`` is UTC, ISO 8601."""

    id: str
    seq: int
    at: str
    cohort: str
    trainee: str
    exercise: str
    version: int
    type: str
    data: Mapping[str, Any]
    private: bool = False
    format: int = FORMAT


class Journal(Protocol):
    """What the session needs of a journal: append (returns after the commit) and read."""

    def append(
        self,
        kind: str,
        exercise: str = "",
        version: int = 0,
        data: Mapping[str, Any] | None = None,
        *,
        private: bool = False,
    ) -> Event:
        """Record one event; it is safe on the disk when this returns."""
        ...

    def events(self, exercise: str = "") -> list[Event]:
        """All events in order, or those of one exercise."""
        ...


@dataclass(frozen=True)
class Attempt:
    """One submitted answer with what came of it."""

    answer: Answer
    outcome: Outcome
    at: str
    phase: str = ""


@dataclass(frozen=True)
class Progress:
    """All that is known of one exercise of one trainee.

    ``other`` is the round that was left for this one, where one of the two is on the trainee's
    own accounts: it goes on as it was when its variant is opened again.
    """

    exercise: str
    version: int = 0
    seed: int = 0
    own: bool = False
    behaviour: str = ""
    variant: Mapping[str, Any] | None = None
    draft: Answer | None = None
    attempts: tuple[Attempt, ...] = ()
    hints: int = 0
    solution_seen: bool = False
    released: bool = False
    phase: str = ""
    marks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    team: Mapping[str, Any] | None = None
    other: Progress | None = None

    @property
    def last(self) -> Attempt | None:
        """The last submitted answer."""
        return self.attempts[-1] if self.attempts else None


def _opened(before: Progress, event: Event) -> Progress:
    """The first opening holds the variant as met; another version or data start a new round.

    Going over to one's own accounts, or back, leaves a round; opening it again goes on with it.
    """
    data = event.data
    version, seed, own = event.version, int(data.get("seed", 0)), bool(data.get("own", False))
    left = before.other
    if before.variant is not None:
        if (version, seed, own) == (before.version, before.seed, before.own):
            return before
        crossed = own != before.own
        left = replace(before, other=None) if crossed else left
        again = before.other if crossed else None
        if again is not None and _same_round(again, event):
            return replace(again, team=before.team, other=left)
        before = Progress(before.exercise, team=before.team)
    return replace(
        before,
        version=version,
        seed=seed,
        own=own,
        behaviour=str(data.get("behaviour", "")),
        variant=data.get("variant"),
        other=left,
    )


def _same_round(left: Progress, event: Event) -> bool:
    met = (event.version, int(event.data.get("seed", 0)), event.data.get("variant"))
    return met == (left.version, left.seed, left.variant)


def _answered(before: Progress, event: Event) -> Progress:
    data = event.data
    outcome = read_outcome(data["outcome"])
    attempt = Attempt(data["answer"], outcome, event.at, str(data.get("phase", "")))
    return replace(before, attempts=(*before.attempts, attempt), draft=None)


def _after(before: Progress, event: Event) -> Progress:
    """The progress after one more event; types of later versions change nothing."""
    data = event.data
    match event.type:
        case "opened":
            return _opened(before, event)
        case "draft":
            return replace(before, draft=data["answer"])
        case "answered":
            return _answered(before, event)
        case "hint":
            return replace(before, hints=max(before.hints, int(data["n"])))
        case "solution":
            return replace(before, solution_seen=True)
        case "released":
            return replace(before, released=True)
        case "phase":
            return replace(before, phase=str(data["phase"]))
        case "team":
            return replace(before, team=dict(data))
        case "marked":
            return replace(before, marks={**before.marks, str(data["by"]): dict(data)})
    return before


def progress(events: Iterable[Event]) -> dict[str, Progress]:
    """Progress by exercise; events count in the order given (the journal's own)."""
    found: dict[str, Progress] = {}
    for event in events:
        if event.exercise:
            before = found.get(event.exercise, Progress(event.exercise))
            found[event.exercise] = _after(before, event)
    return found
