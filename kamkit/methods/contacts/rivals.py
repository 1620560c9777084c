"""Competitors' ties where they are known, beside ours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.contacts.grid import STRONGEST
from kamkit.methods.contacts.network import ContactNetwork
from kamkit.methods.measures import measure_row, measure_table

_COLUMNS = [
    *("contact_id", "competitor_id", "rival_strength", "our_strength", "tie_gap", "bond"),
    *("influence", "support", "level", "buyer_types", "as_of"),
]


@dataclass(frozen=True)
class RivalTies:
    """Known ties of competitors.

    Attributes
    ----------
    contacts
        One row a contact and competitor, the rival's largest lead on influential people first:
        contact_id, competitor_id, rival_strength, our_strength (0–4), tie_gap (ours − rival's),
        bond (of the rival's stronger tie), influence, support, level, buyer_types, as_of.
    coverage
        competitor_id (missing for us) and a measure table: our_coverage, and rival_coverage of
        each competitor: weighted coverage; low where a grade less, high where a grade more in
        every recorded tie.
    """

    contacts: pd.DataFrame
    coverage: pd.DataFrame


def rival_ties(network: ContactNetwork) -> RivalTies:
    """Which contacts competitors are tied to, and how much of the influence that covers.

    A competitor without an entry is unknown, not absent: these figures are the least that
    rivals have.

    Returns RivalTies. Source: house.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1"})
    >>> roles = pd.DataFrame({"contact_id": ["C1"], "influence": [4]})
    >>> ties = pd.DataFrame({"account_id": "A1", "from_id": ["M1", "R1"], "to_id": "C1",
    ...     "from_side": ["us", "competitor"], "strength": [1, 3]})
    >>> found = rival_ties(contact_network(contacts, roles, ties, account_id="A1",
    ...     as_of="2026-01-01"))
    >>> found.contacts[["competitor_id", "tie_gap"]].values.tolist()
    [['R1', -2.0]]
    """
    people = network.side("customer").set_index("person_id")
    mine = network.strengths("us").max(axis=1).fillna(0).reindex(people.index, fill_value=0.0)
    links = network.links[network.links["from_side"] == "competitor"]
    links = links.sort_values(["to_id", "from_id", "strength", "bond"])
    best = links.drop_duplicates(["to_id", "from_id"], keep="last")
    out = pd.DataFrame(
        {
            "contact_id": best["to_id"],
            "competitor_id": best["from_id"],
            "rival_strength": best["strength"],
            "our_strength": mine.reindex(best["to_id"]).to_numpy(float),
            "bond": best["bond"],
            "as_of": best["as_of"],
        }
    )
    known = people.reindex(out["contact_id"])
    for column in ("influence", "support", "level", "buyer_types"):
        out[column] = known[column].array
    out["tie_gap"] = out["our_strength"] - out["rival_strength"]
    threat = out["tie_gap"] * out["influence"].fillna(0)
    order = out.assign(_threat=threat).sort_values(
        ["_threat", "tie_gap", "contact_id", "competitor_id"], ignore_index=True
    )
    return RivalTies(order[_COLUMNS], _coverage(network, people, mine))


def _coverage(network: ContactNetwork, people: pd.DataFrame, mine: pd.Series) -> pd.DataFrame:
    weight = people["influence"].fillna(0).to_numpy(float)
    total, n = STRONGEST * weight.sum(), int(people["influence"].notna().sum())
    rivals = network.strengths("competitor")
    ties = [mine.to_numpy(float), *(rivals[name].to_numpy(float) for name in rivals)]
    rows = []
    for i, strength in enumerate(ties):
        measure = "rival_coverage" if i else "our_coverage"
        moved = [np.clip(strength + d * (strength > 0), 0, STRONGEST) for d in (0, -1, 1)]
        value, low, high = (float(weight @ s / total) if total else np.nan for s in moved)
        variant = "known_influence_only; one_grade_bounds" if total else "too_little_data"
        rows.append(
            measure_row(measure, value, n, low=low, high=high, variant=variant, origin="house")
        )
    out = measure_table(rows)
    who = pd.Series([np.nan, *rivals.columns], dtype="str")
    out.insert(0, "competitor_id", who)
    return out
