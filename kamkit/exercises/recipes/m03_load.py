"""Recipe of the account load: hours needed against hours there are, and who takes one more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from kamkit.exercises.model import Accept, Field, Item, Place, Sheet, Text, Variant
from kamkit.exercises.recipes.m05_base import columns, field, figure, listed, places, sheet
from kamkit.exercises.recipes.m15_common import names as colleagues
from kamkit.exercises.recipes.parts import cell, one_of, share, until
from kamkit.schemes.appraisal_policy import LoadRules, load_rules

if TYPE_CHECKING:
    import pandas as pd

    from kamkit.exercises.variants import Draw

SPREAD = 0.25
TIERS = ("tier_1", "tier_2", "tier_3", "tier_4")
STATUSES = ("room", "full", "strained", "over")
# Few large accounts, many small ones, half a post, long ways.
FEW, MANY, PART, TRAVEL = "few", "many", "part", "travel"
_HELD = {
    FEW: ((6, 7), (2, 3), (0, 0), (0, 0)),
    MANY: ((0, 0), (0, 1), (5, 7), (24, 32)),
    PART: ((0, 0), (1, 1), (4, 6), (6, 12)),
    TRAVEL: ((0, 0), (2, 2), (5, 6), (2, 6)),
}
_TRAVEL = {FEW: (8, 16), MANY: (1, 3), PART: (2, 5), TRAVEL: (32, 42)}  # tens of hours


@cache
def rules() -> LoadRules:
    """The kit's own rules."""
    return load_rules()


@dataclass(frozen=True)
class Kam:
    """Accounts by tier, travel hours a year, working hours a year."""

    held: tuple[int, ...]
    travel: float
    year: float

    @property
    def hours(self) -> float:
        """Hours that the accounts take by the rules."""
        return sum(n * rules().tiers[t].hours for n, t in zip(self.held, TIERS, strict=True))

    @property
    def there(self) -> float:
        """Hours a year that are left for accounts."""
        return self.year * rules().account_share

    def load(self, more: float = 0.0, spread: float = 0.0) -> float:
        """Needed over available, with ``more`` hours and accounts that take ``spread`` more.

        >>> Kam((2, 0, 0, 0), 20.0, 1000.0).load()
        0.7692307692307693
        """
        return ((self.hours + more) * (1 + spread) + self.travel) / self.there

    @property
    def status(self) -> str:
        """As ``kam_load`` says: unclear where both ends of the range differ."""
        low, high = status_of(self.load(spread=-SPREAD)), status_of(self.load(spread=SPREAD))
        return low if low == high else "unclear"


def status_of(load: float) -> str:
    """Status of one load.

    >>> [status_of(v) for v in (0.7, 0.9, 1.1, 1.2)]
    ['room', 'full', 'strained', 'over']
    """
    bounds = (rules().relaxed, rules().full, rules().overload)
    return STATUSES[int(np.searchsorted(bounds, round(load, 9), side="left"))]


def _drawn(draw: Draw) -> dict[str, Kam]:
    full = rules().hours_per_year
    return {
        k: Kam(
            tuple(draw.integer(*ends) for ends in held),
            10.0 * draw.integer(*_TRAVEL[k]),
            full / 2 if k == PART else full,
        )
        for k, held in _HELD.items()
    }


def _good(team: Mapping[str, Kam]) -> bool:
    new = rules().tiers["tier_1"].hours
    after = {k: t.load(new) for k, t in team.items()}
    second = sorted(after.values())[1]
    free, away, half = team[MANY], team[TRAVEL], team[PART]
    lines = (rules().relaxed, rules().full, rules().overload)
    return (
        free.status == "room"
        and all(sum(team[FEW].held) < sum(t.held) for k, t in team.items() if k != FEW)
        and team[FEW].status == "over"
        and after[MANY] + 0.1 < second
        and free.load(new, SPREAD) <= rules().full
        and away.hours + 60 < free.hours
        and half.hours + half.travel + 60 < free.hours + free.travel
        and half.load() > free.load() + 0.1
        and all(
            abs(t.load(spread=s) - line) > 0.012
            for t in team.values()
            for s in (-SPREAD, 0.0, SPREAD)
            for line in lines
        )
    )


def kam_load(draw: Draw, accounts: pd.DataFrame | None) -> Variant:
    """Four account managers: load, status within what is known, who takes a tier-1 account.

    Source: S203 (cases without figures); hours, bounds and range as in
    :func:`kamkit.methods.appraisal.kam_load` (house).
    """
    team = until(lambda: _drawn(draw), _good, 400)
    kinds = draw.shuffled(list(team))
    called = [Text(n["zh"], n["en"]) for n in colleagues(draw, 4)]
    who = dict(zip(kinds, called, strict=True))
    full, part_of = rules().hours_per_year, rules().account_share
    new = rules().tiers["tier_1"].hours
    key: dict[str, Accept] = {}
    for k in kinds:
        key[f"{k}.load"] = figure(team[k].load(), 0.006)
        key[f"{k}.status"] = one_of(team[k].status)
    key["take.who"] = Accept(any=(MANY,), best=MANY, weight=2.0)
    unclear = [k for k in kinds if team[k].status == "unclear"]
    point = {f"{k}.status": status_of(team[k].load()) for k in unclear}
    return Variant(
        key=key,
        words={
            **{k: cell(t) for k, t in who.items()},
            **{f"load_{k}": share(team[k].load()) for k in kinds},
            **{f"need_{k}": round(team[k].hours + team[k].travel) for k in kinds},
            **{f"n_{k}": sum(team[k].held) for k in kinds},
            "share": share(part_of, exact=True), "new": f"{new:g}",
            "hours": round(full * part_of), "hours_part": round(team[PART].there),
            "travel_hours": round(team[TRAVEL].travel),
            "bare": share(team[TRAVEL].hours / team[TRAVEL].there),
            "after": share(team[MANY].load(new)),
            "after_high": share(team[MANY].load(new, SPREAD)),
            "unclear": listed([who[k] for k in unclear]),
            "low_few": share(team[FEW].load(spread=-SPREAD)),
            "high_many": share(team[MANY].load(spread=SPREAD)),
        },
        items=(*(Item(k, who[k]) for k in kinds),
               Item("take", Text("新的一级客户给谁", "Who takes the new account"))),
        fields=_fields(kinds, who),
        sheets=(_sheet(team, kinds, who), _rule_sheet()),
        traps={
            "whole_year": {f"{k}.load": t.load() * part_of for k, t in team.items()},
            "no_travel": {f"{k}.load": t.hours / t.there for k, t in team.items()},
            "full_time": {f"{PART}.load": (team[PART].hours + team[PART].travel)
                          / (full * part_of)},
            "by_point": point, "careful": {f"{k}.status": "unclear" for k in (FEW, MANY)},
            "fewest": {"take.who": FEW}, "least_hours": {"take.who": PART},
            "near_home": {"take.who": TRAVEL},
        },
    )  # fmt: skip


def _fields(kinds: list[str], who: Mapping[str, Text]) -> tuple[Field, ...]:
    statuses = places(
        ("room", "还有余地", "Has room"), ("full", "排满", "Full"),
        ("strained", "偏紧", "Strained"), ("over", "超负荷", "Overloaded"),
        ("unclear", "说不准", "Can't tell"),
    )  # fmt: skip
    people = tuple(Place(k, who[k]) for k in kinds)
    return (
        field("load", "负荷", "Load", "share", items=tuple(kinds)),
        field("status", "状态", "Status", type="choice", options=statuses, items=tuple(kinds)),
        field("who", "谁", "Who", type="choice", options=people, items=("take",)),
    )


def _sheet(team: Mapping[str, Kam], kinds: list[str], who: Mapping[str, Text]) -> Sheet:
    cols = columns(
        ("name", "客户经理", "Account manager", "text"), ("t1", "一级", "Tier 1", "number"),
        ("t2", "二级", "Tier 2", "number"), ("t3", "三级", "Tier 3", "number"),
        ("t4", "四级", "Tier 4", "number"), ("all", "客户数", "Accounts", "number"),
        ("travel", "在途工时", "Travel hours", "number"),
        ("year", "全年工时", "Hours a year", "number"),
    )  # fmt: skip
    rows: list[tuple[Any, ...]] = [
        (who[k], *team[k].held, sum(team[k].held), team[k].travel, team[k].year) for k in kinds
    ]
    return sheet(Text("手上的客户", "Accounts held"), cols, rows)


def _rule_sheet() -> Sheet:
    cols = columns(("tier", "级别", "Tier", "text"),
                   ("hours", "一家一年多少工时", "Hours a year for one", "number"))  # fmt: skip
    rows = [(Text(*t.label.values()), t.hours) for t in rules().tiers.values()]
    return sheet(Text("一家客户要多少工时（约定）", "Hours one account takes (convention)"), cols,
                 rows)  # fmt: skip
