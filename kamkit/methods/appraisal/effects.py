"""How far people differ over several periods, drawn towards what all have in common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtri, fdtri

from kamkit.errors import KamkitError, Problem
from kamkit.methods.appraisal.person_model import (
    PersonFit,
    Persons,
    Serial,
    effect_interval,
    fit_persons,
    serial_correlation,
    within_parts,
)
from kamkit.methods.checks import need_columns
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.shares import Floats, Ints

DOUBT = 0.05  # p below which people are taken to differ (house)
BLUP = "field:Robinson 1991"
REML = "field:Patterson & Thompson 1971"
MEMBER_COLUMNS = [
    *("member_id", "n", "mean", "raw_effect", "effect", "low", "high", "se", "shrink"),
    *("variant", "origin"),
]


@dataclass(frozen=True)
class Effects:
    """What :func:`shrunken_effects` found.

    Attributes
    ----------
    members
        member_id, n (periods), mean, raw_effect (mean − overall), effect (drawn towards 0),
        low, high, se (unit of the values), shrink (share of the raw effect that is kept),
        variant, origin. Ordered by member_id.
    measures
        Measure table: mean, var_between, var_within, sd_between, share_between (of one
        period's variance), f, f_p, serial.
    rankable
        Whether people differ by more than chance, so that an order may be shown.
    reason
        people_differ, no_difference, one_period, too_few_people, no_spread.
    level
        Of the intervals.
    """

    members: pd.DataFrame
    measures: pd.DataFrame
    rankable: bool
    reason: str
    level: float


def shrunken_effects(frame: pd.DataFrame, *, level: float = 0.95) -> Effects:
    """Effect of each person over all periods by a mixed model (BLUP), and whether any differ.

    ``frame``: member_id, period, value (attainment, log attainment, a residual …); rows
    without a value stay out. The variances are those of the restricted likelihood; a person's
    mean keeps the share var_between / (var_between + var_within / n) of its distance.
    Intervals average over how large that share may be; they tell of the person's level around
    the mean of such people. Neighbouring periods that go together (``serial``, where its
    interval leaves 0 out) count for fewer than they are. ``rankable`` is an F test at 5 %, its
    p averaged over how strongly neighbouring periods may go together.

    Returns Effects. Raises KamkitError missing_column, not_a_number, duplicate_key.
    Source: Robinson 1991; Patterson & Thompson 1971; Williams 1962 (interval of var_between);
    Marriott & Pope 1954 (why ``serial`` must be put right); limits house.

    >>> frame = pd.DataFrame({"member_id": list("aabb"), "period": ["2025", "2026"] * 2,
    ...                       "value": [1.0, 1.2, 1.1, 1.3]})
    >>> found = shrunken_effects(frame)
    >>> found.rankable, found.reason, found.members["effect"].tolist()
    (False, 'too_few_people', [0.0, 0.0])
    """
    rows = _rows(frame)
    person, ids = pd.factorize(rows["member_id"], sort=True)
    period, _ = pd.factorize(rows["period"], sort=True)
    y = rows["value"].to_numpy(float)
    if not len(y):
        return Effects(
            _empty(), _measures(None, None, y, None, level), False, "too_few_people", level
        )
    mean, n, squares = within_parts(y, person.astype(np.int64))
    serial = serial_correlation(y, person.astype(np.int64), period.astype(np.int64))
    shorter = serial.design_effect
    data = Persons(mean, n / shorter, np.ones((len(mean), 1)), squares, int(len(y) - len(mean)))
    reason = refusal(data)
    fit = None if reason else fit_persons(data, serial=serial)
    members = _members(np.asarray(ids), mean, n, fit, reason, level, shorter)
    rankable = fit is not None and fit.p < DOUBT and fit.between > 0
    reason = reason or ("people_differ" if rankable else "no_difference")
    return Effects(members, _measures(fit, data, y, serial, level), rankable, reason, level)


def refusal(data: Persons) -> str:
    """Why nothing can be estimated, or nothing.

    >>> refusal(Persons(np.zeros(9), np.ones(9), np.ones((9, 1)), 0.0, 0))
    'one_period'
    """
    if len(data.mean) - data.design.shape[1] < 3:
        return "too_few_people"
    if data.df_within < 1:
        return "one_period"
    scale = max(float(np.abs(data.mean).max()), 1e-300)
    return "no_spread" if data.ss_within <= (1e-12 * scale) ** 2 * data.n.sum() else ""


def _rows(frame: pd.DataFrame) -> pd.DataFrame:
    need_columns(frame, "frame", ["member_id", "period", "value"])
    rows = frame[["member_id", "period", "value"]].reset_index(drop=True)
    value = pd.to_numeric(rows["value"], errors="coerce").to_numpy(float)
    bad = rows["value"].notna().to_numpy() & ~np.isfinite(value)
    again = rows.duplicated(["member_id", "period"]).to_numpy()
    KamkitError.collect(
        Problem(code, "frame", column, int(i) + 1, rows[column].iloc[i])
        for code, column, wrong in (
            ("not_a_number", "value", bad),
            ("duplicate_key", "member_id", again),
        )
        for i in np.flatnonzero(wrong)
    )
    whole = np.isfinite(value) & rows["member_id"].notna().to_numpy()
    return pd.DataFrame(rows.assign(value=value)[whole])


def _empty() -> pd.DataFrame:
    blank = pd.DataFrame(columns=MEMBER_COLUMNS, dtype=float)
    return blank.astype({"member_id": "str", "variant": "str", "origin": "str", "n": "int64"})


def _members(
    ids: np.ndarray, mean: Floats, n: Floats, fit: PersonFit | None, reason: str, level: float,
    shorter: float,
) -> pd.DataFrame:  # fmt: skip
    m = len(ids)
    overall = float(fit.beta[0]) if fit else float(np.average(mean, weights=n))
    variant = reason or ("reml; serial_corrected" if shorter > 1 else "reml")
    low, high, se = effect_interval(fit, level) if fit else (np.full(m, np.nan),) * 3
    return pd.DataFrame(
        {
            "member_id": pd.Series(ids, dtype="str"),
            "n": n.astype(np.int64),
            "mean": mean,
            "raw_effect": mean - overall,
            "effect": fit.effect if fit else np.zeros(m),
            "low": low,
            "high": high,
            "se": se,
            "shrink": fit.shrink if fit else np.zeros(m),
            "variant": variant,
            "origin": f"{BLUP}; {REML}; house",
        }
    )[MEMBER_COLUMNS]


def variance_interval(data: Persons, fit: PersonFit, level: float) -> tuple[float, float]:
    """Interval of the variance between people (Williams 1962), n by its harmonic mean.

    >>> data = Persons(np.array([1.0, 2, 3]), np.full(3, 4.0), np.ones((3, 1)), 9.0, 9)
    >>> low, high = variance_interval(data, fit_persons(data), 0.95)
    >>> low, round(high)
    (0.0, 39)
    """
    df = len(data.mean) - data.design.shape[1]
    n = len(data.n) / float((1 / data.n).sum())
    total = fit.f * data.ss_within / data.df_within * df
    tail = (1 - level) / 2
    ends = []
    for upper in (tail, 1 - tail):
        point = float(fdtri(df, data.df_within, 1 - upper))
        ends.append(total * (1 - point / fit.f) / (n * float(chdtri(df, upper))))
    return max(ends[0], 0.0), max(ends[1], 0.0)


def _measures(
    fit: PersonFit | None, data: Persons | None, y: Floats, serial: Serial | None, level: float
) -> pd.DataFrame:
    names = ("mean", "var_between", "var_within", "sd_between", "share_between", "f", "f_p")
    if fit is None or data is None:
        mean = float(y.mean()) if len(y) else np.nan
        found = [(mean if m == "mean" else np.nan, np.nan, np.nan) for m in names]
        variant = "too_little_data"
    else:
        low, high = variance_interval(data, fit, level)
        spread = fit.between + fit.within
        found = [
            (float(fit.beta[0]), np.nan, np.nan), (fit.between, low, high),
            (fit.within, np.nan, np.nan),
            (float(np.sqrt(fit.between)), float(np.sqrt(low)), float(np.sqrt(high))),
            (fit.between / spread, low / (low + fit.within), high / (high + fit.within)),
            (fit.f, np.nan, np.nan), (fit.p, np.nan, np.nan),
        ]  # fmt: skip
        variant = "reml"
    rows = [
        measure_row(name, value, len(y), low=low, high=high, variant=variant,
                    origin=f"{REML}; field:Williams 1962")
        for name, (value, low, high) in zip(names, found, strict=True)
    ]  # fmt: skip
    if serial is not None:
        rows.append(
            measure_row("serial", serial.rho, serial.pairs, low=serial.low, high=serial.high,
                        variant="lag_1" if serial.rho == serial.rho else "too_little_data",
                        origin="field:Marriott & Pope 1954")
        )  # fmt: skip
    return measure_table(rows)


def codes_of(rows: pd.DataFrame, column: str) -> tuple[Ints, np.ndarray]:
    """Numbers of the names of a column in their order, and the names."""
    codes, names = pd.factorize(rows[column], sort=True)
    return codes.astype(np.int64), np.asarray(names)
