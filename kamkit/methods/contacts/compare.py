"""The map at two dates: who came, who went, what cooled, and what it did to our coverage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.contacts.coverage import (
    JUDGED,
    MEASURES,
    bases,
    drawn_measures,
    grid_of_network,
    measures_of,
    quantiles,
)
from kamkit.methods.contacts.grid import Floats, as_graded
from kamkit.methods.contacts.network import ContactNetwork

_MEASURES = [
    *("measure", "before", "after", "difference", "low", "high", "separated", "n", "variant"),
    "origin",
]


@dataclass(frozen=True)
class NetworkChange:
    """What changed between two days.

    Attributes
    ----------
    people
        One row a person on either map: person_id, side, change (joined, left, stayed; left
        also where the person is merely not on the later map), influence_before,
        influence_after, support_before, support_after, stance (up, down, same, unknown).
    links
        One row a pair and bond on either map: from_id, to_id, from_side, bond,
        strength_before, strength_after (NaN: none recorded), change (new, up, down, same,
        person_left, ended).
    measures
        measure, before, after, difference, low, high (of the difference), separated (the
        interval leaves 0 out), n (contacts after), variant, origin.
    """

    before: pd.Timestamp
    after: pd.Timestamp
    people: pd.DataFrame
    links: pd.DataFrame
    measures: pd.DataFrame


def compare_networks(
    before: ContactNetwork,
    after: ContactNetwork,
    *,
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> NetworkChange:
    """The difference between two maps of one account.

    The interval of each difference takes both maps as judged independently, each grade one
    lower, the same or one higher: changes within it may be another judge's eye.

    Returns NetworkChange. Source: house.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1"})
    >>> roles = pd.DataFrame({"contact_id": ["C1"], "influence": [5]})
    >>> ties = pd.DataFrame({"account_id": "A1", "from_id": "M1", "to_id": "C1",
    ...     "from_side": "us", "strength": [3, 1], "as_of": ["2025-01-01", "2026-01-01"]})
    >>> maps = [contact_network(contacts, roles, ties, account_id="A1", as_of=day)
    ...     for day in ("2025-06-30", "2026-06-30")]
    >>> change = compare_networks(*maps)
    >>> change.links[["strength_before", "strength_after", "change"]].values.tolist()
    [[3.0, 1.0, 'down']]
    """
    people = _people(before, after)
    return NetworkChange(
        before.as_of,
        after.as_of,
        people,
        _links(before, after, people),
        _measures(before, after, draws, seed, level),
    )


def _moved(was: pd.Series, now: pd.Series) -> Floats:
    """Signs of change; NaN where either is unknown."""
    found: Floats = np.sign(now.to_numpy(float) - was.to_numpy(float))
    return found


def _people(before: ContactNetwork, after: ContactNetwork) -> pd.DataFrame:
    keys, grades = ["person_id", "side"], ["influence", "support"]
    both = before.people[[*keys, *grades]].merge(
        after.people[[*keys, *grades]],
        on=keys,
        how="outer",
        suffixes=("_before", "_after"),
        indicator=True,
    )
    kinds = {"left_only": "left", "right_only": "joined", "both": "stayed"}
    moved = _moved(both["support_before"], both["support_after"])
    stance = np.select([moved > 0, moved < 0, moved == 0], ["up", "down", "same"], "unknown")
    out = both.assign(change=both["_merge"].astype("str").map(kinds), stance=stance)
    columns = [*keys, "change", *(f"{g}_{w}" for g in grades for w in ("before", "after"))]
    order = out["side"].map({"customer": 0, "us": 1, "competitor": 2})
    out = out.assign(_side=order).sort_values(["_side", "person_id"], ignore_index=True)
    return out[[*columns, "stance"]].astype({"change": "str", "stance": "str"})


def _links(before: ContactNetwork, after: ContactNetwork, people: pd.DataFrame) -> pd.DataFrame:
    keys = ["from_id", "to_id", "from_side", "bond"]
    was, now = (n.links[[*keys, "strength"]].fillna({"bond": ""}) for n in (before, after))
    both = was.merge(now, on=keys, how="outer", suffixes=("_before", "_after"))
    gone = people[people["change"] == "left"]
    left = pd.MultiIndex.from_frame(gone[["side", "person_id"]])
    customer = pd.Series("customer", index=both.index, dtype="str")
    one_left = pd.MultiIndex.from_frame(both[["from_side", "from_id"]]).isin(left)
    one_left |= pd.MultiIndex.from_arrays([customer, both["to_id"]]).isin(left)
    moved = _moved(both["strength_before"], both["strength_after"])
    lost = both["strength_after"].isna()
    fresh = both["strength_before"].isna().to_numpy(bool)
    ended = lost.to_numpy(bool)
    kinds = [fresh, ended & one_left, ended, np.asarray(moved > 0), np.asarray(moved < 0)]
    names = ["new", "person_left", "ended", "up", "down"]
    out = both.assign(change=np.select(kinds, names, "same"))
    out["bond"] = out["bond"].where(out["bond"] != "")
    rank = out["from_side"].map({"us": 0, "customer": 1, "competitor": 2})
    out = out.assign(_side=rank).sort_values(["_side", "to_id", "from_id", "bond"])
    columns = [*keys, "strength_before", "strength_after", "change"]
    return out[columns].astype({"change": "str"}).reset_index(drop=True)


def _measures(
    before: ContactNetwork, after: ContactNetwork, draws: int, seed: int, level: float
) -> pd.DataFrame:
    grids = [grid_of_network(n) for n in (before, after)]
    if not all(g.accounts for g in grids):
        return pd.DataFrame(columns=_MEASURES)
    was, now = (measures_of(g, as_graded(g)) for g in grids)
    first, second = (drawn_measures(g, draws, seed + i) for i, g in enumerate(grids))
    counts, counts_before = bases(grids[1], now), bases(grids[0], was)
    tail = [(1 - level) / 2, (1 + level) / 2]
    rows = []
    for measure, (_, origin) in MEASURES.items():
        old, new = float(was[measure][0, 0]), float(now[measure][0, 0])
        low, high = (float(q[0]) for q in quantiles(second[measure] - first[measure], tail))
        difference = new - old
        low, high = min(low, difference), max(high, difference)
        known = not np.isnan(difference)
        why = counts[measure][1] if np.isnan(new) else counts_before[measure][1]
        rows.append(
            {
                "measure": measure,
                "before": old,
                "after": new,
                "difference": difference,
                "low": low if known else np.nan,
                "high": high if known else np.nan,
                "separated": known and bool(low > 0 or high < 0),
                "n": int(counts[measure][0][0]),
                "variant": f"judged_twice; {JUDGED}" if known else why,
                "origin": origin,
            }
        )
    return pd.DataFrame(rows, columns=_MEASURES)
