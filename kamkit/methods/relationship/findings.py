"""What a relationship review says first: tested conditions, in order of the money at stake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.contacts.known import Day, as_day
from kamkit.methods.portfolio.findings import COLUMNS
from kamkit.methods.portfolio.inputs import limits_with, one_of
from kamkit.methods.relationship.finding_rules import (
    NO_DATA,
    NOTHING,
    RULES,
    AccountRule,
    Hits,
    Setting,
)
from kamkit.methods.shares import wilson_ends

_ALL = [*COLUMNS, "at_stake", "routine"]
_HIT = ["finding", "account_id", "revenue", "sure"]


@dataclass(frozen=True)
class RelationshipFindings:
    """What was found, by finding and by account.

    ``found`` (relations at risk before work that is due, in each most money first; at least one
    row), ``clear`` (looked at, nothing found) and ``not_assessed`` (finding, missing) are those of
    ``portfolio.findings.Findings`` with the columns at_stake (money; NaN: not known) and routine
    (bool). ``hits``: finding, account_id, revenue, sure (bool).
    ``accounts``, most revenue first: account_id, revenue, findings (count), sure_findings, which
    (";"), origin.
    """

    found: pd.DataFrame
    clear: pd.DataFrame
    not_assessed: pd.DataFrame
    hits: pd.DataFrame
    accounts: pd.DataFrame


def relationship_thresholds() -> dict[str, float]:
    """The figure of every rule by its finding.

    >>> relationship_thresholds()["rel_sponsor_silent"]
    180.0
    """
    return {rule.finding: float(rule.limit) for rule in RULES}


def relationship_findings(
    *,
    as_of: Day,
    values: pd.DataFrame | None = None,
    names: Mapping[str, str] | None = None,
    thresholds: Mapping[str, float] | None = None,
    **tables: pd.DataFrame | None,
) -> RelationshipFindings:
    """Choose what to do on Monday from the tables of a relationship review.

    Everything is optional; a finding whose table is missing or empty is not assessed. Money at
    stake is the revenue of the accounts concerned; sums overlap, as an account may be part of
    several findings. Sales that are not known are not 0: such a finding stands last.

    Parameters
    ----------
    values : account_id, revenue (of one period and currency).
    names : names of accounts by id.
    thresholds : figures that replace those of :func:`relationship_thresholds` for
        rel_single_thread (share of sales of the accounts that count as large),
        rel_personal_only (share of judgements) and rel_cases_open (days).
    tables : coverage (``coverage_of_all``), bonds (``bonds_of``), sides
        (``two_sided_gap(...).accounts``), gates (``survey_score(...).gates``), trend
        (``survey_trend``), bands (``risk_bands(...).accounts``), stages
        (``stages_of(...).stages``), sponsors (``sponsor_pairs(...).pairs``), cases
        (service_cases), loops (``closed_loop(...).open``), visits
        (``visit_cadence(...).accounts``).

    Returns :class:`RelationshipFindings`. "clear" findings are sure for at least one account.
    Sentences: ``finding.<finding>.title``, ``.body``, ``.action``, ``.topic``, ``.rule``.
    Raises KamkitError for unknown tables, missing columns, unknown thresholds.
    Source: S092, S102, S103, S109, S113, S122, S124, S130, X15, X17; figures house.

    >>> stages = pd.DataFrame({"account_id": ["A", "B"], "disintegrating": [True, False]})
    >>> sales = pd.DataFrame({"account_id": ["A", "B"], "revenue": [9.0, 1.0]})
    >>> told = relationship_findings(as_of="2026-06-30", values=sales, stages=stages)
    >>> told.found[["finding", "at_stake"]].values.tolist(), len(told.not_assessed)
    ([['rel_falling_apart', 9.0]], 11)
    """
    known = {rule.table for rule in RULES}
    for name in tables:
        one_of(name, "tables", sorted(known))
    limits = limits_with(relationship_thresholds(), thresholds)
    sales = _sales(values)
    setting = Setting(as_day(as_of), limits, _large(sales, limits["rel_single_thread"]))
    fired: list[dict[str, Any]] = []
    quiet: list[dict[str, Any]] = []
    blind, hits = [], []
    for place, rule in enumerate(RULES, start=1):
        found = _held(rule, tables.get(rule.table), setting)
        if found is None or found.seen.empty:
            blind.append({"finding": rule.finding, "missing": rule.table})
            continue
        row, who = _row(rule, place, found, sales, names or {}, limits[rule.finding])
        (fired if len(who) else quiet).append(row)
        hits.append(who)
    if not fired:
        fired = [_nothing(len(quiet), len(blind))]
    together = pd.concat(hits, ignore_index=True) if hits else pd.DataFrame(columns=_HIT)
    table = pd.DataFrame(fired, columns=_ALL)
    table = table.sort_values(["routine", "at_stake", "priority"], ascending=[True, False, True])
    return RelationshipFindings(
        table.reset_index(drop=True),
        pd.DataFrame(quiet, columns=_ALL),
        pd.DataFrame(blind, columns=["finding", "missing"]),
        together,
        _by_account(together),
    )


def _held(rule: AccountRule, table: pd.DataFrame | None, setting: Setting) -> Hits | None:
    """What a rule finds; None where it has nothing to look at."""
    if table is None or table.empty:
        return None
    need_columns(table, rule.table, ["account_id", *rule.columns])
    return rule.pick(table.reset_index(drop=True), setting)


def _sales(values: pd.DataFrame | None) -> pd.Series:
    if values is None or values.empty:
        return pd.Series([], dtype="float64", index=pd.Index([], dtype="str"))
    need_columns(values, "values", ["account_id", "revenue"])
    return values.set_index(values["account_id"].astype("str"))["revenue"].astype("float64")


def _large(sales: pd.Series, share: float) -> frozenset[str] | None:
    """The fewest accounts, largest first, that make up the share of all sales."""
    own = sales[sales > 0].sort_values(ascending=False, kind="stable")
    if own.empty:
        return None
    before = own.cumsum() - own
    return frozenset(own.index[before < share * own.sum()])


def _row(
    rule: AccountRule,
    place: int,
    hits: Hits,
    sales: pd.Series,
    names: Mapping[str, str],
    limit: float,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """One finding with its figures, and the accounts it speaks of."""
    ids = pd.Index(sorted(set(hits.found)), dtype="str")
    revenue = sales.reindex(ids)
    who = pd.DataFrame(
        {
            "finding": rule.finding,
            "account_id": ids,
            "revenue": revenue.to_numpy(),
            "sure": ids.isin(set(hits.sure)),
        }
    ).sort_values(["revenue", "account_id"], ascending=[False, True], ignore_index=True)
    stake = float(revenue.sum()) if revenue.notna().any() else np.nan
    whole = float(sales[sales > 0].sum())
    first = str(who["account_id"].iloc[0]) if len(who) else ""
    values = {
        "accounts": len(who),
        "assessed": hits.seen.nunique(),
        "sure_accounts": int(who["sure"].sum()),
        "at_stake": stake,
        "money_share": stake / whole if whole > 0 else np.nan,
        "name": names.get(first, first),
        "limit": f"{limit:g}",
        "threshold_share": limit,
        **hits.words,
    }
    row = {
        "finding": rule.finding,
        "priority": place,
        "sure": "clear" if who["sure"].any() else "likely",
        "strength": float(len(who)),
        "value": float(len(who)),
        "low": float(who["sure"].sum()),
        "high": float(len(who)),
        "threshold": limit,
        "n": hits.seen.nunique(),
        "values": values,
        "variant": "past_threshold" if len(who) else "within_threshold",
        "origin": rule.origin,
        "at_stake": stake,
        "routine": rule.routine,
    }
    return row, who


def _nothing(assessed: int, blind: int) -> dict[str, Any]:
    blank = dict.fromkeys(("strength", "value", "low", "high", "threshold", "at_stake"), np.nan)
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


def _by_account(hits: pd.DataFrame) -> pd.DataFrame:
    """Accounts with what speaks of them, most revenue first."""
    columns = ["account_id", "revenue", "findings", "sure_findings", "which", "origin"]
    if hits.empty:
        return pd.DataFrame(columns=columns)
    grouped = hits.groupby("account_id", sort=True)
    out = pd.DataFrame(
        {
            "revenue": grouped["revenue"].first(),
            "findings": grouped.size(),
            "sure_findings": grouped["sure"].sum().astype(int),
            "which": grouped["finding"].agg(";".join),
            "origin": "house",
        }
    ).reset_index()
    order = ["revenue", "findings", "account_id"]
    return out.sort_values(order, ascending=[False, False, True], ignore_index=True)[columns]


def coverage_shares(coverage: pd.DataFrame, *wanted: str) -> pd.DataFrame:
    """Share of accounts for which a yes-or-no figure of ``coverage_of_all`` holds.

    Returns a measure table: ``<measure>_share`` with its Wilson interval; n accounts where the
    figure is known. Source: Wilson 1927.

    >>> table = pd.DataFrame({"account_id": ["A", "B"], "measure": "single_threaded",
    ...     "value": [1.0, 0.0]})
    >>> coverage_shares(table, "single_threaded")["value"].tolist()
    [0.5]
    """
    need_columns(coverage, "coverage", ["account_id", "measure", "value"])
    rows = []
    for measure in wanted:
        known = coverage.loc[coverage["measure"] == measure, "value"].dropna()
        hits, n = int((known == 1).sum()), len(known)
        if n:
            ends = wilson_ends(hits, n)
            rows.append((f"{measure}_share", hits / n, *ends, n, "wilson", "field:Wilson 1927"))
    columns = ["measure", "value", "low", "high", "n", "variant", "origin"]
    return pd.DataFrame(rows, columns=columns)
