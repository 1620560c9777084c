"""Qualification cards: any question set, weighted, with what is not known left open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.portfolio.inputs import ratio, within
from kamkit.methods.projects.answers import NOT_KNOWN, QuestionSet, answer_table
from kamkit.methods.projects.beliefs import SURE, Floats, clusters, spread

# How far an answer may be off, in points of 100, by who stands for it (house).
ERRORS = {"us": 20.0, "client": 12.0, "document": 6.0}
_POINTS = {"met": 100.0, "partly": 50.0, "no": 0.0}
_ORIGIN = "S141; S168; house"


@dataclass(frozen=True)
class Qualification:
    """The parts of :func:`qualification`."""

    questions: pd.DataFrame
    groups: pd.DataFrame
    measures: pd.DataFrame


def qualification(
    answers: pd.DataFrame,
    question_set: QuestionSet,
    *,
    scale: tuple[float, float] = (1.0, 5.0),
    pass_score: float = 60.0,
    gate_score: float = 50.0,
    weights: Mapping[str, float] | None = None,
    concentration: float = 50.0,
    errors: Mapping[str, float] | None = None,
    draws: int = 2000,
    seed: int = 0,
) -> Qualification:
    """Fill a qualification card: score by factor and in all, with its range and a verdict.

    Needs columns: question, answer (yes, partly, no, unknown, not_applicable) or rating (a
    number on ``scale``; a rating goes before the answer); optional: evidence (none, us, client,
    document), answered_on. ``weights`` replace the set's own, question by question.
    A question that isn't known may be anything: draws take it evenly from 0 to 100; ratings
    vary with the evidence (``errors``: house 20, 12, 6 points), weights by a Dirichlet of
    ``concentration``. A gate question surely below ``gate_score`` ends it, whatever the score.
    Returns ``questions`` (question, group, weight: share of all, gate, origin, answer,
    evidence, grade, state, score 0–100, contribution: adds up to score_known); ``groups``
    (group, score of what is known, low, high: 95 % of the draws, bound_low, bound_high: unknown
    as 0 and as 100, weight, known_share: of its weight, questions, unknown, gate_failed,
    passed: yes, no, cannot_tell, variant, origin); ``measures`` (score_known, score: mean of
    the draws with 95 %, share_known, chance_to_pass, gates_failed, gates_open, and one row
    verdict_go, verdict_hold, verdict_stop or verdict_cannot_tell whose value is 1).
    Verdict: stop if a gate fails or the chance to pass is below 20 %; go from 80 % with no gate
    open; hold from 80 % with one open; else it can't be told yet.
    Raises KamkitError for unknown questions, answers, ratings off the scale, bad weights.
    Source: S141, S168 (names only); errors and rule house.

    >>> from types import SimpleNamespace as Set
    >>> one = Set(id="need", group="fit", weight=1.0, gate=False, origin="house")
    >>> two = Set(id="budget", group="fit", weight=1.0, gate=False, origin="house")
    >>> own = Set(id="own", origin="house", questions=(one, two))
    >>> said = pd.DataFrame({"question": ["need"], "rating": [5], "evidence": ["client"]})
    >>> qualification(said, own).groups[["score", "bound_low", "bound_high"]].values.tolist()
    [[100.0, 50.0, 100.0]]
    """
    within(pass_score, "pass_score", 0.0, 100.0)
    within(gate_score, "gate_score", 0.0, 100.0)
    within(concentration, "concentration", 1.0, 1e6)
    rows = _scored(answers, question_set, scale, weights)
    sizes = ERRORS | dict(errors or {})
    drawn = _draws(rows, sizes, concentration, draws, np.random.default_rng(seed))
    names = list(dict.fromkeys(rows["group"]))
    at = {name: np.flatnonzero((rows["group"] == name).to_numpy()) for name in names}
    groups = pd.DataFrame(
        [_group(n, rows.iloc[at[n]], _mean(drawn, at[n]), pass_score, gate_score) for n in names],
        columns=_GROUP_COLUMNS,
    )
    everything = np.arange(len(rows))
    total = _mean(drawn, everything)
    measures = _measures(rows, total, pass_score, gate_score)
    return Qualification(_questions(rows), groups, measures)


_GROUP_COLUMNS = [
    *(
        "group",
        "score",
        "low",
        "high",
        "bound_low",
        "bound_high",
        "weight",
        "known_share",
        "questions",
    ),
    *("unknown", "gate_failed", "passed", "variant", "origin"),
]


def _scored(
    answers: pd.DataFrame,
    question_set: QuestionSet,
    scale: tuple[float, float],
    weights: Mapping[str, float] | None,
) -> pd.DataFrame:
    given = answers.copy()
    if "rating" not in given:
        need_columns(given, "answers", ["question", "answer"])
        given["rating"] = np.nan
    ratings = pd.to_numeric(given["rating"], errors="coerce")
    low, high = scale
    bad = given["rating"].notna() & ~ratings.between(min(scale), max(scale))
    KamkitError.collect(
        Problem("out_of_range", "answers", "rating", int(i) + 1, given["rating"].iloc[i],
                details={"allowed": f"{low:g}–{high:g}"})
        for i in np.flatnonzero(bad)
    )  # fmt: skip
    if "answer" not in given:
        given["answer"] = "unknown"
    # A rating is an answer: it takes part in the choice of the best evidence.
    given["answer"] = given["answer"].astype("object").where(ratings.isna(), "partly")
    given["points"] = 100 * (ratings - low) / (high - low)
    rows = answer_table(given, question_set)
    # A set without headings: each question is a factor of its own.
    rows["group"] = rows["group"].where(rows["group"] != "", rows["question"])
    own = {q: i for i, q in enumerate(rows["question"])}
    extra = sorted(set(weights or {}) - set(own))
    where_known = {"allowed": str(question_set.id)}
    KamkitError.collect(
        Problem("unknown_reference", "weights", "question", value=q, details=where_known)
        for q in extra
    )
    if weights is not None:
        rows["weight"] = rows["question"].map(weights).fillna(rows["weight"]).astype(float)
        KamkitError.collect(
            Problem("bad_weight", "weights", "weight", value=v) for v in rows["weight"] if v < 0
        )
    rows["score"] = rows["state"].map(_POINTS).astype(float)
    rated = given[given["points"].notna()]
    for question, group in rated.groupby(rated["question"].astype(str)):
        where = (rows["question"] == question) & (rows["state"] == "partly")
        same = group
        if "evidence" in group:
            grade = rows.loc[where, "evidence"]
            said = group["evidence"].astype("object").fillna("us").replace({"none": "us", "": "us"})
            same = group[said.isin(set(grade))]
        if len(same):
            rows.loc[where, "score"] = float(same["points"].mean())
            rows.loc[where, "state"] = "rated"
    rows.loc[rows["state"] == "not_applicable", "weight"] = 0.0
    return rows


def _draws(
    rows: pd.DataFrame,
    errors: Mapping[str, float],
    concentration: float,
    draws: int,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    n = len(rows)
    score = rows["score"].to_numpy(float)
    known = np.isfinite(score)
    error = rows["evidence"].map(errors).fillna(max(errors.values())).to_numpy(float)
    noise = rng.standard_normal((draws, n)) * error
    points = np.clip(np.nan_to_num(score) + noise, 0.0, 100.0)
    points = np.where(known, points, rng.uniform(0, 100, (draws, n)))
    weight = rows["weight"].to_numpy(float)
    w = np.zeros((draws, n))
    used = weight > 0
    if used.any():
        alpha = concentration * weight[used] / weight[used].sum()
        w[:, used] = rng.dirichlet(alpha, size=draws)
    return points, w


def _mean(drawn: tuple[Floats, Floats], at: Any) -> Floats:
    points, weights = drawn[0][:, at], drawn[1][:, at]
    return np.asarray(ratio((points * weights).sum(axis=1), weights.sum(axis=1)))


def _parts(rows: pd.DataFrame) -> tuple[float, float, float, float]:
    """Score of what is known, unknown as 0 and as 100, and the share of the weight known."""
    weight = rows["weight"].to_numpy(float)
    score = rows["score"].to_numpy(float)
    known = np.isfinite(score)
    got, total = float((weight * np.nan_to_num(score)).sum()), float(weight.sum())
    have = float(weight[known].sum())
    high = got + 100 * float(weight[~known].sum())
    return (float(ratio(got, have)), float(ratio(got, total)), float(ratio(high, total)),
            float(ratio(have, total)))  # fmt: skip


def _gates(rows: pd.DataFrame, gate_score: float) -> tuple[int, int]:
    """Gate questions that fail, and that are open."""
    gates = rows[rows["gate"] & (rows["state"] != "not_applicable")]
    failed = int((gates["score"] < gate_score).sum())
    return failed, int(gates["score"].isna().sum())


def _group(
    name: str, rows: pd.DataFrame, drawn: Floats, pass_score: float, gate_score: float
) -> dict[str, Any]:
    score, low_bound, high_bound, known = _parts(rows)
    failed, _ = _gates(rows, gate_score)
    asked = rows["weight"].sum() > 0
    low, high = (float(e[0]) for e in spread(drawn[:, None])) if asked else (np.nan, np.nan)
    chance = float(np.mean(drawn >= pass_score)) if asked else float("nan")
    return {
        "group": name, "score": score, "low": low, "high": high, "bound_low": low_bound,
        "bound_high": high_bound, "weight": float(rows["weight"].sum()), "known_share": known,
        "questions": len(rows), "unknown": int(rows["score"].isna().sum()),
        "gate_failed": failed > 0,
        "passed": "no" if failed or chance < 1 - SURE else "yes" if chance >= SURE else (
            "cannot_tell"),
        "variant": "unknown_kept_apart", "origin": _ORIGIN,
    }  # fmt: skip


def _questions(rows: pd.DataFrame) -> pd.DataFrame:
    out = rows.copy()
    known = out["score"].notna()
    out["contribution"] = ratio(
        (out["weight"] * out["score"]).fillna(0.0), out["weight"].where(known, 0.0).sum()
    )
    out["weight"] = ratio(out["weight"], out["weight"].sum())
    columns = ["question", "group", "weight", "gate", "origin", "answer", "evidence", "grade",
               "state", "score", "contribution"]  # fmt: skip
    return out[columns]


def verdict(chance: float, failed: int, open_gates: int) -> str:
    """The verdict of a card.

    >>> verdict(0.9, 0, 1), verdict(0.5, 0, 0)
    ('hold', 'cannot_tell')
    """
    if failed or chance < 1 - SURE:
        return "stop"
    if chance >= SURE:
        return "hold" if open_gates else "go"
    return "cannot_tell"


def _measures(
    rows: pd.DataFrame, total: Floats, pass_score: float, gate_score: float
) -> pd.DataFrame:
    score, bound_low, bound_high, known = _parts(rows)
    failed, open_gates = _gates(rows, gate_score)
    asked = rows["weight"].sum() > 0
    n = int(rows["score"].notna().sum())
    how = "unknown_kept_apart" if asked else "too_little_data"
    chance = float(np.mean(total >= pass_score)) if asked else float("nan")
    low, high = (float(e[0]) for e in spread(total[:, None])) if asked else (np.nan, np.nan)

    def row(key: str, value: float, **ends: float) -> dict[str, Any]:
        return measure_row(key, value, n, variant=how, origin=_ORIGIN, **ends)

    found = [
        row("score_known", score, low=bound_low, high=bound_high),
        row("score", float(np.mean(total)) if asked else np.nan, low=low, high=high),
        row("share_known", known),
        row("chance_to_pass", chance),
        row("gates_failed", failed),
        row("gates_open", open_gates),
    ]
    if asked:
        found.append(row(f"verdict_{verdict(chance, failed, open_gates)}", 1.0))
    return measure_table(found)


def qualification_list(
    answers: pd.DataFrame, question_set: QuestionSet, *, by: str = "opportunity_id", **options: Any
) -> pd.DataFrame:
    """One card a deal, side by side, in groups that cannot be separated.

    Needs columns: ``by`` and those of :func:`qualification`, to which ``options`` go.
    Returns columns: the key ``by``, score, low, high, share_known, chance_to_pass,
    gates_failed, gates_open, weakest (group with the lowest score known), first_open (first
    group in the set's order that isn't passed: where to go on asking), verdict (go, hold, stop,
    cannot_tell), cluster (deals that share a number cannot be separated), n, origin; best first.
    Source: S141, S154, S168; rule house.

    >>> from types import SimpleNamespace as Set
    >>> one = Set(id="need", group="fit", weight=1.0, gate=False, origin="house")
    >>> own = Set(id="own", origin="house", questions=(one,))
    >>> said = pd.DataFrame({"opportunity_id": ["O1"], "question": ["need"], "answer": ["yes"]})
    >>> qualification_list(said, own)[["opportunity_id", "verdict"]].values.tolist()
    [['O1', 'go']]
    """
    need_columns(answers, "answers", [by, "question"])
    rows = []
    for key, group in answers.groupby(by, sort=True):
        card = qualification(group.drop(columns=by).reset_index(drop=True), question_set, **options)
        m = card.measures.set_index("measure")[["value", "low", "high", "n"]]
        said = [str(k) for k in m.index if str(k).startswith("verdict_")]
        value = dict(zip(m.index, m["value"], strict=True))
        total = m.loc[["score"]].to_dict("records")[0]
        scored = card.groups.dropna(subset=["score"])
        waiting = card.groups[card.groups["passed"] != "yes"]
        rows.append({
            by: str(key), "score": total["value"], "low": total["low"], "high": total["high"],
            **{k: value[k] for k in ("share_known", "chance_to_pass", "gates_failed",
                                     "gates_open")},
            "weakest": str(scored.sort_values("score", kind="stable")["group"].iloc[0])
            if len(scored) else "",
            "first_open": waiting["group"].iloc[0] if len(waiting) else "",
            "verdict": said[0].removeprefix("verdict_") if said else "",
            "n": int(total["n"]), "origin": _ORIGIN,
        })  # fmt: skip
    table = pd.DataFrame(rows, columns=[by, *_LIST_COLUMNS])
    if len(table):
        table["cluster"] = _clusters(table)
    order = ["score", by]
    return table.sort_values(order, ascending=[False, True], ignore_index=True)


_LIST_COLUMNS = [
    *("score", "low", "high", "share_known", "chance_to_pass", "gates_failed", "gates_open"),
    *("weakest", "first_open", "verdict", "cluster", "n", "origin"),
]


def _clusters(table: pd.DataFrame) -> Any:
    """Cards from their intervals: independent normal draws with the same ends."""
    known = table["score"].notna().to_numpy()
    out = np.zeros(len(table), dtype=np.int64)
    if known.any():
        mean, low, high = (table.loc[known, c].to_numpy(float) for c in ("score", "low", "high"))
        noise = np.random.default_rng(0).standard_normal((2000, int(known.sum())))
        out[known] = clusters(mean + noise * (high - low) / 3.92)
    return out


def open_questions(card: Qualification) -> pd.DataFrame:
    """What to ask next: questions not known, gates first, then by weight.

    Returns columns: question, group, weight, gate, state, evidence, swing (points of the score
    that the answer can move).

    >>> from types import SimpleNamespace as Set
    >>> one = Set(id="need", group="fit", weight=1.0, gate=False, origin="house")
    >>> own = Set(id="own", origin="house", questions=(one,))
    >>> card = qualification(pd.DataFrame({"question": [], "answer": []}), own)
    >>> open_questions(card)[["question", "swing"]].values.tolist()
    [['need', 100.0]]
    """
    rows = card.questions
    open_ = rows[rows["state"].isin(NOT_KNOWN) & (rows["weight"] > 0)].copy()
    open_["swing"] = 100 * open_["weight"]
    columns = ["question", "group", "weight", "gate", "state", "evidence", "swing"]
    return open_.sort_values(["gate", "weight"], ascending=False, kind="stable", ignore_index=True)[
        columns
    ]
