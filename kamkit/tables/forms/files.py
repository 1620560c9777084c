"""Forms as files: names that every file system takes, all written or none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

from kamkit.errors import KamkitError, Problem, writing

_SAFE = re.compile(r"[\w-]{1,40}")


def safe_part(text: str) -> str:
    """Part of a file name; a text that no file system likes becomes a hash.

    >>> safe_part("A0008-C01"), safe_part("a/b")
    ('A0008-C01', 'id-c14cddc033f6')
    """
    return text if _SAFE.fullmatch(text) else f"id-{sha256(text.encode()).hexdigest()[:12]}"


def write_forms(forms: Mapping[Path, Callable[[], bytes]], *, force: bool = False) -> list[Path]:
    """Make every form, then write them.

    A form that is there already may hold answers: KamkitError ``survey_form_exists``, and
    nothing is written, unless ``force``.
    """
    if not force:
        KamkitError.collect(
            Problem("survey_form_exists", value=path.name) for path in forms if path.exists()
        )
    made = {path: make() for path, make in forms.items()}
    for path, data in made.items():
        with writing(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f".{path.name}.part")
            part.write_bytes(data)
            part.replace(path)
    return list(made)
