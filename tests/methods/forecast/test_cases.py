"""What lessons recompute: exact small sums, a desk that keeps its draws, one deal's reasons."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from methods.forecast.companies import simulated

from kamkit.errors import KamkitError
from kamkit.methods import forecast, funnel

SPAN = {"start": "2026-07-01", "end": "2026-09-30"}


@pytest.fixture(scope="module")
def history():
    return simulated(seed=3, months=24, deals_per_month=10)


@pytest.fixture(scope="module")
def made(history):
    return forecast.forecast_period(history, **SPAN, target=5e6, draws=500)


@pytest.fixture(scope="module")
def desk(history, made):
    return forecast.forecast_desk(history, made, draws=1500)


def value(table: pd.DataFrame, key: str, column: str = "value") -> float:
    return float(table.set_index("measure")[column][key])


def test_small_sum_prints_the_published_case(published):
    case = published["P-MC"]
    values = {str(k): v for k, (v, _) in enumerate(case["deals"])}
    chances = {str(k): p for k, (_, p) in enumerate(case["deals"])}
    made = forecast.small_sum(values, chances, target=case["target"])
    assert value(made.figures, "weighted_amount") == pytest.approx(case["exp"]["mean"])
    assert value(made.figures, "p50_amount") == case["exp"]["p50"]
    assert value(made.figures, "prob_ge_target") == pytest.approx(case["exp"]["prob_ge_target"])
    assert case["exp"]["mean"] not in set(made.outcomes["amount"])
    assert made.outcomes["chance"].sum() == pytest.approx(1)
    assert made.outcomes["chance_to_reach"].is_monotonic_decreasing


def test_small_sum_takes_few_deals_only():
    many = {str(k): 1.0 for k in range(13)}
    with pytest.raises(KamkitError):
        forecast.small_sum(many, many, target=1)


def test_rule_figures_stand_beside_the_forecast(history, made):
    table = forecast.rule_figures(history, **SPAN, forecast=made).set_index("method")
    assert {"weighted_pipeline", "last_period", "model"} <= set(table.index)
    model = table.loc["model"]
    assert model["p10_amount"] <= model["amount"] <= model["p90_amount"]
    assert table.drop("model")["p10_amount"].isna().all()


def test_desk_says_what_the_forecast_says(desk, made):
    case = forecast.forecast_case(desk, target=5e6)
    assert value(case.figures, "p50_amount", "after") == pytest.approx(
        value(made.total, "p50"), rel=0.1
    )
    assert (case.figures["before"] == case.figures["after"]).all()
    assert case.draws["total"].is_monotonic_increasing


def test_less_is_less(desk, made):
    whole = forecast.forecast_case(desk, target=5e6)
    largest = made.deals.nlargest(1, "expected_amount")["opportunity_id"].iloc[0]
    for change in ({"leave_out": largest}, {"new_business": False}):
        case = forecast.forecast_case(desk, target=5e6, **change)
        mean, before = value(case.total, "mean"), value(whole.total, "mean")
        assert mean < before
    with pytest.raises(KamkitError):
        forecast.forecast_case(desk, target=5e6, leave_out="nobody")


def test_more_time_means_more_wins(desk):
    wins = [value(forecast.won_by_case(desk, months=m).figures, "expected_wins") for m in (1, 4, 9)]
    assert wins == sorted(wins)
    late = forecast.won_by_case(desk, months=9)
    assert wins[-1] <= value(late.figures, "wins_in_the_end")
    assert late.deals["p_win"].between(0, 1).all()


def test_reasons_multiply_to_the_gap(made):
    deal = made.deals["opportunity_id"].iloc[0]
    reasons, changes = forecast.deal_reasons(made), forecast.what_would_change(made)
    case = forecast.deal_case(made, reasons, changes, opportunity_id=deal)
    p, usual = case.reasons[["p_win", "p_typical"]].iloc[0]
    assert case.reasons["odds_times"].prod() == pytest.approx(p / (1 - p) / (usual / (1 - usual)))
    with pytest.raises(KamkitError):
        forecast.deal_case(made, reasons, changes, opportunity_id="nobody")


def test_a_record_too_short_gives_no_figures(history):
    table = forecast.shorter_records(history, **SPAN, closed=[150, 5], draws=200)
    assert table["status"].tolist()[-1] == "too_little_history"
    assert table[["p10_amount", "p50_amount", "p90_amount"]].iloc[-1].isna().all()
    assert np.isfinite(table["p50_amount"].iloc[0])


def test_regimes_by_name(history):
    test = forecast.backtest(history, last=2, draws=100)
    case = forecast.regime_case({"own": test}, regime="own")
    assert case.verdict == test.verdict
    assert (case.alarms["says"] != "nothing").any() == (test.drift.status == "lost")
    assert set(case.alarms["says"]) <= {"nothing", "too_high", "too_low", "too_narrow", "too_wide"}
    with pytest.raises(KamkitError):
        forecast.regime_case({"own": test}, regime="other")


def test_without_history_no_numbers():
    deals = pd.DataFrame(
        {"opportunity_id": ["A"], "created_on": ["2026-01-01"], "status": ["open"], "amount": [9.0]}
    )
    history = funnel.deal_history(deals, ladder=["offer"], as_of="2026-06-30")
    made = forecast.forecast_period(history, **SPAN, draws=50)
    desk = forecast.forecast_desk(history, made)
    case = forecast.forecast_case(desk, target=5.0)
    assert case.status == "too_little_history"
    assert case.draws["total"].isna().all()
    assert forecast.won_by_case(desk).deals["p_in_period"].isna().all()
    said = forecast.rule_figures(history, **SPAN, forecast=made)["method"]
    assert "model" not in said.tolist()
