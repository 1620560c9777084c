"""Will a goal be met by its date: pace so far carried on, with what pace itself may hide."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from kamkit.errors import KamkitError, Problem
from kamkit.methods.shares import Floats

FEWEST = 3  # periods from which a spread can be read at all (house)


@dataclass(frozen=True)
class Chance:
    """What :func:`attainment_chance` found: all NaN with a variant that says why not.

    ``chance`` that the goal is met; ``low``, ``high``: the same if the true pace lay at the ends
    of its interval; ``projected`` (end figure) with its prediction interval; ``n``; ``variant``.
    """

    chance: float
    low: float
    high: float
    projected: float
    projected_low: float
    projected_high: float
    n: int
    variant: str


def unknown(n: int, why: str) -> Chance:
    """A chance that can't be told.

    >>> unknown(0, "too_little_data").variant
    'too_little_data'
    """
    nan = math.nan
    return Chance(nan, nan, nan, nan, nan, nan, n, why)


def count_chance(target: float, actual: int, elapsed: float, *, level: float = 0.9) -> Chance:
    """Chance that events come to ``target``: Poisson, its rate known only from those so far.

    ``elapsed`` is the share of the time that is over (0–1); events are taken to come evenly.
    Source: gamma–Poisson, prior Jeffreys 1946 (shape ½); even pace house.

    >>> found = count_chance(10, 4, 0.5)
    >>> round(found.chance, 2), found.projected
    (0.31, 8.0)
    """
    from scipy.stats import gamma, nbinom, poisson

    if not elapsed > 0:
        return unknown(0, "too_little_data")
    need, rest, shape = math.ceil(target) - actual, 1 - elapsed, actual + 0.5
    if elapsed >= 1:
        return _settled(float(actual), actual >= target, actual)
    tail = (1 - level) / 2
    ends = np.asarray(gamma.ppf([tail, 1 - tail], shape)) / elapsed * rest
    chance = float(nbinom.sf(need - 1, shape, elapsed))
    low, high = (float(poisson.sf(need - 1, end)) for end in ends)
    more = np.asarray(nbinom.ppf([tail, 1 - tail], shape, elapsed))
    return Chance(chance, low, high, actual / elapsed, float(actual + more[0]),
                  float(actual + more[1]), actual, "even_pace")  # fmt: skip


def sum_chance(
    target: float, values: Floats, base: Floats | None = None, *, level: float = 0.9
) -> Chance:
    """Chance that period values add up to ``target``.

    ``values``: one a period, NaN for those to come. ``base``: the same periods a year before;
    what is to come is then last year's figure times the growth so far, which keeps seasons. The
    spread of past periods around that line says how sure it is (t, ratio estimator). Refused
    below three known periods.
    Source: field:Cochran 1977 (ratio estimator); limit house.

    >>> months = np.array([12.0, 11, 13, np.nan, np.nan, np.nan])
    >>> found = sum_chance(66, months, np.full(6, 10.0))
    >>> round(found.projected, 1), 0.9 < found.chance < 1
    (72.0, True)
    """
    from scipy.stats import norm, t

    values = np.asarray(values, float)
    past = np.ones(len(values)) if base is None else np.asarray(base, float)
    variant = "mean_of_periods" if base is None else "growth_on_last_year"
    done = ~np.isnan(values)
    n, so_far = int(done.sum()), float(np.nansum(values))
    if n == len(values) and n:
        return _settled(so_far, so_far >= target, n)
    if n < FEWEST or not (past > 0).all():
        return unknown(n, "too_little_data")
    before, rest = float(past[done].sum()), float(past[~done].sum())
    growth = so_far / before
    noise = math.sqrt(float((((values - growth * past)[done] ** 2) / past[done]).sum()) / (n - 1))
    middle, reach = so_far + growth * rest, float(t.ppf(0.5 + level / 2, n - 1))
    if noise <= 1e-12 * max(abs(growth), 1e-300):
        return unknown(n, "no_variance")
    whole = noise * math.sqrt(rest + rest**2 / before)
    future, pace = noise * math.sqrt(rest), reach * noise / math.sqrt(before) * rest
    low, high = (float(norm.sf((target - middle - shift) / future)) for shift in (-pace, pace))
    return Chance(
        float(t.sf((target - middle) / whole, n - 1)), low, high, middle,
        middle - reach * whole, middle + reach * whole, n, variant,
    )  # fmt: skip


def level_chance(
    target: float, actual: float, *, n: float | None = None, se: float | None = None,
    level: float = 0.9,
) -> Chance:  # fmt: skip
    """Chance that a level (a share, a mean) truly reaches ``target``, if it stays as it is.

    A share of ``n`` answers: Beta (Jeffreys). A mean with its standard error ``se``: normal.
    Neither given: unknown. One measurement can't tell how the level will move.
    Source: field:Brown, Cai & DasGupta 2001.

    >>> round(level_chance(0.9, 0.92, n=50).chance, 2)
    0.66
    """
    from scipy.stats import beta, norm

    tail, count = (1 - level) / 2, int(n or 0)
    if se is not None and se > 0:
        ends = np.asarray(norm.ppf([tail, 1 - tail], actual, se))
        chance, variant = float(norm.sf(target, actual, se)), "level_normal"
    elif n is not None and n > 0 and 0 <= actual <= 1:
        hits = actual * n
        ends = np.asarray(beta.ppf([tail, 1 - tail], hits + 0.5, n - hits + 0.5))
        chance, variant = float(beta.sf(target, hits + 0.5, n - hits + 0.5)), "level_share"
    else:
        return replace(unknown(count, "too_little_data"), projected=actual)
    return Chance(
        chance, math.nan, math.nan, actual, float(ends[0]), float(ends[1]), count, variant
    )


def _settled(total: float, met: bool, n: int) -> Chance:
    chance = float(met)
    return Chance(chance, chance, chance, total, total, total, n, "finished")


def attainment_chance(
    kind: str,
    *,
    target: float,
    actual: float | None = None,
    elapsed: float | None = None,
    values: Floats | None = None,
    base: Floats | None = None,
    n: float | None = None,
    se: float | None = None,
    level: float = 0.9,
) -> Chance:
    """Chance that a goal of one of three kinds is met: count, sum or level.

    count: ``actual`` events in the ``elapsed`` share of the time (:func:`count_chance`). sum:
    ``values`` by period, ``base`` a year before (:func:`sum_chance`). level: ``actual`` with
    ``n`` or ``se`` (:func:`level_chance`). Raises KamkitError: unknown_option, empty_cell.
    Source: S169 (in: target, actual, date); S171.

    >>> attainment_chance("count", target=10, actual=10, elapsed=0.9).chance
    1.0
    """
    needs: dict[str, dict[str, object]] = {
        "count": {"actual": actual, "elapsed": elapsed},
        "sum": {"values": values},
        "level": {"actual": actual},
    }
    if kind not in needs:
        raise KamkitError(
            Problem(
                "unknown_option",
                "programme",
                "kind",
                None,
                kind,
                details={"allowed": ", ".join(needs)},
            )
        )
    KamkitError.collect(
        Problem("empty_cell", "programme", name) for name, v in needs[kind].items() if v is None
    )
    if kind == "sum" and values is not None:
        return sum_chance(target, values, base, level=level)
    if kind == "level" or elapsed is None:
        return level_chance(target, float(actual or 0.0), n=n, se=se, level=level)
    return count_chance(target, int(actual or 0), elapsed, level=level)
