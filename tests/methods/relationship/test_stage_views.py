"""Views of both sides beside the structure, and the stage worksheet."""

from __future__ import annotations

import pandas as pd
import pytest
from methods.relationship.drawings import DAY, drawing

from kamkit.errors import KamkitError
from kamkit.methods.contacts.network import contact_network
from kamkit.methods.relationship.stage import relationship_stage, stages_of
from kamkit.methods.relationship.stage_indicators import stage_indicators
from kamkit.methods.relationship.stage_views import COLUMNS, stage_views_gap
from kamkit.methods.relationship.stage_worksheet import stage_worksheet
from kamkit.schemes.relationship import relationship_scheme


def _views(*rows):
    columns = ["side", "rater_id", "stage", "rated_on"]
    return pd.DataFrame(rows, columns=columns).assign(account_id="A1")


def _verdict(*rows, stages=None):
    return stage_views_gap(_views(*rows), stages, as_of=DAY).iloc[0]


def test_three_views_side_by_side():
    stages = stages_of(drawing("early"), as_of=DAY).stages
    row = _verdict(
        ("us", "M1", "partnership", "2026-05-01"), ("us", "M2", "mid", "2026-05-02"),
        ("customer", "C1", "early", "2026-05-03"), stages=stages,
    )  # fmt: skip
    assert (row["our_view"], row["our_view_low"], row["our_view_high"], row["our_raters"]) == (
        "mid",
        "mid",
        "partnership",
        2,
    )
    assert (row["customer_view"], row["structure"]) == ("early", "early")
    assert (row["gap_us_customer"], row["gap_us_customer_low"], row["gap_us_customer_high"]) == (
        1,
        1,
        2,
    )
    assert (row["gap_us_structure"], row["gap_customer_structure"]) == (1, 0)
    assert (row["verdict"], row["variant"]) == ("we_see_more", "middle_of_raters")


def test_verdicts():
    us = ("us", "M1", "mid", "2026-05-01")
    assert _verdict(us)["verdict"] == "one_side_only"
    assert _verdict(us, ("customer", "C1", "mid", DAY))["verdict"] == "agree"
    assert _verdict(us, ("customer", "C1", "synergistic", DAY))["verdict"] == "we_see_less"
    wide = [("customer", "C1", "early", DAY), ("customer", "C2", "mid", DAY)]
    assert _verdict(us, *wide)["verdict"] == "cannot_be_separated"
    falling = _verdict(("customer", "C1", "disintegrating", DAY))
    assert (falling["verdict"], falling["customer_decay"], falling["customer_raters"]) == (
        "no_view",
        1,
        0,
    )


def test_last_view_of_each_rater_counts_and_later_ones_do_not():
    row = _verdict(
        ("us", "M1", "early", "2025-05-01"), ("us", "M1", "mid", "2026-05-01"),
        ("us", "M1", "synergistic", "2026-07-01"),
    )  # fmt: skip
    assert (row["our_view"], row["our_raters"]) == ("mid", 1)


def test_no_views_and_wrong_views():
    empty = stage_views_gap(_views(), as_of=DAY)
    assert empty.empty and empty.columns.tolist() == COLUMNS
    named = stage_views_gap(_views(), as_of=DAY, accounts=["A1"]).iloc[0]
    assert (named["verdict"], named["our_view"]) == ("no_view", "")
    with pytest.raises(KamkitError) as caught:
        _verdict(("us", "M1", "friend", DAY), ("them", "C1", "mid", DAY))
    assert {p.value for p in caught.value.problems} == {"friend", "them"}


def _stage(name):
    tables = drawing(name)
    network = contact_network(
        tables["contacts"], ties=tables["ties"], members=tables["members"], account_id="A1",
        as_of=DAY,
    )  # fmt: skip
    found = stage_indicators(network, tables["joint_teams"], kam_id="M1")
    return relationship_stage(found, network, joint_teams=tables["joint_teams"])


def test_worksheet_follows_open_needs():
    sheet = stage_worksheet(_stage("early"), target_stage="partnership", target_on="2026-12-31")
    where = sheet.where.iloc[0]
    assert (where["stage"], where["stages_up"], where["days_left"]) == ("early", 2, 184)
    steps = sheet.suggestions["to"].drop_duplicates().tolist()
    assert steps == ["mid", "partnership", "any"]
    threads = sheet.suggestions.set_index("suggestion_id").loc["ask_for_introduction"]
    assert (threads["value"], threads["needed"], threads["lacking"]) == (1, 3, 2)
    assert set(sheet.issues["code"]) == {"too_fast", "fewer_than_five"}
    assert sheet.actions["line"].tolist() == [1, 2, 3, 4, 5] and sheet.actions["what"].isna().all()
    known = {s.id for s in relationship_scheme().suggestions}
    assert set(sheet.suggestions["suggestion_id"]) <= known


def test_worksheet_checks_its_actions():
    actions = pd.DataFrame(
        {
            "action_id": ["X1", "X2", "X3", "X4"], "account_id": ["A1", "A1", "A1", "A2"],
            "owner_id": ["M1", None, "M2", "M1"], "what": ["a", "b", "c", "d"],
            "due": ["2026-05-01", None, "2027-06-01", "2026-01-01"],
            "done_on": [None, None, None, None], "status": ["doing", "planned", "done", "planned"],
        }
    )  # fmt: skip
    views = _views(("us", "M1", "mid", "2026-05-01"), ("customer", "C1", "pre", "2026-05-01"))
    views = views.assign(target_stage="partnership", target_on="2027-03-31")
    sheet = stage_worksheet(_stage("mid"), actions=actions, stage_views=views)
    where = sheet.where.iloc[0]
    assert (where["target_stage"], where["variant"]) == ("partnership", "last_view")
    assert (where["judged_by_us"], where["judged_by_customer"]) == ("mid", "pre")
    counts = sheet.issues.set_index("code")["n"].to_dict()
    assert counts == {
        "fewer_than_five": 2, "no_owner": 1, "no_due": 1, "due_after_target": 1,
        "late_actions": 1, "sides_differ": 1,
    }  # fmt: skip
    assert sheet.actions["action_id"].tolist()[:3] == ["X1", "X3", "X2"]
    progress = sheet.progress.set_index("measure")["value"]
    assert progress["actions_done"] == pytest.approx(1 / 3) and progress["actions_open"] == 2


def test_worksheet_without_a_target():
    sheet = stage_worksheet(_stage("synergistic"))
    assert sheet.where["target_stage"].tolist() == [""]
    assert "no_target" in set(sheet.issues["code"])
    assert set(sheet.suggestions["to"]) == {"any"}
    with pytest.raises(KamkitError):
        stage_worksheet(_stage("pre"), target_stage="best")
    down = stage_worksheet(_stage("mid"), target_stage="early", target_on="2026-01-01")
    assert {"target_below", "target_passed"} <= set(down.issues["code"])
