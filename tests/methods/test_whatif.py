"""Chains of portfolio methods give what the single methods give."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods import portfolio


@pytest.fixture
def orders() -> pd.DataFrame:
    ids = [f"A{i:02d}" for i in range(30)]
    years = {y: ids[: 30 - 3 * k] for k, y in enumerate((2023, 2024, 2025))}
    rows = [(i, f"{y}-01-15", "doors", 10.0) for y, kept in years.items() for i in kept]
    return pd.DataFrame(rows, columns=["account_id", "date", "product_line", "amount"])


@pytest.fixture
def account_years(orders: pd.DataFrame) -> pd.DataFrame:
    years = orders["date"].str[:4].astype(int)
    table = pd.DataFrame({"account_id": orders["account_id"], "year": years, "revenue": 10.0})
    return table.assign(status="actual", direct_cost=6.0, indirect_cost=1.0)


def test_lifetime_outlook_is_the_chain_of_its_methods(orders, account_years):
    found = portfolio.lifetime_outlook(orders, account_years, as_of="2026-03-31", discount=0.12)
    periods = portfolio.account_periods(orders, as_of="2026-03-31")
    rate = portfolio.retention_rate(periods)
    multiple = portfolio.margin_multiple(rate, discount=0.12)
    values = portfolio.lifetime_value(portfolio.account_margins(account_years), multiple)
    pd.testing.assert_frame_equal(found.rate, rate)
    pd.testing.assert_frame_equal(found.multiple, multiple)
    pd.testing.assert_frame_equal(found.values, values)
    assert found.retention["rate"].round(3).tolist() == [0.9, 0.889]


def test_lifetime_outlook_moves_the_right_way(orders, account_years):
    def best(**options):
        found = portfolio.lifetime_outlook(orders, account_years, as_of="2026-03-31", **options)
        return found.values["value"].max()

    assert best(discount=0.05) > best(discount=0.20)
    assert best(basis="gross") > best(basis="net")
    assert best(first_payment=0) - best(first_payment=1) == pytest.approx(3.0)


def test_lifetime_outlook_without_orders_says_too_little_history(account_years):
    none = pd.DataFrame(columns=["account_id", "date", "amount"])
    found = portfolio.lifetime_outlook(none, account_years, as_of="2026-03-31")
    assert set(found.values["status"]) == {"too_little_history"} and found.retention.empty


SPEND = pd.DataFrame(
    {
        "account_id": ["A00", "A01"],
        "product_line": "doors",
        "year": 2025,
        "spend_low": [20.0, 20.0],
        "spend_base": [30.0, 30.0],
        "spend_high": [40.0, 40.0],
        "evidence": ["tender_file", "own_estimate"],
    }
)


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.4])
def test_white_space_scales_with_the_estimates(orders, factor):
    found = portfolio.white_space_tested(orders, SPEND, spend_factor=factor)
    known = found.cells[found.cells["status"] != "no_spend"]
    assert known["headroom_base"].tolist() == pytest.approx([30 * factor - 10] * 2)


def test_white_space_of_one_kind_of_evidence_leaves_the_rest_unknown(orders):
    whole = portfolio.white_space_tested(orders, SPEND)
    paper = portfolio.white_space_tested(orders, SPEND, evidence=("tender_file",))
    none = portfolio.white_space_tested(orders, SPEND, evidence=("hearsay",))
    assert (whole.cells["spend_base"].notna().sum(), paper.cells["spend_base"].notna().sum()) == (
        2,
        1,
    )
    assert none.cells["spend_base"].isna().all() and len(none.cells) == len(whole.cells)
    assert SPEND["spend_base"].tolist() == [30.0, 30.0]


def test_white_space_tested_refuses_a_wild_factor_and_absent_evidence(orders):
    with pytest.raises(KamkitError):
        portfolio.white_space_tested(orders, SPEND, spend_factor=0.0)
    with pytest.raises(KamkitError):
        bare = SPEND.drop(columns="evidence")
        portfolio.white_space_tested(orders, bare, evidence=("tender_file",))


@pytest.fixture
def scores() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(3)
    ids = [f"A{i}" for i in range(12)]
    ratings = pd.MultiIndex.from_product([ids, ["size", "growth"]]).to_frame(index=False)
    ratings.columns = pd.Index(["account_id", "criterion"])
    ratings["score"] = rng.integers(1, 6, len(ratings))
    rivals = pd.MultiIndex.from_product([ids, ["price", "service"], ["us", "x"]])
    table = rivals.to_frame(index=False)
    table.columns = pd.Index(["account_id", "factor", "supplier"])
    return ratings, table.assign(is_us=table["supplier"] == "us", score=rng.integers(4, 10, 48))


def test_attractiveness_map_is_the_chain_of_its_methods(scores):
    ratings, rivals = scores
    found = portfolio.attractiveness_map(ratings, rivals, weights={"size": 1, "growth": 1})
    single = portfolio.attractiveness_strength(
        portfolio.attractiveness(ratings, {"size": 1, "growth": 1}),
        portfolio.relative_strength(rivals, draws=401),
        draws=401,
    )
    pd.testing.assert_frame_equal(found.accounts, single.accounts)
    assert found.moves.empty


def test_attractiveness_map_moves_from_the_start_weights(scores):
    ratings, rivals = scores
    start = {"size": 1, "growth": 1}
    same = portfolio.attractiveness_map(ratings, rivals, weights=start, start=start)
    other = portfolio.attractiveness_map(ratings, rivals, weights={"size": 1}, start=start)
    assert len(same.moves) == 12 and not same.moves["moved"].any()
    assert (other.moves["from_y"] == same.moves["to_y"]).all()
    assert (other.moves["from_x"] == other.moves["to_x"]).all()
    assert (other.moves["from_y"] != other.moves["to_y"]).any()


def test_attractiveness_map_of_nobody_is_empty():
    ratings = pd.DataFrame(columns=["account_id", "criterion", "score"])
    rivals = pd.DataFrame(columns=["account_id", "factor", "supplier", "is_us", "score"])
    found = portfolio.attractiveness_map(ratings, rivals, weights={"size": 1})
    assert found.accounts.empty
