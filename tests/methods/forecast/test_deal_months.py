"""Deal-months, and amounts that change before they are booked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from methods.forecast.companies import simulated

from kamkit.methods.forecast.amounts import amount_change, change_factors
from kamkit.methods.forecast.deal_months import (
    DealMonths,
    Factors,
    Lookup,
    deal_months,
    month_marks,
    scale_of,
)
from kamkit.methods.forecast.level import level_break, level_test
from kamkit.methods.funnel import DealHistory, deal_history
from kamkit.methods.funnel.days import day_number

STAGES = ["needs", "quote"]


@pytest.fixture(scope="module")
def history() -> DealHistory:
    deals = pd.DataFrame(
        {
            "opportunity_id": ["a", "b", "c"],
            "owner_id": ["M1", "M2", "M1"],
            "status": ["won", "lost", "open"],
            "stage": ["quote", "needs", "needs"],
            "amount": [90.0, 50.0, 100.0],
            "created_on": ["2026-01-10", "2026-02-20", "2026-03-05"],
            "closed_on": ["2026-05-20", "2026-03-10", None],
        }
    )
    events = pd.DataFrame(
        {
            "opportunity_id": ["a", "a", "b", "c"],
            "seq": [1, 2, 1, 1],
            "stage": ["needs", "quote", "needs", "needs"],
            "entered_on": ["2026-01-10", "2026-03-15", "2026-02-20", "2026-03-05"],
            "left_on": ["2026-03-15", "2026-05-20", "2026-03-10", None],
            "moved_to": ["quote", "won", "lost", None],
        }
    )
    book = pd.DataFrame(
        {
            "snapshot_on": ["2026-02-28", "2026-03-31", "2026-04-30", "2026-04-30"],
            "opportunity_id": ["a", "a", "a", "c"],
            "stage": ["needs", "quote", "quote", "needs"],
            "amount": [120.0, 120.0, 100.0, 100.0],
            "close_date": ["2026-04-30", "2026-04-30", "2026-06-30", "2026-06-30"],
        }
    )
    return deal_history(deals, events, book, ladder=STAGES, as_of="2026-06-30")


def test_one_row_a_month_with_what_was_known_then(history: DealHistory) -> None:
    lookup = Lookup(history, scale_of(history))
    months = deal_months(history, lookup)
    marks = month_marks(history)
    assert marks[0] >= day_number("2026-03-09") and marks[-1] == day_number("2026-06-30")
    ids = history.deals["opportunity_id"].to_numpy()[months.deal]
    rows = pd.DataFrame({"id": ids, "outcome": months.outcome, "stage": months.factors.stage})
    assert rows[rows["id"] == "a"]["outcome"].tolist() == [0, 1]
    assert rows[rows["id"] == "c"]["outcome"].tolist() == [0, 0, 0]
    assert not (rows["id"] == "b").any()
    assert months.quarter.min() == 0 and months.ends.sum() == 1


def test_factors_are_those_of_theday_number(history: DealHistory) -> None:
    lookup = Lookup(history, scale_of(history))
    number = int(np.flatnonzero(history.deals["opportunity_id"] == "a")[0])
    deal = np.array([number])
    for day, stage, slips, amount in (
        ("2026-02-01", 0, 4, 120.0),
        ("2026-03-31", 1, 0, 120.0),
        ("2026-05-01", 1, 1, 100.0),
    ):
        found = lookup.at(deal, day_number(day))
        assert (found.stage[0], found.slips[0]) == (stage, slips)
        assert lookup.amount_at(deal, day_number(day))[0] == amount
    assert lookup.at(deal, day_number("2026-05-16")).age[0] == 2


def test_booked_on_quoted_amount_is_found_again() -> None:
    history = simulated(seed=8, deals_per_month=40)
    change = amount_change(history, Lookup(history, scale_of(history)))
    assert change.known and change.coef[0] == pytest.approx(-0.035, abs=0.02)
    assert abs(change.coef[1]) < 0.02 and change.residuals.std() < 0.2
    drawn = change_factors(change, np.array([0.0, 2.0]), 500, np.random.default_rng(0))
    assert drawn.shape == (500, 2) and drawn[:, 0].std() < drawn[:, 1].std()


def test_amounts_stay_as_quoted_without_a_book(history: DealHistory) -> None:
    change = amount_change(history, Lookup(history, scale_of(history)))
    assert not change.known and change.n == 1
    assert (change_factors(change, np.zeros(3), 9, np.random.default_rng(0)) == 1.0).all()


def _moves(share: list[float], size: int = 120) -> DealMonths:
    """Moves up and losses by quarter, newest first, in one stage."""
    rng = np.random.default_rng(1)
    quarter = np.repeat(np.arange(len(share)), size)
    outcome = np.where(rng.random(len(quarter)) < np.array(share)[quarter], 3, 2)
    zero = np.zeros(len(quarter), dtype=np.int64)
    factors = Factors(zero, zero, zero, zero.astype(float), zero + 1, zero)
    return DealMonths(factors, outcome, zero, quarter, zero, zero, False)


def test_a_new_level_is_noticed_and_an_old_one_is_not() -> None:
    assert level_test(_moves([0.7] * 12)) > 0.05
    assert level_test(_moves([0.5, 0.5] + [0.7] * 10)) < 0.01
    assert level_test(_moves([0.5] + [0.7] * 3)) == 1.0
    wild = [0.6, 0.8, 0.55, 0.85] * 3
    assert level_test(_moves(wild)) > 0.05


def test_a_break_lowers_the_level_of_today_and_leaves_doubt() -> None:
    level, doubt = level_break(_moves([0.5, 0.5, 0.5] + [0.7] * 9), 12)
    jump = np.log(0.7 / 0.3)
    assert level[:2] == pytest.approx(0, abs=0.05) and (np.diff(level) >= 0).all()
    assert level[8:] == pytest.approx(np.full(4, jump), abs=0.25)
    calm, little = level_break(_moves([0.7] * 12), 12)
    assert np.abs(calm).max() < 0.05 and little < 0.1 < doubt
    once, unsure = level_break(_moves([0.55] + [0.7] * 11, size=30), 12)
    assert 0 < once[-1] < np.log(0.7 / 0.3 / (0.55 / 0.45)) and unsure > little
    assert level_break(_moves([0.5] + [0.7] * 3), 4)[1] == 0.0


def test_a_break_upwards_is_the_mirror_of_one_downwards() -> None:
    down, doubt = level_break(_moves([0.3] * 2 + [0.5] * 10), 12)
    months = _moves([0.3] * 2 + [0.5] * 10)
    turned = replace(months, outcome=5 - months.outcome)
    up, same = level_break(turned, 12)
    assert up == pytest.approx(-down) and same == pytest.approx(doubt)
