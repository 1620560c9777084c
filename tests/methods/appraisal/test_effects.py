"""Shrunken effects: the published case, an independent fit, refusals, intervals that hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.appraisal import rank_intervals, shrunken_effects
from kamkit.methods.appraisal.person_model import remove_periods, serial_correlation


def team(
    seed: int, people: int = 20, periods: int = 8, between: float = 0.1, within: float = 0.12,
    rho: float = 0.0,
) -> tuple[pd.DataFrame, np.ndarray]:  # fmt: skip
    rng = np.random.default_rng(seed)
    effect = between * rng.normal(size=people)
    noise = rng.normal(size=(people, periods))
    for t in range(1, periods):
        noise[:, t] = rho * noise[:, t - 1] + np.sqrt(1 - rho**2) * noise[:, t]
    frame = pd.DataFrame(
        {
            "member_id": np.repeat([f"M{i:02d}" for i in range(people)], periods),
            "period": np.tile([f"2024-{t + 1:02d}" for t in range(periods)], people),
            "value": (1 + effect[:, None] + within * noise).ravel(),
        }
    )
    return frame, effect


@pytest.fixture
def dyestuff(published) -> pd.DataFrame:
    cells = [(b, i, y) for b, ys in published["P-BLUP"]["X"].items() for i, y in enumerate(ys)]
    return pd.DataFrame(cells, columns=["member_id", "period", "value"])


def test_as_published(published, dyestuff):
    expected = published["P-BLUP"]["exp"]
    found = shrunken_effects(dyestuff)
    figure = found.measures.set_index("measure")["value"]
    assert figure["mean"] == pytest.approx(expected["mean"])
    assert figure["var_between"] == pytest.approx(expected["var_between"], abs=0.2)
    assert figure["var_within"] == pytest.approx(expected["var_within"], abs=0.2)
    assert found.members["shrink"].to_numpy() == pytest.approx(expected["shrink"], abs=1e-5)
    assert found.members["effect"].tolist() == pytest.approx(expected["blup"], abs=1e-2)
    assert found.rankable and found.reason == "people_differ"
    between = found.measures.set_index("measure").loc["var_between"]
    assert between["low"] < between["value"] < between["high"]


def test_same_as_statsmodels_where_people_have_unequal_periods():
    import warnings

    import statsmodels.api as sm

    frame, _ = team(5)
    frame = frame[np.random.default_rng(1).random(len(frame)) < 0.7]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = sm.MixedLM(frame["value"], np.ones(len(frame)), groups=frame["member_id"]).fit(
            reml=True
        )
    found = shrunken_effects(frame)
    figure = found.measures.set_index("measure")["value"]
    assert figure["var_between"] == pytest.approx(float(fit.cov_re.iloc[0, 0]), rel=1e-3)
    assert figure["var_within"] == pytest.approx(float(fit.scale), rel=1e-3)
    theirs = [float(fit.random_effects[m].iloc[0]) for m in found.members["member_id"]]
    assert found.members["effect"].tolist() == pytest.approx(theirs, abs=1e-4)


def test_nobody_is_ranked_where_nobody_differs():
    frame, _ = team(3, between=0.0)
    found = shrunken_effects(frame)
    assert not found.rankable and found.reason == "no_difference"
    ranks = rank_intervals(found)
    assert ranks["rank"].isna().all() and (ranks["group"] == 1).all()
    assert (ranks["rank_high"] == len(ranks)).all()


def test_intervals_hold_as_often_as_they_say():
    inside = []
    for seed in range(60):
        frame, effect = team(seed, people=12, periods=6)
        found = shrunken_effects(frame, level=0.9).members
        inside += ((found["low"] <= effect) & (effect <= found["high"])).tolist()
    assert 0.87 <= np.mean(inside) <= 0.95


def test_neighbouring_quarters_that_go_together():
    flat, _ = team(8, people=40, periods=12, between=0.0)
    tied, _ = team(8, people=40, periods=12, between=0.0, rho=0.6)
    ours = [shrunken_effects(f) for f in (flat, tied)]
    serial = [f.measures.set_index("measure").loc["serial"] for f in ours]
    assert serial[0]["low"] < 0 < serial[0]["high"]
    assert serial[1]["low"] > 0.3 and serial[1]["value"] == pytest.approx(0.6, abs=0.15)
    assert ours[1].members["variant"].iloc[0].endswith("serial_corrected")
    alarms = 0
    for seed in range(40):
        frame, _ = team(seed, people=30, periods=8, between=0.0, rho=0.5)
        alarms += shrunken_effects(frame).rankable
    assert alarms <= 10  # without the correction nearly all of them are


def test_serial_correlation_is_not_biased():
    found = []
    for rho in (0.0, 0.3):
        each = []
        for seed in range(40):
            frame, _ = team(seed, people=40, periods=10, rho=rho)
            person, period = pd.factorize(frame["member_id"])[0], np.tile(np.arange(10), 40)
            each.append(serial_correlation(frame["value"].to_numpy(), person, period).rho)
        found.append(np.mean(each))
    assert found == pytest.approx([0.0, 0.3], abs=0.03)


def test_what_every_period_brings_is_taken_out():
    frame, _ = team(4, people=9, periods=5)
    person, period = (pd.factorize(frame[c])[0] for c in ("member_id", "period"))
    season = np.array([0.0, 3.0, -1.0, 7.0, 2.0])
    y = frame["value"].to_numpy()
    keep = np.random.default_rng(0).random(len(y)) < 0.8
    plain, spent, linked = remove_periods(y[keep], person[keep], period[keep])
    moved, _, _ = remove_periods((y + season[period])[keep], person[keep], period[keep])
    assert linked and spent == 4
    gap = moved - plain
    assert gap == pytest.approx(np.full(len(gap), gap[0]))
    _, spent, linked = remove_periods(np.arange(4.0), np.array([0, 0, 1, 1]), np.arange(4))
    assert not linked


def test_defined_answers():
    frame, _ = team(2)
    empty = shrunken_effects(frame.head(0))
    assert empty.members.empty and not empty.rankable and empty.reason == "too_few_people"
    assert empty.measures["value"].isna().all()
    one = shrunken_effects(frame.head(1))
    assert one.reason == "too_few_people" and one.members["effect"].tolist() == [0.0]
    single = shrunken_effects(frame.drop_duplicates("member_id"))
    assert single.reason == "one_period" and single.members["low"].isna().all()
    same = shrunken_effects(frame.assign(value=1.0))
    assert same.reason == "no_spread" and not same.rankable
    holes = frame.assign(value=frame["value"].where(frame.index % 7 > 0))
    assert shrunken_effects(holes).members["n"].sum() == holes["value"].notna().sum()
    with pytest.raises(KamkitError) as error:
        shrunken_effects(pd.concat([frame, frame.head(1)]).assign(value="x"))
    assert {p.code for p in error.value.problems} == {"duplicate_key", "not_a_number"}


def test_order_and_unit_change_nothing():
    frame, _ = team(6)
    one = shrunken_effects(frame)
    other = shrunken_effects(frame.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(one.members, other.members)
    money = shrunken_effects(frame.assign(value=1e7 * frame["value"] + 5e6))
    assert (money.members["effect"] / 1e7).tolist() == pytest.approx(
        one.members["effect"].tolist(), abs=1e-8
    )
    assert money.rankable == one.rankable


def test_ranks_say_which_are_possible():
    frame, effect = team(7, people=15, between=0.3)
    found = shrunken_effects(frame)
    ranks = rank_intervals(found, seed=1)
    assert (ranks["rank_low"] <= ranks["rank"]).all() and (
        ranks["rank"] <= ranks["rank_high"]
    ).all()
    assert ranks["p_first"].sum() == pytest.approx(1) and ranks["p_last"].sum() == pytest.approx(1)
    true = pd.Series(effect).rank(ascending=False)
    inside = (ranks["rank_low"] <= true) & (true <= ranks["rank_high"])
    assert inside.mean() > 0.85
    again = rank_intervals(found, seed=1)
    pd.testing.assert_frame_equal(ranks, again)
    assert rank_intervals(found.members.head(0)).empty
    with pytest.raises(KamkitError):
        rank_intervals(found, draws=0)


def test_groups_are_the_same_with_and_without_a_matrix_of_all_pairs():
    from kamkit.methods.appraisal import ranks

    rng = np.random.default_rng(1)
    value = rng.normal(size=1300)
    width = 0.002 * rng.uniform(0.2, 2, size=1300)
    from kamkit.methods.shares import same_groups

    ours = ranks.groups_of(value, value - width, value + width)
    assert len(np.unique(ours)) > 50
    assert (ours == same_groups(value, value - width, value + width)).all()
