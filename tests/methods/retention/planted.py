"""Warning signs and backtests on companies whose truth is known, and what they add up to."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import pandas as pd

from kamkit.methods.retention import backtest_score, risk_bands, sign_count, warning_signs
from kamkit.tables.sample import generate, planted_truths
from kamkit.tables.sample.retention import simulate_retention

AS_OF = pd.Timestamp("2026-06-30")
DAYS = pd.date_range("2025-03-31", "2026-06-30", freq="ME")


def sample_company(seed: int, *, company: str = "elevator", days=DAYS) -> dict[str, float]:
    """Who is found in one sample company, since when, and how many others are alarmed."""
    tables = generate(company, seed=seed, accounts=120)
    truths = planted_truths(tables)
    leaving = str(truths.loc[truths["truth"] == "churn_coming", "subject"].iloc[0])
    orders = tables["orders"]
    mine = orders[(orders["account_id"] == leaving) & (orders["amount"] > 0)]
    found: dict[str, float] = {"seed": seed, "planted": leaving != ""}
    since = {"watch": pd.NaT, "high": pd.NaT}
    for day in days:
        bands = risk_bands(warning_signs(tables, as_of=day)).accounts.set_index("account_id")
        band = bands["risk_band"].get(leaving, "low")
        for name, enough in (("watch", ("watch", "high")), ("high", ("high",))):
            # Since when without a break until the last day.
            if band not in enough:
                since[name] = pd.NaT
            elif since[name] is pd.NaT:
                since[name] = day
        others = bands.drop(index=leaving, errors="ignore")
        if day == AS_OF:
            found |= {
                "band_" + b: float((others["risk_band"] == b).sum()) for b in ("watch", "high")
            }
            found["accounts"] = float(len(others))
            found["rank"] = float(bands.index.get_loc(leaving)) + 1 if leaving in bands.index else 0
            found["signs"] = float(bands["signs"].get(leaving, 0))
    last = mine["date"].max()
    for name, day in since.items():
        # Before the last order the account still buys: that is when something can be done.
        found[f"lead_{name}"] = float((last - day).days) if day is not pd.NaT else float("nan")
    return found


def simulated(seed: int, *, regime: str, **options) -> dict[str, object]:
    """What a backtest of the number of signs says of one simulated company."""
    company = simulate_retention(seed=seed, regime=regime, **options)
    # Half a year apart: no loss is counted on two days.
    first = company.as_of - pd.DateOffset(months=6)
    days = [first - pd.DateOffset(months=6 * k) + pd.offsets.MonthEnd(0) for k in range(9)]
    test = backtest_score(
        sign_count(), company.tables, as_of=company.as_of, days=days, horizon_days=181, draws=200
    )
    verdict = test.verdict
    row: dict[str, object] = {"seed": seed, "regime": regime, "verdict": verdict.key}
    row |= {"losses": verdict.events, "auc": verdict.auc, "low": verdict.low, "high": verdict.high}
    scores = test.scores.set_index("measure")
    row |= {m: scores.loc[m, "value"] for m in ("base_rate", "precision_top", "recall_top",
                                                "lift_top", "lead_days")}  # fmt: skip
    return row


def many(job, seeds: Iterable[int], **options) -> pd.DataFrame:
    """One row a seed; on all cores, unless the tests themselves are spread over them."""
    work = partial(job, **options)
    seeds = list(seeds)
    if os.environ.get("PYTEST_XDIST_WORKER") or len(seeds) < 8:
        return pd.DataFrame([work(seed) for seed in seeds])
    with ProcessPoolExecutor() as pool:
        return pd.DataFrame(list(pool.map(work, seeds, chunksize=2)))
