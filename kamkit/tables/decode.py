"""Bytes to text: byte-order marks, then strict UTF-8, then GB18030 with a warning."""

from __future__ import annotations

import codecs

from kamkit.errors import KamkitError, Problem, cause

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WORKBOOK = b"PK\x03\x04"


def decode(
    raw: bytes, file: str, *, guesses: tuple[str, ...] = ("gb18030",)
) -> tuple[str, list[Problem]]:
    """Text of a file and what is doubtful about it.

    A byte-order mark decides; then strict UTF-8; then the guesses in order, with the warning
    ``guessed_encoding``, because a guess can succeed and still be wrong. Raises KamkitError
    ``unreadable_file`` where nothing fits and ``nul_bytes`` where the text holds NULs.

    >>> decode("客户".encode("gb18030"), "accounts.csv")[0]
    '客户'
    """
    if raw.startswith(_WORKBOOK):
        details = {"reason_key": "workbook_as_csv"}
        raise KamkitError(Problem("unreadable_file", file, details=details))
    text, doubts = _text(raw, file, guesses)
    at = text.find("\0")
    if at >= 0:
        line = text.count("\n", 0, at) + 1
        raise KamkitError(Problem("nul_bytes", file, details={"line": line}))
    return text, doubts


def _text(raw: bytes, file: str, guesses: tuple[str, ...]) -> tuple[str, list[Problem]]:
    marked = next((name for mark, name in _MARKS if raw.startswith(mark)), None)
    try:
        return raw.decode(marked or "utf-8"), []
    except UnicodeDecodeError as error:
        refusal = KamkitError(Problem("unreadable_file", file, details=cause(error)))
        if marked:
            raise refusal from None
    for guess in guesses:
        try:
            text = raw.decode(guess)
        except UnicodeDecodeError:
            continue
        return text, [
            Problem("guessed_encoding", file, level="warning", details={"encoding": guess})
        ]
    raise refusal
