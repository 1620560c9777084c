"""How much of a dealer's range is ours, where that is going, and the loop with loyalty (S240)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.measures import measure_row, measure_table

ORIGIN = "S240; field:Draper & Smith 1998; house"
YEARS = ["dealer_id", "year", "our_share", "rival_lines", "fitted"]
TRENDS = [
    *("dealer_id", "first_year", "last_year", "n", "share_first", "share_last", "slope"),
    *("low", "high", "rival_lines_first", "rival_lines_last", "verdict", "variant", "origin"),
]
LOOP = ["year", "scenario", "loyalty", "our_share", "rival_lines", "variant", "origin"]
# Speeds of the illustration, in points or shares a year; nothing was measured.
LOOP_HOUSE = {"loyalty_from_share": 0.25, "loyalty_from_us": 0.25, "share_from_loyalty": 0.20}


@dataclass(frozen=True)
class Exclusivity:
    """Our share of each dealer's range over the years.

    Attributes
    ----------
    trends
        One row a dealer: dealer_id, first_year, last_year, n (years with a share), share_first,
        share_last (0–1), slope (share a year), low, high (t interval), rival_lines_first,
        rival_lines_last, verdict (rising, falling, cannot_be_separated, too_little_data),
        variant (pooled_line, own_line, too_few_years), origin.
    years
        One row a dealer and year: dealer_id, year, our_share, rival_lines, fitted.
    overall
        Measure table: exclusivity_slope (mean of the dealers' slopes, t interval over dealers),
        exclusivity_share (mean share in each dealer's last year), share_and_lines (within
        dealers: change of share with one more rival line).
    """

    trends: pd.DataFrame
    years: pd.DataFrame
    overall: pd.DataFrame


def exclusivity(dealer_years: pd.DataFrame, *, level: float = 0.95) -> Exclusivity:
    """Trend of our share of each dealer's range, with what few years allow to say.

    ``dealer_years``: dealer_id, year, our_share (0–1); rival_lines where counted. A line is fitted
    for each dealer; the scatter around the lines is pooled, so that a dealer with two years has
    an interval too. One year has no trend.

    Returns Exclusivity. Raises KamkitError missing_column, out_of_range, duplicate_row.
    Source: S240 (our share of the dealer's range by year); straight line, pooled scatter: house.

    >>> years = pd.DataFrame({"dealer_id": "D1", "year": [2023, 2024, 2025, 2026],
    ...     "our_share": [0.40, 0.46, 0.49, 0.55]})
    >>> found = exclusivity(years).trends
    >>> found["slope"].round(3).tolist(), found["verdict"].tolist()
    ([0.048], ['rising'])
    """
    rows = _years(dealer_years)
    held = rows[rows["our_share"].notna()]
    slopes = _lines(held, level)
    fitted = held.merge(slopes[["dealer_id", "slope", "mean_year", "mean_share"]], on="dealer_id")
    line = fitted["mean_share"] + fitted["slope"] * (fitted["year"] - fitted["mean_year"])
    lines = fitted[["dealer_id", "year"]].assign(fitted=line)
    rows = rows.merge(lines, on=["dealer_id", "year"], how="left")
    return Exclusivity(slopes[TRENDS], rows[YEARS], _overall(slopes, held, level))


def _years(dealer_years: pd.DataFrame) -> pd.DataFrame:
    need_columns(dealer_years, "dealer_years", ["dealer_id", "year", "our_share"])
    share = pd.to_numeric(dealer_years["our_share"], errors="coerce").astype(float)
    lines = dealer_years.get("rival_lines", pd.Series(np.nan, index=dealer_years.index))
    rows = pd.DataFrame(
        {
            "dealer_id": dealer_years["dealer_id"].astype("str"),
            "year": dealer_years["year"].astype("int64"),
            "our_share": share,
            "rival_lines": pd.to_numeric(lines, errors="coerce").astype(float),
        }
    )
    off = sorted(set(share[(share < 0) | (share > 1)]))
    details = {"allowed": "0–1"}
    problems = [
        Problem("out_of_range", "dealer_years", "our_share", value=v, details=details) for v in off
    ]
    twice = rows[rows.duplicated(["dealer_id", "year"])]
    problems += [
        Problem("duplicate_row", "dealer_years", "year", value=f"{r.dealer_id} {r.year}")
        for r in twice.itertuples()
    ]
    KamkitError.collect(problems)
    return rows.sort_values(["dealer_id", "year"]).reset_index(drop=True)


def _lines(held: pd.DataFrame, level: float) -> pd.DataFrame:
    """A least-squares line for each dealer, with the scatter of all."""
    group = held.groupby("dealer_id")
    x = held["year"] - group["year"].transform("mean")
    y = held["our_share"] - group["our_share"].transform("mean")
    parts = held.assign(xx=x * x, xy=x * y, yy=y * y).groupby("dealer_id")
    sums = parts[["xx", "xy", "yy"]].sum()
    n = group.size()
    slope = (sums["xy"] / sums["xx"]).where(sums["xx"] > 0)
    rest = (sums["yy"] - slope.fillna(0) * sums["xy"]).where(n > 2, 0.0).clip(lower=0)
    df = (n - 2).clip(lower=0)
    pooled_df, scatter = int(df.sum()), float(rest.sum())
    half = pd.Series(np.nan, index=n.index)
    if pooled_df > 0:
        point = float(t.ppf(0.5 + level / 2, pooled_df))
        half = (scatter / pooled_df / sums["xx"].where(sums["xx"] > 0)) ** 0.5 * point
    kind = "pooled_line" if (df > 0).sum() > 1 or (n == 2).any() else "own_line"
    ends = group.agg(
        first_year=("year", "first"), last_year=("year", "last"),
        share_first=("our_share", "first"), share_last=("our_share", "last"),
        rival_lines_first=("rival_lines", "first"), rival_lines_last=("rival_lines", "last"),
        mean_year=("year", "mean"), mean_share=("our_share", "mean"),
    )  # fmt: skip
    table = ends.assign(n=n, slope=slope, low=slope - half, high=slope + half)
    table["variant"] = np.where(table["low"].isna(), "too_few_years", kind)
    table["verdict"] = np.select(
        [table["low"].isna(), table["low"] > 0, table["high"] < 0],
        ["too_little_data", "rising", "falling"],
        default="cannot_be_separated",
    )
    return table.assign(origin=ORIGIN).reset_index().astype({"variant": "str", "verdict": "str"})


def _overall(slopes: pd.DataFrame, held: pd.DataFrame, level: float) -> pd.DataFrame:
    rows = [
        _mean_row("exclusivity_slope", slopes["slope"], level),
        _mean_row("exclusivity_share", slopes["share_last"], level),
    ]
    both = held[held["rival_lines"].notna()]
    group = both.groupby("dealer_id")
    x = (both["rival_lines"] - group["rival_lines"].transform("mean")).to_numpy(float)
    y = (both["our_share"] - group["our_share"].transform("mean")).to_numpy(float)
    df, xx = len(both) - group.ngroups - 1, float(x @ x)
    slope = half = np.nan
    if df > 0 and xx > 0:
        slope = float(x @ y) / xx
        rest = max(float(y @ y) - slope * float(x @ y), 0.0)
        half = float(t.ppf(0.5 + level / 2, df)) * np.sqrt(rest / df / xx)
    variant = "within_dealers" if df > 0 and xx > 0 else "too_little_data"
    rows.append(
        measure_row("share_and_lines", slope, len(both), low=slope - half, high=slope + half,
                    variant=variant, origin=ORIGIN)
    )  # fmt: skip
    return measure_table(rows)


def _mean_row(name: str, values: pd.Series, level: float) -> dict[str, object]:
    x = values.dropna().to_numpy(float)
    n, half = len(x), np.nan
    if n > 1:
        half = float(t.ppf(0.5 + level / 2, n - 1)) * float(x.std(ddof=1)) / np.sqrt(n)
    mean = float(x.mean()) if n else np.nan
    variant = "over_subjects" if n > 1 else "no_interval" if n else "too_little_data"
    return measure_row(
        name, mean, n, low=mean - half, high=mean + half, variant=variant, origin=ORIGIN
    )


def exclusivity_loop(
    loyalty: float,
    our_share: float,
    *,
    our_loyalty: float,
    years: int = 8,
    start: int = 0,
    rival_lines: float = 6,
    speeds: Mapping[str, float] | None = None,
    scenario: str = "given",
) -> pd.DataFrame:
    """The loop of loyalty and exclusivity as a picture of the argument, not as a forecast.

    Each year loyalty (0–100) moves towards the mean of the room that the dealer gives us and of
    the loyalty that we show (``our_loyalty``, 0–100), our share (0–1) moves towards loyalty, and
    rival lines fall as our share grows. Without our loyalty the same loop runs downwards. The
    speeds are ours and were fitted to nothing.

    Returns columns year, scenario, loyalty, our_share, rival_lines, variant (illustration), origin.
    Raises KamkitError option_out_of_range.
    Source: S240 (loyalty, fewer rival lines, closer ties, more loyalty; the dealer needs to be
    sure of the maker); equations and speeds house.

    >>> up = exclusivity_loop(60, 0.5, our_loyalty=90)["our_share"].iloc[-1]
    >>> down = exclusivity_loop(60, 0.5, our_loyalty=20)["our_share"].iloc[-1]
    >>> bool(up > 0.5 > down)
    True
    """
    checked = (("loyalty", loyalty, 100), ("our_share", our_share, 1))
    problems = [
        Problem("option_out_of_range", column=name, value=value, details={"low": 0, "high": most})
        for name, value, most in (*checked, ("our_loyalty", our_loyalty, 100))
        if not 0 <= value <= most
    ]
    KamkitError.collect(problems)
    speed = LOOP_HOUSE | dict(speeds or {})
    rivals_full = rival_lines / max(1 - our_share, 0.05)
    rows = []
    for year in range(start, start + years + 1):
        lines = rivals_full * (1 - our_share)
        rows.append([year, scenario, loyalty, our_share, lines, "illustration", "S240; house"])
        pull = speed["loyalty_from_share"] * (100 * our_share - loyalty)
        pull += speed["loyalty_from_us"] * (our_loyalty - loyalty)
        our_share += speed["share_from_loyalty"] * (loyalty / 100 - our_share)
        loyalty = min(100.0, max(0.0, loyalty + pull))
    return pd.DataFrame(rows, columns=LOOP)
