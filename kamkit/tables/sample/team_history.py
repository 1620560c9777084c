"""A sales team simulated quarter by quarter: for tests of methods that judge people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kamkit.errors import KamkitError, Problem
from kamkit.tables.sample.finish import finish
from kamkit.tables.sample.world import read_data

Floats = NDArray[np.float64]
Ids = NDArray[np.object_]

REGIMES = ("planted", "equal", "no_weak")
WEAK = -1.5  # effect of the weak rep, in standard deviations between people
SEVERE = 1.0  # points by which the severe manager rates lower
LAST = np.datetime64("2026-06-30")  # the last quarter ends on this day
SEASON = (0.90, 1.02, 0.97, 1.11)
GROWTH = 0.015  # per quarter, the same for everybody
_GRADES = ("grade_1", "grade_2", "grade_3")
_SHARE = 0.2  # of a territory's yearly potential that an ordinary rep sells


@dataclass(frozen=True)
class TeamHistory:
    """Canonical tables by name, and the truth behind them.

    Attributes
    ----------
    tables
        members, territories, targets, kpi_values, ratings.
    truth
        member_id (reps only), effect (log points around what the territory lets expect), kind
        (ordinary, poor_territory or weak).
    raters
        rater_id, severity (points lower than the other managers rate), kind (ordinary, severe).
    """

    tables: dict[str, pd.DataFrame]
    truth: pd.DataFrame
    raters: pd.DataFrame


def simulate_team(
    seed: int,
    *,
    reps: int = 24,
    quarters: int = 8,
    between: float = 0.10,
    within: float = 0.12,
    regime: str = "planted",
    managers: int = 4,
) -> TeamHistory:
    """Simulate the quarterly sales of a team whose true performance is known.

    Log sales = log of the expected sales + the person's effect + noise. Expected sales are a
    fixed share of the territory's potential times growth and season; workload, travel hours and
    market growth play no part. Potentials spread about threefold. Targets are the same for
    everybody within some percent: they ignore potential. Every rep's eight competencies are
    rated by two managers, the own one and that of the next team; one manager rates a point
    lower; true ability goes along with the effect (r = 0.4).

    Parameters
    ----------
    seed : same seed and options, same tables.
    between : standard deviation of the persons' effects, in log points.
    within : standard deviation of a quarter's noise, in log points; independent by quarter.
    regime : ``planted`` (effects drawn at random; one rep, effect nil, has a territory so poor
        that sales and attainment are the lowest of all; one is weak, 1.5 standard deviations
        below the expectation, in a middling territory), ``no_weak`` (the same without the weak
        rep), ``equal`` (no effects at all; territories still differ, one is as poor).

    Returns ``TeamHistory``. Sales and targets (scope member, periods such as 2026Q2, the last
    one) in CNY. Raises KamkitError ``not_allowed`` for an unknown regime, fewer than 5 reps, 1
    quarter or 2 managers, or a negative spread. Source: house; r = 0.4: field:Bommer et al. 1995.

    >>> history = simulate_team(1, reps=6, quarters=2)
    >>> history.truth["kind"].value_counts().sort_index().to_dict()
    {'ordinary': 4, 'poor_territory': 1, 'weak': 1}
    >>> sorted(history.tables)
    ['kpi_values', 'members', 'ratings', 'targets', 'territories']
    """
    _refuse(regime, reps, quarters, managers, between, within)
    ids = _ids(managers + reps)
    bosses, crew = ids[:managers], ids[managers:]
    potential, effect, kind = _truth(seed, reps, between, regime)
    periods = _periods(quarters)
    tables = {
        "members": _members(seed, bosses, crew),
        "territories": _territories(seed, potential),
        "targets": _targets(seed, crew, potential, periods),
        "kpi_values": _sales(seed, crew, potential, effect, within, periods),
        "ratings": _ratings(seed, bosses, crew, effect / between if between else effect),
    }
    truth = pd.DataFrame({"member_id": crew, "effect": effect, "kind": kind})
    severity = np.where(np.arange(managers) == 1, SEVERE, 0.0)
    raters = pd.DataFrame({"rater_id": bosses, "severity": severity})
    raters["kind"] = np.where(severity > 0, "severe", "ordinary")
    texts = {"member_id": "str", "rater_id": "str", "kind": "str"}
    done = {name: finish(table, name) for name, table in tables.items()}
    truth, raters = (t.astype({c: texts[c] for c in t if c in texts}) for t in (truth, raters))
    return TeamHistory(done, truth, raters)


def _refuse(
    regime: str, reps: int, quarters: int, managers: int, between: float, within: float
) -> None:
    found = []
    if regime not in REGIMES:
        allowed = {"allowed": ", ".join(REGIMES)}
        found.append(Problem("not_allowed", column="regime", value=regime, details=allowed))
    for name, value, least in (
        ("reps", reps, 5),
        ("quarters", quarters, 1),
        ("managers", managers, 2),
        ("between", between, 0),
        ("within", within, 0),
    ):
        if not value >= least:
            allowed = {"allowed": f"≥ {least}"}
            found.append(Problem("not_allowed", column=name, value=value, details=allowed))
    KamkitError.collect(found)


def _rng(seed: int, stream: int) -> np.random.Generator:
    """The generator of one stream: a change in one table leaves the others as they were."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, stream])))


def _ids(number: int) -> Ids:
    width = max(3, len(str(number)))
    return np.array([f"M{k:0{width}d}" for k in range(1, number + 1)], dtype=object)


def _periods(quarters: int) -> list[str]:
    """The last quarters up to the day of the data, oldest first."""
    last = int(LAST.astype("M8[M]").astype(int)) // 3
    return [f"{1970 + q // 4}Q{q % 4 + 1}" for q in range(last - quarters + 1, last + 1)]


def _truth(
    seed: int, reps: int, between: float, regime: str
) -> tuple[Floats, Floats, NDArray[np.str_]]:
    """Potential, effect and kind of every rep; the poor territory is drawn below all others."""
    rng = _rng(seed, 0)
    potential = 60e6 * np.exp(rng.uniform(np.log(1.5), np.log(3.0), reps))
    effect = rng.normal(0.0, between, reps) * (regime != "equal")
    kind = np.full(reps, "ordinary", dtype="U14")
    poor = int(rng.integers(reps))
    others = np.flatnonzero(np.arange(reps) != poor)
    middling = others[np.argsort(potential[others], kind="stable")][len(others) // 2]
    kind[poor], effect[poor] = "poor_territory", 0.0
    if regime == "planted":
        kind[middling], effect[middling] = "weak", WEAK * between
    # Far enough below everybody's expected sales that noise can't lift the average above theirs.
    lowest = np.log(potential[others]) + effect[others]
    potential[poor] = min(60e6, float(np.exp(lowest.min() - 0.2)))
    return np.round(potential, -4), effect, kind


def _members(seed: int, bosses: Ids, crew: Ids) -> pd.DataFrame:
    """Managers and reps; grade, experience and group have nothing to do with the effects."""
    rng, pool = _rng(seed, 1), read_data("common")["names"]
    size = len(bosses) + len(crew)
    team = np.r_[np.arange(len(bosses)), np.arange(len(crew)) % len(bosses)]
    rep = np.arange(size) >= len(bosses)
    surnames, given = pool["surnames"], pool["given"]
    pairs = len(surnames) * len(given)
    order = rng.permutation(pairs)[np.arange(size) % pairs]
    family, first = order % len(surnames), order // len(surnames)
    years = np.round(rng.uniform(1, 18, size), 1)
    hired = LAST - (years * rng.uniform(0.2, 1.0, size) * 365.25).astype("m8[D]")
    table = pd.DataFrame({"member_id": np.r_[bosses, crew]})
    table["name"] = [surnames[f][0] + given[g][0] for f, g in zip(family, first, strict=True)]
    table["name_zh"] = table["name"]
    table["name_en"] = [
        f"{given[g][1]} {surnames[f][1]}" for f, g in zip(family, first, strict=True)
    ]
    table["role"] = np.where(rep, "key_account_manager", "sales_manager")
    table["team"] = [f"team_{k + 1}" for k in team]
    table["manager_id"] = pd.Series(bosses[team]).where(rep)
    table["territory_id"] = pd.Series(_places(len(crew)), np.flatnonzero(rep))
    table["hired_on"] = hired
    table["hours_per_year"] = 1760.0
    table["group"] = np.where(rng.random(size) < 0.5, "group_a", "group_b")
    table["grade"] = np.array(_GRADES)[np.minimum(2, (years // 6).astype(int))]
    table["experience_years"] = years
    return table


def _places(number: int) -> list[str]:
    width = max(3, len(str(number)))
    return [f"T{k:0{width}d}" for k in range(1, number + 1)]


def _territories(seed: int, potential: Floats) -> pd.DataFrame:
    rng, size = _rng(seed, 2), len(potential)
    places = _places(size)
    return pd.DataFrame(
        {
            "territory_id": places,
            "name": places,
            "potential": potential,
            "workload_index": np.round(rng.uniform(0.8, 1.25, size), 2),
            "travel_hours": np.round(rng.uniform(180, 520, size)),
            "market_growth": np.round(rng.normal(0.04, 0.02, size), 3),
            "currency": "CNY",
        }
    )


def _pace(periods: list[str]) -> Floats:
    """What a quarter's sales are of an average one: season and growth."""
    season = np.array([SEASON[int(p[-1]) - 1] for p in periods])
    pace: Floats = season * np.exp(GROWTH * np.arange(len(periods)))
    return pace


def _long(crew: Ids, periods: list[str], values: Floats) -> pd.DataFrame:
    """Figures by member and quarter as rows of targets or kpi_values."""
    return pd.DataFrame(
        {
            "scope": "member",
            "scope_id": np.repeat(crew, len(periods)),
            "period": np.tile(np.asarray(periods, dtype=object), len(crew)),
            "kpi": "sales",
            "value": values.ravel(),
            "unit": "CNY",
        }
    )


def _targets(seed: int, crew: Ids, potential: Floats, periods: list[str]) -> pd.DataFrame:
    usual = _SHARE / 4 * 1.05 * float(np.median(potential)) * _pace(periods)
    slip = 1 + np.clip(_rng(seed, 3).normal(0, 0.02, (len(crew), 1)), -0.04, 0.04)
    return _long(crew, periods, np.round(usual * slip, -4))


def _sales(
    seed: int, crew: Ids, potential: Floats, effect: Floats, within: float, periods: list[str]
) -> pd.DataFrame:
    noise = _rng(seed, 4).normal(0, within, (len(crew), len(periods)))
    usual = _SHARE / 4 * potential[:, None] * _pace(periods)
    return _long(crew, periods, np.round(usual * np.exp(effect[:, None] + noise), 2))


def _ratings(seed: int, bosses: Ids, crew: Ids, effect: Floats) -> pd.DataFrame:
    """Two managers a rep, so that all raters are linked through the people they share."""
    rng, names = _rng(seed, 5), read_data("common")["lists"]["competencies"]
    shape = (len(crew), 2, len(names))
    able = 3.6 + 0.32 * (0.4 * effect + np.sqrt(1 - 0.4**2) * rng.normal(size=len(crew)))
    able = able[:, None] + rng.normal(0, 0.25, (len(crew), len(names)))
    own = np.arange(len(crew)) % len(bosses)
    rater = np.stack([own, (own + 1) % len(bosses)], axis=1)
    level = able[:, None, :] - SEVERE * (rater == 1)[:, :, None]
    level = level + rng.normal(0, 0.15, shape[:2])[:, :, None] + rng.normal(0, 0.4, shape)
    return pd.DataFrame(
        {
            "ratee_id": np.repeat(crew, shape[1] * shape[2]),
            "rater_id": np.repeat(bosses[rater.ravel()], shape[2]),
            "source": "manager",
            "competency": np.tile(np.asarray(names, dtype=object), shape[0] * shape[1]),
            "period": "2026H1",
            "score": np.clip(np.rint(level), 1, 5).ravel(),
            "rated_on": LAST,
        }
    )
