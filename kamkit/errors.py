"""The one error of the kit: all problems of one input, raised once."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
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
    :mod:`kamkit.i18n` turns them into sentences; the package hands it in as ``describer``.

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


# What a reader's own message says -> word in the catalogs (``reason.<key>``).
_SAID = (
    ("field larger than field limit", "long_field"),
    ("unexpected end of data", "open_quote"),
    ("expected after", "stray_quote"),
    ("not a zip file", "no_workbook"),
    ("at end of document", "toml_end"),
)
_PLACE = re.compile(r"line (\d+), column (\d+)")


def cause(error: Exception) -> dict[str, Any]:
    """Details of a problem that another library's error tells of.

    Returns reason (the library's words) and reason_key, the word of the catalogs that says
    the same to a user, with its placeholders; an unknown error keeps the key "other".

    >>> cause(PermissionError(13, "Permission denied"))["reason_key"]
    'EACCES'
    >>> cause(ValueError("odd"))
    {'reason': 'odd', 'reason_key': 'other'}
    """
    text = str(error) or type(error).__name__
    if isinstance(error, OSError) and error.errno:
        key = errno.errorcode.get(error.errno, "other")
        return {"reason": error.strerror or text, "reason_key": key}
    if isinstance(error, UnicodeDecodeError):
        return {"reason": text, "reason_key": "not_utf8", "position": error.start}
    key = next((key for words, key in _SAID if words in text), "other")
    place = _PLACE.search(text)
    if place and key == "other":
        line, column = place.groups()
        return {"reason": text, "reason_key": "toml", "line": line, "column": column}
    return {"reason": text, "reason_key": key}


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise KamkitError ``cannot_write`` for what the file system refuses while writing.

    No room, no right, a file where a folder should be: the problem names the file that the
    system named, else ``path``.
    """
    try:
        yield
    except OSError as error:
        where = str(error.filename or path)
        raise KamkitError(Problem("cannot_write", value=where, details=cause(error))) from error
