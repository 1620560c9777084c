"""Cost of delay, the order of a queue, breaches answered in time."""

from itertools import permutations

import pytest

from kamkit.exercises.recipes.m15_decide import (
    delay,
    delay_cost,
    queue,
    queue_order,
    waiting_saves,
)
from kamkit.exercises.recipes.m15_rules import LIMIT, breaches, working_days
from kamkit.exercises.variants import Draw

SEEDS = range(40)


def best(variant):
    return {name: accept.best for name, accept in variant.key.items()}


def test_two_weeks_are_ten_working_days():
    assert delay_cost(12_000, 2) == 120_000
    assert waiting_saves(600_000, 0.4, 0.25) == pytest.approx(90_000)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_decision_pays_to_wait_for_and_the_other_does_not(seed):
    variant = delay(Draw(seed), None)
    right = best(variant)
    rows = dict(zip("ab", variant.sheets[0].rows, strict=True))
    for i, (_, weeks, daily, redo, now, later) in rows.items():
        cost, saves = weeks * 5 * daily, redo * (now - later)
        assert right[f"{i}.cost"] == pytest.approx(cost)
        assert right[f"{i}.saves"] == pytest.approx(saves)
        assert right[f"{i}.decide"] == ("wait" if saves > cost else "today")
        assert max(cost, saves) > 1.4 * min(cost, saves)
    assert {right["a.decide"], right["b.decide"]} == {"today", "wait"}


def waited(order, cost, hours):
    """Loss of all that waits, when taken in this order."""
    clock = lost = 0.0
    for k in order:
        clock += hours[k]
        lost += clock * cost[k]
    return lost


def test_ratio_order_loses_least_of_all_orders():
    cost, hours = [10, 30, 20, 8, 25], [1, 6, 2, 0.5, 4]
    least = min(waited(order, cost, hours) for order in permutations(range(5)))
    assert waited(queue_order(cost, hours), cost, hours) == least


@pytest.mark.parametrize("seed", SEEDS)
def test_queue_key_is_the_cheapest_order(seed):
    variant = queue(Draw(seed), None)
    ids = [item.id for item in variant.items]
    cost, hours = ([row[k] for row in variant.sheets[0].rows] for k in (1, 2))
    order = [ids.index(group[0]) for group in variant.key["order"].order]
    least = min(waited(o, cost, hours) for o in permutations(range(5)))
    assert waited(order, cost, hours) == pytest.approx(least)


def test_weekend_is_no_working_day():
    friday, monday, tuesday = 4, 7, 8
    assert working_days(friday, monday) == 1
    assert working_days(friday, tuesday) == 2
    assert working_days(friday, friday) == 0
    assert working_days(0, 7) == 5


@pytest.mark.parametrize("seed", SEEDS)
def test_breach_log_has_an_open_a_late_and_an_excused_one(seed):
    variant = breaches(Draw(seed), None)
    assert len(variant.places) == 6
    assert len(variant.key) == 3
    late = set(variant.key)
    for name in ("calendar", "fresh_too", "quick_too"):
        assert {i for i, tick in variant.traps[name].items() if tick} > late
    for name in ("excused", "repaired", "no_open", "forgot_open"):
        assert {i for i, tick in variant.traps[name].items() if tick} < late


def test_the_limit_is_the_one_that_the_task_states():
    assert breaches(Draw(1), None).words["limit"] == LIMIT == 2
