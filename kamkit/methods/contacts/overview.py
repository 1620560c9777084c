"""All accounts side by side: heads against influence, what hangs on one person, what moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.contacts.book import ContactBook
from kamkit.methods.contacts.coverage import coverage_of_all
from kamkit.methods.contacts.cuts import cut_people_of_all
from kamkit.methods.contacts.known import Day
from kamkit.schemes.contacts import contact_scheme

_HEADS = [
    *("account_id", "contacts", "contacts_covered", "covered_share", "influence_share"),
    *("economic_buyer", "unknown_influence", "our_people"),
]


@dataclass(frozen=True)
class HeadCounts:
    """``accounts``: one row an account; ``least``: the tie from which a contact counts."""

    accounts: pd.DataFrame
    least: float


def head_counts(book: ContactBook, *, least: float | None = None) -> HeadCounts:
    """Heads known beside influence reached, for every account of a book.

    ``least``: the tie (1–4) from which a contact counts as covered; the scheme's limit (2)
    without it.

    Returns :class:`HeadCounts` with accounts, most contacts first: account_id, contacts (still
    there), contacts_covered, covered_share (of heads), influence_share (of the influence graded),
    economic_buyer (covered, uncovered, nobody_known: the most influential one, all of them where
    tied), unknown_influence (contacts), our_people (with such a tie).
    Source: S092; house.

    >>> from kamkit.methods.contacts import contact_book
    >>> contacts = pd.DataFrame({"contact_id": ["C1", "C2"], "account_id": "A1"})
    >>> roles = pd.DataFrame({"contact_id": ["C1", "C2"], "influence": [1, 4]})
    >>> ties = pd.DataFrame({"account_id": ["A1"], "from_id": ["M1"], "to_id": ["C1"],
    ...     "from_side": ["us"], "strength": [3]})
    >>> book = contact_book(contacts, roles, ties, as_of="2026-06-30")
    >>> head_counts(book).accounts[["covered_share", "influence_share"]].values.tolist()
    [[0.5, 0.2]]
    """
    limit = contact_scheme().limit("covered_strength") if least is None else least
    people = book.people[book.people["side"] == "customer"]
    ours = book.links[(book.links["from_side"] == "us") & (book.links["strength"] >= limit)]
    reached = pd.MultiIndex.from_frame(ours[["account_id", "to_id"]])
    hit = pd.MultiIndex.from_frame(people[["account_id", "person_id"]]).isin(reached)
    weight = people["influence"].fillna(0)
    tags = people["buyer_types"].fillna("").str.split(";")
    economic = tags.map(lambda found: "economic" in found).to_numpy(bool)
    graded = pd.DataFrame(
        {
            "account_id": people["account_id"],
            "hit": hit,
            "weight": weight,
            "reached": weight.where(hit, 0),
            "unknown": people["influence"].isna(),
        }
    )
    by = graded.groupby("account_id")
    out = by.agg(contacts=("hit", "size"), contacts_covered=("hit", "sum"),
                 unknown_influence=("unknown", "sum"))  # fmt: skip
    out["covered_share"] = out["contacts_covered"] / out["contacts"]
    total = by["weight"].sum()
    out["influence_share"] = (by["reached"].sum() / total).where(total > 0)
    buyers = graded[economic]
    top = buyers[buyers["weight"] == buyers.groupby("account_id")["weight"].transform("max")]
    met = top.groupby("account_id")["hit"].all().reindex(out.index)
    out["economic_buyer"] = [
        "nobody_known" if pd.isna(m) else "covered" if m else "uncovered" for m in met
    ]
    count = ours.groupby("account_id")["from_id"].nunique()
    out["our_people"] = count.reindex(out.index).fillna(0).astype("int64")
    out = out.reset_index().sort_values(["contacts", "account_id"], ascending=[False, True])
    return HeadCounts(out.reset_index(drop=True)[_HEADS], float(limit))


def focus_account(heads: HeadCounts, wanted: str = "") -> str:
    """The account to look at: the one wanted, else one where many are known and one is missing.

    That is the account with most contacts among those whose economic buyer we don't reach;
    without such an account the one with most contacts; "" where there is none.

    >>> table = pd.DataFrame({"account_id": ["A", "B"], "economic_buyer": ["covered", "uncovered"]})
    >>> focus_account(HeadCounts(table, 2.0))
    'B'
    """
    table = heads.accounts
    if wanted and (table["account_id"] == wanted).any():
        return wanted
    open_ones = table[table["economic_buyer"] == "uncovered"]
    first = open_ones if len(open_ones) else table
    return str(first["account_id"].iloc[0]) if len(first) else ""


def thread_risks(
    tables: Mapping[str, pd.DataFrame], as_of: Day, values: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Accounts whose relation hangs on one person, with the money behind it.

    ``tables``: contacts; contact_roles, ties, members where there are. ``values``: account_id and
    revenue where known.

    Returns one row an account that is single-threaded, or where one of ours carries half of the
    weighted coverage or more, most revenue first: account_id, revenue (NaN: not known), contacts,
    our_people_linked, contacts_linked (tie of 2 or more), single_threaded (0/1),
    largest_own_loss, largest_single_loss (shares of the coverage), cut_person (id; who leaves
    most people without a way to us; missing: nobody), cuts_off (people).
    Raises KamkitError table_absent, missing_column, bad_date. Source: S092, X15; half: house.

    >>> tables = {"contacts": pd.DataFrame({"contact_id": ["C1"], "account_id": ["A1"]})}
    >>> thread_risks(tables, "2026-06-30")["single_threaded"].tolist()
    [1.0]
    """
    found = coverage_of_all(tables, as_of, draws=1)
    wide = found.pivot(index="account_id", columns="measure", values="value")
    counted = found[found["measure"] == "count_coverage_ge2"].set_index("account_id")["n"]
    cuts = cut_people_of_all(tables, as_of).drop_duplicates("account_id").set_index("account_id")
    kept = ["our_people_linked", "contacts_linked", "single_threaded"]
    kept += ["largest_own_loss", "largest_single_loss"]
    out = wide.reindex(columns=kept).assign(
        contacts=counted,
        cut_person=cuts["person_id"].reindex(wide.index),
        cuts_off=cuts["cuts_off"].reindex(wide.index).fillna(0).astype("int64"),
    )
    out = out[(out["single_threaded"] == 1) | (out["largest_own_loss"] >= 0.5)].reset_index()
    known = values.set_index("account_id")["revenue"] if values is not None else pd.Series()
    out["revenue"] = out["account_id"].map(known).astype(float)
    columns = ["account_id", "revenue", "contacts", *kept, "cut_person", "cuts_off"]
    order = ["revenue", "account_id"]
    return out.sort_values(order, ascending=[False, True], ignore_index=True)[columns]


def coverage_moves(before: pd.DataFrame, after: pd.DataFrame, *, least: int = 4) -> pd.DataFrame:
    """How the weighted coverage of each account moved between two days.

    Needs tables of :func:`coverage_of_all` of both days. ``least``: contacts that an account must
    have on the later day; with one or two of them everything moves by leaps.

    Returns one row an account on both days, the largest move first: account_id, weighted_before,
    weighted_after, weighted_change (weighted coverage, 0–1), separated (bool: the intervals don't
    overlap, a careful test), our_people_before, our_people_after (with a tie of 2 or more),
    linked_before, linked_after (contacts).

    >>> from kamkit.methods.contacts import coverage_of_all
    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": ["A1"]})
    >>> roles = pd.DataFrame({"contact_id": ["C1"], "influence": [4]})
    >>> tables = {"contacts": contacts, "contact_roles": roles}
    >>> found = coverage_of_all(tables, "2026-06-30")
    >>> coverage_moves(found, found, least=1)[["weighted_change", "separated"]].values.tolist()
    [[0.0, False]]
    """
    sides = []
    for table in (before, after):
        wide = table.pivot(index="account_id", columns="measure", values="value")
        weighted = table[table["measure"] == "weighted_coverage"].set_index("account_id")
        columns = ["weighted_coverage", "our_people_linked", "contacts_linked"]
        sides.append(wide.reindex(columns=columns).join(weighted[["low", "high"]]))
    both = sides[0].add_suffix("_a").join(sides[1].add_suffix("_b"), how="inner")
    heads = after[after["measure"] == "count_coverage_ge2"].set_index("account_id")["n"]
    both = both[heads.reindex(both.index) >= least]
    both = both[both["weighted_coverage_a"].notna() & both["weighted_coverage_b"].notna()]
    apart = (both["low_a"] > both["high_b"]) | (both["low_b"] > both["high_a"])
    out = pd.DataFrame(
        {
            "weighted_before": both["weighted_coverage_a"],
            "weighted_after": both["weighted_coverage_b"],
            "weighted_change": both["weighted_coverage_b"] - both["weighted_coverage_a"],
            "separated": apart.to_numpy(bool),
            "our_people_before": both["our_people_linked_a"],
            "our_people_after": both["our_people_linked_b"],
            "linked_before": both["contacts_linked_a"],
            "linked_after": both["contacts_linked_b"],
        }
    ).reset_index()
    size = np.abs(out["weighted_change"].to_numpy(float))
    return out.iloc[np.argsort(-size, kind="stable")].reset_index(drop=True)
