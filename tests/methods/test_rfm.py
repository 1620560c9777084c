"""RFM scores: published codes, ties, hostile input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.selection.rfm import quantile_scores, rfm_codes, rfm_scores

RECENCY = [("<", 1), ("<=", 3), ("<=", 6), ("<=", 9)]
FREQUENCY = [(">=", 40), (">=", 30), (">=", 20), (">=", 10)]
MONEY = [(">", 50), (">", 20), (">", 10), (">", 5)]


def test_published_codes(published):
    case = published["P-RFM"]
    rows = pd.DataFrame.from_dict(
        case["x"], orient="index", columns=["recency_months", "frequency", "monetary"]
    )
    table = rows.rename_axis("account_id").reset_index()
    found = rfm_codes(table, recency=RECENCY, frequency=FREQUENCY, monetary=MONEY)
    codes = found.set_index("account_id")["rfm"].to_dict()
    assert codes == {key: str(code) for key, code in case["exp"].items()}
    assert found["variant"].iloc[0] == "rfm_r_fixed; rfm_f_fixed; rfm_m_fixed"


def test_ties_never_split_across_quantiles():
    rng = np.random.default_rng(1)
    values = rng.integers(0, 4, 200).astype(float)
    scores = pd.Series(quantile_scores(values)).groupby(values).nunique()
    assert (scores == 1).all()
    assert quantile_scores(np.full(9, 7.0)).tolist() == [3] * 9


def test_more_is_never_worse():
    values = np.array([5.0, 1.0, 9.0, 3.0, np.nan])
    order = np.argsort(values[:4])
    assert (np.diff(quantile_scores(values)[:4][order]) >= 0).all()
    assert (np.diff(quantile_scores(values, low_is_good=True)[:4][order]) <= 0).all()
    assert quantile_scores(values)[4] == 0


def test_orders_with_credit_notes_and_later_rows():
    orders = pd.DataFrame(
        {
            "account_id": ["a", "a", "a", "a", "b", "c"],
            "order_id": ["1", "1", "2", "3", "4", "5"],
            "date": [
                "2026-01-10", "2026-01-10", "2026-03-01", "2026-06-01", "2026-03-31", "2026-02-01"
            ],
            "amount": [10.0, 5.0, 20.0, 99.0, 8.0, -3.0],
        }
    )  # fmt: skip
    found = rfm_scores(orders, as_of="2026-03-31").set_index("account_id")
    assert found.loc["a", ["frequency", "monetary", "recency_days"]].tolist() == [2, 35.0, 30]
    assert found.loc["b", "recency_days"] == 0
    assert "c" not in found.index or pd.isna(found.loc["c", "rfm"])


def test_empty_and_dirty():
    empty = pd.DataFrame({"account_id": [], "date": [], "amount": []})
    assert rfm_scores(empty, as_of="2026-01-01").empty
    dirty = pd.DataFrame({"account_id": ["a"], "date": ["?"], "amount": [1.0]})
    with pytest.raises(KamkitError):
        rfm_scores(dirty, as_of="2026-01-01")
    with pytest.raises(KamkitError):
        rfm_codes(
            pd.DataFrame(
                {"account_id": ["a"], "recency_months": [1], "frequency": [1], "monetary": [1]}
            ),
            recency=[("=", 1)],
        )
