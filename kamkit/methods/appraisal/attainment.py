"""Attainment of one KPI by member and period."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from kamkit.errors import KamkitError, Problem
from kamkit.methods.appraisal.kpi_rows import kpi_rows
from kamkit.methods.appraisal.scorecard import DIRECTIONS, attainment_of

COLUMNS = ["member_id", "period", "actual", "target", "attainment", "note"]
SCALES = ("ratio", "log")


def attainment(
    values: pd.DataFrame,
    targets: pd.DataFrame,
    kpi: str,
    *,
    kind: str = "quarter",
    scale: Literal["ratio", "log"] = "ratio",
    direction: str = "up",
    scope: str = "member",
) -> pd.DataFrame:
    """What share of its target each member reached in each period.

    ``values``, ``targets``: scope, scope_id, period, kpi, value. Returns member_id, period,
    actual, target (unit of the KPI), attainment (1 = met; ``log``: its logarithm, 0 = met), note
    (no_actual, no_target, zero_target, negative_target, negative_actual, not_positive or
    empty; attainment is NaN with each of them). A target that ignores the territory makes this a
    figure of the territory: see ``territory_adjusted``.
    Raises KamkitError: see ``kpi_rows``; unknown_option. Source: S171, S210; log scale house.

    >>> row = {"scope": "member", "scope_id": "M1", "kpi": "sales", "period": "2026Q1"}
    >>> attainment(pd.DataFrame([row | {"value": 90.0}]), pd.DataFrame([row | {"value": 100.0}]),
    ...            "sales")["attainment"].tolist()
    [0.9]
    """
    KamkitError.collect(
        Problem("unknown_option", column=name, value=value, details={"allowed": ", ".join(allowed)})
        for name, value, allowed in (
            ("scale", scale, SCALES),
            ("direction", direction, DIRECTIONS),
        )
        if value not in allowed
    )
    keys = ["scope_id", "period"]
    found, wanted = (
        kpi_rows(t, name, scope=scope, kind=kind, kpis=[kpi])[[*keys, "value"]]
        for t, name in ((values, "kpi_values"), (targets, "targets"))
    )
    both = found.rename(columns={"value": "actual"}).merge(
        wanted.rename(columns={"value": "target"}), on=keys, how="outer"
    )
    actual, target = both["actual"].to_numpy(float), both["target"].to_numpy(float)
    ratio = attainment_of(actual, target, direction)
    note = np.select(
        [np.isnan(actual), np.isnan(target), target == 0, target < 0,
         (actual < 0) & (direction != "up"), np.isnan(ratio) | ((scale == "log") & (ratio <= 0))],
        ["no_actual", "no_target", "zero_target", "negative_target", "negative_actual",
         "not_positive"],
        default="",
    )  # fmt: skip
    if scale == "log":
        ratio = np.log(ratio, out=np.full(len(ratio), np.nan), where=ratio > 0)
    both["attainment"], both["note"] = ratio, pd.Series(note, dtype="str")
    both = both.rename(columns={"scope_id": "member_id"})
    return both.sort_values(["member_id", "period"], ignore_index=True)[COLUMNS]
