"""Recipes of ties: what a leaving person costs, who is the only way in, the next meeting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kamkit.exercises.model import Accept, Item, Sheet, Text, Variant
from kamkit.exercises.recipes.m05_base import columns, field, listed, names, places, score, sheet
from kamkit.exercises.recipes.m06_people import COVERED, TITLES, Circle, people_names, titled
from kamkit.exercises.recipes.parts import cell, one_of, share, until
from kamkit.methods.contacts.graph import cut_sizes
from kamkit.methods.contacts.grid import STRONGEST

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

OURS = ("m1", "m2", "m3")
_POSTS = {
    "m1": Text("客户经理", "account manager"), "m2": Text("应用工程师", "application engineer"),
    "m3": Text("服务主管", "service head"),
}  # fmt: skip
_HALF = 0.006  # half a point, and the rounding of a hand calculation


def _circle(draw: Draw) -> Circle:
    """Six contacts: one known by one of ours alone, four doubled, one behind a colleague."""
    alone, busy, third = draw.shuffled(OURS)
    influence = dict(
        zip("abcdef", [5, *draw.shuffled([4, 3, 3, 2]), draw.integer(2, 4)], strict=True)
    )
    ties = {(alone, "a"): draw.integer(3, 4)}
    for c in "bcde":
        strong = draw.integer(2, 3)
        ties[(busy, c)] = strong + draw.integer(0, 1) * (c == "b")
        ties[(third if c in "bc" else draw.choice([third, alone]), c)] = max(
            1, strong - draw.integer(0, 1)
        )
    inside = {(draw.choice("bcde"), "f"): draw.integer(2, 4)}
    inside[("b", "c") if draw.integer(0, 1) else ("d", "e")] = draw.integer(1, 3)
    return Circle(influence, ties, inside)


def cut_contacts(circle: Circle) -> list[str]:
    """Contacts without whom somebody at the customer is out of our reach."""
    ids = [*circle.ours, *circle.influence]
    lost = cut_sizes(circle.near(ids), list(range(len(circle.ours))))
    return [c for c, n in zip(ids, lost.tolist(), strict=True) if n > 0 and c in circle.influence]


def _slips(circle: Circle) -> dict[str, dict[str, float]]:
    """The same four figures worked out in a wrong way."""
    who = {"now": "", **{m: m for m in OURS}}
    total = sum(circle.influence.values())

    def kept(m: str) -> dict[tuple[str, str], int]:
        return {pair: s for pair, s in circle.ties.items() if pair[0] != m}

    def added(m: str) -> float:
        held = {c: sum(s for (_, d), s in kept(m).items() if d == c) for c in circle.influence}
        return sum(circle.influence[c] * min(s, STRONGEST) for c, s in held.items())

    n = len(circle.influence)
    best = {i: [circle.best(c, m) for c in circle.influence] for i, m in who.items()}
    right = {i: circle.coverage(m) for i, m in who.items()}
    met = {i: sum(w for c, w in circle.influence.items() if circle.best(c, m)) for i, m in
           who.items()}  # fmt: skip
    ties = {i: sum(kept(m).values()) / sum(circle.ties.values()) for i, m in who.items()}
    return {
        "right": right,
        "unweighted": {i: sum(b) / (STRONGEST * n) for i, b in best.items()},
        "heads": {i: sum(x >= COVERED for x in b) / n for i, b in best.items()},
        "added": {i: added(m) / (STRONGEST * total) for i, m in who.items()},
        "known_only": {i: right[i] * total / max(met[i], 1) for i in who},
        "lost": {i: right["now"] - right[i] if m else right[i] for i, m in who.items()},
        "ties": ties | {"now": right["now"]},
    }


def busiest(circle: Circle) -> str:
    """Who of ours has most ties."""
    many = {m: sum(1 for (x, _), s in circle.ties.items() if x == m and s) for m in OURS}
    return max(OURS, key=lambda m: many[m])


def _telling(circle: Circle) -> bool:
    many = sorted(sum(x == m for x, _ in circle.ties) for m in OURS)
    if many[0] == 0 or many[1] == many[2]:
        return False
    after = sorted((circle.coverage(m), m) for m in OURS)
    slips = _slips(circle)
    right = slips.pop("right")
    differ = all(any(abs(v[i] - right[i]) > 2 * _HALF for i in right) for v in slips.values())
    cut = cut_contacts(circle)
    return (
        after[1][0] - after[0][0] > 0.03 and circle.best("a", after[0][1]) == 0
        and after[0][1] != busiest(circle) and differ
        and len(cut) == 1 and cut[0] != "a"
    )  # fmt: skip


def single_thread(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Coverage now and without each of ours; the costliest leaver, the contact who is the only way.

    Source: arithmetic of ``if_leaves`` and :func:`kamkit.methods.contacts.cut_people` (Tarjan
    1972; weights by influence house).
    """
    circle = until(lambda: _circle(draw), _telling)
    contacts = list(circle.influence)
    called = dict(zip([*OURS, *contacts], people_names(draw, 9), strict=True))
    posts = dict(zip(contacts, ["general_management", *draw.shuffled(
        ["purchasing", "engineering", "operations", "quality", "finance", "it"])[:5]],
        strict=True))  # fmt: skip
    slips = _slips(circle)
    right = slips.pop("right")
    worst = min(OURS, key=lambda m: right[m])
    cut, busy = cut_contacts(circle)[0], busiest(circle)
    hidden = next(b for (_, b) in circle.inside if not circle.best(b))
    key = {f"{i}.coverage": Accept(low=v - _HALF, high=v + _HALF, best=round(v, 4))
           for i, v in right.items()}  # fmt: skip
    key |= {"all.worst": one_of(worst), "all.cut": one_of(cut)}
    traps: dict[str, dict[str, Any]] = {
        name: {f"{i}.coverage": round(v, 4) for i, v in figures.items()}
        for name, figures in slips.items()
    }
    traps["busy"], traps["boss"] = {"all.worst": busy}, {"all.cut": "a"}
    traps["hidden"] = {"all.cut": hidden}
    staff = places(*((m, called[m].zh, called[m].en) for m in OURS))
    theirs = places(*((c, called[c].zh, called[c].en) for c in contacts))
    loses = [called[c] for c in contacts if circle.best(c) and not circle.best(c, worst)]
    rows_of = (Item("now", Text("现在", "Now")), *(
        Item(m, Text(f"{called[m].zh}走后", f"Once {called[m].en} has left")) for m in OURS
    ), Item("all", Text("判断", "Verdict")))  # fmt: skip
    figures = ("now", *OURS)
    return Variant(
        key=key,
        words={
            "account": cell(names(draw, 1)[0]), "worst": cell(called[worst]),
            "now": share(right["now"]), "after": share(right[worst]),
            "lost": share(1 - right[worst] / right["now"]), "loses": listed(loses),
            "busy": cell(called[busy]), "busy_after": share(right[busy]),
            "busy_ties": sum(1 for m, _ in circle.ties if m == busy),
            "worst_ties": sum(1 for m, _ in circle.ties if m == worst),
            "cut": cell(called[cut]), "hidden": cell(called[hidden]), "boss": cell(called["a"]),
            "total": sum(circle.influence.values()),
            "full": STRONGEST * sum(circle.influence.values()),
        },
        items=rows_of,
        fields=(
            field("coverage", "加权覆盖率", "Weighted coverage", "share", items=figures),
            field("worst", "谁走损失最大", "Costliest leaver", type="choice", options=staff,
                  items=("all",)),
            field("cut", "客户一侧的关键连接人", "Only link on the customer's side",
                  type="choice", options=theirs, items=("all",)),
        ),
        sheets=(_grid_sheet(circle, called, posts), _inside_sheet(circle, called)),
        traps=traps,
    )  # fmt: skip


def _grid_sheet(circle: Circle, called: dict[str, Text], posts: dict[str, str]) -> Sheet:
    ours = [titled(called[m], _POSTS[m]) for m in OURS]
    cols = columns(
        ("name", "联系人", "Contact", "text"), ("influence", "影响力", "Influence", "number"),
        *((m, t.zh, t.en, "number") for m, t in zip(OURS, ours, strict=True)),
    )  # fmt: skip
    rows = [
        (titled(called[c], TITLES[posts[c]]), w, *(circle.ties.get((m, c), 0) for m in OURS))
        for c, w in circle.influence.items()
    ]
    return sheet(Text("我方每个人的关系（0–4）", "Ties of our people (0–4)"), cols, rows)


def _inside_sheet(circle: Circle, called: dict[str, Text]) -> Sheet:
    cols = columns(("from", "联系人", "Contact", "text"), ("to", "认识", "Knows", "text"),
                   ("strength", "关系 0–4", "Tie 0–4", "number"))  # fmt: skip
    rows = [(called[a], called[b], s) for (a, b), s in circle.inside.items()]
    return sheet(Text("客户内部，我们知道的往来", "Inside the customer, as far as we know"),
                 cols, rows)  # fmt: skip


# -- the next meeting ---------------------------------------------------------------------------
@dataclass(frozen=True)
class Meeting:
    """A proposed meeting: the contact's weight, the host's tie and the best of ours."""

    influence: int
    tie: int
    best: int

    @property
    def gain(self) -> int:
        """Influence × grades by which our strongest tie rises if the host's rises by one."""
        return self.influence * max(min(self.tie + 1, STRONGEST) - self.best, 0)


def _meetings(draw: Draw) -> list[Meeting]:
    """Two that add nothing, four that do: the weighty ones are not always among them."""
    known = draw.integer(3, 4)
    first, second, third = draw.shuffled([1, 2, 3])
    return [
        Meeting(5, STRONGEST, STRONGEST),
        Meeting(draw.integer(3, 4), draw.integer(0, 1), known - draw.integer(0, 1)),
        Meeting(draw.integer(4, 5), first, first),
        Meeting(3, second, second),
        Meeting(2, draw.choice([0, third]), 0),
        Meeting(1, 0, 0),
    ]


def _settled(given: list[Meeting]) -> list[Meeting]:
    return [Meeting(m.influence, m.tie, max(m.tie, m.best)) for m in given]


def tiers(given: list[Meeting]) -> list[list[int]]:
    """Places by gain, largest first; equal gains in one tier."""
    gains = sorted({m.gain for m in given}, reverse=True)
    return [[k for k, m in enumerate(given) if m.gain == g] for g in gains]


def _orders(given: list[Meeting]) -> dict[str, list[int]]:
    at = range(len(given))
    return {
        "by_influence": sorted(at, key=lambda k: (-given[k].influence, given[k].tie)),
        "by_weakness": sorted(at, key=lambda k: (given[k].tie, given[k].influence)),
        "by_warmth": sorted(at, key=lambda k: (-given[k].tie, given[k].influence)),
        "own_tie": sorted(at, key=lambda k: (-given[k].influence * (given[k].tie < STRONGEST), k)),
    }


def _agreed(order: list[int], wanted: list[list[int]]) -> float:
    """Share of pairs from different tiers that an order puts the same way round."""
    level = {k: t for t, tier in enumerate(wanted) for k in tier}
    signs = [level[a] < level[b] for i, a in enumerate(order) for b in order[i + 1 :]
             if level[a] != level[b]]  # fmt: skip
    return float(np.mean(signs))


def _worth_asking(given: list[Meeting]) -> bool:
    wanted = tiers(given)
    orders = list(_orders(given).values())
    apart = all(a == b or _agreed(a, [[k] for k in b]) < 0.9 for a in orders for b in orders)
    return (
        len(wanted) >= 4 and sum(m.gain == 0 for m in given) == 2 and len(wanted[0]) == 1
        and all(_agreed(o, wanted) < 0.95 for o in orders) and apart
    )  # fmt: skip


def next_meeting(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Six proposed meetings by what one of them adds to the weighted coverage.

    Source: arithmetic of :func:`kamkit.methods.contacts.next_meetings` (one grade a meeting:
    house).
    """
    given = until(lambda: _settled(_meetings(draw)), _worth_asking)
    n = len(given)
    ids = [chr(ord("a") + k) for k in range(n)]
    shown = draw.shuffled(range(n))
    called = people_names(draw, n + 3)
    hosts, contacts = called[n:], called[:n]
    by = [draw.integer(0, 2) for _ in range(n)]
    posts = ["general_management", *draw.shuffled(
        ["purchasing", "engineering", "operations", "quality", "finance"])]  # fmt: skip
    posts[5] = posts[5] if given[5].influence > 1 else "administration"
    wanted = tiers(given)
    total = STRONGEST * sum(m.influence for m in given)
    now = sum(m.influence * m.best for m in given) / total
    first = wanted[0][0]
    ties = _tie_rows(draw, given, by)
    cols = columns(
        ("name", "联系人", "Contact", "text"), ("influence", "影响力", "Influence", "number"),
        *((f"h{j}", h.zh, h.en, "number") for j, h in enumerate(hosts)),
    )  # fmt: skip
    rows = [(titled(contacts[k], TITLES[posts[k]]), given[k].influence, *ties[k]) for k in shown]
    items = tuple(
        Item(ids[k], Text(f"{hosts[by[k]].zh}见{contacts[k].zh}",
                          f"{hosts[by[k]].en} meets {contacts[k].en}"))
        for k in draw.shuffled(range(n))
    )  # fmt: skip
    best = [ids[k] for tier in wanted for k in tier]
    return Variant(
        key={"order": Accept(order=tuple(tuple(ids[k] for k in t) for t in wanted))},
        words={
            "account": cell(names(draw, 1)[0]), "n": n, "now": share(now),
            "first": cell(contacts[first]), "first_host": cell(hosts[by[first]]),
            "first_gain": score(100 * given[first].gain / total),
            "after": share(now + given[first].gain / total),
            "second": listed([contacts[k] for k in wanted[1]]),
            "second_gain": score(100 * given[wanted[1][0]].gain / total),
            "boss": cell(contacts[0]), "boss_tie": given[0].best,
            "doubled": cell(contacts[1]), "doubled_best": given[1].best,
            "doubled_after": given[1].tie + 1, "small": cell(contacts[5]),
            "total": total,
        },
        items=items,
        sheets=(sheet(Text("我方三个人现在的关系（0–4）", "Ties of three of us now (0–4)"),
                      cols, rows),),
        traps={
            **{name: {"order": [ids[k] for k in o]} for name, o in _orders(given).items()},
            "upside_down": {"order": best[::-1]},
        },
    )  # fmt: skip


def _tie_rows(draw: Draw, given: list[Meeting], by: list[int]) -> list[list[int]]:
    """Ties of the three hosts: the host's own, the best held by another, the rest not above."""
    out = []
    for m, host in zip(given, by, strict=True):
        row = [draw.integer(0, max(0, m.best - 1)) if m.best else 0 for _ in range(3)]
        row[host] = m.tie
        if m.best > m.tie:
            row[(host + 1 + draw.integer(0, 1)) % 3] = m.best
        out.append(row)
    return out
