"""Pitfalls and climate: hidden teams, groups, remedies, change between waves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from methods.appraisal.people import codes

from kamkit.errors import KamkitError
from kamkit.methods.appraisal import climate, goal_communication, pitfall_profile
from kamkit.schemes import pitfalls, pulse_items

SEVEN = [p.id for p in pitfalls()]
CLIMATE = [i.id for i in pulse_items() if i.scale != "pitfall"]


def answers(
    means: dict[str, float], n: int, *, team: str = "north", wave: str = "1", seed: int = 0
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [
        (team, wave, f"{team}{wave}{i}", item, float(np.clip(np.rint(rng.normal(m, 0.7)), 1, 5)))
        for item, m in means.items()
        for i in range(n)
    ]
    return pd.DataFrame(rows, columns=["team", "wave", "respondent_id", "item", "score"])


def test_worst_pitfall_stands_out_with_its_remedies():
    means = dict.fromkeys(SEVEN, 1.6) | {"pitfall_chaos": 4.6}
    found = pitfall_profile(answers(means, 12))
    first = found.items.iloc[0]
    assert first[["item", "status", "group"]].tolist() == ["pitfall_chaos", "present", 1]
    assert set(found.items["group"].iloc[1:]) == {2}
    linked = next(p.remedies for p in pitfalls() if p.id == "pitfall_chaos")
    assert found.remedies["remedy"].tolist() == list(linked)


def test_few_answers_are_hidden_and_no_part_of_any_pool():
    many, few = answers(dict.fromkeys(SEVEN, 3.0), 8), answers(dict.fromkeys(SEVEN, 5.0), 3,
                                                              team="south")  # fmt: skip
    found = pitfall_profile(pd.concat([many, few]))
    south = found.items[found.items["team"] == "south"]
    assert set(south["status"]) == {"hidden"} and south[["mean", "low", "high"]].isna().all().all()
    alone = pitfall_profile(many).items
    north = found.items[found.items["team"] == "north"].reset_index(drop=True)
    pd.testing.assert_frame_equal(north, alone)
    assert "south" not in set(found.remedies["team"])


def test_agreement_of_all_still_has_a_width():
    same = answers(dict.fromkeys(SEVEN, 4.0), 4).assign(score=4.0)
    found = pitfall_profile(same).items
    assert (found["high"] > found["low"]).all()
    assert set(found["group"]) == {1}


def test_climate_turns_envy_round():
    kind = dict.fromkeys(CLIMATE, 4.6) | {"climate_envy": 1.2}
    good, bad = climate(answers(kind, 10)).index, climate(
        answers(kind | {"climate_envy": 5.0}, 10)
    ).index  # fmt: skip
    assert good["index"].iloc[0] > bad["index"].iloc[0]
    assert good["index"].between(0, 100).all()
    items = climate(answers(kind, 10)).items.set_index("item")
    assert items.loc["climate_envy", "mean"] > 4


def test_climate_trend_only_where_it_can_be_told():
    first = answers(dict.fromkeys(CLIMATE, 3.0) | {"climate_envy": 3.0}, 12)
    better = answers(dict.fromkeys(CLIMATE, 4.7) | {"climate_envy": 1.3}, 12, wave="2", seed=1)
    same = answers(dict.fromkeys(CLIMATE, 3.0) | {"climate_envy": 3.0}, 12, wave="2", seed=2)
    assert climate(pd.concat([first, better])).index["trend"].tolist() == ["first", "up"]
    trend = climate(pd.concat([first, same])).index["trend"].tolist()
    assert trend == ["first", "cannot_be_separated"]


def test_dirty_empty_and_doubled():
    pulse = answers(dict.fromkeys(SEVEN, 3.0), 5)
    bad = pulse.astype({"score": object})
    bad.loc[0, "score"], bad.loc[1, "score"] = "often", 9
    with pytest.raises(KamkitError) as error:
        pitfall_profile(bad)
    assert codes(error) == {"not_a_number", "survey_off_scale"}
    empty = pitfall_profile(pulse.iloc[:0])
    assert empty.items.empty and empty.remedies.empty
    assert climate(pulse.iloc[:0]).index.empty
    twice = pitfall_profile(pd.concat([pulse, pulse])).items
    pd.testing.assert_frame_equal(twice, pitfall_profile(pulse[::-1]).items)


def test_intervals_of_pulse_means_hold():
    """Mean over many answers of the same kind, within the interval of eight in about 95 %."""
    inside = total = 0
    truth = answers({"pitfall_chaos": 3.2}, 20_000, seed=9)["score"].mean()
    for seed in range(200):
        teams = [
            answers({"pitfall_chaos": 3.2}, 8, team=f"t{i}", seed=10 * seed + i) for i in range(3)
        ]
        found = pitfall_profile(pd.concat(teams)).items
        inside += int(((found["low"] <= truth) & (truth <= found["high"])).sum())
        total += len(found)
    assert 0.92 <= inside / total <= 0.98


def test_goal_and_communication():
    rows = [
        (team, f"{team}{i}", clarity, talk)
        for team, clarity, talk in (("a", 5, 5), ("b", 5, 1), ("c", 1, 5), ("d", 1, 1))
        for i in range(6)
    ]
    table = pd.DataFrame(rows, columns=["team", "respondent_id", "clarity", "communication"])
    found = goal_communication(table).set_index("team")
    assert found["quadrant"].tolist() == ["both", "goal_only", "talk_only", "neither"]
    assert found["settled"].all()
    few = goal_communication(table.groupby("team").head(3))
    assert set(few["quadrant"]) == {"hidden"} and not few["settled"].any()
    assert goal_communication(table.iloc[:0]).empty
