"""How all deals stood at the end of a day, and every change between two days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kamkit.methods.funnel.days import LATE, NO_DAY, Ints, day_number, day_numbers
from kamkit.methods.funnel.history import DealHistory

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

OPEN, WON, LOST, GONE = 0, 1, 2, 3
STANDINGS = ("open", "won", "lost", "vanished", "not_yet")
NOT_YET = 4
# Money is counted in hundredths as whole numbers; what is larger than this is no amount.
_LARGEST = 4e16
MISSING = np.iinfo(np.int64).min


def cents(amount: npt.ArrayLike) -> Ints:
    """Money in hundredths as whole numbers, ``MISSING`` where there is none.

    >>> cents([1.25, float("nan")])[0].item()
    125
    """
    values = np.asarray(amount, dtype=float)
    known = np.isfinite(values) & (np.abs(np.where(np.isfinite(values), values, 0)) < _LARGEST)
    return np.where(known, np.rint(np.where(known, values, 0.0) * 100), MISSING).astype(np.int64)


def exact_sum(values: Ints) -> int:
    """Sum of whole numbers that can't run over.

    >>> exact_sum(np.array([2**62, 2**62, 2**62])) == 3 * 2**62
    True
    """
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())


@dataclass(frozen=True)
class Closings:
    """All closings in order of deal: day, standing after it, day of re-opening (NO_DAY: none)."""

    deal: Ints
    on: Ints
    standing: Ints
    reopened: Ints
    final: Bools


@dataclass(frozen=True)
class Picture:
    """Every deal at the end of one day: its standing and the row that holds its figures."""

    day: int
    standing: Ints
    row: Ints
    cents: Ints
    close: Ints

    @property
    def open(self) -> Bools:
        """Deals in the pipeline on that day."""
        return np.asarray(self.standing == OPEN)


class Ledger:
    """A history's days as whole numbers, read once for any number of pictures.

    The figures of a deal on a day are those of its last book row up to then, else of its first
    book row, else of the deals table, which is also the picture on ``as_of``. A closed deal's
    final amount is the one in the deals table. With ``since``, deals that were closed for good
    by that day are left out: only later days can be asked about. ``kept`` are the positions in
    the deals table of those that are in.
    """

    def __init__(self, history: DealHistory, since: int | None = None) -> None:
        self.history = history
        deals, book = history.deals, history.book
        self.as_of = day_number(history.as_of)
        self.closings, self.kept = closings(history, since)
        self.n = len(self.kept)
        place = np.full(len(deals), -1)
        place[self.kept] = np.arange(self.n)
        self.created = day_numbers(deals["created_on"])[self.kept]
        self.cents = cents(deals["amount"].to_numpy(float)[self.kept])
        self.close = day_numbers(deals["close_date"].iloc[self.kept])
        at = place[book["deal"].to_numpy(np.int64)]
        self.book_rows = np.flatnonzero(at >= 0)
        self.book_deal = at[self.book_rows]
        self.book_on = day_numbers(book["on"])[self.book_rows] if len(book) else self.book_deal
        amount, plan = book["amount"], book["close_date"]
        self.book_cents = cents(amount.to_numpy(float)[self.book_rows])
        self.book_close = day_numbers(plan)[self.book_rows] if len(book) else self.book_deal
        self.first = np.full(self.n, -1)
        rows = np.arange(len(self.book_deal))
        self.first[self.book_deal[::-1]] = rows[::-1]
        c = self.closings
        self.closed, self.closed_as = np.full(self.n, LATE), np.zeros(self.n, dtype=np.int64)
        self.closed[c.deal[c.final]] = c.on[c.final]
        self.closed_as[c.deal[c.final]] = c.standing[c.final]
        # The deals table is what is known on as_of of the deals that are open then.
        self.present = self.closed == LATE

    def rows(self, day: int) -> Ints:
        """The row that holds each deal's figures on a day; −1: the deals table."""
        rows = self.first.copy()
        known = np.flatnonzero(self.book_on <= day)
        rows[self.book_deal[known]] = known
        if day >= self.as_of:
            rows[self.present] = -1
        return rows

    def standing(self, day: int) -> Ints:
        """How each deal stood at the end of a day: a position in ``STANDINGS``."""
        out = np.where(self.closed <= day, self.closed_as, OPEN)
        c = self.closings
        shut = np.flatnonzero(~c.final & (c.on <= day) & (c.reopened > day))
        shut = shut[out[c.deal[shut]] == OPEN]
        out[c.deal[shut]] = c.standing[shut]
        out[self.created > day] = NOT_YET
        return out

    def depth(self, day: int) -> Ints:
        """How many closings of each deal are in force at the end of a day."""
        depth = (self.closed <= day).astype(np.int64)
        c = self.closings
        early = ~c.final & (c.on <= day)
        np.add.at(depth, c.deal[early & (c.reopened > day)], 1)
        return depth

    def picture(self, day: int) -> Picture:
        """All deals at the end of a day."""
        rows = self.rows(day)
        return Picture(
            day,
            self.standing(day),
            rows,
            self._figure(self.cents, self.book_cents, rows),
            self._figure(self.close, self.book_close, rows),
        )

    def figure(self, name: str, rows: Ints) -> pd.Series:
        """A column of the book, or of the deals table where there is no book row."""
        present = self.history.deals[name].iloc[self.kept].reset_index(drop=True)
        if name not in self.history.book or (rows < 0).all():
            return present
        at = self.book_rows[np.maximum(rows, 0)]
        kept = self.history.book[name].take(at).reset_index(drop=True)
        if isinstance(kept.dtype, pd.CategoricalDtype):
            kept, present = kept.astype(object), present.astype(object)
        return kept.where(rows >= 0, present)

    @staticmethod
    def _figure(present: Ints, book: Ints, rows: Ints) -> Ints:
        if not len(book):
            return present
        return np.where(rows >= 0, book[np.maximum(rows, 0)], present)


def closings(history: DealHistory, since: int | None = None) -> tuple[Closings, Ints]:
    """All closings by kept deal, in order: re-opened ones, then the one in the deals table."""
    deals = history.deals
    status = deals["status"]
    lost, won = (status == "lost").to_numpy(bool), (status == "won").to_numpy(bool)
    closed = day_numbers(deals["closed_on"])
    ended = (lost | won) & (closed != NO_DAY)
    keep = ~ended if since is not None else np.ones(len(deals), dtype=bool)
    if since is not None:
        keep |= closed > since
    kept = np.flatnonzero(keep)
    final = np.flatnonzero(ended[kept])
    at = kept[final]
    standing = np.where(won[at], WON, LOST)
    if "vanished" in deals.columns:
        gone = deals["vanished"].to_numpy()[at].astype(bool)
        standing = np.where(gone & (standing == LOST), GONE, standing)
    none = np.full(len(final), NO_DAY)
    last = Closings(final, closed[at], standing, none, np.ones(len(final), dtype=bool))
    place = np.full(len(deals), -1)
    place[kept] = np.arange(len(kept))
    first = _reopened(history.stays, place)
    if not len(first.deal):
        return last, kept
    spot = np.searchsorted(final, first.deal)
    pairs = ((getattr(last, k), getattr(first, k)) for k in Closings.__dataclass_fields__)
    return Closings(*(np.insert(b, spot, a) for b, a in pairs)), kept


def _reopened(stays: pd.DataFrame, place: Ints) -> Closings:
    """Closings that further stays of the same deal came after; a stay is before the next one."""
    here = (
        stays["move"].cat.codes.to_numpy() == stays["move"].cat.categories.get_loc("reopened")
        if len(stays)
        else np.zeros(0, dtype=bool)
    )
    at = np.flatnonzero(here)
    deal = place[stays["deal"].to_numpy(np.int64)[at]]
    at, deal = at[deal >= 0], deal[deal >= 0]
    left = day_numbers(stays["left_on"].iloc[at])
    again = day_numbers(stays["entered_on"].iloc[at + 1])
    left = np.where(left == NO_DAY, again, left)
    won = (stays["moved_to"].iloc[at] == "won").to_numpy(bool)
    final = np.zeros(len(at), dtype=bool)
    return Closings(deal, left, np.where(won, WON, LOST), np.maximum(left, again), final)


def move_codes(values: pd.Series, names: Sequence[str]) -> Ints:
    """Position of each value in ``names``, −1 where it isn't there.

    >>> move_codes(pd.Series(["a", None, "c"], dtype="category"), ["c", "a"]).tolist()
    [1, -1, 0]
    """
    if not isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype("category")
    place = np.append(pd.Index(names).get_indexer(values.cat.categories), -1)
    return place[values.cat.codes.to_numpy()]


def named(codes: npt.ArrayLike, names: Sequence[str]) -> pd.Categorical:
    """Positions in ``names`` as a category column.

    >>> named([1, 0], ["a", "b"]).tolist()
    ['b', 'a']
    """
    kind = pd.CategoricalDtype(list(names))
    return pd.Categorical.from_codes(np.asarray(codes).astype(np.int16), dtype=kind)
