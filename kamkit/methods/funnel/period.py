"""A period looked back on: what it opened with, what came of it, what else came in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.checks import one_currency
from kamkit.methods.funnel.coverage import (
    MOST_PERIODS,
    PAST_COLUMNS,
    coverage_rows,
    past_periods,
    step_back,
)
from kamkit.methods.funnel.days import Ints, as_dates, day_number
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.intervals import Floats, ratio_interval
from kamkit.methods.funnel.ledger import STANDINGS, WON, Bools, Ledger, named
from kamkit.methods.funnel.outcomes import (
    BOOKED,
    PARTS,
    PeriodState,
    known_money,
    money,
    period_state,
)
from kamkit.methods.funnel.waterfall import Day, period_days
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.shares import wilson_ends

_HOUSE, _PRACTICE = "house", "field:sales operations practice"
_STAGES = [
    *("stage", "deals", "amount", "unknown", "won", "lost", "vanished", "slipped"),
    *("won_amount", "leaked_amount", "slipped_amount", "leakage", "low", "high"),
]


@dataclass(frozen=True)
class PeriodReview:
    """The parts of :func:`period_review`.

    ``measures``: measure table. ``deals``: one row a deal that was open at the start or was
    booked in the period. ``stages``: what became of the opening pipeline, by stage. ``past``:
    earlier periods of the same length, on which the coverage that is needed rests.
    """

    measures: pd.DataFrame
    deals: pd.DataFrame
    stages: pd.DataFrame
    past: pd.DataFrame


def period_review(
    history: DealHistory, *, start: Day, end: Day, target: float | None = None
) -> PeriodReview:
    """Coverage, bookings by where they came from, slippage and leakage of one period.

    ``start``: the day at whose end the opening picture is taken; the period is what follows, up
    to and with ``end`` (a quarter: the last day of the one before, its own last day).
    ``target``: bookings wanted, in money. The opening pipeline of the period is what was open
    at ``start`` and then planned to close in the period; that needs dated figures
    (``history.book``) from ``start`` or before: without them such rows are NaN and their variant
    says needs_snapshots, since a deals table of today shows when deals closed, not what was
    planned.

    Returns ``measures``: pipeline_in_period, weighted_pipeline, coverage, coverage_needed,
    coverage_needed_with_new, bookings_unknown (won deals without an amount), attainment,
    bookings and their parts (from_opening_pipeline, from_overdue, from_undated, pulled_in,
    created_and_won, reopened_and_won; they add up to it),
    conversion_booked_over_opening, slip_rate_count, slip_rate_value, leakage_count,
    leakage_value (lost or vanished), win_rate_of_closed_opening, amount_change_on_won (final
    less opening amount), overdue_at_start, undated_at_start, unknown_amounts (deals).
    ``deals``: deal, opportunity_id, account_id, owner_id, stage (at start), at_start (in_period,
    overdue, undated, later, created, closed_before), probability, close_date (at start), amount
    (at start), outcome (at end), closed_on, booked (money), slipped (bool), amount_change.
    ``stages``: stage, deals, amount, unknown, won, lost, vanished, slipped (deals), won_amount,
    leaked_amount, slipped_amount (opening money), leakage (share of money), low, high.
    ``past``: start, end, deals, opening_amount, booked_from_opening, bookings (money), conversion,
    conversion_with_new. Only periods that ended by ``start``.
    Missing amounts and probabilities are left out of sums, never 0.
    Raises KamkitError: days_reversed, mixed_currency.
    Source: practice; coverage needed is 1 / value conversion of the opening pipeline (house);
    intervals Wilson 1927 (counts), Cochran 1977 (money).

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["A"], "created_on": ["2025-01-05"],
    ...     "closed_on": ["2025-03-01"], "status": ["won"], "amount": [80.0]})
    >>> history = deal_history(deals, ladder=["offer"], as_of="2025-03-31")
    >>> review = period_review(history, start="2024-12-31", end="2025-03-31")
    >>> review.measures.set_index("measure").loc[["created_and_won"], "value"].tolist()
    [80.0]
    """
    one_currency(history.deals, "opportunities")
    first, last = period_days(start, end)
    since = step_back(pd.Timestamp(start), pd.Timestamp(end), MOST_PERIODS)
    ledger = Ledger(history, since=day_number(since))
    state = period_state(ledger, first, last)
    past = past_periods(ledger, pd.Timestamp(start), pd.Timestamp(end))
    rows = [
        *_opening_rows(state, target),
        *coverage_rows(past),
        *_booking_rows(state, target),
        *_fate_rows(state),
    ]
    stages = _stage_table(history, state) if state.dated else pd.DataFrame(columns=_STAGES)
    table = pd.DataFrame(past, columns=PAST_COLUMNS)
    return PeriodReview(
        measure_table(rows), _deal_table(history, ledger.kept, state), stages, table
    )


def _opening_rows(s: PeriodState, target: float | None) -> list[dict[str, object]]:
    variant = "planned_at_start" if s.dated else "needs_snapshots"
    nan = float("nan")
    inside = s.part == PARTS.index("in_period")
    amount = s.amount[inside]
    known = ~np.isnan(amount)
    n = int(known.sum())
    total = known_money(amount) if s.dated else nan
    weights = s.probability[inside]
    weighed = known & ~np.isnan(weights)
    weighted = float((amount[weighed] * weights[weighed]).sum()) if s.dated else nan
    coverage = total / target if target else nan
    rows = [
        measure_row("pipeline_in_period", total, n, variant=variant, origin=_PRACTICE),
        measure_row(
            "weighted_pipeline", weighted, int(weighed.sum()), variant=variant, origin=_PRACTICE
        ),
        measure_row(
            "coverage", coverage, n, variant=variant if target else "no_target", origin=_PRACTICE
        ),
    ]
    for part in ("overdue", "undated"):
        at = s.part == PARTS.index(part)
        value = known_money(s.amount[at]) if s.dated else nan
        count = int((~np.isnan(s.amount[at])).sum())
        rows.append(measure_row(f"{part}_at_start", value, count, variant=variant, origin=_HOUSE))
    unknown = int((~known).sum())
    rows.append(
        measure_row("unknown_amounts", unknown, len(amount), variant=variant, origin=_HOUSE)
    )
    return rows


def _booking_rows(s: PeriodState, target: float | None) -> list[dict[str, object]]:
    rows = []
    total = money(s.booked)
    n = int((~np.isnan(s.booked)).sum())
    rows.append(measure_row("bookings", total, n, variant="final_amounts", origin=_PRACTICE))
    unknown = int((s.won & np.isnan(s.booked)).sum())
    rows.append(
        measure_row(
            "bookings_unknown", unknown, int(s.won.sum()), variant="final_amounts", origin=_HOUSE
        )
    )
    share = total / target if target else float("nan")
    variant = "final_amounts" if target else "no_target"
    rows.append(measure_row("attainment", share, n, variant=variant, origin=_PRACTICE))
    for part, key in BOOKED.items():
        at = s.part == PARTS.index(part)
        told = s.dated or part in ("created", "closed_before")
        value = money(s.booked[at]) if told else float("nan")
        count = int((~np.isnan(s.booked[at])).sum()) if told else 0
        variant = "final_amounts" if told else "needs_snapshots"
        rows.append(measure_row(key, value, count, variant=variant, origin=_PRACTICE))
    return rows


def _fate_rows(s: PeriodState) -> list[dict[str, object]]:
    inside = s.part == PARTS.index("in_period")
    if not s.dated:
        inside = np.zeros(len(inside), dtype=bool)
    ended, amount = s.standing_end[inside], s.amount[inside]
    won, still = ended == WON, ended == STANDINGS.index("open")
    leaked = ~won & ~still
    variant = "planned_at_start" if s.dated else "needs_snapshots"
    rows = [_ratio_row("conversion_booked_over_opening", s.booked[inside], amount, s, False)]
    for key, where in (("slip_rate", still), ("leakage", leaked)):
        n = len(where)
        low, high = wilson_ends(float(where.sum()), n)
        value = where.sum() / n if n else float("nan")
        rows.append(
            measure_row(
                f"{key}_count", value, n, low=low, high=high, variant=variant, origin=_PRACTICE
            )
        )
        rows.append(_ratio_row(f"{key}_value", np.where(where, amount, 0.0), amount, s, True))
    closed = int(won.sum() + leaked.sum())
    low, high = wilson_ends(float(won.sum()), closed)
    rate = won.sum() / closed if closed else float("nan")
    rows.append(
        measure_row(
            "win_rate_of_closed_opening", rate, closed, low=low, high=high,
            variant=variant, origin="S167",
        )
    )  # fmt: skip
    change = s.booked[inside] - amount
    known = ~np.isnan(change)
    value = money(change) if s.dated else float("nan")
    rows.append(
        measure_row("amount_change_on_won", value, int(known.sum()), variant=variant, origin=_HOUSE)
    )
    return rows


def _ratio_row(
    key: str, top: Floats, bottom: Floats, s: PeriodState, share: bool
) -> dict[str, object]:
    known = ~np.isnan(bottom)
    value, low, high = ratio_interval(np.nan_to_num(top[known]), bottom[known], share=share)
    return measure_row(
        key, value, int(known.sum()), low=low, high=high,
        variant="planned_at_start" if s.dated else "needs_snapshots",
        origin=f"{_PRACTICE}; field:Cochran 1977",
    )  # fmt: skip


def _deal_table(history: DealHistory, kept: Ints, s: PeriodState) -> pd.DataFrame:
    deals = history.deals
    at = np.flatnonzero(s.shown)
    chosen = deals.iloc[kept[at]]
    parts = named(s.part[at], PARTS)
    ended = named(s.standing_end[at], STANDINGS)
    booked = ~np.isnan(s.booked[at])
    change = np.where(booked, s.booked[at] - s.amount[at], np.nan)
    slipped = (s.part[at] == PARTS.index("in_period")) & (s.standing_end[at] == 0)
    return pd.DataFrame(
        {
            "deal": kept[at],
            "opportunity_id": chosen["opportunity_id"].array,
            "account_id": chosen["account_id"].array,
            "owner_id": chosen["owner_id"].array,
            "stage": pd.Series(s.stage.array[at]).astype(object),
            "at_start": parts,
            "probability": s.probability[at],
            "close_date": as_dates(s.close[at]),
            "amount": s.amount[at],
            "outcome": ended,
            "closed_on": chosen["closed_on"].where(s.standing_end[at] != 0).array,
            "booked": s.booked[at],
            "slipped": slipped & s.dated,
            "amount_change": change,
        }
    )


def _stage_table(history: DealHistory, s: PeriodState) -> pd.DataFrame:
    inside = s.part == PARTS.index("in_period")
    names = s.stage.to_numpy(object)
    rows = []
    for stage in history.stages:
        at = inside & (names == stage)
        if at.any():
            rows.append({"stage": stage, **_fate(s, at)})
    return pd.DataFrame(rows, columns=_STAGES)


def _fate(s: PeriodState, at: Bools) -> dict[str, float]:
    ended, amount = s.standing_end[at], s.amount[at]
    known = ~np.isnan(amount)
    counts = {
        name: int((ended == STANDINGS.index(code)).sum())
        for name, code in (
            ("won", "won"), ("lost", "lost"), ("vanished", "vanished"), ("slipped", "open"),
        )
    }  # fmt: skip
    leaked = (ended == STANDINGS.index("lost")) | (ended == STANDINGS.index("vanished"))
    share, low, high = ratio_interval(
        np.where(leaked, amount, 0.0)[known], amount[known], share=True
    )
    return {
        "deals": int(at.sum()), "amount": known_money(amount), "unknown": int((~known).sum()),
        **counts,
        "won_amount": money(amount[ended == WON]), "leaked_amount": money(amount[leaked]),
        "slipped_amount": money(amount[ended == 0]), "leakage": share, "low": low, "high": high,
    }  # fmt: skip
