"""Simulated companies as histories, and a plain model to try the machinery with."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.methods.forecast.prediction import Prediction, no_prediction
from kamkit.methods.funnel import DealHistory, deal_history
from kamkit.tables.sample.pipeline import STAGES, simulate_pipeline

LEVELS = (np.arange(199) + 1) / 200


def history_of(tables: dict[str, pd.DataFrame], as_of: str | pd.Timestamp) -> DealHistory:
    return deal_history(
        tables["opportunities"],
        tables["stage_events"],
        tables["snapshots"],
        ladder=STAGES,
        as_of=as_of,
    )


def simulated(**options) -> DealHistory:
    pipeline = simulate_pipeline(**options)
    return history_of(pipeline.tables, pipeline.as_of)


def plain_model(history, *, start, end, draws, seed) -> Prediction:
    """Share of past deals in the same stage that were won within as long a time."""
    span = end - history.as_of
    book, deals = history.book, history.deals
    past = book[book["on"] <= history.as_of - span]
    if len(past) < 30:
        return no_prediction("too_little_history")
    closed = deals["closed_on"].to_numpy()[past["deal"]]
    was_won = (deals["status"] == "won").to_numpy()[past["deal"]]
    soon = was_won & (closed <= (past["on"] + span).to_numpy())
    tally = pd.DataFrame({"stage": past["stage"].astype(str), "soon": soon}).groupby("stage")
    share = (tally["soon"].sum() + 1) / (tally["soon"].size() + 4)
    now = deals[(deals["status"] == "open") & deals["amount"].notna()]
    p = now["stage"].astype(str).map(share).fillna(0.2).to_numpy()
    rng = np.random.default_rng(seed)
    market = np.exp(0.15 * rng.standard_normal(draws))[:, None]
    won = rng.random((draws, len(now))) < p * market
    total = won @ (now["amount"].to_numpy() * 0.97)
    fresh = deals["created_on"].to_numpy()[:, None]
    eves = pd.date_range(book["on"].min(), history.as_of - span, freq="QE").to_numpy()
    inside = (fresh > eves) & (deals["closed_on"].to_numpy()[:, None] <= eves + span)
    inside &= (deals["status"] == "won").to_numpy()[:, None]
    total += rng.choice(deals["amount"].fillna(0).to_numpy() @ inside, draws)
    chances = pd.DataFrame(
        {"opportunity_id": now["opportunity_id"], "p_in_period": p, "p_win": np.minimum(1, 1.6 * p)}
    )
    return Prediction(
        float(total.mean()), pd.Series(np.quantile(total, LEVELS), index=LEVELS), chances
    )
