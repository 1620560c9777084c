"""Whether what an exercise refers to is there: parts, places, traps, placeholders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kamkit.errors import Problem
from kamkit.exercises.answers import read_value
from kamkit.exercises.bank.words import answer_name, placeholders
from kamkit.exercises.grade import bounds, wanted
from kamkit.exercises.kinds import KINDS, Part, Parts, parts
from kamkit.exercises.mistakes import EVERY
from kamkit.exercises.model import Accept, Exercise, Sample, Text, Variant

Found = Iterator[Problem]


def _no_such(where: str, name: Any, allowed: Iterable[str]) -> Problem:
    details = {"allowed": ", ".join(sorted(allowed)) or "–"}
    return Problem("exercise_unknown_name", column=where, value=name, details=details)


def _names(where: str, names: Any, allowed: Iterable[str]) -> Found:
    known = set(allowed)
    for name in names if isinstance(names, list | tuple) else [names]:
        if not isinstance(name, str) or name not in known:
            yield _no_such(where, name, known)


def _needs(exercise: Exercise, variant: Variant) -> Found:
    for name in KINDS[exercise.kind].needs:
        if not getattr(variant, name):
            yield Problem("exercise_missing_key", column=name, value=name)
    if KINDS[exercise.kind].scored and not variant.key:
        yield Problem("exercise_missing_key", column="key", value="key")
    if exercise.kind == "many" and not any(wanted(a) for a in variant.key.values()):
        yield Problem("exercise_no_tick", column="key")


def _is_plain(accept: Accept) -> bool:
    """Whether a line of the key holds words and figures where it should."""
    plain = (*accept.any, *accept.like, *(item for group in accept.order for item in group))
    best = accept.best if isinstance(accept.best, list | tuple) else [accept.best]
    return all(v is None or isinstance(v, str | int | float) for v in (*plain, *best))


def _accepted(where: str, part: Part, accept: Accept) -> Found:
    """Problems of one line of the key."""
    if part.takes == "figure":
        fits = bounds(accept, part.unit) is not None
        reversed_ = None not in (accept.low, accept.high) and accept.low > accept.high  # type: ignore[operator]
        if not fits or reversed_:
            yield Problem("exercise_key", column=where, value=accept.any or accept.best)
    elif part.takes == "place":
        best = () if accept.best is None else (accept.best,)
        yield from _names(where, (*accept.any, *best), part.options)
        if not accept.any:
            yield Problem("exercise_key", column=where, value=accept.best)
    elif part.takes == "text":
        if not accept.any and not accept.like:
            yield Problem("exercise_key", column=where)
    elif part.takes == "order":
        listed = [item for group in accept.order for item in group]
        if sorted(listed) != sorted(part.options):
            yield Problem("exercise_key", column=where, value=", ".join(map(str, listed)))
    elif not set(accept.any) <= {True, False}:
        yield Problem("exercise_key", column=where, value=accept.any)


def _fields(variant: Variant) -> Found:
    items = [item.id for item in variant.items]
    for field in variant.fields:
        yield from _names(f"fields.{field.id}.items", field.items, items)


def _key(variant: Variant, known: Parts) -> Found:
    for name, accept in variant.key.items():
        if name not in known:
            yield _no_such(f"key.{name}", name, known)
        elif not _is_plain(accept):
            yield Problem("exercise_key", column=f"key.{name}", value="[…]")
        else:
            yield from _accepted(f"key.{name}", known[name], accept)


def _values(where: str, values: Any, known: Parts) -> Found:
    """Problems of values given for parts (a trap, a condition, a sample)."""
    if not isinstance(values, Mapping):
        yield Problem(
            "exercise_type", column=where, value=values, details={"reason_key": "toml_table"}
        )
        return
    for name, value in values.items():
        if name not in known:
            yield _no_such(where, name, known)
            continue
        part = known[name]
        several = isinstance(value, list | tuple) and part.takes != "order"
        for one in value if several else [value]:
            _, problem = read_value(part, one)
            if problem is not None:
                allowed = {"allowed": ", ".join(part.options) or part.takes}
                yield Problem(
                    "exercise_value", column=f"{where}.{name}", value=one, details=allowed
                )


def _conditions(exercise: Exercise, variant: Variant, known: Parts) -> Found:
    items = [item.id for item in variant.items]
    for mistake in exercise.mistakes:
        for n, rule in enumerate(mistake.when, 1):
            at = f"mistakes.{mistake.id}.when[{n}]"
            for name, value in rule.items():
                where = f"{at}.{name}"
                if name in ("trap", "no_trap"):
                    yield from _names(where, value, variant.traps)
                elif name in ("parts", "any_parts"):
                    yield from _values(where, value, known)
                elif name in ("wrong", "blank", "parts_of"):
                    yield from _names(where, value, (*known, EVERY))
                elif name in ("top", "bottom"):
                    yield from _names(where, value, items)
                else:
                    yield from _argument(where, name, value)


def _argument(where: str, name: str, value: Any) -> Found:
    """Problems of a condition's plain argument."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    listed = isinstance(value, list | tuple) and bool(value)
    fits = {
        "least": number and value >= 1,
        "shorter": number and value >= 1,
        "same": value is True,
        "reversed": value is True,
        "direction": value in ("high", "low"),
        "scaled": listed and all(isinstance(v, int | float) and v > 0 for v in value),
        "words_any": listed and all(isinstance(v, str) for v in value),
        "words_none": listed and all(isinstance(v, str) for v in value),
    }
    if not fits.get(name, False):
        yield Problem("exercise_value", column=where, value=value, details={"allowed": name})


def _samples(exercise: Exercise, variant: Variant, known: Parts) -> Found:
    mistakes = [mistake.id for mistake in exercise.mistakes]
    for label, samples in (("samples", exercise.samples), ("blind", exercise.blind)):
        for n, sample in enumerate(samples, 1):
            at = f"{label}[{n}]"
            if sample.use:
                yield from _names(f"{at}.use", sample.use, ("key", *variant.traps))
            elif not sample.parts:
                yield Problem("exercise_missing_key", column=at, value="parts")
            if sample.expects:
                yield from _names(f"{at}.expects", sample.expects, mistakes)
            yield from _sample_parts(at, sample, known)


def _sample_parts(at: str, sample: Sample, known: Parts) -> Found:
    """A sample may hold a figure that is asked back on purpose, yet no unknown part."""
    for name in sample.parts:
        if name not in known:
            yield _no_such(f"{at}.parts", name, known)


def exercise_texts(exercise: Exercise) -> Iterator[tuple[str, Text]]:
    """The texts of the file that every variant shares, with their places."""
    yield "title", exercise.title
    yield "task", exercise.task
    yield "solution", exercise.solution
    yield from ((f"hints[{n}]", hint) for n, hint in enumerate(exercise.hints, 1))
    yield from ((f"mistakes.{m.id}", m.text) for m in exercise.mistakes)
    yield from ((f"rubric.{c.id}", c.text) for c in exercise.rubric)
    yield from ((f"axes[{n}]", axis) for n, axis in enumerate(exercise.axes, 1))


def variant_texts(variant: Variant) -> Iterator[tuple[str, Text]]:
    """The texts of one variant with their places."""
    for item in variant.items:
        yield f"items.{item.id}", item.text
        if item.detail:
            yield f"items.{item.id}.detail", item.detail
    yield from ((f"places.{place.id}", place.text) for place in variant.places)
    for field in variant.fields:
        yield f"fields.{field.id}", field.text
        inner = (*field.units, *field.options)
        yield from ((f"fields.{field.id}.{place.id}", place.text) for place in inner)
    for n, sheet in enumerate(variant.sheets, 1):
        yield f"sheets[{n}]", sheet.title
        yield from ((f"sheets[{n}].{column.id}", column.text) for column in sheet.columns)


def _placeholders(exercise: Exercise, variant: Variant) -> Found:
    before = set(variant.words)
    after = before | {answer_name(name) for name in variant.key}
    for where, text in (*exercise_texts(exercise), *variant_texts(variant)):
        known = after if where == "solution" else before
        for said in (text.zh, text.en):
            for name in placeholders(said):
                if name not in known:
                    yield _no_such(where, f"{{{name}}}", known)


def variant_problems(exercise: Exercise, variant: Variant, *, own: bool = False) -> list[Problem]:
    """All references of an exercise, filled by one variant, that lead nowhere.

    On a trainee's own accounts, where a figure may be missing, mistakes and samples may name
    parts that this variant lacks: such a mistake can't be made and simply never shows.
    """
    found = list(_needs(exercise, variant))
    if found:
        return found
    known = parts(exercise, variant)
    return [
        *_fields(variant),
        *_key(variant, known),
        *(p for name, trap in variant.traps.items() for p in _values(f"traps.{name}", trap, known)),
        *(
            ()
            if own
            else (*_conditions(exercise, variant, known), *_samples(exercise, variant, known))
        ),
        *_placeholders(exercise, variant),
        *_panel(variant, known),
    ]


def _panel(variant: Variant, known: Parts) -> Found:
    for name, shares in variant.panel.items():
        if name not in known:
            yield _no_such(f"panel.{name}", name, known)
        elif abs(sum(shares.values()) - 1) > 0.011:
            yield Problem("exercise_panel_sum", column=f"panel.{name}", value=sum(shares.values()))
