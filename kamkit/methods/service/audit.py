"""Audit of the five attributes of service."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kamkit.methods.projects.answers import QuestionSet
from kamkit.methods.projects.gates import skills_audit
from kamkit.schemes import load_question_set


def service_audit(
    answers: pd.DataFrame, question_set: QuestionSet | None = None, **options: Any
) -> pd.DataFrame:
    """The five attributes of service, account by account, and over all accounts.

    Needs columns: account_id, question, answer (yes, partly, no, unknown, not_applicable);
    optional: evidence (none, us, client, document), answered_on. ``question_set`` is the
    company's own; default: ``service_attributes``. ``options`` go to ``gate_review`` (evidence,
    as_of, stale_days …).
    Returns columns: account_id ("" is the row over all accounts), group, share, low, high (0–1;
    what isn't known as no and as yes), met, thin, partly, no, unknown, accounts, weakest (surely
    below another attribute), origin. Unknown is never taken as no.
    Raises KamkitError for unknown questions and answers. Source: S120; questions house.

    >>> said = pd.DataFrame({"account_id": ["A"], "question": ["one_entry"], "answer": ["yes"]})
    >>> found = service_audit(said)
    >>> found.loc[found.group == "process", ["low", "share", "high"]].round(2).values.tolist()[0]
    [0.33, 1.0, 1.0]
    """
    asked = load_question_set("service_attributes") if question_set is None else question_set
    found = skills_audit(answers, asked, by="account_id", **options)
    return found.rename(columns={"projects": "accounts"}).assign(origin="S120; house")
