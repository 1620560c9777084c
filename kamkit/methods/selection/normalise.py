"""Ways of bringing criteria to one scale; every result that uses one names it."""

from __future__ import annotations

import numpy as np

from kamkit.methods.selection.figures import Floats

NORMALISATIONS = ("vector", "minmax", "sum")


def vector(matrix: Floats) -> Floats:
    """Each column divided by its Euclidean length; a column of zeros stays zero.

    Source: Hwang & Yoon 1981.

    >>> vector(np.array([[3.0], [4.0]])).ravel().tolist()
    [0.6, 0.8]
    """
    length = np.sqrt((matrix**2).sum(axis=0))
    result: Floats = matrix / np.where(length > 0, length, 1.0)
    return result


def minmax(matrix: Floats, cost: Floats | None = None) -> Floats:
    """Each column stretched to 0–1 over this sample; costs are turned round.

    A constant column separates nobody and becomes 0 for all. The ends are the sample's: one
    more account can move all others (rank reversal), so scores use policy-fixed ends instead.

    Source: OECD/JRC Handbook on composite indicators 2008.

    >>> minmax(np.array([[2.0, 5.0], [4.0, 5.0]])).tolist()
    [[0.0, 0.0], [1.0, 0.0]]
    """
    low, high = matrix.min(axis=0), matrix.max(axis=0)
    width = np.where(high > low, high - low, 1.0)
    result: Floats = (matrix - low) / width
    if cost is not None:
        turned = np.where(high > low, 1.0 - result, result)
        result = np.where(cost > 0, turned, result)
    return result


def share_of_sum(matrix: Floats) -> Floats:
    """Each column divided by its sum; a column that sums to zero stays as it is.

    >>> share_of_sum(np.array([[1.0], [3.0]])).ravel().tolist()
    [0.25, 0.75]
    """
    total = matrix.sum(axis=0)
    result: Floats = matrix / np.where(total != 0, total, 1.0)
    return result


def fixed(matrix: Floats, low: Floats, high: Floats, cost: Floats) -> Floats:
    """Values 0–100 between scale ends that policy has set; outside them the value is clipped.

    ``cost`` is 1 where less is better, else 0. Missing stays missing.

    Source: Edwards & Barron 1994 (linear single-attribute values).

    >>> ends = (np.array([1.0]), np.array([5.0]))
    >>> fixed(np.array([[4.0], [7.0], [np.nan]]), *ends, np.array([0.0])).ravel().tolist()
    [75.0, 100.0, nan]
    """
    part = np.clip((matrix - low) / (high - low), 0.0, 1.0)
    result: Floats = 100.0 * np.where(cost > 0, 1.0 - part, part)
    return result
