"""Rules, clashes, projects, audits, reviews: keys recomputed from what the trainee sees."""

from __future__ import annotations

import pandas as pd
import pytest

from kamkit.exercises.bank import load_exercise, make_variant
from kamkit.exercises.check import check
from kamkit.exercises.recipes import (
    m01_audit,
    m01_clash,
    m01_own_audit,
    m01_projects,
    m01_review,
    m01_rules,
)
from kamkit.exercises.variants import Draw
from kamkit.methods.selection import self_audit
from kamkit.schemes import kam_functions

SEEDS = range(10)


def by_hand(sales: float, level: object, gates: int) -> str:
    """The elevator rule as written, from a row of the sheet."""
    if gates == 5:
        return "strategic"
    if gates >= 3 or (isinstance(level, dict) and sales >= 5e6):
        return "open"
    leading, middle = level >= 3.5, 2.5 <= level < 3.5
    if leading:
        return "key" if sales >= 2e7 else "open"
    if sales >= 2e7:
        return "open"
    return "main" if middle and sales >= 5e6 else "general"


@pytest.mark.parametrize("seed", SEEDS)
def test_elevator_rule_from_the_sheet(seed):
    variant = m01_rules.elevator(Draw(seed), None)
    for item, (_, sales, level, gates) in zip(variant.items, variant.sheets[0].rows, strict=True):
        assert variant.key[item.id].best == by_hand(sales, level, gates)
        if gates in (3, 4):
            assert by_hand(sales, level, 0) != "open"  # nothing but the gates leaves it open
    assert variant.words["open_here"] == 4
    assert {a.best for a in variant.key.values()} == {p.id for p in variant.places}


@pytest.mark.parametrize("seed", SEEDS)
def test_review_moves_only_what_ten_percent_cannot_undo(seed):
    variant = m01_rules.annual_review(Draw(seed), None)
    names = {p.text.zh: p.id for p in variant.places}
    for item, row in zip(variant.items, variant.sheets[0].rows, strict=True):
        _, before, sales, level, gates = row
        three = {by_hand(sales * f, level, gates) for f in (0.9, 1.0, 1.1)}
        expected = three.pop() if len(three) == 1 else names[before["zh"]]
        assert variant.key[item.id].best == expected
    assert variant.words["n_edge"] == 2


@pytest.mark.parametrize("seed", SEEDS)
def test_reasons_of_a_clash_show_in_the_verdicts(seed):
    variant = m01_clash.disagreements(Draw(seed), None)
    for item, row in zip(variant.items, variant.sheets[0].rows, strict=True):
        _, _, profit, guide, tiers, types, _ = row
        reason = variant.key[item.id].best
        assert (reason == "loss") == (profit < 0) == (tiers["en"] == "Below zero (BZ)")
        assert (reason == "local") == (types["en"] == "Regional key account")
        assert (reason == "future") == (tiers["en"] == "Most growable (MGC)")
        assert (guide["en"] == "Ordinary") == (reason in ("loss", "local", "future"))
        reads_as_key = variant.sheets[1].rows[0][1]["en"].split(", ")
        agreed = all(set(said["en"].split(" + ")) & set(reads_as_key) for said in row[3:])
        assert (reason == "agree") == agreed  # no dispute only if all four say yes
    assert 0 <= variant.words["low"]["value"] <= variant.words["agreement"]["value"]


@pytest.mark.parametrize("seed", SEEDS)
def test_project_or_key_account(seed):
    variant = m01_projects.histories(Draw(seed), None)
    median = variant.words["median"]["value"] / 1e6
    assert median * 10 == pytest.approx(round(median * 10))  # round in zh and in en
    for item, row in zip(variant.items, variant.sheets[0].rows, strict=True):
        _, project, orders, years, directed = row
        assert isinstance(directed, dict) == (orders["en"] == "None after the project")
        value = float(project["en"].split()[1]) if "CNY" in project["en"] else 0.0
        large = "services" in project["en"] and value >= median
        count = orders["en"].split()[0]
        follows = count != "None" and int(count) >= 3 and "over 1 " not in orders["en"]
        expected = "project_only" if large else "one_off"
        if large and follows and directed >= 0.5:
            expected = "converted"
        elif not large and years >= 2 and directed >= 0.5:
            expected = "recurring"
        assert variant.key[f"{item.id}.class"].best == expected
        assert variant.key[f"{item.id}.action"].best == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_weakest_functions_are_those_of_the_method(seed):
    variant = m01_audit.weakest(Draw(seed), None)
    rows = []
    for function, row in zip(kam_functions(), variant.sheets[0].rows, strict=True):
        for rater, shown in zip(("sales", "service"), row[3:], strict=True):
            scores = [float(v) for v in shown.split("·")]
            rows += [(f"{function.id}.{i}", rater, s) for i, s in enumerate(scores, 1)]
    audit = self_audit(pd.DataFrame(rows, columns=["point", "rater_id", "score"]))
    assert set(audit.weakest["function"]) == set(variant.key)
    assert len(rows) == 62
    assert variant.words["cut"] == round(audit.weakest["score"].max(), 1)


def test_own_audit_has_every_point():
    variant = m01_own_audit.ratings(Draw(0), None)
    points = {p.id.replace(".", "_") for f in kam_functions() for p in f.points}
    assert {item.id for item in variant.items} == points | {"feel"}
    assert len(points) == 31


@pytest.mark.parametrize("seed", range(6))
def test_an_impression_is_measured_by_the_ratings_of_the_same_answer(seed):
    exercise = load_exercise("m01_own_audit")
    variant = make_variant(exercise, 0)
    draw = Draw(seed)
    rated = {part: float(draw.integer(0, 4)) for _, part in m01_own_audit.points()}
    of = {f.id: [rated[m01_own_audit.part_of(p.id)] for p in f.points] for f in kam_functions()}
    means = {f: sum(v) / len(v) for f, v in of.items()}
    third = sorted(means.values())[2], sorted(means.values())[-3]
    mean = sum(means.values()) / len(means)
    bands = {f"b{k}" for k in range(4) if k - 0.1 <= mean <= k + 1.1}
    for name, value in means.items():
        felt = {"feel.weakest": name, "feel.strongest": name, "feel.band": "b0"}
        right = check(exercise, variant, {"parts": {**rated, **felt}}).right
        assert right["feel.weakest"] == (value <= third[0])
        assert right["feel.strongest"] == (value >= third[1])
        assert right["feel.band"] == ("b0" in bands)
        assert all(right[part] == 1 for part in rated)


def test_an_impression_is_not_judged_before_all_is_rated():
    exercise = load_exercise("m01_own_audit")
    variant = make_variant(exercise, 0)
    some = {part: "2" for _, part in m01_own_audit.points()[:30]}
    outcome = check(exercise, variant, {"parts": {**some, "feel.weakest": "plan"}})
    assert "feel.weakest" not in outcome.right
    assert outcome.mistakes == ("unfinished",)
    assert m01_own_audit.verdict({}) is None


@pytest.mark.parametrize("seed", SEEDS)
def test_approvals_stop_at_the_first_no(seed):
    variant = m01_review.approvals(Draw(seed), None)
    found = [a.best for a in variant.key.values()]
    for item, row in zip(variant.items, variant.sheets[0].rows, strict=True):
        _, old, new, reason, signed = row
        best = variant.key[item.id].best
        assert (best == "keep") == (old["en"] == new["en"])
        assert (best == "rule_first") == (new["en"] == "not decided by the rule")
        if best in ("approve", "wait"):
            assert reason["en"] != "(blank)"
            assert (best == "approve") == (signed["en"] != "–")
    assert {"keep", "return", "wait", "rule_first", "approve"} == set(found)


@pytest.mark.parametrize("seed", SEEDS)
def test_groups_add_up(seed):
    variant = m01_review.rollup(Draw(seed), None)
    sums: dict[str, float] = {}
    for _, group, sales in variant.sheets[0].rows:
        sums[group["zh"]] = sums.get(group["zh"], 0.0) + sales
    names = {item.id: item.text.zh for item in variant.items}
    order = [names[i] for (i,) in variant.key["order"].order]
    assert order == sorted(sums, key=lambda g: -sums[g])
    assert len(set(sums.values())) == 5


@pytest.mark.parametrize("seed", SEEDS)
def test_codes_are_labels(seed):
    variant = m01_review.codes(Draw(seed), None)
    for item, row in zip(variant.items, variant.sheets[0].rows, strict=True):
        _, buys, first, months, orders, amount, code = row
        assert (first <= months + 2) == (variant.key[item.id].best == "newcomer")
        r, f, m = (int(c) for c in code)
        best = variant.key[item.id].best
        assert (best == "framework") == buys["en"].startswith("Three-year")
        if best == "win_back":
            assert r <= 2 and f == 5 and m == 5
        if best == "framework":
            assert months >= 7 and orders == 1 and amount >= 9e6 and r + f + m <= 8
        if best == "small":
            assert f == 5 and m == 1
