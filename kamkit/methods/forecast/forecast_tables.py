"""The tables of a forecast: total, parts, deals, quantiles and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kamkit.methods.forecast.amounts import AmountChange, known_amounts
from kamkit.methods.forecast.deal_chances import DealChances
from kamkit.methods.forecast.deal_months import SLIP_LEVELS, Factors, Lookup
from kamkit.methods.forecast.new_business import ORIGIN as NEW_ORIGIN
from kamkit.methods.forecast.new_business import NewBusiness
from kamkit.methods.forecast.probability import ORIGIN, DealModel
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.measures import measure_row, measure_table

if TYPE_CHECKING:
    from kamkit.methods.forecast.period_forecast import Drawn

QUANTILE_GRID = np.round(np.arange(1, 200) * 0.005, 3)
_TOTAL = (5, 10, 25, 50, 75, 90, 95)
_DOUBT = 0.05
_DEALS = [
    *("opportunity_id", "account_id", "owner_id", "stage", "amount", "p_win", "low", "high"),
    *(
        "p_in_period",
        "in_period_low",
        "in_period_high",
        "expected_amount",
        "months_in_stage",
        "slips",
    ),
    *("n", "variant", "origin"),
]


def _sum_of(drawn: Drawn) -> np.ndarray:
    return np.asarray(drawn.booked + drawn.opening.total + drawn.new)


def total_table(
    drawn: Drawn | None, target: float | None, model: DealModel, status: str
) -> pd.DataFrame:
    """Measure table of the period's total; NaN with the reason as variant where unknown."""
    names = [f"p{q:02d}" for q in _TOTAL] + ["mean"]
    names += ["prob_ge_target", "prob_ge_target_without_largest"] if target is not None else []
    n = model.counts["closed"]
    if drawn is None or status == "too_little_history":
        return measure_table(
            measure_row(name, np.nan, n, variant="too_little_history", origin=ORIGIN)
            for name in names
        )
    total = np.sort(_sum_of(drawn))
    rows = [(f"p{q:02d}", *_quantile(total, q / 100)) for q in _TOTAL]
    low, high = np.quantile(drawn.means, [0.025, 0.975])
    rows.append(("mean", float(total.mean()), float(low), float(high)))
    if target is not None:
        spared = drawn.booked + drawn.opening.without_largest + drawn.new
        rows.append(("prob_ge_target", *_share(total, target)))
        rows.append(("prob_ge_target_without_largest", *_share(spared, target)))
    return measure_table(
        measure_row(
            name,
            value,
            n,
            low=lo,
            high=hi,
            variant="parameter_draws" if name == "mean" else "predictive_draws",
            origin=f"{ORIGIN}; {NEW_ORIGIN}",
        )
        for name, value, lo, hi in rows
    )


def _quantile(ordered: np.ndarray, q: float) -> tuple[float, float, float]:
    """Quantile of draws with the error of drawing (95 %, order statistics)."""
    half = 1.96 * np.sqrt(q * (1 - q) / len(ordered))
    value, low, high = np.quantile(ordered, np.clip([q, q - half, q + half], 0, 1))
    return float(value), float(low), float(high)


def _share(total: np.ndarray, target: float) -> tuple[float, float, float]:
    share = float(np.mean(total >= target))
    half = 1.96 * np.sqrt(max(share * (1 - share), 1 / len(total)) / len(total))
    return share, max(share - half, 0.0), min(share + half, 1.0)


def parts_table(
    drawn: Drawn | None, booked: int, opened: int, new: NewBusiness, model: DealModel
) -> pd.DataFrame:
    """What is booked, what open deals bring and what new ones bring, and their sum."""
    columns = ["part", "mean", "p10", "p50", "p90", "n", "variant", "origin"]
    parts: dict[str, tuple[np.ndarray, int, str]] = {}
    if drawn is None:
        nothing = np.full(1, np.nan)
        parts["opening"] = (nothing, opened, ORIGIN)
        parts["new_business"] = (nothing, len(new.windows), NEW_ORIGIN)
        parts["total"] = (nothing, model.counts["closed"], ORIGIN)
    else:
        parts["booked"] = (np.full(1, drawn.booked), booked, "house")
        parts["opening"] = (drawn.opening.total, opened, ORIGIN)
        parts["new_business"] = (drawn.new, len(new.windows), NEW_ORIGIN)
        total = f"{ORIGIN}; {NEW_ORIGIN}"
        parts["total"] = (_sum_of(drawn), model.counts["closed"], total)
    rows: list[dict[str, Any]] = []
    for part, (values, n, origin) in parts.items():
        p10, p50, p90 = np.quantile(values, [0.1, 0.5, 0.9])
        known = np.isfinite(values).all()
        variant = "predictive_draws" if known else "too_little_history"
        if part == "booked":
            variant = "booked"
        figures = {"mean": values.mean(), "p10": p10, "p50": p50, "p90": p90}
        rows.append({"part": part, **figures, "n": n, "variant": variant, "origin": origin})
    return pd.DataFrame(rows, columns=columns)


def deals_table(
    deals: pd.DataFrame,
    factors: Factors,
    chances: DealChances,
    change: AmountChange,
    model: DealModel,
) -> pd.DataFrame:
    """One row an open deal, in the order of ids."""
    low, high = _range(chances.in_the_end)
    soon_low, soon_high = _range(chances.in_period)
    amount = known_amounts(deals)
    level = np.exp(change.coef[0] + change.coef[1] * factors.size)
    level = level * float(np.exp(change.residuals).mean())
    soon = chances.in_period.mean(axis=0)
    slips = np.where(factors.slips == SLIP_LEVELS - 1, np.nan, factors.slips)
    table = deals[["opportunity_id", "account_id", "owner_id", "stage"]].reset_index(drop=True)
    seen = model.seen[np.minimum(factors.stage, len(model.seen) - 1)]
    return table.assign(
        amount=amount,
        p_win=chances.in_the_end.mean(axis=0),
        low=low,
        high=high,
        p_in_period=soon,
        in_period_low=soon_low,
        in_period_high=soon_high,
        expected_amount=soon * amount * level,
        months_in_stage=factors.age,
        slips=slips,
        n=seen,
        variant="laplace_draws" if model.usable else "too_little_history",
        origin=ORIGIN,
    )[_DEALS]


def _range(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if not values.shape[1]:
        return np.zeros(0), np.zeros(0)
    low, high = np.quantile(values, [0.025, 0.975], axis=0)
    return np.asarray(low), np.asarray(high)


def quantile_table(drawn: Drawn | None, status: str) -> pd.DataFrame:
    """Quantiles of the draws on a fixed grid: q, total, opening, new_business."""
    columns = ["q", "total", "opening", "new_business"]
    nothing = np.full(len(QUANTILE_GRID), np.nan)
    parts: list[np.ndarray] = [nothing] * 3
    if drawn is not None:
        parts[1] = np.quantile(drawn.opening.total, QUANTILE_GRID)
        if status != "too_little_history":
            parts[0] = np.quantile(_sum_of(drawn), QUANTILE_GRID)
            parts[2] = np.quantile(drawn.new, QUANTILE_GRID)
    return pd.DataFrame(dict(zip(columns, [QUANTILE_GRID, *parts], strict=True)))


def notes_table(
    history: DealHistory,
    deals: pd.DataFrame,
    model: DealModel,
    change: AmountChange,
    new: NewBusiness,
    lookup: Lookup,
    booked: np.ndarray,
) -> pd.DataFrame:
    """What the reader has to know beside the figures: code (``forecast_note.<code>``) and n."""
    bare = int(np.isnan(known_amounts(deals)).sum())
    notes = [
        ("too_little_history", model.counts["closed"], not model.usable),
        ("few_deals", model.counts["closed"], model.status == "few_deals"),
        ("few_windows", len(new.windows), not new.usable),
        ("open_without_amount", bare, bare > 0),
        ("booked_without_amount", int((booked == 0).sum()), bool((booked == 0).any())),
        ("no_dated_exports", len(deals), not len(lookup.book_key)),
        ("amounts_as_quoted", change.n, not change.known),
        ("stages_not_dated", len(deals), history.basis == "dates"),
        ("new_amounts_borrowed", len(new.amounts), new.usable and new.sparse),
        ("history_sampled", model.counts["deal_months"], model.sampled),
        ("level_has_moved", model.counts["quarters"], model.moved < _DOUBT),
    ]
    rows = [(code, n) for code, n, applies in notes if applies]
    return pd.DataFrame(rows, columns=["code", "n"])
