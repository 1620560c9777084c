"""Survey instruments: whole, in both languages, and faulty files named fault by fault."""

from __future__ import annotations

import tomllib

import pytest

from kamkit.errors import KamkitError
from kamkit.schemes.surveys import FOLDER, build_survey, read_survey, survey_ids, survey_item

SIZES = {"account_loyalty": 14, "dealer_loyalty": 14, "quick": 3, "relationship_quality": 11,
         "service_quality": 22}  # fmt: skip


def test_instruments_are_whole():
    assert {i: len(read_survey(i).items) for i in survey_ids()} == SIZES
    ids = [item for s in survey_ids() for item in read_survey(s).item_ids]
    assert len(set(ids)) == len(ids)
    quality = read_survey("relationship_quality")
    assert quality.reverse_ids == ("trust_4", "commitment_4")
    assert quality.asked("us") == quality.asked("customer") == quality.items
    assert len(read_survey("service_quality").expected_ids) == 22
    assert [len(read_survey("dealer_loyalty").items_of(d)) for d in ("attitude", "behaviour")] == [
        4,
        10,
    ]
    assert not read_survey("quick").total


@pytest.mark.parametrize("survey_id", survey_ids())
def test_every_item_has_words_in_both_languages(survey_id):
    survey = read_survey(survey_id)
    for item in survey.items:
        assert item.words and item.low < item.high
        for words in (*item.words.values(), item.low_word, item.high_word):
            assert words["zh"].strip() and words["en"].strip()
        for words in item.words.values():
            assert words["en"][-1] in ".?" and words["zh"][-1] in "。？"
    for lang in ("zh", "en"):
        asked = [i.words[side][lang] for i in survey.items for side in i.words if side == "us"]
        assert len(set(asked)) == len(asked)


def test_items_are_found_by_their_code():
    assert survey_item("trust_4").reverse
    assert survey_item("empathy_2_e").id == "empathy_2"
    assert survey_item("trust_1_e") is None and survey_item("revenue") is None


def test_faults_are_named_together():
    raw = tomllib.loads((FOLDER / "quick.toml").read_text(encoding="utf-8"))
    del raw["items"][0]["customer"]["en"]
    raw["items"][1]["dimension"] = "mood"
    raw["items"][2]["id"] = "nps"
    raw["items"][2]["weight"] = 2
    raw["dimensions"][0]["origin"] = "boss"
    with pytest.raises(KamkitError) as caught:
        build_survey(raw, "own.toml")
    assert {p.code for p in caught.value.problems} == {
        "scheme_no_label", "scheme_unknown_reference", "scheme_duplicate", "scheme_unknown_key",
        "scheme_bad_value", "scheme_missing_key",
    }  # fmt: skip
    with pytest.raises(KamkitError):
        build_survey({"format": 2}, "own.toml")
    with pytest.raises(KamkitError) as caught:
        read_survey("mood")
    assert caught.value.problems[0].code == "unknown_survey"
