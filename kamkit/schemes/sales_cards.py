"""Cards on selling: objection bank, value lines, argument map, reviews and check points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from kamkit.schemes.criteria import read_data
from kamkit.schemes.model import Labels


@dataclass(frozen=True)
class SalesCard:
    """A small table of words: the label of each column, and one text a row and column."""

    id: str
    label: Labels
    origin: str
    columns: Mapping[str, Labels]
    rows: tuple[Mapping[str, Labels], ...]


@cache
def sales_cards() -> Mapping[str, SalesCard]:
    """Cards by id (S143-S145, S147-S151, S155, S158-S162: titles; the wording is ours).

    >>> list(sales_cards()["objections"].columns)
    ['objection', 'type', 'cause', 'answer', 'proof']
    """
    return MappingProxyType(
        {
            key: SalesCard(
                key,
                raw["label"],
                raw["origin"],
                {c["id"]: c["label"] for c in raw["columns"]},
                tuple(raw["rows"]),
            )
            for key, raw in read_data("sales_cards.toml")["cards"].items()
        }
    )
