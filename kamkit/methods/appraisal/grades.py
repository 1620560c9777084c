"""Grades of a total: which one, how likely each, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtr

from kamkit.errors import KamkitError, Problem
from kamkit.methods.shares import Floats

Grades = tuple[tuple[str, float], ...]
MOVED = 0.10  # how far a weight is moved to see whether the grade holds (house)


def check_grades(grades: Sequence[tuple[str, float]]) -> Grades:
    """Grades from the top, the lowest open below.

    Raises KamkitError bad_grades (fewer than two, a name or a cut twice).

    >>> check_grades([("C", 0), ("A", 110), ("B", 95)])
    (('A', 110.0), ('B', 95.0), ('C', -inf))
    """
    ordered = sorted(((str(g), float(c)) for g, c in grades), key=lambda g: -g[1])
    names, cuts = {g for g, _ in ordered}, {c for _, c in ordered}
    if len(ordered) < 2 or len(names) < len(ordered) or len(cuts) < len(ordered):
        said = ", ".join(f"{g} {c:g}" for g, c in ordered)
        raise KamkitError(Problem("bad_grades", column="grades", value=said))
    return (*ordered[:-1], (ordered[-1][0], -np.inf))


def _cuts(grades: Grades) -> Floats:
    return np.array([c for _, c in grades])


def grade_of(total: Floats, grades: Grades) -> pd.Series:
    """The grade of each total; a total on the line has reached it.

    >>> grade_of(np.array([95.0, 94.9]), (("A", 95.0), ("B", -np.inf))).tolist()
    ['A', 'B']
    """
    names = np.array([g for g, _ in grades], dtype=object)
    # Sums of weights × values miss a cut by a rounding error.
    at = np.searchsorted(-_cuts(grades), -(np.asarray(total, float) + 1e-9))
    return pd.Series(names[at], dtype="str")


def grade_probabilities(total: Floats, se: Floats, grades: Grades) -> Floats:
    """Probability of each grade (columns, from the top) for each total; NaN where se is.

    >>> both = (("A", 100.0), ("B", -np.inf))
    >>> grade_probabilities(np.array([100.0]), np.array([5.0]), both).tolist()
    [[0.5, 0.5]]
    """
    total, se = np.asarray(total, float)[:, None], np.asarray(se, float)[:, None]
    cuts = _cuts(grades)[None, :]
    sure = (total + 1e-9 >= cuts).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        above = np.where(se > 0, ndtr((total - cuts) / se), np.where(np.isnan(se), np.nan, sure))
    return np.diff(above, axis=1, prepend=0.0)


def grade_changes(
    parts: pd.DataFrame, members: pd.DataFrame, grades: Grades, most: float
) -> pd.DataFrame:
    """Points that one part alone would have to gain, or could lose, for another grade.

    >>> parts = pd.DataFrame({"member_id": ["a"], "part": ["kpi"], "value": [90.0],
    ...     "weight": [0.5]})
    >>> members = pd.DataFrame({"member_id": ["a"], "total": [95.0]})
    >>> grade_changes(parts, members, (("A", 100.0), ("B", -np.inf)), 120)["up"].tolist()
    [10.0]
    """
    total = parts["member_id"].map(members.set_index("member_id")["total"]).to_numpy(dtype=float)
    cuts = _cuts(grades)
    at = np.searchsorted(-cuts, -(total + 1e-9))
    upper = np.where(at > 0, cuts[np.maximum(at - 1, 0)], np.nan)
    lower = np.where(np.isfinite(cuts[at]), cuts[at], np.nan) if len(at) else np.empty(0)
    weight = parts["weight"].to_numpy(dtype=float)
    up, down = (upper - total) / weight, (total - lower) / weight
    possible = parts["value"].to_numpy(dtype=float) + up <= most
    return pd.DataFrame(
        {
            "member_id": parts["member_id"].to_numpy(),
            "part": parts["part"].to_numpy(),
            "up": up,
            "down": down,
            "possible": possible,
        }
    )


def steady_under_weights(
    parts: pd.DataFrame, members: pd.Series, weights: Mapping[str, float], grades: Grades
) -> Floats:
    """True where the grade stays when each weight in turn moves by ten points either way.

    The other weights keep their proportions. ``members``: the order of the answer.

    >>> parts = pd.DataFrame({"member_id": ["a", "a"], "part": ["kpi", "duty"],
    ...     "value": [120.0, 80.0]})
    >>> both = (("A", 98.0), ("B", -np.inf))
    >>> steady_under_weights(parts, pd.Series(["a"]), {"kpi": 0.5, "duty": 0.5}, both).tolist()
    [False]
    """
    names = [p for p, w in weights.items() if w > 0]
    wide = parts.pivot(index="member_id", columns="part", values="value")
    value = wide.reindex(index=members, columns=names).to_numpy(dtype=float)
    have = ~np.isnan(value)
    base = np.array([weights[p] for p in names], dtype=float)
    base = base / base.sum()

    def graded(w: Floats) -> Floats:
        used = np.where(have, w, 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            total = (used * np.nan_to_num(value)).sum(axis=1) / used.sum(axis=1)
        return np.asarray(np.searchsorted(-_cuts(grades), -(total + 1e-9)))

    first = graded(base)
    steady = np.ones(len(members), dtype=bool)
    for i in range(len(names) if len(names) > 1 else 0):
        for step in (-MOVED, MOVED):
            moved = np.clip(base[i] + step, 0.0, 1.0)
            w = base * (1 - moved) / (1 - base[i]) if base[i] < 1 else base
            w[i] = moved
            steady &= graded(w) == first
    return steady
