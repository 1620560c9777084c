"""BG/NBD model: accounts that order when they please and stop without notice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import betaln, gammaln, hyp2f1

from kamkit.methods.checks import need_columns
from kamkit.methods.portfolio.inputs import measure_table, within
from kamkit.methods.portfolio.lifetime_fit import best_start, parameter_draws, parameter_rows
from kamkit.methods.portfolio.lifetime_measures import NAN, measure_row, middle_range
from kamkit.methods.portfolio.lifetime_orders import model_scope

NAMES = ("r", "alpha", "a", "b")
_ORIGIN = "field:Fader, Hardie & Lee 2005"
_NO_STOP = 0.001
_BOUNDS = [(np.log(1e-4), np.log(1e5))] * 4


@dataclass(frozen=True)
class BgNbdFit:
    """A fitted model.

    ``params`` are r, alpha, a, b (NaN where nothing was fitted); ``draws`` are parameter draws
    for intervals (no rows where the likelihood is too flat for any). ``summary`` is a measure
    table: ``bgnbd_r``, ``bgnbd_alpha``, ``bgnbd_a``, ``bgnbd_b``, ``bgnbd_stop_chance`` (mean
    chance to stop after an order; variant ``no_stop_found`` where it is next to nothing, and
    everybody then counts as alive), ``bgnbd_loglik`` and the rows of ``model_scope``. Its
    variant says ``forced_below_minimum`` where the house minimum was overridden.
    """

    params: np.ndarray
    draws: np.ndarray
    summary: pd.DataFrame

    @property
    def usable(self) -> bool:
        return bool(np.isfinite(self.params).all())


def bgnbd_loglik(params: np.ndarray, x: np.ndarray, t_x: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Log-likelihood of each account's (x, t_x, T) under r, alpha, a, b.

    >>> one = bgnbd_loglik(np.array([1.0, 1.0, 1.0, 1.0]), *(np.array([v]) for v in (0., 0., 1.)))
    >>> one.round(4).tolist()
    [-0.6931]
    """
    r, alpha, a, b = params
    base = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    base = base + betaln(a, b + x) - betaln(a, b)
    alive = -(r + x) * np.log(alpha + age)
    # The second term exists only after a repeat order; -inf keeps it out of the sum of logs.
    gone = np.log(a) - np.log(np.maximum(b + x - 1, 1e-300)) - (r + x) * np.log(alpha + t_x)
    return np.asarray(base + np.logaddexp(alive, np.where(x > 0, gone, -np.inf)))


def bgnbd_alive(params: Any, x: Any, t_x: Any, age: Any) -> np.ndarray:
    """Probability that an account still orders; 1 by construction without repeat orders.

    >>> float(bgnbd_alive([0.243, 4.414, 0.793, 2.426], 2, 30.43, 38.86).round(4))
    0.7266
    """
    r, alpha, a, b = params
    x = np.asarray(x, dtype=float)
    odds = np.log(a) - np.log(np.maximum(b + x - 1, 1e-300))
    odds = odds + (r + x) * (np.log(alpha + age) - np.log(alpha + t_x))
    return np.asarray(np.where(x > 0, np.exp(-np.logaddexp(0.0, odds)), 1.0))


def bgnbd_orders(params: Any, x: Any, t_x: Any, age: Any, horizon: float) -> np.ndarray:
    """Expected orders in the next ``horizon``, given the history.

    >>> float(bgnbd_orders([0.243, 4.414, 0.793, 2.426], 2, 30.43, 38.86, 39.0).round(3))
    1.226
    """
    r, alpha, a, b = params
    # The published form divides by a − 1, a hole that both sides approach smoothly.
    a = np.where(np.abs(a - 1) < 1e-6, 1 + 1e-6, a)
    x = np.asarray(x, dtype=float)
    rest = (alpha + age) / (alpha + age + horizon)
    # Euler's transformation of the published 2F1(r+x, b+x; a+b+x−1; z): its first two
    # parameters no longer grow with x, so that frequent buyers don't overflow.
    series = hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, 1 - rest)
    growth = (a + b + x - 1) / (a - 1) * (1 - rest ** (a - 1) * series)
    return np.asarray(growth * bgnbd_alive((r, alpha, a, b), x, t_x, age))


def bgnbd_count_chance(params: Any, count: int, age: np.ndarray) -> np.ndarray:
    """Probability of ``count`` repeat orders within ``age`` of the first order.

    >>> float(bgnbd_count_chance([1.0, 1.0, 1.0, 1.0], 0, np.array([1.0]))[0])
    0.5
    """
    r, alpha, a, b = params
    log_stay, log_move = np.log(alpha / (alpha + age)), np.log(age / (alpha + age))

    def poisson_gamma(j: int) -> np.ndarray:
        size = gammaln(r + j) - gammaln(r) - gammaln(j + 1)
        return np.asarray(np.exp(size + r * log_stay + j * log_move))

    chance = np.exp(betaln(a, b + count) - betaln(a, b)) * poisson_gamma(count)
    if count > 0:
        fewer = np.sum([poisson_gamma(j) for j in range(count)], axis=0)
        chance = chance + np.exp(betaln(a + 1, b + count - 1) - betaln(a, b)) * (1 - fewer)
    return np.asarray(chance)


def _stop_rows(
    params: np.ndarray, draws: np.ndarray, n: int, variant: str, level: float
) -> list[dict[str, Any]]:
    stop = params[2] / (params[2] + params[3])
    sample = (draws[:, 2] / (draws[:, 2] + draws[:, 3]))[:, None]
    rows = parameter_rows(["bgnbd_stop_chance"], np.array([stop]), sample, n, variant, level)
    return [{**row, "variant": "no_stop_found"} for row in rows] if stop < _NO_STOP else rows


def bgnbd_fit(
    summary: pd.DataFrame,
    *,
    force: bool = False,
    level: float = 0.95,
    draws: int = 300,
    seed: int = 7,
    min_customers: int = 100,
    min_repeaters: int = 30,
) -> BgNbdFit:
    """Fit the BG/NBD model by maximum likelihood.

    Below ``min_customers`` customers or ``min_repeaters`` of them with repeat orders (house
    limits) nothing is fitted unless ``force``; the summary says which.

    Needs columns: x, t_x, T (see ``repeat_summary``); gap_cv is reported where present.
    Returns: :class:`BgNbdFit`; time is in the unit of ``T``. Intervals are normal on the log
    scale, from the curvature of the likelihood (variant ``ml_log_normal``).
    Errors: missing columns.
    Source: Fader, Hardie & Lee 2005.

    >>> few = pd.DataFrame({"x": [1], "t_x": [2.0], "T": [9.0]})
    >>> bgnbd_fit(few).usable
    False
    """
    need_columns(summary, "summary", ["x", "t_x", "T"])
    with_gaps = summary if "gap_cv" in summary.columns else summary.assign(gap_cv=NAN)
    scope = model_scope(with_gaps, min_customers=min_customers, min_repeaters=min_repeaters)
    names = [f"bgnbd_{name}" for name in NAMES]
    short = (scope["variant"] == "below_minimum").any()
    repeaters = int((summary["x"] > 0).sum())
    if (short and not force) or repeaters < 2:
        rows = [measure_row(k, NAN, n=len(summary), variant="below_minimum") for k in names]
        table = pd.concat([measure_table(rows), scope], ignore_index=True)
        return BgNbdFit(np.full(4, NAN), np.empty((0, 4)), table.assign(origin=_ORIGIN))
    unique = summary[["x", "t_x", "T"]].astype(float).value_counts().reset_index()
    x, t_x, age, weight = (unique[c].to_numpy(dtype=float) for c in ("x", "t_x", "T", "count"))

    def loss(logs: Any) -> float:
        return -float(weight @ bgnbd_loglik(np.exp(logs), x, t_x, age))

    middle = float(np.log(np.average(age, weights=weight)))
    starts = [[0.0, middle, 0.0, 0.0], [-1.0, middle - 1, 0.0, 1.0], [0.5, middle, -1.0, 1.5]]
    best, low = best_start(loss, starts, _BOUNDS)
    sample = parameter_draws(loss, best, draws, seed)
    variant = "forced_below_minimum" if short else "ml_log_normal"
    rows = parameter_rows(names, np.exp(best), sample, len(summary), variant, level)
    rows += _stop_rows(np.exp(best), sample, len(summary), variant, level)
    rows.append(measure_row("bgnbd_loglik", -low, n=len(summary), variant=variant))
    table = pd.concat([measure_table(rows), scope], ignore_index=True)
    return BgNbdFit(np.exp(best), sample, table.assign(origin=f"{_ORIGIN}; house"))


def bgnbd_forecast(
    summary: pd.DataFrame, fit: BgNbdFit, *, horizon: float, level: float = 0.95
) -> pd.DataFrame:
    """Chance to be alive and expected orders in the next ``horizon``, per account.

    An account without a repeat order has P(alive) = 1 by construction of the model, which
    knows a stop only after an order; its status says so.

    Needs columns: account_id, x, t_x, T.
    Returns columns: account_id, x, t_x, T, p_alive, p_alive_low, p_alive_high (0–1),
    expected_orders, orders_low, orders_high (of the expectation, not of what will happen),
    status (``ok``, ``alive_by_construction``, ``not_fitted``), variant, origin.
    Errors: missing columns; a negative horizon.
    Source: Fader, Hardie & Lee 2005.

    >>> one = pd.DataFrame({"account_id": ["A"], "x": [0], "t_x": [0.0], "T": [9.0]})
    >>> bgnbd_forecast(one, bgnbd_fit(one), horizon=4).status.tolist()
    ['not_fitted']
    """
    need_columns(summary, "summary", ["account_id", "x", "t_x", "T"])
    within(horizon, "horizon", 0.0, 1e6)
    table = summary[["account_id", "x", "t_x", "T"]].reset_index(drop=True)
    variant = str(fit.summary["variant"].iloc[0])
    x, t_x, age = (table[c].to_numpy(dtype=float) for c in ("x", "t_x", "T"))
    alive = bgnbd_alive(fit.params, x, t_x, age) if fit.usable else np.full(len(x), NAN)
    orders = bgnbd_orders(fit.params, x, t_x, age, horizon) if fit.usable else alive
    blank = np.full(len(x), NAN)
    ranges = [(blank, blank), (blank, blank)]
    if fit.usable and len(fit.draws) and len(x):
        ranges = [
            middle_range(np.array([bgnbd_alive(d, x, t_x, age) for d in fit.draws]), level),
            middle_range(
                np.array([bgnbd_orders(d, x, t_x, age, horizon) for d in fit.draws]), level
            ),
        ]
    table["p_alive"], (table["p_alive_low"], table["p_alive_high"]) = alive, ranges[0]
    table["expected_orders"], (table["orders_low"], table["orders_high"]) = orders, ranges[1]
    status = np.where(x > 0, "ok", "alive_by_construction") if fit.usable else "not_fitted"
    return table.assign(status=status, variant=variant, origin=_ORIGIN)


def bgnbd_check(summary: pd.DataFrame, fit: BgNbdFit, *, top: int = 7) -> pd.DataFrame:
    """Customers by number of repeat orders: observed beside what the model expects.

    Needs columns: x, T.
    Returns columns: x (0 … ``top``, the last row holds ``top`` or more), observed, expected.
    Errors: missing columns.
    Source: Fader, Hardie & Lee 2005.

    >>> one = pd.DataFrame({"x": [0], "t_x": [0.0], "T": [9.0]})
    >>> bgnbd_check(one, bgnbd_fit(one)).empty
    True
    """
    need_columns(summary, "summary", ["x", "T"])
    if not fit.usable:
        return pd.DataFrame(columns=["x", "observed", "expected"])
    age = summary["T"].to_numpy(dtype=float)
    watched = age[age > 0]
    expected = [float(bgnbd_count_chance(fit.params, k, watched).sum()) for k in range(top)]
    expected[0] += float((age <= 0).sum())
    observed = [int((summary["x"] == k).sum()) for k in range(top)]
    return pd.DataFrame(
        {
            "x": range(top + 1),
            "observed": [*observed, len(summary) - sum(observed)],
            "expected": [*expected, len(summary) - sum(expected)],
        }
    )


def alive_matrix(fit: BgNbdFit, *, age: float, most: int = 8, steps: int = 8) -> pd.DataFrame:
    """P(alive) by number of repeat orders and time of the last one, for accounts of one age.

    Returns columns: x (0 … ``most``), t_x (``steps`` + 1 times from 0 to ``age``), T, p_alive
    (0–1; NaN where nothing was fitted, and for x = 0 at any t_x above 0, which can't occur).
    Errors: an age outside 0–1e6.
    Source: Fader, Hardie & Lee 2005.

    >>> one = pd.DataFrame({"x": [0], "t_x": [0.0], "T": [9.0]})
    >>> len(alive_matrix(bgnbd_fit(one), age=10.0, most=1, steps=2))
    6
    """
    within(age, "age", 0.0, 1e6)
    grid = pd.DataFrame({"x": range(most + 1)}).merge(
        pd.DataFrame({"t_x": np.linspace(0, age, steps + 1)}), how="cross"
    )
    grid = grid.assign(T=age, p_alive=NAN)
    if fit.usable:
        times = grid["t_x"].to_numpy(dtype=float)
        chance = bgnbd_alive(fit.params, grid["x"].to_numpy(), times, age)
        grid["p_alive"] = np.where((grid["x"] > 0) == (times > 0), chance, NAN)
    return grid
