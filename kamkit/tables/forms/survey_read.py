"""Filled-in survey forms as answers, with every problem of every file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.schemes.surveys import Survey
from kamkit.tables.forms.entries import cell_at, day_said, score_said
from kamkit.tables.forms.survey_form import (
    ACCOUNTS,
    DATE,
    FIRST,
    HEADER,
    MARK,
    RESPONDENTS,
    asked_items,
)
from kamkit.tables.forms.workbook import Texts, refuse_unsafe, sheet_texts

_SETTINGS = ("survey", "version", "side", "wave", "invited_on")


@dataclass(frozen=True)
class Sheet:
    """What one person answered in one file: scores by item (unanswered ones left out)."""

    file: str
    wave: str
    side: str
    account_id: str
    respondent_id: str
    invited_on: pd.Timestamp
    responded_on: pd.Timestamp | None
    scores: Mapping[str, float] = field(default_factory=dict)
    company: str = ""


def read_survey_form(data: bytes, file: str, survey: Survey) -> tuple[list[Sheet], list[Problem]]:
    """The sheets of answers in a filled-in form, and what is wrong with it.

    Digits may be full-width, "6分" counts as 6, an empty cell stays missing. Nothing in the
    file is executed. Problems: own_file_kind, own_file_large, unreadable_file, survey_no_form,
    survey_other, survey_version, own_formula, not_a_number, survey_off_scale,
    survey_between_steps, survey_bad_day.
    """
    try:
        refuse_unsafe(data)
        values = sheet_texts(data, data_only=True)
        written = sheet_texts(data, data_only=False)
        title = next((name for name, rows in values.items() if _is_form(rows)), None)
        if title is None:
            raise KamkitError(Problem("survey_no_form"))
        settings = _settings(values[title], survey)
    except KamkitError as error:
        return [], [replace(p, table=file) for p in error.problems]
    found, problems = _sheets(values[title], written[title], settings, survey, file)
    return found, [replace(p, table=file) for p in problems]


def _is_form(rows: Texts) -> bool:
    return bool(rows and rows[0] and rows[0][0] == MARK)


def _settings(rows: Texts, survey: Survey) -> dict[str, str]:
    """The form's own settings; another instrument or version is refused."""
    try:
        said: Any = json.loads(rows[0][1] or "")
    except (ValueError, IndexError):
        said = None
    whole = isinstance(said, dict) and all(isinstance(said.get(k), str) for k in _SETTINGS)
    if not whole or len(rows) <= HEADER or said["side"] not in ("customer", "us"):
        raise KamkitError(Problem("survey_no_form"))
    details = {"allowed": survey.id, "version": survey.version}
    if said["survey"] != survey.id:
        raise KamkitError(Problem("survey_other", value=said["survey"], details=details))
    if said["version"] != survey.version:
        raise KamkitError(Problem("survey_version", value=said["version"], details=details))
    if day_said(said["invited_on"]) is None:
        raise KamkitError(Problem("survey_no_form"))
    maker = said.get("company", "")
    if not isinstance(maker, str):
        raise KamkitError(Problem("survey_no_form"))
    return {**{key: said[key] for key in _SETTINGS}, "company": maker}


def _sheets(
    rows: Texts, written: Texts, settings: Mapping[str, str], survey: Survey, file: str
) -> tuple[list[Sheet], list[Problem]]:
    items = {key: item for key, item, _ in asked_items(survey, settings["side"])}
    lines = {key: at for at, row in enumerate(rows) if at >= HEADER and row and (key := row[0])}
    gone = [key for key in items if key not in lines]
    if gone:
        return [], [Problem("survey_lines_gone", value=", ".join(gone))]
    found: list[Sheet] = []
    problems: list[Problem] = []
    for place in range(FIRST - 1, len(rows[RESPONDENTS - 1])):
        person, account = (cell_at(rows, line - 1, place) for line in (RESPONDENTS, ACCOUNTS))
        if not person or not account:
            continue
        scores: dict[str, float] = {}
        for number, (key, item) in enumerate(items.items(), start=1):
            score, wrong = score_said(rows, written, lines[key], place, item.low, item.high)
            if score is not None:
                scores[key] = score
            if wrong is not None:
                problems.append(replace(wrong, column=person, row=number))
        said = cell_at(rows, lines[DATE], place) if DATE in lines else None
        day = day_said(said) if said else None
        if said and day is None:
            problems.append(Problem("survey_bad_day", column=person, value=said))
        invited = pd.Timestamp(settings["invited_on"])
        found.append(
            Sheet(
                file,
                settings["wave"],
                settings["side"],
                account,
                person,
                invited,
                day,
                scores,
                settings["company"],
            )
        )
    return found, problems if found else [Problem("survey_no_form")]


def answers_differ(sheets: Sequence[Sheet]) -> list[Problem]:
    """The same person in two files with different answers to the same item."""
    seen: dict[tuple[str, str], Sheet] = {}
    problems = []
    for sheet in sheets:
        first = seen.setdefault((sheet.wave, sheet.respondent_id), sheet)
        unlike = [k for k, v in sheet.scores.items() if first.scores.get(k, v) != v]
        if unlike:
            problems.append(
                Problem(
                    "survey_two_files",
                    sheet.file,
                    sheet.respondent_id,
                    value=", ".join(unlike),
                    details={"other": first.file},
                )
            )
    return problems
