"""Intraclass correlation: six forms, their intervals, and which one a design asks for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import fdtri

from kamkit.methods.raters.inputs import need_level, score_matrix
from kamkit.methods.shares import Floats

FORMS = {
    "1,1": "ICC(1)", "2,1": "ICC(A,1)", "3,1": "ICC(C,1)",
    "1,k": "ICC(k)", "2,k": "ICC(A,k)", "3,k": "ICC(C,k)",
}  # fmt: skip
FORM_COLUMNS = [
    *("form", "name", "value", "low", "high", "n_ratees", "n_raters", "variant", "origin")
]
ORIGIN = "field:Shrout & Fleiss 1979; field:McGraw & Wong 1996"


@dataclass(frozen=True)
class Icc:
    """What :func:`icc` found.

    Attributes
    ----------
    forms
        form (1,1 2,1 3,1 1,k 2,k 3,k), name (of McGraw & Wong), value, low, high, n_ratees,
        n_raters, variant, origin.
    mean_squares
        part (ratees, within, raters, residual), df, ms (points²).
    dropped
        Ratees left out because some rater did not score them.
    """

    forms: pd.DataFrame
    mean_squares: pd.DataFrame
    dropped: int


@dataclass(frozen=True)
class IccChoice:
    """Which form fits: ``form``, its ``name``, and ``reason_key`` of the catalogs (``icc.``)."""

    form: str
    name: str
    reason_key: str


def icc_form(
    *, same_raters: bool, level_matters: bool, mean_used: bool, raters_sampled: bool = True
) -> IccChoice:
    """The form that fits a design.

    ``same_raters``: the same raters scored everybody; ``level_matters``: it counts how high the
    score is (a pass mark, a grade), not only who is ahead of whom; ``mean_used``: the mean of
    the raters is used, not one rater's score; ``raters_sampled``: other raters might as well
    have been asked. Fixed raters change what is concluded (about these raters only), not the
    figure. Source: Shrout & Fleiss 1979; McGraw & Wong 1996; Koo & Li 2016.

    >>> icc_form(same_raters=True, level_matters=True, mean_used=False).form
    '2,1'
    """
    last = "k" if mean_used else "1"
    if not same_raters:
        form, reason = f"1,{last}", "different_raters"
    elif level_matters:
        form, reason = f"2,{last}", "level_sampled" if raters_sampled else "level_fixed"
    else:
        form, reason = f"3,{last}", "order_sampled" if raters_sampled else "order_fixed"
    return IccChoice(form, FORMS[form], reason)


def icc(scores: pd.DataFrame, *, level: float = 0.95) -> Icc:
    """All six intraclass correlations of a complete table, with intervals.

    ``scores``: one row a ratee, one column a rater (``wide_scores`` makes it). Ratees that some
    rater did not score are left out and counted; for incomplete designs see
    ``rating_variance``. Negative values happen and are shown: raters then differ on a person
    more than persons differ. The same data give very different forms, so name the form.

    Returns :class:`Icc`; fewer than two ratees or raters, or scores all alike: NaN and the
    variant says why. Raises KamkitError not_a_number, option_out_of_range.
    Source: Shrout & Fleiss 1979; McGraw & Wong 1996 (intervals).

    >>> judges = pd.DataFrame({"A": [9, 6, 8, 7, 10, 6], "B": [2, 1, 4, 1, 5, 2],
    ...     "C": [5, 3, 6, 2, 6, 4], "D": [8, 2, 8, 6, 9, 7]})
    >>> icc(judges).forms["value"].round(4).tolist()
    [0.1657, 0.2898, 0.7148, 0.4428, 0.6201, 0.9093]
    """
    need_level(level)
    x = score_matrix(scores)
    whole = ~np.isnan(x).any(axis=1) if x.shape[1] else np.zeros(len(x), bool)
    kept = x[whole]
    n, k = kept.shape
    ms, df = mean_squares(kept)
    low, high = np.full(6, np.nan), np.full(6, np.nan)
    value, variant = np.full(6, np.nan), "too_little_data"
    if n > 1 and k > 1:
        value = six_forms(ms, n, k)
        variant = "no_variance"
        if ms[3] <= 1e-12 < ms[0] + ms[1]:
            variant = "no_disagreement"
        elif ms[0] + ms[1] > 1e-12:
            low, high = six_intervals(ms, n, k, level)
            low, high = (np.where(np.isnan(value), np.nan, end) for end in (low, high))
            variant = "f_interval"
    if len(x) > n:
        variant += "; listwise"
    forms = pd.DataFrame(
        {
            "form": list(FORMS), "name": list(FORMS.values()), "value": value, "low": low,
            "high": high, "n_ratees": n, "n_raters": k, "variant": variant, "origin": ORIGIN,
        },
        columns=FORM_COLUMNS,
    )  # fmt: skip
    parts = ["ratees", "within", "raters", "residual"]
    squares = pd.DataFrame({"part": pd.Series(parts, dtype="str"), "df": df, "ms": ms})
    return Icc(forms, squares, len(x) - n)


def mean_squares(x: Floats) -> tuple[Floats, Floats]:
    """Mean squares of ratees, within ratees, raters and residual, and their degrees of freedom.

    >>> mean_squares(np.array([[1.0, 2.0], [3.0, 4.0]]))[0].tolist()
    [4.0, 0.5, 1.0, 0.0]
    """
    n, k = x.shape
    df = np.array([n - 1, n * (k - 1), k - 1, (n - 1) * (k - 1)], dtype=float)
    if n < 2 or k < 2:
        return np.full(4, np.nan), np.maximum(df, 0.0)
    rows, columns, grand = x.mean(axis=1), x.mean(axis=0), x.mean()
    ss_rows = k * ((rows - grand) ** 2).sum()
    ss_columns = n * ((columns - grand) ** 2).sum()
    ss_within = ((x - rows[:, None]) ** 2).sum()
    ss_rest = ((x - rows[:, None] - columns[None, :] + grand) ** 2).sum()
    return np.array([ss_rows, ss_within, ss_columns, ss_rest]) / df, df


def six_forms(ms: Floats, n: int, k: int) -> Floats:
    """The six forms from mean squares (ratees, within, raters, residual).

    NaN where the variance that the form divides by is not above zero.

    >>> six_forms(np.array([4.0, 0.5, 1.0, 0.0]), 2, 2)[2]
    np.float64(1.0)
    """
    b, w, j, e = ms
    top = np.array([b - w, b - e, b - e, b - w, b - e, b - e])
    bottom = np.array([
        b + (k - 1) * w, b + (k - 1) * e + k * (j - e) / n, b + (k - 1) * e,
        b, b + (j - e) / n, b,
    ])  # fmt: skip
    out = np.full(6, np.nan)
    np.divide(top, bottom, out=out, where=bottom > 1e-12)
    return out


def six_intervals(ms: Floats, n: int, k: int, level: float) -> tuple[Floats, Floats]:
    """Interval ends of the six forms (McGraw & Wong 1996); needs a residual above zero."""
    b, w, j, e = ms
    up = 0.5 + level / 2
    one = _ratio_ends(b / w, n - 1, n * (k - 1), k, up)
    three = _ratio_ends(b / e, n - 1, (n - 1) * (k - 1), k, up)
    two = _agreement_ends(ms, n, k, up)
    single = np.array([one, two, three])
    # The k-mean forms are the same statement about the mean: Spearman-Brown keeps the ends,
    # but for those so far below zero that the mean has no variance left.
    below = 1 + (k - 1) * single
    mean = np.full(single.shape, np.nan)
    np.divide(k * single, below, out=mean, where=below > 1e-9)
    return np.concatenate([single[:, 0], mean[:, 0]]), np.concatenate([single[:, 1], mean[:, 1]])


def _ratio_ends(f: float, df1: int, df2: int, k: int, up: float) -> tuple[float, float]:
    low = f / float(fdtri(df1, df2, up))
    high = f * float(fdtri(df2, df1, up))
    return (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)


def _agreement_ends(ms: Floats, n: int, k: int, up: float) -> tuple[float, float]:
    b, _, j, e = ms
    value = np.nan_to_num(float(six_forms(ms, n, k)[1]))
    # Raters closer than chance would have them, or a negative figure: taken as none, or zero.
    j, r = max(j, e), max(value, 0.0)
    a = k * r / (n * (1 - r))
    c = 1 + k * r * (n - 1) / (n * (1 - r))
    rest = (c * e) ** 2 / ((n - 1) * (k - 1))
    v = (a * j + c * e) ** 2 / ((a * j) ** 2 / (k - 1) + rest)
    lower, upper = float(fdtri(n - 1, v, up)), float(fdtri(v, n - 1, up))
    both = k * j + (k * n - k - n) * e
    low = n * (b - lower * e) / (lower * both + n * b)
    high = n * (upper * b - e) / (both + n * upper * b)
    return min(low, value), max(high, value)
