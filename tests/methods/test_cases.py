"""What lessons recompute: several methods behind one set of controls."""

from __future__ import annotations

import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.methods import selection
from kamkit.schemes import load_scheme

YEARS = pd.DataFrame(
    {
        "account_id": ["A", "B", "C", "D"],
        "year": 2025,
        "revenue": [6.0, 3.0, 2.0, 1.0],
        "direct_cost": [5.0, 1.0, 1.0, 0.0],
        "indirect_cost": [2.0, 0.0, 0.0, 0.0],
    }
)
TREE = pd.DataFrame({"account_id": ["A", "B", "C", "D"], "parent_id": [None, None, "D", None]})
BASIS = pd.DataFrame(
    {
        "account_id": list("ABCDEF"),
        "sales": [25e6, 25e6, 6e6, 1e6, 9e6, None],
        "profit": [5.0, 4.0, 3.0, 2.0, -1.0, 1.0],
        "rating:industry_level": [5.0, 3.0, 3.0, 1.0, None, 5.0],
    }
)
ELEVATOR, GUIDE = load_scheme("elevator"), load_scheme("guide")


def test_rolling_up_counts_a_group_once():
    apart = selection.concentration_case(YEARS, TREE, year=2025)
    together = selection.concentration_case(YEARS, TREE, year=2025, roll_up=True)
    assert (len(apart.curve), len(together.curve)) == (4, 3)
    assert together.curve["value"].tolist() == [6.0, 3.0, 3.0]


def test_concentration_remembers_its_basis():
    assert selection.concentration_case(YEARS, value="profit").value == "profit"


def test_readings_agree_with_the_crosswalk():
    verdicts = selection.classify_all(BASIS, [ELEVATOR, GUIDE])
    walk = selection.crosswalk(verdicts).accounts.set_index("account_id")
    readings = selection.key_readings(verdicts).set_index("account_id").loc[walk.index]
    columns = ["key_votes", "not_key_votes"]
    assert readings[columns].astype(int).equals(walk[columns].astype(int))
    assert readings["dispute"].tolist() == pytest.approx(walk["dispute"].tolist(), nan_ok=True)


def test_reading_counts_add_up_to_the_accounts():
    counts = selection.reading_counts(selection.classify_all(BASIS, [ELEVATOR, GUIDE]))
    assert (counts[["yes", "no", "undecided"]].sum(axis=1) == counts["n"]).all()


def test_verdicts_keep_the_order_asked_for():
    verdicts = selection.classify_all(BASIS, [ELEVATOR])
    table = selection.verdict_table(verdicts, ["C", "B"])
    assert table.values.tolist() == [["C", "main"], ["B", "open"]]


def test_no_schemes_and_no_accounts_give_empty_tables():
    assert selection.classify_all(BASIS, []).empty
    assert selection.classify_all(BASIS.head(0), [ELEVATOR]).empty


def test_a_changed_limit_is_named_and_an_unchanged_one_is_not():
    same = selection.rule_case(BASIS, ELEVATOR, key_sales=20_000_000)
    other = selection.rule_case(BASIS, ELEVATOR, key_sales=5_000_000, big_not_leading="main")
    assert same.scheme.version == ELEVATOR.version
    assert "key_sales" in other.scheme.version
    assert other.assignments.set_index("account_id")["member"][["A", "B"]].tolist() == [
        "key",
        "main",
    ]


def test_open_cases_count_accounts_and_money():
    cases = selection.rule_case(BASIS, ELEVATOR).open_cases.set_index("reason")
    assert cases.loc["big_not_leading", ["accounts", "sales"]].tolist() == [1, 25e6]


def test_an_unknown_choice_is_refused():
    with pytest.raises(KamkitError):
        selection.rule_case(BASIS, ELEVATOR, no_such_limit=1.0)


def test_the_floor_comes_before_key_accounts_and_orders_can_differ():
    case = selection.capacity_case(
        BASIS.fillna({"sales": 0.0}), 420, scheme="guide", hours_key=100, hours_other=10, share=1
    )
    summary = case.summary.set_index(["order", "member"])
    key, other = summary.loc[("sales", "key")], summary.loc[("sales", "other")]
    assert other["fall_out"] == 0
    assert key["hours_left_before"] == 420 - 10 * other["listed"]
    assert (case.contested["served_by_sales"] != case.contested["served_by_profit"]).all()


def test_axes_keep_accounts_that_only_one_side_has():
    a = pd.DataFrame({"account_id": ["A"], "total": [3.0]})
    b = pd.DataFrame({"account_id": ["B"], "index": [1.0]})
    assert selection.axes_case(a, b)["account_id"].tolist() == ["A", "B"]


def test_consistent_judgements_have_no_contradiction():
    case = selection.ahp_case(["a", "b", "c"], first_second=3, second_third=3, first_third=9)
    ratio = case.summary.set_index("measure").loc["consistency_ratio", "value"]
    assert ratio == pytest.approx(0, abs=1e-9)


SPEC = pd.DataFrame(
    {
        "criterion": ["revenue_potential", "flexibility", "solvency"],
        "gate": [False, False, True],
        "minimum": [None, None, 3],
    }
)
RATINGS = pd.DataFrame(
    [(a, c, s) for a, scores in (("A", (5, 1, 5)), ("B", (1, 5, 4)), ("C", (5, 5, 1)))
     for c, s in zip(SPEC["criterion"], scores, strict=True)],
    columns=["account_id", "criterion", "score"],
)  # fmt: skip


def test_a_gate_carries_no_weight_and_excludes():
    found = selection.short_list(RATINGS, SPEC, k=1, points={"value": 70, "fit": 30}, draws=200)
    assert found.scores.weights["criterion"].tolist() == ["revenue_potential", "flexibility"]
    assert found.scores.weights["weight"].tolist() == pytest.approx([0.7, 0.3])
    assert found.second["account_id"].tolist() == ["A", "B"]


def test_points_for_no_group_are_refused():
    with pytest.raises(KamkitError):
        selection.group_weights(SPEC, {"value": 0, "fit": 0})


def test_nobody_rated_is_an_empty_short_list():
    nobody = selection.short_list(RATINGS.head(0), SPEC, points={"value": 1, "fit": 1}, draws=50)
    assert nobody.second.empty and nobody.acceptability.accounts.empty
