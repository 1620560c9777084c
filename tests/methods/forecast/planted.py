"""Backtests on simulated companies whose truth is known, and what they add up to."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import pandas as pd
from methods.forecast.companies import history_of

from kamkit.methods.forecast.backtest import backtest
from kamkit.methods.forecast.calibration import coverage_table
from kamkit.methods.forecast.scores import bias, brier, wape
from kamkit.methods.shares import wilson_ends
from kamkit.tables.sample.pipeline import simulate_pipeline

KEPT = ["seed", "origin", "method", "mean", "p2_5", "p10", "p25", "p50", "p75", "p90", "p97_5"]
KEPT += ["pit", "crps", "actual", "opening", "actual_opening", "new_business", "actual_new"]
CHANCES = ["seed", "origin", "stage", "p_in_period", "p_win", "crm_probability", "weighted_p"]
CHANCES += ["won_in_period", "outcome"]


def one_company(seed: int, regime: str, *, last: int = 6, draws: int = 2000, **options):
    """Forecast rows, deal rows and the verdict of one simulated company."""
    pipeline = simulate_pipeline(seed=seed, regime=regime)
    history = history_of(pipeline.tables, pipeline.as_of)
    calls = pipeline.tables["targets"]
    done = backtest(history, last=last, draws=draws, seed=seed, calls=calls, **options)
    word = {"seed": seed, "verdict": done.verdict.key, "drift": done.drift.status}
    word |= {"direction": done.drift.direction}
    word |= dict(zip(done.drift.checks["check"], done.drift.checks["p_value"], strict=True))
    forecasts = done.forecasts.assign(seed=seed)[KEPT]
    return forecasts, done.deals.assign(seed=seed)[CHANCES], pd.DataFrame([word])


def companies(seeds: Iterable[int], regime: str, **options) -> tuple[pd.DataFrame, ...]:
    """The same for many seeds; on all cores, unless the tests themselves are spread over them."""
    job = partial(one_company, regime=regime, **options)
    if os.environ.get("PYTEST_XDIST_WORKER") or len(list(seeds)) < 8:
        found = [job(seed) for seed in seeds]
    else:
        with ProcessPoolExecutor() as pool:
            found = list(pool.map(job, seeds, chunksize=4))
    return tuple(pd.concat(part, ignore_index=True) for part in zip(*found, strict=True))


def summary(forecasts: pd.DataFrame, deals: pd.DataFrame, words: pd.DataFrame) -> pd.DataFrame:
    """One row a figure: what, method, value, low, high, n."""
    own = forecasts[forecasts["method"] == "model"]
    rows: list[tuple[str, str, float, float, float, int]] = []
    for band in coverage_table(own).itertuples():
        name = f"coverage_{band.band * 100:.0f}"
        rows.append((name, "model", band.coverage, band.low, band.high, band.n))
    for method, part in forecasts.groupby("method", sort=False):
        known = part.dropna(subset=["mean"])
        for name, score in (("wape", wape), ("bias", bias)):
            value = score(known["actual"], known["mean"])
            rows.append((name, str(method), value, float("nan"), float("nan"), len(known)))
    for part, truth in (("opening", "actual_opening"), ("new_business", "actual_new")):
        value = float(own[part].sum() / own[truth].sum()) if own[truth].sum() else float("nan")
        rows.append((f"{part}_ratio", "model", value, float("nan"), float("nan"), len(own)))
    won = (deals["outcome"] == "won").astype(float).where(deals["outcome"] != "open")
    inside = deals["won_in_period"].astype(float)
    for name, column, happened in (
        ("brier_won", "p_win", won),
        ("brier_won", "crm_probability", won),
        ("brier_in_period", "p_in_period", inside),
        ("brier_in_period", "weighted_p", inside),
    ):
        n = int((deals[column].notna() & happened.notna()).sum())
        value = brier(deals[column], happened)
        rows.append((name, column, value, float("nan"), float("nan"), n))
    for name, hits in (
        ("calibration_lost", words["drift"] == "lost"),
        ("verdict_reliable", words["verdict"] == "reliable"),
        ("verdict_not_better", words["verdict"] == "not_better_than"),
        ("verdict_too_little", words["verdict"] == "too_little_history"),
    ):
        low, high = wilson_ends(hits.sum(), len(hits))
        rows.append((name, "model", float(hits.mean()), low, high, len(hits)))
    return pd.DataFrame(rows, columns=["figure", "method", "value", "low", "high", "n"])
