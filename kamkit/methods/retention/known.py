"""What was known on a day: the only door through which retention looks at the past."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem

Day = pd.Timestamp | dt.date | str
Tables = Mapping[str, pd.DataFrame]

YEAR_LAG = 31  # house: the figures of a year are known a month after its end


@dataclass(frozen=True)
class Dating:
    """When a row of a table came to be known, and which cells were filled in later.

    ``row``: date column of the row itself. ``undated`` rows (no date) are kept or left out.
    ``later``: date columns of what came after; those after the day are emptied, and with each
    the cells listed behind it, which were written together with it. ``closing``: cell values
    to go back to where the date in question is after the day or missing.
    """

    row: str = ""
    undated: bool = False
    later: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    back_to: Mapping[str, tuple[str, str]] = field(default_factory=dict)


DATING: dict[str, Dating] = {
    "accounts": Dating("since", undated=True),
    "orders": Dating("date"),
    "interactions": Dating("date"),
    "contacts": Dating(later={"left_on": ()}),
    "members": Dating("hired_on", undated=True, later={"left_on": ()}),
    "contact_roles": Dating("as_of", undated=True),
    "ties": Dating("as_of", undated=True, later={"last_contact": ()}),
    "joint_teams": Dating("started_on", later={"ended_on": (), "last_meeting": ()}),
    "survey_invitations": Dating("invited_on", later={"responded_on": ()}),
    "service_cases": Dating(
        "opened_on", later={"closed_on": ("cost", "currency"), "responded_on": ()}
    ),
    "account_losses": Dating("lost_on", later={"returned_on": ()}),
    "winback_cases": Dating(
        "opened_on", later={"closed_on": ()}, back_to={"closed_on": ("result", "open")}
    ),
    "opportunities": Dating(
        "created_on",
        later={"closed_on": ("amount", "stage", "reason", "competitor", "next_step",
                             "probability", "forecast_category", "close_date", "effort_hours")},
        back_to={"closed_on": ("status", "open")},
    ),
    "stage_events": Dating("entered_on", later={"left_on": ("moved_to",)}),
    "snapshots": Dating("snapshot_on"),
    "contracts": Dating("start"),
    "projects": Dating("started_on", later={"delivered_on": ("value",)}),
    "milestones": Dating("actual_on", undated=True),
    "feedback": Dating(
        "asked_on",
        later={"received_on": ("topic",), "answered_on": (), "acted_on": ("action",),
               "told_on": ()},
    ),
    "stage_views": Dating("rated_on"),
    "decision_profiles": Dating("as_of"),
    "sponsors": Dating("since", undated=True, later={"last_meeting": ()}),
    "entry_steps": Dating("due", undated=True, later={"done_on": ()}),
    "criterion_ratings": Dating("rated_on"),
    "scheme_assignments": Dating("as_of"),
    "dealer_ratings": Dating("rated_on"),
    "dealer_events": Dating("date", later={"resolved_on": ()}),
    "dealers": Dating("since", undated=True, later={"ended_on": (), "review_on": ()}),
    "gate_answers": Dating("answered_on"),
}  # fmt: skip
# Written over as things change: nobody can say what stood there earlier.
UNDATED_OPINIONS: dict[str, tuple[str, ...]] = {
    "accounts": ("relation", "lifecycle", "turnover", "industry_rank", "owner_id"),
    "contacts": ("motivation", "needs", "deepen"),
    "dealers": ("our_share",),
}
YEARLY = (
    *("account_years", "category_spend", "cost_drivers", "investments", "competitor_ratings"),
    *("service_uptake", "dealer_years"),
)
STANDING = ("territories", "role_profiles", "pay_plans")  # says nothing of any account


def as_day(day: Day) -> pd.Timestamp:
    """A day without its hour; KamkitError ``bad_date`` for what is none.

    >>> as_day("2026-06-30").isoformat()
    '2026-06-30T00:00:00'
    """
    found = pd.to_datetime(pd.Series([day]), errors="coerce").iloc[0]
    if pd.isna(found):
        raise KamkitError(Problem("bad_date", column="as_of", value=day))
    return pd.Timestamp(found).normalize()


def dates_of(table: pd.DataFrame, column: str) -> pd.Series:
    """A column as dates without hours; all missing where the table does not have it."""
    if column not in table.columns:
        return pd.Series(pd.NaT, index=table.index, dtype="datetime64[us]")
    found = table[column]
    if found.dtype.kind != "M":
        found = pd.to_datetime(found, errors="coerce", format="mixed")
    return found.astype("datetime64[us]").dt.normalize()


def known_on(tables: Tables, day: Day, *, year_lag_days: int = YEAR_LAG) -> dict[str, pd.DataFrame]:
    """The tables as they could be known at the end of a day: nothing later shines through.

    Rows dated after the day are gone. What happened later to an earlier row has not happened:
    ``left_on``, ``closed_on``, ``responded_on``, ``returned_on`` … after the day are empty, and
    with them what was written at that moment. Survey answers go with the day on which their
    respondent answered; an answer without such a day is left out. Yearly figures are known
    ``year_lag_days`` after the end of their year, whatever their status says: an estimate of the
    running year carries no date. Cells that are written over as things change (an account's
    relation, lifecycle) are empty. A table that carries no date at all is left out.

    ``tables``: any canonical tables by name. Returns them by name, new frames.
    Raises KamkitError ``bad_date``. Source: Tashman 2000 (rolling origin); house.

    >>> contacts = pd.DataFrame({"contact_id": ["c"], "left_on": pd.to_datetime(["2026-03-01"])})
    >>> known_on({"contacts": contacts}, "2026-01-31")["contacts"]["left_on"].isna().all()
    np.True_
    """
    moment = as_day(day)
    out: dict[str, pd.DataFrame] = {}
    for name, table in tables.items():
        if name == "survey_responses":
            out[name] = _answers(table, tables.get("survey_invitations"), moment)
        elif name in YEARLY and "year" in table.columns:
            out[name] = _years(table, moment, year_lag_days)
        elif name in DATING:
            out[name] = _dated(table, DATING[name], moment, name)
        elif name in STANDING:
            out[name] = table
    return out


def _years(table: pd.DataFrame, moment: pd.Timestamp, lag: int) -> pd.DataFrame:
    seen = moment - pd.Timedelta(days=lag)
    last = seen.year if (seen.month, seen.day) == (12, 31) else seen.year - 1
    known = table[(table["year"] <= last).fillna(False).to_numpy(bool)].reset_index(drop=True)
    return known.drop(columns="status", errors="ignore")


def _dated(table: pd.DataFrame, rule: Dating, moment: pd.Timestamp, name: str) -> pd.DataFrame:
    out = table
    if rule.row:
        on = dates_of(table, rule.row)
        keep = (on <= moment).to_numpy()
        if rule.undated:
            keep = keep | on.isna().to_numpy()
        out = table[keep]
    out = out.reset_index(drop=True)
    for column, cells in rule.later.items():
        if column not in out.columns:
            continue
        on = dates_of(out, column)
        unwritten = ~(on <= moment).to_numpy()
        out[column] = on.mask(unwritten)
        for cell in cells:
            if cell in out.columns:
                out[cell] = out[cell].mask(unwritten)
        if column in rule.back_to:
            cell, value = rule.back_to[column]
            if cell in out.columns:
                out[cell] = out[cell].mask(unwritten, value)
    gone = [c for c in UNDATED_OPINIONS.get(name, ()) if c in out.columns]
    return out.drop(columns=gone) if gone else out


def _answers(
    table: pd.DataFrame, invitations: pd.DataFrame | None, moment: pd.Timestamp
) -> pd.DataFrame:
    """Answers given by then; the day is that of the invitation they answer."""
    keys = ["wave", "respondent_id"]
    if invitations is None or any(k not in invitations.columns for k in keys):
        return table.iloc[:0].reset_index(drop=True)
    given = invitations[keys].assign(on=dates_of(invitations, "responded_on"))
    given = given[given["on"] <= moment].drop_duplicates(keys)[keys]
    asked = pd.MultiIndex.from_frame(given)
    if not len(table):
        return table
    keep = np.asarray(pd.MultiIndex.from_frame(table[keys]).isin(asked))
    return table[keep].reset_index(drop=True)
