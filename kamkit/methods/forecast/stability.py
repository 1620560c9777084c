"""Has the ground shifted? Moves and arrivals of the last quarters against those before."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr

from kamkit.methods.forecast.calibration import CHECK_COLUMNS
from kamkit.methods.funnel.history import DealHistory

LAST_QUARTERS = 4  # house: what a forecast's recent past is
MOST_QUARTERS = 12  # house: older quarters are no measure of today
LEAST_QUARTERS = 4  # house: quarters before the last ones, to know how much they differ anyway
LEAST_EVENTS = 40
ORIGIN = "field:Mantel & Haenszel 1959; house"


def stability_checks(history: DealHistory, *, last: int = LAST_QUARTERS) -> pd.DataFrame:
    """Whether the last quarters differ from those before by more than quarters do anyway.

    A range that held in the past holds on only if deals still move as they did. Two checks:
    moves (stays that ended with a step forward or a win against those that ended with a loss,
    within each stage) and arrivals (deals created a quarter). Quarters count back from
    ``as_of``. The spread between earlier quarters is taken into account (quasi-likelihood, at
    least pure chance).

    Returns columns: check, value (share moved on, deals a quarter; of the last quarters),
    expected (the same of the quarters before, with today's mix of stages), p_value (two-sided),
    n, direction (too_high: less than before, so forecasts come out too high; too_low), variant,
    origin. A check without enough quarters or events is left out.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["a"], "status": ["open"], "amount": [1.0],
    ...     "created_on": ["2025-01-01"], "stage": ["needs"]})
    >>> stability_checks(deal_history(deals, ladder=["needs"], as_of="2025-02-01")).empty
    True
    """
    rows = [_moves(history, last), _arrivals(history, last)]
    return pd.DataFrame([r for r in rows if r is not None], columns=CHECK_COLUMNS)


def _quarters_back(days: pd.Series, as_of: pd.Timestamp) -> np.ndarray:
    """Whole quarters from each day to ``as_of``: 0 for the last three months."""
    after, anchor = days + pd.Timedelta(days=1), as_of + pd.Timedelta(days=1)
    months = (anchor.year - after.dt.year) * 12 + anchor.month - after.dt.month
    months -= (after.dt.day > anchor.day).astype(int)
    back: np.ndarray = (months.clip(lower=0) // 3).to_numpy(dtype=np.int64)
    return back


def _moves(history: DealHistory, last: int) -> tuple[object, ...] | None:
    stays = history.stays
    ended = stays[stays["left_on"].notna() & stays["move"].isin(["forward", "skip", "won", "lost"])]
    back = _quarters_back(ended["left_on"], history.as_of)
    use = back < last + MOST_QUARTERS
    ended, back = ended[use], back[use]
    on = (ended["move"] != "lost").to_numpy(dtype=float)
    stage = ended["stage"].cat.codes.to_numpy()
    size = int(back.max(initial=-1)) + 1
    quarters = np.flatnonzero(np.bincount(back, minlength=size))
    earlier = quarters[quarters >= last]
    if len(earlier) < LEAST_QUARTERS or (back < last).sum() < LEAST_EVENTS:
        return None
    old = back >= last
    stages = int(stage.max()) + 1
    seen = np.bincount(stage[old], minlength=stages)
    share = np.bincount(stage[old], on[old], stages) / np.maximum(seen, 1)
    known = seen[stage] > 0
    expected, spread = share[stage], (share * (1 - share))[stage]
    gap = np.bincount(back[known], (on - expected)[known], size)
    own = np.bincount(back[known], spread[known], size)
    if not own[:last].sum():
        return None
    phi = _dispersion(gap[earlier], own[earlier])
    # Shares of the earlier quarters are estimates too: their error grows with today's weight.
    now = np.bincount(stage[known & ~old], minlength=stages)
    error = float((now**2 / np.maximum(seen, 1) * share * (1 - share)).sum())
    z = float(gap[:last].sum() / np.sqrt(phi * (own[:last].sum() + error)))
    n = int((known & ~old).sum())
    value, usual = float(on[known & ~old].mean()), float(expected[known & ~old].mean())
    return ("moves", value, usual, *_sides(z, n), "stratified_by_stage", ORIGIN)


def _arrivals(history: DealHistory, last: int) -> tuple[object, ...] | None:
    back = _quarters_back(history.deals["created_on"], history.as_of)
    # The first quarter on record is seldom a whole one.
    size = min(int(back.max(initial=0)), last + MOST_QUARTERS)
    counts = np.bincount(back, minlength=size)[:size].astype(float)
    now, old = counts[:last], counts[last:]
    if len(old) < LEAST_QUARTERS or old.sum() < LEAST_EVENTS:
        return None
    phi = _dispersion(old - old.mean(), np.full(len(old), old.mean()))
    spread = phi * old.mean() * (1 / last + 1 / len(old))
    z = float((now.mean() - old.mean()) / np.sqrt(spread))
    found = _sides(z, int(now.sum()))
    return ("arrivals", float(now.mean()), float(old.mean()), *found, "quasi_poisson", "house")


def _dispersion(gap: np.ndarray, own: np.ndarray) -> float:
    """How much more quarters differ than chance alone would have them; at least 1."""
    used = own > 0
    return max(1.0, float((gap[used] ** 2 / own[used]).sum()) / max(1, int(used.sum()) - 1))


def _sides(z: float, n: int) -> tuple[float, int, str]:
    return float(2 * ndtr(-abs(z))), n, "too_high" if z < 0 else "too_low"
