"""Recipes of retention and service: their quick arithmetic is that of the methods."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from kamkit.exercises.recipes import m10_promises, m10_service, m10_signs
from kamkit.exercises.variants import Draw
from kamkit.methods.retention import action_threshold, warning_signs, winback_ranking
from kamkit.methods.service import promised_vs_delivered, time_to_resolve
from kamkit.methods.service.plan import Cells, solve_plan
from kamkit.methods.shares import wilson
from kamkit.schemes import load_service_scheme

SEEDS = range(4)
DAY = pd.Timestamp("2026-06-30")


def best(variant, part):
    return variant.key[part].best


@pytest.mark.parametrize("seed", SEEDS)
def test_unusual_silence_is_the_sign_of_the_method(seed):
    draw = Draw(seed)
    found = m10_signs.until(lambda: m10_signs._rhythms(draw), m10_signs._rhythms_good, 40)
    rows = []
    for kind, (gaps, silent) in found.items():
        for back in np.r_[0, np.cumsum(gaps[::-1])] + silent:
            rows.append({"account_id": kind, "date": DAY - pd.Timedelta(days=int(back))})
    signs = warning_signs({"orders": pd.DataFrame(rows).assign(amount=1.0)}, as_of=DAY)
    table = signs.accounts.set_index("account_id")
    shown = set(table.index[table["order_gap"].fillna(False).astype(bool)])
    assert shown == set(m10_signs.LEAVING)
    chance = m10_signs.silence_chances(found)
    for kind, value in chance.items():
        assert table.loc[kind, "order_chance"] == pytest.approx(value)


@pytest.mark.parametrize("seed", SEEDS)
def test_advice_is_that_of_the_threshold_method(seed):
    variant = m10_signs.threshold(Draw(seed), None)
    n, lost = np.array([row[1:] for row in variant.sheets[0].rows]).T
    words = variant.words
    loss = words["loss"]["value"]
    low, high = wilson(lost, n)
    found = action_threshold(
        pd.Series(lost / n, index=list("0123")),
        cost_of_acting=words["cost"]["value"], expected_loss=loss,
        effect=words["effect"]["value"], low=low, high=high,
    )  # fmt: skip
    assert best(variant, "line.share") == pytest.approx(found["threshold"].iloc[0], rel=0.005)
    line = best(variant, "line.share")
    quick = [m10_signs.acting_pays(int(a), int(b), line) for a, b in zip(lost, n, strict=True)]
    assert found["advice"].tolist() == quick
    first = int(best(variant, "from.signs"))
    assert (found["gain"] > 0).tolist() == [k >= first for k in range(4)]
    assert best(variant, "base.share") == pytest.approx(lost.sum() / n.sum(), abs=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_win_back_order_is_that_of_the_method(seed):
    variant = m10_signs.win_back(Draw(seed), None)
    rows, closed = [], []
    for k, (item, row) in enumerate(zip(variant.items, variant.sheets[0].rows, strict=True)):
        _, reason, judged, past, value, cost = row
        back, tried = (int(v) for v in past.split("/"))
        why = reason["en"]
        rows.append({"case_id": item.id, "account_id": item.id, "reason": why, "result": "open",
                     "probability": judged, "yearly_value": value, "cost": cost})  # fmt: skip
        closed += [
            {"case_id": f"{k}-{i}", "account_id": f"{k}-{i}", "reason": why, "probability": 0.5,
             "result": "returned" if i < back else "declined", "yearly_value": 1.0, "cost": 1.0}
            for i in range(tried)
        ]  # fmt: skip
    found = winback_ranking(pd.DataFrame([*rows, *closed])).cases
    assert tuple(found["case_id"]) == variant.key["order"].best


def cells_of(costs, counts):
    """The same choice as the variables of the service plan."""
    rows = []
    for d, (name, (*_, wish)) in enumerate(m10_service.DIMENSIONS.items()):
        for t, n in enumerate(counts):
            for level in range(wish[t] + 1):
                lost = (wish[t] - level) / wish[t] if wish[t] else 0.0
                rows.append((d, t, level, n * costs[name][level], 0.0, lost))
    table = np.asarray(rows, dtype=float)
    places = table[:, :3].astype(np.int64)
    shape = (len(m10_service.DIMENSIONS), len(counts))
    return Cells(places[:, 0], places[:, 1], places[:, 2], *table[:, 3:].T, shape)


@pytest.mark.parametrize("seed", SEEDS)
def test_plan_within_a_budget_is_that_of_the_integer_programme(seed):
    draw = Draw(seed)
    costs, counts, budget = m10_service.until(
        lambda: m10_service._prices(draw), lambda p: m10_service._prices_good(*p), 60
    )
    plan, only = m10_service.best_plan(costs, counts, budget)
    assert only
    cells = cells_of(costs, counts)
    rounds = np.asarray([np.where(cells.tier == t, 1.0, 0.0) for t in range(3)])
    found = solve_plan(cells, {"cost": float(budget)}, rounds)
    assert found.tolist() == [list(row) for row in plan]
    assert m10_service.cost_of(plan, costs, counts) == pytest.approx(cells.used(found, "cost"))


@pytest.mark.parametrize("seed", SEEDS)
def test_medians_are_those_of_the_method(seed):
    variant = m10_service.time_to_resolve(Draw(seed), None)
    day = pd.Timestamp("2026-06-30")
    rows = []
    for _, _, status, days in variant.sheets[0].rows:
        solved = status["en"] == "solved"
        opened = day - pd.Timedelta(days=90 if solved else days)
        closed = opened + pd.Timedelta(days=days) if solved else pd.NaT
        rows.append({"opened_on": opened, "closed_on": closed})
    found = time_to_resolve(pd.DataFrame(rows), as_of=day).measures.set_index("measure")["value"]
    assert best(variant, "km.days") == pytest.approx(found["days_median"])
    assert best(variant, "closed.days") == pytest.approx(found["days_closed_only"])


@pytest.mark.parametrize("seed", SEEDS)
def test_promises_are_judged_as_by_the_method(seed):
    variant = m10_promises.promises(Draw(seed), None)
    day = pd.Timestamp("2026-06-30")
    rows = []
    for name, tier, age, status in variant.sheets[0].rows:
        opened = day - pd.Timedelta(days=age)
        words = status["en"].split()
        done = opened + pd.Timedelta(days=int(words[2])) if words[0] == "solved" else pd.NaT
        place = "tier_1" if tier["en"] == "Tier 1" else "tier_2"
        rows.append({"case_id": name, "account_id": place, "opened_on": opened, "severity": 3,
                     "responded_on": opened, "closed_on": done})  # fmt: skip
    tiers = pd.DataFrame({"account_id": ["tier_1", "tier_2"], "tier": ["tier_1", "tier_2"]})
    scheme = load_service_scheme()
    # A scheme that promises the days of the exercise, whatever the severity.
    after = next(d for d in scheme.dimensions if d.id == "after_sales")
    days = {"priority": m10_promises.LIMITS["t1"], "fast": m10_promises.LIMITS["t2"]}
    levels = tuple(replace(v, resolve_days=(days[v.id],) * 4) if v.id in days else v
                   for v in after.levels)  # fmt: skip
    changed = replace(after, levels=levels)
    dimensions = tuple(changed if d.id == "after_sales" else d for d in scheme.dimensions)
    found = promised_vs_delivered(
        pd.DataFrame(rows), tiers, replace(scheme, dimensions=dimensions), as_of=day
    ).groups
    found = found[(found["promise"] == "resolve_days") & (found["severity"].astype("str") == "all")]
    found = found.set_index("tier")
    for part, tier in (("t1", "tier_1"), ("t2", "tier_2")):
        assert best(variant, f"{part}.kept") == found.loc[tier, "kept"]
        assert best(variant, f"{part}.due") == found.loc[tier, "n"]
