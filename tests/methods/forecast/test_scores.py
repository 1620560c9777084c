"""Scores against their published cases, their edges and their properties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from kamkit.methods.forecast.score_tables import (
    chance_scores,
    error_scores,
    interval_scores,
    ratio_interval,
)
from kamkit.methods.forecast.scores import (
    auc,
    bias,
    brier,
    brier_parts,
    coverage,
    crps_normal,
    crps_quantiles,
    crps_sample,
    mae,
    mape,
    mase,
    pinball,
    rmse,
    wape,
    winkler,
)


def test_published_pinball_mape_brier_auc(published):
    case = published["P-PINBALL"]
    expected = case["exp"]
    found = {
        "y123_q023_a.1": pinball([1, 2, 3], [0, 2, 3], 0.1),
        "y123_q124_a.1": pinball([1, 2, 3], [1, 2, 4], 0.1),
        "y123_q023_a.9": pinball([1, 2, 3], [0, 2, 3], 0.9),
        "y123_q124_a.9": pinball([1, 2, 3], [1, 2, 4], 0.9),
        "mape y[3,-0.5,2,7] f[2.5,0,2,8]": mape([3, -0.5, 2, 7], [2.5, 0, 2, 8]),
        "brier y[0,1,1,0] p[.1,.9,.8,.3]": brier([0.1, 0.9, 0.8, 0.3], [0, 1, 1, 0]),
        "auc y[0,0,1,1] s[.1,.4,.35,.8]": auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]),
    }
    assert set(found) == set(expected)
    for name, value in found.items():
        assert value == pytest.approx(expected[name], abs=case["tol"]), name


def test_published_forecast_errors(published):
    case = published["P-FCERR"]
    actual, forecast, expected = case["actual"], case["forecast"], case["exp"]
    tol = {"abs": case["tol"]}
    assert wape(actual, forecast) == pytest.approx(expected["wape"], **tol)
    assert bias(actual, forecast) == pytest.approx(expected["bias"], **tol)
    assert mae(actual, forecast) == pytest.approx(expected["mae"], abs=1e-4)
    assert rmse(actual, forecast) == pytest.approx(expected["rmse"], **tol)
    share, inside, n = coverage(actual, case["lo80"], case["hi80"])
    assert (inside, n) == (5, 6)
    assert share == pytest.approx(expected["coverage80"], **tol)
    found = winkler(actual, case["lo80"], case["hi80"], level=0.8)
    assert found == pytest.approx(expected["winkler80"], **tol)
    table = error_scores(actual, forecast).set_index("measure")
    assert np.isnan(mape(actual, forecast))
    assert table.loc["mape", "variant"] == "zero_actual"
    assert table.loc["wape", "low"] < expected["wape"] < table.loc["wape", "high"]


def test_published_crps(published):
    case = published["P-CRPS"]
    found = crps_normal(0.0, 1.0, [0.0, 1.0])
    expected = [case["exp"]["N01_at0"], case["exp"]["N01_at1"]]
    assert found == pytest.approx(expected, abs=case["tol"])


def test_crps_three_ways_agree():
    """Closed form, draws, quantile grid and the integral of its definition."""
    rng = np.random.default_rng(1)
    draws = rng.normal(3, 2, 200_000)
    levels = (np.arange(199) + 1) / 200
    exact = float(crps_normal(3, 2, 4.5))

    def squared(x):
        return (stats.norm.cdf(x, 3, 2) - (x >= 4.5)) ** 2

    area = integrate.quad(squared, -20, 4.5)[0] + integrate.quad(squared, 4.5, 30)[0]
    assert exact == pytest.approx(area, abs=1e-6)
    assert crps_sample(draws, 4.5) == pytest.approx(exact, abs=0.01)
    assert crps_quantiles(levels, np.quantile(draws, levels), 4.5) == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize("seed", range(20))
def test_brier_parts_add_up(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 300))
    p, y = rng.random(n), rng.integers(0, 2, n)
    parts = brier_parts(p, y, bins=int(rng.integers(1, 20)))
    left = parts["reliability"] - parts["resolution"] + parts["uncertainty"] + parts["within_bins"]
    assert left == pytest.approx(parts["brier"], abs=1e-12)
    whole = brier_parts(np.round(p, 1), y, bins=1000)
    assert whole["within_bins"] == pytest.approx(0, abs=1e-12)
    assert min(parts["reliability"], parts["resolution"], parts["uncertainty"]) >= 0


def test_the_true_quantile_and_the_true_chance_score_best():
    rng = np.random.default_rng(3)
    values = rng.gamma(2, 10, 50_000)
    for tau in (0.1, 0.5, 0.9):
        best = pinball(values, np.quantile(values, tau), tau)
        assert best < min(pinball(values, np.quantile(values, tau) + d, tau) for d in (-2, 2))
    p = rng.random(50_000)
    y = rng.random(50_000) < p
    assert brier(p, y) < min(brier(np.clip(p + d, 0, 1), y) for d in (-0.05, 0.05))
    assert brier_parts(p, y)["reliability"] < 0.001


def test_auc_equals_the_count_of_pairs():
    rng = np.random.default_rng(5)
    p, y = rng.integers(0, 8, 60) / 8, rng.integers(0, 2, 60)
    wins, rest = p[y == 1][:, None], p[y == 0]
    assert auc(p, y) == pytest.approx(((wins > rest) + 0.5 * (wins == rest)).mean())
    assert np.isnan(auc([0.2, 0.3], [1, 1]))


def test_nothing_one_and_missing():
    for score in (wape, bias, mae, rmse, mape):
        assert np.isnan(score([], []))
        assert score([10, np.nan], [11, 5]) == score([10], [11])
    assert np.isnan(wape([0, 0], [1, 2])), "nothing was booked: no share of it"
    assert np.isnan(mase([1], [2], [5])), "one period is no history"
    assert np.isnan(mase([1], [2], [5, 5, 5])), "a history that never moves has no scale"
    assert coverage([np.nan], [0], [1])[1:] == (0, 0)
    empty = error_scores([], []).set_index("measure")
    assert (empty["variant"] == "too_little_data").all()
    assert chance_scores([], []).set_index("measure").loc["brier", "variant"] == "too_little_data"
    table = interval_scores([], pd.DataFrame({"p10": [], "p90": []}, dtype=float))
    assert table.set_index("measure").loc["coverage_80", "n"] == 0
    one = error_scores([5.0], [4.0]).set_index("measure")
    assert one.loc["wape", "variant"] == "no_interval_few_periods"


def test_order_of_rows_changes_nothing():
    rng = np.random.default_rng(8)
    p, y = rng.random(50), rng.integers(0, 2, 50)
    deal = rng.integers(0, 20, 50)
    order = rng.permutation(50)
    one = chance_scores(p, y, cluster=deal)
    two = chance_scores(p[order], y[order], cluster=deal[order])
    pd.testing.assert_series_equal(one["value"], two["value"])


def test_bootstrap_of_a_ratio_covers():
    """About 95 of 100 intervals hold the true ratio (here 0.5)."""
    rng = np.random.default_rng(9)
    hits = 0
    for seed in range(200):
        below = rng.gamma(4, 1, 40)
        low, high = ratio_interval(below * rng.uniform(0, 1, 40), below, draws=400, seed=seed)
        hits += low <= 0.5 <= high
    assert 0.88 <= hits / 200 <= 0.99
