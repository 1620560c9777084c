"""Hand-in and cohort on the command line, in both languages."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from exercises.stories import answered
from test_cli import process, run

from kamkit.exercises.desk import sign_in
from kamkit.i18n import catalog

COHORT = ("import", "list", "mistakes", "export", "release", "wipe")
pytestmark = pytest.mark.parametrize("lang", ["zh", "en"])


@pytest.fixture(autouse=True)
def laptop(tmp_path, monkeypatch) -> Path:
    """Two trainees of one laptop, one of whom is stuck; the trainer's store is elsewhere."""
    for name in ("KAMKIT_COHORT", "KAMKIT_TRAINEE", "KAMKIT_LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KAMKIT_LANG", "en")
    monkeypatch.setenv("KAMKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KAMKIT_STORE", str(tmp_path / "trainer" / "store.sqlite"))
    for name, alias in (("韩梅梅", "Panda"), ("李雷", "=2+2")):
        journal = sign_in("2026-06", name, alias).journal
        for _ in range(3):
            journal.append("answered", "x01", 1, answered("incorrect", 0.0, "m_a"))
        journal.append("answered", "x02", 1, answered("correct", 1.0))
    return tmp_path


@pytest.fixture
def imported(laptop) -> Path:
    out = laptop / "usb"
    assert run("handin", "--all", "--out", out).exit_code == 0
    assert run("cohort", "import", out).exit_code == 0
    return laptop


def test_help(lang):
    for words in (("handin",), ("cohort",), *(("cohort", c) for c in COHORT)):
        text = process(*words, "--help", KAMKIT_LANG=lang, PYTHONIOENCODING="utf-8").stdout.decode(
            "utf-8"
        )
        assert catalog(lang)["cli." + "_".join(words)][:10] in text
        english = ("Usage", "Options", "Show this", "[required]", "[default", "Arguments")
        assert not (lang == "zh" and any(word in text for word in english)), text


def test_handin_of_who_sits_here(laptop, lang):
    result = run("handin", "--out", laptop, lang=lang)
    assert result.exit_code == 0 and "=2+2" in result.output
    (file,) = laptop.glob("handin_*.jsonl")
    assert "李雷" in file.read_text(encoding="utf-8")
    assert run("handin", "--out", laptop / "a.jsonl", "--alias", lang=lang).exit_code == 0
    assert "李雷" not in (laptop / "a.jsonl").read_text(encoding="utf-8")
    result = run("handin", "--out", laptop / "no" / "a.jsonl", lang=lang)
    assert result.exit_code == 1 and "cannot_write" in result.output


def test_handin_of_nobody(laptop, lang, monkeypatch):
    monkeypatch.setenv("KAMKIT_HOME", str(laptop / "empty"))
    result = run("handin", "--all", "--out", laptop / "usb", lang=lang)
    assert result.exit_code == 1 and catalog(lang)["handin.nobody"] in result.output


def test_import_says_what_came_in(laptop, lang):
    out = laptop / "usb"
    run("handin", "--all", "--out", out)
    first = run("cohort", "import", out, lang=lang)
    assert first.exit_code == 0 and first.output.count("Panda") == 2
    again = run("cohort", "import", f"{out}/*.jsonl", lang=lang)
    assert again.exit_code == 0
    bad = out / "bad.jsonl"
    bad.write_text("Dear Sir", encoding="utf-8")
    result = run("cohort", "import", out, lang=lang)
    assert result.exit_code == 1 and "handin_no_header" in result.output
    assert "store.sqlite" in result.output
    other = laptop / "other.sqlite"
    assert run("cohort", "import", *out.glob("h*"), "--store", other, lang=lang).exit_code == 0
    assert other.exists()


def test_list_shows_who_is_stuck(imported, lang):
    result = run("cohort", "list", "--cohort", "2026-06", lang=lang)
    assert result.exit_code == 0
    (row,) = [line for line in result.output.splitlines() if "Panda" in line]
    assert "50" in row and "2026-06" not in row.split("2026-", 1)[0]
    stuck = [line for line in result.output.splitlines() if "x01" in line]
    assert len(stuck) == 2 and "韩梅梅" in stuck[1]
    assert run("cohort", "list", lang=lang).output.count("x01") == 2


def test_mistakes_hide_names(imported, lang):
    result = run("cohort", "mistakes", "--cohort", "2026-06", lang=lang)
    assert result.exit_code == 0 and "m_a" in result.output and "100" in result.output
    assert "韩梅梅" not in result.output and "Panda" not in result.output
    assert "韩梅梅" in run("cohort", "mistakes", "--cohort", "2026-06", "--names").output


def test_export(imported, lang):
    for name in ("out.csv", "out.jsonl"):
        assert run("cohort", "export", "--out", imported / name, lang=lang).exit_code == 0
    text = (imported / "out.csv").read_text(encoding="utf-8-sig")
    assert "李雷" in text and "'=2+2" in text
    run("cohort", "export", "--out", imported / "out.csv", "--alias", lang=lang)
    assert "李雷" not in (imported / "out.csv").read_text(encoding="utf-8-sig")
    result = run("cohort", "export", "--out", imported / "out.xls", lang=lang)
    assert result.exit_code == 1 and ".csv" in result.output


def test_release(lang, monkeypatch):
    from exercises.fakes import exercise

    from kamkit.exercises.behaviours import release_code

    monkeypatch.setattr("kamkit.exercises.bank.load_exercise", lambda _: exercise("single"))
    result = run("cohort", "release", "tiny_single", "--cohort", " 2026-06 ", lang=lang)
    assert result.exit_code == 0
    assert release_code("2026-06", "tiny_single") in result.output
    monkeypatch.undo()
    os.environ.pop("KAMKIT_BANK", None)
    result = run("cohort", "release", "no_such_exercise", "--cohort", "2026-06", lang=lang)
    assert result.exit_code == 1


def test_wipe_asks_first(imported, lang):
    result = run("cohort", "wipe", "2026-06", lang=lang)
    assert result.exit_code == 1 and "--yes" in result.output
    assert "Panda" in run("cohort", "list").output
    assert run("cohort", "wipe", "2026-06", "--yes", lang=lang).exit_code == 0
    assert "Panda" not in run("cohort", "list").output
    assert run("cohort", "wipe", "2026-06", "--yes", lang=lang).exit_code == 1


def test_a_store_that_cant_be_is_told(lang):
    result = run("cohort", "list", "--store", "mysql://a:secret@b/c", lang=lang)
    assert result.exit_code == 1 and "store_kind" in result.output
    assert "secret" not in result.output
