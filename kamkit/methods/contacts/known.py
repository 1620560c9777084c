"""What was known on a day: the last dated row of each key, and clean cells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem

Day = pd.Timestamp | dt.date | str


def as_day(day: Day) -> pd.Timestamp:
    """A day without its hour; KamkitError ``bad_date`` for what is none.

    >>> as_day("2026-06-30").isoformat()
    '2026-06-30T00:00:00'
    """
    problem = Problem("bad_date", column="as_of", value=day)
    try:
        found = pd.Timestamp(day)
    except (ValueError, TypeError) as error:
        raise KamkitError(problem) from error
    if pd.isna(found):
        raise KamkitError(problem)
    return found.normalize()


def dates(table: pd.DataFrame, column: str) -> pd.Series:
    """A column as dates, all missing where the table does not have it."""
    if column not in table.columns:
        return pd.Series(pd.NaT, index=table.index, dtype="datetime64[us]")
    return pd.to_datetime(table[column]).astype("datetime64[us]")


def texts(table: pd.DataFrame, column: str) -> pd.Series:
    """A column as text, all missing where the table does not have it."""
    if column not in table.columns:
        return pd.Series(np.nan, index=table.index, dtype="str")
    return table[column].astype("str")


def grades(table: pd.DataFrame, column: str, low: int, high: int) -> pd.Series:
    """A column as numbers; outside ``low``–``high`` it counts as missing."""
    if column not in table.columns:
        return pd.Series(np.nan, index=table.index, dtype=float)
    found = pd.to_numeric(table[column], errors="coerce").astype(float)
    return found.where(found.between(low, high))


def tags(table: pd.DataFrame, column: str) -> pd.Series:
    """A column of tags with one form each: parts without blanks, joined by ";".

    >>> tags(pd.DataFrame({"phases": ["choose; compare", None]}), "phases").tolist()[0]
    'choose;compare'
    """
    found = texts(table, column)
    clean: dict[str, str | float] = {}
    for value in found.dropna().unique():
        parts = (part.strip() for part in str(value).replace("；", ";").split(";"))
        clean[value] = ";".join(dict.fromkeys(p for p in parts if p)) or np.nan
    return found.map(clean).astype("str")


def last_known(table: pd.DataFrame, keys: Sequence[str], day: pd.Timestamp) -> pd.DataFrame:
    """The last row of each key on or before the day; an undated row counts as the first.

    Rows of one key and date are ordered by their cells, so that the order of the caller's rows
    decides nothing. ``as_of`` is a date column of the result.

    >>> ties = pd.DataFrame({"id": ["a", "a", "a"], "strength": [1, 2, 4],
    ...     "as_of": ["2025-01-01", "2025-06-01", "2026-01-01"]})
    >>> last_known(ties, ["id"], pd.Timestamp("2025-12-31"))["strength"].tolist()
    [2]
    """
    table = table.assign(as_of=dates(table, "as_of"))
    table = table[table["as_of"].isna() | (table["as_of"] <= day)]
    others = [c for c in table.columns if c not in {*keys, "as_of"}]
    order = table.sort_values([*keys, "as_of", *others], na_position="first", kind="stable")
    return order.drop_duplicates(list(keys), keep="last").reset_index(drop=True)
