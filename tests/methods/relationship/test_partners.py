"""Dealers and alliances: exclusivity, register, history, suggestions, needs, channel."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import linregress, t

from kamkit.errors import KamkitError
from kamkit.methods.relationship.exclusivity import exclusivity, exclusivity_loop
from kamkit.methods.relationship.loyalty import loyalty
from kamkit.methods.relationship.partners import agent_scorecard, partner_register
from kamkit.methods.relationship.partners_channel import channel_coverage, joint_pipeline
from kamkit.methods.relationship.partners_history import (
    common_needs,
    partner_history,
    partner_suggestions,
)

DAY = "2026-06-30"


def _years(dealer, shares, first=2022, lines=None):
    table = pd.DataFrame({"year": range(first, first + len(shares)), "our_share": shares})
    return table.assign(dealer_id=dealer, rival_lines=lines if lines else np.nan)


def test_one_line_is_ordinary_regression():
    shares = [0.40, 0.47, 0.49, 0.58, 0.60]
    row = exclusivity(_years("D1", shares)).trends.iloc[0]
    fit = linregress(range(5), shares)
    half = t.ppf(0.975, 3) * fit.stderr
    assert row["slope"] == pytest.approx(fit.slope)
    assert [row["low"], row["high"]] == pytest.approx([fit.slope - half, fit.slope + half])
    assert (row["verdict"], row["variant"], row["n"]) == ("rising", "own_line", 5)


def test_few_years_borrow_their_scatter():
    parts = [
        _years("D1", [0.40, 0.47, 0.49, 0.58]), _years("D2", [0.50, 0.45]), _years("D3", [0.3]),
        _years("D4", [0.8, 0.6, 0.45, 0.2]),
    ]  # fmt: skip
    found = exclusivity(pd.concat(parts))
    rows = found.trends.set_index("dealer_id")
    assert rows.loc["D2", "low"] < -0.05 < rows.loc["D2", "high"]
    assert rows.loc["D2", "verdict"] == "cannot_be_separated"
    assert (rows.loc["D3", "verdict"], rows.loc["D3", "variant"]) == (
        "too_little_data", "too_few_years",
    )  # fmt: skip
    assert rows.loc["D4", "verdict"] == "falling"
    alone = exclusivity(_years("D2", [0.5, 0.4])).trends.iloc[0]
    assert np.isnan(alone["low"]) and alone["slope"] == pytest.approx(-0.1)
    assert found.overall.set_index("measure").loc["exclusivity_slope", "n"] == 3


def test_share_and_rival_lines_within_dealers():
    parts = [_years("D1", [0.5, 0.6, 0.7], lines=[5, 4, 3]),
             _years("D2", [0.2, 0.3, 0.4], lines=[9, 8, 7])]  # fmt: skip
    row = exclusivity(pd.concat(parts)).overall.set_index("measure").loc["share_and_lines"]
    assert row["value"] == pytest.approx(-0.1) and row["variant"] == "within_dealers"


def test_exclusivity_refuses_and_answers_nothing_with_nothing():
    table = pd.concat([_years("D1", [0.4, 1.4]), _years("D1", [0.4])])
    with pytest.raises(KamkitError) as caught:
        exclusivity(table)
    assert {p.code for p in caught.value.problems} == {"out_of_range", "duplicate_row"}
    empty = exclusivity(_years("D1", [0.4]).iloc[:0])
    assert empty.trends.empty and empty.years.empty
    assert set(empty.overall["variant"]) == {"too_little_data"}
    unknown = exclusivity(_years("D1", [np.nan, np.nan]))
    assert unknown.trends.empty and len(unknown.years) == 2


def test_loop_is_an_illustration_that_needs_both_sides():
    up = exclusivity_loop(60, 0.5, our_loyalty=95, years=20)
    down = exclusivity_loop(60, 0.5, our_loyalty=10, years=20)
    assert up["our_share"].is_monotonic_increasing and up["our_share"].iloc[-1] > 0.85
    assert down["our_share"].iloc[-1] < 0.2 and down["rival_lines"].iloc[-1] > 6
    assert set(up["variant"]) == {"illustration"}
    assert up["our_share"].between(0, 1).all() and up["loyalty"].between(0, 100).all()
    with pytest.raises(KamkitError) as caught:
        exclusivity_loop(160, 1.5, our_loyalty=50)
    assert {p.column for p in caught.value.problems} == {"loyalty", "our_share"}


def _dealers():
    return pd.DataFrame(
        {
            "dealer_id": ["D1", "D2", "D3"], "name": ["a", "b", "c"],
            "partner_type": ["agent", "rival", "friend"],
            "purpose": ["market", None, "technology"], "form": ["contract", "contract", None],
            "since": ["2020-01-01", "2026-05-01", "2024-01-01"],
            "review_on": ["2026-12-31", None, "2026-01-01"],
            "ended_on": [None, None, "2023-01-01"], "region": ["N", "N", "S"],
        }
    )  # fmt: skip


def test_register_names_what_is_missing():
    found = partner_register(_dealers(), as_of=DAY)
    assert found.partners["issues"].tolist() == [
        "", "no_purpose;no_review;rival_partner", "no_form;unknown_type;ends_before_start",
    ]  # fmt: skip
    assert found.partners["active"].tolist() == [True, True, False]
    assert found.by_type["partner_type"].tolist() == ["agent", "rival", "friend"]
    assert found.issues.set_index("code").loc["rival_partner", "partners"] == "D2"
    empty = partner_register(_dealers().iloc[:0], as_of=DAY)
    assert empty.partners.empty and empty.issues.empty and empty.by_type.empty


def test_scorecard_puts_figures_side_by_side():
    items = [*(f"dealer_attitude_{i}" for i in range(1, 5)),
             *(f"dealer_behaviour_{i}" for i in range(1, 11))]  # fmt: skip
    ratings = pd.DataFrame({"item": items, "score": 4}).assign(
        dealer_id="D1", rater_id="M1", rated_on="2026-06-15"
    )
    events = pd.DataFrame({"dealer_id": ["D1"], "date": ["2026-01-01"], "kind": ["conflict"]})
    card = agent_scorecard(
        partner_register(_dealers(), as_of=DAY), loyalty(ratings),
        exclusivity(_years("D1", [0.5, 0.6, 0.7])), partner_history(events, as_of=DAY),
    )  # fmt: skip
    assert card["dealer_id"].tolist() == ["D1"]
    row = card.iloc[0]
    assert (row["loyalty"], row["raters"], row["unresolved"]) == (50, 1, 1)
    assert row["share_slope"] == pytest.approx(0.1)


def _events():
    return pd.DataFrame(
        {
            "dealer_id": ["D1", "D1", "D1", "D2", "D3"],
            "date": ["2022-01-01", "2025-01-01", "2026-08-01", "2024-06-30", "2026-03-01"],
            "kind": ["conflict", "support", "conflict", "agreement", "conflict"],
            "severity": [4, 2, 4, None, 3],
            "resolved_on": ["2024-06-30", None, None, None, "2026-12-01"],
        }
    )


def test_history_fades_and_open_conflict_does_not():
    rows = partner_history(_events(), as_of=DAY).set_index("dealer_id")
    assert rows.loc["D1", "conflict_weight"] == pytest.approx(2.0, abs=0.01)
    assert rows.loc["D1", "low"] < rows.loc["D1", "conflict_weight"] < rows.loc["D1", "high"]
    assert rows.loc["D1", ["conflicts", "unresolved", "supports"]].tolist() == [1, 0, 1]
    assert rows.loc["D2", ["conflict_weight", "calm_days"]].tolist() == [0, 730]
    assert rows.loc["D3", ["conflict_weight", "unresolved", "calm_days"]].tolist() == [3, 1, 0]
    none = partner_history(_events(), as_of=DAY, dealers=["D9"]).iloc[0]
    assert none["variant"] == "not_recorded" and np.isnan(none["calm_days"])
    assert partner_history(_events().iloc[:0], as_of=DAY).empty
    with pytest.raises(KamkitError):
        partner_history(_events(), as_of=DAY, half_life_days=0)


def test_suggestions_stop_where_they_stop():
    feedback = pd.DataFrame(
        {
            "dealer_id": ["D1", "D1", "D2", None], "received_on": ["2026-01-01"] * 3 + [DAY],
            "answered_on": ["2026-01-09", "2026-02-01", None, None],
            "action": ["shorter lead time", "", None, None],
            "acted_on": ["2026-03-01", None, None, None], "told_on": ["2026-09-01"] + [None] * 3,
        }
    )  # fmt: skip
    found = partner_suggestions(feedback, as_of=DAY)
    all_ = found[found["dealer_id"] == ""].set_index("step")
    assert all_["hits"].to_dict() == {"answered": 2, "adopted": 1, "acted": 1, "told": 0}
    assert (all_["n"] == 3).all() and (all_["low"] >= 0).all()
    empty = partner_suggestions(feedback.iloc[:0], as_of=DAY)
    assert empty["variant"].tolist() == ["too_little_data"] * 4 and empty["share"].isna().all()


def test_needs_meet_or_clash():
    needs = pd.DataFrame(
        [("D1", "us", "stock", 4, 1), ("D1", "partner", "stock", 3, -1),
         ("D1", "us", "growth", 5, 1), ("D1", "partner", "growth", 4, 1),
         ("D1", "partner", "training", 2, 1)],
        columns=["dealer_id", "side", "need", "importance", "direction"],
    )  # fmt: skip
    found = common_needs(needs.sample(frac=1, random_state=1)).set_index("need")
    assert found["standing"].to_dict() == {
        "growth": "common", "stock": "conflict", "training": "theirs_only",
    }  # fmt: skip
    assert found["weight"].tolist() == [4, 3, 0] and found["conflict"].tolist() == [0, 1, 0]
    assert common_needs(needs.iloc[:0]).empty
    with pytest.raises(KamkitError):
        common_needs(needs.assign(side="them"))


def test_joint_deals_and_white_spots():
    deals = pd.DataFrame(
        {
            "dealer_id": ["D1"] * 3, "opportunity_id": ["O1", "O2", "O3"],
            "status": ["open", "won", "lost"], "amount": [100.0, 50.0, 70.0],
            "share": [None, 0.5, 0.5], "currency": "CNY",
        }
    )  # fmt: skip
    row = joint_pipeline(deals).iloc[0]
    assert (row["open_amount"], row["win_rate"], row["deals"]) == (100, 0.5, 3)
    assert np.isnan(row["partner_amount"]) and row["low"] < 0.5 < row["high"]
    assert joint_pipeline(deals.iloc[:0]).empty
    accounts = pd.DataFrame({"account_id": ["A1", "A2", "A3"], "region": ["N", "S", "W"]})
    value = pd.Series({"A1": 10.0, "A2": 30.0})
    found = channel_coverage(_dealers(), accounts, as_of=DAY, value=value)
    assert found["region"].tolist() == ["S", "W", "N"]
    assert found["white"].tolist() == [True, True, False]
    assert channel_coverage(_dealers().iloc[:0], accounts.iloc[:0], as_of=DAY).empty
