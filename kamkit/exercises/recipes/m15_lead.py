"""Recipes on leading: by person or by system, goal and talk, a leader's own skills, conflicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kamkit.exercises.model import Accept, Column, Item, Sheet, Text, Variant
from kamkit.exercises.recipes.m15_common import (
    day_of_month,
    letters,
    names,
    place_of,
    plain,
    said,
)
from kamkit.exercises.recipes.parts import until
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw

if TYPE_CHECKING:
    import pandas as pd

STAGES = ("person", "mostly_person", "mostly_system", "system")
SIZE_CUTS = (5, 10, 20)  # members from which one step more goes to the system (house)
NEW_WORK, NEWCOMERS = 0.35, 0.5
EXPERIENCED = 0.75
CLEAR_GOAL, TALKS = 4, 4
SKILLS = ("staff", "superiors", "time", "team")
STYLES = ("communicate", "coordinate", "compromise", "decree")
RATING_ERROR = 0.2  # a mean of a few ratings can be off by this much (house)


def lead_stage(size: int, sites: int, known: float, newcomers: float) -> int:
    """Stage 0 (by person) to 3 (by system): by size, a step either way for sites and novelty.

    >>> lead_stage(4, 1, 0.8, 0.2), lead_stage(12, 2, 0.8, 0.2), lead_stage(12, 1, 0.2, 0.2)
    (0, 3, 1)
    """
    stage = sum(size >= cut for cut in SIZE_CUTS)
    stage += sites > 1
    stage -= known < NEW_WORK or newcomers > NEWCOMERS
    return min(3, max(0, stage))


def _team(draw: Draw) -> dict[str, Any]:
    return {
        "size": draw.integer(3, 26),
        "sites": draw.choice([1, 1, 1, 2, 3]),
        "known": draw.choice([0.2, 0.25, 0.55, 0.7, 0.8, 0.9]),
        "newcomers": draw.choice([0.0, 0.1, 0.2, 0.3, 0.7]),
        "expert": draw.choice([True, False]),
    }


def _stage(team: Mapping[str, Any], size: int | None = None) -> int:
    return lead_stage(
        team["size"] if size is None else size, team["sites"], team["known"], team["newcomers"]
    )


def _near(team: Mapping[str, Any]) -> set[int]:
    """The stages of the team with one member more or less."""
    return {_stage(team, team["size"] + step) for step in (-1, 0, 1)}


def lead(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Five teams to lead by person or by system, on a scale of four stages.

    Where one member more or less would change the stage, both are accepted.
    Source: S186, X18 (a small team wants the technical expert, a large one need not have it);
    the cuts are of the house.
    """
    many = 5

    def good(teams: Sequence[Mapping[str, Any]]) -> bool:
        by_size = [lead_stage(team["size"], 1, 1.0, 0.0) for team in teams]
        by_expert = [0 if team["expert"] else 3 for team in teams]
        misled = [
            sum(stage not in _near(team) for stage, team in zip(way, teams, strict=True))
            for way in (by_size, by_expert)
        ]
        at_cut = any(len(_near(team)) > 1 for team in teams)
        return at_cut and len({_stage(team) for team in teams}) >= 3 and min(misled) >= 2

    teams = until(lambda: [_team(draw) for _ in range(many)], good)
    ids = letters(many)
    titles = draw.sample(list(pool("m15_teams")["teams"]), many)
    key, rows = {}, []
    for i, team, title in zip(ids, teams, titles, strict=True):
        near = tuple(STAGES[s] for s in sorted(_near(team)))
        key[i] = Accept(any=near, best=STAGES[_stage(team)])
        expert = ("是", "yes") if team["expert"] else ("否", "no")
        rows.append((
            dict(title), team["size"], team["sites"], team["known"], team["newcomers"],
            {"zh": expert[0], "en": expert[1]},
        ))  # fmt: skip
    columns = (
        Column("team", Text("团队", "Team")),
        Column("size", Text("人数", "Members"), "number", 0),
        Column("sites", Text("地点数", "Sites"), "number", 0),
        Column("known", Text("做过的活占", "Work done before"), "share", 0),
        Column("new", Text("入职不满一年的占", "With us under a year"), "share", 0),
        Column("expert", Text("主管是技术专家", "Leader is a technical expert")),
    )
    stretched = {
        i: STAGES[0] if t["expert"] else STAGES[3] for i, t in zip(ids, teams, strict=True)
    }
    by_size = {
        i: STAGES[lead_stage(t["size"], 1, 1.0, 0.0)] for i, t in zip(ids, teams, strict=True)
    }
    return Variant(
        key=key,
        items=tuple(Item(i, said(t)) for i, t in zip(ids, titles, strict=True)),
        sheets=(Sheet(Text("五支团队", "Five teams"), columns, tuple(rows)),),
        traps={"size_only": by_size, "by_expert": stretched, **_moved_badly(ids, teams)},
        words={
            **{f"text_{i}": dict(t) for i, t in zip(ids, titles, strict=True)},
            "close": sum(len(a.any) > 1 for a in key.values()),
            "n": many,
        },
    )


def _moved_badly(
    ids: Sequence[str], teams: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, list[str]]]:
    """Stages of those who move a team the wrong way, too far, or by its experience only.

    Only what nobody could defend for that team counts as such a stage.
    """
    found: dict[str, dict[str, list[str]]] = {"wrong_way": {}, "two_steps": {}, "by_experience": {}}
    for i, team in zip(ids, teams, strict=True):
        start = lead_stage(team["size"], 1, 1.0, 0.0)
        new = team["known"] < NEW_WORK or team["newcomers"] > NEWCOMERS
        several = team["sites"] > 1
        ways = {
            "wrong_way": [start + new - several, start + new + several],
            "two_steps": [start - 2 * new + several, start - new + 2 * several],
            "by_experience": [3 if team["known"] > EXPERIENCED else 0],
        }
        near = _near(team)
        for name, stages in ways.items():
            kept = {min(3, max(0, s)) for s in stages if name != "two_steps" or new or several}
            kept -= near | ({start} if name != "by_experience" else set())
            found[name][i] = [STAGES[s] for s in sorted(kept)]
    return found


def _cell(goal: bool, talk: bool) -> str:
    return f"{'clear' if goal else 'vague'}_{'talk' if talk else 'silent'}"


def _rating(draw: Draw, clear: bool) -> int:
    return draw.integer(CLEAR_GOAL, 5) if clear else draw.integer(1, CLEAR_GOAL - 2)


def _member(draw: Draw, goal: bool, talk: bool, reached: bool) -> dict[str, Any]:
    leader, own = (_rating(draw, goal) for _ in range(2))
    talks = draw.integer(TALKS + 1, 9) if talk else draw.integer(0, TALKS - 2)
    sent = draw.integer(8, 20) if talk else draw.integer(45, 90)
    attained = draw.integer(103, 128) if reached else draw.integer(64, 92)
    return {"leader": leader, "own": own, "talks": talks, "sent": sent, "attained": attained / 100}


def quadrant(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Six members on two axes: is the goal clear, is there two-way talk?

    One member's goal is clear to the leader only; by the rule that the task states the
    member's own view counts. Attainment and messages sent are on the sheet to mislead.
    Source: S208 (performance = goal + communication), S216, S241; the cuts are of the house.
    """
    cells = [(True, True), (True, False), (False, True), (False, False), (True, False)]
    cells = [*cells, (False, draw.choice([True, False]))]
    good_first = draw.shuffled([True, True, False])
    people = [
        _member(draw, goal, talk, reached=(not goal or not talk) if k % 2 else good_first[k // 2])
        for k, (goal, talk) in enumerate(cells)
    ]
    people[5] |= {"leader": _rating(draw, True), "own": _rating(draw, False)}
    order = draw.shuffled(list(range(len(cells))))
    ids = letters(len(cells))
    who = names(draw, len(cells))
    key: dict[str, Accept] = {}
    names_of = ("attainment", "messages", "swapped", "leader_view", "goal_off")
    traps: dict[str, dict[str, str]] = {n: {} for n in names_of}
    rows = []
    for i, k, name in zip(ids, order, who, strict=True):
        (goal, talk), p = cells[k], people[k]
        key[i] = Accept(any=(_cell(goal, talk),), best=_cell(goal, talk))
        reached = p["attained"] >= 1
        traps["attainment"][i] = _cell(reached, reached)
        traps["messages"][i] = _cell(goal, not talk)
        traps["swapped"][i] = _cell(talk, goal)
        traps["leader_view" if k == 5 else "goal_off"][i] = _cell(not goal, talk)
        rows.append((name, p["own"], p["leader"], p["talks"], p["sent"], p["attained"]))
    traps |= {
        "all_fine": dict.fromkeys(ids, "clear_talk"),
        "all_poor": dict.fromkeys(ids, "vague_silent"),
        "let_go": {i: "clear_talk" for i, a in key.items() if a.best == "vague_silent"},
        "start_over": {i: "vague_silent" for i, a in key.items() if a.best == "clear_talk"},
    }
    columns = (
        Column("name", Text("成员", "Member")),
        Column("own", Text("本人：目标清楚吗", "Own view: goal clear?"), "number", 0),
        Column("leader", Text("主管：目标清楚吗", "Leader: goal clear?"), "number", 0),
        Column("talks", Text("八周内面谈次数", "Talks in 8 weeks"), "number", 0),
        Column("sent", Text("八周内群发与通知", "Posts and notices in 8 weeks"), "number", 0),
        Column("attained", Text("指标完成率", "Attainment"), "share", 0),
    )
    split = who[order.index(5)]
    return Variant(
        key=key,
        items=tuple(Item(i, said(name)) for i, name in zip(ids, who, strict=True)),
        sheets=(Sheet(Text("组员近况", "The team of late"), columns, tuple(rows)),),
        traps=traps,
        words={
            **{f"text_{i}": n for i, n in zip(ids, who, strict=True)},
            "split": split,
            "talks": TALKS,
            "n": len(ids),
        },
    )


def points_by_gap(needed: Sequence[float], seen: Sequence[float]) -> list[float]:
    """100 points in proportion to what is missing; nothing where nothing is missing.

    >>> points_by_gap([4, 4, 3], [3, 3.5, 3.2])
    [66.66666666666667, 33.333333333333336, 0.0]
    """
    gaps = [max(0.0, n - s) for n, s in zip(needed, seen, strict=True)]
    total = sum(gaps)
    return [100 * gap / total if total else 100 / len(gaps) for gap in gaps]


def _rounded(points: Sequence[float]) -> list[int]:
    """Whole points that still add up to 100 (largest remainders)."""
    floor = [int(p) for p in points]
    order = sorted(range(len(points)), key=lambda k: floor[k] - points[k])
    for k in order[: 100 - sum(floor)]:
        floor[k] += 1
    return floor


def _spread(needed: Sequence[float], seen: Sequence[float], k: int) -> tuple[float, float]:
    moved = [
        points_by_gap(needed, [s + step * (j == k) for j, s in enumerate(seen)])[k]
        for step in (RATING_ERROR, -RATING_ERROR)
    ]
    best = points_by_gap(needed, seen)[k]
    return min(*moved, best - 2), max(*moved, best + 2)


def _skill_ways(found: Mapping[str, list[float]]) -> dict[str, list[int]]:
    """Points as a hurried manager would give them, by trap."""
    needed, seen, own = found["needed"], found["seen"], found["own"]
    return {
        "self_rating": _rounded(points_by_gap(needed, own)),
        "to_five": _rounded(points_by_gap([5.0] * len(SKILLS), seen)),
        "strengths": _rounded([100 * s / sum(seen) for s in seen]),
        "even": [25] * len(SKILLS),
    }


def _skill_slips(found: Mapping[str, list[float]]) -> dict[str, list[int]]:
    """More ways to share the points wrongly; parts of them may come out right."""
    needed, seen, own = found["needed"], found["seen"], found["own"]
    gaps = [max(0.0, n - s) for n, s in zip(needed, seen, strict=True)]
    best = _rounded(points_by_gap(needed, seen))
    most, none = gaps.index(max(gaps)), gaps.index(min(gaps))
    return {
        "needed_only": _rounded([100 * n / sum(needed) for n in needed]),
        "even_gaps": _rounded([100 * (g > 0) / sum(x > 0 for x in gaps) for g in gaps]),
        "blind_spot": _rounded(points_by_gap(own, seen)),
        "mixed_ratings": _rounded(
            points_by_gap(needed, [(a + b) / 2 for a, b in zip(own, seen, strict=True)])
        ),
        "all_on_largest": _mostly(gaps, most),
        "something_for_all": [
            10 if k == none else b - 10 * (k == most) for k, b in enumerate(best)
        ],
    }


def _mostly(gaps: Sequence[float], most: int) -> list[int]:
    """80 points for the largest gap and the rest for the next, as the 80/20 saying goes."""
    second = sorted(range(len(gaps)), key=lambda k: -gaps[k])[1]
    return [80 if k == most else 20 if k == second else 0 for k in range(len(gaps))]


def _skill_ratings(draw: Draw) -> dict[str, list[float]]:
    """Needed, seen and own ratings whose right shares no trap comes near."""

    def make() -> dict[str, list[float]]:
        needed = [draw.choice([3.5, 4.0, 4.5]) for _ in SKILLS]
        gaps = [draw.choice([0.5, 0.6]), draw.choice([0.8, 1.0]), draw.choice([1.4, 1.6])]
        seen = [round(n - g, 1) for n, g in zip(needed, draw.shuffled([0.0, *gaps]), strict=True)]
        own = [min(5.0, round(s + draw.choice([-0.6, -0.4, 0.6, 1.0]), 1)) for s in seen]
        return {"needed": needed, "seen": seen, "own": own}

    def good(found: Mapping[str, list[float]]) -> bool:
        ranges = [_spread(found["needed"], found["seen"], k) for k in range(len(SKILLS))]

        def wrong(points: Sequence[float]) -> int:
            return sum(not a <= p <= b for p, (a, b) in zip(points, ranges, strict=True))

        ways, slips = _skill_ways(found).values(), _skill_slips(found).values()
        return all(wrong(w) >= 2 for w in ways) and all(wrong(s) >= 1 for s in slips)

    return until(make, good)


def skills(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """100 points of training time over four skills, in proportion to what is missing.

    Each share is accepted within what a change of that mean rating by 0.2 would make of it.
    Source: S209 (three skills of a manager), S219 (communication with staff and with
    superiors), S207 (what a level needs); the rule and the 0.2 are of the house.
    """
    found = _skill_ratings(draw)
    best = _rounded(points_by_gap(found["needed"], found["seen"]))
    key = {}
    for k, i in enumerate(SKILLS):
        low, high = _spread(found["needed"], found["seen"], k)
        key[i] = Accept(low=max(0.0, round(low, 1)), high=round(high, 1), best=best[k])
    words = pool("m15_teams")["skills"]
    columns = (
        Column("skill", Text("能力", "Skill")),
        Column("needed", Text("岗位要求", "Needed"), "number", 1),
        Column("own", Text("自评", "Own rating"), "number", 1),
        Column("seen", Text("同事评分均值", "Mean of colleagues"), "number", 1),
    )
    figures = list(zip(SKILLS, found["needed"], found["own"], found["seen"], strict=True))
    rows = tuple((dict(words[i]), *ratings) for i, *ratings in figures)
    gaps = {i: max(0.0, needed - seen) for i, needed, _, seen in figures}
    most, least = max(gaps, key=gaps.__getitem__), min(gaps, key=gaps.__getitem__)
    return Variant(
        key=key,
        items=tuple(Item(i, said(words[i])) for i in SKILLS),
        sheets=(Sheet(Text("能力评分（1–5）", "Skill ratings (1–5)"), columns, rows),),
        traps={
            name: dict(zip(SKILLS, points, strict=True))
            for name, points in {**_skill_ways(found), **_skill_slips(found)}.items()
        },
        words={
            "raters": draw.integer(5, 9),
            "most": dict(words[most]),
            "least": dict(words[least]),
            "gap": round(gaps[most], 1),
            "total": round(sum(gaps.values()), 1),
        },
    )


def conflict(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """One conflict and four ways out of it, of which one fits its cause.

    Source: S195 names communication, coordination and compromise; the fourth way (a written
    line is kept) follows from S185 and S187; which cause wants which way is of the house.
    """
    case = draw.choice(list(pool("m15_conflicts")["conflicts"]))
    a, b = names(draw, 2)
    m = draw.integer(12, 20)
    n = m + draw.integer(3, 9)
    words = {"a": a, "b": b, "n": plain(n), "m": plain(m), "t": plain(n + m + 2)}
    words |= {"n_day": day_of_month(n), "m_day": day_of_month(m)}
    places = tuple(place_of({"id": s, **_filled(case[s], words)}) for s in draw.shuffled(STYLES))
    return Variant(
        key={"choice": Accept(any=(case["style"],), best=case["style"])},
        places=places,
        words={
            "scene": _filled(case, words),
            "why": _filled(case["why"], words),
            "a": a,
            "b": b,
        },
    )


def _filled(entry: Mapping[str, Any], words: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    text = said(entry, words)
    return {"zh": text.zh, "en": text.en}
