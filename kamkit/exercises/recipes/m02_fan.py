"""Recipes about chance: reading the fan of a sum, and endings that rule each other out."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kamkit.exercises.model import Accept, Field, Item, Text, Variant
from kamkit.exercises.recipes.m05_base import (
    WAN,
    columns,
    figure,
    listed,
    money,
    names,
    places,
    sheet,
)
from kamkit.exercises.recipes.parts import one_of, share, until
from kamkit.methods.forecast import portfolio_sum
from kamkit.methods.funnel import cumulative_incidence

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw

_MEANINGS = places(
    ("surely", "做到它或更多，有九成或更大把握", "It or more is reached with 90% or better"),
    ("hardly", "超过它的可能性不到一成", "More than this comes with less than 10%"),
    ("never", "正好这个数不会出现", "Exactly this sum can't come about"),
    ("likely", "最可能签到的就是这个数", "This is the sum most likely to come"),
    ("tenth", "它占漏斗总额的一成", "It is a tenth of the pipeline"),
)
_FAN_ITEMS = (
    Item("p10", Text("P10", "P10")),
    Item("p50", Text("P50", "P50")),
    Item("p90", Text("P90", "P90")),
    Item("mean", Text("加权合计（金额 × 可能性，再加总）",
                      "Weighted total (amount × chance, summed)")),
    Item("target", Text("做到目标或更多", "Target or more")),
)  # fmt: skip
_WHY = places(
    ("lost_as_open", "算赢单时，把丢掉的当成“还可能赢”；算丢单时反过来",
     "For wins, lost deals were taken as if they could still be won, and the other way round"),
    ("double", "有些单子既算赢又算丢", "Some deals were counted as both won and lost"),
    ("rounding", "四舍五入的误差", "Rounding"),
    ("open_twice", "还开着的单子被算了两次", "Open deals were counted twice"),
)  # fmt: skip
_DAYS = (60, 120, 180)


def _outcomes(value: np.ndarray, p: np.ndarray) -> list[tuple[float, float, tuple[int, ...]]]:
    """Every way that the deals can end, smallest sum first: sum, chance, which are won."""
    found = []
    for ends in product((0, 1), repeat=len(value)):
        won = np.array(ends)
        found.append((float(won @ value), float(np.where(won, p, 1 - p).prod()), ends))
    return sorted(found)


def _four(draw: Draw) -> dict[str, Any]:
    value = WAN * 10.0 * np.array([draw.integer(26, 48), *(draw.integer(5, 21) for _ in range(3))])
    p = np.array([draw.integer(6, 9), *(draw.integer(7, 13) for _ in range(3))]) / 20
    target = round(float(value @ p) * draw.integer(93, 108) / 100 / 1e5) * 1e5
    table = portfolio_sum(value, p, target=target)
    return {"value": value, "p": p, "target": target,
            **dict(zip(table["measure"], table["value"].astype(float), strict=True))}  # fmt: skip


def _four_good(f: dict[str, Any]) -> bool:
    """All sums differ, quantiles are real sums apart, the target isn't where a ratio would be."""
    sums = [s for s, _, _ in _outcomes(f["value"], f["p"])]
    apart = min(b - a for a, b in zip(sums, sums[1:], strict=False)) >= 1e5
    inside = 0 < f["p10"] < f["p50"] < f["p90"] < sums[-1]
    nowhere = min(abs(s - f["mean"]) for s in sums) > 0.02 * f["mean"]
    clear = min(abs(s - f["target"]) for s in sums) >= 1e5
    cumulated = np.cumsum([c for _, c, _ in _outcomes(f["value"], f["p"])])
    edges = min(abs(cumulated - e).min() for e in (0.1, 0.5, 0.9)) > 0.004
    chance = f["prob_ge_target"]
    ratio = min(1.0, f["mean"] / f["target"])
    told = abs(chance - 0.5) > 0.04 and abs(chance - ratio) > 0.1
    return bool(apart and inside and nowhere and clear and edges and told)


def read_fan(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Four open deals, all sixteen ways they can end: P10, P50, P90, weighted total, target.

    Source: field: weighted pipeline and enumeration (portfolio_sum); S134 (name only).
    """
    f = until(lambda: _four(draw), _four_good)
    called = names(draw, 4)
    value, p = f["value"], f["p"]
    shown = {n: float(f[n]) for n in ("p10", "p50", "p90", "mean")}
    says = {"p10": "surely", "p90": "hardly", "mean": "never"}
    chance = f["prob_ge_target"]
    key: dict[str, Accept] = {f"{n}.amount": figure(v) for n, v in shown.items()}
    key |= {f"{n}.says": one_of(place) for n, place in says.items()}
    key["target.chance"] = figure(chance, 0.002)
    fields = (
        Field("amount", Text("金额", "Amount"), unit="money", items=tuple(shown)),
        Field("chance", Text("可能性", "Chance"), unit="share", items=("target",)),
        Field("says", Text("这个数说的是", "What it says"), "choice", options=_MEANINGS,
              items=tuple(says)),
    )  # fmt: skip
    large = int(np.argmax(value))
    rest = portfolio_sum(np.delete(value, large), np.delete(p, large), target=f["target"])
    without = float(rest.set_index("measure")["value"]["prob_ge_target"])
    return Variant(
        key=key,
        words={
            **{n: money(v, exact=True) for n, v in shown.items()},
            "target": money(f["target"], exact=True), "chance": share(chance),
            "largest": listed([called[large]]), "without": share(without),
            "p_largest": share(p[large]), "sum": money(float(value.sum()), exact=True),
        },
        items=_FAN_ITEMS,
        fields=fields,
        sheets=_fan_sheets(called, value, p),
        traps={
            "turned": {"p10.amount": f["p90"], "p90.amount": f["p10"],
                       "p10.says": "hardly", "p90.says": "surely"},
            "mean_is_likely": {"mean.says": "likely"},
            "mean_in_the_middle": {"p50.amount": f["mean"]},
            "all_money": {"mean.amount": float(value.sum())},
            "ratio": {"target.chance": min(1.0, f["mean"] / f["target"])},
            "below": {"target.chance": 1 - chance},
            "tenths": {"p10.amount": 0.1 * float(value.sum()), "p90.amount":
                       0.9 * float(value.sum()), "p50.amount": 0.5 * float(value.sum())},
        },
    )  # fmt: skip


def _fan_sheets(called: list[Text], value: np.ndarray, p: np.ndarray) -> tuple[Any, ...]:
    deals = sheet(
        Text("四张未结的单子", "Four open deals"),
        columns(("name", "客户", "Account", "text"), ("amount", "金额", "Amount", "money"),
                ("p", "赢的可能性", "Chance to win", "share")),
        [(n, v, c) for n, v, c in zip(called, value, p, strict=True)],
    )  # fmt: skip
    rows, upto = [], 0.0
    for total, chance, ends in _outcomes(value, p):
        upto += chance
        won = [n for n, e in zip(called, ends, strict=True) if e]
        rows.append((listed(won), int(total), round(chance, 4), round(upto, 4)))
    every = sheet(
        Text("十六种结局，从小到大", "All sixteen endings, smallest first"),
        columns(("won", "赢下的是", "Won", "text"), ("sum", "合计", "Sum", "money"),
                ("p", "可能性", "Chance", "share"), ("upto", "累计可能性", "Cumulated", "share")),
        rows,
    )  # fmt: skip
    return deals, every


def _endings(draw: Draw) -> dict[str, Any]:
    """Forty deals that are old enough: won and lost in each of three spans, the rest open."""
    won = np.array([draw.integer(2, 6), draw.integer(4, 9), draw.integer(3, 7)])
    lost = np.array([draw.integer(4, 8), draw.integer(4, 9), draw.integer(2, 6)])
    n = 40
    days = [*np.repeat(_DAYS, won), *np.repeat(_DAYS, lost)]
    cause = ["won"] * int(won.sum()) + ["lost"] * int(lost.sum())
    still = n - len(days)
    table = cumulative_incidence(
        np.array(days + [240] * still), np.array(cause + ["open"] * still, dtype=object)
    )
    last = table[table["days"] <= _DAYS[-1]].groupby("ending").last()
    return {"n": n, "won": won, "lost": lost, "open": still, "last": last}


def _endings_good(f: dict[str, Any]) -> bool:
    naive = float(f["last"]["naive"].sum())
    return bool(3 <= f["open"] <= 9 and naive > 1.06)


def two_curves(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Two curves that add to more than 1: what share is really won, lost, open by a day.

    Source: Aalen & Johansen 1978; Putter et al. 2007 (cumulative_incidence; naive = 1 − KM).
    """
    f = until(lambda: _endings(draw), _endings_good)
    last, n = f["last"], f["n"]
    real = {e: float(last.loc[e, "incidence"]) for e in ("won", "lost")}
    naive = {e: float(last.loc[e, "naive"]) for e in ("won", "lost")}
    real["open"] = 1.0 - real["won"] - real["lost"]
    ended = n - f["open"]
    cols = columns(("span", "建单后", "After creation", "text"),
                   ("open", "期初还开着", "Open at its start", "number"),
                   ("won", "期内赢", "Won in it", "number"),
                   ("lost", "期内丢", "Lost in it", "number"))  # fmt: skip
    spans = (Text("第 1–60 天", "Days 1–60"), Text("第 61–120 天", "Days 61–120"),
             Text("第 121–180 天", "Days 121–180"))  # fmt: skip
    risk = n - np.concatenate([[0], np.cumsum(f["won"] + f["lost"])[:-1]])
    rows = list(zip(spans, risk, f["won"], f["lost"], strict=True))
    both = naive["won"] + naive["lost"]
    return Variant(
        key={**{f"{e}.share": figure(v, 0.002) for e, v in real.items()},
             "why.reason": one_of("lost_as_open")},
        words={
            "n": n, "still": f["open"], "ended": ended,
            "n_won": int(f["won"].sum()), "n_lost": int(f["lost"].sum()),
            **{e: share(v) for e, v in real.items()},
            "naive_won": share(naive["won"]), "naive_lost": share(naive["lost"]),
            "both": share(both),
            "low": share(float(last.loc["won", "low"])),
            "high": share(float(last.loc["won", "high"])),
        },
        items=(
            Item("won", Text("180 天内赢", "Won within 180 days")),
            Item("lost", Text("180 天内丢", "Lost within 180 days")),
            Item("open", Text("第 180 天还开着", "Still open on day 180")),
            Item("why", Text("看板的两个数加起来超过 100%，因为",
                             "The two figures exceed 100% because")),
        ),
        fields=(
            Field("share", Text("占全部单子（%）", "Share of all deals (%)"), unit="share",
                  items=("won", "lost", "open")),
            Field("reason", Text("原因", "Reason"), "choice", options=_WHY, items=("why",)),
        ),
        sheets=(sheet(Text(f"{n} 张单子，都已建单 180 天以上",
                           f"{n} deals, all created more than 180 days ago"), cols, rows),),
        traps={
            "naive": {f"{e}.share": v for e, v in naive.items()},
            "closed_only": {"won.share": f["won"].sum() / ended, "lost.share":
                            f["lost"].sum() / ended, "open.share": 0.0},
            "scaled_down": {f"{e}.share": v / both for e, v in naive.items()} | {"open.share": 0.0},
            "last_span": {"won.share": f["won"][-1] / n, "lost.share": f["lost"][-1] / n},
            "other_reason": {"why.reason": "double"},
        },
    )  # fmt: skip
