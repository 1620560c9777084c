"""The rater whom the sample company plants as severe is found, and nobody else is accused."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from kamkit.methods.raters import rater_severity
from kamkit.methods.shares import wilson_ends
from kamkit.tables.sample import contacts, generate, team
from kamkit.tables.sample.make import _prepare
from kamkit.tables.sample.people import MANAGER
from kamkit.tables.sample.world import make_world

SOURCES = [None, ["manager"]]


def ratings_of(company: str, seed: int, accounts: int = 120) -> tuple[pd.DataFrame, str]:
    """The ratings of a sample company without the rest of it, and its severe rater."""
    world = make_world(company, seed, accounts, max(4000, 60 * accounts))
    _prepare(world)
    world.tables["contacts"] = contacts.build_contacts(world)
    members = world.tables["members"]
    managers = members.loc[members["role"] == MANAGER, "member_id"].to_numpy()
    return team.build_ratings(world), str(managers[team.SEVERE])


def test_the_short_way_makes_the_same_ratings():
    short, _ = ratings_of("it", 3)
    whole = generate("it", seed=3)["ratings"]
    assert len(short) == len(whole)
    ours, theirs = (rater_severity(table).raters for table in (short, whole))
    assert ours["severity"].to_numpy() == pytest.approx(theirs["severity"].to_numpy())


@pytest.mark.parametrize("sources", SOURCES)
@pytest.mark.parametrize(("company", "seed"), [("elevator", 7), ("it", 7), ("elevator", 2026)])
def test_the_planted_rater_is_flagged_alone(company, seed, sources):
    ratings, severe = ratings_of(company, seed)
    raters = rater_severity(ratings, sources=sources).raters
    assert raters.loc[raters["flagged"], "rater_id"].tolist() == [severe]
    assert raters.loc[raters["flagged"], "status"].tolist() == ["severe"]


@pytest.mark.evidence
@pytest.mark.parametrize("sources", SOURCES)
@pytest.mark.parametrize("company", ["elevator", "it"])
def test_severe_found_and_innocent_left_alone_over_seeds(company, sources, capsys):
    found, accused, innocent, companies = [], 0, 0, 0
    for seed in range(100):
        ratings, severe = ratings_of(company, seed)
        raters = rater_severity(ratings, sources=sources).raters.set_index("rater_id")
        found.append(bool(raters.loc[severe, "flagged"]))
        others = raters.drop(severe)["flagged"]
        accused, innocent = accused + int(others.sum()), innocent + len(others)
        companies += int(others.any())
    hits = sum(found)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{company}, sources {sources}: severe found {hits}/100 "
            f"{np.round(wilson_ends(hits, 100), 3)}, innocent flagged {accused}/{innocent} "
            f"{np.round(wilson_ends(accused, innocent), 4)}, "
            f"companies with one accused {companies}/100 "
            f"{np.round(wilson_ends(companies, 100), 3)}\n"
        )
    assert hits >= 95
    assert accused <= 0.05 * innocent
    assert companies <= 5
