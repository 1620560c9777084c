"""The course: every exercise has its place, lessons embed what their cards promise."""

from __future__ import annotations

import json
import runpy

import pytest
from conftest import ROOT

from kamkit.exercises.bank import load_bank
from kamkit.exercises.course import load_course, readable_bank
from kamkit.i18n import LANGUAGES

LESSONS = [card for card in load_course().cards if card.kind == "lesson"]


def cells(lesson, lang):
    path = ROOT / "notebooks" / lang / f"{lesson}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def test_every_exercise_stands_in_one_sheet_of_its_module():
    course, bank = load_course(), load_bank()
    placed = [(name, card) for card in course.cards if card.kind == "sheet"
              for name in card.exercises]  # fmt: skip
    assert sorted(name for name, _ in placed) == sorted(bank)
    assert all(bank[name].module == card.module for name, card in placed)
    assert all(3 <= len(card.exercises) <= 12 for card in course.cards)


def test_minutes_of_a_sheet_are_those_of_its_exercises():
    bank = load_bank()
    for card in load_course(bank).cards:
        if card.kind == "sheet":
            assert card.minutes == sum(bank[name].minutes for name in card.exercises)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("card", LESSONS, ids=lambda card: card.id)
def test_lessons_embed_what_their_cards_promise(card, lang):
    found = cells(card.id, lang)
    calls = ["".join(c["source"]) for c in found if c["id"].startswith("exercise-")]
    assert calls == [f'widgets.exercise("{name}", lang=language)' for name in card.exercises]
    assert "".join(found[0]["source"]).splitlines()[0] == f"# {card.title.said(lang)}"
    lead = ["".join(c["source"]) for c in found if c["id"].startswith("yours-")]
    minutes = [str(load_bank()[name].minutes) for name in card.exercises]
    assert all(m in text for m, text in zip(minutes, lead, strict=True))


def test_one_spoiled_file_does_not_close_the_course(tmp_path, monkeypatch):
    folder = tmp_path / "m16"
    folder.mkdir()
    for name in ("m16_goals", "m16_plan"):
        text = (ROOT / "exercises/m16" / f"{name}.toml").read_text(encoding="utf-8")
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    (folder / "m16_spoiled.toml").write_text("format = [", encoding="utf-8")
    monkeypatch.setenv("KAMKIT_BANK", str(tmp_path))
    bank, problems = readable_bank()
    assert sorted(bank) == ["m16_goals", "m16_plan"]
    assert [p.table for p in problems] == ["m16_spoiled.toml"]
    course = load_course(bank)
    (sheet,) = [card for card in course.cards if card.kind == "sheet"]
    assert sheet.exercises == ("m16_goals", "m16_plan")
    assert course.sheet_of("m16_plan") == sheet and course.sheet_of("m01_pareto") is None


def test_practice_sheets_are_what_the_script_writes():
    """After a change of the bank: .venv/bin/python scripts/write_practice.py"""
    wanted = runpy.run_path(str(ROOT / "scripts/write_practice.py"))["notebooks"]()
    for path, text in wanted.items():
        assert path.read_text(encoding="utf-8") == text, path.name
    there = {p for lang in LANGUAGES for p in (ROOT / "exercises" / lang).glob("*.ipynb")}
    assert there == {p for p in wanted if "exercises" in p.parts}


def test_sheets_hold_the_same_code_in_both_languages():
    for zh in sorted((ROOT / "exercises/zh").glob("*.ipynb")):
        one, other = (
            json.loads((zh.parent.parent / lang / zh.name).read_text(encoding="utf-8"))["cells"]
            for lang in LANGUAGES
        )
        assert [c["id"] for c in one] == [c["id"] for c in other]
        code = [
            ["".join(c["source"]) for c in found if c["cell_type"] == "code"][1:]
            for found in (one, other)
        ]
        assert code[0] == code[1]
