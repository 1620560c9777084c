"""Changes of the ground: found where planted, seldom announced where there are none."""

from __future__ import annotations

import numpy as np
import pandas as pd
from methods.forecast.companies import simulated

from kamkit.methods.forecast.calibration import drift_check
from kamkit.methods.forecast.stability import _quarters_back, stability_checks


def checks(**options) -> pd.DataFrame:
    return stability_checks(simulated(**options)).set_index("check")


def test_steady_companies_raise_few_alarms():
    found = [checks(seed=s)["p_value"] for s in range(20, 32)]
    assert sum((p < 0.01).any() for p in found) <= 1


def test_fewer_new_deals_are_found():
    for seed in (20, 21, 22):
        row = checks(seed=seed, regime="volume_drop").loc["arrivals"]
        assert row["p_value"] < 1e-4 and row["direction"] == "too_high"
        assert 0.3 < row["value"] / row["expected"] < 0.6


def test_a_lower_win_rate_is_found_in_a_large_company():
    for seed in (20, 21):
        row = checks(seed=seed, regime="win_rate_shift", deals_per_month=60).loc["moves"]
        assert row["p_value"] < 0.01 and row["direction"] == "too_high"
        assert row["value"] < row["expected"]


def test_a_found_change_ends_the_vouching():
    history = simulated(seed=20, regime="volume_drop")
    frame = pd.DataFrame({"origin": range(6), "actual": 0.0, "pit": 0.5, "p10": -1.0, "p90": 1.0})
    assert drift_check(frame).status == "holds"
    found = drift_check(frame, stability=stability_checks(history))
    assert (found.status, found.direction) == ("lost", "too_high")
    assert "arrivals" in found.checks["check"].tolist()


def test_too_little_and_nothing():
    assert stability_checks(simulated(seed=1, months=6, deals_per_month=0)).empty
    assert "moves" not in checks(seed=2, months=6, deals_per_month=1).index


def test_quarters_count_back_from_the_day():
    days = pd.Series(pd.to_datetime(["2026-06-30", "2026-04-01", "2026-03-31", "2025-07-01"]))
    assert _quarters_back(days, pd.Timestamp("2026-06-30")).tolist() == [0, 0, 1, 3]
    middle = pd.Series(pd.to_datetime(["2026-05-16", "2026-02-16", "2026-02-15"]))
    assert _quarters_back(middle, pd.Timestamp("2026-05-15")).tolist() == [0, 0, 1]


def test_order_of_rows_changes_nothing():
    history = simulated(seed=23, months=30)
    table = stability_checks(history)
    assert np.isfinite(table["p_value"]).all()
    mixed = history.deals.sample(frac=1, random_state=1)
    from dataclasses import replace

    pd.testing.assert_frame_equal(table, stability_checks(replace(history, deals=mixed)))
