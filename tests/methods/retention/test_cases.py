"""What the retention lesson recomputes: other limits, each sign by itself, prices, win-back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.retention import (
    backtest_score,
    risk_bands,
    sign_count,
    signs_case,
    threshold_case,
    trial_case,
    try_signs,
    warning_signs,
    winback_case,
    winback_ranking,
)
from kamkit.schemes import retention_policy
from kamkit.schemes.retention import SIGNS
from kamkit.tables.sample.retention import simulate_retention

END = pd.Timestamp("2026-06-30")
DAYS = pd.date_range(end="2025-12-31", periods=4, freq="6ME")


@pytest.fixture(scope="module")
def company():
    return simulate_retention(seed=5, accounts=80, years=4, loss_rate=0.15)


@pytest.fixture(scope="module")
def trial(company):
    return try_signs(company.tables, as_of=END, days=DAYS, draws=50)


def test_trial_is_the_backtest_of_the_number_of_signs(company, trial):
    plain = backtest_score(sign_count(), company.tables, as_of=END, days=DAYS, draws=50)
    pd.testing.assert_frame_equal(trial.test.cases, plain.cases)
    assert trial.test.verdict == plain.verdict


def test_each_sign_is_counted_on_the_days_on_which_it_could_be_known(trial):
    signs = trial.signs.set_index("warning")
    assert list(signs.index) == list(SIGNS)
    n, losses = len(trial.test.cases), trial.test.verdict.events
    assert (signs["sign_days"] + signs["clear_days"] <= n).all()
    assert (signs["losses_warned"] <= signs["losses_knowable"]).all()
    assert (signs["losses_knowable"] <= losses).all()
    # Every sign that is there on some day is part of the number of signs of that day.
    assert signs["sign_days"].sum() == trial.test.cases["score"].sum()
    seen = signs[signs["sign_days"] > 0]
    assert ((seen["low"] <= seen["share"]) & (seen["share"] <= seen["high"])).all()


def test_a_sign_that_always_comes_first_is_told_apart():
    """Twelve of forty accounts slow down, then go; the others never pause."""
    dates = pd.date_range("2024-01-01", END, freq="10D")
    ids = [f"A{i:02d}" for i in range(40)]
    lost = {a: pd.Timestamp("2025-12-20") for a in ids[:12]}
    orders = pd.DataFrame({"account_id": np.repeat(ids, len(dates)), "date": np.tile(dates, 40)})
    stop = orders["account_id"].map(lost) - pd.Timedelta(days=150)
    orders = orders[stop.isna() | (orders["date"] < stop)].assign(amount=10.0)
    gone = pd.DataFrame({"account_id": list(lost), "lost_on": list(lost.values()), "kind": "full"})
    tables = {"orders": orders, "account_losses": gone, "contacts": _contacts(ids),
              "interactions": _talks(ids, dates), "service_cases": _cases()}  # fmt: skip
    found = try_signs(tables, as_of=END, days=["2025-10-31"], draws=20).signs
    found = found.set_index("warning")
    assert found.loc["order_gap", ["share", "clear_share"]].tolist() == [1.0, 0.0]
    assert found.loc["order_gap", "sign_worth"] == "told_apart"
    assert found.loc["order_gap", "losses_warned"] == 12
    assert found.loc["silence", "sign_worth"] == "never_shown"


def _contacts(ids):
    return pd.DataFrame({"contact_id": [f"{a}-1" for a in ids], "account_id": ids, "left_on": None})


def _talks(ids, dates):
    rows = {"account_id": np.repeat(ids, len(dates)), "date": np.tile(dates, len(ids))}
    people = [f"{a}-1" for a in rows["account_id"]]
    return pd.DataFrame(rows).assign(made_by="human", contact_id=people)


def _cases():
    return pd.DataFrame({"account_id": ["A39"], "opened_on": ["2024-02-01"],
                         "detected_by": ["customer"]})  # fmt: skip


def test_without_losses_no_sign_is_judged():
    found = try_signs({"orders": pd.DataFrame(columns=["account_id", "date", "amount"])}, as_of=END)
    assert set(found.signs["sign_worth"]) == {"too_few_losses"}
    assert found.signs["sign_days"].eq(0).all() and found.bands.accounts.empty


def test_wider_limit_never_has_fewer_signs_and_months_back_is_that_day(company):
    strict, usual, wide = (
        signs_case(company.tables, as_of=END, chance=c).signs.accounts for c in (0.005, None, 0.1)
    )
    assert (strict["signs"] <= usual["signs"]).all() and (usual["signs"] <= wide["signs"]).all()
    assert usual["signs"].sum() < wide["signs"].sum()
    earlier = signs_case(company.tables, as_of=END, months_back=6).signs
    same = warning_signs(company.tables, as_of="2025-12-30")
    pd.testing.assert_frame_equal(earlier.accounts, same.accounts)


def test_watch_moves_both_bands_and_leaves_the_policy_alone(company):
    before = dict(retention_policy().bands)
    found = signs_case(company.tables, as_of=END, watch=1).bands.accounts
    assert set(found.loc[found["signs"] == 1, "risk_band"]) <= {"watch"}
    assert set(found.loc[found["signs"] >= 2, "risk_band"]) <= {"high"}
    assert dict(retention_policy().bands) == before


def test_dearer_action_pays_at_fewer_numbers_of_signs(trial):
    bands = risk_bands(trial_signs(trial), trial.test)
    price = {"expected_loss": 600_000.0, "effect": 0.3, "draws": 20}
    cheap = threshold_case(bands, trial.test.cases, cost_of_acting=1_000.0, **price)
    dear = threshold_case(bands, trial.test.cases, cost_of_acting=100_000.0, **price)
    assert (cheap.action["gain"] > dear.action["gain"]).all()
    assert (cheap.action["advice"] == "act").sum() > (dear.action["advice"] == "act").sum()
    assert cheap.action["account_id"].tolist() == bands.steps["signs"].astype(str).tolist()
    assert cheap.gains["threshold"].tolist() == sorted(trial.test.cases["score"].unique())


def trial_signs(trial):
    return warning_signs({}, as_of=END)


def test_accounts_get_the_advice_of_their_number_of_signs(trial):
    price = {"cost_of_acting": 20_000.0, "expected_loss": 600_000.0, "effect": 0.3, "draws": 20}
    found = threshold_case(trial.bands, trial.test.cases, **price)
    signs = trial.bands.accounts.set_index("account_id")["signs"].astype(str)
    by_signs = found.action.set_index("account_id")["gain"]
    known = signs[signs.isin(by_signs.index)]
    got = found.accounts.set_index("account_id")["gain"].loc[known.index]
    assert got.to_numpy() == pytest.approx(by_signs.loc[known].to_numpy())


def test_trial_case_names_what_there_is(trial):
    assert trial_case({"a": trial}, company="a") is trial
    with pytest.raises(KamkitError):
        trial_case({"a": trial}, company="b")


def test_winback_of_full_trust_and_one_year_is_the_ranking():
    table = pd.DataFrame({"case_id": ["w", "v"], "account_id": ["A", "B"],
                          "probability": [0.4, None], "yearly_value": [100.0, 90.0],
                          "cost": [10.0, 5.0], "result": ["open", "open"]})  # fmt: skip
    plain = winback_ranking(table, years=1).cases
    pd.testing.assert_frame_equal(winback_case(table).cases, plain)
    half = winback_case(table, trust=0.5).cases.set_index("case_id")
    assert half.loc["w", "judged_chance"] == pytest.approx(0.2)
    assert winback_case(table, years=3).cases["value"].max() == 300.0
