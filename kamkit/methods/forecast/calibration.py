"""Whether stated chances and ranges hold, and whether they have stopped holding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri
from scipy.stats import binom

from kamkit.methods.checks import need_columns
from kamkit.methods.forecast.score_tables import BANDS
from kamkit.methods.forecast.scores import coverage
from kamkit.methods.shares import wilson_ends

CALIBRATION_COLUMNS = ["p_low", "p_high", "n", "mean_p", "observed", "low", "high", "off"]
COVERAGE_COLUMNS = ["band", "inside", "n", "coverage", "low", "high", "off"]
CHECK_COLUMNS = ["check", "value", "expected", "p_value", "n", "direction", "variant", "origin"]

LAST_PERIODS = 4  # house: drift shows in the last year's quarters or not at all
FEWEST_PERIODS = 4  # house: with fewer, even all outside the range proves little
FEWEST_VARIANCE = 5.0  # house: expected wins x chance to fail, below which a count says nothing
COMMON_SPREAD = 0.2  # house: room for what all deals of a quarter share, as a share of the wins


def calibration_table(
    p: ArrayLike, happened: ArrayLike, *, bins: int | Sequence[float] = 10
) -> pd.DataFrame:
    """Stated chances beside how often it happened, bin by bin.

    ``bins`` is a number of equal bins or their edges from 0 to 1; empty bins are left out.

    Returns columns: p_low, p_high (edges), n, mean_p (stated), observed (share that happened),
    low, high (Wilson 95 %), off (the stated chance lies outside). Source: Murphy 1973; Wilson
    1927.

    >>> calibration_table([0.1, 0.1, 0.9], [0, 0, 1], bins=2)[["n", "observed"]].values.tolist()
    [[2.0, 0.0], [1.0, 1.0]]
    """
    chance, y = np.asarray(p, float), np.asarray(happened, float)
    known = ~(np.isnan(chance) | np.isnan(y))
    chance, y = chance[known], y[known]
    edges = np.linspace(0, 1, bins + 1) if isinstance(bins, int) else np.asarray(bins, float)
    place = np.clip(np.searchsorted(edges, chance, side="right") - 1, 0, len(edges) - 2)
    rows = []
    for k in np.unique(place):
        here = place == k
        n, hits, mean = int(here.sum()), float(y[here].sum()), float(chance[here].mean())
        low, high = wilson_ends(hits, n)
        off = not low <= mean <= high
        rows.append((edges[k], edges[k + 1], n, mean, hits / n, low, high, off))
    return pd.DataFrame(rows, columns=CALIBRATION_COLUMNS)


def coverage_table(forecasts: pd.DataFrame) -> pd.DataFrame:
    """How many actuals fell inside the 50, 80 and 95 % ranges.

    Needs columns: actual, and the ends of the bands (p25, p75; p10, p90; p2_5, p97_5) as far as
    there are any; rows without actual or range don't count.

    Returns columns: band (0–1), inside, n, coverage, low, high (Wilson 95 %), off (the band's
    own share lies outside that interval).

    >>> frame = pd.DataFrame({"actual": [1.0, 9.0], "p10": [0.0, 0.0], "p90": [2.0, 2.0]})
    >>> coverage_table(frame)[["inside", "n"]].values.tolist()
    [[1, 2]]
    """
    need_columns(forecasts, "forecasts", ["actual"])
    rows = []
    for band, (lower, upper) in BANDS.items():
        if lower in forecasts and upper in forecasts:
            share, inside, n = coverage(forecasts["actual"], forecasts[lower], forecasts[upper])
            low, high = wilson_ends(inside, n)
            rows.append((band, inside, n, share, low, high, bool(band < low or band > high)))
    return pd.DataFrame(rows, columns=COVERAGE_COLUMNS)


def pit(levels: ArrayLike, quantiles: ArrayLike, actual: float) -> float:
    """Where an actual fell in its forecast: 0 below everything, 1 above, uniform if honest.

    Between grid points linear; where many draws share one value (a quarter without any order),
    the middle of that step. NaN for a forecast or an actual that is missing. Dawid 1984.

    >>> pit([0.1, 0.5, 0.9], [10.0, 20.0, 30.0], 20.0)
    0.5
    """
    tau, q = np.asarray(levels, float), np.asarray(quantiles, float)
    if np.isnan(q).any() or np.isnan(actual) or not len(q):
        return float("nan")
    below, upto = np.searchsorted(q, actual, "left"), np.searchsorted(q, actual, "right")
    edge = np.r_[0.0, tau, 1.0]
    if upto > below:
        # A step of the forecast; at the ends of the grid it goes on to 0 or 1.
        first = 0.0 if below == 0 and upto > 1 else tau[below]
        last = 1.0 if upto == len(q) and below < len(q) - 1 else tau[upto - 1]
        return float((first + last) / 2)
    if below in (0, len(q)):
        return float((edge[below] + edge[below + 1]) / 2)
    share = (actual - q[below - 1]) / (q[below] - q[below - 1])
    return float(tau[below - 1] + share * (tau[below] - tau[below - 1]))


@dataclass(frozen=True)
class DriftCheck:
    """Whether calibration still holds.

    ``status``: holds (no check objects; with few periods that is weak), lost, or
    too_little_history (no check could be made). ``direction``: too_high, too_low, too_narrow,
    too_wide, or empty. ``checks``: check, value, expected, p_value (two-sided), n, direction,
    variant, origin. Two questions are put, each at ``level``: did the forecasts miss, and has the
    ground moved? ``p_value`` is the smaller answer, after Bonferroni over the checks of its
    question; calibration is called lost where it lies below ``level``.
    """

    status: str
    direction: str
    p_value: float
    level: float
    checks: pd.DataFrame


def drift_check(
    forecasts: pd.DataFrame,
    deals: pd.DataFrame | None = None,
    *,
    stability: pd.DataFrame | None = None,
    last: int = LAST_PERIODS,
    level: float = 0.05,
    common: float = COMMON_SPREAD,
) -> DriftCheck:
    """Have the forecasts of one method lost their calibration?

    Needs columns: origin, actual, pit, p10, p90 (one row a period, none overlapping); of
    ``deals``: origin, p_in_period (0–1), won_in_period.

    Three checks, as far as there is enough: place (where the last actuals fell in their
    forecasts: mean of their normal scores), range (how many of all actuals fell outside the
    80 % range: binomial test), deals (deals won in the last periods against the sum of their
    chances, with room for an effect that deals of a quarter share: ``common`` times the
    expected wins). ``stability`` adds rows of ``stability_checks``: where deals no longer move
    or arrive as they did, ranges that held in the past can't vouch for the next. Bonferroni over
    the checks of each of the two questions. Origin: house; Dawid 1984 for the place.

    >>> frame = pd.DataFrame({"origin": range(6), "actual": 0.0, "pit": 0.01, "p10": 1.0,
    ...                       "p90": 2.0})
    >>> drift_check(frame).status, drift_check(frame).direction
    ('lost', 'too_high')
    """
    need_columns(forecasts, "forecasts", ["origin", "actual", "pit", "p10", "p90"])
    known = forecasts.dropna(subset=["actual", "pit"]).sort_values("origin", kind="stable")
    rows = [_place(known, last), _range(known)]
    if deals is not None:
        rows.append(_deals(deals, last, common))
    missed = [row for row in rows if row is not None]
    moved = []
    if stability is not None:
        moved = list(stability[CHECK_COLUMNS].itertuples(index=False, name=None))
    checks = pd.DataFrame(missed + moved, columns=CHECK_COLUMNS)
    if checks.empty:
        return DriftCheck("too_little_history", "", float("nan"), level, checks)
    asked = np.array([len(missed)] * len(missed) + [len(moved)] * len(moved))
    adjusted = np.minimum(checks["p_value"].to_numpy(float) * asked, 1.0)
    worst = int(adjusted.argmin())
    lost = bool(adjusted[worst] < level)
    direction = str(checks["direction"].iloc[worst]) if lost else ""
    status = "lost" if lost else "holds"
    return DriftCheck(status, direction, float(adjusted[worst]), level, checks)


def _place(known: pd.DataFrame, last: int) -> tuple[object, ...] | None:
    recent = known["pit"].to_numpy()[-last:]
    if len(recent) < min(last, FEWEST_PERIODS):
        return None
    z = float(ndtri(np.clip(recent, 0.005, 0.995)).sum() / np.sqrt(len(recent)))
    side = "too_high" if z < 0 else "too_low"
    p_value = float(2 * ndtr(-abs(z)))
    mean = float(recent.mean())
    return ("place", mean, 0.5, p_value, len(recent), side, "normal_scores", "field:Dawid 1984")


def _range(known: pd.DataFrame) -> tuple[object, ...] | None:
    share, inside, n = coverage(known["actual"], known["p10"], known["p90"])
    if n < FEWEST_PERIODS:
        return None
    fewer, more = float(binom.cdf(inside, n, 0.8)), float(binom.sf(inside - 1, n, 0.8))
    side = "too_narrow" if fewer < more else "too_wide"
    p_value = min(1.0, 2 * min(fewer, more))
    return ("range", share, 0.8, p_value, n, side, "binomial_exact", "field:Clopper & Pearson 1934")


def _deals(deals: pd.DataFrame, last: int, common: float) -> tuple[object, ...] | None:
    need_columns(deals, "deals", ["origin", "p_in_period", "won_in_period"])
    known = deals.dropna(subset=["p_in_period", "won_in_period"])
    origins = np.sort(known["origin"].unique())[-last:]
    recent = known[known["origin"].isin(origins)]
    p = recent["p_in_period"].astype(float)
    expected = p.groupby(recent["origin"]).sum()
    own = float((p * (1 - p)).sum())
    if own < FEWEST_VARIANCE:
        return None
    spread = np.sqrt(own + float(((common * expected) ** 2).sum()))
    won = float(recent["won_in_period"].astype(float).sum())
    z = (won - float(expected.sum())) / spread
    side = "too_high" if z < 0 else "too_low"
    p_value = float(2 * ndtr(-abs(z)))
    return ("deals", won, float(expected.sum()), p_value, len(p), side, "common_spread", "house")
