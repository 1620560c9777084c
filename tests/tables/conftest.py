"""Small company folders to load."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

CONFIG = """[company]
id = "acme"
name_zh = "示例"
name_en = "Acme"
currency = "CNY"
as_of = 2026-06-30
"""
ACCOUNTS = "account_id,name\n007,Ginkgo\n008,银杏\n"
ORDERS = "order_id,line_no,account_id,date,amount\n1,1,007,2026-01-05,10.5\n2,1,008,2026-02-05,-3\n"

Maker = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Maker:
    """Make a folder: kamkit.toml, accounts and orders, and whatever files are given.

    A file given as None is left out; text is written as UTF-8.
    """

    def make(**files: str | bytes | None) -> Path:
        home = tmp_path / "company"
        home.mkdir(exist_ok=True)
        content: dict[str, str | bytes | None] = {
            "kamkit.toml": CONFIG,
            "accounts.csv": ACCOUNTS,
            "orders.csv": ORDERS,
        }
        content.update({name.replace("__", "."): body for name, body in files.items()})
        for name, body in content.items():
            if body is not None:
                raw = body.encode("utf-8") if isinstance(body, str) else body
                (home / name).write_bytes(raw)
        return home

    return make


@pytest.fixture(scope="session")
def northwind(northwind_source: Path) -> Path:
    """The Northwind files, where they are at hand."""
    return northwind_source
