"""A history from whatever tables a company has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns, one_currency
from kamkit.methods.funnel.days import (
    LATE,
    NO_DAY,
    Ints,
    day_number,
    day_numbers,
    earliest,
    last_of_each,
    latest,
)
from kamkit.methods.funnel.deals import beginning, finished_deals, raw_deals, standing
from kamkit.methods.funnel.from_events import event_path, order_oddities
from kamkit.methods.funnel.from_snapshots import (
    book_table,
    clean_snapshots,
    snapshot_path,
    vanished_deals,
)
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.ladders import (
    MISSING,
    UNKNOWN,
    LadderLike,
    StageBook,
    categorical,
    stage_book,
    stage_codes,
)
from kamkit.methods.funnel.oddities import Oddities, state_oddities
from kamkit.methods.funnel.stays import Ends, Path, ordered, settled, stay_table


@dataclass(frozen=True)
class Sources:
    """The tables that tell of moves, and the deal (a number) of each of their rows."""

    events: pd.DataFrame
    at_event: Ints
    rows: pd.DataFrame  # clean snapshot rows
    at_row: Ints

    def renumbered(self, numbers: Ints) -> Sources:
        """The same rows with other deal numbers; ``numbers`` ends with -1, for no deal."""
        at_row = numbers[self.at_row]
        kept = at_row >= 0
        rows = self.rows if kept.all() else self.rows[kept]
        return replace(self, at_event=numbers[self.at_event], rows=rows, at_row=at_row[kept])


def deal_history(
    opportunities: pd.DataFrame | None,
    stage_events: pd.DataFrame | None = None,
    snapshots: pd.DataFrame | None = None,
    *,
    ladder: LadderLike | Sequence[str],
    as_of: pd.Timestamp | dt.date | str,
    mapping: Mapping[str, str] | None = None,
) -> DealHistory:
    """Deals, their stays in stages and their dated figures, from the best source there is.

    Needs ``opportunities`` with opportunity_id, created_on, status (open, won, lost); uses
    stage, amount, closed_on, close_date, probability, account_id, owner_id, currency,
    forecast_category, source, reason, competitor, product_line, next_step, effort_hours, name.
    ``stage_events`` with opportunity_id, stage, entered_on (left_on, moved_to, seq);
    ``snapshots`` with snapshot_on, opportunity_id, stage (amount, close_date, probability,
    owner_id, forecast_category). Where there are only dated exports, ``opportunities`` may be
    None: deals then begin on the day on which they were first seen. ``ladder``: a
    kamkit.schemes.Ladder or stage ids in order; ``mapping``: stage names of the tables -> ids
    (or won, lost).

    Stays come from events where a deal has some, else from snapshots on two or more days
    (the deals table counts as one on ``as_of``), else there are none. Deals are numbered by
    day of creation, then id, so that the deals known on an earlier day keep their numbers.
    Nothing odd is dropped in silence: ``quality`` counts it and says how it was handled.

    Raises KamkitError: missing_column, not_allowed (status), mixed_currency,
    stages_not_in_ladder (no stage name fits the ladder), no_stages, no_deals (no table at all).
    Source: house throughout; what an export holds and lacks: field.

    >>> deals = pd.DataFrame({"opportunity_id": ["a", "b"], "status": ["won", "open"],
    ...     "created_on": ["2025-01-01", "2025-01-05"], "closed_on": ["2025-01-20", None],
    ...     "stage": ["quote", "needs"], "amount": [10.0, 20.0]})
    >>> history = deal_history(deals, ladder=["needs", "quote"], as_of="2025-02-01")
    >>> history.basis, history.deals["status"].tolist()
    ('dates', ['won', 'open'])
    """
    book, day, notes = stage_book(ladder, mapping), day_number(as_of), Oddities()
    rows = pd.DataFrame()
    if snapshots is not None and len(snapshots):
        one_currency(snapshots, "snapshots")
        rows = clean_snapshots(snapshots, book, day, notes)
    if stage_events is not None:
        need_columns(stage_events, "stage_events", ["opportunity_id", "stage", "entered_on"])
    _check_stages([opportunities, stage_events, snapshots], book)
    raw = _all_deals(opportunities, rows, book, day, notes)
    one_currency(raw, "opportunities")
    sources = _sources(raw, stage_events, rows)
    first, last = _traces(sources, len(raw))
    status, closed = standing(raw, _told_closed(sources, len(raw), book), last, day, notes)
    created = beginning(raw, closed, first, day, notes)
    numbers, order = _numbering(raw, created, day, notes)
    deals = finished_deals(raw, status, created, closed, order)
    sources = sources.renumbered(numbers)
    ends = _ends(deals, book)
    path, basis = _moves(sources, deals, ends, book, day, notes)
    # Snapshots repeat stages and never hold the end: odd only in events.
    path = settled(path, ends, book, notes if basis == "events" else Oddities())
    stays = stay_table(path, book, day)
    deals["stage"] = _present_stage(deals, stays, book, notes)
    moment = pd.Timestamp(as_of).normalize()
    state_oddities(deals, stays, moment, notes)
    figures = book_table(sources.rows, sources.at_row, book)
    return DealHistory(deals, stays, figures, notes.table(len(deals)), book.stages, moment, basis)


def _ends(deals: pd.DataFrame, book: StageBook) -> Ends:
    status = deals["status"].to_numpy(object)
    outcome = np.where(status == "open", -1, np.where(status == "won", book.won, book.won + 1))
    return Ends(day_numbers(deals["closed_on"]), outcome, deals["opportunity_id"])


def _present_stage(
    deals: pd.DataFrame, stays: pd.DataFrame, book: StageBook, notes: Oddities
) -> Any:
    """The stage that a deal is in, or was in last: from its stays, else from the deals table."""
    told = stage_codes(deals["stage"], book).astype(np.int64)
    notes.at("deal_stage_unknown", told == UNKNOWN, deals["opportunity_id"], "from_moves")
    stage = np.where((told >= 0) & (told < book.won), told, MISSING)
    deal = stays["deal"].to_numpy()
    last = last_of_each(deal)
    moved = np.full(len(deals), MISSING)
    moved[deal[last]] = stays["stage"].cat.codes.to_numpy()[last]
    differs = (moved >= 0) & (stage >= 0) & (moved != stage)
    notes.at("stage_differs", differs, deals["opportunity_id"], "from_moves")
    stage = np.where(moved >= 0, moved, stage)
    return categorical(stage, book.stage_type)


def _sources(deals: pd.DataFrame, stage_events: pd.DataFrame | None, rows: pd.DataFrame) -> Sources:
    index = pd.Index(deals["opportunity_id"])
    none = np.zeros(0, dtype=np.int64)
    events = pd.DataFrame() if stage_events is None else stage_events
    return Sources(
        events,
        index.get_indexer(pd.Index(events["opportunity_id"].astype("str")))
        if len(events)
        else none,
        rows,
        index.get_indexer(pd.Index(rows["opportunity_id"])) if len(rows) else none,
    )


def _all_deals(
    opportunities: pd.DataFrame | None,
    rows: pd.DataFrame,
    book: StageBook,
    day: int,
    notes: Oddities,
) -> pd.DataFrame:
    """The deals table, and the deals that only snapshots know."""
    if opportunities is None and not len(rows):
        raise KamkitError(Problem("no_deals", table="opportunities"))
    nothing = pd.DataFrame({"opportunity_id": [], "created_on": [], "status": []})
    deals = raw_deals(nothing if opportunities is None else opportunities, notes)
    if not len(rows):
        return deals
    known = rows["opportunity_id"].isin(deals["opportunity_id"]).to_numpy()
    if known.all():
        return deals
    more = vanished_deals(rows, known, book, day, opportunities is not None)
    notes.ids("vanished", more.loc[more["vanished"], "opportunity_id"], "taken_as_lost")
    more = raw_deals(more, notes)
    if not len(deals):
        return more
    return pd.concat([deals.assign(vanished=False), more], ignore_index=True)


def _check_stages(tables: Sequence[pd.DataFrame | None], book: StageBook) -> None:
    """Refuse tables of which not one stage name is on the ladder."""
    names = [t["stage"].dropna().unique() for t in tables if t is not None and "stage" in t]
    found = pd.Series(list(dict.fromkeys(name for some in names for name in some)), dtype=object)
    if len(found) and (stage_codes(found, book) == UNKNOWN).all():
        KamkitError.collect(
            Problem(
                "stages_not_in_ladder",
                column="stage",
                value=name,
                details={"allowed": ", ".join([*book.stages, "won", "lost"])},
            )
            for name in found
        )


def _told_closed(sources: Sources, size: int, book: StageBook) -> Ints:
    """The last day on which events say that a deal was won or lost."""
    events = sources.events
    if not len(events) or not {"moved_to", "left_on"} <= set(events.columns):
        return np.full(size, NO_DAY)
    told = stage_codes(events["moved_to"], book) >= book.won
    return latest(sources.at_event[told], day_numbers(events["left_on"][told]), size)


def _traces(sources: Sources, size: int) -> tuple[Ints, Ints]:
    """First and last day on which anything was seen of every deal."""
    first, last = np.full(size, LATE), np.full(size, NO_DAY)
    if len(sources.events):
        enter = day_numbers(sources.events["entered_on"])
        first = earliest(sources.at_event, enter, size)
        last = latest(sources.at_event, enter, size)
    if len(sources.rows):
        on = sources.rows["on"].to_numpy()
        first = np.minimum(first, earliest(sources.at_row, on, size))
        last = np.maximum(last, latest(sources.at_row, on, size))
    return first, last


def _numbering(deals: pd.DataFrame, created: Ints, day: int, notes: Oddities) -> tuple[Ints, Ints]:
    """New numbers by day of creation, then id, with -1 at the end; and the order of rows."""
    ids = deals["opportunity_id"]
    future = created > day
    notes.at("created_after_as_of", future, ids, "left_out")
    by_id = ids.argsort().to_numpy()
    order = by_id[np.argsort(created[by_id], kind="stable")].astype(np.int64)
    order = order[: len(order) - int(future.sum())]
    numbers: Ints = np.full(len(deals) + 1, -1)
    numbers[order] = np.arange(len(order))
    return numbers, order


def _moves(
    sources: Sources,
    deals: pd.DataFrame,
    ends: Ends,
    book: StageBook,
    day: int,
    notes: Oddities,
) -> tuple[Path, str]:
    """Rows of stays in order, and where they come from."""
    days = np.unique(sources.rows["on"]) if len(sources.rows) else np.zeros(0, np.int64)
    dated = len(days) > 1 or (len(days) == 1 and days[0] < day)
    blank = np.zeros(0, dtype=np.int64)
    path = Path(blank, blank, blank, blank, blank)
    if len(sources.events):
        raw, seq = event_path(sources.events, sources.at_event, book, day, notes)
        path, seq = ordered(raw, seq)
        order_oddities(path, seq, ends.ids, notes)
    seen = np.zeros(len(deals), dtype=bool)
    seen[path.deal] = True
    if dated and not seen.all():
        # Beside events, dating back would put later knowledge on an earlier day unseen.
        alone = not len(path.deal)
        more = snapshot_path(
            sources.rows, sources.at_row, deals, ends, book, day, notes, back_dated=alone
        )
        more = more.take(~seen[more.deal])
        if len(path.deal):
            notes.at("stays_from_snapshots", more.deal, ends.ids, "from_snapshots")
        columns = [np.concatenate(pair) for pair in zip(path.columns, more.columns, strict=True)]
        seen[more.deal] = True
        basis = "events" if len(path.deal) else "snapshots"
        path, _ = ordered(Path(*columns), np.zeros(len(columns[0]), dtype=np.int64))
        return path, basis
    return path, "events" if len(path.deal) else "dates"
