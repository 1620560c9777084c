"""Where a trainee stands: done, begun, scored, and where to go on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from exercises import fakes
from kamkit.exercises.model import Outcome
from kamkit.exercises.progress import Attempt, Progress
from kamkit.exercises.session import Session
from kamkit.exercises.standing import line, lines, mean_score, where_left

KINDS = {"first": "single", "second": "number", "third": "many"}


def answered(status):
    outcome = Outcome(status, float(status == "correct"))
    return Attempt({"parts": {}}, outcome, "2026-09-01T08:00:00+00:00")


def named(name, kind, **changes):
    return fakes.exercise_from({**fakes.exercise_data(kind, **changes), "id": name}, name)


def wrong(made, n):
    """A wrong answer that was not sent before: sent twice it counts once."""
    return {**fakes.wrong_answer(made), "reason": f"because {n}"}


def start(behaviour="practice", kind="single", journal=None):
    made = fakes.exercise(kind, behaviour=behaviour)
    journal = fakes.FakeJournal() if journal is None else journal
    session = Session(made, journal, cohort="c", trainee="t")
    if behaviour == "team":
        session.team("A", ["x", "y"])
    return made, session


def test_nothing_was_tried():
    found = line(fakes.exercise("single"))
    assert not found.begun and not found.done
    assert found.score is None and found.tries == 0 and found.mistakes == ()


def test_an_answered_round_counts_until_the_other_one_has_an_answer():
    made = fakes.exercise("single")
    variant = {"format": 1, "key": {"choice": {}}}
    done = Progress(made.id, variant=variant, attempts=(answered("correct"),))
    fresh = Progress(made.id, own=True, variant=variant, other=done)
    assert line(made, fresh).score == 1.0 and line(made, fresh).done
    tried = replace(fresh, attempts=(answered("incorrect"),))
    assert line(made, tried).score == 0.0 and not line(made, tried).done


def test_a_draft_is_begun_and_a_right_answer_is_done():
    made, session = start()
    session.draft(fakes.wrong_answer(made))
    assert line(made, session.progress).begun and not line(made, session.progress).done
    session.submit(wrong(made, 1))
    found = line(made, session.progress)
    assert not found.done and found.score < 1 and found.mistakes == (("named", 1),)
    session.submit(wrong(made, 2))
    session.submit(fakes.right_answer(made))
    found = line(made, session.progress)
    assert found.done and found.score == 1.0 and found.tries == 3
    assert found.mistakes == (("named", 2),)


def test_used_up_tries_are_done():
    made, session = start("tries")
    for n in range(3):
        session.submit(wrong(made, n))
    found = line(made, session.progress)
    assert found.done and found.stand.locked and found.score < 1


@pytest.mark.parametrize("behaviour", ["assess", "poll"])
def test_what_is_held_back_tells_neither_score_nor_mistakes(behaviour):
    made, session = start(behaviour)
    session.submit(fakes.wrong_answer(made))
    found = line(made, session.progress)
    assert found.score is None and found.mistakes == () and found.begun
    # A test waits for its release; a poll for its second vote.
    assert found.done is (behaviour == "assess")


def test_free_text_is_done_when_it_waits_and_says_who_marked_it():
    made, session = start(kind="essay")
    session.submit(fakes.right_answer(made))
    found = line(made, session.progress)
    assert found.done and found.score is None and found.marked_by == ""
    session.mark("self", [criterion.id for criterion in made.rubric])
    found = line(made, session.progress)
    assert found.marked_by == "self" and found.score == 1.0
    session.mark("trainer", [])
    assert line(made, session.progress).marked_by == "trainer"


def test_one_goes_on_where_one_left():
    bank = {name: named(name, kind) for name, kind in KINDS.items()}
    order, journal = list(bank), fakes.FakeJournal()

    def answer(name, parts):
        Session(bank[name], journal, cohort="c", trainee="t").submit(parts(bank[name]))

    def left():
        return where_left(order, lines(bank, journal.events()), journal.events())

    assert left() == ""
    answer("second", fakes.wrong_answer)
    assert left() == "second"
    answer("second", fakes.right_answer)
    assert left() == "third"
    answer("third", fakes.right_answer)
    assert left() == "first"
    answer("first", fakes.right_answer)
    assert left() == ""


def test_the_mean_is_over_what_has_a_score():
    bank = {name: named(name, kind) for name, kind in KINDS.items()}
    journal = fakes.FakeJournal()
    assert mean_score(lines(bank, []).values()) is None
    Session(bank["first"], journal, cohort="c", trainee="t").submit(
        fakes.right_answer(bank["first"])
    )
    assert mean_score(lines(bank, journal.events()).values()) == 1.0
