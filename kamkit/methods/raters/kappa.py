"""Kappa of two raters (Cohen, weighted) and of several (Fleiss)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.raters.inference import t_reach
from kamkit.methods.raters.inputs import need_choice, need_level, score_matrix
from kamkit.methods.shares import Floats, normal_point, wilson_ends

COHEN = "field:Cohen 1960; field:Cohen 1968; field:Fleiss, Cohen & Everitt 1969"
BYRT = "field:Byrt, Bishop & Carlin 1993"
FLEISS = "field:Fleiss 1971; field:Efron & Stein 1981"


def cohen_kappa(
    a: Sequence[Any] | pd.Series,
    b: Sequence[Any] | pd.Series,
    *,
    weights: Literal["linear", "quadratic"] | None = None,
    categories: Sequence[Any] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Agreement of two raters beyond chance, and how often each uses which category.

    ``a``, ``b``: the two raters' categories of the same items, in the same order; items that
    one of them left blank are left out. ``categories``: all of them in order; needed for
    weights unless they are numbers (then distances are those of the numbers).
    Returns a measure table: kappa (asymptotic interval), agreement (Wilson), agreement_by_chance,
    kappa_most (what these two could reach at best, given how often each uses each category);
    for two categories also prevalence_index, bias_index, kappa_even (2·agreement − 1). Kappa is
    low where nearly all items are of one kind, however well raters agree: read it with them.
    Raises KamkitError rows_differ, unknown_option, unknown_choice, categories_needed,
    option_out_of_range.
    Source: Cohen 1960, 1968; Fleiss, Cohen & Everitt 1969; Byrt, Bishop & Carlin 1993.

    >>> one, two = [1] * 25 + [0] * 25, [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15
    >>> cohen_kappa(one, two).set_index("measure")["value"]["kappa"].round(3)
    np.float64(0.4)
    """
    need_level(level)
    if weights is not None:
        need_choice("weights", weights, ("linear", "quadratic"))
    first, second = pd.Series(list(a), dtype=object), pd.Series(list(b), dtype=object)
    if len(first) != len(second):
        details = {"first": len(first), "second": len(second)}
        raise KamkitError(Problem("rows_differ", details=details))
    both = first.notna() & second.notna()
    names, at = _categories(first[both], second[both], categories, weights)
    counts = np.zeros((len(names), len(names)))
    place = {name: i for i, name in enumerate(names)}
    rows = first[both].map(place).to_numpy(dtype=int), second[both].map(place).to_numpy(dtype=int)
    np.add.at(counts, rows, 1)
    return _measures(counts, agreement_weights(at, weights), weights, level)


def _categories(
    a: pd.Series, b: pd.Series, categories: Sequence[Any] | None, weights: str | None
) -> tuple[list[Any], Floats]:
    seen = set(a) | set(b)
    if categories is not None:
        names = list(categories)
        unknown = sorted(str(s) for s in seen - set(names))
        allowed = {"allowed": ", ".join(map(str, names))}
        KamkitError.collect(
            Problem("unknown_choice", column="categories", value=u, details=allowed)
            for u in unknown
        )
    else:
        names = sorted(seen, key=lambda c: (isinstance(c, str), c))
    figures = pd.to_numeric(pd.Series(names, dtype=object), errors="coerce")
    if bool(figures.notna().all()):
        return names, figures.to_numpy(dtype=float)
    if weights is not None and categories is None:
        raise KamkitError(Problem("categories_needed", column="categories"))
    return names, np.arange(len(names), dtype=float)


def agreement_weights(at: Floats, weights: str | None) -> Floats:
    """1 for the same category, less the further apart two are; 0 for the ends of the scale.

    >>> agreement_weights(np.array([1.0, 2.0, 3.0]), "quadratic")[0].tolist()
    [1.0, 0.75, 0.0]
    """
    apart = np.abs(at[:, None] - at[None, :])
    if weights is None or len(at) < 2:
        return np.asarray((apart == 0).astype(float))
    share = apart / apart.max()
    return np.asarray(1 - (share if weights == "linear" else share**2))


def kappa_of(counts: Floats, w: Floats) -> tuple[float, float, float, float]:
    """Kappa, its standard error, agreement and agreement by chance, of a square table.

    Source: Fleiss, Cohen & Everitt 1969. NaN where chance alone agrees fully.

    >>> kappa, *_ = kappa_of(np.array([[20.0, 5.0], [10.0, 15.0]]), np.eye(2))
    >>> round(kappa, 3)
    0.4
    """
    n = counts.sum()
    if n == 0:
        return np.nan, np.nan, np.nan, np.nan
    p = counts / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    seen, chance = float((w * p).sum()), float(rows @ w @ columns)
    if chance > 1 - 1e-12:
        return np.nan, np.nan, seen, chance
    kappa = (seen - chance) / (1 - chance)
    with_rows, with_columns = w @ columns, w.T @ rows
    pull = w - (with_rows[:, None] + with_columns[None, :]) * (1 - kappa)
    spread = (p * pull**2).sum() - (kappa - chance * (1 - kappa)) ** 2
    return kappa, float(np.sqrt(max(spread, 0.0) / n) / (1 - chance)), seen, chance


def _measures(counts: Floats, w: Floats, weights: str | None, level: float) -> pd.DataFrame:
    n = int(counts.sum())
    kappa, error, seen, chance = kappa_of(counts, w)
    kind = f"{weights}_distance" if weights else "unweighted"
    variant = f"{kind}; asymptotic"
    reach = normal_point(level) * error
    if np.isnan(kappa):
        variant = f"{kind}; {'no_variance' if n else 'too_little_data'}"
    elif error <= 1e-12:
        variant, reach = f"{kind}; no_disagreement", np.nan
    ends = wilson_ends(seen * n, n, level) if weights is None and n else (np.nan, np.nan)
    rows = [
        measure_row("kappa", kappa, n, low=max(kappa - reach, -1.0), high=min(kappa + reach, 1.0),
                    variant=variant, origin=COHEN),
        measure_row("agreement", seen, n, low=ends[0], high=ends[1],
                    variant=f"{kind}; wilson" if weights is None else kind, origin=COHEN),
        measure_row("agreement_by_chance", chance, n, variant=kind, origin=COHEN),
    ]  # fmt: skip
    if weights is None and n:
        p = counts / n
        best = float(np.minimum(p.sum(axis=1), p.sum(axis=0)).sum())
        most = (best - chance) / (1 - chance) if chance < 1 - 1e-12 else np.nan
        rows.append(measure_row("kappa_most", most, n, variant=kind, origin="field:Cohen 1960"))
    if len(counts) == 2 and weights is None and n:
        (yes, left), (right, no) = counts / n
        rows += [
            measure_row("prevalence_index", abs(yes - no), n, variant=kind, origin=BYRT),
            measure_row("bias_index", abs(left - right), n, variant=kind, origin=BYRT),
            measure_row("kappa_even", 2 * seen - 1, n, variant=kind, origin=BYRT),
        ]
    return measure_table(rows)


def category_counts(scores: pd.DataFrame) -> pd.DataFrame:
    """How many raters put each ratee (row) into each category (column).

    ``scores``: one row a ratee, one column a rater, gaps allowed.

    >>> category_counts(pd.DataFrame({"A": [1, 2], "B": [1, 1]})).values.tolist()
    [[2, 0], [1, 1]]
    """
    x = score_matrix(scores)
    values = np.unique(x[~np.isnan(x)])
    counts = (x[:, :, None] == values[None, None, :]).sum(axis=1)
    return pd.DataFrame(counts, index=scores.index, columns=values)


def fleiss_kappa(counts: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Agreement of several raters on categories beyond chance; raters may differ by ratee.

    ``counts``: one row a ratee, one column a category, how many raters chose it
    (``category_counts`` makes it). Ratees with fewer than two ratings are left out; unequal
    numbers of ratings weigh by ratings and are named in the variant. Interval by leaving out
    one ratee at a time. Order of categories plays no part: for graded scales use
    ``krippendorff_alpha``.
    Returns a measure table: fleiss_kappa, agreement, agreement_by_chance; n ratees.
    Raises KamkitError not_a_number, out_of_range. Source: Fleiss 1971; Efron & Stein 1981.

    >>> fleiss_kappa(pd.DataFrame([[3, 0], [0, 3], [2, 1]]))["value"].round(3).tolist()
    [0.55, 0.778, 0.506]
    """
    need_level(level)
    x = np.nan_to_num(score_matrix(counts))
    KamkitError.collect(
        Problem("out_of_range", "counts", str(counts.columns[c]), int(r) + 1, x[r, c],
                details={"allowed": "≥ 0"})
        for r, c in zip(*np.nonzero(x < 0), strict=True)
    )  # fmt: skip
    x = x[x.sum(axis=1) > 1]
    n, raters = len(x), x.sum(axis=1)
    kappa, seen, chance = _fleiss(x.sum(axis=0), (x * (x - 1)).sum(axis=1) / (raters - 1), raters)
    low = high = np.nan
    variant = "too_little_data" if n < 2 else "no_variance" if np.isnan(kappa) else "jackknife"
    if variant == "jackknife" and seen > 1 - 1e-12:
        variant = "no_disagreement"
    elif variant == "jackknife":
        reach = t_reach(n - 1, level) * _jackknife(x, raters)
        low, high = max(kappa - reach, -1.0), min(kappa + reach, 1.0)
    variant += "; unequal_raters" if n and np.ptp(raters) > 0 else ""
    kappa = np.nan if n < 2 else kappa
    return measure_table(
        [
            measure_row("fleiss_kappa", kappa, n, low=low, high=high, variant=variant,
                        origin=FLEISS),
            measure_row("agreement", seen, n, variant="pairs_of_raters", origin=FLEISS),
            measure_row("agreement_by_chance", chance, n, variant="pairs_of_raters",
                        origin=FLEISS),
        ]
    )  # fmt: skip


def _fleiss(totals: Floats, pairs: Floats, raters: Floats) -> tuple[float, float, float]:
    """Kappa, agreement, chance from totals by category and agreeing pairs by ratee."""
    all_ = totals.sum()
    if all_ <= 0:
        return np.nan, np.nan, np.nan
    seen, chance = float(pairs.sum() / raters.sum()), float(((totals / all_) ** 2).sum())
    return ((seen - chance) / (1 - chance) if chance < 1 - 1e-12 else np.nan), seen, chance


def _jackknife(x: Floats, raters: Floats) -> float:
    pairs = (x * (x - 1)).sum(axis=1) / (raters - 1)
    n = len(x)
    totals = x.sum(axis=0) - x
    seen = (pairs.sum() - pairs) / (raters.sum() - raters)
    chance = ((totals / totals.sum(axis=1, keepdims=True)) ** 2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = (seen - chance) / (1 - chance)
    left = left[np.isfinite(left)]
    return float(np.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum())) if len(left) else np.nan
