"""Scenes to sort, what arrives of a message, signs, and what is written."""

import pytest

from kamkit.exercises.matching import holds_any
from kamkit.exercises.recipes.m15_clinic import PARTS, REMEDIES, STORIES, fables, labels, remedies
from kamkit.exercises.recipes.m15_readback import NOT_SAID, cues, missing_point, readback
from kamkit.exercises.recipes.m15_write import brief, clause
from kamkit.exercises.recipes.parts import until
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw

SEEDS = range(40)
PITFALLS = 7


@pytest.mark.parametrize(
    ("name", "places"), [("fables", STORIES), ("remedies", REMEDIES), ("labels", PARTS)]
)
def test_scenes_name_known_places_and_tempt_elsewhere(name, places):
    for entry in pool("m15_scenes")[name]:
        right = {entry["place"], *entry.get("also", [])}
        assert right <= set(places)
        assert entry["tempts"] in set(places) - right


def test_all_seven_pitfalls_and_all_six_remedies_occur():
    entries = pool("m15_scenes")["remedies"]
    assert len({e["by"] for e in entries}) == PITFALLS
    assert {e["place"] for e in entries} == set(REMEDIES)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_place_occurs(seed):
    for recipe, places in ((fables, STORIES), (labels, PARTS)):
        assert {a.best for a in recipe(Draw(seed), None).key.values()} == set(places)
    assert len(remedies(Draw(seed), None).items) == PITFALLS


@pytest.mark.parametrize("seed", SEEDS)
def test_read_back_holds_a_line_for_all_but_the_missing(seed):
    variant = readback(Draw(seed), None)
    states = [accept.best for accept in variant.key.values()]
    assert len(variant.sheets[0].rows) == len(states) - states.count("missing")
    assert min(states.count(s) for s in ("same", "bent", "missing")) >= 1
    assert variant.words["share"]["value"] == pytest.approx(states.count("same") / 7, abs=1e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_message_answers_four_of_five(seed):
    variant = missing_point(Draw(seed), None)
    assert len(variant.sheets[0].rows) == 4
    accept = variant.key["text"].like
    for lang in ("zh", "en"):
        assert holds_any(variant.words["question"][lang], accept)


@pytest.mark.parametrize("seed", SEEDS)
def test_only_what_the_message_gives_counts_as_asked_in_vain(seed):
    variant = missing_point(Draw(seed), None)
    question = variant.words["question"]
    asked = {k: trap["text"] for k, trap in variant.traps.items() if k.startswith("asked_")}
    assert len(asked) == 5
    for lang in ("zh", "en"):
        assert not any(holds_any(question[lang], words) for words in asked.values())
        assert holds_any(question[lang], variant.traps["beside"]["text"])


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ("谁来办？", True),
        ("这事归谁？", True),
        ("Who's doing it?", True),
        ("客户那边谁签收？", False),
        ("这个日期是谁定的？", False),
    ],
)
def test_who_does_it_is_not_any_who(asked, fits):
    (who,) = [p for p in pool("m15_missing")["points"] if p["id"] == "who"]
    assert holds_any(asked, who["like"]) == fits


def test_a_question_fits_one_point_only():
    points = pool("m15_missing")["points"]
    for point in points:
        for other in points:
            if other is not point:
                for lang in ("zh", "en"):
                    assert not holds_any(point["question"][lang], other["like"])


@pytest.mark.parametrize(
    ("asked", "seed", "fits"),
    [
        ("谁做、什么时候、多少套、送哪里、怎么算完成？", 3, False),
        ("Who does it, by when, how many, where to, what counts as done?", 3, False),
        ("Who, when, where?", 5, False),
        ("请问由谁负责？", 5, True),
        ("Who will do it when you are away?", 5, True),
        ("最晚几号？", 12, True),
    ],
)
def test_more_than_one_question_has_not_found_the_missing_one(asked, seed, fits):
    right = missing_point(Draw(seed), None).key["text"]
    assert (holds_any(asked, right.like) and not holds_any(asked, right.unlike)) == fits


@pytest.mark.parametrize("absent", ["who", "when", "howmany", "where", "done"])
def test_the_right_question_asks_for_no_other_point(absent):
    found = 0
    for seed in range(60):
        variant = missing_point(Draw(seed), None)
        if variant.traps[f"asked_{absent}"]["text"] == [NOT_SAID]:
            found += 1
            for lang in ("zh", "en"):
                assert not holds_any(variant.words["question"][lang], variant.key["text"].unlike)
    assert found


@pytest.mark.parametrize("seed", SEEDS)
def test_signs_count_if_new_and_seen_twice(seed):
    variant = cues(Draw(seed), None)
    rows = zip(variant.places, variant.sheets[0].rows, strict=True)
    wanted = {p.id for p, (sign, usual, seen) in rows if sign != usual and seen >= 2}
    assert set(variant.key) == wanted


@pytest.mark.parametrize("seed", SEEDS)
def test_the_brief_pays(seed):
    words = brief(Draw(seed), None).words
    net = words["avoided"]["value"] - words["cost"]["value"]
    assert net == words["net"]["value"] > 0
    assert words["left"] == words["late"] - words["saved"] > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_the_breach_spreads_within_the_team(seed):
    variant = clause(Draw(seed), None)
    counts = [row[1] for row in variant.sheets[0].rows]
    assert counts == sorted(counts)
    assert counts[-1] < variant.words["size"]


def test_a_draw_ends_even_if_nothing_is_good():
    assert until(lambda: 1, lambda made: False) == 1
