"""Results beside what the territory lets expect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from kamkit.errors import KamkitError, Problem
from kamkit.methods.appraisal.controllable import check_factors, factor_matrix
from kamkit.methods.checks import need_columns
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.shares import Floats

CRAVENS = "field:Cravens, Woodruff & Stamper 1972"
SCALES = ("log", "linear")
MEMBER_COLUMNS = [
    *("actual", "expected", "low", "high", "ratio", "residual", "standardised", "p_holm"),
    *("leverage", "rank_raw", "rank_adjusted", "variant", "origin"),
]
NOTE_COLUMNS = ["code", "names", "n"]


@dataclass(frozen=True)
class Ols:
    """Least squares with its parts: enough for every interval that is shown."""

    beta: Floats
    covariance: Floats
    fitted: Floats
    residual: Floats
    leverage: Floats
    s: float
    df: int
    r2: float


@dataclass(frozen=True)
class Adjusted:
    """What :func:`territory_adjusted` found.

    Attributes
    ----------
    members
        ``by``, actual, expected, low, high (where the result of an ordinary person in such a
        territory lies; unit of actual), ratio (actual / expected), residual (unit of actual;
        on the log scale of its logarithm), standardised (by the spread of the others: t with
        n − factors − 2 df), p_holm, leverage (0–1), rank_raw (1 = largest actual),
        rank_adjusted (1 = largest residual; no rank is sure: see low, high), variant, origin.
    measures
        Measure table: r2, r2_adjusted, s, rank_correlation (of both ranks).
    coefficients
        factor (``(intercept)`` first), value, low, high, p, n, variant, origin.
    quality
        What to know: code (few_for_factors, high_leverage, collinear, weak_fit, incomplete),
        names, n.
    factors, scale, level
        What entered and how.
    """

    members: pd.DataFrame
    measures: pd.DataFrame
    coefficients: pd.DataFrame
    quality: pd.DataFrame
    factors: list[str]
    scale: str
    level: float


def least_squares(y: Floats, design: Floats) -> Ols:
    """Ordinary least squares; the design holds its own column of ones.

    >>> fit = least_squares(np.array([1.0, 3, 5]), np.column_stack([np.ones(3), [0.0, 1, 2]]))
    >>> fit.beta.round(6).tolist(), round(fit.r2, 6)
    ([1.0, 2.0], 1.0)
    """
    q, r = np.linalg.qr(design)
    beta = np.linalg.solve(r, q.T @ y)
    fitted = design @ beta
    residual = y - fitted
    df = len(y) - design.shape[1]
    squares = float(residual @ residual)
    s = float(np.sqrt(squares / df)) if df > 0 else np.nan
    spread = float(((y - y.mean()) ** 2).sum())
    inverse = np.linalg.inv(r)
    return Ols(
        beta, inverse @ inverse.T, fitted, residual, (q**2).sum(axis=1), s, df,
        1 - squares / spread if spread > 0 else np.nan,
    )  # fmt: skip


def territory_adjusted(
    results: pd.DataFrame,
    factors: pd.DataFrame,
    *,
    by: str = "member_id",
    scale: Literal["log", "linear"] = "log",
    controllability: Mapping[str, Any] | None = None,
    level: float = 0.95,
) -> Adjusted:
    """Actual results against what the factors of the territory let expect (least squares).

    ``results``: ``by``, actual (one row a person). ``factors``: ``by`` and the factors, all its
    other columns; they enter as logarithms on the log scale (market_growth as log(1 + g)).
    Only what the person can't influence may enter: with a market share or a number of won
    accounts among the factors, the good results of a person would be called expected.
    ``controllability`` replaces the kit's list of what is allowed.

    The residual holds the person, luck and every cause that is missing here: one period's
    residual is no proof of a person's work; ``judge_performance`` looks at several periods.
    Returns Adjusted. Raises KamkitError missing_column, unknown_option, duplicate_key,
    factor_controllable, factor_unknown, too_many_factors (5 people a factor), not_positive,
    too_few_people, collinear_factors.
    Source: Cravens, Woodruff & Stamper 1972; limits house.

    >>> n = np.arange(1.0, 9)
    >>> results = pd.DataFrame({"member_id": list("abcdefgh"), "actual": 2 * n})
    >>> results.loc[0, "actual"] = 1.0
    >>> places = pd.DataFrame({"member_id": list("abcdefgh"), "potential": 10 * n})
    >>> found = territory_adjusted(results, places, controllability={"potential": "allowed"})
    >>> found.members["rank_adjusted"].tolist()[0]
    8
    """
    table, names, left_out = _joined(results, factors, by, scale)
    if not names:
        raise KamkitError(Problem("missing_column", "factors", "potential"))
    if table.empty and results.empty:
        return _nothing(by, names, scale, level)
    check_factors(names, len(table), controllability)
    design = factor_matrix(table, names, scale, by)
    actual = table["actual"].to_numpy(float)
    if scale == "log" and (actual <= 0).any():
        KamkitError.collect(
            Problem(
                "not_positive", "results", "actual", value=f"{table[by].iloc[i]}: {actual[i]:g}"
            )
            for i in np.flatnonzero(actual <= 0)
        )
    if len(table) - design.shape[1] < 2:
        raise KamkitError(Problem("too_few_people", "results", value=len(table),
                                  details={"fewest": design.shape[1] + 2}))  # fmt: skip
    if np.linalg.matrix_rank(design / np.linalg.norm(design, axis=0), tol=1e-9) < design.shape[1]:
        raise KamkitError(Problem("collinear_factors", "factors", value=", ".join(names)))
    fit = least_squares(np.log(actual) if scale == "log" else actual, design)
    members = _members(table[by], actual, fit, scale, level)
    return Adjusted(
        members, _measures(fit, members, names, scale), _coefficients(fit, names, scale, level),
        _quality(fit, design, table[by], names, left_out), names, scale, level,
    )  # fmt: skip


def _joined(
    results: pd.DataFrame, factors: pd.DataFrame, by: str, scale: str
) -> tuple[pd.DataFrame, list[str], list[str]]:
    if scale not in SCALES:
        details = {"allowed": ", ".join(SCALES)}
        raise KamkitError(Problem("unknown_option", column="scale", value=scale, details=details))
    need_columns(results, "results", [by, "actual"])
    need_columns(factors, "factors", [by])
    KamkitError.collect(
        Problem("duplicate_key", name, by, int(i) + 1, t[by].iloc[i])
        for t, name in ((results, "results"), (factors, "factors"))
        for i in np.flatnonzero(t[by].duplicated())
    )
    names = [str(c) for c in factors.columns if c != by]
    both = results[[by, "actual"]].merge(factors, on=by, how="left").sort_values(by)
    numbers = both[["actual", *names]].apply(pd.to_numeric, errors="coerce")
    whole = np.isfinite(numbers.to_numpy(float)).all(axis=1)
    both[["actual", *names]] = numbers.astype(float)
    left_out = [str(i) for i in both.loc[~whole, by]]
    return both[whole].reset_index(drop=True), names, left_out


def _members(ids: pd.Series, actual: Floats, fit: Ols, scale: str, level: float) -> pd.DataFrame:
    reach = float(stdtrit(fit.df, 0.5 + level / 2)) * fit.s * np.sqrt(1 + fit.leverage)
    ends = fit.fitted - reach, fit.fitted + reach
    expected, low, high = (np.exp(x) if scale == "log" else x for x in (fit.fitted, *ends))
    away = np.maximum(1 - fit.leverage, 1e-12)
    others = (fit.s**2 * fit.df - fit.residual**2 / away) / (fit.df - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        standard = fit.residual / np.sqrt(np.maximum(others, 0) * away)
        ratio = np.where(expected > 0, actual / expected, np.nan)
    standard = np.where(np.isfinite(standard), standard, np.nan)
    p = 2 * stdtr(fit.df - 1, -np.abs(standard))
    out = pd.DataFrame({ids.name: ids})
    out["actual"], out["expected"], out["low"], out["high"] = actual, expected, low, high
    out["ratio"], out["residual"], out["standardised"] = ratio, fit.residual, standard
    out["p_holm"], out["leverage"] = holm(p), fit.leverage
    out["rank_raw"] = out["actual"].rank(ascending=False, method="min").astype(int)
    steady = out["residual"].round(12)
    out["rank_adjusted"] = steady.rank(ascending=False, method="min").astype(int)
    out["variant"], out["origin"] = f"ols_{scale}", f"{CRAVENS}; house"
    return out


def holm(p: Floats) -> Floats:
    """p values that hold for all together (Holm 1979).

    >>> holm(np.array([0.01, 0.04, 0.5])).round(2).tolist()
    [0.03, 0.08, 0.5]
    """
    order = np.argsort(p, kind="stable")
    out = np.empty(len(p))
    steps = np.arange(len(p), 0, -1)
    out[order] = np.minimum(np.maximum.accumulate(p[order] * steps), 1)
    return out


def _measures(fit: Ols, members: pd.DataFrame, names: list[str], scale: str) -> pd.DataFrame:
    n = len(members)
    adjusted = 1 - (1 - fit.r2) * (n - 1) / fit.df
    apart = members["rank_raw"].nunique() > 1 and members["rank_adjusted"].nunique() > 1
    ranks = (
        float(np.corrcoef(members["rank_raw"], members["rank_adjusted"])[0, 1]) if apart else np.nan
    )
    return measure_table(
        measure_row(name, value, n, variant=f"ols_{scale}", origin=CRAVENS)
        for name, value in (
            ("r2", fit.r2), ("r2_adjusted", adjusted), ("s", fit.s), ("rank_correlation", ranks),
        )
    )  # fmt: skip


def _coefficients(fit: Ols, names: list[str], scale: str, level: float) -> pd.DataFrame:
    se = fit.s * np.sqrt(np.diag(fit.covariance))
    reach = float(stdtrit(fit.df, 0.5 + level / 2)) * se
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * stdtr(fit.df, -np.abs(fit.beta / se))
    return pd.DataFrame(
        {
            "factor": pd.Series(["(intercept)", *names], dtype="str"),
            "value": fit.beta,
            "low": fit.beta - reach,
            "high": fit.beta + reach,
            "p": p,
            "n": len(fit.fitted),
            "variant": f"ols_{scale}",
            "origin": CRAVENS,
        }
    )


def _quality(
    fit: Ols, design: Floats, ids: pd.Series, names: list[str], left_out: list[str]
) -> pd.DataFrame:
    n, k = design.shape
    rows: list[tuple[str, list[str], int]] = []
    if n < 10 * len(names):
        rows.append(("few_for_factors", names, n))
    heavy = [str(i) for i in ids[fit.leverage > 3 * k / n]]
    if heavy:
        rows.append(("high_leverage", heavy, len(heavy)))
    if len(names) > 1:
        vif = np.diag(np.linalg.inv(np.corrcoef(design[:, 1:], rowvar=False)))
        close = [name for name, v in zip(names, vif, strict=True) if v > 10]
        rows += [("collinear", close, len(close))] if close else []
    if 1 - (1 - fit.r2) * (n - 1) / fit.df < 0.1:
        rows.append(("weak_fit", names, n))
    if left_out:
        rows.append(("incomplete", left_out, len(left_out)))
    return pd.DataFrame([(c, "; ".join(w), m) for c, w, m in rows], columns=NOTE_COLUMNS)


def _nothing(by: str, names: list[str], scale: str, level: float) -> Adjusted:
    members = pd.DataFrame(columns=[by, *MEMBER_COLUMNS])
    measures = measure_table(
        measure_row(m, np.nan, 0, variant="too_little_data", origin=CRAVENS)
        for m in ("r2", "r2_adjusted", "s", "rank_correlation")
    )
    columns = ["factor", "value", "low", "high", "p", "n", "variant", "origin"]
    notes = pd.DataFrame(columns=NOTE_COLUMNS)
    return Adjusted(members, measures, pd.DataFrame(columns=columns), notes, names, scale, level)
