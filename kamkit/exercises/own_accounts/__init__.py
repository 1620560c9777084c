"""A trainee's own accounts: rows as typed or as filled into the form, to one checked table."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.exercises.figures import MOST, read_figure
from kamkit.exercises.figures.signs import clean, strip_signs
from kamkit.exercises.own_accounts.columns import OwnColumn, own_form
from kamkit.exercises.own_accounts.form_file import form
from kamkit.exercises.own_accounts.workbook import Sheet, read_sheet

__all__ = [
    "OwnAccounts",
    "account_rows",
    "accounts_table",
    "check_accounts",
    "check_form",
    "form",
    "read_form",
]

TABLE = "own_accounts"
LONGEST_NAME, LONGEST_NOTE = 60, 200
LEAST_GROWTH, MOST_GROWTH = -1.0, 10.0
# A figure this many times the middle one, or sales this many times last year's, is a slip of
# the unit more often than the truth; the whole list below this looks like 万元 without saying so.
SLIP, SMALL = 1000, 10_000
# 120万 says its own unit; 5千 under a header in 万元 may be meant either way.
_SCALED, _NUMERAL = re.compile("[万亿a-df-z]"), re.compile("[千百十]")


@dataclass(frozen=True)
class OwnAccounts:
    """The table, and warnings that don't stop it."""

    table: pd.DataFrame
    doubts: tuple[Problem, ...] = ()


def accounts_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Own accounts as one table.

    Needs keys: name, revenue; may have segment, previous_revenue, margin, cost_to_serve,
    growth, category_spend, relationship, and others that begin with ``x_``. A text is read as
    it was typed ("120万", "30%" of sales for a margin), a number counts as it is (a share is
    0-1). Rows without any value are left out.
    Returns columns: account_id, name, segment (id or missing), revenue, previous_revenue,
    margin, cost_to_serve (money), growth (share), category_spend (money), relationship (1-5),
    then ``x_…`` as text; 5-20 rows. Missing stays missing, never 0.
    Raises KamkitError with every problem of every row. Source: house.

    >>> rows = [{"name": n, "revenue": f"{i}20万"} for i, n in enumerate("甲乙丙丁戊", start=1)]
    >>> accounts_table(rows)["revenue"].tolist()
    [1200000.0, 2200000.0, 3200000.0, 4200000.0, 5200000.0]
    """
    return check_accounts(rows).table


def account_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The table as plain rows for the journal; :func:`accounts_table` reads them back equal."""
    cells = table.drop(columns="account_id").astype(object)
    records = cells.where(cells.notna(), None).to_dict("records")
    return [{str(k): v for k, v in row.items() if v is not None} for row in records]


def read_form(data: bytes) -> pd.DataFrame:
    """Own accounts from a filled-in form (XLSX); columns as in :func:`accounts_table`.

    Headers may stand in Chinese or English, in any order and with rows above; bare figures
    count in the unit that the header names. Nothing in the file is executed; hidden sheets
    are not read. Raises KamkitError with every problem, rows counted below the header.
    """
    return check_form(data).table


def check_form(data: bytes) -> OwnAccounts:
    """A filled-in form as a table with its warnings."""
    sheet = read_sheet(data)
    return check_accounts(sheet.rows, sheet=sheet)


def check_accounts(rows: Sequence[Mapping[str, Any]], *, sheet: Sheet | None = None) -> OwnAccounts:
    """Rows as a table with warnings; ``sheet`` names rows and columns as its user sees them."""
    sheet = sheet or Sheet(rows=list(rows), numbers=list(range(1, len(rows) + 1)))
    problems: list[Problem] = list(sheet.problems)
    found: list[dict[str, Any]] = []
    numbers: list[int] = []
    for number, row in zip(sheet.numbers, rows, strict=True):
        if any(_given(v) for v in row.values()):
            cells, wrong = _row(row, sheet.factors)
            found.append(cells)
            numbers.append(number)
            problems += [replace(p, row=number) for p in wrong]
    problems += _names(found, numbers) + _size(len(found))
    problems += _slips(found, numbers) + _small(found)
    named = [
        replace(p, table=sheet.title, column=sheet.headers.get(p.column, p.column))
        for p in problems
    ]
    KamkitError.collect(named)
    return OwnAccounts(_frame(found), tuple(named))


def _given(value: Any) -> bool:
    return value is not None and not (isinstance(value, str) and not clean(value))


def _row(
    row: Mapping[str, Any], factors: Mapping[str, float]
) -> tuple[dict[str, Any], list[Problem]]:
    """Typed cells of one row and what is wrong with it."""
    cells: dict[str, Any] = {}
    problems: list[Problem] = []
    for column in own_form().columns:
        value = row.get(column.id)
        if not _given(value):
            continue
        cell, problem = _cell(column, value, factors.get(column.id, 1.0), cells.get("revenue"))
        cells[column.id] = cell
        if problem and problem.code == "own_segment":
            cells["x_segment"] = str(value)[:LONGEST_NOTE]
        if problem:
            problems.append(replace(problem, column=column.id, value=str(value)[:60]))
    problems += [
        Problem(f"own_no_{column.id}", column=column.id)
        for column in own_form().columns
        if column.needed and not _given(row.get(column.id))
    ]
    extra = {k: str(v)[:LONGEST_NOTE] for k, v in row.items() if k.startswith("x_") and _given(v)}
    return {**cells, **extra}, problems + _coherent(cells)


def _cell(
    column: OwnColumn, value: Any, factor: float, revenue: float | None
) -> tuple[Any, Problem | None]:
    if column.kind == "name":
        return _name(value)
    if column.kind == "segment":
        return _segment(value)
    if column.kind == "level":
        return _level(value)
    figure, problem = _figure(column, value, factor, revenue)
    if figure is None or problem:
        return None, problem
    if column.least is not None and figure < column.least:
        return None, Problem("own_negative")
    if column.kind == "share" and not LEAST_GROWTH <= figure <= MOST_GROWTH:
        return None, Problem("own_growth")
    return figure, None


def _figure(
    column: OwnColumn, value: Any, factor: float, revenue: float | None
) -> tuple[float | None, Problem | None]:
    """A figure: a number as it is, a text as it was typed, in the unit of its column."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        fits = math.isfinite(value) and abs(value) <= MOST
        return (float(value), None) if fits else (None, Problem("figure_too_large"))
    reading = read_figure(value, column.kind)
    if column.of_sales and reading.problem == "figure_not_money":
        part = read_figure(value, "share")
        if part.value is not None:
            return (part.value * revenue if revenue is not None else None), None
    if reading.problem or reading.value is None:
        return None, Problem(reading.problem or "figure_words")
    if column.kind != "money":
        return reading.value, None
    if reading.currency not in ("", "CNY"):
        return None, Problem("own_currency")
    core = strip_signs(clean(value)).core
    if _SCALED.search(core):
        return reading.value, None
    if factor != 1 and (reading.currency or _NUMERAL.search(core)):
        return None, Problem("own_unit_doubt")
    return reading.value * factor, None


def _name(value: Any) -> tuple[str | None, Problem | None]:
    text = " ".join("".join(c for c in str(value) if c.isprintable() or c.isspace()).split())
    return (text, None) if 0 < len(text) <= LONGEST_NAME else (None, Problem("own_long_name"))


def _segment(value: Any) -> tuple[str, Problem | None]:
    said = clean(str(value))
    for key, label in own_form().segments.items():
        if said in (key, clean(label.zh), clean(label.en)):
            return key, None
    return "other", Problem("own_segment", level="warning")


def _level(value: Any) -> tuple[float | None, Problem | None]:
    """3, "3", "3 – Steady"."""
    digits = re.match(r"\s*([0-9]+)(?:\.0+)?(?![0-9.])", clean(str(value)))
    level = int(digits[1]) if digits else 0
    return (float(level), None) if level in own_form().levels else (None, Problem("own_level"))


def _coherent(cells: Mapping[str, Any]) -> list[Problem]:
    """What can't be true of one account."""
    sales = cells.get("revenue")
    if sales is None:
        return []
    found = []
    if (cells.get("margin") or 0) > sales:
        found.append(Problem("own_margin_above_sales", column="margin", value=cells["margin"]))
    spend = cells.get("category_spend")
    if spend is not None and spend < sales:
        found.append(Problem("own_spend_below_sales", column="category_spend", value=spend))
    return found


def _names(rows: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> list[Problem]:
    """Names met twice, however they are written."""
    first: dict[str, int] = {}
    found = []
    for number, row in zip(numbers, rows, strict=True):
        name = row.get("name")
        if name is None:
            continue
        same = unicodedata.normalize("NFKC", name).casefold().replace(" ", "")
        if same in first:
            details = {"other": first[same]}
            found.append(Problem("own_same_name", "", "name", number, name, details=details))
        first.setdefault(same, number)
    return found


def _size(n: int) -> list[Problem]:
    fewest, most = own_form().fewest, own_form().most
    if fewest <= n <= most:
        return []
    code = "own_too_few" if n < fewest else "own_too_many"
    return [Problem(code, value=n, details={"fewest": fewest, "most": most})]


def _slips(rows: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> list[Problem]:
    """Figures that are so far off the others that a unit slipped, most likely."""
    sales = sorted(row["revenue"] for row in rows if row.get("revenue"))
    middle = sales[len(sales) // 2] if sales else 0
    found = []
    for number, row in zip(numbers, rows, strict=True):
        now, before = row.get("revenue"), row.get("previous_revenue")
        if now and (now > SLIP * middle or now * SLIP < middle):
            found.append(Problem("own_slip", "", "revenue", number, now, level="warning"))
        elif now and before and (now > SLIP * before or now * SLIP < before):
            place = ("", "previous_revenue", number)
            found.append(Problem("own_slip", *place, before, level="warning"))
    return found


def _small(rows: Sequence[Mapping[str, Any]]) -> list[Problem]:
    sales = [row["revenue"] for row in rows if row.get("revenue")]
    if not sales or max(sales) >= SMALL:
        return []
    return [Problem("own_small", column="revenue", value=max(sales), level="warning")]


def _frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    columns = own_form().columns
    data: dict[str, pd.Series] = {
        "account_id": pd.Series([f"own_{i:02d}" for i in range(1, len(rows) + 1)], dtype="str")
    }
    for column in columns:
        kind = "str" if column.kind in ("name", "segment") else "float64"
        data[column.id] = pd.Series([row.get(column.id) for row in rows], dtype=kind)
    for extra in dict.fromkeys(k for row in rows for k in row if k.startswith("x_")):
        data[extra] = pd.Series([row.get(extra) for row in rows], dtype="str")
    return pd.DataFrame(data)
