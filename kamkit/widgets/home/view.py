"""The course home: who sits here, what there is to do, what to take along."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any
from uuid import uuid4

import anywidget
import traitlets

from kamkit.errors import KamkitError
from kamkit.exercises.course import load_course, readable_bank
from kamkit.exercises.desk import ALONE, Person, desk_of, open_desk, people, sign_in
from kamkit.exercises.handin import handin_name, handin_text, shareable
from kamkit.exercises.own_accounts import OwnAccounts, account_rows, check_form, form
from kamkit.exercises.own_accounts.columns import own_form
from kamkit.exercises.standing import lines
from kamkit.i18n import LANGUAGES, t
from kamkit.widgets.exercise.lazy import LazyJournal
from kamkit.widgets.exercise.view import logged_to
from kamkit.widgets.home import own
from kamkit.widgets.home.page import home_html
from kamkit.widgets.home.templates import words

Reply = dict[str, Any]
log = logging.getLogger("kamkit.exercise")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SIGNS = 4


def newcomer(cohort: str, alias: str, known: Sequence[Person]) -> Person:
    """Who signs in: the person of this name and workshop on this computer, else a new one.

    A new one gets a few signs after the name, so that two people of one name in one workshop
    never share a record.

    >>> newcomer("A7", "Li", [Person("A7", "Li-3f2c", "Li", "en")]).trainee
    'Li-3f2c'
    """
    cohort, alias = " ".join(cohort.split()) or ALONE, " ".join(alias.split())
    for person in known:
        if (person.cohort, person.shown) == (cohort, alias):
            return person
    trainee = f"{alias[:40]}-{uuid4().hex[:_SIGNS]}" if alias else ""
    return Person(cohort, trainee, alias, "")


class HomeView(anywidget.AnyWidget):
    """The home in one language; the browser draws ``html``, and asks by messages.

    Its own HTML stands in the page before the browser's part is ready, so that links work at
    once.
    """

    _esm = files("kamkit.widgets.home").joinpath("home.js").read_text(encoding="utf-8")
    html = traitlets.Unicode().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    form = traitlets.Dict().tag(sync=True)
    me = traitlets.Dict().tag(sync=True)

    def __init__(self, lang: str) -> None:
        self._lang = lang
        self._desk = open_desk()
        super().__init__(words=words("home", lang), **self._drawn())
        self.on_msg(self._heard)

    def __repr__(self) -> str:
        return t("page.home", self._lang)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:
            data["text/html"] = self.html
        return bundle

    def _drawn(self) -> dict[str, Any]:
        """Everything that depends on who sits here and what they did."""
        journal = LazyJournal(self._desk)
        events, rows = journal.events(), journal.own_rows()
        bank, problems = readable_bank()
        html = home_html(
            load_course(bank),
            lines(bank, events),
            desk=self._desk,
            events=events,
            known=people(),
            own_count=len(rows),
            unread=own.sentences(problems, self._lang),
            lang=self._lang,
        )
        grid = {
            "columns": own.columns(self._lang),
            "rows": own.shown(rows, self._lang),
            "fewest": own_form().fewest,
            "most": own_form().most,
        }
        me = {"alias": self._desk.alias if self._desk.signed_in else "", "lang": self._lang}
        return {"html": html, "form": grid, "me": me}

    def _redraw(self) -> None:
        with self.hold_sync():
            for name, value in self._drawn().items():
                setattr(self, name, value)

    def _heard(self, _: Any, content: Any, buffers: Any) -> None:
        """Answer one message with one message; an error becomes sentences."""
        message = content if isinstance(content, Mapping) else {}
        reply: Reply = {"n": message.get("n"), "type": str(message.get("type", ""))[:20]}
        files_: list[bytes] = []
        with logged_to(self._desk.folder):
            try:
                more, files_ = self._acted(message, list(buffers or ()))
                reply |= more
            except KamkitError as error:
                reply |= {"problems": own.sentences(error.problems, self._lang)}
            except Exception:
                log.exception("home: %s", reply["type"])
                reply |= {"problems": [t("home.internal_error", self._lang)]}
        self.send(reply, buffers=files_)

    def _acted(self, message: Mapping[str, Any], buffers: list[Any]) -> tuple[Reply, list[bytes]]:
        actions: dict[str, Callable[[], tuple[Reply, list[bytes]]]] = {
            "shown": self._shown,
            "sign_in": lambda: self._sign_in(_text(message, "alias"), _text(message, "cohort")),
            "known": lambda: self._sit_down(message.get("who")),
            "handin": lambda: self._hand_in(message.get("own") is True),
            "own_form": self._own_form,
            "own_upload": lambda: self._keep(check_form(bytes(buffers[0]) if buffers else b"")),
            "own_rows": lambda: self._keep(self._typed(message.get("rows"))),
        }
        action = actions.get(str(message.get("type")))
        return action() if action else ({}, [])

    def _shown(self) -> tuple[Reply, list[bytes]]:
        """A live page: the desk may have changed since, and the language is remembered."""
        self._desk = open_desk()
        if self._desk.signed_in and self._desk.lang != self._lang:
            who = self._desk
            self._desk = sign_in(who.cohort, who.trainee, who.alias, self._lang)
        self._redraw()
        return {}, []

    def _sign_in(self, alias: str, cohort: str) -> tuple[Reply, list[bytes]]:
        person = newcomer(cohort, alias, people())
        self._desk = sign_in(person.cohort, person.trainee, person.alias, self._lang)
        self._redraw()
        return {"alias": self._desk.alias}, []

    def _sit_down(self, at: Any) -> tuple[Reply, list[bytes]]:
        here = (self._desk.cohort, self._desk.trainee)
        others = [p for p in people() if (p.cohort, p.trainee) != here]
        if isinstance(at, int) and 0 <= at < len(others):
            desk = desk_of(others[at])
            self._desk = sign_in(desk.cohort, desk.trainee, desk.alias, self._lang)
            self._redraw()
        return {"alias": self._desk.alias}, []

    def _hand_in(self, with_own: bool) -> tuple[Reply, list[bytes]]:
        events = LazyJournal(self._desk).events()
        if not any(event.exercise for event in shareable(events, own=with_own)):
            return {"said": t("home.handin_empty", self._lang)}, []
        name = handin_name(self._desk)
        text = handin_text(self._desk, own=with_own)
        said = t("home.handin_done", self._lang, name=name)
        return {"name": name, "mime": "application/jsonl", "said": said}, [text.encode("utf-8")]

    def _own_form(self) -> tuple[Reply, list[bytes]]:
        name = f"kamkit_{self._lang}.xlsx"
        return {"name": name, "mime": XLSX}, [form(self._lang)]

    def _typed(self, rows: Any) -> OwnAccounts:
        return own.checked(own.cleaned(rows), self._lang)

    def _keep(self, accounts: OwnAccounts) -> tuple[Reply, list[bytes]]:
        rows = account_rows(accounts.table)
        journal = LazyJournal(self._desk)
        journal.append("own_accounts", data={"rows": rows}, private=True)
        self.form = {**self.form, "rows": own.shown(rows, self._lang)}
        said = t("home.own_saved", self._lang, count=len(rows))
        return {"said": said, "doubts": own.sentences(accounts.doubts, self._lang)}, []


def _text(message: Mapping[str, Any], name: str) -> str:
    value = message.get(name)
    return value[:200] if isinstance(value, str) else ""


def home(lang: str) -> HomeView:
    """The course home in one language, for the one cell of the home's notebook.

    >>> "kk-home" in home("en").html
    True
    """
    return HomeView(lang if lang in LANGUAGES else LANGUAGES[0])
