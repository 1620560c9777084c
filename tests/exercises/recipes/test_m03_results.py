"""Recipes of results and ratings: their quick arithmetic is that of the methods."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.exercises.recipes import m03_decisions, m03_raters, m03_results, m03_scorecard
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw
from kamkit.methods.appraisal import (
    check_change,
    combined_result,
    four_fifths,
    scorecard,
    shrunken_effects,
    territory_adjusted,
)
from kamkit.methods.raters import icc, nine_box, rater_severity

SEEDS = range(4)
MANY = range(200)
IDS = list("abcdefghij")


def zh(cell):
    return cell["zh"]


def best(variant, part):
    return variant.key[part].best


@pytest.mark.parametrize("seed", SEEDS)
def test_severe_rater_is_that_of_the_method(seed):
    variant = m03_raters.severe_rater(Draw(seed), None)
    rows = [
        (zh(row[0]), rater, score)
        for row in variant.sheets[0].rows
        for rater, score in zip("CAB", row[1:], strict=True)
        if score is not None
    ]
    found = rater_severity(pd.DataFrame(rows, columns=["ratee_id", "rater_id", "score"]))
    raters = found.raters.set_index("rater_id")
    ratees = found.ratees.set_index("ratee_id")
    assert best(variant, "c.effect") == pytest.approx(raters["effect"]["C"], abs=1e-5)
    assert best(variant, "a.effect") == pytest.approx(raters["effect"]["A"], abs=1e-5)
    assert variant.words["severity"] == f"{raters['severity']['C']:.2f}"
    x, y = (ratees.loc[zh(variant.words[k])] for k in "xy")
    assert best(variant, "x.adjusted") == pytest.approx(x["adjusted"], abs=1e-5)
    assert best(variant, "y.adjusted") == pytest.approx(y["adjusted"], abs=1e-5)
    assert variant.words["half"] == f"{x['high'] - x['adjusted']:.2f}"
    assert variant.words["half"] == f"{y['high'] - y['adjusted']:.2f}"


@pytest.mark.parametrize("seed", SEEDS)
def test_icc_forms_are_those_of_the_method(seed):
    variant = m03_raters.which_icc(Draw(seed), None)
    draw = Draw(seed)
    table = m03_raters.until(lambda: m03_raters._table(draw), m03_raters._spread, 200)
    forms = icc(pd.DataFrame(table)).forms
    shown = [row[1:] for row in variant.sheets[0].rows]
    np.testing.assert_allclose(shown, forms[["value", "low", "high"]].round(2), atol=1e-9)


def test_designs_cover_all_six_forms():
    forms = [m03_raters.form_of(entry) for entry in pool("m03_designs")["designs"]]
    assert {f: forms.count(f) for f in set(forms)} == dict.fromkeys(m03_raters.FORMS, 2)


@pytest.mark.parametrize("seed", SEEDS)
def test_box_chances_are_those_of_the_method(seed):
    variant = m03_raters.nine_box(Draw(seed), None)
    rows = [
        [*map(float, row[3].split(" ± ")), *map(float, row[5].split(" ± "))]
        if " ± " in str(row[3])
        else [*map(float, row[2].split(" ± ")), *map(float, row[4].split(" ± "))]
        for row in variant.sheets[0].rows
    ]
    columns = ["performance", "performance_se", "potential", "potential_se"]
    people = pd.DataFrame(rows, columns=columns).assign(member_id=IDS[:4])
    found = nine_box(people)
    assert (found["cell"] == found["likely_cell"]).all()
    for name, p, settled in zip("abcd", found["probability"], found["settled"], strict=True):
        assert best(variant, f"{name}.p") == pytest.approx(p, abs=1e-5)
        assert best(variant, f"{name}.say") == ("settled" if settled else "open")


@pytest.mark.parametrize("seed", range(6))
def test_kept_share_and_verdict_are_those_of_the_method(seed):
    variant = m03_results.luck_or_skill(Draw(seed), None)
    rows = variant.sheets[0].rows
    frame = pd.DataFrame(
        [(zh(row[0]), f"2025Q{q}", row[q]) for row in rows for q in range(1, 5)],
        columns=["member_id", "period", "value"],
    )
    found = shrunken_effects(frame)
    members = found.members.set_index("member_id")
    assert members["shrink"].tolist() == pytest.approx([best(variant, "kept.share")] * 8, abs=1e-3)
    name = zh(variant.words["best"])
    level = members["mean"].mean() + members["effect"][name]
    assert best(variant, "best.share") == pytest.approx(level, abs=1e-3)
    assert found.rankable == (best(variant, "verdict.choice") == "groups")


@pytest.mark.parametrize("seed", SEEDS)
def test_expected_sales_are_those_of_the_method(seed):
    draw = Draw(seed)
    land = m03_results._land(draw, "weak")
    expected, p = m03_results.beside_expected(*land)
    found = territory_adjusted(
        pd.DataFrame({"member_id": IDS, "actual": land[0]}),
        pd.DataFrame({"member_id": IDS, "potential": land[1]}),
    ).members
    np.testing.assert_allclose(expected, found["expected"])
    np.testing.assert_allclose(p, found["p_holm"])


def test_factors_are_refused_as_the_exercise_says():
    known = m03_results.controllability()
    results = pd.DataFrame({"member_id": IDS, "actual": range(1, 11)})
    for name in ("visits", "market_share"):
        assert not known[name].allowed
        places = pd.DataFrame({"member_id": IDS, name: range(2, 12)})
        with pytest.raises(KamkitError):
            territory_adjusted(results, places)


@pytest.mark.parametrize("seed", SEEDS)
def test_score_is_that_of_the_method(seed):
    card = m03_scorecard._card(Draw(seed))
    base = {"scope": "member", "scope_id": "M1", "period": "2026"}
    values, targets = (
        pd.DataFrame([base | {"kpi": k, "value": v[at]} for k, v in card.items()]).dropna()
        for at in (1, 0)
    )
    ways = {"sales": "up", "dso": "down", "complaints": "down", "satisfaction": "up"}
    found = scorecard(
        values, targets, weights=m03_scorecard.WEIGHTS, kpis=ways, cap=1.2, zero="met_if_zero"
    ).totals.iloc[0]
    assert m03_scorecard.card_score(card) == pytest.approx(found["score"])
    used = 1 - m03_scorecard.WEIGHTS["satisfaction"]
    assert found["low"] == pytest.approx(found["score"] * used)
    assert found["high"] == pytest.approx(found["score"] * used + 0.2 * 1.2)


@pytest.mark.parametrize("seed", range(8))
def test_screen_is_that_of_the_method(seed):
    variant = m03_decisions.fairness(Draw(seed), None)
    rows = variant.sheets[0].rows
    table = pd.DataFrame(
        [(zh(g), a, n) for g, n, a in rows], columns=["group", "selected", "total"]
    )
    found = four_fifths(table).set_index("group")
    top, low, few = (found.loc[zh(row[0])] for row in rows)
    assert (top["note"], few["note"]) == ("reference", "too_few")
    assert best(variant, "ratio.share") == pytest.approx(float(low["ratio"]), abs=1e-6)
    assert best(variant, "flag.choice") == ("yes" if low["flagged"] else "no")
    assert best(variant, "more.count") == low["more_needed"]
    (c, n), (a, m) = ((r["selected"], r["total"]) for r in (low, top))
    assert m03_decisions.fisher_p((int(c), int(n)), (int(a), int(m))) == pytest.approx(
        low["fisher_p"]
    )
    chance = low["fisher_p"] >= 0.05
    wanted = {(True, True): "chance", (True, False): "records", (False, True): "quiet"}
    assert best(variant, "say.say") == wanted.get((bool(low["flagged"]), bool(chance)), "look")


@pytest.mark.parametrize("seed", range(6))
def test_changes_are_judged_as_the_method_does(seed):
    variant = m03_decisions.calibration(Draw(seed), None)
    rows = [(zh(name), "duty", float(value), 5.0) for name, value in variant.sheets[0].rows]
    combined = combined_result(pd.DataFrame(rows, columns=["member_id", "part", "value", "se"]))
    codes = {"thin": "reason_too_short", "stale": "change_is_stale", "scale": "option_out_of_range"}
    for item in variant.items:
        for lang in ("zh", "en"):
            said = item.text.said(lang)
            start = said.index("：" if lang == "zh" else ":") + 1
            numbers = said[start:].split("，" if lang == "zh" else ", ")[0].split(" → ")
            reason = said[said.index("“") + 1 : said.rindex("”")]
            change = {
                "member_id": zh(variant.sheets[0].rows["abcde".index(item.id)][0]),
                "part": "duty", "before": int(numbers[0]), "after": int(numbers[1]),
                "reason": reason,
            }  # fmt: skip
            found = [p.code for p in check_change(change, combined)]
            code = codes.get(best(variant, item.id))
            assert found == ([code] if code else [])


def test_every_seed_can_be_decided():
    """What the recipes promise of their data holds on 200 seeds, so no drawing gives up."""
    for seed in MANY:
        marks = m03_raters.severe_rater(Draw(seed), None)
        scene = best(marks, "verdict.choice")
        gap, reach = float(marks.words["gap"]), float(marks.words["reach"])
        assert (gap < 0.87 * reach) if scene == "cannot" else (gap > 1.1 * reach), seed
        luck = m03_results.luck_or_skill(Draw(seed), None)
        assert (best(luck, "kept.share") < 0.45) == (best(luck, "verdict.choice") == "none"), seed
        box = m03_raters.nine_box(Draw(seed), None)
        twins = [
            i
            for i, row in zip("abcd", box.sheets[0].rows, strict=True)
            if best(box, f"{i}.say") == "open" and min(v for v in row if type(v) is float) > 0.8
        ]
        assert twins, seed
        place = m03_results.territory(Draw(seed), None)
        assert best(place, "low.ratio") > 0.92, seed
        screen = m03_decisions.fairness(Draw(seed), None)
        off = abs(best(screen, "ratio.share") - 0.8)
        assert off > 0.019 or off < 1e-9, seed
