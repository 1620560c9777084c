"""Attractiveness × strength: the box of each account, and how sure the box is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import Problem
from kamkit.methods.portfolio.factors import FactorScores
from kamkit.methods.portfolio.inputs import measure, measure_table, one_of, within
from kamkit.methods.portfolio.strength import RelativeStrength, index_draws

QUADRANTS = ("key", "key_development", "maintenance", "opportunistic")
LEVELS = ("low", "medium", "high")
# Points of our time that one account of each box asks for; the source only says much or little.
TIME_POINTS = {"key": 4.0, "key_development": 3.0, "maintenance": 1.5, "opportunistic": 0.5}
_SURE = 0.80
_BLOCK = 100


@dataclass(frozen=True)
class AttractivenessStrength:
    """The parts of :func:`attractiveness_strength`."""

    accounts: pd.DataFrame
    summary: pd.DataFrame
    moves: pd.DataFrame
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class _Axes:
    ids: pd.Index
    x: np.ndarray
    y: np.ndarray
    x_se: np.ndarray
    y_se: np.ndarray
    strong: RelativeStrength | FactorScores


def attractiveness_strength(
    attractive: FactorScores,
    strong: RelativeStrength | FactorScores,
    *,
    cells: int = 2,
    x_cut: float | None = None,
    y_cut: float | None = None,
    cuts: tuple[float, float] = (2.33, 3.67),
    draws: int = 2000,
    seed: int = 0,
    sure: float = _SURE,
    time_points: Mapping[str, float] | None = None,
    previous: AttractivenessStrength | None = None,
) -> AttractivenessStrength:
    """Place accounts by attractiveness (y) and strength (x), with a probability for each box.

    Needs the results of ``attractiveness`` and of ``relative_strength`` (x is the index) or, for
    strength rated without rivals, of ``attractiveness`` on strength factors (x is the total).
    Two cells an axis: lines at ``y_cut`` (default the average of the totals) and ``x_cut``
    (default 1, level with the rival; for a total its average). Three: lines at ``cuts`` on both.
    A value at a line is high. The probabilities come from ``draws`` seeded draws of the rating
    errors; where the line is an average it moves with each draw. ``sure`` (house 80 %) is the
    probability from which a box counts as separable from its neighbours.

    Returns ``accounts`` (account_id, x, y, x_low, x_high, y_low, y_high, box, p_box, p_<box>
    for the four quadrants, separable, time_share 0–1, excluded, status), ``summary`` (measure
    table: x_cut, y_cut, one count a box with the expected count's 95 % interval,
    boxes_separable, sure_from), ``moves`` against ``previous`` (account_id, from_x, from_y,
    to_x, to_y, from_box, to_box, moved, both_sure) and ``problems`` (warnings: axes that share
    a factor).
    For three cells ``box`` is "attractiveness:strength", e.g. "high:medium", and zone is
    invest/select/harvest. ``time_share`` follows the probabilities times ``time_points`` (house).
    Raises KamkitError for options out of range. Source: S080–S082; field: GE/McKinsey, Kotler,
    McDonald & Woodburn; probabilities, time points house.

    >>> from kamkit.methods.portfolio.factors import attractiveness
    >>> rate = lambda a, b: pd.DataFrame({"account_id": ["A", "B"], "criterion": "f",
    ...                                   "score": [a, b]})
    >>> y, x = attractiveness(rate(5, 1), {"f": 1}), attractiveness(rate(4, 2), {"f": 1})
    >>> attractiveness_strength(y, x).accounts.box.tolist()
    ['key', 'opportunistic']
    """
    one_of(str(cells), "cells", ["2", "3"])
    within(draws, "draws", 100, 100_000)
    within(sure, "sure", 0.0, 1.0)
    axes = _axes(attractive, strong)
    lines = _lines(axes, cells, x_cut, y_cut, cuts)
    counts, expected = _probabilities(axes, lines, (x_cut, y_cut), draws, seed)
    accounts = _accounts(axes, attractive, lines, counts, cells, sure, time_points or TIME_POINTS)
    summary = _summary(accounts, lines, expected, cells, (x_cut, y_cut), strong, sure)
    moves = _moves(accounts, None if previous is None else previous.accounts)
    return AttractivenessStrength(accounts, summary, moves, _shared(attractive, strong))


def _axes(attractive: FactorScores, strong: RelativeStrength | FactorScores) -> _Axes:
    y = attractive.accounts.set_index("account_id")
    x = strong.accounts.set_index("account_id")
    ids = y.index.union(x.index).sort_values()
    y, x = y.reindex(ids), x.reindex(ids)
    if isinstance(strong, RelativeStrength):
        values = x["index"].to_numpy(float)
        width = (x["index_high"] - x["index_low"]).to_numpy(float) / 3.92
    else:
        values, width = x["total"].to_numpy(float), x["se"].to_numpy(float)
    return _Axes(ids, values, y["total"].to_numpy(float), width, y["se"].to_numpy(float), strong)


def _mean(values: np.ndarray) -> float:
    return float(np.nanmean(values)) if (~np.isnan(values)).any() else float("nan")


def _lines(
    axes: _Axes, cells: int, x_cut: float | None, y_cut: float | None, cuts: tuple[float, float]
) -> tuple[list[float], list[float]]:
    if cells == 3:
        return list(cuts), list(cuts)
    level = 1.0 if isinstance(axes.strong, RelativeStrength) else _mean(axes.x)
    return [level if x_cut is None else x_cut], [_mean(axes.y) if y_cut is None else y_cut]


def _steps(values: np.ndarray, lines: list[np.ndarray | float]) -> np.ndarray:
    """Number of lines that each value reaches."""
    return np.asarray(np.sum([values >= line for line in lines], axis=0))


def _probabilities(
    axes: _Axes,
    lines: tuple[list[float], list[float]],
    given: tuple[float | None, float | None],
    draws: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """How often each account fell in each cell, and how many accounts a draw had there."""
    rng = np.random.default_rng(seed)
    size = len(lines[0]) + 1
    counts = np.zeros((len(axes.ids), size * size))
    per_draw = []
    rated = isinstance(axes.strong, FactorScores)
    # An average line moves with the ratings, a line set by policy doesn't.
    floats = (size == 2 and given[0] is None and rated, size == 2 and given[1] is None)
    known = ~np.isnan(axes.x) & ~np.isnan(axes.y)
    for start in range(0, draws, _BLOCK):
        block = min(_BLOCK, draws - start)
        y = axes.y[:, None] + axes.y_se[:, None] * rng.standard_normal((len(axes.ids), block))
        if isinstance(axes.strong, RelativeStrength):
            x = index_draws(axes.strong.suppliers, axes.ids, axes.strong.rival, block, rng)
        else:
            x = axes.x[:, None] + axes.x_se[:, None] * rng.standard_normal((len(axes.ids), block))
        cell = size * _steps(y[known], _line(y, lines[1], floats[1])) + _steps(
            x[known], _line(x, lines[0], floats[0])
        )
        hit = cell[:, :, None] == np.arange(size * size)
        counts[known] += hit.sum(axis=1)
        per_draw.append(hit.sum(axis=0))
    return counts / draws, np.concatenate(per_draw)


def _line(drawn: np.ndarray, lines: list[float], moves: bool) -> list[np.ndarray | float]:
    if not moves or not len(drawn):
        return list(lines)
    known = drawn[~np.isnan(drawn).any(axis=1)]
    return [known.mean(axis=0)] if len(known) else list(lines)


def _names(cells: int) -> list[str]:
    """Cell names in the order size × attractiveness + strength."""
    if cells == 2:
        return ["opportunistic", "maintenance", "key_development", "key"]
    return [f"{a}:{s}" for a in LEVELS for s in LEVELS]


def _zone(box: str) -> str:
    """GE's three zones: the diagonal from invest to harvest."""
    if ":" not in box:
        return ""
    points = sum(LEVELS.index(part) for part in box.split(":"))
    return "invest" if points > 2 else ("select" if points == 2 else "harvest")


def _accounts(
    axes: _Axes,
    attractive: FactorScores,
    lines: tuple[list[float], list[float]],
    shares: np.ndarray,
    cells: int,
    sure: float,
    points: Mapping[str, float],
) -> pd.DataFrame:
    names = _names(cells)
    known = ~np.isnan(axes.x) & ~np.isnan(axes.y)
    cell = (len(lines[0]) + 1) * _steps(axes.y, list(lines[1])) + _steps(axes.x, list(lines[0]))
    out = pd.DataFrame({"account_id": axes.ids, "x": axes.x, "y": axes.y})
    for side, values, error in (("x", axes.x, axes.x_se), ("y", axes.y, axes.y_se)):
        out[f"{side}_low"], out[f"{side}_high"] = values - 1.96 * error, values + 1.96 * error
    if isinstance(axes.strong, RelativeStrength):
        ends = axes.strong.accounts.set_index("account_id").reindex(axes.ids)
        out["x_low"], out["x_high"] = ends["index_low"].to_numpy(), ends["index_high"].to_numpy()
    out["box"] = np.where(known, np.array(names)[cell], "unknown")
    out["zone"] = [_zone(box) for box in out["box"]]
    chance = np.where(known[:, None], shares, np.nan)
    out["p_box"] = np.where(known, chance[np.arange(len(cell)), cell], np.nan)
    if cells == 2:
        for name in QUADRANTS:
            out[f"p_{name}"] = chance[:, names.index(name)]
        wanted = np.nan_to_num(chance) @ np.array([points[name] for name in names])
        total = wanted.sum()
        out["time_share"] = np.where(known & (total > 0), wanted / (total or 1.0), np.nan)
    out["separable"] = out["p_box"] >= sure
    excluded = attractive.accounts.set_index("account_id")["excluded"].reindex(axes.ids)
    out["excluded"] = excluded.eq(True).to_numpy()
    out["status"] = np.select(
        [out["excluded"], np.isnan(axes.y), np.isnan(axes.x)],
        ["gate_failed", "no_attractiveness", "no_strength"],
        "placed",
    )
    return out


def _summary(
    accounts: pd.DataFrame,
    lines: tuple[list[float], list[float]],
    expected: np.ndarray,
    cells: int,
    given: tuple[float | None, float | None],
    strong: RelativeStrength | FactorScores,
    sure: float,
) -> pd.DataFrame:
    n = int((accounts["status"] == "placed").sum())
    level = "level_with_rival" if isinstance(strong, RelativeStrength) else "cut_mean"
    how = [
        level if given[0] is None else "cut_fixed",
        "cut_mean" if given[1] is None else "cut_fixed",
    ]
    how = ["cut_thirds_of_scale"] * 2 if cells == 3 else how
    rows = []
    for axis, marks, variant in zip(("x_cut", "y_cut"), lines, how, strict=True):
        rows += [measure(axis, mark, n=n, variant=variant, origin="S080; house") for mark in marks]
    ends = np.quantile(expected, [0.025, 0.975], axis=0) if n else np.full((2, cells**2), np.nan)
    for place, name in enumerate(_names(cells)):
        count = int((accounts["box"] == name).sum())
        rows.append(
            measure(
                f"box_{name.replace(':', '_')}", count, low=ends[0, place], high=ends[1, place],
                n=n, variant="rating_error_draws", origin="S080; house",
            )
        )  # fmt: skip
    share = float(accounts.loc[accounts["status"] == "placed", "separable"].mean()) if n else np.nan
    rows += [
        measure("boxes_separable", share, n=n, variant="rating_error_draws", origin="house"),
        measure("sure_from", sure, n=n, variant="chance_of_box", origin="house"),
    ]
    return measure_table(rows)


def _moves(now: pd.DataFrame, before: pd.DataFrame | None) -> pd.DataFrame:
    old = now.iloc[:0] if before is None else before
    columns = ["account_id", "x", "y", "box", "separable", "status"]
    both = old.loc[old["status"] == "placed", columns].merge(
        now.loc[now["status"] == "placed", columns], on="account_id", suffixes=("_0", "_1")
    )
    return pd.DataFrame(
        {
            "account_id": both["account_id"],
            "from_x": both["x_0"],
            "from_y": both["y_0"],
            "to_x": both["x_1"],
            "to_y": both["y_1"],
            "from_box": both["box_0"],
            "to_box": both["box_1"],
            "moved": both["box_0"] != both["box_1"],
            "both_sure": both["separable_0"] & both["separable_1"],
        }
    )


def _shared(
    attractive: FactorScores, strong: RelativeStrength | FactorScores
) -> tuple[Problem, ...]:
    """A factor on both axes would push accounts along the diagonal by itself."""
    both = set(attractive.factors["factor"]) & set(strong.factors["factor"])
    return tuple(
        Problem("shared_factor", column="factor", value=name, level="warning")
        for name in sorted(both)
    )
