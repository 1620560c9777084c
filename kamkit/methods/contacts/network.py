"""The people of one account on one day: who they are, and who knows whom how well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError
from kamkit.methods.contacts.book import ContactBook, contact_book
from kamkit.methods.contacts.known import Day
from kamkit.schemes.files import unknown


@dataclass(frozen=True)
class ContactNetwork:
    """People and ties of one account as they were known on one day.

    Attributes
    ----------
    account_id, as_of
        Whose, and when.
    people
        One row a person who is still there, customers first: person_id, side (us, customer,
        competitor), name, title, function, level (1–5, 5 top), influence (1–5), support
        (-2 to 2), buyer_types and phases (tags, ";"), role_as_of, role_scope (account,
        opportunity: what the role was recorded for). Missing stays missing. Of our people and
        the competitors only those with a recorded tie.
    links
        One row a recorded tie between such people: from_id, to_id (a contact), from_side,
        bond (personal, value), strength (0 none – 4 very strong), last_contact, as_of.
    gone
        One row a person who left on or before the day: person_id, side, name, title, function,
        level, influence, support, left_on, ties (recorded, strength ≥ 1), strongest (0–4),
        known_by (ids, ";"), last_contact.
    quality
        code, n, people (ids, ";"): influence_missing, support_missing, level_missing,
        buyer_type_missing, role_stale, role_undated, role_of_account, role_of_opportunity,
        tie_to_gone, self_tie, unknown_person, double_tie, tie_undated, bad_strength,
        later_contact, no_people.
    """

    account_id: str
    as_of: pd.Timestamp
    people: pd.DataFrame
    links: pd.DataFrame
    gone: pd.DataFrame
    quality: pd.DataFrame

    def side(self, side: str) -> pd.DataFrame:
        """The people of one side: us, customer or competitor."""
        return self.people[self.people["side"] == side].reset_index(drop=True)

    def stranger(self, person_id: str) -> KamkitError:
        """The error ``unknown_person`` of somebody who is not in it; it names those who are."""
        known = self.people.loc[self.people["side"] != "competitor", "person_id"]
        return unknown("unknown_person", "contacts", person_id, tuple(known))

    def strengths(self, side: str = "us") -> pd.DataFrame:
        """Strongest tie (0–4) of each contact (rows) with each person of a side (columns).

        0 where no tie is recorded, and on the diagonal of ``customer``, whose ties count both
        ways.
        """
        rows = self.side("customer")["person_id"].tolist()
        columns = rows if side == "customer" else self.side(side)["person_id"].tolist()
        grid = np.zeros((len(rows), len(columns)))
        links = self.links[self.links["from_side"] == side]
        at = pd.Index(rows).get_indexer(links["to_id"])
        to = pd.Index(columns).get_indexer(links["from_id"])
        strength = links["strength"].to_numpy(float)
        np.maximum.at(grid, (at, to), strength)
        if side == "customer":
            np.maximum.at(grid, (to, at), strength)
        return pd.DataFrame(grid, pd.Index(rows, dtype="str"), pd.Index(columns, dtype="str"))


def contact_network(
    contacts: pd.DataFrame,
    contact_roles: pd.DataFrame | None = None,
    ties: pd.DataFrame | None = None,
    members: pd.DataFrame | None = None,
    *,
    account_id: str,
    as_of: Day,
    opportunity_id: str | None = None,
) -> ContactNetwork:
    """The people of one account and their ties as known at the end of one day.

    ``contacts``: contact_id, account_id; name, title, function, level, left_on where known.
    ``contact_roles``: contact_id, opportunity_id, buyer_types, phases, influence, support,
    as_of. ``ties``: account_id, from_id, to_id, from_side, strength; bond, last_contact, as_of.
    ``members``: member_id; name, role, left_on (function, level where recorded, else by role).

    Of a pair or a contact that was recorded on several dates, the last row on or before the day
    counts; a row without a date counts as known at all times. Roles recorded for
    ``opportunity_id`` go before those of the account; without an opportunity, the account's own
    go before those of its opportunities. Whoever left on or before the day is in ``gone``.
    Grades outside their scale count as missing; nothing missing becomes 0 or neutral.

    Returns ContactNetwork. Raises KamkitError missing_column, bad_date.
    Source: S091, S092 (fields); dating rule, 180 days for a stale role: house.

    >>> contacts = pd.DataFrame({"contact_id": ["C1", "C2"], "account_id": "A1"})
    >>> ties = pd.DataFrame({"account_id": ["A1"], "from_id": ["M1"], "to_id": ["C1"],
    ...     "from_side": ["us"], "strength": [3]})
    >>> network = contact_network(contacts, ties=ties, account_id="A1", as_of="2026-06-30")
    >>> network.people["person_id"].tolist(), network.strengths().loc["C1", "M1"].item()
    (['C1', 'C2', 'M1'], 3.0)
    """
    book = contact_book(
        contacts, contact_roles, ties, members,
        as_of=as_of, opportunity_id=opportunity_id, account_id=account_id,
    )  # fmt: skip
    return network_of(book, account_id)


def network_of(book: ContactBook, account_id: str) -> ContactNetwork:
    """One account of a book of all accounts; an account nobody knows gives an empty network.

    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1"})
    >>> network_of(contact_book(contacts, as_of="2026-06-30"), "A1").people["person_id"].tolist()
    ['C1']
    """
    mine = []
    for table in (book.people, book.links, book.gone, book.issues):
        rows = table[table["account_id"] == account_id]
        mine.append(rows.drop(columns="account_id").reset_index(drop=True))
    people, links, gone, issues = mine
    if not (people["side"] == "customer").any():
        issues.loc[len(issues)] = ["no_people", ""]
    quality = (
        issues.groupby("code", sort=True)["person_id"]
        .agg(n="size", people=lambda ids: ";".join(sorted({i for i in ids if i})))
        .reset_index()
        .astype({"code": "str", "n": "int64", "people": "str"})
    )
    return ContactNetwork(account_id, book.as_of, people, links, gone, quality)
