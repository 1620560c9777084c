"""Parts of the twelve kinds, and answers read: as typed, or asked back, never an exception."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exercises import fakes
from kamkit.errors import KamkitError, Problem
from kamkit.exercises.answers import MOST_CHARACTERS, read_answer
from kamkit.exercises.check import check, understand
from kamkit.exercises.kinds import KINDS, parts
from kamkit.exercises.matching import holds, length
from kamkit.i18n import catalog, describe

ALL = list(KINDS)
PARTS = {
    "single": ["choice"],
    "many": ["a", "b", "c"],
    "number": ["value"],
    "text": ["text"],
    "rank": ["order"],
    "match": ["q", "r"],
    "matrix": ["q", "r"],
    "stages": ["q", "r"],
    "allocate": ["a", "b"],
    "table": ["a.profit", "a.sign", "b.profit", "b.sign"],
    "essay": ["text"],
    "poll": ["choice"],
}


def codes(kind, answer):
    made = fakes.exercise(kind)
    return [p.code for p in understand(made, made.fixed, answer)]


@pytest.mark.parametrize("kind", ALL)
def test_parts(kind):
    made = fakes.exercise(kind)
    assert list(parts(made, made.fixed)) == PARTS[kind]


def test_there_are_twelve_and_all_have_a_name():
    assert len(KINDS) == 12
    assert {f"kind.{kind}" for kind in KINDS} <= set(catalog("zh"))


def test_a_number_with_units_has_a_second_part():
    text = fakes.said("周期", "Cycle")
    units = [{"id": "days", "text": text}, {"id": "hours", "text": text}]
    field = {"id": "value", "text": text, "units": units}
    made = fakes.exercise("number", fields=[field], key={"value": 12, "unit": "days"})
    assert list(parts(made, made.fixed)) == ["value", "unit"]
    outcome = check(made, made.fixed, {"parts": {"value": "12", "unit": "hours"}})
    assert (outcome.score, outcome.reasons) == (0.5, (("wrong_unit", {}),))


@pytest.mark.parametrize("kind", ALL)
def test_right_answer_is_understood(kind):
    made = fakes.exercise(kind)
    assert understand(made, made.fixed, fakes.right_answer(made)) == []


BAD_VALUES = {
    "an unknown id": "nowhere",
    "a list": ["a", ["b"]],
    "junk": {"a": {"b": [1, {}]}},
    "a number": 12,
    "not a number": float("nan"),
    "infinite": float("inf"),
    "huge": 10**400,
    "long": "利" * (MOST_CHARACTERS + 1),
    "true": True,
    "control": "\x00\ud800",
    "formula": "=1+1",
}


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("name", BAD_VALUES)
def test_hostile_values_never_raise(kind, name):
    made = fakes.exercise(kind)
    for part in PARTS[kind]:
        answer = {"parts": {part: BAD_VALUES[name]}}
        problems = understand(made, made.fixed, answer)
        assert all(isinstance(p, Problem) for p in problems)
        for lang in ("zh", "en"):
            said = describe(KamkitError(*problems), lang) if problems else ""
            assert "Problem “" not in said
            assert "问题代码" not in said
        outcome = check(made, made.fixed, answer)
        assert outcome.score < 1 or kind in ("single", "poll", "many")


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "b",
        7,
        {"parts": None},
        {"parts": ["a"]},
        {"parts": {str(n): "x" for n in range(1000)}},
        {"parts": {"__class__": "x", "": 1, "a.b.c": None}},
        {"parts": {}, "reason": {"deep": []}},
        {"parts": {}, "by": 3},
        {"parts": {}, "reason": "x" * 20_000},
    ],
)
def test_hostile_frames_are_problems(kind, answer):
    made = fakes.exercise(kind)
    assert understand(made, made.fixed, answer)
    assert check(made, made.fixed, answer).status == "not_attempted"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("kind", ALL)
@given(answer=st.one_of(JSON, st.fixed_dictionaries({"parts": JSON})))
def test_any_json_is_read(kind, answer):
    made = fakes.exercise(kind)
    assert isinstance(understand(made, made.fixed, answer), list)
    assert 0 <= check(made, made.fixed, answer).score <= 1


@pytest.mark.parametrize("kind", ALL)
@given(data=st.data())
def test_any_values_of_its_own_parts_are_read(kind, data):
    made = fakes.exercise(kind)
    values = st.dictionaries(st.sampled_from(PARTS[kind]), JSON)
    answer = {"parts": data.draw(values)}
    read = read_answer(made, made.fixed, answer)
    assert set(read.values) <= set(PARTS[kind])
    assert 0 <= check(made, made.fixed, answer).score <= 1


def test_a_field_takes_amounts_in_its_own_currency_only():
    field = [{"id": "value", "text": fakes.said("销售额", "Sales"), "unit": "money"}]
    made = fakes.exercise("number", fields=field, key={"value": 5000})
    (problem,) = understand(made, made.fixed, {"parts": {"value": "$5000"}})
    assert (problem.code, problem.column) == ("figure_currency", "value")
    assert (problem.details["typed"], problem.details["currency"]) == ("USD", "CNY")
    assert understand(made, made.fixed, {"parts": {"value": "¥5000"}}) == []
    column = {"id": "n", "text": fakes.said("额", "Sales"), "kind": "money"}
    sheet = {"title": fakes.said("表", "Table"), "currency": "USD", "columns": [column]}
    abroad = fakes.exercise(
        "number", fields=field, key={"value": 5000}, sheets=[{**sheet, "rows": [[1]]}]
    )
    assert understand(abroad, abroad.fixed, {"parts": {"value": "$5000"}}) == []
    asked = understand(abroad, abroad.fixed, {"parts": {"value": "5000元"}})
    assert [p.details["currency"] for p in asked] == ["USD"]


def test_points_that_do_not_add_up_are_asked_back():
    assert codes("allocate", {"parts": {"a": "60", "b": "30"}}) == ["answer_sum"]
    assert codes("allocate", {"parts": {"a": "60", "b": "50"}}) == ["answer_sum_over"]
    assert codes("allocate", {"parts": {"a": "120", "b": "-20"}}) == ["answer_negative"]
    assert codes("allocate", {"parts": {"a": "69.9", "b": "30"}}) == []
    assert codes("allocate", {"parts": {"a": "100"}}) == []


def test_blank_parts_are_asked_back_once():
    answer = {"parts": {"q": "later", "r": " "}}
    assert codes("match", answer) == ["answer_blank"]
    assert codes("match", {**answer, "confirmed": True}) == []
    made = fakes.exercise("match")
    outcome = check(made, made.fixed, answer)
    assert (outcome.status, outcome.score) == ("partial", 0.5)
    assert ("left_out", {"n": 1}) in outcome.reasons


def test_confirming_does_not_pass_what_cannot_be_read():
    made = fakes.exercise("number")
    answer = {"parts": {"value": "3-5"}, "confirmed": True}
    problems = understand(made, made.fixed, answer)
    assert [p.code for p in problems] == ["figure_range"]
    assert problems[0].column == "value"
    assert "figure_range" in {p.code for p in problems}


def test_a_ranking_holds_every_item_once():
    assert codes("rank", {"parts": {"order": ["a", "b"]}}) == ["answer_no_order"]
    assert codes("rank", {"parts": {"order": ["a", "b", "b"]}}) == ["answer_no_order"]


@pytest.mark.parametrize(
    ("text", "word", "found"),
    [
        ("应该看客户的净利润。", "净利润", True),
        ("净 利 润", "净利润", True),
        ("「净利润」", "净利润", True),
        ("不是净利润", "净利润", False),
        ("不看净利润", "净利润", False),
        ("不应该按净利润排", "净利润", False),
        ("不是“净利润”", "净利润", False),
        ("不仅净利润", "净利润", True),
        ("除非净利润为负", "净利润", True),
        ("无非是净利润", "净利润", True),
        ("不，净利润才是", "净利润", True),
        ("不是价格，而是净利润", "净利润", True),
        ("不是净利润？就是净利润！", "净利润", True),
        ("ＮＥＴ　ＰＲＯＦＩＴ", "net profit", True),
        ("Net-profit", "net profit", True),
        ("net profits", "net profit", True),
        ("planet profit", "net profit", False),
        ("not the net profit", "net profit", False),
        ("it isn’t net profit", "net profit", False),
        ("not only net profit", "net profit", True),
        ("看ROI就行", "roi", True),
        ("", "净利润", False),
        ("净利润", "", False),
        ("净利润", "。", False),
    ],
)
def test_words_in_text(text, word, found):
    assert holds(text, word) is found


@given(st.text(max_size=60), st.text(max_size=10))
def test_any_text_can_be_searched(text, word):
    assert holds(text, word) in (True, False)
    assert length(text) >= 0
