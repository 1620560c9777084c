"""The tables of a survey score: accounts, items, weakest dimension, gates, notes, respondents."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.relationship.survey_answers import KEYS, Answers
from kamkit.methods.relationship.survey_cells import CellErrors, CellMeans, means_by_cell
from kamkit.methods.shares import Floats, Ints, same_groups
from kamkit.schemes.surveys import Survey

CELL = list(KEYS[:3])
Ends = tuple[Floats, Floats, np.ndarray]
ACCOUNT_COLUMNS = [
    *(*CELL, "dimension", "score", "low", "high", "se", "df", "n", "n_effective", "invited"),
    *("response_rate", "rate_low", "rate_high", "cluster", "variant", "origin"),
]
WEAKEST_COLUMNS = [
    *(*CELL, "dimension", "score", "second", "score_gap", "low", "high", "status"),
    *("variant", "origin"),
]
GATE_COLUMNS = [*CELL, "dimension", "minimum", "score", "low", "high", "status", "origin"]
NOTE_COLUMNS = ["code", "wave", "side", "n", "of", "names"]
ORIGINS = {
    "bootstrap": "field:Efron 1979; field:Hesterberg 2015",
    "pooled_t": "field:Smyth 2004",
    "other_side_spread": "house",
    "house_spread": "house",
    "nobody_answered": "house",
}
LOW_RESPONSE = 0.3  # house: below it those who answered may be a kind of their own
CEILING = 0.5  # house: share of ticks at the best end from which the scale hides what is above


def account_rows(
    answers: Answers,
    means: CellMeans,
    errors: CellErrors,
    ends: Ends,
    rates: pd.DataFrame,
    variant: str,
    survey: Survey,
) -> pd.DataFrame:
    """One row a cell and dimension or total; also for accounts that nobody answered for."""
    low, high, kind = ends
    parts = []
    for q, name in enumerate(means.names):
        part = answers.cells.assign(
            dimension=name, score=means.estimate[:, q], low=low[:, q], high=high[:, q],
            se=errors.error[:, q], df=errors.df[:, q], n=errors.n[:, q],
            n_effective=1 / errors.factor[:, q], variant=kind[:, q],
        )  # fmt: skip
        parts.append(rates.merge(part, on=CELL, how="left").assign(dimension=name))
    out = pd.concat(parts, ignore_index=True) if parts else rates.assign(dimension="")
    known = out["score"].notna()
    out["n"] = out["n"].fillna(0).astype(np.int64)
    out.loc[~known, ["low", "high", "se", "df", "n_effective"]] = np.nan
    kinds = out["variant"].where(known, "nobody_answered").astype("str")
    dimension = {d.id: d.origin for d in survey.dimensions} | {"total": survey.origin}
    base = out["dimension"].map(dimension).astype("str")
    out["origin"] = base + "; " + kinds.map(ORIGINS).astype("str")
    out["variant"] = (kinds + "; " + variant).astype("str")
    out["cluster"] = _clusters(out)
    place = {name: i for i, name in enumerate(means.names)}
    out["_place"] = out["dimension"].map(place)
    out = out.sort_values([*CELL, "_place"], kind="stable", ignore_index=True)
    return out[ACCOUNT_COLUMNS]


def _clusters(table: pd.DataFrame) -> Ints:
    numbers = np.zeros(len(table), dtype=np.int64)
    for rows in table.groupby(["wave", "side", "dimension"]).indices.values():
        part = table.iloc[rows]
        figures = [part[c].to_numpy(dtype=float) for c in ("score", "low", "high")]
        numbers[rows] = same_groups(*figures)
    return numbers


def item_parts(items: Floats, dimensions: Floats, place: Ints) -> Floats:
    """What each tick brings to the respondent's dimension: tick / items ticked; they add up.

    >>> item_parts(np.array([[80.0, np.nan, 60.0]]), np.array([[70.0]]), np.zeros(3, int)).tolist()
    [[40.0, 0.0, 30.0]]
    """
    known = ~np.isnan(items)
    size = np.zeros(dimensions.shape)
    for d in range(dimensions.shape[1]):
        size[:, d] = known[:, place == d].sum(axis=1)
    parts = np.where(known, items, 0.0) / np.maximum(size, 1)[:, place]
    return np.where(np.isnan(dimensions)[:, place], np.nan, parts)


def item_rows(answers: Answers, weights: Floats, means: CellMeans, survey: Survey) -> pd.DataFrame:
    """What each item brings to the total of an account, and what it leaves out."""
    cells, dims = len(answers.cells), list(survey.dimension_ids)
    place = np.array([dims.index(i.dimension) for i in survey.items])
    figures = [
        means_by_cell(values, weights, answers.cell, cells)
        for values in (
            answers.items,
            item_parts(answers.items, answers.dimensions, place),
            item_parts(100 - answers.items, answers.dimensions, place),
        )
    ]
    told = np.zeros((cells, len(place)), dtype=np.int64)
    np.add.at(told, answers.cell, (~np.isnan(answers.items)).astype(np.int64))
    gradient = means.gradient[:, place] if survey.total else np.full((cells, len(place)), np.nan)
    out = answers.cells.loc[np.repeat(np.arange(cells), len(place))].reset_index(drop=True)
    out["dimension"] = np.tile([i.dimension for i in survey.items], cells)
    out["item"] = np.tile([i.id for i in survey.items], cells)
    out["score"], out["n"] = figures[0].ravel(), told.ravel()
    out["contribution"] = (gradient * figures[1]).ravel()
    out["shortfall"] = (gradient * figures[2]).ravel()
    return out


def weakest_rows(
    answers: Answers, means: CellMeans, errors: CellErrors, ends: Ends, survey: Survey
) -> pd.DataFrame:
    """The lowest dimension of each account, and whether it can be told from the next."""
    k = len(survey.dimensions)
    out = answers.cells.copy()
    if not len(out) or k < 2:
        return pd.DataFrame(columns=WEAKEST_COLUMNS)
    scores = np.where(np.isnan(means.estimate[:, :k]), np.inf, means.estimate[:, :k])
    order = np.argsort(scores, axis=1, kind="stable")
    first, second = order[:, 0], order[:, 1]
    cell = np.arange(len(out))
    two = np.isfinite(scores[cell, second])
    pair = {p: len(means.names) + i for i, p in enumerate(means.pairs)}
    at = np.array([pair[min(a, b), max(a, b)] for a, b in zip(first, second, strict=True)])
    sign = np.where(first < second, 1.0, -1.0)
    gap = sign * means.estimate[cell, at]
    ends_ = np.stack([sign * ends[0][cell, at], sign * ends[1][cell, at]])
    names = np.array(survey.dimension_ids, dtype=object)
    out["dimension"] = np.where(np.isfinite(scores[cell, first]), names[first], "")
    out["score"] = means.estimate[cell, first]
    out["second"] = np.where(two, names[second], "")
    out["score_gap"] = np.where(two, gap, np.nan)
    out["low"] = np.where(two, ends_.min(axis=0), np.nan)
    out["high"] = np.where(two, ends_.max(axis=0), np.nan)
    out["status"] = np.select(
        [~two, out["high"].to_numpy() < 0], ["too_little_data", "weakest"], "cannot_be_separated"
    )
    kinds = pd.Series(ends[2][cell, at]).where(two, "too_little_data")
    out["variant"] = kinds.to_numpy()
    out["origin"] = [ORIGINS.get(str(v), "house") for v in kinds]
    text = ["dimension", "second", "status", "variant", "origin"]
    return out.astype(dict.fromkeys(text, "str"))[WEAKEST_COLUMNS]


def gate_rows(accounts: pd.DataFrame, survey: Survey) -> pd.DataFrame:
    """Whether a dimension reaches its minimum: passed and failed only where the interval says."""
    least = {d.id: d.minimum for d in survey.dimensions if d.minimum is not None}
    out = accounts[accounts["dimension"].isin(list(least))].copy()
    out["minimum"] = out["dimension"].map(least).astype(float)
    out["status"] = np.select(
        [out["score"].isna(), out["low"] >= out["minimum"], out["high"] < out["minimum"]],
        ["unknown", "passed", "failed"],
        "unclear",
    )
    out["origin"] = "house"
    return out[GATE_COLUMNS].astype({"status": "str", "origin": "str"}).reset_index(drop=True)


def note_rows(
    answers: Answers,
    unknown: np.ndarray,
    rates: pd.DataFrame,
    accounts: pd.DataFrame,
    survey: Survey,
) -> pd.DataFrame:
    """What to know before reading the scores."""
    people, raw = answers.people, answers.raw
    who = people["respondent_id"]
    several = (~np.isnan(raw)).sum(axis=1) > 3
    filled = np.where(np.isnan(raw), -np.inf, raw).max(axis=1)
    flat = several & (np.where(np.isnan(raw), np.inf, raw).min(axis=1) == filled)
    half = np.isnan(answers.dimensions).any(axis=1)
    best = np.where(np.isnan(answers.items), np.nan, answers.items >= 100)
    cell = len(answers.cells)
    top = means_by_cell(best, np.ones(len(raw)), answers.cell, cell)
    with np.errstate(invalid="ignore"):
        ceiling = np.nan_to_num(top).mean(axis=1) >= CEILING if cell else np.zeros(0, dtype=bool)
    thin = rates["response_rate"] < LOW_RESPONSE
    checks = [
        # Whoever ticks one box throughout contradicts himself where items are reversed.
        ("straight_line", people, flat & bool(survey.reverse_ids), who),
        ("dimension_unanswered", people, half, who),
        ("weight_unknown", people, unknown, who),
        ("one_respondent", rates, rates["respondents"] == 1, rates["account_id"]),
        ("nobody_answered", rates, rates["respondents"] == 0, rates["account_id"]),
        ("low_response", rates, thin, rates["account_id"]),
        ("answers_lost", rates, rates["lost"] > 0, rates["account_id"]),
        ("uninvited", rates, rates["respondents"] > rates["invited_answered"], rates["account_id"]),
        ("ceiling", answers.cells, ceiling, answers.cells["account_id"]),
    ]
    if rates["invited"].isna().all():
        checks = [c for c in checks if c[0] not in ("uninvited", "low_response")]
    rows: list[dict[str, Any]] = []
    for code, table, mask, names in checks:
        keys = table[["wave", "side"]].assign(_hit=np.asarray(mask, dtype=bool), _name=names)
        for (wave, side), part in keys.groupby(["wave", "side"], sort=True):
            hit = part.loc[part["_hit"], "_name"]
            if len(hit):
                names_ = "; ".join(sorted(hit.astype("str").unique()))
                rows.append(dict(zip(NOTE_COLUMNS, (code, wave, side, len(hit), len(part), names_),
                                     strict=True)))  # fmt: skip
    return pd.DataFrame(rows, columns=NOTE_COLUMNS)


def respondent_rows(
    answers: Answers, weights: Floats, means: CellMeans, survey: Survey
) -> pd.DataFrame:
    """The respondents behind the scores, for comparisons between waves."""
    out = answers.people.assign(weight=weights)
    for d, name in enumerate(survey.dimension_ids):
        out[name] = answers.dimensions[:, d]
    if survey.total:
        q = len(survey.dimensions)
        out["total"] = means.estimate[answers.cell, q] + means.residual[:, q]
    items = pd.DataFrame(answers.items, columns=[f"item.{i}" for i in survey.item_ids])
    return pd.concat([out, items], axis=1)
