"""Weighted means of the respondents of each account, and how their residuals spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from kamkit.methods.relationship.survey_answers import Answers
from kamkit.methods.relationship.survey_intervals import (
    ENOUGH_DF,
    HOUSE_SD,
    Spread,
    spread_of,
    standard_errors,
)
from kamkit.methods.shares import Floats, Ints

AGGREGATES = ("arithmetic", "geometric")


@dataclass(frozen=True)
class CellMeans:
    """Means of each account (cell) and respondents' residuals, for every quantity.

    Quantities are the dimensions, the total (last of ``names``, if formed) and then the
    differences of two dimensions (``pairs``). ``estimate``: cells × quantities, 0–100.
    ``residual``: respondents × quantities, NaN where a respondent says nothing about it.
    ``gradient``: cells × dimensions, what a point of a dimension adds to the total.
    """

    names: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]
    estimate: Floats
    residual: Floats
    gradient: Floats


def by_cell(values: Floats, weights: Floats, cell: Ints, cells: int) -> tuple[Floats, Floats]:
    """Weighted sums of each column over the respondents of a cell, and the weights behind them.

    >>> by_cell(np.array([[1.0], [3.0]]), np.ones(2), np.array([0, 0]), 1)[0].tolist()
    [[4.0]]
    """
    rows = np.arange(len(cell))
    spread = csr_array((weights, (cell, rows)), shape=(cells, len(cell)))
    known = ~np.isnan(values)
    return spread @ np.where(known, values, 0.0), spread @ known.astype(float)


def means_by_cell(values: Floats, weights: Floats, cell: Ints, cells: int) -> Floats:
    """Weighted means of each column over the respondents of a cell; NaN where nobody answered."""
    sums, mass = by_cell(values, weights, cell, cells)
    means: Floats = np.full(sums.shape, np.nan)
    np.divide(sums, mass, out=means, where=mass > 0)
    return means


def total_of(dimensions: Floats, weights: Floats, aggregate: str) -> Floats:
    """The total over the last axis; NaN where a dimension is unknown.

    Arithmetic: Σ w·d. Geometric: Π d^w, which a broken dimension pulls down further.

    >>> scores, equal = np.array([77.7778, 66.6667, 66.6667]), np.full(3, 1 / 3)
    >>> [round(float(total_of(scores, equal, a)), 2) for a in ("arithmetic", "geometric")]
    [70.37, 70.18]
    """
    if aggregate == "arithmetic":
        plain: Floats = dimensions @ weights
        return plain
    with np.errstate(divide="ignore"):
        raised: Floats = np.exp(np.log(np.maximum(dimensions, 0.0)) @ weights)
    return raised


def cell_means(
    answers: Answers, weights: Floats, shares: Floats, aggregate: str, names: tuple[str, ...]
) -> CellMeans:
    """Dimension means, total and differences of dimensions for each account.

    ``weights``: of respondents; ``shares``: of dimensions in the total (empty: no total).
    """
    cells, k = len(answers.cells), answers.dimensions.shape[1]
    means = means_by_cell(answers.dimensions, weights, answers.cell, cells)
    pairs = tuple((i, j) for i in range(k) for j in range(i + 1, k))
    gap = means[:, [i for i, _ in pairs]] - means[:, [j for _, j in pairs]]
    away = answers.dimensions - means[answers.cell]
    apart = away[:, [i for i, _ in pairs]] - away[:, [j for _, j in pairs]]
    if not len(shares):
        none = np.zeros((cells, k))
        return CellMeans(names, pairs, np.hstack([means, gap]), np.hstack([away, apart]), none)
    total = total_of(means, shares, aggregate)
    gradient = np.broadcast_to(shares, means.shape)
    if aggregate == "geometric":
        # A dimension at 0 has no slope: its residuals are taken one point above.
        lifted = np.maximum(means, 1.0)
        gradient = shares * total_of(lifted, shares, aggregate)[:, None] / lifted
    slope = gradient[answers.cell] * ~np.isnan(away)
    told = slope.sum(axis=1) / np.maximum(gradient[answers.cell].sum(axis=1), 1e-12)
    moved = np.where(np.isnan(away), 0.0, away) * slope
    mine = np.full(len(away), np.nan)
    np.divide(moved.sum(axis=1), told, out=mine, where=told > 0)
    return CellMeans(
        (*names, "total"),
        pairs,
        np.column_stack([means, total, gap]),
        np.column_stack([away, mine, apart]),
        gradient,
    )


@dataclass(frozen=True)
class CellErrors:
    """Per cell and quantity: respondents, Σw²/(Σw)², standard error, its df; kind of spread."""

    n: Ints
    factor: Floats
    error: Floats
    df: Floats
    kind: np.ndarray
    variance: Floats


def cell_errors(
    residual: Floats,
    weights: Floats,
    cell: Ints,
    pool: pd.DataFrame,
    floors: Floats,
) -> CellErrors:
    """Standard errors of all cells; ``pool`` has wave and side of each cell.

    Accounts of one wave and side share one spread; the thinner side borrows the other's.
    """
    cells, width = len(pool), residual.shape[1]
    shape = (cells, width)
    square, mass = by_cell(residual**2, weights, cell, cells)
    mass2 = by_cell(residual, weights**2, cell, cells)[1]
    n = by_cell(residual, np.ones(len(cell)), cell, cells)[1].astype(np.int64)
    own, factor = np.zeros(shape), np.full(shape, np.nan)
    np.divide(mass2, mass**2, out=factor, where=mass > 0)
    np.divide(square, mass * (1 - factor), out=own, where=(n > 1) & (factor < 1))
    df = np.maximum(n - 1, 0).astype(float)
    error, freedom = np.full(shape, np.nan), np.full(shape, np.nan)
    variance = np.full(shape, np.nan)
    kind = np.full(shape, "", dtype=object)
    waves, sides = pool["wave"].to_numpy(), pool["side"].to_numpy()
    for wave in np.unique(waves):
        for q in range(width):
            spreads = _spreads(own[:, q], df[:, q], waves == wave, sides)
            for side, spread in spreads.items():
                here = (waves == wave) & (sides == side)
                error[here, q], freedom[here, q] = standard_errors(
                    own[here, q], df[here, q], factor[here, q], spread, floors[q]
                )
                kind[here, q] = spread.kind
                variance[here, q] = spread.variance
    return CellErrors(n, factor, error, freedom, kind, variance)


def tick_sd(answers: Answers) -> Floats:
    """Standard deviation of single ticks (0–100) within an account, for each cell's wave and side.

    From accounts whose mean lies in mid-scale (20–80), where its ends cut off little; one step
    of a seven-step scale (house) where fewer than 20 degrees of freedom tell of it.
    """
    cells = len(answers.cells)
    ticks = answers.items
    ones = np.ones(len(ticks))
    means = means_by_cell(ticks, ones, answers.cell, cells)
    square, n = by_cell((ticks - means[answers.cell]) ** 2, ones, answers.cell, cells)
    inside = (means >= 20) & (means <= 80)
    pool = answers.cells[["wave", "side"]].assign(
        square=(square * inside).sum(axis=1), df=(np.maximum(n - 1, 0) * inside).sum(axis=1)
    )
    sums = pool.groupby(["wave", "side"])[["square", "df"]].transform("sum")
    df = sums["df"].to_numpy()
    enough = df >= ENOUGH_DF
    own = np.sqrt(sums["square"].to_numpy() / np.where(enough, df, 1))
    return np.where(enough & (own > 0), own, HOUSE_SD)


def _spreads(own: Floats, df: Floats, wave: np.ndarray, sides: np.ndarray) -> dict[str, Spread]:
    """The spread on each side of one wave; the richer side first, it lends to the other."""
    found: dict[str, Spread] = {}
    weight = {str(s): df[wave & (sides == s)].sum() for s in np.unique(sides[wave])}
    other = None
    for side in sorted(weight, key=lambda s: (-weight[s], s)):
        here = wave & (sides == side)
        found[side] = spread_of(own[here], df[here], other)
        other = found[side]
    return found
