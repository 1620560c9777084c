"""Who holds the network together: cut persons, and what is left when one person goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.contacts.coverage import book_of, grid_of_network
from kamkit.methods.contacts.graph import Floats, TieGraph, cut_sizes, reached, tie_graph
from kamkit.methods.contacts.grid import STRONGEST, top_two
from kamkit.methods.contacts.known import Day
from kamkit.methods.contacts.network import ContactNetwork
from kamkit.schemes.contacts import contact_scheme

ORIGIN = "house"
_CUTS = [
    *("person_id", "side", "is_cut", "cuts_off", "people", "influence_cut", "cut_share", "n"),
    *("variant", "origin"),
]
_LEAVES = [
    *("person_id", "side", "coverage_before", "coverage_after", "coverage_loss", "loss_share"),
    *("without_tie", "people", "uncovered", "phases_lost", "economic_buyer_lost", "cut_off"),
    *("n", "variant", "origin"),
]


def cut_people(
    network: ContactNetwork, *, least: float = 1, draws: int = 200, seed: int = 0
) -> pd.DataFrame:
    """Who, on either side, leaves others without any path to us.

    Our people count as linked to each other. A person is cut where somebody is reached, in any
    number of steps over ties of at least ``least``, only through them: one of ours who alone
    knows a contact, or a contact through whom alone others are reached. Recorded ties only: a
    missing entry makes a cut person that isn't one. Competitors' ties don't count.

    Returns one row a person of ours and a contact, most cut off first: person_id, side, is_cut,
    cuts_off (people), people (their ids, ";"), influence_cut (Σ of known influence cut off),
    cut_share (share of ``draws`` in which the person is cut when each grade is one lower, the
    same or one higher), n (contacts reached now), variant, origin.
    Source: Tarjan 1972 (articulation points); hub of colleagues and draws house.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1", "C2"], "account_id": "A1"})
    >>> ties = pd.DataFrame({"account_id": "A1", "from_id": ["M1", "C1"], "to_id": ["C1", "C2"],
    ...     "from_side": ["us", "customer"], "strength": [4, 3]})
    >>> network = contact_network(contacts, ties=ties, account_id="A1", as_of="2026-01-01")
    >>> cut_people(network)[["person_id", "cuts_off", "people"]].values.tolist()
    [['M1', 2, 'C1;C2'], ['C1', 1, 'C2'], ['C2', 0, '']]
    """
    graph = tie_graph(network)
    ours = np.flatnonzero(graph.side == "us").tolist()
    near = graph.neighbours(least=least)
    lost = cut_sizes(near, ours)
    before = reached(near, ours)
    rng = np.random.default_rng(seed)
    hits = np.zeros(len(graph.ids))
    for _ in range(draws):
        moved = graph.strength + rng.integers(-1, 2, len(graph.strength))
        hits += cut_sizes(graph.neighbours(np.clip(moved, 0, STRONGEST), least), ours) > 0
    influence = _influence(network, graph)
    rows: list[dict[str, Any]] = []
    for i, person in enumerate(graph.ids):
        gone = sorted(before - reached(near, ours, without=i) - {i}) if lost[i] else []
        rows.append(
            {
                "person_id": person,
                "side": graph.side[i],
                "is_cut": bool(lost[i] > 0),
                "cuts_off": int(lost[i]),
                "people": ";".join(graph.ids[j] for j in gone),
                "influence_cut": float(np.nansum(influence[gone])),
                "cut_share": hits[i] / draws if draws else np.nan,
                "n": len(before) - len(ours),
                "variant": "colleagues_linked",
                "origin": ORIGIN,
            }
        )
    out = pd.DataFrame(rows, columns=_CUTS).astype({"person_id": "str", "side": "str"})
    order = ["cuts_off", "influence_cut", "side", "person_id"]
    return out.sort_values(order, ascending=[False, False, False, True], ignore_index=True)


def _influence(network: ContactNetwork, graph: TieGraph) -> Floats:
    grades = network.side("customer").set_index("person_id")["influence"]
    found: Floats = grades.reindex(graph.ids).to_numpy(float)
    return found


def cut_people_of_all(
    tables: Mapping[str, pd.DataFrame], as_of: Day, *, least: float = 1
) -> pd.DataFrame:
    """The cut persons of all accounts, as :func:`cut_people` finds them, without draws.

    Returns one row a cut person: account_id, person_id, side, cuts_off, influence_cut; accounts
    in order, most cut off first. An account without a row has none.

    >>> tables = {"contacts": pd.DataFrame({"contact_id": ["C1"], "account_id": ["A1"]}),
    ...     "ties": pd.DataFrame({"account_id": ["A1"], "from_id": ["M1"], "to_id": ["C1"],
    ...         "from_side": ["us"], "strength": [2]})}
    >>> cut_people_of_all(tables, "2026-06-30")[["person_id", "cuts_off"]].values.tolist()
    [['M1', 1]]
    """
    book = book_of(tables, as_of)
    people = book.people[book.people["side"] != "competitor"].reset_index(drop=True)
    links = book.links[book.links["from_side"] != "competitor"]
    links = links[links["strength"] >= least]
    index = pd.MultiIndex.from_frame(people[["account_id", "side", "person_id"]])
    start = index.get_indexer(
        pd.MultiIndex.from_frame(links[["account_id", "from_side", "from_id"]])
    )
    customer = pd.Series("customer", index=links.index, dtype="str")
    end = index.get_indexer(
        pd.MultiIndex.from_arrays([links["account_id"], customer, links["to_id"]])
    )
    edges = np.unique(np.sort(np.stack([start, end], axis=1), axis=1), axis=0)
    near: list[list[int]] = [[] for _ in range(len(people))]
    for a, b in edges.tolist():
        near[a].append(b)
        near[b].append(a)
    # One search serves all accounts: no tie leads from one to another, and the hub joins ours.
    ours = np.flatnonzero((people["side"] == "us").to_numpy()).tolist()
    lost = cut_sizes(near, ours)
    weight = cut_sizes(near, ours, np.nan_to_num(people["influence"].to_numpy(float)))
    out = people[["account_id", "person_id", "side"]].assign(
        cuts_off=lost.astype(np.int64), influence_cut=weight
    )
    out = out[out["cuts_off"] > 0]
    order = ["account_id", "cuts_off", "influence_cut", "person_id"]
    return out.sort_values(order, ascending=[True, False, False, True], ignore_index=True)


def if_leaves(network: ContactNetwork, person_id: str | None = None) -> pd.DataFrame:
    """What is left of our coverage when one person goes, for everybody or for one.

    Where one of ours goes, their ties go. Where a contact goes, the post and its influence stay
    and we start at no tie with the successor; ties that ran through the contact are gone too.

    Returns one row a person, largest loss first: person_id, side, coverage_before, coverage_after
    (weighted coverage, 0–1), coverage_loss (difference), loss_share (0–1 of the coverage before),
    without_tie (contacts that then have no tie to us), people (their ids, ";"), uncovered
    (contacts that fall below the tie that counts), phases_lost (phases, ";", without a covered
    person then), economic_buyer_lost (bool), cut_off (people without any path to us), n (contacts
    of known influence), variant, origin.
    Raises KamkitError unknown_person.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1"], "account_id": "A1"})
    >>> roles = pd.DataFrame({"contact_id": ["C1"], "influence": [4]})
    >>> ties = pd.DataFrame({"account_id": "A1", "from_id": ["M1", "M2"], "to_id": "C1",
    ...     "from_side": "us", "strength": [4, 1]})
    >>> network = contact_network(contacts, roles, ties, account_id="A1", as_of="2026-01-01")
    >>> if_leaves(network, "M1")[["coverage_before", "coverage_after"]].values.tolist()
    [[1.0, 0.25]]
    """
    both = network.people[network.people["side"] != "competitor"]
    if person_id is not None and person_id not in set(both["person_id"]):
        raise network.stranger(person_id)
    grid = grid_of_network(network)
    # One row a person: the threads as they are without that person.
    contacts, ours = grid.contacts, [p for _, p in grid.ours]
    strength = np.repeat(grid.strength[None], 1 + len(contacts) + len(ours), axis=0)
    for i in range(len(contacts)):
        strength[1 + i, grid.contact == i] = 0
    for j in range(len(ours)):
        strength[1 + len(contacts) + j, grid.who == j] = 0
    first = top_two(grid, strength)[0]
    facts = _Facts(first, grid.influence, grid.phases, grid.types)
    graph = tie_graph(network)
    place = {key: i for i, key in enumerate(zip(graph.side, graph.ids, strict=True))}
    lost = cut_sizes(graph.neighbours(), np.flatnonzero(graph.side == "us").tolist())
    who = [("customer", c) for c in contacts] + [("us", p) for p in ours]
    rows = [
        {"person_id": p, "side": s, **facts.of(k, contacts), "cut_off": int(lost[place[(s, p)]])}
        for k, (s, p) in enumerate(who, 1)
        if person_id is None or p == person_id
    ]
    n = int((~np.isnan(grid.influence)).sum())
    out = pd.DataFrame(rows).assign(n=n, variant="post_stays", origin=ORIGIN)
    out = out.reindex(columns=_LEAVES)
    order = ["coverage_loss", "without_tie", "side", "person_id"]
    return out.sort_values(order, ascending=[False, False, False, True], ignore_index=True)


class _Facts:
    """Coverage before (row 0) and without each person (rows after it)."""

    def __init__(
        self, first: Floats, influence: Floats, phases: np.ndarray, types: np.ndarray
    ) -> None:
        scheme = contact_scheme()
        self.first, self.phases = first, phases
        weight = np.nan_to_num(influence)
        total = STRONGEST * weight.sum()
        self.coverage = first @ weight / total if total else np.full(len(first), np.nan)
        self.covered = first >= scheme.limit("covered_strength")
        self.economic = types[:, scheme.buyer_type_ids.index("economic")]
        self.weight = weight

    def of(self, row: int, contacts: list[str]) -> dict[str, Any]:
        """What changes without one person."""
        before, after = self.coverage[0], self.coverage[row]
        bare = (self.first[0] > 0) & (self.first[row] == 0)
        fallen = self.covered[0] & ~self.covered[row]
        phases = [
            phase
            for phase, flag in zip(contact_scheme().phase_ids, self.phases.T, strict=True)
            if (flag & self.covered[0]).any() and not (flag & self.covered[row]).any()
        ]
        best = self.weight[self.economic].max() if self.economic.any() else np.nan
        leads = self.economic & (self.weight == best)
        return {
            "coverage_before": before,
            "coverage_after": after,
            "coverage_loss": before - after,
            "loss_share": (before - after) / before if before > 0 else np.nan,
            "without_tie": int(bare.sum()),
            "people": ";".join(c for c, b in zip(contacts, bare, strict=True) if b),
            "uncovered": int(fallen.sum()),
            "phases_lost": ";".join(phases),
            "economic_buyer_lost": bool((leads & fallen).any()),
        }
