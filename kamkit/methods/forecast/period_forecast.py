"""What a period will bring: booked, from open deals and from deals still to come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import one_currency
from kamkit.methods.forecast.amounts import (
    AmountChange,
    amount_change,
    change_factors,
    known_amounts,
)
from kamkit.methods.forecast.deal_chances import DealChances, deal_chances
from kamkit.methods.forecast.deal_months import Factors, Lookup, scale_of
from kamkit.methods.forecast.forecast_tables import (
    QUANTILE_GRID,
    deals_table,
    notes_table,
    parts_table,
    quantile_table,
    total_table,
)
from kamkit.methods.forecast.new_business import (
    NewBusiness,
    draw_new_business,
    expected_new_business,
)
from kamkit.methods.forecast.probability import DealModel, fit_deal_model
from kamkit.methods.forecast.simulate import DrawnSums, draw_sums
from kamkit.methods.funnel.days import day_number
from kamkit.methods.funnel.history import DealHistory

__all__ = ["QUANTILE_GRID", "Drawn", "Forecast", "forecast_period"]


@dataclass(frozen=True)
class Forecast:
    """The parts of :func:`forecast_period`; ``status`` is ok, few_deals or too_little_history.

    ``model``, ``factors`` (of the deals, in the order of their ids) and ``new`` are what it was
    made from: :func:`deal_reasons` and :func:`what_would_change` take them up without a new fit.
    """

    total: pd.DataFrame
    parts: pd.DataFrame
    deals: pd.DataFrame
    draws: pd.DataFrame
    notes: pd.DataFrame
    status: str
    as_of: pd.Timestamp
    start: pd.Timestamp
    end: pd.Timestamp
    model: DealModel
    factors: Factors
    new: NewBusiness


@dataclass(frozen=True)
class Drawn:
    """Draws of all parts: money per draw, and the belief in the mean per parameter draw."""

    booked: float
    opening: DrawnSums
    new: np.ndarray
    means: np.ndarray


def forecast_period(
    history: DealHistory,
    *,
    start: pd.Timestamp | str,
    end: pd.Timestamp | str,
    target: float | None = None,
    draws: int = 10_000,
    seed: int = 0,
    model: DealModel | None = None,
) -> Forecast:
    """Money won from ``start`` to ``end``, as far as can be said on ``history.as_of``.

    Sum of what is booked already (where the period has begun), of the open deals (discrete-time
    competing risks, see :func:`fit_deal_model`) and of deals still to come (see
    :func:`expected_new_business`). Drawn ``draws`` times with: parameter uncertainty, a market
    factor that all deals of the period share, booked instead of quoted amounts, and chance.

    Returns ``total`` (measure table: p05, p10, p25, p50, p75, p90, p95, mean, with a target
    prob_ge_target and prob_ge_target_without_largest; low and high are the error of drawing,
    for the mean the 95 % range of beliefs about it), ``parts`` (part = booked, opening,
    new_business, total; mean, p10, p50, p90 in money, n, variant, origin), ``deals``
    (opportunity_id, account_id, owner_id, stage, amount, p_win = chance to be won at last, low,
    high = 95 %, p_in_period, in_period_low, in_period_high, expected_amount in money,
    months_in_stage, slips, n = deals seen in this stage, variant, origin), ``draws`` (q, total,
    opening, new_business: quantiles in steps of 0.005) and ``notes`` (code, n).

    ``status`` too_little_history: fewer than 10 closed deals (3 won, 3 lost) or 3 windows of
    this length on record (house); what can't be said is NaN then, never a guess. Raises
    KamkitError for a period that ends before it starts or is over on ``as_of``, and for several
    currencies. The order of rows changes nothing; the same seed gives the same figures.
    Source: house; Allison 1982; Harvey & Fernandes 1989.
    """
    begin, until = pd.Timestamp(start), pd.Timestamp(end)
    as_of = pd.Timestamp(history.as_of)
    _check(history, begin, until, as_of)
    lookup = Lookup(history, scale_of(history) if model is None else model.scale)
    fitted = model or fit_deal_model(history, lookup=lookup)
    new = expected_new_business(history, start=begin, end=until)
    change = amount_change(history, lookup)
    deals = _open_deals(history)
    today = day_number(as_of)
    factors = lookup.at(deals.index.to_numpy(dtype=np.int64), today)
    rng = np.random.default_rng(seed)
    chances = deal_chances(fitted, factors, as_of=as_of, start=begin, end=until, rng=rng)
    booked = _booked(history, begin, as_of)
    drawn = _draw(fitted, chances, factors, deals, change, new, float(booked.sum()), draws, rng)
    status = fitted.status if new.usable else "too_little_history"
    table = deals_table(deals, factors, chances, change, fitted)
    return Forecast(
        total_table(drawn, target, fitted, status),
        parts_table(drawn, len(booked), len(deals), new, fitted),
        table,
        quantile_table(drawn, status),
        notes_table(history, deals, fitted, change, new, lookup, booked),
        status,
        as_of,
        begin,
        until,
        fitted,
        factors,
        new,
    )


def _check(
    history: DealHistory, start: pd.Timestamp, end: pd.Timestamp, as_of: pd.Timestamp
) -> None:
    problems = []
    if not start <= end:
        span = f"{start:%Y-%m-%d} – {end:%Y-%m-%d}"
        problems.append(Problem("period_reversed", column="end", value=span))
    elif end <= as_of:
        details = {"as_of": f"{as_of:%Y-%m-%d}"}
        value = f"{end:%Y-%m-%d}"
        problems.append(Problem("period_over", column="end", value=value, details=details))
    KamkitError.collect(problems)
    one_currency(history.deals, "opportunities")


def _open_deals(history: DealHistory) -> pd.DataFrame:
    """Open deals in the order of their ids, so that draws don't depend on the order of rows."""
    deals = history.deals
    there = deals[(deals["status"] == "open").to_numpy(dtype=bool)]
    order = np.argsort(there["opportunity_id"].to_numpy(str), kind="stable")
    return there.iloc[order]


def _booked(history: DealHistory, start: pd.Timestamp, as_of: pd.Timestamp) -> np.ndarray:
    deals = history.deals
    here = (deals["status"] == "won") & deals["closed_on"].between(start, as_of)
    return np.sort(np.nan_to_num(known_amounts(deals[here.to_numpy(dtype=bool)])))


def _draw(
    model: DealModel,
    chances: DealChances,
    factors: Factors,
    deals: pd.DataFrame,
    change: AmountChange,
    new: NewBusiness,
    booked: float,
    draws: int,
    rng: np.random.Generator,
) -> Drawn | None:
    """Draws of every part; None where nothing may be said of open deals."""
    if not model.usable:
        return None
    amount = np.nan_to_num(known_amounts(deals))
    beliefs = len(chances.in_period)
    levels = change_factors(change, factors.size, beliefs, rng)
    market = rng.standard_normal(draws)
    tails = np.sqrt(model.market_df / rng.chisquare(model.market_df, draws))
    expected = chances.in_period * levels * amount * float(np.exp(change.residuals).mean())
    largest = int(np.argmax(expected.mean(axis=0))) if len(amount) else -1
    opening = draw_sums(
        chances.odds,
        chances.lift,
        market * tails,
        amount,
        levels,
        change.residuals,
        rng,
        largest=largest,
    )
    means = booked + expected.sum(axis=1)
    if not new.usable:
        return Drawn(booked, opening, np.full(draws, np.nan), means * np.nan)
    money = draw_new_business(new, market, rng)[0]
    level = rng.gamma(new.shape, 1.0 / new.rate, beliefs)
    return Drawn(booked, opening, money, means + level * _mean(new.amounts))


def _mean(amounts: np.ndarray) -> float:
    return float(amounts.mean()) if len(amounts) else 0.0
