"""Recipes of goals: their quick arithmetic is that of the methods."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.exercises.recipes import m08_bounds, m08_lint, m08_pay, m08_shares, m08_year
from kamkit.exercises.variants import Draw
from kamkit.methods.goals import (
    cascade,
    cascade_tree,
    cascade_ways,
    compare_bases,
    lint_goals,
    pay_plan,
    payout_curve,
    programme_goals,
)

SEEDS = range(3)
UNIT = int(m08_shares.UNIT)


def best(variant, part):
    return variant.key[part].best


@pytest.mark.parametrize("seed", SEEDS)
def test_three_goals_are_those_of_the_cascade(seed):
    variant = m08_shares.cascade_goals(Draw(seed), None)
    sales = {row[0]["zh"].strip(): row[1] for row in variant.sheets[0].rows}
    prospects = {row[0]["zh"].strip(): row[2] for row in variant.sheets[0].rows}
    names = [variant.words[f"name_{p}"]["zh"] for p in m08_shares.PERSONS]
    ids = dict(zip(["t1", "t2", *m08_shares.PERSONS], ["一组", "二组", *names], strict=True))
    for column, base, total, unit in (
        ("sales", sales, variant.words["goal"]["value"], UNIT),
        ("accounts", prospects, variant.words["new"], 1),
    ):
        goals = pd.DataFrame({
            "goal_id": ["g", *ids], "parent_id": [None, "g", "g", "t1", "t1", "t1"],
            "scope": ["company", "team", "team", *["member"] * 3], "scope_id": ["us", *ids],
            "kpi": column, "target": [total, *[None] * 5],
        })  # fmt: skip
        weights = {i: base[name] for i, name in ids.items()}
        tree = cascade_tree(goals, weights, unit=unit).goals.set_index("goal_id")
        for i in ids:
            assert best(variant, f"{i}.{column}") == tree.loc[i, "proposed"]


@pytest.mark.parametrize("seed", SEEDS)
def test_mended_quota_is_that_of_the_cascade(seed):
    variant = m08_shares.adds_up(Draw(seed), None)
    rows = {i.text.zh: i.id for i in variant.items}
    sheet = {rows[row[0]["zh"]]: row[1:] for row in variant.sheets[0].rows}
    total = variant.words["total"]["value"]
    found = cascade(
        total, {i: v[0] for i, v in sheet.items()}, floors={i: v[1] for i, v in sheet.items()},
        caps={i: v[2] for i, v in sheet.items()}, unit=UNIT,
    ).parts.set_index("id")  # fmt: skip
    for i in sheet:
        assert best(variant, f"{i}.target") == found.loc[i, "target"]
    assert (found.loc[["a", "b"], "bound"] != "none").all()
    off = abs(total - sum(v[3] for v in sheet.values()))
    assert best(variant, "gap.off") == off > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_proposals_are_judged_as_the_cascade_takes_them(seed):
    draw = Draw(seed)
    case = m08_bounds.until(lambda: m08_bounds._bounds(draw), m08_bounds._bounds_good, 400)
    _, total, weights, floors, caps = case
    ids = list("abcd")

    def fits(change, less=0):
        bounds = [
            dict(zip(ids, np.add(v, c).tolist(), strict=True))
            for v, c in zip((floors, caps), change[1:], strict=True)
        ]
        try:
            cascade(total + change[0] + less, dict(zip(ids, weights, strict=True)),
                    floors=bounds[0], caps=bounds[1])  # fmt: skip
        except KamkitError:
            return False
        return True

    given, _ = m08_bounds.proposals(case, draw)
    back = -1 if case[0] == "floor" else 1
    for change in given.values():
        found = m08_bounds.effect(case, change)
        assert fits(change) == (found != "not")
        assert (fits(change) and not fits(change, back)) == (found == "just")
    ways = cascade_ways(total, dict(zip(ids, weights, strict=True)),
                        floors=dict(zip(ids, floors, strict=True)),
                        caps=dict(zip(ids, caps, strict=True)))  # fmt: skip
    assert abs(ways.loc[ways["what"] == "total", "change"].iloc[0]) == -m08_bounds.room(case)


@pytest.mark.parametrize("seed", range(12))
def test_planted_faults_are_those_of_the_lint(seed):
    rows, broken, gone = m08_lint.planted(Draw(seed))
    table = pd.DataFrame(rows)
    found = lint_goals(table, as_of=m08_lint.AS_OF, members=m08_lint.staff(gone)).problems
    found = found[found["severity"] != "hint"]
    assert dict(zip(found["goal_id"], found["rule"], strict=True)) == broken
    once = found.drop_duplicates(["goal_id", "rule"])  # a person counted twice is found two ways
    assert len(once) == len(broken)


@pytest.mark.parametrize("seed", SEEDS)
def test_pace_is_that_of_the_programme(seed):
    draw = Draw(seed)
    year = m08_year.until(lambda: m08_year._year(draw), m08_year._year_good, 1500)
    variant = m08_year.pace(Draw(seed), None)
    goal, actual, last, this, answers, happy = year
    goals = pd.DataFrame({
        "goal": ["accounts", "sales", "sat"], "kind": ["count", "sum", "level"],
        "target": [goal, m08_year.sales_goal(last), 0.9],
        "actual": [actual, None, happy / answers], "n": [None, None, answers],
        "start": "2026-01-01", "due": "2026-12-31",
    })  # fmt: skip
    values = pd.DataFrame({"goal": "sales", "period": list("abcdef"),
                           "value": [*this, None, None], "base": last})  # fmt: skip
    found = programme_goals(goals, values, as_of="2026-08-31").set_index("goal")
    assert best(variant, "accounts.reach") == pytest.approx(found.loc["accounts", "projected"])
    need = found.loc["accounts", "needed_per_month"]
    assert variant.key["accounts.need"].low <= need <= variant.key["accounts.need"].high
    assert best(variant, "sales.end") == pytest.approx(found.loc["sales", "projected"] * 1e4)
    said = {"on_pace": "ok", "reached": "ok", "behind": "behind", "open": "open"}
    for name in found.index:
        assert best(variant, f"{name}.verdict") == said[found.loc[name, "status"]]


@pytest.mark.parametrize("seed", SEEDS)
def test_quotas_and_ratchet_are_those_of_the_bases(seed):
    draw = Draw(seed)
    case = m08_year.until(lambda: m08_year._land(draw), m08_year._land_good, 400)
    sold, potential, total = case
    table = pd.DataFrame({"member_id": list("abcd"), "history": sold, "potential": potential})
    found = compare_bases(total * 10_000, table, extra=60 / sold[0])
    mine = found.targets.set_index("id").loc["a"]
    for basis, quota in m08_year.quotas(case).items():
        assert mine[basis] == pytest.approx(quota * 1e4, abs=2)
    ratchet = found.ratchet.query("id == 'a' and basis == 'history'")["target_more"].iloc[0]
    assert m08_year.taken_back(case, 60) * 1e4 == pytest.approx(ratchet)


@pytest.mark.parametrize("seed", SEEDS)
def test_costs_are_those_of_the_pay_plans(seed):
    draw = Draw(seed)
    case = m08_pay.until(lambda: m08_pay._plans(draw), m08_pay._plans_good, 1500)
    a, b, grid, people, pay = case
    rule = {"threshold": [a[0], b[0]], "cap": [a[1], b[1]], "accelerator": [a[2], b[2]]}
    plans = pd.DataFrame({"plan_id": ["a", "b"], "kpi": "sales", "base": 0.0, "weight": 1.0,
                          "variable_target": pay, **rule})  # fmt: skip
    found = m08_pay.costs(case)
    for year, shift in (("now", 0.0), ("good", m08_pay.SHIFT)):
        team = [round(g + shift, 6) for g, k in zip(grid, people, strict=True) for _ in range(k)]
        done = pd.DataFrame({"member_id": [f"m{i}" for i in range(len(team))], "kpi": "sales",
                             "attainment": team})  # fmt: skip
        cost = pay_plan(plans, done).totals.groupby("plan_id")["variable"].sum()
        for plan in ("a", "b"):
            assert found[f"{plan}.{year}"] == pytest.approx(cost[plan])
    kinks = payout_curve(plans).kinks.query("plan_id == 'a' and kind == 'threshold'")
    assert m08_pay.pay_factor(a[0], *a) * pay == pytest.approx(kinks["jump"].iloc[0])


@pytest.mark.parametrize("seed", range(20))
def test_every_variant_can_be_decided(seed):
    """The loops of drawing end with a case that is decided, long before their last try."""
    for make, good in (
        (m08_shares._goals, m08_shares._goals_good), (m08_shares._quota, m08_shares._quota_good),
        (m08_bounds._bounds, m08_bounds._bounds_good), (m08_year._year, m08_year._year_good),
        (m08_year._land, m08_year._land_good), (m08_pay._plans, m08_pay._plans_good),
    ):  # fmt: skip
        draw = Draw(1000 + seed)
        assert any(good(make(draw)) for _ in range(150)), make.__name__
