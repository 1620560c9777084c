"""Why a deal stands where it stands, and what would move it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd

from kamkit.methods.forecast.deal_months import SLIP_LEVELS, Factors
from kamkit.methods.forecast.period_forecast import Forecast
from kamkit.methods.forecast.probability import ORIGIN, DealModel, draw_rates
from kamkit.methods.forecast.timing import chance_in_the_end

REASONS = ("stage", "age", "slips", "size", "owner")
CHANGES = ("next_stage", "one_more_slip", "three_months_later", "usual_owner")
_REASON_COLUMNS = [
    *("opportunity_id", "reason", "contribution", "low", "high", "p_win", "p_typical"),
    *("n", "variant", "origin"),
]
_CHANGE_COLUMNS = [
    *("opportunity_id", "change", "p_win", "p_then", "difference", "low", "high"),
    *("n", "variant", "origin"),
]
_CHUNK, _MOST_DRAWS = 40_000, 20_000


def chance_now(model: DealModel, factors: Factors, *, draws: int = 0, seed: int = 0) -> np.ndarray:
    """Chance of deals to be won in the end; quick enough for a slider.

    One row: at the estimate, or with ``draws`` one row a parameter draw (the same draws for the
    same seed, so that two calls can be compared draw by draw). NaN where the model has too
    little history.
    """
    n = len(factors.stage)
    rows = max(draws, 1)
    if not model.usable:
        return np.full((rows, n), np.nan)
    parts = []
    for begin in range(0, n, max(_CHUNK // rows, 1)):
        some = factors.take(np.arange(begin, min(begin + max(_CHUNK // rows, 1), n)))
        rng = np.random.default_rng(seed) if draws else None
        parts.append(chance_in_the_end(draw_rates(model, some, rows, rng), some))
    return np.concatenate(parts, axis=1) if parts else np.zeros((rows, 0))


def typical_deal(model: DealModel, factors: Factors) -> Factors:
    """The usual open deal of this company: most frequent stage and slips, middle age and size.

    Its owner is nobody in particular.
    """
    nobody = model.layout["owner"].stop - model.layout["owner"].start - 1
    return Factors(
        stage=np.array([_usual(factors.stage)]),
        age=np.array([int(np.median(factors.age))]),
        slips=np.array([_usual(factors.slips)]),
        size=np.array([float(np.median(factors.size))]),
        sized=np.array([1]),
        owner=np.array([nobody]),
    )


def _usual(values: np.ndarray) -> int:
    return int(np.bincount(values).argmax())


def deal_reasons(
    forecast: Forecast, *, opportunity_ids: Iterable[str] | None = None, draws: int = 40
) -> pd.DataFrame:
    """What moves each open deal up or down against the usual open deal of this company.

    Returns one row a deal and reason (stage, age, slips, size, owner): opportunity_id, reason
    (key ``deal_reason.<key>``), contribution (log-odds of being won in the end) with low and
    high (80 % of parameter draws), p_win and p_typical (0–1, at the estimate), n (deals seen in
    this stage), variant, origin. The contributions of a deal add up exactly to the difference
    in log-odds between it and the usual deal: each is the mean effect over all orders in which
    one deal could be turned into the other (Shapley 1953). They describe what went with winning
    in the past and are not causes. Above 500 deals at 40 draws low and high are NaN: ask for
    some deals by ``opportunity_ids``. Empty without open deals or with too little history.
    Source: Shapley 1953; house.
    """
    factors, model, deals = _chosen(forecast, opportunity_ids)
    if not model.usable or deals.empty:
        return pd.DataFrame(columns=_REASON_COLUMNS)
    usual = typical_deal(model, forecast.factors)
    worth = _worth(model, factors, usual, 0)
    low = high = np.full((len(deals), len(REASONS)), np.nan)
    if 0 < draws * len(deals) <= _MOST_DRAWS:
        drawn = _worth(model, factors, usual, draws)
        spread = np.stack([_shapley(reason, drawn) for reason in REASONS], axis=2)
        low, high = np.quantile(spread, [0.1, 0.9], axis=0)
    p = _chance(worth[frozenset(REASONS)][0])
    typical = _chance(worth[frozenset()][0])
    times = len(REASONS)
    table = pd.DataFrame(
        {
            "opportunity_id": np.repeat(deals["opportunity_id"].to_numpy(), times),
            "reason": np.tile(np.array(REASONS, dtype=object), len(deals)),
            "contribution": np.column_stack([_shapley(r, worth)[0] for r in REASONS]).ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
            "p_win": np.repeat(p, times),
            "p_typical": np.repeat(typical, times),
            "n": np.repeat(deals["n"].to_numpy(), times),
        }
    )
    return table.assign(variant="shapley", origin=f"{ORIGIN}; field:Shapley 1953")


def _chosen(
    forecast: Forecast, ids: Iterable[str] | None
) -> tuple[Factors, DealModel, pd.DataFrame]:
    if ids is None:
        return forecast.factors, forecast.model, forecast.deals
    rows = np.flatnonzero(forecast.deals["opportunity_id"].isin(list(ids)).to_numpy(bool))
    return forecast.factors.take(rows), forecast.model, forecast.deals.iloc[rows]


def _chance(logit: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 / (1.0 + np.exp(-logit)))


def _worth(
    model: DealModel, factors: Factors, usual: Factors, draws: int
) -> dict[frozenset[str], np.ndarray]:
    """Log-odds of deals that have some reasons of their own and the others of the usual deal."""
    worth = {}
    for size in range(len(REASONS) + 1):
        for own in combinations(REASONS, size):
            p = chance_now(model, _mixed(factors, usual, own), draws=draws)
            p = np.clip(p, 1e-9, 1 - 1e-9)
            worth[frozenset(own)] = np.log(p) - np.log1p(-p)
    return worth


def _mixed(factors: Factors, usual: Factors, own: tuple[str, ...]) -> Factors:
    parts, n = {}, len(factors.stage)
    for name, value in vars(factors).items():
        kept = ("size" if name == "sized" else name) in own
        parts[name] = value if kept else np.repeat(vars(usual)[name], n)
    return Factors(**parts)


def _shapley(reason: str, worth: dict[frozenset[str], np.ndarray]) -> np.ndarray:
    others = [r for r in REASONS if r != reason]
    total = np.zeros_like(worth[frozenset()])
    for size in range(len(others) + 1):
        share = factorial(size) * factorial(len(others) - size) / factorial(len(REASONS))
        for before in combinations(others, size):
            gain = worth[frozenset((*before, reason))] - worth[frozenset(before)]
            total += share * gain
    return total


def what_would_change(
    forecast: Forecast, *, opportunity_ids: Iterable[str] | None = None, draws: int = 40
) -> pd.DataFrame:
    """How each open deal's chance to be won would stand after one change.

    Returns opportunity_id, change (key ``deal_change.<key>``: next_stage, one_more_slip,
    three_months_later = still in the same stage by then, usual_owner), p_win and p_then (0–1,
    at the estimate), difference with low and high (80 % of parameter draws; NaN above 500 deals
    at 40 draws), n (deals seen in the stage in question), variant, origin. Changes that a deal
    can't make (no later stage, stage not known, no exports to count slips) are left out.
    What deals like this one would have, not what an intervention would do.
    Source: house.
    """
    factors, model, deals = _chosen(forecast, opportunity_ids)
    if not model.usable or deals.empty:
        return pd.DataFrame(columns=_CHANGE_COLUMNS)
    usual, last = typical_deal(model, forecast.factors), len(model.scale.stages) - 1
    draws = draws if draws * len(deals) <= _MOST_DRAWS else 0
    parts = []
    for number, (change, then, possible) in enumerate(_changes(factors, usual, last)):
        rows = np.flatnonzero(possible)
        table = _compared(model, factors.take(rows), then.take(rows), draws)
        ids = deals["opportunity_id"].to_numpy()[rows]
        parts.append(table.assign(opportunity_id=ids, change=change, _row=rows, _number=number))
    table = pd.concat(parts).sort_values(["_row", "_number"], ignore_index=True)
    return table[_CHANGE_COLUMNS]


def _compared(model: DealModel, now: Factors, then: Factors, draws: int) -> pd.DataFrame:
    before, after = chance_now(model, now)[0], chance_now(model, then)[0]
    low = high = np.full(len(before), np.nan)
    if draws and len(before):
        gap = chance_now(model, then, draws=draws) - chance_now(model, now, draws=draws)
        low, high = np.quantile(gap, [0.1, 0.9], axis=0)
    return pd.DataFrame(
        {
            "p_win": before,
            "p_then": after,
            "difference": after - before,
            "low": low,
            "high": high,
            "n": model.seen[np.minimum(then.stage, len(model.seen) - 1)],
            "variant": "at_the_estimate",
            "origin": ORIGIN,
        }
    )


def _changes(factors: Factors, usual: Factors, last: int) -> list[tuple[str, Factors, np.ndarray]]:
    parts = vars(factors)
    zero = np.zeros_like(factors.age)
    onward = Factors(**{**parts, "stage": np.minimum(factors.stage + 1, last), "age": zero})
    more = np.minimum(factors.slips + 1, SLIP_LEVELS - 2)
    slipped = Factors(**{**parts, "slips": more})
    later = Factors(**{**parts, "age": factors.age + 3})
    nobody = Factors(**{**parts, "owner": np.repeat(usual.owner, len(factors.owner))})
    known = factors.stage <= last
    return [
        ("next_stage", onward, factors.stage < last),
        ("one_more_slip", slipped, factors.slips < SLIP_LEVELS - 2),
        ("three_months_later", later, known),
        ("usual_owner", nobody, np.ones(len(zero), dtype=bool)),
    ]
