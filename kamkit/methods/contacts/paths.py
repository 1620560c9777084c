"""The warmest way to a person: who introduces whom, and what it costs."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.contacts.graph import HUB, Floats, TieGraph, tie_graph
from kamkit.methods.contacts.grid import STRONGEST
from kamkit.methods.contacts.network import ContactNetwork
from kamkit.schemes.contacts import contact_scheme

ORIGIN = "house"
_COLUMNS = [
    *("to_id", "reached", "path", "start_id", "introducer_id", "steps", "effort", "weakest"),
    *("through_opponent", "second_path", "second_effort", "path_share", "variant", "origin"),
]
_KINDS: dict[str, Any] = {
    **dict.fromkeys(("to_id", "path", "start_id", "introducer_id", "second_path"), "str"),
    **dict.fromkeys(("steps", "effort", "weakest", "second_effort", "path_share"), float),
    **dict.fromkeys(("reached", "through_opponent"), bool),
    **dict.fromkeys(("variant", "origin"), "str"),
}
Way = tuple[float, tuple[int, ...]]


def warm_paths(
    network: ContactNetwork,
    to_id: str | None = None,
    *,
    draws: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """The shortest warm path from any of ours to a contact, or to every contact.

    Each tie takes an effort of 4 / strength: a very strong tie 1, the weakest 4; no tie is no way.
    People against us (support below 0) are not asked to introduce, unless there is no other way.

    Returns one row a target: to_id, reached (False: no path of recorded ties; path and effort are
    then empty), path (ids from ours to the target, ";"), start_id (ours), introducer_id (whom to
    ask; empty where we know the target), steps (ties), effort (sum over ties), weakest (lowest
    strength on the way), through_opponent (bool), second_path and second_effort (the best way that
    shares nobody with the first; empty: there is none), path_share (share of ``draws`` with every
    grade one lower, the same or one higher in which start and introducer stay the same), variant,
    origin. Ordered by target.
    Raises KamkitError unknown_person.
    Source: Dijkstra 1959; effort of a tie house.

    >>> from kamkit.methods.contacts import contact_network
    >>> contacts = pd.DataFrame({"contact_id": ["C1", "C2", "C3"], "account_id": "A1"})
    >>> ties = pd.DataFrame({"account_id": "A1", "from_id": ["M1", "M1", "C1"],
    ...     "to_id": ["C1", "C2", "C2"], "from_side": ["us", "us", "customer"],
    ...     "strength": [4, 1, 4]})
    >>> network = contact_network(contacts, ties=ties, account_id="A1", as_of="2026-01-01")
    >>> warm_paths(network)[["to_id", "path", "effort"]].values.tolist()
    [['C1', 'M1;C1', 1.0], ['C2', 'M1;C1;C2', 2.0], ['C3', nan, nan]]
    """
    graph = tie_graph(network)
    targets = [i for i in range(len(graph.ids)) if graph.side[i] == "customer"]
    if to_id is not None:
        targets = [i for i in targets if graph.ids[i] == to_id]
        if not targets:
            raise network.stranger(to_id)
    support = network.side("customer").set_index("person_id")["support"]
    asked = support.reindex(graph.ids).to_numpy(float)
    against = set(np.flatnonzero(asked < contact_scheme().limit("introduction_support")).tolist())
    rows = []
    ways = best_ways(graph, graph.strength, against)
    stays = _stays(graph, targets, ways, against, draws, seed)
    for i in targets:
        way = ways.get(i)
        rows.append(_row(graph, i, way, against, stays[i]))
    out = pd.DataFrame(rows, columns=_COLUMNS).astype(_KINDS)
    return out.sort_values("to_id", ignore_index=True)


def best_ways(graph: TieGraph, strength: Floats, against: set[int]) -> dict[int, Way]:
    """Cost and people of the best way to everybody who is reached; ours cost nothing.

    Ways through people against us stand in only where there is no other.
    """
    clean = _dijkstra(graph, strength, against, set())
    return {**_dijkstra(graph, strength, set(), set()), **clean}


def _dijkstra(
    graph: TieGraph, strength: Floats, closed: set[int], left_out: set[int]
) -> dict[int, Way]:
    """Cheapest ways from ours; nobody in ``closed`` passes on, nobody in ``left_out`` is there."""
    near: list[list[tuple[int, float]]] = [[] for _ in graph.ids]
    for (a, b), s in zip(graph.edges.tolist(), strength.tolist(), strict=True):
        if s >= 1:
            near[a].append((b, STRONGEST / s))
            near[b].append((a, STRONGEST / s))
    done: dict[int, Way] = {}
    todo: list[tuple[float, int, tuple[int, ...]]] = [
        (0.0, 1, (i,)) for i in np.flatnonzero(graph.side == "us").tolist() if i not in left_out
    ]
    heapq.heapify(todo)
    while todo:
        cost, size, way = heapq.heappop(todo)
        last = way[-1]
        if last in done:
            continue
        done[last] = (cost, way)
        if last in closed:
            continue
        for other, price in near[last]:
            if other not in done and other not in left_out:
                heapq.heappush(todo, (round(cost + price, 9), size + 1, (*way, other)))
    return done


def _ends(way: Way | None) -> tuple[int, int]:
    """Start and introducer of a way."""
    if way is None:
        return (HUB, HUB)
    return (way[1][0], way[1][-2] if len(way[1]) > 2 else HUB)


def _stays(
    graph: TieGraph,
    targets: list[int],
    ways: dict[int, Way],
    against: set[int],
    draws: int,
    seed: int,
) -> dict[int, float]:
    """Share of draws in which the way keeps its start and introducer."""
    rng = np.random.default_rng(seed)
    hits = dict.fromkeys(targets, 0)
    for _ in range(draws):
        moved = graph.strength + rng.integers(-1, 2, len(graph.strength))
        found = best_ways(graph, np.clip(moved, 0, STRONGEST), against)
        for i in targets:
            hits[i] += _ends(found.get(i)) == _ends(ways.get(i))
    return {i: hits[i] / draws if draws else np.nan for i in targets}


def _row(
    graph: TieGraph, target: int, way: Way | None, against: set[int], share: float
) -> dict[str, Any]:
    fixed = {"path_share": share, "origin": ORIGIN, "to_id": graph.ids[target]}
    if way is None:
        return {"reached": False, "through_opponent": False, "variant": "no_path", **fixed}
    cost, people = way
    grades = {tuple(e): s for e, s in zip(graph.edges.tolist(), graph.strength, strict=True)}
    steps = [tuple(sorted(pair)) for pair in zip(people, people[1:], strict=False)]
    # Another way must do without everybody on the first one.
    second = _dijkstra(graph, graph.strength, against, set(people[:-1])).get(target)
    names = [graph.ids[i] for i in people]
    return {
        "reached": True,
        "path": ";".join(names),
        "start_id": names[0],
        "introducer_id": names[-2] if len(names) > 2 else np.nan,
        "steps": len(steps),
        "effort": cost,
        "weakest": min(float(grades[s]) for s in steps),
        "through_opponent": any(i in against for i in people[1:-1]),
        "second_path": ";".join(graph.ids[i] for i in second[1]) if second else np.nan,
        "second_effort": second[0] if second else np.nan,
        "variant": "effort_4_over_strength",
        **fixed,
    }
