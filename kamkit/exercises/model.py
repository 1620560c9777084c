"""What an exercise is: texts in both languages, things to judge, what is right, what goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FORMAT = 1
STATUSES = ("not_attempted", "correct", "partial", "incorrect", "needs_review")
BEHAVIOURS = ("practice", "tries", "assess", "poll", "team")

# An answer as people give it and the journal keeps it: {"parts": {part: value}, "reason": text}.
Answer = Mapping[str, Any]
Parts = Mapping[str, Any]


@dataclass(frozen=True)
class Text:
    """The same thing said in Chinese and in English; Markdown, with {placeholders}."""

    zh: str
    en: str

    def said(self, lang: str) -> str:
        """The text in one language.

        >>> Text("客户", "account").said("en")
        'account'
        """
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Item:
    """A thing to place, rank, tick, fill in or give points to."""

    id: str
    text: Text
    detail: Text | None = None


@dataclass(frozen=True)
class Place:
    """Where an item may go: a class, a stage, a cell (row from the top, column from the left)."""

    id: str
    text: Text
    row: int = 0
    col: int = 0


@dataclass(frozen=True)
class Field:
    """What is filled in: type "number", "choice" or "text".

    ``unit`` is what a number stands for ("money", "share", "count", "score", "hours", "days"):
    a share is 0-1, however it was typed. ``units`` are ids of the units to choose from, where
    choosing one is part of the answer. ``items`` are ids of the items (of a table) that it is
    filled in for, all where none are named.
    """

    id: str
    text: Text
    type: str = "number"
    unit: str = ""
    units: tuple[Place, ...] = ()
    options: tuple[Place, ...] = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """A column of a sheet; kind "text", "number", "money", "share" or "score" says how it reads."""

    id: str
    text: Text
    kind: str = "text"
    digits: int | None = None


@dataclass(frozen=True)
class Sheet:
    """A small table that the task shows; a cell is a figure, a word, or {"zh": …, "en": …}."""

    title: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    currency: str = ""


@dataclass(frozen=True)
class Accept:
    """What counts as right for one part.

    ``any`` lists accepted values; ``low`` and ``high`` bound a figure; ``like`` lists words of
    which the typed text must hold one, ``unlike`` words of which it must hold none (whoever names
    several has not decided); ``order`` is a ranking, best first, in which items of one inner tuple
    may stand either way round. ``best`` is the answer that the method itself gives,
    where a range or several values are defensible. ``weight`` counts the part.
    """

    any: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    order: tuple[tuple[str, ...], ...] = ()
    best: Any = None
    weight: float = 1.0


Key = Mapping[str, Accept]


@dataclass(frozen=True)
class Variant:
    """The values that one trainee meets; stored with the first attempt.

    ``words`` fill the placeholders of the texts: a word, a number, or {"kind": "money", "value":
    …, "currency": …} as in a sheet. ``key`` says what is right, ``traps`` holds for each named
    trap the answer (parts) that walking into it gives.
    """

    key: Key
    words: Mapping[str, Any] = field(default_factory=dict)
    items: tuple[Item, ...] = ()
    places: tuple[Place, ...] = ()
    fields: tuple[Field, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    traps: Mapping[str, Parts] = field(default_factory=dict)
    panel: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Mistake:
    """A wrong way of thinking with a name; ``when`` are alternatives, each a set of conditions."""

    id: str
    text: Text
    when: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Criterion:
    """One line of a rubric for free text, worth ``points``."""

    id: str
    text: Text
    points: float = 1.0


@dataclass(frozen=True)
class Sample:
    """An answer kept with the exercise to test it: right, wrong (a mistake expected) or blind.

    ``parts`` are the answer; where they depend on the variant, ``use`` names them: "key" for the
    right answer, else a trap. ``seed`` chooses the variant.
    """

    name: str
    right: bool
    parts: Parts = field(default_factory=dict)
    use: str = ""
    expects: str = ""
    seed: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Exercise:
    """One exercise of the bank, in both languages."""

    id: str
    version: int
    module: str
    kind: str
    behaviour: str
    minutes: int
    s_numbers: tuple[str, ...]
    title: Text
    task: Text
    hints: tuple[Text, ...]
    mistakes: tuple[Mistake, ...]
    solution: Text
    origin: str = "house"
    lesson: str = ""
    recipe: str = ""
    follow: str = ""
    variants: bool = False
    own_accounts: bool = False
    reason: bool = False
    scale: bool = False
    fixed: Variant | None = None
    rubric: tuple[Criterion, ...] = ()
    axes: tuple[Text, ...] = ()
    panel_origin: str = "simulated"
    samples: tuple[Sample, ...] = ()
    blind: tuple[Sample, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What came of an answer: score 0-1, one of five statuses, why.

    ``right`` says per part how far it was right (0-1); ``mistakes`` are ids of the exercise's
    named mistakes; ``reasons`` are catalog keys (``verdict.<key>``) with their numbers.
    """

    status: str
    score: float
    right: Mapping[str, float] = field(default_factory=dict)
    mistakes: tuple[str, ...] = ()
    reasons: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    format: int = FORMAT
