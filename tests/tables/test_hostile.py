"""Messy and hostile folders: everything is named in both languages, nothing is guessed."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from kamkit.errors import KamkitError
from kamkit.i18n import describe
from kamkit.tables import check_folder, load
from kamkit.tables.write import fill_folder

Maker = Callable[..., Path]
CONFIG = '[company]\nid = "acme"\ncurrency = "CNY"\nas_of = 2026-06-30\n'
ORDERS = "order_id,account_id,date,amount,currency\n1,007,2026-01-05,10,{}\n2,008,2026-02-05,3,{}\n"


def codes(folder: Path) -> set[str]:
    return {problem.code for problem in check_folder(folder)}


def said(folder: Path, lang: str) -> str:
    return describe(KamkitError(*check_folder(folder)), lang)


def workbook() -> bytes:
    room = io.BytesIO()
    openpyxl.Workbook().save(room)
    return room.getvalue()


@pytest.mark.parametrize(
    ("files", "zh", "en"),
    [
        ({"kamkit__toml": "[company\n"}, "第 1 行第 9 列", "line 1, near column 9"),
        ({"kamkit__toml": 'id = "'}, "结尾处断了", "breaks off"),
        ({"kamkit__toml": '[company]\nid = "公司"\n'.encode("gbk")}, "不是 UTF-8", "UTF-8"),
        ({"accounts__csv": workbook()}, "其实是 Excel", "is an Excel workbook"),
        ({"accounts__csv": 'account_id,name\n007,"a\n'}, "没有成对", "never closed"),
        ({"accounts__csv": f"account_id,name\n007,{'x' * 140_000}\n"}, "超过 13 万字", "131,072"),
        ({"accounts__csv": 'account_id,name\n007,"a"b\n'}, "写两遍", "doubled"),
        ({"accounts__csv": None, "accounts__xlsx": b"a,b\n"}, "不是真正的 Excel", "no true Excel"),
    ],
)
def test_unreadable_files_say_why_in_the_language(folder: Maker, files, zh, en):
    home = folder(**files)
    assert "unreadable_file" in codes(home)
    assert zh in said(home, "zh") and en in said(home, "en")


def test_a_folder_in_place_of_a_file(folder: Maker):
    home = folder(accounts__csv=None)
    (home / "accounts.csv").mkdir()
    assert "是文件夹，不是文件" in said(home, "zh")


def test_unknown_schemes_stand_against_the_folder(folder: Maker):
    home = folder(kamkit__toml=CONFIG + 'schemes = ["nope", "own.toml"]\n')
    assert codes(home) == {"unknown_scheme", "scheme_unreadable"}


def test_own_scheme_files_are_found_in_the_folder_and_change_the_fingerprint(folder: Maker):
    shipped = Path(__file__).parents[2] / "kamkit/schemes/data/classification/sales_order.toml"
    text = shipped.read_text(encoding="utf-8")
    home = folder(kamkit__toml=CONFIG + 'schemes = ["own.toml"]\n', own__toml=text)
    first = load(home)
    assert first.config.schemes == (str(home / "own.toml"),)
    assert load(home).fingerprint == first.fingerprint
    (home / "own.toml").write_text(text + "# another policy\n", encoding="utf-8")
    assert load(home).fingerprint != first.fingerprint


def test_a_table_wholly_in_a_foreign_currency_is_refused(folder: Maker):
    assert codes(folder(orders__csv=ORDERS.format("USD", "USD"))) == {"foreign_currency"}
    assert codes(folder(orders__csv=ORDERS.format("USD", ""))) == {"mixed_currency"}
    assert codes(folder(orders__csv=ORDERS.format("CNY", ""))) == set()


@pytest.mark.parametrize("amount", ["1e300", "-1e16", "1e999"])
def test_amounts_beyond_reason_are_named(folder: Maker, amount):
    text = f"order_id,account_id,date,amount\n1,007,2026-01-05,{amount}\n"
    assert codes(folder(orders__csv=text)) <= {"out_of_range", "not_a_number"} != set()


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1899-12-31"])
def test_days_that_stand_for_none_are_named(folder: Maker, day):
    text = f"order_id,account_id,date,amount\n1,007,{day},1\n"
    assert codes(folder(orders__csv=text)) == {"day_out_of_range"}
    home = folder(kamkit__toml=CONFIG.replace("2026-06-30", day))
    assert "bad_config" in codes(home)


def test_ratings_on_unknown_criteria_are_told(folder: Maker):
    text = "account_id,criterion,score\n007,nonsense,3\n"
    found = check_folder(folder(criterion_ratings__csv=text))
    assert [(p.code, p.level, p.value) for p in found] == [
        ("unknown_criterion", "warning", "nonsense")
    ]


def test_a_table_without_rows_is_as_good_as_none(folder: Maker):
    company = load(folder(orders__csv="order_id,account_id,date,amount\n"))
    assert not company.has("orders") and company.has("accounts")
    assert set(company.filled) == {"accounts"}
    assert company.orders.empty


def test_force_never_takes_other_things_away(tmp_path: Path):
    (tmp_path / "home" / "photos").mkdir(parents=True)
    (tmp_path / "home" / "kamkit.toml").write_text("", encoding="utf-8")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("", encoding="utf-8")
    for name in ("home", "notes"):
        with pytest.raises(KamkitError) as caught:
            fill_folder(tmp_path / name, lambda _: None, force=True)
        assert caught.value.problems[0].code == "folder_not_ours"
        assert any((tmp_path / name).iterdir())


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path):
    def fill(folder: Path) -> None:
        (folder / "half.csv").write_text("a", encoding="utf-8")
        raise OSError(28, "No space left on device")

    with pytest.raises(KamkitError) as caught:
        fill_folder(tmp_path / "out", fill)
    assert caught.value.problems[0].code == "cannot_write"
    assert "磁盘已满" in describe(caught.value, "zh") and "disk is full" in describe(
        caught.value, "en"
    )
    assert list(tmp_path.iterdir()) == []
