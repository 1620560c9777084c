"""Growth a year and trend of the portfolio table's lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

_COLUMNS = (
    "scope", "account_id", "item", "span", "from_year", "to_year",
    "first", "last", "cagr", "variant", "trend", "n",
)  # fmt: skip
_NO_SPAN = {"scope": "account", "item": "", "span": "", "from_year": 0, "to_year": 0}


def cagr(first: np.ndarray, last: np.ndarray, years: int) -> np.ndarray:
    """Compound growth a year; NaN unless both ends are above zero.

    A rate between a loss and a profit has no meaning, so none is given.

    >>> cagr(np.array([100.0, -5.0]), np.array([121.0, 5.0]), 2).round(3).tolist()
    [0.1, nan]
    """
    out = np.full(np.shape(first), np.nan)
    good = (first > 0) & (last > 0)
    if years > 0:
        out[good] = (last[good] / first[good]) ** (1.0 / years) - 1.0
    return out


def trends(values: np.ndarray, flat: float) -> np.ndarray:
    """One word a row: up, down, flat, uneven or unknown.

    Changes are measured against the row's mean absolute size, so that losses have a trend too.
    A row is up (down) where the mean yearly change exceeds ``flat`` and no single year goes the
    other way by more than ``flat``; flat where neither the mean nor a year exceeds it.

    >>> trends(np.array([[1.0, 2, 3], [5, 5, 5], [1, 9, 2], [1, np.nan, 2]]), 0.03).tolist()
    ['up', 'flat', 'uneven', 'unknown']
    """
    out = np.full(len(values), "unknown", dtype=object)
    if values.shape[1] < 2:
        return out
    known = ~np.isnan(values).any(axis=1)
    v = values[known]
    size = np.abs(v).mean(axis=1, keepdims=True)
    steps = np.divide(np.diff(v, axis=1), size, out=np.zeros_like(v[:, 1:]), where=size > 0)
    mean = steps.mean(axis=1)
    word = np.full(len(v), "uneven", dtype=object)
    word[(np.abs(mean) <= flat) & (np.abs(steps) <= flat).all(axis=1)] = "flat"
    word[(mean > flat) & (steps >= -flat).all(axis=1)] = "up"
    word[(mean < -flat) & (steps <= flat).all(axis=1)] = "down"
    out[known] = word
    return out


def growth_lines(
    full: pd.DataFrame,
    chosen: Sequence[tuple[str, np.ndarray]],
    years: list[int],
    now: int,
    items: Sequence[str],
    *,
    flat: float,
) -> pd.DataFrame:
    """Growth table of :func:`kamkit.methods.portfolio.pnl.account_pnl`.

    ``full`` has one row for every account and year, in that order; ``chosen`` names a set by the
    accounts that are in it.
    For the set and the total it rests on the accounts that are known in every year of the span,
    so that an account which appears or goes missing never looks like growth (``n`` says how many).

    >>> full = pd.DataFrame({"account_id": ["A", "A"], "year": [1, 2], "revenue": [1.0, 2.0]})
    >>> growth_lines(full, [], [1, 2], 2, ["revenue"], flat=0.03).cagr.tolist()
    [1.0]
    """
    spans = [("past", [y for y in years if y <= now]), ("outlook", [y for y in years if y >= now])]
    parts = []
    ids = full["account_id"].to_numpy(dtype=object)[:: len(years)]
    for item in items:
        wide = full[item].to_numpy(dtype=float).reshape(len(ids), len(years))
        for span, inside in spans:
            if len(inside) < 2:
                continue
            about = {"item": item, "span": span, "from_year": inside[0], "to_year": inside[-1]}
            values = wide[:, [years.index(year) for year in inside]]
            parts.append(
                _span(ids, values, np.ones(len(ids), int), about | {"scope": "account"}, flat)
            )
            complete = ~np.isnan(values).any(axis=1)
            for scope, inset in chosen:
                known = inset & complete
                sums = values[known].sum(axis=0) if known.any() else np.full(len(inside), np.nan)
                n = np.array([int(known.sum())])
                parts.append(
                    _span(np.array([""], object), sums[None, :], n, about | {"scope": scope}, flat)
                )
    if not parts:
        parts = [_span(np.empty(0, object), np.empty((0, 2)), np.empty(0, int), _NO_SPAN, flat)]
    # One frame of all parts: a frame for each would cost more than the arithmetic.
    return pd.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in _COLUMNS})


def _span(
    ids: np.ndarray, values: np.ndarray, n: np.ndarray, about: dict[str, Any], flat: float
) -> dict[str, np.ndarray]:
    """Columns of one item, span and scope."""
    first, last = values[:, 0], values[:, -1]
    known = ~np.isnan(first) & ~np.isnan(last)
    rate = cagr(first, last, about["to_year"] - about["from_year"])
    variant = np.where(
        ~known, "too_little_data", np.where(np.isnan(rate), "end_not_positive", "cagr_ends")
    )
    found = {"account_id": ids, "first": first, "last": last, "cagr": rate, "variant": variant}
    found |= {"trend": trends(values, flat), "n": np.where(known, n, 0)}
    return {name: np.full(len(ids), value) for name, value in about.items()} | found
