"""Calibration: bins, ranges, places, and how often a lost calibration is announced."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.forecast.calibration import (
    calibration_table,
    coverage_table,
    drift_check,
    pit,
)

LEVELS = (np.arange(199) + 1) / 200


def test_bins_hold_everything_once():
    rng = np.random.default_rng(1)
    p = np.r_[rng.random(500), 0.0, 1.0, 0.1, 0.3]
    y = rng.random(504) < p
    table = calibration_table(p, y)
    assert table["n"].sum() == 504
    assert float(table["n"] @ table["mean_p"]) == pytest.approx(p.sum())
    assert ((table["mean_p"] >= table["p_low"]) & (table["mean_p"] <= table["p_high"])).all()
    edges = calibration_table(p, y, bins=[0, 0.2, 0.7, 1])
    assert edges["n"].sum() == 504 and len(edges) == 3
    assert calibration_table([], []).empty


def test_miscalibrated_chances_are_marked():
    rng = np.random.default_rng(2)
    p = rng.random(4000)
    assert calibration_table(p, rng.random(4000) < p)["off"].sum() <= 2
    assert calibration_table(p, rng.random(4000) < p * 0.7)["off"].sum() >= 6


def test_coverage_counts_ends_as_inside():
    frame = pd.DataFrame(
        {"actual": [1.0, 2.0, 9.0], "p10": 1.0, "p90": 2.0, "p25": 5.0, "p75": 6.0}
    )
    table = coverage_table(frame).set_index("band")
    assert table.loc[0.8, ["inside", "n"]].tolist() == [2, 3]
    assert table.loc[0.5, "inside"] == 0
    assert 0.95 not in table.index
    with pytest.raises(KamkitError):
        coverage_table(frame.drop(columns="actual"))


def test_places_of_an_honest_forecast_are_uniform():
    rng = np.random.default_rng(3)
    grid = np.quantile(rng.gamma(3, 2, 400_000), LEVELS)
    places = np.array([pit(LEVELS, grid, x) for x in rng.gamma(3, 2, 4000)])
    assert abs(places.mean() - 0.5) < 0.02
    assert abs((places < 0.1).mean() - 0.1) < 0.02
    assert (np.diff([pit(LEVELS, grid, x) for x in np.linspace(0, 30, 50)]) >= 0).all()


def test_places_where_a_forecast_has_a_step():
    """Three quarters in ten bring nothing: a 0 lies in the middle of that step."""
    grid = np.where(LEVELS <= 0.3, 0.0, LEVELS)
    assert pit(LEVELS, grid, 0.0) == pytest.approx(0.15)
    assert pit(LEVELS, np.zeros(199), 0.0) == 0.5
    assert pit(LEVELS, grid, 5.0) > 0.99
    assert np.isnan(pit(LEVELS, grid, np.nan))


def quarters(rng: np.random.Generator, n: int, shift: float = 0.0, scale: float = 1.0):
    z = shift + scale * rng.standard_normal(n)
    ends = {"p10": -1.2816, "p90": 1.2816}
    from scipy.stats import norm

    return pd.DataFrame({"origin": np.arange(n), "actual": z, "pit": norm.cdf(z)} | ends)


def announced(shift: float = 0.0, scale: float = 1.0, n: int = 8, runs: int = 400) -> float:
    rng = np.random.default_rng(4)
    lost = [drift_check(quarters(rng, n, shift, scale)).status == "lost" for _ in range(runs)]
    return float(np.mean(lost))


def test_false_alarms_are_rare_and_losses_are_found():
    assert announced() <= 0.06
    assert announced(shift=-1.5) > 0.6
    assert announced(scale=3.0, n=12) > 0.6


def test_direction_and_deals():
    rng = np.random.default_rng(5)
    low = drift_check(quarters(rng, 8, shift=-3))
    assert (low.status, low.direction) == ("lost", "too_high")
    deals = pd.DataFrame({"origin": np.repeat(np.arange(4), 60), "p_in_period": 0.3})
    deals["won_in_period"] = rng.random(240) < 0.05
    found = drift_check(quarters(rng, 3), deals)
    assert found.checks["check"].tolist() == ["deals"]
    assert (found.status, found.direction) == ("lost", "too_high")
    deals["won_in_period"] = rng.random(240) < 0.3
    assert drift_check(quarters(rng, 3), deals).status == "holds"


def test_too_little_to_check():
    frame = quarters(np.random.default_rng(6), 3)
    assert drift_check(frame).status == "too_little_history"
    assert drift_check(frame[:0]).checks.empty
