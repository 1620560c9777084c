"""Whether deals have begun to go another way than before, and by how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from kamkit.methods.forecast.deal_months import DealMonths

WINDOWS = (1, 2, 4)
LEAST_QUARTERS = 6
BREAK_CHANCE, BREAK_SPREAD, BREAK_QUARTERS = 0.05, 0.5, 8


@dataclass(frozen=True)
class Moves:
    """Stays that ended: up (1) or lost (0), in which stage, how many quarters ago."""

    up: np.ndarray
    stage: np.ndarray
    quarter: np.ndarray

    @property
    def quarters(self) -> int:
        return int(self.quarter.max(initial=0)) + 1

    def take(self, rows: np.ndarray) -> Moves:
        """Some of the moves."""
        return Moves(self.up[rows], self.stage[rows], self.quarter[rows])

    def score(self, here: np.ndarray) -> tuple[float, float]:
        """Moves up ``here`` beyond what each stage's totals let expect, and their variance.

        Source: Mantel & Haenszel 1959.
        """
        stages = int(self.stage.max(initial=0)) + 1
        n = np.bincount(self.stage, minlength=stages)
        k = np.bincount(self.stage, self.up, stages)
        size, found = np.bincount(self.stage[here], minlength=stages), self.up[here].sum()
        total = np.maximum(n, 1)
        expected = float((size * k / total).sum())
        spread = size * (n - size) * k * (n - k) / (total**2 * np.maximum(n - 1, 1))
        return float(found - expected), max(float(spread.sum()), 1e-9)

    def scatter(self) -> float:
        """How much more quarters vary than chance makes them: variance over expected, from 1."""
        old = self.take(self.quarter >= max(WINDOWS))
        scores = [old.score(old.quarter == q) for q in range(max(WINDOWS), self.quarters)]
        ratios = [score**2 / variance for score, variance in scores]
        return max(1.0, float(np.mean(ratios)) if len(ratios) > 1 else 1.0)


def ended_stays(months: DealMonths) -> Moves:
    """Moves up (won or on) against losses, whenever they were."""
    ended = np.isin(months.outcome, (1, 2, 3))
    up = (months.outcome[ended] != 2).astype(float)
    return Moves(up, months.factors.stage[ended], months.quarter[ended])


def level_test(months: DealMonths) -> float:
    """p of the test that moves up against losses are shared out as they were before.

    The last one, two and four quarters are each compared with all before, stage by stage
    (Cochran-Mantel-Haenszel); the best of three counts three times (Bonferroni). Quarters that
    scatter more than chance widen the error. 1 with fewer than six quarters (house).
    Source: Mantel & Haenszel 1959; house.
    """
    moves = ended_stays(months)
    if moves.quarters < LEAST_QUARTERS:
        return 1.0
    scores = [moves.score(moves.quarter < w) for w in WINDOWS]
    best = max(abs(score) / np.sqrt(variance * moves.scatter()) for score, variance in scores)
    return float(min(1.0, len(WINDOWS) * 2 * stats.norm.sf(best)))


def level_break(months: DealMonths, quarters: int) -> tuple[np.ndarray, float]:
    """How much better than today deals went in each quarter back, and how unsure today is.

    Both in log-odds of moving up against being lost. Before each of the last eight quarters the
    level may have jumped: with a chance of 5 % a quarter and a spread of 0.5 (house). How
    likely each jump is follows from the moves since, against those before, stage by stage, in
    the normal approximation; the answer is the mean over all of them and over no jump at all,
    and its standard deviation. Nothing below six quarters.
    Source: Chernoff & Zacks 1964; Mantel & Haenszel 1959.
    """
    moves, level = ended_stays(months), np.zeros(quarters)
    if moves.quarters < LEAST_QUARTERS:
        return level, 0.0
    spans = np.arange(1, min(BREAK_QUARTERS, moves.quarters - 2) + 1)
    score, weight = np.array([moves.score(moves.quarter < w) for w in spans]).T / moves.scatter()
    variance = 1 / (weight + BREAK_SPREAD**-2)
    jump = score * variance
    odds = np.log(BREAK_CHANCE) + (np.log(variance / BREAK_SPREAD**2) + jump**2 / variance) / 2
    odds = np.r_[np.log(1 - BREAK_CHANCE * len(spans)), odds]
    chance = np.exp(odds - odds.max())
    chance = (chance / chance.sum())[1:]
    for w, mean in zip(spans, chance * jump, strict=True):
        level[w:] -= mean
    square = float(chance @ (variance + jump**2))
    return level, float(np.sqrt(square - float(chance @ jump) ** 2))
