"""Duties: rating beside key figures, own view, coverage of a team."""

from __future__ import annotations

import pandas as pd
import pytest
from methods.appraisal.people import codes, ratings, staff

from kamkit.errors import KamkitError
from kamkit.methods.appraisal import duty_coverage, duty_profile
from kamkit.schemes import duties

SEVEN = tuple(d.id for d in duties())


def rated(level: float, **options) -> pd.DataFrame:
    people = {"P00": level, "P01": level, "P02": level, "P03": level}
    return ratings(people, {"A": 0.0, "B": 0.0, "C": 0.0}, item="duty", items=SEVEN, **options)


def card(attainment: float) -> pd.DataFrame:
    kpis = sorted({k for d in duties() for k in d.kpis})
    return pd.DataFrame({"scope_id": "P00", "kpi": kpis, "attainment": attainment})


def test_duties_stand_in_their_order_with_their_figures():
    found = duty_profile(rated(3.0), card(1.1))
    mine = found[found["member_id"] == "P00"]
    assert mine["duty"].tolist() == list(SEVEN)
    assert (mine["kpi_missing"] == 0).all()
    assert mine["attainment"].dropna().round(9).eq(1.1).all()
    others = found[found["member_id"] != "P00"]
    assert set(others["reading"]) == {"no_kpi"}


@pytest.mark.parametrize(
    ("level", "attainment", "reading"),
    [
        (4.5, 1.1, "agree"),
        (4.5, 0.8, "rating_above_kpi"),
        (1.5, 1.1, "kpi_above_rating"),
        (1.5, 0.8, "agree"),
        (3.0, 1.1, "cannot_tell"),
    ],
)
def test_reading(level, attainment, reading):
    found = duty_profile(rated(level), card(attainment))
    mine = found[(found["member_id"] == "P00") & found["attainment"].notna()]
    assert set(mine["reading"]) == {reading}


def test_own_view_against_managers():
    own = ratings({"P00": 5.0}, {"P00": 0.0}, item="duty", items=SEVEN[:1], source="self")
    found = duty_profile(pd.concat([rated(3.0), own])).set_index(["member_id", "duty"])
    row = found.loc[("P00", SEVEN[0])]
    assert row["self_gap"] == 2.0 and row["self_sure"]
    assert not found.loc[("P01", SEVEN[0]), "self_sure"]


def test_only_self_rated_and_unknown_duty():
    own = ratings({"P00": 5.0}, {"P00": 0.0}, item="duty", items=SEVEN[:1], source="self")
    found = duty_profile(own)
    assert found[["n", "reading"]].values.tolist() == [[0, "not_rated"]]
    with pytest.raises(KamkitError) as error:
        duty_profile(own.assign(duty="make_coffee"))
    assert codes(error) == {"unknown_choice"}
    assert duty_profile(own.iloc[:0]).empty


def test_coverage_of_a_team():
    scores = pd.concat(
        [
            ratings({"P00": 4.0, "P01": 4.0}, {"A": 0.0, "B": 0.0, "C": 0.0}, item="duty",
                    items=SEVEN[:1]),
            ratings({"P00": 4.0, "P01": 2.0}, {"A": 0.0, "B": 0.0, "C": 0.0}, item="duty",
                    items=SEVEN[1:2]),
            ratings({"P00": 2.0}, {"A": 0.0, "B": 0.0, "C": 0.0}, item="duty", items=SEVEN[2:3]),
        ]
    )  # fmt: skip
    found = duty_coverage(duty_profile(scores), staff(2, team="north")).set_index("duty")
    assert found["status"].to_dict() == dict(
        zip(SEVEN[:3], ("covered", "single_point", "gap"), strict=True)
    )
    assert found.loc[SEVEN[1], "able"] == "P00"
