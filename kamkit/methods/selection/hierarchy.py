"""Analytic hierarchy process: weights from pairwise judgements, and how consistent they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from kamkit.methods.selection.figures import (
    Floats,
    joined,
    measure_row,
    measure_table,
    need_choice,
    rank_column,
    tie_ranks,
)
from kamkit.methods.selection.pairwise import judge_matrices

# Mean CI of random reciprocal matrices of order 3, 4, …; the authors differ, so the table is named.
RANDOM_INDEX: dict[str, tuple[float, ...]] = {
    "saaty_1980": (0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49),
    "saaty_2005": (0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49, 1.52, 1.54, 1.56, 1.58, 1.59),
    "donegan_dodd_1991": (
        0.4914, 0.8286, 1.0591, 1.1797, 1.2519, 1.3171, 1.3733, 1.4055, 1.4213, 1.4497, 1.4643,
        1.4822, 1.4969,
    ),
    "alonso_lamata_2006": (
        0.5245, 0.8815, 1.1086, 1.2479, 1.3417, 1.4056, 1.4499, 1.4854, 1.5141, 1.5365, 1.5551,
        1.5713, 1.5838,
    ),
}  # fmt: skip
CR_LIMIT = 0.10
_SCALE = np.concatenate([1.0 / np.arange(9, 1, -1), np.arange(1, 10)])
TRIAD_COLUMNS = ["first", "second", "third", "first_second", "second_third", "first_third",
                 "implied", "factor"]  # fmt: skip
REPAIR_COLUMNS = ["first", "second", "judged", "implied", "nearest", "cr_after"]


@dataclass(frozen=True)
class Ahp:
    """Weights, consistency, and where the judgements contradict each other."""

    weights: pd.DataFrame
    summary: pd.DataFrame
    judges: pd.DataFrame
    triads: pd.DataFrame
    repairs: pd.DataFrame
    matrix: pd.DataFrame


def principal(matrix: Floats) -> tuple[Floats, float]:
    """Principal eigenvector (adds to 1) and largest eigenvalue of a positive matrix.

    >>> weights, top = principal(np.array([[1.0, 3.0], [1 / 3, 1.0]]))
    >>> weights.round(2).tolist(), round(top, 6)
    ([0.75, 0.25], 2.0)
    """
    values, vectors = np.linalg.eig(matrix)
    at = int(np.argmax(values.real))
    vector = np.abs(vectors[:, at].real)
    return np.asarray(vector / vector.sum(), dtype=float), float(values[at].real)


def geometric(matrix: Floats) -> Floats:
    """Row geometric means, made to add to 1. Source: Crawford & Williams 1985.

    >>> geometric(np.array([[1.0, 3.0], [1 / 3, 1.0]])).round(2).tolist()
    [0.75, 0.25]
    """
    means = np.exp(np.log(matrix).mean(axis=1))
    return np.asarray(means / means.sum(), dtype=float)


def consistency(matrix: Floats, table: str) -> tuple[float, float, float, float]:
    """Largest eigenvalue, CI, random index and CR. Orders 1 and 2 cannot be inconsistent.

    CR is missing where the named table has no entry for the order.

    >>> consistency(np.ones((3, 3)), "saaty_1980")[3]
    0.0
    """
    n = len(matrix)
    top = principal(matrix)[1]
    if n < 3:
        return top, 0.0, 0.0, 0.0
    ci = max(top - n, 0.0) / (n - 1)
    known = RANDOM_INDEX[table]
    index = known[n - 3] if n - 3 < len(known) else float("nan")
    ratio = 0.0 if ci < 1e-12 else ci / index
    return top, ci, index, ratio


def triad_table(matrix: Floats, names: list[str]) -> pd.DataFrame:
    """Every triad of judgements with how far it contradicts itself, worst first.

    ``factor`` is how many times too large or too small the third judgement is, given the other
    two (1 = consistent). Source: Koczkodaj 1993.

    >>> m = np.array([[1, 2, 1], [0.5, 1, 2], [1, 0.5, 1.0]])
    >>> triad_table(m, ["a", "b", "c"])["factor"].tolist()
    [4.0]
    """
    rows = []
    for i, j, k in combinations(range(len(names)), 3):
        implied = matrix[i, j] * matrix[j, k]
        ratio = implied / matrix[i, k]
        rows.append(
            (names[i], names[j], names[k], matrix[i, j], matrix[j, k], matrix[i, k], implied,
             max(ratio, 1.0 / ratio))
        )  # fmt: skip
    table = pd.DataFrame(rows, columns=TRIAD_COLUMNS)
    return table.sort_values("factor", ascending=False, kind="stable", ignore_index=True)


def repair_table(matrix: Floats, names: list[str], index: str) -> pd.DataFrame:
    """What CR would be if one judgement alone were asked again and answered as the rest imply.

    ``nearest`` is the implied ratio on the 1–9 scale; most helpful judgement first.

    >>> m = np.array([[1, 2, 1], [0.5, 1, 2], [1, 0.5, 1.0]])
    >>> repair_table(m, ["a", "b", "c"], "saaty_1980")["cr_after"].round(3).tolist()
    [0.0, 0.0, 0.0]
    """
    rows = []
    for i, j in combinations(range(len(names)), 2) if len(names) > 2 else ():
        others = [k for k in range(len(names)) if k not in (i, j)]
        implied = float(np.exp(np.log(matrix[i, others] * matrix[others, j]).mean()))
        nearest = float(_SCALE[np.argmin(np.abs(np.log(_SCALE) - np.log(implied)))])
        trial = matrix.copy()
        trial[i, j], trial[j, i] = nearest, 1.0 / nearest
        after = consistency(trial, index)[3]
        rows.append((names[i], names[j], matrix[i, j], implied, nearest, after))
    table = pd.DataFrame(rows, columns=REPAIR_COLUMNS)
    return table.sort_values("cr_after", kind="stable", ignore_index=True)


def _weights(
    matrices: dict[str, Floats], together: Floats, names: list[str], method: str
) -> pd.DataFrame:
    eigen, means = principal(together)[0], geometric(together)
    chosen = eigen if method == "eigenvector" else means
    single = np.array([principal(m)[0] if method == "eigenvector" else geometric(m)
                       for m in matrices.values()])  # fmt: skip
    several = len(matrices) > 1
    return pd.DataFrame(
        {
            "criterion": pd.Series(names, dtype="str"),
            "weight": chosen,
            "rank": rank_column(tie_ranks(chosen, 1e-9)),
            "eigenvector": eigen,
            "geometric_mean": means,
            "low": single.min(axis=0) if several else np.nan,
            "high": single.max(axis=0) if several else np.nan,
            "n_judges": len(matrices),
            "variant": joined(f"ahp_{method}", "judges_geometric_mean" if several else ""),
            "origin": "field:Saaty 1980",
        }
    )


def _summary(together: Floats, weights: pd.DataFrame, judges: int, index: str) -> pd.DataFrame:
    n = len(together)
    top, ci, random_index, ratio = consistency(together, index)
    named, saaty = f"ri_{index}", "field:Saaty 1980"
    source = {"donegan_dodd_1991": "field:Donegan & Dodd 1991",
              "alonso_lamata_2006": "field:Alonso & Lamata 2006",
              "saaty_2005": "field:Saaty 2005"}.get(index, saaty)  # fmt: skip
    gap = float((weights["eigenvector"] - weights["geometric_mean"]).abs().max())
    accepted = float("nan") if np.isnan(ratio) else float(ratio <= CR_LIMIT)
    return measure_table(
        [
            measure_row("lambda_max", top, n, variant="ahp_eigenvector", origin=saaty),
            measure_row("consistency_index", ci, n, variant="ahp_eigenvector", origin=saaty),
            measure_row("random_index", random_index, n, variant=named, origin=source),
            measure_row("consistency_ratio", ratio, n, variant=named, origin=source),
            measure_row("consistency_accepted", accepted, n, variant="cr_limit_10", origin=saaty),
            measure_row("method_gap", gap, n, variant="eigenvector_less_geometric", origin="house"),
            measure_row("judges", judges, judges, variant="judges_geometric_mean", origin="house"),
        ]
    )


def ahp(
    judgements: pd.DataFrame | Mapping[str, pd.DataFrame],
    *,
    method: str = "eigenvector",
    random_index: str = "saaty_1980",
) -> Ahp:
    """Weights from pairwise judgements on the 1–9 scale.

    Parameters
    ----------
    judgements : a square table whose index and columns are the criteria; a mapping of judge to
        such tables; or a long table with columns first, second, value and (optional) judge,
        each pair once ("first is value times as important as second").
    method : "eigenvector" (Saaty) or "geometric_mean" (rows); both are always in the result.
    random_index : "saaty_1980" (7: 1.32, 8: 1.41), "saaty_2005", "donegan_dodd_1991",
        "alonso_lamata_2006". CR depends on it.

    Returns
    -------
    Ahp with weights: criterion, weight (adds to 1), rank, eigenvector, geometric_mean, low, high
    (range over judges), n_judges, variant, origin; summary: lambda_max, consistency_index,
    random_index, consistency_ratio, consistency_accepted (1 if CR ≤ 0.10), method_gap (largest
    difference of the two methods), judges; judges: judge, lambda_max, ci, cr, accepted;
    triads: first, second, third, first_second, second_third, first_third, implied, factor
    (worst first); repairs: first, second, judged, implied, nearest, cr_after (best first);
    matrix: the judgements used (geometric mean over judges).

    Raises
    ------
    KamkitError : missing or non-positive judgements, a matrix that isn't reciprocal, judges who
        compare different criteria.

    Source: Saaty 1977, 1980, 2008; judges are combined as Aczél & Saaty 1983 show.

    >>> pairs = pd.DataFrame({"first": ["a", "a", "b"], "second": ["b", "c", "c"],
    ...                       "value": [2, 4, 2]})
    >>> ahp(pairs).weights["weight"].round(3).tolist()
    [0.571, 0.286, 0.143]
    """
    need_choice(method, "method", ("eigenvector", "geometric_mean"))
    need_choice(random_index, "random_index", tuple(RANDOM_INDEX))
    names, matrices = judge_matrices(judgements)
    together = np.exp(np.mean([np.log(m) for m in matrices.values()], axis=0))
    weights = _weights(matrices, together, names, method)
    rows = []
    for judge, matrix in matrices.items():
        top, ci, _, ratio = consistency(matrix, random_index)
        rows.append((judge, top, ci, ratio, bool(ratio <= CR_LIMIT)))
    return Ahp(
        weights=weights,
        summary=_summary(together, weights, len(matrices), random_index),
        judges=pd.DataFrame(rows, columns=["judge", "lambda_max", "ci", "cr", "accepted"]),
        triads=triad_table(together, names),
        repairs=repair_table(together, names, random_index),
        matrix=pd.DataFrame(together, index=names, columns=names),
    )
