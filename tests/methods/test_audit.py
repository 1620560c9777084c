"""Self-audit of the thirteen functions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.selection import self_audit
from kamkit.schemes import kam_functions

POINTS = [p.id for f in kam_functions() for p in f.points]


def rated(score, raters=("a",)):
    rows = [(p, r, score(i, j)) for i, p in enumerate(POINTS) for j, r in enumerate(raters)]
    return pd.DataFrame(rows, columns=["point", "rater_id", "score"])


def test_ends_of_the_scale():
    for score, value in ((0, 0), (4, 100), (2, 50)):
        found = self_audit(rated(lambda i, j, s=score: s))
        assert (found.functions["score"] == value).all()
        assert len(found.weakest) == 13
        assert (found.functions["hint"] == "one_rater").all()


def test_three_weakest_with_ties():
    table = rated(lambda i, j: 4)
    table.loc[table["point"].isin(["plan.1", "watch.1", "solve.1", "solve.2"]), "score"] = 2
    found = self_audit(table)
    assert found.weakest["function"].tolist() == ["solve", "plan", "watch"]
    table.loc[table["point"] == "measure.1", "score"] = 2
    assert len(self_audit(table).weakest) == 4
    assert self_audit(table).weakest["module"].tolist()[0] == "M10"


def test_agreement_follows_james_demaree_wolf():
    """Two raters one step apart: variance 0.5 against 2 of a uniform spread, r_wg = 0.75."""
    found = self_audit(rated(lambda i, j: 2 + j, ("a", "b")))
    assert found.functions["agreement"].to_numpy() == pytest.approx(0.75)
    assert (found.functions["hint"] == "agree").all()
    apart = self_audit(rated(lambda i, j: 4 * j, ("a", "b")))
    assert (apart.functions["agreement"] == 0).all() and (apart.functions["hint"] == "split").all()


def test_interval_needs_two_raters_and_stays_on_the_scale():
    one = self_audit(rated(lambda i, j: 3))
    assert one.functions["interval_low"].isna().all()
    two = self_audit(rated(lambda i, j: 3 + j, ("a", "b"))).functions
    assert (two["interval_low"] >= 0).all() and (two["interval_high"] <= 100).all()
    assert (two["interval_low"] < two["score"]).all()


def test_unrated_function_has_no_score_and_is_not_weakest():
    table = rated(lambda i, j: 3)
    found = self_audit(table[~table["point"].str.startswith("plan")])
    row = found.functions.set_index("function").loc["plan"]
    assert np.isnan(row["score"]) and row["hint"] == "not_rated" and not row["weakest"]
    coverage = found.summary.set_index("measure").loc["audit_coverage", "value"]
    assert coverage == pytest.approx(29 / 31)


def test_order_of_rows_does_not_matter():
    rng = np.random.default_rng(1)
    table = rated(lambda i, j: int(rng.integers(0, 5)), ("a", "b", "c"))
    mixed = self_audit(table.sample(frac=1, random_state=4))
    pd.testing.assert_frame_equal(self_audit(table).functions, mixed.functions)


def test_empty_and_dirty():
    empty = self_audit(pd.DataFrame({"point": [], "score": []}))
    assert len(empty.functions) == 13 and empty.functions["score"].isna().all()
    assert empty.weakest.empty and empty.summary["variant"].iloc[0] == "too_little_data"
    dirty = pd.DataFrame(
        {"point": ["plan.1", "plan.9", "plan.2", "plan.2"], "score": [5, 1, 2, "x"]}
    )
    with pytest.raises(KamkitError) as caught:
        self_audit(dirty)
    codes = sorted(p.code for p in caught.value.problems)
    assert codes == ["duplicate_key", "out_of_range", "out_of_range", "unknown_point"]
