"""The exercise on screen: what is clicked goes into the journal, what came of it comes back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from kamkit.errors import KamkitError, Problem
from kamkit.exercises.bank import load_exercise
from kamkit.exercises.desk import Desk, open_desk
from kamkit.exercises.forms import plain
from kamkit.exercises.model import Exercise
from kamkit.exercises.session import Session
from kamkit.i18n import LANGUAGES, describe, t
from kamkit.widgets.exercise.answer import answer_of, text_of, texts_of
from kamkit.widgets.exercise.lazy import ClosedJournal, LazyJournal
from kamkit.widgets.exercise.page import page_data
from kamkit.widgets.exercise.state import StateData, asked_back

Message = Mapping[str, Any]
LOG = "kamkit.log"
log = logging.getLogger("kamkit.exercise")
log.propagate = False  # a trainee never sees a traceback


@cache
def joined(kind: str) -> str:
    """The browser's part: all files of one folder (js, css) in the order of their names."""
    folder = files("kamkit.widgets.exercise").joinpath(kind)
    sources = sorted((f for f in folder.iterdir() if f.name.endswith(kind)), key=lambda f: f.name)
    return "\n".join(f.read_text(encoding="utf-8") for f in sources)


@contextmanager
def logged_to(folder: Path) -> Iterator[None]:
    """Keep what is logged beside the journals, where there is a folder for it."""
    handler: logging.Handler = logging.NullHandler()
    if folder.is_dir():
        handler = logging.FileHandler(folder / LOG, encoding="utf-8", delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        handler.close()


def store_key(desk: Desk, exercise: Exercise, *, own: bool = False) -> str:
    """Names an answer in the browser's own store without telling whose it is."""
    who = sha256(f"{desk.cohort}\x1f{desk.trainee}".encode()).hexdigest()[:16]
    return f"{who}:{exercise.id}:{exercise.version}{':own' if own else ''}"


class ExerciseView(anywidget.AnyWidget):
    """One exercise, drawn by the browser; every message is answered by one new ``state``.

    ``page`` holds what stays (texts, sheets, controls), ``state`` what changes. ``ack`` in the
    state names the last message whose events are on the disk.
    """

    _esm = joined("js")
    _css = joined("css")
    page = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)

    def __init__(self, exercise: Exercise, *, lang: str, behaviour: str = "") -> None:
        self._exercise, self._lang, self._behaviour = exercise, lang, behaviour
        self._desk = open_desk()
        self._journal = self._open_journal()
        self._session = self._start()
        self._words = StateData(exercise, self._session.variant, lang)
        super().__init__(page=self._page(), state=self._state(ack=""))
        self.on_msg(self._heard)

    def __repr__(self) -> str:
        return f"{self._exercise.id}: {self._exercise.title.said(self._lang)}"

    def _sit_down(self) -> None:
        """Take the place of whoever is signed in; the same person goes on where they were."""
        desk = open_desk()
        if desk.file == self._desk.file and isinstance(self._journal, LazyJournal):
            self._session.refresh()
        else:
            self._desk = desk
            self._journal = self._open_journal()
            self._session = self._start()
        self._words = StateData(self._exercise, self._session.variant, self._lang)

    def _open_journal(self) -> LazyJournal | ClosedJournal:
        """This desk's journal; where it can't be read, the exercise shows nevertheless."""
        journal = LazyJournal(self._desk)
        try:
            journal.events(self._exercise.id)
        except KamkitError as error:
            return ClosedJournal(error)
        return journal

    def _start(self) -> Session:
        return Session(
            self._exercise,
            self._journal,
            cohort=self._desk.cohort,
            trainee=self._desk.trainee,
            behaviour=self._behaviour,
        )

    def _page(self) -> dict[str, Any]:
        key = store_key(self._desk, self._exercise, own=self._session.progress.own)
        data = page_data(self._exercise, self._session.variant, lang=self._lang, key=key)
        return dict(plain(data))

    def _state(self, *, ack: str, **more: Any) -> dict[str, Any]:
        session = self._session
        data = self._words.data(session.progress, session.stand)
        if isinstance(self._journal, ClosedJournal):
            more["problem"] = describe(self._journal.error, self._lang)
        return dict(plain({"ack": ack, "own": self._own_offer(), **data, **more}))

    def _own_offer(self) -> dict[str, Any] | None:
        """Whether the exercise runs on the trainee's own accounts, or how many it could run on."""
        if not self._exercise.own_accounts:
            return None
        if self._session.progress.own:
            return {"on": True, "count": 0}
        count = len(self._journal.own_rows())
        return {"on": False, "count": count} if count else None

    def _heard(self, _: Any, content: Any, __: Any) -> None:
        """Answer one message; an error becomes sentences, and the journal keeps what it has."""
        message = content if isinstance(content, Mapping) else {}
        ack = text_of(message.get("n"), 60)
        with logged_to(self._desk.folder):
            try:
                more = self._acted(message)
                page, state = self._page(), self._state(ack=ack, **more)
            except KamkitError as error:
                page, state = self.page, self._failed(ack, describe(error, self._lang))
            except Exception:
                log.exception("%s: %s", self._exercise.id, message.get("type"))
                page, state = self.page, self._failed(ack, t("exercise.internal_error", self._lang))
        with self.hold_sync():
            if page != self.page:
                self.page = page
            self.state = state

    def _failed(self, ack: str, problem: str) -> dict[str, Any]:
        return {**self.state, "ack": ack, "problem": problem, "asked": {}}

    def _acted(self, message: Message) -> dict[str, Any]:
        actions: dict[str, Callable[[Message], dict[str, Any] | None]] = {
            "shown": self._shown,
            "draft": self._draft,
            "submit": self._submit,
            "hint": self._hint,
            "solution": self._solution,
            "revote": lambda _: self._session.revote(),
            "release": lambda m: self._session.release(text_of(m.get("code"), 40)),
            "mark": self._mark,
            "team": self._team,
            "own": self._take_own,
        }
        action = actions.get(text_of(message.get("type"), 20))
        return (action(message) if action else None) or {}

    def _hint(self, _: Message) -> None:
        self._session.hint()

    def _solution(self, _: Message) -> None:
        self._session.solution()

    def _shown(self, _: Message) -> None:
        self._sit_down()

    def _draft(self, message: Message) -> None:
        self._session.draft(answer_of(message.get("answer")))

    def _submit(self, message: Message) -> dict[str, Any]:
        answer = answer_of(message.get("answer"))
        result = self._session.submit(answer)
        if isinstance(result, list):
            self._session.draft(answer)
            only_blanks = all(problem.level == "warning" for problem in result)
            return {"asked": asked_back(result, self._lang), "confirm": only_blanks}
        if result.status == "not_attempted":
            return {"asked": {"": t("exercise.nothing_yet", self._lang)}}
        return {}

    def _mark(self, message: Message) -> None:
        by = "trainer" if message.get("by") == "trainer" else "self"
        ticks = texts_of(message.get("ticks"))
        self._session.mark(by, ticks, text_of(message.get("comment"), 2000))

    def _team(self, message: Message) -> None:
        self._session.team(text_of(message.get("name")), texts_of(message.get("members")))

    def _take_own(self, message: Message) -> None:
        accounts = None
        if message.get("on") is True:
            from kamkit.exercises.own_accounts import accounts_table

            accounts = accounts_table(self._journal.own_rows())
        self._session.switch(accounts)
        self._words = StateData(self._exercise, self._session.variant, self._lang)


def exercise(id: str, *, lang: str, behaviour: str = "") -> ExerciseView:
    """The exercise of the bank with this id, ready to be worked on.

    ``behaviour`` replaces the one in its file: practice, tries, assess, poll or team. Nothing
    is written before the first answer, so that a notebook can be run anywhere.

    Raises KamkitError for an unknown or faulty exercise, language or behaviour.
    """
    if lang not in LANGUAGES:
        allowed = ", ".join(LANGUAGES)
        raise KamkitError(Problem("unknown_option", value=lang, details={"allowed": allowed}))
    return ExerciseView(load_exercise(id), lang=lang, behaviour=behaviour)
