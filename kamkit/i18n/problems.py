"""Problems as sentences: what, where, what is allowed, what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from kamkit.errors import KamkitError, Problem
from kamkit.i18n.catalog import catalog, default_language, t
from kamkit.i18n.cells import plain_text

if TYPE_CHECKING:
    import pandas as pd

_VALUE_WIDTH = 60


def _value(problem: Problem) -> str:
    text = "" if problem.value is None else plain_text(problem.value)
    return text if len(text) <= _VALUE_WIDTH else text[: _VALUE_WIDTH - 1] + "…"


def _fill(part: str, problem: Problem, lang: str) -> str:
    key = f"{part}.{problem.code}"
    if key not in catalog(lang):
        key = f"{part}.unknown"
    values = {
        "code": problem.code,
        "table": problem.table,
        "column": problem.column,
        "row": problem.row,
        "value": _value(problem),
        **problem.details,
    }
    if "reason_key" in values:
        known = f"reason.{values['reason_key']}"
        values["reason"] = t(known if known in catalog(lang) else "reason.other", lang, **values)
    return t(key, lang, **values)


def problem_table(problems: Iterable[Problem], lang: str) -> pd.DataFrame:
    """Problems as a table.

    Returns columns: level, code, table, column, row, value, message, advice.

    >>> found = [Problem("missing_column", table="orders", column="amount")]
    >>> problem_table(found, "en").loc[0, "code"]
    'missing_column'
    """
    import pandas as pd

    rows = [
        {
            "level": p.level,
            "code": p.code,
            "table": p.table,
            "column": p.column,
            "row": p.row,
            "value": _value(p),
            "message": _fill("problem", p, lang),
            "advice": _fill("advice", p, lang),
        }
        for p in problems
    ]
    columns = ["level", "code", "table", "column", "row", "value", "message", "advice"]
    return pd.DataFrame(rows, columns=columns).astype({"row": "Int64"})


def describe(error: KamkitError, lang: str | None = None) -> str:
    """All problems of an error as lines of text.

    >>> error = KamkitError(Problem("missing_column", table="orders", column="amount"))
    >>> print(describe(error, "en"))
    orders.amount: This column is missing. → Add the column, or leave the whole table out.
    """
    lang = lang or default_language()
    lines = []
    for p in error.problems:
        where = ".".join(part for part in (p.table, p.column) if part)
        if p.row is not None:
            where += f" [{t('word.row', lang)} {p.row}]"
        text = f"{_fill('problem', p, lang)} → {_fill('advice', p, lang)}"
        lines.append(f"{where}: {text}" if where else text)
    return "\n".join(lines)
