"""What we know of each contact by the five questions, and whether we are in touch as wished."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.contacts.known import Day, as_day, dates, grades, tags, texts
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.shares import WILSON, share_of, wilson
from kamkit.schemes.contacts import contact_scheme

_YEAR = 365
_CADENCE = [
    *("account_id", "contact_id", "wished_days", "actual_days", "human", "system", "last_contact"),
    *("days_since", "gap_days", "overdue", "too_often", "variant", "origin"),
]


@dataclass(frozen=True)
class Profiles:
    """Answers to the five questions of S093.

    Attributes
    ----------
    contacts
        One row a contact still there: account_id, contact_id, motivation, needs, preferred_channel,
        wished_contact_days, deepen (as recorded), needs_known (count), known (of the five),
        channel_used (most frequent of human contacts in the last 365 days), channel_fits
        (0/1; NaN: one of the two is unknown), missing (questions without an answer, ";").
    questions
        question and a measure table: profile_known, the share of contacts with an answer
        (Wilson 95 %).
    """

    contacts: pd.DataFrame
    questions: pd.DataFrame


def profiles(
    contacts: pd.DataFrame,
    interactions: pd.DataFrame | None = None,
    *,
    as_of: Day,
    account_id: str | None = None,
) -> Profiles:
    """How complete the contact profiles are, for all accounts or one.

    Needs contacts (contact_id, account_id; motivation, needs, preferred_channel,
    wished_contact_days, deepen, left_on) and, to compare channels, interactions (contact_id,
    date, channel, made_by). The needs are known where at least three are (S093 asks for three).
    Whoever left on or before the day is left out, and so is anything dated later.

    Returns Profiles. Raises KamkitError missing_column, bad_date. Source: S093; Wilson 1927.

    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1",
    ...     "motivation": ["risk"], "needs": ["price;quality"]})
    >>> found = profiles(contacts, as_of="2026-01-01").contacts
    >>> found[["known", "needs_known", "missing"]].values.tolist()
    [[1, 2, 'needs;preferred_channel;wished_contact_days;deepen']]
    """
    day = as_day(as_of)
    rows = _present(contacts, day, account_id)
    wanted = contact_scheme().limit("urgent_needs")
    needs = rows["needs"].map(lambda c: len(str(c).split(";")), na_action="ignore").fillna(0)
    asked = [q.id for q in contact_scheme().questions]
    answered = pd.DataFrame({q: rows[q].notna() for q in asked if q in rows})
    answered["needs"] = needs >= wanted
    used = _channels(interactions, day)
    out = rows.assign(
        needs_known=needs.astype("int64"),
        known=answered.sum(axis=1).astype("int64"),
        channel_used=rows["contact_id"].map(used).astype("str"),
        missing=[";".join(q for q in asked if not row[q]) for _, row in answered.iterrows()],
    )
    both = out["channel_used"].notna() & out["preferred_channel"].notna()
    fits = (out["channel_used"] == out["preferred_channel"]).astype(float)
    out["channel_fits"] = fits.where(both)
    out["missing"] = out["missing"].astype("str")
    n = len(out)
    table = []
    for q in asked:
        hits = int(answered[q].sum())
        low, high = wilson(hits, n)
        table.append(
            measure_row(
                "profile_known", float(share_of(hits, n)), n, low=float(low), high=float(high),
                variant="wilson" if n else "too_little_data", origin=f"S093; {WILSON}",
            )
        )  # fmt: skip
    questions = measure_table(table)
    questions.insert(0, "question", pd.Series(asked, dtype="str"))
    return Profiles(out, questions)


def _present(contacts: pd.DataFrame, day: pd.Timestamp, account_id: str | None) -> pd.DataFrame:
    """Contacts who are still there, with clean cells."""
    need_columns(contacts, "contacts", ["contact_id", "account_id"])
    left = dates(contacts, "left_on")
    rows = contacts[left.isna() | (left > day)]
    if account_id is not None:
        rows = rows[rows["account_id"] == account_id]
    out = pd.DataFrame(
        {
            **{c: rows[c].astype("str") for c in ("account_id", "contact_id")},
            "motivation": texts(rows, "motivation"),
            "needs": tags(rows, "needs"),
            "preferred_channel": texts(rows, "preferred_channel"),
            "wished_contact_days": grades(rows, "wished_contact_days", 1, 100_000),
            "deepen": texts(rows, "deepen"),
        }
    )
    return out.sort_values(["account_id", "contact_id"], ignore_index=True)


def _talks(interactions: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Dated contacts up to the day, with whether a person made them."""
    need_columns(interactions, "interactions", ["contact_id", "date"])
    out = pd.DataFrame(
        {
            "contact_id": texts(interactions, "contact_id"),
            "date": dates(interactions, "date").dt.normalize(),
            "channel": texts(interactions, "channel"),
            "human": texts(interactions, "made_by").fillna("human") == "human",
        }
    )
    return out[out["contact_id"].notna() & (out["date"] <= day)]


def _channels(interactions: pd.DataFrame | None, day: pd.Timestamp) -> pd.Series:
    """The channel most used by people within the last year, by contact."""
    if interactions is None:
        return pd.Series(dtype="str")
    talks = _talks(interactions, day)
    recent = talks[talks["human"] & ((day - talks["date"]).dt.days < _YEAR)]
    counts = recent.groupby(["contact_id", "channel"]).size().rename("n").reset_index()
    order = counts.sort_values(["contact_id", "n", "channel"], ascending=[True, False, True])
    used: pd.Series = order.drop_duplicates("contact_id").set_index("contact_id")["channel"]
    return used


def cadence(
    contacts: pd.DataFrame,
    interactions: pd.DataFrame,
    *,
    as_of: Day,
    account_id: str | None = None,
) -> pd.DataFrame:
    """How often each contact wishes to hear from us, and how often people of ours really do.

    Only contacts made by people count: mailings of a system (made_by system) are counted
    beside them, and what carries no contact_id belongs to nobody. Several on one day are one.

    Returns one row a contact still there, the most overdue first: account_id, contact_id,
    wished_days (from the contact; else the house figure of 90, see variant), actual_days
    (median days between contacts within the last 365; NaN below two), human, system (contacts
    in those 365 days), last_contact (by a person, ever), days_since, gap_days (days_since −
    wished_days; without any contact NaN), overdue (bool; never contacted is overdue), too_often
    (actual below half of what the contact wished), variant (wished, wish_unknown), origin.
    Raises KamkitError missing_column, bad_date. Source: S093; half and 90 days house.

    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1",
    ...     "wished_contact_days": [14]})
    >>> talks = pd.DataFrame({"contact_id": "C1",
    ...     "date": ["2026-01-01", "2026-01-31", "2026-02-20"],
    ...     "made_by": ["human", "human", "system"]})
    >>> found = cadence(contacts, talks, as_of="2026-02-28")
    >>> found[["actual_days", "days_since", "gap_days", "overdue"]].values.tolist()
    [[30.0, 28.0, 14.0, True]]
    """
    day = as_day(as_of)
    rows = _present(contacts, day, account_id)
    talks = _talks(interactions, day)
    recent = talks[(day - talks["date"]).dt.days < _YEAR]
    human = talks[talks["human"]].drop_duplicates(["contact_id", "date"])
    lately = human[(day - human["date"]).dt.days < _YEAR].sort_values(["contact_id", "date"])
    between = lately.groupby("contact_id")["date"].diff().dt.days
    ids = rows["contact_id"]
    wished = rows["wished_contact_days"]
    default = contact_scheme().limit("default_cadence_days")
    latest = human.groupby("contact_id")["date"].max().reindex(ids)
    last = latest.set_axis(ids.index).astype("datetime64[us]")
    since = (day - last).dt.days.astype(float)
    target = wished.fillna(default)
    actual = ids.map(between.groupby(lately["contact_id"]).median()).astype(float)
    counted = recent.groupby("contact_id")["human"]
    out = rows[["account_id", "contact_id"]].assign(
        wished_days=target,
        actual_days=actual,
        human=ids.map(lately.groupby("contact_id").size()).fillna(0).astype("int64"),
        system=ids.map(counted.size() - counted.sum()).fillna(0).astype("int64"),
        last_contact=last,
        days_since=since,
        gap_days=since - target,
        overdue=since.isna() | (since > target),
        too_often=wished.notna() & (actual < wished / 2),
        variant=np.where(wished.notna(), "wished", "wish_unknown"),
        origin=np.where(wished.notna(), "S093", "house"),
    )
    # Never contacted comes before any number of days.
    out = out.assign(_gap=out["gap_days"].fillna(np.inf)).sort_values(
        ["_gap", "account_id", "contact_id"], ascending=[False, True, True], ignore_index=True
    )
    return out[_CADENCE].astype({"variant": "str", "origin": "str"})


def cadence_measures(table: pd.DataFrame) -> pd.DataFrame:
    """Share of contacts overdue, never contacted and contacted too often, of a cadence table.

    Returns a measure table: cadence_overdue, cadence_never, cadence_too_often, cadence_wish_known
    (Wilson 95 %).

    >>> cadence_measures(pd.DataFrame({c: [] for c in _CADENCE}))["variant"].unique().tolist()
    ['too_little_data']
    """
    need_columns(table, "cadence", ["overdue", "last_contact", "too_often", "variant"])
    n = len(table)
    hits = {
        "cadence_overdue": table["overdue"].sum(),
        "cadence_never": table["last_contact"].isna().sum(),
        "cadence_too_often": table["too_often"].sum(),
        "cadence_wish_known": (table["variant"] == "wished").sum(),
    }
    rows = []
    for measure, k in hits.items():
        low, high = wilson(int(k), n)
        rows.append(
            measure_row(
                measure, float(share_of(int(k), n)), n, low=float(low), high=float(high),
                variant="wilson" if n else "too_little_data", origin=f"S093; {WILSON}",
            )
        )  # fmt: skip
    return measure_table(rows)
