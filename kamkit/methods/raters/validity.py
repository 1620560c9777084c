"""Do those who are rated high achieve much? Ratings against results, with the doubt kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.raters.inputs import need_level, numbers
from kamkit.methods.shares import Floats, normal_point

FISHER, BONETT = "field:Fisher 1921", "field:Spearman 1904; field:Bonett & Wright 2000"
DISATTENUATED = "field:Spearman 1904"


@dataclass(frozen=True)
class RatedAchieved:
    """What :func:`rated_vs_achieved` found.

    Attributes
    ----------
    members
        member_id, rated, achieved (as given), rated_rank, achieved_rank (1 the highest).
    measures
        Measure table (n: members with both): rated_achieved_r, rated_achieved_rho and, where
        reliabilities are given, rated_achieved_r_disattenuated.
    """

    members: pd.DataFrame
    measures: pd.DataFrame


def rated_vs_achieved(
    rated: pd.DataFrame,
    results: pd.DataFrame,
    *,
    score: str = "adjusted",
    value: str = "value",
    reliability: float | None = None,
    result_reliability: float | None = None,
    level: float = 0.95,
) -> RatedAchieved:
    """Correlation of what people are rated with what they achieve.

    ``rated``: ratee_id (or member_id) and ``score``, one row a person (``rater_severity(...)
    .ratees``). ``results``: member_id and ``value``, better being higher and territory taken
    out already. Persons missing on either side are left out. With reliabilities (0–1) the
    correlation that error-free figures would have is shown too, as a variant of its own: it may
    pass 1, and is no fact about the figures at hand.

    Returns :class:`RatedAchieved`. Fewer than 4 persons: NaN, too_little_data. A low figure
    does not say which of the two is wrong; ratings see what results don't, and the other way
    round (Bommer et al. 1995: corrected .39 over studies).
    Raises KamkitError missing_column, not_a_number, duplicate_row, option_out_of_range.
    Source: Fisher 1921; Bonett & Wright 2000 (rho); Spearman 1904 (correction).

    >>> rated = pd.DataFrame({"ratee_id": list("abcde"), "adjusted": [1, 2, 3, 4, 5.0]})
    >>> results = pd.DataFrame({"member_id": list("abcde"), "value": [2, 1, 4, 3, 5.0]})
    >>> rated_vs_achieved(rated, results).measures["value"].round(2).tolist()
    [0.8, 0.8]
    """
    need_level(level)
    _check_reliability(reliability, result_reliability)
    key = "ratee_id" if "ratee_id" in rated.columns else "member_id"
    left = _side(rated, "rated", key, score, "rated")
    right = _side(results, "results", "member_id", value, "achieved")
    both = left.merge(right, on="member_id").sort_values("member_id", ignore_index=True)
    for name in ("rated", "achieved"):
        both[f"{name}_rank"] = both[name].rank(method="min", ascending=False)
    x, y = both["rated"].to_numpy(), both["achieved"].to_numpy()
    n, r = len(both), correlation(x, y)
    ranks = both[["rated", "achieved"]].rank().to_numpy(dtype=np.float64)
    rho = correlation(ranks[:, 0], ranks[:, 1])
    rows = []
    for name, figure, spread, variant, origin in (
        ("rated_achieved_r", r, 1.0, "fisher_z", FISHER),
        ("rated_achieved_rho", rho, np.sqrt(1 + rho**2 / 2), "fisher_z; ranks", BONETT),
    ):
        low, high = fisher_interval(figure, n, level, spread)
        missing = "too_little_data" if n < 4 else "no_variance"
        rows.append(measure_row(name, figure if n > 3 else np.nan, n, low=low, high=high,
                                variant=variant if np.isfinite(figure) and n > 3 else missing,
                                origin=origin))  # fmt: skip
    if reliability is not None or result_reliability is not None:
        root = np.sqrt((reliability or 1.0) * (result_reliability or 1.0))
        plain = rows[0]
        rows.append(measure_row(
            "rated_achieved_r_disattenuated", plain["value"] / root, n, low=plain["low"] / root,
            high=plain["high"] / root, variant="fisher_z; corrected_for_unreliability",
            origin=DISATTENUATED,
        ))  # fmt: skip
    return RatedAchieved(both, measure_table(rows))


def correlation(x: Floats, y: Floats) -> float:
    """Pearson's r; NaN where one side does not vary.

    >>> correlation(np.array([1.0, 2, 3]), np.array([2.0, 4, 6])).__round__(6)
    1.0
    """
    if len(x) < 2:
        return np.nan
    dx, dy = x - x.mean(), y - y.mean()
    below = float(np.sqrt((dx @ dx) * (dy @ dy)))
    return float(np.clip(dx @ dy / below, -1, 1)) if below > 1e-12 else np.nan


def fisher_interval(r: float, n: int, level: float, spread: float = 1.0) -> tuple[float, float]:
    """Interval of a correlation by Fisher's z; NaN below 4 cases or at ±1.

    >>> low, high = fisher_interval(0.5, 28, 0.95)
    >>> round(low, 3), round(high, 3)
    (0.156, 0.736)
    """
    if n < 4 or not abs(r) < 1 - 1e-12:
        return np.nan, np.nan
    reach = normal_point(level) * spread / np.sqrt(n - 3)
    return float(np.tanh(np.arctanh(r) - reach)), float(np.tanh(np.arctanh(r) + reach))


def _side(table: pd.DataFrame, name: str, key: str, column: str, new: str) -> pd.DataFrame:
    need_columns(table, name, [key, column])
    twice = table[key].duplicated() & table[key].notna()
    KamkitError.collect(
        Problem("duplicate_row", name, key, int(row) + 1, table[key].iloc[row])
        for row in np.flatnonzero(twice)
    )
    side = pd.DataFrame(
        {"member_id": table[key].astype("str"), new: numbers(table[column], name, column)}
    )
    return side.dropna()


def _check_reliability(*values: float | None) -> None:
    KamkitError.collect(
        Problem("option_out_of_range", column="reliability", value=v,
                details={"low": "0", "high": "1"})
        for v in values
        if v is not None and not 0 < v <= 1
    )  # fmt: skip
