"""Scores of ties by their kind, and tie strength that hangs on one of our people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.relationship.stage_ties import Flags, Floats, Ints, whole_of

BONDS = ("personal", "value")
STRONGEST = 4


@dataclass(frozen=True)
class Tied:
    """Our ties sorted by account, kind and contact, and the contacts with their weights.

    ``kind`` is "" where none is recorded; such ties count for neither score. ``weight`` is a
    contact's influence, 1 where nobody in the account has one (``weighted`` False), 0 where only
    this contact has none. ``counted`` contacts have a weight.
    """

    accounts: tuple[str, ...]
    account: Ints
    person: np.ndarray
    contact: Ints
    kind: np.ndarray
    strength: Floats
    contacts: pd.DataFrame
    contact_account: Ints
    weight: Floats
    weighted: Flags
    counted: Ints


def tied(people: pd.DataFrame, links: pd.DataFrame, accounts: Sequence[str]) -> Tied:
    """Ties of ours with contacts of these accounts, as of a ``contact_book``.

    >>> people = pd.DataFrame({"account_id": ["A"], "person_id": ["C1"], "side": ["customer"],
    ...     "influence": [5.0]})
    >>> links = pd.DataFrame({"account_id": ["A"], "from_id": ["M1"], "to_id": ["C1"],
    ...     "from_side": ["us"], "bond": ["value"], "strength": [3.0]})
    >>> tied(people, links, ["A"]).weight.tolist()
    [5.0]
    """
    names = tuple(accounts)
    theirs = people[(people["side"] == "customer") & people["account_id"].isin(names)]
    place = pd.Index(names).get_indexer(pd.Index(theirs["account_id"]))
    theirs = theirs.assign(_a=place).sort_values(["_a", "person_id"]).reset_index(drop=True)
    mine = links[(links["from_side"] == "us") & links["account_id"].isin(names)]
    index = pd.MultiIndex.from_frame(theirs[["account_id", "person_id"]])
    at = index.get_indexer(pd.MultiIndex.from_arrays([mine["account_id"], mine["to_id"]]))
    kind = mine["bond"].fillna("").astype("str")
    mine = mine.assign(_c=at, bond=kind)[at >= 0]
    mine = mine.assign(_a=theirs["_a"].to_numpy()[mine["_c"]])
    mine = mine.sort_values(["_a", "bond", "_c", "from_id"])
    owner = theirs["_a"].to_numpy(np.int64)
    influence = theirs["influence"].to_numpy(float)
    given = whole_of(owner, ~np.isnan(influence)[:, None], len(names))[:, 0] > 0
    weight = np.where(given[owner], np.nan_to_num(influence), 1.0)
    return Tied(
        accounts=names,
        account=mine["_a"].to_numpy(np.int64),
        person=mine["from_id"].to_numpy(object),
        contact=mine["_c"].to_numpy(np.int64),
        kind=mine["bond"].to_numpy(object),
        strength=mine["strength"].to_numpy(float),
        contacts=theirs.drop(columns="_a"),
        contact_account=owner,
        weight=weight,
        weighted=given,
        counted=np.bincount(owner[weight > 0], minlength=len(names)),
    )


def bond_scores(held: Tied, strength: Floats) -> dict[str, Floats]:
    """Score of each kind (0–100) as accounts × variants; NaN where no contact is known."""
    found = {}
    full = whole_of(held.contact_account, held.weight[:, None], len(held.accounts)) * STRONGEST
    for kind in BONDS:
        best = _best(held, strength, held.kind == kind)
        gained = whole_of(held.contact_account, best * held.weight[:, None], len(held.accounts))
        with np.errstate(divide="ignore", invalid="ignore"):
            found[kind] = 100 * gained / full
    return found


def _best(held: Tied, strength: Floats, rows: Flags) -> Floats:
    """The strongest of the chosen ties of every contact, as contacts × variants."""
    best = np.zeros((len(held.weight), strength.shape[1]))
    at = np.flatnonzero(rows)
    if len(at):
        at = at[np.argsort(held.contact[at], kind="stable")]
        contact = held.contact[at]
        start = np.flatnonzero(np.r_[True, np.diff(contact) > 0])
        best[contact[start]] = np.maximum.reduceat(strength[at], start, axis=0)
    return best


def leaving(held: Tied) -> pd.DataFrame:
    """What each of our people would take along, in shares of the account's tie strength.

    Tie strength is each contact's strongest tie of any kind, weighted by influence. Returns
    columns account_id, person_id, contacts, personal_only, share, personal_share (0–1; only the
    person's personal ties go), no_tie_left; by account, largest share first.
    """
    columns = {
        "account_id": held.contacts["account_id"].to_numpy(object)[held.contact],
        "person_id": held.person, "contact": held.contact, "strength": held.strength,
        "personal": held.kind == "personal", "weight": held.weight[held.contact],
    }  # fmt: skip
    rows = pd.DataFrame(columns).astype({"account_id": "str", "person_id": "str"})
    rows = rows[rows["strength"] > 0].reset_index(drop=True)
    keys = ["account_id", "person_id", "contact"]
    apart = rows.assign(
        warm=rows["strength"].where(rows["personal"], 0),
        kept=rows["strength"].where(~rows["personal"], 0),
    )
    pairs = apart.groupby(keys, as_index=False).agg(
        strength=("strength", "max"), warm=("warm", "max"), kept=("kept", "max"),
        weight=("weight", "first"),
    )  # fmt: skip
    top = pairs.groupby("contact")["strength"].transform("max")
    pairs["others"] = _second(pairs)
    pairs["lost"] = pairs["weight"] * (top - pairs["others"])
    pairs["lost_personal"] = pairs["weight"] * (top - pairs[["others", "kept"]].max(axis=1))
    pairs["only"] = (pairs["warm"] > 0) & (pairs["kept"] == 0)
    pairs["alone"] = pairs["others"] == 0
    best = pairs.groupby("contact").agg(best=("strength", "max"), weight=("weight", "first"))
    strength = best["best"] * best["weight"]
    owner = held.contacts["account_id"].to_numpy(object)[best.index.to_numpy(int)]
    whole = strength.groupby(owner).sum()
    out = pairs.groupby(["account_id", "person_id"], as_index=False).agg(
        contacts=("contact", "size"), personal_only=("only", "sum"), lost=("lost", "sum"),
        lost_personal=("lost_personal", "sum"), no_tie_left=("alone", "sum"),
    )  # fmt: skip
    total = out["account_id"].map(whole).astype(float)
    out["share"] = (out["lost"] / total).where(total > 0)
    out["personal_share"] = (out["lost_personal"] / total).where(total > 0)
    order = ["account_id", "share", "contacts", "person_id"]
    out = out.sort_values(order, ascending=[True, False, False, True])
    return out.drop(columns=["lost", "lost_personal"]).reset_index(drop=True)


def _second(pairs: pd.DataFrame) -> pd.Series:
    """The strongest tie that anybody else has with the same contact; 0 where nobody has."""
    ranked = pairs.sort_values(["contact", "strength"], ascending=[True, False])
    first = ~ranked["contact"].duplicated()
    second = ranked.groupby("contact")["strength"].nth(1)
    by_contact = pd.Series(second.to_numpy(), index=ranked.loc[second.index, "contact"])
    runner_up = ranked["contact"].map(by_contact).fillna(0)
    best = ranked.groupby("contact")["strength"].transform("max")
    return runner_up.where(first, best).reindex(pairs.index)
