"""The KPI registry, and which factors may adjust a person's results."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from kamkit.schemes.model import Labels
from kamkit.schemes.team_files import team_file

CAP = 1.2  # house: no attainment counts for more, unless the KPI says otherwise


@dataclass(frozen=True)
class Kpi:
    """A KPI: how it is worked out, which way is good, who can move it, how it is gamed.

    ``direction`` is up, down or range (then ``low`` and ``high`` bound what is good);
    ``zero_rule`` says what a target of zero means; ``control`` is yes, partly or no;
    ``kind`` is result or activity; ``tables`` are those that hold its data (none: from outside).
    """

    id: str
    label: Labels
    formula: Labels
    unit: str
    direction: str
    owner: str
    frequency: str
    tables: tuple[str, ...]
    cap: float
    zero_rule: str
    control: str
    kind: str
    gaming: Labels
    origin: str
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True)
class Factor:
    """A factor that an adjustment for territory may use, or may not, and why."""

    id: str
    label: Labels
    allowed: bool
    reason: Labels
    aliases: tuple[str, ...]
    origin: str

    @property
    def names(self) -> tuple[str, ...]:
        """Its id and other names."""
        return (self.id, *self.aliases)


def kpis(own: str | Path | None = None) -> Mapping[str, Kpi]:
    """KPIs by id (S173 names them; formulas and rules are ours), or those of an own file.

    Raises KamkitError with every fault of the file.

    >>> kpis()["dso_days"].direction, kpis()["complaint_rate"].zero_rule
    ('down', 'met_if_zero')
    """
    raw = team_file("kpis", own)
    return MappingProxyType(
        {
            k["id"]: Kpi(
                id=k["id"],
                label=k["label"],
                formula=k["formula"],
                unit=k["unit"],
                direction=k["direction"],
                owner=k["owner"],
                frequency=k["frequency"],
                tables=tuple(k["tables"]),
                cap=float(k.get("cap", CAP)),
                zero_rule=k["zero_rule"],
                control=k["control"],
                kind=k.get("kind", "result"),
                gaming=k["gaming"],
                origin=k.get("origin", raw["origin"]),
                low=float(k.get("low", math.nan)),
                high=float(k.get("high", math.nan)),
            )
            for k in raw["entries"]
        }
    )


def controllability(own: str | Path | None = None) -> Mapping[str, Factor]:
    """Factors by id: allowed are those that stay the same whoever holds the post.

    >>> [f.id for f in controllability().values() if f.allowed][:2]
    ['potential', 'workload_index']
    """
    raw = team_file("controllability", own)
    return MappingProxyType(
        {
            f["id"]: Factor(
                f["id"],
                f["label"],
                f["allowed"],
                f["reason"],
                tuple(f.get("aliases", ())),
                f.get("origin", raw["origin"]),
            )
            for f in raw["entries"]
        }
    )


def find_factor(name: str, own: str | Path | None = None) -> Factor | None:
    """The factor that goes by a name (id or other name); None where the file knows none.

    >>> find_factor("advertising").allowed, find_factor("weather") is None
    (False, True)
    """
    plain = name.strip().lower()
    return next((f for f in controllability(own).values() if plain in f.names), None)
