"""Concentration, two years, capacity, weights: arithmetic redone with plain lists."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.exercises.own_accounts import accounts_table
from kamkit.exercises.recipes import m01_judgements, m01_pareto, m01_shortlist
from kamkit.exercises.variants import Draw
from kamkit.methods.selection import (
    ahp,
    concentration_summary,
    rank_acceptability,
    selection_criteria,
)

SEEDS = range(10)


@pytest.mark.parametrize("seed", SEEDS)
def test_shares_and_heads_by_hand(seed):
    variant = m01_pareto.curve(Draw(seed), None)
    rows = variant.sheets[0].rows
    for column, base in ((1, "sales"), (2, "margin")):
        falling = sorted((row[column] for row in rows), reverse=True)
        total = sum(falling)
        assert variant.key[f"{base}.top20"].best == pytest.approx(
            sum(falling[:4]) / total, abs=1e-4
        )
        assert variant.key[f"{base}.top25"].best == pytest.approx(
            sum(falling[:5]) / total, abs=1e-4
        )
        heads = next(k for k in range(1, 21) if sum(falling[:k]) >= 0.8 * total - 1e-6)
        assert variant.key[f"{base}.heads80"].best == heads


def test_interval_is_that_of_the_method():
    table = m01_pareto._drawn(Draw(1))
    found = m01_pareto._head(table, "sales")
    whole = concentration_summary(table, value="sales", draws=m01_pareto.DRAWS).set_index("measure")
    row = whole.loc["share_top_20", ["value", "low", "high"]].astype(float)
    assert list(found.values()) == pytest.approx(row.tolist())


def test_own_accounts_without_margin_have_one_row():
    rows = [{"name": f"客户{i}", "revenue": 1e6 * (i + 1)} for i in range(6)]
    variant = m01_pareto.curve(Draw(1), accounts_table(rows))
    assert [item.id for item in variant.items] == ["sales"]
    assert (variant.words["low"], variant.words["total_margin"]) == ("—", "—")
    assert variant.key["sales.top20"].best == pytest.approx(11 / 21, abs=1e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_claim_follows_the_paired_interval(seed):
    variant = m01_pareto.two_years(Draw(seed), None)
    low, high = variant.words["low"], variant.words["high"]
    best = variant.key["choice"].best
    if low > 0.2:
        assert best == "trend_up"
    elif high < -0.2:
        assert best == "trend_down"
    elif low < -0.2 and high > 0.2:
        assert best == "these_only"


@pytest.mark.parametrize("seed", SEEDS)
def test_capacity_sets_the_floor_aside_first(seed):
    words = (variant := m01_pareto.serving(Draw(seed), None)).words
    usable = words["hours"] * words["part"] / 100
    served = variant.key["value"].best
    fits = [
        k for k in range(words["listed"] + 1)
        if k * words["each"] + (words["n"] - k) * words["floor"] <= usable
    ]  # fmt: skip
    assert served == max(fits)
    assert 0 < words["served"] < words["listed"]


@pytest.mark.parametrize("seed", SEEDS)
def test_points_add_up_and_keep_the_ratios(seed):
    variant = m01_shortlist.weights(Draw(seed), None)
    best = {k: a.best for k, a in variant.key.items()}
    assert sum(best.values()) == pytest.approx(100, abs=0.2)
    assert sum(row[1] for row in variant.sheets[0].rows) == 22
    for trap in variant.traps.values():
        assert sum(trap.values()) == pytest.approx(100, abs=0.2)


def test_gate_carries_no_weight_and_excludes():
    spec = selection_criteria("list_1_2")
    assert list(m01_shortlist._gates()) == spec.loc[spec["gate"], "criterion"].tolist()
    for seed in SEEDS:
        variant = m01_shortlist.short_list(Draw(seed), None)
        for item, row in zip(variant.items, variant.sheets[0].rows, strict=True):
            assert (variant.key[item.id].best == "excluded") == (row[4] < 3)


def test_shares_are_those_of_the_method():
    rng = np.random.default_rng(1)
    values = rng.uniform(0, 100, (8, 21))
    weight = np.full(21, 1 / 21)
    stays, low, high = m01_shortlist._shares(values, weight, [])
    table = pd.DataFrame(values, columns=list(m01_shortlist._weighted()))
    table.insert(0, "account_id", [f"{k}" for k in range(8)])
    found = rank_acceptability(
        table, dict.fromkeys(m01_shortlist._weighted(), 1.0), k=5, draws=m01_shortlist.DRAWS
    ).accounts.set_index("account_id")
    for k in range(8):
        row = found.loc[f"{k}"]
        assert (stays[k], low[k], high[k]) == pytest.approx(
            (row["member_share"], row["low"], row["high"])
        )


@pytest.mark.parametrize("seed", SEEDS)
def test_the_repair_is_the_one_that_helps_most(seed):
    variant = m01_judgements.repair(Draw(seed), None)
    rows = []
    for first, second, times in variant.sheets[0].rows:
        top, _, below = times.partition("/")
        rows.append((first["zh"], second["zh"], float(top) / float(below or 1)))
    result = ahp(pd.DataFrame(rows, columns=["first", "second", "value"]))
    best = result.repairs.iloc[0]
    place = next(p for p in variant.places if p.id == variant.key["choice"].best)
    assert place.text.zh == f"“{best['first']}”对“{best['second']}”"
    assert variant.words["cr"] > 0.10 >= variant.words["after"]
