"""What was known on an earlier day: the one door through which every backtest goes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kamkit.errors import KamkitError, Problem
from kamkit.methods.funnel.days import NO_DAY, as_dates, day_number, day_numbers, last_of_each
from kamkit.methods.funnel.history import DealHistory
from kamkit.methods.funnel.ladders import categorical
from kamkit.methods.funnel.oddities import Oddities, state_oddities
from kamkit.methods.funnel.stays import LOST, MOVE_TYPE, OPEN, WON

Flags = NDArray[np.bool_]

# Written when a deal ends or grows with it: on an earlier day nobody knew them.
KNOWN_AT_END = ("reason", "competitor", "next_step", "effort_hours")
# Opinions that change while a deal is open; amount and owner change less.
OPINIONS = ("close_date", "probability", "forecast_category")


def as_known_on(history: DealHistory, day: pd.Timestamp | dt.date | str) -> DealHistory:
    """The history as it could be known at the end of ``day``: nothing later shines through.

    Deals created by then, with the same numbers. Who was closed later is open; who was lost,
    then re-opened later, is lost. Stays are cut: a move after ``day`` has not happened. Amount,
    close_date, probability, owner_id and forecast_category of deals open then come from the
    last row of the book on or before ``day``; a deal that the book did not hold yet has them
    missing (quality ``not_in_book_yet``). Where nobody kept a book, amount and owner are the
    present ones (``amount_not_dated``: a forecast from them looks ahead) and the opinions are
    missing. Figures of deals closed by then are those of the closing. reason, competitor,
    next_step and effort_hours of open deals are emptied; in a history from dates alone the
    stage of open deals is unknown. ``quality`` is that of the earlier day.

    Returns a DealHistory; the same one where ``day`` is its ``as_of``.
    Raises KamkitError ``day_after_as_of``.
    Source: Tashman 2000 (rolling origin); house.

    >>> from kamkit.methods.funnel import deal_history
    >>> deals = pd.DataFrame({"opportunity_id": ["a"], "status": ["won"], "amount": [10.0],
    ...     "created_on": ["2025-01-01"], "closed_on": ["2025-01-20"]})
    >>> history = deal_history(deals, ladder=["needs"], as_of="2025-02-01")
    >>> as_known_on(history, "2025-01-10").deals["status"].tolist()
    ['open']
    """
    moment = pd.Timestamp(day).normalize()
    if moment > history.as_of:
        details = {"as_of": f"{history.as_of:%Y-%m-%d}"}
        raise KamkitError(Problem("day_after_as_of", value=f"{moment:%Y-%m-%d}", details=details))
    if moment == history.as_of:
        return history
    today, notes = day_number(moment), Oddities()
    # Deals are in order of creation: those of an earlier day are the first ones.
    size = int((day_numbers(history.deals["created_on"]) <= today).sum())
    book = history.book
    book = book[(book["deal"] < size) & (day_numbers(book["on"]) <= today)].reset_index(drop=True)
    deals = history.deals.iloc[:size].copy()
    stays = history.stays
    if history.basis == "snapshots":
        # The stage of a young deal is dated back to its first day, yet only seen later.
        seen = (deals["closed_on"] <= moment).to_numpy(bool, copy=True)
        seen[book.loc[book["stage"].notna(), "deal"].to_numpy()] = True
        stays = stays[np.append(seen, False)[np.minimum(stays["deal"], size)]]
    stays = _stays_until(stays, today, size)
    closed_then = _closed(deals, stays, today)
    deals["stage"] = _stage(deals, stays, book)
    _figures(deals, book, closed_then, len(history.book) > 0, notes)
    state_oddities(deals, stays, moment, notes)
    table = notes.table(size)
    return DealHistory(deals, stays, book, table, history.stages, moment, history.basis)


def _stays_until(stays: pd.DataFrame, today: int, size: int) -> pd.DataFrame:
    """Stays begun by then; those that ended later have not ended."""
    begun = (stays["deal"].to_numpy() < size) & (day_numbers(stays["entered_on"]) <= today)
    out = stays[begun].reset_index(drop=True)
    enter, left = day_numbers(out["entered_on"]), day_numbers(out["left_on"])
    there = (left == NO_DAY) | (left > today)
    moved = np.where(there, -1, out["moved_to"].cat.codes.to_numpy())
    top = len(out["stage"].cat.categories)
    ended = last_of_each(out["deal"].to_numpy()) & (moved >= top)
    move = np.where(there, OPEN, out["move"].cat.codes.to_numpy())
    move = np.where(ended, np.where(moved == top, WON, LOST), move)
    out["left_on"] = as_dates(np.where(there, NO_DAY, left))
    out["moved_to"] = categorical(moved, out["moved_to"].dtype)
    out["move"] = categorical(move, MOVE_TYPE)
    out["days"] = np.where(there, today, left) - enter
    return out


def _closed(deals: pd.DataFrame, stays: pd.DataFrame, today: int) -> Flags:
    """Set status and closed_on as they were; whether a deal's last closing had happened."""
    closed = day_numbers(deals["closed_on"])
    then: Flags = (closed != NO_DAY) & (closed <= today)
    status = np.where(then, deals["status"].to_numpy(object), "open")
    closed = np.where(then, closed, NO_DAY)
    # Lost (or won) by then and re-opened later: closed on that day, for all that was known.
    last = stays[last_of_each(stays["deal"].to_numpy()) & stays["move"].isin(["won", "lost"])]
    deal = last["deal"].to_numpy()
    status[deal] = last["move"].to_numpy(object)
    closed[deal] = day_numbers(last["left_on"])
    deals["status"] = pd.Series(status, index=deals.index).astype("str")
    deals["closed_on"] = as_dates(closed)
    return then


def _stage(deals: pd.DataFrame, stays: pd.DataFrame, book: pd.DataFrame) -> Any:
    """The stage of the last stay, else of the last book row, else of the closing."""
    now = deals["stage"].cat.codes.to_numpy()
    stage = np.where(deals["status"] == "open", -1, now).astype(np.int8)
    for table in (book, stays):
        deal = table["deal"].to_numpy()
        code = table["stage"].cat.codes.to_numpy()
        last = last_of_each(deal) & (code >= 0)
        stage[deal[last]] = code[last]
    return categorical(stage, deals["stage"].dtype)


def _figures(
    deals: pd.DataFrame, book: pd.DataFrame, closed: Flags, kept_book: bool, notes: Oddities
) -> None:
    """Set the dated figures, and empty what nobody could know."""
    ids = deals["opportunity_id"]
    deal = book["deal"].to_numpy()
    last = np.flatnonzero(last_of_each(deal))
    row = np.full(len(deals), -1)
    row[deal[last]] = last
    # A closed deal keeps the figures of its closing unless the book has later ones.
    on = np.append(day_numbers(book["on"]), NO_DAY)
    row = np.where(closed & (on[row] < day_numbers(deals["closed_on"])), -1, row)
    dated, undated = row >= 0, (row < 0) & ~closed
    if kept_book:
        notes.at("not_in_book_yet", undated, ids, "figures_missing")
    else:
        notes.at("amount_not_dated", undated, ids, "present_amount")
    for name in ("amount", "owner_id", *OPINIONS):
        if name in deals:
            then = book[name].take(row[dated])
            column = deals[name].copy()
            if kept_book or name in OPINIONS:
                column = column.mask(undated)
            column[dated] = then.to_numpy()
            deals[name] = column
    for name in KNOWN_AT_END:
        if name in deals:
            deals[name] = deals[name].mask(~closed)
    if "vanished" in deals:
        deals["vanished"] &= closed
