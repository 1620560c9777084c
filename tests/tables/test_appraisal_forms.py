"""Rating forms: written, filled in, read back; all or nothing, and only once."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.i18n import describe
from kamkit.tables import load
from kamkit.tables.forms.appraisal_form import (
    DAY,
    EVIDENCE,
    HEADER,
    MOST_PEOPLE,
    SCORE,
    appraisal_form,
    write_appraisal_forms,
)
from kamkit.tables.forms.appraisal_items import SOURCES, rated_items
from kamkit.tables.forms.appraisal_people import appraisal_pairs
from kamkit.tables.forms.appraisal_read import read_appraisal_form
from kamkit.tables.forms.appraisal_store import add_ratings, appraisal_company

TODAY = pd.Timestamp("2026-07-10")
ITEMS = [item.id for item in rated_items("ratings")]
TABLES = {
    "members.csv": "member_id,name,manager_id,team,left_on\nM1,Ann,,h,\nM2,Bo,M1,t,\n"
    "M3,=1+1,M1,t,\nM4,李雷,M2,u,\nM5,Gone,M1,t,2026-01-31\n",
    "accounts.csv": "account_id,name,owner_id\nA1,Alpha,M2\n",
    "contacts.csv": "contact_id,account_id,name\nA1-C1,A1,韩梅梅\n",
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


def forms(folder: Path, out: Path, source: str = "manager", lang: str = "zh", **extra):
    options = {"period": extra.pop("period", "2026H1"), "force": extra.pop("force", False)}
    pairs = appraisal_pairs(load(folder), source, day=TODAY, lang=lang, **extra)
    return write_appraisal_forms(pairs, out, source=source, lang=lang, **options)


def fill(path: Path, said: dict, *, sheet: int = 0, day: object = None) -> Path:
    """Write (item, person): score or (score, evidence), as a person would."""
    book = openpyxl.load_workbook(path)
    page = book.worksheets[sheet]
    if day is not None:
        page.cell(DAY, SCORE).value = day
    for row in range(HEADER + 1, page.max_row + 1):
        value = said.get((page.cell(row, 1).value, page.cell(row, 2).value))
        score, evidence = value if isinstance(value, tuple) else (value, None)
        if score is not None:
            page.cell(row, SCORE).value = score
        if evidence is not None:
            page.cell(row, EVIDENCE).value = evidence
    book.save(path)
    return path


def read(folder: Path, files: list[Path], **extra):
    return add_ratings(appraisal_company(folder), files, **({"day": TODAY} | extra))


def problems(call, *args, **extra) -> list[str]:
    with pytest.raises(KamkitError) as caught:
        call(*args, **extra)
    for lang in ("zh", "en"):
        assert "{" not in describe(caught.value, lang)
    return sorted(p.code for p in caught.value.problems if p.level == "error")


def content(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_round_trip(folder, tmp_path):
    first, second = forms(folder, tmp_path / "out")
    names = ["appraisal_2026H1_manager_M1.zh.xlsx", "appraisal_2026H1_manager_M2.zh.xlsx"]
    assert [first.name, second.name] == names
    said = {(ITEMS[0], "M2"): 3, (ITEMS[0], "M3"): ("５分", "合同 A12"), (ITEMS[7], "M3"): "2"}
    fill(first, said, day="2026年7月1日")
    fill(first, {("raise_service", "M2"): (4, "满意度调查")}, sheet=1)
    done = read(folder, [first, second])
    assert (done.forms, done.new, done.changed, done.known) == (1, 4, 0, 0)
    assert [p.code for p in done.problems] == ["appraisal_empty"]
    company = load(folder)
    rows = company.ratings.set_index(["ratee_id", "competency"])
    assert rows["score"].to_dict() == {
        ("M2", ITEMS[0]): 3, ("M3", ITEMS[0]): 5, ("M3", ITEMS[7]): 2,
    }  # fmt: skip
    assert rows.loc[("M3", ITEMS[0]), "evidence"] == "合同 A12"
    assert set(company.ratings["rated_on"]) == {pd.Timestamp("2026-07-01")}
    assert set(company.ratings["source"]) == {"manager"}
    (duty,) = company.duty_ratings.to_dict("records")
    assert (duty["duty"], duty["score"], duty["rater_id"]) == ("raise_service", 4, "M1")


def test_read_twice_changes_nothing(folder, tmp_path):
    file = fill(forms(folder, tmp_path / "out")[0], {(ITEMS[0], "M2"): (4, "a")})
    read(folder, [file])
    before = content(folder)
    again = read(folder, [file, file], day=TODAY + pd.Timedelta(days=9))
    assert (again.new, again.changed, again.known) == (0, 0, 1)
    assert content(folder) == before


def test_every_problem_at_once_and_nothing_written(folder, tmp_path):
    first, second = forms(folder, tmp_path / "out")
    bad = zip(ITEMS, (6, "五", 2.5, "=A1", (3, "=1+1")), strict=False)
    fill(first, {(item, "M2"): value for item, value in bad}, day="soon")
    fill(second, {(ITEMS[0], "M4"): 4}, day="2026-08-01")
    before = content(folder)
    (tmp_path / "no.xlsx").write_bytes(b"no")
    openpyxl.Workbook().save(tmp_path / "other.xlsx")
    more = [tmp_path / "no.xlsx", tmp_path / "other.xlsx", tmp_path / "gone.xlsx"]
    found = problems(read, folder, [first, second, *more])
    expected = ["survey_off_scale", "appraisal_not_score", "survey_between_steps", "own_formula"]
    expected += ["own_formula", "survey_bad_day", "appraisal_future_day"]
    expected += ["own_file_kind", "appraisal_no_form", "file_not_found"]
    assert found == sorted(expected)
    assert content(folder) == before


def test_who_rates_whom(folder):
    company = load(folder)

    def pairs(source, **extra):
        found = appraisal_pairs(company, source, day=TODAY, lang="en", **extra)
        return found[["rater_id", "ratee_id"]].values.tolist()

    assert pairs("manager") == [["M1", "M2"], ["M1", "M3"], ["M2", "M4"]]
    assert pairs("self") == [["M2", "M2"], ["M3", "M3"], ["M4", "M4"]]
    assert pairs("peer") == [["M2", "M3"], ["M3", "M2"]]
    assert pairs("report", members=["M2"]) == [["M4", "M2"]]
    assert pairs("customer", raters=["A1-C1"]) == [["A1-C1", "M2"]]
    assert problems(pairs, "customer") == ["appraisal_name_rater"]
    assert problems(pairs, "manager", raters=["M9", "M5"]) == ["appraisal_unknown_member"] * 2
    assert problems(pairs, "manager", raters=["M4"]) == ["appraisal_nobody"]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_source(folder, tmp_path, source, lang):
    extra = {"raters": ["A1-C1"]} if source == "customer" else {"members": ["M2"]}
    file = forms(folder, tmp_path / "one.xlsx", source, lang, **extra)[0]
    assert file == tmp_path / "one.xlsx"
    book = openpyxl.load_workbook(file)
    assert len(book.worksheets) == (2 if source in ("manager", "self") else 1)
    done = read(folder, [fill(file, {(ITEMS[2], "M2"): 4})])
    assert done.new == 1 and done.problems == ()
    (row,) = load(folder).ratings.to_dict("records")
    assert (row["source"], row["ratee_id"]) == (source, "M2")


def test_two_files_and_what_is_on_record(folder, tmp_path):
    first = fill(forms(folder, tmp_path / "a")[0], {(ITEMS[0], "M2"): 4})
    other = fill(forms(folder, tmp_path / "b")[0], {(ITEMS[0], "M2"): 2})
    assert problems(read, folder, [first, other]) == ["survey_two_files"]
    read(folder, [first])
    assert problems(read, folder, [other]) == ["survey_differs"]
    added = read(folder, [fill(first, {(ITEMS[0], "M2"): (4, "seen in May")})])
    assert (added.new, added.changed) == (0, 1)
    doubt = fill(forms(folder, tmp_path / "c")[0], {(ITEMS[0], "M2"): (4, "seen in June")})
    assert problems(read, folder, [doubt]) == ["survey_differs"]
    done = read(folder, [other], overwrite=True)
    assert (done.new, done.changed, done.known) == (0, 1, 0)
    (row,) = load(folder).ratings.to_dict("records")
    assert (row["score"], row["evidence"]) == (2, "seen in May")


def test_old_ratings_keep_their_comments(folder, tmp_path):
    text = "ratee_id,rater_id,source,competency,period,score,comment\n"
    text += f"M2,M1,manager,{ITEMS[0]},2026H1,3,good\nM2,M1,manager,{ITEMS[1]},2025H2,3,ok\n"
    (folder / "ratings.csv").write_text(text, encoding="utf-8")
    file = fill(forms(folder, tmp_path / "a")[0], {(ITEMS[0], "M2"): (4, "x"), (ITEMS[1], "M2"): 3})
    done = read(folder, [file], overwrite=True)
    assert (done.new, done.changed) == (1, 1)
    rows = load(folder).ratings.set_index(["competency", "period"])
    assert len(rows) == 3 and rows.loc[(ITEMS[0], "2026H1"), "comment"] == "good"
    assert rows.loc[(ITEMS[0], "2026H1"), "score"] == 4
    assert pd.isna(rows.loc[(ITEMS[1], "2025H2"), "rated_on"])


def test_warnings_let_ratings_in(folder, tmp_path):
    file = fill(forms(folder, tmp_path / "a")[0], {(ITEMS[0], "M2"): 5, (ITEMS[0], "M3"): 3})
    members = (folder / "members.csv").read_text(encoding="utf-8")
    (folder / "members.csv").write_text(members.replace("M2,Bo,M1", "M2,Bo,M4"), encoding="utf-8")
    found = sorted(p.code for p in read(folder, [file]).problems)
    assert found == ["appraisal_no_evidence", "appraisal_other_manager"]
    book = openpyxl.load_workbook(file)
    cell = book.worksheets[0].cell(1, 2)
    cell.value = cell.value.replace('"words": "', '"words": "0')
    book.save(file)
    form, wrong = read_appraisal_form(file.read_bytes(), "f")
    assert form is not None and "appraisal_words" in [p.code for p in wrong]


def test_altered_forms_are_refused(folder, tmp_path):
    def altered(name, change):
        path = forms(folder, tmp_path / f"{name}.xlsx", "self", members=["M2"])[0]
        book = openpyxl.load_workbook(path)
        change(book)
        book.save(path)
        return path

    gone = altered("rows", lambda b: b.worksheets[0].delete_rows(HEADER + 1, 6))
    part = altered("part", lambda b: b.remove(b.worksheets[1]))

    def swap(book):
        cell = book.worksheets[0].cell(1, 2)
        cell.value = cell.value.replace('"M2"]', '"M3"]')

    def broken(book):
        book.worksheets[0].cell(1, 2).value = "[]"

    assert problems(read, folder, [gone]) == ["appraisal_lines_gone"]
    assert problems(read, folder, [part]) == ["appraisal_sheet_gone"]
    assert problems(read, folder, [altered("swap", swap)]) == ["appraisal_no_form"]
    assert problems(read, folder, [altered("broken", broken)]) == ["appraisal_no_form"]
    unknown = fill(forms(folder, tmp_path / "x")[0], {(ITEMS[0], "M3"): 3})
    (folder / "members.csv").write_text(
        "member_id,name,manager_id\nM1,Ann,\nM2,Bo,M1\n", encoding="utf-8"
    )
    assert problems(read, folder, [unknown]) == ["appraisal_unknown_member"]


def test_the_sheet_is_locked_but_for_answers(folder, tmp_path):
    page = openpyxl.load_workbook(forms(folder, tmp_path / "out", lang="en")[0]).worksheets[0]
    assert page.protection.sheet and page.row_dimensions[1].hidden
    assert page.column_dimensions["A"].hidden and page.column_dimensions["B"].hidden
    cells = [c for row in page.iter_rows() for c in row]
    assert {c.coordinate[0] for c in cells if not c.protection.locked} == set("DEFGHI")
    (rule,) = page.data_validations.dataValidation
    assert rule.formula1 == '"1,2,3,4,5"'
    assert all(c.data_type != "f" for c in cells)
    text = " ".join(str(c.value) for c in cells)
    assert all(item.levels[0]["en"] in text for item in rated_items("ratings"))


def test_no_form_overwrites_another_and_none_grows_too_long(folder, tmp_path):
    forms(folder, tmp_path / "out")
    assert problems(forms, folder, tmp_path / "out") == ["survey_form_exists"] * 2
    assert problems(forms, folder, tmp_path / "a.xlsx") == ["appraisal_one_file"]
    assert len(forms(folder, tmp_path / "out", force=True)) == 2
    ids = [f"M{i}" for i in range(MOST_PEOPLE + 1)]
    many = pd.DataFrame({"rater_id": "M", "rater": "M", "ratee_id": ids, "name": ids})
    options = {"source": "manager", "period": "2026", "lang": "en"}
    assert problems(appraisal_form, many, **options) == ["appraisal_many"]
    data = appraisal_form(many.head(MOST_PEOPLE), **options)
    form, wrong = read_appraisal_form(data, "f")
    assert form is not None and wrong == [] and len(form.ratees) == MOST_PEOPLE
    assert openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].max_row <= 400


@pytest.mark.parametrize(("said", "name"), [("２０２６h1 ", "2026H1"), ("2026-06", "2026-06")])
def test_periods_are_written_in_one_way(folder, tmp_path, said, name):
    file = fill(forms(folder, tmp_path / "a.xlsx", raters=["M2"], period=said)[0],
                {(ITEMS[0], "M4"): 4})  # fmt: skip
    read(folder, [file])
    assert load(folder).ratings["period"].tolist() == [name]


@pytest.mark.parametrize("period", ["abc", "../x", "2026H3", "", "上半年"])
def test_a_period_that_no_table_knows(folder, tmp_path, period):
    assert problems(forms, folder, tmp_path / "out", period=period) == ["unknown_period"]
    assert not (tmp_path / "out").exists()
    file = forms(folder, tmp_path / "a.xlsx", raters=["M2"])[0]
    book = openpyxl.load_workbook(file)
    for page in book:
        page.cell(1, 2).value = page.cell(1, 2).value.replace('"2026H1"', f'"{period}"')
    book.save(file)
    assert problems(read, folder, [file]) == ["unknown_period"]


def test_a_form_of_another_company(folder, tmp_path):
    pairs = appraisal_pairs(load(folder), "self", day=TODAY, lang="zh", members=["M2"])
    options = {"source": "self", "period": "2026H1", "lang": "zh"}
    found = {
        name: fill(
            write_appraisal_forms(pairs, tmp_path / f"{name}.xlsx", company=name, **options)[0],
            {(ITEMS[0], "M2"): score},
        )
        for name, score in (("t", 4), ("u", 2))
    }
    before = content(folder)
    assert problems(read, folder, list(found.values())) == ["form_other_company"]
    assert content(folder) == before
    assert read(folder, [found["t"]]).new == 1


def test_each_sheet_has_its_own_day_and_says_where_it_is_wrong(folder, tmp_path):
    file = forms(folder, tmp_path / "a.xlsx", raters=["M2"])[0]
    fill(file, {(ITEMS[0], "M4"): 4}, day="2026-07-01")
    fill(file, {("raise_service", "M4"): "昨天看到"}, sheet=1, day="昨天")
    with pytest.raises(KamkitError) as caught:
        read(folder, [file])
    found = {p.code: p.column for p in caught.value.problems}
    assert found == {"survey_bad_day": "岗位职责", "appraisal_not_score": "岗位职责 · 李雷"}
    fill(file, {("raise_service", "M4"): 3}, sheet=1, day="2026-08-03")
    assert problems(read, folder, [file]) == ["appraisal_future_day"]
    fill(file, {}, sheet=1, day="2026-07-03")
    read(folder, [file])
    company = load(folder)
    days = [company.ratings["rated_on"].iloc[0], company.duty_ratings["rated_on"].iloc[0]]
    assert days == [pd.Timestamp("2026-07-01"), pd.Timestamp("2026-07-03")]


def test_both_tables_or_none(folder, tmp_path, monkeypatch):
    file = fill(forms(folder, tmp_path / "out")[0], {(ITEMS[0], "M2"): 4})
    fill(file, {("raise_service", "M2"): 4}, sheet=1)
    before = content(folder)
    real = Path.replace

    def full(self, target):
        if Path(target).name == "duty_ratings.csv" and ".part" in self.name:
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", full)
    assert problems(read, folder, [file]) == ["cannot_write"]
    assert content(folder) == before


def test_sample_companies_stay_as_they_are():
    assert problems(read, Path("elevator"), []) == ["survey_sample"]
