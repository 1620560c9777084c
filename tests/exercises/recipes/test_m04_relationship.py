"""Recipes of the relationship: their quick arithmetic is that of the methods, on the same data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kamkit.exercises.recipes import m04_bonds, m04_stage, m04_survey, m04_views
from kamkit.exercises.variants import Draw
from kamkit.methods.contacts import contact_network
from kamkit.methods.relationship import (
    bonds,
    cronbach_alpha,
    loyalty,
    nps,
    relationship_stage,
    stage_indicators,
    stage_worksheet,
    survey_score,
)
from kamkit.methods.relationship.survey_intervals import t_point
from kamkit.schemes.relationship import relationship_scheme
from kamkit.schemes.surveys import read_survey

SEEDS = range(4)
SCHEME = relationship_scheme()


def zh(cell):
    return cell["zh"]


def best(variant, part):
    return variant.key[part].best


def network_of(ties):
    """The drawn ties as the tables of the method."""
    ids = {them: f"C_{them}" for them in m04_stage.THEIRS}
    contacts = pd.DataFrame(
        {
            "contact_id": list(ids.values()), "account_id": "A", "function": list(ids),
            "level": [m04_stage.THEIRS[t][0] for t in ids],
        }
    )  # fmt: skip
    rows = [{"account_id": "A", "from_id": us, "to_id": ids[them], "from_side": "us",
             "strength": strength, "bond": "value"} for us, them, strength in ties]  # fmt: skip
    return contact_network(contacts, ties=pd.DataFrame(rows), account_id="A", as_of="2026-06-30")


def drawn_ties(variant):
    ours = {text.zh: us for us, text in m04_stage.OURS.items()}
    theirs = {text.zh: them for them, (_, text) in m04_stage.THEIRS.items()}
    rows = variant.sheets[0].rows
    return [(ours[zh(us)], theirs[zh(them)], strength) for us, them, _, strength in rows]


def team_table(kinds):
    rows = [("A", "logistics", "2026-03-01")][:kinds]
    return pd.DataFrame(rows, columns=["account_id", "team", "started_on"])


@pytest.mark.parametrize("seed", range(6))
def test_stage_of_a_tie_list_is_that_of_the_method(seed):
    variant = m04_stage.network_stage(Draw(seed), None)
    ties = drawn_ties(variant)
    kinds = {v["zh"]: k for k, v in m04_stage._TEAMS.items()}[zh(variant.words["teams"])]
    network = network_of(ties)
    counted = stage_indicators(network, team_table(kinds), kam_id="kam", draws=0)
    found = relationship_stage(counted, network)
    assert best(variant, "stage.stage") == found.stage
    assert best(variant, "threads.count") == counted.values["threads"][0]
    assert best(variant, "broker.share") == pytest.approx(
        counted.values["broker_share"][0], abs=1e-5
    )
    quick = m04_stage.indicators(ties, kinds)
    for key, value in quick.items():
        assert counted.values[key][0] == pytest.approx(value), key
    evidence = found.evidence
    open_ = evidence[(evidence["stage"] == found.next_stage) & (evidence["ladder"] == "stages")]
    missing = set(open_.loc[~open_["met"].astype(bool), "indicator"])
    assert set(variant.key["missing.need"].any) == missing


@pytest.mark.parametrize("seed", SEEDS)
def test_flaws_of_a_worksheet_are_those_that_the_method_reports(seed):
    variant = m04_stage.worksheet(Draw(seed), None)
    verdict = {i: best(variant, i) for i in variant.key}
    due_on = variant.items[0].detail.en.removeprefix("By ")
    rows = []
    for item in variant.items[1:]:
        owner, due = item.detail.en.removeprefix("Owner: ").split("; due: ")
        one = owner in {w.en for w in m04_stage._WORKERS}
        rows.append({"account_id": "A", "action_id": item.id, "what": item.text.en,
                     "owner_id": owner if one else None,
                     "due": due if due[0] == "2" else None,
                     "done_on": None, "status": "open"})  # fmt: skip
    weak = [("kam", "procurement", 3), ("kam", "quality", 2)]
    network = network_of(weak)
    now = relationship_stage(stage_indicators(network, kam_id="kam", draws=0), network)
    label = {s.label["en"]: s.id for s in SCHEME.stages}
    sheet = stage_worksheet(
        now, actions=pd.DataFrame(rows), target_stage=label[variant.words["target"]["en"]],
        target_on=due_on,
    )  # fmt: skip
    issues = dict(zip(sheet.issues["code"], sheet.issues["n"], strict=True))
    for code, kind in (("no_owner", "no_owner"), ("no_due", "no_due"),
                       ("due_after_target", "too_late")):  # fmt: skip
        assert issues.get(code, 0) == list(verdict.values()).count(kind)
    if now.stage == label[variant.words["now"]["en"]]:
        assert ("too_fast" in issues) == (verdict["target"] == "too_fast")


def test_a_month_rolls_over_the_year():
    assert [m04_stage._day(k) for k in (1, 6, 8)] == ["2026-07-31", "2026-12-31", "2027-02-28"]


def answers_of(variant):
    """The sheet of raw answers as a form."""
    rows = []
    for k, (account, _, *ticks) in enumerate(variant.sheets[1].rows):
        ticked = {f"trust_{q}": t for q, t in enumerate(ticks, 1)}
        rows.append({"account_id": zh(account), "respondent_id": f"p{k}", **ticked})
    return pd.DataFrame(rows)


@pytest.mark.parametrize("seed", range(6))
def test_scores_intervals_and_groups_are_those_of_the_survey_method(seed):
    variant = m04_survey.survey_score(Draw(seed), None)
    found = survey_score(answers_of(variant)).accounts
    found = found[found["dimension"] == "trust"].set_index("account_id")
    called = [i.text.zh for i in variant.items[:3]]
    for i, name in zip("abc", called, strict=True):
        assert best(variant, f"{i}.score") == pytest.approx(found.loc[name, "score"], abs=1e-5)
    half = {zh(name): v for name, v in variant.sheets[2].rows}
    for name in called:
        # The method then moves the ends out where the scale itself ends; the sheet gives ±.
        reach = t_point(np.array([found.loc[name, "df"]]), 0.95)[0] * found.loc[name, "se"]
        assert half[name] == pytest.approx(reach, abs=0.06)
    ranked = found.loc[called].sort_values("score")["cluster"].tolist()
    right = {
        "none": ranked[0] == ranked[2],
        "low": ranked[0] != ranked[1] == ranked[2],
        "high": ranked[0] == ranked[1] != ranked[2],
    }
    assert right[best(variant, "rank.verdict")]


@pytest.mark.parametrize("scene", ["turn", "reword", "few"])
def test_figures_of_items_are_those_of_alpha(scene):
    rows = m04_survey._answers(Draw(3), scene)
    alpha, rest, without = m04_survey.item_figures(rows)
    table = pd.DataFrame(rows, columns=["q1", "q2", "q3", "q4"])
    found = cronbach_alpha(table, fewest=2)
    measures = found.measures.set_index("measure")["value"]
    assert alpha == pytest.approx(measures["alpha"])
    np.testing.assert_allclose(rest, found.items["item_rest"].astype(float))
    np.testing.assert_allclose(without, found.items["alpha_if_dropped"].astype(float))


def test_an_item_not_turned_is_found_by_the_method_too():
    seed = next(s for s in range(20) if m04_survey.reverse_item(Draw(s), None).key["choice"].best
                == "turn")  # fmt: skip
    draw = Draw(seed)
    draw.choice(["turn", "turn", "reword", "few"])
    rows = m04_survey.until(
        lambda: m04_survey._answers(draw, "turn"), lambda r: m04_survey._spoilt(r, "turn"), 200
    )
    found = cronbach_alpha(pd.DataFrame(rows, columns=["q1", "q2", "q3", "q4"]))
    assert found.items["status"].tolist()[3] == "unreversed"


@pytest.mark.parametrize("kind", ["dealer", "account"])
def test_gap_of_word_and_deed_is_that_of_the_method(kind):
    ticks = m04_views.until(lambda: m04_views._ratings(Draw(5)), lambda t: True)
    gap, half = m04_views.word_and_deed(ticks)
    survey = read_survey(f"{kind}_loyalty")
    rows = [
        {f"{kind}_id": f"D{i}", "rater_id": f"M{r}", "item": item, "score": ticks[i, r, k]}
        for i in range(ticks.shape[0])
        for r in range(ticks.shape[1])
        for k, item in enumerate(survey.item_ids)
    ]
    found = loyalty(pd.DataFrame(rows).assign(wave="now"), kind).gaps
    np.testing.assert_allclose(found["gap"], gap)
    inside = (found["high"] < 99) & (found["low"] > -99)
    assert inside.all()
    np.testing.assert_allclose((found["high"] - found["low"]) / 2, half)


@pytest.mark.parametrize("seed", SEEDS)
def test_nps_is_that_of_the_method(seed):
    variant = m04_views.nps_small(Draw(seed), None)
    (_, *now), (_, *before) = variant.sheets[0].rows
    for part, wave in (("now.nps", now), ("before.nps", before)):
        found = nps(promoters=wave[0], passives=wave[1], detractors=wave[2]).set_index("measure")
        assert best(variant, part) == pytest.approx(found.loc["nps", "value"], abs=1e-5)
        if part == "now.nps":
            assert best(variant, "low.nps") == pytest.approx(found.loc["nps", "low"], abs=1e-5)
            plain = found.loc["nps_plain", "low"]
            assert m04_views.plain_low(tuple(wave)) == pytest.approx(plain, abs=0.01)


@pytest.mark.parametrize("seed", SEEDS)
def test_five_people_never_tell_two_waves_apart_here(seed):
    variant = m04_views.nps_small(Draw(seed), None)
    if sum(variant.sheets[0].rows[0][1:]) < 10:
        assert best(variant, "verdict.choice") == "cannot"


@pytest.mark.parametrize("seed", SEEDS)
def test_both_sides_are_judged_by_the_error_of_the_difference(seed):
    variant = m04_views.self_view(Draw(seed), None)
    for item, row in zip(variant.items, variant.sheets[0].rows, strict=True):
        _, own, own_half, theirs, half = row
        gap, error = own - theirs, float(np.hypot(own_half, half))
        verdict = "cannot" if abs(gap) < error else "rosier" if gap > 0 else "gloomier"
        assert best(variant, item.id) == verdict


@pytest.mark.parametrize("seed", SEEDS)
def test_bonds_are_those_of_the_method(seed):
    variant = m04_bonds.bonds(Draw(seed), None)
    people, rows = [], []
    for k, (_, influence, *strength) in enumerate(variant.sheets[0].rows):
        people.append({"contact_id": f"C{k}", "account_id": "A"})
        kinds = (("kam", "personal"), ("kam", "value"), ("eng", "value"))
        rows += [
            {"account_id": "A", "from_id": us, "to_id": f"C{k}", "from_side": "us",
             "strength": s, "bond": bond, "influence": influence}
            for (us, bond), s in zip(kinds, strength, strict=True)
        ]  # fmt: skip
    roles = pd.DataFrame(rows).drop_duplicates("to_id").rename(columns={"to_id": "contact_id"})
    network = contact_network(
        pd.DataFrame(people), roles[["account_id", "contact_id", "influence"]],
        pd.DataFrame(rows).drop(columns="influence"), account_id="A", as_of="2026-06-30",
    )  # fmt: skip
    found = bonds(network, draws=0)
    measured = found.measures.set_index("measure")["value"]
    assert best(variant, "personal.score") == pytest.approx(measured["personal_score"], abs=1e-4)
    assert best(variant, "business.score") == pytest.approx(measured["value_score"], abs=1e-4)
    kam = found.ours.set_index("person_id").loc["kam", "share"]
    assert best(variant, "leaves.share") == pytest.approx(kam, abs=1e-5)
    assert found.flagged == (best(variant, "verdict.choice") == "danger")
