"""Pay plans and their simulation: what is paid, what it costs, how much of it is luck."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamkit.errors import KamkitError
from kamkit.methods.goals import pay_factor, pay_plan, payout_curve, simulate_pay


@pytest.fixture
def plans():
    rows = [("P1", "sales", 0.7, 1.5), ("P1", "gross_profit", 0.2, 1.0),
            ("P1", "satisfaction", 0.1, 1.0), ("P2", "sales", 0.35, 1.5),
            ("P2", "gross_profit", 0.45, 1.0), ("P2", "satisfaction", 0.2, 1.0)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["plan_id", "kpi", "weight", "accelerator"])
    return table.assign(base=180_000.0, variable_target=120_000.0, threshold=0.7, cap=1.5,
                        role="key_account_manager", currency="CNY")  # fmt: skip


def one_kpi(**changed):
    row = {"plan_id": "P", "kpi": "sales", "base": 0.0, "variable_target": 100.0, "weight": 1.0,
           "threshold": 0.7, "cap": 1.5, "accelerator": 1.5}  # fmt: skip
    return pd.DataFrame([{**row, **changed}])


def figures(found, plan="P"):
    return found.plans[found.plans["plan_id"] == plan].set_index("measure")["value"]


@settings(max_examples=100, deadline=None)
@given(st.floats(0, 1), st.floats(1, 3), st.floats(0, 4), st.sampled_from(["attainment", "payout"]))
def test_pay_never_falls_and_ends_at_the_cap(threshold, cap, accelerator, cap_on):
    grid = np.linspace(0, 4, 401)
    factor = pay_factor(grid, threshold, cap, accelerator, cap_on=cap_on)
    assert (np.diff(factor) >= -1e-12).all()
    assert (factor[grid < threshold - 1e-6] == 0).all()
    most = 1 + accelerator * (cap - 1) if cap_on == "attainment" else cap
    assert factor.max() <= most + 1e-9
    assert pay_factor(1.0, threshold, cap, accelerator) == pytest.approx(1.0)


def test_threshold_is_met_in_spite_of_the_last_digit():
    assert pay_factor(0.1 + 0.2 + 0.4, 0.7, 2, 1) == pytest.approx(0.7)
    assert pay_factor(70.0 / 100 - 1e-12, 0.7, 2, 1) == pytest.approx(0.7)


def test_payout(plans):
    done = pd.DataFrame(
        [("a", "sales", 1.2), ("a", "gross_profit", 1.0), ("a", "satisfaction", 0.5),
         ("b", "sales", 1.0), ("b", "gross_profit", None)],
        columns=["member_id", "kpi", "attainment"],
    )  # fmt: skip
    found = pay_plan(plans, done)
    totals = found.totals.set_index(["member_id", "plan_id"])
    assert totals.loc[("a", "P1"), "variable"] == pytest.approx(120_000 * (0.7 * 1.3 + 0.2))
    assert totals.loc[("b", "P1"), "note"] == "kpi_missing: gross_profit, satisfaction"
    assert np.isnan(totals.loc[("b", "P1"), "total"])
    zones = found.parts.set_index(["member_id", "plan_id", "kpi"])["zone"]
    assert zones[("a", "P1", "satisfaction")] == "below_threshold"
    assert zones[("b", "P1", "satisfaction")] == "unknown"
    again = pay_plan(plans[::-1], done[::-1])
    pd.testing.assert_frame_equal(found.totals, again.totals)
    pd.testing.assert_frame_equal(found.parts, again.parts)
    people = pd.DataFrame({"member_id": ["a", "b"], "role": ["key_account_manager", "assistant"]})
    assert set(pay_plan(plans, done, members=people).totals["member_id"]) == {"a"}
    assert pay_plan(plans, done.head(0)).totals.empty
    assert len(pay_plan(one_kpi(), done.head(1)).totals) == 1


def test_curve_shows_cliff_and_end():
    found = payout_curve(one_kpi())
    kinks = found.kinks.set_index("kind")
    assert kinks.loc["threshold", "jump"] == 70.0 and kinks.loc["cap", "factor"] == 1.75
    points = found.points.set_index("attainment")
    assert points.loc[1.2, "amount"] == pytest.approx(130.0)
    assert points["per_point"].iloc[-1] == 0
    assert points.loc[1.2, "per_point"] == pytest.approx(1.5)
    free = payout_curve(one_kpi(threshold=None, cap=None), [0.5, 5.0])
    assert free.points["factor"].tolist() == [0.5, 7.0] and free.kinks["kind"].tolist() == [
        "target"
    ]
    capped = payout_curve(one_kpi(), cap_on="payout").kinks.set_index("kind")
    assert capped.loc["cap", ["attainment", "factor"]].round(4).tolist() == [1.3333, 1.5]


def test_plan_problems_all_at_once(plans):
    wrong = plans.assign(weight=[0.7, 0.2, 0.2, -1, 1, 1], base=[1, 2, 2, 3, 3, 3], cap=0.5)
    with pytest.raises(KamkitError) as caught:
        pay_plan(wrong, pd.DataFrame({"member_id": [], "kpi": [], "attainment": []}))
    codes = {p.code for p in caught.value.problems}
    assert codes == {"out_of_range", *(f"pay_{w}" for w in
                     ("plan_mixed", "weights_not_one", "cap_below_threshold"))}  # fmt: skip
    calls = (
        lambda: payout_curve(one_kpi(), cap_on="pocket"),
        lambda: payout_curve(one_kpi(base=None)),
        lambda: simulate_pay(one_kpi(), draws=1),
        lambda: simulate_pay(one_kpi(), members=1),
        lambda: simulate_pay(one_kpi(), lasting=0.9, common=0.4),
        lambda: simulate_pay(one_kpi(), sd={"visits": 0.1}),
        lambda: simulate_pay(plans, correlation=-0.9),
        lambda: simulate_pay(one_kpi(), pd.DataFrame({"member_id": ["a"], "period": "1",
                                                      "kpi": "sales", "attainment": 1.0})),
        lambda: simulate_pay(one_kpi(), members=pd.DataFrame({"member_id": ["a", "b"]}),
                             potential_effect=1),
    )  # fmt: skip
    for call in calls:
        with pytest.raises(KamkitError):
            call()


def test_linear_plan_against_closed_forms():
    """No threshold, cap or accelerator: pay is attainment, so its moments are known."""
    plain = one_kpi(threshold=None, cap=None, accelerator=None)
    found = figures(simulate_pay(plain, sd=0.2, lasting=0.5, common=0.2, draws=6000, seed=3))
    assert found["pay_cost"] == pytest.approx(1200, rel=0.01)
    assert found["pay_luck_share"] == pytest.approx(0.3 / 0.8, abs=0.03)
    assert found["pay_person_share"] == pytest.approx(0.5 / 0.8, abs=0.03)
    assert found["pay_territory_share"] < 0.02
    # Within a period what is common moves nobody apart: lognormal, given the shared part.
    s2 = np.log(1.04)
    within = np.exp(0.2 * s2) * 1.0 * (np.exp(0.8 * s2) - 1)
    assert found["pay_spread"] == pytest.approx(100 * np.sqrt(within), rel=0.03)


def test_equal_people_differ_by_luck_alone():
    found = figures(simulate_pay(one_kpi(), lasting=0.0, draws=2000))
    assert found["pay_luck_share"] > 0.98
    assert found["pay_gap"] == pytest.approx(found["pay_gap_equal"], rel=0.02)
    skilled = figures(simulate_pay(one_kpi(), lasting=1.0, common=0.0, draws=2000))
    assert skilled["pay_luck_share"] < 0.02 and skilled["pay_gap_equal"] == 0


def test_threshold_and_cap_cost_what_they_should():
    calm = simulate_pay(one_kpi(), sd=0.05, draws=1000).kpis.iloc[0]
    wild = simulate_pay(one_kpi(), sd=0.5, draws=1000).kpis.iloc[0]
    assert calm["below_threshold"] == 0 and wild["below_threshold"] > 0.2 and wild["capped"] > 0.05
    sens = simulate_pay(one_kpi(), sd=0.05, draws=1000).sensitivity.set_index("shift")
    assert sens.loc[0.0, "change"] == 0 and sens["cost"].is_monotonic_increasing
    # Accelerated above target, plain below: 10 points up are worth more than 10 down cost.
    assert sens.loc[0.10, "change"] > -sens.loc[-0.10, "change"]


def test_territory_that_targets_ignore():
    land = pd.DataFrame({"member_id": [f"m{i:02d}" for i in range(12)], "group": ["x", "y"] * 6,
                         "potential": np.linspace(50, 150, 12)})  # fmt: skip
    blind = simulate_pay(one_kpi(), members=land, potential_effect=1.0, draws=1500)
    fair = simulate_pay(one_kpi(), members=land, potential_effect=0.0, draws=1500)
    assert figures(blind)["pay_territory_share"] > 0.5 > figures(fair)["pay_territory_share"]
    rows = blind.fairness[blind.fairness["by"] == "potential"].set_index("level")
    assert rows.loc["potential_low", "ratio"] < 0.6 and rows.loc["potential_high", "ratio"] == 1
    assert (rows["note"] == "too_few").all()
    even = fair.fairness[fair.fairness["by"] == "group"]
    assert (even["ratio"] > 0.95).all() and even["members"].tolist() == [6, 6]
    means = blind.members.set_index("member_id")["mean"]
    assert means["m11"] > 2 * means["m00"]


def test_plans_meet_the_same_periods(plans):
    found = simulate_pay(plans, draws=500)
    again = simulate_pay(plans[::-1], draws=500)
    for name in ("plans", "members", "kpis", "sensitivity", "comparison", "costs"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(again, name))
    row = found.comparison.iloc[0]
    cost = found.plans[found.plans["measure"] == "pay_cost"].set_index("plan_id")["value"]
    assert row["difference"] == pytest.approx(cost["P2"] - cost["P1"])
    assert row["p10"] < row["difference"] < row["p90"]
    kpi_cost = found.kpis.groupby("plan_id")["cost"].sum()
    assert kpi_cost.to_dict() == pytest.approx(cost.to_dict())


def test_periods_on_record():
    rng = np.random.default_rng(5)
    skill = dict(zip("abcdef", rng.normal(0, 0.2, 6), strict=True))
    rows = [(m, f"2024Q{p}", "sales", 1 + s + rng.normal(0, 0.1))
            for m, s in skill.items() for p in range(1, 9)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["member_id", "period", "kpi", "attainment"])
    plain = one_kpi(threshold=None, cap=None, accelerator=None)
    found = simulate_pay(plain, table, draws=2000)
    assert figures(found)["pay_luck_share"] == pytest.approx(0.01 / 0.05, abs=0.15)
    assert found.notes.empty and found.plans["n"].unique().tolist() == [8]
    short = simulate_pay(plain, table.iloc[1:], draws=200)
    assert short.notes["members"].tolist()[0] == "a"
    assert set(short.members["member_id"]) == set("bcdef")
    shuffled = simulate_pay(plain, table.sample(frac=1, random_state=1), draws=2000)
    pd.testing.assert_frame_equal(found.plans, shuffled.plans)
