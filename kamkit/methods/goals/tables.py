"""Reading the tables of goals: ids, blanks, figures and days, without changing them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns


def with_columns(
    table: pd.DataFrame, name: str, need: Sequence[str], also: Iterable[str] = ()
) -> pd.DataFrame:
    """A copy with rows counted from 0, and the optional columns empty where they are absent.

    Raises KamkitError missing_column.

    >>> with_columns(pd.DataFrame({"a": [1]}), "goals", ["a"], ["b"]).columns.tolist()
    ['a', 'b']
    """
    need_columns(table, name, need)
    out = table.reset_index(drop=True).copy()
    for column in also:
        if column not in out:
            out[column] = None
    return out


def texts(column: pd.Series) -> list[str]:
    """Cells as text, "" where there is nothing; whole numbers without a point.

    >>> texts(pd.Series([" a ", None])), texts(pd.Series([2.0]))
    (['a', ''], ['2'])
    """
    return [
        "" if pd.isna(v) else str(int(v)) if isinstance(v, float) and v.is_integer()
        else str(v).strip()
        for v in column
    ]  # fmt: skip


def figures(column: pd.Series) -> np.ndarray:
    """Cells as numbers, NaN for anything that is none.

    >>> figures(pd.Series(["2", "x"])).tolist()
    [2.0, nan]
    """
    out = np.array(pd.to_numeric(column, errors="coerce"), dtype=float)
    out[~np.isfinite(out)] = np.nan
    return out


def days(column: pd.Series) -> pd.Series:
    """Cells as days, NaT for anything that is none.

    >>> days(pd.Series(["2026-12-31", "soon"])).isna().tolist()
    [False, True]
    """
    return pd.to_datetime(column, errors="coerce", format="ISO8601").astype("datetime64[ns]")


def day(value: Any, column: str = "as_of") -> pd.Timestamp:
    """One day; raises KamkitError not_a_date.

    >>> day("2026-06-30").month
    6
    """
    read = pd.to_datetime(value, errors="coerce")
    if pd.isna(read):
        raise KamkitError(Problem("not_a_date", column=column, value=value))
    return pd.Timestamp(read)


def strict_figures(table: pd.DataFrame, name: str, columns: Iterable[str]) -> list[Problem]:
    """Problems of cells that hold text where a number belongs; blanks are none.

    >>> strict_figures(pd.DataFrame({"a": ["x", None, 1]}), "goals", ["a"])[0].row
    1
    """
    found = []
    for column in columns:
        bad = table[column].notna().to_numpy() & np.isnan(figures(table[column]))
        found += [
            Problem("not_a_number", name, column, int(i) + 1, table[column].iloc[int(i)])
            for i in np.flatnonzero(bad)
        ]
    return found


def repeated(table: pd.DataFrame, name: str, columns: Sequence[str]) -> list[Problem]:
    """Problems of rows whose key stands in an earlier row.

    >>> repeated(pd.DataFrame({"a": [1, 1]}), "goals", ["a"])[0].row
    2
    """
    twice = np.flatnonzero(table.duplicated(list(columns)).to_numpy())
    return [
        Problem("duplicate_key", name, ", ".join(columns), int(i) + 1,
                ", ".join(str(v) for v in table.loc[i, list(columns)]))
        for i in twice
    ]  # fmt: skip
