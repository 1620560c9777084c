"""Self-audit of key account management: thirteen functions, 31 points, rated 0 to 4 (S005)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.selection.figures import measure_row, measure_table
from kamkit.schemes import kam_functions

TOP = 4.0
POINT_COLUMNS = ["point", "function", "mean", "n", "spread", "low", "high"]
FUNCTION_COLUMNS = [
    "function",
    "module",
    "score",
    "interval_low",
    "interval_high",
    "n_raters",
    "spread",
    "points_rated",
    "points",
    "agreement",
    "hint",
    "rank",
    "weakest",
]
RATER_COLUMNS = ["rater_id", "function", "score"]


@dataclass(frozen=True)
class SelfAudit:
    """Result of a self-audit.

    ``points``: one row per point. ``functions``: one row per function. ``raters``: function
    score per rater. ``summary``: measure table of the whole.
    """

    points: pd.DataFrame
    functions: pd.DataFrame
    raters: pd.DataFrame
    summary: pd.DataFrame

    @property
    def weakest(self) -> pd.DataFrame:
        """The weakest functions, ties with the third included."""
        return self.functions[self.functions["weakest"]].sort_values(
            ["score", "function"], ignore_index=True
        )


def self_audit(ratings: pd.DataFrame, *, weakest: int = 3) -> SelfAudit:
    """Score the thirteen functions of key account management from ratings of their 31 points.

    Needs columns: point (``<function>.<number>`` of the function list), score (0–4); rater_id
    where several people rate.
    Returns :class:`SelfAudit`. points: point, function, mean (0–4), n, spread (standard
    deviation between raters), low, high (lowest and highest rating). functions: function, module
    (that trains it), score (0–100, mean over raters of their mean over points), interval_low,
    interval_high (t, 95 %, over raters; NaN below two), n_raters, spread (between raters, 0–100),
    points_rated, points, agreement (r_wg within the group, 0–1), hint (one_rater, agree, mixed,
    split, not_rated), rank (1 = weakest, ties share), weakest. raters: rater_id, function, score.
    summary: measures audit_total, audit_coverage, audit_agreement.
    A function nobody rated has no score and is not among the weakest.
    Raises KamkitError for unknown points, scores outside 0–4, a point rated twice by a rater.
    Source: S005; James, Demaree & Wolf 1984 (r_wg against a uniform null); bands of the hint house.

    >>> ratings = pd.DataFrame({"point": ["plan.1", "plan.2"], "score": [4, 2]})
    >>> audit = self_audit(ratings)
    >>> audit.functions.set_index("function").loc["plan", "score"].item()
    75.0
    """
    table = _clean(ratings)
    points = _points(table)
    raters = _raters(table)
    functions = _functions(points, raters, weakest)
    return SelfAudit(points, functions, raters, _summary(functions, points, raters))


def _clean(ratings: pd.DataFrame) -> pd.DataFrame:
    need_columns(ratings, "self_audit", ["point", "score"])
    function_of = {p.id: f.id for f in kam_functions() for p in f.points}
    score = pd.to_numeric(ratings["score"], errors="coerce").astype(float).to_numpy()
    point = ratings["point"].astype("str").to_numpy()
    given = ratings["score"].notna().to_numpy()
    outside = given & ~((score >= 0) & (score <= TOP))
    problems = [
        Problem("unknown_point", "self_audit", "point", int(i) + 1, point[int(i)])
        for i in np.flatnonzero([p not in function_of for p in point])
    ]
    problems += [
        Problem(
            "out_of_range",
            "self_audit",
            "score",
            int(i) + 1,
            ratings["score"].iloc[int(i)],
            details={"allowed": "0–4"},
        )
        for i in np.flatnonzero(outside)
    ]
    table = pd.DataFrame({"point": point, "score": score})
    named = "rater_id" in ratings.columns
    table["rater_id"] = ratings["rater_id"].astype("str").to_numpy() if named else ""
    problems += [
        Problem("duplicate_key", "self_audit", "point", int(i) + 1, point[int(i)])
        for i in np.flatnonzero(table.duplicated(["point", "rater_id"]))
    ]
    KamkitError.collect(problems)
    table["function"] = [function_of[p] for p in point]
    return table.dropna(subset=["score"]).reset_index(drop=True)


def _points(table: pd.DataFrame) -> pd.DataFrame:
    order = [(p.id, f.id) for f in kam_functions() for p in f.points]
    found = pd.DataFrame(order, columns=["point", "function"]).set_index("point")
    grouped = table.groupby("point")["score"]
    found["mean"] = grouped.mean()
    found["n"] = grouped.size().reindex(found.index, fill_value=0).astype(int)
    found["spread"] = grouped.std(ddof=1)
    found["low"], found["high"] = grouped.min(), grouped.max()
    return found.reset_index()[POINT_COLUMNS]


def _raters(table: pd.DataFrame) -> pd.DataFrame:
    scores = table.groupby(["rater_id", "function"], sort=True)["score"].mean() * 100 / TOP
    return (
        scores.reset_index()[RATER_COLUMNS] if len(table) else pd.DataFrame(columns=RATER_COLUMNS)
    )


def _t_interval(scores: np.ndarray) -> tuple[float, float]:
    from scipy.special import stdtrit  # scipy.stats would take half a second and 45 MB

    n = len(scores)
    if n < 2:
        return float("nan"), float("nan")
    half = float(stdtrit(n - 1, 0.975)) * float(scores.std(ddof=1)) / np.sqrt(n)
    return max(0.0, float(scores.mean()) - half), min(100.0, float(scores.mean()) + half)


def _agreement(spreads: pd.Series) -> float:
    """Mean r_wg over points: 1 - variance / variance of a uniform spread over five levels."""
    known = spreads.dropna()
    if known.empty:
        return float("nan")
    uniform = ((TOP + 1) ** 2 - 1) / 12
    return float((1 - known**2 / uniform).clip(lower=0).mean())


def _hint(raters: int, agreement: float) -> str:
    if raters == 0:
        return "not_rated"
    if np.isnan(agreement):
        return "one_rater"
    return "agree" if agreement >= 0.7 else "mixed" if agreement >= 0.5 else "split"


def _functions(points: pd.DataFrame, raters: pd.DataFrame, weakest: int) -> pd.DataFrame:
    rows = []
    for function in kam_functions():
        own = points[points["function"] == function.id]
        scores = raters.loc[raters["function"] == function.id, "score"].to_numpy(dtype=float)
        n = len(scores)
        agreement = _agreement(own["spread"])
        rows.append(
            [
                function.id,
                function.module,
                float(scores.mean()) if n else np.nan,
                *_t_interval(scores),
                n,
                float(scores.std(ddof=1)) if n > 1 else np.nan,
                int((own["n"] > 0).sum()),
                len(own),
                agreement,
                _hint(n, agreement),
            ]
        )
    table = pd.DataFrame(rows, columns=FUNCTION_COLUMNS[:-2])
    table["rank"] = table["score"].round(9).rank(method="min").astype("Int64")
    known = table["score"].dropna().round(9).sort_values()
    cut = known.iloc[min(weakest, len(known)) - 1] if len(known) and weakest > 0 else -np.inf
    table["weakest"] = table["score"].round(9) <= cut
    return table[FUNCTION_COLUMNS]


def _summary(functions: pd.DataFrame, points: pd.DataFrame, raters: pd.DataFrame) -> pd.DataFrame:
    people = raters.groupby("rater_id")["score"].mean().to_numpy(dtype=float)
    known = functions["score"].dropna()
    low, high = _t_interval(people)
    total = float(known.mean()) if len(known) else float("nan")
    variant = "mean_of_functions" if len(known) else "too_little_data"
    rated = int((points["n"] > 0).sum())
    agreement = _agreement(points["spread"])
    origin = "field:James, Demaree & Wolf 1984"
    total_row = measure_row(
        "audit_total", total, len(people), low=low, high=high, variant=variant, origin="S005"
    )
    return measure_table(
        [
            total_row,
            measure_row("audit_coverage", rated / len(points), len(points), origin="S005"),
            measure_row("audit_agreement", agreement, len(people), variant="rwg", origin=origin),
        ]
    )
