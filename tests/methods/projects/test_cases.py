"""Effort to share out and one bid to decide on, as a lesson's controls recompute them."""

from __future__ import annotations

import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods import projects

DEALS = pd.DataFrame(
    {
        "opportunity_id": ["early", "late"],
        "stage": ["needs", "negotiate"],
        "amount": [100.0, 100.0],
        "p": [0.4, 0.8],
        "effort_hours": [10.0, 10.0],
    }
)


def chosen(case) -> list[str]:
    return case.deals.loc[case.deals["chosen"], "opportunity_id"].tolist()


def test_what_comes_anyway_is_not_worked_on():
    assert chosen(projects.effort_case(DEALS, capacity=10, kept_early=0.0, kept_late=0.9)) == [
        "early"
    ]
    assert chosen(projects.effort_case(DEALS, capacity=10, value="expected")) == ["late"]


def test_the_chance_left_alone_is_a_part_of_the_chance():
    table = projects.effort_case(DEALS, capacity=20, kept_early=0.5, kept_late=0.25).deals
    uplift = table.set_index("opportunity_id")["uplift"]
    assert uplift["early"] == pytest.approx(0.2)
    assert uplift["late"] == pytest.approx(0.6)


def test_missing_columns_are_named():
    with pytest.raises(KamkitError):
        projects.effort_case(DEALS.drop(columns="p"), capacity=10)


def test_a_bid_breaks_even_at_cost_over_margin():
    case = projects.bid_case(p=0.3, margin=1e6, cost=2e5, beliefs={"supporter": 0.5})
    assert case.bids["break_even"].tolist() == [0.2]
    assert case.bids["gain"].tolist() == pytest.approx([1e5])


def test_a_belief_can_be_replaced_by_name():
    beliefs = {"supporter": 0.5, "capacity": 0.5}
    case = projects.bid_case(p=0.3, margin=1e6, cost=2e5, beliefs=beliefs, supporter=0.9)
    held = case.questions.set_index("question")["p_yes"]
    assert held["supporter"] == 0.9 and held["capacity"] == 0.5


def test_nothing_is_worth_asking_where_the_answer_changes_nothing():
    case = projects.bid_case(p=0.9, margin=1e6, cost=1e3, beliefs={"supporter": 0.5})
    assert case.questions["value"].tolist() == pytest.approx([0.0], abs=1.0)
