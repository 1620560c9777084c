"""The table ``gate_answers``: what is known at the gates of projects and large deals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kamkit.schemes import load_question_set
from kamkit.tables.sample.ties_planned import Crew
from kamkit.tables.sample.world import AS_OF, World

SET = "gates_large_project"
_BEFORE_ORDER = 5  # phases that lie before delivery
_STAGES = {"discover": 1, "needs": 2, "solution": 3, "quote": 4, "negotiate": 5}


def build_gate_answers(world: World) -> pd.DataFrame:
    """Answers of account managers to the questions of :data:`SET`, phase by phase (S152).

    Phases behind a project or deal are mostly answered yes, the present one in part; later
    ones have no row. Much rests on our own word alone.
    """
    rng = world.rng("gate_answers")
    questions = load_question_set(SET).questions
    order = list(dict.fromkeys(q.group for q in questions))
    rows = []
    for subject, deal, account, reached, day in _subjects(world, len(order)):
        who = Crew(world, account)["kam"]
        for question in questions:
            phase = order.index(question.group)
            if phase > reached:
                continue
            known = 0.95 if phase < reached else 0.62
            u, v = rng.random(2)
            answer = (
                "unknown" if u > known else "yes" if v < 0.84 else "partly" if v < 0.92 else "no"
            )
            grade = rng.choice(["us", "client", "document"], p=[0.45, 0.33, 0.22])
            lapse = int(rng.integers(0, 20)) + 30 * (reached - phase)
            when = min(day - np.timedelta64(lapse, "D"), np.datetime64(AS_OF))
            grade = "none" if answer == "unknown" else str(grade)
            rows.append((subject, deal, SET, question.id, answer, grade, when, who))
    columns = ["project_id", "opportunity_id", "question_set", "question", "answer", "evidence"]
    return pd.DataFrame(rows, columns=[*columns, "answered_on", "by"])


def _subjects(
    world: World, phases: int
) -> list[tuple[str | None, str | None, int, int, np.datetime64]]:
    """Projects and the largest open deals: ids, account, phase reached, day of the answers."""
    place = {a: k for k, a in enumerate(world.plan["account_id"])}
    projects = world.tables["projects"]
    found: list[tuple[str | None, str | None, int, int, np.datetime64]] = []
    as_of = np.datetime64(AS_OF)
    ended = projects["delivered_on"].fillna(pd.Timestamp(AS_OF)).to_numpy()
    finished = projects["delivered_on"].notna().to_numpy()
    for row, day, done in zip(projects.itertuples(), ended, finished, strict=True):
        reached = phases - 1 if done else _BEFORE_ORDER
        found.append(
            (str(row.project_id), None, place[str(row.account_id)], reached, day.astype("M8[D]"))
        )
    deals = world.tables["opportunities"].query("status == 'open'")
    deals = deals.sort_values(["amount", "opportunity_id"], ascending=[False, True])
    for row in deals.head(max(6, world.accounts // 15)).head(40).itertuples():
        reached = _STAGES.get(str(row.stage), 1) - 1
        found.append((None, str(row.opportunity_id), place[str(row.account_id)], reached, as_of))
    return found
