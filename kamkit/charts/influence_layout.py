"""Where people stand on an influence map: levels as rows, neighbours near, few crossings."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

_SWEEPS = 6
_SWAPS = 60
_US, _RIVAL = -1.2, 0.8  # how far outside the columns the edges stand
UNKNOWN_LEVEL = -1

Link = tuple[str, str, float]


@dataclass(frozen=True)
class Row:
    """People of one level who stand beside each other, with their columns from the left."""

    level: int
    first: bool
    people: tuple[str, ...]
    columns: tuple[int, ...]


_SHORT = 62.0  # points that a name has in four columns


def columns_for(widths: Sequence[float]) -> int:
    """How many people stand beside each other, by the widths of their names in points.

    >>> columns_for([40.0] * 8), columns_for([40.0] * 60), columns_for([90.0] * 60)
    (3, 4, 3)
    """
    return 4 if len(widths) > 24 and float(np.quantile(widths, 0.75)) <= _SHORT else 3


def _chunks(people: Sequence[str], most: int) -> list[list[str]]:
    """People of a level in as few rows as they need, of like length."""
    rows = math.ceil(len(people) / most)
    return [list(part) for part in np.array_split(np.array(people, dtype=object), rows)]


def _slots(count: int, columns: int) -> tuple[int, ...]:
    """Columns of ``count`` people, spread over the row."""
    return tuple(int((i + 0.5) * columns / count) for i in range(count))


def _level(value: Any) -> int:
    known = isinstance(value, int | float | np.number) and value == value
    return int(value) if known else UNKNOWN_LEVEL


def first_order(people: pd.DataFrame, columns: int) -> list[tuple[int, list[list[str]]]]:
    """Levels from the top with their rows; who has most influence comes first.

    >>> people = pd.DataFrame({"person_id": ["A", "B"], "level": [2, None], "influence": [1, 2]})
    >>> first_order(people, 3)
    [(2, [['A']]), (-1, [['B']])]
    """
    table = pd.DataFrame({
        "id": people["person_id"].astype(str), "level": [_level(v) for v in people["level"]],
        "influence": pd.to_numeric(people["influence"]).astype(float).fillna(-1.0),
    })  # fmt: skip
    table = table.sort_values(["level", "influence", "id"], ascending=[False, False, True])
    return [
        (int(level), _chunks(table.loc[table["level"] == level, "id"].tolist(), columns))
        for level in table["level"].unique()
    ]


class _Map:
    """Places of everybody while rows are put in order."""

    def __init__(
        self, rows: Sequence[Sequence[str]], links: Sequence[Link], columns: int,
        us: Iterable[str], rivals: Iterable[str],
    ) -> None:  # fmt: skip
        self.columns = columns
        self.rows = [list(row) for row in rows]
        self.us, self.rivals = sorted(us), sorted(rivals)
        here = {p for row in rows for p in row} | set(self.us) | set(self.rivals)
        self.links = [k for k in links if k[0] in here and k[1] in here and k[0] != k[1]]
        self.near: dict[str, list[tuple[str, float]]] = {p: [] for p in here}
        for one, other, weight in self.links:
            self.near[one].append((other, weight))
            self.near[other].append((one, weight))
        self.x: dict[str, float] = {}
        self.y: dict[str, float] = {}
        self.place()

    def place(self) -> None:
        for y, row in enumerate(self.rows):
            for x, person in zip(_slots(len(row), self.columns), row, strict=True):
                self.x[person], self.y[person] = float(x), float(y)
        for side, edge in ((self.us, _US), (self.rivals, self.columns - 1 + _RIVAL)):
            wanted = {p: self._mean(p, self.y, len(self.rows) / 2) for p in side}
            order = sorted(side, key=lambda p: (wanted[p], p))
            step = max(len(self.rows) - 1, 1) / max(len(order), 1)
            for i, person in enumerate(order):
                self.x[person], self.y[person] = edge, (i + 0.5) * step

    def _mean(self, person: str, axis: Mapping[str, float], other: float) -> float:
        near = [(axis[p], weight) for p, weight in self.near[person] if p in axis]
        total = sum(weight for _, weight in near)
        return sum(at * weight for at, weight in near) / total if total else other

    def crossings(self) -> int:
        """Pairs of links that cross as straight lines, without those that share an end."""
        if len(self.links) < 2:
            return 0
        ends = np.array([[self.x[a], self.y[a], self.x[b], self.y[b]] for a, b, _ in self.links])
        p, q = ends[:, None, :2], ends[:, None, 2:]
        r, s = ends[None, :, :2], ends[None, :, 2:]
        cross = (_turn(p, q, r) * _turn(p, q, s) < 0) & (_turn(r, s, p) * _turn(r, s, q) < 0)
        return int(cross.sum() // 2)

    def cost(self) -> float:
        """Crossings, and a little for long lines."""
        length = sum(abs(self.x[a] - self.x[b]) * w for a, b, w in self.links)
        return self.crossings() + 0.05 * length

    def sweep(self) -> None:
        """Put each row in the order of the mean column of those whom its people know."""
        for row in self.rows:
            wanted = {p: self._mean(p, self.x, self.x[p]) for p in row}
            row.sort(key=lambda p: (wanted[p], self.x[p]))
            for x, person in zip(_slots(len(row), self.columns), row, strict=True):
                self.x[person] = float(x)
        self.place()

    def swap(self, budget: int) -> None:
        """Swap neighbours of a row where that saves crossings."""
        best = self.cost()
        for row in self.rows:
            for i in range(len(row) - 1):
                if budget <= 0:
                    return
                budget -= 1
                row[i], row[i + 1] = row[i + 1], row[i]
                self.place()
                cost = self.cost()
                if cost < best - 1e-9:
                    best = cost
                else:
                    row[i], row[i + 1] = row[i + 1], row[i]
        self.place()


def _turn(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Sign of the turn from a over b to c."""
    found: np.ndarray = np.sign(
        (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1])
        - (b[..., 1] - a[..., 1]) * (c[..., 0] - a[..., 0])
    )
    return found


def arrange(
    people: pd.DataFrame,
    links: Sequence[Link],
    *,
    us: Iterable[str] = (),
    rivals: Iterable[str] = (),
    columns: int | None = None,
    sweeps: int = _SWEEPS,
) -> list[Row]:
    """Rows of people from the top level down, ordered so that links cross seldom.

    The barycentre rule (Sugiyama, Tagawa and Toda 1981) sets everybody near those whom they
    know; the best of a few sweeps is improved by swapping neighbours. No chance is involved.

    >>> people = pd.DataFrame({"person_id": ["A", "B", "C", "D"], "level": [5, 5, 3, 3],
    ...     "influence": [5, 4, 5, 4]})
    >>> rows = arrange(people, [("A", "D", 1.0), ("B", "C", 1.0)])
    >>> crossings(rows, [("A", "D", 1.0), ("B", "C", 1.0)])
    0
    """
    wide = columns or columns_for([0.0] * len(people))
    levels = first_order(people, wide)
    rows = [row for _, parts in levels for row in parts]
    heads = [(level, i == 0) for level, parts in levels for i in range(len(parts))]
    found = _Map(rows, links, wide, us, rivals)
    best, order = found.cost(), [list(row) for row in found.rows]
    for _ in range(sweeps):
        found.sweep()
        if found.cost() < best - 1e-9:
            best, order = found.cost(), [list(row) for row in found.rows]
    found.rows = order
    found.place()
    if sweeps:
        found.swap(_SWAPS)
    return [
        Row(level, first, tuple(row), _slots(len(row), wide))
        for (level, first), row in zip(heads, found.rows, strict=True)
    ]


def crossings(
    rows: Sequence[Row], links: Sequence[Link], *, us: Iterable[str] = (),
    rivals: Iterable[str] = (), columns: int = 4,
) -> int:  # fmt: skip
    """How many pairs of links cross when drawn as straight lines between these places.

    >>> rows = [Row(5, True, ("A", "B"), (0, 1)), Row(3, True, ("C", "D"), (0, 1))]
    >>> crossings(rows, [("A", "D", 1.0), ("B", "C", 1.0)], columns=2)
    1
    """
    return _Map([row.people for row in rows], links, columns, us, rivals).crossings()
