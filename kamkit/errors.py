"""The one error of the kit: all problems of one input, raised once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an input.

    ``code`` names a sentence in the catalogs (``problem.<code>`` and ``advice.<code>``);
    ``allowed`` and any further ``details`` fill its placeholders. ``row`` counts data rows
    from 1, as a spreadsheet shows them below its header. ``level`` is "error" or "warning".
    """

    code: str
    table: str = ""
    column: str = ""
    row: int | None = None
    value: Any = None
    level: str = "error"
    details: Mapping[str, Any] = field(default_factory=dict)


class KamkitError(Exception):
    """All problems of one call.

    Errors are raised once, with every problem found, and say nothing in prose themselves:
    :mod:`kamkit.i18n` turns them into sentences and installs itself as ``describer``.

    >>> error = KamkitError(Problem("missing_column", table="orders", column="amount"))
    >>> [p.code for p in error.problems]
    ['missing_column']
    """

    describer: ClassVar[Callable[[KamkitError], str] | None] = None

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    @classmethod
    def collect(cls, problems: Iterable[Problem]) -> None:
        """Raise one error if any problem of level "error" is among ``problems``.

        >>> KamkitError.collect([])
        """
        found = tuple(problems)
        if any(p.level == "error" for p in found):
            raise cls(*found)

    def __str__(self) -> str:
        if KamkitError.describer is not None:
            return KamkitError.describer(self)
        return "; ".join(
            f"{p.code}({p.table}.{p.column} row {p.row}: {p.value!r})" for p in self.problems
        )

    def _render_traceback_(self) -> list[str]:
        """Show the sentences, and no traceback, in a notebook."""
        return str(self).splitlines()
