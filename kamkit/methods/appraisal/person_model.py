"""Persons within periods: a random effect for each person, by restricted likelihood.

The mean of person i is x_i β + b_i, b_i ~ N(0, λσ²), error variance σ² / n_i. Point estimates
use the λ of the restricted likelihood; intervals average over λ with that likelihood (flat in
√λ), since the share of variance between a dozen people is itself poorly known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import fdtrc, ndtr, ndtri, stdtr

from kamkit.methods.shares import Floats, Ints, normal_point

GRID = 49
NORMAL_FROM = 400  # degrees of freedom above which t is the normal law for our purposes


@dataclass(frozen=True)
class Persons:
    """Data of the model: mean and n by person, design, and variation within persons."""

    mean: Floats
    n: Floats
    design: Floats
    ss_within: float
    df_within: int

    @property
    def df(self) -> int:
        """Degrees of freedom of the whole restricted likelihood."""
        return self.df_within + len(self.mean) - int(self.design.shape[1])


@dataclass(frozen=True)
class PersonFit:
    """Estimates: ``ratio`` is λ; ``draws_*`` are rows of the grid over λ (weight by row)."""

    ratio: float
    between: float
    within: float
    beta: Floats
    shrink: Floats
    effect: Floats
    f: float
    p: float
    weight: Floats
    grid_effect: Floats
    grid_se: Floats
    df: int


def remove_periods(y: Floats, person: Ints, period: Ints) -> tuple[Floats, int, bool]:
    """Values without what each period brings to everybody, df spent, and whether all is linked.

    Least squares with a term for each person and period; persons are eliminated first, so the
    system is as small as the number of periods.

    >>> y, spent, linked = remove_periods(np.array([1.0, 3, 2, 4]), np.array([0, 0, 1, 1]),
    ...                                   np.array([0, 1, 0, 1]))
    >>> y.tolist(), spent, linked
    ([2.0, 2.0, 3.0, 3.0], 1, True)
    """
    people, periods = int(person.max()) + 1, int(period.max()) + 1
    cells = np.zeros((people, periods))
    np.add.at(cells, (person, period), 1.0)
    n = cells.sum(axis=1)
    mean = np.bincount(person, y, minlength=people) / n
    left = np.diag(cells.sum(axis=0)) - cells.T @ (cells / n[:, None])
    right = np.bincount(period, y, minlength=periods) - cells.T @ mean
    term, _, rank, _ = np.linalg.lstsq(left, right, rcond=1e-9)
    term = term - term[period].mean()
    return y - term[period], int(rank), int(rank) == periods - 1


def within_parts(y: Floats, person: Ints) -> tuple[Floats, Floats, float]:
    """Mean and n by person, and the sum of squares within persons.

    >>> [np.asarray(part).tolist() for part in within_parts(np.array([1.0, 3]), np.array([0, 0]))]
    [[2.0], [2.0], 2.0]
    """
    n = np.bincount(person).astype(float)
    mean = np.bincount(person, y) / n
    return mean, n, float(((y - mean[person]) ** 2).sum())


@dataclass(frozen=True)
class Serial:
    """Correlation of neighbouring periods: ``rho`` with interval, pairs, periods a person."""

    rho: float
    low: float
    high: float
    pairs: int
    length: int

    @property
    def design_effect(self) -> float:
        """How many periods tell as much as one: 1 unless ρ is above 0 beyond doubt.

        >>> round(Serial(0.5, 0.2, 0.8, 30, 8).design_effect, 2)
        3.19
        >>> Serial(0.5, -0.1, 1.1, 4, 8).design_effect
        1.0
        """
        return _inflation(self.rho, self.length)[0] if self.low > 0 else 1.0

    def p_of(self, f: float, df: int, df_within: int) -> float:
        """p of an F that was already divided by the design effect, averaged over ρ's error.

        Here every ρ above 0 counts, not only one beyond doubt: a team must not be ranked
        because its luck lasts longer than a quarter.

        >>> round(Serial(np.nan, np.nan, np.nan, 3, 3).p_of(4.0, 2, 9), 4)
        0.0572
        """
        if not np.isfinite(self.rho):
            return float(fdtrc(df, df_within, f))
        plain, spread = f * self.design_effect, (self.high - self.low) / 2 / normal_point(0.95)
        found = []
        for share in np.linspace(0.05, 0.95, 10):
            effect, kept = _inflation(self.rho + spread * float(ndtri(share)), self.length)
            found.append(float(fdtrc(df, df_within * kept, plain / effect)))
        return float(np.mean(found))


def _inflation(rho: float, length: int) -> tuple[float, float]:
    """How much more the means vary than the variation within suggests; share of df that is left."""
    r, left = _autoregression(min(max(rho, 0.0), 0.9), length)
    trace, free = float(np.trace(left)), length - 1
    return float(r.mean() * length / trace * free), trace**2 / float((left**2).sum()) / free


def _autoregression(rho: float, length: int) -> tuple[Floats, Floats]:
    """Correlations of ``length`` periods, and what is left of them less the person's mean."""
    gap = np.abs(np.subtract.outer(np.arange(length), np.arange(length)))
    r = np.asarray(rho**gap, dtype=float)
    take = np.eye(length) - 1 / length
    return r, take @ r @ take


def serial_correlation(y: Floats, person: Ints, period: Ints, level: float = 0.95) -> Serial:
    """Correlation of neighbouring periods within persons.

    Taking each person's mean away pulls the observed correlation down; the ρ is sought whose
    expected value is the observed one (first-order autoregression, median number of periods).

    >>> y = np.random.default_rng(1).normal(size=80)
    >>> found = serial_correlation(y, np.repeat(np.arange(10), 8), np.tile(np.arange(8), 10))
    >>> found.pairs, bool(found.low < 0 < found.high)
    (70, True)
    """
    mean, n, _ = within_parts(y, person)
    order = np.lexsort((period, person))
    e, who, when = (y - mean[person])[order], person[order], period[order]
    next_to = (np.diff(who) == 0) & (np.diff(when) == 1)
    pairs, length = int(next_to.sum()), int(np.median(n))
    squares = float((e[:-1] ** 2 + e[1:] ** 2)[next_to].sum()) / 2
    if squares <= 0 or pairs < 10 or length < 4:
        return Serial(np.nan, np.nan, np.nan, pairs, length)
    seen = float((e[:-1] * e[1:])[next_to].sum()) / squares
    rhos = np.linspace(-0.95, 0.95, 77)
    expected = []
    for rho in rhos:
        left = _autoregression(rho, length)[1]
        inner = np.diag(left)
        expected.append(np.diag(left, 1).sum() / ((inner[:-1] + inner[1:]).sum() / 2))
    reach = normal_point(level) / np.sqrt(pairs)
    ends = [float(np.interp(seen + shift, expected, rhos)) for shift in (0.0, -reach, reach)]
    return Serial(ends[0], ends[1], ends[2], pairs, length)


def fit_persons(
    data: Persons, *, centre: str = "population", serial: Serial | None = None
) -> PersonFit:
    """Fit the model. ``centre``: effects around x β, or around the mean effect of these people;
    ``serial``: for the test, since neighbouring periods that go together tell less.

    >>> fit = fit_persons(Persons(np.array([1.0, 2, 3]), np.full(3, 4.0), np.ones((3, 1)), 9.0, 9))
    >>> round(fit.between, 4), fit.shrink.round(4).tolist()
    (0.75, [0.75, 0.75, 0.75])
    """
    from scipy.optimize import minimize_scalar

    nodes, heights = _nodes(data)
    weight = np.exp(-0.5 * (heights - heights.min()))
    weight[[0, -1]] /= 2
    best = int(heights.argmin())
    ends = nodes[max(best - 1, 0)], nodes[min(best + 1, GRID - 1)]
    tau = minimize_scalar(
        lambda t: _criterion(t * t, data), bounds=ends, method="bounded", options={"xatol": 1e-9}
    ).x
    ratio = 0.0 if _criterion(0.0, data) <= _criterion(tau * tau, data) else float(tau * tau)
    weight = weight / weight.sum()
    seen = weight > 1e-9
    at = [_given(t * t, data, centre) for t in nodes[seen]]
    beta, variance, effect, _, shrink = _given(ratio, data, centre)
    f, p = between_test(data)
    if serial is not None:
        p = serial.p_of(f, len(data.mean) - data.design.shape[1], data.df_within)
    return PersonFit(
        ratio, ratio * variance, variance, beta, shrink, effect, f, p,
        weight[seen] / weight[seen].sum(),
        np.array([a[2] for a in at]), np.array([a[3] for a in at]), data.df,
    )  # fmt: skip


def _nodes(data: Persons) -> tuple[Floats, Floats]:
    """Evenly spaced √λ where the likelihood is not nil, and −2 log likelihood there."""
    f, _ = between_test(data)
    top = 6 * np.sqrt(max(f, 1.0) if np.isfinite(f) else 1.0) / np.sqrt(data.n.min())
    low, high = 0.0, float(top)
    for _ in range(3):
        nodes = np.linspace(low, high, GRID)
        heights = np.array([_criterion(t * t, data) for t in nodes])
        near = np.flatnonzero(heights - heights.min() < 24)
        if len(near) > GRID // 2:
            break
        low, high = nodes[max(near[0] - 1, 0)], nodes[min(near[-1] + 1, GRID - 1)]
    return nodes, heights


def _solve(ratio: float, data: Persons) -> tuple[Floats, Floats, Floats, float, float]:
    w = 1 / (ratio + 1 / data.n)
    inner = data.design.T @ (w[:, None] * data.design)
    beta = np.linalg.solve(inner, data.design.T @ (w * data.mean))
    rest = data.mean - data.design @ beta
    squares = data.ss_within + float((w * rest**2).sum())
    return w, np.asarray(beta, dtype=float), rest, squares, float(np.linalg.slogdet(inner)[1])


def _criterion(ratio: float, data: Persons) -> float:
    """−2 restricted log likelihood at a variance ratio, σ² profiled out."""
    w, _, _, squares, size = _solve(ratio, data)
    return float(data.df * np.log(max(squares, 1e-300)) - np.log(w).sum() + size)


def _given(
    ratio: float, data: Persons, centre: str
) -> tuple[Floats, float, Floats, Floats, Floats]:
    """β, σ², effects, their errors and the shrink factors at a given variance ratio."""
    w, beta, rest, squares, _ = _solve(ratio, data)
    variance = squares / data.df
    shrink = ratio * w
    effect = shrink * rest
    lean = shrink[:, None] * data.design
    own = ratio * (1 - shrink)
    if centre == "team":
        m = len(effect)
        effect = effect - effect.mean()
        lean = lean - lean.mean(axis=0)
        own = own * (1 - 2 / m) + own.sum() / m**2
    covariance = np.linalg.inv(data.design.T @ (w[:, None] * data.design))
    spread = np.einsum("ij,jk,ik->i", lean, covariance, lean) + own
    return beta, variance, effect, np.sqrt(variance * np.maximum(spread, 0)), shrink


def between_test(data: Persons) -> tuple[float, float]:
    """F test that nobody differs after the design: F and p, NaN where nothing can be said.

    >>> [round(x, 4) for x in between_test(
    ...     Persons(np.array([1.0, 2, 3]), np.full(3, 4.0), np.ones((3, 1)), 9.0, 9))]
    [4.0, 0.0572]
    """
    df = len(data.mean) - data.design.shape[1]
    if df < 1 or data.df_within < 1 or data.ss_within <= 0:
        return np.nan, np.nan
    root = np.sqrt(data.n)
    beta = np.linalg.lstsq(root[:, None] * data.design, root * data.mean, rcond=None)[0]
    rest = data.mean - data.design @ beta
    f = float((data.n * rest**2).sum() / df / (data.ss_within / data.df_within))
    return f, float(fdtrc(df, data.df_within, f))


def _law(z: Floats, df: int) -> Floats:
    return np.asarray(ndtr(z) if df > NORMAL_FROM else stdtr(df, z))


def chance_below(fit: PersonFit, point: Floats | float = 0.0) -> Floats:
    """Chance that each person's true effect lies below a point, averaged over λ.

    Where λ is 0 nobody differs, and nobody lies below the centre.

    >>> fit = fit_persons(Persons(np.array([1.0, 2, 3]), np.full(3, 4.0), np.ones((3, 1)), 9.0, 9))
    >>> chance_below(fit).round(2).tolist()
    [0.78, 0.5, 0.21]
    """
    live = fit.grid_se > 0
    z = np.divide(point - fit.grid_effect, fit.grid_se, out=np.zeros_like(fit.grid_se), where=live)
    below = np.where(live, _law(z, fit.df), np.asarray(fit.grid_effect < point, dtype=float))
    return np.asarray(fit.weight @ below)


def effect_interval(fit: PersonFit, level: float) -> tuple[Floats, Floats, Floats]:
    """Ends of each person's interval, and the standard deviation behind it, averaged over λ.

    >>> fit = fit_persons(Persons(np.array([1.0, 2, 3]), np.full(3, 4.0), np.ones((3, 1)), 9.0, 9))
    >>> low, high, sd = effect_interval(fit, 0.9)
    >>> bool((low < fit.effect).all() and (fit.effect < high).all() and (sd > 0).all())
    True
    """
    wide = fit.df / max(fit.df - 2, 1)
    middle = fit.weight @ fit.grid_effect
    square = fit.weight @ (fit.grid_se**2 * wide + fit.grid_effect**2) - middle**2
    sd = np.sqrt(np.maximum(square, 0))
    ends = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        low, high = middle - 12 * sd - 1e-12, middle + 12 * sd + 1e-12
        for _ in range(32):
            half = (low + high) / 2
            under = chance_below(fit, half) < tail
            low, high = np.where(under, half, low), np.where(under, high, half)
        ends.append((low + high) / 2)
    return ends[0], ends[1], sd
