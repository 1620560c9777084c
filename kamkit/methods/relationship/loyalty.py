"""Loyalty of dealers and accounts: four attitudes, ten behaviours, and the gap between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import t

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.contacts.known import Day, as_day, dates
from kamkit.methods.measures import measure_row, measure_table
from kamkit.methods.relationship.loyalty_change import changes, gap_reading
from kamkit.methods.relationship.loyalty_raters import rater_means
from kamkit.methods.shares import same_groups
from kamkit.schemes.surveys import Survey, read_survey

DIMENSIONS = ("attitude", "behaviour", "loyalty")
GAP = "gap"
ORIGINS = {"dealer": "S237; S238; house", "account": "S112; S237; S238; X34; house"}
NEW_WAVE_DAYS = 60
LEAST_ANSWERED = 0.5
SCORES = [
    *("dimension", "score", "low", "high", "n", "answered", "cluster", "variant", "origin"),
]

Kind = Literal["dealer", "account"]


@dataclass(frozen=True)
class Loyalty:
    """Loyalty scores; ``<id>`` is dealer_id or account_id.

    Attributes
    ----------
    overall
        Measure table of the last wave over all subjects: loyalty_attitude, loyalty_behaviour,
        loyalty_total (0–100) and loyalty_gap (points), t interval over subjects, n subjects.
    scores
        One row a subject, wave and dimension (attitude, behaviour, loyalty, gap): <id>, wave
        (its last day, or its name), dimension, score (0–100; gap: attitude less behaviour, in
        points), low, high, n (raters), answered (share of the items, 0–1), cluster (same number
        within wave and dimension: cannot be separated; 0 unknown), variant, origin.
    gaps
        One row a subject and wave: <id>, wave, attitude, behaviour, gap, low, high, n, verdict
        (says_more_than_does, does_more_than_says, cannot_be_separated, too_little_data),
        variant, origin.
    changes
        One row a subject, dimension and pair of waves in a row: <id>, dimension, wave_before,
        wave, before, after, change, low, high, n (raters of both), verdict (up, down,
        cannot_be_separated, too_little_data), variant (paired_raters, unpaired_raters …), origin.
    raters
        One row a subject, wave and rater: attitude, behaviour, loyalty, gap, answered.
    items
        One row a subject, wave and item: item, dimension, score (0–100), n, spread (largest less
        smallest rating), below (points under the subject's mean of the dimension).
    """

    kind: str
    overall: pd.DataFrame
    scores: pd.DataFrame
    gaps: pd.DataFrame
    changes: pd.DataFrame
    raters: pd.DataFrame
    items: pd.DataFrame


def loyalty(
    ratings: pd.DataFrame,
    kind: Kind = "dealer",
    *,
    as_of: Day | None = None,
    survey: Survey | None = None,
    level: float = 0.95,
) -> Loyalty:
    """Loyalty from ratings of the four attitudes (S237) and ten behaviours (S238).

    ``ratings``: dealer_id (or account_id), item, score, rater_id (or respondent_id), and wave or
    rated_on; days less than 60 days apart are one wave, in which a rater's last rating of an
    item counts. ``kind="account"`` takes the account items (X34) with the same arithmetic.

    Scores run 0–100. A rater counts for a dimension of which half the items are answered; both
    dimensions weigh the same in loyalty. Intervals: t over raters with the spread of raters
    pooled over subjects, so that few raters give wide intervals and one rater a defined one.

    Returns Loyalty. Raises KamkitError missing_column, unknown_option, unknown_item,
    out_of_range, bad_date.
    Source: S237, S238 (items); S112, X34 (accounts); Satterthwaite 1946; scale and rules house.

    >>> ratings = pd.DataFrame({"dealer_id": "D1", "rater_id": ["M1"] * 14, "score": [7] * 14,
    ...     "rated_on": "2026-06-15", "item": [f"dealer_attitude_{i}" for i in range(1, 5)]
    ...     + [f"dealer_behaviour_{i}" for i in range(1, 11)]})
    >>> found = loyalty(ratings).scores
    >>> found["score"].tolist(), found["low"].tolist(), found["variant"].iloc[0]
    ([100.0, 100.0, 100.0, 0.0], [0.0, 0.0, 0.0, -100.0], 'one_rater_whole_scale')
    """
    if kind not in ORIGINS:
        details = {"allowed": ", ".join(ORIGINS)}
        raise KamkitError(Problem("unknown_option", column="kind", value=kind, details=details))
    survey, subject = survey or read_survey(f"{kind}_loyalty"), f"{kind}_id"
    rows = _answers(ratings, subject, survey, as_of)
    raters = _raters(rows, survey)
    origin = ORIGINS[kind]
    least = _least(survey)
    scores = _scores(raters, least, level, origin)
    gaps = gap_reading(scores)
    moved = changes(raters, least, level).assign(origin=origin)
    named = {"subject": subject}
    order = [subject, "wave"]
    return Loyalty(
        kind,
        _overall(scores, level, origin),
        scores.rename(columns=named)[[*order, *SCORES]],
        gaps.rename(columns=named),
        moved.rename(columns=named),
        raters.rename(columns=named)[[*order, "rater_id", *DIMENSIONS, GAP, "answered"]],
        _items(rows).rename(columns=named),
    )


def _answers(
    ratings: pd.DataFrame, subject: str, survey: Survey, as_of: Day | None
) -> pd.DataFrame:
    """Ratings as subject, wave, rater_id, item, dimension, value (0–100)."""
    rater = "rater_id" if "rater_id" in ratings.columns else "respondent_id"
    waved = "wave" in ratings.columns
    wanted = [subject, "item", "score", rater if rater in ratings.columns else "rater_id"]
    need_columns(ratings, "ratings", [*wanted, "wave" if waved else "rated_on"])
    rows = pd.DataFrame(
        {
            "subject": ratings[subject].astype("str"),
            "rater_id": ratings[rater].astype("str"),
            "item": ratings["item"].astype("str"),
            "score": pd.to_numeric(ratings["score"], errors="coerce").astype(float),
            "on": dates(ratings, "rated_on"),
        }
    )
    rows["wave"] = ratings["wave"].astype("str") if waved else ""
    if as_of is not None:
        rows = rows[~(rows["on"] > as_day(as_of))]
    _check(rows, survey)
    if not waved:
        rows["wave"] = _waves(rows["on"])
    rows = rows[rows["score"].notna() & rows["wave"].notna()]
    keys = ["subject", "wave", "rater_id", "item"]
    rows = rows.sort_values([*keys, "on", "score"]).drop_duplicates(keys, keep="last")
    items = {item.id: item for item in survey.items}
    low = rows["item"].map({k: i.low for k, i in items.items()}).astype(float)
    high = rows["item"].map({k: i.high for k, i in items.items()}).astype(float)
    share = (rows["score"] - low) / (high - low)
    turned = rows["item"].isin(survey.reverse_ids)
    dimension = rows["item"].map({k: i.dimension for k, i in items.items()}).astype("str")
    value = 100 * share.where(~turned, 1 - share)
    return rows.assign(dimension=dimension, value=value).reset_index(drop=True)


def _check(rows: pd.DataFrame, survey: Survey) -> None:
    """Items of another scale and scores off the scale are refused, all at once."""
    allowed = ", ".join(survey.item_ids)
    strange = sorted(set(rows.loc[~rows["item"].isin(survey.item_ids), "item"].dropna()))
    problems = [
        Problem("unknown_item", "ratings", "item", value=item, details={"allowed": allowed})
        for item in strange
    ]
    for item in survey.items:
        scores = rows.loc[rows["item"] == item.id, "score"]
        for value in sorted(set(scores[(scores < item.low) | (scores > item.high)])):
            details = {"allowed": f"{item.low:g}–{item.high:g}"}
            problems.append(
                Problem("out_of_range", "ratings", "score", value=value, details=details)
            )
    KamkitError.collect(problems)


def _waves(on: pd.Series) -> pd.Series:
    """The last day of the wave that each day belongs to: a longer pause begins a new wave."""
    days = pd.Series(sorted(on.dropna().unique()), dtype="datetime64[us]")
    group = (days.diff().dt.days >= NEW_WAVE_DAYS).cumsum()
    last = days.groupby(group).transform("max").dt.strftime("%Y-%m-%d")
    return on.map(dict(zip(days, last, strict=True))).astype("str")


def _raters(rows: pd.DataFrame, survey: Survey) -> pd.DataFrame:
    """Each rater's scores of a subject in a wave."""
    keys = ["subject", "wave", "rater_id"]
    held = rows.groupby([*keys, "dimension"])["value"].agg(["mean", "count"])
    asked = {d: len(survey.items_of(d)) for d in survey.dimension_ids}
    share = held["count"] / held.index.get_level_values("dimension").map(asked).astype(float)
    means = held["mean"].where(share >= LEAST_ANSWERED).unstack("dimension")
    means = means.reindex(columns=["attitude", "behaviour"])
    answered = held["count"].groupby(keys).sum() / len(survey.items)
    weights = survey.weights
    total = means["attitude"] * weights["attitude"] + means["behaviour"] * weights["behaviour"]
    table = means.assign(loyalty=total, gap=means["attitude"] - means["behaviour"])
    return table.assign(answered=answered).reset_index().rename_axis(columns=None)


def _least(survey: Survey) -> dict[str, float]:
    """Variance that whole grades alone give a rater's score of each dimension."""
    width = {i.id: 100 / (i.high - i.low) for i in survey.items}
    found, weights = {}, survey.weights
    for dimension in DIMENSIONS[:2]:
        items = survey.items_of(dimension)
        found[dimension] = sum(width[i.id] ** 2 / 12 for i in items) / len(items) ** 2
    total = sum(found[d] * weights[d] ** 2 for d in DIMENSIONS[:2])
    return found | {"loyalty": total, GAP: found["attitude"] + found["behaviour"]}


def _scores(
    raters: pd.DataFrame, least: dict[str, float], level: float, origin: str
) -> pd.DataFrame:
    parts = []
    answered = raters.groupby(["subject", "wave"])["answered"].mean().rename("answered")
    for wave, mine in raters.groupby("wave"):
        for dimension in (*DIMENSIONS, GAP):
            low = -100.0 if dimension == GAP else 0.0
            table = mine.rename(columns={"rater_id": "rater", dimension: "score"})
            found = rater_means(table, low=low, high=100.0, level=level, least=least[dimension])
            score, near = found["score"].to_numpy(float), found["near"].to_numpy(float)
            found["cluster"] = same_groups(score, score - near, score + near)
            parts.append(found.assign(wave=wave, dimension=dimension, origin=origin))
    if not parts:
        return pd.DataFrame(columns=["subject", "wave", *SCORES])
    table = pd.concat(parts, ignore_index=True).merge(answered.reset_index(), how="left")
    rank = {d: i for i, d in enumerate((*DIMENSIONS, GAP))}
    table = table.assign(_rank=table["dimension"].map(rank))
    table = table.sort_values(["subject", "wave", "_rank"]).reset_index(drop=True)
    return table[["subject", "wave", *SCORES]]


def _overall(scores: pd.DataFrame, level: float, origin: str) -> pd.DataFrame:
    """Means over the subjects of the last wave; these raters, other subjects like them."""
    last = scores[scores["wave"] == scores["wave"].max()]
    rows = []
    for dimension in (*DIMENSIONS, GAP):
        x = last.loc[last["dimension"] == dimension, "score"].dropna().to_numpy(float)
        n, half = len(x), np.nan
        if n > 1:
            half = float(t.ppf(0.5 + level / 2, n - 1)) * float(x.std(ddof=1)) / np.sqrt(n)
        mean = float(x.mean()) if n else np.nan
        name = "loyalty_total" if dimension == "loyalty" else f"loyalty_{dimension}"
        variant = "over_subjects" if n > 1 else "no_interval" if n else "too_little_data"
        rows.append(
            measure_row(name, mean, n, low=mean - half, high=mean + half, variant=variant,
                        origin=origin)
        )  # fmt: skip
    return measure_table(rows)


def _items(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean rating of each item, and how far it lies below its dimension."""
    keys = ["subject", "wave", "item", "dimension"]
    held = rows.groupby(keys)["value"].agg(["mean", "count", "max", "min"]).reset_index()
    held = held.assign(score=held["mean"], n=held["count"], spread=held["max"] - held["min"])
    whole = rows.groupby(["subject", "wave", "dimension"])["value"].mean().rename("whole")
    held = held.merge(whole.reset_index(), on=["subject", "wave", "dimension"], how="left")
    held["below"] = np.maximum(held["whole"] - held["score"], 0.0)
    return held[[*keys, "score", "n", "spread", "below"]]
