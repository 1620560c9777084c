"""What a one-page key-account summary says first, chosen by tested conditions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kamkit.methods.checks import need_columns
from kamkit.methods.portfolio.finding_rules import NO_DATA, NOTHING, RULES, Inputs, Rule, Signal
from kamkit.methods.portfolio.inputs import limits_with

MEASURES = ("concentration", "whale", "white_space")
REQUIRED = {
    "accounts": ["account_id", "revenue"],
    "quality": ["code", "level", "money"],
    "classes": ["account_id", "status"],
    "crosswalk": ["account_id", "key_votes", "not_key_votes"],
    "capacity": ["order", "member", "listed", "served"],
    "stability": ["account_id", "in_top_k", "member_share"],
    "contacts": ["account_id", "contact_id"],
} | dict.fromkeys(MEASURES, ["measure", "value", "low", "high", "n"])
COLUMNS = ["finding", "priority", "sure", "strength", "value", "low", "high", "threshold"]
COLUMNS += ["n", "values", "variant", "origin"]


@dataclass(frozen=True)
class Findings:
    """What was found, what was looked at in vain, and what couldn't be looked at.

    ``found`` (best first; at least one row) and ``clear`` (looked at, below the threshold) have
    the columns finding, priority (1 = most important), sure (``clear``: the whole interval is
    past the threshold, or the figure is exact; ``likely``: only the figure itself), strength
    (figure ÷ threshold, or its inverse for a falling rule), value, low, high, threshold, n,
    values (figures for the sentences), variant, origin. ``not_assessed`` has finding and missing
    (inputs as "table:measure" or "table:column", joined by "; ").
    """

    found: pd.DataFrame
    clear: pd.DataFrame
    not_assessed: pd.DataFrame


def finding_thresholds() -> dict[str, float]:
    """Every threshold by name, with its house value.

    >>> finding_thresholds()["one_account"]
    0.25
    """
    limits = {rule.finding: float(rule.limit) for rule in RULES}
    return limits | {key: value for rule in RULES for key, value in rule.side_limits.items()}


def key_account_findings(
    *,
    accounts: pd.DataFrame | None = None,
    concentration: pd.DataFrame | None = None,
    whale: pd.DataFrame | None = None,
    classes: pd.DataFrame | None = None,
    crosswalk: pd.DataFrame | None = None,
    capacity: pd.DataFrame | None = None,
    stability: pd.DataFrame | None = None,
    quality: pd.DataFrame | None = None,
    white_space: pd.DataFrame | None = None,
    contacts: pd.DataFrame | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> Findings:
    """Choose the conclusions of a key-account summary from result tables.

    Everything is optional; a finding whose input is missing is listed as not assessed.

    Parameters
    ----------
    accounts : one row per account: account_id, revenue; profit and name where known (for one
        period, money of one currency). A missing profit is unknown, not 0.
    concentration : measure table of ``concentration_summary`` on revenue: top_1, share_top_20,
        heads_for_80, hhi.
    whale : measure table ``whale_curve(...).summary``: loss_makers, loss_money, profit_peak.
    classes : table of ``classify`` for the company's own scheme: account_id, status.
    crosswalk : ``crosswalk(...).accounts``: account_id, key_votes, not_key_votes.
    capacity : ``capacity_check(...).summary``: order, member, listed, served; the first order
        counts.
    stability : ``rank_acceptability(...).accounts``: account_id, in_top_k, member_share.
    quality : ``quality_report``: code, level, money. Counted are rows of level "error" and the
        codes that put sales on the wrong account (see ``DISTORTING``).
    white_space : measure table ``white_space(...).summary``: headroom, sales_with_known_spend.
    contacts : canonical contacts: account_id, contact_id, left_on.
    thresholds : figures that replace those of :func:`finding_thresholds`.

    Returns
    -------
    :class:`Findings`, most important first: those that are clear before those that are only
    likely, then by priority. If none fires, ``nothing_stands_out``, and if none could be assessed,
    ``nothing_assessed``. Sentences stand in the
    catalogs as ``finding.<finding>.title``, ``.body``, ``.action``, ``.topic``; the figures of
    ``values`` fill their placeholders.

    Raises KamkitError for tables without their columns and for unknown threshold names.
    Source: S033, S037, S079, S256, X01, X32; thresholds house unless the row says otherwise.

    >>> table = pd.DataFrame({"account_id": ["A", "B"], "revenue": [9.0, 8.0],
    ...                       "profit": [1.0, 4.0]})
    >>> result = key_account_findings(accounts=table)
    >>> result.found["finding"].tolist(), len(result.not_assessed)
    (['largest_not_best'], 12)
    """
    given = {
        "accounts": accounts,
        "concentration": concentration,
        "whale": whale,
        "classes": classes,
        "crosswalk": crosswalk,
        "capacity": capacity,
        "stability": stability,
        "quality": quality,
        "white_space": white_space,
        "contacts": contacts,
    }
    inputs = {name: table for name, table in given.items() if table is not None}
    for name, table in inputs.items():
        need_columns(table, name, REQUIRED[name])
    changed = limits_with(finding_thresholds(), thresholds)
    return assess(RULES, inputs, changed, nothing=(NOTHING, NO_DATA), answers=("quality",))


def assess(
    rules: Sequence[Rule],
    inputs: Inputs,
    limits: Mapping[str, float],
    *,
    nothing: tuple[str, str],
    answers: Sequence[str] = (),
    urgent: Collection[str] = (),
) -> Findings:
    """Hold every rule against its limit; ``nothing`` names the findings for a calm and a blind one.

    ``answers`` are inputs whose emptiness is an answer. Findings of ``urgent`` come first,
    whether clear or only likely.
    """
    fired: list[dict[str, Any]] = []
    quiet: list[dict[str, Any]] = []
    blind: list[dict[str, str]] = []
    for place, rule in enumerate(rules, start=1):
        missing = [need for need in rule.needs if not _has(inputs, need, answers)]
        signal = None if missing else rule.measure(inputs, limits)
        if signal is None or np.isnan(signal.value):
            why = "; ".join(missing or rule.needs)
            blind.append({"finding": rule.finding, "missing": why})
            continue
        row = _row(rule, place, signal, limits[rule.finding])
        (fired if row["variant"] == "past_threshold" else quiet).append(row)
    fired.sort(
        key=lambda row: (
            row["finding"] not in urgent,
            row["sure"] != "clear" and row["finding"] not in urgent,
            row["priority"],
        )
    )
    if not fired:
        code = nothing[0] if quiet else nothing[1]
        fired = [_nothing(code, len(rules) + 1, len(quiet), len(blind))]
    return Findings(
        pd.DataFrame(fired, columns=COLUMNS),
        pd.DataFrame(quiet, columns=COLUMNS),
        pd.DataFrame(blind, columns=["finding", "missing"]),
    )


def _has(inputs: Inputs, need: str, answers: Sequence[str]) -> bool:
    """Whether an input holds a known figure, or a column with anything in it."""
    name, key = need.split(":")
    table = inputs.get(name)
    if table is None:
        return False
    if name in MEASURES:
        return bool(table.loc[table["measure"] == key, "value"].notna().any())
    # A quality report without rows is an answer; other tables need content.
    if name in answers:
        return True
    return key in table.columns and bool(table[key].notna().any())


def _row(rule: Rule, priority: int, signal: Signal, limit: float) -> dict[str, Any]:
    sign = -1.0 if rule.falling else 1.0
    # Rounded against 0.8 arriving as 0.7999…: an edge is an edge.
    past = signal.applies and round(sign * (signal.value - limit), 12) >= 0
    ends = [end for end in (signal.low, signal.high) if not np.isnan(end)]
    whole = all(round(sign * (end - limit), 12) >= 0 for end in ends)
    pair = (limit, signal.value) if rule.falling else (signal.value, limit)
    return {
        "finding": rule.finding,
        "priority": priority,
        "sure": "clear" if whole else "likely",
        "strength": pair[0] / pair[1] if pair[1] else np.nan,
        "value": float(signal.value),
        "low": float(signal.low),
        "high": float(signal.high),
        "threshold": limit,
        "n": signal.n,
        "values": signal.values | {"threshold": limit, "threshold_share": limit},
        "variant": "past_threshold" if past else "within_threshold",
        "origin": rule.origin,
    }


def _nothing(code: str, priority: int, assessed: int, blind: int) -> dict[str, Any]:
    blank = dict.fromkeys(("strength", "value", "low", "high", "threshold"), np.nan)
    return {
        "finding": code,
        "priority": priority,
        "sure": "clear" if assessed else "likely",
        **blank,
        "n": assessed,
        "values": {"assessed": assessed, "not_assessed": blind},
        "variant": "within_threshold",
        "origin": "house",
    }
