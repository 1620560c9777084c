"""A late change of what the customer needs: options over value, cost, time and relationship."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.portfolio.inputs import within
from kamkit.methods.projects.beliefs import SURE, Floats, amount_draws, beliefs_table, clusters

CRITERIA = {"value": 1, "cost": -1, "time": -1, "relationship": 1}
_ORIGIN = "S166; field:Edwards & Barron 1994; house"


@dataclass(frozen=True)
class LateChange:
    """The parts of :func:`late_change`."""

    options: pd.DataFrame
    parts: pd.DataFrame
    switches: pd.DataFrame
    measures: pd.DataFrame


def late_change(
    options: pd.DataFrame,
    *,
    weights: Mapping[str, float] | None = None,
    ends: Mapping[str, tuple[float, float]] | None = None,
    concentration: float = 20.0,
    draws: int = 4000,
    seed: int = 0,
) -> LateChange:
    """Compare ways to deal with a late change request; nothing is added up unless weights say so.

    Needs columns: option, value (money the result is worth), cost (money more), time (days
    more), relationship (any scale, more is better); optional: each with _low and _high.
    ``ends`` fix (worst, best) of a criterion; default: the worst and best of the list with
    their ranges. ``weights`` are swing weights: how much going from the worst to the best end
    matters. Without weights there is no score and no rank: only which options are dominated,
    and how often each comes first over all possible weights.
    Returns ``options`` (option, value, cost, time, relationship, each with _low and _high as
    given; dominated_by: an option at
    least as good on all four and better on one, score 0–100, low, high: 95 % over the ranges
    alone, rank, first_share = share of draws in which it comes first – over all weights, or
    around the weights given –, cluster, variant, origin); ``parts`` (option, criterion, figure,
    points 0–100, weight, contribution: adds up to the score); ``switches`` (criterion,
    weight_now, weight_switch, first, other: at which weight, the others in proportion, another
    option comes first; empty where none does); ``measures`` (options, dominated,
    first_share_best, nearest_switch).
    Raises KamkitError for missing figures, ranges in the wrong order, bad weights.
    Source: S166 (the dilemma; content house); swing weights Edwards & Barron 1994.

    >>> ways = pd.DataFrame({"option": ["follow", "refuse", "worse"], "value": [100.0, 20, 10],
    ...     "cost": [40.0, 0, 5], "time": [30.0, 0, 5], "relationship": [2.0, -1, -1]})
    >>> late_change(ways).options[["option", "dominated_by"]].values.tolist()
    [['follow', ''], ['refuse', ''], ['worse', 'refuse']]
    """
    within(concentration, "concentration", 1.0, 1e6)
    table = beliefs_table(options, "options", "option", amounts=tuple(CRITERIA))
    KamkitError.collect(
        Problem("empty_cell", "options", name, int(i) + 1)
        for name in CRITERIA
        for i in np.flatnonzero(table[name].isna())
    )
    share = _shares(weights)
    rng = np.random.default_rng(seed)
    limits = _limits(table, ends)
    points = _points(table[list(CRITERIA)].to_numpy(float)[None], limits)[0]
    drawn = np.stack([_figures(table, name, rng, draws) for name in CRITERIA], axis=-1)
    possible = _points(drawn, limits)
    alpha = np.ones(4) if share is None else np.maximum(concentration * share, 1e-9)
    first, cluster = _firsts(possible, rng.dirichlet(alpha, size=draws))
    ranges = [f"{name}_{end}" for name in CRITERIA for end in ("low", "high")]
    out = table[["option", *CRITERIA, *ranges]].copy()
    out["dominated_by"] = _dominated(table["option"].tolist(), points)
    out = _scores(out, points, possible, share)
    out["first_share"], out["cluster"] = first, cluster
    out["variant"] = "swing_weights" if share is not None else "all_weights"
    out["origin"] = _ORIGIN
    switches = _switches(table["option"].tolist(), points, share)
    return LateChange(out, _parts(out, points, share), switches, _measures(out, switches))


def _shares(weights: Mapping[str, float] | None) -> Floats | None:
    if weights is None:
        return None
    unknown = sorted(set(weights) - set(CRITERIA))
    problems = [Problem("not_allowed", "weights", "criterion", value=k,
                        details={"allowed": ", ".join(CRITERIA)}) for k in unknown]  # fmt: skip
    found = np.array([float(weights.get(name, 0.0)) for name in CRITERIA])
    if not problems and ((found < 0).any() or not np.isfinite(found).all() or found.sum() <= 0):
        problems = [Problem("bad_weight", "weights", "weight", value=str(dict(weights)))]
    KamkitError.collect(problems)
    return np.asarray(found / found.sum())


def _limits(table: pd.DataFrame, ends: Mapping[str, tuple[float, float]] | None) -> Floats:
    """Worst and best end of each criterion (criteria × 2)."""
    rows = []
    for name, sign in CRITERIA.items():
        if ends and name in ends:
            rows.append(ends[name])
            continue
        figures = table[[name, f"{name}_low", f"{name}_high"]].to_numpy(float)
        figures = figures[np.isfinite(figures)]
        low, high = (figures.min(), figures.max()) if figures.size else (0.0, 1.0)
        rows.append((low, high) if sign > 0 else (high, low))
    return np.asarray(rows, dtype=np.float64)


def _points(figures: Floats, limits: Floats) -> Floats:
    """Figures as points 0–100 between the ends; all alike gets 100."""
    worst, best = limits[:, 0], limits[:, 1]
    width = np.where(best == worst, 1.0, best - worst)
    points = np.where(best == worst, 100.0, 100 * (figures - worst) / width)
    return np.asarray(np.clip(points, 0.0, 100.0))


def _figures(table: pd.DataFrame, name: str, rng: np.random.Generator, draws: int) -> Floats:
    base, low, high = (table[f"{name}{end}"].to_numpy(float) for end in ("", "_low", "_high"))
    return amount_draws(base, low, high, rng=rng, draws=draws)


def _firsts(possible: Floats, weights: Floats) -> tuple[Floats, Any]:
    scores = np.einsum("dok,dk->do", possible, weights)
    n = scores.shape[1]
    if n == 0:
        return np.zeros(0), np.zeros(0, dtype=np.int64)
    top = scores.max(axis=1, keepdims=True)
    ahead = np.isclose(scores, top, rtol=0, atol=1e-9)
    share = (ahead / ahead.sum(axis=1, keepdims=True)).mean(axis=0)
    return share, clusters(scores, SURE)


def _dominated(names: list[str], points: Floats) -> list[str]:
    out = []
    for i in range(len(names)):
        better = [
            j
            for j in range(len(names))
            if (points[j] >= points[i] - 1e-9).all() and (points[j] > points[i] + 1e-9).any()
        ]
        # The strongest of several: the one that is ahead by most.
        best = max(better, key=lambda j: float(points[j].sum()), default=None)
        out.append("" if best is None else names[best])
    return out


def _scores(
    out: pd.DataFrame, points: Floats, possible: Floats, share: Floats | None
) -> pd.DataFrame:
    if share is None or not len(out):
        return out.assign(score=np.nan, low=np.nan, high=np.nan, rank=pd.array(
            [pd.NA] * len(out), dtype="Int64"))  # fmt: skip
    out["score"] = points @ share
    low, high = np.quantile(possible @ share, [0.025, 0.975], axis=0)
    out["low"], out["high"] = low, high
    out["rank"] = out["score"].round(9).rank(method="min", ascending=False).astype("Int64")
    return out


def _parts(out: pd.DataFrame, points: Floats, share: Floats | None) -> pd.DataFrame:
    rows = []
    for i, row in enumerate(out.to_dict("records")):
        for k, name in enumerate(CRITERIA):
            weight = np.nan if share is None else float(share[k])
            rows.append({
                "option": row["option"], "criterion": name, "figure": row[name],
                "points": points[i, k], "weight": weight, "contribution": weight * points[i, k],
            })  # fmt: skip
    columns = ["option", "criterion", "figure", "points", "weight", "contribution"]
    return pd.DataFrame(rows, columns=columns)


def _switches(names: list[str], points: Floats, share: Floats | None) -> pd.DataFrame:
    """For each criterion the nearest weight at which another option takes the first place."""
    columns = ["criterion", "weight_now", "weight_switch", "first", "other"]
    if share is None or len(names) < 2:
        return pd.DataFrame(columns=columns)
    scores = points @ share
    first = int(np.argmax(scores))
    rows = []
    for k, name in enumerate(CRITERIA):
        rest = np.delete(share, k)
        others = rest / rest.sum() if rest.sum() > 0 else np.full(3, 1 / 3)
        side = np.delete(points, k, axis=1) @ others
        # Score at weight w of this criterion: w × points + (1 − w) × side, a line in w.
        gap0, gap1 = side[first] - side, points[first, k] - points[:, k]
        with np.errstate(divide="ignore", invalid="ignore"):
            at = gap0 / (gap0 - gap1)
        meets = np.isfinite(at) & (at >= 0) & (at <= 1) & (np.sign(gap0) != np.sign(gap1))
        meets[first] = False
        where = np.flatnonzero(meets)
        if len(where):
            other = int(where[np.argmin(np.abs(at[where] - share[k]))])
            rows.append((name, share[k], float(at[other]), names[first], names[other]))
        else:
            rows.append((name, share[k], np.nan, names[first], ""))
    return pd.DataFrame(rows, columns=columns)


def _measures(out: pd.DataFrame, switches: pd.DataFrame) -> pd.DataFrame:
    n = len(out)
    how = str(out["variant"].iloc[0]) if n else "too_little_data"
    distance = (switches["weight_switch"] - switches["weight_now"]).abs()
    best = float(out["first_share"].max()) if n else np.nan

    def row(key: str, value: float) -> dict[str, Any]:
        return measure_row(key, value, n, variant=how, origin=_ORIGIN)

    return measure_table(
        [
            row("options", n),
            row("dominated", int((out["dominated_by"] != "").sum())),
            row("first_share_best", best),
            row("nearest_switch", float(distance.min()) if distance.notna().any() else np.nan),
        ]
    )
