"""Folders appear whole or not at all."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.tables.config import Config
from kamkit.tables.write import fill_folder, write_company, write_table

CONFIG = Config("acme", "CNY", dt.date(2026, 6, 30))
ACCOUNTS = pd.DataFrame({"account_id": ["007"], "name": ["银杏"]})


def test_csv_opens_right_in_a_chinese_spreadsheet(tmp_path: Path) -> None:
    raw = write_table(ACCOUNTS, tmp_path / "accounts.csv").read_bytes()
    assert raw == b"\xef\xbb\xbfaccount_id,name\n007,\xe9\x93\xb6\xe6\x9d\x8f\n"


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("x", encoding="utf-8")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fill_folder(tmp_path / "out", fail)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_old_folder(tmp_path: Path) -> None:
    out = write_company(CONFIG, {"accounts": ACCOUNTS}, tmp_path / "out")
    before = (out / "accounts.csv").read_bytes()

    def fail(folder: Path) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fill_folder(out, fail, force=True)
    assert (out / "accounts.csv").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_filled_folder_is_refused_unless_forced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write_company(CONFIG, {"accounts": ACCOUNTS}, out)
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(KamkitError) as error:
        write_company(CONFIG, {"accounts": ACCOUNTS}, out)
    assert [p.code for p in error.value.problems] == ["folder_not_empty"]
    assert (out / "notes.txt").exists()
    write_company(CONFIG, {"accounts": ACCOUNTS}, out, force=True)
    assert sorted(p.name for p in out.iterdir()) == ["accounts.csv", "kamkit.toml"]


def test_a_file_in_the_way_and_an_unknown_format(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x", encoding="utf-8")
    with pytest.raises(KamkitError) as error:
        write_company(CONFIG, {}, tmp_path / "out", force=True)
    assert error.value.problems[0].code == "not_a_folder"
    with pytest.raises(KamkitError) as error:
        write_table(ACCOUNTS, tmp_path / "accounts.sav")
    assert error.value.problems[0].code == "not_allowed"
