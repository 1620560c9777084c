"""The empty form for one's own accounts: an XLSX that Excel and WPS open."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kamkit.exercises.model import FORMAT
from kamkit.exercises.own_accounts.columns import OwnColumn, OwnForm, own_form
from kamkit.tables.forms.looks import book_bytes, paper, put, styles

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

HEADER_ROW = 3
_FORMATS = {"money": "#,##0.##", "share": "0.0%", "level": "0"}


def form(lang: str) -> bytes:
    """The empty form in one language, as the bytes of an XLSX file.

    First sheet: twenty numbered rows under the headers, with lists to choose from; second
    sheet: two lines and an example a column, and the five steps of a relationship.

    >>> form("en")[:2]
    b'PK'
    """
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    _entry_sheet(sheet, own_form(), lang)
    _notes_sheet(book.create_sheet(), own_form(), lang)
    book.properties.title = own_form().words["title"].said(lang)
    book.properties.creator = "kamkit"
    book.properties.keywords = f"kamkit-own-accounts-{FORMAT}"
    return book_bytes(book)


def _entry_sheet(sheet: Worksheet, parts: OwnForm, lang: str) -> None:
    from openpyxl.utils import get_column_letter

    look = styles(lang)
    last = len(parts.columns) + 1
    sheet.title = parts.words["title"].said(lang)
    put(sheet, 1, 1, sheet.title, look["title"], look["left"])
    put(sheet, 2, 1, parts.words["lead"].said(lang), look["soft"], look["top"])
    for row in range(1, HEADER_ROW):
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=last)
    for row, height in ((1, 30), (2, 34), (HEADER_ROW, 52)):
        sheet.row_dimensions[row].height = height
    put(sheet, HEADER_ROW, 1, parts.words["number"].said(lang), look["header"], look["middle"])
    sheet.column_dimensions["A"].width = 7
    for place, column in enumerate(parts.columns, start=2):
        header = _header(column, lang)
        put(sheet, HEADER_ROW, place, header, look["header"], look["middle"])
        sheet.column_dimensions[get_column_letter(place)].width = column.width
        _note(sheet.cell(HEADER_ROW, place), column, parts, lang)
    for place in range(1, last + 1):
        sheet.cell(HEADER_ROW, place).fill = look["dark"]
    _rows(sheet, parts, look)
    _choices(sheet, parts, lang)
    paper(sheet)
    sheet.freeze_panes = sheet.cell(HEADER_ROW + 1, 3)


def _header(column: OwnColumn, lang: str) -> str:
    """Name and unit on lines of their own; a star marks what is needed."""
    name, bracket, unit = re.split(r"\s*([(（])|$", column.label.said(lang), maxsplit=1)
    lines = [name + (" *" if column.needed else ""), (bracket or "") + (unit or "")]
    return "\n".join(line for line in lines if line)


def _note(cell: Any, column: OwnColumn, parts: OwnForm, lang: str) -> None:
    """The explanation and the example as a note: an example row would be taken for data."""
    from openpyxl.comments import Comment

    example = f"{parts.words['example'].said(lang)}: {column.example.said(lang)}"
    comment = Comment(f"{column.note.said(lang)}\n{example}", "kamkit")
    comment.width, comment.height = 320, 120
    cell.comment = comment


def _rows(sheet: Worksheet, parts: OwnForm, look: dict[str, Any]) -> None:
    for number in range(1, parts.most + 1):
        row = HEADER_ROW + number
        sheet.row_dimensions[row].height = 21
        put(sheet, row, 1, number, look["soft"], look["middle"])
        for place, column in enumerate(parts.columns, start=2):
            words = column.kind in ("name", "segment")
            put(sheet, row, place, None, look["text"], look["left" if words else "right"])
            sheet.cell(row, place).number_format = _FORMATS.get(column.kind, "@")
        for place in range(1, len(parts.columns) + 2):
            cell = sheet.cell(row, place)
            cell.border = look["grid"]
            if number % 2 == 0:
                cell.fill = look["band"]


def _choices(sheet: Worksheet, parts: OwnForm, lang: str) -> None:
    """Lists to choose from; a figure stays free, because “120万” is read too."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    lists = {
        "segment": ",".join(label.said(lang) for label in parts.segments.values()),
        "level": ",".join(str(level) for level in parts.levels),
    }
    for place, column in enumerate(parts.columns, start=2):
        if column.kind not in lists:
            continue
        rule = DataValidation(type="list", formula1=f'"{lists[column.kind]}"', allow_blank=True)
        rule.errorTitle, rule.error = column.label.said(lang), parts.words["pick"].said(lang)
        rule.errorStyle = "warning" if column.kind == "segment" else "stop"
        rule.promptTitle, rule.prompt = column.label.said(lang)[:32], column.note.said(lang)[:255]
        rule.showErrorMessage = rule.showInputMessage = True
        letter = get_column_letter(place)
        rule.add(f"{letter}{HEADER_ROW + 1}:{letter}{HEADER_ROW + parts.most}")
        sheet.add_data_validation(rule)


def _notes_sheet(sheet: Worksheet, parts: OwnForm, lang: str) -> None:
    look = styles(lang)
    sheet.title = parts.words["notes"].said(lang)
    put(sheet, 1, 1, sheet.title, look["title"], look["left"])
    sheet.row_dimensions[1].height = 30
    for place, (word, width) in enumerate((("column", 44), ("meaning", 84), ("example", 30)), 1):
        put(sheet, 2, place, parts.words[word].said(lang), look["header"], look["left"])
        sheet.cell(2, place).fill = look["dark"]
        sheet.column_dimensions["ABC"[place - 1]].width = width
    sheet.row_dimensions[2].height = 24
    for row, column in enumerate(parts.columns, start=3):
        texts = (column.label.said(lang), column.note.said(lang), column.example.said(lang))
        for place, text in enumerate(texts, start=1):
            put(sheet, row, place, text, look["bold" if place == 1 else "text"], look["left"])
            sheet.cell(row, place).border = look["grid"]
        sheet.row_dimensions[row].height = 38
    first = len(parts.columns) + 4
    put(sheet, first, 1, parts.words["steps"].said(lang), look["bold"], look["left"])
    for row, (level, label) in enumerate(parts.levels.items(), start=first + 1):
        put(sheet, row, 1, level, look["bold"], look["middle"])
        put(sheet, row, 2, label.said(lang), look["text"], look["left"])
        sheet.row_dimensions[row].height = 21
    sheet.freeze_panes = "A3"
    paper(sheet)
