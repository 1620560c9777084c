"""Wins from deals that don't exist yet."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.methods.forecast import expected_new_business
from kamkit.methods.forecast.new_business import draw_new_business, moving_level
from kamkit.methods.funnel import DealHistory, deal_history


def _history(rows: list[tuple[str, str, str, float]], as_of: str = "2026-06-30") -> DealHistory:
    deals = pd.DataFrame(rows, columns=["created_on", "closed_on", "status", "amount"])
    deals.insert(0, "opportunity_id", [f"O{k:03d}" for k in range(len(deals))])
    return deal_history(deals, ladder=["needs"], as_of=as_of)


def test_windows_count_what_was_created_and_won_within() -> None:
    rows = [
        ("2025-01-05", "2025-01-10", "lost", 1.0),
        ("2026-05-01", "2026-06-30", "won", 40.0),
        ("2026-03-01", "2026-06-01", "won", 70.0),
        ("2026-02-01", "2026-02-05", "won", 20.0),
    ]
    new = expected_new_business(
        _history(rows), start=pd.Timestamp("2026-07-01"), end=pd.Timestamp("2026-09-29")
    )
    assert new.windows["window_end"].iloc[-1] == pd.Timestamp("2026-06-30")
    assert new.windows["won"].tolist() == [0, 0, 0, 1, 1]
    assert new.windows["amount"].tolist() == [0, 0, 0, 20.0, 40.0]
    assert new.usable and new.sparse
    later = expected_new_business(
        _history(rows), start=pd.Timestamp("2026-10-01"), end=pd.Timestamp("2026-12-30")
    )
    assert later.windows["won"].tolist()[-1] == 2


def test_too_few_windows_and_no_history() -> None:
    span = {"start": pd.Timestamp("2026-07-01"), "end": pd.Timestamp("2027-06-30")}
    new = expected_new_business(_history([("2025-01-05", "2025-03-10", "won", 1.0)]), **span)
    assert len(new.windows) == 1 and not new.usable
    empty = expected_new_business(_history([]), **span)
    assert empty.windows.empty and not empty.usable and np.isnan(empty.shape)


def test_level_follows_a_change_and_its_forecast_is_wide_enough() -> None:
    low, high = moving_level(np.array([9.0] * 8)), moving_level(np.array([9.0] * 8 + [2.0] * 4))
    assert low[0] / low[1] == pytest.approx(9, abs=0.3)
    assert high[0] / high[1] < 5 and high[2] < low[2] + 1e-9
    rng = np.random.default_rng(1)
    inside = []
    for _ in range(150):
        counts = rng.poisson(6.0, 11).astype(float)
        shape, rate, _ = moving_level(counts[:-1])
        drawn = rng.poisson(rng.gamma(shape, 1 / rate, 2000))
        inside.append(np.quantile(drawn, 0.1) <= counts[-1] <= np.quantile(drawn, 0.9))
    assert 0.76 <= np.mean(inside) <= 0.97


def test_draws_have_the_mean_of_belief() -> None:
    rng = np.random.default_rng(0)
    rows = [
        (f"{day:%Y-%m-%d}", f"{day + pd.Timedelta(days=20):%Y-%m-%d}", "won", 100.0 + 10 * k)
        for k, day in enumerate(pd.date_range("2024-01-01", "2026-06-01", periods=60))
    ]
    new = expected_new_business(
        _history(rows), start=pd.Timestamp("2026-07-01"), end=pd.Timestamp("2026-09-30")
    )
    money, count = draw_new_business(new, rng.standard_normal(20_000), rng)
    assert count.mean() == pytest.approx(new.shape / new.rate, rel=0.03)
    assert money.mean() == pytest.approx(count.mean() * new.amounts.mean(), rel=0.06)
