"""Programme goals: pace, chance and its calibration, limits; and the status page."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.goals import (
    attainment_chance,
    mbo_status,
    programme_goals,
    programme_limits,
)

AS_OF = "2026-06-30"


def three() -> pd.DataFrame:
    """S169: ten key accounts more, sales up by a fifth, satisfaction of 90 % or more."""
    return pd.DataFrame(
        {"goal": ["accounts", "sales", "satisfaction"], "kind": ["count", "sum", "level"],
         "target": [10, 1440, 0.9], "actual": [5, None, 0.85], "n": [None, None, 60],
         "start": "2026-01-01", "due": "2026-12-31"}
    )  # fmt: skip


def months(growth: float, done: int = 6) -> pd.DataFrame:
    base = np.tile([80.0, 120.0], 6)
    value = base * growth * np.tile([0.98, 1.02], 6)
    value[done:] = np.nan
    names = [f"2026-{m:02d}" for m in range(1, 13)]
    return pd.DataFrame({"goal": "sales", "period": names, "value": value, "base": base})


def test_worked_example():
    found = programme_goals(three(), months(1.2), as_of=AS_OF).set_index("goal")
    assert found.loc["accounts", ["gap", "status"]].tolist() == [5, "open"]
    assert found.loc["accounts", "projected"] == pytest.approx(10, abs=0.1)
    sales = found.loc["sales"]
    assert sales["projected"] == pytest.approx(1440, rel=0.01)
    assert sales["expected_by_now"] == pytest.approx(720)
    assert sales["chance_low"] < sales["chance"] < sales["chance_high"]
    level = found.loc["satisfaction"]
    assert level["status"] == "behind" and level["gap"] == pytest.approx(0.05)
    fast = programme_goals(three(), months(1.4), as_of=AS_OF).set_index("goal")
    assert fast.loc["sales", "status"] == "on_pace"
    shuffled = programme_goals(three().iloc[::-1], months(1.2)[::-1], as_of=AS_OF)
    pd.testing.assert_frame_equal(shuffled.set_index("goal").loc[found.index], found)


def test_seasons_do_not_pass_for_pace():
    """A strong second half last year: half of the time is over, not half of the year's sales."""
    values = months(1.2).assign(base=[50.0] * 6 + [150.0] * 6)
    values.loc[:5, "value"] = [59.0, 61, 60, 59, 61, 60]
    found = programme_goals(three().iloc[[1]], values, as_of=AS_OF).iloc[0]
    assert found["pace"] == pytest.approx(1.0) and found["projected"] == pytest.approx(1440)
    plain = programme_goals(three().iloc[[1]], values.drop(columns="base"), as_of=AS_OF).iloc[0]
    assert plain["projected"] == pytest.approx(720) and plain["variant"] == "mean_of_periods"


def test_what_cannot_be_told():
    few = programme_goals(three(), months(1.2, done=2), as_of="2026-02-28").set_index("goal")
    assert few.loc["sales", ["status", "variant"]].tolist() == ["cannot_tell", "too_little_data"]
    early = programme_goals(three().iloc[[0]], as_of="2025-12-01").iloc[0]
    assert early["status"] == "cannot_tell" and np.isnan(early["pace"])
    nothing = three().assign(n=None)
    assert programme_goals(nothing.iloc[[2]], as_of=AS_OF)["status"].tolist() == ["cannot_tell"]
    over = programme_goals(three().iloc[[0]], as_of="2027-01-31").iloc[0]
    assert over[["status", "chance", "variant"]].tolist() == ["missed", 0.0, "finished"]
    assert programme_goals(three().head(0), as_of=AS_OF).empty
    sure = programme_goals(three().iloc[[2]].assign(actual=0.98, n=400), as_of=AS_OF)
    lucky = programme_goals(three().iloc[[2]].assign(actual=0.92, n=20), as_of=AS_OF)
    assert [sure["status"].iloc[0], lucky["status"].iloc[0]] == ["reached", "open"]


def test_dirt_is_told_at_once():
    wrong = three().assign(kind=["count", "total", "level"], target=[10, -1, "x"], due="soon")
    with pytest.raises(KamkitError) as caught:
        programme_goals(wrong.assign(actual=None), as_of=AS_OF)
    codes = {p.code for p in caught.value.problems}
    assert codes == {"not_allowed", "out_of_range", "not_a_number", "not_a_date", "empty_cell"}
    for call in (
        lambda: programme_goals(three().assign(start="2027-01-01"), as_of=AS_OF),
        lambda: programme_goals(three(), as_of="some day"),
        lambda: attainment_chance("count", target=3),
        lambda: attainment_chance("hope", target=3),
    ):
        with pytest.raises(KamkitError):
            call()


@pytest.mark.parametrize("elapsed", [0.25, 0.5, 0.75])
def test_count_chance_is_calibrated(elapsed):
    """Yearly rates from a wide prior: chances told are kept, and intervals cover."""
    rng = np.random.default_rng(7)
    rates = rng.uniform(4, 20, 4000)
    so_far = rng.poisson(rates * elapsed)
    end = so_far + rng.poisson(rates * (1 - elapsed))
    each = {k: attainment_chance("count", target=12, actual=k, elapsed=elapsed)
            for k in set(so_far.tolist())}  # fmt: skip
    found = [each[k] for k in so_far.tolist()]
    told = np.array([f.chance for f in found])
    assert abs(told.mean() - (end >= 12).mean()) < 0.05
    inside = [f.projected_low <= e <= f.projected_high for f, e in zip(found, end, strict=True)]
    assert np.mean(inside) > 0.87


def test_sum_chance_is_calibrated():
    rng = np.random.default_rng(8)
    base = np.tile([60.0, 90, 150], 4)
    told, met, inside = [], [], []
    for _ in range(500):
        year = base * 1.2 + rng.normal(size=12) * 1.2 * np.sqrt(base)
        seen = np.where(np.arange(12) < 6, year, np.nan)
        found = attainment_chance("sum", target=1440, values=seen, base=base, level=0.9)
        told.append(found.chance)
        met.append(year.sum() >= 1440)
        inside.append(found.projected_low <= year.sum() <= found.projected_high)
    assert abs(np.mean(told) - np.mean(met)) < 0.05
    assert abs(np.mean(inside) - 0.9) < 0.03
    told, met = np.array(told), np.array(met)
    assert met[told > 0.7].mean() > 0.65 and met[told < 0.3].mean() < 0.35


def test_ten_more_need_room_and_worth():
    """X32: the count is met on paper; the class has no room, and the new ones bring little."""
    accounts = pd.DataFrame(
        {"account_id": [f"A{i}" for i in range(14)], "member": "key",
         "added": ["no"] * 4 + ["yes"] * 10, "value": [100.0] * 4 + [10.0] * 10}
    )  # fmt: skip
    limits = pd.DataFrame({"member": ["key"], "hours_per_account": [200.0], "most": [5]})
    found = programme_limits(accounts, limits, hours=1500)
    assert found.classes[["present", "added", "over", "hours"]].values.tolist() == [
        [4, 10, 9, 2800]
    ]
    figures = found.measures.set_index("measure")["value"]
    assert figures[["hours_free", "value_ratio"]].tolist() == [-1300, 0.1]
    assert programme_limits(accounts.head(0), limits, hours=0).classes["over"].tolist() == [0]
    with pytest.raises(KamkitError) as caught:
        programme_limits(accounts.assign(member="vip"), limits, hours=-1)
    assert {p.code for p in caught.value.problems} == {"unknown_reference", "out_of_range"}


@pytest.fixture
def plan():
    goals = pd.DataFrame(
        {"goal_id": ["G", "H", "I"], "scope": "member", "scope_id": ["M1", "M2", "M3"],
         "kpi": "sales", "target": [100.0, 100, 100], "due": "2026-12-31",
         "owner_id": ["M1", "M2", "M3"]}
    )  # fmt: skip
    actions = pd.DataFrame(
        [("1", "G", "M1", "2026-02-10", "2026-02-09", "done"),
         ("2", "G", "M1", "2026-03-10", "2026-04-01", "done"),
         ("3", "G", "M1", "2026-05-10", None, "doing"),
         ("4", "G", "M1", "2026-09-10", None, "planned"),
         ("5", "H", "M2", "2026-04-10", None, "done"),
         ("6", "H", "M2", None, None, "planned"),
         ("7", "H", "M2", "2026-04-10", None, "dropped")],
        columns=["action_id", "goal_id", "owner_id", "due", "done_on", "status"],
    )  # fmt: skip
    return goals, actions


def test_status_page(plan):
    goals, actions = plan
    values = pd.DataFrame({"scope": "member", "scope_id": ["M1", "M2"], "period": "2026H1",
                           "kpi": "sales", "value": [45.0, 101.0]})  # fmt: skip
    targets = values.assign(value=50.0)
    found = mbo_status(goals, actions, values, as_of=AS_OF, period="2026H1", targets=targets)
    assert found.goals["status"].tolist() == ["overdue", "reached", "no_actions"]
    assert found.goals["attainment"].tolist()[:2] == [0.45, 1.01]
    assert found.goals["period_attainment"].tolist()[0] == 0.9
    counts = found.goals[["actions", "done", "late_done", "overdue", "open", "undated", "dropped"]]
    assert counts.values.tolist()[:2] == [[4, 2, 1, 1, 1, 0, 0], [2, 1, 0, 0, 1, 1, 1]]
    states = ["done", "late_done", "overdue", "open", "done", "undated", "dropped"]
    assert found.actions["state"].tolist() == states
    assert found.actions["note"].tolist()[4] == "done_without_day"
    assert found.actions["days_late"].tolist()[1:3] == [22, 51]
    assert found.owners.loc[0, ["done_in_time", "in_time_share"]].tolist() == [1, 1 / 3]
    assert found.measures["value"].round(3).tolist() == [0.5, 1.0, 0.5]


def test_burn_down_counts_what_was_left(plan):
    found = mbo_status(*plan, as_of=AS_OF).burn_down
    assert found["on"].dt.strftime("%m-%d").tolist() == [
        "02-28", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30"]  # fmt: skip
    assert found["planned_left"].tolist() == [4, 3, 2, 1, 1, 1, 1, 0]
    assert found["left"].tolist()[:5] == [4, 4, 2, 2, 2] and found["left"][5:].isna().all()
    assert found["known"].tolist() == [True] * 5 + [False] * 3


def test_status_of_little_and_of_dirt(plan):
    goals, actions = plan
    empty = mbo_status(goals.head(0), actions.head(0), as_of=AS_OF)
    assert empty.goals.empty and empty.burn_down.empty and empty.measures["value"].isna().sum() == 2
    bare = mbo_status(goals, actions.head(0), as_of=AS_OF)
    assert (bare.goals["status"] == "no_actions").all()
    assert len(mbo_status(goals.head(1), actions.head(1), as_of=AS_OF).actions) == 1
    one, two = mbo_status(goals, actions, as_of=AS_OF), mbo_status(
        goals[::-1], actions[::-1], as_of=AS_OF)  # fmt: skip
    for name in ("goals", "actions", "owners", "burn_down", "measures"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))
    wrong = actions.assign(due="soon", goal_id="Z")
    with pytest.raises(KamkitError) as caught:
        mbo_status(goals.assign(target="x"), pd.concat([wrong, wrong]), as_of=AS_OF)
    assert {p.code for p in caught.value.problems} == {
        "not_a_date", "unknown_reference", "not_a_number", "duplicate_key"}  # fmt: skip
    with pytest.raises(KamkitError):
        mbo_status(goals, actions, goals, as_of=AS_OF)
