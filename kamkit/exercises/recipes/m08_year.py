"""Recipes of the year: will the goals be met at this pace, and what a quota is based on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kamkit.exercises.model import Accept, Item, Text, Variant
from kamkit.exercises.recipes.m05_base import (
    WAN,
    columns,
    field,
    figure,
    money,
    places,
    score,
    sheet,
)
from kamkit.exercises.recipes.m06_people import people_names
from kamkit.exercises.recipes.parts import cell, share, until
from kamkit.exercises.recipes.wordings import pool
from kamkit.methods.goals.chance import Chance, attainment_chance

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

ELAPSED, MONTHS_LEFT = 243 / 365, 4  # 31 August of a year of 365 days
PERIODS = 6
_SEASON = (11, 12, 12, 13, 20, 32)  # percent of a year that ends strongly
_GROWTH = {"ok": (30, 38), "open": (18, 23), "behind": (2, 8)}
Year = tuple[int, int, list[int], list[int], int, int]


def _year(draw: Draw) -> Year:
    """Goal and actual of accounts; sales of last year and this (10,000); answers, satisfied."""
    goal = draw.integer(8, 14)
    whole = draw.integer(500, 900) * 10
    last = [round(whole * (p + draw.real(-1, 1)) / 100) for p in _SEASON]
    growth = draw.integer(*_GROWTH[draw.choice(tuple(_GROWTH))]) / 100
    this = [round(v * (1 + growth) * (1 + draw.real(-4, 4) / 100)) for v in last[:4]]
    answers = draw.integer(40, 160)
    happy = round(answers * draw.choice((draw.integer(76, 82), draw.integer(91, 93),
                                         draw.integer(96, 99))) / 100)  # fmt: skip
    return goal, draw.integer(2, goal - 1), last, this, answers, happy


def sales_goal(last: list[int]) -> int:
    """Twenty percent more than last year (S169), in 10,000."""
    return round(sum(last) * 1.2)


def chances(year: Year) -> dict[str, Chance]:
    """Chance and end figure of each of the three goals on 31 August."""
    goal, actual, last, this, answers, happy = year
    values = np.array([*this, np.nan, np.nan], float)
    return {
        "accounts": attainment_chance("count", target=goal, actual=actual, elapsed=ELAPSED),
        "sales": attainment_chance("sum", target=sales_goal(last), values=values,
                                   base=np.array(last, float)),
        "sat": attainment_chance("level", target=0.9, actual=happy / answers, n=answers),
    }  # fmt: skip


def verdict(target: float, low: float, high: float) -> str:
    """By the range: all of it at or above the target, all below, or neither.

    >>> verdict(10, 10, 14), verdict(10, 5, 9), verdict(10, 8, 12)
    ('ok', 'behind', 'open')
    """
    return "ok" if low >= target else "behind" if high < target else "open"


def _targets(year: Year) -> dict[str, float]:
    return {"accounts": float(year[0]), "sales": float(sales_goal(year[2])), "sat": 0.9}


def _by_chance(found: Chance) -> str:
    return "ok" if found.chance >= 0.8 else "behind" if found.chance <= 0.2 else "open"


def linear(this: list[int]) -> float:
    """The year as six times the mean so far, which forgets the season."""
    return sum(this) / len(this) * PERIODS


def _year_good(year: Year) -> bool:
    found, goals = chances(year), _targets(year)
    said = {k: verdict(goals[k], c.projected_low, c.projected_high) for k, c in found.items()}
    points = {k: "ok" if c.projected >= goals[k] else "behind" for k, c in found.items()}
    clear = all(
        abs(goals[k] - end) > 0.004 * goals[k]
        for k in ("sales", "sat")
        for end in (found[k].projected_low, found[k].projected_high)
    )
    sales = found["sales"]
    flat = linear(year[3])
    half = (sales.projected_high - sales.projected_low) / 2
    return (
        clear
        and all(_by_chance(found[k]) == said[k] for k in said)
        and len(set(said.values())) >= 2
        and "open" in said.values()
        and points != said
        and min(year[2]) > 0
        and verdict(goals["sales"], flat - half, flat + half) != said["sales"]
        and abs(flat / sales.projected - 1) > 0.05
        and found["accounts"].projected_low != year[0]
        and abs((year[0] - year[1]) / MONTHS_LEFT - year[1] / 8) > 0.1
    )


def pace(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Three programme goals on 31 August: where they will end at this pace, and how sure that is.

    Source: S169, S111; Cochran 1977 (ratio estimator), gamma-Poisson and Jeffreys (chances).
    """
    year = until(lambda: _year(draw), _year_good, 1500)
    goal, actual, last, this, answers, happy = year
    found, goals = chances(year), _targets(year)
    said = {k: verdict(goals[k], c.projected_low, c.projected_high) for k, c in found.items()}
    sales, new, sat = found["sales"], found["accounts"], found["sat"]
    half = (sales.projected_high - sales.projected_low) / 2
    flat = linear(this)
    need = (goal - actual) / MONTHS_LEFT
    points = {f"{k}.verdict": "ok" if c.projected >= goals[k] else "behind"
              for k, c in found.items()}  # fmt: skip
    known = sum(last[:4]) / sum(last)
    return Variant(
        key={
            "accounts.reach": figure(new.projected, 0.2), "accounts.need": figure(need, 0.04),
            "sales.end": figure(sales.projected * WAN, 0.006 * sales.projected * WAN),
            **{f"{k}.verdict": Accept(any=(v,), best=v, weight=1.5) for k, v in said.items()},
        },
        words={
            "goal": goal, "actual": actual, "left": goal - actual, "need": score(need, 2),
            "end": score(new.projected), "chance_new": _rounded(new.chance),
            "target": money(goals["sales"] * WAN), "so_far": money(sum(this) * WAN),
            "growth": share(sum(this) / sum(last[:4]) - 1), "known": share(known),
            "sales_end": _tens(sales.projected), "half": _tens(half), "flat": _tens(flat),
            "chance_sales": _rounded(sales.chance),
            "rest": money(sum(last[4:]) * WAN), "answers": answers, "happy": happy,
            "sat": share(happy / answers), "chance_sat": _rounded(sat.chance),
            **{f"said_{k}": cell(_SAID[v]) for k, v in said.items()},
        },
        items=(Item("accounts", Text("新增大客户", "New key accounts")),
               Item("sales", Text("大客户销售额", "Key account sales")),
               Item("sat", Text("满意度", "Satisfied"))),
        fields=(
            field("reach", "照此到年底（家）", "Year-end, accounts", "count", items=("accounts",)),
            field("end", "照此到年底（金额）", "Year-end, amount", "money", items=("sales",)),
            field("need", "余下每月要几家", "Needed a month from now", "count",
                  items=("accounts",)),
            field("verdict", "判断", "Verdict", type="choice",
                  options=places(*((k, t.zh, t.en) for k, t in _SAID.items()))),
        ),
        sheets=_year_sheets(year, found, half),
        traps={
            "linear": {"sales.end": flat * WAN},
            "so_far": {"accounts.reach": actual, "sales.end": sum(this) * WAN},
            "whole_year": {"accounts.need": (goal - actual) / 12},
            "rate_so_far": {"accounts.need": actual / 8},
            "points": points,
            "no_verdict": {f"{k}.verdict": "open" for k in said},
        },
    )  # fmt: skip


_SAID = {"ok": Text("能达到", "Will be met"), "open": Text("说不准", "Can't tell yet"),
         "behind": Text("达不到", "Will be missed")}  # fmt: skip


def _rounded(chance: float) -> Any:
    """A chance for a placeholder; never 0 or 1, which no pace can promise."""
    if chance < 0.01:
        return cell(Text("不到 1%", "under 1%"))
    return cell(Text("99% 以上", "over 99%")) if chance > 0.99 else share(round(chance, 2))


def _tens(wan: float) -> dict[str, Any]:
    """An amount in 10,000 for a placeholder, to the nearest 100,000."""
    return money(10.0 * WAN * round(wan / 10))


def _year_sheets(year: Year, found: dict[str, Chance], half: float) -> tuple[Any, ...]:
    goal, actual, last, this, answers, happy = year
    new, sat = found["accounts"], found["sat"]
    cols = columns(("goal", "目标", "Goal", "text"), ("target", "年目标", "Target", "text"),
                   ("actual", "到 8 月底", "To 31 August", "text"),
                   ("range", "年底 90% 范围", "90% range at year-end", "text"))  # fmt: skip
    ends = f"{new.projected_low:.0f}–{new.projected_high:.0f}"
    rows = [
        (Text("新增大客户", "New key accounts"), f"{goal}", f"{actual}", ends),
        (Text("大客户销售额", "Key account sales"),
         Text(f"{sales_goal(last):,}万（+20%）", f"CNY {sales_goal(last) / 100:,.2f}m (+20%)"),
         Text("见下表", "see below"),
         Text(f"您算的数 ± {half:,.0f}万", f"your figure ± CNY {half / 100:,.2f}m")),
        (Text("满意客户", "Satisfied"), "≥ 90%", f"{happy} / {answers}",
         f"{sat.projected_low * 100:.1f}%–{sat.projected_high * 100:.1f}%"),
    ]  # fmt: skip
    months = columns(("period", "月份", "Months", "text"), ("last", "去年", "Last year", "money"),
                     ("this", "今年", "This year", "money"))  # fmt: skip
    spans = [f"{2 * k + 1}–{2 * k + 2}" for k in range(PERIODS)]
    lines = [
        (s, v * float(WAN), this[k] * float(WAN) if k < len(this) else None)
        for k, (s, v) in enumerate(zip(spans, last, strict=True))
    ]
    return (sheet(Text("三个目标", "Three goals"), cols, rows),
            sheet(Text("大客户销售额", "Key account sales"), months, lines))  # fmt: skip


# -- what a quota is based on -------------------------------------------------------------------
BASES = ("history", "potential", "equal", "mix")
Land = tuple[list[int], list[int], int]


def _land(draw: Draw) -> Land:
    """Sales last year and potential of four, the first sold most of it; total (all in 10,000)."""
    potential = [draw.integer(900, 1300) * 1, *(draw.integer(1500, 3000) for _ in range(3))]
    sold = [round(potential[0] * draw.integer(45, 60) / 100)]
    sold += [round(p * draw.integer(15, 28) / 100) for p in potential[1:]]
    sold, potential = ([10 * round(v / 10) for v in values] for values in (sold, potential))
    return sold, potential, 10 * round(sum(sold) * draw.integer(108, 120) / 1000)


def quotas(case: Land) -> dict[str, float]:
    """Quota of the first by each basis (10,000), as shares of the total.

    The weights of :func:`kamkit.methods.goals.weights_from`; a test holds both equal.

    >>> quotas(([30, 10], [10, 10], 40))["mix"]
    25.0
    """
    sold, potential, total = case
    history, land = sold[0] / sum(sold), potential[0] / sum(potential)
    parts = {"history": history, "potential": land, "equal": 1 / len(sold),
             "mix": (history + land) / 2}  # fmt: skip
    return {name: total * part for name, part in parts.items()}


def taken_back(case: Land, extra: float) -> float:
    """How much the first's next quota rises by history if that one alone sells ``extra`` more.

    >>> taken_back(([50, 50], [1, 1], 100), 10) < 5
    True
    """
    sold, _, total = case
    return total * ((sold[0] + extra) / (sum(sold) + extra) - sold[0] / sum(sold))


def _land_good(case: Land) -> bool:
    found = sorted(quotas(case).values())
    apart = min(b / a for a, b in zip(found, found[1:], strict=False))
    return apart > 1.03 and min(case[0]) > 0


def bases(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """One person's quota by four bases, what an extra sale costs next year, and which to take.

    Source: S171; Zoltners, Sinha & Lorimer 2006; ratchet Weitzman 1980.
    """
    case = until(lambda: _land(draw), _land_good, 400)
    sold, potential, total = case
    called = people_names(draw, 4)
    extra = draw.choice((60, 80, 100))
    found, back = quotas(case), taken_back(case, extra)
    scene = draw.choice(list(pool("m08_words")["scenes"]))
    accepted = {"solid": ("potential", "mix"), "shaky": ("mix",)}[scene["id"]]
    order = draw.shuffled(range(4))
    cols = columns(("name", "姓名", "Name", "text"),
                   ("sold", "去年销售额", "Sales last year", "money"),
                   ("potential", "区域潜力", "Potential", "money"))  # fmt: skip
    rows = [(called[i], sold[i] * float(WAN), potential[i] * float(WAN)) for i in order]
    every = places(("history", "去年销售额", "Last year's sales"),
                   ("potential", "区域潜力", "Potential"), ("equal", "人人一样", "Equal"),
                   ("mix", "销售额和潜力各半", "Half sales, half potential"))  # fmt: skip
    return Variant(
        key={
            **{f"{b}.quota": figure(found[b] * WAN, 3.0 * WAN) for b in BASES},
            "extra.quota": Accept(**{**figure(back * WAN, 0.01 * back * WAN).__dict__,
                                     "weight": 2.0}),
            "take.basis": Accept(any=accepted, best=accepted[0], weight=2.0),
        },
        words={
            "who": cell(called[0]), "total": money(total * WAN, exact=True),
            "extra": money(extra * WAN), "scene": {k: scene[k] for k in ("zh", "en")},
            "sold": money(sold[0] * WAN), "all_sold": money(sum(sold) * WAN),
            "land": money(potential[0] * WAN), "all_land": money(sum(potential) * WAN),
            **{b: money(float(WAN) * round(found[b])) for b in BASES},
            "back": money(back * WAN), "back_share": share(back / extra),
            "half_back": money(back / 2 * WAN), "used": share(sold[0] / potential[0]),
            "others": share(sum(sold[1:]) / sum(potential[1:])),
            "best": cell(next(p.text for p in every if p.id == accepted[0])),
            "ok": len(accepted),
        },
        items=(*(Item(p.id, p.text) for p in every),
               Item("extra", Text("多卖以后，指标涨多少", "Rise of the quota after the extra")),
               Item("take", Text("您建议按哪个定", "The basis you propose"))),
        fields=(field("quota", "指标", "Quota", "money", items=(*BASES, "extra")),
                field("basis", "定法", "Basis", type="choice", items=("take",), options=every)),
        sheets=(sheet(Text("四个人的底子", "Four people"), cols, rows),),
        traps=_basis_traps(case, found, extra, scene["id"]),
    )  # fmt: skip


def _basis_traps(case: Land, found: dict[str, float], extra: int, scene: str) -> dict[str, Any]:
    sold, potential, total = case
    rate = total / sum(sold)
    return {
        "swapped": {"history.quota": found["potential"] * WAN,
                    "potential.quota": found["history"] * WAN},
        "own_growth": {"potential.quota": potential[0] * rate * WAN},
        "mix_all": {"mix.quota": (found["history"] + found["potential"] + found["equal"])
                    / 3 * WAN},
        "all_extra": {"extra.quota": extra * float(WAN)},
        "extra_grown": {"extra.quota": extra * rate * WAN},
        "nothing": {"extra.quota": 0.0},
        "share_of_extra": {"extra.quota": extra * sold[0] / sum(sold) * WAN},
        "take_history": {"take.basis": "history"},
        "take_equal": {"take.basis": "equal"},
        "take_potential": {"take.basis": "potential"} if scene == "shaky" else {
            "take.basis": "history"},
    }  # fmt: skip
