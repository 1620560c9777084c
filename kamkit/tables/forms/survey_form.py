"""The survey form: one XLSX with drop-downs for one respondent, or for several of an account."""

from __future__ import annotations

import json
import tomllib
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.schemes.surveys import EXPECTED, Survey, SurveyItem
from kamkit.tables.forms.files import safe_part, write_forms
from kamkit.tables.forms.looks import book_bytes, lock, paper, put, steps_only, styles
from kamkit.tables.forms.workbook import MOST_COLUMNS

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

MARK = "kamkit-survey-1"
DATE = "responded_on"
# Hidden rows: mark and settings, accounts, respondents. Hidden first column: ids of the items.
ACCOUNTS, RESPONDENTS, TITLE, LEAD, HEADER = 2, 3, 4, 5, 6
FIRST = 5  # the first column of answers
MOST_PEOPLE = MOST_COLUMNS - FIRST


@cache
def _words() -> dict[str, Any]:
    source = files("kamkit.tables.forms").joinpath("survey.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def asked_items(survey: Survey, side: str) -> list[tuple[str, SurveyItem, bool]]:
    """Ids under which answers are kept, in the form's order; expectations come first.

    >>> from kamkit.schemes.surveys import read_survey
    >>> len(asked_items(read_survey("service_quality"), "customer"))
    44
    """
    items = survey.asked(side)
    expected = [(i.id + EXPECTED, i, True) for i in items if i.expectation["en"]]
    return [*(expected if side == "customer" else []), *((i.id, i, False) for i in items)]


def survey_form(
    survey: Survey,
    people: pd.DataFrame,
    *,
    side: str,
    wave: str,
    day: pd.Timestamp,
    lang: str,
    company: str = "",
) -> bytes:
    """The empty form for the people of one account, as the bytes of an XLSX file.

    Needs people: account_id, respondent_id, name, account, invited_on. One question a row, one
    column of answers a person, with a list of the scale's steps; everything else is locked.
    ``company``: its id, so that no other company takes the form in.
    Raises KamkitError survey_side (this side isn't asked), survey_many.

    >>> from kamkit.schemes.surveys import read_survey
    >>> one = pd.DataFrame({"account_id": ["A"], "respondent_id": ["p"], "name": ["Li"],
    ...     "account": ["Alpha"], "invited_on": [pd.NaT]})
    >>> survey_form(read_survey("quick"), one, side="customer", wave="2026H2",
    ...     day=pd.Timestamp("2026-09-01"), lang="en")[:2]
    b'PK'
    """
    from openpyxl import Workbook

    items = asked_items(survey, side)
    if not items:
        raise KamkitError(Problem("survey_side", value=survey.id, details={"side": side}))
    if len(people) > MOST_PEOPLE:
        raise KamkitError(Problem("survey_many", value=len(people), details={"most": MOST_PEOPLE}))
    book = Workbook()
    sheet = book.active
    sheet.title = _words()["title"][side][lang]
    settings = {"survey": survey.id, "version": survey.version, "side": side, "wave": wave,
                "company": company}  # fmt: skip
    invited = people["invited_on"].fillna(day).min().date().isoformat()
    put(sheet, 1, 1, MARK, None, None)
    put(sheet, 1, 2, json.dumps({**settings, "invited_on": invited}), None, None)
    _head(sheet, people, side, wave, lang)
    _questions(sheet, items, people, lang)
    lock(sheet, rows=(1, ACCOUNTS, RESPONDENTS), columns="A")
    paper(sheet, "portrait" if sheet.max_column <= FIRST + 1 else "landscape")
    book.properties.title, book.properties.creator = sheet.title, "kamkit"
    return book_bytes(book)


def _head(sheet: Worksheet, people: pd.DataFrame, side: str, wave: str, lang: str) -> None:
    from openpyxl.utils import get_column_letter

    look, words = styles(lang), _words()
    last = FIRST + len(people) - 1
    account = f"{words['account'][lang]}: {people['account'].iloc[0]}"
    title = f"{sheet.title} · {account} · {words['wave'][lang]}: {wave}"
    put(sheet, TITLE, 2, title, look["title"], look["left"])
    put(sheet, LEAD, 2, words["lead"][side][lang], look["soft"], look["top"])
    for row, height in ((TITLE, 48), (LEAD, 48), (HEADER, 40)):
        sheet.merge_cells(start_row=row, end_row=row, start_column=2, end_column=max(last, FIRST))
        sheet.row_dimensions[row].height = height
    sheet.unmerge_cells(start_row=HEADER, end_row=HEADER, start_column=2, end_column=last)
    heads = [words[key][lang] for key in ("number", "question", "scale")] + people["name"].tolist()
    for place, text in enumerate(heads, start=2):
        put(sheet, HEADER, place, text, look["header"], look["middle"]).fill = look["dark"]
    for place, person in enumerate(people.to_dict("records"), start=FIRST):
        put(sheet, ACCOUNTS, place, person["account_id"], None, None)
        put(sheet, RESPONDENTS, place, person["respondent_id"], None, None)
        sheet.column_dimensions[get_column_letter(place)].width = 14
    for letter, width in (("B", 7), ("C", 62), ("D", 30)):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = sheet.cell(HEADER + 1, FIRST)


def _questions(
    sheet: Worksheet, items: list[tuple[str, SurveyItem, bool]], people: pd.DataFrame, lang: str
) -> None:
    from openpyxl.styles import Protection

    look, words = styles(lang), _words()
    both = any(expected for _, _, expected in items)
    scales: dict[tuple[float, float], list[int]] = {}
    row = HEADER
    for number, (key, item, expected) in enumerate(items, start=1):
        row += 1
        text = item.expectation[lang] if expected else _asked(item, sheet, lang)
        part = f"{words['expected' if expected else 'seen'][lang]}: " if both else ""
        scale = f"{item.low:g} = {item.low_word[lang]}\n{item.high:g} = {item.high_word[lang]}"
        put(sheet, row, 1, key, None, None)
        put(sheet, row, 2, number, look["soft"], look["middle"])
        put(sheet, row, 3, part + text, look["text"], look["left"])
        put(sheet, row, 4, scale, look["soft"], look["left"])
        sheet.row_dimensions[row].height = 36
        scales.setdefault((item.low, item.high), []).append(row)
    row += 1
    put(sheet, row, 1, DATE, None, None)
    put(sheet, row, 3, words["date"][lang], look["soft"], look["left"])
    sheet.row_dimensions[row].height = 26
    for line in range(HEADER + 1, row + 1):
        for place in range(2, FIRST + len(people)):
            sheet.cell(line, place).border = look["grid"]
        for place in range(FIRST, FIRST + len(people)):
            put(sheet, line, place, None, look["bold"], look["middle"])
            sheet.cell(line, place).protection = Protection(locked=False)
            sheet.cell(line, place).fill = look["band"]
            sheet.cell(line, place).number_format = "yyyy-mm-dd" if line == row else "General"
    _choices(sheet, scales, len(people), lang)


def _asked(item: SurveyItem, sheet: Worksheet, lang: str) -> str:
    side = json.loads(sheet.cell(1, 2).value)["side"]
    return item.words[side][lang]


def _choices(
    sheet: Worksheet, scales: dict[tuple[float, float], list[int]], people: int, lang: str
) -> None:
    """A list of the steps for every answer."""
    from openpyxl.utils import get_column_letter

    first, last = (get_column_letter(p) for p in (FIRST, FIRST + people - 1))
    for (low, high), rows in scales.items():
        cells = [f"{first}{row}:{last}{row}" for row in rows]
        steps_only(sheet, cells, int(low), int(high), _words()["pick"][lang])


def form_name(wave: str, side: str, key: str, lang: str) -> str:
    """File name of a form.

    >>> form_name("2026H2", "customer", "A0008-C01", "zh")
    'survey_2026H2_customer_A0008-C01.zh.xlsx'
    """
    return f"survey_{safe_part(wave)}_{side}_{safe_part(key)}.{lang}.xlsx"


def write_survey_forms(
    survey: Survey,
    people: pd.DataFrame,
    out: Path,
    *,
    side: str,
    wave: str,
    day: pd.Timestamp,
    lang: str,
    per: str = "respondent",
    force: bool = False,
    company: str = "",
) -> list[Path]:
    """Forms into a folder, one a respondent or one an account (``per``).

    A form that is there already may hold answers: KamkitError ``survey_form_exists``, and
    nothing is written, unless ``force``.
    """
    key = "account_id" if per == "account" else "respondent_id"
    groups = {str(name): rows for name, rows in people.groupby(key, sort=True)}
    targets = {name: out / form_name(wave, side, name, lang) for name in groups}
    return write_forms(
        {
            targets[name]: partial(
                survey_form,
                survey,
                rows,
                side=side,
                wave=wave,
                day=day,
                lang=lang,
                company=company,
            )
            for name, rows in groups.items()
        },
        force=force,
    )
