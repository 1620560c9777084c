"""Dated figures, and stays where nobody kept events, from two or more dated exports."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kamkit.methods.checks import need_columns
from kamkit.methods.funnel.days import NO_DAY, Ints, as_dates, day_numbers, last_of_each, latest
from kamkit.methods.funnel.ladders import UNKNOWN, StageBook, categorical, stage_codes
from kamkit.methods.funnel.oddities import Oddities
from kamkit.methods.funnel.stays import Ends, Path, ordered

FIGURES: dict[str, Any] = {
    "amount": "float64",
    "close_date": "datetime64[us]",
    "probability": "float64",
    "owner_id": "str",
    "forecast_category": "str",
}
BOOK_COLUMNS = ["deal", "on", "stage", *FIGURES]


def clean_snapshots(
    snapshots: pd.DataFrame, book: StageBook, as_of: int, notes: Oddities
) -> pd.DataFrame:
    """Usable snapshot rows: opportunity_id, on (day number), code (stage), the figures.

    Needs columns: snapshot_on, opportunity_id, stage. Rows without a day or a deal, after
    ``as_of``, and all but one of several rows of a deal on one day are left out and noted.
    """
    need_columns(snapshots, "snapshots", ["snapshot_on", "opportunity_id", "stage"])
    on, ids = day_numbers(snapshots["snapshot_on"]), snapshots["opportunity_id"]
    usable = (on != NO_DAY) & ids.notna().to_numpy()
    late = usable & (on > as_of)
    notes.ids("snapshot_after_as_of", ids[late], "left_out")
    usable &= ~late
    rows = pd.DataFrame({"opportunity_id": ids.astype("str"), "on": on})
    rows["code"] = stage_codes(snapshots["stage"], book).astype(np.int64)
    for name, kind in FIGURES.items():
        missing = pd.Series(np.nan, index=rows.index)
        rows[name] = snapshots.get(name, missing).astype(kind)
    odd = usable & (rows["code"] == UNKNOWN).to_numpy()
    notes.ids("stage_unknown_in_snapshot", ids[odd], "kept", snapshots["stage"][odd])
    rows = rows[usable]
    twice = rows.duplicated(["opportunity_id", "on"], keep=False)
    if twice.any():
        notes.ids("snapshot_repeated", rows.loc[twice, "opportunity_id"], "one_kept")
        by = [c for c in rows.columns if c not in ("opportunity_id", "on")]
        rows = rows.sort_values(by, kind="stable").drop_duplicates(["opportunity_id", "on"])
    return pd.DataFrame(rows)


def vanished_deals(
    rows: pd.DataFrame, known: NDArray[np.bool_], book: StageBook, as_of: int, present: bool
) -> pd.DataFrame:
    """Deals that only snapshots know, as rows of the deals table.

    ``known`` marks rows whose deal the deals table holds. A deal last seen in a stage that
    means won or lost is closed on the first day of that; one that is no longer in the next
    snapshot (nor, where ``present``, in the deals table) is lost on that day and marked
    vanished; else it is open. Its creation is the first day on which it was seen.
    """
    own = rows[~known].sort_values(["opportunity_id", "on"])
    names = own["opportunity_id"].to_numpy()
    place = np.cumsum(np.append(0, names[1:] != names[:-1])) if len(own) else np.zeros(0, int)
    end = last_of_each(place)
    last = own[end]
    out = last.drop(columns=["on", "code"]).reset_index(drop=True)
    on, code = own["on"].to_numpy(), own["code"].to_numpy()
    first = np.append(True, end[:-1]) if len(own) else end
    days = np.unique(rows["on"].to_numpy())
    following = np.append(days, as_of)[np.searchsorted(days, last["on"].to_numpy(), "right")]
    # The first day of the closed run at the end: one row after the last open one.
    closed = code >= book.won
    run = np.append(True, closed[1:] & ~closed[:-1]) | first if len(own) else end
    start = np.maximum.accumulate(np.where(run, np.arange(len(on)), 0))
    is_closed = closed[end]
    seen_now = (last["on"].to_numpy() == days[-1]) & (not present) if len(days) else is_closed
    vanished = ~is_closed & ~seen_now
    status = np.where(code[end] == book.won, "won", "lost")
    out["status"] = np.where(is_closed | vanished, status, "open")
    closed_on = np.where(is_closed, on[start[end]], np.where(vanished, following, NO_DAY))
    out["created_on"], out["closed_on"] = as_dates(on[first]), as_dates(closed_on)
    stages = np.array([*book.stages, None], dtype=object)
    out["stage"] = stages[np.where((code[end] >= 0) & (code[end] < book.won), code[end], -1)]
    out["vanished"] = vanished
    out["reason"] = pd.Series("vanished", index=out.index).where(vanished)
    return out


def book_table(rows: pd.DataFrame, position: Ints, book: StageBook) -> pd.DataFrame:
    """The rows as ``DealHistory.book``; stages that mean won or lost are missing there."""
    if not len(rows):
        kinds: dict[str, Any] = {
            "deal": "int64",
            "on": "datetime64[us]",
            "stage": book.stage_type,
        } | FIGURES
        return pd.DataFrame(columns=BOOK_COLUMNS).astype(kinds)
    on, code = rows["on"].to_numpy(), rows["code"].to_numpy()
    order = np.lexsort((on, position))
    code = np.where((code >= 0) & (code < book.won), code, -1)[order]
    table = pd.DataFrame(
        {
            "deal": position[order],
            "on": as_dates(on[order]),
            "stage": categorical(code, book.stage_type),
        }
    )
    for name in FIGURES:
        table[name] = rows[name].array[order]
    return table[BOOK_COLUMNS]


def snapshot_path(
    rows: pd.DataFrame,
    position: Ints,
    deals: pd.DataFrame,
    ends: Ends,
    book: StageBook,
    as_of: int,
    notes: Oddities,
    *,
    back_dated: bool,
) -> Path:
    """Days on which each deal was seen in each stage, ordered; ends are not yet known.

    A move is dated on the first day on which the new stage was seen: what was between two
    snapshots was not known before the second. A deal's first stay begins with the deal if
    the deal is younger than the first snapshot, or stood in the first stage then. The deals
    table counts as one more snapshot: of open deals on ``as_of``, of closed ones on the day
    they were closed, so a stage reached after the last snapshot has a stay of no days.
    Without ``back_dated`` every stay begins on the day on which it was first seen.
    """
    seen, code = rows["on"].to_numpy(), rows["code"].to_numpy()
    created = day_numbers(deals["created_on"])
    now = stage_codes(deals["stage"], book).astype(np.int64)
    begun = int(seen.min(initial=as_of))
    useful = (code >= 0) & (code < book.won)
    useful &= (ends.closed[position] == NO_DAY) | (seen < ends.closed[position])
    deal, stage, on = position[useful], code[useful], seen[useful]
    without = np.ones(len(deals), dtype=bool)
    without[deal] = False
    before = latest(deal, on * book.won + stage, len(deals)) % book.won  # the stage seen last
    known = (now >= 0) & (now < book.won)
    between = known & without & (ends.closed != NO_DAY) & (created > begun) & back_dated
    notes.at("never_in_snapshot", between, ends.ids, "from_deal_table")
    after = known & ~without & (ends.closed != NO_DAY) & (now != before)
    notes.at("moved_after_last_snapshot", after, ends.ids, "from_deal_table")
    still = known & (ends.closed == NO_DAY) & (seen.max(initial=NO_DAY) < as_of)
    extra = [np.flatnonzero(rows) for rows in (between, after, still)]
    deal = np.concatenate([deal, *extra])
    stage = np.concatenate([stage, *(now[rows] for rows in extra)])
    days = [created[between], ends.closed[after], np.full(len(extra[2]), as_of)]
    on = np.concatenate([on, *days])
    blank = np.full(len(deal), -1)
    path = Path(deal, stage, on, np.full(len(deal), NO_DAY), blank)
    path, _ = ordered(path, np.zeros(len(deal), dtype=np.int64))
    first = np.append(True, last_of_each(path.deal)[:-1]) if len(deal) else np.zeros(0, bool)
    born = created[path.deal]
    exact = first & ((born > begun) | (path.stage == 0)) & back_dated
    notes.at("entered_before_first_snapshot", path.deal[first & ~exact], ends.ids, "first_seen")
    return Path(path.deal, path.stage, np.where(exact, born, path.enter), path.left, path.moved)
