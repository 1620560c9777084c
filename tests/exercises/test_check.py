"""Outcomes: status, what is shown of the parts, reasons that both languages can say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exercises import fakes
from kamkit.exercises.bank import make_variant, read_exercise
from kamkit.exercises.check import check
from kamkit.exercises.forms import outcome_data, read_outcome, read_variant, variant_data
from kamkit.exercises.kinds import KINDS
from kamkit.i18n import catalog, sentence_values, t

DATA = Path(__file__).parents[1] / "data" / "exercises"


def outcome(kind, values, **changes):
    made = fakes.exercise(kind, **changes)
    return check(made, made.fixed, {"parts": values})


def said(found, lang):
    lines = []
    for key, numbers in found.reasons:
        figures = {k: v for k, v in numbers.items() if isinstance(v, int | float)}
        words = {k: v for k, v in numbers.items() if k not in figures}
        lines.append(t(f"verdict.{key}", lang, **sentence_values(figures, lang, ""), **words))
    return lines


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("which", ["right", "wrong"])
def test_every_reason_has_words(kind, which):
    made = fakes.exercise(kind)
    answer = {"right": fakes.right_answer, "wrong": fakes.wrong_answer}[which](made)
    found = check(made, made.fixed, answer)
    assert found.reasons
    for lang in ("zh", "en"):
        assert all("{" not in line for line in said(found, lang))


@pytest.mark.parametrize("kind", KINDS)
def test_an_outcome_survives_the_journal(kind):
    made = fakes.exercise(kind)
    found = check(made, made.fixed, fakes.wrong_answer(made))
    assert read_outcome(json.loads(json.dumps(outcome_data(found)))) == found


@pytest.mark.parametrize("kind", KINDS)
def test_the_check_is_pure(kind):
    made = fakes.exercise(kind)
    answer = fakes.wrong_answer(made)
    before = json.dumps(answer)
    assert check(made, made.fixed, answer) == check(made, made.fixed, answer)
    assert json.dumps(answer) == before


def test_statuses():
    assert outcome("single", {"choice": "b"}).status == "correct"
    assert outcome("single", {"choice": "a"}).status == "incorrect"
    assert outcome("match", {"q": "now", "r": "now"}).status == "partial"
    assert outcome("essay", {"text": "x"}).status == "needs_review"
    assert outcome("poll", {"choice": "a"}).status == "needs_review"
    assert outcome("single", {}).status == "not_attempted"


def test_missed_ticks_are_counted_but_not_named():
    found = outcome("many", {"a": True})
    assert found.right == {"a": 1.0}
    assert found.reasons == (("ticks", {"right": 1, "wrong": 0, "missed": 1}),)


def test_a_figure_says_on_which_side_it_lies():
    assert outcome("number", {"value": "90%"}).reasons == (("too_high", {}),)
    assert outcome("number", {"value": "1%"}).reasons == (("too_low", {}),)


def test_defensible_places_name_the_methods_own():
    key = {"q": "star", "r": {"any": ["keep", "drop"], "best": "drop"}}
    found = outcome("matrix", {"q": "star", "r": "keep"}, key=key)
    assert ("defensible", {"best": "drop"}) in found.reasons
    assert outcome("matrix", {"q": "star", "r": "drop"}, key=key).reasons == (("right", {}),)
    both = {"q": ["star", "keep"], "r": ["keep", "drop"]}
    found = outcome("matrix", {"q": "keep", "r": "drop"}, key=both)
    assert ("defensible_parts", {"n": 2}) in found.reasons


def test_a_panel_is_simulated_unless_it_says_otherwise():
    panel = {"choice": {"a": 0.7, "b": 0.3}}
    found = outcome("single", {"choice": "b"}, panel=panel)
    assert ("panel", {"share": 0.3}) in found.reasons
    found = outcome("single", {"choice": "b"}, panel={"origin": "real", **panel})
    assert ("panel_real", {"share": 0.3}) in found.reasons
    assert "模拟" in catalog("zh")["verdict.panel"]
    assert "simulated" in catalog("en")["verdict.panel"]


def test_a_poll_with_a_key_tells_it_apart():
    found = outcome("poll", {"choice": "a"}, key={"choice": "b"})
    assert (found.status, found.score, found.right) == ("needs_review", 0.0, {"choice": 0.0})


def test_a_poll_names_mistakes_only_where_it_has_a_key():
    assert outcome("poll", {"choice": "a"}).mistakes == ()
    assert outcome("poll", {"choice": "a"}, key={"choice": "b"}).mistakes == ("named",)
    assert outcome("poll", {"choice": "b"}, key={"choice": "b"}).mistakes == ()


def test_the_first_file_format_still_reads():
    exercise = read_exercise(DATA / "format_1.toml")
    variant = make_variant(exercise, 3)
    assert read_variant(json.loads(json.dumps(variant_data(variant)))) == variant
    assert check(exercise, variant, {"parts": {"value": "六成"}}).score == 1.0
    assert check(exercise, variant, {"parts": {"value": "20%"}}).mistakes[0] == "counted_accounts"


def test_the_first_outcome_format_still_reads():
    data = json.loads((DATA / "outcome_1.json").read_text(encoding="utf-8"))
    found = read_outcome(data)
    assert (found.status, found.format) == ("partial", 1)
    assert outcome_data(found) == data
