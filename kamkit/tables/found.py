"""Problems from cells: one for each, with its row number and its value as text."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from kamkit.errors import Problem


def shown(value: Any) -> Any:
    """A cell as a person would write it: days without midnight, missing as None.

    >>> shown(pd.Timestamp("2026-03-05")), shown(float("nan")), shown(3)
    ('2026-03-05', None, 3)
    """
    if isinstance(value, dt.datetime):
        return None if pd.isna(value) else value.date().isoformat()
    return None if value is pd.NA or value != value else value


def cell_problems(
    code: str, table: str, column: str, cells: pd.Series, *, level: str = "error", **details: Any
) -> list[Problem]:
    """One problem for each cell; the index of ``cells`` holds row numbers.

    >>> cell_problems("not_a_number", "orders", "amount", pd.Series(["x"], index=[7]))[0].row
    7
    """
    pairs = zip(cells.index.tolist(), cells.tolist(), strict=True)
    return [
        Problem(code, table, column, row=row, value=shown(value), level=level, details=details)
        for row, value in pairs
    ]
