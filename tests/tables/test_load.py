"""Folders to tables: types, missing cells, encodings, files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.tables import Company, load, write_company, write_table
from kamkit.tables.config import Config, config_text, parse_config

Make = Callable[..., Path]


def codes(company: Company) -> list[str]:
    return [p.code for p in company.problems]


def test_a_folder_becomes_tables(folder: Make) -> None:
    company = load(folder())
    assert company.config.currency == "CNY"
    assert company.config.as_of == dt.date(2026, 6, 30)
    assert company.has("accounts", "orders")
    assert not company.has("members")
    assert company.accounts["account_id"].tolist() == ["007", "008"]
    assert company.orders["amount"].sum() == 7.5
    assert str(company.orders["date"].dtype) == "datetime64[us]"
    assert codes(company) == []


def test_an_absent_table_says_what_needs_it(folder: Make) -> None:
    company = load(folder())
    with pytest.raises(KamkitError) as error:
        _ = company.contacts
    problem = error.value.problems[0]
    assert (problem.code, problem.table) == ("table_absent", "contacts")
    assert "M6" in str(error.value)
    with pytest.raises(AttributeError):
        _ = company.nonsense


def test_tables_are_handed_out_as_copies(folder: Make) -> None:
    company = load(folder())
    mine = company.orders
    mine.loc[0, "amount"] = 99.0
    assert company.orders.loc[0, "amount"] == 10.5


def test_only_the_empty_cell_is_missing(folder: Make) -> None:
    text = "account_id,name,industry,region\nNA,None,NULL,\nnull,nan,N/A,  \n"
    accounts = load(folder(accounts__csv=text, orders__csv=None)).accounts
    assert accounts["account_id"].tolist() == ["NA", "null"]
    assert accounts["name"].tolist() == ["None", "nan"]
    assert accounts["industry"].tolist() == ["NULL", "N/A"]
    assert accounts["region"].isna().all()


def test_words_are_problems_among_numbers_and_days(folder: Make) -> None:
    text = "order_id,account_id,date,amount\n1,007,NULL,NA\n2,008,2026-01-01,None\n"
    with pytest.raises(KamkitError) as error:
        load(folder(orders__csv=text))
    found = [(p.code, p.column, p.row, p.value) for p in error.value.problems]
    assert found == [
        ("not_a_date", "date", 1, "NULL"),
        ("not_a_number", "amount", 1, "NA"),
        ("not_a_number", "amount", 2, "None"),
    ]


@pytest.mark.parametrize(
    "cell", ["1,5", "1 000", "￥5", "12万", "inf", "0x10", "１２", "1_000", "--1", "1e999", "5%"]
)
def test_numbers_are_plain(folder: Make, cell: str) -> None:
    text = f'order_id,account_id,date,amount\n1,007,2026-01-01,"{cell}"\n'
    with pytest.raises(KamkitError) as error:
        load(folder(orders__csv=text))
    assert [p.code for p in error.value.problems] == ["not_a_number"]


@pytest.mark.parametrize(
    "cell",
    ["02-01-2026", "2026-13-01", "2026-02-30", "46000", "2026年1月2日", "26-1-2"],
)
def test_days_are_iso(folder: Make, cell: str) -> None:
    text = f"order_id,account_id,date,amount\n1,007,{cell},1\n"
    with pytest.raises(KamkitError) as error:
        load(folder(orders__csv=text))
    assert [p.code for p in error.value.problems] == ["not_a_date"]


def test_a_time_of_day_is_cut_off(folder: Make) -> None:
    text = "order_id,account_id,date,amount\n1,007,2026-01-02T23:59:59.5,1\n"
    assert load(folder(orders__csv=text)).orders.loc[0, "date"] == pd.Timestamp("2026-01-02")


def test_flags_tags_and_whole_numbers(folder: Make) -> None:
    orders = (
        "order_id,line_no,account_id,date,amount,sole_source\n"
        "1,1,007,2026-01-01,1,是\n1,2,007,2026-01-01,1,FALSE\n1,3.0,007,2026-01-01,1,\n"
    )
    contacts = "contact_id,account_id,name,needs\nc1,007,A, b ;a;;b\n"
    company = load(folder(orders__csv=orders, contacts__csv=contacts))
    assert company.orders["sole_source"].tolist() == [True, False, pd.NA]
    assert company.orders["line_no"].tolist() == [1, 2, 3]
    assert company.contacts.loc[0, "needs"] == "b;a"


def test_unknown_columns_are_kept_under_a_mark(folder: Make) -> None:
    text = "Account_ID,name,城市等级,x_own,\n007,A,一线,0010,\n008,B,,,\n"
    accounts = load(folder(accounts__csv=text)).accounts
    assert list(accounts.columns) == ["account_id", "name", "x_城市等级", "x_own"]
    assert accounts.loc[0, "x_own"] == "0010"


def test_ids_lose_the_decimals_of_a_spreadsheet(folder: Make) -> None:
    text = "account_id,name\n13085.0,A\n007,B\n008,C\n"
    company = load(folder(accounts__csv=text))
    assert company.accounts["account_id"].tolist() == ["13085", "007", "008"]
    assert codes(company) == ["decimal_id"]


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("utf-8", []), ("utf-8-sig", []), ("gb18030", ["guessed_encoding"]), ("utf-16", [])],
)
def test_encodings(folder: Make, encoding: str, expected: list[str]) -> None:
    text = "account_id,name\n007,联通赟\n008,喆堃\n"
    company = load(folder(accounts__csv=text.encode(encoding)))
    assert company.accounts["name"].tolist() == ["联通赟", "喆堃"]
    assert codes(company) == expected


def test_blank_rows_count_but_don_t_load(folder: Make) -> None:
    text = 'account_id,name\r\n\r\n007,"two\nlines"\r\n,\r\n008,\r\n'
    with pytest.raises(KamkitError) as error:
        load(folder(accounts__csv=text, orders__csv=None))
    assert [(p.code, p.row) for p in error.value.problems] == [("empty_cell", 4)]


def test_surplus_cells_are_tolerated_only_when_empty(folder: Make) -> None:
    load(folder(accounts__csv="account_id,name\n007,A,,\n008,B\n"))
    with pytest.raises(KamkitError) as error:
        load(folder(accounts__csv="account_id,name\n007,A,x\n008,B\n"))
    problem = error.value.problems[0]
    assert (problem.code, problem.row) == ("ragged_row", 1)
    assert dict(problem.details) == {"expected": 2, "found": 3}


def test_a_lenient_load_keeps_what_can_be_kept(folder: Make) -> None:
    text = "order_id,account_id,date,amount,line_no\n1,007,x,2,1\n,008,2026-01-01,,y\n"
    company = load(folder(orders__csv=text), strict=False)
    assert len(company.orders) == 2
    assert company.orders["date"].isna().tolist() == [True, False]
    assert {p.code for p in company.problems} == {
        "not_a_date",
        "not_a_whole_number",
        "empty_cell",
    }


def test_a_workbook_holds_several_tables(folder: Make) -> None:
    home = folder(accounts__csv=None, orders__csv=None)
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Accounts"
    for row in [["account_id", "name", None], ["007", "Ginkgo", None], [13085, "银杏", None]]:
        page.append(row)
    page = book.create_sheet("orders")
    page.append(["order_id", "account_id", "date", "amount", "sole_source"])
    page.append([1, "007", dt.datetime(2026, 1, 5), 10.5, True])
    page.append([2.0, 13085.0, dt.date(2026, 1, 6), 3, None])
    book.create_sheet("notes").append(["anything"])
    book.save(home / "company.xlsx")
    company = load(home)
    assert company.accounts["account_id"].tolist() == ["007", "13085"]
    assert company.orders["order_id"].tolist() == ["1", "2"]
    assert company.orders["date"].dt.day.tolist() == [5, 6]
    assert codes(company) == ["unknown_file"]


def test_files_may_be_named_in_the_settings(folder: Make) -> None:
    home = folder()
    (home / "orders.csv").rename(home / "sales 2026.csv")
    text = (home / "kamkit.toml").read_text(encoding="utf-8")
    (home / "kamkit.toml").write_text(
        text + '[tables.orders]\nfile = "sales 2026.csv"\n', encoding="utf-8"
    )
    company = load(home)
    assert len(company.orders) == 2
    assert codes(company) == []


def test_two_files_for_one_table(folder: Make) -> None:
    home = folder()
    write_table(pd.DataFrame({"account_id": ["1"], "name": ["A"]}), home / "accounts.parquet")
    with pytest.raises(KamkitError) as error:
        load(home)
    assert [p.code for p in error.value.problems if p.code == "two_files"] == ["two_files"]


def test_the_fingerprint_follows_content_not_format(folder: Make, tmp_path: Path) -> None:
    company = load(folder())
    seen = {company.fingerprint}
    for form in ("csv", "parquet", "xlsx"):
        out = write_company(company.config, company.tables, tmp_path / form, format=form)
        seen.add(load(out).fingerprint)
    assert len(seen) == 1
    changed = folder(
        orders__csv="order_id,line_no,account_id,date,amount\n1,1,007,2026-01-05,10.6\n"
    )
    assert load(changed).fingerprint not in seen


def test_settings_round_trip() -> None:
    config = Config(
        id="a",
        currency="USD",
        as_of=dt.date(1998, 5, 6),
        name_zh='引号" \\ 斜杠',
        fiscal_year_start=7,
        language="zh",
        schemes=("elevator", "it"),
        provenance={"profile": "northwind", "sources": {"a b.csv": "00"}},
        files={"orders": {"file": "o.xlsx", "sheet": "订单"}},
    )
    import tomllib

    again, problems = parse_config(tomllib.loads(config_text(config)))
    assert problems == []
    assert again == config
    assert config.fiscal_year(dt.date(2026, 6, 30)) == 2026
    assert config.fiscal_year(dt.date(2026, 7, 1)) == 2027
    assert config.name("en") == config.name_zh


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ('currency = "yuan"', "currency"),
        ("currency = 5", "currency"),
        ('as_of = "30.6.2026"', "as_of"),
        ('as_of = "2026-02-30"', "as_of"),
        ("fiscal_year_start = 13", "fiscal_year_start"),
        ("fiscal_year_start = true", "fiscal_year_start"),
        ('language = "de"', "language"),
        ('schemes = "elevator"', "schemes"),
        ('id = ""', "id"),
    ],
)
def test_bad_settings_are_named(folder: Make, line: str, column: str) -> None:
    fields = {"id": '"a"', "currency": '"CNY"', "as_of": "2026-06-30"}
    fields[line.split(" = ")[0]] = line.split(" = ")[1]
    text = "[company]\n" + "".join(f"{k} = {v}\n" for k, v in fields.items())
    with pytest.raises(KamkitError) as error:
        load(folder(kamkit__toml=text), strict=False)
    assert [(p.code, p.column) for p in error.value.problems] == [("bad_config", column)]


def test_days_as_chinese_excel_saves_them(tmp_path):
    (tmp_path / "kamkit.toml").write_text(
        '[company]\nid = "a"\ncurrency = "CNY"\nas_of = "2026-06-30"\n', encoding="utf-8"
    )
    (tmp_path / "accounts.csv").write_text(
        "account_id,name,since\nA,a,2026/3/5\nB,b,2025/12/31\nC,c,2024-02-29\n",
        encoding="utf-8",
    )
    since = load(tmp_path).accounts["since"].dt.strftime("%Y-%m-%d").tolist()
    assert since == ["2026-03-05", "2025-12-31", "2024-02-29"]


def test_days_with_two_readings_are_refused(tmp_path):
    (tmp_path / "kamkit.toml").write_text(
        '[company]\nid = "a"\ncurrency = "CNY"\nas_of = "2026-06-30"\n', encoding="utf-8"
    )
    (tmp_path / "accounts.csv").write_text(
        "account_id,name,since\nA,a,5/3/2026\nB,b,2026/13/5\n", encoding="utf-8"
    )
    with pytest.raises(KamkitError) as caught:
        load(tmp_path)
    assert [p.code for p in caught.value.problems] == ["not_a_date", "not_a_date"]
