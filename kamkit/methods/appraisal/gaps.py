"""Competences against the role profile: what is short, and whether the ratings can tell."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.methods.appraisal.rating_cells import check_ratings, latest, rating_cells
from kamkit.methods.checks import need_columns
from kamkit.methods.raters.severity import Severity

GAP_COLUMNS = [
    *("member_id", "role", "competency", "period", "weight", "required", "rated", "se", "low"),
    *("high", "gap", "n", "sure", "status", "self", "self_gap", "variant", "origin"),
]
ORIGIN = "S205; field:Viswesvaran, Ones & Schmidt 1996"


def competence_gaps(
    ratings: pd.DataFrame,
    role_profiles: pd.DataFrame,
    members: pd.DataFrame,
    *,
    severity: Severity | pd.DataFrame | None = None,
    source: str = "manager",
    period: str | None = None,
    min_n: int = 3,
    level: float = 0.95,
) -> pd.DataFrame:
    """Required level less rated level, for every person and competence of his or her role.

    Needs ratings: ratee_id, rater_id, source, competency, period, score (1–5); role_profiles:
    role, competency, target_level (weight); members: member_id, role. ``source``: whose ratings
    count; sources are never mixed into one mean. ``severity``: the result of
    ``rater_severity``, or its raters' frame: scores move to what the typical rater would give.
    ``period``: default the last by name.

    Returns one row a person and competence: member_id, role, competency, period, weight,
    required (1–5), rated (1–5, adjusted where severity is given), se, low, high (interval of
    rated), gap (required − rated: above 0 is short), n (raters), sure (the interval lies below
    what is required), status (short, maybe_short, maybe_met, met, hidden, not_rated), self,
    self_gap (self − rated), variant, origin. People whose role has no profile have no row.

    Raises KamkitError missing_column, not_a_number, survey_off_scale, unknown_option.
    Source: S205, S199 (self against manager); minimum n London & Smither 1995; house.

    >>> ratings = pd.DataFrame({"ratee_id": ["a", "b", "a"], "rater_id": ["m", "m", "a"],
    ...     "source": ["manager", "manager", "self"], "competency": "sales_skill",
    ...     "period": "2025", "score": [2, 4, 4]})
    >>> profile = pd.DataFrame({"role": ["kam"], "competency": ["sales_skill"],
    ...     "target_level": [4], "weight": [2]})
    >>> people = pd.DataFrame({"member_id": ["a", "b"], "role": ["kam", "kam"]})
    >>> found = competence_gaps(ratings, profile, people)
    >>> found[["member_id", "gap", "self_gap", "status"]].values.tolist()
    [['a', 2.0, 2.0, 'maybe_short'], ['b', 0.0, nan, 'maybe_met']]
    """
    need_columns(role_profiles, "role_profiles", ["role", "competency", "target_level"])
    need_columns(members, "members", ["member_id", "role"])
    scores = check_ratings(ratings, "ratings", "competency")
    period = latest(scores["period"], period)
    scores = scores[scores["period"] == period]
    cells = rating_cells(
        scores, "competency", source=source, severity=severity, min_n=min_n, level=level
    )
    own = rating_cells(scores, "competency", source="self")[["member_id", "item", "rated"]]
    table = _wanted(role_profiles, members).merge(cells, "left", on=["member_id", "item"])
    table = table.merge(own.rename(columns={"rated": "self"}), "left", on=["member_id", "item"])
    table = table.rename(columns={"item": "competency"})
    table["n"] = table["n"].fillna(0).astype("int64")
    table["gap"] = table["required"] - table["rated"]
    table["sure"] = table["high"] < table["required"]
    table["self_gap"] = table["self"] - table["rated"]
    table["status"] = _status(table)
    table["variant"] = source + "; " + table["variant"].fillna("no_rating").astype("str")
    table["period"], table["origin"] = period, ORIGIN
    order = table.sort_values(["member_id", "competency"]).index
    return table.loc[order, GAP_COLUMNS].reset_index(drop=True)


def _wanted(role_profiles: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """One row for each person and competence of the role: what is required."""
    profile = role_profiles[["role"]].astype("str").assign(
        item=role_profiles["competency"].astype("str"),
        required=pd.to_numeric(role_profiles["target_level"], errors="coerce").astype(float),
        weight=pd.to_numeric(role_profiles["weight"], errors="coerce").astype(float)
        if "weight" in role_profiles
        else 1.0,
    )  # fmt: skip
    profile = profile.drop_duplicates(["role", "item"])
    people = members[["member_id", "role"]].dropna().astype("str").drop_duplicates("member_id")
    return people.merge(profile, on="role")


def _status(table: pd.DataFrame) -> np.ndarray:
    rated, required = table["rated"], table["required"]
    below = rated < required
    return np.select(
        [
            table["hidden"].fillna(False).astype(bool),
            rated.isna(),
            table["sure"],
            table["low"] >= required,
            below,
        ],
        ["hidden", "not_rated", "short", "met", "maybe_short"],
        "maybe_met",
    )
