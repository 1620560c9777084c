"""A filled-in workbook as rows of text, read safely: nothing runs, nothing swells."""

from __future__ import annotations

import datetime as dt
import io
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kamkit.errors import KamkitError, Problem, cause
from kamkit.exercises.figures.signs import clean
from kamkit.exercises.own_accounts.columns import column_of, factor_of, own_form
from kamkit.tables.read import DAMAGE

MOST_BYTES = 5_000_000
# What a form of twenty rows may grow to when unpacked, and how many parts it may have.
MOST_UNPACKED, MOST_PARTS = 40_000_000, 400
MOST_ROWS, MOST_COLUMNS = 400, 60
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
_ENTITIES = tuple("<!DOCTYPE".encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be"))


@dataclass(frozen=True)
class Sheet:
    """Rows by column id, their numbers below the header, headers as written, factors of units."""

    rows: list[Any]
    numbers: list[int]
    headers: dict[str, str] = field(default_factory=dict)
    factors: dict[str, float] = field(default_factory=dict)
    title: str = "own_accounts"
    problems: tuple[Problem, ...] = ()


def read_sheet(data: bytes) -> Sheet:
    """The first visible sheet that has the form's headers.

    Raises KamkitError ``own_file_large``, ``own_file_kind``, ``unreadable_file`` or
    ``own_no_header``.
    """
    _safe(data)
    values, formulas = (_cells(data, data_only=only) for only in (True, False))
    for title, rows in values.items():
        at = next((i for i, row in enumerate(rows) if _is_header(row)), None)
        if at is not None:
            return _sheet(title, rows[at:], formulas[title][at:])
    headers = ", ".join(c.label.zh + " / " + c.label.en for c in own_form().columns if c.needed)
    raise KamkitError(Problem("own_no_header", details={"headers": headers}))


def _safe(data: bytes) -> None:
    """Refuse what can't be a form before a library unpacks it."""
    if len(data) > MOST_BYTES:
        details = {"most": MOST_BYTES // 1_000_000}
        raise KamkitError(Problem("own_file_large", details=details))
    if data.startswith(_OLD_OR_LOCKED):
        raise KamkitError(Problem("own_file_kind"))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
            # A part never unpacks to more than it declares: the reader stops there.
            if len(parts) > MOST_PARTS or sum(p.file_size for p in parts) > MOST_UNPACKED:
                details = {"most": MOST_UNPACKED // 1_000_000}
                raise KamkitError(Problem("own_file_large", details=details))
            names = {p.filename for p in parts}
            heads = [packed.open(p).read(4096) for p in parts if not p.is_dir()]
    except DAMAGE as error:
        raise KamkitError(Problem("own_file_kind", details=cause(error))) from None
    if "xl/workbook.xml" not in names or any(sign in head for sign in _ENTITIES for head in heads):
        raise KamkitError(Problem("own_file_kind"))


def _cells(data: bytes, *, data_only: bool) -> dict[str, list[list[str | None]]]:
    """Texts of all visible sheets; formulas as last calculated, or as written."""
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and lists that don't concern the cells
            book = openpyxl.load_workbook(
                io.BytesIO(data), read_only=True, data_only=data_only, keep_links=False
            )
            return {
                sheet.title: [
                    [_text(cell) for cell in row]
                    for row in sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS)
                ]
                for sheet in book.worksheets
                if sheet.sheet_state == "visible"
            }
    except DAMAGE as error:
        raise KamkitError(Problem("unreadable_file", details=cause(error))) from None


def _text(cell: Any) -> str | None:
    """A cell as somebody would type it: 0.3 in a cell shown as a percentage is 30%."""
    value = cell.value
    if value is None or isinstance(value, bool):
        return None if value is None else str(value)
    if isinstance(value, int | float):
        if "%" in (cell.number_format or ""):
            return f"{round(value * 100, 10):.12g}%"
        return f"{value:.15g}" if isinstance(value, float) else str(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    return str(value).strip() or None


def _is_header(row: Sequence[str | None]) -> bool:
    ids = {column_of(cell) for cell in row if cell}
    return all(c.id in ids for c in own_form().columns if c.needed)


def _sheet(
    title: str, rows: Sequence[Sequence[str | None]], formulas: Sequence[Sequence[str | None]]
) -> Sheet:
    places, problems = _places(rows[0], title)
    found, numbers = [], []
    for number, (row, written) in enumerate(zip(rows[1:], formulas[1:], strict=False), start=1):
        cells = {name: row[i] for name, i in places.items() if i < len(row) and row[i]}
        if any(k in cells for k in places if not k.startswith("x_")):
            found.append(cells)
            numbers.append(number)
        problems += _uncalculated(row, written, places, number)
    headers = {name: " ".join(str(rows[0][i]).split()) for name, i in places.items()}
    factors = {name: factor_of(header) for name, header in headers.items()}
    return Sheet(found, numbers, headers, factors, title, tuple(problems))


def _places(header: Sequence[str | None], title: str) -> tuple[dict[str, int], list[Problem]]:
    """Position of each column; others as ``x_…``, the running number left out."""
    places: dict[str, int] = {}
    problems = []
    skipped = {clean(text) for text in vars(own_form().words["number"]).values()}
    for i, cell in enumerate(header):
        if not cell or clean(cell) in skipped:
            continue
        name = column_of(cell) or "x_" + "_".join(cell.split())[:40]
        if name in places and not name.startswith("x_"):
            problems.append(Problem("duplicate_column", title, cell))
        places.setdefault(name, i)
    return places, problems


def _uncalculated(
    row: Sequence[str | None],
    written: Sequence[str | None],
    places: dict[str, int],
    number: int,
) -> Iterable[Problem]:
    """Formulas that no program has calculated yet: their cells only look empty."""
    for name, i in places.items():
        if i < len(written) and (written[i] or "").startswith("=") and row[i] is None:
            yield Problem("own_formula", column=name, row=number, value=written[i])
