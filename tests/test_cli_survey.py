"""Survey forms on the command line, in both languages."""

from __future__ import annotations

import openpyxl
import pytest
from test_cli import process, run

from kamkit.i18n import catalog
from kamkit.tables import load
from kamkit.tables.forms.survey_form import FIRST, HEADER

pytestmark = pytest.mark.parametrize("lang", ["zh", "en"])
WAVE = ("--wave", "2026H2", "--day", "2026-06-20")


@pytest.fixture
def company(tmp_path):
    out = tmp_path / "own"
    assert run("sample", "--out", out, "--accounts", 60).exit_code == 0
    return out


def test_help(lang):
    for words in (("survey",), ("survey", "form"), ("survey", "read")):
        found = process(*words, "--help", KAMKIT_LANG=lang, PYTHONIOENCODING="utf-8")
        text = found.stdout.decode("utf-8")
        assert catalog(lang)["cli." + "_".join(words)][:8] in text


def test_form_and_read(company, tmp_path, lang):
    account = load(company).contacts["account_id"].iloc[0]
    out = tmp_path / "forms"
    options = ("--side", "customer", "--account", account, "--out", out)
    result = run("survey", "form", company, *WAVE, *options, lang=lang)
    assert result.exit_code == 0, result.output
    files = sorted(out.glob("*.xlsx"))
    assert len(load(company).survey_invitations.query("wave == '2026H2'")) == len(files) > 0
    book = openpyxl.load_workbook(files[0])
    book.active.cell(HEADER + 1, FIRST).value = 6
    book.save(files[0])
    reading = ("survey", "read", out, "--company", company, "--day", "2026-06-21")
    for new in (1, 0):
        result = run(*reading, lang=lang)
        assert result.exit_code == 0 and f"{new} " in result.output.splitlines()[-1]
        assert len(load(company).survey_responses.query("wave == '2026H2'")) == 1
    book.active.cell(HEADER + 1, FIRST).value = 9
    book.save(files[0])
    result = run(*reading, lang=lang)
    assert result.exit_code == 1 and "survey_off_scale" in result.output
    assert run(*reading, "--survey", "quick", lang=lang).exit_code == 1


def test_usage(tmp_path, lang):
    result = run(
        "survey", "form", "elevator", *WAVE, "--side", "them", "--out", tmp_path, lang=lang
    )
    assert result.exit_code == 1 and "unknown_option" in result.output
    result = run("survey", "read", tmp_path, "--company", "elevator", lang=lang)
    assert result.exit_code == 1 and "survey_no_files" in result.output
    bad = ("--wave", "2026H2", "--day", "today", "--out", tmp_path)
    result = run("survey", "form", "elevator", *bad, lang=lang)
    assert result.exit_code == 1 and "bad_date" in result.output
