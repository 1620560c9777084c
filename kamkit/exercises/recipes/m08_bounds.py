"""Recipe of bounds that leave no room: which proposal is just enough, more, or no help."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from kamkit.exercises.model import Item, Text, Variant
from kamkit.exercises.recipes.m05_base import columns, listed, money, places, sheet
from kamkit.exercises.recipes.m06_people import people_names
from kamkit.exercises.recipes.m08_shares import UNIT
from kamkit.exercises.recipes.parts import cell, one_of, until
from kamkit.exercises.recipes.wordings import pool
from kamkit.methods.goals.bounds import Shares

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

N = 4
Bounds = tuple[str, int, list[int], list[int], list[int]]
Proposal = tuple[int, tuple[int, ...], tuple[int, ...]]  # change of total, floors, caps


def room(case: Bounds, change: Proposal = (0, (0,) * N, (0,) * N)) -> int:
    """Units to spare after a change; below 0 the total can't be shared out within the bounds.

    >>> room(("floor", 10, [1, 1, 1, 1], [3, 3, 3, 3], [9, 9, 9, 9]))
    -2
    """
    _, total, weights, floors, caps = case
    total += change[0]
    lows = tuple(a + b for a, b in zip(floors, change[1], strict=True))
    highs = tuple(a + b for a, b in zip(caps, change[2], strict=True))
    shares = Shares(tuple("abcd"), total, tuple(Fraction(w) for w in weights), lows, highs)
    most = shares.most
    slack = min(total - shares.least, total if most is None else most - total)
    return slack if shares.fits else min(slack, -1)


def _bounds(draw: Draw) -> Bounds:
    """Side that is too tight, total, potentials, floors and caps, in units."""
    side = draw.choice(("floor", "cap"))
    weights = [draw.integer(30, 90) for _ in range(N)]
    total = draw.integer(160, 220)
    plain = [total * w / sum(weights) for w in weights]
    tight = draw.integer(6, 12) / 100
    if side == "floor":
        floors = [round(p * (1 + tight)) + draw.integer(-1, 1) for p in plain]
        caps = [round(low * draw.integer(130, 150) / 100) for low in floors]
    else:
        caps = [round(p * (1 - tight)) + draw.integer(-1, 1) for p in plain]
        floors = [round(high * draw.integer(60, 75) / 100) for high in caps]
    return side, total, weights, floors, caps


def _bounds_good(case: Bounds) -> bool:
    short = -room(case)
    _, _, weights, floors, _ = case
    return 7 <= short <= 25 and short % N != 0 and len(set(weights)) == N and (
        min(floors) > 0 and sorted(floors)[-2] > short + 4
    )  # fmt: skip


def proposals(case: Bounds, draw: Draw) -> tuple[dict[str, Proposal], dict[str, int]]:
    """Six proposals as changes of total, floors and caps, and the amounts that they name."""
    side, _, _, floors, caps = case
    short = -room(case)
    sign = 1 if side == "floor" else -1
    big = sorted(range(N), key=lambda i: -floors[i])
    only_just = draw.choice((True, False))
    amounts = {
        "total": short if only_just else short + draw.integer(2, 5),
        "single": short + draw.integer(2, 4) if only_just else short,
        "all": short // N + draw.integer(0, 1),
        "half": short // 2,
    }
    amounts["other"] = short - amounts["half"] - draw.choice((0, 2))
    amounts |= {"who": big[0], "second": big[1]}

    def bent(by: dict[int, int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The tight bounds given way: floors down, or caps up."""
        moved = tuple(-sign * by.get(i, 0) for i in range(N))
        none = (0,) * N
        return (moved, none) if side == "floor" else (none, moved)

    wide = tuple(round(0.2 * v) for v in (caps if side == "floor" else floors))
    loose = ((0,) * N, wide) if side == "floor" else (tuple(-v for v in wide), (0,) * N)
    return {
        "total": (sign * amounts["total"], (0,) * N, (0,) * N),
        "single": (0, *bent({big[0]: amounts["single"]})),
        "all": (0, *bent({i: amounts["all"] for i in range(N)})),
        "loose": (0, *loose),
        "weights": (0, (0,) * N, (0,) * N),
        "both": (sign * amounts["half"], *bent({big[1]: amounts["other"]})),
    }, amounts


def effect(case: Bounds, change: Proposal) -> str:
    """just (nothing to spare), more (room left), not (still too tight).

    >>> effect(("floor", 10, [1, 1, 1, 1], [3] * 4, [9] * 4), (2, (0,) * 4, (0,) * 4))
    'just'
    """
    left = room(case, change)
    return "not" if left < 0 else "just" if left == 0 else "more"


def too_tight(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Floors above the total, or caps below it: six proposals, each judged by itself.

    Source: S171; smallest changes house.
    """
    case = until(lambda: _bounds(draw), _bounds_good, 400)
    side, total, weights, floors, caps = case
    given, amounts = proposals(case, draw)
    called, short = people_names(draw, N), -room(case)
    found = {name: effect(case, change) for name, change in given.items()}
    said: dict[str, Any] = pool("m08_words")["tight"][side]
    shown = {k: money(v * UNIT, exact=True) for k, v in amounts.items()
             if k not in ("who", "second")}  # fmt: skip
    words = {**_plain(shown), "who": called[amounts["who"]], "second": called[amounts["second"]]}
    cols = columns(("name", "姓名", "Name", "text"),
                   ("potential", "区域潜力", "Potential", "money"),
                   ("floor", "下限", "Floor", "money"),
                   ("cap", "上限", "Cap", "money"))  # fmt: skip
    rows = [(called[i], weights[i] * UNIT, floors[i] * UNIT, caps[i] * UNIT) for i in range(N)]
    order = draw.shuffled(list(given))
    texts = {name: _filled(said[name], words) for name in given}
    sums = sum(floors if side == "floor" else caps)
    return Variant(
        key={name: one_of(place) for name, place in found.items()},
        words={
            "total": money(total * UNIT, exact=True), "short": money(short * UNIT, exact=True),
            "sum": money(sums * UNIT, exact=True), "side": said["side"], "cause": said["cause"],
            "cure": said["cure"], "smaller": said["smaller"],
            "all_sum": money(N * amounts["all"] * UNIT, exact=True),
            "both_sum": money((amounts["half"] + amounts["other"]) * UNIT, exact=True),
            **{f"list_{p}": listed([texts[n] for n in order if found[n] == p])
               for p in ("just", "more", "not")},
            "name_who": cell(called[amounts["who"]]),
        },
        items=tuple(Item(name, texts[name]) for name in order),
        places=places(("just", "刚好够", "Just enough"),
                      ("more", "够，但改多了", "More than needed"),
                      ("not", "还是分不下", "Still impossible")),
        sheets=(sheet(Text("潜力与界限", "Potential and bounds"), cols, rows),),
        traps={
            "all_help": {name: "more" if p == "not" else p for name, p in found.items()},
            "by_side": {"loose": "more"},
            "by_weight": {"weights": "just"},
            "one_only": {"all": "more" if found["all"] == "not" else "not"},
            "not_enough": dict.fromkeys(found, "not"),
        },
    )  # fmt: skip


def _plain(shown: dict[str, Any]) -> dict[str, Text]:
    """Amounts as words inside a label."""
    return {
        name: Text(f"{m['value'] / 10_000:g}万", f"CNY {m['value'] / 1e6:g}m")
        for name, m in shown.items()
    }


def _filled(said: dict[str, str], words: dict[str, Text]) -> Text:
    return Text(
        said["zh"].format(**{k: v.zh for k, v in words.items()}),
        said["en"].format(**{k: v.en for k, v in words.items()}),
    )
