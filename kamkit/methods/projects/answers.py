"""Answers to a question set: evidence behind them, and what is not known kept apart from no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns

ANSWERS = ("yes", "partly", "no", "unknown", "not_applicable")
# From nothing to paper: who says so (house order).
EVIDENCE = ("none", "us", "client", "document")
STATES = ("met", "thin", "partly", "no", "unknown", "contradicted", "stale", "not_applicable")
NOT_KNOWN = ("thin", "unknown", "contradicted", "stale")


class Question(Protocol):
    """What a method reads of a question; ``kamkit.schemes`` brings them."""

    @property
    def id(self) -> str:
        """Its key."""

    @property
    def group(self) -> str:
        """The phase, step or factor that it belongs to."""

    @property
    def weight(self) -> float:
        """How much it counts."""

    @property
    def gate(self) -> bool:
        """Whether a no ends the matter."""

    @property
    def origin(self) -> str:
        """Where it comes from."""


class QuestionSet(Protocol):
    """A set of questions in order."""

    @property
    def id(self) -> str:
        """Its key."""

    @property
    def origin(self) -> str:
        """Where it comes from."""

    @property
    def questions(self) -> Sequence[Any]:
        """The questions, in their order."""


def question_table(questions: QuestionSet) -> pd.DataFrame:
    """A question set as a table: question, group, weight, gate, origin, in its order.

    Raises KamkitError for a question that appears twice and for weights below zero.

    >>> from types import SimpleNamespace as Set
    >>> one = Set(id="budget", group="can", weight=1.0, gate=True, origin="house")
    >>> question_table(Set(id="own", origin="house", questions=(one,))).gate.tolist()
    [True]
    """
    rows = [
        (str(q.id), str(q.group), float(q.weight), bool(q.gate), str(q.origin or questions.origin))
        for q in questions.questions
    ]
    table = pd.DataFrame(rows, columns=["question", "group", "weight", "gate", "origin"])
    table = table.astype({"question": "str", "group": "str", "weight": float, "gate": bool})
    problems = [
        Problem("duplicate_key", str(questions.id), "question", int(i) + 1, table["question"][i])
        for i in np.flatnonzero(table["question"].duplicated())
    ]
    problems += [
        Problem("bad_weight", str(questions.id), "weight", int(i) + 1, table["weight"][i])
        for i in np.flatnonzero(~(table["weight"] >= 0))
    ]
    KamkitError.collect(problems)
    return table


def answer_table(
    answers: pd.DataFrame,
    questions: QuestionSet,
    *,
    as_of: pd.Timestamp | str | None = None,
    stale_days: float | None = None,
) -> pd.DataFrame:
    """One row per question of the set: the answer with the best evidence, and its state.

    Needs columns: question, answer (yes, partly, no, unknown, not_applicable; empty = unknown);
    optional: evidence (none, us, client, document), answered_on. Of several answers to a
    question the one with the best evidence counts, of those the latest; yes against no on the
    same grade and day is "contradicted". With ``as_of`` and ``stale_days`` an older answer is
    "stale": no longer known. Answers after ``as_of`` are left out.
    Returns columns: question, group, weight, gate, origin, answer, evidence, grade (0–3),
    answered_on, answers (how many rows), state (see ``STATES``; "thin" is set by the methods).
    Raises KamkitError for unknown questions, answers or grades. Source: house.

    >>> from types import SimpleNamespace as Set
    >>> one = Set(id="budget", group="can", weight=1.0, gate=True, origin="house")
    >>> own = Set(id="own", origin="house", questions=(one,))
    >>> answer_table(pd.DataFrame({"question": [], "answer": []}), own).state.tolist()
    ['unknown']
    """
    need_columns(answers, "answers", ["question", "answer"])
    asked = question_table(questions)
    given = _given(answers, asked)
    day = pd.Timestamp(as_of) if as_of is not None else None
    if day is not None:
        given = given[~(given["answered_on"] > day)]
    rows = [_settled(group) for _, group in given.groupby("question", sort=False)]
    columns = ["question", "answer", "evidence", "grade", "answered_on", "answers", "clash"]
    found = pd.DataFrame(rows, columns=columns)
    out = asked.merge(found, on="question", how="left")
    out["answer"] = out["answer"].astype("object").fillna("unknown")
    out["evidence"] = out["evidence"].astype("object").fillna("none")
    out["grade"] = out["grade"].fillna(0).astype(int)
    out["answers"] = out["answers"].fillna(0).astype(int)
    out["answered_on"] = pd.to_datetime(out["answered_on"])
    out["state"] = out["answer"].map({"yes": "met"}).fillna(out["answer"])
    out.loc[out["clash"].astype("boolean").fillna(False), "state"] = "contradicted"
    if day is not None and stale_days is not None:
        old = (day - out["answered_on"]).dt.days > stale_days
        out.loc[old & out["state"].isin(["met", "partly", "no"]), "state"] = "stale"
    return out.drop(columns="clash")


def _given(answers: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    given = pd.DataFrame({"question": answers["question"].astype(str).to_numpy()})
    for column, empty in (("answer", "unknown"), ("evidence", "none")):
        words = answers[column] if column in answers else pd.Series(empty, answers.index)
        words = words.astype("object").where(words.notna(), empty).astype(str).str.strip()
        given[column] = words.where(words != "", empty).to_numpy()
    dates = answers.get("answered_on", pd.NaT)
    given["answered_on"] = pd.to_datetime(pd.Series(dates, index=answers.index)).to_numpy()
    allowed = {"question": list(asked["question"]), "answer": ANSWERS, "evidence": EVIDENCE}
    KamkitError.collect(
        Problem("not_allowed", "answers", column, int(i) + 1, given[column].iloc[i],
                details={"allowed": ", ".join(choices)})
        for column, choices in allowed.items()
        for i in np.flatnonzero(~given[column].isin(choices))
    )  # fmt: skip
    # A yes or no that nobody stands for is still somebody's word: our own.
    bare = given["answer"].isin(["yes", "partly", "no"]) & (given["evidence"] == "none")
    given.loc[bare, "evidence"] = "us"
    given["grade"] = given["evidence"].map({e: i for i, e in enumerate(EVIDENCE)})
    given.loc[given["answer"] == "unknown", "grade"] = 0
    return given


def _settled(group: pd.DataFrame) -> dict[str, Any]:
    said = group[group["answer"] != "unknown"]
    best = said[said["grade"] == said["grade"].max()] if len(said) else group
    answers = set(best["answer"])
    if best["answered_on"].notna().any() and len(answers) > 1:
        best = best[best["answered_on"] == best["answered_on"].max()]
        answers = set(best["answer"])
    row = best.sort_values(["answered_on", "answer"], na_position="first").iloc[-1]
    return {
        "question": row["question"], "answer": row["answer"],
        "evidence": row["evidence"] if row["answer"] != "unknown" else "none",
        "grade": int(row["grade"]), "answered_on": row["answered_on"], "answers": len(group),
        "clash": {"yes", "no"} <= answers,
    }  # fmt: skip
