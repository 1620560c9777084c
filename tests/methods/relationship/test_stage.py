"""Stages from the structure of ties: the five drawings, unknowns, stability, decay."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from methods.relationship.drawings import DAY, drawing, together

from kamkit.errors import KamkitError
from kamkit.methods.contacts.network import contact_network
from kamkit.methods.relationship.stage import COLUMNS, relationship_stage, stages_of
from kamkit.methods.relationship.stage_indicators import INDICATORS, stage_indicators
from kamkit.schemes.relationship import relationship_scheme

STAGES = relationship_scheme().stage_ids


def _one(tables, account_id="A1", as_of=DAY, **options):
    network = contact_network(
        tables["contacts"], ties=tables["ties"], members=tables["members"],
        account_id=account_id, as_of=as_of,
    )  # fmt: skip
    found = stage_indicators(network, tables["joint_teams"], kam_id="M1", **options)
    return relationship_stage(found, network, joint_teams=tables["joint_teams"])


@pytest.mark.parametrize("stage", STAGES)
def test_each_drawing_is_its_stage(stage):
    found = _one(drawing(stage))
    assert found.stage == found.stage_highest == stage
    assert found.type_by_stage == relationship_scheme().type_of(stage)
    assert found.type == found.type_by_stage or stage == "mid"
    needs = found.evidence[found.evidence["ladder"] == "stages"]
    place = STAGES.index(stage)
    assert needs.loc[needs["stage"].isin(STAGES[: place + 1]), "met"].all()
    if stage != "synergistic":
        assert not needs.loc[needs["stage"] == STAGES[place + 1], "met"].all()


def test_mid_shows_both_schemes_where_they_differ():
    """Two functions are a meeting of hierarchies (S103) and no partner of three yet (S105)."""
    found = _one(drawing("mid"))
    assert (found.stage, found.type, found.type_by_stage) == ("mid", "ordinary", "partner")
    row = stages_of(drawing("mid"), as_of=DAY).stages.iloc[0]
    assert not row["types_agree"]


def test_indicators_of_the_diamond():
    values = _one(drawing("partnership")).indicators.set_index("indicator")["value"]
    expected = {
        "any_ties": 5, "threads": 5, "main_tie": 3, "our_people": 4, "their_people": 4,
        "functions_known": 5, "functions_them": 4, "functions_us": 4, "direct_functions": 3,
        "levels_them": 3, "levels_us": 3, "top_linked": 1, "broker_share": 0.4,
        "main_contact_share": 0.4, "personal_only": 0, "joint_teams": 0, "board_meetings": 0,
    }  # fmt: skip
    assert values.to_dict() == pytest.approx(expected)
    assert tuple(values.index) == tuple(i.id for i in relationship_scheme().indicators)
    assert set(values.index) == set(INDICATORS)


def test_all_at_once_is_each_alone():
    parts = [drawing(s, f"B{i}") for i, s in enumerate(STAGES)]
    tables = together(*parts)
    found = stages_of(tables, as_of=DAY)
    assert found.stages["stage"].tolist() == list(STAGES)
    assert found.stages.columns.tolist() == COLUMNS
    for part, row in zip(parts, found.stages.itertuples(), strict=True):
        alone = stages_of(part, as_of=DAY).stages.iloc[0]
        assert alone["same_share"] == row.same_share
        assert alone["fragile_ties"] == row.fragile_ties
        single = _one(part, row.account_id)
        measures = single.measures.set_index("measure")["value"]
        assert measures["stage_same_share"] == row.same_share
        assert (single.stage, single.next_stage) == (row.stage, row.next_stage)


def test_order_of_rows_is_nothing():
    tables = together(*(drawing(s, f"B{i}") for i, s in enumerate(STAGES)))
    mixed = {k: t.sample(frac=1, random_state=3) for k, t in tables.items()}
    one, two = stages_of(tables, as_of=DAY), stages_of(mixed, as_of=DAY)
    for table in ("stages", "indicators", "evidence", "signs", "fragile"):
        pd.testing.assert_frame_equal(getattr(one, table), getattr(two, table))


def test_empty_tables_have_an_answer():
    none = pd.DataFrame({"contact_id": [], "account_id": []}, dtype="str")
    found = stages_of({"contacts": none}, as_of=DAY)
    assert found.stages.empty and found.stages.columns.tolist() == COLUMNS
    assert found.evidence.empty and found.fragile.empty
    one = stages_of({"contacts": none}, as_of=DAY, accounts=["A1"]).stages.iloc[0]
    assert (one["stage"], one["variant"], one["threads"]) == ("", "no_tie_recorded", 0)
    assert one["next_stage"] == "pre" and np.isnan(one["same_share"])
    assert one["disintegrating"] is pd.NA


def test_missing_tables_are_unknown_not_none():
    tables = drawing("synergistic")
    del tables["joint_teams"]
    row = stages_of(tables, as_of=DAY).stages.iloc[0]
    assert (row["stage"], row["stage_highest"]) == ("partnership", "synergistic")
    tables = drawing("partnership")
    tables["contacts"] = tables["contacts"].drop(columns=["function", "level"])
    found = stages_of(tables, as_of=DAY)
    row = found.stages.iloc[0]
    assert row["stage"] == "pre" and row["stage_highest"] == "partnership"
    need = found.evidence.set_index(["stage", "indicator"])["met"]
    assert need["early", "functions_known"] is pd.NA


def test_dirty_ties_are_left_aside():
    tables = drawing("partnership")
    dirty = pd.DataFrame(
        {
            "account_id": "A1", "from_id": ["M1", "M9", "C1", "M2"],
            "to_id": ["C99", "C1", "C1", "C3"], "from_side": ["us", "us", "customer", "us"],
            "strength": [4, None, 4, 9], "bond": ["value", "value", "value", None],
            "last_contact": None, "as_of": DAY,
        }
    )  # fmt: skip
    tables["ties"] = pd.concat([tables["ties"], dirty], ignore_index=True)
    assert _one(tables).indicators["value"].tolist() == pytest.approx(
        _one(drawing("partnership")).indicators["value"].tolist()
    )


def test_later_ties_say_nothing_about_the_day():
    tables = drawing("partnership")
    tables["ties"] = tables["ties"].assign(as_of=["2026-01-01"] + ["2026-06-01"] * 4)
    assert _one(tables, as_of="2026-03-01").stage == "early"
    assert _one(tables).stage == "partnership"


def test_fragile_ties_are_those_whose_loss_lowers_the_stage():
    for stage in STAGES:
        tables = drawing(stage)
        found = stages_of(tables, as_of=DAY)
        fragile = set(zip(found.fragile["from_id"], found.fragile["to_id"], strict=True))
        place = STAGES.index(found.stages["stage"].iloc[0])
        for i, tie in enumerate(tables["ties"].itertuples()):
            left = tables | {"ties": tables["ties"].drop(index=i)}
            row = stages_of(left, as_of=DAY, draws=0).stages.iloc[0]
            fell = relationship_scheme().place(row["stage"]) < place
            assert fell == ((tie.from_id, tie.to_id) in fragile), (stage, tie)


def test_draws_move_strengths_by_a_grade_only():
    found = _one(drawing("pre"))
    threads = found.indicators.set_index("indicator").loc["threads"]
    assert (threads["low"], threads["high"]) == (0, 1)
    strong = drawing("early")
    strong["ties"] = strong["ties"].assign(strength=4)
    row = stages_of(strong, as_of=DAY).stages.iloc[0]
    assert row["stage_low"] == row["stage_high"] == "early" and row["same_share"] == 1
    silent = stages_of(strong, as_of=DAY, draws=0).stages.iloc[0]
    assert np.isnan(silent["same_share"])


def test_the_account_manager_is_who_is_named_and_tied():
    tables = drawing("partnership")
    share = _indicator(tables, "M2", "broker_share")
    assert share == pytest.approx(0.2)
    assert _indicator(tables, "M9", "broker_share") == pytest.approx(0.4)
    assert _indicator(tables, None, "broker_share") == pytest.approx(0.4)


def _indicator(tables, kam_id, name):
    network = contact_network(
        tables["contacts"], ties=tables["ties"], members=tables["members"], account_id="A1",
        as_of=DAY,
    )  # fmt: skip
    table = stage_indicators(network, kam_id=kam_id, draws=0).table
    return table.set_index("indicator")["value"][name]


def test_teams_must_meet():
    tables = drawing("synergistic")
    old = tables["joint_teams"].assign(last_meeting="2025-09-01", started_on="2024-01-01")
    assert _one(tables | {"joint_teams": old}).stage == "partnership"
    ended = tables["joint_teams"].assign(ended_on="2026-06-20")
    assert _one(tables | {"joint_teams": ended}).stage == "partnership"
    later = tables["joint_teams"].assign(started_on="2026-07-10")
    assert _one(tables | {"joint_teams": later}).stage == "partnership"


def _falling_apart():
    """Ties recorded a year ago; since then one person left and others went cold."""
    tables = drawing("synergistic")
    then = tables["ties"].assign(as_of="2025-03-01", last_contact="2025-02-20")
    now = tables["ties"].assign(strength=[3, 1, 1, 1, 2], last_contact="2025-09-01")
    tables["ties"] = pd.concat([then, now.iloc[1:]], ignore_index=True)
    tables["contacts"] = tables["contacts"].assign(left_on=["2026-02-01", None, None, None, None])
    tables["joint_teams"] = tables["joint_teams"].assign(
        last_meeting=["2025-09-01", "2025-08-01", "2026-06-01"]
    )
    return tables


def test_decay_is_seen():
    found = stages_of(_falling_apart(), as_of=DAY)
    signs = found.signs.set_index("decay_sign")
    assert signs.loc["ties_cooled", ["hits", "n"]].tolist() == [4, 4]
    assert signs.loc["people_left", ["hits", "n"]].tolist() == [1, 2]
    assert signs.loc["teams_ended", ["hits", "n"]].tolist() == [2, 3]
    assert signs["flag"].all()
    row = found.stages.iloc[0]
    assert row["disintegrating"] and row["signs"] == 3
    steady = stages_of(drawing("synergistic"), as_of=DAY).stages.iloc[0]
    assert not steady["disintegrating"]
    early = stages_of(_falling_apart(), as_of="2025-03-15").stages.iloc[0]
    assert not early["disintegrating"]


def test_decay_of_one_account_is_the_same():
    tables = _falling_apart()

    def network(day):
        return contact_network(
            tables["contacts"], ties=tables["ties"], members=tables["members"],
            account_id="A1", as_of=day,
        )  # fmt: skip

    found = stage_indicators(network(DAY), tables["joint_teams"], kam_id="M1")
    alone = relationship_stage(
        found, network(DAY), before=network("2025-06-30"), joint_teams=tables["joint_teams"]
    )
    everybody = stages_of(tables, as_of=DAY)
    pd.testing.assert_frame_equal(alone.signs, everybody.signs)
    assert alone.disintegrating is True
    assert relationship_stage(found).disintegrating is None


def test_teams_without_ties_point_at_the_records():
    tables = drawing("early")
    tables["joint_teams"] = drawing("synergistic")["joint_teams"]
    row = stages_of(tables, as_of=DAY).stages.iloc[0]
    assert (row["stage"], row["met_above"]) == ("early", "synergistic")


def test_wrong_input_is_refused():
    with pytest.raises(KamkitError) as caught:
        stages_of({"contacts": pd.DataFrame({"contact_id": []})}, as_of=DAY)
    assert caught.value.problems[0].code == "missing_column"
    tables = drawing("synergistic")
    tables["joint_teams"] = tables["joint_teams"].drop(columns="started_on")
    with pytest.raises(KamkitError):
        stages_of(tables, as_of=DAY)


_EDGES = st.lists(
    st.tuples(st.sampled_from(["M1", "M2", "M3"]), st.sampled_from(["C1", "C2", "C3", "C5"])),
    unique=True,
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(edges=_EDGES, grades=st.lists(st.integers(0, 4), min_size=12, max_size=12))
def test_counts_fit_together(edges, grades):
    tables = drawing("early")
    ties = pd.DataFrame(edges, columns=["from_id", "to_id"])
    tables["ties"] = ties.assign(
        account_id="A1", from_side="us", strength=grades[: len(ties)], bond="value",
        last_contact=pd.NaT, as_of=DAY,
    )  # fmt: skip
    found = stages_of(tables, as_of=DAY, draws=20)
    value = found.indicators.set_index("indicator")["value"]
    live = ties[np.array(grades[: len(ties)]) >= 2]
    assert value["threads"] == len(live) <= value["any_ties"]
    assert value["our_people"] == live["from_id"].nunique()
    assert value["their_people"] == live["to_id"].nunique()
    assert value["direct_functions"] <= value["functions_them"] <= value["functions_known"]
    if len(live):
        counts = live["from_id"].value_counts()
        kam = counts.get("M1", counts.max())
        assert value["broker_share"] == pytest.approx(kam / len(live))
    row = found.stages.iloc[0]
    place = relationship_scheme().place
    assert place(row["stage"]) <= place(row["stage_highest"])
    assert row["needs_missing"] > 0 or row["next_stage"] == ""
