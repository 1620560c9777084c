"""What each behaviour allows, costs and shows; every kind goes through every behaviour."""

from __future__ import annotations

import pytest

from exercises import fakes
from kamkit.errors import KamkitError
from kamkit.exercises.behaviours import ALPHABET, release_code, same_code, stand
from kamkit.exercises.kinds import KINDS
from kamkit.exercises.model import BEHAVIOURS, Outcome
from kamkit.exercises.progress import Attempt, Progress
from kamkit.exercises.session import VEILED, Session
from kamkit.i18n import t

SCORED = [name for name, kind in KINDS.items() if kind.scored]


def tried(*results, **changes):
    """Progress after answers of these scores (None: not judged), in an exercise opened."""
    attempts = []
    for score in results:
        if score is None:
            outcome = Outcome("needs_review", 0.0)
        else:
            status = "correct" if score == 1 else "partial" if score else "incorrect"
            outcome = Outcome(status, float(score))
        attempts.append(Attempt({"parts": {}}, outcome, ""))
    return Progress("x", version=1, attempts=tuple(attempts), **changes)


def at(asked, *results, kind="single", **changes):
    made = fakes.exercise(kind)
    changes.setdefault("variant", {"key": {"choice": "b"}})
    return stand(made, tried(*results, **changes), asked)


def test_practice_takes_any_number_of_tries_and_hints_are_free():
    now = at("practice", 0, 0, 0, 0.5, hints=2)
    assert now.can_submit
    assert not now.locked
    assert now.tries_left is None
    assert (now.status, now.score) == ("partial", 0.5)


def test_practice_opens_the_solution_after_two_tries_or_all_hints_or_success():
    assert not at("practice", 0).can_solution
    assert not at("practice", hints=1).can_solution
    assert at("practice", 0, 0).can_solution
    assert at("practice", hints=2).can_solution
    assert at("practice", 1).can_solution


@pytest.mark.parametrize(
    ("results", "hints", "score"),
    [
        ((1,), 0, 1.0),
        ((0, 1), 0, 1.0),
        ((0, 0, 1), 0, 0.9),
        ((0, 1), 1, 0.85),
        ((0, 0, 1), 2, 0.6),
        ((0.6,), 0, 0.6),
        ((0.6, 0.5), 0, 0.6),
        ((0.2, 0.2), 2, 0.0),
        ((0, 0, 0), 2, 0.0),
    ],
)
def test_tries_cost(results, hints, score):
    assert at("tries", *results, hints=hints).score == pytest.approx(score)


def test_tries_are_one_more_than_hints_and_lock():
    assert at("tries").tries_left == 3
    assert at("tries", 0, 0).tries_left == 1
    last = at("tries", 0, 0, 0)
    assert (last.tries_left, last.locked, last.can_submit, last.can_hint) == (0, True, False, False)
    assert last.can_solution
    done = at("tries", 1)
    assert (done.locked, done.can_solution, done.solved) == (True, True, True)
    assert not at("tries", 0, 0).can_solution
    assert not at("tries", hints=2).can_hint
    assert not at("tries", hints=2).can_solution


def test_assess_shows_nothing_before_the_release():
    before = at("assess", 1)
    assert (before.status, before.score, before.solved) == ("needs_review", 0.0, False)
    allowed = (before.shows_feedback, before.can_hint, before.can_solution, before.can_mark)
    assert not any(allowed)
    assert before.can_submit
    after = at("assess", 0, 1, released=True)
    assert (after.status, after.score, after.shows_feedback) == ("correct", 1.0, True)
    assert (after.can_submit, after.locked, after.can_solution) == (False, True, True)


def test_poll_holds_two_votes():
    assert at("poll").can_revote is False
    first = at("poll", 0)
    assert (first.phase, first.can_revote, first.shows_feedback) == ("before", True, False)
    open_ = at("poll", 0, phase="after")
    assert (open_.phase, open_.can_revote, open_.can_submit) == ("after", False, True)
    votes = (*tried(0).attempts, Attempt({}, Outcome("correct", 1.0), "", "after"))
    progress = Progress("x", attempts=votes, phase="after", variant={"key": {"choice": "b"}})
    second = stand(fakes.exercise("single"), progress, "poll")
    assert (second.shows_feedback, second.locked, second.status) == (True, True, "correct")
    bare = Progress("x", attempts=votes, phase="after", variant={"key": {}})
    assert not stand(fakes.exercise("poll"), bare, "poll").shows_feedback


def test_team_needs_its_members_first():
    assert not at("team").can_submit
    there = at("team", 0, 0, team={"name": "一队", "members": ["a", "b"]})
    assert (there.can_submit, there.can_solution, there.tries_left) == (True, True, None)


def marked(by, ticks, **more):
    return {by: {"by": by, "ticks": ticks, **more}}


def test_essay_scores_by_its_marks_and_the_trainer_counts_first():
    def essay(marks):
        found = at("practice", None, kind="essay", marks=marks)
        return found.status, round(found.score, 3)

    assert essay({}) == ("needs_review", 0.0)
    own = marked("self", {"owner": True, "date": True})
    assert essay(own) == ("correct", 1.0)
    assert essay(own | marked("trainer", {"owner": True})) == ("partial", 0.667)
    assert essay(marked("self", {})) == ("incorrect", 0.0)
    assert essay(marked("self", {"owner": True}, attempt=0)) == ("needs_review", 0.0)


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_rule_can_be_said(behaviour, lang):
    key, numbers = at(behaviour).rule
    text = t(key, lang, **numbers)
    assert "{" not in text
    if behaviour == "tries":
        assert all(figure in text for figure in ("3", "15", "10"))


def test_the_lesson_overrides_the_file_and_the_opening_comes_before_the_file():
    assert at("", behaviour="tries").behaviour == "tries"
    assert at("team", behaviour="tries").behaviour == "team"
    assert at("").behaviour == "practice"
    with pytest.raises(KamkitError) as caught:
        at("guess")
    assert caught.value.problems[0].code == "unknown_behaviour"


def test_release_code():
    code = release_code("2026-09", "m01_pareto")
    assert len(code) == 6
    assert set(code) <= set(ALPHABET)
    assert not set("01OI") & set(ALPHABET)
    assert release_code("2026-09", "m01_pareto") == code != release_code("2026-10", "m01_pareto")
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code.lower())
    assert same_code(f" {wide[:3]}-{wide[3:]} ", code)
    assert not same_code("", code)


# --- every kind through every behaviour -------------------------------------------------


def begin(kind, behaviour):
    made, journal = fakes.exercise(kind), fakes.FakeJournal()
    return Session(made, journal, cohort="c", trainee="t", behaviour=behaviour), journal


def resumed(session, journal):
    """A fresh session on the same journal shows and allows the same."""
    again = Session(session.exercise, journal, cohort="c", trainee="t", behaviour=session.behaviour)
    assert again.progress == session.progress
    assert again.stand == session.stand
    assert again.variant == session.variant
    return again


def refused(action):
    with pytest.raises(KamkitError):
        action()


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("kind", KINDS)
def test_matrix(kind, behaviour):
    session, journal = begin(kind, behaviour)
    wrong, right = fakes.wrong_answer(session.exercise), fakes.right_answer(session.exercise)
    assert session.stand.status == "not_attempted"
    assert journal.kept == []
    refused(session.solution)
    refused(session.revote)
    refused(lambda: session.mark("self", []))
    if behaviour != "assess":
        refused(lambda: session.release("XXXXXX"))

    session.draft(wrong)
    assert journal.types == ["opened", "draft"]
    session = resumed(session, journal)
    assert session.progress.draft == wrong

    by = {}
    if behaviour == "team":
        assert [p.code for p in session.submit(wrong)] == ["team_missing"]
        session.team("一队", ["a", "b"])
        assert [p.code for p in session.submit(wrong)] == ["answer_by_missing"]
        by = {"by": "a"}
    if behaviour in ("assess", "poll"):
        refused(session.hint)
    else:
        assert session.hint() == session.exercise.hints[0]
        assert session.progress.hints == 1

    first = session.submit({**wrong, **by})
    session = resumed(session, journal)
    assert session.progress.last.answer == {**wrong, **by}
    stored = session.progress.last.outcome
    assert stored.score < 1
    shown = behaviour in ("practice", "tries", "team")
    assert first == (stored if shown else VEILED)
    assert session.stand.shows_feedback is shown
    if kind in SCORED and shown:
        assert "named" in first.mistakes
    if behaviour == "poll":
        assert session.hint() == session.exercise.hints[0]
        refused(session.solution)
        session.revote()
        assert session.stand.phase == "after"

    second = session.submit({**right, **by})
    session = resumed(session, journal)
    stored = session.progress.last.outcome
    assert (stored.status == "correct") is (kind in SCORED)
    if behaviour == "assess":
        assert second == VEILED
        refused(session.solution)
        refused(lambda: session.release("XXXXXX"))
        session.release(release_code("c", session.exercise.id).lower())
    if behaviour == "poll":
        assert session.stand.shows_feedback is (kind in SCORED)
    if kind in SCORED and behaviour != "poll":
        price = 0.85 if behaviour == "tries" else 1.0
        assert (session.stand.status, session.stand.score) == ("correct", price)
    if behaviour == "tries" and kind not in SCORED:
        assert session.stand.tries_left == 1
        session.submit({**right, "reason": "想过了"})

    if kind == "essay":
        session.mark("self", {"owner": True})
        if behaviour == "poll":
            assert session.stand.status == "needs_review"
        else:
            assert session.stand.status == "partial"
        session.mark("trainer", ["owner", "date"], "好")
        assert set(session.progress.marks) == {"self", "trainer"}
    assert session.solution() == session.exercise.solution
    session.solution()
    assert journal.types.count("solution") == 1
    locked = behaviour in ("assess", "poll") or (behaviour == "tries")
    assert session.stand.locked is locked
    if locked:
        assert [p.code for p in session.submit({**wrong, "reason": "x"})] == ["locked"]
    session = resumed(session, journal)
    assert session.progress.solution_seen
    assert journal.types.count("opened") == 1
