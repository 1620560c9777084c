"""What was planted in the sample company is found from its tables alone."""

from __future__ import annotations

import pytest

import kamkit
from kamkit.methods.relationship.bonds import bonds_of
from kamkit.methods.relationship.exclusivity import exclusivity
from kamkit.methods.relationship.loyalty import loyalty
from kamkit.methods.relationship.stage import stages_of
from kamkit.methods.relationship.stage_views import stage_views_gap
from kamkit.schemes.relationship import relationship_scheme

DAY = "2026-06-30"
NAMES = ("contacts", "contact_roles", "ties", "members", "joint_teams", "accounts")


@pytest.fixture(scope="module", params=["elevator", "it"])
def company(request):
    return kamkit.load(request.param).tables


@pytest.fixture(scope="module")
def found(company):
    return stages_of({name: company[name] for name in NAMES}, as_of=DAY)


def test_all_stages_are_there(found):
    assert set(found.stages["stage"]) == set(relationship_scheme().stage_ids)
    fullest = found.stages[found.stages["stage"] == "synergistic"]
    assert (fullest["same_share"] > 0.5).all() and fullest["types_agree"].all()


def test_one_account_comes_apart_and_no_other_is_alarmed(company, found):
    falling = found.stages[found.stages["disintegrating"].fillna(False).astype(bool)]
    assert len(falling) == 1
    year_ago = stages_of({name: company[name] for name in NAMES}, as_of="2025-06-30").stages
    before = year_ago.set_index("account_id").loc[falling["account_id"].iloc[0]]
    place = relationship_scheme().place
    assert place(before["stage"]) > place(falling["stage"].iloc[0])
    assert not year_ago["disintegrating"].fillna(False).any()


def test_friends_without_value_are_flagged(company):
    table = bonds_of({name: company[name] for name in NAMES}, as_of=DAY)
    many = table[(table["n"] >= 5) & table["flagged"]]
    worst = many.sort_values("bond_gap").iloc[0]
    assert worst["personal"] > 70 and worst["value"] < 10 and worst["flag_share"] > 0.95


def test_dealer_of_warm_words(company):
    gaps = loyalty(company["dealer_ratings"]).gaps
    last = gaps[gaps["wave"] == gaps["wave"].max()].set_index("dealer_id")
    warm = last.index[last["verdict"] == "says_more_than_does"]
    widest = last["gap"].idxmax()
    assert widest in warm and last.loc[widest, "low"] > last["gap"].drop(widest).max()
    trend = exclusivity(company["dealer_years"]).trends.set_index("dealer_id")
    assert trend.loc[widest, "verdict"] == "falling"


def test_we_see_more_than_they_do(company, found):
    gap = stage_views_gap(company["stage_views"], found.stages, as_of=DAY)
    assert (gap["verdict"] == "we_see_more").sum() > (gap["verdict"] == "we_see_less").sum()
    assert gap["gap_us_customer"].mean() > 0
