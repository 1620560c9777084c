"""How good forecasts would have been: rolling origins, only what was known on each day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from kamkit.methods.forecast.benchmarks import RULES, Rule, manager_call
from kamkit.methods.forecast.calibration import (
    CALIBRATION_COLUMNS,
    DriftCheck,
    calibration_table,
    coverage_table,
    drift_check,
)
from kamkit.methods.forecast.origins import Day, trials
from kamkit.methods.forecast.period_forecast import forecast_period
from kamkit.methods.forecast.prediction import (
    DEAL_COLUMNS,
    FORECAST_COLUMNS,
    MODEL,
    ForecastLike,
    Prediction,
    prediction_of,
    trial_deals,
    trial_rows,
)
from kamkit.methods.forecast.score_tables import (
    LEVELS,
    chance_scores,
    error_scores,
    interval_scores,
)
from kamkit.methods.forecast.stability import stability_checks
from kamkit.methods.forecast.verdict import Verdict, chance_rivals, rivals, verdict
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.known import as_known_on
from kamkit.methods.measures import MEASURE_COLUMNS, measure_row, measure_table


class Model(Protocol):
    """A forecast of one period: called with what was known, and nothing else."""

    def __call__(
        self,
        history: DealHistory,
        *,
        start: pd.Timestamp,
        end: pd.Timestamp,
        draws: int,
        seed: int,
    ) -> Prediction | ForecastLike: ...


@dataclass(frozen=True)
class Backtest:
    """How forecasts did.

    Attributes
    ----------
    forecasts
        One row a trial and method: origin, period_start, period_end, lead_days (from origin to
        start), method (model or a rule's name), mean, p2_5 … p97_5 (money, model only), pit
        (0-1), crps (money), actual (money booked), opening and new_business (parts of the
        mean), actual_opening and actual_new (what deals open on the origin brought, and the
        others), open_deals, closed_deals (known on the
        origin), note (why there is no forecast).
    scores
        method and the measure columns: wape, bias, mae, rmse, mape, mase, pinball_*,
        coverage_50/80/95, winkler_*, crps; of chances (model, crm_probability,
        weighted_pipeline): brier_* with parts, auc, expected_wins, actual_wins, where the
        measure begins with won_ (in the end, deals decided by now) or in_period_.
    deals
        One row a trial and open deal: p_in_period, p_win, crm_probability, weighted_p
        (probability if due in the period, else 0), won_in_period, outcome (won, lost, open).
    calibration
        of the model's p_in_period and p_win (column ``chance``): see calibration_table.
    bands
        see coverage_table (model, one trial a period); rivals, see verdict.rivals.
    quality
        code, n: what stands in the way of a fair test (amount_not_dated …).
    """

    forecasts: pd.DataFrame
    scores: pd.DataFrame
    deals: pd.DataFrame
    calibration: pd.DataFrame
    bands: pd.DataFrame
    rivals: pd.DataFrame
    drift: DriftCheck
    verdict: Verdict
    quality: pd.DataFrame


def backtest(
    history: DealHistory,
    *,
    origins: Iterable[Day] | None = None,
    period: str = "quarter",
    year_start: int = 1,
    last: int | None = None,
    model: Model = forecast_period,
    benchmarks: Mapping[str, Rule] = RULES,
    calls: pd.DataFrame | None = None,
    draws: int = 4000,
    seed: int = 0,
) -> Backtest:
    """Forecast past periods from what was known on their eves, and compare with what came.

    Every method sees ``as_known_on(history, origin)`` and nothing else; what is compared with
    comes from the whole history. ``calls``: a targets table with kpi sales_call (the manager's
    call, as given before each period); without one the sum of committed deals stands in. Where
    several origins stand before one period, scores take the latest.

    Returns a ``Backtest``. Raises KamkitError for an unknown period.
    Source: Tashman 2000 (rolling origin); Gneiting & Raftery 2007 (scores).
    """
    todo = trials(history, origins=origins, period=period, year_start=year_start, last=last)
    rules = dict(benchmarks)
    if calls is not None:
        rules["manager_call"] = manager_call(calls)
    rows: list[dict[str, Any]] = []
    deals: list[pd.DataFrame] = []
    for number, trial in enumerate(todo):
        known = as_known_on(history, trial.origin)
        answer = model(known, start=trial.start, end=trial.end, draws=draws, seed=seed + number)
        made = prediction_of(answer)
        rows += trial_rows(history, known, trial, made, rules)
        deals.append(trial_deals(history, known, trial, made))
    forecasts = pd.DataFrame(rows, columns=FORECAST_COLUMNS)
    table = pd.concat(deals, ignore_index=True) if deals else pd.DataFrame(columns=DEAL_COLUMNS)
    return _judged(history, forecasts, table)


def _judged(history: DealHistory, forecasts: pd.DataFrame, deals: pd.DataFrame) -> Backtest:
    """Scores, calibration and verdict of what was forecast."""
    scored = forecasts.sort_values("origin", kind="stable")
    scored = scored.drop_duplicates(["period_start", "method"], keep="last")
    own = scored[scored["method"] == MODEL]
    latest = deals[deals["origin"].isin(own["origin"])]
    bands = coverage_table(own)
    drift = drift_check(own, latest, stability=stability_checks(history))
    against = pd.concat([rivals(scored, model=MODEL), chance_rivals(latest)], ignore_index=True)
    return Backtest(
        forecasts=forecasts,
        scores=_scores(scored, latest),
        deals=deals,
        calibration=_calibration(latest),
        bands=bands,
        rivals=against,
        drift=drift,
        verdict=verdict(bands, against, drift),
        quality=_quality(history, own),
    )


def _scores(scored: pd.DataFrame, deals: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for method, rows in scored.groupby("method", sort=False):
        past = rows["actual"].to_list()
        parts.append(error_scores(rows["actual"], rows["mean"], history=past).assign(method=method))
        if method == MODEL:
            parts.append(interval_scores(rows["actual"], rows[list(LEVELS)]).assign(method=method))
            known = rows["crps"].dropna().astype(float)
            origin = "field:Gneiting & Raftery 2007"
            row = measure_row("crps", known.mean(), len(known), variant="quantiles", origin=origin)
            parts.append(measure_table([row]).assign(method=method))
    decided = deals["outcome"] != "open"
    won = (deals["outcome"] == "won").astype(float).where(decided)
    inside = deals["won_in_period"].astype(float)
    chances = [(MODEL, "p_win", "won"), ("crm_probability", "crm_probability", "won")]
    chances += [
        (MODEL, "p_in_period", "in_period"),
        ("weighted_pipeline", "weighted_p", "in_period"),
    ]
    for method, column, kind in chances:
        happened = won if kind == "won" else inside
        table = chance_scores(deals[column], happened, cluster=deals["opportunity_id"])
        parts.append(table.assign(method=method, measure=f"{kind}_" + table["measure"]))
    return pd.concat(parts, ignore_index=True)[["method", *MEASURE_COLUMNS]]


def _calibration(deals: pd.DataFrame) -> pd.DataFrame:
    won = (deals["outcome"] == "won").astype(float).where(deals["outcome"] != "open")
    cases = {
        "p_in_period": deals["won_in_period"],
        "p_win": won,
        "crm_probability": won,
        "weighted_p": deals["won_in_period"],
    }
    parts = [
        calibration_table(deals[chance], happened.astype(float)).assign(chance=chance)
        for chance, happened in cases.items()
    ]
    return pd.concat(parts, ignore_index=True)[["chance", *CALIBRATION_COLUMNS]]


def _quality(history: DealHistory, own: pd.DataFrame) -> pd.DataFrame:
    """What stands in the way of a fair test."""
    rows = []
    if not len(history.book):
        rows.append(("amount_not_dated", len(history.deals)))
    unanswered = own[own["mean"].isna()]
    rows += [(str(note), len(part)) for note, part in unanswered.groupby("note")]
    return pd.DataFrame(rows, columns=["code", "n"])
