"""Small exercises of every kind, and a journal in memory."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from kamkit.exercises.bank import exercise_from
from kamkit.exercises.forms import plain
from kamkit.exercises.model import Exercise
from kamkit.exercises.progress import Event

TINY = Path(__file__).with_name("tiny.toml")


@cache
def tiny_data() -> dict[str, dict[str, Any]]:
    return tomllib.loads(TINY.read_text(encoding="utf-8"))


def said(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def exercise_data(kind: str, **changes: Any) -> dict[str, Any]:
    """The data of a file of that kind, complete and right."""
    own = {k: v for k, v in tiny_data()[kind].items() if k not in ("wrong", "right", "when")}
    mistake = {
        "id": "named",
        **said("想错了。", "A wrong way of thinking."),
        "when": tiny_data()[kind]["when"],
    }
    never = {**said("从不出现。", "Never shows."), "when": [{"blank": ["*"], "shorter": 1}]}
    right = {"name": "right", "right": True}
    right |= (
        {"parts": tiny_data()[kind]["right"]} if "right" in tiny_data()[kind] else {"use": "key"}
    )
    wrong = {
        "name": "wrong",
        "right": False,
        "parts": tiny_data()[kind]["wrong"],
        "expects": "named",
    }
    return {
        "format": 1,
        "id": f"tiny_{kind}",
        "version": 1,
        "module": "M1",
        "kind": kind,
        "behaviour": "practice",
        "minutes": 5,
        "s_numbers": ["S033"],
        "title": said("小题", "A small one"),
        "task": said("请作答。", "Please answer."),
        "hints": [said("再想想。", "Think again."), said("几乎说破。", "Nearly all of it.")],
        "mistakes": [mistake, {"id": "never_a", **never}, {"id": "never_b", **never}],
        "solution": said("这样做。", "This is the way."),
        "samples": [right, wrong, {**wrong, "name": "wrong again"}],
        **own,
        **changes,
    }


def exercise(kind: str, **changes: Any) -> Exercise:
    return exercise_from(exercise_data(kind, **changes), f"tiny_{kind}")


def right_answer(made: Exercise) -> dict[str, Any]:
    from kamkit.exercises.grade import best_parts
    from kamkit.exercises.kinds import parts

    data = tiny_data()[made.kind]
    return {"parts": data.get("right") or best_parts(made.fixed, parts(made, made.fixed))}


def wrong_answer(made: Exercise) -> dict[str, Any]:
    return {"parts": tiny_data()[made.kind]["wrong"]}


class FakeJournal:
    """Meets the Journal protocol; what it keeps has been through JSON, as in the file."""

    def __init__(self, cohort: str = "c", trainee: str = "t") -> None:
        self.cohort, self.trainee = cohort, trainee
        self.kept: list[Event] = []

    def append(
        self,
        kind: str,
        exercise: str = "",
        version: int = 0,
        data: Any = None,
        *,
        private: bool = False,
    ) -> Event:
        held = json.loads(json.dumps(plain(data or {}), allow_nan=False))
        at = f"2026-09-01T08:00:{len(self.kept):02d}+00:00"
        place = (str(uuid4()), len(self.kept) + 1, at, self.cohort, self.trainee)
        event = Event(*place, exercise, version, kind, held, private)
        self.kept.append(event)
        return event

    def events(self, exercise: str = "") -> list[Event]:
        return [e for e in self.kept if not exercise or e.exercise == exercise]

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.kept]
