"""How strict each rater is, and what the rated would score with a rater like all others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.special import fdtrc

from kamkit.errors import KamkitError, Problem
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.raters.additive import Additive, Design, fit_additive, rating_design
from kamkit.methods.raters.inference import HOLM, beyond_p, holm, t_reach, tied_groups
from kamkit.methods.raters.inputs import need_choice, need_level, read_ratings
from kamkit.methods.raters.links import refuse_unlinked
from kamkit.methods.shares import Floats

TOLERANCE = 0.5  # half a step of the scale: less moves nobody's rounded mark by itself (house)
SAAL = "field:Saal, Downey & Lahey 1980"
RATER_COLUMNS = [
    *("rater_id", "component", "n", "ratees", "effect", "severity", "low", "high", "p_holm"),
    *("flagged", "status", "variant", "origin"),
]
RATEE_COLUMNS = [
    *("ratee_id", "component", "n", "n_raters", "raw_mean", "adjusted", "low", "high"),
    *("rank_raw", "rank_adjusted", "group", "variant", "origin"),
]


@dataclass(frozen=True)
class Severity:
    """What :func:`rater_severity` found.

    Attributes
    ----------
    raters
        One row a rater: rater_id, component, n (scores), ratees, effect (leniency in points of
        the scale, + gives more than others; adds up to 0 over a component), severity (points
        below the typical rater, + stricter), low, high, p_holm (that severity is beyond
        ``tolerance``, corrected for all raters), flagged, status (severe, lenient, in_line,
        two_raters_differ, error_unknown, not_linked), variant, origin.
    ratees
        One row a ratee: ratee_id, component, n (scores), n_raters, raw_mean, adjusted (the mean
        with rater effects taken out), low, high, rank_raw, rank_adjusted (1 the highest, within
        a component), group (same number: cannot be separated; 0 unknown), variant, origin.
    linked
        rater_id, component (1 the largest; effects compare within a component only), raters
        and ratees of that component.
    measures
        Measure table: raters_differ_p (F test), rater_sd (spread of true effects), dyad_sd
        (what one rater's mark of one person is off by, both in points).
    tolerance
        Points of severity that do not count as strict or lenient.
    """

    raters: pd.DataFrame
    ratees: pd.DataFrame
    linked: pd.DataFrame
    measures: pd.DataFrame
    tolerance: float


def rater_severity(
    ratings: pd.DataFrame,
    *,
    level: float = 0.95,
    tolerance: float = TOLERANCE,
    sources: Iterable[str] | None = None,
    unlinked: Literal["refuse", "within"] = "refuse",
) -> Severity:
    """Severity of each rater and adjusted scores of the rated: score = person + rater + rest.

    Needs columns ratee_id, rater_id, score; source, competency and period are used where
    present. Only scores of the same person, competency and period are compared. Self-ratings
    are left out; ``sources`` keeps some sources only. What a rater thinks of one person colours
    all marks for that person, so the error comes from rater-by-person means, not from single
    scores. The typical rater is the mean of those within ``tolerance`` of the middle one: one
    harsh rater does not make all others lenient. Of two raters nobody can tell which one is
    off. Flagged is who lies beyond ``tolerance`` (Holm over all raters, 1 − ``level``).

    Returns :class:`Severity`. Raises KamkitError missing_column, empty_cell, not_a_number,
    option_out_of_range, and raters_not_linked (which names the groups and the fewest ratings
    that would link them) unless ``unlinked`` is "within": then each component for itself.
    Source: Saal, Downey & Lahey 1980; Holm 1979; Hodges & Lehmann 1954; tolerance and typical
    rater house.

    >>> rows = pd.DataFrame({"rater_id": list("AAABBB"),
    ...     "ratee_id": ["p1", "p2", "p3", "p3", "p4", "p5"], "score": [3.5, 4.5, 5.5, 4.5, 3, 2]})
    >>> found = rater_severity(rows)
    >>> found.raters["effect"].tolist(), found.ratees["adjusted"].tolist()
    ([0.5, -0.5], [3.0, 4.0, 5.0, 3.5, 2.5])
    """
    need_level(level)
    need_choice("unlinked", unlinked, ("refuse", "within"))
    if not tolerance >= 0:
        details = {"low": "0", "high": "∞"}
        raise KamkitError(
            Problem("option_out_of_range", column="tolerance", value=tolerance, details=details)
        )
    table = read_ratings(ratings, sources=sources)
    design = rating_design(table)
    if unlinked == "refuse":
        refuse_unlinked(table, design.part, design.raters)
    fit = fit_additive(design)
    raters = _raters(design, fit, level, tolerance)
    return Severity(
        raters, _ratees(design, fit, level), _linked(design), _measures(design, fit), tolerance
    )


def typical(design: Design, effect: Floats, tolerance: float) -> csr_array:
    """Weights (raters × parts) of those who lie within the tolerance of their part's middle."""
    count = int(design.part.max()) + 1 if len(design.part) else 0
    middle = pd.Series(effect).groupby(design.part).median().to_numpy()
    near = np.abs(effect - middle[design.part]) <= tolerance + 1e-9
    some = np.bincount(design.part, weights=near, minlength=count) > 0
    near |= ~some[design.part]
    size = np.bincount(design.part, weights=near, minlength=count)
    rows = np.flatnonzero(near)
    weight = 1 / size[design.part[rows]]
    return csr_array((weight, (rows, design.part[rows])), shape=(len(effect), count))


def _raters(design: Design, fit: Additive, level: float, tolerance: float) -> pd.DataFrame:
    weights = typical(design, fit.effect, tolerance)
    severity = (weights.T @ fit.effect)[design.part] - fit.effect
    size = np.bincount(design.part)[design.part] if len(design.part) else np.zeros(0)
    error = np.where(size > 1, fit.contrast_error(weights, design.part), np.nan)
    reach = t_reach(fit.df, level) * error
    p = holm(beyond_p(severity, error, fit.df, tolerance))
    beyond = (p < 1 - level) & ~np.isnan(p)
    flagged = beyond & (size > 2)
    status = np.select(
        [size < 2, np.isnan(p), beyond & ~flagged, flagged & (severity > 0), flagged],
        ["not_linked", "error_unknown", "two_raters_differ", "severe", "lenient"],
        "in_line",
    )
    table = pd.DataFrame(
        {
            "rater_id": design.raters, "component": design.part + 1, "n": design.n_rater,
            "ratees": design.ratees_of_rater, "effect": fit.effect,
            "severity": np.where(size > 1, severity, np.nan), "low": severity - reach,
            "high": severity + reach, "p_holm": p, "flagged": flagged, "status": status,
            "variant": f"additive; {fit.error_kind}; typical_rater",
            "origin": f"{SAAL}; {HOLM}; house",
        },
        columns=RATER_COLUMNS,
    )  # fmt: skip
    return table.astype(dict.fromkeys(["rater_id", "status", "variant", "origin"], "str"))


def _ratees(design: Design, fit: Additive, level: float) -> pd.DataFrame:
    shares = design.shares
    raw = design.raw_mean
    # Whoever was rated by people of several components can be put on none of their scales.
    one = design.ratee_part >= 0
    adjusted = np.where(one, raw - shares @ fit.effect, np.nan)
    error = np.sqrt(fit.sigma2 / design.n_ratee + fit.quadratic(shares))
    reach = np.where(one, t_reach(fit.df, level) * error, np.nan)
    part = pd.Series(design.ratee_part)
    group = np.zeros(len(raw), dtype=np.int64)
    for number in np.unique(design.ratee_part[one]):
        mine = design.ratee_part == number
        group[mine] = tied_groups(adjusted[mine], reach[mine])
    # Sums in another order may differ in the last digit: that is no difference of rank.
    ranks = [
        pd.Series(v.round(9)).groupby(part).rank("min", ascending=False).where(one)
        for v in (raw, adjusted)
    ]
    table = pd.DataFrame(
        {
            "ratee_id": design.ratees, "component": np.where(one, part + 1, 0),
            "n": design.n_ratee, "n_raters": design.raters_of_ratee, "raw_mean": raw,
            "adjusted": adjusted, "low": adjusted - reach, "high": adjusted + reach,
            "rank_raw": ranks[0], "rank_adjusted": ranks[1], "group": group,
            "variant": f"additive; {fit.error_kind}" if np.isfinite(fit.sigma2)
            else "additive; too_little_data",
            "origin": SAAL,
        },
        columns=RATEE_COLUMNS,
    )  # fmt: skip
    return table.astype(dict.fromkeys(["ratee_id", "variant", "origin"], "str"))


def _linked(design: Design) -> pd.DataFrame:
    raters = np.bincount(design.part) if len(design.part) else np.zeros(0, dtype=np.int64)
    inside = design.ratee_part[design.ratee_part >= 0]
    ratees = np.bincount(inside, minlength=len(raters))
    return pd.DataFrame(
        {
            "rater_id": pd.Series(design.raters, dtype="str"),
            "component": design.part + 1,
            "raters": raters[design.part],
            "ratees": ratees[design.part],
        }
    )


def _measures(design: Design, fit: Additive) -> pd.DataFrame:
    """Whether raters differ at all, by how much, and how far a single mark is off."""
    n, free = len(design.raters), len(design.raters) - (int(design.part.max(initial=-1)) + 1)
    if not np.isfinite(fit.sigma2) or free < 1:
        return measure_table(
            measure_row(m, np.nan, n, variant="too_little_data", origin=SAAL)
            for m in ("raters_differ_p", "rater_sd", "dyad_sd")
        )
    ratio = fit.explained / free / fit.sigma2 if fit.sigma2 > 0 else np.inf
    size = np.bincount(design.part)[design.part]
    excess = (fit.effect**2)[size > 1].sum() / free - fit.variance[size > 1].sum() / free
    per_dyad = len(design.score) / max(design.dyads, 1)
    return measure_table(
        [
            measure_row("raters_differ_p", float(fdtrc(free, fit.df, ratio)), n,
                        variant=f"f_test; {fit.error_kind}", origin=SAAL),
            measure_row("rater_sd", np.sqrt(max(excess, 0.0)), n, variant="moments", origin=SAAL),
            measure_row("dyad_sd", np.sqrt(fit.sigma2 / per_dyad), design.dyads,
                        variant="dyad_error", origin=SAAL),
        ]
    )  # fmt: skip
