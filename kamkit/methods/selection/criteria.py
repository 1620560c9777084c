"""Scores over many criteria: gates first, parts beside the total, missing never 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.selection.figures import (
    Flags,
    Floats,
    interval_groups,
    joined,
    measure_row,
    measure_table,
    need_choice,
    rank_column,
    tie_groups,
    tie_ranks,
)
from kamkit.methods.selection.ratings import (
    criteria_spec,
    gate_results,
    pooled_spread,
    rating_cells,
    wide,
)
from kamkit.methods.selection.weights import Weights, weight_table

MISSING_RULES = ("reweight", "exclude", "bounds")
SCORE_COLUMNS = [
    "account_id", "status", "score", "low", "high", "rank", "best_rank", "worst_rank",
    "tie_group", "group", "coverage", "criteria_rated", "raters", "rater_error", "variant",
    "origin",
]  # fmt: skip
PART_COLUMNS = [
    "account_id", "criterion", "weight", "rating", "value", "contribution", "n_raters", "spread",
]  # fmt: skip
NOTE_COLUMNS = ["note", "account_id", "criterion", "value"]


@dataclass(frozen=True)
class CriteriaScores:
    """Scores, their parts, the gates, and the tables that stability methods start from."""

    scores: pd.DataFrame
    contributions: pd.DataFrame
    excluded: pd.DataFrame
    gates: pd.DataFrame
    values: pd.DataFrame
    weights: pd.DataFrame
    summary: pd.DataFrame
    notes: pd.DataFrame


@dataclass(frozen=True)
class Totals:
    """Arithmetic of the totals, as arrays (one entry per account)."""

    score: Floats
    low: Floats
    high: Floats
    coverage: Floats
    parts: Floats


def weighted_sum(values: Floats, weights: Floats) -> Totals:
    """Weighted sum over the rated criteria, with bounds for what is not rated.

    Source: Edwards 1977. Bounds put every missing value at 0 and at 100.

    >>> t = weighted_sum(np.array([[50.0, np.nan]]), np.array([0.75, 0.25]))
    >>> t.score.tolist(), t.low.tolist(), t.high.tolist()
    ([50.0], [37.5], [62.5])
    """
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    coverage = known @ weights
    low = filled @ weights
    share = np.where(coverage > 0, coverage, np.nan)
    parts = np.where(known, filled * weights, np.nan) / share[:, None]
    score = np.where(coverage > 0, low / share, np.nan)
    return Totals(score, low, low + 100.0 * (1.0 - coverage), coverage, parts)


def weighted_product(values: Floats, weights: Floats) -> Totals:
    """Weighted product over the rated criteria; a value of 0 makes the whole product 0.

    Parts are the factors value^weight, which multiply to the total. Source: Bridgman 1922.

    >>> weighted_product(np.array([[25.0, 100.0]]), np.array([0.5, 0.5])).score.tolist()
    [50.0]
    """
    known = ~np.isnan(values)
    coverage = known @ weights
    share = np.where(coverage > 0, coverage, np.nan)
    exponent = np.where(known, weights, 0.0) / share[:, None]
    filled = np.where(known, values, 1.0)
    factors = filled**exponent
    score = np.where(coverage > 0, factors.prod(axis=1), np.nan)
    low = np.where(known.all(axis=1), score, 0.0)
    high = (np.where(known, values, 100.0) ** weights).prod(axis=1)
    return Totals(score, low, high, coverage, np.where(known, factors, np.nan))


def _status(gates: pd.DataFrame, accounts: Sequence[str], thin: Flags) -> pd.Series:
    """Why an account has no rank; "ranked" where it has one."""
    found = pd.Series("ranked", index=list(accounts), dtype="str")
    found[thin] = "not_rated"
    for word, status in (("unknown", "gate_unknown"), ("failed", "gate_failed")):
        hit = gates.loc[gates["status"] == word, "account_id"].unique()
        found[found.index.isin(hit)] = status
    return found


def _excluded(status: pd.Series, gates: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    rows = gates[gates["status"] != "passed"].assign(
        status=lambda g: "gate_" + g["status"].astype("str")
    )[["account_id", "status", "criterion", "rating", "minimum"]]
    bare = status.index[status == "not_rated"]
    blank = cells[cells["account_id"].isin(bare) & cells["rating"].isna()]
    thin = blank[["account_id", "criterion", "rating"]].assign(status="not_rated", minimum=np.nan)[
        ["account_id", "status", "criterion", "rating", "minimum"]
    ]
    return pd.concat([rows, thin], ignore_index=True) if len(thin) else rows.reset_index(drop=True)


def _rank_range(low: Floats, high: Floats, ranked: Flags) -> tuple[pd.Series, pd.Series]:
    live = np.flatnonzero(ranked)
    best, worst = np.zeros(len(low), np.int64), np.zeros(len(low), np.int64)
    for i in live:
        best[i] = 1 + int((low[live] > high[i] + 1e-9).sum())
        worst[i] = len(live) - int((high[live] < low[i] - 1e-9).sum())
    return rank_column(best), rank_column(worst)


def _rater_error(
    part: pd.DataFrame, spec: pd.DataFrame, weights: pd.DataFrame, coverage: Floats
) -> Floats:
    """Standard error of the score from the raters' pooled spread, in score points."""
    names, w = list(weights["criterion"]), weights["weight"].to_numpy(float)
    width = spec.assign(width=spec["high"] - spec["low"]).set_index("criterion")["width"]
    step = 100.0 * pooled_spread(part) / part["criterion"].map(width).astype(float)
    variance = step**2 / part["n_raters"].where(part["n_raters"] > 0)
    table = wide(part.assign(variance=variance), "variance", names).drop(columns="account_id")
    share = np.where(coverage > 0, coverage, np.nan)
    error: Floats = np.sqrt(np.nan_to_num(table.to_numpy(float)) @ w**2) / share
    return error if not np.isnan(pooled_spread(part)) else np.full(len(table), np.nan)


def _notes(cells: pd.DataFrame, product: bool) -> pd.DataFrame:
    parts = [cells[cells["clipped"]].assign(note="outside_scale", value=lambda c: c["rating"])]
    parts.append(cells[cells["rating"].isna()].assign(note="not_rated", value=np.nan))
    if product:
        parts.append(cells[cells["value"] == 0].assign(note="zero_in_product"))
    return pd.concat(parts, ignore_index=True)[NOTE_COLUMNS]


def _summary(scores: pd.DataFrame, weights: pd.DataFrame, variant: str) -> pd.DataFrame:
    n = len(scores)
    rows = [
        measure_row(
            f"accounts_{status}",
            (scores["status"] == status).sum(),
            n,
            variant=variant,
            origin="house",
        )
        for status in ("ranked", "gate_failed", "gate_unknown", "not_rated")
    ]
    rated = scores[scores["status"] == "ranked"]
    tied = rated["tie_group"].notna().sum()
    rows.append(
        measure_row("accounts_tied", tied, len(rated), variant="ties_best_rank", origin="house")
    )
    mean = rated["coverage"].mean() if len(rated) else np.nan
    rows.append(measure_row("mean_coverage", mean, len(rated), variant=variant, origin="house"))
    if len(weights):
        origin, how = str(weights["origin"].iloc[0]), str(weights["variant"].iloc[0])
        top = weights["weight"].max()
        rows.append(measure_row("largest_weight", top, len(weights), variant=how, origin=origin))
    return measure_table(rows)


def criteria_scores(
    ratings: pd.DataFrame,
    criteria: pd.DataFrame,
    *,
    weights: Weights | None = None,
    missing: str = "reweight",
    min_coverage: float = 0.5,
    aggregate: str = "sum",
    tie_tolerance: float = 1e-6,
) -> CriteriaScores:
    """Score accounts 0–100 over weighted criteria, after the must-have gates.

    Parameters
    ----------
    ratings : account_id, criterion, score, and rater_id where several people rated.
    criteria : criterion; optional weight, direction, low, high, gate, minimum (see
        :func:`criteria_spec`). Scale ends are policy, not the sample's, so that one more
        account never moves the others.
    weights : table or mapping; else the weight column of ``criteria``. A gate may go without.
    missing : "reweight" (the rated criteria share the weight; coverage is shown, and below
        ``min_coverage`` there is no rank), "exclude" (any missing rating: no rank), "bounds"
        (no score for the incomplete, only low and high). A missing rating is never 0.
    aggregate : "sum" (compensating) or "product" (a weak spot weighs more).
    tie_tolerance : score points within which two accounts are tied.

    Returns
    -------
    CriteriaScores with
    scores: account_id, status (ranked, gate_failed, gate_unknown, not_rated), score (0–100), low
    and high (missing ratings at the worst and the best end), rank (ties share the best),
    best_rank, worst_rank (as far as missing ratings leave it open), tie_group, group (low–high
    ranges that cannot be separated), coverage (share of weight rated), criteria_rated, raters,
    rater_error (standard error in points from the raters' pooled spread; NaN if none rated twice),
    variant, origin; best first, accounts without a rank last;
    contributions: account_id, criterion, weight (used), rating, value (0–100), contribution
    (adds to the score; for a product: factor), n_raters, spread — ranked accounts only;
    excluded: account_id, status, criterion, rating, minimum; gates: see :func:`gate_results`;
    values: account_id and a column per weighted criterion (0–100), ranked accounts only;
    weights: criterion, weight, variant, origin; summary: measure table;
    notes: note (outside_scale, not_rated, zero_in_product), account_id, criterion, value.

    Source: S023, S024, S032; Edwards 1977; Edwards & Barron 1994; Triantaphyllou 2000.

    >>> ratings = pd.DataFrame({"account_id": ["a", "a", "b", "b"], "score": [5, 3, 2, 4],
    ...                         "criterion": ["growth", "fit"] * 2})
    >>> spec = pd.DataFrame({"criterion": ["growth", "fit"], "weight": [0.6, 0.4]})
    >>> criteria_scores(ratings, spec).scores[["account_id", "score", "rank"]].values.tolist()
    [['a', 80.0, 1], ['b', 45.0, 2]]
    """
    need_choice(missing, "missing", MISSING_RULES)
    need_choice(aggregate, "aggregate", ("sum", "product"))
    spec = criteria_spec(criteria)
    table = _chosen_weights(spec, weights)
    weighted, w = list(table["criterion"]), table["weight"].to_numpy(float)
    cells = rating_cells(ratings, spec)
    gates = gate_results(cells, spec)
    part = _in_order(cells, weighted)
    values = wide(part, names=weighted)
    rule = weighted_sum if aggregate == "sum" else weighted_product
    totals = rule(values[weighted].to_numpy(float), w)
    thin = _too_thin(totals.coverage, missing, min_coverage)
    status = _status(gates, values["account_id"].tolist(), thin)
    variant = joined(f"weighted_{aggregate}", f"missing_{missing}", str(table["variant"].iloc[0]))
    scores = _score_table(values["account_id"], status, totals, missing, tie_tolerance).assign(
        criteria_rated=values[weighted].notna().sum(axis=1).to_numpy(int),
        raters=part.groupby("account_id")["n_raters"].max().to_numpy(int),
        rater_error=_rater_error(part, spec, table, totals.coverage),
        variant=variant,
        origin="S023; S024; field:Edwards & Barron 1994",
    )
    ranked = scores["status"].eq("ranked").to_numpy(bool)
    return CriteriaScores(
        scores=_best_first(scores),
        contributions=_contributions(part, totals, w, ranked, weighted),
        excluded=_excluded(status, gates, part),
        gates=gates,
        values=values.loc[ranked].reset_index(drop=True),
        weights=table,
        summary=_summary(scores, table, variant),
        notes=_notes(cells, aggregate == "product"),
    )


def _in_order(cells: pd.DataFrame, criteria: list[str]) -> pd.DataFrame:
    place = {c: i for i, c in enumerate(criteria)}
    part = cells[cells["criterion"].isin(criteria)]
    return part.sort_values(
        ["account_id", "criterion"],
        key=lambda s: s.map(place) if s.name == "criterion" else s,
        ignore_index=True,
    )


def _too_thin(coverage: Floats, missing: str, least: float) -> Flags:
    floor = {"reweight": least, "exclude": 1.0, "bounds": 0.0}[missing]
    return np.asarray((coverage < floor - 1e-9) | (coverage <= 0), dtype=bool)


def _best_first(scores: pd.DataFrame) -> pd.DataFrame:
    return scores.sort_values(
        ["status", "score", "high", "account_id"],
        ascending=[True, False, False, True],
        key=lambda s: s.ne("ranked") if s.name == "status" else s,
        ignore_index=True,
    )[SCORE_COLUMNS]


def _chosen_weights(spec: pd.DataFrame, weights: Weights | None) -> pd.DataFrame:
    if weights is None:
        own = spec.loc[~(spec["gate"] & spec["weight"].isna()), ["criterion", "weight"]]
        if len(own) == 0:
            raise KamkitError(Problem("weights_sum_zero", table="criteria", column="weight"))
        chosen = weight_table(own)
    else:
        chosen = weight_table(weights)
        unknown = [c for c in chosen["criterion"] if c not in set(spec["criterion"])]
        bare = spec.loc[~spec["gate"] & ~spec["criterion"].isin(chosen["criterion"]), "criterion"]
        KamkitError.collect(
            [Problem("unknown_criterion", "weights", "criterion", value=c) for c in unknown]
            + [Problem("weight_missing", "weights", "criterion", value=c) for c in bare]
        )
    return chosen[chosen["weight"] > 0].reset_index(drop=True)


def _score_table(
    ids: pd.Series, status: pd.Series, totals: Totals, missing: str, tolerance: float
) -> pd.DataFrame:
    ranked = status.eq("ranked").to_numpy(bool)
    complete = totals.coverage >= 1.0 - 1e-9
    shown = ranked & (complete if missing == "bounds" else True)
    score = np.where(shown, totals.score, np.nan)
    low, high = (np.where(ranked, x, np.nan) for x in (totals.low, totals.high))
    ranks = tie_ranks(score, tolerance)
    middle = np.where(ranked, np.where(shown, totals.score, (totals.low + totals.high) / 2), np.nan)
    best, worst = _rank_range(totals.low, totals.high, ranked)
    return pd.DataFrame(
        {
            "account_id": ids.to_numpy(),
            "status": status.to_numpy(),
            "score": score,
            "low": low,
            "high": high,
            "rank": rank_column(ranks),
            "best_rank": best,
            "worst_rank": worst,
            "tie_group": tie_groups(ranks),
            "group": interval_groups(middle, low - tolerance, high + tolerance),
            "coverage": totals.coverage,
        }
    )


def _contributions(
    part: pd.DataFrame, totals: Totals, weights: Floats, ranked: Flags, names: list[str]
) -> pd.DataFrame:
    known = ~np.isnan(totals.parts)
    cover = np.where(totals.coverage > 0, totals.coverage, np.nan)
    used = np.where(known, weights, 0.0) / cover[:, None]
    table = part.assign(contribution=totals.parts.ravel(), weight=used.ravel())
    keep = np.repeat(ranked, len(names))
    return table.loc[keep, PART_COLUMNS].reset_index(drop=True)
