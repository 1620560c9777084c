"""The bank: exercise files read, checked and filled with a variant."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kamkit.errors import KamkitError, Problem, cause
from kamkit.exercises.bank.shape import ACCEPT, shape_problems
from kamkit.exercises.bank.sound import variant_problems
from kamkit.exercises.forms import read_text, read_variant
from kamkit.exercises.model import Criterion, Exercise, Mistake, Sample, Text, Variant
from kamkit.exercises.variants import Draw

if TYPE_CHECKING:
    import pandas as pd

_ID = re.compile(r"[a-z][a-z0-9_]{0,59}")
_RECIPES = "kamkit.exercises.recipes"
Recipe = Callable[[Draw, "pd.DataFrame | None"], Variant]


def bank_folder() -> Path:
    """Folder of the bank: KAMKIT_BANK, else ``exercises`` of the project."""
    chosen = os.environ.get("KAMKIT_BANK")
    return Path(chosen) if chosen else Path(__file__).resolve().parents[3] / "exercises"


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """TOML reads ``a.sales = 1`` as a table in a table: back to the part's name."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping) and value and not set(value) <= set(ACCEPT):
            flat.update({f"{name}.{inner}": v for inner, v in value.items()})
        else:
            flat[name] = value
    return flat


def _normal(data: Mapping[str, Any]) -> dict[str, Any]:
    """The file's data with part names flattened."""
    found = dict(data)
    if isinstance(found.get("key"), dict):
        found["key"] = _flat(found["key"])
    if isinstance(found.get("traps"), dict):
        traps = found["traps"].items()
        found["traps"] = {k: _flat(v) if isinstance(v, dict) else v for k, v in traps}
    for name in ("samples", "blind"):
        if isinstance(found.get(name), list):
            found[name] = [_flat_sample(s) for s in found[name]]
    return found


def _flat_sample(sample: Any) -> Any:
    if isinstance(sample, dict) and isinstance(sample.get("parts"), dict):
        return {**sample, "parts": _flat(sample["parts"])}
    return sample


def _mistake(data: Mapping[str, Any]) -> Mistake:
    when = tuple(
        {k: _flat(v) if isinstance(v, dict) else v for k, v in w.items()} for w in data["when"]
    )
    return Mistake(data["id"], read_text(data), when)


def _criterion(data: Mapping[str, Any]) -> Criterion:
    return Criterion(data["id"], read_text(data["text"]), float(data.get("points", 1.0)))


def _sample(data: Mapping[str, Any]) -> Sample:
    return Sample(**{"right": False, **data})


def _texts(data: list[Any]) -> tuple[Text, ...]:
    return tuple(read_text(entry) for entry in data)


def _exercise(data: Mapping[str, Any]) -> Exercise:
    plain = ("id", "version", "module", "kind", "behaviour", "minutes", "origin", "lesson")
    flags = ("recipe", "follow", "variants", "own_accounts", "reason", "scale")
    return Exercise(
        **{name: data[name] for name in (*plain, *flags) if name in data},
        s_numbers=tuple(data["s_numbers"]),
        title=read_text(data["title"]),
        task=read_text(data["task"]),
        hints=_texts(data["hints"]),
        mistakes=tuple(_mistake(m) for m in data.get("mistakes", [])),
        solution=read_text(data["solution"]),
        fixed=read_variant(data),
        rubric=tuple(_criterion(c) for c in data.get("rubric", [])),
        axes=_texts(data.get("axes", [])),
        panel_origin=str(data.get("panel", {}).get("origin", "simulated")),
        samples=tuple(_sample(s) for s in data.get("samples", [])),
        blind=tuple(_sample({**s, "right": False}) for s in data.get("blind", [])),
    )


def _has_recipe(name: str) -> bool:
    """Whether a recipe is there, without running its file (which loads heavy parts)."""
    module, _, function = name.partition(".")
    source = files(_RECIPES).joinpath(f"{module}.py")
    if not source.is_file():
        return False
    pattern = rf"^def {re.escape(function)}\("
    return bool(re.search(pattern, source.read_text(encoding="utf-8"), flags=re.MULTILINE))


def _panel_problems(data: Mapping[str, Any]) -> list[Problem]:
    panel = data.get("panel", {})
    if not isinstance(panel, dict):
        return []  # named by the shape already
    shares = [v for v in panel.values() if isinstance(v, dict)]
    odd = [v for s in shares for v in s.values() if not isinstance(v, int | float)]
    if panel.get("origin", "simulated") not in ("simulated", "real") or odd:
        allowed = {"allowed": "simulated, real"}
        return [Problem("not_allowed", column="panel", value=panel.get("origin"), details=allowed)]
    return []


def _problems(data: Mapping[str, Any], stem: str) -> list[Problem]:
    found = [*shape_problems(data), *_panel_problems(data)]
    if isinstance(data.get("id"), str) and data["id"] != stem:
        found.append(Problem("exercise_name", column="id", value=data["id"]))
    for name in ("follow", "recipe"):
        recipe = data.get(name, "")
        if not found and recipe and not _has_recipe(recipe):
            found.append(Problem("exercise_recipe", column=name, value=recipe))
    if not found and not recipe and (data.get("variants") or data.get("own_accounts")):
        found.append(Problem("exercise_missing_key", column="recipe", value="recipe"))
    return found


def _raise(found: list[Problem], name: str) -> None:
    KamkitError.collect(replace(p, table=name) for p in found)


def _unreadable(name: str, error: Exception) -> KamkitError:
    return KamkitError(Problem("unreadable_file", table=name, value=name, details=cause(error)))


def exercise_from(data: Mapping[str, Any], name: str) -> Exercise:
    """The exercise that the data of a file describe; ``name`` is the file's, without suffix.

    Raises KamkitError with every problem: unknown or missing keys, a missing language, a
    reference that leads nowhere, too few hints, mistakes or samples. What hangs on a recipe is
    checked when a variant is made.
    """
    data, file = _normal(data), f"{name}.toml"
    _raise(_problems(data, name), file)
    try:
        exercise = _exercise(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        # A sheet, a key or a word of a shape that the rules leave open.
        raise _unreadable(file, error) from error
    if not exercise.recipe and exercise.fixed is not None:
        _raise(variant_problems(exercise, exercise.fixed), file)
    return exercise


def read_exercise(path: Path | str) -> Exercise:
    """One exercise file; raises KamkitError with every problem of it."""
    path = Path(path)
    try:
        data = tomllib.loads(path.read_bytes().decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _unreadable(path.name, error) from error
    return exercise_from(data, path.stem)


@lru_cache(maxsize=256)
def _cached(path: Path, changed: int) -> Exercise:
    return read_exercise(path)


def _path(exercise_id: str) -> Path:
    folder = bank_folder()
    if _ID.fullmatch(exercise_id):
        likely = folder / exercise_id.split("_")[0] / f"{exercise_id}.toml"
        if likely.is_file():
            return likely
        for found in sorted(folder.glob(f"*/{exercise_id}.toml")):
            return found
    raise KamkitError(Problem("unknown_exercise", value=exercise_id))


def load_exercise(exercise_id: str) -> Exercise:
    """One exercise of the bank by its id; reads that one file, and only if it has changed.

    Raises KamkitError ``unknown_exercise``, or with all problems of the file.
    """
    path = _path(exercise_id)
    return _cached(path, path.stat().st_mtime_ns)


def load_bank() -> dict[str, Exercise]:
    """All exercises by id, in the order of modules and ids.

    Raises KamkitError with the problems of all files.
    """
    found: dict[str, Exercise] = {}
    problems: list[Problem] = []
    for path in sorted(bank_folder().glob("*/*.toml")):
        try:
            exercise = _cached(path, path.stat().st_mtime_ns)
        except KamkitError as error:
            problems.extend(error.problems)
            continue
        if exercise.id in found:
            problems.append(Problem("exercise_twice", table=path.name, value=exercise.id))
        found[exercise.id] = exercise
    KamkitError.collect(problems)
    return found


def _recipe(name: str) -> Recipe:
    module, _, function = name.partition(".")
    recipe: Recipe = getattr(import_module(f"{_RECIPES}.{module}"), function)
    return recipe


def _merged(fixed: Variant, drawn: Variant) -> Variant:
    """The recipe's parts over the file's: lists replace, tables are joined."""
    return Variant(
        key={**fixed.key, **drawn.key},
        words={**fixed.words, **drawn.words},
        items=drawn.items or fixed.items,
        places=drawn.places or fixed.places,
        fields=drawn.fields or fixed.fields,
        sheets=drawn.sheets or fixed.sheets,
        traps={**fixed.traps, **drawn.traps},
        panel={**fixed.panel, **drawn.panel},
    )


def make_variant(exercise: Exercise, seed: int, accounts: pd.DataFrame | None = None) -> Variant:
    """The values that one seed gives: the file's fixed parts with the recipe's.

    ``accounts`` are the trainee's own and count only where the exercise takes them. Without
    ``variants = true`` every seed gives the same. Raises KamkitError with every reference of
    the file that this variant leaves open.
    """
    fixed = exercise.fixed or Variant(key={})
    if not exercise.recipe:
        return fixed
    own = accounts if exercise.own_accounts else None
    drawn = _recipe(exercise.recipe)(Draw(seed if exercise.variants else 0), own)
    variant = _merged(fixed, drawn)
    _raise(variant_problems(exercise, variant, own=own is not None), f"{exercise.id}.toml")
    return variant
