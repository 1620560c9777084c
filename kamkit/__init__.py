"""kamkit: training and methodology kit for key account management.

Heavy parts load on first use, so that ``import kamkit`` stays cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from kamkit.errors import KamkitError

__version__ = "0.1.0"

_ROOMS = ("charts", "errors", "i18n", "methods", "reports", "schemes", "tables", "widgets")


def _describe(error: KamkitError) -> str:
    return str(import_module("kamkit.i18n").describe(error))


# Whatever part of the kit is in use, an error reads as sentences.
KamkitError.describer = _describe


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"kamkit.{name}")
    if name in ("load", "Company"):
        return getattr(import_module("kamkit.tables"), name)
    raise AttributeError(f"module 'kamkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*_ROOMS, "Company", "load", "__version__"])
