"""Recipe of the development plan: which gaps are sure, what comes first, by which training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from scipy.special import ndtr

from kamkit.exercises.model import Accept, Item, Place, Sheet, Text, Variant
from kamkit.exercises.recipes.m05_base import columns, field, listed, places, score, sheet
from kamkit.exercises.recipes.m15_common import names as colleagues
from kamkit.exercises.recipes.parts import one_of, pair, quoted, share, until
from kamkit.methods.appraisal.development import MOST, SURE
from kamkit.methods.appraisal.rating_cells import HIGH, LOW
from kamkit.methods.shares import normal_point
from kamkit.schemes.competencies import competencies, trainings

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

LEVEL = 0.95


@dataclass(frozen=True)
class Row:
    """One competence: what the role wants, what the managers rated, the error, its weight."""

    required: float
    rated: float
    se: float
    weight: int
    n: int

    @property
    def half(self) -> float:
        """Half of the interval."""
        return normal_point(LEVEL) * self.se

    @property
    def gap(self) -> float:
        """Levels short; negative where more than required."""
        return self.required - self.rated

    @property
    def status(self) -> str:
        """Short, met or unsure: the statuses of ``competence_gaps``, both kinds of maybe in one."""
        low, high = max(self.rated - self.half, LOW), min(self.rated + self.half, HIGH)
        return "short" if high < self.required else "met" if low >= self.required else "unsure"

    @property
    def sureness(self) -> float:
        """Chance that the true rating lies below what is required."""
        return float(ndtr(self.gap / self.se))

    @property
    def priority(self) -> float:
        """Gap × weight × sureness; 0 where nothing is short."""
        return max(self.gap, 0.0) * self.weight * self.sureness


@cache
def served() -> Mapping[str, tuple[str, ...]]:
    """Competencies by training.

    >>> served()["time_planning"]
    ('efficiency',)
    """
    return {t.id: t.competencies for t in trainings()}


@cache
def _labels() -> tuple[Mapping[str, Text], Mapping[str, Text]]:
    skill = {c.id: Text(*c.label.values()) for c in competencies()}
    return skill, {t.id: Text(*t.label.values()) for t in trainings()}


def planned(rows: Mapping[str, Row]) -> list[str]:
    """At most three competencies, the most pressing first, as ``development_plan`` has them."""
    short = [c for c, r in rows.items() if r.gap > 0]
    return sorted(short, key=lambda c: (-rows[c].priority, -rows[c].gap, c))[:MOST]


def fitting(competency: str, needs: Sequence[str], done: Sequence[str] = ()) -> list[str]:
    """Trainings for a competence, those that serve more of the needs first; done ones are out."""
    open_ = [t for t, c in served().items() if competency in c and t not in done]
    return sorted(open_, key=lambda t: (-len(set(needs) & set(served()[t])), t))


@dataclass(frozen=True)
class Case:
    """A person's competencies and the course already taken."""

    rows: Mapping[str, Row]
    done: str


# Error of one manager's rating; how many managers rated which kind of row.
_SINGLE = 0.62
_PLANS = {
    "first": ((1.2, 1.3), (4, 4), 3),     # sure and heavy
    "second": ((0.9, 1.1), (3, 3), 3),    # sure, less heavy
    "loud": ((1.4, 1.6), (1, 1), 2),      # the largest, of little weight
    "heavy": ((0.4, 0.5), (5, 5), 1),     # the heaviest weight, a small gap, one manager's view
    "fine": ((-1.4, -1.0), (2, 3), 3),
    "near": ((-0.4, -0.2), (3, 4), 2),
}  # fmt: skip


def _drawn(draw: Draw) -> Case:
    """Competencies of which the first has a broad and a narrow training left, then figures."""
    ids = until(lambda: draw.sample(_ids(), len(_PLANS)), _courses_differ)
    rows = until(lambda: _rows(draw, ids), _rows_decide)
    needs = planned(rows)
    order = draw.shuffled(list(rows))
    return Case({c: rows[c] for c in order}, fitting(needs[0], needs)[0])


@cache
def _ids() -> tuple[str, ...]:
    return tuple(c.id for c in competencies())


def _courses_differ(ids: Sequence[str]) -> bool:
    """Without the best course, one of those left serves more needs than any other."""
    needs = [ids[k] for k, plan in enumerate(_PLANS) if plan in ("first", "second", "heavy")]
    left = fitting(needs[0], needs)[1:]
    many = [len(set(needs) & set(served()[t])) for t in left]
    return len(left) > 1 and many[0] > many[1]


def _rows(draw: Draw, ids: Sequence[str]) -> dict[str, Row]:
    rows = {}
    for c, (gap, weight, n) in zip(ids, _PLANS.values(), strict=True):
        short = draw.real(*gap, 1)
        required = float(draw.choice([4, 4, 5]) if short > 0 else 3)
        rows[c] = Row(required, round(required - short, 1), _SINGLE / n**0.5,
                      draw.integer(*weight), n)  # fmt: skip
    return rows


def _rows_decide(rows: Mapping[str, Row]) -> bool:
    needs, heavy = planned(rows), heaviest(rows)
    return (
        heavy in needs[1:]
        and largest(rows) not in needs
        and rows[needs[0]].priority > 1.25 * rows[needs[1]].priority
        and rows[heavy].sureness < SURE
        and all(abs(abs(r.gap) - r.half) > 0.06 for r in rows.values())
    )


def largest(rows: Mapping[str, Row]) -> str:
    """The competence with the largest gap."""
    return max(rows, key=lambda c: rows[c].gap)


def heaviest(rows: Mapping[str, Row]) -> str:
    """The competence of the most weight."""
    return max(rows, key=lambda c: rows[c].weight)


def gap_plan(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """One person's gaps: sure or not, which comes first, by which training.

    Source: S205, S212; priority (gap × weight × sureness) as in
    :func:`kamkit.methods.appraisal.development_plan` (house).
    """
    case = _drawn(draw)
    rows, needs = case.rows, planned(case.rows)
    skill, course = _labels()
    first = needs[0]
    fits = fitting(first, needs, [case.done])
    loud, heavy = largest(rows), heaviest(rows)
    shown = _courses(needs, fits, case.done, draw)
    off = next(t for t in shown if first not in served()[t])
    key: dict[str, Accept] = {f"{c}.status": one_of(r.status) for c, r in rows.items()}
    key |= {"first.what": Accept(any=(first,), best=first, weight=2.0),
            "train.course": one_of(fits[0]), "second.step": one_of("look")}  # fmt: skip
    state = {s: [skill[c] for c, r in rows.items() if r.status == s]
             for s in ("short", "unsure", "met")}  # fmt: skip
    by_mean = {f"{c}.status": "short" if r.gap > 0 else "met"
               for c, r in rows.items() if r.status == "unsure"}  # fmt: skip
    return Variant(
        key=key,
        words={
            "who": dict(colleagues(draw, 1)[0]), **{s: quoted(*t) for s, t in state.items()},
            "first": quoted(skill[first]), "loud": quoted(skill[loud]),
            "heavy": quoted(skill[heavy]),
            "points": score(rows[first].priority), "loud_points": score(rows[loud].priority),
            "loud_gap": score(rows[loud].gap), "heavy_gap": score(rows[heavy].gap),
            "heavy_sure": share(rows[heavy].sureness), "heavy_half": score(rows[heavy].half),
            "heavy_points": score(rows[heavy].priority), "course": _titled(course[fits[0]]),
            "second_course": _titled(course[fits[1]]), "done": _titled(course[case.done]),
            "needs": quoted(*(skill[c] for c in needs)),
            "serves": quoted(*(skill[c] for c in needs if c in served()[fits[0]])),
            "next": quoted(skill[needs[1]]), "next_points": score(rows[needs[1]].priority),
        },
        items=(*(Item(c, skill[c]) for c in rows), *_questions(skill[heavy])),
        fields=(
            field("status", "和要求比", "Against what is required", type="choice",
                  options=_STATUS, items=tuple(rows)),
            field("what", "哪一项", "Which", type="choice", items=("first",),
                  options=tuple(Place(c, skill[c]) for c in rows)),
            field("course", "哪一门", "Which training", type="choice", items=("train",),
                  options=tuple(Place(t, course[t]) for t in shown)),
            field("step", "怎么办", "What to do", type="choice", options=_STEPS,
                  items=("second",)),
        ),
        sheets=(_sheet(rows, skill), _course_sheet(shown, case.done, skill, course)),
        traps={
            "by_mean": by_mean, "by_gap": {"first.what": loud},
            "by_weight": {"first.what": heavy},
            "careful": {f"{c}.status": "unsure" for c, r in rows.items() if r.status != "unsure"},
            "again": {"train.course": case.done}, "narrow": {"train.course": fits[1]},
            "off_topic": {"train.course": off}, "send": {"second.step": "send"},
            "drop": {"second.step": "drop"}, "tell": {"second.step": "tell"},
        },
    )  # fmt: skip


def _titled(course: Text) -> dict[str, str]:
    """A training by name: some are called as the competence they serve."""
    return pair(f"《{course.zh}》", f"the training “{course.en}”")


def _courses(needs: Sequence[str], fits: Sequence[str], done: str, draw: Draw) -> list[str]:
    """The trainings to choose from: all that fit the first need, and two that don't."""
    rest = [t for t, c in served().items() if needs[0] not in c]
    other = draw.sample(rest, 2)
    return draw.shuffled([*fits, done, *other])


_STATUS = places(("short", "确实不足", "Short for sure"), ("unsure", "说不准", "Can't tell"),
                 ("met", "确实够了", "Met for sure"))  # fmt: skip
_STEPS = places(
    ("send", "先报一门课，早补早好", "Book a course, the sooner the better"),
    ("look", "再请一人打分，或陪访一次", "A second rater or an observed visit first"),
    ("tell", "写进考评，按不足算", "Put it in the appraisal as a shortfall"),
    ("drop", "一个人的看法，不用理", "One person's view: forget it"),
)


def _questions(heavy: Text) -> tuple[Item, Item, Item]:
    return (
        Item("first", Text("最先补哪一项", "What to work on first")),
        Item("train", Text("为它报哪一门", "Which training for it")),
        Item("second", Text(f"“{heavy.zh}”怎么办", f"And “{heavy.en}”")),
    )


def _sheet(rows: Mapping[str, Row], skill: Mapping[str, Text]) -> Sheet:
    cols = columns(("skill", "胜任力", "Competence", "text"),
                   ("required", "要求", "Required", "number"),
                   ("rated", "评分", "Rated", "number"), ("half", "±", "±", "number"),
                   ("n", "评分人", "Raters", "number"), ("weight", "权重", "Weight", "number"),
                   ("sure", "不足的把握", "Chance it's short", "share"))  # fmt: skip
    shown: list[tuple[Any, ...]] = [
        (
            skill[c],
            r.required,
            r.rated,
            round(r.half, 1),
            r.n,
            r.weight,
            min(max(round(r.sureness, 2), 0.01), 0.99),
        )
        for c, r in rows.items()
    ]
    return sheet(Text("岗位要求和评分（1–5，已校正宽严）",
                      "Role profile and ratings (1–5, severity taken out)"),
                 cols, shown)  # fmt: skip


def _course_sheet(
    shown: Sequence[str], done: str, skill: Mapping[str, Text], course: Mapping[str, Text]
) -> Sheet:
    cols = columns(("course", "培训", "Training", "text"), ("for", "补什么", "Serves", "text"),
                   ("done", "去年上过", "Taken last year", "text"))  # fmt: skip
    rows = [
        (course[t], listed([skill[c] for c in served()[t]]),
         Text("是", "yes") if t == done else Text("", ""))
        for t in shown
    ]  # fmt: skip
    return sheet(Text("培训清单", "Training list"), cols, rows)


assert SURE < 1  # a share
