"""Who of ours could meet whom: by tie, by facing function, by level."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.contacts.network import ContactNetwork
from kamkit.methods.contacts.staff import our_people
from kamkit.schemes.contacts import contact_scheme

HOST_COLUMNS = ["contact_id", "member_id", "why"]


def hosts_of(network: ContactNetwork, members: pd.DataFrame | None = None) -> pd.DataFrame:
    """Pairs of a contact and one of ours who could meet, with the reason for the host.

    Returns contact_id, member_id, why: tie (there is one), mirror (facing function, S101),
    executive (senior contact, level at most one below), colleague (has ties in this account).
    Somebody new to the account is named for a facing function only where none of ours with ties
    here holds it.
    """
    ties = network.strengths("us")
    known = network.side("us")
    staff = our_people(members, network.as_of)
    everyone = pd.concat([known[staff.columns.intersection(known.columns)], staff])
    everyone = everyone.drop_duplicates("person_id").sort_values("person_id")
    facing = {
        (c, u) for pair in contact_scheme().pairs for c in pair.customer for u in pair.us
    }  # fmt: skip
    senior = contact_scheme().limit("senior_level")
    here = set(known["function"].dropna())
    tie = {(c, m): s for m in ties.columns for c, s in ties[m].items()}
    wanted = ["person_id", "function", "level"]
    staff_rows: list[dict[Any, Any]] = everyone[wanted].to_dict("records")
    rows: list[dict[str, str]] = []
    for contact in network.side("customer")[wanted].to_dict("records"):
        for host in staff_rows:
            key = (contact["person_id"], host["person_id"])
            in_account = host["person_id"] in ties.columns
            faces = (contact["function"], host["function"]) in facing
            if tie.get(key, 0) > 0:
                why = "tie"
            elif faces and (in_account or host["function"] not in here):
                why = "mirror"
            elif contact["level"] >= senior and host["level"] >= contact["level"] - 1:
                why = "executive"
            elif in_account:
                why = "colleague"
            else:
                continue
            rows.append({"contact_id": key[0], "member_id": key[1], "why": why})
    return pd.DataFrame(rows, columns=HOST_COLUMNS).astype("str")


def best_host(hosts: pd.DataFrame, ties: pd.DataFrame, contact_id: str) -> str | float:
    """The host to send to a contact: the strongest tie, else facing function, executive, colleague.

    NaN where nobody is known.
    """
    mine = hosts[hosts["contact_id"] == contact_id]
    if mine.empty:
        return np.nan
    rank = mine["why"].map({"tie": 0, "mirror": 1, "executive": 2, "colleague": 3})
    tied = -ties.reindex(columns=mine["member_id"]).loc[contact_id].fillna(0.0).to_numpy(float)
    order = mine.assign(_tie=tied, _rank=rank).sort_values(["_tie", "_rank", "member_id"])
    return str(order["member_id"].iloc[0])
