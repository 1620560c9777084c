"""The influencers wheel: how much each post decides, and how strong we are there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kamkit.methods.contacts.grid import MOST_INFLUENCE, STRONGEST
from kamkit.methods.contacts.network import ContactNetwork
from kamkit.schemes.contacts import Spoke, contact_scheme

TEN = 10
_COLUMNS = [
    *("spoke", "person_id", "people", "influence", "our_strength", "rival_strength", "gap"),
    *("gap_low", "gap_high", "state", "variant", "origin"),
]


def wheel(network: ContactNetwork, spokes: Sequence[Spoke] | None = None) -> pd.DataFrame:
    """Influence against our strength for each post around the decision, both on 0–10.

    The person who leads a spoke, the most influential one on it, gives both figures, so that
    they speak of the same person: influence 1–5 doubled, our strongest tie 0–4 times 2.5; of
    several who lead, the one we know least. ``spokes``: those of the scheme; which functions
    stand on a spoke is in ``contacts.toml``.

    Returns one row a spoke, in order: spoke, person_id (who leads), people (on the spoke),
    influence, our_strength, rival_strength (0–10; NaN: unknown, or nobody known; a rival without
    an entry is unknown), gap (influence − our strength), gap_low, gap_high (with either grade
    one off in the worst way), state (gap: above 0 at both ends; matched; nobody_known;
    influence_unknown), variant, origin.
    Source: S094 (posts; no scale survives); scales and rule house.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1",
    ...     "function": ["operations"]})
    >>> roles = pd.DataFrame({"contact_id": ["C1"], "influence": [4]})
    >>> found = wheel(contact_network(contacts, roles, account_id="A1", as_of="2026-01-01"))
    >>> found.loc[found["people"] > 0, ["spoke", "influence", "gap", "state"]].values.tolist()
    [['plant_manager', 8.0, 8.0, 'gap']]
    """
    people = network.side("customer").set_index("person_id")
    mine = network.strengths("us").max(axis=1).fillna(0.0).reindex(people.index, fill_value=0.0)
    rivals = network.strengths("competitor")
    theirs = rivals.max(axis=1).reindex(people.index)
    theirs = theirs.where(theirs > 0)  # no entry of a rival says nothing about the rival
    rows = []
    for spoke in spokes if spokes is not None else contact_scheme().spokes:
        on_it = people[_stands_on(people, spoke)]
        row = {
            "spoke": spoke.id,
            "people": len(on_it),
            "variant": "lead_person",
            "origin": f"{spoke.origin}; house" if spoke.origin != "house" else "house",
        }
        lead = _lead(on_it, mine)
        if lead is None:
            row["state"] = "influence_unknown" if len(on_it) else "nobody_known"
            rows.append(row)
            continue
        influence = float(on_it["influence"].to_dict()[lead])
        tie = float(mine[lead])
        low = _gap(max(influence - 1, 1), min(tie + 1, STRONGEST))
        rows.append(
            row
            | {
                "person_id": lead,
                "influence": influence * TEN / MOST_INFLUENCE,
                "our_strength": tie * TEN / STRONGEST,
                "rival_strength": float(theirs[lead]) * TEN / STRONGEST,
                "gap": _gap(influence, tie),
                "gap_low": low,
                "gap_high": _gap(min(influence + 1, MOST_INFLUENCE), max(tie - 1, 0)),
                "state": "gap" if low > 0 else "matched",
            }
        )
    out = pd.DataFrame(rows, columns=_COLUMNS)
    numbers = ("influence", "our_strength", "rival_strength", "gap", "gap_low", "gap_high")
    return out.astype({**dict.fromkeys(numbers, float), "person_id": "str"})


def _gap(influence: float, tie: float) -> float:
    return influence * TEN / MOST_INFLUENCE - tie * TEN / STRONGEST


def _stands_on(people: pd.DataFrame, spoke: Spoke) -> np.ndarray:
    """Whose function stands on a spoke, unless the title says another one."""
    title = people["title"].fillna("").str.casefold()
    other = np.zeros(len(people), dtype=bool)
    for word in spoke.unless_title:
        other |= title.str.contains(word.casefold(), regex=False).to_numpy(bool)
    found: np.ndarray = people["function"].isin(spoke.functions).to_numpy(bool) & ~other
    return found


def _lead(people: pd.DataFrame, ties: pd.Series) -> str | None:
    """The most influential person; of several, the one whom we know least."""
    known = people[people["influence"].notna()]
    if known.empty:
        return None
    order = known.assign(_tie=ties.reindex(known.index)).reset_index()
    order = order.sort_values(["influence", "_tie", "person_id"], ascending=[False, True, True])
    return str(order["person_id"].iloc[0])
