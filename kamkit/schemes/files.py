"""What the files of this room have in common: how they are read, which origins count."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from kamkit.errors import KamkitError, Problem, cause
from kamkit.schemes.shape import Notes

FORMAT = 1
ORIGIN_KINDS = ("S001", "X01", "O1", "field:…", "house")
_ORIGIN = re.compile(r"S\d{3}|X\d{2}|O\d{1,2}|field:.+|house")


def read_toml(path: str | Path) -> tuple[dict[str, Any], str]:
    """A company's own file as a mapping, and its name; KamkitError ``scheme_unreadable``."""
    file = Path(path)
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig")), file.name
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise KamkitError(Problem("scheme_unreadable", file.name, details=cause(error))) from error


def shipped_toml(folder: Traversable, key: str) -> dict[str, Any]:
    """One shipped file of a folder by its id."""
    return tomllib.loads(folder.joinpath(f"{key}.toml").read_text(encoding="utf-8"))


def shipped_ids(folder: Traversable) -> tuple[str, ...]:
    """Ids of the shipped files of a folder, sorted."""
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(n.removesuffix(".toml") for n in names if n.endswith(".toml")))


def wrong_format(notes: Notes, raw: Mapping[str, Any]) -> bool:
    """Note a format that this version does not read."""
    if raw.get("format") == FORMAT and not isinstance(raw.get("format"), bool):
        return False
    notes.add("scheme_format", "format", raw.get("format"), [str(FORMAT)])
    return True


def check_origin(notes: Notes, value: Any, where: str) -> None:
    """Note an origin that is none: S-number, literature (``field:``) or ``house``, by "; ".

    >>> notes = Notes("own.toml")
    >>> check_origin(notes, "S137; house", "origin"); check_origin(notes, "boss", "origin")
    >>> [p.value for p in notes.found]
    ['boss']
    """
    parts = [part.strip() for part in str(value).split(";")]
    if not all(_ORIGIN.fullmatch(part) for part in parts):
        notes.add("scheme_bad_value", where, value, ORIGIN_KINDS)


def unknown(code: str, table: str, value: str, allowed: tuple[str, ...]) -> KamkitError:
    """The error of an id that nothing has; it names those there are."""
    return KamkitError(Problem(code, table, value=value, details={"allowed": ", ".join(allowed)}))
