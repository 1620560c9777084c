"""Gamma-gamma model of spend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.portfolio.gamma_gamma import (
    expected_spend,
    gamma_gamma_fit,
    gamma_gamma_spend,
)


def simulate(n: int, params: tuple[float, float, float], seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    p, q, v = params
    x = rng.integers(1, 12, n)
    rate = rng.gamma(q, 1 / v, n)
    spend = rng.gamma(p * x, 1 / (rate * x))
    ids = [f"C{i:04d}" for i in range(n)]
    return pd.DataFrame({"account_id": ids, "x": x, "mean_spend": spend})


def test_published_case(published: dict[str, dict[str, Any]]) -> None:
    case = published["P-GG"]
    params = [case["params"][k] for k in ("p", "q", "v")]
    exp, tol = case["exp"], case["tol"]
    assert float(gamma_gamma_spend(params, 0, 0)) == pytest.approx(exp["population_mean"], abs=tol)
    assert float(gamma_gamma_spend(params, 2, 22.35)) == pytest.approx(exp["x2_m22.35"], abs=tol)


@pytest.mark.parametrize("unit", [1.0, 1e6])
def test_recovery_in_any_unit_of_money(unit: float) -> None:
    sample = simulate(1500, (6.25, 3.74, 15.44), seed=3)
    sample["mean_spend"] *= unit
    fit = gamma_gamma_fit(sample, draws=100)
    rows = fit.summary.set_index("measure")
    truth = {"gamma_gamma_p": 6.25, "gamma_gamma_q": 3.74, "gamma_gamma_v": 15.44 * unit}
    for key, value in {**truth, "gamma_gamma_mean": 35.219 * unit}.items():
        assert rows.loc[key, "low"] < value < rows.loc[key, "high"]
    assert rows.loc["spend_frequency_correlation", "variant"] == "independent"


def test_dependence_is_reported() -> None:
    sample = simulate(300, (6.25, 3.74, 15.44), seed=3)
    sample["mean_spend"] = sample["mean_spend"] * sample["x"]
    rows = gamma_gamma_fit(sample, draws=20).summary.set_index("measure")
    link = rows.loc["spend_frequency_correlation"]
    assert link["variant"] == "dependent" and link["low"] > 0.3


def test_shrinkage_lies_between_own_mean_and_mean_of_all() -> None:
    sample = simulate(200, (6.25, 3.74, 15.44), seed=9)
    fit = gamma_gamma_fit(sample, draws=40)
    table = expected_spend(sample, fit)
    middle = float(gamma_gamma_spend(fit.params, 0, 0))
    low, high = np.minimum(table["mean_spend"], middle), np.maximum(table["mean_spend"], middle)
    assert table["expected_spend"].between(low, high).all()
    mixed = table["own_weight"] * table["mean_spend"] + (1 - table["own_weight"]) * middle
    assert table["expected_spend"].to_numpy() == pytest.approx(mixed.to_numpy())
    assert (table["low"] <= table["high"]).all()
    never = pd.DataFrame({"account_id": ["N"], "x": [0], "mean_spend": [np.nan]})
    assert expected_spend(never, fit)["expected_spend"].tolist() == pytest.approx([middle])


def test_mean_does_not_exist_when_q_is_one_or_less() -> None:
    assert np.isnan(float(gamma_gamma_spend([2.0, 0.9, 1.0], 0, 0.0)))


def test_minimum_and_force() -> None:
    sample = simulate(29, (6.25, 3.74, 15.44), seed=1)
    refused = gamma_gamma_fit(sample)
    assert not refused.usable and refused.summary["variant"].iloc[0] == "below_minimum"
    assert expected_spend(sample, refused)["expected_spend"].isna().all()
    forced = gamma_gamma_fit(sample, force=True, draws=20)
    assert forced.summary["variant"].iloc[0].startswith("forced_below_minimum")
    assert gamma_gamma_fit(simulate(30, (6.25, 3.74, 15.44), seed=1), draws=20).usable


def test_empty_and_dirty() -> None:
    empty = pd.DataFrame({"account_id": [], "x": [], "mean_spend": []}, dtype=float)
    assert not gamma_gamma_fit(empty, force=True).usable
    assert expected_spend(empty, gamma_gamma_fit(empty)).empty
    with pytest.raises(KamkitError):
        gamma_gamma_fit(pd.DataFrame({"x": [1]}))
    same = pd.DataFrame({"x": [3] * 40, "mean_spend": [5.0] * 40})
    rows = gamma_gamma_fit(same, draws=20).summary.set_index("measure")
    assert rows.loc["spend_frequency_correlation", "variant"] == "too_little_data"
