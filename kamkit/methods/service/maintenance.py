"""Maintenance: the six tactics planned and done, and the four ways of building a relationship."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.funnel.intervals import ratio_interval
from kamkit.methods.service.inputs import Day
from kamkit.methods.shares import WILSON, same_groups, share_of, wilson

TACTICS = (
    "regular_contact", "individual_service", "added_value", "seek_feedback", "prevent_problems",
    "long_term",
)  # fmt: skip
PRACTICES = ("regular_communication", "added_value", "mutual_trust", "customised_solutions")
_ORIGIN = f"S128; {WILSON}; house"
_LINES = [
    *("account_id", "tactic", "planned", "done", "extra", "unknown", "share", "low", "high"),
    *("quality", "quality_low", "quality_high", "n", "care_state", "origin"),
]
_ACCOUNTS = [
    *("account_id", "tactics_planned", "tactics_done", "planned", "done", "unknown", "share"),
    *("low", "high", "least_share", "most_share", "quality", "n", "weakest", "cluster", "variant"),
    "origin",
]
_TACTICS = [
    *("tactic", "accounts", "planned", "done", "share", "low", "high", "quality", "n", "cluster"),
    *("variant", "origin"),
]


@dataclass(frozen=True)
class MaintenanceScorecard:
    """The parts of :func:`maintenance_scorecard`."""

    lines: pd.DataFrame
    accounts: pd.DataFrame
    tactics: pd.DataFrame


def maintenance_scorecard(
    care_plan: pd.DataFrame,
    *,
    accounts: Sequence[str] | None = None,
    periods: Sequence[str] | None = None,
    level: float = 0.95,
) -> MaintenanceScorecard:
    """Six maintenance tactics by account: planned, done, how well; what nobody planned shows.

    Needs columns: account_id, tactic (see ``TACTICS``), period, planned; where known done,
    quality (1–5). ``periods`` keeps some; ``accounts`` adds those without any plan. Done beyond
    the plan of a period is extra: it never fills another period's gap. A row without done is
    unknown, not nil.
    Returns ``lines`` (account_id, tactic – all six –, planned, done: of what was planned, extra,
    unknown: planned actions whose doing is unknown, share, low, high: Wilson, quality: mean 1–5,
    quality_low, quality_high: lowest and highest, n: ratings, care_state: not_planned, unknown,
    on_plan, behind; origin); ``accounts`` (account_id, tactics_planned, tactics_done of six,
    planned, done, unknown, share, low, high, least_share, most_share: unknown as not done and as
    done, quality, n, weakest: the planned tactic with the lowest share – several joined –,
    cluster: accounts that cannot be separated, variant, origin); ``tactics`` (tactic, accounts
    with a plan, planned, done, share, low, high: ratio over accounts, because the actions of
    one account go together; quality, n, cluster, variant, origin).
    Raises KamkitError for unknown tactics, negative counts, quality outside 1–5, a tactic twice
    in a period. Source: S128 (six tactics; no scale given); Cochran 1977; arithmetic house.

    >>> plan = pd.DataFrame({"account_id": ["A", "A"], "tactic": ["added_value", "long_term"],
    ...     "period": ["2026Q1"] * 2, "planned": [4, 1], "done": [3, 2], "quality": [4, None]})
    >>> found = maintenance_scorecard(plan)
    >>> found.accounts[["tactics_planned", "share", "weakest"]].values.tolist()
    [[2, 0.8, 'added_value']]
    """
    table = _checked(care_plan)
    if periods is not None:
        table = table[table["period"].isin([str(p) for p in periods])]
    ids = sorted({*table["account_id"], *(str(a) for a in accounts or ())})
    lines = _lines(table, ids, level)
    return MaintenanceScorecard(lines, _accounts(lines, ids, level), _tactics(lines, level))


def _checked(care_plan: pd.DataFrame) -> pd.DataFrame:
    need_columns(care_plan, "care_plan", ["account_id", "tactic", "period", "planned"])
    table = care_plan.reset_index(drop=True).copy()
    for column in ("account_id", "tactic", "period"):
        table[column] = table[column].astype(str)
    problems = []
    limits = {"planned": (0, np.inf), "done": (0, np.inf), "quality": (1, 5)}
    for column, (low, high) in limits.items():
        given = table[column] if column in table else pd.Series(np.nan, table.index)
        numbers = pd.to_numeric(given, errors="coerce").astype(float)
        allowed = {"allowed": f"{low}–{high}" if high < np.inf else f"≥ {low}"}
        wrong = given.notna() & ~numbers.between(low, high)
        problems += [
            Problem("out_of_range", "care_plan", column, int(i) + 1, given.iloc[i], details=allowed)
            for i in np.flatnonzero(wrong)
        ]
        table[column] = numbers
    problems += [
        Problem("not_allowed", "care_plan", "tactic", int(i) + 1, table["tactic"].iloc[i],
                details={"allowed": ", ".join(TACTICS)})
        for i in np.flatnonzero(~table["tactic"].isin(TACTICS))
    ]  # fmt: skip
    problems += [
        Problem("duplicate_key", "care_plan", "account_id, tactic, period", int(i) + 1)
        for i in np.flatnonzero(table.duplicated(["account_id", "tactic", "period"]))
    ]
    KamkitError.collect(problems)
    table["planned"] = table["planned"].fillna(0.0)
    table["unknown"] = table["planned"].where(table["done"].isna(), 0.0)
    table["kept"] = np.minimum(table["done"].fillna(0.0), table["planned"])
    table["extra"] = table["done"].fillna(0.0) - table["kept"]
    return table


def _lines(table: pd.DataFrame, ids: list[str], level: float) -> pd.DataFrame:
    every = pd.MultiIndex.from_product([ids, TACTICS], names=["account_id", "tactic"])
    keys = ["account_id", "tactic"]
    sums = table.groupby(keys)[["planned", "kept", "extra", "unknown"]].sum().reindex(every)
    rated = table.groupby(keys)["quality"].agg(["mean", "min", "max", "count"]).reindex(every)
    out = sums.fillna(0).astype(int).rename(columns={"kept": "done"}).reset_index()
    out["quality"] = rated["mean"].to_numpy(float)
    out["quality_low"], out["quality_high"] = (rated[c].to_numpy(float) for c in ("min", "max"))
    out["n"] = rated["count"].fillna(0).to_numpy(int)
    known = out["planned"] - out["unknown"]
    out["share"] = share_of(out["done"], known)
    out["low"], out["high"] = wilson(out["done"], known, level)
    out["care_state"] = np.select(
        [out["planned"] == 0, known == 0, out["done"] == known],
        ["not_planned", "unknown", "on_plan"],
        "behind",
    )
    return out.assign(origin=_ORIGIN)[_LINES]


def _accounts(lines: pd.DataFrame, ids: list[str], level: float) -> pd.DataFrame:
    rows = []
    for key in ids:
        mine = lines[lines["account_id"] == key]
        planned = mine[mine["planned"] > 0]
        shares = planned["share"].dropna()
        low = planned.loc[planned["share"] == shares.min(), "tactic"] if len(shares) else []
        ratings = int(mine["n"].sum())
        weighted = float((mine["quality"].fillna(0) * mine["n"]).sum())
        rows.append({
            "account_id": key, "tactics_planned": len(planned),
            "tactics_done": int(((mine["done"] + mine["extra"]) > 0).sum()),
            "planned": int(mine["planned"].sum()), "done": int(mine["done"].sum()),
            "unknown": int(mine["unknown"].sum()),
            "quality": weighted / ratings if ratings else np.nan, "n": ratings,
            "weakest": "; ".join(low) if len(shares) and shares.min() < 1 else "",
        })  # fmt: skip
    names = [c for c in _ACCOUNTS if c not in _ENDS]
    out = pd.DataFrame(rows, columns=names)
    known = out["planned"] - out["unknown"]
    out["share"] = share_of(out["done"], known)
    out["low"], out["high"] = wilson(out["done"], known, level)
    out["least_share"] = share_of(out["done"], out["planned"])
    out["most_share"] = share_of(out["done"] + out["unknown"], out["planned"])
    out["cluster"] = same_groups(*(out[c].to_numpy(float) for c in ("share", "low", "high")))
    out["variant"] = np.where(known > 0, "wilson; unknown_kept_apart", "too_little_data")
    return out.assign(origin=_ORIGIN)[_ACCOUNTS]


_ENDS = ("share", "low", "high", "least_share", "most_share", "cluster", "variant", "origin")


def _tactics(lines: pd.DataFrame, level: float) -> pd.DataFrame:
    rows = []
    for tactic in TACTICS:
        mine = lines[(lines["tactic"] == tactic) & (lines["planned"] > 0)]
        known = mine[mine["planned"] > mine["unknown"]]
        size = (known["planned"] - known["unknown"]).to_numpy(float)
        value, low, high = ratio_interval(known["done"], size, level=level, share=True)
        if len(known) and value in (0.0, 1.0):
            # All or nothing everywhere has no spread; accounts as cases still have some.
            below, above = wilson([value * len(known)], [len(known)], level)
            low, high = float(below[0]), float(above[0])
        ratings = int(mine["n"].sum())
        weighted = float((mine["quality"].fillna(0) * mine["n"]).sum())
        rows.append({
            "tactic": tactic, "accounts": len(mine), "planned": int(mine["planned"].sum()),
            "done": int(mine["done"].sum()), "share": value, "low": low, "high": high,
            "quality": weighted / ratings if ratings else np.nan, "n": ratings,
            "variant": "ratio_over_accounts" if len(known) > 1 else "too_little_data",
        })  # fmt: skip
    out = pd.DataFrame(rows)
    # With one account there is no interval, so nothing is told apart.
    out["cluster"] = same_groups(
        out["share"].to_numpy(float), out["low"].fillna(0.0).to_numpy(float),
        out["high"].fillna(1.0).to_numpy(float),
    )  # fmt: skip
    return out.assign(origin=f"{_ORIGIN}; field:Cochran 1977")[_TACTICS]


def practice_profile(
    accounts: Sequence[str],
    *,
    as_of: Day,
    days: int = 365,
    interactions: pd.DataFrame | None = None,
    uptake: pd.DataFrame | None = None,
    feedback: pd.DataFrame | None = None,
    projects: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What was done for each account under the four ways of building a relationship.

    Uses what there is: ``interactions`` (account_id, date, made_by: human ones) for regular
    communication; ``uptake`` (account_id, service, year, uses) for added value; ``feedback``
    (account_id, told_on) for trust: words that were kept; ``projects`` (account_id, started_on,
    customised_product) for customised solutions. It counts deeds: trust itself is asked in the
    survey, and none of this belongs in the relationship score.
    Returns columns: account_id, care_method (see ``PRACTICES``), care_method_state (practised,
    not_seen, no_data: the table is missing), events (in the last ``days``), regularity (share of
    months with an event, communication only), last_on, n = days looked at, variant, origin.
    Source: S127 (four methods); what is counted house.

    >>> seen = pd.DataFrame({"account_id": ["A"], "date": ["2026-06-01"], "made_by": ["human"]})
    >>> practice_profile(["A"], as_of="2026-06-30", interactions=seen).care_method_state.tolist()
    ['practised', 'no_data', 'no_data', 'no_data']
    """
    day = pd.Timestamp(as_of)
    events = {
        "regular_communication": _events(interactions, "date", day, days, human=True),
        "added_value": _uses(uptake, day, days),
        "mutual_trust": _events(feedback, "told_on", day, days),
        "customised_solutions": _events(projects, "started_on", day, days, own=True),
    }
    rows = []
    months = max(1, round(days / 30.44))
    parts = {
        name: None if found is None else dict(iter(found.groupby("account_id")))
        for name, found in events.items()
    }
    for account in accounts:
        for practice in PRACTICES:
            known, found = parts[practice], events[practice]
            mine = None
            if known is not None and found is not None:
                mine = known.get(str(account), found.iloc[:0])
            count = np.nan if mine is None else float(mine["uses"].sum())
            regular = np.nan
            if mine is not None and practice == "regular_communication":
                slots = ((day - mine["on"]).dt.days * months // days).clip(0, months - 1)
                regular = slots.nunique() / months
            state = "no_data" if mine is None else "practised" if count > 0 else "not_seen"
            rows.append({
                "account_id": str(account), "care_method": practice, "care_method_state": state,
                "events": count, "regularity": regular,
                "last_on": pd.NaT if mine is None else mine["on"].max(), "n": days,
                "variant": "deeds_counted", "origin": "S127; house",
            })  # fmt: skip
    columns = ["account_id", "care_method", "care_method_state", "events", "regularity", "last_on",
               "n", "variant", "origin"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _events(
    table: pd.DataFrame | None,
    column: str,
    day: pd.Timestamp,
    days: int,
    *,
    human: bool = False,
    own: bool = False,
) -> pd.DataFrame | None:
    if table is None:
        return None
    need_columns(table, "table", ["account_id", column])
    rows = pd.DataFrame({
        "account_id": table["account_id"].astype(str), "on": pd.to_datetime(table[column]),
        "uses": 1.0,
    })  # fmt: skip
    keep = (rows["on"] <= day) & (rows["on"] > day - pd.Timedelta(days=days))
    if human:
        keep &= table["made_by"] == "human"
    if own:
        keep &= table["customised_product"].astype("boolean").fillna(False)
    return rows[keep]


def _uses(uptake: pd.DataFrame | None, day: pd.Timestamp, days: int) -> pd.DataFrame | None:
    """Uses of the years that the span touches; a year's uses are dated by its end."""
    if uptake is None:
        return None
    need_columns(uptake, "service_uptake", ["account_id", "year"])
    years = pd.to_numeric(uptake["year"]).astype(int)
    first = (day - pd.Timedelta(days=days - 1)).year
    given = uptake["uses"] if "uses" in uptake else pd.Series(np.nan, uptake.index)
    rows = pd.DataFrame({
        "account_id": uptake["account_id"].astype(str),
        "on": _ends_of(years, day),
        # A row without a count says that the service was used.
        "uses": pd.to_numeric(given, errors="coerce").astype(float).fillna(1.0),
    })  # fmt: skip
    return rows[years.between(first, day.year)]


def _ends_of(years: pd.Series, day: pd.Timestamp) -> pd.Series:
    ends = pd.to_datetime(years.astype(str) + "-12-31")
    return ends.where(ends <= day, day)
