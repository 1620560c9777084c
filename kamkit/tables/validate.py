"""Canonical tables against their schema: all problems at once; pandera words those found."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
from pandas.api.types import is_numeric_dtype

from kamkit.errors import Problem
from kamkit.tables.found import cell_problems, shown
from kamkit.tables.schemas import ColumnSpec, TableSpec, spec

if TYPE_CHECKING:
    import pandera.pandas as pa

Cell = tuple[str, int]


def frame_schema(
    name: str, *, present: Collection[str] | None = None, dtypes: bool = True
) -> pa.DataFrameSchema:
    """The pandera schema of a canonical table.

    ``present`` names the columns at hand, so that a key is checked on those of its columns
    that there are. ``dtypes=False`` leaves types alone, for frames that are not settled yet.

    >>> sorted(frame_schema("milestones").columns)
    ['actual_on', 'milestone', 'planned_on', 'project_id']
    """
    import pandera.pandas as pa

    table = spec(name)
    key = [c for c in table.key if present is None or c in present]
    return pa.DataFrameSchema(
        {c.name: _column(c, dtypes) for c in table.columns},
        unique=key if _key_known(table, key) else None,
        report_duplicates="exclude_first",
        name=name,
    )


def _key_known(table: TableSpec, key: list[str]) -> bool:
    lost = [c for c in table.columns if c.must and c.name in table.key and c.name not in key]
    return bool(key) and not lost


def _column(column: ColumnSpec, dtypes: bool) -> pa.Column:
    import pandera.pandas as pa

    checks = []
    if column.options:
        checks.append(pa.Check.isin(list(column.options)))
    if column.low is not None:
        checks.append(pa.Check.ge(column.low))
    if column.high is not None:
        checks.append(pa.Check.le(column.high))
    return pa.Column(
        column.dtype if dtypes else None,
        checks=checks,
        nullable=not column.must,
        required=column.must,
    )


def table_problems(
    frame: pd.DataFrame, name: str, *, known: Collection[Cell] = ()
) -> list[Problem]:
    """What is wrong within one table whose index holds row numbers.

    Codes: missing_column, empty_cell, not_allowed, out_of_range, duplicate_key. ``known``
    names cells that already have a problem (column "" stands for a whole row): they are
    not called empty a second time.

    >>> frame = pd.DataFrame({"member_id": ["a", "a"], "name": ["A", None]}, index=[1, 2])
    >>> sorted(p.code for p in table_problems(frame, "members"))
    ['duplicate_key', 'empty_cell']
    """
    if _sound(frame, spec(name)):
        return []
    from pandera.errors import SchemaErrors

    schema = frame_schema(name, present=list(frame.columns), dtypes=False)
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        return _translated(errors.failure_cases, frame, spec(name), set(known))
    return []


def _sound(frame: pd.DataFrame, table: TableSpec) -> bool:
    """Whether a table is without fault at first sight, which most are.

    Pandera, which says what is wrong where, takes most of a second and 35 MB to load.
    """
    for column in table.columns:
        if column.name not in frame.columns:
            if column.must:
                return False
            continue
        cells = frame[column.name]
        known = cells.dropna()
        if column.must and len(known) < len(cells):
            return False
        if column.options and not known.isin(list(column.options)).all():
            return False
        if column.low is None and column.high is None:
            continue
        if not is_numeric_dtype(known) or not known.between(*_ends(column)).all():
            return False
    key = [c for c in table.key if c in frame.columns]
    return not _key_known(table, key) or not frame.duplicated(key).any()


def _ends(column: ColumnSpec) -> tuple[float, float]:
    low, high = column.low, column.high
    return -math.inf if low is None else low, math.inf if high is None else high


def _translated(
    cases: pd.DataFrame, frame: pd.DataFrame, table: TableSpec, known: set[Cell]
) -> list[Problem]:
    found = []
    repeated: dict[int, None] = {}
    for case in cases.rename(columns={"index": "row"}).itertuples(index=False):
        check = str(case.check)
        if check == "column_in_dataframe":
            found.append(Problem("missing_column", table.name, str(case.failure_case)))
        elif check == "multiple_fields_uniqueness":
            repeated[_row(case)] = None
        else:
            problem = _cell_problem(check, case, table)
            if problem.code != "empty_cell" or not known & _places(problem):
                found.append(problem)
    key = [c for c in table.key if c in frame.columns]
    twins = frame.loc[list(repeated), key].astype(object)
    for row, *parts in twins.itertuples():
        value = ", ".join("" if shown(v) is None else str(shown(v)) for v in parts)
        found.append(Problem("duplicate_key", table.name, ", ".join(key), row=row, value=value))
    order = {c: i for i, c in enumerate(frame.columns)}
    return sorted(found, key=lambda p: (order.get(p.column, -1), p.row or 0))


def _row(case: Any) -> int:
    return int(case.row)


def _places(problem: Problem) -> set[Cell]:
    row = problem.row or 0
    return {(problem.column, row), ("", row)}


def _cell_problem(check: str, case: Any, table: TableSpec) -> Problem:
    column = str(case.column)
    row = _row(case)
    if check == "not_nullable":
        return Problem("empty_cell", table.name, column, row=row)
    known = table.column(column)
    code = "not_allowed" if known is not None and known.options else "out_of_range"
    details = {"allowed": known.allowed if known is not None else ""}
    return Problem(
        code, table.name, column, row=row, value=shown(case.failure_case), details=details
    )


def reference_problems(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """Ids that their own table doesn't hold; checked where that table is present.

    >>> members = pd.DataFrame({"member_id": ["a"], "manager_id": ["b"]}, index=[1])
    >>> reference_problems({"members": members})[0].code
    'unknown_reference'
    """
    found = []
    for name, frame in tables.items():
        for column in spec(name).columns:
            if column.refers is None or column.name not in frame.columns:
                continue
            home, target = column.refers
            if home not in tables or target not in tables[home].columns:
                continue
            cells = frame[column.name]
            lost = cells[cells.notna() & ~cells.isin(tables[home][target].dropna().unique())]
            allowed = f"{home}.{target}"
            found += cell_problems("unknown_reference", name, column.name, lost, allowed=allowed)
    return found


def currency_problems(tables: Mapping[str, pd.DataFrame], default: str) -> list[Problem]:
    """One warning for each table whose rows hold several currencies, an error for a foreign one.

    Rows that name none count with the company's own. A table that is wholly in another
    currency would be read as the company's money, so it is refused (``foreign_currency``).

    >>> orders = pd.DataFrame({"currency": ["CNY", "USD"]}, index=[1, 2])
    >>> currency_problems({"orders": orders}, "CNY")[0].value
    'CNY, USD'
    """
    found = []
    for name, frame in tables.items():
        if "currency" not in frame.columns:
            continue
        kinds = sorted(set(frame["currency"].fillna(default or "?").unique()))
        if len(kinds) > 1:
            value = ", ".join(kinds)
            found.append(Problem("mixed_currency", name, "currency", value=value, level="warning"))
        elif default and kinds and kinds != [default]:
            details = {"allowed": default}
            found.append(
                Problem("foreign_currency", name, "currency", value=kinds[0], details=details)
            )
    return found
