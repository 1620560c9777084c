"""Relationship-quality scores of accounts from a survey, with intervals and response rates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.relationship.survey_answers import Answers, read_answers
from kamkit.methods.relationship.survey_cells import (
    AGGREGATES,
    CellErrors,
    CellMeans,
    cell_errors,
    cell_means,
    tick_sd,
    total_of,
)
from kamkit.methods.relationship.survey_intervals import (
    BOOTSTRAP_FROM,
    beyond_scale,
    bootstrap_means,
    expanded_level,
    t_point,
)
from kamkit.methods.relationship.survey_rates import response_rates
from kamkit.methods.relationship.survey_tables import (
    account_rows,
    gate_rows,
    item_rows,
    note_rows,
    respondent_rows,
    weakest_rows,
)
from kamkit.methods.relationship.survey_weights import respondent_weights
from kamkit.methods.shares import Floats
from kamkit.schemes.surveys import Survey, read_survey


@dataclass(frozen=True)
class SurveyScore:
    """What :func:`survey_score` found.

    Attributes
    ----------
    accounts
        One row an account, wave, side and dimension (and "total"): wave, side, account_id,
        dimension, score (0–100), low, high, se (points), df, n (respondents), n_effective
        (after weighting), invited, response_rate (0–1), rate_low, rate_high (Wilson), cluster
        (accounts of one wave, side and dimension that share a number cannot be separated; 0
        unknown), variant, origin.
    items
        One row an account, wave, side and item: wave, side, account_id, dimension, item, score
        (0–100, reverse-keyed items turned), n, contribution (points of the total that the item
        brings; they add up to the total), shortfall (points that it leaves out).
    weakest
        One row an account, wave and side: wave, side, account_id, dimension (the lowest),
        score, second (the next), score_gap, low, high (interval of the gap, points), status
        (weakest, cannot_be_separated, too_little_data), variant, origin.
    gates
        One row an account and dimension with a minimum: wave, side, account_id, dimension,
        minimum, score, low, high, status (passed, failed, unclear, unknown), origin.
    notes
        What to know before reading the scores: code, wave, side, n, of, names.
    respondents
        One row a respondent: wave, side, account_id, respondent_id, weight, a column for each
        dimension, total (its linear share where the total is geometric), and ``item.<id>``.
    survey
        The instrument; ``aggregate``, ``level``, ``variant``: how the scores were formed.
    """

    accounts: pd.DataFrame
    items: pd.DataFrame
    weakest: pd.DataFrame
    gates: pd.DataFrame
    notes: pd.DataFrame
    respondents: pd.DataFrame
    survey: Survey
    aggregate: str
    level: float
    variant: str


def survey_score(
    responses: pd.DataFrame,
    invitations: pd.DataFrame | None = None,
    roles: pd.DataFrame | None = None,
    *,
    instrument: str | Path | Survey = "relationship_quality",
    wave: str | None = None,
    side: Literal["customer", "us"] | None = "customer",
    weighting: Literal["equal", "influence", "function"] = "equal",
    missing: Literal["person_mean_half", "listwise"] = "person_mean_half",
    aggregate: Literal["arithmetic", "geometric"] = "arithmetic",
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    as_of: str | pd.Timestamp | None = None,
) -> SurveyScore:
    """Dimension scores and total (0–100) of every account, and how sure they are.

    ``responses``: wave, account_id, respondent_id, side, item, score; or a form with the item
    ids as columns. ``invitations`` (for response rates): wave, account_id, respondent_id, side.
    ``roles``: see ``respondent_weights``. ``wave``, ``side`` None: all of them.

    A respondent's dimension is the mean of his or her items; an account's the (weighted) mean
    of its respondents; the total the arithmetic or geometric mean of the dimensions. Below 20
    respondents the interval is t on a moderated variance: the account's own, drawn towards
    that of all accounts of the wave and side; so one respondent has a defined, wide interval.
    From 20 on respondents are resampled (expanded percentiles). Close to an end of the scale
    the interval reaches further out by what the end cuts off. What it tells of is the mean that
    all people of that kind would give on these items, not the mean of those who answered.

    Returns SurveyScore. Raises KamkitError: see ``read_answers``; table_needed, unknown_option.
    Source: construct Vieira, Winklhofer & Ennew 2008 (items ours; the sources give no scale,
    S107); Smyth 2004; Hesterberg 2015; aggregation OECD/JRC 2008; limits house.

    >>> form = pd.DataFrame({"account_id": ["A"], "respondent_id": ["p"], "trust_1": [6],
    ...     "trust_2": [5], "trust_3": [6], "satisfaction_1": [5], "satisfaction_2": [5],
    ...     "commitment_1": [4], "commitment_2": [6], "commitment_3": [5], "commitment_4": [3]})
    >>> found = survey_score(form).accounts
    >>> found["score"].round(2).tolist(), found["n"].tolist()
    ([77.78, 66.67, 66.67, 70.37], [1, 1, 1, 1])
    """
    survey = instrument if isinstance(instrument, Survey) else read_survey(instrument)
    _check(aggregate, side)
    answers = read_answers(responses, survey, wave=wave, missing=missing)
    weights = respondent_weights(answers, roles, weighting, as_of)
    shares = np.array([survey.weights[d] for d in survey.dimension_ids])
    means = cell_means(
        answers, weights.values, shares if survey.total else shares[:0], aggregate,
        survey.dimension_ids,
    )  # fmt: skip
    errors = cell_errors(
        means.residual, weights.values, answers.cell, answers.cells, _floors(survey, means)
    )
    low, high, kind = _intervals(answers, weights.values, means, errors, shares, aggregate,
                                 level, draws, seed)  # fmt: skip
    variant = f"{aggregate}; {weighting}_weights; {missing}"
    rates = response_rates(answers, invitations, wave, level)
    accounts = account_rows(answers, means, errors, (low, high, kind), rates, variant, survey)
    parts = (
        accounts,
        item_rows(answers, weights.values, means, survey),
        weakest_rows(answers, means, errors, (low, high, kind), survey),
        gate_rows(accounts, survey),
        note_rows(answers, weights.unknown, rates, accounts, survey),
        respondent_rows(answers, weights.values, means, survey),
    )
    accounts, items, weakest, gates, notes, people = (
        p if side is None else p[p["side"] == side].reset_index(drop=True) for p in parts
    )
    return SurveyScore(
        accounts, items, weakest, gates, notes, people, survey, aggregate, level, variant
    )


def _check(aggregate: str, side: str | None) -> None:
    allowed = {"aggregate": AGGREGATES, "side": ("customer", "us")}
    KamkitError.collect(
        Problem("unknown_option", column=name, value=value,
                details={"allowed": ", ".join(allowed[name])})
        for name, value in (("aggregate", aggregate), ("side", side))
        if value is not None and value not in allowed[name]
    )  # fmt: skip


def _floors(survey: Survey, means: CellMeans) -> Floats:
    """Least variance of a respondent's score: rounding each item to whole steps (1/12 step²)."""
    by_dimension = []
    for dimension in survey.dimension_ids:
        steps = [100 / (i.high - i.low) for i in survey.items_of(dimension)]
        by_dimension.append(sum(s * s / 12 for s in steps) / len(steps) ** 2)
    floor = np.array(by_dimension)
    shares = np.array([survey.weights[d] for d in survey.dimension_ids])
    total = [float((shares**2 * floor).sum())] if survey.total else []
    return np.array([*by_dimension, *total, *(floor[i] + floor[j] for i, j in means.pairs)])


def _intervals(
    answers: Answers,
    weights: Floats,
    means: CellMeans,
    errors: CellErrors,
    shares: Floats,
    aggregate: str,
    level: float,
    draws: int,
    seed: int,
) -> tuple[Floats, Floats, np.ndarray]:
    """Interval ends of every quantity of every cell, and which kind of interval it is."""
    reach = t_point(errors.df, level) * errors.error
    low, high, kind = means.estimate - reach, means.estimate + reach, errors.kind.copy()
    sizes = np.bincount(answers.cell, minlength=len(answers.cells))
    many = np.flatnonzero(sizes >= BOOTSTRAP_FROM)
    k = answers.dimensions.shape[1]
    total = len(means.names) > k
    drawn = bootstrap_means(answers.dimensions, weights, answers.cell, many, draws, seed)
    for n, cells, dims in drawn if len(many) else ():
        gaps = [dims[:, :, i] - dims[:, :, j] for i, j in means.pairs]
        whole = [total_of(dims, shares, aggregate)] if total else []
        figures = np.concatenate([dims, np.stack([*whole, *gaps], axis=2)], axis=2)
        tail = (1 - expanded_level(n, level)) / 2
        cut = np.quantile(figures, [tail, 1 - tail], axis=0)
        # Too few of them answered the dimension, or all alike: the t interval stays.
        good = (errors.n[cells] >= BOOTSTRAP_FROM) & (cut[1] > cut[0])
        low[cells] = np.where(good, cut[0], low[cells])
        high[cells] = np.where(good, cut[1], high[cells])
        kind[cells] = np.where(good, "bootstrap", kind[cells])
    scores = len(means.names)
    ends = beyond_scale(low[:, :scores], high[:, :scores], tick_sd(answers)[:, None])
    low[:, :scores], high[:, :scores] = ends
    return low, high, kind
