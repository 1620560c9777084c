"""Which of many values can't be told apart, for thousands of people at once."""

from __future__ import annotations

import numpy as np

from kamkit.methods.shares import Floats, Ints

ROWS = 500  # compared at once with all others


def chain_groups(value: Floats, reach: Floats) -> Ints:
    """Numbers of groups that can't be separated; 1 holds the highest value, 0 is unknown.

    Two values are separated where they lie further apart than √(reach² + reach²); what is not,
    directly or in a chain, shares a number. As ``same_groups``, for thousands of people.

    >>> chain_groups(np.array([80.0, 100, 101]), np.array([3.0, 3, 3])).tolist()
    [2, 1, 1]
    """
    numbers = np.zeros(len(value), dtype=np.int64)
    known = np.flatnonzero(~np.isnan(value) & ~np.isnan(reach))
    order = known[np.argsort(-value[known], kind="stable")]
    v, r, n = value[order], reach[order], len(order)
    far = np.arange(n)
    for start in range(0, n, ROWS):
        rows = slice(start, start + ROWS)
        tied = v[rows, None] - v[None, :] <= np.hypot(r[rows, None], r[None, :]) + 1e-9
        far[rows] = np.maximum(far[rows], n - 1 - tied[:, ::-1].argmax(axis=1))
    reached = np.maximum.accumulate(far)
    first = np.r_[True, reached[:-1] < np.arange(1, n)] if n else np.empty(0, bool)
    numbers[order] = np.cumsum(first)
    return numbers
