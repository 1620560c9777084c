"""How each manager used the rating scale, under letters instead of names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.appraisal.combined import Combined
from kamkit.methods.appraisal.rating_cells import check_ratings, latest, rater_severities
from kamkit.methods.raters.severity import Severity

SPREAD_COLUMNS = [
    *("label", "n_ratees", "n_scores", "hidden", "mean", "sd", "lowest", "highest"),
    *(f"level_{i}" for i in range(1, 6)),
    *("ratee_total", "leniency", "flagged", "origin"),
]


@dataclass(frozen=True)
class CalibrationView:
    """What managers may see, and the key that only the moderator holds.

    Attributes
    ----------
    spreads
        One row a rater, by label: label, n_ratees, n_scores, hidden (fewer ratees than the
        minimum: no figures), mean, sd, lowest, highest (1–5), level_1 … level_5 (shares of the
        scores, rounded), ratee_total (mean total of the people rated), leniency (levels above
        the typical rater, where severity is given), flagged, origin.
    key
        rater_id, label.
    """

    spreads: pd.DataFrame
    key: pd.DataFrame


def calibration_view(
    combined: Combined,
    ratings: pd.DataFrame,
    severity: Severity | pd.DataFrame | None = None,
    *,
    source: str = "manager",
    period: str | None = None,
    min_n: int = 3,
    seed: int = 0,
) -> CalibrationView:
    """How each rater used the scale, under letters in a random order.

    Needs ratings: ratee_id, rater_id, source, competency, period, score. ``severity``: the
    result of ``rater_severity``, or its raters' frame (rater_id, severity, flagged). Letters are
    drawn with ``seed``, so that their order tells nothing; a rater of fewer than ``min_n`` people
    is shown without figures. In a small company colleagues may still guess who is who.

    Returns CalibrationView. Raises KamkitError as ``competence_gaps``.
    Source: field:Saal, Downey & Lahey 1980; house. A forced curve would hide the differences
    between raters that this shows.

    >>> from kamkit.methods.appraisal.combined import combined_result
    >>> ratings = pd.DataFrame({"ratee_id": list("abc"), "rater_id": "M1", "source": "manager",
    ...     "competency": "sales_skill", "period": "2026H1", "score": [3, 4, 5]})
    >>> parts = pd.DataFrame({"member_id": list("abc"), "part": "kpi",
    ...     "value": [60.0, 70, 80], "se": 3.0})
    >>> view = calibration_view(combined_result(parts), ratings)
    >>> view.spreads[["label", "mean", "ratee_total"]].values.tolist()
    [['A', 4.0, 70.0]]
    """
    scores = check_ratings(ratings, "ratings", "competency")
    scores = scores[scores["source"] == source]
    scores = scores[scores["period"] == latest(scores["period"], period)]
    total = combined.members.set_index("member_id")["total"]
    people = scores.drop_duplicates(["rater_id", "ratee_id"])
    totals = people["ratee_id"].map(total).astype(float).groupby(people["rater_id"])
    marks = scores.groupby("rater_id")["score"]
    out = pd.DataFrame(
        {
            "n_scores": marks.size(), "mean": marks.mean(), "sd": marks.std(),
            "lowest": marks.min(), "highest": marks.max(),
            "n_ratees": totals.size(), "ratee_total": totals.mean(),
        }
    )  # fmt: skip
    for i in range(1, 6):
        rounded = np.floor(scores["score"] + 0.5) == i
        out[f"level_{i}"] = rounded.groupby(scores["rater_id"]).mean()
    out["leniency"], out["flagged"] = np.nan, False
    if severity is not None:
        out["leniency"] = -rater_severities(severity).reindex(out.index)
        frame = severity.raters if isinstance(severity, Severity) else severity
        marked = set(frame.loc[frame["flagged"].astype(bool), "rater_id"].astype("str"))
        out["flagged"] = out.index.isin(marked)
    out["hidden"] = out["n_ratees"] < min_n
    figures = ["mean", "sd", "lowest", "highest", *(f"level_{i}" for i in range(1, 6))]
    out.loc[out["hidden"], [*figures, "ratee_total", "leniency"]] = np.nan
    out.loc[out["hidden"], "flagged"] = False
    # Drawn for ids in order: the caller's order of rows must not choose the letters.
    place = np.random.default_rng(seed).permutation(len(out))
    out["label"] = [_letters(int(i)) for i in place]
    out["origin"] = "field:Saal, Downey & Lahey 1980; house"
    out = out.iloc[np.argsort(place)]
    key = out["label"].reset_index()
    return CalibrationView(out[SPREAD_COLUMNS].reset_index(drop=True), key)


def _letters(i: int) -> str:
    """A, B … Z, AA, AB …"""
    head = _letters(i // 26 - 1) if i >= 26 else ""
    return head + chr(ord("A") + i % 26)
