"""The trainer's store: the events of a room, in one file or in a PostgreSQL database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from kamkit.errors import KamkitError, Problem, cause
from kamkit.exercises.handin import Handin, read_handin
from kamkit.exercises.journal.records import json_text
from kamkit.exercises.model import FORMAT
from kamkit.exercises.progress import Event

_CHUNK = 500
_META = sa.MetaData()
_ABOUT = sa.Table(
    "kamkit_about",
    _META,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
_EVENTS = sa.Table(
    "kamkit_events",
    _META,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("cohort", sa.Text, nullable=False),
    sa.Column("trainee", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("exercise", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("private", sa.Boolean, nullable=False),
    sa.Column("format", sa.BigInteger, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Index("kamkit_events_by_trainee", "cohort", "trainee"),
)
_TRAINEES = sa.Table(
    "kamkit_trainees",
    _META,
    sa.Column("cohort", sa.Text, primary_key=True),
    sa.Column("trainee", sa.Text, primary_key=True),
    sa.Column("alias", sa.Text, nullable=False),
    sa.Column("made_at", sa.Text, nullable=False),
)
_HANDINS = sa.Table(
    "kamkit_handins",
    _META,
    sa.Column("cohort", sa.Text, primary_key=True),
    sa.Column("trainee", sa.Text, primary_key=True),
    sa.Column("sha256", sa.Text, primary_key=True),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("made_at", sa.Text, nullable=False),
    sa.Column("imported_at", sa.Text, nullable=False),
    sa.Column("events", sa.BigInteger, nullable=False),
    sa.Column("own", sa.Boolean, nullable=False),
)
_SQLITE = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
)
# PostgreSQL's code, or a database's own words -> word in the catalogs (``reason.<key>``).
_REASONS = {
    "28P01": "store_login",
    "28000": "store_login",
    "3D000": "store_absent",
    "42501": "EACCES",
}
_SAID = {
    "create a connection": "store_unreachable",
    "not a database": "store_no_database",
    "readonly database": "EACCES",
    "disk is full": "ENOSPC",
    "database is locked": "EBUSY",
}


@dataclass(frozen=True)
class Imported:
    """What became of one hand-in file: ``new`` events came in, ``known`` were there already."""

    file: str
    cohort: str = ""
    trainee: str = ""
    alias: str = ""
    new: int = 0
    known: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether nothing of the file came in."""
        return any(p.level == "error" for p in self.problems)


class CohortStore:
    """Events of trainees by cohort; ``where`` is a file's path or a database URL.

    URLs: ``sqlite:///…``, ``postgresql://user:password@host:port/database``. Importing a
    hand-in twice changes nothing: events count by their id.

    Raises KamkitError: ``store_kind``, ``store_newer``, ``store_failed``.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with CohortStore(Path(folder) / "room.sqlite") as store:
    ...         store.cohorts()
    []
    """

    def __init__(self, where: str | Path) -> None:
        url = _url(where)
        file = url.database if url.get_backend_name() == "sqlite" else ""
        self.name = file or url.render_as_string(hide_password=True)
        with self._told():
            self._engine = _engine(url)
            try:
                _META.create_all(self._engine)
                self._check_format()
            except BaseException:
                self._engine.dispose()
                raise

    def __enter__(self) -> CohortStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the file or the connections free."""
        self._engine.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError, ImportError) as error:
            problem = Problem("store_failed", value=self.name, details=_why(error))
            raise KamkitError(problem) from error

    def _check_format(self) -> None:
        with self._engine.begin() as connection:
            row = {"name": "format", "value": str(FORMAT)}
            connection.execute(self._insert(_ABOUT), [row])
            found = connection.execute(
                sa.select(_ABOUT.c.value).where(_ABOUT.c.name == "format")
            ).scalar_one()
        if int(found) > FORMAT:
            details = {"found": found, "known": FORMAT}
            raise KamkitError(Problem("store_newer", value=self.name, details=details))

    def _insert(self, table: sa.Table) -> Any:
        """Insert the rows that are not there yet."""
        dialect = sqlite if self._engine.dialect.name == "sqlite" else postgresql
        return dialect.insert(table).on_conflict_do_nothing()

    def add(self, handin: Handin, file: str = "") -> Imported:
        """Take in a hand-in, wholly or not at all."""
        with self._told(), self._engine.begin() as connection:
            known = _known(connection, [e.id for e in handin.events])
            rows = [_row(e) for e in handin.events if e.id not in known]
            if rows:
                connection.execute(self._insert(_EVENTS), rows)
            self._note(connection, handin, file)
        return Imported(
            file=file,
            cohort=handin.cohort,
            trainee=handin.trainee,
            alias=handin.alias,
            new=len(rows),
            known=len(handin.events) - len(rows),
            problems=handin.problems,
        )

    def _note(self, connection: sa.Connection, handin: Handin, file: str) -> None:
        who = {"cohort": handin.cohort, "trainee": handin.trainee}
        latest = {"alias": handin.alias, "made_at": handin.made_at}
        connection.execute(self._insert(_TRAINEES), [{**who, **latest}])
        older = (
            (_TRAINEES.c.cohort == handin.cohort)
            & (_TRAINEES.c.trainee == handin.trainee)
            & (_TRAINEES.c.made_at < handin.made_at)
        )
        connection.execute(sa.update(_TRAINEES).where(older).values(**latest))
        row = {
            **who,
            "sha256": handin.sha256,
            "file": file,
            "made_at": handin.made_at,
            "imported_at": datetime.now(UTC).isoformat(timespec="microseconds"),
            "events": len(handin.events),
            "own": handin.own,
        }
        connection.execute(self._insert(_HANDINS), [row])

    def cohorts(self) -> list[str]:
        """Cohorts that the store holds."""
        with self._told(), self._engine.begin() as connection:
            found = connection.execute(sa.select(_TRAINEES.c.cohort).distinct()).scalars()
            return sorted(found)

    def aliases(self, cohort: str = "") -> dict[tuple[str, str], str]:
        """Alias by cohort and trainee."""
        query = sa.select(_TRAINEES.c.cohort, _TRAINEES.c.trainee, _TRAINEES.c.alias)
        if cohort:
            query = query.where(_TRAINEES.c.cohort == cohort)
        with self._told(), self._engine.begin() as connection:
            rows = connection.execute(query).all()
        return {(row.cohort, row.trainee): row.alias for row in rows}

    def events(self, cohort: str = "", *, types: Iterable[str] = ()) -> list[Event]:
        """Events by cohort and trainee, each trainee's in order of time."""
        query = sa.select(_EVENTS)
        if cohort:
            query = query.where(_EVENTS.c.cohort == cohort)
        if types:
            query = query.where(_EVENTS.c.type.in_(list(types)))
        with self._told(), self._engine.begin() as connection:
            rows = connection.execute(query).mappings().all()
        found = [Event(**{**row, "data": json.loads(row["data"])}) for row in rows]
        # Sorted here, because databases don't agree on the order of texts.
        return sorted(found, key=lambda e: (e.cohort, e.trainee, e.at, e.seq, e.id))

    def wipe(self, cohort: str) -> int:
        """Remove a cohort for good; returns how many events there were."""
        with self._told():
            with self._engine.begin() as connection:
                count = sa.select(sa.func.count()).where(_EVENTS.c.cohort == cohort)
                found = connection.execute(count).scalar_one()
                for table in (_EVENTS, _TRAINEES, _HANDINS):
                    connection.execute(sa.delete(table).where(table.c.cohort == cohort))
            if self._engine.dialect.name == "sqlite":
                # The write-ahead log would keep what the tables no longer hold.
                with self._engine.connect() as connection:
                    raw = connection.connection.cursor()
                    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    raw.close()
        return int(found)


def import_handins(store: CohortStore, files: Iterable[Path]) -> list[Imported]:
    """Take in hand-in files, each in a transaction of its own.

    A file that can't be used is listed with its problems, and the others come in all the same.
    """
    results = []
    for file in files:
        try:
            results.append(store.add(read_handin(file), file.name))
        except KamkitError as error:
            results.append(Imported(file.name, problems=error.problems))
    return results


def _row(event: Event) -> dict[str, Any]:
    names = [c.name for c in _EVENTS.columns if c.name != "data"]
    return {**{name: getattr(event, name) for name in names}, "data": json_text(event.data)}


def _known(connection: sa.Connection, ids: list[str]) -> set[str]:
    found: set[str] = set()
    for at in range(0, len(ids), _CHUNK):
        some = ids[at : at + _CHUNK]
        query = sa.select(_EVENTS.c.id).where(_EVENTS.c.id.in_(some))
        found.update(connection.execute(query).scalars())
    return found


def _why(error: Exception) -> dict[str, Any]:
    """What the database said, with the word of the catalogs that says it to a trainer."""
    inner = error.orig if isinstance(error, DBAPIError) else error
    said: Any = inner.args[0] if inner is not None and inner.args else str(error)
    if isinstance(said, dict):  # pg8000 gives the fields of PostgreSQL's message
        said, code = str(said.get("M", "")), str(said.get("C", ""))
        return {"reason": said, "reason_key": _REASONS.get(code, "other")}
    found = cause(inner if isinstance(inner, Exception) else error)
    key = next((key for words, key in _SAID.items() if words in str(said)), None)
    return {**found, "reason_key": key} if key else found


def _url(where: str | Path) -> URL:
    text = str(where)
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text).absolute()))
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise KamkitError(Problem("store_kind")) from error
    if url.drivername in ("postgresql", "postgres", "postgresql+pg8000"):
        return url.set(drivername="postgresql+pg8000")
    if url.drivername != "sqlite":
        raise KamkitError(Problem("store_kind", value=url.drivername))
    return url


def _engine(url: URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, connect_args={"timeout": 10})
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url)

    @sa.event.listens_for(engine, "connect")
    def _settle(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for setting in _SQLITE:
            connection.execute(setting).close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # Two imports at once wait for each other, where a deferred start would fail one.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
