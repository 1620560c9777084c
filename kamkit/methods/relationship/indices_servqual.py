"""Service quality: perception less expectation on five dimensions, with its caveats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from kamkit.errors import KamkitError, Problem
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.relationship.reliability import cronbach_alpha
from kamkit.methods.relationship.survey_answers import read_answers
from kamkit.methods.shares import Floats
from kamkit.schemes.surveys import EXPECTED, Survey, read_survey

PZB, CRONIN = "field:Parasuraman, Zeithaml & Berry 1988", "field:Cronin & Taylor 1992"
DIMENSION_COLUMNS = [
    *("dimension", "perception", "expectation", "score_gap", "low", "high", "n", "weight"),
    *("alpha_perception", "alpha_gap", "status", "variant", "origin"),
]
ITEM_COLUMNS = [
    *("dimension", "item", "perception", "expectation", "score_gap", "low", "high", "n", "status"),
    *("variant", "origin"),
]


@dataclass(frozen=True)
class ServqualGaps:
    """What :func:`servqual_gaps` found.

    Attributes
    ----------
    overall
        Measure table: servqual_gap (mean of dimensions), servqual_gap_weighted (points given by
        customers, or equal), servperf (perceptions only, on the scale).
    dimensions
        dimension, perception, expectation (on the scale), score_gap, low, high (t), n (respondents
        with both halves), weight (0–1), alpha_perception, alpha_gap (reliability of each; NaN
        where refused), status (below, above, cannot_be_separated, too_little_data), variant
        (paired_t, perceptions_only, too_little_data), origin.
    items
        dimension, item, perception, expectation, score_gap, low, high, n, status, variant, origin.
    caveats
        code, n: difference_scores (always, where there are gaps: the difference is less
        reliable than either half), perceptions_only (no expectations: SERVPERF),
        gap_less_reliable (dimensions whose gap is), expectations_at_ceiling (share of
        expectations at the best step in n %), few_respondents.
    """

    overall: pd.DataFrame
    dimensions: pd.DataFrame
    items: pd.DataFrame
    caveats: pd.DataFrame


def mean_gap(gaps: Sequence[float], weights: Sequence[float] | None = None) -> float:
    """Mean of dimension gaps, weighted by points if given; NaN where none is known.

    >>> round(mean_gap([-0.65, -1.10, -0.83, -0.70, -1.01]), 3)
    -0.858
    """
    x = np.asarray(gaps, dtype=float)
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    known = ~np.isnan(x) & ~np.isnan(w)
    if len(w) != len(x) or (w[known] < 0).any():
        raise KamkitError(Problem("bad_weight", "weights", value=str(weights)))
    return float((x * w)[known].sum() / w[known].sum()) if w[known].sum() > 0 else np.nan


def servqual_gaps(
    responses: pd.DataFrame,
    *,
    weights: Mapping[str, float] | None = None,
    instrument: str | Path | Survey = "service_quality",
    wave: str | None = None,
    level: float = 0.95,
) -> ServqualGaps:
    """Gaps of service quality (perception − expectation), dimension by dimension and item by item.

    ``responses``: as for ``survey_score``; perceptions under the item's id, expectations under
    ``<id>_e``. Without expectations only perceptions are given, which predict better and need
    half the questions. ``weights``: points (say 100 in all) that customers spread over the
    dimensions; None: equal. Gaps are taken within a respondent who answered both halves.

    Returns ServqualGaps. Raises KamkitError: see ``read_answers``; bad_weight.
    Source: Parasuraman, Zeithaml & Berry 1988; perceptions only Cronin & Taylor 1992;
    difference scores Edwards 2002.

    >>> form = pd.DataFrame({"account_id": "A", "respondent_id": list("pq"),
    ...     "empathy_1": [5, 4], "empathy_1_e": [7, 6], "empathy_2": [5, 4],
    ...     "empathy_2_e": [7, 6], "empathy_3": [5, 4], "empathy_3_e": [7, 6]})
    >>> servqual_gaps(form).dimensions["score_gap"].dropna().tolist()
    [-2.0]
    """
    survey = instrument if isinstance(instrument, Survey) else read_survey(instrument)
    given = _weights(weights, survey)
    perceived, expected = _halves(responses, survey, wave)
    dimensions = _dimension_rows(perceived, expected, survey, given, level)
    items = _item_rows(perceived, expected, survey, level)
    caveats = _caveats(dimensions, expected, survey)
    return ServqualGaps(_overall(dimensions, weights is not None), dimensions, items, caveats)


def _weights(weights: Mapping[str, float] | None, survey: Survey) -> Floats:
    if weights is None:
        return np.full(len(survey.dimensions), 1 / len(survey.dimensions))
    odd = [d for d in weights if d not in survey.dimension_ids]
    values = np.array([float(weights.get(d, 0.0)) for d in survey.dimension_ids])
    if odd or (values < 0).any() or not values.sum() > 0:
        raise KamkitError(Problem("bad_weight", "weights", value=str(odd or dict(weights))))
    points: Floats = values / values.sum()
    return points


def _halves(
    responses: pd.DataFrame, survey: Survey, wave: str | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Perceptions and expectations: one row a respondent, the same rows in both."""
    keys = ["wave", "side", "account_id", "respondent_id"]
    wide = "item" not in responses.columns and "score" not in responses.columns
    halves = []
    for ending in ("", EXPECTED):
        names = {f"{i}{ending}": i for i in survey.item_ids}
        if wide:
            others = [c for c in survey.item_ids + survey.expected_ids if c not in names]
            part = responses.drop(columns=[c for c in others if c in responses.columns])
            part = part.rename(columns=names)
        else:
            mine = responses["item"].isin(list(names)) if ending else (
                ~responses["item"].isin(list(survey.expected_ids)))  # fmt: skip
            part = responses[mine].assign(item=responses.loc[mine, "item"].replace(names))
        answers = read_answers(part, survey, wave=wave)
        table = pd.DataFrame(answers.raw, columns=list(survey.item_ids))
        halves.append(pd.concat([answers.people, table], axis=1).set_index(keys))
    index = halves[0].index.union(halves[1].index).sort_values()
    first, second = (h.reindex(index) for h in halves)
    return first, second


def _gap_row(
    perceived: Floats, expected: Floats, level: float, both_halves: bool
) -> dict[str, Any]:
    """Means of both halves, and the paired gap with its t interval."""
    gap = perceived - expected
    known = ~np.isnan(gap)
    n = int(known.sum()) if both_halves else int((~np.isnan(perceived)).sum())
    use = gap[known]
    mean = float(use.mean()) if len(use) else np.nan
    reach = np.nan
    if len(use) > 1:
        # The least variance is that of two rounded ticks.
        error = np.sqrt(max(float(use.var(ddof=1)), 1 / 6 / 4) / len(use))
        reach = float(stdtrit(len(use) - 1, 0.5 + level / 2)) * error
    status = (
        "too_little_data" if np.isnan(reach) else "below" if mean + reach < 0
        else "above" if mean - reach > 0 else "cannot_be_separated"
    )  # fmt: skip
    base = known if both_halves else ~np.isnan(perceived)
    return {
        "perception": float(perceived[base].mean()) if base.any() else np.nan,
        "expectation": float(expected[known].mean()) if known.any() else np.nan,
        "score_gap": mean, "low": mean - reach, "high": mean + reach, "n": n, "status": status,
        "variant": "paired_t" if len(use) > 1 else
        ("perceptions_only" if base.any() and not both_halves else "too_little_data"),
        "origin": f"{PZB}; house" if both_halves else f"{CRONIN}; house",
    }  # fmt: skip


def _half_mean(table: pd.DataFrame, items: list[str]) -> Floats:
    """Mean of a dimension's items where at least half were answered."""
    x = table[items].to_numpy(dtype=float)
    count = (~np.isnan(x)).sum(axis=1)
    mean = np.where(np.isnan(x), 0, x).sum(axis=1) / np.maximum(count, 1)
    half: Floats = np.where(2 * count >= len(items), mean, np.nan)
    return np.where(count > 0, half, np.nan)


def _dimension_rows(
    perceived: pd.DataFrame, expected: pd.DataFrame, survey: Survey, weights: Floats, level: float
) -> pd.DataFrame:
    both = bool(expected.notna().any(axis=None))
    rows = []
    for place, dimension in enumerate(survey.dimension_ids):
        items = [i.id for i in survey.items_of(dimension)]
        row = _gap_row(_half_mean(perceived, items), _half_mean(expected, items), level, both)
        difference = perceived[items] - expected[items]
        rows.append(
            {"dimension": dimension, "weight": weights[place]} | row | {
                "alpha_perception": cronbach_alpha(perceived[items]).measures["value"].iloc[0],
                "alpha_gap": cronbach_alpha(difference).measures["value"].iloc[0],
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=DIMENSION_COLUMNS)


def _item_rows(
    perceived: pd.DataFrame, expected: pd.DataFrame, survey: Survey, level: float
) -> pd.DataFrame:
    both = bool(expected.notna().any(axis=None))
    rows = [
        {"dimension": i.dimension, "item": i.id}
        | _gap_row(perceived[i.id].to_numpy(), expected[i.id].to_numpy(), level, both)
        for i in survey.items
    ]
    return pd.DataFrame(rows, columns=ITEM_COLUMNS)


def _overall(dimensions: pd.DataFrame, points: bool) -> pd.DataFrame:
    gaps, weights = dimensions["score_gap"].tolist(), dimensions["weight"].tolist()
    n = int(dimensions["n"].max()) if len(dimensions) else 0
    figures = (
        ("servqual_gap", mean_gap(gaps), "equal_weights", PZB),
        ("servqual_gap_weighted", mean_gap(gaps, weights),
         "customer_points" if points else "equal_weights", PZB),
        ("servperf", mean_gap(dimensions["perception"].tolist()), "perceptions_only", CRONIN),
    )  # fmt: skip
    return measure_table(
        measure_row(name, value, n, origin=origin,
                    variant="too_little_data" if np.isnan(value) else variant)
        for name, value, variant, origin in figures
    )  # fmt: skip


def _caveats(dimensions: pd.DataFrame, expected: pd.DataFrame, survey: Survey) -> pd.DataFrame:
    n = int(dimensions["n"].max()) if len(dimensions) else 0
    ticks = expected[list(survey.item_ids)].to_numpy(dtype=float)
    known = ~np.isnan(ticks)
    found: list[tuple[str, int]] = []
    if known.any():
        best = np.array([i.high for i in survey.items])
        at_top = float((ticks >= best)[known].mean())
        worse = int((dimensions["alpha_gap"] < dimensions["alpha_perception"]).sum())
        found.append(("difference_scores", n))
        found += [("gap_less_reliable", worse)] if worse else []
        found += [("expectations_at_ceiling", round(100 * at_top))] if at_top >= 0.5 else []
    elif n:
        found.append(("perceptions_only", n))
    found += [("few_respondents", n)] if n < 30 else []
    return pd.DataFrame(found, columns=["code", "n"])
