"""Rating forms on the command line, in both languages."""

from __future__ import annotations

import openpyxl
import pytest
from test_cli import process, run

from kamkit.i18n import catalog
from kamkit.tables import load
from kamkit.tables.forms.appraisal_form import HEADER, SCORE

pytestmark = pytest.mark.parametrize("lang", ["zh", "en"])
FORM = ("--period", "2027H1", "--day", "2026-06-20")


@pytest.fixture
def company(tmp_path):
    out = tmp_path / "own"
    assert run("sample", "--out", out, "--accounts", 60).exit_code == 0
    return out


def test_help(lang):
    for words in (("appraisal",), ("appraisal", "form"), ("appraisal", "read")):
        found = process(*words, "--help", KAMKIT_LANG=lang, PYTHONIOENCODING="utf-8")
        text = found.stdout.decode("utf-8")
        assert catalog(lang)["cli." + "_".join(words)][:8] in text


def test_form_and_read(company, tmp_path, lang):
    members = load(company).members
    manager = members["manager_id"].mode()[0]
    out = tmp_path / "forms"
    result = run("appraisal", "form", company, *FORM, "--rater", manager, "--out", out, lang=lang)
    assert result.exit_code == 0, result.output
    result = run("appraisal", "form", company, *FORM, "--self", "--out", out / "own", lang=lang)
    assert result.exit_code == 0, result.output
    assert len(list((out / "own").glob("*_self_*"))) > 1
    (file,) = out.glob("*.xlsx")
    book = openpyxl.load_workbook(file)
    before = len(load(company).ratings)
    book.worksheets[0].cell(HEADER + 3, SCORE).value = 4
    book.save(file)
    reading = ("appraisal", "read", out, "--company", company, "--day", "2026-06-21")
    for _ in range(2):
        result = run(*reading, lang=lang)
        assert result.exit_code == 0, result.output
        assert len(load(company).ratings) == before + 1
    book.worksheets[0].cell(HEADER + 3, SCORE).value = 9
    book.save(file)
    result = run(*reading, lang=lang)
    assert result.exit_code == 1 and "survey_off_scale" in result.output


def test_usage(tmp_path, lang):
    more = ("--out", tmp_path)
    for words, code in (
        (("--source", "them"), "unknown_option"),
        (("--self", "--source", "peer"), "unknown_option"),
        (("--rater", "nobody"), "appraisal_unknown_member"),
        (("--source", "customer"), "appraisal_name_rater"),
    ):
        result = run("appraisal", "form", "elevator", *FORM, *words, *more, lang=lang)
        assert result.exit_code == 1 and code in result.output
    result = run("appraisal", "read", tmp_path, "--company", "elevator", lang=lang)
    assert result.exit_code == 1 and "survey_no_files" in result.output
