"""Pairwise judgements: from long or square tables to checked reciprocal matrices."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.selection.figures import Floats

_NEAR = 0.02


def judge_matrices(
    judgements: pd.DataFrame | Mapping[str, pd.DataFrame],
) -> tuple[list[str], dict[str, Floats]]:
    """Criteria and one reciprocal matrix per judge, or one error with every problem found.

    >>> names, found = judge_matrices(pd.DataFrame({"first": ["a"], "second": ["b"], "value": [3]}))
    >>> names, found[""].round(2).tolist()
    (['a', 'b'], [[1.0, 3.0], [0.33, 1.0]])
    """
    if isinstance(judgements, Mapping):
        squares = {str(judge): table for judge, table in judgements.items()}
    elif "value" in judgements.columns and "first" in judgements.columns:
        squares = _from_long(judgements)
    else:
        squares = {"": judgements}
    if not squares:
        raise KamkitError(Problem("empty_table", table="judgements"))
    names = [str(n) for n in next(iter(squares.values())).columns]
    problems: list[Problem] = []
    matrices: dict[str, Floats] = {}
    for judge, square in squares.items():
        wide = square.rename(index=str, columns=str)
        if set(wide.index) != set(names) or set(wide.columns) != set(names) or not names:
            problems.append(Problem("criteria_differ", table="judgements", value=judge))
            continue
        matrix = wide.loc[names, names].astype(float).to_numpy(float)
        problems += _matrix_problems(matrix, names, judge)
        matrices[judge] = matrix
    KamkitError.collect(problems)
    return names, matrices


def _from_long(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    need_columns(table, "judgements", ["first", "second", "value"])
    work = table.assign(
        first=table["first"].astype(str),
        second=table["second"].astype(str),
        value=pd.to_numeric(table["value"], errors="coerce").astype(float),
        judge=table["judge"].astype(str) if "judge" in table.columns else "",
    )
    names = list(dict.fromkeys([*work["first"], *work["second"]]))
    squares: dict[str, pd.DataFrame] = {}
    problems: list[Problem] = []
    for judge, rows in work.groupby("judge", sort=False):
        square = pd.DataFrame(np.nan, index=names, columns=names)
        for n in names:
            square.loc[n, n] = 1.0
        for a, b, value in zip(rows["first"], rows["second"], rows["value"], strict=True):
            if a == b or not np.isnan(square.loc[a, b]):
                problems.append(Problem("duplicate_row", "judgements", "first", value=f"{a} / {b}"))
                continue
            square.loc[a, b] = value
            square.loc[b, a] = 1.0 / value if value > 0 else np.nan
        squares[str(judge)] = square
    KamkitError.collect(problems)
    return squares


def _matrix_problems(matrix: Floats, names: list[str], judge: str) -> list[Problem]:
    problems = []
    who = f"{judge}: " if judge else ""
    for i, j in combinations(range(len(names)), 2):
        pair = f"{who}{names[i]} / {names[j]}"
        there, back = matrix[i, j], matrix[j, i]
        if not (there > 0 and back > 0):
            problems.append(Problem("judgement_missing", "judgements", "value", value=pair))
        elif abs(there * back - 1.0) > _NEAR:
            problems.append(Problem("not_reciprocal", "judgements", "value", value=pair))
    if not np.allclose(np.diag(matrix), 1.0):
        problems.append(Problem("not_reciprocal", "judgements", "value", value=f"{who}1"))
    return problems
