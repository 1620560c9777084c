"""What the sample's people really think lies inside the stated interval as often as stated."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor

import pandas as pd
import pytest

from kamkit.methods.relationship import survey_score
from kamkit.methods.shares import wilson
from kamkit.tables.sample import generate, latent_relationship


def company(seed: int) -> pd.DataFrame:
    """Every account, wave and dimension of one company: the customers' score and the truth."""
    tables = generate("elevator", seed=seed, accounts=120)
    found = survey_score(
        tables["survey_responses"], tables["survey_invitations"], side="customer", draws=200
    ).accounts
    truth = latent_relationship("elevator", seed=seed, accounts=120).rename(
        columns={"score": "truth"}
    )
    keys = ["account_id", "wave", "side", "dimension"]
    table = found.merge(truth[[*keys, "truth"]], on=keys, how="inner", validate="one_to_one")
    table["inside"] = (table["low"] <= table["truth"]) & (table["truth"] <= table["high"])
    table["seed"] = seed
    return table[table["score"].notna()]


def companies(seeds: Iterable[int]) -> pd.DataFrame:
    """The same for many seeds, on all cores."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return pd.concat([company(seed) for seed in seeds])
    with ProcessPoolExecutor() as pool:
        return pd.concat(pool.map(company, seeds))


def test_a_few_companies():
    table = pd.concat([company(seed) for seed in (1, 2, 3)])
    # Every row of the scores has a truth, and the customers' side of an account has few answers.
    assert len(table) > 800 and table["n"].median() <= 3
    assert 0.90 <= table["inside"].mean() <= 1.0


@pytest.mark.evidence
def test_a_hundred_companies(capsys):
    table = companies(range(1, 101))
    by = table.groupby(["dimension"])["inside"].agg(["mean", "size"])
    by_n = table.groupby(table["n"].clip(upper=5))["inside"].agg(["mean", "size"])
    low, high = wilson(table["inside"].sum(), len(table))
    with capsys.disabled():
        sys.stderr.write(f"\ninside 95 %: {table['inside'].mean():.4f} ({low:.4f}-{high:.4f})\n")
        sys.stderr.write(f"{by.round(3).to_string()}\n{by_n.round(3).to_string()}\n")
    assert 0.93 <= table["inside"].mean() <= 0.98
    assert by["mean"].between(0.92, 0.985).all()
