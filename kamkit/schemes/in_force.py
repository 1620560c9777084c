"""The schemes that a company works by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kamkit.schemes.model import Scheme
from kamkit.schemes.registry import load_scheme, read_scheme

PLAIN = "sales_order"


def schemes_in_force(configured: Sequence[str] = (), first: str = "") -> tuple[Scheme, ...]:
    """A company's schemes, its leading one first.

    ``configured`` are the ids in kamkit.toml; ``first`` is an id or the path of the company's
    own scheme file, and leads. Where neither names any, the plain order of sales is in force.
    Raises KamkitError for unknown ids and faulty files.

    >>> [s.id for s in schemes_in_force(["elevator", "guide"], "guide")]
    ['guide', 'elevator']
    >>> [s.id for s in schemes_in_force()]
    ['sales_order']
    """
    wanted = list(dict.fromkeys([*([first] if first else []), *configured])) or [PLAIN]
    return tuple(read_scheme(w) if Path(w).suffix == ".toml" else load_scheme(w) for w in wanted)
