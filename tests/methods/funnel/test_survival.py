"""Survival curves, competing risks, log-rank and Cox."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight, survdiff

from kamkit.errors import KamkitError
from kamkit.methods.funnel.cox import cox
from kamkit.methods.funnel.survival import (
    cumulative_incidence,
    kaplan_meier,
    log_rank,
    survival_quantiles,
)

Case = dict[str, dict[str, Any]]


def _value(table: pd.DataFrame, key: str) -> float:
    return float(table.set_index("measure").loc[key, "value"])


def _some(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    time = rng.integers(0, 40, n).astype(float)
    cause = rng.choice(["won", "lost", "open"], n)
    group = rng.choice(["A", "B", "C"], n)
    return time, cause, group, rng.normal(size=(n, 3))


def test_leukaemia_curve(published: Case) -> None:
    case = published["P-KM"]
    exp, tol = case["exp"], case["tol"]
    curve = kaplan_meier(case["t6"], case["e6"]).set_index("days")
    for day, share in exp["S6"].items():
        assert curve.loc[day, "survival"] == pytest.approx(share, abs=tol)
    assert curve.loc[[6, 23], "se"].tolist() == pytest.approx(exp["se6_at_6_23"], abs=tol)
    for key, name in (("6", "median6"), ("0", "median0")):
        found = survival_quantiles(kaplan_meier(case[f"t{key}"], case[f"e{key}"]), [0.5])
        assert found["days"].iloc[0] == exp[name]


def test_leukaemia_groups(published: Case) -> None:
    case = published["P-KM"]
    exp = case["exp"]
    days, event = case["t6"] + case["t0"], case["e6"] + case["e0"]
    group = ["6"] * len(case["t6"]) + ["0"] * len(case["t0"])
    assert _value(log_rank(days, event, group), "log_rank_chi2") == pytest.approx(
        exp["logrank"], abs=1e-3
    )
    x = pd.DataFrame({"placebo": [float(g == "0") for g in group]})
    efron = cox(days, event, x).iloc[0]
    assert efron["coef"] == pytest.approx(exp["cox_efron"], abs=case["tol"])
    assert efron["se"] == pytest.approx(exp["se_efron"], abs=case["tol"])
    breslow = cox(days, event, x, ties="breslow").iloc[0]
    assert breslow["coef"] == pytest.approx(exp["cox_breslow"], abs=case["tol"])
    assert efron["ph_p"] > 0.5


def test_printed_incidence(published: Case) -> None:
    case = published["P-CIF1"]
    exp = case["exp"]
    day, code, many = case["rest"]
    rows = np.array(case["first9"] + [[day, code]] * many)
    found = cumulative_incidence(rows[:, 0], rows[:, 1], causes=(1, 2))
    one = found[found["ending"] == 1].set_index("days")["incidence"] * 100
    for at, share in exp["CIF1_pct"].items():
        assert one[at] == pytest.approx(share, abs=case["tol"])
    curve = kaplan_meier(rows[:, 0], rows[:, 1] > 0).set_index("days")["survival"] * 100
    assert curve[exp["at"]].tolist() == pytest.approx(exp["S_pct"], abs=case["tol"])


def test_naive_curves_add_to_more_than_one(published: Case) -> None:
    case = published["P-CIF2"]
    exp = case["exp"]
    last = cumulative_incidence(case["T"], np.array(case["E"]), causes=(1, 2))
    last = last.groupby("ending").last()
    found = [*last["incidence"], *last["naive"]]
    keys = ("cif_won", "cif_lost", "naive_1mKM_won", "naive_1mKM_lost")
    assert found == pytest.approx([exp[k] for k in keys], abs=case["tol"])


def test_against_statsmodels() -> None:
    time, cause, group, x = _some(400)
    time = time + 1
    event = cause != "open"
    other = SurvfuncRight(time, event.astype(int))
    ours = kaplan_meier(time, event).set_index("days").loc[other.surv_times]
    np.testing.assert_allclose(ours["survival"], other.surv_prob)
    np.testing.assert_allclose(ours["se"].dropna(), other.surv_prob_se[ours["se"].notna()])
    codes = np.select([cause == "won", cause == "lost"], [1, 2], 0)
    their = CumIncidenceRight(time, codes)
    mine = cumulative_incidence(time, cause)
    for i, name in enumerate(("won", "lost")):
        part = mine[mine["ending"] == name].set_index("days").loc[their.times]
        np.testing.assert_allclose(part["incidence"], their.cinc[i], atol=1e-12)
        np.testing.assert_allclose(part["se"], their.cinc_se[i], rtol=0.05)
    chi2, p = survdiff(time, event.astype(int), group)
    found = log_rank(time, event, group)
    assert found["value"].tolist() == pytest.approx([chi2, p])


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_against_statsmodels(ties: str) -> None:
    time, cause, _, x = _some(300, seed=2)
    event, entry = cause == "won", np.minimum(np.arange(300) % 5 + 0.5, time + 0.5)
    time = time + 1
    other = PHReg(time, x, status=event.astype(int), ties=ties).fit()
    ours = cox(time, event, pd.DataFrame(x), ties=ties)
    np.testing.assert_allclose(ours["coef"], other.params, atol=1e-6)
    np.testing.assert_allclose(ours["se"], other.bse, rtol=1e-5)
    late = PHReg(time, x, status=event.astype(int), ties=ties, entry=entry).fit()
    cut = cox(time, event, pd.DataFrame(x), ties=ties, entry=entry)
    np.testing.assert_allclose(cut["coef"], late.params, atol=1e-6)


def test_cox_says_when_the_ratio_changes() -> None:
    rng = np.random.default_rng(5)
    x = rng.integers(0, 2, 600).astype(float)
    same = rng.exponential(100 / np.exp(0.7 * x))
    early = np.where(x == 1, rng.exponential(100, 600).clip(0, 60), rng.exponential(100, 600) + 30)
    table = pd.DataFrame({"x": x})
    assert cox(same, np.ones(600), table)["ph_p"].iloc[0] > 0.05
    assert cox(early, np.ones(600), table)["ph_p"].iloc[0] < 0.01


def test_cox_without_an_answer() -> None:
    x = pd.DataFrame({"same": [1.0, 1.0, 1.0], "double": [0.0, 1.0, 2.0]})
    found = cox([1, 2, 3], [1, 0, 0], x[["same"]])
    assert found["variant"].tolist() == ["too_little_data"] and found["coef"].isna().all()
    assert cox([], [], x.iloc[:0])["coef"].isna().all()
    apart = cox([1, 2, 3, 4], [1, 1, 0, 0], pd.DataFrame({"x": [1.0, 1.0, 0.0, 0.0]}))
    assert apart["variant"].tolist() == ["cox_not_converged"]
    gaps = cox([1, 2, 3], [1, 1, 1], pd.DataFrame({"x": [1.0, np.nan, 0.0]}))
    assert gaps["left_out"].tolist() == [1] and gaps["n"].tolist() == [2]
    with pytest.raises(KamkitError):
        cox([1], [1], x.iloc[:1], ties="exact")


@pytest.mark.parametrize("seed", range(6))
def test_curves_are_monotone_shares_that_add_to_one(seed: int) -> None:
    time, cause, group, _ = _some(int(5 + 40 * seed), seed)
    entry = np.minimum(time, seed) if seed % 2 else None
    curve = kaplan_meier(time, cause != "open", group=group, entry=entry)
    for column in ("survival", "low", "high"):
        assert curve[column].between(0, 1).all()
    assert (curve["low"] <= curve["survival"] + 1e-12).all()
    assert (curve["survival"] <= curve["high"] + 1e-12).all()
    assert curve.groupby("group")["survival"].apply(lambda s: (s.diff().dropna() <= 0).all()).all()
    shares = cumulative_incidence(time, cause, group=group, entry=entry)
    wide = shares.pivot(index=["group", "days"], columns="ending", values="incidence")
    still = curve.set_index(["group", "days"])["survival"]
    np.testing.assert_allclose(wide.sum(axis=1), 1 - still, atol=1e-12)
    assert (shares["naive"] >= shares["incidence"] - 1e-12).all()


def test_order_of_rows_changes_nothing() -> None:
    time, cause, group, _ = _some(200, 4)
    mixed = np.random.default_rng(1).permutation(200)
    one = cumulative_incidence(time, cause, group=group)
    two = cumulative_incidence(time[mixed], cause[mixed], group=group[mixed])
    pd.testing.assert_frame_equal(one, two)


def test_nothing_and_one_and_wrong() -> None:
    assert kaplan_meier([], [])["survival"].tolist() == [1.0]
    assert kaplan_meier([3], [0])["survival"].tolist() == [1.0, 1.0]
    assert kaplan_meier([0], [1])["survival"].tolist() == [0.0]
    assert log_rank([1, 2], [1, 1], ["A", "A"])["variant"].unique().tolist() == ["too_little_data"]
    assert kaplan_meier([1, 2], [1, 1], group=[None, "A"])["group"].unique().tolist() == ["A"]
    with pytest.raises(KamkitError) as caught:
        kaplan_meier([1, -2, np.nan], [1, 1, 1])
    assert [p.row for p in caught.value.problems] == [2, 3]


def test_left_truncation_counts_only_from_entry() -> None:
    rng = np.random.default_rng(9)
    whole = rng.exponential(100, 20000)
    entry = rng.uniform(0, 150, 20000)
    seen = whole > entry
    curve = kaplan_meier(whole[seen], np.ones(seen.sum()), entry=entry[seen])
    naive = kaplan_meier(whole[seen], np.ones(seen.sum()))
    at = np.searchsorted(curve["days"], 100) - 1
    assert curve["survival"].iloc[at] == pytest.approx(np.exp(-1), abs=0.03)
    assert naive["survival"].iloc[at] > 0.5
