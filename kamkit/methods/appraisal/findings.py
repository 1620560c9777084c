"""What a team review says first: tested conditions, what may wrong a person before the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.appraisal.finding_rules import (
    NO_DATA,
    NOTHING,
    RULES,
    Hits,
    TeamRule,
)
from kamkit.methods.checks import need_columns
from kamkit.methods.portfolio.findings import COLUMNS
from kamkit.methods.portfolio.inputs import limits_with, one_of

_ALL = [*COLUMNS, "routine"]
_HIT = ["finding", "member_id", "sure"]
NAMED = 4  # people whom a sentence names; the tables name all


@dataclass(frozen=True)
class TeamFindings:
    """What was found, by finding and by person.

    ``found`` (at least one row; clear before likely, then in the order of the rules), ``clear``
    (looked at, nothing found) and ``not_assessed`` (finding, missing) are those of
    ``portfolio.findings.Findings`` with the column routine (bool: how to read the review).
    ``hits``: finding, member_id, sure (bool); only findings about people.
    ``members``, most findings first: member_id, findings (count), sure_findings, which (";"),
    origin.
    """

    found: pd.DataFrame
    clear: pd.DataFrame
    not_assessed: pd.DataFrame
    hits: pd.DataFrame
    members: pd.DataFrame


def team_thresholds() -> dict[str, float]:
    """The figure of every rule by its finding.

    >>> team_thresholds()["team_fairness"]
    0.8
    """
    return {rule.finding: float(rule.limit) for rule in RULES}


def team_findings(
    *,
    names: Mapping[str, str] | None = None,
    thresholds: Mapping[str, float] | None = None,
    **tables: pd.DataFrame | None,
) -> TeamFindings:
    """Choose what a sales director should see first in the tables of a team review.

    Everything is optional; a finding whose table is missing is not assessed. Lint problems,
    development actions and members may be empty: that is an answer.

    Parameters
    ----------
    names : names of people by id, for the sentences.
    thresholds : figures that replace those of :func:`team_thresholds` for team_poor_territory
        (share of the team that counts as lowest), team_overloaded (hours needed of those that
        there are), team_near_line (probability of a grade) and team_small (people).
    tables : raters (``rater_severity(...).raters``), halo (``halo``), judged
        (``judged_with_potential``), fairness (``four_fifths``), combined
        (``combined_result(...).members``), gaps (``competence_gaps``), actions
        (development_actions), lint (``lint_goals(...).problems``), pitfalls
        (``pitfall_profile(...).items``), coverage (``team_coverage``), load
        (``kam_load(...).members``), members (the people compared).

    Returns :class:`TeamFindings`. Sentences: ``finding.<finding>.title``, ``.body``,
    ``.action``, ``.topic``, ``.rule``.
    Raises KamkitError for unknown tables, missing columns, unknown thresholds.
    Source: S170, S171, S183, S192, S202, S203, S205, S210; figures house.

    >>> people = pd.DataFrame({"member_id": ["a", "b"]})
    >>> told = team_findings(members=people)
    >>> told.found["finding"].tolist(), len(told.not_assessed)
    (['team_small'], 12)
    """
    known = {name for rule in RULES for name in rule.tables}
    for name in tables:
        one_of(name, "tables", sorted(known))
    limits = limits_with(team_thresholds(), thresholds)
    fired: list[dict[str, Any]] = []
    quiet: list[dict[str, Any]] = []
    blind: list[dict[str, str]] = []
    hits: list[pd.DataFrame] = []
    for place, rule in enumerate(RULES, start=1):
        held, missing = _held(rule, tables)
        found = rule.pick(held, limits[rule.finding]) if not missing else None
        if found is None or found.seen == 0:
            blind.append({"finding": rule.finding, "missing": missing or next(iter(rule.tables))})
            continue
        row = _row(rule, place, found, limits[rule.finding], names or {})
        (fired if len(found.found) else quiet).append(row)
        hits.append(_who(rule, found))
    if not fired:
        fired = [_nothing(len(quiet), len(blind))]
    together = pd.concat(hits, ignore_index=True) if hits else pd.DataFrame(columns=_HIT)
    table = pd.DataFrame(fired, columns=_ALL)
    table["unsure"] = table["sure"] != "clear"
    table = table.sort_values(["routine", "unsure", "priority"]).drop(columns="unsure")
    return TeamFindings(
        table.reset_index(drop=True),
        pd.DataFrame(quiet, columns=_ALL),
        pd.DataFrame(blind, columns=["finding", "missing"]),
        together,
        _by_member(together),
    )


def judged_with_potential(
    judged: pd.DataFrame, members: pd.DataFrame, territories: pd.DataFrame, *, rankable: bool
) -> pd.DataFrame:
    """``Judgement.members`` with the potential of each person's territory, and rankable.

    >>> judged = pd.DataFrame({"member_id": ["a"]})
    >>> people = pd.DataFrame({"member_id": ["a"], "territory_id": ["T"]})
    >>> ground = pd.DataFrame({"territory_id": ["T"], "potential": [5.0]})
    >>> judged_with_potential(judged, people, ground, rankable=True).values.tolist()
    [['a', 5.0, True]]
    """
    need_columns(members, "members", ["member_id", "territory_id"])
    need_columns(territories, "territories", ["territory_id", "potential"])
    ground = members[["member_id", "territory_id"]].merge(
        territories[["territory_id", "potential"]], how="left", on="territory_id"
    )
    together = judged.merge(ground.drop(columns="territory_id"), how="left", on="member_id")
    return together.assign(rankable=rankable)


def team_coverage(
    duties: pd.DataFrame | None, gaps: pd.DataFrame | None, members: pd.DataFrame
) -> pd.DataFrame:
    """Duties and competences of each team, and how many people carry them.

    ``duties``: of ``duty_coverage``; ``gaps``: of ``competence_gaps``, where a person carries a
    competence whose rating reaches what the role requires.
    Returns columns: team, kind (duty, competence), item, n_members, n_rated, n_able, n_sure
    (interval reaches it), status (not_rated, gap, single_point, covered), origin.
    Raises KamkitError missing_column. Source: S202, S205; house.

    >>> gaps = pd.DataFrame({"member_id": ["a"], "competency": ["x"], "required": [3.0],
    ...     "rated": [4.0], "low": [2.0]})
    >>> team_coverage(None, gaps, pd.DataFrame({"member_id": ["a"], "team": "n"})).iloc[0, 5:8]
    n_able               1
    n_sure               0
    status    single_point
    Name: 0, dtype: object
    """
    columns = ["team", "kind", "item", "n_members", "n_rated", "n_able", "n_sure", "status"]
    rows = []
    if duties is not None:
        rows.append(duties.rename(columns={"duty": "item"}).assign(kind="duty"))
    if gaps is not None:
        rows.append(_competence_rows(gaps, members))
    if not rows:
        return pd.DataFrame(columns=[*columns, "origin"])
    return pd.concat(rows, ignore_index=True)[[*columns, "origin"]]


def _competence_rows(gaps: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    need_columns(gaps, "gaps", ["member_id", "competency", "required", "rated", "low"])
    need_columns(members, "members", ["member_id", "team"])
    rows = gaps.merge(members[["member_id", "team"]], on="member_id")
    rows["able"] = rows["rated"] >= rows["required"]
    rows["certain"] = rows["low"] >= rows["required"]
    grouped = rows.groupby(["team", "competency"], sort=True)
    out = grouped.agg(
        n_members=("member_id", "size"), n_rated=("rated", "count"), n_able=("able", "sum"),
        n_sure=("certain", "sum"),
    ).reset_index()  # fmt: skip
    out["status"] = np.select(
        [out["n_rated"] == 0, out["n_able"] == 0, out["n_able"] == 1],
        ["not_rated", "gap", "single_point"],
        "covered",
    )
    return out.rename(columns={"competency": "item"}).assign(
        kind="competence", origin="S205; house"
    )


def _held(
    rule: TeamRule, tables: Mapping[str, pd.DataFrame | None]
) -> tuple[dict[str, pd.DataFrame], str]:
    """The tables of a rule, and the names of those that are missing."""
    held, missing = {}, []
    for name, columns in rule.tables.items():
        table = tables.get(name)
        if table is None:
            missing.append(name)
            continue
        need_columns(table, name, list(columns))
        held[name] = table.reset_index(drop=True)
    return held, "; ".join(missing)


def _who(rule: TeamRule, found: Hits) -> pd.DataFrame:
    if not rule.people or rule.finding == "team_not_rankable":
        return pd.DataFrame(columns=_HIT)
    rows = [(rule.finding, who, who in set(found.sure)) for who in found.found]
    return pd.DataFrame(rows, columns=_HIT)


def _row(
    rule: TeamRule, place: int, hits: Hits, limit: float, names: Mapping[str, str]
) -> dict[str, Any]:
    """One finding with its figures; its sentences name at most a few people."""
    who = [names.get(i, i) for i in hits.found] if rule.people else list(hits.found)
    values = {
        "count": len(hits.found),
        "assessed": hits.seen,
        "who": [*who[:NAMED], *(["…"] if len(who) > NAMED else [])],
        "limit": f"{limit:g}",
        "limit_share": limit,
        **hits.words,
    }
    sure = bool(set(hits.found) & set(hits.sure))
    return {
        "finding": rule.finding,
        "priority": place,
        "sure": "clear" if sure or not hits.found else "likely",
        "strength": float(len(hits.found)),
        "value": hits.value,
        "low": hits.low,
        "high": hits.high,
        "threshold": limit,
        "n": hits.seen,
        "values": values,
        "variant": "past_threshold" if hits.found else "within_threshold",
        "origin": rule.origin,
        "routine": rule.routine,
    }


def _nothing(assessed: int, blind: int) -> dict[str, Any]:
    blank = dict.fromkeys(("strength", "value", "low", "high", "threshold"), np.nan)
    return {
        "finding": NOTHING if assessed else NO_DATA,
        "priority": len(RULES) + 1,
        "sure": "clear" if assessed else "likely",
        **blank,
        "n": assessed,
        "values": {"assessed": assessed, "not_assessed": blind},
        "variant": "within_threshold",
        "origin": "house",
        "routine": False,
    }


def _by_member(hits: pd.DataFrame) -> pd.DataFrame:
    """People with what speaks of them, most findings first."""
    columns = ["member_id", "findings", "sure_findings", "which", "origin"]
    if hits.empty:
        return pd.DataFrame(columns=columns)
    grouped = hits.groupby("member_id", sort=True)
    out = pd.DataFrame(
        {
            "findings": grouped.size(),
            "sure_findings": grouped["sure"].sum().astype(int),
            "which": grouped["finding"].agg(";".join),
            "origin": "house",
        }
    ).reset_index()
    return out.sort_values(["findings", "member_id"], ascending=[False, True])[columns].reset_index(
        drop=True
    )


__all__ = [
    "TeamFindings",
    "judged_with_potential",
    "team_coverage",
    "team_findings",
    "team_thresholds",
]
