"""Where deals come from, and what becomes of them by source."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns, one_currency
from kamkit.methods.funnel.closed_deals import Day
from kamkit.methods.funnel.days import LATE, NO_DAY, Ints, day_number, day_numbers, earliest
from kamkit.methods.funnel.grouping import deal_groups
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.survival import kaplan_meier, survival_quantiles
from kamkit.methods.shares import WILSON, Floats, share_of, wilson

SOURCE_COLUMNS = [
    *("source", "created", "qualified", "qualified_share", "qualified_low", "qualified_high"),
    *("won", "lost", "open", "rate", "low", "high", "n", "days_to_qualify", "days_low"),
    *("days_high", "days_to_contact", "cost", "cost_per_lead", "cost_per_win", "variant"),
    "origin",
]


def lead_sources(
    history: DealHistory,
    interactions: pd.DataFrame | None = None,
    costs: pd.DataFrame | None = None,
    *,
    by: str | pd.Series = "source",
    qualified_at: str | None = None,
    start: Day = None,
    end: Day = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Deals created from ``start`` to ``end`` by source: qualified, won, how long, at what cost.

    A deal is qualified on the day on which it entered ``qualified_at`` (default: the second
    stage) or any later stage; without stays, its present stage tells whether. ``interactions``
    (date, made_by, opportunity_id) add the days to the first contact made by a person; without
    opportunity_id the first one with the deal's account counts (``contact_by_account``). ``costs``
    (source, cost, perhaps currency) add the cost of each source in the same period.

    Returns one row a source, most deals first: source (``unknown`` last named), created,
    qualified (deals), qualified_share (of those qualified or closed before that; low, high
    Wilson), won, lost, open, rate (won / (won + lost)), low, high (Wilson), n (won + lost),
    days_to_qualify (Kaplan–Meier median, days_low, days_high; lost before it counts as not
    known further), days_to_contact (median in the same way, NaN without interactions), cost,
    cost_per_lead, cost_per_win (money; NaN where not given or no win), variant, origin.
    Costs of deals still open are in, their wins are not: cost_per_win falls as they close.
    Raises KamkitError missing_column, unknown_option, mixed_currency, foreign_currency.
    Source: S140; Kaplan & Meier 1958; Wilson 1927.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["a", "b"], "created_on": ["2025-01-01"] * 2,
    ...     "status": ["won", "lost"], "closed_on": "2025-02-01", "source": "fair"})
    >>> history = deal_history(deals, ladder=["needs", "quote"], as_of="2025-04-01")
    >>> lead_sources(history)[["source", "created", "rate"]].values.tolist()
    [['fair', 2, 0.5]]
    """
    deals = history.deals
    if isinstance(by, str) and by not in deals:
        by = pd.Series(dtype="str")
    group, names = deal_groups(deals, by)
    created = day_numbers(deals["created_on"])
    low = -LATE if start is None else day_number(start)
    high = LATE if end is None else day_number(end)
    inside = (created >= low) & (created <= high)
    if "vanished" in deals:
        inside &= ~deals["vanished"].to_numpy(bool)
    status = deals["status"].to_numpy(object)
    counts = {
        name: np.bincount(group[inside & (status == name)], minlength=len(names))
        for name in ("won", "lost", "open")
    }
    table = pd.DataFrame({"source": pd.Series(names, dtype="str"), **counts})
    table["created"] = table[["won", "lost", "open"]].sum(axis=1)
    table["n"] = table["won"] + table["lost"]
    table["rate"] = share_of(table["won"], table["n"])
    table["low"], table["high"] = wilson(table["won"], table["n"], level)
    _add_qualified(table, history, group, inside, _threshold(history, qualified_at), level)
    table["days_to_contact"] = np.nan
    if interactions is not None:
        first = _first_contact(history, interactions)
        table["days_to_contact"] = _median(history, first, group, inside, len(names))[0]
    _add_costs(table, deals, costs)
    table["variant"] = _variant(history, interactions)
    table["origin"] = f"S140; field:Kaplan & Meier 1958; {WILSON}"
    table = table[table["created"] > 0].sort_values(["created", "source"], ascending=[False, True])
    return table[SOURCE_COLUMNS].reset_index(drop=True)


def _variant(history: DealHistory, interactions: pd.DataFrame | None) -> str:
    kind = "moves" if history.basis != "dates" else "present_stage"
    if interactions is None:
        return kind
    own = "opportunity_id" in interactions and interactions["opportunity_id"].notna().any()
    return kind if own else f"{kind}; contact_by_account"


def _threshold(history: DealHistory, qualified_at: str | None) -> int:
    stages = history.stages
    if qualified_at is None:
        return min(1, len(stages) - 1)
    if qualified_at not in stages:
        details = {"allowed": ", ".join(stages)}
        raise KamkitError(
            Problem("unknown_option", column="qualified_at", value=qualified_at, details=details)
        )
    return stages.index(qualified_at)


def _add_qualified(
    table: pd.DataFrame,
    history: DealHistory,
    group: Ints,
    inside: np.ndarray,
    threshold: int,
    level: float,
) -> None:
    """Add how many were qualified, of how many, and after how long."""
    deals, stays, size = history.deals, history.stays, len(table)
    dated = history.basis != "dates"
    if dated:
        far = stays["stage"].cat.codes.to_numpy() >= threshold
        moves = stays[far]
        first = earliest(moves["deal"].to_numpy(), day_numbers(moves["entered_on"]), len(deals))
        reached = first != LATE
    else:
        first = np.full(len(deals), LATE)
        reached = deals["stage"].cat.codes.to_numpy() >= threshold
    reached |= (deals["status"] == "won").to_numpy()
    known = inside & (reached | (deals["status"] != "open").to_numpy())
    qualified = np.bincount(group[inside & reached], minlength=size)
    of = np.bincount(group[known], minlength=size)
    table["qualified"] = qualified
    table["qualified_share"] = share_of(qualified, of)
    table["qualified_low"], table["qualified_high"] = wilson(qualified, of, level)
    found = _median(history, first, group, inside & (dated | ~reached), size) if dated else None
    for i, name in enumerate(("days_to_qualify", "days_low", "days_high")):
        table[name] = np.nan if found is None else found[i]


def _median(
    history: DealHistory, first: Ints, group: Ints, inside: np.ndarray, size: int
) -> tuple[Floats, Floats, Floats]:
    """Median days from creation to a first day (LATE: not yet), with its band, by group."""
    created = day_numbers(history.deals["created_on"])
    closed = day_numbers(history.deals["closed_on"])
    until = np.where(closed == NO_DAY, day_number(history.as_of), closed)
    happened = (first != LATE) & (first <= until)
    days = np.where(happened, first, until) - created
    found: list[Floats] = [np.full(size, np.nan) for _ in range(3)]
    used = inside & (days >= 0)
    if used.any():
        curve = kaplan_meier(days[used], happened[used], group=group[used])
        medians = survival_quantiles(curve, [0.5])
        at = medians["group"].to_numpy(int)
        for column, name in zip(found, ("days", "low", "high"), strict=True):
            column[at] = medians[name].to_numpy(float)
    return found[0], found[1], found[2]


def _first_contact(history: DealHistory, interactions: pd.DataFrame) -> Ints:
    """The first contact made by a person, by deal; system activities are no contact."""
    need_columns(interactions, "interactions", ["date"])
    rows = interactions
    if "made_by" in rows:
        rows = rows[rows["made_by"] != "system"]
    deals = history.deals
    if "opportunity_id" not in rows or rows["opportunity_id"].isna().all():
        return _first_with_account(deals, rows)
    at = pd.Index(deals["opportunity_id"]).get_indexer(
        pd.Index(rows["opportunity_id"].astype("str"))
    )
    days = day_numbers(rows["date"])
    created = np.append(day_numbers(deals["created_on"]), 0)
    # A talk before the deal was entered is a contact on its first day.
    days = np.where(days == NO_DAY, NO_DAY, np.maximum(days, created[at]))
    return earliest(at, days, len(deals))


def _first_with_account(deals: pd.DataFrame, rows: pd.DataFrame) -> Ints:
    """The first contact with the deal's account from the deal's first day on."""
    need_columns(rows, "interactions", ["account_id"])
    talks = pd.DataFrame({"account_id": rows["account_id"], "day": day_numbers(rows["date"])})
    talks = talks[(talks["day"] != NO_DAY) & talks["account_id"].notna()]
    mine = pd.DataFrame(
        {"account_id": deals["account_id"], "day": day_numbers(deals["created_on"])}
    )
    talks = talks.drop_duplicates().sort_values("day").assign(first=lambda t: t["day"])
    found = pd.merge_asof(
        mine.astype({"account_id": "str"}),  # deals are in order of creation
        talks.astype({"account_id": "str"}),
        on="day",
        by="account_id",
        direction="forward",
    )
    first = found["first"].to_numpy(float, na_value=np.nan)
    days: Ints = np.full(len(first), LATE)
    days[~np.isnan(first)] = first[~np.isnan(first)].astype(np.int64)
    return days


def _add_costs(table: pd.DataFrame, deals: pd.DataFrame, costs: pd.DataFrame | None) -> None:
    table["cost"] = np.nan
    if costs is not None:
        need_columns(costs, "costs", ["source", "cost"])
        theirs, ours = one_currency(costs, "costs"), one_currency(deals, "deals")
        if theirs and ours and theirs != ours:
            details = {"allowed": ours}
            raise KamkitError(
                Problem("foreign_currency", "costs", "currency", value=theirs, details=details)
            )
        sums = costs.groupby(costs["source"].astype("str"))["cost"].sum(min_count=1)
        table["cost"] = table["source"].map(sums).astype(float)
    table["cost_per_lead"] = table["cost"] / table["created"].where(table["created"] > 0)
    table["cost_per_win"] = table["cost"] / table["won"].where(table["won"] > 0)
