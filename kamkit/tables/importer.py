"""Another system's export to a company folder, by a profile; whole or not at all."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from kamkit.errors import KamkitError, Problem, cause
from kamkit.tables.cells import settle
from kamkit.tables.config import Config, parse_config
from kamkit.tables.found import cell_problems
from kamkit.tables.loader import IMPORT_LOG, checked_table
from kamkit.tables.profile import Profile, Target, read_profile
from kamkit.tables.read import Raw
from kamkit.tables.repair import LOG_COLUMNS, Sheet, read_source
from kamkit.tables.schemas import TABLES
from kamkit.tables.validate import reference_problems
from kamkit.tables.write import write_company

_NUMBER = r"[+-]?[0-9]+(?:\.[0-9]*)?"


@dataclass(frozen=True)
class ImportResult:
    """What an import wrote.

    ``rows`` counts rows per table. ``log`` (also ``import_log.csv``) has the columns code,
    file, row, column, before, after, proof, count: one line for each mended row and one for
    each column in which a word stood for "empty". ``problems`` holds warnings.
    """

    folder: Path
    rows: Mapping[str, int]
    log: pd.DataFrame
    problems: tuple[Problem, ...] = ()

    @property
    def repairs(self) -> int:
        """Rows of the source files that were mended."""
        return int(self.log["row"].notna().sum())


def import_folder(
    profile: str | Path, src: str | Path, dst: str | Path, *, force: bool = False
) -> ImportResult:
    """Convert the files in ``src`` by a profile into the company folder ``dst``.

    ``profile`` is an id (see :func:`profile_names`) or a ``.toml`` file. The tables are
    checked as :func:`kamkit.tables.load` checks them before anything is written; then all
    files appear at once. What the source files don't hold stays absent.

    Errors: one KamkitError with everything found: file_not_found, missing_column,
    unproved_repair, bad_id, unknown_reference … and folder_not_empty unless ``force``.
    """
    plan = read_profile(profile)
    folder = Path(src)
    if not folder.is_dir():
        raise KamkitError(Problem("not_a_folder", value=str(folder)))
    if folder.resolve() == Path(dst).resolve():
        raise KamkitError(Problem("target_is_source", value=str(dst)))
    sheets, hashes = _sheets(plan, folder)
    problems = [p for s in sheets.values() for p in s.problems]
    KamkitError.collect(problems)
    cells = {name: sheet.cells for name, sheet in sheets.items()}
    tables, found = _tables(plan, cells)
    problems += found
    KamkitError.collect(problems)
    log = pd.DataFrame(
        [entry for sheet in sheets.values() for entry in sheet.log], columns=list(LOG_COLUMNS)
    ).astype({"row": "Int64", "count": "int64"})
    config = _config(plan, tables, hashes)
    out = write_company(config, tables, dst, extras={Path(IMPORT_LOG).stem: log}, force=force)
    rows = {name: len(frame) for name, frame in tables.items()}
    return ImportResult(out, rows, log, tuple(problems))


def _sheets(plan: Profile, folder: Path) -> tuple[dict[str, Sheet], dict[str, str]]:
    sheets: dict[str, Sheet] = {}
    hashes: dict[str, str] = {}
    problems: list[Problem] = []
    for name, source in plan.sources.items():
        home = source.same_as.get("is", "").partition(".")[0]
        if home and home not in sheets:
            continue  # that source has its own problem, which is told instead
        path = folder / source.file
        try:
            raw = path.read_bytes()
            cells = {n: s.cells for n, s in sheets.items()}
            sheets[name] = read_source(source, raw, plan, cells)
            hashes[source.file] = hashlib.sha256(raw).hexdigest()
        except FileNotFoundError:
            problems.append(Problem("file_not_found", name, value=source.file))
        except OSError as error:
            problems.append(Problem("unreadable_file", source.file, details=cause(error)))
        except KamkitError as error:
            problems += error.problems
    KamkitError.collect(problems)
    return sheets, hashes


def _tables(
    plan: Profile, cells: Mapping[str, pd.DataFrame]
) -> tuple[dict[str, pd.DataFrame], list[Problem]]:
    tables: dict[str, pd.DataFrame] = {}
    problems: list[Problem] = []
    for name in (t for t in TABLES if t in plan.tables):
        frame, found = _table(plan, plan.tables[name], cells)
        tables[name] = frame
        problems += found
    problems += reference_problems(tables)
    return {name: settle(frame, name) for name, frame in tables.items()}, problems


def _table(
    plan: Profile, target: Target, cells: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, list[Problem]]:
    base, problems = _joined(plan, target, cells)
    file = plan.sources[target.source].file
    data = {}
    for column, rule in target.columns.items():
        lost = [c for c in _inputs(rule) if c not in base.columns]
        if lost:
            problems += [Problem("missing_column", file, c) for c in lost]
            continue
        data[column], found = _made(base, rule, file)
        problems += found
    if any(p.level == "error" for p in problems):
        return pd.DataFrame(data, index=base.index), problems
    frame, found = checked_table(Raw(target.name, pd.DataFrame(data, index=base.index)))
    return frame, problems + found


def _joined(
    plan: Profile, target: Target, cells: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, list[Problem]]:
    """The base source with the columns of its joined sources as ``source.column``."""
    base = cells[target.source]
    file = plan.sources[target.source].file
    problems: list[Problem] = []
    for join in target.joins:
        name, on = join["source"], join["on"]
        key = join.get("key", on)
        other = cells[name]
        if on not in base.columns or key not in other.columns:
            missing = on if on not in base.columns else key
            problems.append(Problem("missing_column", file, missing))
            continue
        twice = other.loc[other[key].duplicated() & other[key].notna(), key]
        problems += cell_problems("duplicate_key", plan.sources[name].file, key, twice)
        keys = base[on]
        lost = keys[keys.notna() & ~keys.isin(other[key])]
        allowed = f"{plan.sources[name].file}: {key}"
        problems += cell_problems("unknown_reference", file, on, lost, allowed=allowed)
        added = other.drop_duplicates(key).set_index(key, drop=False).reindex(keys)
        added = added.add_prefix(f"{name}.").set_axis(base.index)
        base = pd.concat([base, added], axis=1)
    return base, problems


def _inputs(rule: Mapping[str, Any]) -> list[str]:
    if "product" in rule:
        return [*rule["product"], *([rule["less"]] if "less" in rule else [])]
    if "text" in rule:
        return re.findall(r"\{([^}]+)\}", rule["text"])
    return [rule[k] for k in ("column", "count_within") if k in rule]


def _made(
    base: pd.DataFrame, rule: Mapping[str, Any], file: str
) -> tuple[pd.Series, list[Problem]]:
    """One canonical column from its rule, as text or number, not yet checked."""
    if "const" in rule:
        return pd.Series(str(rule["const"]), index=base.index, dtype="str"), []
    if "text" in rule:
        return _template(base, rule["text"]), []
    if "count_within" in rule:
        return (base.groupby(rule["count_within"]).cumcount() + 1).astype("str"), []
    if "product" in rule:
        return _product(base, rule, file)
    cells = base[rule["column"]]
    return _days(cells, rule, file) if "date" in rule else (cells, [])


def _template(base: pd.DataFrame, text: str) -> pd.Series:
    """Text with ``{column}`` filled; missing where any of its columns is."""
    out = pd.Series("", index=base.index, dtype="str")
    for part in re.split(r"(\{[^}]+\})", text):
        out = out + (base[part[1:-1]] if part.startswith("{") else part)
    return out


def _days(cells: pd.Series, rule: Mapping[str, Any], file: str) -> tuple[pd.Series, list[Problem]]:
    days = pd.to_datetime(cells, format=rule["date"], errors="coerce")
    wrong = cells[cells.notna() & days.isna()]
    problems = cell_problems("not_a_date", file, str(rule["column"]), wrong)
    return days.dt.strftime("%Y-%m-%d").astype("str"), problems


def _product(
    base: pd.DataFrame, rule: Mapping[str, Any], file: str
) -> tuple[pd.Series, list[Problem]]:
    problems: list[Problem] = []
    numbers = {}
    for column in _inputs(rule):
        cells = base[column]
        fits = cells.str.fullmatch(_NUMBER).fillna(False).astype(bool)
        problems += cell_problems("not_a_number", file, column, cells[~fits & cells.notna()])
        numbers[column] = pd.to_numeric(cells.where(fits))
    out = pd.Series(1.0, index=base.index)
    for column in rule["product"]:
        out = out * numbers[column]
    if "less" in rule:
        out = out * (1 - numbers[rule["less"]])
    return out.round(int(rule.get("decimals", 4))), problems


def _config(plan: Profile, tables: Mapping[str, pd.DataFrame], hashes: Mapping[str, str]) -> Config:
    company = dict(plan.company)
    for key, pick in (("as_of", "max"), ("period_start", "min"), ("period_end", "max")):
        if key in company:
            company[key] = _day(company[key], tables, pick)
    tree = {
        "company": company,
        "import": {"profile": plan.id, "profile_version": plan.version, "sources": dict(hashes)},
    }
    config, problems = parse_config(tree)
    if config is None:
        raise KamkitError(*problems)
    return config


def _day(value: Any, tables: Mapping[str, pd.DataFrame], pick: str) -> Any:
    """A day as it stands, or the first (min) or last (max) day of ``table.column``."""
    name, dot, column = str(value).partition(".")
    if dot and name in tables and column in tables[name].columns:
        found = tables[name][column].agg(pick)
        return None if pd.isna(found) else found.date()
    return value if isinstance(value, (dt.date, str)) else None
