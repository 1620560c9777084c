"""Goals checked: each planted fault is found, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.i18n import catalog
from kamkit.methods.goals import lint_goals
from kamkit.methods.goals.lint_rules import RULES

AS_OF = "2026-03-01"


@dataclass(frozen=True)
class Kpi:
    unit: str
    direction: str = "up"


TEAM = pd.DataFrame({"member_id": ["M1", "M2", "B1"], "team": ["t1", "t1", "t1"],
                     "left_on": [None, None, None]})  # fmt: skip
ACTIONS = pd.DataFrame({"goal_id": ["P1", "P2"], "status": ["planned", "doing"],
                        "due": ["2026-06-01", "2026-06-01"]})  # fmt: skip
LAST = pd.DataFrame({"scope": "member", "scope_id": ["M1", "M2"], "kpi": "sales",
                     "value": [55.0, 40.0]})  # fmt: skip
PAY = pd.DataFrame({"kpi": ["sales"]})
KPIS = {"sales": Kpi("money"), "visits": Kpi("count"), "complaint_rate": Kpi("share", "down")}


@pytest.fixture
def sound():
    columns = ["goal_id", "parent_id", "scope", "scope_id", "kpi", "target", "floor", "cap", "unit",
               "due", "owner_id"]  # fmt: skip
    return pd.DataFrame(
        [("C", None, "company", "us", "sales", 100, None, None, "CNY", "2026-12-31", "B1"),
         ("T", "C", "team", "t1", "sales", 100, None, None, "CNY", "2026-12-31", "B1"),
         ("P1", "T", "member", "M1", "sales", 60, 40, 80, "CNY", "2026-12-31", "M1"),
         ("P2", "T", "member", "M2", "sales", 40, 40, 80, "CNY", "2026-12-31", "M2")],
        columns=columns,
    ).astype(object)  # fmt: skip


def lint(goals, **given):
    tables = {"actions": ACTIONS, "kpis": KPIS, "members": TEAM, "last_year": LAST,
              "pay_plans": PAY}  # fmt: skip
    return lint_goals(goals, as_of=AS_OF, **{**tables, **given})


def test_sound_goals_have_no_finding(sound):
    found = lint(sound)
    assert found.problems.empty and found.checks["checked"].all()
    assert (found.goals["status"] == "ok").all()
    assert found.measures["value"].tolist() == [1.0]


@pytest.mark.parametrize(
    ("rule", "row", "change", "amount"),
    [
        ("not_measurable", 2, {"target": "much more"}, None),
        ("not_measurable", 2, {"unit": None}, None),
        ("unknown_kpi", 2, {"kpi": "happiness"}, None),
        ("no_owner", 1, {"owner_id": " "}, None),
        ("owner_gone", 2, {"owner_id": "M9"}, None),
        ("other_owner", 2, {"owner_id": "M2"}, None),
        ("no_date", 0, {"due": "soon"}, None),
        ("date_past", 3, {"due": "2026-01-31"}, None),
        ("later_than_parent", 2, {"due": "2027-01-31"}, None),
        ("parent_missing", 0, {"parent_id": "X"}, None),
        ("goal_circle", 0, {"parent_id": "P1"}, None),
        ("wrong_level", 2, {"scope": "company", "scope_id": "us"}, None),
        ("not_tied", 2, {"parent_id": None}, None),
        ("kpi_differs", 2, {"kpi": "visits"}, None),
        ("unit_differs", 2, {"unit": "USD"}, None),
        ("sums_differ", 2, {"target": 59}, 1.0),
        ("sums_differ", 2, {"target": 60.01}, -0.01),
        ("floor_above_cap", 2, {"floor": 90}, 10.0),
        ("outside_bounds", 2, {"floor": 61}, -1.0),
        ("below_last_year", 2, {"target": 54}, -1.0),
        ("far_above_last_year", 2, {"target": 83}, 28.0),
        ("not_in_pay", 2, {"kpi": "visits"}, None),
    ],
)
def test_planted_faults_are_found(sound, rule, row, change, amount):
    for column, value in change.items():
        sound.loc[row, column] = value
    found = lint(sound).problems
    mine = found[found["rule"] == rule]
    # A wrong sum belongs to the goal above, a circle to all of it, the rest to the goal itself.
    where = {"sums_differ": "T", "unit_differs": "P1", "kpi_differs": "P1", "goal_circle": "C"}
    assert where.get(rule, sound.loc[row, "goal_id"]) in set(mine["goal_id"])
    if amount is not None:
        assert mine["amount"].iloc[0] == pytest.approx(amount)


def test_more_faults(sound):
    twice = pd.concat([sound, sound.iloc[[3]].assign(goal_id="P3")], ignore_index=True)
    found = lint(twice).problems.set_index("rule")
    assert found.loc["counted_twice", ["goal_id", "expected", "amount"]].tolist() == [
        "P3",
        "P2",
        40,
    ]
    assert found.loc["sums_differ", "amount"] == -40
    beside = sound.copy()
    beside.loc[3, "parent_id"] = "C"
    found = lint(beside).problems.set_index("rule")
    assert found.loc["counted_twice", ["goal_id", "expected"]].tolist() == ["P2", "T"]
    left = TEAM.assign(left_on=["2026-02-01", None, None])
    assert "owner_gone" in lint(sound, members=left).problems["rule"].tolist()
    assert lint(sound.head(2)).problems["rule"].tolist() == ["no_actions", "not_cascaded"]
    dropped = ACTIONS.assign(status=["dropped", "doing"])
    assert lint(sound, actions=dropped).problems["goal_id"].tolist() == ["P1"]
    late = ACTIONS.assign(due=["2027-06-01", "2026-06-01"])
    assert lint(sound, actions=late).problems["rule"].tolist() == ["actions_too_late"]
    many = lint(sound, pay_plans=None, kpis=None).checks.set_index("rule")
    assert many.loc["not_in_pay", ["checked", "needs"]].tolist() == [False, "pay_plans"]
    assert lint_goals(sound, as_of=AS_OF, most_goals=1).problems["rule"].tolist() == [
        "too_many_goals", "too_many_goals"]  # fmt: skip


def test_figures_that_may_not_be_summed(sound):
    rates = sound.assign(kpi="complaint_rate", unit="share", target=[0.04, 0.04, 0.03, 0.05])
    past = LAST.assign(kpi="complaint_rate", value=[0.02, 0.05])
    found = lint(rates, last_year=past, pay_plans=None).problems
    assert "sums_differ" not in found["rule"].tolist()
    # Fewer complaints are better: the goal that allows more than last year is the easy one.
    assert found.loc[found["rule"] == "below_last_year", "goal_id"].tolist() == ["P1"]


def test_empty_one_row_order_and_dirt(sound):
    empty = lint(sound.head(0))
    assert empty.problems.empty and empty.measures["variant"].tolist() == ["too_little_data"]
    assert lint(sound.head(1)).goals["status"].tolist() == ["look"]
    worse = sound.assign(due="x", target=["1", "?", None, "3"])
    one, two = lint(worse), lint(worse.iloc[[3, 1, 0, 2]])
    pd.testing.assert_frame_equal(one.problems, two.problems)
    pd.testing.assert_frame_equal(one.goals, two.goals)
    with pytest.raises(KamkitError):
        lint(pd.concat([sound, sound]))
    with pytest.raises(KamkitError):
        lint(sound.drop(columns="kpi"))
    before = sound.copy()
    lint(sound)
    pd.testing.assert_frame_equal(sound, before)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_rule_has_words(lang):
    words = catalog(lang)
    missing = [f"{part}.{r}" for part in ("goal_rule", "goal_advice") for r in RULES
               if f"{part}.{r}" not in words]  # fmt: skip
    assert missing == []
