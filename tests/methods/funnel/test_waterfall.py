"""The waterfall: nothing unexplained, nothing netted."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from methods.funnel.histories import history_of, random_history

import kamkit
from kamkit.errors import KamkitError
from kamkit.methods.funnel import DealHistory, as_known_on, deal_history
from kamkit.methods.funnel.waterfall import Waterfall, waterfall

Q1 = {"start": "2024-12-31", "end": "2025-03-31"}


def _amounts(found: Waterfall) -> dict[str, float]:
    return dict(zip(found.steps["step"], found.steps["amount"], strict=True))


def _book(rows: list[tuple[str, str, float, str]]) -> pd.DataFrame:
    columns = ["snapshot_on", "opportunity_id", "amount", "close_date"]
    return pd.DataFrame(rows, columns=columns).assign(stage="offer")


@pytest.mark.parametrize("focus", ["all", "closing_in_period"])
@pytest.mark.parametrize("seed", range(24))
def test_nothing_is_unexplained(seed: int, focus: str) -> None:
    history = random_history(seed)
    days = pd.to_datetime(["2024-09-30", "2024-12-31", "2025-02-14", "2025-03-31", "2025-06-30"])
    for i, start in enumerate(days):
        for end in [*days[i + 1 :], pd.Timestamp("2025-12-31")]:
            found = waterfall(history, start=start, end=end, focus=focus)
            assert found.residual == (0, 0, 0)
            for column in ("deals", "unknown", "amount"):
                values = [Fraction(str(v)) for v in found.steps[column]]
                if column != "amount" or max(abs(v) for v in values) < 1e12:
                    assert sum(values[:-1]) == values[-1]
            assert len(found.paths) == found.steps["moves"].sum()


@pytest.mark.parametrize("seed", range(8))
def test_ends_agree_with_what_was_known(seed: int) -> None:
    """On a day on which the book has a row of every open deal, hindsight and then agree."""
    history = random_history(seed)
    for day in ("2025-01-31", "2025-03-31"):
        known = as_known_on(history, day).deals
        then = known[known["status"] == "open"]
        found = waterfall(history, start=day, end="2025-06-30").steps.set_index("step")
        assert found.loc["opening", "deals"] == len(then)
    last = history.deals[history.deals["status"] == "open"]
    steps = waterfall(history, start="2025-01-31", end="2025-06-30").steps.set_index("step")
    assert steps.loc["closing", "deals"] == len(last)


def test_the_path_inside_the_period_stays_visible() -> None:
    history = history_of(
        {
            "opportunity_id": ["in_and_out", "up_and_down", "stays"],
            "created_on": ["2025-01-10", "2024-11-01", "2024-11-01"],
            "closed_on": ["2025-02-20", None, None],
            "status": ["lost", "open", "open"],
            "stage": "offer",
            "amount": [50.0, 100.0, 70.0],
        },
        snapshots=_book(
            [
                ("2024-12-31", "up_and_down", 100.0, "2025-05-01"),
                ("2025-01-31", "up_and_down", 130.0, "2025-05-01"),
                ("2025-02-28", "up_and_down", 90.0, "2025-05-01"),
                ("2025-03-31", "up_and_down", 100.0, "2025-05-01"),
                ("2024-12-31", "stays", 70.0, "2025-05-01"),
            ]
        ),
    )
    found = waterfall(history, **Q1)
    assert _amounts(found) == {
        "opening": 170.0, "created": 50.0, "amount_up": 40.0, "amount_down": -40.0,
        "lost": -50.0, "closing": 170.0,
    }  # fmt: skip
    path = found.paths.set_index("opportunity_id")
    assert path.loc["in_and_out", "step"].tolist() == ["created", "lost"]
    assert path.loc["up_and_down", "amount"].tolist() == [30.0, -40.0, 10.0]


def test_focus_on_the_period_tells_dates_apart() -> None:
    history = history_of(
        {
            "opportunity_id": ["pulled", "pushed", "overdue", "won_early", "undated"],
            "created_on": "2024-11-01",
            "closed_on": [None, None, None, "2025-03-20", None],
            "status": ["open", "open", "open", "won", "open"],
            "stage": "offer",
            "amount": [10.0, 20.0, 30.0, 45.0, 50.0],
        },
        snapshots=_book(
            [
                ("2024-12-31", "pulled", 10.0, "2025-06-01"),
                ("2025-01-31", "pulled", 10.0, "2025-03-01"),
                ("2024-12-31", "pushed", 20.0, "2025-02-01"),
                ("2025-01-31", "pushed", 25.0, "2025-06-01"),
                ("2024-12-31", "overdue", 30.0, "2024-12-01"),
                ("2025-01-31", "overdue", 30.0, "2025-02-28"),
                ("2024-12-31", "won_early", 40.0, "2025-06-01"),
                ("2024-12-31", "undated", 50.0, None),
            ]
        ),
    )
    found = waterfall(history, focus="closing_in_period", **Q1)
    assert _amounts(found) == {
        "opening": 20.0, "pulled_in": 55.0, "dated_in": 30.0, "pushed_out": -20.0, "won": -45.0,
        "closing": 40.0,
    }  # fmt: skip
    assert found.residual == (0, 0, 0)


def test_missing_amounts_are_counted_apart() -> None:
    history = history_of(
        {
            "opportunity_id": ["found", "forgotten", "never"],
            "created_on": ["2024-11-01", "2024-11-01", "2025-01-05"],
            "status": "open",
            "stage": "offer",
            "amount": [5.0, np.nan, np.nan],
        },
        snapshots=_book(
            [
                ("2024-12-31", "found", np.nan, "2025-05-01"),
                ("2025-01-31", "found", 5.0, "2025-05-01"),
                ("2024-12-31", "forgotten", 8.0, "2025-05-01"),
                ("2025-01-31", "forgotten", np.nan, "2025-05-01"),
            ]
        ),
    )
    steps = waterfall(history, **Q1).steps.set_index("step")
    assert steps["amount"].to_dict() == {
        "opening": 8.0, "created": 0.0, "amount_filled": 5.0, "amount_removed": -8.0,
        "closing": 5.0,
    }  # fmt: skip
    assert steps["unknown"].tolist() == [1, 1, -1, 1, 2]


def test_reopened_deals_leave_and_come_back() -> None:
    events = pd.DataFrame(
        {
            "opportunity_id": "R",
            "seq": [1, 2],
            "stage": ["offer", "deal"],
            "entered_on": ["2024-11-01", "2025-02-15"],
            "left_on": ["2025-01-20", None],
            "moved_to": ["lost", None],
        }
    )
    history = history_of(
        {"opportunity_id": ["R"], "created_on": "2024-11-01", "status": "open", "stage": "deal",
         "amount": 9.0},
        stage_events=events,
    )  # fmt: skip
    steps = _amounts(waterfall(history, **Q1))
    assert steps == {"opening": 9.0, "reopened": 9.0, "lost": -9.0, "closing": 9.0}
    between = waterfall(history, start="2025-01-31", end="2025-03-31")
    assert _amounts(between) == {"opening": 0.0, "reopened": 9.0, "closing": 9.0}


def test_vanished_deals_have_a_step_of_their_own() -> None:
    rows = [("2025-01-31", "gone", 7.0, "2025-05-01"), ("2025-01-31", "kept", 8.0, "2025-05-01")]
    rows += [("2025-02-28", "kept", 8.0, "2025-05-01")]
    history = deal_history(None, None, _book(rows), ladder=["offer"], as_of="2025-03-31")
    steps = _amounts(waterfall(history, start="2025-01-31", end="2025-03-31"))
    assert steps == {"opening": 15.0, "vanished": -7.0, "closing": 8.0}


def test_order_of_rows_changes_nothing() -> None:
    deals = pd.DataFrame(
        {
            "opportunity_id": list("abcdef"),
            "created_on": pd.date_range("2025-01-01", periods=6, freq="15D"),
            "closed_on": [None, "2025-03-01", None, None, "2025-03-20", None],
            "status": ["open", "won", "open", "open", "lost", "open"],
            "amount": [1.1, 2.2, np.nan, 4.4, 5.5, 6.6],
        }
    )
    one, two = (
        waterfall(deal_history(t, ladder=["offer"], as_of="2025-06-30"), **Q1)
        for t in (deals, deals.sample(frac=1, random_state=3))
    )
    pd.testing.assert_frame_equal(one.steps, two.steps)
    pd.testing.assert_frame_equal(one.paths, two.paths)


def test_no_deals_and_bad_days() -> None:
    empty = history_of({"opportunity_id": [], "created_on": [], "status": []})
    found = waterfall(empty, **Q1)
    assert found.steps["step"].tolist() == ["opening", "closing"]
    assert found.residual == (0, 0, 0) and found.paths.empty
    with pytest.raises(KamkitError):
        waterfall(empty, start="2025-03-31", end="2025-03-31")
    with pytest.raises(KamkitError):
        waterfall(empty, focus="some", **Q1)


def test_the_sample_company() -> None:
    data = kamkit.load("elevator")
    ladder = ["discover", "needs", "solution", "quote", "negotiate"]
    history: DealHistory = deal_history(
        data.opportunities, data.stage_events, data.snapshots, ladder=ladder, as_of="2026-06-30"
    )
    quarters = pd.date_range("2025-03-31", "2026-06-30", freq="QE")
    last = None
    for start, end in zip(quarters[:-1], quarters[1:], strict=True):
        steps = waterfall(history, start=start, end=end).steps.set_index("step")["amount"]
        assert last is None or steps["opening"] == last
        last = steps["closing"]
        assert steps["won"] < 0 < steps["created"]
