"""Stage names of any table as numbers in the order of a ladder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kamkit.errors import KamkitError, Problem

MISSING, UNKNOWN = -1, -2
Codes = NDArray[np.int16]


class LadderLike(Protocol):
    """Anything with stages that have an id and an outcome (see ``kamkit.schemes.Ladder``)."""

    @property
    def stages(self) -> Sequence[Any]:
        """The stages in order."""


@dataclass(frozen=True)
class StageBook:
    """The stages in order and the number that each name stands for.

    Open stages are 0 … k-1, won is k, lost is k+1.
    """

    stages: tuple[str, ...]
    numbers: Mapping[str, int]

    @property
    def won(self) -> int:
        """The number of won; lost is the next one."""
        return len(self.stages)

    @property
    def stage_type(self) -> pd.CategoricalDtype:
        """The open stages, ordered."""
        return pd.CategoricalDtype(list(self.stages), ordered=True)

    @property
    def moved_type(self) -> pd.CategoricalDtype:
        """The open stages, then won and lost."""
        return pd.CategoricalDtype([*self.stages, "won", "lost"])


def _folded(name: object) -> str:
    return " ".join(str(name).split()).casefold()


def _named(ladder: LadderLike | Sequence[str]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Id, outcome and all names of every stage."""
    stages: Sequence[Any] = ladder.stages if hasattr(ladder, "stages") else ladder
    found: list[tuple[str, str, tuple[str, ...]]] = []
    for stage in stages:
        if isinstance(stage, str):
            found.append((stage, stage if stage in ("won", "lost") else "open", (stage,)))
            continue
        label = getattr(stage, "label", None) or {}
        names = (stage.id, *(str(v) for v in label.values() if v))
        found.append((stage.id, stage.outcome, names))
    return found


def stage_book(
    ladder: LadderLike | Sequence[str], mapping: Mapping[str, str] | None = None
) -> StageBook:
    """The order of a ladder's stages, and what every name in a table stands for.

    A name stands for a stage if it is the stage's id or one of its labels, case and blanks
    aside; ``mapping`` (name in the table -> stage id, won or lost) comes first.
    KamkitError for a ladder without stages and for a mapping to a stage that isn't there.

    >>> stage_book(["quote", "negotiate"], {"Angebot": "quote"}).numbers["angebot"]
    0
    """
    named = _named(ladder)
    order = tuple(dict.fromkeys(id_ for id_, outcome, _ in named if outcome == "open"))
    place = {id_: k for k, id_ in enumerate(order)} | {
        "won": len(order),
        "lost": len(order) + 1,
    }
    ends = {id_: outcome for id_, outcome, _ in named if outcome != "open"}
    allowed = ", ".join([*order, "won", "lost"])
    lost = [v for v in (mapping or {}).values() if v not in place and v not in ends]
    problems = [
        Problem("unknown_option", column="stage", value=v, details={"allowed": allowed})
        for v in dict.fromkeys(lost)
    ]
    if not order:
        problems.append(Problem("no_stages", column="stage"))
    KamkitError.collect(problems)
    numbers = {_folded(name): k for name, k in place.items()}
    for id_, outcome, names in named:
        for name in names:
            numbers.setdefault(_folded(name), place[id_ if outcome == "open" else outcome])
    for name, id_ in (mapping or {}).items():
        numbers[_folded(name)] = place[ends.get(id_, id_)]
    return StageBook(order, numbers)


def stage_codes(names: pd.Series, book: StageBook) -> Codes:
    """The number of every name: MISSING where empty, UNKNOWN where the ladder has no such stage.

    >>> stage_codes(pd.Series(["quote", "Won", None, "?"]), stage_book(["quote"])).tolist()
    [0, 1, -1, -2]
    """
    codes, uniques = pd.factorize(names)
    table = [book.numbers.get(_folded(name), UNKNOWN) for name in uniques]
    return np.array([*table, MISSING], dtype=np.int16)[codes]


def categorical(codes: NDArray[Any], kind: Any) -> Any:
    """Numbers as a column of that category type; -1 is missing.

    >>> list(categorical(np.array([1, 0]), pd.CategoricalDtype(["a", "b"])))
    ['b', 'a']
    """
    return pd.Categorical.from_codes(codes.astype(np.int8), dtype=kind)
