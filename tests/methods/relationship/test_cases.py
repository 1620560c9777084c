"""What lesson 06 recompute: a company with gaps, a stage without its manager, a score retold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import kamkit
from kamkit.errors import KamkitError
from kamkit.methods import relationship
from kamkit.methods.relationship.cases import TABLES, known_wave
from kamkit.schemes import relationship_scheme

DAY = "2026-06-30"


@pytest.fixture(scope="module")
def tables():
    return kamkit.load("elevator").tables


@pytest.fixture(scope="module")
def desk(tables):
    return relationship.relationship_desk(tables, as_of=DAY)


def place(stage: str) -> int:
    return relationship_scheme().place(stage)


def answered(desk) -> str:
    """An account with several answers in the last wave."""
    score = relationship.survey_score(desk.tables["survey_responses"], wave=desk.waves[-1])
    return relationship.scored_accounts(score)[0]


def test_a_company_without_the_tables_gets_empty_ones(tables):
    bare = {name: tables[name] for name in ("accounts", "contacts")}
    desk = relationship.relationship_desk(bare, as_of=DAY)
    assert desk.missing == tuple(name for name in TABLES if name != "contacts")
    assert desk.examples == () and desk.waves == ()
    assert relationship.stage_counts(desk)["accounts"].sum() == 0
    assert relationship.both_sides(desk).accounts.empty
    assert relationship.score_case(desk, account_id="A0001").dimensions.empty


def test_what_came_after_the_day_is_not_known(tables, desk):
    earlier = relationship.relationship_desk(tables, as_of="2025-12-31")
    assert set(earlier.waves) < set(desk.waves)
    assert pd.to_datetime(earlier.tables["dealer_ratings"]["rated_on"]).max() <= earlier.as_of
    assert (earlier.tables["dealer_years"]["year"] <= 2025).all()
    assert known_wave(earlier, "") == earlier.waves[-1]
    with pytest.raises(KamkitError):
        known_wave(earlier, desk.waves[-1])


def test_examples_hold_every_stage_and_all_that_come_apart(desk):
    stages = desk.stages.stages.set_index("account_id")
    shown = stages.loc[list(desk.examples)]
    assert set(shown["stage"]) == set(stages.loc[stages["ties"] > 0, "stage"])
    falling = stages.index[stages["disintegrating"].fillna(False).astype(bool)]
    assert set(falling) <= set(desk.examples)


def test_the_case_repeats_the_company_wide_stage(desk):
    stages = desk.stages.stages.set_index("account_id")["stage"]
    for account in desk.examples[:4]:
        assert relationship.stage_case(desk, account_id=account).found.stage == stages[account]


def test_a_stage_never_rises_without_the_manager_or_with_a_higher_bar_for_threads(desk):
    account = desk.examples[0]
    now = relationship.stage_case(desk, account_id=account)
    alone = relationship.stage_case(desk, account_id=account, without_manager=True)
    assert len(alone.links) < len(now.links)
    assert now.kam_id not in set(alone.people["person_id"])
    strict = relationship.stage_case(desk, account_id=account, live=4)
    threads = [c.figures.set_index("measure").loc["stage_threads", "value"] for c in (now, strict)]
    assert threads[1] <= threads[0]
    assert place(strict.found.stage) <= place(now.found.stage)


def test_a_tried_target_takes_the_place_of_the_noted_one(desk):
    case = relationship.worksheet_case(
        desk, account_id=desk.examples[0], target_stage="early", months=6
    )
    row = case.where.iloc[0]
    assert row["target_stage"] == "early" and row["variant"] == "given"
    assert row["target_on"] == desk.as_of + pd.DateOffset(months=6)


def test_bonds_of_a_case_carry_names(desk):
    account = desk.examples[0]
    named = relationship.bond_case(desk, account_id=account, names=desk.names("en")).ours
    assert not named["person_id"].str.fullmatch(r"M\d+").any()


def test_the_sheet_shows_the_ticks_as_they_were_made(desk):
    account = answered(desk)
    sheet = relationship.answer_sheet(desk, account_id=account)
    rows = desk.tables["survey_responses"]
    mine = rows[
        (rows["account_id"] == account)
        & (rows["wave"] == desk.waves[-1])
        & (rows["side"] == "customer")
        & rows["item"].str.contains("trust|satisfaction|commitment")
    ]
    ticks = sheet.drop(columns=["dimension", "item_text", "reverse_keyed"])
    assert ticks.sum().sum() == pytest.approx(mine["score"].sum())
    assert sheet["reverse_keyed"].sum() == 2


def test_the_kits_own_rules_change_nothing(desk):
    found = relationship.score_case(desk, account_id=answered(desk)).dimensions
    np.testing.assert_allclose(found["before"], found["after"])


def test_rules_move_the_score_as_they_say(desk):
    account = answered(desk)
    case = lambda **rule: relationship.score_case(desk, account_id=account, **rule).dimensions  # noqa: E731
    total = lambda t: float(t.set_index("dimension").loc["total", "after"])  # noqa: E731
    plain = case()
    assert total(case(leave_out="highest")) < total(plain) < total(case(leave_out="lowest"))
    only = case(weights={"trust": 1.0, "satisfaction": 0.0, "commitment": 0.0})
    assert total(only) == pytest.approx(float(only.set_index("dimension").loc["trust", "after"]))
    assert total(case(aggregate="geometric")) <= total(plain) + 1e-9
    turned = case(forget=True).set_index("dimension")["after"]
    assert turned["trust"] != pytest.approx(plain.set_index("dimension").loc["trust", "after"])
    assert turned["satisfaction"] == pytest.approx(
        plain.set_index("dimension").loc["satisfaction", "after"]
    )


def test_alpha_names_the_forgotten_item_and_refuses_few(desk):
    slip = relationship.reliability_case(desk, dimension="trust", forget=True)
    assert slip.warnings.set_index("code").loc["unreversed_items", "items"] == "trust_4"
    few = relationship.reliability_case(desk, dimension="trust", respondents=8)
    assert few.measures["value"].isna().all()


def test_effects_add_up_to_the_change(desk):
    score = relationship.survey_score(desk.tables["survey_responses"], wave=None)
    step = (desk.waves[0], desk.waves[-1])
    account = relationship.scored_accounts(
        relationship.survey_score(desk.tables["survey_responses"], wave=step[1])
    )[0]
    case = relationship.move_case(score, account_id=account, step=step)
    total = case.trend.set_index("dimension").loc["total", "change"]
    assert case.moved.effects["effect"].sum() == pytest.approx(total)
    assert case.moved.totals["change"].iloc[0] == pytest.approx(total)


def test_five_promoters_keep_a_wide_interval():
    case = relationship.promoter_case(promoters=5, passives=0, detractors=0)
    row = case.accounts.iloc[0]
    assert row["nps"] == 100 and row["low"] == pytest.approx(17.49, abs=0.01)
    assert (
        relationship.promoter_case(promoters=0, passives=0, detractors=0)
        .accounts["nps"]
        .isna()
        .all()
    )


def test_visits_and_revenue_are_refused(desk):
    for column in ("visits", "revenue"):
        with pytest.raises(KamkitError) as refused:
            relationship.mixed_in(desk, add=column)
        assert refused.value.problems[0].code == "survey_not_an_item"
    assert len(relationship.mixed_in(desk).accounts)
