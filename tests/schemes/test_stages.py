"""Stage ladders: the shipped ones, recognising an export, a company's own files."""

from __future__ import annotations

import math
import re
import tomllib

import pytest
from conftest import ROOT
from spoil import paths, spoiled

from kamkit.errors import KamkitError
from kamkit.i18n import LANGUAGES, label
from kamkit.schemes import (
    CANONICAL,
    CARD_FIELDS,
    ladder_for,
    ladder_ids,
    load_ladder,
    read_ladder,
    read_stage_mapping,
    stage_ids,
    to_canonical,
)
from kamkit.schemes.stages import build_ladder

DATA = ROOT / "kamkit" / "schemes" / "data" / "stages"
DEALS = ladder_ids("deals")


def codes(error):
    return {p.code for p in error.value.problems}


def test_all_ladders_are_there():
    wanted = "house four_step outline_chain full_chain promotion_plan sample"
    crms = "salesforce hubspot dynamics cordys"
    assert set(ladder_ids()) == {*wanted.split(), *crms.split()}
    assert ladder_ids()[0] == "house"


def test_house_is_the_canonical_ladder():
    house = load_ladder("house")
    assert house.stage_ids == CANONICAL
    assert to_canonical(house) == {c: c for c in CANONICAL}
    for stage in house.stages:
        assert tuple(stage.card) == CARD_FIELDS, stage.id
        assert stage.entry and stage.exit
        preset = stage.probability
        assert math.isnan(preset) if stage.outcome == "open" else True
        assert math.isnan(stage.dwell_limit_days)


def test_every_text_of_a_card_differs():
    words = [
        text[lang]
        for stage in load_ladder("house").stages
        for part in (*stage.card.values(), stage.entry, stage.exit)
        for text in part
        for lang in LANGUAGES
    ]
    assert len(words) == len(set(words))


@pytest.mark.parametrize("ladder_id", DEALS)
def test_ladders_move_forward(ladder_id):
    """Canonical stages of the open steps never go back, and the outcome fits."""
    ladder = load_ladder(ladder_id)
    places = [CANONICAL.index(ladder.stage(s).canonical) for s in ladder.open_ids]
    assert places == sorted(places)
    after = {"won", "delivery", "accepted", "repeat"}
    for stage in ladder.stages:
        assert (stage.outcome == "won") == (stage.canonical in after), stage.id
        assert (stage.outcome == "lost") == (stage.canonical == "lost"), stage.id
        assert stage.canonical in stage.covers
    presets = [p for s, p in ladder.probabilities.items() if s in ladder.open_ids and p == p]
    assert presets == sorted(presets)


@pytest.mark.parametrize(
    ("ladder_id", "presets"),
    [
        ("salesforce", [0.1, 0.1, 0.2, 0.5, 0.6, 0.7, 0.75, 0.9, 1, 0]),
        ("hubspot", [0.2, 0.4, 0.6, 0.8, 0.9, 1, 0]),
        ("cordys", [0.1, 0.3, 0.5, 0.7, 0.9, 1, 0]),
        ("sample", [0.1, 0.25, 0.45, 0.65, 0.85, 1, 0]),
    ],
)
def test_presets_of_products(ladder_id, presets):
    assert list(load_ladder(ladder_id).probabilities.values()) == presets


def test_sample_ladder_is_that_of_the_sample_companies():
    raw = tomllib.loads((ROOT / "kamkit/tables/sample/common.toml").read_text(encoding="utf-8"))
    sample = load_ladder("sample")
    assert list(sample.open_ids) == raw["lists"]["stages"]
    presets = [sample.probabilities[s] for s in sample.open_ids]
    assert presets == raw["lists"]["stage_probability"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_catalog_calls_stages_as_the_ladders_do(lang):
    for ladder_id in ladder_ids():
        for stage in load_ladder(ladder_id).stages:
            said = label(f"stage.{stage.id}", lang, "")
            assert said.casefold() == stage.label[lang].casefold(), (ladder_id, stage.id)


@pytest.mark.parametrize("ladder_id", DEALS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_export_in_either_language_is_recognised(ladder_id, lang):
    ladder = load_ladder(ladder_id)
    names = [f"{i}. {s.label[lang]} " for i, s in enumerate(ladder.stages, 1)]
    found, unmatched = ladder_for(names)
    assert (found.id, unmatched) == (ladder_id, ())
    matched, _ = stage_ids(names, ladder)
    assert tuple(matched.values()) == ladder.stage_ids


@pytest.mark.parametrize(
    ("names", "ladder_id"),
    [
        (["appointmentscheduled", "contractsent", "closedlost"], "hubspot"),
        (["1-Qualify", "2-Develop", "3-Propose"], "dynamics"),
        (["CREATE", "SCHEME_VALIDATION", "FAIL"], "cordys"),
        (["Needs Analysis (20%)", "negotiation / review", None, ""], "salesforce"),
        (["discover", "negotiate"], "sample"),
    ],
)
def test_internal_names_and_numbering(names, ladder_id):
    found, unmatched = ladder_for(names)
    assert (found.id, unmatched) == (ladder_id, ())


def test_names_that_nobody_knows():
    assert ladder_for(["A", "B"]) == (None, ("A", "B"))
    assert ladder_for([]) == (None, ())
    assert ladder_for(["赢单", "丢单"]) == (None, ("赢单", "丢单"))
    found, unmatched = ladder_for(["新建", "需求明确", "搁置"])
    assert found.id == "cordys" and unmatched == ("搁置",)


OWN = """
format = 1
id = "own"
version = "1"
label = { zh = "本公司", en = "Own" }
origin = "house"
[[stages]]
id = "visit"
label = { zh = "拜访", en = "Visit" }
canonical = "prepared"
covers = ["lead", "prepared"]
probability = 0.15
dwell_limit_days = 30
exit = [{ zh = "客户确认了日期", en = "The customer has confirmed a date" }]
[[stages]]
id = "signed"
label = { zh = "已签约", en = "Signed" }
canonical = "won"
outcome = "won"
"""


def write(tmp_path, text, name="own.toml", encoding="utf-8-sig"):
    path = tmp_path / name
    path.write_text(text, encoding=encoding)
    return path


def test_own_ladder(tmp_path):
    ladder = read_ladder(write(tmp_path, OWN))
    assert ladder.open_ids == ("visit",) and ladder.kind == "deals"
    visit = ladder.stage("visit")
    assert (visit.probability, visit.dwell_limit_days) == (0.15, 30)
    assert visit.exit[0]["en"] == "The customer has confirmed a date"
    with pytest.raises(KamkitError) as caught:
        ladder.stage("call")
    assert codes(caught) == {"unknown_stage"}


def test_all_faults_at_once(tmp_path):
    text = (
        OWN.replace('version = "1"\n', "")
        .replace('canonical = "prepared"', 'canonical = "prepare"')
        .replace("probability = 0.15", "probability = 0.15\ncolour = 3")
        .replace('origin = "house"', 'origin = "boss"')
        .replace('id = "signed"', 'id = "Visit"')
        .replace('en = "The customer has confirmed a date"', 'en = ""')
    )
    with pytest.raises(KamkitError) as caught:
        read_ladder(write(tmp_path, text))
    assert codes(caught) == {
        "scheme_missing_key",
        "scheme_bad_value",
        "scheme_unknown_key",
        "scheme_duplicate",
        "scheme_no_label",
    }
    assert len(caught.value.problems) >= 6


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("probability = 0.15", "probability = 15"),
        ("dwell_limit_days = 30", "dwell_limit_days = 0"),
        ('outcome = "won"', 'outcome = "maybe"'),
        ('covers = ["lead", "prepared"]', 'covers = ["lead"]'),
        ("format = 1", "format = 2"),
        ('id = "visit"', 'id = "visit"\noutcome = "lost"'),
    ],
)
def test_wrong_values(tmp_path, old, new):
    with pytest.raises(KamkitError):
        read_ladder(write(tmp_path, OWN.replace(old, new)))


@pytest.mark.parametrize("junk", [None, 7, "?", [], {}, [[1]], True])
def test_a_spoiled_file_never_ends_in_a_traceback(junk):
    raw = tomllib.loads((DATA / "sample.toml").read_text(encoding="utf-8"))
    raw["stages"][0]["card"] = {"tools": [{"zh": "表", "en": "sheet"}]}
    for path in list(paths(raw)):
        tree = spoiled(raw, path, junk)
        try:
            build_ladder(tree, "own.toml")
        except KamkitError as error:
            assert error.problems


def test_unknown_ladder_names_those_there_are():
    with pytest.raises(KamkitError) as caught:
        load_ladder("sap")
    assert "hubspot" in caught.value.problems[0].details["allowed"]


MAPPING = 'format = 1\nladder = "salesforce"\n[stages]\n"试点" = "value_proposition"\n'


def test_mapping_from_toml(tmp_path):
    mapping = read_stage_mapping(write(tmp_path, MAPPING))
    assert dict(mapping) == {"试点": "value_proposition"}
    found, unmatched = stage_ids(["试点", "Prospecting", "?!"], load_ladder("salesforce"), mapping)
    assert found == {"试点": "value_proposition", "Prospecting": "prospecting"}
    assert unmatched == ("?!",)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_mapping_from_a_spreadsheet(tmp_path, encoding):
    text = "阶段,标准阶段\n初访,lead\n报价中, 投标报价\n\n合同,Objections and negotiation\n"
    mapping = read_stage_mapping(write(tmp_path, text, "own.csv", encoding))
    assert dict(mapping) == {"初访": "lead", "报价中": "bid", "合同": "negotiation"}


def test_faulty_mapping_tells_every_row(tmp_path):
    text = "阶段,标准阶段\n初访,lead\n初访,bid\n谈,谈谈\n空,\n"
    with pytest.raises(KamkitError) as caught:
        read_stage_mapping(write(tmp_path, text, "own.csv"))
    found = [(p.code, p.row) for p in caught.value.problems]
    wrong = "scheme_unknown_reference"
    assert found == [("scheme_duplicate", 2), (wrong, 3), (wrong, 4)]
    for text, name in (("a,b\n", "own.csv"), ("format = 1\n[stages]\n", "own.toml")):
        with pytest.raises(KamkitError):
            read_stage_mapping(write(tmp_path, text, name))
    with pytest.raises(KamkitError):
        read_stage_mapping(write(tmp_path, MAPPING.replace("salesforce", "sap")))
    with pytest.raises(KamkitError):
        read_stage_mapping(tmp_path / "none.csv")
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"a,b\n\xff\xff\xff,lead\n")
    with pytest.raises(KamkitError) as caught:
        read_stage_mapping(broken)
    assert codes(caught) == {"scheme_unreadable"}


def test_the_examples_of_the_handbook_work(tmp_path):
    page = (ROOT / "docs" / "stages.md").read_text(encoding="utf-8")
    csv_text, mapping, ladder = re.findall(r"```\w*\n(.*?)```", page, re.DOTALL)
    assert len(read_stage_mapping(write(tmp_path, csv_text, "a.csv"))) == 3
    assert len(read_stage_mapping(write(tmp_path, mapping, "a.toml"))) == 1
    assert read_ladder(write(tmp_path, ladder, "b.toml")).open_ids == ("visit",)
