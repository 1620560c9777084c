"""Whether groups differ in their win rate by more than chance, and which from which."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import chdtrc

from kamkit.methods.funnel.closed_deals import Closed
from kamkit.methods.funnel.days import Ints
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.shares import Floats, same_groups, share_of, wilson

PERMUTATION_MOST = 20_000
CLUSTERS_MOST = 500
DOUBT = 0.05


def difference_test(
    closed: Closed, value: str, draws: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Whether the groups' rates differ by more than chance."""
    rates = closed.rates
    used = rates.n > 0
    won, n, total = rates.won[used], rates.n[used], len(closed.won)
    statistic, p, variant, origin = np.nan, np.nan, "too_little_data", "field:Pearson 1900"
    mixed = 0 < int(won.sum()) < total
    if used.sum() > 1 and mixed and value == "count":
        expected = n * won.sum() / total
        smallest = min(float(expected.min()), float((n - expected).min()))
        statistic = float(_chi2(won, n))
        if smallest >= 5:
            p, variant = float(chdtrc(len(n) - 1, statistic)), "chi2"
        else:
            drawn = rng.multivariate_hypergeometric(
                n, int(won.sum()), size=draws, method="marginals"
            )
            p = (1 + (_chi2(drawn, n) >= statistic - 1e-9).sum()) / (1 + draws)
            variant, origin = "permutation", "field:Fisher 1935"
    elif used.sum() > 1 and mixed:
        statistic, p, variant = _value_test(closed, int(used.sum()), draws, rng)
        origin = "field:Fisher 1935" if variant == "permutation" else "field:Wald 1943"
    return measure_table(
        measure_row(name, found, total, variant=variant, origin=origin)
        for name, found in (("groups_statistic", statistic), ("groups_p", p))
    )


def _chi2(won: NDArray[np.int64], n: Ints) -> Floats:
    """Pearson's statistic of won and lost by group, over the last axis."""
    share = won.sum(axis=-1, keepdims=True) / n.sum()
    found: Floats = ((won - n * share) ** 2 / (n * share * (1 - share))).sum(axis=-1)
    return found


def _value_test(
    closed: Closed, used: int, draws: int, rng: np.random.Generator
) -> tuple[float, float, str]:
    """Do won money and group hang together: groups dealt anew, or a Wald test where many."""
    size, n = len(closed.groups), len(closed.won)
    rates = closed.rates
    everything = (closed.weight * closed.won).sum() / closed.weight.sum()
    if n > PERMUTATION_MOST:
        known = rates.se > 0
        found = float((((rates.rate - everything) / rates.se)[known] ** 2).sum())
        return found, float(chdtrc(max(int(known.sum()) - 1, 1), found)), "wald"
    order = np.lexsort((closed.won, closed.weight, closed.group))
    group, weight = closed.group[order], closed.weight[order]
    value, square = weight * closed.won[order], weight**2

    def spread(of: Ints) -> float:
        total = np.bincount(of, weight, minlength=size)
        off = np.bincount(of, value, minlength=size) - everything * total
        return float(share_of(off**2, np.bincount(of, square, minlength=size))[total > 0].sum())

    scale = everything * (1 - everything)
    observed = spread(group)
    above = sum(spread(rng.permutation(group)) >= observed * (1 - 1e-12) for _ in range(draws))
    return observed / scale, (1 + above) / (1 + draws), "permutation"


def separated(groups: pd.DataFrame, closed: Closed, value: str) -> Ints:
    """Numbers shared by groups that cannot be separated, pair by pair at Bonferroni's level."""
    n = groups["n"].to_numpy()
    known = np.flatnonzero(n > 0)
    numbers = np.zeros(len(groups), dtype=np.int64)
    if len(known) > CLUSTERS_MOST:
        return numbers
    pairs = max(len(known) * (len(known) - 1) / 2, 1)
    rates = closed.rates
    effective = np.where(n > 0, rates.effective, 0.0)
    rate = rates.rate if value == "amount" else groups["rate"].to_numpy(float)
    low, high = wilson(np.nan_to_num(rate) * effective, effective, 1 - DOUBT / pairs)
    numbers[known] = same_groups(rate[known], low[known], high[known])
    return numbers


def league_reason(test: pd.DataFrame, differ: bool, clusters: int) -> str:
    """Why a ranking of groups may or may not be shown."""
    if test["variant"].iloc[0] == "too_little_data":
        return "too_little_data"
    return "separable" if differ and clusters > 1 else "not_separable"
