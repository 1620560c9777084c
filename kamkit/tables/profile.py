"""Import profiles: what another system's files hold and which columns they become."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from kamkit.errors import KamkitError, Problem, cause
from kamkit.tables.schemas import TABLES, spec

_RULES = ("column", "const", "text", "count_within", "product")


@dataclass(frozen=True)
class Source:
    """One file of the other system and how its broken rows are mended."""

    name: str
    file: str
    ids: Mapping[str, str]
    free_text: str
    pattern: Mapping[str, str]
    same_as: Mapping[str, str]


@dataclass(frozen=True)
class Target:
    """One canonical table: its source, the sources joined to it, a rule for each column."""

    name: str
    source: str
    joins: tuple[Mapping[str, str], ...]
    columns: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Profile:
    """A parsed profile; the file ``profiles/northwind.toml`` documents every field."""

    id: str
    version: int
    company: Mapping[str, Any]
    delimiter: str
    encodings: tuple[str, ...]
    empty: tuple[str, ...]
    sources: Mapping[str, Source]
    tables: Mapping[str, Target]


def profile_names() -> tuple[str, ...]:
    """Ids of the profiles that come with the kit.

    >>> profile_names()
    ('northwind',)
    """
    folder = files("kamkit.tables").joinpath("profiles")
    names = (Path(entry.name) for entry in folder.iterdir())
    return tuple(sorted(n.stem for n in names if n.suffix == ".toml"))


def read_profile(profile: str | Path) -> Profile:
    """A profile by its id, or from a ``.toml`` file of one's own.

    Raises KamkitError ``unknown_profile``, ``unreadable_file`` or ``bad_profile``.

    >>> read_profile("northwind").company["currency"]
    'USD'
    """
    path = Path(profile)
    try:
        if path.suffix == ".toml":
            text = path.read_text(encoding="utf-8-sig")
        elif str(profile) in profile_names():
            home = files("kamkit.tables").joinpath("profiles", f"{profile}.toml")
            text = home.read_text(encoding="utf-8")
        else:
            details = {"allowed": ", ".join(profile_names())}
            raise KamkitError(Problem("unknown_profile", value=str(profile), details=details))
        return parse_profile(tomllib.loads(text))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise KamkitError(Problem("unreadable_file", path.name, details=cause(error))) from None


def parse_profile(tree: Mapping[str, Any]) -> Profile:
    """A profile from a parsed file; raises ``bad_profile`` with every fault found."""
    try:
        read = tree.get("read", {})
        profile = Profile(
            id=str(tree["id"]),
            version=int(tree["version"]),
            company=dict(tree["company"]),
            delimiter=str(read.get("delimiter", ",")),
            encodings=tuple(read.get("encodings", ("gb18030",))),
            empty=tuple(read.get("empty", ())),
            sources={n: _source(n, body) for n, body in tree["source"].items()},
            tables={n: _target(n, body) for n, body in tree["table"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise KamkitError(Problem("bad_profile", value=str(error))) from None
    KamkitError.collect(Problem("bad_profile", value=fault) for fault in _faults(profile))
    return profile


def _source(name: str, body: Mapping[str, Any]) -> Source:
    return Source(
        name=name,
        file=str(body["file"]),
        ids=dict(body.get("ids", {})),
        free_text=str(body.get("free_text", "")),
        pattern=dict(body.get("pattern", {})),
        same_as=dict(body.get("same_as", {})),
    )


def _target(name: str, body: Mapping[str, Any]) -> Target:
    columns = body["columns"].items()
    return Target(
        name=name,
        source=str(body["from"]),
        joins=tuple(dict(j) for j in body.get("join", ())),
        columns={c: {"column": r} if isinstance(r, str) else dict(r) for c, r in columns},
    )


def _faults(profile: Profile) -> list[str]:
    faults = []
    for source in profile.sources.values():
        if Path(source.file).name != source.file:
            faults.append(f"source.{source.name}.file = {source.file!r}")
        for pattern in (*source.ids.values(), *source.pattern.values()):
            try:
                re.compile(pattern)
            except re.error as error:
                faults.append(f"source.{source.name}: {pattern!r}: {error}")
        if source.same_as and set(source.same_as) != {"column", "on", "is"}:
            faults.append(f"source.{source.name}.same_as")
        elif source.same_as and not _comes_before(profile, source):
            faults.append(f"source.{source.name}.same_as.is = {source.same_as['is']!r}")
    for target in profile.tables.values():
        faults += _target_faults(target, profile)
    return faults


def _comes_before(profile: Profile, source: Source) -> bool:
    """Whether the source that another is proved by is read before it."""
    order = list(profile.sources)
    home = source.same_as["is"].partition(".")[0]
    return home in order and order.index(home) < order.index(source.name)


def _target_faults(target: Target, profile: Profile) -> list[str]:
    where = f"table.{target.name}"
    if target.name not in TABLES:
        return [where]
    faults = []
    for name in (target.source, *(j.get("source", "") for j in target.joins)):
        if name not in profile.sources:
            faults.append(f"{where}: source {name!r}")
    faults += [f"{where}.join" for j in target.joins if "on" not in j]
    known = set(spec(target.name).names)
    for column, rule in target.columns.items():
        if column not in known and not column.startswith("x_"):
            faults.append(f"{where}.columns.{column}")
        if sum(kind in rule for kind in _RULES) != 1:
            faults.append(f"{where}.columns.{column} = {dict(rule)}")
    return faults
