"""The fold of the journal: what is on screen is what was kept."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from exercises.stories import STORIES, answered
from hypothesis import given, settings

from exercises import fakes
from kamkit.exercises.journal import SqliteJournal
from kamkit.exercises.journal.records import event_line, read_event
from kamkit.exercises.progress import Progress, progress
from kamkit.exercises.session import Session


def journal_in(folder: str) -> SqliteJournal:
    return SqliteJournal(Path(folder) / "a.sqlite", cohort="c", trainee="t")


@settings(max_examples=60, deadline=None)
@given(STORIES)
def test_reopened_equals_on_screen(story):
    """The fold of what append returned, of a second journal, and of the file reopened."""
    with TemporaryDirectory() as folder:
        with closing(journal_in(folder)) as journal, closing(journal_in(folder)) as other:
            kept = [journal.append(k, x, 1, d, private=p) for k, x, d, p in story]
            assert progress(kept) == progress(journal.events()) == progress(other.events())
        with closing(journal_in(folder)) as again:
            assert progress(again.events()) == progress(kept)
            for exercise, stand in progress(kept).items():
                assert progress(again.events(exercise)) == {exercise: stand}


@settings(max_examples=60, deadline=None)
@given(STORIES)
def test_an_event_survives_its_line(story):
    with TemporaryDirectory() as folder, closing(journal_in(folder)) as journal:
        for kind, exercise, data, private in story:
            event = journal.append(kind, exercise, 1, data, private=private)
            assert read_event(event_line(event)) == event


def test_what_a_trainee_did(tmp_path):
    journal = journal_in(str(tmp_path))
    journal.append("opened", "m", 3, {"variant": {"key": {}}, "seed": 9, "behaviour": "tries"})
    journal.append("draft", "m", 3, {"answer": {"parts": {"a": "1"}}})
    assert progress(journal.events())["m"].draft == {"parts": {"a": "1"}}
    journal.append("answered", "m", 3, answered("partial", 0.5, "m_a"))
    journal.append("hint", "m", 3, {"n": 1})
    journal.append("own_accounts", data={"rows": []}, private=True)
    found = progress(journal.events())
    assert list(found) == ["m"]
    stand = found["m"]
    assert isinstance(stand, Progress)
    assert (stand.version, stand.seed, stand.hints, stand.draft) == (3, 9, 1, None)
    assert stand.last.outcome.mistakes == ("m_a",) and stand.last.outcome.score == 0.5


def test_a_session_goes_on_after_a_restart_and_in_a_second_tab(tmp_path):
    made = fakes.exercise("single", behaviour="tries")
    who = {"cohort": "c", "trainee": "t"}
    one = Session(made, journal_in(str(tmp_path)), **who)
    one.submit(fakes.wrong_answer(made))
    one.hint()
    two = Session(made, journal_in(str(tmp_path)), **who)
    assert (two.progress, two.stand, two.variant) == (one.progress, one.stand, one.variant)
    two.draft({"parts": fakes.right_answer(made)["parts"]})
    one.refresh()
    assert one.progress.draft == two.progress.draft is not None
    one.submit(fakes.right_answer(made))
    assert two.refresh() == one.progress and two.stand.solved
