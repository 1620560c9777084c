"""One-factor reliability: McDonald's omega, composite reliability, average variance extracted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.relationship.reliability import FEWEST, answer_matrix
from kamkit.methods.shares import Floats

MCDONALD, FORNELL = "field:McDonald 1999", "field:Fornell & Larcker 1981"
LEAST_UNIQUE = 0.005  # a unique variance below it is a Heywood case
ENOUGH_AVE, ENOUGH_CR = 0.50, 0.70


def one_factor(correlation: Floats, rounds: int = 500) -> Floats:
    """Maximum-likelihood loadings of one factor, for one correlation matrix or a stack of them.

    Source: Lawley's equations, solved by turns for loadings and unique variances.

    >>> r = np.outer([0.8, 0.7, 0.6], [0.8, 0.7, 0.6])
    >>> np.fill_diagonal(r, 1.0)
    >>> one_factor(r).round(3).tolist()
    [0.8, 0.7, 0.6]
    """
    r = np.atleast_3d(correlation) if correlation.ndim == 3 else correlation[None]
    k = r.shape[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        smc = 1 / np.maximum(np.diagonal(np.linalg.pinv(r), axis1=1, axis2=2), 1.0)
    unique = np.clip(smc * (1 - 0.5 / k), LEAST_UNIQUE, 1.0)
    loading = np.zeros(unique.shape)
    for _ in range(rounds):
        root = np.sqrt(unique)
        values, vectors = np.linalg.eigh(r / (root[:, :, None] * root[:, None, :]))
        loading = root * vectors[:, :, -1] * np.sqrt(np.maximum(values[:, -1:] - 1, 0))
        last = unique
        unique = np.clip(1 - loading**2, LEAST_UNIQUE, 1.0)
        if np.abs(unique - last).max() < 1e-8:
            break
    loading = loading * np.where(loading.sum(axis=1, keepdims=True) < 0, -1, 1)
    return loading if correlation.ndim == 3 else loading[0]


def omega_total(
    items: pd.DataFrame,
    *,
    reverse: Sequence[str] = (),
    scale: tuple[float, float] | None = None,
    level: float = 0.95,
    draws: int = 500,
    seed: int = 0,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """McDonald's omega from one factor: how much of the sum is the common factor.

    ``items``, ``reverse``, ``scale``: see ``cronbach_alpha``. Measure table: omega (items
    standardised), omega_raw (as they were ticked), loading_smallest. Intervals resample
    respondents. NaN with a variant that says why: too_few_respondents, too_few_items (under 3),
    no_variance, unreversed_items (a loading runs against the others). ``heywood`` in the
    variant: an item has no variance of its own left, the factor is not to be trusted.
    Source: McDonald 1999.

    >>> rng = np.random.default_rng(1)
    >>> items = pd.DataFrame(rng.normal(size=(60, 1)) + rng.normal(size=(60, 4)))
    >>> omega_total(items, draws=50)["value"].round(2).tolist()[:1]
    [0.73]
    """
    table = answer_matrix(items, reverse, scale).dropna()
    x, n, k = table.to_numpy(), len(table), table.shape[1]
    names = ("omega", "omega_raw", "loading_smallest")
    sd = x.std(axis=0) if n else np.zeros(k)
    refusal = (
        "too_few_items" if k < 3 else "too_few_respondents" if n < max(fewest, k + 1)
        else "no_variance" if (sd <= 1e-9).any() else ""
    )  # fmt: skip
    if not refusal:
        loading = one_factor(np.corrcoef(x, rowvar=False))
        refusal = "unreversed_items" if (loading < 0).any() else ""
    if refusal:
        return measure_table(
            measure_row(m, np.nan, n, variant=refusal, origin=MCDONALD) for m in names
        )
    figures = _omegas(x[None])[:, 0]
    rng = np.random.default_rng(seed)
    # Sorted rows: the order of respondents must not choose the draws.
    ordered = x[np.lexsort(x.T)]
    drawn = _omegas(ordered[rng.integers(0, n, (draws, n))])
    ends = np.nanquantile(drawn, [0.5 - level / 2, 0.5 + level / 2], axis=1)
    variant = "one_factor_ml" + ("; heywood" if (1 - loading**2 <= LEAST_UNIQUE).any() else "")
    return measure_table(
        measure_row(name, float(figures[i]), n, low=float(ends[0][i]), high=float(ends[1][i]),
                    variant=f"{variant}; bootstrap", origin=f"{MCDONALD}; field:Efron 1979")
        for i, name in enumerate(names)
    )  # fmt: skip


def _omegas(samples: Floats) -> Floats:
    """omega, omega_raw and the smallest loading of each sample (draws × n × k)."""
    centred = samples - samples.mean(axis=1, keepdims=True)
    covariance = np.einsum("dni,dnj->dij", centred, centred) / (samples.shape[1] - 1)
    sd = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    live = (sd > 1e-9).all(axis=1)
    out = np.full((3, len(samples)), np.nan)
    if not live.any():
        return out
    sd = sd[live]
    r = covariance[live] / (sd[:, :, None] * sd[:, None, :])
    loading = one_factor(r, rounds=200)
    for row, weight in enumerate((np.ones(sd.shape), sd)):
        common = (loading * weight).sum(axis=1) ** 2
        out[row, live] = common / (common + ((1 - loading**2) * weight**2).sum(axis=1))
    out[2, live] = loading.min(axis=1)
    return out


def composite_reliability(loadings: Sequence[float] | Floats) -> float:
    """(Σλ)² / ((Σλ)² + Σ(1 − λ²)) of standardised loadings.

    Source: Fornell & Larcker 1981.

    >>> round(composite_reliability([0.772, 0.424, 0.581]), 4)
    0.626
    """
    x = _loadings(loadings)
    common = x.sum() ** 2
    return float(common / (common + (1 - x**2).sum())) if len(x) else np.nan


def ave(loadings: Sequence[float] | Floats) -> float:
    """Average variance extracted: the mean of squared standardised loadings.

    Source: Fornell & Larcker 1981.

    >>> round(ave([0.772, 0.424, 0.581]), 4)
    0.3711
    """
    x = _loadings(loadings)
    return float((x**2).mean()) if len(x) else np.nan


def _loadings(loadings: Sequence[float] | Floats) -> Floats:
    x = np.asarray(loadings, dtype=float)
    odd = x[~(np.abs(x) <= 1)]
    if len(odd):
        raise KamkitError(
            Problem("loading_off", "loadings", value=float(odd[0]),
                    details={"allowed": "-1 … 1"})
        )  # fmt: skip
    return x


def convergent_validity(loadings: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """Composite reliability and AVE of each dimension, against .70 and .50.

    Returns dimension, n (items), composite_reliability, ave, cr_status, ave_status (enough,
    too_low, unknown), variant, origin. Loadings must be standardised.
    Source: Fornell & Larcker 1981.

    >>> convergent_validity({"visual": [0.772, 0.424, 0.581]})["ave_status"].tolist()
    ['too_low']
    """
    rows = []
    for name, values in loadings.items():
        cr, extracted = composite_reliability(values), ave(values)
        verdicts = [
            "unknown" if np.isnan(v) else "enough" if v >= least else "too_low"
            for v, least in ((cr, ENOUGH_CR), (extracted, ENOUGH_AVE))
        ]
        rows.append((name, len(values), cr, extracted, *verdicts, "standardised", FORNELL))
    columns = ["dimension", "n", "composite_reliability", "ave", "cr_status", "ave_status"]
    return pd.DataFrame(rows, columns=[*columns, "variant", "origin"])
