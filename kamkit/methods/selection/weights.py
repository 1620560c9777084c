"""Weights of criteria: from ranks, swings, points, and from the spread in the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.selection.figures import Floats, tie_ranks
from kamkit.methods.selection.normalise import minmax

WEIGHT_COLUMNS = ["criterion", "weight", "variant", "origin"]
Weights = pd.DataFrame | Mapping[str, float]


def _table(names: Sequence[str], weights: Floats, variant: str, origin: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "criterion": pd.Series([str(n) for n in names], dtype="str"),
            "weight": np.asarray(weights, dtype=float),
            "variant": variant,
            "origin": origin,
        },
        columns=WEIGHT_COLUMNS,
    )


def weight_table(weights: Weights, *, criteria: Sequence[str] | None = None) -> pd.DataFrame:
    """Weights that add to 1, from a table (criterion, weight) or a mapping.

    Returns columns: criterion, weight (0–1), variant, origin (kept where the table has them,
    else "direct" and "house").
    Raises for a negative or missing weight, a criterion named twice or without a weight, or
    weights that add to 0.

    >>> weight_table({"growth": 3, "solvency": 1})["weight"].tolist()
    [0.75, 0.25]
    """
    if isinstance(weights, pd.DataFrame):
        need_columns(weights, "weights", ["criterion", "weight"])
        table = weights.reset_index(drop=True)
    else:
        table = _table(list(weights), np.array(list(weights.values()), float), "direct", "house")
    names = table["criterion"].astype(str)
    points = pd.to_numeric(table["weight"], errors="coerce").to_numpy(float)
    problems = [
        Problem("weight_invalid", table="weights", column=n, value=w)
        for n, w in zip(names, table["weight"], strict=True)
        if not _usable(w)
    ]
    problems += [
        Problem("duplicate_row", table="weights", column="criterion", value=n)
        for n in names[names.duplicated()].unique()
    ]
    problems += [
        Problem("weight_missing", table="weights", column="criterion", value=c)
        for c in criteria or []
        if c not in set(names)
    ]
    if not problems and len(table) and points.sum() <= 0:
        problems.append(Problem("weights_sum_zero", table="weights", column="weight"))
    KamkitError.collect(problems)
    variant = table["variant"].iloc[0] if "variant" in table.columns and len(table) else "direct"
    origin = table["origin"].iloc[0] if "origin" in table.columns and len(table) else "house"
    full = _table(list(names), points / points.sum() if len(table) else points, variant, origin)
    if criteria is None:
        return full
    chosen = full.set_index("criterion").loc[list(criteria)].reset_index()
    total = chosen["weight"].sum()
    if len(chosen) and total <= 0:
        raise KamkitError(Problem("weights_sum_zero", table="weights", column="weight"))
    return chosen.assign(weight=chosen["weight"] / total)[WEIGHT_COLUMNS]


def _usable(weight: object) -> bool:
    figure = pd.to_numeric(pd.Series([weight]), errors="coerce").iloc[0]
    return bool(np.isfinite(figure) and figure >= 0)


def roc_array(n: int) -> Floats:
    """Rank-order centroid weights of n criteria, most important first.

    >>> roc_array(3).round(5).tolist()
    [0.61111, 0.27778, 0.11111]
    """
    harmonic = 1.0 / np.arange(1, n + 1)
    result: Floats = np.cumsum(harmonic[::-1])[::-1] / max(n, 1)
    return result


def roc_weights(ranking: Sequence[str] | Mapping[str, float]) -> pd.DataFrame:
    """Rank-order centroid weights: all that is known is the order of importance.

    ``ranking`` names criteria from most to least important, or gives each its rank; criteria of
    one rank share the mean of the weights that their places would get.
    Returns columns: criterion, weight (adds to 1), variant, origin.
    Source: Barron & Barrett 1996.

    >>> roc_weights(["growth", "fit", "access", "size"])["weight"].round(4).tolist()
    [0.5208, 0.2708, 0.1458, 0.0625]
    >>> roc_weights({"growth": 1, "fit": 1})["weight"].tolist()
    [0.5, 0.5]
    """
    if isinstance(ranking, Mapping):
        names, places = list(ranking), np.array(list(ranking.values()), float)
    else:
        names, places = list(ranking), np.arange(1.0, len(ranking) + 1)
    order = tie_ranks(-places)
    by_place = roc_array(len(names))
    weights = np.zeros(len(names))
    for rank in np.unique(order):
        tied = order == rank
        weights[tied] = by_place[rank - 1 : rank - 1 + tied.sum()].mean()
    return _table(names, weights, "weights_roc", "field:Barron & Barrett 1996")


def swing_weights(points: Mapping[str, float]) -> pd.DataFrame:
    """Swing weights: points for the step from the worst to the best end of each scale.

    The most valuable step usually gets 100, the others in proportion to it.
    Returns columns: criterion, weight (adds to 1), variant, origin.
    Source: von Winterfeldt & Edwards 1986; Edwards & Barron 1994.

    >>> swing_weights({"growth": 100, "fit": 60, "access": 40})["weight"].tolist()
    [0.5, 0.3, 0.2]
    """
    origin = "field:Edwards & Barron 1994"
    return weight_table(points).assign(variant="weights_swing", origin=origin)


def equal_weights(criteria: Sequence[str]) -> pd.DataFrame:
    """The same weight for all: the yardstick that any other weighting must beat.

    Returns columns: criterion, weight (adds to 1), variant, origin. Source: Dawes 1979.

    >>> equal_weights(["growth", "fit"])["weight"].tolist()
    [0.5, 0.5]
    """
    n = len(criteria)
    return _table(criteria, np.full(n, 1.0 / max(n, 1)), "weights_equal", "field:Dawes 1979")


def direct_weights(points: Mapping[str, float]) -> pd.DataFrame:
    """Weights from 100 points shared out directly; any other total raises.

    Returns columns: criterion, weight (adds to 1), variant, origin.

    >>> direct_weights({"growth": 70, "fit": 30})["weight"].tolist()
    [0.7, 0.3]
    """
    table = weight_table(points)
    total = float(sum(points.values()))
    if abs(total - 100.0) > 1e-6:
        raise KamkitError(
            Problem("points_not_100", table="weights", column="weight", value=f"{total:g}")
        )
    return table.assign(variant="weights_points", origin="house")


def entropy_array(matrix: Floats) -> Floats:
    """Entropy weights of the columns of a positive matrix.

    Source: Shannon 1948; Zeleny 1982. A constant column gets 0.

    >>> entropy_array(np.array([[1.0, 1.0], [1.0, 3.0]])).round(6).tolist()
    [0.0, 1.0]
    """
    part = matrix / matrix.sum(axis=0)
    logs = np.log(np.where(part > 0, part, 1.0))
    spread = 1.0 + (part * logs).sum(axis=0) / np.log(len(matrix))
    spread = np.maximum(spread, 0.0)
    total = spread.sum()
    equal = np.full(matrix.shape[1], 1.0 / matrix.shape[1])
    return spread / total if total > 1e-12 else equal


def critic_array(matrix: Floats, cost: Floats | None = None) -> Floats:
    """CRITIC weights: spread of each column times its disagreement with the others.

    Source: Diakoulaki, Mavrotas & Papayannakis 1995 (min-max data). A constant column gets 0.

    >>> critic_array(np.array([[1.0, 9.0], [2.0, 5.0], [3.0, 7.0]])).round(3).tolist()
    [0.5, 0.5]
    """
    stretched = minmax(matrix, cost)
    sd = stretched.std(axis=0, ddof=1)
    live = sd > 1e-12
    correlation = np.zeros((matrix.shape[1], matrix.shape[1]))
    if live.sum() > 1:
        correlation[np.ix_(live, live)] = np.corrcoef(stretched[:, live], rowvar=False)
    conflict = np.where(live, (1.0 - correlation)[:, live].sum(axis=1), 0.0)
    content = np.where(live, sd * conflict, 0.0)
    total = content.sum()
    equal = np.full(matrix.shape[1], 1.0 / matrix.shape[1])
    return content / total if total > 1e-12 else equal


def data_weights(
    matrix: pd.DataFrame, judged: Weights, *, cost: Sequence[str] = ()
) -> pd.DataFrame:
    """Entropy and CRITIC weights beside the judged ones, never in their place.

    They say where the accounts of this list differ, not what matters to the firm; with few
    accounts they are noise. Accounts with a missing figure are left out.

    Needs: ``matrix`` with account_id and one column per criterion; ``judged`` weights.
    Returns columns: criterion, judged, entropy, critic (each adds to 1; NaN where the method is
    not defined: below 3 accounts, or for entropy a figure below 0), gap (judged less the mean
    of the two), n (accounts), variant, origin.

    >>> table = pd.DataFrame({"account_id": list("abc"), "growth": [1.0, 2, 3], "fit": [3.0, 1, 2]})
    >>> data_weights(table, {"growth": 0.7, "fit": 0.3}).round(3)["critic"].tolist()
    [0.5, 0.5]
    """
    names = [c for c in matrix.columns if c != "account_id"]
    weights = weight_table(judged, criteria=names)
    figures = matrix[names].astype(float).dropna().to_numpy(float)
    turned = np.array([1.0 if c in set(cost) else 0.0 for c in names])
    blank = np.full(len(names), np.nan)
    enough = len(figures) >= 3 and len(names) > 0
    positive = enough and (figures >= 0).all() and (figures.sum(axis=0) > 0).all()
    table = pd.DataFrame({"criterion": names, "judged": weights["weight"].to_numpy(float)})
    table["entropy"] = entropy_array(figures) if positive else blank
    table["critic"] = critic_array(figures, turned) if enough else blank
    table["gap"] = table["judged"] - table[["entropy", "critic"]].mean(axis=1)
    table["n"] = len(figures)
    table["variant"] = "weights_from_spread" if enough else "too_little_data"
    table["origin"] = "field:Zeleny 1982; field:Diakoulaki 1995"
    return table
