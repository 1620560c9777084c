"""Raw moves of deals made into stays: no overlap, no gap, every end known or open."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kamkit.methods.funnel.days import NO_DAY, Ints, as_dates, last_of_each
from kamkit.methods.funnel.history import MOVES
from kamkit.methods.funnel.ladders import StageBook, categorical
from kamkit.methods.funnel.oddities import Oddities

MOVE_TYPE = pd.CategoricalDtype(list(MOVES))
FORWARD, SKIP, BACK, REOPENED, WON, LOST, OPEN = range(len(MOVES))


@dataclass(frozen=True)
class Path:
    """Rows of stays as arrays, ordered by deal and day; ``moved`` -1 where unknown."""

    deal: Ints
    stage: Ints
    enter: Ints
    left: Ints
    moved: Ints

    def take(self, rows: NDArray[np.bool_] | Ints) -> Path:
        """Some of the rows."""
        return Path(*(column[rows] for column in self.columns))

    @property
    def columns(self) -> tuple[Ints, Ints, Ints, Ints, Ints]:
        """The five arrays."""
        return self.deal, self.stage, self.enter, self.left, self.moved


@dataclass(frozen=True)
class Ends:
    """How every deal stands: closed_on as a day number (NO_DAY while open), won or lost."""

    closed: Ints
    outcome: Ints  # the number of won or lost, -1 while open
    ids: pd.Series


def ordered(path: Path, seq: Ints) -> tuple[Path, Ints]:
    """Rows, with their seq, by deal, day, seq and stage, whatever their order was.

    Already ordered rows cost one comparison; where the four numbers fit into one, sorting
    that one is several times faster than sorting by four keys.
    """
    keys = (path.deal, path.enter, seq, path.stage)
    low = [int(k.min(initial=0)) for k in keys]
    span = [int(k.max(initial=0)) - a + 1 for k, a in zip(keys, low, strict=True)]
    if np.prod([float(s) for s in span]) > 2.0**62:
        order = np.lexsort(keys[::-1])
        return path.take(order), seq[order]
    key = np.zeros(len(seq), dtype=np.int64)
    for part, a, s in zip(keys, low, span, strict=True):
        key = key * s + (part - a)
    if (key[1:] >= key[:-1]).all():
        return path, seq
    order = np.argsort(key)
    return path.take(order), seq[order]


def _closings(path: Path, won: int) -> Path:
    """Rows whose stage is won or lost become the end of the row before them."""
    end = path.stage >= won
    if not end.any():
        return path
    before = np.zeros(len(end), dtype=bool)
    before[:-1] = end[1:] & (path.deal[1:] == path.deal[:-1]) & ~end[:-1]
    after = np.flatnonzero(before) + 1
    left, moved = path.left.copy(), path.moved.copy()
    left[before], moved[before] = path.enter[after], path.stage[after]
    return replace(path, left=left, moved=moved).take(~end)


def _last_moves(path: Path, won: int, notes: Oddities, ends: Ends) -> Path:
    """A deal that left its last row for a stage without a row of its own gets that stay."""
    known = (path.moved >= 0) & (path.moved < won) & (path.left != NO_DAY)
    closed = ends.closed[path.deal]
    known &= (closed == NO_DAY) | (np.maximum(path.left, path.enter) <= closed)
    lone = np.flatnonzero(last_of_each(path.deal) & known & (path.moved != path.stage))
    notes.at("last_stay_added", path.deal[lone], ends.ids, "added")
    if not len(lone):
        return path
    new = (
        path.deal[lone],
        path.moved[lone],
        np.maximum(path.left[lone], path.enter[lone]),
        np.full(len(lone), NO_DAY),
        np.full(len(lone), -1),
    )
    pairs = zip(path.columns, new, strict=True)
    return Path(*(np.insert(old, lone + 1, more) for old, more in pairs))


def _merged(path: Path, won: int, notes: Oddities, ends: Ends) -> Path:
    """Rows that repeat the stage before them are one stay."""
    same = np.zeros(len(path.deal), dtype=bool)
    same[1:] = (
        (path.deal[1:] == path.deal[:-1])
        & (path.stage[1:] == path.stage[:-1])
        & (path.moved[:-1] < won)
    )
    notes.at("stage_repeated", path.deal[same], ends.ids, "merged")
    if not same.any():
        return path
    last = np.append(~same[1:], True)
    firsts = path.take(~same)
    return replace(firsts, left=path.left[last], moved=path.moved[last])


def _linked(path: Path, won: int, notes: Oddities, ends: Ends) -> Path:
    """Every stay but a deal's last ends where the next begins, unless the deal was closed."""
    last = last_of_each(path.deal)
    begins = np.append(path.enter[1:], 0)
    then = np.append(path.stage[1:], 0)
    given = path.left != NO_DAY
    closed = ~last & (path.moved >= won)
    early = closed & given & (path.left <= begins)
    within = ~last & ~early & given
    for code, odd in (
        ("gap", within & ~closed & (path.left < begins)),
        ("overlap", within & (path.left > begins)),
        ("moved_elsewhere", within & ~closed & (path.moved >= 0) & (path.moved != then)),
    ):
        notes.at(code, path.deal[odd], ends.ids, "corrected")
    keep = last | closed & (early | ~given)
    left = np.where(early, np.maximum(path.left, path.enter), begins)
    return replace(
        path,
        left=np.where(last, path.left, left),
        moved=np.where(keep, path.moved, then),
    )


def _ended(path: Path, won: int, notes: Oddities, ends: Ends) -> Path:
    """A deal's last stay ends as the deal itself does."""
    last = last_of_each(path.deal)
    closed, outcome = ends.closed[path.deal], ends.outcome[path.deal]
    told = last & (path.moved >= won)
    for code, odd in (
        ("closed_in_events_only", told & (outcome < 0)),
        ("outcome_differs", told & (outcome >= 0) & (path.moved != outcome)),
        ("close_day_differs", told & (outcome >= 0) & (path.left != closed)),
        ("close_not_in_events", last & ~told & (outcome >= 0)),
    ):
        notes.at(code, path.deal[odd], ends.ids, "deal_table")
    return replace(
        path,
        left=np.where(last, closed, path.left),
        moved=np.where(last, outcome, path.moved),
    )


def settled(path: Path, ends: Ends, book: StageBook, notes: Oddities) -> Path:
    """Stays without overlap or gap, the last one ended by the deal's own outcome.

    Stays that begin after the deal was closed are left out.
    """
    won = book.won
    closed = ends.closed[path.deal]
    late = (closed != NO_DAY) & (path.enter > closed)
    late &= path.stage < won
    notes.at("moved_after_close", path.deal[late], ends.ids, "left_out")
    path = _closings(path.take(~late), won)
    path = _last_moves(path, won, notes, ends)
    path = _merged(path, won, notes, ends)
    return _ended(_linked(path, won, notes, ends), won, notes, ends)


def stay_table(path: Path, book: StageBook, as_of: int) -> pd.DataFrame:
    """The settled rows as ``DealHistory.stays``."""
    won = book.won
    last = last_of_each(path.deal)
    step = path.moved - path.stage
    move = np.where(step == 1, FORWARD, np.where(step > 1, SKIP, BACK))
    move = np.where(path.moved >= won, path.moved - won + WON, move)
    move = np.where(~last & (path.moved >= won), REOPENED, move)
    move = np.where(path.left == NO_DAY, OPEN, move)
    first = np.append(0, np.flatnonzero(last)[:-1] + 1) if len(last) else np.zeros(0, int)
    counts = np.diff(np.append(first, len(last)))
    seq = np.arange(len(last)) - np.repeat(first, counts) + 1
    until = np.where(path.left == NO_DAY, as_of, path.left)
    return pd.DataFrame(
        {
            "deal": path.deal,
            "seq": seq,
            "stage": categorical(path.stage, book.stage_type),
            "entered_on": as_dates(path.enter),
            "left_on": as_dates(path.left),
            "moved_to": categorical(path.moved, book.moved_type),
            "move": categorical(move, MOVE_TYPE),
            "days": until - path.enter,
        }
    )
