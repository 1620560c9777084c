"""Sharing out whole hours: floors first, caps respected, nothing lost in rounding."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.fiscal import fiscal_years
from kamkit.methods.portfolio.inputs import figures


def largest_remainder(wanted: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers nearest to ``wanted`` that add up to ``total`` exactly.

    Every amount is rounded down; what is left goes to the largest remainders, of equal ones to
    the larger amount, then to the earlier. ``wanted`` must add up to ``total``.
    Source: field:Balinski & Young 1982 (largest remainder, Hamilton/Hare).

    >>> votes = np.array([47000, 16000, 15900, 12000, 6000, 3100])
    >>> largest_remainder(votes / votes.sum() * 10, 10).tolist()
    [5, 2, 1, 1, 1, 0]
    """
    exact = np.round(np.asarray(wanted, float), 9)
    whole = np.floor(exact).astype(int)
    order = np.lexsort((np.arange(len(exact)), -exact, -(exact - whole)))
    whole[order[: max(0, total - int(whole.sum()))]] += 1
    return whole


def share_out(weights: np.ndarray, total: float, floor: np.ndarray, cap: np.ndarray) -> np.ndarray:
    """Amounts in proportion to ``weights`` between ``floor`` and ``cap`` that add up to ``total``.

    The amounts are weight × level, held at the bounds, with the one level at which they add up:
    what a cap cuts off or a floor adds is shared among the others by weight. The caller makes
    sure that sum(floor) ≤ total ≤ sum(cap). Source: field (proportional with bounds).

    >>> caps = np.array([450, np.inf, np.inf])
    >>> share_out(np.array([5.0, 3, 2]), 1000, np.zeros(3), caps).tolist()
    [450.0, 330.0, 220.0]
    """
    w = np.asarray(weights, float)
    held = np.zeros(len(w), bool)
    out = np.where(w > 0, 0.0, floor)
    held |= w <= 0
    while not held.all():
        free = ~held
        left = total - out[held].sum()
        out[free] = w[free] / w[free].sum() * left
        over, under = free & (out > cap + 1e-12), free & (out < floor - 1e-12)
        if not (over.any() or under.any()):
            break
        # Fixing only the side with the larger breach keeps the level on its way to the solution.
        excess = (out[over] - cap[over]).sum() - (floor[under] - out[under]).sum()
        if excess >= 0:
            out[over] = cap[over]
            held |= over
        if excess <= 0:
            out[under] = floor[under]
            held |= under
    return out


def allot_hours(
    weights: np.ndarray, hours: int, *, floor: int = 0, cap: int | None = None
) -> np.ndarray:
    """Whole hours in proportion to ``weights``, each at least ``floor`` and at most ``cap``.

    They add up to ``hours`` exactly. Raises KamkitError where the floors need more than there
    is, or the caps leave some over. Source: S064, X25 (floor level); rounding Balinski & Young.

    >>> allot_hours(np.array([6.0, 3, 1]), 100, floor=15).tolist()
    [57, 28, 15]
    """
    n = len(weights)
    if n == 0:
        return np.zeros(0, int)
    most = np.full(n, np.inf if cap is None else float(cap))
    if floor * n > hours:
        raise KamkitError(
            Problem("floors_exceed_hours", value=hours,
                    details={"needed": floor * n, "floor": floor, "n": n})
        )  # fmt: skip
    if cap is not None and cap * n < hours:
        raise KamkitError(
            Problem("caps_below_hours", value=hours, details={"most": cap * n, "cap": cap, "n": n})
        )
    flat = np.asarray(weights, float)
    flat = np.ones(n) if not (flat > 0).any() else np.where(flat > 0, flat, flat.max() * 1e-9)
    return largest_remainder(share_out(flat, float(hours), np.full(n, float(floor)), most), hours)


def hours_spent(
    interactions: pd.DataFrame, *, year: int | None = None, fiscal_year_start: int = 1
) -> pd.DataFrame:
    """Hours that our people spent with each account, and how much of it is on record.

    Needs interactions: account_id, date, minutes; made_by where there is one (system messages
    don't count). ``year`` is a fiscal year; without it all dates count.
    Returns columns: account_id, hours, interactions, without_minutes, coverage (share of
    interactions with minutes). Missing minutes are not 0: hours then are a low end.
    Raises KamkitError for missing columns or text in minutes. Source: S064; house.

    >>> hours_spent(pd.DataFrame({"account_id": ["A", "A"], "date": ["2025-01-05"] * 2,
    ...                           "minutes": [90, None]})).values.tolist()
    [['A', 1.5, 2, 1, 0.5]]
    """
    need_columns(interactions, "interactions", ["account_id", "date", "minutes"])
    table = figures(interactions, "interactions", ["minutes"], unique=False)
    dates = pd.to_datetime(interactions["date"], errors="coerce").reset_index(drop=True)
    keep = pd.Series(True, table.index)
    if year is not None:
        keep &= fiscal_years(dates, fiscal_year_start) == year
    if "made_by" in interactions.columns:
        keep &= interactions["made_by"].reset_index(drop=True).fillna("human") != "system"
    table = table[keep]
    grouped = table.groupby("account_id", sort=True)["minutes"]
    out = pd.DataFrame({"hours": grouped.sum(min_count=1) / 60.0, "interactions": grouped.size()})
    out["without_minutes"] = out["interactions"] - grouped.count()
    out["coverage"] = 1.0 - out["without_minutes"] / out["interactions"]
    return out.reset_index()
