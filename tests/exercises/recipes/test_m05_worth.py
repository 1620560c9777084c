"""Matrix, hours, wallet, lifetime, returns, alarms: reckoned anew from what the trainee sees."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.exercises.recipes import m05_matrix, m05_record, m05_return, m05_serve, m05_worth
from kamkit.exercises.variants import Draw
from kamkit.schemes import selection

SEEDS = range(8)


def rows_of(variant, sheet=0):
    """Rows of a sheet by item id."""
    rows = {row[0]["zh"]: row[1:] for row in variant.sheets[sheet].rows}
    return {item.id: rows[item.text.zh] for item in variant.items}


def made(recipe, seed):
    return recipe(Draw(seed), None)


def test_the_tables_share_no_factor_and_are_told_in_full():
    for seed in SEEDS:
        variant = made(m05_matrix.sort_factors, seed)
        assert [a.best for a in variant.key.values()] == ["one"] * 4 + ["two"] * 3 + ["neither"] * 2
        assert len({item.text.zh for item in variant.items}) == 9
    wanted = selection("attractiveness").criteria
    assert variant.words["all_one"]["en"].count(",") == len(wanted) - 1
    assert variant.words["all_two"]["en"].count(",") == 5


@pytest.mark.parametrize("seed", SEEDS)
def test_boxes_by_the_average_line_and_the_best_rival(seed):
    variant = made(m05_matrix.place_in_matrix, seed)
    one, two = rows_of(variant), rows_of(variant, 1)
    totals = {}
    for i, (_, *pairs, total) in one.items():
        scores = [int(n) for pair in pairs for n in pair.split(" / ")]
        totals[i] = np.mean(scores)
        assert total == pytest.approx(totals[i], abs=0.006)
    line = np.mean(list(totals.values()))
    names = {(1, 1): "key", (1, 0): "key_development", (0, 1): "maintenance",
             (0, 0): "opportunistic"}  # fmt: skip
    for i, (us, *rivals) in two.items():
        box = names[(int(totals[i] >= line), int(us >= max(rivals)))]
        assert variant.key[i].best == box
        assert variant.key[i].any[0] == box


@pytest.mark.parametrize("seed", SEEDS)
def test_hours_add_up_and_respect_floor_and_points(seed):
    variant = made(m05_matrix.share_hours, seed)
    best = {i: a.best for i, a in variant.key.items()}
    assert sum(best.values()) == 100
    assert min(best.values()) >= 5
    assert best["key1"] > best["dev1"] > best["main1"] >= best["main2"] > best["opp1"]
    for accept in variant.key.values():
        assert accept.low <= accept.best <= accept.high
    for trap in variant.traps.values():
        assert sum(trap.values()) == pytest.approx(100)
    lows, highs = ([getattr(a, end) for a in variant.key.values()] for end in ("low", "high"))
    assert sum(lows) < 100 < sum(highs)


@pytest.mark.parametrize("seed", SEEDS)
def test_wallet_share_and_room_over_known_spend(seed):
    variant = made(m05_worth.wallet_share, seed)
    known = [r[1:] for r in variant.sheets[0].rows if r[3] is not None]
    sales, low, base, high = (sum(c) for c in zip(*known, strict=True))
    assert variant.key["value"].best == pytest.approx(sales / base, abs=1e-6)
    assert variant.words["low"]["value"] == pytest.approx(sales / high, abs=0.001)
    assert variant.words["high"]["value"] == pytest.approx(sales / low, abs=0.001)
    room = made(m05_worth.safe_room, seed)
    known = [r[1:] for r in room.sheets[0].rows if r[3] is not None]
    assert room.key["value"].best == pytest.approx(sum(r[1] - r[0] for r in known))


@pytest.mark.parametrize("seed", SEEDS)
def test_lifetime_value_is_the_sum_of_many_years(seed):
    variant = made(m05_worth.life_value, seed)
    words = variant.words
    kept, rate = words["kept"] / words["n"], words["discount"]["value"]
    years = np.arange(1, 400)
    by_hand = (words["margin"]["value"] * (kept / (1 + rate)) ** years).sum()
    assert variant.key["value"].best == pytest.approx(by_hand, rel=1e-6)
    undiscounted = (words["margin"]["value"] * kept**years).sum()
    assert variant.traps["undiscounted"]["value"] == pytest.approx(undiscounted, rel=1e-6)
    assert words["value_low"]["value"] < by_hand < words["value_high"]["value"]


@pytest.mark.parametrize("seed", SEEDS)
def test_lifetime_groups_hold_overlapping_years(seed):
    variant = made(m05_worth.rank_by_life, seed)
    years = {i: row[1:] for i, row in rows_of(variant).items()}
    order = variant.key["order"].order
    means = [np.mean(years[i]) for group in order for i in group]
    assert means == sorted(means, reverse=True)
    for before, after in zip(order, order[1:], strict=False):
        assert max(years[after[0]]) < min(years[before[0]])
    for group in order:
        assert all(max(years[i]) >= min(years[group[0]]) for i in group)


@pytest.mark.parametrize("seed", range(16))
def test_premium_by_both_averages(seed):
    variant = made(m05_worth.judge_premium, seed)
    sales, profit = np.array([r[1:] for r in variant.sheets[0].rows], float).T
    rates = profit / sales
    above = [rates[0] >= profit.sum() / sales.sum(), rates[0] >= rates.mean()]
    wanted = "above" if all(above) else "depends" if any(above) else "below"
    assert variant.key["choice"].best == wanted


@pytest.mark.parametrize("seed", SEEDS)
def test_returns_of_both_sides(seed):
    variant = made(m05_return.both_sides, seed)
    columns = list(zip(*(r[1:3] for r in variant.sheets[0].rows), strict=True))
    for side, (outlay, *benefit) in zip(("us", "customer"), columns, strict=True):
        outlay = -outlay
        assert variant.key[f"{side}.roi"].best == pytest.approx(sum(benefit) / outlay - 1, abs=1e-6)
        left, years = outlay, 0.0
        for income in benefit:
            years += min(1.0, left / income)
            left = max(0.0, left - income)
        assert left == 0
        assert variant.key[f"{side}.payback"].best == pytest.approx(years, abs=1e-5)
        worth = sum(b / 1.12**k for k, b in enumerate(benefit, 1)) - outlay
        assert variant.key[f"{side}.verdict"].best == ("pays" if worth >= 0 else "does_not")
    assert {variant.key[f"{s}.verdict"].best for s in ("us", "customer")} == {"pays", "does_not"}


@pytest.mark.parametrize("seed", SEEDS)
def test_alarms_from_the_yearly_figures(seed):
    variant = made(m05_return.alarms, seed)
    count, new, lost = (r[1:] for r in variant.sheets[0].rows)
    _, income, spent = (r[1:] for r in variant.sheets[1].rows)
    rings = set()
    for k in (1, 2):
        assert count[k] == count[k - 1] + new[k] - lost[k]
        if count[k] > count[k - 1]:
            rings |= {f"t{k}"} if income[k] / count[k] < income[k - 1] / count[k - 1] else set()
            rings |= {f"p{k}"} if income[k] < income[k - 1] else set()
    assert spent[0] is None
    rings |= {"d2"} if spent[2] / new[2] > spent[1] / new[1] else set()
    assert set(variant.key) == rings


def own_table():
    names = [f"自有客户{k}" for k in range(7)]
    sales = np.array([90, 60, 40, 30, 20, 15, 10]) * 1e6
    return pd.DataFrame({
        "account_id": names, "name": names, "revenue": sales, "margin": sales * 0.2,
        "cost_to_serve": sales * np.array([0.21, 0.05, 0.19, 0.02, 0.3, 0.1, 0.2]),
        "previous_revenue": [80e6, None, 41e6, 22e6, 20e6, 12e6, 9e6],
        "category_spend": [300e6, 120e6, None, 60e6, 25e6, 90e6, 10e6],
    })  # fmt: skip


def test_own_accounts_take_the_place_of_drawn_ones():
    table = own_table()
    grown = m05_record.like_for_like(Draw(1), table)
    both = table.dropna(subset=["previous_revenue"])
    wanted = both["revenue"].sum() / both["previous_revenue"].sum() - 1
    assert grown.key["value"].best == pytest.approx(wanted, abs=1e-6)
    wallet = m05_worth.wallet_share(Draw(1), table)
    known = table.dropna(subset=["category_spend"])
    assert wallet.key["value"].best == pytest.approx(
        known["revenue"].sum() / known["category_spend"].sum(), abs=1e-6
    )
    ranked = m05_serve.rank_by_profit(Draw(1), table)
    assert ranked.key["order"].order[0][0] == "b"
    assert {i.text.zh for i in ranked.items} == set(table["name"])


def test_too_few_known_figures_fall_back_to_drawn_accounts():
    table = own_table().assign(cost_to_serve=None)
    ranked = m05_serve.rank_by_profit(Draw(1), table)
    assert ranked == m05_serve.rank_by_profit(Draw(1), None)
