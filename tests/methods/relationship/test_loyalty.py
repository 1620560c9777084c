"""Loyalty scales: scores, intervals from few raters, the gap, and what moved."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t

from kamkit.errors import KamkitError
from kamkit.methods.relationship.loyalty import loyalty
from kamkit.methods.relationship.loyalty_beside import loyalty_beside
from kamkit.methods.relationship.loyalty_raters import rater_means, rater_spread

ITEMS = [
    *(f"dealer_attitude_{i}" for i in range(1, 5)),
    *(f"dealer_behaviour_{i}" for i in range(1, 11)),
]


def _rating(dealer="D1", rater="M1", attitude=5, behaviour=5, day="2026-06-15"):
    scores = [attitude] * 4 + [behaviour] * 10
    table = pd.DataFrame({"item": ITEMS, "score": scores})
    return table.assign(dealer_id=dealer, rater_id=rater, rated_on=day)


def _all(*parts):
    return pd.concat(parts, ignore_index=True)


def _score(found, dimension, dealer="D1"):
    rows = found.scores.query("dimension == @dimension and dealer_id == @dealer")
    return rows.iloc[-1]


def test_hand_made_scores():
    """Two raters by hand: attitude 6 and 4, behaviour 3 and 3 on 1-7."""
    found = loyalty(_all(_rating(rater="M1", attitude=6, behaviour=3),
                         _rating(rater="M2", attitude=4, behaviour=3)))  # fmt: skip
    attitude = _score(found, "attitude")
    assert attitude["score"] == pytest.approx(100 * 4 / 6)
    half = t.ppf(0.975, 1) * np.std([500 / 6, 300 / 6], ddof=1) / np.sqrt(2)
    assert attitude["low"] == pytest.approx(max(0, 400 / 6 - half))
    assert (attitude["n"], attitude["variant"]) == (2, "own_raters")
    behaviour = _score(found, "behaviour")
    assert behaviour["score"] == pytest.approx(100 / 3)
    # both raters gave the same: whole grades still hide differences
    assert behaviour["variant"] == "own_raters; grade_width"
    assert behaviour["high"] - behaviour["low"] > 10
    assert _score(found, "loyalty")["score"] == pytest.approx(50)
    assert _score(found, "gap")["score"] == pytest.approx(100 / 3)


def test_one_rater_is_defined():
    alone = loyalty(_rating(attitude=7, behaviour=4))
    row = _score(alone, "loyalty")
    assert (row["score"], row["low"], row["high"]) == (75, 0, 100)
    assert alone.gaps["verdict"].tolist() == ["cannot_be_separated"]
    assert alone.overall["variant"].tolist() == ["no_interval"] * 4
    others = [_rating("D2", r, a, 4) for r, a in (("M1", 5), ("M2", 6), ("M3", 5))]
    borrowed = _score(loyalty(_all(_rating(attitude=7, behaviour=4), *others)), "loyalty")
    assert 0 < borrowed["low"] < 75 < borrowed["high"] <= 100
    assert borrowed["n"] == 1


def test_words_and_deeds_are_told_apart_by_interval_only():
    rng = np.random.default_rng(2)
    far, near = [], []
    for rater in ("M1", "M2", "M3", "M4"):
        for dealer in ("D1", "D2", "D3"):
            wobble = int(rng.integers(0, 2))
            far.append(_rating(dealer, rater, 7, 2 + wobble))
            near.append(_rating(dealer, rater, 5, 4 + wobble))
    assert set(loyalty(_all(*far)).gaps["verdict"]) == {"says_more_than_does"}
    assert "cannot_be_separated" in set(loyalty(_all(*near)).gaps["verdict"])
    turned = [part.assign(score=8 - part["score"]) for part in far]
    assert set(loyalty(_all(*turned)).gaps["verdict"]) == {"does_more_than_says"}


def test_change_is_paired_by_rater():
    """A strict and a mild rater, each one grade up: the change is sure, the level is not."""
    parts = [
        _rating(d, r, base + step + shift, base + step + shift, day)
        for d, shift in (("D1", 0), ("D2", 1), ("D3", 0))
        for r, base in (("M1", 2), ("M2", 5))
        for day, step in (("2025-06-15", 0), ("2026-06-15", 1))
        if base + step + shift <= 7
    ]
    found = loyalty(_all(*parts))
    moved = found.changes.query("dimension == 'loyalty'")
    assert moved["change"].round(6).tolist() == [round(100 / 6, 6)] * 3
    assert (moved["verdict"] == "up").all() and (moved["n"] == 2).all()
    assert moved["variant"].str.startswith("paired_raters").all()
    level = _score(found, "loyalty")
    assert level["high"] - level["low"] > 50


def test_change_of_different_raters_is_wider():
    parts = [
        _rating("D1", r, s, s, day)
        for r, s, day in (
            ("M1", 3, "2025-06-15"), ("M2", 4, "2025-06-15"), ("M3", 5, "2026-06-15"),
            ("M4", 6, "2026-06-15"),
        )
    ]  # fmt: skip
    moved = loyalty(_all(*parts)).changes.query("dimension == 'loyalty'").iloc[0]
    assert (moved["n"], moved["variant"]) == (0, "unpaired_raters")
    assert moved["change"] == pytest.approx(200 / 6) and moved["verdict"] == "cannot_be_separated"


def test_days_close_together_are_one_wave():
    parts = [_rating(rater="M1", day="2026-06-01"), _rating(rater="M2", day="2026-06-20"),
             _rating(rater="M1", attitude=7, day="2026-06-18")]  # fmt: skip
    found = loyalty(_all(*parts))
    assert found.scores["wave"].unique().tolist() == ["2026-06-20"]
    assert found.raters.query("rater_id == 'M1'")["attitude"].tolist() == [100]
    assert loyalty(_all(*parts), as_of="2026-06-10").scores["n"].tolist() == [1] * 4


def test_half_of_the_items_must_be_answered():
    part = _rating()
    few = part[part["item"].isin([*ITEMS[:1], *ITEMS[4:]])]
    row = loyalty(few).raters.iloc[0]
    assert np.isnan(row["attitude"]) and row["behaviour"] == pytest.approx(400 / 6)
    assert np.isnan(row["loyalty"]) and row["answered"] == pytest.approx(11 / 14)
    total = _score(loyalty(few), "loyalty")
    assert (total["n"], total["variant"]) == (0, "too_little_data") and np.isnan(total["score"])
    missing = part.assign(score=np.where(part["item"] == ITEMS[0], np.nan, 6))
    assert loyalty(missing).raters["attitude"].tolist() == [pytest.approx(500 / 6)]


def test_accounts_by_the_same_engine():
    table = _rating().rename(columns={"dealer_id": "account_id", "rater_id": "respondent_id"})
    table["item"] = table["item"].str.replace("dealer", "account")
    found = loyalty(table.drop(columns="rated_on").assign(wave="2026H1"), kind="account")
    assert found.scores["account_id"].tolist() == ["D1"] * 4
    assert found.scores["wave"].unique().tolist() == ["2026H1"]
    assert "X34" in found.scores["origin"].iloc[0]


def test_wrong_input_is_refused_at_once():
    table = _all(_rating(), _rating(rater="M2").assign(score=9))
    table.loc[0, "item"] = "visits"
    with pytest.raises(KamkitError) as caught:
        loyalty(table)
    codes = {(p.code, p.value) for p in caught.value.problems}
    assert codes == {("unknown_item", "visits"), ("out_of_range", 9.0)}
    for bad in (table.drop(columns="rater_id"), table.drop(columns="rated_on")):
        with pytest.raises(KamkitError):
            loyalty(bad)
    with pytest.raises(KamkitError):
        loyalty(table, kind="friend")


def test_empty_table():
    found = loyalty(_rating().iloc[:0])
    for name in ("scores", "gaps", "changes", "raters", "items"):
        table = getattr(found, name)
        assert table.empty and "dealer_id" in table.columns, name
    assert found.overall["variant"].tolist() == ["too_little_data"] * 4


def test_order_of_rows_is_nothing():
    rng = np.random.default_rng(5)
    table = _all(*(
        _rating(d, r, int(rng.integers(1, 8)), int(rng.integers(1, 8)), day)
        for d in ("D1", "D2") for r in ("M1", "M2") for day in ("2025-06-15", "2026-06-15")
    ))  # fmt: skip
    one, two = loyalty(table), loyalty(table.sample(frac=1, random_state=4))
    for name in ("overall", "scores", "gaps", "changes", "raters", "items"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))


def test_spread_splits_strict_raters_from_chance():
    """Balanced table by hand: raters 0 and +2 everywhere, no rest."""
    table = pd.DataFrame(
        [(s, r, base + lift) for s, base in (("a", 10), ("b", 20), ("c", 15))
         for r, lift in (("x", 0), ("y", 2))],
        columns=["subject", "rater", "score"],
    )  # fmt: skip
    found = rater_spread(table["subject"], table["rater"], table["score"])
    assert found.variance == pytest.approx(2) and found.df == pytest.approx(1)
    assert found.between == pytest.approx(0) and found.alike
    nested = rater_spread(table["subject"], pd.Series(list("uvwxyz")), table["score"])
    assert (nested.df, nested.alike) == (3, False)


def _coverage(runs, shared, seed):
    """How often the interval holds a subject's true score; raters may be strict or mild."""
    rng, hits, n = np.random.default_rng(seed), 0, 0
    for _ in range(runs):
        truth = rng.uniform(40, 60, 8)
        strict = rng.normal(0, shared, 3)
        rest = rng.normal(0, 6, (8, 3))
        table = pd.DataFrame(
            {
                "subject": np.repeat([f"s{i}" for i in range(8)], 3),
                "rater": np.tile(["x", "y", "z"], 8),
                "score": (truth[:, None] + strict + rest).ravel(),
            }
        )
        means = rater_means(table, low=0, high=100)
        hits += int(((means["low"] <= truth) & (truth <= means["high"])).sum())
        n += 8
    return hits / n


def test_intervals_hold_the_true_score():
    assert 0.93 <= _coverage(150, 0, 1) <= 0.975
    assert 0.90 <= _coverage(250, 6, 2) <= 0.985


@pytest.mark.evidence
def test_intervals_hold_the_true_score_long():
    assert 0.94 <= _coverage(2000, 0, 3) <= 0.96
    for shared in (3, 6, 12):
        assert 0.93 <= _coverage(2000, shared, 4) <= 0.98


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["D1", "D2"]), st.sampled_from(["M1", "M2", "M3"]),
                  st.integers(1, 7), st.integers(1, 7)),
        unique_by=lambda r: r[:2], min_size=1, max_size=6,
    )
)  # fmt: skip
def test_scores_stay_on_their_scale(rows):
    found = loyalty(_all(*(_rating(*row) for row in rows)))
    known = found.scores[found.scores["n"] > 0]
    scale = known["dimension"].map({"gap": -100.0}).fillna(0.0)
    assert (known["low"] >= scale).all() and (known["high"] <= 100).all()
    assert (known["low"] <= known["score"] + 1e-9).all()
    wide = known.pivot(index="dealer_id", columns="dimension", values="score")
    assert np.allclose(wide["loyalty"], (wide["attitude"] + wide["behaviour"]) / 2)


def test_words_beside_money():
    parts = []
    for account, grade in (("A1", 7), ("A2", 7), ("A3", 1), ("A4", 4)):
        for rater in ("C1", "C2", "C3"):
            part = _rating(account, rater, grade, grade)
            part["item"] = part["item"].str.replace("dealer", "account")
            parts.append(part.rename(columns={"dealer_id": "account_id"}))
    found = loyalty(_all(*parts), kind="account")
    shares = {"A1": [0.3, 0.41, 0.5], "A2": [0.6, 0.49, 0.4], "A3": [0.3, 0.39, 0.5], "A4": [0.4]}
    years = pd.DataFrame(
        [(a, 2023 + i, 100 * s, 100.0) for a, row in shares.items() for i, s in enumerate(row)],
        columns=["account_id", "year", "revenue", "category_spend"],
    )
    table = loyalty_beside(found, years).set_index("account_id")
    assert table["standing"].tolist() == [
        "both_up", "words_only", "deeds_only", "cannot_be_separated",
    ]  # fmt: skip
    assert table["years_bought"].tolist() == [3, 3, 3, 1]
    wrong = loyalty_beside(found, years.assign(category_spend=1.0))
    assert set(wrong["trend_verdict"]) == {"too_little_data"}
    empty = loyalty_beside(loyalty(_all(*parts).iloc[:0], kind="account"), years)
    assert empty.empty and empty.columns.tolist()[0] == "account_id"
