"""Recipes of sharing a goal out: three goals to teams and people, and a quota within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from kamkit.exercises.model import Item, Text, Variant
from kamkit.exercises.recipes.m05_base import WAN, columns, field, figure, items, money, places
from kamkit.exercises.recipes.m05_base import sheet as sheet_of
from kamkit.exercises.recipes.m06_people import people_names
from kamkit.exercises.recipes.parts import cell, one_of, share, until
from kamkit.methods.goals.bounds import Shares, fill
from kamkit.methods.goals.exact import round_up_largest

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

UNIT = 10.0 * WAN  # targets are set in steps of 100,000
TEAMS = (Text("一组", "Team 1"), Text("二组", "Team 2"))
PERSONS = ("p1", "p2", "p3")
_SALES = Text("去年大客户销售额", "Key account sales last year")


def shared(
    total: int,
    weights: Sequence[int],
    floors: Sequence[int] | None = None,
    caps: Sequence[int | None] | None = None,
) -> tuple[list[int], list[str], int, bool]:
    """Whole units by weight within bounds: units, bound of each, rounds, whether a tie decided.

    The arithmetic of :func:`kamkit.methods.goals.cascade` without its tables; a test holds both
    equal.

    >>> shared(10, [5, 3, 3], caps=[4, None, None])
    ([4, 3, 3], ['cap', 'none', 'none'], 2, False)
    """
    n = len(weights)
    shares = Shares(
        tuple(f"{i:02d}" for i in range(n)), total, tuple(Fraction(w) for w in weights),
        tuple(floors or [0] * n), tuple(caps or [None] * n),
    )  # fmt: skip
    amounts, bound, rounds = fill(shares)
    units, tied = round_up_largest(amounts, total, shares.ids)
    return units, bound, len(rounds), any(tied)


def rounded(total: int, weights: Sequence[int]) -> list[int]:
    """Each part rounded by itself, which need not add up.

    >>> rounded(10, [1, 1, 1])
    [3, 3, 3]
    """
    whole = sum(weights)
    return [int(total * w / whole + 0.5) for w in weights]


# -- three programme goals ----------------------------------------------------------------------
Case = tuple[list[int], list[int], int, int, float]


def _goals(draw: Draw) -> Case:
    """Sales last year (10,000) and prospects of team 2 and three people; both goals; growth."""
    sales = [draw.integer(700, 1200), *(draw.integer(180, 520) for _ in PERSONS)]
    prospects = [draw.integer(4, 10), *draw.sample(range(1, 8), 3)]
    growth = draw.choice((15, 18, 20, 22, 25)) / 100
    goal = round(sum(sales) * (1 + growth) / 10)
    return sales, prospects, draw.integer(8, 14), goal, growth


def both_levels(total: int, figures: Sequence[int]) -> tuple[list[int], bool]:
    """Teams first, then the people of team 1 out of their team's target; whether ties decided.

    >>> both_levels(10, [5, 1, 2, 2])
    ([5, 5, 1, 2, 2], False)
    """
    other, mine = figures[0], list(figures[1:])
    teams, _, _, tie = shared(total, [sum(mine), other])
    people, _, _, tie_too = shared(teams[0], mine)
    return [*teams, *people], tie or tie_too


def _goals_good(case: Case) -> bool:
    sales, prospects, accounts, goal, _ = case
    money_parts, tie = both_levels(goal, sales)
    counts, tie_too = both_levels(accounts, prospects)
    off = rounded(money_parts[0], sales[1:]) != money_parts[2:]
    alone = rounded(counts[0], prospects[1:])
    by_sales = both_levels(accounts, sales)[0]
    return (
        not (tie or tie_too)
        and off
        and sum(rounded(money_parts[0], sales[1:])) != money_parts[0]
        and min(counts) >= 0
        and max(money_parts) < 190
        and by_sales != counts
        and both_levels(accounts, [3, 1, 1, 1])[0] != counts
        and sum(alone) > 0
    )


def cascade_goals(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """+n accounts, +x % sales, at least 90 % satisfied: to two teams and three people, exactly.

    Source: S169, S171, S111; largest remainder Balinski & Young 1982.
    """
    sales, prospects, new, goal, growth = until(lambda: _goals(draw), _goals_good, 600)
    called = people_names(draw, 3)
    parts = ["t1", "t2", *PERSONS]
    money_parts, counts = both_levels(goal, sales)[0], both_levels(new, prospects)[0]
    last = [sum(sales[1:]), sales[0], *sales[1:]]
    more = goal * 10 - sum(sales)
    team_more = money_parts[0] * 10 - last[0]
    flat = [last[0] + more / 2, last[1] + more / 2, *(v + team_more / 3 for v in last[2:])]
    people_off = rounded(money_parts[0], sales[1:])
    traps: dict[str, dict[str, Any]] = {
        "increment": _as(parts, "sales", [more * v / sum(sales) * WAN for v in last]),
        "same_amount": _as(parts, "sales", [v * WAN for v in flat]),
        "rounded": _as(list(PERSONS), "sales", [v * UNIT for v in people_off]),
        "by_sales": _as(parts, "accounts", both_levels(new, sales)[0]),
        "equal": _as(parts, "accounts", both_levels(new, [3, 1, 1, 1])[0]),
        "split_rate": {"sat.way": "split"},
        "average": {"sat.way": "average"},
        "nobody": {"sat.way": "nobody"},
    }
    key = {f"{p}.sales": figure(v * UNIT) for p, v in zip(parts, money_parts, strict=True)}
    key |= {f"{p}.accounts": figure(v) for p, v in zip(parts, counts, strict=True)}
    return Variant(
        key={**key, "sat.way": one_of("each")},
        words={
            "growth": share(growth), "new": new, "goal": money(goal * UNIT, exact=True),
            "last": money(sum(sales) * WAN, exact=True),
            "prospects": sum(prospects), "prospects_1": sum(prospects[1:]),
            "rounded_sum": money(sum(people_off) * UNIT, exact=True),
            **{f"sales_{p}": money(v * UNIT, exact=True)
               for p, v in zip(parts, money_parts, strict=True)},
            **{f"new_{p}": v for p, v in zip(parts, counts, strict=True)},
            **{f"name_{p}": cell(t) for p, t in zip(PERSONS, called, strict=True)},
        },
        items=(*items(parts, [*TEAMS, *called]),
               Item("sat", Text("满意度 90% 怎样分", "How to pass on the 90%"))),
        fields=_goal_fields(parts),
        sheets=_goal_sheets(called, sales, prospects),
        traps=traps,
    )  # fmt: skip


def _as(parts: Sequence[str], column: str, values: Sequence[float]) -> dict[str, Any]:
    return {f"{p}.{column}": round(float(v), 4) for p, v in zip(parts, values, strict=True)}


def _goal_fields(parts: list[str]) -> tuple[Any, ...]:
    ways = places(
        ("each", "两组各自都要 90% 以上", "Each team at least 90%"),
        ("split", "每组 45%，加起来 90%", "45% each, 90% together"),
        ("average", "一组 85%、二组 95%，平均 90%", "85% and 95%: 90% on average"),
        ("nobody", "只挂公司，不分到组", "The company's only, no team's"),
    )
    return (
        field("accounts", "新增大客户", "New key accounts", "count", items=tuple(parts)),
        field("sales", "销售目标", "Sales target", "money", items=tuple(parts)),
        field("way", "怎样分", "Way", type="choice", items=("sat",), options=ways),
    )


def _goal_sheets(
    called: list[Text], sales: Sequence[int], prospects: Sequence[int]
) -> tuple[Any, ...]:
    cols = columns(("who", "组 / 人", "Team / person", "text"),
                   ("sales", _SALES.zh, _SALES.en, "money"),
                   ("prospects", "够格的潜在客户", "Prospects that qualify", "number"))  # fmt: skip
    rows = [
        (TEAMS[0], sum(sales[1:]) * float(WAN), sum(prospects[1:])),
        *((Text(f"　{n.zh}", f"– {n.en}"), s * float(WAN), p)
          for n, s, p in zip(called, sales[1:], prospects[1:], strict=True)),
        (TEAMS[1], sales[0] * float(WAN), prospects[0]),
    ]  # fmt: skip
    return (sheet_of(Text("去年的底子（一组分到人）", "Where they stand (team 1 by person)"),
                     cols, rows),)  # fmt: skip


# -- a quota within bounds ----------------------------------------------------------------------
FIVE = ("a", "b", "c", "d", "e")
Quota = tuple[str, int, list[int], list[int], list[int]]


def _quota(draw: Draw) -> Quota:
    """Side, total, potentials, floors, caps (units); ``a`` stops first, ``b`` in round two."""
    side = draw.choice(("cap", "floor"))
    total = draw.integer(200, 260)
    weights = sorted((draw.integer(25, 95) for _ in FIVE), reverse=side == "cap")
    plain = [total * w / sum(weights) for w in weights]
    floors = [int(p * draw.integer(60, 75) / 100) for p in plain]
    caps = [int(p * draw.integer(135, 150) / 100) + 1 for p in plain]
    first, second = draw.integer(15, 25) / 100, draw.integer(0, 3) / 100
    if side == "cap":
        caps[0], caps[1] = int(plain[0] * (1 - first)), int(plain[1] * (1 + second)) + 1
    else:
        floors[0], floors[1] = int(plain[0] * (1 + first)) + 2, int(plain[1] * (1 - second))
    return side, total, weights, floors, caps


def _clip(values: Sequence[int], floors: Sequence[int], caps: Sequence[int]) -> list[int]:
    return [min(max(v, low), high) for v, low, high in zip(values, floors, caps, strict=True)]


def wrong_ways(case: Quota) -> dict[str, list[int]]:
    """The cut table as it was, and four ways of mending it that miss.

    >>> case = ("cap", 100, [50, 30, 20], [0, 0, 0], [40, 99, 99])
    >>> wrong_ways(case)["as_table"], wrong_ways(case)["even"]
    ([40, 30, 20], [40, 35, 25])
    """
    _, total, weights, floors, caps = case
    plain = rounded(total, weights)
    table = _clip(plain, floors, caps)
    free = [i for i, (p, t) in enumerate(zip(plain, table, strict=True)) if p == t]
    held = [i for i in range(len(plain)) if i not in free]
    gap = total - sum(table)
    once, even, one = list(table), list(table), list(table)
    rest = shared(total - sum(table[i] for i in held), [weights[i] for i in free])[0]
    for place, i in enumerate(free):
        once[i] = rest[place]
        even[i] += gap // len(free) + (place < gap % len(free))
    one[max(free, key=lambda i: weights[i])] += gap
    return {"as_table": table, "one_round": once, "even": even, "to_one": one, "plain": plain}


def _quota_good(case: Quota) -> bool:
    side, total, weights, floors, caps = case
    units, bound, rounds, tie = shared(total, weights, floors, caps)
    ways = wrong_ways(case)
    plain = [total * w / sum(weights) for w in weights]
    still_fits = floors[1] <= plain[1] <= caps[1] and ways["plain"][1] == ways["as_table"][1]
    over = ways["one_round"][1] - (caps[1] if side == "cap" else floors[1])
    return (
        not tie
        and bound == [side, side, "none", "none", "none"]
        and rounds >= 3
        and still_fits
        and (over > 0 if side == "cap" else over < 0)
        and abs(total - sum(ways["as_table"])) >= 3
        and min(units) > 12
        and max(units) < 190
        and len({tuple(w) for w in (units, *ways.values())}) == len(ways) + 1
        and len(set(weights)) == len(weights)
    )


def adds_up(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """A quota table that was cut at its bounds and no longer adds up: mend it to the last unit.

    Source: S171; proportional filling with bounds and largest remainder (Balinski & Young 1982).
    """
    case = until(lambda: _quota(draw), _quota_good, 800)
    side, total, weights, floors, caps = case
    called = people_names(draw, 5)
    units = shared(total, weights, floors, caps)[0]
    ways = wrong_ways(case)
    gap = total - sum(ways["as_table"])
    rows = [(called[i], weights[i] * UNIT, floors[i] * UNIT, caps[i] * UNIT,
             ways["as_table"][i] * UNIT) for i in range(5)]  # fmt: skip
    cols = columns(("name", "姓名", "Name", "text"),
                   ("potential", "区域潜力", "Potential", "money"),
                   ("floor", "下限", "Floor", "money"), ("cap", "上限", "Cap", "money"),
                   ("target", "助理填的指标", "Target as filled in", "money"))  # fmt: skip
    order = draw.shuffled(range(5))
    cut = side == "cap"
    return Variant(
        key={f"{i}.target": figure(v * UNIT) for i, v in zip(FIVE, units, strict=True)}
        | {"gap.off": figure(abs(gap) * UNIT)},
        words={
            "total": money(total * UNIT, exact=True), "gap": money(abs(gap) * UNIT, exact=True),
            "side": cell(Text("上限", "cap") if cut else Text("下限", "floor")),
            "less": cell(Text("少了", "short") if cut else Text("多了", "over")),
            "name_a": cell(called[0]), "name_b": cell(called[1]),
            "at_a": money(units[0] * UNIT, exact=True), "at_b": money(units[1] * UNIT, exact=True),
            "once_b": money(ways["one_round"][1] * UNIT, exact=True),
            "rest": money((total - units[0] - units[1]) * UNIT, exact=True),
            **{f"name_{i}": cell(called[k]) for k, i in enumerate(FIVE)},
            **{f"at_{i}": money(units[k] * UNIT, exact=True) for k, i in enumerate(FIVE)},
        },
        items=(*(Item(FIVE[i], called[i]) for i in order),
               Item("gap", Text("助理的表与总指标差", "The sheet against the total"))),
        fields=(field("target", "改后的指标", "Mended target", "money", items=FIVE),
                field("off", "差多少", "Off by", "money", items=("gap",))),
        sheets=(sheet_of(Text("助理的分解表", "The assistant's table"), cols,
                         [rows[i] for i in order]),),
        traps={name: _as(FIVE, "target", [v * UNIT for v in way])
               for name, way in ways.items()},
    )  # fmt: skip
