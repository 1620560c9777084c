"""The words with which a solution says what is right, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kamkit.exercises.bank.words import answer_name
from kamkit.exercises.grade import best_value
from kamkit.exercises.kinds import Part, parts
from kamkit.exercises.model import Accept, Exercise, Variant
from kamkit.widgets.exercise.page import value_words

_UNITS = ("money", "share")


def solution_words(exercise: Exercise, variant: Variant, lang: str) -> dict[str, Any]:
    """The variant's words, and ``answer_<part>`` for the best answer of every part."""
    known = parts(exercise, variant)
    answers = {
        answer_name(name): _word(variant, known[name], accept, lang)
        for name, accept in variant.key.items()
        if name in known
    }
    return {**answers, **variant.words}


def _word(variant: Variant, part: Part, accept: Accept, lang: str) -> Any:
    """A word as :func:`written` takes it: text, a figure, or a figure with its kind."""
    if part.takes == "text":
        return _text(accept, lang)
    if part.takes == "tick":
        return value_words(part.id, part.id, variant, lang)
    best = best_value(accept, part)
    if isinstance(best, int | float) and part.unit in _UNITS:
        return {"kind": part.unit, "value": best, "currency": part.currency}
    if isinstance(best, int | float):
        return best
    return value_words(part.id, best, variant, lang)


def _text(accept: Accept, lang: str) -> str:
    """The first accepted word in the reader's script, else the first."""
    words: Sequence[str] = [str(w) for w in (accept.best, *accept.like, *accept.any) if w]
    own = [w for w in words if w.isascii() == (lang == "en")]
    return next(iter([*own, *words]), "")
