"""The session: what is written when, two tabs, own accounts, versions, refusals."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest

from exercises import fakes
from kamkit.errors import KamkitError
from kamkit.exercises import bank
from kamkit.exercises.forms import variant_data
from kamkit.exercises.handin import shareable
from kamkit.exercises.model import Accept, Variant
from kamkit.exercises.progress import progress
from kamkit.exercises.session import Session
from kamkit.exercises.variants import seed_for

OWN = pd.DataFrame({"account_id": ["1", "2"], "revenue": [3.0, 1.0]})


def begin(journal=None, kind="single", behaviour="", accounts=None, trainee="t", **changes):
    journal = fakes.FakeJournal() if journal is None else journal
    made = fakes.exercise(kind, **changes)
    who = {"cohort": "c", "trainee": trainee}
    return Session(made, journal, **who, behaviour=behaviour, accounts=accounts), journal


def drawn(draw, accounts):
    """A recipe: the right figure hangs on the seed, or on the trainee's own accounts."""
    if accounts is not None:
        return Variant(key={"value": Accept(any=(float(accounts["revenue"].sum()),))})
    best = draw.integer(1, 10**9)
    return Variant(key={"value": Accept(any=(best,))}, words={"n": best})


@pytest.fixture
def recipe(monkeypatch):
    made = []

    def counted(draw, accounts):
        made.append(draw.seed)
        return drawn(draw, accounts)

    monkeypatch.setattr(bank, "_recipe", lambda _: counted)
    monkeypatch.setattr(bank, "_has_recipe", lambda _: True)
    field = [{"id": "value", "text": fakes.said("数", "Figure")}]
    settings = {"recipe": "fake.drawn", "variants": True, "fields": field, "key": {}}
    return {"kind": "number", **settings, "own_accounts": True}, made


def codes(caught):
    return [p.code for p in caught.value.problems]


def test_looking_writes_nothing():
    session, journal = begin()
    _ = session.variant, session.stand, session.progress
    session.refresh()
    session.draft({"parts": {}})
    session.draft({"parts": {"choice": ""}})
    assert journal.kept == []


def test_a_blank_answer_is_no_try():
    session, journal = begin(behaviour="tries")
    assert session.submit({"parts": {}}).status == "not_attempted"
    assert session.submit({"parts": {"choice": " "}}).status == "not_attempted"
    assert journal.kept == []
    assert session.stand.tries_left == 3


def test_what_is_asked_back_is_no_try():
    session, journal = begin(kind="number", behaviour="tries")
    assert [p.code for p in session.submit({"parts": {"value": "1,5"}})]
    assert journal.kept == []


@pytest.mark.parametrize("behaviour", ["practice", "tries", "assess", "poll"])
def test_the_same_answer_sent_again_is_no_second_try(behaviour):
    session, journal = begin(behaviour=behaviour)
    answer = {"parts": {"choice": "a"}, "confirmed": True}
    first = session.submit(answer)
    again, _ = begin(journal, behaviour=behaviour)
    assert again.submit(answer) == first
    assert journal.types == ["opened", "answered"]
    again.draft({"parts": {"choice": "b"}})
    again.submit(answer)
    assert journal.types[-2:] == ["draft", "answered"]


def test_the_last_try_sent_again_still_says_what_came_of_it():
    session, _ = begin(behaviour="tries")
    outcome = session.submit({"parts": {"choice": "b"}})
    assert session.stand.locked
    assert session.submit({"parts": {"choice": "b"}}) == outcome


def test_the_second_vote_may_be_the_same():
    session, _ = begin(kind="poll", behaviour="poll")
    session.submit({"parts": {"choice": "a"}})
    session.revote()
    session.submit({"parts": {"choice": "a"}})
    assert [a.phase for a in session.progress.attempts] == ["before", "after"]


def test_blanks_go_through_once_confirmed():
    session, journal = begin(kind="match")
    answer = {"parts": {"q": "later"}}
    assert [p.code for p in session.submit(answer)] == ["answer_blank"]
    assert session.submit({**answer, "confirmed": True}).score == 0.5
    assert session.progress.last.answer == answer
    assert journal.types == ["opened", "answered"]


def test_the_variant_is_the_trainees_own_and_stored_as_met(recipe):
    changes, made = recipe
    session, journal = begin(**changes)
    seed = seed_for("c", "t", "tiny_number", 1)
    assert made == []
    first = session.variant
    assert made == [seed]
    session.draft({"parts": {"value": "7"}})
    opened = journal.kept[0]
    assert opened.data["seed"] == seed
    assert opened.data["variant"] == json.loads(json.dumps(variant_data(first)))
    other, _ = begin(trainee="u", **changes)
    assert other.variant != first


def test_a_stored_variant_is_never_made_anew(recipe, monkeypatch):
    changes, made = recipe
    session, journal = begin(**changes)
    session.hint()
    first, calls = session.variant, len(made)
    monkeypatch.setattr(bank, "_recipe", lambda _: pytest.fail)
    again, _ = begin(journal, **changes)
    assert again.variant == first
    assert again.progress.hints == 1
    assert len(made) == calls


def test_without_variants_all_meet_the_same(recipe):
    changes, made = recipe
    session, _ = begin(**{**changes, "variants": False})
    _ = session.variant
    assert made == [0]


def test_own_accounts_start_a_private_round(recipe):
    changes, _ = recipe
    session, journal = begin(**changes)
    session.draft({"parts": {"value": "7"}})
    own, _ = begin(journal, accounts=OWN, **changes)
    assert own.variant.key["value"].any == (4.0,)
    assert own.progress.draft is None
    outcome = own.submit({"parts": {"value": "4"}})
    assert outcome.status == "correct"
    assert [e.private for e in journal.kept] == [False, False, True, True]
    assert own.progress.own
    plain, _ = begin(journal, **changes)
    assert plain.variant.key["value"].any == (4.0,)
    again, _ = begin(journal, accounts=OWN, **changes)
    assert len(again.progress.attempts) == 1
    shared = [e for e in journal.kept if not e.private]
    assert progress(shared)["tiny_number"].draft == {"parts": {"value": "7"}}


def test_there_and_back_keeps_the_answers_to_both(recipe):
    changes, made = recipe
    session, journal = begin(behaviour="tries", **changes)
    session.submit({"parts": {"value": "7"}})
    session.hint()
    drawn_before = session.progress
    session.switch(OWN)
    assert session.progress.own and session.variant.key["value"].any == (4.0,)
    assert (session.progress.attempts, session.progress.hints) == ((), 0)
    session.draft({"parts": {"value": "5"}})
    session.switch(OWN)
    own_before = session.progress
    session.switch(None)
    assert replace(session.progress, other=None) == drawn_before
    session.submit({"parts": {"value": "8"}})
    session.switch(OWN)
    assert replace(session.progress, other=None) == replace(own_before, other=None)
    again, _ = begin(journal, behaviour="tries", **changes)
    assert again.progress == session.progress
    again.switch(None)
    assert [a.answer["parts"]["value"] for a in again.progress.attempts] == ["7", "8"]
    private = [e.private for e in journal.kept if e.type == "opened"]
    assert private == [False, True, False, True, False]


def test_what_is_handed_in_is_the_drawn_round_alone(recipe):
    changes, _ = recipe
    session, journal = begin(**changes)
    session.submit({"parts": {"value": "7"}})
    before = session.progress
    session.switch(OWN)
    session.submit({"parts": {"value": "4"}})
    session.switch(None)
    session.draft({"parts": {"value": "9"}})
    found = progress(shareable(journal.kept))["tiny_number"]
    assert found == replace(before, draft={"parts": {"value": "9"}})


def test_changed_own_accounts_begin_a_new_round(recipe):
    changes, _ = recipe
    session, _ = begin(**changes)
    session.switch(OWN)
    session.submit({"parts": {"value": "4"}})
    session.switch(None)
    assert session.progress.attempts == ()
    session.switch(OWN.assign(revenue=[5.0, 1.0]))
    assert session.variant.key["value"].any == (6.0,) and not session.progress.attempts


def test_switching_without_need_writes_nothing(recipe):
    changes, _ = recipe
    session, journal = begin(**changes, accounts=OWN)
    session.switch(None)
    assert journal.kept == [] and session.variant.words
    session.switch(OWN)
    session.switch(OWN)
    assert journal.types == ["opened"]
    plain, journal = begin()
    with pytest.raises(KamkitError) as caught:
        plain.switch(OWN)
    assert codes(caught) == ["no_own_accounts"] and journal.kept == []


def test_accounts_count_only_where_the_exercise_takes_them():
    session, journal = begin(accounts=OWN)
    session.submit({"parts": {"choice": "b"}})
    assert journal.kept[0].data["own"] is False


def test_two_tabs_see_each_other():
    one, journal = begin(behaviour="tries")
    two, _ = begin(journal, behaviour="tries")
    one.draft({"parts": {"choice": "a"}})
    two.draft({"parts": {"choice": "a"}})
    two.refresh()
    assert two.progress.draft == {"parts": {"choice": "a"}}
    one.submit({"parts": {"choice": "a"}})
    two.submit({"parts": {"choice": "b"}})
    assert [p.code for p in one.submit({"parts": {"choice": "a"}})] == ["locked"]
    one.refresh()
    assert one.progress == two.progress
    assert len(one.progress.attempts) == 2


def test_a_second_opening_of_the_same_round_changes_nothing():
    one, journal = begin()
    one.submit({"parts": {"choice": "a"}})
    data = dict(journal.kept[0].data)
    journal.append("opened", "tiny_single", 1, {**data, "variant": {"key": {}}})
    one.refresh()
    assert len(one.progress.attempts) == 1
    assert one.variant.key


def test_a_new_version_keeps_the_variant_that_still_fits():
    one, journal = begin(behaviour="tries")
    one.submit({"parts": {"choice": "a"}})
    two, _ = begin(journal, behaviour="tries", version=2)
    assert len(two.progress.attempts) == 1
    assert two.variant == one.variant


def test_a_new_version_that_does_not_fit_starts_anew():
    one, journal = begin(behaviour="tries")
    one.submit({"parts": {"choice": "b"}})
    places = [{"id": i, "text": fakes.said("项", "Option")} for i in ("c", "d")]
    rest = {"places": places, "key": {"choice": "d"}, "version": 2}
    mistakes = fakes.exercise_data("single")["mistakes"]
    mistakes[0]["when"] = [{"parts": {"choice": "c"}}]
    wrong = {"name": "w", "parts": {"choice": "c"}}
    samples = [{"name": "r", "right": True, "use": "key"}, wrong, wrong]
    two, _ = begin(journal, behaviour="tries", **rest, mistakes=mistakes, samples=samples)
    assert two.stand.tries_left == 3
    assert two.submit({"parts": {"choice": "d"}}).status == "correct"
    assert journal.types == ["opened", "answered", "opened", "answered"]
    assert len(two.progress.attempts) == 1


def test_drafts_are_written_once():
    session, journal = begin()
    for _ in range(3):
        session.draft({"parts": {"choice": "a"}, "confirmed": True})
    session.draft({"parts": {"choice": "b"}, "reason": " 因为 "})
    assert journal.types == ["opened", "draft", "draft"]
    assert journal.kept[-1].data == {"answer": {"parts": {"choice": "b"}, "reason": "因为"}}
    session.submit({"parts": {"choice": "b"}})
    assert session.progress.draft is None


def test_hostile_drafts():
    session, journal = begin(kind="essay")
    for answer in (
        None,
        3,
        {"parts": []},
        {"parts": {"text": "x" * 20_000}},
        {"parts": {"?": "x"}},
    ):
        with pytest.raises(KamkitError):
            session.draft(answer)
    session.draft({"parts": {"text": {"deep": [{}]}}})
    assert journal.kept == []


def test_hints_end():
    session, journal = begin()
    assert [session.hint(), session.hint()] == list(session.exercise.hints)
    with pytest.raises(KamkitError) as caught:
        session.hint()
    assert codes(caught) == ["no_hint"]
    assert [e.data["n"] for e in journal.kept[1:]] == [1, 2]


def test_team_is_checked():
    session, journal = begin(behaviour="team")
    for name, members in (
        ("", ["a", "b"]),
        ("x" * 61, ["a", "b"]),
        ("队", ["a"]),
        ("队", ["a", "a"]),
        ("队", ["a", " "]),
        ("队", [str(n) for n in range(13)]),
    ):
        with pytest.raises(KamkitError):
            session.team(name, members)
    with pytest.raises(KamkitError) as caught:
        session.team("", [])
    assert codes(caught) == ["team_name", "team_members"]
    session.team(" 一队 ", ["张", "李 "])
    assert session.progress.team == {"name": "一队", "members": ["张", "李"]}
    asked = session.submit({"parts": {"choice": "a"}, "by": "王"})
    assert [p.code for p in asked] == ["answer_by_unknown"]


def test_team_keeps_the_history_of_its_decisions():
    session, _ = begin(behaviour="team")
    session.team("一队", ["张", "李"])
    for by, choice in (("张", "a"), ("李", "a"), ("张", "b")):
        session.submit({"parts": {"choice": choice}, "by": by, "reason": "因为"})
    kept = [a.answer for a in session.progress.attempts]
    assert [a["by"] for a in kept] == ["张", "李", "张"]
    assert kept[-1]["reason"] == "因为"


def test_marks_are_checked_and_count_for_their_answer():
    session, journal = begin(kind="essay")
    session.submit({"parts": {"text": "由客户经理负责，十月底前办完"}})
    for by, ticks in (("self", ["nothing"]), ("anyone", ["owner"])):
        with pytest.raises(KamkitError):
            session.mark(by, ticks)
    session.mark("self", {"owner": True, "date": False}, "x" * 20_000)
    assert journal.kept[-1].data["ticks"] == {"owner": True, "date": False}
    assert session.stand.status == "partial"
    session.submit({"parts": {"text": "换一个写法"}})
    assert session.stand.status == "needs_review"


def test_only_essays_are_marked():
    session, _ = begin()
    session.submit({"parts": {"choice": "b"}})
    with pytest.raises(KamkitError) as caught:
        session.mark("trainer", [])
    assert codes(caught) == ["no_mark"]


def test_a_trainer_may_mark_before_the_release():
    session, _ = begin(kind="essay", behaviour="assess")
    session.submit({"parts": {"text": "由客户经理负责"}})
    with pytest.raises(KamkitError):
        session.mark("self", ["owner"])
    session.mark("trainer", ["owner"])
    assert session.stand.status == "needs_review"


def test_an_assessment_counts_the_last_answer():
    session, _ = begin(behaviour="assess")
    session.submit({"parts": {"choice": "b"}})
    session.submit({"parts": {"choice": "a"}})
    from kamkit.exercises.behaviours import release_code

    with pytest.raises(KamkitError) as caught:
        session.release("123456")
    assert codes(caught) == ["wrong_code"]
    session.release(release_code("c", "tiny_single"))
    assert session.stand.status == "incorrect"
    with pytest.raises(KamkitError) as caught:
        session.release(release_code("c", "tiny_single"))
    assert codes(caught) == ["no_release"]
