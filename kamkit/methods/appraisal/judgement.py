"""Who is weak, who is strong, and of whom it can't be told, given the territory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.appraisal.attainment import attainment
from kamkit.methods.appraisal.controllable import GROWTH_RATES, check_factors, factor_matrix
from kamkit.methods.appraisal.effects import (
    DOUBT,
    codes_of,
    refusal,
    variance_interval,
)
from kamkit.methods.appraisal.kpi_rows import kpi_rows
from kamkit.methods.appraisal.person_model import (
    PersonFit,
    Persons,
    Serial,
    chance_below,
    effect_interval,
    fit_persons,
    remove_periods,
    serial_correlation,
    within_parts,
)
from kamkit.methods.appraisal.ranks import groups_of
from kamkit.methods.checks import need_columns
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.shares import Floats

FEWEST = 5  # people below whom nobody is judged (house)
ORIGIN = (
    "field:Robinson 1991; field:Cravens, Woodruff & Stamper 1972; "
    "field:Gelman, Hill & Yajima 2012; house"
)
MEMBER_COLUMNS = [
    *("member_id", "n", "actual", "raw_rank", "attainment", "attainment_rank", "raw_effect"),
    *("effect", "low", "high", "se", "p_weak", "p_strong", "verdict", "group"),
    *("variant", "origin"),
]
NOTE_COLUMNS = ["code", "names", "n"]


@dataclass(frozen=True)
class Judgement:
    """What :func:`judge_performance` found.

    Attributes
    ----------
    members
        One row a person with a territory and figures, ordered by member_id: member_id, n
        (periods), actual (mean of a period, unit of the KPI), raw_rank (1 = largest actual),
        attainment (mean ratio to the targets, NaN without), attainment_rank, raw_effect (log
        points beside the expectation), effect (drawn towards the centre of the team), low,
        high (``level``), se, p_weak, p_strong (chance that the true effect lies below, above
        the centre), verdict (weak, strong, not_separable), group (people who share a number
        can't be separated; all 1 where nobody may be ranked), variant, origin.
    measures
        Measure table: sd_between, sd_within (log points), share_between, f, f_p, serial,
        r2 (what the factors explain of people's means), p_any_wrong (chance that any verdict
        given is wrong), and ``slope_<factor>``.
    notes
        code (no_territory, no_potential, not_positive, no_figures, periods_not_linked,
        serial_correlation, high_leverage), names, n.
    rankable, reason
        Whether people differ by more than chance, and why (not): people_differ,
        no_difference, one_period, too_few_people, periods_not_linked, no_spread.
    factors, level
        What was adjusted for; of the intervals and of all verdicts together.
    """

    members: pd.DataFrame
    measures: pd.DataFrame
    notes: pd.DataFrame
    rankable: bool
    reason: str
    factors: list[str]
    level: float


def judge_performance(
    values: pd.DataFrame,
    targets: pd.DataFrame | None,
    territories: pd.DataFrame,
    members: pd.DataFrame,
    *,
    kpi: str = "sales",
    kind: str = "quarter",
    factors: Sequence[str] = ("potential",),
    controllability: Mapping[str, Any] | None = None,
    level: float = 0.9,
) -> Judgement:
    """Judge several periods of results, given what the territory lets expect.

    ``values`` (kpi_values) and ``targets``: scope, scope_id, period, kpi, value; targets are
    shown beside and never used, since many ignore the territory. ``territories``: territory_id
    and the ``factors``; ``members``: member_id, territory_id. Further factors must be beyond
    the person's control (``controllability``), and each costs precision.

    Logarithms of the results, less what each period brings to everybody (season, growth), are
    explained by the logarithms of the factors, a random effect of the person and noise. Effects
    count from the centre of this team. A person is judged only where (1) an F test says at 5 %
    that people differ at all, (2) the interval of the effect lies on one side of the centre,
    and (3) the chances of error of all verdicts given add up to no more than 1 − ``level``: so
    the chance that even one of them is wrong stays below that. "weak" says: below the centre of
    this team, whatever the cause; a cause that isn't in the tables counts as the person's.

    Returns Judgement. Raises KamkitError: see ``kpi_rows``; missing_column, duplicate_key,
    factor_controllable, factor_unknown, too_many_factors.
    Source: Robinson 1991; Cravens, Woodruff & Stamper 1972; Gelman, Hill & Yajima 2012 (why the
    drawn effects need no further correction for many comparisons); sum of error chances house.

    >>> from kamkit.tables.sample import simulate_team
    >>> t = simulate_team(3).tables
    >>> found = judge_performance(t["kpi_values"], t["targets"], t["territories"], t["members"])
    >>> len(found.members), found.rankable
    (24, True)
    """
    rows, notes = _figures(values, territories, members, kpi, kind, list(factors))
    ids = rows["member_id"].unique()
    if len(ids) >= FEWEST:
        check_factors(list(factors), len(ids), controllability)
    if len(ids) < FEWEST:
        return _unjudged(rows, targets, kpi, kind, notes, list(factors), level)
    person, names = codes_of(rows, "member_id")
    period, _ = codes_of(rows, "period")
    first = rows.drop_duplicates("member_id").sort_values("member_id")
    design = factor_matrix(first, list(factors), "log", "member_id")
    design[:, 1:] -= design[:, 1:].mean(axis=0)
    y, spent, linked = remove_periods(np.log(rows["value"].to_numpy(float)), person, period)
    mean, n, squares = within_parts(y, person)
    serial = serial_correlation(y, person, period)
    data = Persons(mean, n / serial.design_effect, design, squares, len(y) - len(names) - spent)
    reason = refusal(data) or ("" if linked else "periods_not_linked")
    fit = None if reason else fit_persons(data, centre="team", serial=serial)
    rankable = fit is not None and fit.p < DOUBT and fit.between > 0
    reason = reason or ("people_differ" if rankable else "no_difference")
    table, wrong = _members(rows, names, data, n, fit, rankable, level, reason)
    notes += _more_notes(design, names, serial, linked)
    return Judgement(
        _beside(table, rows, targets, kpi, kind), _measures(fit, data, serial, factors, wrong),
        pd.DataFrame(notes, columns=NOTE_COLUMNS), rankable, reason, list(factors), level,
    )  # fmt: skip


def _figures(
    values: pd.DataFrame, territories: pd.DataFrame, members: pd.DataFrame, kpi: str, kind: str,
    factors: list[str],
) -> tuple[pd.DataFrame, list[tuple[str, str, int]]]:  # fmt: skip
    """Positive figures of people whose territory has all factors; and who was left out, why."""
    need_columns(members, "members", ["member_id", "territory_id"])
    need_columns(territories, "territories", ["territory_id", *factors])
    rows = kpi_rows(values, "kpi_values", kind=kind, kpis=[kpi])
    rows = rows.rename(columns={"scope_id": "member_id"})[["member_id", "period", "value"]]
    people = members[["member_id", "territory_id"]].drop_duplicates("member_id")
    places = territories[["territory_id", *factors]].drop_duplicates("territory_id")
    numbers = places[factors].apply(pd.to_numeric, errors="coerce").astype(float)
    places = places.assign(**{f: numbers[f] for f in factors})
    rows = rows.merge(people, on="member_id", how="left").merge(
        places, on="territory_id", how="left"
    )
    nowhere = rows["territory_id"].isna()
    known = rows[factors].notna().all(axis=1) & (rows[factors] > _least(factors)).all(axis=1)
    unknown, low = ~nowhere & ~known, ~nowhere & known & ~(rows["value"] > 0)
    notes = []
    for code, wrong in (
        ("no_territory", nowhere),
        ("no_potential", unknown),
        ("not_positive", low),
    ):
        who = sorted(rows.loc[wrong, "member_id"].astype(str).unique())
        if who:
            notes.append((code, "; ".join(who), int(wrong.sum())))
    keep = rows[~nowhere & ~unknown & ~low].reset_index(drop=True)
    if keep.empty:
        notes.append(("no_figures", "", 0))
    return keep, notes


def _least(factors: list[str]) -> Floats:
    return np.array([-1.0 if f in GROWTH_RATES else 0.0 for f in factors])


def verdicts(p_weak: Floats, p_strong: Floats, level: float) -> tuple[np.ndarray, float]:
    """Verdicts whose chances of error add up to at most 1 − level, surest first; and their sum.

    Each needs a chance of error below (1 − level) / 2 of its own as well.

    >>> found, wrong = verdicts(np.array([0.99, 0.96, 0.5]), np.array([0.01, 0.04, 0.5]), 0.9)
    >>> found.tolist(), round(wrong, 2)
    (['weak', 'weak', 'not_separable'], 0.05)
    """
    error = 1 - np.maximum(p_weak, p_strong)
    order = np.argsort(error, kind="stable")
    within = np.cumsum(error[order]) <= 1 - level
    given = np.zeros(len(error), dtype=bool)
    given[order] = within & (error[order] < (1 - level) / 2)
    side = np.where(p_weak > p_strong, "weak", "strong")
    return np.where(given, side, "not_separable"), float(error[given].sum())


def _members(
    rows: pd.DataFrame, names: np.ndarray, data: Persons, n: Floats, fit: PersonFit | None,
    rankable: bool, level: float, reason: str,
) -> tuple[pd.DataFrame, float]:  # fmt: skip
    m = len(names)
    out = pd.DataFrame({"member_id": pd.Series(names, dtype="str"), "n": n.astype(np.int64)})
    out["verdict"], wrong, groups = "not_separable", 0.0, np.ones(m, dtype=np.int64)
    blank = np.full(m, np.nan)
    raw, effect, low, high, se, weak, strong = (blank,) * 7
    if fit is not None:
        raw, effect = data.mean - data.design @ fit.beta, fit.effect
        low, high, se = effect_interval(fit, level)
        weak = chance_below(fit)
        differ = float(fit.weight[(fit.grid_se > 0).any(axis=1)].sum())
        strong = np.maximum(differ - weak, 0)
    if rankable:
        out["verdict"], wrong = verdicts(weak, strong, level)
        groups = groups_of(effect, low, high)
    out["raw_effect"], out["effect"], out["low"], out["high"], out["se"] = (
        raw,
        effect,
        low,
        high,
        se,
    )
    out["p_weak"], out["p_strong"], out["group"] = weak, strong, groups
    out["variant"] = "reml; error_sum" if fit is not None else reason
    out["origin"] = ORIGIN
    return out, wrong


def _beside(
    table: pd.DataFrame, rows: pd.DataFrame, targets: pd.DataFrame | None, kpi: str, kind: str
) -> pd.DataFrame:
    """Raw results and attainment put beside the effects."""
    table = table.copy()
    table["actual"] = table["member_id"].map(rows.groupby("member_id")["value"].mean())
    table["raw_rank"] = table["actual"].rank(ascending=False, method="min").astype("Int64")
    table["attainment"] = np.nan
    if targets is not None:
        values = rows.rename(columns={"member_id": "scope_id"}).assign(kpi=kpi)
        reached = attainment(values, targets, kpi, kind=kind)
        share = reached.groupby("member_id")["attainment"].mean()
        table["attainment"] = table["member_id"].map(share).astype(float)
    place = table["attainment"].rank(ascending=False, method="min")
    table["attainment_rank"] = place.astype("Int64")
    return table[MEMBER_COLUMNS]


def _unjudged(
    rows: pd.DataFrame, targets: pd.DataFrame | None, kpi: str, kind: str,
    notes: list[tuple[str, str, int]], factors: list[str], level: float,
) -> Judgement:  # fmt: skip
    person, names = codes_of(rows, "member_id")
    n = np.bincount(person, minlength=len(names)).astype(float)
    data = Persons(n, n, np.ones((len(n), 1)), 0.0, 0)
    reason = "too_few_people"
    table, _ = _members(rows, names, data, n, None, False, level, reason)
    return Judgement(
        _beside(table, rows, targets, kpi, kind), _measures(None, data, None, factors, 0.0),
        pd.DataFrame(notes, columns=NOTE_COLUMNS), False, reason, factors, level,
    )  # fmt: skip


def _more_notes(
    design: Floats, names: np.ndarray, serial: Serial, linked: bool
) -> list[tuple[str, str, int]]:
    notes = []
    if not linked:
        notes.append(("periods_not_linked", "", len(names)))
    if serial.design_effect > 1:
        notes.append(("serial_correlation", "", serial.pairs))
    q = np.linalg.qr(design)[0]
    heavy = (q**2).sum(axis=1) > 3 * design.shape[1] / len(design)
    if heavy.any():
        who = "; ".join(str(name) for name in names[heavy])
        notes.append(("high_leverage", who, int(heavy.sum())))
    return notes


def _measures(
    fit: PersonFit | None, data: Persons, serial: Serial | None, factors: Sequence[str],
    wrong: float,
) -> pd.DataFrame:  # fmt: skip
    n = len(data.mean)
    names = ("sd_between", "sd_within", "share_between", "f", "f_p", "r2", "p_any_wrong")
    if fit is None or serial is None:
        return measure_table(
            measure_row(name, np.nan, n, variant="too_little_data", origin=ORIGIN) for name in names
        )
    low, high = variance_interval(data, fit, 0.95)
    rest = data.mean - data.design @ fit.beta
    spread = float(((data.mean - data.mean.mean()) ** 2).sum())
    explained = 1 - float(((rest - rest.mean()) ** 2).sum()) / spread if spread > 0 else np.nan
    found = {
        "sd_between": (np.sqrt(fit.between), np.sqrt(low), np.sqrt(high)),
        "sd_within": (np.sqrt(fit.within), np.nan, np.nan),
        "share_between": (
            fit.between / (fit.between + fit.within), low / (low + fit.within),
            high / (high + fit.within),
        ),
        "f": (fit.f, np.nan, np.nan), "f_p": (fit.p, np.nan, np.nan),
        "r2": (explained, np.nan, np.nan), "p_any_wrong": (wrong, np.nan, np.nan),
    }  # fmt: skip
    rows = [
        measure_row(name, value, n, low=a, high=b, variant="reml", origin=ORIGIN)
        for name, (value, a, b) in found.items()
    ]
    rows.append(
        measure_row("serial", serial.rho, serial.pairs, low=serial.low, high=serial.high,
                    variant="lag_1", origin="field:Marriott & Pope 1954")
    )  # fmt: skip
    error = _slope_error(fit, data)
    for k, factor in enumerate(factors, start=1):
        rows.append(
            measure_row(f"slope_{factor}", fit.beta[k], n, low=fit.beta[k] - 1.96 * error[k],
                        high=fit.beta[k] + 1.96 * error[k], variant="reml", origin=ORIGIN)
        )  # fmt: skip
    return measure_table(rows)


def _slope_error(fit: PersonFit, data: Persons) -> Floats:
    w = 1 / (fit.ratio + 1 / data.n)
    inner = data.design.T @ (w[:, None] * data.design)
    return np.asarray(np.sqrt(fit.within * np.diag(np.linalg.inv(inner))))
