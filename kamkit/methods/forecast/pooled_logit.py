"""Logistic regression with blocks of effects that are pulled towards their common mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse
from scipy.special import expit

_ROUNDS = 40


@dataclass(frozen=True)
class Block:
    """Neighbouring columns that share one prior spread.

    ``spread`` is the prior standard deviation in log-odds. With ``weight`` 0 it is fixed, else
    it is estimated from the data (empirical Bayes) and ``spread`` counts as much as ``weight``
    effects seen before; it never falls below ``floor``.
    """

    name: str
    columns: slice
    spread: float
    weight: float = 0.0
    floor: float = 0.01


@dataclass(frozen=True)
class PooledFit:
    """Coefficients, their covariance (Laplace), spread and effective number per block."""

    coef: np.ndarray
    cov: np.ndarray
    spread: dict[str, float]
    effective: dict[str, float]
    events: float


def pooled_logit(
    design: sparse.csr_array,
    events: np.ndarray,
    trials: np.ndarray,
    blocks: list[Block],
    *,
    mixing: np.ndarray | None = None,
    offset: np.ndarray | float = 0.0,
) -> PooledFit:
    """Fit by penalised Newton steps; block spreads by the fixed point of MacKay 1992.

    ``design`` has the intercept first; with ``mixing`` the model's columns are
    ``design @ mixing`` (a few sparse columns then stand for many dense ones); ``offset`` is
    added to the log-odds of each row. Returns effects with the covariance of the Laplace
    approximation.
    Source: Breslow & Clayton 1993 (penalised quasi-likelihood); MacKay 1992.

    >>> X = sparse.csr_array(np.array([[1.0, 1, 0], [1, 0, 1]]))
    >>> blocks = [Block("intercept", slice(0, 1), 5.0), Block("group", slice(1, 3), 0.5, 2.0)]
    >>> fit = pooled_logit(X, np.array([2.0, 8.0]), np.array([10.0, 10.0]), blocks)
    >>> bool(fit.coef[1] < 0 < fit.coef[2])
    True
    """
    turn = np.eye(design.shape[1]) if mixing is None else mixing
    columns, total = turn.shape[1], trials.sum()
    coef, centre = np.zeros(columns), np.zeros(columns)
    rate = (events.sum() + 0.5) / (total + 1.0)
    coef[0] = centre[0] = np.log(rate / (1 - rate))
    spread = {b.name: b.spread for b in blocks}
    effective = {b.name: 0.0 for b in blocks}
    turned = design.T.tocsr()
    cov = np.eye(columns)
    for _ in range(_ROUNDS):
        ridge = np.empty(columns)
        for b in blocks:
            ridge[b.columns] = spread[b.name] ** -2
        before = coef
        eta = np.clip(design @ (turn @ coef) + offset, -30, 30)
        p = expit(eta)
        weight = trials * p * (1 - p)
        hessian = turn.T @ (turned @ sparse.diags_array(weight) @ design).toarray() @ turn
        hessian[np.diag_indices(columns)] += ridge
        factor = linalg.cho_factor(hessian, lower=True)
        slope = turn.T @ (turned @ (events - trials * p)) - ridge * (coef - centre)
        step = linalg.cho_solve(factor, slope)
        coef = coef + np.clip(step, -2.0, 2.0)
        cov = linalg.cho_solve(factor, np.eye(columns))
        moved = _update(blocks, coef, cov, spread, effective)
        if np.abs(coef - before).max() < 1e-4 and moved < 1e-2:
            break
    return PooledFit(coef, cov, spread, effective, float(events.sum()))


def _update(
    blocks: list[Block],
    coef: np.ndarray,
    cov: np.ndarray,
    spread: dict[str, float],
    effective: dict[str, float],
) -> float:
    """New spread of every block that is estimated; returns the largest relative change."""
    largest = 0.0
    for b in blocks:
        here = coef[b.columns]
        trace = float(np.trace(cov[b.columns, b.columns]))
        effective[b.name] = max(0.0, len(here) - trace / spread[b.name] ** 2)
        if not b.weight:
            continue
        variance = (here @ here + b.weight * b.spread**2) / (effective[b.name] + b.weight)
        new = max(float(np.sqrt(variance)), b.floor)
        largest = max(largest, abs(new / spread[b.name] - 1))
        spread[b.name] = new
    return largest


def draw_effects(fit: PooledFit, columns: np.ndarray, noise: np.ndarray | None) -> np.ndarray:
    """Draws of some coefficients from their Laplace distribution: one row a row of ``noise``.

    The estimate itself, as one row, without noise.
    """
    if noise is None:
        return np.asarray(fit.coef[columns][None, :])
    cov = fit.cov[np.ix_(columns, columns)]
    cov[np.diag_indices(len(columns))] += 1e-10
    root = linalg.cholesky(cov, lower=True)
    return np.asarray(fit.coef[columns] + noise @ root.T)
