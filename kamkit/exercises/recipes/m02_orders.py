"""Recipe of order priority: what our work adds, per hour, and where the hours run out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kamkit.exercises.model import Accept, Item, Text, Variant
from kamkit.exercises.recipes.m05_base import WAN, columns, listed, money, names, score, sheet
from kamkit.exercises.recipes.parts import share, until
from kamkit.methods.projects.knapsack import Limits, greedy_set, quick_set

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw

LINE = "line"
_ALIKE = 0.10  # gains per hour this close stand in one group
_EFFORT_ERROR = 0.25  # as in order_priority
_DRAWS = 60
# Orders by what they teach: amount in 万, chance with and without our work (%), hours.
_KINDS = (
    ((60, 120), (62, 80), (8, 18), (16, 32)),  # work decides
    ((90, 160), (48, 66), (8, 16), (24, 40)),
    ((160, 260), (45, 62), (10, 20), (40, 64)),
    ((40, 70), (58, 76), (14, 24), (8, 20)),
    ((120, 200), (44, 60), (12, 24), (32, 56)),
    ((200, 320), (90, 96), (84, 89), (16, 32)),  # comes anyway
    ((140, 240), (88, 95), (80, 86), (24, 40)),
    ((420, 640), (12, 20), (4, 8), (72, 120)),  # large and nearly hopeless
    ((300, 460), (16, 26), (8, 12), (64, 96)),
    ((60, 110), (50, 64), (30, 42), (24, 48)),  # little added
    ((30, 60), (40, 60), (20, 32), (16, 32)),
    ((100, 180), (34, 48), (22, 32), (40, 64)),
)  # fmt: skip
Figures = dict[str, np.ndarray]


def _orders(draw: Draw) -> Figures:
    rows = []
    for amount, chance, alone, hours in _KINDS:
        rows.append(
            (
                draw.integer(*amount) * WAN,
                draw.integer(*chance) / 100,
                draw.integer(*alone) / 100,
                4 * draw.integer(hours[0] // 4, hours[1] // 4),
            )
        )
    amount_, p, without, effort = np.array(rows, dtype=float).T
    gain = amount_ * (p - without)
    order = np.argsort(-gain / effort, kind="stable")
    capacity = float(effort[order[: draw.integer(4, 6)]].sum()) + draw.choice([0, 4, 8])
    return {"amount": amount_, "p": p, "without": without, "effort": effort, "gain": gain,
            "capacity": np.array([capacity])}  # fmt: skip


def chosen(f: Figures) -> np.ndarray:
    """Orders of the best set; the arithmetic of order_priority (a test holds both equal)."""
    found = quick_set(f["gain"], f["effort"], float(f["capacity"][0]), Limits())
    return np.asarray(found)


def groups(per_hour: np.ndarray, taken: np.ndarray) -> list[list[int]]:
    """Orders by gain per hour, those within a tenth together, never across the line.

    >>> groups(np.array([5.0, 9.0, 8.9]), np.array([False, True, True]))
    [[1, 2], [0]]
    """
    found: list[list[int]] = []
    for k in (int(i) for i in np.argsort(-per_hour, kind="stable")):
        lead = found[-1][0] if found else -1
        alike = lead >= 0 and per_hour[k] >= (1 - _ALIKE) * per_hour[lead]
        if alike and taken[k] == taken[lead]:
            found[-1].append(k)
        else:
            found.append([k])
    return found


def _wrong(f: Figures) -> dict[str, np.ndarray]:
    return {
        "by_chance": f["p"],
        "by_amount": f["amount"],
        "by_expected": f["amount"] * f["p"],
        "by_gain": f["gain"],
        "per_hour_expected": f["amount"] * f["p"] / f["effort"],
        "least_work": -f["effort"],
    }


def _agreement(rank: np.ndarray, grouped: list[list[int]]) -> float:
    """Share of pairs in different groups that a ranking (higher is better) puts as they do."""
    level = {k: g for g, inside in enumerate(grouped) for k in inside}
    pairs = [(a, b) for a in level for b in level if level[a] < level[b]]
    return sum(bool(rank[a] > rank[b]) for a, b in pairs) / len(pairs)


def _orders_good(f: Figures) -> bool:
    """Going down the list is also the best set, with a clear gap at the line."""
    per_hour = f["gain"] / f["effort"]
    taken = chosen(f)
    greedy = greedy_set(f["gain"], f["effort"], float(f["capacity"][0]), Limits())
    inside, outside = per_hour[taken], per_hour[~taken]
    clear = 4 <= taken.sum() <= 6 and inside.min() > 1.2 * outside.max()
    told = max(_agreement(v, groups(per_hour, taken)) for v in _wrong(f).values()) < 0.85
    plain = not taken[int(np.argmax(f["p"]))] and not taken[int(np.argmax(f["amount"]))]
    return bool(clear and told and plain and (taken == greedy).all())


def _with_line(order: np.ndarray, f: Figures, ids: list[str]) -> list[str]:
    """A ranking with the line where the hours run out going down it."""
    spent = np.cumsum(f["effort"][order])
    cut = int((spent <= float(f["capacity"][0]) + 1e-9).sum())
    named = [ids[int(k)] for k in order]
    return [*named[:cut], LINE, *named[cut:]]


def _contested(f: Figures) -> np.ndarray:
    """Orders that change sides in more than a fifth of draws with hours a quarter off."""
    rng = np.random.default_rng(0)
    sides = np.zeros(len(f["gain"]))
    for _ in range(_DRAWS):
        effort = f["effort"] * np.exp(_EFFORT_ERROR * rng.standard_normal(len(f["effort"])))
        found = quick_set(f["gain"], effort, float(f["capacity"][0]), Limits())
        sides += np.asarray(found)
    share_in = sides / _DRAWS
    return np.asarray(np.where(chosen(f), share_in, 1 - share_in) < 0.8)


def rank_orders(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Twelve orders by what our work adds per hour, with the line where the hours run out.

    Source: S176 (name and inputs); uplift per effort and knapsack by order_priority (Martello
    & Toth 1990); a tenth for ties is house.
    """
    f = until(lambda: _orders(draw), _orders_good)
    n = len(f["gain"])
    called, ids = names(draw, n), [chr(ord("a") + k) for k in range(n)]
    per_hour, taken = f["gain"] / f["effort"], chosen(f)
    grouped = groups(per_hour, taken)
    above = [tuple(ids[k] for k in g) for g in grouped if taken[g[0]]]
    below = [tuple(ids[k] for k in g) for g in grouped if not taken[g[0]]]
    order = draw.shuffled(range(n))
    best = [k for g in grouped for k in g]
    sure, large = int(np.argmax(f["p"])), int(np.argmax(f["amount"]))
    contested = _contested(f)
    by_chance = _with_line(np.argsort(-f["p"], kind="stable"), f, ids)
    surest = [ids.index(i) for i in by_chance[: by_chance.index(LINE)]]
    traps = {name: {"order": _with_line(np.argsort(-v, kind="stable"), f, ids)}
             for name, v in _wrong(f).items()}  # fmt: skip
    whole = [i for g in above for i in g], [i for g in below for i in g]
    traps["line_low"] = {"order": [*whole[0], *whole[1][:4], LINE, *whole[1][4:]]}
    traps["upside_down"] = {"order": [*whole[1][::-1], LINE, *whole[0][::-1]]}
    return Variant(
        key={"order": Accept(order=(*above, (LINE,), *below))},
        words={
            "capacity": int(f["capacity"][0]), "n": n, "n_in": int(taken.sum()),
            "in": listed([called[k] for k in best if taken[k]]),
            "first": listed([called[best[0]]]), "first_rate": money(per_hour[best[0]]),
            "sure": listed([called[sure]]), "sure_p": share(f["p"][sure]),
            "sure_without": share(f["without"][sure]), "sure_rate": money(per_hour[sure]),
            "large": listed([called[large]]), "large_rate": money(per_hour[large]),
            "gain": money(float(f["gain"][taken].sum())),
            "gain_sure": money(float(f["gain"][surest].sum())),
            "hours": score(float(f["effort"][taken].sum()), 0),
            "contested": listed([called[k] for k in best if contested[k]]),
        },
        items=(*(Item(ids[k], called[k]) for k in order), _line_item(f)),
        sheets=(_order_sheet(f, called, order),),
        traps=traps,
    )  # fmt: skip


def _line_item(f: Figures) -> Item:
    hours = int(f["capacity"][0])
    return Item(
        LINE, Text(f"── 截止线：{hours} 小时用完 ──", f"── Cut line: {hours} hours used ──")
    )


def _order_sheet(f: Figures, called: list[Text], order: list[int]) -> Any:
    cols = columns(("name", "订单", "Order", "text"), ("amount", "毛利", "Margin", "money"),
                   ("p", "我们跟进时的可能性", "Chance if we work on it", "share"),
                   ("without", "不管它时的可能性", "Chance if left alone", "share"),
                   ("effort", "要花的工时", "Hours", "number"))  # fmt: skip
    rows = [
        (called[k], f["amount"][k], f["p"][k], f["without"][k], int(f["effort"][k])) for k in order
    ]
    return sheet(Text("本月的潜在订单", "This month's possible orders"), cols, rows)
