"""What a backtest takes from a forecast, and the rows that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from kamkit.methods.forecast.benchmarks import Rule, bookings, open_pipeline
from kamkit.methods.forecast.calibration import pit
from kamkit.methods.forecast.origins import Trial
from kamkit.methods.forecast.score_tables import LEVELS
from kamkit.methods.forecast.scores import NAN, crps_quantiles
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.portfolio.lifetime_measures import measure_value

MODEL = "model"
FORECAST_COLUMNS = [
    *("origin", "period_start", "period_end", "lead_days", "method", "mean", *LEVELS),
    *("pit", "crps", "actual", "opening", "actual_opening", "new_business", "actual_new"),
    *("open_deals", "closed_deals", "note"),
]
DEAL_COLUMNS = [
    *("origin", "period_start", "period_end", "opportunity_id", "owner_id", "stage", "amount"),
    *("p_in_period", "p_win", "crm_probability", "weighted_p", "won_in_period", "outcome"),
]


@dataclass(frozen=True)
class Prediction:
    """A forecast of one period's bookings.

    ``quantiles``: money by level (0–1, ascending); empty where there is no forecast. ``deals``:
    opportunity_id, p_in_period, p_win (0–1). ``note`` says why there is no forecast. ``opening``
    and ``new_business`` are the parts of the mean, where the model tells them apart.
    """

    mean: float
    quantiles: pd.Series
    deals: pd.DataFrame
    note: str = ""
    opening: float = NAN
    new_business: float = NAN


class ForecastLike(Protocol):
    """What ``forecast_period`` returns, as far as a backtest reads it."""

    @property
    def total(self) -> pd.DataFrame: ...
    @property
    def parts(self) -> pd.DataFrame: ...
    @property
    def deals(self) -> pd.DataFrame: ...
    @property
    def draws(self) -> pd.DataFrame: ...
    @property
    def status(self) -> str: ...


def prediction_of(made: Prediction | ForecastLike) -> Prediction:
    """A forecast as the backtest scores it.

    >>> prediction_of(no_prediction("too_little_history")).note
    'too_little_history'
    """
    if isinstance(made, Prediction):
        return made
    mean = measure_value(made.total, "mean")
    grid = made.draws.dropna(subset=["q", "total"])
    part = made.parts.set_index("part")["mean"].astype(float)
    return Prediction(
        mean=mean,
        quantiles=pd.Series(grid["total"].to_numpy(float), index=grid["q"].to_numpy(float)),
        deals=made.deals[["opportunity_id", "p_in_period", "p_win"]],
        note="" if mean == mean else made.status,
        opening=float(part.get("opening", NAN)),
        new_business=float(part.get("new_business", NAN)),
    )


def no_prediction(note: str) -> Prediction:
    """The answer of a model that can't forecast.

    >>> no_prediction("too_little_history").note
    'too_little_history'
    """
    deals = pd.DataFrame(columns=["opportunity_id", "p_in_period", "p_win"])
    return Prediction(NAN, pd.Series(dtype=float), deals, note)


def trial_rows(
    history: DealHistory,
    known: DealHistory,
    trial: Trial,
    made: Prediction,
    rules: Mapping[str, Rule],
) -> list[dict[str, Any]]:
    """The model's row of one trial and those of the simple rules."""
    actual = bookings(history, trial.start, trial.end)
    status = known.deals["status"]
    common: dict[str, Any] = {
        "origin": trial.origin,
        "period_start": trial.start,
        "period_end": trial.end,
        "lead_days": (trial.start - trial.origin).days,
        "actual": actual,
        "open_deals": int((status == "open").sum()),
        "closed_deals": int((status != "open").sum()),
    }
    levels, values = made.quantiles.index.to_numpy(float), made.quantiles.to_numpy(float)
    opening = _booked_from(history, known, trial)
    own = common | {
        "method": MODEL,
        "mean": made.mean,
        "note": made.note,
        "opening": made.opening,
        "new_business": made.new_business,
        "actual_opening": opening,
        "actual_new": actual - opening,
    }
    if len(levels):
        cuts = np.interp(list(LEVELS.values()), levels, values)
        own |= dict(zip(LEVELS, cuts, strict=True))
        own["pit"] = pit(levels, values, actual)
        own["crps"] = crps_quantiles(levels, values, actual)
    rows = [own]
    for name, rule in rules.items():
        value = rule(known, trial.start, trial.end)
        note = "" if value == value else "not_available"
        rows.append(common | {"method": name, "mean": value, "note": note})
    return rows


def _booked_from(history: DealHistory, known: DealHistory, trial: Trial) -> float:
    """What deals that were open on the origin brought in the period."""
    deals = history.deals
    ids = known.deals.loc[known.deals["status"] == "open", "opportunity_id"]
    won = (deals["status"] == "won") & deals["closed_on"].between(trial.start, trial.end)
    return float(deals.loc[won & deals["opportunity_id"].isin(ids), "amount"].sum())


def trial_deals(
    history: DealHistory, known: DealHistory, trial: Trial, made: Prediction
) -> pd.DataFrame:
    """Every deal open on the origin: the chances stated then, and what became of it."""
    pipeline = open_pipeline(known) if len(known.book) else known.deals[:0]
    table = known.deals.loc[known.deals["status"] == "open"].copy()
    stated = made.deals.set_index("opportunity_id")[["p_in_period", "p_win"]]
    table = table.join(stated, on="opportunity_id")
    crm = pipeline["probability"].reindex(table.index).astype(float)
    due = pipeline["close_date"].between(trial.start, trial.end).reindex(table.index)
    final = history.deals.set_index("opportunity_id").loc[table["opportunity_id"]]
    inside = final["closed_on"].between(trial.start, trial.end)
    out = table.assign(
        origin=trial.origin,
        period_start=trial.start,
        period_end=trial.end,
        crm_probability=crm,
        weighted_p=crm.where(due.fillna(False).astype(bool), 0.0).where(crm.notna()),
        won_in_period=((final["status"] == "won") & inside).to_numpy(),
        outcome=final["status"].astype(str).to_numpy(),
    )
    out["stage"] = out["stage"].astype("str")
    return out.reindex(columns=DEAL_COLUMNS).reset_index(drop=True)
