"""Sentences of the recipes: in both languages, in TOML files beside them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any


@cache
def pool(name: str) -> Mapping[str, Any]:
    """The wordings of one file.

    >>> sorted(pool("m15_scenes"))
    ['fables', 'labels', 'remedies']
    """
    text = Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
