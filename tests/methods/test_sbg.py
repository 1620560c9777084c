"""Shifted-beta-geometric model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.portfolio.lifetime_measures import measure_value
from kamkit.methods.portfolio.sbg import (
    sbg_fit,
    sbg_forecast,
    sbg_lifetime,
    sbg_loglik,
    sbg_multiples,
    sbg_retention,
    sbg_survival,
)


def _survivors(counts: list[int], **more: Any) -> pd.DataFrame:
    return pd.DataFrame({"period": range(len(counts)), "survivors": counts, **more})


def test_published_case(published: dict[str, dict[str, Any]]) -> None:
    case = published["P-SBG"]
    fit, exp, tol = sbg_fit(_survivors(case["survivors"])), case["exp"], case["tol"]
    assert fit.alpha == pytest.approx(exp["alpha"], abs=tol)
    assert fit.beta == pytest.approx(exp["beta"], abs=tol)
    assert measure_value(fit.summary, "sbg_loglik") == pytest.approx(exp["loglik"], abs=tol)
    forecast = sbg_forecast(fit, periods=12)
    ahead = forecast["fitted"].to_numpy()[8:]
    assert ahead == pytest.approx(exp["survival_8_to_12"], abs=tol)
    assert fit.curve["retention_fitted"].to_numpy()[1:3] == pytest.approx(
        exp["retention_1_2"], abs=tol
    )
    lifetime = float(sbg_lifetime(fit.alpha, fit.beta, discount=0.10))
    assert lifetime == pytest.approx(exp["discounted_lifetime_d10"], abs=tol)
    actual = np.array(exp["actual_8_to_12"])
    assert (forecast["low"].to_numpy()[8:] < actual).all()
    assert (forecast["high"].to_numpy()[8:] > actual).all()


def test_intervals_hold_the_estimate_and_repeat_with_the_seed() -> None:
    survivors = _survivors([300, 200, 160, 140, 128])
    one, two = sbg_fit(survivors, draws=60), sbg_fit(survivors, draws=60)
    pd.testing.assert_frame_equal(one.summary, two.summary)
    rows = one.summary[one.summary["low"].notna()]
    assert (rows["low"] <= rows["value"]).all() and (rows["value"] <= rows["high"]).all()
    assert one.summary["variant"].eq("sbg_bootstrap").all()


def test_recovery_and_coverage_from_known_parameters() -> None:
    rng = np.random.default_rng(11)
    inside = 0
    for _ in range(20):
        churn = rng.beta(0.9, 2.2, size=600)
        life = rng.geometric(churn)
        counts = [int((life > t).sum()) for t in range(7)]
        fit = sbg_fit(_survivors(counts), draws=60)
        row = fit.summary.set_index("measure").loc["sbg_first_churn"]
        inside += bool(row["low"] <= 0.9 / 3.1 <= row["high"])
    assert inside >= 16


def test_cohorts_of_unequal_length_are_pooled() -> None:
    rng = np.random.default_rng(3)
    parts = []
    for cohort, length in enumerate([7, 5, 3]):
        life = rng.geometric(rng.beta(0.8, 1.6, size=2000))
        counts = [int((life > t).sum()) for t in range(length)]
        parts.append(_survivors(counts, cohort=cohort))
    fit = sbg_fit(pd.concat(parts), draws=30)
    assert fit.alpha == pytest.approx(0.8, rel=0.2)
    assert fit.beta == pytest.approx(1.6, rel=0.2)
    assert fit.curve["at_start"].tolist()[:2] == [6000, 6000]
    at_risk_5 = parts[0]["survivors"].iloc[4]
    assert fit.curve["at_start"].iloc[5] == at_risk_5
    assert (fit.curve["observed"] - fit.curve["fitted"]).abs().max() < 0.03


@pytest.mark.parametrize("counts", [[], [100], [100, 60, 50], [100, 95, 90, 86]])
def test_too_little_history_is_a_result(counts: list[int]) -> None:
    fit = sbg_fit(_survivors(counts))
    assert not fit.usable
    assert fit.summary["variant"].eq("too_little_history").all()
    assert fit.summary["value"].isna().all()
    assert fit.curve.empty and sbg_forecast(fit, periods=5).empty


def test_limit_edges() -> None:
    assert sbg_fit(_survivors([100, 90, 85, 80]), draws=20).usable
    assert not sbg_fit(_survivors([100, 90, 85, 81]), draws=20).usable


def test_equal_churn_is_found_and_said() -> None:
    counts = [int(round(4000 * 0.7**t)) for t in range(7)]
    fit = sbg_fit(_survivors(counts), draws=20)
    assert fit.summary["variant"].eq("sbg_alike").all()
    assert fit.curve["retention_fitted"].to_numpy()[1:] == pytest.approx(0.7, abs=0.01)


def test_dirty_survivors_raise_everything_at_once() -> None:
    table = pd.DataFrame({"period": [0, 2, 3], "survivors": [10, 12, 8]})
    with pytest.raises(KamkitError) as caught:
        sbg_fit(table)
    codes = {(p.code, p.row) for p in caught.value.problems}
    assert codes == {("survivors_grow", 2), ("periods_not_in_a_row", 2)}
    with pytest.raises(KamkitError):
        sbg_fit(pd.DataFrame({"period": [0]}))


def test_gradient_and_closed_lifetime() -> None:
    lost, still = np.array([0.0, 30.0, 12.0, 5.0]), np.array([0.0, 4.0, 0.0, 49.0])
    at = np.log([0.7, 1.9])
    _, by_a, by_b = sbg_loglik(at, lost, still)
    for i, slope in enumerate((by_a, by_b)):
        step = np.eye(2)[i] * 1e-6
        change = sbg_loglik(at + step, lost, still)[0] - sbg_loglik(at - step, lost, still)[0]
        assert slope == pytest.approx(change / 2e-6, rel=1e-5)
    survival = sbg_survival(0.7, 1.9, 4000)
    series = (survival / 1.05 ** np.arange(4001)).sum()
    assert float(sbg_lifetime(0.7, 1.9, discount=0.05)) == pytest.approx(series, rel=1e-9)


def test_retention_rises_and_multiple_grows_with_tenure() -> None:
    assert (np.diff(sbg_retention(0.7, 1.2, 20)) > 0).all()
    fit = sbg_fit(_survivors([1000, 631, 468, 382, 326]), draws=40)
    tenure = pd.DataFrame({"account_id": list("ABC"), "tenure": [0.0, 4.0, np.nan]})
    later = sbg_multiples(tenure, fit)
    assert later["multiple"].iloc[1] > later["multiple"].iloc[0]
    assert later["variant"].tolist() == ["sbg_first_payment_t1"] * 2 + ["not_active"]
    assert (later["low"] < later["multiple"])[:2].all()
    now = sbg_multiples(tenure, fit, first_payment=0)
    assert (now["multiple"] - later["multiple"])[:2].to_numpy() == pytest.approx(1.0)
    survival = sbg_survival(fit.alpha, fit.beta, 3000)
    series = (survival[5:] / survival[4] / 1.1 ** np.arange(1, 2997)).sum()
    assert later["multiple"].iloc[1] == pytest.approx(series, rel=1e-4)
    few = sbg_multiples(tenure, sbg_fit(_survivors([10, 9])))
    assert few["variant"].eq("too_little_history").all() and few["multiple"].isna().all()
