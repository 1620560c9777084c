"""Recipes about deals that don't exist yet: what a forecast leaves out, how many are needed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import nbinom

from kamkit.exercises.model import Accept, Field, Item, Sheet, Text, Variant
from kamkit.exercises.recipes.m05_base import WAN, columns, figure, money, places, sheet
from kamkit.exercises.recipes.parts import one_of, share, until
from kamkit.methods.forecast.new_business import moving_level
from kamkit.methods.funnel import cumulative_incidence

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw

_QUARTERS = ("2024Q1", "2024Q2", "2024Q3", "2024Q4", "2025Q1", "2025Q2", "2025Q3", "2025Q4")
_LATE = 0.5  # wins by the date, as a share of all: below, time is too short (house)
_TIME = places(
    ("enough", "来得及：过半的赢单赶得上期限", "Enough: more than half of the wins come in time"),
    ("short", "太紧：多数赢单要到期限之后", "Too short: most wins come after the date"),
)
_SAFE = places(
    ("half", "这么多就有八成把握", "That many make it 80% sure"),
    ("more", "还不够，这么多大约只有一半把握", "Not enough: that many give about an even chance"),
    ("fewer", "用不了这么多", "Fewer would do"),
)


def _past(draw: Draw) -> dict[str, Any]:
    """Eight quarters: orders from deals open at the start, and from deals made within."""
    level = draw.integer(6, 11)
    count = np.array([level + draw.integer(-2, 2) for _ in range(8)])
    new = np.array([sum(draw.integer(16, 30) for _ in range(c)) for c in count]) * WAN
    old = 10.0 * WAN * np.array([draw.integer(26, 70) for _ in range(8)])
    factor = draw.choice([0.6, 0.65, 0.7, 0.75])
    pipeline = round(float(old.mean()) * factor / 1e5) * 1e5
    shape, rate, _ = moving_level(count.astype(float))
    amount = float(new.sum() / count.sum())
    means = (float(new.mean()), float(new[-4:].mean()), shape / rate * amount)
    return {"count": count, "new": new, "old": old, "pipeline": pipeline, "shape": shape,
            "rate": rate, "amount": amount, "means": means}  # fmt: skip


def _ends(f: dict[str, Any]) -> tuple[float, float]:
    """Sums that defensible ways to take the mean of the new business give."""
    return f["pipeline"] + 0.98 * min(f["means"]), f["pipeline"] + 1.02 * max(f["means"])


def _wrong_sums(f: dict[str, Any]) -> dict[str, float]:
    all_orders = float((f["old"] + f["new"]).mean())
    return {
        "pipeline_only": f["pipeline"],
        "all_again": f["pipeline"] + all_orders,
        "history_only": all_orders,
        "in_proportion": f["pipeline"] * all_orders / float(f["old"].mean()),
        "share_of_all": f["pipeline"] * (1 + f["new"].sum() / (f["old"] + f["new"]).sum()),
        "new_only": f["means"][0],
        "one_deal": f["pipeline"] + f["amount"],
    }


def _past_good(f: dict[str, Any]) -> bool:
    low, high = _ends(f)
    narrow = (high - low) / f["pipeline"] < 0.16
    told = all(v < 0.97 * low or v > 1.03 * high for v in _wrong_sums(f).values())
    # Today's open deals are few, but not unheard of.
    usual = 0.95 * f["old"].min() <= f["pipeline"] <= 1.05 * f["old"].max()
    return bool(narrow and told and usual)


def new_business(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """A forecast from open deals alone: add what deals bring that don't exist yet.

    Source: Harvey & Fernandes 1989 (moving_level, part of expected_new_business); S134 (name).
    Accepted: any of the plain mean of eight or four quarters and the moving level.
    """
    f = until(lambda: _past(draw), _past_good)
    low, high = _ends(f)
    best = f["pipeline"] + f["means"][2]
    p = f["rate"] / (1 + f["rate"])
    few, many = (int(nbinom.ppf(q, f["shape"], p)) for q in (0.1, 0.9))
    cols = columns(("quarter", "季度", "Quarter", "text"), ("all", "签单合计", "Orders", "money"),
                   ("old", "其中季初已立项", "Open at its start", "money"),
                   ("new", "其中季内新立项", "Created within it", "money"),
                   ("count", "季内新签（单）", "Created, won (deals)", "number"))  # fmt: skip
    rows = [
        (Text(q, q), o + n, o, n, c)
        for q, o, n, c in zip(_QUARTERS, f["old"], f["new"], f["count"], strict=True)
    ]
    return Variant(
        key={"value": Accept(low=low, high=high, best=round(best))},
        words={
            "pipeline": money(f["pipeline"], exact=True), "total": money(best),
            "low": money(low), "high": money(high), "new": money(f["means"][2]),
            "mean8": money(f["means"][0]), "mean4": money(f["means"][1]),
            "amount": money(f["amount"]), "n": len(_QUARTERS),
            "level": f"{f['shape'] / f['rate']:.1f}", "few": few, "many": many,
            "part": share(f["means"][2] / best), "usual": money(float(f["old"].mean())),
            "by_luck_low": money(f["pipeline"] + few * f["amount"]),
            "by_luck_high": money(f["pipeline"] + many * f["amount"]),
        },
        fields=(Field("value", Text("本季签单预测", "Forecast of the quarter"), unit="money"),),
        sheets=(sheet(Text("过去八个季度", "Eight quarters"), cols, rows),),
        traps={name: {"value": round(v)} for name, v in _wrong_sums(f).items()},
    )  # fmt: skip


def _way(draw: Draw) -> dict[str, Any]:
    """Deals that reached a quotation, all decided, and a year that is to be saved."""
    n = draw.integer(40, 60)
    won = draw.integer(12, 20)
    early = round(won * draw.choice([0.25, 0.3, 0.35, 0.65, 0.75, 0.8]))
    left = draw.choice([75, 90, 100, 120])
    amount = 5.0 * WAN * draw.integer(8, 18)
    mixed = amount * draw.integer(125, 160) / 100
    gap = amount * draw.integer(16, 48) / 10
    booked, open_ = (100.0 * WAN * draw.integer(*b) for b in ((8, 30), (3, 9)))
    target = round((booked + open_ + gap) / 1e5) * 1e5
    days = [left - 15] * early + [left + 40] * (won - early) + [left - 30] * (n - won)
    cause = np.array(["won"] * won + ["lost"] * (n - won), dtype=object)
    curve = cumulative_incidence(np.array(days), cause)
    ever = curve[curve["ending"] == "won"]
    by = ever[ever["days"] <= left].iloc[-1]
    return {"n": n, "won": won, "early": early, "left": left, "amount": amount,
            "mixed": round(mixed / WAN) * WAN, "booked": booked, "open": open_,
            "target": target, "gap": target - booked - open_, "p": float(by["incidence"]),
            "p_low": float(by["low"]), "p_high": float(by["high"]),
            "ever": float(ever["incidence"].iloc[-1])}  # fmt: skip


def _counts(f: dict[str, Any]) -> dict[str, float]:
    """New deals needed, rightly and wrongly reckoned."""
    gap, amount = f["gap"], f["amount"]
    return {
        "right": gap / (f["p"] * amount),
        "ever": gap / (f["ever"] * amount),
        "no_rate": gap / amount,
        "of_wins": gap / (f["early"] / f["won"] * amount),
        "all_sizes": gap / (f["p"] * f["mixed"]),
        "no_open": (gap + f["open"]) / (f["p"] * amount),
        "whole": f["target"] / (f["p"] * amount),
    }


def _way_good(f: dict[str, Any]) -> bool:
    counts = _counts(f)
    right = counts.pop("right")
    off = abs(right - round(right))
    by_wins = math.ceil(f["gap"] / f["amount"]) / f["p"]
    told = all(min(abs(v - right), abs(v - by_wins)) > 1.6 for v in counts.values())
    share_in_time = f["p"] / f["ever"]
    return bool(6 <= right <= 60 and told and off > 0.08 and abs(share_in_time - _LATE) > 0.1)


def _where_we_stand(f: dict[str, Any]) -> Sheet:
    left = f["left"]
    cols = columns(("what", "项目", "Item", "text"), ("count", "单数", "Deals", "number"),
                   ("money", "金额", "Amount", "money"))  # fmt: skip
    rows = [
        (Text("全年目标", "Target of the year"), math.nan, f["target"]),
        (Text("已签", "Signed so far"), math.nan, f["booked"]),
        (Text("手上开着的单子预计还能签", "Expected from open deals"), math.nan, f["open"]),
        (Text("过去报过价的单子（都已有结果）", "Past quotations, all decided"), f["n"], math.nan),
        (Text(f"其中 {left} 天内赢的", f"won within {left} days"), f["early"], math.nan),
        (
            Text(f"其中 {left} 天以后才赢的", f"won after {left} days"),
            f["won"] - f["early"],
            math.nan,
        ),
        (Text("赢单的平均金额", "Mean amount of won deals"), math.nan, f["amount"]),
        (Text("全部报价的平均金额", "Mean amount of all quotations"), math.nan, f["mixed"]),
    ]
    return sheet(Text("今天的账", "Where we stand"), cols, rows)


def deals_needed(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """How many new quotations it takes until a target is reached, and whether time is left.

    The arithmetic of :func:`kamkit.methods.funnel.deals_needed` (a test holds both equal).
    Source: Aalen & Johansen 1978 for the chance by a date; half of the usual wins is house.
    """
    f = until(lambda: _way(draw), _way_good)
    counts = _counts(f)
    need, left = counts["right"], f["left"]
    wins = math.ceil(f["gap"] / f["amount"])
    surer = wins + int(nbinom.ppf(0.8, wins, f["p"]))
    early = "enough" if f["p"] >= _LATE * f["ever"] else "short"
    traps: dict[str, dict[str, Any]] = {
        name: {"need.count": math.ceil(v)} for name, v in counts.items() if name != "right"
    }
    traps["no_open"]["gap.amount"] = f["gap"] + f["open"]
    traps["whole"]["gap.amount"] = f["target"]
    return Variant(
        key={
            "gap.amount": figure(f["gap"]),
            # Whole wins first, then quotations, is as good an order of rounding.
            "need.count": Accept(low=need * 0.995, high=math.ceil(need) + 0.01,
                                 any=(math.ceil(need), math.ceil(wins / f["p"])),
                                 best=math.ceil(need)),
            "time.fits": one_of(early),
            "safe.sure": one_of("more"),
        },
        words={
            "left": left, "gap": money(f["gap"], exact=True), "need": math.ceil(need),
            "p": share(f["p"]), "ever": share(f["ever"]), "early": f["early"], "n": f["n"],
            "won": f["won"], "amount": money(f["amount"], exact=True),
            "p_low": share(f["p_low"]), "p_high": share(f["p_high"]),
            "most": math.ceil(f["gap"] / (f["p_low"] * f["amount"])),
            "least": math.ceil(f["gap"] / (f["p_high"] * f["amount"])), "surer": surer,
            "in_time": share(f["p"] / f["ever"]), "wins": wins,
        },
        items=(
            Item("gap", Text("还差多少", "Gap")),
            Item("need", Text("今天要新报价多少单", "New quotations needed today")),
            Item("time", Text("时间够吗", "Is there time")),
            Item("safe", Text("有八成把握吗", "Does that many make it 80% sure")),
        ),
        fields=(
            Field("amount", Text("金额", "Amount"), unit="money", items=("gap",)),
            Field("count", Text("单数", "Deals"), unit="count", items=("need",)),
            Field("fits", Text("时间", "Time"), "choice", options=_TIME, items=("time",)),
            Field("sure", Text("把握", "Sureness"), "choice", options=_SAFE, items=("safe",)),
        ),
        sheets=(_where_we_stand(f),),
        traps={**traps, "time_turned": {"time.fits": "short" if early == "enough" else "enough"},
               "half_is_safe": {"safe.sure": "half"}},
    )  # fmt: skip
