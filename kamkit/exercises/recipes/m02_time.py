"""Recipes of time: the stage where deals get stuck, and how long a deal really takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kamkit.exercises.model import Accept, Item, Sheet, Text, Variant
from kamkit.exercises.recipes.m05_base import (
    columns,
    field,
    figure,
    money,
    names,
    places,
    score,
    sheet,
)
from kamkit.exercises.recipes.parts import one_of, pair, share, until
from kamkit.methods.funnel import kaplan_meier, survival_quantiles
from kamkit.schemes import load_ladder

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

WAN = 10_000
STAGES = ("needs", "solution", "quote", "negotiate")
MONTH_ENDS = ("2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30")
# Days up to the last export, by the export that first shows a deal in its stage.
AGES = (91, 61, 30, 0)
_SHORT, _LONG = (38, 54), (67, 85)
SIXTY = [60.0] * 4
# How deals from each stage usually end (share won), and what the system presets.
_WON = ((14, 22), (26, 36), (38, 48), (58, 70))


@dataclass(frozen=True)
class Seen:
    """A deal's stage in each export (-1: not there yet, 4 won, 5 lost) and its amount."""

    path: tuple[int, int, int, int]
    amount: float

    @property
    def stage(self) -> int:
        """Where it stands in the last export."""
        return self.path[-1]

    @property
    def age(self) -> int:
        """Days since the export that first shows the present stay."""
        k = 3
        while k > 0 and self.path[k - 1] == self.stage:
            k -= 1
        return AGES[k]

    @property
    def age_from_first(self) -> int:
        """Days since the first export that ever shows this stage (wrong where it came back)."""
        return AGES[self.path.index(self.stage)]

    @property
    def age_of_deal(self) -> int:
        """Days since the deal was first seen at all."""
        return AGES[next(k for k, s in enumerate(self.path) if s >= 0)]


def _path(draw: Draw, stage: int, since: int) -> tuple[int, int, int, int]:
    """A way into a stage: from there on it stays, before it came up step by step."""
    before = [max(-1, stage - (since - k)) for k in range(since)]
    if since and draw.integer(0, 2) == 0:
        before = [-1] * (since - 1) + [stage - 1]
    return tuple([*before, *[stage] * (4 - since)])  # type: ignore[return-value]


def _past(draw: Draw, band: tuple[int, int]) -> list[int]:
    """Days that earlier deals took to leave a stage; nine in ten had left within the band."""
    p90 = draw.integer(*band)
    days = [max(2, round(p90 * draw.integer(12, 84) / 100)) for _ in range(draw.integer(20, 26))]
    return [*days, p90, p90 + draw.integer(2, 5), p90 + draw.integer(20, 40)]


def _quantiles(past: list[list[int]]) -> list[dict[str, float]]:
    """Days by which half and nine in ten had left each stage, all stages in one go."""
    group = [k for k, days in enumerate(past) for _ in days]
    days = [d for stage in past for d in stage]
    curves = kaplan_meier(days, np.ones(len(days)), group=group)
    found = survival_quantiles(curves, (0.5, 0.9))["days"].to_numpy(float)
    return [
        {"median": float(found[k]), "p90": float(found[k + 1])} for k in range(0, len(found), 2)
    ]


@dataclass(frozen=True)
class Funnel:
    """Deals as exported, and what earlier deals say of each stage."""

    deals: list[Seen]
    past: list[list[int]]
    jam: int

    @property
    def lines(self) -> list[float]:
        """P90 of each stage as it was drawn: at most a tenth of the stays lie above it."""
        return [float(sorted(days)[-3]) for days in self.past]


def _funnel(draw: Draw) -> Funnel:
    jam, busy, *others = draw.shuffled(range(4))
    short = draw.choice([True, False])
    bands = {jam: _SHORT if short else _LONG, busy: _LONG}
    bands |= {k: draw.choice([_SHORT, _LONG]) for k in others}
    past = [_past(draw, bands[k]) for k in range(4)]
    deals = [_path(draw, jam, draw.integer(0, 1) if short else 0) for _ in range(3)]
    deals += [_path(draw, jam, draw.integer(2, 3))] if draw.integer(0, 1) else []
    deals += [_path(draw, busy, draw.integer(1, 3)) for _ in range(4)]
    deals.append((busy, busy + 1, busy, busy) if busy < 3 else _path(draw, busy, 1))
    for k in others:
        deals += [_path(draw, k, draw.integer(2, 3)) for _ in range(draw.integer(1, 2))]
    deals.append(_path(draw, others[0], 0))
    deals += [(2, 3, 3, 4), (0, 1, 1, 5)]
    seen = [Seen(p, 10.0 * WAN * draw.integer(4, 38)) for p in deals]
    return Funnel(draw.shuffled(seen), past, jam)


def _over(funnel: Funnel, age: str, lines: list[float]) -> list[int]:
    """Deals a stage that have been there for at least as long as its line says."""
    out = [0, 0, 0, 0]
    for deal in funnel.deals:
        if deal.stage < 4:
            out[deal.stage] += getattr(deal, age) >= lines[deal.stage]
    return out


def _clear(funnel: Funnel) -> bool:
    lines, held = funnel.lines, _held(funnel)
    over = _over(funnel, "age", lines)
    fair = all(abs(line - a) >= 4 for line in lines for a in AGES)
    share_over = [o / max(n, 1) for o, n in zip(over, held, strict=True)]
    rest = [s for k, s in enumerate(share_over) if k != funnel.jam]
    most = max(range(4), key=lambda k: held[k])
    others = [_over(funnel, age, line) for age, line in
              (("age_of_deal", lines), ("age", SIXTY), ("age_from_first", lines))]  # fmt: skip
    differ = [sum(a != b for a, b in zip(over, other, strict=True)) for other in others]
    return (
        fair and over[funnel.jam] >= 3 and share_over[funnel.jam] > max(rest) + 0.15
        and held.count(held[most]) == 1 and most != funnel.jam
        and differ[0] >= 2 and min(differ) >= 1
        and max(o for k, o in enumerate(over) if k != funnel.jam) < over[funnel.jam]
    )  # fmt: skip


def _held(funnel: Funnel) -> list[int]:
    return [sum(d.stage == k for d in funnel.deals) for k in range(4)]


def stuck_stage(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Four month-end exports: funnel, deals beyond P90, weighted value, the stuck stage.

    Source: S134, S137; Kaplan & Meier 1958; the limit at P90 is house.
    """
    funnel = until(lambda: _funnel(draw), _clear)
    past = _quantiles(funnel.past)
    lines, held = [p["p90"] for p in past], _held(funnel)
    over = _over(funnel, "age", lines)
    won = [draw.integer(*band) / 100 for band in _WON]
    ladder = load_ladder("sample")
    preset = [ladder.probabilities[s] for s in STAGES]
    labels = [Text(*ladder.stage(s).label.values()) for s in STAGES]
    still = [d for d in funnel.deals if d.stage < 4]
    weighted = sum(d.amount * won[d.stage] for d in still)
    key: dict[str, Accept] = {}
    for s, n, o in zip(STAGES, held, over, strict=True):
        key[f"{s}.open"], key[f"{s}.over"] = figure(n), figure(o)
    key["all.weighted"] = figure(weighted)
    key["all.stuck"] = one_of(STAGES[funnel.jam])
    best = {name: accept.best for name, accept in key.items()}
    closed = [sum(d.path[2] == k for d in funnel.deals if d.stage > 3) for k in range(4)]
    most = max(range(4), key=lambda k: held[k])
    traps: dict[str, dict[str, Any]] = {
        "crm": {"all.weighted": sum(d.amount * preset[d.stage] for d in still)},
        "unweighted": {"all.weighted": sum(d.amount for d in still)},
        "crowded": {"all.stuck": STAGES[most]},
        "sixty": _counts(_over(funnel, "age", SIXTY)),
        "deal_age": _counts(_over(funnel, "age_of_deal", lines)),
        "returned": _counts(_over(funnel, "age_from_first", lines)),
        "closed_in": {f"{s}.open": h + c for s, h, c in zip(STAGES, held, closed, strict=True)},
    }
    called = names(draw, len(funnel.deals))
    words: dict[str, Any] = {
        "n": len(funnel.deals), "n_open": len(still), "stuck": _said(labels[funnel.jam]),
        "crowded": _said(labels[most]), "n_most": held[most], "over_most": _few(over[most]),
        "n_jam": held[funnel.jam], "over_jam": over[funnel.jam],
        "p90_jam": round(lines[funnel.jam]), "n_past": len(funnel.past[funnel.jam]),
        "weighted": money(weighted), "by_crm": money(traps["crm"]["all.weighted"]),
        "pipeline": money(sum(d.amount for d in still)),
    }  # fmt: skip
    pipeline = Text("整个漏斗：金额、卡在哪一步", "Whole funnel: value and stuck stage")
    options = places(*((s, t.zh, t.en) for s, t in zip(STAGES, labels, strict=True)))
    return Variant(
        key=key,
        words=words,
        items=(*(Item(s, t) for s, t in zip(STAGES, labels, strict=True)), Item("all", pipeline)),
        fields=(
            field("open", "6 月底在手（个）", "Open on 30 June", "count", items=STAGES),
            field("over", "停留 ≥ P90（个）", "P90 or longer", "count", items=STAGES),
            field("weighted", "加权金额", "Weighted value", "money", items=("all",)),
            field("stuck", "卡住的阶段", "Stuck stage", type="choice", options=options,
                  items=("all",)),
        ),
        sheets=(_exports(funnel, called, labels), _history(funnel, past, labels, won, preset)),
        traps={name: {**best, **trap} for name, trap in traps.items()},
    )  # fmt: skip


def _few(n: int) -> dict[str, str]:
    return pair(f"只有 {n} 个", f"only {n}") if n else pair("一个也没有", "none")


def _counts(over: list[int]) -> dict[str, float]:
    return {f"{s}.over": o for s, o in zip(STAGES, over, strict=True)}


def _said(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _exports(funnel: Funnel, called: list[Text], labels: list[Text]) -> Sheet:
    shown = {-1: Text("—", "—"), 4: Text("赢", "won"), 5: Text("丢", "lost"),
             **dict(enumerate(labels))}  # fmt: skip
    cols = columns(
        ("name", "商机", "Deal", "text"),
        ("march", "3 月底（至少 91 天）", "31 Mar (91 days or more)", "text"),
        ("april", "4 月底（61 天前）", "30 Apr (61 days ago)", "text"),
        ("may", "5 月底（30 天前）", "31 May (30 days ago)", "text"),
        ("june", "6 月底（当天）", "30 Jun (today)", "text"),
        ("amount", "金额", "Amount", "money"),
    )  # fmt: skip
    rows = [
        (n, *(shown[s] for s in d.path), d.amount)
        for n, d in zip(called, funnel.deals, strict=True)
    ]
    return sheet(Text("四个月底的导出", "Exports at four month-ends"), cols, rows)


def _history(
    funnel: Funnel,
    past: list[dict[str, float]],
    labels: list[Text],
    won: list[float],
    preset: list[float],
) -> Sheet:
    cols = columns(
        ("stage", "阶段", "Stage", "text"), ("n", "以往停留（次）", "Past stays", "number"),
        ("median", "一半离开用的天数", "Half had left by (days)", "number"),
        ("p90", "九成离开用的天数 P90", "Nine in ten by (days), P90", "number"),
        ("won", "到过此步的赢单率（历史）", "Won from here (history)", "share"),
        ("preset", "系统预设概率", "Preset in the system", "share"),
    )  # fmt: skip
    rows = [
        (labels[k], len(funnel.past[k]), past[k]["median"], past[k]["p90"], won[k], preset[k])
        for k in range(4)
    ]
    return sheet(Text("各阶段的历史", "History of the stages"), cols, rows)


def _ages(draw: Draw) -> tuple[list[int], list[bool]]:
    """Days of twelve or so deals, and whether each is decided; open ones are the slow ones."""
    shut = sorted(draw.sample(range(14, 80), draw.integer(7, 8)))
    middle = shut[5]
    more = 4 if len(shut) == 8 else draw.integer(4, 5)
    still = [draw.integer(middle + 8, 170) for _ in range(more)]
    return [*shut, *still], [True] * len(shut) + [False] * len(still)


def _times(days: list[int], decided: list[bool]) -> dict[str, float]:
    """Mean and median of the closed, and of all as if they were closed today."""
    every, shut = np.array(days, float), np.array(days, float)[np.array(decided)]
    return {"closed_mean": float(shut.mean()), "closed_median": float(np.median(shut)),
            "mean_all": float(every.mean()), "open_mean": float(every[~np.array(decided)].mean()),
            "longest": float(every.max())}  # fmt: skip


def _biased(days: list[int], decided: list[bool]) -> bool:
    """The middle is between decided deals, and the slips give clearly other figures."""
    slips, ordered = _times(days, decided), sorted(days)
    half = -(-len(days) // 2)
    middle = ordered[half - 1 : half + 1]
    return all(not middle[0] - 3 <= v <= middle[1] + 3 for v in slips.values()) and all(
        decided[days.index(d)] for d in middle
    )


def length_bias(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Days until half of all deals are decided, with deals that are still open.

    Source: Kaplan & Meier 1958 (:func:`kamkit.methods.funnel.cycle_time`).
    """
    days, decided = until(lambda: _ages(draw), lambda a: _biased(*a))
    curve = kaplan_meier(days, decided)
    row: Any = survival_quantiles(curve, [0.5]).iloc[0]
    slips, n = _times(days, decided), len(days)
    middle = float(row["days"])
    after = float(min(d for d in days if d > middle))
    order = draw.shuffled(range(n))
    called = names(draw, n)
    cols = columns(("name", "商机", "Deal", "text"), ("state", "状态", "State", "text"),
                   ("days", "立项到出结果或到今天的天数", "Days from creation to decision or today",
                    "number"))  # fmt: skip
    shut, open_ = Text("已有结果", "decided"), Text("还没结果", "still open")
    rows = [(called[k], shut if decided[k] else open_, days[k]) for k in order]
    high = float(row["high"])
    return Variant(
        key={"value": Accept(low=middle - 0.5, high=(middle + after) / 2 + 0.5, best=middle)},
        words={
            "n": n, "n_closed": sum(decided), "n_open": n - sum(decided),
            "closed_mean": score(slips["closed_mean"], 0), "half": -(-n // 2),
            "right": score(middle, 0), "low": score(float(row["low"]), 0),
            "high": pair("上不封顶", "has no upper end") if np.isnan(high)
            else pair(f"到 {high:.0f} 天", f"ends at {high:.0f}"),
            "still": share(float(curve["survival"].iloc[-1])),
        },
        fields=(field("value", "一半有结果要多少天", "Days until half are decided", "days"),),
        sheets=(sheet(Text("去年立项的一批商机", "Deals created in one batch"), cols, rows),),
        traps={name: {"value": round(v, 1)} for name, v in slips.items()},
    )  # fmt: skip
