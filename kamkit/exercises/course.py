"""The course: modules, their lessons and practice sheets, and which exercises stand in them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from kamkit.errors import KamkitError, Problem
from kamkit.exercises.bank import bank_folder, load_bank, load_exercise
from kamkit.exercises.forms import read_text
from kamkit.exercises.model import Exercise, Text

REST = "*"


@dataclass(frozen=True)
class Card:
    """A lesson or a practice sheet; ``exercises`` are ids in the order in which they stand."""

    id: str
    kind: str
    module: str
    title: Text
    about: Text
    minutes: int
    exercises: tuple[str, ...]


@dataclass(frozen=True)
class Module:
    """A part of the course."""

    id: str
    title: Text
    about: Text
    cards: tuple[Card, ...]

    @property
    def exercises(self) -> tuple[str, ...]:
        """Ids of all its exercises, each once, sheets' order before lessons'."""
        ordered = sorted(self.cards, key=lambda card: card.kind == "lesson")
        return tuple(dict.fromkeys(i for card in ordered for i in card.exercises))


@dataclass(frozen=True)
class Course:
    """The whole course."""

    title: Text
    lead: Text
    modules: tuple[Module, ...]

    @property
    def cards(self) -> tuple[Card, ...]:
        """All cards in teaching order."""
        return tuple(card for module in self.modules for card in module.cards)

    def sheet_of(self, exercise: str) -> Card | None:
        """The practice sheet that holds an exercise."""
        sheets = (card for card in self.cards if card.kind == "sheet")
        return next((card for card in sheets if exercise in card.exercises), None)


def _lesson(data: Mapping[str, Any], module: str, bank: Mapping[str, Exercise]) -> Card:
    inside = tuple(name for name in data["exercises"] if name in bank)
    return _card(data, data["file"], "lesson", module, int(data["minutes"]), inside)


def _sheet(
    data: Mapping[str, Any], module: str, bank: Mapping[str, Exercise], named: Iterable[str]
) -> Card:
    rest = [e.id for e in bank.values() if e.module == module and e.id not in set(named)]
    inside: list[str] = []
    for wanted in data["exercises"]:
        inside += rest if wanted == REST else [wanted] if wanted in bank else []
    minutes = sum(bank[i].minutes for i in inside)
    return _card(data, data["id"], "sheet", module, minutes, tuple(inside))


def _card(
    data: Mapping[str, Any], name: str, kind: str, module: str, minutes: int, ids: tuple[str, ...]
) -> Card:
    title, about = read_text(data["title"]), read_text(data["about"])
    return Card(name, kind, module, title, about, minutes, ids)


def _module(data: Mapping[str, Any], bank: Mapping[str, Exercise]) -> Module:
    name, sheets = str(data["id"]), data.get("sheets", [])
    named = [i for sheet in sheets for i in sheet["exercises"]]
    cards = [_lesson(d, name, bank) for d in data.get("lessons", [])]
    cards += [_sheet(d, name, bank, named) for d in sheets]
    kept = tuple(card for card in cards if card.kind == "lesson" or card.exercises)
    return Module(name, read_text(data["title"]), read_text(data["about"]), kept)


def readable_bank() -> tuple[dict[str, Exercise], tuple[Problem, ...]]:
    """The exercises that can be read, and the problems of those that can't.

    One spoiled file must not close the course.
    """
    try:
        return load_bank(), ()
    except KamkitError as error:
        problems = error.problems
    found: dict[str, Exercise] = {}
    for path in sorted(bank_folder().glob("*/*.toml")):
        with suppress(KamkitError):
            found[path.stem] = load_exercise(path.stem)
    return found, problems


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    source = files("kamkit.exercises").joinpath("course.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def load_course(bank: Mapping[str, Exercise] | None = None) -> Course:
    """The course as ``course.toml`` orders it, filled from the bank.

    What a card names and the bank lacks is left out, and so are a sheet without exercises and a
    module without cards. Without ``bank``, raises KamkitError with the bank's own problems.

    >>> load_course({}).modules[0].cards[0].id
    '01_key_accounts'
    """
    bank = load_bank() if bank is None else bank
    data = _data()
    modules = (_module(d, bank) for d in data["modules"])
    kept = tuple(module for module in modules if module.cards)
    return Course(read_text(data["title"]), read_text(data["lead"]), kept)
