"""Random weight vectors: around a judgement, in an order, or over all that is possible."""

from __future__ import annotations

import numpy as np

from kamkit.errors import KamkitError, Problem
from kamkit.methods.selection.figures import Floats, need_choice

MODELS = ("dirichlet", "uniform", "rank_order")


def dirichlet_concentration(n: int, weight_cv: float) -> float:
    """Concentration at which a weight of average size varies by ``weight_cv`` of itself.

    A Dirichlet weight with mean w has variance w(1-w)/(c+1).

    >>> dirichlet_concentration(5, 0.4)
    24.0
    """
    if not 0 < weight_cv < np.sqrt(max(n - 1, 1)):
        raise KamkitError(Problem("weight_cv_range", column="weight_cv", value=weight_cv))
    return round(max(n - 1, 1) / weight_cv**2 - 1.0, 9)


def weight_draws(
    weights: Floats,
    draws: int,
    rng: np.random.Generator,
    *,
    model: str = "dirichlet",
    concentration: float = 50.0,
) -> Floats:
    """``draws`` weight vectors, each adding to 1.

    "dirichlet": mean = the judged weights; a weight of 0 stays 0. "uniform": every weighting is
    as likely as any other (Lahdelma et al. 1998). "rank_order": uniform among weightings that
    keep the judged order; criteria with one judged weight take any order between them.

    >>> rng = np.random.default_rng(1)
    >>> weight_draws(np.array([0.7, 0.3]), 4, rng, model="rank_order").argmax(axis=1).tolist()
    [0, 0, 0, 0]
    """
    need_choice(model, "model", MODELS)
    m = len(weights)
    if model == "dirichlet":
        gamma = rng.standard_gamma(concentration * weights, size=(draws, m))
        total = gamma.sum(axis=1, keepdims=True)
        # With very small concentrations every gamma of a draw can underflow to zero.
        return np.where(total > 0, gamma / np.where(total > 0, total, 1.0), weights)
    free = rng.standard_exponential((draws, m))
    free /= free.sum(axis=1, keepdims=True)
    if model == "uniform":
        return free
    falling = -np.sort(-free, axis=1)
    keys = np.broadcast_to(-weights, (draws, m))
    places = np.lexsort((rng.random((draws, m)), keys), axis=1)
    result = np.empty_like(falling)
    np.put_along_axis(result, places, falling, axis=1)
    return result
