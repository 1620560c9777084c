"""Competencies, duties, KPIs, trainings, roles, diagnostics and policy: complete and coherent."""

from __future__ import annotations

import math
import re
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT
from spoil import paths, spoiled

from kamkit.errors import KamkitError
from kamkit.schemes import (
    appraisal_parts,
    competencies,
    controllability,
    duties,
    efficacy_tasks,
    fairness_wording,
    find_factor,
    kpis,
    load_rules,
    pay_elements,
    pitfalls,
    pulse_items,
    remedies,
    responsibility_levels,
    role_cards,
    service_hours,
    team_attributes,
    trainings,
)
from kamkit.schemes.team_files import LISTS, team_file, team_problems

FOLDER = ROOT / "kamkit" / "schemes" / "data" / "team"
SCENES = ROOT / "kamkit" / "exercises" / "recipes" / "m15_scenes.toml"
COMPETENCIES = """business_knowledge communication coordination efficiency need_insight
    product_knowledge sales_skill solution_design"""
DUTIES = """study_needs widen_resources customer_strategy open_channels raise_service
    customer_data sales_activities"""
KPIS = """sales gross_profit visits new_customers satisfaction win_rate profit_rate market_share
    brand_image rd signing_rate segment_share profit_structure customer_number
    average_contribution acquisition_cost retention complaint_rate customer_share sales_growth
    dso_days"""
PITFALLS = """pitfall_missing_skills pitfall_incoherent_plans pitfall_arrogance
    pitfall_unclear_duties pitfall_short_term pitfall_chaos pitfall_no_teamwork"""
REMEDIES = """remedy_raise_ability remedy_learn_from_mistakes remedy_avoid_short_sight
    remedy_decide remedy_resistance remedy_focus"""
CLIMATE = """climate_fair_reward climate_shared_pressure climate_open_debate climate_care
    climate_support climate_envy"""
# Words of praise or blame that two raters would read differently.
VAGUE_ZH = re.compile("优秀|良好|较好|很好|较差|一般|积极|认真|熟练|出色|突出|有效地")
VAGUE_EN = re.compile(
    r"\b(good|excellent|poor|strong|weak|effective(ly)?|proactive|well-developed|outstanding)\b",
    re.IGNORECASE,
)


def both(labels) -> bool:
    return bool(labels["zh"].strip() and labels["en"].strip())


def own(tmp_path: Path, kind: str, *changes: tuple[str, str]) -> Path:
    text = (FOLDER / f"{kind}.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = tmp_path / f"own_{kind}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def codes(found: pytest.ExceptionInfo[KamkitError]) -> set[str]:
    return {p.code for p in found.value.problems}


def test_ids_are_those_agreed_on():
    assert {c.id for c in competencies()} == set(COMPETENCIES.split())
    assert [d.id for d in duties()] == DUTIES.split()
    assert set(kpis()) == set(KPIS.split())
    assert [p.id for p in pitfalls()] == PITFALLS.split()
    assert [r.id for r in remedies()] == REMEDIES.split()
    assert [i.id for i in pulse_items()] == [*PITFALLS.split(), *CLIMATE.split()]
    named = {"product_knowledge", "sales_skill", "relationship_management"}
    assert named == {t.id for t in trainings()[:3]}
    assert len(responsibility_levels()) == 4


@pytest.mark.parametrize("part", [*competencies(), *duties()], ids=lambda p: p.id)
def test_anchors_are_five_observable_behaviours(part):
    assert len(part.levels) == 5 and part.anchor(1) == part.levels[0]
    for lang, vague in (("zh", VAGUE_ZH), ("en", VAGUE_EN)):
        words = [level[lang] for level in part.levels]
        assert len(set(words)) == 5
        for text in words:
            assert not vague.search(text), text
            assert len(text) >= (12 if lang == "zh" else 35), text


def test_no_anchor_stands_twice():
    for lang in ("zh", "en"):
        words = [level[lang] for part in (*competencies(), *duties()) for level in part.levels]
        assert len(words) == 75 == len(set(words))


def test_anchors_are_said_not_to_be_retranslated():
    assert all(both(c.note) and "retranslated" in c.note["en"] for c in competencies())
    assert "Smith & Kendall 1963" in competencies()[0].origin


def test_references_between_files():
    known, skills, roles = set(kpis()), set(COMPETENCIES.split()), role_cards()
    assert all(set(d.kpis) <= known and d.kpis for d in duties())
    assert all(set(t.competencies) <= skills and t.hours > 0 for t in trainings())
    for skill in skills:
        assert sum(skill in t.competencies for t in trainings()) >= 2, skill
    assert all(set(r.duties) <= set(DUTIES.split()) for r in roles.values())
    assert all(k.owner in roles for k in kpis().values())
    assert all(t.kpi in known | {""} for t in efficacy_tasks())
    assert {d for r in roles.values() for d in r.duties} == set(DUTIES.split())


def test_tables_of_kpis_and_attributes_are_there():
    from kamkit.tables import schemas

    tables = tomllib.loads(Path(schemas.__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    assert all(set(k.tables) <= set(tables) for k in kpis().values())
    for attribute in team_attributes():
        assert attribute.column.startswith("x_") != attribute.asked
        assert not attribute.asked or attribute.column in tables["members"]["columns"]


def test_kpi_registry_says_how_each_is_read():
    registry = kpis()
    down = {k for k, v in registry.items() if v.direction == "down"}
    assert down == {"acquisition_cost", "complaint_rate", "dso_days"}
    for kpi in registry.values():
        assert both(kpi.label) and both(kpi.formula) and both(kpi.gaming)
        assert kpi.cap >= 1
        assert (kpi.direction == "range") == (kpi.low < kpi.high) == (not math.isnan(kpi.low))
    assert [k.id for k in registry.values() if k.kind == "activity"] == ["visits"]
    assert {k.id for k in registry.values() if k.control == "no"} == {
        "market_share", "brand_image", "rd", "segment_share"
    }  # fmt: skip


def test_factors_of_the_published_case_are_sorted():
    found = {name: find_factor(name) for name in ("potential", "workload", "account_count_given")}
    assert all(f is not None and f.allowed for f in found.values())
    for name in ("sales", "share", "change", "accounts", "rating", "time", "advert", "Visits "):
        factor = find_factor(name)
        assert factor is not None and not factor.allowed and both(factor.reason), name
    names = [n for f in controllability().values() for n in f.names]
    assert len(names) == len(set(names))


def test_links_of_pitfalls_are_those_of_the_exercise():
    short = dict(zip(("ability", "learn", "wholeview", "decide", "resistance", "focus"),
                     REMEDIES.split(), strict=True))  # fmt: skip
    scenes = ("skills", "plans", "arrogance", "division", "short", "chaos", "apart")
    pitfall = dict(zip(scenes, pitfalls(), strict=True))
    for scene in tomllib.loads(SCENES.read_text(encoding="utf-8"))["remedies"]:
        accepted = {short[place] for place in (scene["place"], *scene.get("also", []))}
        assert accepted <= set(pitfall[scene["by"]].remedies), scene["en"]
    assert {r for p in pitfalls() for r in p.remedies} == set(REMEDIES.split())
    assert all(len(p.remedies) >= 2 for p in pitfalls())


def test_policy_adds_up():
    parts = appraisal_parts()
    assert math.isclose(sum(parts.weights.values()), 1)
    assert parts.grade(101).id == "outstanding" and parts.grade(-5).id == "below"
    rules = load_rules()
    assert [t.hours for t in rules.tiers.values()] == list(service_hours_by_tier())
    left = rules.hours_per_year * rules.account_share
    for tier in rules.tiers.values():
        assert tier.accounts == left // tier.hours
    assert {e[0] for e in rules.examples} >= {"xerox", "dell"}
    assert [p.group for p in pay_elements()] == ["pay"] * 3 + ["reward"] * 2
    assert all(both(words) for words in fairness_wording().values())


def service_hours_by_tier():
    from kamkit.schemes import load_scheme

    return service_hours(load_scheme("elevator")).values()


def test_nobody_is_asked_for_age_or_sex():
    assert {a.id for a in team_attributes() if not a.asked} == {"age", "sex"}


def test_a_company_brings_its_own(tmp_path):
    path = own(tmp_path, "policy", ("weight = 0.5", "weight = 2"), ("low = 75", "low = 80"))
    parts = appraisal_parts(path)
    assert parts.weights["kpi"] == pytest.approx(2 / 2.5) and parts.grade(79).id == "meets"
    path = own(tmp_path, "kpis", ('direction = "up"', 'direction = "down"'))
    assert kpis(path)["sales"].direction == "down" and kpis()["sales"].direction == "up"


@pytest.mark.parametrize(
    ("kind", "old", "new", "code"),
    [
        ("kpis", 'direction = "up"', 'direction = "north"', "scheme_bad_value"),
        ("kpis", "high = 0.08", "high = 0.01", "scheme_bad_value"),
        ("kpis", 'id = "visits"', 'id = "sales"', "scheme_duplicate"),
        ("policy", "low = 75", "low = 95", "scheme_bad_value"),
        ("policy", "full = 1.0", "full = 2", "scheme_bad_value"),
        ("policy", "weight = 0.5", "weight = 0", "scheme_bad_value"),
        ("diagnostics", '"remedy_raise_ability",', '"remedy_sleep",', "scheme_unknown_reference"),
        ("roles", 'level = "departments"', 'level = "moon"', "scheme_unknown_reference"),
        ("competencies", 'en = "Asked for', 'fr = "Asked for', "scheme_no_label"),
        ("duties", 'origin = "S200; house"', 'origin = "boss"', "scheme_bad_value"),
        ("trainings", "hours = 16", "hours = -1", "scheme_bad_value"),
        ("controllability", "allowed = true", "allow = true", "scheme_unknown_key"),
        ("duties", "format = 1", "format = 2", "scheme_format"),
    ],
)  # fmt: skip
def test_faults_are_named(tmp_path, kind, old, new, code):
    with pytest.raises(KamkitError) as caught:
        team_file(kind, own(tmp_path, kind, (old, new)))
    assert code in codes(caught)


def test_four_levels_are_refused(tmp_path):
    raw = tomllib.loads((FOLDER / "competencies.toml").read_text(encoding="utf-8"))
    raw["entries"][0]["levels"].pop()
    found = team_problems(raw, "own.toml", "competencies")
    assert [(p.code, p.column) for p in found] == [("scheme_bad_value", "entries[1].levels")]


def test_all_faults_come_at_once(tmp_path):
    path = own(tmp_path, "kpis", ('unit = "money"', 'unit = "shells"'), ("cap = 1.1", "cap = 0"))
    with pytest.raises(KamkitError) as caught:
        kpis(path)
    assert codes(caught) == {"scheme_bad_value"}
    with pytest.raises(KamkitError) as caught:
        kpis(tmp_path / "nothing.toml")
    assert codes(caught) == {"scheme_unreadable"}


@pytest.mark.parametrize("kind", sorted(LISTS))
def test_any_junk_in_any_place_is_a_problem_and_no_crash(kind):
    raw = tomllib.loads((FOLDER / f"{kind}.toml").read_text(encoding="utf-8"))
    # The first entry of each list stands for the rest.
    raw = {k: v[:1] if k in LISTS[kind] else v for k, v in raw.items()}
    for path in paths(raw):
        for junk in (None, 7, "", [], {}, [3], True):
            team_problems(spoiled(raw, path, junk), "own.toml", kind)


def test_sample_company_speaks_these_ids():
    common = ROOT / "kamkit" / "tables" / "sample" / "common.toml"
    lists = tomllib.loads(common.read_text(encoding="utf-8"))["lists"]
    assert set(lists["competencies"]) == {c.id for c in competencies()}
    assert set(lists["pulse_items"]) == {i.id for i in pulse_items()}
    assert set(lists["efficacy_tasks"]) == {t.id for t in efficacy_tasks()}
