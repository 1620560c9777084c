"""What was known on an earlier day, and that nothing later shines through."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import kamkit
from kamkit.errors import KamkitError
from kamkit.methods.funnel import DealHistory, as_known_on, deal_history

LADDER = ["discover", "needs", "solution", "quote", "negotiate"]
TABLES = ("deals", "stays", "book", "quality")


@pytest.fixture(scope="module")
def company():
    return kamkit.load("elevator")


def _same(one: DealHistory, other: DealHistory) -> None:
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    assert (one.as_of, one.basis, one.stages) == (other.as_of, other.basis, other.stages)


def _other_future(company, day: pd.Timestamp, seed: int) -> tuple[pd.DataFrame, ...]:
    """The same tables up to ``day``, and another world afterwards."""
    rng = np.random.default_rng(seed)
    deals, events = company.opportunities.copy(), company.stage_events.copy()
    shots, end = company.snapshots.copy(), pd.Timestamp(company.config.as_of)

    def later(n: int) -> pd.Series:
        return day + pd.to_timedelta(rng.integers(1, (end - day).days + 1, n), unit="D")

    still = ~(deals["closed_on"] <= day)
    n = int(still.sum())
    deals.loc[still, "status"] = rng.choice(["open", "won", "lost"], n)
    deals.loc[still, "closed_on"] = later(n)
    deals.loc[deals["status"] == "open", "closed_on"] = pd.NaT
    for name, values in (
        ("amount", rng.uniform(1, 9e6, n)),
        ("probability", rng.random(n)),
        ("close_date", later(n)),
        ("effort_hours", rng.random(n)),
    ):
        deals.loc[still, name] = values
    deals.loc[still, "stage"] = rng.choice(LADDER, n)
    for name in ("owner_id", "forecast_category", "reason", "competitor", "next_step"):
        deals.loc[still, name] = "altered"
    unborn = deals["created_on"] > day
    deals.loc[unborn, "created_on"] = later(int(unborn.sum()))
    deals = deals[~unborn | (rng.random(len(deals)) < 0.7)]
    events = events[(events["entered_on"] <= day) | (rng.random(len(events)) < 0.5)]
    events = events[events["opportunity_id"].isin(deals["opportunity_id"])]
    future = events["entered_on"] > day
    events.loc[future, "entered_on"] = later(int(future.sum()))
    events.loc[future, "stage"] = rng.choice(LADDER, int(future.sum()))
    leaving = ~(events["left_on"] <= day)
    events.loc[leaving, "left_on"] = later(int(leaving.sum()))
    events.loc[leaving, "moved_to"] = rng.choice([*LADDER, "won", "lost"], int(leaving.sum()))
    shots = shots[(shots["snapshot_on"] <= day) | (rng.random(len(shots)) < 0.5)].copy()
    new = shots["snapshot_on"] > day
    shots.loc[new, "amount"] = rng.uniform(1, 9e6, int(new.sum()))
    shots.loc[new, "stage"] = rng.choice(LADDER, int(new.sum()))
    shots = shots[shots["opportunity_id"].isin(deals["opportunity_id"])]
    return deals, events, shots


@pytest.mark.parametrize("source", ["events", "snapshots"])
@pytest.mark.parametrize("day", ["2024-06-30", "2025-03-31", "2025-09-17", "2026-06-29"])
def test_another_future_leaves_the_past_as_it_was(company, day, source):
    moment, as_of = pd.Timestamp(day), company.config.as_of
    events = company.stage_events if source == "events" else None
    history = deal_history(
        company.opportunities, events, company.snapshots, ladder=LADDER, as_of=as_of
    )
    known = as_known_on(history, day)
    for seed in range(3):
        deals, events, shots = _other_future(company, moment, seed)
        events = events if source == "events" else None
        other = deal_history(deals, events, shots, ladder=LADDER, as_of=as_of)
        _same(as_known_on(other, day), known)


def test_a_history_built_on_that_day_knows_the_same(company):
    day = pd.Timestamp("2025-06-30")
    history = deal_history(
        company.opportunities,
        company.stage_events,
        company.snapshots,
        ladder=LADDER,
        as_of=company.config.as_of,
    )
    known = as_known_on(history, day)
    deals = company.opportunities
    deals = deals[deals["created_on"] <= day].copy()
    later = ~(deals["closed_on"] <= day)
    deals.loc[later, "status"], deals.loc[later, "closed_on"] = "open", pd.NaT
    events = company.stage_events
    events = events[events["entered_on"] <= day]
    shots = company.snapshots[company.snapshots["snapshot_on"] <= day]
    then = deal_history(deals, events, shots, ladder=LADDER, as_of=day)
    pd.testing.assert_frame_equal(then.stays, known.stays)
    pd.testing.assert_frame_equal(then.book, known.book)
    pd.testing.assert_frame_equal(
        then.deals[["opportunity_id", "stage", "status", "created_on", "closed_on"]],
        known.deals[["opportunity_id", "stage", "status", "created_on", "closed_on"]],
    )


def test_figures_of_the_day(company):
    history = deal_history(
        company.opportunities,
        company.stage_events,
        company.snapshots,
        ladder=LADDER,
        as_of=company.config.as_of,
    )
    known = as_known_on(history, "2025-09-30")
    deals = known.deals
    still = deals[deals["status"] == "open"]
    shot = company.snapshots[company.snapshots["snapshot_on"] == "2025-09-30"]
    shot = shot.set_index("opportunity_id").loc[still["opportunity_id"]]
    for name in ("amount", "close_date", "probability", "forecast_category", "owner_id"):
        assert still[name].tolist() == shot[name].tolist()
    for name in ("reason", "competitor", "next_step", "effort_hours", "closed_on"):
        assert still[name].isna().all()
    closed = deals[deals["status"] != "open"]
    final = history.deals.loc[closed.index, "amount"]
    assert closed["amount"].tolist() == final.tolist()  # booked, not quoted


def _one(**more) -> pd.DataFrame:
    row = {
        "opportunity_id": "a", "created_on": "2025-01-10", "status": "won", "amount": 90.0,
        "closed_on": "2025-06-01", "close_date": "2025-06-01", "probability": 1.0, "stage": "b",
    }  # fmt: skip
    return pd.DataFrame([row | more])


def test_figures_not_dated_are_missing_or_counted():
    shots = pd.DataFrame(
        {"snapshot_on": ["2025-03-31", "2025-04-30"], "opportunity_id": "a", "stage": "a",
         "amount": [100.0, 120.0]}
    )  # fmt: skip
    history = deal_history(_one(), None, shots, ladder=["a", "b"], as_of="2025-12-31")
    early = as_known_on(history, "2025-02-15")
    assert early.deals["amount"].isna().all() and early.deals["close_date"].isna().all()
    assert early.quality["code"].tolist() == ["amount_missing", "not_in_book_yet"]
    assert as_known_on(history, "2025-04-10").deals["amount"].tolist() == [100.0]
    assert as_known_on(history, "2025-06-01").deals["amount"].tolist() == [90.0]
    bare = deal_history(_one(), ladder=["a", "b"], as_of="2025-12-31")
    then = as_known_on(bare, "2025-04-10")
    assert then.quality["code"].tolist() == ["amount_not_dated"]
    assert then.deals["amount"].tolist() == [90.0] and then.deals["stage"].isna().all()
    # A planned day or a chance of today would tell the outcome.
    assert then.deals[["close_date", "probability"]].isna().all(axis=None)


def test_lost_then_and_reopened_later_is_lost_then():
    events = pd.DataFrame(
        {
            "opportunity_id": "a", "seq": [1, 2], "stage": ["a", "b"],
            "entered_on": ["2025-01-10", "2025-04-01"], "left_on": ["2025-02-01", "2025-06-01"],
            "moved_to": ["lost", "won"],
        }
    )  # fmt: skip
    history = deal_history(_one(reason="price"), events, ladder=["a", "b"], as_of="2025-12-31")
    then = as_known_on(history, "2025-03-01")
    assert then.deals["status"].tolist() == ["lost"] and then.deals["reason"].isna().all()
    assert then.deals["closed_on"].tolist() == [pd.Timestamp("2025-02-01")]
    assert then.stays["move"].tolist() == ["lost"]
    assert as_known_on(history, "2025-05-01").deals["status"].tolist() == ["open"]
    assert as_known_on(history, "2025-05-01").stays["move"].tolist() == ["reopened", "open"]


def test_first_and_last_day():
    history = deal_history(_one(), ladder=["a", "b"], as_of="2025-12-31")
    assert as_known_on(history, "2025-12-31") is history
    assert as_known_on(history, "2025-01-09").deals.empty
    with pytest.raises(KamkitError) as caught:
        as_known_on(history, "2026-01-01")
    assert [p.code for p in caught.value.problems] == ["day_after_as_of"]
