"""What partners remember, what became of their suggestions, and what both sides need."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.contacts.known import Day, as_day, dates, texts
from kamkit.methods.shares import WILSON, share_of, wilson

HALF_LIFE_DAYS = 730
HISTORY = [
    *("dealer_id", "conflicts", "unresolved", "conflict_weight", "low", "high", "calm_days"),
    *("supports", "support_weight", "events", "first_on", "as_of", "variant", "origin"),
]
GOOD = ("support", "investment", "agreement")


def partner_history(
    dealer_events: pd.DataFrame,
    *,
    as_of: Day,
    half_life_days: float = HALF_LIFE_DAYS,
    dealers: Sequence[str] | None = None,
) -> pd.DataFrame:
    """How heavily past conflict weighs on each partner, and how long it has been calm.

    ``dealer_events``: dealer_id, date, kind (conflict, support, investment, agreement);
    severity (1–4, missing counts as 1), resolved_on. A conflict weighs its severity, halved with
    every half-life since it was settled; one that is still open weighs in full. Good events are
    counted beside it and never set off against it. ``low`` and ``high`` show the same with
    twice and half as fast forgetting.

    Returns columns dealer_id, conflicts, unresolved, conflict_weight, low, high, calm_days
    (since the last conflict began, or since the first event where there was none; NaN without
    events; 0 with an open one), supports, support_weight, events, first_on, as_of, variant,
    origin. Raises KamkitError missing_column, bad_date, option_out_of_range.
    Source: S239 (past conflict blocks belief, calm history is wealth); weights house.

    >>> events = pd.DataFrame({"dealer_id": ["D1"], "date": ["2024-01-01"], "kind": ["conflict"],
    ...     "severity": [4], "resolved_on": ["2024-07-01"]})
    >>> partner_history(events, as_of="2026-07-01")["conflict_weight"].tolist()
    [2.0]
    """
    if not half_life_days > 0:
        details = {"low": 1, "high": "∞"}
        raise KamkitError(
            Problem("option_out_of_range", column="half_life_days", value=half_life_days,
                    details=details)
        )  # fmt: skip
    need_columns(dealer_events, "dealer_events", ["dealer_id", "date", "kind"])
    day = as_day(as_of)
    severity = dealer_events.get("severity", pd.Series(np.nan, index=dealer_events.index))
    rows = pd.DataFrame(
        {
            "dealer_id": dealer_events["dealer_id"].astype("str"),
            "date": dates(dealer_events, "date"),
            "kind": texts(dealer_events, "kind"),
            "severity": pd.to_numeric(severity, errors="coerce").fillna(1).astype(float),
            "resolved_on": dates(dealer_events, "resolved_on"),
        }
    )
    rows = rows[rows["date"] <= day]
    rows["open"] = (rows["kind"] == "conflict") & ~(rows["resolved_on"] <= day)
    names = list(dealers) if dealers is not None else sorted(set(rows["dealer_id"]))
    weights = {
        key: _weights(rows, day, half_life_days * factor, names)
        for key, factor in (("conflict_weight", 1.0), ("low", 0.5), ("high", 2.0))
    }
    return _history(rows, names, weights, day, half_life_days)


def _weights(
    rows: pd.DataFrame, day: pd.Timestamp, half_life: float, names: list[str]
) -> np.ndarray:
    conflict = rows[rows["kind"] == "conflict"]
    since = conflict["resolved_on"].where(~conflict["open"], day)
    age = (day - since).dt.days
    weight = conflict["severity"] * 0.5 ** (age / half_life)
    return _sum(weight, conflict, names)


def _history(
    rows: pd.DataFrame,
    names: list[str],
    weights: dict[str, np.ndarray],
    day: pd.Timestamp,
    half_life: float,
) -> pd.DataFrame:
    conflict = rows[rows["kind"] == "conflict"]
    good = rows[rows["kind"].isin(GOOD)]
    faded = good["severity"] * 0.5 ** ((day - good["date"]).dt.days / half_life)
    held = rows.groupby("dealer_id")
    begun = held["date"].min().reindex(names)
    last = conflict.groupby("dealer_id")["date"].max().reindex(names).fillna(begun)
    open_ = conflict.groupby("dealer_id")["open"].sum().reindex(names).fillna(0)
    calm = (day - last).dt.days.astype(float).where(open_ == 0, 0.0)
    events = held.size().reindex(names).fillna(0).astype(int)
    table = pd.DataFrame(
        {
            "dealer_id": pd.Series(names, dtype="str"),
            "conflicts": _count(conflict, names),
            "unresolved": open_.to_numpy(int),
            **weights,
            "calm_days": calm.to_numpy(float),
            "supports": _count(good, names),
            "events": events.to_numpy(),
            "first_on": begun.to_numpy(),
            "as_of": day,
            "variant": np.where(events > 0, "half_life", "not_recorded"),
            "origin": "S239; house",
        }
        | {"support_weight": _sum(faded, good, names)}
    )
    return table[HISTORY].astype({"variant": "str"})


def _sum(weight: pd.Series, rows: pd.DataFrame, names: list[str]) -> np.ndarray:
    summed = weight.groupby(rows["dealer_id"]).sum().reindex(names).fillna(0)
    return np.asarray(summed, dtype=np.float64)


def _count(rows: pd.DataFrame, names: list[str]) -> np.ndarray:
    return np.asarray(rows.groupby("dealer_id").size().reindex(names).fillna(0), dtype=np.int64)


SUGGESTIONS = [
    *("dealer_id", "step", "hits", "n", "share", "low", "high", "variant", "origin"),
]
STEPS = ("answered", "adopted", "acted", "told")


def partner_suggestions(feedback: pd.DataFrame, *, as_of: Day, level: float = 0.95) -> pd.DataFrame:
    """What became of the suggestions received from each partner: answered, adopted, acted on.

    ``feedback``: dealer_id, received_on; answered_on, action, acted_on, told_on. Adopted means
    that an action was written down. Rows of accounts and such received after the day are left out.

    Returns one row a partner and step, and ``dealer_id`` "" for all together: dealer_id, step
    (answered, adopted, acted, told), hits, n (received), share (0–1), low, high (Wilson),
    variant, origin. Raises KamkitError missing_column, bad_date.
    Source: S241 (listen, adopt, act; more than passing on information); Wilson 1927.

    >>> feedback = pd.DataFrame({"dealer_id": ["D1", "D1"], "received_on": ["2026-01-05"] * 2,
    ...     "action": ["shorter lead time", None], "acted_on": [None, None]})
    >>> found = partner_suggestions(feedback, as_of="2026-06-30")
    >>> found.query("dealer_id == 'D1'")["hits"].tolist()
    [0, 1, 0, 0]
    """
    need_columns(feedback, "feedback", ["dealer_id", "received_on"])
    day = as_day(as_of)
    rows = feedback[feedback["dealer_id"].notna() & (dates(feedback, "received_on") <= day)]
    done = {"answered": "answered_on", "acted": "acted_on", "told": "told_on"}
    flags = pd.DataFrame({k: dates(rows, c) <= day for k, c in done.items()})
    action = texts(rows, "action")
    flags["adopted"] = action.notna() & action.ne("")
    flags["dealer_id"] = rows["dealer_id"].astype("str")
    parts = [("", flags), *((str(k), part) for k, part in flags.groupby("dealer_id"))]
    found = [
        {"dealer_id": name, "step": step, "hits": int(part[step].sum()), "n": len(part)}
        for name, part in parts
        for step in STEPS
    ]
    table = pd.DataFrame(found)
    table["share"] = share_of(table["hits"], table["n"])
    table["low"], table["high"] = wilson(table["hits"], table["n"], level)
    variant = np.where(table["n"] > 0, "wilson", "too_little_data")
    table = table.assign(variant=variant, origin=f"S241; {WILSON}")
    return table.astype({"variant": "str"})[SUGGESTIONS]


NEEDS = ["dealer_id", "need", "ours", "theirs", "standing", "conflict", "weight", "origin"]


def common_needs(needs: pd.DataFrame) -> pd.DataFrame:
    """Where the needs of both sides meet, and where they pull against each other.

    ``needs``: dealer_id, side (us, partner), need, importance (1–5); direction (1 more, -1 less)
    where a need can be wanted in two ways, such as stock at the dealer's. Of a need that a side
    names several times the largest importance counts.

    Returns one row a partner and need, common ones first: dealer_id, need, ours, theirs
    (importance, NaN where a side does not name it), standing (common, conflict, ours_only,
    theirs_only), conflict (True, False), weight (the smaller importance of the two sides; 0
    where one is silent), origin. Raises KamkitError missing_column, unknown_option.
    Source: S242 (the alliance rests on common needs, which also breed tension); table house.

    >>> needs = pd.DataFrame({"dealer_id": "D1", "side": ["us", "partner", "us"],
    ...     "need": ["stock", "stock", "growth"], "importance": [4, 3, 5],
    ...     "direction": [1, -1, 1]})
    >>> common_needs(needs)[["need", "standing"]].values.tolist()
    [['stock', 'conflict'], ['growth', 'ours_only']]
    """
    need_columns(needs, "needs", ["dealer_id", "side", "need", "importance"])
    strange = sorted(set(needs.loc[~needs["side"].isin(["us", "partner"]), "side"].astype(str)))
    KamkitError.collect(
        Problem("unknown_option", "needs", "side", value=v, details={"allowed": "us, partner"})
        for v in strange
    )
    ways = needs["direction"] if "direction" in needs.columns else pd.Series(1, needs.index)
    rows = needs[["dealer_id", "side", "need", "importance"]].assign(way=ways.fillna(1))
    keys = ["dealer_id", "need"]
    rows = rows.sort_values([*keys, "side", "importance", "way"])
    rows = rows.drop_duplicates([*keys, "side"], keep="last")
    us, partner = (rows[rows["side"] == s].drop(columns="side") for s in ("us", "partner"))
    table = us.merge(partner, on=keys, how="outer", suffixes=("_us", "_them"))
    ours, theirs = table["importance_us"].astype(float), table["importance_them"].astype(float)
    both = ours.notna() & theirs.notna()
    clash = both & (table["way_us"] != table["way_them"])
    standing = np.select(
        [clash, both, ours.notna()], ["conflict", "common", "ours_only"], default="theirs_only"
    )
    weight = np.where(both, np.fmin(ours, theirs), 0.0)
    table = table[keys].assign(
        ours=ours, theirs=theirs, standing=pd.Series(standing, dtype="str"), conflict=clash,
        weight=weight, origin="S242; house",
    )  # fmt: skip
    rank = table["standing"].map({"common": 0, "conflict": 1, "ours_only": 2, "theirs_only": 3})
    order = table.assign(_r=rank, _w=-table["weight"]).sort_values(
        ["dealer_id", "_r", "_w", "need"]
    )
    return order[NEEDS].reset_index(drop=True)
