"""Filled-in rating forms as ratings, with every problem of every file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.tables.forms.appraisal_form import (
    DATE,
    DAY,
    EVIDENCE,
    HEADER,
    MARK,
    NAME,
    SCORE,
    words,
)
from kamkit.tables.forms.appraisal_items import (
    HIGH,
    LOW,
    PARTS,
    SOURCES,
    asked_parts,
    period_named,
    rated_items,
    wording,
)
from kamkit.tables.forms.entries import cell_at, day_said, score_said
from kamkit.tables.forms.workbook import Texts, refuse_unsafe, sheet_texts

# Codes of the shared readers → those that speak of a score from 1 to 5.
_OWN = {"not_a_number": "appraisal_not_score"}
_SETTINGS = ("part", "source", "period", "words", "rater_id")


@dataclass(frozen=True)
class Rating:
    """One score of one form; ``rated_on`` is None where the form names no day."""

    file: str
    part: str
    ratee_id: str
    rater_id: str
    source: str
    item: str
    period: str
    score: float
    rated_on: pd.Timestamp | None = None
    evidence: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it the same rating, whichever file it stands in."""
        return (self.part, self.ratee_id, self.rater_id, self.source, self.item, self.period)


@dataclass(frozen=True)
class Filled:
    """One file: whose it is, whom it asks about, and its ratings."""

    file: str
    source: str
    period: str
    rater_id: str
    ratees: tuple[str, ...]
    ratings: tuple[Rating, ...]
    company: str = ""


def read_appraisal_form(data: bytes, file: str) -> tuple[Filled | None, list[Problem]]:
    """What a rating form says, and what is wrong with it; nothing in the file is executed.

    An empty score stays missing. Problems: own_file_kind, own_file_large, unreadable_file,
    appraisal_no_form, unknown_period, appraisal_sheet_gone, appraisal_lines_gone, own_formula,
    appraisal_not_score, survey_off_scale, survey_between_steps, survey_bad_day; warnings
    appraisal_words (the levels read differently now), appraisal_no_evidence (lowest or highest
    level without evidence).
    """
    try:
        refuse_unsafe(data)
        values = sheet_texts(data, data_only=True)
        written = sheet_texts(data, data_only=False)
        sheets = {name: rows for name, rows in values.items() if _is_form(rows)}
        settings = {name: _settings(rows) for name, rows in sheets.items()}
        first = _one(list(settings.values()))
    except KamkitError as error:
        return None, [replace(p, table=file) for p in error.problems]
    problems = [Problem("appraisal_sheet_gone", value=p) for p in _missing_parts(settings, first)]
    days, wrong = _days(sheets)
    problems += wrong
    ratings: list[Rating] = []
    for name, rows in sheets.items():
        found, wrong = _ratings(
            rows, written[name], settings[name] | {"sheet": name}, file, days[name]
        )
        ratings += found
        problems += wrong
    who = (first["source"], first["period"], first["rater_id"], tuple(first["ratees"]))
    form = Filled(file, *who, tuple(ratings), first.get("company", ""))
    return form, [replace(p, table=file) for p in problems]


def _is_form(rows: Texts) -> bool:
    return bool(rows and rows[0] and rows[0][0] == MARK)


def _settings(rows: Texts) -> dict[str, Any]:
    try:
        said: Any = json.loads(rows[0][1] or "")
    except (ValueError, IndexError):
        said = None
    whole = isinstance(said, dict) and all(isinstance(said.get(k), str) for k in _SETTINGS)
    if not whole or said["part"] not in PARTS or said["source"] not in SOURCES:
        raise KamkitError(Problem("appraisal_no_form"))
    ratees = said.get("ratees")
    if not isinstance(ratees, list) or not all(isinstance(r, str) for r in ratees):
        raise KamkitError(Problem("appraisal_no_form"))
    if not all(isinstance(said.get(k, ""), str) for k in ("lang", "company")):
        raise KamkitError(Problem("appraisal_no_form"))
    return dict(said) | {"period": period_named(said["period"])}


def _one(settings: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The settings that all sheets share; sheets of two forms in one file are no form."""
    same = {
        json.dumps({k: v for k, v in s.items() if k not in ("part", "words")}) for s in settings
    }
    if len(same) != 1 or len({s["part"] for s in settings}) != len(settings):
        raise KamkitError(Problem("appraisal_no_form"))
    first = settings[0]
    if first["source"] == "self" and first["ratees"] != [first["rater_id"]]:
        raise KamkitError(Problem("appraisal_no_form"))
    return first


def _missing_parts(settings: Mapping[str, dict[str, Any]], first: dict[str, Any]) -> list[str]:
    there = {s["part"] for s in settings.values()}
    gone = [part for part in asked_parts(first["source"]) if part not in there]
    return [words()["part"][part].get(first.get("lang"), part) for part in gone]


def _days(
    sheets: Mapping[str, Texts],
) -> tuple[dict[str, pd.Timestamp | None], list[Problem]]:
    """The day of rating of each sheet; a sheet that names none takes that of the first."""
    days: dict[str, pd.Timestamp | None] = dict.fromkeys(sheets)
    problems = []
    for name, rows in sheets.items():
        said = cell_at(rows, DAY - 1, SCORE - 1) if cell_at(rows, DAY - 1, 0) == DATE else None
        if said:
            days[name] = day_said(said)
            if days[name] is None:
                problems.append(Problem("survey_bad_day", column=name, value=said[:60]))
    first = next((day for day in days.values() if day is not None), None)
    return {name: first if day is None else day for name, day in days.items()}, problems


def _lines(rows: Texts) -> Iterator[tuple[int, str, str]]:
    """Place, item and rated person of every line for an answer."""
    for place in range(HEADER, len(rows)):
        item, ratee = cell_at(rows, place, 0), cell_at(rows, place, 1)
        if item and ratee:
            yield place, item, ratee


def _ratings(
    rows: Texts, written: Texts, said: Mapping[str, Any], file: str, day: pd.Timestamp | None
) -> tuple[list[Rating], list[Problem]]:
    items = rated_items(said["part"])
    label = {i.id: i.label.get(said.get("lang", ""), i.id) for i in items}
    lines = {(item, ratee): place for place, item, ratee in _lines(rows)}
    wanted = [(item.id, ratee) for item in items for ratee in said["ratees"]]
    gone = [f"{label[item]} {ratee}" for item, ratee in wanted if (item, ratee) not in lines]
    problems = []
    if gone:
        value = ", ".join(gone[:5])
        problems.append(Problem("appraisal_lines_gone", column=said["sheet"], value=value))
    if said["words"] != wording(items):
        problems.append(Problem("appraisal_words", value=said["sheet"], level="warning"))
    found = []
    for item, ratee in (pair for pair in wanted if pair in lines):
        place = lines[item, ratee]
        # Rows alone don't say where: each sheet has a row 9.
        spot = f"{said['sheet']} · {cell_at(rows, place, NAME - 1) or ratee}"
        score, wrong = score_said(rows, written, place, SCORE - 1, LOW, HIGH)
        evidence = cell_at(rows, place, EVIDENCE - 1) or ""
        if (cell_at(written, place, EVIDENCE - 1) or "").startswith("="):
            wrong = Problem("own_formula", value=cell_at(written, place, EVIDENCE - 1))
        elif score in (LOW, HIGH) and not evidence:
            said_so = f"{label[item]} = {score:g}"
            problems.append(
                Problem("appraisal_no_evidence", "", spot, place + 1, said_so, level="warning")
            )
        if wrong is not None:
            code = _OWN.get(wrong.code, wrong.code)
            problems.append(replace(wrong, code=code, column=spot, row=place + 1))
        elif score is not None:
            who = (ratee, said["rater_id"], said["source"], item, said["period"])
            found.append(Rating(file, said["part"], *who, score, day, evidence))
    return found, problems


def ratings_differ(ratings: Sequence[Rating]) -> list[Problem]:
    """The same rating in two files with different scores."""
    seen: dict[tuple[str, ...], Rating] = {}
    problems = []
    for rating in ratings:
        first = seen.setdefault(rating.key, rating)
        if first.score != rating.score:
            said = f"{rating.item} = {rating.score:g}"
            details = {"other": first.file}
            problems.append(
                Problem("survey_two_files", rating.file, rating.ratee_id, value=said,
                        details=details)
            )  # fmt: skip
    return problems
