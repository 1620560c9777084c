"""Coverage of objectives, the length of a day, goals that can be checked."""

import pytest

from kamkit.exercises.recipes.m16_event import OBJECTIVES, coverage, goals, minutes_to_cut, plan
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw

SEEDS = range(40)


@pytest.mark.parametrize("seed", SEEDS)
def test_minutes_and_checks_follow_the_agenda(seed):
    variant = coverage(Draw(seed), None)
    data = pool("m16_event")
    serves = {s["title"]["en"]: s for s in data["sessions"]}
    minutes, checked = dict.fromkeys(OBJECTIVES, 0), dict.fromkeys(OBJECTIVES, "no")
    for title, length, end in variant.sheets[0].rows:
        session = serves.get(title["en"])
        if session is None:
            continue
        minutes[session["objective"]] += length
        if end["en"] == session["check"]["en"]:
            checked[session["objective"]] = "yes"
    for o in OBJECTIVES:
        assert variant.key[f"{o}.minutes"].best == minutes[o]
        assert variant.key[f"{o}.check"].best == checked[o]
    assert sorted(minutes.values())[0] == 0
    assert list(checked.values()).count("yes") == 2


def test_a_tenth_of_what_is_left_is_kept():
    assert minutes_to_cut(360, 390, 60, 2) == pytest.approx(360 - 0.9 * 300)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_day_is_too_full_but_not_hopeless(seed):
    variant = plan(Draw(seed), None)
    words = variant.words
    assert sum(row[1] for row in variant.sheets[0].rows) == words["sum"]
    assert words["left"] == words["frame"] - words["lunch"] - 30
    cut = variant.key["value"].best
    assert cut == pytest.approx(words["sum"] - words["fits"])
    assert 20 <= cut <= 130
    assert words["frame"] - words["lunch"] <= 360  # under six hours of work


@pytest.mark.parametrize("seed", SEEDS)
def test_a_goal_of_every_fault_is_there(seed):
    variant = goals(Draw(seed), None)
    assert 2 <= len(variant.key) <= 3
    assert len({p.text.en for p in variant.places}) == 6
    for fault in ("topic", "result", "undated"):
        assert len(variant.traps[fault]) > len(variant.key)
