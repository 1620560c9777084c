"""What only the answer itself settles: a second figure that has to agree with the first ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from kamkit.exercises.answers import read_answer
from kamkit.exercises.model import Exercise, Variant

RECIPES = "kamkit.exercises.recipes"
Follow = Callable[[Variant, Mapping[str, Any]], Variant]


def followed(exercise: Exercise, variant: Variant, values: Mapping[str, Any]) -> Variant:
    """The variant with the key, traps and words that follow from the values of an answer.

    The same variant where the exercise names no ``follow``; what is stored stays as met.

    >>> from kamkit.exercises.bank import load_exercise, make_variant
    >>> plain = load_exercise("m01_pareto")
    >>> variant = make_variant(plain, 1)
    >>> followed(plain, variant, {}) is variant
    True
    """
    if not exercise.follow:
        return variant
    module, _, function = exercise.follow.partition(".")
    follow: Follow = getattr(import_module(f"{RECIPES}.{module}"), function)
    return follow(variant, values)


def met_with(exercise: Exercise, variant: Variant, answer: Any) -> Variant:
    """The variant as an answer completes it, for the words in which the outcome is said."""
    if not exercise.follow or not answer:
        return variant
    return followed(exercise, variant, read_answer(exercise, variant, answer).values)
