"""The rules by which goals are checked; each yields what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.goals.exact import exact, written
from kamkit.methods.goals.tables import days, figures, texts, with_columns

NO_SUM_UNITS = frozenset({"share", "score", "points", "rate", "percent", "days", "ratio", "index"})
NO_SUM_KPIS = frozenset(
    {"satisfaction", "win_rate", "profit_rate", "market_share", "retention", "complaint_rate",
     "customer_share", "sales_growth", "dso_days", "signing_rate", "segment_share",
     "average_contribution", "acquisition_cost", "brand_image", "profit_structure"}
)  # fmt: skip
LESS_IS_BETTER = frozenset({"complaint_rate", "acquisition_cost", "dso_days"})
SCOPES = {"company": 0, "team": 1, "member": 2, "account": 3}


@dataclass(frozen=True)
class Finding:
    """One rule broken by one goal."""

    goal_id: str
    rule: str
    value: str = ""
    expected: str = ""
    amount: float = np.nan


@dataclass(frozen=True)
class Book:
    """The goals, column by column, with the tables that were given beside them."""

    table: pd.DataFrame
    as_of: pd.Timestamp
    actions: pd.DataFrame | None
    members: pd.DataFrame | None
    last_year: pd.DataFrame | None
    pay_kpis: frozenset[str] | None
    kpi_ids: frozenset[str] | None
    kpi_units: Mapping[str, str]
    less_is_better: frozenset[str]
    rates: frozenset[str]
    tolerance: float
    most_goals: int
    stretch: float

    @classmethod
    def of(
        cls, table: pd.DataFrame, as_of: pd.Timestamp, *, kpis: Any, pay_plans: Any, **rest: Any
    ) -> Book:
        """Goals as text, figures and days; optional tables with the columns that rules need."""
        out = pd.DataFrame({c: texts(table[c]) for c in table if c not in ("due",)})
        for column in ("target", "floor", "cap"):
            out[f"{column}_number"] = figures(table[column])
        out["due_day"], out["due"] = days(table["due"]), texts(table["due"])
        needs = {"actions": (["goal_id"], ["status", "due"]),
                 "members": (["member_id"], ["team", "left_on"]),
                 "last_year": (["scope", "scope_id", "kpi", "value"], [])}  # fmt: skip
        for name, (need, also) in needs.items():
            if rest[name] is not None:
                rest[name] = with_columns(rest[name], name, need, also)
        pay = None if pay_plans is None else with_columns(pay_plans, "pay_plans", ["kpi"])
        known = kpis if isinstance(kpis, Mapping) else {}
        units = {str(k): str(getattr(v, "unit", "") or "") for k, v in known.items()}
        down = {str(k) for k, v in known.items() if getattr(v, "direction", "") == "down"}
        return cls(
            table=out, as_of=as_of, kpi_units=units,
            kpi_ids=None if kpis is None else frozenset(str(k) for k in kpis),
            pay_kpis=None if pay is None else frozenset(texts(pay["kpi"])),
            less_is_better=LESS_IS_BETTER | down, **rest,
        )  # fmt: skip

    def adds_up(self, goal: Any) -> bool:
        """Whether figures of this KPI may be summed."""
        return not (goal.unit in NO_SUM_UNITS or goal.kpi in NO_SUM_KPIS | self.rates)

    @property
    def goals(self) -> Iterator[Any]:
        """Goals one by one."""
        return self.table.itertuples(index=False)

    @property
    def by_id(self) -> dict[str, Any]:
        """Goals by id."""
        return {g.goal_id: g for g in self.goals}

    def children(self) -> dict[str, list[Any]]:
        """Goals below each goal."""
        below: dict[str, list[Any]] = {}
        for goal in self.goals:
            if goal.parent_id:
                below.setdefault(goal.parent_id, []).append(goal)
        return below


def _not_measurable(book: Book) -> Iterator[Finding]:
    for g in book.goals:
        if not g.kpi:
            yield Finding(g.goal_id, "not_measurable", "", "kpi")
        elif np.isnan(g.target_number):
            yield Finding(g.goal_id, "not_measurable", g.target, "target")
        elif not g.unit:
            yield Finding(g.goal_id, "not_measurable", "", "unit")


def _unknown_kpi(book: Book) -> Iterator[Finding]:
    for g in book.goals:
        if g.kpi and g.kpi not in (book.kpi_ids or ()):
            yield Finding(g.goal_id, "unknown_kpi", g.kpi)


def _no_owner(book: Book) -> Iterator[Finding]:
    return (Finding(g.goal_id, "no_owner") for g in book.goals if not g.owner_id)


def _owner_gone(book: Book) -> Iterator[Finding]:
    people = book.members
    if people is None:
        return
    left = dict(zip(texts(people["member_id"]), days(people["left_on"]), strict=True))
    for g in book.goals:
        if g.owner_id and g.owner_id not in left:
            yield Finding(g.goal_id, "owner_gone", g.owner_id)
        elif g.owner_id and left[g.owner_id] <= book.as_of:
            yield Finding(g.goal_id, "owner_gone", g.owner_id, f"{left[g.owner_id]:%Y-%m-%d}")


def _other_owner(book: Book) -> Iterator[Finding]:
    for g in book.goals:
        if g.scope == "member" and g.owner_id and g.owner_id != g.scope_id:
            yield Finding(g.goal_id, "other_owner", g.owner_id, g.scope_id)


def _no_date(book: Book) -> Iterator[Finding]:
    return (Finding(g.goal_id, "no_date", g.due) for g in book.goals if pd.isna(g.due_day))


def _date_past(book: Book) -> Iterator[Finding]:
    for g in book.goals:
        if g.due_day < book.as_of:
            yield Finding(g.goal_id, "date_past", g.due, f"{book.as_of:%Y-%m-%d}")


def _later_than_parent(book: Book) -> Iterator[Finding]:
    for g, parent in _pairs(book):
        if g.due_day > parent.due_day:
            yield Finding(g.goal_id, "later_than_parent", g.due, parent.due)


def _pairs(book: Book) -> Iterator[tuple[Any, Any]]:
    known = book.by_id
    return ((g, known[g.parent_id]) for g in book.goals if g.parent_id in known)


def _parent_missing(book: Book) -> Iterator[Finding]:
    known = book.by_id
    for g in book.goals:
        if g.parent_id and g.parent_id not in known:
            yield Finding(g.goal_id, "parent_missing", g.parent_id)


def _goal_circle(book: Book) -> Iterator[Finding]:
    up = {g.goal_id: g.parent_id for g in book.goals}
    for goal in up:
        seen, at = {goal}, up[goal]
        while at in up and at not in seen:
            seen.add(at)
            at = up[at]
        if at == goal:
            yield Finding(goal, "goal_circle", up[goal])


def _wrong_level(book: Book) -> Iterator[Finding]:
    for g, parent in _pairs(book):
        if SCOPES.get(g.scope, 9) < SCOPES.get(parent.scope, -1):
            yield Finding(g.goal_id, "wrong_level", g.scope, parent.scope)


def _not_tied(book: Book) -> Iterator[Finding]:
    for g in book.goals:
        if not g.parent_id and g.scope != "company":
            yield Finding(g.goal_id, "not_tied", g.scope)


def _kpi_differs(book: Book) -> Iterator[Finding]:
    for g, parent in _pairs(book):
        if g.kpi and parent.kpi and g.kpi != parent.kpi:
            yield Finding(g.goal_id, "kpi_differs", g.kpi, parent.kpi)


def _unit_differs(book: Book) -> Iterator[Finding]:
    for g, parent in _pairs(book):
        if g.kpi == parent.kpi and g.unit and parent.unit and g.unit != parent.unit:
            yield Finding(g.goal_id, "unit_differs", g.unit, parent.unit)
    for g in book.goals:
        wanted = book.kpi_units.get(g.kpi, "")
        # A registry says "money"; a table says which.
        if wanted and g.unit and wanted not in ("money", g.unit):
            yield Finding(g.goal_id, "unit_differs", g.unit, wanted)


def _sums_differ(book: Book) -> Iterator[Finding]:
    known = book.by_id
    for parent, below in book.children().items():
        goal = known.get(parent)
        if goal is None or not book.adds_up(goal):
            continue
        parts = [g for g in below if g.kpi == goal.kpi and g.unit == goal.unit]
        read = [exact(g.target) for g in parts]
        whole = exact(goal.target)
        if whole is None or not parts or any(r is None for r in read):
            continue
        together = sum((r for r in read if r is not None), Fraction(0))
        if abs(whole - together) > book.tolerance:
            short = float(whole - together)
            yield Finding(parent, "sums_differ", written(together), written(whole), short)


def _counted_twice(book: Book) -> Iterator[Finding]:
    """The same goal in two rows, or a person beside the team that counts the person already."""
    seen: dict[tuple[str, ...], str] = {}
    for g in sorted(book.goals, key=lambda g: str(g.goal_id)):
        key = (g.scope, g.scope_id, g.kpi, g.due)
        if key in seen and g.kpi:
            yield Finding(g.goal_id, "counted_twice", g.target, seen[key], g.target_number)
        seen.setdefault(key, g.goal_id)
    people = book.members
    if people is None:
        return
    team = dict(zip(texts(people["member_id"]), texts(people["team"]), strict=True))
    for below in book.children().values():
        teams = {(g.scope_id, g.kpi): g.goal_id for g in below if g.scope == "team"}
        for g in below:
            other = teams.get((team.get(g.scope_id, ""), g.kpi)) if g.scope == "member" else None
            if other and book.adds_up(g):
                yield Finding(g.goal_id, "counted_twice", g.target, other, g.target_number)


def _not_cascaded(book: Book) -> Iterator[Finding]:
    below = book.children()
    for g in book.goals:
        split = any(c.kpi == g.kpi for c in below.get(g.goal_id, ()))
        if g.scope in ("company", "team") and not split:
            yield Finding(g.goal_id, "not_cascaded", g.scope)


def _floor_above_cap(book: Book) -> Iterator[Finding]:
    for g in book.goals:
        if g.floor_number > g.cap_number:
            yield Finding(
                g.goal_id, "floor_above_cap", g.floor, g.cap, g.floor_number - g.cap_number
            )


def _outside_bounds(book: Book) -> Iterator[Finding]:
    for g in book.goals:
        if g.target_number < g.floor_number:
            off = g.target_number - g.floor_number
            yield Finding(g.goal_id, "outside_bounds", g.target, g.floor, off)
        elif g.target_number > g.cap_number:
            yield Finding(
                g.goal_id, "outside_bounds", g.target, g.cap, g.target_number - g.cap_number
            )


def _live_actions(book: Book) -> pd.DataFrame:
    actions = book.actions
    return pd.DataFrame() if actions is None else actions[actions["status"] != "dropped"]


def _no_actions(book: Book) -> Iterator[Finding]:
    """A goal that is neither split further nor has anything to be done."""
    busy, split = set(texts(_live_actions(book)["goal_id"])), set(book.children())
    for g in book.goals:
        if g.goal_id not in busy and g.goal_id not in split:
            yield Finding(g.goal_id, "no_actions")


def _actions_too_late(book: Book) -> Iterator[Finding]:
    """Everything that is to be done for the goal falls due only after the goal does."""
    live = _live_actions(book)
    first = days(live["due"]).groupby(live["goal_id"].astype(str)).min()
    for g in book.goals:
        earliest = first.get(g.goal_id, pd.NaT)
        if earliest > g.due_day:
            yield Finding(g.goal_id, "actions_too_late", f"{earliest:%Y-%m-%d}", g.due)


def _too_many_goals(book: Book) -> Iterator[Finding]:
    counts = book.table.loc[book.table["owner_id"] != "", "owner_id"].value_counts()
    for g in book.goals:
        if counts.get(g.owner_id, 0) > book.most_goals:
            yield Finding(
                g.goal_id, "too_many_goals", str(counts[g.owner_id]), str(book.most_goals)
            )


def _with_last(book: Book) -> Iterator[tuple[Any, float]]:
    past = book.last_year
    if past is None:
        return
    keys = zip(texts(past["scope"]), texts(past["scope_id"]), texts(past["kpi"]), strict=True)
    known = dict(zip(keys, figures(past["value"]), strict=True))
    for g in book.goals:
        last = known.get((g.scope, g.scope_id, g.kpi), np.nan)
        if not np.isnan(last):
            yield g, float(last)


def _easier_than_last_year(book: Book) -> Iterator[Finding]:
    for g, last in _with_last(book):
        turned = g.kpi in book.less_is_better
        if g.target_number > last if turned else g.target_number < last:
            off = g.target_number - last
            yield Finding(g.goal_id, "below_last_year", g.target, f"{last:.15g}", off)


def _out_of_reach(book: Book) -> Iterator[Finding]:
    for g, last in _with_last(book):
        turned = g.kpi in book.less_is_better
        far = last > book.stretch * g.target_number if turned else (
            g.target_number > book.stretch * last)  # fmt: skip
        if last > 0 and far:
            off = g.target_number - last
            yield Finding(g.goal_id, "far_above_last_year", g.target, f"{last:.15g}", off)


def _not_in_pay(book: Book) -> Iterator[Finding]:
    for g in book.goals:
        if g.scope == "member" and g.kpi and g.kpi not in (book.pay_kpis or ()):
            yield Finding(g.goal_id, "not_in_pay", g.kpi)


@dataclass(frozen=True)
class Rule:
    """How a rule looks, how bad a finding is, which table it needs, where it comes from."""

    find: Callable[[Book], Iterable[Finding]]
    severity: str
    needs: str
    origin: str


RULES: Mapping[str, Rule] = {
    "not_measurable": Rule(_not_measurable, "error", "", "S170"),
    "unknown_kpi": Rule(_unknown_kpi, "error", "kpis", "S170; S173"),
    "no_owner": Rule(_no_owner, "error", "", "S171"),
    "owner_gone": Rule(_owner_gone, "error", "members", "S171"),
    "other_owner": Rule(_other_owner, "hint", "", "S171"),
    "no_date": Rule(_no_date, "error", "", "field:Doran 1981"),
    "date_past": Rule(_date_past, "warning", "", "field:Doran 1981"),
    "later_than_parent": Rule(_later_than_parent, "error", "", "S171"),
    "parent_missing": Rule(_parent_missing, "error", "", "S171"),
    "goal_circle": Rule(_goal_circle, "error", "", "S171"),
    "wrong_level": Rule(_wrong_level, "error", "", "S171"),
    "not_tied": Rule(_not_tied, "warning", "", "S170; S171"),
    "kpi_differs": Rule(_kpi_differs, "hint", "", "S171"),
    "unit_differs": Rule(_unit_differs, "error", "", "S171"),
    "sums_differ": Rule(_sums_differ, "error", "", "S171"),
    "counted_twice": Rule(_counted_twice, "error", "", "S171"),
    "not_cascaded": Rule(_not_cascaded, "hint", "", "S171"),
    "floor_above_cap": Rule(_floor_above_cap, "error", "", "house"),
    "outside_bounds": Rule(_outside_bounds, "error", "", "house"),
    "no_actions": Rule(_no_actions, "warning", "actions", "S172; S178"),
    "actions_too_late": Rule(_actions_too_late, "warning", "actions", "S172"),
    "too_many_goals": Rule(_too_many_goals, "warning", "", "house"),
    "below_last_year": Rule(_easier_than_last_year, "warning", "last_year", "house"),
    "far_above_last_year": Rule(_out_of_reach, "warning", "last_year", "S170; house"),
    "not_in_pay": Rule(_not_in_pay, "hint", "pay_plans", "S170"),
}


def rules_that_run(book: Book) -> Iterator[tuple[str, str]]:
    """Each rule with the table it lacks, "" where it can run.

    >>> "sums_differ" in RULES
    True
    """
    given = {"actions": book.actions, "members": book.members, "last_year": book.last_year,
             "pay_plans": book.pay_kpis, "kpis": book.kpi_ids}  # fmt: skip
    for name, rule in RULES.items():
        yield name, rule.needs if rule.needs and given[rule.needs] is None else ""
