"""Answers and invitations into a company's tables: all of them or none, and only once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.schemes.surveys import Survey
from kamkit.tables.company import Company
from kamkit.tables.forms.store import (
    company_for,
    joined,
    made_for,
    refuse_sample,
    replace_tables,
    table_or_empty,
)
from kamkit.tables.forms.survey_read import Sheet, answers_differ, read_survey_form
from kamkit.tables.validate import table_problems

ASKED, SAID = "survey_invitations", "survey_responses"
_ASKED_COLUMNS = ["wave", "account_id", "respondent_id", "side", "invited_on", "responded_on"]
_SAID_COLUMNS = ["wave", "account_id", "respondent_id", "side", "item", "score"]
_NEEDED = {ASKED, SAID, "accounts", "contacts", "members"}


@dataclass(frozen=True)
class Added:
    """What came in: people who answered, new and changed answers, those known, warnings."""

    people: int
    new: int
    changed: int
    known: int
    problems: tuple[Problem, ...] = ()


def survey_company(folder: str | Path) -> Company:
    """A company whose survey tables may be written; errors elsewhere don't matter here.

    Raises KamkitError with the errors of the tables that a survey needs.
    """
    return company_for(folder, _NEEDED)


def record_invitations(company: Company, people: pd.DataFrame, *, wave: str, side: str,
                       day: pd.Timestamp) -> int:  # fmt: skip
    """Note who was asked, so that silence counts; the number of new invitations.

    Needs people: account_id, respondent_id, invited_on.
    """
    refuse_sample(company)
    asked = table_or_empty(company, ASKED, _ASKED_COLUMNS)
    known = set(zip(asked["wave"], asked["respondent_id"], strict=True))
    fresh = people[[(wave, r) not in known for r in people["respondent_id"]]]
    if fresh.empty:
        return 0
    rows = fresh[["account_id", "respondent_id"]].assign(
        wave=wave, side=side, invited_on=fresh["invited_on"].fillna(day)
    )
    rows["responded_on"] = pd.Series(pd.NaT, index=rows.index)
    replace_tables(company, {ASKED: joined(asked, rows[_ASKED_COLUMNS])})
    return len(fresh)


def add_answers(
    company: Company,
    files: Sequence[Path],
    survey: Survey,
    *,
    day: pd.Timestamp,
    overwrite: bool = False,
) -> Added:
    """Take filled-in forms into survey_responses and survey_invitations.

    A form read again changes nothing. Raises KamkitError with every problem of every file, and
    writes nothing then: those of the forms, form_other_company, survey_unknown_person,
    survey_two_files, survey_differs (another answer is on record; ``overwrite`` takes the new one),
    survey_before_invited. ``day`` stands for the day of answering where a form names none.
    Warning: survey_empty (a form without answers; the invitation counts all the same).
    """
    refuse_sample(company)
    sheets, problems = _read(files, survey)
    sheets, foreign = made_for(company, sheets)
    problems += foreign + _unknown(company, sheets) + answers_differ(sheets) + _too_early(sheets)
    said = table_or_empty(company, SAID, _SAID_COLUMNS)
    before = {
        key: score
        for key, score in zip(
            zip(said["wave"], said["respondent_id"], said["item"], strict=True),
            said["score"],
            strict=True,
        )
        if score == score
    }
    if not overwrite:
        problems += _differing(before, sheets)
    KamkitError.collect(problems)
    rows, counts = _new_rows(before, sheets)
    asked = _asked_now(table_or_empty(company, ASKED, _ASKED_COLUMNS), sheets, day)
    changes = {ASKED: asked} if asked is not None else {}
    if len(rows):
        merged = joined(said, rows)
        keys = ["wave", "respondent_id", "item"]
        changes[SAID] = merged.drop_duplicates(keys, keep="last", ignore_index=True)
    for name, frame in changes.items():
        KamkitError.collect(table_problems(frame, name))
    replace_tables(company, changes)
    people = len({(s.wave, s.respondent_id) for s in sheets if s.scores})
    return Added(people, *counts, tuple(problems))


def _read(files: Sequence[Path], survey: Survey) -> tuple[list[Sheet], list[Problem]]:
    sheets: list[Sheet] = []
    problems: list[Problem] = []
    for path in files:
        try:
            data = path.read_bytes()
        except OSError:
            problems.append(Problem("file_not_found", path.name, value=str(path)))
            continue
        found, wrong = read_survey_form(data, path.name, survey)
        sheets += found
        problems += wrong
        problems += [
            Problem("survey_empty", path.name, value=s.respondent_id, level="warning")
            for s in found
            if not s.scores and not wrong
        ]
    return sheets, problems


def _unknown(company: Company, sheets: Iterable[Sheet]) -> list[Problem]:
    """People whom the company doesn't know at that account."""
    asked = table_or_empty(company, ASKED, _ASKED_COLUMNS)
    known = set(
        zip(asked["wave"], asked["side"], asked["account_id"], asked["respondent_id"], strict=True)
    )
    accounts = set(company.accounts["account_id"])
    people: set[tuple[str, str]] = set()
    if company.has("contacts"):
        people = set(
            zip(company.contacts["account_id"], company.contacts["contact_id"], strict=True)
        )
    staff = set(company.members["member_id"]) if company.has("members") else set()
    problems = []
    for s in sheets:
        member = s.respondent_id.removesuffix(f"-{s.account_id}")
        fits = (
            (s.account_id, s.respondent_id) in people if s.side == "customer" else member in staff
        )
        if s.account_id not in accounts:
            problems.append(Problem("unknown_account", s.file, value=s.account_id))
        elif not fits and (s.wave, s.side, s.account_id, s.respondent_id) not in known:
            details = {"account": s.account_id}
            problems.append(
                Problem("survey_unknown_person", s.file, value=s.respondent_id, details=details)
            )
    return problems


def _too_early(sheets: Iterable[Sheet]) -> list[Problem]:
    return [
        Problem("survey_before_invited", s.file, s.respondent_id,
                value=s.responded_on.date().isoformat(),
                details={"invited": s.invited_on.date().isoformat()})
        for s in sheets
        if s.responded_on is not None and s.responded_on < s.invited_on
    ]  # fmt: skip


def _differing(
    before: Mapping[tuple[str, str, str], float], sheets: Iterable[Sheet]
) -> list[Problem]:
    return [
        Problem("survey_differs", s.file, s.respondent_id, value=f"{item} = {score:g}",
                details={"before": f"{before[s.wave, s.respondent_id, item]:g}"})
        for s in sheets
        for item, score in s.scores.items()
        if before.get((s.wave, s.respondent_id, item), score) != score
    ]  # fmt: skip


def _new_rows(
    before: Mapping[tuple[str, str, str], float], sheets: Iterable[Sheet]
) -> tuple[pd.DataFrame, tuple[int, int, int]]:
    """Rows to add, and how many answers are new, changed, known."""
    rows: dict[tuple[str, str, str], tuple[str, str, str, str, str, float]] = {}
    known = set()
    for s in sheets:
        for item, score in s.scores.items():
            key = (s.wave, s.respondent_id, item)
            if before.get(key) == score:
                known.add(key)
            else:
                rows[key] = (s.wave, s.account_id, s.respondent_id, s.side, item, score)
    changed = sum(key in before for key in rows)
    frame = pd.DataFrame(list(rows.values()), columns=_SAID_COLUMNS)
    return frame, (len(rows) - changed, changed, len(known))


def _asked_now(
    asked: pd.DataFrame, sheets: Sequence[Sheet], day: pd.Timestamp
) -> pd.DataFrame | None:
    """Invitations with those who answered; None where nothing changes."""
    place = {k: i for i, k in enumerate(zip(asked["wave"], asked["respondent_id"], strict=True))}
    out = asked.copy()
    fresh: dict[tuple[str, str], tuple[object, ...]] = {}
    answered = out["responded_on"].astype("datetime64[us]").copy()
    for s in sheets:
        key = (s.wave, s.respondent_id)
        when = (s.responded_on or max(day, s.invited_on)) if s.scores else None
        if key not in place:
            fresh.setdefault(
                key, (s.wave, s.account_id, s.respondent_id, s.side, s.invited_on, when)
            )
        elif s.scores and pd.isna(answered.iloc[place[key]]):
            answered.iloc[place[key]] = when
    out["responded_on"] = answered
    rows = pd.DataFrame(list(fresh.values()), columns=_ASKED_COLUMNS)
    if rows.empty and answered.equals(asked["responded_on"].astype("datetime64[us]")):
        return None
    return joined(out, rows)
