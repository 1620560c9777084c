"""Scores lie in 0-1, grow with each part that is put right, and are whole for the key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exercises import fakes
from kamkit.exercises.answers import read_answer
from kamkit.exercises.check import check
from kamkit.exercises.grade import best_parts, best_value, close, grade, pairs_right
from kamkit.exercises.kinds import KINDS, Part, parts
from kamkit.exercises.model import Accept

SCORED = [name for name, kind in KINDS.items() if kind.scored]
BY_PART = ["match", "matrix", "stages", "table", "many"]


def score(kind, values, **changes):
    made = fakes.exercise(kind, **changes)
    return check(made, made.fixed, {"parts": values}).score


@pytest.mark.parametrize("kind", SCORED)
def test_the_key_is_right_and_nothing_is_no_attempt(kind):
    made = fakes.exercise(kind)
    outcome = check(made, made.fixed, fakes.right_answer(made))
    assert (outcome.score, outcome.status, outcome.mistakes) == (1.0, "correct", ())
    blank = check(made, made.fixed, {"parts": {}})
    assert (blank.score, blank.status, blank.mistakes) == (0.0, "not_attempted", ())


def values_of(kind):
    made = fakes.exercise(kind)
    known = parts(made, made.fixed)
    choices = {}
    for name, part in known.items():
        typed = {"tick": [True, None], "figure": ["12万", "-3万", "7", None], "text": ["x", None]}
        choices[name] = st.sampled_from(
            [*part.options, None] if part.options else typed[part.takes]
        )
    return st.fixed_dictionaries(choices)


@pytest.mark.parametrize("kind", BY_PART)
@given(data=st.data())
def test_one_more_right_part_never_lowers_the_score(kind, data):
    made = fakes.exercise(kind)
    known = parts(made, made.fixed)
    given_parts = data.draw(values_of(kind))
    before = check(made, made.fixed, {"parts": given_parts}).score
    name = data.draw(st.sampled_from(list(known)))
    best = best_parts(made.fixed, known).get(name)
    after = check(made, made.fixed, {"parts": {**given_parts, name: best}}).score
    assert 0 <= before <= after <= 1


@given(st.permutations(["a", "b", "c", "d"]), st.integers(0, 2))
def test_a_pair_put_in_order_never_lowers_a_ranking(order, at):
    groups = [["a"], ["b"], ["c", "d"]]
    before = pairs_right(order, groups)
    level = {"a": 0, "b": 1, "c": 2, "d": 2}
    swapped = list(order)
    if level[order[at]] > level[order[at + 1]]:
        swapped[at : at + 2] = order[at + 1], order[at]
    assert pairs_right(swapped, groups) >= before


def test_ticks_count_right_less_wrong():
    assert score("many", {"a": True}) == 0.5
    assert score("many", {"a": True, "b": True}) == 0
    assert score("many", {"a": True, "b": True, "c": True}) == 0.5
    assert score("many", {"b": True}) == 0


def test_a_tick_that_may_stand_or_not_counts_for_nothing():
    key = {"a": True, "b": {"any": [True, False]}, "c": True}
    assert score("many", {"a": True, "b": True, "c": True}, key=key) == 1
    assert score("many", {"a": True, "c": True}, key=key) == 1


def test_ranking_is_rescaled_to_chance():
    key = {"order": {"order": [["a"], ["b"], ["c"]]}}
    assert score("rank", {"order": ["a", "c", "b"]}, key=key) == pytest.approx(1 / 3)
    assert score("rank", {"order": ["c", "b", "a"]}, key=key) == 0
    assert score("rank", {"order": ["c", "a", "b"]}, key=key) == 0


def test_neighbours_on_a_scale_earn_half():
    assert score("stages", {"q": "offer", "r": "offer"}) == 0.75
    assert score("stages", {"q": "won", "r": "offer"}) == 0.5
    assert score("stages", {"q": "offer", "r": "offer"}, scale=False) == 0.5


def test_neighbours_on_a_matrix_share_an_edge():
    assert score("matrix", {"q": "develop", "r": "keep"}, scale=True) == 0.75
    assert score("matrix", {"q": "drop", "r": "keep"}, scale=True) == 0.5


def test_weights_count():
    key = {"q": {"any": ["later"], "weight": 3}, "r": "now"}
    assert score("match", {"q": "later", "r": "later"}, key=key) == 0.75


def test_figures_within_half_a_percent_count_as_the_same():
    key = {"value": 200}
    field = [{"id": "value", "text": fakes.said("数", "Figure")}]
    assert score("number", {"value": "201"}, key=key, fields=field) == 1
    assert score("number", {"value": "202"}, key=key, fields=field) == 0
    assert close(0, 0)
    assert not close(0.001, 0)


def test_a_defensible_range_is_right_and_says_what_the_method_gives():
    made = fakes.exercise("number")
    outcome = check(made, made.fixed, {"parts": {"value": "58%"}})
    assert outcome.status == "correct"
    low_high = {"share": 0.6, "low_share": 0.58, "high_share": 0.62}
    assert ("defensible_range_share", low_high) in outcome.reasons


def test_open_ended_range():
    field = [{"id": "value", "text": fakes.said("数", "Figure")}]
    assert score("number", {"value": "900"}, key={"value": {"low": 5}}, fields=field) == 1
    assert score("number", {"value": "4"}, key={"value": {"low": 5}}, fields=field) == 0


@pytest.mark.parametrize(
    ("accept", "takes", "best"),
    [
        (Accept(any=("a", "b"), best="b"), "place", "b"),
        (Accept(any=("a", "b")), "place", "a"),
        (Accept(low=1, high=2), "figure", 1.5),
        (Accept(low=1), "figure", 1),
        (Accept(like=("利润",)), "text", "利润"),
        (Accept(order=(("a",), ("b", "c"))), "order", ["a", "b", "c"]),
        (Accept(any=(True,)), "tick", True),
        (Accept(any=(False,)), "tick", False),
        (Accept(), "text", None),
    ],
)
def test_best_value(accept, takes, best):
    assert best_value(accept, Part("p", takes)) == best


def test_unread_parts_are_wrong_but_attempted():
    made = fakes.exercise("match")
    read = read_answer(made, made.fixed, {"parts": {"q": "nowhere", "r": "now"}})
    assert read.attempted
    assert grade(made, made.fixed, read).score == 0.5
    outcome = check(made, made.fixed, {"parts": {"q": "nowhere", "r": "now"}})
    assert ("unread", {"n": 1}) in outcome.reasons
