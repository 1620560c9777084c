"""Who should have been visited by now: the rhythm of the tier, and the wish of the contact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.funnel.survival import kaplan_meier, survival_quantiles
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.service.inputs import Day, days_between, read_tiers, service_or_house
from kamkit.methods.shares import WILSON, same_groups, share_of, wilson
from kamkit.schemes import ServiceScheme

# Days before a date is due on which it counts as near (house).
SOON_DAYS = 14
_ORIGIN = f"S113; X28; {WILSON}; house"
_ACCOUNTS = [
    *("account_id", "tier", "limit_days", "last_on", "days_since", "due_on", "overdue_days"),
    *("per_year", "wanted_per_year", "cadence_state", "origin"),
]
_CONTACTS = [
    *("contact_id", "account_id", "tier", "wished_days", "last_on", "days_since", "due_on"),
    *("overdue_days", "cadence_state", "origin"),
]
_TIERS = [
    *("tier", "limit_days", "accounts", "on_time", "overdue", "never", "no_rhythm", "n", "share"),
    *("low", "high", "gap_median", "gap_low", "gap_high", "gaps", "cluster", "variant", "origin"),
]


@dataclass(frozen=True)
class VisitCadence:
    """The parts of :func:`visit_cadence`."""

    accounts: pd.DataFrame
    contacts: pd.DataFrame
    tiers: pd.DataFrame
    measures: pd.DataFrame


def visit_cadence(
    interactions: pd.DataFrame,
    tiers: pd.DataFrame,
    service: ServiceScheme | None = None,
    *,
    as_of: Day,
    process: str = "visit",
    contacts: pd.DataFrame | None = None,
    level: float = 0.95,
) -> VisitCadence:
    """Overdue visits by tier, and overdue contacts by the rhythm that each of them wished for.

    Needs columns of ``interactions``: account_id, date, made_by (only human counts); contact_id
    and channel where known; of ``tiers``: account_id, tier. ``process`` names a cadence of the
    service scheme with its days and channels (visit, touch …; X28). ``contacts`` (contact_id,
    account_id, wished_contact_days, left_on) adds the people: any human contact counts for
    them, those who left are dropped. Nothing dated after ``as_of`` is used.
    Returns ``accounts`` (account_id, tier, limit_days, last_on, days_since, due_on,
    overdue_days, per_year: in the last 365 days, wanted_per_year, cadence_state: on_time,
    due_soon – within 14 days –, overdue, never – none on record –, no_rhythm; origin), longest
    overdue of the highest tier first; ``contacts`` (contact_id, account_id, tier, wished_days,
    last_on, days_since, due_on, overdue_days, cadence_state, no_rhythm where nothing is wished;
    origin); ``tiers`` (tier, limit_days, accounts, on_time – due soon included –, overdue,
    never, no_rhythm, n, share on time of n with Wilson low, high, gap_median with gap_low,
    gap_high: days between visits, the running gap counted as at least so long (Kaplan–Meier),
    gaps, cluster, variant, origin); ``measures`` (accounts_on_time, accounts_overdue,
    accounts_never, contacts_on_time, contacts_overdue, visits_to_catch_up).
    Raises KamkitError for unknown processes and tiers. Source: S113 (no frequency given), X28;
    days house or the company's.

    >>> seen = pd.DataFrame({"account_id": ["A"], "date": ["2026-01-01"], "made_by": ["human"],
    ...                      "channel": ["visit"]})
    >>> who = pd.DataFrame({"account_id": ["A", "B"], "tier": ["tier_1", "tier_4"]})
    >>> found = visit_cadence(seen, who, as_of="2026-03-01").accounts
    >>> found[["account_id", "overdue_days", "cadence_state"]].values.tolist()
    [['A', 28.0, 'overdue'], ['B', nan, 'never']]
    """
    scheme = service_or_house(service)
    cadence = scheme.cadence(process)
    need_columns(interactions, "interactions", ["account_id", "date", "made_by"])
    day = pd.Timestamp(as_of)
    human = _human(interactions, day)
    listed = read_tiers(tiers, scheme)
    counted = human
    if cadence.channels and "channel" in human:
        counted = human[human["channel"].isin(cadence.channels)]
    origin = f"{cadence.origin}; X28"
    accounts = _accounts(counted, listed, dict(cadence.days), day, scheme, origin)
    people = _contacts(human, contacts, listed, day)
    by_tier = _tiers(accounts, counted, listed, dict(cadence.days), day, scheme, level)
    return VisitCadence(accounts[_ACCOUNTS], people, by_tier, _measures(accounts, people, level))


def process_due(
    events: pd.DataFrame,
    tiers: pd.DataFrame,
    service: ServiceScheme | None = None,
    *,
    process: str,
    as_of: Day,
    date: str = "date",
) -> pd.DataFrame:
    """When anything that recurs is due for each account: surveys, class reviews, joint plans.

    Needs columns of ``events``: account_id and ``date`` (``invited_on`` of survey_invitations,
    ``as_of`` of scheme_assignments …); of ``tiers``: account_id, tier. ``process`` is a cadence
    of the service scheme (X28: yearly in one source, "regularly" in the rest). Events after
    ``as_of`` aren't known yet.
    Returns the columns of ``VisitCadence.accounts``. Raises KamkitError for unknown processes.
    Source: S110, S124, S126, X28; days house or the company's.

    >>> sent = pd.DataFrame({"account_id": ["A"], "invited_on": ["2025-10-01"]})
    >>> who = pd.DataFrame({"account_id": ["A"], "tier": ["tier_1"]})
    >>> process_due(sent, who, process="survey", as_of="2026-06-30", date="invited_on"
    ...     )[["due_on", "overdue_days"]].astype(str).values.tolist()
    [['2026-04-01', '90.0']]
    """
    scheme = service_or_house(service)
    cadence = scheme.cadence(process)
    need_columns(events, "events", ["account_id", date])
    day = pd.Timestamp(as_of)
    seen = pd.DataFrame({
        "account_id": events["account_id"].astype(object), "date": pd.to_datetime(events[date]),
    })  # fmt: skip
    listed = read_tiers(tiers, scheme)
    origin = f"{cadence.origin}; X28"
    known = seen[seen["date"] <= day]
    return _accounts(known, listed, dict(cadence.days), day, scheme, origin)[_ACCOUNTS]


def _human(interactions: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    table = interactions.copy()
    table["date"] = pd.to_datetime(table["date"])
    table["account_id"] = table["account_id"].astype(object)
    return table[(table["made_by"] == "human") & (table["date"] <= day)]


def _state(limit: Any, since: Any) -> np.ndarray:
    limit, since = np.asarray(limit, float), np.asarray(since, float)
    return np.select(
        [np.isnan(limit), np.isnan(since), since > limit, since > limit - SOON_DAYS],
        ["no_rhythm", "never", "overdue", "due_soon"],
        "on_time",
    )


def _dates(
    rows: pd.DataFrame, limit: str, last: pd.Series, key: str, day: pd.Timestamp
) -> pd.DataFrame:
    out = rows.copy()
    out["last_on"] = pd.to_datetime(last).reindex(out[key].astype(object)).set_axis(out.index)
    out["days_since"] = days_between(out["last_on"], pd.Series(day, out.index))
    out["due_on"] = out["last_on"] + pd.to_timedelta(out[limit], unit="D")
    over = out["days_since"] - out[limit]
    out["overdue_days"] = over.where(over.isna() | (over > 0), 0.0)
    out["cadence_state"] = _state(out[limit], out["days_since"])
    return out


def _accounts(
    human: pd.DataFrame,
    listed: pd.DataFrame,
    days: dict[str, float],
    day: pd.Timestamp,
    scheme: ServiceScheme,
    origin: str,
) -> pd.DataFrame:
    rows = listed.assign(limit_days=listed["tier"].map(days).astype(float))
    rows = _dates(rows, "limit_days", human.groupby("account_id")["date"].max(), "account_id", day)
    year = human[human["date"] > day - pd.Timedelta(days=365)]
    # Several people seen on one day are one visit.
    visits = year.drop_duplicates(["account_id", "date"]).groupby("account_id").size()
    rows["per_year"] = rows["account_id"].map(visits).fillna(0).astype(int)
    rows["wanted_per_year"] = 365 / rows["limit_days"]
    rows["origin"] = origin
    place = rows["tier"].map({t: i for i, t in enumerate(scheme.tier_ids)})
    late = rows["overdue_days"].where(rows["cadence_state"] != "never", np.inf)
    order = np.lexsort((rows["account_id"], -late.fillna(-1.0), place))
    return rows.iloc[order].reset_index(drop=True)


def _contacts(
    human: pd.DataFrame, contacts: pd.DataFrame | None, listed: pd.DataFrame, day: pd.Timestamp
) -> pd.DataFrame:
    if contacts is None or "contact_id" not in human:
        return pd.DataFrame(columns=_CONTACTS)
    need_columns(contacts, "contacts", ["contact_id", "account_id"])
    here = contacts
    if "left_on" in here:
        here = here[~(pd.to_datetime(here["left_on"]) <= day)]
    rows = here[["contact_id", "account_id"]].reset_index(drop=True)
    rows["tier"] = rows["account_id"].map(listed.set_index("account_id")["tier"])
    wish = here.get("wished_contact_days", pd.Series(np.nan, here.index))
    rows["wished_days"] = pd.to_numeric(wish, errors="coerce").to_numpy(float, na_value=np.nan)
    rows = _dates(rows, "wished_days", human.groupby("contact_id")["date"].max(), "contact_id", day)
    rows["origin"] = "S093; S113; house"
    late = rows["overdue_days"].where(rows["cadence_state"] != "never", np.inf)
    order = np.lexsort((rows["contact_id"].astype(str), -late.fillna(-1.0)))
    return rows.iloc[order].reset_index(drop=True)[_CONTACTS]


def _gaps(human: pd.DataFrame, listed: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Days between visits of each account; the gap that still runs is open."""
    tier = listed.set_index("account_id")["tier"]
    seen = human[human["account_id"].isin(tier.index)][["account_id", "date"]].drop_duplicates()
    seen = seen.sort_values(["account_id", "date"], ignore_index=True)
    after = seen.groupby("account_id")["date"].shift(-1)
    days = days_between(seen["date"], after.fillna(day))
    return pd.DataFrame({
        "tier": seen["account_id"].map(tier), "days": days, "closed": after.notna(),
    })  # fmt: skip


def _tiers(
    accounts: pd.DataFrame,
    human: pd.DataFrame,
    listed: pd.DataFrame,
    days: dict[str, float],
    day: pd.Timestamp,
    scheme: ServiceScheme,
    level: float,
) -> pd.DataFrame:
    gaps = _gaps(human, listed, day)
    middle = pd.DataFrame(columns=["group", "days", "low", "high"])
    if len(gaps):
        curve = kaplan_meier(gaps["days"], gaps["closed"], group=gaps["tier"], level=level)
        middle = survival_quantiles(curve, [0.5])
    middle = middle.set_index("group")
    rows = []
    for tier in scheme.tier_ids:
        state = accounts.loc[accounts["tier"] == tier, "cadence_state"]
        if state.empty:
            continue
        ends: dict[Any, Any] = middle.loc[tier].to_dict() if tier in middle.index else {}
        good = int(state.isin(("on_time", "due_soon")).sum())
        late = {k: int((state == k).sum()) for k in ("overdue", "never", "no_rhythm")}
        rows.append({
            "tier": tier, "limit_days": days.get(tier, np.nan), "accounts": len(state),
            "on_time": good, **late, "n": len(state) - late["no_rhythm"],
            "gap_median": ends.get("days", np.nan), "gap_low": ends.get("low", np.nan),
            "gap_high": ends.get("high", np.nan), "gaps": int((gaps["tier"] == tier).sum()),
        })  # fmt: skip
    out = pd.DataFrame(rows, columns=[c for c in _TIERS if c not in _ENDS])
    out["share"] = share_of(out["on_time"], out["n"])
    out["low"], out["high"] = wilson(out["on_time"], out["n"], level)
    out["cluster"] = same_groups(*(out[c].to_numpy(float) for c in ("share", "low", "high")))
    out["variant"] = np.where(out["n"] > 0, "wilson; kaplan_meier_gaps", "too_little_data")
    out["origin"] = f"{_ORIGIN}; field:Kaplan & Meier 1958"
    return out[_TIERS]


_ENDS = ("share", "low", "high", "cluster", "variant", "origin")


def _measures(accounts: pd.DataFrame, people: pd.DataFrame, level: float) -> pd.DataFrame:
    rows = []
    for name, table in (("accounts", accounts), ("contacts", people)):
        state = table["cadence_state"]
        n = int((state != "no_rhythm").sum())
        good = int(state.isin(("on_time", "due_soon")).sum())
        low, high = wilson([good], [n], level)
        how = "wilson" if n else "too_little_data"
        rows.append(
            measure_row(f"{name}_on_time", share_of([good], [n])[0], n, low=low[0], high=high[0],
                        variant=how, origin=_ORIGIN)
        )  # fmt: skip
        for key in ("overdue", "never"):
            rows.append(
                measure_row(f"{name}_{key}", int((state == key).sum()), n, variant="count",
                            origin="S113; house")
            )  # fmt: skip
    owed = accounts["cadence_state"].isin(("overdue", "never")).sum()
    rows.append(
        measure_row("visits_to_catch_up", int(owed), len(accounts), variant="one_each",
                    origin="house")
    )  # fmt: skip
    return measure_table(rows)
