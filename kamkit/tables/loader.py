"""A company folder to checked tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from kamkit.errors import KamkitError, Problem, cause
from kamkit.tables.cells import settle, typed
from kamkit.tables.coherence import coherence_problems
from kamkit.tables.company import Company
from kamkit.tables.config import Config, read_config, with_schemes
from kamkit.tables.read import (
    SUFFIXES,
    WORKBOOK,
    Raw,
    read_csv,
    read_parquet,
    read_sheet,
    workbook_sheets,
)
from kamkit.tables.schemas import TABLES
from kamkit.tables.validate import currency_problems, reference_problems, table_problems

IMPORT_LOG = "import_log.csv"
DATASETS = Path(__file__).resolve().parents[2] / "datasets"


def load(folder: str | Path, *, strict: bool = True) -> Company:
    """The company in a folder: ``kamkit.toml`` and one file per table, or ``company.xlsx``.

    Tables are CSV (UTF-8, else GB18030 with a warning), Parquet or XLSX; every one may be
    absent. Ids are text; only an empty cell is missing; unknown columns are kept as ``x_…``.
    Row numbers in problems count data rows: row 1 is line 2 of the file, below its header.
    The name of a sample company (``elevator``) stands for its folder in ``datasets/``.

    ``strict=False`` returns the tables in spite of errors within them, with the cells that
    don't fit left empty and all problems in ``Company.problems``; settings or a folder that
    can't be read raise all the same.

    Errors: one KamkitError with every problem of level "error" and all warnings.
    """
    path = find_folder(folder)
    config, sources, problems = _survey(path)
    if config is not None:
        config, found = with_schemes(config, path)
        problems += found
    tables, found = _tables(sources)
    problems += found
    if config is not None:
        problems += _checked(tables, config)
    if strict:
        KamkitError.collect(problems)
    if config is None:
        raise KamkitError(*problems)
    settled = {name: settle(frame, name) for name, frame in tables.items()}
    return Company(path, config, settled, tuple(problems))


def find_folder(name: str | Path) -> Path:
    """A company's folder by its path, or by the bare name of a sample company.

    >>> find_folder("elevator").name
    'elevator'
    """
    path = Path(name)
    sample = DATASETS / path
    if not path.exists() and len(path.parts) == 1 and sample.is_dir():
        return sample
    return path


def table_file(folder: Path, name: str) -> Path | None:
    """The file that holds one table alone, or would; None where it is a sheet among others.

    >>> table_file(find_folder("elevator"), "survey_responses").name
    'survey_responses.csv'
    """
    _, sources, _ = _survey(folder)
    if name not in sources:
        return folder / f"{name}.csv"
    _, file, sheet = sources[name]
    return file if sheet is None else None


def _checked(tables: Mapping[str, pd.DataFrame], config: Config) -> list[Problem]:
    return [
        *reference_problems(tables),
        *currency_problems(tables, config.currency),
        *coherence_problems(tables, config),
    ]


Source = tuple[str, Path, str | None]


def _survey(path: Path) -> tuple[Config | None, dict[str, Source], list[Problem]]:
    """Settings, where each table is, and what is wrong with the folder itself."""
    try:
        if not path.is_dir():
            raise KamkitError(Problem("not_a_folder", value=str(path)))
        entries = sorted(path.iterdir())
    except OSError as error:
        raise KamkitError(Problem("unreadable_file", path.name, details=cause(error))) from None
    entries = [e for e in entries if not e.name.startswith((".", "~$"))]
    if not entries:
        raise KamkitError(Problem("empty_folder", value=str(path)))
    config, problems = read_config(path)
    sources, found = _sources(path, entries, config.files if config else {})
    problems += found
    if not sources and not any(p.code == "unreadable_file" for p in problems):
        problems.append(Problem("no_tables", value=str(path)))
    return config, sources, problems


def _sources(
    path: Path, entries: list[Path], overrides: Mapping[str, Mapping[str, str]]
) -> tuple[dict[str, Source], list[Problem]]:
    sources: dict[str, Source] = {}
    problems: list[Problem] = []
    used = set()

    def put(name: str, file: Path, sheet: str | None) -> None:
        if name in sources:
            value = f"{sources[name][1].name}, {file.name}"
            problems.append(Problem("two_files", name, value=value))
        else:
            sources[name] = (name, file, sheet)

    for name, where in overrides.items():
        file = path / where["file"]
        used.add(file)
        if file.exists():
            put(name, file, where.get("sheet"))
        else:
            problems.append(Problem("file_not_found", name, value=where["file"]))
    for file in entries:
        if file in used or file.suffix.lower() not in SUFFIXES:
            continue
        stem = file.stem.lower()
        if file.name.lower() == WORKBOOK:
            for sheet, name in _sheet_names(file, problems):
                put(name, file, sheet)
        elif stem in TABLES:
            put(stem, file, None)
        elif file.name != IMPORT_LOG:
            problems.append(Problem("unknown_file", file.name, level="warning"))
    return sources, problems


def _sheet_names(file: Path, problems: list[Problem]) -> list[tuple[str, str]]:
    try:
        sheets = workbook_sheets(file)
    except KamkitError as error:
        problems += error.problems
        return []
    found = []
    for sheet, rows in sheets.items():
        if sheet.strip().lower() in TABLES:
            found.append((sheet, sheet.strip().lower()))
        elif rows:
            where = f"{file.name} / {sheet}"
            problems.append(Problem("unknown_file", where, level="warning"))
    return found


def _tables(sources: Mapping[str, Source]) -> tuple[dict[str, pd.DataFrame], list[Problem]]:
    tables = {}
    problems: list[Problem] = []
    books: dict[Path, dict[str, list[tuple[Any, ...]]]] = {}
    for name in (t for t in TABLES if t in sources):
        try:
            raw = _raw(sources[name], books)
        except KamkitError as error:
            problems += error.problems
            continue
        tables[name], found = checked_table(raw)
        problems += found
    return tables, problems


def checked_table(raw: Raw) -> tuple[pd.DataFrame, list[Problem]]:
    """One raw table in its types, with everything that is wrong within it."""
    frame, problems = typed(raw)
    known = {(p.column, p.row) for p in problems if p.row is not None}
    return frame, [*problems, *table_problems(frame, raw.name, known=known)]


def _raw(source: Source, books: dict[Path, dict[str, list[tuple[Any, ...]]]]) -> Raw:
    name, file, sheet = source
    suffix = file.suffix.lower()
    try:
        if suffix == ".csv":
            return read_csv(name, file.read_bytes(), file.name)
        if suffix == ".parquet":
            file.open("rb").close()
            return read_parquet(name, file)
    except OSError as error:
        raise KamkitError(Problem("unreadable_file", file.name, details=cause(error))) from None
    if suffix != ".xlsx":
        details = {"reason_key": "suffix", "allowed": ", ".join(SUFFIXES)}
        raise KamkitError(Problem("unreadable_file", file.name, details=details))
    if file not in books:
        books[file] = workbook_sheets(file)
    sheets = books[file]
    chosen = sheet or (name if name in sheets else next(iter(sheets), ""))
    if chosen not in sheets:
        raise KamkitError(Problem("file_not_found", name, value=f"{file.name} / {chosen}"))
    return read_sheet(name, sheets[chosen])
