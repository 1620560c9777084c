"""An appraisal put together from its parts, with what is sure about the grade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.appraisal.combined_parts import MOST
from kamkit.methods.appraisal.grades import (
    Grades,
    check_grades,
    grade_changes,
    grade_of,
    grade_probabilities,
    steady_under_weights,
)
from kamkit.methods.appraisal.separate import chain_groups
from kamkit.methods.checks import need_columns
from kamkit.methods.shares import normal_point
from kamkit.schemes.appraisal_policy import AppraisalParts, appraisal_parts

SETTLED = 0.8  # probability from which a grade is settled (house)
RATED = ("competence", "duty")  # parts whose errors come from the same raters
MEMBER_COLUMNS = [
    *("member_id", "total", "se", "low", "high", "grade", "grade_p", "grade_most_likely"),
    *("settled", "weights_settled", "group", "n_parts", "weight_used", "note", "variant"),
    "origin",
]


@dataclass(frozen=True)
class Combined:
    """What :func:`combined_result` found.

    Attributes
    ----------
    members
        member_id, total (0–100, 67.5 is what was agreed), se, low, high, grade (of the total),
        grade_p (its probability), grade_most_likely, settled (probability ≥ .8), weights_settled
        (the same grade when any weight moves by 10 points), group (people who share a number
        can't be separated, directly or in a chain), n_parts, weight_used (0–1), note (ok,
        part_missing, error_unknown), variant, origin.
    parts
        member_id, part, value (0–100), se, n, weight (as used, adding to 1), points
        (weight × value; they add up to the total), origin.
    probabilities
        member_id, grade, probability.
    changes
        member_id, part, up (points that this part alone would need for the next grade), down
        (points it may lose before the grade falls), possible (up stays within 100).
    weights, grades
        The rule that was used: part -> weight, and (grade, cut) from the top.
    """

    members: pd.DataFrame
    parts: pd.DataFrame
    probabilities: pd.DataFrame
    changes: pd.DataFrame
    weights: Mapping[str, float]
    grades: Grades
    level: float


def combined_result(
    parts: pd.DataFrame,
    weights: Mapping[str, float] | None = None,
    *,
    grades: Sequence[tuple[str, float]] | None = None,
    policy: AppraisalParts | None = None,
    level: float = 0.9,
) -> Combined:
    """Weighted total of the parts, its error, and how likely each grade is.

    Needs parts: member_id, part, value (0–100), se (see ``combined_parts``). ``weights``: part ->
    weight, ``grades``: (grade, lowest total) in any order, the lowest grade taking the rest;
    both default to those of ``policy``, and that to the kit's (house). A missing part is never 0:
    the others are weighted up and the note says so. Ratings of competences and duties come from
    the same people, so their errors are added, those of other parts are added in squares.
    Probabilities of grades are normal around the total.

    Returns Combined. Raises KamkitError missing_column, unknown_choice (part), weight_invalid,
    duplicate_row, option_out_of_range (value off 0–100), bad_grades, efficacy_not_for_appraisal.
    Source: S210 (parts, weights, distribution check); rule house.

    >>> parts = pd.DataFrame({"member_id": ["a", "a"], "part": ["kpi", "competence"],
    ...     "value": [80.0, 60.0], "se": [0.0, 10.0]})
    >>> found = combined_result(parts, {"kpi": 0.6, "competence": 0.4},
    ...     grades=[("A", 90), ("B", 75), ("C", 60), ("D", 0)])
    >>> row = found.members.iloc[0]
    >>> row["total"], row["se"], row["grade"], round(row["grade_p"], 2)
    (np.float64(72.0), np.float64(4.0), 'C', np.float64(0.77))
    """
    rule = appraisal_parts() if policy is None else policy
    used = dict(rule.weights if weights is None else weights)
    scale = check_grades([(g.id, g.low) for g in rule.grades] if grades is None else grades)
    table = _checked(parts, used)
    table["weight"] = table["part"].map(used).astype(float)
    table = table[table["weight"] > 0]
    table["_given"] = table.groupby("member_id")["weight"].transform("sum")
    table["weight"] = table["weight"] / table["_given"]
    table["points"] = table["weight"] * table["value"]
    table = table.sort_values(["member_id", "part"]).reset_index(drop=True)
    members = _totals(table, used, level)
    total, se = members["total"].to_numpy(), members["se"].to_numpy()
    members["grade"] = grade_of(total, scale)
    chances = grade_probabilities(total, se, scale)
    names = np.array([g for g, _ in scale], dtype=object)
    at = np.searchsorted(-np.array([c for _, c in scale]), -total)
    members["grade_p"] = chances[np.arange(len(total)), at] if len(total) else np.empty(0)
    best = chances.argmax(axis=1) if len(total) else np.empty(0, int)
    members["grade_most_likely"] = pd.Series(names[best], members.index, dtype="str")
    members["settled"] = members["grade_p"] >= SETTLED
    members["weights_settled"] = steady_under_weights(table, members["member_id"], used, scale)
    members["group"] = chain_groups(total, normal_point(level) * se)
    probabilities = pd.DataFrame(
        {
            "member_id": np.repeat(members["member_id"].to_numpy(), len(scale)),
            "grade": pd.Series(np.tile(names, len(members)), dtype="str"),
            "probability": chances.ravel(),
        }
    )
    changes = grade_changes(table, members, scale, MOST)
    columns = ["member_id", "part", "value", "se", "n", "weight", "points", "origin"]
    return Combined(
        members[MEMBER_COLUMNS], table[columns], probabilities, changes, used, scale, level
    )


def _checked(parts: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    need_columns(parts, "parts", ["member_id", "part", "value", "se"])
    if "efficacy" in set(parts["part"]) | set(weights):
        raise KamkitError(Problem("efficacy_not_for_appraisal", "parts", "part", value="efficacy"))
    problems = [
        Problem("weight_invalid", "weights", name, value=w)
        for name, w in weights.items()
        if not (np.isfinite(w) and w >= 0)
    ]
    if not sum(weights.values()) > 0:
        problems.append(Problem("weight_invalid", "weights", value=sum(weights.values())))
    allowed = {"allowed": ", ".join(weights)}
    value = parts["value"].astype(float)
    scale = {"low": "0", "high": f"{MOST:.0f}"}
    wrong = [
        ("unknown_choice", "part", ~parts["part"].isin(list(weights)), allowed),
        ("option_out_of_range", "value", (value < 0) | (value > MOST), scale),
        ("empty_cell", "member_id", parts["member_id"].isna(), {}),
        ("duplicate_row", "member_id", parts.duplicated(["member_id", "part"]), {}),
    ]
    problems += [
        Problem(code, "parts", column, int(i) + 1, parts[column].iloc[int(i)], details=details)
        for code, column, rows, details in wrong
        for i in np.flatnonzero(rows.to_numpy())
    ]
    KamkitError.collect(problems)
    table = parts.dropna(subset=["value"]).reset_index(drop=True)
    table["member_id"] = table["member_id"].astype("str")
    table["n"] = table.get("n", 1)
    table["origin"] = table.get("origin", "S210")
    return table.astype({"value": float, "se": float, "part": "str"})


def _totals(table: pd.DataFrame, weights: Mapping[str, float], level: float) -> pd.DataFrame:
    error = (table["weight"] * table["se"]).fillna(0.0)
    rated = table["part"].isin(RATED)
    work = table.assign(
        _sum=error.where(rated, 0.0), _square=(error**2).where(~rated, 0.0),
        _unknown=table["se"].isna(),
    )  # fmt: skip
    out = work.groupby("member_id").agg(
        total=("points", "sum"), _sum=("_sum", "sum"), _square=("_square", "sum"),
        n_parts=("part", "size"), weight_used=("_given", "first"), _unknown=("_unknown", "any"),
    )  # fmt: skip
    se = (out.pop("_sum") ** 2 + out.pop("_square")) ** 0.5
    unknown = out.pop("_unknown").astype(bool)
    out["se"] = se.where(~unknown)
    reach = normal_point(level) * out["se"]
    out["low"], out["high"] = out["total"] - reach, out["total"] + reach
    out["weight_used"] = out["weight_used"] / sum(weights.values())
    missing = out["weight_used"] < 1 - 1e-9
    out["note"] = np.select([unknown, missing], ["error_unknown", "part_missing"], "ok")
    counted = table.loc[table["part"] == "kpi", "se"]
    exact = "; kpi_as_counted" if len(counted) and not counted.any() else ""
    out["variant"] = f"weighted_sum; errors_of_raters_added{exact}"
    out["origin"] = "S210; house"
    return out.reset_index()
