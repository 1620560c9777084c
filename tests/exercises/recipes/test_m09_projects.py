"""Large projects, bids and contracts: each key is reckoned anew, by the method or by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from kamkit.exercises.recipes import m09_bids, m09_gates
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw
from kamkit.methods.projects import (
    bid_economics,
    contract_check,
    gate_review,
    late_change,
    skills_audit,
)
from kamkit.schemes import load_question_set

SEEDS = range(6)


def made(recipe, seed):
    return recipe(Draw(seed), None)


def states_of(variant):
    return {k.removesuffix(".known"): a.best for k, a in variant.key.items() if "known" in k}


def answers(states, **more):
    rows = {"unknown": ("unknown", "none"), "no": ("no", "document")}
    table = [(q, *rows.get(s, ("yes", s))) for q, s in states.items()]
    return pd.DataFrame(table, columns=["question", "answer", "evidence"]).assign(**more)


@pytest.mark.parametrize("seed", SEEDS)
def test_verdict_of_the_whole_question_set(seed):
    variant = made(m09_gates.gate, seed)
    questions = load_question_set("gates_large_project")
    found = gate_review(answers(states_of(variant)), questions, phase="position").decision.iloc[0]
    assert variant.key["decision.verdict"].best == found["decision"]
    assert variant.words["missing"] == found["missing"]


@pytest.mark.parametrize("seed", range(3))
def test_weakest_skill_by_the_audit(seed):
    variant = made(m09_gates.gate, seed)
    weak = variant.key["skill.weakest"].best
    ids = load_question_set("four_skills").question_ids
    skills = {s: "no" if s == weak else "document" for s in ids}
    audit = skills_audit(answers(skills, project_id="P"), load_question_set("four_skills"))
    assert audit.loc[audit["weakest"] & (audit["project_id"] == "P"), "group"].tolist() == [weak]
    shown = [row[1] for row in variant.sheets[1].rows]
    assert pool("m09_facts")["skills"][weak]["no"] in shown


def test_plain_rule_agrees_with_the_method():
    for seed in range(24):
        draw = Draw(seed)
        states = m09_gates._drawn_states(draw, draw.choice(("go", "hold", "stop")))
        assert m09_gates._quick(states) == m09_gates.decided(states)["decision"]


@pytest.mark.parametrize("seed", SEEDS)
def test_knowing_is_worth_the_loss_that_it_avoids(seed):
    variant = made(m09_gates.viability, seed)
    names = {item.text.zh: item.id for item in variant.items}
    net = {}
    for name, p, _, no, ask in variant.sheets[0].rows:
        question = names[name["zh"]]
        value = (1 - p) * max(0.0, -no)
        accept = variant.key[f"{question}.worth"]
        assert accept.low <= value <= accept.high
        net[question] = value - ask
    assert variant.key["first.ask"].best == max(net, key=net.get)


@pytest.mark.parametrize("seed", SEEDS)
def test_clauses_by_the_contract_check(seed):
    variant = made(m09_gates.contract, seed)
    facts = pool("m09_facts")["contract"]
    rows, clause = [], {}
    for item in variant.items:
        name = next(c for c, told in facts.items() if told["name"]["zh"] == item.text.zh)
        clause[item.id] = name
        state = next(s for s, t in facts[name].items() if t["zh"] == item.detail.zh)
        answer = state if state in ("partly", "no", "unknown") else "yes"
        rows.append((name, answer, "client" if state == "client" else "document"))
    said = pd.DataFrame(rows, columns=["question", "answer", "evidence"])
    check = contract_check(said, load_question_set("contract_three_steps"))
    must = dict(zip(check.risks["question"], check.risks["must"], strict=True))
    for part, accept in variant.key.items():
        gap = must.get(clause[part])
        right = "ok" if gap is None else "must" if gap else "line"
        assert accept.best == right


@pytest.mark.parametrize("seed", range(12))
def test_bid_by_hand_and_by_the_method(seed):
    variant = made(m09_bids.bid, seed)
    _, margin, spent, cost, p, low, high = (
        row[1] if row[1] is not None else row[2] for row in variant.sheets[0].rows
    )
    line = cost / margin
    assert variant.key["line.chance"].best == pytest.approx(line, abs=1e-5)
    assert variant.key["gain.amount"].best == pytest.approx(p * margin - cost)
    simple = "bid" if low > line else "no_bid" if high < line else "cannot_tell"
    assert variant.key["decision.verdict"].best == simple
    bid = pd.DataFrame(
        {"bid_id": ["b"], "p": p, "p_low": low, "p_high": high, "margin_amount": margin,
         "pursuit_cost": cost, "spent": spent}
    )  # fmt: skip
    assert bid_economics(bid, draws=20_000).bids["decision"].tolist() == [simple]


@pytest.mark.parametrize("seed", SEEDS)
def test_option_with_the_highest_weighted_points(seed):
    variant = made(m09_bids.change, seed)
    weights, *rows = (row[1:] for row in variant.sheets[1].rows)
    names = {p.text.zh: p.id for p in variant.places}
    scores = {
        names[name["zh"]]: sum(w * x for w, x in zip(weights, row, strict=True)) / 100
        for (name, *_), row in zip(variant.sheets[1].rows[1:], rows, strict=True)
    }
    accept = variant.key["choice"]
    assert max(scores, key=scores.get) == accept.best
    table = pd.DataFrame(
        [(names[r[0]["zh"]], *r[1:]) for r in variant.sheets[0].rows],
        columns=["option", "value", "cost", "time", "relationship"],
    )
    criteria = ("value", "cost", "time", "relationship")
    found = late_change(table, weights=dict(zip(criteria, weights, strict=True)))
    options = found.options.set_index("option")
    assert options["rank"].idxmin() == accept.best
    assert all(options.loc[o, "dominated_by"] == "" for o in accept.any)
