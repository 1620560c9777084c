"""How a form looks: fonts, lines, one sheet of paper."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_INK, _PAPER, _BAND, _LINE, _SOFT = "1F3A5F", "FFFFFF", "F3F6FA", "C9D3DF", "5B6672"
_FONTS = {"zh": "Microsoft YaHei", "en": "Calibri"}


def styles(lang: str) -> dict[str, Any]:
    """Looks of a form: one dark band, thin lines, nothing else."""
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    name, line = _FONTS[lang], Side(style="thin", color=_LINE)
    return {
        "title": Font(name=name, size=16, bold=True, color=_INK),
        "soft": Font(name=name, size=10, color=_SOFT),
        "text": Font(name=name, size=11),
        "bold": Font(name=name, size=11, bold=True, color=_INK),
        "header": Font(name=name, size=11, bold=True, color=_PAPER),
        "dark": PatternFill("solid", start_color=_INK, end_color=_INK),
        "band": PatternFill("solid", start_color=_BAND, end_color=_BAND),
        "grid": Border(left=line, right=line, top=line, bottom=line),
        "middle": Alignment(horizontal="center", vertical="center", wrap_text=True),
        "top": Alignment(vertical="top", wrap_text=True),
        "left": Alignment(vertical="center", wrap_text=True),
        "right": Alignment(horizontal="right", vertical="center"),
    }


def put(sheet: Worksheet, row: int, column: int, text: Any, font: Any, place: Any) -> Any:
    """Write one cell; a text that begins with "=" stays a text."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if isinstance(text, str):
        text = ILLEGAL_CHARACTERS_RE.sub("", text)
    cell = sheet.cell(row, column, text)
    if isinstance(text, str):
        cell.data_type = "s"
    cell.font, cell.alignment = font, place
    return cell


def lock(sheet: Worksheet, *, rows: Iterable[int], columns: Iterable[str]) -> None:
    """Ids out of sight, texts locked without a password: against slips, not against intent."""
    for row in rows:
        sheet.row_dimensions[row].hidden = True
    for letter in columns:
        sheet.column_dimensions[letter].hidden = True
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False


def paper(sheet: Worksheet, orientation: str = "landscape") -> None:
    """As wide as one sheet of paper."""
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = orientation
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def book_bytes(book: Workbook) -> bytes:
    """The workbook as the bytes of an XLSX file."""
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def steps_only(sheet: Worksheet, cells: Iterable[str], low: int, high: int, told: str) -> None:
    """A list of whole steps for these cells; anything else is refused with ``told``."""
    from openpyxl.worksheet.datavalidation import DataValidation

    steps = ",".join(str(step) for step in range(low, high + 1))
    rule = DataValidation(type="list", formula1=f'"{steps}"', allow_blank=True)
    rule.errorStyle, rule.error = "stop", told
    rule.showErrorMessage = True
    for cell in cells:
        rule.add(cell)
    sheet.add_data_validation(rule)
