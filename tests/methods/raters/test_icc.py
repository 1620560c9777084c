"""ICC, variance components, Spearman-Brown: published cases and independent formulas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from methods.raters.tables import judges, long_of

from kamkit.errors import KamkitError
from kamkit.methods.raters import (
    icc,
    icc_form,
    raters_needed,
    rating_variance,
    spearman_brown,
    standard_error_of_measurement,
    wide_scores,
)
from kamkit.methods.raters.additive import rating_design
from kamkit.methods.raters.variance import sharing

# Intervals of the same data as other packages print them (rounded to two places).
PRINTED = {
    "1,1": (-0.13, 0.72), "2,1": (0.02, 0.76), "3,1": (0.34, 0.95),
    "1,k": (-0.88, 0.91), "2,k": (0.07, 0.93), "3,k": (0.68, 0.99),
}  # fmt: skip


def by(table: pd.DataFrame, key: str = "measure") -> pd.DataFrame:
    return table.set_index(key)


def test_six_forms_as_published(published):
    case = published["P-ICC"]
    found = icc(judges(published))
    forms = by(found.forms, "form")
    for form, value in case["exp"].items():
        if form in forms.index:
            assert forms.loc[form, "value"] == pytest.approx(value, abs=case["tol"])
    squares = by(found.mean_squares, "part")["ms"]
    names = {"ratees": "between", "within": "within", "raters": "judges", "residual": "error"}
    for part, name in names.items():
        assert squares[part] == pytest.approx(case["exp"]["MS"][name], abs=case["tol"])
    for form, ends in PRINTED.items():
        assert forms.loc[form, ["low", "high"]].tolist() == pytest.approx(ends, abs=0.0051)


def test_which_form():
    def form(**design):
        return icc_form(**{"same_raters": True, "level_matters": True, "mean_used": True} | design)

    assert form(same_raters=False).form == "1,k"
    assert form(mean_used=False).form == "2,1"
    assert form(level_matters=False, raters_sampled=False).form == "3,k"
    assert form(raters_sampled=False).reason_key == "level_fixed"
    assert form(level_matters=False).name == "ICC(C,k)"


def test_too_little_gaps_and_no_spread(published):
    table = judges(published)
    for few in (table.iloc[:0], table.iloc[:1], table[["A"]], pd.DataFrame()):
        forms = icc(few).forms
        assert forms["value"].isna().all() and len(forms) == 6
        assert (forms["variant"] == "too_little_data").all()
    gap = table.copy()
    gap.loc["p0", "B"] = np.nan
    found = icc(gap)
    assert found.dropped == 1 and found.forms["variant"].iloc[0] == "f_interval; listwise"
    flat = icc(pd.DataFrame({"A": [3, 3, 3], "B": [3, 3, 3]})).forms
    assert flat["value"].isna().all() and flat["variant"].iloc[0] == "no_variance"
    agreed = by(icc(pd.DataFrame({"A": [1, 2, 3], "B": [1, 2, 3]})).forms, "form")
    assert agreed.loc["2,1", "value"] == 1 and np.isnan(agreed.loc["2,1", "low"])
    shifted = by(icc(pd.DataFrame({"A": [1, 2, 3], "B": [2, 3, 4]})).forms, "form")
    assert shifted.loc["3,1", "value"] == 1 and shifted.loc["2,1", "value"] < 1
    assert shifted.loc["2,1", "variant"] == "no_disagreement"
    with pytest.raises(KamkitError):
        icc(pd.DataFrame({"A": ["good", 1], "B": [1, 2]}))


@settings(max_examples=40, deadline=None)
@given(arrays(float, (6, 3), elements=st.integers(1, 5).map(float)), st.permutations(range(6)))
def test_order_shift_and_scale_change_nothing(x, order):
    one, two = icc(pd.DataFrame(x)).forms, icc(pd.DataFrame(2 * x[list(order)] + 3)).forms
    for column in ("value", "low", "high"):
        assert one[column].to_numpy() == pytest.approx(
            two[column].to_numpy(), abs=1e-7, nan_ok=True
        )
    known = one.dropna(subset=["low"])
    assert (known["low"] <= known["value"] + 1e-9).all()
    assert (known["value"] <= known["high"] + 1e-9).all()


def test_components_of_a_complete_table_are_those_of_the_mean_squares(published):
    found = by(rating_variance(long_of(judges(published))))
    b, _, j, e = icc(judges(published)).mean_squares["ms"]
    assert found["value"][["var_person", "var_rater", "var_residual"]].tolist() == pytest.approx(
        [(b - e) / 4, (j - e) / 6, e]
    )
    forms = by(icc(judges(published)).forms, "form")
    for measure, form in {"reliability_one_rater": "2,1", "reliability_design": "3,k"}.items():
        assert found.loc[measure, "value"] == pytest.approx(forms.loc[form, "value"])
        assert found.loc[measure, ["low", "high"]].tolist() == pytest.approx(
            forms.loc[form, ["low", "high"]].tolist(), abs=0.02
        )


def dense_reml(table: pd.DataFrame) -> np.ndarray:
    """Person, rater and residual variance by REML on the whole covariance matrix."""
    from scipy.optimize import minimize

    y = table["score"].to_numpy()
    z = [(pd.get_dummies(table[c]).to_numpy(dtype=float)) for c in ("ratee_id", "rater_id")]
    blocks = [m @ m.T for m in z] + [np.eye(len(y))]
    one = np.ones((len(y), 1))

    def loss(logs: np.ndarray) -> float:
        v = sum(np.exp(s) * block for s, block in zip(logs, blocks, strict=True))
        inverse = np.linalg.inv(v)
        weight = one.T @ inverse @ one
        rest = y - (one @ np.linalg.solve(weight, one.T @ inverse @ y))
        fit = rest @ inverse @ rest
        return float(np.linalg.slogdet(v)[1] + np.linalg.slogdet(weight)[1] + fit)

    return np.exp(minimize(loss, np.log([0.3, 0.3, 0.3]), method="Nelder-Mead").x)


def test_incomplete_table_agrees_with_reml():
    rng = np.random.default_rng(5)
    person, rater = rng.normal(0, 1, 30), rng.normal(0, 0.7, 10)
    rows = [
        (f"p{p}", f"r{r}", 5 + person[p] + rater[r] + rng.normal(0, 0.5))
        for p in range(30)
        for r in rng.choice(10, 4, replace=False)
    ]
    table = pd.DataFrame(rows, columns=["ratee_id", "rater_id", "score"])
    found = by(rating_variance(table))["value"]
    ours = found[["var_person", "var_rater", "var_residual"]].to_numpy()
    assert ours == pytest.approx(dense_reml(table), rel=0.08)
    assert found["reliability_one_rater"] < found["reliability_design"] < 1


def test_g_of_design_lies_between_crossed_and_nested():
    """Severity counts not at all where all share their raters, and fully where nobody does."""
    rng = np.random.default_rng(6)
    person, rater = rng.normal(0, 1, 30), rng.normal(0, 1, 60)
    noise = rng.normal(0, 0.5, (30, 60))

    def design(raters_of):
        rows = [
            (f"p{p}", f"r{r:02d}", person[p] + rater[r] + noise[p, r])
            for p in range(30)
            for r in raters_of(p)
        ]
        table = pd.DataFrame(rows, columns=["ratee_id", "rater_id", "score"])
        return table.assign(competency="", period="")

    crossed = design(lambda p: (0, 1))
    mixed = design(lambda p: (p % 6, (p + 1) % 6))
    nested = design(lambda p: (2 * p, 2 * p + 1))
    shares = [sharing(rating_design(t)) for t in (crossed, mixed, nested)]
    assert shares[0] == pytest.approx((0, 0.5)) and shares[2] == pytest.approx((0.5, 0.5))
    assert 0 < shares[1][0] < 0.5
    found = by(rating_variance(nested))
    assert found.loc["var_rater", "variant"].startswith("raters_nested")
    assert np.isnan(found.loc["var_rater", "value"])
    # The one-way case is ICC(1,k) of the table with raters in any order.
    wide = pd.DataFrame({
        k: [person[p] + rater[2 * p + k] + noise[p, 2 * p + k] for p in range(30)] for k in (0, 1)
    })  # fmt: skip
    assert found.loc["reliability_design", "value"] == pytest.approx(
        by(icc(wide).forms, "form").loc["1,k", "value"]
    )


def test_variance_of_little_data():
    columns = ["ratee_id", "rater_id", "score"]
    for rows in ([], [("p", "A", 3)], [("p", "A", 3), ("p", "B", 4)]):
        found = rating_variance(pd.DataFrame(rows, columns=columns))
        assert found["value"].isna().all() and (found["variant"] == "too_little_data").all()


def test_spearman_brown_and_measurement_error(published):
    case = published["P-SB"]
    found = by(raters_needed(0.52))["value"]
    assert found["raters_needed_exact"] == pytest.approx(case["exp"]["raters_for_.80_from_.52"],
                                                         abs=case["tol"])  # fmt: skip
    assert found["raters_needed"] == case["exp"]["rounded_up"]
    assert spearman_brown(0.7148, 4) == pytest.approx(case["exp"]["k4_from_.7148"], abs=1e-4)
    assert standard_error_of_measurement(10, 0.52) == pytest.approx(
        case["exp"]["sem_sd10_r.52"], abs=case["tol"]
    )
    whole = by(raters_needed(0.5, target=2 / 3, low=0.0, high=0.8, n=9)).loc["raters_needed"]
    assert whole[["value", "low", "high", "n"]].tolist() == [2, 1, np.inf, 9]
    assert raters_needed(-0.1)["variant"].iloc[0] == "no_reliability"
    for call in (
        lambda: raters_needed(0.5, target=1.0),
        lambda: standard_error_of_measurement(-1, 0.5),
        lambda: icc(pd.DataFrame(), level=95),
    ):
        with pytest.raises(KamkitError) as error:
            call()
        assert error.value.problems[0].code == "option_out_of_range"


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_raters_needed_reach_the_target(r, target):
    exact = raters_needed(r, target=target)["value"].iloc[0]
    assert spearman_brown(r, exact) == pytest.approx(target)


def test_wide_scores_are_means_without_self():
    rows = pd.DataFrame({
        "ratee_id": ["p", "p", "p", "q"], "rater_id": ["A", "A", "p", "A"], "score": [3, 4, 5, 1],
    })  # fmt: skip
    wide = wide_scores(rows)
    assert wide.columns.tolist() == ["A"] and wide["A"].tolist() == [3.5, 1.0]
