"""Scores as measure tables: each with n, its interval and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kamkit.methods.forecast.scores import (
    NAN,
    auc,
    brier_parts,
    coverage,
    mae,
    mape,
    mase,
    pinball,
    rmse,
    winkler,
)
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.shares import wilson_ends

LEVELS = {
    "p2_5": 0.025,
    "p10": 0.10,
    "p25": 0.25,
    "p50": 0.50,
    "p75": 0.75,
    "p90": 0.90,
    "p97_5": 0.975,
}
BANDS = {0.50: ("p25", "p75"), 0.80: ("p10", "p90"), 0.95: ("p2_5", "p97_5")}
FEWEST = 4


def ratio_draws(
    parts: Sequence[ArrayLike], *, draws: int = 2000, seed: int = 0
) -> list[np.ndarray]:
    """Sums of each part over rows that are drawn anew together: the bootstrap of a ratio.

    Returns one array of ``draws`` sums for each part; the same rows are drawn for all parts,
    so that a difference of two methods on the same periods keeps its pairs. Efron 1979.

    >>> top, below = ratio_draws([[1.0, 1.0], [2.0, 2.0]], draws=3)
    >>> (top / below).tolist()
    [0.5, 0.5, 0.5]
    """
    table = np.column_stack([np.asarray(part, float) for part in parts])
    n = len(table)
    rng = np.random.Generator(np.random.PCG64(seed))
    counts = rng.multinomial(n, np.full(n, 1 / n), size=draws)
    return list((counts @ table).T)


def ratio_interval(
    top: ArrayLike, below: ArrayLike, *, draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """95 % percentile interval of a ratio of sums; NaN with fewer than 4 rows.

    >>> ratio_interval([1, 1, 1, 1], [2, 2, 2, 2])
    (0.5, 0.5)
    """
    if len(np.asarray(top)) < FEWEST:
        return NAN, NAN
    sums, base = ratio_draws([top, below], draws=draws, seed=seed)
    found = sums[base > 0] / base[base > 0]
    if len(found) < draws / 2:
        return NAN, NAN
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def error_scores(
    actual: ArrayLike, forecast: ArrayLike, *, history: Sequence[float] = (), season: int = 1
) -> pd.DataFrame:
    """Measure table of one method's point forecasts: wape, bias, mae, rmse, mape, mase.

    Intervals of wape and bias by bootstrap over periods (from 4 periods on). Undefined figures
    are NaN and their variant says why: zero_actual, no_history, too_little_data.

    >>> table = error_scores([120, 95, 0, 140], [100, 110, 10, 150])
    >>> table.set_index("measure").variant["mape"]
    'zero_actual'
    """
    a, f = np.asarray(actual, float), np.asarray(forecast, float)
    known = ~(np.isnan(a) | np.isnan(f))
    a, f = a[known], f[known]
    n, size = len(a), np.abs(a)
    few = "" if n else "too_little_data"
    sums = few or ("" if size.sum() else "zero_actual")
    rows = []
    for name, top in (("wape", np.abs(f - a)), ("bias", f - a)):
        value = float(top.sum() / size.sum()) if size.sum() else NAN
        low, high = ratio_interval(top, size)
        how = "bootstrap_periods" if low == low else "no_interval_few_periods"
        rows.append(_row(name, value, n, low, high, sums or how))
    rows += [
        _row(name, score(a, f), n, variant=few) for name, score in (("mae", mae), ("rmse", rmse))
    ]
    rows.append(_row("mape", mape(a, f), n, variant=few or ("" if a.all() else "zero_actual")))
    scaled = mase(a, f, history, season=season)
    rows.append(_row("mase", scaled, n, variant=few or ("" if scaled == scaled else "no_history")))
    return measure_table(rows)


def _row(
    name: str, value: float, n: int, low: float = NAN, high: float = NAN, variant: str = ""
) -> dict[str, Any]:
    origin = {"mase": "field:Hyndman & Koehler 2006"}.get(name, "field:forecast error")
    return measure_row(name, value, n, low=low, high=high, variant=variant, origin=origin)


def interval_scores(actual: ArrayLike, quantiles: pd.DataFrame) -> pd.DataFrame:
    """Measure table of stated ranges: pinball per quantile, coverage and Winkler score per band.

    ``quantiles`` has one row a period and the columns p2_5, p10, p25, p50, p75, p90, p97_5
    (those that are there are scored). Coverage carries its Wilson interval.

    >>> table = interval_scores([5.0], pd.DataFrame({"p10": [1.0], "p90": [9.0]}))
    >>> float(table.set_index("measure").value["coverage_80"])
    1.0
    """
    a = np.asarray(actual, float)
    rows = []
    for column, tau in LEVELS.items():
        if column in quantiles:
            n = int((~np.isnan(a) & quantiles[column].notna().to_numpy()).sum())
            loss = pinball(a, quantiles[column], tau)
            origin = "field:Koenker & Bassett 1978"
            rows.append(measure_row(f"pinball_{column[1:]}", loss, n, origin=origin))
    for level, (low, high) in BANDS.items():
        if low in quantiles and high in quantiles:
            rows += _band_rows(a, quantiles[low], quantiles[high], level)
    return measure_table(rows)


def _band_rows(
    actual: np.ndarray, low: pd.Series, high: pd.Series, level: float
) -> list[dict[str, Any]]:
    share, inside, n = coverage(actual, low, high)
    ends = wilson_ends(inside, n)
    width = winkler(actual, low, high, level=level)
    name = f"{level * 100:.0f}"
    return [
        measure_row(
            f"coverage_{name}",
            share,
            n,
            low=ends[0],
            high=ends[1],
            variant="wilson",
            origin="field:Wilson 1927",
        ),
        measure_row(f"winkler_{name}", width, n, origin="field:Winkler 1972"),
    ]


def chance_scores(
    p: ArrayLike, happened: ArrayLike, *, cluster: ArrayLike | None = None, bins: int = 10
) -> pd.DataFrame:
    """Measure table of stated chances: Brier score, its parts, AUC, expected and actual number.

    ``cluster`` names the deal of each row: a deal that was forecast on several days counts as
    one draw of the bootstrap behind the Brier score's interval. ``brier_within_bins`` is what
    Murphy's three parts leave (see ``brier_parts``).

    >>> table = chance_scores([0.1, 0.9, 0.8, 0.3], [0, 1, 1, 0])
    >>> round(float(table.set_index("measure").value["brier"]), 4)
    0.0375
    """
    chance, y = np.asarray(p, float), np.asarray(happened, float)
    known = ~(np.isnan(chance) | np.isnan(y))
    group = np.arange(len(y)) if cluster is None else np.asarray(cluster)
    chance, y, group = chance[known], y[known], group[known]
    n = len(y)
    few = "" if n else "too_little_data"
    parts = brier_parts(chance, y, bins=bins)
    low, high = ratio_interval(*by_cluster((chance - y) ** 2, group))
    brier = "field:Brier 1950"
    rows = [
        measure_row(
            "brier",
            parts.pop("brier"),
            n,
            low=low,
            high=high,
            variant=few or "bootstrap_deals",
            origin=brier,
        )
    ]
    for name, value in parts.items():
        variant = few or f"bins_{bins}"
        rows.append(
            measure_row(f"brier_{name}", value, n, variant=variant, origin="field:Murphy 1973")
        )
    rows.append(
        measure_row("auc", auc(chance, y), n, variant=few, origin="field:Mann & Whitney 1947")
    )
    rows.append(measure_row("expected_wins", chance.sum(), n, variant=few, origin="house"))
    rows.append(measure_row("actual_wins", y.sum(), n, variant=few, origin="house"))
    return measure_table(rows)


def by_cluster(values: ArrayLike, cluster: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Sum of the values and number of rows in each cluster.

    >>> [part.tolist() for part in by_cluster([1.0, 2.0, 4.0], ["a", "a", "b"])]
    [[3.0, 4.0], [2.0, 1.0]]
    """
    codes = pd.factorize(np.asarray(cluster))[0]
    number = int(codes.max()) + 1 if len(codes) else 0
    sums = np.bincount(codes, np.asarray(values, float), number)
    return sums, np.bincount(codes, minlength=number).astype(float)
