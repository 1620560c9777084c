"""Gate review of a large project: what is met, on whose word, and go, hold or stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.portfolio.inputs import one_of, ratio, within
from kamkit.methods.projects.answers import (
    EVIDENCE,
    NOT_KNOWN,
    QuestionSet,
    answer_table,
    question_table,
)

_ORIGIN = "S152; field:Cooper 1990; house"


@dataclass(frozen=True)
class GateReview:
    """The parts of :func:`gate_review`."""

    questions: pd.DataFrame
    phases: pd.DataFrame
    decision: pd.DataFrame
    measures: pd.DataFrame


def gate_review(
    answers: pd.DataFrame,
    question_set: QuestionSet,
    *,
    phase: str | None = None,
    gate_evidence: str = "client",
    evidence: str = "us",
    required: float = 0.70,
    as_of: pd.Timestamp | str | None = None,
    stale_days: float | None = None,
) -> GateReview:
    """Review a project against its gates, phase by phase, with the evidence behind each answer.

    Needs columns: question, answer (yes, partly, no, unknown, not_applicable); optional:
    evidence (none, us, client, document), answered_on. Unknown is never taken as no, nor as
    yes: shares are given from "all that is unknown turns out no" to "… turns out yes".
    A gate question is met only on ``gate_evidence`` or better, any other on ``evidence``; a yes
    on less is "thin". A phase stops where a gate question is answered no; it holds while a gate
    question isn't met or the share met surely is below ``required``; else it goes.
    ``phase`` names the gate that the project stands at; default: the first that isn't "go".
    Returns ``questions`` (question, group, weight, gate, origin, answer, evidence, grade,
    answered_on, answers, state: met, thin, partly, no, unknown, contradicted, stale,
    not_applicable); ``phases`` (group, questions, met, thin, partly, no, unknown – with
    contradicted and stale –, not_applicable, share, low, high: weighted share met, gates,
    gates_met, decision, variant, origin); ``decision`` (one row: phase, decision, stops,
    missing: counts, first_missing); and ``measures`` (share_met, share_known,
    share_client_or_better, gates_met, answers_contradicted, answers_stale).
    Raises KamkitError for unknown questions, answers, phases.
    Source: S152 (gated phases; content not in the sources); Cooper 1990; rule house.

    >>> from types import SimpleNamespace as Set
    >>> one = Set(id="budget", group="start", weight=1.0, gate=True, origin="house")
    >>> own = Set(id="own", origin="house", questions=(one,))
    >>> said = pd.DataFrame({"question": ["budget"], "answer": ["yes"], "evidence": ["us"]})
    >>> gate_review(said, own).decision[["decision", "first_missing"]].values.tolist()
    [['hold', 'budget']]
    """
    one_of(gate_evidence, "gate_evidence", EVIDENCE[1:])
    one_of(evidence, "evidence", EVIDENCE[1:])
    within(required, "required", 0.0, 1.0)
    rows = answer_table(answers, question_set, as_of=as_of, stale_days=stale_days)
    needed = np.where(rows["gate"], EVIDENCE.index(gate_evidence), EVIDENCE.index(evidence))
    rows.loc[(rows["state"] == "met") & (rows["grade"] < needed), "state"] = "thin"
    order = list(dict.fromkeys(rows["group"]))
    if phase is not None and phase not in order:
        allowed = {"allowed": ", ".join(order)}
        raise KamkitError(Problem("unknown_choice", column="phase", value=phase, details=allowed))
    phases = pd.DataFrame(
        [_phase(name, rows[rows["group"] == name], required) for name in order],
        columns=_PHASE_COLUMNS,
    )
    return GateReview(rows, phases, _decision(rows, phases, phase), _measures(rows))


_PHASE_COLUMNS = [
    *("group", "questions", "met", "thin", "partly", "no", "unknown", "not_applicable"),
    *("share", "low", "high", "gates", "gates_met", "decision", "variant", "origin"),
]


def share_met(rows: pd.DataFrame) -> tuple[float, float, float]:
    """Weighted share met: halves for partly, what is unknown as no and as yes.

    The share is that among what is known; NaN where nothing is.

    >>> share_met(pd.DataFrame({"state": ["met", "no", "unknown"], "weight": [1.0, 1, 2]}))
    (0.5, 0.25, 0.75)
    """
    counts = rows[rows["state"] != "not_applicable"]
    weight = counts["weight"].to_numpy(float)
    points = counts["state"].map({"met": 1.0, "partly": 0.5}).fillna(0.0).to_numpy(float)
    open_ = counts["state"].isin(NOT_KNOWN).to_numpy()
    sure, total = float((weight * points).sum()), float(weight.sum())
    known = float(weight[~open_].sum())
    high = sure + float(weight[open_].sum())
    return float(ratio(sure, known)), float(ratio(sure, total)), float(ratio(high, total))


def _phase(name: str, rows: pd.DataFrame, required: float) -> dict[str, Any]:
    states = rows["state"].value_counts()
    count = {s: int(states.get(s, 0)) for s in ("met", "thin", "partly", "no", "not_applicable")}
    gates = rows[rows["gate"] & (rows["state"] != "not_applicable")]
    share, low, high = share_met(rows)
    if (gates["state"] == "no").any():
        decision = "stop"
    elif (gates["state"] != "met").any() or not low >= required - 1e-12:
        decision = "hold"
    else:
        decision = "go"
    if not (rows["state"] != "not_applicable").any():
        decision = "not_applicable"
    return {
        "group": name, "questions": len(rows), **count,
        "unknown": int(rows["state"].isin(("unknown", "contradicted", "stale")).sum()),
        "share": share, "low": low, "high": high, "gates": len(gates),
        "gates_met": int((gates["state"] == "met").sum()), "decision": decision,
        "variant": "unknown_kept_apart", "origin": _ORIGIN,
    }  # fmt: skip


def _decision(rows: pd.DataFrame, phases: pd.DataFrame, phase: str | None) -> pd.DataFrame:
    columns = ["phase", "decision", "stops", "missing", "first_missing", "low", "high", "origin"]
    if phases.empty:
        return pd.DataFrame(columns=columns)
    order = phases["group"].tolist()
    waiting = phases.loc[phases["decision"].isin(("stop", "hold")), "group"].tolist()
    at = phase or (waiting[0] if waiting else order[-1])
    upto = phases.iloc[: order.index(at) + 1]
    asked = rows[rows["group"].isin(upto["group"]) & rows["gate"]]
    missing = asked[~asked["state"].isin(("met", "not_applicable"))]
    verdicts = set(upto["decision"])
    verdict = "stop" if "stop" in verdicts else "hold" if "hold" in verdicts else "go"
    here = phases[phases["group"] == at].iloc[0]
    if verdict == "hold" and missing.empty:
        late = rows[rows["group"].isin(upto["group"])]
        missing = late[~late["state"].isin(("met", "not_applicable"))]
    missing = missing.sort_values("weight", ascending=False, kind="stable")
    row = {
        "phase": at, "decision": verdict, "stops": int((asked["state"] == "no").sum()),
        "missing": len(missing),
        "first_missing": missing["question"].iloc[0] if len(missing) else "",
        "low": here["low"], "high": here["high"], "origin": _ORIGIN,
    }  # fmt: skip
    return pd.DataFrame([row], columns=columns)


def _measures(rows: pd.DataFrame) -> pd.DataFrame:
    counted = rows[rows["state"] != "not_applicable"]
    n, weight = len(counted), counted["weight"].to_numpy(float)
    share, low, high = share_met(rows)
    gates = counted[counted["gate"]]
    how = "unknown_kept_apart" if n else "too_little_data"

    def of(flag: pd.Series) -> float:
        return float(ratio(weight[flag.to_numpy(bool)].sum(), weight.sum()))

    def row(key: str, value: float, size: int = n, **ends: float) -> dict[str, Any]:
        return measure_row(key, value, size, variant=how, origin=_ORIGIN, **ends)

    return measure_table(
        [
            row("share_met", share, low=low, high=high),
            row("share_known", of(~counted["state"].isin(NOT_KNOWN))),
            row("share_client_or_better", of(counted["grade"] >= EVIDENCE.index("client"))),
            row("gates_met", int((gates["state"] == "met").sum()), len(gates)),
            row("answers_contradicted", int((counted["state"] == "contradicted").sum())),
            row("answers_stale", int((counted["state"] == "stale").sum())),
        ]
    )


def skills_audit(
    answers: pd.DataFrame, question_set: QuestionSet, *, by: str = "project_id", **options: Any
) -> pd.DataFrame:
    """The skills of project management, project by project, and over all projects.

    Needs columns: ``by`` and those of :func:`gate_review`; ``question_set`` holds one group
    or one question a skill (``four_skills``); ``options`` go to :func:`gate_review`.
    Returns columns: the key ``by`` ("" is the row over all projects), group, share, low, high
    (0–1; unknown as no and as yes), met, thin, partly, no, unknown, projects, weakest (the
    group whose high end is below the low end of another: surely the weaker one), origin.
    Source: S153 (four skills of large-project management); grades house.

    >>> from types import SimpleNamespace as Set
    >>> one = Set(id="core_team", group="team", weight=1.0, gate=False, origin="S153")
    >>> own = Set(id="own", origin="S153", questions=(one,))
    >>> said = pd.DataFrame({"project_id": ["P1"], "question": ["core_team"], "answer": ["yes"]})
    >>> skills_audit(said, own)[["project_id", "share"]].values.tolist()
    [['P1', 1.0], ['', 1.0]]
    """
    need_columns(answers, "answers", [by, "question", "answer"])
    question_table(question_set)
    reviewed = []
    for key, group in answers.groupby(by, sort=True):
        rows = gate_review(group.drop(columns=by), question_set, **options).questions
        # A set without headings: each question is a skill of its own.
        rows["group"] = rows["group"].where(rows["group"] != "", rows["question"])
        reviewed.append(rows.assign(**{by: str(key)}))
    columns = [by, "group", "share", "low", "high", "met", "thin", "partly", "no", "unknown",
               "projects", "weakest", "origin"]  # fmt: skip
    if not reviewed:
        return pd.DataFrame(columns=columns)
    rows = pd.concat(reviewed, ignore_index=True)
    out = []
    for key in [*rows[by].unique(), ""]:
        mine = rows if key == "" else rows[rows[by] == key]
        found = []
        for name, part in mine.groupby("group", sort=False):
            line = _phase(str(name), part, 0.0)
            kept = {c: line[c] for c in columns if c in line and c != "origin"}
            found.append({by: key, "projects": mine[by].nunique(), **kept})
        best = max((f["low"] for f in found if f["low"] == f["low"]), default=np.nan)
        out += [{**f, "weakest": bool(f["high"] < best), "origin": "S153; house"} for f in found]
    return pd.DataFrame(out, columns=columns)
