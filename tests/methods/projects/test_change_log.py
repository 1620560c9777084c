"""Change log of a running contract."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.projects import change_log

DAY = "2026-06-30"


def log() -> pd.DataFrame:
    rows = [
        ("V1", "P", "2026-01-10", "2026-01-20", "approved", "customer", 50.0, 40.0, 10, True),
        ("V2", "P", "2026-03-01", "2026-03-05", "approved", "us", None, 20.0, 5, False),
        ("V3", "P", "2026-05-01", None, None, "customer", 80.0, 30.0, 20, None),
        ("V4", "P", "2026-02-01", "2026-02-03", "rejected", "customer", 10.0, 10.0, 3, None),
        ("V5", "P", "2026-06-25", "2026-07-04", "approved", "customer", 5.0, 5.0, 1, True),
        ("V6", "Q", "2026-04-01", "2026-03-01", "approved", "", 0.0, None, None, True),
        ("V7", "Q", "2026-07-02", None, None, "us", 1.0, 1.0, 1, None),
    ]
    columns = ["change_id", "project_id", "requested_on", "decided_on", "decision", "asked_by",
               "price", "cost", "days", "written"]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(started_on=[None, None, "2026-05-20", None, None, None, None])


DEALS = pd.DataFrame({"project_id": ["P", "Q", "R"], "value": [1000.0, 500.0, 10.0],
                      "cost": [500.0, None, 5.0],
                      "end": ["2026-09-01", None, None]})  # fmt: skip


def test_by_hand() -> None:
    found = change_log(log(), as_of=DAY, contracts=DEALS)
    p = found.projects.set_index("project_id").loc["P"]
    assert (p["approved"], p["rejected"], p["undecided"], p["changes"]) == (2, 1, 2, 5)
    assert (p["approved_price"], p["approved_cost"], p["approved_days"]) == (50, 60, 15)
    assert p["value_now"] == 1050 and p["margin_now"] == 1050 - 560
    # Decided after the day: not known yet, so it counts as open.
    assert (p["undecided_price"], p["undecided_cost"], p["undecided_days"]) == (85, 35, 21)
    assert p["margin_if_all"] == 490 + 85 - 35
    assert p["end_low"] == pd.Timestamp("2026-09-11") and p["end_high"] == pd.Timestamp(
        "2026-09-16"
    )
    assert p["end_if_all"] == pd.Timestamp("2026-10-07") and p["price_unknown"] == 1
    assert p["deviation"] == pytest.approx(0.12) and p["deviation_alarm"]
    q = found.projects.set_index("project_id").loc["Q"]
    assert np.isnan(q["margin_now"]) and q["cost_unknown"] == 1 and q["variant"] == (
        "of_contract_value")  # fmt: skip
    issues = found.changes.set_index("change_id")["change_issues"]
    assert issues["V3"] == "waits_too_long; started_undecided" and issues["V1"] == ""
    assert issues["V2"] == "not_written; no_price"
    assert issues["V6"] == "no_cost; no_days; decided_before_asked" and "V7" not in issues
    assert found.changes.set_index("change_id").loc["V2", "approved_cost"] == 60
    m = found.measures.set_index("measure")
    assert m.loc["changes_approved_share", "n"] == 4 and m.loc["paid_share", "n"] == 1
    assert (
        m.loc["changes_by_customer", "value"] == 0.8 and m.loc["projects_with_alarm", "value"] == 1
    )


def test_without_contracts_and_empty() -> None:
    alone = change_log(log(), as_of=DAY).projects
    assert alone["deviation"].isna().all() and not alone["deviation_alarm"].any()
    none = change_log(log().iloc[:0], as_of=DAY, contracts=DEALS)
    assert none.changes.empty and len(none.projects) == 3
    assert none.projects.set_index("project_id").loc["P", "margin_now"] == 500
    assert none.measures["variant"].iloc[1] == "too_little_data"
    assert change_log(log().iloc[:0], as_of=DAY).projects.empty


def test_dirty() -> None:
    bad = log().assign(decision="perhaps")
    bad.loc[1, "change_id"] = "V1"
    with pytest.raises(KamkitError) as caught:
        change_log(bad, as_of=DAY)
    assert {p.code for p in caught.value.problems} == {"not_allowed", "duplicate_key"}
    with pytest.raises(KamkitError):
        change_log(log().assign(currency=["CNY", *["EUR"] * 6]), as_of=DAY)
    with pytest.raises(KamkitError):
        change_log(log(), as_of=DAY, contracts=pd.concat([DEALS, DEALS]))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 99))
def test_order_of_rows_and_running_sums(seed: int) -> None:
    one = change_log(log(), as_of=DAY, contracts=DEALS)
    two = change_log(log().sample(frac=1, random_state=seed), as_of=DAY, contracts=DEALS)
    for name in ("changes", "projects", "measures"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))
    last = one.changes.groupby("project_id")[["approved_price", "approved_cost"]].last()
    by = one.projects.set_index("project_id").loc[last.index]
    assert (last == by[["approved_price", "approved_cost"]]).all().all()
