"""What the lifetime models share: order lines, measure rows, intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import one_currency
from kamkit.methods.portfolio.inputs import figures, measure

NAN = float("nan")


def order_lines(orders: pd.DataFrame) -> pd.DataFrame:
    """Account, day and amount of every order line, checked.

    Needs columns: account_id, date, amount.
    Returns columns: account_id, date (day), amount (money).
    Errors: missing columns, several currencies, and every cell that is empty, no number or no
    date, all at once.

    >>> orders = pd.DataFrame({"account_id": ["A"], "date": ["2025-01-31"], "amount": [5]})
    >>> order_lines(orders).amount.tolist()
    [5.0]
    """
    lines = figures(orders, "orders", ["amount"], keys=["account_id", "date"], unique=False)
    one_currency(orders, "orders")
    dates = pd.Series(pd.to_datetime(lines["date"], errors="coerce"))
    bad = {"not_a_date": ("date", dates.isna()), "empty_cell": ("amount", lines["amount"].isna())}
    KamkitError.collect(
        Problem(code, "orders", column, int(at) + 1, lines[column].iloc[at])
        for code, (column, mask) in bad.items()
        for at in np.flatnonzero(mask)
    )
    return lines.assign(date=dates.dt.normalize())


def measure_row(
    key: str,
    value: float,
    *,
    n: int = 0,
    variant: str = "",
    origin: str = "house",
    low: float = NAN,
    high: float = NAN,
) -> dict[str, Any]:
    """One row of a measure table, of house origin unless told.

    >>> measure_row("model_customers", 120)["origin"]
    'house'
    """
    return measure(key, value, n=n, variant=variant, origin=origin, low=low, high=high)


def measure_value(table: pd.DataFrame, key: str, column: str = "value") -> float:
    """Figure ``key`` of a measure table; NaN where the table has no such row.

    >>> measure_value(pd.DataFrame([measure_row("hhi", 0.2)]), "hhi")
    0.2
    """
    found = table.loc[table["measure"] == key, column]
    return float(found.iloc[0]) if len(found) else NAN


def middle_range(draws: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper quantile of ``draws`` along the first axis.

    >>> low, high = middle_range(np.arange(101.0), level=0.5)
    >>> float(low), float(high)
    (25.0, 75.0)
    """
    low, high = np.quantile(draws, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return np.asarray(low), np.asarray(high)
