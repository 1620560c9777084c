"""Sums of deals that may or may not be won."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.forecast import portfolio_sum
from kamkit.methods.forecast.simulate import draw_sums


def _figures(table: pd.DataFrame) -> dict[str, float]:
    return dict(zip(table["measure"], table["value"], strict=True))


def test_published_case(published: dict[str, dict[str, Any]]) -> None:
    case = published["P-MC"]
    values, chances = np.array(case["deals"]).T
    table = portfolio_sum(values, chances, target=case["target"])
    found = _figures(table)
    assert table["variant"].eq("exact_enumeration").all() and table["low"].isna().all()
    for name in ("mean", "sd", "p10", "p50", "p80", "p90", "prob_ge_target", "prob_zero"):
        want = case["exp"][name]
        assert found[name] == pytest.approx(want, rel=case["tol"] if want > 1 else None, abs=1e-4)


def test_drawn_sums_agree_with_exact_ones() -> None:
    rng = np.random.default_rng(3)
    values, chances = rng.lognormal(10, 1, 500), rng.random(500)
    table = portfolio_sum(values, chances, target=float(chances @ values), draws=20_000)
    assert table["variant"].eq("monte_carlo").all()
    rows = table.set_index("measure")
    sd = np.sqrt((chances * (1 - chances)) @ values**2)
    assert rows.loc["p10", "value"] == pytest.approx(chances @ values - 1.2816 * sd, rel=0.01)
    assert rows.loc["prob_ge_target", "low"] < 0.5 < rows.loc["prob_ge_target", "high"] + 0.02
    assert (rows["low"] <= rows["high"]).drop("sd").all()


def test_empty_and_bad_input() -> None:
    assert _figures(portfolio_sum(np.zeros(0), np.zeros(0), target=1.0))["prob_ge_target"] == 0
    with pytest.raises(KamkitError) as caught:
        portfolio_sum(np.array([1.0, np.nan]), np.array([1.5, np.nan]))
    assert [p.code for p in caught.value.problems] == [
        *("not_a_share", "not_a_share", "not_a_number")
    ]
    with pytest.raises(KamkitError):
        portfolio_sum(np.array([1.0]), np.array([0.5, 0.5]))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 900), st.floats(0, 1)), min_size=1, max_size=9))
def test_order_changes_nothing(deals: list[tuple[int, float]]) -> None:
    values, chances = (np.array(part, dtype=float) for part in zip(*deals, strict=True))
    one = portfolio_sum(values, chances, target=500)
    two = portfolio_sum(values[::-1], chances[::-1], target=500)
    assert one["value"].to_numpy() == pytest.approx(two["value"].to_numpy())
    assert one.set_index("measure").loc["prob_ge_target", "value"] <= 1


def test_a_sure_target_has_the_chance_one() -> None:
    # Weights of exact sums may add up to a hair more than 1.
    chances = np.array([0.6875, 0.9567729017723783, 0.3359375, 1.0])
    found = _figures(portfolio_sum(np.array([1.0, 1.0, 1.0, 500.0]), chances, target=500))
    assert found["prob_ge_target"] == 1.0


def test_a_market_that_moves_all_deals_makes_the_sum_wider() -> None:
    rng = np.random.default_rng(0)
    n, draws = 60, 4000
    odds, amount, levels = np.full((10, n), -0.5), np.full(n, 100.0), np.ones((10, n))
    calm = draw_sums(odds, np.zeros(n), np.zeros(draws), amount, levels, np.zeros(1), rng)
    market = rng.standard_normal(draws)
    wild = draw_sums(odds, np.full(n, 0.5), market, amount, levels, np.zeros(1), rng, largest=0)
    share = 1 / (1 + np.exp(0.5))
    assert calm.total.mean() == pytest.approx(6000 * share, rel=0.01)
    assert calm.total.std() == pytest.approx(100 * np.sqrt(n * share * (1 - share)), rel=0.06)
    assert wild.total.std() > 1.8 * calm.total.std()
    assert (wild.total - wild.without_largest).max() == 100.0
    assert np.allclose(calm.won * 100, calm.total)
