"""What the appraisal lesson recomputes: how many quarters, which factors, whose ratings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.appraisal.combined import Combined, combined_result
from kamkit.methods.appraisal.combined_parts import combined_parts
from kamkit.methods.appraisal.controllable import GROWTH_RATES
from kamkit.methods.appraisal.distribution import grade_distribution
from kamkit.methods.appraisal.effects import Effects, shrunken_effects
from kamkit.methods.appraisal.fairness import four_fifths
from kamkit.methods.appraisal.judgement import Judgement, judge_performance
from kamkit.methods.appraisal.ranks import rank_intervals
from kamkit.methods.appraisal.territory import Adjusted, territory_adjusted
from kamkit.methods.fiscal import period_kind
from kamkit.methods.raters.icc import Icc, IccChoice, icc, icc_form
from kamkit.methods.raters.kendall import kendall_w
from kamkit.methods.raters.nine_box import nine_box
from kamkit.methods.raters.reliability import raters_needed, spearman_brown
from kamkit.methods.raters.severity import Severity, rater_severity
from kamkit.methods.shares import normal_point
from kamkit.schemes.kpis import find_factor

LINES = ("fixed", "thirds")
DRAWS = 1000  # of ranks, while somebody moves a slider


@dataclass(frozen=True)
class LuckCase:
    """``effects`` of the last quarters, and ``ranks`` (of ``rank_intervals``)."""

    effects: Effects | Judgement
    ranks: pd.DataFrame


def luck_case(attained: pd.DataFrame, *, quarters: int, without: str = "") -> LuckCase:
    """How far people can be told apart by their attainment of the last few quarters.

    Needs attained: member_id, period, attainment (as ``attainment`` gives it). ``without``: a
    member_id to leave out, or "" for nobody. Returns :class:`LuckCase`.
    Raises KamkitError as ``shrunken_effects``. Source: see there.

    >>> frame = pd.DataFrame({"member_id": list("aabbccdd"), "period": ["2025Q1", "2025Q2"] * 4,
    ...     "attainment": [1.0, 0.8, 0.9, 1.1, 1.2, 0.9, 0.7, 1.0]})
    >>> luck_case(frame, quarters=2).effects.rankable
    False
    """
    rows = attained.rename(columns={"attainment": "value"})[["member_id", "period", "value"]]
    rows = rows[rows["period"].isin(_last(rows["period"], quarters))]
    found = shrunken_effects(rows[rows["member_id"] != without])
    return LuckCase(found, rank_intervals(found, DRAWS))


def judged_case(
    teams: Mapping[str, Mapping[str, pd.DataFrame]],
    *,
    company: str,
    quarters: int,
    factors: Sequence[str] = ("potential",),
) -> LuckCase:
    """Who is weak or strong, given the territory, after the last few quarters of one company.

    ``teams``: tables kpi_values, targets, territories, members by company. Returns
    :class:`LuckCase`; its effects are a ``Judgement``. Raises KamkitError ``not_allowed``
    (company), and as ``judge_performance``. Source: see there.
    """
    if company not in teams:
        details = {"allowed": ", ".join(teams)}
        raise KamkitError(Problem("not_allowed", column="company", value=company, details=details))
    tables = teams[company]
    values = tables["kpi_values"]
    kept = values["period"].isin(_last(values["period"], quarters))
    found = judge_performance(
        values[kept], tables["targets"], tables["territories"], tables["members"], factors=factors
    )
    return LuckCase(found, rank_intervals(found, DRAWS))


def _last(periods: pd.Series, quarters: int) -> list[str]:
    known = sorted(p for p in periods.dropna().astype(str).unique() if period_kind(p) == "quarter")
    return known[-quarters:]


def territory_case(
    results: pd.DataFrame,
    places: pd.DataFrame,
    *,
    factors: str,
    labels: Mapping[str, str] | None = None,
) -> Adjusted:
    """Results beside what some factors of the territory let expect; refused ones say why.

    ``results``: member_id, actual; ``places``: member_id and every factor that one might ask
    for; ``factors``: names with blanks between them; ``labels``: what a factor is called in the
    answer and in a refusal. Returns ``Adjusted``. Raises KamkitError as ``territory_adjusted``:
    factor_controllable where people produce the factor themselves.

    >>> from kamkit.errors import KamkitError
    >>> people = pd.DataFrame({"member_id": list("abcdef"), "actual": [1.0, 2, 3, 4, 5, 6]})
    >>> places = people.rename(columns={"actual": "visits"})
    >>> try:
    ...     territory_case(people, places, factors="visits", labels={"visits": "calls made"})
    ... except KamkitError as error:
    ...     error.problems[0].code, error.problems[0].value
    ('factor_controllable', 'calls made')
    """
    asked = factors.split()
    called = {f: (labels or {}).get(f, f) for f in asked}
    rule = {called[f]: known for f in asked if (known := find_factor(f)) is not None}
    table = places[["member_id", *asked]].copy()
    for rate in (f for f in GROWTH_RATES if called.get(f, f) != f):
        table[rate] = 1 + pd.to_numeric(table[rate])  # a rate is known by its own name only
    return territory_adjusted(results, table.rename(columns=called), controllability=rule)


@dataclass(frozen=True)
class AgreementCase:
    """``forms`` and ``choice`` of the ICC, ``order``: W with what it can't see."""

    forms: pd.DataFrame
    choice: IccChoice
    order: pd.DataFrame
    reason: pd.DataFrame


def agreement_case(
    scores: pd.DataFrame,
    *,
    stricter: float = 0.0,
    same_raters: bool = True,
    level_matters: bool = True,
    mean_used: bool = False,
) -> AgreementCase:
    """Six ICC forms and Kendall's W where the last rater marks everybody ``stricter`` points less.

    ``scores``: one row a ratee, one column a rater. The other options describe the design
    (``icc_form``). Returns :class:`AgreementCase`; ``reason`` holds the key why the form fits.
    Source: Shrout & Fleiss 1979; Kendall & Babington Smith 1939.

    >>> judges = pd.DataFrame({"A": [1.0, 2, 3], "B": [2.0, 2, 4]})
    >>> calm, harsh = (agreement_case(judges, stricter=s).order.set_index("measure")["value"]
    ...     for s in (0.0, 2.0))
    >>> bool(calm["kendall_w"] == harsh["kendall_w"])
    True
    """
    moved = scores.astype(float)
    last = moved.columns[-1]
    moved[last] = moved[last] - stricter
    found: Icc = icc(moved)
    chosen = icc_form(same_raters=same_raters, level_matters=level_matters, mean_used=mean_used)
    row = {"form": chosen.form, "name": chosen.name, "reason": chosen.reason_key}
    return AgreementCase(found.forms, chosen, kendall_w(moved), pd.DataFrame([row]))


def own_severity(ratings: pd.DataFrame) -> Severity:
    """Severity of all raters who can be compared; groups without a link each for itself.

    Needs the columns of ``rater_severity``. A rater who shares nobody with others has none.
    Source: see there.

    >>> alone = pd.DataFrame({"rater_id": ["a", "a"], "ratee_id": ["p", "q"], "score": [3.0, 4.0]})
    >>> own_severity(alone).raters["status"].tolist()
    ['not_linked']
    """
    return rater_severity(ratings, unlinked="within")


def severity_case(tables: Mapping[str, pd.DataFrame], *, whose: str) -> Severity:
    """Severity by one of several selections of ratings; one whose raters aren't linked says so.

    ``tables``: ratings by the name of the selection. Raises KamkitError ``not_allowed``
    (whose), raters_not_linked and as ``rater_severity``. Source: see there.
    """
    if whose not in tables:
        details = {"allowed": ", ".join(tables)}
        raise KamkitError(Problem("not_allowed", column="whose", value=whose, details=details))
    return rater_severity(tables[whose])


def reliability_case(variances: Mapping[str, pd.DataFrame], *, target: float) -> pd.DataFrame:
    """What one rater of each source is worth, and how many the mean needs for ``target``.

    ``variances``: results of ``rating_variance`` by source. Returns one row a source: source,
    ratees, one_rater, low, high (reliability of one rater's mark, 0–1), three_raters (of the
    mean of three), needed (raters for the target), needed_at_best (by the upper end of the
    interval), variant, origin. Source: Spearman 1910; Brown 1910; Putka et al. 2008.
    """
    rows = []
    for source, table in variances.items():
        one = table[table["measure"] == "reliability_one_rater"].iloc[0]
        value, low, high = (float(one[c]) for c in ("value", "low", "high"))
        found = raters_needed(value, target=target, low=low, high=high)
        needed = found[found["measure"] == "raters_needed"].iloc[0]
        rows.append(
            {
                "source": source,
                "ratees": int(one["n"]),
                "one_rater": value,
                "low": low,
                "high": high,
                "three_raters": spearman_brown(value, 3),
                "needed": float(needed["value"]),
                "needed_at_best": float(needed["low"]),
                "variant": needed["variant"],
                "origin": needed["origin"],
            }
        )
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class SourcesCase:
    """One person's rows of ``multisource`` and of ``self_other_gap``."""

    cells: pd.DataFrame
    gaps: pd.DataFrame


def sources_case(
    tables: Mapping[int, tuple[pd.DataFrame, pd.DataFrame]], *, member_id: str, min_n: int
) -> SourcesCase:
    """One person by source where fewer than ``min_n`` raters of a source stay hidden.

    ``tables``: by minimum n the results of ``multisource`` and ``self_other_gap``. Returns
    :class:`SourcesCase`. Raises KamkitError ``not_allowed`` (min_n).
    Source: London & Smither 1995; S199.
    """
    if min_n not in tables:
        details = {"allowed": ", ".join(map(str, tables))}
        raise KamkitError(Problem("not_allowed", column="min_n", value=min_n, details=details))
    cells, gaps = (t[t["ratee_id"].astype("str") == member_id] for t in tables[min_n])
    return SourcesCase(cells.reset_index(drop=True), gaps.reset_index(drop=True))


def nine_case(table: pd.DataFrame, *, error: float = 1.0, lines: str = "fixed") -> pd.DataFrame:
    """The nine cells with errors ``error`` times as large, and with other lines.

    Needs the columns of ``nine_box`` (scores of 1–5). ``lines``: "fixed" are those of
    ``nine_box``, "thirds" cut the team into thirds on either axis. Returns the columns of
    ``nine_box``. Raises KamkitError ``not_allowed`` (lines), and as there. Source: house.

    >>> people = pd.DataFrame({"member_id": ["a"], "performance": [4.0], "performance_se": [0.3],
    ...     "potential": [3.0], "potential_se": [0.3]})
    >>> [bool(nine_case(people, error=e)["settled"][0]) for e in (1.0, 2.0)]
    [True, False]
    """
    if lines not in LINES:
        details = {"allowed": ", ".join(LINES)}
        raise KamkitError(Problem("not_allowed", column="lines", value=lines, details=details))
    axes = ("performance", "potential")
    wide = table.assign(**{f"{a}_se": error * table[f"{a}_se"] for a in axes})
    cuts: dict[str, tuple[float, float]] = {}
    if lines == "thirds":
        thirds = table[list(axes)].quantile([1 / 3, 2 / 3])
        cuts = {a: (float(thirds[a].iloc[0]), float(thirds[a].iloc[1])) for a in axes}
    apart = {a: pair for a, pair in cuts.items() if pair[0] < pair[1]}
    return nine_box(wide, cuts=apart or None)


def box_scores(performance: Severity, potential: Severity) -> pd.DataFrame:
    """Adjusted scores of two sets of ratings as the two axes of a nine-box.

    Returns member_id, performance, performance_se, potential, potential_se (points) of everybody
    who has both; the error is that of the 95 % interval. Source: house.
    """
    axes = {"performance": performance, "potential": potential}
    sides = [
        pd.DataFrame(
            {
                "member_id": found.ratees["ratee_id"].astype("str"),
                axis: found.ratees["adjusted"],
                f"{axis}_se": (found.ratees["high"] - found.ratees["low"]) / 2 / normal_point(0.95),
            }
        )
        for axis, found in axes.items()
    ]
    return sides[0].merge(sides[1], on="member_id")


def with_names(
    table: pd.DataFrame, names: Mapping[str, str], column: str = "member_id"
) -> pd.DataFrame:
    """A copy with a column ``name``: the name of whom ``column`` means, else the id.

    >>> table = pd.DataFrame({"member_id": ["a", "b"]})
    >>> with_names(table, {"a": "Ada"})["name"].tolist()
    ['Ada', 'b']
    """
    return table.assign(name=[names.get(str(i), str(i)) for i in table[column]])


def kpi_views(totals: pd.DataFrame, judged: Judgement) -> dict[str, tuple[pd.DataFrame, float]]:
    """Three ways to count the same year's figures, each with the standard error of the score.

    ``totals``: a scorecard's totals of the year; ``judged``: ``judge_performance`` of the
    year's quarters. Returns by name (scores, se): "counted" (as they stand, taken as exact),
    "luck" (the same, with the error of so few quarters), "territory" (against what the
    territory lets expect, with that error). Source: S210; house.
    """
    spread = judged.measures.loc[judged.measures["measure"] == "sd_within", "value"]
    n = float(judged.members["n"].median()) if len(judged.members) else np.nan
    se = float(spread.iloc[0]) / np.sqrt(n) if len(spread) else np.nan
    beside = judged.members[["member_id"]].assign(
        score=np.exp(judged.members["raw_effect"].astype(float)), n_kpis=1
    )
    return {"counted": (totals, 0.0), "luck": (totals, se), "territory": (beside, se)}


def part_views(
    figures: Mapping[str, tuple[pd.DataFrame, float]],
    levels: Mapping[bool, tuple[pd.DataFrame, pd.DataFrame]],
) -> dict[tuple[str, bool], pd.DataFrame]:
    """Parts of the appraisal by (way to count the figures, severity taken out).

    ``figures``: of :func:`kpi_views`; ``levels``: by whether severity is taken out, the results
    of ``competence_gaps`` and ``duty_profile``. Source: S210; scale house.
    """
    return {
        (way, adjusted): combined_parts(kpi=kpi, competence=gaps, duty=duty, kpi_se=se)
        for way, (kpi, se) in figures.items()
        for adjusted, (gaps, duty) in levels.items()
    }


def combined_case(
    parts: Mapping[tuple[str, bool], pd.DataFrame],
    *,
    weights: Mapping[str, float],
    figures: str = "territory",
    adjusted: bool = True,
) -> Combined:
    """The combined result with other weights, ways to count, with or without severity.

    ``parts``: of :func:`part_views`. Raises KamkitError ``not_allowed`` (figures), and as
    ``combined_result``. Source: S210.
    """
    if (figures, adjusted) not in parts:
        details = {"allowed": ", ".join(sorted({way for way, _ in parts}))}
        raise KamkitError(Problem("not_allowed", column="figures", value=figures, details=details))
    return combined_result(parts[figures, adjusted], weights)


def curve_case(combined: Combined, *, top: float, bottom: float) -> pd.DataFrame:
    """Grades against a curve that forces a share to the top and one to the bottom.

    The rest of the curve follows the grades in between as they were given. Returns the columns
    of ``grade_distribution``. Raises KamkitError ``out_of_range`` where both shares together
    pass 1. Source: S210 (distribution check); house.

    >>> parts = pd.DataFrame({"member_id": list("abcd"), "part": "kpi",
    ...     "value": [70.0, 69, 68, 67], "se": 5.0})
    >>> curve_case(combined_result(parts), top=0.25, bottom=0.25)["curve_n"].tolist()
    [1, 0, 2, 0, 1]
    """
    if top < 0 or bottom < 0 or top + bottom > 1:
        value, details = f"{top:g} + {bottom:g}", {"allowed": "0–1"}
        raise KamkitError(
            Problem("out_of_range", column="top + bottom", value=value, details=details)
        )
    names = [g for g, _ in combined.grades]
    between = combined.members["grade"].value_counts().reindex(names[1:-1], fill_value=0)
    if not between.sum():
        between = between + 1
    rest = (1 - top - bottom) * between / between.sum()
    middle = {str(grade): float(share) for grade, share in rest.items()}
    return grade_distribution(combined, {names[0]: top, **middle, names[-1]: bottom})


def fairness_case(counts: pd.DataFrame, *, selected: int, times: int = 1) -> pd.DataFrame:
    """The screen where another number of the last group is selected, in a larger company.

    ``counts``: group, selected, total; all counts are multiplied by ``times``. Returns the
    columns of ``four_fifths``. Raises KamkitError as there. Source: 29 CFR 1607.4(D).

    >>> counts = pd.DataFrame({"group": ["a", "b"], "selected": [5, 2], "total": [10, 10]})
    >>> fairness_case(counts, selected=4)["flagged"].tolist()
    [False, False]
    """
    size = counts["total"].to_numpy()
    chosen = counts["selected"].to_numpy().copy()
    if len(chosen):
        chosen[-1] = np.minimum(selected, size[-1])
    grown = counts.assign(selected=chosen * times, total=size * times)
    return four_fifths(grown[["group", "selected", "total"]])
