"""Function facing function: which of their functions and levels meet ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.contacts.grid import STRONGEST
from kamkit.methods.contacts.network import ContactNetwork
from kamkit.methods.contacts.staff import our_people
from kamkit.methods.measures import measure_row, measure_table
from kamkit.schemes.contacts import FunctionPair, contact_scheme

ORIGIN = "S101; house"
_PAIRS = [
    *("pair", "customers", "ours", "available", "strongest", "links", "linked", "customer_ids"),
    *("our_ids", "state", "origin"),
]
_LEVELS = ["level", "customers", "strongest", "links", "linked", "equal_links", "state"]
_TIES = [
    *("member_id", "contact_id", "our_function", "function", "our_level", "level", "strength"),
    "pair",
]


@dataclass(frozen=True)
class FunctionMirror:
    """Facing functions of both sides.

    Attributes
    ----------
    pairs
        One row a pair of functions, in the scheme's order: pair, customers (contacts known),
        ours (people of ours with a tie in this account and that function), available (all of
        ours with that function; NaN without members), strongest (tie within the pair, 0–4),
        links (recorded ties ≥ 1), linked (ties of 2 or more), customer_ids, our_ids (both ends
        of the links, ";"), state (linked, weak: strongest below 2; not_linked; nobody_there:
        no contact of that function known; nobody_ours: none of ours to face it), origin.
    levels
        One row a level 5–1: level, customers, strongest, links, linked (from anybody of ours),
        equal_links (ties of 2 or more to one of ours at most one level away), state.
    ties
        One row a tie of ours: member_id, contact_id, our_function, function, our_level, level,
        strength, pair (missing: the two functions don't face each other).
    measures
        Measure table: pairs_linked, levels_linked_equal, ties_off_mirror.
    """

    pairs: pd.DataFrame
    levels: pd.DataFrame
    ties: pd.DataFrame
    measures: pd.DataFrame


def function_mirror(
    network: ContactNetwork,
    members: pd.DataFrame | None = None,
    *,
    pairs: Sequence[FunctionPair] | None = None,
) -> FunctionMirror:
    """Each function of the customer beside ours, with the strongest tie between them.

    What function a role of ours stands for is in ``contacts.toml`` unless ``members`` has a
    column function; ``members`` also tells who could face a function but has no tie yet.

    Measures: pairs_linked (share of the pairs with a contact known that have a tie of 2 or
    more within the pair), levels_linked_equal (share of the customer's known levels where one
    of ours at most one level away has such a tie), ties_off_mirror (share of our ties of 2 or
    more between functions that don't face each other). Low and high: every recorded tie one
    grade lower, one grade higher.

    Returns FunctionMirror. Source: S101 (pairs, and "upward" for the levels); rules house.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1", "level": [3],
    ...     "function": ["finance"]})
    >>> members = pd.DataFrame({"member_id": ["M1"], "function": ["finance"], "level": [3]})
    >>> ties = pd.DataFrame({"account_id": ["A1"], "from_id": ["M1"], "to_id": ["C1"],
    ...     "from_side": ["us"], "strength": [3]})
    >>> network = contact_network(contacts, None, ties, members, account_id="A1",
    ...     as_of="2026-01-01")
    >>> function_mirror(network).pairs.set_index("pair").loc["finance", "state"]
    'linked'
    """
    chosen = tuple(pairs if pairs is not None else contact_scheme().pairs)
    contacts, ours = network.side("customer"), network.side("us")
    ties = _ties(network, contacts, ours, chosen)
    others = our_people(members, network.as_of) if members is not None else None
    table = _pairs(chosen, contacts, ours, others, ties)
    levels = _levels(contacts, ties)
    return FunctionMirror(table, levels, ties, _measures(table, levels, contacts, ties))


def _ties(
    network: ContactNetwork,
    contacts: pd.DataFrame,
    ours: pd.DataFrame,
    pairs: Sequence[FunctionPair],
) -> pd.DataFrame:
    links = network.links[network.links["from_side"] == "us"]
    best = links.groupby(["from_id", "to_id"], sort=True)["strength"].max().reset_index()
    best = best[best["strength"] >= 1]
    us, them = ours.set_index("person_id"), contacts.set_index("person_id")
    out = pd.DataFrame(
        {
            "member_id": best["from_id"].array,
            "contact_id": best["to_id"].array,
            "our_function": us["function"].reindex(best["from_id"]).array,
            "function": them["function"].reindex(best["to_id"]).array,
            "our_level": us["level"].reindex(best["from_id"]).array,
            "level": them["level"].reindex(best["to_id"]).array,
            "strength": best["strength"].array,
        }
    )
    facing = {(c, u): p.id for p in reversed(pairs) for c in p.customer for u in p.us}
    found = [facing.get(k) for k in zip(out["function"], out["our_function"], strict=True)]
    return out.assign(pair=pd.Series(found, index=out.index, dtype="str"))[_TIES]


def _pairs(
    pairs: Sequence[FunctionPair],
    contacts: pd.DataFrame,
    ours: pd.DataFrame,
    staff: pd.DataFrame | None,
    ties: pd.DataFrame,
) -> pd.DataFrame:
    enough = contact_scheme().limit("covered_strength")
    rows: list[dict[str, Any]] = []
    for pair in pairs:
        there = int(contacts["function"].isin(pair.customer).sum())
        here = int(ours["function"].isin(pair.us).sum())
        within = ties[ties["pair"] == pair.id]
        strongest = float(within["strength"].max()) if len(within) else 0.0
        could = here if staff is None else int(staff["function"].isin(pair.us).sum())
        state = "linked"
        if not there:
            state = "nobody_there"
        elif len(within) and strongest < enough:
            state = "weak"
        elif within.empty:
            state = "not_linked" if could else "nobody_ours"
        rows.append(
            {
                "pair": pair.id,
                "customers": there,
                "ours": here,
                "available": np.nan if staff is None else float(could),
                "strongest": strongest,
                "links": len(within),
                "linked": int((within["strength"] >= enough).sum()),
                "customer_ids": ";".join(sorted(set(within["contact_id"]))),
                "our_ids": ";".join(sorted(set(within["member_id"]))),
                "state": state,
                "origin": f"{pair.origin}; house",
            }
        )
    return pd.DataFrame(rows, columns=_PAIRS)


def _levels(contacts: pd.DataFrame, ties: pd.DataFrame) -> pd.DataFrame:
    enough = contact_scheme().limit("covered_strength")
    rows: list[dict[str, Any]] = []
    for level in range(5, 0, -1):
        there = int((contacts["level"] == level).sum())
        mine = ties[ties["level"] == level]
        strong = mine[mine["strength"] >= enough]
        equal = int(((strong["our_level"] - level).abs() <= 1).sum())
        state = "linked" if equal else "from_elsewhere" if len(strong) else "not_linked"
        rows.append(
            {
                "level": level,
                "customers": there,
                "strongest": float(mine["strength"].max()) if len(mine) else 0.0,
                "links": len(mine),
                "linked": len(strong),
                "equal_links": equal,
                "state": state if there else "nobody_there",
            }
        )
    return pd.DataFrame(rows, columns=_LEVELS)


def _measures(
    pairs: pd.DataFrame, levels: pd.DataFrame, contacts: pd.DataFrame, ties: pd.DataFrame
) -> pd.DataFrame:
    enough = contact_scheme().limit("covered_strength")
    there, floors = pairs.loc[pairs["customers"] > 0, "pair"], levels["customers"] > 0

    def shares(move: float) -> dict[str, tuple[float, int]]:
        moved = ties[(ties["strength"] + move).clip(0, STRONGEST) >= enough]
        equal = moved[(moved["our_level"] - moved["level"]).abs() <= 1]
        held = levels.loc[floors, "level"].isin(equal["level"])
        off = moved["pair"].isna()
        return {
            "pairs_linked": (float(there.isin(moved["pair"]).mean()), len(there)),
            "levels_linked_equal": (float(held.mean()), int(floors.sum())),
            "ties_off_mirror": (float(off.mean()), len(off)),
        }

    now, ends = shares(0), [shares(-1), shares(1)]
    rows = []
    for measure, (value, n) in now.items():
        others = [value, *(e[measure][0] for e in ends if e[measure][1])]
        rows.append(
            measure_row(
                measure, value, n, low=min(others) if n else np.nan,
                high=max(others) if n else np.nan, origin=ORIGIN,
                variant="tie_ge2; one_grade_bounds" if n else "too_little_data",
            )
        )  # fmt: skip
    return measure_table(rows)
