"""Recipe of two pay plans: what each costs over the outcomes, and where it jumps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kamkit.exercises.model import Accept, Item, Text, Variant
from kamkit.exercises.recipes.m05_base import WAN, columns, field, figure, money, places, sheet
from kamkit.exercises.recipes.parts import cell, share, until
from kamkit.methods.goals.pay import pay_factor

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

Rule = tuple[float, float, float]  # threshold, cap, accelerator
Case = tuple[Rule, Rule, list[float], list[int], float]
SHIFT = 0.1
_VERDICTS = {
    "a_always": Text("甲案两种年景都便宜", "Plan A is cheaper in both"),
    "b_always": Text("乙案两种年景都便宜", "Plan B is cheaper in both"),
    "b_dearer_good": Text("平年乙案便宜，好年乙案贵", "B cheaper as it is, dearer in a good year"),
    "a_dearer_good": Text("平年甲案便宜，好年甲案贵", "A cheaper as it is, dearer in a good year"),
}
NEXT = 0.01


def _plans(draw: Draw) -> Case:
    """A: threshold and cap; B: no or a low threshold, an accelerator. Outcomes; target pay."""
    a = (draw.choice((0.75, 0.8)), draw.choice((1.1, 1.2)), 1.0)
    b = (draw.choice((0.0, 0.85, 0.9)), draw.choice((1.4, 1.5)), draw.choice((1.5, 2.0)))
    grid = sorted(draw.sample((0.65, 0.7, 0.75, 0.8, 0.85), 2))
    grid += [0.95, draw.choice((1.0, 1.05)), draw.choice((1.15, 1.2)), draw.choice((1.3, 1.45))]
    people = [draw.integer(2, 4), draw.integer(3, 5), draw.integer(4, 7), draw.integer(3, 6),
              draw.integer(2, 4), draw.integer(1, 2)]  # fmt: skip
    return a, b, grid, people, float(draw.integer(6, 12) * WAN)


def team_cost(rule: Rule, grid: list[float], people: list[int], pay: float) -> float:
    """Variable pay of a team whose attainments are known.

    >>> team_cost((0.8, 1.2, 1.0), [0.7, 1.0, 1.5], [1, 2, 1], 10.0)
    32.0
    """
    factors = pay_factor(grid, *rule)
    return round(float((factors * np.array(people)).sum()) * pay, 6)


def costs(case: Case) -> dict[str, float]:
    """Cost of both plans as the outcomes are, and if everybody did ten points better."""
    a, b, grid, people, pay = case
    better = [round(g + SHIFT, 6) for g in grid]
    return {
        "a.now": team_cost(a, grid, people, pay), "b.now": team_cost(b, grid, people, pay),
        "a.good": team_cost(a, better, people, pay), "b.good": team_cost(b, better, people, pay),
    }  # fmt: skip


def said(found: dict[str, float]) -> str:
    """Which plan is cheaper as it is, and in a good year.

    >>> said({"a.now": 2, "b.now": 1, "a.good": 3, "b.good": 4})
    'b_dearer_good'
    """
    now, good = found["a.now"] < found["b.now"], found["a.good"] < found["b.good"]
    if now == good:
        return "a_always" if now else "b_always"
    return "a_dearer_good" if now else "b_dearer_good"


def slips(case: Case) -> dict[str, dict[str, float]]:
    """Costs as they come out if part of a plan is overlooked, or the mean person is paid."""
    a, b, grid, people, pay = case
    n = sum(people)
    mean = sum(g * k for g, k in zip(grid, people, strict=True)) / n
    better = [round(g + SHIFT, 6) for g in grid]
    both = {"a": a, "b": b}

    def over(change: Any, outcomes: list[float]) -> dict[str, float]:
        return {p: team_cost(change(rule), outcomes, people, pay) for p, rule in both.items()}

    def whole(g: float, rule: Rule) -> float:
        if g < rule[0] - 1e-9:
            return 0.0
        counted = min(g, rule[1])
        return counted * rule[2] if counted > 1 else counted

    return {
        "mean_person": {f"{p}.now": team_cost(r, [mean], [n], pay) for p, r in both.items()},
        "no_cap": {f"{p}.now": v for p, v in
                   over(lambda r: (r[0], np.inf, r[2]), grid).items()},
        "no_threshold": {f"{p}.now": v for p, v in
                         over(lambda r: (0.0, r[1], r[2]), grid).items()},
        "whole_faster": {"b.now": round(sum(
            whole(g, b) * k for g, k in zip(grid, people, strict=True)) * pay, 6)},
        "times": {f"{p}.good": team_cost(r, [round(g * 1.1, 6) for g in grid], people, pay)
                  for p, r in both.items()},
        "scaled_up": {f"{p}.good": team_cost(r, grid, people, pay) * 1.1
                      for p, r in both.items()},
        "no_cap_good": {f"{p}.good": v for p, v in
                        over(lambda r: (r[0], np.inf, r[2]), better).items()},
    }  # fmt: skip


def _plans_good(case: Case) -> bool:
    found, off = costs(case), slips(case)
    apart = all(abs(found[f"a.{y}"] / found[f"b.{y}"] - 1) > 0.03 for y in ("now", "good"))
    return (
        apart
        and off["whole_faster"]["b.now"] > 1.02 * found["b.now"]
        and off["no_threshold"]["a.now"] > 1.02 * found["a.now"]
        and off["no_cap"]["a.now"] > 1.012 * found["a.now"]
        and off["no_cap_good"]["a.good"] > 1.012 * found["a.good"]
        and all(abs(off["mean_person"][k] / found[k] - 1) > 0.015 for k in ("a.now", "b.now"))
        and all(
            max(abs(v / found[k] - 1) for k, v in off[name].items()) > 0.012
            for name in ("times", "scaled_up")
        )
    )


def pay_plan(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Two pay plans over last year's outcomes and a better year: cost, jump, what to report.

    Source: S211; shape of plans house.
    """
    wish = draw.choice(("b_dearer_good", "any", "any"))
    case = until(
        lambda: _plans(draw),
        lambda c: _plans_good(c) and wish in ("any", said(costs(c))), 1500,
    )  # fmt: skip
    a, b, grid, people, pay = case
    found, off = costs(case), slips(case)
    jump = float(pay_factor(a[0], *a)) * pay
    n = sum(people)
    below = sum(k for g, k in zip(grid, people, strict=True) if g < a[0] - 1e-9)
    capped = sum(k for g, k in zip(grid, people, strict=True) if g >= a[1] - 1e-9)
    verdict = said(found)
    return Variant(
        key={
            **{part: figure(value, 0.006 * value) for part, value in found.items()},
            "jump.now": figure(jump), "say.choice": Accept(any=(verdict,), best=verdict,
                                                           weight=1.5),
        },
        words={
            "n": n, "pay": money(pay), "budget": money(n * pay),
            "a_threshold": share(a[0]), "a_cap": share(a[1]), "b_cap": share(b[1]),
            "b_rule": cell(_threshold(b[0])), "speed": f"{b[2]:g}",
            **{part.replace(".", "_"): money(value) for part, value in found.items()},
            "jump": money(jump, exact=True), "below": below, "capped": capped,
            "mean_a": money(off["mean_person"]["a.now"]),
            "mean_b": money(off["mean_person"]["b.now"]),
            "rise_a": money(found["a.good"] - found["a.now"]),
            "rise_b": money(found["b.good"] - found["b.now"]),
            "verdict": cell(_VERDICTS[verdict]),
        },
        items=(Item("a", Text("甲案：全组奖金", "Plan A: team's variable pay")),
               Item("b", Text("乙案：全组奖金", "Plan B: team's variable pay")),
               Item("jump", Text("甲案：刚过门槛多得", "Plan A: gained by reaching the threshold")),
               Item("say", Text("报给总监的话", "What to report"))),
        fields=(
            field("now", "照去年", "As last year", "money", items=("a", "b", "jump")),
            field("good", "人人多 10 个百分点", "All ten points higher", "money",
                  items=("a", "b")),
            field("choice", "选择", "Choice", type="choice", items=("say",),
                  options=places(*((k, t.zh, t.en) for k, t in _VERDICTS.items()))),
        ),
        sheets=_pay_sheets(case),
        traps={**off, **_choices(verdict), "jump_point": {"jump.now": NEXT * pay},
               "jump_whole": {"jump.now": pay}},
    )  # fmt: skip


def _choices(verdict: str) -> dict[str, dict[str, str]]:
    """One slip: only this year looked at, in the plan's favour that is cheaper now."""
    cheaper = "a_always" if verdict in ("a_always", "a_dearer_good") else "b_always"
    turned = {"a_always": "a_dearer_good", "b_always": "b_dearer_good"}
    return {"this_year_only": {"say.choice": cheaper if cheaper != verdict else turned[verdict]}}


def _threshold(value: float) -> Text:
    if not value:
        return Text("没有门槛", "no threshold")
    return Text(f"低于 {value:.0%} 没有奖金", f"nothing below {value:.0%}")


def _pay_sheets(case: Case) -> tuple[Any, ...]:
    a, b, grid, people, _ = case
    cols = columns(("rule", "规则", "Rule", "text"), ("a", "甲案", "Plan A", "text"),
                   ("b", "乙案", "Plan B", "text"))  # fmt: skip
    none = Text("没有", "none")
    rows = [
        (Text("门槛：低于它没有奖金", "Threshold: below it nothing"), f"{a[0]:.0%}",
         f"{b[0]:.0%}" if b[0] else none),
        (Text("门槛到 100%：按达成率", "From there to 100%"), Text("×1", "×1"), Text("×1", "×1")),
        (Text("超出 100% 的每一点", "Each point beyond 100%"), f"×{a[2]:g}", f"×{b[2]:g}"),
        (Text("达成率算到为止", "Attainment counts up to"), f"{a[1]:.0%}", f"{b[1]:.0%}"),
    ]  # fmt: skip
    heads = columns(("attainment", "达成率", "Attainment", "share"),
                    ("people", "人数", "People", "number"))  # fmt: skip
    return (
        sheet(Text("两个方案", "Two plans"), cols, rows),
        sheet(Text("去年的达成率", "Attainment last year"), heads,
              list(zip(grid, people, strict=True))),
    )  # fmt: skip
