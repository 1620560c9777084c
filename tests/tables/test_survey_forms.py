"""Survey forms: written, filled in, read back; all or nothing, and only once."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.schemes.surveys import read_survey
from kamkit.tables import load
from kamkit.tables.forms.survey_form import FIRST, HEADER, survey_form, write_survey_forms
from kamkit.tables.forms.survey_people import survey_guests
from kamkit.tables.forms.survey_read import read_survey_form
from kamkit.tables.forms.survey_store import add_answers, record_invitations, survey_company

DAY = pd.Timestamp("2026-09-01")
ITEMS = read_survey("relationship_quality").item_ids
TABLES = {
    "accounts.csv": "account_id,name,owner_id\nA1,Alpha,M1\nA2,=1+1,M2\n",
    "contacts.csv": "contact_id,account_id,name,level,left_on\n"
    "A1-C1,A1,李雷,4,\nA1-C2,A1,=2+2,3,\nA1-C3,A1,Gone,5,2026-01-31\nA2-C1,A2,韩梅梅,2,\n",
    "contact_roles.csv": "account_id,contact_id,influence,as_of\n"
    "A1,A1-C1,2,2025-01-01\nA1,A1-C2,5,2025-01-01\nA1,A1-C2,3,2026-06-30\n"
    "A1,A1-C1,4,2026-06-30\nA1,A1-C2,5,2026-12-31\n",
    "members.csv": "member_id,name\nM1,Ann\nM2,Bo\nM3,Cy\n",
    "ties.csv": "account_id,from_id,to_id,from_side,strength,bond\nA1,M3,A1-C1,us,3,value\n",
}


@pytest.fixture
def folder(tmp_path) -> Path:
    out = tmp_path / "company"
    out.mkdir()
    settings = '[company]\nid = "t"\ncurrency = "CNY"\nas_of = 2026-09-30\n'
    (out / "kamkit.toml").write_text(settings, encoding="utf-8")
    for name, text in TABLES.items():
        (out / name).write_text(text, encoding="utf-8")
    return out


def forms(folder: Path, out: Path, **extra) -> list[Path]:
    """Forms of a wave for everybody whom the rule chooses."""
    options = {"side": "customer", "wave": "2026H2", "lang": "zh", "day": DAY}
    per, survey = extra.pop("per", "respondent"), extra.pop("survey", "relationship_quality")
    options |= extra
    items = read_survey(survey).item_ids
    company = options.pop("company", "")
    people = survey_guests(load(folder), items=items, **options).people
    return write_survey_forms(read_survey(survey), people, out, per=per, company=company, **options)


def fill(path: Path, answers: dict[int, object], *, place: int = FIRST) -> Path:
    """Write answers by question number, 0 for the date, as a person would."""
    book = openpyxl.load_workbook(path)
    sheet = book.active
    for number, value in answers.items():
        row = HEADER + number if number else sheet.max_row
        sheet.cell(row, place).value = value
    book.save(path)
    return path


def read(folder: Path, files: list[Path], **extra):
    options = {"survey": read_survey("relationship_quality"), "day": DAY} | extra
    return add_answers(survey_company(folder), files, **options)


def codes(call, *args, **extra) -> list[str]:
    with pytest.raises(KamkitError) as caught:
        call(*args, **extra)
    return [p.code for p in caught.value.problems if p.level == "error"]


def test_round_trip(folder, tmp_path):
    files = forms(folder, tmp_path / "out")
    assert [f.name for f in files] == [
        f"survey_2026H2_customer_{who}.zh.xlsx" for who in ("A1-C1", "A1-C2", "A2-C1")
    ]
    fill(files[0], {1: 6, 2: "７", 3: "5分", 4: 2.0, 0: "2026年9月3日"})
    added = read(folder, files)
    assert (added.people, added.new, added.changed, added.known) == (1, 4, 0, 0)
    assert [p.code for p in added.problems] == ["survey_empty"] * 2
    company = load(folder)
    said = company.survey_responses
    assert said[["item", "score"]].values.tolist() == [
        [item, score] for item, score in zip(ITEMS[:4], (6, 7, 5, 2), strict=True)
    ]
    asked = company.survey_invitations.set_index("respondent_id")
    assert asked["responded_on"].isna().tolist() == [False, True, True]
    assert asked.loc["A1-C1", "responded_on"] == pd.Timestamp("2026-09-03")


def test_the_form_of_another_company_is_refused(folder, tmp_path):
    theirs = fill(forms(folder, tmp_path / "a", company="other")[0], {1: 5})
    ours = fill(forms(folder, tmp_path / "b", company="t")[1], {1: 5})
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    with pytest.raises(KamkitError) as caught:
        add_answers(
            survey_company(folder), [theirs, ours], read_survey("relationship_quality"), day=DAY
        )
    assert [(p.code, p.value) for p in caught.value.problems] == [("form_other_company", "other")]
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_read_twice_changes_nothing(folder, tmp_path):
    files = forms(folder, tmp_path / "out")
    fill(files[0], {1: 6, 2: 3})
    read(folder, files)
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    again = read(folder, files, day=DAY + pd.Timedelta(days=9))
    assert (again.new, again.changed, again.known) == (0, 0, 2)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_every_problem_at_once_and_nothing_written(folder, tmp_path):
    files = forms(folder, tmp_path / "out")
    fill(files[0], {1: 8, 2: "六", 3: 4.5, 4: "=A1", 5: 5, 0: "soon"})
    fill(files[1], {1: 0, 0: "2026-08-01"})
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    found = codes(read, folder, files)
    assert sorted(found) == sorted(
        ["survey_off_scale", "not_a_number", "survey_between_steps", "own_formula"]
        + ["survey_bad_day", "survey_off_scale", "survey_before_invited"]
    )
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_unknown_people_and_other_instruments(folder, tmp_path):
    people = pd.DataFrame({"account_id": ["A1", "A9", "A2"], "respondent_id": ["X", "Y", "A1-C1"]})
    people = people.assign(name="?", account="?", invited_on=pd.NaT)
    options = {"side": "customer", "wave": "2026H2", "day": DAY, "lang": "en"}
    survey = read_survey("relationship_quality")
    files = write_survey_forms(survey, people, tmp_path / "a", **options)
    for file in files:
        fill(file, {1: 4})
    found = codes(read, folder, files)
    assert sorted(found) == ["survey_unknown_person", "survey_unknown_person", "unknown_account"]
    assert (
        codes(read, folder, forms(folder, tmp_path / "b", survey="quick")) == ["survey_other"] * 3
    )
    (tmp_path / "no.xlsx").write_bytes(b"no")
    book = openpyxl.Workbook()
    book.save(tmp_path / "other.xlsx")
    two = [tmp_path / "no.xlsx", tmp_path / "other.xlsx", tmp_path / "gone.xlsx"]
    assert codes(read, folder, two) == ["own_file_kind", "survey_no_form", "file_not_found"]


def test_a_changed_answer_is_refused_unless_asked_for(folder, tmp_path):
    files = forms(folder, tmp_path / "out")[:1]
    read(folder, [fill(files[0], {1: 6, 2: 5})])
    fill(files[0], {1: 3})
    assert codes(read, folder, files) == ["survey_differs"]
    added = read(folder, files, overwrite=True)
    assert (added.new, added.changed, added.known) == (0, 1, 1)
    assert sorted(load(folder).survey_responses["score"]) == [3, 5]


def test_two_files_of_one_person(folder, tmp_path):
    first = fill(forms(folder, tmp_path / "a")[0], {1: 6})
    same = fill(forms(folder, tmp_path / "b")[0], {1: 6, 2: 4})
    other = fill(forms(folder, tmp_path / "c")[0], {1: 5})
    assert codes(read, folder, [first, other]) == ["survey_two_files"]
    assert read(folder, [first, same]).new == 2


def test_one_form_an_account(folder, tmp_path):
    files = forms(folder, tmp_path / "out", per="account")
    assert len(files) == 2
    fill(files[0], {1: 6, 11: 1})
    fill(files[0], {1: 3}, place=FIRST + 1)
    assert read(folder, files).people == 2
    said = load(folder).survey_responses.set_index(["respondent_id", "item"])["score"]
    assert said.to_dict() == {
        ("A1-C1", "trust_1"): 6,
        ("A1-C1", "commitment_4"): 1,
        ("A1-C2", "trust_1"): 3,
    }


def test_our_side_and_the_quick_questions(folder, tmp_path):
    files = forms(folder, tmp_path / "us", side="us")
    assert [f.name.split("_")[3] for f in files] == [
        "M1-A1.zh.xlsx",
        "M2-A2.zh.xlsx",
        "M3-A1.zh.xlsx",
    ]
    assert read(folder, [fill(files[0], {1: 7})]).new == 1
    quick = read_survey("quick")
    assert codes(survey_form, quick, pd.DataFrame(), side="us", wave="w", day=DAY, lang="en") == [
        "survey_side"
    ]
    pulse = fill(forms(folder, tmp_path / "q", survey="quick")[0], {1: 10, 2: 5, 3: 7})
    assert read(folder, [pulse], survey=quick).new == 3
    pulse.unlink()
    pulse = fill(forms(folder, tmp_path / "q2", survey="quick", wave="2027H1")[0], {1: 11, 2: 6})
    assert codes(read, folder, [pulse], survey=quick) == ["survey_off_scale"] * 2


def test_chosen_by_influence_as_known_on_the_day(folder):
    options = {"wave": "2026H2", "side": "customer", "lang": "en"}
    company = load(folder)
    for day, first in (("2026-09-01", "A1-C1"), ("2027-01-31", "A1-C2")):
        guests = survey_guests(company, day=pd.Timestamp(day), most=1, accounts=["A1"], **options)
        assert guests.rule == "influence" and guests.people["respondent_id"].tolist() == [first]
    assert codes(survey_guests, company, day=DAY, accounts=["A9"], **options) == ["unknown_account"]


def test_invited_who_have_not_answered(folder, tmp_path):
    options = {"wave": "2026H2", "side": "customer"}
    files = forms(folder, tmp_path / "a")
    people = survey_guests(load(folder), day=DAY, lang="en", **options).people
    assert record_invitations(survey_company(folder), people, day=DAY, **options) == 3
    assert record_invitations(survey_company(folder), people, day=DAY, **options) == 0
    read(folder, [fill(files[0], {1: 6})])
    guests = survey_guests(load(folder), day=DAY, lang="en", **options)
    assert (guests.rule, guests.answered, len(guests.people)) == ("invited", 1, 2)


def test_forms_that_are_there_are_kept(folder, tmp_path):
    files = forms(folder, tmp_path / "out")
    before = fill(files[0], {1: 6}).read_bytes()
    assert codes(forms, folder, tmp_path / "out") == ["survey_form_exists"] * 3
    assert files[0].read_bytes() == before


def test_the_sheet_is_locked_but_for_answers(folder, tmp_path):
    sheet = openpyxl.load_workbook(forms(folder, tmp_path / "out")[1]).active
    assert sheet.protection.sheet and sheet.column_dimensions["A"].hidden
    assert all(sheet.row_dimensions[row].hidden for row in (1, 2, 3))
    assert sheet.cell(HEADER, FIRST).value == "=2+2" and sheet.cell(HEADER, FIRST).data_type == "s"
    free = [c.coordinate for row in sheet.iter_rows() for c in row if not c.protection.locked]
    assert free == [f"E{row}" for row in range(HEADER + 1, HEADER + len(ITEMS) + 2)]
    (rule,) = sheet.data_validations.dataValidation
    assert rule.formula1 == '"1,2,3,4,5,6,7"' and len(rule.sqref.ranges) >= 1


@pytest.mark.parametrize("survey", ["relationship_quality", "service_quality", "account_loyalty"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_all_instruments(survey, lang):
    person = pd.DataFrame(
        {"account_id": ["A"], "respondent_id": ["p"], "name": ["\x01Li"], "account": ["="]}
    ).assign(invited_on=pd.NaT)
    data = survey_form(
        read_survey(survey), person, side="customer", wave="=w;1", day=DAY, lang=lang
    )
    (sheet,), problems = read_survey_form(data, "f", read_survey(survey))
    assert not problems and sheet.wave == "=w;1" and sheet.scores == {}
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert all(c.data_type != "f" for row in book.active.iter_rows() for c in row)


def test_a_faulty_table_of_the_company_is_not_rewritten(folder, tmp_path):
    files = forms(folder, tmp_path / "out")
    text = "wave,account_id,respondent_id,side,item,score\nw,A1,A1-C1,customer,trust_1,many\n"
    (folder / "survey_responses.csv").write_text(text, encoding="utf-8")
    assert codes(read, folder, [fill(files[0], {1: 6})]) == ["not_a_number"]
    assert (folder / "survey_responses.csv").read_text(encoding="utf-8") == text


def test_both_tables_or_none(folder, tmp_path, monkeypatch):
    files = forms(folder, tmp_path / "out")
    read(folder, [fill(files[0], {1: 6})])
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    real = Path.replace

    def full(self, target):
        if Path(target).name == "survey_responses.csv" and ".part" in self.name:
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", full)
    assert codes(read, folder, [fill(files[1], {1: 6})]) == ["cannot_write"]
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_sample_companies_stay_as_they_are():
    assert codes(read, Path("elevator"), []) == ["survey_sample"]
