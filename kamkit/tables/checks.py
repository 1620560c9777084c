"""A folder's problems without loading it for use: what ``kamkit check`` prints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kamkit.errors import KamkitError, Problem
from kamkit.tables.company import Company
from kamkit.tables.loader import load


@dataclass(frozen=True)
class ProblemGroup:
    """One fault that repeats: its first problem, how often, in which first rows."""

    first: Problem
    count: int
    rows: tuple[int, ...]
    values: tuple[str, ...]


def check(folder: str | Path) -> tuple[Company | None, tuple[Problem, ...]]:
    """The company, or None where errors stand against it, and all problems; never raises.

    >>> check("no such folder")[1][0].code
    'not_a_folder'
    """
    try:
        company = load(folder, strict=True)
    except KamkitError as error:
        return None, error.problems
    return company, company.problems


def check_folder(folder: str | Path) -> tuple[Problem, ...]:
    """All problems of a folder, errors first; never raises on bad input, writes nothing.

    >>> [p.code for p in check_folder("no such folder")]
    ['not_a_folder']
    """
    return tuple(sorted(check(folder)[1], key=lambda p: p.level != "error"))


def group_problems(problems: Iterable[Problem], *, show: int = 5) -> tuple[ProblemGroup, ...]:
    """Problems by code, table, column and level, in order of appearance.

    >>> found = [Problem("empty_cell", "orders", "amount", row=r) for r in range(1, 2001)]
    >>> group = group_problems(found)[0]
    >>> group.count, group.rows
    (2000, (1, 2, 3, 4, 5))
    """
    groups: dict[tuple[str, str, str, str], list[Problem]] = {}
    for p in problems:
        groups.setdefault((p.level, p.code, p.table, p.column), []).append(p)
    return tuple(
        ProblemGroup(
            first=members[0],
            count=len(members),
            rows=tuple(p.row for p in members if p.row is not None)[:show],
            values=tuple(dict.fromkeys(str(p.value) for p in members if p.value is not None))[
                :show
            ],
        )
        for members in groups.values()
    )
