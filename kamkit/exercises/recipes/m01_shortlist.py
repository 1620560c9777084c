"""From a director's sentence to weights, from 22 criteria to a short list (S023, S024, S032)."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from kamkit.exercises.forms import read_text
from kamkit.exercises.model import Accept, Item, Sheet, Text, Variant
from kamkit.exercises.recipes.m01_common import (
    LETTERS,
    column,
    company_names,
    listed,
    named_items,
)
from kamkit.exercises.recipes.parts import cell, one_of
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw
from kamkit.methods.selection import group_weights, selection_criteria
from kamkit.methods.selection.criteria import weighted_sum
from kamkit.methods.selection.draws import dirichlet_concentration
from kamkit.methods.selection.figures import Floats
from kamkit.methods.selection.normalise import fixed
from kamkit.methods.selection.smaa import Model, acceptability_counts
from kamkit.methods.shares import wilson
from kamkit.schemes import criteria

PLACES_LEFT, ACCOUNTS, DRAWS, VARIES = 5, 10, 500, 0.3
GROUPS = {
    "value": Text("价值", "Value"),
    "competitive": Text("战略与竞争", "Strategy and competition"),
    "fit": Text("契合与合作", "Fit and conduct"),
}


@cache
def _sayings() -> tuple[tuple[Text, tuple[float, ...]], ...]:
    """How a director puts it, and the points that follow for the three groups in turn."""
    return tuple(
        (read_text(s), tuple(100 * p / sum(s["parts"]) for p in s["parts"]))
        for s in pool("m01_shortlist")["sayings"]
    )


@cache
def _spec() -> pd.DataFrame:
    return selection_criteria("list_1_2")


@cache
def _weighted() -> tuple[str, ...]:
    """The criteria of both lists that carry weight: the gate does not."""
    return tuple(_spec().loc[~_spec()["gate"], "criterion"].tolist())


@cache
def _gates() -> tuple[str, ...]:
    return tuple(_spec().loc[_spec()["gate"], "criterion"].tolist())


def _label(criterion: str) -> Text:
    words = criteria()[criterion].labels
    return Text(words["zh"], words["en"])


@cache
def _criteria_sheet() -> Sheet:
    """All 22 criteria by group; the gate apart."""
    rows = []
    for group, name in GROUPS.items():
        own = [c for c in _weighted() if criteria()[c].group == group]
        rows.append((cell(name), len(own), listed(_label(c) for c in own)))
    gates = [_label(c) for c in _gates()]
    rows.append((cell(Text("门槛（不计分）", "Gate (no weight)")), len(gates), listed(gates)))
    return Sheet(
        Text("22 条准则，按组", "The 22 criteria by group"),
        (
            column("group", "组", "Group"),
            column("n", "条数", "How many", "number", 0),
            column("criteria", "准则", "Criteria"),
        ),
        tuple(rows),
    )


def _whole(points: dict[str, float]) -> dict[str, float]:
    """Whole points that add to 100, as people type them."""
    floors = {g: float(int(v)) for g, v in points.items()}
    order = sorted(points, key=lambda g: floors[g] - points[g])
    for g in order[: round(100 - sum(floors.values()))]:
        floors[g] += 1
    return floors


def _misheard(
    groups: tuple[str, str, str], points: tuple[float, ...], lines: dict[str, int]
) -> dict[str, dict[str, float]]:
    """Points of those who catch half of the sentence, or apply a multiple to the wrong thing."""
    most, second, third = points
    rest, chain = 100 - most, (400 / 7, 200 / 7, 100 / 7)
    each = [p * lines[g] for g, p in zip(groups[1:], points[1:], strict=True)]
    slips = {
        "rest_halved": (most, rest / 2, rest / 2),
        "two_level": (40.0, 40.0, 20.0) if second != 40 else (50.0, 25.0, 25.0),
        "chain": chain if points != chain else (50.0, 100 / 3, 50 / 3),
        "twice_rest": (200 / 3, *(p * 100 / 3 / (second + third) for p in points[1:])),
        "per_line": (most, *(e * rest / sum(each) for e in each)),
    }
    return {n: _whole(dict(zip(groups, p, strict=True))) for n, p in slips.items()}


def weights(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """A director's sentence about three groups of criteria, turned into 100 points.

    Within a group the points are shared equally by :func:`group_weights`; the gate gets none.
    Source: S023, S024; that a sentence becomes points is house.
    """
    saying, points = draw.choice(_sayings())
    first, second, third = draw.shuffled(list(GROUPS))
    if third == "value" and points[2] < 18:
        # Counting criteria would give value much the same points: no lesson in that.
        first, third = third, first
    right = dict(zip((first, second, third), points, strict=True))
    said = {"a": GROUPS[first], "b": GROUPS[second], "c": GROUPS[third]}
    table = group_weights(_spec(), right)
    each = dict(zip(table["criterion"], table["weight"], strict=True))
    counts = {g: sum(criteria()[c].group == g for c in _weighted()) for g in GROUPS}
    with_gate = {g: counts[g] + sum(criteria()[c].group == g for c in _gates()) for g in GROUPS}
    one = {g: next(c for c in _weighted() if criteria()[c].group == g) for g in GROUPS}
    swapped = {**right, first: right[third], third: right[first]}
    close = {**right, second: right[third], third: right[second]}
    return Variant(
        key={g: Accept(low=v - 1.5, high=v + 1.5, best=round(v, 1)) for g, v in right.items()},
        words={
            "saying": {
                "zh": saying.zh.format(**{k: t.zh for k, t in said.items()}),
                "en": saying.en.format(**{k: t.en for k, t in said.items()}),
            },
            "first": cell(GROUPS[first]), "second": cell(GROUPS[second]),
            "third": cell(GROUPS[third]), "n_first": counts[first], "n_third": counts[third],
            "each_first": round(100 * each[one[first]], 1),
            "each_third": round(100 * each[one[third]], 1),
            "equal_value": round(100 * counts["value"] / len(_weighted()), 1),
            "n": len(_weighted()), "all": len(_spec()),
            "one_part": round(points[2], 1),
        },
        items=tuple(Item(g, GROUPS[g]) for g in GROUPS),
        sheets=(_criteria_sheet(),),
        traps={
            "by_count": _whole({g: 100 * n / len(_weighted()) for g, n in counts.items()}),
            "by_count_gate": _whole({g: 100 * n / len(_spec()) for g, n in with_gate.items()}),
            "equal": _whole(dict.fromkeys(GROUPS, 100 / 3)),
            "upside_down": _whole(swapped),
            "second_third": _whole(close),
            **_misheard((first, second, third), points, counts),
        },
    )  # fmt: skip


def _tuned(draw: Draw, weight: Floats, target: float) -> list[float]:
    """Ratings of one account that come close to a total, different on every criterion."""
    level = 1 + target / 25
    row = [
        float(min(5, max(1, round(level + draw.choice((-1.4, -0.7, 0, 0, 0.7, 1.4))))))
        for _ in weight
    ]
    steps = 25 * weight
    for _ in range(60):
        gap = target - float((np.array(row) - 1) @ steps)
        move = 1.0 if gap > 0 else -1.0
        fits = [k for k, r in enumerate(row) if 1 <= r + move <= 5 and steps[k] <= abs(gap) + 0.35]
        if not fits:
            break
        widest = max(steps[k] for k in fits)
        row[draw.choice([k for k in fits if steps[k] >= widest - 1e-9])] += move
    return row


def _rated(draw: Draw, weight: Floats) -> tuple[Floats, list[float], list[int]]:
    """Ratings (accounts × weighted criteria), solvency, and who fails the gate.

    The accounts around the cut lie close together, so that the weights decide about them; one
    of the best fails the gate, sometimes a weak one too.
    """
    middle = draw.choice(((55.8, 55.0, 54.2), (60.5, 54.8, 54.2), (58.0, 55.3, 54.1)))
    targets = [78.0, 72.5, 68.0, 64.0, *middle, 42.0, 37.0, 31.0]
    targets = [t + draw.real(-0.9, 0.9, 1) for t in targets]
    fails = draw.sample(range(1, 4), 1) + draw.sample(range(7, 10), draw.integer(0, 1))
    order = draw.shuffled(range(len(targets)))
    table = np.array([_tuned(draw, weight, targets[i]) for i in order])
    solvency = [float(draw.integer(1, 2) if i in fails else draw.integer(3, 5)) for i in order]
    return table, solvency, [k for k, i in enumerate(order) if i in fails]


def _membership(values: Floats, weight: Floats, seed: int) -> tuple[Floats, Floats, Floats]:
    """Share of weightings in which each account is among the first five, with its interval."""
    model = Model(weight, "dirichlet", dirichlet_concentration(len(weight), VARIES))
    member = acceptability_counts(values, model, k=PLACES_LEFT, draws=DRAWS, seed=seed).member
    low, high = wilson(member, DRAWS)
    return member / DRAWS, low, high


def _shares(values: Floats, weight: Floats, failed: list[int]) -> tuple[Floats, Floats, Floats]:
    """The same for all: who fails the gate is tried one at a time against those who passed."""
    n = len(values)
    passed = [i for i in range(n) if i not in failed]
    found = tuple(np.zeros(n) for _ in range(3))
    for part in (passed, *([*passed, i] for i in failed)):
        new = part if part is passed else part[-1:]
        parts = _membership(values[part], weight, 1)
        for column_, values_ in zip(found, parts, strict=True):
            column_[new] = values_[-len(new) :]
    return found[0], found[1], found[2]


def _place(low: float, high: float, stays: float) -> tuple[str, ...]:
    """Verdict of the simulation; where its own error spans the limit, both sides are right."""
    best = "in" if low >= 0.95 else "out" if high <= 0.05 else "open"
    also = "in" if stays >= 0.95 else "out" if stays <= 0.05 else "open"
    return (best,) if best == also else (best, also)


def _slips(key: dict[str, Accept], solvency: list[float]) -> dict[str, dict[str, str]]:
    """Whole answers of those who read the gate or the limits of the last column their own way."""
    best = {k: str(a.best) for k, a in key.items()}
    passed = {k: s for k, s in zip(key, solvency, strict=True) if best[k] != "excluded"}
    just = {k for k, s in passed.items() if s == min(passed.values())}

    def moved(places: dict[str, str]) -> dict[str, str]:
        return {k: places.get(v, v) for k, v in best.items()}

    return {
        "gate_too_strict": {k: "excluded" if k in just else v for k, v in best.items()},
        "out_as_excluded": moved({"out": "excluded"}),
        "gate_debated": moved({"excluded": "open"}),
        "all_open": moved({"in": "open", "out": "open"}),
        "open_in": moved({"open": "in"}),
        "open_out": moved({"open": "out"}),
    }


_PROSPECTS = (
    column("name", "客户", "Account"),
    *(column(g, t.zh, t.en, "score", 0) for g, t in GROUPS.items()),
    column("solvency", "偿付能力（1–5）", "Solvency (1–5)", "number", 0),
    column("total", "总分", "Total", "score", 1),
    column("stays", "进前五的次数占比", "Weightings in the first five", "share", 1),
)


def short_list(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Ten prospects on 22 criteria: in, open, out, or excluded at the gate.

    A total is not enough: the verdict is how often an account stays among the first five while
    each weight varies by about 30 %. Source: S023, S024, S032; Lahdelma, Hokkanen & Salminen
    1998 (:func:`rank_acceptability`); the limits 95 % and 5 % are house.
    """
    points = draw.choice(((50, 30, 20), (40, 35, 25), (45, 25, 30), (40, 30, 30)))
    by_group = dict(zip(GROUPS, points, strict=True))
    table = group_weights(_spec(), by_group)
    weight = table.set_index("criterion").loc[list(_weighted()), "weight"].to_numpy(float)
    ratings, solvency, failed = _rated(draw, weight)
    ends = [np.array([getattr(criteria()[c], e) for c in _weighted()]) for e in ("low", "high")]
    values = fixed(ratings, ends[0], ends[1], np.zeros(len(weight)))
    totals = weighted_sum(values, weight).score
    stays, low, high = _shares(values, weight, failed)
    names = company_names(draw, ACCOUNTS)
    group_of = np.array([criteria()[c].group for c in _weighted()])
    means = {g: values[:, group_of == g].mean(axis=1) for g in GROUPS}
    best_five = np.argsort(-totals, kind="stable")[:PLACES_LEFT]
    key, score_only, gate_out, gate_in = {}, {}, {}, {}
    for i in range(ACCOUNTS):
        name = LETTERS[i]
        by_share = _place(float(low[i]), float(high[i]), float(stays[i]))
        key[name] = one_of("excluded") if i in failed else one_of(*by_share)
        score_only[name] = "in" if i in best_five else "out"
        gate_out[name] = "out" if i in failed else by_share[0]
        gate_in[name] = by_share[0]
    rows = [
        (
            cell(names[i]), *(round(float(means[g][i]), 0) for g in GROUPS), solvency[i],
            round(float(totals[i]), 1), round(float(stays[i]), 3),
        )
        for i in range(ACCOUNTS)
    ]  # fmt: skip
    sheet = Sheet(
        Text("十家候选客户", "Ten prospects"),
        _PROSPECTS,
        tuple(rows),
    )
    counts = [a.best for a in key.values()]
    return Variant(
        key=key,
        words={
            "n": ACCOUNTS, "seats": PLACES_LEFT, "draws": DRAWS, "criteria": len(weight) + 1,
            "gate": criteria()["solvency"].minimum,
            "p_value": points[0], "p_competitive": points[1], "p_fit": points[2],
            "in": counts.count("in"), "open": counts.count("open"), "out": counts.count("out"),
            "excluded": listed(names[i] for i in failed),
            "excluded_total": max(round(float(totals[i]), 1) for i in failed),
            "undecided": listed(n for n, a in zip(names, key.values(), strict=True)
                                if a.best == "open"),
        },
        items=named_items(names),
        sheets=(sheet,),
        traps={
            "score_only": score_only, "gate_as_last": gate_out, "gate_ignored": gate_in,
            **_slips(key, solvency),
        },
    )  # fmt: skip
