"""Ageing, waterfall and the rest of the funnel over time, next to bare pandas.

Run: python benchmarks/bench_funnel_time.py [deals]
The bare statements use plain quantiles and sums over the same rows: no open stays counted, no
interval, no re-opening. Prints seconds, the ratio, and peak memory.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from bench_funnel import AS_OF, STAGES, line, made, peak_gb, seconds

from kamkit.methods import funnel

START, END = pd.Timestamp("2026-03-31"), pd.Timestamp("2026-06-30")


def snapshots(table: pd.DataFrame, seed: int = 3) -> pd.DataFrame:
    """Month-end rows of every deal open then, over the last year."""
    rng = np.random.default_rng(seed)
    parts = []
    for day in pd.date_range("2025-06-30", AS_OF, freq="ME"):
        closed = table["closed_on"].notna() & (table["closed_on"] <= day)
        part = table[(table["created_on"] <= day) & ~closed]
        part = part[["opportunity_id", "stage", "amount", "close_date", "owner_id"]].copy()
        part.insert(0, "snapshot_on", day)
        part["amount"] = (part["amount"] * rng.lognormal(0, 0.1, len(part))).round(2)
        shift = rng.integers(-20, 60, len(part)).astype("m8[D]")
        part["close_date"] = part["close_date"] + shift
        part["probability"] = rng.random(len(part)).round(2)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def bare_ageing(history: funnel.DealHistory) -> pd.DataFrame:
    """Quantiles of days by stage, and each open deal's rank among the stays of its stage."""
    stays = history.stays
    ended = stays[stays["left_on"].notna()]
    limits = ended.groupby("stage", observed=True)["days"].quantile([0.5, 0.8, 0.9]).unstack()
    rank = stays.groupby("stage", observed=True)["days"].rank(pct=True)
    still = stays[stays["left_on"].isna()].assign(percentile=rank)
    out = still.merge(limits, left_on="stage", right_index=True)
    names = history.deals[["opportunity_id", "account_id", "owner_id", "amount"]]
    out = out.merge(names, left_on="deal", right_index=True)
    choices = [out["percentile"] >= 0.9, out["percentile"] >= 0.8]
    out["flag"] = np.select(choices, ["stuck", "slow"], "ok")
    return out.sort_values("percentile", ascending=False)


def bare_waterfall(history: funnel.DealHistory) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every change between two days, deal by deal, and its sums by step."""
    deals, book = history.deals, history.book
    known = book[book["on"] <= END].copy()
    known["change"] = known["amount"] - known.groupby("deal")["amount"].shift()
    first = known[known["on"] <= START].groupby("deal")["amount"].last()
    closed = deals["closed_on"].notna() & (deals["closed_on"] <= START)
    opened = deals[(deals["created_on"] <= START) & ~closed]
    opening = first.reindex(opened.index).fillna(opened["amount"]).sum()
    new = deals[(deals["created_on"] > START) & (deals["created_on"] <= END)]
    entry = known.groupby("deal")["amount"].first().reindex(new.index).fillna(new["amount"])
    ended = deals[(deals["closed_on"] > START) & (deals["closed_on"] <= END)]
    last = known.groupby("deal")["amount"].last().reindex(ended.index).fillna(ended["amount"])
    told = known[(known["on"] > START) & (known["change"] != 0) & known["change"].notna()]
    final = (ended["amount"] - last)[ended["amount"] != last]
    parts = [
        pd.DataFrame({"deal": new.index, "on": new["created_on"], "amount": entry}),
        pd.DataFrame({"deal": told["deal"], "on": told["on"], "amount": told["change"]}),
        pd.DataFrame({"deal": final.index, "on": ended["closed_on"].loc[final.index],
                      "amount": final}),
        pd.DataFrame({"deal": ended.index, "on": ended["closed_on"], "amount": -ended["amount"]}),
    ]  # fmt: skip
    names = ["created", np.where(told["change"] > 0, "up", "down"),
             np.where(final > 0, "up", "down"), ended["status"]]  # fmt: skip
    for part, name in zip(parts, names, strict=True):
        part["step"] = name
    path = pd.concat(parts, ignore_index=True).sort_values(["deal", "on"])
    path["opportunity_id"] = deals["opportunity_id"].reindex(path["deal"]).array
    steps = path.groupby("step")["amount"].agg(["sum", "size"])
    steps.loc["opening", "sum"] = opening
    return steps, path


def main() -> None:
    """All timings at one size."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_080_000
    table, events = made(size)
    table["account_id"] = "A" + (np.arange(len(table)) % 20_000).astype(str).astype(object)
    rows = snapshots(table)
    print(f"{len(table):,} deals, {len(events):,} events, {len(rows):,} snapshot rows")
    history = funnel.deal_history(table, events, rows, ladder=STAGES, as_of=AS_OF)
    del table, events, rows
    line("stage_ageing", seconds(lambda: funnel.stage_ageing(history)),
         seconds(lambda: bare_ageing(history)))  # fmt: skip
    line("waterfall", seconds(lambda: funnel.waterfall(history, start=START, end=END)),
         seconds(lambda: bare_waterfall(history)))  # fmt: skip
    deal = str(history.deals["opportunity_id"].iloc[-1])
    works: dict[str, Callable[[], object]] = {
        "stage_days": lambda: funnel.stage_days(history),
        "cycle_time": lambda: funnel.cycle_time(history),
        "cycle_time by owner": lambda: funnel.cycle_time(history, by="owner_id"),
        "outcome_curves": lambda: funnel.outcome_curves(history),
        "velocity": lambda: funnel.velocity(history),
        "period_review": lambda: funnel.period_review(history, start=START, end=END, target=1e9),
        "waterfall in the period": lambda: funnel.waterfall(
            history, start=START, end=END, focus="closing_in_period"
        ),
        "hygiene": lambda: funnel.hygiene(history),
        "pipeline_concentration": lambda: funnel.pipeline_concentration(history),
        "deals_needed": lambda: funnel.deals_needed(history, 1e10, "2026-12-31"),
        "deal_review": lambda: funnel.deal_review(history, deal),
        "stage_chain": lambda: funnel.stage_chain(history),
    }
    for name, work in works.items():
        begin = time.perf_counter()
        work()
        line(name, time.perf_counter() - begin)
    print(f"peak memory {peak_gb():.1f} GB")


if __name__ == "__main__":
    main()
