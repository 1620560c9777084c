"""Centrality, cut persons and warm paths, against published figures and networkx."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from methods.contacts.networks import DAY, network_of, random_network, random_tables

from kamkit.errors import KamkitError
from kamkit.methods.contacts import (
    centrality,
    cut_people,
    cut_people_of_all,
    cut_sizes,
    tie_graph,
    warm_paths,
)
from kamkit.methods.contacts.graph import reached

CHAIN = [("M1", "C1", 4), ("C1", "C2", 2), ("C2", "C3", 1)]
PEOPLE = {c: {"influence": i} for c, i in zip(("C1", "C2", "C3"), (2, 3, 5), strict=True)}


def links_of(graph):
    return pd.DataFrame(graph.edges, columns=["from_id", "to_id"])


def test_kite_as_published(published):
    case = published["P-KITE"]
    found = centrality(pd.DataFrame(case["edges"], columns=["from_id", "to_id"]))
    found = found.set_index(found["person_id"].astype(int))
    expected, tol = case["exp"], case["tol"]
    assert [found["degree"].idxmax(), found["degree"].max()] == expected["degree_max"]
    top = found.iloc[0]
    assert [int(top["person_id"]), top["betweenness_raw"]] == expected["betweenness_max_raw"]
    assert top["betweenness"] == pytest.approx(expected["betweenness_max_norm"], abs=tol)
    who, most = expected["closeness_max"]
    assert found["closeness"].max() == pytest.approx(most, abs=tol)
    assert found.index[np.isclose(found["closeness"], most, atol=tol)].tolist() == who
    graph = tie_graph(pd.DataFrame(case["edges"], columns=["from_id", "to_id"]))
    cuts = np.flatnonzero(cut_sizes(graph.neighbours()) > 0)
    assert [int(graph.ids[i]) for i in cuts] == expected["cut_nodes"]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000))
def test_measures_agree_with_networkx(seed):
    rng = np.random.default_rng(seed)
    graph = nx.gnm_random_graph(12, int(rng.integers(1, 30)), seed=seed)
    graph = nx.relabel_nodes(graph.edge_subgraph(graph.edges).copy(), str)
    found = centrality(links_of(graph)).set_index("person_id")
    for column, oracle in (
        ("betweenness", nx.betweenness_centrality(graph)),
        ("closeness", nx.closeness_centrality(graph)),
        ("degree_share", nx.degree_centrality(graph)),
    ):
        assert found[column].to_dict() == pytest.approx(oracle)
    assert (found["rank_low"] <= found["rank"]).all() and (
        found["rank"] <= found["rank_high"]
    ).all()
    assert (found["betweenness_low"] <= found["betweenness_high"]).all()
    near = tie_graph(links_of(graph)).neighbours()
    cuts = {sorted(graph)[i] for i in np.flatnonzero(cut_sizes(near) > 0)}
    assert cuts == set(nx.articulation_points(graph))
    starts = [0, 1]
    for v, lost in enumerate(cut_sizes(near, starts)):
        all_reached, left = reached(near, starts), reached(near, starts, without=v)
        assert lost == len(all_reached - left - {v})


def test_one_missing_tie_shows_in_the_range():
    found = centrality(pd.DataFrame({"from_id": ["a", "b", "c"], "to_id": ["b", "c", "a"]}))
    assert found["betweenness"].eq(0).all() and found["betweenness_high"].eq(1).all()
    assert found["rank_low"].eq(1).all() and found["rank_high"].eq(2).all()


def test_chain_of_people():
    found = cut_people(network_of(PEOPLE, CHAIN)).set_index("person_id")
    assert found["cuts_off"].to_dict() == {"M1": 3, "C1": 2, "C2": 1, "C3": 0}
    assert found.loc["C1", "people"] == "C2;C3" and found.loc["C1", "influence_cut"] == 8
    assert found.loc["C2", "cut_share"] < 1 and found["n"].eq(3).all()
    safe = cut_people(network_of(PEOPLE, [*CHAIN, ("M2", "C3", 3)])).set_index("person_id")
    assert not safe["is_cut"].any()


def test_ties_of_rivals_and_of_no_strength_hold_nobody():
    ties = [("M1", "C1", 2), ("R1", "C1", 4), ("R1", "C2", 4), ("M2", "C1", 0)]
    found = cut_people(network_of(PEOPLE, ties))
    assert found.loc[found["is_cut"], "person_id"].tolist() == ["M1"]


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000))
def test_all_accounts_at_once_find_the_same(seed):
    every = cut_people_of_all(random_tables(seed), DAY)
    for account in ("A0", "A1", "A2"):
        one = cut_people(random_network(seed, account), draws=1)
        one = one[one["is_cut"]].set_index("person_id")["cuts_off"].to_dict()
        mine = every[every["account_id"] == account]
        assert mine.set_index("person_id")["cuts_off"].to_dict() == one


def test_warm_paths_cost_and_second_way():
    ties = [*CHAIN, ("M2", "C4", 1), ("C4", "C3", 4)]
    found = warm_paths(network_of({**PEOPLE, "C4": {}, "C5": {}}, ties)).set_index("to_id")
    assert found.loc["C3", "path"] == "M2;C4;C3" and found.loc["C3", "effort"] == 5
    assert found.loc["C3", "second_path"] == "M1;C1;C2;C3" and found.loc["C3", "second_effort"] == 7
    assert found.loc["C3", "introducer_id"] == "C4" and found.loc["C3", "weakest"] == 1
    assert found.loc["C3", "path_share"] < 1
    assert not found.loc["C5", "reached"] and found.loc["C5", "variant"] == "no_path"


def test_people_against_us_are_not_asked_unless_there_is_no_other_way():
    people = {**PEOPLE, "C1": {"support": -1}, "C4": {"support": 0}}
    ties = [("M1", "C1", 4), ("C1", "C3", 4), ("M1", "C4", 1), ("C4", "C3", 1)]
    row = warm_paths(network_of(people, ties), "C3").iloc[0]
    assert row["path"] == "M1;C4;C3" and not row["through_opponent"]
    row = warm_paths(network_of(people, ties[:2]), "C3").iloc[0]
    assert row["path"] == "M1;C1;C3" and row["through_opponent"]


def test_a_graph_without_any_of_ours():
    network = network_of(PEOPLE, CHAIN[1:])
    assert not warm_paths(network)["reached"].any()
    assert not cut_people(network)["is_cut"].any()
    empty = network_of({})
    assert warm_paths(empty).empty and cut_people(empty).empty and centrality(empty).empty
    assert len(centrality(network_of({"C1": {}}))) == 1
    with pytest.raises(KamkitError) as error:
        warm_paths(network, "C9")
    assert "C1" in error.value.problems[0].details["allowed"]


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10_000))
def test_paths_agree_with_networkx(seed):
    network = random_network(seed)
    people = network.people.assign(support=0.0)  # nobody against us
    network = type(network)("A1", network.as_of, people, *[
        getattr(network, k) for k in ("links", "gone", "quality")
    ])  # fmt: skip
    graph = nx.Graph()
    flat = tie_graph(network)
    for (a, b), s in zip(flat.edges.tolist(), flat.strength, strict=True):
        if s >= 1:
            graph.add_edge(flat.ids[a], flat.ids[b], weight=4 / s)
    for person in network.side("us")["person_id"]:
        graph.add_edge("hub", person, weight=0)
    costs = nx.single_source_dijkstra_path_length(graph, "hub") if "hub" in graph else {}
    for row in warm_paths(network, draws=0).itertuples():
        assert row.reached == (row.to_id in costs)
        if row.reached:
            assert row.effort == pytest.approx(costs[row.to_id], abs=1e-6)
