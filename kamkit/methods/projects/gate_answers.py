"""Gate reviews of many projects or deals at once, from the table of answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.portfolio.inputs import one_of
from kamkit.methods.projects.answers import QuestionSet, question_table
from kamkit.methods.projects.gates import gate_review

KEYS = ("project_id", "opportunity_id")


@dataclass(frozen=True)
class GateReviews:
    """Parts of :class:`GateReview` for every project or deal, with its id in front."""

    decisions: pd.DataFrame
    phases: pd.DataFrame
    questions: pd.DataFrame
    by: str


def gate_inputs(
    gate_answers: pd.DataFrame,
    question_set: QuestionSet,
    *,
    by: str = "project_id",
) -> dict[str, pd.DataFrame]:
    """Rows of ``gate_answers`` as the input of :func:`gate_review`, one table an id.

    Needs columns: ``by`` (project_id or opportunity_id), question, answer; where known
    evidence, answered_on, by, question_set. Rows of another question set, and rows without the
    id, are left out; where no set is named, rows whose question this set doesn't hold are taken
    to belong to another one.
    Returns question, answer, evidence, answered_on by id, in the order of ids.

    >>> from types import SimpleNamespace as Set
    >>> one = Set(id="budget", group="start", weight=1.0, gate=True, origin="house")
    >>> own = Set(id="own", origin="house", questions=(one,))
    >>> rows = pd.DataFrame({"project_id": ["P1", "P1", None], "answer": ["yes", "no", "no"],
    ...                      "question": ["budget", "other", "budget"]})
    >>> gate_inputs(rows, own)["P1"].question.tolist()
    ['budget']
    """
    one_of(by, "by", KEYS)
    need_columns(gate_answers, "gate_answers", [by, "question", "answer"])
    asked = set(question_table(question_set)["question"])
    mine = gate_answers[by].notna()
    known = gate_answers["question"].astype(str).isin(asked)
    if "question_set" in gate_answers:
        named = gate_answers["question_set"]
        # A wrong question in a row that names this set is an error, which gate_review raises.
        known = known.where(named.isna(), named == question_set.id)
    rows = gate_answers[mine & known]
    columns = [c for c in ("question", "answer", "evidence", "answered_on") if c in rows]
    return {
        str(key): part[columns].reset_index(drop=True)
        for key, part in rows.groupby(rows[by].astype(str), sort=True)
    }


def gate_reviews(
    gate_answers: pd.DataFrame,
    question_set: QuestionSet,
    *,
    by: str = "project_id",
    phases: Mapping[str, str] | None = None,
    **options: Any,
) -> GateReviews:
    """Review every project (or deal) that has answers; those that stop come first.

    Needs columns: those of :func:`gate_inputs`. ``phases`` names the gate at which a project
    stands, by id; ``options`` go to :func:`gate_review` (gate_evidence, evidence, required,
    as_of, stale_days).
    Returns ``decisions`` (id, phase, decision: stop, hold, go; stops, missing, first_missing,
    share_met with low and high, answers: rows known; variant, origin), ``phases`` and
    ``questions`` (as :class:`GateReview`, with the id in front). Projects without answers
    aren't listed: nothing is known of them. Source: S152; Cooper 1990; rule house.

    >>> from types import SimpleNamespace as Set
    >>> one = Set(id="budget", group="start", weight=1.0, gate=True, origin="house")
    >>> own = Set(id="own", origin="house", questions=(one,))
    >>> rows = pd.DataFrame({"project_id": ["P1"], "question": ["budget"], "answer": ["no"]})
    >>> gate_reviews(rows, own).decisions[["project_id", "decision"]].values.tolist()
    [['P1', 'stop']]
    """
    found: dict[str, list[pd.DataFrame]] = {"decisions": [], "phases": [], "questions": []}
    for key, rows in gate_inputs(gate_answers, question_set, by=by).items():
        at = (phases or {}).get(key)
        review = gate_review(rows, question_set, phase=at, **options)
        met = review.measures.set_index("measure").loc["share_met"]
        line = review.decision.assign(
            share_met=met["value"], low=met["low"], high=met["high"], answers=len(rows),
            variant=met["variant"], origin=met["origin"],
        )  # fmt: skip
        for name, part in zip(found, (line, review.phases, review.questions), strict=True):
            part = part.copy()
            part.insert(0, by, key)
            found[name].append(part)
    if not found["decisions"]:
        return _nothing(question_set, by)
    tables = {name: pd.concat(parts, ignore_index=True) for name, parts in found.items()}
    decisions = tables["decisions"]
    place = decisions["decision"].map({"stop": 0, "hold": 1}).fillna(2)
    order = place.sort_values(kind="stable").index
    return GateReviews(
        decisions.loc[order].reset_index(drop=True), tables["phases"], tables["questions"], by
    )


def _nothing(question_set: QuestionSet, by: str) -> GateReviews:
    """No answers at all: the tables with their columns and no row."""
    empty = gate_review(pd.DataFrame({"question": [], "answer": []}), question_set)
    figures = ["share_met", "low", "high", "answers", "variant", "origin"]
    columns = [by, *empty.decision.columns, *figures]
    return GateReviews(
        pd.DataFrame(columns=columns),
        pd.DataFrame(columns=[by, *empty.phases.columns]),
        pd.DataFrame(columns=[by, *empty.questions.columns]),
        by,
    )
