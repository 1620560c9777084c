"""Reading ratings: long tables of who rated whom, and wide ones of ratees by raters."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.shares import Floats

IDS = ("ratee_id", "rater_id")
KINDS = ("source", "competency", "period")
SELF = "self"


def read_ratings(
    ratings: pd.DataFrame,
    need: Iterable[str] = (),
    *,
    sources: Iterable[str] | None = None,
    own: bool = False,
) -> pd.DataFrame:
    """Ratings with a score, as text ids and numbers, in a fixed order of rows.

    Needs columns ratee_id, rater_id, score and ``need``; source, competency and period are
    empty text where absent. Rows without a score are left out, and so are self-ratings unless
    ``own``; ``sources`` keeps only those. Raises KamkitError missing_column, empty_cell,
    not_a_number.

    >>> rows = pd.DataFrame({"ratee_id": ["p", "p"], "rater_id": ["A", "p"], "score": [4, 5]})
    >>> read_ratings(rows)[["ratee_id", "rater_id", "score"]].values.tolist()
    [['p', 'A', 4.0]]
    """
    need_columns(ratings, "ratings", [*IDS, "score", *need])
    score = numbers(ratings["score"], "ratings", "score")
    known = np.isfinite(score)
    KamkitError.collect(
        Problem("empty_cell", "ratings", name, int(row) + 1)
        for name in IDS
        for row in np.flatnonzero(ratings[name].isna().to_numpy() & known)
    )
    rows = ratings.loc[known]
    table = pd.DataFrame({c: rows[c].astype("str") for c in IDS})
    for name in KINDS:
        table[name] = rows[name].astype("str").fillna("") if name in rows else ""
    table = table.astype(dict.fromkeys(KINDS, "str")).assign(score=score[known])
    mine = (table["ratee_id"] == table["rater_id"]) | (table["source"] == SELF)
    kept = np.ones(len(table), bool) if own else ~mine.to_numpy()
    if sources is not None:
        kept &= table["source"].isin(list(sources)).to_numpy()
    return table[kept].reset_index(drop=True)


def numbers(column: pd.Series, table: str, name: str) -> Floats:
    """A column as numbers, NaN where empty. Raises KamkitError not_a_number for all else.

    >>> numbers(pd.Series([1, None]), "ratings", "score").tolist()
    [1.0, nan]
    """
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    odd = column.notna().to_numpy() & ~np.isfinite(values)
    KamkitError.collect(
        Problem("not_a_number", table, name, int(row) + 1, column.iloc[row])
        for row in np.flatnonzero(odd)
    )
    return np.asarray(values, dtype=float)


def score_matrix(scores: pd.DataFrame) -> Floats:
    """A wide table, one row a ratee and one column a rater, as numbers (NaN: not rated).

    >>> score_matrix(pd.DataFrame({"A": [1, 2], "B": [2, None]})).tolist()
    [[1.0, 2.0], [2.0, nan]]
    """
    problems: list[Problem] = []
    columns = []
    for place, name in enumerate(scores.columns):
        try:
            columns.append(numbers(scores.iloc[:, place], "scores", str(name)))
        except KamkitError as error:
            problems += error.problems
    KamkitError.collect(problems)
    return np.column_stack(columns) if columns else np.zeros((len(scores), 0))


def wide_scores(ratings: pd.DataFrame) -> pd.DataFrame:
    """Ratings as a wide table: one row a ratee, one column a rater, the mean of their scores.

    Needs ratee_id, rater_id, score; self-ratings are left out. NaN where a rater did not rate.

    >>> rows = pd.DataFrame({"ratee_id": ["p", "q"], "rater_id": ["A", "A"], "score": [4, 2]})
    >>> wide_scores(rows)["A"].tolist()
    [4.0, 2.0]
    """
    table = read_ratings(ratings)
    return table.pivot_table("score", "ratee_id", "rater_id", "mean")


def need_level(level: float) -> None:
    """Refuse a level that is no share between 0 and 1 (KamkitError option_out_of_range).

    >>> need_level(0.95)
    """
    if not 0 < level < 1:
        raise KamkitError(
            Problem(
                "option_out_of_range", column="level", value=level,
                details={"low": "0", "high": "1"},
            )
        )  # fmt: skip


def need_choice(name: str, value: object, allowed: Iterable[str]) -> None:
    """Refuse an option that is none of ``allowed`` (KamkitError unknown_option).

    >>> need_choice("weights", "linear", ["linear", "quadratic"])
    """
    options = list(allowed)
    if value not in options:
        details = {"allowed": ", ".join(options)}
        raise KamkitError(Problem("unknown_option", column=name, value=value, details=details))
