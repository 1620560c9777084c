"""Which item moved the score of an account between two waves, and what came of who answered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.relationship.survey_cells import means_by_cell
from kamkit.methods.relationship.survey_gap import separated_status
from kamkit.methods.relationship.survey_intervals import t_point
from kamkit.methods.relationship.survey_score import SurveyScore
from kamkit.methods.relationship.survey_trend import mean_differences, paired_people
from kamkit.methods.shares import Floats
from kamkit.schemes.surveys import Survey

RESPONDENTS = "respondents"
_FLOOR = (100 / 6) ** 2 / 6 / 9  # two rounded ticks, of about three items a dimension
EFFECT_COLUMNS = [
    *("side", "account_id", "dimension", "item", "before", "after", "effect", "low", "high"),
    *("n", "status", "variant", "origin"),
]
TOTAL_COLUMNS = [
    *("side", "account_id", "before", "after", "change", "by_items", "by_respondents"),
    *("n_paired", "largest_item"),
]


@dataclass(frozen=True)
class WhatMoved:
    """What :func:`what_moved` found.

    Attributes
    ----------
    effects
        One row an account and item, and one a dimension with item "respondents": side,
        account_id, dimension, item, before, after (the same people's mean of the item, 0–100),
        effect (points of the total), low, high, n (people in both waves), status (up, down,
        cannot_be_separated, too_little_data; not_judged for respondents), variant, origin.
        The effects of an account add up to the change of its total.
    totals
        One row an account: side, account_id, before, after, change (total, points), by_items,
        by_respondents (mix effect), n_paired, largest_item (of the largest effect; "" if none).
    """

    effects: pd.DataFrame
    totals: pd.DataFrame


def what_moved(before: SurveyScore, after: SurveyScore, *, level: float = 0.95) -> WhatMoved:
    """Split the change of each total into items (same people) and a change of respondents.

    ``before`` and ``after``: one wave each, of one instrument and aggregation. The change of a
    dimension = mean change of its items among people who answered both times + the difference
    that newcomers and leavers make. Dimensions enter with their weight, in a geometric total
    with logarithmic mean weights (so that nothing is left over). Where nobody answered both
    times everything counts as a change of respondents.

    Returns WhatMoved. Raises KamkitError survey_not_comparable.
    Source: exact split house; logarithmic mean Ang 2004; intervals Smyth 2004.

    >>> from kamkit.methods.relationship.survey_score import survey_score
    >>> form = pd.DataFrame({"account_id": "A", "respondent_id": ["p", "q"], "trust_1": [6, 6],
    ...     "trust_2": [6, 6], "satisfaction_1": [4, 4], "satisfaction_2": [4, 4],
    ...     "commitment_1": [5, 5], "commitment_2": [5, 5]})
    >>> later = form.assign(trust_1=[3, 3])
    >>> found = what_moved(survey_score(form), survey_score(later))
    >>> found.totals[["change", "by_items", "largest_item"]].round(2).values.tolist()
    [[-8.33, -8.33, 'trust_1']]
    """
    _comparable(before, after)
    survey, dims = before.survey, list(before.survey.dimension_ids)
    scores = _scores(before, after, [*dims, "total"])
    slope = _slopes(scores, dims, np.array([survey.weights[d] for d in dims]), before.aggregate)
    first = before.respondents.assign(wave="a")
    people = pd.concat([first, after.respondents.assign(wave="b")], ignore_index=True)
    pairs, cells = paired_people(people, {"a": "b"})
    place = pd.MultiIndex.from_frame(scores[["side", "account_id"]])
    at = place.get_indexer(pd.MultiIndex.from_frame(cells[["side", "account_id"]]))
    pairs, keep = pairs[at[pairs["cell"]] >= 0].copy(), at >= 0
    pairs["cell"] = (np.cumsum(keep) - 1)[pairs["cell"]]
    cells, at = cells[keep].reset_index(drop=True), at[keep]
    effects = _effects(before, scores, slope, pairs, cells, at, level)
    return WhatMoved(effects, _totals(scores, effects))


def _comparable(before: SurveyScore, after: SurveyScore) -> None:
    same = before.survey.id == after.survey.id and before.aggregate == after.aggregate
    waves = [s.accounts["wave"].nunique() for s in (before, after)]
    if not same or max(waves) > 1 or not before.survey.total:
        detail = f"{before.survey.id} {before.aggregate} / {after.survey.id} {after.aggregate}"
        raise KamkitError(Problem("survey_not_comparable", value=detail))


def _scores(before: SurveyScore, after: SurveyScore, names: list[str]) -> pd.DataFrame:
    """Scores of accounts whose total is known in both waves."""
    keys = ["side", "account_id"]
    wide = [
        s.accounts.pivot(index=keys, columns="dimension", values="score").reindex(columns=names)
        for s in (before, after)
    ]
    both = wide[0].add_suffix("_before").join(wide[1].add_suffix("_after"), how="inner")
    known = both[["total_before", "total_after"]].notna().all(axis=1)
    return both[known].sort_index().reset_index()


def logarithmic_mean(a: Floats, b: Floats) -> Floats:
    """(a − b) / (ln a − ln b); a where both are equal.

    >>> logarithmic_mean(np.array([2.0, 1.0]), np.array([2.0, 0.5])).round(4).tolist()
    [2.0, 0.7213]
    """
    a, b = np.maximum(a, 1e-9), np.maximum(b, 1e-9)
    ratio = np.log(a / b)
    near = np.abs(ratio) < 1e-9
    return np.where(near, (a + b) / 2, (a - b) / np.where(near, 1.0, ratio))


def _slopes(scores: pd.DataFrame, dims: list[str], shares: Floats, aggregate: str) -> Floats:
    """Points of the total for a point of each dimension, exact over the whole change."""
    plain = np.broadcast_to(shares, (len(scores), len(dims))).copy()
    if aggregate == "arithmetic":
        return plain
    a = scores[[f"{d}_before" for d in dims]].to_numpy(dtype=float)
    b = scores[[f"{d}_after" for d in dims]].to_numpy(dtype=float)
    first, last = (scores[f"total_{w}"].to_numpy(dtype=float) for w in ("before", "after"))
    slope: Floats = shares * logarithmic_mean(last, first)[:, None] / logarithmic_mean(b, a)
    # A dimension at 0 has no logarithm: there the change is shared by weight.
    change, told = last - first, (slope * (b - a)).sum(axis=1)
    flat = (plain * (b - a)).sum(axis=1)
    odd = np.abs(change - told) > 1e-6
    even = plain * np.where(np.abs(flat) > 1e-9, change / np.where(flat == 0, 1, flat), 0)[:, None]
    return np.where(odd[:, None], even, slope)


def _paired_items(
    pairs: pd.DataFrame, survey: Survey, place: np.ndarray
) -> tuple[Floats, Floats, Floats]:
    """Items before and after of people who answered both times, and what each counts in its mean.

    An item ticked once takes the person's mean in the other wave; one never ticked counts 0.
    """
    ticks, means = [], []
    for wave in ("before", "after"):
        names = [f"item.{i}_{wave}" for i in survey.item_ids]
        ticks.append(pairs[names].to_numpy(dtype=float))
        own = [f"{d}_{wave}" for d in survey.dimension_ids]
        means.append(pairs[own].to_numpy(dtype=float)[:, place])
    scored = ~np.isnan(means[0] + means[1])
    used = scored & ~(np.isnan(ticks[0]) & np.isnan(ticks[1]))
    size = np.zeros(used.shape)
    for d in np.unique(place):
        size[:, place == d] = used[:, place == d].sum(axis=1)[:, None]
    filled = [np.where(np.isnan(t), m, t) for t, m in zip(ticks, means, strict=True)]
    first, last = (np.where(used, f, np.where(scored, 0.0, np.nan)) for f in filled)
    return first, last, 1 / np.maximum(size, 1)


def _effects(
    before: SurveyScore,
    scores: pd.DataFrame,
    slope: Floats,
    pairs: pd.DataFrame,
    cells: pd.DataFrame,
    at: np.ndarray,
    level: float,
) -> pd.DataFrame:
    survey, dims = before.survey, list(before.survey.dimension_ids)
    place = np.array([dims.index(i.dimension) for i in survey.items])
    first, last, part = _paired_items(pairs, survey, place)
    weights, cell = pairs["weight_after"].to_numpy(dtype=float), pairs["cell"].to_numpy()
    means = [means_by_cell(x, weights, cell, len(cells)) for x in (first, last)]
    change, errors = mean_differences(part * (last - first), weights, cell, cells, _FLOOR)
    scale = slope[at][:, place]
    reach = t_point(errors.df, level) * errors.error * scale
    full = {}
    for name, values in {
        "before": means[0], "after": means[1], "effect": change * scale,
        "low": change * scale - reach, "high": change * scale + reach, "n": errors.n,
    }.items():  # fmt: skip
        wide = np.full((len(scores), len(place)), 0.0 if name == "n" else np.nan)
        wide[at] = values
        full[name] = wide
    items = _rows(scores, [i.dimension for i in survey.items], list(survey.item_ids), full)
    items["variant"] = np.where(items["effect"].isna(), "too_little_data", "paired_t")
    left = {"n": np.zeros(slope.shape), "effect": _mix(scores, slope, dims, full, place)}
    mix = _rows(scores, dims, [RESPONDENTS] * len(dims), left).assign(variant="mix_effect")
    out = pd.concat([items, mix], ignore_index=True)
    lowest, highest = (out[c].to_numpy(dtype=float) for c in ("low", "high"))
    out["status"] = separated_status(lowest, highest, ("up", "down"))
    out.loc[out["item"] == RESPONDENTS, "status"] = "not_judged"
    out["origin"] = "field:Smyth 2004; house"
    order = {d: i for i, d in enumerate(dims)}
    out = out.assign(_d=out["dimension"].map(order)).sort_values(
        ["side", "account_id", "_d"], kind="stable", ignore_index=True
    )
    out["n"] = out["n"].astype(np.int64)
    return out[EFFECT_COLUMNS].astype(dict.fromkeys(["status", "variant", "origin"], "str"))


def _mix(
    scores: pd.DataFrame, slope: Floats, dims: list[str], full: dict[str, Floats], place: np.ndarray
) -> Floats:
    """What is left of each dimension's change: the difference that the respondents make."""
    a = scores[[f"{d}_before" for d in dims]].to_numpy(dtype=float)
    b = scores[[f"{d}_after" for d in dims]].to_numpy(dtype=float)
    by_items = np.zeros(slope.shape)
    for d in range(len(dims)):
        by_items[:, d] = np.nansum(full["effect"][:, place == d], axis=1)
    left: Floats = slope * (b - a) - by_items
    return left


def _rows(
    scores: pd.DataFrame, dimensions: list[str], items: list[str], full: dict[str, Floats]
) -> pd.DataFrame:
    n, k = len(scores), len(items)
    out = scores.loc[np.repeat(np.arange(n), k), ["side", "account_id"]].reset_index(drop=True)
    out["dimension"], out["item"] = np.tile(dimensions, n), np.tile(items, n)
    for name in ("before", "after", "effect", "low", "high", "n"):
        out[name] = full[name].ravel() if name in full else np.nan
    return out


def _totals(scores: pd.DataFrame, effects: pd.DataFrame) -> pd.DataFrame:
    out = scores[["side", "account_id"]].copy()
    out["before"], out["after"] = scores["total_before"], scores["total_after"]
    out["change"] = out["after"] - out["before"]
    keys = ["side", "account_id"]
    mine = effects[effects["item"] != RESPONDENTS]
    sums = {
        "by_items": mine.groupby(keys)["effect"].sum(),
        "by_respondents": effects[effects["item"] == RESPONDENTS].groupby(keys)["effect"].sum(),
        "n_paired": mine.groupby(keys)["n"].max(),
    }
    for name, values in sums.items():
        out = out.join(values.rename(name), on=keys)
    size = mine["effect"].abs().fillna(0.0)
    top = mine.assign(_size=size).sort_values("_size", ascending=False, kind="stable")
    largest = top[top["_size"] > 0].drop_duplicates(keys).set_index(keys)["item"]
    out = out.join(largest.rename("largest_item"), on=keys)
    out["largest_item"] = out["largest_item"].astype("str").where(out["largest_item"].notna(), "")
    return out[TOTAL_COLUMNS]
