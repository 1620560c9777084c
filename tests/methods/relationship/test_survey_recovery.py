"""Do the stated intervals hold the latent score as often as they say?"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from methods.relationship.respondents import SURVEY, company, covered

from kamkit.methods.relationship import survey_score, survey_trend

# Few respondents, each with a habit of ticking, noise in every item, whole steps from 1 to 7.
REGIMES = {
    "plain": {},
    "noisy": {"habit": 0.8, "noise": 1.1},
    "uneven_accounts": {"uneven": 0.5},
    "near_the_ceiling": {"mean": 6.0, "between": 0.5},
    "near_the_floor": {"mean": 2.2},
    "many_respondents": {"accounts": 20, "least": 20, "most": 40},
}


def test_a_few_seeds():
    found = covered(range(6))
    assert 0.92 <= found["inside"].mean() <= 0.98
    top = covered(range(6), mean=6.0, between=0.5)
    assert top["inside"].mean() >= 0.92
    assert found.groupby("n")["inside"].mean().min() >= 0.85


def test_eighty_per_cent_is_eighty_per_cent():
    assert 0.74 <= covered(range(6), level=0.8)["inside"].mean() <= 0.87


def test_where_nothing_is_known_of_people_the_interval_errs_on_the_wide_side():
    assert covered(range(10), accounts=1, least=1, most=3)["inside"].mean() >= 0.95


@pytest.mark.evidence
@pytest.mark.parametrize("regime", list(REGIMES))
def test_a_hundred_and_twenty_companies(regime, capsys):
    """120 companies: share of 95 % intervals that hold the latent score, by respondents."""
    found = covered(range(1, 121), **REGIMES[regime])
    by_n = found.groupby("n")["inside"].agg(["mean", "size"])
    by_dimension = found.groupby("dimension")["inside"].mean()
    with capsys.disabled():
        width = (found["high"] - found["low"]).mean()
        head = f"\n{regime}: {found['inside'].mean():.3f} of {len(found)} intervals (95 %)"
        text = by_n.round(3).to_string() if len(by_n) <= 8 else ""
        dims = by_dimension.round(3).to_dict()
        sys.stderr.write(f"{head}, mean width {width:.1f}\n{dims}\n{text}\n")
    assert 0.935 <= found["inside"].mean() <= 0.975
    assert by_dimension.between(0.93, 0.98).all()
    if len(by_n) <= 8:
        assert (by_n["mean"] >= 0.925).all()


def two_waves(seed: int, still: float) -> pd.DataFrame:
    """Two waves of a company in which nothing changed; ``still`` of the people answer again."""
    rng = np.random.default_rng(seed)
    first = company(seed)[0].assign(wave="1")
    people = len(first)
    habit = rng.normal(0, 0.45, people)
    level = rng.normal(5, 0.6, 40)[first["account_id"].str[1:].astype(int)]
    parts = []
    for wave in "12":
        new = (rng.random(people) > still) if wave == "2" else np.zeros(people, dtype=bool)
        mine = np.where(new, rng.normal(0, 0.45, people), habit)
        ticks = np.clip(np.rint((level + mine)[:, None] + rng.normal(0, 0.8, (people, 11))), 1, 7)
        turned = np.array([i.reverse for i in SURVEY.items])
        ticks[:, turned] = 8 - ticks[:, turned]
        part = first.assign(wave=wave)
        part[list(SURVEY.item_ids)] = ticks
        part["respondent_id"] = np.where(new, part["respondent_id"] + "n", part["respondent_id"])
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def false_changes(seeds: range, still: float) -> tuple[float, int]:
    parts = [survey_trend(survey_score(two_waves(s, still), wave=None)) for s in seeds]
    found = pd.concat(parts)
    return float(found["status"].isin(["up", "down"]).mean()), len(found)


@pytest.mark.parametrize("still", [1.0, 0.4])
def test_no_change_is_seldom_called_one(still):
    assert false_changes(range(6), still)[0] <= 0.075


@pytest.mark.evidence
@pytest.mark.parametrize("still", [1.0, 0.6, 0.0])
def test_no_change_is_called_one_as_often_as_stated(still, capsys):
    share, n = false_changes(range(1, 121), still)
    with capsys.disabled():
        sys.stderr.write(f"\n{still:.0%} answer again: {share:.3f} of {n} called a change\n")
    assert 0.03 <= share <= 0.06
