"""Lists and limits on contacts: complete, sourced, and a company's own file."""

from __future__ import annotations

import tomllib

import pytest
from conftest import ROOT
from spoil import paths, spoiled

from kamkit.errors import KamkitError
from kamkit.schemes.contacts import (
    LIMITS,
    build_contact_scheme,
    contact_scheme,
    read_contact_scheme,
)

FILE = ROOT / "kamkit" / "schemes" / "data" / "contacts.toml"
RAW = tomllib.loads(FILE.read_text(encoding="utf-8"))


def both(labels):
    return bool(labels["zh"].strip() and labels["en"].strip())


def test_lists_are_as_the_source_gives_them():
    scheme = contact_scheme()
    assert [t.id for t in scheme.buyer_types if t.origin == "S092"] == [
        "economic", "user", "technical"
    ]  # fmt: skip
    assert len(scheme.phases) == 4 and all(p.origin == "S092" for p in scheme.phases)
    assert len(scheme.questions) == 5
    assert len([s for s in scheme.spokes if s.origin == "S094"]) == 7
    assert {p.origin for p in scheme.pairs} == {"S101"}
    assert [m.id for m in scheme.modes] == ["authority", "consultative", "consensus"]
    assert all(p.private for p in scheme.person_fields if p.id in ("interests", "life"))
    assert set(LIMITS) == set(scheme.limits)


def test_words_stand_in_both_languages():
    scheme = contact_scheme()
    lists = (scheme.buyer_types, scheme.phases, scheme.questions, scheme.modes, scheme.call_plan)
    for point in [p for each in (*lists, scheme.entry_checklist) for p in each]:
        assert both(point.label), point.id
    for point in (*scheme.phases, *scheme.modes):
        assert both(point.action), point.id
    for entry in (*scheme.spokes, *scheme.pairs, *scheme.limits.values()):
        assert both(entry.label), entry.id


def test_functions_are_those_of_the_tables():
    from kamkit.tables import spec

    known = set(spec("contacts").column("function").options)
    scheme = contact_scheme()
    for spoke in scheme.spokes:
        assert set(spoke.functions) <= known
    for pair in scheme.pairs:
        assert set(pair.customer) | set(pair.us) <= known
    assert {r.function for r in scheme.member_roles.values()} <= known
    assert all(1 <= r.level <= 5 for r in scheme.member_roles.values())


def test_a_company_changes_a_limit(tmp_path):
    own = tmp_path / "own.toml"
    text = FILE.read_text(encoding="utf-8").replace(
        "[limits.covered_strength]\nvalue = 2", "[limits.covered_strength]\nvalue = 3"
    )
    own.write_text(text, encoding="utf-8")
    assert read_contact_scheme(own).limit("covered_strength") == 3
    with pytest.raises(KamkitError) as error:
        contact_scheme().limit("patience")
    assert "covered_strength" in error.value.problems[0].details["allowed"]


def test_faults_are_named_together():
    raw = spoiled(RAW, ("phases", 0, "origin"), "boss")
    raw = spoiled(raw, ("limits", "senior_level"), None)
    raw = spoiled(raw, ("modes", 1, "id"), "authority")
    with pytest.raises(KamkitError) as error:
        build_contact_scheme(raw, "own.toml")
    codes = sorted(p.code for p in error.value.problems)
    assert codes == ["scheme_bad_value", "scheme_duplicate", "scheme_missing_key"]


@pytest.mark.parametrize("junk", [None, [], 7, "x", {"a": 1}])
def test_any_junk_is_an_error_of_ours_or_harmless(junk):
    for path in list(paths(RAW))[::7]:
        try:
            build_contact_scheme(spoiled(RAW, path, junk), "own.toml")
        except KamkitError as error:
            assert error.problems
