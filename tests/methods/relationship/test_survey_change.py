"""Two sides, two waves: gaps, trends, and which item moved the score."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from methods.relationship.respondents import SURVEY, company

import kamkit
from kamkit.errors import KamkitError
from kamkit.methods.relationship import survey_score, survey_trend, two_sided_gap, what_moved

ITEMS = list(SURVEY.item_ids)


@pytest.fixture(scope="module")
def sample():
    return kamkit.load("elevator")


def waves(seed: int = 4, drop: float = 0.0, **options: float) -> pd.DataFrame:
    """The same people in two waves; ``drop`` points fewer of seven in the second for A0000."""
    first = company(seed, **options)[0].assign(wave="1")
    rng = np.random.default_rng(seed)
    shift = rng.integers(-1, 2, (len(first), len(ITEMS)))
    fall = (first["account_id"] == "A0000").to_numpy()[:, None] * drop
    sign = np.array([-1 if i.reverse else 1 for i in SURVEY.items])
    second = first.assign(wave="2")
    second[ITEMS] = np.clip(first[ITEMS] + shift - fall * sign, 1, 7)
    return pd.concat([first, second], ignore_index=True)


def test_gap_is_our_view_less_theirs():
    theirs, ours = company(1)[0], company(1)[0].assign(side="us")
    ours["respondent_id"] += "-us"
    sign = np.array([-1 if i.reverse else 1 for i in SURVEY.items])
    ours[ITEMS] = np.clip(ours[ITEMS] + sign, 1, 7)
    both = survey_score(pd.concat([theirs, ours]), side=None)
    found = two_sided_gap(both)
    assert (found.accounts["score_gap"] >= 0).all() and (found.overall["status"] == "rosier").all()
    parted = two_sided_gap(survey_score(pd.concat([theirs, ours])),
                           survey_score(pd.concat([theirs, ours]), side="us"))  # fmt: skip
    pd.testing.assert_frame_equal(found.accounts, parted.accounts)
    with pytest.raises(KamkitError) as caught:
        two_sided_gap(survey_score(theirs))
    assert caught.value.problems[0].code == "survey_one_side"


def test_gap_of_the_sample_is_wide_where_one_person_speaks_for_us(sample):
    both = survey_score(sample.survey_responses, wave="2026H1", side=None)
    found = two_sided_gap(both)
    lone = found.accounts[found.accounts["n_us"] == 1]
    assert ((lone["high"] - lone["low"]) > 15).all()
    assert found.overall.loc[found.overall["dimension"] == "total", "n"].iloc[0] == len(
        found.accounts[found.accounts["dimension"] == "total"].dropna(subset="score_gap")
    )
    none = two_sided_gap(survey_score(company(1)[0].head(0), side=None))
    assert none.accounts.empty and none.overall.empty


def test_a_fall_is_seen_and_rest_is_not():
    found = survey_trend(survey_score(waves(drop=2, least=4), wave=None))
    status = found.set_index(["account_id", "dimension"])["status"]
    assert status["A0000", "total"] == "down"
    others = found[found["account_id"] != "A0000"]
    assert (others["status"] == "cannot_be_separated").mean() > 0.9
    assert (found["basis"] == "paired").all() and (found["n_paired"] == found["n_after"]).all()
    assert found["mix"].abs().max() < 1e-9


def test_new_people_are_told_from_a_change():
    table = waves(least=4)
    leavers = (table["wave"] == "2") & (table["account_id"] == "A0001")
    table.loc[leavers, "respondent_id"] += "-new"
    sign = np.array([-1 if i.reverse else 1 for i in SURVEY.items])
    table.loc[leavers, ITEMS] = np.where(sign > 0, 1, 7)
    found = survey_trend(survey_score(table, wave=None)).set_index(["account_id", "dimension"])
    new = found.loc[("A0001", "total")]
    assert new["n_paired"] == 0 and new["basis"] == "all" and new["status"] == "down"
    assert np.isnan(new["paired_change"]) and np.isnan(new["mix"])
    before, after = (survey_score(table, wave=w) for w in "12")
    moved = what_moved(before, after).totals.set_index("account_id").loc["A0001"]
    assert moved["by_items"] == 0 and moved["largest_item"] == ""
    assert moved["by_respondents"] == pytest.approx(moved["change"])


def test_trend_of_one_wave_and_of_none():
    assert survey_trend(survey_score(company(1)[0], wave=None)).empty
    assert survey_trend(survey_score(company(1)[0].head(0), wave=None)).empty
    skipped = survey_trend(survey_score(waves(), wave=None), waves=["2", "1"])
    assert (skipped["from_wave"] == "2").all()


@pytest.mark.parametrize("aggregate", ["arithmetic", "geometric"])
@pytest.mark.parametrize("weighting", ["equal", "influence"])
def test_effects_add_up_to_the_change(sample, aggregate, weighting):
    options = {"aggregate": aggregate, "weighting": weighting, "side": None}
    before, after = (
        survey_score(sample.survey_responses, None, sample.contact_roles, wave=w, **options)
        for w in ("2025H2", "2026H1")
    )
    found = what_moved(before, after)
    keys = ["side", "account_id"]
    added = found.effects.groupby(keys)["effect"].sum()
    change = found.totals.set_index(keys)["change"]
    assert added.to_numpy() == pytest.approx(change.to_numpy(), abs=1e-9)
    parts = found.totals["by_items"] + found.totals["by_respondents"]
    assert parts.to_numpy() == pytest.approx(found.totals["change"].to_numpy(), abs=1e-9)


def test_effects_add_up_with_holes_and_a_broken_dimension():
    table = waves(9, accounts=12, noise=1.5)
    holes = np.random.default_rng(9).random((len(table), 11)) < 0.2
    table[ITEMS] = table[ITEMS].mask(holes)
    zero = (table["account_id"] == "A0003") & (table["wave"] == "2")
    table.loc[zero, ["trust_1", "trust_2", "trust_3"]] = 1
    table.loc[zero, "trust_4"] = 7
    for aggregate in ("arithmetic", "geometric"):
        before, after = (survey_score(table, wave=w, aggregate=aggregate) for w in "12")
        found = what_moved(before, after)
        added = found.effects.groupby("account_id")["effect"].sum()
        change = found.totals.set_index("account_id")["change"]
        assert added.to_numpy() == pytest.approx(change.to_numpy(), abs=1e-9)
        assert len(found.effects) == 14 * len(found.totals)


def test_one_item_that_fell_is_named():
    table = waves(least=3)
    table.loc[table["wave"] == "2", ITEMS] = table.loc[table["wave"] == "1", ITEMS].to_numpy()
    fell = (table["wave"] == "2") & (table["account_id"] == "A0002")
    table.loc[fell, "commitment_4"] = 7  # they would all change supplier
    before, after = (survey_score(table, wave=w) for w in "12")
    found = what_moved(before, after)
    assert found.totals.set_index("account_id")["largest_item"]["A0002"] == "commitment_4"
    mine = found.effects.set_index(["account_id", "item"])["effect"]["A0002"]
    assert mine.drop("commitment_4").abs().max() < 1e-9 > mine["commitment_4"]


def test_waves_of_two_kinds_are_not_compared():
    one = survey_score(company(1)[0])
    other = survey_score(company(1)[0], aggregate="geometric")
    with pytest.raises(KamkitError) as caught:
        what_moved(one, other)
    assert caught.value.problems[0].code == "survey_not_comparable"
    with pytest.raises(KamkitError):
        what_moved(survey_score(waves(), wave=None), one)
