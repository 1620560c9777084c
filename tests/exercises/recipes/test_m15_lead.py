"""By person or by system, goal and talk, points by gap, conflicts."""

import pytest

from kamkit.exercises.recipes.m15_lead import (
    SKILLS,
    STAGES,
    STYLES,
    conflict,
    lead,
    lead_stage,
    points_by_gap,
    quadrant,
    skills,
)
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw

SEEDS = range(40)


@pytest.mark.parametrize(
    ("size", "sites", "known", "new", "stage"),
    [
        (4, 1, 0.8, 0.1, 0),
        (5, 1, 0.8, 0.1, 1),
        (10, 1, 0.8, 0.1, 2),
        (20, 1, 0.8, 0.1, 3),
        (26, 3, 0.9, 0.0, 3),  # no further than the end
        (3, 1, 0.2, 0.7, 0),
        (12, 2, 0.2, 0.1, 2),  # a step each way
        (12, 1, 0.8, 0.7, 1),
    ],
)
def test_stage_by_size_sites_and_novelty(size, sites, known, new, stage):
    assert lead_stage(size, sites, known, new) == stage


@pytest.mark.parametrize("seed", SEEDS)
def test_teams_at_a_cut_accept_both_stages(seed):
    variant = lead(Draw(seed), None)
    for item, row in zip(variant.items, variant.sheets[0].rows, strict=True):
        _, size, sites, known, new, _ = row
        near = {STAGES[lead_stage(size + d, sites, known, new)] for d in (-1, 0, 1)}
        accept = variant.key[item.id]
        assert set(accept.any) == near
        assert accept.best == STAGES[lead_stage(size, sites, known, new)]


@pytest.mark.parametrize("seed", SEEDS)
def test_quadrant_follows_the_rule_that_the_task_states(seed):
    variant = quadrant(Draw(seed), None)
    split = 0
    for item, row in zip(variant.items, variant.sheets[0].rows, strict=True):
        _, own, leader, talks, _, _ = row
        goal, talk = "clear" if own >= 4 else "vague", "talk" if talks >= 4 else "silent"
        accept = variant.key[item.id]
        assert accept.any == (accept.best,) == (f"{goal}_{talk}",)
        differs = (own >= 4) != (leader > 3)
        assert (item.id in variant.traps["leader_view"]) == differs
        split += differs
    assert split == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_every_wrong_cell_of_the_quadrant_is_a_named_trap(seed):
    variant = quadrant(Draw(seed), None)
    cells = {f"{g}_{t}" for g in ("clear", "vague") for t in ("talk", "silent")}
    for i, accept in variant.key.items():
        trapped = {trap[i] for trap in variant.traps.values() if i in trap}
        assert cells - {accept.best} <= trapped


@pytest.mark.parametrize("seed", SEEDS)
def test_no_trap_of_leading_is_a_defensible_stage(seed):
    variant = lead(Draw(seed), None)
    for name in ("wrong_way", "two_steps", "by_experience"):
        for i, stages in variant.traps[name].items():
            assert not set(stages) & set(variant.key[i].any)


@pytest.mark.parametrize("seed", SEEDS)
def test_shares_of_every_slip_add_up(seed):
    for name, points in skills(Draw(seed), None).traps.items():
        assert sum(points.values()) == 100, name


def test_points_follow_the_gaps():
    assert points_by_gap([4, 4, 4, 4], [4, 3, 3.5, 3.5]) == [0, 50, 25, 25]
    assert points_by_gap([3, 3], [4, 5]) == [50, 50]  # no gap at all: evenly


@pytest.mark.parametrize("seed", SEEDS)
def test_best_points_are_whole_add_up_and_lie_within_what_is_accepted(seed):
    variant = skills(Draw(seed), None)
    best = {name: accept.best for name, accept in variant.key.items()}
    assert sum(best.values()) == 100
    exact = points_by_gap(*zip(*[(r[1], r[3]) for r in variant.sheets[0].rows], strict=True))
    for name, value in zip(SKILLS, exact, strict=True):
        accept = variant.key[name]
        assert accept.low <= value <= accept.high
        assert accept.low <= best[name] <= accept.high
        assert abs(best[name] - value) < 1


def test_every_style_has_two_conflicts_and_every_conflict_four_ways():
    cases = pool("m15_conflicts")["conflicts"]
    assert sorted(c["style"] for c in cases) == sorted([*STYLES, *STYLES])
    assert all(set(STYLES) <= set(case) for case in cases)
    assert {place.id for place in conflict(Draw(0), None).places} == set(STYLES)
