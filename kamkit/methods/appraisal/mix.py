"""Results of people with different kinds of business, as if all had the team's mix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.appraisal.effects import codes_of
from kamkit.methods.appraisal.ranks import groups_of
from kamkit.methods.checks import need_columns
from kamkit.methods.shares import Floats, Ints, normal_point

COVERED = 0.5  # share of the standard mix that a person's own segments must cover (house)
KINDS = ("ratio", "share")
ORIGIN = "field:Breslow & Day 1987; house"
MEMBER_COLUMNS = [
    *("member_id", "n", "actual", "weight", "crude", "adjusted", "low", "high", "se", "indirect"),
    *("covered", "empty", "rank_raw", "rank_adjusted", "group", "note", "variant", "origin"),
]
CELL_COLUMNS = ["member_id", "segment", "n", "actual", "weight", "rate", "standard_share"]


@dataclass(frozen=True)
class MixAdjusted:
    """What :func:`mix_adjusted` found.

    Attributes
    ----------
    members
        member_id, n (rows), actual, weight (sums), crude (actual / weight), adjusted (as if the
        person had the team's mix of segments), low, high, se, indirect (actual against what
        the team's rates would have brought with the person's own mix; 1 = as the team),
        covered (share of the standard mix in segments that the person has, 0–1), empty
        (segments without business, joined by "; "), rank_raw, rank_adjusted, group (people who
        share a number can't be separated), note (empty_cells, too_little_covered,
        no_variation or empty), variant, origin.
    cells
        member_id, segment, n, actual, weight, rate, standard_share (0–1).
    """

    members: pd.DataFrame
    cells: pd.DataFrame


def mix_adjusted(
    frame: pd.DataFrame, *, kind: Literal["ratio", "share"] = "ratio", level: float = 0.95
) -> MixAdjusted:
    """Standardise each person's rate to the mix of segments of the whole team.

    ``frame``: member_id, segment, actual, and expected or weight (what ``actual`` is measured
    by: target, expected sales, number of deals); several rows a cell are summed and tell how
    much results vary. ``kind``: ``ratio`` (actual / expected) or ``share`` (actual of weight
    cases, such as won deals).

    A segment that a person has none of is filled with the team's rate times the person's own
    ratio (``indirect``) and named; where the person's segments cover less than half of the
    standard mix there is no adjusted figure. Intervals are normal: of a share from its own
    variance (at least one case either way), of a ratio from how rows vary around the cell's
    rate, or, with one row a cell, around the segment's, which is wider.

    Returns MixAdjusted. Raises KamkitError missing_column, unknown_option, not_a_number,
    negative_weight, count_off. Source: Breslow & Day 1987 (direct and indirect
    standardisation); filling and limits house.

    >>> frame = pd.DataFrame({"member_id": list("aabb"), "segment": ["big", "small"] * 2,
    ...                       "actual": [8, 30, 40, 6], "weight": [10, 90, 60, 10]})
    >>> mix_adjusted(frame, kind="share").members[["crude", "adjusted"]].round(3).values.tolist()
    [[0.38, 0.525], [0.657, 0.627]]
    """
    rows = _rows(frame, kind)
    if rows.empty:
        return MixAdjusted(pd.DataFrame(columns=MEMBER_COLUMNS), pd.DataFrame(columns=CELL_COLUMNS))
    who, names = codes_of(rows, "member_id")
    where, segments = codes_of(rows, "segment")
    shape = len(names), len(segments)
    actual, weight, n = (np.zeros(shape) for _ in range(3))
    np.add.at(actual, (who, where), rows["actual"].to_numpy())
    np.add.at(weight, (who, where), rows["weight"].to_numpy())
    np.add.at(n, (who, where), 1.0)
    standard = weight.sum(axis=0) / weight.sum()
    team = np.divide(actual.sum(axis=0), weight.sum(axis=0), out=np.zeros(shape[1]),
                     where=weight.sum(axis=0) > 0)  # fmt: skip
    variance = _variance(rows, who, where, actual, weight, n, team, kind)
    table = _members(names, segments, actual, weight, n, standard, team, variance, level)
    table["variant"], table["origin"] = f"direct_standardised; {kind}_rate", ORIGIN
    cells = _cells(names, segments, actual, weight, n, standard)
    return MixAdjusted(table[MEMBER_COLUMNS], cells)


def _rows(frame: pd.DataFrame, kind: str) -> pd.DataFrame:
    if kind not in KINDS:
        details = {"allowed": ", ".join(KINDS)}
        raise KamkitError(Problem("unknown_option", column="kind", value=kind, details=details))
    measure = "expected" if "expected" in frame.columns else "weight"
    need_columns(frame, "frame", ["member_id", "segment", "actual", measure])
    rows = frame[["member_id", "segment", "actual", measure]].rename(columns={measure: "weight"})
    rows = rows.reset_index(drop=True)
    problems = []
    for column, shown in (("actual", "actual"), ("weight", measure)):
        number = pd.to_numeric(rows[column], errors="coerce").astype(float)
        wrong = rows[column].notna() & ~np.isfinite(number)
        problems += [
            Problem("not_a_number", "frame", shown, int(i) + 1, rows[column].iloc[i])
            for i in np.flatnonzero(wrong)
        ]
        rows[column] = number
    low = (rows["weight"] < 0).to_numpy()
    problems += [
        Problem("negative_weight", "frame", measure, int(i) + 1, rows["weight"].iloc[i])
        for i in np.flatnonzero(low)
    ]
    if kind == "share":
        off = ((rows["actual"] < 0) | (rows["actual"] > rows["weight"])).to_numpy() & ~low
        problems += [
            Problem("count_off", "frame", f"actual, {measure}", int(i) + 1,
                    f"{rows['actual'].iloc[i]:g} / {rows['weight'].iloc[i]:g}",
                    details={"allowed": f"0 ≤ actual ≤ {measure}"})
            for i in np.flatnonzero(off)
        ]  # fmt: skip
    KamkitError.collect(problems)
    rows = rows.dropna()
    return pd.DataFrame(rows[rows["weight"] > 0]).reset_index(drop=True)


def _variance(
    rows: pd.DataFrame, who: Ints, where: Ints, actual: Floats, weight: Floats, n: Floats,
    team: Floats, kind: str,
) -> Floats:  # fmt: skip
    """Variance of each cell's rate; NaN where nothing tells of it."""
    live = weight > 0
    size = np.where(live, weight, np.nan)
    if kind == "share":
        surer = (actual + 0.5) / (size + 1)
        p = np.where(actual * (weight - actual) > 0, actual / size, surer)
        return np.asarray(p * (1 - p) / size)
    a, w = rows["actual"].to_numpy(), rows["weight"].to_numpy()
    repeated = n.sum() - live.sum()
    rate = actual / size
    centre = rate[who, where] if repeated >= live.sum() else team[where]
    spread = np.bincount(where, (a - centre * w) ** 2 / w, minlength=len(team))
    taken = live.sum(axis=0) if repeated >= live.sum() else np.ones(len(team))
    free = n.sum(axis=0) - taken
    per_unit = np.divide(spread, free, out=np.full(len(team), np.nan), where=free > 0)
    pooled = spread[free > 0].sum() / free[free > 0].sum() if (free > 0).any() else np.nan
    return np.asarray(np.where(np.isnan(per_unit), pooled, per_unit) / size)


def _members(
    names: np.ndarray, segments: np.ndarray, actual: Floats, weight: Floats, n: Floats,
    standard: Floats, team: Floats, variance: Floats, level: float,
) -> pd.DataFrame:  # fmt: skip
    live = weight > 0
    expected = weight @ team
    indirect = np.divide(actual.sum(axis=1), expected, out=np.full(len(names), np.nan),
                         where=expected > 0)  # fmt: skip
    own = np.divide(actual, weight, out=np.zeros(weight.shape), where=live)
    rate = np.where(live, own, team * np.nan_to_num(indirect)[:, None])
    covered = live @ standard
    enough = covered >= COVERED
    adjusted = np.where(enough, rate @ standard, np.nan)
    # A filled cell is as unsure as the person's own ratio, which rests on the cells there are.
    seen = np.where(live, variance, 0) @ standard**2
    se = np.where(enough, np.sqrt(seen) / covered, np.nan)
    out = pd.DataFrame({"member_id": pd.Series(names, dtype="str")})
    out["n"], out["actual"] = n.sum(axis=1).astype(np.int64), actual.sum(axis=1)
    out["weight"] = weight.sum(axis=1)
    out["crude"], out["adjusted"] = out["actual"] / out["weight"], adjusted
    reach = normal_point(level) * se
    out["low"], out["high"], out["se"] = adjusted - reach, adjusted + reach, se
    out["indirect"], out["covered"] = indirect, covered
    empty = ["; ".join(str(s) for s in segments[~row]) for row in live]
    out["empty"] = pd.Series(empty, dtype="str")
    for column, of in (("rank_raw", "crude"), ("rank_adjusted", "adjusted")):
        place = out[of].round(12).rank(ascending=False, method="min")
        out[column] = place.astype("Int64")
    out["group"] = groups_of(
        *(np.where(np.isnan(se), np.nan, x) for x in (adjusted, adjusted - reach, adjusted + reach))
    )
    note = np.where(~enough, "too_little_covered", np.where(np.isnan(se), "no_variation", ""))
    out["note"] = pd.Series(
        np.where((note == "") & ~live.all(axis=1), "empty_cells", note), dtype="str"
    )
    return out


def _cells(
    names: np.ndarray, segments: np.ndarray, actual: Floats, weight: Floats, n: Floats,
    standard: Floats,
) -> pd.DataFrame:  # fmt: skip
    i, j = np.nonzero(weight > 0)
    table = pd.DataFrame(
        {
            "member_id": pd.Series(names[i], dtype="str"),
            "segment": pd.Series(segments[j], dtype="str"),
            "n": n[i, j].astype(np.int64),
            "actual": actual[i, j],
            "weight": weight[i, j],
            "standard_share": standard[j],
        }
    )
    table["rate"] = table["actual"] / table["weight"]
    return table[CELL_COLUMNS]
