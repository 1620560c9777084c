"""People and ties of all accounts on one day, in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.contacts.known import Day, as_day, dates, grades, last_known, tags, texts
from kamkit.methods.contacts.staff import staff
from kamkit.schemes.contacts import contact_scheme

SIDES = ("customer", "us", "competitor")
PEOPLE = [
    *("account_id", "person_id", "side", "name", "title", "function", "level", "influence"),
    *("support", "buyer_types", "phases", "role_as_of", "role_scope"),
]
LINKS = [
    *("account_id", "from_id", "to_id", "from_side", "bond", "strength", "last_contact", "as_of"),
]
GONE = [
    *("account_id", "person_id", "side", "name", "title", "function", "level", "influence"),
    *("support", "left_on", "ties", "strongest", "known_by", "last_contact"),
]
_DATES = ("role_as_of", "left_on", "last_contact", "as_of")
_NUMBERS = ("level", "influence", "support", "strength", "strongest")


@dataclass(frozen=True)
class ContactBook:
    """People, links, gone and issues of all accounts: what ContactNetwork holds of one.

    Each table has account_id in front; ``issues`` has one row a finding: account_id, code,
    person_id ("" where it concerns nobody).
    """

    as_of: pd.Timestamp
    people: pd.DataFrame
    links: pd.DataFrame
    gone: pd.DataFrame
    issues: pd.DataFrame


def contact_book(
    contacts: pd.DataFrame,
    contact_roles: pd.DataFrame | None = None,
    ties: pd.DataFrame | None = None,
    members: pd.DataFrame | None = None,
    *,
    as_of: Day,
    opportunity_id: str | None = None,
    account_id: str | None = None,
) -> ContactBook:
    """People and ties of all accounts, or of one, as known at the end of one day.

    Takes the tables of :func:`kamkit.methods.contacts.contact_network` and keeps its rules.

    Returns ContactBook. Raises KamkitError missing_column, bad_date.

    >>> contacts = pd.DataFrame({"contact_id": ["C1", "C2"], "account_id": ["A1", "A2"]})
    >>> contact_book(contacts, as_of="2026-06-30").people["account_id"].tolist()
    ['A1', 'A2']
    """
    day = as_day(as_of)
    need_columns(contacts, "contacts", ["contact_id", "account_id"])
    roles = contact_roles if contact_roles is not None else pd.DataFrame({"contact_id": []})
    need_columns(roles, "contact_roles", ["contact_id"])
    tied = ties if ties is not None else pd.DataFrame(columns=LINKS)
    need_columns(tied, "ties", ["account_id", "from_id", "to_id", "from_side", "strength"])
    if account_id is not None:
        contacts = contacts[contacts["account_id"] == account_id]
        tied = tied[tied["account_id"] == account_id]
        roles = roles[roles["contact_id"].isin(contacts["contact_id"])]
    everybody, notes = _customers(contacts, roles, day, opportunity_id)
    links, bad = _ties(tied, day)
    others = _others(links, members)
    everybody = pd.concat([everybody, others], ignore_index=True)
    links, lost, wrong = _ends(links, everybody, day)
    notes += [bad, *wrong]
    here = everybody["left_on"].isna() | (everybody["left_on"] > day)
    tied_now = pd.MultiIndex.from_frame(links[["account_id", "from_side", "from_id"]])
    keys = pd.MultiIndex.from_frame(everybody[["account_id", "side", "person_id"]])
    people = everybody[here & ((everybody["side"] == "customer") | keys.isin(tied_now))]
    gone = _gone(everybody[~here], lost)
    issues = pd.concat([n[["account_id", "code", "person_id"]] for n in notes], ignore_index=True)
    return ContactBook(day, _ordered(people, PEOPLE), _tied(links), gone, issues)


def _customers(
    contacts: pd.DataFrame, roles: pd.DataFrame, day: pd.Timestamp, opportunity: str | None
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Contacts with the role that counts, and what is missing about those still there."""
    rows = pd.DataFrame(
        {
            "account_id": contacts["account_id"].astype("str"),
            "person_id": contacts["contact_id"].astype("str"),
            "side": "customer",
            **{c: texts(contacts, c) for c in ("name", "title", "function")},
            "level": grades(contacts, "level", 1, 5),
            "left_on": dates(contacts, "left_on"),
        }
    )
    rows = rows.sort_values(["person_id", "left_on", "account_id", "name"], na_position="first")
    rows = rows.drop_duplicates("person_id", keep="last")
    rows = rows.merge(_roles(roles, day, opportunity), on="person_id", how="left")
    here = rows[rows["left_on"].isna() | (rows["left_on"] > day)]
    stale = contact_scheme().limit("role_stale_days")
    recorded = here["role_scope"].notna()
    wanted = "account" if opportunity is None else "opportunity"
    found = {
        "influence_missing": here["influence"].isna(),
        "support_missing": here["support"].isna(),
        "level_missing": here["level"].isna(),
        "buyer_type_missing": here["buyer_types"].isna(),
        "role_stale": (day - here["role_as_of"]).dt.days > stale,
        "role_undated": recorded & here["role_as_of"].isna(),
        f"role_of_{'opportunity' if wanted == 'account' else 'account'}": recorded
        & (here["role_scope"] != wanted),
    }
    return rows, [here[hit].assign(code=code) for code, hit in found.items()]


def _roles(roles: pd.DataFrame, day: pd.Timestamp, opportunity: str | None) -> pd.DataFrame:
    """One role a contact: of the opportunity or the account, whichever goes first."""
    deal = texts(roles, "opportunity_id")
    rows = pd.DataFrame(
        {
            "person_id": roles["contact_id"].astype("str"),
            "opportunity_id": deal.fillna(""),
            "influence": grades(roles, "influence", 1, 5),
            "support": grades(roles, "support", -2, 2),
            "buyer_types": tags(roles, "buyer_types"),
            "phases": tags(roles, "phases"),
            "as_of": dates(roles, "as_of"),
            "role_scope": np.where(deal.isna(), "account", "opportunity"),
        }
    ).astype({"role_scope": "str"})
    if opportunity is not None:
        rows = rows[rows["opportunity_id"].isin(["", opportunity])]
        rows["first"] = (rows["opportunity_id"] == opportunity).astype(int)
    else:
        rows["first"] = (rows["opportunity_id"] == "").astype(int)
    rows = last_known(rows, ["person_id", "opportunity_id"], day)
    rows = rows.sort_values(["person_id", "first", "as_of", "opportunity_id"], na_position="first")
    rows = rows.drop_duplicates("person_id", keep="last")
    return rows.rename(columns={"as_of": "role_as_of"}).drop(columns=["opportunity_id", "first"])


def _ties(ties: pd.DataFrame, day: pd.Timestamp) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The last row of each pair and bond, and what is odd about the rows."""
    rows = pd.DataFrame(
        {
            **{c: ties[c].astype("str") for c in ("account_id", "from_id", "to_id", "from_side")},
            "bond": texts(ties, "bond"),
            "strength": grades(ties, "strength", 0, 4),
            "last_contact": dates(ties, "last_contact"),
            "as_of": dates(ties, "as_of"),
        }
    )
    keys = ["account_id", "from_id", "to_id", "from_side", "bond"]
    rows = rows[rows["as_of"].isna() | (rows["as_of"] <= day)]
    double = rows[rows.duplicated([*keys, "as_of"])]
    bad = rows[rows["strength"].isna()]
    rows = last_known(rows[rows["strength"].notna()], keys, day)
    later = rows["last_contact"] > day
    odd = {
        "double_tie": double, "bad_strength": bad, "later_contact": rows[later],
        "tie_undated": rows[rows["as_of"].isna()],
    }  # fmt: skip
    rows["last_contact"] = rows["last_contact"].mask(later)
    notes = [part.assign(code=code, person_id=part["to_id"]) for code, part in odd.items()]
    return rows, pd.concat(notes, ignore_index=True)


def _others(links: pd.DataFrame, members: pd.DataFrame | None) -> pd.DataFrame:
    """Our people and competitors that have ties, once for each account."""
    rows = links.loc[links["from_side"] != "customer", ["account_id", "from_id", "from_side"]]
    rows = rows.drop_duplicates().rename(columns={"from_id": "person_id", "from_side": "side"})
    by_role = staff(members).assign(listed=True)
    rows = rows.merge(by_role, on=["person_id", "side"], how="left")
    rival = rows["side"] == "competitor"
    rows["name"] = rows["name"].where(~rival, rows["person_id"])
    rows["listed"] = rows["listed"].eq(True) | rival | (members is None)
    empty = {"influence": np.nan, "support": np.nan}
    return rows.assign(**empty).astype({"listed": bool})


def _ends(
    links: pd.DataFrame, everybody: pd.DataFrame, day: pd.Timestamp
) -> tuple[pd.DataFrame, pd.DataFrame, list[pd.DataFrame]]:
    """Links between people who are there, links of people who left, and wrong ends."""
    state = pd.Series(
        np.where(everybody["left_on"].le(day), "gone", "here"),
        index=pd.MultiIndex.from_frame(everybody[["account_id", "side", "person_id"]]),
    )

    def find(side: pd.Series, person: pd.Series) -> pd.Series:
        asked = pd.MultiIndex.from_arrays([links["account_id"], side, person])
        at = state.index.get_indexer(asked)
        values = np.append(state.to_numpy(object), "unknown")
        return pd.Series(values[at], index=links.index)

    customer = pd.Series("customer", index=links.index, dtype="str")
    start, end = find(links["from_side"], links["from_id"]), find(customer, links["to_id"])
    same = (links["from_side"] == "customer") & (links["from_id"] == links["to_id"])
    strange = (start == "unknown") | (end == "unknown")
    left = ~strange & ((start == "gone") | (end == "gone")) & ~same
    lost = links[left].assign(start=start[left], end=end[left])
    unlisted = everybody[everybody["listed"].eq(False)] if "listed" in everybody else everybody[:0]
    leaver = np.where(lost["end"] == "gone", lost["to_id"], lost["from_id"])
    stranger = np.where(end == "unknown", links["to_id"], links["from_id"])
    wrong = [
        links[same].assign(code="self_tie", person_id=links["to_id"]),
        links.assign(code="unknown_person", person_id=stranger)[strange & ~same],
        unlisted.assign(code="unknown_person"),
        lost[lost["strength"] > 0].assign(
            code="tie_to_gone", person_id=leaver[lost["strength"].to_numpy() > 0]
        ),
    ]
    return links[~same & ~strange & ~left], lost, wrong


def _gone(people: pd.DataFrame, lost: pd.DataFrame) -> pd.DataFrame:
    """People who left, with the ties that were recorded to them."""
    known = lost[lost["strength"] > 0]
    ends = pd.concat(
        [
            known[known["end"] == "gone"].assign(
                side="customer", person_id=known["to_id"], other=known["from_id"]
            ),
            known[known["start"] == "gone"].assign(
                side=known["from_side"], person_id=known["from_id"], other=known["to_id"]
            ),
        ]
    )
    keys = ["account_id", "side", "person_id"]
    found = ends.groupby(keys).agg(
        ties=("other", "nunique"),
        strongest=("strength", "max"),
        known_by=("other", lambda ids: ";".join(sorted(set(ids)))),
        last_contact=("last_contact", "max"),
    )
    out = people.merge(found.reset_index(), on=keys, how="left")
    out["ties"] = out["ties"].fillna(0).astype("int64")
    return _ordered(out, GONE)


def _ordered(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Customers first, then ours, then competitors, by id; the promised columns and types."""
    rank = rows["side"].map({s: i for i, s in enumerate(SIDES)})
    rows = rows.assign(_rank=rank).sort_values(["account_id", "_rank", "person_id"])
    return _typed(rows.reindex(columns=columns).reset_index(drop=True))


def _tied(links: pd.DataFrame) -> pd.DataFrame:
    """Links in one order: by account, side, contact and person."""
    rank = links["from_side"].map({s: i for i, s in enumerate(("us", "customer", "competitor"))})
    order = ["account_id", "_rank", "to_id", "from_id", "bond"]
    rows = links.assign(_rank=rank).sort_values(order)
    return _typed(rows.reindex(columns=LINKS).reset_index(drop=True))


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    kinds = {
        c: "datetime64[us]" if c in _DATES else float if c in _NUMBERS else "str"
        for c in rows.columns
        if c != "ties"
    }
    return rows.astype(kinds)
