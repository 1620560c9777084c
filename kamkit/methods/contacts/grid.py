"""Contacts and threads of many accounts as arrays, and their figures under drawn grades."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kamkit.schemes.contacts import contact_scheme

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
STRONGEST, MOST_INFLUENCE, MOST_SUPPORT = 4, 5, 2


@dataclass(frozen=True)
class Grid:
    """Contacts ordered by account, and threads (our person × contact) ordered by contact.

    ``account`` and ``thread_account`` are places in ``accounts``; ``contact`` a thread's place
    among the contacts; ``who`` numbers our people within their account.
    """

    accounts: list[str]
    contacts: list[str]
    account: Ints
    influence: Floats
    support: Floats
    level: Floats
    function: Ints
    phases: Flags
    types: Flags
    contact: Ints
    thread_account: Ints
    who: Ints
    ours: list[tuple[str, str]]
    strength: Floats

    @property
    def starts(self) -> Ints:
        """Where each account's contacts begin."""
        return np.searchsorted(self.account, np.arange(len(self.accounts)))


def grid_of(people: pd.DataFrame, links: pd.DataFrame) -> Grid:
    """The arrays of a book's tables (with account_id); accounts without a contact are left out.

    A thread's strength is the stronger of its bonds.
    """
    mine = people[people["side"] == "customer"].sort_values(["account_id", "person_id"])
    account, accounts = pd.factorize(mine["account_id"])
    index = pd.MultiIndex.from_frame(mine[["account_id", "person_id"]])
    ours = links[links["from_side"] == "us"]
    pairs = ours.groupby(["account_id", "to_id", "from_id"], sort=True)["strength"].max()
    rows = pairs.reset_index()
    contact = index.get_indexer(pd.MultiIndex.from_frame(rows[["account_id", "to_id"]]))
    rows, contact = rows[contact >= 0], contact[contact >= 0]
    names = pd.MultiIndex.from_frame(rows[["account_id", "from_id"]])
    who, persons = names.factorize(sort=True)
    scheme = contact_scheme()
    return Grid(
        accounts=[str(a) for a in accounts],
        contacts=mine["person_id"].tolist(),
        account=account.astype(np.int64),
        influence=mine["influence"].to_numpy(float),
        support=mine["support"].to_numpy(float),
        level=mine["level"].to_numpy(float),
        function=pd.factorize(mine["function"])[0].astype(np.int64),
        phases=_flags(mine["phases"], scheme.phase_ids),
        types=_flags(mine["buyer_types"], scheme.buyer_type_ids),
        contact=contact.astype(np.int64),
        thread_account=account.astype(np.int64)[contact],
        who=who.astype(np.int64),
        ours=[(str(a), str(p)) for a, p in persons],
        strength=rows["strength"].to_numpy(float),
    )


def _flags(tags: pd.Series, ids: tuple[str, ...]) -> Flags:
    """Which of the ids each cell of tags holds."""
    codes, values = pd.factorize(tags)
    held = [[i in str(v).split(";") for i in ids] for v in values] + [[False] * len(ids)]
    return np.array(held, dtype=bool).reshape(-1, len(ids))[codes]


@dataclass(frozen=True)
class Grades:
    """Grades of all contacts and threads, one row a draw; the first call has one row."""

    influence: Floats
    support: Floats
    strength: Floats


def as_graded(grid: Grid) -> Grades:
    """The grades as recorded; unknown stays NaN."""
    return Grades(grid.influence[None], grid.support[None], grid.strength[None])


def drawn(grid: Grid, draws: int, rng: np.random.Generator) -> Grades:
    """Grades one lower, the same or one higher, each as likely; unknown influence 1–5.

    A tie that nobody recorded stays at none, an unknown support stays unknown.
    """
    n, m = len(grid.contacts), len(grid.strength)
    moved = grid.influence + rng.integers(-1, 2, (draws, n), dtype=np.int8)
    guess = rng.integers(1, MOST_INFLUENCE + 1, (draws, n), dtype=np.int8)
    influence = np.where(np.isnan(moved), guess, np.clip(moved, 1, MOST_INFLUENCE))
    support = np.clip(
        grid.support + rng.integers(-1, 2, (draws, n), dtype=np.int8), -MOST_SUPPORT, MOST_SUPPORT
    )
    strength = grid.strength + rng.integers(-1, 2, (draws, m), dtype=np.int8)
    return Grades(influence, support, np.clip(strength, 0, STRONGEST))


def top_two(grid: Grid, strength: Floats) -> tuple[Floats, Floats, Floats]:
    """Strongest and second strongest tie of each contact, and each thread's own loss.

    The loss of a thread is what its contact's strongest tie falls by without it.
    """
    first = np.zeros((len(strength), len(grid.contacts)))
    second = np.zeros_like(first)
    loss = np.zeros_like(strength)
    if not strength.shape[1]:
        return first, second, loss
    held, starts = np.unique(grid.contact, return_index=True)
    sizes = np.diff(np.append(starts, len(grid.contact)))
    best = np.maximum.reduceat(strength, starts, axis=1)
    is_best = strength == np.repeat(best, sizes, axis=1)
    alone = np.repeat(np.add.reduceat(is_best, starts, axis=1, dtype=np.int64) == 1, sizes, axis=1)
    others = np.where(is_best & alone, 0.0, strength)
    next_best = np.maximum.reduceat(others, starts, axis=1)
    first[:, held], second[:, held] = best, next_best
    gap = np.repeat(best - next_best, sizes, axis=1)
    loss[:] = np.where(is_best & alone, gap, 0.0)
    return first, second, loss


def by_account(grid: Grid, values: Floats, how: np.ufunc = np.add) -> Floats:
    """Contacts' values (draws × contacts) added up, or their maximum, by account."""
    if not len(grid.accounts):
        return np.zeros((len(values), 0))
    found: Floats = how.reduceat(values, grid.starts, axis=1)
    return found


def by_group(values: Floats, group: Ints, size: int, how: np.ufunc = np.add) -> Floats:
    """Columns added up (or their maximum, at least 0) by group number; 0 where a group is empty."""
    out = np.zeros((len(values), size))
    if not values.shape[1]:
        return out
    order = np.argsort(group, kind="stable")
    held, starts = np.unique(group[order], return_index=True)
    out[:, held] = how.reduceat(values[:, order], starts, axis=1)
    return out
