"""Stays from the table of stage events."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.funnel.days import NO_DAY, Ints, day_numbers
from kamkit.methods.funnel.ladders import MISSING, UNKNOWN, StageBook, stage_codes
from kamkit.methods.funnel.oddities import Oddities
from kamkit.methods.funnel.stays import Path


def event_path(
    events: pd.DataFrame, position: Ints, book: StageBook, as_of: int, notes: Oddities
) -> tuple[Path, Ints]:
    """Usable events as arrays with their seq, in the table's own order.

    ``position`` is the deal of every row (-1: not in the deals table). Needs columns:
    opportunity_id, stage, entered_on; takes left_on, moved_to and seq where they are there.
    Rows without deal, day or known stage, and rows after ``as_of``, are left out and noted.
    """
    need_columns(events, "stage_events", ["opportunity_id", "stage", "entered_on"])
    stage = stage_codes(events["stage"], book).astype(np.int64)
    enter = day_numbers(events["entered_on"])
    nothing = np.full(len(events), NO_DAY)
    left = day_numbers(events["left_on"]) if "left_on" in events else nothing
    moved = np.full(len(events), -1)
    if "moved_to" in events:
        moved = stage_codes(events["moved_to"], book).astype(np.int64)
        moved[moved < 0] = -1
    ids = events["opportunity_id"]
    future = (enter != NO_DAY) & (enter > as_of)
    wrong = {
        "event_without_day": enter == NO_DAY,
        "event_after_as_of": future,
        "event_without_deal": position < 0,
        "stage_unknown": stage == UNKNOWN,
        "stage_missing": stage == MISSING,
    }
    usable = np.ones(len(events), dtype=bool)
    for code, rows in wrong.items():
        if rows.any():
            named = events["stage"][rows & usable] if code == "stage_unknown" else None
            notes.ids(code, ids[rows & usable], "left_out", named)
            usable &= ~rows
    told_early = (left != NO_DAY) & (left > as_of)
    left, moved = np.where(told_early, NO_DAY, left), np.where(told_early, -1, moved)
    seq = events["seq"].fillna(0).to_numpy(np.int64) if "seq" in events else np.zeros(len(ids), int)
    path = Path(position, stage, enter, left, moved)
    if usable.all():
        return path, seq
    return path.take(usable), seq[usable]


def order_oddities(path: Path, seq: Ints, ids: pd.Series, notes: Oddities) -> None:
    """Note deals whose numbering and days disagree; days count.

    ``path`` is ordered by deal and day, ``seq`` goes with it.
    """
    back = np.zeros(len(seq), dtype=bool)
    back[1:] = (path.deal[1:] == path.deal[:-1]) & (seq[1:] < seq[:-1])
    notes.at("events_out_of_order", path.deal[back], ids, "by_day")
