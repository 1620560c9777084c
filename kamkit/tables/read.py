"""One stored table as raw cells: text or native values, rows numbered, nothing judged yet."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from kamkit.errors import KamkitError, Problem, cause
from kamkit.tables.decode import decode
from kamkit.tables.schemas import spec

SUFFIXES = (".csv", ".parquet", ".xlsx")
WORKBOOK = "company.xlsx"
_CHUNK = 50_000
# What a damaged workbook can make its readers raise: found by altering bytes at random.
DAMAGE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class Raw:
    """Cells of one table; the index holds row numbers, 1 for the first below the header."""

    name: str
    cells: pd.DataFrame
    problems: list[Problem] = field(default_factory=list)


def plain(value: Any) -> str | None:
    """One cell as text: whole floats lose ``.0``, days lose midnight; None where empty.

    >>> plain(13085.0), plain(dt.datetime(2026, 3, 5)), plain(True), plain(float("nan"))
    ('13085', '2026-03-05', 'true', None)
    """
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, (list, tuple)) or hasattr(value, "tolist"):
        value = value.tolist() if hasattr(value, "tolist") else value
        if isinstance(value, (list, tuple)):
            return ";".join(p for p in map(plain, value) if p) or None
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, dt.datetime):
        day = value.date()
        return str(day) if value.time() == dt.time() else value.replace(tzinfo=None).isoformat(" ")
    return str(value).strip() or None


def _headers(name: str, cells: Sequence[str | None]) -> tuple[list[str], list[Problem]]:
    """Canonical names; unknown ones as ``x_…``; a name met twice is a problem."""
    known = {c.casefold(): c for c in spec(name).names}
    names: list[str] = []
    problems = []
    for position, cell in enumerate(cells, start=1):
        text = (cell or "").strip()
        column = known.get(text.casefold())
        if column is None:
            column = text if text.startswith("x_") else f"x_{text or position}"
        if column in names:
            problems.append(Problem("duplicate_column", name, column))
            column = f"x_{column.removeprefix('x_')}_{position}"
        names.append(column)
    return names, problems


def _fitted(
    name: str, rows: Iterable[Sequence[str | None]], width: int, problems: list[Problem]
) -> Iterator[tuple[int, Sequence[str | None]]]:
    """Rows of the header's width with their numbers; wholly empty rows are left out."""
    for number, row in enumerate(rows, start=1):
        if not any(row):
            continue
        if len(row) != width:
            if len(row) < width or any(row[width:]):
                expected = {"expected": width, "found": len(row)}
                problems.append(Problem("ragged_row", name, row=number, details=expected))
            row = [*row[:width], *[""] * (width - len(row))]
        yield number, row


def _frame(name: str, header: Sequence[str | None], rows: Iterable[Sequence[str | None]]) -> Raw:
    """Rows of text to a frame, in chunks, so that a million rows don't fill the memory."""
    width = len(header)
    names, problems = _headers(name, header)
    fitted = _fitted(name, rows, width, problems)
    parts = []
    while chunk := list(islice(fitted, _CHUNK)):
        columns = zip(*(row for _, row in chunk), strict=True)
        data = {
            n: _stripped(pd.Series(c, dtype="str")) for n, c in zip(names, columns, strict=True)
        }
        part = pd.DataFrame(data)
        part.index = pd.Index([number for number, _ in chunk])
        parts.append(part)
    if parts:
        cells = pd.concat(parts)
    else:
        cells = pd.DataFrame({n: pd.Series([], dtype="str") for n in names})
        cells.index = pd.Index([], dtype="int64")
    nameless = [n for n, h in zip(names, header, strict=True) if not (h or "").strip()]
    return Raw(name, cells.drop(columns=[n for n in nameless if cells[n].isna().all()]), problems)


def _stripped(cells: pd.Series) -> pd.Series:
    text = cells.str.strip()
    return text.mask(text == "")


def read_csv(name: str, raw: bytes, file: str) -> Raw:
    """A comma-separated table.

    Only an empty cell is missing: the words None, NA and NULL stay as they are. Outer blanks
    are dropped. Raises KamkitError where the file can't be read as a table at all.

    >>> read_csv("members", b"member_id,name\\n007, NA \\n", "members.csv").cells.loc[1, "name"]
    'NA'
    """
    text, doubts = decode(raw, file)
    if not text.strip():
        raise KamkitError(Problem("empty_file", file))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader)
        if len(header) == 1 and any(sign in header[0] for sign in ";\t|"):
            raise KamkitError(Problem("wrong_delimiter", file, value=header[0]))
        found = _frame(name, header, reader)
    except csv.Error as error:
        details = {**cause(error), "line": reader.line_num}
        raise KamkitError(Problem("unreadable_file", file, details=details)) from None
    return Raw(name, found.cells, [*doubts, *found.problems])


def read_sheet(name: str, rows: Iterable[Sequence[Any]]) -> Raw:
    """A table from the rows of a worksheet; the first row is the header."""
    lines = ([plain(cell) for cell in row] for row in rows)
    header = next(lines, [])
    while header and header[-1] is None:
        header.pop()
    if not header:
        raise KamkitError(Problem("empty_file", name))
    return _frame(name, header, lines)


def read_parquet(name: str, path: Path) -> Raw:
    """A Parquet table; numbers and days keep their type where the column asks for one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(path).read()
        columns = [pd.Series(cells.to_pandas()) for cells in table.columns]
    except (pa.ArrowException, OSError, ValueError) as error:
        raise KamkitError(Problem("unreadable_file", path.name, details=cause(error))) from None
    header = [str(n) for n in table.column_names]
    names, problems = _headers(name, header)
    data = {}
    for column, series in zip(names, columns, strict=True):
        data[column] = series if _native(series, name, column) else _texts(series)
    frame = pd.DataFrame(data)
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    return Raw(name, frame, problems)


def _native(series: pd.Series, name: str, column: str) -> bool:
    known = spec(name).column(column)
    kind = known.kind if known else "text"
    if kind in ("money", "number", "share"):
        return series.dtype.kind in "iuf"
    return kind == "date" and series.dtype.kind == "M" and getattr(series.dt, "tz", None) is None


def _texts(series: pd.Series) -> pd.Series:
    if series.dtype == "str":
        return _stripped(series)
    return pd.Series([plain(v) for v in series.astype(object)], dtype="str")


def workbook_sheets(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All sheets of a workbook as rows of values; raises ``unreadable_file``.

    Formulas count with the value that was last shown.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and validations that don't concern the cells
            book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), data_only=True)
            return {
                sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets
            }
    except (InvalidFileException, *DAMAGE) as error:
        raise KamkitError(Problem("unreadable_file", path.name, details=cause(error))) from None
