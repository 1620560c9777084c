"""Recipe of self-efficacy: what confidence ratings may be used for, and what they can't say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from kamkit.exercises.model import Item, Sheet, Text, Variant
from kamkit.exercises.recipes.m05_base import columns, places, sheet
from kamkit.exercises.recipes.m15_common import leaning, letters, plain, said
from kamkit.exercises.recipes.m15_common import names as colleagues
from kamkit.exercises.recipes.parts import one_of
from kamkit.exercises.recipes.wordings import pool
from kamkit.methods.appraisal.efficacy import CLOSE, FEWEST
from kamkit.schemes.appraisal_policy import efficacy_tasks

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

USE, NEVER, UNSURE = "use", "never", "unsure"
READINGS = ("over", "under", "close", "blank")


@dataclass(frozen=True)
class Rating:
    """Confidence in a task and what came of it, 0–100; None where nothing is known yet."""

    task: str
    confidence: int
    result: int | None

    @property
    def reading(self) -> str:
        """As ``efficacy_profile`` reads it; ``blank`` without a result.

        >>> Rating("hold_price", 80, 75).reading
        'close'
        """
        if self.result is None:
            return "blank"
        gap = self.confidence - self.result
        return "over" if gap > CLOSE else "under" if gap < -CLOSE else "close"


@cache
def _tasks() -> Mapping[str, tuple[Text, bool]]:
    """Label of each task, and whether some key figure shows it."""
    return {t.id: (Text(*t.label.values()), bool(t.kpi)) for t in efficacy_tasks()}


def _ratings(draw: Draw) -> dict[str, Rating]:
    """One rating of each reading, on different tasks; the blank one has no key figure."""
    shown = [t for t, (_, kpi) in _tasks().items() if kpi]
    hidden = [t for t, (_, kpi) in _tasks().items() if not kpi]
    over, under, close = draw.sample(shown, 3)
    low, high, near = draw.integer(38, 52), draw.integer(42, 54), draw.integer(60, 72)
    return {
        "over": Rating(over, low + draw.integer(24, 36), low),
        "under": Rating(under, high, high + draw.integer(20, 32)),
        "close": Rating(close, near + draw.integer(3, 8), near),
        "blank": Rating(draw.choice(hidden), draw.integer(78, 92), None),
    }


def _chosen(draw: Draw) -> list[Mapping[str, Any]]:
    """Three fit uses, three that never are, two that the figures can't carry."""
    uses = pool("m03_confidence")["uses"]
    many = {USE: 3, NEVER: 3, UNSURE: 2}
    found = [draw.sample([u for u in uses if u["place"] == p], n) for p, n in many.items()]
    return draw.shuffled([u for group in found for u in group])


def confidence_uses(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Eight things that somebody wants to do with confidence ratings: fit, never, not shown.

    Source: S206; field:Bandura 1997; limits as in
    :func:`kamkit.methods.appraisal.efficacy_profile`, which no appraisal takes in (house).
    """
    found, chosen = _ratings(draw), _chosen(draw)
    people = dict(zip(READINGS, colleagues(draw, 4), strict=True))
    fill = _words(draw, found, people)
    ids = letters(len(chosen))
    items = tuple(Item(i, said(u, fill)) for i, u in zip(ids, chosen, strict=True))
    place = {i: str(u["place"]) for i, u in zip(ids, chosen, strict=True)}
    of = {p: [i for i in ids if place[i] == p] for p in (USE, NEVER, UNSURE)}
    return Variant(
        key={i: one_of(p) for i, p in place.items()},
        words={**fill, "fewest": FEWEST, "line": f"{CLOSE:g}", **_told(items, of)},
        items=items,
        places=_PLACES,
        sheets=(_sheet(draw, found, people),),
        traps={
            "paid": dict.fromkeys(of[NEVER], USE), "believed": dict.fromkeys(of[UNSURE], USE),
            "shy": dict.fromkeys(of[USE], NEVER), "banned": dict.fromkeys(of[UNSURE], NEVER),
            "undecided": dict.fromkeys([*of[USE], *of[NEVER]], UNSURE),
            **leaning(ids, (NEVER,)),
        },
    )  # fmt: skip


_PLACES = places(
    (USE, "可以，用来发展", "Fit: for development"),
    (NEVER, "不可以", "Never"),
    (UNSURE, "这些数说明不了", "The figures can't say that"),
)


def _told(items: Sequence[Item], of: Mapping[str, Sequence[str]]) -> dict[str, dict[str, str]]:
    """The statements of each place in one line, for the solution."""
    found = {}
    for place, ids in of.items():
        texts = [i.text for i in items if i.id in ids]
        found[f"all_{place}"] = {
            "zh": "；".join(t.zh.rstrip("。") for t in texts),
            "en": "; ".join(t.en.rstrip(".") for t in texts),
        }
    return found


def _words(
    draw: Draw, found: Mapping[str, Rating], people: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    fill = {k: dict(n) for k, n in people.items()}
    for k, rating in found.items():
        label = _tasks()[rating.task][0]
        fill[f"{k}_task"] = {"zh": label.zh, "en": label.en[:1].lower() + label.en[1:]}
        fill[f"{k}_c"] = plain(rating.confidence)
        fill[f"{k}_r"] = plain("–" if rating.result is None else rating.result)
    close = found["close"]
    fill["close_gap"] = plain(close.confidence - (close.result or 0))
    fill["n"], fill["r"] = plain(draw.integer(4, FEWEST - 1)), plain(draw.real(0.45, 0.75, 2))
    fill["rise"] = plain(draw.integer(8, 16))
    return fill


def _sheet(
    draw: Draw, found: Mapping[str, Rating], people: Mapping[str, Mapping[str, str]]
) -> Sheet:
    cols = columns(("name", "谁", "Who", "text"), ("task", "任务", "Task", "text"),
                   ("sure", "信心", "Confidence", "number"),
                   ("result", "结果", "Result", "number"))  # fmt: skip
    rows = [
        (Text(people[k]["zh"], people[k]["en"]), _tasks()[found[k].task][0],
         found[k].confidence, found[k].result)
        for k in draw.shuffled(READINGS)
    ]  # fmt: skip
    return sheet(Text("信心与结果（0–100，摘四行）", "Confidence and result (0–100, four rows)"),
                 cols, rows)  # fmt: skip
