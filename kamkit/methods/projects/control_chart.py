"""Individuals chart (XmR): does a measure only waver, or has something happened?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtri

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.portfolio.inputs import one_of, within
from kamkit.methods.shares import Floats, wilson

# Expected range and its upper limit for two values of a normal process: d2 = 2/√π, D4.
D2, D4 = 2 / np.sqrt(np.pi), 3.267
# The same from the median range: d4 for two values, and the ratio of D4 to the median.
D4_MEDIAN, RANGE_MEDIAN = 0.954, 3.865
# Below so many values there are no limits; below the second they are provisional.
FEWEST, SOLID = 6, 17
RULES = ("beyond_limits", "two_of_three", "four_of_five", "run_of_eight", "range_beyond_limit")
# Every further rule finds smaller changes and raises more false alarms.
USUAL_RULES = ("beyond_limits", "run_of_eight")
_ORIGIN = "S155; field:Shewhart 1931; field:Western Electric 1956; field:Wheeler 2000; house"
_POINTS = [
    *("series", "order", "at", "value", "moving_range", "centre", "lower", "upper", "range_limit"),
    *("part", "signal", "signals", "variant", "origin"),
]
_SERIES = [
    *("series", "n", "baseline_n", "unknown", "centre", "sigma", "lower", "upper", "sigma_low"),
    *("sigma_high", "mean_range", "range_limit", "chart_state", "signals_found", "first_signal"),
    *("false_alarm_share", "false_alarm_low", "false_alarm_high", "autocorrelation", "variant"),
    "origin",
]


@dataclass(frozen=True)
class ControlChart:
    """The parts of :func:`control_chart`."""

    points: pd.DataFrame
    series: pd.DataFrame
    measures: pd.DataFrame


def control_chart(
    table: pd.DataFrame,
    *,
    value: str = "value",
    at: str = "at",
    by: str | None = None,
    tie: str | None = None,
    baseline: int | pd.Timestamp | str | None = None,
    spread: str = "mean_range",
    rules: Sequence[str] = USUAL_RULES,
    floor: float | None = None,
    draws: int = 2000,
    seed: int = 0,
) -> ControlChart:
    """Individuals and moving-range chart of a measure, with signals by named rules.

    Needs columns: ``at`` (a date or number that gives the order) and ``value``; ``by`` makes
    one series a group, ``tie`` orders what has the same moment. Limits come from the moving
    ranges of the ``baseline``: the first so many values, those up to a date, or all.
    ``spread``: "mean_range" (mean ± 2.66 × mean range) or "median_range" (3.145 × median range;
    one wild value moves it less). Below 6 values there are no limits and no signals; below 17
    they are provisional. ``floor`` is the least that the
    measure can be: the lower limit never lies below it. Values that are missing are left out
    and counted; the range then runs to the last known one.
    ``rules``, of ``RULES``: beyond_limits (beyond 3 sigma), run_of_eight (eight on one side of
    the centre) – these two are used by default –, two_of_three (of three in a row, two beyond
    2 sigma on the same side), four_of_five (beyond 1 sigma), range_beyond_limit. More rules,
    more false alarms. A point carries the signals that it completes.
    Returns ``points`` (series, order, at, value, moving_range, centre, lower, upper,
    range_limit, part: baseline, later; signal, signals: rules joined by "; ", variant, origin);
    ``series`` (series, n, baseline_n, unknown, centre, sigma, lower, upper, sigma_low,
    sigma_high: 95 % from 0.62 (n − 1) degrees of freedom, mean_range, range_limit, chart_state:
    too_few_points, no_variation, stable, signals – with "provisional" as part of the variant –,
    signals_found: points, first_signal, false_alarm_share with false_alarm_low, _high: share of
    steady normal series of this length on which these rules would raise at least one signal –
    simulated –, autocorrelation at lag 1: above about 2/√n the limits are too narrow, variant,
    origin); ``measures`` (points_counted, signals_found, series_with_signals,
    series_too_short).
    Raises KamkitError for missing columns, unknown rules, an order twice in a series.
    Source: S155 (plan against actual: alarms); Shewhart 1931; Western Electric 1956; Wheeler
    2000; fewest points house.

    >>> flow = pd.DataFrame({"at": range(1, 11), "value":
    ...     [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]})
    >>> found = control_chart(flow, draws=50).series
    >>> found[["centre", "lower", "upper"]].round(2).values.tolist()
    [[50.81, 45.82, 55.8]]
    """
    one_of(spread, "spread", ("mean_range", "median_range"))
    for rule in rules:
        one_of(rule, "rules", RULES)
    within(draws, "draws", 0, 1_000_000)
    rows = _checked(table, value, at, by, tie)
    points, facts = [], []
    for key, part in rows.groupby("series", sort=True):
        shown, line = _one(str(key), part, baseline, spread, tuple(rules), floor, draws, seed)
        points.append(shown)
        facts.append(line)
    found = pd.DataFrame(facts, columns=_SERIES)
    drawn = pd.concat(points, ignore_index=True) if points else pd.DataFrame(columns=_POINTS)
    return ControlChart(drawn[_POINTS], found, _measures(found, len(drawn)))


def _checked(
    table: pd.DataFrame, value: str, at: str, by: str | None, tie: str | None
) -> pd.DataFrame:
    need_columns(table, "table", [value, at, *(c for c in (by, tie) if c)])
    numbers = pd.to_numeric(table[value], errors="coerce").astype(float)
    moments = table[at]
    if not pd.api.types.is_numeric_dtype(moments):
        moments = pd.to_datetime(moments)
    out = pd.DataFrame({
        "series": table[by].astype("str").to_numpy() if by else "all",
        "at": moments.array, "tie": table[tie].astype("str").to_numpy() if tie else "",
        "value": numbers.to_numpy(),
    })  # fmt: skip
    out["value"] = out["value"].where(np.isfinite(out["value"]))
    # What has no place in the order can't be placed; what has no value keeps its place.
    out = out[out["at"].notna()]
    KamkitError.collect(
        Problem("duplicate_key", "table", f"{by}, {at}" if by else at, int(i) + 1, out["at"].loc[i])
        for i in out.index[out.duplicated(["series", "at", "tie"])]
    )
    return out.sort_values(["series", "at", "tie"], ignore_index=True)


def _one(
    key: str,
    part: pd.DataFrame,
    baseline: int | pd.Timestamp | str | None,
    spread: str,
    rules: tuple[str, ...],
    floor: float | None,
    draws: int,
    seed: int,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    known = part[part["value"].notna()].reset_index(drop=True)
    x = known["value"].to_numpy(float)
    base = _baseline(known, baseline)
    ranges = np.abs(np.diff(x, prepend=np.nan))
    m = int(base.sum())
    centre, sigma, middle, top = _limits(x[base], spread)
    shown = known.assign(
        order=np.arange(1, len(x) + 1), moving_range=ranges, centre=centre,
        lower=_at_least(centre - 3 * sigma, floor), upper=centre + 3 * sigma, range_limit=top,
        part=np.where(base, "baseline", "later"), origin=_ORIGIN,
    )  # fmt: skip
    flags = signals(x, centre, sigma, top, rules) if sigma > 0 else np.zeros((len(x), len(rules)))
    names = np.asarray(rules, dtype=object)
    shown["signal"] = np.asarray(flags.any(axis=1), dtype=bool)
    shown["signals"] = ["; ".join(names[row.astype(bool)]) for row in flags]
    state = _state(m, sigma, bool(shown["signal"].any()))
    thin = "; provisional" if FEWEST <= m < SOLID else ""
    shown["variant"] = f"xmr_{spread}{thin}"
    false = _false_alarms(len(x), m, spread, rules, draws, seed) if sigma > 0 else (np.nan,) * 3
    df = 0.62 * (m - 1)
    low, high = np.nan, np.nan
    if sigma > 0:
        low = sigma * np.sqrt(df / chdtri(df, 0.025))
        high = sigma * np.sqrt(df / chdtri(df, 0.975))
    hits = shown.loc[shown["signal"].astype(bool), "at"]
    return shown, {
        "series": key, "n": len(x), "baseline_n": m, "unknown": len(part) - len(known),
        "centre": centre, "sigma": sigma, "lower": _at_least(centre - 3 * sigma, floor),
        "upper": centre + 3 * sigma, "sigma_low": low, "sigma_high": high, "mean_range": middle,
        "range_limit": top, "chart_state": state, "signals_found": len(hits),
        "first_signal": hits.iloc[0] if len(hits) else None, "false_alarm_share": false[0],
        "false_alarm_low": false[1], "false_alarm_high": false[2],
        "autocorrelation": _lag_one(x), "variant": f"xmr_{spread}{thin}", "origin": _ORIGIN,
    }  # fmt: skip


def _at_least(value: float, floor: float | None) -> float:
    return value if floor is None or value != value else max(value, floor)


def _baseline(known: pd.DataFrame, baseline: int | pd.Timestamp | str | None) -> np.ndarray:
    if baseline is None:
        return np.ones(len(known), dtype=bool)
    if isinstance(baseline, int):
        return np.arange(len(known)) < baseline
    return np.asarray(known["at"] <= pd.Timestamp(baseline))


def _limits(x: Floats, spread: str) -> tuple[float, float, float, float]:
    """Centre, sigma, mean (or median) range and the limit of ranges; NaN below six values."""
    if len(x) < FEWEST:
        return (np.nan,) * 4
    ranges = np.abs(np.diff(x))
    if spread == "median_range":
        middle = float(np.median(ranges))
        return float(x.mean()), middle / D4_MEDIAN, middle, RANGE_MEDIAN * middle
    middle = float(ranges.mean())
    return float(x.mean()), float(middle / D2), middle, D4 * middle


def signals(
    x: Floats, centre: Any, sigma: Any, range_limit: Any, rules: Sequence[str] = RULES
) -> np.ndarray:
    """Which rule each value completes (values × rules); several series as rows before that.

    A value on a limit is inside it.

    >>> signals(np.array([0.0, 4.0]), 0.0, 1.0, 9.0, ["beyond_limits"])[:, 0].tolist()
    [False, True]
    """
    z = (x - np.expand_dims(centre, -1)) / np.expand_dims(sigma, -1)
    ranges = np.abs(np.diff(x, axis=-1, prepend=x[..., :1]))
    slack = 1e-9
    found = {
        "beyond_limits": np.abs(z) > 3 + slack,
        "two_of_three": _of_last(z, 2, 3, 2 + slack),
        "four_of_five": _of_last(z, 4, 5, 1 + slack),
        "run_of_eight": _of_last(z, 8, 8, slack),
        "range_beyond_limit": ranges > np.expand_dims(range_limit, -1) * (1 + slack),
    }
    parts = [found[r] for r in rules]
    return np.stack(parts, axis=-1) if parts else np.zeros((*x.shape, 0), dtype=bool)


def _of_last(z: Floats, needed: int, window: int, beyond: float) -> np.ndarray:
    """At least ``needed`` of the last ``window`` beyond a line, on this value's own side."""
    out = np.zeros(z.shape, dtype=bool)
    for side in (z, -z):
        hit = side > beyond
        total = np.cumsum(hit, axis=-1)
        before = np.zeros_like(total)
        before[..., window:] = total[..., :-window]
        full = np.arange(z.shape[-1]) >= needed - 1
        out |= hit & (total - before >= needed) & full
    return out


def _state(m: int, sigma: float, any_signal: bool) -> str:
    if m < FEWEST:
        return "too_few_points"
    if not sigma > 0:
        return "no_variation"
    return "signals" if any_signal else "stable"


def _lag_one(x: Floats) -> float:
    if len(x) < 3 or not np.var(x) > 0:
        return float("nan")
    away = x - x.mean()
    return float((away[1:] * away[:-1]).sum() / (away**2).sum())


@lru_cache(maxsize=64)
def _false_alarms(
    n: int, m: int, spread: str, rules: tuple[str, ...], draws: int, seed: int
) -> tuple[float, float, float]:
    """Share of steady normal series that would raise a signal under the same treatment."""
    if not draws or not rules:
        return (float("nan"),) * 3
    # Long series need fewer draws, and memory.
    draws = min(draws, max(200, 4_000_000 // n))
    x = np.random.default_rng(seed).standard_normal((draws, n))
    ranges = np.abs(np.diff(x[:, :m], axis=1))
    median = spread == "median_range"
    middle = np.median(ranges, axis=1) if median else ranges.mean(axis=1)
    sigma = middle / (D4_MEDIAN if median else D2)
    top = middle * (RANGE_MEDIAN if median else D4)
    hits = signals(x, x[:, :m].mean(axis=1), sigma, top, rules).any(axis=(1, 2))
    low, high = wilson([hits.sum()], [draws])
    return float(hits.mean()), float(low[0]), float(high[0])


def _measures(found: pd.DataFrame, n: int) -> pd.DataFrame:
    states = found["chart_state"]
    how = "count" if n else "too_little_data"
    figures = {
        "points_counted": (n, n),
        "signals_found": (int(found["signals_found"].sum()), n),
        "series_with_signals": (int((states == "signals").sum()), len(found)),
        "series_too_short": (int((states == "too_few_points").sum()), len(found)),
    }
    return measure_table(
        measure_row(k, v, size, variant=how, origin=_ORIGIN) for k, (v, size) in figures.items()
    )
