"""A forecast prepared for sliders: another target, a deal less, an assumption dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.forecast.amounts import (
    AmountChange,
    amount_change,
    change_factors,
    known_amounts,
)
from kamkit.methods.forecast.deal_chances import DealChances, deal_chances
from kamkit.methods.forecast.deal_months import Factors, Lookup
from kamkit.methods.forecast.new_business import NewBusiness, draw_new_business
from kamkit.methods.forecast.period_forecast import QUANTILE_GRID, Forecast
from kamkit.methods.forecast.probability import ORIGIN, DealModel, draw_rates
from kamkit.methods.forecast.simulate import draw_sums
from kamkit.methods.forecast.timing import chance_by, chance_in_the_end, steps_ahead
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.measures import measure_row, measure_table

_BELIEFS = 60
_FAN = ("p10", "p25", "p50", "p75", "p90")


@dataclass(frozen=True)
class ForecastDesk:
    """What :func:`forecast_case` and :func:`won_by_case` need, computed once."""

    history: DealHistory
    forecast: Forecast
    change: AmountChange
    chances: DealChances
    amounts: np.ndarray
    booked: float
    draws: int
    seed: int

    @property
    def model(self) -> DealModel:
        """The fitted model."""
        return self.forecast.model

    @property
    def factors(self) -> Factors:
        """Factors of the open deals, in the order of their ids."""
        return self.forecast.factors

    @property
    def new(self) -> NewBusiness:
        """The belief about deals still to come."""
        return self.forecast.new


def forecast_desk(
    history: DealHistory, forecast: Forecast, *, draws: int = 2000, seed: int = 0
) -> ForecastDesk:
    """Prepare a forecast for a lesson's controls. Source: as :func:`forecast_period`.

    >>> from kamkit.methods.forecast import forecast_period
    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["A"], "created_on": ["2025-01-01"],
    ...     "status": ["open"], "amount": [480.0]})
    >>> history = deal_history(deals, ladder=["offer"], as_of="2025-06-30")
    >>> made = forecast_period(history, start="2025-07-01", end="2025-09-30", draws=50)
    >>> forecast_desk(history, made).amounts.tolist()
    [480.0]
    """
    rng = np.random.default_rng(seed)
    lookup = Lookup(history, forecast.model.scale)
    chances = deal_chances(
        forecast.model,
        forecast.factors,
        as_of=forecast.as_of,
        start=forecast.start,
        end=forecast.end,
        rng=rng,
    )
    booked = forecast.parts.set_index("part")["mean"].get("booked", 0.0)
    amounts = np.nan_to_num(known_amounts(forecast.deals))
    change = amount_change(history, lookup)
    return ForecastDesk(history, forecast, change, chances, amounts, float(booked), draws, seed)


@dataclass(frozen=True)
class ForecastCase:
    """A forecast under other assumptions; reads like :class:`Forecast` where charts need it.

    ``figures``: measure, before, after (p10_amount, p50_amount, p90_amount, width_amount =
    from P10 to P90, prob_ge_target).
    """

    total: pd.DataFrame
    parts: pd.DataFrame
    draws: pd.DataFrame
    figures: pd.DataFrame
    status: str
    as_of: pd.Timestamp
    start: pd.Timestamp
    end: pd.Timestamp
    target: float


def forecast_case(
    desk: ForecastDesk,
    *,
    target: float,
    leave_out: str = "",
    common: bool = True,
    new_business: bool = True,
) -> ForecastCase:
    """The period's total with another target, without a deal, or with an assumption dropped.

    ``leave_out``: id of an open deal that is taken out; ``common`` false: no effect that all
    deals of the period share; ``new_business`` false: only what is open today. ``before`` in
    the figures is the full forecast at the same target, from the same draws.
    Returns :class:`ForecastCase`. Raises KamkitError unknown_deal.
    Source: as :func:`forecast_period`.
    """
    ids = desk.forecast.deals["opportunity_id"].astype(str).to_numpy()
    if leave_out and leave_out not in ids:
        raise KamkitError(Problem("unknown_deal", column="opportunity_id", value=leave_out))
    full = _parts(desk, "", True, True)
    made = full
    if leave_out or not common or not new_business:
        made = _parts(desk, leave_out, common, new_business)
    figures = [_figures(_sum(parts), target) for parts in (full, made)]
    table = pd.DataFrame(
        {
            "measure": list(figures[0]),
            "before": list(figures[0].values()),
            "after": list(figures[1].values()),
        }
    )
    return _case(desk, made, table, target)


def _parts(
    desk: ForecastDesk, leave_out: str, common: bool, new_business: bool
) -> dict[str, np.ndarray]:
    """Draws of each part; one NaN where nothing may be said."""
    nothing = np.full(1, np.nan)
    if not desk.model.usable or not desk.new.usable:
        return {"booked": np.full(1, desk.booked), "opening": nothing, "new_business": nothing}
    rng = np.random.default_rng(desk.seed)
    market = rng.standard_normal(desk.draws)
    tails = np.sqrt(desk.model.market_df / rng.chisquare(desk.model.market_df, desk.draws))
    levels = change_factors(desk.change, desk.factors.size, len(desk.chances.odds), rng)
    ids = desk.forecast.deals["opportunity_id"].astype(str).to_numpy()
    amounts = np.where(ids == leave_out, 0.0, desk.amounts) if leave_out else desk.amounts
    shared = market * tails * (1.0 if common else 0.0)
    opening = draw_sums(
        desk.chances.odds, desk.chances.lift, shared, amounts, levels, desk.change.residuals, rng
    )
    money = np.zeros(desk.draws)
    if new_business:
        money = draw_new_business(desk.new, market, rng, share=0.5 if common else 0.0)[0]
    return {"booked": np.full(1, desk.booked), "opening": opening.total, "new_business": money}


def _sum(parts: Mapping[str, np.ndarray]) -> np.ndarray:
    return np.asarray(parts["booked"] + parts["opening"] + parts["new_business"])


def _figures(total: np.ndarray, target: float) -> dict[str, float]:
    p10, p50, p90 = np.quantile(total, [0.1, 0.5, 0.9])
    known = bool(np.isfinite(total).all())
    return {
        "p10_amount": float(p10),
        "p50_amount": float(p50),
        "p90_amount": float(p90),
        "width_amount": float(p90 - p10),
        "prob_ge_target": float((total >= target).mean()) if known else float("nan"),
    }


def _case(
    desk: ForecastDesk, made: Mapping[str, np.ndarray], figures: pd.DataFrame, target: float
) -> ForecastCase:
    whole = desk.forecast
    total = _sum(made)
    known = bool(np.isfinite(total).all())
    variant = "predictive_draws" if known else "too_little_history"
    n = int(whole.total["n"].iloc[0])
    values = [*np.quantile(total, [int(k[1:]) / 100 for k in _FAN]), float(total.mean())]
    rows = [
        measure_row(k, float(v), n, variant=variant, origin=ORIGIN)
        for k, v in zip([*_FAN, "mean"], values, strict=True)
    ]
    counts = whole.parts.set_index("part")["n"]
    parts = [
        {"part": part, "mean": float(x.mean()), **dict(zip(("p10", "p50", "p90"),
         np.quantile(x, [0.1, 0.5, 0.9]), strict=True)), "n": int(counts.get(part, 0)),
         "variant": "booked" if part == "booked" else variant, "origin": ORIGIN}
        for part, x in made.items() if part != "booked" or x[0]
    ]  # fmt: skip
    grid = np.quantile(total, QUANTILE_GRID) if known else np.full(len(QUANTILE_GRID), np.nan)
    draws = pd.DataFrame({"q": QUANTILE_GRID, "total": grid})
    status = whole.status if known else "too_little_history"
    return ForecastCase(
        measure_table(rows), pd.DataFrame(parts), draws, figures, status,
        whole.as_of, whole.start, whole.end, target,
    )  # fmt: skip


@dataclass(frozen=True)
class WonByCase:
    """``deals``: as :class:`Forecast` has them, the period being from today to ``until``;
    ``figures``: measure table (expected_wins, wins_in_the_end)."""

    deals: pd.DataFrame
    figures: pd.DataFrame
    until: pd.Timestamp


def won_by_case(desk: ForecastDesk, *, months: int = 3) -> WonByCase:
    """Each open deal's chance to be won within so many months from today, and in the end.

    Fewer parameter draws than :func:`forecast_period`, so that it follows a slider.
    Returns :class:`WonByCase`; expected_wins and wins_in_the_end are sums of chances, low and
    high 95 % of parameter draws. Source: as :func:`forecast_period`.
    """
    whole, model = desk.forecast, desk.model
    until = whole.as_of + pd.DateOffset(months=months)
    if whole.as_of.is_month_end:
        until = until + pd.offsets.MonthEnd(0)
    nothing = np.full((1, len(whole.deals)), np.nan)
    soon = ends = nothing
    if model.usable:
        rates = draw_rates(model, desk.factors, _BELIEFS, np.random.default_rng(desk.seed))
        steps = steps_ahead(whole.as_of, whole.as_of + pd.Timedelta(days=1), until)
        soon = chance_by(rates, desk.factors, steps)
        # The way to the very end knows no quarter ends; it never promises less than the way there.
        ends = np.maximum(chance_in_the_end(rates, desk.factors), soon)
    low, high = np.quantile(soon, [0.025, 0.975], axis=0)
    deals = whole.deals.assign(
        p_in_period=soon.mean(axis=0),
        in_period_low=low,
        in_period_high=high,
        p_win=ends.mean(axis=0),
    )
    rows = [
        measure_row(key, float(x.sum(axis=1).mean()), len(deals),
                    low=float(np.quantile(x.sum(axis=1), 0.025)),
                    high=float(np.quantile(x.sum(axis=1), 0.975)),
                    variant="laplace_draws" if model.usable else "too_little_history",
                    origin=ORIGIN)
        for key, x in (("expected_wins", soon), ("wins_in_the_end", ends))
    ]  # fmt: skip
    return WonByCase(deals, measure_table(rows), until)
