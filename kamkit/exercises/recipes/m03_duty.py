"""Recipe of the seven duties: rating beside key figures, own view beside the managers'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import stdtrit

from kamkit.exercises.model import Accept, Item, Place, Sheet, Text, Variant
from kamkit.exercises.recipes.m05_base import columns, field, places, score, sheet
from kamkit.exercises.recipes.m15_common import names as colleagues
from kamkit.exercises.recipes.parts import one_of, quoted, share, until
from kamkit.methods.appraisal.duties import EXPECTED
from kamkit.methods.appraisal.rating_cells import HIGH, LOW, ROUNDING
from kamkit.schemes.competencies import duties

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

LEVEL = 0.95
OTHERS = 7  # colleagues whom the same two managers rate
ABOVE, BELOW, AGREE, UNSURE, NO_KPI = (
    "rating_above_kpi", "kpi_above_rating", "agree", "cannot_tell", "no_kpi",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """By duty: two managers' ratings, the own view, attainment of its key figures; the
    colleagues' ratings give the error."""

    pairs: Mapping[str, tuple[int, int]]
    own: Mapping[str, int]
    figures: Mapping[str, float]
    others: tuple[tuple[int, int], ...]

    def rated(self, duty: str) -> float:
        """Mean of both managers."""
        return sum(self.pairs[duty]) / 2

    @cached_property
    def half(self) -> float:
        """Half of the interval of a mean of two, as ``rating_cells`` pools it."""
        pairs = [*self.pairs.values(), *self.others]
        variance = max(sum((a - b) ** 2 / 2 for a, b in pairs) / len(pairs), ROUNDING)
        return float(stdtrit(1 + OTHERS, 0.5 + LEVEL / 2) * np.sqrt(variance / 2))

    def attainment(self, duty: str) -> float | None:
        """Mean attainment of the duty's key figures; None where none was measured."""
        known = [self.figures[k] for k in kpis(duty) if k in self.figures]
        return sum(known) / len(known) if known else None

    def reading(self, duty: str) -> str:
        """As ``duty_profile`` reads rating and key figures."""
        got, mean, half = self.attainment(duty), self.rated(duty), self.half
        if got is None:
            return NO_KPI
        above = max(mean - half, LOW) > EXPECTED
        below = min(mean + half, HIGH) < EXPECTED
        if not above and not below:
            return UNSURE
        if above == (got >= 1):
            return AGREE
        return ABOVE if above else BELOW

    def gap(self, duty: str) -> tuple[float, bool]:
        """Own view less rating, and whether its interval leaves 0 out."""
        mean, half, own = self.rated(duty), self.half, self.own[duty]
        low, high = own - min(mean + half, HIGH), own - max(mean - half, LOW)
        return own - mean, low > 0 or high < 0


@cache
def kpis(duty: str) -> tuple[str, ...]:
    """Key figures of a duty.

    >>> kpis("study_needs")
    ('win_rate', 'sales_growth')
    """
    return next(d.kpis for d in duties() if d.id == duty)


_MEANS = {"high": ((4, 4), (4, 5), (5, 4)), "low": ((2, 2), (1, 2), (2, 1)),
          "middle": ((3, 3), (3, 4), (2, 3), (4, 3), (3, 2))}  # fmt: skip


@cache
def _ids() -> tuple[str, ...]:
    return tuple(d.id for d in duties())


def _far(draw: Draw, rated: float, level: str) -> int:
    """An own view well away from the rating, mostly above it."""
    if level == "middle" and draw.integer(1, 3) == 1:
        return max(1, round(rated - 0.1) - 2)
    return min(5, round(rated + 0.1) + 2)


def person_of(draw: Draw) -> Person:
    """Somebody with one mismatch each way, one sure gap of the own view, one duty unmeasured."""
    return until(lambda: _beside(draw, _others(draw)), decidable, 20)


def _others(draw: Draw) -> tuple[tuple[int, int], ...]:
    """Two ratings of each duty of the other people, from which the error is read."""
    pairs = []
    for _ in range(OTHERS * len(_ids())):
        first = draw.integer(2, 4)
        pairs.append((first, first + draw.choice([0, 0, 0, 1, -1])))
    return tuple(pairs)


def _beside(draw: Draw, others: tuple[tuple[int, int], ...]) -> Person:
    """With some error nobody can be drawn who is decidable: the others are drawn again then."""
    return until(lambda: _drawn(draw, others), decidable, 400)


def _drawn(draw: Draw, others: tuple[tuple[int, int], ...]) -> Person:
    ids = _ids()
    figures = {k: draw.choice([draw.integer(78, 94), draw.integer(106, 122)]) / 100
               for d in ids for k in kpis(d)}  # fmt: skip
    for k in kpis(draw.choice(["study_needs", "widen_resources", "customer_data"])):
        figures.pop(k, None)
    person = Person({}, {}, figures, ())
    missed: list[str] = []
    met: list[str] = []
    for d in draw.shuffled(ids):
        got = person.attainment(d)
        if got is not None:
            (met if got >= 1 else missed).append(d)
    level = dict.fromkeys(ids, "middle")
    for duty, how in (*zip(missed, ("high", "low"), strict=False),
                      *zip(met, ("low", "high"), strict=False)):  # fmt: skip
        level[duty] = how
    pairs = {d: draw.choice(_MEANS[level[d]]) for d in ids}
    own = {d: round(sum(pairs[d]) / 2 + draw.choice([-0.25, 0.25])) for d in ids}
    far = draw.choice([d for d in ids if level[d] in ("middle", "low")])
    own[far] = _far(draw, sum(pairs[far]) / 2, level[far])
    return Person(pairs, own, figures, others)


def decidable(p: Person) -> bool:
    """Whether every question has one answer, not too near to a line."""
    ids = list(p.pairs)
    reading = [p.reading(d) for d in ids]
    got = [a for a in (p.attainment(d) for d in ids) if a is not None]
    sure = [d for d in ids if p.gap(d)[1]]
    size = sorted((abs(p.gap(d)[0]) for d in ids), reverse=True)
    weak = min(ids, key=p.rated)
    return (
        reading.count(ABOVE) == 1
        and reading.count(BELOW) == 1
        and reading.count(AGREE) >= 1
        and reading.count(UNSURE) >= 1
        and reading.count(NO_KPI) == 1
        and min(abs(a - 1) for a in got) > 0.015
        and len(sure) == 1
        and size[0] - p.half > 0.15
        and p.half - size[1] > 0.1
        and sorted(p.rated(d) for d in ids)[1] - p.rated(weak) > 0.2
        and weak not in sure
        and 0.55 < p.half < 0.95
    )


def duty_kpi_rating(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """One person's seven duties: how rating and figures agree, and which gap to talk about.

    Source: S200 (duty × KPI × rating), S199 (self against manager); readings as in
    :func:`kamkit.methods.appraisal.duty_profile` (house).
    """
    p = person_of(draw)
    ids = list(p.pairs)
    label = {d.id: Text(*d.label.values()) for d in duties()}
    reading = {d: p.reading(d) for d in ids}
    talk = next(d for d in ids if p.gap(d)[1])
    weak = min(ids, key=p.rated)
    of = {r: [d for d in ids if reading[d] == r] for r in (ABOVE, BELOW, AGREE, UNSURE, NO_KPI)}
    above, below = of[ABOVE][0], of[BELOW][0]
    who = colleagues(draw, 1)[0]
    points = {d: _by_points(p, d) for d in ids}
    key: dict[str, Accept] = {f"{d}.reading": one_of(reading[d]) for d in ids}
    key |= {"talk.duty": Accept(any=(talk,), best=talk, weight=2.0),
            "next.step": one_of("look")}  # fmt: skip
    return Variant(
        key=key,
        words={
            "who": dict(who), "half": score(p.half), "talk": quoted(label[talk]),
            "talk_own": p.own[talk], "talk_rated": score(p.rated(talk)),
            "gap": score(abs(p.gap(talk)[0])), "weak": quoted(label[weak]),
            "weak_own": p.own[weak], "weak_rated": score(p.rated(weak)),
            "above": quoted(label[above]), "above_rated": score(p.rated(above)),
            "above_kpi": share(_known(p, above)), "below": quoted(label[below]),
            "below_rated": score(p.rated(below)), "below_kpi": share(_known(p, below)),
            "unsure": quoted(*(label[d] for d in of[UNSURE])),
            "agree": quoted(*(label[d] for d in of[AGREE])),
            "none": quoted(*(label[d] for d in of[NO_KPI])), "n": OTHERS + 1,
        },
        items=(*(Item(d, label[d]) for d in ids), *_questions(label[above])),
        fields=(
            field("reading", "评分和指标", "Rating and figures", type="choice", options=_READINGS,
                  items=tuple(ids)),
            field("duty", "哪一项", "Which duty", type="choice", items=("talk",),
                  options=tuple(Place(d, label[d]) for d in ids)),
            field("step", "怎么办", "What to do", type="choice", options=_STEPS, items=("next",)),
        ),
        sheets=(_sheet(p, label),),
        traps={
            "by_points": {f"{d}.reading": v for d, v in points.items() if v != reading[d]},
            "no_as_bad": {f"{d}.reading": ABOVE if p.rated(d) >= EXPECTED else AGREE
                          for d in of[NO_KPI]},
            "swapped": {f"{above}.reading": BELOW, f"{below}.reading": ABOVE},
            "all_agree": {f"{d}.reading": AGREE for d in (above, below)},
            "weakest": {"talk.duty": weak}, "disputed": {"talk.duty": above},
            "lower": {"next.step": "lower"}, "trust": {"next.step": "trust"},
            "average": {"next.step": "average"},
        },
    )  # fmt: skip


def _known(p: Person, duty: str) -> float:
    got = p.attainment(duty)
    return got if got is not None else float("nan")


def _by_points(p: Person, duty: str) -> str:
    """What somebody reads who compares the bare figures."""
    got = p.attainment(duty)
    if got is None:
        return NO_KPI
    high = p.rated(duty) >= EXPECTED
    return AGREE if high == (got >= 1) else ABOVE if high else BELOW


_READINGS = places(
    (AGREE, "一致", "Agree"), (ABOVE, "评分高，指标没到", "Rating high, figures short"),
    (BELOW, "指标到了，评分低", "Figures met, rating low"),
    (UNSURE, "说不准", "Can't tell"), (NO_KPI, "没有指标可比", "No figure to compare"),
)  # fmt: skip
_STEPS = places(
    ("lower", "按指标把评分调低", "Lower the rating to fit the figures"),
    ("trust", "经理看得准，不管指标", "Trust the managers, forget the figures"),
    ("average", "两个数折中", "Split the difference"),
    ("look", "拿行为证据，再查指标受什么影响", "Look at behaviour, and at what moves the figures"),
)


def _questions(above: Text) -> tuple[Item, Item]:
    return (
        Item("talk", Text("面谈先谈哪项的自评差距", "Which self-rating gap to talk about first")),
        Item(
            "next", Text(f"“{above.zh}”两边对不上，怎么办", f"“{above.en}” doesn't fit: now what")
        ),
    )


def _sheet(p: Person, label: Mapping[str, Text]) -> Sheet:
    cols = columns(("duty", "职责", "Duty", "text"), ("rated", "经理评分", "Managers", "number"),
                   ("half", "±", "±", "number"), ("kpi", "指标达成", "Attainment", "share"),
                   ("own", "自评", "Own view", "number"))  # fmt: skip
    rows: list[tuple[Any, ...]] = [
        (label[d], p.rated(d), round(p.half, 1), p.attainment(d), p.own[d]) for d in p.pairs
    ]
    return sheet(Text("七项职责（评分 1–5，两位经理的平均）",
                      "Seven duties (1–5, mean of two managers)"), cols, rows)  # fmt: skip
