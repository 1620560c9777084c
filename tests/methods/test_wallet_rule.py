"""Wallet Allocation Rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.portfolio.wallet_rule import allocation, wallet_allocation


def test_published_case(published: dict[str, dict[str, Any]]) -> None:
    case = published["P-WAR"]
    for key, shares in case["exp"].items():
        n = int(key[1:])
        assert allocation(np.arange(1, n + 1), n) == pytest.approx(shares, abs=case["tol"])


def test_ties_take_the_mean_rank() -> None:
    ratings = pd.DataFrame({"account_id": "A", "supplier": list("uxy"), "score": [9, 7, 7]})
    table = wallet_allocation(ratings)
    assert table["rank"].tolist() == [1, 2.5, 2.5]
    assert table["wallet_share"].tolist() == pytest.approx([0.5, 0.25, 0.25])
    assert table["share_if_first"].tolist() == pytest.approx([0.5] * 3)
    assert table["variant"].eq("mean_rank").all() and table["low"].isna().all()


def test_ranks_given_and_several_raters() -> None:
    ratings = pd.DataFrame(
        {
            "account_id": "A",
            "rater_id": ["p", "p", "q", "q", "r", "r"],
            "supplier": ["us", "x"] * 3,
            "rank": [1, 2, 2, 1, 1, 2],
        }
    )
    table = wallet_allocation(ratings, by="rank").set_index("supplier")
    assert table.loc["us", "wallet_share"] == pytest.approx((2 / 3 + 1 / 3 + 2 / 3) / 3)
    assert table.loc["us", "n"] == 3
    assert table.loc["us", "low"] < table.loc["us", "wallet_share"] < table.loc["us", "high"]


def test_missing_is_not_last_and_dirt_is_named() -> None:
    ratings = pd.DataFrame({"account_id": "A", "supplier": list("uxy"), "score": [9, np.nan, 7]})
    table = wallet_allocation(ratings)
    assert table["supplier"].tolist() == ["u", "y"]
    assert table["n_suppliers"].tolist() == [2, 2]
    with pytest.raises(KamkitError) as caught:
        wallet_allocation(ratings.astype(object).assign(score=["9", "good", "7"]))
    assert [p.code for p in caught.value.problems] == ["not_a_number"]
    with pytest.raises(KamkitError):
        wallet_allocation(pd.concat([ratings, ratings]))
    with pytest.raises(KamkitError):
        wallet_allocation(ratings.drop(columns="score"))
    assert wallet_allocation(ratings.iloc[:0]).empty


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=8))
def test_shares_add_up_to_one(scores: list[int]) -> None:
    names = [f"s{i}" for i in range(len(scores))]
    table = wallet_allocation(pd.DataFrame({"account_id": "A", "supplier": names, "score": scores}))
    assert table["wallet_share"].sum() == pytest.approx(1.0)
    assert table["wallet_share"].is_monotonic_decreasing
