"""Bid economics and the value of information."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.projects import bid_economics, value_of_information


def bids(**more: object) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "bid_id": ["B1", "B2", "B3"],
            "p": [0.6, 0.25, 0.05],
            "margin_amount": [1000.0, 1000.0, 400.0],
            "pursuit_cost": [100.0, 240.0, 80.0],
        }
    )
    return table.assign(**more)


def test_by_hand() -> None:
    found = bid_economics(bids()).bids.set_index("bid_id")
    assert found.loc["B1", "gain"] == 500 and found.loc["B1", "break_even"] == 0.1
    assert found.loc["B3", "gain"] == -60
    assert found["decision"].tolist() == ["bid", "cannot_tell", "no_bid"]
    assert found["above"].between(0, 1).all() and found["best_share"].sum() == pytest.approx(1)


def test_break_even_is_where_the_curve_meets_nil() -> None:
    found = bid_economics(
        bids(margin_amount_low=[800, 900, 300], margin_amount_high=[1500, 1100, 600])
    )
    for key, line in found.curve.groupby("bid_id"):
        at = found.bids.set_index("bid_id").loc[key, "break_even"]
        assert np.interp(at, line["p"], line["gain"]) == pytest.approx(0, abs=1e-9)
        assert (line["low"] <= line["gain"] + 1e-9).all()
        assert (line["gain"] <= line["high"] + 1e-9).all()
        assert line["gain"].is_monotonic_increasing


def test_more_cases_are_surer_and_spent_money_never_counts() -> None:
    few, many = (bid_economics(bids(p_cases=n)).bids for n in (5, 200))
    assert ((few["high"] - few["low"]) > (many["high"] - many["low"])).all()
    sunk = bid_economics(bids(spent=[1e6, 1e6, 1e6])).bids
    pd.testing.assert_series_equal(sunk["gain"], bid_economics(bids()).bids["gain"])
    stated = bid_economics(bids(p_low=[0.5, 0.2, 0.01], p_high=[0.7, 0.3, 0.1])).bids
    assert stated["p_low"].tolist() == pytest.approx([0.5, 0.2, 0.01], abs=0.03)
    assert set(stated["variant"]) == {"chance_interval"}


def test_sure_figures_give_no_width() -> None:
    found = bid_economics(bids(p=[1.0, 0.0, 1.0])).bids
    assert (found["low"] == found["high"]).all()
    assert found["decision"].tolist() == ["bid", "no_bid", "bid"]


def test_several_prices_for_one_bid() -> None:
    prices = pd.DataFrame({"bid_id": ["96", "98", "100", "60"], "p": [0.5, 0.45, 0.4, 0.9],
                           "margin_amount": [96.0, 105, 115, 2], "pursuit_cost": 5.0})  # fmt: skip
    found = bid_economics(prices).bids.set_index("bid_id")
    assert found.loc[["96", "98", "100"], "cluster"].nunique() == 1
    assert found.loc["60", "cluster"] == 2


def test_dirty_and_empty() -> None:
    gap = bid_economics(bids(p=[0.5, np.nan, 0.5], margin_amount=[-5.0, 1, 1]))
    assert gap.bids["status"].tolist() == ["no_margin", "no_figures", "ok"]
    assert np.isnan(gap.bids.loc[0, "break_even"])
    assert gap.bids.loc[0, "decision"] == "no_bid" and gap.bids.loc[1, "decision"] == ""
    with pytest.raises(KamkitError) as caught:
        bid_economics(
            bids(
                p=[1.5, 0.5, -1],
                margin_amount_low=[2000, 1, 1],
                margin_amount_high=[3000, 2000, 500],
            )
        )
    assert [p.code for p in caught.value.problems] == ["not_a_share", "not_a_share",
                                                       "range_reversed"]  # fmt: skip
    with pytest.raises(KamkitError):
        bid_economics(bids().drop(columns="margin_amount"))
    empty = bid_economics(bids().iloc[:0])
    assert empty.bids.empty and empty.curve.empty
    assert set(empty.measures["variant"]) == {"too_little_data"}


def asked(**more: object) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "question": ["budget", "rival", "colour"],
            "p_yes": [0.7, 0.5, 0.5],
            "odds_ratio": [1.0, 4.0, 1.0],
            "gate": [True, False, False],
        }
    )
    return table.assign(**more)


def found_values(**more: object) -> pd.DataFrame:
    found = value_of_information(asked(**more), p=0.35, margin=100, pursuit_cost=30, draws=60)
    return found.questions.set_index("question")


def test_value_by_hand() -> None:
    one = pd.DataFrame({"question": ["budget"], "p_yes": [0.5], "gate": [True]})
    found = value_of_information(one, p=0.3, margin=100, pursuit_cost=40, draws=5)
    row = found.questions.iloc[0]
    # Today 0.3 × 100 − 40 = −10: stop. A yes makes it 0.6 × 100 − 40 = 20, half of the time.
    assert row["gain_if_yes"] == pytest.approx(20) and row["gain_if_no"] == pytest.approx(-40)
    assert row["value"] == pytest.approx(10) and row["decision_now"] == "no_bid"
    assert row["change_chance"] == pytest.approx(0.5)
    m = found.measures.set_index("measure")["value"]
    assert m["gain_now"] == pytest.approx(-10) and m["value_of_all"] == pytest.approx(10)


def test_what_cannot_change_the_decision_is_worth_nothing() -> None:
    found = found_values()
    assert found.loc["colour", "value"] == 0 and not found.loc["colour", "changes"]
    assert found.loc["budget", "value"] > 0
    assert (found["value"] >= 0).all() and (found["low"] >= 0).all()
    rich = value_of_information(asked(gate=False), p=0.9, margin=1e6, pursuit_cost=1, draws=5)
    assert rich.questions["value"].eq(0).all()


def test_averages_to_today() -> None:
    found = value_of_information(asked(margin_ratio=[1, 0.5, 2]), p=0.35, margin=100,
                                 pursuit_cost=30, draws=5)  # fmt: skip
    for row in found.questions.to_dict("records"):
        mean = row["p_yes"] * row["gain_if_yes"] + (1 - row["p_yes"]) * row["gain_if_no"]
        today = found.measures.set_index("measure").loc["gain_now", "value"]
        assert mean == pytest.approx(today, abs=1e-6)


def test_unsure_answers_and_asking_cost() -> None:
    true, doubtful = found_values(), found_values(accuracy=0.75)
    assert (doubtful["value"] <= true["value"] + 1e-9).all()
    assert found_values(accuracy=0.5)["value"].max() == pytest.approx(0, abs=1e-6)
    dear = found_values(ask_cost=50.0)
    assert (dear["net"] < 0).all() and dear["first_share"].sum() < 0.3


def test_all_answers_are_worth_at_least_the_best_one() -> None:
    found = value_of_information(asked(), p=0.35, margin=100, pursuit_cost=30, draws=5)
    m = found.measures.set_index("measure")["value"]
    assert m["value_of_all"] >= m["value_first"] - 1e-9


def test_many_questions_are_sampled() -> None:
    many = pd.concat([asked(gate=False).assign(question=lambda t, i=i: t["question"] + str(i))
                      for i in range(4)])  # fmt: skip
    found = value_of_information(many, p=0.35, margin=100, pursuit_cost=30, draws=3)
    assert "sampled_answer_combinations" in found.questions["variant"].iloc[0]
    rivals = found.questions[found.questions["question"].str.startswith("rival")]["value"]
    assert rivals.max() - rivals.min() < 1.0


def test_questions_dirty_and_empty() -> None:
    with pytest.raises(KamkitError) as caught:
        value_of_information(asked(p_yes=[2, 0.5, 0.5], odds_ratio=[1, -1, 1]), p=0.3, margin=1,
                             pursuit_cost=1)  # fmt: skip
    assert [p.code for p in caught.value.problems] == ["not_a_share", "out_of_range"]
    with pytest.raises(KamkitError) as caught:
        value_of_information(asked(), p=0.9, margin=1, pursuit_cost=1)
    assert caught.value.problems[0].code == "chance_above_gates"
    empty = value_of_information(asked().iloc[:0], p=0.3, margin=100, pursuit_cost=40)
    assert empty.questions.empty and np.isnan(empty.measures["value"].iloc[1])
    shuffled = asked().sample(frac=1, random_state=4)
    one = value_of_information(asked(), p=0.35, margin=100, pursuit_cost=30, draws=3).questions
    two = value_of_information(shuffled, p=0.35, margin=100, pursuit_cost=30, draws=3).questions
    pd.testing.assert_series_equal(one["value"], two["value"])
