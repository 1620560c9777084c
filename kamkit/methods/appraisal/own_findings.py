"""What a personal sheet says first: about one person, and nobody else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.appraisal.conversation import ConversationSheet
from kamkit.methods.portfolio.findings import COLUMNS

NOTHING = "own_nothing"
OWN_FINDINGS = ("own_strength", "own_gap", "own_differs", "own_grade_open", NOTHING)


def own_findings(sheet: ConversationSheet | None) -> pd.DataFrame:
    """What one person should see first in the own sheet; strengths before gaps.

    ``sheet``: of ``conversation_sheet``, None where there is no combined result. Fired are:
    something that is reached beyond doubt, the surest gap, the largest sure difference between
    own view and rating, a grade that isn't settled. Returns the columns of
    ``portfolio.findings.Findings.found``; at least one row. Source: S210; S199; house.

    >>> own_findings(None)["finding"].tolist()
    ['own_nothing']
    """
    rows: list[dict[str, Any]] = []
    if sheet is not None:
        reached = sheet.evidence[sheet.evidence["side"] == "for"]
        if len(reached):
            first = reached.iloc[0]
            values = {"count": len(reached), "item": str(first["item"])}
            rows.append(_row("own_strength", len(rows), first, values))
        short = sheet.evidence[(sheet.evidence["side"] == "against")]
        short = short[short["kind"] != "kpi"].assign(gap=lambda t: t["reference"] - t["value"])
        if len(short):
            first = short.sort_values("gap", ascending=False, kind="stable").iloc[0]
            values = {"item": str(first["item"]), "required": first["reference"],
                "rated": first["value"], "low": first["low"], "high": first["high"]}  # fmt: skip
            rows.append(_row("own_gap", len(rows), first, values))
        apart = sheet.differences[sheet.differences["sure"].astype(bool)]
        if len(apart):
            first = apart.iloc[0]
            values = {k: first[k] for k in ("item", "own", "rated")}
            rows.append(_row("own_differs", len(rows), first.rename({"gap": "value"}), values))
        result = sheet.result.iloc[0]
        if not result["settled"] and np.isfinite(result["grade_p"]):
            values = {"grade": str(result["grade"]), "grade_p_share": result["grade_p"],
                "low": result["low"], "high": result["high"]}  # fmt: skip
            rows.append(
                _row("own_grade_open", len(rows), result.rename({"total": "value"}), values)
            )
    return pd.DataFrame(rows or [_nothing()], columns=COLUMNS)


def _row(finding: str, place: int, source: pd.Series, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "finding": finding,
        "priority": place + 1,
        "sure": "clear",
        "strength": 1.0,
        "value": float(source["value"]),
        "low": float(source["low"]),
        "high": float(source["high"]),
        "threshold": np.nan,
        "n": 1,
        "values": values,
        "variant": "past_threshold",
        "origin": "S210; house",
    }


def _nothing() -> dict[str, Any]:
    blank = dict.fromkeys(("strength", "value", "low", "high", "threshold"), np.nan)
    return {"finding": NOTHING, "priority": 1, "sure": "clear", **blank, "n": 1, "values": {},
        "variant": "within_threshold", "origin": "house"}  # fmt: skip
