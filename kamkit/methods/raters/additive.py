"""Score = person + rater + rest, fitted without a loop over people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, diags_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import cg

from kamkit.methods.raters.links import parts_of
from kamkit.methods.shares import Floats, Ints

DENSE = 2000  # raters up to which the exact covariance of all effects is held


@dataclass(frozen=True)
class Design:
    """Who scored whom: codes by row, counts, and what is linked with what.

    ``cell``: person, competency and period; ``dyad``: rater and person; ``cells``: how often
    each rater (column) scored each cell (row); ``shares``: which share of a ratee's scores each
    rater gave; ``part``: component of each rater; ``ratee_part``: of each ratee, −1 where mixed.
    """

    ratees: list[str]
    raters: list[str]
    score: Floats
    ratee: Ints
    rater: Ints
    cell: Ints
    dyad: Ints
    dyads: int
    cells: csr_array
    shares: csr_array
    part: Ints
    ratee_part: Ints
    n_rater: Ints
    n_ratee: Ints
    ratees_of_rater: Ints
    raters_of_ratee: Ints
    raw_mean: Floats


def rating_design(table: pd.DataFrame) -> Design:
    """Codes and counts of a table of :func:`kamkit.methods.raters.inputs.read_ratings`."""
    ratee, ratees = pd.factorize(table["ratee_id"], sort=True)
    rater, raters = pd.factorize(table["rater_id"], sort=True)
    n, m, people = len(table), len(raters), len(ratees)
    label = np.asarray(ratee, dtype=np.int64)
    for name in ("competency", "period"):
        code, values = pd.factorize(table[name])
        label = label * max(len(values), 1) + code
    cell = np.unique(label, return_inverse=True)[1]
    dyads, dyad = np.unique(ratee * max(m, 1) + rater, return_inverse=True)
    ones = np.ones(n)
    count = int(cell.max(initial=-1)) + 1
    cells = csr_array((ones, (cell, rater)), shape=(count, m))
    part = parts_of(cells)
    n_ratee = np.bincount(ratee, minlength=people)
    shares = csr_array((1 / n_ratee[ratee], (ratee, rater)), shape=(people, m))
    mine = part[rater]
    lowest, highest = np.full(people, n + 1), np.full(people, -1)
    np.minimum.at(lowest, ratee, mine)
    np.maximum.at(highest, ratee, mine)
    score = table["score"].to_numpy(dtype=float)
    return Design(
        ratees=[str(r) for r in ratees], raters=[str(r) for r in raters], score=score,
        ratee=np.asarray(ratee), rater=np.asarray(rater), cell=cell, dyad=dyad,
        dyads=len(dyads), cells=cells, shares=shares, part=part,
        ratee_part=np.where(lowest == highest, lowest, -1),
        n_rater=np.bincount(rater, minlength=m), n_ratee=n_ratee,
        ratees_of_rater=np.bincount(dyads % max(m, 1), minlength=m)[:m],
        raters_of_ratee=np.bincount(dyads // max(m, 1), minlength=people)[:people],
        raw_mean=np.bincount(ratee, score, people) / n_ratee,
    )  # fmt: skip


@dataclass(frozen=True)
class Additive:
    """Rater effects (adding up to 0 in each part) and their errors.

    ``sigma2``: variance of a dyad's mean times its number of scores; ``df`` behind it;
    ``inverse``: covariance of effects / sigma2, None above DENSE raters (then only its diagonal,
    without what links add); ``explained``: sum of squares that the raters explain.
    """

    effect: Floats
    sigma2: float
    df: float
    explained: float
    diagonal: Floats
    inverse: Floats | None
    error_kind: str

    @property
    def variance(self) -> Floats:
        """Error variance of each effect."""
        return self.sigma2 * self.diagonal

    def contrast_error(self, weights: csr_array, part: Ints) -> Floats:
        """Standard error of each effect less the weighted mean of its part."""
        if self.inverse is None:
            own = np.zeros(len(part))
            own[weights.tocoo().row] = weights.tocoo().data
            common = (weights * weights).T @ self.diagonal
            value = self.diagonal * (1 - 2 * own) + common[part]
        else:
            cross = self.inverse @ weights.toarray()
            common = (weights.multiply(cross)).sum(axis=0)
            value = self.diagonal - 2 * cross[np.arange(len(part)), part] + common[part]
        return np.asarray(np.sqrt(np.maximum(value, 0.0) * self.sigma2))

    def quadratic(self, shares: csr_array) -> Floats:
        """Error variance of the rater part of each row of ``shares``."""
        if self.inverse is None:
            return np.asarray((shares * shares) @ self.diagonal * self.sigma2)
        return np.asarray(shares.multiply(shares @ self.inverse).sum(axis=1) * self.sigma2)


def fit_additive(design: Design) -> Additive:
    """Least squares over cells shared by raters, with an error from dyad means.

    Cells are swept out, so that persons, competencies and periods need no parameters; what is
    left is one equation a rater (the Laplacian of the graph of shared cells).
    """
    m, y = len(design.raters), design.score
    size = np.maximum(np.asarray(design.cells.sum(axis=1)).ravel(), 1)
    centred = y - (np.bincount(design.cell, y, len(size)) / size)[design.cell]
    pull = np.bincount(design.rater, centred, m).astype(float)
    graph = laplacian(design.cells, size)
    effect, inverse, diagonal = _solve(graph, pull, design.part)
    swept = effect[design.rater] - ((design.cells @ effect) / size)[design.cell]
    rest = centred - swept
    count = np.bincount(design.dyad, minlength=design.dyads)
    squares = float(
        (np.bincount(design.dyad, rest, design.dyads) ** 2 / np.maximum(count, 1)).sum()
    )
    df = float(design.dyads - len(design.ratees) - m + linked_parts(design))
    return Additive(
        effect=effect,
        sigma2=squares / df if df > 0 else np.nan,
        df=df,
        explained=float(pull @ effect),
        diagonal=diagonal,
        inverse=inverse,
        error_kind="approximate_error" if inverse is None and m else "dyad_error",
    )


def laplacian(cells: csr_array, size: Floats) -> csr_array:
    """Normal equations of rater effects with the cells swept out."""
    total = np.asarray(cells.sum(axis=0)).ravel()
    return csr_array(diags_array(total) - cells.T @ (diags_array(1 / size) @ cells))


def linked_parts(design: Design) -> int:
    """Number of components of the graph of ratees and raters."""
    people, m = len(design.ratees), len(design.raters)
    ones = np.ones(len(design.score))
    both = csr_array((ones, (design.ratee, people + design.rater)), shape=(people + m, people + m))
    return int(connected_components(both, directed=False)[0]) if people + m else 0


def _solve(graph: csr_array, pull: Floats, part: Ints) -> tuple[Floats, Floats | None, Floats]:
    """Effects that add up to 0 in each part, the pseudo-inverse and its diagonal."""
    m = len(pull)
    if not m:
        return np.zeros(0), None, np.zeros(0)
    size = np.bincount(part)[part]
    if m <= DENSE:
        same = (part[:, None] == part[None, :]) / size
        inverse = np.linalg.inv(graph.toarray() + same) - same
        return inverse @ pull, inverse, np.diag(inverse).copy()
    effect, _ = cg(graph, pull, rtol=1e-10, maxiter=10 * m)
    effect = effect - (np.bincount(part, effect) / np.bincount(part))[part]
    degree = graph.diagonal()
    return effect, None, np.divide(1.0, degree, out=np.zeros(m), where=degree > 0)
