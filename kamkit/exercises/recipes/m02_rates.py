"""Recipes of rates: which win rate is which, and conversion while deals are still open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kamkit.exercises.model import Item, Text, Variant
from kamkit.exercises.recipes.m05_base import columns, field, figure, names, places, sheet
from kamkit.exercises.recipes.parts import one_of, share, until
from kamkit.methods.funnel import funnel_path
from kamkit.methods.shares import wilson
from kamkit.schemes import load_ladder

if TYPE_CHECKING:
    from kamkit.exercises.variants import Draw

WAN = 10_000
QUARTER = (4, 6)  # months of the quarter looked at
# What kind of deal: month created, month closed, status; the quarter is April to June.
_KINDS = {
    "old_won": ((1, 3), (4, 6), "won"), "old_lost": ((1, 3), (4, 6), "lost"),
    "new_won": ((4, 5), (5, 6), "won"), "new_lost": ((4, 5), (5, 6), "lost"),
    "new_open": ((4, 6), None, "open"), "old_open": ((1, 3), None, "open"),
    "before": ((1, 2), (2, 3), "won"),
}  # fmt: skip
Deal = tuple[int, int, str, float]


def _deals(draw: Draw) -> list[Deal]:
    """Fourteen or so deals: month created, month closed (0: open), status, amount."""
    count = {"old_won": draw.integer(2, 4), "old_lost": draw.integer(3, 4), "new_won": 1,
             "new_lost": draw.integer(1, 2), "new_open": draw.integer(3, 4), "old_open": 1,
             "before": 1}  # fmt: skip
    large = draw.choice(["won", "lost"])
    out = []
    for kind, n in count.items():
        made, shut, status = _KINDS[kind]
        for _ in range(n):
            created = draw.integer(*made)
            closed = max(draw.integer(*shut), created) if shut else 0
            wan = draw.integer(12, 40) if status != large else draw.integer(30, 90)
            out.append((created, closed, status, float(5 * wan * WAN)))
    return out


def rates(deals: list[Deal]) -> dict[str, float]:
    """The four figures called win rate, and the usual slips, of the quarter.

    The arithmetic of :func:`kamkit.methods.funnel.win_rate_kinds`; a test holds both equal.
    """
    low, high = QUARTER
    shut = [d for d in deals if low <= d[1] <= high]
    new = [d for d in deals if low <= d[0] <= high]
    every = [d for d in deals if d[2] != "open"]
    won = [d for d in shut if d[2] == "won"]
    new_won = sum(d[2] == "won" for d in new)
    still = sum(d[2] == "open" for d in deals)
    return {
        "closed": len(won) / len(shut),
        "value": sum(d[3] for d in won) / sum(d[3] for d in shut),
        "created": new_won / len(new),
        "cohort": new_won / sum(d[2] != "open" for d in new),
        "with_open": len(won) / (len(shut) + still),
        "every": sum(d[2] == "won" for d in every) / len(every),
        "over_lost": len(won) / (len(shut) - len(won)),
        "n": len(shut), "won": len(won), "new": len(new), "new_won": new_won,
        "new_shut": sum(d[2] != "open" for d in new),
    }  # fmt: skip


def _apart(found: dict[str, float]) -> bool:
    four = [found[k] for k in ("closed", "value", "created", "cohort")]
    more = [found["with_open"], found["every"], found["over_lost"]]
    gaps = [abs(a - b) for k, a in enumerate(four) for b in four[:k]]
    return min(*gaps, *(abs(found["closed"] - b) for b in more)) > 0.03


_USES = (
    ("director", "总监问：二季度有结果的，几单里成一单",
     "Director: of the deals decided in Q2, how many did we win?"),
    ("finance", "财务问：二季度有结果的钱，几成归我们",
     "Finance: of the money decided in Q2, how much did we get?"),
    ("moves", "现在偏低、等未结的有了结果只升不降的",
     "The one that is too low today and can only rise as open deals are decided"),
)  # fmt: skip
_RATES = (
    ("closed", "二季度有结果的：赢单数占比", "Decided in Q2: share won, by count"),
    ("value", "二季度有结果的：赢单金额占比", "Decided in Q2: share won, by money"),
    ("created", "二季度新建的：赢单 ÷ 全部新建", "Created in Q2: won ÷ all created"),
    ("cohort", "二季度新建的：赢单 ÷ 已有结果的", "Created in Q2: won ÷ those decided"),
)


def which_win_rate(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """A list of deals, four figures called win rate, three questions that ask for one of them.

    Source: S167; Wilson 1927.
    """
    deals = until(lambda: _deals(draw), lambda d: _apart(rates(d)))
    found = rates(deals)
    deals = draw.shuffled(deals)
    four = [i for i, _, _ in _RATES]
    key = {f"{i}.rate": figure(found[i], 0.0055) for i in four}
    uses = {"director": "closed", "finance": "value", "moves": "created"}
    key |= {f"{q}.use": one_of(i) for q, i in uses.items()}
    best = {name: accept.best for name, accept in key.items()}
    swapped = {"created.rate": found["cohort"], "cohort.rate": found["created"]}
    traps: dict[str, dict[str, Any]] = {
        "with_open": {"closed.rate": found["with_open"]},
        "every": {"closed.rate": found["every"]},
        "over_lost": {"closed.rate": found["over_lost"]},
        "by_count": {"value.rate": found["closed"]},
        "swapped": swapped,
        "quick_ones": {"director.use": "cohort"},
        "open_in": {"director.use": "created"},
        "money_for_count": {"director.use": "value", "finance.use": "closed"},
        "cohort_rises": {"moves.use": "cohort"},
    }
    low, high = wilson([found["won"], found["new_won"]], [found["n"], found["new_shut"]])
    cols = columns(("name", "商机", "Deal", "text"), ("made", "新建", "Created", "text"),
                   ("shut", "结束", "Closed", "text"), ("status", "结果", "Result", "text"),
                   ("amount", "金额", "Amount", "money"))  # fmt: skip
    called = names(draw, len(deals))
    rows = [
        (n, _month(d[0]), _month(d[1]), _STATUS[d[2]], d[3])
        for n, d in zip(called, deals, strict=True)
    ]
    return Variant(
        key=key,
        words={
            "n": len(deals), "n_closed": int(found["n"]), "n_new": int(found["new"]),
            "n_open": int(found["new"] - found["new_shut"]), "n_shut": int(found["new_shut"]),
            **{i: share(found[i]) for i in four},
            "low": share(low[0]), "high": share(high[0]),
            "cohort_low": share(low[1]), "cohort_high": share(high[1]),
        },
        items=tuple(Item(i, Text(zh, en)) for i, zh, en in (*_RATES, *_USES)),
        fields=(
            field("rate", "赢单率", "Win rate", "share", items=tuple(four)),
            field("use", "该报哪个", "Figure to give", type="choice", options=places(*_RATES),
                  items=tuple(uses)),
        ),
        sheets=(sheet(Text("商机清单，6 月 30 日", "Deals as of 30 June"), cols, rows),),
        traps={name: {**best, **trap} for name, trap in traps.items()},
    )  # fmt: skip


_STATUS = {"won": Text("赢", "won"), "lost": Text("丢", "lost"), "open": Text("未结", "open")}
_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun")


def _month(number: int) -> Text:
    return Text(f"{number} 月", _MONTHS[number]) if number else Text("—", "—")


_STAGES = ("needs", "solution", "quote", "negotiate")


def _cohort(draw: Draw) -> list[tuple[int, int, int]]:
    """Moved on, lost and still there, stage by stage; who moves on enters the next stage."""
    inside, rows = draw.integer(56, 80), []
    for k in range(4):
        still = round(inside * draw.integer(8, 26) / 100) if k < 3 else draw.integer(3, 5)
        gone = round((inside - still) * draw.integer(55, 82) / 100)
        rows.append((gone, inside - still - gone, still))
        inside = gone
    return rows


def _path_rates(rows: list[tuple[int, int, int]]) -> dict[str, float]:
    went, lost, still = np.array(rows, dtype=float).T
    step = went / (went + lost)
    return {
        "key": float(step.prod()),
        "with_open": float((went / (went + lost + still)).prod()),
        "mean": float(step.mean()),
        "last": float(step[-1]),
        "pooled": float(went.sum() / (went + lost).sum()),
        "open_as_won": float(((went + still) / (went + lost + still)).prod()),
    }


def _path_good(rows: list[tuple[int, int, int]]) -> bool:
    if min(lost for _, lost, _ in rows) < 2:  # a stage that nobody has left has no rate
        return False
    found = _path_rates(rows)
    others = [found[k] for k in ("with_open", "mean", "last", "pooled", "open_as_won")]
    return all(abs(v - found["key"]) > 0.04 for v in others)


def open_deals(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Conversion of a cohort stage by stage, and the whole way, with deals still open.

    Source: resolved deals only (:func:`kamkit.methods.funnel.funnel_path`).
    """
    rows = until(lambda: _cohort(draw), _path_good)
    went, lost, still = (list(v) for v in zip(*rows, strict=True))
    table = pd.DataFrame({"group": "all", "stage": _STAGES, "advanced": went, "lost": lost,
                          "open": still})  # fmt: skip
    table["n"] = table["advanced"] + table["lost"]
    table["rate"] = table["advanced"] / table["n"]
    path: Any = funnel_path(table, draws=2000).iloc[0]
    found = _path_rates(rows)
    ladder = load_ladder("sample")
    cols = columns(("stage", "阶段", "Stage", "text"), ("entered", "进入", "Entered", "number"),
                   ("went", "走到下一步", "Moved on", "number"), ("lost", "丢单", "Lost", "number"),
                   ("open", "还停在这里", "Still there", "number"))  # fmt: skip
    shown = []
    for s, row in zip(_STAGES, rows, strict=True):
        label = ladder.stage(s).label
        shown.append((Text(label["zh"], label["en"]), sum(row), *row))
    steps = [f"{w}÷{w + x}" for w, x, _ in rows]
    return Variant(
        key={"value": figure(float(path["value"]), 0.006)},
        words={
            "entered": sum(rows[0]), "won": went[-1], "open": sum(still),
            "wrong": share(found["with_open"]), "right": share(found["key"]),
            "low": share(path["low"]), "high": share(path["high"]), "n": int(path["n"]),
            "steps": " × ".join(steps), "first": share(went[0] / (went[0] + lost[0])),
        },
        fields=(field("value", "从明确需求到赢单", "From needs to won", "share"),),
        sheets=(sheet(Text("一季度进入的商机", "Deals that entered in Q1"), cols, shown),),
        traps={name: {"value": v} for name, v in found.items() if name != "key"},
    )  # fmt: skip
