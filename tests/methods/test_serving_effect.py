"""Criteria that count for an account and still make it dear to serve (X33)."""

from __future__ import annotations

import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.selection import serving_effect


def ratings() -> pd.DataFrame:
    rows = [
        ("A", "quality_demands", 5), ("A", "price_sensitivity", 3), ("A", "prompt_payment", 2),
        ("B", "quality_demands", 1), ("B", "market_leader", 5), ("C", "market_leader", 5),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["account_id", "criterion", "score"])


def test_burden_and_relief_stand_apart() -> None:
    found = serving_effect(ratings()).set_index("account_id")
    assert found.loc["A", ["raises", "lowers", "n_raises", "most_raising"]].tolist() == [
        75.0, 25.0, 2, "quality_demands",
    ]  # fmt: skip
    assert found.loc["B", "raises"] == 0.0 and pd.isna(found.loc["B", "lowers"])
    assert "C" not in found.index
    assert found["agrees"].isna().all()


def test_measured_cost_stands_beside_the_rated_one() -> None:
    cost = pd.DataFrame({"account_id": ["A", "B"], "served_share": [0.4, 0.1]})
    found = serving_effect(ratings(), cost_to_serve=cost)
    assert found["served_share"].tolist() == [0.4, 0.1] and found["agrees"].tolist() == [True] * 2
    turned = serving_effect(ratings(), cost_to_serve=cost.assign(served_share=[0.1, 0.4]))
    assert turned["agrees"].tolist() == [False] * 2


def test_empty_and_bare_tables() -> None:
    assert serving_effect(ratings().iloc[:0]).empty
    with pytest.raises(KamkitError):
        serving_effect(pd.DataFrame({"account_id": ["A"]}))
