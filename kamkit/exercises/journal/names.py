"""Names of people and cohorts: as identities, and as file names that no system refuses."""

from __future__ import annotations

import hashlib
import unicodedata

from kamkit.errors import KamkitError, Problem

LONGEST = 80
_READABLE, _SIGNS = 24, 10


def clean_name(text: object) -> str:
    """A name as it identifies someone: full width folded, blanks single, nothing invisible.

    >>> clean_name("  Ｌｉ　Lei ")
    'Li Lei'
    """
    folded = unicodedata.normalize("NFKC", str(text))
    shown = "".join(" " if c.isspace() else c for c in folded)
    # Category C: control and format characters, lone surrogates, private use.
    return " ".join("".join(c for c in shown if unicodedata.category(c)[0] != "C").split())


def identity(text: object, column: str) -> str:
    """A cleaned name, or KamkitError where nothing is left or it is too long.

    It is refused rather than cut: two people whose names were cut alike would share a file.

    >>> identity("李雷", "trainee")
    '李雷'
    """
    name = clean_name(text)
    if not name:
        raise KamkitError(Problem("name_empty", column=column))
    if len(name) > LONGEST:
        raise KamkitError(Problem("name_too_long", column=column, details={"most": LONGEST}))
    return name


def _fits(character: str) -> bool:
    """Letters, digits and Chinese that a file system set to GBK can name as well."""
    fits = character.isalnum() and character.encode("gbk", "ignore")
    return bool(fits) or character == "-"


def safe_name(text: str) -> str:
    """File name for a name: readable, and different wherever the names differ.

    The signs of a hash at its end keep apart what a file system would take for the same
    ("Li" and "li", "A/B" and "A:B"), and no device name of Windows ends like that.

    >>> safe_name("CON")[:4], safe_name("../李 雷")[:4]
    ('CON-', '李_雷-')
    """
    kept = "".join(c if _fits(c) else "_" for c in text)
    readable = kept.strip("_-")[:_READABLE].rstrip("_-") or "x"
    sign = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_SIGNS]
    return f"{readable}-{sign}"
