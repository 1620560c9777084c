"""Recipe of promises kept: which cases count, and whether two tiers differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kamkit.exercises.model import Accept, Item, Text, Variant
from kamkit.exercises.recipes.m05_base import columns, field, figure, places, sheet
from kamkit.exercises.recipes.parts import pair, share, until
from kamkit.methods.shares import same_groups, wilson

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

TIERS = ("t1", "t2")
LIMITS = {"t1": 10, "t2": 20}  # days promised until solved
Case = tuple[str, int, int | None]  # tier, days since it was raised, days until solved (None: open)


def state(case: Case) -> str:
    """kept, broken or pending: a case counts from the day on which its limit has passed.

    The rule of :func:`kamkit.methods.service.promised_vs_delivered`; a test holds both equal.

    >>> state(("t1", 30, 4)), state(("t1", 30, None)), state(("t1", 5, 2))
    ('kept', 'broken', 'pending')
    """
    tier, age, taken = case
    if age <= LIMITS[tier]:
        return "pending"
    return "kept" if taken is not None and taken <= LIMITS[tier] else "broken"


def _cases(draw: Draw, tier: str, kept: int, late: int) -> list[Case]:
    """Cases of one tier: kept, solved late, open too long, and young ones of both kinds."""
    limit = LIMITS[tier]
    out: list[Case] = [
        (tier, draw.integer(limit + 8, 75), draw.integer(2, limit - 1)) for _ in range(kept)
    ]
    for _ in range(late):
        taken = draw.integer(limit + 2, limit + 20)
        out.append((tier, draw.integer(taken + 2, taken + 30), taken))
    out.append((tier, draw.integer(limit + 4, 60), None))
    out.append((tier, draw.integer(3, limit - 3), None))
    out.append((tier, limit - 2, draw.integer(1, limit - 4)))
    return out


def _draw_cases(draw: Draw, scene: str) -> list[Case]:
    good = (draw.integer(6, 7), 0)
    poor = (draw.integer(0, 1), draw.integer(4, 6))
    middle = [(draw.integer(2, 4), draw.integer(1, 3)) for _ in TIERS]
    plan = {"t1": [poor, good], "t2": [good, poor], "none": middle}[scene]
    return [c for tier, (kept, late) in zip(TIERS, plan, strict=True)
            for c in _cases(draw, tier, kept, late)]  # fmt: skip


def counted(cases: list[Case]) -> dict[str, tuple[int, int]]:
    """Promises kept and promises due, by tier."""
    found = {}
    for tier in TIERS:
        states = [state(c) for c in cases if c[0] == tier]
        found[tier] = (states.count("kept"), len(states) - states.count("pending"))
    return found


def verdict(found: dict[str, tuple[int, int]]) -> str:
    """The tier that is served worse, or none where they cannot be separated."""
    kept, n = np.array([found[t] for t in TIERS]).T
    low, high = wilson(kept, n)
    groups = same_groups(kept / n, low, high)
    if groups[0] == groups[1]:
        return "none"
    return "t1" if kept[0] / n[0] < kept[1] / n[1] else "t2"


def _slips(cases: list[Case]) -> dict[str, dict[str, Any]]:
    """Young cases counted; open ones left out of those due."""
    every: dict[str, Any] = {}
    solved: dict[str, Any] = {}
    for tier in TIERS:
        mine = [c for c in cases if c[0] == tier]
        in_time = sum(c[2] is not None and c[2] <= LIMITS[tier] for c in mine)
        every |= {f"{tier}.kept": in_time, f"{tier}.due": len(mine)}
        due = [c for c in mine if state(c) != "pending"]
        solved[f"{tier}.due"] = sum(c[2] is not None for c in due)
    return {"young_counted": every, "solved_only": solved}


def _good(cases: list[Case], scene: str) -> bool:
    found = counted(cases)
    wanted = verdict(found) == scene
    kept, n = np.array([found[t] for t in TIERS]).T
    if scene == "none":
        return wanted and bool(abs(kept[0] / n[0] - kept[1] / n[1]) > 0.12)
    # The task goes by intervals that don't overlap, which is stricter than the method.
    low, high = wilson(kept, n)
    return wanted and bool(low.max() > high.min())


def promises(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Service cases of two tiers: promises kept of those due, and whether the tiers differ.

    Source: S119 (promised against delivered); Wilson 1927; days house.
    """
    scene = draw.choice(["none", "none", "t1", "t2"])
    cases = until(lambda: _draw_cases(draw, scene), lambda c: _good(c, scene), 400)
    found, order = counted(cases), draw.shuffled(cases)
    rates = {t: k / n for t, (k, n) in found.items()}
    lower = min(rates, key=lambda t: rates[t])
    low, high = wilson(*np.array([found[t] for t in TIERS]).T)
    called = {"t1": Text("一级", "Tier 1"), "t2": Text("二级", "Tier 2")}
    cols = columns(("case", "工单", "Case", "text"), ("tier", "客户等级", "Tier", "text"),
                   ("age", "报修至今（天）", "Days since raised", "number"),
                   ("status", "状态", "Status", "text"))  # fmt: skip
    rows = [(f"{k:02d}", called[t], age, _status(taken))
            for k, (t, age, taken) in enumerate(order, 1)]  # fmt: skip
    said = {"none": pair("两级分不开", "the tiers cannot be told apart"),
            "t1": pair("一级兑现得更差", "tier 1 is served worse"),
            "t2": pair("二级兑现得更差", "tier 2 is served worse")}  # fmt: skip
    words: dict[str, Any] = {"verdict": said[scene], "n": len(cases)}
    key: dict[str, Accept] = {}
    for k, t in enumerate(TIERS):
        key |= {f"{t}.kept": figure(found[t][0]), f"{t}.due": figure(found[t][1])}
        words |= {f"limit_{t}": LIMITS[t], f"kept_{t}": found[t][0], f"due_{t}": found[t][1],
                  f"rate_{t}": share(rates[t]), f"low_{t}": share(float(low[k])),
                  f"high_{t}": share(float(high[k]))}  # fmt: skip
    key["say.choice"] = Accept(any=(scene,), best=scene, weight=2.0)
    return Variant(
        key=key,
        words=words,
        items=(*(Item(t, called[t]) for t in TIERS),
               Item("say", Text("月会上怎么说", "What to say at the meeting"))),
        fields=(
            field("kept", "兑现", "Kept", "count", items=TIERS),
            field("due", "到期该兑现", "Due", "count", items=TIERS),
            field("choice", "说法", "Wording", type="choice", items=("say",), options=places(
                ("t1", "一级客户的承诺兑现得更差", "Promises to tier 1 are kept less"),
                ("t2", "二级客户的承诺兑现得更差", "Promises to tier 2 are kept less"),
                ("none", "件数太少，两级分不开", "Too few cases to tell the tiers apart"),
            )),
        ),
        sheets=(sheet(Text("近期工单", "Recent cases"), cols, rows),),
        traps=_slips(cases) | {"by_rate": {
            "say.choice": lower if scene == "none" else "none"}},
    )  # fmt: skip


def _status(taken: int | None) -> Text:
    if taken is None:
        return Text("未解决", "open")
    return Text(f"{taken} 天解决", f"solved in {taken} days")
