"""Whether deals have begun to go another way than before."""

from __future__ import annotations

import numpy as np
from scipy import stats

from kamkit.methods.forecast.deal_months import DealMonths

WINDOWS = (1, 2, 4)
LEAST_QUARTERS = 6


def level_test(months: DealMonths, stages: int) -> float:
    """p of the test that moves up against losses are shared out as they were before.

    The last one, two and four quarters are each compared with all before, stage by stage
    (Cochran-Mantel-Haenszel); the best of three counts three times (Bonferroni). Quarters that
    scatter more than chance widen the error. 1 with fewer than six quarters (house).
    Source: Mantel & Haenszel 1959; house.
    """
    moved = np.isin(months.outcome, (1, 2, 3))
    quarter = months.quarter[moved]
    last = int(quarter.max(initial=0))
    if last + 1 < LEAST_QUARTERS:
        return 1.0
    up, stage = (months.outcome[moved] != 2).astype(float), months.factors.stage[moved]
    older = quarter >= max(WINDOWS)
    scatter = [
        _stratified(up[older], stage[older], quarter[older] == q, stages) ** 2
        for q in range(max(WINDOWS), last + 1)
    ]
    width = np.sqrt(max(1.0, float(np.mean(scatter)) if len(scatter) > 1 else 1.0))
    best = max(abs(_stratified(up, stage, quarter < w, stages)) for w in WINDOWS)
    return float(min(1.0, len(WINDOWS) * 2 * stats.norm.sf(best / width)))


def _stratified(up: np.ndarray, stage: np.ndarray, here: np.ndarray, stages: int) -> float:
    """z of the number of moves up among ``here``, given each stage's totals."""
    n, k = np.bincount(stage, minlength=stages), np.bincount(stage, up, stages)
    size, found = np.bincount(stage[here], minlength=stages), up[here].sum()
    total = np.maximum(n, 1)
    expected = float((size * k / total).sum())
    spread = size * (n - size) * k * (n - k) / (total**2 * np.maximum(n - 1, 1))
    return float((found - expected) / np.sqrt(max(float(spread.sum()), 1e-9)))
