"""The journal of one trainee: events are added, safe on the disk, and never changed."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from kamkit.errors import KamkitError, Problem
from kamkit.exercises.journal.file import Damaged, told
from kamkit.exercises.journal.names import identity
from kamkit.exercises.journal.records import data_text
from kamkit.exercises.journal.recovery import sound
from kamkit.exercises.model import FORMAT
from kamkit.exercises.progress import Event

WAIT = 5.0
_TRIES = 4
_COLUMNS = "seq, id, at, clock, cohort, trainee, exercise, version, type, private, format, data"
_ADD = f"INSERT INTO events ({_COLUMNS}) VALUES ({', '.join('?' * 12)})"
_READ = f"SELECT {_COLUMNS} FROM events WHERE seq > ? ORDER BY seq"
_LAST = "SELECT seq, at FROM events ORDER BY seq DESC LIMIT 1"


class SqliteJournal:
    """Events of one trainee in one SQLite file; meets the ``Journal`` protocol.

    ``append`` returns after the commit: what it returned survives a killed process and a
    power cut. Several processes may write at once; the database gives every event its place
    (``seq``). ``at`` never runs backwards: where the computer's clock was set back, an event
    has the time of the one before it, and the clock as it was is kept beside it in the file
    (column ``clock``). A damaged file is set aside and what is readable goes on in a new one:
    ``problems`` then holds a warning ``journal_recovered``.

    Raises KamkitError: ``journal_full``, ``journal_disk``, ``journal_no_right``,
    ``journal_locked``, ``journal_newer``, ``journal_foreign``, ``journal_other_owner``,
    ``journal_damaged``, ``journal_other``, ``event_too_large``. An event that raised is not in
    the journal, or (where the disk failed within the commit) may appear in it later.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     journal = SqliteJournal(Path(folder) / "a.sqlite", cohort="2026-06", trainee="A7")
    ...     first = journal.append("hint", "m01_pareto", 1, {"n": 1})
    ...     again = journal.events("m01_pareto")
    ...     journal.close()
    >>> first.seq, again == [first]
    (1, True)
    """

    def __init__(self, path: Path, *, cohort: str, trainee: str, wait: float = WAIT) -> None:
        self.path = Path(path)
        self.cohort = identity(cohort, "cohort")
        self.trainee = identity(trainee, "trainee")
        self.problems: tuple[Problem, ...] = ()
        self._wait = wait
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._seen: list[Event] = []
        with self._lock:
            self._open()

    def append(
        self,
        kind: str,
        exercise: str = "",
        version: int = 0,
        data: Mapping[str, Any] | None = None,
        *,
        private: bool = False,
    ) -> Event:
        """Record one event; it is safe on the disk when this returns."""
        row = (str(uuid4()), exercise, version, kind, private, data_text(data or {}))
        with self._lock:
            for _ in range(_TRIES):
                try:
                    event = self._add(*row)
                except (Damaged, KamkitError) as error:
                    self.close()
                    if isinstance(error, KamkitError) and not self._moved():
                        raise
                    continue
                if not self._moved():
                    return event
        raise KamkitError(Problem("journal_damaged", value=str(self.path)))

    def events(self, exercise: str = "") -> list[Event]:
        """All events in order, or those of one exercise; other processes' among them.

        Their data are shared with later calls: read them only.
        """
        with self._lock:
            for _ in range(_TRIES):
                try:
                    self._read_on()
                    return [e for e in self._seen if not exercise or e.exercise == exercise]
                except Damaged:
                    self.close()
                except KamkitError:
                    self.close()
                    raise
        raise KamkitError(Problem("journal_damaged", value=str(self.path)))

    def close(self) -> None:
        """Give the file free; the next call opens it again."""
        connection = getattr(self, "_connection", None)
        if connection is not None:
            self._connection = None
            connection.close()

    def __del__(self) -> None:
        self.close()

    def _open(self) -> sqlite3.Connection:
        """The connection to the file that stands under the path now."""
        if self._connection is not None and not self._moved():
            return self._connection
        self.close()
        owner = {"cohort": self.cohort, "trainee": self.trainee}
        self._connection, problem = sound(self.path, **owner, wait=self._wait)
        if problem is not None:
            self.problems = (*self.problems, problem)
        found = self._standing()
        if found != self._file:
            self._file, self._seen = found, []
        return self._connection

    def _standing(self) -> tuple[int, int] | None:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def _moved(self) -> bool:
        """Whether another file stands under the path: recovered, restored or wiped meanwhile."""
        return self._file is None or self._standing() != self._file

    def _add(
        self, id: str, exercise: str, version: int, kind: str, private: bool, data: str
    ) -> Event:
        connection = self._open()
        with told(self.path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                clock = datetime.now(UTC).isoformat(timespec="microseconds")
                last = connection.execute(_LAST).fetchone() or (0, "")
                place = (last[0] + 1, id, max(clock, last[1]), clock, self.cohort, self.trainee)
                row = (*place, exercise, version, kind, int(private), FORMAT, data)
                connection.execute(_ADD, row)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        return _event(row)

    def _read_on(self) -> None:
        """Read what came since the last time; what was read once never changes."""
        connection = self._open()
        last = self._seen[-1].seq if self._seen else 0
        with told(self.path):
            rows = connection.execute(_READ, (last,)).fetchall()
        try:
            self._seen += [_event(row) for row in rows]
        except ValueError as error:
            raise Damaged(str(self.path)) from error


def _event(row: tuple[Any, ...]) -> Event:
    seq, id, at, _, cohort, trainee, exercise, version, kind, private, format, data = row
    return Event(
        id=id,
        seq=seq,
        at=at,
        cohort=cohort,
        trainee=trainee,
        exercise=exercise,
        version=version,
        type=kind,
        data=json.loads(data),
        private=bool(private),
        format=format,
    )
