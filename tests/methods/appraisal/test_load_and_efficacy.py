"""Account load, confidence beside results, needs beside the joint goal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from methods.appraisal.people import codes, staff

from kamkit.errors import KamkitError
from kamkit.methods.appraisal import alignment, efficacy_profile, kam_load


def accounts(held: dict[str | None, list[str | None]]) -> pd.DataFrame:
    rows = [(o, t) for o, tiers in held.items() for t in tiers]
    table = pd.DataFrame(rows, columns=["owner_id", "tier"])
    return table.assign(account_id=[f"A{i}" for i in range(len(table))])


def test_load_by_tier():
    held = accounts({"P00": ["tier_1"] * 8, "P01": ["tier_4"] * 3, "P09": ["tier_2"]})
    people = staff(3, hours_per_year=1760.0)
    found = kam_load(held, people)
    rows = found.members.set_index("member_id")
    assert rows["status"].to_dict() == {"P00": "over", "P01": "room", "P02": "room",
                                        "": "no_owner"}  # fmt: skip
    assert rows.loc["P00", "load"] == pytest.approx(8 * 240 / (1760 * 0.65))
    assert rows.loc["P02", "n_accounts"] == 0
    assert rows.loc["P00", "low"] < rows.loc["P00", "load"] < rows.loc["P00", "high"]
    assert found.tiers["n_accounts"].sum() == len(held)
    total = found.total.set_index("measure")["value"]
    assert total["hours_needed"] == 8 * 240 + 3 * 8 + 120 and total["people"] == 3


def test_load_with_travel_leavers_and_unknown_tiers():
    held = accounts({"P00": [None, "tier_2"], "P01": ["tier_2"]})
    people = staff(2, territory_id="T1", left_on=[pd.NaT, pd.Timestamp("2026-01-01")])
    travel = pd.DataFrame({"territory_id": ["T1"], "travel_hours": [200.0]})
    found = kam_load(held, people, territories=travel).members.set_index("member_id")
    assert found.loc["P00", ["travel_hours", "n_without_tier"]].tolist() == [200.0, 1]
    assert found.loc["P00", "note"] == "tiers_missing"
    assert found.loc["", "n_accounts"] == 1
    mapped = kam_load(held.drop(columns="tier"), people, tiers={"A1": "tier_1"})
    assert mapped.members.set_index("member_id").loc["P00", "hours_accounts"] == 248
    with pytest.raises(KamkitError) as error:
        kam_load(held.assign(tier="gold"), people)
    assert codes(error) == {"unknown_choice"}
    assert kam_load(held.iloc[:0], people).members.empty


def test_status_at_the_line_is_unclear():
    held = accounts({"P00": ["tier_1"] * 5})
    people = staff(1, hours_per_year=5 * 240 / 0.65)
    assert kam_load(held, people).members["status"].tolist() == ["unclear"]
    assert kam_load(held, people, spread=0.0).members["status"].tolist() == ["full"]


def asked(rows: list[tuple[str, str, str, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["member_id", "task", "asked_on", "confidence"])


def test_confidence_beside_results():
    table = asked(
        [
            ("a", "x", "2026-01-01", 40), ("a", "x", "2026-06-01", 70),
            ("a", "y", "2026-01-01", 90), ("b", "x", "2026-01-01", 30),
        ]
    )  # fmt: skip
    by_task = pd.DataFrame({"member_id": ["a", "b"], "task": ["x", "x"], "value": [50.0, 55.0]})
    found = efficacy_profile(table, by_task).members.set_index("member_id")
    assert found.loc["a", ["confidence", "change", "gap"]].tolist() == [80.0, 30.0, 20.0]
    assert found["reading"].tolist() == ["over", "under"]
    assert found["use"].eq("development_only").all()
    alone = efficacy_profile(table)
    assert set(alone.members["reading"]) == {"no_result"}
    assert alone.team["variant"].tolist() == ["too_little_data"]


def test_confidence_of_a_team_against_its_results():
    rng = np.random.default_rng(3)
    level = rng.uniform(30, 90, 40)
    table = asked([(f"p{i}", "x", "2026-01-01", float(c)) for i, c in enumerate(level)])
    value = np.clip(level + rng.normal(0, 10, 40), 0, 100)
    results = pd.DataFrame({"member_id": table["member_id"], "value": value})
    row = efficacy_profile(table, results).team.iloc[0]
    assert row["low"] < np.corrcoef(level, value)[0, 1] == pytest.approx(row["value"])
    assert 0.6 < row["low"] < row["high"] <= 1


def test_bad_and_empty_confidence():
    bad = asked([("a", "x", "soon", 40), ("a", "y", "2026-01-01", 140)])
    with pytest.raises(KamkitError) as error:
        efficacy_profile(bad)
    assert codes(error) == {"bad_date", "survey_off_scale"}
    assert efficacy_profile(bad.iloc[:0]).members.empty


def test_alignment_of_needs():
    needs = pd.DataFrame(
        {
            "member_id": ["a", "a", "b"],
            "need": ["pay", "learning", "pay"],
            "importance": [5, 1, 3],
            "served": [1, 5, 5],
        }
    )
    found = alignment(needs)
    rows = found.members.set_index("member_id")
    assert rows.loc["a", "alignment"] == pytest.approx(1 / 6)
    assert rows.loc["a", ["unmet", "unmet_loss"]].tolist() == ["pay", 1.0]
    assert rows.loc["b", ["alignment", "unmet"]].tolist() == [1.0, ""]
    assert found.needs.set_index("need")["n"].to_dict() == {"learning": 1, "pay": 2}
    assert alignment(needs.iloc[:0]).members.empty
    with pytest.raises(KamkitError) as error:
        alignment(needs.assign(served=0))
    assert codes(error) == {"survey_off_scale"}
