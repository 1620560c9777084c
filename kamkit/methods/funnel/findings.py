"""What a funnel review says first: tested conditions, in order of the money at stake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.funnel.finding_rules import NO_DATA, NOTHING, RULES, one_row
from kamkit.methods.portfolio.findings import Findings, assess
from kamkit.methods.portfolio.inputs import limits_with, one_of

MEASURES = ("pipeline", "coming", "review", "change", "kinds", "forecast", "needed")
REQUIRED = {
    "ageing": ["flag", "amount"],
    "checks": ["code", "checked", "found", "amount"],
    "listed": ["opportunity_id", "owner_id", "code", "at_stake"],
    "opening": ["stage", "slipped", "lost", "vanished", "slipped_amount", "leaked_amount"],
    "spread": ["level", "id", "amount", "share", "rank"],
    "new_deals": ["stage", "usual_days", "status"],
    "lost_reasons": ["reason", "deals", "share", "low", "high", "amount", "n"],
} | dict.fromkeys(MEASURES, ["measure", "value", "low", "high", "n"])


def funnel_thresholds() -> dict[str, float]:
    """Every threshold by name, with its house value.

    >>> funnel_thresholds()["funnel_stuck"]
    0.1
    """
    return {rule.finding: float(rule.limit) for rule in RULES}


def funnel_findings(
    *,
    target: float | None = None,
    names: Mapping[str, str] | None = None,
    verdict: Any = None,
    thresholds: Mapping[str, float] | None = None,
    **tables: pd.DataFrame | None,
) -> Findings:
    """Choose what to do on Monday from the tables of a funnel review.

    Everything is optional; a finding whose input is missing is listed as not assessed.

    Parameters
    ----------
    target : money wanted in the coming period.
    names : names of deals, accounts and owners by their ids.
    verdict : ``Backtest.verdict`` (key, direction, n).
    thresholds : figures that replace those of :func:`funnel_thresholds`.
    tables : pipeline (``pipeline_now(...).measures``), coming (``period_review`` of the coming
        period, ``.measures``), review and opening (``period_review`` of the last one,
        ``.measures`` and ``.stages``), change (``waterfall(...).measures``), kinds
        (``win_rate_kinds``), forecast (``forecast_period(...).total``), needed and new_deals
        (``deals_needed``: ``.measures``, ``.stages``), ageing (``stage_ageing``), checks
        (``hygiene_checks``), listed (``hygiene``: names the largest deal of a check), spread
        (``pipeline_concentration(...).groups``), lost_reasons (``close_reasons`` of lost deals).

    Returns
    -------
    :class:`Findings` in order of the money at stake (column ``at_stake`` added; unknown money
    last). Sums overlap, as a deal may be part of several findings. Without anything that fires,
    ``funnel_nothing_stands_out``; without anything assessed, ``funnel_nothing_assessed``.
    Sentences: ``finding.<finding>.title``, ``.body``, ``.action``, ``.topic``, ``.rule``.

    Raises KamkitError for tables without their columns, unknown tables and thresholds.
    Source: S160, S167, S168; thresholds house.

    >>> now = pd.DataFrame({"measure": ["open_deals", "open_without_amount"],
    ...     "value": [10.0, 4.0], "low": np.nan, "high": np.nan, "n": 10})
    >>> funnel_findings(pipeline=now).found["finding"].tolist()
    ['funnel_no_amount']
    """
    for name in tables:
        one_of(name, "tables", list(REQUIRED))
    given = {name: table for name, table in tables.items() if table is not None}
    for name, table in given.items():
        need_columns(table, name, REQUIRED[name])
    inputs = {k: one_row(v) if k in MEASURES else v for k, v in given.items()}
    if "checks" in inputs:
        inputs["checks"] = _one_row_of_checks(inputs["checks"])
    if "spread" in inputs:
        ids = inputs["spread"]["id"].astype(str)
        inputs["spread"] = inputs["spread"].assign(name=[(names or {}).get(i, i) for i in ids])
    for name in {"listed", "ageing"} & set(inputs):
        inputs[name] = _named(inputs[name], names or {})
    if target is not None:
        inputs["target"] = pd.DataFrame({"target": [float(target)]})
    if verdict is not None:
        said = {"verdict": verdict.key, "direction": verdict.direction, "n": verdict.n}
        inputs["trust"] = pd.DataFrame([said])
    limits = limits_with(funnel_thresholds(), thresholds)
    return _by_money(assess(RULES, inputs, limits, nothing=(NOTHING, NO_DATA)))


def _one_row_of_checks(checks: pd.DataFrame) -> pd.DataFrame:
    """Deals found and their money by check; checks that couldn't run are left out."""
    found: dict[str, float] = {}
    for row in checks[checks["checked"].astype(bool)].to_dict("records"):
        found[str(row["code"])] = float(row["found"])
        found[f"{row['code']}_amount"] = float(row["amount"])
    return pd.DataFrame([found])


def _named(deals: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Deals with their names and those of their owners."""
    if not {"opportunity_id", "owner_id"} <= set(deals.columns):
        return deals
    ids = deals["opportunity_id"].astype(str)
    owners = deals["owner_id"].astype(object)
    told = [names.get(str(o), str(o)) if o == o and o else "–" for o in owners]
    return deals.assign(name=[names.get(i, i) for i in ids], owner=told)


def _by_money(found: Findings) -> Findings:
    stake = [float(values.get("at_stake", np.nan)) for values in found.found["values"]]
    table = found.found.assign(at_stake=stake)
    table = table.sort_values(["at_stake", "priority"], ascending=[False, True])
    return Findings(table.reset_index(drop=True), found.clear, found.not_assessed)
