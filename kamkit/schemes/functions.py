"""The thirteen functions of key account management and the content cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from kamkit.schemes.criteria import read_data
from kamkit.schemes.model import Labels


@dataclass(frozen=True)
class KamPoint:
    """One of the 31 points that a self-audit rates from 0 to 4."""

    id: str
    function: str
    labels: Labels


@dataclass(frozen=True)
class KamFunction:
    """One of the thirteen functions, its points and the module that trains it."""

    id: str
    labels: Labels
    module: str
    points: tuple[KamPoint, ...]


@cache
def kam_functions() -> tuple[KamFunction, ...]:
    """The thirteen functions with 31 points, in the order of the source (S005).

    >>> len(kam_functions()), sum(len(f.points) for f in kam_functions())
    (13, 31)
    """
    found = []
    for key, raw in read_data("kam_functions.toml")["functions"].items():
        points = tuple(
            KamPoint(f"{key}.{i}", key, labels) for i, labels in enumerate(raw["points"], 1)
        )
        found.append(KamFunction(key, raw["label"], raw["module"], points))
    return tuple(found)


@cache
def cards() -> Mapping[str, Mapping[str, object]]:
    """Content cards by id: label, origin, and items with zh and en text.

    >>> cards()["seven_questions"]["origin"]
    'S006'
    """
    return MappingProxyType(read_data("cards.toml")["cards"])
