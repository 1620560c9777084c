"""The journal's file: its form, its checks, and what the system may refuse, as problems."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from kamkit.errors import KamkitError, Problem, cause
from kamkit.exercises.model import FORMAT

APPLICATION = 0x4B414D4B  # "KAMK" in the file's header: a journal of ours
PAGE = 4096
_HEADER = b"SQLite format 3\x00"
_PAUSE = 0.02
_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",
    "PRAGMA wal_autocheckpoint = 100",
)
# ``clock`` is the computer's own time; ``at`` never runs backwards, even where the clock does.
_FORM = """
CREATE TABLE owner (cohort TEXT NOT NULL, trainee TEXT NOT NULL);
CREATE TABLE events (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at TEXT NOT NULL, clock TEXT NOT NULL,
    cohort TEXT NOT NULL, trainee TEXT NOT NULL, exercise TEXT NOT NULL,
    version INTEGER NOT NULL, type TEXT NOT NULL, private INTEGER NOT NULL,
    format INTEGER NOT NULL, data TEXT NOT NULL
);
CREATE TRIGGER kept_as_is BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER kept_for_good BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
"""
_CODES = {
    sqlite3.SQLITE_FULL: "journal_full",
    sqlite3.SQLITE_IOERR: "journal_disk",
    sqlite3.SQLITE_READONLY: "journal_no_right",
    sqlite3.SQLITE_CANTOPEN: "journal_no_right",
    sqlite3.SQLITE_PERM: "journal_no_right",
    sqlite3.SQLITE_BUSY: "journal_locked",
    sqlite3.SQLITE_LOCKED: "journal_locked",
    sqlite3.SQLITE_PROTOCOL: "journal_locked",
    sqlite3.SQLITE_NOTADB: "journal_damaged",
    sqlite3.SQLITE_CORRUPT: "journal_damaged",
}


class Damaged(Exception):
    """The file can't be read as a journal any more; what is readable has to be recovered."""


def trouble(error: sqlite3.Error | OSError, path: Path) -> KamkitError:
    """What the database or the file system refused, as an error that says what to do."""
    if isinstance(error, OSError):
        code = "journal_full" if error.errno == 28 else "journal_no_right"
    else:
        number = getattr(error, "sqlite_errorcode", None) or 0
        code = _CODES.get(number & 0xFF, "journal_other")
    return KamkitError(Problem(code, value=str(path), details=cause(error)))


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what the system refuses into KamkitError; damage into :class:`Damaged`."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        said = trouble(error, path)
        if said.problems[0].code == "journal_damaged":
            raise Damaged(str(path)) from error
        raise said from error


def _refuse_newer(found: int, path: Path) -> None:
    if found > FORMAT:
        details = {"found": found, "known": FORMAT}
        raise KamkitError(Problem("journal_newer", value=str(path), details=details))


def _look_at_header(path: Path) -> None:
    """Refuse a newer or a foreign file by its first bytes, before anything could touch it."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
    except FileNotFoundError:
        return
    if len(head) < 100 or not head.startswith(_HEADER):
        return
    _refuse_newer(int.from_bytes(head[60:64], "big"), path)
    application = int.from_bytes(head[68:72], "big")
    if application not in (0, APPLICATION):
        raise KamkitError(Problem("journal_foreign", value=str(path)))


def connect(path: Path, *, cohort: str, trainee: str, wait: float) -> sqlite3.Connection:
    """A connection to a sound journal of this trainee, made where there is none.

    Raises KamkitError for what the system refuses, a newer or foreign file, or another
    trainee's; :class:`Damaged` where the file's content is broken.
    """
    with told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _look_at_header(path)
        connection = sqlite3.connect(
            path, timeout=wait, isolation_level=None, check_same_thread=False
        )
        try:
            _settle(connection, path, (cohort, trainee), wait)
        except BaseException:
            connection.close()
            raise
    return connection


def _settle(
    connection: sqlite3.Connection, path: Path, owner: tuple[str, str], wait: float
) -> None:
    """Settings, checks and form; waits while another process does the same."""
    deadline = time.monotonic() + wait
    while True:
        try:
            _look_inside(connection, path)
            for setting in _SETTINGS:
                connection.execute(setting)
            _check(connection, path)
            _give_form(connection, owner)
            found = connection.execute("SELECT cohort, trainee FROM owner").fetchall()
            break
        except sqlite3.OperationalError as error:
            # Switching to WAL doesn't wait by itself as other statements do.
            busy = trouble(error, path).problems[0].code == "journal_locked"
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)
    if found != [owner]:
        raise KamkitError(Problem("journal_other_owner", value=str(path)))


def _look_inside(connection: sqlite3.Connection, path: Path) -> None:
    """The same as :func:`_look_at_header` where the newest header still stands in the log."""
    connection.execute(f"PRAGMA page_size = {PAGE}")
    _refuse_newer(int(connection.execute("PRAGMA user_version").fetchone()[0]), path)
    tables = _tables(connection)
    if tables and not tables >= {"events", "owner"}:
        raise KamkitError(Problem("journal_foreign", value=str(path)))


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise Damaged(str(path))


def _give_form(connection: sqlite3.Connection, owner: tuple[str, str]) -> None:
    if _tables(connection) >= {"events", "owner"}:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not _tables(connection):
            give_form(connection, owner)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def give_form(connection: sqlite3.Connection, owner: tuple[str, str]) -> None:
    """Tables and triggers of an empty file, within the caller's transaction."""
    statement = ""
    for line in _FORM.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            connection.execute(statement)
            statement = ""
    connection.execute("INSERT INTO owner VALUES (?, ?)", owner)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def _tables(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return {str(name) for (name,) in rows}


def owner_of(path: Path) -> tuple[str, str] | None:
    """Cohort and trainee of a journal, read without changing it; None where it can't be read."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            found = connection.execute("SELECT cohort, trainee FROM owner").fetchone()
    except sqlite3.Error:
        return None
    return (str(found[0]), str(found[1])) if found else None
