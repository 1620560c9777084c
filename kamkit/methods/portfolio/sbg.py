"""Shifted-beta-geometric model: churn that differs between accounts (contractual)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import betaln, digamma, hyp2f1

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.portfolio.inputs import measure_table, within
from kamkit.methods.portfolio.lifetime_measures import NAN, measure_row, middle_range

_ORIGIN = "field:Fader & Hardie 2007; S088"
_BOUNDS = [(np.log(1e-3), np.log(1e4))] * 2
_CURVE = ["period", "at_start", "observed", "fitted", "low", "high"]
_CURVE += ["retention_observed", "retention_fitted", "retention_low", "retention_high"]


@dataclass(frozen=True)
class SbgFit:
    """A fitted model: parameters, their bootstrap draws, and two tables.

    ``summary`` is a measure table: ``sbg_alpha``, ``sbg_beta``, ``sbg_first_churn`` (mean churn
    of the first period), ``sbg_polarisation`` (0 all alike … 1 stay for ever or leave at once),
    ``sbg_loglik``, ``sbg_losses``. ``curve`` has one row per period: period, at_start (accounts
    at risk), observed, fitted, low, high (survival 0–1), retention_observed, retention_fitted,
    retention_low, retention_high. ``usable`` is False where there was too little history.
    """

    alpha: float
    beta: float
    draws: np.ndarray
    summary: pd.DataFrame
    curve: pd.DataFrame

    @property
    def usable(self) -> bool:
        return bool(np.isfinite(self.alpha))


def sbg_survival(alpha: float, beta: float, periods: int) -> np.ndarray:
    """Share still there after 0, 1, … ``periods`` periods.

    >>> sbg_survival(1.0, 1.0, 2).round(4).tolist()
    [1.0, 0.5, 0.3333]
    """
    at = np.arange(periods + 1)
    return np.asarray(np.exp(betaln(alpha, beta + at) - betaln(alpha, beta)))


def sbg_retention(alpha: float, beta: float, periods: int) -> np.ndarray:
    """Retention in period 1 … ``periods``: it rises as those likely to leave have left.

    >>> sbg_retention(1.0, 1.0, 2).round(4).tolist()
    [0.5, 0.6667]
    """
    at = np.arange(1, periods + 1)
    return np.asarray((beta + at - 1) / (alpha + beta + at - 1))


def sbg_lifetime(
    alpha: np.ndarray | float,
    beta: np.ndarray | float,
    *,
    discount: float = 0.10,
    tenure: np.ndarray | float = 0.0,
    first_payment: int = 0,
) -> np.ndarray:
    """Discounted expected number of payments of an account that survived ``tenure`` periods.

    ``first_payment`` 0 counts the payment due now, 1 starts with the next period's;
    ``discount`` is per period.

    >>> float(sbg_lifetime(0.704, 1.182, discount=0.10).round(3))
    3.695
    """
    later = np.asarray(beta) + tenure
    whole = hyp2f1(1.0, later, np.asarray(alpha) + later, 1.0 / (1.0 + discount))
    return np.asarray(whole - first_payment)


def sbg_loglik(log_params: np.ndarray, lost: np.ndarray, still: np.ndarray) -> tuple[float, ...]:
    """Log-likelihood of ``lost[t]`` losses in period t and ``still[t]`` accounts alive at t.

    Returns the value and its gradient by log(alpha), log(beta).

    >>> value, *_ = sbg_loglik(np.zeros(2), np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    >>> round(value, 4)
    -1.3863
    """
    alpha, beta = np.exp(log_params)
    at = np.arange(len(lost))
    base = betaln(alpha, beta)
    gone = betaln(alpha + 1, beta + np.maximum(at - 1, 0)) - base
    here = betaln(alpha, beta + at) - base
    value = float(lost @ gone + still @ here)
    total, top = digamma(alpha + beta), digamma(alpha + beta + at)
    by_alpha = lost @ (digamma(alpha + 1) - top) + still @ (digamma(alpha) - top)
    by_alpha -= (lost + still).sum() * (digamma(alpha) - total)
    by_beta = lost @ (digamma(beta + np.maximum(at - 1, 0)) - top)
    by_beta += still @ (digamma(beta + at) - top)
    by_beta -= (lost + still).sum() * (digamma(beta) - total)
    return value, float(alpha * by_alpha), float(beta * by_beta)


def _counts(survivors: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, list[tuple[int, int]]]:
    """Losses and end survivors by age, and (size, last age) of each cohort."""
    length = int(survivors["period"].max()) + 1 if len(survivors) else 1
    lost, still, cohorts = np.zeros(length), np.zeros(length), []
    groups = survivors.sort_values("period")
    keys = groups["cohort"] if "cohort" in groups.columns else pd.Series(0, index=groups.index)
    for _, one in groups.groupby(keys):
        counts = one["survivors"].to_numpy(dtype=float)
        lost[1 : len(counts)] += counts[:-1] - counts[1:]
        still[len(counts) - 1] += counts[-1]
        cohorts.append((int(counts[0]), len(counts) - 1))
    return lost, still, cohorts


def _check_survivors(survivors: pd.DataFrame) -> None:
    """Survivors of one cohort start at period 0, have no gap and never grow."""
    keys = ["cohort"] if "cohort" in survivors.columns else []
    ordered = survivors.sort_values([*keys, "period"])
    groups = ordered[keys[0]] if keys else pd.Series(0, index=ordered.index)
    step = ordered.groupby(groups)["period"].diff()
    grown = ordered.groupby(groups)["survivors"].diff() > 0
    first = step.isna() & (ordered["period"] != 0)
    bad = {"survivors_grow": grown, "periods_not_in_a_row": first | (step.notna() & (step != 1))}
    KamkitError.collect(
        Problem(code, table="survivors", column="survivors", row=int(row) + 1)
        for code, mask in bad.items()
        for row in np.flatnonzero(mask.reindex(survivors.index))
    )


def _maximise(lost: np.ndarray, still: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, float]:
    from scipy.optimize import minimize  # loads slowly

    def loss(x: Any) -> Any:
        value, *slope = sbg_loglik(x, lost, still)
        return -value, -np.array(slope)

    # ftol at rounding level: the default stops with the third digit of beta still moving.
    options: Any = {"ftol": 1e-13, "gtol": 1e-7}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=_BOUNDS, options=options)
    return np.asarray(found.x), -float(found.fun)


def _bootstrap(
    params: np.ndarray, cohorts: list[tuple[int, int]], length: int, draws: int, seed: int
) -> np.ndarray:
    """Parameters refitted on cohorts simulated from the fitted model."""
    rng = np.random.default_rng(seed)
    survival = sbg_survival(float(np.exp(params[0])), float(np.exp(params[1])), length - 1)
    found = np.empty((draws, 2))
    for at in range(draws):
        lost, still = np.zeros(length), np.zeros(length)
        for size, last in cohorts:
            chance = np.append(-np.diff(survival[: last + 1]), survival[last])
            sample = rng.multinomial(size, chance / chance.sum())
            lost[1 : last + 1] += sample[:-1]
            still[last] += sample[-1]
        found[at] = _maximise(lost, still, params)[0]
    return np.exp(found)


def _curve(
    lost: np.ndarray, still: np.ndarray, fit: tuple[float, float], draws: np.ndarray, level: float
) -> pd.DataFrame:
    # Kaplan-Meier over cohorts of unequal length: at risk are those watched that long.
    periods = len(lost) - 1
    leaving = lost + np.append(0.0, still[:-1])
    at_risk = (lost + still).sum() - np.cumsum(leaving) + lost
    at_risk[0] = (lost + still).sum()
    kept = 1 - np.divide(lost, at_risk, out=np.full_like(lost, NAN), where=at_risk > 0)
    table = pd.DataFrame({"period": np.arange(periods + 1), "at_start": at_risk})
    table["observed"] = np.append(1.0, np.cumprod(kept[1:]))
    table["retention_observed"] = np.append(NAN, kept[1:])
    table["fitted"] = sbg_survival(*fit, periods)
    table["retention_fitted"] = np.append(NAN, sbg_retention(*fit, periods))
    ends = [middle_range(np.array([sbg_survival(a, b, periods) for a, b in draws]), level)]
    ends += [middle_range(np.array([sbg_retention(a, b, periods) for a, b in draws]), level)]
    table["low"], table["high"] = ends[0]
    table["retention_low"] = np.append(NAN, ends[1][0])
    table["retention_high"] = np.append(NAN, ends[1][1])
    return table[_CURVE]


def _summary(
    params: np.ndarray, draws: np.ndarray, loglik: float, accounts: int, losses: int, level: float
) -> pd.DataFrame:
    # The likelihood is a flat ridge where all accounts churn alike: the optimiser stops anywhere
    # on it, so the sum tells, not the bound.
    alike = np.exp(params).sum() > 1000
    edge = bool((params <= _BOUNDS[0][0] + 1e-6).any() or (params >= _BOUNDS[0][1] - 1e-6).any())
    variant = "sbg_alike" if alike else "sbg_at_bound" if edge else "sbg_bootstrap"
    point = np.exp(params)
    sums, samples = point.sum(), draws.sum(axis=1)
    figures = {
        "sbg_alpha": (point[0], draws[:, 0]),
        "sbg_beta": (point[1], draws[:, 1]),
        "sbg_first_churn": (point[0] / sums, draws[:, 0] / samples),
        "sbg_polarisation": (1 / (1 + sums), 1 / (1 + samples)),
    }
    rows = []
    for key, (value, sample) in figures.items():
        low, high = middle_range(sample, level)
        rows.append(
            measure_row(key, value, low=float(low), high=float(high), n=accounts, variant=variant)
        )
    rows.append(measure_row("sbg_loglik", loglik, n=accounts, variant=variant))
    rows.append(measure_row("sbg_losses", losses, n=accounts, variant=variant))
    return measure_table(rows).assign(origin=_ORIGIN)


def sbg_fit(
    survivors: pd.DataFrame,
    *,
    level: float = 0.95,
    draws: int = 300,
    seed: int = 7,
    min_periods: int = 3,
    min_losses: int = 20,
) -> SbgFit:
    """Fit the shifted-beta-geometric model to survivors by period, by maximum likelihood.

    Below ``min_periods`` periods after the start or ``min_losses`` lost accounts (house limits)
    nothing is fitted: values are NaN and the variant is ``too_little_history``. A fit in
    which all accounts churn alike says ``sbg_alike``, one at the edge of its range
    ``sbg_at_bound``: alpha and beta themselves then mean little, the curve still holds.

    Needs columns: period (0 = start), survivors; cohort where there are several.
    Returns: :class:`SbgFit`; intervals by a seeded parametric bootstrap.
    Errors: missing columns; survivors that grow, periods with gaps; ``level`` outside 0.5–0.999.
    Source: Fader & Hardie 2007; S088.

    >>> survivors = pd.DataFrame({"period": range(5), "survivors": [1000, 631, 468, 382, 326]})
    >>> bool(sbg_fit(survivors, draws=20).usable)
    True
    """
    need_columns(survivors, "survivors", ["period", "survivors"])
    within(level, "level", 0.5, 0.999)
    survivors = survivors.reset_index(drop=True)
    _check_survivors(survivors)
    lost, still, cohorts = _counts(survivors)
    accounts, losses = sum(size for size, _ in cohorts), int(lost.sum())
    if len(lost) - 1 < min_periods or losses < min_losses or still.sum() + losses == 0:
        row = measure_row("sbg_alpha", NAN, n=accounts, variant="too_little_history")
        summary = measure_table([row, {**row, "measure": "sbg_beta"}]).assign(
            origin=f"{_ORIGIN}; house"
        )
        curve = pd.DataFrame(columns=_CURVE, dtype=float)
        return SbgFit(NAN, NAN, np.empty((0, 2)), summary, curve)
    params, loglik = _maximise(lost, still, np.zeros(2))
    sample = _bootstrap(params, cohorts, len(lost), draws, seed)
    alpha, beta = (float(v) for v in np.exp(params))
    summary = _summary(params, sample, loglik, accounts, losses, level)
    return SbgFit(alpha, beta, sample, summary, _curve(lost, still, (alpha, beta), sample, level))


def sbg_forecast(fit: SbgFit, *, periods: int, level: float = 0.95) -> pd.DataFrame:
    """Survival and retention to ``periods`` periods after the start, with intervals.

    Returns columns: period, fitted, low, high (survival 0–1), retention_fitted.

    >>> survivors = pd.DataFrame({"period": range(5), "survivors": [1000, 631, 468, 382, 326]})
    >>> sbg_forecast(sbg_fit(survivors, draws=20), periods=8).shape
    (9, 5)
    """
    columns = ["period", "fitted", "low", "high", "retention_fitted"]
    if not fit.usable:
        return pd.DataFrame(columns=columns, dtype=float)
    curves = np.array([sbg_survival(a, b, periods) for a, b in fit.draws])
    low, high = middle_range(curves, level)
    table = pd.DataFrame({"period": np.arange(periods + 1), "low": low, "high": high})
    table["fitted"] = sbg_survival(fit.alpha, fit.beta, periods)
    table["retention_fitted"] = np.append(NAN, sbg_retention(fit.alpha, fit.beta, periods))
    return table[columns]


def sbg_multiples(
    tenure: pd.DataFrame,
    fit: SbgFit,
    *,
    discount: float = 0.10,
    first_payment: int = 1,
    level: float = 0.95,
) -> pd.DataFrame:
    """Discounted payments still to come, per account, by how long it has stayed.

    Needs columns: account_id, tenure (see ``account_tenure``; NaN = not active now).
    Returns columns: account_id, multiple (in payments of one period), low, high, n, variant,
    origin. Accounts not active now get NaN and the variant ``not_active``.
    Errors: missing columns; ``discount`` outside 0.001–1; ``first_payment`` not 0 or 1.
    Source: Fader & Hardie 2010 (discounted expected residual lifetime); S088.

    >>> survivors = pd.DataFrame({"period": range(5), "survivors": [1000, 631, 468, 382, 326]})
    >>> tenure = pd.DataFrame({"account_id": ["A"], "tenure": [0.0]})
    >>> sbg_multiples(tenure, sbg_fit(survivors, draws=20)).variant.tolist()
    ['sbg_first_payment_t1']
    """
    need_columns(tenure, "tenure", ["account_id", "tenure"])
    within(discount, "discount", 0.001, 1.0)
    within(first_payment, "first_payment", 0, 1)
    table = tenure[["account_id"]].reset_index(drop=True)
    stayed = tenure["tenure"].to_numpy(dtype=float)
    if not fit.usable:
        return table.assign(
            multiple=NAN, low=NAN, high=NAN, n=0, variant="too_little_history", origin=_ORIGIN
        )
    # The payment due now is a constant: the interval moves with it.
    later = -first_payment
    table["multiple"] = sbg_lifetime(fit.alpha, fit.beta, discount=discount, tenure=stayed) + later
    alpha, beta = fit.draws[:, :1], fit.draws[:, 1:]
    sample = sbg_lifetime(alpha, beta, discount=discount, tenure=stayed[None, :]) + later
    table["low"], table["high"] = middle_range(sample, level)
    table["n"] = int(fit.summary["n"].iloc[0])
    used = f"sbg_first_payment_t{int(first_payment)}"
    table["variant"] = np.where(np.isnan(stayed), "not_active", used)
    return table.assign(origin=_ORIGIN)
