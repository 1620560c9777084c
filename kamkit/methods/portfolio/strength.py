"""Relative strength: we against the rivals, on what this customer decides by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.portfolio.factors import rating_means, weight_shares
from kamkit.methods.portfolio.inputs import figures, one_of, ratio, within


@dataclass(frozen=True)
class RelativeStrength:
    """The parts of :func:`relative_strength`."""

    accounts: pd.DataFrame
    suppliers: pd.DataFrame
    factors: pd.DataFrame
    year: int
    rival: str


def relative_strength(
    ratings: pd.DataFrame,
    *,
    year: int | None = None,
    rival: str = "best",
    weights: Mapping[str, float] | None = None,
    min_coverage: float = 0.5,
    step: float = 1.0,
    draws: int = 2000,
    seed: int = 0,
) -> RelativeStrength:
    """Our weighted total against the best or the average rival, account by account.

    Needs columns: account_id, factor, supplier, is_us, score; weight (each account's own weight
    of the factor), year, rater_id where there are any. ``weights`` replaces the accounts' own;
    an account without any weight has equal ones. ``year`` picks one, else the latest.
    A supplier's missing factors are left out and its other weights scaled up; below
    ``min_coverage`` it has no total.

    Returns ``accounts`` (account_id, our_total, best_rival, best_total, average_total,
    difference, index = our total / the rival's, index_low, index_high (95 %, by ``draws`` seeded
    draws of the rating errors), p_ahead 0–1, rivals, coverage, weights given/equal, variant),
    ``suppliers`` (account_id, supplier, is_us, total, se, coverage, n) and ``factors``
    (account_id, factor, weight, our_score, best_score, average_score, gap, contribution).
    Without a rated rival the index is NaN and the variant says no_rival.
    Raises KamkitError for unknown choices, negative weights, text in scores.
    Source: S082 (tables, factors, totals); index and intervals house; strength is what the
    customer sees against the best rival (GE, McDonald & Woodburn).

    >>> ratings = pd.DataFrame({"account_id": "A", "factor": ["price", "price"],
    ...     "supplier": ["us", "rival"], "is_us": [True, False], "score": [8, 10]})
    >>> relative_strength(ratings).accounts["index"].tolist()
    [0.8]
    """
    one_of(rival, "rival", ["best", "average"])
    within(draws, "draws", 100, 1_000_000)
    table, when = _ratings(ratings, year)
    means = rating_means(table, ["account_id", "supplier", "is_us", "factor"], step)
    means = _weighted(means, table, weights)
    suppliers = _suppliers(means, min_coverage)
    accounts = _accounts(suppliers, means, rival, draws, seed)
    return RelativeStrength(accounts, suppliers, _factors(means), when, rival)


def _ratings(ratings: pd.DataFrame, year: int | None) -> tuple[pd.DataFrame, int]:
    table = figures(
        ratings,
        "competitor_ratings",
        ["score"],
        keys=["account_id", "factor", "supplier", "is_us"],
        optional=["weight", "year"],
        unique=False,
    )
    table["is_us"] = table["is_us"].astype("str").str.lower().isin(["true", "1", "yes"])
    KamkitError.collect(
        Problem("bad_weight", "competitor_ratings", "weight", int(i) + 1, table["weight"][i])
        for i in np.flatnonzero(table["weight"] < 0)
    )
    years = table["year"].dropna()
    when = year if year is not None else (int(years.max()) if len(years) else 0)
    if len(years):
        table = table[table["year"] == when].reset_index(drop=True)
    return table, when


def _weighted(
    means: pd.DataFrame, table: pd.DataFrame, weights: Mapping[str, float] | None
) -> pd.DataFrame:
    """Each row's policy weight (adds up to 1 over an account's factors) and weight as used."""
    factors = table[["account_id", "factor"]].drop_duplicates()
    if weights is not None:
        factors["weight"] = factors["factor"].map(weight_shares(weights)).fillna(0.0)
        factors["weights"] = "given"
    else:
        own = table.groupby(["account_id", "factor"])["weight"].mean()
        keys = pd.MultiIndex.from_frame(factors[["account_id", "factor"]])
        factors["weight"] = own.reindex(keys).to_numpy(float)
        total = factors.groupby("account_id")["weight"].transform("sum")
        factors["weights"] = np.where(total > 0, "given", "equal")
        factors["weight"] = factors["weight"].fillna(0.0).where(total > 0, 1.0)
    total = factors.groupby("account_id")["weight"].transform("sum")
    factors["policy_weight"] = ratio(factors["weight"], total)
    out = means.merge(
        factors[["account_id", "factor", "policy_weight", "weights"]], on=["account_id", "factor"]
    )
    covered = out.groupby(["account_id", "supplier", "is_us"])["policy_weight"].transform("sum")
    out["weight"] = ratio(out["policy_weight"], covered)
    return out


def _suppliers(means: pd.DataFrame, min_coverage: float) -> pd.DataFrame:
    work = means.assign(
        total=means["weight"] * means["score"], variance=(means["weight"] * means["se"]) ** 2
    )
    grouped = work.groupby(["account_id", "supplier", "is_us"], sort=True)
    out = pd.DataFrame(
        {
            "total": grouped["total"].sum(min_count=1),
            "se": np.sqrt(grouped["variance"].sum(min_count=1)),
            "coverage": grouped["policy_weight"].sum(),
            "n": grouped["score"].count(),
            "weights": grouped["weights"].first(),
        }
    ).reset_index()
    out.loc[out["coverage"] < min_coverage, ["total", "se"]] = np.nan
    return out


def _accounts(
    suppliers: pd.DataFrame, means: pd.DataFrame, rival: str, draws: int, seed: int
) -> pd.DataFrame:
    ours = suppliers[suppliers["is_us"]].drop_duplicates("account_id").set_index("account_id")
    others = suppliers[~suppliers["is_us"] & suppliers["total"].notna()]
    best = others.sort_values(["account_id", "total", "supplier"], ascending=[True, False, True])
    best = best.drop_duplicates("account_id").set_index("account_id")
    grouped = others.groupby("account_id")["total"]
    out = pd.DataFrame(index=sorted(suppliers["account_id"].unique()))
    out["our_total"] = ours["total"]
    name = best["supplier"].reindex(out.index)
    out["best_rival"] = name.where(name.notna(), "").astype("str")
    out["best_total"] = best["total"]
    out["average_total"] = grouped.mean()
    against = out["best_total" if rival == "best" else "average_total"]
    out["difference"] = out["our_total"] - against
    out["index"] = ratio(out["our_total"], against)
    spread = _index_spread(suppliers, out.index, rival, draws, seed)
    out = out.join(spread)
    out["rivals"] = grouped.count().reindex(out.index, fill_value=0).astype(int)
    out["coverage"] = ours["coverage"]
    kind = suppliers.groupby("account_id")["weights"].first()
    out["weights"] = kind.reindex(out.index).astype("str")
    out["variant"] = np.select(
        [out["our_total"].isna(), out["rivals"] == 0], ["not_rated", "no_rival"], f"index_{rival}"
    )
    return out.rename_axis("account_id").reset_index()


def index_draws(
    suppliers: pd.DataFrame, ids: pd.Index, rival: str, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Draws of the strength index, one row per account: totals plus their rating errors.

    >>> two = pd.DataFrame({"account_id": "A", "is_us": [True, False], "total": [8.0, 10.0],
    ...                     "se": [0.0, 0.0]})
    >>> index_draws(two, pd.Index(["A"]), "best", 2, np.random.default_rng(0)).tolist()
    [[0.8, 0.8]]
    """
    known = suppliers[suppliers["total"].notna()].sort_values(["account_id", "is_us"])
    noise = rng.standard_normal((len(known), draws))
    drawn = known["total"].to_numpy()[:, None] + known["se"].to_numpy()[:, None] * noise
    place = ids.get_indexer(pd.Index(known["account_id"]))
    us = known["is_us"].to_numpy()
    ours = np.full((len(ids), draws), np.nan)
    ours[place[us]] = drawn[us]
    theirs = np.full((len(ids), draws), np.nan)
    rows, first = np.unique(place[~us], return_index=True)
    if len(rows):
        if rival == "best":
            theirs[rows] = np.maximum.reduceat(drawn[~us], first)
        else:
            counts = np.diff(np.append(first, int((~us).sum())))[:, None]
            theirs[rows] = np.add.reduceat(drawn[~us], first) / counts
    return np.asarray(ratio(ours, theirs))


def _index_spread(
    suppliers: pd.DataFrame, ids: pd.Index, rival: str, draws: int, seed: int
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    low, high, ahead = (np.full(len(ids), np.nan) for _ in range(3))
    block = max(1, 4_000_000 // draws)
    for start in range(0, len(ids), block):
        part = ids[start : start + block]
        inside = suppliers[suppliers["account_id"].isin(part)]
        drawn = index_draws(inside, pd.Index(part), rival, draws, rng)
        known = ~np.isnan(drawn).any(axis=1)
        rows = np.flatnonzero(known) + start
        if known.any():
            low[rows], high[rows] = np.quantile(drawn[known], [0.025, 0.975], axis=1)
            ahead[rows] = (drawn[known] > 1).mean(axis=1)
    return pd.DataFrame({"index_low": low, "index_high": high, "p_ahead": ahead}, index=ids)


def _factors(means: pd.DataFrame) -> pd.DataFrame:
    keys = ["account_id", "factor"]
    ours = means[means["is_us"]].drop_duplicates(keys).set_index(keys)
    theirs = means[~means["is_us"]].groupby(keys)["score"]
    every = means.drop_duplicates(keys).set_index(keys)
    out = pd.DataFrame({"policy_weight": every["policy_weight"]})
    out["weight"] = ours["weight"]
    out["our_score"] = ours["score"]
    out["best_score"] = theirs.max()
    out["average_score"] = theirs.mean()
    out["gap"] = out["our_score"] - out["best_score"]
    out["contribution"] = out["weight"] * out["our_score"]
    return out.sort_index().reset_index()
