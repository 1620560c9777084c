"""One trainee at one exercise: what is done goes into the journal, what is shown comes from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from kamkit.errors import KamkitError, Problem
from kamkit.exercises.answers import MOST_PARTS, is_blank, read_answer
from kamkit.exercises.bank import make_variant
from kamkit.exercises.bank.sound import variant_problems
from kamkit.exercises.behaviours import Stand, release_code, same_code, stand
from kamkit.exercises.check import check, understand
from kamkit.exercises.forms import outcome_data, plain, read_variant, variant_data
from kamkit.exercises.journal.records import json_text
from kamkit.exercises.model import Exercise, Outcome, Text, Variant
from kamkit.exercises.progress import Journal, Progress, progress
from kamkit.exercises.variants import seed_for

if TYPE_CHECKING:
    import pandas as pd

FEWEST_MEMBERS, MOST_MEMBERS, LONGEST_NAME = 2, 12, 60
LONGEST_COMMENT = 10_000
VEILED = Outcome("needs_review", 0.0, reasons=(("kept", {}),))
# What hangs on the answer itself, apart from its parts.
_UNUSABLE = ("answer_no_answer", "answer_too_long", "answer_bad_line", "answer_unknown_part")


def _refuse(code: str, **details: Any) -> KamkitError:
    value = details.pop("value", None)
    return KamkitError(Problem(code, value=value, details=details))


def _keepable(value: Any) -> bool:
    """Whether a value is of a form that some kind takes; nested junk is not kept."""
    if isinstance(value, list | tuple):
        return len(value) <= MOST_PARTS and all(isinstance(v, str) for v in value)
    return isinstance(value, str | int | float) and not is_blank(value)


def _clean(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as the journal keeps it: parts as typed, lines only where written."""
    parts = answer.get("parts", {})
    found: dict[str, Any] = {"parts": plain({k: v for k, v in parts.items() if _keepable(v)})}
    for name in ("reason", "by"):
        if not is_blank(answer.get(name)):
            found[name] = str(answer[name]).strip()
    return found


class Session:
    """An exercise as one trainee meets it.

    Nothing is written before the first draft, answer, hint or team; then ``opened`` stores the
    variant as met, and from there on the stored one is used. Every method returns after the
    journal has committed. ``accounts`` (the trainee's own) make the exercise start anew on
    them, as private events; without them a stored round on own accounts goes on.
    :meth:`switch` goes from the one to the other and back.
    """

    def __init__(
        self,
        exercise: Exercise,
        journal: Journal,
        *,
        cohort: str,
        trainee: str,
        behaviour: str = "",
        accounts: pd.DataFrame | None = None,
    ) -> None:
        self.exercise = exercise
        self.cohort, self.trainee, self.behaviour = cohort, trainee, behaviour
        self._journal = journal
        self._accounts = accounts if exercise.own_accounts else None
        self._made: Variant | None = None
        self._kept: Variant | None = None
        self._progress = Progress(exercise.id)
        self.refresh()

    @property
    def progress(self) -> Progress:
        """The fold of the journal as last read."""
        return self._progress

    @property
    def stand(self) -> Stand:
        """What is shown and allowed now."""
        return stand(self.exercise, self._progress, self.behaviour)

    @property
    def variant(self) -> Variant:
        """The variant as stored, else the one that this trainee will meet."""
        if self._kept is not None:
            return self._kept
        if self._made is None:
            self._made = make_variant(self.exercise, self._seed(), self._accounts)
        return self._made

    def refresh(self) -> Progress:
        """Fold the journal anew: another tab or an earlier kernel may have written."""
        before = self._progress
        events = self._journal.events(self.exercise.id)
        known = progress(events).get(self.exercise.id, Progress(self.exercise.id))
        if self._kept is None or known.variant != before.variant:
            self._kept = self._stored(known)
        stale = known.variant is not None and self._kept is None
        self._progress = Progress(self.exercise.id, team=known.team) if stale else known
        return self._progress

    def switch(self, accounts: pd.DataFrame | None) -> None:
        """Go over to the trainee's own accounts, or without them back to the drawn ones.

        Answers to either stay: a round that was left goes on as it was. Own accounts that have
        changed since begin a new one. KamkitError where the accounts don't do.
        """
        own = accounts is not None
        if own and not self.exercise.own_accounts:
            raise _refuse("no_own_accounts")
        self._accounts = self._made = None
        if self.refresh().own == own:
            return
        seed, version = self._seed(), self.exercise.version
        left = self._left()
        if left is not None and not own:
            self._open(left.variant or {}, left.seed, left.version, own=False)
            return
        made = variant_data(make_variant(self.exercise, seed, accounts))
        if left is not None and json_text(left.variant or {}) == json_text(made):
            seed, version = left.seed, left.version
        self._open(made, seed, version, own=own)

    def draft(self, answer: Mapping[str, Any]) -> None:
        """Keep an answer that is not submitted; KamkitError where it can't be one at all."""
        KamkitError.collect(self._unusable(answer))
        clean, last = _clean(answer), self._progress.last
        known = self._progress.draft or (last.answer if last else {"parts": {}})
        if clean != known and not self.stand.locked:
            self._ready()
            self._write("draft", {"answer": clean})

    def submit(self, answer: Mapping[str, Any]) -> Outcome | list[Problem]:
        """Check an answer and keep it with its outcome.

        Returns the problems instead where it is asked back or no answer is taken now; nothing
        counts as a try then, nor does an answer that is blank, nor the last one sent again
        (a page that missed the receipt does so). While results are held back, the outcome says
        only that the answer is kept.
        """
        self.refresh()
        again = self._sent_again(answer)
        if again is not None:
            return again if self.stand.shows_feedback else VEILED
        problems = self._asked(answer)
        if problems:
            return problems
        outcome = check(self.exercise, self.variant, answer)
        if outcome.status == "not_attempted":
            return outcome
        self._ready()
        phase = self.stand.phase
        data = {"answer": _clean(answer), "outcome": outcome_data(outcome), "phase": phase}
        self._write("answered", data)
        return outcome if self.stand.shows_feedback else VEILED

    def hint(self) -> Text:
        """The next hint; its use is kept before it is shown."""
        self.refresh()
        if not self.stand.can_hint:
            raise _refuse("no_hint")
        self._ready()
        n = self._progress.hints + 1
        self._write("hint", {"n": n})
        return self.exercise.hints[n - 1]

    def solution(self) -> Text:
        """The solution, where it is open."""
        self.refresh()
        if not self.stand.can_solution:
            raise _refuse("solution_closed")
        if not self._progress.solution_seen:
            self._ready()
            self._write("solution", {})
        return self.exercise.solution

    def mark(self, by: str, ticks: Mapping[str, bool] | Iterable[str], comment: str = "") -> None:
        """Mark the last free text by the rubric; ``by`` is "self" or "trainer".

        Both marks are kept; the trainer's count before one's own.
        """
        self.refresh()
        last = self._progress.last is not None and self.exercise.kind == "essay"
        if not (self.stand.can_mark or (by == "trainer" and last)) or by not in ("self", "trainer"):
            raise _refuse("no_mark")
        ticked = dict(ticks) if isinstance(ticks, Mapping) else dict.fromkeys(ticks, True)
        known = [criterion.id for criterion in self.exercise.rubric]
        strange = [name for name in ticked if name not in known]
        if strange:
            raise _refuse("bad_mark", value=str(strange[0])[:60], allowed=", ".join(known))
        data = {
            "by": by,
            "ticks": {name: value is True for name, value in ticked.items()},
            "comment": str(comment)[:LONGEST_COMMENT],
            "attempt": len(self._progress.attempts),
        }
        self._write("marked", data)

    def release(self, code: str) -> None:
        """Open the results of an assessment by the trainer's code."""
        self.refresh()
        now = self.stand
        if now.behaviour != "assess" or now.locked:
            raise _refuse("no_release")
        if not same_code(str(code)[:60], release_code(self.cohort, self.exercise.id)):
            raise _refuse("wrong_code", value=str(code)[:60])
        self._ready()
        self._write("released", {})

    def revote(self) -> None:
        """Open the second vote, after the discussion."""
        self.refresh()
        if not self.stand.can_revote:
            raise _refuse("no_revote")
        self._write("phase", {"phase": "after"})

    def team(self, name: str, members: Iterable[str]) -> None:
        """Set up or change the team."""
        called = str(name).strip()
        who = [str(member).strip() for member in members]
        problems = []
        if not called or len(called) > LONGEST_NAME:
            problems.append(Problem("team_name", column="name", details={"most": LONGEST_NAME}))
        fits = FEWEST_MEMBERS <= len(who) <= MOST_MEMBERS and len(set(who)) == len(who)
        if not fits or any(not member or len(member) > LONGEST_NAME for member in who):
            ends = {"low": FEWEST_MEMBERS, "high": MOST_MEMBERS}
            problems.append(Problem("team_members", column="members", details=ends))
        KamkitError.collect(problems)
        self.refresh()
        self._ready()
        self._write("team", {"name": called, "members": who})

    def _seed(self) -> int:
        if not self.exercise.variants:
            return 0
        return seed_for(self.cohort, self.trainee, self.exercise.id, self.exercise.version)

    def _stored(self, known: Progress) -> Variant | None:
        """The stored variant, unless own accounts or a new version ask for a new round."""
        if known.variant is None or (self._accounts is not None and not known.own):
            return None
        return self._readable(known)

    def _left(self) -> Progress | None:
        """The round that was left for the present one, if it still fits the exercise."""
        left = self._progress.other
        return left if left is not None and self._readable(left) is not None else None

    def _readable(self, known: Progress) -> Variant | None:
        """The variant of a round, if it still fits the exercise."""
        if known.variant is None:
            return None
        variant = read_variant(known.variant)
        if known.version == self.exercise.version or not variant_problems(
            self.exercise, variant, own=known.own
        ):
            return variant
        return None

    def _ready(self) -> None:
        """Store the variant as met before anything else is written."""
        if self._kept is None:
            made, own = variant_data(self.variant), self._accounts is not None
            self._open(made, self._seed(), self.exercise.version, own=own)

    def _open(self, variant: Mapping[str, Any], seed: int, version: int, *, own: bool) -> None:
        """Begin a round, or go on with the one of this variant."""
        behaviour = self.behaviour or self.exercise.behaviour
        data = {"variant": variant, "seed": seed, "behaviour": behaviour, "own": own}
        self._journal.append("opened", self.exercise.id, version, data, private=own)
        self.refresh()

    def _write(self, kind: str, data: Mapping[str, Any]) -> None:
        """Append one event and take in what it changes."""
        hidden = self._progress.own
        self._journal.append(kind, self.exercise.id, self.exercise.version, data, private=hidden)
        self.refresh()

    def _sent_again(self, answer: Any) -> Outcome | None:
        """The outcome of the last answer, if this is the very same in the same phase."""
        last = self._progress.last
        if last is None or self._unusable(answer) or last.phase != self.stand.phase:
            return None
        clean = _clean(answer)
        if clean != last.answer or self._progress.draft not in (None, clean):
            return None
        return last.outcome

    def _unusable(self, answer: Any) -> list[Problem]:
        found = read_answer(self.exercise, self.variant, answer).problems
        return [problem for problem in found if problem.code in _UNUSABLE]

    def _asked(self, answer: Any) -> list[Problem]:
        """What stands in the way of taking an answer."""
        now = self.stand
        if now.behaviour == "team":
            problems = self._asked_team(answer)
            if problems:
                return problems
        if not now.can_submit:
            return [Problem("locked")]
        return understand(self.exercise, self.variant, answer)

    def _asked_team(self, answer: Any) -> list[Problem]:
        team = self._progress.team
        if team is None:
            return [Problem("team_missing", column="team")]
        by = answer.get("by") if isinstance(answer, Mapping) else None
        if is_blank(by):
            return [Problem("answer_by_missing", column="by")]
        if by not in team.get("members", ()):
            return [Problem("answer_by_unknown", column="by", value=str(by)[:60])]
        return []
