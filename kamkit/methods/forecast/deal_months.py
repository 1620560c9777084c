"""Every month of every deal, as the forecast learns from it: one row, one outcome."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kamkit.methods.funnel.days import day_numbers
from kamkit.methods.funnel.history import DealHistory

SLIP_LEVELS = 5  # 0, 1, 2, 3 and more, not known
AGE_EDGES = (1, 2, 3, 6, 12)  # months in the stage; a band ends before its edge
MONTH_DAYS = 30.4375
LONGEST_MONTHS = 60
MOST_DEALS = 20_000
SLIP_DAYS = 7
_KEY = 1 << 20


@dataclass(frozen=True)
class Factors:
    """What the model knows of deals on a day: one entry a deal in every array.

    ``stage`` (position; one past the last where unknown), ``age`` (whole months in the stage),
    ``slips`` (level, see ``SLIP_LEVELS``), ``size`` (standardised log amount in steps of 0.25, 0
    where unknown), ``sized`` (0 or 1), ``owner`` (position; one past the last where unknown).
    """

    stage: np.ndarray
    age: np.ndarray
    slips: np.ndarray
    size: np.ndarray
    sized: np.ndarray
    owner: np.ndarray

    def take(self, rows: np.ndarray) -> Factors:
        """The same for some of the deals."""
        return Factors(**{name: value[rows] for name, value in vars(self).items()})


@dataclass(frozen=True)
class DealMonths:
    """Deal-months: factors at the start of the month and what the month brought.

    ``outcome``: 0 still there, 1 won, 2 lost, 3 moved on, 4 moved back. ``to`` is the stage at
    the month's end. ``quarter`` counts calendar quarters back from the last month, ``ends``
    marks months that hold a quarter's end, ``deal`` is the number in the history.
    """

    factors: Factors
    outcome: np.ndarray
    to: np.ndarray
    quarter: np.ndarray
    ends: np.ndarray
    deal: np.ndarray
    sampled: bool


@dataclass(frozen=True)
class Scale:
    """How factors are coded: owners by name, and centre and spread of log amounts."""

    owners: tuple[str, ...]
    centre: float
    spread: float
    stages: tuple[str, ...]
    staged: bool


def scale_of(history: DealHistory) -> Scale:
    """Owners and amounts of a history; needs its deals only."""
    deals = history.deals
    owners = tuple(sorted(deals["owner_id"].dropna().astype(str).unique()))
    amount = deals["amount"].to_numpy(dtype=float, na_value=np.nan)
    logs = np.sort(np.log(amount[np.isfinite(amount) & (amount > 0)]))
    centre = float(np.median(logs)) if len(logs) else 0.0
    low, high = np.quantile(logs, [0.16, 0.84]) if len(logs) else (0.0, 0.0)
    spread = float(high - low) / 2
    staged = history.basis != "dates"
    return Scale(owners, centre, spread if spread > 0 else 1.0, history.stages, staged)


def size_of(amount: np.ndarray, scale: Scale) -> tuple[np.ndarray, np.ndarray]:
    """Standardised log amount in steps of a quarter, and whether there is an amount."""
    known = np.isfinite(amount) & (amount > 0)
    logs = np.log(np.where(known, amount, 1.0))
    size = np.clip((logs - scale.centre) / scale.spread, -2.5, 2.5)
    return np.where(known, np.round(size * 4) / 4, 0.0), known.astype(np.int64)


class Lookup:
    """Stage, slips and amount of any deal on any day, from stays and book."""

    def __init__(self, history: DealHistory, scale: Scale) -> None:
        deals, stays, book = history.deals, history.stays, history.book
        self.scale = scale
        place = {name: k for k, name in enumerate(scale.owners)}
        owner = deals["owner_id"].map(place).fillna(len(place))
        self.owner = owner.to_numpy(dtype=np.int64)
        self.final = deals["amount"].to_numpy(dtype=float, na_value=np.nan)
        stays = stays[stays["entered_on"].notna()]
        entered = day_numbers(stays["entered_on"])
        code = stays["stage"].astype("category").cat.set_categories(list(scale.stages)).cat.codes
        key = stays["deal"].to_numpy(dtype=np.int64) * _KEY + entered
        order = np.lexsort((stays["seq"].to_numpy(), key))
        self.stay_key, self.entered = key[order], entered[order]
        self.stage = code.to_numpy(dtype=np.int64)[order]
        self._read_book(book)

    def _read_book(self, book: pd.DataFrame) -> None:
        book = book[book["on"].notna()]
        key = book["deal"].to_numpy(dtype=np.int64) * _KEY + day_numbers(book["on"])
        order = np.argsort(key, kind="stable")
        self.book_key = key[order]
        self.amount = book["amount"].to_numpy(dtype=float, na_value=np.nan)[order]
        planned = day_numbers(book["close_date"])[order]
        deal = self.book_key // _KEY
        same = np.r_[False, deal[1:] == deal[:-1]]
        before = np.r_[-1, planned[:-1]]
        later = same & (planned - before > SLIP_DAYS) & (before >= 0) & (planned >= 0)
        total = np.cumsum(later)
        first = np.searchsorted(deal, deal, side="left")
        self.slipped = total - (total[first] if len(total) else total)

    def at(self, deal: np.ndarray, day: np.ndarray | int) -> Factors:
        """Factors of ``deal`` at the end of ``day``."""
        wanted = deal * _KEY + day
        stage, age = self._stage(deal, wanted, day)
        row = np.searchsorted(self.book_key, wanted, side="right") - 1
        slips = np.full(len(deal), SLIP_LEVELS - 1)
        if len(self.book_key):
            noted = (row >= 0) & (self.book_key[np.maximum(row, 0)] // _KEY == deal)
            slips[noted] = np.minimum(self.slipped[row[noted]], SLIP_LEVELS - 2)
        size, sized = size_of(self.amount_at(deal, day), self.scale)
        return Factors(stage, age, slips, size, sized, self.owner[deal])

    def _stage(
        self, deal: np.ndarray, wanted: np.ndarray, day: np.ndarray | int
    ) -> tuple[np.ndarray, np.ndarray]:
        unknown = np.full(len(deal), len(self.scale.stages)), np.zeros(len(deal), dtype=np.int64)
        if not self.scale.staged or not len(self.stay_key):
            return unknown
        row = np.searchsorted(self.stay_key, wanted, side="right") - 1
        there = (row >= 0) & (self.stay_key[np.maximum(row, 0)] // _KEY == deal)
        row = np.maximum(row, 0)
        stage = np.where(there & (self.stage[row] >= 0), self.stage[row], unknown[0])
        age = np.where(there, (day - self.entered[row]) / MONTH_DAYS, 0.0)
        return stage, np.maximum(age, 0.0).astype(np.int64)

    def amount_at(self, deal: np.ndarray, day: np.ndarray | int) -> np.ndarray:
        """Amount in the book on the day, else the deal's first in the book, else its present."""
        if not len(self.book_key):
            return np.asarray(self.final[deal])
        first = np.searchsorted(self.book_key, deal * _KEY, side="left")
        row = np.searchsorted(self.book_key, deal * _KEY + day, side="right") - 1
        row = np.minimum(np.maximum(row, first), len(self.book_key) - 1)
        noted = self.book_key[row] // _KEY == deal
        quoted = np.where(noted, self.amount[row], np.nan)
        return np.where(np.isfinite(quoted), quoted, self.final[deal])


def month_marks(history: DealHistory) -> np.ndarray:
    """Day numbers a month apart, up to ``as_of``; they begin where closing is known.

    Before the first closed deal, tables hold only deals that survived until later: those months
    would look as if nothing was ever lost.
    """
    end = pd.Timestamp(history.as_of)
    closed = history.deals["closed_on"]
    closed = closed[history.deals["status"].isin(["won", "lost"]) & closed.notna()]
    if closed.empty:
        return day_numbers(pd.DatetimeIndex([end]))
    days = [month_back(end, k) for k in range(LONGEST_MONTHS + 1)]
    begins = closed.min() - pd.Timedelta(days=1)
    return day_numbers(pd.DatetimeIndex([day for day in reversed(days) if day >= begins]))


def month_back(day: pd.Timestamp, months: int) -> pd.Timestamp:
    """The same day some months before; the last day of a month stays a last day.

    >>> f"{month_back(pd.Timestamp('2026-06-30'), 3):%Y-%m-%d}"
    '2026-03-31'
    """
    if day.is_month_end:
        return day + pd.offsets.MonthEnd(-months) if months else day
    return day - pd.DateOffset(months=months)


def deal_months(history: DealHistory, lookup: Lookup) -> DealMonths:
    """All deal-months up to ``as_of``; of very many deals an even sample by creation day."""
    deals, marks = history.deals, month_marks(history)
    created, closed = day_numbers(deals["created_on"]), day_numbers(deals["closed_on"])
    status = deals["status"].to_numpy(dtype=object)
    usable = (created >= 0) & ((status == "open") | (closed >= 0))
    closed = np.where(status == "open", np.iinfo(np.int64).max, closed)
    first = np.searchsorted(marks, created, side="left")
    last = np.minimum(np.searchsorted(marks, closed, side="left"), len(marks) - 1)
    number = np.where(usable, np.maximum(last - first, 0), 0)
    chosen, sampled = _sample(history, number)
    deal = np.repeat(chosen, number[chosen])
    begins = np.cumsum(number[chosen]) - number[chosen]
    mark = np.arange(len(deal)) - np.repeat(begins, number[chosen]) + first[deal]
    day, until = marks[mark], marks[mark + 1]
    factors, after = lookup.at(deal, day), lookup.at(deal, until)
    over = closed[deal] <= until
    moved = np.where(after.stage < factors.stage, 4, 3)
    # A stage that nobody recorded is no move.
    still = (after.stage == factors.stage) | (after.stage == len(history.stages))
    outcome = np.where(still, 0, moved)
    outcome = np.where(over, np.where(status[deal] == "won", 1, 2), outcome)
    middle = (day + until) // 2
    quarter = _quarters(middle)
    newest = int(_quarters(np.array([(marks[-1] + marks[-2]) // 2]))[0]) if len(marks) > 1 else 0
    ends = (_quarters(until + 1) > _quarters(day + 1)).astype(np.int64)
    return DealMonths(factors, outcome, after.stage, newest - quarter, ends, deal, sampled)


def _quarters(days: np.ndarray) -> np.ndarray:
    return np.asarray(days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) // 3)


def _sample(history: DealHistory, number: np.ndarray) -> tuple[np.ndarray, bool]:
    """Deals in an order that doesn't depend on the order of rows, evenly thinned if too many."""
    at_risk = np.flatnonzero(number > 0)
    deals = history.deals.loc[at_risk, ["created_on", "opportunity_id"]]
    if len(at_risk) <= MOST_DEALS:
        return at_risk, False
    order = at_risk[np.lexsort((deals["opportunity_id"].to_numpy(str), deals["created_on"]))]
    return order[np.linspace(0, len(order) - 1, MOST_DEALS).astype(np.int64)], True
