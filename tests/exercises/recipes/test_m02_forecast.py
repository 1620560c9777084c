"""Forecasts and order priority: each key is reckoned anew from what the trainee sees."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from kamkit.exercises.recipes import m02_duel, m02_fan, m02_new, m02_orders
from kamkit.exercises.variants import Draw
from kamkit.methods.funnel import deal_history
from kamkit.methods.funnel import deals_needed as deals_needed_by_method
from kamkit.methods.projects import order_priority

SEEDS = range(6)


def made(recipe, seed):
    return recipe(Draw(seed), None)


@pytest.mark.parametrize("seed", SEEDS)
def test_error_bias_and_side_of_each_forecast(seed):
    variant = made(m02_duel.duel, seed)
    rows = np.array([row[1:] for row in variant.sheets[0].rows[:-1]], dtype=float)
    total = np.array(variant.sheets[0].rows[-1][1:], dtype=float)
    assert rows.sum(axis=0) == pytest.approx(total)
    for k, way in enumerate(("commit", "weighted", "history"), start=1):
        gap = rows[:, k] - rows[:, 0]
        assert variant.key[f"{way}.wape"].best == pytest.approx(
            np.abs(gap).sum() / total[0], rel=1e-4
        )
        assert variant.key[f"{way}.bias"].best == pytest.approx(gap.sum() / total[0], rel=1e-3)
        above = int((gap > 0).sum())
        side = "high" if above >= 5 else "low" if above <= 1 else "none"
        assert variant.key[f"{way}.side"].best == side
    errors = {w: variant.key[f"{w}.wape"].best for w in ("weighted", "history")}
    assert all(e > abs(variant.key[f"{w}.bias"].best) + 0.005 for w, e in errors.items())


@pytest.mark.parametrize("seed", SEEDS)
def test_people_are_sorted_by_what_the_sheet_shows(seed):
    variant = made(m02_duel.calibrated, seed)
    names = {item.text.zh: item.id for item in variant.items}
    people: dict[str, list[tuple]] = {}
    for who, *row in variant.sheets[0].rows:
        people.setdefault(names[who["zh"]], []).append(tuple(row))
    for person, rows in people.items():
        above = any(p > high for p, _, _, _, high in rows)
        below = any(p < low for p, _, _, low, _ in rows)
        style = {(1, 1): "extreme", (1, 0): "hopeful", (0, 1): "careful"}.get((above, below))
        if sum(n for _, n, _, _, _ in rows) < 12:
            style = "few"
        elif style is None:
            style = "flat" if len(rows) == 1 else "honest"
        assert variant.key[person].best == style
        assert all(round(p, 2) not in (low, high) for p, _, _, low, high in rows)


@pytest.mark.parametrize("seed", SEEDS)
def test_fan_by_counting_endings(seed):
    variant = made(m02_fan.read_fan, seed)
    deals = [(row[1], row[2]) for row in variant.sheets[0].rows]
    found = []
    for ends in product((0, 1), repeat=4):
        chance = np.prod([p if won else 1 - p for won, (_, p) in zip(ends, deals, strict=True)])
        found.append((sum(won * v for won, (v, _) in zip(ends, deals, strict=True)), chance))
    sums, chances = map(np.array, zip(*sorted(found), strict=True))
    upto = chances.cumsum()
    for name, level in (("p10", 0.1), ("p50", 0.5), ("p90", 0.9)):
        assert variant.key[f"{name}.amount"].best == sums[np.argmax(upto >= level)]
    assert variant.key["mean.amount"].best not in sums
    assert variant.key["mean.amount"].best == pytest.approx(sums @ chances)
    target = variant.words["target"]["value"]
    assert variant.key["target.chance"].best == pytest.approx(
        chances[sums >= target].sum(), abs=1e-5
    )
    shown = [row[1] for row in variant.sheets[1].rows]
    assert shown == sorted(shown)
    assert variant.sheets[1].rows[-1][3] == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_two_endings_are_counted_and_the_naive_curves_exceed_one(seed):
    variant = made(m02_fan.two_curves, seed)
    rows = [row[1:] for row in variant.sheets[0].rows]
    n = rows[0][0]
    won, lost = sum(r[1] for r in rows), sum(r[2] for r in rows)
    best = {e: variant.key[f"{e}.share"].best for e in ("won", "lost", "open")}
    assert best == pytest.approx({"won": won / n, "lost": lost / n, "open": (n - won - lost) / n})
    naive = 1 - np.prod([1 - r[1] / r[0] for r in rows])
    assert variant.traps["naive"]["won.share"] == pytest.approx(naive)
    assert variant.words["both"]["value"] > 1


@pytest.mark.parametrize("seed", SEEDS)
def test_plain_means_of_new_business_are_accepted(seed):
    variant = made(m02_new.new_business, seed)
    new = [row[3] for row in variant.sheets[0].rows]
    accept, pipeline = variant.key["value"], variant.words["pipeline"]["value"]
    for part in (new, new[-4:]):
        assert accept.low <= pipeline + float(np.mean(part)) <= accept.high
    assert all(not accept.low <= t["value"] <= accept.high for t in variant.traps.values())
    old = [row[2] for row in variant.sheets[0].rows]
    assert 0.9 * min(old) < pipeline < 1.1 * max(old)


def history_of(rows, left, amount):
    """The quotations of the sheet as deals of a ladder of one stage."""
    n, early, late = rows[3][1], rows[4][1], rows[5][1]
    days = [left - 15] * early + [left + 40] * late + [left - 30] * (n - early - late)
    start = pd.Timestamp("2024-01-01")
    deals = pd.DataFrame(
        {
            "opportunity_id": [f"O{k}" for k in range(n)],
            "created_on": start,
            "closed_on": start + pd.to_timedelta(days, "D"),
            "status": ["won"] * (early + late) + ["lost"] * (n - early - late),
            "stage": "quote",
            "amount": amount,
        }
    )
    events = pd.DataFrame(
        {"opportunity_id": deals["opportunity_id"], "stage": "quote", "entered_on": start}
    )
    return deal_history(deals, events, ladder=["quote"], as_of="2025-10-01")


@pytest.mark.parametrize("seed", range(3))
def test_deals_needed_as_by_the_method(seed):
    variant = made(m02_new.deals_needed, seed)
    rows, left = variant.sheets[0].rows, variant.words["left"]
    amount, gap = rows[6][2], rows[0][2] - rows[1][2] - rows[2][2]
    assert variant.key["gap.amount"].best == gap
    by_date = pd.Timestamp("2025-10-01") + pd.Timedelta(days=left)
    found = deals_needed_by_method(
        history_of(rows, left, amount), gap, by_date, draws=400
    ).stages.iloc[0]
    assert variant.key["need.count"].best == int(np.ceil(found["needed_expected"]))
    short = found["p_by_date"] < 0.5 * found["p_ever"]
    assert variant.key["time.fits"].best == ("short" if short else "enough")
    assert found["needed_p80"] > found["needed_expected"]


@pytest.mark.parametrize("seed", SEEDS)
def test_orders_above_the_line_are_the_best_set(seed):
    variant = made(m02_orders.rank_orders, seed)
    ids = {item.text.zh: item.id for item in variant.items}
    table = pd.DataFrame(
        [(ids[r[0]["zh"]], *r[1:]) for r in variant.sheets[0].rows],
        columns=["opportunity_id", "amount", "p", "p_without", "effort_hours"],
    )
    found = order_priority(table, capacity=variant.words["capacity"], draws=0).deals
    order = [i for group in variant.key["order"].order for i in group]
    above = order[: order.index("line")]
    assert set(above) == set(found.loc[found["chosen"], "opportunity_id"])
    rate = found.set_index("opportunity_id")["per_hour"]
    for group in variant.key["order"].order:
        if group != ("line",):
            assert rate[list(group)].min() >= 0.9 * rate[list(group)].max() - 1e-9
    firsts = [max(rate[i] for i in g) for g in variant.key["order"].order if g != ("line",)]
    assert firsts == sorted(firsts, reverse=True)
