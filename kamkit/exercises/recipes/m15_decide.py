"""Recipes on deciding in time: cost of delay, a queue of decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kamkit.exercises.model import Accept, Column, Item, Sheet, Text, Variant
from kamkit.exercises.recipes.m15_common import letters, said
from kamkit.exercises.recipes.parts import money, share, until
from kamkit.exercises.recipes.wordings import pool
from kamkit.exercises.variants import Draw

if TYPE_CHECKING:
    import pandas as pd

WORK_WEEK, WEEK = 5, 7
WAN = 10_000
CLEAR = 1.4  # waiting must cost this many times what it saves, or the other way round
QUEUE_HOURS = (0.5, 1.0, 2.0, 3.0, 4.0)
MOST_AGREED = 0.8  # share of pairs on which two ways of ranking the queue may agree
RATES = (2_000, 2_800, 3_900, 5_500, 7_700)  # daily loss per hour, then drawn a little apart
APART = 1.2  # neighbouring cost-per-hour figures of a queue differ by this factor


def delay_cost(daily: float, weeks: int) -> float:
    """What waiting costs: working days times the loss per working day.

    >>> delay_cost(10_000, 2)
    100000
    """
    return daily * weeks * WORK_WEEK


def waiting_saves(redo: float, now: float, later: float) -> float:
    """What waiting saves at best on average: the fall in the chance of a wrong choice, in money.

    >>> waiting_saves(400_000, 0.30, 0.10)
    80000
    """
    return round(redo * (now - later))


def _case(draw: Draw, *, wait: bool) -> dict[str, Any]:
    """A pending decision in which waiting pays, or does not, clearly."""

    def make() -> dict[str, Any]:
        now = draw.integer(5, 9) * 5
        found = {
            "weeks": draw.integer(2, 4),
            "daily": draw.integer(2, 15) * 2_000,
            "redo": draw.integer(8, 60) * 20_000,
            "now": now / 100,
            "later": draw.integer(2, now // 5 - 1) * 5 / 100,
        }
        found["cost"] = delay_cost(found["daily"], int(found["weeks"]))
        found["saves"] = waiting_saves(found["redo"], found["now"], found["later"])
        return found

    def good(found: Mapping[str, Any]) -> bool:
        more, less = ("saves", "cost") if wait else ("cost", "saves")
        halved = 2 * found["later"] == found["now"]  # the risk that stays would equal its fall
        return bool(CLEAR * found[less] < found[more] < 6 * found[less]) and not halved

    return until(make, good)


def delay(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Two deadlocked decisions: what does waiting cost, what can it save, decide today or wait?

    Source: S194 (the questions of a deadlock), S193 (not deciding is usually worse). The sum of
    the second question is the expected value of better information, Raiffa and Schlaifer 1961.
    """
    waits = draw.shuffled([True, False])
    topics = draw.sample(list(pool("m15_decisions")["delays"]), 2)
    cases = dict(zip("ab", (_case(draw, wait=w) for w in waits), strict=True))
    decide = {i: "wait" if w else "today" for i, w in zip("ab", waits, strict=True)}
    key: dict[str, Accept] = {}
    for i, c in cases.items():
        key[f"{i}.cost"] = Accept(any=(c["cost"],), best=c["cost"])
        key[f"{i}.saves"] = Accept(any=(c["saves"],), best=c["saves"])
        key[f"{i}.decide"] = Accept(any=(decide[i],), best=decide[i])
    columns = (
        Column("what", Text("待定的事", "Pending decision")),
        Column("weeks", Text("等几周才有新消息", "Weeks until news"), "number", 0),
        Column("daily", Text("每个工作日的损失", "Loss per working day"), "money"),
        Column("redo", Text("定错了返工花费", "Cost of redoing a wrong choice"), "money"),
        Column("now", Text("现在定，错的可能", "Chance of error today"), "share", 0),
        Column("later", Text("等到消息，错的可能", "Chance of error after the news"), "share", 0),
    )
    rows = tuple(
        (
            {"zh": t["zh"], "en": t["en"]},
            *(c[k] for k in ("weeks", "daily", "redo", "now", "later")),
        )
        for t, c in zip(topics, cases.values(), strict=True)
    )
    needed = {i: c["cost"] / c["redo"] for i, c in cases.items()}
    return Variant(
        key=key,
        items=tuple(Item(i, said(t)) for i, t in zip("ab", topics, strict=True)),
        sheets=(Sheet(Text("两件拖着的事", "Two matters in deadlock"), columns, rows, "CNY"),),
        traps=_delay_traps(cases, decide),
        words={
            **{f"what_{i}": dict(t) for i, t in zip("ab", topics, strict=True)},
            **{f"{k}_{i}": money(c[k]) for i, c in cases.items() for k in ("daily", "redo")},
            **{f"days_{i}": c["weeks"] * WORK_WEEK for i, c in cases.items()},
            **{f"drop_{i}": share(round(c["now"] - c["later"], 2)) for i, c in cases.items()},
            **{f"flip_{i}": share(round(needed[i], 3)) for i in cases},
        },
    )


def _delay_traps(
    cases: Mapping[str, Mapping[str, Any]], decide: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    def each(part: str, value: Any) -> dict[str, Any]:
        return {f"{i}.{part}": value(c) for i, c in cases.items()}

    right = {f"{i}.decide": d for i, d in decide.items()}
    right |= each("cost", lambda c: c["cost"]) | each("saves", lambda c: c["saves"])
    return {
        "calendar": right | each("cost", lambda c: c["daily"] * c["weeks"] * WEEK),
        "weeks_as_days": right | each("cost", lambda c: c["daily"] * c["weeks"]),
        "one_day": right | each("cost", lambda c: c["daily"]),
        "all_risk": right | each("saves", lambda c: round(c["redo"] * c["now"], 2)),
        "left_risk": right | each("saves", lambda c: round(c["redo"] * c["later"], 2)),
        "whole_redo": right | each("saves", lambda c: c["redo"]),
        "relative": right
        | each("saves", lambda c: round(c["redo"] * (c["now"] - c["later"]) / c["now"], 2)),
        "columns_swapped": {f"{i}.decide": d for i, d in decide.items()}
        | each("cost", lambda c: c["saves"])
        | each("saves", lambda c: c["cost"]),
        "in_wan": right
        | each("cost", lambda c: c["cost"] / WAN)
        | each("saves", lambda c: c["saves"] / WAN),
        "decide_all": right | each("decide", lambda c: "today"),
        "wait_all": right | each("decide", lambda c: "wait"),
    }


def queue_order(cost: Sequence[float], hours: Sequence[float]) -> list[int]:
    """Places in the order in which the sum of waiting costs is least (Smith 1956).

    >>> queue_order([10, 30, 20], [1, 6, 2])
    [0, 2, 1]
    """
    return sorted(range(len(cost)), key=lambda k: -cost[k] / hours[k])


def _agree(a: Sequence[int], b: Sequence[int]) -> float:
    at = {item: k for k, item in enumerate(b)}
    pairs = [(x, y) for k, x in enumerate(a) for y in a[k + 1 :]]
    return sum(at[x] < at[y] for x, y in pairs) / len(pairs)


def _swapped(order: Sequence[str]) -> list[str]:
    """A ranking with its first and its last two items changed over."""
    return [order[1], order[0], *order[2:-2], order[-1], order[-2]]


def _drawn_queue(draw: Draw) -> dict[str, list[Any]]:
    """Hours, daily cost and amount at stake of five matters whose cost per hour lies apart."""
    many = len(QUEUE_HOURS)
    hours = draw.shuffled(QUEUE_HOURS)
    rates = [rate * draw.integer(96, 104) / 100 for rate in RATES]
    cost = [round(r * h / 500) * 500 for r, h in zip(rates, hours, strict=True)]
    both = draw.shuffled(list(zip(cost, hours, strict=True)))
    stake = draw.sample([k * 100_000 for k in range(2, 30)], many)
    return {"hours": [h for _, h in both], "cost": [c for c, _ in both], "stake": stake}


def _orders(found: Mapping[str, list[Any]]) -> dict[str, list[int]]:
    places = range(len(found["cost"]))
    return {
        "key": queue_order(found["cost"], found["hours"]),
        "by_cost": sorted(places, key=lambda k: -found["cost"][k]),
        "by_short": sorted(places, key=lambda k: found["hours"][k]),
        "by_stake": sorted(places, key=lambda k: -found["stake"][k]),
    }


def _slips(found: Mapping[str, list[Any]]) -> dict[str, list[int]]:
    """Orders of those who take the wrong arithmetic; each is compared with the key only."""
    cost, hours, stake = found["cost"], found["hours"], found["stake"]
    places = range(len(cost))
    return {
        "by_long": sorted(places, key=lambda k: -hours[k]),
        "multiplied": sorted(places, key=lambda k: -cost[k] * hours[k]),
        "stake_per_hour": sorted(places, key=lambda k: -stake[k] / hours[k]),
    }


def _neighbours(order: Sequence[str]) -> dict[str, list[str]]:
    """The ranking with one pair of neighbours changed over, for each pair."""
    return {
        f"swap_{k + 1}": [*order[:k], order[k + 1], order[k], *order[k + 2 :]]
        for k in range(len(order) - 1)
    }


def _decidable(found: Mapping[str, list[Any]]) -> bool:
    """Whether costs per hour lie apart and no two ways of ranking come out alike."""
    rates = sorted(c / h for c, h in zip(found["cost"], found["hours"], strict=True))
    apart = all(b >= APART * a for a, b in zip(rates, rates[1:], strict=False))
    ways = list(_orders(found).values())
    agreed = [_agree(a, b) for k, a in enumerate(ways) for b in ways[k + 1 :]]
    agreed += [_agree(ways[0], slip) for slip in _slips(found).values()]
    return apart and len(set(found["cost"])) == len(rates) and max(agreed) <= MOST_AGREED


def queue(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Five pending decisions with cost per day and hours to decide; in which order to take them.

    Source: S194 (cost of delay); the ratio rule of Smith 1956, weighted shortest processing time.
    """
    found = until(lambda: _drawn_queue(draw), _decidable)
    made, ids = _orders(found) | _slips(found), letters(len(QUEUE_HOURS))
    ranked = {name: [ids[k] for k in order] for name, order in made.items()}
    right = ranked.pop("key")
    topics = draw.sample([dict(t) for t in pool("m15_decisions")["queue"]], len(ids))
    columns = (
        Column("what", Text("待定的事", "Pending decision")),
        Column("cost", Text("每拖一天的损失", "Loss per day of delay"), "money"),
        Column("hours", Text("定下来要几小时", "Hours to decide"), "number", 1),
        Column("stake", Text("涉及金额", "Amount at stake"), "money"),
    )
    rows = tuple(zip(topics, found["cost"], found["hours"], found["stake"], strict=True))
    rates = [round(c / h, -2) for c, h in zip(found["cost"], found["hours"], strict=True)]
    first, last = made["key"][0], made["key"][-1]
    return Variant(
        key={"order": Accept(order=tuple((i,) for i in right))},
        items=tuple(Item(i, said(t)) for i, t in zip(ids, topics, strict=True)),
        sheets=(Sheet(Text("等您拍板的五件事", "Five matters for you"), columns, rows, "CNY"),),
        traps={name: {"order": order} for name, order in ranked.items()}
        | {name: {"order": order} for name, order in _neighbours(right).items()}
        | {"upside_down": {"order": right[::-1]}, "two_swaps": {"order": _swapped(right)}},
        words={
            "first": topics[first],
            "last": topics[last],
            "rate_first": money(rates[first]),
            "rate_last": money(rates[last]),
        },
    )
