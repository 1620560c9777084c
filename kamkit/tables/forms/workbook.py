"""A filled-in workbook as texts, read safely: nothing runs, nothing swells."""

from __future__ import annotations

import datetime as dt
import io
import warnings
import zipfile
from typing import Any

from kamkit.errors import KamkitError, Problem, cause
from kamkit.tables.read import DAMAGE

MOST_BYTES = 5_000_000
# What a form may grow to when unpacked, and how many parts it may have.
MOST_UNPACKED, MOST_PARTS = 40_000_000, 400
MOST_ROWS, MOST_COLUMNS = 400, 60
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
_ENTITIES = tuple("<!DOCTYPE".encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be"))

Texts = list[list[str | None]]


def refuse_unsafe(data: bytes) -> None:
    """Refuse what can't be a form before a library unpacks it.

    Raises KamkitError ``own_file_large`` or ``own_file_kind``.
    """
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


def sheet_texts(data: bytes, *, data_only: bool) -> dict[str, Texts]:
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
