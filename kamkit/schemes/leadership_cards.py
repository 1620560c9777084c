"""Cards on leading a key-account team and on communication, each saying what is the source's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from kamkit.schemes.files import shipped_toml
from kamkit.schemes.model import Labels
from kamkit.schemes.sales_cards import SalesCard
from kamkit.schemes.team_files import FOLDER


@dataclass(frozen=True)
class LeadershipCard(SalesCard):
    """A table of words; ``depth`` says how much its source gives and ``note`` what is not its.

    ``depth``: d3 whole (members, steps or numbers), d2 in part, d1 the title only.
    """

    depth: str
    note: Labels

    @property
    def items(self) -> tuple[str, ...]:
        """The numbered items that the card answers.

        >>> leadership_cards()["lead_style"].items
        ('S186', 'X18')
        """
        return tuple(re.findall(r"\b[SX]\d{2,3}\b", self.origin))


@cache
def leadership_cards() -> Mapping[str, LeadershipCard]:
    """Cards by id (S183-S195, S207-S209, S211, S213-S219; X15, X18).

    >>> list(leadership_cards()["team_rules"].columns), len(leadership_cards()["team_rules"].rows)
    (['kind', 'example', 'test'], 7)
    """
    return MappingProxyType(
        {
            key: LeadershipCard(
                key,
                raw["label"],
                raw["origin"],
                {c["id"]: c["label"] for c in raw["columns"]},
                tuple(raw["rows"]),
                raw["depth"],
                raw["note"],
            )
            for key, raw in shipped_toml(FOLDER, "leadership_cards")["cards"].items()
        }
    )
