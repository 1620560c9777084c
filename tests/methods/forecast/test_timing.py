"""Rates carried forward in time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.methods.forecast.deal_months import Factors
from kamkit.methods.forecast.timing import (
    Rates,
    Step,
    chance_by,
    chance_in_the_end,
    steps_ahead,
)


def _rates(base: np.ndarray, deals: int, *, back: float = 0.0) -> Rates:
    """Rates of won, lost, forward per stage, the same at every age; one draw."""
    stages = base.shape[1]
    grid = np.zeros((4, 1, stages, 6))
    grid[:3] = base[:, None, :, None]
    grid[3, :, 1:] = back
    to = np.zeros((2, stages, stages))
    for stage in range(stages):
        to[0, stage, min(stage + 1, stages - 1)] = to[1, stage, max(stage - 1, 0)] = 1.0
    return Rates(grid, np.ones((4, 1, deals)), np.ones((4, 1)), to)


def _at(stage: list[int], age: list[int]) -> Factors:
    zero = np.zeros(len(stage))
    whole = zero.astype(np.int64)
    return Factors(np.array(stage), np.array(age), whole, zero, whole + 1, whole)


def test_one_stage_has_a_closed_form() -> None:
    rates = _rates(np.array([[0.3], [0.2], [0.0]]), 2)
    at = _at([0, 0], [0, 20])
    month = Step(1.0, True, False)
    leave = 0.5 / 1.5
    for months in (1, 3, 8):
        want = 0.6 * (1 - (1 - leave) ** months)
        assert chance_by(rates, at, [month] * months)[0] == pytest.approx([want, want])
    assert chance_in_the_end(rates, at)[0] == pytest.approx([0.6, 0.6])


def test_only_steps_that_count_bring_wins() -> None:
    rates = _rates(np.array([[0.3], [0.2], [0.0]]), 1)
    steps = [Step(1.0, False, False), Step(1.0, True, False)]
    whole = chance_by(rates, _at([0], [0]), [Step(1.0, True, False)] * 2)
    first = chance_by(rates, _at([0], [0]), [Step(1.0, True, False)])
    assert chance_by(rates, _at([0], [0]), steps) == pytest.approx(whole - first)


@pytest.mark.parametrize("back", [0.0, 0.15])
def test_the_end_is_the_limit_of_long_periods(back: float) -> None:
    rng = np.random.default_rng(1)
    base = rng.uniform(0.05, 0.5, (3, 4))
    base[2, -1] = 0.0
    rates = _rates(base, 6, back=back)
    rates = Rates(
        rates.base * rng.uniform(0.7, 1.3, rates.base.shape),
        rng.uniform(0.5, 1.5, rates.deal.shape),
        rates.ends,
        rates.destination,
    )
    at = _at([0, 1, 2, 3, 1, 2], [0, 1, 4, 2, 7, 30])
    parts = [chance_by(rates, at, [Step(1.0, True, False)] * k)[0] for k in (3, 12, 150)]
    assert (np.diff(parts, axis=0) > 0).all()
    assert parts[-1] == pytest.approx(chance_in_the_end(rates, at)[0], abs=5e-3)


def test_a_deal_follows_its_own_age_when_simulated() -> None:
    """Forward simulation, deal by deal, as a second opinion."""
    rng = np.random.default_rng(2)
    grid = np.zeros((4, 1, 2, 6))
    grid[0, 0, 1] = [0.1, 0.3, 0.5, 0.4, 0.2, 0.1]
    grid[1, 0] = 0.1
    grid[2, 0, 0] = [0.2, 0.6, 0.4, 0.3, 0.2, 0.1]
    to = np.array([[[0.0, 1], [0, 1]], [[1, 0], [1, 0]]])
    rates = Rates(grid, np.ones((4, 1, 1)), np.ones((4, 1)), to)
    found = chance_by(rates, _at([0], [1]), [Step(1.0, True, False)] * 4)[0, 0]
    edges, wins, size = (1, 2, 3, 6, 12), 0, 40_000
    stage, age = np.zeros(size, dtype=int), np.ones(size, dtype=int)
    alive = np.ones(size, dtype=bool)
    for _ in range(4):
        odds = grid[:, 0, stage, np.searchsorted(edges, age, side="right")]
        share = np.cumsum(odds / (1 + odds.sum(axis=0)), axis=0)
        u = rng.random(size)
        won, lost = alive & (u < share[0]), alive & (u >= share[0]) & (u < share[1])
        moved = alive & (u >= share[1]) & (u < share[2])
        wins += int(won.sum())
        alive &= ~won & ~lost
        stage, age = np.where(moved, 1, stage), np.where(moved, 0, age + 1)
    assert found == pytest.approx(wins / size, abs=0.01)


def test_steps_follow_the_calendar() -> None:
    day = pd.Timestamp
    steps = steps_ahead(day("2026-03-31"), day("2026-04-01"), day("2026-06-30"))
    assert [(s.length, s.counts, s.quarter_end) for s in steps] == [
        *((1.0, True, False), (1.0, True, False), (1.0, True, True))
    ]
    part = steps_ahead(day("2026-05-15"), day("2026-04-01"), day("2026-06-30"))
    assert sum(s.length for s in part) == pytest.approx(1.5, abs=0.03)
    assert all(s.counts for s in part) and part[-1].quarter_end
    assert steps_ahead(day("2026-06-30"), day("2026-04-01"), day("2026-06-30")) == []
