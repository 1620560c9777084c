"""What lessons recompute: rules side by side, a small sum, one deal, one of several companies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.forecast.backtest import Backtest
from kamkit.methods.forecast.benchmarks import (
    RULES,
    manager_call,
    open_pipeline,
    trailing_mean,
    weighted_pipeline,
)
from kamkit.methods.forecast.period_forecast import Forecast, forecast_period
from kamkit.methods.forecast.probability import ORIGIN
from kamkit.methods.forecast.simulate import portfolio_sum
from kamkit.methods.forecast.verdict import Verdict
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.portfolio.lifetime_measures import measure_value

Day = pd.Timestamp | str
_MOST_SMALL = 12
_STABILITY = ("moves", "arrivals")


def usual_target(history: DealHistory, *, start: Day, end: Day) -> float:
    """A target to try things on: what the CRM's weighted pipeline seems to promise.

    Amount times CRM probability of the open deals due in the period, two significant digits.
    Without probabilities the mean bookings of the last four such periods, and without these a
    quarter of the open pipeline. Returns money. Source: house; no company's real target.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["A"], "created_on": ["2025-01-01"],
    ...     "status": ["open"], "amount": [480.0]})
    >>> history = deal_history(deals, ladder=["offer"], as_of="2025-06-30")
    >>> usual_target(history, start="2025-07-01", end="2025-09-30")
    120.0
    """
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    deals = history.deals
    open_money = float(deals.loc[deals["status"] == "open", "amount"].sum())
    ways = [rule(history, first, last) for rule in (weighted_pipeline, trailing_mean)]
    value = next((way for way in [*ways, open_money / 4] if way > 0), 1.0)
    return float(f"{max(value, 1.0):.1e}")


def rule_figures(
    history: DealHistory,
    *,
    start: Day,
    end: Day,
    forecast: Forecast | None = None,
    calls: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What every simple rule says of a period today, and the forecast beside them.

    ``calls``: a targets table; counts where it holds a kpi sales_call.
    Returns method (key ``forecast_method.<key>``), amount, p10_amount, p90_amount (money; of
    the forecast only, whose amount is the median), n (open deals behind it; NaN for rules that
    look at the past), variant, origin. Rules that have nothing to say are left out.
    Source: house.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["A"], "created_on": ["2025-01-01"],
    ...     "status": ["won"], "closed_on": ["2025-05-01"], "amount": [480.0]})
    >>> history = deal_history(deals, ladder=["offer"], as_of="2025-06-30")
    >>> rule_figures(history, start="2025-07-01", end="2025-09-30").method.tolist()
    ['last_period']
    """
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    rules = dict(RULES)
    if calls is not None and (calls["kpi"] == "sales_call").any():
        rules["manager_call"] = manager_call(calls)
    pipeline = open_pipeline(history)
    due = int(pipeline["close_date"].between(first, last).sum())
    nan = float("nan")
    rows: list[tuple[str, float, float, float, float, str, str]] = []
    for name, rule in rules.items():
        n = due if name in ("weighted_pipeline", "committed") else nan
        rows.append((name, rule(history, first, last), nan, nan, n, "point", "house"))
    if forecast is not None:
        low, middle, high = (measure_value(forecast.total, k) for k in ("p10", "p50", "p90"))
        n = len(forecast.deals)
        rows.append(("model", middle, low, high, n, "predictive_draws", ORIGIN))
    columns = ["method", "amount", "p10_amount", "p90_amount", "n", "variant", "origin"]
    table = pd.DataFrame(rows, columns=columns)
    return table[table["amount"].notna()].reset_index(drop=True)


@dataclass(frozen=True)
class SmallSum:
    """``outcomes``: amount, chance, chance_to_reach; ``draws``: q, total (a step at each amount);
    ``parts``: one row, as ``Forecast.parts``; ``figures``: measure table; ``target``."""

    outcomes: pd.DataFrame
    draws: pd.DataFrame
    parts: pd.DataFrame
    figures: pd.DataFrame
    target: float


def small_sum(
    values: Mapping[str, float],
    probabilities: Mapping[str, float],
    *,
    target: float,
    trust: float = 1.0,
) -> SmallSum:
    """Everything that a few independent deals can add up to, with its chance.

    ``values`` and ``probabilities`` by deal; ``trust`` multiplies every probability (0–1).
    Returns ``outcomes`` (one row a possible total: amount, chance, chance_to_reach = of it or
    more), ``figures`` (weighted_amount, nearest_below_amount and nearest_above_amount: the
    possible totals around it, p50_amount, prob_zero, prob_ge_weighted, prob_ge_target),
    ``draws`` for a picture. At most 12 deals. Raises KamkitError as :func:`portfolio_sum`, and
    option_out_of_range for more deals. Source: exact enumeration.

    >>> made = small_sum({"a": 500.0, "b": 300.0}, {"a": 0.9, "b": 0.5}, target=600)
    >>> made.outcomes["amount"].tolist()
    [0.0, 300.0, 500.0, 800.0]
    """
    if len(values) > _MOST_SMALL:
        details = {"low": "1", "high": str(_MOST_SMALL)}
        raise KamkitError(
            Problem("option_out_of_range", column="values", value=len(values), details=details)
        )
    value = np.array(list(values.values()), dtype=float)
    p = np.array([probabilities[k] for k in values], dtype=float) * trust
    known = portfolio_sum(value, p, target=target)
    taken = (np.arange(2 ** len(value))[:, None] >> np.arange(len(value))) & 1
    chance = np.where(taken == 1, p, 1 - p).prod(axis=1)
    sums, at = np.unique(np.round(taken @ value, 6), return_inverse=True)
    weight = np.bincount(at, chance)
    reach = weight[::-1].cumsum()[::-1]
    outcomes = pd.DataFrame({"amount": sums, "chance": weight, "chance_to_reach": reach})
    mean = float(p @ value)
    below, above = sums[sums <= mean + 1e-6], sums[sums >= mean - 1e-6]
    figures = {
        "weighted_amount": mean,
        "nearest_below_amount": float(below[-1]),
        "nearest_above_amount": float(above[0]),
        "p50_amount": measure_value(known, "p50"),
        "prob_zero": measure_value(known, "prob_zero"),
        "prob_ge_weighted": float(weight[sums >= mean - 1e-6].sum()),
        "prob_ge_target": measure_value(known, "prob_ge_target"),
    }
    rows = [
        measure_row(k, v, len(value), variant="exact_enumeration", origin="house")
        for k, v in figures.items()
    ]
    step = np.cumsum(weight)
    # A step function: each possible total stands at the share below it and at its own.
    draws = pd.DataFrame(
        {"q": np.r_[0.0, np.column_stack([np.r_[0.0, step[:-1]], step]).ravel()],
         "total": np.r_[sums[0] - 1e-3 * max(sums[-1], 1.0), np.repeat(sums, 2)]}
    )  # fmt: skip
    ends = {key: measure_value(known, key) for key in ("mean", "p10", "p50", "p90")}
    whole = {"part": "total", **ends, "n": len(value), "variant": "exact_enumeration"}
    parts = pd.DataFrame([{**whole, "origin": "house"}])
    return SmallSum(outcomes, draws, parts, measure_table(rows), target)


@dataclass(frozen=True)
class DealCase:
    """One deal's rows of :func:`deal_reasons` and :func:`what_would_change`, and of the deals."""

    reasons: pd.DataFrame
    changes: pd.DataFrame
    deals: pd.DataFrame


def deal_case(
    forecast: Forecast, reasons: pd.DataFrame, changes: pd.DataFrame, *, opportunity_id: str
) -> DealCase:
    """One deal: its chance, what moves it, and what one change would go with.

    Needs the tables of :func:`deal_reasons` and :func:`what_would_change`. Returns
    :class:`DealCase`; ``reasons`` in order of their size, and as factors on the odds to win
    (odds_times, odds_low, odds_high: exp of the contribution and its 80 % range; the factors of
    a deal multiply to its odds over those of the usual deal). Raises KamkitError unknown_deal.
    Source: as these.
    """
    there = forecast.deals[forecast.deals["opportunity_id"] == opportunity_id]
    if there.empty:
        raise KamkitError(Problem("unknown_deal", column="opportunity_id", value=opportunity_id))
    why = reasons[reasons["opportunity_id"] == opportunity_id]
    order = why["contribution"].abs().sort_values(ascending=False, kind="stable").index
    times = {"odds_times": "contribution", "odds_low": "low", "odds_high": "high"}
    why = why.assign(**{k: np.exp(why[c].astype(float)) for k, c in times.items()})
    then = changes[changes["opportunity_id"] == opportunity_id]
    return DealCase(why.loc[order].reset_index(drop=True), then.reset_index(drop=True), there)


@dataclass(frozen=True)
class RegimeCase:
    """``forecasts``, ``scores``, ``verdict`` of a backtest; ``alarms``: check, check_value,
    check_expected, p_value, n, says (key ``drift.<key>``: a direction where the check alone
    calls calibration lost, else nothing)."""

    forecasts: pd.DataFrame
    scores: pd.DataFrame
    verdict: Verdict
    alarms: pd.DataFrame


def regime_case(tests: Mapping[str, Backtest], *, regime: str) -> RegimeCase:
    """The backtest of one of several companies, with the checks behind its verdict.

    A check speaks as in :func:`drift_check`: where its p value, times the number of checks of
    the same question (ranges missed, or deals that move or arrive otherwise), is below its
    level. Returns :class:`RegimeCase`. Raises KamkitError not_allowed.
    Source: as :func:`backtest`.
    """
    if regime not in tests:
        details = {"allowed": ", ".join(tests)}
        raise KamkitError(Problem("not_allowed", column="regime", value=regime, details=details))
    test = tests[regime]
    checks = test.drift.checks
    family = checks["check"].isin(_STABILITY)
    asked = family.groupby(family).transform("size").astype(float)
    lost = checks["p_value"].astype(float) * asked < test.drift.level
    alarms = pd.DataFrame(
        {
            "check": checks["check"],
            "check_value": checks["value"].astype(float),
            "check_expected": checks["expected"].astype(float),
            "p_value": checks["p_value"].astype(float),
            "n": checks["n"],
            "says": checks["direction"].where(lost, "nothing"),
        }
    )
    return RegimeCase(test.forecasts, test.scores, test.verdict, alarms)


def shorter_records(
    history: DealHistory, *, start: Day, end: Day, closed: Sequence[int], draws: int = 2000
) -> pd.DataFrame:
    """The same forecast if only the youngest closed deals were on record.

    All open deals stay; ``closed``: how many closed ones, by day of closing, are kept.
    Returns closed, status (ok, few_deals, too_little_history), p10_amount, p50_amount,
    p90_amount (money; NaN where nothing may be said), width_share (P10 to P90 over P50).
    Source: house; rules of :func:`forecast_period`.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["A"], "created_on": ["2025-01-01"],
    ...     "status": ["open"], "amount": [480.0]})
    >>> history = deal_history(deals, ladder=["offer"], as_of="2025-06-30")
    >>> shorter_records(history, start="2025-07-01", end="2025-09-30", closed=[0]).status.tolist()
    ['too_little_history']
    """
    rows = []
    for size in closed:
        made = forecast_period(_last_closed(history, size), start=start, end=end, draws=draws)
        low, middle, high = (measure_value(made.total, k) for k in ("p10", "p50", "p90"))
        width = (high - low) / middle if middle > 0 else float("nan")
        rows.append((size, made.status, low, middle, high, width))
    columns = ["closed", "status", "p10_amount", "p50_amount", "p90_amount", "width_share"]
    return pd.DataFrame(rows, columns=columns)


def _last_closed(history: DealHistory, size: int) -> DealHistory:
    """All open deals and the last ``size`` closed ones, renumbered."""
    deals = history.deals
    ended = deals.loc[deals["status"] != "open", "closed_on"].sort_values(kind="stable")
    kept = deals.index[(deals["status"] == "open") | deals.index.isin(ended.index[-size or None :])]
    kept = kept[(deals.loc[kept, "status"] == "open") | (size > 0)]
    number = pd.Series(np.arange(len(kept)), index=kept)
    stays, book = (
        t[t["deal"].isin(kept)].assign(deal=lambda x: x["deal"].map(number))
        for t in (history.stays, history.book)
    )
    return replace(
        history,
        deals=deals.loc[kept].reset_index(drop=True),
        stays=stays.reset_index(drop=True),
        book=book.reset_index(drop=True),
    )
