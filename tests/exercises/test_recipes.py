"""Every recipe of the bank: solvable on any seed, different for neighbours, never changing.

``KAMKIT_WRITE_GOLDEN=1`` writes the golden file anew; entries of exercises that are gone stay
until the file is deleted first.
"""

from __future__ import annotations

import json
import sys
import time
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from golden import WRITE, fingerprint, golden, keep

from kamkit.exercises.bank import bank_folder, make_variant, read_exercise
from kamkit.exercises.check import check, understand
from kamkit.exercises.forms import read_variant, variant_data
from kamkit.exercises.grade import best_parts
from kamkit.exercises.kinds import KINDS, parts
from kamkit.exercises.model import Exercise, Variant
from kamkit.exercises.own_accounts import accounts_table

GOLDEN = "golden_variants.json"
FEW, MANY = range(50), range(10_000)
DIFFERENT = 0.9


@cache
def read(path: Path) -> Exercise:
    return read_exercise(path)


def flagged(word: str) -> list[Path]:
    """Files with ``word = true``; a file that can't be read is for test_bank_content to report."""
    files = sorted(bank_folder().glob("*/*.toml"))
    return [p for p in files if f"\n{word} = true" in p.read_text(encoding="utf-8")]


each_recipe = pytest.mark.parametrize("path", flagged("variants"), ids=lambda p: p.stem)
each_own = pytest.mark.parametrize("path", flagged("own_accounts"), ids=lambda p: p.stem)


def typed(value: object, unit: str) -> object:
    """A figure as somebody with a calculator types it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return f"{value * 100:.6f}%" if unit == "share" else f"{value:,.6f}"


def solvable(exercise: Exercise, variant: Variant, seed: object) -> None:
    """The key's best answer is understood and right, as figures and as typed."""
    known = parts(exercise, variant)
    best = best_parts(variant, known)
    for given in (best, {name: typed(value, known[name].unit) for name, value in best.items()}):
        answer = {"parts": given, "confirmed": True}
        assert understand(exercise, variant, answer) == [], (seed, given)
        if KINDS[exercise.kind].scored:
            outcome = check(exercise, variant, answer)
            assert (outcome.score, outcome.status) == (1.0, "correct"), (seed, given)


def run(path: Path, seeds: range) -> float:
    """All promises on these seeds; seconds per variant."""
    exercise = read(path)
    before, same, spent = "", 0, 0.0
    for seed in seeds:
        start = time.perf_counter()
        variant = make_variant(exercise, seed)
        spent += time.perf_counter() - start
        solvable(exercise, variant, seed)
        text = json.dumps(variant_data(variant), ensure_ascii=False, allow_nan=False)
        assert variant_data(read_variant(json.loads(text))) == json.loads(text), seed
        same += text == before
        before = text
    assert same <= (1 - DIFFERENT) * len(seeds), f"{same} of {len(seeds)} seeds repeat the last"
    return spent / len(seeds)


@each_recipe
def test_variants_are_solvable_and_differ(path, record_property):
    record_property("ms_per_variant", round(1000 * run(path, FEW), 2))


@pytest.mark.evidence
@each_recipe
def test_ten_thousand_variants(path, capsys):
    seconds = run(path, MANY)
    with capsys.disabled():
        sys.stdout.write(f"\n{path.stem}: {1000 * seconds:.1f} ms a variant\n")


@each_recipe
def test_the_same_seed_gives_the_same_variant(path):
    exercise = read(path)
    found = [fingerprint(variant_data(make_variant(exercise, seed))) for seed in range(5)]
    assert found == [fingerprint(variant_data(make_variant(exercise, seed))) for seed in range(5)]
    if WRITE:
        keep(GOLDEN, exercise.id, {"version": exercise.version, "variants": found})
    known = golden(GOLDEN).get(exercise.id)
    if known is None:
        pytest.skip(f"{exercise.id} is not in {GOLDEN}; KAMKIT_WRITE_GOLDEN=1 writes it")
    assert known["version"] == exercise.version, "a new version: write the golden file anew"
    assert known["variants"] == found, "variants changed: raise the exercise's version"


# -- own accounts: what a manager knows is rarely complete --------------------------------------
def own_table(n: int, share_known: float, seed: int) -> pd.DataFrame:
    """A plausible list of own accounts in which a share of the optional cells is known."""
    rng = np.random.default_rng(seed)
    sales = np.round(rng.lognormal(14, 1.2, n), -3) + 1000
    full = pd.DataFrame(
        {
            "segment": rng.choice(["manufacturing", "retail", "public", "other"], n),
            "previous_revenue": np.round(sales * rng.uniform(0.6, 1.3, n), -3),
            "margin": np.round(sales * rng.uniform(-0.05, 0.5, n)),
            "cost_to_serve": np.round(sales * rng.uniform(0, 0.3, n)),
            "growth": rng.uniform(-0.2, 0.4, n).round(2),
            "category_spend": np.round(sales / rng.uniform(0.05, 1, n)),
            "relationship": rng.integers(1, 6, n).astype(float),
        }
    ).astype(object)
    known = full.where(rng.random(full.shape) < share_known, None)
    names = {"name": [f"客户{i}" for i in range(n)], "revenue": sales}
    return accounts_table(known.assign(**names).to_dict("records"))


def alike(n: int) -> pd.DataFrame:
    """Accounts that don't differ in anything: every rank is a tie."""
    same = {"revenue": 1e6, "previous_revenue": 1e6, "margin": 3e5, "cost_to_serve": 1e5}
    more = {"growth": 0.0, "category_spend": 1e6, "relationship": 3.0, "segment": "other"}
    return accounts_table([{"name": f"客户{i}", **same, **more} for i in range(n)])


def nothing_sold(n: int) -> pd.DataFrame:
    rows = [{"name": f"客户{i}", "revenue": 0.0 if i else 5e5, "margin": 0.0} for i in range(n)]
    return accounts_table(rows)


OWN = {
    "complete": own_table(12, 1.0, 1),
    "twenty": own_table(20, 1.0, 2),
    "five": own_table(5, 1.0, 3),
    "half_known": own_table(12, 0.5, 4),
    "names_and_sales": own_table(8, 0.0, 5),
    "alike": alike(6),
    "nothing_sold": nothing_sold(5),
}


@each_own
@pytest.mark.parametrize("table", OWN, ids=str)
def test_runs_on_own_accounts(path, table):
    exercise = read(path)
    before = OWN[table].copy()
    for seed in range(3):
        variant = make_variant(exercise, seed, OWN[table])
        json.dumps(variant_data(variant), allow_nan=False)
        solvable(exercise, variant, seed)
    pd.testing.assert_frame_equal(OWN[table], before)
