"""Chance that is the same everywhere, and fair."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from golden import WRITE, golden, keep
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from kamkit.exercises.variants import Draw, seed_for

GOLDEN = "golden_draws.json"


def drawn(seed: int) -> dict[str, object]:
    draw = Draw(seed)
    return {
        "integers": [draw.integer(0, high) for high in (1, 2, 9, 99, 10**6, 2**63, 10**30)],
        "reals": [draw.real(-1, 1, 3), draw.real(0.05, 0.95), draw.real(1e5, 9e5, -4)],
        "choice": draw.choice(["甲", "乙", "丙", "丁"]),
        "sample": draw.sample(range(100), 5),
        "shuffled": draw.shuffled(range(10)),
    }


@pytest.mark.parametrize("seed", [0, 1, 7, 2**63 - 1])
def test_draws_never_change(seed):
    if WRITE:
        keep(GOLDEN, f"seed {seed}", drawn(seed))
    assert drawn(seed) == golden(GOLDEN)[f"seed {seed}"]


PEOPLE = [
    ("2026-09", "zhang", "m01_pareto", 1),
    ("销售一班", "张三", "m05_pnl", 2),
    ("", "", "", 0),
    ("é", "Zoë", "x", 1),
]


@pytest.mark.parametrize("who", PEOPLE, ids=str)
def test_seeds_never_change(who):
    if WRITE:
        keep(GOLDEN, str(who), seed_for(*who))
    assert seed_for(*who) == golden(GOLDEN)[str(who)]
    assert 0 <= seed_for(*who) < 2**63


def test_a_seed_depends_on_every_field_and_not_on_the_way_of_typing():
    cohort, trainee, exercise, version = PEOPLE[1]
    seeds = {
        seed_for(*PEOPLE[1]),
        seed_for(cohort + "x", trainee, exercise, version),
        seed_for(cohort, trainee + "x", exercise, version),
        seed_for(cohort, trainee, exercise + "x", version),
        seed_for(cohort, trainee, exercise, version + 1),
        seed_for(cohort + trainee, "", exercise, version),
    }
    assert len(seeds) == 6
    two_signs = unicodedata.normalize("NFD", "Zoë")
    assert two_signs != "Zoë"
    assert seed_for("é", two_signs, "x", 1) == seed_for(*PEOPLE[3])


@pytest.mark.parametrize("faces", [2, 3, 6, 7, 10, 100])
def test_draws_are_uniform(faces):
    draw = Draw(20_260_901)
    counts = np.bincount([draw.integer(0, faces - 1) for _ in range(200 * faces)], minlength=faces)
    assert 0.001 < chisquare(counts).pvalue < 0.999


def test_every_order_is_as_likely():
    draw = Draw(3)
    orders = ["".join(draw.shuffled("abcd")) for _ in range(4800)]
    _, counts = np.unique(orders, return_counts=True)
    assert len(counts) == 24
    assert 0.001 < chisquare(counts).pvalue < 0.999


def test_first_draws_of_neighbouring_seeds_are_independent():
    pairs = [(Draw(seed).integer(0, 4), Draw(seed + 1).integer(0, 4)) for seed in range(5000)]
    _, counts = np.unique([5 * a + b for a, b in pairs], return_counts=True)
    assert 0.001 < chisquare(counts).pvalue < 0.999


@given(st.integers(), st.integers(-(10**12), 10**12), st.integers(0, 10**12))
def test_integers_stay_within(seed, low, width):
    assert low <= Draw(seed).integer(low, low + width) <= low + width


@given(st.integers(0, 2**63), st.floats(-1e6, 1e6), st.floats(0.02, 1e6), st.integers(0, 4))
def test_reals_stay_within_and_have_so_many_digits(seed, low, width, digits):
    if width < 10**-digits * 2:
        width = 2.0
    value = Draw(seed).real(low, low + width, digits)
    assert low <= value <= low + width
    assert value == round(value, digits)


def test_both_ends_are_met():
    draw = Draw(5)
    assert {draw.integer(-1, 1) for _ in range(50)} == {-1, 0, 1}
    assert {draw.real(0.1, 0.3, 1) for _ in range(50)} == {0.1, 0.2, 0.3}
    assert draw.integer(4, 4) == 4


def test_nothing_given_is_changed():
    values = [1, 2, 3]
    Draw(1).shuffled(values)
    assert values == [1, 2, 3]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda d: d.integer(2, 1),
        lambda d: d.real(0.11, 0.19, 1),
        lambda d: d.sample([1], 2),
        lambda d: d.sample([1], -1),
        lambda d: d.choice([]),
    ],
)
def test_what_cannot_be_drawn_is_refused(wrong):
    with pytest.raises(ValueError, match="from|out of"):
        wrong(Draw(1))
