"""Risk bands with their base rate, and what a disposition sees of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.portfolio import cost_to_serve
from kamkit.methods.retention import disposition_with_risk, risk_bands, warning_signs
from kamkit.methods.retention.signs import SIGN_COLUMNS, Signs
from kamkit.schemes.retention import SIGNS, retention_policy

DAY = pd.Timestamp("2026-06-30")


def signs_of(rows: dict[str, str], status: str = "active") -> Signs:
    """Signs written down: y there, n absent, - unknown, in the order of SIGNS."""
    table = pd.DataFrame({"account_id": list(rows), "status": status})
    for i, name in enumerate(SIGNS):
        cells = [{"y": True, "n": False, "-": None}[row[i]] for row in rows.values()]
        table[name] = pd.array(cells, dtype="boolean")
    table["signs"] = [row.count("y") for row in rows.values()]
    table["unknown"] = [row.count("-") for row in rows.values()]
    table["known"] = 6 - table["unknown"]
    return Signs(DAY, table.reindex(columns=SIGN_COLUMNS), pd.DataFrame(), pd.DataFrame())


def history(counts: dict[int, tuple[int, int]]) -> pd.DataFrame:
    """So many accounts with a number of signs, and how many of them were lost."""
    rows = []
    for signs, (n, lost) in counts.items():
        rows += [(f"H{signs}-{i}", float(signs), i < lost) for i in range(n)]
    return pd.DataFrame(rows, columns=["account_id", "score", "lost"])


ACCOUNTS = {
    "a": "nnnnnn",
    "b": "yynnnn",
    "c": "yyynnn",
    "d": "n-----",
    "e": "yy----",
    "f": "nnn---",
}


def test_unknown_is_neither_there_nor_absent():
    table = risk_bands(signs_of(ACCOUNTS)).accounts.set_index("account_id")
    assert table["risk_band"].to_dict() == {
        "c": "high", "b": "watch", "e": "watch", "d": "unknown", "a": "low", "f": "low"
    }  # fmt: skip
    assert table["band_at_most"].to_dict() == {
        "c": "high", "b": "watch", "e": "high", "d": "high", "a": "low", "f": "high"
    }  # fmt: skip
    assert table.loc["b", "which"] == "order_gap;share_drop" and table.loc["a", "which"] == ""
    assert table["past_loss_share"].isna().all() and set(table["variant"]) == {"no_history"}


def test_loss_shares_of_the_past_stand_beside_the_base_rate():
    past = history({0: (200, 4), 1: (60, 6), 2: (20, 5), 3: (10, 6)})
    found = risk_bands(signs_of(ACCOUNTS), past)
    table = found.accounts.set_index("account_id")
    assert table.loc["a", "past_loss_share"] == pytest.approx(0.02)
    assert table.loc["c", "past_loss_share"] == pytest.approx(0.6)
    assert table["base_rate"].iloc[0] == pytest.approx(21 / 290)
    assert (table["low"] < table["past_loss_share"]).all() and (
        table["high"] > table["past_loss_share"]
    ).all()
    assert found.measures.set_index("measure").loc["base_rate", "n"] == 290


def test_shares_that_fall_by_chance_are_pooled():
    past = history({0: (100, 10), 1: (50, 2), 2: (20, 8)})
    steps = risk_bands(signs_of(ACCOUNTS), past).steps.set_index("signs")
    assert steps["observed"].round(2).tolist() == [0.1, 0.04, 0.4]
    assert steps["pooled"].tolist() == pytest.approx([12 / 150, 12 / 150, 0.4])
    assert steps["group"].tolist() == [1, 1, 2]
    assert risk_bands(signs_of(ACCOUNTS), past).accounts["variant"].iloc[0] == "nearest_seen"


def test_few_losses_give_the_base_rate_only():
    table = risk_bands(signs_of(ACCOUNTS), history({0: (100, 2), 3: (5, 3)})).accounts
    assert set(table["variant"]) == {"base_rate_only"} and table["past_loss_share"].nunique() == 1


def test_days_of_one_lost_account_are_one_loss():
    past = history({0: (100, 0)})
    lost = pd.DataFrame({"account_id": ["X"] * 24, "score": 3.0, "lost": True})
    table = risk_bands(signs_of(ACCOUNTS), pd.concat([past, lost])).accounts
    assert set(table["variant"]) == {"base_rate_only"}


def test_empty_one_and_lost():
    assert risk_bands(warning_signs({}, as_of=DAY)).accounts.empty
    assert len(risk_bands(signs_of({"a": "nnnnnn"})).accounts) == 1
    assert risk_bands(signs_of(ACCOUNTS, status="lost")).accounts.empty
    with pytest.raises(KamkitError):
        risk_bands(signs_of(ACCOUNTS), pd.DataFrame({"account_id": ["A"]}))


def test_the_order_of_accounts_does_not_matter():
    one = risk_bands(signs_of(ACCOUNTS), history({0: (50, 5), 3: (10, 8)}))
    turned = dict(reversed(ACCOUNTS.items()))
    two = risk_bands(signs_of(turned), history({3: (10, 8), 0: (50, 5)}))
    pd.testing.assert_frame_equal(one.accounts, two.accounts)
    pd.testing.assert_frame_equal(one.steps, two.steps)


def test_policy_states_its_rates():
    found = risk_bands(signs_of(ACCOUNTS)).measures.set_index("measure")["value"]
    bands = retention_policy().bands
    assert found["stated_watch"] == bands["stated_watch"]
    assert found["share_watch"] == pytest.approx(2 / 6)
    assert np.isnan(found["base_rate"])


def test_dispositions_of_loss_makers_with_their_risk():
    years = pd.DataFrame(
        {"account_id": list("abc"), "year": 2026, "revenue": [100.0, 100, 100],
         "direct_cost": [80.0, 99, 80]}
    )  # fmt: skip
    drivers = pd.DataFrame(
        {"account_id": list("abc"), "year": 2026, "driver": "visit", "quantity": [2, 4, 2],
         "rate": 1.0}
    )  # fmt: skip
    costs = cost_to_serve(years, drivers, year=2026)
    table = disposition_with_risk(costs, risk_bands(signs_of(ACCOUNTS)))
    row = table.iloc[0]
    assert table["account_id"].tolist() == ["b"] and row["proposal"] == "reprice"
    assert row["risk_band"] == "watch" and row["caution"] == "raising_price_may_lose"
    assert row["stake"] == 100 and row["status"] == "needs_reason"
