"""When acting pays, and which lost accounts are worth winning back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.retention import action_threshold, threshold_gains, winback_ranking


def test_threshold_and_advice():
    p = pd.Series({"A": 0.3, "B": 0.02, "C": 0.12, "D": np.nan})
    table = action_threshold(
        p, cost_of_acting=10_000, expected_loss=400_000, effect=0.25, low=p * 0.7, high=p * 1.5
    ).set_index("account_id")
    assert table["threshold"].tolist() == pytest.approx([0.1] * 4)
    assert table["advice"].to_dict() == {
        "A": "act", "B": "leave", "C": "cannot_tell", "D": "unknown"
    }  # fmt: skip
    assert table.loc["A", "gain"] == pytest.approx(20_000)


def test_what_prevents_nothing_never_pays():
    row = action_threshold(0.9, cost_of_acting=1, expected_loss=100, effect=0).iloc[0]
    assert row["threshold"] == np.inf and row["advice"] == "leave"
    free = action_threshold(0.01, cost_of_acting=0, expected_loss=100, effect=0.5).iloc[0]
    assert free["threshold"] == 0 and free["advice"] == "act"


def test_all_wrong_inputs_at_once():
    with pytest.raises(KamkitError) as caught:
        action_threshold(1.5, cost_of_acting=-1, expected_loss=-5, effect=2)
    assert len(caught.value.problems) == 4


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1e6), st.floats(0, 1e7), st.floats(0, 1))
def test_acting_pays_above_the_threshold_only(p, cost, loss, effect):
    row = action_threshold(p, cost_of_acting=cost, expected_loss=loss, effect=effect).iloc[0]
    if row["advice"] == "act":
        assert p >= row["threshold"] - 1e-9
    elif np.isfinite(row["threshold"]):
        assert p <= row["threshold"] + 1e-9


def test_gains_of_a_backtest():
    cases = pd.DataFrame(
        {"account_id": [f"A{i}" for i in range(10)], "score": [0.0] * 6 + [1.0] * 4,
         "lost": [False] * 6 + [True, True, True, False]}
    )  # fmt: skip
    table = threshold_gains(cases, cost_of_acting=1, expected_loss=10, effect=0.5)
    assert table["gain"].tolist() == pytest.approx([(3 * 5 - 10) / 10, (3 * 5 - 4) / 10])
    assert table["gain_all"].tolist() == pytest.approx([0.5, 0.5])
    assert (table["gain_low"] < table["gain"]).all() and (table["gain_high"] > table["gain"]).all()
    assert threshold_gains(cases.iloc[:0], cost_of_acting=1, expected_loss=1, effect=1).empty


CASES = pd.DataFrame(
    {"case_id": ["w1", "w2", "w3", "w4"], "account_id": list("ABCD"),
     "reason": ["price", "service", "price", None], "probability": [0.5, 0.2, 0.5, np.nan],
     "yearly_value": [100_000.0, 2_000_000.0, 100_000.0, 50_000.0],
     "cost": [10_000.0, 20_000.0, np.nan, 1_000.0], "result": "open"}
)  # fmt: skip


def closed(reason: str, returned: int, declined: int) -> pd.DataFrame:
    n = returned + declined
    return pd.DataFrame(
        {"case_id": [f"{reason}{i}" for i in range(n)], "account_id": "Z", "reason": reason,
         "probability": 0.6, "yearly_value": 1.0, "cost": 1.0,
         "result": ["returned"] * returned + ["declined"] * declined,
         "opened_on": "2025-01-01", "closed_on": "2025-03-02"}
    )  # fmt: skip


def test_ranked_by_chance_times_value_less_cost():
    found = winback_ranking(CASES)
    table = found.cases.set_index("case_id")
    assert table.index.tolist()[:2] == ["w2", "w1"]
    assert table.loc["w2", "expected_value"] == pytest.approx(0.2 * 2_000_000 - 20_000)
    assert table.loc["w1", "p_low"] < 0.15 and table.loc["w1", "p_high"] > 0.85  # a bare judgement
    assert table.loc["w1", "variant"] == "judgement_only"
    assert table.loc[["w3", "w4"], "expected_value"].isna().all()  # unknown cost is not 0
    assert table.loc["w1", "break_even"] == pytest.approx(0.1)
    assert found.measures.set_index("measure").loc["return_share", "variant"] == "no_closed_cases"


def test_closed_cases_correct_hopeful_judgements():
    table = pd.concat([CASES, closed("price", 2, 18), closed("service", 1, 1)], ignore_index=True)
    found = winback_ranking(table)
    row = found.cases.set_index("case_id").loc["w1"]
    assert row["p"] == pytest.approx((0.5 * 4 + 2) / 24) and row["judged_chance"] == 0.5
    assert row["p_high"] - row["p_low"] < 0.32
    assert found.cases.set_index("case_id").loc["w4", "variant"] == "closed_cases"
    reasons = found.reasons.set_index("reason")
    assert reasons.loc["price", "share"] == 0.1 and reasons.loc["service", "cases_closed"] == 2
    measures = found.measures.set_index("measure")["value"]
    assert measures["return_share"] == pytest.approx(3 / 22)
    assert measures["judged_mean"] == pytest.approx(0.6) and measures["days_to_close"] == 60


def test_cases_that_can_not_be_told_apart_share_a_group():
    alike = pd.concat([CASES.iloc[[0]]] * 2, ignore_index=True).assign(case_id=["x", "y"])
    assert winback_ranking(alike).cases["group"].tolist() == [1, 1]
    sure = pd.concat([alike, closed("price", 200, 200)], ignore_index=True)
    sure.loc[0, "yearly_value"] = 1e6
    assert winback_ranking(sure).cases["group"].tolist() == [1, 2]


def test_win_back_edges():
    assert winback_ranking(CASES.iloc[:0]).cases.empty
    certain = CASES.iloc[[0]].assign(probability=1.0)
    row = winback_ranking(certain).cases.iloc[0]
    assert row["p"] == row["p_high"] == 1 and row["variant"] == "judgement_only"
    wrong = CASES.assign(probability=[2.0, 0.1, -1, 0.5], result=["open", "won", "open", "open"])
    with pytest.raises(KamkitError) as caught:
        winback_ranking(wrong)
    assert sorted(p.code for p in caught.value.problems) == [
        "out_of_range", "out_of_range", "unknown_choice"
    ]  # fmt: skip
    with pytest.raises(KamkitError):
        winback_ranking(CASES.assign(currency=["CNY", "EUR", "CNY", "CNY"]))


def test_rows_in_any_order():
    table = pd.concat([CASES, closed("price", 2, 18)], ignore_index=True)
    mixed = table.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(winback_ranking(table).cases, winback_ranking(mixed).cases)
