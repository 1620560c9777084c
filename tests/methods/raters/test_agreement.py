"""Alpha, kappa, W: published cases, another library where there is one, edges."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from methods.raters.tables import judges
from statsmodels.stats import inter_rater

from kamkit.errors import KamkitError
from kamkit.methods.raters import (
    category_counts,
    cohen_kappa,
    fleiss_kappa,
    kendall_w,
    krippendorff_alpha,
)

LEVELS = ["nominal", "ordinal", "interval", "ratio"]


def by(table: pd.DataFrame) -> pd.DataFrame:
    return table.set_index("measure")


def pairs_of(table) -> tuple[list[int], list[int]]:
    """Ratings of two raters behind a square table of counts."""
    cells = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return [i for i, _ in cells], [j for _, j in cells]


@pytest.mark.parametrize("level", LEVELS)
def test_alpha_as_published(published, level):
    case = published["P-KALPHA"]
    found = krippendorff_alpha(pd.DataFrame(case["X"]).T.astype(float), level=level).iloc[0]
    assert found["value"] == pytest.approx(case["exp"][level], abs=case["tol"])
    assert found["n"] == 11  # the last unit has one rating only
    assert found["low"] < found["value"] < found["high"]


def by_definition(x: np.ndarray, level: str) -> float:
    """Alpha from every pair of values, one after the other."""
    units = [[v for v in row if not np.isnan(v)] for row in x]
    units = [u for u in units if len(u) > 1]
    every = [v for u in units for v in u]

    def apart(a: float, b: float) -> float:
        if level == "nominal":
            return float(a != b)
        if level == "interval":
            return (a - b) ** 2
        if level == "ratio":
            return ((a - b) / (a + b)) ** 2 if a + b else 0.0
        low, high = min(a, b), max(a, b)
        between = sum(low <= v <= high for v in every)
        return (between - (every.count(a) + every.count(b)) / 2) ** 2 if a != b else 0.0

    n = len(every)
    seen = sum(
        apart(a, b) / (len(u) - 1) for u in units for a, b in itertools.permutations(u, 2)
    ) / n  # fmt: skip
    chance = sum(apart(a, b) for a, b in itertools.permutations(every, 2)) / (n * (n - 1))
    return 1 - seen / chance if chance else np.nan


@pytest.mark.parametrize("level", LEVELS)
@settings(max_examples=25, deadline=None)
@given(arrays(float, (5, 3), elements=st.sampled_from([1.0, 2.0, 3.0, 5.0, np.nan])))
def test_alpha_by_definition(level, x):
    found = krippendorff_alpha(pd.DataFrame(x), level=level, draws=20)["value"].iloc[0]
    known = (~np.isnan(x)).sum(axis=1) > 1
    if known.sum() > 1:
        assert found == pytest.approx(by_definition(x, level), abs=1e-9, nan_ok=True)
    else:
        assert np.isnan(found)


def test_alpha_edges(published):
    x = judges(published)
    one = krippendorff_alpha(x)
    pd.testing.assert_frame_equal(one, krippendorff_alpha(x.iloc[::-1]))
    assert krippendorff_alpha(x.iloc[:0])["variant"].iloc[0] == "interval_level; too_little_data"
    flat = krippendorff_alpha(pd.DataFrame({"A": [3, 3], "B": [3, 3]})).iloc[0]
    assert np.isnan(flat["value"]) and flat["variant"].endswith("no_variance")
    same = krippendorff_alpha(pd.DataFrame({"A": [1, 2], "B": [1, 2]})).iloc[0]
    assert same["value"] == 1 and np.isnan(same["low"])
    with pytest.raises(KamkitError) as error:
        krippendorff_alpha(x, level="fine")
    assert error.value.problems[0].code == "unknown_option"


def test_kappa_as_published(published):
    case = published["P-KAPPA"]
    two = by(cohen_kappa(*pairs_of(case["t2"])))
    assert two.loc["kappa", "value"] == pytest.approx(case["exp"]["k2"])
    assert two.loc["agreement", "value"] == pytest.approx(0.7)
    assert two.loc["bias_index", "value"] == pytest.approx(0.1)
    assert two.loc["prevalence_index", "value"] == pytest.approx(0.1)
    assert two.loc["kappa_even", "value"] == pytest.approx(0.4)
    four = pairs_of(case["t4"])
    for weights, key in ((None, "unweighted"), ("linear",) * 2, ("quadratic",) * 2):
        found = by(cohen_kappa(*four, weights=weights)).loc["kappa"]
        assert found["value"] == pytest.approx(case["exp"][f"k4_{key}"], abs=case["tol"])


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
def test_kappa_and_its_interval_as_in_statsmodels(published, weights):
    table = np.array(published["P-KAPPA"]["t4"])
    ours = by(cohen_kappa(*pairs_of(table), weights=weights)).loc["kappa"]
    theirs = inter_rater.cohens_kappa(table, wt=weights)
    assert ours["value"] == pytest.approx(theirs.kappa)
    ends = (theirs.kappa_low, theirs.kappa_upp)
    assert ours[["low", "high"]].tolist() == pytest.approx(ends, abs=1e-6)


def test_kappa_depends_on_prevalence():
    """The same agreement, once on even and once on lopsided items."""
    even, lopsided = [[45, 5], [5, 45]], [[85, 5], [5, 5]]
    tables = [by(cohen_kappa(*pairs_of(t)))["value"] for t in (even, lopsided)]
    assert tables[0]["agreement"] == tables[1]["agreement"] == 0.9
    assert tables[0]["kappa"] == pytest.approx(0.8) and tables[1]["kappa"] < 0.45
    assert tables[1]["prevalence_index"] == pytest.approx(0.8)


def test_kappa_edges():
    empty = by(cohen_kappa([], []))
    assert empty.loc["kappa", "variant"] == "unweighted; too_little_data"
    alike = by(cohen_kappa(["a", "a"], ["a", "a"]))
    assert np.isnan(alike.loc["kappa", "value"])
    assert alike.loc["kappa", "variant"] == "unweighted; no_variance"
    full = by(cohen_kappa([1, 2, None, 3], [1, 2, 3, 3])).loc["kappa"]
    assert full[["value", "n"]].tolist() == [1, 3] and np.isnan(full["low"])
    words = by(cohen_kappa(["low", "high"], ["low", "mid"], weights="linear",
                           categories=["low", "mid", "high"]))  # fmt: skip
    assert words.loc["agreement", "value"] == pytest.approx(0.75)
    for call, code in (
        (lambda: cohen_kappa([1], [1, 2]), "rows_differ"),
        (lambda: cohen_kappa(["a"], ["b"], weights="linear"), "categories_needed"),
        (lambda: cohen_kappa(["a"], ["b"], categories=["a"]), "unknown_choice"),
        (lambda: cohen_kappa([1], [1], weights="cubic"), "unknown_option"),
    ):
        with pytest.raises(KamkitError) as error:
            call()
        assert error.value.problems[0].code == code


def test_fleiss_as_published(published):
    case = published["P-FLEISS"]
    found = by(fleiss_kappa(pd.DataFrame(case["X"]))).loc["fleiss_kappa"]
    assert found["value"] == pytest.approx(case["exp"]["kappa"], abs=case["tol"])
    assert found["low"] < found["value"] < found["high"]
    assert found["value"] == pytest.approx(inter_rater.fleiss_kappa(np.array(case["X"])))


def test_fleiss_edges():
    counts = category_counts(pd.DataFrame({"A": [1, 2, 3], "B": [1, 2, None], "C": [1, 3, None]}))
    assert counts.values.tolist() == [[3, 0, 0], [0, 2, 1], [0, 0, 1]]
    found = fleiss_kappa(counts).iloc[0]
    assert found["n"] == 2
    full = fleiss_kappa(pd.DataFrame([[2, 0], [0, 3]])).iloc[0]
    assert full["value"] == 1 and full["variant"] == "no_disagreement; unequal_raters"
    for few in (pd.DataFrame(), pd.DataFrame([[3, 0]])):
        assert np.isnan(fleiss_kappa(few)["value"].iloc[0])
    with pytest.raises(KamkitError):
        fleiss_kappa(pd.DataFrame([[-1, 4]]))


def test_w_as_published(published):
    case = published["P-W"]
    found = by(kendall_w(judges(published)))
    value, tol = found["value"], case["tol"]
    assert value["kendall_w"] == pytest.approx(case["exp"]["W_tie_corrected"], abs=tol)
    assert value["kendall_w_uncorrected"] == pytest.approx(case["exp"]["W_uncorrected"], abs=tol)
    assert value["kendall_chi2"] == pytest.approx(case["exp"]["chi2"], abs=tol)
    assert value["kendall_p"] == pytest.approx(case["exp"]["p"], abs=tol)
    assert value["kendall_df"] == case["exp"]["df"]
    low, high = found.loc["kendall_w", ["low", "high"]]
    assert low < value["kendall_w"] < high


def test_w_is_blind_to_severity_and_the_spread_of_levels_is_not(published):
    table = judges(published)
    harsh = table.assign(B=table["B"] - 10)
    one, two = by(kendall_w(table)), by(kendall_w(harsh))
    assert one.loc["kendall_w", "value"] == two.loc["kendall_w", "value"]
    spread = table.mean().max() - table.mean().min()
    assert one.loc["level_spread", "value"] == pytest.approx(spread)
    assert two.loc["level_spread", "value"] > one.loc["level_spread", "value"] + 9
    assert two.loc["level_spread", "low"] > 0


def test_w_edges():
    for few in (pd.DataFrame(), pd.DataFrame({"A": [1, 2]}), pd.DataFrame({"A": [1], "B": [2]})):
        found = kendall_w(few)
        assert found["value"].isna().all() and len(found) == 6
    flat = by(kendall_w(pd.DataFrame({"A": [3, 3], "B": [3, 3]})))
    assert flat.loc["kendall_w", "variant"] == "no_variance"
    assert np.isnan(flat.loc["kendall_p", "value"])
    against = by(kendall_w(pd.DataFrame({"A": [1, 2, 3], "B": [3, 2, 1]})))
    assert against.loc["kendall_w", "value"] == 0
