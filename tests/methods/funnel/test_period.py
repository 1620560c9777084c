"""The review of a period."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from methods.funnel.histories import history_of, random_history

from kamkit.methods.funnel.ledger import Ledger
from kamkit.methods.funnel.period import PeriodReview, period_review
from kamkit.methods.funnel.waterfall import waterfall

PERIOD = {"start": "2024-12-31", "end": "2025-03-31"}
PARTS = (
    *("from_opening_pipeline", "from_overdue", "from_undated", "pulled_in"),
    *("created_and_won", "reopened_and_won"),
)


def _values(review: PeriodReview) -> dict[str, float]:
    return dict(zip(review.measures["measure"], review.measures["value"], strict=True))


def _printed(case: dict[str, Any]) -> PeriodReview:
    deals, book = [], []
    for name, (amount, chance, plan, result, on, booked) in case["rows"].items():
        born = str(plan).removeprefix("created-") if str(plan).startswith("created") else None
        closed = result if result != "open" else None
        deals.append(
            {
                "opportunity_id": name, "created_on": born or "2024-10-01",
                "status": result, "closed_on": on if closed else None, "stage": "offer",
                "amount": float(booked if closed == "won" else amount), "close_date": on,
            }
        )  # fmt: skip
        if born is None:
            book.append(("2025-01-01", name, "offer", float(amount), chance, plan))
    columns = ["snapshot_on", "opportunity_id", "stage", "amount", "probability", "close_date"]
    history = history_of(deals, snapshots=pd.DataFrame(book, columns=columns))
    return period_review(history, start="2025-01-01", end="2025-03-31", target=400)


def test_printed_case(published: dict[str, dict[str, Any]]) -> None:
    case = published["P-SNAP"]
    review = _printed(case)
    found = _values(review) | {"weighted": _values(review)["weighted_pipeline"]}
    for key, value in case["exp"].items():
        assert found[key] == pytest.approx(value, abs=case["tol"]), key
    table = review.deals.set_index("opportunity_id")
    assert table.loc["B", "slipped"] and not table.loc["C", "slipped"]
    assert table["at_start"].astype("str").to_dict()["F"] == "created"


@pytest.mark.parametrize("seed", range(12))
def test_bookings_are_the_sum_of_their_parts_and_the_wins_of_the_waterfall(seed: int) -> None:
    history = random_history(seed)
    review = period_review(history, **PERIOD)
    found = _values(review)
    ledger = Ledger(history)
    assert found["bookings"] == pytest.approx(np.nansum(review.deals["booked"]))
    if seed % 4 != 3:
        assert sum(found[p] for p in PARTS) == pytest.approx(found["bookings"])
        steps = waterfall(history, focus="closing_in_period", **PERIOD).steps.set_index("step")
        assert steps.loc["opening", "amount"] == pytest.approx(found["pipeline_in_period"])
        if not (~ledger.closings.final).any():
            assert -steps.loc["won", "amount"] == pytest.approx(found["bookings"])
    rates = review.measures[review.measures["measure"].str.contains("slip|leak|win_rate")]
    for column in ("value", "low", "high"):
        assert rates[column].dropna().between(0, 1).all()
    counts = review.stages[["won", "lost", "vanished", "slipped"]].sum(axis=1)
    assert (counts == review.stages["deals"]).all()


def test_without_dated_figures_nothing_is_made_up() -> None:
    history = history_of(
        {
            "created_on": ["2024-10-01", "2025-01-10"], "status": ["won", "won"],
            "closed_on": "2025-02-01", "amount": [10.0, 20.0], "close_date": "2025-02-01",
        }
    )  # fmt: skip
    review = period_review(history, target=10, **PERIOD)
    table = review.measures.set_index("measure")
    assert table.loc["created_and_won", "value"] == 20.0
    assert table.loc["bookings", "value"] == 30.0
    for key in ("pipeline_in_period", "coverage", "slip_rate_count", "pulled_in"):
        assert np.isnan(table.loc[key, "value"])
        assert table.loc[key, "variant"] == "needs_snapshots"
    assert table.loc["coverage_needed", "variant"] == "too_little_history"
    assert review.stages.empty


def test_coverage_needed_rests_on_earlier_periods_only() -> None:
    quarters = pd.date_range("2023-12-31", "2025-03-31", freq="QE")
    deals, book = [], []
    for i, (start, end) in enumerate(zip(quarters[:-1], quarters[1:], strict=True)):
        for j in range(4):
            name, win = f"{i}-{j}", j == 0 or (j == 1 and i == len(quarters) - 2)
            deals.append(
                {
                    "opportunity_id": name, "created_on": start - pd.Timedelta(days=30),
                    "status": "won" if win else "lost", "closed_on": end - pd.Timedelta(days=9),
                    "stage": "offer", "amount": 100.0 + i,
                }
            )  # fmt: skip
            book.append((start, name, "offer", 100.0 + i, end - pd.Timedelta(days=20)))
    columns = ["snapshot_on", "opportunity_id", "stage", "amount", "close_date"]
    history = history_of(deals, snapshots=pd.DataFrame(book, columns=columns))
    review = period_review(history, target=200, start=quarters[-2], end=quarters[-1])
    row = review.measures.set_index("measure").loc["coverage_needed"]
    assert row["value"] == pytest.approx(4.0) and row["n"] == 4 == len(review.past)
    assert row["low"] <= 4.0 <= row["high"]
    assert _values(review)["conversion_booked_over_opening"] == pytest.approx(0.5)


def test_no_deals() -> None:
    empty = history_of({"opportunity_id": [], "created_on": [], "status": []})
    review = period_review(empty, target=5, **PERIOD)
    assert review.deals.empty and _values(review)["bookings"] == 0.0
