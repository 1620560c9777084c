"""Recipe of the anonymous pulse: which pitfalls are there, which remedy, who may see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import stdtrit

from kamkit.exercises.model import Accept, Item, Place, Sheet, Text, Variant
from kamkit.exercises.recipes.m05_base import columns, field, listed, places, score, sheet
from kamkit.exercises.recipes.parts import cell, one_of, quoted, until
from kamkit.methods.appraisal.diagnostic import MIDDLE
from kamkit.methods.appraisal.pulse import HIGH, LOW
from kamkit.methods.appraisal.rating_cells import ROUNDING
from kamkit.schemes.team import pitfalls, pulse_items, remedies

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

LEVEL = 0.95
Scores = dict[str, list[int]]


@dataclass(frozen=True)
class Pulse:
    """One team's answers: pitfalls now; the climate items before and now, by respondent."""

    items: Scores
    before: Scores
    now: Scores


def cell_of(answers: Sequence[int]) -> tuple[float, float]:
    """Mean and half of its interval, as ``pulse_cells`` gives them for one shown team.

    >>> [round(v, 2) for v in cell_of([4, 5, 5, 5])]
    [4.75, 0.8]
    """
    x = np.asarray(answers, float)
    error = np.sqrt(max(x.var(ddof=1), ROUNDING) / len(x))
    return float(x.mean()), float(error * stdtrit(len(x) - 1, 0.5 + LEVEL / 2))


def status_of(answers: Sequence[int]) -> str:
    """Present, absent or maybe, as ``pitfall_profile`` says.

    >>> status_of([4, 5, 5, 5]), status_of([2, 3, 4, 5])
    ('present', 'maybe')
    """
    mean, half = cell_of(answers)
    return "present" if mean - half > MIDDLE else "absent" if mean + half < MIDDLE else "maybe"


def climate_move(before: Scores, now: Scores) -> tuple[float, float, float, float]:
    """Index before and now, their difference and half of its interval, as ``climate`` gives."""
    scale = 100 / (HIGH - LOW)
    people = [(np.mean(list(w.values()), axis=0) - LOW) * scale for w in (before, now)]
    n = [len(p) for p in people]
    df = sum(n) - 2
    asked = sum(i.scale != "pitfall" for i in pulse_items())
    pooled = sum(p.var(ddof=1) * (len(p) - 1) for p in people) / df
    variance = max(pooled, ROUNDING * scale**2 / asked)
    first, last = float(people[0].mean()), float(people[1].mean())
    half = float(stdtrit(df, 0.5 + LEVEL / 2) * np.sqrt(variance / n[0] + variance / n[1]))
    return first, last, last - first, half


def served(names: Sequence[str]) -> dict[str, int]:
    """For every remedy how many of these pitfalls it is linked to."""
    links = {p.id: p.remedies for p in pitfalls()}
    return {r.id: sum(r.id in links[p] for p in names) for r in remedies()}


def best_remedy(names: Sequence[str]) -> str:
    """The remedy that serves most of these pitfalls; empty where two are equal."""
    count = served(names)
    top = [r for r, n in count.items() if n == max(count.values())]
    return top[0] if len(top) == 1 else ""


# Answers of somebody who sees the pitfall at work, who doesn't, and of teams in two minds.
_KINDS = {
    "worst": (5, 5, 5, 4), "high": (4, 4, 4, 5), "low": (1, 2, 2, 1), "split": (1, 3, 5, 5),
    "mild": (2, 3, 4, 5),
}  # fmt: skip


def _present(draw: Draw) -> list[str]:
    """Two or three pitfalls, the worst first, that one remedy serves best: not its own first."""
    ids = [p.id for p in pitfalls()]
    return until(lambda: draw.sample(ids, draw.integer(2, 3)), _asks, 200)


def _asks(names: Sequence[str]) -> bool:
    first = {p.id: p.remedies[0] for p in pitfalls()}
    return best_remedy(names) not in ("", first[names[0]])


def _drawn(draw: Draw) -> Pulse:
    n = draw.integer(6, 8)
    there = _present(draw)
    rest = draw.shuffled([p.id for p in pitfalls() if p.id not in there])
    kinds = dict(zip(there, ("worst", "high", "high"), strict=False))
    kinds |= dict(zip(rest, ("split", "mild", "low", "low", "low"), strict=False))
    items = {p.id: _answers(draw, kinds[p.id], n) for p in pitfalls()}
    asked = [i.id for i in pulse_items() if i.scale != "pitfall" and not i.reverse]
    shift = draw.integer(0, 1)
    before, now = until(lambda: _waves(draw, asked, n, shift), _clear_move)
    return Pulse(items, before, now)


def _answers(draw: Draw, kind: str, n: int) -> list[int]:
    """Answers whose status is that of their kind, not too near to the line."""
    return until(lambda: [draw.choice(_KINDS[kind]) for _ in range(n)], lambda a: _fits(a, kind))


def _fits(answers: Sequence[int], kind: str) -> bool:
    mean, half = cell_of(answers)
    if abs(abs(mean - MIDDLE) - half) < 0.15:
        return False
    status = status_of(answers)
    if kind in ("worst", "high"):
        return status == "present" and (mean >= 4.6) == (kind == "worst")
    if kind == "low":
        return status == "absent"
    return status == "maybe" and mean > MIDDLE + 0.3


def _waves(draw: Draw, asked: Sequence[str], n: int, shift: int) -> tuple[Scores, Scores]:
    """Two waves of the climate items; people lean one way, so that the items go together."""
    found = []
    for up in (0, shift):
        lean = [draw.integer(-1, 1) * (1 - shift) for _ in range(n)]
        found.append({i: [min(5, max(1, draw.integer(2, 4) + t + up)) for t in lean]
                      for i in asked})  # fmt: skip
    return found[0], found[1]


def _clear_move(waves: tuple[Scores, Scores]) -> bool:
    _, _, change, half = climate_move(*waves)
    return change > 4 and abs(change - half) > 1.5


def pitfall_pulse(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """A team's anonymous answers: status of seven pitfalls, remedy, climate, a team of three.

    Source: S192, S193 (linked by the kit's own table), S190; intervals and the least number of
    answers as in :func:`kamkit.methods.appraisal.pitfall_profile` (house).
    """
    pulse = _drawn(draw)
    state = {p: status_of(a) for p, a in pulse.items.items()}
    present = [p for p, s in state.items() if s == "present"]
    mean = {p: cell_of(a)[0] for p, a in pulse.items.items()}
    worst = max(mean, key=lambda p: mean[p])
    best = best_remedy(present)
    label = {p.id: Text(*p.label.values()) for p in pitfalls()}
    names = {r.id: Text(*r.label.values()) for r in remedies()}
    first = next(p.remedies[0] for p in pitfalls() if p.id == worst)
    was, is_now, change, half = climate_move(pulse.before, pulse.now)
    trend = "up" if change > half else "cannot"
    key: dict[str, Accept] = {f"{p}.status": one_of(s) for p, s in state.items()}
    key |= {"remedy.what": Accept(any=(best,), best=best, weight=2.0),
            "trend.says": one_of(trend), "small.show": one_of("hide")}  # fmt: skip
    few = 3
    unsure = [p for p, s in state.items() if s == "maybe"]
    return Variant(
        key=key,
        words={
            "n": len(pulse.items[worst]), "few": few,
            "present": quoted(*(label[p] for p in present)),
            "unsure": quoted(*(label[p] for p in unsure)),
            "worst": quoted(label[worst]), "first": quoted(names[first]),
            "best": quoted(names[best]),
            "serves": served(present)[best], "n_present": len(present),
            "steps": _steps(best), "was": score(was, 0), "now": score(is_now, 0),
            "change": score(change), "half": score(half), "trend": cell(_TREND[trend]),
        },
        items=(*(Item(p, label[p]) for p in state), *_QUESTIONS),
        fields=(
            field("status", "有没有", "There or not", type="choice", options=_STATUS,
                  items=tuple(state)),
            field("what", "哪一项", "Which", type="choice", items=("remedy",),
                  options=tuple(Place(r, t) for r, t in names.items())),
            field("says", "怎么说", "What to say", type="choice", items=("trend",),
                  options=tuple(Place(t, v) for t, v in _TREND.items())),
            field("show", "给不给看", "Shown or not", type="choice", items=("small",),
                  options=_SHOW),
        ),
        sheets=(_sheet(pulse, label, names), _climate_sheet(was, is_now, change, half)),
        traps={
            "by_mean": {f"{p}.status": "present" if mean[p] > MIDDLE else "absent"
                        for p in unsure},
            "careful": {f"{p}.status": "maybe" for p, s in state.items() if s != "maybe"},
            "upside": {f"{p}.status": {"present": "absent", "absent": "present"}[s]
                       for p, s in state.items() if s != "maybe"},
            "of_worst": {"remedy.what": first},
            "show_boss": {"small.show": "boss"}, "merge": {"small.show": "blame"},
            "show_all": {"small.show": "all"},
            "moved": {"trend.says": "cannot" if trend == "up" else "up"},
            "worse": {"trend.says": "down"},
        },
    )  # fmt: skip


_STATUS = places(("present", "有", "There"), ("maybe", "说不准", "Can't tell"),
                 ("absent", "没有", "Not there"))  # fmt: skip
_TREND = {
    "up": Text("氛围变好了", "The climate has improved"),
    "cannot": Text("还说不准变没变", "Can't tell whether it has changed"),
    "down": Text("氛围变差了", "The climate has become worse"),
}
_SHOW = places(
    ("all", "照样公布", "Publish it like the others"),
    ("boss", "只给组长一个人看", "Show it to the team's leader only"),
    ("blame", "把三份原始答卷发给总监", "Send the three forms to the director"),
    ("hide", "不给任何人看，够四份再说", "Show nobody; wait for a fourth answer"),
)
_QUESTIONS = (
    Item("remedy", Text("先用哪项措施", "Which remedy first")),
    Item("trend", Text("氛围指数", "Climate index")),
    Item("small", Text("另一个组只收回三份", "Another team: three answers")),
)


def _steps(remedy: str) -> dict[str, str]:
    found = next(r.steps for r in remedies() if r.id == remedy)
    return {"zh": "；".join(s["zh"] for s in found), "en": "; ".join(s["en"] for s in found)}


def _sheet(pulse: Pulse, label: Mapping[str, Text], names: Mapping[str, Text]) -> Sheet:
    cols = columns(("pitfall", "误区", "Pitfall", "text"), ("mean", "平均", "Mean", "number"),
                   ("half", "±", "±", "number"),
                   ("linked", "配的措施", "Linked remedies", "text"))  # fmt: skip
    rows: list[tuple[Any, ...]] = []
    for p in pitfalls():
        mean, half = cell_of(pulse.items[p.id])
        linked = listed([names[r] for r in p.remedies])
        rows.append((label[p.id], round(mean, 1), round(half, 1), linked))
    n = len(pulse.items[pitfalls()[0].id])
    title = Text(f"七个误区（{n} 份匿名答卷，1–5 分，5 最糟）",
                 f"Seven pitfalls ({n} anonymous answers, 1–5, 5 is worst)")  # fmt: skip
    return sheet(title, cols, rows)


def _climate_sheet(was: float, now: float, change: float, half: float) -> Sheet:
    cols = columns(("was", "上次", "Before", "number"), ("now", "这次", "Now", "number"),
                   ("change", "差", "Difference", "number"),
                   ("half", "差的 ±", "± of it", "number"))  # fmt: skip
    row = (round(was), round(now), round(change, 1), round(half, 1))
    return sheet(Text("氛围指数（0–100，越高越好）", "Climate index (0–100, high is good)"),
                 cols, [row])  # fmt: skip
