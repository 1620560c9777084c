"""A damaged journal: kept aside, recovered, and what was committed is read."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from exercises.journals import fill, opened

from kamkit.exercises.journal.salvage import salvaged


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "客户 data" / "a.sqlite"


def kept_aside(path: Path) -> list[Path]:
    return sorted(path.parent.glob("*.damaged-*.sqlite"))


@pytest.mark.parametrize(
    ("name", "least"),
    [("no_database", 0), ("header", 300), ("inner", 250), ("half", 100), ("empty", 0), ("data", 0)],
)
def test_a_damaged_file_is_kept_and_recovered(path, name, least):
    ids = fill(path, 300, size=700)
    with closing(sqlite3.connect(path)) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name='events'")
        inner = (root.fetchone()[0] - 1) * 4096
    whole = bytearray(path.read_bytes())
    spoiled = {
        "no_database": b"this is no database, it is a letter",
        "header": b"\xff" * 4096 + bytes(whole[4096:]),
        "inner": bytes(whole[:inner]) + b"\xaa" * 4096 + bytes(whole[inner + 4096 :]),
        "half": bytes(whole[: len(whole) // 2 + 777]),
        "empty": b"",
        "data": bytes(whole[:8192]) + os.urandom(len(whole) - 8192),
    }[name]
    path.write_bytes(spoiled)
    journal = opened(path)
    events = journal.events()
    assert {e.id for e in events} <= set(ids) and len(events) >= least
    assert [e.id for e in events] == [i for i in ids if i in {e.id for e in events}]
    if name != "empty":
        assert [p.code for p in journal.problems] == ["journal_recovered"]
        assert journal.problems[0].details["count"] == len(events)
        assert [p.read_bytes() for p in kept_aside(path)] == [spoiled]
    added = journal.append("draft", "x", 1, {})
    journal.close()
    fresh = opened(path)
    assert fresh.problems == () and fresh.events() == [*events, added]


def test_damage_while_a_page_is_open(path):
    ids = fill(path, 200, size=300)
    journal = opened(path)
    with path.open("r+b") as file:
        file.seek(0)
        file.write(b"\xff" * 9000)
    ids.append(journal.append("draft", "x", 1, {}).id)
    ids.append(journal.append("draft", "x", 1, {}).id)
    found = [e.id for e in journal.events()]
    assert found[-2:] == ids[-2:] and set(found) <= set(ids) and len(found) > 190


def test_a_file_recovered_under_another_process(path):
    """What the other one writes afterwards goes to the new file, and its closing harms nothing."""
    ids = fill(path, 50)
    other = opened(path)
    other.append("draft", "x", 1, {})
    ids = [e.id for e in other.events()]
    path.write_bytes(b"\xff" * 4096 + path.read_bytes()[4096:])
    journal = opened(path)
    assert [e.id for e in journal.events()] == ids and journal.problems
    mine = journal.append("draft", "x", 1, {})
    theirs = other.append("draft", "x", 1, {})
    other.close()
    more = journal.append("draft", "x", 1, {})
    assert [e.id for e in journal.events()] == [*ids, mine.id, theirs.id, more.id]
    journal.close()
    assert [e.id for e in opened(path).events()] == [*ids, mine.id, theirs.id, more.id]


@pytest.mark.parametrize("step", range(3))
def test_a_recovery_that_was_interrupted_goes_on(path, step, monkeypatch):
    ids = fill(path, 20)
    path.write_bytes(b"\xff" * 4096 + path.read_bytes()[4096:])
    done = 0
    real = Path.replace

    def until(self, target):
        nonlocal done
        if done == step:
            raise KeyboardInterrupt
        done += 1
        return real(self, target)

    monkeypatch.setattr(Path, "replace", until)
    with pytest.raises(KeyboardInterrupt):
        opened(path)
    monkeypatch.undo()
    assert [e.id for e in opened(path).events()] == ids
    assert len(kept_aside(path)) == 1


def test_an_old_log_is_not_added_to_the_recovered_file(path):
    """Power failed after the damaged file was set aside and before its log was."""
    ids = fill(path, 20)
    journal = opened(path)
    journal.append("draft", "x", 1, {})
    log = path.with_name(path.name + "-wal").read_bytes()
    journal.close()
    path.unlink()
    fill(path, 0)
    path.replace(path.with_name(path.name + ".recovered"))
    path.with_name(path.name + "-wal").write_bytes(log)
    assert opened(path).events() == [] and len(ids) == 20
    assert len(list(path.parent.glob("*.damaged-*-wal"))) == 1


def test_a_wiped_file_starts_anew(path):
    journal = opened(path)
    journal.append("draft", "x", 1, {})
    shutil.rmtree(path.parent)
    assert journal.events() == []
    assert journal.append("draft", "x", 1, {}).seq == 1


@pytest.mark.parametrize("size", [0, 1, 1200, 1360, 1365, 3000, 9000, 60_000])
def test_salvage_reads_what_the_database_reads(path, size):
    """Also rows that fill a page to its last bytes, or run over several."""
    journal = opened(path)
    for n in range(25):
        journal.append("draft", "x", n, {"a": "z" * (size + n)})
    rows = salvaged(path)  # while the log still holds most of it
    with closing(sqlite3.connect(path)) as connection:
        assert rows == connection.execute("SELECT * FROM events ORDER BY seq").fetchall()
    journal.close()
    assert salvaged(path) == rows


def test_a_log_cut_at_any_byte(path):
    """What was committed before the cut is read; the file is never spoiled."""
    journal = opened(path)
    for n in range(12):
        journal.append("draft", "x", n, {"a": "z" * 400})
    copy = path.with_name("copy.sqlite")
    log = path.with_name(path.name + "-wal").read_bytes()
    ids = [e.id for e in journal.events()]
    found = []
    for cut in sorted({*range(0, len(log), 997), *range(64), len(log) - 1, len(log)}):
        shutil.copyfile(path, copy)
        copy.with_name(copy.name + "-shm").unlink(missing_ok=True)
        copy.with_name(copy.name + "-wal").write_bytes(log[:cut])
        other = opened(copy)
        events = [e.id for e in other.events()]
        assert events == ids[: len(events)]
        found.append(len(events))
        added = other.append("draft", "x", 1, {})
        assert other.events()[-1] == added
        other.close()
        copy.unlink()
    assert found == sorted(found) and found[-1] == 12
