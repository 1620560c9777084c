"""The four-fifths screen: exact at the line, with what chance does beside it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.appraisal import four_fifths
from kamkit.methods.appraisal.fairness import ratio_interval


def counts(**groups: tuple[int, int]) -> pd.DataFrame:
    return pd.DataFrame(
        [(g, *c) for g, c in groups.items()], columns=["group", "selected", "total"]
    )


def test_as_published(published):
    case = published["P-45RULE"]
    shares = {g: (round(100 * r), 100) for g, r in case["rates"].items()}
    found = four_fifths(counts(**shares)).set_index("group")
    for group, ratio in case["exp"]["ratio"].items():
        assert found.loc[group, "ratio"] == Fraction(str(ratio))
    assert found.index[found["flagged"]].tolist() == case["exp"]["flagged"]
    assert found.loc["white", "note"] == "reference"
    second = four_fifths(counts(**{g: tuple(c) for g, c in case["counts"].items()}))
    b = second.set_index("group").loc["b"]
    assert float(b["ratio"]) == case["exp2"]["ratio"]
    assert b["fisher_p"] == pytest.approx(case["exp2"]["fisher_p"], abs=1e-5)
    assert b["z"] == pytest.approx(case["exp2"]["z"], abs=1e-4)


def test_exactly_four_fifths_is_never_flagged():
    for n in range(5, 200, 5):
        found = four_fifths(counts(a=(n, n), b=(4 * n // 5, n)))
        assert not found["flagged"].any()
        assert four_fifths(counts(a=(n, n), b=(4 * n // 5 - 1, n)))["flagged"].sum() == 1


def test_few_people():
    found = four_fifths(counts(a=(6, 8), b=(3, 8), c=(4, 4))).set_index("group")
    assert found.loc["c", "note"] == "too_few" and found.loc["c", "ratio"] is None
    assert found.loc["b", "flagged"] and found.loc["b", "note"] == "flag_may_be_chance"
    assert found.loc["b", "more_needed"] == 2
    lone = four_fifths(counts(a=(6, 8), c=(1, 4))).set_index("group")
    assert lone.loc["a", "note"] == "one_group" and not lone["flagged"].any()
    nobody = four_fifths(counts(a=(0, 8), b=(0, 8)))
    assert set(nobody["note"]) == {"nobody_selected"} and not nobody["flagged"].any()
    close = four_fifths(counts(a=(7, 10), b=(5, 10))).set_index("group").loc["b"]
    assert close["note"] == "one_person_decides" and close["more_needed"] == 1
    many = four_fifths(counts(a=(900, 1000), b=(800, 1000))).set_index("group").loc["b"]
    assert many["note"] == "difference_without_flag" and not many["flagged"]


@pytest.mark.parametrize("hits", range(5))
def test_so_many_more_lift_the_flag(hits):
    found = four_fifths(counts(a=(9, 11), b=(hits, 13))).set_index("group").loc["b"]
    assert found["flagged"] and found["more_needed"] > 0
    for more, flagged in ((found["more_needed"] - 1, True), (found["more_needed"], False)):
        again = four_fifths(counts(a=(9, 11), b=(hits + more, 13))).set_index("group").loc["b"]
        assert again["flagged"] == flagged


def test_from_decisions_on_people():
    members = pd.DataFrame(
        {"member_id": [f"M{i}" for i in range(20)], "group": ["a"] * 9 + ["b"] * 9 + [None] * 2,
         "x_site": ["n", "s"] * 10}
    )  # fmt: skip
    rows = pd.DataFrame(
        {"member_id": members["member_id"], "period": "2026H1", "decision": "promoted",
         "selected": ["yes", "no"] * 10}
    )  # fmt: skip
    more = rows.assign(decision="bonus", selected="yes")
    found = four_fifths(pd.concat([rows, more]), members=members)
    assert found["decision"].unique().tolist() == ["bonus", "promoted"]
    assert found["total"].sum() == 40
    assert set(found.loc[found["group"] == "", "note"]) == {"no_group"}
    by_site = four_fifths(rows, members=members, by="x_site").set_index("group")
    assert by_site.loc["n", "rate"] == 1.0 and by_site.loc["s", "flagged"]
    assert four_fifths(rows, members=members, period="2025H1").empty
    with pytest.raises(KamkitError) as error:
        four_fifths(pd.concat([rows, rows]).assign(selected="perhaps"), members=members)
    assert {p.code for p in error.value.problems} == {"not_yes_or_no", "duplicate_key"}


def test_dirty_and_empty():
    assert four_fifths(counts()).empty
    for bad in ((9, 8), (-1, 8), (1.5, 8)):
        with pytest.raises(KamkitError) as error:
            four_fifths(counts(a=bad, b=(3, 8)))
        assert {p.code for p in error.value.problems} == {"count_off"}
    assert four_fifths(counts(a=(0, 0)))["note"].tolist() == ["too_few"]
    one = counts(a=(6, 8), b=(3, 8), c=(5, 9))
    pd.testing.assert_frame_equal(four_fifths(one), four_fifths(one.sample(frac=1, random_state=1)))


def test_interval_of_the_ratio_holds():
    rng = np.random.default_rng(3)
    a, b = rng.binomial(30, 0.4, 600), rng.binomial(40, 0.5, 600)
    inside = [
        low <= 0.8 <= high
        for low, high in (ratio_interval(int(x), 30, int(y), 40) for x, y in zip(a, b, strict=True))
    ]
    assert 0.92 <= np.mean(inside) <= 0.98
    assert ratio_interval(0, 10, 5, 10)[0] == 0.0
    assert ratio_interval(5, 10, 0, 10)[1] == np.inf
