"""Personal and value-based ties, scored apart, and what would leave with one of our people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.contacts.book import contact_book
from kamkit.methods.contacts.known import Day, as_day
from kamkit.methods.contacts.network import ContactNetwork
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.relationship.bonds_scores import BONDS, Tied, bond_scores, leaving, tied
from kamkit.methods.relationship.stage_ties import Floats, judged_again
from kamkit.schemes.relationship import RelationshipScheme, relationship_scheme

ORIGIN = "X17; S103; field:Palmatier et al. 2006; house"
ACCOUNTS = [
    *("account_id", "personal", "personal_low", "personal_high"),
    *("value", "value_low", "value_high", "bond_gap", "bond_gap_low", "bond_gap_high"),
    *("quadrant", "flagged", "flag_share", "n", "ties", "unknown_bond", "top_person"),
    *("top_person_share", "variant", "origin"),
]
PEOPLE = ["person_id", "influence", "personal", "value", "kind"]
OURS = [
    *("account_id", "person_id", "contacts", "personal_only", "share", "personal_share"),
    *("no_tie_left",),
]


@dataclass(frozen=True)
class Bonds:
    """Ties of one account by their kind.

    Attributes
    ----------
    measures
        Measure table: personal_score, value_score (0–100), bond_gap (value less personal,
        points), personal_only_share (share of the contacts tied), leaves_with_one (largest share of
        tie strength that would go with one of our people, 0–1), each with its interval.
    people
        One row a contact: person_id, influence, personal, value (strongest tie, 0–4), kind
        (both, personal_only, value_only, unknown_bond, none).
    ours
        One row a person of ours, who would take most first: account_id, person_id, contacts
        (tied), personal_only (contacts with personal ties only), share (of the tie strength that
        would be lost, 0–1), personal_share (lost through personal ties alone, where value-based
        ones are handed over), no_tie_left (contacts whom nobody else of us knows).
    quadrant
        personal_without_value (X17), both_high, value_led, both_low, between, unknown.
    flagged
        High personal and low value-based score (X17).
    """

    account_id: str
    as_of: pd.Timestamp
    measures: pd.DataFrame
    people: pd.DataFrame
    ours: pd.DataFrame
    quadrant: str
    flagged: bool
    variant: str
    origin: str


def bonds(
    network: ContactNetwork,
    *,
    scheme: RelationshipScheme | None = None,
    draws: int = 500,
    seed: int = 0,
) -> Bonds:
    """Personal and value-based ties of one account, never added up.

    A contact's tie of one kind is the strongest that any of us has; the score is its mean over
    the contacts, weighted by influence, in percent of the strongest possible. Contacts without
    a recorded influence are left out; where nobody has one, all count alike. Intervals: 95% of
    judgements one grade off.

    Returns Bonds. Source: X17 (relationships are the danger, or the core: 001 against 002);
    bonds to a person go with the person (Palmatier et al. 2006); score and limits house.

    >>> from kamkit.methods.contacts.network import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1", "C2"], "account_id": "A1"})
    >>> ties = pd.DataFrame({"account_id": "A1", "from_id": "M1", "to_id": ["C1", "C2"],
    ...     "from_side": "us", "strength": [4, 2], "bond": "personal"})
    >>> found = bonds(contact_network(contacts, ties=ties, account_id="A1", as_of="2026-06-30"))
    >>> found.measures["value"].tolist()[:2], found.quadrant, found.ours["share"].tolist()
    ([75.0, 0.0], 'personal_without_value', [1.0])
    """
    scheme, name = scheme or relationship_scheme(), network.account_id
    people = network.people.assign(account_id=name)
    held = tied(people, network.links.assign(account_id=name), [name])
    ours = leaving(held)
    row = _accounts(held, ours, scheme, draws, seed).iloc[0]
    contacts = _contacts(held)
    return Bonds(
        account_id=name,
        as_of=network.as_of,
        measures=_measures(row, contacts, ours),
        people=contacts,
        ours=ours[OURS],
        quadrant=str(row["quadrant"]),
        flagged=bool(row["flagged"]),
        variant=str(row["variant"]),
        origin=ORIGIN,
    )


def bonds_of(
    tables: Mapping[str, pd.DataFrame],
    *,
    as_of: Day,
    accounts: Sequence[str] | None = None,
    scheme: RelationshipScheme | None = None,
    draws: int = 500,
    seed: int = 0,
) -> pd.DataFrame:
    """Personal and value-based scores of all accounts at once, as known on one day.

    ``tables``: contacts; contact_roles, ties, members, accounts where there are any.

    Returns one row an account: account_id, personal, value (0–100) with _low and _high,
    bond_gap (value less personal) with _low and _high, quadrant, flagged (X17), flag_share
    (share of judgements one grade off that flag it, 0–1), n (contacts counted), ties,
    unknown_bond (ties without a kind), top_person, top_person_share (who of us takes most of the
    tie strength, 0–1), variant, origin. Raises KamkitError missing_column, bad_date.
    Source: as ``bonds``.

    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": ["A1"]})
    >>> bonds_of({"contacts": contacts}, as_of="2026-06-30")["quadrant"].tolist()
    ['unknown']
    """
    scheme, contacts = scheme or relationship_scheme(), tables["contacts"]
    need_columns(contacts, "contacts", ["contact_id", "account_id"])
    book = contact_book(
        contacts, tables.get("contact_roles"), tables.get("ties"), tables.get("members"),
        as_of=as_day(as_of),
    )  # fmt: skip
    listed = tables.get("accounts", contacts)
    names = list(accounts) if accounts is not None else sorted(set(listed["account_id"]))
    held = tied(book.people, book.links, names)
    return _accounts(held, leaving(held), scheme, draws, seed)


def _accounts(
    held: Tied, ours: pd.DataFrame, scheme: RelationshipScheme, draws: int, seed: int
) -> pd.DataFrame:
    names = held.accounts
    point = bond_scores(held, held.strength[:, None])
    again = judged_again(held.strength, held.account, names, max(draws, 1), seed)
    drawn = bond_scores(held, again)
    columns: dict[str, object] = {"account_id": pd.Series(names, dtype="str")}
    for kind in BONDS:
        low, high = _middle(drawn[kind], draws)
        columns |= {kind: point[kind][:, 0], f"{kind}_low": low, f"{kind}_high": high}
    gap_low, gap_high = _middle(drawn["value"] - drawn["personal"], draws)
    limits = (scheme.limits["high_bond"], scheme.limits["low_bond"])
    flags = _flag(drawn, *limits).mean(axis=1) if draws else np.full(len(names), np.nan)
    personal, value = point["personal"][:, 0], point["value"][:, 0]
    first = ours.drop_duplicates("account_id").set_index("account_id").reindex(list(names))
    counted = np.bincount(held.account, minlength=len(names))
    bare = np.bincount(held.account[held.kind == ""], minlength=len(names))
    known = (counted > 0) & ~np.isnan(personal)
    columns |= {
        "bond_gap": value - personal, "bond_gap_low": gap_low, "bond_gap_high": gap_high,
        "quadrant": np.where(known, quadrant(personal, value, *limits), "unknown"),
        "flagged": known & _flag(point, *limits)[:, 0],
        "flag_share": np.where(known, flags, np.nan),
        "n": held.counted, "ties": counted, "unknown_bond": bare,
        "top_person": first["person_id"].fillna("").to_numpy(object),
        "top_person_share": first["share"].to_numpy(float),
        "variant": np.where(held.weighted, "by_influence", "weights_equal"), "origin": ORIGIN,
    }  # fmt: skip
    words = {c: "str" for c in ("quadrant", "top_person", "variant", "origin")}
    return pd.DataFrame(columns, columns=ACCOUNTS).astype(words)


def quadrant(personal: Floats, value: Floats, high: float, low: float) -> np.ndarray:
    """Where an account stands between personal and value-based ties.

    >>> quadrant(np.array([60.0, 60.0]), np.array([10.0, 55.0]), 50, 25).tolist()
    ['personal_without_value', 'both_high']
    """
    return np.select(
        [
            (personal >= high) & (value < low),
            (personal >= high) & (value >= high),
            (value >= high) & (personal < high),
            (personal < low) & (value < low),
        ],
        ["personal_without_value", "both_high", "value_led", "both_low"],
        default="between",
    )


def _flag(scores: Mapping[str, Floats], high: float, low: float) -> np.ndarray:
    return (scores["personal"] >= high) & (scores["value"] < low)


def _middle(draws: Floats, wanted: int) -> tuple[Floats, Floats]:
    """2.5% and 97.5% of each account's draws; NaN without draws or scores."""
    found = np.full((2, len(draws)), np.nan)
    known = ~np.isnan(draws[:, 0])
    if wanted and known.any():
        found[:, known] = np.quantile(draws[known], [0.025, 0.975], axis=1)
    return found[0], found[1]


def _contacts(held: Tied) -> pd.DataFrame:
    """Strongest tie of each kind with every contact."""
    best = {kind: np.zeros(len(held.contacts)) for kind in (*BONDS, "")}
    for kind, grades in best.items():
        mine = held.kind == kind
        np.maximum.at(grades, held.contact[mine], held.strength[mine])
    some = {kind: grades > 0 for kind, grades in best.items()}
    both, bare = some["personal"] & some["value"], some[""]
    kinds = np.select(
        [both, some["personal"], some["value"], bare],
        ["both", "personal_only", "value_only", "unknown_bond"],
        default="none",
    )
    table = held.contacts[["person_id", "influence"]].reset_index(drop=True)
    table = table.assign(personal=best["personal"], value=best["value"])
    return table.assign(kind=pd.Series(kinds, dtype="str"))[PEOPLE]


def _measures(row: pd.Series, contacts: pd.DataFrame, ours: pd.DataFrame) -> pd.DataFrame:
    n, ties = int(row["n"]), int(row["ties"])
    how = str(row["variant"]) if row["quadrant"] != "unknown" else "too_little_data"
    known = contacts[contacts["kind"].isin(["both", "personal_only", "value_only"])]
    only = (known["kind"] == "personal_only").mean() if len(known) else np.nan
    draw = f"{how}; grades_one_off" if how != "too_little_data" else how
    rows = [
        measure_row(f"{kind}_score", row[kind], n, low=row[f"{kind}_low"],
                    high=row[f"{kind}_high"], variant=draw, origin=ORIGIN)
        for kind in BONDS
    ]  # fmt: skip
    rows += [
        measure_row(
            "bond_gap", row["bond_gap"], n, low=row["bond_gap_low"], high=row["bond_gap_high"],
            variant=draw, origin=ORIGIN,
        ),
        measure_row("personal_only_share", only, len(known), variant="count", origin=ORIGIN),
        measure_row("leaves_with_one", row["top_person_share"], ties, variant=how, origin=ORIGIN),
        measure_row("bond_flag_share", row["flag_share"], n, variant=draw, origin=ORIGIN),
    ]  # fmt: skip
    return measure_table(rows)
