"""Question sets and the cards on selling."""

from __future__ import annotations

import re
import tomllib

import pytest
from conftest import ROOT
from spoil import paths, spoiled

from kamkit.errors import KamkitError
from kamkit.schemes import load_question_set, question_set_ids, read_question_set, sales_cards
from kamkit.schemes.question_sets import GATE_DETAILS, build_question_set

DATA = ROOT / "kamkit" / "schemes" / "data"
ORIGIN = re.compile(r"^(S\d{3}|field:.+|house)$")


def both(labels):
    return bool(labels["zh"].strip() and labels["en"].strip())


def test_all_sets_are_there():
    wanted = """viability_four bid_check gates_large_project four_skills contract_three_steps
    contact_readiness closing_conditions opportunity_health six_factors service_attributes"""
    assert set(question_set_ids()) == set(wanted.split())


@pytest.mark.parametrize("set_id", question_set_ids())
def test_set_is_complete(set_id):
    found = load_question_set(set_id)
    assert found.id == set_id and both(found.label) and both(found.note)
    groups = {g.id for g in found.groups}
    assert len(set(found.question_ids)) == len(found.questions)
    assert sum(found.weights.values()) == pytest.approx(1)
    for question in found.questions:
        assert both(question.label) and both(question.proof), question.id
        assert question.group in groups or not groups
        assert all(ORIGIN.match(p.strip()) for p in question.origin.split(";"))
    for group in found.groups:
        assert found.in_group(group.id), group.id


def test_sizes_that_the_source_gives():
    assert len(load_question_set("viability_four").questions) == 4
    assert len(load_question_set("four_skills").questions) == 4
    assert [g.origin for g in load_question_set("contract_three_steps").groups] == ["S163"] * 3
    readiness = load_question_set("contact_readiness").groups
    assert [g.origin for g in readiness] == ["S095", "S096", "S097"]
    assert len(load_question_set("six_factors").groups) == 6


def test_project_gates_have_all_six_details():
    for gate in load_question_set("gates_large_project").groups:
        assert tuple(gate.details) == GATE_DETAILS
        assert all(both(words) for words in gate.details.values())


OWN = """
format = 1
id = "own"
version = "1"
label = { zh = "本公司", en = "Own" }
origin = "house"
[[groups]]
id = "a"
label = { zh = "甲", en = "A" }
[[questions]]
id = "one"
group = "a"
weight = 3
gate = true
label = { zh = "问一", en = "First" }
[[questions]]
id = "two"
group = "a"
label = { zh = "问二", en = "Second" }
"""


def test_own_set(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(OWN, encoding="utf-8-sig")
    found = read_question_set(path)
    assert found.weights == {"one": 0.75, "two": 0.25}
    assert [q.gate for q in found.questions] == [True, False]


def test_all_faults_at_once(tmp_path):
    text = (
        OWN.replace('group = "a"\nlabel', 'group = "b"\nlabel')
        .replace('id = "two"', 'id = "one"')
        .replace("weight = 3", "weight = -3")
        .replace('version = "1"', 'colour = "red"')
        .replace('zh = "问一", ', "")
        .replace('origin = "house"', 'origin = "boss"')
    )
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KamkitError) as caught:
        read_question_set(path)
    assert {p.code for p in caught.value.problems} == {
        "scheme_unknown_reference",
        "scheme_duplicate",
        "scheme_bad_value",
        "scheme_missing_key",
        "scheme_unknown_key",
        "scheme_no_label",
    }


@pytest.mark.parametrize("junk", [None, 7, "?", [], {}, [[1]], True])
def test_a_spoiled_file_never_ends_in_a_traceback(junk):
    file = DATA / "question_sets" / "gates_large_project.toml"
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    raw["groups"], raw["questions"] = raw["groups"][:2], raw["questions"][:6]
    for path in list(paths(raw)):
        tree = spoiled(raw, path, junk)
        try:
            build_question_set(tree, "own.toml")
        except KamkitError as error:
            assert error.problems


def test_unknown_set_names_those_there_are():
    with pytest.raises(KamkitError) as caught:
        load_question_set("nine")
    assert "bid_check" in caught.value.problems[0].details["allowed"]


def test_sales_cards_answer_every_title():
    cards = sales_cards()
    titles = {part.strip() for c in cards.values() for part in c.origin.split(";")}
    numbers = [143, 144, 145, 147, 148, 149, 150, 151, 155, 158, 159, 160, 161, 162]
    assert {f"S{n}" for n in numbers} <= titles
    for card in cards.values():
        assert both(card.label) and len(card.rows) >= 4
        assert all(both(words) for words in card.columns.values())
        for row in card.rows:
            assert tuple(row) == tuple(card.columns), card.id
            assert all(both(words) for words in row.values())
            assert all(ORIGIN.match(p.strip()) for p in card.origin.split(";"))
