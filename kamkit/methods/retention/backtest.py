"""Any score of churn held against the losses that came; nothing later shines through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.retention.backtest_scores import (
    CALIBRATION_COLUMNS,
    calibration,
    lead_times,
    score_table,
)
from kamkit.methods.retention.indicators import order_events
from kamkit.methods.retention.known import DATING, YEAR_LAG, Day, Tables, as_day, dates_of, known_on
from kamkit.methods.retention.losses import losses as find_losses
from kamkit.methods.retention.losses import lost_by
from kamkit.methods.retention.signs import Score
from kamkit.schemes.retention import RetentionPolicy, retention_policy

CASE_COLUMNS = ["day", "account_id", "score", "lost", "lost_on", "days_to_loss", "top", "alarm"]
MOST_DAYS = 24
LEAST_RECORDS = 365  # house: days of orders before the first day of a test

VERDICTS = ("too_few_losses", "informative", "not_told_from_chance", "worse_than_chance")


@dataclass(frozen=True)
class ScoreVerdict:
    """What a backtest says in one word, and what it rests on.

    ``key``: too_few_losses (below ``needed``, whatever the figures look like), informative (the
    whole interval of the AUC lies above 0.5), worse_than_chance (below), not_told_from_chance.
    ``events``: losses that the score had a day to foretell. ``auc``, ``low``, ``high``.
    """

    key: str
    events: int
    needed: int
    auc: float
    low: float
    high: float
    origin: str = "house"


@dataclass(frozen=True)
class ScoreBacktest:
    """A score on past days beside the losses within the horizon after each.

    Attributes
    ----------
    cases
        One row a day and account at risk that has a score: day, account_id, score, lost (within
        the horizon), lost_on, days_to_loss, top (1 among the highest of the day; a fraction where
        ties stand at the border), alarm (score at or above the threshold; False without one).
    scores
        Measure table: losses, cases, accounts, base_rate; auc; precision_top, recall_top,
        lift_top, false_alarm_top and, given a threshold, the same with ``_alarm``;
        lead_days (median of the losses that were warned of); for chances also brier, its parts
        and brier_skill (against always stating the base rate).
    calibration
        score_low, score_high, n (account-days), accounts, mean_score, lost, observed (0–1), low,
        high, off (only for chances: the mean stated chance lies outside), variant, origin.
    lead_times
        One row a loss: account_id, lost_on, first_alarm, lead_days (missing where nothing warned
        of it), days_seen (days of the test within the horizon before it).
    losses, quality
        The losses used; code and n of what stood in the way (not_scored, losses_inferred …).
    verdict
        ``ScoreVerdict``.
    """

    cases: pd.DataFrame
    scores: pd.DataFrame
    calibration: pd.DataFrame
    lead_times: pd.DataFrame
    losses: pd.DataFrame
    quality: pd.DataFrame
    verdict: ScoreVerdict
    horizon_days: int


def backtest_score(
    score: Score,
    tables: Tables,
    *,
    as_of: Day | None = None,
    days: Iterable[Day] | None = None,
    horizon_days: int = 180,
    losses: pd.DataFrame | None = None,
    probability: bool = False,
    top: float = 0.1,
    threshold: float | None = None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    scheme: RetentionPolicy | None = None,
) -> ScoreBacktest:
    """Try a score on past days: it sees ``known_on(tables, day)`` and nothing else.

    ``score``: a function of (tables as known, day) that returns one number per account_id, higher
    for accounts more at risk; ``sign_count()`` is one. ``probability`` says that it is the chance
    of a loss within the horizon. ``days``: by default month ends, up to 24 spread over all that
    have a year of orders before them and the whole horizon after them. ``losses``: a table of
    ``losses``, else worked out from the tables. On each day, accounts count that had ordered and
    were not lost.
    ``top``: share of the accounts (below 1) or their number that could be looked after.
    ``threshold``: score from which somebody would act.

    Needs tables: orders or account_losses, and whatever the score reads.
    Returns ``ScoreBacktest``. Raises KamkitError: ``not_allowed`` for a horizon or top that is
    none, ``bad_date``, ``score_not_by_account`` where the score returns no numbers by account,
    ``out_of_range`` for chances outside 0–1.
    Source: Tashman 2000 (rolling origin); DeLong et al. 1988, Obuchowski 1997 (AUC by clusters);
    Brier 1950; Murphy 1973; the verdict's least number of losses is house.

    >>> orders = pd.DataFrame({"account_id": "A", "amount": 5.0,
    ...                        "date": pd.date_range("2024-01-01", periods=30, freq="30D")})
    >>> from kamkit.methods.retention.signs import sign_count
    >>> backtest_score(sign_count(), {"orders": orders}).verdict.key
    'too_few_losses'
    """
    policy = scheme or retention_policy()
    _refuse(horizon_days, top)
    end = as_day(as_of) if as_of is not None else last_day(tables)
    gone = find_losses(tables, as_of=end, scheme=policy) if losses is None else losses
    first_orders = order_events(tables).groupby("account_id")["date"].min()
    todo = _days(days, end, horizon_days, first_orders)
    notes: dict[str, int] = {}
    parts = [
        _one_day(score, tables, day, horizon_days, gone, first_orders, policy, notes)
        for day in todo
    ]
    cases = pd.concat(parts, ignore_index=True) if parts else _no_cases()
    cases = _flagged(cases, top, threshold)
    _check_chances(cases, probability)
    if (gone["variant"] == "silence_rule").any():
        notes["losses_inferred"] = len(gone)
    leads = lead_times(cases, threshold is not None)
    table = score_table(
        cases, leads, probability=probability, with_alarm=threshold is not None, level=level,
        draws=draws, seed=seed,
    )  # fmt: skip
    bins = calibration(cases, probability=probability, level=level)
    return ScoreBacktest(
        cases=cases,
        scores=table,
        calibration=bins[CALIBRATION_COLUMNS],
        lead_times=leads,
        losses=gone,
        quality=pd.DataFrame(sorted(notes.items()), columns=["code", "n"]),
        verdict=_verdict(table, len(leads), int(policy.losses["fewest"])),
        horizon_days=horizon_days,
    )


def last_day(tables: Tables) -> pd.Timestamp:
    """The last day on which anything in the tables is dated; KamkitError ``bad_date`` if none.

    >>> f"{last_day({'orders': pd.DataFrame({'date': ['2026-01-05', '2026-02-01']})}):%Y-%m-%d}"
    '2026-02-01'
    """
    names = [n for n in ("orders", "interactions", "account_losses") if n in tables]
    found = [dates_of(tables[n], DATING[n].row).max() for n in names]
    found = [day for day in found if pd.notna(day)]
    return max(found) if found else as_day("")


def _refuse(horizon: int, top: float) -> None:
    problems = []
    if not horizon >= 1:
        problems.append(
            Problem("not_allowed", column="horizon_days", value=horizon, details={"allowed": "≥ 1"})
        )
    if not top > 0:
        problems.append(Problem("not_allowed", column="top", value=top, details={"allowed": "> 0"}))
    KamkitError.collect(problems)


def _days(
    days: Iterable[Day] | None, end: pd.Timestamp, horizon: int, first: pd.Series
) -> list[pd.Timestamp]:
    latest = end - pd.Timedelta(days=horizon)
    if days is not None:
        return sorted({d for d in map(as_day, days) if d <= latest})
    if not len(first):
        return []
    begin = first.min() + pd.Timedelta(days=LEAST_RECORDS)
    ends = pd.date_range(begin, latest, freq="ME") if begin <= latest else pd.DatetimeIndex([])
    # More month ends than that are thinned out evenly: many losses matter more than many days.
    chosen = np.unique(np.linspace(0, len(ends) - 1, min(len(ends), MOST_DAYS)).round().astype(int))
    return list(ends[chosen])


def _one_day(
    score: Score, tables: Tables, day: pd.Timestamp, horizon: int, gone: pd.DataFrame,
    first_orders: pd.Series, policy: RetentionPolicy, notes: dict[str, int],
) -> pd.DataFrame:  # fmt: skip
    lag = int(policy.signs["share_drop"].limits.get("lag_days", YEAR_LAG))
    found = _checked(score(known_on(tables, day, year_lag_days=lag), day))
    lost_then = lost_by(gone, day, known=False)
    found = found[~found.index.isin(lost_then)]
    bought = first_orders.index[first_orders <= day]
    if len(first_orders):
        found = found[found.index.isin(bought)]
        at_risk = bought.difference(lost_then)
        notes["not_scored"] = notes.get("not_scored", 0) + len(at_risk.difference(found.index))
    soon = gone[(gone["lost_on"] > day) & (gone["lost_on"] <= day + pd.Timedelta(days=horizon))]
    on = soon.groupby("account_id")["lost_on"].min().reindex(found.index)
    return pd.DataFrame(
        {
            "day": day,
            "account_id": found.index.astype("str"),
            "score": found.to_numpy(float),
            "lost": on.notna().to_numpy(),
            "lost_on": on.to_numpy(),
            "days_to_loss": (on - day).dt.days.to_numpy(float),
        }
    )


def _checked(found: Any) -> pd.Series:
    """A score by account, without those that have none, in order of ids."""
    problem = Problem("score_not_by_account", value=type(found).__name__)
    if not isinstance(found, pd.Series) or not found.index.is_unique:
        raise KamkitError(problem)
    numbers = pd.Series(pd.to_numeric(found, errors="coerce"), dtype=float)
    if numbers.notna().sum() < found.notna().sum():
        raise KamkitError(problem)
    return numbers[np.isfinite(numbers)].sort_index()


def _check_chances(cases: pd.DataFrame, probability: bool) -> None:
    if not probability or not len(cases):
        return
    bad = cases[~cases["score"].between(0, 1)]
    KamkitError.collect(
        Problem("out_of_range", "score", "score", None, row.score, details={"allowed": "0–1"})
        for row in bad.head(5).itertuples()
    )


def _flagged(cases: pd.DataFrame, top: float, threshold: float | None) -> pd.DataFrame:
    """Who is among the highest of the day; where ties stand at the border each gets a part."""
    by = cases.groupby("day")["score"]
    size = by.transform("size")
    places = np.ceil(size * top - 1e-9) if top < 1 else np.minimum(float(int(top)), size)
    above = by.rank(ascending=False, method="min") - 1
    tied = cases.groupby(["day", "score"])["score"].transform("size")
    part = ((places - above) / tied).clip(0, 1)
    alarm = cases["score"] >= threshold if threshold is not None else False
    return cases.assign(top=part.astype(float), alarm=alarm)[CASE_COLUMNS]


def _no_cases() -> pd.DataFrame:
    kinds = {"day": "datetime64[us]", "account_id": "str", "score": "float64", "lost": "bool"}
    kinds |= {"lost_on": "datetime64[us]", "days_to_loss": "float64"}
    return pd.DataFrame(columns=list(kinds)).astype(kinds)


def _verdict(table: pd.DataFrame, events: int, needed: int) -> ScoreVerdict:
    row = table[table["measure"] == "auc"]
    value, low, high = (float(row[name].iloc[0]) for name in ("value", "low", "high"))
    if events < needed or np.isnan(low):
        key = "too_few_losses"
    elif low > 0.5:
        key = "informative"
    else:
        key = "worse_than_chance" if high < 0.5 else "not_told_from_chance"
    return ScoreVerdict(key, events, needed, value, low, high)
