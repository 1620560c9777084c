"""Krippendorff's alpha: agreement of any number of raters, at any level, with gaps."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.raters.inputs import need_choice, need_level, score_matrix
from kamkit.methods.shares import Floats

LEVELS = ("nominal", "ordinal", "interval", "ratio")
ORIGIN = "field:Krippendorff 2011; field:Efron 1979"
_CHUNK = 2_000_000  # figures held at once while resampling


def krippendorff_alpha(
    scores: pd.DataFrame,
    *,
    level: Literal["nominal", "ordinal", "interval", "ratio"] = "interval",
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Krippendorff's alpha with an interval from resampled ratees.

    ``scores``: one row a ratee, one column a rater, gaps allowed; numbers (codes, for nominal).
    ``level``: how far two scores count as apart. Ratees with fewer than two scores tell nothing
    and are left out.
    Returns a measure table: krippendorff_alpha (1 agreement, 0 as by chance, below 0 worse), n
    ratees with two or more scores; NaN where all scores are alike (variant no_variance) or too
    few. Raises KamkitError not_a_number, unknown_option, option_out_of_range.
    Source: Krippendorff 2011; Efron 1979.

    >>> scores = pd.DataFrame({"A": [1, 2, 3, 3], "B": [1, 2, 3, 4]})
    >>> krippendorff_alpha(scores, level="nominal")["value"].round(3).tolist()
    [0.696]
    """
    need_choice("level", level, LEVELS)
    need_level(confidence)
    x = score_matrix(scores)
    x = x[(~np.isnan(x)).sum(axis=1) > 1] if x.size else x[:0]
    n = len(x)
    low = high = np.nan
    value, variant = np.nan, "too_little_data"
    if n > 1:
        values, counts = value_counts(x)
        value = float(_alphas(np.ones((1, n)), counts, values, level)[0])
        variant = "no_variance" if np.isnan(value) else "no_disagreement"
        if value < 1 - 1e-12:
            low, high = _interval(counts, values, level, confidence, draws, seed)
            variant = "bootstrap_ratees"
    row = measure_row(
        "krippendorff_alpha", value, n, low=low, high=high, variant=f"{level}_level; {variant}",
        origin=ORIGIN,
    )  # fmt: skip
    return measure_table([row])


def value_counts(x: Floats) -> tuple[Floats, csr_array]:
    """Distinct scores, and how often each ratee (row) was given each of them (column).

    >>> values, counts = value_counts(np.array([[1.0, 2.0], [1.0, 1.0]]))
    >>> values.tolist(), counts.toarray().tolist()
    ([1.0, 2.0], [[1.0, 1.0], [2.0, 0.0]])
    """
    known = ~np.isnan(x)
    values, code = np.unique(x[known], return_inverse=True)
    units = np.nonzero(known)[0]
    shape = (len(x), len(values))
    return values, csr_array((np.ones(len(code)), (units, code)), shape=shape)


def _alphas(weights: Floats, counts: csr_array, values: Floats, level: str) -> Floats:
    """Alpha for each row of weights over ratees; NaN where nothing differs."""
    totals = np.asarray(weights @ counts)
    n = totals.sum(axis=1)
    size = np.asarray(counts.sum(axis=1)).ravel()
    if level in ("nominal", "ratio"):
        apart = _apart(values, level)
        inside = np.asarray(counts.multiply(counts @ apart).sum(axis=1)).ravel()
        observed = weights @ (inside / (size - 1))
        expected = ((totals @ apart) * totals).sum(axis=1)
    else:
        place = np.broadcast_to(values, totals.shape)
        if level == "ordinal":  # ranks: half of those alike and all below
            place = np.cumsum(totals, axis=1) - totals / 2
        place = place - (totals * place).sum(axis=1, keepdims=True) / n[:, None]
        sums, squares = (counts @ place.T).T, (counts @ (place**2).T).T
        observed = (weights * 2 * (size * squares - sums**2) / (size - 1)).sum(axis=1)
        expected = 2 * n * (totals * place**2).sum(axis=1)
    out = np.full(len(weights), np.nan)
    np.divide((n - 1) * observed, expected, out=out, where=expected > 1e-12)
    return 1 - out


def _apart(values: Floats, level: str) -> Floats:
    a, b = values[:, None], values[None, :]
    if level == "nominal":
        return np.asarray((a != b).astype(float))
    total = np.where(a + b == 0, 1.0, a + b)
    return np.asarray(((a - b) / total) ** 2)


def _interval(
    counts: csr_array, values: Floats, level: str, confidence: float, draws: int, seed: int
) -> tuple[float, float]:
    n = counts.shape[0]
    # Ordered by content: the order of rows in the table must not choose the draws.
    counts = counts[np.lexsort(counts.toarray().T)]
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK // max(n, len(values)))
    found = [
        _alphas(
            rng.multinomial(n, np.full(n, 1 / n), min(step, draws - at)).astype(float),
            counts, values, level,
        )
        for at in range(0, draws, step)
    ]  # fmt: skip
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(np.concatenate(found), [tail, 1 - tail])
    return float(low), float(high)
