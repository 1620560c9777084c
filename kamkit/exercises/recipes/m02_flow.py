"""Recipes of flow: a waterfall from a list and a log, and the coverage that a history needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kamkit.exercises.model import Accept, Item, Text, Variant
from kamkit.exercises.recipes.m05_base import (
    columns,
    field,
    figure,
    listed,
    money,
    names,
    places,
    score,
    sheet,
)
from kamkit.exercises.recipes.parts import cell, one_of, share, until
from kamkit.methods.funnel.coverage import coverage_rows

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

WAN = 10_000


@dataclass(frozen=True)
class Event:
    """A line of the log: month, day, deal, what happened, amount after it in 10,000 yuan."""

    month: int
    day: int
    deal: str
    what: str
    amount: int


@dataclass(frozen=True)
class Quarter:
    """Open deals at the end of March (id to amount) and what happened until the end of June."""

    opening: dict[str, int]
    log: list[Event]


def _quarter(draw: Draw) -> Quarter:
    """a stays, b shrinks, c is signed for less, d is lost, e goes up and comes down again,
    f is new and stays, g is new and lost before the quarter ends."""
    size = [5 * draw.integer(8, 40) for _ in range(7)]
    opening = dict(zip("abcde", size, strict=False))
    cut = 5 * draw.integer(1, max(1, opening["b"] // 15))
    discount = 2 * draw.integer(1, 5)
    up = 5 * draw.integer(3, 8)
    down = up - 5 * draw.integer(1, 2)
    day = [draw.integer(2, 27) for _ in range(8)]
    log = [
        Event(draw.integer(4, 6), day[0], "b", "amount", opening["b"] - cut),
        Event(draw.integer(5, 6), day[1], "c", "won", opening["c"] - discount),
        Event(draw.integer(4, 6), day[2], "d", "lost", opening["d"]),
        Event(4, day[3], "e", "amount", opening["e"] + up),
        Event(6, day[4], "e", "amount", opening["e"] + up - down),
        Event(draw.integer(4, 6), day[5], "f", "created", size[5]),
        Event(4, day[6], "g", "created", size[6]),
        Event(6, day[7], "g", "lost", size[6]),
    ]
    return Quarter(opening, sorted(log, key=lambda e: (e.month, e.day)))


def steps(quarter: Quarter) -> dict[str, int]:
    """Every step of the quarter, nothing netted, in 10,000 yuan; sizes without a sign.

    The arithmetic of :func:`kamkit.methods.funnel.waterfall`; a test holds both equal.
    """
    now = dict(quarter.opening)
    out = dict.fromkeys(("created", "up", "down", "won", "lost"), 0)
    for e in quarter.log:
        if e.what == "created":
            out["created"] += e.amount
        else:
            change = e.amount - now[e.deal]
            out["up" if change > 0 else "down"] += abs(change)
        now[e.deal] = e.amount
        if e.what in ("won", "lost"):
            out[e.what] += now.pop(e.deal)
    return {**out, "closing": sum(now.values())}


def _two_lists(quarter: Quarter) -> dict[str, int]:
    """The same from the lists of both ends alone: what came and went in between is not seen."""
    log = [e for e in quarter.log if e.deal not in ("e", "g")]
    right, left = steps(Quarter(quarter.opening, log)), steps(quarter)
    last = next(e.amount for e in reversed(quarter.log) if e.deal == "e")
    gain = last - quarter.opening["e"]
    return {**right, "up": gain, "closing": left["closing"]}


_STEPS = (
    ("created", "新建", "Created"), ("up", "金额上调", "Amounts up"),
    ("down", "金额下调", "Amounts down"), ("won", "赢单", "Won"), ("lost", "丢单", "Lost"),
    ("closing", "6 月底在手", "Open on 30 June"),
)  # fmt: skip
_WHAT = {"created": Text("新建", "created"), "amount": Text("金额改为", "amount now"),
         "won": Text("签约，合同金额", "signed, contract amount"),
         "lost": Text("丢单", "lost")}  # fmt: skip


def _good(quarter: Quarter) -> bool:
    right = steps(quarter)
    sizes = [*quarter.opening.values(), *(e.amount for e in quarter.log)]
    return len(set(right.values())) == 6 and min(sizes) >= 20 and right["up"] >= 15


def waterfall_steps(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """An opening list and a log: the steps of the waterfall, and the deal that no list shows.

    Source: practice (pipeline waterfall); the path inside the period is house.
    """
    quarter = until(lambda: _quarter(draw), _good)
    right, seen = steps(quarter), _two_lists(quarter)
    called = dict(zip("abcdefg", names(draw, 7), strict=True))
    key: dict[str, Accept] = {f"{s}.amount": figure(v * WAN) for s, v in right.items()}
    key["path.who"] = one_of("g")
    best = {name: accept.best for name, accept in key.items()}
    cut = quarter.opening["c"] - next(e.amount for e in quarter.log if e.what == "won")
    slips = {
        "two_lists": {s: v for s, v in seen.items() if v != right[s]},
        "netted": {"up": seen["up"], "down": right["down"] - right["up"] + seen["up"]},
        "hidden_lost": {"created": seen["created"], "lost": seen["lost"]},
        "list_amount": {"won": right["won"] + cut, "down": right["down"] - cut},
        "won_stays": {"closing": right["closing"] + right["won"]},
        "lost_stays": {"closing": right["closing"] + right["lost"]},
    }
    traps: dict[str, dict[str, Any]] = {
        name: {**best, **{f"{s}.amount": v * WAN for s, v in slip.items()}}
        for name, slip in slips.items()
    }
    traps["netted_deal"] = {**best, "path.who": "e"}
    traps["new_deal"] = {**best, "path.who": "f"}
    traps["lost_deal"] = {**best, "path.who": "d"}
    listed_cols = columns(
        ("name", "商机", "Deal", "text"), ("amount", "3 月底金额", "31 March", "money")
    )
    log_cols = columns(("day", "日期", "Date", "text"), ("name", "商机", "Deal", "text"),
                       ("what", "发生了什么", "What happened", "text"),
                       ("amount", "之后的金额", "Amount after", "money"))  # fmt: skip
    start = draw.shuffled(list(quarter.opening))
    rows = [(_date(e), called[e.deal], _WHAT[e.what], float(e.amount * WAN)) for e in quarter.log]
    words = {
        **{s: money(v * WAN) for s, v in right.items()},
        "opening": money(sum(quarter.opening.values()) * WAN),
        "seen_created": money(seen["created"] * WAN), "seen_lost": money(seen["lost"] * WAN),
        "hidden": cell(called["g"]), "bent": cell(called["e"]), "signed": cell(called["c"]),
        "cut": money(cut * WAN), "stays": listed([called[k] for k in "abef"]),
        "hidden_amount": money((right["created"] - seen["created"]) * WAN),
    }  # fmt: skip
    hidden = Text("只比两头的清单，完全看不见的是", "Not to be seen from both lists alone")
    return Variant(
        key=key,
        words=words,
        items=(*(Item(s, Text(zh, en)) for s, zh, en in _STEPS), Item("path", hidden)),
        fields=(
            field("amount", "金额（都写正数）", "Amount (without a sign)", "money",
                  items=tuple(s for s, _, _ in _STEPS)),
            field("who", "商机", "Deal", type="choice", items=("path",),
                  options=places(*((k, t.zh, t.en) for k, t in sorted(called.items())))),
        ),
        sheets=(
            sheet(Text("3 月底在手", "Open on 31 March"), listed_cols,
                  [(called[k], float(quarter.opening[k] * WAN)) for k in start]),
            sheet(Text("二季度流水", "Log of the second quarter"), log_cols, rows),
        ),
        traps=traps,
    )  # fmt: skip


def _date(event: Event) -> Text:
    month = {4: "Apr", 5: "May", 6: "Jun"}[event.month]
    return Text(f"{event.month} 月 {event.day} 日", f"{event.day} {month}")


_QUARTERS = ("24Q4", "25Q1", "25Q2", "25Q3", "25Q4", "26Q1", "26Q2")


@dataclass(frozen=True)
class Past:
    """Opening pipeline, what was booked from it and all bookings of past quarters (money)."""

    opening: list[float]
    booked: list[float]
    bookings: list[float]

    def rows(self) -> list[dict[str, object]]:
        """As :func:`kamkit.methods.funnel.coverage.coverage_rows` takes them."""
        return [
            {"opening_amount": a, "booked_from_opening": b, "bookings": c}
            for a, b, c in zip(self.opening, self.booked, self.bookings, strict=True)
        ]


def _past(draw: Draw) -> Past:
    """Seven quarters; a full pipeline converts worse, as pipelines do."""
    rate = draw.choice([draw.integer(17, 24), draw.integer(40, 52)])
    opening = [10 * draw.integer(60, 260) for _ in _QUARTERS]
    booked, all_ = [], []
    for a in opening:
        share_ = rate * (1.35 - 0.35 * a / 1600) + draw.integer(-4, 4)
        b = 10 * round(a * share_ / 1000)
        booked.append(b)
        all_.append(b + 10 * round(b * draw.integer(15, 45) / 1000))
    return Past(*([v * float(WAN) for v in column] for column in (opening, booked, all_)))


def multiples(past: Past) -> dict[str, float]:
    """Coverage reckoned the wrong ways."""
    pairs = list(zip(past.opening, past.booked, strict=True))
    return {
        "three": 3.0,
        "mean_of_multiples": sum(a / b for a, b in pairs) / len(pairs),
        "mean_of_rates": len(pairs) / sum(b / a for a, b in pairs),
        "with_new": sum(past.opening) / sum(past.bookings),
        "last": past.opening[-1] / past.booked[-1],
        "best": min(a / b for a, b in pairs),
        "rate": sum(past.booked) / sum(past.opening),
    }


def _needed(past: Past) -> float:
    return sum(past.opening) / sum(past.booked)


_NEAR = 0.06  # half a step of the decimal asked for, and a little


def _apart(past: Past) -> bool:
    right = _needed(past)
    gaps = [abs(v - right) for v in multiples(past).values()]
    short = [abs(round(v, 1) - right) for v in multiples(past).values()]
    # Typed with one decimal, no slip comes near enough to pass for the answer.
    return min(gaps) > max(0.045 * right, _NEAR) and min(short) > _NEAR and abs(right - 3) > 0.5


def coverage(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Seven past quarters: how many times the target the opening pipeline must be.

    Source: practice; coverage needed is 1 / value conversion of the opening pipeline (house);
    interval Cochran 1977 (:func:`kamkit.methods.funnel.period_review`).
    """
    past = until(lambda: _past(draw), _apart, 400)
    row: Any = coverage_rows(past.rows())[0]
    right = float(row["value"])
    target = 100.0 * WAN * draw.integer(3, 8)
    # Between three times the target and what the history asks for: the two rules disagree.
    planned = round((3 + right) / 2 * target / (10 * WAN)) * 10.0 * WAN
    cols = columns(("quarter", "季度", "Quarter", "text"),
                   ("opening", "季初管道（计划当季签）", "At start, due in the quarter", "money"),
                   ("booked", "其中签下", "Booked from it", "money"),
                   ("all", "当季签约合计", "All bookings", "money"))  # fmt: skip
    rows = list(zip(_QUARTERS, past.opening, past.booked, past.bookings, strict=True))
    enough = planned >= right * target
    verdicts = {True: {"zh": "够", "en": "enough"}, False: {"zh": "不够", "en": "not enough"}}
    return Variant(
        key={"value": Accept(low=right - _NEAR, high=right + _NEAR, best=round(right, 1))},
        words={
            "target": money(target), "planned": money(planned), "n": len(rows),
            "right": score(right), "low": score(float(row["low"])),
            "high": score(float(row["high"])), "now": score(planned / target),
            "rate": share(1 / right), "needed": money(right * target),
            "sum_opening": money(sum(past.opening)), "sum_booked": money(sum(past.booked)),
            "by_three": verdicts[planned >= 3 * target], "by_history": verdicts[enough],
            "with_new": score(multiples(past)["with_new"]),
        },
        fields=(field("value", "目标的几倍（倍）", "Pipeline ÷ target (times)"),),
        sheets=(sheet(Text("过去七个季度", "Seven past quarters"), cols, rows),),
        traps={name: {"value": round(v, 3)} for name, v in multiples(past).items()}
        | {f"{name}_short": {"value": round(v, 1)} for name, v in multiples(past).items()},
    )  # fmt: skip
