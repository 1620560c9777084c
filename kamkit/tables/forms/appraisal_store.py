"""Ratings of filled-in forms into a company's tables: all of them or none, and only once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.tables.company import Company
from kamkit.tables.forms.appraisal_items import PARTS
from kamkit.tables.forms.appraisal_read import (
    Filled,
    Rating,
    ratings_differ,
    read_appraisal_form,
)
from kamkit.tables.forms.store import (
    company_for,
    joined,
    made_for,
    refuse_sample,
    replace_tables,
    table_or_empty,
)
from kamkit.tables.validate import table_problems

_NEEDED = {*PARTS, "members", "contacts", "accounts"}
Before = Mapping[tuple[str, ...], tuple[float, str]]


@dataclass(frozen=True)
class Rated:
    """What came in: forms with ratings, new and changed ratings, those known, warnings."""

    forms: int
    new: int
    changed: int
    known: int
    problems: tuple[Problem, ...] = ()


def appraisal_company(folder: str | Path) -> Company:
    """A company whose rating tables may be written; errors elsewhere don't matter here."""
    return company_for(folder, _NEEDED)


def _columns(part: str) -> list[str]:
    head = ["ratee_id", "rater_id", "source", PARTS[part], "period"]
    return [*head, "score", "rated_on", "evidence"]


def add_ratings(
    company: Company, files: Sequence[Path], *, day: pd.Timestamp, overwrite: bool = False
) -> Rated:
    """Take filled-in forms into ratings and duty_ratings.

    A form read again changes nothing; evidence that is added to a known score is taken.
    ``day`` stands for the day of rating where a form names none. Raises KamkitError with every
    problem of every file, and writes nothing then: those of the forms,
    form_other_company, appraisal_unknown_member, appraisal_future_day, survey_two_files,
    survey_differs (another score or evidence is on record; ``overwrite`` takes the new one).
    Warnings: appraisal_empty, appraisal_words, appraisal_no_evidence, appraisal_other_manager.
    """
    refuse_sample(company)
    forms, problems = _read(files)
    forms, foreign = made_for(company, forms)
    ratings = [rating for form in forms for rating in form.ratings]
    problems += foreign + _people(company, forms)
    problems += ratings_differ(ratings) + _future(forms, day)
    tables = {part: table_or_empty(company, part, _columns(part)) for part in PARTS}
    before = {
        key: said for part, table in tables.items() for key, said in _known(part, table).items()
    }
    if not overwrite:
        problems += _differing(before, ratings)
    KamkitError.collect(problems)
    fresh, counts = _fresh(before, ratings)
    changes = {
        part: _merged(tables[part], part, [r for r in fresh if r.part == part], day)
        for part in PARTS
        if any(r.part == part for r in fresh)
    }
    for part, frame in changes.items():
        KamkitError.collect(table_problems(frame, part))
    if changes:
        replace_tables(company, changes)
    return Rated(sum(bool(form.ratings) for form in forms), *counts, tuple(problems))


def _read(files: Sequence[Path]) -> tuple[list[Filled], list[Problem]]:
    forms: list[Filled] = []
    problems: list[Problem] = []
    for path in files:
        try:
            data = path.read_bytes()
        except OSError:
            problems.append(Problem("file_not_found", path.name, value=str(path)))
            continue
        form, wrong = read_appraisal_form(data, path.name)
        problems += wrong
        if form is not None:
            forms.append(form)
            if not form.ratings and not any(p.level == "error" for p in wrong):
                problems.append(
                    Problem("appraisal_empty", path.name, value=form.rater_id, level="warning")
                )
    return forms, problems


def _people(company: Company, forms: Iterable[Filled]) -> list[Problem]:
    """People whom the company doesn't know; a manager who isn't the one on record is told of."""
    managers: dict[str, object] = {}
    if company.has("members"):
        staff = company.members
        lines = staff.reindex(columns=["member_id", "manager_id"])
        managers = dict(zip(lines["member_id"], lines["manager_id"], strict=True))
    outside = set(company.contacts["contact_id"]) if company.has("contacts") else set()
    problems = []
    for form in forms:
        raters = outside if form.source == "customer" else set(managers)
        unknown = [r for r in form.ratees if r not in managers]
        if form.rater_id not in raters:
            unknown = [form.rater_id, *unknown]
        problems += [
            Problem("appraisal_unknown_member", form.file, value=who)
            for who in dict.fromkeys(unknown)
        ]
        if form.source == "manager":
            rated = dict.fromkeys(r.ratee_id for r in form.ratings)
            problems += [
                Problem("appraisal_other_manager", form.file, value=who, level="warning",
                        details={"rater": form.rater_id})
                for who in rated
                if who in managers and managers[who] != form.rater_id
            ]  # fmt: skip
    return problems


def _future(forms: Iterable[Filled], day: pd.Timestamp) -> list[Problem]:
    days = {(form.file, rating.rated_on) for form in forms for rating in form.ratings}
    late = sorted((file, said) for file, said in days if said is not None and said > day)
    return [Problem("appraisal_future_day", f, value=said.date().isoformat()) for f, said in late]


def _known(part: str, table: pd.DataFrame) -> dict[tuple[str, ...], tuple[float, str]]:
    keys = table[_columns(part)[:5]].astype("str").itertuples(index=False, name=None)
    said = table.get("evidence", pd.Series("", index=table.index)).fillna("")
    return {
        (part, *key): (float(score), str(words))
        for key, score, words in zip(keys, table["score"], said, strict=True)
    }


def _unlike(before: Before, rating: Rating) -> str:
    """What differs from the rating on record: "score", "evidence", or nothing.

    Evidence that only one of the two has is no contradiction.
    """
    score, evidence = before.get(rating.key, (rating.score, rating.evidence))
    if score != rating.score:
        return "score"
    return "evidence" if evidence and rating.evidence not in ("", evidence) else ""


def _differing(before: Before, ratings: Iterable[Rating]) -> list[Problem]:
    problems = []
    for rating in ratings:
        unlike = _unlike(before, rating)
        if unlike:
            score, evidence = before[rating.key]
            old, new = (score, rating.score) if unlike == "score" else (evidence, rating.evidence)
            said = f"{rating.item} = {new:g}" if unlike == "score" else f"{rating.item}: {new}"
            details = {"before": f"{old:g}" if unlike == "score" else old}
            problems.append(
                Problem("survey_differs", rating.file, rating.ratee_id, value=said,
                        details=details)
            )  # fmt: skip
    return problems


def _fresh(before: Before, ratings: Iterable[Rating]) -> tuple[list[Rating], tuple[int, int, int]]:
    """Ratings to write, and how many are new, changed, known."""
    fresh: dict[tuple[str, ...], Rating] = {}
    known = set()
    for rating in ratings:
        score, evidence = before.get(rating.key, (float("nan"), ""))
        if score == rating.score and rating.evidence in ("", evidence):
            known.add(rating.key)
        elif rating.key not in fresh or rating.evidence:
            fresh[rating.key] = rating
    changed = sum(key in before for key in fresh)
    return list(fresh.values()), (len(fresh) - changed, changed, len(known - set(fresh)))


def _merged(
    table: pd.DataFrame, part: str, fresh: Sequence[Rating], day: pd.Timestamp
) -> pd.DataFrame:
    """The table with these ratings in the place of those of the same key; comments stay."""
    columns = _columns(part)
    rows = pd.DataFrame(
        [
            (r.ratee_id, r.rater_id, r.source, r.item, r.period, r.score, r.rated_on or day,
             r.evidence or None)
            for r in fresh
        ],
        columns=columns,
    ).astype({"rated_on": "datetime64[us]", "evidence": "str", "score": "float64"})  # fmt: skip
    merged = joined(table, rows)
    keys = columns[:5]
    again = merged.duplicated(keys, keep="last")
    if not again.any():
        return merged
    kept = merged.drop_duplicates(keys, keep="last").set_index(keys)
    for column in ("comment", "evidence"):
        if column in merged.columns:
            said = merged[again].set_index(keys)[column]
            kept[column] = kept[column].fillna(said.reindex(kept.index))
    return kept.reset_index()[merged.columns.tolist()]
