"""What is not known for sure: seeded draws of chances and of money, from what people can state."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kamkit.errors import KamkitError, Problem
from kamkit.methods.portfolio.inputs import figures

Floats = NDArray[np.float64]
# A chance that rests on a judgement counts as much as this many cases seen (house).
STRENGTH = 10.0
SURE = 0.80
# Half-width of a 95 % normal interval in standard deviations.
_Z95 = 1.959963984540054


def logit(p: Floats) -> Floats:
    """Log odds, kept finite at 0 and 1.

    >>> logit(np.array([0.5])).tolist()
    [0.0]
    """
    inside = np.clip(p, 1e-9, 1 - 1e-9)
    return np.log(inside / (1 - inside))


def expit(x: Floats) -> Floats:
    """Chance that belongs to log odds.

    >>> expit(np.array([0.0])).tolist()
    [0.5]
    """
    return 1.0 / (1.0 + np.exp(-np.clip(x, -700, 700)))


def chance_draws(
    p: Floats, low: Floats, high: Floats, cases: Floats, *, rng: np.random.Generator, draws: int
) -> Floats:
    """Draws of chances (draws × items): beta with mean ``p``.

    Its strength is ``cases``; where ``low`` and ``high`` are given they are read as a 95 %
    interval and the strength follows from its width. 0 and 1 stay what they are.

    >>> nan = np.array([np.nan])
    >>> chance_draws(np.array([1.0]), nan, nan, np.array([10.0]),
    ...              rng=np.random.default_rng(0), draws=2).tolist()
    [[1.0], [1.0]]
    """
    spread = (high - low) / (2 * _Z95)
    variance = np.where(np.isfinite(spread) & (spread > 0), spread, np.nan) ** 2
    implied = p * (1 - p) / variance - 1
    strength = np.where(np.isfinite(implied), np.maximum(implied, 0.5), cases)
    exact = np.isfinite(spread) & (spread <= 0)
    open_ = (p > 0) & (p < 1) & ~exact
    a, b = np.where(open_, p * strength, 1.0), np.where(open_, (1 - p) * strength, 1.0)
    drawn = rng.beta(np.maximum(a, 1e-6), np.maximum(b, 1e-6), size=(draws, len(p)))
    return np.where(open_, drawn, p)


def amount_draws(
    base: Floats, low: Floats, high: Floats, *, rng: np.random.Generator, draws: int
) -> Floats:
    """Draws of amounts (draws × items) from lowest, most likely and highest: PERT beta.

    Without a range the amount is taken as sure. Source: Malcolm et al. 1959.

    >>> amount_draws(np.array([5.0]), np.array([np.nan]), np.array([np.nan]),
    ...              rng=np.random.default_rng(0), draws=2).tolist()
    [[5.0], [5.0]]
    """
    known = np.isfinite(low) & np.isfinite(high) & (high > low)
    lo, span = np.where(known, low, 0.0), np.where(known, high - low, 1.0)
    mode = np.where(known, (base - lo) / span, 0.5)
    drawn = rng.beta(1 + 4 * mode, 5 - 4 * mode, size=(draws, len(base)))
    return np.where(known, lo + span * drawn, base)


def pert_mean(base: Floats, low: Floats, high: Floats) -> Floats:
    """Mean of the PERT beta; the base where no range is given.

    >>> pert_mean(np.array([6.0]), np.array([0.0]), np.array([12.0])).tolist()
    [6.0]
    """
    known = np.isfinite(low) & np.isfinite(high) & (high > low)
    return np.where(known, (low + 4 * base + high) / 6, base)


def beliefs_table(
    table: pd.DataFrame,
    name: str,
    key: str,
    *,
    chances: tuple[str, ...] = (),
    amounts: tuple[str, ...] = (),
    optional: tuple[str, ...] = (),
) -> pd.DataFrame:
    """A checked copy: chances and amounts as floats, each with its ``_low`` and ``_high``.

    Raises one error with every chance outside 0–1, every range in the wrong order and
    everything that :func:`figures` finds.

    >>> beliefs_table(pd.DataFrame({"id": ["a"], "p": [0.5]}), "t", "id",
    ...               chances=("p",)).columns.tolist()
    ['id', 'p', 'p_low', 'p_high']
    """
    ranges = [f"{c}_{end}" for c in (*chances, *amounts) for end in ("low", "high")]
    out = figures(
        table, name, [*chances, *amounts], keys=(key,), optional=tuple([*ranges, *optional])
    )
    out[key] = out[key].astype(str)
    problems: list[Problem] = []
    for column in [c for c in out.columns if c in chances or c.removesuffix("_low") in chances
                   or c.removesuffix("_high") in chances]:  # fmt: skip
        bad = ~out[column].between(0, 1) & out[column].notna()
        problems += [
            Problem("not_a_share", name, column, int(i) + 1, out[column].iloc[i])
            for i in np.flatnonzero(bad)
        ]
    for column in (*chances, *amounts):
        ends = out[[f"{column}_low", column, f"{column}_high"]].to_numpy(float)
        wrong = (ends[:, 0] > ends[:, 1]) | (ends[:, 1] > ends[:, 2]) | (ends[:, 0] > ends[:, 2])
        problems += [
            Problem(
                "range_reversed", name, column, int(i) + 1, " / ".join(f"{v:g}" for v in ends[i])
            )
            for i in np.flatnonzero(wrong)
        ]
    KamkitError.collect(problems)
    return out


def spread(draws: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """Ends of the central interval of draws, item by item.

    >>> [end.tolist() for end in spread(np.array([[1.0], [1.0]]))]
    [[1.0], [1.0]]
    """
    tail = (1 - level) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
    return np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)


def clusters(draws: Floats, sure: float = SURE) -> NDArray[np.int64]:
    """Shared numbers for items that cannot be separated (columns of draws × items).

    Going down from the highest mean, an item joins the number above it unless the first of that
    number is ahead in at least ``sure`` of the draws; equal draws count half.

    >>> clusters(np.array([[9.0, 1.0, 9.0], [8.0, 2.0, 8.0]])).tolist()
    [1, 2, 1]
    """
    n = draws.shape[1]
    out = np.zeros(n, dtype=np.int64)
    if not n or not len(draws):
        return out
    order = np.argsort(-draws.mean(axis=0), kind="stable")
    head, number = order[0], 1
    for i in order:
        ahead = np.mean((draws[:, head] > draws[:, i]) + 0.5 * (draws[:, head] == draws[:, i]))
        if ahead >= sure:
            head, number = i, number + 1
        out[i] = number
    return out
