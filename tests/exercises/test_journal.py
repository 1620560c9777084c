"""The journal: order, several writers, what the system refuses."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from exercises.journals import code_of, fill, opened, sqlite_run

from kamkit.exercises import journal as journal_module
from kamkit.exercises.journal import SqliteJournal
from kamkit.exercises.journal.file import owner_of
from kamkit.exercises.progress import progress

HERE = Path(__file__).parent
FIRST = HERE.parent / "data" / "exercises" / "journal_1.sqlite"


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "客户 data" / "a.sqlite"


def test_what_was_appended_is_read_back(path):
    journal = opened(path)
    data = {
        "n": 1,
        "t": ("a", 2.5),
        "bad": float("nan"),
        "half": "\ud800",
        "nul": "a\0b",
        "😀": None,
    }
    first = journal.append("hint", "m01", 2, data)
    second = journal.append("own_accounts", data={"rows": []}, private=True)
    assert first.data == {
        "n": 1,
        "t": ["a", 2.5],
        "bad": None,
        "half": "?",
        "nul": "a\0b",
        "😀": None,
    }
    assert (first.seq, second.seq, first.version, second.private) == (1, 2, 2, True)
    assert (first.cohort, first.trainee, first.format) == ("2026-06", "李雷", 1)
    assert journal.events() == [first, second] and journal.events("m01") == [first]
    journal.close()
    again = opened(path)
    assert again.events() == [first, second]
    assert owner_of(path) == ("2026-06", "李雷")


def test_events_are_never_changed_or_deleted(path):
    fill(path, 2)
    for statement in ("UPDATE events SET data = '{}'", "DELETE FROM events"):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            sqlite_run(path, statement)


def test_settings_are_the_safe_ones(path):
    journal = opened(path)
    ask = journal._connection.execute
    assert ask("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert ask("PRAGMA synchronous").fetchone()[0] == 2
    assert ask("PRAGMA user_version").fetchone()[0] == 1


def test_a_clock_set_back_does_not_turn_the_order(path, monkeypatch):
    journal = opened(path)
    first = journal.append("draft", "a", 1, {"answer": {}})

    class Earlier(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(UTC) - timedelta(days=400)

    monkeypatch.setattr(journal_module, "datetime", Earlier)
    second = journal.append("draft", "a", 1, {"answer": {}})
    assert second.at == first.at and [e.seq for e in journal.events()] == [1, 2]
    with closing(sqlite3.connect(path)) as connection:
        clocks = [row[0] for row in connection.execute("SELECT clock FROM events ORDER BY seq")]
    assert clocks[0] == first.at and clocks[1] < clocks[0]


def test_two_journals_see_each_other(path):
    one, two = opened(path), opened(path)
    a = one.append("draft", "x", 1, {"answer": {}})
    b = two.append("draft", "x", 1, {"answer": {}})
    c = one.append("draft", "x", 1, {"answer": {}})
    assert one.events() == two.events() == [a, b, c]


def test_threads_and_processes_write_at_once(path):
    """Nothing lost, one order; the file is made by all of them at the same moment."""
    command = [sys.executable, str(HERE / "kill_writer.py"), str(path), "60", "20"]
    children = [
        subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") for _ in range(3)
    ]
    journal = SqliteJournal(path, cohort="c", trainee="t", wait=30)
    with ThreadPoolExecutor(4) as pool:
        own = list(pool.map(lambda n: journal.append("draft", "own", n, {}).id, range(60)))
    said = [line for child in children for line in child.communicate(timeout=60)[0].splitlines()]
    acknowledged = [line.split()[1] for line in said if line.startswith("ack")] + own
    events = journal.events()
    assert len(acknowledged) == 240 and {e.id for e in events} == set(acknowledged)
    assert [e.seq for e in events] == list(range(1, 241))
    assert [e.at for e in events] == sorted(e.at for e in events)


def test_a_file_made_by_many_threads_at_once(path):
    start = threading.Barrier(8)

    def make(n: int) -> str:
        start.wait()
        journal = opened(path)
        event = journal.append("draft", "x", n, {})
        journal.close()
        return event.id

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(make, range(8)))
    assert {e.id for e in opened(path).events()} == set(ids)


def test_another_persons_file_is_refused(path):
    fill(path, 1)
    assert code_of(lambda: opened(path, trainee="Li Lei")) == "journal_other_owner"


@pytest.mark.parametrize("live", [False, True], ids=["closed", "in the log"])
def test_a_newer_file_is_not_touched(path, live):
    fill(path, 3)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA user_version = 2")
    if not live:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        other.close()
    before = path.read_bytes()
    assert code_of(lambda: opened(path)) == "journal_newer"
    assert path.read_bytes() == before
    other.close()


def test_a_foreign_file_is_not_touched(path):
    path.parent.mkdir()
    sqlite_run(path, "CREATE TABLE customers (name TEXT)")
    before = path.read_bytes()
    assert code_of(lambda: opened(path)) == "journal_foreign"
    sqlite_run(path, "PRAGMA application_id = 7")
    assert code_of(lambda: opened(path)) == "journal_foreign"
    sqlite_run(path, "PRAGMA application_id = 0")
    assert path.read_bytes()[100:] == before[100:]


def test_a_locked_file_is_told_and_nothing_is_lost(path):
    ids = fill(path, 3)
    journal = opened(path, wait=0.2)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    assert code_of(lambda: journal.append("draft", "x", 1, {})) == "journal_locked"
    assert [e.id for e in journal.events()] == ids
    blocker.execute("ROLLBACK")
    blocker.close()
    added = journal.append("draft", "x", 1, {})
    assert [e.id for e in journal.events()] == [*ids, added.id]


def test_a_full_database_is_told_and_goes_on_later(path):
    journal = opened(path)
    ids = []
    journal._connection.execute("PRAGMA max_page_count = 40")

    def write_on() -> None:
        for _ in range(100):
            ids.append(journal.append("draft", "x", 1, {"answer": {"a": "y" * 5000}}).id)

    assert code_of(write_on) == "journal_full"
    assert 5 < len(ids) < 100
    ids.append(journal.append("draft", "x", 1, {}).id)
    assert [e.id for e in journal.events()] == ids


@pytest.mark.skipif(os.name == "nt", reason="limits of a process differ")
@pytest.mark.parametrize("limit", [30_000, 61_001, 200_000, 415_000])
def test_a_disk_that_refuses_to_write(path, limit):
    command = [sys.executable, str(HERE / "limited_writer.py"), str(path), str(limit)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=True)
    lines = done.stdout.splitlines()
    assert "problem journal_disk" in lines or "problem journal_full" in lines
    acknowledged = [line.split()[1] for line in lines if line.startswith("ack")]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    events = SqliteJournal(path, cohort="c", trainee="t").events()
    assert [e.id for e in events if e.id in acknowledged] == acknowledged
    assert len(events) <= len(acknowledged) + 1


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="needs to become another user")
def test_a_read_only_folder_is_told():
    folder = Path(tempfile.mkdtemp(prefix="kamkit-shut-"))
    folder.chmod(0o555)
    code = (
        "import os, sys; from pathlib import Path\n"
        "from kamkit.errors import KamkitError\n"
        "from kamkit.exercises.journal import SqliteJournal\n"
        "os.seteuid(65534)\n"
        "try: SqliteJournal(Path(sys.argv[1]), cohort='c', trainee='t')\n"
        "except KamkitError as e: print(e.problems[0].code)\n"
    )
    command = [sys.executable, "-c", code, str(folder / "a.sqlite")]
    # The child's last line names the folder in the machine's own encoding.
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", timeout=60
    )
    assert done.stdout.strip() == "journal_no_right", done.stderr


def test_a_folder_that_cant_be_is_told(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert code_of(lambda: opened(tmp_path / "file" / "a.sqlite")) == "journal_no_right"
    (tmp_path / "b.sqlite").mkdir()
    assert code_of(lambda: opened(tmp_path / "b.sqlite")) == "journal_no_right"


def test_an_event_that_no_handin_could_hold_is_refused(path):
    journal = opened(path)
    big = {"answer": {"a": "字" * 400_000}}
    assert code_of(lambda: journal.append("draft", "x", 1, big)) == "event_too_large"
    assert journal.events() == []


@pytest.mark.parametrize("name", ["", " \u200b\t", "x" * 81])
def test_a_journal_needs_a_name(path, name):
    assert code_of(lambda: opened(path, trainee=name)) in ("name_empty", "name_too_long")


def test_the_first_format_is_read_for_good(path):
    """A journal of format 1, as it was written in 2026."""
    path.parent.mkdir()
    shutil.copyfile(FIRST, path)
    journal = opened(path)
    found = progress(journal.events())
    assert len(journal.events()) == 13 and journal.problems == ()
    stand = found["m01_pareto"]
    assert (stand.version, stand.seed, stand.hints, stand.solution_seen) == (1, 7, 1, True)
    assert [a.outcome.status for a in stand.attempts] == ["incorrect", "correct"]
    assert stand.variant["key"]["value"]["best"] == 0.6
    assert found["m15_essay"].marks["self"]["ticks"] == {"names_owner": True}
    assert found["m05_team"].team["members"] == ["李雷", "韩梅梅"]
    assert journal.append("draft", "x", 1, {}).seq == 14
