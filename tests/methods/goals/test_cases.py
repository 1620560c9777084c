"""What lesson 10 recomputes: cases of quotas, goals, pace, pay and placement."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from kamkit import load
from kamkit.errors import KamkitError
from kamkit.methods import goals

DAY = pd.Timestamp("2026-06-30")
COLUMNS = ["scope", "scope_id", "period", "kpi", "value"]


@pytest.fixture(scope="module")
def tables():
    return load(str(ROOT / "datasets/elevator")).tables


@pytest.fixture(scope="module")
def quotas(tables):
    names = ("members", "kpi_values", "territories")
    return goals.quota_book(*[tables[n] for n in names], period="2025", as_of=DAY)


def test_every_basis_and_unit_adds_up(quotas):
    for basis in goals.BASES:
        for unit in (1.0, quotas.step / 100, quotas.step):
            case = goals.quota_case(quotas, basis=basis, unit=unit, floor=0.8)
            total = case.table["target_amount"].sum()
            assert total == pytest.approx(quotas.last * 1.2, abs=quotas.step)
            assert total % quotas.step == 0
            assert case.ways.empty


def test_bounds_hold_or_the_way_out_is_told(quotas):
    case = goals.quota_case(quotas, cap=1.3, floor=0.9)
    assert (case.table["growth"] <= 0.3 + 1e-9).all()
    assert (case.table["growth"] >= -0.1 - 1e-9).all()
    clash = goals.quota_case(quotas, cap=1.15)
    assert clash.table.empty and clash.parts.empty
    first = clash.ways.iloc[0]
    assert first["way_out"] == "lower_total"
    assert first["then_amount"] <= quotas.last * 1.15


def test_history_takes_back_what_potential_leaves(quotas):
    taken = goals.bases_case(quotas).ratchet.set_index("goal_basis")["taken_back"]
    assert taken["history"] > 0.9
    assert taken["potential"] == taken["equal"] == 0
    assert 0 < taken["mix"] < taken["history"]


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("padded", "sums_differ"),
        ("no_owner", "no_owner"),
        ("no_date", "no_date"),
        ("wish", "not_measurable"),
        ("twice", "counted_twice"),
    ],
)
def test_planted_faults_are_found(tables, fault, rule):
    clean = goals.lint_case(tables["goals"], as_of=DAY).table
    found = goals.lint_case(tables["goals"], fault=fault, as_of=DAY).table
    assert rule not in set(clean["goal_rule"])
    assert rule in set(found["goal_rule"])
    counts = found[found["goal_kpi"] == "new_customers"]
    assert counts["off_amount"].isna().all()


def test_unknown_fault_is_refused(tables):
    with pytest.raises(KamkitError):
        goals.lint_case(tables["goals"], fault="x", as_of=DAY)


def test_reserves_pile_up_level_by_level(tables):
    found = goals.adds_up_case(tables["goals"], reserve=0.05, unit=0.01)
    top = found.table.iloc[0]
    assert top["below_amount"] == pytest.approx(top["own_amount"] * 1.05)
    assert found.tree.sums["adds_up"].all()
    clean = goals.adds_up_case(tables["goals"], unit=0.01).table
    assert (clean["off_amount"] == 0).all()


def test_pace_is_replayed_with_what_was_known(tables):
    months = goals.year_months(tables["orders"], due="2025-12-31", as_of=DAY)
    monthly, quarterly = (goals.pace_case(months, growth=0.12, every=k) for k in (1, 3))
    assert len(monthly.months) == 12 and len(quarterly.months) == 4
    known = monthly.months.set_index("month")
    for row in quarterly.months.to_dict("records"):
        assert known.loc[row["month"], "so_far_amount"] == row["so_far_amount"]
    eager = goals.pace_case(months, growth=0.03).measures.set_index("measure")["value"]
    sure = goals.pace_case(months, growth=0.03, sure=True).measures.set_index("measure")["value"]
    assert not sure["first_alarm"] < eager["first_alarm"]
    with pytest.raises(KamkitError):
        goals.pace_case(months, every=0)


def test_a_month_that_runs_has_no_value(tables):
    months = goals.year_months(tables["orders"], due="2026-12-31", as_of="2026-06-29")
    assert months["value"].notna().sum() == 5
    assert (months["base"] > 0).all()


def test_satisfaction_index_allows_for_accounts():
    rows = pd.DataFrame(
        {
            "wave": "w",
            "account_id": np.repeat(["A", "B", "C"], 8),
            "respondent_id": [f"r{i}" for i in range(24)],
            "side": "customer",
            "item": "satisfaction_1",
            "score": np.repeat([2, 4, 7], 8),
        }
    )
    alike = goals.satisfaction_index(rows)
    apart = goals.satisfaction_index(rows.assign(account_id=rows["respondent_id"]))
    assert alike[0] == pytest.approx(apart[0])
    assert alike[1] > apart[1]
    assert goals.satisfaction_index(rows.iloc[:0])[2] == 0


def test_programme_follows_its_targets(tables):
    names = ("goals", "kpi_values", "orders", "survey_responses")
    book = goals.programme_book(*[tables[n] for n in names], as_of=DAY)
    assert book.goals["goal"].tolist() == ["new_customers", "sales", "satisfaction"]
    chances = [goals.programme_case(book, growth=g).set_index("goal") for g in (0.0, 0.1, 0.3)]
    of_sales = [c.loc["sales", "chance"] for c in chances]
    assert of_sales == sorted(of_sales, reverse=True)
    empty = goals.programme_book(*[tables[n].iloc[:0] for n in names], as_of=DAY)
    assert goals.programme_case(empty).empty


def _quarters(rng, ground, land, person=0.0):
    n, k = len(land), 10
    logs = ground * land[:, None] + rng.normal(0, 0.3, (n, k)) + rng.normal(0, 0.1, k)
    logs += person * rng.normal(0, 1, n)[:, None]
    rows = [
        ("member", f"m{i:02d}", f"{2023 + j // 4}Q{j % 4 + 1}", "sales", float(np.exp(logs[i, j])))
        for i in range(n)
        for j in range(k)
    ]
    values = pd.DataFrame(rows, columns=COLUMNS)
    return values, values.assign(value=1.0)


@pytest.mark.parametrize(("ground", "person"), [(0.0, 0.0), (0.8, 0.0), (0.4, 0.2)])
def test_spread_finds_territory_and_person(ground, person):
    rng = np.random.default_rng(3)
    land = rng.normal(0, 0.4, 60)
    land -= land.mean()
    team = pd.DataFrame({"member_id": [f"m{i:02d}" for i in range(60)]})
    team["territory_id"] = team["member_id"]
    places = pd.DataFrame({"territory_id": team["member_id"], "potential": np.exp(land)})
    found = goals.attainment_spread(*_quarters(rng, ground, land, person), places, team).iloc[0]
    assert found["variant"] == "record"
    assert found["ground"] == pytest.approx(ground, abs=0.12)
    year = person**2 + 0.1**2 / 4 + 0.3**2 / 4
    assert found["lasting"] == pytest.approx(person**2 / year, abs=0.2)
    assert found["sd"] == pytest.approx(found["mean"] * np.sqrt(np.expm1(year)), rel=0.35)


def test_pay_case_compares_a_plan_with_itself(tables):
    record = [tables[n] for n in ("kpi_values", "targets", "territories", "members")]
    spread = goals.attainment_spread(*record)
    book = goals.pay_book(tables["pay_plans"], tables["members"], tables["territories"], spread)
    assert set(book.plans["plan_id"]) == {"P1", "P2"}
    same = goals.pay_case(book, plan_id="P1", draws=100).table.drop(columns="plan_id")
    assert same.iloc[0].equals(same.iloc[1].rename(0))
    capped = goals.pay_case(book, plan_id="P1", cap=1.1, draws=100).table
    assert capped["mean_cost"].is_monotonic_decreasing
    even = goals.pay_case(book, ground=0.0, draws=400).table
    uneven = goals.pay_case(book, ground=0.8, draws=400).table
    assert (uneven["territory_share"] > even["territory_share"]).all()
    nobody = goals.pay_book(
        tables["pay_plans"].iloc[:0], tables["members"], tables["territories"], spread
    )
    assert goals.pay_case(nobody).table.empty


def test_placement_leaves_nobody_out(tables):
    accounts = tables["accounts"].assign(tier="tier_3").set_index("account_id")["tier"]
    book = goals.placement_book(tables["accounts"], tables["members"], accounts)
    gone = book.members["member_id"].iloc[0]
    found = goals.placement_case(book, leaves=gone)
    assert gone not in set(found.accounts["owner_after"])
    assert len(found.accounts) == len(book.accounts)


def test_more_accounts_move_up_by_value():
    accounts = pd.DataFrame(
        {
            "account_id": list("ABCDE"),
            "value": [90.0, 80.0, 50.0, 20.0, None],
            "member": ["key", "key", "main", "main", "main"],
        }
    )
    limits = pd.DataFrame(
        {"member": ["top", "key", "main"], "hours_per_account": [240.0, 120.0, 40.0], "most": 2.0}
    )
    found = goals.more_accounts_case(accounts, limits, hours=900, add=1, strategic=1)
    assert found.classes["after"].tolist() == [1, 2, 2]
    assert found.classes["value_added"].tolist()[:2] == [90.0, 50.0]
