"""One's own accounts: from the form or the browser to one checked table."""

from __future__ import annotations

import io
import json
import re
import zipfile

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.exercises.own_accounts import (
    account_rows,
    accounts_table,
    check_accounts,
    check_form,
    form,
    read_form,
)
from kamkit.exercises.own_accounts.columns import own_form
from kamkit.exercises.own_accounts.form_file import HEADER_ROW
from kamkit.i18n import catalog, describe

COLUMNS = ["account_id", *(c.id for c in own_form().columns)]
NAMES = ["纸灯笼水泵", "木马电机", "竹帆船务", "Lantern Works", "雨靴印刷"]
FIRST = HEADER_ROW + 1


def rows(**more):
    """Five rows; each further column is a list of five or one value for the first row."""
    made = [{"name": name, "revenue": f"{i + 1}00万"} for i, name in enumerate(NAMES)]
    for column, values in more.items():
        for row, value in zip(made, values if isinstance(values, list) else [values], strict=False):
            row[column] = value
    return made


def filled(lang="zh", cells=None, names=NAMES):
    """The form with names and sales filled in, then single cells by address."""
    book = openpyxl.load_workbook(io.BytesIO(form(lang)))
    sheet = book.worksheets[0]
    for i, name in enumerate(names):
        sheet.cell(FIRST + i, 2, name)
        sheet.cell(FIRST + i, 4, 100 * (i + 1))
    for address, value in (cells or {}).items():
        sheet[address] = value
    return book


def saved(book) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def codes(error) -> list[tuple]:
    return [(p.code, p.column, p.row) for p in error.value.problems]


# -- rows as typed -----------------------------------------------------------------------------
def test_rows_become_one_table_in_which_missing_stays_missing():
    table = accounts_table(rows(margin="30%", growth="-5%", relationship="3", segment="制造业"))
    assert list(table.columns) == COLUMNS
    assert table["account_id"].tolist() == ["own_01", "own_02", "own_03", "own_04", "own_05"]
    first = table.iloc[0]
    assert (first["margin"], first["growth"], first["relationship"]) == (300_000, -0.05, 3)
    assert first["segment"] == "manufacturing"
    assert (
        table.loc[1:, ["margin", "growth", "category_spend", "relationship"]].isna().all(axis=None)
    )
    assert table["segment"].isna().sum() == 4
    kinds = {c: str(t) for c, t in table.dtypes.items()}
    assert {c for c, kind in kinds.items() if kind == "str"} == {"account_id", "name", "segment"}


def test_numbers_count_as_they_are():
    made = [{"name": n, "revenue": 1000.0 + i, "growth": 1} for i, n in enumerate(NAMES)]
    assert accounts_table(made)["growth"].tolist() == [1.0] * 5


def test_table_survives_the_journal():
    extra = {"x_备注": ["老客户", "", "", "", ""], "segment": ["制造业", "养猫", "", "Other", ""]}
    table = accounts_table(rows(margin=["30%"] * 5, growth=["1%", "100%", "", "", ""], **extra))
    kept = json.loads(json.dumps(account_rows(table), ensure_ascii=False))
    pd.testing.assert_frame_equal(accounts_table(kept), table)


def test_all_problems_at_once():
    made = rows(
        margin=["900万", "3 或 4", "", "", "x"],
        category_spend=["50万", "", "", "", ""],
        relationship=["6", "2.5", "高", "3", "0"],
        cost_to_serve=["", "-5万", "", "$500", ""],
        growth=["", "", "1", "5000%", "10-20%"],
    )
    made[2]["name"] = "木马 电机"
    made[3]["name"] = " "
    made[4]["revenue"] = ""
    with pytest.raises(KamkitError) as error:
        accounts_table(made)
    assert sorted(codes(error)) == sorted(
        [
            ("own_margin_above_sales", "margin", 1),
            ("own_spend_below_sales", "category_spend", 1),
            ("own_level", "relationship", 1),
            ("figure_two_numbers", "margin", 2),
            ("own_level", "relationship", 2),
            ("own_negative", "cost_to_serve", 2),
            ("own_level", "relationship", 3),
            ("figure_doubtful", "growth", 3),
            ("own_same_name", "name", 3),
            ("own_no_name", "name", 4),
            ("own_currency", "cost_to_serve", 4),
            ("own_growth", "growth", 4),
            ("own_no_revenue", "revenue", 5),
            ("own_level", "relationship", 5),
            ("figure_words", "margin", 5),
            ("figure_range", "growth", 5),
        ]
    )
    for lang in ("zh", "en"):
        text = describe(error.value, lang)
        assert "{" not in text
        assert len(text.splitlines()) == 16


@pytest.mark.parametrize(
    ("n", "code"), [(0, "own_too_few"), (4, "own_too_few"), (21, "own_too_many")]
)
def test_five_to_twenty(n, code):
    with pytest.raises(KamkitError) as error:
        accounts_table([{"name": f"客户{i}", "revenue": 5e5} for i in range(n)])
    assert [p.code for p in error.value.problems] == [code]
    assert len(accounts_table([{"name": f"客户{i}", "revenue": 5e5} for i in range(20)])) == 20


def test_blank_rows_are_left_out():
    blank = [{"name": "", "revenue": None}, {}, {"name": "　", "x_a": " "}]
    assert len(accounts_table([*blank, *rows(), *blank])) == 5


def test_doubts_don_t_stop():
    made = rows(previous_revenue=["100", "", "", "", ""], segment=["养猫", "", "", "", ""])
    found = check_accounts(made)
    assert [(p.code, p.column, p.row) for p in found.doubts] == [
        ("own_segment", "segment", 1),
        ("own_slip", "previous_revenue", 1),
    ]
    assert found.table.loc[0, ["segment", "x_segment"]].tolist() == ["other", "养猫"]
    small = check_accounts([{"name": n, "revenue": 100 + i} for i, n in enumerate(NAMES)])
    assert [p.code for p in small.doubts] == ["own_small"]
    huge = check_accounts([*rows(), {"name": "巨", "revenue": "5000亿"}])
    assert [(p.code, p.row) for p in huge.doubts] == [("own_slip", 6)]


@pytest.mark.parametrize("name", ["=cmd|'/C calc'!A0", "🦆鸭厂", "A" * 60, 'O\'Brien, "Ltd"'])
def test_odd_names_are_names(name):
    assert accounts_table([*rows(), {"name": name, "revenue": 5e5}]).loc[5, "name"] == name


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.lists(st.text())
)


@given(st.lists(st.dictionaries(st.sampled_from([*COLUMNS, "x_note"]), JUNK), max_size=8))
@settings(max_examples=150, deadline=None)
def test_junk_is_a_problem_and_never_a_crash(made):
    try:
        table = accounts_table([*rows(), *made])
    except KamkitError as error:
        assert {f"problem.{p.code}" for p in error.problems} <= set(catalog("zh"))
    else:
        assert table["revenue"].notna().all()
        assert table["name"].is_unique


# -- the form ----------------------------------------------------------------------------------
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_form_is_complete(lang):
    book = openpyxl.load_workbook(io.BytesIO(form(lang)))
    sheet, notes = book.worksheets
    headers = [c.value for c in sheet[HEADER_ROW]][1:]
    labels = [c.label.said(lang) for c in own_form().columns]
    assert [re.sub(r"\s|\*", "", h) for h in headers] == [
        label.replace(" ", "") for label in labels
    ]
    assert [c.id for c, h in zip(own_form().columns, headers, strict=True) if "*" in h] == [
        "name",
        "revenue",
    ]
    assert [sheet.cell(FIRST + i, 1).value for i in range(20)] == list(range(1, 21))
    assert all(sheet.cell(FIRST + i, c).value is None for i in range(20) for c in range(2, 11))
    assert sheet.freeze_panes == f"C{FIRST}"
    assert all(sheet.cell(HEADER_ROW, c).comment for c in range(2, 11))
    choices = {str(r.sqref): r.formula1 for r in sheet.data_validations.dataValidation}
    assert choices[f"J{FIRST}:J{FIRST + 19}"] == '"1,2,3,4,5"'
    segments = choices[f"C{FIRST}:C{FIRST + 19}"].strip('"').split(",")
    assert segments == [s.said(lang) for s in own_form().segments.values()]
    assert all(len(formula) <= 255 for formula in choices.values())
    assert "%" in sheet.cell(FIRST, 8).number_format
    explained = [notes.cell(3 + i, 2).value for i in range(len(labels))]
    assert all(len(text.splitlines()) == 2 for text in explained)
    widths = [sheet.column_dimensions[c].width for c in "ABCDEFGHIJ"]
    assert all(w >= 7 for w in widths)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_filled_form_reads_back(lang):
    cells = {
        "C4": own_form().segments["public"].said(lang),
        "E4": "95",
        "F4": "30%",
        "F5": 0.25,
        "G4": "8",
        "H4": 0.1,
        "H5": "10%",
        "I4": "1.2亿" if lang == "zh" else "120m",
        "J4": 3,
        "L3": "备注",
        "L4": "老客户",
    }
    book = filled(lang, cells)
    book.worksheets[0]["F5"].number_format = "0%"
    table = read_form(saved(book))
    unit = 10_000 if lang == "zh" else 1_000
    first = table.iloc[0]
    assert first["revenue"] == 100 * unit
    assert first["previous_revenue"] == 95 * unit
    assert first["margin"] == 30 * unit
    assert table.loc[1, "margin"] == 50 * unit
    assert first["cost_to_serve"] == 8 * unit
    assert table["growth"].tolist()[:2] == [0.1, 0.1]
    assert first["category_spend"] == 120_000_000
    assert (first["segment"], first["relationship"]) == ("public", 3)
    assert first["x_备注"] == "老客户"


def test_headers_of_the_other_language_any_order_rows_above_and_gaps():
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["2026 年客户清单"],
        [],
        ["Revenue (CNY)", None, "备注", "客户名称", "预计增长率", "Relationship"],
        ["￥1,200,000", None, None, "甲", 15, "3 – steady"],
        [],
        ["１２０万", None, "x", "乙", "15%", None],
        [1_500_000, None, None, "丙", 0.15, 5.0],
        ["约 160 万元", None, None, "丁", None, "4"],
        ["1.7m", None, None, "戊", "一成五", 1],
    ):
        sheet.append(row)
    table = read_form(saved(book))
    assert table["revenue"].tolist() == [1.2e6, 1.2e6, 1.5e6, 1.6e6, 1.7e6]
    assert table["growth"].dropna().tolist() == [0.15] * 4
    assert table["relationship"].tolist()[2:] == [5, 4, 1]


def test_problems_of_a_form_name_its_own_headers_and_rows():
    book = filled(cells={"D5": None, "J6": 9, "E4": "¥95", "E5": "5千", "I4": 20, "B8": "木马电机"})
    with pytest.raises(KamkitError) as error:
        read_form(saved(book))
    assert sorted(codes(error), key=str) == sorted(
        [
            ("own_no_revenue", "今年销售额 * （万元）", 2),
            ("own_level", "关系深度 （1–5）", 3),
            ("own_unit_doubt", "去年销售额 （万元）", 1),
            ("own_unit_doubt", "去年销售额 （万元）", 2),
            ("own_spend_below_sales", "客户采购总额 （万元）", 1),
            ("own_same_name", "客户名称 *", 5),
        ],
        key=str,
    )
    assert error.value.problems[0].table == "我的客户"


def test_formulas_count_with_their_result_and_never_without():
    book = filled(cells={"E4": "=D4*2", "D8": '=WEBSERVICE("http://127.0.0.1/")'})
    with pytest.raises(KamkitError) as error:
        read_form(saved(book))
    uncalculated = {(column, row) for code, column, row in codes(error) if code == "own_formula"}
    assert uncalculated == {("去年销售额 （万元）", 1), ("今年销售额 * （万元）", 5)}
    raw = saved(filled(cells={"D8": "=1+1"}))
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(target, "w") as new:
        for part in old.namelist():
            data = old.read(part)
            if part == "xl/worksheets/sheet1.xml":
                assert b"<f>1+1</f><v" in data
                data = data.replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>500</v>")
                data = data.replace(b"<f>1+1</f><v/>", b"<f>1+1</f><v>500</v>")
            new.writestr(part, data)
    assert read_form(target.getvalue()).loc[4, "revenue"] == 5_000_000


def test_hidden_sheets_are_not_read():
    book = filled()
    secret = book.create_sheet("客户底价", 0)
    secret.append(["客户名称", "今年销售额"])
    for i in range(6):
        secret.append([f"秘密{i}", 5_000_000])
    secret.sheet_state = "hidden"
    assert read_form(saved(book))["name"].tolist() == NAMES
    for sheet in book.worksheets[1:]:
        sheet.sheet_state = "visible"


# -- files that are none -----------------------------------------------------------------------
def packed(parts, level=zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", level) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return target.getvalue()


def with_part(name, data) -> bytes:
    raw = saved(filled())
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = {n: archive.read(n) for n in archive.namelist()}
    return packed({**parts, name: data})


DOCTYPE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaa">]><x>&a;</x>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "own_file_kind"),
        (b"not a workbook", "own_file_kind"),
        ("客户,销售额\n".encode("gb18030"), "own_file_kind"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "own_file_kind"),
        (b"PK\x03\x04" + b"\0" * 600, "own_file_kind"),
        (b"x" * 10_000_000, "own_file_large"),
        (packed({"word/document.xml": "<a/>"}), "own_file_kind"),
        (packed({"xl/workbook.xml": "<a/>"}), "unreadable_file"),
        (packed({"xl/workbook.xml": "<a/>", "bomb": b"\0" * 50_000_000}), "own_file_large"),
        (packed({f"xl/{i}.xml": b"" for i in range(500)}), "own_file_large"),
        (with_part("xl/sharedStrings.xml", DOCTYPE.encode()), "own_file_kind"),
        (with_part("xl/sharedStrings.xml", DOCTYPE.encode("utf-16")), "own_file_kind"),
        (with_part("xl/worksheets/sheet1.xml", b"<worksheet"), "unreadable_file"),
        (saved(openpyxl.Workbook()), "own_no_header"),
    ],
    ids=range(14),
)
def test_other_files_are_refused(data, code):
    with pytest.raises(KamkitError) as error:
        read_form(data)
    assert [p.code for p in error.value.problems] == [code]
    assert "{" not in describe(error.value, "zh")


def test_macros_stay_where_they_are():
    assert len(read_form(with_part("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0" * 100))) == 5


def test_far_cells_cost_nothing():
    book = filled()
    book.worksheets[0].cell(1_048_576, 16_384, "x")
    assert len(read_form(saved(book))) == 5


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_files_are_refused_or_read(data):
    raw = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.sampled_from([len(raw), len(raw) // 2, len(raw) - 30]))
    try:
        found = check_form(bytes(raw[:end]))
    except KamkitError:
        return
    assert 5 <= len(found.table) <= 20


WHOLE = saved(filled())
