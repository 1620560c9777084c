"""The frame of a funnel review: its days, the pipeline now, target, hours and work."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods import funnel

DAY = "%Y-%m-%d"


def spans(days: funnel.ReviewDays) -> list[str]:
    ends = (days.opening, days.start, days.end, days.next_start, days.next_end)
    return [f"{end:{DAY}}" for end in ends]


@pytest.mark.parametrize(
    ("as_of", "options", "expected"),
    [
        ("2026-06-30", {}, "2026-03-31 2026-04-01 2026-06-30 2026-07-01 2026-09-30"),
        ("2026-06-29", {}, "2025-12-31 2026-01-01 2026-03-31 2026-04-01 2026-06-30"),
        ("2026-01-10", {"fiscal_year_start": 2},
         "2025-07-31 2025-08-01 2025-10-31 2025-11-01 2026-01-31"),
        ("2026-06-30", {"start": "2026-01-01"},
         "2025-12-31 2026-01-01 2026-06-30 2026-07-01 2026-09-30"),
        ("2026-06-30", {"end": "2026-05-15"},
         "2026-03-31 2026-04-01 2026-05-15 2026-07-01 2026-09-30"),
        ("2026-06-30", {"end": "2026-12-31"},
         "2026-03-31 2026-04-01 2026-06-30 2026-07-01 2026-09-30"),
        ("2026-06-30", {"known_from": pd.Timestamp("2026-05-31")},
         "2026-05-31 2026-06-01 2026-06-30 2026-07-01 2026-09-30"),
    ],
)  # fmt: skip
def test_days_of_a_review(as_of, options, expected):
    assert spans(funnel.review_days(as_of, **options)) == expected.split()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"start": "soon"}, "bad_day"),
        ({"start": "2026-05-01", "end": "2026-04-01"}, "period_reversed"),
        ({"start": "2027-01-01"}, "period_reversed"),
    ],
)
def test_days_that_are_none_are_refused(options, code):
    with pytest.raises(KamkitError) as caught:
        funnel.review_days("2026-06-30", **options)
    assert [p.code for p in caught.value.problems] == [code]


def history(**columns: object) -> funnel.DealHistory:
    deals = pd.DataFrame(
        {"opportunity_id": ["A", "B", "C"], "created_on": "2025-01-01", "status": "open",
         "stage": ["offer", "offer", "talk"], **columns}
    )  # fmt: skip
    return funnel.deal_history(deals, ladder=["talk", "offer"], as_of="2025-02-01")


def now(**columns: object) -> funnel.PipelineNow:
    return funnel.pipeline_now(history(**columns), start="2025-02-02", end="2025-03-31")


def test_missing_amounts_are_not_zero():
    found = now(amount=[10.0, np.nan, np.nan], close_date="2025-03-01").stages
    assert found["stage"].tolist() == ["talk", "offer"]
    assert found["unknown"].tolist() == [1, 1]
    assert np.isnan(found["amount"].iloc[0]) and found["amount"].iloc[1] == 10.0
    values = now().measures.set_index("measure")["value"]
    assert values["open_without_amount"] == 3
    blank = ["open_pipeline", "pipeline_due", "weighted_due", "committed_due"]
    assert values[blank].isna().all()


def test_due_weighted_and_committed():
    found = now(
        amount=[10.0, 20.0, 40.0], probability=[0.5, 0.5, np.nan],
        close_date=["2025-03-01", "2025-03-31", "2025-04-01"],
        forecast_category=["commit", "best_case", "commit"],
    )  # fmt: skip
    values = found.measures.set_index("measure")["value"]
    assert values[["pipeline_due", "weighted_due", "committed_due"]].tolist() == [30.0, 15.0, 10.0]
    assert found.stages["without_probability"].tolist() == [1, 0]


def test_nothing_open_is_an_empty_table():
    done = history(closed_on="2025-01-20").deals.assign(status="won")
    found = funnel.pipeline_now(
        funnel.deal_history(done, ladder=["talk", "offer"], as_of="2025-02-01"),
        start="2025-02-02", end="2025-03-31",
    )  # fmt: skip
    assert found.stages.empty and found.measures["value"].iloc[0] == 0


def test_target_falls_back_on_last_year():
    assert funnel.coming_target(5.0, 9.0) == (5.0, "given")
    assert funnel.coming_target(0, 9.0) == (9.0, "last_year")
    assert funnel.coming_target(0, 0.0) == (None, "none")


def test_hours_of_the_owners_of_open_deals():
    deals = pd.DataFrame({"status": ["open", "won"], "owner_id": ["M1", "M2"]})
    members = pd.DataFrame({"member_id": ["M1", "M2"], "hours_per_year": [1461.0, 9999.0]})
    span = pd.Timestamp("2026-07-01"), pd.Timestamp("2026-07-01") + pd.Timedelta(days=365.25 / 4)
    hours, rule = funnel.hours_at_hand(deals, members, 0, *span)
    assert rule == "owners_70" and 255 <= hours <= 259
    assert funnel.hours_at_hand(deals, members, 40, *span) == (40.0, "given")
    assert funnel.hours_at_hand(deals, members.iloc[:0], 0, *span) == (0.0, "unknown")


def test_work_needs_hours_and_chances():
    made = pd.DataFrame({"opportunity_id": ["A", "B"], "amount": [9.0, 5.0], "p_win": [0.5, 0.4],
                         "low": 0.3, "high": 0.7})  # fmt: skip
    deals = pd.DataFrame({"opportunity_id": ["B", "A"], "effort_hours": [7.0, np.nan]})
    work = funnel.deal_work(made, deals)
    assert work["effort_hours"].isna().tolist() == [True, False]
    assert funnel.deal_work(made.assign(p_win=np.nan), deals).empty
