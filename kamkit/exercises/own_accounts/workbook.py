"""A filled-in form as rows of text by column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kamkit.errors import KamkitError, Problem
from kamkit.exercises.figures.signs import clean
from kamkit.exercises.own_accounts.columns import column_of, factor_of, own_form
from kamkit.tables.forms.workbook import refuse_unsafe, sheet_texts


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
    refuse_unsafe(data)
    values, formulas = (sheet_texts(data, data_only=only) for only in (True, False))
    for title, rows in values.items():
        at = next((i for i, row in enumerate(rows) if _is_header(row)), None)
        if at is not None:
            return _sheet(title, rows[at:], formulas[title][at:])
    headers = ", ".join(c.label.zh + " / " + c.label.en for c in own_form().columns if c.needed)
    raise KamkitError(Problem("own_no_header", details={"headers": headers}))


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
