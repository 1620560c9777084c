"""What recipes of every module share: words for placeholders, a key's line, drawing again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from kamkit.exercises.model import Accept, Text

CURRENCY = "CNY"
TRIES = 200
T = TypeVar("T")


def pair(zh: str, en: str) -> dict[str, str]:
    """A word in both languages."""
    return {"zh": zh, "en": en}


def cell(text: Text) -> dict[str, str]:
    """A text as a cell of a sheet, or as a word for a placeholder.

    >>> cell(Text("是", "yes"))
    {'zh': '是', 'en': 'yes'}
    """
    return pair(text.zh, text.en)


def quoted(*texts: Text) -> dict[str, str]:
    """Labels inside a sentence, as they stand on the screen.

    >>> quoted(Text("自大", "Arrogance"))["en"]
    '“Arrogance”'
    """
    if not texts:
        return pair("没有", "none")
    return pair("".join(f"“{t.zh}”" for t in texts), ", ".join(f"“{t.en}”" for t in texts))


def money(value: float) -> dict[str, Any]:
    """An amount for a placeholder; it is written out in the reader's language."""
    return {"kind": "money", "value": value, "currency": CURRENCY}


def share(value: float, *, exact: bool = False) -> dict[str, Any]:
    """A share (0–1) for a placeholder, to a tenth of a percent unless it must be exact.

    >>> share(2 / 3)
    {'kind': 'share', 'value': 0.667}
    """
    return {"kind": "share", "value": round(float(value), 6 if exact else 3)}


def one_of(*places: str) -> Accept:
    """Any of these places is right; the first is the method's own answer.

    >>> one_of("open", "in").best
    'open'
    """
    return Accept(any=places, best=places[0])


def until(make: Callable[[], T], good: Callable[[T], bool], tries: int = TRIES) -> T:
    """The first drawing that can be decided; after ``tries`` the last one, decided or not.

    >>> until(iter([1, 2, 3]).__next__, lambda n: n > 1)
    2
    """
    made = make()
    for _ in range(tries):
        if good(made):
            break
        made = make()
    return made
