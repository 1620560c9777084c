"""The exercise view without a browser: what it sends, what messages do, what never happens."""

from __future__ import annotations

import json
import logging

import pytest
from workroom import BANK, KINDS

from kamkit.errors import KamkitError, Problem
from kamkit.exercises.bank import load_bank, load_exercise, make_variant
from kamkit.exercises.desk import open_desk, sign_in
from kamkit.i18n import LANGUAGES, catalog, t
from kamkit.widgets import exercise as shown
from kamkit.widgets.exercise.state import asked_back
from kamkit.widgets.exercise.view import LOG, joined

RIGHT = {
    "single": {"choice": "egret"},
    "many": {"pine": True, "egret": True},
    "number": {"value": "60%"},
    "text": {"text": "pareto"},
    "rank": {"order": ["egret", "pine", "dipper"]},
    "match": {"egret": "a", "pine": "b", "dipper": "c"},
    "stages": {"egret": "contract", "pine": "offer", "dipper": "meet"},
    "matrix": {"egret": "flat_big", "pine": "grow_big", "dipper": "grow_small"},
    "allocate": {"egret": "60", "pine": "30", "dipper": "10"},
    "table": {
        "egret.share": "60%",
        "egret.service": "own",
        "pine.share": "40%",
        "pine.service": "team",
    },
    "essay": {"text": "六成销售额来自白鹭，风险也大。"},
    "poll": {"choice": "hold"},
}
TONES = dict.fromkeys(KINDS, "right") | {"essay": "noted", "poll": "noted"}
NUMBERED = iter(range(10**6))


@pytest.fixture(autouse=True)
def desk(monkeypatch, tmp_path):
    """A bank of small exercises and an empty folder for journals."""
    for name in ("KAMKIT_TRAINEE", "KAMKIT_COHORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KAMKIT_BANK", str(BANK))
    monkeypatch.setenv("KAMKIT_HOME", str(tmp_path / "张 三"))
    return tmp_path / "张 三"


def say(view, type_, **more):
    """One message of the browser, and the state that answers it."""
    n = f"test:{next(NUMBERED)}"
    view._heard(view, {"type": type_, "n": n, **more}, [])
    assert view.state["ack"] == n
    return view.state


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_complete_and_plain(kind, lang):
    view = shown(f"kind_{kind}", lang=lang)
    page = json.loads(json.dumps(view.page))
    assert page["kind"] == kind and page["title"] and page["task"].startswith("<p>")
    assert "{" not in json.dumps({k: v for k, v in page.items() if k != "words"})[1:-1].replace(
        '{"', ""
    )
    texts = json.dumps({k: v for k, v in page.items() if k != "words"}, ensure_ascii=False)
    assert any("一" <= c <= "鿿" for c in texts) == (lang == "zh")
    assert page["words"]["submit"] == t("exercise.submit", lang)


@pytest.mark.parametrize(
    ("lang", "asked"),
    [
        ("zh", "这里的金额以元为单位，“$5000”写的是美元。"),
        ("en", "Amounts here are in CNY; “$5000” reads as USD."),
    ],
)
def test_another_currency_is_asked_back_by_name(lang, asked):
    details = {"typed": "USD", "currency": "CNY"}
    problem = Problem("figure_currency", column="value", value="$5000", details=details)
    assert asked_back([problem], lang)["value"].startswith(asked)


@pytest.mark.parametrize(
    ("lang", "points", "texts"),
    [
        ("zh", "60", ["现在合计 110，超过了 100。", "多分了 10"]),
        ("zh", "40", ["现在合计 90，不到 100。", "还有 10 没有分出去"]),
        ("en", "60", ["add up to 110, more than 100", "10 too much"]),
        ("en", "40", ["add up to 90, short of 100", "left to share out: 10"]),
    ],
)
def test_points_too_many_and_too_few_read_differently(lang, points, texts):
    view = shown("kind_allocate", lang=lang)
    given = {"egret": points, "pine": "30", "dipper": "20"}
    said = say(view, "submit", answer={"parts": given})["asked"][""]
    assert all(text in said for text in texts), said


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_right_answer_comes_back_as_such(kind, lang):
    view = shown(f"kind_{kind}", lang=lang)
    say(view, "shown")
    state = say(view, "submit", answer={"parts": RIGHT[kind]})
    assert state["feedback"]["tone"] == TONES[kind]
    assert state["answer"]["parts"] == RIGHT[kind]
    assert json.loads(json.dumps(dict(state))) == state


@pytest.mark.parametrize("kind", KINDS)
def test_the_other_language_shows_the_same_answer(kind):
    say(shown(f"kind_{kind}", lang="zh"), "draft", answer={"parts": RIGHT[kind], "reason": "因"})
    other = shown(f"kind_{kind}", lang="en").state
    assert other["answer"] == {"parts": RIGHT[kind], "reason": "因"}


def test_looking_writes_nothing(desk):
    view = shown("kind_single", lang="zh")
    say(view, "shown")
    say(view, "shown")
    assert not desk.exists()


def test_the_draft_is_on_the_disk_when_it_is_acknowledged():
    view = shown("kind_number", lang="zh")
    say(view, "draft", answer={"parts": {"value": "５０％"}})
    assert [e.type for e in open_desk().journal.events()] == ["opened", "draft"]


def test_another_person_sits_down():
    view = shown("kind_number", lang="zh")
    say(view, "draft", answer={"parts": {"value": "1"}})
    key = view.page["key"]
    sign_in("A", "乙", "乙", "zh")
    state = say(view, "shown")
    assert state["answer"] == {} and view.page["key"] != key


def test_blank_and_unclear_answers_are_asked_back_and_kept():
    view = shown("kind_table", lang="en")
    assert say(view, "submit", answer={"parts": {}})["asked"] == {
        "": t("exercise.nothing_yet", "en")
    }
    parts = {"egret.share": "3-5", "egret.service": "own"}
    state = say(view, "submit", answer={"parts": parts})
    assert "egret.share" in state["asked"] and not state["confirm"]
    assert state["answer"]["parts"] == parts and state["feedback"] is None
    state = say(view, "submit", answer={"parts": {**parts, "egret.share": "60%"}})
    assert state["confirm"]
    answer = {"parts": {**parts, "egret.share": "60%"}, "confirmed": True}
    assert say(view, "submit", answer=answer)["feedback"]["tone"] == "partly"


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        {},
        {"type": "no_such"},
        {"type": ["draft"]},
        {"type": "draft"},
        {"type": "draft", "answer": "x"},
        {"type": "draft", "answer": {"parts": [1]}},
        {"type": "draft", "answer": {"parts": {"no_such_part": "x"}}},
        {"type": "submit", "answer": {"parts": {"value": {"deep": [[[]]]}}}},
        {"type": "submit", "answer": {"parts": {"value": "9" * 100_000}}},
        {"type": "submit", "n": {"x": 1}, "answer": {"parts": {f"p{i}": "x" for i in range(900)}}},
        {"type": "mark", "by": 3, "ticks": {"a": 1}},
        {"type": "release", "code": None},
        {"type": "team", "members": "all"},
        {"type": "solution"},
        {"type": "own", "on": "yes"},
    ],
)
def test_hostile_messages_change_nothing(message):
    view = shown("kind_number", lang="en")
    say(view, "draft", answer={"parts": {"value": "12"}})
    view._heard(view, message, [])
    assert say(view, "shown")["answer"]["parts"] in ({"value": "12"}, {}, {"value": "9" * 10_000})
    assert "problem" not in view.state


def test_errors_of_ours_are_said_in_words():
    view = shown("kind_number", lang="zh")
    state = say(view, "release", code="x")
    assert state["problem"] and "KamkitError" not in state["problem"]
    assert "problem" not in say(view, "shown")


def test_an_unforeseen_error_is_one_sentence_and_goes_into_the_log(desk, monkeypatch, capsys):
    view = shown("kind_number", lang="zh")
    say(view, "draft", answer={"parts": {"value": "60%"}})
    broken = ValueError("secret detail")
    monkeypatch.setattr(view._session, "submit", lambda _: (_ for _ in ()).throw(broken))
    state = say(view, "submit", answer={"parts": {"value": "60%"}})
    assert state["problem"] == t("exercise.internal_error", "zh")
    assert state["answer"]["parts"] == {"value": "60%"}
    assert "secret detail" in (desk / LOG).read_text(encoding="utf-8")
    files = [getattr(h, "baseFilename", "") for h in logging.getLogger("kamkit.exercise").handlers]
    assert not any(name.endswith(LOG) for name in files)
    out = capsys.readouterr()
    assert "Traceback" not in out.out + out.err


def test_an_unreadable_journal_is_said_and_read_once_it_can_be():
    file = open_desk().file
    file.parent.mkdir(parents=True)
    file.mkdir()
    view = shown("kind_number", lang="en")
    assert view.page["title"] and view.state["problem"]
    assert say(view, "draft", answer={"parts": {"value": "1"}})["problem"]
    file.rmdir()
    assert "problem" not in say(view, "shown")
    assert say(view, "draft", answer={"parts": {"value": "1"}})["answer"]["parts"] == {"value": "1"}


def test_unknown_exercise_and_language_are_told():
    with pytest.raises(KamkitError):
        shown("no_such", lang="zh")
    with pytest.raises(KamkitError):
        shown("kind_single", lang="fr")


def test_own_accounts_are_offered_once_entered(monkeypatch):
    monkeypatch.delenv("KAMKIT_BANK")
    own = next((e for e in load_bank().values() if e.own_accounts), None)
    if own is None:
        pytest.skip("no exercise of the bank takes own accounts yet")
    view = shown(own.id, lang="zh")
    assert view.state["own"] is None
    rows = [
        {
            "name": f"客户{n}",
            "revenue": 10000.0 * n * n,
            "previous_revenue": 9000.0 * n * n + 500,
            "margin": 3000.0 * n,
            "cost_to_serve": 800.0 * n,
            "category_spend": 30000.0 * n * n,
            "relationship": n % 5 + 1,
        }
        for n in range(1, 13)
    ]
    open_desk().journal.append("own_accounts", data={"rows": rows}, private=True)
    assert say(view, "shown")["own"] == {"on": False, "count": 12}
    before = view.page
    state = say(view, "own", on=True)
    assert state["own"]["on"], state.get("problem")
    assert view.page != before
    say(view, "hint")
    assert view.state["own"] == {"on": True, "count": 0}
    assert all(e.private for e in open_desk().journal.events(own.id))
    hints, key = view.state["hints"], view.page["key"]
    state = say(view, "own", on=False)
    assert state["own"] == {"on": False, "count": 12} and state["hints"] == []
    assert view.page == before and key != before["key"]
    state = say(view, "own", on=True)
    assert state["hints"] == hints != []
    assert shown(own.id, lang="zh").state["hints"] == hints


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_whole_bank_can_be_shown(lang, monkeypatch):
    monkeypatch.delenv("KAMKIT_BANK")
    for name in load_bank():
        view = shown(name, lang=lang)
        data = {k: v for k, v in view.page.items() if k != "words"}
        text = json.dumps(data, ensure_ascii=False)
        assert "{" not in view.page["task"], name
        # Bold that ends after a full stop and before a Chinese character isn't Markdown.
        assert "**" not in text, name
        assert any("一" <= c <= "鿿" for c in text) == (lang == "zh"), name


def test_every_word_of_the_front_end_is_in_the_catalogs():
    import re

    asked = set(re.findall(r'\bsay\(\s*"(\w+)"', joined("js")))
    asked |= {f"rank_{name}" for name in ("up", "down")} | {f"mark_{t}" for t in ("right", "wrong")}
    known = {k.removeprefix("exercise.") for k in catalog("en") if k.startswith("exercise.")}
    assert asked <= known


def test_solutions_say_the_answer_of_the_variant():
    exercise = load_exercise("kind_number")
    from kamkit.widgets.exercise.best import solution_words
    from kamkit.widgets.exercise.written import written

    words = solution_words(exercise, make_variant(exercise, 0), "zh")
    assert written(words["answer_value"], "zh") == "60%"
