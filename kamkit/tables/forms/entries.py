"""What somebody typed into a form: scores and days, as people write them."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

import pandas as pd

from kamkit.errors import Problem
from kamkit.tables.forms.workbook import Texts

_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)\s*分?")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?")


def cell_at(rows: Texts, line: int, place: int) -> str | None:
    """The text of a cell, counted from 0; None outside the sheet."""
    row = rows[line] if line < len(rows) else []
    return row[place] if place < len(row) else None


def score_said(
    rows: Texts, written: Texts, line: int, place: int, low: float, high: float
) -> tuple[float | None, Problem | None]:
    """A whole step of a scale in a cell (None where it is empty), or what is wrong with it.

    Digits may be full-width, "6分" counts as 6. Problems: own_formula, not_a_number,
    survey_off_scale, survey_between_steps.

    >>> score_said([["５分"]], [["５分"]], 0, 0, 1, 5)
    (5.0, None)
    """
    said = cell_at(rows, line, place)
    formula = cell_at(written, line, place) or ""
    if said is None:
        asked = formula.startswith("=")
        return None, Problem("own_formula", value=formula[:60]) if asked else None
    plain = unicodedata.normalize("NFKC", said).strip()
    if not plain:
        return None, None
    match = _NUMBER.fullmatch(plain)
    details = {"allowed": f"{low:g}–{high:g}"}
    if match is None:
        return None, Problem("not_a_number", value=said[:60])
    score = float(match[1])
    if not low <= score <= high:
        return None, Problem("survey_off_scale", value=said[:60], details=details)
    if not score.is_integer():
        return None, Problem("survey_between_steps", value=said[:60], details=details)
    return score, None


def day_said(said: str) -> pd.Timestamp | None:
    """A day as people write it: 2026-09-01, 2026/9/1, 2026年9月1日.

    >>> day_said("2026年9月1日"), day_said("soon") is None
    (Timestamp('2026-09-01 00:00:00'), True)
    """
    match = _DAY.fullmatch(unicodedata.normalize("NFKC", said).strip())
    if match is None:
        return None
    try:
        return pd.Timestamp(dt.date(*(int(part) for part in match.groups())))
    except ValueError:
        return None
