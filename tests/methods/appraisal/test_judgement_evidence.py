"""How often the judgement is right: simulated teams whose truth is known."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import pandas as pd
import pytest

from kamkit.methods.appraisal import judge_performance
from kamkit.methods.shares import wilson_ends
from kamkit.tables.sample import generate, simulate_team

SEEDS = range(30_000, 30_100)


def outcomes(regime: str, seeds: Iterable[int]) -> pd.DataFrame:
    """One row a simulated team: what was said of the planted people, and what was wrong."""
    rows = []
    for seed in seeds:
        history = simulate_team(seed, regime=regime)
        t = history.tables
        found = judge_performance(t["kpi_values"], t["targets"], t["territories"], t["members"])
        table = found.members.merge(history.truth, on="member_id", suffixes=("", "_true"))
        truth = table["effect_true"] - table["effect_true"].mean()
        weak, strong = table["verdict"] == "weak", table["verdict"] == "strong"
        rows.append(
            {
                "ranked": found.rankable,
                "weak_found": bool((weak & (table["kind"] == "weak")).any()),
                "poor_called_weak": bool((weak & (table["kind"] == "poor_territory")).any()),
                "any_wrong": bool(((weak & (truth >= 0)) | (strong & (truth <= 0))).any()),
                "inside": float(((table["low"] <= truth) & (truth <= table["high"])).mean()),
            }
        )
    return pd.DataFrame(rows)


def test_recovery_of_one_team() -> None:
    assert outcomes("planted", range(1, 2))["weak_found"].all()


@pytest.mark.evidence
def test_recovery(capsys: pytest.CaptureFixture[str]) -> None:
    planted, none, equal = (outcomes(r, SEEDS) for r in ("planted", "no_weak", "equal"))
    shares = {
        "weak found": (planted["weak_found"], 0.80, 1.0),
        "poor territory called weak": (planted["poor_called_weak"], 0.0, 0.05),
        "any verdict wrong": (planted["any_wrong"], 0.0, 0.10),
        "poor territory called weak, nobody weak": (none["poor_called_weak"], 0.0, 0.05),
        "any verdict wrong, nobody weak": (none["any_wrong"], 0.0, 0.10),
        "equal people not ranked": (~equal["ranked"], 0.90, 1.0),
    }
    with capsys.disabled():
        for name, (hits, _, _) in shares.items():
            low, high = wilson_ends(int(hits.sum()), len(hits))
            sys.stderr.write(f"\n{name}: {hits.sum()}/{len(hits)} ({low:.3f}-{high:.3f})")
        sys.stderr.write(f"\ntruth inside the 90 % intervals: {planted['inside'].mean():.3f}\n")
    for name, (hits, least, most) in shares.items():
        assert least <= hits.mean() <= most, name
    assert 0.87 <= planted["inside"].mean() <= 0.94


def poorest(company: str, seed: int) -> tuple[str, str, bool]:
    """Of a sample company: the rep of the poorest territory, the verdict, and last by sales?"""
    t = generate(company, seed=seed)
    found = judge_performance(t["kpi_values"], t["targets"], t["territories"], t["members"])
    poor = t["territories"].set_index("territory_id")["potential"].idxmin()
    owner = t["members"].loc[t["members"]["territory_id"] == poor, "member_id"].iloc[0]
    row = found.members.set_index("member_id").loc[owner]
    return str(owner), str(row["verdict"]), row["raw_rank"] == len(found.members)


def test_the_rep_of_the_poorest_territory_is_last_and_not_called_weak() -> None:
    assert poorest("elevator", 7) == ("M017", "not_separable", True)


@pytest.mark.evidence
@pytest.mark.parametrize("company", ["elevator", "it"])
def test_a_hundred_sample_companies(company: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = pd.DataFrame([poorest(company, seed) for seed in range(1, 101)])
    weak, last = int((found[1] == "weak").sum()), int(found[2].sum())
    low, high = wilson_ends(weak, len(found))
    with capsys.disabled():
        sys.stderr.write(
            f"\n{company}: last by sales {last}, called weak {weak}/100 ({low:.3f}-{high:.3f})\n"
        )
    assert last >= 95 and weak <= 5
