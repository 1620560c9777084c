"""The course home and the results without a browser: words, messages, hostile names."""

from __future__ import annotations

import json
from datetime import date

import pytest

from exercises import fakes
from kamkit.exercises.course import load_course
from kamkit.exercises.desk import Person, desk_of, open_desk, people, sign_in
from kamkit.exercises.own_accounts import form
from kamkit.exercises.session import Session
from kamkit.exercises.standing import line
from kamkit.i18n import LANGUAGES, t
from kamkit.widgets.home import home, own, result
from kamkit.widgets.home.result import mistake_data, next_of, result_html, status_of
from kamkit.widgets.home.view import newcomer

HOSTILE = '<img src=x onerror=alert(1)>"{alias}'


@pytest.fixture(autouse=True)
def desk(tmp_path, monkeypatch):
    monkeypatch.setenv("KAMKIT_HOME", str(tmp_path / "记录"))
    for name in ("KAMKIT_COHORT", "KAMKIT_TRAINEE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


class Talk:
    """A home whose answers are kept."""

    def __init__(self, monkeypatch, lang="en"):
        self.view = home(lang)
        self.sent = []
        monkeypatch.setattr(
            self.view, "send", lambda content, buffers=None: self.sent.append((content, buffers))
        )

    def say(self, kind, *buffers, **message):
        self.view._heard(self.view, {"type": kind, "n": len(self.sent), **message}, list(buffers))
        return self.sent[-1]


@pytest.fixture
def talk(monkeypatch):
    return Talk(monkeypatch)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_home_says_all_in_one_language(lang):
    html = home(lang).html
    for card in load_course().cards:
        assert card.title.said(lang).split("“")[0].split("&")[0][:6] in html
    assert "{" not in html.split("</style>")[1]
    assert t("home.start", lang) in html


def test_looking_creates_no_file(desk):
    home("en")
    result("en")
    assert not (desk / "记录").exists()


def test_the_static_page_comes_with_the_widget():
    bundle = home("en")._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert "kk-home" in data["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in data


def test_sign_in_needs_a_name_and_keeps_two_of_one_name_apart(talk):
    answer, _ = talk.say("sign_in", alias=" ", cohort="A7")
    assert answer["problems"] and "Name" in answer["problems"][0]
    answer, _ = talk.say("sign_in", alias="  Li   Wei ", cohort="A7")
    assert answer["alias"] == "Li Wei" and "Li Wei" in talk.view.html
    first = open_desk().trainee
    assert first.startswith("Li Wei-")
    talk.say("sign_in", alias="Li Wei", cohort="A7")
    assert open_desk().trainee == first
    talk.say("sign_in", alias="Li Wei", cohort="B2")
    assert open_desk().trainee != first


def test_newcomers_never_share_a_record():
    names = {newcomer("A7", "Li", []).trainee for _ in range(50)}
    assert len(names) > 40
    assert newcomer("A7", "", []).trainee == ""
    known = [Person("A7", "Li-1234", "Li", "zh")]
    assert newcomer(" A7 ", "Li ", known) == known[0]


def test_people_are_chosen_from_the_list(talk):
    talk.say("sign_in", alias="Ada", cohort="A7")
    talk.say("sign_in", alias="Ben", cohort="A7")
    assert "Ada" in talk.view.html
    answer, _ = talk.say("known", who=0)
    assert answer["alias"] == "Ada"
    for odd in (5, -1, "0", None, True and 99):
        assert talk.say("known", who=odd)[0]["alias"] == "Ada"


def test_names_are_shown_as_typed(talk):
    talk.say("sign_in", alias=HOSTILE[:40], cohort="<b>A7")
    assert "<img" not in talk.view.html and "&lt;img" in talk.view.html
    assert "<b>A7" not in talk.view.html
    assert "<img" not in result("en").html


def test_the_language_is_remembered_when_the_page_is_seen(monkeypatch):
    sign_in("A7", "Li", "Li", "zh")
    assert open_desk().lang == "zh"
    home("en")
    assert open_desk().lang == "zh"
    Talk(monkeypatch, "en").say("shown")
    assert open_desk().lang == "en"


def test_the_form_comes_as_a_file(talk):
    answer, (data,) = talk.say("own_form")
    assert answer["name"].endswith(".xlsx") and data.startswith(b"PK")


def rows(**odd):
    made = [{"name": f"Account {i}", "revenue": f"{i}00"} for i in range(1, 6)]
    made[2].update(odd)
    return made


def test_own_accounts_are_kept_private_in_the_unit_of_the_heading(talk):
    talk.say("sign_in", alias="Li", cohort="A7")
    answer, _ = talk.say("own_rows", rows=rows(revenue="lots"))
    assert "Row 3" in answer["problems"][0]
    answer, _ = talk.say("own_rows", rows=rows())
    assert answer["said"] == t("home.own_saved", "en", count=5)
    (event,) = [e for e in open_desk().journal.events() if e.type == "own_accounts"]
    assert event.private
    assert event.data["rows"][0]["revenue"] == 100_000  # the heading says CNY thousand
    assert talk.view.form["rows"][0] == {"name": "Account 1", "revenue": "100"}
    assert t("home.own_count", "en", count=5) in home("en").html


@pytest.mark.parametrize(
    "message",
    [None, [], "x", {}, {"type": 7}, {"type": "own_rows", "rows": "x"},
     {"type": "own_rows", "rows": [[1], None, {"name": {"a": 1}}]},
     {"type": "own_upload"}, {"type": "sign_in", "alias": ["x"], "cohort": 3},
     {"type": "handin", "own": "yes"}],
)  # fmt: skip
def test_odd_messages_are_answered_in_words(talk, message):
    talk.view._heard(talk.view, message, [])
    answer, _ = talk.sent[-1]
    assert t("home.internal_error", "en") not in answer.get("problems", [])


def test_a_file_that_is_no_form_is_told(talk):
    answer, _ = talk.say("own_upload", b"not a workbook")
    assert answer["problems"]
    answer, _ = talk.say("own_upload", memoryview(form("en")))
    assert answer["problems"]  # empty


def test_a_fault_is_told_without_its_details(talk, monkeypatch):
    def broken(*_):
        raise ValueError("secret")

    monkeypatch.setattr("kamkit.widgets.home.view.people", broken)
    answer, _ = talk.say("sign_in", alias="Li", cohort="")
    assert answer["problems"] == [t("home.internal_error", "en")]


def test_the_hand_in_holds_answers_and_only_with_consent_the_accounts(talk):
    talk.say("sign_in", alias="Li", cohort="A7")
    talk.say("own_rows", rows=rows())
    answer, files = talk.say("handin", own=False)
    assert answer["said"] == t("home.handin_empty", "en") and not files
    made = fakes.exercise("single")
    session = Session(made, open_desk().journal, cohort="A7", trainee=open_desk().trainee)
    session.submit(fakes.right_answer(made))
    for own_too in (False, True):
        answer, (data,) = talk.say("handin", own=own_too)
        text = data.decode("utf-8")
        assert answer["name"].endswith(".jsonl")
        assert json.loads(text.splitlines()[0])["own"] is own_too
        assert ("Account 1" in text) is own_too and "tiny_single" in text


def test_stored_rows_are_typed_again_as_they_stand_in_the_grid():
    stored = [{"name": "甲", "revenue": 1_234_000.0, "growth": -0.05, "relationship": 4.0}]
    assert own.shown(stored, "zh") == [
        {"name": "甲", "revenue": "123.4", "growth": "-5%", "relationship": "4"}
    ]


def played(behaviour="practice", kind="single", answers=(), **marks):
    made = fakes.exercise(kind, behaviour=behaviour)
    session = Session(made, fakes.FakeJournal(), cohort="c", trainee="t")
    for n, right in enumerate(answers):
        answer = fakes.right_answer(made) if right else fakes.wrong_answer(made)
        session.submit({**answer, "reason": f"because {n}"})
    for by, ticks in marks.items():
        session.mark(by, ticks)
    return line(made, session.progress)


@pytest.mark.parametrize(
    ("found", "status", "step"),
    [
        (played(answers=[True]), "correct", "none"),
        (played(answers=[False, False, True]), "correct", "sure"),
        (played(answers=[False]), "incorrect", "redo"),
        (played(answers=[False, False]), "incorrect", "solution"),
        (played("tries", answers=[False] * 3), "incorrect", "locked"),
        (played("assess", answers=[True]), "kept", "wait"),
        (played("poll", answers=[False]), "voted_once", "revote"),
        (played(kind="essay", answers=[True]), "needs_review", "mark"),
        (played("assess", kind="essay", answers=[True]), "kept", "wait"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.exercise.kind,
)
def test_status_and_next_step(found, status, step):
    assert (status_of(found), next_of(found)) == (status, step)
    for lang in LANGUAGES:
        assert t(f"result.status_{status}", lang) and t(f"result.next_{step}", lang)


def test_mistakes_stand_with_their_count():
    found = played(answers=[False, False, True])
    (said,) = mistake_data([found], "en")
    assert said["count"] == 2 and "A wrong way of thinking." in said["html"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_result_says_what_it_rests_on(lang):
    bank = {"tiny_single": fakes.exercise("single")}
    found = {"tiny_single": played(answers=[False, True])}
    desk = desk_of(Person("A7", "Li-1", "Li", lang))
    html = result_html(load_course(bank), found, desk=desk, lang=lang, today=date(2026, 9, 7))
    assert t("result.read_few", lang, n=1) in html
    assert "A7" in html and "2026" in html
    assert "{" not in html.split("</style>")[1]


def test_before_the_first_answer_the_result_invites():
    assert t("result.nothing", "en") in result("en").html
    assert people() == []
