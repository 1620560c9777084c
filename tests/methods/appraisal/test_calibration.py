"""A calibration session: anonymous view, checked changes, effects before and after."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from methods.appraisal.people import codes, parts, ratings, staff

from kamkit.errors import KamkitError
from kamkit.methods.appraisal import (
    apply_changes,
    calibration_view,
    check_change,
    combined_result,
)

PEOPLE = {f"P{i:02d}": 50.0 + 3 * i for i in range(12)}
RESULT = combined_result(
    pd.concat([parts(PEOPLE, 0.0), parts({p: 67.5 for p in PEOPLE}, 5.0, "competence")])
)
REASON = "took over two accounts in May"


def change(member="P00", part="competence", before=67.5, after=75.0, reason=REASON) -> dict:
    return {"member_id": member, "part": part, "before": before, "after": after, "reason": reason}


def table(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["member_id", "part", "before", "after", "reason"])


def test_view_shows_letters_and_no_names():
    true = {p: 3.0 for p in PEOPLE}
    rated = pd.concat(
        [
            ratings({p: t for p, t in true.items() if p < "P06"}, {"M1": -1.0}),
            ratings({p: t for p, t in true.items() if p > "P05"}, {"M2": 1.0}),
            ratings({"P00": 3.0}, {"M3": 0.0}),
        ]
    )
    raters = pd.DataFrame(
        {"rater_id": ["M1", "M2", "M3"], "severity": [1.0, -1.0, 0.0], "flagged": True}
    )
    view = calibration_view(RESULT, rated, raters)
    assert not view.spreads.isin(["M1", "M2", "M3"]).any().any()
    rows = view.key.merge(view.spreads, on="label").set_index("rater_id")
    assert rows.loc["M1", ["mean", "leniency", "level_2"]].tolist() == [2.0, -1.0, 1.0]
    assert rows.loc["M3", "hidden"] and np.isnan(rows.loc["M3", "mean"])
    assert not rows.loc["M3", "flagged"]
    assert calibration_view(RESULT, rated.sample(frac=1, random_state=1), raters).key.equals(
        view.key
    )
    orders = {tuple(calibration_view(RESULT, rated, seed=s).key["rater_id"]) for s in range(20)}
    assert len(orders) > 3


def test_what_is_wrong_with_a_change():
    assert check_change(change(), RESULT) == ()
    found = {p.code for p in check_change(change(reason=" ", after=130, before=60), RESULT)}
    assert found == {"reason_too_short", "option_out_of_range", "change_is_stale"}
    assert {p.code for p in check_change(change(after="much"), RESULT)} == {"not_a_number"}
    assert {p.code for p in check_change(change("nobody"), RESULT)} == {"unknown_person"}
    assert {p.code for p in check_change(change(part="duty"), RESULT)} == {"unknown_choice"}
    assert {p.code for p in check_change({}, RESULT)} >= {"reason_too_short", "unknown_person"}


def test_effect_before_and_after():
    people = staff(12, group=["x", "y"] * 6, manager_id=["M1"] * 6 + ["M2"] * 6)
    rated = pd.concat(
        [ratings({p: 3.0 for p in list(PEOPLE)[:6]}, {"M1": 0.0}),
         ratings({p: 3.0 for p in list(PEOPLE)[6:]}, {"M2": 0.0})]
    )  # fmt: skip
    raters = pd.DataFrame({"rater_id": ["M1", "M2"], "severity": [0.5, -0.5]})
    changes = table(*(change(p, after=82.5) for p in list(PEOPLE)[:6]))
    effect = apply_changes(
        RESULT, changes, members=people, ratings=rated, severity=raters, top=["meets", "good"]
    )
    weight = 0.3 / 0.8
    raised = effect.members.set_index("member_id")["change"]
    assert raised.iloc[:6].tolist() == pytest.approx([15 * weight] * 6)
    assert raised.iloc[6:].eq(0).all()
    managers = effect.managers.set_index("manager_id")
    assert managers.loc["M1", "n_up"] > 0 == managers.loc["M2", "n_up"]
    assert managers["relative_after"].sum() == pytest.approx(0)
    leniency = effect.raters.set_index("rater_id")
    assert leniency.loc["M1"].tolist() == pytest.approx([-0.5, 0.0])
    assert leniency.loc["M2"].tolist() == pytest.approx([0.5, 0.0])
    assert set(effect.fairness["when"]) == {"before", "after"}
    chosen = effect.fairness.groupby("when")["selected"].sum()
    assert chosen["after"] > chosen["before"]


def test_changes_follow_each_other_and_undo_is_a_change():
    there = change()
    back = change(before=75.0, after=67.5, reason="withdrawn after the second look")
    effect = apply_changes(RESULT, table(there, back))
    assert effect.members["change"].abs().max() == pytest.approx(0)
    assert effect.members.set_index("member_id").loc["P00", "n_changes"] == 2
    pd.testing.assert_frame_equal(effect.combined.members, RESULT.members)


def test_stale_change_is_refused_with_its_row():
    with pytest.raises(KamkitError) as error:
        apply_changes(RESULT, table(change(), change(), change("nobody", reason="")))
    found = {(p.code, p.row) for p in error.value.problems}
    assert found == {("change_is_stale", 2), ("unknown_person", 3), ("reason_too_short", 3)}
    with pytest.raises(KamkitError) as error:
        apply_changes(RESULT, table(change()).drop(columns="reason"))
    assert codes(error) == {"missing_column"}


def test_no_change_changes_nothing():
    effect = apply_changes(RESULT, table())
    assert effect.members["change"].eq(0).all() and effect.members["moved"].eq(0).all()
    assert effect.managers.empty and effect.fairness.empty and effect.raters.empty


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.sampled_from(list(PEOPLE)), st.floats(0, 100)), max_size=6))
def test_any_changes_undone_leave_no_trace(moves):
    now = dict.fromkeys(PEOPLE, 67.5)
    rows = []
    for member, after in moves:
        rows.append(change(member, before=now[member], after=after))
        now[member] = after
    undone = [change(m, before=now[m], after=67.5) for m in PEOPLE if now[m] != 67.5]
    effect = apply_changes(RESULT, table(*rows, *undone))
    pd.testing.assert_frame_equal(effect.combined.members, RESULT.members)
