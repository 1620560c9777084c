"""How much service an account is meant to get: tiers, levels, promises and rhythms as data."""

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
from kamkit.schemes.files import read_toml, shipped_toml, unknown
from kamkit.schemes.model import NO_LABELS, Labels, Scheme
from kamkit.schemes.service_check import service_problems
from kamkit.schemes.stage_check import plain_name


@dataclass(frozen=True)
class ServiceLevel:
    """One level of a dimension: what it takes a year and account, and what it promises.

    ``days`` between visits, ``respond_days`` and ``resolve_days`` by severity from slight to
    grave; empty where nothing is promised.
    """

    id: str
    label: Labels
    hours: float = 0.0
    cost: float = 0.0
    worth: float = 0.0
    days: float = math.nan
    respond_days: tuple[float, ...] = ()
    resolve_days: tuple[float, ...] = ()


@dataclass(frozen=True)
class ServiceDimension:
    """A kind of service with its levels, lowest first; ``floor`` is the least anybody gets."""

    id: str
    label: Labels
    levels: tuple[ServiceLevel, ...]
    floor: str
    wanted: Mapping[str, str]
    weight: float = 1.0
    origin: str = "house"

    @property
    def level_ids(self) -> tuple[str, ...]:
        """Ids of the levels, lowest first."""
        return tuple(level.id for level in self.levels)

    def level(self, level_id: str) -> ServiceLevel:
        """One level by id; KamkitError ``unknown_service_level`` names those there are."""
        for found in self.levels:
            if found.id == level_id:
                return found
        raise unknown("unknown_service_level", self.id, level_id, self.level_ids)


@dataclass(frozen=True)
class ServiceTier:
    """A tier; ``members`` are the classes that it serves, empty: the class at its place."""

    id: str
    label: Labels
    weight: float = 1.0
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class ValueService:
    """A value-added service (S117) that levels above the floor of a dimension bring."""

    id: str
    label: Labels
    dimension: str
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What an export may call it: id, labels, other spellings."""
        return (self.id, *self.label.values(), *self.aliases)


@dataclass(frozen=True)
class Cadence:
    """How often something is due, in days by tier id; ``channels`` empty means any."""

    id: str
    label: Labels
    days: Mapping[str, float]
    channels: tuple[str, ...] = ()
    origin: str = "house"


@dataclass(frozen=True)
class ServiceScheme:
    """Who is to get which service, and how often (S113, S116–S119, S121, S124; X25, X28)."""

    id: str
    label: Labels
    version: str
    origin: str
    currency: str
    tiers: tuple[ServiceTier, ...]
    dimensions: tuple[ServiceDimension, ...]
    cadences: tuple[Cadence, ...] = ()
    services: tuple[ValueService, ...] = ()
    feedback: Mapping[str, float] = field(default_factory=dict)
    feedback_origin: str = "house"
    note: Labels = field(default_factory=lambda: NO_LABELS)

    @property
    def tier_ids(self) -> tuple[str, ...]:
        """Ids of the tiers, highest first.

        >>> load_service_scheme().tier_ids
        ('tier_1', 'tier_2', 'tier_3', 'tier_4')
        """
        return tuple(tier.id for tier in self.tiers)

    def dimension(self, dimension_id: str) -> ServiceDimension:
        """One dimension by id; KamkitError ``unknown_service_dimension`` names those there are."""
        for found in self.dimensions:
            if found.id == dimension_id:
                return found
        known = tuple(d.id for d in self.dimensions)
        raise unknown("unknown_service_dimension", self.id, dimension_id, known)

    def cadence(self, process: str) -> Cadence:
        """How often a process is due; KamkitError ``unknown_cadence`` names those there are.

        >>> load_service_scheme().cadence("visit").days["tier_3"]
        91.0
        """
        for found in self.cadences:
            if found.id == process:
                return found
        raise unknown("unknown_cadence", self.id, process, tuple(c.id for c in self.cadences))

    def tier_of(self, classes: Scheme | tuple[str, ...]) -> dict[str, str]:
        """Tier by class: the tier that names it, else the tier at its place, at most the last.

        >>> from kamkit.schemes import load_scheme
        >>> load_service_scheme().tier_of(load_scheme("elevator"))["main"]
        'tier_3'
        """
        ids = classes if isinstance(classes, tuple) else classes.member_ids
        named = {member: tier.id for tier in self.tiers for member in tier.members}
        last = len(self.tiers) - 1
        return {m: named.get(m, self.tiers[min(i, last)].id) for i, m in enumerate(ids)}

    @cached_property
    def _service_by_name(self) -> Mapping[str, ValueService]:
        return {plain_name(n): s for s in self.services for n in s.names}

    def find_service(self, name: object) -> ValueService | None:
        """The value-added service that an export calls ``name``; None where none does.

        >>> load_service_scheme().find_service("Joint design").id
        'custom_development'
        """
        return self._service_by_name.get(plain_name(name))

    def names(self, lang: str) -> dict[str, str]:
        """Tiers, dimensions, services and processes in words, by id.

        >>> load_service_scheme().names("en")["visits"]
        'Visits'
        """
        words = {t.id: t.label[lang] for t in self.tiers}
        words |= {s.id: s.label[lang] for s in self.services}
        words |= {d.id: d.label[lang] for d in self.dimensions}
        return words | {c.id: c.label[lang] for c in self.cadences}

    def level_names(self, lang: str) -> dict[tuple[str, str], str]:
        """Levels in words, by dimension and level id.

        >>> load_service_scheme().level_names("en")["visits", "month"]
        'Every month'
        """
        return {(d.id, v.id): v.label[lang] for d in self.dimensions for v in d.levels}

    def hours(self, tier_id: str) -> float:
        """Hours a year that the wanted levels of a tier add up to.

        >>> load_service_scheme().hours("tier_1")
        240.0
        """
        if tier_id not in self.tier_ids:
            raise unknown("unknown_service_tier", self.id, tier_id, self.tier_ids)
        return sum(d.level(d.wanted[tier_id]).hours for d in self.dimensions)


def _level(raw: Mapping[str, Any], place: int, last: int) -> ServiceLevel:
    def days(key: str) -> tuple[float, ...]:
        return tuple(float(v) for v in raw.get(key, ()))

    return ServiceLevel(
        id=raw["id"],
        label=raw["label"],
        hours=float(raw["hours"]),
        cost=float(raw["cost"]),
        worth=float(raw.get("worth", place / last if last else 1.0)),
        days=float(raw.get("days", math.nan)),
        respond_days=days("respond_days"),
        resolve_days=days("resolve_days"),
    )


def _dimension(raw: Mapping[str, Any], tiers: list[str], origin: str) -> ServiceDimension:
    last = len(raw["levels"]) - 1
    return ServiceDimension(
        id=raw["id"],
        label=raw["label"],
        levels=tuple(_level(r, i, last) for i, r in enumerate(raw["levels"])),
        floor=raw["floor"],
        wanted=MappingProxyType(dict(zip(tiers, raw["wanted"], strict=True))),
        weight=float(raw.get("weight", 1)),
        origin=raw.get("origin", origin),
    )


def _cadence(
    raw: Mapping[str, Any], tiers: list[str], dimensions: tuple[ServiceDimension, ...], origin: str
) -> Cadence:
    if "dimension" in raw:
        source = next(d for d in dimensions if d.id == raw["dimension"])
        all_days = {t: source.level(source.wanted[t]).days for t in tiers}
    else:
        # Tiers below those listed have no rhythm.
        all_days = dict(zip(tiers, (float(v) for v in raw["days"]), strict=False))
    kept = {t: d for t, d in all_days.items() if d == d}
    return Cadence(
        raw["id"],
        raw["label"],
        MappingProxyType(kept),
        tuple(raw.get("channels", ())),
        raw.get("origin", origin),
    )


def build_service_scheme(raw: Mapping[str, Any], name: str) -> ServiceScheme:
    """A checked mapping as a :class:`ServiceScheme`; KamkitError with every fault found."""
    KamkitError.collect(service_problems(raw, name))
    origin = raw["origin"]
    tiers = [t["id"] for t in raw["tiers"]]
    dimensions = tuple(_dimension(d, tiers, origin) for d in raw["dimensions"])
    feedback = dict(raw.get("feedback", {}))
    feedback_origin = feedback.pop("origin", origin)
    return ServiceScheme(
        id=raw["id"],
        label=raw["label"],
        version=raw["version"],
        origin=origin,
        currency=raw["currency"],
        tiers=tuple(
            ServiceTier(t["id"], t["label"], float(t.get("weight", 1)), tuple(t.get("members", ())))
            for t in raw["tiers"]
        ),
        dimensions=dimensions,
        cadences=tuple(_cadence(c, tiers, dimensions, origin) for c in raw.get("cadence", ())),
        services=tuple(
            ValueService(s["id"], s["label"], s["dimension"], tuple(s.get("aliases", ())))
            for s in raw.get("services", ())
        ),
        feedback=MappingProxyType({k: float(v) for k, v in feedback.items()}),
        feedback_origin=feedback_origin,
        note=raw.get("note", NO_LABELS),
    )


@cache
def load_service_scheme() -> ServiceScheme:
    """The kit's own service scheme: every number in it is ``house``.

    >>> load_service_scheme().dimension("visits").floor
    'half_year'
    """
    return build_service_scheme(shipped_toml(DATA, "service"), "service.toml")


def read_service_scheme(path: str | Path) -> ServiceScheme:
    """A company's own service scheme from a TOML file; KamkitError with every fault found."""
    return build_service_scheme(*read_toml(path))


def service_hours(scheme: Scheme, service: ServiceScheme | None = None) -> dict[str, float]:
    """Hours a year for one account of each class, by the service that its tier is to get.

    ``service`` is the company's own; default: the kit's, whose figures are house.

    >>> from kamkit.schemes import load_scheme
    >>> service_hours(load_scheme("elevator"))
    {'strategic': 240.0, 'key': 120.0, 'main': 40.0, 'general': 8.0}
    """
    in_force = service or load_service_scheme()
    return {member: in_force.hours(tier) for member, tier in in_force.tier_of(scheme).items()}
