"""What a rating form asks: competencies and duties with their five levels of behaviour."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from kamkit.errors import KamkitError, Problem
from kamkit.schemes.model import Labels

SOURCES = ("manager", "self", "peer", "customer", "report")
LOW, HIGH = 1, 5
# Table of the answers → its column that names what was rated.
PARTS = {"ratings": "competency", "duty_ratings": "duty"}
# Duties are the post's own: only who does the post or leads it can say how they were done.
_DUTY_SOURCES = ("manager", "self")
# The names of periods that results and targets have too, or the two could not be joined.
_PERIOD = re.compile(r"\d{4}(H[12]|Q[1-4]|-(0[1-9]|1[0-2]))?")


@dataclass(frozen=True)
class Rated:
    """One thing to rate: its name, what is meant, and what each level looks like."""

    id: str
    label: Labels
    about: Labels
    levels: tuple[Labels, ...]


@cache
def rated_items(part: str) -> tuple[Rated, ...]:
    """The items of a part, "ratings" or "duty_ratings", in the scheme's order.

    >>> len(rated_items("ratings")), len(rated_items("duty_ratings"))
    (8, 7)
    """
    from kamkit.schemes import competencies, duties

    found: Iterable[Any] = competencies() if part == "ratings" else duties()
    return tuple(_rated(item) for item in found)


def _rated(item: Any) -> Rated:
    about = item.what if hasattr(item, "what") else item.detail
    return Rated(item.id, item.label, about, tuple(item.levels))


def period_named(said: str) -> str:
    """The name of a period as the tables write it; full-width and small letters are mended.

    Raises KamkitError unknown_period.

    >>> period_named(" ２０２６h1")
    '2026H1'
    """
    name = unicodedata.normalize("NFKC", said).strip().upper()
    if not _PERIOD.fullmatch(name):
        raise KamkitError(Problem("unknown_period", column="period", value=said[:60]))
    return name


def asked_parts(source: str) -> tuple[str, ...]:
    """The parts that a source is asked for: duties only of manager and self."""
    return tuple(PARTS) if source in _DUTY_SOURCES else ("ratings",)


def wording(items: Sequence[Rated]) -> str:
    """A sign of the levels' words: scores given to other words are not quite the same scores."""
    words = "\x1f".join(f"{i.id}{level['zh']}{level['en']}" for i in items for level in i.levels)
    return sha256(words.encode("utf-8")).hexdigest()[:12]
