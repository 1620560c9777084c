"""The forecast of a period."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from methods.forecast.companies import history_of

from kamkit.errors import KamkitError
from kamkit.methods.forecast import deal_reasons, forecast_period, what_would_change
from kamkit.methods.forecast.period_forecast import QUANTILE_GRID, Forecast
from kamkit.methods.funnel import DealHistory, as_known_on, deal_history
from kamkit.tables.sample.pipeline import SamplePipeline, simulate_pipeline

ORIGIN = pd.Timestamp("2025-09-30")
QUARTER = {"start": "2025-10-01", "end": "2025-12-31"}


@pytest.fixture(scope="module")
def pipeline() -> SamplePipeline:
    return simulate_pipeline(seed=11)


def _history(pipeline: SamplePipeline, **changed: pd.DataFrame) -> DealHistory:
    return history_of(pipeline.tables | changed, pipeline.as_of)


@pytest.fixture(scope="module")
def known(pipeline: SamplePipeline) -> DealHistory:
    return as_known_on(_history(pipeline), ORIGIN)


@pytest.fixture(scope="module")
def forecast(known: DealHistory) -> Forecast:
    return forecast_period(known, **QUARTER, target=3e6, draws=2000)


def _same(one: Forecast, two: Forecast) -> None:
    for name in ("total", "parts", "deals", "draws", "notes"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))


def test_figures_fit_together(forecast: Forecast, known: DealHistory) -> None:
    total = forecast.total.set_index("measure")
    quantiles = total.loc[["p05", "p10", "p25", "p50", "p75", "p90", "p95"], "value"]
    assert quantiles.is_monotonic_increasing and forecast.status == "ok"
    assert (total["low"] <= total["value"]).all() and (total["value"] <= total["high"]).all()
    spared = total.loc["prob_ge_target_without_largest", "value"]
    assert 0 < spared <= total.loc["prob_ge_target", "value"] < 1
    parts = forecast.parts.set_index("part")["mean"]
    assert parts["total"] == pytest.approx(parts.drop("total").sum())
    assert parts["opening"] == pytest.approx(forecast.deals["expected_amount"].sum(), rel=0.05)
    assert forecast.draws["q"].tolist() == QUANTILE_GRID.tolist()
    assert forecast.draws["total"].is_monotonic_increasing
    assert len(forecast.deals) == int((known.deals["status"] == "open").sum())


def test_chances_are_chances(forecast: Forecast) -> None:
    deals = forecast.deals
    for column in ("p_win", "low", "high", "p_in_period", "in_period_low", "in_period_high"):
        assert deals[column].between(0, 1).all()
    assert (deals["low"] <= deals["p_win"]).all() and (deals["p_win"] <= deals["high"]).all()
    late = deals[deals["stage"] == "negotiate"]["p_win"].mean()
    assert late > deals[deals["stage"] == "discover"]["p_win"].mean() + 0.2
    assert (deals["p_in_period"] <= deals["p_win"] + 0.05).all()


def test_rows_in_another_order_give_the_same_figures(pipeline: SamplePipeline) -> None:
    mixed = {
        name: table.sample(frac=1, random_state=3).reset_index(drop=True)
        for name, table in pipeline.tables.items()
    }
    one = as_known_on(_history(pipeline), ORIGIN)
    two = as_known_on(_history(pipeline, **mixed), ORIGIN)
    _same(forecast_period(one, **QUARTER, draws=500), forecast_period(two, **QUARTER, draws=500))


def test_the_order_of_deals_inside_a_history_changes_nothing(known: DealHistory) -> None:
    turn = np.random.default_rng(2).permutation(len(known.deals))
    place = np.empty(len(turn), dtype=np.int64)
    place[turn] = np.arange(len(turn))
    moved = DealHistory(
        known.deals.iloc[turn].reset_index(drop=True),
        known.stays.assign(deal=place[known.stays["deal"]]).sample(frac=1, random_state=1),
        known.book.assign(deal=place[known.book["deal"]]).sample(frac=1, random_state=1),
        known.quality,
        known.stages,
        known.as_of,
        known.basis,
    )
    _same(
        forecast_period(known, **QUARTER, draws=500), forecast_period(moved, **QUARTER, draws=500)
    )


def test_the_future_changes_no_forecast(pipeline: SamplePipeline, forecast: Forecast) -> None:
    """Everything after the origin is altered: outcomes, dates, amounts, stages, new deals."""
    deals, events = pipeline.tables["opportunities"].copy(), pipeline.tables["stage_events"].copy()
    book = pipeline.tables["snapshots"].copy()
    late = deals["closed_on"].isna() | (deals["closed_on"] > ORIGIN)
    deals.loc[late, ["amount", "owner_id"]] = [9e9, "M999"]
    deals.loc[late, "status"] = "lost"
    deals.loc[late, "closed_on"] = pipeline.as_of
    deals.loc[late, ["reason", "next_step", "stage"]] = ["price", None, "negotiate"]
    book.loc[book["snapshot_on"] > ORIGIN, ["amount", "probability"]] = [1.0, 0.99]
    events = events[events["entered_on"] <= ORIGIN].copy()
    after = events["left_on"].isna() | (events["left_on"] > ORIGIN)
    events.loc[after, "left_on"], events.loc[after, "moved_to"] = pipeline.as_of, "lost"
    deals = deals[deals["created_on"] <= ORIGIN]
    changed = _history(pipeline, opportunities=deals, stage_events=events, snapshots=book)
    again = forecast_period(as_known_on(changed, ORIGIN), **QUARTER, target=3e6, draws=2000)
    _same(forecast, again)


def test_same_seed_same_figures(known: DealHistory) -> None:
    one, two = (forecast_period(known, **QUARTER, draws=500, seed=4) for _ in range(2))
    _same(one, two)
    other = forecast_period(known, **QUARTER, draws=500, seed=5)
    assert not other.draws["total"].equals(one.draws["total"])


def test_a_period_that_has_begun_counts_what_is_booked(known: DealHistory) -> None:
    begun = forecast_period(known, start="2025-07-01", end="2025-12-31", draws=500)
    won = known.deals[known.deals["status"] == "won"]
    booked = won.loc[won["closed_on"] >= "2025-07-01", "amount"].sum()
    parts = begun.parts.set_index("part")
    assert parts.loc["booked", "mean"] == pytest.approx(booked) and booked > 0
    assert begun.draws["total"].min() >= booked


def test_longer_periods_bring_more(known: DealHistory) -> None:
    soon = forecast_period(known, start="2025-10-01", end="2025-10-31", draws=500).deals
    later = forecast_period(known, start="2025-10-01", end="2026-03-31", draws=500).deals
    after = forecast_period(known, start="2026-01-01", end="2026-03-31", draws=500).deals
    assert (soon["p_in_period"] <= later["p_in_period"]).all()
    assert (after["p_in_period"] <= later["p_in_period"]).all()


def test_too_little_history_is_an_answer(pipeline: SamplePipeline) -> None:
    whole = _history(pipeline)
    early = as_known_on(whole, whole.deals["created_on"].min() + pd.Timedelta(days=25))
    answer = forecast_period(early, start=early.as_of, end="2021-12-31", target=1.0, draws=200)
    assert answer.status == "too_little_history"
    assert answer.total["value"].isna().all()
    assert answer.total["variant"].eq("too_little_history").all()
    assert answer.deals["p_win"].isna().all() and len(answer.deals) > 0
    assert answer.draws["total"].isna().all()
    assert "too_little_history" in answer.notes["code"].tolist()
    assert deal_reasons(answer).empty and what_would_change(answer).empty


def test_no_deals_at_all() -> None:
    columns = ["opportunity_id", "status", "created_on", "closed_on", "amount"]
    history = deal_history(pd.DataFrame(columns=columns), ladder=["needs"], as_of="2026-06-30")
    answer = forecast_period(history, start="2026-07-01", end="2026-09-30", draws=200)
    assert answer.status == "too_little_history" and answer.deals.empty


def test_few_deals_are_pulled_to_the_common_mean() -> None:
    small = simulate_pipeline(seed=3, regime="few_deals", deals_per_month=1.2, months=30)
    history = _history(small)
    answer = forecast_period(history, start="2026-07-01", end="2026-09-30", draws=500)
    assert answer.status == "few_deals"
    closed = history.deals[history.deals["status"] != "open"]
    rates = (closed["status"] == "won").groupby(closed["owner_id"]).mean()
    effects = answer.model.fits["won"].coef[answer.model.layout["owner"]]
    assert np.ptp(effects) < 1.0 and np.ptp(rates) > 0.2


def test_without_book_or_events_it_says_so(pipeline: SamplePipeline) -> None:
    tables = pipeline.tables
    dates = deal_history(tables["opportunities"], ladder=pipeline.stages, as_of=pipeline.as_of)
    answer = forecast_period(dates, start="2026-07-01", end="2026-09-30", draws=500)
    codes = set(answer.notes["code"])
    assert {"no_dated_exports", "amounts_as_quoted", "stages_not_dated"} <= codes
    assert answer.total["value"].notna().all()


def test_missing_amounts_add_nothing_and_are_counted(known: DealHistory) -> None:
    deals, book = known.deals.copy(), known.book.copy()
    bare = deals.index[deals["status"] == "open"][:5]
    deals.loc[bare, "amount"] = [np.nan, 0.0, -5.0, np.nan, np.nan]
    answer = forecast_period(
        DealHistory(deals, known.stays, book, known.quality, known.stages, known.as_of, "events"),
        **QUARTER,
        draws=500,
    )
    note = answer.notes.set_index("code")["n"]
    assert note["open_without_amount"] == 5
    assert answer.deals["expected_amount"].isna().sum() == 5 and answer.deals["p_win"].notna().all()


def test_what_cannot_be_forecast_is_refused(known: DealHistory) -> None:
    for start, end, code in (
        ("2025-12-31", "2025-10-01", "period_reversed"),
        ("2025-04-01", "2025-06-30", "period_over"),
    ):
        with pytest.raises(KamkitError) as caught:
            forecast_period(known, start=start, end=end)
        assert [p.code for p in caught.value.problems] == [code]


def test_messy_records_give_a_forecast() -> None:
    messy = simulate_pipeline(seed=5, messy=True, months=30)
    answer = forecast_period(_history(messy), start="2026-07-01", end="2026-09-30", draws=500)
    assert answer.total["value"].notna().all() and answer.deals["p_win"].between(0, 1).all()


def test_counts_are_calibrated_over_companies() -> None:
    """A short form of ``make evidence``: wins expected of open deals against wins that came."""
    expected, came, inside = 0.0, 0, []
    for seed in range(4):
        history = _history(simulate_pipeline(seed=900 + seed, months=36))
        for origin in ("2025-09-30", "2026-03-31"):
            then = as_known_on(history, origin)
            end = then.as_of + pd.offsets.QuarterEnd(1)
            first = then.as_of + pd.Timedelta(days=1)
            made = forecast_period(then, start=first, end=end, draws=1000)
            won = history.deals[
                (history.deals["status"] == "won") & history.deals["closed_on"].between(first, end)
            ]
            old = won["opportunity_id"].isin(made.deals["opportunity_id"])
            expected, came = expected + made.deals["p_in_period"].sum(), came + int(old.sum())
            low, high = np.interp([0.1, 0.9], made.draws["q"], made.draws["total"])
            inside.append(low <= won["amount"].sum() <= high)
    assert expected == pytest.approx(came, rel=0.3)
    assert 0.5 <= np.mean(inside) <= 1.0
