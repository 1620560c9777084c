"""Halo and central tendency: planted ones are found; severity and true halo are none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.raters import central_tendency, halo
from kamkit.methods.raters.spread import mean_correlation

KEYS = ["ratee_id", "rater_id", "competency"]


def crossed(seed: int, *, ratees: int = 12, raters: int = 4, points: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    person = rng.normal(3.5, 0.5, (ratees, 1, 1))
    side = rng.normal(0, 0.6, (ratees, 1, points))
    marks = person + side + rng.normal(0, 0.4, (ratees, raters, points))
    index = pd.MultiIndex.from_product(
        [[f"{k}{i}" for i in range(n)] for k, n in zip("prc", marks.shape, strict=True)], names=KEYS
    )
    return pd.DataFrame({"score": marks.ravel()}, index=index).reset_index()


def changed(table: pd.DataFrame, rater: str, marks) -> pd.DataFrame:
    mine = table["rater_id"] == rater
    return table.assign(score=table["score"].where(~mine, marks))


def test_halo_is_found_and_only_there():
    table = crossed(1)
    mean = table.groupby(["ratee_id", "rater_id"])["score"].transform("mean")
    one_impression = mean + 0.2 * (table["score"] - mean)
    found = halo(changed(table, "r2", one_impression)).set_index("rater_id")
    assert found.index[found["flagged"]].tolist() == ["r2"]
    assert found.loc["r2", "status"] == "halo"
    assert found.loc["r2", "spread_ratio"] == pytest.approx(0.2, abs=0.05)
    assert found.loc["r2", "mean_r"] > found.loc["r2", "mean_r_others"] + 0.4
    assert found.loc["r2", "low"] < found.loc["r2", "spread_ratio"] < found.loc["r2", "high"]


def test_true_halo_and_severity_accuse_nobody():
    table = crossed(2)
    mean = table.groupby("ratee_id")["score"].transform("mean")
    even_people = table.assign(score=mean + 0.3 * (table["score"] - mean))
    for quiet in (even_people, changed(table, "r1", table["score"] - 2)):
        assert not halo(quiet)["flagged"].any()
        assert not central_tendency(quiet)["flagged"].any()


def test_spread_against_definition():
    table = crossed(3, ratees=6, raters=3)
    found = halo(table).set_index("rater_id")
    sd2 = table.groupby(["rater_id", "ratee_id"])["score"].var().groupby("rater_id").mean()
    assert found["spread"].to_numpy() == pytest.approx(np.sqrt(sd2).to_numpy())
    rest = sd2.loc[["r1", "r2"]].mean()
    assert found.loc["r0", "spread_ratio"] == pytest.approx(np.sqrt(sd2["r0"] / rest))
    mine = table[table["rater_id"] == "r0"].pivot(index="ratee_id", columns="competency",
                                                  values="score")  # fmt: skip
    r = np.corrcoef(mine.to_numpy(), rowvar=False)
    assert found.loc["r0", "mean_r"] == pytest.approx(r[np.triu_indices(6, 1)].mean())
    assert mean_correlation(mine.to_numpy()) == pytest.approx(found.loc["r0", "mean_r"])


def test_central_tendency():
    table = crossed(4)
    found = central_tendency(changed(table, "r3", 3 + 0.1 * (table["score"] - 3)))
    rows = found.set_index("rater_id")
    assert rows.index[rows["flagged"]].tolist() == ["r3"]
    assert rows.loc["r3", "share_middle"] > rows.loc["r3", "share_middle_others"] + 0.3
    fours = central_tendency(changed(table, "r0", 4.0)).set_index("rater_id")
    assert fours.loc["r0", "status"] == "central" and fours.loc["r0", "spread"] == 0
    assert np.isnan(fours.loc["r0", "high"])


@pytest.mark.parametrize("method", [halo, central_tendency])
def test_edges(method):
    empty = method(pd.DataFrame(columns=[*KEYS, "score"]))
    assert empty.empty and "spread_ratio" in empty
    one = method(pd.DataFrame([("p", "r", "c", 3)], columns=[*KEYS, "score"]))
    assert set(one["status"]) <= {"too_little_data"}
    table = crossed(5)
    pd.testing.assert_frame_equal(
        method(table), method(table.sample(frac=1, random_state=1)), check_exact=False, atol=1e-9
    )
    gaps = table.assign(score=table["score"].mask(table.index % 7 == 0))
    assert len(method(gaps)) == 4
    with pytest.raises(KamkitError) as error:
        method(table.drop(columns="score"))
    assert error.value.problems[0].code == "missing_column"


@pytest.mark.evidence
@pytest.mark.parametrize("method", [halo, central_tendency])
def test_few_false_alarms(method, record_property):
    alarms = sum(bool(method(crossed(seed))["flagged"].any()) for seed in range(200))
    record_property("alarms", alarms)
    assert alarms <= 10
