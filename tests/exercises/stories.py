"""Events of trainees that never were: for the tests of fold, hand-in and cohort."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st

from kamkit.exercises.forms import outcome_data
from kamkit.exercises.model import STATUSES, Outcome
from kamkit.exercises.progress import Event

EXERCISES = ("m01_a", "m01_b", "m05_c", "练习")
WORDS = st.text(max_size=12)
ANSWERS = st.fixed_dictionaries(
    {
        "parts": st.dictionaries(
            WORDS, WORDS | st.booleans() | st.lists(WORDS, max_size=3), max_size=3
        )
    },
    optional={"reason": WORDS, "by": st.sampled_from(["李雷", "Han"])},
)
OUTCOMES = st.builds(
    Outcome,
    status=st.sampled_from(STATUSES),
    score=st.floats(0, 1),
    right=st.dictionaries(WORDS, st.floats(0, 1), max_size=3),
    mistakes=st.lists(st.sampled_from(["m_a", "m_b"]), max_size=2, unique=True).map(tuple),
    reasons=st.just((("factor", {"n": 10}),)),
)
DATA: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "opened": st.fixed_dictionaries(
        {
            "seed": st.integers(0, 3),
            "own": st.booleans(),
            "behaviour": st.sampled_from(["tries", "team"]),
            "variant": st.just({"format": 1, "key": {}}),
        }
    ),
    "draft": st.fixed_dictionaries({"answer": ANSWERS}),
    "answered": st.fixed_dictionaries(
        {"answer": ANSWERS, "outcome": OUTCOMES.map(outcome_data), "phase": st.just("")}
    ),
    "hint": st.fixed_dictionaries({"n": st.integers(1, 3)}),
    "solution": st.just({}),
    "marked": st.fixed_dictionaries(
        {
            "by": st.sampled_from(["self", "trainer"]),
            "ticks": st.just({"a": True}),
            "comment": WORDS,
        }
    ),
    "released": st.just({}),
    "phase": st.just({"phase": "after"}),
    "team": st.just({"name": "A 组", "members": ["李雷", "Han"]}),
    "own_accounts": st.just({"rows": [{"name": "secret"}]}),
    "of a later version": st.fixed_dictionaries({"what": WORDS}),
}


@st.composite
def _step(draw: st.DrawFn) -> tuple[str, str, dict[str, Any], bool]:
    kind = draw(st.sampled_from(list(DATA)))
    private = kind == "own_accounts" or draw(st.integers(0, 9)) == 0
    exercise = "" if kind == "own_accounts" else draw(st.sampled_from(EXERCISES))
    return kind, exercise, draw(DATA[kind]), private


STORIES = st.lists(_step(), max_size=25)


def answered(status: str, score: float, *mistakes: str) -> dict[str, Any]:
    outcome = Outcome(status, score, {"a": score}, mistakes)
    return {
        "answer": {"parts": {"a": "=1+1"}, "reason": "-2 or so"},
        "outcome": outcome_data(outcome),
    }


def room(cohort: str, trainees: int, exercises: int, seed: int = 1) -> dict[str, list[Event]]:
    """Events of a whole room: each exercise opened and tried up to three times."""
    chance = random.Random(seed)
    found: dict[str, list[Event]] = {}
    for t in range(trainees):
        events: list[Event] = []
        for x in range(exercises):
            steps: list[tuple[str, dict[str, Any]]] = [("opened", {"variant": {"w": "字" * 400}})]
            for _ in range(chance.randint(1, 3)):
                right = chance.random() < 0.4
                wrong = [f"mistake_{chance.randint(1, 4)}"]
                steps.append(
                    ("answered", answered("correct", 1.0))
                    if right
                    else ("answered", answered("incorrect", 0.0, *wrong))
                )
            for kind, data in steps:
                n = len(events)
                place = (
                    f"{seed:04d}-{t:04d}-{n:06d}",
                    n + 1,
                    f"2026-06-30T08:{n // 60:02d}:{n % 60:02d}.000000+00:00",
                )
                events.append(Event(*place, cohort, f"学员{t:02d}", f"x{x:02d}", 1, kind, data))
        found[f"学员{t:02d}"] = events
    return found
