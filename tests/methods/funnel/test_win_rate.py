"""Win rates: intervals, shrinkage, and who can be told from whom."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.funnel import (
    beta_mle,
    beta_moments,
    deal_history,
    shrunk,
    win_rate,
    win_rate_kinds,
)
from kamkit.methods.shares import same_groups, wilson


def _deals(groups: dict[str, tuple[int, int]], amount: float = 10.0) -> pd.DataFrame:
    """Deals of each group: so many won, so many lost."""
    rows = [
        (name, status)
        for name, counts in groups.items()
        for status, n in zip(("won", "lost"), counts, strict=True)
        for _ in range(n)
    ]
    table = pd.DataFrame(rows, columns=["owner_id", "status"])
    ids = [f"d{i:04}" for i in range(len(table))]
    return table.assign(opportunity_id=ids, closed_on="2025-03-01", amount=amount)


def test_wilson_as_published(published):
    case = published["P-WILSON"]
    low, high = wilson(*zip(*case["cases"], strict=True))
    for i, ends in enumerate(case["exp"]["ci95"]):
        assert [low[i], high[i]] == pytest.approx(ends, abs=case["tol"])
    won, n = case["cases"][0]
    found = win_rate(_deals({"a": (won, n - won)})).overall.iloc[0]
    assert [found["low"], found["high"]] == pytest.approx(case["exp"]["ci95"][0], abs=case["tol"])


def test_wilson_has_width_at_the_ends():
    low, high = wilson([0, 5, 0], [5, 5, 0])
    assert low[0] == 0 and 0 < high[0] < 1 and high[1] == 1 and 0 < low[1] < 1
    assert np.isnan(low[2]) and np.isnan(high[2])


def test_beta_binomial_as_published(published):
    case = published["P-BB"]
    y, n, expected, tol = case["y"], case["n"], case["exp"], case["tol"]
    assert (sum(y), sum(n)) == (expected["sum_y"], expected["sum_n"])
    moments = beta_moments(y[:70], n[:70])
    found = [moments.alpha, moments.beta]
    assert found == pytest.approx(expected["moments_first70_alpha_beta"], abs=tol)
    assert [round(v, 1) for v in found] == expected["printed_alpha_beta"]
    prior = beta_mle(y, n)
    assert [prior.alpha, prior.beta] == pytest.approx(expected["mle_all71"], abs=tol)
    rate, low, high = shrunk([4, 0, 16], [14, 20, 52], prior)
    wanted = [expected[f"shrunk_{k}"] for k in ("4_of_14", "0_of_20", "16_of_52")]
    assert rate.tolist() == pytest.approx(wanted, abs=tol)
    assert ((low < rate) & (rate < high)).all()


def test_groups_that_differ_by_chance_only_are_pooled_and_not_ranked():
    found = win_rate(_deals({f"r{i}": (4 + i % 3, 6 - i % 3) for i in range(9)}), by="owner_id")
    assert found.groups["variant"].str.endswith("beta_binomial_pooled").all()
    assert found.groups["shrunk"].std() < found.groups["rate"].std() / 3
    assert set(found.groups["cluster"]) == {1}
    league = found.test.set_index("measure").loc["league_table"]
    assert league["value"] == 0 and league["variant"] == "not_separable"


def test_groups_that_differ_are_separated():
    found = win_rate(_deals({"a": (90, 10), "b": (85, 15), "c": (20, 80)}), by="owner_id")
    assert found.groups.set_index("group")["cluster"].to_dict() == {"a": 1, "b": 1, "c": 2}
    test = found.test.set_index("measure")
    assert test.loc["groups_p", "value"] < 1e-6 and test.loc["groups_p", "variant"] == "chi2"
    assert test.loc["league_table", "value"] == 1


def test_few_deals_are_permuted():
    table = _deals({"a": (5, 0), "b": (0, 5)})
    test = win_rate(table, by="owner_id", draws=4000).test.set_index("measure")
    assert test.loc["groups_p", "variant"] == "permutation"
    assert test.loc["groups_p", "value"] == pytest.approx(2 / 252, abs=0.004)  # Fisher's exact p


def test_by_amount():
    table = _deals({"a": (10, 10), "b": (10, 10)})
    table["amount"] = np.where(table["status"] == "won", 10.0, 30.0)
    table.loc[0, "amount"], table.loc[1, "amount"] = np.nan, -3.0
    found = win_rate(table, by="owner_id", value="amount")
    overall = found.overall.set_index("measure")
    assert overall.loc["win_rate_value", "value"] == pytest.approx(180 / 780)
    assert overall.loc["deals_no_amount", "value"] == 2
    low, high = overall.loc["win_rate_value", ["low", "high"]]
    assert 0.1 < low < 180 / 780 < high < 0.4
    assert found.test["variant"].iloc[0] == "permutation"
    everyone = win_rate(_deals({"a": (4, 0)}), value="amount").overall.iloc[0]
    assert everyone["value"] == 1 and 0.3 < everyone["low"] < 0.8


def test_the_bootstrap_covers_what_it_says():
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(100):
        size = np.exp(rng.normal(0, 0.7, 120))
        won = rng.random(120) < 0.4
        table = pd.DataFrame({"opportunity_id": np.arange(120).astype(str), "amount": size})
        table["status"], table["closed_on"] = np.where(won, "won", "lost"), "2025-01-01"
        row = win_rate(table, value="amount", draws=300).overall.iloc[0]
        hits += row["low"] <= 0.4 <= row["high"]
    assert 88 <= hits <= 99


def test_periods_open_and_vanished_deals():
    table = _deals({"a": (2, 2)})
    table["closed_on"] = ["2025-01-31", "2025-02-01", "2025-02-28", None]
    table.loc[3, "status"] = "open"
    table["vanished"] = [False, False, True, False]
    found = win_rate(table, start="2025-02-01", end="2025-02-28").overall.set_index("measure")
    assert found.loc["win_rate", "n"] == 1 and found.loc["win_rate", "value"] == 1
    assert found.loc["deals_open", "value"] == found.loc["deals_vanished", "value"] == 1


@pytest.mark.parametrize("value", ["count", "amount"])
def test_nothing_closed(value):
    table = _deals({}).astype({"owner_id": "str", "status": "str"})
    found = win_rate(table, by="owner_id", value=value)
    assert found.groups.empty and np.isnan(found.overall["value"].iloc[0])
    assert found.overall["variant"].iloc[0] == "too_little_data"
    assert found.test["variant"].iloc[-1] == "too_little_data"


def test_errors():
    with pytest.raises(KamkitError):
        win_rate(_deals({"a": (1, 1)}).drop(columns=["status"]))
    with pytest.raises(KamkitError):
        win_rate(_deals({"a": (1, 1)}), value="money")
    with pytest.raises(KamkitError):
        win_rate(_deals({"a": (1, 1)}).assign(currency=["CNY", "EUR"]), value="amount")


COUNTS = st.dictionaries(
    st.sampled_from("abcdef"), st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1
)


@settings(max_examples=25, deadline=None)
@given(COUNTS, st.sampled_from(["count", "amount"]), st.integers(0, 99))
def test_rates_are_shares_whatever_the_order_of_rows(groups, value, seed):
    table = _deals(groups)
    table["amount"] = 1.0 + np.arange(len(table)) % 7
    found = win_rate(table, by="owner_id", value=value, draws=50)
    for name in ("rate", "low", "high", "shrunk", "shrunk_low", "shrunk_high"):
        known = found.groups[name].dropna()
        assert known.between(0, 1).all()
    assert (found.groups["won"] + found.groups["lost"] == found.groups["n"]).all()
    mixed = table.sample(frac=1, random_state=seed)
    again = win_rate(mixed, by="owner_id", value=value, draws=50)
    for name in ("overall", "groups", "test"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(again, name))


def test_same_groups_chain():
    rate = np.array([0.5, 0.45, 0.40, 0.1, np.nan])
    assert same_groups(rate, rate - 0.04, rate + 0.04).tolist() == [1, 1, 1, 2, 0]


def test_kinds_differ_and_say_how_far_they_can_move():
    deals = pd.DataFrame(
        {
            "opportunity_id": list("abcdef"), "created_on": ["2024-12-01"] + ["2025-02-01"] * 5,
            "status": ["lost", "won", "lost", "open", "open", "open"], "amount": [1, 9, 1, 5, 5, 5],
            "closed_on": ["2025-02-02", "2025-03-01", "2025-03-01", None, None, None],
        }
    )  # fmt: skip
    history = deal_history(deals, ladder=["a"], as_of="2025-04-01")
    found = win_rate_kinds(history, start="2025-01-01", end="2025-03-31").set_index("measure")
    assert found["value"].to_dict() == pytest.approx(
        {"win_rate_closed": 1 / 3, "win_rate_value": 9 / 11, "win_rate_created": 1 / 5,
         "win_rate_cohort": 1 / 2, "cohort_open": 3 / 5}
    )  # fmt: skip
