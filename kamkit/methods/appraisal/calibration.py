"""Changes of a calibration session: what is wrong with one, and what all of them do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.appraisal.combined import Combined, combined_result
from kamkit.methods.appraisal.combined_parts import LEVEL_POINTS, MOST
from kamkit.methods.appraisal.rating_cells import check_ratings, rater_severities
from kamkit.methods.checks import need_columns
from kamkit.methods.raters.severity import Severity

REASON = 10  # fewest characters of a reason (house)
CHANGE_COLUMNS = ["member_id", "part", "before", "after", "reason"]


def check_change(change: Mapping[str, Any], combined: Combined) -> tuple[Problem, ...]:
    """What is wrong with one change of a part: nothing, or every problem at once.

    Needs member_id, part, before, after, reason. A reason has at least ten characters (house);
    ``before`` must be the value that stands now, so that two managers can't overwrite each
    other unseen; ``after`` lies within 0–100.

    >>> parts = pd.DataFrame({"member_id": ["a"], "part": ["duty"], "value": [70.0], "se": 5.0})
    >>> change = {"member_id": "a", "part": "duty", "before": 70, "after": 75, "reason": "ok"}
    >>> [p.code for p in check_change(change, combined_result(parts))]
    ['reason_too_short']
    """
    found: list[Problem] = []
    reason = change.get("reason")
    said = "" if reason is None or pd.isna(reason) else str(reason).strip()
    if len(said) < REASON:
        found.append(_wrong("reason_too_short", "reason", said, fewest=REASON))
    after = _number(change.get("after"))
    if after is None:
        found.append(_wrong("not_a_number", "after", change.get("after")))
    elif not 0 <= after <= MOST:
        found.append(_wrong("option_out_of_range", "after", after, low="0", high=f"{MOST:.0f}"))
    parts, member, part = combined.parts, change.get("member_id"), change.get("part")
    mine = parts[parts["member_id"] == str(member)]
    if mine.empty:
        allowed = ", ".join(combined.members["member_id"].head(20))
        found.append(_wrong("unknown_person", "member_id", member, allowed=allowed))
        return tuple(found)
    now = mine.loc[mine["part"] == part, "value"]
    if now.empty:
        allowed = ", ".join(mine["part"])
        return (*found, _wrong("unknown_choice", "part", part, allowed=allowed))
    before = _number(change.get("before"))
    if before is None or abs(before - float(now.iloc[0])) > 0.05:
        now_is = f"{float(now.iloc[0]):.1f}"
        found.append(_wrong("change_is_stale", "before", change.get("before"), now=now_is))
    return tuple(found)


def _wrong(code: str, column: str, value: Any, **details: Any) -> Problem:
    return Problem(code, "calibration_changes", column, value=value, details=details)


def _number(value: Any) -> float | None:
    number = pd.to_numeric(pd.Series([value]), errors="coerce").astype(float).iloc[0]
    return float(number) if np.isfinite(number) else None


@dataclass(frozen=True)
class CalibrationEffect:
    """What the changes of a session do.

    Attributes
    ----------
    members
        One row a person: member_id, total_before, total_after, change, grade_before,
        grade_after, grade_p_before, grade_p_after, moved (grades upwards), n_changes.
    managers
        One row a manager (of members.manager_id): manager_id, n, mean_before, mean_after,
        relative_before, relative_after (mean less that of everybody), n_up, n_down (people).
    fairness
        ``four_fifths`` of the share in the top grades by group, before and after (column
        ``when``); empty without members.group.
    raters
        One row a rater: rater_id, leniency_before, leniency_after (levels; the mean change of
        the competence part of the people rated, turned into levels); empty without severity.
    combined
        The result after the changes. A changed value keeps its error: a talk makes it agreed,
        not exact.
    """

    members: pd.DataFrame
    managers: pd.DataFrame
    fairness: pd.DataFrame
    raters: pd.DataFrame
    combined: Combined


def apply_changes(
    combined: Combined,
    changes: pd.DataFrame,
    *,
    members: pd.DataFrame | None = None,
    ratings: pd.DataFrame | None = None,
    severity: Severity | pd.DataFrame | None = None,
    group: str = "group",
    top: Sequence[str] | None = None,
    source: str = "manager",
) -> CalibrationEffect:
    """Result, manager means, fairness screen and leniency before and after the changes.

    Needs changes: member_id, part, before, after, reason, in the order in which they were made;
    undoing is a further change. ``members``: member_id, manager_id and ``group`` (any column).
    ``top``: grades that count as selected, default the highest. ``severity`` (of
    ``rater_severity``, or its raters' frame) with ``ratings`` tells of raters.

    Returns CalibrationEffect. Raises one KamkitError with the problems of all changes.
    Source: S210; house.

    >>> parts = pd.DataFrame({"member_id": ["a", "b"], "part": "duty", "value": [70.0, 92],
    ...     "se": 5.0})
    >>> changes = pd.DataFrame({"member_id": ["a"], "part": ["duty"], "before": [70.0],
    ...     "after": [76.0], "reason": ["took over two accounts in May"]})
    >>> effect = apply_changes(combined_result(parts), changes)
    >>> effect.members[["member_id", "change", "grade_before", "grade_after"]].values.tolist()
    [['a', 6.0, 'meets', 'good'], ['b', 0.0, 'outstanding', 'outstanding']]
    """
    need_columns(changes, "calibration_changes", CHANGE_COLUMNS)
    after = _changed(combined, changes)
    table = _members(combined, after, changes)
    people = members if members is not None else pd.DataFrame({"member_id": []})
    return CalibrationEffect(
        table,
        _managers(table, people),
        _fairness(table, people, group, top or [combined.grades[0][0]]),
        _raters(combined, after, ratings, severity, source),
        after,
    )


def _changed(combined: Combined, changes: pd.DataFrame) -> Combined:
    """The result with all changes applied in their order; each one is checked where it stands."""
    value = combined.parts.set_index(["member_id", "part"])["value"].to_dict()
    problems: list[Problem] = []
    for i, row in enumerate(changes[CHANGE_COLUMNS].to_dict("records"), start=1):
        key = (str(row["member_id"]), row["part"])
        one = combined.parts[combined.parts["member_id"] == key[0]].copy()
        one["value"] = [value[m, p] for m, p in zip(one["member_id"], one["part"], strict=True)]
        now = replace(combined, parts=one)
        found = check_change({str(k): v for k, v in row.items()}, now)
        problems += [replace(p, row=i) for p in found]
        if not found:
            value[key] = float(row["after"])
    KamkitError.collect(problems)
    parts = combined.parts.drop(columns=["weight", "points"])
    parts = parts.assign(
        value=[value[m, p] for m, p in zip(parts["member_id"], parts["part"], strict=True)]
    )
    return combined_result(parts, combined.weights, grades=combined.grades, level=combined.level)


def _members(before: Combined, after: Combined, changes: pd.DataFrame) -> pd.DataFrame:
    place = {g: -i for i, (g, _) in enumerate(before.grades)}
    columns = ["member_id", "total", "grade", "grade_p"]
    both = before.members[columns].merge(
        after.members[columns], on="member_id", suffixes=("_before", "_after")
    )
    moved = both["grade_after"].map(place) - both["grade_before"].map(place)
    made = changes["member_id"].astype("str").value_counts()
    both["change"] = both["total_after"] - both["total_before"]
    both["moved"] = moved.astype("int64")
    both["n_changes"] = both["member_id"].map(made).fillna(0).astype("int64")
    order = ["member_id", "total_before", "total_after", "change", "grade_before", "grade_after"]
    return both[[*order, "grade_p_before", "grade_p_after", "moved", "n_changes"]]


def _managers(table: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    columns = ["n", "mean_before", "mean_after", "relative_before", "relative_after"]
    if "manager_id" not in people:
        return pd.DataFrame(columns=["manager_id", *columns, "n_up", "n_down"])
    own = people[["member_id", "manager_id"]].dropna().astype("str").drop_duplicates("member_id")
    work = table.merge(own, on="member_id")
    out = work.groupby("manager_id").agg(
        n=("member_id", "size"),
        mean_before=("total_before", "mean"),
        mean_after=("total_after", "mean"),
        n_up=("moved", lambda m: int((m > 0).sum())),
        n_down=("moved", lambda m: int((m < 0).sum())),
    )
    for when in ("before", "after"):
        out[f"relative_{when}"] = out[f"mean_{when}"] - work[f"total_{when}"].mean()
    return out.reset_index()[["manager_id", *columns, "n_up", "n_down"]]


def _fairness(
    table: pd.DataFrame, people: pd.DataFrame, group: str, top: Sequence[str]
) -> pd.DataFrame:
    from kamkit.methods.appraisal.fairness import four_fifths

    if group not in people:
        return pd.DataFrame()
    work = table.merge(people[["member_id", group]].dropna(), on="member_id")
    found = []
    for when in ("before", "after"):
        chosen = work[f"grade_{when}"].isin(top)
        grouped = chosen.groupby(work[group])
        counts = pd.DataFrame({"selected": grouped.sum(), "total": grouped.size()})
        counts = counts.rename_axis("group").reset_index()
        found.append(four_fifths(counts).assign(when=when))
    return pd.concat(found, ignore_index=True)


def _raters(
    before: Combined,
    after: Combined,
    ratings: pd.DataFrame | None,
    severity: Severity | pd.DataFrame | None,
    source: str,
) -> pd.DataFrame:
    columns = ["rater_id", "leniency_before", "leniency_after"]
    if ratings is None or severity is None:
        return pd.DataFrame(columns=columns)
    scores = check_ratings(ratings, "ratings", "competency")
    pairs = scores[scores["source"] == source].drop_duplicates(["rater_id", "ratee_id"])
    at = after.parts.set_index(["member_id", "part"])["value"]
    shift = (at - before.parts.set_index(["member_id", "part"])["value"]) / LEVEL_POINTS
    shift = shift[shift.index.get_level_values("part") == "competence"].droplevel("part")
    mean = pairs["ratee_id"].map(shift).fillna(0.0).groupby(pairs["rater_id"]).mean()
    out = (-rater_severities(severity)).rename("leniency_before").reset_index()
    # Leniency is relative to the other raters, so what moves everybody moves nobody.
    moved = out["rater_id"].map(mean).fillna(0.0)
    out["leniency_after"] = out["leniency_before"] + moved - moved.mean()
    return out[columns]
