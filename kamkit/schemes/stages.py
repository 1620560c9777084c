"""Stage ladders: the steps of selling as data, each mapped to the canonical stages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kamkit.errors import KamkitError
from kamkit.schemes.criteria import DATA
from kamkit.schemes.files import read_toml, shipped_ids, shipped_toml, unknown
from kamkit.schemes.model import NO_LABELS, Labels
from kamkit.schemes.stage_check import CARD_FIELDS, ladder_problems, plain_name

FOLDER = DATA.joinpath("stages")
HOUSE = "house"


@dataclass(frozen=True)
class Stage:
    """One step of a ladder.

    ``canonical`` is the canonical stage where most of its work lies, ``covers`` all that it
    spans. ``probability`` is the product's own default (0–1), ``dwell_limit_days`` a company's
    limit; NaN where nobody set one. ``outcome`` is what has become of a deal here: open, won
    (so also all steps after signing) or lost. ``entry`` and ``exit`` are facts that a third
    person can check. ``card`` holds the seven fields of S139.
    """

    id: str
    label: Labels
    canonical: str
    probability: float = math.nan
    dwell_limit_days: float = math.nan
    entry: tuple[Labels, ...] = ()
    exit: tuple[Labels, ...] = ()
    card: Mapping[str, tuple[Labels, ...]] = field(default_factory=dict)
    outcome: str = "open"
    origin: str = "house"
    covers: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What an export may call it: id, labels, other spellings."""
        return (self.id, *self.label.values(), *self.aliases)


@dataclass(frozen=True)
class Ladder:
    """Stages in order, and where they come from; ``kind`` is deals or plan (S177)."""

    id: str
    label: Labels
    version: str
    origin: str
    stages: tuple[Stage, ...]
    kind: str = "deals"
    note: Labels = field(default_factory=lambda: NO_LABELS)

    @property
    def stage_ids(self) -> tuple[str, ...]:
        """Ids of all stages in order."""
        return tuple(s.id for s in self.stages)

    @property
    def open_ids(self) -> tuple[str, ...]:
        """Ids of the stages in which a deal is still open, in order.

        >>> load_ladder("sample").open_ids
        ('discover', 'needs', 'solution', 'quote', 'negotiate')
        """
        return tuple(s.id for s in self.stages if s.outcome == "open")

    @property
    def probabilities(self) -> Mapping[str, float]:
        """Default probability (0–1) by stage id; NaN where there is none.

        >>> load_ladder("salesforce").probabilities["needs_analysis"]
        0.2
        """
        return {s.id: s.probability for s in self.stages}

    def stage(self, stage_id: str) -> Stage:
        """One stage by id; KamkitError ``unknown_stage`` names those there are."""
        for found in self.stages:
            if found.id == stage_id:
                return found
        raise unknown("unknown_stage", self.id, stage_id, self.stage_ids)

    @cached_property
    def _by_name(self) -> Mapping[str, Stage]:
        return {plain_name(n): s for s in self.stages for n in s.names}

    def find(self, name: object) -> Stage | None:
        """The stage that an export calls ``name`` in either language; None where none does.

        >>> load_ladder("dynamics").find("3 - Propose").id, load_ladder("house").find("?")
        ('propose', None)
        """
        return self._by_name.get(plain_name(name))


def _sentences(raw: Mapping[str, Any], key: str) -> tuple[Labels, ...]:
    return tuple(raw.get(key, ()))


def _stage(raw: Mapping[str, Any], origin: str) -> Stage:
    card = raw.get("card", {})
    return Stage(
        id=raw["id"],
        label=raw["label"],
        canonical=raw["canonical"],
        probability=float(raw.get("probability", math.nan)),
        dwell_limit_days=float(raw.get("dwell_limit_days", math.nan)),
        entry=_sentences(raw, "entry"),
        exit=_sentences(raw, "exit"),
        card=MappingProxyType({f: _sentences(card, f) for f in CARD_FIELDS if f in card}),
        outcome=raw.get("outcome", "open"),
        origin=raw.get("origin", origin),
        covers=tuple(raw.get("covers", (raw["canonical"],))),
        aliases=tuple(raw.get("aliases", ())),
    )


def build_ladder(raw: Mapping[str, Any], name: str) -> Ladder:
    """A checked mapping as a :class:`Ladder`; KamkitError with every fault found."""
    KamkitError.collect(ladder_problems(raw, name))
    return Ladder(
        id=raw["id"],
        label=raw["label"],
        version=raw["version"],
        origin=raw["origin"],
        stages=tuple(_stage(s, raw["origin"]) for s in raw["stages"]),
        kind=raw.get("kind", "deals"),
        note=raw.get("note", NO_LABELS),
    )


@cache
def ladder_ids(kind: str | None = None) -> tuple[str, ...]:
    """Ids of the shipped ladders, the house one first; all or of one kind (deals, plan).

    >>> ladder_ids("plan")
    ('promotion_plan',)
    """
    found = sorted(shipped_ids(FOLDER), key=lambda k: (k != HOUSE, k))
    return tuple(k for k in found if kind is None or load_ladder(k).kind == kind)


@cache
def load_ladder(ladder_id: str) -> Ladder:
    """A shipped ladder; KamkitError ``unknown_ladder`` names those there are.

    >>> load_ladder("hubspot").open_ids[0]
    'appointment_scheduled'
    """
    known = shipped_ids(FOLDER)
    if ladder_id not in known:
        raise unknown("unknown_ladder", "ladders", ladder_id, known)
    return build_ladder(shipped_toml(FOLDER, ladder_id), f"{ladder_id}.toml")


def read_ladder(path: str | Path) -> Ladder:
    """A company's own ladder from a TOML file; KamkitError with every fault found."""
    return build_ladder(*read_toml(path))


def to_canonical(ladder: Ladder) -> dict[str, str]:
    """Canonical stage by stage id: what makes two companies' ladders comparable (house).

    >>> to_canonical(load_ladder("sample"))["quote"]
    'bid'
    """
    return {s.id: s.canonical for s in ladder.stages}
