"""The trainee's own accounts on the home: as typed, as uploaded, as shown again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kamkit.errors import Problem
from kamkit.exercises.own_accounts import OwnAccounts, check_accounts
from kamkit.exercises.own_accounts.columns import factor_of, own_form
from kamkit.exercises.own_accounts.workbook import Sheet
from kamkit.i18n import label, problem_table, t
from kamkit.widgets.exercise.written import digits_of

LONGEST = 200  # characters of one cell


def columns(lang: str) -> list[dict[str, Any]]:
    """The columns of the grid: id, label, note, kind, whether needed, and what to choose from."""
    form = own_form()
    choices = {
        "segment": [[i, text.said(lang)] for i, text in form.segments.items()],
        "level": [[str(i), f"{i} {text.said(lang)}"] for i, text in form.levels.items()],
    }
    return [
        {
            "id": column.id,
            "label": column.label.said(lang),
            "note": column.note.said(lang),
            "kind": column.kind,
            "needed": column.needed,
            "options": choices.get(column.kind, []),
        }
        for column in form.columns
    ]


def checked(rows: Sequence[Mapping[str, Any]], lang: str) -> OwnAccounts:
    """Typed rows as own accounts; bare figures count in the unit that the heading names.

    Raises KamkitError with every problem of every row.
    """
    form = own_form()
    headers = {column.id: column.label.said(lang) for column in form.columns}
    factors = {name: factor_of(header) for name, header in headers.items()}
    numbers = list(range(1, len(rows) + 1))
    sheet = Sheet(rows=list(rows), numbers=numbers, headers=headers, factors=factors)
    return check_accounts(rows, sheet=sheet)


def cleaned(rows: Any) -> list[dict[str, str]]:
    """Rows as the browser sent them: known columns, text of sensible length, at most 100 rows."""
    if not isinstance(rows, list):
        return []
    known = [column.id for column in own_form().columns]
    kept = [row if isinstance(row, Mapping) else {} for row in rows[:100]]
    return [
        {i: str(row[i])[:LONGEST] for i in known if isinstance(row.get(i), str | int | float)}
        for row in kept
    ]


def shown(rows: Sequence[Mapping[str, Any]], lang: str) -> list[dict[str, str]]:
    """Stored rows as they would be typed under the grid's headings.

    >>> shown([{"name": "A", "revenue": 1_200_000.0, "growth": 0.05}], "zh")
    [{'name': 'A', 'revenue': '120', 'growth': '5%'}]
    """
    form = {column.id: column for column in own_form().columns}
    found = []
    for row in rows:
        cells: dict[str, str] = {}
        for name, value in row.items():
            if name in form:
                cells[name] = _typed(form[name].kind, form[name].label.said(lang), value)
        found.append(cells)
    return found


def _typed(kind: str, header: str, value: Any) -> str:
    if not isinstance(value, int | float):
        return str(value)
    if kind == "share":
        return f"{_bare(100 * value)}%"
    return _bare(value / factor_of(header) if kind == "money" else value)


def _bare(value: float) -> str:
    return f"{value:.{digits_of(value)}f}"


def sentences(problems: Sequence[Problem], lang: str) -> list[str]:
    """Problems in words: which row and column, what is wrong, what to do.

    >>> sentences([Problem("own_no_name", row=2, column="Account")], "en")[0]
    'Row 2 · Account: The account has no name. ...'
    """
    return [_sentence(row, lang) for row in problem_table(problems, lang).to_dict("records")]


def _sentence(row: Mapping[Any, Any], lang: str) -> str:
    gap, colon = (" ", ": ") if lang == "en" else ("", "：")
    text = gap.join((row["message"], row["advice"]))
    number = row["row"]
    place = [t("home.own_row", lang, row=int(number))] if isinstance(number, int) else []
    column = str(row["column"])
    place += [label(f"home.column_{column}", lang, column)] if column else []
    return colon.join((" · ".join(place), text)) if place else text
