"""Performance by potential in nine cells, with how likely each cell is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import ndtr

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.raters.inputs import numbers
from kamkit.methods.shares import Floats

LEVELS = ("low", "middle", "high")
CELLS = [f"{performance}_{potential}" for performance in LEVELS for potential in LEVELS]
SETTLED = 0.8  # probability from which a cell is taken as settled (house)
CUTS = {"performance": (2.5, 3.5), "potential": (2.5, 3.5)}  # of a 1–5 scale (house)
COLUMNS = [
    *("member_id", "cell", "likely_cell", "probability", "settled"),
    *(f"p_{cell}" for cell in CELLS),
    *("variant", "origin"),
]


def nine_box(
    table: pd.DataFrame,
    *,
    cuts: Mapping[str, tuple[float, float]] | None = None,
    settled: float = SETTLED,
) -> pd.DataFrame:
    """Which of nine cells a person belongs to, and how likely each of the nine is.

    Needs columns member_id, performance, performance_se, potential, potential_se (points, one
    row a person). ``cuts``: the two lines of each axis; a score on a line belongs above it.
    Errors are taken as normal and independent; where potential was judged from the same
    results, they are not, and the grid says less than it seems.

    Returns columns: member_id, cell (performance_potential, each low, middle or high; where the
    dot lies), likely_cell (the most likely one), probability (of that), settled (probability at
    least ``settled``, 0.8), p_low_low … p_high_high (add up to 1), variant (normal_errors;
    error_unknown: a standard error is missing, so no probability; no_score), origin.
    Raises KamkitError missing_column, not_a_number, duplicate_row, out_of_range (a negative
    standard error), cuts_order. Source: house.

    >>> people = pd.DataFrame({"member_id": ["a"], "performance": [3.6], "performance_se": [0.4],
    ...     "potential": [3.0], "potential_se": [0.3]})
    >>> nine_box(people)[["cell", "probability", "settled"]].round(2).values.tolist()
    [['high_middle', 0.54, False]]
    """
    lines = {**CUTS, **(cuts or {})}
    _check(lines)
    axes = ("performance", "potential")
    need_columns(table, "nine_box", ["member_id", *axes, *(f"{a}_se" for a in axes)])
    value = {a: numbers(table[a], "nine_box", a) for a in axes}
    error = {a: numbers(table[f"{a}_se"], "nine_box", f"{a}_se") for a in axes}
    _check_rows(table, error)
    place = [np.searchsorted(lines[a], value[a], side="right") for a in axes]
    known = np.isfinite(value["performance"]) & np.isfinite(value["potential"])
    sure = known & np.isfinite(error["performance"]) & np.isfinite(error["potential"])
    shares = [third_shares(value[a], error[a], lines[a]) for a in axes]
    p = (shares[0][:, :, None] * shares[1][:, None, :]).reshape(len(table), 9)
    p[~sure] = np.nan
    best = np.nan_to_num(p).argmax(axis=1)
    names = np.array(CELLS, dtype=object)
    dot = names[np.where(known, place[0] * 3 + place[1], 0)]
    top = np.where(sure, np.nan_to_num(p).max(axis=1), np.nan)
    out = pd.DataFrame({"member_id": table["member_id"].astype("str").to_numpy()})
    out["cell"] = pd.Series(dot, dtype="str").where(known)
    out["likely_cell"] = pd.Series(names[best], dtype="str").where(sure)
    out["probability"] = top
    out["settled"] = sure & (np.nan_to_num(top) >= settled)
    out = pd.concat([out, pd.DataFrame(p, columns=[f"p_{c}" for c in CELLS])], axis=1)
    kind = np.select([~known, ~sure], ["no_score", "error_unknown"], "normal_errors")
    out["variant"], out["origin"] = pd.Series(kind, dtype="str"), "house"
    return out[COLUMNS].astype({"origin": "str"})


def third_shares(value: Floats, error: Floats, cuts: tuple[float, float]) -> Floats:
    """Probability of low, middle and high (columns) of each score; an error of 0 is certainty.

    >>> third_shares(np.array([3.0]), np.array([0.0]), (2.5, 3.5)).tolist()
    [[0.0, 1.0, 0.0]]
    """
    below = []
    for cut in cuts:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            share = ndtr((cut - value) / error)
        below.append(np.where(error > 0, share, (value < cut).astype(float)))
    return np.column_stack([below[0], below[1] - below[0], 1 - below[1]])


def _check(lines: Mapping[str, tuple[float, float]]) -> None:
    problems = []
    for name, pair in lines.items():
        if name not in CUTS:
            details = {"allowed": ", ".join(CUTS)}
            problems.append(Problem("unknown_option", column="cuts", value=name, details=details))
        elif len(pair) != 2 or not pair[0] < pair[1]:
            shown = ", ".join(f"{c:g}" for c in pair)
            problems.append(Problem("cuts_order", column=name, value=shown))
    KamkitError.collect(problems)


def _check_rows(table: pd.DataFrame, error: dict[str, Floats]) -> None:
    twice = table["member_id"].duplicated()
    problems = [
        Problem("duplicate_row", "nine_box", "member_id", int(r) + 1, table["member_id"].iloc[r])
        for r in np.flatnonzero(twice)
    ]
    for name, values in error.items():
        problems += [
            Problem("out_of_range", "nine_box", f"{name}_se", int(r) + 1, values[r],
                    details={"allowed": "≥ 0"})
            for r in np.flatnonzero(values < 0)
        ]  # fmt: skip
    KamkitError.collect(problems)
