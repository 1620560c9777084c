"""Means over several raters with their intervals, also where there is only one rater."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import t

Floats = npt.NDArray[np.float64]
MOST_RATERS = 300  # above, shared raters hardly bear on the degrees of freedom
POOLED, OWN, NONE = "pooled_raters", "own_raters", "one_rater_whole_scale"


@dataclass(frozen=True)
class Spread:
    """How raters of the same subject differ: variance and its degrees of freedom.

    ``between`` leaves out what raters share over subjects (some are stricter): it is for
    comparing subjects that the same raters rated; ``alike`` says whether they all were.
    """

    variance: float
    df: float
    between: float
    between_df: float
    alike: bool
    pooled: bool


def rater_spread(subject: pd.Series, rater: pd.Series, score: pd.Series) -> Spread:
    """Variance of raters around the mean of their subject, pooled over subjects.

    Where raters rate several subjects, what they share is one draw a rater and not one a rating:
    the degrees of freedom follow Satterthwaite 1946 from the split into raters and the rest.

    >>> found = rater_spread(pd.Series(list("aabb")), pd.Series(list("xyxy")),
    ...     pd.Series([1.0, 3.0, 2.0, 4.0]))
    >>> found.variance, round(found.df, 2), round(found.between, 6)
    (2.0, 1.0, 0.0)
    """
    known = score.notna().to_numpy()
    who, names = pd.factorize(subject[known])
    rated_by, raters = pd.factorize(rater[known])
    x = score[known].to_numpy(float)
    count = np.bincount(who, minlength=len(names))
    rest = x - (np.bincount(who, x, len(names)) / np.maximum(count, 1))[who]
    df = len(x) - len(names)
    alike = bool(len(names)) and len(x) == len(names) * len(raters)
    pooled = int((count > 1).sum()) > 1
    if df <= 0:
        return Spread(np.nan, 0, np.nan, 0, alike, pooled)
    within = float(rest @ rest)
    shared, shared_df = _shared(who, rated_by, rest, count)
    left, left_df = max(within - shared, 0.0), df - shared_df
    if left_df <= 0 or shared_df <= 0:
        return Spread(within / df, df, within / df, df, False, pooled)
    parts = shared**2 / shared_df + left**2 / left_df
    effective = within**2 / parts if parts > 0 else df
    return Spread(within / df, effective, left / left_df, left_df, alike, pooled)


def _shared(
    who: npt.NDArray[np.int64],
    rated_by: npt.NDArray[np.int64],
    rest: Floats,
    count: npt.NDArray[np.int64],
) -> tuple[float, float]:
    """Sum of squares that raters explain over subjects, and its degrees of freedom."""
    raters = int(rated_by.max()) + 1
    if raters > MOST_RATERS or np.bincount(rated_by).max() == 1:
        return 0.0, 0
    flags = np.zeros((len(rest), raters))
    flags[np.arange(len(rest)), rated_by] = 1
    means = np.zeros((len(count), raters))
    np.add.at(means, who, flags)
    flags -= (means / np.maximum(count, 1)[:, None])[who]
    fit, _, rank, _ = np.linalg.lstsq(flags, rest, rcond=None)
    return float(rest @ (flags @ fit)), float(rank)


def rater_means(
    table: pd.DataFrame, *, low: float, high: float, level: float = 0.95, least: float = 0.0
) -> pd.DataFrame:
    """Mean of each subject over its raters with a t interval from the pooled spread of raters.

    Needs columns: subject, rater, score. One rater has an interval as wide as a single opinion
    is unsure; where no subject has two raters nothing is known of that, and the interval is the
    whole scale from ``low`` to ``high``. ``least``: a variance that raters have at least, for
    whole grades hide differences: raters who agree by chance don't make a score certain.

    Returns columns subject, score, low, high, near (half width for comparing subjects), n
    (raters), variant (pooled_raters, own_raters, with "; grade_width" where the least variance
    counts; one_rater_whole_scale, too_little_data).
    Source: Satterthwaite 1946; pooling house.

    >>> one = pd.DataFrame({"subject": ["a", "a", "b"], "rater": ["x", "y", "x"],
    ...     "score": [50.0, 60.0, 70.0]})
    >>> rater_means(one, low=0, high=100)[["low", "high", "n"]].round(1).values.tolist()
    [[0.0, 100.0, 2.0], [0.0, 100.0, 1.0]]
    """
    spread = rater_spread(table["subject"], table["rater"], table["score"])
    held = table.groupby("subject")["score"]
    found = pd.DataFrame({"score": held.mean(), "n": held.count()}).reset_index()
    n = found["n"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        if spread.df > 0:
            half = t.ppf(0.5 + level / 2, spread.df) * np.sqrt(max(spread.variance, least) / n)
            kind = POOLED if spread.pooled else OWN
            kind += "; grade_width" if spread.variance < least else ""
        else:
            half, kind = np.full(len(n), high - low), NONE
        near = half
        if spread.alike and spread.between_df > 0:
            point = t.ppf(0.5 + level / 2, spread.between_df)
            near = point * np.sqrt(max(spread.between, least) / n)
    score = found["score"].to_numpy(float)
    found["low"], found["high"] = np.clip(score - half, low, high), np.clip(score + half, low, high)
    found["near"] = np.where(n > 0, near, np.nan)
    found["variant"] = pd.Series(np.where(n > 0, kind, "too_little_data"), dtype="str")
    return found[["subject", "score", "low", "high", "near", "n", "variant"]]
