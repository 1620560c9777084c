"""Judging people over quarters: verdicts, refusals, and what is said beside them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.appraisal import judge_performance, rank_intervals
from kamkit.methods.appraisal.judgement import verdicts
from kamkit.tables.sample import simulate_team

NAMES = ("kpi_values", "targets", "territories", "members")


def judged(tables: dict[str, pd.DataFrame], **options: object):
    return judge_performance(*(tables[n] for n in NAMES), **options)


@pytest.fixture(scope="module")
def planted():
    return simulate_team(71)


def test_the_poor_territory_is_last_by_sales_and_not_weak(planted):
    found = judged(planted.tables)
    table = found.members.merge(planted.truth[["member_id", "kind"]], on="member_id")
    poor, weak = (table[table["kind"] == k].iloc[0] for k in ("poor_territory", "weak"))
    assert poor["raw_rank"] == poor["attainment_rank"] == len(table)
    assert poor["verdict"] == "not_separable"
    assert weak["verdict"] == "weak" and weak["high"] < 0
    assert found.rankable and found.reason == "people_differ"
    assert found.measures.set_index("measure").loc["p_any_wrong", "value"] <= 0.1
    slope = found.measures.set_index("measure").loc["slope_potential"]
    assert slope["low"] < 1 < slope["high"]


def test_a_verdict_needs_its_own_interval_and_room_among_all():
    found, wrong = verdicts(np.array([0.94, 0.5]), np.array([0.06, 0.5]), 0.9)
    assert found.tolist() == ["not_separable"] * 2 and wrong == 0
    chances = np.full(10, 0.96)
    found, wrong = verdicts(chances, 1 - chances, 0.9)
    assert (found == "weak").sum() == 2 and wrong == pytest.approx(0.08)
    assert verdicts(1 - chances, chances, 0.9)[0].tolist().count("strong") == 2
    assert verdicts(np.array([]), np.array([]), 0.9)[0].tolist() == []


def test_verdicts_fit_the_intervals():
    for seed in range(5):
        found = judged(simulate_team(seed).tables).members
        assert (found.loc[found["verdict"] == "weak", "high"] < 1e-9).all()
        assert (found.loc[found["verdict"] == "strong", "low"] > -1e-9).all()
        assert found["effect"].sum() == pytest.approx(0, abs=1e-9)
        assert (found["p_weak"] + found["p_strong"] <= 1 + 1e-9).all()


def test_equal_people_are_not_ranked():
    ranked = [judged(simulate_team(s, regime="equal").tables).rankable for s in range(12)]
    assert sum(ranked) <= 2
    found = judged(simulate_team(1, regime="equal").tables)
    assert not found.rankable and set(found.members["verdict"]) == {"not_separable"}
    assert set(found.members["group"]) == {1}
    assert rank_intervals(found)["rank"].isna().all()


def test_targets_and_order_and_unit_change_no_verdict(planted):
    tables = planted.tables
    one = judged(tables)
    mixed = {n: t.sample(frac=1, random_state=5) for n, t in tables.items()}
    pd.testing.assert_frame_equal(judged(mixed).members, one.members)
    without = judge_performance(
        tables["kpi_values"], None, tables["territories"], tables["members"]
    )
    assert without.members["attainment"].isna().all()
    assert without.members["verdict"].tolist() == one.members["verdict"].tolist()
    money = tables["kpi_values"].assign(value=tables["kpi_values"]["value"] / 1e4)
    other = judged(tables | {"kpi_values": money}).members
    assert other["effect"].tolist() == pytest.approx(one.members["effect"].tolist(), abs=1e-7)


def test_factors_are_checked(planted):
    def refused(*factors: str, **tables: pd.DataFrame) -> set[str]:
        with pytest.raises(KamkitError) as error:
            judged(planted.tables | tables, factors=factors)
        return {p.code for p in error.value.problems}

    places = planted.tables["territories"].assign(visits=3.0, weather=1.0)
    assert refused("visits", territories=places) == {"factor_controllable"}
    assert refused("weather", territories=places) == {"factor_unknown"}
    assert refused("nothing") == {"missing_column"}
    four = ("potential", "workload_index", "travel_hours", "market_growth")
    found = judged(planted.tables, factors=four)
    assert set(found.measures["measure"]) >= {f"slope_{f}" for f in four}
    assert refused(*four, kpi_values=_only(planted.tables["kpi_values"], 19)) == {
        "too_many_factors"
    }


def _only(values: pd.DataFrame, people: int) -> pd.DataFrame:
    return values[values["scope_id"].isin(values["scope_id"].unique()[:people])]


def test_who_is_left_out_is_named(planted):
    tables = dict(planted.tables)
    values, members = tables["kpi_values"].copy(), tables["members"].copy()
    ids = values["scope_id"].unique()
    members.loc[members["member_id"] == ids[0], "territory_id"] = None
    lost = members.loc[members["member_id"] == ids[1], "territory_id"].iloc[0]
    places = tables["territories"].copy()
    places.loc[places["territory_id"] == lost, "potential"] = np.nan
    first = values.index[values["scope_id"] == ids[2]][0]
    values.loc[first, "value"] = 0.0
    found = judged(tables | {"kpi_values": values, "members": members, "territories": places})
    notes = found.notes.set_index("code")["names"]
    assert notes["no_territory"] == ids[0] and notes["no_potential"] == ids[1]
    assert notes["not_positive"] == ids[2]
    n = found.members.set_index("member_id")["n"]
    assert ids[0] not in n and n[ids[2]] == n.max() - 1


def test_defined_answers(planted):
    tables = planted.tables
    values = tables["kpi_values"]
    empty = judged(tables | {"kpi_values": values.head(0)})
    assert empty.members.empty and empty.reason == "too_few_people"
    assert "no_figures" in empty.notes["code"].tolist()
    few = judged(tables | {"kpi_values": _only(values, 4)})
    assert few.reason == "too_few_people" and set(few.members["verdict"]) == {"not_separable"}
    assert few.members["actual"].notna().all() and few.members["effect"].isna().all()
    one = judged(tables | {"kpi_values": values[values["period"] == values["period"].max()]})
    assert one.reason == "one_period" and not one.rankable
    first, last = values["period"].min(), values["period"].max()
    odd = values["scope_id"].isin(values["scope_id"].unique()[::2])
    apart = values[(odd & (values["period"] == first)) | (~odd & (values["period"] == last))]
    assert judged(tables | {"kpi_values": apart}).reason in ("one_period", "periods_not_linked")
    with pytest.raises(KamkitError):
        judged(tables, kind="week")
