"""Priority ranking under an hours budget: who gets our time, and how firm the cut line is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.portfolio.factors import weight_shares
from kamkit.methods.portfolio.hours import allot_hours
from kamkit.methods.portfolio.inputs import figures, measure, measure_table, one_of, ratio, within

CRITERIA = ("value", "potential", "size", "importance")
EQUAL = dict.fromkeys(CRITERIA, 1.0)
TIERS = {"A": 0.20, "B": 0.50, "C": 1.00}
TIER_POINTS = {"A": 4.0, "B": 2.0, "C": 1.0}
_SURE = 0.80


@dataclass(frozen=True)
class Priority:
    """The parts of :func:`priority_ranking`."""

    accounts: pd.DataFrame
    parts: pd.DataFrame
    summary: pd.DataFrame


def priority_ranking(
    scores: pd.DataFrame,
    *,
    hours: int,
    weights: Mapping[str, float] | None = None,
    tiers: Mapping[str, float] | None = None,
    tier_points: Mapping[str, float] | None = None,
    floor: int = 0,
    cap: int | None = None,
    spent: pd.DataFrame | None = None,
    compare: str = "share",
    tolerance: float = 0.25,
    concentration: float = 50.0,
    score_error: float = 5.0,
    draws: int = 2000,
    seed: int = 0,
) -> Priority:
    """Rank accounts, put them into tiers, share out whole hours, and compare with hours spent.

    Needs columns: account_id and the weighted criteria as scores 0–100 (default value,
    potential, size, importance with equal weights; see ``priority_scores``). ``tiers`` give the
    head share up to which each tier reaches (house A 20 %, B 50 %, C all); accounts that tie
    across a line share the upper tier. Hours follow score × ``tier_points`` (house 4, 2, 1)
    between ``floor`` and ``cap`` hours an account and add up to ``hours`` exactly. ``spent``
    (from ``hours_spent``) is compared as share of all hours spent or as hours; more than
    ``tolerance`` off counts as over or under. ``concentration`` (Dirichlet around the weights)
    and ``score_error`` (points, one standard deviation) drive the seeded draws for stability.

    Returns ``accounts`` (account_id, the criteria, score, rank, tie_group, tier, coverage,
    p_first_tier 0–1, p_side = that it stays on its side
    of the cut line, separable, rank_low, rank_high (90 % of draws), share, hours,
    hours_spent, gap_hours, served over/under/in_line/unknown), ``parts`` (account_id, criterion,
    weight, score, contribution; contributions add up to the score) and ``summary`` (measure
    table: hours_total, cut_score, cut_gap, first_tier, first_tier_sure, first_tier_contested,
    over_served, under_served, draws).
    An account with a missing criterion has its other weights scaled up (coverage shows it); one
    without any is tier unknown and gets the floor only.
    Raises KamkitError for unknown choices, bad weights, floors above or caps below the hours.
    Source: S084 (criteria), S064 (allocation), X25 (floor); tiers, points, tolerances house.

    >>> table = pd.DataFrame({"account_id": ["A", "B"], "value": [90.0, 30], "potential": [50, 50],
    ...                       "size": [80, 20], "importance": [60, 60]})
    >>> priority_ranking(table, hours=100, floor=10).accounts[["tier", "hours"]].values.tolist()
    [['A', 88], ['C', 12]]
    """
    one_of(compare, "compare", ["share", "hours"])
    within(tolerance, "tolerance", 0.0, 10.0)
    within(concentration, "concentration", 1.0, 1e6)
    within(score_error, "score_error", 0.0, 50.0)
    shares = weight_shares(weights or EQUAL)
    names, bounds = list((tiers or TIERS).keys()), list((tiers or TIERS).values())
    points = tier_points or TIER_POINTS
    table = figures(scores, "scores", list(shares.index))
    matrix = table[list(shares.index)].to_numpy(float)
    out = table.copy()
    out["score"], out["coverage"] = weighted(matrix, shares.to_numpy())
    out = _ranked(out, names, bounds)
    first = int((out["tier"] == names[0]).sum())
    drawn = _Draws(matrix, shares.to_numpy(), concentration, score_error, draws, seed)
    out = _stability(out, drawn, first)
    out = _hours(out, points, hours, floor, cap)
    out = _served(out, spent, compare, tolerance)
    out = out.sort_values(["rank", "account_id"], ignore_index=True)
    return Priority(out, _parts(table, shares), _summary(out, names[0], first, drawn.draws))


def priority_scores(
    values: pd.DataFrame, *, ends: Mapping[str, tuple[float, float]] | None = None
) -> pd.DataFrame:
    """Figures as scores 0–100, by fixed scale ends or by percentile.

    Needs columns: account_id and one a criterion. ``ends`` fixes (worst, best) for a criterion:
    below or above them the score is 0 or 100; worst above best turns the scale. Criteria without
    ends get the mean percentile rank, which depends on the list: one account more moves others.
    Returns columns: account_id and the criteria, 0–100; a missing figure stays missing.
    Raises KamkitError for text in a figure or an account twice. Source: S084; scales house.

    >>> table = pd.DataFrame({"account_id": ["A", "B"], "value": [50.0, 200.0]})
    >>> priority_scores(table, ends={"value": (0, 100)}).value.tolist()
    [50.0, 100.0]
    """
    names = [c for c in values.columns if c != "account_id"]
    out = figures(values, "values", names)
    for name in names:
        if ends and name in ends:
            worst, best = ends[name]
            scaled = 100 * (out[name] - worst) / (best - worst)
            out[name] = scaled.clip(0, 100)
        else:
            n = int(out[name].notna().sum())
            out[name] = 100 * (out[name].rank(method="average") - 0.5) / max(n, 1)
    return out


def weighted(matrix: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted score of each row over what is known, and the weight that is known.

    >>> [part.tolist() for part in weighted(np.array([[80.0, np.nan]]), np.array([0.5, 0.5]))]
    [[80.0], [0.5]]
    """
    known = ~np.isnan(matrix)
    coverage = known @ weights
    return np.asarray(ratio(np.nan_to_num(matrix) @ weights, coverage)), coverage


def _parts(table: pd.DataFrame, shares: pd.Series) -> pd.DataFrame:
    long = table.melt("account_id", list(shares.index), var_name="criterion", value_name="score")
    weight = long["criterion"].map(shares).astype(float).where(long["score"].notna(), 0.0)
    long["weight"] = ratio(weight, weight.groupby(long["account_id"]).transform("sum"))
    long["contribution"] = long["weight"] * long["score"]
    columns = ["account_id", "criterion", "weight", "score", "contribution"]
    return long[columns].sort_values(["account_id", "criterion"], ignore_index=True)


def _ranked(table: pd.DataFrame, names: list[str], bounds: list[float]) -> pd.DataFrame:
    out = table.copy()
    rounded = out["score"].round(9)
    out["rank"] = rounded.rank(method="min", ascending=False).astype("Int64")
    out["tie_group"] = rounded.rank(method="dense", ascending=False).astype("Int64")
    n = int(out["score"].notna().sum())
    # The head count of a tier is rounded up, so that a short list has a first tier too.
    heads = [int(np.ceil(bound * n - 1e-9)) for bound in bounds]
    reached = [out["rank"].fillna(n + 1).astype(int) <= head for head in heads]
    out["tier"] = np.select(reached, names, "unknown")
    return out


class _Draws:
    """Seeded draws of weights and score errors, in blocks that fit into memory."""

    def __init__(
        self,
        matrix: np.ndarray,
        weights: np.ndarray,
        concentration: float,
        error: float,
        draws: int,
        seed: int,
    ) -> None:
        self.matrix, self.error = matrix, error
        # Very long lists get fewer draws, never fewer than 200: memory stays bounded.
        self.draws = min(draws, max(200, 10_000_000 // max(1, len(matrix))))
        self.rng = np.random.default_rng(seed)
        # A weight of nil stays nil: a criterion that doesn't count isn't uncertain.
        self.alpha = concentration * weights

    def ranks(self) -> np.ndarray:
        """Rank of every account in every draw: draws × accounts."""
        blocks = []
        known, filled = ~np.isnan(self.matrix), np.nan_to_num(self.matrix)
        size = max(1, 2_000_000 // max(1, len(filled)))
        used = self.alpha > 0
        for start in range(0, self.draws, size):
            m = min(size, self.draws - start)
            w = np.zeros((m, len(self.alpha)))
            w[:, used] = self.rng.dirichlet(self.alpha[used], size=m)
            noise = self.rng.standard_normal((m, len(filled)))
            spread = np.sqrt((w**2) @ (known * self.error**2).T)
            score = np.asarray(ratio(w @ filled.T + spread * noise, w @ known.T))
            order = np.argsort(np.argsort(-np.nan_to_num(score, nan=-np.inf), axis=1), axis=1)
            blocks.append((order + 1).astype(np.int32))
        return np.concatenate(blocks) if blocks else np.empty((0, len(filled)), np.int32)


def _stability(table: pd.DataFrame, draws: _Draws, first: int) -> pd.DataFrame:
    out = table.copy()
    ranks = draws.ranks()
    unknown = out["score"].isna().to_numpy()
    if len(out):
        out["p_first_tier"] = np.where(unknown, np.nan, (ranks <= first).mean(axis=0))
        ends = np.quantile(ranks, [0.05, 0.95], axis=0, method="nearest")
        out["rank_low"] = np.where(unknown, np.nan, ends[0])
        out["rank_high"] = np.where(unknown, np.nan, ends[1])
    else:
        out = out.assign(p_first_tier=np.nan, rank_low=np.nan, rank_high=np.nan)
    inside = out["rank"].fillna(len(out) + 1).astype(int) <= first
    out["p_side"] = out["p_first_tier"].where(inside, 1 - out["p_first_tier"])
    out["separable"] = out["p_side"] >= _SURE
    return out


def _hours(
    table: pd.DataFrame, points: Mapping[str, float], hours: int, floor: int, cap: int | None
) -> pd.DataFrame:
    out = table.copy()
    wanted = (out["score"] * out["tier"].map(points).astype(float)).fillna(0.0).to_numpy(float)
    out["share"] = ratio(wanted, wanted.sum())
    # Equal accounts may differ by one hour after rounding; sorting makes the choice repeatable.
    order = np.lexsort((out["account_id"].to_numpy(), -wanted))
    given = np.zeros(len(out), int)
    given[order] = allot_hours(wanted[order], hours, floor=floor, cap=cap)
    out["hours"] = given
    return out


def _served(
    table: pd.DataFrame, spent: pd.DataFrame | None, compare: str, tolerance: float
) -> pd.DataFrame:
    out = table.copy()
    if spent is None:
        return out.assign(hours_spent=np.nan, gap_hours=np.nan, served="unknown")
    used = figures(spent, "spent", ["hours"]).set_index("account_id")["hours"]
    out["hours_spent"] = out["account_id"].map(used).astype(float)
    total = float(out["hours_spent"].sum())
    due = out["hours"].astype(float)
    if compare == "share" and due.sum() > 0:
        due = due * total / due.sum()
    out["gap_hours"] = out["hours_spent"] - due
    band = np.maximum(tolerance * due, 1.0)
    out["served"] = np.select(
        [out["hours_spent"].isna(), out["gap_hours"] > band, out["gap_hours"] < -band],
        ["unknown", "over", "under"],
        "in_line",
    )
    return out


def _summary(out: pd.DataFrame, tier: str, first: int, draws: int) -> pd.DataFrame:
    known = out[out["score"].notna()]
    n = len(known)
    inside, outside = known[known["tier"] == tier], known[known["tier"] != tier]
    line = float(inside["score"].min()) if len(inside) else float("nan")
    gap = line - float(outside["score"].max()) if len(inside) and len(outside) else float("nan")
    variant = "weights_and_scores_drawn" if n else "too_little_data"
    given = int(out["hours"].sum())

    def row(key: str, value: float, how: str, origin: str = "S084; house") -> dict[str, object]:
        return measure(key, value, n=n, variant=how if n else "too_little_data", origin=origin)

    served = out["served"].value_counts()
    compared = "hours_compared" if (out["served"] != "unknown").any() else "no_hours_recorded"
    return measure_table(
        [
            measure("hours_total", given, n=len(out), variant="largest_remainder",
                    origin="S064; field:Balinski & Young 1982"),
            row("cut_score", line, "tie_goes_up"),
            row("cut_gap", gap, "tie_goes_up"),
            row("first_tier", first, "head_share"),
            row("first_tier_sure", inside["separable"].sum(), variant),
            row("first_tier_contested", (~known["separable"]).sum(), variant),
            row("over_served", served.get("over", 0), compared, "S064; house"),
            row("under_served", served.get("under", 0), compared, "S064; house"),
            row("draws", draws, variant, "house"),
        ]
    )  # fmt: skip
