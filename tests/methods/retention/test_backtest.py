"""Backtests of a score: figures by hand, edges with a defined answer, honest intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.forecast.scores import auc
from kamkit.methods.retention import backtest_score, sign_count
from kamkit.methods.retention.cluster_shares import auc_by_day, clustered_share

END = pd.Timestamp("2026-06-30")
DAY = pd.Timestamp("2025-12-31")


def company(lost: dict[str, str], n: int = 40) -> dict[str, pd.DataFrame]:
    """Accounts that order every ten days until they are lost."""
    dates = pd.date_range("2024-01-01", END, freq="10D")
    ids = [f"A{i:02d}" for i in range(n)]
    orders = pd.DataFrame({"account_id": np.repeat(ids, len(dates)), "date": np.tile(dates, n)})
    gone = pd.to_datetime(orders["account_id"].map(lost))
    orders = orders[gone.isna() | (orders["date"] < gone)].assign(amount=10.0)
    table = pd.DataFrame({"account_id": list(lost), "lost_on": pd.to_datetime(list(lost.values()))})
    return {"orders": orders, "account_losses": table.assign(kind="full")}


LOST = {f"A{i:02d}": f"2026-0{1 + i % 5}-15" for i in range(12)}


def by_number(tables, day):
    """A perfect score: the accounts that will be lost have the lowest numbers."""
    ids = sorted(tables["orders"]["account_id"].unique())
    return pd.Series([-float(a[1:]) for a in ids], index=ids)


def figures(test) -> pd.DataFrame:
    return test.scores.set_index("measure")


def test_auc_as_published(published):
    case = published["P-PINBALL"]["exp"]["auc y[0,0,1,1] s[.1,.4,.35,.8]"]
    score, lost = [0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]
    value, low, high, pairs = auc_by_day(score, lost, np.zeros(4), range(4), events=2)
    assert value == pytest.approx(case) == auc(score, lost) and pairs == 4
    assert 0 < low < case < high < 1


def test_auc_pairs_only_within_a_day():
    """The second day's scores are all higher: across days they would prove nothing."""
    score = [1, 2, 11, 12]
    value, *_ = auc_by_day(score, [0, 1, 0, 1], [1, 1, 2, 2], [0, 1, 2, 3], events=2)
    assert value == 1.0
    value, *_ = auc_by_day(score, [0, 0, 1, 1], [1, 1, 2, 2], [0, 1, 2, 3], events=2)
    assert np.isnan(value)


def test_delong_by_hand_without_clusters():
    """One day, one row an account: the variance is that of DeLong et al. 1988."""
    rng = np.random.default_rng(2)
    up, down = rng.normal(1, 1, 30), rng.normal(0, 1, 50)
    wins = (up[:, None] > down[None, :]).astype(float)
    value = wins.mean()
    variance = wins.mean(axis=1).var(ddof=1) / 30 + wins.mean(axis=0).var(ddof=1) / 50
    found, low, high, _ = auc_by_day(
        np.r_[up, down], np.r_[np.ones(30), np.zeros(50)], np.zeros(80), np.arange(80), events=10**6
    )
    assert found == pytest.approx(value)
    logit = np.log(high / (1 - high)) - np.log(low / (1 - low))
    error = logit / 2 / 1.959964 * value * (1 - value)
    assert error == pytest.approx(np.sqrt(variance), rel=0.03)


def test_clustered_share_knows_that_days_of_one_account_go_together():
    hits, weight = np.repeat([1.0, 0, 0, 0, 0], 20), np.ones(100)
    _, low, high = clustered_share(hits, weight, np.repeat(np.arange(5), 20))
    _, low_all, high_all = clustered_share(hits, weight, np.arange(100))
    assert high - low > 2 * (high_all - low_all)
    share, low, high = clustered_share(np.zeros(100), weight, np.repeat(np.arange(5), 20))
    assert (share, low) == (0, 0) and high > 0.4  # five accounts, not a hundred


def test_a_perfect_score():
    test = backtest_score(by_number, company(LOST), as_of=END, days=[DAY], top=12)
    found = figures(test)
    assert test.verdict.key == "informative" and test.verdict.events == 12
    assert found.loc["auc", "value"] == 1 and 0.7 < found.loc["auc", "low"] < 1
    assert found.loc["precision_top", "value"] == found.loc["recall_top", "value"] == 1
    assert found.loc["lift_top", "value"] == pytest.approx(40 / 12)
    assert found.loc["base_rate", "value"] == pytest.approx(12 / 40)
    assert test.lead_times["lead_days"].tolist() == sorted(test.lead_times["lead_days"])
    assert test.lead_times["lead_days"].min() == 15


def test_first_warning_counts_from_the_first_day_within_the_horizon():
    days = ["2025-06-30", "2025-09-30", "2025-11-30", "2025-12-31"]
    test = backtest_score(
        by_number, company({"A00": "2026-03-01"}), as_of=END, days=days, threshold=0.0
    )
    row = test.lead_times.iloc[0]
    assert row["lead_days"] == 152 and row["days_seen"] == 3  # 2025-06-30 lies 244 days before
    assert figures(test).loc["recall_alarm", "value"] == 1
    assert figures(test).loc["precision_alarm", "value"] == pytest.approx(3 / 4)
    assert test.verdict.key == "too_few_losses"


def test_lost_accounts_are_no_longer_at_risk_and_late_days_are_left_out():
    days = ["2025-12-31", "2026-03-31"]
    test = backtest_score(by_number, company({"A00": "2025-11-01"}), as_of=END, days=days)
    assert test.cases["day"].unique().tolist() == [DAY]  # 2026-03-31 lacks its horizon
    assert "A00" not in set(test.cases["account_id"])


@pytest.mark.parametrize("lost", [{}, {"A00": "2026-02-01"}])
def test_too_few_losses_is_the_verdict_however_good_the_figures(lost):
    test = backtest_score(by_number, company(lost), as_of=END, days=[DAY])
    assert test.verdict.key == "too_few_losses" and test.verdict.needed == 10
    assert test.verdict.events == len(lost)
    assert np.isnan(figures(test).loc["auc", "low"])


def test_a_score_that_says_nothing_is_told_so():
    flat = backtest_score(lambda t, d: by_number(t, d) * 0, company(LOST), as_of=END, days=[DAY])
    assert flat.verdict.key == "not_told_from_chance"
    assert figures(flat).loc["auc", "value"] == 0.5
    assert figures(flat).loc["precision_top", "value"] == pytest.approx(12 / 40)
    assert figures(flat).loc["lift_top", "value"] == pytest.approx(1)
    back = backtest_score(lambda t, d: -by_number(t, d), company(LOST), as_of=END, days=[DAY])
    assert back.verdict.key == "worse_than_chance"


def test_chances_are_scored_as_such():
    def chance(tables, day):
        return (by_number(tables, day) > -12).astype(float) * 0.8 + 0.1

    test = backtest_score(chance, company(LOST), as_of=END, days=[DAY], probability=True)
    found = figures(test)
    assert found.loc["brier", "value"] == pytest.approx(0.01)
    parts = found.loc[[f"brier_{k}" for k in ("reliability", "resolution", "uncertainty")], "value"]
    assert found.loc["brier", "value"] == pytest.approx(
        parts.iloc[0] - parts.iloc[1] + parts.iloc[2]
    )
    assert found.loc["brier_skill", "value"] == pytest.approx(1 - 0.01 / (0.3 * 0.7))
    assert test.calibration["observed"].tolist() == [0, 1]
    with pytest.raises(KamkitError) as caught:
        backtest_score(by_number, company(LOST), as_of=END, days=[DAY], probability=True)
    assert {p.code for p in caught.value.problems} == {"out_of_range"}


@pytest.mark.parametrize(
    ("score", "code"),
    [
        (lambda t, d: [1, 2], "score_not_by_account"),
        (lambda t, d: pd.Series([1.0, 2.0], index=["A00", "A00"]), "score_not_by_account"),
        (lambda t, d: pd.Series(["high"], index=["A00"]), "score_not_by_account"),
    ],
)
def test_what_is_no_score(score, code):
    with pytest.raises(KamkitError) as caught:
        backtest_score(score, company(LOST), as_of=END, days=[DAY])
    assert [p.code for p in caught.value.problems] == [code]


@pytest.mark.parametrize("option", [{"horizon_days": 0}, {"top": 0}])
def test_wishes_that_make_no_sense(option):
    with pytest.raises(KamkitError):
        backtest_score(by_number, company(LOST), as_of=END, **option)


def test_no_tables_no_days_no_accounts():
    with pytest.raises(KamkitError):
        backtest_score(by_number, {})
    test = backtest_score(
        sign_count(), {"orders": pd.DataFrame(columns=["account_id", "date", "amount"])}, as_of=END
    )
    assert test.cases.empty and test.verdict.key == "too_few_losses"
    assert test.calibration.empty and test.lead_times.empty
    assert set(test.scores["variant"]) <= {"too_little_data", "no_loss_warned_of"}


def test_accounts_without_a_score_are_counted():
    test = backtest_score(
        lambda t, d: by_number(t, d).iloc[:30], company(LOST), as_of=END, days=[DAY]
    )
    assert test.quality.set_index("code")["n"]["not_scored"] == 10


def test_losses_read_off_silence_are_named_and_not_foretold_by_themselves():
    """Every account stops without any sign: the silence that follows must not count as one."""
    tables = company({a: d for a, d in LOST.items()})
    del tables["account_losses"]
    tables["orders"] = tables["orders"].query("date < '2026-02-01' or account_id > 'A11'")
    days = pd.date_range("2025-03-31", "2025-12-31", freq="ME")
    test = backtest_score(
        sign_count(), {**tables}, as_of=END + pd.Timedelta(days=120), days=days, horizon_days=90
    )
    assert "losses_inferred" in set(test.quality["code"])
    assert test.verdict.key in ("too_few_losses", "not_told_from_chance")


def test_seeds_repeat():
    one, two = (
        backtest_score(by_number, company(LOST), as_of=END, days=[DAY], seed=3) for _ in range(2)
    )
    pd.testing.assert_frame_equal(one.scores, two.scores)


def test_the_interval_of_a_score_without_any_power_covers_a_half():
    """Noise, constant within an account over twelve days: 95 % within what chance allows."""
    rng = np.random.default_rng(11)
    inside = 0
    for _ in range(300):
        n, days = 60, 12
        score = np.repeat(rng.normal(size=n), days) + rng.normal(0, 0.3, n * days)
        lost_day = np.where(rng.random(n) < 0.25, rng.integers(1, days + 6, n), 99)
        day = np.tile(np.arange(days), n)
        ends = np.repeat(lost_day, days)
        here = day < ends
        lost = (ends - day <= 6) & here
        account = np.repeat(np.arange(n), days)
        _, low, high, _ = auc_by_day(
            score[here], lost[here], day[here], account[here], events=len(set(account[lost]))
        )
        inside += low <= 0.5 <= high
    assert 0.92 <= inside / 300 <= 0.99
