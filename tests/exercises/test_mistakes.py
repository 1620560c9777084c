"""Each condition of the file format, where it holds and where it doesn't."""

from __future__ import annotations

import pytest

from exercises import fakes
from kamkit.exercises.check import check
from kamkit.exercises.mistakes import CONDITIONS, MOST

ACCOUNTS = [{"id": i, "text": fakes.said("客户", "Account")} for i in ("a", "b", "c", "d")]
FIGURE = [{"id": "value", "text": fakes.said("数", "Figure")}]
RANK = {"items": ACCOUNTS, "key": {"order": {"order": [["a"], ["b"], ["c"], ["d"]]}}}
BOTH = {"traps": {"t": {"q": "now", "r": "later"}}}
MONEY = {"fields": FIGURE, "key": {"value": 1_200_000}}
GAINS = {"a.profit": "1", "a.sign": "gain", "b.profit": "2", "b.sign": "gain"}
# A sign that would follow from the trap's figure: alone it proves nothing.
SIGN = {"traps": {"t": {"a.profit": -3, "a.sign": "loss"}}}
POINTS = {"items": ACCOUNTS, "key": {"a": 40, "b": 30, "c": 20, "d": 10}}


def named(kind, when, values, **changes):
    """Whether the mistake shows for that answer."""
    base = fakes.exercise_data(kind, **changes)
    base["mistakes"][0]["when"] = [when]
    samples = [{"name": "w", "parts": {p: v}} for p, v in values.items()][:1] * 2
    right = {"name": "r", "right": True, "parts": dict(values)}
    made = fakes.exercise(
        kind, **{**changes, "mistakes": base["mistakes"], "samples": [right, *samples]}
    )
    return "named" in check(made, made.fixed, {"parts": values}).mistakes


def ordered(text):
    return {"order": list(text)}


CASES = [
    ("single", {"parts": {"choice": "a"}}, {"choice": "a"}, True, {}),
    ("single", {"trap": "t"}, {"choice": "a"}, True, {"traps": {"t": {"choice": "a"}}}),
    ("single", {"trap": "t"}, {"choice": "b"}, False, {"traps": {"t": {"choice": "b"}}}),
    ("single", {"parts": {"choice": "a"}, "no_trap": "t"}, {"choice": "a"}, False,
     {"traps": {"t": {"choice": "a"}}}),
    ("single", {"parts": {"choice": "a"}, "no_trap": "t"}, {"choice": "a"}, True,
     {"traps": {"t": {"choice": "b"}}}),
    ("match", {"trap": "t", "least": 2}, {"q": "now", "r": "later"}, True, BOTH),
    ("match", {"trap": "t", "least": 2}, {"q": "now", "r": "now"}, False, BOTH),
    ("number", {"trap": "t"}, {"value": "20.05%"}, True, {"traps": {"t": {"value": 0.2}}}),
    ("number", {"trap": "t"}, {"value": "21%"}, False, {"traps": {"t": {"value": 0.2}}}),
    ("many", {"trap": "t"}, {"a": True, "b": True}, True, {"traps": {"t": {"b": True}}}),
    ("many", {"trap": "t"}, {"a": True}, False, {"traps": {"t": {"b": True}}}),
    ("many", {"trap": "t"}, {"a": True}, True, {"traps": {"t": {"c": False}}}),
    ("many", {"trap": "t"}, {"a": True}, True, {"traps": {"t": {"a": True}}}),
    ("many", {"trap": "t"}, dict.fromkeys("abc", True), False, {"traps": {"t": {"a": True}}}),
    ("many", {"trap": "t", "least": 2}, {"a": True}, False, {"traps": {"t": {"a": True}}}),
    ("table", {"trap": "t"}, {**GAINS, "a.sign": "loss"}, False, SIGN),
    ("table", {"trap": "t"}, {**GAINS, "a.profit": "-3", "a.sign": "loss"}, True, SIGN),
    ("text", {"trap": "t"}, {"text": "看销售额"}, True, {"traps": {"t": {"text": "销售额"}}}),
    ("rank", {"trap": "t"}, ordered("dcba"), True, {**RANK, "traps": {"t": ordered("dcba")}}),
    ("rank", {"trap": "t"}, ordered("dbca"), False, {**RANK, "traps": {"t": ordered("dcba")}}),
    ("rank", {"trap": "t"}, ordered("abdc"), False, {**RANK, "traps": {"t": ordered("abcd")}}),
    ("match", {"any_parts": {"q": "now", "r": "later"}}, {"q": "later", "r": "later"}, True, {}),
    ("match", {"parts": {"q": "now", "r": "later"}}, {"q": "later", "r": "later"}, False, {}),
    ("match", {"parts": {"r": ["later", "now"]}}, {"q": "now", "r": "now"}, True, {}),
    ("many", {"parts": {"a": True, "c": False}}, {"a": True}, True, {}),
    ("match", {"wrong": ["q"]}, {"q": "now", "r": "now"}, True, {}),
    ("match", {"wrong": ["q"]}, {"q": "later", "r": "later"}, False, {}),
    ("match", {"wrong": ["*"], "least": 2}, {"q": "now", "r": "later"}, True, {}),
    ("match", {"wrong": ["*"], "least": 2}, {"q": "now", "r": "now"}, False, {}),
    ("many", {"wrong": ["c"]}, {"a": True}, True, {}),
    ("match", {"blank": ["q"]}, {"r": "now"}, True, {}),
    ("match", {"blank": ["q", "r"]}, {"r": "now"}, False, {}),
    ("match", {"blank": ["*"]}, {"q": "now"}, True, {}),
    ("many", {"blank": ["*"]}, {"a": True}, True, {}),
    ("many", {"blank": ["*"]}, {"a": True, "b": True, "c": True}, False, {}),
    ("number", {"scaled": [10, 100]}, {"value": "6%"}, True, {}),
    ("number", {"scaled": [10]}, {"value": "600%"}, True, {}),
    ("number", {"scaled": [10]}, {"value": "5.8%"}, True, {}),
    ("number", {"scaled": [10]}, {"value": "7%"}, False, {}),
    ("number", {"scaled": [10000]}, {"value": "120"}, True, MONEY),
    ("number", {"scaled": [10]}, {"value": "0"}, False, {}),
    ("number", {"direction": "high"}, {"value": "70%"}, True, {}),
    ("number", {"direction": "low"}, {"value": "70%"}, False, {}),
    ("stages", {"direction": "high"}, {"q": "won", "r": "offer"}, True, {}),
    ("stages", {"direction": "high", "parts_of": ["r"]}, {"q": "won", "r": "offer"}, False, {}),
    ("stages", {"direction": "low"}, {"q": "lead", "r": "lead"}, True, {}),
    ("match", {"same": True}, {"q": "now", "r": "now"}, True, {}),
    ("match", {"same": True}, {"q": "now", "r": "later"}, False, {}),
    ("allocate", {"same": True}, {"a": "25", "b": "25", "c": "25", "d": "25"}, True, POINTS),
    ("allocate", {"same": True}, {"a": "28", "b": "24", "c": "24", "d": "24"}, False, POINTS),
    ("table", {"same": True}, GAINS, True, {}),
    ("rank", {"top": "d"}, ordered("dabc"), True, RANK),
    ("rank", {"top": ["d", "c"]}, ordered("cabd"), True, RANK),
    ("rank", {"bottom": "a"}, ordered("bcda"), True, RANK),
    ("rank", {"bottom": "d"}, ordered("dabc"), False, RANK),
    ("allocate", {"top": "d"}, {"a": "20", "b": "20", "c": "20", "d": "40"}, True, POINTS),
    ("allocate", {"bottom": "a"}, {"b": "30", "c": "30", "d": "40"}, True, POINTS),
    ("allocate", {"top": "a"}, {"a": "25", "b": "25", "c": "25", "d": "25"}, False, POINTS),
    ("rank", {"reversed": True}, ordered("dcba"), True, RANK),
    ("rank", {"reversed": True}, ordered("dabc"), False, RANK),
    ("text", {"words_any": ["销售额", "sales"]}, {"text": "Sales volume"}, True, {}),
    ("text", {"words_any": ["销售额", "sales"]}, {"text": "不是销售额"}, False, {}),
    ("text", {"words_none": ["利润", "profit"]}, {"text": "看规模"}, True, {}),
    ("text", {"words_none": ["利润", "profit"]}, {"text": "看毛利润"}, False, {}),
    ("essay", {"shorter": 20}, {"text": "以后再说"}, True, {}),
    ("essay", {"shorter": 20}, {"text": "later, maybe next year, let us see"}, True, {}),
    ("essay", {"shorter": 10}, {"text": "由客户经理在十月底之前办完"}, False, {}),
    ("match", {"wrong": ["q"], "blank": ["r"]}, {"q": "now"}, True, {}),
    ("match", {"wrong": ["q"], "blank": ["r"]}, {"q": "now", "r": "now"}, False, {}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "when", "values", "shows", "changes"), CASES)
def test_condition(kind, when, values, shows, changes):
    assert named(kind, when, values, **changes) is shows


def test_every_condition_has_a_case():
    assert {name for _, when, *_ in CASES for name in when if name in CONDITIONS} == set(CONDITIONS)


def test_no_mistake_where_all_is_right():
    assert not named("match", {"any_parts": {"q": "later"}}, {"q": "later", "r": "now"})


def test_the_first_three_of_the_file_show():
    rule = {"wrong": ["*"]}
    mistakes = [{"id": f"m{n}", **fakes.said("错", "Wrong"), "when": [rule]} for n in range(5)]
    samples = [{"name": "r", "right": True, "use": "key"}]
    samples += [{"name": "w", "parts": {"choice": "a"}, "expects": "m0"}] * 2
    made = fakes.exercise("single", mistakes=mistakes, samples=samples)
    found = check(made, made.fixed, {"parts": {"choice": "a"}}).mistakes
    assert found == ("m0", "m1", "m2")
    assert len(found) == MOST


def test_alternatives_are_alternatives():
    base = fakes.exercise_data("match")["mistakes"]
    base[0]["when"] = [{"parts": {"q": "now"}}, {"parts": {"r": "later"}}]
    made = fakes.exercise("match", mistakes=base)
    for values in ({"q": "now", "r": "now"}, {"q": "later", "r": "later"}):
        assert check(made, made.fixed, {"parts": values}).mistakes == ("named",)
