"""Warning signs, bands and limits of retention: policy as data, each number with its origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kamkit.errors import KamkitError
from kamkit.schemes.criteria import read_data
from kamkit.schemes.files import check_origin, read_toml, wrong_format
from kamkit.schemes.model import Labels
from kamkit.schemes.shape import Notes
from kamkit.schemes.surveys import survey_ids

SIGNS = ("order_gap", "share_drop", "contact_loss", "survey_fall", "complaints_up", "silence")


@dataclass(frozen=True)
class WarningSign:
    """One sign: name and meaning in zh and en, limits, and the survey that it reads, if any."""

    id: str
    label: Labels
    note: Labels
    origin: str
    limits: Mapping[str, float]
    instrument: str


@dataclass(frozen=True)
class RetentionPolicy:
    """Signs by id, and the numbers of ``bands``, ``losses`` and ``winback`` with their origin."""

    id: str
    version: str
    origin: str
    signs: Mapping[str, WarningSign]
    bands: Mapping[str, float]
    losses: Mapping[str, float]
    winback: Mapping[str, float]
    origins: Mapping[str, str]


@cache
def retention_policy() -> RetentionPolicy:
    """The kit's own policy: six signs of S130 with house limits.

    >>> list(retention_policy().signs)[:3]
    ['order_gap', 'share_drop', 'contact_loss']
    """
    return _policy(read_data("retention.toml"))


def read_retention_policy(path: str | Path) -> RetentionPolicy:
    """A company's own file: any number left out is the kit's.

    Raises KamkitError with everything wrong in it: ``scheme_unreadable``, ``scheme_format``,
    ``scheme_bad_value`` (a sign or number that the kit does not know, a number that is none).
    """
    raw, name = read_toml(path)
    notes = Notes(name)
    if not wrong_format(notes, raw):
        _check(notes, raw)
    KamkitError.collect(notes.found)
    own = read_data("retention.toml")
    return _policy(_merged(own, raw))


def _check(notes: Notes, raw: Mapping[str, Any]) -> None:
    own = read_data("retention.toml")
    known = {sign["id"]: sign for sign in own["signs"]}
    check_origin(notes, raw.get("origin", "house"), "origin")
    for sign in raw.get("signs", []):
        if sign.get("id") not in known:
            notes.add("scheme_bad_value", "signs.id", sign.get("id"), SIGNS)
            continue
        place = f"signs.{sign['id']}"
        check_origin(notes, sign.get("origin", "house"), f"{place}.origin")
        _check_numbers(notes, sign.get("limits", {}), known[sign["id"]]["limits"], place)
        survey = sign.get("instrument", "relationship_quality")
        if survey not in survey_ids():
            notes.add("scheme_bad_value", f"{place}.instrument", survey, survey_ids())
    for part in ("bands", "losses", "winback"):
        _check_numbers(notes, raw.get(part, {}), own[part], part)


def _check_numbers(
    notes: Notes, given: Mapping[str, Any], known: Mapping[str, Any], place: str
) -> None:
    for name, value in given.items():
        if name not in known:
            notes.add("scheme_bad_value", f"{place}.{name}", name, tuple(known))
        elif name == "origin":
            check_origin(notes, value, f"{place}.origin")
        elif isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            notes.add("scheme_bad_value", f"{place}.{name}", value, ("≥ 0",))


def _merged(own: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    given = {sign["id"]: sign for sign in raw.get("signs", [])}
    signs = []
    for sign in own["signs"]:
        mine = given.get(sign["id"], {})
        signs.append(
            {
                **sign,
                **{k: v for k, v in mine.items() if k != "limits"},
                "limits": {**sign["limits"], **mine.get("limits", {})},
            }
        )
    parts = {k: {**own[k], **raw.get(k, {})} for k in ("bands", "losses", "winback")}
    heads = {k: raw.get(k, own[k]) for k in ("id", "version", "origin")}
    return {**heads, **parts, "signs": signs}


def _policy(raw: Mapping[str, Any]) -> RetentionPolicy:
    signs = {
        sign["id"]: WarningSign(
            id=sign["id"],
            label={"zh": sign["zh"], "en": sign["en"]},
            note={"zh": sign["note_zh"], "en": sign["note_en"]},
            origin=sign["origin"],
            limits=MappingProxyType({k: float(v) for k, v in sign["limits"].items()}),
            instrument=sign.get("instrument", ""),
        )
        for sign in raw["signs"]
    }
    parts = {
        name: MappingProxyType({k: float(v) for k, v in raw[name].items() if k != "origin"})
        for name in ("bands", "losses", "winback")
    }
    origins = {name: str(raw[name]["origin"]) for name in parts}
    return RetentionPolicy(
        id=raw["id"],
        version=str(raw["version"]),
        origin=raw["origin"],
        signs=MappingProxyType(signs),
        origins=MappingProxyType(origins),
        **parts,
    )
