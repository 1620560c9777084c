"""Recipes of team and people: their quick arithmetic is that of the methods."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.errors import KamkitError
from kamkit.exercises.recipes import (
    m03_confidence,
    m03_duty,
    m03_gaps,
    m03_load,
    m03_pulse,
    m03_team,
)
from kamkit.exercises.variants import Draw
from kamkit.methods import appraisal

SEEDS = range(4)


def best(variant, part):
    return variant.key[part].best


@pytest.mark.parametrize("seed", SEEDS)
def test_the_mix_is_that_of_the_method(seed):
    team = m03_team.drawn_team(Draw(seed))
    rows = [{"member_id": str(p), "team": "n", "skills": ";".join(map(str, sorted(t))) or None}
            for p, t in team.held.items()]  # fmt: skip
    wanted = {"skills": [str(t) for t in range(team.wanted)]}
    found = appraisal.team_mix(pd.DataFrame(rows), ["skills"], wanted=wanted)
    balance = found.balance.iloc[0]
    assert (balance["covered"], balance["wanted"]) == (team.covered(), team.wanted)
    assert balance["unknown"] == 1
    assert balance["worst_leaver"] == str(m03_team.QUIET)
    assert balance["coverage_if_left"] == team.covered(without=m03_team.QUIET) / team.wanted
    status = found.coverage.set_index("tag")["status"]
    assert set(status.index[status == "single_point"]) == {str(t) for t in team.singles()}
    assert set(status.index[status == "gap"]) == {str(t) for t in team.gaps}


@pytest.mark.parametrize("seed", range(40))
def test_one_person_leaves_the_widest_gap_and_one_newcomer_is_best(seed):
    draw = Draw(seed)
    team = m03_team.drawn_team(draw)
    alone = {p: team.alone(p) for p in team.held}
    assert sorted(alone.values())[-2] < alone[m03_team.QUIET]
    assert len(team.held[m03_team.ROUND]) > len(team.held[m03_team.QUIET])
    gains = {k: m03_team.gain(team, t) for k, t in m03_team.candidates(team, draw).items()}
    assert [k for k, g in gains.items() if g == max(gains.values())] == ["both"]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_pulse_is_read_as_by_the_method(seed):
    pulse = m03_pulse._drawn(Draw(seed))
    rows = [{"team": "n", "wave": wave, "respondent_id": f"r{i}", "item": item, "score": score}
            for wave, scores in (("2", pulse.items), ("1", pulse.before), ("2", pulse.now))
            for item, given in scores.items() for i, score in enumerate(given)]  # fmt: skip
    table = pd.DataFrame(rows)
    found = appraisal.pitfall_profile(table)
    items = found.items.set_index("item")
    for item, given in pulse.items.items():
        mean, half = m03_pulse.cell_of(given)
        assert items.loc[item, "mean"] == pytest.approx(mean)
        assert items.loc[item, "low"] == pytest.approx(max(mean - half, 1))
        assert items.loc[item, "status"] == m03_pulse.status_of(given)
    present = [p for p in pulse.items if items.loc[p, "status"] == "present"]
    listed = found.remedies[found.remedies["status"] == "present"]
    count = listed.groupby("remedy").size()
    assert count.idxmax() == m03_pulse.best_remedy(present)
    assert (count == count.max()).sum() == 1
    was, now, change, half = m03_pulse.climate_move(pulse.before, pulse.now)
    index = appraisal.climate(table).index.set_index("wave")["index"]
    assert index.tolist() == pytest.approx([was, now])
    moved = appraisal.climate(table).index.set_index("wave").loc["2"]
    assert moved["change_low"] == pytest.approx(change - half)
    assert (moved["trend"] == "up") == (change > half)


def test_three_answers_are_hidden_by_the_method_too():
    rows = [{"team": "n", "wave": "1", "respondent_id": r, "item": "pitfall_chaos", "score": 5}
            for r in "abc"]  # fmt: skip
    assert appraisal.pitfall_profile(pd.DataFrame(rows)).items["hidden"].all()


def duty_ratings(person):
    ids = list(person.pairs)
    colleagues = np.array(person.others).reshape(m03_duty.OTHERS, len(ids), 2)
    rows = []
    for k, one in enumerate([[person.pairs[d] for d in ids], *colleagues.tolist()]):
        for duty, pair in zip(ids, one, strict=True):
            rows += [(f"p{k}", m, "manager", duty, int(s)) for m, s in zip("xy", pair, strict=True)]
    rows += [("p0", "p0", "self", d, s) for d, s in person.own.items()]
    columns = ["ratee_id", "rater_id", "source", "duty", "score"]
    return pd.DataFrame(rows, columns=columns).assign(period="2026H1")


@pytest.mark.parametrize("seed", SEEDS)
def test_duties_are_read_as_by_the_method(seed):
    person = m03_duty.person_of(Draw(seed))
    parts = pd.DataFrame(
        {"member_id": "p0", "kpi": list(person.figures), "attainment": person.figures.values()}
    )
    table = appraisal.duty_profile(duty_ratings(person), parts)
    mine = table[table["member_id"] == "p0"].set_index("duty")
    for duty in person.pairs:
        assert mine.loc[duty, "reading"] == person.reading(duty)
        gap, sure = person.gap(duty)
        assert mine.loc[duty, "self_gap"] == gap
        assert mine.loc[duty, "self_sure"] == sure
        assert mine.loc[duty, "low"] == pytest.approx(max(person.rated(duty) - person.half, 1))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_plan_is_that_of_the_method(seed):
    case = m03_gaps._drawn(Draw(seed))
    gaps = pd.DataFrame(
        [
            {"member_id": "a", "competency": c, "weight": r.weight, "required": r.required,
             "rated": r.rated, "se": r.se, "low": r.rated - r.half, "high": r.rated + r.half,
             "gap": r.gap}
            for c, r in case.rows.items()
        ]
    )  # fmt: skip
    done = pd.DataFrame({"member_id": ["a"], "course": [case.done]})
    plan = appraisal.development_plan(gaps, done=done, as_of="2026-06-30")
    needs = m03_gaps.planned(case.rows)
    assert plan["competency"].tolist() == needs
    assert plan["priority"].tolist() == pytest.approx([case.rows[c].priority for c in needs])
    assert plan["training"].iloc[0] == m03_gaps.fitting(needs[0], needs, [case.done])[0]
    assert plan["done_before"].iloc[0] == case.done
    step = plan.set_index("competency")["step"]
    assert step[needs[0]] == "act"
    assert step[m03_gaps.heaviest(case.rows)] == "look_again"


@pytest.mark.parametrize("seed", SEEDS)
def test_loads_are_those_of_the_method(seed):
    draw = Draw(seed)
    team = m03_load.until(lambda: m03_load._drawn(draw), m03_load._good, 400)
    accounts = [
        (f"{k}{t}{i}", k, t)
        for k, kam in team.items()
        for t, n in zip(m03_load.TIERS, kam.held, strict=True)
        for i in range(n)
    ]
    members = pd.DataFrame({"member_id": list(team), "territory_id": list(team),
                            "hours_per_year": [t.year for t in team.values()]})  # fmt: skip
    ways = pd.DataFrame(
        {"territory_id": list(team), "travel_hours": [t.travel for t in team.values()]}
    )
    table = pd.DataFrame(accounts, columns=["account_id", "owner_id", "tier"])
    found = appraisal.kam_load(table, members, territories=ways).members.set_index("member_id")
    for k, kam in team.items():
        assert found.loc[k, "load"] == pytest.approx(kam.load())
        assert found.loc[k, "status"] == kam.status
    more = pd.concat([table, pd.DataFrame({"account_id": list(team), "owner_id": list(team),
                                           "tier": "tier_1"})])  # fmt: skip
    after = appraisal.kam_load(more, members, territories=ways).members.set_index("member_id")
    assert after["load"].idxmin() == m03_load.MANY
    assert found["n_accounts"].idxmin() == m03_load.FEW


@pytest.mark.parametrize("seed", SEEDS)
def test_confidence_is_read_as_by_the_method(seed):
    found = m03_confidence._ratings(Draw(seed))
    asked = pd.DataFrame(
        [{"member_id": k, "task": r.task, "asked_on": "2026-01-10", "confidence": r.confidence}
         for k, r in found.items()]
    )  # fmt: skip
    done = pd.DataFrame(
        [{"member_id": k, "value": r.result} for k, r in found.items() if r.result is not None]
    )
    profile = appraisal.efficacy_profile(asked, done)
    reading = profile.members.set_index("member_id")["reading"].replace("no_result", "blank")
    assert reading.to_dict() == {k: r.reading for k, r in found.items()}
    assert {k: r.reading for k, r in found.items()} == {k: k for k in m03_confidence.READINGS}
    assert set(profile.members["use"]) == {"development_only"}


def test_what_is_drawn_can_always_be_decided():
    for seed in range(150):
        draw = Draw(seed)
        assert m03_duty.decidable(m03_duty.person_of(draw))
        assert m03_load._good(
            m03_load.until(lambda d=draw: m03_load._drawn(d), m03_load._good, 400)
        )
        assert m03_gaps._rows_decide(m03_gaps._drawn(draw).rows)
        pulse = m03_pulse._drawn(draw)
        present = [p for p, a in pulse.items.items() if m03_pulse.status_of(a) == "present"]
        assert len(present) in (2, 3)
        assert m03_pulse.best_remedy(present)
        assert m03_pulse._clear_move((pulse.before, pulse.now))


def test_an_appraisal_takes_no_confidence():
    sure = pd.DataFrame({"member_id": ["a"], "confidence": [80.0], "use": ["development_only"]})
    with pytest.raises(KamkitError) as error:
        appraisal.combined_parts(kpi=sure)
    assert "efficacy_not_for_appraisal" in {p.code for p in error.value.problems}
