"""Return both ways, premium income, high-margin share, referral value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.portfolio import (
    customer_returns,
    high_margin_share,
    premium_income,
    referral_value,
)


def investments() -> pd.DataFrame:
    rows = [
        ("A", 2024, "us", "team", 100.0, None), ("A", 2025, "us", "team", None, 60.0),
        ("A", 2026, "us", "team", None, 60.0),
        ("A", 2024, "customer", "line", 50.0, 80.0),
        ("B", 2024, "us", "stock", 10.0, None),
        ("C", 2024, "us", "tool", 100.0, 30.0), ("C", 2026, "us", "tool", None, 30.0),
        ("C", 2024, "customer", "time", 5.0, 20.0),
    ]  # fmt: skip
    columns = ["account_id", "year", "side", "item", "cost", "benefit"]
    return pd.DataFrame(rows, columns=columns).astype({"cost": float, "benefit": float})


def test_by_hand() -> None:
    found = customer_returns(investments(), rate=0.10)
    a = found.accounts.set_index(["account_id", "side"]).loc[("A", "us")]
    assert a["roi"] == pytest.approx(0.20)
    assert a["npv"] == pytest.approx(-100 + 60 / 1.1 + 60 / 1.21)
    assert a["payback_years"] == pytest.approx(2 + 40 / 60)
    assert a["benefit_needed"] == pytest.approx(100 / (60 / 1.1 + 60 / 1.21))
    assert a["roi_low"] == pytest.approx(-0.04) and a["roi_high"] == pytest.approx(0.44)


def test_unknown_is_not_a_loss() -> None:
    found = customer_returns(investments(), rate=0.10)
    rows = found.accounts.set_index(["account_id", "side"])
    assert rows.loc[("B", "us"), "status"] == "no_benefit"
    assert np.isnan(rows.loc[("B", "us"), "npv"]) and np.isnan(rows.loc[("B", "us"), "roi"])
    assert rows.loc[("C", "us"), "status"] == "not_paid_back"
    assert np.isnan(rows.loc[("C", "us"), "payback_years"])
    both = found.both.set_index("account_id")
    assert both["verdict"].tolist() == ["both_gain", "unknown", "only_customer"]
    assert not both.loc["A", "sure"] and both.loc["C", "sure"]


def test_a_year_between_is_there() -> None:
    years = customer_returns(investments(), rate=0.0).years
    c = years[(years["account_id"] == "C") & (years["side"] == "us")]
    assert c["year"].tolist() == [2024, 2025, 2026] and c["cumulative"].tolist() == [-70, -70, -40]


@pytest.mark.parametrize("rate", [0.0, 0.08, 0.3])
def test_npv_falls_with_the_rate_and_is_net_at_nil(rate: float) -> None:
    now = customer_returns(investments(), rate=rate).accounts
    more = customer_returns(investments(), rate=rate + 0.05).accounts
    known = now["npv"].notna()
    assert (more.loc[known, "npv"] <= now.loc[known, "npv"] + 1e-9).all()
    if rate == 0:
        assert np.allclose(now.loc[known, "npv"], now.loc[known, "net"])


def test_empty_and_dirty() -> None:
    empty = customer_returns(investments().iloc[:0], rate=0.1)
    assert empty.accounts.empty and empty.both.empty
    with pytest.raises(KamkitError) as error:
        customer_returns(investments().assign(side="them", cost=-1.0), rate=0.1)
    assert {p.code for p in error.value.problems} == {"unknown_choice", "negative_cost"}


def test_premium_both_averages() -> None:
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"account_id": range(30), "revenue": rng.lognormal(3, 1, 30)})
    table["net_income"] = table["revenue"] * rng.normal(0.1, 0.1, 30)
    weighted, simple = premium_income(table), premium_income(table, average="simple")
    assert weighted["premium_money"].sum() == pytest.approx(0.0, abs=1e-9)
    assert simple["premium"].sum() == pytest.approx(0.0, abs=1e-9)
    assert weighted["other_premium"].tolist() == simple["premium"].tolist()
    assert (weighted["sign_depends"] == simple["sign_depends"]).all()


def test_premium_degenerate() -> None:
    table = pd.DataFrame({"account_id": ["A", "B"], "revenue": [0.0, -3], "net_income": [1.0, 1]})
    found = premium_income(table)
    assert found["premium"].isna().all() and set(found["variant"]) == {"too_little_data"}
    assert premium_income(table.iloc[:0]).empty
    with pytest.raises(KamkitError):
        premium_income(table, average="typical")


def test_high_margin_share_over_years() -> None:
    orders = pd.DataFrame(
        {
            "account_id": ["A", "A", "A", "A", "B"],
            "date": ["2024-02-01", "2024-02-01", "2025-02-01", "2025-02-01", "2025-02-01"],
            "product_line": ["doors", "service", "doors", "service", "new"],
            "amount": [80.0, 20.0, 50.0, 50.0, 10.0],
            "direct_cost": [70.0, 10.0, 45.0, 25.0, None],
        }
    )
    found = high_margin_share(orders)
    assert found["high_share"].tolist()[:2] == [0.2, 0.5]
    assert found["change"].tolist()[1] == pytest.approx(0.3)
    assert np.isnan(found["high_share"].iloc[2]) and found["known_sales"].iloc[2] == 0
    assert high_margin_share(orders, cut=0.9)["high_share"].tolist()[:2] == [0.0, 0.0]
    assert high_margin_share(orders, accounts=["A"])["account_id"].unique().tolist() == ["A"]
    assert high_margin_share(orders.iloc[:0]).empty


def test_referral_value_only_with_data() -> None:
    assert referral_value(None).empty
    table = pd.DataFrame(
        {
            "account_id": ["A", "A", "B"],
            "follower_id": ["x", "y", "z"],
            "contribution": [100.0, 50.0, None],
            "influence": [0.5, 0.2, 0.3],
            "influence_low": [0.3, None, None],
        }
    )
    found = referral_value(table).set_index("account_id")
    assert found.loc["A", ["value", "value_low", "value_high"]].tolist() == [60.0, 30.0, 150.0]
    assert np.isnan(found.loc["B", "value"]) and found.loc["B", "unknown"] == 1
    with pytest.raises(KamkitError):
        referral_value(table.assign(influence=1.4))
