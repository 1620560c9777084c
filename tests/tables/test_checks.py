"""Checking never raises and never writes; every fault has its code."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from kamkit.errors import Problem
from kamkit.i18n import problem_table
from kamkit.tables import check, check_folder, group_problems, load, write_company

Make = Callable[..., Path]


def state(home: Path) -> dict[str, bytes | None]:
    return {
        str(p.relative_to(home)): p.read_bytes() if p.is_file() else None
        for p in sorted(home.rglob("*"))
    }


BROKEN: dict[str, tuple[dict[str, str | bytes | None], str]] = {
    "no settings": ({"kamkit__toml": None}, "missing_config"),
    "broken settings": ({"kamkit__toml": "[company\n"}, "unreadable_file"),
    "settings in GBK": ({"kamkit__toml": '# 设置\nname="中"'.encode("gbk")}, "unreadable_file"),
    "settings without company": ({"kamkit__toml": "x = 1\n"}, "bad_config"),
    "company is a number": ({"kamkit__toml": "company = 1\n"}, "bad_config"),
    "tables is a number": ({"kamkit__toml": "tables = 1\n"}, "bad_config"),
    "0-byte csv": ({"orders__csv": ""}, "empty_file"),
    "blank csv": ({"orders__csv": " \n \n"}, "empty_file"),
    "0-byte parquet": ({"members__parquet": b""}, "unreadable_file"),
    "garbage parquet": ({"members__parquet": b"PAR1 nothing PAR1"}, "unreadable_file"),
    "0-byte xlsx": ({"members__xlsx": b""}, "unreadable_file"),
    "garbage xlsx": ({"members__xlsx": b"\xd0\xcf\x11\xe0 old excel"}, "unreadable_file"),
    "garbage workbook": ({"company__xlsx": b"PK\x03\x04 cut"}, "unreadable_file"),
    "nul bytes": ({"orders__csv": b"order_id\n1\0\n"}, "nul_bytes"),
    "no encoding fits": ({"orders__csv": b"order_id\n\xff\xff\x81\n"}, "unreadable_file"),
    "odd utf-16": ({"orders__csv": b"\xff\xfea"}, "unreadable_file"),
    "open quote": ({"orders__csv": 'order_id,name\n1,"a\n'}, "unreadable_file"),
    "semicolons": ({"orders__csv": "order_id;account_id\n1;2\n"}, "wrong_delimiter"),
    "ragged": ({"orders__csv": "order_id,account_id\n1\n"}, "ragged_row"),
    "duplicate header": ({"accounts__csv": "account_id,name,Name\n7,a,b\n"}, "duplicate_column"),
    "huge cell": (
        {"accounts__csv": "account_id,name\n7," + "x" * 200_000 + "\n"},
        "unreadable_file",
    ),
    "missing column": ({"accounts__csv": "account_id\n007\n008\n"}, "missing_column"),
    "duplicate key": ({"accounts__csv": "account_id,name\n007,a\n007,b\n008,c\n"}, "duplicate_key"),
    "unknown file": ({"extra__csv": "a\n"}, "unknown_file"),
    "no tables": ({"accounts__csv": None, "orders__csv": None}, "no_tables"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_folders_are_told_not_raised(folder: Make, case: str) -> None:
    files, code = BROKEN[case]
    home = folder(**files)
    before = state(home)
    problems = check_folder(home)
    assert code in {p.code for p in problems}
    assert state(home) == before
    for lang in ("zh", "en"):
        table = problem_table(problems, lang)
        assert not table["message"].str.contains("[{}]", regex=True).any()


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
def test_damaged_files_are_told_not_raised(folder: Make, tmp_path: Path, form: str) -> None:
    """Bytes altered at random (fixed seed), for workbooks also inside the archive."""
    company = load(folder())
    home = write_company(company.config, company.tables, tmp_path / form, format=form)
    file = home / f"orders.{form}"
    sound, dice = file.read_bytes(), random.Random(5)
    for turn in range(60):
        damaged = bytearray(sound)
        for _ in range(dice.choice([1, 3, 20])):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        file.write_bytes(damaged[: dice.randrange(len(damaged))] if turn % 4 == 0 else damaged)
        check_folder(home)


def test_places_that_are_no_folders(tmp_path: Path, folder: Make) -> None:
    home = folder()
    assert [p.code for p in check_folder(home / "orders.csv")] == ["not_a_folder"]
    assert [p.code for p in check_folder(tmp_path / "nowhere")] == ["not_a_folder"]
    (tmp_path / "empty").mkdir()
    assert [p.code for p in check_folder(tmp_path / "empty")] == ["empty_folder"]
    (home / "contacts.csv").mkdir()
    (home / "members.parquet").mkdir()
    (home / "ties.xlsx").mkdir()
    found = check_folder(home)
    assert {(p.code, p.table) for p in found} == {
        ("unreadable_file", name) for name in ("contacts.csv", "members.parquet", "ties.xlsx")
    }


def test_an_override_can_t_leave_the_folder(folder: Make) -> None:
    text = '[company]\nid="a"\ncurrency="CNY"\nas_of=2026-06-30\n[tables.orders]\nfile="../o.csv"\n'
    assert "bad_config" in {p.code for p in check_folder(folder(kamkit__toml=text))}


def test_all_problems_at_once(folder: Make) -> None:
    accounts = "account_id,name,parent_id,competes_with_us\n007,,008,maybe\n008,B,zz,\n"
    orders = "order_id,account_id,date,amount,discount\n1,009,2026-01-01,x,15\n"
    company, problems = check(folder(accounts__csv=accounts, orders__csv=orders))
    assert company is None
    found = {(p.code, p.table, p.column, p.row) for p in problems}
    assert found == {
        ("empty_cell", "accounts", "name", 1),
        ("not_allowed", "accounts", "competes_with_us", 1),
        ("unknown_reference", "accounts", "parent_id", 2),
        ("unknown_reference", "orders", "account_id", 1),
        ("not_a_number", "orders", "amount", 1),
        ("out_of_range", "orders", "discount", 1),
    }
    by_code = {p.code: p for p in problems}
    assert by_code["not_allowed"].details["allowed"] == "yes, no, unknown"
    assert by_code["out_of_range"].details["allowed"] == "0 … 1"


def test_a_reference_is_checked_only_where_its_table_is(folder: Make) -> None:
    assert check_folder(folder(accounts__csv=None)) == ()


def test_an_account_without_owner_is_legal(folder: Make) -> None:
    members = "member_id,name\nm1,A\n"
    accounts = "account_id,name,owner_id\n007,A,\n008,B,m1\n"
    assert check_folder(folder(accounts__csv=accounts, members__csv=members)) == ()


def warnings(home: Path) -> set[tuple[str, str, str, int | None]]:
    company, problems = check(home)
    assert company is not None
    assert {p.level for p in problems} <= {"warning"}
    return {(p.code, p.table, p.column, p.row) for p in problems}


def test_orders_and_years(folder: Make) -> None:
    orders = (
        "order_id,account_id,date,amount,currency\n"
        "1,007,2025-01-05,1000.5,\n2,007,2025-12-31,999.5,CNY\n3,008,2025-02-01,50,\n"
    )
    years = (
        "account_id,year,status,revenue\n"
        "007,2025,actual,2001.0\n008,2025,actual,60\n007,2024,actual,9\n007,2026,forecast,9\n"
    )
    found = warnings(folder(orders__csv=orders, account_years__csv=years))
    assert found == {("revenue_differs", "account_years", "revenue", 2)}


def test_fiscal_years_are_summed(folder: Make) -> None:
    text = '[company]\nid="a"\ncurrency="CNY"\nas_of=2026-06-30\nfiscal_year_start=4\n'
    orders = "order_id,account_id,date,amount\n1,007,2025-04-01,10\n2,007,2026-03-31,20\n"
    years = "account_id,year,status,revenue\n007,2026,actual,30\n"
    files = {"kamkit__toml": text, "orders__csv": orders, "account_years__csv": years}
    assert warnings(folder(**files)) == set()


def test_deals_and_their_stages(folder: Make) -> None:
    deals = (
        "opportunity_id,account_id,created_on,stage,status,closed_on\n"
        "a,007,2026-01-01,offer,open,\nb,007,2026-01-01,offer,open,\n"
        "c,008,2026-03-01,won,won,2026-02-01\n"
    )
    events = (
        "opportunity_id,seq,stage,entered_on,left_on,moved_to\n"
        "a,2,offer,2026-02-01,,\na,1,qualify,2026-01-01,2026-02-01,offer\n"
        "b,1,qualify,2026-01-01,,\nc,1,offer,2026-03-01,2026-03-05,won\n"
    )
    found = warnings(folder(opportunities__csv=deals, stage_events__csv=events))
    assert found == {
        ("stage_differs", "opportunities", "stage", 2),
        ("ends_before_start", "opportunities", "closed_on", 3),
    }


def test_calendar_circles_and_sides(folder: Make) -> None:
    orders = "order_id,account_id,date,amount\n1,007,2026-07-01,1\n"
    members = "member_id,name,manager_id\nm1,A,m2\nm2,B,m3\nm3,C,m2\nm4,D,m4\n"
    targets = "scope,scope_id,period,kpi,value\nmember,m9,2026,sales,1\nteam,t1,2026,sales,1\n"
    home = folder(orders__csv=orders, members__csv=members, targets__csv=targets)
    assert warnings(home) == {
        ("after_as_of", "orders", "date", 1),
        ("parent_cycle", "members", "manager_id", 2),
        ("parent_cycle", "members", "manager_id", 3),
        ("parent_cycle", "members", "manager_id", 4),
        ("unknown_reference", "targets", "scope_id", 1),
    }


def test_currencies_mix_with_the_company_s_own(folder: Make) -> None:
    orders = (
        "order_id,account_id,date,amount,currency\n1,007,2026-01-01,1,\n2,007,2026-01-01,1,USD\n"
    )
    problems = check_folder(folder(orders__csv=orders))
    assert [(p.code, p.value) for p in problems] == [("mixed_currency", "CNY, USD")]


def test_thousands_of_one_fault_are_kept_and_grouped(folder: Make) -> None:
    rows = "".join(f"{i},007,2026-01-01,x\n" for i in range(3000))
    problems = check_folder(folder(orders__csv="order_id,account_id,date,amount\n" + rows))
    assert len(problems) == 3000
    (group,) = group_problems(problems)
    assert (group.count, group.rows, group.values) == (3000, (1, 2, 3, 4, 5), ("x",))


def test_groups_keep_levels_apart() -> None:
    found = [Problem("a", level="error"), Problem("a", level="warning"), Problem("a")]
    assert [g.count for g in group_problems(found)] == [2, 1]


def test_errors_come_first(folder: Make) -> None:
    late = (dt.date(2026, 6, 30) + dt.timedelta(1)).isoformat()
    orders = f"order_id,account_id,date,amount\n1,007,{late},1\n2,zzz,2026-01-01,1\n"
    assert [p.level for p in check_folder(folder(orders__csv=orders))] == ["error", "warning"]
