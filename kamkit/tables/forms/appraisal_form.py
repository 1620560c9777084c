"""The rating form: an XLSX with drop-downs, the five levels of behaviour beside each choice.

All people of one rater stand under each item: who rates one item for everybody before the next
lets one impression of a person spread less (field:Guilford 1954).
"""

from __future__ import annotations

import json
import tomllib
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.tables.forms.appraisal_items import (
    HIGH,
    LOW,
    Rated,
    asked_parts,
    period_named,
    rated_items,
    wording,
)
from kamkit.tables.forms.files import safe_part, write_forms
from kamkit.tables.forms.looks import book_bytes, lock, paper, put, steps_only, styles
from kamkit.tables.forms.workbook import MOST_ROWS

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

MARK = "kamkit-appraisal-1"
DATE = "rated_on"
# Hidden: row 1 (mark and settings), columns A (id of the item) and B (id of the rated person).
TITLE, LEAD, DAY, HEADER = 2, 3, 4, 5
NAME, SCORE, EVIDENCE, LAST = 3, 4, 5, 9
MOST_PEOPLE = (MOST_ROWS - HEADER) // 8 - 2
_LEVEL_WIDTH, _LINE = 26, 14


@cache
def words() -> dict[str, Any]:
    """The form's own words, zh and en."""
    source = files("kamkit.tables.forms").joinpath("appraisal.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def appraisal_form(
    people: pd.DataFrame, *, source: str, period: str, lang: str, company: str = ""
) -> bytes:
    """The empty form of one rater, as the bytes of an XLSX file.

    Needs people: rater_id, rater, ratee_id, name. One sheet a part (competencies; duties for
    "manager" and "self"); only the date, scores and evidence can be written to. ``company``: its
    id, so that no other company takes the form in.
    Raises KamkitError appraisal_many, unknown_period.

    >>> people = pd.DataFrame({"rater_id": ["M1"], "rater": ["Ann"], "ratee_id": ["M2"],
    ...     "name": ["Bo"]})
    >>> appraisal_form(people, source="manager", period="2026H1", lang="en")[:2]
    b'PK'
    """
    from openpyxl import Workbook

    if len(people) > MOST_PEOPLE:
        details = {"most": MOST_PEOPLE}
        raise KamkitError(Problem("appraisal_many", value=len(people), details=details))
    period = period_named(period)
    book = Workbook()
    book.remove(book.active)
    for part in asked_parts(source):
        items = rated_items(part)
        sheet = book.create_sheet(words()["part"][part][lang])
        settings = {
            "part": part, "source": source, "period": period, "words": wording(items),
            "lang": lang, "company": company,
            "rater_id": str(people["rater_id"].iloc[0]),
            "ratees": people["ratee_id"].astype("str").tolist(),
        }  # fmt: skip
        put(sheet, 1, 1, MARK, None, None)
        put(sheet, 1, 2, json.dumps(settings, ensure_ascii=False), None, None)
        _head(sheet, people, source, period, lang)
        _blocks(sheet, items, people, lang)
        lock(sheet, rows=(1,), columns="AB")
        paper(sheet)
        sheet.print_title_rows = f"{HEADER}:{HEADER}"
    book.properties.title, book.properties.creator = words()["source"][source][lang], "kamkit"
    return book_bytes(book)


def _head(sheet: Worksheet, people: pd.DataFrame, source: str, period: str, lang: str) -> None:
    from openpyxl.utils import get_column_letter

    look, said = styles(lang), words()
    parts = {"part": sheet.title, "source": said["source"][source][lang], "period": period}
    title = said["title"][lang].format(**parts)
    rater = said["rater"][lang].format(name=people["rater"].iloc[0])
    put(sheet, TITLE, NAME, f"{title} · {rater}", look["title"], look["left"])
    put(sheet, LEAD, NAME, said["lead"][source][lang], look["soft"], look["top"])
    put(sheet, DAY, 1, DATE, None, None)
    put(sheet, DAY, NAME, said["date"][lang], look["bold"], look["left"])
    put(sheet, DAY, EVIDENCE + 1, said["date_hint"][lang], look["soft"], look["left"])
    _open(sheet, DAY, SCORE, look, end=EVIDENCE).number_format = "yyyy-mm-dd"
    for row, height in ((TITLE, 34), (LEAD, 44), (DAY, 22), (HEADER, 24)):
        sheet.row_dimensions[row].height = height
    for row in (TITLE, LEAD):
        sheet.merge_cells(start_row=row, end_row=row, start_column=NAME, end_column=LAST)
    for place, key in ((NAME, "who"), (SCORE, "score"), (EVIDENCE, "evidence")):
        put(sheet, HEADER, place, said[key][lang], look["header"], look["left"])
    for place in range(NAME, LAST + 1):
        sheet.cell(HEADER, place).fill = look["dark"]
    for row, first in ((DAY, EVIDENCE + 1), (HEADER, EVIDENCE)):
        sheet.merge_cells(start_row=row, end_row=row, start_column=first, end_column=LAST)
    widths = {NAME: 20, SCORE: 12} | dict.fromkeys(range(EVIDENCE, LAST + 1), _LEVEL_WIDTH)
    for place, width in widths.items():
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = sheet.cell(HEADER + 1, NAME)


def _open(sheet: Worksheet, row: int, place: int, look: dict[str, Any], *, end: int = 0) -> Any:
    """A cell (merged up to column ``end``) that may be written to."""
    from openpyxl.styles import Protection

    if end:
        sheet.merge_cells(start_row=row, end_row=row, start_column=place, end_column=end)
    # After merging, and every cell: a range of which a part is locked can't be written to.
    for column in range(place, max(place, end) + 1):
        cell = sheet.cell(row, column)
        cell.border, cell.fill = look["grid"], look["band"]
        cell.protection = Protection(locked=False)
    first = sheet.cell(row, place)
    first.font, first.alignment = look["bold"], look["middle"]
    return first


def _blocks(sheet: Worksheet, items: tuple[Rated, ...], people: pd.DataFrame, lang: str) -> None:
    """Each item: its name, its five levels, then one line a person."""
    row, lines = HEADER, []
    look = styles(lang)
    for number, item in enumerate(items, start=1):
        row = _item_head(sheet, row, f"{number}  {item.label[lang]}", item, lang)
        for person in people.to_dict("records"):
            row += 1
            put(sheet, row, 1, item.id, None, None)
            put(sheet, row, 2, str(person["ratee_id"]), None, None)
            put(sheet, row, NAME, person["name"], look["text"], look["left"])
            sheet.cell(row, NAME).border = look["grid"]
            _open(sheet, row, SCORE, look)
            evidence = _open(sheet, row, EVIDENCE, look, end=LAST)
            evidence.font, evidence.alignment = look["text"], look["left"]
            evidence.number_format = "@"
            sheet.row_dimensions[row].height = 26
            lines.append(row)
    _choices(sheet, lines, lang)


def _item_head(sheet: Worksheet, row: int, name: str, item: Rated, lang: str) -> int:
    look = styles(lang)
    row += 1
    put(sheet, row, NAME, f"{name} — {item.about[lang]}", look["bold"], look["left"])
    sheet.merge_cells(start_row=row, end_row=row, start_column=NAME, end_column=LAST)
    sheet.row_dimensions[row].height = 30
    row += 1
    put(sheet, row, NAME, words()["levels"][lang], look["soft"], look["top"])
    levels = [f"{n} = {level[lang]}" for n, level in enumerate(item.levels, start=LOW)]
    for place, text in enumerate(levels, start=EVIDENCE):
        put(sheet, row, place, text, look["soft"], look["top"]).border = look["grid"]
    sheet.row_dimensions[row].height = 6 + _LINE * max(_lines(text) for text in levels)
    return row


def _lines(text: str) -> int:
    """Lines of a level's words; a Chinese sign takes the room of two letters."""
    width = sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
    return -(-width // (_LEVEL_WIDTH - 1))


def _choices(sheet: Worksheet, rows: list[int], lang: str) -> None:
    from openpyxl.utils import get_column_letter

    cells = [f"{get_column_letter(SCORE)}{row}" for row in rows]
    steps_only(sheet, cells, LOW, HIGH, words()["pick"][lang])


def form_name(period: str, source: str, rater: str, lang: str) -> str:
    """File name of a form.

    >>> form_name("2026H1", "self", "M006", "zh")
    'appraisal_2026H1_self_M006.zh.xlsx'
    """
    return f"appraisal_{safe_part(period)}_{source}_{safe_part(rater)}.{lang}.xlsx"


def write_appraisal_forms(
    pairs: pd.DataFrame, out: Path, *, source: str, period: str, lang: str, force: bool = False,
    company: str = "",
) -> list[Path]:  # fmt: skip
    """One form a rater into the folder ``out``, or into that file where it ends with ``.xlsx``.

    Raises KamkitError appraisal_one_file (several raters, one file), survey_form_exists,
    unknown_period.
    """
    period = period_named(period)
    groups = {str(name): rows for name, rows in pairs.groupby("rater_id", sort=True)}
    one = out.suffix.lower() == ".xlsx"
    if one and len(groups) > 1:
        raise KamkitError(Problem("appraisal_one_file", value=len(groups)))
    return write_forms(
        {
            out if one else out / form_name(period, source, rater, lang): partial(
                appraisal_form, rows, source=source, period=period, lang=lang, company=company
            )
            for rater, rows in groups.items()
        },
        force=force,
    )
