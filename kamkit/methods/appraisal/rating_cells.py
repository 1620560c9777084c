"""Mean ratings by person and item, and how far one more rater could move them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.raters.severity import Severity
from kamkit.methods.shares import Floats, normal_point

LOW, HIGH = 1.0, 5.0
ANONYMOUS = ("peer", "customer", "report")
SOURCES = ("manager", "self", *ANONYMOUS)
SINGLE_RATER = 0.52  # reliability of one supervisor's rating
ENOUGH_DF = 5  # second raters from which their own spread is used (house)
ROUNDING = 1 / 12  # variance of a whole number for what lies behind it
CELL_COLUMNS = ["member_id", "item", "rated", "se", "low", "high", "n", "hidden", "variant"]


def check_ratings(ratings: pd.DataFrame, table: str, item: str) -> pd.DataFrame:
    """Ratings with numeric scores of 1 to 5; empty scores are left out.

    Raises KamkitError missing_column, not_a_number, survey_off_scale, unknown_option (source).

    >>> frame = pd.DataFrame({"ratee_id": ["a"], "rater_id": ["m"], "source": ["manager"],
    ...     "competency": ["c"], "period": ["2025"], "score": ["4"]})
    >>> check_ratings(frame, "ratings", "competency")["score"].tolist()
    [4.0]
    """
    need_columns(ratings, table, ["ratee_id", "rater_id", "source", item, "period", "score"])
    score = pd.to_numeric(ratings["score"], errors="coerce").astype(float)
    problems = [
        Problem("not_a_number", table, "score", int(i) + 1, ratings["score"].iloc[int(i)])
        for i in np.flatnonzero((ratings["score"].notna() & score.isna()).to_numpy())
    ]
    off = (score < LOW) | (score > HIGH)
    problems += [
        Problem("survey_off_scale", table, "score", int(i) + 1, float(score.iloc[i]),
                details={"allowed": "1–5"})
        for i in np.flatnonzero(off.to_numpy())
    ]  # fmt: skip
    strange = ratings["source"].notna() & ~ratings["source"].isin(SOURCES)
    problems += [
        Problem("unknown_option", table, "source", int(i) + 1, ratings["source"].iloc[i],
                details={"allowed": ", ".join(SOURCES)})
        for i in np.flatnonzero(strange.to_numpy())
    ]  # fmt: skip
    KamkitError.collect(problems)
    keys = ["ratee_id", "rater_id", "source", item, "period"]
    kept = ratings[keys].astype("str").assign(score=score)
    return kept[score.notna() & ratings[keys].notna().all(axis=1)].reset_index(drop=True)


def rater_severities(severity: Severity | pd.DataFrame) -> pd.Series:
    """Severity of each rater by id: points below what the typical rater gives.

    >>> rater_severities(pd.DataFrame({"rater_id": ["m"], "severity": [0.5]}))["m"]
    np.float64(0.5)
    """
    frame = severity.raters if isinstance(severity, Severity) else severity
    need_columns(frame, "severity", ["rater_id", "severity"])
    known = frame.astype({"rater_id": "str"}).drop_duplicates("rater_id")
    return known.set_index("rater_id")["severity"].astype(float)


def latest(period: pd.Series, wanted: str | None) -> str:
    """The period to look at: the one wanted, else the last by name.

    >>> latest(pd.Series(["2024", "2025"]), None)
    '2025'
    """
    return wanted if wanted is not None else str(period.max()) if len(period) else ""


def rating_cells(
    ratings: pd.DataFrame,
    item: str,
    *,
    source: str = "manager",
    severity: Severity | pd.DataFrame | None = None,
    min_n: int = 3,
    level: float = 0.95,
) -> pd.DataFrame:
    """Mean of one source's ratings for each person and item, of one period's checked ratings.

    The variance of a single rating is pooled from people with two raters or more; its degrees
    of freedom count raters, not scores (variant ``pooled_raters``). With ``severity`` (of
    ``rater_severity``, or its raters' frame: rater_id, severity) each score moves to what the
    typical rater would give, the variance is what an additive model of cells and raters leaves,
    and the raters' own effects add theirs (``additive``). With
    too few second raters: SD √(1 − .52), the reliability of one supervisor
    (``sem_single_rater``). Peers, customers and reports below ``min_n`` are hidden.

    Returns member_id, item, rated (1–5), se, low, high (cut at 1 and 5), n (raters), hidden,
    variant. Source: Viswesvaran, Ones & Schmidt 1996; London & Smither 1995 (minimum n).

    >>> frame = pd.DataFrame({"ratee_id": list("aabb"), "rater_id": ["m", "k"] * 2,
    ...     "source": "manager", "competency": "c", "period": "2025", "score": [3.0, 4, 2, 3]})
    >>> rating_cells(frame, "competency")[["rated", "n"]].values.tolist()
    [[3.5, 2.0], [2.5, 2.0]]
    """
    one = ratings[ratings["source"] == source].groupby(["ratee_id", item, "rater_id"])
    scores = one["score"].mean().reset_index()
    if scores.empty:
        return _empty()
    if severity is not None:
        strict = scores["rater_id"].map(rater_severities(severity))
        scores["score"] = scores["score"] + strict.fillna(0.0)
    cells = scores.groupby(["ratee_id", item])["score"].agg(["mean", "size"]).reset_index()
    cell = scores.groupby(["ratee_id", item]).ngroup().to_numpy()
    variance, df, variant, extra = _rater_variance(scores, item, cell, severity is not None)
    # Sums with a rater's effect miss a level by a rounding error.
    rated = np.clip(cells["mean"].to_numpy(dtype=float).round(9), LOW, HIGH)
    n = cells["size"].to_numpy()
    se = np.sqrt(variance / n + extra)
    reach = _point(df, level) * se
    hidden = (n < min_n) & (source in ANONYMOUS)
    out = pd.DataFrame(
        {
            "member_id": cells["ratee_id"],
            "item": cells[item],
            "rated": rated,
            "se": se,
            "low": np.clip(rated - reach, LOW, HIGH),
            "high": np.clip(rated + reach, LOW, HIGH),
            "n": n,
            "hidden": hidden,
            "variant": variant,
        }
    )
    out.loc[hidden, ["rated", "se", "low", "high"]] = np.nan
    return out[CELL_COLUMNS]


def _empty() -> pd.DataFrame:
    texts = {c: pd.Series(dtype="str") for c in ("member_id", "item", "variant")}
    numbers = {c: pd.Series(dtype=float) for c in ("rated", "se", "low", "high")}
    rest = {"n": pd.Series(dtype="int64"), "hidden": pd.Series(dtype=bool)}
    return pd.DataFrame({**texts, **numbers, **rest})[CELL_COLUMNS]


def _point(df: float, level: float) -> float:
    return float(stdtrit(df, 0.5 + level / 2)) if np.isfinite(df) else normal_point(level)


def _rater_variance(
    scores: pd.DataFrame, item: str, cell: np.ndarray, additive: bool
) -> tuple[float, float, str, Floats | float]:
    """Variance of a single rating, its degrees of freedom, its variant, and what raters add."""
    x = scores["score"].to_numpy(dtype=float)
    rater, ratee = (pd.factorize(scores[c], sort=True)[0] for c in ("rater_id", "ratee_id"))
    pairs = np.unique(np.column_stack([ratee, rater]), axis=0)
    df = float(len(pairs) - len(np.unique(ratee)))
    spare = len(x) - len(np.unique(cell))
    effects = 0
    rest = x - _means(x, cell)[cell]
    if additive:
        effects = len(np.unique(rater)) - 1
        rest = _additive_rest(x, cell, rater)
    if df - effects >= ENOUGH_DF and spare > effects:
        variance = max(float((rest**2).sum()) / (spare - effects), ROUNDING)
        ratees = np.bincount(pairs[:, 1])
        lever = _means(variance / ratees[rater], cell) if additive else 0.0
        return variance, df - effects, "additive" if additive else "pooled_raters", lever
    spread = scores.groupby(item)["score"].agg(["var", "size"])
    known = spread[spread["size"] > 1]
    if known.empty:
        return np.nan, np.inf, "too_little_data", 0.0
    total = float(np.average(known["var"], weights=known["size"] - 1))
    people = float(len(np.unique(ratee)) - 1)
    return max((1 - SINGLE_RATER) * total, ROUNDING), people, "sem_single_rater", 0.0


def _means(x: Floats, group: np.ndarray) -> Floats:
    means: Floats = np.bincount(group, weights=x) / np.maximum(np.bincount(group), 1)
    return means


def _additive_rest(x: Floats, cell: np.ndarray, rater: np.ndarray) -> Floats:
    """What cell and rater effects leave of ``x``: alternating means, a convex descent."""
    strict = np.zeros(rater.max() + 1)
    for _ in range(200):
        base = _means(x - strict[rater], cell)
        step = _means(x - base[cell], rater)
        done = np.abs(step - strict).max() < 1e-8
        strict = step
        if done:
            break
    rest: Floats = x - _means(x - strict[rater], cell)[cell] - strict[rater]
    return rest
