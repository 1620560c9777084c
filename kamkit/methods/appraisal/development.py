"""From gaps to a plan: what to work on first, by which training, and whether it helped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtr, stdtrit

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.schemes.competencies import Training, trainings

MOST = 3  # actions a person can carry at once (house)
DUE_MONTHS = (3, 6, 9)  # by place in the plan, the last for all further ones (house)
SURE = 0.8  # chance of a shortfall from which to act, not to look again (house)
PLAN_COLUMNS = [
    *("member_id", "place", "competency", "required", "rated", "low", "high", "gap", "weight"),
    *("sureness", "priority", "step", "training", "others", "done_before", "owner_id", "due"),
    *("evidence", "origin"),
]
EFFECT_COLUMNS = [
    *("course", "n", "before", "after", "change", "low", "high", "gain", "n_gain", "reading"),
    *("variant", "origin"),
]
PROGRESS_COLUMNS = [
    *("action_id", "member_id", "competency", "status", "timing", "gap_before", "gap_after"),
    *("change", "low", "high", "progress"),
]


def development_plan(
    gaps: pd.DataFrame,
    scheme: Sequence[Training] | None = None,
    done: pd.DataFrame | None = None,
    members: pd.DataFrame | None = None,
    *,
    as_of: str | pd.Timestamp,
    most: int = MOST,
) -> pd.DataFrame:
    """At most three things for each person to work on, the most pressing first.

    Needs gaps: a result of ``competence_gaps`` (member_id, competency, weight, required, rated,
    se, low, high, gap). ``scheme``: the training list, default ``schemes.trainings``; ``done``:
    member_id, course, finished_on: those courses are not suggested again; ``members``:
    member_id, manager_id (the owner; without one the person).

    Priority = gap × weight × sureness, where sureness is the chance that the true rating lies
    below what is required: a large gap that nobody can be sure of doesn't come first. Above .8
    the step is ``act``, below it ``look_again`` (a second rater or an observed visit first).
    Of several trainings the one that serves most of the person's gaps comes first.

    Returns one row an action: member_id, place (1 first), competency, required, rated, low, high,
    gap (levels), weight, sureness (0–1), priority, step, training (empty: none left), others
    (joined by "; "), done_before (courses), owner_id, due (3, 6, 9 months after ``as_of``),
    evidence (key of what will show progress: rerating, second_rater), origin.

    Raises KamkitError missing_column, bad_date, option_out_of_range (most).
    Source: S205, S212 (need × course); priority and dates house.

    >>> gaps = pd.DataFrame({"member_id": ["a", "a"], "weight": [5, 3],
    ...     "competency": ["efficiency", "sales_skill"],
    ...     "required": [4.0, 4.0], "rated": [3.5, 2.0], "se": [0.6, 0.4], "low": [2.3, 1.2],
    ...     "high": [4.7, 2.8], "gap": [0.5, 2.0]})
    >>> plan = development_plan(gaps, as_of="2026-06-30")
    >>> plan[["competency", "step"]].values.tolist()
    [['sales_skill', 'act'], ['efficiency', 'look_again']]
    """
    wanted = ["member_id", "competency", "weight", "required", "rated", "se", "low", "high", "gap"]
    need_columns(gaps, "gaps", wanted)
    day = _day(as_of)
    if most < 1:
        details = {"low": "1", "high": "∞"}
        raise KamkitError(
            Problem("option_out_of_range", column="most", value=most, details=details)
        )
    table = gaps.loc[gaps["gap"] > 0, wanted].reset_index(drop=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        table["sureness"] = np.where(table["se"] > 0, ndtr(table["gap"] / table["se"]), np.nan)
    # Where nobody knows the error, an even chance: neither sure nor dismissed.
    table["sureness"] = table["sureness"].fillna(0.5)
    table["priority"] = table["gap"] * table["weight"].astype(float) * table["sureness"]
    table = table.sort_values(
        ["member_id", "priority", "gap", "competency"], ascending=[True, False, False, True]
    )
    table["place"] = table.groupby("member_id").cumcount() + 1
    table = table[table["place"] <= most].reset_index(drop=True)
    courses = {t.id: t.competencies for t in (trainings() if scheme is None else scheme)}
    table = table.join(_courses(table, courses, done))
    table["step"] = np.where(table["sureness"] >= SURE, "act", "look_again")
    table["evidence"] = np.where(table["step"] == "act", "rerating", "second_rater")
    table["owner_id"] = table["member_id"]
    if members is not None and "manager_id" in members:
        boss = members.drop_duplicates("member_id").set_index("member_id")["manager_id"]
        table["owner_id"] = table["member_id"].map(boss).fillna(table["member_id"])
    months = [DUE_MONTHS[min(int(p), len(DUE_MONTHS)) - 1] for p in table["place"]]
    due = [day + pd.DateOffset(months=m) for m in months]
    table["due"] = pd.Series(pd.to_datetime(pd.Index(due)), index=table.index).astype(
        "datetime64[ns]"
    )
    table["origin"] = "S205; S212; house"
    return table[PLAN_COLUMNS]


def _day(as_of: str | pd.Timestamp) -> pd.Timestamp:
    day = pd.to_datetime(as_of, errors="coerce", format="ISO8601")
    if pd.isna(day):
        raise KamkitError(Problem("bad_date", column="as_of", value=as_of))
    return pd.Timestamp(day).normalize()


def _courses(
    table: pd.DataFrame, courses: Mapping[str, Sequence[str]], done: pd.DataFrame | None
) -> pd.DataFrame:
    """Trainings for each row, those that serve more of the person's gaps first."""
    passed: dict[str, set[str]] = {}
    if done is not None:
        need_columns(done, "trainings", ["member_id", "course"])
        grouped = done.dropna(subset=["member_id", "course"]).groupby("member_id")["course"]
        passed = {str(m): set(c) for m, c in grouped}
    needs = table.groupby("member_id")["competency"].agg(set).to_dict()
    rows = []
    for member, competency in zip(table["member_id"], table["competency"], strict=True):
        fit = [t for t, c in courses.items() if competency in c]
        before = passed.get(str(member), set())
        open_ = [t for t in fit if t not in before]
        open_.sort(key=lambda t: (-len(needs[member] & set(courses[t])), t))
        rows.append((open_[0] if open_ else "", "; ".join(open_[1:]),
                     "; ".join(t for t in fit if t in before)))  # fmt: skip
    columns = ["training", "others", "done_before"]
    return pd.DataFrame(rows, columns=columns, index=table.index, dtype="str")


def training_effect(done: pd.DataFrame, *, level: float = 0.95, fewest: int = 5) -> pd.DataFrame:
    """What tests before and after a course show, and what they can't.

    Needs done: member_id, course, score_before, score_after (0–100). Returns one row a course:
    course, n (people with both scores), before, after (means), change (points) with low, high
    (t interval of paired differences), gain (mean of (after − before) / (100 − before), of people
    who had room: below 95 before), n_gain, reading (up, down, cannot_tell, too_little_data below
    ``fewest``), variant, origin. There is no control group: the same test twice, and the way back
    to the mean of those sent because they scored low, look like an effect too.

    Raises KamkitError missing_column. Source: S212; Hake 1998 (gain); Kirkpatrick 1959 (level 2).

    >>> done = pd.DataFrame({"member_id": list("abcde"), "course": "x",
    ...     "score_before": [40, 50, 60, 50, 45], "score_after": [60, 68, 82, 70, 66]})
    >>> training_effect(done)[["n", "change", "reading"]].values.tolist()
    [[5, 20.2, 'up']]
    """
    need_columns(done, "trainings", ["member_id", "course", "score_before", "score_after"])
    pairs = done.dropna(subset=["course", "score_before", "score_after"])
    before = pairs["score_before"].astype(float)
    after = pairs["score_after"].astype(float)
    room = before < 95
    work = pd.DataFrame(
        {
            "course": pairs["course"].astype("str"), "before": before, "after": after,
            "change": after - before, "gain": ((after - before) / (100 - before)).where(room),
        }
    )  # fmt: skip
    grouped = work.groupby("course")
    out = grouped[["before", "after", "change", "gain"]].mean()
    out["n"], out["n_gain"] = grouped.size(), grouped["gain"].count()
    n = out["n"].to_numpy()
    se = (grouped["change"].std() / np.sqrt(out["n"])).to_numpy(float)
    reach = np.where(n > 1, stdtrit(np.maximum(n - 1, 1), 0.5 + level / 2) * se, np.nan)
    out["low"], out["high"] = out["change"] - reach, out["change"] + reach
    out["reading"] = np.select(
        [out["n"] < fewest, out["low"] > 0, out["high"] < 0],
        ["too_little_data", "up", "down"],
        "cannot_tell",
    )
    out["variant"] = "paired_t; no_control_group"
    out["origin"] = "S212; field:Hake 1998; field:Kirkpatrick 1959"
    return out.reset_index()[EFFECT_COLUMNS]


def development_progress(
    actions: pd.DataFrame,
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    as_of: str | pd.Timestamp,
    level: float = 0.9,
) -> pd.DataFrame:
    """Where each action stands, and whether the gap has moved by more than raters vary.

    Needs actions: action_id, member_id, competency, due, done_on, status (planned, doing, done,
    dropped); ``before``, ``after``: results of ``competence_gaps`` of two periods.

    Returns one row an action: action_id, member_id, competency, status, timing (on_time, late,
    overdue, due, dropped), gap_before, gap_after (levels), change (levels gained), low, high,
    progress (better, worse, cannot_tell, not_rated). Raises KamkitError missing_column, bad_date.
    Source: S212 (evaluation); house.

    >>> actions = pd.DataFrame({"action_id": ["D1"], "member_id": ["a"], "competency": ["x"],
    ...     "due": ["2026-03-31"], "done_on": [None], "status": ["doing"]})
    >>> was = pd.DataFrame({"member_id": ["a"], "competency": ["x"], "gap": [2.0], "se": [0.3]})
    >>> now = was.assign(gap=1.0)
    >>> found = development_progress(actions, was, now, as_of="2026-06-30")
    >>> found[["timing", "change", "progress"]].values.tolist()
    [['overdue', 1.0, 'better']]
    """
    keys = ["member_id", "competency"]
    need_columns(actions, "development_actions", ["action_id", *keys, "due", "done_on", "status"])
    for name, gaps in (("before", before), ("after", after)):
        need_columns(gaps, name, [*keys, "gap", "se"])
    day = _day(as_of)
    out = actions.reset_index(drop=True)
    for column in ("due", "done_on"):
        out[column] = pd.to_datetime(out[column], errors="coerce", format="ISO8601")
    out = out.merge(before[[*keys, "gap", "se"]], "left", on=keys)
    out = out.merge(after[[*keys, "gap", "se"]], "left", on=keys, suffixes=("_before", "_after"))
    out["change"] = out["gap_before"] - out["gap_after"]
    reach = stdtrit(1e9, 0.5 + level / 2) * np.hypot(out["se_before"], out["se_after"])
    out["low"], out["high"] = out["change"] - reach, out["change"] + reach
    finished = out["status"] == "done"
    out["timing"] = np.select(
        [
            out["status"] == "dropped",
            finished & (out["done_on"] > out["due"]),
            finished,
            out["due"] < day,
        ],
        ["dropped", "late", "on_time", "overdue"],
        "due",
    )
    out["progress"] = np.select(
        [out["change"].isna(), out["low"] > 0, out["high"] < 0],
        ["not_rated", "better", "worse"],
        "cannot_tell",
    )
    return out[PROGRESS_COLUMNS]
