"""Every exercise of the bank: its samples, mistakes, traps and texts are what they claim."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from kamkit.exercises.bank import bank_folder, load_bank, make_variant, read_exercise
from kamkit.exercises.bank.sound import exercise_texts, variant_texts
from kamkit.exercises.bank.words import placeholders
from kamkit.exercises.check import check, understand
from kamkit.exercises.grade import best_parts
from kamkit.exercises.kinds import KINDS, parts
from kamkit.exercises.model import Exercise, Sample, Variant

FILES = sorted(bank_folder().glob("*/*.toml"))
SEEDS = range(21)
NAMED_SHARE = 0.8
HAN = re.compile("[一-鿿]")
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


@cache
def read(path: Path) -> Exercise:
    return read_exercise(path)


@cache
def variant_of(path: Path, seed: int) -> Variant:
    return make_variant(read(path), seed)


def answer_of(exercise: Exercise, variant: Variant, sample: Sample) -> dict[str, object]:
    if sample.use == "key":
        given = best_parts(variant, parts(exercise, variant))
    else:
        given = variant.traps[sample.use] if sample.use else {}
    return {"parts": {**given, **sample.parts}, "reason": sample.reason, "confirmed": True}


def outcome_of(path: Path, sample: Sample):
    exercise, variant = read(path), variant_of(path, sample.seed)
    answer = answer_of(exercise, variant, sample)
    asked = understand(exercise, variant, answer)
    assert asked == [], f"{sample.name} is asked back: {asked}"
    return check(exercise, variant, answer)


def scored(exercise: Exercise) -> bool:
    return KINDS[exercise.kind].scored


@every_file
def test_loads_and_has_what_it_needs(path):
    exercise = read(path)
    assert len(exercise.hints) >= 2
    assert path.parent.name == exercise.module.lower().replace(
        "m", "m0" if len(exercise.module) == 2 else "m"
    )
    assert exercise.id.startswith(path.parent.name + "_")


@every_file
def test_right_samples_are_right(path):
    exercise = read(path)
    for sample in (s for s in exercise.samples if s.right):
        outcome = outcome_of(path, sample)
        if scored(exercise):
            assert (outcome.score, outcome.status) == (1.0, "correct"), (sample.name, outcome)
            assert outcome.mistakes == ()
        else:
            assert outcome.status == "needs_review"
            assert outcome.mistakes == (), sample.name


@every_file
def test_wrong_samples_hit_their_mistake(path):
    for sample in (s for s in read(path).samples if not s.right):
        outcome = outcome_of(path, sample)
        assert outcome.score < 1, sample.name
        if sample.expects:
            assert sample.expects in outcome.mistakes, (sample.name, outcome)


def slips(exercise: Exercise, variant: Variant):
    """The key with one figure off by a factor: slips of unit and size that need no trap."""
    known = parts(exercise, variant)
    best = best_parts(variant, known)
    factors = {f for m in exercise.mistakes for rule in m.when for f in rule.get("scaled", ())}
    for name, value in best.items():
        if known[name].takes == "figure":
            for factor in (*factors, *(1 / f for f in factors), 1.7, 0.6):
                yield {**best, name: value * factor}


@every_file
def test_every_mistake_can_be_made(path):
    """By a sample that expects it, by a trap, or by a slip of one figure."""
    exercise = read(path)
    reached = {s.expects for s in exercise.samples if not s.right}
    for seed in range(3):
        variant = variant_of(path, seed)
        for values in (*variant.traps.values(), *slips(exercise, variant)):
            reached |= set(check(exercise, variant, {"parts": values}).mistakes)
    assert {m.id for m in exercise.mistakes} <= reached


@every_file
def test_traps_differ_from_the_key(path):
    exercise = read(path)
    for seed in SEEDS if exercise.recipe else (0,):
        variant = variant_of(path, seed)
        for name, trap in variant.traps.items():
            best = best_parts(variant, parts(exercise, variant))
            full = trap if exercise.kind == "many" else {**best, **trap}
            outcome = check(exercise, variant, {"parts": full})
            assert outcome.score < 1, f"seed {seed}: the trap {name} gives the right answer"


@every_file
def test_key_is_right_and_blank_is_no_attempt(path):
    exercise = read(path)
    for seed in SEEDS if exercise.recipe else (0,):
        variant = variant_of(path, seed)
        assert check(exercise, variant, {"parts": {}}).status == "not_attempted"
        best = best_parts(variant, parts(exercise, variant))
        if scored(exercise):
            full = {"parts": best, "confirmed": True}  # parts that nobody grades stay blank
            assert understand(exercise, variant, full) == [], f"seed {seed}"
            assert check(exercise, variant, {"parts": best}).score == 1.0, f"seed {seed}"


@every_file
def test_texts_are_in_their_language_and_fill(path):
    exercise = read(path)
    for where, text in exercise_texts(exercise):
        if not where.startswith("axes"):
            assert HAN.search(text.zh), where
    for seed in (0, 1):
        variant = variant_of(path, seed)
        for where, text in (*exercise_texts(exercise), *variant_texts(variant)):
            assert not HAN.search(text.en), f"{where}: {text.en}"
            for said in (text.zh, text.en):
                rest = said
                for name in placeholders(said):
                    rest = rest.replace(f"{{{name}}}", "")
                assert not re.search("[{}]", rest), f"{where}: {said}"
        for name, word in variant.words.items():
            if isinstance(word, dict) and "en" in word:
                assert not HAN.search(str(word["en"])), name
        for sheet in variant.sheets:
            assert all(len(row) == len(sheet.columns) for row in sheet.rows), sheet.title


@every_file
def test_blind_answers_fall_into_named_mistakes(path):
    """Wrong answers of somebody who never saw the list: four in five are named."""
    exercise = read(path)
    if exercise.kind == "poll" or not exercise.blind:
        return
    named = checked = 0
    for sample in exercise.blind:
        variant = variant_of(path, sample.seed)
        answer = answer_of(exercise, variant, sample)
        if understand(exercise, variant, answer):
            continue
        outcome = check(exercise, variant, answer)
        assert outcome.score < 1, f"{sample.name} is right"
        checked += 1
        named += bool(outcome.mistakes)
    assert checked > len(exercise.blind) / 2, "most are asked back"
    assert named >= NAMED_SHARE * checked, f"{named} of {checked} are named"


def test_bank_loads_as_a_whole():
    bank = load_bank()
    assert list(bank) == [path.stem for path in sorted(bank_folder().glob("*/*.toml"))]
