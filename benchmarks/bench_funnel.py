"""The funnel's methods next to the same group-bys written directly in pandas.

Run: python benchmarks/bench_funnel.py [deals]
Prints seconds, the ratio to the bare statements where there are some, and peak memory.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from kamkit.methods.funnel import (
    DealHistory,
    as_known_on,
    deal_history,
    stage_conversion,
    win_rate,
)

STAGES = ["lead", "qualified", "solution", "presented", "bid", "negotiation"]
AS_OF = pd.Timestamp("2026-06-30")
OWNERS = 200


def made(deals: int, seed: int = 7) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Opportunities and about five times as many stage events."""
    rng = np.random.default_rng(seed)
    ids = np.char.add("O", np.char.zfill(np.arange(deals).astype(str), 7))
    created = np.datetime64("2019-01-01") + rng.integers(0, 2700, deals).astype("m8[D]")
    depth = rng.choice(len(STAGES), deals, p=[0.02, 0.05, 0.08, 0.2, 0.25, 0.4])
    steps = depth + 1
    deal = np.repeat(np.arange(deals), steps)
    stage = np.arange(len(deal)) - np.repeat(np.cumsum(steps) - steps, steps)
    stay = 1 + rng.gamma(1.5, 20, len(deal)).astype(int)
    until = np.cumsum(stay)
    began = until - stay
    offset = np.repeat(began[np.cumsum(steps) - steps], steps)
    enter = created[deal] + (began - offset).astype("m8[D]")
    left = created[deal] + (until - offset).astype("m8[D]")
    last = np.append(deal[1:] != deal[:-1], True)
    end = left[last]
    won = (depth == len(STAGES) - 1) & (rng.random(deals) < 0.6)
    closed = end <= AS_OF.to_datetime64()
    status = np.where(~closed, "open", np.where(won, "won", "lost"))
    amount = np.round(np.exp(rng.normal(12, 1, deals)), 2)
    owner = np.char.add("M", rng.integers(0, OWNERS, deals).astype(str))
    names = np.array([*STAGES, "won", "lost"], dtype=object)
    moved = np.where(last, np.where(status == "won", 6, 7)[deal], stage + 1)
    table = pd.DataFrame(
        {
            "opportunity_id": ids,
            "owner_id": owner,
            "created_on": created.astype("datetime64[us]"),
            "amount": amount,
            "stage": names[depth],
            "status": status,
            "close_date": (end + 10).astype("datetime64[us]"),
            "closed_on": np.where(closed, end, np.datetime64("NaT")).astype("datetime64[us]"),
        }
    )
    seen = enter <= AS_OF.to_datetime64()
    gone = left <= AS_OF.to_datetime64()
    events = pd.DataFrame(
        {
            "opportunity_id": ids[deal],
            "seq": stage + 1,
            "stage": names[stage],
            "entered_on": enter.astype("datetime64[us]"),
            "left_on": np.where(gone, left, np.datetime64("NaT")).astype("datetime64[us]"),
            "moved_to": np.where(gone, names[moved], None),
        }
    )[seen]
    kinds = {"opportunity_id": "str", "stage": "str", "moved_to": "str"}
    mixed = rng.permutation(len(events))
    events = events.astype({k: kinds[k] for k in kinds}).iloc[mixed].reset_index(drop=True)
    return table[table["created_on"] <= AS_OF].reset_index(drop=True), events


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """The best of some runs."""
    best = np.inf
    for _ in range(times):
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
    return float(best)


def line(name: str, ours: float, bare: float | None = None) -> None:
    """One line of the result."""
    ratio = "" if bare is None else f"   bare pandas {bare:6.2f} s   ratio {ours / bare:5.2f}"
    print(f"{name:<28} {ours:7.2f} s{ratio}", flush=True)


def peak_gb() -> float:
    """The most memory that this process has held, in GB; NaN where the system doesn't say."""
    try:
        import resource
    except ImportError:
        return float("nan")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def built(deals: int) -> tuple[DealHistory, pd.DataFrame, pd.DataFrame]:
    """The history and the tables that it was made of, timed."""
    table, events = made(deals)
    print(f"{len(table):,} opportunities, {len(events):,} events, inputs held: {peak_gb():.1f} GB")
    begin = time.perf_counter()
    history = deal_history(table, events, ladder=STAGES, as_of=AS_OF)
    line("deal_history", time.perf_counter() - begin)
    line("as_known_on", seconds(lambda: as_known_on(history, "2024-12-31"), 2))
    return history, table, events


def bare_period(stays: pd.DataFrame) -> pd.DataFrame:
    """Moves by stage, as one would write them: entered, moved on, lost, still there."""
    counts = stays.groupby(["stage", "move"], observed=False).size().unstack()
    advanced = counts[["forward", "skip", "won"]].sum(axis=1)
    return counts.assign(rate=advanced / (advanced + counts["lost"]))


def bare_cohort(stays: pd.DataFrame) -> pd.DataFrame:
    """First entry of each deal into each stage, and whether it ever came further."""
    order = {name: k for k, name in enumerate([*STAGES, "won"])}
    goal = stays["moved_to"].map(order).astype(float)
    table = stays[["deal", "stage", "entered_on"]].assign(goal=goal)
    table["furthest"] = table.groupby("deal")["goal"].transform("max")
    first = table.groupby(["deal", "stage"], observed=True, as_index=False).first()
    further = first["furthest"] > first["stage"].cat.codes
    return further.groupby(first["stage"], observed=True).agg(["size", "sum"])


def bare_win_rate(deals: pd.DataFrame) -> pd.DataFrame:
    """Won and closed deals by owner."""
    closed = deals[deals["status"].isin(["won", "lost"])]
    return (closed["status"] == "won").groupby(closed["owner_id"]).agg(["sum", "count", "mean"])


def bare_win_value(deals: pd.DataFrame) -> pd.DataFrame:
    """Won and closed money by owner."""
    closed = deals[deals["status"].isin(["won", "lost"])]
    money = closed.assign(won=closed["amount"].where(closed["status"] == "won", 0.0))
    sums = money.groupby("owner_id")[["won", "amount"]].sum()
    return sums.assign(rate=sums["won"] / sums["amount"])


def rates(history: DealHistory) -> None:
    """Conversion and win rates next to their bare group-bys."""
    stays, deals = history.stays, history.deals
    line(
        "stage_conversion, period",
        seconds(lambda: stage_conversion(history)),
        seconds(lambda: bare_period(stays)),
    )
    line(
        "stage_conversion, cohort",
        seconds(lambda: stage_conversion(history, view="cohort")),
        seconds(lambda: bare_cohort(stays), 2),
    )
    line(
        "win_rate by owner",
        seconds(lambda: win_rate(history, by="owner_id")),
        seconds(lambda: bare_win_rate(deals)),
    )
    line(
        "win_rate by value, owner",
        seconds(lambda: win_rate(history, by="owner_id", value="amount"), 1),
        seconds(lambda: bare_win_value(deals)),
    )


def main() -> None:
    """All timings at one size."""
    history, _, _ = built(int(sys.argv[1]) if len(sys.argv) > 1 else 1_080_000)
    rates(history)
    print(f"peak memory {peak_gb():.1f} GB")


if __name__ == "__main__":
    main()
