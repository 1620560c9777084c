"""Attainments that a pay plan may meet: drawn from assumptions, or from periods on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.goals.tables import figures, repeated, strict_figures, texts, with_columns
from kamkit.methods.shares import Floats


@dataclass(frozen=True)
class Assumed:
    """What is assumed of attainment (1.0 = target met), one place a KPI.

    ``lasting``: share of the variance (of log attainment) that stays with a person; ``common``:
    share that hits everybody in a period alike; the rest is each one's luck in a period.
    ``potential_effect``: elasticity of results to a territory's potential that targets ignore.
    """

    mean: Floats
    sd: Floats
    correlation: Floats
    lasting: float
    common: float
    potential_effect: float


@dataclass(frozen=True)
class Outcomes:
    """Attainments of draw × member × KPI.

    ``first`` and ``again``: two periods of the same people; ``others``: other people in the same
    territories (None where unknown); ``equal``: equal people in equal territories; ``n``: what
    the spread rests on; ``variant``.
    """

    first: Floats
    again: Floats
    others: Floats | None
    equal: Floats
    n: int
    variant: str


def by_kpi(given: Any, name: str, kpis: Sequence[str], problems: list[Problem]) -> Floats:
    """One positive figure a KPI, from one for all or a mapping.

    >>> by_kpi(1.0, "mean", ["a", "b"], []).tolist()
    [1.0, 1.0]
    """
    named = given if isinstance(given, Mapping) else dict.fromkeys(kpis, given)
    out = []
    for kpi in kpis:
        value = float(named.get(kpi, np.nan))
        if not (np.isfinite(value) and value > 0):
            allowed = {"allowed": "> 0"}
            said = named.get(kpi, kpi)
            problems.append(
                Problem("out_of_range", "pay_simulation", name, None, said, details=allowed)
            )
        out.append(value)
    return np.array(out)


def correlations(given: Any, kpis: Sequence[str], problems: list[Problem]) -> Floats:
    """A correlation matrix of the KPIs, from one figure or a table; refused where impossible.

    >>> correlations(0.5, ["a", "b"], []).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    k = len(kpis)
    if isinstance(given, pd.DataFrame):
        matrix = given.reindex(index=list(kpis), columns=list(kpis)).to_numpy(dtype=float)
    else:
        matrix = np.full((k, k), float(given))
        np.fill_diagonal(matrix, 1.0)
    sound = np.isfinite(matrix).all() and np.allclose(matrix, matrix.T) and (
        np.allclose(np.diag(matrix), 1) and np.linalg.eigvalsh(matrix).min() > -1e-9
    )  # fmt: skip
    if not sound:
        said = None if isinstance(given, pd.DataFrame) else given
        problems.append(
            Problem("correlation_impossible", "pay_simulation", "correlation", None, said)
        )
    return matrix


def drawn(assumed: Assumed, potential: Floats, draws: int, rng: np.random.Generator) -> Outcomes:
    """Attainments under the assumptions: lognormal, KPIs correlated, people independent.

    >>> even = Assumed(np.ones(1), np.full(1, 0.2), np.eye(1), 0.5, 0.0, 0.0)
    >>> found = drawn(even, np.ones(40), 200, np.random.default_rng(1))
    >>> round(float(found.first.mean()), 2), round(float(found.first.std()), 1)
    (1.0, 0.2)
    """
    values, vectors = np.linalg.eigh(assumed.correlation)
    root = vectors * np.sqrt(np.clip(values, 0, None))
    m, k = len(potential), len(assumed.mean)

    def shocks(people: int) -> Floats:
        found: Floats = rng.standard_normal((draws, people, k)) @ root.T
        return found

    own = max(1 - assumed.lasting - assumed.common, 0.0)
    skill, other_skill = shocks(m), shocks(m)
    noise = [np.sqrt(own) * shocks(m) + np.sqrt(assumed.common) * shocks(1) for _ in range(3)]
    log_sd = np.sqrt(np.log1p((assumed.sd / assumed.mean) ** 2))
    middle = np.log(assumed.mean) - log_sd**2 / 2
    land = np.zeros(m)
    if assumed.potential_effect:
        logs = np.log(potential)
        land = assumed.potential_effect * (logs - logs.mean())
    keep = np.sqrt(assumed.lasting)

    def attained(lasting: Floats | float, luck: Floats, ground: Floats) -> Floats:
        found: Floats = np.exp(middle + log_sd * (keep * lasting + luck) + ground[None, :, None])
        return found

    return Outcomes(
        attained(skill, noise[0], land), attained(skill, noise[1], land),
        attained(other_skill, noise[2], land), attained(0.0, noise[0], np.zeros(m)), draws,
        "drawn",
    )  # fmt: skip


def recorded(
    table: pd.DataFrame, kpis: Sequence[str]
) -> tuple[list[str], list[str], Floats, list[str]]:
    """Attainments on record as period × member × KPI, of those who have all of them.

    Needs columns: member_id, period, kpi, attainment. Returns members, periods, the array and
    who was left out. Raises KamkitError: missing_column, not_a_number, duplicate_key,
    too_few_periods.

    >>> rows = [(m, p, "s", 1.0) for m in "ab" for p in ("1", "2")][:-1]
    >>> table = pd.DataFrame(rows, columns=["member_id", "period", "kpi", "attainment"])
    >>> members, periods, values, left_out = recorded(table, ["s"])
    >>> members, values.shape, left_out
    (['a'], (2, 1, 1), ['b'])
    """
    key = ["member_id", "period", "kpi"]
    data = with_columns(table, "outcomes", [*key, "attainment"])
    found = strict_figures(data, "outcomes", ["attainment"]) + repeated(data, "outcomes", key)
    KamkitError.collect(found)
    typed = pd.DataFrame({c: texts(data[c]) for c in key})
    typed["attainment"] = figures(data["attainment"])
    typed = typed[typed["kpi"].isin(list(kpis))].dropna()
    periods, everyone = sorted(typed["period"].unique()), sorted(typed["member_id"].unique())
    if len(periods) < 2:
        raise KamkitError(Problem("too_few_periods", "outcomes", "period", value=len(periods)))
    full = pd.MultiIndex.from_product([periods, everyone, list(kpis)])
    wide = typed.set_index(["period", "member_id", "kpi"])["attainment"].reindex(full)
    cube = wide.to_numpy(dtype=float).reshape(len(periods), len(everyone), len(kpis))
    whole = ~np.isnan(cube).any(axis=(0, 2))
    members = [m for m, ok in zip(everyone, whole, strict=True) if ok]
    return members, periods, cube[:, whole], [m for m in everyone if m not in members]


def resampled(cube: Floats, draws: int, rng: np.random.Generator) -> Outcomes:
    """Periods drawn whole, so that what hits everybody stays together.

    >>> cube = np.arange(6.0).reshape(3, 2, 1)
    >>> found = resampled(cube, 50, np.random.default_rng(1))
    >>> bool((found.first != found.again).any(axis=(1, 2)).all())
    True
    """
    n = len(cube)
    one = rng.integers(0, n, draws)
    other = (one + rng.integers(1, n, draws)) % n
    equal = np.maximum(cube - cube.mean(axis=0) + cube.mean(axis=(0, 1)), 0.0)
    return Outcomes(cube[one], cube[other], None, equal[one], n, "resampled_periods")
