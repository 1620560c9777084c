"""What the lifetime models share: order lines, measure rows, intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

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


def wilson(hits: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson interval of a share; NaN where ``n`` is 0 (Wilson 1927).

    >>> [round(end, 4) for end in wilson(81, 263)]
    [0.2553, 0.3662]
    """
    if n <= 0:
        return NAN, NAN
    z = float(ndtri(0.5 + level / 2))
    share = hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At 0 and n hits the formula meets the end exactly but for rounding.
    low, high = float(middle - half), float(middle + half)
    return (0.0 if hits == 0 else low), (1.0 if hits == n else high)


def middle_range(draws: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper quantile of ``draws`` along the first axis.

    >>> low, high = middle_range(np.arange(101.0), level=0.5)
    >>> float(low), float(high)
    (25.0, 75.0)
    """
    low, high = np.quantile(draws, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return np.asarray(low), np.asarray(high)
