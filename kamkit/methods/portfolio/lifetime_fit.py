"""Fitting by maximum likelihood, as the buy-till-you-die models share it."""

from __future__ import annotations

from typing import Any

import numpy as np

from kamkit.methods.portfolio.lifetime_measures import NAN, measure_row, middle_range


def _hessian(loss: Any, at: np.ndarray, step: float = 1e-3) -> np.ndarray:
    size = len(at)
    shift = np.eye(size) * step
    found = np.empty((size, size))
    for i in range(size):
        for j in range(size):
            both = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
            value = [s * u * loss(at + s * shift[i] + u * shift[j]) for s, u in both]
            found[i, j] = sum(value) / (4 * step * step)
    return (found + found.T) / 2


def parameter_draws(loss: Any, best: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Draws of positive parameters around ``best`` (their logs), from the curvature there.

    No rows where the curvature isn't that of a peak: the data don't pin the parameters down.

    >>> parameter_draws(lambda p: float((p**2).sum()), np.zeros(2), 3, 7).shape
    (3, 2)
    """
    curvature = _hessian(loss, best)
    if not np.isfinite(curvature).all() or np.linalg.eigvalsh(curvature).min() < 1e-4:
        return np.empty((0, len(best)))
    spread = np.linalg.cholesky(np.linalg.inv(curvature))
    normal = np.random.default_rng(seed).standard_normal((draws, len(best)))
    return np.asarray(np.exp(best + normal @ spread.T))


def best_start(loss: Any, starts: Any, bounds: Any) -> tuple[np.ndarray, float]:
    """Lowest point that L-BFGS-B finds from several starts; logs of parameters.

    >>> float(best_start(lambda p: float((p[0] - 1) ** 2), [[0.0]], [(-9, 9)])[0].round(3)[0])
    1.0
    """
    from scipy.optimize import minimize  # loads slowly

    options: Any = {"ftol": 1e-13, "gtol": 1e-7, "maxiter": 1000}
    runs = [
        minimize(loss, start, method="L-BFGS-B", bounds=bounds, options=options) for start in starts
    ]
    best = min(runs, key=lambda run: float(run.fun))
    return np.asarray(best.x), float(best.fun)


def parameter_rows(
    names: list[str], params: np.ndarray, draws: np.ndarray, n: int, variant: str, level: float
) -> list[dict[str, Any]]:
    """Parameter rows of a measure table, with intervals where there are draws.

    >>> parameter_rows(["p"], np.array([2.0]), np.empty((0, 1)), 9, "ml", 0.95)[0]["value"]
    2.0
    """
    empty = np.full(len(params), NAN)
    low, high = middle_range(draws, level) if len(draws) else (empty, empty)
    word = variant if len(draws) else f"{variant}_no_interval"
    return [
        measure_row(key, value, low=float(lo), high=float(hi), n=n, variant=word)
        for key, value, lo, hi in zip(names, params, low, high, strict=True)
    ]
