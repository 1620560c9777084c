"""Goals of a company's tables, followed by the finest periods on record."""

from __future__ import annotations

import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.goals import goals_on_pace


def goal(**more: object) -> pd.DataFrame:
    row = {"goal_id": "G", "scope": "member", "scope_id": "M", "kpi": "sales", "target": 100.0,
        "due": "2026-12-31", "unit": "CNY"} | more  # fmt: skip
    return pd.DataFrame([row])


def values(known: dict[str, float], kpi: str = "sales") -> pd.DataFrame:
    return pd.DataFrame({"scope": "member", "scope_id": "M", "kpi": kpi, "period": list(known),
        "value": list(known.values())})  # fmt: skip


QUARTERS = {f"2025Q{q}": 20.0 for q in range(1, 5)} | {"2026Q1": 20.0, "2026Q2": 20.0}


def test_coarser_periods_beside_quarters_are_not_added():
    both = values(QUARTERS | {"2026H1": 40.0, "2025": 80.0, "2025H1": 40.0, "2025H2": 40.0})
    found = goals_on_pace(goal(), both, as_of="2026-06-30")
    assert found["actual"].tolist() == [40.0]
    assert found["pace"].tolist() == pytest.approx([0.8])


def test_last_years_season_sets_what_is_due():
    strong_end = values({"2025Q1": 10, "2025Q2": 10, "2025Q3": 20, "2025Q4": 40, "2026Q1": 13,
        "2026Q2": 12})  # fmt: skip
    found = goals_on_pace(goal(), strong_end, as_of="2026-06-30")
    assert found["expected_by_now"].tolist() == pytest.approx([25.0])


def test_counts_take_one_kind_of_period():
    counted = values({"2026H1": 4, "2026Q1": 1, "2026Q2": 3, "2025": 9}, "new_customers")
    found = goals_on_pace(goal(kpi="new_customers", unit="count", target=10), counted,
        as_of="2026-06-30")  # fmt: skip
    assert found[["kind", "actual"]].values.tolist() == [["count", 4.0]]


@pytest.mark.parametrize(
    "change",
    [
        {"due": "2025-12-31"},  # over
        {"due": None},
        {"target": None},
        {"kpi": "satisfaction", "unit": "share"},  # a level: its number of answers is not on record
        {"scope_id": "nobody"},
    ],
)
def test_goals_that_cannot_be_followed_have_no_row(change):
    found = goals_on_pace(goal(**change), values(QUARTERS), as_of="2026-06-30")
    assert found.empty and "pace" in found.columns


def test_missing_columns_are_named():
    with pytest.raises(KamkitError):
        goals_on_pace(goal().drop(columns="due"), values(QUARTERS), as_of="2026-06-30")
