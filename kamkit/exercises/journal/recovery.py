"""A damaged journal is set aside, never deleted; what is readable goes on in a new file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from kamkit.errors import KamkitError, Problem
from kamkit.exercises.journal.file import Damaged, connect, give_form, told, trouble
from kamkit.exercises.journal.salvage import Row, salvaged

_LOGS = ("-wal", "-shm")


def sound(
    path: Path, *, cohort: str, trainee: str, wait: float
) -> tuple[sqlite3.Connection, Problem | None]:
    """A connection to a sound journal, and what had to be done for it.

    A damaged file is recovered first (warning ``journal_recovered``: how many events were
    read, and where the old file is kept).
    """
    owner = {"cohort": cohort, "trainee": trainee}
    if not path.exists() and _new(path).exists():
        with _alone(path, wait):
            _finish(path)
    try:
        return connect(path, **owner, wait=wait), None
    except Damaged:
        pass
    try:
        with _alone(path, wait):
            problem = _recover(path, (cohort, trainee), wait)
        return connect(path, **owner, wait=wait), problem
    except Damaged as error:
        raise KamkitError(Problem("journal_damaged", value=str(path))) from error


def _recover(path: Path, owner: tuple[str, str], wait: float) -> Problem | None:
    try:
        # Another process may have recovered it while this one waited.
        connect(path, cohort=owner[0], trainee=owner[1], wait=wait).close()
        return None
    except Damaged:
        pass
    with told(path):
        rows = salvaged(path)
        _write(_new(path), owner, rows)
        aside = _finish(path)
    details = {"count": len(rows)}
    return Problem("journal_recovered", value=aside.name, level="warning", details=details)


def _new(path: Path) -> Path:
    return path.with_name(path.name + ".recovered")


def _write(target: Path, owner: tuple[str, str], rows: list[Row]) -> None:
    """A whole journal of these rows under a name of its own."""
    work = target.with_name(target.name + ".part")
    work.unlink(missing_ok=True)
    connection = sqlite3.connect(work, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        give_form(connection, owner)
        marks = ", ".join("?" * 12)
        connection.executemany(f"INSERT OR IGNORE INTO events VALUES ({marks})", rows)
        connection.execute("COMMIT")
    finally:
        connection.close()
    work.replace(target)


def _finish(path: Path) -> Path:
    """Set the damaged file and its log aside, then put the recovered one in its place.

    Each step may be the last before a power cut: the next start goes on from there. The log
    has to go before the new file comes, or the database would add it to that.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    aside = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
    if path.exists():
        path.replace(aside)
    for ending in _LOGS:
        log = path.with_name(path.name + ending)
        if log.exists():
            log.replace(aside.with_name(aside.name + ending))
    if _new(path).exists():
        _new(path).replace(path)
    return aside


@contextmanager
def _alone(path: Path, wait: float) -> Iterator[None]:
    """Only one process at a time recovers a file; the system frees the lock of a dead one."""
    lock = path.with_name(path.name + ".lock")
    guard = sqlite3.connect(lock, timeout=wait, isolation_level=None)
    try:
        guard.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        guard.close()
        raise trouble(error, path) from error
    try:
        yield
    finally:
        guard.close()
