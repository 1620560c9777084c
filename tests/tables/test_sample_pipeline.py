"""The simulated pipeline: canonical tables, a truth that the records bear out, a shared past."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.tables.sample.pipeline import REGIMES, simulate_pipeline
from kamkit.tables.validate import reference_problems, table_problems


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("messy", [False, True])
def test_tables_are_canonical(regime, messy):
    pipeline = simulate_pipeline(seed=4, regime=regime, months=24, messy=messy)
    for name, table in pipeline.tables.items():
        assert table_problems(table.set_axis(range(1, len(table) + 1)), name) == []
    assert reference_problems(pipeline.tables) == []
    deals, events = pipeline.tables["opportunities"], pipeline.tables["stage_events"]
    assert deals["closed_on"].isna().equals(deals["status"].eq("open"))
    assert (deals["closed_on"].dropna() > deals["created_on"][deals["closed_on"].notna()]).all()
    left = events.dropna(subset="left_on")
    assert (left["left_on"] > left["entered_on"]).all()
    assert set(events["stage"]) <= set(pipeline.stages)


def test_stays_join_and_end_as_the_deal_did():
    pipeline = simulate_pipeline(seed=8)
    events, deals = pipeline.tables["stage_events"], pipeline.tables["opportunities"]
    same = events["opportunity_id"].eq(events["opportunity_id"].shift(-1))
    assert (events["left_on"][same] == events["entered_on"].shift(-1)[same]).all()
    final = events[~same].set_index("opportunity_id")["moved_to"].fillna("open")
    assert final.reindex(deals["opportunity_id"]).tolist() == deals["status"].tolist()


def test_records_bear_out_the_truth():
    """Mean true chance to win against what became of the deals, within five standard errors."""
    pipeline = simulate_pipeline(seed=2, deals_per_month=150)
    deals = pipeline.tables["opportunities"]
    old = deals[deals["created_on"] < "2025-01-01"]
    assert (old["status"] == "open").mean() < 0.01
    truth = pipeline.truth.deals.set_index("opportunity_id")["p_win"]
    p = truth.reindex(old["opportunity_id"]).to_numpy()
    gap = (old["status"] == "won").mean() - p.mean()
    # The effect of the quarter isn't part of p_win: room for its mean over the quarters.
    assert abs(gap) < 5 * np.sqrt((p * (1 - p)).mean() / len(p)) + 0.03
    states = pipeline.truth.states.merge(deals[["opportunity_id", "status", "created_on"]])
    states = states[states["snapshot_on"] < "2025-01-01"]
    by_stage = states.groupby("true_stage").agg(
        p=("p_win", "mean"), won=("status", lambda s: (s == "won").mean())
    )
    assert (by_stage["p"] - by_stage["won"]).abs().max() < 0.05


@pytest.mark.parametrize("regime", ["win_rate_shift", "volume_drop", "optimism_wave"])
def test_regimes_share_the_past(regime):
    day = pd.Timestamp("2025-06-30")
    steady = simulate_pipeline(seed=5).tables
    other = simulate_pipeline(seed=5, regime=regime).tables
    for name, column in [("snapshots", "snapshot_on"), ("opportunities", "closed_on")]:
        past = [t[name][t[name][column] <= day].reset_index(drop=True) for t in (steady, other)]
        pd.testing.assert_frame_equal(*past)
        assert len(past[0])
    assert not steady["snapshots"].equals(other["snapshots"])


def test_the_shift_halves_wins():
    share = {}
    for regime in ("steady", "win_rate_shift"):
        deals = simulate_pipeline(seed=6, regime=regime, deals_per_month=100).tables[
            "opportunities"
        ]
        late = deals[deals["closed_on"] > "2025-12-31"]
        share[regime] = (late["status"] == "won").mean()
    assert 0.35 < share["win_rate_shift"] / share["steady"] < 0.7


def test_same_seed_same_tables_and_bad_options():
    one, two = (simulate_pipeline(seed=7, months=12) for _ in range(2))
    for name in one.tables:
        pd.testing.assert_frame_equal(one.tables[name], two.tables[name])
    with pytest.raises(KamkitError) as caught:
        simulate_pipeline(seed=1, regime="boom", owners=0)
    assert {p.column for p in caught.value.problems} == {"regime", "owners"}


def test_no_deals_at_all():
    pipeline = simulate_pipeline(seed=1, deals_per_month=0, months=6)
    assert all(len(pipeline.tables[k]) == 0 for k in ("opportunities", "snapshots"))
