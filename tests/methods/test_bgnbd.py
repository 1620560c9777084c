"""BG/NBD model and the order histories that it reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import roots_jacobi

from kamkit.errors import KamkitError
from kamkit.methods.portfolio.bgnbd import (
    bgnbd_alive,
    bgnbd_check,
    bgnbd_count_chance,
    bgnbd_fit,
    bgnbd_forecast,
    bgnbd_loglik,
    bgnbd_orders,
)
from kamkit.methods.portfolio.lifetime_orders import model_scope, order_days, repeat_summary

CDNOW = np.array([0.243, 4.414, 0.793, 2.426])


def simulate(n: int, params: np.ndarray, seed: int) -> pd.DataFrame:
    """Histories drawn from the model itself."""
    rng = np.random.default_rng(seed)
    r, alpha, a, b = params
    rows = []
    for rate, stop, age in zip(
        rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n), rng.uniform(27, 39, n), strict=True
    ):
        t = t_x = x = 0.0
        while True:
            t += rng.exponential(1 / rate)
            if t > age:
                break
            x, t_x = x + 1, t
            if rng.random() < stop:
                break
        rows.append((x, t_x, age))
    table = pd.DataFrame(rows, columns=["x", "t_x", "T"])
    return table.assign(account_id=[f"C{i:05d}" for i in range(n)])


def by_quadrature(params: np.ndarray, x: float, t_x: float, age: float, t: float) -> float:
    """The expectation as an integral over the account's chance to stop; no 2F1."""
    r, alpha, a, b = params
    nodes, weights = roots_jacobi(120, b + x - 1, a - 1)
    p = (1 + nodes) / 2
    inside = -np.expm1(-(r + x) * np.log1p(p * t / (alpha + age))) / p
    mean = float((weights * inside).sum() / weights.sum())
    return mean * float(bgnbd_alive(params, x, t_x, age))


def test_published_case(published: dict[str, dict[str, Any]]) -> None:
    case = published["P-BGNBD"]
    params = [case["params"][k] for k in ("r", "alpha", "a", "b")]
    history = (case["x"], case["t_x"], case["T"])
    expected = float(bgnbd_orders(params, *history, case["t"]))
    assert expected == pytest.approx(case["exp"]["expected_transactions"], abs=case["tol"])
    alive = float(bgnbd_alive(params, *history))
    assert alive == pytest.approx(case["exp"]["p_alive"], abs=case["tol"])


@pytest.mark.parametrize("a", [0.05, 0.793, 0.999999, 1.0, 1.0000001, 1.5, 4.0])
@pytest.mark.parametrize("x", [0.0, 2.0, 40.0, 400.0])
def test_expectation_is_stable_where_the_closed_form_is_not(a: float, x: float) -> None:
    params = np.array([0.243, 4.414, a, 2.426])
    for horizon in (0.0, 1.0, 39.0, 520.0):
        value = float(bgnbd_orders(params, x, 30.0, 38.9, horizon))
        assert value == pytest.approx(by_quadrature(params, x, 30.0, 38.9, horizon), rel=1e-5)


def test_recovery_from_known_parameters() -> None:
    fits = [bgnbd_fit(simulate(2000, CDNOW, seed), draws=200) for seed in range(100, 112)]
    inside = sum(
        (fit.summary["low"].iloc[:4] < CDNOW) & (fit.summary["high"].iloc[:4] > CDNOW)
        for fit in fits
    )
    assert (np.asarray(inside) >= 9).all()
    middle = np.median([fit.params for fit in fits], axis=0)
    assert middle == pytest.approx(CDNOW, rel=0.15)


@pytest.mark.evidence
def test_intervals_cover_as_often_as_they_say() -> None:
    inside = np.zeros(4)
    for seed in range(400):
        rows = bgnbd_fit(simulate(2000, CDNOW, seed), draws=400).summary.iloc[:4]
        inside += ((rows["low"] < CDNOW) & (rows["high"] > CDNOW)).to_numpy()
    assert (inside / 400 > 0.91).all()


def test_fit_beats_the_truth_on_its_own_sample_and_predicts_counts() -> None:
    sample = simulate(3000, CDNOW, seed=5)
    fit = bgnbd_fit(sample, draws=20)
    rows = fit.summary.set_index("measure")
    at_truth = bgnbd_loglik(CDNOW, *(sample[c].to_numpy() for c in ("x", "t_x", "T"))).sum()
    assert rows.loc["bgnbd_loglik", "value"] >= at_truth
    check = bgnbd_check(sample, fit)
    assert check["observed"].sum() == 3000
    assert check["expected"].sum() == pytest.approx(3000)
    assert ((check["observed"] - check["expected"]).abs() < 60).all()


def test_count_chances_add_up_and_match_the_likelihood() -> None:
    age = np.array([30.0])
    total = sum(float(bgnbd_count_chance(CDNOW, k, age)[0]) for k in range(400))
    assert total == pytest.approx(1.0, abs=1e-3)
    none = bgnbd_loglik(CDNOW, np.array([0.0]), np.array([0.0]), age)
    assert float(bgnbd_count_chance(CDNOW, 0, age)[0]) == pytest.approx(float(np.exp(none)[0]))


def test_forecast_says_what_is_construction() -> None:
    sample = simulate(400, CDNOW, seed=8)
    fit = bgnbd_fit(sample, draws=50)
    ahead = bgnbd_forecast(sample, fit, horizon=39)
    none = ahead[ahead["x"] == 0]
    assert (none["p_alive"] == 1).all() and none["status"].eq("alive_by_construction").all()
    assert ahead["p_alive"].between(0, 1).all()
    assert (ahead["orders_low"] <= ahead["orders_high"]).all()
    longer = bgnbd_forecast(sample, fit, horizon=78)
    assert (longer["expected_orders"] >= ahead["expected_orders"]).all()


def test_customers_who_never_stop_are_named_as_such() -> None:
    rng = np.random.default_rng(3)
    age = rng.uniform(40, 60, 150)
    x = rng.poisson(rng.gamma(4, 0.03, 150) * age).astype(float)
    t_x = np.where(x > 0, age * rng.beta(np.maximum(x, 1), 1), 0.0)
    fit = bgnbd_fit(pd.DataFrame({"x": x, "t_x": t_x, "T": age}), draws=20)
    rows = fit.summary.set_index("measure")
    assert rows.loc["bgnbd_stop_chance", "variant"] == "no_stop_found"
    some = bgnbd_fit(simulate(400, CDNOW, seed=8), draws=20).summary.set_index("measure")
    assert some.loc["bgnbd_stop_chance", "variant"] == "ml_log_normal"
    assert 0.1 < some.loc["bgnbd_stop_chance", "value"] < 0.5


def test_house_minimum_refuses_and_force_says_so() -> None:
    sample = simulate(99, CDNOW, seed=2)
    refused = bgnbd_fit(sample)
    assert not refused.usable and refused.summary["value"].iloc[:4].isna().all()
    assert refused.summary["variant"].iloc[0] == "below_minimum"
    blank = bgnbd_forecast(sample, refused, horizon=10)
    assert blank["p_alive"].isna().all() and blank["status"].eq("not_fitted").all()
    forced = bgnbd_fit(sample, force=True, draws=20)
    assert forced.usable and forced.summary["variant"].iloc[0].startswith("forced_below_minimum")
    empty = sample.iloc[:0]
    assert not bgnbd_fit(empty, force=True).usable
    assert bgnbd_check(empty, bgnbd_fit(empty)).empty


def test_limits_are_inclusive() -> None:
    table = pd.DataFrame({"x": [1] * 30 + [0] * 70, "gap_cv": np.nan})
    assert model_scope(table)["variant"].tolist() == ["enough", "enough", "too_little_data"]
    assert model_scope(table.iloc[1:])["variant"].tolist()[:2] == ["below_minimum"] * 2
    regular = table.assign(gap_cv=[0.5] * 100)
    assert model_scope(regular)["variant"].iloc[2] == "irregular"
    assert model_scope(table.assign(gap_cv=0.49))["variant"].iloc[2] == "too_regular"


ORDERS = pd.DataFrame(
    {
        "account_id": ["A"] * 6 + ["B"] * 2 + ["C"] * 2 + ["D"],
        "date": [
            *("2025-01-01", "2025-01-01", "2025-01-15", "2025-01-20", "2025-02-05", "2026-01-01"),
            *("2025-03-01", "2025-03-09"),
            *("2025-03-01", "2025-03-05"),
            "2025-05-01",
        ],
        "amount": [60.0, 40.0, 50.0, -20.0, 70.0, 999.0, 80.0, -80.0, -5.0, 25.0, 10.0],
    }
)


def test_repeat_summary_nets_credits_and_merges_days() -> None:
    table = repeat_summary(ORDERS, "2025-12-31").set_index("account_id")
    assert table.index.tolist() == ["A", "C", "D"]
    assert table.loc["A", "x"] == 2
    assert table.loc["A", "t_x"] == pytest.approx(5.0)
    assert table.loc["A", "T"] == pytest.approx(364 / 7)
    assert table.loc["A", "mean_spend"] == pytest.approx((30 + 70) / 2)
    assert table.loc["A", "credited"] == 20
    assert table.loc["C", "unmatched_credit"] == 5 and table.loc["C", "x"] == 0
    days = order_days(ORDERS, as_of="2025-12-31")
    assert days.loc[days["account_id"] == "B", "cancelled"].tolist() == [True]
    daily = repeat_summary(ORDERS, "2025-12-31", unit="day").set_index("account_id")
    assert daily.loc["A", "t_x"] == pytest.approx(35)


def test_repeat_summary_of_nothing_and_of_rubbish() -> None:
    assert repeat_summary(ORDERS.iloc[:0], "2025-12-31").empty
    assert repeat_summary(ORDERS, "2020-12-31").empty
    bad = ORDERS.astype({"amount": object, "date": object})
    bad.loc[0, "amount"] = "n/a"
    with pytest.raises(KamkitError) as caught:
        repeat_summary(bad, "2025-12-31")
    assert [p.code for p in caught.value.problems] == ["not_a_number"]
    bad.loc[0, "amount"], bad.loc[1, "date"], bad.loc[2, "amount"] = 1.0, "soon", None
    with pytest.raises(KamkitError) as caught:
        repeat_summary(bad, "2025-12-31")
    assert {p.code for p in caught.value.problems} == {"not_a_date", "empty_cell"}
    mixed = ORDERS.assign(currency=["CNY"] * 10 + ["USD"])
    with pytest.raises(KamkitError, match="mixed_currency|currenc"):
        repeat_summary(mixed, "2025-12-31")
    with pytest.raises(KamkitError):
        repeat_summary(ORDERS, "2025-12-31", unit="fortnight")


def test_order_of_rows_does_not_matter() -> None:
    shuffled = ORDERS.sample(frac=1, random_state=4)
    before = shuffled.copy()
    pd.testing.assert_frame_equal(
        repeat_summary(shuffled, "2025-12-31"), repeat_summary(ORDERS, "2025-12-31")
    )
    pd.testing.assert_frame_equal(before, shuffled)
