"""A short list behind one set of controls: weights by group, places, and how firm it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.selection.criteria import CriteriaScores, criteria_scores
from kamkit.methods.selection.ideal_point import topsis
from kamkit.methods.selection.stability import Acceptability, rank_acceptability
from kamkit.methods.selection.weights import Weights
from kamkit.schemes import criteria as criteria_library

_SECOND = ["account_id", "rank_sum", "rank_topsis", "in_both"]


@dataclass(frozen=True)
class ShortList:
    """Scores with their parts, the stability of the first ``k``, and a second opinion."""

    scores: CriteriaScores
    acceptability: Acceptability
    second: pd.DataFrame


def group_weights(criteria: pd.DataFrame, points: Mapping[str, float]) -> pd.DataFrame:
    """Weights of criteria from points for their groups; within a group they are equal.

    Needs column: criterion (of the library); gate where there are must-haves, which carry no
    weight: what every listed account fulfils must not buy back a weakness.
    Returns columns: criterion, weight (adds to 1), variant, origin. Source: house.

    >>> names = ["revenue_potential", "profit_potential", "flexibility"]
    >>> table = pd.DataFrame({"criterion": names})
    >>> group_weights(table, {"value": 60, "fit": 40})["weight"].tolist()
    [0.3, 0.3, 0.4]
    """
    need_columns(criteria, "criteria", ["criterion"])
    names = criteria["criterion"].astype(str)
    library = criteria_library()
    KamkitError.collect(
        Problem("unknown_criterion", "criteria", "criterion", value=c)
        for c in names
        if c not in library
    )
    gates = criteria["gate"].eq(True) if "gate" in criteria.columns else names.eq("")
    rated = names[~gates.to_numpy(bool)]
    groups = rated.map(lambda c: library[c].group)
    share = groups.map(lambda g: float(points.get(g, 0.0))).astype(float)
    weight = share / groups.map(groups.value_counts())
    if len(rated) and weight.sum() <= 0:
        raise KamkitError(Problem("weights_sum_zero", table="weights", column="weight"))
    return pd.DataFrame(
        {
            "criterion": rated.to_numpy(),
            "weight": (weight / weight.sum()).to_numpy(float),
            "variant": "weights_by_group",
            "origin": "house",
        }
    )


def short_list(
    ratings: pd.DataFrame,
    criteria: pd.DataFrame,
    *,
    k: int = 10,
    points: Mapping[str, float] | None = None,
    weights: Weights | None = None,
    weight_cv: float = 0.3,
    draws: int = 2000,
    seed: int = 1,
) -> ShortList:
    """Score, cut at ``k``, and say how far other weights would change the list.

    Needs ``ratings`` (account_id, criterion, score, rater_id) and ``criteria`` as
    :func:`criteria_scores`. ``points`` weigh the groups of criteria (:func:`group_weights`),
    or ``weights`` the criteria themselves; ``weight_cv`` as in :func:`rank_acceptability`.
    Returns ShortList: scores, acceptability, second (account_id, rank_sum, rank_topsis, in_both:
    among the first ``k`` by the weighted sum and by TOPSIS).
    Source: S023, S024, S032; Lahdelma, Hokkanen & Salminen 1998; Hwang & Yoon 1981.

    >>> ratings = pd.DataFrame({"account_id": ["a", "b"], "criterion": "flexibility",
    ...                         "score": [5, 3]})
    >>> spec = pd.DataFrame({"criterion": ["flexibility"], "weight": [1.0]})
    >>> short_list(ratings, spec, k=1).second["in_both"].tolist()
    [True, False]
    """
    chosen = group_weights(criteria, points) if points is not None else weights
    scores = criteria_scores(ratings, criteria, weights=chosen)
    firm = rank_acceptability(
        scores.values, scores.weights, k=k, weight_cv=weight_cv, draws=draws, seed=seed
    )
    return ShortList(scores, firm, _second(scores, k))


def _second(scores: CriteriaScores, k: int) -> pd.DataFrame:
    ranked = scores.scores.loc[scores.scores["status"] == "ranked", ["account_id", "rank"]]
    if ranked.empty:
        return pd.DataFrame(columns=_SECOND)
    other = topsis(scores.values, scores.weights).set_index("account_id")["rank"]
    table = ranked.rename(columns={"rank": "rank_sum"})
    table["rank_topsis"] = table["account_id"].map(other).astype("Int64")
    table["in_both"] = (table["rank_sum"] <= k) & (table["rank_topsis"] <= k).fillna(False)
    return table[_SECOND].reset_index(drop=True)
