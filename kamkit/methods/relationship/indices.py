"""Satisfaction as mean, top boxes and net; CSAT and customer effort: with intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from kamkit.errors import KamkitError, Problem
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.relationship.indices_nps import adjusted_wald
from kamkit.methods.shares import WILSON, Floats, wilson

TARGET = 0.90  # S111 asks for 90 % and leaves open of what
STUDENT = "field:Student 1908"
INDEX_COLUMNS = ["target", "status"]


def ticks_of(scores: Any, scale: tuple[float, float], name: str = "scores") -> Floats:
    """Known ticks as numbers within the scale; everything else is refused at once.

    >>> ticks_of([5, None, 3], (1, 5)).tolist()
    [5.0, 3.0]
    """
    given = pd.Series(scores, dtype="object").reset_index(drop=True)
    numbers = pd.to_numeric(given, errors="coerce").astype(float)
    low, high = scale
    allowed = {"allowed": f"{low:g}–{high:g}"}
    text = given.notna() & ~np.isfinite(numbers)
    off = np.isfinite(numbers) & ((numbers < low) | (numbers > high))
    KamkitError.collect(
        [Problem("not_a_number", name, "score", int(i) + 1, given[i]) for i in given.index[text]]
        + [
            Problem("survey_off_scale", name, "score", int(i) + 1, given[i], details=allowed)
            for i in given.index[off]
        ]
    )
    return np.asarray(numbers[np.isfinite(numbers)], dtype=float)


def mean_row(
    measure: str, ticks: Floats, level: float, *, scale: tuple[float, float], origin: str
) -> dict[str, Any]:
    """Mean with a t interval kept within the scale; one tick, or ticks all alike, have width.

    The least variance is that of rounding to whole steps (1/12), so equal answers are no
    certainty; with one answer the interval is the whole scale.
    """
    n = len(ticks)
    if not n:
        return measure_row(measure, np.nan, 0, variant="too_little_data", origin=origin)
    mean = float(ticks.mean())
    if n == 1:
        low, high = scale
        variant = "one_respondent"
    else:
        error = np.sqrt(max(float(ticks.var(ddof=1)), 1 / 12) / n)
        reach = float(stdtrit(n - 1, 0.5 + level / 2)) * error
        low, high = max(mean - reach, scale[0]), min(mean + reach, scale[1])
        variant = "t_interval"
    return measure_row(measure, mean, n, low=low, high=high, variant=variant, origin=origin)


def share_row(
    measure: str, hits: int, n: int, level: float, *, variant: str, origin: str
) -> dict[str, Any]:
    """A share with its Wilson interval."""
    low, high = wilson([hits], [n], level)
    return measure_row(
        measure, hits / n if n else np.nan, n, low=float(low[0]), high=float(high[0]),
        variant=f"wilson; {variant}" if n else "too_little_data", origin=f"{origin}; {WILSON}",
    )  # fmt: skip


def satisfaction_indices(
    scores: Any,
    *,
    scale: tuple[float, float] = (1, 7),
    top: int = 2,
    target: float = TARGET,
    level: float = 0.95,
) -> pd.DataFrame:
    """What "90 % satisfaction" can mean, side by side: mean, share of the maximum, top boxes, net.

    ``scores``: ticks (missing ones are left out); ``top``: how many of the highest steps count
    as satisfied, and as many of the lowest as dissatisfied.

    Measure table with two more columns, target and status (reached, missed, unclear: where the
    interval covers the target, unknown): satisfaction_mean ((mean − low) / (high − low), 0–1),
    satisfaction_of_maximum (mean / high: on 1–7 never below 1/7), satisfaction_top (share),
    satisfaction_bottom (share; no target), satisfaction_net (top − bottom, −1–1; adjusted Wald).
    Raises KamkitError not_a_number, survey_off_scale.
    Source: S110, S111 (no formula given; X27: all of them shown); net as NPS, Rocks 2016.

    >>> found = satisfaction_indices([7, 6, 5, 7, 2])
    >>> found["value"].round(3).tolist()
    [0.733, 0.771, 0.6, 0.2, 0.4]
    """
    ticks, (low, high), origin = ticks_of(scores, scale), scale, "S110; S111; X27"
    n, width = len(ticks), high - low
    mean = mean_row("satisfaction_mean", ticks, level, scale=scale, origin=f"{origin}; {STUDENT}")
    best, worst = int((ticks > high - top).sum()), int((ticks < low + top).sum())
    ends = ("value", "low", "high")
    net = adjusted_wald(best, worst, n, level)
    rows = [
        mean | {c: (mean[c] - low) / width for c in ends},
        mean | {"measure": "satisfaction_of_maximum"} | {c: mean[c] / high for c in ends},
        share_row("satisfaction_top", best, n, level, variant=f"top_{top}_box", origin=origin),
        share_row("satisfaction_bottom", worst, n, level, variant=f"top_{top}_box", origin=origin),
        measure_row("satisfaction_net", (best - worst) / n if n else np.nan, n, low=net[0],
                    high=net[1], variant="adjusted_wald" if n else "too_little_data",
                    origin=f"{origin}; field:Rocks 2016"),
    ]  # fmt: skip
    out = measure_table(rows)
    out["target"] = np.where(out["measure"] == "satisfaction_bottom", np.nan, target)
    out["status"] = np.select(
        [out["target"].isna(), out["value"].isna(), out["low"] >= target, out["high"] < target],
        ["no_target", "unknown", "reached", "missed"],
        "unclear",
    ).astype("str")
    return out


def csat(
    scores: Any = None,
    *,
    counts: Any = None,
    scale: tuple[float, float] = (1, 5),
    top: int = 2,
    level: float = 0.95,
) -> pd.DataFrame:
    """Share of the top boxes (Wilson), and the mean beside it.

    ``scores``: ticks; or ``counts``: how many ticked each step, lowest first. Measure table:
    csat (0–1), csat_mean (on the scale, t interval).
    Raises KamkitError not_a_number, survey_off_scale, count_off.
    Source: top-two box, field usage; Wilson 1927.

    >>> csat(counts=[1, 2, 8, 17, 12])["value"].tolist()
    [0.725, 3.925]
    """
    ticks = ticks_of(counted(counts, scale) if counts is not None else scores, scale)
    best = int((ticks > scale[1] - top).sum())
    return measure_table(
        [
            share_row("csat", best, len(ticks), level, variant=f"top_{top}_box", origin="field"),
            mean_row("csat_mean", ticks, level, scale=scale, origin=STUDENT),
        ]
    )


def counted(counts: Any, scale: tuple[float, float]) -> Floats:
    """Counts of each step as single ticks; KamkitError count_off where they don't fit the scale.

    >>> counted([1, 0, 2], (1, 3)).tolist()
    [1.0, 3.0, 3.0]
    """
    n = np.asarray(counts, dtype=float)
    steps = int(scale[1] - scale[0]) + 1
    if len(n) != steps or (n < 0).any() or (n != np.round(n)).any():
        raise KamkitError(
            Problem("count_off", "counts", value=", ".join(f"{v:g}" for v in n),
                    details={"allowed": steps})
        )  # fmt: skip
    ticks: Floats = np.repeat(np.arange(scale[0], scale[1] + 1), n.astype(int)).astype(float)
    return ticks


def ces(
    scores: Any, *, scale: tuple[float, float] = (1, 7), top: int = 3, level: float = 0.95
) -> pd.DataFrame:
    """Customer effort: mean agreement that it was easy, and the share who agree.

    Measure table: ces (mean on the scale, t interval; high is good), ces_easy (share of the
    ``top`` boxes, 5–7 of 7; Wilson). Raises KamkitError not_a_number, survey_off_scale.
    Source: Dixon, Freeman & Toman 2010 (agreement form).

    >>> ces([6, 7, 4])["value"].round(2).tolist()
    [5.67, 0.67]
    """
    ticks, origin = ticks_of(scores, scale), "field:Dixon, Freeman & Toman 2010"
    easy = int((ticks > scale[1] - top).sum())
    return measure_table(
        [
            mean_row("ces", ticks, level, scale=scale, origin=f"{origin}; {STUDENT}"),
            share_row("ces_easy", easy, len(ticks), level, variant=f"top_{top}_box", origin=origin),
        ]
    )
