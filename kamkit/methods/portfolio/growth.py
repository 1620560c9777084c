"""Growth a year and trend of the portfolio table's lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


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
    chosen: Sequence[tuple[str, pd.DataFrame]],
    years: list[int],
    now: int,
    items: Sequence[str],
    *,
    flat: float,
) -> pd.DataFrame:
    """Growth table of :func:`kamkit.methods.portfolio.pnl.account_pnl`.

    For the set and the total it rests on the accounts that are known in every year of the span,
    so that an account which appears or goes missing never looks like growth (``n`` says how many).

    >>> full = pd.DataFrame({"account_id": ["A", "A"], "year": [1, 2], "revenue": [1.0, 2.0]})
    >>> growth_lines(full, [], [1, 2], 2, ["revenue"], flat=0.03).cagr.tolist()
    [1.0]
    """
    spans = [("past", [y for y in years if y <= now]), ("outlook", [y for y in years if y >= now])]
    parts = []
    for item in items:
        wide = full.pivot(index="account_id", columns="year", values=item)
        for span, inside in spans:
            if len(inside) < 2:
                continue
            values = wide.reindex(columns=inside).to_numpy(float)
            ids = wide.index.astype("str").tolist()
            parts.append(
                _span("account", ids, values, np.ones(len(ids), int), item, span, inside, flat)
            )
            for scope, part in chosen:
                inset = np.asarray(wide.index.isin(part["account_id"].unique()))
                matched = inset & ~np.isnan(values).any(axis=1)
                sums = (
                    values[matched].sum(axis=0) if matched.any() else np.full(len(inside), np.nan)
                )
                n = np.array([int(matched.sum())])
                parts.append(_span(scope, [""], sums[None, :], n, item, span, inside, flat))
    if not parts:
        return _span("account", [], np.empty((0, 2)), np.empty(0, int), "", "", [0, 0], flat)
    return pd.concat(parts, ignore_index=True)


def _span(
    scope: str,
    ids: Sequence[str],
    values: np.ndarray,
    n: np.ndarray,
    item: str,
    span: str,
    inside: list[int],
    flat: float,
) -> pd.DataFrame:
    first, last = values[:, 0], values[:, -1]
    known = ~np.isnan(first) & ~np.isnan(last)
    rate = cagr(first, last, inside[-1] - inside[0])
    variant = np.where(
        ~known, "too_little_data", np.where(np.isnan(rate), "end_not_positive", "cagr_ends")
    )
    return pd.DataFrame(
        {
            "scope": scope,
            "account_id": list(ids),
            "item": item,
            "span": span,
            "from_year": inside[0],
            "to_year": inside[-1],
            "first": first,
            "last": last,
            "cagr": rate,
            "variant": variant,
            "trend": trends(values, flat),
            "n": np.where(known, n, 0),
        }
    )
