"""No change that was acknowledged is lost when the process is killed, whenever that happens."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from kamkit.widgets.calibration.journal import CalibrationJournal

WRITER = Path(__file__).with_name("calibration_writer.py")
PER_RUN = 50


def kill_once(path: Path, chance: random.Random) -> list[str]:
    """Start a writer, kill it at some moment, and give what it had acknowledged."""
    size = str(chance.choice([5, 100, 4_000]))
    command = [sys.executable, str(WRITER), str(path), size]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as child:
        lines = []
        for _ in range(chance.randint(0, 20)):
            lines.append(child.stdout.readline())
        time.sleep(chance.random() * (0.15 if not lines else 0.003))
        child.kill()
        lines += child.stdout.readlines()
    return [line.split()[1] for line in lines if line.startswith("ack") and line.endswith("\n")]


def run(folder: Path, seed: int, points: int) -> int:
    """Kill that many writers, several of them in a row on the same file."""
    chance = random.Random(seed)
    count, known, path = 0, [], folder / "0.sqlite"
    for point in range(points):
        if chance.random() < 0.2:
            known, path = [], folder / f"{point}.sqlite"
        found = kill_once(path, chance)
        known += found
        count += len(found)
        with closing(CalibrationJournal(path, period="2026H1")) as journal:
            assert journal.problems == ()
            ids = [c.change_id for c in journal.changes()]
            assert [i for i in ids if i in set(known)] == known
            known.append(journal.record("M1", "duty", 1, 2, "after the crash").change_id)
            assert len(journal.table()) == len(ids) + 1
    return count


def test_killed_sessions_lose_nothing(tmp_path):
    assert run(tmp_path, seed=3, points=30) > 80


@pytest.mark.evidence
@pytest.mark.parametrize("seed", range(300, 310))
def test_many_killed_sessions_lose_nothing(tmp_path, seed):
    assert run(tmp_path, seed=seed, points=PER_RUN) > 80
