"""BG/BB model: yearly chances to order, taken or not, until the account stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import betaln, logsumexp

from kamkit.methods.checks import need_columns
from kamkit.methods.portfolio.inputs import measure_table, within
from kamkit.methods.portfolio.lifetime_fit import best_start, parameter_draws, parameter_rows
from kamkit.methods.portfolio.lifetime_measures import NAN, measure_row, middle_range

_ORIGIN = "field:Fader, Hardie & Shang 2010"
_NAMES = ["bgbb_alpha", "bgbb_beta", "bgbb_gamma", "bgbb_delta"]
_BOUNDS = [(np.log(1e-4), np.log(1e4))] * 4


@dataclass(frozen=True)
class BgBbFit:
    """A fitted model: ``params`` alpha, beta (ordering), gamma, delta (stopping); NaN if none.

    ``summary`` is a measure table: ``bgbb_alpha``, ``bgbb_beta``, ``bgbb_gamma``,
    ``bgbb_delta``, ``bgbb_order_chance`` (mean chance of an order in a period while alive),
    ``bgbb_stop_chance`` (mean chance to stop before a period), ``bgbb_loglik``.
    """

    params: np.ndarray
    draws: np.ndarray
    summary: pd.DataFrame

    @property
    def usable(self) -> bool:
        return bool(np.isfinite(self.params).all())


def _stopped(params: Any, x: Any, t_x: Any, n: Any, steps: int) -> np.ndarray:
    """Log-likelihood of having stopped before the end, one column per period of stopping."""
    alpha, beta, gamma, delta = params
    step = np.arange(steps)[None, :]
    x, t_x, n = (np.asarray(v, dtype=float)[:, None] for v in (x, t_x, n))
    inside = step < n - t_x
    # Clipped where it doesn't count: the beta function has no logarithm there.
    after = np.where(inside, t_x + step, t_x)
    terms = betaln(alpha + x, beta + after - x) - betaln(alpha, beta)
    terms = terms + betaln(gamma + 1, delta + after) - betaln(gamma, delta)
    return np.asarray(np.where(inside, terms, -np.inf))


def bgbb_loglik(params: Any, x: Any, t_x: Any, n: Any) -> np.ndarray:
    """Log-likelihood of ``x`` orders, the last at ``t_x``, in ``n`` yearly chances.

    >>> bgbb_loglik([1.0, 1.0, 1.0, 1.0], [0], [0], [1]).round(4).tolist()
    [-0.2877]
    """
    alpha, beta, gamma, delta = params
    x, t_x, n = (np.atleast_1d(np.asarray(v, dtype=float)) for v in (x, t_x, n))
    alive = betaln(alpha + x, beta + n - x) - betaln(alpha, beta)
    alive = alive + betaln(gamma, delta + n) - betaln(gamma, delta)
    steps = max(int((n - t_x).max()), 1) if len(n) else 1
    terms = np.column_stack([alive, _stopped(params, x, t_x, n, steps)])
    return np.asarray(logsumexp(terms, axis=1))


def bgbb_alive(params: Any, x: Any, t_x: Any, n: Any) -> np.ndarray:
    """Probability that the account is still there for the next period.

    >>> bgbb_alive([1.0, 1.0, 1.0, 1.0], [0], [0], [1]).round(4).tolist()
    [0.2222]
    """
    alpha, beta, gamma, delta = params
    x, t_x, n = (np.atleast_1d(np.asarray(v, dtype=float)) for v in (x, t_x, n))
    top = betaln(alpha + x, beta + n - x) - betaln(alpha, beta)
    top = top + betaln(gamma, delta + n + 1) - betaln(gamma, delta)
    return np.asarray(np.exp(top - bgbb_loglik(params, x, t_x, n)))


def bgbb_orders(params: Any, x: Any, t_x: Any, n: Any, periods: int) -> np.ndarray:
    """Expected periods with an order among the next ``periods``.

    The published closed form divides by gamma − 1; summing over periods has no such hole.

    >>> bgbb_orders([1.0, 1.0, 1.0, 1.0], [0], [0], [1], 1).round(4).tolist()
    [0.0741]
    """
    alpha, beta, gamma, delta = params
    x, t_x, n = (np.atleast_1d(np.asarray(v, dtype=float)) for v in (x, t_x, n))
    ordering = betaln(alpha + x + 1, beta + n - x) - betaln(alpha, beta)
    ahead = np.arange(1, periods + 1)[None, :]
    staying = betaln(gamma, delta + n[:, None] + ahead) - betaln(gamma, delta)
    like = bgbb_loglik(params, x, t_x, n)
    return np.asarray(np.exp(ordering[:, None] + staying - like[:, None]).sum(axis=1))


def bgbb_fit(
    histories: pd.DataFrame,
    *,
    force: bool = False,
    level: float = 0.95,
    draws: int = 300,
    seed: int = 7,
    min_customers: int = 100,
    min_repeaters: int = 30,
) -> BgBbFit:
    """Fit the BG/BB model by maximum likelihood.

    Below the house minimum nothing is fitted unless ``force``; the summary says which.

    Needs columns: x, t_x, n (see ``yearly_opportunities``); count where rows stand for several.
    Returns: :class:`BgBbFit`; intervals normal on the log scale.
    Errors: missing columns.
    Source: Fader, Hardie & Shang 2010.

    >>> bgbb_fit(pd.DataFrame({"x": [1], "t_x": [1], "n": [3]})).usable
    False
    """
    need_columns(histories, "histories", ["x", "t_x", "n"])
    counted = histories if "count" in histories.columns else histories.assign(count=1)
    unique = counted.groupby(["x", "t_x", "n"], as_index=False)["count"].sum()
    x, t_x, n, weight = (unique[c].to_numpy(dtype=float) for c in ("x", "t_x", "n", "count"))
    customers, repeaters = int(weight.sum()), int(weight[x > 0].sum())
    short = customers < min_customers or repeaters < min_repeaters
    if (short and not force) or repeaters < 2:
        rows = [measure_row(k, NAN, n=customers, variant="below_minimum") for k in _NAMES]
        table = measure_table(rows).assign(origin=f"{_ORIGIN}; house")
        return BgBbFit(np.full(4, NAN), np.empty((0, 4)), table)

    def loss(logs: Any) -> float:
        return -float(weight @ bgbb_loglik(np.exp(logs), x, t_x, n))

    starts = [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, -0.5, 1.0], [0.5, 0.5, 0.0, 2.0]]
    best, low = best_start(loss, starts, _BOUNDS)
    params, sample = np.exp(best), parameter_draws(loss, best, draws, seed)
    spread = np.column_stack(_chances(sample.T)) if len(sample) else np.empty((0, 2))
    variant = "forced_below_minimum" if short else "ml_log_normal"
    rows = parameter_rows(_NAMES, params, sample, customers, variant, level)
    names = ["bgbb_order_chance", "bgbb_stop_chance"]
    rows += parameter_rows(names, np.array(_chances(params)), spread, customers, variant, level)
    rows.append(measure_row("bgbb_loglik", -low, n=customers, variant=variant))
    return BgBbFit(params, sample, measure_table(rows).assign(origin=f"{_ORIGIN}; house"))


def _chances(params: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    alpha, beta, gamma, delta = params
    return alpha / (alpha + beta), gamma / (gamma + delta)


def bgbb_forecast(
    histories: pd.DataFrame, fit: BgBbFit, *, periods: int = 3, level: float = 0.95
) -> pd.DataFrame:
    """Chance to be there next period and expected ordering periods, per account.

    Needs columns: account_id, x, t_x, n.
    Returns columns: account_id, x, t_x, n, p_alive, p_alive_low, p_alive_high (0–1),
    expected_orders, orders_low, orders_high (periods with an order among the next
    ``periods``), variant, origin.
    Errors: missing columns; ``periods`` outside 1–100.
    Source: Fader, Hardie & Shang 2010.

    >>> one = pd.DataFrame({"account_id": ["A"], "x": [1], "t_x": [1], "n": [3]})
    >>> bgbb_forecast(one, bgbb_fit(one)).variant.tolist()
    ['below_minimum']
    """
    need_columns(histories, "histories", ["account_id", "x", "t_x", "n"])
    within(periods, "periods", 1, 100)
    table = histories[["account_id", "x", "t_x", "n"]].reset_index(drop=True)
    x, t_x, n = (table[c].to_numpy(dtype=float) for c in ("x", "t_x", "n"))
    names = ["p_alive", "p_alive_low", "p_alive_high"]
    names += ["expected_orders", "orders_low", "orders_high"]
    for name in names:
        table[name] = NAN
    if fit.usable and len(table):
        table["p_alive"] = bgbb_alive(fit.params, x, t_x, n)
        table["expected_orders"] = bgbb_orders(fit.params, x, t_x, n, periods)
        if len(fit.draws):
            alive = np.array([bgbb_alive(d, x, t_x, n) for d in fit.draws])
            orders = np.array([bgbb_orders(d, x, t_x, n, periods) for d in fit.draws])
            table["p_alive_low"], table["p_alive_high"] = middle_range(alive, level)
            table["orders_low"], table["orders_high"] = middle_range(orders, level)
    return table.assign(variant=str(fit.summary["variant"].iloc[0]), origin=_ORIGIN)
