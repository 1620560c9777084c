"""The last step of every simulated table: canonical columns and types."""

from __future__ import annotations

import pandas as pd

from kamkit.tables.cells import settle
from kamkit.tables.schemas import spec


def finish(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Canonical columns in canonical order and types; other columns are left out.

    >>> finish(pd.DataFrame({"order": [1], "score": [3], "item": ["a"]}), "team_pulse").dtypes
    item         str
    score    float64
    dtype: object
    """
    shape = spec(name)
    table = table[[c.name for c in shape.columns if c.name in table.columns]]
    numbers = [c.name for c in shape.columns if c.kind in ("money", "number", "share")]
    return settle(table.astype({n: float for n in numbers if n in table.columns}), name)
