"""Personal and value-based ties apart, and what leaves with one person."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.methods.contacts.network import contact_network
from kamkit.methods.relationship.bonds import ACCOUNTS, bonds, bonds_of

DAY = "2026-06-30"


def _tables(ties, influence=None, account="A1"):
    """Ties as (ours, contact, kind, strength)."""
    table = pd.DataFrame(ties, columns=["from_id", "to_id", "bond", "strength"])
    people = sorted(set(table["to_id"]) | set(influence or {}))
    contacts = pd.DataFrame({"contact_id": people, "account_id": account})
    roles = pd.DataFrame(
        {"contact_id": list(influence or {}), "influence": list((influence or {}).values())}
    )
    return {
        "contacts": contacts,
        "contact_roles": roles,
        "ties": table.assign(account_id=account, from_side="us"),
    }


def _one(tables, **options):
    network = contact_network(
        tables["contacts"], tables["contact_roles"], tables["ties"], account_id="A1", as_of=DAY
    )
    return bonds(network, **options)


def test_dmu_case_has_the_published_coverage(published):
    """All ties of one kind: the score is the influence-weighted coverage of P-DMU."""
    case = published["P-DMU"]
    ties = [("M1", name, "value", strength) for name, (_, _, strength) in case["contacts"].items()]
    influence = {name: weight for name, (_, weight, _) in case["contacts"].items()}
    found = _one(_tables(ties, influence))
    value = found.measures.set_index("measure")["value"]
    assert value["value_score"] / 100 == pytest.approx(case["exp"]["weighted_coverage"])
    assert value["personal_score"] == 0
    assert value["leaves_with_one"] == 1


def test_high_personal_low_value_is_flagged():
    ties = [("M1", "C1", "personal", 4), ("M1", "C2", "personal", 3), ("M2", "C2", "value", 1)]
    found = _one(_tables(ties, {"C1": 5, "C2": 3}))
    assert (found.quadrant, found.flagged) == ("personal_without_value", True)
    value = found.measures.set_index("measure")["value"]
    assert value["personal_score"] == pytest.approx(100 * (5 * 4 + 3 * 3) / 32)
    assert value["value_score"] == pytest.approx(100 * 3 / 32)
    assert found.people["kind"].tolist() == ["personal_only", "both"]
    first = found.ours.iloc[0]
    assert first["person_id"] == "M1" and first["no_tie_left"] == 1
    assert first["share"] == pytest.approx((5 * 4 + 3 * (3 - 1)) / (5 * 4 + 3 * 3))


def test_value_based_ties_can_be_handed_over():
    ties = [("M1", "C1", "personal", 4), ("M1", "C1", "value", 3)]
    ours = _one(_tables(ties)).ours.iloc[0]
    assert (ours["share"], ours["personal_share"]) == (1.0, 0.25)
    assert ours["personal_only"] == 0


def test_unknown_kind_counts_for_neither():
    found = _one(_tables([("M1", "C1", None, 4)]))
    assert found.people["kind"].tolist() == ["unknown_bond"]
    assert found.measures["value"].tolist()[:2] == [0, 0]
    row = bonds_of(_tables([("M1", "C1", None, 4)]), as_of=DAY).iloc[0]
    assert (row["unknown_bond"], row["ties"]) == (1, 1)


def test_missing_influence_is_not_zero():
    ties = [("M1", "C1", "value", 4), ("M1", "C2", "value", 0)]
    known = _one(_tables(ties, {"C1": 2}))
    assert known.measures["value"].tolist()[1] == 100 and known.variant == "by_influence"
    assert known.measures["n"].tolist()[1] == 1
    unknown = _one(_tables(ties))
    assert unknown.measures["value"].tolist()[1] == 50 and unknown.variant == "weights_equal"


def test_empty_and_no_ties():
    none = bonds_of({"contacts": pd.DataFrame({"contact_id": [], "account_id": []})}, as_of=DAY)
    assert none.empty and none.columns.tolist() == ACCOUNTS
    found = _one(_tables([], {"C1": 3}))
    assert (found.quadrant, found.flagged) == ("unknown", False)
    assert found.ours.empty and found.people["kind"].tolist() == ["none"]


def test_all_at_once_is_each_alone_in_any_order():
    one = _tables([("M1", "C1", "personal", 3), ("M2", "C1", "value", 2)], {"C1": 4})
    two = _tables([("M1", "D1", "value", 2), ("M3", "D2", "personal", 4)], {"D1": 2, "D2": 5}, "A2")
    both = {k: pd.concat([one[k], two[k]], ignore_index=True) for k in one}
    whole = bonds_of(both, as_of=DAY)
    parts = pd.concat([bonds_of(t, as_of=DAY) for t in (one, two)], ignore_index=True)
    pd.testing.assert_frame_equal(whole, parts)
    mixed = {k: t.sample(frac=1, random_state=1) for k, t in both.items()}
    pd.testing.assert_frame_equal(whole, bonds_of(mixed, as_of=DAY))
    single = _one(one).measures.set_index("measure")
    assert single["low"]["personal_score"] == whole["personal_low"][0]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["M1", "M2", "M3"]), st.sampled_from(["C1", "C2", "C3"]),
            st.sampled_from(["personal", "value"]), st.integers(0, 4),
        ),
        unique_by=lambda t: t[:3], min_size=1, max_size=12,
    )
)  # fmt: skip
def test_scores_and_shares_stay_in_bounds(ties):
    found = _one(_tables(ties, {"C1": 5, "C2": 1}), draws=50)
    rows = found.measures.set_index("measure")
    for name in ("personal_score", "value_score"):
        assert 0 <= rows["value"][name] <= 100
        assert rows["low"][name] <= rows["high"][name]
    assert (found.ours["share"].dropna() <= 1).all()
    assert (found.ours["personal_share"] <= found.ours["share"] + 1e-12).all() or np.isnan(
        found.ours["share"]
    ).all()
    assert found.ours["contacts"].sum() == len(
        {(a, b) for a, b, _, strength in ties if strength > 0}
    )
