"""Kendall's W: do raters put people in the same order; and what it cannot see."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import chdtrc, fdtri

from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.raters.icc import mean_squares
from kamkit.methods.raters.inputs import need_level, score_matrix
from kamkit.methods.shares import Floats

KENDALL, TUKEY = "field:Kendall & Babington Smith 1939", "field:Tukey 1953"


def kendall_w(scores: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Concordance of raters' orders, and how far their levels lie apart.

    ``scores``: one row a ratee, one column a rater; ratees that some rater left out are dropped.
    W compares orders only: a rater who marks everybody two points lower changes nothing in it.
    So ``level_spread`` stands beside it: the most lenient rater's mean less the strictest's.
    Returns a measure table (n ratees): kendall_w (0–1, corrected for ties),
    kendall_w_uncorrected, kendall_chi2, kendall_df, kendall_p (all raters order at random),
    level_spread (points of the scale; interval for the two ends, chosen after the event).
    Raises KamkitError not_a_number, option_out_of_range.
    Source: Kendall & Babington Smith 1939; Tukey 1953.

    >>> table = pd.DataFrame({"A": [1, 2, 3, 4], "B": [3, 4, 5, 6]})
    >>> kendall_w(table).set_index("measure")["value"][["kendall_w", "level_spread"]].tolist()
    [1.0, 2.0]
    """
    need_level(level)
    x = score_matrix(scores)
    kept = x[~np.isnan(x).any(axis=1)] if x.shape[1] else x[:0]
    n, m = kept.shape
    if n < 2 or m < 2:
        names = ("kendall_w", "kendall_w_uncorrected", "kendall_chi2", "kendall_df", "kendall_p")
        return measure_table(
            measure_row(name, np.nan, n, variant="too_little_data", origin=KENDALL)
            for name in (*names, "level_spread")
        )
    corrected, plain = concordance(kept)
    known = np.isfinite(corrected)
    chi2 = m * (n - 1) * corrected
    low, high = _w_ends(corrected, n, m, level)
    note = "ties_corrected; approximate_f" if np.isfinite(low) else "ties_corrected"
    p = float(chdtrc(n - 1, chi2)) if known else np.nan
    rows = [
        ("kendall_w", corrected, low, high, note if known else "no_variance"),
        ("kendall_w_uncorrected", plain, np.nan, np.nan, "ties_not_corrected"),
        ("kendall_chi2", chi2, np.nan, np.nan, "ties_corrected"),
        ("kendall_df", n - 1, np.nan, np.nan, "chi2"),
        ("kendall_p", p, np.nan, np.nan, "chi2"),
    ]
    table = [
        measure_row(name, value, n, low=below, high=above, variant=variant, origin=KENDALL)
        for name, value, below, above, variant in rows
    ]
    return measure_table([*table, _level_spread(kept, level)])


def concordance(x: Floats) -> tuple[float, float]:
    """W with and without the correction for ties; NaN where every rater ties everybody.

    >>> concordance(np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 9.0]]))
    (1.0, 1.0)
    """
    n, m = x.shape
    ranks = pd.DataFrame(x).rank().to_numpy()
    s = float(((ranks.sum(axis=1) - m * (n + 1) / 2) ** 2).sum())
    ties = 0.0
    for column in x.T:
        size = np.unique(column, return_counts=True)[1].astype(float)
        ties += float((size**3 - size).sum())
    most = m * m * (n**3 - n)
    below = most - m * ties
    return (12 * s / below if below > 1e-9 else np.nan), 12 * s / most


def _w_ends(w: float, n: int, m: int, level: float) -> tuple[float, float]:
    """Ends by F = (m − 1)W/(1 − W), Kendall's own approximation; none where W is 1."""
    df = n - 1 - 2 / m
    if not w < 1 - 1e-12 or df <= 0:
        return np.nan, np.nan
    f, up = (m - 1) * w / (1 - w), 0.5 + level / 2
    low, high = f / float(fdtri(df, (m - 1) * df, up)), f * float(fdtri((m - 1) * df, df, up))
    return low / (low + m - 1), high / (high + m - 1)


def _level_spread(x: Floats, level: float) -> dict[str, object]:
    """Range of raters' means, with Tukey's interval for a difference picked out of all."""
    from scipy.stats import studentized_range

    n, m = x.shape
    spread = float(np.ptp(x.mean(axis=0)))
    ms, df = mean_squares(x)
    reach = float(studentized_range.ppf(level, m, df[3])) * float(np.sqrt(ms[3] / n))
    if ms[3] <= 1e-12:
        reach = np.nan
    return measure_row(
        "level_spread", spread, n, low=max(spread - reach, 0.0), high=spread + reach,
        variant="tukey_range" if np.isfinite(reach) else "no_disagreement", origin=TUKEY,
    )  # fmt: skip
