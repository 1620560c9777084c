"""Who stands at the centre of a network, and how much one tie decides about that."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kamkit.methods.contacts.graph import Floats, TieGraph, tie_graph
from kamkit.methods.contacts.network import ContactNetwork

ORIGIN = "field:Freeman 1978"
_COLUMNS = [
    *("person_id", "degree", "degree_share", "betweenness_raw", "betweenness", "betweenness_low"),
    *("betweenness_high", "closeness", "rank", "rank_low", "rank_high", "n", "variant", "origin"),
]
_STEP = 1_000_000  # cells of one block of graphs


def centrality(
    links: ContactNetwork | pd.DataFrame,
    *,
    least: float = 1,
    sides: tuple[str, ...] = ("customer", "us"),
    stability: bool = True,
) -> pd.DataFrame:
    """Degree, betweenness and closeness of everybody, and their range when one tie is missing.

    ``links``: a ContactNetwork (its people of ``sides``), or a list of ties with from_id, to_id
    and strength where there is one. Ties of at least ``least`` count, without direction and
    each the same. The range covers every graph with one tie left out: who is "central" on a
    small map often rests on a single entry. An organisation chart is not such a list.

    Returns one row a person, most betweenness first: person_id, degree (ties), degree_share
    (0–1 of all others), betweenness_raw (shortest paths of others that run through, shared
    where there are several), betweenness (0–1, raw / ((n-1)(n-2)/2)), betweenness_low,
    betweenness_high (over all graphs with one tie less), closeness (0–1; the part that is
    reached counts by its size), rank by betweenness, rank_low, rank_high, n (people), variant
    (``one_tie_out`` or ``as_recorded``), origin.
    Source: Freeman 1978; Wasserman & Faust 1994 (closeness of graphs that fall apart).

    >>> ties = pd.DataFrame({"from_id": ["a", "b"], "to_id": ["b", "c"]})
    >>> centrality(ties)[["person_id", "degree", "betweenness"]].values.tolist()
    [['b', 2, 1.0], ['a', 1, 0.0], ['c', 1, 0.0]]
    """
    graph = tie_graph(links, sides=sides)
    n = len(graph.ids)
    if not n:
        return pd.DataFrame(columns=_COLUMNS)
    whole = _matrix(graph, least)
    between, close = _measures(whole[None])
    pairs = max((n - 1) * (n - 2) / 2, 1)
    low = high = between[0]
    rank_low = rank_high = rank = _ranks(between)[0]
    edges = graph.edges[graph.strength >= least]
    if stability:
        for block in _one_out(whole, edges):
            found = _measures(block)[0]
            places = _ranks(found)
            low, high = np.minimum(low, found.min(0)), np.maximum(high, found.max(0))
            rank_low = np.minimum(rank_low, places.min(0))
            rank_high = np.maximum(rank_high, places.max(0))
    degree = whole.sum(axis=1).astype(np.int64)
    out = pd.DataFrame(
        {
            "person_id": pd.Series(graph.ids, dtype="str"),
            "degree": degree,
            "degree_share": degree / max(n - 1, 1),
            "betweenness_raw": between[0],
            "betweenness": between[0] / pairs,
            "betweenness_low": low / pairs,
            "betweenness_high": high / pairs,
            "closeness": close[0],
            "rank": rank,
            "rank_low": rank_low,
            "rank_high": rank_high,
            "n": n,
            "variant": "one_tie_out" if stability else "as_recorded",
            "origin": ORIGIN,
        }
    )
    return out.sort_values(["rank", "person_id"], ignore_index=True)


def _matrix(graph: TieGraph, least: float) -> Floats:
    matrix = np.zeros((len(graph.ids), len(graph.ids)))
    a, b = graph.edges[graph.strength >= least].T
    matrix[a, b] = matrix[b, a] = 1.0
    return matrix


def _one_out(whole: Floats, edges: NDArray[np.int64]) -> list[Floats]:
    """Blocks of graphs, each with one tie left out."""
    step = max(1, _STEP // max(whole.size, 1))
    blocks = []
    for at in range(0, len(edges), step):
        chosen = edges[at : at + step]
        block = np.repeat(whole[None], len(chosen), axis=0)
        rows = np.arange(len(chosen))
        block[rows, chosen[:, 0], chosen[:, 1]] = 0.0
        block[rows, chosen[:, 1], chosen[:, 0]] = 0.0
        blocks.append(block)
    return blocks


def _measures(matrices: Floats) -> tuple[Floats, Floats]:
    """Raw betweenness and closeness of each person in each graph."""
    many, n, _ = matrices.shape
    distance = np.full(matrices.shape, np.inf)
    distance[:, np.arange(n), np.arange(n)] = 0
    paths = np.repeat(np.eye(n)[None], many, axis=0)
    front, step = paths, 0
    while True:
        step += 1
        front = np.where(np.isinf(distance), front @ matrices, 0.0)
        if not front.any():
            break
        distance = np.where(front > 0, step, distance)
        paths = paths + front
    between = np.zeros((many, n))
    with np.errstate(divide="ignore", invalid="ignore"):
        for v in range(n):
            through = paths[:, :, v, None] * paths[:, None, v, :] / paths
            on_way = distance[:, :, v, None] + distance[:, None, v, :] == distance
            on_way &= np.isfinite(distance)
            on_way[:, v, :] = on_way[:, :, v] = False
            on_way[:, np.arange(n), np.arange(n)] = False
            between[:, v] = np.where(on_way, through, 0.0).sum(axis=(1, 2)) / 2
        finite = np.isfinite(distance)
        others = finite.sum(axis=2) - 1
        total = np.where(finite, distance, 0.0).sum(axis=2)
        close = np.where(total > 0, others / total * others / max(n - 1, 1), 0.0)
    return between, close


def _ranks(values: Floats) -> NDArray[np.int64]:
    """Places, 1 for the most; equal values share the better place."""
    rounded = np.round(values, 9)
    places: NDArray[np.int64] = 1 + (rounded[:, None, :] > rounded[:, :, None]).sum(axis=2)
    return places
