"""What is wrong with a set of goals before anybody works towards them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kamkit.errors import KamkitError
from kamkit.methods.goals.lint_rules import RULES, Book, Finding, rules_that_run
from kamkit.methods.goals.tables import day, repeated, with_columns
from kamkit.methods.measures import measure_row, measure_table

PROBLEM_COLUMNS = [
    "goal_id", "scope", "scope_id", "kpi", "owner_id", "rule", "severity", "value", "expected",
    "amount", "origin",
]  # fmt: skip
SEVERITIES = ("error", "warning", "hint")
NEED = ["goal_id", "parent_id", "scope", "scope_id", "kpi", "target"]
ALSO = ["floor", "cap", "unit", "due", "owner_id"]


@dataclass(frozen=True)
class GoalLint:
    """What :func:`lint_goals` found.

    Attributes
    ----------
    problems
        One row a finding: goal_id, scope, scope_id, kpi, owner_id, rule, severity (error,
        warning, hint), value (what stands there), expected (what should, or where it clashes),
        amount (money or count that is off; NaN where there is none), origin. What to do:
        ``goal_advice.<rule>`` in the catalogs.
    goals
        One row a goal: goal_id, scope, scope_id, kpi, errors, warnings, hints, status (mend:
        an error; look: a warning; ok).
    checks
        One row a rule: rule, severity, checked, needs (the table that it lacked), found, origin.
    measures
        Measure table: goals_without_error (share of all goals).
    """

    problems: pd.DataFrame
    goals: pd.DataFrame
    checks: pd.DataFrame
    measures: pd.DataFrame


def lint_goals(
    goals: pd.DataFrame,
    actions: pd.DataFrame | None = None,
    kpis: Mapping[str, Any] | Iterable[str] | None = None,
    *,
    as_of: str | pd.Timestamp,
    members: pd.DataFrame | None = None,
    last_year: pd.DataFrame | None = None,
    pay_plans: pd.DataFrame | None = None,
    rates: Iterable[str] = (),
    tolerance: float = 0.005,
    most_goals: int = 5,
    stretch: float = 1.5,
) -> GoalLint:
    """Check goals: measurable, attainable, owned, dated, adding up, backed by actions and pay.

    Needs goals: goal_id, parent_id, scope, scope_id, kpi, target; optional floor, cap, unit,
    due, owner_id. Further checks run where their table is given: actions (goal_id, status, due),
    members (member_id, team, left_on), ``last_year`` (scope, scope_id, kpi, value: rows of
    kpi_values of the year before), pay_plans (kpi), ``kpis`` (ids, or a mapping to objects with
    ``unit``). ``checks`` says which rules could not run. Text in a figure is a finding, not an
    error.

    Sums are checked for KPIs that add up: not for shares, scores and rates (by unit, or named
    in ``rates``). ``tolerance``: half a cent. ``most_goals``: goals an owner can have in view
    (house). ``stretch``: target above this multiple of last year asks for a reason (house).

    Returns GoalLint. Raises KamkitError: missing_column, duplicate_key, not_a_date.
    Source: S170 (from strategy; specific, measurable, attainable; tied to appraisal and
    incentives); S171 (cascade, clear responsibility); Doran 1981; limits house.

    >>> goals = pd.DataFrame({"goal_id": ["G", "A"], "parent_id": [None, "G"],
    ...     "scope": ["company", "team"], "scope_id": ["us", "a"], "kpi": "sales",
    ...     "target": [100, 90], "unit": "CNY", "due": "2026-12-31", "owner_id": "M1"})
    >>> found = lint_goals(goals, as_of="2026-01-01").problems
    >>> found[["goal_id", "rule", "amount"]].head(1).values.tolist()
    [['G', 'sums_differ', 10.0]]
    """
    table = with_columns(goals, "goals", NEED, ALSO)
    KamkitError.collect(repeated(table, "goals", ["goal_id"]))
    book = Book.of(
        table, day(as_of), actions=actions, kpis=kpis, members=members, last_year=last_year,
        pay_plans=pay_plans, rates=frozenset(rates), tolerance=tolerance, most_goals=most_goals,
        stretch=stretch,
    )  # fmt: skip
    found: list[Finding] = []
    checks = []
    for rule, lacks in rules_that_run(book):
        mine = [] if lacks else list(RULES[rule].find(book))
        found += mine
        checks.append((rule, RULES[rule].severity, not lacks, lacks, len(mine), RULES[rule].origin))
    problems = _problem_table(table, found)
    per_goal = _per_goal(table, problems)
    columns = ["rule", "severity", "checked", "needs", "found", "origin"]
    return GoalLint(problems, per_goal, pd.DataFrame(checks, columns=columns), _measures(per_goal))


def _problem_table(table: pd.DataFrame, found: list[Finding]) -> pd.DataFrame:
    place = {str(g): i for i, g in enumerate(table["goal_id"])}
    rows = []
    for f in found:
        goal = table.iloc[place[f.goal_id]]
        rule = RULES[f.rule]
        rows.append(
            [f.goal_id, *(goal[c] for c in ("scope", "scope_id", "kpi", "owner_id")), f.rule,
             rule.severity, f.value, f.expected, f.amount, rule.origin]
        )  # fmt: skip
    out = pd.DataFrame(rows, columns=PROBLEM_COLUMNS)
    out["amount"] = out["amount"].astype(float)
    rank = out["severity"].map({s: i for i, s in enumerate(SEVERITIES)})
    order = out.assign(rank=rank).sort_values(["rank", "rule", "goal_id", "expected"]).index
    return out.loc[order].reset_index(drop=True)


def _per_goal(table: pd.DataFrame, problems: pd.DataFrame) -> pd.DataFrame:
    out = table[["goal_id", "scope", "scope_id", "kpi"]].copy()
    for severity in SEVERITIES:
        mine = problems.loc[problems["severity"] == severity, "goal_id"].value_counts()
        out[f"{severity}s"] = out["goal_id"].map(mine).fillna(0).astype(int)
    out["status"] = "ok"
    out.loc[out["warnings"] > 0, "status"] = "look"
    out.loc[out["errors"] > 0, "status"] = "mend"
    return out.sort_values("goal_id", ignore_index=True)


def _measures(per_goal: pd.DataFrame) -> pd.DataFrame:
    """All goals are checked, none is a sample: the share needs no interval."""
    n, fine = len(per_goal), int((per_goal["errors"] == 0).sum())
    share = fine / n if n else float("nan")
    variant = "count" if n else "too_little_data"
    return measure_table([measure_row("goals_without_error", share, n, variant=variant,
                                      origin="S170")])  # fmt: skip
