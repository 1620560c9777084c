"""Delivery against the plan."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.projects import delivery_status, slip_steps
from kamkit.methods.projects.delivery import step_chances


def plans(n: int = 10, seed: int = 1, drift: float = 4.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for project in range(n):
        start = pd.Timestamp("2025-01-01") + pd.Timedelta(days=30 * project)
        slip = 0
        for step in range(5):
            slip += int(rng.normal(drift, 3))
            planned = start + pd.Timedelta(days=45 * step)
            rows.append((f"P{project}", f"M{step}", planned, planned + pd.Timedelta(days=slip)))
    return pd.DataFrame(rows, columns=["project_id", "milestone", "planned_on", "actual_on"])


def test_slip_by_hand() -> None:
    table = pd.DataFrame(
        {"project_id": "P", "milestone": list("abcd"),
         "planned_on": ["2026-01-01", "2026-02-01", "2026-03-01", "2026-05-01"],
         "actual_on": ["2026-01-03", "2026-02-20", None, None]}
    )  # fmt: skip
    found = delivery_status(table, as_of="2026-03-11")
    rows = found.milestones
    assert rows["status"].tolist() == ["on_time", "late", "overdue", "due"]
    assert rows["slip_days"].tolist()[:3] == [2, 19, 10] and np.isnan(rows["slip_days"].iloc[3])
    project = found.projects.iloc[0]
    assert (project["done"], project["overdue"], project["next_milestone"]) == (2, 1, "c")
    assert project["status"] == "overdue" and pd.isna(project["forecast_end"])
    assert np.isnan(project["earned_value"])


def test_nothing_dated_later_is_known() -> None:
    table = plans()
    day = pd.Timestamp("2025-07-01")
    now = delivery_status(table, as_of=day).milestones
    later = table.copy()
    late = later["actual_on"] > day
    later.loc[late, "actual_on"] = later.loc[late, "actual_on"] + pd.Timedelta(days=99)
    pd.testing.assert_frame_equal(now, delivery_status(later, as_of=day).milestones)
    assert (now["forecast_on"][now["actual_on"].isna()] >= day).all()


def test_forecast_band_holds_most_ends() -> None:
    inside = total = 0
    for seed in range(12):
        table = plans(14, seed=seed)
        day = table["actual_on"].quantile(0.6)
        found = delivery_status(table, as_of=day, draws=800, seed=seed).projects
        ends = table.groupby("project_id")["actual_on"].max()
        open_ = found[(found["status"] != "done") & found["forecast_end"].notna()]
        truth = open_["project_id"].map(ends)
        inside += int(((truth >= open_["forecast_low"]) & (truth <= open_["forecast_high"])).sum())
        total += len(open_)
    assert total > 60 and 0.65 < inside / total < 0.95


def test_forecasts_follow_one_another() -> None:
    found = delivery_status(plans(), as_of="2025-06-01").milestones
    for column in ("forecast_low", "forecast_on", "forecast_high"):
        open_ = found[found["actual_on"].isna()]
        assert open_.groupby("project_id")[column].apply(lambda s: s.is_monotonic_increasing).all()
    assert (found["forecast_low"] <= found["forecast_high"]).all()


def test_open_steps_are_lower_bounds() -> None:
    values, weights = step_chances(np.array([1.0, 2.0, 3.0]), np.array([True, False, True]))
    assert weights.sum() == pytest.approx(1)
    assert dict(zip(values, weights, strict=True)) == pytest.approx({1: 1 / 3, 2: 0, 3: 2 / 3})
    tail = step_chances(np.array([1.0, 9.0]), np.array([True, False]))
    assert tail[1].tolist() == [0.5, 0.5]
    table = delivery_status(plans(), as_of="2025-06-01").milestones
    steps = slip_steps(table)
    assert steps["done"].sum() == table["actual_on"].notna().sum()


def test_alarm_against_other_projects() -> None:
    table = plans(12)
    table.loc[table["project_id"] == "P3", "actual_on"] += pd.Timedelta(days=60)
    found = delivery_status(table, as_of="2027-01-01")
    alarms = found.milestones[found.milestones["alarm"]]
    assert set(alarms[alarms["slip_days"] > 60]["project_id"]) == {"P3"}
    assert found.measures.set_index("measure").loc["alarms", "value"] == len(alarms)


def test_earned_value() -> None:
    table = pd.DataFrame(
        {"project_id": "P", "milestone": list("abcd"),
         "planned_on": ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"],
         "actual_on": ["2026-01-05", "2026-02-20", None, None],
         "planned_value": [10.0, 20, 30, 40], "actual_cost": [12.0, 28, None, None]}
    )  # fmt: skip
    row = delivery_status(table, as_of="2026-03-02").projects.iloc[0]
    assert (row["planned_value"], row["earned_value"], row["actual_cost"]) == (60, 30, 40)
    assert row["schedule_index"] == 0.5 and row["cost_index"] == 0.75
    assert row["cost_at_end"] == pytest.approx(100 / 0.75)
    assert row["time_index"] == pytest.approx(31 / 60)


def test_dirty_and_empty() -> None:
    table = plans(2)
    with pytest.raises(KamkitError) as caught:
        delivery_status(pd.concat([table, table.iloc[:1]]), as_of="2026-01-01")
    assert caught.value.problems[0].code == "duplicate_key"
    with pytest.raises(KamkitError):
        delivery_status(table.drop(columns="planned_on"), as_of="2026-01-01")
    empty = delivery_status(table.iloc[:0], as_of="2026-01-01")
    assert empty.milestones.empty and empty.projects.empty
    assert set(empty.measures["variant"]) == {"too_little_data"}
    one = delivery_status(table.iloc[:1], as_of="2026-01-01")
    assert one.projects["status"].tolist() == ["done"]
    shuffled = delivery_status(table.sample(frac=1, random_state=1), as_of="2025-02-01")
    pd.testing.assert_frame_equal(
        shuffled.milestones, delivery_status(table, as_of="2025-02-01").milestones
    )
