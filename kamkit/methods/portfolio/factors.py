"""Customer attractiveness: weighted factors, gates first, the average as natural line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.portfolio.inputs import figures, measure, measure_table, one_of, within

# Standard deviation of a rating that may be off by up to half a step either way (uniform).
_HALF_STEP = 1 / np.sqrt(12.0)
_Z95 = 1.959963984540054


@dataclass(frozen=True)
class FactorScores:
    """The parts of :func:`attractiveness`."""

    accounts: pd.DataFrame
    factors: pd.DataFrame
    summary: pd.DataFrame


def attractiveness(
    ratings: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    gates: Mapping[str, float] | None = None,
    missing: str = "reweight",
    min_coverage: float = 0.5,
    step: float = 1.0,
    scale: tuple[float, float] = (1.0, 5.0),
) -> FactorScores:
    """Weighted attractiveness of each account, with every factor's contribution.

    Needs columns: account_id, criterion, score; rater_id where several rated. ``weights`` is one
    set for all accounts (they are scaled to add up to 1). ``gates`` are lowest scores that an
    account must reach before it is scored at all: one below is excluded, never ranked last; one
    without the rating is gate_unknown and keeps its score. ``missing``: reweight (the rated
    factors carry the weight, coverage shown, below ``min_coverage`` no total) or exclude (no
    total). ``step`` is the distance between two scale points; a rating may be off by half of it.

    Returns ``accounts`` (account_id, total on the rating scale, score 0–100, se, low, high of
    the total (95 %), coverage 0–1, factors, raters, gate passed/failed/unknown/none,
    failed_gates, excluded, above_average, rank, separable, variant), ``factors`` (account_id,
    factor, weight as used, score, se, spread, n, contribution; contributions add up to the total)
    and ``summary`` (measure table: average_line, accounts_rated, accounts_excluded).
    ``separable`` is false where the interval reaches over the average line.
    Raises KamkitError for weights that aren't positive numbers, unknown choices, text in scores.
    Source: S081 (totals, average as cut), field:Hwang & Yoon 1981 (gates first); missing rule,
    half-step error house.

    >>> ratings = pd.DataFrame({"account_id": ["A", "A", "B", "B"],
    ...                         "criterion": ["size", "growth"] * 2, "score": [5, 3, 2, 2]})
    >>> attractiveness(ratings, {"size": 1, "growth": 1}).accounts.total.tolist()
    [4.0, 2.0]
    """
    one_of(missing, "missing", ["reweight", "exclude"])
    within(min_coverage, "min_coverage", 0.0, 1.0)
    shares = weight_shares(weights)
    table = figures(ratings, "criterion_ratings", ["score"], keys=["account_id", "criterion"],
                    unique=False)  # fmt: skip
    means = rating_means(table, ["account_id", "criterion"], step)
    ids = sorted(table["account_id"].unique())
    factors = _factors(means, ids, shares)
    accounts = _totals(factors, ids, missing, min_coverage)
    accounts = _gated(accounts, means, gates or {})
    accounts["score"] = 100 * (accounts["total"] - scale[0]) / (scale[1] - scale[0])
    accounts, line = _against_average(accounts)
    factors = factors.dropna(subset=["score"]).reset_index(drop=True)
    return FactorScores(accounts, factors, _summary(accounts, line, missing))


def weight_shares(weights: Mapping[str, float]) -> pd.Series:
    """Weights scaled to add up to 1; an error for none, or one that is below zero or no number.

    >>> weight_shares({"a": 3, "b": 1}).tolist()
    [0.75, 0.25]
    """
    problems = [
        Problem("bad_weight", "weights", str(name), value=value)
        for name, value in weights.items()
        if not (np.isfinite(value) and value >= 0)
    ]
    if not problems and not sum(weights.values()) > 0:
        problems = [Problem("bad_weight", "weights", value=0)]
    KamkitError.collect(problems)
    shares = pd.Series(dict(weights), dtype=float)
    return shares / shares.sum()


def rating_means(table: pd.DataFrame, keys: list[str], step: float) -> pd.DataFrame:
    """Mean score a key, with raters, spread and standard error.

    The standard error is that of the raters' mean, and never below that of ratings which may
    each be off by half a step: raters who agree are no proof of a finer scale.

    >>> one = pd.DataFrame({"account_id": ["A"], "score": [3.0]})
    >>> rating_means(one, ["account_id"], 1.0).se.round(3).tolist()
    [0.289]
    """
    known = table.dropna(subset=["score"])
    out = known.groupby(keys, sort=True)["score"].agg(["mean", "std", "count"]).reset_index()
    out = out.rename(columns={"mean": "score", "std": "spread", "count": "n"})
    size = np.sqrt(out["n"].clip(lower=1))
    floor = step * _HALF_STEP / size
    out["se"] = np.maximum(out["spread"].fillna(0.0) / size, floor)
    return out


def _factors(means: pd.DataFrame, ids: list[str], shares: pd.Series) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([ids, shares.index], names=["account_id", "criterion"])
    out = means.set_index(["account_id", "criterion"]).reindex(index).reset_index()
    out = out.rename(columns={"criterion": "factor"})
    out["policy_weight"] = out["factor"].map(shares).astype(float)
    rated = out["policy_weight"].where(out["score"].notna(), 0.0)
    covered = rated.groupby(out["account_id"]).transform("sum")
    out["weight"] = np.divide(rated, covered, out=np.full(len(out), np.nan), where=covered > 0)
    out["contribution"] = out["weight"] * out["score"]
    columns = ["account_id", "factor", "policy_weight", "weight", "score", "se", "spread", "n"]
    return out[[*columns, "contribution"]]


def _totals(
    factors: pd.DataFrame, ids: list[str], missing: str, min_coverage: float
) -> pd.DataFrame:
    work = factors.assign(
        rated=factors["policy_weight"].where(factors["score"].notna(), 0.0),
        variance=(factors["weight"] * factors["se"]) ** 2,
    )
    grouped = work.groupby("account_id")
    out = pd.DataFrame(
        {
            "total": grouped["contribution"].sum(min_count=1),
            "se": np.sqrt(grouped["variance"].sum(min_count=1)),
            "coverage": grouped["rated"].sum(),
            "factors": grouped["score"].count(),
            "raters": grouped["n"].max().fillna(0).astype(int),
        }
    ).reindex(ids)
    full = out["coverage"] >= (1 - 1e-9 if missing == "exclude" else min_coverage)
    out["variant"] = np.select(
        [out["factors"] == 0, ~full, out["coverage"] < 1 - 1e-9],
        ["too_little_data", "coverage_too_low", "reweighted"],
        "complete",
    )
    out.loc[~full, ["total", "se"]] = np.nan
    return out.rename_axis("account_id").reset_index()


def _gated(accounts: pd.DataFrame, means: pd.DataFrame, gates: Mapping[str, float]) -> pd.DataFrame:
    out = accounts.copy()
    wide = means.pivot(index="account_id", columns="criterion", values="score")
    wide = wide.reindex(index=out["account_id"], columns=list(gates))
    limits = np.array(list(gates.values()), float)
    values = wide.to_numpy(float)
    failed, unknown = values < limits, np.isnan(values)
    names = np.array(list(gates), dtype=object)
    out["failed_gates"] = ["; ".join(names[row]) for row in failed]
    out["gate"] = np.select(
        [np.full(len(out), not gates), failed.any(axis=1), unknown.any(axis=1)],
        ["none", "failed", "unknown"],
        "passed",
    )
    out["excluded"] = out["gate"] == "failed"
    out.loc[out["excluded"], ["total", "se"]] = np.nan
    out.loc[out["excluded"], "variant"] = "gate_failed"
    return out


def _against_average(accounts: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    out = accounts.copy()
    known = out["total"].dropna()
    line = float(known.mean()) if len(known) else float("nan")
    out["low"] = out["total"] - _Z95 * out["se"]
    out["high"] = out["total"] + _Z95 * out["se"]
    out["above_average"] = out["total"] >= line
    out["rank"] = out["total"].round(9).rank(method="min", ascending=False).astype("Int64")
    out["separable"] = (out["low"] > line) | (out["high"] < line)
    return out[
        ["account_id", "total", "score", "se", "low", "high", "coverage", "factors", "raters",
         "gate", "failed_gates", "excluded", "above_average", "rank", "separable", "variant"]
    ], line  # fmt: skip


def _summary(accounts: pd.DataFrame, line: float, missing: str) -> pd.DataFrame:
    known = accounts[accounts["total"].notna()]
    n = len(known)
    # The line is a mean of totals whose rating errors are independent.
    error = float(np.sqrt((known["se"] ** 2).sum()) / n) if n else float("nan")
    variant = f"mean_of_totals_{missing}" if n else "too_little_data"
    counts = {"accounts_rated": n, "accounts_excluded": int(accounts["excluded"].sum())}
    rows = [
        measure(
            "average_line", line, low=line - _Z95 * error, high=line + _Z95 * error, n=n,
            variant=variant, origin="S081",
        )
    ]  # fmt: skip
    rows += [
        measure(key, count, n=len(accounts), variant="count", origin="S081")
        for key, count in counts.items()
    ]
    return measure_table(rows)
