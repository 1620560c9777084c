"""Input checks shared by all methods."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from kamkit.errors import KamkitError, Problem


def need_columns(table: pd.DataFrame, name: str, columns: Iterable[str]) -> None:
    """Raise one error that names every column missing from ``table``.

    >>> need_columns(pd.DataFrame({"account_id": []}), "orders", ["account_id"])
    """
    missing = [c for c in columns if c not in table.columns]
    KamkitError.collect(Problem("missing_column", table=name, column=c) for c in missing)


def one_currency(table: pd.DataFrame, name: str) -> str | None:
    """The currency of a money table; None where the table has no currency column.

    Money is summed only within one currency: two or more raise an error that lists them.

    >>> one_currency(pd.DataFrame({"amount": [1.0], "currency": ["CNY"]}), "orders")
    'CNY'
    """
    if "currency" not in table.columns:
        return None
    found = sorted(table["currency"].dropna().unique())
    if len(found) > 1:
        raise KamkitError(
            Problem("mixed_currency", table=name, column="currency", value=", ".join(found))
        )
    return found[0] if found else None
