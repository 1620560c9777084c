"""Sample folders: whole or not at all, the same bytes every time, clean for ``kamkit check``."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.tables import TABLES, check_folder, load
from kamkit.tables.sample import generate, write_sample

DATASETS = Path(__file__).resolve().parents[2] / "datasets"
# sha256 over names and bytes of all files; changes only with the generator or the schema.
GOLDEN = {
    "elevator": "994cf4f535bbbceb91fc99b1a8e63856e8f95498697f985c3796f479d53f6702",
    "it": "dfa7a016fc3bffaa7e55dec5caa043ac3e9bd077e82ab8b50f8e443ac9ff0467",
}


def digest(folder: Path) -> str:
    """One hash over names and contents of a folder's files."""
    whole = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    place = tmp_path_factory.mktemp("sample")
    return {c: write_sample(c, 7, 120, place / c) for c in ("elevator", "it")}


@pytest.mark.parametrize("company", ["elevator", "it"])
def test_committed_sample_is_what_the_generator_writes(written, company):
    fresh = {p.name: p.read_bytes() for p in written[company].iterdir()}
    kept = {p.name: p.read_bytes() for p in (DATASETS / company).iterdir()}
    assert sorted(fresh) == sorted(kept)
    assert [name for name in fresh if fresh[name] != kept[name]] == []


@pytest.mark.parametrize("company", ["elevator", "it"])
def test_committed_sample_has_its_golden_hash(company):
    assert digest(DATASETS / company) == GOLDEN[company]


@pytest.mark.parametrize("company", ["elevator", "it"])
def test_sample_passes_the_check_without_a_single_warning(written, company):
    assert check_folder(written[company]) == ()


def test_sample_loads_back_as_generated(written):
    company = load(written["elevator"])
    made = generate("elevator", seed=7, accounts=120)
    for name in TABLES:
        pd.testing.assert_frame_equal(company.tables[name], made[name], check_exact=False)
    assert company.config.as_of.isoformat() == "2026-06-30"


def test_same_wishes_same_bytes(tmp_path):
    one = write_sample("it", 5, 24, tmp_path / "one")
    two = write_sample("it", 5, 24, tmp_path / "two")
    assert digest(one) == digest(two)
    assert digest(write_sample("it", 6, 24, tmp_path / "three")) != digest(one)


def test_files_are_plain_utf8_with_unix_line_ends(written):
    for path in written["elevator"].iterdir():
        data = path.read_bytes()
        assert b"\r" not in data
        assert data.decode("utf-8")
        if path.suffix == ".csv":
            assert data.startswith(b"\xef\xbb\xbf")
    lines = (written["elevator"] / "orders.csv").read_text(encoding="utf-8-sig").splitlines()
    amount = lines[0].split(",").index("amount")
    assert all(len(row.split(",")[amount].split(".")[1]) == 2 for row in lines[1:50])


def test_folders_stay_small(written):
    for folder in written.values():
        assert sum(p.stat().st_size for p in folder.iterdir()) < 3_000_000


def test_data_sheet_is_for_everybody_and_holds_no_truths(written):
    for folder in written.values():
        for lang, word in (("zh", "虚构"), ("en", "fictitious")):
            sheet = (folder / f"DATASHEET.{lang}.md").read_text(encoding="utf-8")
            assert word in sheet
            assert all(f"`{name}`" in sheet for name in TABLES)
            assert "{" not in sheet
            assert "A00" not in sheet
            trainer = (folder / f"TRAINER.{lang}.md").read_text(encoding="utf-8")
            assert "{" not in trainer
            assert "nan" not in trainer


def test_a_folder_with_files_is_kept_unless_forced(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(KamkitError) as caught:
        write_sample("it", 1, 20, tmp_path / "full")
    assert caught.value.problems[0].code == "folder_not_empty"
    assert [p.name for p in tmp_path.iterdir()] == ["full"]
    with pytest.raises(KamkitError) as caught:
        write_sample("it", 1, 20, tmp_path / "full", force=True)
    assert caught.value.problems[0].code == "folder_not_ours"
    (tmp_path / "full" / "kamkit.toml").write_text("", encoding="utf-8")
    write_sample("it", 1, 20, tmp_path / "full", force=True)
    assert not (tmp_path / "full" / "mine.txt").exists()


def test_nothing_is_left_behind_when_the_wish_is_refused(tmp_path):
    with pytest.raises(KamkitError):
        write_sample("it", 1, 3, tmp_path / "never")
    with pytest.raises(KamkitError):
        write_sample("it", 1, 20, tmp_path / "never", format="ods")
    assert list(tmp_path.iterdir()) == []


def test_parquet_holds_the_same_tables(tmp_path):
    folder = write_sample("elevator", 2, 20, tmp_path / "p", format="parquet", language="en")
    assert check_folder(folder) == ()
    company = load(folder)
    assert company.config.language == "en"
    assert company.tables["accounts"]["name"].str.isascii().all()
