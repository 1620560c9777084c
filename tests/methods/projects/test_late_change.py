"""A late change request."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.projects import late_change

WEIGHTS = {"value": 40, "cost": 30, "time": 20, "relationship": 10}


def ways(**more: object) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "option": ["ignore", "follow", "split", "worse"],
            "value": [20.0, 100.0, 70.0, 15.0],
            "cost": [0.0, 60.0, 30.0, 10.0],
            "time": [0.0, 60.0, 20.0, 10.0],
            "relationship": [-2.0, 2.0, 1.0, -2.0],
        }
    )
    return table.assign(**more)


def test_nothing_is_summed_without_weights() -> None:
    found = late_change(ways())
    assert found.options["score"].isna().all() and found.options["rank"].isna().all()
    assert found.switches.empty and found.parts["contribution"].isna().all()
    by = found.options.set_index("option")
    assert by.loc["worse", "dominated_by"] == "ignore" and by.loc["split", "dominated_by"] == ""
    assert by["first_share"].sum() == pytest.approx(1) and by.loc["worse", "first_share"] == 0


def test_score_by_hand() -> None:
    found = late_change(ways(), weights=WEIGHTS).options.set_index("option")
    expected = 40 * (70 - 15) / 85 + 30 * (60 - 30) / 60 + 20 * 40 / 60 + 10 * 3 / 4
    assert found.loc["split", "score"] == pytest.approx(expected)
    parts = late_change(ways(), weights=WEIGHTS).parts
    sums = parts.groupby("option")["contribution"].sum()
    assert np.allclose(sums[found.index], found["score"])


def test_switch_weight_makes_equal() -> None:
    found = late_change(ways(), weights=WEIGHTS)
    points = found.parts.pivot(index="option", columns="criterion", values="points")
    assert found.switches["weight_switch"].notna().any()
    for row in found.switches.dropna(subset=["weight_switch"]).to_dict("records"):
        rest = {k: v for k, v in WEIGHTS.items() if k != row["criterion"]}
        left = 1 - row["weight_switch"]
        w = {k: v / sum(rest.values()) * left for k, v in rest.items()}
        w[row["criterion"]] = row["weight_switch"]
        one, other = (sum(points.loc[o, k] * w[k] for k in w) for o in (row["first"], row["other"]))
        assert one == pytest.approx(other, abs=1e-9)


def test_ranges_and_clusters() -> None:
    wide = ways(value_low=[0, 0, 0, 0], value_high=[200, 200, 200, 200],
                cost_low=[0, 0, 0, 0], cost_high=[200, 200, 200, 200])  # fmt: skip
    found = late_change(wide, weights=WEIGHTS).options
    assert (found["high"] - found["low"] > 5).all()
    assert found["cluster"].nunique() < 4
    sure = late_change(ways(), weights={"value": 1}, concentration=1e6).options
    assert sure.set_index("option").loc["follow", "first_share"] == 1


def test_fixed_ends_keep_scores_apart_from_the_list() -> None:
    ends = {"value": (0, 200), "cost": (100, 0), "time": (90, 0), "relationship": (-2, 2)}
    all_ = late_change(ways(), weights=WEIGHTS, ends=ends).options.set_index("option")["score"]
    some = late_change(ways().iloc[:2], weights=WEIGHTS, ends=ends).options
    assert np.allclose(some["score"], all_[some["option"]])


def test_dirty_and_empty() -> None:
    with pytest.raises(KamkitError) as caught:
        late_change(ways(cost=[np.nan, 1, 2, 3], value=[1, np.nan, 2, 3]))
    assert len(caught.value.problems) == 2
    for weights in ({"price": 1}, {"value": -1}, {"value": 0}):
        with pytest.raises(KamkitError):
            late_change(ways(), weights=weights)
    empty = late_change(ways().iloc[:0], weights=WEIGHTS)
    assert empty.options.empty and set(empty.measures["variant"]) == {"too_little_data"}
    same = late_change(ways().iloc[[0, 0]].assign(option=["a", "b"]), weights=WEIGHTS).options
    assert same["rank"].tolist() == [1, 1] and same["dominated_by"].tolist() == ["", ""]
