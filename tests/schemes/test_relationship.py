"""The ladder of relationships as data: whole, with origins, and refused where faulty."""

from __future__ import annotations

import tomllib

import pytest

from kamkit.errors import KamkitError
from kamkit.i18n import catalog
from kamkit.schemes.criteria import DATA
from kamkit.schemes.relationship import read_relationship_scheme, relationship_scheme

TEXT = DATA.joinpath("relationship.toml").read_text(encoding="utf-8")


def test_the_ladder_is_whole():
    scheme = relationship_scheme()
    names = [s.label["zh"] for s in scheme.stages]
    assert names == ["前期", "初期", "中期", "伙伴", "协同"]
    assert {s for t in scheme.types for s in t.stages} == set(scheme.stage_ids)
    assert [m.id for m in scheme.methods] == [
        "regular_communication", "added_value", "mutual_trust", "customised_solutions",
    ]  # fmt: skip
    targets = [s.target_threads for s in scheme.stages]
    assert targets == sorted(targets)


def test_every_need_of_a_stage_has_a_suggestion_and_every_number_an_origin():
    scheme = relationship_scheme()
    hints = {(s.to, s.indicator) for s in scheme.suggestions}
    for step in scheme.stages:
        assert all((step.id, need.indicator) in hints for need in step.needs), step.id
        assert all(need.origin == "house" for need in step.needs)
        assert step.origin.startswith("S103")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_catalog_and_scheme_use_one_name(lang):
    scheme, words = relationship_scheme(), catalog(lang)
    for step in (*scheme.stages, scheme.decay):
        assert words[f"relationship_stage.{step.id}"] == step.label[lang]
    for kind in scheme.types:
        assert words[f"relationship_type.{kind.id}"] == kind.label[lang]


def test_an_own_ladder_is_read(tmp_path):
    own = tmp_path / "own.toml"
    threads = 'indicator = "threads"\nat_least = '
    own.write_text(TEXT.replace(f"{threads}3", f"{threads}5"), encoding="utf-8")
    needs = {n.indicator: n.value for n in read_relationship_scheme(own).stages[2].needs}
    assert needs["threads"] == 5


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("format = 1", "format = 9", "scheme_format"),
        ('indicator = "any_ties"', 'indicator = "visits"', "scheme_bad_value"),
        ("at_least = 3", 'at_least = "three"', "scheme_bad_value"),
        ('to = "mid"', 'to = "best"', "scheme_bad_value"),
        ('origin = "S105"', 'origin = "boss"', "scheme_bad_value"),
        ('id = "early"', 'id = "pre"', "scheme_duplicate"),
        ("live_strength = 2      #", "# ", "scheme_missing_key"),
        ('stages = ["synergistic"]', 'stages = ["top"]', "scheme_bad_value"),
        ("[limits]", "[limits]\nvisits = 3", "scheme_unknown_key"),
    ],
)
def test_faults_are_found(tmp_path, old, new, code):
    own = tmp_path / "own.toml"
    assert old in TEXT
    own.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(KamkitError) as caught:
        read_relationship_scheme(own)
    assert code in {p.code for p in caught.value.problems}


def test_both_languages_stand_everywhere():
    raw = tomllib.loads(TEXT)

    def labels(value):
        if isinstance(value, dict):
            if set(value) & {"zh", "en"}:
                assert value["zh"].strip() and value["en"].strip()
            else:
                for part in value.values():
                    labels(part)
        elif isinstance(value, list):
            for part in value:
                labels(part)

    labels(raw)
