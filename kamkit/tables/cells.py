"""Raw cells to typed columns, with a problem for every cell that doesn't fit."""

from __future__ import annotations

import re

import pandas as pd

from kamkit.errors import Problem
from kamkit.tables.config import FIRST_DAY, LAST_DAY
from kamkit.tables.found import cell_problems
from kamkit.tables.read import Raw
from kamkit.tables.schemas import ColumnSpec, spec, split_tags

_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)?"
_SLASHED = r"^([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})(?= |$)"
# Beyond this no amount is true, and sums of squares would leave the range of numbers.
MOST = 1e15
_YES = {"true": True, "是": True, "1": True, "false": False, "否": False, "0": False}
_FAULT = {
    "date": "not_a_date",
    "bool": "not_yes_or_no",
    "int": "not_a_whole_number",
    "money": "not_a_number",
    "number": "not_a_number",
    "share": "not_a_number",
}


def _numbers(cells: pd.Series) -> pd.Series:
    if cells.dtype.kind in "iuf":
        values = cells.astype("float64")
    else:
        values = pd.to_numeric(cells.where(cells.str.fullmatch(_NUMBER)), errors="coerce")
        values = values.astype("float64")
    return values.where(values.abs() != float("inf"))


def _whole(cells: pd.Series) -> pd.Series:
    values = _numbers(cells)
    fits = (values % 1 == 0) & (values.abs() < 2**53)
    return values.where(fits).astype("Int64")


def _dashed(found: re.Match[str]) -> str:
    year, month, day = found.groups()
    return f"{year}-{int(month):02}-{int(day):02}"


def _dates(cells: pd.Series) -> pd.Series:
    if cells.dtype.kind == "M":
        return cells.astype("datetime64[us]").dt.normalize()
    # Excel on Chinese Windows saves days as 2026/3/5: year first, so there is one reading.
    cells = cells.str.replace(_SLASHED, _dashed, regex=True)
    # Cutting to the day comes first: times never decide whether a day is right.
    days = cells.where(cells.str.fullmatch(_DATE)).str.slice(0, 10)
    return pd.to_datetime(days, format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")


def _flags(cells: pd.Series) -> pd.Series:
    return cells.str.lower().map(_YES).astype("boolean")


def _tags(cells: pd.Series) -> pd.Series:
    unique = {v: ";".join(dict.fromkeys(split_tags(v))) for v in cells.dropna().unique()}
    text = cells.map(unique).astype("str")
    return text.mask(text == "")


_READ = {
    "money": _numbers,
    "number": _numbers,
    "share": _numbers,
    "int": _whole,
    "date": _dates,
    "bool": _flags,
    "tags": _tags,
}


def _ids(cells: pd.Series, name: str, column: str) -> tuple[pd.Series, list[Problem]]:
    """Undo the ``.0`` that a spreadsheet adds to whole numbers, and say so."""
    spoilt = cells.str.fullmatch(r"[0-9]+\.0").fillna(False).astype(bool)
    found = cell_problems("decimal_id", name, column, cells[spoilt], level="warning")
    return cells.where(~spoilt, cells.str.slice(0, -2)), found


def typed_column(
    cells: pd.Series, name: str, column: ColumnSpec
) -> tuple[pd.Series, list[Problem]]:
    """One column in its type; cells that don't fit become missing, with a problem each."""
    if column.kind == "id":
        return _ids(cells, name, column.name)
    if column.kind not in _READ:
        return cells, []
    values = _READ[column.kind](cells)
    if column.kind == "tags":
        return values, []
    wrong = cells[cells.notna() & values.isna()]
    found = cell_problems(_FAULT[column.kind], name, column.name, wrong)
    if column.kind in ("bool", "int"):
        return values, found
    values, far = _within_reason(values, name, column)
    return values, found + far


def _within_reason(
    values: pd.Series, name: str, column: ColumnSpec
) -> tuple[pd.Series, list[Problem]]:
    """Empty what no true record can hold, such as the year 9999, with a problem each."""
    if column.kind == "date":
        fits = values.between(pd.Timestamp(FIRST_DAY), pd.Timestamp(LAST_DAY))
        code, allowed = "day_out_of_range", f"{FIRST_DAY} … {LAST_DAY}"
    else:
        fits = values.between(-MOST, MOST)
        code, allowed = "out_of_range", f"{-MOST:g} … {MOST:g}"
    far = values.notna() & ~fits.fillna(False).astype(bool)
    found = cell_problems(code, name, column.name, values[far], allowed=allowed)
    return values.mask(far), found


def typed(raw: Raw) -> tuple[pd.DataFrame, list[Problem]]:
    """All columns in their types, canonical ones first and in the schema's order.

    The index still holds row numbers. Required columns keep the nullable type here, so that
    empty cells can be named before the final types are set.
    """
    table = spec(raw.name)
    data = {}
    problems = list(raw.problems)
    for column in table.columns:
        if column.name in raw.cells.columns:
            cells = raw.cells[column.name]
            data[column.name], found = typed_column(cells, raw.name, column)
            problems += found
    for extra in raw.cells.columns:
        if extra not in data:
            data[extra] = raw.cells[extra]
    return pd.DataFrame(data, index=raw.cells.index), problems


def settle(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Final types and a plain index; required whole numbers stay nullable if cells are empty."""
    table = spec(name)
    types = {}
    for column in table.columns:
        if column.name in frame.columns:
            keep = column.kind in ("int", "bool") and frame[column.name].isna().any()
            types[column.name] = (
                {"int": "Int64", "bool": "boolean"}[column.kind] if keep else (column.dtype)
            )
    return frame.astype(types).reset_index(drop=True)
