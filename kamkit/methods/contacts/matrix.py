"""The contact matrix: every contact with type, influence, phases and support, and our ties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.contacts.grid import MOST_INFLUENCE
from kamkit.methods.contacts.network import ContactNetwork
from kamkit.schemes.contacts import ContactPoint, contact_scheme

_COVERED = [
    *("people", "covered", "share", "influence", "influence_covered", "influence_share"),
    *("unknown_influence", "against", "single_thread_people", "state", "origin"),
]


@dataclass(frozen=True)
class ContactMatrix:
    """The grid of S092.

    Attributes
    ----------
    contacts
        One row a contact, most influential first: person_id, name, title, function, level,
        influence (1–5), support (-2 to 2), buyer_types, phases (tags), type_<id> and
        phase_<id> (bool), best_tie (0–4), personal_tie, value_tie (best of that bond),
        threads (our people with a tie of 2 or more), weighted_support (influence × support),
        last_contact, role_as_of, flags (";": uncovered, single_thread, blocker,
        influence_unknown, role_stale).
    threads
        One row a contact and person of ours with a recorded tie: contact_id, member_id,
        strength (stronger bond), personal, value (0–4; NaN none recorded), last_contact.
    """

    contacts: pd.DataFrame
    threads: pd.DataFrame


def contact_matrix(network: ContactNetwork) -> ContactMatrix:
    """Contacts by influence with all that S092 draws, and the threads of our people to them.

    Flags: uncovered (no tie of 2 or more), single_thread (exactly one of ours has one), blocker
    (support below 0 and influence of 4 or more), influence_unknown, role_stale. Rows of one
    influence are ordered by id; unknown influence comes last.

    Returns ContactMatrix. Source: S092; flags and limits house.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1", "C2"], "account_id": "A1"})
    >>> roles = pd.DataFrame({"contact_id": ["C1", "C2"], "influence": [3, 5], "support": [1, -1],
    ...     "phases": ["compare;choose", "choose"]})
    >>> found = contact_matrix(contact_network(contacts, roles, account_id="A1",
    ...     as_of="2026-01-01")).contacts
    >>> found[["person_id", "phase_choose", "flags"]].values.tolist()
    [['C2', True, 'uncovered;blocker'], ['C1', True, 'uncovered']]
    """
    scheme = contact_scheme()
    threads = _threads(network)
    held = threads[threads["strength"] >= scheme.limit("covered_strength")]
    by_contact = threads.groupby("contact_id")
    people = network.side("customer")
    ids = people["person_id"]
    wide: dict[str, Any] = {}
    for column, kinds, prefix in (
        ("buyer_types", scheme.buyer_type_ids, "type"),
        ("phases", scheme.phase_ids, "phase"),
    ):
        for kind in kinds:
            wide[f"{prefix}_{kind}"] = has_tag(people[column], kind)
    out = people.drop(columns=["side", "role_scope"]).assign(
        **wide,
        best_tie=by_contact["strength"].max().reindex(ids).fillna(0.0).array,
        personal_tie=by_contact["personal"].max().reindex(ids).array,
        value_tie=by_contact["value"].max().reindex(ids).array,
        threads=held.groupby("contact_id").size().reindex(ids, fill_value=0).array,
        weighted_support=people["influence"] * people["support"],
        last_contact=by_contact["last_contact"].max().reindex(ids).array,
    )
    stale = (network.as_of - out["role_as_of"]).dt.days > scheme.limit("role_stale_days")
    flags = {
        "uncovered": out["threads"] == 0,
        "single_thread": out["threads"] == 1,
        "blocker": (out["support"] < 0) & (out["influence"] >= MOST_INFLUENCE - 1),
        "influence_unknown": out["influence"].isna(),
        "role_stale": stale,
    }
    out["flags"] = [";".join(k for k, hit in flags.items() if hit[i]) for i in out.index]
    out["flags"] = out["flags"].astype("str")
    order = ["influence", "person_id"]
    out = out.sort_values(order, ascending=[False, True], ignore_index=True)
    return ContactMatrix(out, threads)


def has_tag(cells: pd.Series, tag: str) -> pd.Series:
    """Whether each cell of tags holds one tag; a missing cell holds none.

    >>> has_tag(pd.Series(["choose;compare", None], dtype="str"), "compare").tolist()
    [True, False]
    """
    return cells.fillna("").map(lambda cell: tag in str(cell).split(";")).astype(bool)


def _threads(network: ContactNetwork) -> pd.DataFrame:
    links = network.links[network.links["from_side"] == "us"]
    keys = ["to_id", "from_id"]
    out = links.groupby(keys, sort=True).agg(
        strength=("strength", "max"), last_contact=("last_contact", "max")
    )
    for bond in ("personal", "value"):
        mine = links[links["bond"] == bond].groupby(keys)["strength"].max()
        out[bond] = mine.reindex(out.index)
    out = out.reset_index().rename(columns={"to_id": "contact_id", "from_id": "member_id"})
    kinds = dict.fromkeys(("strength", "personal", "value"), float)
    columns = ["contact_id", "member_id", *kinds, "last_contact"]
    return out.astype({**kinds, "last_contact": "datetime64[us]"})[columns]


def phase_coverage(network: ContactNetwork) -> pd.DataFrame:
    """For each of the four buying phases: who takes part, and whom of them we know.

    Returns one row a phase, in order: phase, people (known to take part), covered (tie of 2 or
    more), share (0–1; NaN: nobody known), influence (Σ of known), influence_covered,
    influence_share (0–1), unknown_influence (people), against (people with support below 0),
    single_thread_people (covered by only one of ours), state (covered, half_known:
    less than half of the influence; uncovered; nobody_known), origin.
    Source: S092, S098; states house.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1"})
    >>> roles = pd.DataFrame({"contact_id": ["C1"], "influence": [3], "phases": ["choose"]})
    >>> found = phase_coverage(contact_network(contacts, roles, account_id="A1",
    ...     as_of="2026-01-01"))
    >>> found.set_index("phase")["state"].to_dict()["choose"], found["state"].iloc[0]
    ('uncovered', 'nobody_known')
    """
    return _covered(network, "phase", contact_scheme().phases)


def buyer_type_coverage(network: ContactNetwork) -> pd.DataFrame:
    """For each buyer type: who is of it, and whom of them we know.

    Returns the columns of :func:`phase_coverage` with buyer_type in place of phase. Somebody of
    two types counts in both.
    Source: S092; Webster & Wind 1972; Miller & Heiman 1985; states house.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1"})
    >>> found = buyer_type_coverage(contact_network(contacts, account_id="A1", as_of="2026-01-01"))
    >>> found["buyer_type"].tolist()[:3]
    ['economic', 'user', 'technical']
    """
    return _covered(network, "buyer_type", contact_scheme().buyer_types)


def _covered(network: ContactNetwork, kind: str, points: tuple[ContactPoint, ...]) -> pd.DataFrame:
    contacts = contact_matrix(network).contacts
    prefix = "type" if kind == "buyer_type" else kind
    rows = []
    for point in points:
        mine = contacts[contacts[f"{prefix}_{point.id}"]]
        covered = mine["threads"] > 0
        total = float(mine["influence"].sum())
        held = float(mine.loc[covered, "influence"].sum())
        share = held / total if total else np.nan
        state = "covered"
        if mine.empty:
            state = "nobody_known"
        elif not covered.any():
            state = "uncovered"
        elif share < 0.5:
            state = "half_known"
        rows.append(
            {
                kind: point.id,
                "people": len(mine),
                "covered": int(covered.sum()),
                "share": float(covered.mean()) if len(mine) else np.nan,
                "influence": total,
                "influence_covered": held,
                "influence_share": share,
                "unknown_influence": int(mine["influence"].isna().sum()),
                "against": int((mine["support"] < 0).sum()),
                "single_thread_people": int((mine["threads"] == 1).sum()),
                "state": state,
                "origin": f"{point.origin}; house",
            }
        )
    return pd.DataFrame(rows, columns=[kind, *_COVERED])
