"""Forecasts of simulated companies against what came: calibration, errors, lost calibration."""

from __future__ import annotations

import sys

import pytest
from methods.forecast.planted import companies, summary

SEEDS = range(1, 201)
REGIMES = ("steady", "win_rate_shift", "optimism", "optimism_wave", "volume_drop")


def figures(table):
    return table.set_index(["figure", "method"])["value"]


def test_a_few_steady_companies():
    """Three companies, twelve quarters: bounds that only a broken forecast would miss."""
    table = summary(*companies(range(1, 4), "steady", last=4, draws=1000))
    found = figures(table)
    assert found["coverage_80", "model"] >= 0.5
    assert found["coverage_95", "model"] >= 0.75
    assert abs(found["bias", "model"]) < 0.35
    assert found["wape", "model"] < found["wape", "weighted_pipeline"]
    assert found["brier_won", "p_win"] < found["brier_won", "crm_probability"]
    assert found["brier_in_period", "p_in_period"] < found["brier_in_period", "weighted_p"]
    assert found["calibration_lost", "model"] == 0


def test_a_broken_market_is_announced():
    """New deals fall to 40 %: said so by every one of two companies."""
    words = companies(range(1, 3), "volume_drop", last=2, draws=500)[2]
    assert (words["drift"] == "lost").all()
    assert (words["direction"] == "too_high").all()


@pytest.mark.evidence
@pytest.mark.parametrize("regime", REGIMES)
def test_two_hundred_companies(regime, capsys):
    """200 companies x 6 quarters a regime: the 80 % range, the chances, and what is announced."""
    table = summary(*companies(SEEDS, regime))
    with capsys.disabled():
        head = f"\n{regime}: {len(SEEDS)} companies, last 6 quarters each\n"
        sys.stderr.write(head + table.round(3).to_string(index=False) + "\n")
    found = figures(table)
    assert found["brier_won", "p_win"] < found["brier_won", "crm_probability"]
    assert found["brier_in_period", "p_in_period"] < found["brier_in_period", "weighted_p"]
    honest = 0.75 <= found["coverage_80", "model"] <= 0.85
    if regime == "steady":
        assert honest
        assert found["calibration_lost", "model"] <= 0.10
    else:
        assert honest or found["calibration_lost", "model"] >= 0.5
