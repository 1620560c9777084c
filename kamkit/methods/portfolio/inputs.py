"""What the portfolio methods share: reading figures, choices and measure tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.measures import measure_row
from kamkit.methods.measures import measure_table as measure_table


def measure(
    key: str,
    value: float,
    *,
    n: int,
    variant: str,
    origin: str,
    low: float = np.nan,
    high: float = np.nan,
) -> dict[str, Any]:
    """One row of a measure table.

    >>> measure("total", 3.0, n=2, variant="sum", origin="house")["value"]
    3.0
    """
    return measure_row(key, value, n, low=low, high=high, variant=variant, origin=origin)


def table_of(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Rows as a table with exactly ``columns``, also when there are none.

    >>> table_of([], ["account_id"]).shape
    (0, 1)
    """
    return pd.DataFrame(list(rows), columns=list(columns))


def figures(
    table: pd.DataFrame,
    name: str,
    needed: Sequence[str],
    *,
    keys: Sequence[str] = ("account_id",),
    optional: Sequence[str] = (),
    unique: bool = True,
) -> pd.DataFrame:
    """A copy with ``keys`` as they are and every figure as float; missing stays missing.

    Columns of ``optional`` that the table lacks come back empty. Raises one error that names
    missing columns, else one with every cell that is not a number, every empty key and (where
    ``unique``) every repeated key.

    >>> figures(pd.DataFrame({"account_id": ["A"], "x": ["3"]}), "t", ["x"]).x.tolist()
    [3.0]
    """
    need_columns(table, name, [*keys, *needed])
    columns = [*keys, *needed, *[c for c in optional if c in table.columns]]
    out = table.loc[:, list(dict.fromkeys(columns))].reset_index(drop=True).copy()
    problems: list[Problem] = []
    for column in (*needed, *optional):
        if column not in out.columns:
            out[column] = np.nan
            continue
        numbers = pd.to_numeric(out[column], errors="coerce").astype(float)
        numbers = numbers.where(np.isfinite(numbers))
        blank = out[column].isna() | (out[column].astype("str").str.strip() == "")
        problems += [
            Problem("not_a_number", name, column, int(i) + 1, out[column].iloc[i])
            for i in np.flatnonzero(numbers.isna() & ~blank)
        ]
        out[column] = numbers
    problems += _key_problems(out, name, list(keys), unique=unique)
    KamkitError.collect(problems)
    return out


def _key_problems(
    table: pd.DataFrame, name: str, keys: list[str], *, unique: bool
) -> list[Problem]:
    problems = [
        Problem("empty_cell", name, key, int(i) + 1)
        for key in keys
        for i in np.flatnonzero(table[key].isna())
    ]
    if unique and keys:
        twice = table.duplicated(keys) & table[keys].notna().all(axis=1)
        problems += [
            Problem(
                "duplicate_key", name, ", ".join(keys), int(i) + 1,
                " / ".join(str(v) for v in table.loc[i, keys]),
            )
            for i in np.flatnonzero(twice)
        ]  # fmt: skip
    return problems


def one_of(value: str, option: str, allowed: Sequence[str]) -> None:
    """Raise an error unless ``value`` is one of the choices of an option.

    >>> one_of("median", "cut", ["median", "mean"])
    """
    if value not in allowed:
        raise KamkitError(
            Problem(
                "unknown_choice",
                column=option,
                value=value,
                details={"allowed": ", ".join(allowed)},
            )
        )


def limits_with(
    defaults: Mapping[str, float], thresholds: Mapping[str, float] | None
) -> dict[str, float]:
    """The figures of rules, some of them replaced; an unknown one is an error.

    >>> limits_with({"a": 1.0, "b": 2.0}, {"b": 3})
    {'a': 1.0, 'b': 3.0}
    """
    for name in thresholds or {}:
        one_of(name, "thresholds", list(defaults))
    return {**defaults, **{k: float(v) for k, v in (thresholds or {}).items()}}


def within(value: float, option: str, low: float, high: float) -> None:
    """Raise an error unless a number option lies between its limits (both allowed).

    >>> within(0.1, "shift", 0, 1)
    """
    if not (low <= value <= high):
        raise KamkitError(
            Problem(
                "option_out_of_range",
                column=option,
                value=value,
                details={"low": f"{low:g}", "high": f"{high:g}"},
            )
        )


def ratio(top: Any, bottom: Any) -> Any:
    """``top / bottom`` where the bottom is above zero, else NaN.

    A share of a sum that is zero or negative has no meaning, so it isn't given.

    >>> ratio(np.array([1.0, 1.0]), np.array([2.0, 0.0])).tolist()
    [0.5, nan]
    """
    top, bottom = np.broadcast_arrays(np.asarray(top, float), np.asarray(bottom, float))
    out = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=out, where=bottom > 0)
    return out if out.ndim else float(out)


def known_sum(values: pd.Series | np.ndarray) -> float:
    """Sum of what is known; NaN where nothing is.

    >>> known_sum(pd.Series([1.0, np.nan])), known_sum(pd.Series([np.nan]))
    (1.0, nan)
    """
    numbers = np.asarray(values, float)
    numbers = numbers[~np.isnan(numbers)]
    return float(numbers.sum()) if numbers.size else float("nan")
