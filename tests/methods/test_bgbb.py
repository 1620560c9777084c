"""BG/BB model of yearly chances to order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import beta as beta_fn

from kamkit.errors import KamkitError
from kamkit.methods.portfolio.bgbb import (
    bgbb_alive,
    bgbb_fit,
    bgbb_forecast,
    bgbb_loglik,
    bgbb_orders,
)
from kamkit.methods.portfolio.lifetime_measures import measure_value
from kamkit.methods.portfolio.lifetime_orders import yearly_opportunities


def test_published_case(published: dict[str, dict[str, Any]]) -> None:
    case = published["P-BGBB"]
    table = pd.DataFrame(case["rows"], columns=["x", "t_x", "count"]).assign(n=6)
    fit, exp = bgbb_fit(table, draws=50), case["exp"]
    printed = [exp[k] for k in ("alpha", "beta", "gamma", "delta")]
    assert fit.params == pytest.approx(printed, abs=case["tol"])
    assert measure_value(fit.summary, "bgbb_loglik") == pytest.approx(exp["loglik"], abs=0.05)
    rows = fit.summary.set_index("measure")
    assert (rows["n"] == 11104).all()
    assert rows.loc["bgbb_alpha", "low"] < 1.204 < rows.loc["bgbb_alpha", "high"]


def test_likelihood_by_hand_and_total_probability() -> None:
    params = (1.2, 0.75, 0.66, 2.78)
    a, b, g, d = params
    stay = beta_fn(a + 1, b + 1) / beta_fn(a, b) * beta_fn(g, d + 2) / beta_fn(g, d)
    gone = beta_fn(a + 1, b) / beta_fn(a, b) * beta_fn(g + 1, d + 1) / beta_fn(g, d)
    assert float(np.exp(bgbb_loglik(params, 1, 1, 2))[0]) == pytest.approx(stay + gone)
    ways = {(0, 0): 1, (1, 1): 1, (1, 2): 1, (1, 3): 1, (2, 2): 1, (2, 3): 2, (3, 3): 1}
    total = sum(
        k * float(np.exp(bgbb_loglik(params, x, t_x, 3))[0]) for (x, t_x), k in ways.items()
    )
    assert total == pytest.approx(1.0)


@pytest.mark.parametrize("gamma", [0.657, 1.3])
def test_expected_orders_equal_the_published_closed_form(gamma: float) -> None:
    from scipy.special import gammaln

    a, b, g, d = 1.204, 0.750, gamma, 2.783
    x, t_x, n, ahead = 3, 5, 6, 4
    like = float(np.exp(bgbb_loglik((a, b, g, d), x, t_x, n))[0])
    ends = [np.exp(gammaln(1 + d + n + k) - gammaln(g + d + n + k)) for k in (0, ahead)]
    front = beta_fn(a + x + 1, b + n - x) / beta_fn(a, b) * d / (g - 1)
    closed = front * np.exp(gammaln(g + d) - gammaln(1 + d)) * (ends[0] - ends[1]) / like
    assert float(bgbb_orders((a, b, g, d), x, t_x, n, ahead)[0]) == pytest.approx(closed)
    assert np.isfinite(bgbb_orders((a, b, 1.0, d), x, t_x, n, ahead)).all()


def test_alive_falls_with_the_time_since_the_last_order() -> None:
    params = (1.204, 0.750, 0.657, 2.783)
    alive = bgbb_alive(params, [2] * 5, [2, 3, 4, 5, 6], [6] * 5)
    assert (np.diff(alive) > 0).all() and ((alive > 0) & (alive < 1)).all()


def test_recovery_from_known_parameters() -> None:
    rng = np.random.default_rng(6)
    size, n = 6000, 7
    order, stop = rng.beta(1.2, 0.8, size), rng.beta(0.7, 2.8, size)
    life = rng.geometric(stop) - 1
    hits = (rng.random((size, n)) < order[:, None]) & (np.arange(n) < life[:, None])
    t_x = np.where(hits.any(axis=1), n - hits[:, ::-1].argmax(axis=1), 0)
    table = pd.DataFrame({"x": hits.sum(axis=1), "t_x": t_x, "n": n})
    rows = bgbb_fit(table, draws=80).summary.set_index("measure")
    for key, value in {"bgbb_order_chance": 0.6, "bgbb_stop_chance": 0.2}.items():
        assert rows.loc[key, "low"] < value < rows.loc[key, "high"]
    assert rows.loc["bgbb_alpha", "value"] == pytest.approx(1.2, rel=0.25)


def test_minimum_force_and_empty() -> None:
    few = pd.DataFrame({"x": [0, 1, 2] * 20, "t_x": [0, 1, 3] * 20, "n": 3})
    few["account_id"] = [f"C{i}" for i in range(60)]
    refused = bgbb_fit(few)
    assert not refused.usable and refused.summary["variant"].eq("below_minimum").all()
    assert bgbb_forecast(few, refused)["p_alive"].isna().all()
    forced = bgbb_fit(few, force=True, draws=20)
    assert forced.summary["variant"].str.startswith("forced_below_minimum").all()
    ahead = bgbb_forecast(few, forced, periods=2)
    assert ahead["expected_orders"].between(0, 2).all()
    empty = few.iloc[:0]
    assert not bgbb_fit(empty, force=True).usable
    assert bgbb_forecast(empty, bgbb_fit(empty)).empty
    with pytest.raises(KamkitError):
        bgbb_fit(few.drop(columns="n"))
    with pytest.raises(KamkitError):
        bgbb_forecast(few, forced, periods=0)


def test_opportunities_leave_the_open_year_out() -> None:
    orders = pd.DataFrame(
        {
            "account_id": ["A", "A", "A", "B", "C", "C"],
            "date": ["2021-02-01", "2022-02-01", "2024-02-01", "2021-01-05", "2023-05-01"]
            + ["2025-03-01"],
            "amount": [1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
        }
    )
    table = yearly_opportunities(orders, as_of="2025-06-30").set_index("account_id")
    assert table.loc["A"].tolist() == [2, 3, 3]
    assert table.loc["B"].tolist() == [0, 0, 3]
    assert table.loc["C"].tolist() == [0, 0, 1]
    assert yearly_opportunities(orders.iloc[:0], as_of="2025-06-30").empty
