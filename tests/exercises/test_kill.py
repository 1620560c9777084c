"""No acknowledged event is lost when the process is killed, whenever that happens."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from kamkit.exercises.journal import SqliteJournal
from kamkit.exercises.progress import progress

WRITER = Path(__file__).with_name("kill_writer.py")
PER_RUN = 50


def kill_once(path: Path, chance: random.Random) -> list[str]:
    """Start a writer, kill it at some moment, and give what it had acknowledged."""
    # Large events make the log full, so that some kills meet the moment of its transfer.
    size = chance.choice([10, 300, 12_000])
    command = [sys.executable, str(WRITER), str(path), "100000", str(size)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as child:
        lines = []
        # Line by line without reading ahead; "open" first, so 0 is a kill before any event.
        for _ in range(chance.randint(0, 25)):
            lines.append(child.stdout.readline())
        time.sleep(chance.random() * (0.15 if not lines else 0.003))
        child.kill()
        lines += child.stdout.readlines()
    return [line.split()[1] for line in lines if line.startswith("ack") and line.endswith("\n")]


def check(path: Path, acknowledged: list[str]) -> None:
    """Everything acknowledged is there, in order; the file is sound; work goes on."""
    with closing(SqliteJournal(path, cohort="c", trainee="t")) as journal:
        assert journal.problems == ()
        events = journal.events()
        ids = [e.id for e in events]
        there = set(acknowledged)
        assert [i for i in ids if i in there] == acknowledged
        assert [e.seq for e in events] == list(range(1, len(ids) + 1))
        assert len(progress(events)) == len({e.exercise for e in events})
        acknowledged.append(journal.append("draft", "m0", 1, {"answer": {}}).id)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def run(folder: Path, seed: int, points: int) -> int:
    """Kill that many writers, several of them in a row on the same file."""
    chance = random.Random(seed)
    count, acknowledged, path = 0, [], folder / "0.sqlite"
    for point in range(points):
        if chance.random() < 0.2:
            acknowledged, path = [], folder / f"{point}.sqlite"
        found = kill_once(path, chance)
        acknowledged += found
        count += len(found)
        check(path, acknowledged)
    return count


def test_killed_writers_lose_nothing(tmp_path):
    assert run(tmp_path, seed=1, points=30) > 100


@pytest.mark.evidence
@pytest.mark.parametrize("seed", range(100, 100 + 1000 // PER_RUN))
def test_a_thousand_killed_writers_lose_nothing(tmp_path, seed):
    assert run(tmp_path, seed=seed, points=PER_RUN) > 100
