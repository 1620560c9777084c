"""When deals close: monthly rates carried forward to any day, or to the very end."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kamkit.methods.forecast.deal_months import AGE_EDGES, MONTH_DAYS, Factors, month_back

_BANDS = len(AGE_EDGES) + 1
_BAND_OF = np.searchsorted(AGE_EDGES, np.arange(AGE_EDGES[-1] + 1), side="right")
_WIDTH = np.diff(np.r_[0, AGE_EDGES])
_PASSES = 3


@dataclass(frozen=True)
class Rates:
    """Monthly odds of won, lost, forward, back against staying (first axis), by draw.

    ``base[cause, draw, stage, age band]`` times ``deal[cause, draw, deal]``, in months with a
    quarter's end times ``ends[cause, draw]``; ``destination[way, from, to]`` for moves.
    """

    base: np.ndarray
    deal: np.ndarray
    ends: np.ndarray
    destination: np.ndarray

    def shifted(self, by: np.ndarray) -> Rates:
        """The same with all odds of each cause multiplied (one factor a cause)."""
        return replace(self, base=self.base * by[:, None, None, None])


@dataclass(frozen=True)
class Step:
    """A stretch of time ahead: its length in months, and whether a win in it counts."""

    length: float
    counts: bool
    quarter_end: bool


def steps_ahead(as_of: pd.Timestamp, start: pd.Timestamp, end: pd.Timestamp) -> list[Step]:
    """Months from the day after ``as_of`` to ``end``, cut where the period starts.

    >>> [s.counts for s in steps_ahead(*map(pd.Timestamp, ("2026-05-31", "2026-07-01",
    ...                                                    "2026-08-31")))]
    [False, True, True]
    """
    if end <= as_of:
        return []
    whole = [as_of]
    while whole[-1] < end:
        whole.append(month_back(as_of, -len(whole)))
    cut = start - pd.Timedelta(days=1)
    extra = {end} | ({cut} if as_of < cut < end else set())
    days = sorted({day for day in whole if day < end} | extra)
    found = []
    for before, until in zip(days[:-1], days[1:], strict=True):
        # Whole months count as one, whether they have 28 or 31 days, as in the fit.
        k = whole.index(before) if before in whole else -1
        exact = 0 <= k < len(whole) - 1 and whole[k + 1] == until
        length = 1.0 if exact else (until - before).days / MONTH_DAYS
        first, after = before + pd.Timedelta(days=1), until + pd.Timedelta(days=1)
        over = first.to_period("Q") != after.to_period("Q")
        found.append(Step(length, first >= start, bool(over)))
    return found


def chance_by(rates: Rates, factors: Factors, steps: list[Step]) -> np.ndarray:
    """Chance of each deal to be won in the steps that count: draw × deal.

    Deals that haven't moved yet keep their age; those that have are carried by stage and
    months since the move.
    """
    _, draws, n = rates.deal.shape
    stages = rates.base.shape[2]
    won, still = np.zeros((draws, n)), np.ones((draws, n))
    moved: dict[tuple[int, int], np.ndarray] = {}
    passed = 0.0
    for step in steps:
        scale = rates.deal * step.length
        if step.quarter_end:
            scale = scale * rates.ends[:, :, None]
        band = np.searchsorted(AGE_EDGES, factors.age + int(passed), side="right")
        here = rates.base[:, :, factors.stage, band] * scale
        leave = here / (1.0 + here.sum(axis=0))
        arrive: dict[tuple[int, int], np.ndarray] = {}
        if step.counts:
            won += still * leave[0]
        for to in range(stages):
            share = leave[2] * rates.destination[0, factors.stage, to]
            share += leave[3] * rates.destination[1, factors.stage, to]
            if share.any():
                arrive[(to, 0)] = still * share
        still = still * (1.0 - leave.sum(axis=0))
        whole = int(passed + step.length + 1e-9) > int(passed + 1e-9)
        for (stage, age), mass in moved.items():
            odds = rates.base[:, :, stage, _BAND_OF[age], None] * scale
            out = odds / (1.0 + odds.sum(axis=0))
            if step.counts:
                won += mass * out[0]
            for to in range(stages):
                on, back = rates.destination[:, stage, to]
                if on or back:
                    _add(arrive, (to, 0), mass * (out[2] * on + out[3] * back))
            older = min(age + int(whole), AGE_EDGES[-1])
            _add(arrive, (stage, older), mass * (1.0 - out.sum(axis=0)))
        moved = arrive
        passed += step.length
    return won


def _add(mass: dict[tuple[int, int], np.ndarray], key: tuple[int, int], more: np.ndarray) -> None:
    mass[key] = mass[key] + more if key in mass else more


def chance_in_the_end(rates: Rates, factors: Factors) -> np.ndarray:
    """Chance of each deal to be won at last, if rates stay as they are: draw × deal.

    Solved backwards over stages and age bands; moves back are fed in again until they settle.
    """
    _, draws, n = rates.deal.shape
    stages = rates.base.shape[2]
    entry = np.zeros((stages, draws, n))
    value = np.zeros((stages, _BANDS, draws, n))
    gain = np.zeros((stages, _BANDS, draws, n))
    stay = np.zeros((stages, _BANDS, draws, n))
    for stage in range(stages):
        for band in range(_BANDS):
            odds = rates.base[:, :, stage, band, None] * rates.deal
            stay[stage, band] = 1.0 / (1.0 + odds.sum(axis=0))
    back = bool(np.isfinite(rates.base[3]).all() and rates.base[3].any())
    for _ in range(_PASSES if back else 1):
        for stage in range(stages - 1, -1, -1):
            ahead = np.tensordot(rates.destination[0, stage], entry, axes=1)
            behind = np.tensordot(rates.destination[1, stage], entry, axes=1)
            for band in range(_BANDS - 1, -1, -1):
                odds = rates.base[:, :, stage, band, None] * rates.deal
                q = stay[stage, band]
                wins = q * (odds[0] + odds[2] * ahead + odds[3] * behind)
                gain[stage, band] = wins / np.maximum(1.0 - q, 1e-12)
                if band == _BANDS - 1:
                    value[stage, band] = gain[stage, band]
                else:
                    kept = q ** _WIDTH[band]
                    value[stage, band] = gain[stage, band] * (1 - kept)
                    value[stage, band] += kept * value[stage, band + 1]
            entry[stage] = value[stage, 0]
    level = np.searchsorted(AGE_EDGES, factors.age, side="right")
    after = np.minimum(level + 1, _BANDS - 1)
    left = np.r_[AGE_EDGES, 0][level] - factors.age
    who = np.arange(n)
    # Advanced indices in front of and behind the slice put the deals first.
    kept = stay[factors.stage, level, :, who].T ** np.maximum(left, 0)
    kept = np.where(level == _BANDS - 1, 0.0, kept)
    now, later = gain[factors.stage, level, :, who].T, value[factors.stage, after, :, who].T
    return np.asarray(np.clip(now * (1 - kept) + kept * later, 0.0, 1.0))
