"""What real exports look like: gaps and detours in the records of a simulated pipeline."""

from __future__ import annotations

import numpy as np
import pandas as pd

SKIPPED, REPEATED, NO_AMOUNT, NO_CELL, NO_ROW = 0.05, 0.04, 0.03, 0.05, 0.01


def with_mess(
    tables: dict[str, pd.DataFrame], draw: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """The same tables as people keep them; what truly happened stays as it was.

    Stays that nobody recorded (the deal seems to skip a stage), stays interrupted by a step
    back, deals without an amount, snapshot cells and whole rows that are missing.
    """
    events = _repeated(_skipped(tables["stage_events"], draw), draw)
    opportunities, snapshots = tables["opportunities"].copy(), tables["snapshots"]
    bare = draw.random(len(opportunities)) < NO_AMOUNT
    opportunities.loc[bare, "amount"] = np.nan
    snapshots = snapshots[draw.random(len(snapshots)) >= NO_ROW].reset_index(drop=True)
    snapshots.loc[
        snapshots["opportunity_id"].isin(opportunities.loc[bare, "opportunity_id"]), "amount"
    ] = np.nan
    for column in ("probability", "close_date", "forecast_category"):
        gap = draw.random(len(snapshots)) < NO_CELL
        snapshots[column] = snapshots[column].mask(gap)
    return tables | {
        "stage_events": events,
        "opportunities": opportunities,
        "snapshots": snapshots,
    }


def _skipped(events: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    """Some stays between others go missing: the one before lasts until the one after."""
    deal = events["opportunity_id"]
    inner = (events["seq"] > 1) & deal.eq(deal.shift(-1))
    gone = inner & (draw.random(len(events)) < SKIPPED)
    gone &= ~gone.shift(fill_value=False)
    before = gone.shift(-1, fill_value=False)
    events = events.copy()
    for column in ("left_on", "moved_to"):
        events[column] = events[column].mask(before, events[column].shift(-1))
    return _numbered(events[~gone])


def _repeated(events: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    """Some long stays after the first fall into three: here, back a stage, here again."""
    before = events.groupby("opportunity_id")["stage"].shift()
    long = (events["left_on"] - events["entered_on"]).dt.days >= 12
    hit = before.notna() & long & (draw.random(len(events)) < REPEATED)
    there = events[hit]
    third = (there["left_on"] - there["entered_on"]) / 3
    first, second = (there["entered_on"] + k * third for k in (1, 2))
    first, second = first.dt.floor("D"), second.dt.floor("D")
    parts = [
        events[~hit],
        there.assign(left_on=first, moved_to=before[hit]),
        there.assign(stage=before[hit], entered_on=first, left_on=second, moved_to=there["stage"]),
        there.assign(entered_on=second),
    ]
    return _numbered(pd.concat(parts))


def _numbered(events: pd.DataFrame) -> pd.DataFrame:
    events = events.sort_values(["opportunity_id", "entered_on"], kind="stable")
    events = events.reset_index(drop=True)
    events["seq"] = events.groupby("opportunity_id").cumcount() + 1
    return events
