"""How people and teams develop: plans, trainings, self-efficacy, the teams' pulse."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.tables.sample.people import reps
from kamkit.tables.sample.team import last_ratings
from kamkit.tables.sample.world import AS_OF, World, pick

_UNCLEAR = "pitfall_unclear_duties"
_WAVES = ("2025H2", "2026H1")
_ASKED = ("2025-10-15", "2026-04-15")
_MEANS = {"pitfall": 2.2, "climate": 3.6, "support": 3.7, "envy": 2.1}


def build_development_actions(world: World) -> pd.DataFrame:
    """The table ``development_actions``: the two competencies that others rate lowest."""
    rng, crew = world.rng("development"), reps(world)
    mean = last_ratings(world).groupby(["ratee_id", "competency"])["score"].mean().unstack()
    number = rng.integers(1, 3, len(crew))
    rows = [
        (member, boss, competency)
        for member, boss, n in zip(crew["member_id"], crew["manager_id"], number, strict=True)
        for competency in mean.loc[member].sort_values(kind="stable").index[:n]
    ]
    table = pd.DataFrame(rows, columns=["member_id", "boss", "competency"])
    courses, size = world.common["competency_trainings"], len(table)
    table["action_id"] = [f"D{k:03d}" for k in range(1, size + 1)]
    course = table["competency"].map(courses)
    table["training"] = course.where(rng.random(size) < 0.7)
    table["what"] = "grow_" + table["competency"]
    table["owner_id"] = table["member_id"].where(rng.random(size) < 0.75, table["boss"])
    due = np.datetime64("2026-03-20") + rng.integers(0, 260, size).astype("m8[D]")
    past = due < np.datetime64(AS_OF)
    late = pick(rng, ["done", "doing", "dropped"], size, [6, 3, 1])
    table["due"] = due
    table["status"] = np.where(past, late, pick(rng, ["planned", "doing"], size))
    done = (table["status"] == "done").to_numpy()
    day = np.minimum(due + rng.integers(-10, 8, size), np.datetime64("2026-06-26"))
    table["done_on"] = np.where(done, day, np.datetime64("NaT"))
    said = pick(rng, world.items("growth_evidence"), size)
    table["evidence"] = pd.Series(said).where(done & (rng.random(size) < 0.8))
    return table


def build_trainings(world: World, actions: pd.DataFrame) -> pd.DataFrame:
    """The table ``trainings``: earlier courses, and those of plans that were carried out."""
    rng, crew = world.rng("trainings"), reps(world)["member_id"].to_numpy()
    courses = sorted(set(world.common["competency_trainings"].values()))
    number = rng.integers(1, 4, len(crew))
    drawn = [rng.permutation(len(courses))[:n] for n in number]
    table = pd.DataFrame({"member_id": np.repeat(crew, number)})
    table["course"] = np.array(courses, dtype=object)[np.concatenate(drawn)]
    day = np.datetime64("2024-02-01") + rng.integers(0, 660, len(table)).astype("m8[D]")
    table["finished_on"] = day
    planned = actions[actions["done_on"].notna() & actions["training"].notna()]
    planned = planned.rename(columns={"training": "course", "done_on": "finished_on"})
    table = pd.concat([table, planned[list(table.columns)]], ignore_index=True)
    before = np.round(np.clip(rng.normal(58, 10, len(table)), 20, 90))
    after = np.round(np.clip(before + rng.normal(11, 8, len(table)), 20, 100))
    tested = rng.random(len(table)) < 0.7  # some courses have no test
    table["score_before"] = np.where(tested, before, np.nan)
    table["score_after"] = np.where(tested, after, np.nan)
    return table


def build_efficacy(world: World) -> pd.DataFrame:
    """The table ``efficacy`` (S206): confidence by task, asked twice; tied to no result."""
    rng, crew = world.rng("efficacy"), reps(world)["member_id"].to_numpy()
    tasks = world.items("efficacy_tasks")
    person = rng.normal(66, 9, (len(crew), 1)) + rng.normal(0, 9, (len(crew), len(tasks)))
    parts = []
    for turn, day in enumerate(_ASKED):
        felt = np.clip(person + 2 * turn + rng.normal(0, 6, person.shape), 0, 100)
        frame = pd.DataFrame({"member_id": np.repeat(crew, len(tasks))})
        frame["task"], frame["asked_on"] = np.tile(tasks, len(crew)), np.datetime64(day)
        parts.append(frame.assign(confidence=5 * np.rint(felt.ravel() / 5)))
    return pd.concat(parts, ignore_index=True)


def build_team_pulse(world: World) -> pd.DataFrame:
    """The table ``team_pulse`` (S189, S190, S192): two waves, everybody, without names.

    In the last sales team nobody knows whose task is whose.
    """
    rng, members = world.rng("team_pulse"), world.tables["members"]
    items = world.items("pulse_items")
    usual = np.array([_MEANS["envy" if "envy" in i else _kind(i)] for i in items])
    teams = members["team"].value_counts().sort_index()
    unclear = reps(world)["team"].iloc[-1]
    column = items.index(_UNCLEAR)
    parts = []
    for wave in _WAVES:
        codes = rng.permutation(len(members)) + 1  # new in each wave: answers tie to nobody
        for team, size in teams.items():
            mine, codes = codes[:size], codes[size:]
            level = usual + rng.normal(0, 0.25, len(items))
            score = level + rng.normal(0, 0.7, (size, len(items)))
            if team == unclear:
                score[:, column] = rng.choice([4, 5], p=[0.3, 0.7], size=size)
            frame = pd.DataFrame({"item": np.tile(np.array(items, dtype=object), size)})
            frame["respondent_id"] = np.repeat([f"{wave}-{c:03d}" for c in mine], len(items))
            frame["score"] = np.clip(np.rint(score), 1, 5).ravel()
            parts.append(frame.assign(team=str(team), wave=wave))
    return pd.concat(parts, ignore_index=True)


def _kind(item: str) -> str:
    return "support" if item == "climate_support" else item.split("_")[0]
