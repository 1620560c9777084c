"""Leadership cards: every item has one, whole in both languages, with the exercises' terms."""

from __future__ import annotations

import re
import tomllib

import pytest
from conftest import ROOT

from kamkit.schemes import leadership_cards, pay_elements, pitfalls, remedies, team_rules

M15 = ROOT / "exercises" / "m15"
ITEMS = [*range(183, 196), *range(207, 210), 211, *range(213, 220)]
DEPTHS = {"d1": {207, 215, 218, 219}, "d2": {195, 208, 209, 213}}
CARDS = list(leadership_cards().values())


def both(labels) -> bool:
    return bool(labels["zh"].strip() and labels["en"].strip())


def exercise(name):
    return tomllib.loads((M15 / f"m15_{name}.toml").read_text(encoding="utf-8"))


def test_every_item_has_a_card():
    first = [card.items[0] for card in CARDS]
    assert sorted(i for i in first if i[0] == "S") == [f"S{n}" for n in ITEMS]
    assert {"X15", "X18"} <= set(first)


@pytest.mark.parametrize("card", CARDS, ids=lambda c: c.id)
def test_card_is_whole(card):
    assert both(card.label) and both(card.note) and card.origin.endswith("house")
    assert all(both(words) for words in card.columns.values())
    assert len(card.rows) >= 3
    for row in card.rows:
        assert list(row) == list(card.columns) and all(both(words) for words in row.values())
    firsts = [next(iter(row.values()))["zh"] for row in card.rows]
    assert len(firsts) == len(set(firsts))


@pytest.mark.parametrize("card", CARDS, ids=lambda c: c.id)
def test_note_says_what_is_not_the_source_s(card):
    number = int(card.items[0][1:])
    depth = next((d for d, items in DEPTHS.items() if number in items), "d3")
    assert card.depth == depth
    assert "本工具" in card.note["zh"] and re.search(r"\bours\b|this kit", card.note["en"])
    if depth == "d1":
        assert "出处只" in card.note["zh"] and "source" in card.note["en"]


def test_members_that_the_source_gives_are_all_there():
    cards = leadership_cards()
    assert len(cards["seven_pitfalls"].rows) == 7 == len(pitfalls())
    assert len(cards["six_remedies"].rows) == 6 == len(remedies())
    assert len(cards["climate_measures"].rows) == 4
    assert len(cards["team_rules"].rows) == 5 + 2
    assert len(cards["leader_mixer"].rows) == 5 + 1
    assert len(cards["team_mix"].rows) == 1 + 5
    assert len(cards["three_elements"].rows) == 3
    assert len(cards["communication_definition"].rows) == 4
    assert len(cards["joint_teams"].rows) == 3 + 5
    assert len(cards["pay_and_reward"].rows) == len(pay_elements()) + 1


def test_terms_are_those_of_diagnostics_and_exercises():
    cards = leadership_cards()
    for row, pitfall in zip(cards["seven_pitfalls"].rows, pitfalls(), strict=True):
        for lang in ("zh", "en"):
            assert row["pitfall"][lang].startswith(pitfall.label[lang])
    for row, remedy in zip(cards["six_remedies"].rows, remedies(), strict=True):
        assert row["remedy"]["zh"].startswith(remedy.label["zh"])
    places = [p["text"]["zh"].split("：")[0] for p in exercise("remedies")["places"]]
    assert places == [r.label["zh"] for r in remedies()]
    for row, rule in zip(cards["team_rules"].rows, team_rules(), strict=False):
        assert (row["kind"], row["test"]) == (rule.label, rule.test)
    leads = [p["text"]["zh"].split("：")[0] for p in exercise("lead")["places"]]
    assert [r["style"]["zh"].split("：")[0] for r in cards["lead_style"].rows[:4]][::3] == leads[
        ::3
    ]


def test_money_lines_and_marks_are_not_left_open():
    for card in CARDS:
        for row in card.rows:
            for words in row.values():
                assert not re.search(r"TODO|\?\?|XX|\.\.\.", words["zh"] + words["en"])
