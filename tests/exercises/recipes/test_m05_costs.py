"""Cost, boxes and loss-makers: each key is reckoned anew from what the trainee sees."""

from __future__ import annotations

import numpy as np
import pytest

from kamkit.exercises.recipes import m05_boxes, m05_loss, m05_pnl, m05_record, m05_serve
from kamkit.exercises.variants import Draw

SEEDS = range(8)


def shown(variant, sheet=0):
    """Rows of a sheet by the Chinese name in their first cell."""
    return {row[0]["zh"]: row[1:] for row in variant.sheets[sheet].rows}


def by_item(variant, sheet=0):
    """Rows of a sheet by item or box id."""
    rows = shown(variant, sheet)
    return {thing.id: rows[thing.text.zh] for thing in variant.items or variant.places}


def made(recipe, seed):
    return recipe(Draw(seed), None)


@pytest.mark.parametrize("seed", SEEDS)
def test_pool_shared_by_revenue_and_by_hours(seed):
    variant = made(m05_pnl.allocate_two_rules, seed)
    rows, pool = by_item(variant), variant.words["pool"]["value"]
    sales, hours = sum(r[0] for r in rows.values()), sum(r[2] for r in rows.values())
    for i, (revenue, direct, worked) in rows.items():
        nets = [revenue - direct - pool * part for part in (revenue / sales, worked / hours)]
        key = variant.key
        assert [key[f"{i}.by_revenue"].best, key[f"{i}.by_hours"].best] == pytest.approx(nets)
        signs = {(1, 1): "both", (1, 0): "by_revenue", (0, 1): "by_hours", (0, 0): "neither"}
        assert key[f"{i}.verdict"].best == signs[(int(nets[0] >= 0), int(nets[1] >= 0))]


@pytest.mark.parametrize("seed", SEEDS)
def test_losses_that_stand_are_negative_in_every_column(seed):
    variant = made(m05_pnl.losses_that_stand, seed)
    rows = by_item(variant)
    assert set(variant.key) == {i for i, nets in rows.items() if max(nets) < 0}
    assert {i for i, v in variant.traps["any_rule"].items() if v} == {
        i for i, nets in rows.items() if min(nets) < 0
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_questions_follow_the_gaps(seed):
    variant = made(m05_record.five_questions, seed)
    n = variant.words["n_all"]
    revenue, direct, indirect, potential, years, kind = (r[1] for r in variant.sheets[0].rows)

    def answer(*complete):
        return "now" if min(complete) == n else "ask" if max(complete) == 0 else "part"

    assert {q: a.best for q, a in variant.key.items()} == {
        "total_income": answer(revenue),
        "cost_to_serve": answer(indirect),
        "estimated_profit": "part",
        "growth_potential": answer(potential, years),
        "orientation": answer(kind),
    }
    # Indirect cost lacks other accounts than revenue and direct cost do.
    assert variant.words["m_profit"] == n - indirect + n - min(revenue, direct)


@pytest.mark.parametrize("seed", SEEDS)
def test_growth_counts_accounts_with_both_years(seed):
    variant = made(m05_record.like_for_like, seed)
    both = [r[1:] for r in variant.sheets[0].rows if None not in r]
    last, now = (sum(column) for column in zip(*both, strict=True))
    assert variant.key["value"].best == pytest.approx(now / last - 1, abs=1e-6)
    assert variant.words["n"] == len(both) < variant.words["n_all"]


@pytest.mark.parametrize("seed", SEEDS)
def test_boxes_follow_the_medians(seed):
    variant = made(m05_boxes.place_in_boxes, seed)
    rows = by_item(variant)
    amount = variant.words["basis"]["en"] == "money"
    profit = {i: (g - c) / (1 if amount else s) for i, (s, g, c) in rows.items()}
    middle = np.median([r[0] for r in rows.values()]), np.median(list(profit.values()))
    for i, row in rows.items():
        wanted = f"{'high' if row[0] >= middle[0] else 'low'}_sales_"
        wanted += f"{'high' if profit[i] >= middle[1] else 'low'}_profit"
        assert variant.key[i].best == wanted
        turns = 0.1 * row[2] / (1 if amount else row[0]) >= abs(profit[i] - middle[1])
        assert len(variant.key[i].any) == 1 + int(turns)


@pytest.mark.parametrize("seed", SEEDS)
def test_actions_follow_the_fixed_lines(seed):
    variant = made(m05_boxes.act_on_boxes, seed)
    lines = variant.words["sales_line"]["value"], variant.words["profit_line"]["value"]
    actions = {(1, 1): "grow_protect", (1, 0): "reprice_or_cut_cost", (0, 1): "grow_volume",
               (0, 0): "shrink_or_exit"}  # fmt: skip
    for i, (sales, profit) in by_item(variant).items():
        assert variant.key[i].best == actions[(int(sales >= lines[0]), int(profit >= lines[1]))]


@pytest.mark.parametrize("seed", SEEDS)
def test_shaky_boxes_change_with_a_line_or_the_measure(seed):
    variant = made(m05_boxes.firm_boxes, seed)
    rows = by_item(variant)
    ids = list(rows)
    sales, profit, _ = np.array([rows[i] for i in ids], float).T

    def boxes(values, x, y):
        return list(zip(sales >= x, values >= y, strict=True))

    x, y = np.median(sales), np.median(profit)
    cases = [(profit, x * 0.9, y), (profit, x * 1.1, y), (profit, x, y * 0.9), (profit, x, y * 1.1)]
    cases.append((profit / sales, x, np.median(profit / sales)))
    base = boxes(profit, x, y)
    moved = {i for case in cases for i, a, b in zip(ids, base, boxes(*case), strict=True) if a != b}
    assert set(variant.key) == moved


def remedy(revenue, gross, costs, level):
    """Rise, cause and proposal in the order of the policy, written out."""
    loss = sum(costs) - gross
    excess = [c - revenue * share for c, share in zip(costs, level, strict=True)]
    cause = "direct_cost" if gross <= 0 else m05_loss.DRIVERS[int(np.argmax(excess))]
    if cause != "direct_cost" and max(excess) >= loss:
        return loss / revenue, cause, "convert"
    if loss / revenue <= 0.05 or cause == "direct_cost":
        return loss / revenue, cause, "reprice"
    return loss / revenue, cause, "minimise" if loss / sum(costs) <= 0.30 else "exit"


@pytest.mark.parametrize("seed", SEEDS)
def test_remedies_follow_the_policy(seed):
    variant = made(m05_loss.propose, seed)
    level = variant.sheets[1].rows[0][1:]
    for i, (revenue, gross, *costs) in by_item(variant).items():
        rise, cause, proposal = remedy(revenue, gross, costs, level)
        assert variant.key[f"{i}.rise"].best == pytest.approx(rise, abs=1e-5)
        assert variant.key[f"{i}.cause"].best == cause
        assert variant.key[f"{i}.proposal"].best == proposal


@pytest.mark.parametrize("seed", SEEDS)
def test_the_cause_is_not_the_dearest_item(seed):
    variant = made(m05_loss.name_the_cause, seed)
    ((_, revenue, gross, *costs),) = variant.sheets[0].rows
    _, cause, _ = remedy(revenue, gross, costs, variant.sheets[1].rows[0][1:])
    assert variant.key["text"].like == tuple(m05_loss._SAID_AS[cause])
    assert cause != m05_loss.DRIVERS[int(np.argmax(costs))] == "site"


def test_debate_and_memo_hold_the_same_figures_as_their_sheet():
    for recipe in (m05_loss.debate, m05_loss.memo):
        for seed in SEEDS:
            variant = made(recipe, seed)
            ((_, revenue, gross, *costs),) = variant.sheets[0].rows
            loss = sum(costs) - gross
            assert variant.words["loss"]["value"] == pytest.approx(loss, abs=500)
            assert variant.words["rise"]["value"] == pytest.approx(loss / revenue, abs=0.001)
            assert variant.words["cut"]["value"] == pytest.approx(loss / sum(costs), abs=0.001)


@pytest.mark.parametrize("seed", SEEDS)
def test_signs_hold_when_rates_are_a_tenth_off(seed):
    variant = made(m05_serve.sign_sure, seed)
    for i, (gross, cost) in by_item(variant).items():
        sign = "loss" if gross < 0.9 * cost else "profit" if gross > 1.1 * cost else "cannot_tell"
        assert variant.key[i].best == sign


@pytest.mark.parametrize("seed", SEEDS)
def test_ranking_by_profit_after_service(seed):
    variant = made(m05_serve.rank_by_profit, seed)
    rates = list(m05_serve.RATES.values())
    rows = {i: (r[1], sum(n * rate for n, rate in zip(r[2:], rates, strict=True)))
            for i, r in by_item(variant).items()}  # fmt: skip
    income = {i: gross - cost for i, (gross, cost) in rows.items()}
    flat = [i for group in variant.key["order"].order for i in group]
    assert flat == sorted(income, key=lambda i: -income[i])
    for group in variant.key["order"].order:
        leader = income[group[0]] - 0.1 * rows[group[0]][1]
        assert all(income[i] + 0.1 * rows[i][1] >= leader for i in group)


@pytest.mark.parametrize("seed", SEEDS)
def test_value_classes_in_the_order_of_the_rule(seed):
    variant = made(m05_serve.classify_value, seed)
    rows = by_item(variant)
    profit = {i: gross - cost for i, (_, gross, cost, _) in rows.items()}
    top = sorted(profit, key=lambda i: -profit[i])[:2]
    for i, (*_, need) in rows.items():
        if i in top:
            wanted = ("mvc",)
        elif profit[i] < 0:
            wanted = ("bz", "mgc") if need >= 4 else ("bz",)
        else:
            wanted = ("mgc",) if need >= 4 else ("others",)
        assert variant.key[i].any == wanted


@pytest.mark.parametrize("seed", SEEDS)
def test_the_deepest_loss_is_none_that_stands(seed):
    variant = made(m05_pnl.losses_that_stand, seed)
    rows = by_item(variant)
    assert min(rows, key=lambda i: min(rows[i])) not in variant.key
    assert min(rows, key=lambda i: sum(rows[i])) not in variant.key
    (deepest,) = (i for i, on in variant.traps["deepest"].items() if on)
    assert deepest == min(rows, key=lambda i: min(rows[i]))


@pytest.mark.parametrize("seed", SEEDS)
def test_one_cause_has_to_be_named_alone(seed):
    accept = made(m05_loss.name_the_cause, seed).key["text"]
    assert not set(accept.like) & set(accept.unlike)
    assert "工程师" in accept.unlike
