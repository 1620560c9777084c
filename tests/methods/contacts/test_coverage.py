"""Coverage, its intervals, and what is left when one person goes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from methods.contacts.networks import DAY, network_of, random_network, random_tables

from kamkit.errors import KamkitError
from kamkit.methods.contacts import coverage, coverage_of_all, if_leaves
from kamkit.methods.contacts.coverage import MEASURES


def values(table):
    return table.set_index("measure")["value"]


@pytest.fixture
def dmu(published):
    case = published["P-DMU"]
    roles = {
        c: {"buyer_types": kind, "influence": influence}
        for c, (kind, influence, _) in case["contacts"].items()
    }
    ties = [("M1", c, strength) for c, (_, _, strength) in case["contacts"].items()]
    return network_of(roles, ties), case


def test_coverage_as_published(dmu):
    network, case = dmu
    found, expected = values(coverage(network)), case["exp"]
    for measure in ("weighted_coverage", "count_coverage_ge2", "largest_single_loss"):
        assert found[measure] == pytest.approx(expected[measure], abs=case["tol"])
    assert bool(found["economic_buyer_covered"]) is expected["economic_buyer_covered"]
    assert found["largest_own_loss"] == 1 and found["single_threaded"] == 1
    leaves = if_leaves(network).set_index("person_id")
    worst = leaves[leaves["side"] == "customer"]["loss_share"].max()
    assert worst == pytest.approx(expected["largest_single_loss"], abs=case["tol"])


def test_head_count_hides_the_missing_decider(dmu):
    found = values(coverage(dmu[0]))
    assert found["count_coverage_ge2"] > found["weighted_coverage"]
    assert found["economic_buyer_covered"] == 0


def test_unknown_influence_is_neither_zero_nor_average():
    known = {"C1": {"influence": 4}, "C2": {"influence": 2}}
    ties = [("M1", "C1", 3)]
    plain = coverage(network_of(known, ties)).set_index("measure")
    more = coverage(network_of({**known, "C3": {}}, ties)).set_index("measure")
    assert plain.loc["weighted_coverage", "value"] == more.loc["weighted_coverage", "value"]
    assert plain.loc["weighted_coverage", "n"] == more.loc["weighted_coverage", "n"] == 2
    assert more.loc["weighted_coverage", "low"] < plain.loc["weighted_coverage", "low"]
    assert more.loc["count_coverage_ge2", "value"] == pytest.approx(1 / 3)


def test_several_economic_buyers_must_all_be_covered_where_they_lead_together():
    roles = {c: {"buyer_types": "economic;user", "influence": 5} for c in ("C1", "C2")}
    assert values(coverage(network_of(roles, [("M1", "C1", 3)])))["economic_buyer_covered"] == 0
    both = [("M1", "C1", 3), ("M1", "C2", 2)]
    assert values(coverage(network_of(roles, both)))["economic_buyer_covered"] == 1
    roles["C2"]["influence"] = 2
    assert values(coverage(network_of(roles, both[:1])))["economic_buyer_covered"] == 1


def test_threads_and_what_hangs_on_one_of_ours():
    roles = {c: {"influence": 3} for c in ("C1", "C2")}
    two = [("M1", "C1", 4), ("M2", "C1", 4), ("M2", "C2", 2), ("M3", "C2", 1)]
    found = values(coverage(network_of(roles, two)))
    assert found["threads"] == 3 and found["our_people_linked"] == 2
    assert found["single_threaded"] == 0 and found["contacts_linked"] == 2
    # Without M2, C1 keeps its 4 and C2 falls from 2 to 1.
    assert found["largest_own_loss"] == pytest.approx(1 / 6)
    row = if_leaves(network_of(roles, two), "M2").iloc[0]
    assert row["coverage_after"] == pytest.approx(5 / 8) and row["uncovered"] == 1


def test_senior_access_functions_and_levels():
    roles = {
        "C1": {"level": 5, "function": "board"}, "C2": {"level": 4, "function": "finance"},
        "C3": {"level": 2, "function": "finance"}, "C4": {"level": 2},
    }  # fmt: skip
    found = coverage(network_of(roles, [("M1", "C2", 3), ("M1", "C4", 1)])).set_index("measure")
    assert found.loc["senior_access", "value"] == pytest.approx(3 / 8)
    assert found.loc["functions_linked", "value"] == 1 / 2
    assert found.loc["levels_linked", "value"] == pytest.approx(1 / 3)
    assert found.loc["senior_access", "n"] == 2 and found.loc["functions_linked", "n"] == 3


@pytest.mark.parametrize("roles", [{}, {"C1": {}}])
def test_nobody_and_one_unknown_person(roles):
    found = coverage(network_of(roles)).set_index("measure")
    assert found.index.tolist() == list(MEASURES)
    assert np.isnan(found.loc["weighted_coverage", "value"])
    assert found.loc["weighted_coverage", "variant"] == "too_little_data"
    if roles:
        assert found.loc["economic_buyer_covered", "variant"] == "no_economic_buyer"
        assert found.loc["senior_access", "variant"] == "no_decision_level"
        assert found.loc["largest_single_loss", "variant"] == "no_tie"
    assert len(if_leaves(network_of(roles))) == len(roles)


def test_errors():
    network = network_of({"C1": {}})
    with pytest.raises(KamkitError):
        coverage(network, draws=0)
    with pytest.raises(KamkitError) as error:
        if_leaves(network, "C9")
    assert error.value.problems[0].code == "unknown_person"
    with pytest.raises(KamkitError):
        coverage_of_all({}, DAY)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_figures_lie_in_their_intervals_and_agree_with_if_leaves(seed):
    network = random_network(seed)
    table = coverage(network, draws=50)
    known = table.dropna(subset=["value", "low"])
    assert (known["low"] <= known["value"]).all() and (known["value"] <= known["high"]).all()
    found, leaves = values(table), if_leaves(network)
    shares = found.drop(["net_support", "threads", "our_people_linked", "contacts_linked"])
    assert shares.dropna().between(0, 1).all()
    for side, measure in (("customer", "largest_single_loss"), ("us", "largest_own_loss")):
        mine = leaves.loc[leaves["side"] == side, "loss_share"].dropna()
        if len(mine):
            assert mine.max() == pytest.approx(found[measure])
    assert (leaves["coverage_after"] <= leaves["coverage_before"] + 1e-12).dropna().all()


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10_000))
def test_all_accounts_at_once_give_the_same_figures(seed):
    tables = random_tables(seed)
    every = coverage_of_all(tables, DAY, draws=5)
    for account, rows in every.groupby("account_id"):
        one = coverage(random_network(seed, account), draws=5)
        pd.testing.assert_series_equal(values(rows), values(one), check_index_type=False)
        assert rows["n"].tolist() == one["n"].tolist()


def test_a_wider_eye_gives_a_wider_interval_and_the_seed_repeats():
    network = random_network(3)
    wide, narrow = coverage(network, level=0.99), coverage(network, level=0.5)
    assert (wide["high"] - wide["low"] >= narrow["high"] - narrow["low"] - 1e-12).dropna().all()
    pd.testing.assert_frame_equal(coverage(network), coverage(network))


def test_the_interval_covers_another_judge():
    """Judges who are each one grade off either way mostly land inside the interval."""
    rng = np.random.default_rng(4)
    truth = {f"C{i}": {"influence": 3} for i in range(12)}
    ties = [("M1", c, 2) for c in truth]
    low, high = coverage(network_of(truth, ties)).iloc[0][["low", "high"]]
    judges = np.repeat([f"J{j:02}" for j in range(100)], len(truth))
    ids = [f"{j}-{i}" for i, j in enumerate(judges)]
    contacts = pd.DataFrame({"contact_id": ids, "account_id": judges})
    roles = contacts.assign(influence=3 + rng.integers(-1, 2, len(ids)))
    links = contacts.rename(columns={"contact_id": "to_id"}).assign(
        from_id="M1", from_side="us", strength=2 + rng.integers(-1, 2, len(ids))
    )
    tables = {"contacts": contacts, "contact_roles": roles, "ties": links}
    found = coverage_of_all(tables, DAY, draws=1).query("measure == 'weighted_coverage'")
    assert found["value"].between(low, high).sum() >= 89
