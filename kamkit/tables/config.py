"""The company's own settings: ``kamkit.toml``."""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kamkit.errors import KamkitError, Problem, cause
from kamkit.tables.schemas import TABLES

FILE = "kamkit.toml"
LANGUAGES = ("zh", "en")
FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2999, 12, 31)


@dataclass(frozen=True)
class Config:
    """Settings of one company folder.

    ``currency`` holds for every money cell whose row names none. ``as_of`` is the day that
    the data describe. ``provenance`` is the ``[import]`` block, ``files`` the file and sheet
    of tables that are not stored under their own name.
    """

    id: str
    currency: str
    as_of: dt.date
    name_zh: str = ""
    name_en: str = ""
    fiscal_year_start: int = 1
    language: str = "en"
    schemes: tuple[str, ...] = ()
    period: tuple[dt.date, dt.date] | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def name(self, lang: str) -> str:
        """The company's name in one language, else in the other, else its id.

        >>> Config("acme", "CNY", dt.date(2026, 6, 30), name_en="Acme").name("zh")
        'Acme'
        """
        mine, other = (self.name_zh, self.name_en)[:: 1 if lang == "zh" else -1]
        return mine or other or self.id

    def fiscal_year(self, day: dt.date) -> int:
        """Fiscal year of a day, named after the calendar year in which it ends (house).

        >>> Config("a", "CNY", dt.date(2026, 6, 30), fiscal_year_start=4).fiscal_year(
        ...     dt.date(2026, 4, 1))
        2027
        """
        return day.year + (1 < self.fiscal_year_start <= day.month)


def _bad(field_name: str, value: Any, allowed: str) -> Problem:
    return Problem("bad_config", FILE, field_name, value=value, details={"allowed": allowed})


def _text(tree: Mapping[str, Any], key: str, found: list[Problem], *, must: bool = False) -> str:
    value = tree.get(key, "")
    if not isinstance(value, str) or (must and not value.strip()):
        found.append(_bad(key, value, '"…"'))
        return ""
    return value.strip()


def _day(key: str, value: Any, found: list[Problem]) -> dt.date:
    text = value.isoformat() if isinstance(value, dt.date) else value
    if isinstance(text, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}(?:T.*)?", text):
        try:
            day = dt.date.fromisoformat(text[:10])
        except ValueError:
            day = dt.date.min
        if FIRST_DAY <= day <= LAST_DAY:
            return day
    found.append(_bad(key, value, "2026-06-30"))
    return FIRST_DAY


def _period(company: Mapping[str, Any], found: list[Problem]) -> tuple[dt.date, dt.date] | None:
    keys = ("period_start", "period_end")
    if not any(key in company for key in keys):
        return None
    start, end = (_day(key, company.get(key), found) for key in keys)
    if start > end:
        found.append(_bad("period_end", end, f"≥ {start}"))
    return start, end


def _files(tree: Mapping[str, Any], found: list[Problem]) -> dict[str, dict[str, str]]:
    chosen: dict[str, dict[str, str]] = {}
    for name, body in tree.items():
        if name not in TABLES:
            found.append(_bad(f"tables.{name}", name, ", ".join(TABLES)))
            continue
        if not isinstance(body, dict) or not isinstance(body.get("file"), str):
            found.append(_bad(f"tables.{name}.file", body, '"orders_2025.csv"'))
            continue
        path = Path(body["file"])
        if path.is_absolute() or ".." in path.parts:
            found.append(_bad(f"tables.{name}.file", body["file"], '"orders_2025.csv"'))
            continue
        chosen[name] = {k: str(v) for k, v in body.items() if k in ("file", "sheet")}
    return chosen


def _block(tree: Mapping[str, Any], key: str, found: list[Problem]) -> Mapping[str, Any]:
    value = tree.get(key, {})
    if isinstance(value, dict):
        return value
    found.append(_bad(key, value, f"[{key}]"))
    return {}


def parse_config(tree: Mapping[str, Any]) -> tuple[Config | None, list[Problem]]:
    """Settings from a parsed file; None where something is wrong, with all problems.

    >>> parse_config({"company": {"id": "acme", "currency": "CNY", "as_of": "2026-06-30"}})[1]
    []
    """
    found: list[Problem] = []
    company = _block(tree, "company", found)
    currency = _text(company, "currency", found, must=True)
    if currency and not re.fullmatch(r"[A-Z]{3}", currency):
        found.append(_bad("currency", currency, "CNY, USD, EUR …"))
    month = company.get("fiscal_year_start", 1)
    if isinstance(month, bool) or not isinstance(month, int) or not 1 <= month <= 12:
        found.append(_bad("fiscal_year_start", month, "1 … 12"))
        month = 1
    language = company.get("language", "en")
    if language not in LANGUAGES:
        found.append(_bad("language", language, ", ".join(LANGUAGES)))
    schemes = company.get("schemes", [])
    if not isinstance(schemes, list) or not all(isinstance(s, str) for s in schemes):
        found.append(_bad("schemes", schemes, '["elevator"]'))
        schemes = []
    config = Config(
        id=_text(company, "id", found, must=True),
        currency=currency,
        as_of=_day("as_of", company.get("as_of"), found),
        name_zh=_text(company, "name_zh", found),
        name_en=_text(company, "name_en", found),
        fiscal_year_start=month,
        language=str(language),
        schemes=tuple(schemes),
        period=_period(company, found),
        provenance=_block(tree, "import", found),
        files=_files(_block(tree, "tables", found), found),
    )
    return (None if found else config), found


def read_config(folder: Path) -> tuple[Config | None, list[Problem]]:
    """Settings of a folder, and what is wrong with them; never raises on bad input."""
    path = folder / FILE
    if not path.exists():
        return None, [Problem("missing_config", FILE)]
    try:
        tree = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return None, [Problem("unreadable_file", FILE, details=cause(error))]
    return parse_config(tree)


def with_schemes(config: Config, folder: Path) -> tuple[Config, list[Problem]]:
    """Settings whose own scheme files have full paths, and what is wrong with any scheme.

    A scheme file in ``schemes`` is named as it is seen from the company's folder.
    """
    from kamkit.schemes import schemes_in_force

    paths = tuple(str(folder / s) if Path(s).suffix == ".toml" else s for s in config.schemes)
    problems: list[Problem] = []
    for scheme in paths:
        try:
            schemes_in_force([scheme])
        except KamkitError as error:
            problems += error.problems
    return replace(config, schemes=paths), problems


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, dt.date)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _lines(name: str, tree: Mapping[str, Any]) -> list[str]:
    plain = {k: v for k, v in tree.items() if not isinstance(v, Mapping)}
    lines = [f"[{name}]", *(f"{_key(k)} = {_value(v)}" for k, v in plain.items()), ""]
    for key, value in tree.items():
        if isinstance(value, Mapping):
            lines += _lines(f"{name}.{_key(key)}", value)
    return lines


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def config_text(config: Config) -> str:
    """``kamkit.toml`` of these settings; :func:`parse_config` reads it back equal.

    >>> print(config_text(Config("acme", "CNY", dt.date(2026, 6, 30))).splitlines()[1])
    id = "acme"
    """
    company: dict[str, Any] = {
        "id": config.id,
        "name_zh": config.name_zh,
        "name_en": config.name_en,
        "currency": config.currency,
        "fiscal_year_start": config.fiscal_year_start,
        "as_of": config.as_of,
        "language": config.language,
        "schemes": list(config.schemes),
    }
    if config.period:
        company["period_start"], company["period_end"] = config.period
    lines = _lines("company", company)
    if config.provenance:
        lines += _lines("import", config.provenance)
    for name, body in config.files.items():
        lines += _lines(f"tables.{name}", body)
    return "\n".join(lines)
