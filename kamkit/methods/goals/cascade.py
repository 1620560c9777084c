"""A total shared out by weight, within floors and caps, so that the parts add up exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.goals.bounds import Shares, fill, ways_out
from kamkit.methods.goals.exact import exact, in_units, round_up_largest, written
from kamkit.methods.measures import measure_row, measure_table

Given = Mapping[str, Any] | pd.Series | float | None
ORIGIN = "S171; field:Balinski & Young 1982"
NAMED = 3  # parts that a message names
PART_COLUMNS = [
    "id", "weight", "proportional", "within_bounds", "target", "units", "floor", "cap", "bound",
    "changed_by_rounding", "rounding_tie",
]  # fmt: skip
ROUND_COLUMNS = ["round", "left", "weight_left", "per_weight", "held", "bound"]
WAY_COLUMNS = ["option", "way", "what", "id", "now", "then", "change"]


@dataclass(frozen=True)
class Cascade:
    """What :func:`cascade` found.

    Attributes
    ----------
    parts
        One row a part: id, weight, proportional (its plain share of the total), within_bounds
        (after floors and caps, before rounding), target, units (target as a whole number of
        units), floor, cap (as given), bound (floor, cap, none), changed_by_rounding (target
        less within_bounds), rounding_tie (the last unit could as well stand elsewhere).
    rounds
        How it was shared: round, left (still to share), weight_left, per_weight (amount for one
        unit of weight), held (ids that stop at a bound in this round), bound.
    measures
        Measure table: total, parts_sum, parts_at_floor, parts_at_cap, moved_by_bounds (amount
        that floors and caps move between parts), moved_by_rounding.
    unit
        The unit of rounding.
    """

    parts: pd.DataFrame
    rounds: pd.DataFrame
    measures: pd.DataFrame
    unit: float


def cascade(
    total: Any,
    weights: Mapping[str, Any] | pd.Series,
    *,
    floors: Given = None,
    caps: Given = None,
    unit: Any = 1,
) -> Cascade:
    """Share a total out by weight within floors and caps; the targets add up to it exactly.

    What a cap cuts off or a floor adds is shared among the others by weight; then all are
    rounded to ``unit`` (0.01 for cents) by largest remainder, which never breaks a bound.
    ``floors`` and ``caps``: a figure a part, or one for all. A part with weight 0 gets its
    floor. The order of the parts doesn't matter: equal ones are told apart by id.

    The sum is exact in ``units``, and in the digits of the targets as they are written.
    Returns Cascade. Raises KamkitError: not_a_number, out_of_range, total_off_unit,
    unit_too_fine, duplicate_key, unknown_part, no_weight_at_all, and where no sharing exists
    floor_above_cap, floors_exceed_total, caps_below_total; :func:`cascade_ways` lists every
    smallest way out. Source: S171; Balinski & Young 1982; bounds: proportional filling.

    >>> shared = cascade(1000, {"a": 5, "b": 3, "c": 2}, caps={"a": 450})
    >>> shared.parts[["id", "target", "bound"]].values.tolist()
    [['a', 450.0, 'cap'], ['b', 330.0, 'none'], ['c', 220.0, 'none']]
    """
    shares, given = _shares(total, weights, floors, caps, unit)
    KamkitError.collect(_clashes(shares, given))
    amounts, bound, rounds = fill(shares)
    units, tied = round_up_largest(amounts, shares.total, shares.ids)
    step = given.step
    whole = sum(shares.weights, Fraction(0))
    plain = [shares.total * w / whole if whole else Fraction(0) for w in shares.weights]
    parts = pd.DataFrame(
        {
            "id": shares.ids,
            "weight": [float(w) for w in shares.weights],
            "proportional": [float(p * step) for p in plain],
            "within_bounds": [float(a * step) for a in amounts],
            "target": [float(u * step) for u in units],
            "units": np.array(units, dtype=np.int64),
            "floor": given.floors,
            "cap": given.caps,
            "bound": bound,
            "changed_by_rounding": [
                float((u - a) * step) for u, a in zip(units, amounts, strict=True)
            ],
            "rounding_tie": np.array(tied, dtype=bool),
        },
        columns=PART_COLUMNS,
    )
    log = [
        (k + 1, float(r.left * step), float(r.weight), _shown(r.left * step / r.weight),
         "; ".join(shares.ids[i] for i in r.held), r.bound)
        for k, r in enumerate(rounds)
    ]  # fmt: skip
    moved = [
        sum((abs(a - b) for a, b in zip(amounts, other, strict=True)), Fraction(0)) * step / 2
        for other in (plain, map(Fraction, units))
    ]
    figures = {
        "cascade_total": shares.total * step, "cascade_sum": sum(units) * step,
        "parts_at_floor": bound.count("floor"), "parts_at_cap": bound.count("cap"),
        "moved_by_bounds": moved[0], "moved_by_rounding": moved[1],
    }  # fmt: skip
    measures = measure_table(
        measure_row(name, float(value), len(units), variant="largest_remainder", origin=ORIGIN)
        for name, value in figures.items()
    )
    return Cascade(parts, pd.DataFrame(log, columns=ROUND_COLUMNS), measures, float(step))


def cascade_ways(
    total: Any,
    weights: Mapping[str, Any] | pd.Series,
    *,
    floors: Given = None,
    caps: Given = None,
    unit: Any = 1,
) -> pd.DataFrame:
    """Every smallest change after which :func:`cascade` works; each option is enough alone.

    Options: raise_total, lower_total, lower_floors and raise_caps (all of them, in
    proportion), lower_one_floor, raise_one_cap, give_weight (to a part that has none),
    lower_crossed_floors, raise_crossed_caps, and those joined by "; " where one isn't enough.
    Returns columns: option (rows with the same number belong together), way, what (total,
    floor, cap, weight), id ("" for the total), now, then, change (then less now); empty where
    the total can be shared out. Raises KamkitError as cascade does for unreadable input.
    Source: house.

    >>> cascade_ways(10, {"a": 1, "b": 1}, floors={"a": 8, "b": 6})[["way", "id", "then"]]
    ... # doctest: +NORMALIZE_WHITESPACE
                   way id  then
    0      raise_total     14.0
    1     lower_floors  a   6.0
    2     lower_floors  b   4.0
    3  lower_one_floor  a   4.0
    4  lower_one_floor  b   2.0
    """
    shares, given = _shares(total, weights, floors, caps, unit)
    step, rows = given.step, []
    positive = [w for w in shares.weights if w]
    for option, (way, changes) in enumerate(ways_out(shares), 1):
        for what, i, before, after in changes:
            now, then = float(before * step), float(after * step)
            if what == "weight":
                now, then = 0.0, float(sum(positive) / len(positive)) if positive else 1.0
            elif what == "floor" and before == shares.floors[i]:
                now = given.floors[i]
            elif what == "cap" and before == shares.caps[i]:
                now = given.caps[i]
            rows.append((option, way, what, "" if i < 0 else shares.ids[i], now, then, then - now))
    return pd.DataFrame(rows, columns=WAY_COLUMNS)


@dataclass(frozen=True)
class _Given:
    """The input as it was given, for the parts' table and for messages."""

    step: Fraction
    floors: list[float]
    caps: list[float]


def _shares(
    total: Any, weights: Mapping[str, Any] | pd.Series, floors: Given, caps: Given, unit: Any
) -> tuple[Shares, _Given]:
    """Everything in whole units: floors rounded up, caps rounded down to one."""
    count = in_units(total, unit)
    step = exact(unit) or Fraction(1)
    keys = [str(k) for k, _ in weights.items()]
    problems = [
        Problem("duplicate_key", "weights", "id", i + 1, k)
        for i, k in enumerate(keys)
        if k in keys[:i]
    ] if len(set(keys)) < len(keys) else []  # fmt: skip
    values = [weights.iloc[i] for i in range(len(weights))] if isinstance(
        weights, pd.Series) else list(weights.values())  # fmt: skip
    read = _figures(values, "weight", problems, None)
    lows = _figures(_by_id(floors, keys, "floor", problems), "floor", problems, 0)
    highs = _figures(_by_id(caps, keys, "cap", problems), "cap", problems, math.inf)
    if count and not problems and not any(read):
        problems.append(Problem("no_weight_at_all", "weights", "weight"))
    KamkitError.collect(problems)
    floor_units = tuple(-(-low // step) for low in lows if low is not None)
    cap_units = tuple(None if high is None else high // step for high in highs)
    shares = Shares(
        tuple(keys), count, tuple(w or Fraction(0) for w in read), floor_units, cap_units
    )
    return shares, _Given(
        step,
        [float(low or 0) for low in lows],
        [math.nan if high is None else float(high) for high in highs],
    )


def _by_id(given: Given, keys: Sequence[str], column: str, problems: list[Problem]) -> list[Any]:
    if given is None:
        return [None] * len(keys)
    if not isinstance(given, Mapping | pd.Series):
        return [given] * len(keys)
    named = {str(k): v for k, v in given.items()}
    problems += [
        Problem("unknown_part", "weights", column, value=k) for k in named.keys() - {*keys}
    ]
    return [named.get(k) for k in keys]


def _figures(
    values: Sequence[Any], column: str, problems: list[Problem], empty: float | None
) -> list[Fraction | None]:
    """Exact figures of 0 or more; an empty floor is 0, an empty cap holds nothing back."""
    out: list[Fraction | None] = []
    for row, value in enumerate(values, 1):
        blank = value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
        endless = isinstance(value, float) and value == math.inf and empty == math.inf
        if empty is not None and (blank or endless):
            out.append(Fraction(0) if empty == 0 else None)
            continue
        number = exact(value)
        if number is None:
            problems.append(Problem("not_a_number", "weights", column, row, value))
        elif number < 0:
            allowed = {"allowed": ">= 0"}
            problems.append(Problem("out_of_range", "weights", column, row, value, details=allowed))
        out.append(number)
    return out


def _clashes(shares: Shares, given: _Given) -> list[Problem]:
    """What stands in the way, with the figures that would mend it."""
    step = given.step
    problems = [
        Problem("floor_above_cap", "weights", "floor", i + 1, shares.ids[i],
                details={"floor": _said(given.floors[i]), "cap": _said(given.caps[i]),
                         "unit": written(step)})
        for i in shares.crossed
    ]  # fmt: skip
    if problems:
        return problems
    least, most, total = shares.least, shares.most, shares.total
    if least > total:
        short = least - total
        single = [i for i, low in enumerate(shares.floors) if low >= short]
        problems.append(_sum_problem("floors_exceed_total", shares, step, least, single))
    elif most is not None and most < total:
        single = [i for i, w in enumerate(shares.weights) if w]
        problems.append(_sum_problem("caps_below_total", shares, step, most, single))
    return problems


def _sum_problem(
    code: str, shares: Shares, step: Fraction, needed: int, single: Sequence[int]
) -> Problem:
    named = ", ".join(sorted(shares.ids[i] for i in single)[:NAMED])
    details = {"needed": written(needed * step), "ids": named,
               "short": written(abs(needed - shares.total) * step)}  # fmt: skip
    total = written(shares.total * step)
    return Problem(code if single else f"{code}_together", "weights", "total", value=total,
                   details=details)  # fmt: skip


def _shown(amount: Fraction) -> float:
    """An exact amount as a float; endless where a weight is next to nothing."""
    try:
        return float(amount)
    except OverflowError:
        return math.inf


def _said(value: float) -> str:
    return written(exact(value) or Fraction(0))
