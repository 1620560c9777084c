"""Promised against delivered: were answers and solutions there within the days of the tier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.service.inputs import (
    ALL,
    UNKNOWN,
    Day,
    KnownCases,
    days_between,
    known_cases,
    read_tiers,
    service_or_house,
)
from kamkit.methods.shares import WILSON, same_groups, share_of, wilson
from kamkit.schemes import ServiceScheme

PROMISES = {"respond_days": "responded_on", "resolve_days": "closed_on"}
_ORIGIN = f"S119; {WILSON}; house"
_CASES = [
    *(
        "case_id",
        "account_id",
        "tier",
        "severity",
        "promise",
        "limit_days",
        "days",
        "promise_state",
    ),
]
_GROUPS = [
    *("promise", "tier", "severity", "cases", "kept", "broken", "pending", "unknown", "n"),
    *("share", "low", "high", "least_share", "most_share", "accounts", "cluster", "variant"),
    "origin",
]


@dataclass(frozen=True)
class PromiseCheck:
    """The parts of :func:`promised_vs_delivered`."""

    cases: pd.DataFrame
    groups: pd.DataFrame
    measures: pd.DataFrame


def promised_vs_delivered(
    cases: pd.DataFrame,
    tiers: pd.DataFrame,
    service: ServiceScheme | None = None,
    *,
    as_of: Day,
    plan: pd.DataFrame | None = None,
    level: float = 0.95,
) -> PromiseCheck:
    """Share of promises of response and resolution that were kept, by tier and severity.

    Needs columns of ``cases``: those of service_cases (opened_on; account_id, responded_on,
    closed_on, severity where known); of ``tiers``: account_id, tier. The days promised are
    those of the level that the tier is to get, or that ``plan`` (``ServiceMatrix.matrix``:
    dimension, tier, allowed) grants. A case counts from the day on which its limit has passed:
    counting quick ones earlier would flatter us. Open beyond the limit is broken; closed
    without the day of response is unknown, which is neither. A case without severity is kept
    inside the strictest limit, broken beyond the widest, unknown between.
    Returns ``cases`` (case_id, account_id, tier, severity, promise: respond_days, resolve_days;
    limit_days, days: taken, or open so far; promise_state: kept, broken, pending, unknown,
    not_promised); ``groups`` (promise, tier and severity, "all" for every one; cases, kept,
    broken, pending, unknown, n = kept + broken, share, low, high: Wilson, least_share,
    most_share: unknown as broken and as kept; accounts, cluster: tiers that cannot be separated
    share a number; variant, origin); ``measures`` (respond_kept, resolve_kept, cases_not_tiered,
    cases_undated, cases_impossible).
    Raises KamkitError for unknown tiers, accounts twice. Source: S119 (promised against
    delivered); days house; Wilson 1927.

    >>> case = pd.DataFrame({"case_id": ["S1"], "account_id": ["A"], "opened_on": ["2026-01-01"],
    ...     "responded_on": ["2026-01-02"], "closed_on": ["2026-02-20"], "severity": [4]})
    >>> who = pd.DataFrame({"account_id": ["A"], "tier": ["tier_1"]})
    >>> found = promised_vs_delivered(case, who, as_of="2026-06-30")
    >>> found.cases[["promise", "limit_days", "days", "promise_state"]].values.tolist()
    [['respond_days', 1.0, 1.0, 'kept'], ['resolve_days', 7.0, 50.0, 'broken']]
    """
    scheme = service_or_house(service)
    known = known_cases(cases, as_of)
    tier = read_tiers(tiers, scheme).set_index("account_id")["tier"]
    table = known.table.assign(tier=known.table["account_id"].map(tier))
    limits = promised_days(scheme, plan)
    parts = [_judged(table, limits, promise, known.day) for promise in PROMISES]
    rows = pd.concat(parts, ignore_index=True)
    groups = _groups(rows, scheme, level)
    return PromiseCheck(rows[_CASES], groups, _measures(groups, known, table, level))


def promised_days(service: ServiceScheme, plan: pd.DataFrame | None = None) -> pd.DataFrame:
    """Days promised by tier, promise and severity (1 slight – 4 grave).

    ``plan`` (dimension, tier, allowed) replaces the levels that the scheme wants. Returns
    columns: tier, promise, severity, limit_days; the strictest of several dimensions counts.

    >>> from kamkit.schemes import load_service_scheme
    >>> promised_days(load_service_scheme()).limit_days.iloc[:4].tolist()
    [2.0, 2.0, 1.0, 1.0]
    """
    granted: dict[tuple[str, str], str] = {}
    if plan is not None:
        need_columns(plan, "plan", ["dimension", "tier", "allowed"])
        for d, t, given in plan[["dimension", "tier", "allowed"]].itertuples(index=False):
            granted[str(d), str(t)] = str(given)
    rows = []
    for tier in service.tier_ids:
        for dimension in service.dimensions:
            chosen = granted.get((dimension.id, tier), dimension.wanted[tier])
            found = dimension.level(chosen)
            for promise in PROMISES:
                days = getattr(found, promise)
                rows += [(tier, promise, k + 1, d) for k, d in enumerate(days)]
    table = pd.DataFrame(rows, columns=["tier", "promise", "severity", "limit_days"])
    keys = ["tier", "promise", "severity"]
    return table.groupby(keys, sort=False)["limit_days"].min().reset_index()


def _judged(
    table: pd.DataFrame, limits: pd.DataFrame, promise: str, day: pd.Timestamp
) -> pd.DataFrame:
    mine = limits[limits["promise"] == promise]
    keys = mine.set_index(["tier", "severity"])["limit_days"]
    at = pd.MultiIndex.from_arrays([table["tier"], table["severity"]])
    limit = keys.reindex(at).to_numpy(float)
    spans = mine.groupby("tier")["limit_days"].agg(["min", "max"])
    least, most = (table["tier"].map(spans[c]).to_numpy(float) for c in ("min", "max"))
    # Without severity only a clear case can be judged.
    low, high = np.where(np.isnan(limit), least, limit), np.where(np.isnan(limit), most, limit)
    end = table[PROMISES[promise]]
    done = end.notna().to_numpy()
    gone = days_between(table["opened_on"], pd.Series(day, table.index))
    taken = days_between(table["opened_on"], end)
    # Closed, but nobody wrote down when it was answered.
    blank = ~done & table["closed_on"].notna().to_numpy()
    days = np.where(done, taken, np.where(blank, np.nan, gone))
    state = np.select(
        [np.isnan(high), gone < high, blank, done & (days <= low), days > high],
        ["not_promised", "pending", "unknown", "kept", "broken"],
        "unknown",
    )
    # Open on the very day of its limit it can still be kept.
    state = np.where((state == "unknown") & ~done & ~blank & (gone <= high), "pending", state)
    out = table[["case_id", "account_id", "tier", "severity"]].copy()
    return out.assign(promise=promise, limit_days=limit, days=days, promise_state=state)


def _groups(rows: pd.DataFrame, scheme: ServiceScheme, level: float) -> pd.DataFrame:
    tiered = rows[rows["tier"].notna() & (rows["promise_state"] != "not_promised")]
    out = []
    for promise in PROMISES:
        mine = tiered[tiered["promise"] == promise]
        out.append(_group(promise, ALL, ALL, mine))
        for tier in scheme.tier_ids:
            of_tier = mine[mine["tier"] == tier]
            if of_tier.empty:
                continue
            out.append(_group(promise, tier, ALL, of_tier))
            for severity in sorted(of_tier["severity"].dropna().unique()):
                part = of_tier[of_tier["severity"] == severity]
                out.append(_group(promise, tier, f"{severity:g}", part))
            if of_tier["severity"].isna().any():
                out.append(_group(promise, tier, UNKNOWN, of_tier[of_tier["severity"].isna()]))
    table = pd.DataFrame(out, columns=[c for c in _GROUPS if c not in _ENDS])
    table["share"] = share_of(table["kept"], table["n"])
    table["low"], table["high"] = wilson(table["kept"], table["n"], level)
    whole = table["n"] + table["unknown"]
    table["least_share"] = share_of(table["kept"], whole)
    table["most_share"] = share_of(table["kept"] + table["unknown"], whole)
    table["cluster"] = 0
    for promise in PROMISES:
        at = (table["promise"] == promise) & (table["tier"] != ALL) & (table["severity"] == ALL)
        ends = [table.loc[at, c].to_numpy(float) for c in ("share", "low", "high")]
        table.loc[at, "cluster"] = same_groups(*ends)
    table["variant"] = np.where(table["n"] > 0, "wilson; limit_passed_only", "too_little_data")
    table["origin"] = _ORIGIN
    return table[_GROUPS]


_ENDS = ("share", "low", "high", "least_share", "most_share", "cluster", "variant", "origin")


def _group(promise: str, tier: str, severity: str, rows: pd.DataFrame) -> dict[str, Any]:
    count = rows["promise_state"].value_counts()
    said = {k: int(count.get(k, 0)) for k in ("kept", "broken", "pending", UNKNOWN)}
    return {
        "promise": promise, "tier": tier, "severity": severity, "cases": len(rows), **said,
        "n": said["kept"] + said["broken"], "accounts": int(rows["account_id"].nunique()),
    }  # fmt: skip


def _measures(
    groups: pd.DataFrame, known: KnownCases, table: pd.DataFrame, level: float
) -> pd.DataFrame:
    rows = []
    for promise, key in (("respond_days", "respond_kept"), ("resolve_days", "resolve_kept")):
        line = groups[(groups["promise"] == promise) & (groups["tier"] == ALL)].iloc[0]
        rows.append(
            measure_row(
                key, line["share"], line["n"], low=line["low"], high=line["high"],
                variant=line["variant"], origin=_ORIGIN,
            )
        )  # fmt: skip
    n = len(table)
    untiered = int(table["tier"].isna().sum())
    for key, value in (
        ("cases_not_tiered", untiered), ("cases_undated", known.undated),
        ("cases_impossible", known.impossible),
    ):  # fmt: skip
        rows.append(measure_row(key, value, n, variant="count", origin="house"))
    return measure_table(rows)
