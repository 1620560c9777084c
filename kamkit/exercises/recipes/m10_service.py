"""Recipes of service: levels by tier within a cost limit, and how long a case really takes."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from kamkit.exercises.model import Accept, Item, Place, Text, Variant
from kamkit.exercises.recipes.m05_base import (
    columns,
    field,
    figure,
    listed,
    money,
    places,
    sheet,
)
from kamkit.exercises.recipes.m05_base import score as number
from kamkit.exercises.recipes.parts import cell, one_of, until

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

TIERS = ("t1", "t2", "t3")
_TIER_NAMES = (Text("一级", "Tier 1"), Text("二级", "Tier 2"), Text("三级", "Tier 3"))
# Dimensions with their levels: floor, more, most; and what each tier is meant to get.
DIMENSIONS = {
    "visits": (
        Text("拜访", "Visits"),
        (Text("半年一次", "every half-year"), Text("每季一次", "every quarter"),
         Text("每月一次", "every month")),
        (2, 1, 1),
    ),
    "delivery": (
        Text("交付", "Delivery"),
        (Text("标准交期", "standard lead time"), Text("预留产能", "reserved capacity"),
         Text("备货优先发", "buffer stock, shipped first")),
        (2, 1, 0),
    ),
    "technical": (
        Text("技术支持", "Technical support"),
        (Text("资料问答", "documents and answers"), Text("工程师电话", "engineer on call"),
         Text("工程师驻场", "engineer days on site")),
        (2, 1, 0),
    ),
    "training": (
        Text("培训", "Training"),
        (Text("公开课件", "open materials"), Text("每年一课", "one course a year"),
         Text("定制计划", "a programme of its own")),
        (1, 1, 0),
    ),
}  # fmt: skip
# Thousand a year and account for each level above the floor.
_COSTS = {"visits": ((2, 4), (7, 10)), "delivery": ((5, 9), (24, 36)),
          "technical": ((4, 8), (18, 26)), "training": ((3, 6), (12, 16))}  # fmt: skip
Costs = dict[str, tuple[int, ...]]
Plan = tuple[tuple[int, ...], ...]  # dimensions × tiers


def wanted_plan() -> Plan:
    """The level that each tier is meant to get."""
    return tuple(tier for *_, tier in DIMENSIONS.values())


def cost_of(plan: Plan, costs: Costs, counts: tuple[int, ...]) -> int:
    """Thousand a year that a plan costs.

    >>> cost_of(((1, 0, 0),), {"visits": (0, 3, 9)}, (2, 5, 9))
    6
    """
    return sum(
        n * price[level]
        for price, row in zip(costs.values(), plan, strict=True)
        for n, level in zip(counts, row, strict=True)
    )


def best_plan(costs: Costs, counts: tuple[int, ...], budget: int) -> tuple[Plan, bool]:
    """The highest tier as whole as can be, then the next; among equals the cheapest.

    The answer of :func:`kamkit.methods.service.service_matrix` (rule "top_first") on this small
    choice, found by looking at every plan; a test holds both equal. Also says whether the plan is
    the only one of its kind and cost. Levels below the wanted one lose worth in equal steps.
    """
    wanted = wanted_plan()
    rows = []
    for row in wanted:
        levels = product(*(range(top + 1) for top in row))
        rows.append([r for r in levels if all(a >= b for a, b in zip(r, r[1:], strict=False))])
    found: list[Any] = []
    for plan in product(*rows):
        spent = cost_of(plan, costs, counts)
        if spent <= budget:
            found.append((*_lost(plan, wanted), spent, plan))
    found.sort()
    only = len(found) < 2 or found[0][:-1] != found[1][:-1]
    return found[0][-1], only


def _lost(plan: Plan, wanted: Plan) -> tuple[float, ...]:
    """Share of worth given up, tier by tier."""
    return tuple(
        round(sum((w[t] - p[t]) / w[t] for p, w in zip(plan, wanted, strict=True) if w[t]), 6)
        for t in range(len(TIERS))
    )


def _prices(draw: Draw) -> tuple[Costs, tuple[int, ...], int]:
    """Costs of the levels, accounts a tier, and the limit of the year (thousand)."""
    costs: Costs = {d: (0, draw.integer(*a), draw.integer(*b)) for d, (a, b) in _COSTS.items()}
    counts = (draw.integer(2, 3), draw.integer(4, 6), draw.integer(8, 12))
    top = tuple(tuple(w if t == 0 else 0 for t, w in enumerate(r)) for r in wanted_plan())
    first, all_ = cost_of(top, costs, counts), cost_of(wanted_plan(), costs, counts)
    return costs, counts, first + round((all_ - first) * draw.integer(35, 75) / 100)


def _from_below(costs: Costs, counts: tuple[int, ...], budget: int) -> Plan:
    """The same number for all: the lowest tier is served first."""
    plan = [[0] * len(TIERS) for _ in DIMENSIONS]
    for t in reversed(range(len(TIERS))):
        for d, row in enumerate(wanted_plan()):
            for level in range(1, row[t] + 1):
                trial = [list(r) for r in plan]
                for higher in range(t + 1):
                    trial[d][higher] = max(trial[d][higher], level)
                if cost_of(tuple(map(tuple, trial)), costs, counts) <= budget:
                    plan = trial
    return tuple(map(tuple, plan))


def _prices_good(costs: Costs, counts: tuple[int, ...], budget: int) -> bool:
    plan, only = best_plan(costs, counts, budget)
    cuts = sum(p[1] < w[1] for p, w in zip(plan, wanted_plan(), strict=True))
    whole = all(p[0] == w[0] for p, w in zip(plan, wanted_plan(), strict=True))
    if not (only and whole and 1 <= cuts <= 2):
        return False
    # Taking the cheapest of tier 2 first, as one does by hand, leads to the same plan.
    kept = {d: row[1] for d, row in zip(costs, plan, strict=True)}
    dear = max(costs[d][1] for d in costs if kept[d])
    return all(costs[d][1] > dear for d in costs if not kept[d])


_LEVELS = (
    ("0", "底线", "Floor"), ("1", "加强", "More"), ("2", "最高", "Most"),
)  # fmt: skip


def service_matrix(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Four dimensions × three tiers within a budget: what each tier gets, and what it costs.

    Source: S117-S119, X25 (a floor for all, more for higher tiers); figures and rule house.
    """
    costs, counts, budget = until(lambda: _prices(draw), lambda p: _prices_good(*p), 60)
    plan, _ = best_plan(costs, counts, budget)
    wanted = wanted_plan()
    ids = list(DIMENSIONS)
    spent, full = cost_of(plan, costs, counts), cost_of(wanted, costs, counts)
    key = {f"{d}.{t}": one_of(str(plan[i][k]))
           for i, d in enumerate(ids) for k, t in enumerate(TIERS)}  # fmt: skip
    key["sum.cost"] = Accept(**{**figure(spent * 1000.0).__dict__, "weight": 2.0})
    shapes = {
        "all_wanted": wanted, "all_floor": tuple((0, 0, 0) for _ in ids),
        "below": _from_below(costs, counts, budget),
    }  # fmt: skip
    traps: dict[str, dict[str, Any]] = {
        name: _as_parts(shape, ids) | {"sum.cost": 1000.0 * cost_of(shape, costs, counts)}
        for name, shape in shapes.items()
    }
    traps["one_each"] = {"sum.cost": 1000.0 * cost_of(plan, costs, (1, 1, 1))}
    cut = [i for i in range(len(ids)) if plan[i][1] < wanted[i][1]]
    top = cost_of(tuple((w[0], 0, 0) for w in wanted), costs, counts)
    return Variant(
        key=key,
        words={
            "budget": money(budget * 1000.0, exact=True), "full": money(full * 1000.0),
            "spent": money(spent * 1000.0, exact=True), "left": money((budget - spent) * 1000.0),
            "top": money(top * 1000.0), "rest": money((budget - top) * 1000.0),
            "over": money((full - budget) * 1000.0),
            "cut": listed([DIMENSIONS[ids[i]][0] for i in cut]),
            "kept": listed([DIMENSIONS[d][0] for i, d in enumerate(ids)
                            if i not in cut and wanted[i][1]]),
            "n": sum(counts), "n1": counts[0], "n2": counts[1], "n3": counts[2],
            "third": _third(plan),
        },
        items=(*(Item(d, DIMENSIONS[d][0]) for d in ids),
               Item("sum", Text("全年费用合计", "Cost of the year"))),
        fields=_matrix_fields(ids),
        sheets=_matrix_sheets(costs, counts),
        traps=traps,
    )  # fmt: skip


def _third(plan: Plan) -> dict[str, str]:
    """What tier 3 gets above the floor, in words."""
    kept = [DIMENSIONS[d][0] for d, row in zip(DIMENSIONS, plan, strict=True) if row[2]]
    if not kept:
        return cell(Text("只有底线", "the floor only"))
    said = listed(kept)
    return cell(Text(f"底线之上加{said['zh']}", f"the floor plus {said['en'].lower()}"))


def _as_parts(plan: Plan, ids: list[str]) -> dict[str, str]:
    return {f"{d}.{t}": str(plan[i][k]) for i, d in enumerate(ids) for k, t in enumerate(TIERS)}


def _matrix_fields(ids: list[str]) -> tuple[Any, ...]:
    options = tuple(Place(i, Text(zh, en)) for i, zh, en in _LEVELS)
    levels = tuple(
        field(t, name.zh, name.en, type="choice", options=options, items=tuple(ids))
        for t, name in zip(TIERS, _TIER_NAMES, strict=True)
    )
    return (*levels, field("cost", "费用", "Cost", "money", items=("sum",)))


def _matrix_sheets(costs: Costs, counts: tuple[int, ...]) -> tuple[Any, ...]:
    cols = columns(("dimension", "项目", "Dimension", "text"), ("floor", "底线", "Floor", "text"),
                   ("more", "加强", "More", "text"),
                   ("c1", "每家每年", "An account a year", "money"),
                   ("most", "最高", "Most", "text"),
                   ("c2", "每家每年", "An account a year", "money"))  # fmt: skip
    rows = []
    for d, (name, levels, _) in DIMENSIONS.items():
        rows.append((name, levels[0], levels[1], costs[d][1] * 1000.0,
                     levels[2], costs[d][2] * 1000.0))  # fmt: skip
    heads = columns(("tier", "等级", "Tier", "text"), ("n", "客户数", "Accounts", "number"),
                    *((d, t.zh, t.en, "text") for d, (t, *_) in DIMENSIONS.items()))  # fmt: skip
    said = {i: Text(zh, en) for i, zh, en in _LEVELS}
    wish = [
        (name, n, *(said[str(row[k])] for row in wanted_plan()))
        for k, (name, n) in enumerate(zip(_TIER_NAMES, counts, strict=True))
    ]
    return (
        sheet(
            Text("服务档次和费用（底线不花钱）", "Levels, cost (the floor is free)"),
            cols,
            rows,
        ),
        sheet(Text("各级原定给到哪一档", "What each tier was meant to get"), heads, wish),
    )


_CASES = (("missing", "缺件", "Missing part"), ("wrong", "发错货", "Wrong goods"),
          ("fault", "设备故障", "Fault"), ("invoice", "发票问题", "Invoice"))  # fmt: skip
Case = tuple[int, bool]


def _durations(draw: Draw) -> list[Case]:
    """Days and whether solved: quick ones mostly closed, slow ones mostly still open."""
    closed = [(draw.integer(2, 9), True) for _ in range(3)]
    closed += [(draw.integer(10, 24), True) for _ in range(draw.integer(2, 3))]
    waiting = [(draw.integer(26, 60), False) for _ in range(draw.integer(2, 3))]
    young = [(draw.integer(3, 12), False) for _ in range(2)]
    return draw.shuffled([*closed, *waiting, *young])


def km_median(cases: list[Case]) -> float:
    """First day on which at most half of the cases are unsolved; NaN where there is none.

    Source: Kaplan & Meier 1958 (days that differ).

    >>> km_median([(2, True), (3, False), (5, True), (9, False)])
    5.0
    """
    waiting, unsolved = len(cases), 1.0
    for days, done in sorted(cases):
        unsolved *= 1 - 1 / waiting if done else 1.0
        waiting -= 1
        if unsolved <= 0.5 + 1e-9:
            return float(days)
    return float("nan")


def medians(cases: list[Case]) -> dict[str, float]:
    """Median days by Kaplan–Meier, of closed cases alone, and by two slips.

    The arithmetic of :func:`kamkit.methods.service.time_to_resolve`; a test holds both equal.
    """
    days = np.array([float(d) for d, _ in cases])
    done = np.array([d for _, d in cases])
    waited = days[~done]
    return {
        "km": km_median(cases),
        "closed": float(np.median(days[done])),
        "as_today": float(np.median(days)),
        "mean": float(days[done].mean()),
        "open": float(waited.max()),
    }


def _durations_good(cases: list[Case]) -> bool:
    found = medians(cases)
    if np.isnan(found["km"]):
        return False
    days = [d for d, _ in cases]
    others = [found[k] for k in ("closed", "as_today", "mean")]
    return len(set(days)) == len(days) and (
        min(abs(v - found["km"]) for v in others) > 1 and abs(found["mean"] - found["closed"]) > 0.8
    )


def time_to_resolve(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Service cases, some open: the median that may be reported, and the flattering one.

    Source: S122; Kaplan & Meier 1958.
    """
    cases = until(lambda: _durations(draw), _durations_good, 400)
    found = medians(cases)
    n_open = sum(not d for _, d in cases)
    kinds = [draw.choice(_CASES) for _ in cases]
    cols = columns(("case", "工单", "Case", "text"), ("kind", "类型", "Kind", "text"),
                   ("status", "状态", "Status", "text"),
                   ("days", "天数", "Days", "number"))  # fmt: skip
    rows = [
        (f"{k + 1:02d}", Text(zh, en),
         Text("已解决", "solved") if done else Text("未结，已过", "open, so far"), days)
        for k, ((days, done), (_, zh, en)) in enumerate(zip(cases, kinds, strict=True))
    ]  # fmt: skip
    return Variant(
        key={
            "closed.days": figure(found["closed"], 0.5),
            "km.days": figure(found["km"], 0.5),
            "report.choice": Accept(any=("km",), best="km", weight=1.0),
        },
        words={
            "km": number(found["km"]), "closed": number(found["closed"]), "n": len(cases),
            "n_open": n_open, "n_closed": len(cases) - n_open,
            "as_today": number(found["as_today"]), "oldest": int(found["open"]),
        },
        items=(
            Item("closed", Text("只看已解决的：中位天数", "Solved cases alone: median days")),
            Item("km", Text("连未结的一起：中位天数", "All cases: median days")),
            Item("report", Text("月报里报哪一个", "Which one to report")),
        ),
        fields=(
            field("days", "天数", "Days", "days", items=("closed", "km")),
            field("choice", "选择", "Choice", type="choice", items=("report",), options=places(
                ("closed", "只看已解决的，未结的还没有结果", "The solved ones only"),
                ("km", "连未结的一起算，并写明未结几件", "All of them, saying how many are open"),
                ("mean", "平均天数，一看就懂", "The mean, which everybody understands"),
                ("none", "未结的太多，这个月不报", "None this month: too many open"),
            )),
        ),
        sheets=(sheet(Text("近两个月客户报修的工单（截至今天）",
                           "Cases raised by customers in two months, to today"), cols, rows),),
        traps={
            "closed_only": {"km.days": found["closed"], "report.choice": "closed"},
            "as_today": {"km.days": found["as_today"]},
            "mean": {"closed.days": found["mean"]},
            "no_report": {"report.choice": "none"},
        },
    )  # fmt: skip
