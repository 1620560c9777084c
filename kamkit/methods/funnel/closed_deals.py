"""Closed deals that count in a win rate, and their rates by group."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kamkit.methods.checks import need_columns, one_currency
from kamkit.methods.funnel.days import LATE, NO_DAY, Ints, day_number, day_numbers
from kamkit.methods.funnel.grouping import deal_groups
from kamkit.methods.shares import Floats, share_of

Day = pd.Timestamp | dt.date | str | None


@dataclass(frozen=True)
class Closed:
    """Closed deals that count: group, weight (1, or the amount), won."""

    group: Ints
    weight: Floats
    won: NDArray[np.bool_]
    groups: list[str]
    open: Ints
    vanished: int
    no_amount: int
    by_count: bool

    @cached_property
    def rates(self) -> Rates:
        """Rates of all groups; by value won money / closed money."""
        return _rates(self)


def closed_deals(
    table: pd.DataFrame, by: str | pd.Series | None, value: str, start: Day, end: Day
) -> Closed:
    """The won and lost deals of a table, inside the period, with a usable weight."""
    need_columns(table, "deals", ["opportunity_id", "status", "closed_on"])
    # One pass over the words, then whole numbers: three comparisons of a million words cost more.
    codes, words = pd.factorize(table["status"])
    won, lost, still = (np.append(words == word, False)[codes] for word in ("won", "lost", "open"))
    done = won | lost
    group, groups = deal_groups(table, by)
    open_ = np.bincount(group[still], minlength=len(groups))
    if start is not None or end is not None:
        on = day_numbers(table["closed_on"])
        low = -LATE if start is None else day_number(start)
        high = LATE if end is None else day_number(end)
        done &= (on != NO_DAY) & (on >= low) & (on <= high)
    vanished = np.zeros(len(table), dtype=bool)
    if "vanished" in table:
        vanished = done & table["vanished"].to_numpy(bool)
        done &= ~vanished
    no_amount = 0
    if value == "amount":
        need_columns(table, "deals", ["amount"])
        one_currency(table, "deals")
        amount = table["amount"].to_numpy(float)
        usable = done & (amount > 0)
        no_amount = int(done.sum() - usable.sum())
        done, weight = usable, amount[usable]
    else:
        weight = np.ones(int(done.sum()))
    return Closed(
        group[done],
        weight,
        won[done],
        groups,
        open_,
        int(vanished.sum()),
        no_amount,
        value == "count",
    )


@dataclass(frozen=True)
class Rates:
    """Sums, rates and linearised standard errors of groups."""

    won: Ints
    n: Ints
    rate: Floats
    se: Floats
    effective: Floats  # deals of equal size that would tell as much


def _rates(closed: Closed) -> Rates:
    size, g = len(closed.groups), closed.group
    n = np.bincount(g, minlength=size)
    won = np.bincount(g[closed.won], minlength=size)
    if closed.by_count:
        rate = share_of(won, n)
        return Rates(won, n, rate, np.sqrt(rate * (1 - rate) * share_of(1, n)), n.astype(float))
    total = np.bincount(g, closed.weight, minlength=size)
    squares = np.bincount(g, closed.weight**2, minlength=size)
    rate = share_of(np.bincount(g, closed.weight * closed.won, minlength=size), total)
    off = np.bincount(g, (closed.weight * (closed.won - rate[g])) ** 2, minlength=size)
    return Rates(
        won, n, rate, np.sqrt(share_of(off, total**2)), total**2 / np.maximum(squares, 1e-300)
    )
