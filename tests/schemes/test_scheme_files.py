"""Every shipped scheme, the criteria library, and a company's own file."""

from __future__ import annotations

import re
import tomllib

import pytest
from conftest import ROOT
from spoil import paths, spoiled

from kamkit.errors import KamkitError
from kamkit.schemes import (
    cards,
    criteria,
    fields,
    kam_functions,
    load_scheme,
    read_scheme,
    scheme_ids,
    selection,
    selections,
    with_binding,
    with_cutoffs,
)
from kamkit.schemes.model import MODES
from kamkit.schemes.registry import build

DATA = ROOT / "kamkit" / "schemes" / "data"
CHINESE = re.compile(r"[一-鿿]")
ORIGIN = re.compile(r"^(S\d{3}|X\d{2}|O\d{1,2}|field:.+|house)$")


def both(labels) -> bool:
    return set(labels) >= {"zh", "en"} and bool(labels["zh"].strip() and labels["en"].strip())


def labelled(tree, path=""):
    if isinstance(tree, dict):
        if {"zh", "en"} & set(tree):
            yield path, tree
        for key, value in tree.items():
            yield from labelled(value, f"{path}.{key}")
    elif isinstance(tree, list):
        for i, value in enumerate(tree):
            yield from labelled(value, f"{path}[{i}]")


@pytest.mark.parametrize("path", sorted(DATA.rglob("*.toml")), ids=lambda p: p.name)
def test_both_languages_side_by_side(path):
    for where, words in labelled(tomllib.loads(path.read_text(encoding="utf-8"))):
        assert {"zh", "en"} <= set(words), f"{path.name}{where}"
        if isinstance(words["zh"], list):
            assert len(words["zh"]) == len(words["en"]) == 5
            continue
        assert words["zh"].strip() and words["en"].strip()
        assert not CHINESE.search(words["en"]), f"{path.name}{where}"


@pytest.mark.parametrize("scheme_id", scheme_ids())
def test_scheme_is_complete(scheme_id):
    scheme = load_scheme(scheme_id)
    assert scheme.mode in MODES
    assert both(scheme.labels) and scheme.sources and scheme.version and scheme.valid_from
    assert all(both(m.labels) and both(m.action) for m in scheme.members)
    for part in [*scheme.sources, *(c.origin for c in scheme.cutoffs.values())]:
        assert all(ORIGIN.match(p.strip()) for p in part.split(";")), part
    used = {c.cut for c in scheme.conditions.values()}
    assert set(scheme.cutoffs) <= used, "a cut-off that no condition uses"


def test_all_rule_modes_are_in_use():
    assert {load_scheme(s).mode for s in scheme_ids()} == set(MODES)


def test_sources_of_the_brief_are_covered():
    sources = {part for s in scheme_ids() for part in load_scheme(s).sources}
    wanted = "S015 S016 S017 S018 S019 S020 S021 S022 S023 S024 S025 S026 S035 S036 S037 S038"
    assert set(wanted.split()) | {"S039", "S079", "S080", "S141"} <= sources


def test_criteria_library():
    library = criteria()
    assert len(library) == 71
    for entry in library.values():
        assert both(entry.labels) and both(entry.ask)
        assert entry.direction in ("benefit", "cost")
        assert entry.group in ("value", "competitive", "fit")
        assert entry.gate == (entry.minimum is not None)
        assert all(ORIGIN.match(p.strip()) for p in entry.origin.split(";"))
    assert library["solvency"].gate
    assert library["price_sensitivity"].direction == "cost"


def test_selections():
    sizes = {"list_1": 13, "list_2": 9, "list_1_2": 22, "five_elements": 5, "attractiveness": 10}
    for key, entry in selections().items():
        assert set(entry.criteria) <= set(criteria())
        assert sum(entry.weights.values()) == pytest.approx(1)
        assert len(entry.criteria) == sizes.get(key, len(entry.criteria))
    assert selection("bargaining_traits").directions["price_sensitivity"] == "benefit"
    with pytest.raises(KamkitError) as caught:
        selection("nothing")
    assert caught.value.problems[0].code == "unknown_selection"


def test_functions_and_cards():
    assert [len(f.points) for f in kam_functions()] == [4, 5] + [2] * 11
    items = {"seven_questions": 7, "five_advantages": 5, "six_benefits": 6, "programme_items": 8}
    items |= {"purpose": 2, "end_goal": 3, "six_areas": 6, "statements": 14, "four_questions": 4}
    for key, n in items.items():
        assert len(cards()[key]["items"]) == n


def test_fields_know_their_tables():
    assert all(entry.tables and both(entry.labels) for entry in fields().values())


def test_unknown_scheme_names_what_there_is():
    with pytest.raises(KamkitError) as caught:
        load_scheme("gold")
    assert "elevator" in caught.value.problems[0].details["allowed"]


def test_with_cutoffs_is_pure_and_leaves_a_trace():
    scheme = load_scheme("elevator")
    changed = with_cutoffs(scheme, key_sales=15e6, main_sales=4e6)
    assert scheme.cutoffs["key_sales"].value == 20e6
    assert changed.cutoffs["key_sales"].value == 15e6
    assert changed.cutoffs["key_sales"].origin == "house"
    assert changed.version == "1+key_sales=15000000,main_sales=4000000"
    assert with_cutoffs(scheme) is scheme
    with pytest.raises(KamkitError):
        with_cutoffs(scheme, gold=1)


def test_binding():
    scheme = with_binding(load_scheme("numeric_examples"), annual_sales="turnover")
    assert "turnover" in scheme.basis and "sales" not in scheme.basis
    with pytest.raises(KamkitError):
        with_binding(scheme, annual_sales="weight_of_the_catalogue")


OWN = """
format = 1
id = "own"
kind = "classification"
version = "2026"
label = { zh = "本公司", en = "Own" }
mode = "threshold"
sources = ["house"]
otherwise = "b"
[cutoffs.limit]
label = { zh = "门槛", en = "Limit" }
unit = "money"
value = 100
origin = "house"
[conditions.big]
label = { zh = "大", en = "Big" }
field = "x_score"
at_least = "limit"
[[members]]
id = "a"
label = { zh = "甲", en = "A" }
action = { zh = "做", en = "Do" }
when = "big"
[[members]]
id = "b"
label = { zh = "乙", en = "B" }
action = { zh = "等", en = "Wait" }
"""


def test_own_scheme(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(OWN, encoding="utf-8-sig")
    scheme = read_scheme(path)
    assert scheme.member_ids == ("a", "b") and scheme.basis == ("x_score",)


def test_all_faults_at_once(tmp_path):
    text = (
        OWN.replace('kind = "classification"\n', "")
        .replace('at_least = "limit"', 'at_least = "limits"')
        .replace('field = "x_score"', 'field = "saless"')
        .replace('id = "b"', 'id = "a"')
        .replace('zh = "甲", ', "")
        .replace('origin = "house"', 'origin = "boss"\ncolour = "red"')
    )
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KamkitError) as caught:
        read_scheme(path)
    codes = {p.code for p in caught.value.problems}
    assert codes == {
        "scheme_missing_key",
        "scheme_unknown_key",
        "scheme_unknown_reference",
        "scheme_bad_value",
        "scheme_duplicate",
        "scheme_no_label",
    }


@pytest.mark.parametrize(
    "text", ["format = ", "format = 2", 'format = 1\nmembers = 3\nconditions = "x"\nderived = 1']
)
def test_broken_files_raise_problems_only(tmp_path, text):
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KamkitError):
        read_scheme(path)


def test_circle_of_conditions(tmp_path):
    circle = '[conditions.{}]\nlabel = {{ zh = "x", en = "x" }}\nall = ["{}"]\n'
    text = OWN.replace("[[members]]", circle.format("p", "q") + circle.format("q", "p")
                       + "[[members]]", 1)  # fmt: skip
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(KamkitError) as caught:
        read_scheme(path)
    assert "scheme_cycle" in {p.code for p in caught.value.problems}


@pytest.mark.parametrize("name", ["elevator", "contribution_aspects", "selection"])
@pytest.mark.parametrize("junk", [None, 7, "?", [], {}, [[1]], True])
def test_a_spoiled_file_never_ends_in_a_traceback(name, junk):
    text = (DATA / "classification" / f"{name}.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    for path in list(paths(raw)):
        try:
            build(spoiled(raw, path, junk), "own.toml")
        except KamkitError as error:
            assert error.problems


def test_missing_file(tmp_path):
    with pytest.raises(KamkitError) as caught:
        read_scheme(tmp_path / "none.toml")
    assert caught.value.problems[0].code == "scheme_unreadable"
