"""The hand-in: one text file with a trainee's events, read strictly on the trainer's side."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from kamkit.errors import KamkitError, Problem, cause, writing
from kamkit.exercises.desk import Desk
from kamkit.exercises.journal.names import identity, safe_name
from kamkit.exercises.journal.records import MOST_BYTES, event_line, json_text, parsed, read_event
from kamkit.exercises.model import FORMAT
from kamkit.exercises.progress import Event

KIND = "kamkit-handin"
MOST_FILE_BYTES = 20_000_000
_LINE_BYTES = MOST_BYTES + 2_000
_MOST_BAD = 20  # bad lines named one by one; the rest are counted
_SIGNS = 4
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Handin:
    """What a hand-in holds; ``problems`` are warnings: what is named there was left out."""

    cohort: str
    trainee: str
    alias: str
    made_at: str
    own: bool
    sha256: str
    events: tuple[Event, ...]
    problems: tuple[Problem, ...] = ()


def shareable(events: Iterable[Event], *, own: bool = False) -> list[Event]:
    """The events that may leave the laptop.

    Private events stay, and so does all that was done in an exercise while it ran on the
    trainee's own accounts (from an ``opened`` with ``own`` to the next without), unless
    ``own`` says that their owner sends them.
    """
    if own:
        return list(events)
    kept: list[Event] = []
    on_own: set[str] = set()
    for event in events:
        if event.type == "opened":
            change = on_own.add if event.data.get("own") else on_own.discard
            change(event.exercise)
        if not event.private and event.exercise not in on_own:
            kept.append(event)
    return kept


def handin_text(desk: Desk, *, own: bool = False, named: bool = True) -> str:
    """The hand-in of who sits at the desk: a header and one event a line, JSON, UTF-8.

    ``own`` adds the trainee's own accounts and what was answered on them; without ``named``
    the alias stands in place of the name throughout.

    Raises KamkitError: ``handin_too_large``, and what the journal raises.
    """
    trainee = desk.trainee if named else desk.alias
    events = shareable(desk.journal.events(), own=own)
    lines = [event_line(event) for event in (events if named else unnamed(events, trainee))]
    body = "".join(f"{line}\n" for line in lines)
    header = {
        "format": FORMAT,
        "kind": KIND,
        "cohort": desk.cohort,
        "trainee": trainee,
        "alias": desk.alias,
        "made_at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "events": len(lines),
        "own": own,
        "sha256": _sha256(line.encode("utf-8") for line in lines),
    }
    text = f"{json_text(header)}\n{body}"
    _check_size(len(text.encode("utf-8")), desk.alias)
    return text


def unnamed(events: Iterable[Event], alias: str) -> list[Event]:
    """Events under an alias; members of a team become numbers, also where one decided.

    What people wrote into free text stays as they wrote it.
    """
    numbers: dict[str, str] = {}
    found = []
    for event in events:
        data = dict(event.data)
        if event.type == "team" and isinstance(data.get("members"), list):
            for member in data["members"]:
                numbers.setdefault(str(member), str(len(numbers) + 1))
            data["members"] = [numbers[str(member)] for member in data["members"]]
        answer = data.get("answer")
        if isinstance(answer, dict) and answer.get("by"):
            data["answer"] = {**answer, "by": numbers.get(str(answer["by"]), "?")}
        found.append(replace(event, trainee=alias, data=data))
    return found


def handin_name(desk: Desk) -> str:
    """File name of a hand-in: cohort, alias, day, and signs that keep two of one alias apart.

    >>> from kamkit.exercises.desk import Person
    >>> handin_name(Desk(Path(), Person("2026-06", "A7", "李 雷", "zh"), True))
    'handin_2026-06_李_雷_20...-..._....jsonl'
    """
    words = [safe_name(part).rpartition("-")[0] for part in (desk.cohort, desk.alias)]
    day = datetime.now().date().isoformat()
    sign = safe_name(f"{desk.cohort}/{desk.trainee}")[-_SIGNS:]
    return f"handin_{'_'.join(words)}_{day}_{sign}.jsonl"


def write_handin(desk: Desk, path: Path, *, own: bool = False, named: bool = True) -> Path:
    """Write the hand-in, whole or not at all; into a folder, under :func:`handin_name`.

    Raises KamkitError: ``cannot_write``, and what :func:`handin_text` raises.
    """
    text = handin_text(desk, own=own, named=named)
    target = path / handin_name(desk) if path.is_dir() else path
    work = target.with_name(f".{uuid4().hex}.part")
    with writing(target):
        try:
            with work.open("w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            work.replace(target)
        except OSError:
            with suppress(OSError):
                work.unlink(missing_ok=True)
            raise
    return target


def read_handin(source: Path | str | bytes) -> Handin:
    """The hand-in of a file (a path), or of its content (text or bytes).

    Raises KamkitError where nothing of it can be used: ``handin_too_large``,
    ``handin_no_header``, ``handin_newer``, ``unreadable_file``. Lines that are no event of
    this trainee are left out and named; a file that was cut or changed is read as far as it
    goes, with a warning.
    """
    name = source.name if isinstance(source, Path) else ""
    content = _content(source) if isinstance(source, Path) else source
    content = content.encode("utf-8", "replace") if isinstance(content, str) else content
    _check_size(len(content), name)
    lines = [line.rstrip(b"\r") for line in content.removeprefix(_BOM).split(b"\n")]
    handin, said = _header(lines[0], name)
    body = lines[1:-1] if not lines[-1] else lines[1:]
    events, problems = _events(body, handin, name)
    problems += _doubts(body, handin, said, name)
    return replace(handin, events=tuple(events), problems=tuple(problems))


def _content(path: Path) -> bytes:
    try:
        _check_size(path.stat().st_size, path.name)
        with path.open("rb") as file:
            return file.read(MOST_FILE_BYTES + 1)
    except OSError as error:
        problem = Problem("unreadable_file", value=str(path), details=cause(error))
        raise KamkitError(problem) from error


def _check_size(size: int, name: str) -> None:
    if size > MOST_FILE_BYTES:
        details = {"most": MOST_FILE_BYTES // 1_000_000}
        raise KamkitError(Problem("handin_too_large", table=name, details=details))


def _sha256(lines: Iterable[bytes]) -> str:
    """Over the event lines, each ended by a line feed, however the file's lines end."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line + b"\n")
    return digest.hexdigest()


def _header(line: bytes, name: str) -> tuple[Handin, Any]:
    """Who handed in, and how many events the header says there are."""
    no_header = KamkitError(Problem("handin_no_header", table=name))
    try:
        raw = parsed(line)
    except ValueError as error:
        raise no_header from error
    if not isinstance(raw, dict) or raw.get("kind") != KIND:
        raise no_header
    if not isinstance(raw.get("format"), int) or raw["format"] > FORMAT:
        details = {"known": FORMAT}
        problem = Problem("handin_newer", table=name, value=raw.get("format"), details=details)
        raise KamkitError(problem)
    try:
        cohort, trainee = identity(raw["cohort"], "cohort"), identity(raw["trainee"], "trainee")
        handin = Handin(
            cohort=cohort,
            trainee=trainee,
            alias=identity(raw.get("alias") or trainee, "alias"),
            made_at=str(raw.get("made_at", ""))[:40],
            own=raw.get("own") is True,
            sha256=str(raw.get("sha256", ""))[:64],
            events=(),
        )
    except (KeyError, KamkitError) as error:
        raise no_header from error
    return handin, raw.get("events")


def _events(body: list[bytes], handin: Handin, name: str) -> tuple[list[Event], list[Problem]]:
    """The events that are whole and this trainee's own, each id once."""
    found: dict[str, Event] = {}
    bad: list[Problem] = []
    owner = (handin.cohort, handin.trainee)
    for number, line in enumerate(body, start=2):
        code = "handin_bad_line"
        try:
            event = read_event(line if len(line) <= _LINE_BYTES else b"")
        except ValueError:
            event = None
        if event is not None:
            if (event.cohort, event.trainee) == owner and event.id not in found:
                found[event.id] = event
                continue
            code = "handin_twice" if event.id in found else "handin_other_person"
        bad.append(Problem(code, name, row=number, level="warning"))
    rest = len(bad) - _MOST_BAD
    if rest > 0:
        more = Problem("handin_more_bad", name, value=rest, level="warning")
        bad = [*bad[:_MOST_BAD], more]
    return sorted(found.values(), key=lambda e: e.seq), bad


def _doubts(body: list[bytes], handin: Handin, said: Any, name: str) -> list[Problem]:
    """What speaks against the file as a whole: cut short, or changed since it was written."""
    if isinstance(said, int) and said > len(body):
        details = {"expected": said, "found": len(body)}
        return [Problem("handin_cut", name, level="warning", details=details)]
    if _sha256(body) != handin.sha256:
        return [Problem("handin_changed", name, level="warning")]
    return []
