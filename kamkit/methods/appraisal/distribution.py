"""How many people got each grade, and what a forced curve would do to them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.appraisal.combined import Combined
from kamkit.methods.portfolio.hours import largest_remainder
from kamkit.methods.shares import normal_point, share_of, wilson

COLUMNS = [
    *("grade", "n", "share", "low", "high", "expected", "settled", "curve_share", "curve_n"),
    *("moved", "doubtful", "note", "origin"),
]


def grade_distribution(
    combined: Combined, curve: Mapping[str, float] | None = None, *, level: float = 0.95
) -> pd.DataFrame:
    """Grades as counted, as expected from their probabilities, and against a forced curve.

    ``curve``: grade -> share (made to add to 1), such as a company's 20/70/10; largest
    remainders make whole people of it. It is compared, never applied: it gives a set share the
    lowest grade whatever they did, and it hides strict raters instead of showing them.

    Returns one row a grade, from the top: grade, n, share (0–1), low, high (Wilson), expected
    (sum of probabilities; NaN where errors are unknown), settled (people whose grade has a
    probability of .8 or more), curve_share, curve_n, moved (people whom the curve would bring
    into this grade from another), doubtful (of those who would get this grade, how many can't be
    told from the nearest person on the other side of its lines), note (fits,
    curve_moves_people, curve_splits_equals, no_curve), origin.

    Raises KamkitError unknown_choice, weight_invalid. Source: S210 (distribution check);
    field:Balinski & Young 1982; house.

    >>> from kamkit.methods.appraisal.combined import combined_result
    >>> parts = pd.DataFrame({"member_id": list("abcd"), "part": "kpi",
    ...     "value": [70.0, 69, 68, 67], "se": 5.0})
    >>> curve = {"outstanding": 0.25, "meets": 0.5, "below": 0.25}
    >>> found = grade_distribution(combined_result(parts), curve).set_index("grade")
    >>> found.loc[["outstanding", "below"], ["n", "moved", "doubtful"]].values.tolist()
    [[0, 1, 1], [0, 1, 1]]
    """
    names = [g for g, _ in combined.grades]
    members = combined.members
    n = members["grade"].value_counts().reindex(names, fill_value=0)
    low, high = wilson(n, len(members), level)
    chances = combined.probabilities
    expected = chances.groupby("grade")["probability"].agg(lambda p: p.sum(skipna=False))
    out = pd.DataFrame(
        {
            "grade": names,
            "n": n.to_numpy(),
            "share": share_of(n, len(members)),
            "low": low,
            "high": high,
            "expected": expected.reindex(names).to_numpy(dtype=float),
            "settled": [int(members.loc[members["grade"] == g, "settled"].sum()) for g in names],
            "curve_share": np.nan,
            "curve_n": np.nan,
            "moved": 0,
            "doubtful": 0,
            "note": "no_curve",
            "origin": "S210; house",
        }
    )
    if curve is not None:
        shares = _checked(curve, names)
        counts = largest_remainder(shares * len(members), len(members))
        out["curve_share"], out["curve_n"] = shares, counts
        out["moved"], out["doubtful"] = _forced(members, names, counts, combined.level)
        out["note"] = np.select(
            [out["doubtful"] > 0, out["moved"] > 0],
            ["curve_splits_equals", "curve_moves_people"],
            "fits",
        )
    return out[COLUMNS]


def _checked(curve: Mapping[str, float], names: list[str]) -> np.ndarray:
    allowed = {"allowed": ", ".join(names)}
    problems = [
        Problem("unknown_choice", "curve", "grade", value=g, details=allowed)
        for g in curve
        if g not in names
    ]
    problems += [
        Problem("weight_invalid", "curve", g, value=s)
        for g, s in curve.items()
        if not (np.isfinite(s) and s >= 0)
    ]
    if not problems and not sum(curve.values()) > 0:
        problems.append(Problem("weight_invalid", "curve", value=sum(curve.values())))
    KamkitError.collect(problems)
    shares = np.array([curve.get(g, 0.0) for g in names], dtype=float)
    return np.asarray(shares / shares.sum())


def _forced(
    members: pd.DataFrame, names: list[str], counts: np.ndarray, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """People moved into each grade, and how many of its people have an equal across its lines."""
    order = members.sort_values(["total", "member_id"], ascending=[False, True])
    forced = np.repeat(np.arange(len(names)), counts)
    was = order["grade"].map({g: i for i, g in enumerate(names)}).to_numpy()
    total = order["total"].to_numpy(float)
    reach = normal_point(level) * order["se"].fillna(np.inf).to_numpy(float)
    moved = np.bincount(forced[forced != was], minlength=len(names))
    doubt = np.zeros(len(forced), dtype=bool)
    for line in np.flatnonzero(np.diff(forced)):
        above, below = slice(0, line + 1), slice(line + 1, len(forced))
        near = total[above] - total[line + 1] <= np.hypot(reach[above], reach[line + 1])
        far = total[line] - total[below] <= np.hypot(reach[line], reach[below])
        doubt[above] |= near & (forced[above] == forced[line])
        doubt[below] |= far & (forced[below] == forced[line + 1])
    return moved, np.bincount(forced[doubt], minlength=len(names))
