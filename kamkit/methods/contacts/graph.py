"""Ties as a graph: who is linked, who is reached, and whose leaving cuts others off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kamkit.methods.checks import need_columns
from kamkit.methods.contacts.network import ContactNetwork

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HUB = -1


@dataclass(frozen=True)
class TieGraph:
    """People and the ties between them, each pair once and without direction.

    ``edges`` are places in ``ids``; ``strength`` the stronger bond of either direction.
    """

    ids: list[str]
    side: NDArray[np.object_]
    edges: Ints
    strength: Floats

    def neighbours(self, strength: Floats | None = None, least: float = 1) -> list[list[int]]:
        """The people that each person is tied to by at least ``least``."""
        graded = self.strength if strength is None else strength
        out: list[list[int]] = [[] for _ in self.ids]
        for a, b in self.edges[graded >= least].tolist():
            out[a].append(b)
            out[b].append(a)
        return out


def tie_graph(
    ties: ContactNetwork | pd.DataFrame, *, sides: tuple[str, ...] = ("customer", "us")
) -> TieGraph:
    """The graph of a network's people of some sides, or of a bare list of ties.

    A list needs from_id, to_id; strength is 1 where it has none. Its people are those in it.
    """
    if isinstance(ties, ContactNetwork):
        people = ties.people[ties.people["side"].isin(sides)]
        links = ties.links[ties.links["from_side"].isin(sides)]
        index = pd.MultiIndex.from_frame(people[["side", "person_id"]])
        start = index.get_indexer(pd.MultiIndex.from_frame(links[["from_side", "from_id"]]))
        to_side = pd.Series("customer", index=links.index, dtype="str")
        end = index.get_indexer(pd.MultiIndex.from_arrays([to_side, links["to_id"]]))
        ids, side = people["person_id"].tolist(), people["side"].to_numpy(object)
    else:
        need_columns(ties, "ties", ["from_id", "to_id"])
        links = ties.astype({"from_id": "str", "to_id": "str"})
        names = pd.Index(pd.concat([links["from_id"], links["to_id"]]).dropna().unique())
        names = names.sort_values()
        ids, side = names.tolist(), np.full(len(names), "", dtype=object)
        start, end = names.get_indexer(links["from_id"]), names.get_indexer(links["to_id"])
    has = "strength" in links.columns
    strength = links["strength"].to_numpy(float) if has else np.ones(len(links))
    ends = np.sort(np.stack([start, end], axis=1).astype(np.int64).reshape(-1, 2), axis=1)
    sound = (ends[:, 0] >= 0) & (ends[:, 0] != ends[:, 1]) & ~np.isnan(strength)
    edges, group = np.unique(ends[sound], axis=0, return_inverse=True)
    best = np.zeros(len(edges))
    np.maximum.at(best, group.ravel(), strength[sound])
    return TieGraph(ids, side, edges, best)


def reached(neighbours: list[list[int]], starts: list[int], without: int | None = None) -> set[int]:
    """Everybody that some start reaches, when one person is taken out.

    >>> sorted(reached([[1], [0, 2], [1]], [0], without=1))
    [0]
    """
    seen = {s for s in starts if s != without}
    todo = list(seen)
    while todo:
        for other in neighbours[todo.pop()]:
            if other not in seen and other != without:
                seen.add(other)
                todo.append(other)
    return seen


def cut_sizes(
    neighbours: list[list[int]], starts: list[int] | None = None, weight: Floats | None = None
) -> Floats:
    """How much each person's leaving cuts off: people, or their weight.

    With ``starts``, all starts count as linked to each other (colleagues), and what counts is
    who no start reaches any more. Without, what counts is who falls away from the largest
    weight that stays together: above 0 exactly for articulation points.
    Source: Tarjan 1972 (one depth-first search).

    >>> cut_sizes([[1], [0, 2], [1, 3], [2]], [0]).tolist()
    [3.0, 2.0, 1.0, 0.0]
    >>> cut_sizes([[1], [0, 2], [1]]).tolist()
    [0.0, 1.0, 0.0]
    """
    size = len(neighbours)
    own = [1.0] * size if weight is None else [float(w) for w in weight]
    links = [list(n) for n in neighbours]
    roots = list(range(size))
    if starts is not None:
        links.append(list(starts))
        for s in starts:
            links[s].append(size)
        own, roots = [*own, 0.0], [size]
    search = _Search(links, own)
    for root in roots:
        if search.seen[root] < 0:
            search.run(root, alone=starts is None)
    return np.array(search.cut[:size], dtype=float)


class _Search:
    """Depth-first search that adds up what hangs below each person."""

    def __init__(self, links: list[list[int]], own: list[float]) -> None:
        self.links, self.own = links, own
        self.seen = [-1] * len(links)
        self.low = [0] * len(links)
        self.below = list(own)
        self.cut = [0.0] * len(links)
        self.clock = 0

    def run(self, root: int, *, alone: bool) -> None:
        """Search from one root; ``alone``: the root may be a cut person too."""
        parts: dict[int, list[float]] = {root: []}
        stack = [(root, HUB, iter(self.links[root]))]
        self._enter(root)
        order = [root]
        while stack:
            node, parent, rest = stack[-1]
            for other in rest:
                if other == parent:
                    continue
                if self.seen[other] < 0:
                    self._enter(other)
                    order.append(other)
                    parts[other] = []
                    stack.append((other, node, iter(self.links[other])))
                    break
                self.low[node] = min(self.low[node], self.seen[other])
            else:
                stack.pop()
                if parent != HUB:
                    self._leave(node, parent, parts)
        if not alone:
            return
        # Without a fixed start, the largest part that stays together is what is kept.
        total = self.below[root]
        for node in order:
            above = [] if node == root else [total - self.own[node] - sum(parts[node])]
            pieces = sorted([*parts[node], *above])
            self.cut[node] = sum(pieces[:-1])

    def _enter(self, node: int) -> None:
        self.seen[node] = self.low[node] = self.clock
        self.clock += 1

    def _leave(self, node: int, parent: int, parts: dict[int, list[float]]) -> None:
        self.low[parent] = min(self.low[parent], self.low[node])
        self.below[parent] += self.below[node]
        if self.low[node] >= self.seen[parent]:
            self.cut[parent] += self.below[node]
            parts[parent].append(self.below[node])
