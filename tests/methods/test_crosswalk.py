"""Schemes against each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.selection import classify, crosswalk, most_disputed
from kamkit.schemes import load_scheme


def assigned(scheme, members, keys, status="classified"):
    ids = [f"A{i:02d}" for i in range(len(members))]
    return pd.DataFrame(
        {"account_id": ids, "scheme": scheme, "member": members, "status": status, "key": keys}
    )


def test_cohens_published_table():
    """Cohen's arithmetic on a 2 x 2 table: agreement .70, chance .50, kappa .40."""
    a = [True] * 25 + [False] * 25
    b = [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15
    walk = crosswalk([assigned("x", ["m"] * 50, a), assigned("y", ["m"] * 50, b)])
    row = walk.pairs.iloc[0]
    assert row["agreement"] == pytest.approx(0.7) and row["kappa"] == pytest.approx(0.4)
    assert row[["both_key", "only_a", "only_b", "neither"]].tolist() == [20, 5, 10, 15]
    assert row["low"] < 0.7 < row["high"]


def test_cells_add_up_and_pairs_come_once():
    tables = [assigned(s, ["a", "b", "a", "c"], [True, False, None, True]) for s in "xyz"]
    walk = crosswalk(tables)
    named = (walk.pairs["scheme_a"] + walk.pairs["scheme_b"]).tolist()
    assert named == ["xy", "xz", "yz"]
    assert (walk.cells.groupby(["scheme_a", "scheme_b"])["n"].sum() == 4).all()
    share = walk.cells.groupby(["scheme_a", "member_a", "scheme_b"])["share_of_a"].sum()
    assert np.allclose(share, 1)
    assert (walk.pairs["n"] == 3).all()


def test_several_labels_read_as_one():
    table = pd.concat(
        [
            assigned("x", ["key"], [True]),
            assigned("types", ["b"], [False]),
            assigned("types", ["a"], [True]),
        ]
    )
    walk = crosswalk(table)
    assert walk.accounts["verdicts"].tolist() == ["types:a + b; x:key"]
    assert walk.accounts["key_votes"].tolist() == [2]
    assert walk.accounts["readings"].tolist() == [1]


def test_open_counts_in_no_agreement():
    walk = crosswalk([assigned("x", [""], [None], "open"), assigned("y", ["key"], [True])])
    assert walk.pairs.loc[0, "n"] == 0 and walk.pairs.loc[0, "variant"] == "too_little_data"
    assert walk.cells["member_a"].tolist() == ["open"]
    assert walk.accounts["undecided"].tolist() == [1]


def test_most_disputed_keeps_ties():
    a = assigned("x", list("kkkk"), [True, True, True, True])
    b = assigned("y", list("knnk"), [True, False, False, True])
    walk = crosswalk([a, b])
    assert most_disputed(walk, top=1)["account_id"].tolist() == ["A01", "A02"]
    assert most_disputed(walk)["dispute"].tolist() == [1.0, 1.0]


def test_order_of_rows_does_not_matter():
    basis = pd.DataFrame({"account_id": list("abcdef"), "profit": [5, 3, -2, 9, 1, 0.0]})
    tables = [classify(basis, load_scheme(s)) for s in ("guide", "contribution_sales_profit")]
    mixed = [t.sample(frac=1, random_state=3) for t in tables]
    one, other = crosswalk(tables), crosswalk(mixed)
    pd.testing.assert_frame_equal(one.accounts, other.accounts)
    pd.testing.assert_frame_equal(one.cells, other.cells)


def test_empty_one_row_and_dirty():
    empty = assigned("x", [], [])
    walk = crosswalk([empty, empty])
    assert walk.cells.empty and walk.pairs.empty and walk.accounts.empty
    assert most_disputed(walk).empty
    single = crosswalk(assigned("x", ["a"], [True]))
    assert single.pairs.empty and len(single.accounts) == 1
    with pytest.raises(KamkitError):
        crosswalk(empty.drop(columns="key"))
