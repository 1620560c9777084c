"""Portfolio bubbles: the record of the portfolio questions, one row an account."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.portfolio import account_pnl, portfolio_bubbles, portfolio_outlook


def years() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": ["A", "B", "C", "D"],
            "year": 2026,
            "revenue": [9.0, 5.0, np.nan, 4.0],
            "direct_cost": [4.0, 4.0, 1.0, np.nan],
            "indirect_cost": [2.0, 3.0, 1.0, 1.0],
        }
    )


def wallet() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "account_id": ["A", "B", "D"],
            "headroom_low": [2.0, -9.0, 1.0],
            "headroom_base": [4.0, -3.0, np.nan],
            "headroom_high": [8.0, 1.0, 5.0],
        }
    )


def test_status_says_what_is_missing_and_nothing_is_nil() -> None:
    pnl = account_pnl(years(), past=0, future=0)
    found = portfolio_bubbles(pnl, portfolio_outlook(wallet())).set_index("account_id")
    assert found["status"].to_dict() == {
        "A": "placed", "B": "placed", "C": "no_revenue", "D": "no_profit",
    }  # fmt: skip
    assert found.loc["A", ["profit", "growth_potential", "growth_high"]].tolist() == [3.0, 4.0, 8.0]
    assert found.loc["B", ["profit", "growth_potential", "growth_low"]].tolist() == [-2.0, 0.0, 0.0]
    assert np.isnan(found.loc["D", "growth_potential"])
    assert found["n"].unique().tolist() == [2]
    assert found["variant"].iloc[0] == "net_income_recorded; headroom_as_growth"


def test_without_an_outlook_potential_is_unknown() -> None:
    found = portfolio_bubbles(account_pnl(years(), past=0, future=0))
    assert found["status"].tolist() == ["no_growth", "no_growth", "no_revenue", "no_profit"]
    assert found["orientation"].isna().all()


def test_profit_after_cost_to_serve_and_buying_type() -> None:
    buyers = pd.DataFrame({"account_id": ["A", "B"], "member": ["strategic", "mixed"]})
    time = pd.DataFrame({"account_id": ["A"], "years_to_realise": [2]})
    outlook = portfolio_outlook(wallet(), buyers=buyers, years=time)
    served = pd.DataFrame({"account_id": ["A", "B", "D"], "operating_income": [1.0, -1, 2]})
    found = portfolio_bubbles(account_pnl(years(), past=0, future=0), outlook, served=served)
    a, b, _, d = found.to_dict("records")
    assert (a["profit"], a["orientation"], a["years_to_realise"]) == (1.0, "strategic", 2.0)
    assert pd.isna(b["orientation"]) and d["status"] == "no_growth"


def test_empty_and_wrong_input() -> None:
    empty = portfolio_bubbles(account_pnl(years().iloc[:0], past=0, future=0))
    assert empty.empty and "growth_potential" in empty.columns
    assert portfolio_outlook(wallet().iloc[:0]).empty
    with pytest.raises(KamkitError) as error:
        portfolio_bubbles(account_pnl(years(), past=0, future=0), year=2031)
    assert error.value.problems[0].code == "unknown_choice"
    wrong = pd.DataFrame({"account_id": ["A"], "orientation": ["friendly"]})
    with pytest.raises(KamkitError):
        portfolio_bubbles(account_pnl(years(), past=0, future=0), wrong)
    with pytest.raises(KamkitError):
        portfolio_outlook(pd.concat([wallet(), wallet()]))
