"""Does the simulated team hold the truth it claims?"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.tables.sample import simulate_team
from kamkit.tables.validate import frame_schema

SEEDS = range(30)


def wide(table: pd.DataFrame) -> pd.DataFrame:
    return table.pivot(index="scope_id", columns="period", values="value")


@pytest.mark.parametrize("regime", ["planted", "equal", "no_weak"])
def test_tables_are_canonical(regime):
    history = simulate_team(3, regime=regime)
    for name, table in history.tables.items():
        frame_schema(name).validate(table, lazy=True)
    members = history.tables["members"]
    assert set(history.truth["member_id"]) == set(members.dropna(subset="territory_id").member_id)
    assert set(history.raters["rater_id"]) == set(history.tables["ratings"]["rater_id"])
    assert history.tables["kpi_values"]["period"].unique().tolist() == [
        "2024Q3", "2024Q4", "2025Q1", "2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2",
    ]  # fmt: skip


@pytest.mark.parametrize("regime", ["planted", "equal", "no_weak"])
def test_the_poor_territory_looks_worst_and_is_not(regime):
    for seed in SEEDS:
        history = simulate_team(seed, regime=regime)
        truth = history.truth.set_index("member_id")
        sales = wide(history.tables["kpi_values"])
        reached = sales / wide(history.tables["targets"])
        poor = truth.index[truth["kind"] == "poor_territory"].item()
        assert truth.at[poor, "effect"] == 0
        assert sales.mean(axis=1).idxmin() == reached.mean(axis=1).idxmin() == poor
        land = history.tables["territories"]["potential"]
        assert 2 < land.max() / land.min() < 3.6


def test_kinds_follow_the_regime():
    for seed in SEEDS:
        planted = simulate_team(seed, between=0.2).truth
        weak = planted.loc[planted["kind"] == "weak", "effect"]
        assert weak.to_list() == pytest.approx([-0.3])
        assert "weak" not in set(simulate_team(seed, regime="no_weak").truth["kind"])
        assert (simulate_team(seed, regime="equal").truth["effect"] == 0).all()


def test_spreads_are_as_told():
    history = simulate_team(1, reps=2000, quarters=12, within=0.12)
    truth = history.truth.set_index("member_id")["effect"]
    assert truth.std() == pytest.approx(0.10, abs=0.005)
    members = history.tables["members"].set_index("member_id")["territory_id"].dropna()
    potential = history.tables["territories"].set_index("territory_id")["potential"]
    land = np.log(members.map(potential)).reindex(truth.index)
    log = np.log(wide(history.tables["kpi_values"])).reindex(truth.index)
    log = log.sub(land + truth, axis=0)
    noise = log - log.mean(axis=0)
    assert noise.to_numpy().std() == pytest.approx(0.12, abs=0.005)
    assert abs(np.corrcoef(land, truth)[0, 1]) < 0.08


def test_one_manager_rates_a_point_lower_and_all_are_linked():
    gaps = []
    for seed in SEEDS:
        history = simulate_team(seed)
        severe = history.raters.loc[history.raters["severity"] > 0, "rater_id"].item()
        table = history.tables["ratings"].groupby(["ratee_id", "rater_id"])["score"].mean()
        both = table.unstack()
        assert (both.notna().sum(axis=1) == 2).all()
        shared = both[both[severe].notna()]
        gaps.append((shared.drop(columns=severe).mean(axis=1) - shared[severe]).mean())
    assert np.mean(gaps) == pytest.approx(1.0, abs=0.05)


def test_ability_goes_along_with_the_effect():
    history = simulate_team(2, reps=3000, quarters=1)
    rated = history.tables["ratings"].query("rater_id == 'M0001'")
    mean = rated.groupby("ratee_id")["score"].mean()
    truth = history.truth.set_index("member_id")["effect"]
    assert 0.2 < mean.corr(truth.reindex(mean.index)) < 0.45


def test_same_seed_same_tables_and_streams_are_apart():
    one, two = simulate_team(5), simulate_team(5)
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, two.tables[name])
    longer = simulate_team(5, quarters=12)
    pd.testing.assert_frame_equal(longer.truth, one.truth)
    assert not one.truth.equals(simulate_team(6).truth)


def test_wishes_that_cannot_be_met_are_all_named():
    with pytest.raises(KamkitError) as error:
        simulate_team(1, reps=2, quarters=0, managers=1, between=-1, within=-1, regime="x")
    assert {p.code for p in error.value.problems} == {"not_allowed"}
    assert len(error.value.problems) == 6


def test_five_thousand_reps_take_no_loop_over_people():
    start = time.perf_counter()
    history = simulate_team(1, reps=5000, quarters=12)
    assert len(history.tables["kpi_values"]) == 60_000
    assert time.perf_counter() - start < 30
