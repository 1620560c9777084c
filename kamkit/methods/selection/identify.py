"""Large-project customers that became key accounts, and how many do (S025, S026)."""

from __future__ import annotations

import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.selection.figures import measure_row, measure_table
from kamkit.methods.shares import wilson_ends


def conversion_rate(assignments: pd.DataFrame) -> pd.DataFrame:
    """Share of large-project customers that went on to continuing directed purchasing.

    Needs the output of :func:`classify` under the scheme ``project_or_key`` (member, status).
    Undecided accounts are left out and counted on their own.
    Returns a measure table: project_conversion (0–1, Wilson 95 %, n = large-project customers),
    recurring_without_project and undecided_accounts (counts).
    Source: S026; Wilson 1927.

    >>> table = pd.DataFrame({"member": ["converted", "project_only"], "status": "classified"})
    >>> conversion_rate(table).loc[0, ["value", "n"]].tolist()
    [0.5, 2.0]
    """
    need_columns(assignments, "assignments", ["member", "status"])
    decided = assignments[assignments["status"] == "classified"]
    counts = decided["member"].value_counts()
    converted, only = int(counts.get("converted", 0)), int(counts.get("project_only", 0))
    n = converted + only
    origin = "S026; field:Wilson 1927"
    if n:
        low, high = wilson_ends(converted, n)
        first = measure_row(
            "project_conversion",
            converted / n,
            n,
            low=low,
            high=high,
            variant="wilson_95",
            origin=origin,
        )
    else:
        first = measure_row(
            "project_conversion", float("nan"), 0, variant="too_little_data", origin=origin
        )
    recurring = int(counts.get("recurring", 0))
    undecided = len(assignments) - len(decided)
    return measure_table(
        [
            first,
            measure_row("recurring_without_project", recurring, len(decided), origin="S026"),
            measure_row("undecided_accounts", undecided, len(assignments), origin="house"),
        ]
    )
