"""Individuals chart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.projects import control_chart
from kamkit.methods.projects.control_chart import RULES, signals

# NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2: flow rate of ten batches.
FLOW = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]


def series(values: object, **more: object) -> pd.DataFrame:
    values = np.asarray(values, float)
    return pd.DataFrame({"at": range(len(values)), "value": values}).assign(**more)


def test_published_case() -> None:
    row = control_chart(series(FLOW)).series.iloc[0]
    assert row["centre"] == pytest.approx(50.81) and row["mean_range"] == pytest.approx(
        1.8778, 1e-4
    )
    # The handbook takes d2 = 1.128; the exact 2/√π moves the limits by 0.002.
    assert (row["lower"], row["upper"]) == pytest.approx((45.8159, 55.8041), abs=2e-3)
    assert row["chart_state"] == "stable" and "provisional" in row["variant"]
    assert row["sigma_low"] < row["sigma"] < row["sigma_high"]


def test_each_rule_by_hand() -> None:
    def which(z: list[float], rule: str) -> list[int]:
        return np.flatnonzero(signals(np.array(z), 0.0, 1.0, 3.0, [rule])[:, 0]).tolist()

    assert which([0, 3.0, 3.1, -3.2], "beyond_limits") == [2, 3]
    assert which([2.1, 0, 2.2, 0, -2.1, 2.5], "two_of_three") == [2]
    assert which([1.1, 1.2, 0, 1.3, 1.4], "four_of_five") == [4]
    assert which([0.1] * 7 + [-0.1] + [0.1] * 8, "run_of_eight") == [15]
    assert which([0, 3.1, 0.2], "range_beyond_limit") == [1]
    # A value on the centre ends a run; the side matters.
    assert which([0.1] * 7 + [0.0] + [0.1] * 7, "run_of_eight") == []
    assert which([2.1, -2.1, 0], "two_of_three") == []


def test_baseline_later_and_shift() -> None:
    rng = np.random.default_rng(3)
    values = np.concatenate([rng.normal(10, 1, 20), rng.normal(14, 1, 10)])
    found = control_chart(series(values), baseline=20)
    assert found.series["baseline_n"].item() == 20
    assert found.points.set_index("order").loc[21:, "signal"].any()
    assert not found.points.set_index("order").loc[:20, "signal"].any()
    dated = series(values).assign(at=pd.date_range("2025-01-01", periods=30))
    same = control_chart(dated, baseline="2025-01-20").series
    assert same["upper"].item() == pytest.approx(found.series["upper"].item())


def test_too_few_all_alike_and_missing() -> None:
    few = control_chart(series([1, 9, 1, 9, 1]))
    assert few.series["chart_state"].item() == "too_few_points" and not few.points["signal"].any()
    assert np.isnan(few.series["upper"].item())
    alike = control_chart(series([4.0] * 9))
    assert alike.series["chart_state"].item() == "no_variation" and not alike.points["signal"].any()
    holes = control_chart(series([*FLOW[:5], np.nan, *FLOW[5:]])).series
    assert holes["unknown"].item() == 1
    assert holes["upper"].item() == pytest.approx(
        control_chart(series(FLOW)).series["upper"].item()
    )
    none = control_chart(series([]))
    assert none.points.empty and none.series.empty
    assert none.measures["variant"].iloc[0] == "too_little_data"
    assert control_chart(series([3.0])).series["chart_state"].item() == "too_few_points"


def test_floor_and_median_range() -> None:
    assert control_chart(series([0, 1, 0, 4, 1, 0, 2]), floor=0).series["lower"].item() == 0
    wild = series([*FLOW, 90.0])
    mean, median = (control_chart(wild, spread=s).series["sigma"].item()
                    for s in ("mean_range", "median_range"))  # fmt: skip
    assert median < mean


def test_false_alarms_are_told() -> None:
    """What the table says of steady series is what steady series do."""
    rng = np.random.default_rng(8)
    said = (
        control_chart(series(rng.normal(size=25)), rules=RULES).series["false_alarm_share"].item()
    )
    hits = 0
    for i in range(150):
        steady = series(np.random.default_rng(1000 + i).normal(size=25))
        found = control_chart(steady, rules=RULES, draws=0)
        hits += found.series["chart_state"].item() == "signals"
    assert abs(hits / 150 - said) < 0.12
    two = control_chart(series(rng.normal(size=25))).series["false_alarm_share"].item()
    assert two < said


def test_groups_ties_and_dirty() -> None:
    both = pd.concat([series(FLOW, stage="a"), series(FLOW[:3], stage="b")])
    found = control_chart(both, by="stage").series.set_index("series")
    assert found["chart_state"].to_dict() == {"a": "stable", "b": "too_few_points"}
    with pytest.raises(KamkitError):
        control_chart(both)
    assert control_chart(both, tie="stage").series["n"].item() == 13
    for wrong in ({"rules": ["feeling"]}, {"spread": "sd"}, {"value": "x"}):
        with pytest.raises(KamkitError):
            control_chart(series(FLOW), **wrong)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-1e4, 1e4), min_size=0, max_size=40), st.integers(0, 9))
def test_order_of_rows_scale_and_shift(values: list[float], seed: int) -> None:
    table = series(np.round(values, 3))
    one = control_chart(table, draws=0)
    two = control_chart(table.sample(frac=1, random_state=seed), draws=0)
    pd.testing.assert_frame_equal(one.points, two.points)
    pd.testing.assert_frame_equal(one.series, two.series)
    if len(one.series) and one.series["sigma"].item() > 1e-6:
        moved = control_chart(table.assign(value=table["value"] * 4 + 8), draws=0)
        assert moved.series["sigma"].item() == pytest.approx(4 * one.series["sigma"].item())
