"""The path of every deal between two days, change by change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kamkit.methods.funnel.days import NO_DAY, Ints
from kamkit.methods.funnel.ledger import GONE, LOST, MISSING, WON, Bools, Ledger, Picture

STEPS = (
    *("created", "amount_up", "amount_down", "amount_filled", "amount_removed", "pulled_in"),
    *("dated_in", "pushed_out", "dated_out", "reopened", "won", "lost", "vanished"),
)
_CODE = {name: i for i, name in enumerate(STEPS)}
_CREATED, _BOOK, _ENDING, _CLOSE, _REOPEN = range(5)


@dataclass(frozen=True)
class Changes:
    """One row a change: deal, day, position in ``STEPS``, cents, deals and unknowns it moved."""

    deal: Ints
    on: Ints
    step: Ints
    cents: Ints
    deals: Ints
    unknown: Ints


@dataclass(frozen=True)
class _Events:
    """What happened, in order of deal and day; ``has_…``: whether it brings this figure."""

    deal: Ints
    on: Ints
    kind: Ints
    standing: Ints
    cents: Ints
    close: Ints
    has_cents: Bools
    has_close: Bools
    first: Bools


@dataclass(frozen=True)
class _State:
    """Every event's deal just before it, or just after it."""

    counted: Bools
    cents: Ints
    close: Ints


def in_focus(close: Ints, start: int, end: int, everything: bool) -> Bools:
    """Deals that count: all of them, or those planned to close after ``start`` up to ``end``.

    >>> in_focus(np.array([5, 9]), 4, 8, False).tolist()
    [True, False]
    """
    if everything:
        return np.ones(len(close), dtype=bool)
    return np.asarray((close != NO_DAY) & (close > start) & (close <= end))


def changes(ledger: Ledger, opening: Picture, end: int, *, everything: bool) -> Changes:
    """Every change of a counted deal after the opening day up to ``end``.

    Where the amount and the planned day change at once, a deal that leaves leaves with its old
    amount and one that comes in comes with its new one. A deal won in the period whose planned
    day lies elsewhere is pulled in first, so that all wins of the period stand among the wins.
    """
    start = opening.day
    e = _events(ledger, start, end)
    after = _after(ledger, opening, e, end, everything)
    counted = (opening.open & in_focus(opening.close, start, end, everything))[e.deal]
    before = _State(
        np.where(e.first, counted, _shifted(after.counted)),
        np.where(e.first, opening.cents[e.deal], _shifted(after.cents)),
        np.where(e.first, opening.close[e.deal], _shifted(after.close)),
    )
    step = _steps(e, before, after, end)
    use = np.flatnonzero(step >= 0)
    was, now = before.counted[use], after.counted[use]
    old, new = before.cents[use], after.cents[use]
    money = np.where(now & (new != MISSING), new, 0) - np.where(was & (old != MISSING), old, 0)
    unknown = (now & (new == MISSING)).astype(np.int64) - (was & (old == MISSING))
    return Changes(e.deal[use], e.on[use], step[use], money, now.astype(np.int64) - was, unknown)


def _shifted(values: Ints | Bools) -> Ints | Bools:
    """Each row's value one row further down."""
    return np.concatenate([values[:1], values[:-1]])


def _events(ledger: Ledger, start: int, end: int) -> _Events:
    c, nth = ledger.closings, _nth(ledger.closings.deal)
    born = np.flatnonzero((ledger.created > start) & (ledger.created <= end))
    told = np.flatnonzero((ledger.book_on > start) & (ledger.book_on <= end))
    now = born[:0]
    if start < ledger.as_of <= end:
        now = np.flatnonzero(ledger.present & (ledger.first >= 0) & (ledger.created <= end))
    shut = np.flatnonzero((c.on > start) & (c.on <= end))
    again = np.flatnonzero((c.reopened != NO_DAY) & (c.reopened > start) & (c.reopened <= end))
    as_of = np.full(len(now), ledger.as_of)
    # deal, day, kind, standing after it, order within the day, cents, planned day, what it brings
    parts = [
        (born, ledger.created[born], _CREATED, 0, 0, None, None),
        (
            *(ledger.book_deal[told], ledger.book_on[told], _BOOK, 0, 1),
            *(ledger.book_cents[told], ledger.book_close[told]),
        ),
        (now, as_of, _BOOK, 0, 2, ledger.cents[now], ledger.close[now]),
        (
            *(c.deal[shut], c.on[shut], _ENDING, c.standing[shut], 3 * nth[shut] + 3),
            *(np.where(c.final[shut], ledger.cents[c.deal[shut]], 0), None),
        ),
        (c.deal[shut], c.on[shut], _CLOSE, c.standing[shut], 3 * nth[shut] + 4, None, None),
        (c.deal[again], c.reopened[again], _REOPEN, 0, 3 * nth[again] + 5, None, None),
    ]
    sizes = [len(p[0]) for p in parts]
    deal, on, kind, standing, rank, money, close = (
        np.concatenate([_filled(p[k], s) for p, s in zip(parts, sizes, strict=True)])
        for k in range(7)
    )
    brings = [np.full(s, p[5] is not None) for p, s in zip(parts, sizes, strict=True)]
    brings[3] = c.final[shut]
    dates = np.concatenate(
        [np.full(s, p[6] is not None) for p, s in zip(parts, sizes, strict=True)]
    )
    order = np.lexsort((rank, on, deal))
    deal, on, kind, standing = deal[order], on[order], kind[order], standing[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = deal[1:] != deal[:-1]
    has = np.concatenate(brings)[order]
    money, close, dates = money[order], close[order], dates[order]
    return _Events(deal, on, kind, standing, money, close, has, dates, first)


def _filled(values: Any, size: int) -> Ints:
    if values is None or isinstance(values, int):
        return np.full(size, values or 0, dtype=np.int64)
    return np.asarray(values, dtype=np.int64)


def _nth(deal: Ints) -> Ints:
    """Running number of each row within its deal, in a table ordered by deal."""
    first = np.ones(len(deal), dtype=bool)
    first[1:] = deal[1:] != deal[:-1]
    at = np.arange(len(deal))
    return at - np.maximum.accumulate(np.where(first, at, 0))


def _held(has: Bools, values: Ints, e: _Events, at_start: Ints) -> Ints:
    """The last figure that an event of the same deal brought, else the opening one."""
    rows = np.arange(len(has))
    begin = np.maximum.accumulate(np.where(e.first, rows, 0))
    last = np.maximum.accumulate(np.where(has, rows, -1))
    return np.where(last >= begin, values[last], at_start[e.deal])


def _after(ledger: Ledger, opening: Picture, e: _Events, end: int, everything: bool) -> _State:
    money = _held(e.has_cents, e.cents, e, opening.cents)
    close = _held(e.has_close, e.close, e, opening.close)
    moves = np.where(e.kind == _CLOSE, 1, np.where(e.kind == _REOPEN, -1, 0))
    total = np.cumsum(moves)
    begin = np.maximum.accumulate(np.where(e.first, np.arange(len(moves)), 0))
    depth = ledger.depth(opening.day)[e.deal] + total - (total - moves)[begin]
    inside = in_focus(close, opening.day, end, everything)
    inside |= (e.kind == _ENDING) & (e.standing == WON)
    there = ledger.created[e.deal] <= e.on
    return _State(inside & there & (depth == 0), money, close)


def _steps(e: _Events, before: _State, after: _State, end: int) -> Ints:
    """Which step each event is; −1: none."""
    step = np.full(len(e.deal), -1)
    figures = (e.kind == _BOOK) | (e.kind == _ENDING)
    stayed = figures & before.counted & after.counted
    known, was_known = after.cents != MISSING, before.cents != MISSING
    both = stayed & known & was_known
    step[both & (after.cents > before.cents)] = _CODE["amount_up"]
    step[both & (after.cents < before.cents)] = _CODE["amount_down"]
    step[stayed & known & ~was_known] = _CODE["amount_filled"]
    step[stayed & ~known & was_known] = _CODE["amount_removed"]
    come, gone = ~before.counted & after.counted, before.counted & ~after.counted
    was_later = (before.close != NO_DAY) & (before.close > end)
    is_later = (after.close != NO_DAY) & (after.close > end)
    for where, name in (
        (figures & come & was_later, "pulled_in"),
        (figures & come & ~was_later, "dated_in"),
        (figures & gone & is_later, "pushed_out"),
        (figures & gone & ~is_later, "dated_out"),
        (come & (e.kind == _CREATED), "created"),
        (come & (e.kind == _REOPEN), "reopened"),
        (gone & (e.kind == _CLOSE) & (e.standing == WON), "won"),
        (gone & (e.kind == _CLOSE) & (e.standing == LOST), "lost"),
        (gone & (e.kind == _CLOSE) & (e.standing == GONE), "vanished"),
    ):
        step[where] = _CODE[name]
    return step
