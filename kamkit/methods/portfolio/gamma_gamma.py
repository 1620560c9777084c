"""Gamma-gamma model: mean spend per order, drawn towards the mean of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import gammaln

from kamkit.methods.checks import need_columns
from kamkit.methods.portfolio.inputs import measure_table
from kamkit.methods.portfolio.lifetime_fit import best_start, parameter_draws, parameter_rows
from kamkit.methods.portfolio.lifetime_measures import NAN, measure_row, middle_range

_ORIGIN = "field:Fader, Hardie & Lee 2005; field:Fader & Hardie 2013"
_NAMES = ["gamma_gamma_p", "gamma_gamma_q", "gamma_gamma_v"]
_BOUNDS = [(np.log(1e-3), np.log(1e5)), (np.log(1e-3), np.log(1e5)), (np.log(1e-6), np.log(1e12))]


@dataclass(frozen=True)
class GammaGammaFit:
    """A fitted model.

    ``params`` are p, q, v (NaN where nothing was fitted), ``draws`` parameter draws for
    intervals. ``summary`` is a measure table: ``gamma_gamma_p``, ``_q``, ``_v``,
    ``gamma_gamma_mean`` (money; NaN where q ≤ 1: the mean doesn't exist), ``gamma_gamma_loglik``
    and ``spend_frequency_correlation`` (variant ``independent`` or ``dependent``).
    """

    params: np.ndarray
    draws: np.ndarray
    summary: pd.DataFrame

    @property
    def usable(self) -> bool:
        return bool(np.isfinite(self.params).all())


def gamma_gamma_loglik(params: Any, x: Any, spend: Any) -> np.ndarray:
    """Log-likelihood of mean ``spend`` over ``x`` orders under p, q, v.

    >>> gamma_gamma_loglik([1.0, 1.0, 1.0], np.array([1.0]), np.array([1.0])).round(4).tolist()
    [-1.3863]
    """
    p, q, v = params
    shape = p * x
    base = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v)
    base = base + (shape - 1) * np.log(spend) + shape * np.log(x)
    return np.asarray(base - (shape + q) * np.log(v + spend * x))


def gamma_gamma_spend(params: Any, x: Any, spend: Any) -> np.ndarray:
    """Expected spend per order, given mean ``spend`` over ``x`` orders (x 0: the mean of all).

    >>> float(gamma_gamma_spend([6.25, 3.74, 15.44], 2, 22.35).round(3))
    24.664
    """
    p, q, v = params
    below = p * np.asarray(x, dtype=float) + q - 1
    value = np.divide(p * (v + np.asarray(x) * spend), np.where(below > 0, below, NAN))
    return np.asarray(value)


def _correlation(x: np.ndarray, spend: np.ndarray, limit: float) -> dict[str, Any]:
    """Correlation of frequency and log spend with Fisher's interval."""
    n = len(x)
    if n < 4 or np.ptp(x) == 0 or np.ptp(spend) == 0:
        return measure_row("spend_frequency_correlation", NAN, n=n, variant="too_little_data")
    value = float(np.corrcoef(np.log(x), np.log(spend))[0, 1])
    middle = np.arctanh(np.clip(value, -0.999999, 0.999999))
    low, high = np.tanh([middle - 1.96 / np.sqrt(n - 3), middle + 1.96 / np.sqrt(n - 3)])
    variant = "dependent" if abs(value) > limit else "independent"
    return measure_row(
        "spend_frequency_correlation", value, low=low, high=high, n=n, variant=variant
    )


def gamma_gamma_fit(
    summary: pd.DataFrame,
    *,
    force: bool = False,
    level: float = 0.95,
    draws: int = 300,
    seed: int = 7,
    min_repeaters: int = 30,
    correlation_limit: float = 0.3,
) -> GammaGammaFit:
    """Fit the gamma-gamma model to the mean spend of accounts with repeat orders.

    It assumes that how much an account spends per order has nothing to do with how often it
    orders. The correlation of the two (logs) is reported; beyond ``correlation_limit`` (house)
    it says ``dependent``, and spend × orders is then biased. Below ``min_repeaters`` accounts
    (house) nothing is fitted unless ``force``.

    Needs columns: x, mean_spend (see ``repeat_summary``).
    Returns: :class:`GammaGammaFit`.
    Errors: missing columns.
    Source: Fader, Hardie & Lee 2005; Fader & Hardie 2013.

    >>> gamma_gamma_fit(pd.DataFrame({"x": [1], "mean_spend": [9.0]})).usable
    False
    """
    need_columns(summary, "summary", ["x", "mean_spend"])
    known = (summary["x"] > 0) & (summary["mean_spend"] > 0)
    x = summary.loc[known, "x"].to_numpy(dtype=float)
    spend = summary.loc[known, "mean_spend"].to_numpy(dtype=float)
    link = _correlation(x, spend, correlation_limit)
    short = len(x) < min_repeaters
    if (short and not force) or len(x) < 4:
        names = [*_NAMES, "gamma_gamma_mean"]
        rows = [measure_row(k, NAN, n=len(x), variant="below_minimum") for k in names]
        table = measure_table([*rows, link]).assign(origin=_ORIGIN)
        return GammaGammaFit(np.full(3, NAN), np.empty((0, 3)), table)
    # Money is fitted in units of its own mean, so that yuan and million fit alike.
    unit = float(spend.mean())

    def loss(logs: Any) -> float:
        return -float(gamma_gamma_loglik(np.exp(logs), x, spend / unit).sum())

    best, low = best_start(loss, [[1.0, 1.0, 0.0], [0.0, 0.5, 0.0], [2.0, 1.5, -1.0]], _BOUNDS)
    scale = np.array([1.0, 1.0, unit])
    params, sample = np.exp(best) * scale, parameter_draws(loss, best, draws, seed) * scale
    variant = "forced_below_minimum" if short else "ml_log_normal"
    rows = parameter_rows(_NAMES, params, sample, len(x), variant, level)
    rows.append(_mean_row(params, sample, len(x), variant, level))
    loglik = -low - len(x) * np.log(unit)
    rows.append(measure_row("gamma_gamma_loglik", loglik, n=len(x), variant=variant))
    table = measure_table([*rows, link]).assign(origin=f"{_ORIGIN}; house")
    return GammaGammaFit(params, sample, table)


def _mean_row(
    params: np.ndarray, draws: np.ndarray, n: int, variant: str, level: float
) -> dict[str, Any]:
    """Mean spend per order over all customers; without a mean where q is 1 or less."""
    value = float(gamma_gamma_spend(params, 0, 0.0))
    if np.isnan(value):
        return measure_row("gamma_gamma_mean", NAN, n=n, variant="no_mean")
    means = np.array([float(gamma_gamma_spend(d, 0, 0.0)) for d in draws])
    if not len(means) or np.isnan(means).any():
        return measure_row("gamma_gamma_mean", value, n=n, variant=f"{variant}_no_interval")
    low, high = middle_range(means, level)
    return measure_row(
        "gamma_gamma_mean", value, low=float(low), high=float(high), n=n, variant=variant
    )


def expected_spend(
    summary: pd.DataFrame, fit: GammaGammaFit, *, level: float = 0.95
) -> pd.DataFrame:
    """Expected spend per order, per account: its own mean drawn towards the mean of all.

    Needs columns: account_id, x, mean_spend.
    Returns columns: account_id, x, mean_spend, expected_spend, low, high (money per order),
    own_weight (0–1: how much the account's own mean counts), variant, origin. Accounts without
    repeat orders get the mean of all.
    Errors: missing columns.
    Source: Fader, Hardie & Lee 2005; Fader & Hardie 2013.

    >>> one = pd.DataFrame({"account_id": ["A"], "x": [0], "mean_spend": [float("nan")]})
    >>> expected_spend(one, gamma_gamma_fit(one)).variant.tolist()
    ['below_minimum']
    """
    need_columns(summary, "summary", ["account_id", "x", "mean_spend"])
    table = summary[["account_id", "x", "mean_spend"]].reset_index(drop=True)
    x, spend = table["x"].to_numpy(dtype=float), table["mean_spend"].fillna(0.0).to_numpy()
    blank = np.full(len(x), NAN)
    table["expected_spend"], table["low"], table["high"], table["own_weight"] = (blank,) * 4
    if fit.usable and len(x):
        table["expected_spend"] = gamma_gamma_spend(fit.params, x, spend)
        p, q, _ = fit.params
        table["own_weight"] = np.clip(p * x / (p * x + q - 1), 0, 1) if q > 1 else blank
        if len(fit.draws):
            sample = np.array([gamma_gamma_spend(d, x, spend) for d in fit.draws])
            table["low"], table["high"] = middle_range(sample, level)
    return table.assign(variant=str(fit.summary["variant"].iloc[0]), origin=_ORIGIN)
