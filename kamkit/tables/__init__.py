"""Canonical tables: loading, checking, importing. Heavy parts load on first use."""

from __future__ import annotations

from importlib import import_module
from typing import Any

# A home never bears the name of what it holds: importing it would hide the function.
_HOME = {
    "ColumnSpec": "schemas",
    "Company": "company",
    "Config": "config",
    "ImportResult": "importer",
    "ProblemGroup": "checks",
    "Period": "period",
    "TABLES": "schemas",
    "TableSpec": "schemas",
    "check": "checks",
    "check_folder": "checks",
    "group_problems": "checks",
    "find_folder": "loader",
    "import_folder": "importer",
    "load": "loader",
    "profile_names": "profile",
    "quality_digest": "quality",
    "quality_report": "quality",
    "reporting_period": "period",
    "spec": "schemas",
    "split_tags": "schemas",
    "tables_page": "page",
    "write_company": "write",
    "write_table": "write",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"kamkit.tables.{_HOME[name]}"), name)
    raise AttributeError(f"module 'kamkit.tables' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
