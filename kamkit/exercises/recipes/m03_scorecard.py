"""Recipe of a scorecard: cap, zero target, lower is better, and a figure that is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kamkit.exercises.model import Text, Variant
from kamkit.exercises.recipes.m03_raters import people
from kamkit.exercises.recipes.m05_base import columns, field, figure, sheet
from kamkit.exercises.recipes.parts import cell, pair, share, until
from kamkit.methods.appraisal.scorecard import attainment_of

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

CAP = 1.2
WEIGHTS = {"sales": 0.4, "dso": 0.2, "complaints": 0.2, "satisfaction": 0.2}
Card = dict[str, tuple[float, float]]  # target, actual; NaN: not there


def card_score(
    card: Card, *, cap: float = CAP, turned: bool = False, zero: str = "rule",
    missing: float | None = None, equal: bool = False,
) -> float:  # fmt: skip
    """Weighted attainment: capped, lower is better for two, a zero target met or not.

    With its defaults the arithmetic of :func:`kamkit.methods.appraisal.scorecard`; a test holds
    both equal. The options are the ways in which it goes wrong.

    >>> card = {"sales": (100.0, 150.0), "dso": (40.0, 50.0), "complaints": (0.0, 0.0),
    ...         "satisfaction": (85.0, np.nan)}
    >>> round(card_score(card), 3)
    1.05
    """
    total = used = 0.0
    for kpi, (target, actual) in card.items():
        weight = 0.25 if equal else WEIGHTS[kpi]
        if kpi == "complaints":
            met = actual <= 0 if zero == "rule" else actual > 0
            value = float(met) if zero != "skip" else np.nan
        else:
            way = "down" if kpi == "dso" and not turned else "up"
            value = float(np.clip(attainment_of([actual], [target], way)[0], 0, cap))
            if np.isnan(value) and missing is not None:
                value = missing
        if not np.isnan(value):
            total, used = total + weight * value, used + weight
    return total / used


_WAYS: dict[str, dict[str, Any]] = {
    "no_cap": {"cap": np.inf}, "turned": {"turned": True}, "zero_other": {"zero": "other"},
    "zero_skipped": {"zero": "skip"}, "missing_zero": {"missing": 0.0},
    "missing_met": {"missing": 1.0}, "equal": {"equal": True},
}  # fmt: skip


def _card(draw: Draw) -> Card:
    target = 10.0 * draw.integer(60, 140)
    days = float(draw.integer(38, 60))
    return {
        "sales": (target, round(target * draw.integer(126, 150) / 100)),
        "dso": (days, days + draw.choice([-1, 1]) * draw.integer(4, 12)),
        "complaints": (0.0, float(draw.choice([0, 0, 1, 2]))),
        "satisfaction": (float(draw.integer(80, 90)), np.nan),
    }


def _card_good(card: Card) -> bool:
    found = [card_score(card), *(card_score(card, **how) for how in _WAYS.values())]
    days = card["dso"]
    return days[0] / days[1] < 1.19 and bool(np.diff(np.sort(found)).min() > 0.008)


def scorecard(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """One account manager's score by the company's rules: cap, zero target, lower is better.

    Source: S173, S210; Kaplan & Norton 1992; cap, zero rule and re-weighting house.
    """
    card = until(lambda: _card(draw), _card_good, 200)
    total = card_score(card)
    (goal, sold), (limit, days) = card["sales"], card["dso"]
    grievances, wanted = int(card["complaints"][1]), card["satisfaction"][0]
    met = grievances == 0
    who = people(draw, 1)[0]
    used = 1 - WEIGHTS["satisfaction"]
    dso = float(attainment_of([days], [limit], "down")[0])
    names = {"sales": Text("销售额", "Sales"),
             "dso": Text("应收账款天数", "Days sales outstanding"),
             "complaints": Text("重大投诉", "Serious complaints"),
             "satisfaction": Text("客户满意度", "Customer satisfaction")}  # fmt: skip
    shown = {
        "sales": (_wan(goal), _wan(sold)), "dso": (_days(limit), _days(days)),
        "complaints": (_cases(0), _cases(grievances)),
        "satisfaction": (Text(f"{wanted:g} 分", f"{wanted:g} points"),
                         Text("调查还没收回", "Survey not back yet")),
    }  # fmt: skip
    way = {
        "sales": Text("越高越好", "Higher is better"),
        "dso": Text("越低越好", "Lower is better"),
    }
    way |= {"complaints": way["dso"], "satisfaction": way["sales"]}
    cols = columns(("kpi", "指标", "KPI", "text"), ("way", "方向", "Direction", "text"),
                   ("weight", "权重", "Weight", "share"), ("target", "目标", "Target", "text"),
                   ("actual", "实际", "Actual", "text"))  # fmt: skip
    rows = [(names[k], way[k], w, *shown[k]) for k, w in WEIGHTS.items()]
    return Variant(
        key={"value": figure(total, 0.004)},
        words={
            "name": cell(who), "score": share(total), "sold": share(sold / goal),
            "dso": share(dso), "dso_turned": share(days / limit), "used": share(used),
            "complaints": pair("100%（达到）" if met else "0（没达到）",
                               "100% (met)" if met else "0 (missed)"),
            "sum": share(total * used), "low": share(total * used),
            "high": share(total * used + (1 - used) * CAP),
            "no_cap": share(card_score(card, cap=np.inf)),
        },
        fields=(field("value", "总得分（100% = 全部达标）", "Total (100% = all on target)",
                      "share"),),
        sheets=(sheet(Text(f"{who.zh}的计分卡", f"Scorecard of {who.en}"), cols, rows),),
        traps={w: {"value": float(card_score(card, **how))} for w, how in _WAYS.items()},
    )  # fmt: skip


def _wan(value: float) -> Text:
    return Text(f"{value:g} 万元", f"CNY {value / 100:.2f} million")


def _days(value: float) -> Text:
    return Text(f"{value:g} 天", f"{value:g} days")


def _cases(value: int) -> Text:
    return Text(f"{value} 起", f"{value}")
