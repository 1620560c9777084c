"""Reasons per deal, and what would change it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from methods.forecast.companies import simulated

from kamkit.methods.forecast import chance_now, deal_reasons, forecast_period, what_would_change
from kamkit.methods.forecast.deal_reasons import CHANGES, REASONS
from kamkit.methods.forecast.period_forecast import Forecast


@pytest.fixture(scope="module")
def forecast() -> Forecast:
    history = simulated(seed=21, deals_per_month=25)
    return forecast_period(history, start="2026-07-01", end="2026-09-30", draws=500)


def test_contributions_add_up_exactly(forecast: Forecast) -> None:
    reasons = deal_reasons(forecast)
    assert set(reasons["reason"]) == set(REASONS)
    whole = reasons.groupby("opportunity_id").agg(
        total=("contribution", "sum"), p=("p_win", "first"), typical=("p_typical", "first")
    )
    chances = whole[["p", "typical"]]
    logit = np.log(chances / (1 - chances))
    assert whole["total"].to_numpy() == pytest.approx((logit["p"] - logit["typical"]).to_numpy())
    assert (reasons["low"] <= reasons["high"]).all()
    assert whole["p"].to_numpy() == pytest.approx(
        forecast.deals.sort_values("opportunity_id")["p_win"].to_numpy(), abs=0.1
    )


def test_size_speaks_against_large_deals_and_stage_for_late_ones(forecast: Forecast) -> None:
    reasons = deal_reasons(forecast, draws=0).merge(
        forecast.deals[["opportunity_id", "amount", "stage"]], on="opportunity_id"
    )
    size = reasons[reasons["reason"] == "size"]
    assert size["contribution"].corr(np.log(size["amount"]), method="spearman") < -0.5
    stage = reasons[reasons["reason"] == "stage"].groupby("stage")["contribution"].mean()
    assert stage["negotiate"] > stage["discover"] and reasons["low"].isna().all()


def test_some_deals_only(forecast: Forecast) -> None:
    ids = forecast.deals["opportunity_id"].iloc[[2, 5]].tolist()
    some, every = deal_reasons(forecast, opportunity_ids=ids), deal_reasons(forecast)
    here = every[every["opportunity_id"].isin(ids)].reset_index(drop=True)
    pd.testing.assert_frame_equal(some, here)
    assert deal_reasons(forecast, opportunity_ids=[]).empty


def test_what_would_change(forecast: Forecast) -> None:
    table = what_would_change(forecast)
    assert set(table["change"]) <= set(CHANGES)
    assert table[["p_win", "p_then"]].stack().between(0, 1).all()
    onward = table[table["change"] == "next_stage"]
    assert (onward["difference"] > 0).mean() > 0.95
    last = forecast.deals[forecast.deals["stage"] == "negotiate"]["opportunity_id"]
    assert not onward["opportunity_id"].isin(last).any()
    assert (table["low"] <= table["high"]).all()
    assert table["difference"].to_numpy() == pytest.approx(
        (table["p_then"] - table["p_win"]).to_numpy()
    )


def test_a_slider_is_quick_and_agrees(forecast: Forecast) -> None:
    now = chance_now(forecast.model, forecast.factors)[0]
    drawn = chance_now(forecast.model, forecast.factors, draws=50)
    assert drawn.shape == (50, len(now))
    assert now == pytest.approx(drawn.mean(axis=0), abs=0.08)
