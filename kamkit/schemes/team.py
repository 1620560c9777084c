"""The team: roles, what makes it complete, pitfalls with remedies, and the pulse questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from kamkit.schemes.model import Labels
from kamkit.schemes.team_files import team_file


@dataclass(frozen=True)
class ResponsibilityLevel:
    """One of the four levels of responsibility (S201)."""

    id: str
    label: Labels
    what: Labels


@dataclass(frozen=True)
class RoleCard:
    """A role: duties (S200), level (S201), and span, authority and handover (house)."""

    id: str
    label: Labels
    level: ResponsibilityLevel
    duties: tuple[str, ...]
    span: Labels
    authority: tuple[Labels, ...]
    handover: tuple[Labels, ...]
    origin: str


@dataclass(frozen=True)
class TeamAttribute:
    """A side on which members complete each other (S183).

    ``column`` of members holds it, as tags or a number. ``asked`` is False for age and sex:
    the source names them, the kit never collects them.
    """

    id: str
    label: Labels
    what: Labels
    kind: str
    column: str
    asked: bool
    origin: str


@dataclass(frozen=True)
class Pitfall:
    """One of seven pitfalls (S192); remedies, the first choice first (the link is house)."""

    id: str
    label: Labels
    detail: Labels
    remedies: tuple[str, ...]
    origin: str


@dataclass(frozen=True)
class Remedy:
    """One of six remedies and its steps (S193)."""

    id: str
    label: Labels
    steps: tuple[Labels, ...]
    origin: str


@dataclass(frozen=True)
class TeamRule:
    """One of the five kinds of team rule (S185) and how to see whether it is kept (house)."""

    id: str
    label: Labels
    test: Labels
    origin: str


@dataclass(frozen=True)
class PulseItem:
    """A question of the team pulse, answered from 1 (not at all true) to 5 (fully true).

    ``scale`` is pitfall (a high answer means that the pitfall is there), climate or support
    (high is good); ``reverse`` marks an item that runs against its scale.
    """

    id: str
    text: Labels
    scale: str
    reverse: bool
    origin: str


def responsibility_levels(own: str | Path | None = None) -> tuple[ResponsibilityLevel, ...]:
    """The four levels, from the top (S201).

    >>> [r.id for r in responsibility_levels()][0]
    'marketing_vp'
    """
    rows = team_file("roles", own)["levels"]
    return tuple(ResponsibilityLevel(r["id"], r["label"], r["what"]) for r in rows)


def role_cards(own: str | Path | None = None) -> Mapping[str, RoleCard]:
    """Cards by role id, as the roles of members are called (S198, S200, S201).

    Raises KamkitError with every fault of a company's own file.

    >>> len(role_cards()["key_account_manager"].duties)
    7
    """
    levels = {level.id: level for level in responsibility_levels(own)}
    raw = team_file("roles", own)
    return MappingProxyType(
        {
            r["id"]: RoleCard(
                r["id"],
                r["label"],
                levels[r["level"]],
                tuple(r["duties"]),
                r["span"],
                tuple(r["authority"]),
                tuple(r["handover"]),
                r.get("origin", raw["origin"]),
            )
            for r in raw["entries"]
        }
    )


def team_attributes(own: str | Path | None = None) -> tuple[TeamAttribute, ...]:
    """What a team is mixed by (S183).

    >>> [a.id for a in team_attributes() if a.asked]
    ['knowledge', 'skills', 'experience_years']
    """
    return tuple(
        TeamAttribute(
            a["id"],
            a["label"],
            a["what"],
            a["kind"],
            a["column"],
            a["asked"],
            a.get("origin", "S183"),
        )
        for a in team_file("diagnostics", own)["attributes"]
    )


def pitfalls(own: str | Path | None = None) -> tuple[Pitfall, ...]:
    """The seven pitfalls in the order of the source (S192), each with remedies (house).

    >>> pitfalls()[2].id, pitfalls()[2].remedies[0]
    ('pitfall_arrogance', 'remedy_learn_from_mistakes')
    """
    return tuple(
        Pitfall(
            p["id"], p["label"], p["detail"], tuple(p["remedies"]), p.get("origin", "S192; house")
        )
        for p in team_file("diagnostics", own)["pitfalls"]
    )


def remedies(own: str | Path | None = None) -> tuple[Remedy, ...]:
    """The six remedies with their steps (S193).

    >>> len(remedies()), len(remedies()[0].steps)
    (6, 3)
    """
    return tuple(
        Remedy(r["id"], r["label"], tuple(r["steps"]), r.get("origin", "S193"))
        for r in team_file("diagnostics", own)["remedies"]
    )


def team_rules(own: str | Path | None = None) -> tuple[TeamRule, ...]:
    """The five kinds of rule in the order of the source (S185).

    >>> [r.id for r in team_rules()]
    ['discipline', 'organisation', 'finance', 'confidentiality', 'reward']
    """
    return tuple(
        TeamRule(r["id"], r["label"], r["test"], r.get("origin", "S185; house"))
        for r in team_file("diagnostics", own)["rules"]
    )


def pulse_items(own: str | Path | None = None) -> tuple[PulseItem, ...]:
    """Seven pitfalls (S192), four climate measures (S190), support and envy (S189).

    >>> [i.id for i in pulse_items() if i.reverse]
    ['climate_envy']
    """
    return tuple(
        PulseItem(
            i["id"], i["text"], i["scale"], bool(i.get("reverse", False)), i.get("origin", "house")
        )
        for i in team_file("diagnostics", own)["items"]
    )
