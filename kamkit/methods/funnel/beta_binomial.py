"""Win rates of many groups pulled towards what all groups have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import betaln, expit, logit
from scipy.stats import beta as beta_law

from kamkit.errors import KamkitError, Problem
from kamkit.methods.shares import Floats

MIN_GROUPS = 3


@dataclass(frozen=True)
class BetaPrior:
    """How rates are spread over groups: Beta(alpha, beta); ``variant`` says how it was found."""

    alpha: float
    beta: float
    groups: int
    variant: str

    @property
    def mean(self) -> float:
        """The rate that groups without a deal would get."""
        return self.alpha / (self.alpha + self.beta)

    @property
    def size(self) -> float:
        """How many deals the prior weighs."""
        return self.alpha + self.beta


def _counts(won: Any, n: Any) -> tuple[Floats, Floats]:
    won, n = np.asarray(won, dtype=float), np.asarray(n, dtype=float)
    bad = np.flatnonzero(~((won >= 0) & (won <= n)))
    KamkitError.collect(
        Problem("out_of_range", "groups", "won", int(i) + 1, float(won[i])) for i in bad[:20]
    )
    used = n > 0
    return won[used], n[used]


def beta_moments(won: Any, n: Any) -> BetaPrior:
    """The prior whose mean and variance are those of the groups' raw rates.

    Needs arrays of won and closed deals a group. Variant ``moments``; ``no_spread`` where the
    rates do not vary, ``too_few_groups`` below three groups (alpha and beta NaN).
    Source: Gelman et al., BDA3 ch. 5 (method of moments).

    >>> prior = beta_moments([2, 5, 9], [10, 10, 10])
    >>> round(prior.mean, 3)
    0.533
    """
    won, n = _counts(won, n)
    if len(n) < MIN_GROUPS:
        return BetaPrior(np.nan, np.nan, len(n), "too_few_groups")
    rates = won / n
    mean, spread = float(rates.mean()), float(rates.var(ddof=1))
    if spread <= 0 or spread >= mean * (1 - mean):
        return BetaPrior(np.nan, np.nan, len(n), "no_spread")
    size = mean * (1 - mean) / spread - 1
    return BetaPrior(mean * size, (1 - mean) * size, len(n), "moments")


def _lowest(function: Callable[[float], float], bounds: tuple[float, float]) -> Any:
    return minimize_scalar(function, bounds=bounds, method="bounded", options={"xatol": 1e-7})


def beta_mle(won: Any, n: Any) -> BetaPrior:
    """The prior under which the groups' results were most likely.

    Needs arrays of won and closed deals a group; groups without a closed deal tell nothing. The
    prior never weighs more than all closed deals together (house): where groups differ no more
    than chance, the likelihood has no maximum, and the variant is ``beta_binomial_pooled``
    instead of ``beta_binomial_mle``; ``too_few_groups`` below three (alpha and beta NaN).
    Source: Skellam 1948; Efron & Morris 1977; BDA3 ch. 5.

    >>> prior = beta_mle([0, 4, 10, 18], [20, 20, 20, 20])
    >>> prior.variant, round(prior.mean, 2)
    ('beta_binomial_mle', 0.37)
    """
    won, n = _counts(won, n)
    if len(n) < MIN_GROUPS:
        return BetaPrior(np.nan, np.nan, len(n), "too_few_groups")
    pairs, many = np.unique(np.column_stack([won, n]), axis=0, return_counts=True)
    k, m = pairs.T
    most = float(n.sum())
    pooled = float((won.sum() + 0.5) / (most + 1))

    def loss(spot: float, size: float) -> float:
        a, b = expit(spot) * size, expit(-spot) * size
        return -float((many * (betaln(k + a, m - k + b) - betaln(a, b))).sum())

    def best_mean(size: float) -> Any:
        """The best mean for a prior of this size."""
        middle = float(logit(pooled))
        return _lowest(lambda spot: loss(spot, size), (middle - 8.0, middle + 8.0))

    # One figure inside the other, each by Brent's method: no gradient can run away where the
    # likelihood is flat, and a few hundred evaluations take milliseconds.
    found = _lowest(lambda x: float(best_mean(np.exp(x)).fun), (-5.0, float(np.log(most))))
    size = float(np.exp(found.x))
    mean = float(expit(best_mean(size).x))
    variant = "beta_binomial_pooled" if size >= 0.99 * most else "beta_binomial_mle"
    return BetaPrior(mean * size, (1 - mean) * size, len(n), variant)


def shrunk(
    won: Any, n: Any, prior: BetaPrior, level: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Rate of every group with the prior added, and its interval; NaN without a prior.

    (won + alpha) / (n + alpha + beta); the interval is that of the beta posterior and takes the
    prior as known (empirical Bayes: a little too narrow with few groups). A group without a
    closed deal gets the prior's mean.
    Source: Efron & Morris 1977; BDA3 ch. 5.

    >>> rate, low, high = shrunk([0, 9], [10, 10], BetaPrior(5, 5, 8, "moments"))
    >>> rate.tolist()
    [0.25, 0.7]
    """
    won, n = np.asarray(won, dtype=float), np.asarray(n, dtype=float)
    a, b = won + prior.alpha, n - won + prior.beta
    if not np.isfinite(prior.size):
        nothing: Floats = np.full(len(won), np.nan)
        return nothing, nothing.copy(), nothing.copy()
    tail = (1 - level) / 2
    return a / (a + b), beta_law.ppf(tail, a, b), beta_law.ppf(1 - tail, a, b)
