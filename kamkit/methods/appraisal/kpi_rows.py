"""Rows of targets and kpi_values of one scope and one kind of period, checked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.checks import need_columns
from kamkit.methods.fiscal import period_kind

KINDS = ("year", "half", "quarter", "month")
COLUMNS = ["scope_id", "period", "kpi", "value"]


def kpi_rows(
    table: pd.DataFrame,
    name: str,
    *,
    scope: str | None = "member",
    kind: str | None = None,
    kpis: list[str] | None = None,
) -> pd.DataFrame:
    """Figures of one scope, one kind of period and some KPIs: scope_id, period, kpi, value.

    ``kind`` None takes the only kind there is. Rows without a value stay out. Raises
    KamkitError missing_column, unknown_option, unknown_period, mixed_periods, not_a_number,
    duplicate_key: years and quarters are never mixed, since a sum would count sales twice.

    >>> rows = pd.DataFrame({"scope": "member", "scope_id": ["M1", "M1"], "kpi": "sales",
    ...     "period": ["2026", "2026Q1"], "value": [4.0, 1.0]})
    >>> kpi_rows(rows, "kpi_values", kind="quarter")["value"].tolist()
    [1.0]
    """
    need_columns(table, name, COLUMNS)
    if kind is not None and kind not in KINDS:
        details = {"allowed": ", ".join(KINDS)}
        raise KamkitError(Problem("unknown_option", column="kind", value=kind, details=details))
    keep = np.ones(len(table), dtype=bool)
    if scope is not None and "scope" in table.columns:
        keep &= (table["scope"] == scope).to_numpy()
    if kpis is not None:
        keep &= table["kpi"].isin(kpis).to_numpy()
    rows = table.loc[keep, COLUMNS]
    place = np.flatnonzero(keep)
    kinds = _kinds(rows["period"], name, place)
    if kind is None:
        found = [k for k in KINDS if (kinds == k).any()]
        if len(found) > 1:
            value = ", ".join(found)
            raise KamkitError(Problem("mixed_periods", name, "period", value=value))
    else:
        rows, place = rows[kinds == kind], place[kinds == kind]
    return _numbers(rows, name, place)


def _kinds(periods: pd.Series, name: str, place: np.ndarray) -> np.ndarray:
    codes, names = pd.factorize(periods)
    known = np.array([period_kind(p) for p in names] + [""], dtype=object)
    kinds = known[codes]
    wrong = [int(np.flatnonzero(codes == k)[0]) for k, kind in enumerate(known[:-1]) if not kind]
    wrong += [int(np.flatnonzero(codes < 0)[0])] if (codes < 0).any() else []
    KamkitError.collect(
        Problem("unknown_period", name, "period", int(place[i]) + 1, periods.iloc[i]) for i in wrong
    )
    return kinds


def _numbers(rows: pd.DataFrame, name: str, place: np.ndarray) -> pd.DataFrame:
    value = pd.to_numeric(rows["value"], errors="coerce").to_numpy(dtype=float)
    bad = np.flatnonzero(rows["value"].notna().to_numpy() & ~np.isfinite(value))
    problems = [
        Problem("not_a_number", name, "value", int(place[i]) + 1, rows["value"].iloc[i])
        for i in bad
    ]
    cell = np.zeros(len(rows), dtype=np.int64)
    for column in ("scope_id", "period", "kpi"):
        codes, names = pd.factorize(rows[column])
        cell = cell * (len(names) + 1) + codes
    order = np.argsort(cell, kind="stable")
    again = order[1:][np.diff(cell[order]) == 0]
    problems += [
        Problem("duplicate_key", name, "scope_id, period, kpi", int(place[i]) + 1,
                ", ".join(str(rows[c].iloc[i]) for c in ("scope_id", "period", "kpi")))
        for i in np.sort(again)
    ]  # fmt: skip
    KamkitError.collect(problems)
    known = np.isfinite(value)
    return pd.DataFrame(rows.assign(value=value)[known]).reset_index(drop=True)
