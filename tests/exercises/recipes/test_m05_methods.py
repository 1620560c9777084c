"""What the recipes reckon quickly is what the methods of the lesson return."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.exercises.recipes import (
    m05_boxes,
    m05_loss,
    m05_matrix,
    m05_pnl,
    m05_record,
    m05_return,
    m05_serve,
)
from kamkit.exercises.recipes.m05_base import WAN, YEAR
from kamkit.exercises.variants import Draw
from kamkit.methods.portfolio import (
    account_pnl,
    allocate_indirect,
    attractiveness,
    attractiveness_strength,
    cost_to_serve,
    customer_returns,
    dispositions,
    four_box,
    number_quality,
    portfolio_questions,
    relative_strength,
)

SEEDS = range(6)


def drivers(ids, names, costs):
    return pd.DataFrame({
        "account_id": np.repeat(ids, len(names)), "year": YEAR, "driver": list(names) * len(ids),
        "quantity": np.asarray(costs, float).ravel(), "rate": 1.0,
    })  # fmt: skip


def booked(ids, revenue, contribution, indirect=None):
    years = pd.DataFrame({"account_id": ids, "year": YEAR, "revenue": revenue})
    years["direct_cost"] = years["revenue"] - contribution
    return years if indirect is None else years.assign(indirect_cost=indirect)


@pytest.mark.parametrize("seed", SEEDS)
def test_two_rules_are_those_of_the_allocation(seed):
    drawn = m05_pnl._three(Draw(seed))
    ids = ["a", "b", "c"]
    done = allocate_indirect(
        booked(ids, drawn["revenue"], drawn["contribution"]),
        year=YEAR, rules=["revenue", "drivers"], pool=drawn["pool"],
        cost_drivers=drivers(ids, ["hour"], drawn["hours"]),
    ).amounts  # fmt: skip
    for rule, ours in (("revenue", "revenue"), ("drivers", "hours")):
        found = done.loc[done["rule"] == rule, "net_income"]
        assert found.tolist() == pytest.approx(drawn["nets"][ours].tolist())


@pytest.mark.parametrize("seed", SEEDS)
def test_three_rules_are_those_of_the_allocation(seed):
    drawn = m05_pnl._six(Draw(seed))
    ids = list("abcdef")
    buyers = np.repeat(ids, drawn["shares"][1])
    orders = pd.DataFrame({"order_id": range(len(buyers)), "account_id": buyers,
                           "date": f"{YEAR}-03-01"})  # fmt: skip
    years = booked(ids, 5 * drawn["contribution"] + 1, drawn["contribution"], drawn["cost"][0])
    done = allocate_indirect(
        years, year=YEAR, rules=["recorded", "orders", "drivers"], orders=orders,
        cost_drivers=drivers(ids, ["hour"], drawn["shares"][2]),
    ).amounts  # fmt: skip
    for rule, net in zip(("recorded", "orders", "drivers"), drawn["net"], strict=True):
        assert done.loc[done["rule"] == rule, "net_income"].tolist() == pytest.approx(net.tolist())


def five_years(gaps):
    """The same files over all five years."""
    n, *missing = gaps
    ids = [f"a{k:02d}" for k in range(n)]
    years = pd.MultiIndex.from_product([ids, range(YEAR - 2, YEAR + 3)]).to_frame(index=False)
    years.columns = pd.Index(["account_id", "year"])
    place = years["account_id"].str[1:].astype(int)
    years["revenue"] = np.where(place < missing[0], np.nan, 9.0)
    years["direct_cost"] = np.where(place < missing[1], np.nan, 6.0)
    years["indirect_cost"] = np.where(place >= n - missing[2], np.nan, 3.0)
    return years


@pytest.mark.parametrize(
    "gaps", [(8, 0, 2, 3, 2, 8, 8), (9, 2, 0, 4, 9, 9, 3), (7, 0, 1, 0, 0, 0, 7)]
)
def test_questions_over_one_year_are_those_over_five(gaps):
    pnl, outlook = m05_record.on_file(gaps)
    quick = portfolio_questions(pnl, outlook=outlook)
    full = portfolio_questions(account_pnl(five_years(gaps), this_year=YEAR), outlook=outlook)
    for column in ("n", "missing"):
        found = [t.groupby(["question", "part"])[column].max().to_dict() for t in (quick, full)]
        assert found[0] == found[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_remedies_are_those_of_the_dispositions(seed):
    draw = Draw(seed)
    rows = m05_loss._losers(draw, ["convert", "reprice", "priced_out", "minimise", "exit"])
    ids = [*"abcde", "rest"]
    served = cost_to_serve(
        booked(ids, rows[:, 0], rows[:, 1]), drivers(ids, m05_loss.DRIVERS, rows[:, 2:]), year=YEAR
    )
    for ours, theirs in zip(
        m05_loss.plans(rows), dispositions(served).to_dict("records"), strict=True
    ):
        for column, value in ours.items():
            expected = theirs[column]
            if not isinstance(value, str):
                expected = pytest.approx(expected, nan_ok=True)
            assert value == expected, column


@pytest.mark.parametrize("seed", SEEDS)
def test_signs_are_those_of_cost_to_serve(seed):
    found = m05_serve._signs(Draw(seed))
    ids = list("abcdef")
    done = cost_to_serve(
        booked(ids, found["revenue"], found["gross"]), drivers(ids, ["s"], found["cost"]), year=YEAR
    ).accounts
    income, slack, signs = m05_serve.served(found)
    assert done["sign"].tolist() == signs
    assert done["operating_income"].tolist() == pytest.approx(income.tolist())
    assert done["income_low"].tolist() == pytest.approx((income - slack).tolist())


@pytest.mark.parametrize("seed", SEEDS)
def test_chances_of_boxes_are_those_of_the_full_tables(seed):
    drawn, ids = m05_matrix._rated(Draw(seed)), list("abcde")
    ratings = pd.DataFrame({
        "account_id": np.repeat(ids, 8), "criterion": np.tile(np.repeat(m05_matrix._FACTORS, 2), 5),
        "rater_id": np.tile(["r1", "r2"], 20), "score": drawn["scores"].ravel(),
    })  # fmt: skip
    totals = pd.DataFrame({
        "account_id": ids * 3, "factor": "total", "supplier": np.repeat(["us", "best", "other"], 5),
        "is_us": np.repeat([True, False, False], 5), "score": drawn["suppliers"].ravel(),
    })  # fmt: skip
    one = attractiveness(ratings, dict.fromkeys(m05_matrix._FACTORS, 1.0))
    full = attractiveness_strength(one, relative_strength(totals, draws=100), draws=400).accounts
    quick = attractiveness_strength(*m05_matrix.scored(ids, drawn), draws=400).accounts
    chances = ["box", "x", "y", "p_key", "p_key_development", "p_maintenance", "p_opportunistic"]
    pd.testing.assert_frame_equal(full[chances], quick[chances])


@pytest.mark.parametrize("seed", SEEDS)
def test_returns_are_those_of_the_method(seed):
    rows = m05_return._flows(Draw(seed))
    book = pd.DataFrame([
        {"account_id": "a", "year": YEAR + k, "side": side, "item": "joint",
         "cost": row[0] if k == 0 else np.nan, "benefit": row[k] if k else np.nan}
        for side, row in zip(m05_return.SIDES, rows, strict=True) for k in range(4)
    ])  # fmt: skip
    done = customer_returns(book, rate=m05_return._RATE).accounts.set_index("side")
    for side, row in zip(m05_return.SIDES, rows, strict=True):
        for column, value in m05_return.returns(row).items():
            assert done.loc[side, column] == pytest.approx(value)
        back = m05_return._payback(row)
        assert done.loc[side, "payback_years"] - 1 == pytest.approx(back, nan_ok=True)


def yearly_books(found):
    """Account-years that add up to the yearly figures: all customers of a year are alike."""
    parts, present, fresh = [], [], 0
    for k in range(3):
        present = present[0 if k == 0 else int(found["lost"][k]) :]
        n = int(found["count"][k])
        added = n - len(present)
        present = [*present, *(f"a{fresh + i:03d}" for i in range(added))]
        fresh += added
        cost = (found["revenue"][k] - found["income"][k]) * WAN / n
        parts.append(booked(present, found["revenue"][k] * WAN / n, 0.0, 0.0).assign(
            year=YEAR - 2 + k, direct_cost=cost))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_alarms_are_those_of_number_and_quality(seed):
    found = m05_return._three_years(Draw(seed))
    spent = pd.DataFrame({"year": range(YEAR - 2, YEAR + 1),
                          "acquisition_cost": found["spent"] * WAN})  # fmt: skip
    done = number_quality(yearly_books(found), acquisition=spent, draws=100).alarms
    box = {"more_but_thinner": "t", "profit_falls_with_growth": "p", "acquisition_dearer": "d"}
    rung = {
        f"{box[a]}{int(y) - YEAR + 2}" for a, y in zip(done["alarm"], done["year"], strict=True)
    }
    assert m05_return.alarms_that_ring(found)["key"] == rung


@pytest.mark.parametrize("seed", SEEDS)
def test_boxes_and_flips_are_those_of_the_four_box(seed):
    draw, ids = Draw(seed), list("abcdef")
    lines = (m05_boxes._SALES_LINE, m05_boxes._PROFIT_LINE)
    for found, given in ((m05_boxes._unsure(draw), None), (m05_boxes._acting(draw), lines)):
        fixed = dict(cut="fixed", sales_cut=given[0], profit_cut=given[1]) if given else {}
        done = four_box(pd.DataFrame({"account_id": ids, **found}), **fixed).accounts
        quick = set().union(*m05_boxes.flips(found, given).values())
        assert [i not in quick for i in range(6)] == done["stable"].tolist()
        if given:
            boxes = [
                m05_boxes._box(sales >= given[0], profit >= given[1])
                for sales, profit in zip(*found.values(), strict=True)
            ]
            assert done["box"].tolist() == boxes
