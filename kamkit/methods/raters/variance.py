"""Where the differences between marks come from: persons, raters, and the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.raters.additive import Design, fit_additive, rating_design
from kamkit.methods.raters.inputs import need_level, read_ratings
from kamkit.methods.shares import Floats

PUTKA = "field:Putka et al. 2008"
HENDERSON = "field:Henderson 1953; field:Weerahandi 1993"
MEASURES = (
    *("var_person", "var_rater", "var_residual", "share_person", "share_rater", "share_residual"),
    *("reliability_one_rater", "reliability_design", "sem_design"),
)


@dataclass(frozen=True)
class Squares:
    """Sums of squares with degrees of freedom and what of the components they hold.

    E(rest) = df·e; E(person) = df·e + trace·p; E(rater) = df·e + trace·r.
    """

    rest: float
    rest_df: float
    person: float
    person_df: float
    person_trace: float
    rater: float
    rater_df: float
    rater_trace: float


def rating_variance(
    ratings: pd.DataFrame,
    *,
    level: float = 0.95,
    sources: list[str] | None = None,
    draws: int = 10_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Variance components of marks and how reliable they make the ratees' means; gaps allowed.

    Needs columns ratee_id, rater_id, score; competency and period, where present, are taken
    out (their means) and the marks of one rater for one person averaged, so that the rest is
    what this rater thinks of this person in particular, and chance. Self-ratings are left out.

    Returns a measure table (n: ratees): var_person, var_rater, var_residual (points²);
    share_person, share_rater, share_residual (0–1); reliability_one_rater (one rater's mark as
    it stands, severity included: ICC(A,1) where everybody is rated by all);
    reliability_design (means as they were collected, G(q,k): severity counts as far as persons
    have different raters); sem_design (points). Components below 0 are shown as 0. Where every
    rater rates one person only, rater and rest are one: var_rater is NaN and variant says
    raters_nested. Raises KamkitError missing_column, empty_cell, not_a_number,
    option_out_of_range. Source: Henderson 1953 (method 3); Putka et al. 2008; intervals
    Weerahandi 1993.

    >>> judges = pd.DataFrame({"A": [9, 6, 8, 7, 10, 6], "B": [2, 1, 4, 1, 5, 2],
    ...     "C": [5, 3, 6, 2, 6, 4], "D": [8, 2, 8, 6, 9, 7]})
    >>> rows = judges.rename_axis("ratee_id").reset_index().melt(
    ...     "ratee_id", var_name="rater_id", value_name="score")
    >>> found = rating_variance(rows).set_index("measure")["value"].round(4)
    >>> found[["var_person", "reliability_one_rater", "reliability_design"]].tolist()
    [2.5556, 0.2898, 0.9093]
    """
    need_level(level)
    marks = dyad_marks(read_ratings(ratings, sources=sources))
    design = rating_design(marks)
    squares = sums_of_squares(design)
    nested = squares.rest_df <= 0 and _nested(design)
    one_way = _one_way(design) if nested else None
    n = len(design.ratees)
    usable = one_way is not None or (squares.rest_df > 0 and squares.person_trace > 1e-9)
    if not usable:
        return measure_table(
            measure_row(m, np.nan, n, variant="too_little_data", origin=HENDERSON) for m in MEASURES
        )
    used = one_way or squares
    q, per = sharing(design)
    found = _figures(*_components(used, None), q, per)
    rng = np.random.default_rng(seed)
    drawn = _figures(*_components(used, _chi(used, draws, rng)), q, per)
    tail = (1 - level) / 2
    variant = "raters_nested" if nested else "henderson_3"
    rows = []
    for name in MEASURES:
        hidden = nested and name in ("var_rater", "share_rater")
        ends = np.nanquantile(drawn[name], [tail, 1 - tail]) if not hidden else [np.nan] * 2
        rows.append(
            measure_row(
                name, np.nan if hidden else float(found[name][0]), n, low=ends[0], high=ends[1],
                variant=f"{variant}; generalised_interval",
                origin=f"{PUTKA}; {HENDERSON}" if "design" in name else HENDERSON,
            )
        )  # fmt: skip
    return measure_table(rows)


def dyad_marks(table: pd.DataFrame) -> pd.DataFrame:
    """One mark a rater and person: the mean of what is left without competency and period."""
    usual = table.groupby(["competency", "period"])["score"].transform("mean")
    marks = table.assign(score=table["score"] - usual + table["score"].mean())
    means = marks.groupby(["ratee_id", "rater_id"], sort=True)["score"].mean().reset_index()
    return means.assign(competency="", period="")


def sums_of_squares(design: Design) -> Squares:
    """Sums of squares of Henderson's method 3, one mark a rater and person."""
    n, people, raters = len(design.score), len(design.ratees), len(design.raters)
    fit = fit_additive(design)
    y = design.score - design.score.mean() if n else design.score
    total = float((y**2).sum())
    by_person = np.bincount(design.ratee, y, people)
    by_rater = np.bincount(design.rater, y, raters)
    within_person = total - float((by_person**2 / np.maximum(design.n_ratee, 1)).sum())
    within_rater = total - float((by_rater**2 / np.maximum(design.n_rater, 1)).sum())
    rest = max(within_person - fit.explained, 0.0)
    parts = n - fit.df - people - raters  # minus the number of components
    return Squares(
        rest=rest,
        rest_df=fit.df,
        person=max(within_rater - rest, 0.0),
        person_df=people + parts,
        person_trace=float(n - raters),
        rater=max(fit.explained, 0.0),
        rater_df=raters + parts,
        rater_trace=float(n - people),
    )


def _nested(design: Design) -> bool:
    return len(design.score) == len(design.raters) and len(design.score) > len(design.ratees) > 1


def _one_way(design: Design) -> Squares:
    """Persons against everything else: what nested raters allow."""
    n, people = len(design.score), len(design.ratees)
    y = design.score - design.score.mean()
    sums = np.bincount(design.ratee, y, people)
    between = float((sums**2 / design.n_ratee).sum())
    trace = n - float((design.n_ratee**2).sum()) / n
    rest = float((y**2).sum()) - between
    return Squares(rest, float(n - people), between, people - 1.0, trace, 0.0, 0.0, 0.0)


def _chi(s: Squares, draws: int, rng: np.random.Generator) -> tuple[Floats, ...]:
    return tuple(
        rng.chisquare(df, draws) / df if df > 0 else np.ones(draws)
        for df in (s.rest_df, s.person_df, s.rater_df)
    )


def _components(s: Squares, chi: tuple[Floats, ...] | None) -> tuple[Floats, Floats, Floats]:
    """Person, rater and rest: the estimates, or draws of what they may be (Weerahandi)."""
    one = np.ones(1)
    rest_chi, person_chi, rater_chi = chi or (one, one, one)
    rest = s.rest / s.rest_df / rest_chi
    person = (s.person / person_chi - s.person_df * rest) / s.person_trace
    if s.rater_trace > 1e-9 and s.rater_df > 0:
        rater = (s.rater / rater_chi - s.rater_df * rest) / s.rater_trace
    else:
        rater = np.zeros_like(rest)
    return np.maximum(person, 0.0), np.maximum(rater, 0.0), rest


def sharing(design: Design) -> tuple[float, float]:
    """q of G(q,k), 0 where all persons have the same raters, and 1/k (harmonic mean)."""
    people = len(design.ratees)
    per = float((1 / design.n_ratee).mean())
    if people < 2:
        return per, per
    common = np.asarray(design.shares.sum(axis=0)).ravel()
    shared = (float(common @ common) - people * per) / (people * (people - 1))
    return max(per - shared, 0.0), per


def _figures(
    person: Floats, rater: Floats, rest: Floats, q: float, per: float
) -> dict[str, Floats]:
    error = q * rater + per * rest
    total = person + rater + rest
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "var_person": person, "var_rater": rater, "var_residual": rest,
            "share_person": person / total, "share_rater": rater / total,
            "share_residual": rest / total, "reliability_one_rater": person / total,
            "reliability_design": person / (person + error), "sem_design": np.sqrt(error),
        }  # fmt: skip
