"""What to do on Monday: each rule fires where it should, and says so when it can't look."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.relationship import (
    coverage_shares,
    relationship_findings,
    relationship_thresholds,
)
from kamkit.methods.relationship.finding_rules import NO_DATA, NOTHING, RULES

DAY = "2026-06-30"
SALES = pd.DataFrame({"account_id": ["A", "B", "C"], "revenue": [80.0, 15.0, 5.0]})


def measure(key: str, **values: tuple[float, float, float]) -> pd.DataFrame:
    rows = [(a, key, *v) for a, v in values.items()]
    return pd.DataFrame(rows, columns=["account_id", "measure", "value", "low", "high"])


def frame(**columns: list) -> pd.DataFrame:
    return pd.DataFrame({"account_id": ["A", "B"], **columns})


FIRES = {
    "rel_warned": {"bands": frame(risk_band=["watch", "low"])},
    "rel_score_fell": {
        "trend": frame(
            side="customer", dimension="total", to_wave="2026H1", status=["down", "up"]
        )
    },
    "rel_gate_failed": {
        "gates": frame(side="customer", score=[40.0, 60.0], minimum=50.0, status=["failed"] * 2)
    },
    "rel_falling_apart": {"stages": frame(disintegrating=[True, None])},
    "rel_buyer_uncovered": {
        "coverage": measure("economic_buyer_covered", A=(0, 0, 0), B=(1, 1, 1), C=(np.nan,) * 3)
    },
    "rel_single_thread": {"coverage": measure("single_threaded", A=(1, 1, 1), B=(0, 0, 1))},
    "rel_personal_only": {"bonds": frame(flagged=[True, False], flag_share=[0.99, 0.1])},
    "rel_rosier": {
        "sides": frame(dimension="total", status=["rosier", "too_little_data"])
    },
    "rel_sponsor_silent": {"sponsors": frame(state=["overdue", "in_touch"])},
    "rel_cases_open": {
        "cases": frame(opened_on=["2026-05-01", "2026-06-20"], closed_on=[None, None])
    },
    "rel_loops_open": {"loops": frame(overdue_days=[3.0, -1.0])},
    "rel_visits_overdue": {"visits": frame(cadence_state=["never", "no_rhythm"])},
}  # fmt: skip


@pytest.mark.parametrize("finding", FIRES)
def test_each_rule_fires_for_its_account_alone(finding):
    told = relationship_findings(as_of=DAY, values=SALES, **FIRES[finding])
    row = told.found.set_index("finding").loc[finding]
    assert told.hits.loc[told.hits["finding"] == finding, "account_id"].tolist() == ["A"]
    assert row["at_stake"] == 80 and row["values"]["money_share"] == 0.8
    assert row["values"]["accounts"] == 1 and row["origin"]
    assert row["sure"] == ("likely" if finding == "rel_warned" else "clear")
    missing = set(told.not_assessed["finding"])
    assert finding not in missing and missing >= {r.finding for r in RULES if r.table not in FIRES[
        finding
    ]}  # fmt: skip


def test_all_rules_are_tried():
    assert set(FIRES) == {rule.finding for rule in RULES} == set(relationship_thresholds())


@pytest.mark.parametrize("finding", FIRES)
def test_order_of_rows_changes_nothing(finding):
    ((name, table),) = FIRES[finding].items()
    again = relationship_findings(as_of=DAY, values=SALES, **{name: table.iloc[::-1]})
    first = relationship_findings(as_of=DAY, values=SALES, **{name: table})
    pd.testing.assert_frame_equal(first.found, again.found)
    pd.testing.assert_frame_equal(first.accounts, again.accounts)


def test_nothing_and_no_data():
    calm = relationship_findings(as_of=DAY, stages=frame(disintegrating=[False, False]))
    assert calm.found["finding"].tolist() == [NOTHING] and len(calm.clear) == 1
    blind = relationship_findings(as_of=DAY, coverage=pd.DataFrame(), bonds=None)
    assert blind.found["finding"].tolist() == [NO_DATA]
    assert len(blind.not_assessed) == len(RULES) and blind.accounts.empty


def test_risk_stands_before_routine_then_by_money():
    told = relationship_findings(
        as_of=DAY,
        values=SALES,
        loops=frame(overdue_days=[3.0, 3.0]),
        stages=pd.DataFrame({"account_id": ["C"], "disintegrating": [True]}),
        bonds=frame(flagged=[False, True], flag_share=[0.1, 1.0]),
    )
    order = ["rel_personal_only", "rel_falling_apart", "rel_loops_open"]
    assert told.found["finding"].tolist() == order
    assert told.accounts["account_id"].tolist() == ["A", "B", "C"]
    assert told.accounts["which"].tolist()[1] == "rel_personal_only;rel_loops_open"


def test_unknown_sales_are_not_nothing():
    told = relationship_findings(
        as_of=DAY,
        values=SALES.iloc[:1],
        bands=pd.DataFrame({"account_id": ["Z"], "risk_band": ["high"]}),
        stages=frame(disintegrating=[True, False]),
    )
    assert told.found["finding"].tolist() == ["rel_falling_apart", "rel_warned"]
    assert np.isnan(told.found["at_stake"].iloc[1])
    without = relationship_findings(as_of=DAY, **FIRES["rel_single_thread"])
    assert without.found["at_stake"].isna().all() and len(without.hits) == 1


def test_a_small_account_on_one_thread_is_no_finding():
    table = measure("single_threaded", A=(0, 0, 0), C=(1, 1, 1))
    told = relationship_findings(as_of=DAY, values=SALES, coverage=table)
    assert told.found["finding"].tolist() == [NOTHING]
    wide = relationship_findings(
        as_of=DAY, values=SALES, coverage=table, thresholds={"rel_single_thread": 1.0}
    )
    assert wide.found["finding"].tolist() == ["rel_single_thread"]


def test_only_the_last_wave_counts():
    rows = frame(side="customer", dimension="total", to_wave=["2025H2", "2026H1"], status="down")
    told = relationship_findings(as_of=DAY, trend=rows)
    assert told.hits["account_id"].tolist() == ["B"]


def test_bad_input_is_refused():
    for extra in (
        {"nonsense": SALES},
        {"thresholds": {"nonsense": 1}},
        {"bands": SALES},
        {"values": SALES[["account_id"]]},
    ):
        with pytest.raises(KamkitError):
            relationship_findings(as_of=DAY, **extra)


def test_shares_of_accounts():
    table = measure("single_threaded", A=(1, 1, 1), B=(0, 0, 0), C=(np.nan,) * 3)
    found = coverage_shares(table, "single_threaded", "senior_access")
    assert found[["measure", "value", "n"]].values.tolist() == [["single_threaded_share", 0.5, 2]]
    assert 0 < found["low"].iloc[0] < 0.5 < found["high"].iloc[0] < 1
