"""Backtests: nothing later than the origin counts, rules as they are used, verdicts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from methods.forecast.companies import history_of, plain_model, simulated

from kamkit.errors import KamkitError
from kamkit.methods.forecast.backtest import backtest
from kamkit.methods.forecast.benchmarks import (
    bookings,
    committed,
    last_period,
    manager_call,
    same_period_last_year,
    trailing_mean,
    weighted_pipeline,
)
from kamkit.methods.forecast.calibration import DriftCheck, coverage_table
from kamkit.methods.forecast.origins import period_start, trials
from kamkit.methods.forecast.period_forecast import forecast_period
from kamkit.methods.forecast.verdict import RIVAL_COLUMNS, verdict
from kamkit.methods.funnel import as_known_on, deal_history
from kamkit.tables.sample.pipeline import simulate_pipeline

STATED = ["origin", "period_start", "method", "mean", "p2_5", "p10", "p50", "p90", "p97_5"]
STATED += ["opening", "new_business", "open_deals", "closed_deals", "note"]
CHANCES = ["origin", "opportunity_id", "stage", "amount", "p_in_period", "p_win"]
CHANCES += ["crm_probability", "weighted_p"]


def snap_tables(published):
    """The case P-SNAP as tables: amounts of won deals are what was booked."""
    rows = published["P-SNAP"]["rows"]
    deals, snapshots = [], []
    for name, (amount, chance, due, result, on, booked) in rows.items():
        new = str(due).startswith("created")
        deals.append(
            {
                "opportunity_id": name,
                "created_on": str(due).removeprefix("created-") if new else "2024-10-01",
                "amount": float(booked or amount),
                "status": result,
                "closed_on": None if result == "open" else on,
                "close_date": on,
                "probability": None,
                "stage": "quote",
            }
        )
        if not new:
            row = {"snapshot_on": "2025-01-01", "opportunity_id": name, "stage": "quote"}
            snapshots.append(row | {"amount": amount, "probability": chance, "close_date": due})
    table, book = pd.DataFrame(deals), pd.DataFrame(snapshots)
    for frame, columns in (
        (table, ["created_on", "closed_on", "close_date"]),
        (book, ["snapshot_on", "close_date"]),
    ):
        for column in columns:
            frame[column] = pd.to_datetime(frame[column].astype(str).where(frame[column].notna()))
    return table, book


def test_published_snapshot_case(published):
    """P-SNAP: pipeline as of the snapshot, bookings as they came."""
    expected = published["P-SNAP"]["exp"]
    deals, book = snap_tables(published)
    history = deal_history(deals, None, book, ladder=["quote", "x"], as_of="2025-06-30")
    start, end = pd.Timestamp("2025-01-01"), pd.Timestamp("2025-03-31")
    known = as_known_on(history, "2025-01-01")
    assert weighted_pipeline(known, start, end) == pytest.approx(expected["weighted"])
    assert bookings(history, start, end) == pytest.approx(expected["bookings"])
    done = backtest(history, origins=["2025-01-01"], period="month", model=forecast_period)
    assert done.verdict.key == "too_little_history"
    assert done.forecasts.loc[done.forecasts["method"] == "model", "note"].item()
    assert len(done.deals) == 5, "F was created later"


@pytest.fixture(scope="module")
def pipeline():
    return simulate_pipeline(seed=11, months=36)


@pytest.fixture(scope="module")
def history(pipeline):
    return history_of(pipeline.tables, pipeline.as_of)


def other_future(tables: dict[str, pd.DataFrame], day: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """The same tables with another fate of everything after ``day``."""
    deals = tables["opportunities"][tables["opportunities"]["created_on"] <= day].copy()
    later = ~(deals["closed_on"] <= day)
    deals.loc[later, "status"] = np.where(np.arange(later.sum()) % 2, "won", "lost")
    deals.loc[later, ["closed_on", "close_date"]] = day + pd.Timedelta(days=40)
    deals.loc[later, "amount"] = deals.loc[later, "amount"] * 9
    deals.loc[later, ["owner_id", "probability", "reason"]] = ["M002", 0.99, "price"]
    events = tables["stage_events"]
    events = events[events["entered_on"] <= day].copy()
    after = ~(events["left_on"] <= day)
    events.loc[after, "left_on"] = day + pd.Timedelta(days=40)
    fate = deals.set_index("opportunity_id")["status"]
    events.loc[after, "moved_to"] = events.loc[after, "opportunity_id"].map(fate)
    book = tables["snapshots"]
    return tables | {
        "opportunities": deals,
        "stage_events": events,
        "snapshots": book[book["snapshot_on"] <= day],
    }


@pytest.mark.parametrize("day", ["2025-03-31", "2025-09-30"])
@pytest.mark.parametrize("model", [forecast_period, plain_model], ids=["model", "plain"])
def test_another_future_changes_no_forecast(pipeline, history, day, model):
    moment = pd.Timestamp(day)
    changed = history_of(other_future(pipeline.tables, moment), pipeline.as_of)
    one, two = (
        backtest(h, origins=[moment], model=model, draws=500, calls=pipeline.tables["targets"])
        for h in (history, changed)
    )
    pd.testing.assert_frame_equal(one.forecasts[STATED], two.forecasts[STATED])
    pd.testing.assert_frame_equal(one.deals[CHANCES], two.deals[CHANCES])
    assert one.forecasts["actual"].iloc[0] != two.forecasts["actual"].iloc[0]
    assert one.forecasts["mean"].notna().all()


def test_a_later_change_of_regime_changes_no_earlier_forecast():
    """Two companies with one past: the same forecasts up to the parting of ways."""
    made = [simulated(seed=12, months=36, regime=r) for r in ("steady", "win_rate_shift")]
    one, two = (backtest(h, draws=300, last=6) for h in made)
    early = one.forecasts["origin"] <= pd.Timestamp("2025-06-30")
    assert early.sum() > 3 and (~early).sum() > 3
    pd.testing.assert_frame_equal(one.forecasts[early][STATED], two.forecasts[early][STATED])
    assert not one.forecasts[STATED].equals(two.forecasts[STATED])


def test_rows_in_any_order_give_the_same(pipeline, history):
    mixed = {k: t.sample(frac=1, random_state=1) for k, t in pipeline.tables.items()}
    one = backtest(history, last=2, draws=300)
    two = backtest(history_of(mixed, pipeline.as_of), last=2, draws=300)
    columns = [*STATED, "actual", "pit", "crps"]
    pd.testing.assert_frame_equal(one.forecasts[columns], two.forecasts[columns])
    pd.testing.assert_frame_equal(
        one.scores.drop(columns=["low", "high"]), two.scores.drop(columns=["low", "high"])
    )


def test_tables_of_a_backtest(history, pipeline):
    done = backtest(history, last=4, draws=400, calls=pipeline.tables["targets"])
    forecasts = done.forecasts
    assert set(forecasts["method"]) == {
        *("model", "weighted_pipeline", "last_period", "same_period_last_year"),
        *("trailing_mean", "committed", "manager_call"),
    }
    assert (forecasts.groupby("period_start")["actual"].nunique() == 1).all()
    own = forecasts[forecasts["method"] == "model"]
    cuts = own[["p2_5", "p10", "p25", "p50", "p75", "p90", "p97_5"]].to_numpy()
    assert (np.diff(cuts) >= 0).all() and len(own) == 4
    assert np.allclose(own["actual"], own["actual_opening"] + own["actual_new"])
    total = [
        bookings(history, a, b) for a, b in zip(own["period_start"], own["period_end"], strict=True)
    ]
    assert own["actual"].tolist() == total
    deals = done.deals
    assert deals[["p_in_period", "p_win"]].stack().between(0, 1).all()
    assert (deals["p_in_period"] <= deals["p_win"] + 0.03).all()
    won = deals[deals["won_in_period"]]
    assert (won["outcome"] == "won").all()
    table = done.scores.set_index(["method", "measure"])["value"]
    n = (deals["outcome"] != "open").sum()
    brier = ((deals["p_win"] - (deals["outcome"] == "won")) ** 2)[deals["outcome"] != "open"]
    assert table["model", "won_brier"] == pytest.approx(brier.mean())
    assert done.calibration.groupby("chance")["n"].sum()["p_win"] == n
    parts = [table["model", f"won_brier_{k}"] for k in _PARTS]
    assert parts[0] - parts[1] + parts[2] + parts[3] == pytest.approx(brier.mean())
    assert set(done.rivals["standing"]) <= {"better", "worse", "cannot_be_separated"}
    assert done.quality.empty


_PARTS = ("reliability", "resolution", "uncertainty", "within_bins")


def test_rules_read_the_past_only(history):
    day = pd.Timestamp("2025-06-30")
    known = as_known_on(history, day)
    start, end = pd.Timestamp("2025-07-01"), pd.Timestamp("2025-09-30")
    q = [bookings(history, *span) for span in _quarters(start)]
    assert last_period(known, start, end) == q[0]
    assert same_period_last_year(known, start, end) == q[3]
    assert trailing_mean(known, start, end) == pytest.approx(np.mean(q))
    open_ = known.deals[known.deals["status"] == "open"]
    due = open_[open_["close_date"].between(start, end)]
    assert committed(known, start, end) == due["amount"][due["forecast_category"] == "commit"].sum()
    assert weighted_pipeline(known, start, end) == pytest.approx(
        (due["amount"] * due["probability"]).sum()
    )
    ahead = same_period_last_year(known, pd.Timestamp("2025-10-01"), pd.Timestamp("2025-12-31"))
    assert ahead == q[2], "a quarter ahead: the same one a year before it"


def _quarters(start: pd.Timestamp):
    for k in range(1, 5):
        first = start - pd.DateOffset(months=3 * k)
        yield first, first + pd.DateOffset(months=3) - pd.Timedelta(days=1)


def test_rules_without_records():
    history = simulated(seed=3, months=6, deals_per_month=3)
    start, end = pd.Timestamp("2026-07-01"), pd.Timestamp("2026-09-30")
    far = pd.Timestamp("2021-01-01"), pd.Timestamp("2021-03-31")
    assert np.isnan(last_period(as_known_on(history, "2025-08-01"), *far))
    bare = replace(history, book=history.book[:0])
    assert np.isnan(weighted_pipeline(bare, start, end))
    assert np.isnan(committed(bare, start, end))
    done = backtest(bare, origins=["2026-03-31"], model=plain_model)
    assert "amount_not_dated" in done.quality["code"].tolist()


def test_calls_by_scope():
    calls = pd.DataFrame(
        {
            "scope": ["team", "team", "company", "member"],
            "period": ["2025Q3", "2025-Q3", "2025Q4", "twice a year"],
            "kpi": "sales_call",
            "value": [1.0, 2.0, 5.0, 7.0],
        }
    )
    rule = manager_call(calls)
    third, fourth = (pd.Timestamp(d) for d in ("2025-07-01", "2025-10-01"))
    assert rule(None, third, pd.Timestamp("2025-09-30")) == 3.0
    assert rule(None, fourth, pd.Timestamp("2025-12-31")) == 5.0
    assert np.isnan(rule(None, third, pd.Timestamp("2025-12-31")))
    with pytest.raises(KamkitError):
        manager_call(calls.drop(columns="kpi"))


def test_origins(history):
    found = trials(history)
    assert all(t.start - t.origin == pd.Timedelta(days=1) for t in found)
    assert found[-1].end == pd.Timestamp("2026-06-30")
    assert found[0].origin >= history.book["on"].min()
    months = trials(history, period="month", last=3)
    assert [f"{t.start:%Y-%m}" for t in months] == ["2026-04", "2026-05", "2026-06"]
    given = trials(history, origins=["2025-08-15", "2026-06-01"])
    assert [(f"{t.start:%Y-%m-%d}", f"{t.end:%Y-%m-%d}") for t in given] == [
        ("2025-10-01", "2025-12-31")
    ], "the second one's period isn't over"
    assert f"{period_start('2026-03-15', period='year', year_start=4):%Y-%m-%d}" == "2025-04-01"
    with pytest.raises(KamkitError):
        trials(history, origins=["2025-01-01"], period="week")


def test_nothing_to_test():
    history = simulated(seed=1, months=6, deals_per_month=0)
    done = backtest(history)
    assert done.verdict.key == "too_little_history"
    assert done.verdict.n == 0
    assert done.forecasts.empty and done.deals.empty


def judged(skills: list[float], inside: int = 5, n: int = 6, status: str = "holds") -> str:
    rows = [("r", "wape", s, -1, 1, n, "cannot_be_separated", "", "") for s in skills]
    actual = np.r_[np.zeros(inside), np.full(n - inside, 9.0)]
    bands = coverage_table(pd.DataFrame({"actual": actual, "p10": -1.0, "p90": 1.0}))
    drift = DriftCheck(status, "", 0.5, 0.05, pd.DataFrame())
    return verdict(bands, pd.DataFrame(rows, columns=RIVAL_COLUMNS), drift).key


def test_verdicts():
    assert judged([0.3, 0.1]) == "reliable"
    assert judged([0.3, -0.1]) == "not_better_than"
    assert judged([0.3], n=5) == "too_little_history"
    assert judged([]) == "too_little_history"
    assert judged([0.3], status="lost") == "calibration_lost"
    assert judged([0.3], n=5, status="lost") == "calibration_lost"
