"""Do the items of a scale measure one thing alike: Cronbach's alpha and what weakens it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import f as f_distribution

from kamkit.errors import KamkitError, Problem
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.shares import Floats

FEWEST = 10  # respondents below which alpha is refused (house)
FEW = 30  # below which it is shown with a warning (house)
ITEM_COLUMNS = ["item", "n", "mean", "sd", "item_rest", "alpha_if_dropped", "status"]
WARNING_COLUMNS = ["code", "items", "n"]
CRONBACH, FELDT = "field:Cronbach 1951", "field:Feldt 1965"


@dataclass(frozen=True)
class Reliability:
    """What :func:`cronbach_alpha` found.

    Attributes
    ----------
    measures
        Measure table: alpha (Feldt interval), alpha_standardised, mean_inter_item_r, and
        alpha_if_reversed where items seem to be keyed the wrong way round.
    items
        item, n, mean, sd, item_rest (correlation with the sum of the others), alpha_if_dropped,
        status (ok, unreversed, weak, better_without, no_variance, unknown).
    warnings
        code (unreversed_items, few_respondents, too_few_respondents, no_variance, one_item,
        weak_items, dropped_rows), items (joined by "; "), n.
    """

    measures: pd.DataFrame
    items: pd.DataFrame
    warnings: pd.DataFrame


def answer_matrix(
    items: pd.DataFrame, reverse: Sequence[str] = (), scale: tuple[float, float] | None = None
) -> pd.DataFrame:
    """Items as numbers, those in ``reverse`` turned on ``scale`` (low + high − tick).

    >>> answer_matrix(pd.DataFrame({"a": [1, 7]}), ["a"], (1, 7))["a"].tolist()
    [7.0, 1.0]
    """
    problems = [Problem("missing_column", "items", str(c)) for c in reverse if c not in items]
    if reverse and scale is None:
        problems.append(Problem("scale_needed", column="scale", value=", ".join(reverse)))
    out = items.reset_index(drop=True).apply(pd.to_numeric, errors="coerce").astype(float)
    for column in items.columns:
        said = items[column].notna().to_numpy() & ~np.isfinite(out[column].to_numpy())
        problems += [
            Problem("not_a_number", "items", str(column), int(i) + 1, items[column].iloc[i])
            for i in np.flatnonzero(said)
        ]
    KamkitError.collect(problems)
    for column in reverse:
        if scale is not None:
            out[column] = scale[0] + scale[1] - out[column]
    return pd.DataFrame(out)


def alpha_of(covariance: Floats) -> float:
    """Cronbach's alpha of a covariance matrix; NaN where it has no variance.

    >>> alpha_of(np.array([[1.0, 0.5], [0.5, 1.0]])).__round__(4)
    0.6667
    """
    k, total = len(covariance), float(covariance.sum())
    if k < 2 or total <= 1e-12:
        return np.nan
    return float(k / (k - 1) * (1 - np.trace(covariance) / total))


def feldt_interval(alpha: float, n: int, k: int, level: float) -> tuple[float, float]:
    """Interval of alpha: (1 − α) / (1 − α̂) follows F with n − 1 and (n − 1)(k − 1) df.

    Source: Feldt 1965.

    >>> low, high = feldt_interval(0.84314, 30, 7, 0.95)
    >>> round(low, 3), round(high, 3)
    (0.739, 0.916)
    """
    upper, lower = (
        float(f_distribution.ppf(q, n - 1, (n - 1) * (k - 1)))
        for q in (0.5 + level / 2, 0.5 - level / 2)
    )
    return 1 - (1 - alpha) * upper, 1 - (1 - alpha) * lower


def cronbach_alpha(
    items: pd.DataFrame,
    *,
    reverse: Sequence[str] = (),
    scale: tuple[float, float] | None = None,
    level: float = 0.95,
    fewest: int = FEWEST,
) -> Reliability:
    """Cronbach's alpha with interval, and for each item what it adds.

    ``items``: a column an item, a row a respondent; incomplete rows are left out (listwise) and
    counted. ``reverse``: items still to be turned on ``scale``. An item that runs against the
    others raises the warning ``unreversed_items`` with its name, and alpha_if_reversed says
    what alpha would be with it turned. Refused (value NaN, variant says why):
    fewer than ``fewest`` complete respondents, one item, or answers that don't differ.

    Alpha is no proof of one dimension, and grows with the number of items.
    Returns Reliability. Raises KamkitError missing_column, not_a_number, scale_needed.
    Source: Cronbach 1951; Feldt 1965; limits of n house.

    >>> rng = np.random.default_rng(1)
    >>> true = rng.normal(size=(40, 1))
    >>> items = pd.DataFrame(true + rng.normal(size=(40, 3)), columns=list("abc"))
    >>> items["c"] = -items["c"]
    >>> found = cronbach_alpha(items)
    >>> found.warnings[["code", "items"]].values.tolist()
    [['unreversed_items', 'c']]
    """
    table = answer_matrix(items, reverse, scale)
    names = [str(c) for c in table.columns]
    whole = table.dropna()
    x, n, k = whole.to_numpy(), len(whole), len(names)
    covariance = np.atleast_2d(np.cov(x, rowvar=False)) if n > 1 and k else np.zeros((k, k))
    rows = _item_rows(x, names, covariance)
    against = [str(i) for i in rows.loc[rows["status"] == "unreversed", "item"]]
    alpha = alpha_of(covariance)
    refusal = _refusal(n, k, alpha, fewest)
    measures = _measures(covariance, alpha, n, level, refusal, [names.index(i) for i in against])
    if refusal:
        rows[["item_rest", "alpha_if_dropped"]] = np.nan
        rows["status"] = "unknown"
    found: list[tuple[str, list[str], int]] = [(refusal, [], n)] if refusal else []
    found += [("few_respondents", [], n)] if not refusal and n < FEW else []
    weak = [str(i) for i in rows.loc[rows["status"].isin(["weak", "better_without"]), "item"]]
    found += [("unreversed_items", against, n)] if against and not refusal else []
    found += [("weak_items", weak, n)] if weak else []
    found += [("dropped_rows", [], len(table) - n)] if len(table) > n else []
    warnings = pd.DataFrame(
        [(code, "; ".join(named), count) for code, named, count in found], columns=WARNING_COLUMNS
    )
    return Reliability(measures, rows, warnings)


def _refusal(n: int, k: int, alpha: float, fewest: int) -> str:
    if k < 2:
        return "one_item"
    if n < max(fewest, 2):
        return "too_few_respondents"
    return "no_variance" if np.isnan(alpha) else ""


def against_the_others(covariance: Floats) -> np.ndarray:
    """Items keyed against the rest: on the minor side of what the items share, and opposed.

    What the items share is the first principal axis, so one wrong item doesn't accuse those
    whose rest it spoils. Of two opposed items nobody can tell which: both are named.

    >>> r = np.array([[1, 0.5, -0.4], [0.5, 1, -0.4], [-0.4, -0.4, 1]])
    >>> against_the_others(r).tolist()
    [False, False, True]
    """
    k = len(covariance)
    sd = np.sqrt(np.diag(covariance))
    live = sd > 1e-12
    r = covariance / np.outer(np.where(live, sd, 1), np.where(live, sd, 1))
    if k < 3:
        return np.full(k, k == 2 and bool(r[0, -1] < -1e-9))
    axis = np.linalg.eigh(r)[1][:, -1]
    sign = np.where(axis * np.sign(axis.sum() or 1.0) < -1e-9, -1.0, 1.0)
    with_others = (r - np.diag(np.diag(r))) @ sign
    opposed: np.ndarray = live & (sign < 0) & (with_others < -1e-9)
    return opposed


def _item_rows(x: Floats, names: list[str], covariance: Floats) -> pd.DataFrame:
    rows = []
    whole, against = alpha_of(covariance), against_the_others(covariance)
    for i, name in enumerate(names):
        rest = [j for j in range(len(names)) if j != i]
        others = covariance[np.ix_(rest, rest)]
        both = np.sqrt(max(covariance[i, i] * others.sum(), 0.0)) if len(rest) else 0.0
        r = float(covariance[i, rest].sum() / both) if both > 1e-12 else np.nan
        dropped = alpha_of(others)
        status = (
            "no_variance" if covariance[i, i] <= 1e-12 else "unreversed" if against[i]
            else "ok" if against.any() or np.isnan(r) else "weak" if r < 0.3
            else "better_without" if dropped > whole + 0.02 else "ok"
        )  # fmt: skip
        seen = x[:, i] if len(x) else np.array([np.nan])
        spread = float(np.sqrt(covariance[i, i])) if len(x) > 1 else np.nan
        rows.append((name, len(x), float(seen.mean()), spread, r, dropped, status))
    return pd.DataFrame(rows, columns=ITEM_COLUMNS)


def _measures(
    covariance: Floats, alpha: float, n: int, level: float, refusal: str, against: list[int]
) -> pd.DataFrame:
    k = len(covariance)
    if refusal:
        blank = ("alpha", "alpha_standardised", "mean_inter_item_r")
        return measure_table(
            measure_row(m, np.nan, n, variant=refusal, origin=CRONBACH) for m in blank
        )
    sd = np.sqrt(np.diag(covariance))
    live = sd > 1e-12
    r = (covariance / np.outer(np.where(live, sd, 1), np.where(live, sd, 1)))[np.ix_(live, live)]
    low, high = feldt_interval(alpha, n, k, level)
    apart = r[~np.eye(len(r), dtype=bool)]
    rows = [
        measure_row("alpha", alpha, n, low=low, high=high, variant="listwise; feldt",
                    origin=f"{CRONBACH}; {FELDT}"),
        measure_row("alpha_standardised", alpha_of(r), n, variant="listwise", origin=CRONBACH),
        measure_row("mean_inter_item_r", float(apart.mean()) if len(apart) else np.nan, n,
                    variant="listwise", origin=CRONBACH),
    ]  # fmt: skip
    if against:
        sign = np.ones(k)
        sign[against] = -1
        turned = alpha_of(covariance * np.outer(sign, sign))
        rows.append(
            measure_row("alpha_if_reversed", turned, n, variant="listwise", origin=CRONBACH)
        )
    return measure_table(rows)
