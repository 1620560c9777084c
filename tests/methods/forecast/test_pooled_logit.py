"""Logistic regression with pooled blocks."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import sparse

from kamkit.methods.forecast.pooled_logit import Block, draw_effects, pooled_logit


def _groups(rng: np.random.Generator, effects: np.ndarray, n: int) -> tuple[np.ndarray, ...]:
    who = np.repeat(np.arange(len(effects)), n)
    y = (rng.random(len(who)) < 1 / (1 + np.exp(1.0 - effects[who]))).astype(float)
    design = np.column_stack([np.ones(len(who)), np.eye(len(effects))[who]])
    return design, y


def test_without_pooling_it_is_the_usual_logit() -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((400, 2))
    y = (rng.random(400) < 1 / (1 + np.exp(1 - x @ [0.8, -0.4]))).astype(float)
    design = sm.add_constant(x)
    blocks = [Block("intercept", slice(0, 1), 1e3), Block("x", slice(1, 3), 1e3)]
    fit = pooled_logit(sparse.csr_array(design), y, np.ones(400), blocks)
    want = sm.Logit(y, design).fit(disp=0)
    assert fit.coef == pytest.approx(want.params, abs=1e-3)
    assert np.sqrt(np.diag(fit.cov)) == pytest.approx(want.bse, rel=1e-3)


def test_spread_of_groups_is_found_and_small_groups_are_pulled() -> None:
    rng = np.random.default_rng(2)
    blocks = [Block("intercept", slice(0, 1), 5.0), Block("g", slice(1, 61), 0.3, 2.0)]
    found = {}
    for spread in (0.05, 0.8):
        design, y = _groups(rng, spread * rng.standard_normal(60), 80)
        fit = pooled_logit(sparse.csr_array(design), y, np.ones(len(y)), blocks)
        found[spread] = fit.spread["g"]
        raw = y.reshape(60, 80).mean(axis=1)
        assert fit.coef[1:].std() < np.log((raw + 1e-3) / (1 - raw + 1e-3)).std()
    assert found[0.05] < 0.3 and found[0.8] == pytest.approx(0.8, abs=0.2)


def test_cells_weigh_as_many_rows_as_they_stand_for() -> None:
    rng = np.random.default_rng(4)
    design, y = _groups(rng, np.array([-0.5, 0.5]), 50)
    blocks = [Block("intercept", slice(0, 1), 2.0), Block("g", slice(1, 3), 0.5)]
    one = pooled_logit(sparse.csr_array(design), y, np.ones(100), blocks)
    cells = sparse.csr_array(design[[0, 50]])
    two = pooled_logit(cells, y.reshape(2, 50).sum(axis=1), np.full(2, 50.0), blocks)
    assert one.coef == pytest.approx(two.coef, abs=1e-6)


def test_draws_have_the_covariance_of_the_fit() -> None:
    rng = np.random.default_rng(5)
    design, y = _groups(rng, np.array([-0.5, 0.5, 0.0]), 40)
    blocks = [Block("intercept", slice(0, 1), 2.0), Block("g", slice(1, 4), 0.5)]
    fit = pooled_logit(sparse.csr_array(design), y, np.ones(120), blocks)
    drawn = draw_effects(fit, np.arange(4), rng.standard_normal((20_000, 4)))
    assert np.cov(drawn.T) == pytest.approx(fit.cov, abs=0.01)


def test_nothing_ever_happened() -> None:
    blocks = [Block("intercept", slice(0, 1), 1.5), Block("g", slice(1, 3), 0.5, 2.0)]
    design = sparse.csr_array(np.array([[1.0, 1, 0], [1, 0, 1]]))
    fit = pooled_logit(design, np.zeros(2), np.array([30.0, 40.0]), blocks)
    assert np.isfinite(fit.coef).all() and 1 / (1 + np.exp(-fit.coef[0])) < 0.02


def test_mixed_columns_are_the_product() -> None:
    rng = np.random.default_rng(6)
    design, y = _groups(rng, np.array([-0.5, 0.0, 0.6]), 60)
    mixing = np.eye(4)[:, [0, 1, 2, 3, 3]] + 0.2
    mixing[:, 0] = np.eye(4)[:, 0]
    blocks = [Block("intercept", slice(0, 1), 2.0), Block("g", slice(1, 5), 0.4, 2.0)]
    one = pooled_logit(sparse.csr_array(design), y, np.ones(180), blocks, mixing=mixing)
    two = pooled_logit(sparse.csr_array(design @ mixing), y, np.ones(180), blocks)
    assert one.coef == pytest.approx(two.coef, abs=1e-6)
