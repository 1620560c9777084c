"""The planted churn is found in time, others are left in peace, and noise is called noise."""

from __future__ import annotations

import sys

import pandas as pd
import pytest
from methods.retention.planted import AS_OF, many, sample_company, simulated

from kamkit.methods.shares import wilson
from kamkit.schemes.retention import retention_policy

SEEDS = range(1, 101)


def rates(found: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Part of the other accounts in the bands watch and high, with Wilson's interval."""
    n = found["accounts"].sum()
    hits = {"high": found["band_high"].sum()}
    hits["watch"] = found["band_watch"].sum() + hits["high"]
    out = {}
    for band, count in hits.items():
        low, high = wilson(count, n)
        out[band] = (float(count / n), float(low), float(high))
    return out


def test_a_few_sample_companies():
    """Three companies on the last day: found first, and nobody else among the high ones."""
    found = many(sample_company, range(1, 4), days=[AS_OF])
    assert found["planted"].all() and (found["rank"] == 1).all() and (found["signs"] >= 4).all()
    assert rates(found)["high"][0] <= 0.02 and rates(found)["watch"][0] <= 0.06


@pytest.mark.parametrize(
    ("regime", "allowed"),
    [
        ("informative", {"informative"}),
        ("uninformative", {"not_told_from_chance"}),
        ("few_losses", {"too_few_losses"}),
    ],
)
def test_one_simulated_company_of_each_kind(regime, allowed):
    found = many(simulated, [3], regime=regime, accounts=200)
    assert set(found["verdict"]) <= allowed


@pytest.mark.evidence
@pytest.mark.parametrize("company", ["elevator", "it"])
def test_a_hundred_sample_companies(company, capsys):
    """Found in every one, before its last order; others alarmed no more often than stated."""
    found = many(sample_company, SEEDS, company=company)
    alarmed, stated = rates(found), retention_policy().bands
    leads = found[["lead_watch", "lead_high"]].quantile([0, 0.05, 0.5, 0.95, 1])
    with capsys.disabled():
        sys.stderr.write(
            f"\n{company}: {len(found)} companies, others {found['accounts'].sum():.0f}\n"
        )
        for band, (value, low, high) in alarmed.items():
            sys.stderr.write(f"alarmed, {band} or above: {value:.4f} ({low:.4f}-{high:.4f})\n")
        sys.stderr.write(f"days before the last order:\n{leads.round(0).to_string()}\n")
        sys.stderr.write(f"signs: {found['signs'].value_counts().to_dict()}\n")
    assert found["planted"].all() and (found["rank"] == 1).all()
    assert (found["lead_watch"] > 0).all() and (found["lead_high"] > 0).mean() >= 0.95
    assert alarmed["watch"][0] <= stated["stated_watch"]
    assert alarmed["high"][0] <= stated["stated_high"]


@pytest.mark.evidence
@pytest.mark.parametrize("regime", ["informative", "uninformative", "few_losses"])
def test_a_hundred_simulated_companies(regime, capsys):
    """Signs that tell something are said to; noise keeps 0.5 inside and gets no praise."""
    found = many(simulated, SEEDS, regime=regime, accounts=200)
    covered = ((found["low"] <= 0.5) & (found["high"] >= 0.5)).mean()
    share = found["verdict"].value_counts(normalize=True)
    with capsys.disabled():
        sys.stderr.write(f"\n{regime}: {share.round(2).to_dict()}, 0.5 inside: {covered:.2f}\n")
        numbers = found.drop(columns=["seed", "regime", "verdict"])
        sys.stderr.write(numbers.describe().loc[["mean", "min", "max"]].round(3).to_string() + "\n")
    if regime == "informative":
        assert share.get("informative", 0) >= 0.6 and found["auc"].mean() > 0.58
        assert share.get("worse_than_chance", 0) == 0
    elif regime == "uninformative":
        assert covered >= 0.90 and share.get("informative", 0) <= 0.06
        assert abs(found["auc"].mean() - 0.5) < 0.02
    else:
        assert share.get("too_few_losses", 0) >= 0.97
