"""Who sits here: cohort, trainee, alias and language, remembered on this computer."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from kamkit.errors import KamkitError, Problem
from kamkit.exercises.journal import SqliteJournal
from kamkit.exercises.journal.file import owner_of, trouble
from kamkit.exercises.journal.names import LONGEST, clean_name, identity, safe_name
from kamkit.exercises.model import FORMAT

ALONE, GUEST = "self", "guest"  # cohort and trainee before anyone signed in
LANGUAGES = ("zh", "en")
_DESK = "desk.json"
_TRIES, _PAUSE = 20, 0.02
_journals: dict[Path, SqliteJournal] = {}
_journals_lock = threading.Lock()


@dataclass(frozen=True)
class Person:
    """Someone who works or worked on this computer."""

    cohort: str
    trainee: str
    alias: str
    lang: str

    @property
    def shown(self) -> str:
        """The name to put on screen: the alias, if there is one."""
        return self.alias or self.trainee


@dataclass(frozen=True)
class Desk:
    """The folder of this computer's records and the person who sits here now.

    ``signed_in`` is False before anyone gave a name: the journal is then the guest's.
    """

    folder: Path
    person: Person
    signed_in: bool

    @property
    def cohort(self) -> str:
        """Code of the workshop."""
        return self.person.cohort

    @property
    def trainee(self) -> str:
        """Who the journal belongs to."""
        return self.person.trainee

    @property
    def alias(self) -> str:
        """Name on screen and, if wanted, in the hand-in."""
        return self.person.shown

    @property
    def lang(self) -> str:
        """Language chosen, zh or en."""
        return self.person.lang

    @property
    def file(self) -> Path:
        """Where this person's journal is kept."""
        return _place(self.folder, self.cohort, self.trainee).with_suffix(".sqlite")

    @property
    def journal(self) -> SqliteJournal:
        """This person's journal; one per process, shared by all exercises of a page."""
        file = self.file
        with _journals_lock:
            if file not in _journals:
                _journals[file] = SqliteJournal(file, cohort=self.cohort, trainee=self.trainee)
            return _journals[file]


def home() -> Path:
    """Folder of this computer's records: KAMKIT_HOME, else the platform's user-data folder."""
    chosen = os.environ.get("KAMKIT_HOME", "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("kamkit", appauthor=False)


def open_desk() -> Desk:
    """The desk as it was left; KAMKIT_COHORT and KAMKIT_TRAINEE go before what is remembered.

    Raises KamkitError ``name_empty`` or ``name_too_long`` for what these variables hold.
    """
    folder = home()
    told = {n: os.environ.get(f"KAMKIT_{n.upper()}", "").strip() for n in ("cohort", "trainee")}
    kept = _read(folder / _DESK)
    cohort = identity(told["cohort"] or kept.get("cohort") or ALONE, "cohort")
    trainee = identity(told["trainee"] or kept.get("trainee") or GUEST, "trainee")
    known = _read(_place(folder, cohort, trainee).with_suffix(".json"))
    person = Person(cohort, trainee, clean_name(known.get("alias", "")), _language(known))
    return Desk(folder, person, bool(told["trainee"] or kept.get("trainee")))


def desk_of(person: Person) -> Desk:
    """The desk of someone who has a journal here, without their sitting down."""
    return Desk(home(), person, True)


def sign_in(cohort: str, trainee: str, alias: str = "", lang: str = "") -> Desk:
    """Someone sits down: remembered, and written to the journal as ``profile``.

    Without a cohort one works alone; the alias stands for a trainee who gives none, and the
    language stays what it was. Where KAMKIT_COHORT and KAMKIT_TRAINEE say who sits here, they
    stay; alias and language are taken.

    Raises KamkitError: every name that is missing or too long, ``unknown_option`` for the
    language, and what the journal raises.
    """
    alias = clean_name(alias)
    names = {
        "cohort": os.environ.get("KAMKIT_COHORT") or clean_name(cohort) or ALONE,
        "trainee": os.environ.get("KAMKIT_TRAINEE") or clean_name(trainee) or alias,
    }
    problems = _problems(names, alias, lang)
    KamkitError.collect(problems)
    cohort, trainee = clean_name(names["cohort"]), clean_name(names["trainee"])
    folder = home()
    card = _place(folder, cohort, trainee).with_suffix(".json")
    person = Person(cohort, trainee, alias or trainee, lang or _language(_read(card)))
    desk = Desk(folder, person, True)
    _remember_profile(desk)
    _write(card, {"cohort": cohort, "trainee": trainee, "alias": person.alias, "lang": person.lang})
    _write(folder / _DESK, {"cohort": cohort, "trainee": trainee})
    return desk


def people() -> list[Person]:
    """All who have a journal on this computer, by cohort and name on screen."""
    found = []
    for file in sorted(home().glob("*/*.sqlite")):
        card = _read(file.with_suffix(".json"))
        owner = owner_of(file)
        if owner is not None:
            found.append(Person(*owner, clean_name(card.get("alias", "")), _language(card)))
    return sorted(found, key=lambda p: (p.cohort, p.shown))


def _problems(names: Mapping[str, str], alias: str, lang: str) -> list[Problem]:
    problems: list[Problem] = []
    for column, name in names.items():
        try:
            identity(name, column)
        except KamkitError as error:
            problems += error.problems
    if len(alias) > LONGEST and names["trainee"] != alias:
        problems.append(Problem("name_too_long", column="alias", details={"most": LONGEST}))
    if lang and lang not in LANGUAGES:
        allowed = ", ".join(LANGUAGES)
        problems.append(Problem("unknown_option", value=lang, details={"allowed": allowed}))
    return problems


def _remember_profile(desk: Desk) -> None:
    """One ``profile`` event, where it says anything new."""
    profile = {"alias": desk.alias, "lang": desk.lang}
    known = [e.data for e in desk.journal.events() if e.type == "profile"]
    if not known or dict(known[-1]) != profile:
        desk.journal.append("profile", data=profile)


def _language(card: Mapping[str, Any]) -> str:
    for lang in (card.get("lang"), os.environ.get("KAMKIT_LANG")):
        if lang in LANGUAGES:
            return str(lang)
    return LANGUAGES[0]


def _place(folder: Path, cohort: str, trainee: str) -> Path:
    """Path of a person's files without their suffix (safe names hold no dot)."""
    return folder / safe_name(cohort) / safe_name(trainee)


def _read(path: Path) -> dict[str, Any]:
    """A small file of ours; nothing where it is missing or spoiled: it only saves typing."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _write(path: Path, data: Mapping[str, Any]) -> None:
    """Write whole or not at all."""
    work = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with work.open("w", encoding="utf-8", newline="\n") as file:
            json.dump({"format": FORMAT, **data}, file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        _replace(work, path)
    except OSError as error:
        with suppress(OSError):
            work.unlink(missing_ok=True)
        raise trouble(error, path) from error


def _replace(work: Path, path: Path) -> None:
    """Windows refuses while another process reads the old file, which takes a moment."""
    for _ in range(_TRIES):
        try:
            work.replace(path)
            return
        except PermissionError:
            time.sleep(_PAUSE)
    work.replace(path)
