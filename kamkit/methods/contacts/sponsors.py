"""Executive sponsors: who of ours stands behind an account, facing whom, and do they meet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.contacts.known import Day, as_day, dates, grades, texts
from kamkit.methods.contacts.staff import staff
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.shares import WILSON, share_of, wilson
from kamkit.schemes.contacts import contact_scheme

ORIGIN = "S102; house"
_COLUMNS = [
    *("account_id", "member_id", "contact_id", "since", "last_meeting", "days_since", "our_level"),
    *("level", "level_gap", "state", "origin"),
]


@dataclass(frozen=True)
class SponsorPairs:
    """Sponsor pairs on one day.

    Attributes
    ----------
    pairs
        One row a pair, what needs doing first: account_id, member_id, contact_id, since,
        last_meeting, days_since (days since the last meeting), our_level, level (1–5),
        level_gap (ours − theirs), state, origin. States: member_left, contact_left,
        contact_unknown, no_contact (nobody named on their side), never_met, overdue, in_touch.
    measures
        Measure table: accounts_with_sponsor (share of ``accounts``, where given, that have a
        sponsor still with us), pairs_alive (share of the pairs in state in_touch), Wilson 95 %.
    """

    pairs: pd.DataFrame
    measures: pd.DataFrame


def sponsor_pairs(
    sponsors: pd.DataFrame,
    members: pd.DataFrame | None = None,
    contacts: pd.DataFrame | None = None,
    *,
    as_of: Day,
    accounts: Iterable[str] | None = None,
) -> SponsorPairs:
    """Executive sponsors of accounts, whether both are still there and when they last met.

    Needs sponsors: account_id, member_id; contact_id, since, last_meeting where there are.
    Pairs that began after the day are left out; a last meeting after it counts as none known.
    ``accounts``: those that should have a sponsor (the key accounts), for the share.

    Returns SponsorPairs. Raises KamkitError missing_column, bad_date.
    Source: S102 (Xerox: 250 executives for 250 accounts); 180 days house.

    >>> sponsors = pd.DataFrame({"account_id": ["A1"], "member_id": ["M1"], "contact_id": ["C1"],
    ...     "last_meeting": ["2025-01-01"]})
    >>> sponsor_pairs(sponsors, as_of="2026-01-01").pairs[["days_since", "state"]].values.tolist()
    [[365.0, 'overdue']]
    """
    day = as_day(as_of)
    need_columns(sponsors, "sponsors", ["account_id", "member_id"])
    rows = pd.DataFrame(
        {
            **{c: sponsors[c].astype("str") for c in ("account_id", "member_id")},
            "contact_id": texts(sponsors, "contact_id"),
            "since": dates(sponsors, "since"),
            "last_meeting": dates(sponsors, "last_meeting"),
        }
    )
    rows = rows[rows["since"].isna() | (rows["since"] <= day)].drop_duplicates()
    rows["last_meeting"] = rows["last_meeting"].where(rows["last_meeting"] <= day)
    ours = staff(members).set_index("person_id")
    theirs = _theirs(contacts)
    rows["our_level"] = ours["level"].reindex(rows["member_id"]).to_numpy(float)
    rows["level"] = theirs["level"].reindex(rows["contact_id"]).to_numpy(float)
    rows["level_gap"] = rows["our_level"] - rows["level"]
    rows["days_since"] = (day - rows["last_meeting"]).dt.days.astype(float)
    rows["state"] = _states(rows, ours, theirs, day, members is None, contacts is None)
    rows["origin"] = ORIGIN
    order = rows.assign(_state=rows["state"].map({s: i for i, s in enumerate(STATES)}))
    order = order.sort_values(
        ["_state", "days_since", "account_id", "member_id", "contact_id"],
        ascending=[True, False, True, True, True],
        ignore_index=True,
    )
    pairs = order[_COLUMNS].astype({"state": "str", "origin": "str"})
    return SponsorPairs(pairs, _measures(pairs, accounts))


STATES = (
    *("member_left", "contact_left", "contact_unknown", "no_contact", "never_met", "overdue"),
    "in_touch",
)


def _theirs(contacts: pd.DataFrame | None) -> pd.DataFrame:
    table = pd.DataFrame({"contact_id": []}) if contacts is None else contacts
    need_columns(table, "contacts", ["contact_id"])
    out = pd.DataFrame(
        {
            "contact_id": table["contact_id"].astype("str"),
            "level": grades(table, "level", 1, 5),
            "left_on": dates(table, "left_on"),
        }
    )
    return out.drop_duplicates("contact_id", keep="last").set_index("contact_id")


def _states(
    rows: pd.DataFrame,
    ours: pd.DataFrame,
    theirs: pd.DataFrame,
    day: pd.Timestamp,
    no_members: bool,
    no_contacts: bool,
) -> np.ndarray:
    left_us = ours["left_on"].reindex(rows["member_id"]).le(day).to_numpy(bool) & (not no_members)
    left = theirs["left_on"].reindex(rows["contact_id"]).le(day).to_numpy(bool)
    named = rows["contact_id"].notna().to_numpy(bool)
    listed = rows["contact_id"].isin(theirs.index).to_numpy(bool) | no_contacts
    limit = contact_scheme().limit("sponsor_days")
    since = rows["days_since"].to_numpy(float)
    tests = [left_us, left, named & ~listed, ~named, np.isnan(since), since > limit]
    found: np.ndarray = np.select(tests, STATES[:-1], STATES[-1])
    return found


def _measures(pairs: pd.DataFrame, accounts: Iterable[str] | None) -> pd.DataFrame:
    figures = {"pairs_alive": (int((pairs["state"] == "in_touch").sum()), len(pairs))}
    if accounts is not None:
        wanted = set(accounts)
        has = set(pairs.loc[pairs["state"] != "member_left", "account_id"]) & wanted
        figures = {"accounts_with_sponsor": (len(has), len(wanted)), **figures}
    rows = []
    for measure, (hits, n) in figures.items():
        low, high = wilson(hits, n)
        rows.append(
            measure_row(
                measure, float(share_of(hits, n)), n, low=float(low), high=float(high),
                variant="wilson" if n else "too_little_data", origin=f"S102; {WILSON}",
            )
        )  # fmt: skip
    return measure_table(rows)
